//! The network that tells the subject of a photo from what is behind it: U2-Net-P (Qin et al., "U2-Net", 2020), stored
//! as `cutout.*` in the file of the figurine model. `assets/MODEL.md` says where its weights come from.

use anyhow::{Context, Result};
use candle_core::{Device, Tensor};
use image::{GrayImage, RgbaImage};

use crate::base::resample::resize_area;
use crate::model::Model;
use crate::model::config::CutoutConfig;
use crate::model::nn::Weights;
use crate::model::nn::between::{Add, Grow, Halve};
use crate::model::nn::conv::Conv;
use crate::photo::cutout::CutoutNetwork;

/// A look is in doubt where `4 p (1 - p)` of all its shares comes to more than this part of what it takes for the
/// subject. Where that also takes more than this share of the lower border, it may fill the picture, and there is a second
/// look at half the size, for which it is like others. If that takes much of the border, too, the larger of both counts.
/// Chosen on 302 composites of `evaluate.cutouts`, draws 1 and 2 (`training/NOTEBOOK.md`).
const DOUBT: f32 = 0.2;
const TOUCHES: f32 = 0.05;
const FILLS: f32 = 0.4;
/// Means and deviations of the colours that the network was trained on.
const MEAN: [f32; 3] = [0.485, 0.456, 0.406];
const DEVIATION: [f32; 3] = [0.229, 0.224, 0.225];

/// A U-Net whose levels are small U-Nets. What each level of the way up sees is a map of the subject; the
/// answer is a weighted sum of these.
pub struct U2Net {
    side: usize,
    /// From fine to coarse; there is a halving between two.
    down: Vec<Level>,
    /// From fine to coarse, all but the coarsest.
    up: Vec<Level>,
    /// A map a level, from fine to coarse.
    maps: Vec<Conv>,
    /// Weights of the maps, and what is added.
    sum: (Vec<f64>, f64),
}

/// A small U-Net that keeps the size, and adds what it found to what it was given.
struct Level {
    enter: Conv,
    /// From fine to coarse.
    down: Vec<Conv>,
    bottom: Conv,
    /// From fine to coarse; each takes what comes from below beside what `down` left.
    up: Vec<Conv>,
    /// Whether the picture is halved on the way down. If not, its neighbours lie ever further apart.
    halves: bool,
}

impl U2Net {
    /// From the tensors below `cutout.`; the configuration must have been validated.
    pub fn load(weights: &Weights<'_>, config: &CutoutConfig) -> Result<Self> {
        let (width, inner, levels) = (config.width, config.inner, CutoutConfig::DEPTHS.len());
        let level = |way: &str, i: usize, inputs: usize| {
            let weights = weights.at(format!("{way}.{i}"));
            Level::load(&weights, i, (inputs, inner, width))
                .with_context(|| format!("level {way}.{i} of the cut-out network"))
        };
        let map = |i| Conv::load(weights, &format!("maps.{i}"), (width, 1));
        let sum = weights.numbers("sum.weight", &[1, levels, 1, 1])?;
        let bias = weights.numbers("sum.bias", &[1])?;
        Ok(Self {
            side: config.side,
            down: (0..levels)
                .map(|i| level("down", i, if i == 0 { 3 } else { width }))
                .collect::<Result<_>>()?,
            up: (0..levels - 1)
                .map(|i| level("up", i, 2 * width))
                .collect::<Result<_>>()?,
            maps: (0..levels).map(map).collect::<Result<_>>()?,
            sum: (sum.into_iter().map(f64::from).collect(), f64::from(bias[0])),
        })
    }

    /// Normalised pixels `[1, 3, side, side]` to logits `[1, 1, side, side]`; any side that can be halved as often as there
    /// are levels.
    pub fn forward(&self, pixels: &Tensor) -> Result<Tensor> {
        let side = pixels.dim(3)?;
        let mut skips = Vec::new();
        let mut x = pixels.clone();
        for (i, level) in self.down.iter().enumerate() {
            if i > 0 {
                x = halve(&x)?;
            }
            x = level.forward(&x, None)?;
            skips.push(x.clone());
        }
        skips.pop(); // the coarsest is not given to itself
        let coarsest = self.maps.len() - 1;
        let mut logits = (self.map(coarsest, &x, side)? + self.sum.1)?;
        for (i, level) in self.up.iter().enumerate().rev() {
            let skip = skips.pop().context("as many levels up as down")?;
            x = level.forward(&grow_to(&x, &skip)?, Some(&skip))?;
            logits = (logits + self.map(i, &x, side)?)?;
        }
        Ok(logits)
    }

    /// A level's map, weighted and as large as the picture.
    fn map(&self, level: usize, x: &Tensor, side: usize) -> Result<Tensor> {
        let map = (self.maps[level].forward(x)? * self.sum.0[level])?;
        grow(&map, side, side)
    }

    /// The subject's share of each pixel of a picture squeezed into a square, `side * side` values.
    fn shares(&self, picture: &RgbaImage, device: &Device) -> Result<Vec<f32>> {
        let mut shares = self.look(picture, self.side, device)?;
        let taken = |shares: &[f32]| shares.iter().filter(|&&p| p >= 0.5).count() as f32;
        let below = |shares: &[f32]| taken(&shares[shares.len() - self.side..]) / self.side as f32;
        let between: f32 = shares.iter().map(|p| 4.0 * p * (1.0 - p)).sum();
        if between > DOUBT * taken(&shares) && below(&shares) > TOUCHES {
            let again = self.look(picture, self.coarse(), device)?;
            if below(&again) > FILLS {
                let both = shares.iter_mut().zip(again);
                both.for_each(|(share, again)| *share = share.max(again));
            }
        }
        Ok(shares)
    }

    /// Half the side, where that can be halved at every level.
    fn coarse(&self) -> usize {
        let halves = self
            .side
            .is_multiple_of(2 << (CutoutConfig::DEPTHS.len() - 1));
        if halves { self.side / 2 } else { self.side }
    }

    /// The same, `self.side` values a side, of one look at a picture of this side.
    fn look(&self, picture: &RgbaImage, side: usize, device: &Device) -> Result<Vec<f32>> {
        let small = resize_area(picture, side as u32, side as u32);
        let most = small.pixels().flat_map(|p| [p[0], p[1], p[2]]).max();
        let most = f32::from(most.unwrap_or(0).max(1));
        let planes: Vec<f32> = (0..3)
            .flat_map(|c| {
                let level =
                    move |p: &image::Rgba<u8>| (f32::from(p[c]) / most - MEAN[c]) / DEVIATION[c];
                small.pixels().map(level)
            })
            .collect();
        let pixels = Tensor::from_vec(planes, (1, 3, side, side), device)?;
        let logits = grow(&self.forward(&pixels)?, self.side, self.side)?;
        let logits = logits.flatten_all()?.to_vec1::<f32>()?;
        Ok(logits.iter().map(|x| 1.0 / (1.0 + (-x).exp())).collect())
    }
}

impl Level {
    /// The level `index`, from `inputs` over `inner` channels to `width`.
    fn load(
        weights: &Weights<'_>,
        index: usize,
        (inputs, inner, width): (usize, usize, usize),
    ) -> Result<Self> {
        let depth = CutoutConfig::DEPTHS[index];
        let halves = CutoutConfig::halves(index);
        let conv = |name: String, sizes, dilation| Conv::rectified(weights, &name, sizes, dilation);
        let dilation = |i: usize| if halves { 1 } else { 1 << i };
        let down = |i: usize| {
            let inputs = if i == 0 { width } else { inner };
            conv(format!("down.{i}"), (inputs, inner), dilation(i))
        };
        let up = |i: usize| {
            let outputs = if i == 0 { width } else { inner };
            conv(format!("up.{i}"), (2 * inner, outputs), dilation(i))
        };
        let lowest = if halves { 2 } else { dilation(depth) };
        Ok(Self {
            enter: conv("enter".into(), (inputs, width), 1)?,
            down: (0..depth).map(down).collect::<Result<_>>()?,
            bottom: conv("bottom".into(), (inner, inner), lowest)?,
            up: (0..depth).map(up).collect::<Result<_>>()?,
            halves,
        })
    }

    /// `[1, inputs, height, width]`, perhaps in two tensors -> `[1, width, height, width]`
    fn forward(&self, x: &Tensor, beside: Option<&Tensor>) -> Result<Tensor> {
        let entered = match beside {
            Some(beside) => self.enter.forward_two(x, beside)?,
            None => self.enter.forward(x)?,
        };
        let mut x = entered.clone();
        let mut skips = Vec::new();
        for (i, conv) in self.down.iter().enumerate() {
            if self.halves && i > 0 {
                x = halve(&x)?;
            }
            x = conv.forward(&x)?;
            skips.push(x.clone());
        }
        x = self.bottom.forward(&x)?;
        for (conv, skip) in self.up.iter().zip(&skips).rev() {
            x = conv.forward_two(&grow_to(&x, skip)?, skip)?;
        }
        if !x.device().is_cpu() {
            return Ok((x + entered)?);
        }
        x.inplace_op2(&entered, &Add)?; // nobody else has it
        Ok(x)
    }
}

fn halve(x: &Tensor) -> Result<Tensor> {
    Ok(match x.device().is_cpu() {
        true => x.apply_op1_no_bwd(&Halve)?,
        false => x.max_pool2d(2)?,
    })
}

fn grow_to(x: &Tensor, like: &Tensor) -> Result<Tensor> {
    let (_, _, height, width) = like.dims4()?;
    grow(x, height, width)
}

fn grow(x: &Tensor, height: usize, width: usize) -> Result<Tensor> {
    if x.dims4()?.2 == height && x.dims4()?.3 == width {
        return Ok(x.clone());
    }
    Ok(match x.device().is_cpu() {
        true => x.apply_op1_no_bwd(&Grow { height, width })?,
        false => x.upsample_bilinear2d(height, width, false)?,
    })
}

impl CutoutNetwork for Model {
    fn matte(&self, picture: &RgbaImage) -> Result<GrayImage> {
        let config = (self.config.cutout.as_ref()).context("the weights hold no cut-out")?;
        let network = U2Net::load(&self.weights().at("cutout"), config)?;
        let shares = network.shares(picture, &self.device)?;
        let bytes = shares.iter().map(|s| (s * 255.0).round() as u8).collect();
        let side = config.side as u32;
        GrayImage::from_raw(side, side, bytes).context("a share for each pixel")
    }
}
