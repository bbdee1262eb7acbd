//! What all views show as one volume, smooth where they meet: a grid of signed distances, and of which part is where.

use glam::{UVec3, Vec2, Vec3};
use rayon::prelude::*;

use super::super::plane::{Plane, distances};
use super::super::{Pose, middle, spot};
use super::AWAY;
use super::pair::Pair;
use crate::base::numeric::smoothstep;
use crate::geometry::{box_around, extent};
use crate::slots::Slot;

/// Cells of the grid, model units: as fine as the grid that surfaces are taken from.
const CELL: f32 = 1.0 / 64.0;
/// How much distances and shares are smoothed, standard deviation in cells.
const SMOOTH: f32 = 0.8;
/// What the other pair of views shows lies so far beneath, model units.
const BENEATH: f32 = 0.01;
/// Pixels a side at which it is told which rays meet nothing.
const RAYS: usize = 128;
/// How far from rays that meet something others are filled, pixels: not at all, and wholly.
const FILLED: (f32, f32) = (1.1, 1.8);
/// What is filled is so much thicker than outlines leave room for, model units, as smoothing takes from what is thin.
const THICK: f32 = CELL;
/// How often what rays miss is filled.
const PASSES: usize = 2;
/// What hangs in the air and is smaller than this share of the largest piece is left out.
const SPECK: f32 = 0.002;
/// How far parts are let into one another, model units.
const OVERLAP: f32 = 0.01;
/// So much less deep than its neighbour lies a part there, times how far the border is: on the skin, where the deepest
/// counts, the border is one line.
const RECEDES: f32 = 3.0;

/// A part and what two views show of it.
pub(super) struct Shape {
    slot: Slot,
    pair: Pair,
    bounds: (Vec3, Vec3),
}

impl Shape {
    pub(super) fn new(slot: Slot, pair: Pair) -> Self {
        let bounds = pair.bounds();
        Self { slot, pair, bounds }
    }
}

/// A grid of points over a box.
struct Grid {
    low: Vec3,
    size: UVec3,
}

impl Grid {
    fn over((low, high): (Vec3, Vec3)) -> Self {
        let size = ((high - low) / CELL).ceil().max(Vec3::ONE).as_uvec3() + 1;
        Self { low, size }
    }

    fn len(&self) -> usize {
        self.size.element_product() as usize
    }

    fn point(&self, i: usize) -> Vec3 {
        let (i, [x, y, _]) = (i as u32, self.size.to_array());
        self.low + UVec3::new(i % x, i / x % y, i / (x * y)).as_vec3() * CELL
    }

    /// Between the eight points around a place, or at the border of the box.
    fn between(&self, values: &[f32], p: Vec3) -> f32 {
        let last = (self.size - 1).as_vec3();
        let at = ((p - self.low) / CELL).clamp(Vec3::ZERO, last - 1e-3);
        let (cell, t) = (at.floor().as_uvec3(), at.fract());
        let [nx, ny, _] = self.size.to_array().map(|n| n as usize);
        let [x, y, z] = cell.to_array().map(|n| n as usize);
        let first = (z * ny + y) * nx + x;
        let mix = |a: f32, b: f32, t: f32| a + (b - a) * t;
        let row = |i: usize| mix(values[i], values[i + 1], t.x);
        let layer = |i: usize| mix(row(i), row(i + nx), t.y);
        mix(layer(first), layer(first + nx * ny), t.z)
    }

    /// Smoothed along each axis; beyond the box is what is at its border.
    fn smooth(&self, mut values: Vec<f32>) -> Vec<f32> {
        let reach = (2.5 * SMOOTH).ceil() as isize;
        let bell = |d: isize| (-0.5 * (d as f32 / SMOOTH).powi(2)).exp();
        let total: f32 = (-reach..=reach).map(bell).sum();
        let taps: Vec<(isize, f32)> = (-reach..=reach).map(|d| (d, bell(d) / total)).collect();
        let mut step = 1;
        for n in self.size.to_array().map(|n| n as usize) {
            let sum = |i: usize| {
                let at = (i / step % n) as isize;
                let tap = |&(d, w): &(isize, f32)| {
                    let d = (at + d).clamp(0, n as isize - 1) - at;
                    w * values[(i as isize + d * step as isize) as usize]
                };
                taps.iter().map(tap).sum()
            };
            values = (0..values.len()).into_par_iter().map(sum).collect();
            step *= n;
        }
        values
    }

    /// Leaves out what hangs in the air and is small.
    fn drop_specks(&self, solid: &mut [f32]) {
        let pieces = self.pieces(solid);
        let largest = pieces.iter().map(Vec::len).max().unwrap_or(0) as f32;
        let specks = (pieces.iter()).filter(|piece| (piece.len() as f32) < SPECK * largest);
        for &i in specks.flatten() {
            solid[i] = CELL;
        }
    }

    /// The points below 0 that hang together along the axes.
    fn pieces(&self, values: &[f32]) -> Vec<Vec<usize>> {
        let size = self.size.to_array().map(|n| n as usize);
        let mut new: Vec<bool> = values.iter().map(|&value| value < 0.0).collect();
        let mut pieces = Vec::new();
        for start in 0..values.len() {
            if !std::mem::take(&mut new[start]) {
                continue;
            }
            let (mut piece, mut next) = (vec![start], 0);
            while let Some(&i) = piece.get(next) {
                let mut step = 1;
                for n in size {
                    let at = i / step % n;
                    if at > 0 && std::mem::take(&mut new[i - step]) {
                        piece.push(i - step);
                    }
                    if at + 1 < n && std::mem::take(&mut new[i + step]) {
                        piece.push(i + step);
                    }
                    step *= n;
                }
                next += 1;
            }
            pieces.push(piece);
        }
        pieces
    }
}

/// Signed distances, and the share that each part has, at the points of a grid.
pub(super) struct Volume {
    grid: Grid,
    solid: Vec<f32>,
    slots: Vec<(Slot, Vec<f32>)>,
}

/// A view's outline, which the volume is to fill.
pub(super) struct Seen<'a> {
    pub(super) outline: &'a Plane,
    pub(super) pose: Pose,
}

impl Volume {
    /// Of what two views show of each part, and a little beneath it `others`. Rays of outlines that meet nothing of it
    /// are filled where the outlines leave room, `outside` telling how far a point lies outside of them.
    pub(super) fn of(
        shapes: &[Shape],
        others: &[Shape],
        seen: &[Seen],
        outside: impl Fn(Vec3) -> f32 + Sync,
    ) -> Self {
        let all = shapes.iter().chain(others);
        let grid = Grid::over(box_around(all.map(|shape| shape.bounds)));
        let points = 0..grid.len();
        let there = |i: usize| There::at(shapes, others, &outside, grid.point(i));
        let there: Vec<There> = points.into_par_iter().map(there).collect();
        let mut solid: Vec<f32> = there.iter().map(|there| there.distance).collect();
        for _ in 0..PASSES {
            fill(&mut solid, &grid, &there, seen);
        }
        let slots = shares(&grid, &there, &solid);
        let mut solid = grid.smooth(solid);
        grid.drop_specks(&mut solid);
        Self { grid, solid, slots }
    }

    pub(super) fn slots(&self) -> impl Iterator<Item = Slot> + '_ {
        self.slots.iter().map(|(slot, _)| *slot)
    }

    /// Signed distance to all parts together, below 0 inside.
    pub(super) fn distance(&self, p: Vec3) -> f32 {
        self.grid.between(&self.solid, p)
    }

    /// Signed distance to one part.
    pub(super) fn part(&self, slot: Slot, p: Vec3) -> f32 {
        let Some((_, share)) = self.slots.iter().find(|(of, _)| *of == slot) else {
            return AWAY;
        };
        // The slope of a smoothed step at its middle.
        let wide = SMOOTH * CELL * std::f32::consts::TAU.sqrt();
        let beyond = (0.5 - self.grid.between(share, p)) * wide;
        (self.distance(p) + RECEDES * beyond.max(0.0)).max(beyond - OVERLAP)
    }

    /// The box around a part.
    pub(super) fn bounds(&self, slot: Slot) -> (Vec3, Vec3) {
        let points = (0..self.grid.len()).map(|i| self.grid.point(i));
        let (low, high) = extent(points.filter(|&p| self.part(slot, p) < CELL));
        match low.cmple(high).all() {
            true => (low - CELL, high + CELL),
            false => (Vec3::ZERO, Vec3::ZERO),
        }
    }
}

impl Seen<'_> {
    /// Where rays within the outline meet none of these points, `0..=1`.
    fn missed(&self, inside: &[Vec3]) -> Plane {
        let mut met = vec![false; RAYS * RAYS];
        for &p in inside {
            let at: Vec2 = spot(self.pose.frame(p)) * RAYS as f32;
            if at.cmpge(Vec2::ZERO).all() && at.cmplt(Vec2::splat(RAYS as f32)).all() {
                met[at.y as usize * RAYS + at.x as usize] = true;
            }
        }
        let away = distances(|i| met[i], RAYS);
        let missed = |i: usize| {
            let ray = self.pose.place(middle(i, RAYS).extend(0.0));
            if self.pose.outside(self.outline, ray) > 0.0 {
                return 0.0;
            }
            smoothstep(((away[i] - FILLED.0) / (FILLED.1 - FILLED.0)).clamp(0.0, 1.0))
        };
        Plane::new(RAYS, (0..RAYS * RAYS).map(missed).collect())
    }
}

/// What is at a point of the grid.
struct There {
    distance: f32,
    /// How far it lies outside of the outlines, at most [`AWAY`].
    outside: f32,
    /// Whose it is, if it is close to any part.
    slot: Option<Slot>,
}

impl There {
    fn at(shapes: &[Shape], others: &[Shape], outside: impl Fn(Vec3) -> f32, p: Vec3) -> Self {
        let outside = outside(p).min(AWAY);
        let (mut distance, mut slot) = (AWAY, None);
        if outside < AWAY {
            (distance, slot) = nearest(shapes, p);
            let (beneath, other) = nearest(others, p);
            if slot.is_none() || beneath + BENEATH < distance {
                (distance, slot) = (beneath + BENEATH, other);
            }
        }
        Self {
            distance: distance.max(outside).clamp(-AWAY, AWAY),
            outside,
            slot,
        }
    }
}

/// The distance to the nearest of these parts, and which it is; none if all are far away.
fn nearest(shapes: &[Shape], p: Vec3) -> (f32, Option<Slot>) {
    let mut nearest = (AWAY, None);
    for shape in shapes {
        let (low, high) = shape.bounds;
        if (low - p).max(p - high).max_element() < AWAY {
            let distance = shape.pair.distance(p);
            if nearest.1.is_none() || distance < nearest.0 {
                nearest = (distance, Some(shape.slot));
            }
        }
    }
    nearest
}

/// Fills the room that outlines leave along rays which meet nothing.
fn fill(solid: &mut [f32], grid: &Grid, there: &[There], seen: &[Seen]) {
    let now = grid.smooth(solid.to_vec());
    let inside = (0..grid.len()).filter(|&i| now[i].max(there[i].outside) < 0.0);
    let inside: Vec<Vec3> = inside.map(|i| grid.point(i)).collect();
    let missed: Vec<Plane> = seen.iter().map(|seen| seen.missed(&inside)).collect();
    let filled = |(i, distance): (usize, &mut f32)| {
        if there[i].outside >= AWAY {
            return;
        }
        let p = grid.point(i);
        let by_view = seen.iter().zip(&missed);
        let by_view = by_view.map(|(seen, missed)| missed.at(spot(seen.pose.frame(p))));
        let missed = by_view.fold(0.0, f32::max);
        if missed > 0.0 {
            let room = there[i].outside - THICK + (1.0 - missed) * 2.0 * AWAY;
            *distance = distance.min(room.max(-AWAY));
        }
    };
    solid.par_iter_mut().enumerate().for_each(filled);
}

/// Each part that is there, and its share of each point, `0..=1`.
fn shares(grid: &Grid, there: &[There], solid: &[f32]) -> Vec<(Slot, Vec<f32>)> {
    let share = |slot: Slot| {
        let mine = |there: &There| there.slot == Some(slot);
        let any = (there.iter().zip(solid)).any(|(there, &distance)| mine(there) && distance < 0.0);
        let whole = there.iter().map(|there| f32::from(mine(there)));
        any.then(|| (slot, grid.smooth(whole.collect())))
    };
    let mut shares: Vec<(Slot, Vec<f32>)> = Slot::ALL.into_iter().filter_map(share).collect();
    for i in 0..grid.len() {
        let total: f32 = shares.iter().map(|(_, share)| share[i]).sum();
        for (_, share) in &mut shares {
            share[i] /= total.max(1e-6);
        }
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smoothing_keeps_a_ball_and_between_points_is_what_is_there() {
        let grid = Grid::over((Vec3::splat(-0.3), Vec3::splat(0.3)));
        let ball = |p: Vec3| (p.length() - 0.2).clamp(-AWAY, AWAY);
        let smooth = grid.smooth((0..grid.len()).map(|i| ball(grid.point(i))).collect());
        for p in [
            Vec3::X * 0.203,
            Vec3::new(0.11, -0.12, 0.13),
            Vec3::Z * -0.17,
        ] {
            let found = grid.between(&smooth, p);
            assert!(
                (found - ball(p)).abs() < 0.003,
                "{found} at {p}, where a ball is {} away",
                ball(p)
            );
        }
    }

    #[test]
    fn what_outlines_show_and_no_part_is_filled_and_nothing_else() {
        let grid = Grid::over((Vec3::splat(-0.3), Vec3::splat(0.3)));
        let pixel = |i: usize| RAYS as f32 / 2.0 * (0.2 - middle(i, RAYS).length());
        let outline = Plane::new(RAYS, (0..RAYS * RAYS).map(pixel).collect());
        let pose = Pose::new(0.0, 0.0);
        let seen = Seen {
            outline: &outline,
            pose,
        };
        let there = |i: usize| There {
            distance: AWAY,
            outside: pose.outside(&outline, grid.point(i)).min(AWAY),
            slot: None,
        };
        let there: Vec<There> = (0..grid.len()).map(there).collect();
        let mut solid = vec![AWAY; grid.len()];
        fill(&mut solid, &grid, &there, &[seen]);
        let at = |p: Vec3| grid.between(&grid.smooth(solid.clone()), p);
        assert!(
            at(Vec3::ZERO) < 0.0,
            "the leg that only an outline shows is missing"
        );
        assert!(
            at(Vec3::new(0.25, 0.1, 0.0)) > 0.0,
            "filled where the outline shows nothing"
        );
    }

    #[test]
    fn crumbs_beside_a_body_go_and_a_second_body_stays() {
        let grid = Grid::over((Vec3::splat(-0.4), Vec3::splat(0.4)));
        let balls = [
            (Vec3::X * -0.2, 0.15),
            (Vec3::X * 0.25, 0.08),
            (Vec3::Y * 0.3, 0.015),
        ];
        let ball = |p: Vec3| balls.map(|(middle, radius)| p.distance(middle) - radius);
        let distance = |i: usize| ball(grid.point(i)).into_iter().fold(AWAY, f32::min);
        let mut solid: Vec<f32> = (0..grid.len()).map(distance).collect();
        assert_eq!(grid.pieces(&solid).len(), 3);
        grid.drop_specks(&mut solid);
        let inside = balls.map(|(middle, _)| grid.between(&solid, middle) < 0.0);
        assert_eq!(inside, [true, true, false], "two bodies and no crumb");
    }
}
