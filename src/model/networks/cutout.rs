//! The network that tells the subject of a photo from what is behind it: a small convolutional U-Net,
//! trained by `training/cutout.py` and stored as `cutout.*` in the file of the figurine model.

use anyhow::{Context, Result};
use candle_core::{D, Device, Tensor};
use image::imageops::{self, FilterType};
use image::{GrayImage, RgbaImage};

use crate::base::resample::resize_area;
use crate::model::Model;
use crate::model::config::CutoutConfig;
use crate::model::nn::Weights;
use crate::model::nn::conv::Conv;
use crate::photo::cutout::Segmenter;

/// A U-Net whose skips are sums. Its finest level has half the picture's resolution, and its coarsest
/// also sees its own mean, so that all of the picture has a say.
pub struct SegmentNetwork {
    side: usize,
    /// From fine to coarse; each halves the resolution, then adds to it.
    down: Vec<(Conv, Vec<Conv>)>,
    context: Conv,
    /// From fine to coarse, all but the coarsest: to fewer channels, and what follows the sum.
    up: Vec<(Conv, Conv)>,
    /// To the four logits of a 2 x 2 block.
    head: Conv,
}

impl SegmentNetwork {
    /// From the tensors below `cutout.`; the configuration must have been validated.
    pub fn load(weights: &Weights<'_>, config: &CutoutConfig) -> Result<Self> {
        let widths = &config.widths;
        let level = |(i, &width): (usize, &usize)| {
            let above = if i == 0 { 3 } else { widths[i - 1] };
            let blocks = (0..config.depths[i])
                .map(|j| Conv::load(weights, &format!("blocks.{i}.{j}"), 3, 1, (width, width)));
            Ok((
                Conv::load(weights, &format!("down.{i}"), 3, 2, (above, width))?,
                blocks.collect::<Result<_>>()?,
            ))
        };
        let join = |(i, pair): (usize, &[usize])| {
            let (fine, coarse) = (pair[0], pair[1]);
            Ok((
                Conv::load(weights, &format!("narrow.{i}"), 1, 1, (coarse, fine))?,
                Conv::load(weights, &format!("up.{i}"), 3, 1, (fine, fine))?,
            ))
        };
        let coarsest = *widths.last().context("cutout.widths is empty")?;
        Ok(Self {
            side: config.side,
            down: widths
                .iter()
                .enumerate()
                .map(level)
                .collect::<Result<_>>()?,
            context: Conv::load(weights, "context", 1, 1, (coarsest, coarsest))?,
            up: widths
                .windows(2)
                .enumerate()
                .map(join)
                .collect::<Result<_>>()?,
            head: Conv::load(weights, "head", 3, 1, (widths[0], 4))?,
        })
    }

    /// Pixels `[1, 3, side, side]` in `0..=1` to logits `[1, 1, side, side]`.
    pub fn forward(&self, pixels: &Tensor) -> Result<Tensor> {
        let mut x = ((pixels - 0.5)? * 4.0)?;
        let mut skips = Vec::new();
        for (halve, blocks) in &self.down {
            x = halve.forward(&x)?.relu()?;
            for block in blocks {
                x = (&x + block.forward(&x)?.relu()?)?;
            }
            skips.push(x.clone());
        }
        let mean = x.mean_keepdim((D::Minus2, D::Minus1))?;
        x = x.broadcast_add(&self.context.forward(&mean)?)?;
        for ((narrow, conv), skip) in self.up.iter().zip(&skips).rev() {
            let (_, _, height, width) = skip.dims4()?;
            x = (narrow.forward(&x)?.upsample_nearest2d(height, width)? + skip)?;
            x = (&x + conv.forward(&x)?.relu()?)?;
        }
        Ok(candle_nn::ops::pixel_shuffle(&self.head.forward(&x)?, 2)?)
    }

    /// The subject's share of each pixel of a picture squeezed into a square, `side * side` values.
    fn shares(&self, picture: &RgbaImage, device: &Device) -> Result<Vec<f32>> {
        let side = self.side as u32;
        let small = resize_area(picture, side, side);
        let planes: Vec<f32> = (0..3)
            .flat_map(|c| small.pixels().map(move |p| f32::from(p[c]) / 255.0))
            .collect();
        let pixels = Tensor::from_vec(planes, (1, 3, self.side, self.side), device)?;
        let logits = self.forward(&pixels)?.flatten_all()?.to_vec1::<f32>()?;
        Ok(logits.iter().map(|x| 1.0 / (1.0 + (-x).exp())).collect())
    }
}

impl Segmenter for Model {
    fn matte(&self, picture: &RgbaImage) -> Result<GrayImage> {
        let config = (self.config.cutout.as_ref()).context("the weights hold no cut-out")?;
        let network = SegmentNetwork::load(&self.weights().at("cutout"), config)?;
        let shares = network.shares(picture, &self.device)?;
        let bytes = shares.iter().map(|s| (s * 255.0).round() as u8).collect();
        let side = config.side as u32;
        let small = GrayImage::from_raw(side, side, bytes).context("a share for each pixel")?;
        let (width, height) = picture.dimensions();
        Ok(imageops::resize(
            &small,
            width,
            height,
            FilterType::Triangle,
        ))
    }
}
