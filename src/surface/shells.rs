//! What of a figurine hangs together: the pieces of its parts, and the bodies that these make where they share walls.

use super::assemble::volumes;
use super::union::across;
use crate::base::sets::Sets;
use crate::geometry::{Figurine, Mesh};

/// A piece of a part: all triangles that hang together by their vertices.
pub(crate) struct Shell {
    /// The part's number in the figurine.
    pub(crate) part: usize,
    pub(crate) triangles: Vec<u32>,
    /// Enclosed, model units; below 0 where it is a hollow.
    pub(crate) volume: f64,
}

/// The bodies of a figurine, the largest first.
pub(crate) struct Bodies(pub(crate) Vec<Vec<Shell>>);

impl Bodies {
    /// Of parts that share their borders, as those of [`assemble`](super::assemble::assemble) do. What shares less than
    /// `contact`, square units of the model frame, with another is not held by it. A hollow is in the largest piece of
    /// its part, which is true of nearly all.
    pub(crate) fn of(figurine: &Figurine, contact: f32) -> Self {
        let (mut shells, of) = shells(figurine);
        let mut shared: Vec<(usize, usize, f32)> = Vec::new();
        for (i, part) in across(figurine).into_iter().enumerate() {
            for (t, other) in part.into_iter().enumerate() {
                let Some((j, u)) = other.filter(|other| (i, t) < *other) else {
                    continue;
                };
                shared.push((of[i][t], of[j][u], area(&figurine.parts[i].mesh, t)));
            }
        }
        shared.sort_by_key(|&(one, other, _)| (one, other));
        let mut sets = Sets::new(shells.len());
        for hollow in (0..shells.len()).filter(|&i| shells[i].volume < 0.0) {
            let around = (0..shells.len()).filter(|&i| shells[i].part == shells[hollow].part);
            let largest = around.max_by(|&a, &b| shells[a].volume.total_cmp(&shells[b].volume));
            sets.join(hollow, largest.unwrap_or(hollow));
        }
        for pair in shared.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            if pair.iter().map(|wall| wall.2).sum::<f32>() >= contact {
                sets.join(pair[0].0, pair[0].1);
            }
        }
        let mut bodies: Vec<Vec<Shell>> = shells.iter().map(|_| Vec::new()).collect();
        for (i, shell) in shells.drain(..).enumerate() {
            bodies[sets.of(i)].push(shell);
        }
        bodies.retain(|body| !body.is_empty());
        bodies.sort_by(|a, b| volume(b).total_cmp(&volume(a)));
        Self(bodies)
    }
}

/// What a body holds, model units.
pub(crate) fn volume(body: &[Shell]) -> f64 {
    body.iter().map(|shell| shell.volume).sum()
}

/// All shells, and by part and triangle the number of its shell. A hollow is of the piece around it, as far as anybody
/// knows: the part's first.
fn shells(figurine: &Figurine) -> (Vec<Shell>, Vec<Vec<usize>>) {
    let (mut shells, mut of) = (Vec::new(), Vec::new());
    for (part, mesh) in figurine.parts.iter().map(|part| &part.mesh).enumerate() {
        let (piece, volumes) = volumes(mesh);
        let first = shells.len();
        shells.extend(volumes.into_iter().map(|volume| Shell {
            part,
            triangles: Vec::new(),
            volume,
        }));
        let number = |t: &[u32; 3]| first + piece[t[0] as usize] as usize;
        let numbers: Vec<usize> = mesh.triangles.iter().map(number).collect();
        for (t, &shell) in numbers.iter().enumerate() {
            let shell: &mut Shell = &mut shells[shell];
            shell.triangles.push(t as u32);
        }
        of.push(numbers);
    }
    (shells, of)
}

fn area(mesh: &Mesh, triangle: usize) -> f32 {
    let [a, b, c] = mesh.triangles[triangle].map(|v| mesh.positions[v as usize]);
    (b - a).cross(c - a).length() / 2.0
}
