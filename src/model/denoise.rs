//! From noise to latents: steps along a rectified flow, with classifier-free guidance (SPEC sections 3
//! and 4).

use std::ops::ControlFlow;

use anyhow::{Context, Result, ensure};
use candle_core::{Device, Tensor};
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};

use super::config::{Config, PartIds};
use super::schedule::Schedule;
use super::solver::Walk;
use super::transformer::{ConditionCache, Rows, Transformer};
use super::{Cancelled, Condition, DenoiseOptions, Latents, Progress};

/// Standard normal noise of a seed, from one generator on the host: every device starts from the same.
pub fn noise(seed: u64, count: usize) -> Vec<f32> {
    let mut generator = ChaCha12Rng::seed_from_u64(seed);
    StandardNormal
        .sample_iter(&mut generator)
        .take(count)
        .collect()
}

/// The rows of the part embedding for each row of a batch.
pub fn part_ids(parts: usize, rows: Rows, choice: PartIds) -> Vec<u32> {
    let parts = parts as u32;
    match (rows, choice) {
        (Rows::Conditional, _) => (0..parts).collect(),
        (Rows::Both, PartIds::Reference) => (0..2 * parts).collect(),
        (Rows::Both, PartIds::PerObject) => (0..parts).chain(0..parts).collect(),
    }
}

/// The velocity `[parts, tokens, channels]` at one time, guided when `guidance` is above 1; and towards
/// what a text changes, if `changed` says what that is and how strongly.
pub fn velocity(
    transformer: &Transformer,
    latents: &Tensor,
    t: f32,
    cache: &ConditionCache,
    changed: Option<(&ConditionCache, f64)>,
    guidance: f64,
    choice: PartIds,
) -> Result<Tensor> {
    let parts = latents.dim(0)?;
    let rows = if guidance > 1.0 {
        Rows::Both
    } else {
        Rows::Conditional
    };
    let ids = part_ids(parts, rows, choice);
    let v = transformer.forward(latents, t, cache, rows, &ids, &mut |_, _| ())?;
    let (guided, bound) = match rows {
        Rows::Conditional => (v.clone(), v),
        Rows::Both => {
            let (free, bound) = (v.narrow(0, 0, parts)?, v.narrow(0, parts, parts)?);
            ((&free + ((&bound - &free)? * guidance)?)?, bound)
        }
    };
    let Some((cache, strength)) = changed else {
        return Ok(guided);
    };
    let rows = Rows::Conditional;
    let ids = part_ids(parts, rows, choice);
    let v = transformer.forward(latents, t, cache, rows, &ids, &mut |_, _| ())?;
    Ok((guided + ((v - bound)? * strength)?)?)
}

/// Samples all parts.
pub fn sample(
    transformer: &Transformer,
    config: &Config,
    condition: &Condition,
    options: &DenoiseOptions,
    device: &Device,
    progress: Progress<'_>,
) -> Result<Latents> {
    check(config, options)?;
    let shape = (
        options.parts,
        options.tokens,
        config.transformer.in_channels,
    );
    let count = shape.0 * shape.1 * shape.2;
    let start = match &options.noise {
        Some(values) => {
            ensure!(
                values.len() == count,
                "{} numbers of noise given, {count} needed for {shape:?}",
                values.len()
            );
            values.clone()
        }
        None => {
            let noise = noise(options.seed, count);
            noise.iter().map(|x| x * options.temperature).collect()
        }
    };
    let mut x = Tensor::from_vec(start, shape, device)?;
    let cache = transformer.condition(&condition.base)?;
    let changed = (condition.changed.as_ref())
        .map(|tokens| transformer.condition(tokens))
        .transpose()?;
    let changed = (changed.as_ref()).map(|cache| (cache, options.prompt_guidance));
    let schedule = Schedule::new(&config.scheduler, options.steps);
    let mut walk = Walk::new(options.solver);
    for (step, &t) in schedule.timesteps.iter().enumerate() {
        let v = velocity(
            transformer,
            &x,
            t,
            &cache,
            changed,
            options.guidance,
            options.part_ids,
        )
        .with_context(|| format!("in step {} of {}", step + 1, options.steps))?;
        let length = schedule.sigmas[step] - schedule.sigmas[step + 1];
        x = walk.step(&x, v, length)?;
        // A GPU runs ahead of the host: wait, or the progress is a lie and a cancellation late.
        device.synchronize()?;
        if progress(step + 1, options.steps) == ControlFlow::Break(()) {
            return Err(Cancelled.into());
        }
    }
    let values = x.flatten_all()?.to_vec1::<f32>()?;
    ensure!(
        values.iter().all(|x| x.is_finite()),
        "the latents are not numbers: the weights are damaged, or the guidance of {} is too strong",
        options.guidance
    );
    let (parts, tokens, channels) = shape;
    Ok(Latents {
        parts,
        tokens,
        channels,
        values,
    })
}

/// Refuses what this model cannot do, before minutes are spent.
///
/// # Errors
/// An option is out of its range, or not this model's to choose; the message says what is.
pub fn check(config: &Config, options: &DenoiseOptions) -> Result<()> {
    ensure!(
        (1..=10_000).contains(&options.steps),
        "{} steps: choose 1 to 10000",
        options.steps
    );
    for guidance in [options.guidance, options.prompt_guidance] {
        ensure!(
            guidance.is_finite(),
            "the guidance must be a number, found {guidance}"
        );
    }
    ensure!(
        (0.0..=2.0).contains(&options.temperature),
        "the temperature must be 0 to 2, found {}",
        options.temperature
    );
    ensure!(
        (1..=65_536).contains(&options.tokens),
        "{} tokens: choose 1 to 65536",
        options.tokens
    );
    ensure!(options.parts > 0, "at least one part must be made");
    let t = &config.transformer;
    let limit = match (t.enable_part_embedding, options.part_ids) {
        (false, _) => 1,
        (true, PartIds::Reference) if options.guidance > 1.0 => t.max_num_parts / 2,
        (true, _) => t.max_num_parts,
    };
    let limit = limit.min(config.sampling.most_parts.unwrap_or(limit));
    ensure!(
        options.parts <= limit,
        "{} parts are asked for, this model makes at most {limit}",
        options.parts
    );
    if let Some(figurine) = &config.figurine {
        ensure!(
            options.parts == figurine.slots.len() && options.tokens == config.sampling.tokens,
            "this model always makes {} parts of {} tokens",
            figurine.slots.len(),
            config.sampling.tokens
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::noise;

    #[test]
    fn a_seed_is_its_noise_for_ever() {
        let values = noise(0, 100_000);
        assert_eq!(values, noise(0, 100_000), "one seed, one noise");
        assert_ne!(values[..8], noise(1, 8)[..], "another seed, another noise");
        let mean = values.iter().sum::<f32>() / 1e5;
        let variance = values.iter().map(|x| x * x).sum::<f32>() / 1e5;
        assert!(
            mean.abs() < 0.02 && (variance - 1.0).abs() < 0.02,
            "{mean} {variance}: not standard normal"
        );
    }
}
