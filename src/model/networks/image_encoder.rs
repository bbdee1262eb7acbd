//! [The image encoder](crate::guide::networks#the-image-encoder): a vision transformer of the DINOv2 class.

use anyhow::{Context, Result, ensure};
use candle_core::Tensor;

use super::encoder_layer::{EncoderLayer, Shape};
use crate::model::Probe;
use crate::model::config::ImageEncoderConfig;
use crate::model::nn::{LayerNorm, Linear, Weights};

/// From pixels to image tokens.
pub struct ImageEncoder {
    patch: usize,
    cls_token: Tensor,
    positions: Tensor,
    /// The patch convolution as a product: its windows do not overlap.
    patch_embedding: Linear,
    layers: Vec<EncoderLayer>,
    norm: LayerNorm,
}

impl ImageEncoder {
    /// Loads from the tensors below `image_encoder.`, for pictures of `side` pixels.
    pub fn load(weights: &Weights<'_>, config: &ImageEncoderConfig, side: usize) -> Result<Self> {
        let (width, patch) = (config.hidden_size, config.patch_size);
        ensure!(
            side.is_multiple_of(patch),
            "{side} pixels do not divide into patches of {patch}"
        );
        let embeddings = weights.at("embeddings");
        let table_side = config.image_size / patch;
        let table = [1, 1 + table_side * table_side, width];
        let table = embeddings.numbers("position_embeddings", &table)?;
        let shape = Shape {
            width,
            heads: config.num_attention_heads,
            mlp_ratio: config.mlp_ratio,
            eps: config.layer_norm_eps,
        };
        Ok(Self {
            patch,
            cls_token: embeddings.tensor("cls_token", &[1, 1, width])?,
            positions: positions(&table, table_side, side / patch, width, weights)?,
            patch_embedding: embeddings.patches("patch_embeddings.projection", patch, width)?,
            layers: EncoderLayer::stack(weights, config.num_hidden_layers, shape)?,
            norm: weights.layer_norm("layernorm", width, config.layer_norm_eps)?,
        })
    }

    /// The position table for this picture size, `[1, 1 + patches, width]`.
    pub fn positions(&self) -> &Tensor {
        &self.positions
    }

    /// Pixels `[1, 3, side, side]` -> tokens `[1, 1 + patches, width]`, the class token first.
    pub fn forward(&self, pixels: &Tensor, probe: Probe<'_>) -> Result<Tensor> {
        let (_, _, height, width) = pixels.dims4()?;
        let (p, rows, columns) = (self.patch, height / self.patch, width / self.patch);
        let patches = pixels
            .reshape(&[3, rows, p, columns, p][..])?
            .permute([1, 3, 0, 2, 4])?
            .reshape((1, rows * columns, 3 * p * p))?; // [1, patches, 3 p p]
        let x = Tensor::cat(
            &[&self.cls_token, &self.patch_embedding.forward(&patches)?],
            1,
        )?;
        let mut x = x.add(&self.positions)?; // [1, 1 + patches, width]
        probe("embeddings", &x);
        for (index, layer) in self.layers.iter().enumerate() {
            x = layer.forward(&x)?;
            probe(&format!("layer{index}"), &x);
        }
        self.norm.forward(&x)
    }
}

/// The position table `[1, 1 + from * from, width]`, whose patches are resampled to `to * to`.
fn positions(
    table: &[f32],
    from: usize,
    to: usize,
    width: usize,
    w: &Weights<'_>,
) -> Result<Tensor> {
    let (cls, patches) = table.split_at(width);
    let patches = if from == to {
        patches.to_vec()
    } else {
        resample(patches, from, to, width)
    };
    let all = [cls, &patches].concat();
    Tensor::from_vec(all, (1, 1 + to * to, width), w.device()).context("position table")
}

/// Bicubic interpolation with a = -0.75 of a square table, borders clamped, not antialiased.
fn resample(table: &[f32], from: usize, to: usize, width: usize) -> Vec<f32> {
    let taps: Vec<_> = (0..to).map(|i| cubic(i, from, to)).collect();
    let mut out = vec![0f32; to * to * width];
    for (index, out) in out.chunks_exact_mut(width).enumerate() {
        for &(row, wy) in &taps[index / to] {
            for &(column, wx) in &taps[index % to] {
                let weight = (wy * wx) as f32;
                let source = &table[(row * from + column) * width..][..width];
                out.iter_mut()
                    .zip(source)
                    .for_each(|(out, s)| *out += weight * s);
            }
        }
    }
    out
}

/// The four source samples of output sample `index`, with their weights.
fn cubic(index: usize, from: usize, to: usize) -> [(usize, f64); 4] {
    const A: f64 = -0.75;
    let near = |s: f64| ((A + 2.0) * s - (A + 3.0)) * s * s + 1.0;
    let far = |s: f64| ((A * s - 5.0 * A) * s + 8.0 * A) * s - 4.0 * A;
    let x = (index as f64 + 0.5) * from as f64 / to as f64 - 0.5;
    let (floor, t) = (x.floor(), x - x.floor());
    let at = |offset: f64| (floor + offset).clamp(0.0, (from - 1) as f64) as usize;
    [
        (at(-1.0), far(t + 1.0)),
        (at(0.0), near(t)),
        (at(1.0), near(1.0 - t)),
        (at(2.0), far(2.0 - t)),
    ]
}

/// Of the encoder's tokens `[1, 1 + n * n, width]` those of the patches, `[1, n * n, width]`, and n, of a square picture.
pub(crate) fn patches(tokens: &Tensor) -> Result<(Tensor, usize)> {
    let count = tokens.dim(1)? - 1;
    let side = count.isqrt();
    ensure!(side * side == count, "{count} patches are no square");
    Ok((tokens.narrow(1, 1, count)?.contiguous()?, side))
}
