//! Where parts hang on each other: an artist turns them there, and there an exploded view takes the
//! figurine apart.

use std::collections::HashSet;

use glam::Vec3;

use crate::geometry::{Figurine, Mesh, extent};
use crate::slots::{Slot, in_figure};
use crate::surface::simplify::points;

/// Where a part hangs on another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Joint {
    /// The part that it hangs on, by its place in the figurine; none for the root, and for what is
    /// no part of a body.
    pub on: Option<usize>,
    /// Whether it goes where that part goes: an arm goes with the torso, but legs stay.
    pub follows: bool,
    /// The middle of their common border; where they have none, of the part's points the nearest to
    /// the other; on its own, the middle of its box.
    pub place: Vec3,
}

/// The joint of each part, in the parts' order.
pub fn joints(figurine: &Figurine) -> Vec<Joint> {
    let points = points(figurine);
    let parts = &figurine.parts;
    let joint = |i: usize| {
        let mesh = &parts[i].mesh;
        let slot = Slot::of_map(&parts[i].name);
        let (figure, _) = in_figure(&parts[i].name);
        // What all figures stand on hangs on the first.
        let near = |name: &str| figure.is_none() || in_figure(name).0 == figure;
        let on = (slot.iter().flat_map(|slot| slot.neighbours())).find_map(|&other| {
            parts
                .iter()
                .position(|part| near(&part.name) && Slot::of_map(&part.name) == Some(other))
        });
        let place = match on {
            Some(on) => {
                let there: HashSet<u32> = points[on].iter().copied().collect();
                let both = mesh.positions.iter().zip(&points[i]);
                let border = both
                    .filter(|(_, point)| there.contains(point))
                    .map(|p| *p.0);
                mean(border).unwrap_or_else(|| nearest(mesh, middle(&parts[on].mesh)))
            }
            None => middle(mesh),
        };
        Joint {
            on,
            follows: on.is_some() && slot.is_some_and(Slot::follows),
            place,
        }
    };
    (0..parts.len()).map(joint).collect()
}

/// How far each part goes in an exploded view: away from the one that it hangs on, along the axis on
/// which they lie the most apart, by `share` of the figurine's height; and as far as that goes, too.
pub fn exploded_shifts(figurine: &Figurine, joints: &[Joint], share: f32) -> Vec<Vec3> {
    let parts = &figurine.parts;
    let meshes = || {
        parts
            .iter()
            .flat_map(|part| part.mesh.positions.iter().copied())
    };
    let (low, high) = extent(meshes());
    let middles: Vec<Vec3> = parts.iter().map(|part| middle(&part.mesh)).collect();
    let step = |from: Vec3, to: Vec3| {
        let way = to - from;
        let axis = (0..3).fold(0, |most, a| {
            if way[a].abs() > way[most].abs() {
                a
            } else {
                most
            }
        });
        Vec3::AXES[axis] * way[axis].signum() * (share * (high.y - low.y))
    };
    let shift = |start: usize| {
        let (mut shift, mut at) = (Vec3::ZERO, start);
        // The torso is the middle of a body. No chain is longer than there are parts.
        for _ in 0..parts.len() {
            match joints[at].on {
                _ if Slot::Torso.is(&parts[at].name) => break,
                Some(on) => {
                    shift += step(middles[on], middles[at]);
                    at = on;
                }
                None if Slot::of_map(&parts[at].name).is_none() => {
                    shift += step((low + high) / 2.0, middles[at]);
                    break;
                }
                None => break,
            }
        }
        shift
    };
    (0..parts.len()).map(shift).collect()
}

/// The figurine with its parts pushed apart, as [`exploded_shifts`] says.
pub fn exploded(figurine: &Figurine, share: f32) -> Figurine {
    let mut out = figurine.clone();
    let shifts = exploded_shifts(figurine, &joints(figurine), share);
    for (part, shift) in out.parts.iter_mut().zip(shifts) {
        part.mesh.positions.iter_mut().for_each(|p| *p += shift);
    }
    out
}

fn mean(points: impl Iterator<Item = Vec3>) -> Option<Vec3> {
    let (sum, count) = points.fold((Vec3::ZERO, 0.0), |(sum, n), p| (sum + p, n + 1.0));
    (count > 0.0).then(|| sum / count)
}

fn middle(mesh: &Mesh) -> Vec3 {
    let (low, high) = extent(mesh.positions.iter().copied());
    (low + high) / 2.0
}

fn nearest(mesh: &Mesh, to: Vec3) -> Vec3 {
    let points = mesh.positions.iter().copied();
    let best = points.min_by(|p, q| p.distance_squared(to).total_cmp(&q.distance_squared(to)));
    best.unwrap_or(to)
}
