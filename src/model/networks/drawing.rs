//! The networks that draw a figure told in words, what is seen of it from the front and from behind: a denoiser over
//! latents, a U-Net of two levels in whose middle places and words attend to one another
//! (`training/maps/denoiser.py`), and the decoder that makes pixels of them (`training/maps/autoencoder.py`).

use anyhow::{Context, Result};
use candle_core::{Module, Tensor};
use candle_nn::GroupNorm;
use candle_nn::ops::{pixel_shuffle, pixel_unshuffle, silu};

use crate::model::config::{DrawingConfig, TextEncoderConfig};
use crate::model::networks::text::Prompt;
use crate::model::nn::conv::{Conv, Strided};
use crate::model::nn::{LayerNorm, Linear, Weights, self_attention};

/// Two convolutions beside what comes in.
struct Residual {
    norm1: GroupNorm,
    conv1: Conv,
    /// The time, in the denoiser.
    told: Option<Linear>,
    norm2: GroupNorm,
    conv2: Conv,
    skip: Option<Strided>,
}

impl Residual {
    fn load(
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
    fn forward(&self, x: &Tensor, time: Option<&Tensor>) -> Result<Tensor> {
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
        let [_, width] = config.widths;
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

/// From noise, words and what is known of a figure to its latents without noise.
pub struct Denoiser {
    /// `[words, word size]`
    table: Tensor,
    words: Linear,
    gist: Linear,
    /// `[length, width]`
    word_places: Tensor,
    time: [Linear; 2],
    stem: Strided,
    fine: Residual,
    down: Strided,
    places: Tensor,
    blocks: Vec<Block>,
    up: Strided,
    refined: Residual,
    last: GroupNorm,
    latents: Conv,
    config: DrawingConfig,
}

impl Denoiser {
    /// From the tensors below `drawing.`, and the word vectors of the text encoder; the configuration must have been
    /// validated.
    pub fn load(
        weights: &Weights<'_>,
        config: &DrawingConfig,
        text: &TextEncoderConfig,
    ) -> Result<Self> {
        let w = &weights.at("drawing");
        let [a, c] = config.widths;
        let residual = |name: &str, io| Residual::load(&w.at(name), io, Some(c));
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
            stem: Strided::load(w, "stem", 1, 1, (config.told(), a))?,
            fine: residual("in0", (a, a))?,
            down: Strided::load(w, "down", 3, 2, (a, c))?,
            places: w.tensor("place", &[1, (config.rows() / 2).pow(2), c])?,
            blocks: (0..config.blocks).map(block).collect::<Result<_>>()?,
            up: Strided::load(w, "up", 1, 1, (c, a))?,
            refined: residual("up0", (2 * a, a))?,
            last: group_norm(w, "last", a)?,
            latents: Conv::load(w, "latents", (a, config.channels))?,
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

    /// Noisy latents `[1, channels, rows, rows]` at a time, 0 for all noise and 1 for none, what is known of the figure
    /// `[1, 5, side, side]`, and words -> latents without noise.
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
        let known = pixel_unshuffle(known, self.config.scale)?;
        let fine = self.stem.forward(&Tensor::cat(&[state, &known], 1)?)?;
        let fine = self.fine.forward(&fine, Some(&time))?;
        let x = self.down.forward(&fine)?;
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
        let x = places.contiguous()?.reshape((1, width, rows, columns))?;
        let x = (self.up.forward(&x)?).upsample_nearest2d(2 * rows, 2 * columns)?;
        let x = self
            .refined
            .forward(&Tensor::cat(&[&x, &fine], 1)?, Some(&time))?;
        self.latents.forward(&silu(&self.last.forward(&x)?)?)
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
    fn the_networks_give_pytorch_s_numbers_with_words_and_without() -> Result<()> {
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
        let network = Denoiser::load(&weights, &config, &text)?;
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
        let pixels = Decoder::load(&weights, &config)?.forward(&golden["state"])?;
        let off = (pixels - &golden["pixels"])?.abs()?.flatten_all()?.max(0)?;
        let off: f32 = off.to_scalar()?;
        assert!(off < 5e-5, "the pixels are off by {off}");
        Ok(())
    }
}
