//! Faces: what the front of a head shows, whose eyes and mouth are too small for the field decoder.
//!
//! A small diffusion network of its own looks at a head's latents and thinks of a face, as the weights of a few
//! pictures that add up to it. Such a sum is a blur; another network paints what it shows in more pixels
//! (`training/train/faces.py` makes all of them). It lies on the front of the head, in the frame of the head's own box.

use std::f32::consts::PI;

use anyhow::Result;
use candle_core::{Device, Tensor};
use glam::{Vec2, Vec3};

use crate::base::numeric::smoothstep;
use crate::base::resample::between;
use crate::base::seed::{self, noise};
use crate::model::config::{FaceConfig, PainterConfig};
use crate::model::nn::conv::Conv;
use crate::model::nn::{LayerNorm, Linear, Weights};

/// Before how much of its box, from its middle at 0 to its front at 1, a head has none of its face and all.
const FADES: (f32, f32) = (0.1, 0.35);
const EPS: f64 = 1e-5;
/// Faces that are thought of for one head.
const THOUGHTS: usize = 5;

/// The networks, and the pictures of which faces are made.
pub(crate) struct Faces {
    side: usize,
    steps: usize,
    /// `[pixels]`
    mean: Vec<f32>,
    /// `[weights, pixels]`
    basis: Vec<f32>,
    proj_in: Linear,
    blocks: Vec<Block>,
    norm: LayerNorm,
    proj_out: Linear,
    painter: FacePainter,
    device: Device,
}

struct Block {
    norm: LayerNorm,
    up: Linear,
    down: Linear,
}

/// What paints a sum of pictures in more pixels.
struct FacePainter {
    finer: usize,
    first: Conv,
    blocks: Vec<[Conv; 2]>,
    last: Conv,
}

/// A face as it is seen from the front, sRGB, both sides alike: rows from below, columns from the middle
/// outwards.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Face {
    side: usize,
    pixels: Vec<Vec3>,
}

impl Faces {
    /// From the tensors below `face.`; the network sees `seen` numbers of a head.
    pub(crate) fn load(w: &Weights<'_>, config: &FaceConfig, seen: usize) -> Result<Self> {
        let (w, device) = (w.at("face"), w.device());
        let (weights, width, pixels) = (config.weights, config.width, config.pixels());
        let block = |i: usize| {
            let w = w.at(format_args!("blocks.{i}"));
            Ok(Block {
                norm: w.layer_norm("norm", width, EPS)?,
                up: w.linear("up", width, width)?,
                down: w.linear("down", width, width)?,
            })
        };
        Ok(Self {
            side: config.side,
            steps: config.steps,
            mean: w.numbers("mean", &[pixels])?,
            basis: w.numbers("basis", &[weights, pixels])?,
            proj_in: w.linear("proj_in", config.inputs(seen), width)?,
            blocks: (0..config.blocks).map(block).collect::<Result<_>>()?,
            norm: w.layer_norm("norm_out", width, EPS)?,
            proj_out: w.linear("proj_out", width, weights)?,
            painter: FacePainter::load(&w.at("painter"), &config.painter)?,
            device: device.clone(),
        })
    }

    /// The face that a head of these latents and this main colour, sRGB, has: always the same. Of several the middle
    /// one, by how much there is of it, for now and then one has no eyes, or hardly anything else.
    pub(crate) fn draw(&self, head: &[f32], main: [f32; 3]) -> Result<Face> {
        let noise = noise(seed(head), THOUGHTS * self.basis.len() / self.mean.len());
        let faces = self.sample(head, noise)?;
        let mut pictures: Vec<_> = faces.iter().map(|weights| self.sum(weights)).collect();
        let much = |picture: &Vec<f32>| picture.iter().map(|x| x * x).sum::<f32>();
        pictures.sort_by(|a, b| much(a).total_cmp(&much(b)));
        self.face(pictures.swap_remove(THOUGHTS / 2), main)
    }

    /// From noise, `[faces, weights]`, to the weights of as many faces, by Euler's steps.
    fn sample(&self, head: &[f32], noise: Vec<f32>) -> Result<Vec<Vec<f32>>> {
        let shape = ((), self.basis.len() / self.mean.len());
        let mut x = Tensor::from_vec(noise, shape, &self.device)?;
        let head = Tensor::from_slice(head, (1, head.len()), &self.device)?;
        let head = head.repeat((x.dim(0)?, 1))?; // [faces, seen]
        for step in 0..self.steps {
            let v = self.velocity(&x, 1.0 - step as f32 / self.steps as f32, &head)?;
            x = (x + (v / self.steps as f64)?)?;
        }
        Ok(x.to_vec2()?)
    }

    /// `[faces, weights]` at a time from 1, all noise, to 0.
    fn velocity(&self, x: &Tensor, time: f32, head: &Tensor) -> Result<Tensor> {
        let angles = (0..FaceConfig::OCTAVES).map(|octave| PI * (1 << octave) as f32 * time);
        let waves: Vec<f32> = (angles.clone().map(f32::sin))
            .chain(angles.map(f32::cos))
            .collect();
        let waves = Tensor::new(&waves[..], &self.device)?.unsqueeze(0)?;
        let waves = waves.repeat((x.dim(0)?, 1))?; // [faces, 2 * octaves]
        let mut h = (self.proj_in).forward(&Tensor::cat(&[x, head, &waves], 1)?)?;
        for Block { norm, up, down } in &self.blocks {
            h = (&h + down.forward(&up.forward_gelu(&norm.forward(&h)?)?)?)?;
        }
        self.proj_out.forward(&self.norm.forward(&h)?)
    }

    /// The sum of pictures that has these weights, less the head's main colour.
    fn sum(&self, weights: &[f32]) -> Vec<f32> {
        let mut picture = self.mean.clone();
        for (weight, row) in weights.iter().zip(self.basis.chunks_exact(picture.len())) {
            for (x, part) in picture.iter_mut().zip(row) {
                *x += weight * part;
            }
        }
        picture
    }

    /// What such a sum is meant to show, on a head of a main colour, sRGB.
    fn face(&self, picture: Vec<f32>, main: [f32; 3]) -> Result<Face> {
        let half = (self.side, self.side / 2, 3);
        let half = Tensor::from_vec(picture, half, &self.device)?.permute((2, 0, 1))?;
        let half = half.contiguous()?; // [3, side, side / 2]
        let fine = self.painter.forward(&half)?; // [3, side * finer, side * finer / 2]
        let main = Vec3::from_array(main);
        let pixels = fine.flatten(1, 2)?.t()?.to_vec2::<f32>()?;
        Ok(Face {
            side: self.side * self.painter.finer,
            pixels: (pixels.iter())
                .map(|less| main + Vec3::from_slice(less))
                .collect(),
        })
    }
}

impl FacePainter {
    fn load(w: &Weights<'_>, config: &PainterConfig) -> Result<Self> {
        let conv = |name: &str, sizes| Conv::load(w, name, sizes);
        let (width, outputs) = (config.width, config.outputs());
        let block = |i: usize| {
            let layer = |layer: &str| conv(&format!("blocks.{i}.{layer}"), (width, width));
            Ok([layer("up")?, layer("down")?])
        };
        Ok(Self {
            finer: config.finer,
            first: conv("first", (PainterConfig::INPUTS, width))?,
            blocks: (0..config.blocks).map(block).collect::<Result<_>>()?,
            last: conv("last", (width, outputs))?,
        })
    }

    /// From the outer half of a face `[3, side, side / 2]` to the same in more pixels.
    fn forward(&self, half: &Tensor) -> Result<Tensor> {
        let (_, side, columns) = half.dims3()?;
        let whole = Tensor::cat(&[&half.flip(&[2])?, half], 2)?.unsqueeze(0)?; // [1, 3, side, side]
        let axis = |i: usize| (i as f32 + 0.5) * 2.0 / side as f32 - 1.0;
        let places: Vec<f32> = (0..side * side)
            .map(|i| axis(i % side).abs())
            .chain((0..side * side).map(|i| axis(i / side)))
            .collect();
        let places = Tensor::from_vec(places, (1, 2, side, side), half.device())?;
        let mut h = self.first.forward(&Tensor::cat(&[&whole, &places], 1)?)?;
        for [up, down] in &self.blocks {
            h = (&h + down.forward(&up.forward(&h.gelu_erf()?)?.gelu_erf()?)?)?;
        }
        let more = candle_nn::ops::pixel_shuffle(&self.last.forward(&h.gelu_erf()?)?, self.finer)?;
        let fine = (more + whole.upsample_nearest2d(side * self.finer, side * self.finer)?)?;
        Ok(fine
            .squeeze(0)?
            .narrow(2, columns * self.finer, columns * self.finer)?)
    }
}

/// A seed of its own for every head.
fn seed(head: &[f32]) -> u64 {
    let bytes = head.iter().flat_map(|x| x.to_bits().to_le_bytes());
    seed::seed(0xcbf2_9ce4_8422_2325, bytes)
}

impl Face {
    /// The colour of a point in the head's frame, which without a face has `colour`.
    pub(crate) fn over(&self, point: Vec3, colour: Vec3) -> Vec3 {
        let (none, all) = FADES;
        let t = ((point.z - none) / (all - none)).clamp(0.0, 1.0);
        match t > 0.0 {
            true => colour.lerp(self.at(point), smoothstep(t)),
            false => colour,
        }
    }

    /// What the picture shows before a point, between its pixels.
    fn at(&self, point: Vec3) -> Vec3 {
        let cells = [self.side / 2, self.side];
        let at = Vec2::new(point.x.abs(), (point.y + 1.0) / 2.0);
        let at = at * Vec2::from(cells.map(|cells| cells as f32)) - 0.5;
        between(|i| self.pixels[i], cells, at)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::model::Model;

    #[test]
    fn a_face_lies_on_the_front_the_right_way_up() {
        let (dark, light, plain) = (Vec3::splat(0.25), Vec3::splat(0.75), Vec3::splat(0.1));
        let face = Face {
            side: 4,
            pixels: vec![light, light, light, light, light, dark, light, light],
        };
        let at = |x, y, z| face.over(Vec3::new(x, y, z), plain);
        assert_eq!(at(-0.75, 0.25, 0.8), dark, "an eye");
        assert_eq!(at(0.75, 0.25, 0.8), dark, "the other eye");
        assert_eq!(at(0.75, -0.25, 0.8), light, "a cheek");
        assert_eq!(at(0.25, 0.25, 0.8), light, "between the eyes");
        assert_eq!(at(0.75, 0.5, 0.8), Vec3::splat(0.5), "between two pixels");
        assert_eq!(
            at(0.75, 0.25, -0.8),
            plain,
            "the back of a head has no face"
        );
    }

    /// `tests/data/figurine/make.py` wrote the weights and what PyTorch makes of them.
    #[test]
    fn a_face_is_the_one_that_the_training_means() -> Result<()> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/figurine");
        let golden =
            candle_core::safetensors::load(folder.join("golden.safetensors"), &Device::Cpu)?;
        let numbers = |name: &str| golden[name].flatten_all()?.to_vec1::<f32>();
        let model = Model::open(&folder.join("weights.gguf"), &Device::Cpu)?;
        let config = (model.config().figurine.as_ref()).and_then(|f| f.face.as_ref());
        let head = numbers("face_head")?;
        let faces = Faces::load(&model.weights(), config.expect("faces"), head.len())?;
        let weights = faces.sample(&head, numbers("face_noise")?)?.concat();
        let face = faces.face(faces.sum(&weights), [0.5; 3])?;
        let pixels: Vec<f32> = face.pixels.iter().flat_map(|p| p.to_array()).collect();
        let far = |got: &[f32], want: &[f32]| {
            assert_eq!(got.len(), want.len());
            let far = got.iter().zip(want).map(|(a, b)| (a - b).abs());
            far.fold(0.0, f32::max)
        };
        let far = (
            far(&weights, &numbers("face_weights")?),
            far(&pixels, &numbers("face")?),
        );
        assert!(
            far.0 < 1e-4 && far.1 < 1e-4,
            "{far:?} from what PyTorch makes"
        );
        assert_ne!(faces.draw(&head, [0.5; 3])?, face, "its own noise");
        assert_eq!(faces.draw(&head, [0.5; 3])?, faces.draw(&head, [0.5; 3])?);
        Ok(())
    }
}
