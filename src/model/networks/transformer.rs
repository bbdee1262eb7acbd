//! [The diffusion transformer](crate::guide::networks#the-transformer) over the latent tokens of all parts.
//!
//! Time enters as a token of its own; the blocks form a U whose second half takes the first half's
//! outputs; attention alternates between the tokens of one part and those of all parts. What depends
//! on the picture alone is computed once, by [`Transformer::condition`].

use anyhow::{Context, Result, ensure};
use candle_core::{Device, Tensor};

use crate::model::Probe;
use crate::model::config::TransformerConfig;
use crate::model::nn::{LayerNorm, Linear, RmsNorm, Weights, attention, merge_heads, split_heads};

const EPS: f64 = 1e-5;
const RMS_EPS: f64 = 1e-6;

/// The rows of one forward pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// One row a part, with the condition.
    Conditional,
    /// Two rows a part: all without the condition, then all with it.
    Both,
}

/// The keys and values that a picture gives every block; the same for all parts and steps.
#[derive(Clone)]
pub struct ConditionCache {
    /// `[augmented, heads, condition tokens, head width]` a block; absent where a block sees no condition.
    blocks: Vec<Option<(Tensor, Tensor)>>,
    /// How many augmented views of the picture it holds.
    augmented: usize,
}

impl ConditionCache {
    /// What so many of the augmented views alone would give, from the `first` on and then again from the beginning.
    pub fn some(&self, first: usize, count: usize) -> Result<Self> {
        if count >= self.augmented {
            return Ok(self.clone());
        }
        let turn: Vec<u32> = (first..first + count)
            .map(|view| (view % self.augmented) as u32)
            .collect();
        let some = |x: &Tensor| x.index_select(&Tensor::new(&*turn, x.device())?, 0);
        let block = |block: &Option<(Tensor, Tensor)>| {
            let some = block.as_ref().map(|(k, v)| Ok((some(k)?, some(v)?)));
            some.transpose()
        };
        Ok(Self {
            blocks: self.blocks.iter().map(block).collect::<Result<_>>()?,
            augmented: count,
        })
    }
}

/// From noisy latents and a time to a velocity.
pub struct Transformer {
    config: TransformerConfig,
    time1: Linear,
    time2: Linear,
    part_embedding: Option<Tensor>,
    token_embedding: Option<Tensor>,
    proj_in: Linear,
    blocks: Vec<Block>,
    norm_out: LayerNorm,
    proj_out: Linear,
}

impl Transformer {
    /// Loads from the tensors below `transformer.`.
    pub fn load(w: &Weights<'_>, config: &TransformerConfig) -> Result<Self> {
        let d = config.width;
        let optional = |name: &str, rows: Option<usize>| -> Result<Option<Tensor>> {
            rows.map(|rows| w.tensor(name, &[rows, d])).transpose()
        };
        let parts = config.enable_part_embedding.then_some(config.max_num_parts);
        let blocks = (0..config.num_layers)
            .map(|i| Block::load(&w.at(format_args!("blocks.{i}")), config, i))
            .collect::<Result<_>>()?;
        Ok(Self {
            time1: w.linear("time_proj.linear_1", d, 4 * d)?,
            time2: w.linear("time_proj.linear_2", 4 * d, d)?,
            part_embedding: optional("part_embedding.weight", parts)?,
            token_embedding: optional("token_embedding.weight", config.token_embedding)?,
            proj_in: w.linear("proj_in", config.in_channels, d)?,
            blocks,
            norm_out: w.layer_norm("norm_out", d, EPS)?,
            proj_out: w.linear("proj_out", d, config.in_channels)?,
            config: config.clone(),
        })
    }

    /// What the blocks need of condition tokens `[augmented, tokens, cross_attention_dim]`.
    pub fn condition(&self, tokens: &Tensor) -> Result<ConditionCache> {
        let blocks = self
            .blocks
            .iter()
            .map(|block| block.cross.cache(tokens))
            .collect::<Result<_>>()?;
        Ok(ConditionCache {
            blocks,
            augmented: tokens.dim(0)?,
        })
    }

    /// Latents `[parts, tokens, channels]` at time `t` in 0..=1000 -> velocity `[rows, tokens, channels]`,
    /// from noise to data; of several augmented views their mean. `ids` names the row of the part embedding for each row.
    pub fn forward(
        &self,
        latents: &Tensor,
        t: f32,
        cache: &ConditionCache,
        rows: Rows,
        ids: &[u32],
        probe: Probe<'_>,
    ) -> Result<Tensor> {
        let parts = latents.dim(0)?;
        let batch = Batch {
            parts,
            free: if rows == Rows::Both { parts } else { 0 },
            augmented: cache.augmented,
        };
        let h = self.embed(latents, t, rows, ids, probe)?; // [rows, 1 + tokens, width]
        let mut h = batch.repeated(&h)?;
        let half = self.blocks.len() / 2;
        let mut skips = Vec::with_capacity(half);
        for (i, (block, cached)) in self.blocks.iter().zip(&cache.blocks).enumerate() {
            if let Some(skip) = &block.skip {
                let earlier = skips.pop().context("the blocks form no U")?;
                h = skip.forward(&earlier, &h)?;
            }
            h = block.forward(&h, cached.as_ref(), batch, &mut |name, x| {
                probe(&format!("block{i}.{name}"), x)
            })?;
            if i < half {
                skips.push(h.clone());
            }
        }
        let h = self.norm_out.forward(&h)?;
        probe("norm_out", &h);
        let h = h.narrow(1, 1, latents.dim(1)?)?.contiguous()?; // [rows, tokens, width], no time token
        batch.mean(&self.proj_out.forward(&h)?)
    }

    /// The token sequence: time first, then the latents, all with their part's embedding.
    fn embed(
        &self,
        latents: &Tensor,
        t: f32,
        rows: Rows,
        ids: &[u32],
        probe: Probe<'_>,
    ) -> Result<Tensor> {
        let (parts, _, channels) = latents.dims3()?;
        ensure!(
            channels == self.config.in_channels,
            "latents have {channels} channels, the transformer {}",
            self.config.in_channels
        );
        let (d, count) = (
            self.config.width,
            if rows == Rows::Both { 2 * parts } else { parts },
        );
        ensure!(
            ids.len() == count,
            "{} part ids for {count} rows",
            ids.len()
        );
        let time = self.time2.forward(&self.time1.forward_gelu(&sinusoid(
            t,
            d,
            latents.device(),
        )?)?)?; // [1, d]
        let time = time.broadcast_as((count, d))?.contiguous()?;
        probe("temb", &time);
        let mut x = self.proj_in.forward(latents)?; // [parts, tokens, d]
        if let Some(embedding) = &self.token_embedding {
            x = x.broadcast_add(embedding)?;
        }
        if rows == Rows::Both {
            x = Tensor::cat(&[&x, &x], 0)?;
        }
        let mut h = Tensor::cat(&[&time.unsqueeze(1)?, &x], 1)?; // [rows, 1 + tokens, d]
        if let Some(embedding) = &self.part_embedding {
            ensure!(
                ids.iter()
                    .all(|&id| (id as usize) < self.config.max_num_parts),
                "part ids up to {:?} are asked for, this model has {} part embeddings: take fewer parts, \
                 or part ids per object",
                ids.iter().max(),
                self.config.max_num_parts
            );
            let ids = Tensor::new(ids, latents.device())?;
            h = h.broadcast_add(&embedding.index_select(&ids, 0)?.unsqueeze(1)?)?;
        }
        probe("block0.in", &h);
        Ok(h)
    }
}

/// How the rows of a batch belong together.
#[derive(Clone, Copy)]
struct Batch {
    parts: usize,
    /// Rows at the start that have no condition.
    free: usize,
    /// How often the others come, each time under another augmented view's condition.
    augmented: usize,
}

impl Batch {
    /// The rows for all augmented views.
    fn repeated(self, x: &Tensor) -> Result<Tensor> {
        if self.augmented == 1 {
            return Ok(x.clone());
        }
        let (free, bound) = self.split(x, self.parts)?;
        let all: Vec<Tensor> = (free.into_iter())
            .chain(vec![bound; self.augmented])
            .collect();
        Ok(Tensor::cat(&all, 0)?)
    }

    /// The rows that [`Batch::repeated`] was given, from those that it gave.
    fn mean(self, x: &Tensor) -> Result<Tensor> {
        if self.augmented == 1 {
            return Ok(x.clone());
        }
        let (free, bound) = self.split(x, self.augmented * self.parts)?;
        let (_, tokens, channels) = bound.dims3()?;
        let bound = bound.reshape((self.augmented, self.parts, tokens, channels))?;
        let all: Vec<Tensor> = free.into_iter().chain([bound.mean(0)?]).collect();
        Ok(Tensor::cat(&all, 0)?)
    }

    /// The rows without a condition, if there are any, and so many with one.
    fn split(self, x: &Tensor, bound: usize) -> Result<(Option<Tensor>, Tensor)> {
        let free = (self.free > 0).then(|| x.narrow(0, 0, self.free));
        Ok((free.transpose()?, x.narrow(0, self.free, bound)?))
    }
}

struct Block {
    skip: Option<Skip>,
    global: bool,
    norm1: LayerNorm,
    attention: SelfAttention,
    norm2: LayerNorm,
    cross: CrossAttention,
    norm3: LayerNorm,
    ff1: Linear,
    ff2: Linear,
}

impl Block {
    fn load(w: &Weights<'_>, config: &TransformerConfig, index: usize) -> Result<Self> {
        let (d, global) = (config.width, config.is_global(index));
        let conditioned = if global {
            config.enable_global_cross_attn
        } else {
            config.enable_local_cross_attn
        };
        Ok(Self {
            skip: (index > config.num_layers / 2)
                .then(|| Skip::load(w, d))
                .transpose()?,
            global,
            norm1: w.layer_norm("norm1", d, EPS)?,
            attention: SelfAttention::load(&w.at("attn1"), config)?,
            norm2: w.layer_norm("norm2", d, EPS)?,
            cross: CrossAttention::load(&w.at("attn2"), config, conditioned)?,
            norm3: w.layer_norm("norm3", d, EPS)?,
            ff1: w.linear("ff.net.0.proj", d, 4 * d)?,
            ff2: w.linear("ff.net.2", 4 * d, d)?,
        })
    }

    fn forward(
        &self,
        h: &Tensor,
        cached: Option<&(Tensor, Tensor)>,
        batch: Batch,
        probe: Probe<'_>,
    ) -> Result<Tensor> {
        let together = if self.global { batch.parts } else { 1 };
        let a = self.attention.forward(&self.norm1.forward(h)?, together)?;
        probe("attn1.out", &a);
        let h = (h + a)?;
        let a = self
            .cross
            .forward(&self.norm2.forward(&h)?, cached, batch)?;
        probe("attn2.out", &a);
        let h = (h + a)?;
        let f = self
            .ff2
            .forward(&self.ff1.forward_gelu(&self.norm3.forward(&h)?)?)?;
        let h = (h + f)?;
        probe("out", &h);
        Ok(h)
    }
}

/// Joins the output of an earlier block.
struct Skip {
    linear: Linear,
    norm: LayerNorm,
}

impl Skip {
    fn load(w: &Weights<'_>, d: usize) -> Result<Self> {
        Ok(Self {
            linear: w.linear("skip_linear", 2 * d, d)?,
            norm: w.layer_norm("skip_norm", d, EPS)?,
        })
    }

    fn forward(&self, earlier: &Tensor, h: &Tensor) -> Result<Tensor> {
        let both = Tensor::cat(&[earlier, h], 2)?; // [rows, tokens, 2 d]
        self.norm.forward(&self.linear.forward(&both)?)
    }
}

struct SelfAttention {
    heads: usize,
    qkv: Linear,
    norm_q: RmsNorm,
    norm_k: RmsNorm,
    out: Linear,
}

impl SelfAttention {
    fn load(w: &Weights<'_>, config: &TransformerConfig) -> Result<Self> {
        let (d, heads) = (config.width, config.num_attention_heads);
        Ok(Self {
            heads,
            qkv: w.projection(&["to_q", "to_k", "to_v"], d, d)?,
            norm_q: w.rms_norm("norm_q", d / heads, RMS_EPS)?,
            norm_k: w.rms_norm("norm_k", d / heads, RMS_EPS)?,
            out: w.linear("to_out.0", d, d)?,
        })
    }

    /// x [rows, tokens, d]; `together` rows at a time see each other's tokens.
    fn forward(&self, x: &Tensor, together: usize) -> Result<Tensor> {
        let (rows, tokens, d) = x.dims3()?;
        let x = x.reshape((rows / together, together * tokens, d))?; // part-major
        let qkv = self.qkv.forward(&x)?; // [groups, tokens, 3 d]
        let member = |i: usize| split_heads(&qkv.narrow(2, i * d, d)?, self.heads);
        let q = self.norm_q.forward(&member(0)?)?; // [groups, heads, tokens, d / heads]
        let k = self.norm_k.forward(&member(1)?)?;
        let a = merge_heads(&attention(&q, &k, &member(2)?)?)?; // [groups, tokens, d]
        Ok(self.out.forward(&a)?.reshape((rows, tokens, d))?)
    }
}

struct CrossAttention {
    heads: usize,
    /// Whether this block sees the condition at all.
    conditioned: bool,
    q: Linear,
    k: Linear,
    v: Linear,
    norm_q: RmsNorm,
    norm_k: RmsNorm,
    out: Linear,
}

impl CrossAttention {
    fn load(w: &Weights<'_>, config: &TransformerConfig, conditioned: bool) -> Result<Self> {
        let (d, c, heads) = (
            config.width,
            config.cross_attention_dim,
            config.num_attention_heads,
        );
        Ok(Self {
            heads,
            conditioned,
            q: w.projection(&["to_q"], d, d)?,
            k: w.projection(&["to_k"], c, d)?,
            v: w.projection(&["to_v"], c, d)?,
            norm_q: w.rms_norm("norm_q", d / heads, RMS_EPS)?,
            norm_k: w.rms_norm("norm_k", d / heads, RMS_EPS)?,
            out: w.linear("to_out.0", d, d)?,
        })
    }

    fn cache(&self, tokens: &Tensor) -> Result<Option<(Tensor, Tensor)>> {
        if !self.conditioned {
            return Ok(None);
        }
        let k = self
            .norm_k
            .forward(&split_heads(&self.k.forward(tokens)?, self.heads)?)?;
        let v = split_heads(&self.v.forward(tokens)?, self.heads)?; // [1, heads, tokens, d / heads]
        Ok(Some((k, v)))
    }

    /// x [rows, tokens, d]. The free rows have zeros for a condition, whose keys and values are zeros too:
    /// what they get is exactly the output's bias.
    fn forward(
        &self,
        x: &Tensor,
        cached: Option<&(Tensor, Tensor)>,
        batch: Batch,
    ) -> Result<Tensor> {
        let (rows, tokens, d) = x.dims3()?;
        let (free, augmented) = (batch.free, batch.augmented);
        let bias = self
            .out
            .bias()
            .context("the cross-attention has no output bias")?;
        let Some((k, v)) = cached else {
            return Ok(bias.broadcast_as((rows, tokens, d))?.contiguous()?);
        };
        let bound = rows - free;
        // All parts look at one picture: to the attention they are one row an augmented view.
        let x = (x.narrow(0, free, bound)?).reshape((augmented, bound / augmented * tokens, d))?;
        let q = self
            .norm_q
            .forward(&split_heads(&self.q.forward(&x)?, self.heads)?)?;
        let a = self.out.forward(&merge_heads(&attention(&q, k, v)?)?)?;
        let a = a.reshape((bound, tokens, d))?;
        if free == 0 {
            return Ok(a);
        }
        Ok(Tensor::cat(
            &[&bias.broadcast_as((free, tokens, d))?.contiguous()?, &a],
            0,
        )?)
    }
}

/// sin and cos of the time at d / 2 frequencies: `[1, d]`.
fn sinusoid(t: f32, d: usize, device: &Device) -> Result<Tensor> {
    let half = d / 2;
    let angle = |k: usize| t * (-(10000f32.ln()) * k as f32 / half as f32).exp();
    let values = (0..half)
        .map(|k| angle(k).sin())
        .chain((0..half).map(|k| angle(k).cos()));
    Ok(Tensor::from_vec(values.collect(), (1, d), device)?)
}
