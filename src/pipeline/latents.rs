//! One maker of fields: a diffusion model imagines latents of the subject, and they are decoded, put where the photos
//! show the parts, and bent to the photos' outlines.

use anyhow::Result;

use super::figurine::Made;
use super::register::{self, Registered};
use super::{Options, Subject, part_maps, word_changes, worded};
use crate::base::progress::{Stage, Watch};
use crate::geometry::Field;
use crate::model::{Condition, DenoiseOptions, Imagined, Model, PartField};
use crate::photo::framing;
use crate::registration::Displaced;
use crate::slots::{Side, Slot};

/// The diffusion: from a subject to latents.
pub(super) fn imagine(
    model: &Model,
    subject: &Subject,
    sampling: &DenoiseOptions,
    watch: &Watch<'_>,
) -> Result<Imagined> {
    let condition = watch.stage(Stage::Condition, 0, || condition(model, subject))?;
    let runs = 1 + usize::from(condition.with_words.is_some());
    watch.stage(Stage::Denoise, runs * sampling.steps, || {
        model.imagine(&condition, sampling, &mut watch.counting(Stage::Denoise))
    })
}

/// What the transformer looks at: all views, the words, or the words against the views.
pub(super) fn condition(model: &Model, subject: &Subject) -> Result<Condition> {
    let front = subject.front.iter().map(|cutout| (Side::Front, cutout));
    let others = subject.views.iter().map(|(side, cutout)| (*side, cutout));
    let mut views = Vec::new();
    for (side, cutout) in front.chain(others) {
        views.push((
            side.name(),
            model.augmented_pixels(&framing::prepare(&cutout.pixels)?)?,
        ));
    }
    model.encode(&views, subject.prompt.as_ref())
}

/// The fields of all parts, compared with the photos if these show the subject.
pub(super) fn fields(
    model: &Model,
    imagined: &Imagined,
    subject: &Subject,
    options: &Options,
    watch: &Watch<'_>,
) -> Result<Made> {
    if let Some(change) = &imagined.change
        && part_maps::show(model, subject, options)
    {
        return worded::fields(model, imagined, change, subject, options, watch);
    }
    let fields = watch.stage(Stage::Fields, 0, || word_changes::before(model, imagined))?;
    let compare = || {
        let (registered, fields) = if options.compares(model) && subject.shown() {
            register::find(model, subject, fields, options)?
        } else if subject.shown() {
            (Registered::default(), register::undisplaced(fields))
        } else {
            let fields = word_changes::loosen_all(fields);
            (Registered::default(), register::undisplaced(fields))
        };
        let (fields, changed) = word_changes::apply(model, imagined, fields, &registered)?;
        let legs = fields.iter().find(|(name, _)| Slot::Legs.is(name));
        let legs = legs.map(|(_, field)| field.bounds().into());
        let boxed = |(name, field): (String, Displaced<PartField>)| {
            let base = subject.base.filter(|_| Slot::Base.is(&name));
            let outline = base.map(|base| base.outline);
            anyhow::Ok((name, worded::on_outline(field, legs, outline)?))
        };
        Ok(Made {
            fields: fields.into_iter().map(boxed).collect::<Result<_>>()?,
            photos: registered.photos,
            changed,
            ..Made::default()
        })
    };
    let made = watch.stage(Stage::Look, 0, compare)?;
    word_changes::tell(model, imagined, &made.changed, watch);
    Ok(made)
}
