//! What quantization costs: adds a published checkpoint in every type and prints a table of how far each
//! is from the same checkpoint in f32. A picture of noise, seed 0.
//!
//!     cargo run --release --example quantization -- CHECKPOINT [PARTS TOKENS STEPS GRID]
//!
//! Velocity: one guided step at time 620. Latents: after all steps. Both are relative, root mean square.
//! Surface: from the latents of f32, and in brackets from each type's own. IoU is of what is inside, on
//! GRID points a side; Chamfer the mean distance between surfaces, in thousandths of the box's side.

use std::ops::ControlFlow;
use std::path::Path;

use anyhow::{Context, Result};
use candle_core::{Device, Tensor};
use glam::Vec3;
use image::{Rgb, RgbImage};
use rayon::prelude::*;

use gen3d::base::progress::Watch;
use gen3d::base::seed::noise;
use gen3d::geometry::Field;
use gen3d::model::networks::transformer::Transformer;
use gen3d::model::sampling::denoise::velocity;
use gen3d::model::store::import::{self, Storage};
use gen3d::model::{DenoiseOptions, Latents, Model, PartField, Quantized};
use gen3d::surface::dual_contouring::{ExtractError, extract};

const KINDS: [(&str, Storage); 4] = [
    ("f16", Storage::F16),
    ("q8_0", Storage::Q8_0),
    ("q6_k", Storage::Q6K),
    ("q4_k", Storage::Q4K),
];

fn main() -> Result<()> {
    let mut words = std::env::args().skip(1);
    let path = words
        .next()
        .context("usage: quantization CHECKPOINT [PARTS TOKENS STEPS GRID]")?;
    let mut number = |default: usize| words.next().map_or(Ok(default), |word| word.parse());
    let (parts, tokens, steps, grid) = (number(3)?, number(64)?, number(10)?, number(48)?);
    let source = Path::new(&path);
    let original = Model::open(source, &Device::Cpu)?;
    let options = DenoiseOptions {
        parts,
        tokens,
        steps,
        ..DenoiseOptions::new(original.config())
    };
    let exact = Made::new(&original, &options, None, grid)?;
    println!("| type | file, MB | velocity | latents | IoU | Chamfer |");
    println!("|---|---|---|---|---|---|");
    for (name, storage) in KINDS {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("model.gguf");
        import::import(source, &file, name, Some(storage), &Watch::silent())?;
        let model = Model::open(&file, &Device::Cpu)?.with_quantized(Quantized::Keep);
        let made = Made::new(&model, &options, Some(&exact.latents), grid)?;
        println!(
            "| {name} | {:.1} | {:.4} | {:.4} | {:.4} ({:.4}) | {:.2} ({:.2}) |",
            file.metadata()?.len() as f64 / 1e6,
            relative(&made.velocity, &exact.velocity),
            relative(&made.latents.values, &exact.latents.values),
            made.shape.iou(&exact.shape),
            made.own.iou(&exact.shape),
            made.shape.chamfer(&exact.shape),
            made.own.chamfer(&exact.shape),
        );
    }
    Ok(())
}

/// All that is compared.
struct Made {
    velocity: Vec<f32>,
    latents: Latents,
    /// From the latents that were given.
    shape: Shape,
    /// From its own.
    own: Shape,
}

impl Made {
    fn new(
        model: &Model,
        options: &DenoiseOptions,
        given: Option<&Latents>,
        grid: usize,
    ) -> Result<Self> {
        let random = noise(1, 3 * 512 * 512);
        let picture = RgbImage::from_fn(512, 512, |x, y| {
            let at = (y * 512 + x) as usize * 3;
            Rgb([0, 1, 2].map(|c| (128.0 + 40.0 * random[at + c]) as u8))
        });
        let condition = model.encode(&[("front", model.pixels(&picture)?)], None)?;
        let config = &model.config().transformer;
        let transformer = Transformer::load(&model.weights().at("transformer"), config)?;
        let cache = transformer.condition(&condition.base)?;
        let shape = (options.parts, options.tokens, config.in_channels);
        let x = noise(2, shape.0 * shape.1 * shape.2);
        let x = Tensor::from_vec(x, shape, &Device::Cpu)?;
        let v = velocity(
            &transformer,
            &x,
            620.0,
            &cache,
            None,
            options.guidance,
            options.part_ids,
        )?;
        drop(transformer);
        let mut go_on = |_, _| ControlFlow::Continue(());
        let latents = model.denoise(&condition, options, &mut go_on)?;
        let own = Shape::new(&model.fields(&latents)?, grid)?;
        let shape = match given {
            Some(given) => Shape::new(&model.fields(given)?, grid)?,
            None => Shape::default(),
        };
        Ok(Self {
            velocity: v.flatten_all()?.to_vec1()?,
            latents,
            shape: if given.is_some() { shape } else { own.clone() },
            own,
        })
    }
}

/// What is inside, and where the surface is, of all parts.
#[derive(Clone, Default)]
struct Shape {
    inside: Vec<bool>,
    /// Vertices, a list a part.
    surface: Vec<Vec<Vec3>>,
}

impl Shape {
    fn new(fields: &[(String, PartField)], grid: usize) -> Result<Self> {
        let mut all = Self::default();
        for (_, field) in fields {
            let (low, high) = field.bounds();
            let at = |i: usize| (low + (high - low) * i as f32 / (grid - 1) as f32).x;
            let points: Vec<_> = (0..grid.pow(3))
                .map(|i| Vec3::new(at(i / grid / grid), at(i / grid % grid), at(i % grid)))
                .collect();
            let values = field.distance(&points)?;
            all.inside.extend(values.iter().map(|value| *value < 0.0));
            all.surface.push(match extract(field, grid) {
                Ok(mesh) => mesh.positions,
                Err(ExtractError::NoSurface) => Vec::new(),
                Err(ExtractError::Field(error)) => return Err(error),
            });
        }
        Ok(all)
    }

    fn iou(&self, other: &Self) -> f64 {
        let pairs = || self.inside.iter().zip(&other.inside);
        let both = pairs().filter(|(a, b)| **a && **b).count();
        let any = pairs().filter(|(a, b)| **a || **b).count();
        both as f64 / any.max(1) as f64
    }

    /// The mean over the parts, both ways, in thousandths of the box's side.
    fn chamfer(&self, other: &Self) -> f64 {
        let pairs = self.surface.iter().zip(&other.surface);
        let far = |(a, b): (&Vec<Vec3>, &Vec<Vec3>)| (nearest(a, b) + nearest(b, a)) / 2.0;
        pairs.map(far).sum::<f64>() / self.surface.len() as f64 / 2.01 * 1000.0
    }
}

/// The mean distance of some of the points to the nearest of others.
fn nearest(points: &[Vec3], others: &[Vec3]) -> f64 {
    let some: Vec<_> = points
        .iter()
        .step_by(points.len().div_ceil(2000).max(1))
        .collect();
    let far = |p: &&Vec3| {
        let squares = others.iter().map(|q| p.distance_squared(*q));
        f64::from(squares.fold(f32::INFINITY, f32::min).sqrt())
    };
    some.par_iter().map(far).sum::<f64>() / some.len().max(1) as f64
}

fn relative(got: &[f32], want: &[f32]) -> f64 {
    let square = |x: f32| f64::from(x).powi(2);
    let error: f64 = got.iter().zip(want).map(|(a, b)| square(a - b)).sum();
    (error / want.iter().map(|x| square(*x)).sum::<f64>()).sqrt()
}
