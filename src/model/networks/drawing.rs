//! The network that draws a figure told in words: a denoiser over what is seen of it from the front and from behind,
//! a U-Net over the pixels, in whose middle places and words attend to one another (`training/maps/denoiser.py`).

use anyhow::{Context, Result};
use candle_core::{Module, Tensor};
use candle_nn::GroupNorm;
use candle_nn::ops::{pixel_shuffle, pixel_unshuffle, silu};

use crate::model::config::{DrawingConfig, TextEncoderConfig};
use crate::model::networks::text::Prompt;
use crate::model::nn::conv::{Conv, Strided};
use crate::model::nn::{LayerNorm, Linear, Weights, self_attention};

/// Two convolutions, told the time.
struct Residual {
    norm1: GroupNorm,
    conv1: Conv,
    told: Linear,
    norm2: GroupNorm,
    conv2: Conv,
    skip: Option<Strided>,
}

impl Residual {
    fn load(w: &Weights<'_>, (inputs, outputs): (usize, usize), told: usize) -> Result<Self> {
        let skip = (inputs != outputs).then(|| Strided::load(w, "skip", 1, 1, (inputs, outputs)));
        Ok(Self {
            norm1: group_norm(w, "norm1", inputs)?,
            conv1: Conv::load(w, "conv1", (inputs, outputs))?,
            told: w.linear("told", told, 2 * outputs)?,
            norm2: group_norm(w, "norm2", outputs)?,
            conv2: Conv::load(w, "conv2", (outputs, outputs))?,
            skip: skip.transpose()?,
        })
    }

    /// `[1, inputs, height, width]` and the time `[1, told]` -> `[1, outputs, height, width]`
    fn forward(&self, x: &Tensor, time: &Tensor) -> Result<Tensor> {
        let inner = self.conv1.forward(&silu(&self.norm1.forward(x)?)?)?;
        let told = self.told.forward(time)?.unsqueeze(2)?.unsqueeze(3)?;
        let (scale, shift) = halves(&told, 1)?;
        let inner = scaled(&self.norm2.forward(&inner)?, &scale, &shift)?;
        let inner = self.conv2.forward(&silu(&inner)?)?;
        let skipped = match &self.skip {
            Some(skip) => skip.forward(x)?,
            None => x.clone(),
        };
        Ok((skipped + inner)?)
    }
}

/// Attention among places and words, then a small network at each, both told the time.
struct Block {
    heads: usize,
    norm1: LayerNorm,
    qkv: Linear,
    out: Linear,
    norm2: LayerNorm,
    up: Linear,
    down: Linear,
    told: Linear,
}

impl Block {
    fn load(w: &Weights<'_>, config: &DrawingConfig) -> Result<Self> {
        let width = config.widths[2];
        let inner = width * config.mlp_ratio;
        Ok(Self {
            heads: config.heads,
            norm1: w.layer_norm("norm1", width, 1e-5)?,
            qkv: w.linear("qkv", width, 3 * width)?,
            out: w.linear("out", width, width)?,
            norm2: w.layer_norm("norm2", width, 1e-5)?,
            up: w.linear("up", width, inner)?,
            down: w.linear("down", inner, width)?,
            told: w.linear("told", width, 4 * width)?,
        })
    }

    /// Tokens `[1, tokens, width]` and the time `[1, width]` -> tokens.
    fn forward(&self, x: &Tensor, time: &Tensor) -> Result<Tensor> {
        let (first, second) = halves(&self.told.forward(time)?.unsqueeze(1)?, 2)?;
        let ((s1, d1), (s2, d2)) = (halves(&first, 2)?, halves(&second, 2)?);
        let all = (self.qkv).forward(&scaled(&self.norm1.forward(x)?, &s1, &d1)?)?; // [1, tokens, 3 width]
        let seen = self_attention(&all, self.heads)?;
        let x = (x + self.out.forward(&seen)?)?;
        let inner = scaled(&self.norm2.forward(&x)?, &s2, &d2)?;
        let inner = self.down.forward(&self.up.forward_gelu(&inner)?)?;
        Ok((x + inner)?)
    }
}

/// A prompt, as the network takes it.
pub struct Words {
    /// A token a word, `[1, words, width]`.
    tokens: Tensor,
    /// What all of them say together, `[1, width]`; it is told with the time.
    gist: Tensor,
}

/// From noise, words and what is known of a figure to the figure without noise.
pub struct DrawingNetwork {
    /// `[words, word size]`
    table: Tensor,
    words: Linear,
    gist: Linear,
    /// `[length, width]`
    word_places: Tensor,
    time: [Linear; 2],
    stem: Strided,
    down: [(Residual, Strided); 2],
    places: Tensor,
    blocks: Vec<Block>,
    up: [Residual; 2],
    last: GroupNorm,
    maps: Conv,
    config: DrawingConfig,
}

impl DrawingNetwork {
    /// From the tensors below `drawing.`, and the word vectors of the text encoder; the configuration must have been
    /// validated.
    pub fn load(
        weights: &Weights<'_>,
        config: &DrawingConfig,
        text: &TextEncoderConfig,
    ) -> Result<Self> {
        let w = &weights.at("drawing");
        let [a, b, c] = config.widths;
        let pixels = config.folded(DrawingConfig::STATE + DrawingConfig::KNOWN);
        let residual = |name: &str, io| Residual::load(&w.at(name), io, c);
        let block = |i| Block::load(&w.at(format_args!("blocks.{i}")), config);
        let vectors = &[text.words, text.word_size];
        Ok(Self {
            table: weights.tensor("text_encoder.words.weight", vectors)?,
            words: w.linear("words", text.word_size, c)?,
            gist: w.projection(&["gist"], text.word_size, c)?,
            word_places: w.tensor("word_place", &[config.length, c])?,
            time: [
                w.linear("time.0", DrawingConfig::TIMES, c)?,
                w.linear("time.2", c, c)?,
            ],
            stem: Strided::load(w, "stem", 1, 1, (pixels, a))?,
            down: [
                (
                    residual("in0", (a, a))?,
                    Strided::load(w, "down0", 3, 2, (a, b))?,
                ),
                (
                    residual("in1", (b, b))?,
                    Strided::load(w, "down1", 3, 2, (b, c))?,
                ),
            ],
            places: w.tensor("place", &[1, config.places(), c])?,
            blocks: (0..config.blocks).map(block).collect::<Result<_>>()?,
            up: [residual("up1", (c + b, b))?, residual("up0", (b + a, a))?],
            last: group_norm(w, "last", a)?,
            maps: Conv::load(w, "maps", (a, config.folded(DrawingConfig::STATE)))?,
            config: config.clone(),
        })
    }

    /// The words of a prompt; none where there are no words.
    pub fn words(&self, prompt: &Prompt) -> Result<Option<Words>> {
        let rows: Vec<u32> = prompt.rows().take(self.config.length).collect();
        if rows.is_empty() {
            return Ok(None);
        }
        let count = rows.len();
        let rows = Tensor::from_vec(rows, count, self.table.device())?;
        let vectors = (self.table.index_select(&rows, 0)).context("a word's row")?;
        let tokens = self.words.forward(&vectors.unsqueeze(0)?)?;
        Ok(Some(Words {
            tokens: tokens.broadcast_add(&self.word_places.narrow(0, 0, count)?)?,
            gist: self.gist.forward(&vectors.mean_keepdim(0)?)?,
        }))
    }

    /// A noisy figure `[1, 7, side, side]` at a time, 0 for all noise and 1 for none, what is known of it
    /// `[1, 5, side, side]`, and words -> the figure without noise.
    pub fn forward(
        &self,
        state: &Tensor,
        time: f32,
        known: &Tensor,
        words: Option<&Words>,
    ) -> Result<Tensor> {
        let mut time = self.moment(time)?;
        if let Some(words) = words {
            time = (time + &words.gist)?;
        }
        let time = silu(&time)?;
        let folded = pixel_unshuffle(&Tensor::cat(&[state, known], 1)?, self.config.patch)?;
        let mut x = self.stem.forward(&folded)?;
        let mut skips = Vec::with_capacity(self.down.len());
        for (residual, half) in &self.down {
            let level = residual.forward(&x, &time)?;
            x = half.forward(&level)?;
            skips.push(level);
        }
        let (_, width, rows, columns) = x.dims4()?;
        let places = x.flatten_from(2)?.transpose(1, 2)?.contiguous()?;
        let mut tokens = (places + &self.places)?; // [1, places, width]
        if let Some(words) = words {
            tokens = Tensor::cat(&[&tokens, &words.tokens], 1)?;
        }
        for block in &self.blocks {
            tokens = block.forward(&tokens, &time)?;
        }
        let places = tokens.narrow(1, 0, rows * columns)?.transpose(1, 2)?;
        let mut x = places.contiguous()?.reshape((1, width, rows, columns))?;
        for (residual, skip) in self.up.iter().zip(skips.iter().rev()) {
            let (_, _, h, w) = skip.dims4()?;
            x = residual.forward(
                &Tensor::cat(&[&x.upsample_nearest2d(h, w)?, skip], 1)?,
                &time,
            )?;
        }
        let x = self.maps.forward(&silu(&self.last.forward(&x)?)?)?;
        Ok(pixel_shuffle(&x, self.config.patch)?)
    }

    /// A time as a vector `[1, width]`.
    fn moment(&self, time: f32) -> Result<Tensor> {
        let count = DrawingConfig::TIMES / 2;
        let angle = |i: usize| {
            let octave = i as f64 / (count - 1) as f64 * 1000f64.ln();
            time * octave.exp() as f32
        };
        let waves = (0..count)
            .map(|i| angle(i).sin())
            .chain((0..count).map(|i| angle(i).cos()));
        let waves = Tensor::from_vec(
            waves.collect(),
            (1, DrawingConfig::TIMES),
            self.table.device(),
        )?;
        self.time[1].forward(&silu(&self.time[0].forward(&waves)?)?)
    }
}

/// Over groups of channels.
fn group_norm(w: &Weights<'_>, name: &str, width: usize) -> Result<GroupNorm> {
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

/// Both halves of a dimension.
fn halves(x: &Tensor, dim: usize) -> Result<(Tensor, Tensor)> {
    let half = x.dim(dim)? / 2;
    Ok((x.narrow(dim, 0, half)?, x.narrow(dim, half, half)?))
}

/// x (1 + scale) + shift
fn scaled(x: &Tensor, scale: &Tensor, shift: &Tensor) -> Result<Tensor> {
    let x = x.broadcast_mul(&scale.affine(1.0, 1.0)?)?;
    Ok(x.broadcast_add(shift)?)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use candle_core::Device;

    use super::*;
    use crate::model::networks::text::Vocabulary;
    use crate::model::nn::Quantized;
    use crate::model::store::Store;

    #[test]
    fn the_network_gives_pytorch_s_numbers_with_words_and_without() -> Result<()> {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/drawing");
        let store = Store::from_file(&data.join("weights.gguf"))?;
        let config = store.metadata("gen3d.config").context("its sizes")?;
        let mut config: serde_json::Value = serde_json::from_str(config)?;
        let config: DrawingConfig = serde_json::from_value(config["drawing"].take())?;
        let text = TextEncoderConfig {
            words: 9,
            word_size: 32,
            length: config.length,
            slots: 0,
            hidden_size: 0,
            num_hidden_layers: 0,
            num_attention_heads: 0,
            mlp_ratio: 0,
            layer_norm_eps: 0.0,
        };
        let weights = Weights::new(&store, &Device::Cpu, Quantized::Auto);
        let network = DrawingNetwork::load(&weights, &config, &text)?;
        let golden = candle_core::safetensors::load(data.join("golden.safetensors"), &Device::Cpu)?;
        let vocabulary =
            Vocabulary::new("a\nred\nball\non\nthe\nbase\nof\nup\ntree", config.length);
        let words = network.words(&vocabulary.read("ball a")?)?;
        let forward = |words| network.forward(&golden["state"], 0.3, &golden["known"], words);
        for (told, name) in [
            (forward(words.as_ref())?, "told_2"),
            (forward(None)?, "told_0"),
        ] {
            let off = (told - &golden[name])?.abs()?.flatten_all()?.max(0)?;
            let off: f32 = off.to_scalar()?;
            assert!(off < 5e-5, "{name} is off by {off}");
        }
        Ok(())
    }
}
