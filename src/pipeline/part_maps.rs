//! Another maker of fields: a network reads part maps off the photo, pixel by pixel, and each part is the solid between
//! its sheets. The photo's outline and colours are in them: nothing is registered afterwards.

use anyhow::{Context, Result};

use super::figurine::Made;
use super::{Colours, Detail, Options, Refine, Style, Subject};
use crate::base::progress::{Event, Stage, Watch};
use crate::geometry::Field;
use crate::maps::{self, View};
use crate::model::Model;
use crate::photo::framing;
use crate::registration::Changed;

/// Whether the subject is made so: from one photo and nothing else, by weights that hold the network.
/// `--refine off` and `best` ask for the latents' shape, which the photo then corrects less or more.
pub(super) fn apply(model: &Model, subject: &Subject, options: &Options) -> bool {
    let alone = subject.front.is_some() && subject.views.is_empty() && subject.prompt.is_none();
    model.config().part_maps.is_some()
        && alone
        && options.refine == Refine::Fast
        && options.style == Style::Faithful
        && options.colours == Colours::Photo
}

/// What is told of options that have nothing to do: the maps take one look and no chance.
fn idle(options: &Options) -> Option<String> {
    let given = [
        ("--steps", options.steps.is_some()),
        ("--solver", options.solver.is_some()),
        ("--guidance", options.guidance.is_some()),
    ];
    let given: Vec<&str> = (given.iter().filter(|(_, given)| *given))
        .map(|(flag, _)| *flag)
        .collect();
    let flags = given.join(", ");
    (!given.is_empty()).then(|| {
        format!("{flags}: nothing to do: one photo alone is made in one look; --refine best or off takes steps")
    })
}

/// The fields of all parts that the photo shows.
pub(super) fn fields(
    model: &Model,
    subject: &Subject,
    options: &Options,
    watch: &Watch<'_>,
) -> Result<Made> {
    let front = subject.front.as_ref().context("there is no photo")?;
    if let Some(note) = idle(options) {
        watch.tell(Event::Note(note));
    }
    let view = View::new(&framing::frame(&front.pixels)?);
    let maps = watch.stage(Stage::Condition, 0, || maps::look(model, &view))?;
    let made = watch.stage(Stage::Fields, 0, || {
        maps::fields(&maps, &view, options.detail == Detail::On)
    })?;
    let (yaw, pitch) = (maps.yaw.to_degrees(), maps.pitch.to_degrees());
    watch.tell(Event::Detail(format!(
        "the photo shows it turned by {yaw:.0} and from {pitch:.0} degrees above"
    )));
    let boxed = |(name, field)| (name, field as Box<dyn Field>);
    Ok(Made {
        fields: made.parts.into_iter().map(boxed).collect(),
        photos: Vec::new(),
        changed: Changed::default(),
        outline: Some(made.outline),
    })
}
