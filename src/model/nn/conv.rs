//! The layers of the networks that look at pixels.

use anyhow::Result;
use candle_core::{D, Tensor};

use super::Weights;
use super::convolve::Convolution;

/// A convolution of 3 x 3 that keeps the size.
pub struct Conv {
    kernel: Kernel,
    dilation: usize,
    rectify: bool,
}

enum Kernel {
    /// On the CPU
    Packed(Convolution),
    /// On a GPU: `[outputs, inputs, 3, 3]`, and a bias `[1, outputs, 1, 1]`
    Plain(Tensor, Tensor),
}

impl Conv {
    /// From the tensors `name.weight` `[outputs, inputs, 3, 3]` and `name.bias`.
    pub fn load(
        weights: &Weights<'_>,
        name: &str,
        (inputs, outputs): (usize, usize),
    ) -> Result<Self> {
        Self::with(weights, name, (inputs, outputs), 1, false)
    }

    /// The same, of neighbours that are `dilation` pixels away; what is below zero becomes zero. On the CPU its sums are
    /// made in fewer products.
    pub fn rectified(
        weights: &Weights<'_>,
        name: &str,
        (inputs, outputs): (usize, usize),
        dilation: usize,
    ) -> Result<Self> {
        Self::with(weights, name, (inputs, outputs), dilation, true)
    }

    fn with(
        weights: &Weights<'_>,
        name: &str,
        (inputs, outputs): (usize, usize),
        dilation: usize,
        rectify: bool,
    ) -> Result<Self> {
        let weight = weights.kernels(&format!("{name}.weight"), [outputs, inputs, 3, 3])?;
        let bias = weights.tensor(&format!("{name}.bias"), &[outputs])?;
        let kernel = match weights.device().is_cpu() {
            true => {
                let numbers: Vec<f32> = weight.flatten_all()?.to_vec1()?;
                let make = match rectify {
                    true => Convolution::in_fewer_products,
                    false => Convolution::new,
                };
                Kernel::Packed(make(&numbers, bias.to_vec1()?, dilation, rectify))
            }
            false => Kernel::Plain(weight, bias.reshape((1, outputs, 1, 1))?),
        };
        Ok(Self {
            kernel,
            dilation,
            rectify,
        })
    }

    /// `[1, inputs, height, width]` -> `[1, outputs, height, width]`
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let (weight, bias) = match &self.kernel {
            Kernel::Packed(convolution) => return Ok(x.apply_op1_no_bwd(convolution)?),
            Kernel::Plain(weight, bias) => (weight, bias),
        };
        let out = x.conv2d(weight, self.dilation, 1, self.dilation, 1)?;
        let out = out.broadcast_add(bias)?;
        Ok(if self.rectify { out.relu()? } else { out })
    }

    /// The same of two tensors whose channels are inputs one behind the other.
    pub fn forward_two(&self, x: &Tensor, y: &Tensor) -> Result<Tensor> {
        match &self.kernel {
            Kernel::Packed(convolution) => Ok(x.apply_op2_no_bwd(y, convolution)?),
            Kernel::Plain(..) => self.forward(&Tensor::cat(&[x, y], 1)?),
        }
    }
}

/// A convolution with a stride, or of single pixels.
pub struct Strided {
    weight: Tensor,
    /// `[1, outputs, 1, 1]`
    bias: Tensor,
    stride: usize,
}

impl Strided {
    /// From the tensors `name.weight` `[outputs, inputs, kernel, kernel]` and `name.bias`.
    pub fn load(
        w: &Weights<'_>,
        name: &str,
        kernel: usize,
        stride: usize,
        (inputs, outputs): (usize, usize),
    ) -> Result<Self> {
        let shape = [outputs, inputs, kernel, kernel];
        let bias = w.tensor(&format!("{name}.bias"), &[outputs])?;
        Ok(Self {
            weight: w.kernels(&format!("{name}.weight"), shape)?,
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
