//! The photo compared with what the model made of it: parts go to where the photo shows them, and the
//! figure is bent to the photo's outline.

use std::sync::Arc;

use anyhow::Result;
use glam::Vec3;
use rayon::prelude::*;

use super::{Options, Refine, Subject};
use crate::input::cutout::Cutout;
use crate::mesh::Mesh;
use crate::mesh::photo::{Bend, Photo, Sight};
use crate::mesh::surface::extract_part;
use crate::model::preprocess::{self, Framed};
use crate::model::{Model, PartField};

/// Lattice cells across the model's box: enough to see where a part lies.
const COARSE: usize = 40;
/// How often all photos bend the figure where time is no matter: each bend goes only so far.
const ROUNDS: usize = 3;

/// What the photos say of a figure.
#[derive(Default)]
pub(super) struct Likeness {
    /// Taken apart for their colours.
    pub(super) photos: Vec<Photo>,
    /// What was done to the whole figure.
    bends: Vec<Arc<Bend>>,
}

impl Likeness {
    /// Does to a further part what was done to the others.
    pub(super) fn carry(&self, name: &str, field: &mut PartField) {
        // A base stays flat: what it is stood on knows no perspective.
        for bend in self.bends.iter().filter(|_| name != "base") {
            field.bend(bend.clone());
        }
    }
}

/// Takes the photo, and the further views, apart for their colours; none
/// where the photo, or the weights, cannot tell what it shows. If the photo is to correct the shape, the
/// parts of `fields` are brought to where the photo shows them, and the figure is bent to all outlines.
pub(super) fn find(
    model: &Model,
    subject: &Subject,
    fields: &mut [(String, PartField)],
    options: &Options,
) -> Result<Likeness> {
    let front = subject.front.iter().map(|cutout| ("front", cutout));
    let others = subject.views.iter().map(|(name, cutout)| (*name, cutout));
    let mut photos = Vec::new();
    for (name, cutout) in front.chain(others) {
        let texture = options.texture.unwrap_or(0);
        let photo = sight(model, cutout)?.and_then(|sight| from(name, sight, texture));
        match photo {
            Some(photo) => photos.push((name, photo)),
            None if name == "front" => return Ok(Likeness::default()),
            None => {}
        }
    }
    let bends = match options.refine {
        Refine::Off => Vec::new(),
        // What one view bends another sees changed.
        Refine::Fast => refine(&photos, fields, photos.len().min(2))?,
        Refine::Best => refine(&photos, fields, ROUNDS)?,
    };
    let photos = photos.into_iter().map(|(_, photo)| photo).collect();
    Ok(Likeness { photos, bends })
}

/// Moves and stretches the parts to where the first photo shows them, and bends the figure to the
/// outlines of all, as often as `rounds` says; gives the bends.
fn refine(
    photos: &[(&str, Photo)],
    fields: &mut [(String, PartField)],
    rounds: usize,
) -> Result<Vec<Arc<Bend>>> {
    let mut bends = Vec::new();
    let [(_, front), others @ ..] = photos else {
        return Ok(bends);
    };
    let mut meshes = coarse(fields)?;
    let middles: Vec<Vec3> = fields.iter().map(|(_, field)| field.middle()).collect();
    let corrections = front.corrections(&named(fields, &meshes), &middles);
    for (k, correction) in corrections.into_iter().enumerate() {
        let mut correction = correction.unwrap_or_default();
        correction.stretch.z *= depth(&fields[k].0);
        fields[k].1.correct(&correction);
        let moved = |p: &mut Vec3| *p = correction.apply(*p, middles[k]);
        meshes[k].positions.iter_mut().for_each(moved);
    }
    for round in 0..rounds {
        if round > 0 {
            meshes = coarse(fields)?;
        }
        for (_, side) in others {
            bends.push(bend(side, fields, &meshes));
            meshes = coarse(fields)?;
        }
        bends.push(bend(front, fields, &meshes)); // the photo has the last word
    }
    Ok(bends)
}

/// How much deeper a part is than the model makes it, which makes small what it is unsure of: no outline of
/// a front corrects that. About the medians over 64 figures on which nothing was trained.
fn depth(part: &str) -> f32 {
    match part {
        "torso" | "legs" | "arm_left" | "arm_right" => 1.12,
        "head" | "hair" => 1.05,
        _ => 1.0,
    }
}

/// Bends all parts as the photo asks for.
fn bend(photo: &Photo, fields: &mut [(String, PartField)], meshes: &[Mesh]) -> Arc<Bend> {
    let bend = Arc::new(photo.bend(&named(fields, meshes)));
    // A base stays flat: what it is stood on knows no perspective.
    for (_, field) in fields.iter_mut().filter(|(name, _)| name != "base") {
        field.bend(bend.clone());
    }
    bend
}

/// The parts as far as they matter here; empty where there is nothing.
pub(super) fn coarse(fields: &[(String, PartField)]) -> Result<Vec<Mesh>> {
    let extract = |(name, field): &(String, PartField)| {
        Ok(extract_part(name, field, COARSE)?.unwrap_or_default())
    };
    fields.par_iter().map(extract).collect()
}

fn named<'a>(fields: &'a [(String, PartField)], meshes: &'a [Mesh]) -> Vec<(&'a str, &'a Mesh)> {
    (fields.iter().zip(meshes))
        .map(|((name, _), mesh)| (&**name, mesh))
        .collect()
}

/// What a photo shows.
fn sight(model: &Model, cutout: &Cutout) -> Result<Option<Sight>> {
    let Framed { picture, extent } = preprocess::frame(&cutout.pixels)?;
    let cells = model.seen(&preprocess::on_white(&picture))?;
    let sight = |cells| Sight {
        picture,
        cells,
        extent,
    };
    Ok(cells.map(sight))
}

/// The photo, taken from where it is called after: backs and sides are often read as fronts, for most
/// pictures that the weights have seen are, and who calls one a back knows better. Where the front was taken
/// from nobody has said.
fn from(side: &str, mut sight: Sight, texture: u32) -> Option<Photo> {
    let read = Photo::fine(&sight, texture)?;
    if side == "front" || read.is_from(side) {
        return Some(read);
    }
    if side != "back" {
        return Some(read.said_from(side));
    }
    sight.cells.turn();
    Some(Photo::fine(&sight, texture)?.said_from(side))
}
