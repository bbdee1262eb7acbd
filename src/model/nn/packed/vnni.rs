//! The only unsafe code of this crate. It is sound because
//! - what is compiled for AVX-512 is called only by [`round`] and [`product`], of which the first
//!   asks [`is_here`] itself, and the second is reached only through a [`Matrix`], which is only made
//!   where [`is_here`] is true;
//! - vectors are read through references to arrays of their size;
//! - results are written through a pointer, as threads share the output, each to columns of its own:
//!   rows `first..first + R` are below the number of rows, and `column + 32` is at most the number
//!   of columns, so that every element lies inside the output, and no other panel has these columns.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use rayon::prelude::*;

use super::{COLUMNS, Matrix, Panel, Rows};

/// Whether this processor multiplies bytes in vectors of 64.
pub fn is_here() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vnni")
}

/// Blocks of numbers to bytes, their scales, and the two forms of their sums.
pub fn round(
    x: &[f32],
    block: usize,
    zero: i32,
    values: &mut [i32],
    scales: &mut [f32],
    starts: &mut [i32],
    sums: &mut [f32],
) {
    assert!(is_here(), "a matrix is only packed where it can be used");
    // SAFETY: the processor has what the function is compiled for.
    unsafe { round_wide(x, block, zero, values, scales, starts, sums) }
}

#[target_feature(enable = "avx512f,avx512bw")]
fn round_wide(
    x: &[f32],
    block: usize,
    zero: i32,
    values: &mut [i32],
    scales: &mut [f32],
    starts: &mut [i32],
    sums: &mut [f32],
) {
    let blocks = x
        .chunks_exact(block)
        .zip(values.chunks_exact_mut(block / 4));
    for (i, (x, values)) in blocks.enumerate() {
        // A length that is known vectorises.
        let (scale, sum) = match (
            <&[f32; 32]>::try_from(x),
            <&mut [i32; 8]>::try_from(&mut *values),
        ) {
            (Ok(x), Ok(values)) => super::round(x, values),
            _ => super::round(x, values),
        };
        scales[i] = scale;
        starts[i] = -zero * sum;
        sums[i] = scale * sum as f32;
    }
}

/// Where threads write, each its own columns.
#[derive(Clone, Copy)]
struct Out {
    data: *mut f32,
    rows: usize,
    columns: usize,
}

// SAFETY: no two threads have the same columns, see above.
unsafe impl Send for Out {}
// SAFETY: as above.
unsafe impl Sync for Out {}

/// x [rows, inputs] times the matrix -> out [rows, outputs]
pub fn product(matrix: &Matrix, x: &Rows, out: &mut [f32]) {
    let out = Out {
        rows: out.len() / matrix.outputs,
        columns: matrix.outputs,
        data: out.as_mut_ptr(),
    };
    (0..matrix.outputs / COLUMNS).into_par_iter().for_each_init(
        || Panel::new(matrix),
        |panel, index| {
            let column = index * COLUMNS;
            matrix.unpack(column, panel);
            // SAFETY: see above.
            unsafe {
                match (panel.block, panel.minima.is_empty()) {
                    (16, _) => columns::<4, false>(panel, x, column, out),
                    (_, true) => columns::<8, false>(panel, x, column, out),
                    (_, false) => columns::<8, true>(panel, x, column, out),
                }
            }
        },
    );
}

/// Rows that are computed together: with two vectors each, all that the registers hold.
const ROWS: usize = 6;

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn columns<const G: usize, const MINIMA: bool>(panel: &Panel, x: &Rows, column: usize, out: Out) {
    let whole = out.rows / ROWS * ROWS;
    for first in (0..whole).step_by(ROWS) {
        tile::<ROWS, G, MINIMA>(panel, x, first, column, out);
    }
    match out.rows - whole {
        1 => tile::<1, G, MINIMA>(panel, x, whole, column, out),
        2 => tile::<2, G, MINIMA>(panel, x, whole, column, out),
        3 => tile::<3, G, MINIMA>(panel, x, whole, column, out),
        4 => tile::<4, G, MINIMA>(panel, x, whole, column, out),
        5 => tile::<5, G, MINIMA>(panel, x, whole, column, out),
        _ => {}
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn bytes(from: &[u8; 64]) -> __m512i {
    // SAFETY: 64 bytes are read from 64 bytes.
    unsafe { _mm512_loadu_si512(from.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn floats(from: &[f32; 16]) -> __m512 {
    // SAFETY: 16 numbers are read from 16 numbers.
    unsafe { _mm512_loadu_ps(from.as_ptr()) }
}

/// `R` rows by 32 columns; blocks of `G` groups of four inputs.
#[allow(clippy::needless_range_loop)] // one index goes through several arrays
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn tile<const R: usize, const G: usize, const MINIMA: bool>(
    panel: &Panel,
    x: &Rows,
    first: usize,
    column: usize,
    out: Out,
) {
    assert!(first + R <= out.rows && column + COLUMNS <= out.columns);
    let blocks = panel.scales.len() / 2;
    let mut total = [[_mm512_setzero_ps(); 2]; R];
    for (b, weights) in panel.weights.chunks_exact(2 * G).enumerate() {
        let mut dots = [[_mm512_setzero_si512(); 2]; R];
        let mut values = [&x.values[..]; R];
        for r in 0..R {
            let at = (first + r) * blocks + b;
            dots[r] = [_mm512_set1_epi32(x.starts[at]); 2];
            values[r] = &x.values[at * G..at * G + G];
        }
        for g in 0..G {
            let (left, right) = (bytes(&weights[2 * g]), bytes(&weights[2 * g + 1]));
            for r in 0..R {
                let four = _mm512_set1_epi32(values[r][g]);
                dots[r][0] = _mm512_dpbusd_epi32(dots[r][0], left, four);
                dots[r][1] = _mm512_dpbusd_epi32(dots[r][1], right, four);
            }
        }
        for v in 0..2 {
            let scales = floats(&panel.scales[2 * b + v]);
            for r in 0..R {
                let scale = _mm512_set1_ps(x.scales[(first + r) * blocks + b]);
                let dot = _mm512_mul_ps(_mm512_cvtepi32_ps(dots[r][v]), scales);
                total[r][v] = _mm512_fmadd_ps(dot, scale, total[r][v]);
            }
            if MINIMA {
                let minima = floats(&panel.minima[2 * b + v]);
                for r in 0..R {
                    let sum = _mm512_set1_ps(x.sums[(first + r) * blocks + b]);
                    total[r][v] = _mm512_fnmadd_ps(minima, sum, total[r][v]);
                }
            }
        }
    }
    for (r, total) in total.iter().enumerate() {
        for (v, total) in total.iter().enumerate() {
            // SAFETY: inside the output by the assertion above, and nobody else's columns.
            unsafe {
                let at = (first + r) * out.columns + column + 16 * v;
                _mm512_storeu_ps(out.data.add(at), *total);
            }
        }
    }
}
