//! A part's surface as a net of edges: how far apart its vertices are along it, and where the middle of a limb is.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use glam::Vec3;

use crate::base::sets::Sets;
use crate::geometry::Mesh;

/// The edges of a mesh.
pub(super) struct Net<'a> {
    mesh: &'a Mesh,
    /// Where each vertex's edges begin in `ends`, and behind the last where they end.
    first: Vec<u32>,
    ends: Vec<u32>,
}

/// How far each vertex is from the nearest seed, along edges, and which seed that is; infinite, and none, where no edge
/// leads there.
pub(super) struct Reach {
    pub far: Vec<f32>,
    pub from: Vec<u32>,
}

impl<'a> Net<'a> {
    pub(super) fn of(mesh: &'a Mesh) -> Self {
        // A closed mesh has each edge once in either direction.
        let edges = || {
            let corners = |t: &[u32; 3]| [(t[0], t[1]), (t[1], t[2]), (t[2], t[0])];
            mesh.triangles.iter().flat_map(corners)
        };
        let mut first = vec![0; mesh.positions.len() + 1];
        edges().for_each(|(a, _)| first[a as usize + 1] += 1);
        for i in 1..first.len() {
            first[i] += first[i - 1];
        }
        let (mut next, mut ends) = (first.clone(), vec![0; 3 * mesh.triangles.len()]);
        for (a, b) in edges() {
            ends[next[a as usize] as usize] = b;
            next[a as usize] += 1;
        }
        Self { mesh, first, ends }
    }

    pub(super) fn around(&self, v: u32) -> &[u32] {
        let (from, to) = (self.first[v as usize], self.first[v as usize + 1]);
        &self.ends[from as usize..to as usize]
    }

    /// How far vertices are from the nearest of some seeds; what is farther than `most` is not looked at.
    pub(super) fn reach(&self, seeds: impl IntoIterator<Item = u32>, most: f32) -> Reach {
        let count = self.mesh.positions.len();
        let (mut far, mut from) = (vec![f32::INFINITY; count], vec![u32::MAX; count]);
        // Positive floats sort as their bits do.
        let mut open = BinaryHeap::new();
        for seed in seeds {
            (far[seed as usize], from[seed as usize]) = (0.0, seed);
            open.push(Reverse((0, seed)));
        }
        while let Some(Reverse((bits, v))) = open.pop() {
            let here = f32::from_bits(bits);
            if here > far[v as usize] {
                continue;
            }
            for &w in self.around(v) {
                let step =
                    self.mesh.positions[v as usize].distance(self.mesh.positions[w as usize]);
                let there = here + step;
                if there < far[w as usize] && there <= most {
                    (far[w as usize], from[w as usize]) = (there, from[v as usize]);
                    open.push(Reverse((there.to_bits(), w)));
                }
            }
        }
        Reach { far, from }
    }

    /// The lowest vertex of each leg and the height at which it grows together with a lower one, which of the lowest of
    /// all is nowhere; those first that reach the farthest up by themselves, and none that reaches less than `least`.
    pub(super) fn feet(&self, least: f32) -> Vec<(u32, Option<f32>)> {
        let positions = &self.mesh.positions;
        let height = |v: u32| positions[v as usize].y;
        let mut order: Vec<u32> = (0..positions.len() as u32).collect();
        order.sort_by(|&v, &w| height(v).total_cmp(&height(w)));
        let mut rank = vec![0; order.len()];
        for (i, &v) in order.iter().enumerate() {
            rank[v as usize] = i;
        }
        let mut sets = Sets::new(order.len());
        let mut found = Vec::new();
        for (i, &v) in order.iter().enumerate() {
            for w in self.around(v) {
                let (one, other) = (sets.of(i), sets.of(rank[*w as usize]));
                if rank[*w as usize] > i || one == other {
                    continue;
                }
                let foot = order[one.max(other)];
                let reaches = height(v) - height(foot);
                if reaches >= least {
                    found.push((foot, Some(height(v)), reaches));
                }
                sets.join(one, other);
            }
        }
        // What is left are pieces of their own.
        let mut tops = vec![f32::MIN; order.len()];
        for (i, &v) in order.iter().enumerate() {
            tops[sets.of(i)] = height(v);
        }
        for (i, &top) in tops.iter().enumerate() {
            let reaches = top - height(order[i]);
            if top > f32::MIN && reaches >= least {
                found.push((order[i], None, reaches));
            }
        }
        found.sort_by(|a, b| b.2.total_cmp(&a.2).then(a.0.cmp(&b.0)));
        found
            .into_iter()
            .map(|(foot, joins, _)| (foot, joins))
            .collect()
    }
}

/// Half the thickness of a limb, from how much of surface there is to its volume: exact for long round ones.
pub(super) fn thickness(mesh: &Mesh) -> f32 {
    let (mut volume, mut area) = (0.0, 0.0);
    for t in &mesh.triangles {
        let [a, b, c] = t.map(|v| mesh.positions[v as usize]);
        volume += a.dot(b.cross(c)) / 6.0;
        area += (b - a).cross(c - a).length() / 2.0;
    }
    2.0 * volume.max(0.0) / area.max(f32::MIN_POSITIVE)
}

/// The middles of the rings around a limb at which `along` has these values, of the vertices that are `mine`; with
/// the value of each. Values that no ring has are left out.
pub(super) fn middles(
    mesh: &Mesh,
    along: &[f32],
    levels: &[f32],
    mine: impl Fn(u32) -> bool,
) -> Vec<(f32, Vec3)> {
    let mut sums = vec![(Vec3::ZERO, 0.0); levels.len()];
    for triangle in &mesh.triangles {
        let values = triangle.map(|v| along[v as usize]);
        let (low, high) = (
            values.into_iter().fold(f32::MAX, f32::min),
            values.into_iter().fold(f32::MIN, f32::max),
        );
        if !high.is_finite() || !triangle.iter().all(|&v| mine(v)) {
            continue;
        }
        let from = levels.partition_point(|&level| level <= low);
        for (level, sum) in levels.iter().zip(&mut sums).skip(from) {
            if *level > high {
                break;
            }
            let cross = |k: usize| {
                let (a, b) = (values[k], values[(k + 1) % 3]);
                let (p, q) = (triangle[k], triangle[(k + 1) % 3]);
                let t = (level - a) / (b - a);
                ((a < *level) != (b < *level))
                    .then(|| mesh.positions[p as usize].lerp(mesh.positions[q as usize], t))
            };
            let mut ends = (0..3).filter_map(cross);
            if let (Some(p), Some(q)) = (ends.next(), ends.next()) {
                let length = p.distance(q);
                sum.0 += (p + q) / 2.0 * length;
                sum.1 += length;
            }
        }
    }
    let found = levels.iter().zip(sums);
    found
        .filter(|(_, (_, length))| *length > 0.0)
        .map(|(&level, (sum, length))| (level, sum / length))
        .collect()
}
