//! From noise to latents: steps along a rectified flow, with classifier-free
//! [guidance](crate::guide::networks#guidance-and-part-ids).

use std::ops::ControlFlow;

use anyhow::{Context, Result, ensure};
use candle_core::{Device, Tensor};

use super::edit::{self, Change};
use super::schedule::Schedule;
use super::solver::Walk;
use crate::base::progress::Cancelled;
use crate::base::seed::noise;
use crate::model::config::{Config, PartIds};
use crate::model::networks::transformer::{ConditionCache, Rows, Transformer};
use crate::model::{Condition, DenoiseOptions, Imagined, Latents, Progress};

/// Of several augmented views of a picture so many are taken in a step, in turn: the mean over the steps is the mean over
/// the views. Two score as five do, in 0.63 s instead of 1.09; one does worse on photos (`training/NOTEBOOK.md`, "Drawing a figure").
const VIEWS_A_STEP: usize = 2;

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

/// Samples all parts: of the pictures, or of words alone; and if words change what the pictures show, again
/// from the same noise, so that those parts become what they say.
pub fn sample(
    transformer: &Transformer,
    config: &Config,
    condition: &Condition,
    options: &DenoiseOptions,
    device: &Device,
    progress: Progress<'_>,
) -> Result<Imagined> {
    check(config, options)?;
    let flow = Flow::new(transformer, config, &condition.base, options, device)?;
    let runs = 1 + usize::from(condition.with_words.is_some());
    let mut tick = |done: usize, x: Tensor| {
        // A GPU runs ahead of the host: wait, or the progress is a lie and a cancellation late.
        device.synchronize()?;
        match progress(done, runs * options.steps) {
            ControlFlow::Continue(()) => Ok(x),
            ControlFlow::Break(()) => Err(Cancelled.into()),
        }
    };
    let Some(with_words) = &condition.with_words else {
        let x = flow.walk(None, |step, x| tick(step + 1, x))?;
        return Ok(flow.latents(&x)?.into());
    };
    // What each step of the figure of the pictures came to.
    let mut path = Vec::with_capacity(options.steps);
    let before = flow.walk(None, |step, x| {
        path.push(x.clone());
        tick(step + 1, x)
    })?;
    let mut tick = |step: usize, x: Tensor| tick(options.steps + step + 1, x);
    let (after, effects) = edit::follow(&flow, config, with_words, &before, &path, &mut tick)?;
    Ok(Imagined {
        latents: flow.latents(&after)?,
        change: Some(Change {
            before: flow.latents(&before)?,
            effects,
        }),
    })
}

/// All that leads from one noise to latents.
pub(crate) struct Flow<'a> {
    transformer: &'a Transformer,
    options: &'a DenoiseOptions,
    pub(crate) schedule: Schedule,
    base: ConditionCache,
    /// Parts, tokens, channels.
    pub(crate) shape: (usize, usize, usize),
    /// As training knows it, and what the steps begin with.
    noise: Tensor,
    start: Tensor,
}

impl<'a> Flow<'a> {
    fn new(
        transformer: &'a Transformer,
        config: &Config,
        base: &Tensor,
        options: &'a DenoiseOptions,
        device: &Device,
    ) -> Result<Self> {
        let shape = (
            options.parts,
            options.tokens,
            config.transformer.in_channels,
        );
        let count = shape.0 * shape.1 * shape.2;
        let (noise, temperature) = match &options.noise {
            Some(values) => {
                ensure!(
                    values.len() == count,
                    "{} numbers of noise given, {count} needed for {shape:?}",
                    values.len()
                );
                (values.clone(), 1.0)
            }
            None => (noise(options.seed, count), options.temperature),
        };
        let start = noise.iter().map(|x| x * temperature).collect::<Vec<_>>();
        Ok(Self {
            transformer,
            options,
            schedule: Schedule::new(&config.scheduler, options.steps),
            base: transformer.condition(base)?,
            shape,
            noise: Tensor::from_vec(noise, shape, device)?,
            start: Tensor::from_vec(start, shape, device)?,
        })
    }

    /// What the transformer needs of condition tokens.
    pub(crate) fn condition(&self, tokens: &Tensor) -> Result<ConditionCache> {
        self.transformer.condition(tokens)
    }

    /// The latents at the end; each step's go on as `step` gives them back.
    pub(crate) fn walk(
        &self,
        words: Option<&ConditionCache>,
        mut step: impl FnMut(usize, Tensor) -> Result<Tensor>,
    ) -> Result<Tensor> {
        let options = self.options;
        let mut x = self.start.clone();
        let mut walk = Walk::new(options.solver);
        for (place, &t) in self.schedule.timesteps.iter().enumerate() {
            let turn = |cache: &ConditionCache| cache.some(place * VIEWS_A_STEP, VIEWS_A_STEP);
            let (base, words) = (turn(&self.base)?, words.map(turn).transpose()?);
            let v = velocity(
                self.transformer,
                &x,
                t,
                &base,
                words.as_ref().map(|words| (words, options.prompt_guidance)),
                options.guidance,
                options.part_ids,
            )
            .with_context(|| format!("in step {} of {}", place + 1, options.steps))?;
            let length = self.schedule.sigmas[place] - self.schedule.sigmas[place + 1];
            x = step(place, walk.step(&x, v, length)?)?;
        }
        Ok(x)
    }

    /// What the model expects of the figure `x` once so much of it, `0..=1`, has become noise: as it was made,
    /// and under words; `[parts, tokens, channels]` row-major.
    pub(crate) fn expected(
        &self,
        x: &Tensor,
        sigma: f32,
        words: &ConditionCache,
    ) -> Result<[Vec<f32>; 2]> {
        let far = f64::from(sigma);
        let noisy = ((x * (1.0 - far))? + (&self.noise * far)?)?;
        let t = sigma * self.schedule.timesteps[0]; // all noise is the first
        let mean = |condition| -> Result<Vec<f32>> {
            let (parts, rows) = (self.shape.0, Rows::Conditional);
            let ids = part_ids(parts, rows, self.options.part_ids);
            let v = (self.transformer).forward(&noisy, t, condition, rows, &ids, &mut |_, _| ())?;
            Ok((&noisy + (v * far)?)?.flatten_all()?.to_vec1()?)
        };
        Ok([mean(&self.base)?, mean(words)?])
    }

    fn latents(&self, x: &Tensor) -> Result<Latents> {
        let values = x.flatten_all()?.to_vec1::<f32>()?;
        ensure!(
            values.iter().all(|x| x.is_finite()),
            "the latents are not numbers: the weights are damaged, or the guidance of {} is too strong",
            self.options.guidance
        );
        let (parts, tokens, channels) = self.shape;
        Ok(Latents {
            parts,
            tokens,
            channels,
            values,
        })
    }
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
    use crate::base::seed::noise;

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
