//! The block in the middle of the networks of part maps and of primitives.

use anyhow::Result;
use candle_core::Tensor;

use crate::model::nn::{
    LayerNorm, Linear, Weights, attention, halves, merge_heads, scaled, split_all,
};

/// Keys and values of the tokens that were read so far, `[1, heads, tokens, width / heads]`.
#[derive(Default)]
pub(crate) struct Past(Option<(Tensor, Tensor)>);

/// Attention among all tokens, then a small network at each; norms before both.
pub(crate) struct AttentionBlock {
    heads: usize,
    norm1: LayerNorm,
    qkv: Linear,
    out: Linear,
    norm2: LayerNorm,
    up: Linear,
    down: Linear,
}

impl AttentionBlock {
    /// Of tokens of `width` numbers, `inner` of them in the small network.
    pub(crate) fn load(w: &Weights<'_>, width: usize, heads: usize, inner: usize) -> Result<Self> {
        Ok(Self {
            heads,
            norm1: w.layer_norm("norm1", width, 1e-5)?,
            qkv: w.linear("qkv", width, 3 * width)?,
            out: w.linear("out", width, width)?,
            norm2: w.layer_norm("norm2", width, 1e-5)?,
            up: w.linear("up", width, inner)?,
            down: w.linear("down", inner, width)?,
        })
    }

    /// Tokens `[1, tokens, width]` -> the same.
    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.pass(x, None, |_, x| Ok(x))
    }

    /// `normed` takes what comes of the first (0) and of the second norm (1) on its way.
    fn pass(
        &self,
        x: &Tensor,
        past: Option<&mut Past>,
        normed: impl Fn(usize, Tensor) -> Result<Tensor>,
    ) -> Result<Tensor> {
        let all = self.qkv.forward(&normed(0, self.norm1.forward(x)?)?)?; // [1, tokens, 3 width]
        let [queries, mut keys, mut values] = split_all(&all, self.heads)?;
        if let Some(past) = past {
            if let Some((before, those)) = past.0.take() {
                keys = Tensor::cat(&[&before, &keys], 2)?;
                values = Tensor::cat(&[&those, &values], 2)?;
            }
            past.0 = Some((keys.clone(), values.clone()));
        }
        let seen = merge_heads(&attention(&queries, &keys, &values)?)?;
        let x = (x + self.out.forward(&seen)?)?;
        let inner = normed(1, self.norm2.forward(&x)?)?;
        let inner = self.down.forward(&self.up.forward_gelu(&inner)?)?;
        Ok((x + inner)?)
    }
}

/// An [`AttentionBlock`] whose norms are scaled and moved by what all tokens are told (Perez et al. 2018, "FiLM").
pub(crate) struct ToldBlock {
    attention: AttentionBlock,
    told: Linear,
}

/// By how much the first and the second norm of a block are scaled and moved, `[1, 1, width]` each.
pub(crate) struct Moves([(Tensor, Tensor); 2]);

impl ToldBlock {
    /// See [`AttentionBlock::load`]; it is told `width` numbers, too.
    pub(crate) fn load(w: &Weights<'_>, width: usize, heads: usize, inner: usize) -> Result<Self> {
        Ok(Self {
            attention: AttentionBlock::load(w, width, heads, inner)?,
            told: w.linear("told", width, 4 * width)?,
        })
    }

    /// Of what is told, `[1, width]`.
    pub(crate) fn moves(&self, told: &Tensor) -> Result<Moves> {
        let (first, second) = halves(&self.told.forward(told)?.unsqueeze(1)?, 2)?;
        Ok(Moves([halves(&first, 2)?, halves(&second, 2)?]))
    }

    /// Tokens `[1, tokens, width]`, which see one another and all before them -> the same; then they are past, too.
    pub(crate) fn forward_after(
        &self,
        x: &Tensor,
        moves: &Moves,
        past: &mut Past,
    ) -> Result<Tensor> {
        let normed = |norm, x| moves.apply(norm, &x);
        self.attention.pass(x, Some(past), normed)
    }
}

impl Moves {
    fn apply(&self, norm: usize, x: &Tensor) -> Result<Tensor> {
        let (scale, shift) = &self.0[norm];
        scaled(x, scale, shift)
    }
}
