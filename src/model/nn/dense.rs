//! Products with f32 and f16 matrices on the CPU.
//!
//! The numeric crate orders a matrix anew for every product, which of the few hundred rows of a figurine takes
//! as long as the product. Here [`COLUMNS`] outputs lie side by side as the vectors want them: those of
//! small networks once and for all, those of large ones in 16 bits as stored, and unpacked for one product
//! at a time, so that there is never a copy of the matrix in 32. Every element is summed in one order, whatever
//! the number of threads.

use anyhow::{Result, ensure};
use candle_core::{CpuStorage, CustomOp1, Layout, Shape};
use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};
use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::vectors::widest;

/// Outputs whose weights lie side by side.
const COLUMNS: usize = 64;
/// Rows that are computed together: with four vectors each, all that 32 registers hold.
const ROWS: usize = 6;
/// Rows of a task.
const SHARE: usize = 16 * ROWS;

/// A matrix `[outputs, inputs]`.
pub struct Dense {
    inputs: usize,
    outputs: usize,
    weights: Weights,
}

enum Weights {
    /// `[outputs / COLUMNS, inputs]`, the last panel filled up with zeros
    Panels(Vec<[f32; COLUMNS]>),
    /// `[outputs, inputs]`
    Half(Vec<f16>),
    /// `[outputs, inputs]`
    Brain(Vec<bf16>),
}

impl Dense {
    /// From f32 numbers, `[outputs, inputs]` row-major.
    pub fn new(inputs: usize, numbers: &[f32]) -> Self {
        let mut panels = vec![[0.0; COLUMNS]; numbers.len().div_ceil(COLUMNS * inputs) * inputs];
        (panels.par_chunks_mut(inputs))
            .zip(numbers.par_chunks(COLUMNS * inputs))
            .for_each(|(panel, rows)| spread(rows, panel));
        Self::of(inputs, numbers.len(), Weights::Panels(panels))
    }

    /// From f16 numbers, which stay so.
    ///
    /// # Errors
    /// A value is not a number.
    pub fn half(inputs: usize, numbers: Vec<f16>) -> Result<Self> {
        ensure!(numbers.iter().all(|x| x.is_finite()), super::DAMAGED);
        Ok(Self::of(inputs, numbers.len(), Weights::Half(numbers)))
    }

    /// As [`Dense::half`], from bf16.
    pub fn brain(inputs: usize, numbers: Vec<bf16>) -> Result<Self> {
        ensure!(numbers.iter().all(|x| x.is_finite()), super::DAMAGED);
        Ok(Self::of(inputs, numbers.len(), Weights::Brain(numbers)))
    }

    fn of(inputs: usize, count: usize, weights: Weights) -> Self {
        Self {
            inputs,
            outputs: count / inputs,
            weights,
        }
    }

    /// Numbers of a row.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// `[outputs, inputs]` row-major.
    pub fn numbers(&self) -> Vec<f32> {
        match &self.weights {
            Weights::Panels(panels) => (0..self.outputs)
                .flat_map(|o| {
                    let panel = &panels[o / COLUMNS * self.inputs..][..self.inputs];
                    panel.iter().map(move |weights| weights[o % COLUMNS])
                })
                .collect(),
            Weights::Half(rows) => rows.to_f32_vec(),
            Weights::Brain(rows) => rows.to_f32_vec(),
        }
    }

    /// Does `f` with the weights of the outputs from `index * COLUMNS` on, `[inputs]`.
    fn with_panel(&self, index: usize, f: impl FnOnce(&[[f32; COLUMNS]])) {
        let unpacked = |to_f32: &dyn Fn(std::ops::Range<usize>, &mut [f32])| {
            let first = index * COLUMNS;
            let count = COLUMNS.min(self.outputs - first);
            let mut rows = vec![0.0; count * self.inputs];
            to_f32(
                first * self.inputs..(first + count) * self.inputs,
                &mut rows,
            );
            let mut panel = vec![[0.0; COLUMNS]; self.inputs];
            spread(&rows, &mut panel);
            panel
        };
        match &self.weights {
            Weights::Panels(panels) => f(&panels[index * self.inputs..][..self.inputs]),
            Weights::Half(all) => f(&unpacked(&|at, to| all[at].convert_to_f32_slice(to))),
            Weights::Brain(all) => f(&unpacked(&|at, to| all[at].convert_to_f32_slice(to))),
        }
    }

    /// x `[rows, inputs]` -> `[rows, outputs]`
    fn product(&self, x: &[f32]) -> Vec<f32> {
        let mut out = vec![0.0; x.len() / self.inputs * self.outputs];
        // By panel, its piece of every row.
        let panels = self.outputs.div_ceil(COLUMNS);
        let mut pieces: Vec<Vec<&mut [f32]>> = (0..panels)
            .map(|_| Vec::with_capacity(x.len() / self.inputs))
            .collect();
        for row in out.chunks_exact_mut(self.outputs) {
            for (pieces, piece) in pieces.iter_mut().zip(row.chunks_mut(COLUMNS)) {
                pieces.push(piece);
            }
        }
        let arch = widest();
        pieces
            .par_iter_mut()
            .enumerate()
            .for_each(|(index, pieces)| {
                self.with_panel(index, |panel| {
                    (pieces.par_chunks_mut(SHARE))
                        .zip(x.par_chunks(SHARE * self.inputs))
                        .for_each(|(out, x)| arch.dispatch(Task { panel, x, out }));
                });
            });
        drop(pieces);
        out
    }
}

/// Rows of up to [`COLUMNS`] outputs -> their panel.
fn spread(rows: &[f32], panel: &mut [[f32; COLUMNS]]) {
    for (column, row) in rows.chunks_exact(panel.len()).enumerate() {
        for (weights, &weight) in panel.iter_mut().zip(row) {
            weights[column] = weight;
        }
    }
}

/// Some rows times a panel. A type and no closure: a closure would not be compiled for the wider vectors.
struct Task<'a, 'o> {
    panel: &'a [[f32; COLUMNS]],
    x: &'a [f32],
    out: &'a mut [&'o mut [f32]],
}

impl WithSimd for Task<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let inputs = self.panel.len();
        let tiles = self.out.chunks_mut(ROWS).zip(self.x.chunks(ROWS * inputs));
        for (out, x) in tiles {
            // What is over repeats the first row.
            let rows = std::array::from_fn(|r| {
                let r = if r < out.len() { r } else { 0 };
                &x[r * inputs..][..inputs]
            });
            if S::REGISTER_COUNT >= 32 {
                tile::<S, 4>(simd, self.panel, rows, out);
            } else {
                tile::<S, 2>(simd, self.panel, rows, out);
            }
        }
    }
}

/// Some rows, `V` vectors of outputs at a time.
#[allow(clippy::needless_range_loop, clippy::manual_memcpy)] // constant numbers: or else the sums are in memory
#[inline(always)]
fn tile<S: Simd, const V: usize>(
    simd: S,
    panel: &[[f32; COLUMNS]],
    rows: [&[f32]; ROWS],
    out: &mut [&mut [f32]],
) {
    let width = V * S::F32_LANES;
    for first in (0..COLUMNS).step_by(width) {
        let sums = sums::<S, V>(simd, panel, rows, first / S::F32_LANES);
        for r in 0..ROWS {
            let mut row = [0.0; COLUMNS];
            let (vectors, _) = S::as_mut_simd_f32s(&mut row);
            for v in 0..V {
                vectors[v] = sums[r][v];
            }
            if let Some(out) = out.get_mut(r)
                && let Some(out) = out.get_mut(first..)
            {
                let count = out.len().min(width);
                out[..count].copy_from_slice(&row[..count]);
            }
        }
    }
}

#[allow(clippy::needless_range_loop)] // as above
#[inline(always)]
fn sums<S: Simd, const V: usize>(
    simd: S,
    panel: &[[f32; COLUMNS]],
    rows: [&[f32]; ROWS],
    at: usize,
) -> [[S::f32s; V]; ROWS] {
    let mut sums = [[simd.splat_f32s(0.0); V]; ROWS];
    for (k, weights) in panel.iter().enumerate() {
        let (weights, _) = S::as_simd_f32s(weights);
        let weights: [S::f32s; V] = std::array::from_fn(|v| weights[at + v]);
        for r in 0..ROWS {
            let x = simd.splat_f32s(rows[r][k]);
            for v in 0..V {
                sums[r][v] = simd.mul_add_e_f32s(weights[v], x, sums[r][v]);
            }
        }
    }
    sums
}

impl CustomOp1 for Dense {
    fn name(&self) -> &'static str {
        "dense-product"
    }

    /// x [rows, inputs] -> [rows, outputs]
    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> candle_core::Result<(CpuStorage, Shape)> {
        let (rows, inputs) = layout.shape().dims2()?;
        let Some((start, end)) = layout.contiguous_offsets() else {
            candle_core::bail!("a contiguous tensor is expected")
        };
        if inputs != self.inputs {
            candle_core::bail!("rows of {inputs} for a matrix of {} inputs", self.inputs)
        }
        let out = self.product(&x.as_slice::<f32>()?[start..end]);
        Ok((CpuStorage::F32(out), (rows, self.outputs).into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::seed::noise;

    #[test]
    fn the_product_is_that_of_plain_loops_whatever_the_sizes_and_the_storage() {
        for (rows, inputs, outputs) in [(1, 3, 1), (7, 51, 4), (13, 64, 128), (200, 96, 100)] {
            let (x, weights) = (noise(1, rows * inputs), noise(2, inputs * outputs));
            let halves: Vec<f16> = weights.iter().map(|&w| f16::from_f32(w)).collect();
            let brains: Vec<bf16> = weights.iter().map(|&w| bf16::from_f32(w)).collect();
            let kept = [
                Dense::new(inputs, &weights),
                Dense::half(inputs, halves).expect("finite"),
                Dense::brain(inputs, brains).expect("finite"),
            ];
            for dense in kept {
                let plain = dense.numbers();
                let got = dense.product(&x);
                assert_eq!(got.len(), rows * outputs, "one value a row and output");
                for (i, got) in got.into_iter().enumerate() {
                    let (row, column) = (i / outputs, i % outputs);
                    let pairs = x[row * inputs..][..inputs]
                        .iter()
                        .zip(&plain[column * inputs..][..inputs]);
                    let want: f32 = pairs.map(|(x, w)| x * w).sum();
                    assert!(
                        (got - want).abs() < 1e-4,
                        "{rows} x {inputs} x {outputs}, at {row}, {column}: {got}, not {want}"
                    );
                }
            }
        }
    }

    #[test]
    fn weights_that_are_no_numbers_are_refused() {
        assert!(Dense::half(1, vec![f16::NAN]).is_err(), "f16");
        assert!(Dense::brain(1, vec![bf16::INFINITY]).is_err(), "bf16");
    }
}
