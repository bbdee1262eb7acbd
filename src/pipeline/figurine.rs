//! From a subject to a figurine, one line a stage.

use anyhow::{Result, ensure};

use super::colours::Paint;
use super::surfaces::{surfaces, whole};
use super::{Options, Subject, count, latents, part_maps, restyle};
use crate::base::progress::{Event, Stage, Watch};
use crate::figure::print::{self, Prepared};
use crate::geometry::{Field, Figurine, Part, Spot};
use crate::maps::{self, Outline};
use crate::model::{Imagined, Model, embedded};
use crate::registration::{Changed, Painter, Photo};
use crate::slots::Slot;
use crate::surface::assemble::AssembleOptions;
use crate::texture;

/// A subject becomes a figurine in the model frame, with the names of parts that came to nothing.
///
/// # Errors
/// The model cannot be run, none of the wanted parts is there, or [`Cancelled`](crate::base::progress::Cancelled).
pub fn figurine(
    model: &Model,
    subject: &Subject,
    options: &Options,
    watch: &Watch<'_>,
) -> Result<(Figurine, Vec<String>)> {
    let mut sampling = options.sampling(model);
    if options.counts(model)? {
        let counter = Model::from_bytes(embedded::weights(), model.device())?;
        sampling.parts = count::parts(&counter, model.config(), subject, watch)?;
    }
    let imagined = match part_maps::apply(model, subject, options) {
        true => None,
        false => Some(latents::imagine(model, subject, &sampling, watch)?),
    };
    let made = shape(model, imagined.as_ref(), subject, options, false, watch)?;
    Ok((made.figurine, made.failed))
}

/// What a maker of fields hands on: the parts, in the order in which the later owns what several claim, and the photos
/// that show them.
pub(super) struct Made {
    pub(super) fields: Vec<(String, Box<dyn Field>)>,
    /// Ready to be laid on the parts; none where they do not show them.
    pub(super) photos: Vec<Photo>,
    /// What of the figure the photos do not show, for words changed it.
    pub(super) changed: Changed,
    /// The photo's, where the fields were made to fill it.
    pub(super) outline: Option<Outline>,
}

/// What [`shape`] makes.
pub(super) struct Shaped {
    pub(super) figurine: Figurine,
    /// Names of the parts that came to nothing.
    pub(super) failed: Vec<String>,
    /// Names of the parts that words changed, where they stood beside a photo.
    pub(super) changed: Option<Vec<String>>,
    /// Metres a unit of the model frame, where more than the height says it.
    pub(super) scale: Option<f32>,
    /// Of the outlines of photo and figurine, `0..=1`, where it was made to fill the photo's.
    pub(super) agreement: Option<f32>,
}

/// From latents, or from the photo's part maps where there are none, to meshes, in the colours of `subject` if that is
/// wanted. To be `printed`, it becomes one body that stands.
pub(super) fn shape(
    model: &Model,
    imagined: Option<&Imagined>,
    subject: &Subject,
    options: &Options,
    printed: bool,
    watch: &Watch<'_>,
) -> Result<Shaped> {
    let made = match imagined {
        Some(imagined) => latents::fields(model, imagined, subject, options, watch)?,
        None => part_maps::fields(model, subject, options, watch)?,
    };
    let before = match options.restyles(model)? {
        true => restyle::find(&made.fields, !made.photos.is_empty(), options, watch)?,
        false => None,
    };
    let fields = restyle::moved(made.fields, before.as_ref());
    let mut ready = fit(&fields, options, watch)?;
    let assemble = assembling(model, &ready, options, made.outline.as_ref());
    let chance = imagined.is_some(); // the maps take none
    let (mut figurine, failed) = match printed && assemble.disjoint {
        true => {
            // Photos that are laid on it later show it upright.
            stand_up(&mut ready, made.photos.is_empty(), watch)?;
            whole(&mut ready, options.print.size, &assemble, chance, watch)?
        }
        false => surfaces(&ready.fields, &assemble, chance, watch)?,
    };
    // The photo shows the figure with the proportions that it had, and no plinth, which is the first part.
    let plinth = ready.plinth.then(|| take(&mut figurine, Slot::Base));
    let painter = match &before {
        Some(before) => before.painter(made.photos, &made.changed),
        None => Painter::new(made.photos, &figurine, &made.changed),
    };
    let agreement = made.outline.map(|outline| outline.agreement(&figurine));
    figurine.parts.splice(0..0, plinth.flatten());
    tell_angles(painter.as_ref(), watch);
    tell_agreement(agreement, watch);
    let unseen = ready.plinth.then(|| Slot::Base.name().to_owned());
    let unseen = unseen.into_iter().chain(made.changed.names.clone());
    let paint = Paint {
        painter,
        unseen: unseen.collect(),
    };
    keep_only(&mut figurine, &options.only, watch)?;
    if options.faces > 0 {
        let simplify = || paint.simplify(&mut figurine, &ready.fields, options.faces);
        watch.stage(Stage::Simplify, 0, simplify)?;
    }
    ready.level(&mut figurine);
    let coats = watch.stage(Stage::Colour, 0, || {
        paint.coat(&mut figurine, &ready.fields)
    })?;
    if let Some(side) = options.texture {
        let colours = |part: usize, spots: &[Spot]| {
            watch.check()?;
            coats[part].colours(&figurine.parts[part].mesh, spots)
        };
        let wrap = || texture::make(&figurine, side, colours);
        figurine.texture = Some(watch.stage(Stage::Texture, 0, wrap)?);
    }
    let names = || figurine.parts.iter().map(|part| part.name.clone());
    let changed = match subject.becomes() {
        true => Some(names().collect()),
        false => imagined
            .and_then(|i| i.change.as_ref())
            .map(|_| made.changed.names),
    };
    Ok(Shaped {
        figurine,
        failed,
        changed,
        scale: ready.scale,
        agreement,
    })
}

/// Size, plinth, pegs and walls; remarks about them are told.
fn fit<'a, F: Field>(
    fields: &'a [(String, F)],
    options: &Options,
    watch: &Watch<'_>,
) -> Result<Prepared<'a>> {
    let prepare = || print::prepare(fields, &options.print);
    let mut ready = watch.stage(Stage::Fit, 0, prepare)?;
    tell_remarks(&mut ready, watch);
    Ok(ready)
}

/// Flat soles, level ground, and as it `leans` it stands.
fn stand_up(ready: &mut Prepared<'_>, leans: bool, watch: &Watch<'_>) -> Result<()> {
    watch.stage(Stage::Fit, 0, || ready.stand_up(leans))?;
    tell_remarks(ready, watch);
    Ok(())
}

fn tell_remarks(ready: &mut Prepared<'_>, watch: &Watch<'_>) {
    let notes = std::mem::take(&mut ready.notes).into_iter();
    notes.for_each(|note| watch.tell(Event::Note(note)));
    let details = std::mem::take(&mut ready.details).into_iter();
    details.for_each(|detail| watch.tell(Event::Detail(detail)));
}

/// How the parts are made of these fields; an `outline` is that of part maps.
fn assembling(
    model: &Model,
    ready: &Prepared<'_>,
    options: &Options,
    outline: Option<&Outline>,
) -> AssembleOptions {
    let usual = AssembleOptions::default();
    AssembleOptions {
        // The slots of a figurine say who covers whom; other parts are the model's as they are.
        disjoint: model.config().figurine.is_some() || ready.plinth,
        fragment_share: outline.map_or(usual.fragment_share, |_| maps::FRAGMENT),
        pegs: ready.pegs.clone(),
        colours: options.faces == 0, // or else what simplifies them colours them
        resolution: options.resolution.unwrap_or(usual.resolution),
    }
}

/// Takes a part out of a figurine.
fn take(figurine: &mut Figurine, slot: Slot) -> Option<Part> {
    let place = figurine.parts.iter().position(|part| slot.is(&part.name));
    place.map(|at| figurine.parts.remove(at))
}

/// Tells from where the photo was taken.
fn tell_angles(painter: Option<&Painter>, watch: &Watch<'_>) {
    let Some(painter) = painter else {
        return;
    };
    let ((yaw, pitch), agreement) = (painter.angles(), 100.0 * painter.agreement());
    let angles = format!(
        "the photo shows it turned by {yaw:.0} and from {pitch:.0} degrees above; {agreement:.0} % agree"
    );
    watch.tell(Event::Detail(angles));
}

/// Figurines whose outline agrees less with their photo's than this are told: the least of the twelve of the development
/// set has 0.979.
const ALIKE: f32 = 0.9;

/// Tells how well the figurine covers what its photo shows, and warns where it does not.
fn tell_agreement(agreement: Option<f32>, watch: &Watch<'_>) {
    let Some(agreement) = agreement else {
        return;
    };
    let share = 100.0 * agreement;
    watch.tell(match agreement < ALIKE {
        true => Event::Note(format!(
            "only {share:.0} % of the outlines of photo and figurine agree: look at the figurine, and at what gen3d \
             cutout finds in the photo"
        )),
        false => Event::Detail(format!("{share:.0} % of the outlines of photo and figurine agree")),
    });
}

fn keep_only(figurine: &mut Figurine, only: &[String], watch: &Watch<'_>) -> Result<()> {
    if only.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = figurine.parts.iter().map(|p| p.name.clone()).collect();
    figurine.parts.retain(|part| only.contains(&part.name));
    ensure!(
        !figurine.parts.is_empty(),
        "this figurine has no {}; it has {}",
        only.join(", "),
        names.join(", ")
    );
    let absent = only.iter().filter(|name| !names.contains(name));
    let absent: Vec<&str> = absent.map(String::as_str).collect();
    if !absent.is_empty() {
        watch.tell(Event::Note(format!(
            "--only: this figurine has no {}; it has {}",
            absent.join(", "),
            names.join(", ")
        )));
    }
    Ok(())
}
