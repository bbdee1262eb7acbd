//! Row-wise operations on the CPU, vectorised for the processor at hand.
//!
//! The numeric crate's own are scalar (an exact GELU takes longer there than the product before it) or
//! sum a row in one running number. Here each is a plain loop that the compiler turns into the widest
//! vectors that the processor has, chosen at run time. Every row is computed alone, so that the number
//! of threads does not change a bit of the result.

use candle_core::{CpuStorage, CustomOp1, CustomOp2, CustomOp3, InplaceOp2, Layout, Result, Shape};
use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::vectors::widest;

/// Elements that one task takes: enough to pay for its start, few enough to stay in the L2 cache.
const GRAIN: usize = 1 << 15;

/// 1.5 * 2^23: adding it to a small number rounds that to an integer, which the low bits then hold.
const ROUND: f32 = 12_582_912.0;

/// Sum in sixteen running numbers, which is what vectorises; and, as a gain, what rounds less.
#[inline(always)]
fn sum(row: &[f32], f: impl Fn(f32) -> f32) -> f32 {
    const LANES: usize = 16;
    let mut lanes = [0f32; LANES];
    let (body, tail) = row.split_at(row.len() - row.len() % LANES);
    for part in body.chunks_exact(LANES) {
        for (lane, &x) in lanes.iter_mut().zip(part) {
            *lane += f(x);
        }
    }
    lanes.iter().sum::<f32>() + tail.iter().map(|&x| f(x)).sum::<f32>()
}

/// e^x within two units in the last place, 0 below -87 and capped above 88.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    let x = x.clamp(-87.3, 88.3);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let k = shifted - ROUND;
    let r = (x - k * 0.693_359_4) + k * 2.121_944_4e-4; // ln 2 in two pieces
    let p = 1.0 / 5040.0;
    let p = p * r + 1.0 / 720.0;
    let p = p * r + 1.0 / 120.0;
    let p = p * r + 1.0 / 24.0;
    let p = p * r + 1.0 / 6.0;
    let p = p * r + 0.5;
    let p = p * r + 1.0;
    let p = p * r + 1.0;
    p * f32::from_bits((shifted.to_bits() << 23).wrapping_add(127 << 23)) // 2^k
}

/// x * Phi(x), with the error function by Abramowitz and Stegun's formula 7.1.26 (error 1.5e-7).
#[inline(always)]
pub(crate) fn gelu(x: f32) -> f32 {
    let a = x.abs() * std::f32::consts::FRAC_1_SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * a);
    let p = 1.061_405_4;
    let p = p * t - 1.453_152;
    let p = p * t + 1.421_413_7;
    let p = p * t - 0.284_496_74;
    let p = p * t + 0.254_829_6;
    let erfc = p * t * exp(-a * a);
    x.max(0.0) - 0.5 * x.abs() * erfc
}

/// sin and cos of x, |x| below 1000, within two units in the last place of 1.
#[inline(always)]
pub(crate) fn sin_cos(x: f32) -> (f32, f32) {
    let shifted = x * std::f32::consts::FRAC_2_PI + ROUND;
    let k = shifted - ROUND;
    // pi / 2 in three pieces, of which k times the first two are exact
    let r = ((x - k * 1.570_312_5) - k * 4.837_513e-4) - k * 7.549_79e-8;
    let r2 = r * r;
    let s = 1.0 / 362_880.0;
    let s = s * r2 - 1.0 / 5040.0;
    let s = s * r2 + 1.0 / 120.0;
    let s = s * r2 - 1.0 / 6.0;
    let s = s * r2 * r + r;
    let c = -1.0 / 3_628_800.0;
    let c = c * r2 + 1.0 / 40_320.0;
    let c = c * r2 - 1.0 / 720.0;
    let c = c * r2 + 1.0 / 24.0;
    let c = c * r2 - 0.5;
    let c = c * r2 + 1.0;
    let quadrant = shifted.to_bits();
    let (sine, cosine) = if quadrant & 1 == 0 { (s, c) } else { (c, s) };
    let flip = |x: f32, bit: u32| f32::from_bits(x.to_bits() ^ ((bit & 2) << 30));
    (flip(sine, quadrant), flip(cosine, quadrant.wrapping_add(1)))
}

/// For each point a row of its coordinates, the sines of `octaves` octaves of x, of y, of z, and the
/// cosines likewise; the octaves start at `base`.
pub fn waves(points: &[glam::Vec3], octaves: usize, base: f32) -> Vec<f32> {
    let frequencies: Vec<f32> = (0..octaves).map(|k| base * (1u32 << k) as f32).collect();
    let width = 3 + 6 * octaves;
    let mut out = vec![0f32; points.len() * width];
    rows(
        &mut out,
        width,
        #[inline(always)]
        |index, row| {
            let (coordinates, waves) = row.split_at_mut(3);
            let (sines, cosines) = waves.split_at_mut(3 * octaves);
            coordinates.copy_from_slice(&points[index].to_array());
            for (axis, x) in points[index].to_array().into_iter().enumerate() {
                let (sines, cosines) =
                    (&mut sines[axis * octaves..], &mut cosines[axis * octaves..]);
                for ((sine, cosine), frequency) in sines.iter_mut().zip(cosines).zip(&frequencies) {
                    (*sine, *cosine) = sin_cos(x * frequency);
                }
            }
        },
    );
    out
}

/// Runs `f` on whole rows of `data`, in tasks, each task in the widest vectors.
fn rows(data: &mut [f32], width: usize, f: impl Fn(usize, &mut [f32]) + Sync) {
    let width = width.max(1);
    let batch = GRAIN.div_ceil(width);
    let arch = widest();
    data.par_chunks_mut(batch * width)
        .enumerate()
        .for_each(|(task, chunk)| {
            arch.dispatch(Task {
                first: task * batch,
                width,
                chunk,
                f: &f,
            });
        });
}

/// Some rows and what to do with them. A type of its own and no closure: a closure is called through a
/// shim that is not inlined, and then nothing is compiled for the wider vectors.
struct Task<'a, F> {
    first: usize,
    width: usize,
    chunk: &'a mut [f32],
    f: &'a F,
}

impl<F: Fn(usize, &mut [f32])> WithSimd for Task<'_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for (index, row) in self.chunk.chunks_exact_mut(self.width).enumerate() {
            (self.f)(self.first + index, row);
        }
    }
}

fn contiguous<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let Some((start, end)) = layout.contiguous_offsets() else {
        candle_core::bail!("a contiguous tensor is expected")
    };
    Ok(&storage.as_slice::<f32>()?[start..end])
}

fn contiguous_mut<'a>(storage: &'a mut CpuStorage, layout: &Layout) -> Result<&'a mut [f32]> {
    let Some((start, end)) = layout.contiguous_offsets() else {
        candle_core::bail!("a contiguous tensor is expected")
    };
    match storage {
        CpuStorage::F32(data) => Ok(&mut data[start..end]),
        _ => candle_core::bail!("an f32 tensor is expected"),
    }
}

fn width(layout: &Layout) -> usize {
    layout.dims().last().copied().unwrap_or(1)
}

/// A tensor of the same shape, whose rows `f` makes of those of `x`.
#[inline(always)]
fn each_row(
    x: &CpuStorage,
    layout: &Layout,
    f: impl Fn(&[f32], &mut [f32]) + Sync,
) -> Result<(CpuStorage, Shape)> {
    let (x, width) = (contiguous(x, layout)?, width(layout));
    let mut out = vec![0f32; x.len()];
    rows(
        &mut out,
        width,
        #[inline(always)]
        |index, row| f(&x[index * width..][..width], row),
    );
    Ok((CpuStorage::F32(out), layout.shape().clone()))
}

/// The mean of f over a row.
#[inline(always)]
fn mean(row: &[f32], f: impl Fn(f32) -> f32) -> f32 {
    sum(row, f) / row.len() as f32
}

/// In place: f of every row plus a bias.
fn biased(x: &mut [f32], bias: &[f32], f: impl Fn(f32) -> f32 + Sync) {
    rows(
        x,
        bias.len(),
        #[inline(always)]
        |_, row| row.iter_mut().zip(bias).for_each(|(x, b)| *x = f(*x + b)),
    );
}

/// In place: adds a bias to every row, and then takes the GELU if `gelu`.
pub struct Bias {
    pub gelu: bool,
}

impl InplaceOp2 for Bias {
    fn name(&self) -> &'static str {
        "bias"
    }

    fn cpu_fwd(
        &self,
        x: &mut CpuStorage,
        layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<()> {
        let bias = contiguous(bias, bias_layout)?;
        let x = contiguous_mut(x, layout)?;
        if self.gelu {
            biased(x, bias, gelu);
        } else {
            biased(x, bias, |x| x);
        }
        Ok(())
    }
}

/// (x - mean) / sqrt(variance + eps) * weight + bias, over the last dimension.
pub struct LayerNorm {
    pub eps: f32,
}

impl CustomOp3 for LayerNorm {
    fn name(&self) -> &'static str {
        "layer-norm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let weight = contiguous(weight, weight_layout)?;
        let bias = contiguous(bias, bias_layout)?;
        each_row(
            x,
            layout,
            #[inline(always)]
            |x, row| {
                let middle = mean(x, |x| x);
                let variance = mean(x, |x| (x - middle) * (x - middle));
                let scale = 1.0 / (variance + self.eps).sqrt();
                for (((out, x), w), b) in row.iter_mut().zip(x).zip(weight).zip(bias) {
                    *out = (x - middle) * scale * w + b;
                }
            },
        )
    }
}

/// x / sqrt(mean of squares + eps) * weight, over the last dimension.
pub struct RmsNorm {
    pub eps: f32,
}

impl CustomOp2 for RmsNorm {
    fn name(&self) -> &'static str {
        "rms-norm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let weight = contiguous(weight, weight_layout)?;
        each_row(
            x,
            layout,
            #[inline(always)]
            |x, row| {
                let scale = 1.0 / (mean(x, |x| x * x) + self.eps).sqrt();
                for ((out, x), w) in row.iter_mut().zip(x).zip(weight) {
                    *out = x * scale * w;
                }
            },
        )
    }
}

/// softmax(scale * x) over the last dimension.
pub struct Softmax {
    pub scale: f32,
}

impl CustomOp1 for Softmax {
    fn name(&self) -> &'static str {
        "softmax"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        each_row(
            x,
            layout,
            #[inline(always)]
            |x, row| {
                let top = x
                    .iter()
                    .fold(f32::NEG_INFINITY, |top, &x| if x > top { x } else { top });
                for (out, x) in row.iter_mut().zip(x) {
                    *out = exp((x - top) * self.scale);
                }
                let scale = 1.0 / sum(row, |x| x);
                row.iter_mut().for_each(|x| *x *= scale);
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use crate::model::nn::kernels::{exp, gelu, sin_cos};

    /// Phi(x) by its Taylor series in f64, good where |x| is below 6.
    fn phi(x: f64) -> f64 {
        let (mut term, mut total) = (x, x);
        for n in 1..200 {
            term *= -x * x / (2.0 * n as f64);
            total += term / (2 * n + 1) as f64;
        }
        0.5 + total / (2.0 * std::f64::consts::PI).sqrt()
    }

    #[test]
    fn the_functions_are_exact_enough_to_leave_the_golden_numbers_alone() {
        for i in -8700..=8800 {
            let x = i as f32 * 0.01;
            let (got, want) = (exp(x) as f64, (x as f64).exp());
            assert!(
                (got / want - 1.0).abs() < 4e-7,
                "exp({x}) = {got}, expected {want}"
            );
        }
        for i in -5500..=5500 {
            let x = i as f32 * 0.001;
            let (got, want) = (gelu(x) as f64, x as f64 * phi(x as f64));
            assert!(
                (got - want).abs() < 4e-7 * x.abs().max(1.0) as f64,
                "gelu({x}) = {got}, expected {want}"
            );
        }
        assert!(
            gelu(100.0) == 100.0 && gelu(-100.0).abs() < 1e-30,
            "no overflow far out"
        );
        for i in -60_000..=60_000 {
            let x = i as f32 * 0.01;
            let ((sine, cosine), (s, c)) = (sin_cos(x), (x as f64).sin_cos());
            let error = (sine as f64 - s).abs().max((cosine as f64 - c).abs());
            assert!(
                error < 2e-7,
                "sin_cos({x}) = {sine}, {cosine}, expected {s}, {c}"
            );
        }
    }
}
