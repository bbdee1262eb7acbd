//! The text encoder: the words that a model knows, and tokens of a sentence of them.
//!
//! Every word has a fixed vector, in which words of like meaning lie together (`training/data/words.py`), so
//! that a word which no caption of the training had is understood by its neighbours. A small transformer
//! binds them: whose red, in which hand.

use std::collections::{HashMap, HashSet};

use anyhow::{Context, Result, ensure};
use candle_core::Tensor;

use super::encoder_layer::{EncoderLayer, Shape};
use crate::model::config::TextEncoderConfig;
use crate::model::nn::{LayerNorm, Linear, Weights};

/// A text as its model reads it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prompt {
    /// Rows of the word table, from 1 on; 0 where the sentence is over.
    rows: Vec<u32>,
    /// Words that the model does not know, in order, each once.
    pub unknown: Vec<String>,
    /// Words that the model knows by their neighbours in meaning alone: it was taught none of them.
    pub untaught: Vec<String>,
    /// How many known words came too late to be read.
    pub unread: usize,
    /// Whether it asks for somebody else than a picture shows, as "as a robot" does.
    pub becomes: bool,
}

impl Prompt {
    /// Rows of the word table, from 0 on, one a word.
    pub(super) fn rows(&self) -> impl Iterator<Item = u32> {
        self.rows.iter().filter_map(|row| row.checked_sub(1))
    }
}

/// The vectors of the first words of a prompt, `[words, word size]`; none where there are no words.
pub(super) fn vectors(table: &Tensor, prompt: &Prompt, length: usize) -> Result<Option<Tensor>> {
    let rows: Vec<u32> = prompt.rows().take(length).collect();
    if rows.is_empty() {
        return Ok(None);
    }
    let count = rows.len();
    let rows = Tensor::from_vec(rows, count, table.device())?;
    Ok(Some(table.index_select(&rows, 0).context("a word's row")?))
}

/// The words that a model knows.
pub struct Vocabulary<'a> {
    rows: HashMap<&'a str, u32>,
    /// Those of them that it was taught; nothing where nobody wrote them down.
    taught: Option<HashSet<u32>>,
    length: usize,
}

impl<'a> Vocabulary<'a> {
    /// From a list with a word a line, in the order of the table's rows; reads `length` words of a text.
    pub fn new(words: &'a str, length: usize) -> Self {
        Self {
            rows: words.lines().zip(1..).collect(),
            taught: None,
            length,
        }
    }

    /// The same, of which the model was taught these alone, a word a line, where they were written down.
    pub fn taught(self, words: Option<&str>) -> Self {
        let rows = |words: &str| words.lines().filter_map(|word| self.row(word)).collect();
        Self {
            taught: words.map(rows),
            ..self
        }
    }

    /// Reads a text of any script and length.
    ///
    /// # Errors
    /// It has no word that is known.
    pub fn read(&self, text: &str) -> Result<Prompt> {
        let lower = text.to_lowercase();
        let words: Vec<&str> = lower.split(|c: char| !c.is_alphabetic()).collect();
        let mut prompt = Prompt {
            becomes: becomes(&words),
            ..Prompt::default()
        };
        for word in words {
            match self.row(word) {
                Some(row) if prompt.rows.len() < self.length => {
                    let taught = self.taught.as_ref().is_none_or(|rows| rows.contains(&row));
                    if !taught && !prompt.untaught.iter().any(|known| known == word) {
                        prompt.untaught.push(word.to_owned());
                    }
                    prompt.rows.push(row);
                }
                Some(_) => prompt.unread += 1,
                // What an apostrophe leaves is no word.
                None if word.chars().count() < 2 => {}
                None if prompt.unknown.iter().any(|known| known == word) => {}
                None => prompt.unknown.push(word.to_owned()),
            }
        }
        ensure!(
            !prompt.rows.is_empty(),
            "the prompt has no word that the model knows: say in plain English what the figurine is, as \"a bear on a base\""
        );
        prompt.rows.resize(self.length, 0);
        Ok(prompt)
    }

    /// The row of a word, or else of its singular, plural or stem.
    fn row(&self, word: &str) -> Option<u32> {
        let shorter = |by: usize| word.get(..word.len().checked_sub(by)?);
        let known = |word: &str| self.rows.get(word).copied();
        known(word)
            .or_else(|| known(shorter(1)?))
            .or_else(|| known(&format!("{word}s")))
            .or_else(|| known(shorter(2)?))
    }
}

/// Whether words, in lower case, ask for somebody else: "as a knight", "turn her into a dragon", "make it a robot".
fn becomes(words: &[&str]) -> bool {
    let whom = |word| matches!(word, "it" | "him" | "her" | "them" | "me" | "this");
    words.windows(3).any(|three| match three {
        ["as" | "into" | "become" | "becomes", "a" | "an", _] => true,
        ["make", who, "a" | "an"] => whom(who),
        _ => false,
    })
}

/// From the words of a prompt to text tokens.
pub struct TextEncoder {
    /// `[words, word size]`
    words: Tensor,
    proj: Linear,
    positions: Tensor,
    /// `[slots, width]`, if there are any.
    slots: Option<Tensor>,
    layers: Vec<EncoderLayer>,
    norm: LayerNorm,
}

impl TextEncoder {
    /// Loads from the tensors below `text_encoder.`.
    pub fn load(w: &Weights<'_>, config: &TextEncoderConfig) -> Result<Self> {
        let (width, size) = (config.hidden_size, config.word_size);
        let shape = Shape {
            width,
            heads: config.num_attention_heads,
            mlp_ratio: config.mlp_ratio,
            eps: config.layer_norm_eps,
        };
        Ok(Self {
            words: w.tensor("words.weight", &[config.words, size])?,
            proj: w.linear("proj", size, width)?,
            positions: w.tensor("position_embeddings", &[config.length, width])?,
            slots: (config.slots > 0)
                .then(|| w.tensor("slot_tokens", &[config.slots, width]))
                .transpose()?,
            layers: EncoderLayer::stack(w, config.num_hidden_layers, shape)?,
            norm: w.layer_norm("layernorm", width, config.layer_norm_eps)?,
        })
    }

    /// A prompt -> tokens `[1, length + slots, width]`: of each word, and of what is said of each part.
    pub fn forward(&self, prompt: &Prompt) -> Result<Tensor> {
        // After the last word there is nothing, which has zeros for a vector.
        let known: Vec<u32> = prompt.rows().collect();
        let rows = Tensor::new(&known[..], self.words.device())?;
        let words = (self.words.index_select(&rows, 0)).context("a word's row")?;
        let words = words.pad_with_zeros(0, 0, prompt.rows.len() - known.len())?; // [length, word size]
        let x = self.proj.forward(&words.unsqueeze(0)?)?; // [1, length, width]
        let mut x = x.broadcast_add(&self.positions)?;
        if let Some(slots) = &self.slots {
            x = Tensor::cat(&[x, slots.unsqueeze(0)?], 1)?;
        }
        for layer in &self.layers {
            x = layer.forward(&x)?;
        }
        self.norm.forward(&x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: &str = "a\nknight\nred\ncapes\nwith";

    #[test]
    fn a_text_becomes_rows_and_what_is_not_known_is_named() -> Result<()> {
        let words = Vocabulary::new(WORDS, 6);
        let prompt = words.read("A knight's RED cape,\u{7} with\ta zweihander")?;
        assert_eq!(prompt.rows, [1, 2, 3, 4, 5, 1]);
        assert_eq!(prompt.unknown, ["zweihander"]);
        let long = words.read(&"red ".repeat(10_000))?;
        assert_eq!((long.rows.len(), long.unread), (6, 9_994));
        let mixed = words.read("рыцарь 騎士 knights knight")?;
        assert_eq!(mixed.rows, [2, 2, 0, 0, 0, 0]);
        assert_eq!(mixed.unknown, ["рыцарь", "騎士"]);
        for (text, becomes) in [
            ("As a knight", true),
            ("turn her into a red knight", true),
            ("make it a knight", true),
            ("make her cape red", false),
            ("a knight with a cape", false),
        ] {
            assert_eq!(words.read(text)?.becomes, becomes, "{text}");
        }
        let taught = Vocabulary::new(WORDS, 6).taught(Some("a\nred\ncape"));
        let prompt = taught.read("a red knight with a cape, a knight")?;
        assert_eq!(prompt.untaught, ["knight", "with"]);
        assert!(
            words.read("a knight")?.untaught.is_empty(),
            "nobody wrote it down"
        );
        for nothing in ["", " \0\n", "1234 %", "рыцарь"] {
            assert!(words.read(nothing).is_err(), "{nothing:?} says nothing");
        }
        Ok(())
    }
}
