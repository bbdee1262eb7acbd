//! From what is seen to what is not: the photo's corrections run on over the surface.

use glam::Vec3;

use super::Mesh;

/// Rounds of averaging, each one edge farther.
const ROUNDS: usize = 80;
/// How strongly a vertex holds to what the photo says there, and to the mean of its part, beside the
/// mean of its neighbours.
const HOLD: f32 = 4.0;
const HOME: f32 = 0.01;

/// Blends each vertex's colour with what the photo shows there (colour and weight `0..=1`). The
/// difference between both runs smoothly on where the photo shows nothing and ends in the mean
/// difference of the whole part, so that no seam is seen and the unseen side has the right colours.
pub(super) fn blend(mesh: &mut Mesh, seen: &[(Vec3, f32)]) {
    let total: f32 = seen.iter().map(|s| s.1).sum();
    if total < 1e-3 {
        return; // the photo says nothing of this part
    }
    let own: Vec<Vec3> = mesh.colours.iter().map(|&c| c.into()).collect();
    let wanted: Vec<Vec3> = seen.iter().zip(&own).map(|(s, own)| s.0 - *own).collect();
    let home = (seen.iter().zip(&wanted)).fold(Vec3::ZERO, |sum, (s, d)| sum + *d * s.1) / total;
    let mut shift = vec![home; own.len()];
    for _ in 0..ROUNDS {
        let around = means(mesh, &shift);
        for (i, shift) in shift.iter_mut().enumerate() {
            let hold = HOLD * seen[i].1;
            *shift = (around[i] + wanted[i] * hold + home * HOME) / (1.0 + hold + HOME);
        }
    }
    for (i, colour) in mesh.colours.iter_mut().enumerate() {
        let moved = (own[i] + shift[i]).lerp(seen[i].0, seen[i].1);
        *colour = moved.clamp(Vec3::ZERO, Vec3::ONE).to_array();
    }
}

/// The mean over the neighbours of each vertex; each edge counts once from each of its triangles.
fn means(mesh: &Mesh, values: &[Vec3]) -> Vec<Vec3> {
    let mut sums = vec![(Vec3::ZERO, 0.0f32); values.len()];
    for t in &mesh.triangles {
        let [a, b, c] = t.map(|v| v as usize);
        for (v, p, q) in [(a, b, c), (b, c, a), (c, a, b)] {
            sums[v].0 += values[p] + values[q];
            sums[v].1 += 2.0;
        }
    }
    (sums.into_iter().zip(values))
        .map(|((sum, count), &own)| if count > 0.0 { sum / count } else { own })
        .collect()
}
