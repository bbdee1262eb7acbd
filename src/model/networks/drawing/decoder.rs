//! From the latents of a drawing to its pixels.

use anyhow::Result;
use candle_core::Tensor;
use candle_nn::ops::pixel_shuffle;

use super::residual::Residual;
use crate::model::config::DrawingConfig;
use crate::model::nn::Weights;
use crate::model::nn::conv::Conv;

/// From latents to pixels.
pub struct Decoder {
    /// Of the denoiser's channels, `[1, channels, 1, 1]`.
    mean: Tensor,
    deviation: Tensor,
    first: Conv,
    coarse: [Residual; 2],
    up: Conv,
    middle: [Residual; 2],
    shuffled: Conv,
    fine: Residual,
    last: Conv,
}

impl Decoder {
    /// From the tensors below `drawing.`; the configuration must have been validated.
    pub fn load(weights: &Weights<'_>, config: &DrawingConfig) -> Result<Self> {
        let moment = |name: &str| -> Result<Tensor> {
            let moment = weights.at("drawing").tensor(name, &[config.channels])?;
            Ok(moment.reshape((1, config.channels, 1, 1))?)
        };
        let w = &weights.at("drawing.decoder");
        let [a, b, c] = config.decoder;
        let smooth = |name: &str, width| Residual::load(&w.at(name), (width, width), None);
        Ok(Self {
            mean: moment("mean")?,
            deviation: moment("deviation")?,
            first: Conv::load(w, "first", (config.channels, a))?,
            coarse: [smooth("at0", a)?, smooth("at1", a)?],
            up: Conv::load(w, "up", (a, b))?,
            middle: [smooth("at2", b)?, smooth("at3", b)?],
            shuffled: Conv::load(w, "fine", (b, 4 * c))?,
            fine: smooth("at4", c)?,
            last: Conv::load(w, "last", (c, 4 * DrawingConfig::DRAWN))?,
        })
    }

    /// The denoiser's latents `[1, channels, rows, rows]` -> `[1, 7, side, side]`: alpha, and the near and the far colours
    /// times alpha, -1 to 1.
    pub fn forward(&self, latents: &Tensor) -> Result<Tensor> {
        let x = latents.broadcast_mul(&self.deviation)?;
        let mut x = self.first.forward(&x.broadcast_add(&self.mean)?)?;
        for residual in &self.coarse {
            x = residual.forward(&x, None)?;
        }
        let x = self.up.forward(&x)?;
        let (_, _, rows, columns) = x.dims4()?;
        let mut x = x.upsample_nearest2d(2 * rows, 2 * columns)?;
        for residual in &self.middle {
            x = residual.forward(&x, None)?;
        }
        let x = pixel_shuffle(&self.shuffled.forward(&x)?, 2)?;
        let x = self.last.forward(&self.fine.forward(&x, None)?)?;
        Ok(pixel_shuffle(&x, 2)?)
    }
}
