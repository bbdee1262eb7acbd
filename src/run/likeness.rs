//! The photo compared with what the model made of it: parts go to where the photo shows them.

use anyhow::Result;
use glam::Vec3;

use super::Subject;
use crate::input::cutout::Cutout;
use crate::mesh::Mesh;
use crate::mesh::photo::{Photo, Sight};
use crate::mesh::surface::extract_part;
use crate::model::{Model, PartField, preprocess};

/// Lattice cells across the model's box: enough to see where a part lies.
const COARSE: usize = 40;

/// Finds the parts in the photo and moves and stretches those of `fields` to there. Gives the photo, and
/// the further views that are what they are called, for their colours at the vertices or in a `texture`
/// of so many pixels a side; none where the photo, or the weights, cannot tell what it shows.
pub(super) fn find(
    model: &Model,
    subject: &Subject,
    fields: &mut [(String, PartField)],
    texture: Option<u32>,
) -> Result<Vec<Photo>> {
    let Some(front) = &subject.front else {
        return Ok(Vec::new());
    };
    let texture = texture.unwrap_or(0);
    let photo = sight(model, front)?.and_then(|sight| from("front", sight, texture));
    let Some(photo) = photo else {
        return Ok(Vec::new());
    };
    let mut meshes = Vec::with_capacity(fields.len());
    for (name, field) in fields.iter() {
        meshes.push(extract_part(name, field, COARSE)?.unwrap_or_default());
    }
    let middles: Vec<Vec3> = fields.iter().map(|(_, field)| field.middle()).collect();
    let parts: Vec<(&str, &Mesh)> = (fields.iter().zip(&meshes))
        .map(|((name, _), mesh)| (&**name, mesh))
        .collect();
    let corrections = photo.corrections(&parts, &middles);
    for ((_, field), correction) in fields.iter_mut().zip(corrections) {
        field.correct(&correction.unwrap_or_default());
    }
    let mut photos = vec![photo];
    for (name, cutout) in &subject.views {
        photos.extend(sight(model, cutout)?.and_then(|sight| from(name, sight, texture)));
    }
    Ok(photos)
}

/// What a photo shows.
fn sight(model: &Model, cutout: &Cutout) -> Result<Option<Sight>> {
    let picture = preprocess::frame(&cutout.pixels)?;
    let pixels = model.pixels(&preprocess::on_white(&picture))?;
    let cells = model.seen(&pixels)?;
    Ok(cells.map(|cells| Sight { picture, cells }))
}

/// The photo, if it is what it is called. Backs are often read as fronts, for most pictures that the
/// weights have seen are; who calls it a back knows better.
fn from(side: &str, mut sight: Sight, texture: u32) -> Option<Photo> {
    let read = Photo::fine(&sight, texture)?;
    if !read.is_from(side) && side == "back" {
        sight.cells.turn();
        return Photo::fine(&sight, texture).filter(|photo| photo.is_from(side));
    }
    read.is_from(side).then_some(read)
}
