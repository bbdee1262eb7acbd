//! From words to a figure's primitives, one after another.

use std::ops::ControlFlow;

use anyhow::{Context, Result, ensure};
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use crate::assembly::{Growing, Kind, MOST, Primitive};
use crate::base::progress::Cancelled;
use crate::model::networks::assembler::{Assembler, COLOUR, Label, Mixture, Read, Row};
use crate::model::{Model, Progress, Prompt};

/// How a figure is told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TellOptions {
    pub seed: u64,
    /// 1 takes what the model believes by chance, less takes what it believes most; above 0.
    pub temperature: f32,
    /// How much words count: 1 as much as the network learned, more lead away from what it tells without words (Ho and
    /// Salimans 2022, "Classifier-free diffusion guidance").
    pub guidance: f32,
}

/// A primitive that touches none before it is told anew so many times, and then taken as it is: some do float.
const ANEW: usize = 4;

impl Model {
    /// The primitives of a figure that words tell of. Ends with [`Cancelled`] when `progress`, which is told how many there
    /// are so far, breaks off.
    ///
    /// # Errors
    /// These weights hold no such network, it cannot be run, or nothing came of the words.
    pub fn assemble(
        &self,
        prompt: &Prompt,
        options: &TellOptions,
        progress: Progress<'_>,
    ) -> Result<Vec<Primitive>> {
        let config = self.config().assembly.as_ref();
        let config = config.context("the weights hold no network that tells figures from words")?;
        let (weights, text) = (self.weights(), self.text_config()?);
        let size = [text.words, text.word_size];
        let table = weights.tensor("text_encoder.words.weight", &size)?;
        let network = Assembler::load(&weights, config, table)?;
        let mut chance = Chance::new(options);
        let mut read = Guided::begin(&network, prompt, options.guidance)?;
        let (mut told, mut palette, mut figure) = (Vec::new(), Vec::new(), Growing::default());
        for rows in 1..=config.longest {
            let Some(row) = row(&network, &read, &mut chance, &palette, &figure)? else {
                break;
            };
            read.read(&network, &row)?;
            match primitive(&row, &palette) {
                Some(primitive) => {
                    figure.put(&primitive);
                    told.push(primitive);
                }
                None => palette.push([row.numbers[0], row.numbers[1], row.numbers[2]]),
            }
            if let ControlFlow::Break(()) = progress(rows, config.longest) {
                return Err(Cancelled.into());
            }
        }
        ensure!(
            !told.is_empty(),
            "nothing came of the words: take others, or another --seed"
        );
        Ok(told)
    }
}

/// What was read with words, and without them where these lead away from it.
struct Guided {
    told: Read,
    silent: Option<Read>,
    guidance: f32,
}

impl Guided {
    fn begin(network: &Assembler, prompt: &Prompt, guidance: f32) -> Result<Self> {
        let silent = (guidance != 1.0).then(|| network.begin(None)).transpose()?;
        Ok(Self {
            told: network.begin(Some(prompt))?,
            silent,
            guidance,
        })
    }

    fn read(&mut self, network: &Assembler, row: &Row) -> Result<()> {
        if let Some(silent) = &mut self.silent {
            network.read(silent, row)?;
        }
        network.read(&mut self.told, row)
    }

    /// What is known of the next row.
    fn hint(&self) -> Vec<f32> {
        let told = self.told.hint.iter();
        match &self.silent {
            None => told.copied().collect(),
            Some(silent) => (told.zip(&silent.hint))
                .map(|(told, silent)| silent + self.guidance * (told - silent))
                .collect(),
        }
    }
}

/// What a row tells; none if it is a colour.
fn primitive(row: &Row, palette: &[[f32; 3]]) -> Option<Primitive> {
    let [kind, part, mirror, first, second] = row.labels;
    let kind = *Kind::ALL.get(kind)?;
    Some(Primitive {
        kind,
        part,
        mirrored: mirror == 1,
        numbers: row.numbers[..kind.numbers()].to_vec(),
        colours: [palette[first], palette[second]],
    })
}

/// The next primitive or colour; none at the end.
fn row(
    network: &Assembler,
    read: &Guided,
    chance: &mut Chance,
    palette: &[[f32; 3]],
    figure: &Growing,
) -> Result<Option<Row>> {
    let hint = read.hint();
    for _ in 0..ANEW {
        let row = next(network, &read.told, &hint, chance, palette.len())?;
        let primitive = row.as_ref().and_then(|row| primitive(row, palette));
        if primitive.is_none_or(|primitive| figure.touches(&primitive)) {
            return Ok(row);
        }
    }
    next(network, &read.told, &hint, chance, palette.len())
}

/// The next primitive, or a colour after so many `colours`; none at the end.
fn next(
    network: &Assembler,
    read: &Read,
    hint: &[f32],
    chance: &mut Chance,
    colours: usize,
) -> Result<Option<Row>> {
    let mut known = hint.to_vec();
    let mut labels = [0; 5];
    for label in Label::ALL {
        let mut logits = network.logits(label, &known)?;
        let never = match label {
            Label::Kind if colours == 0 => 0..COLOUR, // a primitive has a colour
            Label::Kind if colours == network.colours() => COLOUR..COLOUR + 1,
            Label::First | Label::Second => colours..logits.len(),
            _ => 0..0,
        };
        logits[never].fill(f32::MIN);
        labels[label as usize] = chance.pick(&logits);
        if labels[0] > COLOUR {
            return Ok(None);
        }
        network.tell(&mut known, label, labels[label as usize]);
        if labels[0] == COLOUR {
            break;
        }
    }
    let mut numbers = vec![0.0; MOST];
    for (i, number) in (numbers.iter_mut().enumerate()).take(Row::numbers(labels[0])) {
        let normal = chance.draw(&network.mixture(&known, labels[0], i)?);
        network.tell_number(&mut known, labels[0], i, normal);
        *number = network.number(read, labels[0], i, normal);
    }
    Ok(Some(Row { labels, numbers }))
}

/// Chance that follows from a seed alone.
struct Chance {
    generator: ChaCha12Rng,
    temperature: f32,
}

impl Chance {
    fn new(options: &TellOptions) -> Self {
        Self {
            generator: ChaCha12Rng::seed_from_u64(options.seed),
            temperature: options.temperature,
        }
    }

    /// Between 0 and 1, and neither.
    fn even(&mut self) -> f32 {
        (self.generator.next_u32() >> 8) as f32 / (1 << 24) as f32 + 0.5 / (1 << 24) as f32
    }

    /// One of several, by their logits.
    fn pick(&mut self, logits: &[f32]) -> usize {
        let most = logits.iter().copied().fold(f32::MIN, f32::max);
        let share = |&x: &f32| ((x - most) / self.temperature).exp();
        let shares: Vec<f32> = logits.iter().map(share).collect();
        let mut left = self.even() * shares.iter().sum::<f32>();
        for (i, share) in shares.iter().enumerate() {
            left -= share;
            if left <= 0.0 {
                return i;
            }
        }
        logits.len() - 1
    }

    fn draw(&mut self, mixture: &Mixture) -> f32 {
        let i = self.pick(&mixture.logits);
        let even = self.even().clamp(1e-4, 1.0 - 1e-4);
        let logistic = (even / (1.0 - even)).ln();
        mixture.middles[i] + self.temperature * mixture.scales[i].exp() * logistic
    }
}
