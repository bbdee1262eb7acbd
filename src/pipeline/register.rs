//! The photo compared with what the model made of it: parts go to where the photo shows them, and the
//! figure is bent to the photo's outline.

use std::sync::Arc;

use anyhow::Result;
use glam::Vec3;
use rayon::prelude::*;

use super::{Options, Refine, Subject};
use crate::geometry::{Field, Mesh};
use crate::model::{Model, PartField};
use crate::photo::cutout::Cutout;
use crate::photo::framing::{self, Framed};
use crate::registration::{Displaced, Displacement, Photo, PhotoView};
use crate::slots::{Side, Slot};
use crate::surface::dual_contouring::extract_part;

/// Cells across the model's box: enough to see where a part lies.
const COARSE: usize = 40;
/// How often all photos bend the figure with `--refine best`: each bend goes only so far. By default it is once,
/// with further views twice: three times make the front better and the rest worse (`training/NOTEBOOK.md`, "Reading a photo").
const ROUNDS: usize = 3;

/// What the photos say of a figure.
#[derive(Default)]
pub(super) struct Registered {
    /// Taken apart for their colours.
    pub(super) photos: Vec<Photo>,
    /// What was done to the whole figure.
    displacements: Vec<Arc<Displacement>>,
}

impl Registered {
    /// Does to a further part what was done to the others.
    pub(super) fn carry(&self, name: &str, field: PartField) -> Displaced<PartField> {
        // A base stays flat: what it is stood on knows no perspective.
        let displacements = self
            .displacements
            .iter()
            .filter(|_| !Slot::Base.is(name))
            .cloned();
        displacements.fold(Displaced::new(field), Displaced::then)
    }
}

/// Parts by name, as the model makes them.
pub(super) type PartFields = Vec<(String, PartField)>;
/// Parts by name, bent to the photos' outlines.
pub(super) type DisplacedFields = Vec<(String, Displaced<PartField>)>;

/// These parts where they are.
pub(super) fn undisplaced(fields: PartFields) -> DisplacedFields {
    let undisplaced = |(name, field)| (name, Displaced::new(field));
    fields.into_iter().map(undisplaced).collect()
}

/// Takes the photo, and the further views, apart for their colours; none
/// where the photo, or the weights, cannot tell what it shows. If the photo is to correct the shape, the
/// parts of `fields` are brought to where the photo shows them, and the figure is bent to all outlines.
pub(super) fn find(
    model: &Model,
    subject: &Subject,
    fields: PartFields,
    options: &Options,
) -> Result<(Registered, DisplacedFields)> {
    let front = subject.front.iter().map(|cutout| (Side::Front, cutout));
    let others = subject.views.iter().map(|(side, cutout)| (*side, cutout));
    let mut photos = Vec::new();
    for (side, cutout) in front.chain(others) {
        let texture = options.texture.unwrap_or(0);
        let photo = view(model, cutout)?.and_then(|view| from(side, view, texture));
        match photo {
            Some(photo) => photos.push((side, photo)),
            None if side == Side::Front => return Ok((Registered::default(), undisplaced(fields))),
            None => {}
        }
    }
    let fields = match photos.is_empty() {
        true => fields,
        // Nobody has the photo's face and another one beside it.
        false => (fields.into_iter())
            .map(|(name, field)| (name, field.without_face()))
            .collect(),
    };
    let (fields, displacements) = match options.refine {
        Refine::Off => (undisplaced(fields), Vec::new()),
        // What one view displaces another sees changed.
        Refine::Fast => refine(&photos, fields, photos.len().min(2))?,
        Refine::Best => refine(&photos, fields, ROUNDS)?,
    };
    let photos = photos.into_iter().map(|(_, photo)| photo).collect();
    Ok((
        Registered {
            photos,
            displacements,
        },
        fields,
    ))
}

/// Moves and stretches the parts to where the first photo shows them, and displaces the figure to the
/// outlines of all, as often as `rounds` says; gives the displacements.
fn refine(
    photos: &[(Side, Photo)],
    fields: PartFields,
    rounds: usize,
) -> Result<(DisplacedFields, Vec<Arc<Displacement>>)> {
    let mut displacements = Vec::new();
    let [(_, front), others @ ..] = photos else {
        return Ok((undisplaced(fields), displacements));
    };
    let mut meshes = coarse(&fields)?;
    let middles: Vec<Vec3> = fields.iter().map(|(_, field)| field.middle()).collect();
    let corrections = front.corrections(&named(&fields, &meshes), &middles);
    let mut placed = Vec::with_capacity(fields.len());
    for (k, ((name, field), correction)) in fields.into_iter().zip(corrections).enumerate() {
        let mut placement = correction.unwrap_or_default();
        placement.stretch.z *= Slot::of(&name).map_or(1.0, Slot::depth);
        placed.push((name, Displaced::new(field.placed(&placement))));
        let moved = |p: &mut Vec3| *p = placement.apply(*p, middles[k]);
        meshes[k].positions.iter_mut().for_each(moved);
    }
    let mut fields = placed;
    for round in 0..rounds {
        if round > 0 {
            meshes = coarse(&fields)?;
        }
        for (_, side) in others {
            fields = displace(side, fields, &meshes, &mut displacements);
            meshes = coarse(&fields)?;
        }
        fields = displace(front, fields, &meshes, &mut displacements); // last, for it is the one that is looked at most
    }
    Ok((fields, displacements))
}

/// Bends all parts as the photo asks for, and adds the bend to those before.
fn displace(
    photo: &Photo,
    fields: DisplacedFields,
    meshes: &[Mesh],
    displacements: &mut Vec<Arc<Displacement>>,
) -> DisplacedFields {
    let displacement = Arc::new(photo.displacement(&named(&fields, meshes)));
    displacements.push(displacement.clone());
    // A base stays flat: what it is stood on knows no perspective.
    let bent = |(name, field): (String, Displaced<PartField>)| match Slot::Base.is(&name) {
        true => (name, field),
        false => (name, field.then(displacement.clone())),
    };
    fields.into_iter().map(bent).collect()
}

/// The parts as far as they matter here; empty where there is nothing.
pub(super) fn coarse<F: Field>(fields: &[(String, F)]) -> Result<Vec<Mesh>> {
    let extract =
        |(name, field): &(String, F)| Ok(extract_part(name, field, COARSE)?.unwrap_or_default());
    fields.par_iter().map(extract).collect()
}

fn named<'a, F>(fields: &'a [(String, F)], meshes: &'a [Mesh]) -> Vec<(&'a str, &'a Mesh)> {
    (fields.iter().zip(meshes))
        .map(|((name, _), mesh)| (&**name, mesh))
        .collect()
}

/// What a photo shows.
fn view(model: &Model, cutout: &Cutout) -> Result<Option<PhotoView>> {
    let Framed { picture, extent } = framing::frame(&cutout.pixels)?;
    let cells = model.segmentation(&framing::on_white(&picture))?;
    let view = |cells| PhotoView {
        picture,
        cells,
        extent,
    };
    Ok(cells.map(view))
}

/// The photo, taken from where it is called after: backs and sides are often read as fronts, for most
/// pictures that the weights have seen are, and who calls one a back knows better. Where the front was taken
/// from nobody has said.
fn from(side: Side, mut view: PhotoView, texture: u32) -> Option<Photo> {
    let read = Photo::fine(&view, texture)?;
    if side == Side::Front || read.is_from(side) {
        return Some(read);
    }
    if side != Side::Back {
        return Some(read.said_from(side));
    }
    view.cells.turn();
    Some(Photo::fine(&view, texture)?.said_from(side))
}
