//! What words changed of the figure that a photo shows: these parts are the model's, all others the photo's.
//!
//! The photo is compared with the figure as it was without the words, so that what they are not about comes
//! out as if they had not been said. The changed parts then take the places of the old ones.

use anyhow::Result;

use super::likeness::{self, Likeness};
use crate::mesh::Part;
use crate::mesh::photo::Changed;
use crate::model::{Change, Imagined, Model, PartField};
use crate::progress::{Event, Watch};

type Fields = Vec<(String, PartField)>;

/// The parts of a figure; where words change a photo's, as they are without them.
pub(super) fn before(model: &Model, imagined: &Imagined) -> Result<Fields> {
    let change = imagined.change.as_ref();
    model.fields(change.map_or(&imagined.latents, |change| &change.before))
}

/// Puts what the words made in the places of the parts that they changed.
pub(super) fn apply(
    model: &Model,
    imagined: &Imagined,
    fields: Fields,
    likeness: &Likeness,
) -> Result<(Fields, Changed)> {
    let Some(change) = &imagined.change else {
        return Ok((fields, Changed::default()));
    };
    let names = names(model, change, imagined);
    if names.is_empty() {
        return Ok((fields, Changed::default()));
    }
    let (old, mut new): (Fields, Fields) = fields
        .into_iter()
        .partition(|(name, _)| names.contains(name));
    for (name, mut field) in model.fields(&imagined.latents)? {
        if names.contains(&name) {
            likeness.carry(&name, &mut field);
            new.push((name, field));
        }
    }
    let slots = slots(model);
    new.sort_by_key(|(name, _)| slots.iter().position(|slot| slot == name));
    let names = (names.into_iter())
        .filter(|name| old.iter().chain(&new).any(|(there, _)| there == name))
        .collect();
    let meshes = match likeness.photos.is_empty() {
        true => Vec::new(), // nobody asks where they were
        false => likeness::coarse(&old)?,
    };
    let before = (old.into_iter().zip(meshes))
        .map(|((name, _), mesh)| Part { name, mesh })
        .collect();
    Ok((new, Changed { names, before }))
}

/// The slots that are no longer what they were.
fn names(model: &Model, change: &Change, imagined: &Imagined) -> Vec<String> {
    let changed = change.of(&imagined.latents);
    let pairs = slots(model).iter().zip(changed);
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
    let pulls: Vec<String> = (slots(model).iter().zip(&change.pulls))
        .map(|(name, pull)| format!("{name} {pull:.1}"))
        .collect();
    if !pulls.is_empty() {
        let pulls = format!("the words pull at {}", pulls.join(", "));
        watch.tell(Event::Detail(pulls));
    }
    watch.tell(match changed.names.is_empty() {
        true => Event::Note("the words change nothing of what the photo shows".into()),
        false => Event::Detail(format!("the words change {}", changed.names.join(", "))),
    });
}
