//! The block that reads a field off at points, in one pass over all of its layers (see
//! [the decoder](crate::guide::networks#the-decoder)).
//!
//! One layer after the other over thousands of points spends more time on moving numbers and on threads that
//! wait for each other than on products. Here a tile of points goes through the whole block while it is in
//! the cache, and the threads share the tiles. A feature is a row of the tile's points: so every
//! operation, norms and softmax too, goes over whole rows, vectors are always full, and a point's value
//! does not depend on its neighbours or on the number of threads.
//!
//! Two things are computed beforehand, exact but for rounding: a norm's scale and offset are part of the
//! product after it, and a part's keys and values are part of the products around the attention.

use std::sync::Arc;

use glam::Vec3;
use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::kernels::{exp, gelu, sin_cos};
use super::vectors::widest;

/// Points that are computed together.
const POINTS: usize = 32;
/// Outputs whose weights lie side by side: twelve rows of two vectors are what 32 registers hold.
const GROUP: usize = 12;

/// One feature at all points of a tile.
type Row = [f32; POINTS];

/// A matrix and a bias.
pub struct Affine {
    pub inputs: usize,
    /// `[outputs, inputs]` row-major
    pub weight: Vec<f32>,
    /// `[outputs]`
    pub bias: Vec<f32>,
}

impl Affine {
    /// The same after a norm's `scale` and `offset` of the inputs.
    pub fn after(mut self, scale: &[f32], offset: &[f32]) -> Self {
        for (row, bias) in (self.weight.chunks_exact_mut(self.inputs)).zip(&mut self.bias) {
            *bias += row.iter().zip(offset).map(|(w, b)| w * b).sum::<f32>();
            row.iter_mut().zip(scale).for_each(|(w, s)| *w *= s);
        }
        self
    }

    fn packed(self) -> Packed {
        let groups = self.bias.len().div_ceil(GROUP);
        let mut weights = vec![[0.0; GROUP]; groups * self.inputs];
        for (o, row) in self.weight.chunks_exact(self.inputs).enumerate() {
            for (i, &w) in row.iter().enumerate() {
                weights[o / GROUP * self.inputs + i][o % GROUP] = w;
            }
        }
        Packed {
            inputs: self.inputs,
            weights,
            bias: self.bias,
        }
    }
}

/// An [`Affine`] for [`product`].
struct Packed {
    inputs: usize,
    /// `[outputs / GROUP, inputs]`, the last group filled up with zeros
    weights: Vec<[f32; GROUP]>,
    bias: Vec<f32>,
}

/// What the layers do not say themselves.
#[derive(Clone, Copy)]
pub struct Sizes {
    pub heads: usize,
    /// Octaves of a coordinate's waves, and the lowest's frequency.
    pub octaves: usize,
    pub base: f32,
}

/// The layers that all parts share. Norms are without scale and offset: the layers after them have these.
pub struct Block {
    sizes: Sizes,
    eps: f32,
    embed: Packed,
    up: Packed,
    down: Packed,
    out: Packed,
}

/// The layers that a part's tokens make.
#[derive(Clone)]
pub struct Attention {
    /// From a point's features to scores `[heads, tokens]`.
    scores: Arc<Packed>,
    /// From the scores' softmax to what is added to the features.
    values: Arc<Packed>,
}

impl Attention {
    pub fn new(scores: Affine, values: Affine) -> Self {
        Self {
            scores: scores.packed().into(),
            values: values.packed().into(),
        }
    }
}

impl Block {
    pub fn new(sizes: Sizes, eps: f32, [embed, up, down, out]: [Affine; 4]) -> Self {
        let [embed, up, down, out] = [embed, up, down, out].map(Affine::packed);
        Self {
            sizes,
            eps,
            embed,
            up,
            down,
            out,
        }
    }

    /// The field's values `[points, outputs]`.
    pub fn values(&self, points: &[Vec3], attention: &Attention) -> Vec<f32> {
        let outputs = self.out.bias.len();
        let mut values = vec![0.0; points.len() * outputs];
        let processor = widest();
        points
            .par_chunks(POINTS)
            .zip(values.par_chunks_mut(POINTS * outputs))
            .for_each_init(
                || Scratch::new(self, attention),
                |scratch, (points, values)| {
                    processor.dispatch(Tile {
                        block: self,
                        attention,
                        scratch,
                        points,
                        values,
                    });
                },
            );
        values
    }
}

/// A task's memory.
struct Scratch {
    waves: Vec<Row>,
    features: Vec<Row>,
    normed: Vec<Row>,
    scores: Vec<Row>,
    hidden: Vec<Row>,
    out: Vec<Row>,
}

impl Scratch {
    fn new(block: &Block, attention: &Attention) -> Self {
        let rows = |count: usize| vec![[0.0; POINTS]; count];
        Self {
            waves: rows(block.embed.inputs),
            features: rows(block.embed.bias.len()),
            normed: rows(block.embed.bias.len()),
            scores: rows(attention.scores.bias.len()),
            hidden: rows(block.up.bias.len()),
            out: rows(block.out.bias.len()),
        }
    }
}

/// One task. A type and no closure: a closure would not be compiled for the wider vectors.
struct Tile<'a> {
    block: &'a Block,
    attention: &'a Attention,
    scratch: &'a mut Scratch,
    points: &'a [Vec3],
    values: &'a mut [f32],
}

impl WithSimd for Tile<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self {
            block,
            attention,
            scratch,
            points,
            values,
        } = self;
        let Scratch {
            waves,
            features,
            normed,
            scores,
            hidden,
            out,
        } = scratch;
        embed(points, block.sizes, waves);
        product(simd, &block.embed, waves, features, false);
        norm(features, block.eps, normed);
        product(simd, &attention.scores, normed, scores, false);
        let tokens = scores.len() / block.sizes.heads;
        for head in scores.chunks_exact_mut(tokens) {
            softmax(head);
        }
        product(simd, &attention.values, scores, features, true);
        norm(features, block.eps, normed);
        product(simd, &block.up, normed, hidden, false);
        hidden.iter_mut().flatten().for_each(|x| *x = gelu(*x));
        product(simd, &block.down, hidden, features, true);
        norm(features, block.eps, normed);
        product(simd, &block.out, normed, out, false);
        for (i, values) in values.chunks_exact_mut(out.len()).enumerate() {
            values
                .iter_mut()
                .zip(&*out)
                .for_each(|(value, row)| *value = row[i]);
        }
    }
}

/// Coordinates, the sines of all octaves of x, of y, of z, and the cosines likewise.
#[inline(always)]
fn embed(points: &[Vec3], sizes: Sizes, rows: &mut [Row]) {
    let (coordinates, waves) = rows.split_at_mut(3);
    let (sines, cosines) = waves.split_at_mut(3 * sizes.octaves);
    for (axis, row) in coordinates.iter_mut().enumerate() {
        // What is over of the last tile repeats its first point.
        *row = std::array::from_fn(|i| points[if i < points.len() { i } else { 0 }][axis]);
    }
    for (k, (sine, cosine)) in sines.iter_mut().zip(cosines).enumerate() {
        let frequency = sizes.base * (1u32 << (k % sizes.octaves)) as f32;
        let x = &coordinates[k / sizes.octaves];
        for ((sine, cosine), x) in sine.iter_mut().zip(cosine).zip(x) {
            (*sine, *cosine) = sin_cos(x * frequency);
        }
    }
}

/// (x - mean) / sqrt(variance + eps) over the features.
#[inline(always)]
fn norm(x: &[Row], eps: f32, out: &mut [Row]) {
    let share = 1.0 / x.len() as f32;
    let mut mean = [0.0; POINTS];
    for row in x {
        each(&mut mean, row, |sum, x| sum + x);
    }
    mean = mean.map(|sum| sum * share);
    let mut scale = [0.0; POINTS];
    for (row, out) in x.iter().zip(&mut *out) {
        for i in 0..POINTS {
            out[i] = row[i] - mean[i];
            scale[i] += out[i] * out[i];
        }
    }
    scale = scale.map(|sum| 1.0 / (sum * share + eps).sqrt());
    for out in out {
        each(out, &scale, |x, scale| x * scale);
    }
}

/// softmax over the rows.
#[inline(always)]
fn softmax(rows: &mut [Row]) {
    let mut top = [f32::NEG_INFINITY; POINTS];
    for row in &*rows {
        each(&mut top, row, |top, x| if x > top { x } else { top });
    }
    let mut sum = [0.0; POINTS];
    for row in &mut *rows {
        for i in 0..POINTS {
            row[i] = exp(row[i] - top[i]);
            sum[i] += row[i];
        }
    }
    sum = sum.map(|sum| 1.0 / sum);
    for row in rows {
        each(row, &sum, |x, share| x * share);
    }
}

#[inline(always)]
fn each(row: &mut Row, other: &Row, f: impl Fn(f32, f32) -> f32) {
    row.iter_mut().zip(other).for_each(|(x, y)| *x = f(*x, *y));
}

/// Rows `[inputs]` -> rows `[outputs]`; added to `out` if `add`.
#[inline(always)]
fn product<S: Simd>(simd: S, affine: &Packed, x: &[Row], out: &mut [Row], add: bool) {
    let groups = affine.weights.chunks_exact(affine.inputs);
    let outputs = affine.bias.chunks(GROUP).zip(out.chunks_mut(GROUP));
    for (weights, (bias, out)) in groups.zip(outputs) {
        if S::REGISTER_COUNT >= 32 {
            group::<S, GROUP>(simd, weights, bias, x, out, add);
        } else {
            group::<S, { GROUP / 2 }>(simd, weights, bias, x, out, add);
        }
    }
}

/// A group of outputs, `N` at a time.
#[allow(clippy::needless_range_loop)] // constant numbers: or else the sums are in memory
#[inline(always)]
fn group<S: Simd, const N: usize>(
    simd: S,
    weights: &[[f32; GROUP]],
    bias: &[f32],
    x: &[Row],
    out: &mut [Row],
    add: bool,
) {
    for (part, (bias, out)) in bias.chunks(N).zip(out.chunks_mut(N)).enumerate() {
        for at in (0..POINTS / S::F32_LANES).step_by(2) {
            let sums = sums::<S, N>(simd, weights, part, x, at);
            for o in 0..N {
                let (Some(bias), Some(row)) = (bias.get(o), out.get_mut(o)) else {
                    break; // filled up
                };
                let (row, _) = S::as_mut_simd_f32s(row);
                for v in 0..2 {
                    let sum = simd.add_f32s(sums[o][v], simd.splat_f32s(*bias));
                    row[at + v] = if add {
                        simd.add_f32s(row[at + v], sum)
                    } else {
                        sum
                    };
                }
            }
        }
    }
}

/// Two vectors of points of `N` outputs.
#[inline(always)]
fn sums<S: Simd, const N: usize>(
    simd: S,
    weights: &[[f32; GROUP]],
    part: usize,
    x: &[Row],
    at: usize,
) -> [[S::f32s; 2]; N] {
    let mut sums = [[simd.splat_f32s(0.0); 2]; N];
    for (weights, row) in weights.iter().zip(x) {
        let (weights, _) = weights.as_chunks::<N>();
        let (row, _) = S::as_simd_f32s(row);
        let (one, two) = (row[at], row[at + 1]);
        for o in 0..N {
            let weight = simd.splat_f32s(weights[part][o]);
            sums[o][0] = simd.mul_add_e_f32s(one, weight, sums[o][0]);
            sums[o][1] = simd.mul_add_e_f32s(two, weight, sums[o][1]);
        }
    }
    sums
}
