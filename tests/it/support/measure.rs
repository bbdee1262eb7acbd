//! What tests measure of meshes.

use std::collections::{HashMap, HashSet};

use gen3d::geometry::{Figurine, Mesh};
use gen3d::inspect::Inspection;
use glam::Vec3;

/// Why a mesh is not a closed, oriented manifold with triangles of some area, if it is not.
/// Vertices count as one where a welding tool would make them one: 1/200,000 of the extent.
pub fn flaw(mesh: &Mesh) -> Option<String> {
    let n = mesh.positions.len();
    if mesh.normals.len() != n || mesh.colours.len() != n {
        return Some("normals or colours are missing".into());
    }
    let low = mesh.positions.iter().copied().reduce(Vec3::min)?;
    let high = mesh.positions.iter().copied().reduce(Vec3::max)?;
    let extent = (high - low).max_element();
    let mut welded = HashMap::new();
    for &p in &mesh.positions {
        let key = ((p - low) / extent * 2e5).round().as_ivec3();
        let next = welded.len();
        if next != *welded.entry(key).or_insert(next) {
            return Some(format!("two vertices at {p}"));
        }
    }
    let mut edges: HashMap<(u32, u32), usize> = HashMap::new();
    let mut fans: Vec<Vec<(u32, u32)>> = vec![Vec::new(); n];
    for &t in &mesh.triangles {
        let [a, b, c] = t.map(|v| mesh.positions[v as usize]);
        if (b - a).cross(c - a).length() < 1e-13 * extent * extent {
            return Some(format!("a triangle without area at {a}"));
        }
        for k in 0..3 {
            let (here, next, last) = (t[k], t[(k + 1) % 3], t[(k + 2) % 3]);
            *edges.entry((here, next)).or_default() += 1;
            fans[here as usize].push((next, last));
        }
    }
    for (&(a, b), &count) in &edges {
        if count != 1 || edges.get(&(b, a)) != Some(&1) {
            return Some(format!(
                "edge {a}-{b} has {count} triangles one way, {:?} the other",
                edges.get(&(b, a))
            ));
        }
    }
    for (v, fan) in fans.iter().enumerate() {
        let next: HashMap<u32, u32> = fan.iter().copied().collect();
        let Some(&(start, _)) = fan.first() else {
            return Some(format!("vertex {v} is not used"));
        };
        let (mut at, mut steps) = (next[&start], 1);
        while at != start && steps <= fan.len() {
            let Some(&to) = next.get(&at) else {
                return Some(format!("the fan of {v} is open"));
            };
            (at, steps) = (to, steps + 1);
        }
        if steps != fan.len() {
            return Some(format!("vertex {v} joins several fans"));
        }
    }
    None
}

/// Enclosed volume; positive if the triangles face outward.
pub fn volume(mesh: &Mesh) -> f32 {
    let sum: f64 = (mesh.triangles.iter())
        .map(|t| t.map(|v| mesh.positions[v as usize].as_dvec3()))
        .map(|[a, b, c]| a.dot(b.cross(c)) / 6.0)
        .sum();
    sum as f32
}

/// Sum of the triangles' areas.
pub fn area(mesh: &Mesh) -> f32 {
    let corners = mesh
        .triangles
        .iter()
        .map(|t| t.map(|v| mesh.positions[v as usize]));
    corners
        .map(|[a, b, c]| (b - a).cross(c - a).length() / 2.0)
        .sum()
}

/// Whether `p` is inside a closed mesh: the winding number by solid angles.
pub fn within(mesh: &Mesh, p: Vec3) -> bool {
    let angle = |t: &[u32; 3]| {
        let [a, b, c] = t.map(|v| mesh.positions[v as usize] - p);
        let (la, lb, lc) = (a.length(), b.length(), c.length());
        let det = a.dot(b.cross(c));
        2.0 * det.atan2(la * lb * lc + a.dot(b) * lc + b.dot(c) * la + c.dot(a) * lb)
    };
    mesh.triangles.iter().map(angle).sum::<f32>() > std::f32::consts::TAU
}

/// The part of that name.
pub fn part<'a>(figurine: &'a Figurine, name: &str) -> &'a Mesh {
    let found = figurine.parts.iter().find(|part| part.name == name);
    &found.unwrap_or_else(|| panic!("there is no {name}")).mesh
}

/// The lowest and the highest corner of the box around some points.
pub fn extent<'a>(points: impl IntoIterator<Item = &'a Vec3>) -> (Vec3, Vec3) {
    (points.into_iter()).fold((Vec3::MAX, Vec3::MIN), |(low, high), &p| {
        (low.min(p), high.max(p))
    })
}

/// Its lowest and highest point.
pub fn heights(mesh: &Mesh) -> (f32, f32) {
    let (low, high) = extent(&mesh.positions);
    (low.y, high.y)
}

/// Triangles that both have, one of them turned over.
pub fn shared(one: &Mesh, other: &Mesh) -> usize {
    let corners = |mesh: &Mesh, t: &[u32; 3]| {
        let mut all = t.map(|v| {
            (mesh.positions[v as usize] + 0.0)
                .to_array()
                .map(f32::to_bits)
        });
        all.sort_unstable();
        all
    };
    let there: HashSet<_> = one.triangles.iter().map(|t| corners(one, t)).collect();
    let both = |t: &&[u32; 3]| there.contains(&corners(other, t));
    other.triangles.iter().filter(both).count()
}

/// Every part would print, and none is in another.
pub fn sound(found: &Inspection, what: &str) {
    for part in &found.parts {
        let good = part.closed && part.manifold && part.outward;
        assert!(good, "{what}: {} would not print: {found}", part.name);
    }
    for pair in &found.penetrations {
        assert!(
            pair.depth_mm < 0.3,
            "{what}: parts are in each other: {found}"
        );
    }
}
