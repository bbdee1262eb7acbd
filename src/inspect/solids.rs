//! What a mesh is by its edges alone: closed, manifold, facing outward.

use std::collections::HashMap;

use glam::{DVec3, Vec3};

use super::total;
use crate::base::sets::Sets;
use crate::geometry::extent;

/// Triangles over points of which no two are at one place.
#[derive(Clone, Debug, Default)]
pub struct Solid {
    pub name: String,
    /// Millimetres, +Z up.
    pub points: Vec<Vec3>,
    pub triangles: Vec<[u32; 3]>,
}

/// See [`Solid::topology`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Topology {
    /// Every edge has a triangle on both sides.
    pub closed: bool,
    /// No edge has more than two triangles, and those around a point are one fan.
    pub manifold: bool,
    /// Neighbours are wound alike, and the volume is positive.
    pub outward: bool,
    /// Every edge has as many triangles on one side as on the other: where there are several, bodies
    /// touch there.
    pub even: bool,
    /// Pairs of triangles that are one turned over: walls between bodies that touch.
    pub inner_walls: usize,
    /// Triangles that are there once more.
    pub repeated: usize,
}

impl Solid {
    /// Joins points at one place, and leaves out triangles that have no area by then.
    pub fn weld(name: String, corners: impl Iterator<Item = [Vec3; 3]>) -> Self {
        let mut numbers: HashMap<[u32; 3], u32> = HashMap::new();
        let mut solid = Self {
            name,
            ..Self::default()
        };
        for triangle in corners {
            let t = triangle.map(|p| {
                *numbers.entry(bits(&p)).or_insert_with(|| {
                    solid.points.push(p);
                    (solid.points.len() - 1) as u32
                })
            });
            if t[0] != t[1] && t[1] != t[2] && t[2] != t[0] {
                solid.triangles.push(t);
            }
        }
        solid
    }

    pub fn corners(&self, triangle: usize) -> [Vec3; 3] {
        self.triangles[triangle].map(|v| self.points[v as usize])
    }

    /// Where its corners are.
    pub fn points(&self) -> impl Iterator<Item = Vec3> {
        self.points.iter().copied()
    }

    /// The lowest and the highest corner.
    pub fn extent(&self) -> (Vec3, Vec3) {
        extent(self.points.iter().copied())
    }

    /// Enclosed volume, cubic millimetres; negative if it faces inward.
    pub fn volume(&self) -> f64 {
        let middle = self.points.first().map_or(DVec3::ZERO, |p| p.as_dvec3());
        let corners = |t| self.corners(t).map(|p| p.as_dvec3() - middle);
        let six = |[a, b, c]: [DVec3; 3]| a.dot(b.cross(c));
        total((0..self.triangles.len()).map(|t| six(corners(t)) / 6.0))
    }

    pub fn topology(&self) -> Topology {
        let mut edges: HashMap<(u32, u32), u32> = HashMap::new();
        let mut fans: Vec<Vec<(u32, u32)>> = vec![Vec::new(); self.points.len()];
        for t in &self.triangles {
            for k in 0..3 {
                let (here, next, last) = (t[k], t[(k + 1) % 3], t[(k + 2) % 3]);
                *edges.entry((here, next)).or_default() += 1;
                fans[here as usize].push((next, last));
            }
        }
        let (mut closed, mut alike, mut manifold) = (!self.triangles.is_empty(), true, true);
        for (&(u, v), &there) in &edges {
            let back = edges.get(&(v, u)).copied().unwrap_or(0);
            closed &= there + back > 1;
            manifold &= there + back <= 2;
            alike &= there == back;
        }
        manifold &= fans.iter().all(|fan| is_one_fan(fan));
        let (inner_walls, repeated) = if manifold { (0, 0) } else { self.twins() };
        Topology {
            closed,
            manifold,
            outward: alike && self.volume() > 0.0,
            even: alike,
            inner_walls,
            repeated,
        }
    }

    /// How many pairs of triangles are one turned over, and how many are there once more.
    fn twins(&self) -> (usize, usize) {
        let turned = |t: [u32; 3]| {
            let least = (0..3).min_by_key(|&k| t[k]).unwrap_or(0);
            [0, 1, 2].map(|k| t[(least + k) % 3])
        };
        let mut counts: HashMap<[u32; 3], usize> = HashMap::new();
        for &t in &self.triangles {
            *counts.entry(turned(t)).or_default() += 1;
        }
        let over = |&[a, b, c]: &[u32; 3]| counts.contains_key(&turned([c, b, a]));
        let walls = counts.keys().filter(|t| over(t)).count() / 2;
        let repeated = counts.values().map(|count| count - 1).sum();
        (walls, repeated)
    }
}

/// Whether the triangles around a point hang together edge by edge; each is given by its other two
/// corners.
fn is_one_fan(fan: &[(u32, u32)]) -> bool {
    // Every corner, and the triangles that have it, so that those of one corner lie side by side.
    let ends = fan.iter().enumerate();
    let mut ends: Vec<(u32, usize)> = ends.flat_map(|(i, &(a, b))| [(a, i), (b, i)]).collect();
    ends.sort_unstable();
    let mut sets = Sets::new(fan.len());
    let same = ends.windows(2).filter(|pair| pair[0].0 == pair[1].0);
    let joined = same.filter(|pair| sets.join(pair[0].1, pair[1].1)).count();
    joined + 1 >= fan.len() // of no triangle, nothing has to
}

/// A place as a key; zero has one sign.
pub fn bits(p: &Vec3) -> [u32; 3] {
    (*p + 0.0).to_array().map(f32::to_bits)
}
