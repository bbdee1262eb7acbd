//! The head of a drawing, drawn again in more pixels and laid where it was.

use anyhow::Result;
use candle_core::{Device, Tensor};
use glam::Vec2;

use super::flow;
use crate::base::resample::Between;
use crate::base::seed::{noise, seed};
use crate::model::config::PortraitConfig;
use crate::model::networks::drawing::layout::Ellipse;
use crate::model::networks::drawing::portrait::Portrait;
use crate::model::networks::text::Prompt;

/// Half of the side of a head's window, in the larger deviation of its ellipse.
const AROUND: f32 = 2.1;
/// No deviation counts as less, in halves of the picture.
const LEAST: f32 = 0.06;

/// A square of a drawing with a head in it, in halves of the picture from its middle on, y downwards.
struct Window {
    middle: Vec2,
    half: f32,
}

/// A drawing `[7, side, side]`, see [`super::read`].
pub(super) struct Pixels<'a> {
    pub(super) values: &'a mut [f32],
    pub(super) side: usize,
}

/// Draws the head anew that lies in an ellipse.
pub(super) fn draw(
    (networks, config): (&Portrait, &PortraitConfig),
    pixels: &mut Pixels<'_>,
    ellipse: &Ellipse,
    (prompt, first): (&Prompt, u64),
    device: &Device,
) -> Result<()> {
    let window = Window::around(ellipse);
    let look = Tensor::from_vec(pixels.look(&window, config), (1, config.look()), device)?;
    let told = networks.told(prompt, &look)?;
    // Other noise than the drawing's.
    let start = noise(seed(first, b"head".iter().copied()), config.code);
    let start = Tensor::from_vec(start, (1, config.code), device)?;
    let code = flow(
        (start * f64::from(config.temperature))?,
        (config.steps, None),
        |code, now, _| networks.forward(code, now, &told),
        &mut |_| Ok(()),
    )?;
    let head = networks.decode(&code)?.flatten_all()?.to_vec1::<f32>()?;
    pixels.lay(&window, &head, config.side);
    Ok(())
}

impl Window {
    fn around(ellipse: &Ellipse) -> Self {
        let [wide, high] = ellipse.wide;
        Self {
            middle: ellipse.middle.into(),
            half: AROUND * wide.max(high).max(LEAST),
        }
    }
}

/// The middle of a pixel of so many, from -1 to 1.
fn middle(i: usize, side: usize) -> f32 {
    (2 * i + 1) as f32 / side as f32 - 1.0
}

/// A place between the pixels of a square picture, as [`Between`] takes it, from -1 to 1.
fn between(at: Vec2, side: usize) -> Between {
    Between::new([side; 2], ((at + 1.0) * side as f32 - 1.0) / 2.0)
}

impl Pixels<'_> {
    /// Whether a pixel is the figure's.
    fn alpha(&self, i: usize) -> f32 {
        ((self.values[i] + 1.0) / 2.0).clamp(0.0, 1.0)
    }

    /// What the front shows in a window, from far away: alpha, and the colours times alpha, `[4, rows, rows]`.
    fn look(&self, window: &Window, config: &PortraitConfig) -> Vec<f32> {
        let (side, rows, area) = (config.side, config.rows, self.side * self.side);
        let (scale, mut look) = (side / rows, vec![0.0; config.look()]);
        for i in 0..side * side {
            let (column, row) = (i % side, i / side);
            let at = Vec2::new(middle(column, side), middle(row, side));
            let there = between(window.middle + window.half * at, self.side);
            let to = row / scale * rows + column / scale;
            look[to] += there.of(|i| self.alpha(i));
            for colour in 1..PortraitConfig::DRAWN {
                look[colour * rows * rows + to] +=
                    there.of(|i| self.values[colour * area + i].clamp(-1.0, 1.0));
            }
        }
        look.iter()
            .map(|sum| sum / (scale * scale) as f32)
            .collect()
    }

    /// Lays a head `[4, size, size]`, see [`Portrait::decode`], on the front.
    fn lay(&mut self, window: &Window, head: &[f32], size: usize) {
        let (area, own) = (self.side * self.side, size * size);
        for i in 0..area {
            let (x, y) = (
                middle(i % self.side, self.side),
                middle(i / self.side, self.side),
            );
            let at = (Vec2::new(x, y) - window.middle) / window.half;
            if at.abs().max_element() >= 1.0 {
                continue;
            }
            let there = between(at, size);
            let of = |channel: usize| there.of(|i| head[channel * own + i]);
            let (share, alpha) = (of(PortraitConfig::DRAWN - 1).clamp(0.0, 1.0), self.alpha(i));
            for colour in 0..PortraitConfig::DRAWN - 1 {
                let drawn = &mut self.values[(1 + colour) * area + i];
                *drawn += share * (of(colour).clamp(-1.0, 1.0) * alpha - *drawn);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIDE: usize = 64;

    /// All of it is opaque and gray, but for a white square from a fourth to a half of the way right and down.
    fn square() -> Vec<f32> {
        let mut values = vec![0.0; 7 * SIDE * SIDE];
        for (i, value) in values.iter_mut().enumerate().take(4 * SIDE * SIDE) {
            let (x, y) = (i % SIDE, i / SIDE % SIDE);
            let white = (16..32).contains(&x) && (16..32).contains(&y);
            let alpha = i < SIDE * SIDE;
            *value = f32::from(u8::from(white || alpha));
        }
        values
    }

    fn config() -> PortraitConfig {
        PortraitConfig {
            part: 0,
            side: 16,
            rows: 2,
            code: 1,
            width: 1,
            blocks: 0,
            decoder: [8; 3],
            steps: 1,
            temperature: 1.0,
        }
    }

    #[test]
    fn a_head_is_seen_and_laid_where_its_ellipse_is() {
        let ellipse = Ellipse {
            middle: [-0.25, -0.25],
            wide: [0.5 / AROUND, 0.1],
            slant: 0.0,
            colour: [0.0; 3],
        };
        let (window, mut values) = (Window::around(&ellipse), square());
        let mut pixels = Pixels {
            values: &mut values,
            side: SIDE,
        };
        let look = pixels.look(&window, &config());
        assert!(
            look[..4].iter().all(|alpha| (alpha - 1.0).abs() < 1e-5),
            "{look:?}"
        );
        // The window goes from an eighth to five eighths: each quarter has a fourth of the square.
        for (i, red) in look[4..8].iter().enumerate() {
            assert!((red - 0.25).abs() < 0.02, "quarter {i}: {red}");
        }
        // A head that is red above and not there below.
        let head: Vec<f32> = (0..4 * 256)
            .map(|i| match i / 256 {
                0 => 1.0,
                3 => f32::from(u8::from(i % 256 < 128)),
                _ => -1.0,
            })
            .collect();
        pixels.lay(&window, &head, 16);
        let at = |x: usize, y: usize| [1, 2, 3].map(|c| values[c * SIDE * SIDE + y * SIDE + x]);
        assert_eq!(at(12, 12), [1.0, -1.0, -1.0], "above, in the window");
        assert_eq!(at(12, 36), [0.0; 3], "below, in the window");
        assert_eq!(at(50, 12), [0.0; 3], "beside it");
        assert_eq!(at(28, 30), [1.0; 3], "below it stays white");
    }
}
