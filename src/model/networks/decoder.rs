//! [The decoder](crate::guide::networks#the-decoder) of the latent autoencoder: from latent tokens to a field.
//!
//! It is in two pieces that are loaded one after the other: the [`Trunk`] runs once a part, the
//! [`Query`] block once a point.

use anyhow::Result;
use candle_core::{Device, Tensor};
use glam::Vec3;

use crate::model::Probe;
use crate::model::config::VaeConfig;
use crate::model::nn::pointwise::{Affine, Attention, Block as Pointwise, Sizes};
use crate::model::nn::{LayerNorm, Linear, Weights, attention, kernels, merge_heads, split_heads};

const EPS: f64 = 1e-5;
/// Points that go through the network at once on the CPU: their activations stay in the cache. Fixed,
/// so that the number of threads does not change a bit of the result.
const CHUNK: usize = 2048;
/// The same for a GPU, which wants much work at once.
const GPU_CHUNK: usize = 65_536;
/// Width up to which the layers together stay in the cache, and are worth being one.
const WIDEST: usize = 256;

/// The self-attention blocks over the latent tokens.
pub struct Trunk {
    heads: usize,
    post_quant: Linear,
    blocks: Vec<Block>,
}

impl Trunk {
    /// Loads from the tensors below `vae.`.
    pub fn load(w: &Weights<'_>, config: &VaeConfig) -> Result<Self> {
        let blocks = (0..config.num_layers_decoder)
            .map(|i| {
                Block::load(
                    &w.at(format_args!("decoder.blocks.{i}")),
                    config.width_decoder,
                )
            })
            .collect::<Result<_>>()?;
        Ok(Self {
            heads: config.num_attention_heads,
            post_quant: w.linear("post_quant", config.latent_channels, config.width_decoder)?,
            blocks,
        })
    }

    /// Latents `[parts, tokens, latent_channels]` -> `[parts, tokens, width]`, each part alone.
    pub fn forward(&self, latents: &Tensor, probe: Probe<'_>) -> Result<Tensor> {
        let mut h = self.post_quant.forward(latents)?;
        probe("post_quant", &h);
        for block in &self.blocks {
            h = block.forward(&h, self.heads)?;
        }
        Ok(h)
    }
}

struct Block {
    norm1: LayerNorm,
    qkv: Linear,
    out: Linear,
    ff: FeedForward,
}

impl Block {
    fn load(w: &Weights<'_>, d: usize) -> Result<Self> {
        let attention = w.at("attn1");
        Ok(Self {
            norm1: w.layer_norm("norm1", d, EPS)?,
            qkv: attention.projection(&["to_q", "to_k", "to_v"], d, d)?,
            out: attention.linear("to_out.0", d, d)?,
            ff: FeedForward::load(w, d, 4 * d)?,
        })
    }

    fn forward(&self, h: &Tensor, heads: usize) -> Result<Tensor> {
        let d = h.dim(2)?;
        let qkv = self.qkv.forward(&self.norm1.forward(h)?)?; // [parts, tokens, 3 d]
        let member = |i: usize| split_heads(&qkv.narrow(2, i * d, d)?, heads);
        let a = attention(&member(0)?, &member(1)?, &member(2)?)?; // [parts, heads, tokens, d / heads]
        let h = (h + self.out.forward(&merge_heads(&a)?)?)?;
        self.ff.forward(&h)
    }
}

/// The feed-forward half of a block, its norm and residual included.
struct FeedForward {
    norm: LayerNorm,
    up: Linear,
    down: Linear,
}

impl FeedForward {
    fn load(w: &Weights<'_>, d: usize, hidden: usize) -> Result<Self> {
        Ok(Self {
            norm: w.layer_norm("norm3", d, EPS)?,
            up: w.linear("ff.net.0.proj", d, hidden)?,
            down: w.linear("ff.net.2", hidden, d)?,
        })
    }

    fn forward(&self, h: &Tensor) -> Result<Tensor> {
        let f = self
            .down
            .forward(&self.up.forward_gelu(&self.norm.forward(h)?)?)?;
        Ok((h + f)?)
    }
}

/// What one part's points look at: keys and values `[1, heads, tokens, width / heads]`.
#[derive(Clone)]
pub struct Memory {
    k: Tensor,
    v: Tensor,
    /// The same for [`Query::values`], where that is faster than layer by layer.
    fused: Option<Attention>,
}

/// The block that reads the field off at points.
pub struct Query {
    config: VaeConfig,
    device: Device,
    proj_query: Linear,
    norm: LayerNorm,
    norm_cross: LayerNorm,
    q: Linear,
    kv: Linear,
    out: Linear,
    ff: FeedForward,
    norm_out: LayerNorm,
    proj_out: Linear,
    fused: Option<Pointwise>,
}

impl Query {
    /// Loads from the tensors below `vae.`.
    pub fn load(w: &Weights<'_>, config: &VaeConfig) -> Result<Self> {
        let d = config.width_decoder;
        let decoder = w.at("decoder");
        let block = decoder.at(format_args!("blocks.{}", config.num_layers_decoder));
        let attention = block.at("attn2");
        let mut query = Self {
            device: w.device().clone(),
            proj_query: decoder.linear("proj_query", 3 + 6 * config.embed_frequency, d)?,
            norm: block.layer_norm("norm2", d, EPS)?,
            norm_cross: attention.layer_norm("norm_cross", d, EPS)?,
            q: attention.projection(&["to_q"], d, d)?,
            kv: attention.projection(&["to_k", "to_v"], d, d)?,
            out: attention.linear("to_out.0", d, d)?,
            ff: FeedForward::load(&block, d, config.hidden_query())?,
            norm_out: decoder.layer_norm("norm_out", d, EPS)?,
            proj_out: decoder.linear("proj_out", d, config.out_channels)?,
            config: config.clone(),
            fused: None,
        };
        query.fused = query.fuse()?;
        Ok(query)
    }

    /// The layers that all parts share in one; nothing on a GPU or from quantized matrices.
    fn fuse(&self) -> Result<Option<Pointwise>> {
        let affine = |layer: &Linear, norm: Option<&LayerNorm>| -> Result<Option<Affine>> {
            let (Some(weight), Some(bias)) = (layer.dense(), layer.bias()) else {
                return Ok(None);
            };
            let plain = Affine {
                inputs: weight.inputs(),
                weight: weight.numbers(),
                bias: bias.to_vec1()?,
            };
            let Some(norm) = norm else {
                return Ok(Some(plain));
            };
            let (scale, offset) = norm.numbers()?;
            Ok(Some(plain.after(&scale, &offset)))
        };
        if self.config.width_decoder > WIDEST {
            return Ok(None);
        }
        let layers = (
            affine(&self.proj_query, None)?,
            affine(&self.ff.up, Some(&self.ff.norm))?,
            affine(&self.ff.down, None)?,
            affine(&self.proj_out, Some(&self.norm_out))?,
        );
        let (Some(embed), Some(up), Some(down), Some(out)) = layers else {
            return Ok(None);
        };
        let sizes = Sizes {
            heads: self.config.num_attention_heads,
            octaves: self.config.embed_frequency,
            base: self.base(),
        };
        Ok(Some(Pointwise::new(
            sizes,
            EPS as f32,
            [embed, up, down, out],
        )))
    }

    /// What the keys and values of one part make of the products before and after the attention.
    fn fuse_attention(&self, k: &Tensor, v: &Tensor) -> Result<Option<Attention>> {
        let (_, heads, tokens, width) = k.dims4()?;
        let d = heads * width;
        let few = heads * tokens <= 2 * d; // or else the keys and values apart take fewer products
        let layers = (self.q.dense(), self.out.dense(), self.out.bias());
        let (Some(q), Some(out), Some(bias)) = layers else {
            return Ok(None);
        };
        if !few || self.fused.is_none() {
            return Ok(None);
        }
        let scale = 1.0 / (width as f64).sqrt();
        let q = Tensor::from_vec(q.numbers(), (1, heads, width, d), &self.device)?;
        let scores = (k.matmul(&q)? * scale)?; // [1, heads, tokens, d]
        let out = Tensor::from_vec(out.numbers(), (d, d), &self.device)?.t()?;
        let out = out.contiguous()?.reshape((1, heads, width, d))?;
        let values = v.matmul(&out)?.reshape((heads * tokens, d))?;
        let (weight, offset) = self.norm.numbers()?;
        let scores = Affine {
            inputs: d,
            weight: scores.flatten_all()?.to_vec1()?,
            bias: vec![0.0; heads * tokens],
        };
        let values = Affine {
            inputs: heads * tokens,
            weight: values.t()?.flatten_all()?.to_vec1()?,
            bias: bias.to_vec1()?,
        };
        Ok(Some(Attention::new(scores.after(&weight, &offset), values)))
    }

    /// Values a point.
    pub fn outputs(&self) -> usize {
        self.config.out_channels
    }

    /// Keys and values of one part from its trunk output `[1, tokens, width]`.
    pub fn memory(&self, trunk: &Tensor) -> Result<Memory> {
        let (d, heads) = (self.config.width_decoder, self.config.num_attention_heads);
        let kv = self.kv.forward(&self.norm_cross.forward(trunk)?)?; // [1, tokens, 2 d]
        let member = |i: usize| split_heads(&kv.narrow(2, i * d, d)?, heads);
        let (k, v) = (member(0)?, member(1)?);
        let fused = self.fuse_attention(&k, &v)?;
        Ok(Memory { k, v, fused })
    }

    /// As [`Query::forward`], for any number of points, by the fastest way: `[points, out_channels]` row-major.
    pub fn values(&self, points: &[Vec3], memory: &Memory) -> Result<Vec<f32>> {
        if let (Some(block), Some(attention)) = (&self.fused, &memory.fused) {
            return Ok(block.values(points, attention));
        }
        let chunk = if self.device.is_cpu() {
            CHUNK
        } else {
            GPU_CHUNK
        };
        let mut values = Vec::with_capacity(points.len() * self.outputs());
        // One chunk after the other: the threads share the work inside of each.
        for chunk in points.chunks(chunk) {
            let out = self.forward(chunk, memory)?; // [points, out_channels]
            values.extend(out.flatten_all()?.to_vec1::<f32>()?);
        }
        Ok(values)
    }

    /// The network's output `[points, out_channels]`, as it leaves `proj_out`; each point alone.
    pub fn forward(&self, points: &[Vec3], memory: &Memory) -> Result<Tensor> {
        let u = self
            .proj_query
            .forward(&self.embed(points)?)?
            .unsqueeze(0)?; // [1, points, width]
        let q = split_heads(
            &self.q.forward(&self.norm.forward(&u)?)?,
            self.config.num_attention_heads,
        )?;
        let a = merge_heads(&attention(&q, &memory.k, &memory.v)?)?; // [1, points, width]
        let u = (u + self.out.forward(&a)?)?;
        let u = self.ff.forward(&u)?;
        Ok(self
            .proj_out
            .forward(&self.norm_out.forward(&u)?)?
            .squeeze(0)?)
    }

    /// Points -> `[points, 3 + 6 octaves]`: the coordinates, the sines of all octaves of x, of y, of z,
    /// and the cosines likewise.
    pub fn embed(&self, points: &[Vec3]) -> Result<Tensor> {
        let rows = kernels::waves(points, self.config.embed_frequency, self.base());
        let width = 3 + 6 * self.config.embed_frequency;
        Ok(Tensor::from_vec(rows, (points.len(), width), &self.device)?)
    }

    /// The lowest octave.
    fn base(&self) -> f32 {
        match self.config.embed_include_pi {
            true => std::f32::consts::PI,
            false => 1.0,
        }
    }
}
