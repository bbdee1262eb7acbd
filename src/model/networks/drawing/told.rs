//! What the networks are told beside their state: the time, and words.

use anyhow::Result;
use candle_core::{Device, Tensor};
use candle_nn::ops::silu;

use crate::model::config::DrawingConfig;
use crate::model::networks::text::{Prompt, vectors};
use crate::model::nn::{Linear, Weights};

/// A time as numbers, `[1, 64]`.
pub(super) fn waves(time: f32, device: &Device) -> Result<Tensor> {
    let count = DrawingConfig::TIMES / 2;
    let angle = |i: usize| {
        let octave = i as f64 / (count - 1) as f64 * 1000f64.ln();
        time * octave.exp() as f32
    };
    let waves = (0..count)
        .map(|i| angle(i).sin())
        .chain((0..count).map(|i| angle(i).cos()));
    let shape = (1, DrawingConfig::TIMES);
    Ok(Tensor::from_vec(waves.collect(), shape, device)?)
}

/// A prompt, as a network takes it.
pub struct Words {
    /// A token a word, `[1, words, width]`.
    pub(super) tokens: Tensor,
    /// What all of them say together, `[1, width]`; it is told with the time.
    gist: Tensor,
}

/// Makes vectors as wide as a network's tokens of words and times.
pub(super) struct Telling {
    /// `[words, word size]`
    table: Tensor,
    words: Linear,
    gist: Linear,
    /// `[length, width]`
    word_places: Tensor,
    time: [Linear; 2],
}

impl Telling {
    /// From the tensors of a network, and the vectors of words `[words, word size]`.
    pub(super) fn load(
        w: &Weights<'_>,
        width: usize,
        length: usize,
        table: &Tensor,
    ) -> Result<Self> {
        let size = table.dim(1)?;
        Ok(Self {
            table: table.clone(),
            words: w.linear("words", size, width)?,
            gist: w.projection(&["gist"], size, width)?,
            word_places: w.tensor("word_place", &[length, width])?,
            time: [
                w.linear("time.0", DrawingConfig::TIMES, width)?,
                w.linear("time.2", width, width)?,
            ],
        })
    }

    /// The words of a prompt; none where there are no words.
    pub(super) fn words(&self, prompt: &Prompt) -> Result<Option<Words>> {
        let Some(vectors) = vectors(&self.table, prompt, self.word_places.dim(0)?)? else {
            return Ok(None);
        };
        let count = vectors.dim(0)?;
        let tokens = self.words.forward(&vectors.unsqueeze(0)?)?;
        Ok(Some(Words {
            tokens: tokens.broadcast_add(&self.word_places.narrow(0, 0, count)?)?,
            gist: self.gist.forward(&vectors.mean_keepdim(0)?)?,
        }))
    }

    /// A time, and what words say together, as one vector `[1, width]`.
    pub(super) fn moment(&self, time: f32, words: Option<&Words>) -> Result<Tensor> {
        let waves = waves(time, self.table.device())?;
        let mut moment = self.time[1].forward(&silu(&self.time[0].forward(&waves)?)?)?;
        if let Some(words) = words {
            moment = (moment + &words.gist)?;
        }
        Ok(silu(&moment)?)
    }
}
