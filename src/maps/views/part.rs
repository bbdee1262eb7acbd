//! A part as all views show it together.

use std::sync::Arc;

use anyhow::Result;
use glam::Vec3;
use rayon::prelude::*;

use super::super::paint::Painted;
use super::super::sheets::Member;
use super::{All, Placed};
use crate::base::colour::best_seen;
use crate::base::numeric::smoothstep;
use crate::geometry::{Field, box_around};
use crate::slots::{Side, Slot};

/// The view from the other side counts in full so far within its outline of the part, model units.
const WITHIN: f32 = 0.03;
/// For the normal, the field is asked so far away, model units.
const STEP: f32 = 0.01;
/// What is seen so well has no other colours mixed in.
const SEEN: f32 = 0.99;
/// What front and back show of an animal lies so far beneath what its sides show: it fills what these miss, such as a leg
/// behind another, model units.
const BENEATH: f32 = 0.01;
/// Farther away than this no distance is exact, model units.
const AWAY: f32 = 0.05;

/// One view's solids of a part: the legs are two.
struct Layer(Vec<Painted>);

impl Layer {
    fn of(view: &Placed, slot: Slot) -> Option<Self> {
        let solids: Vec<Painted> = view.shown.of(slot).collect();
        (!solids.is_empty()).then_some(Self(solids))
    }

    /// How far a point lies behind the near sheet of the solid in whose outline it lies deepest, and how much that counts,
    /// `0..=1`: not outside of the outline, nor where another part hides it.
    fn behind(&self, p: Vec3) -> (f32, f32) {
        let all = self.0.iter().map(|solid| (solid.sheets().inside(p), solid));
        let deepest = all.max_by(|(a, _), (b, _)| a[0].total_cmp(&b[0]));
        let Some(([outline, near, _], solid)) = deepest.filter(|(at, _)| at[0] > 0.0) else {
            return (0.0, 0.0);
        };
        let within = smoothstep((outline / WITHIN).min(1.0));
        (near, within * solid.seen(p))
    }

    /// The colour that the network gives.
    fn network_colour(&self, p: Vec3) -> Vec3 {
        let distance = |solid: &&Painted| solid.sheets().distance(p);
        let nearest = (self.0.iter()).min_by(|a, b| distance(a).total_cmp(&distance(b)));
        nearest.map_or(Vec3::ZERO, |solid| solid.colour(p).into())
    }

    fn bounds(&self) -> (Vec3, Vec3) {
        box_around(self.0.iter().map(|solid| solid.sheets().bounds))
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
        let all = self.first.0.iter().map(|solid| {
            let [outline, near, far] = solid.sheets().inside(p);
            -outline.min(near).min(far + (other - far) * say)
        });
        all.fold(f32::MAX, f32::min)
    }

    fn bounds(&self) -> (Vec3, Vec3) {
        let layers = std::iter::once(&self.first).chain(&self.other);
        box_around(layers.map(Layer::bounds))
    }
}

/// A part as all views show it.
pub(super) struct Part {
    /// What front and back show, or the sides; of animals both.
    pairs: Vec<Pair>,
    bounds: (Vec3, Vec3),
    all: Arc<All>,
}

impl Part {
    /// Nothing where no view shows it.
    pub(super) fn new(slot: Slot, all: &Arc<All>) -> Option<Self> {
        let from = |side: Side| all.views.iter().find(|view| view.side == side);
        let faced = || Pair::of(from(Side::Front), from(Side::Back), slot);
        let sides = || Pair::of(from(Side::Left), from(Side::Right), slot);
        let pairs: Vec<Pair> = match all.sideways {
            true => sides().into_iter().chain(faced()).collect(),
            false => faced().or_else(sides).into_iter().collect(),
        };
        if pairs.is_empty() {
            return None;
        }
        Some(Self {
            bounds: box_around(pairs.iter().map(Pair::bounds)),
            pairs,
            all: all.clone(),
        })
    }

    /// Signed distance to what all pairs show, below 0 inside.
    fn shown(&self, p: Vec3) -> f32 {
        let beneath = |i: usize| if i == 0 { 0.0 } else { BENEATH };
        let pairs = self.pairs.iter().enumerate();
        let all = pairs.map(|(i, pair)| pair.distance(p) + beneath(i));
        all.fold(f32::MAX, f32::min)
    }

    /// Signed distance, below 0 inside.
    fn at(&self, p: Vec3) -> f32 {
        let beyond = (self.bounds.0 - p).max(p - self.bounds.1).max_element();
        if beyond > AWAY {
            return beyond;
        }
        let mut distance = self.shown(p);
        for view in &self.all.views {
            // What is far outside already is not asked for more.
            if distance > AWAY {
                break;
            }
            let outside = view.outside(p);
            let loose = match view.side {
                Side::Front => 0.0,
                _ if outside > self.all.loose => self.loose(p),
                _ => self.all.loose,
            };
            distance = distance.max(outside - loose);
        }
        distance
    }

    /// How far a point may lie outside of a further view's outline.
    fn loose(&self, p: Vec3) -> f32 {
        let held = self.all.held.as_ref().map_or(0.0, |held| held.loose(p));
        self.all.loose.max(held)
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
            corner * self.shown(p + corner * STEP)
        });
        slope.into_iter().sum::<Vec3>().normalize_or_zero()
    }

    fn colour_at(&self, p: Vec3) -> [f32; 3] {
        let normal = self.normal(p);
        let (seen, best) = best_seen(self.all.lenses.iter().map(|lens| lens.seen(p, normal)));
        let colour = match best > SEEN {
            true => seen,
            false => self.pairs[0].first.network_colour(p).lerp(seen, best),
        };
        colour.to_array()
    }
}

impl Field for Part {
    fn distance(&self, points: &[Vec3]) -> Result<Vec<f32>> {
        Ok(points.iter().map(|&p| self.at(p)).collect())
    }

    fn colour(&self, points: &[Vec3]) -> Result<Vec<[f32; 3]>> {
        Ok(points.par_iter().map(|&p| self.colour_at(p)).collect())
    }

    fn bounds(&self) -> (Vec3, Vec3) {
        self.bounds
    }
}
