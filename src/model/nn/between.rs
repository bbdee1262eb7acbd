//! What stands between the convolutions of a U-Net, on the CPU: halving, growing and adding.

use candle_core::{CpuStorage, CustomOp1, InplaceOp2, Layout, Result, Shape, bail};
use rayon::prelude::*;

use super::convolve::planes;

/// Adds another tensor of the same shape, where the first one lies.
pub struct Add;

impl InplaceOp2 for Add {
    fn name(&self) -> &'static str {
        "add-in-place"
    }

    fn cpu_fwd(&self, x: &mut CpuStorage, to: &Layout, y: &CpuStorage, of: &Layout) -> Result<()> {
        let (CpuStorage::F32(x), y) = (x, y.as_slice::<f32>()?) else {
            bail!("numbers of 32 bits are expected")
        };
        let (Some((start, end)), Some((from, till))) =
            (to.contiguous_offsets(), of.contiguous_offsets())
        else {
            bail!("contiguous tensors are expected")
        };
        const GRAIN: usize = 1 << 16;
        (x[start..end]
            .par_chunks_mut(GRAIN)
            .zip(y[from..till].par_chunks(GRAIN)))
        .for_each(|(x, y)| x.iter_mut().zip(y).for_each(|(x, y)| *x += y));
        Ok(())
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
    use super::super::convolve::tests::{off, tensor};
    use super::*;

    #[test]
    fn a_sum_in_place_is_that_of_the_numeric_crate() {
        let (x, y) = (tensor(1, (1, 3, 7, 9)), tensor(2, (1, 3, 7, 9)));
        let want = (&x + &y).expect("a sum");
        x.inplace_op2(&y, &Add).expect("a sum");
        assert_eq!(off(&x, &want), 0.0);
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
