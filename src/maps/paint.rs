//! The colours of a part: the photo's where the photo shows it, and the network's elsewhere.

use std::sync::{Arc, OnceLock};

use glam::{Vec2, Vec3};
use image::RgbaImage;

use super::behind::behind;
use super::mirror::Mirror;
use super::plane::{Plane, colour_at, spread_colours};
use super::sheets::{Member, Sheets};
use super::{FINE, View, spot};
use crate::base::numeric::smoothstep;
use crate::base::resample::bilinear;
use crate::slots::Slot;

/// Pixels a side of the photo's colours, at most.
const MOST: u32 = 1024;
/// A sheet so little behind the foremost one is seen, halves of the frame: parts let into one another share their
/// border's colours.
pub(super) const BEHIND: f32 = 0.05;
/// Between the far sheet, 0, and the near one, 1, the colours of the one go over into those of the other.
const TURN: (f32, f32) = (0.2, 0.6);

/// The mirror image of a point counts in full so far within the outline of its part, model units: next to it the photo
/// shows half of the ground.
const WITHIN: f32 = 0.04;

/// How much is seen of a sheet that lies so far beyond the outermost one, `0..=1`.
fn shows(beyond: f32) -> f32 {
    1.0 - smoothstep((beyond / BEHIND - 1.0).clamp(0.0, 1.0))
}

/// What is seen of the figure in the photo.
#[derive(Clone)]
pub(super) struct Paint {
    picture: RgbaImage,
    /// Its colours at [`FINE`] pixels a side.
    pub(super) fine: [Plane; 3],
    /// Depth of the foremost sheet, as [`foremost`] finds it.
    pub(super) front: Plane,
}

/// Depth of the foremost of these sheets at each pixel of [`FINE`].
pub(super) fn foremost<'a>(sheets: impl IntoIterator<Item = &'a Sheets>) -> Plane {
    let nothing = Plane::new(FINE, vec![f32::MIN; FINE * FINE]);
    sheets.into_iter().fold(nothing, |front, sheets| {
        front.zip(&sheets.front(), f32::max)
    })
}

impl Paint {
    pub(super) fn new(view: &View, front: Plane) -> Self {
        let side = view.picture.width().min(MOST);
        let mut picture = view.resized(side as usize);
        spread_colours(&mut picture);
        Self {
            picture,
            fine: view.colours(FINE),
            front,
        }
    }

    /// A picture whose foremost sheet is so deep, and nothing else.
    #[cfg(test)]
    pub(super) fn before(picture: RgbaImage, front: Plane) -> Self {
        let fine = [0, 1, 2].map(|_| Plane::new(FINE, vec![0.0; FINE * FINE]));
        Self {
            picture,
            fine,
            front,
        }
    }

    /// The photo's colour at a pixel of [`FINE`].
    pub(super) fn photo_at(&self, x: usize, y: usize) -> Vec3 {
        Vec3::from([0, 1, 2].map(|k| self.fine[k].values()[y * FINE + x]))
    }

    /// The photo's colour at a place, in parts of the frame's side.
    pub(super) fn photo(&self, at: Vec2) -> [f32; 3] {
        let side = self.picture.width() as usize;
        let pixel = |i: usize| {
            let [r, g, b, _] = self
                .picture
                .get_pixel((i % side) as u32, (i / side) as u32)
                .0;
            Vec3::new(r.into(), g.into(), b.into()) / 255.0
        };
        bilinear(pixel, side, at * side as f32).to_array()
    }
}

/// A part's sheets with their colours.
pub(super) struct Painted {
    sheets: Sheets,
    /// As the network tells them: of the near and of the far sheet.
    near: [Plane; 3],
    told: [Plane; 3],
    /// Those of [`behind`], once somebody asks: of further views nobody does. One thread makes them, all alone: others wait
    /// for it, and would wait for ever if a part of the work were theirs.
    far: OnceLock<[Plane; 3]>,
    slot: Slot,
    mirror: Option<Mirror>,
    paint: Arc<Paint>,
}

impl Painted {
    /// With the colours that the network tells of the near and of the far sheet, which stand in the model frame.
    pub(super) fn new(slot: Slot, sheets: Sheets, colours: [Plane; 6], paint: Arc<Paint>) -> Self {
        let mirror = Mirror::of(slot, sheets.bounds);
        let [r, g, b, told @ ..] = colours;
        Self {
            sheets,
            near: [r, g, b],
            told,
            far: OnceLock::new(),
            slot,
            mirror,
            paint,
        }
    }

    /// The colours of the far sheet.
    fn far(&self) -> &[Plane; 3] {
        (self.far).get_or_init(|| behind(self.slot, &self.paint, &self.sheets, &self.told))
    }

    /// How well the view sees the near sheet at the place of a point of the model frame, `0..=1`: not where another part
    /// is before it.
    pub(super) fn seen(&self, p: Vec3) -> f32 {
        let p = self.sheets.frame(p);
        self.in_sight(p, self.sheets.depths(p).0)
    }

    /// The same for a depth at a point of the frame.
    fn in_sight(&self, p: Vec3, depth: f32) -> f32 {
        shows(self.paint.front.at(spot(p)) - depth)
    }

    /// The colour of the near sheet at the place of a point of the model frame, and how much of it is that sheet's, `0..=1`.
    fn front(&self, p: Vec3) -> (Vec3, f32) {
        let p = self.sheets.frame(p);
        let (at, (near, far)) = (spot(p), self.sheets.depths(p));
        let told = colour_at(&self.near, at);
        let depth = (p.z - far) / (near - far).max(1e-4);
        let turned = smoothstep(((depth - TURN.0) / (TURN.1 - TURN.0)).clamp(0.0, 1.0));
        let photo = Vec3::from(self.paint.photo(at));
        (told.lerp(photo, self.in_sight(p, near)), turned)
    }

    /// What the photo shows of the mirror image of a point of the model frame, and how well.
    fn mirrored(&self, p: Vec3) -> Option<(Vec3, f32)> {
        let image = self.mirror?.image(p);
        let within = (self.sheets.inside(image)[0] / WITHIN).clamp(0.0, 1.0);
        let (colour, turned) = self.front(image);
        Some((colour, smoothstep(within) * turned * self.seen(image)))
    }
}

impl Member for Painted {
    fn sheets(&self) -> &Sheets {
        &self.sheets
    }

    fn colour(&self, p: Vec3) -> [f32; 3] {
        let (front, turned) = self.front(p);
        if turned == 1.0 {
            return front.to_array();
        }
        let at = spot(self.sheets.frame(p));
        let far = colour_at(self.far(), at);
        let back = self
            .mirrored(p)
            .map_or(far, |(colour, seen)| far.lerp(colour, seen));
        back.lerp(front, turned)
            .clamp(Vec3::ZERO, Vec3::ONE)
            .to_array()
    }
}
