//! Where the surface is cut, and how the pieces lie flat.
//!
//! Each chart is what is seen of a part from one of six sides, as far as it hangs together, and lies
//! flat as it is seen. The front comes first and takes all that it can, so that no cut runs through a
//! face, and a chart of it looks like the figure. Where a chart would fold over itself, another begins.

use std::collections::{HashMap, VecDeque};

use glam::{IVec2, Vec2, Vec3};
use rayon::prelude::*;

use crate::geometry::{Figurine, Mesh, normals};
use crate::geometry::{extent, extent_2d};
use crate::slots::Slot;
use crate::surface::union::between_parts;

/// A piece of a part's surface, laid flat.
pub(super) struct Chart {
    /// By its place in the figurine.
    pub(super) part: usize,
    pub(super) triangles: Vec<u32>,
    /// Of each triangle, in model units times the chart's density, from the chart's corner.
    pub(super) corners: Vec<[Vec2; 3]>,
    /// Of the box around it.
    pub(super) size: Vec2,
}

impl Chart {
    pub(super) fn area(&self) -> f32 {
        let area = |&[a, b, c]: &[Vec2; 3]| (b - a).perp_dot(c - a).abs() / 2.0;
        self.corners.iter().map(area).sum()
    }
}

/// A side to look from.
struct Side {
    towards: Vec3,
    right: Vec3,
    down: Vec3,
}

/// Front, back, the figure's left and right, top and bottom.
const SIDES: [Side; 6] = [
    side(Vec3::Z, Vec3::X, Vec3::NEG_Y),
    side(Vec3::NEG_Z, Vec3::NEG_X, Vec3::NEG_Y),
    side(Vec3::X, Vec3::NEG_Z, Vec3::NEG_Y),
    side(Vec3::NEG_X, Vec3::Z, Vec3::NEG_Y),
    side(Vec3::Y, Vec3::X, Vec3::Z),
    side(Vec3::NEG_Y, Vec3::X, Vec3::NEG_Z),
];
const FRONT: usize = 0;

const fn side(towards: Vec3, right: Vec3, down: Vec3) -> Side {
    Side {
        towards,
        right,
        down,
    }
}

/// How fine a chart is beside others: people look at faces, and nobody at where parts touch.
fn density(part: &str, side: usize, hidden: bool) -> f32 {
    match Slot::of(part) {
        _ if hidden => 0.4,
        Some(slot) => slot.texture_density(side == FRONT),
        None => 1.0,
    }
}

/// What is seen of the smooth surface from a side at up to 60 degrees belongs to it, if the triangle
/// itself is turned to there as well.
const SEEN: f32 = 0.5;
const FLAT: f32 = 0.25;
/// Charts of fewer triangles are given to those beside them, where they are seen at least so well.
const FEW: usize = 40;
const EDGE_ON: f32 = 0.1;

/// Cuts all parts into charts; every triangle is in one.
pub(super) fn cut(figurine: &Figurine) -> Vec<Chart> {
    let hidden = between_parts(figurine);
    let parts = figurine.parts.par_iter().zip(&hidden).enumerate();
    let charts = parts.flat_map_iter(|(i, (part, hidden))| {
        let pieces = Cutting::pieces(&part.mesh, hidden).into_iter();
        pieces.map(move |piece| {
            let density = density(&part.name, piece.side, piece.hidden);
            piece.chart(i, density)
        })
    });
    charts.collect()
}

const NONE: u32 = u32::MAX;

/// A part's surface while it is cut.
struct Cutting<'a> {
    mesh: &'a Mesh,
    hidden: &'a [bool],
    /// By triangle: its normal, that of the smooth surface there, and the triangles beside it.
    faces: Vec<Vec3>,
    smooth: Vec<Vec3>,
    beside: Vec<[u32; 3]>,
    /// By triangle, the piece that it is in.
    piece: Vec<u32>,
    pieces: Vec<Piece>,
}

impl<'a> Cutting<'a> {
    /// All pieces that a part is cut into.
    fn pieces(mesh: &'a Mesh, hidden: &'a [bool]) -> Vec<Piece> {
        let mut cutting = Self::new(mesh, hidden);
        for side in 0..SIDES.len() {
            cutting.look_from(side);
        }
        cutting.give_away_small();
        cutting.take_the_rest();
        cutting.pieces.retain(|piece| !piece.triangles.is_empty());
        cutting.pieces
    }

    fn new(mesh: &'a Mesh, hidden: &'a [bool]) -> Self {
        let count = mesh.triangles.len();
        let corners = |t: &[u32; 3], of: &[Vec3]| t.map(|v| of[v as usize]);
        let mut across = HashMap::with_capacity(3 * count);
        for (i, &[a, b, c]) in mesh.triangles.iter().enumerate() {
            across.extend([(a, b), (b, c), (c, a)].map(|edge| (edge, i as u32)));
        }
        let beside = |&[a, b, c]: &[u32; 3]| {
            [(b, a), (c, b), (a, c)].map(|edge| across.get(&edge).copied().unwrap_or(NONE))
        };
        let triangles = &mesh.triangles;
        let smooth = |t| corners(t, &mesh.normals).iter().sum::<Vec3>();
        Self {
            mesh,
            hidden,
            faces: (triangles.iter())
                .map(|t| normals::face(corners(t, &mesh.positions)))
                .collect(),
            smooth: (triangles.iter())
                .map(|t| smooth(t).normalize_or_zero())
                .collect(),
            beside: triangles.iter().map(beside).collect(),
            piece: vec![NONE; count],
            pieces: Vec::new(),
        }
    }

    fn corners(&self, t: u32) -> [Vec3; 3] {
        self.mesh.triangles[t as usize].map(|v| self.mesh.positions[v as usize])
    }

    /// Cuts pieces of what is seen from a side and in no piece yet, what is nearest first.
    fn look_from(&mut self, side: usize) {
        let towards = SIDES[side].towards;
        let near = |t: &u32| self.corners(*t).iter().sum::<Vec3>().dot(towards);
        let seen = |this: &Self, t: u32| {
            let t = t as usize;
            this.smooth[t].dot(towards) > SEEN && this.faces[t].dot(towards) > FLAT
        };
        let all = 0..self.piece.len() as u32;
        let mut seeds: Vec<u32> = all.filter(|&t| seen(self, t)).collect();
        seeds.sort_by(|s, t| near(t).total_cmp(&near(s)));
        for seed in seeds {
            self.grow(seed, side, seen);
        }
    }

    /// Begins a piece and lets it grow over all that is wanted, hangs together and does not overlap.
    fn grow(&mut self, seed: u32, side: usize, wanted: impl Fn(&Self, u32) -> bool) {
        if self.piece[seed as usize] != NONE {
            return;
        }
        let hidden = self.hidden[seed as usize];
        let number = self.pieces.len();
        self.pieces.push(Piece::new(self.mesh, side, hidden));
        self.take(seed, number);
        self.spread(VecDeque::from([(seed, number)]), |this, t, _| {
            this.hidden[t as usize] == hidden && wanted(this, t)
        });
    }

    /// Lets pieces grow from their triangles, in the order of the queue.
    fn spread(
        &mut self,
        mut queue: VecDeque<(u32, usize)>,
        wanted: impl Fn(&Self, u32, &Piece) -> bool,
    ) {
        while let Some((from, number)) = queue.pop_front() {
            for t in self.beside[from as usize] {
                let free = t != NONE && self.piece[t as usize] == NONE;
                if free && wanted(self, t, &self.pieces[number]) && self.take(t, number) {
                    queue.push_back((t, number));
                }
            }
        }
    }

    /// Puts a triangle into a piece, unless it would lie on another there.
    fn take(&mut self, t: u32, number: usize) -> bool {
        let corners = self.corners(t);
        let taken = self.pieces[number].add(t, corners);
        if taken {
            self.piece[t as usize] = number as u32;
        }
        taken
    }

    /// Dissolves small pieces into those beside them, where they can be seen from the same side.
    fn give_away_small(&mut self) {
        for piece in &mut self.pieces {
            if piece.triangles.len() < FEW {
                for &t in &piece.triangles {
                    self.piece[t as usize] = NONE;
                }
                piece.triangles.clear();
            }
        }
        let all = self.piece.iter().enumerate();
        let queue = all.filter(|(_, piece)| **piece != NONE);
        let queue = queue
            .map(|(t, &piece)| (t as u32, piece as usize))
            .collect();
        self.spread(queue, |this, t, piece| {
            let face = this.faces[t as usize];
            face == Vec3::ZERO || face.dot(SIDES[piece.side].towards) > EDGE_ON
        });
    }

    /// Makes pieces of whatever is left, each seen from where its first triangle faces most.
    fn take_the_rest(&mut self) {
        for t in 0..self.piece.len() as u32 {
            let face = self.faces[t as usize];
            let facing = |side: usize| face.dot(SIDES[side].towards);
            let most = |a: usize, b| if facing(b) > facing(a) { b } else { a };
            let side = (0..SIDES.len()).fold(FRONT, most);
            self.grow(t, side, |this, t| {
                this.faces[t as usize].dot(SIDES[side].towards) > SEEN
            });
        }
    }
}

/// A chart that still grows.
struct Piece {
    side: usize,
    hidden: bool,
    triangles: Vec<u32>,
    corners: Vec<[Vec2; 3]>,
    /// Which of the triangles touch a cell of a grid of such cells.
    cell: f32,
    cells: HashMap<IVec2, Vec<u32>>,
}

impl Piece {
    fn new(mesh: &Mesh, side: usize, hidden: bool) -> Self {
        let (low, high) = extent(mesh.positions.iter().copied());
        // About two triangles wide.
        let cell = 4.0 * (high - low).length() / (mesh.triangles.len() as f32).sqrt();
        Self {
            side,
            hidden,
            triangles: Vec::new(),
            corners: Vec::new(),
            cell: cell.max(1e-6),
            cells: HashMap::new(),
        }
    }

    /// Adds a triangle, unless it overlaps one that is there.
    fn add(&mut self, t: u32, corners: [Vec3; 3]) -> bool {
        let Side { right, down, .. } = SIDES[self.side];
        let flat = corners.map(|p| Vec2::new(p.dot(right), p.dot(down)));
        let [low, high] = [
            flat[0].min(flat[1]).min(flat[2]),
            flat[0].max(flat[1]).max(flat[2]),
        ]
        .map(|p| (p / self.cell).floor().as_ivec2());
        let touched =
            || (low.y..=high.y).flat_map(|y| (low.x..=high.x).map(move |x| IVec2::new(x, y)));
        let mut there = touched().filter_map(|at| self.cells.get(&at)).flatten();
        if there.any(|&other| overlap(flat, self.corners[other as usize])) {
            return false;
        }
        let number = self.corners.len() as u32;
        touched().for_each(|at| self.cells.entry(at).or_default().push(number));
        self.triangles.push(t);
        self.corners.push(flat);
        true
    }

    fn chart(self, part: usize, density: f32) -> Chart {
        let all = || self.corners.iter().flatten().copied();
        let (low, high) = extent_2d(all());
        let place = |p: Vec2| (p - low) * density;
        Chart {
            part,
            corners: self.corners.iter().map(|t| t.map(place)).collect(),
            triangles: self.triangles,
            size: (high - low) * density,
        }
    }
}

/// Triangles that share no more than a strip of this width do not overlap, model units: neighbours
/// share an edge, but for rounding.
const TOUCHING: f32 = 1e-5;

/// Whether two triangles overlap: no line along one of their edges has each on its own side.
fn overlap(one: [Vec2; 3], other: [Vec2; 3]) -> bool {
    let span = |t: [Vec2; 3], across: Vec2| {
        let [a, b, c] = t.map(|p| p.dot(across));
        (a.min(b).min(c), a.max(b).max(c))
    };
    let apart = |across: Vec2| {
        let ((low, high), (from, to)) = (span(one, across), span(other, across));
        high <= from + TOUCHING || to <= low + TOUCHING
    };
    let edges = [one, other]
        .into_iter()
        .flat_map(|[a, b, c]| [b - a, c - b, a - c]);
    let mut across = edges.filter_map(|edge| edge.perp().try_normalize());
    !across.any(apart)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_touch_and_do_not_overlap() {
        let t = |points: [[f32; 2]; 3]| points.map(Vec2::from);
        let one = t([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]);
        for (other, wanted) in [
            (t([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]), false), // across the long edge
            (t([[0.0, 0.0], [-1.0, 0.0], [0.0, -1.0]]), false), // at a corner
            (t([[2.0, 2.0], [3.0, 2.0], [2.0, 3.0]]), false), // elsewhere
            (t([[0.1, 0.1], [0.2, 0.1], [0.1, 0.2]]), true),  // within
            (t([[0.4, 0.4], [1.0, 1.0], [0.0, 1.0]]), true),  // a tip of it
            (one, true),
        ] {
            assert_eq!(overlap(one, other), wanted, "{other:?}");
            assert_eq!(
                overlap(other, one),
                wanted,
                "{other:?}, the other way round"
            );
        }
    }
}
