//! Another maker of fields: a network tells from words what the figure is made of, solid by solid, and each part is what
//! its solids fill.

use anyhow::{Context, Result};

use super::figurine::Made;
use super::{Options, Refine, Subject};
use crate::assembly;
use crate::base::progress::{Event, Stage, Watch};
use crate::geometry::Field;
use crate::model::sampling::assembly::TellOptions;
use crate::model::{Model, Prompt};

/// The words of a subject that is made so, by weights that hold the network: of words alone. `--refine off` and `best` ask
/// for the latents' shape.
pub(super) fn words<'a>(
    model: &Model,
    subject: &'a Subject,
    options: &Options,
) -> Option<&'a Prompt> {
    let alone = !subject.photographed && subject.front.is_none();
    let wanted = model.config().assembly.is_some() && options.refine == Refine::Fast;
    subject.prompt.as_ref().filter(|_| alone && wanted)
}

/// The fields of all parts that words tell of.
pub(super) fn fields(
    model: &Model,
    prompt: &Prompt,
    options: &Options,
    watch: &Watch<'_>,
) -> Result<Made> {
    let config = (model.config().assembly.as_ref()).context("the weights tell no figures")?;
    let telling = TellOptions {
        seed: options.seed,
        temperature: config.temperature,
        guidance: config.guidance,
    };
    let told = watch.stage(Stage::Denoise, config.longest, || {
        model.assemble(prompt, &telling, &mut watch.counting(Stage::Denoise))
    })?;
    watch.tell(Event::Detail(format!(
        "it is made of {} solids",
        told.len()
    )));
    let parts = watch.stage(Stage::Fields, 0, || assembly::parts(&told, &config.slots))?;
    let boxed = |(name, field)| (name, Box::new(field) as Box<dyn Field>);
    Ok(Made {
        fields: parts.into_iter().map(boxed).collect(),
        ..Made::default()
    })
}
