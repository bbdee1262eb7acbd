//! What words changed of the figure that a photo shows: these parts are the model's, all others the photo's.
//!
//! The photo is compared with the figure as it was without the words, so that what they are not about comes
//! out as if they had not been said. The changed parts then take the places of the old ones.

use anyhow::Result;
use glam::Vec3;

use super::register::{self, DisplacedFields, PartFields, Registered};
use crate::base::progress::{Event, Watch};
use crate::geometry::{Aabb, Part, Placement};
use crate::model::{Change, Imagined, Model, PartField};
use crate::registration::Changed;
use crate::slots::Slot;

/// The parts of a figure; where words change a photo's, as they are without them.
pub(super) fn before(model: &Model, imagined: &Imagined) -> Result<PartFields> {
    let change = imagined.change.as_ref();
    model.fields(change.map_or(&imagined.latents, |change| &change.before))
}

/// What is on a head goes around it. Of words the model knows where neither is to the pixel, and lets a brow come through a
/// helmet; of twelve hats that were looked at none did 6 % wider, and no eye was covered 0.015 higher.
pub(super) fn loosen(name: &str, field: PartField) -> PartField {
    match Slot::of(name).and_then(Slot::bearer) {
        Some(Slot::Head) => field.placed(&Placement {
            shift: Vec3::Y * 0.015,
            stretch: Vec3::new(1.06, 1.0, 1.06),
        }),
        _ => field,
    }
}

/// All parts of a figure, those on its head loosened.
pub(super) fn loosen_all(fields: PartFields) -> PartFields {
    let loose = |(name, field): (String, _)| {
        let field = loosen(&name, field);
        (name, field)
    };
    fields.into_iter().map(loose).collect()
}

/// A part goes from its bearer as it `was` to that as it `is`: a hat from one head to another, and larger on a larger
/// one.
fn follow(field: PartField, was: Aabb, is: Aabb) -> PartField {
    let ratio = is.half / was.half;
    let growth = (ratio.x * ratio.y * ratio.z).cbrt();
    carry(field, was, is, Vec3::splat(growth))
}

/// A part goes from its place in one box to that in another, stretched along each axis.
pub(super) fn carry(field: PartField, was: Aabb, is: Aabb, stretch: Vec3) -> PartField {
    let place = is.middle + (field.middle() - was.middle) * stretch;
    let shift = place - field.middle();
    field.placed(&Placement { shift, stretch })
}

/// Puts what the words made in the places of the parts that they changed.
pub(super) fn apply(
    model: &Model,
    imagined: &Imagined,
    fields: DisplacedFields,
    registered: &Registered,
) -> Result<(DisplacedFields, Changed)> {
    let Some(change) = &imagined.change else {
        return Ok((fields, Changed::default()));
    };
    let names = names(model, change, imagined);
    if names.is_empty() {
        return Ok((fields, Changed::default()));
    }
    let (old, mut stays): (DisplacedFields, DisplacedFields) = fields
        .into_iter()
        .partition(|(name, _)| names.contains(name));
    fn find<F>(fields: &[(String, F)], name: &str) -> Option<usize> {
        fields.iter().position(|(there, _)| there == name)
    }
    let (mut made, mut new) = (model.fields(&imagined.latents)?, DisplacedFields::new());
    for name in &names {
        let Some(place) = find(&made, name) else {
            continue; // the words take it away
        };
        let (name, mut field) = made.swap_remove(place);
        if let Some(bearer) = Slot::of(&name).and_then(Slot::bearer)
            && let (Some(was), Some(is)) = (find(&made, bearer.name()), find(&stays, bearer.name()))
        {
            field = loosen(
                &name,
                follow(field, made[was].1.aabb(), stays[is].1.inner().aabb()),
            );
        }
        let field = registered.carry(&name, field);
        new.push((name, field));
    }
    let there = |name: &String| old.iter().chain(&new).any(|(there, _)| there == name);
    let names = names.into_iter().filter(there).collect();
    let slots = slots(model);
    stays.extend(new);
    stays.sort_by_key(|(name, _)| slots.iter().position(|slot| slot == name));
    let meshes = match registered.photos.is_empty() {
        true => Vec::new(), // nobody asks where they were
        false => register::coarse(&old)?,
    };
    let before = (old.into_iter().zip(meshes))
        .map(|((name, _), mesh)| Part { name, mesh })
        .collect();
    Ok((stays, Changed { names, before }))
}

/// The slots that the words changed.
pub(super) fn names(model: &Model, change: &Change, imagined: &Imagined) -> Vec<String> {
    let pairs = slots(model).iter().zip(change.of(&imagined.latents));
    let changed = pairs.filter(|(_, changed)| *changed);
    changed.map(|(name, _)| name.clone()).collect()
}

fn slots(model: &Model) -> &[String] {
    let figurine = model.config().figurine.as_ref();
    figurine.map_or(&[], |figurine| &figurine.slots)
}

/// Tells what the words changed; that they changed nothing is worth a remark.
pub(super) fn tell(model: &Model, imagined: &Imagined, changed: &Changed, watch: &Watch<'_>) {
    let Some(change) = &imagined.change else {
        return;
    };
    let effects: Vec<String> = (slots(model).iter().zip(&change.effects))
        .map(|(name, effect)| format!("{name} {effect:.1}"))
        .collect();
    if !effects.is_empty() {
        let effects = format!("the words pull at {}", effects.join(", "));
        watch.tell(Event::Detail(effects));
    }
    watch.tell(match changed.names.is_empty() {
        true => Event::Note("the words change nothing of what the photo shows".into()),
        false => Event::Detail(format!("the words change {}", changed.names.join(", "))),
    });
}
