//! What only this project's own models have: named parts, views and words, and a network that cuts out.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

use super::{Config, divides, size};
use crate::slots::Slot;

/// What makes a model a figurine model: parts with meanings, each in the frame of its own box.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FigurineConfig {
    /// Names of the parts; slot i is row i of the part embedding.
    pub slots: Vec<String>,
    /// VAE tokens packed into one transformer token.
    #[serde(default = "one")]
    pub pack: usize,
    /// Truncation of the signed distance, in half-sizes of the part's box.
    pub truncation: f32,
    /// Whether the last token of a part carries its box and presence.
    #[serde(default)]
    pub box_token: bool,
    /// Whether that token carries the main one of the part's colours too.
    #[serde(default)]
    pub main_colour: bool,
    /// Cells of an image patch, each way, of which the weights can tell what they show; 0 for weights
    /// that cannot.
    #[serde(default, rename = "seen")]
    pub segmentation_cells: usize,
    /// The network that draws faces, where the weights hold one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub face: Option<FaceConfig>,
}

/// The networks that draw a face on a head (see `training/networks/faces.py`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaceConfig {
    /// The part that has a face.
    pub slot: String,
    /// Of how many pictures a face is the weighted sum.
    pub weights: usize,
    /// Pixels from the lowest to the highest, and from left to right: the one half is the other's mirror image.
    pub side: usize,
    /// Of the network that thinks of their weights, and its residual blocks.
    pub width: usize,
    pub blocks: usize,
    /// From noise to a face.
    pub steps: usize,
    pub painter: PainterConfig,
}

/// The network that paints in more pixels what a sum of pictures shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PainterConfig {
    /// Pixels a side that it makes of each.
    pub finer: usize,
    /// Channels, and residual blocks of two convolutions.
    pub width: usize,
    pub blocks: usize,
}

impl PainterConfig {
    /// A colour, and how far from the middle and how high that is.
    pub const INPUTS: usize = 5;

    /// Colours for each pixel.
    pub fn outputs(&self) -> usize {
        3 * self.finer * self.finer
    }
}

impl FaceConfig {
    /// The time is told as sines and cosines of so many frequencies, each twice the one before.
    pub const OCTAVES: usize = 8;

    /// Numbers of a picture, of which one half is kept.
    pub fn pixels(&self) -> usize {
        3 * self.side * (self.side / 2)
    }

    /// What the network takes: a face, `seen` numbers of the head, and the time.
    pub fn inputs(&self, seen: usize) -> usize {
        self.weights + seen + 2 * Self::OCTAVES
    }

    fn check(&self, figurine: &FigurineConfig) -> Result<()> {
        ensure!(
            figurine.main_colour && figurine.slots.contains(&self.slot),
            "figurine.face is of the part \"{}\", which must be a slot with a main colour",
            self.slot
        );
        size("figurine.face.weights", self.weights)?;
        size("figurine.face.width", self.width)?;
        let range = |name: &str, value: usize, most: usize| {
            ensure!(
                (1..=most).contains(&value),
                "figurine.face.{name} is {value}, expected 1 to {most}"
            );
            Ok(())
        };
        range("side", self.side, 64)?;
        ensure!(self.side.is_multiple_of(2), "figurine.face.side is odd");
        range("blocks", self.blocks, 64)?;
        range("painter.finer", self.painter.finer, 8)?;
        range("painter.width", self.painter.width, 1024)?;
        range("painter.blocks", self.painter.blocks, 64)?;
        range("steps", self.steps, 1000)
    }
}

impl FigurineConfig {
    /// Where a box token has its main colour, and where that ends.
    pub const COLOUR: std::ops::Range<usize> = 7..10;

    /// Numbers of a part's latents that mean something, of `tokens` tokens of `channels`: all of the packed
    /// ones, and of the box token those up to the main colour.
    pub fn used_numbers(tokens: usize, channels: usize) -> usize {
        (tokens - 1) * channels + Self::COLOUR.end
    }

    /// Numbers that tell what a cell shows: nothing, or each of the parts, and a place.
    pub fn segmentation_outputs(&self) -> usize {
        1 + self.slots.len() + 3
    }

    /// Checks that this fits the rest of the configuration.
    pub(super) fn check(&self, config: &Config) -> Result<()> {
        let (f, t, s) = (self, &config.transformer, &config.sampling);
        ensure!(
            !f.slots.is_empty() && f.slots.len() <= t.max_num_parts,
            "figurine.slots has {} names, transformer.max_num_parts is {}",
            f.slots.len(),
            t.max_num_parts
        );
        size("figurine.pack", f.pack)?;
        ensure!(
            f.segmentation_cells <= 16,
            "figurine.seen is {}, more than a patch has pixels",
            f.segmentation_cells
        );
        ensure!(
            f.pack.checked_mul(config.vae.latent_channels) == Some(t.in_channels),
            "figurine.pack x vae.latent_channels must be transformer.in_channels"
        );
        ensure!(
            f.truncation.is_finite() && f.truncation > 0.0,
            "figurine.truncation must be a positive number"
        );
        if f.box_token {
            ensure!(
                t.in_channels >= 7 && s.tokens >= 2,
                "a box token needs 7 channels and a latent token beside it"
            );
        }
        if f.main_colour {
            ensure!(
                f.box_token && t.in_channels >= 10,
                "figurine.main_colour needs a box token of 10 channels"
            );
        }
        if let Some(face) = &f.face {
            face.check(f)?;
        }
        Ok(())
    }
}

fn one() -> usize {
    1
}

/// The members of the condition sequence beside one picture's tokens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ConditionConfig {
    /// Names of the views, in the order of the rows of the view embedding.
    pub views: Vec<String>,
}

impl Default for ConditionConfig {
    fn default() -> Self {
        Self {
            views: vec!["front".into()],
        }
    }
}

/// The text encoder, see [`Model::read`](crate::model::Model::read).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TextEncoderConfig {
    /// How many words it knows; their list is the metadata's `gen3d.words`.
    pub words: usize,
    /// Numbers of a word's vector.
    pub word_size: usize,
    /// Words of a text that are read.
    pub length: usize,
    /// Tokens beside those of the words, each of which gathers what is said of one part.
    #[serde(default)]
    pub slots: usize,
    pub hidden_size: usize,
    pub num_hidden_layers: usize,
    pub num_attention_heads: usize,
    pub mlp_ratio: usize,
    pub layer_norm_eps: f64,
}

impl TextEncoderConfig {
    /// Checks that this fits the rest of the configuration.
    pub(super) fn check(&self, config: &Config) -> Result<()> {
        ensure!(
            (1..=1 << 20).contains(&self.words),
            "text_encoder.words is {}, expected 1 to a million",
            self.words
        );
        size("text_encoder.word_size", self.word_size)?;
        size("text_encoder.length", self.length)?;
        ensure!(
            self.slots <= 256,
            "text_encoder.slots is {}, more than there can be parts",
            self.slots
        );
        size("text_encoder.num_hidden_layers", self.num_hidden_layers)?;
        size("text_encoder.mlp_ratio", self.mlp_ratio)?;
        divides("text_encoder", self.hidden_size, self.num_attention_heads)?;
        ensure!(
            config.condition.is_some()
                && self.hidden_size == config.transformer.cross_attention_dim,
            "text_encoder.hidden_size is {}, but the condition's tokens have {}",
            self.hidden_size,
            config.transformer.cross_attention_dim
        );
        Ok(())
    }
}

/// The network of part maps (see [`crate::model::networks::part_maps`]); its image encoder has the sizes of the model's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PartMapsConfig {
    /// Names of the slots, in the order of the channels; a name may end in `_left` or `_right` of a slot that has no
    /// sides, such as `leg_left` of `legs`.
    pub slots: Vec<String>,
    /// Pixels a side of the picture that it looks at; the maps have half of them.
    pub side: usize,
    /// Channels of each level, the finest first.
    pub widths: [usize; 4],
    /// Transformer blocks at the coarsest level, and their heads.
    pub blocks: usize,
    pub heads: usize,
    /// Cells of an image patch, each way, of which the encoder tells what they show.
    pub cells: usize,
    /// How many parts it knows by that.
    pub cell_parts: usize,
}

impl PartMapsConfig {
    /// Channels of a part: occupancy, middle, half thickness, near and far colour.
    pub const OF_PART: usize = 9;
    /// Channels of the figure as a whole: middle, half thickness, far colour, and how far off the two depths may be.
    pub const OF_WHOLE: usize = 7;

    /// Channels of the maps.
    pub fn channels(&self) -> usize {
        Self::OF_PART * self.slots.len() + Self::OF_WHOLE
    }

    /// Numbers that tell what a cell shows: nothing, or each of the parts, and a place.
    pub fn segmentation_outputs(&self) -> usize {
        1 + self.cell_parts + 3
    }

    /// Places of the coarsest level.
    pub fn places(&self) -> usize {
        (self.side / 16).pow(2)
    }

    pub(super) fn check(&self, config: &Config) -> Result<()> {
        ensure!(
            (1..=64).contains(&self.slots.len()),
            "part_maps.slots has {} names, expected 1 to 64",
            self.slots.len()
        );
        for slot in &self.slots {
            ensure!(
                Slot::of_map(slot).is_some(),
                "part_maps.slots: there is no part \"{slot}\""
            );
        }
        ensure!(
            self.side <= 512 && self.side == self.side / 16 * config.image_encoder.patch_size,
            "part_maps.side is {}, expected at most 512 in patches of {}",
            self.side,
            config.image_encoder.patch_size
        );
        divides("part_maps.side (halved at every level)", self.side, 32)?;
        for &width in &self.widths {
            ensure!(
                (1..=2048).contains(&width),
                "part_maps.widths: {width}, expected 1 to 2048"
            );
        }
        divides("part_maps.heads", self.widths[3], self.heads)?;
        ensure!(self.blocks <= 64, "part_maps.blocks is {}", self.blocks);
        ensure!(
            (1..=16).contains(&self.cells) && self.cell_parts <= 64,
            "part_maps: {} cells of {} parts make no sense",
            self.cells,
            self.cell_parts
        );
        Ok(())
    }
}

/// The network that cuts a subject out of its photo (see [`crate::model::networks::u2net`]).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CutoutConfig {
    /// Side in pixels of the square that a picture is squeezed into.
    pub side: usize,
    /// Channels between levels, and inside them.
    pub width: usize,
    pub inner: usize,
}

impl CutoutConfig {
    /// Convolutions on the way down of each level, the finest first; each has half the resolution of the one before.
    pub const DEPTHS: [usize; 6] = [6, 5, 4, 3, 3, 3];

    /// Whether a level halves the picture on its own way down.
    pub fn halves(level: usize) -> bool {
        level < 4
    }

    pub(super) fn check(&self) -> Result<()> {
        size("cutout.width", self.width)?;
        size("cutout.inner", self.inner)?;
        ensure!(
            self.side <= 1024,
            "cutout.side is {}, at most 1024 makes sense",
            self.side
        );
        divides("cutout.side (halved at every level)", self.side, 32)
    }
}
