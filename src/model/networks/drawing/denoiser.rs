//! From noise to the latents of a drawing, by words, by a layout, and by what is known of a figure.

use anyhow::Result;
use candle_core::{DType, Module, Tensor};
use candle_nn::GroupNorm;
use candle_nn::ops::{pixel_unshuffle, silu};

use super::residual::{Residual, group_norm};
use super::told::{Telling, Words};
use crate::model::config::{DrawingConfig, LayoutConfig};
use crate::model::networks::attention_block::ToldBlock;
use crate::model::networks::text::Prompt;
use crate::model::nn::Weights;
use crate::model::nn::conv::{Conv, Strided};

/// From noise, words and what is known of a figure to its latents without noise.
pub struct Denoiser {
    telling: Telling,
    stem: Strided,
    /// Of a layout's maps, and those of no layout; none where the weights know of no layouts.
    layout: Option<(Conv, Tensor)>,
    fine: Residual,
    down: Strided,
    places: Tensor,
    blocks: Vec<ToldBlock>,
    up: Strided,
    refined: Residual,
    last: GroupNorm,
    latents: Conv,
    config: DrawingConfig,
}

impl Denoiser {
    /// From the tensors below `drawing.`, and the text encoder's vectors of words `[words, word size]`; the configuration
    /// must have been validated.
    pub fn load(weights: &Weights<'_>, config: &DrawingConfig, table: &Tensor) -> Result<Self> {
        let w = &weights.at("drawing");
        let [a, c] = config.widths;
        let residual = |name: &str, io| Residual::load(&w.at(name), io, Some(c));
        let inner = c * config.mlp_ratio;
        let block = |i| ToldBlock::load(&w.at(format_args!("blocks.{i}")), c, config.heads, inner);
        let maps = config.layouts.as_ref().map(LayoutConfig::maps);
        let layout = maps.map(|maps| -> Result<_> {
            let shape = (1, maps, config.rows(), config.rows());
            let none = Tensor::zeros(shape, DType::F32, weights.device())?;
            Ok((Conv::load(w, "layout", (maps, a))?, none))
        });
        Ok(Self {
            telling: Telling::load(w, c, config.length, table)?,
            stem: Strided::load(w, "stem", 1, 1, (config.told(), a))?,
            layout: layout.transpose()?,
            fine: residual("in0", (a, a))?,
            down: Strided::load(w, "down", 3, 2, (a, c))?,
            places: w.tensor("place", &[1, (config.rows() / 2).pow(2), c])?,
            blocks: (0..config.blocks).map(block).collect::<Result<_>>()?,
            up: Strided::load(w, "up", 1, 1, (c, a))?,
            refined: residual("up0", (2 * a, a))?,
            last: group_norm(w, "last", a)?,
            latents: Conv::load(w, "latents", (a, config.channels))?,
            config: config.clone(),
        })
    }

    /// The words of a prompt; none where there are no words.
    pub fn words(&self, prompt: &Prompt) -> Result<Option<Words>> {
        self.telling.words(prompt)
    }

    /// Noisy latents `[1, channels, rows, rows]` at a time, 0 for all noise and 1 for none, what is known of the figure
    /// `[1, 5, side, side]`, the maps of its layout `[1, maps, rows, rows]` (see [`super::layout`]), and words -> latents
    /// without noise.
    pub fn forward(
        &self,
        state: &Tensor,
        time: f32,
        known: &Tensor,
        layout: Option<&Tensor>,
        words: Option<&Words>,
    ) -> Result<Tensor> {
        let time = self.telling.moment(time, words)?;
        let known = pixel_unshuffle(known, self.config.scale)?;
        let mut fine = self.stem.forward(&Tensor::cat(&[state, &known], 1)?)?;
        if let Some((convolution, none)) = &self.layout {
            fine = (fine + convolution.forward(layout.unwrap_or(none))?)?;
        }
        let fine = self.fine.forward(&fine, Some(&time))?;
        let x = self.down.forward(&fine)?;
        let (_, width, rows, columns) = x.dims4()?;
        let places = x.flatten_from(2)?.transpose(1, 2)?.contiguous()?;
        let mut tokens = (places + &self.places)?; // [1, places, width]
        if let Some(words) = words {
            tokens = Tensor::cat(&[&tokens, &words.tokens], 1)?;
        }
        for block in &self.blocks {
            tokens = block.forward(&tokens, &block.moves(&time)?)?;
        }
        let places = tokens.narrow(1, 0, rows * columns)?.transpose(1, 2)?;
        let x = places.contiguous()?.reshape((1, width, rows, columns))?;
        let x = (self.up.forward(&x)?).upsample_nearest2d(2 * rows, 2 * columns)?;
        let x = self
            .refined
            .forward(&Tensor::cat(&[&x, &fine], 1)?, Some(&time))?;
        self.latents.forward(&silu(&self.last.forward(&x)?)?)
    }
}
