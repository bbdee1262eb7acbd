//! What fewer steps cost: how far the latents are from those of 200 Euler steps, for two solvers that ask the
//! network once a step, and for Heun's, which asks it twice. Relative, root mean square.
//!
//!     cargo run --release --example steps -- WEIGHTS PICTURE [PARTS TOKENS]
//!
//! WEIGHTS is a GGUF or a published directory. A figurine model has its own parts and tokens.

use std::path::Path;

use anyhow::{Context, Result};
use candle_core::{Device, Tensor};
use gen3d::model::denoise::{noise, velocity};
use gen3d::model::schedule::Schedule;
use gen3d::model::transformer::Transformer;
use gen3d::model::{DenoiseOptions, Model, preprocess};

/// How to get from one noise level to the next.
#[derive(Clone, Copy)]
enum Solver {
    Euler,
    /// Adams and Bashforth's of second order: the last step's velocity tells how it changes.
    TwoStep,
    /// A step, the velocity there, and the mean of both.
    Heun,
}

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [weights, picture, ..] = &words[..] else {
        anyhow::bail!("usage: steps WEIGHTS PICTURE [PARTS TOKENS]");
    };
    let number = |i: usize| words.get(i).map(|word| word.parse()).transpose();
    let model = Model::open(Path::new(weights), &Device::Cpu)?;
    let mut options = DenoiseOptions::new(model.config());
    options.parts = number(2)?.unwrap_or(options.parts);
    options.tokens = number(3)?.unwrap_or(options.tokens);
    let picture = image::open(picture).with_context(|| format!("cannot read {picture}"))?;
    let prepared = preprocess::prepare(&picture.to_rgba8())?;
    let condition = model
        .encode(&[("front", model.pixels(&prepared)?)], None)?
        .base;

    let exact = solve(&model, &condition, &options, Solver::Euler, 200)?;
    println!("| evaluations of the network | Euler | two-step | Heun |\n|---|---|---|---|");
    for asked in [6, 10, 14, 20, 30, 50, 100] {
        let mut errors = Vec::new();
        for (solver, steps) in [
            (Solver::Euler, asked),
            (Solver::TwoStep, asked),
            (Solver::Heun, asked / 2),
        ] {
            let found = solve(&model, &condition, &options, solver, steps)?;
            errors.push(format!("{:.4}", relative(&found, &exact)));
        }
        println!("| {asked} | {} |", errors.join(" | "));
    }
    Ok(())
}

fn solve(
    model: &Model,
    condition: &Tensor,
    options: &DenoiseOptions,
    solver: Solver,
    steps: usize,
) -> Result<Vec<f32>> {
    let config = model.config();
    let weights = model.weights();
    let transformer = Transformer::load(&weights.at("transformer"), &config.transformer)?;
    let cache = transformer.condition(condition)?;
    let shape = (
        options.parts,
        options.tokens,
        config.transformer.in_channels,
    );
    let start = noise(options.seed, shape.0 * shape.1 * shape.2);
    let start = start.iter().map(|x| x * options.temperature).collect();
    let mut x = Tensor::from_vec(start, shape, &Device::Cpu)?;
    let schedule = Schedule::new(&config.scheduler, steps);
    let at = |x: &Tensor, sigma: f32| {
        let time = sigma * config.scheduler.num_train_timesteps as f32;
        let (guidance, ids) = (options.guidance, options.part_ids);
        velocity(&transformer, x, time, &cache, None, guidance, ids)
    };
    let mut last: Option<(Tensor, f32)> = None;
    for pair in schedule.sigmas.windows(2) {
        let length = pair[0] - pair[1];
        let v = at(&x, pair[0])?;
        let step = match (solver, &last) {
            (Solver::TwoStep, Some((before, before_length))) => {
                let change = f64::from(length / before_length / 2.0);
                (&v + ((&v - before)? * change)?)?
            }
            (Solver::Heun, _) if pair[1] > 0.0 => {
                let there = at(&(&x + (&v * f64::from(length))?)?, pair[1])?;
                ((&v + there)? / 2.0)?
            }
            _ => v.clone(),
        };
        x = (x + (step * f64::from(length))?)?;
        last = Some((v, length));
    }
    Ok(x.flatten_all()?.to_vec1()?)
}

fn relative(found: &[f32], exact: &[f32]) -> f32 {
    let square = |x: f32| x * x;
    let error: f32 = found.iter().zip(exact).map(|(a, b)| square(a - b)).sum();
    (error / exact.iter().copied().map(square).sum::<f32>()).sqrt()
}
