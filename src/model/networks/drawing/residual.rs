//! Two convolutions over normalised groups of channels.

use anyhow::Result;
use candle_core::{Module, Tensor};
use candle_nn::GroupNorm;
use candle_nn::ops::silu;

use crate::model::config::DrawingConfig;
use crate::model::nn::conv::{Conv, Strided};
use crate::model::nn::{Linear, Weights, halves, scaled};

/// Two convolutions beside what comes in.
pub(super) struct Residual {
    norm1: GroupNorm,
    conv1: Conv,
    /// The time, in the denoiser.
    told: Option<Linear>,
    norm2: GroupNorm,
    conv2: Conv,
    skip: Option<Strided>,
}

impl Residual {
    pub(super) fn load(
        w: &Weights<'_>,
        (inputs, outputs): (usize, usize),
        told: Option<usize>,
    ) -> Result<Self> {
        let skip = (inputs != outputs).then(|| Strided::load(w, "skip", 1, 1, (inputs, outputs)));
        let told = told.map(|width| w.linear("told", width, 2 * outputs));
        Ok(Self {
            norm1: group_norm(w, "norm1", inputs)?,
            conv1: Conv::load(w, "conv1", (inputs, outputs))?,
            told: told.transpose()?,
            norm2: group_norm(w, "norm2", outputs)?,
            conv2: Conv::load(w, "conv2", (outputs, outputs))?,
            skip: skip.transpose()?,
        })
    }

    /// `[1, inputs, height, width]` and the time `[1, told]` -> `[1, outputs, height, width]`
    pub(super) fn forward(&self, x: &Tensor, time: Option<&Tensor>) -> Result<Tensor> {
        let inner = self.conv1.forward(&silu(&self.norm1.forward(x)?)?)?;
        let mut inner = self.norm2.forward(&inner)?;
        if let Some((told, time)) = self.told.as_ref().zip(time) {
            let told = told.forward(time)?.unsqueeze(2)?.unsqueeze(3)?;
            let (scale, shift) = halves(&told, 1)?;
            inner = scaled(&inner, &scale, &shift)?;
        }
        let inner = self.conv2.forward(&silu(&inner)?)?;
        let skipped = match &self.skip {
            Some(skip) => skip.forward(x)?,
            None => x.clone(),
        };
        Ok((skipped + inner)?)
    }
}

/// Over groups of channels.
pub(super) fn group_norm(w: &Weights<'_>, name: &str, width: usize) -> Result<GroupNorm> {
    let weight = w.tensor(&format!("{name}.weight"), &[width])?;
    let bias = w.tensor(&format!("{name}.bias"), &[width])?;
    Ok(GroupNorm::new(
        weight,
        bias,
        width,
        DrawingConfig::GROUPS,
        1e-5,
    )?)
}
