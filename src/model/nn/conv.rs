//! The layer of the two networks that look at pixels: one cuts out, the other paints faces.

use anyhow::Result;
use candle_core::{D, Tensor};

use super::Weights;

/// A convolution that keeps the size, or halves it with a stride of 2.
pub struct Conv {
    weight: Tensor,
    /// [1, outputs, 1, 1]
    bias: Tensor,
    stride: usize,
}

impl Conv {
    /// From the tensors `name.weight` `[outputs, inputs, kernel, kernel]` and `name.bias`.
    pub fn load(
        weights: &Weights<'_>,
        name: &str,
        kernel: usize,
        stride: usize,
        (inputs, outputs): (usize, usize),
    ) -> Result<Self> {
        let shape = [outputs, inputs, kernel, kernel];
        let bias = weights.tensor(&format!("{name}.bias"), &[outputs])?;
        Ok(Self {
            weight: weights.tensor(&format!("{name}.weight"), &shape)?,
            bias: bias.reshape((1, outputs, 1, 1))?,
            stride,
        })
    }

    /// `[1, inputs, height, width]` -> `[1, outputs, height / stride, width / stride]`
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let padding = self.weight.dim(D::Minus1)? / 2;
        let out = x.conv2d(&self.weight, padding, self.stride, 1, 1)?;
        Ok(out.broadcast_add(&self.bias)?)
    }
}
