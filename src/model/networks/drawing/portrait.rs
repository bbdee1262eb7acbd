//! Heads of drawings, whose eyes are too small for the denoiser's latents: drawn again, larger, by the words and by what
//! the drawing's head looks like from far away (`training/maps/portrait.py`).

use anyhow::{Context, Result};
use candle_core::Tensor;
use candle_nn::ops::{pixel_shuffle, silu};

use super::residual::Residual;
use super::told::waves;
use crate::model::config::{DrawingConfig, PortraitConfig};
use crate::model::networks::text::{Prompt, vectors};
use crate::model::nn::conv::Conv;
use crate::model::nn::{LayerNorm, Linear, Weights};

/// From noise to the code of a head, and from there to its pixels.
pub struct Portrait {
    /// `[words, word size]`
    table: Tensor,
    /// Words of a text that are read.
    length: usize,
    time: Linear,
    gist: Linear,
    look: Linear,
    stem: Linear,
    blocks: Vec<Block>,
    last: LayerNorm,
    out: Linear,
    decoder: Decoder,
}

/// A small network beside what comes in, told all that is known.
struct Block {
    norm: LayerNorm,
    up: Linear,
    down: Linear,
}

/// From a code to pixels.
struct Decoder {
    places: usize,
    first: Linear,
    coarse: Residual,
    up: Conv,
    middle: Residual,
    shuffled: Conv,
    fine: Residual,
    last: Conv,
}

impl Portrait {
    /// From the tensors below `drawing.portrait.`, and the text encoder's vectors of words `[words, word size]`; the
    /// configuration must have been validated.
    pub fn load(
        weights: &Weights<'_>,
        drawing: &DrawingConfig,
        config: &PortraitConfig,
        table: &Tensor,
    ) -> Result<Self> {
        let (w, c) = (&weights.at("drawing.portrait"), config.width);
        let block = |i: usize| -> Result<_> {
            Ok(Block {
                norm: w.layer_norm(&format!("norms.{i}"), c, 1e-5)?,
                up: w.linear(&format!("ups.{i}"), 2 * c, 2 * c)?,
                down: w.linear(&format!("downs.{i}"), 2 * c, c)?,
            })
        };
        Ok(Self {
            table: table.clone(),
            length: drawing.length,
            time: w.linear("time", DrawingConfig::TIMES, c)?,
            gist: w.linear("gist", table.dim(1)?, c)?,
            look: w.linear("look", config.look(), c)?,
            stem: w.linear("stem", config.code, c)?,
            blocks: (0..config.blocks).map(block).collect::<Result<_>>()?,
            last: w.layer_norm("last", c, 1e-5)?,
            out: w.linear("out", c, config.code)?,
            decoder: Decoder::load(&weights.at("drawing.portrait.decoder"), config)?,
        })
    }

    /// What is told of a head beside the time, `[1, width]`: a prompt, which has words, and its look `[1, numbers]`.
    pub fn told(&self, prompt: &Prompt, look: &Tensor) -> Result<Tensor> {
        let vectors = vectors(&self.table, prompt, self.length)?.context("no words")?;
        let gist = self.gist.forward(&vectors.mean_keepdim(0)?)?;
        Ok((gist + self.look.forward(look)?)?)
    }

    /// A noisy code `[1, numbers]` at a time, 0 for all noise and 1 for none, and what is told -> the code without noise.
    pub fn forward(&self, code: &Tensor, time: f32, told: &Tensor) -> Result<Tensor> {
        let time = self.time.forward(&waves(time, code.device())?)?;
        let told = silu(&(time + told)?)?;
        let mut x = self.stem.forward(code)?;
        for block in &self.blocks {
            let both = Tensor::cat(&[&block.norm.forward(&x)?, &told], 1)?;
            x = (x + block.down.forward(&block.up.forward_gelu(&both)?)?)?;
        }
        self.out.forward(&self.last.forward(&x)?)
    }

    /// A code without noise `[1, numbers]` -> colours from -1 to 1, straight, and how much of the head is there, 0 to 1:
    /// `[1, 4, side, side]`.
    pub fn decode(&self, code: &Tensor) -> Result<Tensor> {
        self.decoder.forward(code)
    }
}

impl Decoder {
    fn load(w: &Weights<'_>, config: &PortraitConfig) -> Result<Self> {
        let ([a, b, c], n) = (config.decoder, config.places());
        let smooth = |name: &str, width| Residual::load(&w.at(name), (width, width), None);
        Ok(Self {
            places: n,
            first: w.linear("first", config.code, a * n * n)?,
            coarse: smooth("at0", a)?,
            up: Conv::load(w, "up", (a, b))?,
            middle: smooth("at1", b)?,
            shuffled: Conv::load(w, "fine", (b, 4 * c))?,
            fine: smooth("at2", c)?,
            last: Conv::load(w, "last", (c, 4 * PortraitConfig::DRAWN))?,
        })
    }

    fn forward(&self, code: &Tensor) -> Result<Tensor> {
        let (x, n) = (self.first.forward(code)?, self.places);
        let x = self.coarse.forward(&x.reshape((1, (), n, n))?, None)?;
        let x = self.up.forward(&x)?.upsample_nearest2d(2 * n, 2 * n)?;
        let x = self.shuffled.forward(&self.middle.forward(&x, None)?)?;
        let x = self.fine.forward(&pixel_shuffle(&x, 2)?, None)?;
        Ok(pixel_shuffle(&self.last.forward(&x)?, 2)?)
    }
}
