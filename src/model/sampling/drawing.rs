//! From words to a drawing of a figure: from noise to where its parts are, and then to what is seen of it from the front
//! and from behind, and its head once more.

mod portrait;

use std::ops::ControlFlow;

use anyhow::{Result, ensure};
use candle_core::{DType, Device, Tensor};
use image::{Rgba, RgbaImage};

use crate::base::progress::Cancelled;
use crate::base::seed::noise;
use crate::model::Progress;
use crate::model::config::{DrawingConfig, LayoutConfig, PortraitConfig, TextEncoderConfig};
use crate::model::networks::drawing::layout::{self, Arranger, Layout};
use crate::model::networks::drawing::portrait::Portrait;
use crate::model::networks::drawing::{Decoder, Denoiser};
use crate::model::networks::text::Prompt;
use crate::model::nn::Weights;

/// What is seen of a figure along parallel rays, straight sRGB and alpha.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawing {
    /// From the front.
    pub front: RgbaImage,
    /// From behind, seen through the figure: a pixel of both lies on one ray.
    pub behind: RgbaImage,
}

/// What is known of a drawing: its front, or a part of that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// As large as a drawing, straight sRGB and alpha, the figure as large as the picture.
    pub front: RgbaImage,
    /// Where it is known, row by row.
    pub there: Vec<bool>,
}

impl Known {
    /// Alpha, the colours times alpha, -1 to 1, and 1, each 0 where nothing is known: `[5, side, side]`.
    fn channels(&self, side: usize) -> Result<Vec<f32>> {
        let area = side * side;
        let size = (self.front.width() as usize, self.front.height() as usize);
        ensure!(
            size == (side, side) && self.there.len() == area,
            "what is known of a drawing of {side} x {side} pixels has {} x {}",
            size.0,
            size.1
        );
        let mut out = vec![0.0; DrawingConfig::KNOWN * area];
        for (i, pixel) in self
            .front
            .pixels()
            .enumerate()
            .filter(|(i, _)| self.there[*i])
        {
            let [r, g, b, a] = pixel.0.map(|v| f32::from(v) / 255.0);
            let colour = |v: f32| (2.0 * v - 1.0) * a;
            let values = [2.0 * a - 1.0, colour(r), colour(g), colour(b), 1.0];
            for (channel, value) in values.into_iter().enumerate() {
                out[channel * area + i] = value;
            }
        }
        Ok(out)
    }
}

/// How a drawing is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DrawOptions {
    pub seed: u64,
    /// At least 1; the network is asked twice in each, but for a guidance of 1.
    pub steps: usize,
    /// Scale of classifier-free guidance.
    pub guidance: f64,
}

impl DrawOptions {
    /// Those that the weights recommend.
    pub fn new(config: &DrawingConfig) -> Self {
        Self {
            seed: 0,
            steps: config.steps,
            guidance: config.guidance,
        }
    }
}

/// The networks that draw.
pub(crate) struct Networks<'a> {
    config: &'a DrawingConfig,
    arranger: Option<(&'a LayoutConfig, Arranger)>,
    denoiser: Denoiser,
    decoder: Decoder,
    portrait: Option<(&'a PortraitConfig, Portrait)>,
    device: &'a Device,
}

impl<'a> Networks<'a> {
    /// From the tensors of a file whose configuration was validated.
    pub(crate) fn load(
        weights: &Weights<'a>,
        config: &'a DrawingConfig,
        text: &TextEncoderConfig,
    ) -> Result<Self> {
        let table = &weights.tensor("text_encoder.words.weight", &[text.words, text.word_size])?;
        let arranger = match &config.layouts {
            Some(layouts) => Some((layouts, Arranger::load(weights, config, layouts, table)?)),
            None => None,
        };
        let portrait = match &config.portrait {
            Some(own) => Some((own, Portrait::load(weights, config, own, table)?)),
            None => None,
        };
        Ok(Self {
            config,
            arranger,
            denoiser: Denoiser::load(weights, config, table)?,
            decoder: Decoder::load(weights, config)?,
            portrait,
            device: weights.device(),
        })
    }

    /// Draws what words tell of, or goes on with what is `known`, or both.
    pub(crate) fn draw(
        &self,
        (prompt, known): (Option<&Prompt>, Option<&Known>),
        options: &DrawOptions,
        progress: Progress<'_>,
    ) -> Result<Drawing> {
        let config = self.config;
        let (rows, channels) = (config.rows(), config.channels);
        let words = prompt.map(|prompt| self.denoiser.words(prompt));
        let words = words.transpose()?.flatten();
        // Words beside what is known tell what changes, and not where all of the parts are.
        let prompt = prompt.filter(|_| known.is_none());
        let layout = match prompt {
            Some(prompt) => self.layout(prompt, options.seed)?,
            None => None,
        };
        let maps = (layout.as_ref()).map(|layout| self.maps(layout));
        let maps = maps.transpose()?;
        let shape = (1, DrawingConfig::KNOWN, config.side, config.side);
        let known = match known {
            Some(known) => Tensor::from_vec(known.channels(config.side)?, shape, self.device)?,
            None => Tensor::zeros(shape, DType::F32, self.device)?,
        };
        let start = noise(options.seed, channels * rows * rows);
        let start = Tensor::from_vec(start, (1, channels, rows, rows), self.device)?;
        let x = flow(
            (start * f64::from(config.temperature))?,
            (options.steps, words.as_ref().map(|_| options.guidance)),
            |x, now, told| match told {
                true => self
                    .denoiser
                    .forward(x, now, &known, maps.as_ref(), words.as_ref()),
                false => self.denoiser.forward(x, now, &known, None, None),
            },
            &mut |step| {
                self.device.synchronize()?;
                match progress(step, options.steps) {
                    ControlFlow::Break(()) => Err(Cancelled.into()),
                    ControlFlow::Continue(()) => Ok(()),
                }
            },
        )?;
        let pixels = self.decoder.forward(&x)?;
        let mut values = pixels.flatten_all()?.to_vec1::<f32>()?;
        if let (Some((own, networks)), Some(layout), Some(prompt)) =
            (&self.portrait, &layout, prompt)
            && let Some(Some(ellipse)) = layout.get(own.part)
        {
            let mut pixels = portrait::Pixels {
                values: &mut values,
                side: config.side,
            };
            let told = (prompt, options.seed);
            portrait::draw((networks, own), &mut pixels, ellipse, told, self.device)?;
        }
        read(&values, config.side)
    }

    /// A layout as the denoiser is told it, `[1, maps, rows, rows]`.
    fn maps(&self, layout: &Layout) -> Result<Tensor> {
        let rows = self.config.rows();
        let maps = layout::maps(layout, rows);
        let shape = (1, maps.len() / (rows * rows), rows, rows);
        Ok(Tensor::from_vec(maps, shape, self.device)?)
    }

    /// Where the parts are of what words tell of; none where the weights know of no layouts, or there are no words.
    fn layout(&self, prompt: &Prompt, seed: u64) -> Result<Option<Layout>> {
        let Some((config, arranger)) = &self.arranger else {
            return Ok(None);
        };
        let Some(words) = arranger.words(prompt)? else {
            return Ok(None);
        };
        let shape = (1, config.parts, LayoutConfig::NUMBERS);
        let start = noise(seed, config.parts * LayoutConfig::NUMBERS);
        let start = Tensor::from_vec(start, shape, self.device)?;
        let state = flow(
            (start * f64::from(config.temperature))?,
            (config.steps, Some(config.guidance)),
            |x, now, told| arranger.forward(x, now, told.then_some(&words)),
            &mut |_| Ok(()),
        )?;
        let state = state.flatten_all()?.to_vec1::<f32>()?;
        Ok(Some(arranger.layout(&state)))
    }
}

/// From noise to a state without, by Euler's steps of a rectified flow whose network tells the latter, of a state, a time
/// and whether it is told what is wanted. With a guidance it is asked without, too. `after` is called with the steps
/// that are done.
fn flow(
    start: Tensor,
    (steps, guidance): (usize, Option<f64>),
    network: impl Fn(&Tensor, f32, bool) -> Result<Tensor>,
    after: &mut dyn FnMut(usize) -> Result<()>,
) -> Result<Tensor> {
    let mut x = start;
    for step in 0..steps {
        let [now, then] = [step, step + 1].map(|i| moment(i as f64 / steps as f64));
        let mut clean = network(&x, now as f32, true)?;
        if let Some(guidance) = guidance.filter(|&guidance| guidance != 1.0) {
            let plain = network(&x, now as f32, false)?;
            clean = (&plain + ((clean - &plain)? * guidance)?)?;
        }
        x = (&x + ((clean - &x)? * ((then - now) / (1.0 - now)))?)?;
        after(step + 1)?;
    }
    Ok(x)
}

/// So much denser are the steps where all is noise than equal ones: there it is decided what the figure is.
const EARLY: f64 = 3.0;

/// The time, 0 to 1, after a share of the steps.
fn moment(share: f64) -> f64 {
    share / (share + EARLY * (1.0 - share))
}

/// Takes channels `[7, side, side]`, -1 to 1, apart; colours are times alpha.
fn read(state: &[f32], side: usize) -> Result<Drawing> {
    ensure!(
        state.iter().all(|x| x.is_finite()),
        "the drawing is not numbers: the weights are damaged"
    );
    let area = side * side;
    let byte = |x: f32| (x.clamp(0.0, 1.0) * 255.0).round() as u8;
    let picture = |first: usize| {
        RgbaImage::from_fn(side as u32, side as u32, |x, y| {
            let at = y as usize * side + x as usize;
            let alpha = ((state[at] + 1.0) / 2.0).clamp(0.0, 1.0);
            let colour = |k: usize| {
                let value = state[(first + k) * area + at] / alpha.max(0.05);
                byte((value + 1.0) / 2.0)
            };
            Rgba([colour(0), colour(1), colour(2), byte(alpha)])
        })
    };
    Ok(Drawing {
        front: picture(1),
        behind: picture(4),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_go_from_noise_to_the_figure_and_are_dense_where_noise_is() {
        let times = [0.0, 0.25, 0.5, 0.75, 1.0].map(moment);
        assert_eq!((times[0], times[4]), (0.0, 1.0));
        assert!(times[1] < 0.15 && times[2] < 0.3, "{times:?}");
        assert!(times.windows(2).all(|pair| pair[0] < pair[1]), "{times:?}");
    }

    #[test]
    fn what_is_known_is_told_and_nothing_of_what_is_not() -> Result<()> {
        let known = Known {
            front: RgbaImage::from_pixel(2, 2, Rgba([255, 0, 0, 255])),
            there: vec![true, false, false, false],
        };
        assert!(known.channels(8).is_err(), "it is of another size");
        let told = known.channels(2)?;
        let of = |i: usize| told.iter().skip(i).step_by(4).copied().collect::<Vec<_>>();
        assert_eq!(of(0), [1.0, 1.0, -1.0, -1.0, 1.0]);
        assert_eq!(of(1), [0.0; 5]);
        Ok(())
    }

    #[test]
    fn colours_are_taken_apart_from_alpha() -> Result<()> {
        // One pixel that is half covered, of red before blue.
        let state = [0.0, 0.5, -0.5, -0.5, -0.5, -0.5, 0.5];
        let drawing = read(&state, 1)?;
        assert_eq!(drawing.front.get_pixel(0, 0).0, [255, 0, 0, 128]);
        assert_eq!(drawing.behind.get_pixel(0, 0).0, [0, 0, 255, 128]);
        assert!(read(&[f32::NAN; 7], 1).is_err(), "no number is no colour");
        Ok(())
    }
}
