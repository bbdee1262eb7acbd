//! Times each stage of a figurine's making and prints one JSON object, in seconds.
//!
//!     cargo run --release --example bench -- WEIGHTS [DEVICE] [--keep] [--steps=N] [--tokens=N] [--points=N]
//!
//! WEIGHTS is a GGUF or a published directory (`examples/random_weights.rs` makes one of random numbers,
//! which take as long as trained ones, but for the surface's size). `--keep` leaves quantized matrices
//! packed; of large models fewer steps, tokens and points will do. `RAYON_NUM_THREADS` sets the number of threads.

use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use clap::ValueEnum;
use gen3d::geometry::Field;
use gen3d::model::nn::clock;
use gen3d::model::nn::device::{self, DeviceChoice};
use gen3d::model::{DenoiseOptions, Model, Quantized};
use glam::Vec3;
use image::{Rgb, RgbImage};

/// Points of the field bench, unless told otherwise.
const POINTS: usize = 1_000_000;

fn main() -> Result<()> {
    let (flags, words): (Vec<_>, Vec<_>) = std::env::args()
        .skip(1)
        .partition(|word| word.starts_with("--"));
    let path = words
        .first()
        .context("usage: bench WEIGHTS [DEVICE] [--keep]")?;
    let word = words.get(1).map_or("cpu", String::as_str);
    let choice = DeviceChoice::from_str(word, false).map_err(anyhow::Error::msg)?;
    let device = device::choose(choice)?;
    let mode = if flags.iter().any(|flag| flag == "--keep") {
        Quantized::Keep
    } else {
        Quantized::Auto
    };
    let number = |name: &str| -> Result<Option<usize>> {
        let value = flags.iter().find_map(|flag| flag.strip_prefix(name));
        let parsed = value.map(|value| value.trim_start_matches('=').parse());
        parsed.transpose().with_context(|| format!("{name}=N"))
    };
    let mut times = serde_json::Map::new();
    let mut busy = processor_seconds();
    let mut note = |name: &str, value: f64| {
        times.insert(name.into(), value.into());
        // On a shared machine the processor's time says more than the clock's.
        let now = processor_seconds();
        if let (Some(before), Some(after)) = (busy, now) {
            times.insert(format!("{name}_cpu"), (after - before).into());
        }
        busy = now;
    };

    let start = Instant::now();
    let model = Model::open(Path::new(path), &device)?.with_quantized(mode);
    note("open", start.elapsed().as_secs_f64());

    let stage = Instant::now();
    let picture = RgbImage::from_fn(512, 512, |x, y| Rgb([x as u8, y as u8, (x ^ y) as u8]));
    let pixels = model.pixels(&picture)?;
    note("pixels", stage.elapsed().as_secs_f64());

    let stage = Instant::now();
    let condition = model.encode(&[("front", pixels)], None)?;
    note("encoder_with_loading", stage.elapsed().as_secs_f64());

    let mut options = DenoiseOptions::new(model.config());
    options.steps = number("--steps")?.unwrap_or(options.steps);
    options.tokens = number("--tokens")?.unwrap_or(options.tokens);
    let stage = Instant::now();
    let mut steps = Vec::new();
    let mut last = stage;
    let mut before = clock::spent();
    let mut work = serde_json::Map::new();
    let mut latents = model.denoise(&condition, &options, &mut |_, _| {
        let took = last.elapsed().as_secs_f64();
        let now = clock::spent();
        let mut rest = took;
        for ((name, now), (_, before)) in now.into_iter().zip(before) {
            rest -= now - before;
            work.insert(name.into(), (now - before).into());
        }
        work.insert("sums and copies".into(), rest.into());
        before = now;
        steps.push(took);
        last = Instant::now();
        ControlFlow::Continue(())
    })?;
    note("denoise", stage.elapsed().as_secs_f64());
    note("steps", steps.len() as f64);
    let mut later = steps.split_off(1.min(steps.len() - 1)); // the first loads the weights
    later.sort_by(f64::total_cmp);
    note("step_median", later[later.len() / 2]);

    if model.config().figurine.is_some() {
        let row = latents.tokens * latents.channels;
        // All parts, so that random weights do the full work.
        latents
            .values
            .chunks_exact_mut(row)
            .for_each(|part| part[row - latents.channels + 6] = 1.0);
    }
    let stage = Instant::now();
    let fields = model.fields(&latents)?;
    note("trunk_all_parts", stage.elapsed().as_secs_f64());
    note("parts", fields.len() as f64);

    let (_, field) = fields.first().context("no part is present")?;
    let (low, high) = field.bounds();
    let count = number("--points")?.unwrap_or(POINTS);
    let side = (count as f64).cbrt().ceil().max(2.0) as usize;
    let at = |i: usize| i as f32 / (side - 1) as f32;
    let points: Vec<_> = (0..count)
        .map(|i| {
            low + (high - low) * Vec3::new(at(i / side / side), at(i / side % side), at(i % side))
        })
        .collect();
    let stage = Instant::now();
    let values = field.distance(&points)?;
    let million = 1e6 / count as f64;
    note("million_points", stage.elapsed().as_secs_f64() * million);
    note(
        "inside",
        values.iter().filter(|v| **v < 0.0).count() as f64 / count as f64,
    );
    times.insert("last_step".into(), work.into());

    println!("{}", serde_json::to_string_pretty(&times)?);
    Ok(())
}

/// Time that all threads have spent on processors so far, where the system tells.
fn processor_seconds() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<_> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |index: usize| fields.get(index)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / 100.0) // ticks of a hundredth of a second
}
