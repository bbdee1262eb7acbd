//! Another maker of fields: a network reads part maps off the photo and the further views, pixel by pixel, and each part
//! is the solid between its sheets. The photo's outline and colours are in them: nothing is registered afterwards.

use std::iter;

use anyhow::{Context, Result};

use super::figurine::Made;
use super::{Colours, Detail, Heights, Options, Refine, Subject};
use crate::base::progress::{Event, Stage, Watch};
use crate::figure::print::group;
use crate::geometry::Field;
use crate::maps::{self, Further, Making, Reader, View};
use crate::model::Model;
use crate::photo::cutout::Cutout;
use crate::photo::framing;
use crate::slots::{Side, Slot};

/// Whether the subject is made so and needs no latents: from photos, and no words.
pub(super) fn apply(model: &Model, subject: &Subject, options: &Options) -> bool {
    subject.prompt.is_none() && show(model, subject, options)
}

/// Whether the subject's photos are made into a figure so, and not into somebody else's.
pub(super) fn show(model: &Model, subject: &Subject, options: &Options) -> bool {
    subject.front.is_some() && subject.shown() && wanted(model, options)
}

/// Whether photos are made into figures so, by weights that hold the network. `--refine off` and `best` ask for the
/// latents' shape, which the photo then corrects less or more.
pub(super) fn wanted(model: &Model, options: &Options) -> bool {
    model.config().part_maps.is_some()
        && options.refine == Refine::Fast
        && options.colours == Colours::Photo
}

/// What is told of options that have nothing to do: the maps take one look and no chance.
fn idle(options: &Options) -> Option<String> {
    let given = [
        ("--seed", options.seed != Options::default().seed),
        ("--steps", options.steps.is_some()),
        ("--solver", options.solver.is_some()),
        ("--guidance", options.guidance.is_some()),
    ];
    let given: Vec<&str> = (given.iter().filter(|(_, given)| *given))
        .map(|(flag, _)| *flag)
        .collect();
    let flags = given.join(", ");
    (!given.is_empty()).then(|| {
        format!(
            "{flags}: nothing to do: one photo alone is made in one look and without chance; --refine best or off takes \
             steps from noise"
        )
    })
}

/// The fields of all parts that the photo shows, or the photos. Those that are `leaving` will make room for others.
pub(super) fn fields(
    model: &Model,
    subject: &Subject,
    options: &Options,
    leaving: &[Slot],
    watch: &Watch<'_>,
) -> Result<Made> {
    let front = subject.front.as_ref().context("there is no photo")?;
    let of_photo = subject.prompt.is_none();
    if let Some(note) = idle(options).filter(|_| of_photo) {
        watch.tell(Event::Note(note));
    }
    let making = Making {
        detail: options.detail == Detail::On,
        leaving: leaving.to_vec(),
    };
    let seen = view(front)?;
    let made = of_view(model, &seen, &subject.views, &making, watch)?;
    if subject.beside.is_empty() {
        return Ok(made);
    }
    let mut figures = vec![made.fields];
    for front in &subject.beside {
        figures.push(of_view(model, &view(front)?, &[], &making, watch)?.fields);
    }
    let heights = match &options.heights {
        Heights::Alike => Vec::new(),
        Heights::Photographed => (iter::once(front).chain(&subject.beside))
            .map(share_of_height)
            .collect::<Result<_>>()?,
        Heights::Given(heights) => heights.clone(),
    };
    let group = watch.stage(Stage::Fields, 0, || group::arrange(figures, &heights))?;
    Ok(Made {
        fields: group.fields,
        of_maps: true,
        finer: group.finer,
        ..Made::default()
    })
}

/// What share of its photo's height a subject fills.
fn share_of_height(cutout: &Cutout) -> Result<f32> {
    let (.., rows) = framing::visible_box(&cutout.pixels)?;
    Ok(rows as f32 / cutout.pixels.height() as f32)
}

/// A cut-out subject as the network looks at it.
pub(super) fn view(front: &Cutout) -> Result<View> {
    Ok(View::new(&framing::frame(&front.pixels)?))
}

/// The fields of all parts that one view shows, and further ones.
fn of_view(
    model: &Model,
    view: &View,
    views: &[(Side, Cutout)],
    making: &Making,
    watch: &Watch<'_>,
) -> Result<Made> {
    // The network is gone before anything is shaped: together they would take the most memory.
    let (maps, further) = watch.stage(Stage::Condition, 0, || {
        let reader = Reader::load(model)?;
        Ok((reader.look(view)?, further(&reader, views)?))
    })?;
    let made = watch.stage(Stage::Fields, 0, || match further.is_empty() {
        true => maps::fields(&maps, view, making),
        false => maps::fused((&maps, view), &further, making),
    })?;
    let (yaw, pitch) = (maps.yaw.to_degrees(), maps.pitch.to_degrees());
    watch.tell(Event::Detail(format!(
        "it is seen turned by {yaw:.0} and from {pitch:.0} degrees above"
    )));
    for fit in &made.further {
        tell_view(fit.side, fit.alike, watch);
    }
    let further = made
        .further
        .into_iter()
        .map(|fit| (fit.side, fit.silhouette));
    let boxed = |(name, field)| (name, field as Box<dyn Field>);
    Ok(Made {
        fields: made.parts.into_iter().map(boxed).collect(),
        of_maps: true,
        silhouettes: std::iter::once((Side::Front, made.silhouette))
            .chain(further)
            .collect(),
        ..Made::default()
    })
}

/// What the network tells of the further views.
fn further(reader: &Reader<'_>, views: &[(Side, Cutout)]) -> Result<Vec<Further>> {
    let look = |(side, cutout): &(Side, Cutout)| {
        let view = View::new(&framing::frame(&cutout.pixels)?);
        let maps = reader.look(&view)?;
        Ok(Further {
            side: *side,
            maps,
            view,
        })
    };
    views.iter().map(look).collect()
}

/// Further views that are less like the first than this are told: of the sides and backs of 18 held-out characters the
/// least has 0.496, and of 36 that were of another character 29 have less than this.
const ALIKE: f32 = 0.48;

/// Tells how well a further view fits to the first.
fn tell_view(side: Side, alike: f32, watch: &Watch<'_>) {
    let (name, share) = (side.name(), 100.0 * alike);
    watch.tell(match alike < ALIKE {
        true => Event::Note(format!(
            "--{name}: only {share:.0} % of its parts are where the first photo has them: it should show the same \
             subject, in the same pose, from that side"
        )),
        false => Event::Detail(format!("--{name}: {share:.0} % of its parts are where the first photo has them")),
    });
}
