//! A hole that is cut into a mesh, to be filled anew: what is put there meets the rest along one line.

use std::collections::{HashMap, HashSet};

use glam::Vec3;

use crate::geometry::{Mesh, normals};
use crate::surface::assemble::compact;

/// How often what is cut out is made larger until its edge is one line.
const ROUNDS: usize = 16;

/// Some triangles of a mesh that are to go.
pub(super) struct Hole {
    gone: Vec<bool>,
    /// The vertices around them, which stay; what is gone is on the left.
    pub(super) edge: Vec<u32>,
}

/// Why there is no such hole.
pub(super) enum NoHole {
    /// It would take triangles that another part shares.
    Shared,
    /// No one line goes around it.
    Torn,
}

impl Hole {
    /// Where the triangles are `gone`, or a few more; none of them may be `shared`.
    pub(super) fn around(
        mesh: &Mesh,
        mut gone: Vec<bool>,
        shared: &[bool],
    ) -> Result<Self, NoHole> {
        for _ in 0..ROUNDS {
            let mut both = gone.iter().zip(shared);
            if both.any(|(gone, shared)| *gone && *shared) {
                return Err(NoHole::Shared);
            }
            let loops = loops(mesh, &gone);
            match &loops[..] {
                [edge] if distinct(edge) => {
                    let edge = edge.clone();
                    return Ok(Self { gone, edge });
                }
                [] => break,
                _ => grow(mesh, &mut gone, &loops),
            }
        }
        Err(NoHole::Torn)
    }

    /// Puts `triangles` there, whose first vertices are the edge's and whose others lie at `places`, of one colour, sRGB.
    pub(super) fn fill(
        &self,
        mesh: &mut Mesh,
        places: &[Vec3],
        triangles: &[[u32; 3]],
        colour: [f32; 3],
    ) {
        let mut gone = self.gone.iter();
        (mesh.triangles).retain(|_| !gone.next().copied().unwrap_or(false));
        let (first, count) = (mesh.positions.len() as u32, self.edge.len());
        let number = |v: u32| match self.edge.get(v as usize) {
            Some(&old) => old,
            None => first + v - count as u32,
        };
        mesh.triangles
            .extend(triangles.iter().map(|t| t.map(number)));
        mesh.positions.extend(places);
        mesh.colours.resize(mesh.positions.len(), colour);
        mesh.normals.resize(mesh.positions.len(), Vec3::Z);
        let mut used = vec![false; mesh.positions.len()];
        for &v in mesh.triangles.iter().flatten() {
            used[v as usize] = true;
        }
        compact(mesh, &used);
        normals::smooth(mesh);
    }
}

/// The lines around some triangles, the longest first; each has what is gone on its left.
fn loops(mesh: &Mesh, gone: &[bool]) -> Vec<Vec<u32>> {
    let sides = |[a, b, c]: [u32; 3]| [(a, b), (b, c), (c, a)];
    let triangles = mesh.triangles.iter().zip(gone);
    let all: HashSet<(u32, u32)> = (triangles.filter(|(_, gone)| **gone))
        .flat_map(|(t, _)| sides(*t))
        .collect();
    let mut edge: Vec<(u32, u32)> = (all.iter().copied())
        .filter(|&(a, b)| !all.contains(&(b, a)))
        .collect();
    edge.sort_unstable();
    let mut next: HashMap<u32, Vec<u32>> = HashMap::new();
    edge.iter()
        .for_each(|&(a, b)| next.entry(a).or_default().push(b));
    let mut loops = Vec::new();
    for (start, _) in edge {
        let (mut line, mut at) = (Vec::new(), start);
        while let Some(to) = next.get_mut(&at).and_then(Vec::pop) {
            line.push(at);
            at = to;
        }
        if !line.is_empty() {
            loops.push(line);
        }
    }
    loops.sort_by_key(|line| std::cmp::Reverse(line.len()));
    loops
}

fn distinct(line: &[u32]) -> bool {
    line.iter().collect::<HashSet<_>>().len() == line.len()
}

/// Adds the triangles at the vertices of all lines but the longest, and where that passes a vertex twice.
fn grow(mesh: &Mesh, gone: &mut [bool], loops: &[Vec<u32>]) {
    let mut seen = HashSet::new();
    let twice = loops[0].iter().filter(|v| !seen.insert(**v));
    let at: HashSet<u32> = twice.chain(loops[1..].iter().flatten()).copied().collect();
    for (t, gone) in mesh.triangles.iter().zip(gone) {
        *gone |= t.iter().any(|v| at.contains(v));
    }
}
