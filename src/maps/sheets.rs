//! A part as the solid between its two sheets.

use anyhow::Result;
use glam::{Vec2, Vec3};
use rayon::prelude::*;

use super::cover::Covered;
use super::leaps;
use super::paint::BEHIND;
use super::plane::{Plane, signed};
use super::{FINE, Pose, middle, spot};
use crate::geometry::{Field, box_around, extent};
use crate::slots::Slot;

/// How far parts go on beyond the borders between them, halves of the frame: they are let into one another.
const OVERLAP: f32 = 0.02;
/// Distances to a border between parts are smoothed this far from it, in pixels of [`FINE`].
const BORDER: f32 = 8.0;
/// Over what width the two sheets meet at the outline: a little less than a pixel of the maps, which narrow towards it
/// themselves.
const RIM: f32 = 0.02;
/// The network tells of less thickness than there is (medians: 0.92 of it on held-out characters, 0.84 on the
/// development set), for it was taught to be wrong by the least in the mean.
const THICKER: f32 = 1.15;
/// The least half thickness away from the outline, across the sheet: where the middle is steep, more along the ray.
const THINNEST: f32 = 0.012;
/// Steeper sheets are taken for so steep: their slope says no more of how far away they are.
const STEEPEST: f32 = 4.0;

/// Half of the width that a thin part has at least, in pixels of [`FINE`]: a little less than a cell of the grid that
/// surfaces are taken from, which is two pixels.
const STURDY: f32 = 1.75;
/// How far around a pixel the subject's width is looked for.
const REACH: usize = 3;

/// Sheets that get other depths get them so far around their part, too, halves of the frame.
const AROUND: f32 = 0.05;

/// Relief takes away at most this share of the thickness.
const HOLLOW: f32 = 0.25;

/// Depth along the ray for a unit of distance to a sheet.
fn stretch(sheet: &Plane) -> Plane {
    sheet
        .slope()
        .map(|s| (s.min(STEEPEST).powi(2) + 1.0).sqrt())
}

/// The solid between two sheets; planes of [`FINE`] pixels, lengths in halves of the frame.
#[derive(Clone)]
pub(super) struct Sheets {
    /// Distance to the part's outline in the plane of the picture, above 0 inside.
    outline: Plane,
    near: Plane,
    far: Plane,
    /// Depth along the ray for a unit of distance, of either sheet: 1 where it faces the camera.
    near_stretch: Plane,
    far_stretch: Plane,
    /// The cells between pixels in which the part leaps from one depth to another.
    leaps: Vec<bool>,
    pose: Pose,
    pub(super) bounds: (Vec3, Vec3),
}

impl Sheets {
    /// `subject` is the distance to the photo's outline, `rim` to where the two sheets meet, in pixels of [`FINE`].
    pub(super) fn new(part: &Covered, subject: &Plane, rim: &Plane) -> Self {
        let pixel = 2.0 / FINE as f32;
        let own: Vec<bool> = part
            .occupancy
            .smooth(FINE)
            .values()
            .iter()
            .map(|&o| o > 0.0)
            .collect();
        // As smooth as the maps' pixels are large: a border between parts has no teeth.
        let own = signed(&own, FINE).map(|d| d.clamp(-BORDER, BORDER));
        let own = own.reduced(part.middle.side()).smooth(FINE);
        let outline = own.zip(subject, |own, subject| {
            (own * pixel + OVERLAP).min(subject * pixel)
        });
        let rim = rim.map(|d| {
            let t = (d * pixel / RIM).clamp(0.0, 1.0);
            (t * (2.0 - t)).sqrt()
        });
        // Squares of round things go straight to 0 at their outline.
        let half = part.half.map(|h| (THICKER * h).powi(2)).smooth(FINE);
        let mut half = half.map(|square| square.max(0.0).sqrt());
        let mut middle = part.middle.smooth(FINE);
        if part.slot == Slot::Legs {
            leaps::parted(&mut middle, &mut half);
        }
        let least = stretch(&middle).map(|stretch| THINNEST * stretch);
        let half = half.zip(&least, f32::max);
        let half = half.zip(&rim, |half, rim| half * rim);
        let (near, far) = middle.sheets(&half);
        Self {
            near_stretch: stretch(&near),
            far_stretch: stretch(&far),
            leaps: leaps::cells(&near, &far),
            outline,
            near,
            far,
            pose: Pose::new(0.0, 0.0),
            bounds: (Vec3::ZERO, Vec3::ZERO),
        }
    }

    /// Brings the near sheet down to `near` where it is before it, and the far one up to `far`. Where nothing is left
    /// between them, the part is not.
    pub(super) fn keep_within(&mut self, near: &Plane, far: &Plane) {
        self.near = self.near.zip(near, f32::min);
        self.far = self.far.zip(far, f32::max);
        self.lean();
    }

    /// Tells anew how steep the sheets are.
    fn lean(&mut self) {
        self.near_stretch = stretch(&self.near);
        self.far_stretch = stretch(&self.far);
        self.leaps = leaps::cells(&self.near, &self.far);
    }

    /// Raises the near sheet by a `relief`, where the part is not behind what is seen foremost.
    pub(super) fn raise(&mut self, relief: &Plane, front: &Plane) {
        let seen = self
            .near
            .zip(front, |near, front| f32::from(near > front - BEHIND));
        let seen = seen.zip(relief, |seen, relief| seen * relief);
        // Never through the far sheet.
        let room = self.near.zip(&self.far, |near, far| (far - near) * HOLLOW);
        let raised = seen.zip(&room, f32::max);
        self.near = self.near.zip(&raised, |near, raised| near + raised);
        self.near_stretch = stretch(&self.near);
    }

    /// Gives both sheets other depths: `to` tells them of a place of the frame and a depth there.
    pub(super) fn reshape(&mut self, to: impl Fn(Vec2, f32) -> f32) {
        for i in 0..FINE * FINE {
            if self.outline.values()[i] > -AROUND {
                for sheet in [&mut self.near, &mut self.far] {
                    let depth = &mut sheet.values_mut()[i];
                    *depth = to(middle(i, FINE), *depth);
                }
            }
        }
        self.lean();
    }

    /// Moves the near and the far sheet by planes of [`FINE`] pixels.
    pub(super) fn shift(&mut self, [near, far]: &[Plane; 2]) {
        self.near = self.near.zip(near, |depth, by| depth + by);
        self.far = self.far.zip(far, |depth, by| depth + by);
        self.lean();
    }

    /// How far a place of the frame lies inside of the part's outline, halves of the frame.
    pub(super) fn within(&self, at: Vec2) -> f32 {
        self.outline.at(spot(at.extend(0.0)))
    }

    /// Points of the frame, none of the part being farther out than they are.
    pub(super) fn outermost(&self) -> impl Iterator<Item = Vec3> + '_ {
        let inside = self
            .outline
            .values()
            .iter()
            .enumerate()
            .filter(|(_, d)| **d > 0.0);
        inside.flat_map(|(i, _)| {
            [&self.near, &self.far].map(|sheet| middle(i, FINE).extend(sheet.values()[i]))
        })
    }

    /// Puts it into the model frame.
    pub(super) fn put(&mut self, pose: Pose) {
        let margin = Vec3::splat(4.0 / FINE as f32 * pose.scale);
        let (low, high) = extent(self.outermost().map(|p| pose.place(p)));
        self.bounds = if low.cmple(high).all() {
            (low - margin, high + margin)
        } else {
            (Vec3::ZERO, Vec3::ZERO)
        };
        self.pose = pose;
    }

    /// A point of the model frame in the frame of the maps.
    pub(super) fn frame(&self, p: Vec3) -> Vec3 {
        self.pose.frame(p)
    }

    /// Depth of the near and of the far sheet at a point of the frame.
    pub(super) fn depths(&self, p: Vec3) -> (f32, f32) {
        let cell = self.near.cell(spot(p));
        (self.near.between(&cell), self.far.between(&cell))
    }

    /// The near sheet where the part is, and far behind everything elsewhere.
    pub(super) fn front(&self) -> Plane {
        self.near.zip(
            &self.outline,
            |near, outline| if outline > 0.0 { near } else { f32::MIN },
        )
    }

    /// Depth of the sheet `toward` the camera, 1, or away from it, -1, at a pixel of [`FINE`], also where the part is not;
    /// half of the thickness there, and depth along the ray for a unit of distance.
    pub(super) fn skin(&self, toward: f32, i: usize) -> (f32, f32, f32) {
        let (near, far) = (self.near.values()[i], self.far.values()[i]);
        let half = (near - far) / 2.0;
        match toward > 0.0 {
            true => (near, half, self.near_stretch.values()[i]),
            false => (far, half, self.far_stretch.values()[i]),
        }
    }

    /// Depth of the foremost sheet, brought so far forward where this part is that nothing level with it is seen.
    pub(super) fn veil(&self, front: &Plane) -> Plane {
        front.zip(&self.front(), |front, own| front.max(own + 2.0 * BEHIND))
    }

    /// How far a point of the model frame lies inside of the part's outline, behind its near sheet and before its far
    /// one, model units.
    pub(super) fn inside(&self, p: Vec3) -> [f32; 3] {
        let p = self.frame(p);
        let mut cell = self.outline.cell(spot(p));
        let outline = self.outline.between(&cell);
        // Where depths leap from pixel to pixel the nearest one counts.
        if self.leaps[cell.first()] {
            cell = cell.nearest();
        }
        let front = (self.near.between(&cell) - p.z) / self.near_stretch.between(&cell);
        let back = (p.z - self.far.between(&cell)) / self.far_stretch.between(&cell);
        [outline, front, back].map(|inside| inside * self.pose.scale)
    }

    pub(super) fn distance(&self, p: Vec3) -> f32 {
        let [outline, front, back] = self.inside(p);
        -outline.min(front).min(back)
    }
}

/// Distance of each pixel to the subject's outline, in pixels, above 0 inside. The outline lies where a pixel is half
/// covered, and a little outside of it where the subject is so thin that it would be lost: wrists, blades, strands.
pub(super) fn subject(alpha: &Plane) -> Plane {
    let outline = outline(alpha);
    let widest = outline.widest(REACH);
    outline.zip(&widest, |d, widest| {
        if widest > 0.0 {
            d + (STURDY - widest).max(0.0)
        } else {
            d
        }
    })
}

fn outline(alpha: &Plane) -> Plane {
    let set: Vec<bool> = alpha.values().iter().map(|&a| a >= 0.5).collect();
    let whole = signed(&set, FINE);
    whole.zip(alpha, |d, a| {
        if d.abs() < 1.0 && (0.02..0.98).contains(&a) {
            a - 0.5
        } else {
            d
        }
    })
}

/// What gives the distance of sheets and a colour: fields of one slot become one.
pub(super) struct Union<T>(Vec<T>);

/// A part among others of its slot.
pub(super) trait Member: Sync {
    fn sheets(&self) -> &Sheets;
    fn colour(&self, p: Vec3) -> [f32; 3];
}

impl<T: Member> Union<T> {
    /// Of at least one.
    pub(super) fn new(members: Vec<T>) -> Self {
        Self(members)
    }

    fn nearest(&self, p: Vec3) -> &T {
        let distance = |member: &&T| member.sheets().distance(p);
        let least = self
            .0
            .iter()
            .min_by(|a, b| distance(a).total_cmp(&distance(b)));
        least.expect("a union of at least one part")
    }
}

impl<T: Member> Field for Union<T> {
    fn distance(&self, points: &[Vec3]) -> Result<Vec<f32>> {
        let distance = |&p: &Vec3| {
            let all = self.0.iter().map(|member| member.sheets().distance(p));
            all.fold(f32::INFINITY, f32::min)
        };
        Ok(points.iter().map(distance).collect())
    }

    fn colour(&self, points: &[Vec3]) -> Result<Vec<[f32; 3]>> {
        let colour = |&p: &Vec3| self.nearest(p).colour(p);
        Ok(points.par_iter().map(colour).collect())
    }

    fn bounds(&self) -> (Vec3, Vec3) {
        box_around(self.0.iter().map(|member| member.sheets().bounds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relief_never_takes_more_than_a_quarter_of_the_thickness() {
        let flat = |value: f32| Plane::new(FINE, vec![value; FINE * FINE]);
        let (near, far) = (flat(0.2), flat(-0.2));
        let mut sheets = Sheets {
            near_stretch: stretch(&near),
            far_stretch: stretch(&far),
            leaps: leaps::cells(&near, &far),
            outline: flat(1.0),
            near,
            far,
            pose: Pose::new(0.0, 0.0),
            bounds: (Vec3::ZERO, Vec3::ZERO),
        };
        sheets.raise(&flat(-0.3), &flat(0.2));
        let depth = sheets.near.values()[0];
        assert!(
            (depth - 0.1).abs() < 1e-5,
            "a shadow is no hole, and this one leads to {depth}"
        );
        sheets.raise(&flat(-0.3), &flat(0.5));
        assert_eq!(
            sheets.near.values()[0],
            depth,
            "what is hidden has no shadows of its own"
        );
    }
}
