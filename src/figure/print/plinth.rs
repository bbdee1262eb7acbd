//! The plinth that a miniature stands on: flat, with sides that lean in a little.

use anyhow::Result;
use glam::{Vec2, Vec3};

use crate::geometry::Field;

/// The share of the plinth's height that the feet are set into.
pub(super) const SUNK: f32 = 0.25;
/// How far the sides lean in, in heights.
pub(super) const TAPER: f32 = 0.2;
/// Charcoal, as plinths are before anybody has painted them.
const COLOUR: [f32; 3] = [0.23, 0.22, 0.22];

/// A plinth seen from above.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outline {
    Disk,
    Square,
    /// With a side in front.
    Hex,
}

/// The field of a plinth, in the model frame.
pub struct Plinth {
    outline: Outline,
    bottom: Vec3,
    /// From the middle to a side, at the bottom.
    radius: f32,
    height: f32,
}

impl Plinth {
    /// A plinth on `bottom`, so wide between opposite sides there, and so high.
    pub fn new(outline: Outline, bottom: Vec3, width: f32, height: f32) -> Self {
        Self {
            outline,
            bottom,
            radius: width / 2.0,
            height,
        }
    }

    /// How far its edges are rounded: where a field has a sharp edge its slope is no one's, and vertices
    /// there miss it; and nobody likes to hold one.
    fn rounding(&self) -> f32 {
        0.15 * self.height
    }

    /// Seen from above, the signed distance to an outline whose sides are so far from the middle.
    fn beyond(&self, p: Vec2, radius: f32) -> f32 {
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
        let p = p - self.bottom;
        let round = self.rounding();
        let upright = 1.0 / (1.0 + TAPER * TAPER).sqrt();
        let outline = self.beyond(Vec2::new(p.x, p.z), self.radius - round);
        let side = (outline + TAPER * (p.y - round)) * upright; // as wide as asked for above its edge
        let cap = (p.y - self.height / 2.0).abs() - (self.height / 2.0 - round);
        let out = Vec2::new(side, cap);
        out.max(Vec2::ZERO).length() + out.max_element().min(0.0) - round
    }
}

/// A hexagon's sides, each with the opposite one, as unit normals; one is in front.
const HEX: [Vec2; 3] = [
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
        let half = Vec3::new(reach, 0.0, reach) + spare;
        let high = self.bottom + half + Vec3::Y * self.height;
        (self.bottom - half, high)
    }
}
