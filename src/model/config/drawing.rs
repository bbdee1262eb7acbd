//! The network that draws what words tell of.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

use super::{Config, divides, size};

/// The network that draws a figure told in words (see [`crate::model::networks::drawing`]); it knows the words of the
/// text encoder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DrawingConfig {
    /// Pixels a side of what it draws.
    pub side: usize,
    /// Pixels a side of what is one place of the finest level.
    pub patch: usize,
    /// Channels of each level, the finest first, each with half the places a side of the one before.
    pub widths: [usize; 3],
    /// Transformer blocks at the coarsest level, their heads, and how many times wider they are inside.
    pub blocks: usize,
    pub heads: usize,
    pub mlp_ratio: usize,
    /// Words of a text that are read.
    pub length: usize,
    /// From noise to a drawing.
    pub steps: usize,
    /// Scale of classifier-free guidance.
    pub guidance: f64,
}

impl DrawingConfig {
    /// Channels of a drawing: alpha, and the colours of the near and of the far sheet.
    pub const STATE: usize = 7;
    /// Channels of what is known of it: alpha and the near colours, and where that is.
    pub const KNOWN: usize = 5;
    /// Numbers that tell the time: sine and cosine of half as many frequencies.
    pub const TIMES: usize = 64;
    /// Groups of channels that are normalised together.
    pub const GROUPS: usize = 8;

    /// Channels of a place of the finest level, of `channels` a pixel.
    pub fn folded(&self, channels: usize) -> usize {
        channels * self.patch * self.patch
    }

    /// Places of the coarsest level.
    pub fn places(&self) -> usize {
        (self.side / self.patch / 4).pow(2)
    }

    pub(super) fn check(&self, config: &Config) -> Result<()> {
        let text = config.text_encoder.as_ref();
        ensure!(text.is_some(), "drawing needs the words of a text_encoder");
        ensure!(
            self.side <= 512 && (1..=16).contains(&self.patch),
            "drawing.side is {} in patches of {}, expected at most 512 and 16",
            self.side,
            self.patch
        );
        divides("drawing.side (halved twice)", self.side, 4 * self.patch)?;
        for &width in &self.widths {
            ensure!(
                (1..=2048).contains(&width),
                "drawing.widths: {width}, expected 1 to 2048"
            );
            divides("drawing.widths", width, Self::GROUPS)?;
        }
        divides("drawing.heads", self.widths[2], self.heads)?;
        ensure!(self.blocks <= 64, "drawing.blocks is {}", self.blocks);
        size("drawing.mlp_ratio", self.mlp_ratio)?;
        ensure!(
            (1..=256).contains(&self.length) && text.is_some_and(|t| self.length <= t.length),
            "drawing.length is {}, expected no more words than the text encoder reads",
            self.length
        );
        ensure!(
            (1..=1000).contains(&self.steps) && self.guidance.is_finite(),
            "drawing: {} steps with a guidance of {} make no sense",
            self.steps,
            self.guidance
        );
        Ok(())
    }
}
