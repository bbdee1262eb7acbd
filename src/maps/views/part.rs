//! A part as all views show it together.

use std::sync::Arc;

use anyhow::Result;
use glam::Vec3;

use super::super::paint::Painted;
use super::super::sheets::Member;
use super::rows::Warp;
use super::{All, LOOSE, Placed};
use crate::base::colour::best_seen;
use crate::base::numeric::smoothstep;
use crate::geometry::{Field, extent};
use crate::slots::{Side, Slot};

/// The view from the other side counts in full so far within its outline of the part, model units.
const WITHIN: f32 = 0.03;
/// For the normal, the field is asked so far away, model units.
const STEP: f32 = 0.01;
/// What is seen so well has no other colours mixed in.
const SEEN: f32 = 0.99;
/// Farther away than this no distance is exact, model units.
const AWAY: f32 = 0.05;

/// One view's solids of a part, each with its warp: the legs are two.
struct Layer(Vec<(Painted, Warp)>);

impl Layer {
    fn of(view: &Placed, slot: Slot) -> Option<Self> {
        let solids = view.shown.of(slot);
        let solids: Vec<_> = solids
            .map(|(i, solid)| (solid, view.warps[i].clone()))
            .collect();
        (!solids.is_empty()).then_some(Self(solids))
    }

    /// How far a point lies behind the near sheet of the solid in whose outline it lies deepest, and how much that counts,
    /// `0..=1`: not outside of the outline, nor where another part hides it.
    fn behind(&self, p: Vec3) -> (f32, f32) {
        let all = self.0.iter().map(|(solid, warp)| {
            let (before, stretch) = warp.before(p);
            let [outline, near, _] = solid.sheets().inside(before);
            ([outline, near].map(|d| d * stretch), before, solid)
        });
        let deepest = all.max_by(|(a, ..), (b, ..)| a[0].total_cmp(&b[0]));
        let Some(([outline, near], before, solid)) = deepest.filter(|(at, ..)| at[0] > 0.0) else {
            return (0.0, 0.0);
        };
        (
            near,
            smoothstep((outline / WITHIN).min(1.0)) * solid.seen(before),
        )
    }

    /// The colour that the network gives.
    fn network_colour(&self, p: Vec3) -> Vec3 {
        let all = self.0.iter().map(|(solid, warp)| (solid, warp.before(p).0));
        let distance = |(solid, p): &(&Painted, Vec3)| solid.sheets().distance(*p);
        let nearest = all.min_by(|a, b| distance(a).total_cmp(&distance(b)));
        nearest.map_or(Vec3::ZERO, |(solid, p)| solid.colour(p).into())
    }

    fn bounds(&self) -> (Vec3, Vec3) {
        let points = self.0.iter().flat_map(|(solid, warp)| {
            let (low, high) = solid.sheets().bounds;
            // The warp changes with the height only.
            let heights = (0..=64).map(move |i| low.y + (high.y - low.y) * i as f32 / 64.0);
            heights.flat_map(move |y| {
                let corners = [
                    (low.x, low.z),
                    (high.x, low.z),
                    (low.x, high.z),
                    (high.x, high.z),
                ];
                corners.map(|(x, z)| warp.after(Vec3::new(x, y, z)))
            })
        });
        let (low, high) = extent(points);
        (low - STEP, high + STEP)
    }
}

/// What a view shows of a part, closed by what one from the other side shows: the far sheet of the one is the near sheet
/// of the other.
struct Pair {
    first: Layer,
    other: Option<Layer>,
}

impl Pair {
    fn of(first: Option<&Placed>, other: Option<&Placed>, slot: Slot) -> Option<Self> {
        let views = [first, other].into_iter().flatten();
        let mut layers = views.filter_map(|view| Layer::of(view, slot));
        Some(Self {
            first: layers.next()?,
            other: layers.next(),
        })
    }

    /// Signed distance, below 0 inside.
    fn distance(&self, p: Vec3) -> f32 {
        let behind = |other: &Layer| other.behind(p);
        let (other, say) = self.other.as_ref().map_or((0.0, 0.0), behind);
        let all = self.first.0.iter().map(|(solid, warp)| {
            let (before, stretch) = warp.before(p);
            let [outline, near, far] = solid.sheets().inside(before).map(|d| d * stretch);
            -outline.min(near).min(far + (other - far) * say)
        });
        all.fold(f32::MAX, f32::min)
    }

    fn bounds(&self) -> (Vec3, Vec3) {
        let layers = std::iter::once(&self.first).chain(&self.other);
        extent(layers.flat_map(|layer| <[Vec3; 2]>::from(layer.bounds())))
    }
}

/// A part as all views show it.
pub(super) struct Part {
    /// What front and back show, or the sides.
    pair: Pair,
    bounds: (Vec3, Vec3),
    all: Arc<All>,
}

impl Part {
    /// Nothing where no view shows it.
    pub(super) fn new(slot: Slot, all: &Arc<All>) -> Option<Self> {
        let from = |side: Side| all.views.iter().find(|view| view.side == side);
        let faced = || Pair::of(from(Side::Front), from(Side::Back), slot);
        let sides = || Pair::of(from(Side::Left), from(Side::Right), slot);
        let pair = match all.sideways {
            true => sides().or_else(faced)?,
            false => faced().or_else(sides)?,
        };
        Some(Self {
            bounds: pair.bounds(),
            pair,
            all: all.clone(),
        })
    }

    /// Signed distance, below 0 inside.
    fn at(&self, p: Vec3) -> f32 {
        let beyond = (self.bounds.0 - p).max(p - self.bounds.1).max_element();
        if beyond > AWAY {
            return beyond;
        }
        let mut distance = self.pair.distance(p);
        for view in &self.all.views {
            // What is far outside already is not asked for more.
            if distance > AWAY {
                break;
            }
            distance = distance.max(view.outside(p) - LOOSE);
        }
        distance
    }

    /// By four points around it.
    fn normal(&self, p: Vec3) -> Vec3 {
        let corners = [
            (1.0, 1.0, 1.0),
            (1.0, -1.0, -1.0),
            (-1.0, 1.0, -1.0),
            (-1.0, -1.0, 1.0),
        ];
        let slope = corners.map(|corner| {
            let corner = Vec3::from(corner);
            corner * self.pair.distance(p + corner * STEP)
        });
        slope.into_iter().sum::<Vec3>().normalize_or_zero()
    }

    fn colour_at(&self, p: Vec3) -> [f32; 3] {
        let normal = self.normal(p);
        let (seen, best) = best_seen(self.all.lenses.iter().map(|lens| lens.seen(p, normal)));
        let colour = match best > SEEN {
            true => seen,
            false => self.pair.first.network_colour(p).lerp(seen, best),
        };
        colour.to_array()
    }
}

impl Field for Part {
    fn distance(&self, points: &[Vec3]) -> Result<Vec<f32>> {
        Ok(points.iter().map(|&p| self.at(p)).collect())
    }

    fn colour(&self, points: &[Vec3]) -> Result<Vec<[f32; 3]>> {
        Ok(points.iter().map(|&p| self.colour_at(p)).collect())
    }

    fn bounds(&self) -> (Vec3, Vec3) {
        self.bounds
    }
}
