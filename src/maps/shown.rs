//! What one view shows: the parts as solids between their sheets, and where they stand in the model frame.

use std::sync::Arc;

use anyhow::{Result, ensure};
use glam::{Vec2, Vec3};
use rayon::prelude::*;

use super::cover::{Covered, covered};
use super::layers::Layers;
use super::paint::{Paint, Painted, foremost};
use super::plane::Plane;
use super::relief::relief;
use super::sheets::{self, Sheets, Union};
use super::{FINE, Making, PartMaps, Pose, View};
use crate::slots::Slot;

/// Pixels a side, about, at which it is told which part the photo shows.
const LABELS: usize = FINE / 2;

/// The parts that a photo shows, and which is foremost where.
///
/// # Errors
/// The maps hold values that are not numbers.
fn covered_by(maps: &PartMaps, view: &View) -> Result<(Vec<Covered>, Layers)> {
    ensure!(
        maps.yaw.is_finite() && maps.pitch.is_finite() && maps.planes().all(Plane::is_finite),
        "the network's maps hold values that are not numbers: the weights are damaged"
    );
    let side = maps.middle.side();
    let photo = view.colours(side * (LABELS / side).max(1));
    Ok(covered(maps, &view.alpha, &photo))
}

/// The depth of what is foremost, nothing being seen of it where a part stands that leaves.
fn veiled<'a>(
    sheets: impl IntoIterator<Item = &'a Sheets>,
    front: Plane,
    leaving: &[bool],
) -> Plane {
    let gone = (sheets.into_iter().zip(leaving)).filter(|(_, leaves)| **leaves);
    gone.fold(front, |front, (sheets, _)| sheets.veil(&front))
}

/// The parts that a view shows. They have no place in the model frame until they are [`put`](Self::put) there.
pub(super) struct Shown {
    /// Slot, sheets, and the colours that the network tells of both; the legs are two of one slot.
    parts: Vec<(Slot, Sheets, [Plane; 6])>,
    /// Whether others will take the place of each.
    leaving: Vec<bool>,
    paint: Arc<Paint>,
    /// Distance to the subject's outline, in pixels of [`FINE`], above 0 inside.
    pub(super) outline: Plane,
    pub(super) pose: Pose,
}

impl Shown {
    /// # Errors
    /// The maps hold values that are not numbers, or no part is left.
    pub(super) fn new(maps: &PartMaps, view: &View, making: &Making) -> Result<Self> {
        let (covered, layers) = covered_by(maps, view)?;
        ensure!(
            !covered.is_empty(),
            "the picture shows nothing that could be made: its subject covers no pixel"
        );
        let outline = sheets::subject(&view.alpha);
        let gone_on = view.rim();
        let rim = gone_on.as_ref().unwrap_or(&outline);
        let mut sheets: Vec<Sheets> = covered
            .par_iter()
            .map(|part| Sheets::new(part, &outline, rim))
            .collect();
        layers.tuck(&mut sheets);
        let front = foremost(&sheets);
        if making.detail {
            let relief = relief(view.resized(FINE), rim);
            sheets
                .iter_mut()
                .for_each(|part| part.raise(&relief, &front));
        }
        let leaves = covered
            .iter()
            .map(|part| making.leaving.contains(&part.slot));
        let leaving: Vec<bool> = leaves.collect();
        let paint = Arc::new(Paint::new(view, veiled(&sheets, front, &leaving)));
        let parts = covered.iter().zip(sheets);
        Ok(Self {
            parts: parts
                .map(|(c, sheets)| (c.slot, sheets, c.colours()))
                .collect(),
            leaving,
            paint,
            outline,
            pose: Pose::new(0.0, 0.0),
        })
    }

    /// Gives the sheets of each part other depths, as `to` does it.
    pub(super) fn reshape(&mut self, to: impl Fn(usize, &mut Sheets) + Sync) {
        let parts = self.parts.par_iter_mut().enumerate();
        parts.for_each(|(i, (_, sheets, _))| to(i, sheets));
        self.put(self.pose);
        let sheets = || self.parts.iter().map(|(_, sheets, _)| sheets);
        let front = veiled(sheets(), foremost(sheets()), &self.leaving);
        Arc::make_mut(&mut self.paint).front = front;
    }

    /// Puts it into the model frame in a pose.
    pub(super) fn put(&mut self, pose: Pose) {
        self.pose = pose;
        self.parts
            .iter_mut()
            .for_each(|(_, sheets, _)| sheets.put(pose));
    }

    /// The same, so that it fills the model's box.
    pub(super) fn stand(&mut self, pose: Pose) {
        self.put(pose.fitted(self.outermost().map(|(_, p)| p)));
    }

    /// Points of the frame with the places of their parts, no part being farther out than its are.
    pub(super) fn outermost(&self) -> impl Iterator<Item = (usize, Vec3)> + '_ {
        let parts = self.parts.iter().enumerate();
        parts.flat_map(|(i, (_, sheets, _))| sheets.outermost().map(move |p| (i, p)))
    }

    /// Depths of the near and the far sheet of each part that is at a place of the frame.
    pub(super) fn spans(&self, at: Vec2) -> impl Iterator<Item = (f32, f32)> + '_ {
        let sheets = self.parts.iter().map(|(_, sheets, _)| sheets);
        let there = sheets.filter(move |sheets| sheets.within(at) > 0.0);
        there.map(move |sheets| sheets.depths(at.extend(0.0)))
    }

    /// The slots of the parts.
    pub(super) fn slots(&self) -> Vec<Slot> {
        self.parts.iter().map(|(slot, ..)| *slot).collect()
    }

    /// The solids of all parts of a slot.
    pub(super) fn of(&self, slot: Slot) -> impl Iterator<Item = Painted> + '_ {
        let mine = self.parts.iter().filter(move |(of, ..)| *of == slot);
        mine.map(|(slot, sheets, colours)| {
            let colours = colours.clone();
            Painted::new(*slot, sheets.clone(), colours, self.paint.clone())
        })
    }

    /// All of a slot as one solid; nothing where the view does not show it.
    pub(super) fn part(&self, slot: Slot) -> Option<Union<Painted>> {
        let painted: Vec<Painted> = self.of(slot).collect();
        (!painted.is_empty()).then(|| Union::new(painted))
    }

    pub(super) fn paint(&self) -> &Arc<Paint> {
        &self.paint
    }
}
