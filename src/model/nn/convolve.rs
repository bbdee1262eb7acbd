//! Convolutions of 3 x 3 on the CPU, and what stands between them in a U-Net: halving and growing.
//!
//! The numeric crate writes every pixel's nine neighbours out before it multiplies, which for a picture is more
//! memory than all else together. Here a block of the picture is copied once, with its surroundings, and stays in
//! the cache while all outputs are computed. Every element is summed in one order, whatever the number of threads.

use candle_core::{CpuStorage, CustomOp1, CustomOp2, Layout, Result, Shape, bail};
use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::vectors::widest;

/// Outputs that are computed together.
const GROUP: usize = 4;
/// Columns of a block; the widest vectors take all of them at once.
const COLUMNS: usize = 64;
/// Numbers of a block with its surroundings: half of a small L2 cache.
const BLOCK: usize = 1 << 16;
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
        let mut blocks: Vec<Vec<&mut [f32]>> = Vec::new();
        blocks.resize_with(height.div_ceil(rows) * across, Vec::new);
        for (row, line) in out.chunks_exact_mut(width).enumerate() {
            let first = row % height / rows * across;
            for (block, piece) in blocks[first..].iter_mut().zip(line.chunks_mut(COLUMNS)) {
                block.push(piece);
            }
        }
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
type Planes<'a> = (Vec<&'a [f32]>, (usize, usize));

/// The planes of a contiguous tensor of one picture.
fn planes<'a>(x: &'a CpuStorage, layout: &Layout) -> Result<Planes<'a>> {
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
        let out = self.apply(planes, (height, width));
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

/// The largest of every 2 x 2 pixels.
pub struct Halve;

impl CustomOp1 for Halve {
    fn name(&self) -> &'static str {
        "halve"
    }

    /// `[1, channels, height, width]`, both even -> `[1, channels, height / 2, width / 2]`
    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (planes, (height, width)) = planes(x, layout)?;
        let (half, narrow) = (height / 2, width / 2);
        let mut out = vec![0.0; planes.len() * half * narrow];
        (out.par_chunks_exact_mut(narrow).enumerate()).for_each(|(index, out)| {
            let from = &planes[index / half][index % half * 2 * width..][..2 * width];
            let (upper, lower) = from.split_at(width);
            let pairs = upper.chunks_exact(2).zip(lower.chunks_exact(2));
            for (out, (u, l)) in out.iter_mut().zip(pairs) {
                *out = u[0].max(u[1]).max(l[0].max(l[1]));
            }
        });
        let shape = (1, planes.len(), half, narrow);
        Ok((CpuStorage::F32(out), shape.into()))
    }
}

/// To a larger size by bilinear interpolation, pixels having their place in the middle.
pub struct Grow {
    pub height: usize,
    pub width: usize,
}

impl CustomOp1 for Grow {
    fn name(&self) -> &'static str {
        "grow"
    }

    /// `[1, channels, .., ..]` -> `[1, channels, height, width]`
    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (planes, (from_height, from_width)) = planes(x, layout)?;
        let across = between(from_width, self.width);
        let down = between(from_height, self.height);
        let mut out = vec![0.0; planes.len() * self.height * self.width];
        (out.par_chunks_exact_mut(self.width).enumerate()).for_each_init(
            || vec![0.0; from_width],
            |line, (index, out)| {
                let (top, bottom, share) = down[index % self.height];
                let row = |y: usize| &planes[index / self.height][y * from_width..][..from_width];
                let pairs = row(top).iter().zip(row(bottom));
                for (line, (&a, &b)) in line.iter_mut().zip(pairs) {
                    *line = a + (b - a) * share;
                }
                for (out, &(left, right, share)) in out.iter_mut().zip(&across) {
                    *out = line[left] + (line[right] - line[left]) * share;
                }
            },
        );
        let shape = (1, planes.len(), self.height, self.width);
        Ok((CpuStorage::F32(out), shape.into()))
    }
}

/// For each of `to` samples the two of `from` that it lies between, and how far from the first.
fn between(from: usize, to: usize) -> Vec<(usize, usize, f32)> {
    let place = |i: usize| {
        let x = (i as f64 + 0.5) * from as f64 / to as f64 - 0.5;
        let x = x.clamp(0.0, (from - 1) as f64);
        let left = x as usize;
        (left, (left + 1).min(from - 1), (x - left as f64) as f32)
    };
    (0..to).map(place).collect()
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Tensor};

    use super::*;
    use crate::base::seed::noise;

    fn tensor(seed: u64, shape: (usize, usize, usize, usize)) -> Tensor {
        let (a, b, c, d) = shape;
        Tensor::from_vec(noise(seed, a * b * c * d), shape, &Device::Cpu).expect("a tensor")
    }

    fn off(a: &Tensor, b: &Tensor) -> f32 {
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
                let conv = Convolution::new(&numbers, bias.clone(), dilation, rectify);
                let found = x.apply_op1_no_bwd(&conv).expect("a convolution");
                let want = match rectify {
                    true => plain.relu().expect("rectified"),
                    false => plain.clone(),
                };
                let off = off(&found, &want);
                assert!(
                    off < 1e-4,
                    "{inputs} to {outputs}, {height} x {width}: {off}"
                );
            }
        }
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

    #[test]
    fn halving_and_growing_are_those_of_the_numeric_crate() {
        let x = tensor(1, (1, 3, 8, 6));
        let half = x.apply_op1_no_bwd(&Halve).expect("half");
        assert_eq!(off(&half, &x.max_pool2d(2).expect("pooled")), 0.0);
        let grow = Grow {
            height: 16,
            width: 24,
        };
        let large = x.apply_op1_no_bwd(&grow).expect("large");
        let want = x.upsample_bilinear2d(16, 24, false).expect("upsampled");
        assert!(off(&large, &want) < 1e-5, "bilinear interpolation");
    }
}
