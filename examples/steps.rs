//! What fewer steps cost: how far the latents are from those of 200 Euler steps, by both solvers. Relative, root
//! mean square.
//!
//!     cargo run --release --example steps -- WEIGHTS PICTURE [PARTS TOKENS]
//!
//! WEIGHTS is a GGUF or a published directory. A figurine model has its own parts and tokens.

use std::ops::ControlFlow;
use std::path::Path;

use anyhow::{Context, Result};
use candle_core::Device;
use gen3d::model::{DenoiseOptions, Model, Solver};
use gen3d::photo::framing;

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
    let prepared = framing::prepare(&picture.to_rgba8())?;
    let condition = model.encode(&[("front", model.pixels(&prepared)?)], None)?;
    let walk = |solver, steps| {
        let options = DenoiseOptions {
            solver,
            steps,
            ..options.clone()
        };
        let mut go_on = |_, _| ControlFlow::Continue(());
        model.denoise(&condition, &options, &mut go_on)
    };

    let exact = walk(Solver::Euler, 200)?.values;
    println!("| steps | Euler | multistep |\n|---|---|---|");
    for steps in [4, 6, 8, 10, 14, 20, 25, 30, 50, 100] {
        let error = |solver| Ok(relative(&walk(solver, steps)?.values, &exact));
        let errors: Result<Vec<f32>> = [Solver::Euler, Solver::Multistep]
            .map(error)
            .into_iter()
            .collect();
        let errors: Vec<_> = errors?.iter().map(|error| format!("{error:.4}")).collect();
        println!("| {steps} | {} |", errors.join(" | "));
    }
    Ok(())
}

fn relative(found: &[f32], exact: &[f32]) -> f32 {
    let square = |x: f32| x * x;
    let error: f32 = found.iter().zip(exact).map(|(a, b)| square(a - b)).sum();
    (error / exact.iter().copied().map(square).sum::<f32>()).sqrt()
}
