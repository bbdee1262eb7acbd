//! What a round pen leaves: the outlines around its strokes, at any distance from them.

use std::collections::HashMap;

use glam::{IVec2, Vec2};

use super::letters::Stroke;
use crate::geometry::extent_2d;

/// Grid cells across half of the pen.
const CELLS: f32 = 6.0;
/// How far outlines may be from the true ones, in halves of the pen.
const NEAR: f32 = 0.025;

/// Distances to the middle of the nearest stroke, on a grid.
pub(super) struct Inked {
    low: Vec2,
    cell: f32,
    size: IVec2,
    distances: Vec<f32>,
    /// Half of the pen.
    radius: f32,
}

/// A closed line, counter-clockwise around what is inside.
pub(super) type Ring = Vec<Vec2>;

impl Inked {
    /// Of at least one stroke, drawn with a pen of such a radius.
    pub(super) fn new(strokes: &[Stroke], radius: f32) -> Self {
        let cell = radius / CELLS;
        let spare = radius + 2.0 * cell;
        let (low, high) = extent_2d(strokes.iter().flatten().copied());
        let low = low - spare;
        let size = ((high + spare - low) / cell).ceil().as_ivec2() + 1;
        let far = 2.0 * spare;
        let mut out = Self {
            low,
            cell,
            size,
            distances: vec![far; (size.x * size.y) as usize],
            radius,
        };
        for stroke in strokes {
            let dot = [stroke[0]; 2];
            let ends = stroke.windows(2).map(|ends| [ends[0], ends[1]]);
            ends.chain([dot]).for_each(|ends| out.draw(ends, spare));
        }
        out
    }

    fn draw(&mut self, [from, to]: [Vec2; 2], spare: f32) {
        let first = ((from.min(to) - spare - self.low) / self.cell)
            .floor()
            .as_ivec2();
        let last = ((from.max(to) + spare - self.low) / self.cell)
            .ceil()
            .as_ivec2();
        let (first, last) = (first.max(IVec2::ZERO), last.min(self.size - 1));
        let way = to - from;
        for y in first.y..=last.y {
            for x in first.x..=last.x {
                let p = self.place(IVec2::new(x, y));
                let t = (p - from).dot(way) / way.length_squared().max(1e-20);
                let d = p.distance(from + way * t.clamp(0.0, 1.0));
                let here = &mut self.distances[(y * self.size.x + x) as usize];
                *here = here.min(d);
            }
        }
    }

    fn place(&self, at: IVec2) -> Vec2 {
        self.low + at.as_vec2() * self.cell
    }

    /// The outlines, so far within those of the pen; no line of them is longer than `longest`.
    pub(super) fn rings(&self, inset: f32, longest: f32) -> Vec<Ring> {
        let level = self.radius - inset;
        let value = |at: IVec2| self.distances[(at.y * self.size.x + at.x) as usize] - level;
        let mut next: HashMap<Crossed, Crossed> = HashMap::new();
        let mut starts = Vec::new();
        for y in 0..self.size.y - 1 {
            for x in 0..self.size.x - 1 {
                for (from, to) in cuts(IVec2::new(x, y), value) {
                    next.insert(from, to);
                    starts.push(from);
                }
            }
        }
        let crossing = |(at, axis): Crossed| {
            let other = at + if axis == 0 { IVec2::X } else { IVec2::Y };
            let (a, b) = (value(at), value(other));
            self.place(at).lerp(self.place(other), a / (a - b))
        };
        let mut rings = Vec::new();
        for start in starts {
            let (mut ring, mut at) = (Vec::new(), start);
            while let Some(to) = next.remove(&at) {
                ring.push(crossing(at));
                at = to;
            }
            let ring = simplified(&ring, NEAR * self.radius);
            if ring.len() > 2 {
                rings.push(divided(&ring, longest));
            }
        }
        rings
    }
}

/// An edge of the grid: the point that it leaves, along x or y.
type Crossed = (IVec2, u8);

/// The ways through a cell, each from edge to edge with the inside on its left.
fn cuts(at: IVec2, value: impl Fn(IVec2) -> f32) -> Vec<(Crossed, Crossed)> {
    let corners = [IVec2::ZERO, IVec2::X, IVec2::ONE, IVec2::Y].map(|step| at + step);
    let edges = [(at, 0), (at + IVec2::X, 1), (at + IVec2::Y, 0), (at, 1)];
    let inside = corners.map(|corner| value(corner) < 0.0);
    // Counter-clockwise around the cell: a way comes in where one goes out of the inside.
    let leaves = |k: &usize| inside[*k] && !inside[(k + 1) % 4];
    let enters = |k: &usize| !inside[*k] && inside[(k + 1) % 4];
    let (outs, ins): (Vec<usize>, Vec<usize>) = (
        (0..4).filter(leaves).collect(),
        (0..4).filter(enters).collect(),
    );
    match (&outs[..], &ins[..]) {
        (&[out], &[entry]) => vec![(edges[out], edges[entry])],
        (&[_, _], &[_, _]) => {
            let joined = corners.map(value).iter().sum::<f32>() < 0.0;
            let other = |out: usize| if joined { (out + 1) % 4 } else { (out + 3) % 4 };
            outs.iter()
                .map(|&out| (edges[out], edges[other(out)]))
                .collect()
        }
        _ => Vec::new(),
    }
}

/// The ring with as few of its points as keep it so near (Douglas and Peucker).
fn simplified(ring: &[Vec2], near: f32) -> Ring {
    if ring.len() < 4 {
        return ring.to_vec();
    }
    let far = |i: &usize, j: &usize| {
        let away = |k: usize| ring[k].distance_squared(ring[0]);
        away(*i).total_cmp(&away(*j))
    };
    let half = (0..ring.len()).max_by(far).unwrap_or(0);
    let mut open = ring.to_vec();
    open.push(ring[0]);
    let mut out = Vec::new();
    keep(&open[..=half], near, &mut out);
    keep(&open[half..], near, &mut out);
    out
}

/// All of a line's points but the last that are needed.
fn keep(line: &[Vec2], near: f32, out: &mut Ring) {
    let (from, to) = (line[0], line[line.len() - 1]);
    let way = (to - from).normalize_or_zero();
    let away = |p: Vec2| (p - from).perp_dot(way).abs();
    let inner = 1..line.len() - 1;
    let farthest = inner.max_by(|&i, &j| away(line[i]).total_cmp(&away(line[j])));
    match farthest.filter(|&i| away(line[i]) > near) {
        Some(i) => {
            keep(&line[..=i], near, out);
            keep(&line[i..], near, out);
        }
        None => out.push(from),
    }
}

fn divided(ring: &[Vec2], longest: f32) -> Ring {
    let ends = (0..ring.len()).map(|i| (ring[i], ring[(i + 1) % ring.len()]));
    ends.flat_map(|(from, to)| {
        let count = (from.distance(to) / longest).ceil().max(1.0) as usize;
        (0..count).map(move |i| from.lerp(to, i as f32 / count as f32))
    })
    .collect()
}

/// Whether a point is within rings: an odd number of them is around it.
pub(super) fn within(rings: &[Ring], p: Vec2) -> bool {
    let crossed = |ring: &Ring| {
        let ends = (0..ring.len()).map(|i| (ring[i], ring[(i + 1) % ring.len()]));
        ends.filter(|(a, b)| {
            (a.y > p.y) != (b.y > p.y) && p.x < a.x + (b.x - a.x) * (p.y - a.y) / (b.y - a.y)
        })
        .count()
    };
    rings.iter().map(crossed).sum::<usize>() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(ring: &Ring) -> f32 {
        let ends = (0..ring.len()).map(|i| (ring[i], ring[(i + 1) % ring.len()]));
        ends.map(|(a, b)| a.perp_dot(b)).sum::<f32>() / 2.0
    }

    #[test]
    fn a_dot_is_a_disk_and_a_ring_has_a_hole() {
        let dot = Inked::new(&[vec![Vec2::ZERO]], 8.0).rings(0.0, 100.0);
        assert_eq!(dot.len(), 1);
        let wanted = std::f32::consts::PI * 64.0;
        assert!(
            (area(&dot[0]) / wanted - 1.0).abs() < 0.03,
            "{}",
            area(&dot[0])
        );
        let angle = |i: i32| Vec2::from_angle(i as f32 * std::f32::consts::TAU / 64.0) * 40.0;
        let circle: Stroke = (0..=64).map(angle).collect();
        let rings = Inked::new(&[circle], 8.0).rings(0.0, 100.0);
        let mut areas: Vec<f32> = rings.iter().map(area).collect();
        areas.sort_by(f32::total_cmp);
        assert_eq!(areas.len(), 2, "an O is a ring in a ring");
        assert!(
            areas[0] < -3000.0 && areas[1] > 7000.0,
            "holes turn the other way: {areas:?}"
        );
        assert!(within(&rings, Vec2::new(40.0, 0.0)) && !within(&rings, Vec2::ZERO));
    }
}
