//! Where the parts of a drawing are and of which colour, an ellipse each: told from words, and told to the denoiser as
//! maps.

use anyhow::Result;
use candle_core::{D, Tensor};

use super::told::{Telling, Words};
use crate::model::config::{DrawingConfig, LayoutConfig};
use crate::model::networks::attention_block::ToldBlock;
use crate::model::networks::text::Prompt;
use crate::model::nn::{LayerNorm, Linear, Weights};

/// Where a part is: the middle and the deviations of what is in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ellipse {
    /// x and y from -1 to 1, y downwards.
    pub middle: [f32; 2],
    /// Deviations along x and y, in the same unit, above 0.
    pub wide: [f32; 2],
    /// How much x and y go together, above -1 and below 1.
    pub slant: f32,
    /// sRGB, -1 to 1.
    pub colour: [f32; 3],
}

/// The parts of a drawing, in the order of the weights' slots; none for those that are not there.
pub type Layout = Vec<Option<Ellipse>>;

impl Ellipse {
    /// How far a place is inside: nearly 1 in the middle, half at the border of an even ellipse, 0 far away.
    fn inside(&self, x: f32, y: f32) -> f32 {
        let [u, v] = [0, 1].map(|k| ([x, y][k] - self.middle[k]) / self.wide[k].max(0.01));
        let narrow = (1.0 - self.slant * self.slant).max(0.02);
        let far = (u * u - 2.0 * self.slant * u * v + v * v) / narrow;
        1.0 / (1.0 + (far - 4.0).exp())
    }
}

/// What the denoiser is told of a layout, `[4 parts + 1, rows, rows]`: each part's ellipse, three times the same times
/// a colour, and 1 where a layout is told.
pub(crate) fn maps(layout: &[Option<Ellipse>], rows: usize) -> Vec<f32> {
    let (parts, area) = (layout.len(), rows * rows);
    let mut maps = vec![0.0; (4 * parts + 1) * area];
    let at = |i: usize| (i as f32 + 0.5) / rows as f32 * 2.0 - 1.0;
    for (part, ellipse) in layout.iter().enumerate() {
        let Some(ellipse) = ellipse else { continue };
        for i in 0..area {
            let inside = ellipse.inside(at(i % rows), at(i / rows));
            maps[part * area + i] = inside;
            for (k, hue) in ellipse.colour.iter().enumerate() {
                maps[((k + 1) * parts + part) * area + i] = inside * hue;
            }
        }
    }
    if layout.iter().any(Option::is_some) {
        maps[4 * parts * area..].fill(1.0);
    }
    maps
}

/// From noise and words to a layout: the parts and the words attend to one another.
pub struct Arranger {
    telling: Telling,
    stem: Linear,
    /// `[1, parts, width]`
    places: Tensor,
    blocks: Vec<ToldBlock>,
    last: LayerNorm,
    told: Linear,
    /// Of each part's numbers, and of each number of all: `[parts, 9]`, `[9]`.
    mean: Vec<f32>,
    scale: Vec<f32>,
}

impl Arranger {
    /// From the tensors below `drawing.layouts.`, and the text encoder's vectors of words `[words, word size]`; the
    /// configuration must have been validated.
    pub fn load(
        weights: &Weights<'_>,
        drawing: &DrawingConfig,
        config: &LayoutConfig,
        table: &Tensor,
    ) -> Result<Self> {
        let (w, n) = (&weights.at("drawing.layouts"), LayoutConfig::NUMBERS);
        let (c, inner) = (config.width, config.width * config.mlp_ratio);
        let block = |i| ToldBlock::load(&w.at(format_args!("blocks.{i}")), c, config.heads, inner);
        Ok(Self {
            telling: Telling::load(w, c, drawing.length, table)?,
            stem: w.linear("stem", n, c)?,
            places: w.tensor("place", &[1, config.parts, c])?,
            blocks: (0..config.blocks).map(block).collect::<Result<_>>()?,
            last: w.layer_norm("last", c, 1e-5)?,
            told: w.linear("told", c, n)?,
            mean: w.numbers("mean", &[config.parts, n])?,
            scale: w.numbers("scale", &[n])?,
        })
    }

    /// The words of a prompt; none where there are no words.
    pub fn words(&self, prompt: &Prompt) -> Result<Option<Words>> {
        self.telling.words(prompt)
    }

    /// A noisy state `[1, parts, 9]` at a time, 0 for all noise and 1 for none, and words -> the state without noise.
    pub fn forward(&self, state: &Tensor, time: f32, words: Option<&Words>) -> Result<Tensor> {
        let time = self.telling.moment(time, words)?;
        let mut tokens = (self.stem.forward(state)? + &self.places)?; // [1, parts, width]
        if let Some(words) = words {
            tokens = Tensor::cat(&[&tokens, &words.tokens], 1)?;
        }
        for block in &self.blocks {
            tokens = block.forward(&tokens, &block.moves(&time)?)?;
        }
        let parts = tokens.narrow(1, 0, state.dim(1)?)?;
        let told = self.told.forward(&self.last.forward(&parts)?)?;
        let there = (told.narrow(D::Minus1, 0, 1)? / 2.0)?.tanh()?;
        let rest = told.narrow(D::Minus1, 1, LayoutConfig::NUMBERS - 1)?;
        Ok(Tensor::cat(&[&there, &rest], D::Minus1)?)
    }

    /// The layout that a state without noise, `[parts, 9]`, stands for.
    pub fn layout(&self, state: &[f32]) -> Layout {
        let n = LayoutConfig::NUMBERS;
        let parts = state.chunks_exact(n).zip(self.mean.chunks_exact(n));
        let ellipse = |(state, mean): (&[f32], &[f32])| {
            let x = |k: usize| state[k] * self.scale[k] + mean[k];
            (state[0] > 0.0).then(|| Ellipse {
                middle: [x(1), x(2)],
                wide: [x(3).exp(), x(4).exp()],
                slant: x(5).clamp(-0.97, 0.97),
                colour: [6, 7, 8].map(|k| x(k).clamp(-1.0, 1.0)),
            })
        };
        parts.map(ellipse).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_painted_where_it_is_in_its_colour_and_nothing_of_one_that_is_not_there() {
        let ellipse = Ellipse {
            middle: [-0.5, 0.5],
            wide: [0.2, 0.1],
            slant: 0.0,
            colour: [1.0, -1.0, 0.5],
        };
        let (rows, area) = (16, 256);
        let told = maps(&[None, Some(ellipse)], rows);
        let of = |map: usize| &told[map * area..(map + 1) * area];
        for map in [0, 2, 4, 6] {
            assert!(of(map).iter().all(|&v| v == 0.0), "map {map} is another's");
        }
        let middle = 12 * rows + 4; // of the lower left quarter
        assert!(of(1)[middle] > 0.95 && of(1)[4 * rows + 12] < 1e-3);
        assert!(
            of(1)[12 * rows + 7] > of(1)[9 * rows + 4],
            "wider than it is high"
        );
        for (map, hue) in [(3, 1.0), (5, -1.0), (7, 0.5)] {
            assert!((of(map)[middle] - hue * of(1)[middle]).abs() < 1e-6);
        }
        assert!(of(8).iter().all(|&v| v == 1.0), "a layout is told");
        assert!(maps(&[None, None], rows).iter().all(|&v| v == 0.0));
    }
}
