//! What words beside a photo do to its figure: which parts they are about, and what these become.
//!
//! Two figures cannot tell it: of a photo that leaves an arm open the sampler makes one arm or another, and
//! the least word tips it over. What the model expects before it has seen more than noise is not yet a
//! choice but the mean of all, and how far words move that is how much they are about a part.

use anyhow::Result;
use candle_core::Tensor;

use super::denoise::Flow;
use crate::model::Latents;
use crate::model::config::{Config, FigurineConfig};
use crate::model::networks::transformer::ConditionCache;
use crate::slots::Slot;

/// How words changed a figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The figure without the words.
    pub before: Latents,
    /// How much the words change what the model expects of each slot: above 1 they may be about it.
    pub effects: Vec<f32>,
}

/// Where a figure is looked at: all noise, and nearly, where a chance effect of the one is seldom in the other.
const SIGMAS: [f32; 2] = [1.0, 0.9];
/// Changes of what is expected that count as 1, in deviations of all figures: of a part's shape and pattern, of
/// its main colour, and of whether it is there (from -1 to 1). Measured with eight prompts beside each of five
/// pictures: a part that a prompt names is changed by 1.7 to 6.6 times this, by 1 or less where the model does not
/// follow; most others by 0.2 to 0.9.
const SHAPE: f32 = 0.17;
const COLOUR: f32 = 0.3;
const THERE: f32 = 0.75;
/// A part must be changed so much more than the middle one, for words that say nothing of what is seen ("a figure")
/// and pictures unlike the training make the model expect something else everywhere: there the middle one is at 0.7 to
/// 1.7 and some part at up to three times that, else it is at 0.2 to 0.4. If the middle one is beyond the second number,
/// all becomes another figure.
const ABOVE: f32 = 4.0;
const ALL: f32 = 3.5;

/// What makes a figure smaller in its frame, which it fills whatever it wears or stands on. What bears that is made
/// anew along with it; the photo's stays, and a hat is put on it as it sat on the model's.
const GROWS: [Slot; 2] = [Slot::Base, Slot::Hair];

/// The latents that words make of those `before`, which came from pictures by this `path`, a step each; and the effect
/// of the words on each slot.
pub(crate) fn follow(
    flow: &Flow<'_>,
    config: &Config,
    with_words: &Tensor,
    before: &Tensor,
    path: &[Tensor],
    tick: &mut dyn FnMut(usize, Tensor) -> Result<Tensor>,
) -> Result<(Tensor, Vec<f32>)> {
    let words = flow.condition(with_words)?;
    let effects = effects(flow, config, &words, before)?;
    let affected = affected(&effects);
    if !affected.contains(&1) {
        return Ok((before.clone(), effects));
    }
    let free = Tensor::from_vec(
        free(affected, config),
        (flow.shape.0, 1, 1),
        before.device(),
    )?;
    let free = free.broadcast_as(flow.shape)?.contiguous()?;
    // The other parts go the way that they went. After any words the model may make another figure, and what
    // they are not about is the photo's; so what changes also fits what stays, as a sword its hand.
    let step = |step: usize, x| tick(step, free.where_cond(&x, &path[step])?);
    Ok((flow.walk(Some(&words), step)?, effects))
}

/// How much words change what the model expects of each slot of the figure `x`, that was made without them.
fn effects(
    flow: &Flow<'_>,
    config: &Config,
    words: &ConditionCache,
    x: &Tensor,
) -> Result<Vec<f32>> {
    let (slots, tokens, channels) = x.dims3()?;
    let boxed = config.figurine.as_ref().is_some_and(|f| f.box_token);
    let coloured = config.figurine.as_ref().is_some_and(|f| f.main_colour);
    let made: Vec<f32> = x.flatten_all()?.to_vec1()?;
    let mut effects = vec![f32::INFINITY; slots];
    for sigma in SIGMAS {
        let [without, with] = flow.expected(x, sigma, words)?;
        for (slot, effect) in effects.iter_mut().enumerate() {
            let rows = slot * tokens * channels..(slot + 1) * tokens * channels;
            let packed = (tokens - usize::from(boxed)) * channels;
            let (shape, token) = without[rows.clone()].split_at(packed);
            let (new_shape, new_token) = with[rows.clone()].split_at(packed);
            let mut here = deviation(shape, new_shape) / SHAPE;
            if coloured {
                let [one, other] = [token, new_token].map(|token| &token[FigurineConfig::COLOUR]);
                here = here.max(deviation(one, other) / COLOUR);
            }
            if boxed {
                let there = (new_token[6] - token[6]) / THERE;
                // Of what is not there all else is idle.
                here = match made[rows][packed + 6] > 0.0 {
                    true => here.max(-there),
                    false if there < 1.0 => there.max(0.0),
                    false => there.max(ABOVE * ALL), // never by chance
                };
            }
            *effect = effect.min(here);
        }
    }
    Ok(effects)
}

/// Of each slot, whether words of such effects are about it, 1 or 0.
fn affected(effects: &[f32]) -> Vec<u8> {
    let mut sorted = effects.to_vec();
    sorted.sort_by(f32::total_cmp);
    let middle = sorted[sorted.len() / 2];
    let least = match middle > ALL {
        true => 1.0,
        false => (ABOVE * middle).max(1.0),
    };
    (effects.iter()).map(|&p| u8::from(p >= least)).collect()
}

/// Of each slot, whether it is made anew, 1 or 0, where the words are about these.
fn free(mut affected: Vec<u8>, config: &Config) -> Vec<u8> {
    let slots = config.figurine.iter().flat_map(|figurine| &figurine.slots);
    let place = |slot: Slot| slots.clone().position(|name| slot.is(name));
    for (part, bearer) in GROWS.map(|part| (place(part), part.bearer().and_then(place))) {
        if let (Some(part), Some(bearer)) = (part, bearer) {
            affected[bearer] |= affected[part];
        }
    }
    affected
}

/// The root of the mean squared difference.
fn deviation(one: &[f32], other: &[f32]) -> f32 {
    let squares = one.iter().zip(other).map(|(a, b)| (a - b).powi(2));
    (squares.sum::<f32>() / one.len() as f32).sqrt()
}

impl Change {
    /// Of each slot, whether the words are about it and it is no longer what it was without them.
    pub fn of(&self, latents: &Latents) -> Vec<bool> {
        let rows = latents.tokens * latents.channels;
        let pairs = (latents.values.chunks_exact(rows)).zip(self.before.values.chunks_exact(rows));
        let affected = affected(&self.effects).into_iter();
        affected
            .zip(pairs)
            .map(|(affected, (now, before))| affected == 1 && now != before)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::model::sampling::edit::affected;

    #[test]
    fn words_are_about_what_stands_out_and_about_everything_if_all_effects_are_strong() {
        let named = [0.2, 0.3, 1.1, 0.2, 0.1, 0.2];
        assert_eq!(affected(&named), [0, 0, 1, 0, 0, 0]);
        assert_eq!(affected(&[0.5, 0.9, 0.3]), [0; 3], "nothing is said");
        assert_eq!(
            affected(&[0.7, 2.4, 1.0, 0.9, 9.0]),
            [0, 0, 0, 0, 1],
            "of a picture that all words disturb, only what they are most about"
        );
        assert_eq!(affected(&[4.5, 6.0, 5.0]), [1; 3], "another figure");
    }
}
