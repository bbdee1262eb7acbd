//! The network that tells figures from words.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

use super::{Config, divides, size};

/// The network that tells from words a figure's primitives, one after another (see
/// [`crate::model::networks::assembler`]); it knows the words of the text encoder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AssemblyConfig {
    /// The parts that a primitive may belong to, in the order of the weights.
    pub slots: Vec<String>,
    /// Numbers of a token, transformer blocks, their heads, and how many times wider they are inside.
    pub width: usize,
    pub blocks: usize,
    pub heads: usize,
    pub mlp_ratio: usize,
    /// Numbers of what tells a primitive's numbers, and how many distributions are in a mixture.
    pub inner: usize,
    pub mixed: usize,
    /// Colours of a figure, at most.
    pub colours: usize,
    /// Words of a text that are read, and primitives and colours of a figure, at most.
    pub length: usize,
    pub longest: usize,
    /// 1 takes what the model believes by chance, less takes what it believes most.
    pub temperature: f32,
    /// How much words count: 1 as much as the network learned, more lead away from what it tells without words.
    pub guidance: f32,
}

impl AssemblyConfig {
    /// Kinds of primitives, a colour, and the end.
    pub const KINDS: usize = crate::assembly::Kind::ALL.len() + 2;
    /// Sines, and cosines, of a number that is told.
    pub const WAVES: usize = 4;
    /// A number, and sines and cosines of it.
    pub const SEEN: usize = 1 + 2 * Self::WAVES;

    /// Numbers of what all words together say, before it is told to the blocks.
    pub(crate) fn gist(&self) -> usize {
        self.width / 2 * 3
    }

    /// What is told of a row before its numbers, and how many values it may have; of a colour the first alone.
    pub(crate) fn labels(&self) -> [(&'static str, usize); 5] {
        [
            ("kind", Self::KINDS),
            ("slot", self.slots.len()),
            ("mirror", 2),
            ("first", self.colours),
            ("second", self.colours),
        ]
    }

    pub(super) fn check(&self, config: &Config) -> Result<()> {
        let text = config.text_encoder.as_ref();
        ensure!(text.is_some(), "assembly needs the words of a text_encoder");
        for (name, value, most) in [
            ("slots", self.slots.len(), 64),
            ("width", self.width, 2048),
            ("blocks", self.blocks, 64),
            ("inner", self.inner, 2048),
            ("mixed", self.mixed, 64),
            ("colours", self.colours, 256),
            ("longest", self.longest, 1024),
        ] {
            ensure!(
                (1..=most).contains(&value),
                "assembly.{name} is {value}, expected 1 to {most}"
            );
        }
        divides("assembly.heads", self.width, self.heads)?;
        divides("assembly.heads", self.gist(), self.heads)?;
        size("assembly.mlp_ratio", self.mlp_ratio)?;
        ensure!(
            (1..=256).contains(&self.length) && text.is_some_and(|t| self.length <= t.length),
            "assembly.length is {}, expected no more words than the text encoder reads",
            self.length
        );
        ensure!(
            (0.01..=2.0).contains(&self.temperature),
            "assembly.temperature is {}, expected 0.01 to 2",
            self.temperature
        );
        ensure!(
            (0.0..=10.0).contains(&self.guidance),
            "assembly.guidance is {}, expected 0 to 10",
            self.guidance
        );
        Ok(())
    }
}
