//! What two views from opposite sides show of a part.

use glam::Vec3;

use super::super::paint::Painted;
use super::super::sheets::Member;
use super::Placed;
use crate::base::numeric::smoothstep;
use crate::geometry::box_around;
use crate::slots::{Side, Slot};

/// The view from the other side counts in full so far within its outline of the part, model units.
const WITHIN: f32 = 0.03;

/// One view's solids of a part: the legs are two.
pub(super) struct Layer(Vec<Painted>);

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
    pub(super) fn network_colour(&self, p: Vec3) -> Vec3 {
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
pub(super) struct Pair {
    pub(super) first: Layer,
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
    pub(super) fn distance(&self, p: Vec3) -> f32 {
        let behind = |other: &Layer| other.behind(p);
        let (other, say) = self.other.as_ref().map_or((0.0, 0.0), behind);
        let all = self.first.0.iter().map(|solid| {
            let [outline, near, far] = solid.sheets().inside(p);
            -outline.min(near).min(far + (other - far) * say)
        });
        all.fold(f32::MAX, f32::min)
    }

    pub(super) fn bounds(&self) -> (Vec3, Vec3) {
        let layers = std::iter::once(&self.first).chain(&self.other);
        box_around(layers.map(Layer::bounds))
    }
}

/// What the sides, or front and back, show of a part.
pub(super) fn pair(views: &[Placed], sides: bool, slot: Slot) -> Option<Pair> {
    let from = |side: Side| views.iter().find(|view| view.side == side);
    match sides {
        true => Pair::of(from(Side::Left), from(Side::Right), slot),
        false => Pair::of(from(Side::Front), from(Side::Back), slot),
    }
}
