//! What a mesh is by its edges alone: closed, manifold, facing outward.

use crate::geometry::extent;
use std::collections::HashMap;

use glam::{DVec3, Vec3};

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
                let key = (p + 0.0).to_array().map(f32::to_bits); // one zero
                *numbers.entry(key).or_insert_with(|| {
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
        (0..self.triangles.len())
            .map(|t| self.corners(t).map(|p| p.as_dvec3() - middle))
            .map(|[a, b, c]| a.dot(b.cross(c)) / 6.0)
            .sum()
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
        Topology {
            closed,
            manifold,
            outward: alike && self.volume() > 0.0,
        }
    }
}

/// Whether the triangles around a point hang together edge by edge; each is given by its other two
/// corners.
fn is_one_fan(fan: &[(u32, u32)]) -> bool {
    let mut left: Vec<(u32, u32)> = fan.to_vec();
    let Some(first) = left.pop() else {
        return true; // no triangle needs it
    };
    let mut ends = vec![first.0, first.1];
    while let Some(end) = ends.pop() {
        while let Some(i) = left.iter().position(|&(a, b)| a == end || b == end) {
            let (a, b) = left.swap_remove(i);
            ends.push(if a == end { b } else { a });
        }
    }
    left.is_empty()
}
