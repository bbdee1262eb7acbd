//! Convolutions of 3 x 3 on the CPU.
//!
//! The numeric crate writes every pixel's nine neighbours out before it multiplies, which for a picture is more
//! memory than all else together. Here a block of the picture is copied once, with its surroundings, and stays in
//! the cache while all outputs are computed. Every element is summed in one order, whatever the number of threads.

use candle_core::{CpuStorage, CustomOp1, CustomOp2, Layout, Result, Shape, bail};
use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::vectors::widest;
use super::winograd::Winograd;

/// Outputs that are computed together.
const GROUP: usize = 4;
/// Columns of a block; the widest vectors take all of them at once.
const COLUMNS: usize = 64;
/// Numbers of a block with its surroundings: half of a small L2 cache.
const BLOCK: usize = 1 << 16;
/// Inputs from which on fewer products are worth what they take besides.
const LEAST: usize = 16;
/// Weights of one input for a group.
type Taps = [f32; 9 * GROUP];

/// A convolution of 3 x 3 that keeps the size: zeros lie around the picture.
pub struct Convolution {
    inputs: usize,
    bias: Vec<f32>,
    dilation: usize,
    rectify: bool,
    /// `[outputs / GROUP, inputs]`, the last group filled up with zeros.
    groups: Vec<Taps>,
    /// The same in fewer products, where it may round otherwise.
    fewer: Option<Winograd>,
}

impl Convolution {
    /// From weights `[outputs, inputs, 3, 3]` row-major and a bias an output; where it is to rectify, what is below
    /// zero becomes zero.
    pub fn new(weights: &[f32], bias: Vec<f32>, dilation: usize, rectify: bool) -> Self {
        let inputs = weights.len() / (9 * bias.len());
        let mut groups = vec![[0.0; 9 * GROUP]; bias.len().div_ceil(GROUP) * inputs];
        for (output, weights) in weights.chunks_exact(9 * inputs).enumerate() {
            let group = &mut groups[output / GROUP * inputs..][..inputs];
            for (taps, weights) in group.iter_mut().zip(weights.chunks_exact(9)) {
                for (tap, &weight) in weights.iter().enumerate() {
                    taps[tap * GROUP + output % GROUP] = weight;
                }
            }
        }
        Self {
            inputs,
            bias,
            dilation,
            rectify,
            groups,
            fewer: None,
        }
    }

    /// The same in fewer products where the picture's height allows it; sums round otherwise than in [`Self::new`].
    pub fn in_fewer_products(
        weights: &[f32],
        bias: Vec<f32>,
        dilation: usize,
        rectify: bool,
    ) -> Self {
        let worth = dilation == 1 && weights.len() >= LEAST * 9 * bias.len();
        let fewer = worth.then(|| Winograd::new(weights, &bias, rectify));
        Self {
            fewer: fewer.flatten(),
            ..Self::new(weights, bias, dilation, rectify)
        }
    }

    /// Planes `[height, width]` of all inputs -> planes of all outputs.
    fn apply(&self, planes: &[&[f32]], (height, width): (usize, usize)) -> Vec<f32> {
        let mut out = vec![0.0; self.bias.len() * height * width];
        let around = 2 * self.dilation;
        let rows = BLOCK / (planes.len() * (COLUMNS + around));
        // Enough blocks for a few processors, even of a small picture.
        let rows = rows.saturating_sub(around).clamp(1, height.div_ceil(4));
        let across = width.div_ceil(COLUMNS);
        let mut blocks = blocks(&mut out, (height, width), (rows, COLUMNS));
        let arch = widest();
        (blocks.par_iter_mut().enumerate()).for_each(|(index, out)| {
            let (top, left) = (index / across * rows, index % across * COLUMNS);
            let rows = rows.min(height - top);
            let field = Field::copy(planes, (height, width), (top, left), rows, self.dilation);
            arch.dispatch(Task {
                convolution: self,
                field,
                rows,
                out,
            });
        });
        drop(blocks);
        out
    }
}

/// The planes of a picture `[height, width]` in blocks of so many rows and columns, row by row: the lines of each, by
/// plane and row.
pub(super) fn blocks(
    planes: &mut [f32],
    (height, width): (usize, usize),
    (rows, columns): (usize, usize),
) -> Vec<Vec<&mut [f32]>> {
    let across = width.div_ceil(columns);
    let mut blocks = Vec::new();
    blocks.resize_with(height.div_ceil(rows) * across, Vec::new);
    for (row, line) in planes.chunks_exact_mut(width).enumerate() {
        let first = row % height / rows * across;
        for (block, piece) in blocks[first..].iter_mut().zip(line.chunks_mut(columns)) {
            block.push(piece);
        }
    }
    blocks
}

/// A block of all planes with its surroundings.
struct Field {
    values: Vec<f32>,
    /// Numbers of a plane, and of a row.
    plane: usize,
    row: usize,
}

impl Field {
    fn copy(
        planes: &[&[f32]],
        (height, width): (usize, usize),
        (top, left): (usize, usize),
        rows: usize,
        dilation: usize,
    ) -> Self {
        let (row, all) = (COLUMNS + 2 * dilation, rows + 2 * dilation);
        let mut values = vec![0.0; planes.len() * all * row];
        // The columns of the picture that lie in the block.
        let start = left.saturating_sub(dilation);
        let end = (left + COLUMNS + dilation).min(width);
        let skip = start + dilation - left;
        for (to, from) in values.chunks_exact_mut(all * row).zip(planes) {
            for (y, to) in to.chunks_exact_mut(row).enumerate() {
                let Some(y) = (top + y).checked_sub(dilation).filter(|&y| y < height) else {
                    continue;
                };
                to[skip..skip + end - start].copy_from_slice(&from[y * width..][start..end]);
            }
        }
        Self {
            values,
            plane: all * row,
            row,
        }
    }
}

/// All outputs of a block. A type and no closure: a closure would not be compiled for the wider vectors.
struct Task<'a, 'o> {
    convolution: &'a Convolution,
    field: Field,
    rows: usize,
    /// By output and row.
    out: &'a mut [&'o mut [f32]],
}

impl WithSimd for Task<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        if S::REGISTER_COUNT >= 32 {
            block::<S, 4>(simd, self);
        } else {
            block::<S, 2>(simd, self);
        }
    }
}

/// A block, `V` vectors of columns at a time.
#[inline(always)]
fn block<S: Simd, const V: usize>(simd: S, task: Task<'_, '_>) {
    let Task {
        convolution: c,
        field,
        rows,
        out,
    } = task;
    let wide = V * S::F32_LANES;
    let groups = c.groups.chunks_exact(c.inputs);
    for ((taps, bias), out) in groups
        .zip(c.bias.chunks(GROUP))
        .zip(out.chunks_mut(GROUP * rows))
    {
        for y in 0..rows {
            let width = out[y].len();
            for x in (0..width).step_by(wide) {
                let sums = sums::<S, V>(simd, c.dilation, taps, &field, y * field.row + x);
                for (o, (&bias, sums)) in bias.iter().zip(&sums).enumerate() {
                    let mut line = [0.0; COLUMNS];
                    let (vectors, _) = S::as_mut_simd_f32s(&mut line);
                    for (vector, &sum) in vectors.iter_mut().zip(sums) {
                        let sum = simd.add_f32s(sum, simd.splat_f32s(bias));
                        *vector = match c.rectify {
                            true => simd.max_f32s(sum, simd.splat_f32s(0.0)),
                            false => sum,
                        };
                    }
                    let count = wide.min(width - x);
                    out[o * rows + y][x..x + count].copy_from_slice(&line[..count]);
                }
            }
        }
    }
}

#[allow(clippy::needless_range_loop)] // constant numbers: or else the sums are in memory
#[inline(always)]
fn sums<S: Simd, const V: usize>(
    simd: S,
    dilation: usize,
    taps: &[Taps],
    field: &Field,
    at: usize,
) -> [[S::f32s; V]; GROUP] {
    let mut sums = [[simd.splat_f32s(0.0); V]; GROUP];
    for (taps, plane) in taps.iter().zip(field.values.chunks_exact(field.plane)) {
        for tap in 0..9 {
            let from = at + (tap / 3) * dilation * field.row + (tap % 3) * dilation;
            let (x, _) = S::as_simd_f32s(&plane[from..from + V * S::F32_LANES]);
            let x: [S::f32s; V] = std::array::from_fn(|v| x[v]);
            for o in 0..GROUP {
                let weight = simd.splat_f32s(taps[tap * GROUP + o]);
                for v in 0..V {
                    sums[o][v] = simd.mul_add_e_f32s(weight, x[v], sums[o][v]);
                }
            }
        }
    }
    sums
}

/// The channels of one picture, `[height * width]` each, and its height and width.
pub(super) type Planes<'a> = (Vec<&'a [f32]>, (usize, usize));

/// The planes of a contiguous tensor of one picture.
pub(super) fn planes<'a>(x: &'a CpuStorage, layout: &Layout) -> Result<Planes<'a>> {
    let (batch, _, height, width) = layout.shape().dims4()?;
    let Some((start, end)) = layout.contiguous_offsets() else {
        bail!("a contiguous tensor is expected")
    };
    if batch != 1 {
        bail!("one picture is expected")
    }
    let values = &x.as_slice::<f32>()?[start..end];
    Ok((
        values.chunks_exact(height * width).collect(),
        (height, width),
    ))
}

impl Convolution {
    fn forward(
        &self,
        planes: &[&[f32]],
        (height, width): (usize, usize),
    ) -> Result<(CpuStorage, Shape)> {
        if planes.len() != self.inputs {
            bail!("{} planes for {} inputs", planes.len(), self.inputs)
        }
        let fewer = self.fewer.as_ref().filter(|fewer| fewer.takes(height));
        let out = match fewer {
            Some(fewer) => fewer.apply(planes, (height, width)),
            None => self.apply(planes, (height, width)),
        };
        let shape = (1, self.bias.len(), height, width);
        Ok((CpuStorage::F32(out), shape.into()))
    }
}

impl CustomOp1 for Convolution {
    fn name(&self) -> &'static str {
        "convolution"
    }

    /// x `[1, inputs, height, width]` -> `[1, outputs, height, width]`
    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (planes, size) = planes(x, layout)?;
        self.forward(&planes, size)
    }
}

impl CustomOp2 for Convolution {
    fn name(&self) -> &'static str {
        "convolution-of-two"
    }

    /// The same, of two tensors that lie one behind the other.
    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        y: &CpuStorage,
        y_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let ((mut all, size), (more, other)) = (planes(x, x_layout)?, planes(y, y_layout)?);
        if size != other {
            bail!("planes of {size:?} and of {other:?}")
        }
        all.extend(more);
        self.forward(&all, size)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use candle_core::{Device, Tensor};

    use super::*;
    use crate::base::seed::noise;

    pub fn tensor(seed: u64, shape: (usize, usize, usize, usize)) -> Tensor {
        let (a, b, c, d) = shape;
        Tensor::from_vec(noise(seed, a * b * c * d), shape, &Device::Cpu).expect("a tensor")
    }

    pub fn off(a: &Tensor, b: &Tensor) -> f32 {
        let off = (a - b).and_then(|x| x.abs()?.flatten_all()?.max(0)?.to_scalar());
        off.expect("tensors of one shape")
    }

    #[test]
    fn a_convolution_is_that_of_the_numeric_crate_whatever_the_sizes() {
        for (inputs, outputs, height, width, dilation) in [
            (1, 1, 1, 1, 1),
            (3, 5, 7, 9, 1),
            (16, 16, 10, 10, 8),
            (20, 64, 33, 130, 2),
            (20, 64, 12, 130, 1),
            (16, 8, 20, 20, 1),
        ] {
            let weights = tensor(1, (outputs, inputs, 3, 3));
            let bias = noise(2, outputs);
            let numbers = weights.flatten_all().and_then(|x| x.to_vec1::<f32>());
            let numbers = numbers.expect("numbers");
            let x = tensor(3, (1, inputs, height, width));
            let plain = x.conv2d(&weights, dilation, 1, dilation, 1);
            let added = Tensor::from_vec(bias.clone(), (1, outputs, 1, 1), &Device::Cpu);
            let plain = plain.and_then(|x| x.broadcast_add(&added?)).expect("plain");
            for rectify in [false, true] {
                let plain_sums = Convolution::new(&numbers, bias.clone(), dilation, rectify);
                let fewer =
                    Convolution::in_fewer_products(&numbers, bias.clone(), dilation, rectify);
                let want = match rectify {
                    true => plain.relu().expect("rectified"),
                    false => plain.clone(),
                };
                for (conv, most) in [(plain_sums, 1e-4), (fewer, 4e-4)] {
                    let found = x.apply_op1_no_bwd(&conv).expect("a convolution");
                    let (off, fewer) = (off(&found, &want), conv.fewer.is_some());
                    assert!(
                        off < most,
                        "{inputs} to {outputs}, {height} x {width}, in fewer products: {fewer}: {off}"
                    );
                }
            }
        }
    }

    #[test]
    fn in_fewer_products_every_width_and_number_of_threads_gives_the_same() {
        let conv = Convolution::in_fewer_products(&noise(1, 16 * 16 * 9), vec![0.0; 16], 1, false);
        assert!(conv.fewer.is_some(), "16 inputs are worth it");
        let x = tensor(2, (1, 16, 8, 80));
        let at = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            let run = || x.apply_op1_no_bwd(&conv).expect("a convolution");
            pool.expect("threads").install(run)
        };
        let whole = at(1);
        assert_eq!(off(&whole, &at(3)), 0.0, "one and three threads");
        let part = x
            .narrow(3, 0, 70)
            .and_then(|x| x.contiguous()?.apply_op1_no_bwd(&conv));
        let (part, whole) = (
            part.expect("a part"),
            whole.narrow(3, 0, 69).expect("a part"),
        );
        let part = part.narrow(3, 0, 69).expect("without its border");
        assert_eq!(off(&part, &whole), 0.0, "70 columns and 80");
    }

    #[test]
    fn two_tensors_count_as_one_behind_the_other() {
        let weights = noise(1, 8 * 6 * 9);
        let conv = Convolution::new(&weights, vec![0.0; 8], 1, true);
        let (a, b) = (tensor(2, (1, 2, 12, 20)), tensor(3, (1, 4, 12, 20)));
        let both = Tensor::cat(&[&a, &b], 1).and_then(|x| x.apply_op1_no_bwd(&conv));
        let apart = a.apply_op2_no_bwd(&b, &conv).expect("two tensors");
        assert_eq!(off(&both.expect("one tensor"), &apart), 0.0);
    }
}
