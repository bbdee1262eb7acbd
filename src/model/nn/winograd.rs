//! Convolutions of 3 x 3 in half the products (Winograd's F(4, 3) down the columns; Lavin and Gray, "Fast algorithms for
//! convolutional neural networks", 2016).
//!
//! Of four rows of the picture and the two around them six others are made, and of a kernel's three rows six as well: row
//! by row these are multiplied, and of the six sums over all inputs become four rows again. That takes 18 products
//! instead of 36. Sums round otherwise than plain ones do, to some millionths of the largest; every one is summed in
//! one order, whatever the number of threads.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::convolve::blocks;
use super::vectors::widest;

/// Rows that are computed together, and what is made of them and those around them.
const ROWS: usize = 4;
const POINTS: usize = ROWS + 2;
/// Outputs that are computed together.
const GROUP: usize = 4;
/// Columns that are computed together, and with those around them.
const COLUMNS: usize = 64;
const WIDE: usize = COLUMNS + 2;

type Line = [f32; COLUMNS];

/// A convolution whose kernels are transformed.
pub struct Winograd {
    inputs: usize,
    bias: Vec<f32>,
    rectify: bool,
    /// Three weights of each output of a group: `[POINTS, outputs / GROUP, inputs]`.
    factors: Vec<[[f32; GROUP]; 3]>,
}

impl Winograd {
    /// From weights `[outputs, inputs, 3, 3]` row-major and a bias an output; nothing where the outputs are no whole groups.
    pub fn new(weights: &[f32], bias: &[f32], rectify: bool) -> Option<Self> {
        let (outputs, inputs) = (bias.len(), weights.len() / (9 * bias.len()));
        if !outputs.is_multiple_of(GROUP) {
            return None;
        }
        let mut factors = vec![[[0.0; GROUP]; 3]; POINTS * outputs / GROUP * inputs];
        for (i, kernel) in weights.chunks_exact(9).enumerate() {
            let (output, input) = (i / inputs, i % inputs);
            for column in 0..3 {
                let down = factors_of([kernel[column], kernel[3 + column], kernel[6 + column]]);
                for (point, factor) in down.into_iter().enumerate() {
                    let group = point * outputs / GROUP + output / GROUP;
                    factors[group * inputs + input][column][output % GROUP] = factor;
                }
            }
        }
        Some(Self {
            inputs,
            bias: bias.to_vec(),
            rectify,
            factors,
        })
    }

    /// Whether a picture of this height can be taken.
    pub fn takes(&self, height: usize) -> bool {
        height.is_multiple_of(ROWS)
    }

    /// Planes `[height, width]` of all inputs -> planes of all outputs.
    pub fn apply(&self, planes: &[&[f32]], (height, width): (usize, usize)) -> Vec<f32> {
        let mut out = vec![0.0; self.bias.len() * height * width];
        let across = width.div_ceil(COLUMNS);
        let mut blocks = blocks(&mut out, (height, width), (ROWS, COLUMNS));
        let arch = widest();
        let scratch = || {
            let points = vec![[0.0; WIDE]; POINTS * self.inputs];
            (points, vec![[0.0; COLUMNS]; POINTS * self.bias.len()])
        };
        (blocks.par_iter_mut().enumerate()).for_each_init(scratch, |(points, sums), (i, out)| {
            arch.dispatch(Task {
                winograd: self,
                planes,
                size: (height, width),
                corner: (i / across * ROWS, i % across * COLUMNS),
                out,
                points,
                sums,
            });
        });
        drop(blocks);
        out
    }
}

/// Three weights below one another as six factors.
fn factors_of([a, b, c]: [f32; 3]) -> [f32; POINTS] {
    let (outer, wide) = (a + c, a / 4.0 + c);
    [
        a / 4.0,
        -(outer + b) / 6.0,
        (b - outer) / 6.0,
        (wide + b / 2.0) / 6.0,
        (wide - b / 2.0) / 6.0,
        c,
    ]
}

/// Six pixels below one another as what the factors are multiplied with.
#[inline(always)]
fn points_of([a, b, c, d, e, f]: [f32; POINTS]) -> [f32; POINTS] {
    let (even, odd) = (e - c, 2.0 * (d - b));
    [
        4.0 * a - 5.0 * c + e,
        (d + e) - 4.0 * (b + c),
        (e - d) + 4.0 * (b - c),
        even + odd,
        even - odd,
        4.0 * b - 5.0 * d + f,
    ]
}

/// Six sums as four pixels.
#[inline(always)]
fn pixels_of([a, b, c, d, e, f]: [f32; POINTS]) -> [f32; ROWS] {
    let (even, odd, more, less) = (b + c, b - c, d + e, d - e);
    [
        a + even + more,
        odd + 2.0 * less,
        even + 4.0 * more,
        odd + 8.0 * less + f,
    ]
}

/// All outputs of a block. A type and no closure: a closure would not be compiled for the wider vectors.
struct Task<'a, 'o> {
    winograd: &'a Winograd,
    planes: &'a [&'a [f32]],
    /// Height and width of a plane.
    size: (usize, usize),
    /// The block's first row and column.
    corner: (usize, usize),
    /// By output and row.
    out: &'a mut [&'o mut [f32]],
    /// `[POINTS, inputs]`
    points: &'a mut [[f32; WIDE]],
    /// `[POINTS, outputs]`
    sums: &'a mut [Line],
}

impl WithSimd for Task<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        self.enter();
        let columns = self.out.first().map_or(0, |line| line.len());
        // As many vectors as fit beside each other in the registers.
        match (S::REGISTER_COUNT >= 32, columns.div_ceil(S::F32_LANES)) {
            (true, 1) => self.multiply::<S, 1>(simd, columns),
            (true, 2) => self.multiply::<S, 2>(simd, columns),
            (true, 3) => self.multiply::<S, 3>(simd, columns),
            (true, _) => self.multiply::<S, 4>(simd, columns),
            (false, _) => self.multiply::<S, 2>(simd, columns),
        }
        self.leave();
    }
}

impl Task<'_, '_> {
    /// The rows of all inputs, transformed.
    #[inline(always)]
    fn enter(&mut self) {
        let ((height, width), (top, left)) = (self.size, self.corner);
        let (start, end) = (left.saturating_sub(1), width.min(left + COLUMNS + 1));
        for (input, plane) in self.planes.iter().enumerate() {
            const ZEROS: [f32; WIDE] = [0.0; WIDE]; // they lie around the picture
            let rows: [&[f32]; POINTS] = std::array::from_fn(|row| {
                match (top + row).checked_sub(1).filter(|&y| y < height) {
                    Some(y) => &plane[y * width + start..y * width + end],
                    None => &ZEROS[..end - start],
                }
            });
            let skip = start + 1 - left;
            (0..end - start).for_each(|x| {
                let found = points_of(rows.map(|row| row[x]));
                for (point, value) in found.into_iter().enumerate() {
                    self.points[point * self.planes.len() + input][skip + x] = value;
                }
            });
            for point in 0..POINTS {
                let line = &mut self.points[point * self.planes.len() + input];
                line[..skip].fill(0.0);
                line[skip + end - start..].fill(0.0);
            }
        }
    }

    /// The sums over the inputs, `V` vectors of columns at a time.
    #[inline(always)]
    fn multiply<S: Simd, const V: usize>(&mut self, simd: S, columns: usize) {
        let (inputs, outputs) = (self.winograd.inputs, self.winograd.bias.len());
        let points = (self.points.chunks_exact(inputs))
            .zip((self.winograd.factors).chunks_exact(outputs / GROUP * inputs));
        for (sums, (points, factors)) in self.sums.chunks_exact_mut(outputs).zip(points) {
            let groups = factors.chunks_exact(inputs);
            for (sums, factors) in sums.chunks_exact_mut(GROUP).zip(groups) {
                for x in (0..columns).step_by(V * S::F32_LANES) {
                    let found = totals::<S, V>(simd, points, factors, x);
                    for (sums, found) in sums.iter_mut().zip(found) {
                        let (vectors, _) = S::as_mut_simd_f32s(&mut sums[x..]);
                        vectors[..V].copy_from_slice(&found);
                    }
                }
            }
        }
    }

    /// The rows of all outputs.
    #[inline(always)]
    fn leave(&mut self) {
        let outputs = self.winograd.bias.len();
        for (output, out) in self.out.chunks_exact_mut(ROWS).enumerate() {
            let bias = self.winograd.bias[output];
            let of = |point: usize| &self.sums[point * outputs + output];
            let sums: [&Line; POINTS] = std::array::from_fn(of);
            let mut rows = [[0.0; COLUMNS]; ROWS];
            for x in 0..COLUMNS {
                let found = pixels_of(std::array::from_fn(|point| sums[point][x]));
                for (row, value) in rows.iter_mut().zip(found) {
                    row[x] = match self.winograd.rectify {
                        true => (value + bias).max(0.0),
                        false => value + bias,
                    };
                }
            }
            for (out, row) in out.iter_mut().zip(&rows) {
                out.copy_from_slice(&row[..out.len()]);
            }
        }
    }
}

#[allow(clippy::needless_range_loop)] // constant numbers: or else the sums are in memory
#[inline(always)]
fn totals<S: Simd, const V: usize>(
    simd: S,
    points: &[[f32; WIDE]],
    factors: &[[[f32; GROUP]; 3]],
    at: usize,
) -> [[S::f32s; V]; GROUP] {
    let mut sums = [[simd.splat_f32s(0.0); V]; GROUP];
    for (line, factors) in points.iter().zip(factors) {
        for column in 0..3 {
            let (x, _) = S::as_simd_f32s(&line[at + column..][..V * S::F32_LANES]);
            let x: [S::f32s; V] = std::array::from_fn(|v| x[v]);
            for o in 0..GROUP {
                let factor = simd.splat_f32s(factors[column][o]);
                for v in 0..V {
                    sums[o][v] = simd.mul_add_e_f32s(factor, x[v], sums[o][v]);
                }
            }
        }
    }
    sums
}
