//! The layer that [the image encoder](crate::guide::networks#the-image-encoder) and the text encoder are made of.

use anyhow::Result;
use candle_core::Tensor;

use crate::model::nn::{LayerNorm, Linear, Weights, attention, merge_heads, split_heads};

/// The sizes of a layer.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    pub width: usize,
    pub heads: usize,
    pub mlp_ratio: usize,
    pub eps: f64,
}

/// One layer, with the tensor names of the class `Dinov2Model`.
pub(crate) struct EncoderLayer {
    heads: usize,
    norm1: LayerNorm,
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
    scale1: Tensor,
    norm2: LayerNorm,
    fc1: Linear,
    fc2: Linear,
    scale2: Tensor,
}

impl EncoderLayer {
    fn load(w: &Weights<'_>, shape: Shape) -> Result<Self> {
        let (d, eps) = (shape.width, shape.eps);
        let attention = w.at("attention.attention");
        Ok(Self {
            heads: shape.heads,
            norm1: w.layer_norm("norm1", d, eps)?,
            query: attention.linear("query", d, d)?,
            key: attention.linear("key", d, d)?,
            value: attention.linear("value", d, d)?,
            output: w.linear("attention.output.dense", d, d)?,
            scale1: w.tensor("layer_scale1.lambda1", &[d])?,
            norm2: w.layer_norm("norm2", d, eps)?,
            fc1: w.linear("mlp.fc1", d, d * shape.mlp_ratio)?,
            fc2: w.linear("mlp.fc2", d * shape.mlp_ratio, d)?,
            scale2: w.tensor("layer_scale2.lambda1", &[d])?,
        })
    }

    /// `count` layers, from the tensors below `encoder.layer.`.
    pub(crate) fn stack(w: &Weights<'_>, count: usize, shape: Shape) -> Result<Vec<Self>> {
        (0..count)
            .map(|i| Self::load(&w.at(format_args!("encoder.layer.{i}")), shape))
            .collect()
    }

    /// Tokens `[1, tokens, width]` -> the same.
    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let h = self.norm1.forward(x)?;
        let q = split_heads(&self.query.forward(&h)?, self.heads)?; // [1, heads, tokens, width / heads]
        let k = split_heads(&self.key.forward(&h)?, self.heads)?;
        let v = split_heads(&self.value.forward(&h)?, self.heads)?;
        let h = self
            .output
            .forward(&merge_heads(&attention(&q, &k, &v)?)?)?;
        let x = (x + h.broadcast_mul(&self.scale1)?)?;
        let h = self.fc1.forward_gelu(&self.norm2.forward(&x)?)?;
        let h = self.fc2.forward(&h)?;
        Ok((x + h.broadcast_mul(&self.scale2)?)?)
    }
}
