//! From what is seen to what is not: the photo's corrections run on over the surface.

use std::ops::{Add, AddAssign, Div};

use glam::Vec3;

use super::Mesh;

/// Rounds of averaging, each one edge farther. A choice that nothing has measured.
const ROUNDS: usize = 80;
/// How strongly a vertex holds to what the photo says there, and to the middle of its part, beside the
/// mean of its neighbours, which counts 1. Choices that nothing has measured.
const HOLD: f32 = 4.0;
const HOME: f32 = 0.02;

/// How far each vertex's colour is to be moved, given what the photo shows there (colour and weight
/// `0..=1`). The difference between both runs smoothly on where the photo shows nothing and ends in the
/// middle difference of the whole part, of which each vertex has the `say` that is given for it, so that
/// no seam is seen and the unseen side has the right colours. Nowhere, where the photo shows nothing of
/// the part.
pub(super) fn shifts(mesh: &Mesh, seen: &[(Vec3, f32)], say: &[f32]) -> Vec<Vec3> {
    let own: Vec<Vec3> = mesh.colours.iter().map(|&c| c.into()).collect();
    let total: f32 = seen.iter().map(|s| s.1).sum();
    if total < 1e-3 {
        return vec![Vec3::ZERO; own.len()];
    }
    let wanted: Vec<Vec3> = seen.iter().zip(&own).map(|(s, own)| s.0 - *own).collect();
    let weights: Vec<f32> = seen.iter().zip(say).map(|(s, say)| s.1 * say).collect();
    let home = middle(&wanted, &weights);
    let mut shift = vec![home; own.len()];
    for _ in 0..ROUNDS {
        let around = means(mesh, &shift);
        for (i, shift) in shift.iter_mut().enumerate() {
            let hold = HOLD * seen[i].1;
            *shift = (around[i] + wanted[i] * hold + home * HOME) / (1.0 + hold + HOME);
        }
    }
    shift
}

/// A point's own colour (sRGB, `0..=1`), moved, and over it what is known there, one after the other: colours, each with
/// how much it covers, `0..=1`.
pub(super) fn blended(own: [f32; 3], shift: Vec3, known: [(Vec3, f32); 2]) -> [f32; 3] {
    let moved = Vec3::from(own) + shift;
    let colour = known.iter().fold(moved, |so_far, (colour, weight)| {
        so_far.lerp(*colour, *weight)
    });
    colour.clamp(Vec3::ZERO, Vec3::ONE).to_array()
}

/// The point with the least sum of distances to all differences (Weiszfeld): of a red coat with black
/// straps that is the red, where the mean would be brown.
fn middle(differences: &[Vec3], weights: &[f32]) -> Vec3 {
    let mut found = Vec3::ZERO;
    for round in 0..12 {
        let (mut sum, mut total) = (Vec3::ZERO, 1e-9);
        for (difference, weight) in differences.iter().zip(weights) {
            let far = if round == 0 {
                1.0
            } else {
                found.distance(*difference).max(0.01)
            };
            sum += *difference * (weight / far);
            total += weight / far;
        }
        found = sum / total;
    }
    found
}

/// The mean over the neighbours of each vertex; each edge counts once from each of its triangles.
pub(super) fn means<T>(mesh: &Mesh, values: &[T]) -> Vec<T>
where
    T: Copy + Default + Add<Output = T> + AddAssign + Div<f32, Output = T>,
{
    let mut sums = vec![(T::default(), 0.0f32); values.len()];
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
