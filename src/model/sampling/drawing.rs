//! From words to a drawing of a figure: from noise to what is seen of it from the front and from behind.

use std::ops::ControlFlow;

use anyhow::{Result, ensure};
use candle_core::{Device, Tensor};
use image::{Rgba, RgbaImage};

use crate::base::progress::Cancelled;
use crate::base::seed::noise;
use crate::model::Progress;
use crate::model::config::DrawingConfig;
use crate::model::networks::drawing::DrawingNetwork;
use crate::model::networks::text::Prompt;

/// What is seen of a figure along parallel rays, straight sRGB and alpha.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawing {
    /// From the front.
    pub front: RgbaImage,
    /// From behind, seen through the figure: a pixel of both lies on one ray.
    pub behind: RgbaImage,
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

/// Draws what words tell of, by Euler's steps of a rectified flow whose network tells the figure without noise.
pub(crate) fn draw(
    network: &DrawingNetwork,
    config: &DrawingConfig,
    prompt: &Prompt,
    options: &DrawOptions,
    device: &Device,
    progress: Progress<'_>,
) -> Result<Drawing> {
    let (side, words) = (config.side, network.words(prompt)?);
    let shape = (1, DrawingConfig::STATE, side, side);
    let start = noise(options.seed, DrawingConfig::STATE * side * side);
    let mut x = Tensor::from_vec(start, shape, device)?;
    let known = Tensor::zeros_like(&x.narrow(1, 0, DrawingConfig::KNOWN)?)?;
    for step in 0..options.steps {
        let [now, then] = [step, step + 1].map(|i| moment(i as f64 / options.steps as f64));
        let told = |words| network.forward(&x, now as f32, &known, words);
        let mut clean = told(words.as_ref())?;
        if options.guidance != 1.0 {
            let plain = told(None)?;
            clean = (&plain + ((clean - &plain)? * options.guidance)?)?;
        }
        let clean = clean.clamp(-1f32, 1f32)?;
        x = (&x + ((clean - &x)? * ((then - now) / (1.0 - now)))?)?;
        device.synchronize()?;
        if let ControlFlow::Break(()) = progress(step + 1, options.steps) {
            return Err(Cancelled.into());
        }
    }
    read(&x.flatten_all()?.to_vec1::<f32>()?, side)
}

/// So much denser are the steps where all is noise than equal ones: there it is decided what the figure is.
const EARLY: f64 = 8.0;

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
        assert!(times[1] < 0.05 && times[2] < 0.12, "{times:?}");
        assert!(times.windows(2).all(|pair| pair[0] < pair[1]), "{times:?}");
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
