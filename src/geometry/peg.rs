//! A peg and its socket, as shapes.

use glam::Vec3;

/// A peg's tip is narrower by this share of its length, so that it finds its way.
const TAPER: f32 = 0.08;

/// A round peg; lengths in the model frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Peg {
    /// Where its axis leaves the part that it is of, and the way it goes, of length 1.
    pub(crate) start: Vec3,
    pub(crate) way: Vec3,
    pub(crate) radius: f32,
    /// How far it stands out, and how far it goes back into its own part.
    pub(crate) length: f32,
    pub(crate) root: f32,
    /// How far away the socket's wall is.
    pub(crate) clearance: f32,
}

impl Peg {
    /// Signed distance to the peg.
    pub(crate) fn distance(&self, p: Vec3) -> f32 {
        self.round(p, self.length, TAPER)
    }

    /// Signed distance to the socket: straight, and deeper by the clearance once more, so that it is the
    /// mouth that fits.
    pub(crate) fn socket(&self, p: Vec3) -> f32 {
        self.round(p, self.length + self.clearance, 0.0) - self.clearance
    }

    /// Signed distance to a cylinder of some length that gets narrower; its edges are rounded.
    fn round(&self, p: Vec3, length: f32, taper: f32) -> f32 {
        let round = 0.25 * self.radius;
        let along = (p - self.start).dot(self.way);
        let away = (p - self.start - self.way * along).length();
        let side = away - (self.radius - taper * along.max(0.0)) + round;
        let cap = (-self.root + round - along).max(along - length + round);
        let beyond = Vec3::new(side, cap, 0.0);
        beyond.max(Vec3::ZERO).length() + side.max(cap).min(0.0) - round
    }

    /// Whether a point lies in the gap between peg and socket, where parts are not to be joined.
    pub(crate) fn parts(&self, p: Vec3) -> bool {
        let most = 0.5 * self.clearance;
        self.distance(p) > -most && self.socket(p) < most
    }

    pub(crate) fn bounds(&self) -> (Vec3, Vec3) {
        let ends = [-self.root, self.length].map(|t| self.start + self.way * t);
        let spare = Vec3::splat(1.1 * self.radius);
        (ends[0].min(ends[1]) - spare, ends[0].max(ends[1]) + spare)
    }

    /// Its size, for people; `unit` is metres a model unit.
    pub(crate) fn describe(&self, unit: f32) -> String {
        let wide = 2000.0 * self.radius * unit;
        format!(
            "a peg is {wide:.1} mm thick and {:.1} mm long",
            1000.0 * self.length * unit
        )
    }

    /// Points around the peg and its socket with some wall, on rings from its root to beyond its tip.
    pub(crate) fn hull(&self, wall: f32) -> impl Iterator<Item = Vec3> {
        let (u, v) = self.way.any_orthonormal_pair();
        let peg = *self;
        (0..=8).flat_map(move |i| {
            let t =
                -peg.root + (peg.root + peg.length + 2.0 * peg.clearance + wall) * i as f32 / 8.0;
            // At its root there is no socket: its own part only has to hold it.
            let away = peg.radius + if t > 0.0 { peg.clearance + wall } else { 0.0 };
            (0..12).map(move |k| {
                let (sin, cos) = (k as f32 * std::f32::consts::TAU / 12.0).sin_cos();
                peg.start + peg.way * t + (u * cos + v * sin) * away
            })
        })
    }
}
