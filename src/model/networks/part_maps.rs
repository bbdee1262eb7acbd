//! The network of part maps: a convolutional U-Net over the pixels of a photo, with the tokens of an image encoder in
//! its middle (`training/maps/network.py`; what it tells: [`crate::maps`]).

use anyhow::{Context, Result};
use candle_core::{D, Tensor};
use candle_nn::ops::{silu, softmax};

use crate::model::Probe;
use crate::model::config::{ImageEncoderConfig, PartMapsConfig};
use crate::model::networks::attention_block::AttentionBlock;
use crate::model::networks::image_encoder::{ImageEncoder, patches};
use crate::model::nn::conv::{Conv, Strided};
use crate::model::nn::{Linear, Weights};

/// Halves the picture, or keeps its size, and adds a residual of two convolutions.
struct Stage {
    first: Strided,
    residual: Residual,
}

impl Stage {
    fn load(w: &Weights<'_>, stride: usize, (inputs, outputs): (usize, usize)) -> Result<Self> {
        Ok(Self {
            first: Strided::load(w, "0.conv", 3, stride, (inputs, outputs))?,
            residual: Residual::load(&w.at(1), outputs)?,
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.residual.forward(&silu(&self.first.forward(x)?)?)
    }
}

struct Residual {
    first: Conv,
    second: Conv,
}

impl Residual {
    fn load(w: &Weights<'_>, width: usize) -> Result<Self> {
        Ok(Self {
            first: Conv::load(w, "first.conv", (width, width))?,
            second: Conv::load(w, "conv", (width, width))?,
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let inner = self.second.forward(&silu(&self.first.forward(x)?)?)?;
        Ok(silu(&(x + inner)?)?)
    }
}

/// Attention among all places of the coarsest level, then a small network at each.
struct Block {
    position: Tensor,
    attention: AttentionBlock,
}

impl Block {
    fn load(w: &Weights<'_>, heads: usize, places: usize, width: usize) -> Result<Self> {
        Ok(Self {
            position: w.tensor("position", &[1, places, width])?,
            attention: AttentionBlock::load(w, width, heads, 2 * width)?,
        })
    }

    /// Tokens `[1, places, width]` -> the same.
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.attention.forward(&x.add(&self.position)?)
    }
}

/// From a photo to part maps.
pub struct PartMapsNetwork {
    encoder: ImageEncoder,
    segmentation: Linear,
    stem: Strided,
    full: [Conv; 2],
    down: [Stage; 3],
    tokens: Linear,
    token: Linear,
    blocks: Vec<Block>,
    middle: Residual,
    up: [Stage; 3],
    maps: Strided,
    camera: [Linear; 2],
    mean: Tensor,
    std: Tensor,
    config: PartMapsConfig,
}

/// What the network gives, before it is taken apart.
pub struct Output {
    /// `[channels, side / 2, side / 2]`
    pub maps: Tensor,
    /// Sine and cosine of yaw, and twice the pitch in radians.
    pub camera: [f32; 3],
}

impl PartMapsNetwork {
    /// From the tensors below `part_maps.`; the configuration must have been validated.
    pub fn load(
        weights: &Weights<'_>,
        config: &PartMapsConfig,
        encoder: &ImageEncoderConfig,
        mean: [f32; 3],
        std: [f32; 3],
    ) -> Result<Self> {
        let w = &weights.at("part_maps");
        let [a, b, c, d] = config.widths;
        let (outputs, width) = (config.segmentation_outputs(), encoder.hidden_size);
        let cells = config.cells * config.cells;
        let stage = |name: &str, stride, io| Stage::load(&w.at(name), stride, io);
        let block = |i| {
            Block::load(
                &w.at(format_args!("blocks.{i}")),
                config.heads,
                config.places(),
                d,
            )
        };
        let three = |values: [f32; 3]| Tensor::new(&values, w.device())?.reshape((1, 3, 1, 1));
        Ok(Self {
            encoder: ImageEncoder::load(&w.at("image_encoder"), encoder, config.side)?,
            segmentation: w.linear("seen", width, cells * outputs)?,
            stem: Strided::load(w, "stem.conv", 3, 2, (5, a))?,
            full: [
                Conv::load(w, "full.0.conv", (a, a))?,
                Conv::load(w, "full.1.conv", (a, a))?,
            ],
            down: [
                stage("down1", 2, (a + outputs, b))?,
                stage("down2", 2, (b, c))?,
                stage("down3", 2, (c, d))?,
            ],
            tokens: w.linear("tokens", width, d)?,
            token: w.linear("token", width, d)?,
            blocks: (0..config.blocks).map(block).collect::<Result<_>>()?,
            middle: Residual::load(&w.at("middle"), d)?,
            up: [
                stage("up2", 1, (d + c, c))?,
                stage("up1", 1, (c + b, b))?,
                stage("up0", 1, (b + a, b))?,
            ],
            maps: Strided::load(w, "maps", 1, 1, (b, config.channels()))?,
            camera: [
                w.linear("camera.0", d + width, 128)?,
                w.linear("camera.1", 128, 3)?,
            ],
            mean: three(mean)?,
            std: three(std)?,
            config: config.clone(),
        })
    }

    /// Straight colours and alpha `[1, 4, side, side]` in `0..=1`, and the inflated outline `[1, 1, side, side]` in
    /// halves of the frame.
    pub fn forward(&self, rgba: &Tensor, inflated: &Tensor, probe: Probe<'_>) -> Result<Output> {
        let (rgb, alpha) = (rgba.narrow(1, 0, 3)?, rgba.narrow(1, 3, 1)?);
        let covered = rgb.broadcast_mul(&alpha)?;
        let white = covered.broadcast_add(&alpha.affine(-1.0, 1.0)?)?;
        let pixels = white.broadcast_sub(&self.mean)?.broadcast_div(&self.std)?;
        let t = self.encoder.forward(&pixels, &mut |_, _| ())?; // [1, 1 + patches, width]
        probe("tokens", &t);
        let centred = (covered.affine(2.0, 0.0)?.broadcast_sub(&alpha))?; // (c - 0.5) * 2 * alpha
        let input = Tensor::cat(
            &[
                &centred,
                &alpha.affine(2.0, -1.0)?,
                &inflated.affine(2.0, 0.0)?,
            ],
            1,
        )?;
        let mut x0 = silu(&self.stem.forward(&input)?)?; // [1, a, side / 2, side / 2]
        for conv in &self.full {
            x0 = silu(&conv.forward(&x0)?)?;
        }
        probe("full", &x0);
        let x1 = self.down[0].forward(&Tensor::cat(&[&x0, &self.cells(&t)?], 1)?)?;
        let x2 = self.down[1].forward(&x1)?;
        let x3 = self.down[2].forward(&x2)?; // [1, d, side / 16, side / 16]
        probe("down", &x3);
        let (_, d, rows, columns) = x3.dims4()?;
        let patches = t.dim(1)? - 1;
        let (class, patch) = (
            t.narrow(1, 0, 1)?.contiguous()?,
            t.narrow(1, 1, patches)?.contiguous()?,
        );
        let mut x =
            (x3.flatten_from(2)?.transpose(1, 2)?.contiguous()? + self.tokens.forward(&patch)?)?; // [1, places, d]
        x = x.broadcast_add(&self.token.forward(&class)?)?;
        for block in &self.blocks {
            x = block.forward(&x)?;
        }
        let x = x
            .transpose(1, 2)?
            .contiguous()?
            .reshape((1, d, rows, columns))?;
        let x = self.middle.forward(&x)?;
        probe("middle", &x);
        let whole = Tensor::cat(&[x.mean((D::Minus2, D::Minus1))?, class.squeeze(1)?], 1)?;
        let camera = self.camera[1]
            .forward(&self.camera[0].forward_gelu(&whole)?)?
            .flatten_all()?
            .to_vec1::<f32>()?;
        let mut x = x;
        for (stage, skip) in self.up.iter().zip([&x2, &x1, &x0]) {
            let (_, _, h, w) = skip.dims4()?;
            x = stage.forward(&Tensor::cat(&[&x.upsample_nearest2d(h, w)?, skip], 1)?)?;
        }
        let maps = self.maps.forward(&x)?.squeeze(0)?;
        probe("maps", &maps);
        let camera = camera
            .try_into()
            .ok()
            .context("the camera is three numbers")?;
        Ok(Output { maps, camera })
    }

    /// What the encoder tells of the cells of each patch: shares of nothing and of each of its slots, and a place;
    /// `[1, told, side / 2, side / 2]`.
    fn cells(&self, tokens: &Tensor) -> Result<Tensor> {
        let (fine, outputs) = (self.config.cells, self.config.segmentation_outputs());
        let (tokens, coarse) = patches(tokens)?;
        let s = self.segmentation.forward(&tokens)?;
        let s = s
            .reshape(&[coarse, coarse, fine, fine, outputs][..])?
            .permute([4, 0, 2, 1, 3])?
            .contiguous()?;
        let s = s.reshape((1, outputs, coarse * fine, coarse * fine))?;
        let shares = softmax(&s.narrow(1, 0, outputs - 3)?, 1)?;
        let s = Tensor::cat(&[&shares, &s.narrow(1, outputs - 3, 3)?], 1)?;
        let side = self.config.side / 2;
        Ok(s.upsample_bilinear2d(side, side, false)?)
    }
}
