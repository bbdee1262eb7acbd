//! The transformer that tells from words a figure's primitives, one after another, each number by number (Ye et al. 2025,
//! "PrimitiveAnything").
//!
//! Words, and the primitives so far, attend to one another. What comes next is told from a sum: of what the transformer
//! knows, and of all that is told of the primitive already (Larochelle and Murray 2011, "The neural autoregressive
//! distribution estimator"). A number is a mixture of logistic distributions (Salimans et al. 2017, "PixelCNN++").
//! `training/assembly/network.py` is the same in PyTorch.

use anyhow::Result;
use candle_core::{DType, Device, Tensor};
use candle_nn::ops::softmax;

use super::attention_block::{Moves, Past, ToldBlock};
use super::text::{self, Prompt};
use crate::assembly::{Kind, MOST};
use crate::model::config::AssemblyConfig;
use crate::model::nn::{LayerNorm, Linear, Weights};

/// The logarithm of a scale in a mixture, at least and at most.
const SCALES: (f32, f32) = (-5.5, 3.0);
/// The middles of a mixture lie so far to either side, in deviations, but for what the network says.
const SPREAD: f32 = 1.5;

/// A primitive or a colour as the network sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// In the order of [`Label::ALL`]. The kind is a place in [`Kind::ALL`], or [`COLOUR`]; a colour has no other label. The
    /// colours of a primitive are told by how many came before them.
    pub labels: [usize; 5],
    /// [`MOST`] of them, 0 where its kind has none: in model units, or three of a colour, sRGB.
    pub numbers: Vec<f32>,
}

impl Row {
    /// How many numbers tell of one of that kind.
    pub fn numbers(kind: usize) -> usize {
        Kind::ALL.get(kind).map_or(3, |kind| kind.numbers())
    }
}

/// The kind of rows that are colours; after it comes the end.
pub const COLOUR: usize = Kind::ALL.len();

/// A number that is about to be told.
#[derive(Clone, Debug, PartialEq)]
pub struct Mixture {
    pub logits: Vec<f32>,
    pub middles: Vec<f32>,
    /// Logarithms.
    pub scales: Vec<f32>,
}

/// What was read so far.
pub struct Read {
    /// Of each block: what was read, and what all words together say to it.
    blocks: Vec<(Past, Moves)>,
    rows: usize,
    /// The place of the last primitive; that of the next one is told from there.
    place: [f32; 3],
    /// What is known of the next primitive, [`AssemblyConfig::inner`] numbers.
    pub hint: Vec<f32>,
}

/// Rows of a table of numbers.
struct Table {
    width: usize,
    numbers: Vec<f32>,
}

impl Table {
    fn load(w: &Weights<'_>, name: &str, shape: &[usize; 2]) -> Result<Self> {
        Ok(Self {
            width: shape[1],
            numbers: w.numbers(name, shape)?,
        })
    }

    fn rows(&self) -> usize {
        self.numbers.len() / self.width
    }

    fn row(&self, i: usize) -> &[f32] {
        &self.numbers[i * self.width..(i + 1) * self.width]
    }
}

fn add(sum: &mut [f32], row: &[f32], times: f32) {
    sum.iter_mut()
        .zip(row)
        .for_each(|(sum, x)| *sum += times * x);
}

/// A number, and sines and cosines of it.
fn waves(x: f32) -> [f32; AssemblyConfig::SEEN] {
    let mut out = [x; AssemblyConfig::SEEN];
    for i in 0..AssemblyConfig::WAVES {
        let (sin, cos) = (x * (1 << i) as f32).sin_cos();
        out[1 + i] = sin;
        out[1 + AssemblyConfig::WAVES + i] = cos;
    }
    out
}

/// What all words together say: means of what each says, of other words at each head.
struct Gist {
    heads: usize,
    inner: usize,
    each: Linear,
    weight: Linear,
    norm: LayerNorm,
    all: Linear,
}

impl Gist {
    fn load(w: &Weights<'_>, c: &AssemblyConfig, size: usize) -> Result<Self> {
        let inner = c.gist();
        Ok(Self {
            heads: c.heads,
            inner,
            each: w.linear("each", size, inner)?,
            weight: w.linear("weight", inner, c.heads)?,
            norm: w.layer_norm("norm", inner, 1e-5)?,
            all: w.linear("all", inner, c.width)?,
        })
    }

    /// Vectors of words `[words, word size]`, or none -> `[1, width]`.
    fn forward(&self, vectors: Option<&Tensor>, device: &Device) -> Result<Tensor> {
        let inner = self.inner;
        let mean = match vectors {
            None => Tensor::zeros((1, inner), DType::F32, device)?,
            Some(vectors) => {
                let each = self.each.forward_gelu(vectors)?; // [words, inner]
                let weight = softmax(&self.weight.forward(&each)?, 0)?.unsqueeze(2)?;
                let each = each.reshape(((), self.heads, inner / self.heads))?;
                let mean = each.broadcast_mul(&weight)?.sum(0)?;
                mean.reshape((1, inner))?
            }
        };
        self.all.forward_gelu(&self.norm.forward(&mean)?)
    }
}

/// The network.
pub struct Assembler {
    table: Tensor,
    words: Linear,
    /// `[length, width]`
    word_places: Tensor,
    gist: Gist,
    begin: Table,
    places: Table,
    labels_seen: Vec<Table>,
    /// A row for each number of each kind, and for the place.
    numbers_seen: Table,
    at: Linear,
    blocks: Vec<ToldBlock>,
    last: LayerNorm,
    hint: Linear,
    labels: Vec<Linear>,
    labels_told: Vec<Table>,
    numbers_told: Table,
    number_places: Table,
    norm: LayerNorm,
    up: Linear,
    mixed: Linear,
    mean: Table,
    scale: Table,
    mixtures: usize,
    device: Device,
}

/// What is told of a row before its numbers.
#[derive(Clone, Copy, Debug)]
pub enum Label {
    Kind,
    Slot,
    /// Whether its mirror image is there, too.
    Mirror,
    /// The colour at the beginning and at the end.
    First,
    Second,
}

impl Label {
    /// In the order in which they are told.
    pub const ALL: [Self; 5] = [
        Self::Kind,
        Self::Slot,
        Self::Mirror,
        Self::First,
        Self::Second,
    ];
}

impl Assembler {
    /// From the tensors below `assembly.`, and the text encoder's vectors of words `[words, word size]`; the
    /// configuration must have been validated.
    pub fn load(weights: &Weights<'_>, c: &AssemblyConfig, table: Tensor) -> Result<Self> {
        let w = &weights.at("assembly");
        let (width, inner, kinds) = (c.width, c.inner, AssemblyConfig::KINDS);
        let block = |i| {
            let w = w.at(format_args!("blocks.{i}"));
            ToldBlock::load(&w, width, c.heads, width * c.mlp_ratio)
        };
        let seen = |(name, n)| Table::load(w, &format!("labels_seen.{name}"), &[n, width]);
        let told = |(name, n)| Table::load(w, &format!("labels_told.{name}"), &[n, inner]);
        let label = |(name, n)| w.linear(&format!("labels.{name}"), inner, n);
        Ok(Self {
            words: w.linear("words", table.dim(1)?, width)?,
            word_places: w.tensor("word_place", &[c.length, width])?,
            gist: Gist::load(&w.at("gist"), c, table.dim(1)?)?,
            table,
            begin: Table::load(w, "begin", &[1, width])?,
            places: Table::load(w, "place", &[c.longest + 1, width])?,
            labels_seen: c.labels().into_iter().map(seen).collect::<Result<_>>()?,
            numbers_seen: Table::load(w, "seen", &[kinds * (MOST + 3), width])?,
            at: w.linear("at", 3 * AssemblyConfig::SEEN, width)?,
            blocks: (0..c.blocks).map(block).collect::<Result<_>>()?,
            last: w.layer_norm("last", width, 1e-5)?,
            hint: w.linear("hint", width, inner)?,
            labels: c.labels().into_iter().map(label).collect::<Result<_>>()?,
            labels_told: c.labels().into_iter().map(told).collect::<Result<_>>()?,
            numbers_told: Table::load(
                w,
                "number_told",
                &[kinds * MOST * AssemblyConfig::SEEN, inner],
            )?,
            number_places: Table::load(w, "number_place", &[kinds * MOST, inner])?,
            norm: w.layer_norm("norm", inner, 1e-5)?,
            up: w.linear("up", inner, 3 * inner)?,
            mixed: w.linear("mixed", 3 * inner, 3 * c.mixed)?,
            mean: Table::load(w, "mean", &[kinds, MOST])?,
            scale: Table::load(w, "scale", &[kinds, MOST])?,
            mixtures: c.mixed,
            device: weights.device().clone(),
        })
    }

    fn vector(&self, numbers: Vec<f32>) -> Result<Tensor> {
        let count = numbers.len();
        Ok(Tensor::from_vec(numbers, (1, 1, count), &self.device)?)
    }

    /// Colours of a figure, at most.
    pub fn colours(&self) -> usize {
        self.labels_seen[Label::First as usize].rows()
    }

    /// Reads the words of a prompt; none are none.
    pub fn begin(&self, prompt: Option<&Prompt>) -> Result<Read> {
        let length = self.word_places.dim(0)?;
        let vectors = prompt.map(|prompt| text::vectors(&self.table, prompt, length));
        let vectors = vectors.transpose()?.flatten();
        let gist = self.gist.forward(vectors.as_ref(), &self.device)?;
        let block = |block: &ToldBlock| Ok((Past::default(), block.moves(&gist)?));
        let mut read = Read {
            blocks: self.blocks.iter().map(block).collect::<Result<_>>()?,
            rows: 0,
            place: [0.0; 3],
            hint: Vec::new(),
        };
        if let Some(vectors) = vectors {
            let places = self.word_places.narrow(0, 0, vectors.dim(0)?)?;
            let words = (self.words.forward(&vectors)? + places)?;
            self.attend(&mut read, words.unsqueeze(0)?)?;
        }
        let token = self.begin.numbers.clone();
        self.know(&mut read, token)?;
        Ok(read)
    }

    /// Reads the next primitive or colour.
    pub fn read(&self, read: &mut Read, row: &Row) -> Result<()> {
        read.rows += 1;
        let normal = self.normal(read, row);
        if row.labels[0] != COLOUR {
            read.place.copy_from_slice(&row.numbers[..3]);
        }
        let token = self.token(read, row, &normal)?;
        self.know(read, token)
    }

    /// Tokens `[1, tokens, width]` that all see one another, and what was read before.
    fn attend(&self, read: &mut Read, mut tokens: Tensor) -> Result<Tensor> {
        for (block, (past, moves)) in self.blocks.iter().zip(&mut read.blocks) {
            tokens = block.forward_after(&tokens, moves, past)?;
        }
        Ok(tokens)
    }

    fn know(&self, read: &mut Read, mut token: Vec<f32>) -> Result<()> {
        add(&mut token, self.places.row(read.rows), 1.0);
        let known = self.attend(read, self.vector(token)?)?;
        let hint = self.hint.forward(&self.last.forward(&known)?)?;
        read.hint = hint.flatten_all()?.to_vec1()?;
        Ok(())
    }

    /// A row as a token, by its numbers as the network tells them.
    fn token(&self, read: &Read, row: &Row, normal: &[f32]) -> Result<Vec<f32>> {
        let waves: Vec<f32> = read.place.iter().flat_map(|&x| waves(x)).collect();
        let token = self.at.forward(&self.vector(waves)?)?;
        let mut token: Vec<f32> = token.flatten_all()?.to_vec1()?;
        let kind = row.labels[0];
        let labels = if kind == COLOUR { 1 } else { Label::ALL.len() };
        for (seen, &label) in self.labels_seen.iter().zip(&row.labels).take(labels) {
            add(&mut token, seen.row(label), 1.0);
        }
        for (i, x) in normal.iter().chain(&read.place).enumerate() {
            add(&mut token, self.numbers_seen.row(kind * (MOST + 3) + i), *x);
        }
        Ok(token)
    }

    /// Where a number of the kind is told from: the last primitive's place, of the first three of another.
    fn before(read: &Read, kind: usize, i: usize) -> f32 {
        match read.place.get(i) {
            Some(place) if kind != COLOUR => *place,
            _ => 0.0,
        }
    }

    /// Numbers as the network tells them: less their mean, in deviations.
    fn normal(&self, read: &Read, row: &Row) -> Vec<f32> {
        let kind = row.labels[0];
        let (mean, scale) = (self.mean.row(kind), self.scale.row(kind));
        let moved = |i: usize| row.numbers[i] - Self::before(read, kind, i);
        (0..MOST).map(|i| (moved(i) - mean[i]) / scale[i]).collect()
    }

    /// A number by how the network tells it.
    pub fn number(&self, read: &Read, kind: usize, i: usize, normal: f32) -> f32 {
        normal * self.scale.row(kind)[i] + self.mean.row(kind)[i] + Self::before(read, kind, i)
    }

    /// Logits of a label, by what is `known` so far.
    pub fn logits(&self, label: Label, known: &[f32]) -> Result<Vec<f32>> {
        let known = self.vector(known.to_vec())?;
        let logits = self.labels[label as usize].forward(&known)?;
        Ok(logits.flatten_all()?.to_vec1()?)
    }

    /// Adds a label to what is known.
    pub fn tell(&self, known: &mut [f32], label: Label, value: usize) {
        add(known, self.labels_told[label as usize].row(value), 1.0);
    }

    /// Adds a number of the kind, as the network tells it, to what is known.
    pub fn tell_number(&self, known: &mut [f32], kind: usize, i: usize, normal: f32) {
        let first = (kind * MOST + i) * AssemblyConfig::SEEN;
        for (k, x) in waves(normal).into_iter().enumerate() {
            add(known, self.numbers_told.row(first + k), x);
        }
    }

    /// The number of the kind that is about to be told.
    pub fn mixture(&self, known: &[f32], kind: usize, i: usize) -> Result<Mixture> {
        let mut known = known.to_vec();
        add(&mut known, self.number_places.row(kind * MOST + i), 1.0);
        let known = self.norm.forward(&self.vector(known)?)?;
        let told = self.mixed.forward(&self.up.forward_gelu(&known)?)?;
        let told: Vec<f32> = told.flatten_all()?.to_vec1()?;
        let n = self.mixtures;
        let between = |k: usize| match n {
            1 => -SPREAD,
            _ => 2.0 * SPREAD * k as f32 / (n - 1) as f32 - SPREAD,
        };
        Ok(Mixture {
            logits: told[..n].to_vec(),
            middles: (0..n).map(|k| 2.0 * told[n + k] + between(k)).collect(),
            scales: told[2 * n..]
                .iter()
                .map(|x| (2.0 * x - 1.0).clamp(SCALES.0, SCALES.1))
                .collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::path::Path;

    use anyhow::Context;

    use super::*;
    use crate::model::networks::text::Vocabulary;
    use crate::model::nn::Quantized;
    use crate::model::store::Store;

    /// Fails where numbers are not PyTorch's.
    fn same(golden: &HashMap<String, Tensor>, name: &str, row: usize, told: &[f32]) -> Result<()> {
        let right: Vec<f32> = golden[name].get(row)?.flatten_all()?.to_vec1()?;
        assert_eq!(right.len(), told.len(), "{name}");
        let off = right.iter().zip(told).map(|(a, b)| (a - b).abs());
        let off = off.fold(0.0, f32::max);
        assert!(off < 5e-5, "{name} {row} is off by {off}");
        Ok(())
    }

    #[test]
    fn the_network_gives_pytorch_s_numbers_of_every_kind_with_words_and_without() -> Result<()> {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/assembly");
        let store = Store::from_file(&data.join("weights.gguf"))?;
        let config = store.metadata("gen3d.config").context("its sizes")?;
        let mut config: serde_json::Value = serde_json::from_str(config)?;
        let config: AssemblyConfig = serde_json::from_value(config["assembly"].take())?;
        let weights = Weights::new(&store, &Device::Cpu, Quantized::Auto);
        let table = weights.tensor("text_encoder.words.weight", &[9, 32])?;
        let network = Assembler::load(&weights, &config, table)?;
        let golden = candle_core::safetensors::load(data.join("golden.safetensors"), &Device::Cpu)?;
        let vocabulary =
            Vocabulary::new("a\nred\nball\non\nthe\nbase\nof\nup\ntree", config.length);
        let prompt = vocabulary.read("ball a")?;
        let labels: Vec<Vec<f32>> = golden["labels"].to_vec2()?;
        let numbers: Vec<Vec<f32>> = golden["number"].to_vec2()?;
        let (mut read, mut silent) = (network.begin(Some(&prompt))?, network.begin(None)?);
        for k in 0..labels.len() {
            same(&golden, "hint_2", k, &read.hint)?;
            same(&golden, "hint_0", k, &silent.hint)?;
            let row = Row {
                labels: [0, 1, 2, 3, 4].map(|label| labels[k][label] as usize),
                numbers: numbers[k].clone(),
            };
            let kind = row.labels[0];
            let mut known = read.hint.clone();
            for label in Label::ALL {
                if kind == COLOUR && !matches!(label, Label::Kind) {
                    continue;
                }
                let name = config.labels()[label as usize].0;
                same(&golden, name, k, &network.logits(label, &known)?)?;
                network.tell(&mut known, label, row.labels[label as usize]);
            }
            let normal = network.normal(&read, &row);
            let mut told = Vec::new();
            for (i, &normal) in normal.iter().enumerate().take(Row::numbers(kind)) {
                let mixture = network.mixture(&known, kind, i)?;
                told.extend([mixture.logits, mixture.middles, mixture.scales].concat());
                let number = network.number(&read, kind, i, normal);
                assert!((number - row.numbers[i]).abs() < 1e-5, "there and back");
                network.tell_number(&mut known, kind, i, normal);
            }
            told.resize(MOST * 3 * config.mixed, 0.0);
            same(&golden, "mixtures", k, &told)?;
            network.read(&mut read, &row)?;
            network.read(&mut silent, &row)?;
        }
        same(&golden, "hint_2", labels.len(), &read.hint)?;
        same(&golden, "hint_0", labels.len(), &silent.hint)
    }
}
