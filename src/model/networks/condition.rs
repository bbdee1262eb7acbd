//! The sequence of condition tokens that the transformer looks at.
//!
//! A published model looks at the tokens of one picture. A figurine model has a place for every view
//! and for a text; what is not given is a learned null token, so that one set of weights serves every
//! combination.

use anyhow::{Context, Result, ensure};
use candle_core::Tensor;

use crate::model::config::Config;
use crate::model::nn::Weights;

/// What a figurine is made from, as the transformer sees it: sequences `[augmented, tokens, channels]`.
#[derive(Clone, Debug)]
pub struct Condition {
    /// The pictures, or a text; both, where the text asks for somebody else who stands like that.
    pub base: Tensor,
    /// The pictures with a text that asks for something to be otherwise.
    pub with_words: Option<Tensor>,
}

/// Joins the image tokens `[augmented, tokens, channels]` of the named views, and those of a text `[1, words,
/// channels]`, into one sequence an augmented view.
pub(crate) fn sequence(
    weights: &Weights<'_>,
    config: &Config,
    views: &[(&str, Tensor)],
    text: Option<Tensor>,
) -> Result<Tensor> {
    let Some(condition) = &config.condition else {
        ensure!(
            views.len() == 1 && text.is_none(),
            "this model takes one picture and no text, {} pictures were given",
            views.len()
        );
        return Ok(views[0].1.clone());
    };
    let (names, width) = (&condition.views, config.transformer.cross_attention_dim);
    ensure!(
        !views.is_empty() || text.is_some(),
        "neither a picture nor a text was given"
    );
    for (name, _) in views {
        ensure!(
            names.iter().any(|known| known == name),
            "this model knows the views {}, not \"{name}\"",
            names.join(", ")
        );
    }
    let weights = weights.at("condition");
    let embedding = weights.tensor("view_embedding.weight", &[names.len(), width])?;
    let null = weights.tensor("null_view.weight", &[names.len(), width])?;
    let augmented = views.first().map_or(Ok(1), |(_, tokens)| tokens.dim(0))?;
    let mut sequence = Vec::with_capacity(names.len() + 1);
    for (index, name) in names.iter().enumerate() {
        let tokens = match views.iter().find(|(given, _)| given == name) {
            Some((_, tokens)) => tokens.broadcast_add(&embedding.narrow(0, index, 1)?)?,
            None => null.narrow(0, index, 1)?.unsqueeze(0)?,
        };
        sequence.push(tokens); // [augmented or 1, image tokens or 1, width]
    }
    sequence.push(match text {
        Some(tokens) => tokens, // [1, words, width]
        None => weights
            .tensor("null_text.weight", &[1, width])?
            .unsqueeze(0)?,
    });
    for tokens in &mut sequence {
        let (_, count, width) = tokens.dims3()?;
        *tokens = tokens
            .broadcast_as((augmented, count, width))?
            .contiguous()?;
    }
    Tensor::cat(&sequence, 1).context("the condition's tokens do not fit together")
}
