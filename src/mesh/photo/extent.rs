//! How much of the subject's square the photo shows: portraits end at the waist.

use glam::Vec2;

/// The part of a square picture of which the photo tells anything: beyond it the subject goes on where the
/// photo ends, and that nothing is seen there says nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extent {
    /// In parts of the square's side, x to the right, y down.
    pub low: Vec2,
    pub high: Vec2,
}

impl Default for Extent {
    /// All of the square, and what lies around it: the whole subject is seen.
    fn default() -> Self {
        Self {
            low: Vec2::MIN,
            high: Vec2::MAX,
        }
    }
}

impl Extent {
    /// Whether the photo tells anything of a point.
    pub fn holds(&self, at: Vec2) -> bool {
        at.cmpge(self.low).all() && at.cmple(self.high).all()
    }
}
