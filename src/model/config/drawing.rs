//! The networks that draw what words tell of.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

use super::{Config, divides, size};

/// The networks that draw a figure told in words (see [`crate::model::networks::drawing`]); they know the words of the
/// text encoder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DrawingConfig {
    /// Pixels a side of a drawing.
    pub side: usize,
    /// Pixels a side of a latent, and its channels.
    pub scale: usize,
    pub channels: usize,
    /// Channels of the denoiser's levels: a place for each latent, and one for four.
    pub widths: [usize; 2],
    /// Channels of the decoder's levels: of latents, twice and four times as fine.
    pub decoder: [usize; 3],
    /// Transformer blocks of the denoiser, their heads, and how many times wider they are inside.
    pub blocks: usize,
    pub heads: usize,
    pub mlp_ratio: usize,
    /// Words of a text that are read.
    pub length: usize,
    /// From noise to a drawing.
    pub steps: usize,
    /// Scale of classifier-free guidance.
    pub guidance: f64,
    /// Scale of the noise that a drawing starts from: 1 draws from what the model believes, 0 takes about its middle.
    pub temperature: f32,
    /// The network that tells from words where the parts are, before the drawing is made; none, and the words alone tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layouts: Option<LayoutConfig>,
    /// The networks that draw the head again, larger; none, and it stays as it was drawn. They need the layouts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub portrait: Option<PortraitConfig>,
}

/// The network that tells a layout from words (see [`crate::model::networks::drawing::layout`]).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayoutConfig {
    /// Parts that there may be, by the order of the weights.
    pub parts: usize,
    /// Numbers of a token, transformer blocks, their heads, and how many times wider they are inside.
    pub width: usize,
    pub blocks: usize,
    pub heads: usize,
    pub mlp_ratio: usize,
    /// From noise to a layout.
    pub steps: usize,
    /// Scale of classifier-free guidance.
    pub guidance: f64,
    /// Scale of the noise that a layout starts from.
    pub temperature: f32,
}

impl LayoutConfig {
    /// Numbers of a part: whether it is there, where and how wide, how slanted, and its colour.
    pub const NUMBERS: usize = 9;

    /// Channels by which the denoiser is told a layout.
    pub fn maps(&self) -> usize {
        4 * self.parts + 1
    }

    fn check(&self) -> Result<()> {
        ensure!(
            (1..=64).contains(&self.parts) && (1..=2048).contains(&self.width),
            "drawing.layouts: {} parts of {} numbers, expected 1 to 64 of 1 to 2048",
            self.parts,
            self.width
        );
        divides("drawing.layouts.heads", self.width, self.heads)?;
        ensure!(
            self.blocks <= 64,
            "drawing.layouts.blocks is {}",
            self.blocks
        );
        size("drawing.layouts.mlp_ratio", self.mlp_ratio)?;
        sampled(
            "drawing.layouts",
            self.steps,
            self.guidance,
            self.temperature,
        )
    }
}

/// The networks that draw heads (see [`crate::model::networks::drawing::portrait`]).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PortraitConfig {
    /// Which of the layout's parts is the head.
    pub part: usize,
    /// Pixels a side of a head.
    pub side: usize,
    /// Pixels a side of what a head looks like from far away.
    pub rows: usize,
    /// Numbers that a head is told by.
    pub code: usize,
    /// Numbers within the network that thinks of these, and its blocks.
    pub width: usize,
    pub blocks: usize,
    /// Channels of the decoder's levels: a place for 8 pixels a side, 4 and 2.
    pub decoder: [usize; 3],
    /// From noise to a head.
    pub steps: usize,
    /// Scale of the noise that a head starts from.
    pub temperature: f32,
}

impl PortraitConfig {
    /// Channels of a head: colours, and how much of it is there.
    pub const DRAWN: usize = 4;
    /// Pixels a side of a place of the decoder's first level.
    const PLACE: usize = 8;

    /// Places a side of the decoder's first level.
    pub fn places(&self) -> usize {
        self.side / Self::PLACE
    }

    /// Numbers that tell what a head looks like from far away.
    pub fn look(&self) -> usize {
        Self::DRAWN * self.rows * self.rows
    }

    fn check(&self, layouts: Option<&LayoutConfig>) -> Result<()> {
        ensure!(
            layouts.is_some_and(|layouts| self.part < layouts.parts),
            "drawing.portrait: part {} is none of drawing.layouts",
            self.part
        );
        ensure!(
            (8..=256).contains(&self.side) && (1..=2048).contains(&self.code),
            "drawing.portrait: {} pixels a side by {} numbers, expected 8 to 256 by 1 to 2048",
            self.side,
            self.code
        );
        divides("drawing.portrait.side", self.side, Self::PLACE)?;
        divides("drawing.portrait.side", self.side, self.rows)?;
        for &width in self.decoder.iter().chain([&self.width]) {
            ensure!(
                (1..=2048).contains(&width),
                "drawing.portrait: a level of {width} channels, expected 1 to 2048"
            );
        }
        for &width in &self.decoder {
            divides(
                "drawing.portrait: channels of a level",
                width,
                DrawingConfig::GROUPS,
            )?;
        }
        ensure!(
            self.blocks <= 64,
            "drawing.portrait.blocks is {}",
            self.blocks
        );
        sampled("drawing.portrait", self.steps, 1.0, self.temperature)
    }
}

/// Whether a way from noise makes sense.
fn sampled(name: &str, steps: usize, guidance: f64, temperature: f32) -> Result<()> {
    ensure!(
        (1..=1000).contains(&steps) && guidance.is_finite() && (0.0..=2.0).contains(&temperature),
        "{name}: {steps} steps with a guidance of {guidance} and a temperature of {temperature} make no sense"
    );
    Ok(())
}

impl DrawingConfig {
    /// Channels of a drawing: alpha, and the colours of the near and of the far sheet.
    pub const DRAWN: usize = 7;
    /// Channels of what is known of it: alpha and the near colours, and where that is.
    pub const KNOWN: usize = 5;
    /// Numbers that tell the time: sine and cosine of half as many frequencies.
    pub const TIMES: usize = 64;
    /// Groups of channels that are normalised together.
    pub const GROUPS: usize = 8;

    /// Latents a side of a drawing.
    pub fn rows(&self) -> usize {
        self.side / self.scale
    }

    /// Numbers of a place of the denoiser's finer level: noisy latents, and what is known.
    pub fn told(&self) -> usize {
        self.channels + Self::KNOWN * self.scale * self.scale
    }

    pub(super) fn check(&self, config: &Config) -> Result<()> {
        let text = config.text_encoder.as_ref();
        ensure!(text.is_some(), "drawing needs the words of a text_encoder");
        ensure!(
            self.side <= 512 && self.scale == 8 && (1..=256).contains(&self.channels),
            "drawing: {} pixels a side in {} latents of {} numbers each, expected at most 512, 8 pixels a latent and 256",
            self.side,
            self.scale,
            self.channels
        );
        divides("drawing.side (halved)", self.side, 2 * self.scale)?;
        for &width in self.widths.iter().chain(&self.decoder) {
            ensure!(
                (1..=2048).contains(&width),
                "drawing: a level of {width} channels, expected 1 to 2048"
            );
            divides("drawing: channels of a level", width, Self::GROUPS)?;
        }
        divides("drawing.heads", self.widths[1], self.heads)?;
        ensure!(self.blocks <= 64, "drawing.blocks is {}", self.blocks);
        size("drawing.mlp_ratio", self.mlp_ratio)?;
        ensure!(
            (1..=256).contains(&self.length) && text.is_some_and(|t| self.length <= t.length),
            "drawing.length is {}, expected no more words than the text encoder reads",
            self.length
        );
        if let Some(layouts) = &self.layouts {
            layouts.check()?;
        }
        if let Some(portrait) = &self.portrait {
            portrait.check(self.layouts.as_ref())?;
        }
        sampled("drawing", self.steps, self.guidance, self.temperature)
    }
}
