//! The photo compared with what the model made of it: parts go to where the photo shows them, and the
//! figure is bent to the photo's outline.

use std::sync::Arc;

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

/// Finds the parts in the photo, moves and stretches those of `fields` to there, and bends the figure to
/// the outlines of photo and side views. Gives the photo, and the further views that are what they are
/// called, for their colours at the vertices or in a `texture` of so many pixels a side; none where the
/// photo, or the weights, cannot tell what it shows.
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
    let mut meshes = coarse(fields)?;
    let middles: Vec<Vec3> = fields.iter().map(|(_, field)| field.middle()).collect();
    let corrections = photo.corrections(&named(fields, &meshes), &middles);
    for (k, correction) in corrections.into_iter().enumerate() {
        let correction = correction.unwrap_or_default();
        fields[k].1.correct(&correction);
        let moved = |p: &mut Vec3| *p = correction.apply(*p, middles[k]);
        meshes[k].positions.iter_mut().for_each(moved);
    }
    let mut photos = vec![photo];
    for (name, cutout) in &subject.views {
        let view = sight(model, cutout)?.and_then(|sight| from(name, sight, texture));
        // From behind the outline is that from the front.
        if let Some(view) = view.as_ref().filter(|_| *name != "back") {
            bend(view, fields, &meshes);
            meshes = coarse(fields)?;
        }
        photos.extend(view);
    }
    bend(&photos[0], fields, &meshes); // the photo has the last word
    Ok(photos)
}

/// Bends all parts as the photo asks for.
fn bend(photo: &Photo, fields: &mut [(String, PartField)], meshes: &[Mesh]) {
    let bend = Arc::new(photo.bend(&named(fields, meshes)));
    for (_, field) in fields {
        field.bend(bend.clone());
    }
}

/// The parts as far as they matter here; empty where there is nothing.
fn coarse(fields: &[(String, PartField)]) -> Result<Vec<Mesh>> {
    let extract = |(name, field): &(String, PartField)| {
        Ok(extract_part(name, field, COARSE)?.unwrap_or_default())
    };
    fields.iter().map(extract).collect()
}

fn named<'a>(fields: &'a [(String, PartField)], meshes: &'a [Mesh]) -> Vec<(&'a str, &'a Mesh)> {
    (fields.iter().zip(meshes))
        .map(|((name, _), mesh)| (&**name, mesh))
        .collect()
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
