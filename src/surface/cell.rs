//! A cell of the grid that the surface passes: where it cuts the edges, and in how many loops.

use glam::Vec3;

use super::sparse_grid::Index;

/// By edge: no loop passes it.
pub(super) const NONE: u8 = u8::MAX;

/// A cell that the surface passes.
pub(super) struct Cell {
    pub(super) at: Index,
    /// Signed distance at the corners; bit 0, 1, 2 of the index: x, y, z.
    pub(super) corners: [f32; 8],
    /// One bit a face: where it is ambiguous, its inside corners are joined, not parted.
    pub(super) joined: u8,
    /// Its first vertex.
    pub(super) first: u32,
    /// By edge: the loop that passes it, counted from 0, or `NONE`.
    pub(super) loops: [u8; 12],
}

/// The corners of a cell's edges, in the order x, y, z by 4; the lower corner first.
pub(super) const EDGES: [[usize; 2]; 12] = {
    let mut out = [[0; 2]; 12];
    let mut i = 0;
    while i < 12 {
        let (axis, k) = (i / 4, i % 4);
        let (b, c) = ((axis + 1) % 3, (axis + 2) % 3);
        let low = (k & 1) << b | (k >> 1) << c;
        out[i] = [low, low | 1 << axis];
        i += 1;
    }
    out
};

/// The edge between two corners.
const fn edge_between(p: usize, q: usize) -> usize {
    let mut i = 0;
    while i < 12 {
        if (EDGES[i][0] == p && EDGES[i][1] == q) || (EDGES[i][0] == q && EDGES[i][1] == p) {
            return i;
        }
        i += 1;
    }
    panic!("neighbouring corners only") // at compile time
}

/// The corners of a cell's faces, counter-clockwise from outside the cell: -x, +x, -y, ...
const FACES: [[usize; 4]; 6] = {
    let mut out = [[0; 4]; 6];
    let mut i = 0;
    while i < 6 {
        let (axis, high) = (i / 2, i % 2);
        let (b, c) = (1 << ((axis + 1) % 3), 1 << ((axis + 2) % 3));
        let low = high << axis;
        out[i] = if high == 1 {
            [low, low | b, low | b | c, low | c]
        } else {
            [low, low | c, low | b | c, low | b]
        };
        i += 1;
    }
    out
};

/// The edges of [`FACES`]: edge `k` lies between corners `k` and `k + 1`.
const FACE_EDGES: [[usize; 4]; 6] = {
    let mut out = [[0; 4]; 6];
    let mut i = 0;
    while i < 24 {
        out[i / 4][i % 4] = edge_between(FACES[i / 4][i % 4], FACES[i / 4][(i + 1) % 4]);
        i += 1;
    }
    out
};

impl Cell {
    pub(super) fn inside(&self, i: usize) -> bool {
        self.corners[i] < 0.0
    }

    /// Whether the edge leaves the inside when its face is walked counter-clockwise.
    fn leaves(&self, face: usize, k: usize) -> bool {
        self.inside(FACES[face][k]) && !self.inside(FACES[face][(k + 1) % 4])
    }

    fn enters(&self, face: usize, k: usize) -> bool {
        !self.inside(FACES[face][k]) && self.inside(FACES[face][(k + 1) % 4])
    }

    pub(super) fn ambiguous(&self, face: usize) -> bool {
        (0..4).filter(|&k| self.leaves(face, k)).count() == 2
    }

    /// The ambiguous faces on whose saddle the field is inside (Nielson and Hamann). What is outside of
    /// one part and inside of its neighbour then has the same cuts in both.
    pub(super) fn saddles(&self) -> u8 {
        let inside = |&face: &usize| {
            let [a, b, c, d] = FACES[face].map(|i| self.corners[i]);
            let (one, other) = (a * c, b * d);
            self.ambiguous(face) && if a < 0.0 { one > other } else { other > one }
        };
        (0..6).filter(inside).fold(0, |bits, face| bits | 1 << face)
    }

    /// Traces the loops in which the surface cuts the cell: by edge the loop's number, and how many.
    pub(super) fn trace(&self) -> ([u8; 12], u8) {
        let mut next = [NONE; 12];
        for face in 0..6 {
            for k in (0..4).filter(|&k| self.leaves(face, k)) {
                // A cut around the inside corners just walked, or around the outside ones to come.
                let back = self.joined >> face & 1 == 0;
                let other = (1..4).map(|j| if back { (k + 4 - j) % 4 } else { (k + j) % 4 });
                let entry = other.into_iter().find(|&j| self.enters(face, j));
                if let Some(j) = entry {
                    next[FACE_EDGES[face][k]] = FACE_EDGES[face][j] as u8;
                }
            }
        }
        let (mut loops, mut count) = ([NONE; 12], 0);
        for start in 0..12 {
            let mut edge = start;
            while next[edge] != NONE && loops[edge] == NONE {
                loops[edge] = count;
                edge = next[edge] as usize;
            }
            if loops[start] == count {
                count += 1;
            }
        }
        (loops, count)
    }

    /// Whether an ambiguous face's two cuts belong to one loop.
    pub(super) fn in_one_loop(&self, face: usize) -> bool {
        let (loops, _) = self.trace();
        let mut exits = (0..4)
            .filter(|&k| self.leaves(face, k))
            .map(|k| loops[FACE_EDGES[face][k]]);
        exits.next() == exits.next()
    }
}

/// Where the surface crosses an edge, in cells.
pub(super) fn crossing(corners: &[f32; 8], edge: usize) -> Vec3 {
    let [p, q] = EDGES[edge];
    let (a, b) = (corners[p], corners[q]);
    unit_corner(p).lerp(unit_corner(q), (a / (a - b)).clamp(0.0, 1.0))
}

pub(super) fn unit_corner(i: usize) -> Vec3 {
    Vec3::from_array([0, 1, 2].map(|a| (i >> a & 1) as f32))
}

/// The trilinear field's gradient at `p`, per cell.
pub(super) fn gradient(corners: &[f32; 8], p: Vec3) -> Vec3 {
    let mut out = Vec3::ZERO;
    for (i, &d) in corners.iter().enumerate() {
        let at = unit_corner(i);
        let weight = Vec3::ONE - (at - p).abs();
        let sign = at * 2.0 - 1.0;
        out += sign
            * d
            * Vec3::new(
                weight.y * weight.z,
                weight.x * weight.z,
                weight.x * weight.y,
            );
    }
    out
}
