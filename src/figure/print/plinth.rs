//! The plinth that a miniature stands on: flat, with sides that lean in a little.

use anyhow::Result;
use glam::{Vec2, Vec3};

use crate::geometry::Field;

/// The share of the plinth's height that the feet are set into.
pub(super) const SUNK: f32 = 0.25;
/// How far the sides lean in, in heights.
pub(super) const TAPER: f32 = 0.2;
/// Charcoal, as plinths are before anybody has painted them.
pub(super) const COLOUR: [f32; 3] = [0.23, 0.22, 0.22];

/// A plinth seen from above.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outline {
    Disk,
    Square,
    /// With a side in front.
    Hex,
}

/// The field of a plinth, in the model frame.
#[derive(Clone)]
pub struct Plinth {
    pub(super) outline: Outline,
    pub(super) bottom: Vec3,
    /// From the middle to a side, at the bottom.
    pub(super) radius: f32,
    pub(super) height: f32,
    /// How far it is drawn out to the left, and to the right.
    pub(super) spread: f32,
}

impl Plinth {
    /// A plinth on `bottom`, so wide between opposite sides there, and so high.
    pub fn new(outline: Outline, bottom: Vec3, width: f32, height: f32) -> Self {
        Self {
            outline,
            bottom,
            radius: width / 2.0,
            height,
            spread: 0.0,
        }
    }

    /// The same drawn out in the middle, by so much to the left and to the right: room for several.
    pub fn drawn_out(self, spread: f32) -> Self {
        Self { spread, ..self }
    }

    /// How far its edges are rounded: where a field has a sharp edge its slope is no one's, and vertices
    /// there miss it; and nobody likes to hold one.
    pub(super) fn rounding(&self) -> f32 {
        0.15 * self.height
    }

    /// Seen from above, the signed distance to an outline whose sides are so far from the middle.
    pub(super) fn beyond(&self, p: Vec2, radius: f32) -> f32 {
        let (sides, half): (&[Vec2], _) = match self.outline {
            Outline::Disk => return p.length() - radius,
            Outline::Square => (&[Vec2::X, Vec2::Y], radius),
            Outline::Hex => (&HEX, radius * HEX[1].y / HEX[1].x),
        };
        let nearest = |best: (f32, f32), side: &Vec2| {
            let across = side.dot(p).abs();
            if across > best.0 {
                (across, side.perp_dot(p).abs())
            } else {
                best
            }
        };
        let (across, along) = sides.iter().fold((0.0, 0.0), nearest);
        let out = Vec2::new(across - radius, (along - half).max(0.0));
        if out.x > 0.0 { out.length() } else { out.x }
    }

    fn at(&self, p: Vec3) -> f32 {
        let mut p = p - self.bottom;
        p.x -= p.x.clamp(-self.spread, self.spread);
        let round = self.rounding();
        let upright = 1.0 / (1.0 + TAPER * TAPER).sqrt();
        let outline = self.beyond(Vec2::new(p.x, p.z), self.radius - round);
        let side = (outline + TAPER * (p.y - round)) * upright; // as wide as asked for above its edge
        let cap = (p.y - self.height / 2.0).abs() - (self.height / 2.0 - round);
        let out = Vec2::new(side, cap);
        out.max(Vec2::ZERO).length() + out.max_element().min(0.0) - round
    }
}

/// The wall of a plinth as one sees it from the front, rolled flat.
pub(super) struct Wall {
    plinth: Plinth,
}

/// They begin at so much of its height.
const LOWEST: f32 = 0.17;
/// Letters go so far around a disk: farther, nobody reads them from the front.
const AROUND: f32 = 0.9;

impl Wall {
    /// The share of its height that letters may have: above the rounded edge, below where feet are set in.
    pub(super) const LETTERS: f32 = 0.97 - SUNK - LOWEST;

    pub(super) fn of(plinth: Plinth) -> Self {
        Self { plinth }
    }

    /// How far the wall is from the middle, at a height.
    fn radius(&self, y: f32) -> f32 {
        let (radius, round) = (self.plinth.radius, self.plinth.rounding());
        radius - round + round * TAPER.hypot(1.0) - TAPER * (y - round)
    }

    /// Whether a point is on this side of the plinth's middle.
    pub(super) fn is_in_front(&self, p: Vec3) -> bool {
        p.z > self.plinth.bottom.z
    }

    /// Where a point is on the wall: to the right along its bottom, and up. It may be behind the wall, or before it.
    pub(super) fn flat(&self, p: Vec3) -> Vec2 {
        let p = p - self.plinth.bottom;
        let straight = p.x.clamp(-self.plinth.spread, self.plinth.spread);
        let along = match self.plinth.outline {
            Outline::Disk => straight + self.plinth.radius * (p.x - straight).atan2(p.z),
            Outline::Square | Outline::Hex => p.x,
        };
        Vec2::new(along, p.y)
    }

    /// The point so far before a place on the wall.
    pub(super) fn place(&self, flat: Vec2, before: f32) -> Vec3 {
        let upright = 1.0 / TAPER.hypot(1.0);
        let away = self.radius(flat.y) + before * upright;
        let y = flat.y + before * TAPER * upright;
        let p = match self.plinth.outline {
            Outline::Disk => {
                let straight = flat.x.clamp(-self.plinth.spread, self.plinth.spread);
                let (sin, cos) = ((flat.x - straight) / self.plinth.radius).sin_cos();
                Vec3::new(straight + away * sin, y, away * cos)
            }
            Outline::Square | Outline::Hex => Vec3::new(flat.x, y, away),
        };
        self.plinth.bottom + p
    }

    /// Where there is room for letters: the lowest and the highest corner.
    pub(super) fn room(&self) -> (Vec2, Vec2) {
        let Plinth {
            outline,
            radius,
            height,
            spread,
            ..
        } = self.plinth;
        let (low, high) = (LOWEST * height, (LOWEST + Self::LETTERS) * height);
        let side = radius - TAPER * height - self.plinth.rounding();
        let half = spread
            + match outline {
                Outline::Disk => AROUND * radius,
                Outline::Square => side,
                Outline::Hex => side * HEX[1].y / HEX[1].x,
            };
        (Vec2::new(-half, low), Vec2::new(half, high))
    }

    /// Its curve's radius; none where it is flat.
    pub(super) fn curve(&self) -> Option<f32> {
        (self.plinth.outline == Outline::Disk).then_some(self.plinth.radius)
    }
}

/// A hexagon's sides, each with the opposite one, as unit normals; one is in front.
pub(super) const HEX: [Vec2; 3] = [
    Vec2::new(0.0, 1.0),
    Vec2::new(0.866_025_4, 0.5),
    Vec2::new(0.866_025_4, -0.5),
];

impl Field for Plinth {
    fn distance(&self, points: &[Vec3]) -> Result<Vec<f32>> {
        Ok(points.iter().map(|&p| self.at(p)).collect())
    }

    fn colour(&self, points: &[Vec3]) -> Result<Vec<[f32; 3]>> {
        Ok(vec![COLOUR; points.len()])
    }

    fn bounds(&self) -> (Vec3, Vec3) {
        // To a hexagon's corners.
        let reach = match self.outline {
            Outline::Hex => self.radius * 1.155,
            _ => self.radius,
        };
        let spare = 0.1 * self.height;
        let half = Vec3::new(reach + self.spread, 0.0, reach) + spare;
        let high = self.bottom + half + Vec3::Y * self.height;
        (self.bottom - half, high)
    }
}
