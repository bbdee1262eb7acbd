//! Products with quantized matrices in 8-bit integers, for processors whose vectors multiply these
//! (AVX-512 VNNI, four times as many a second as f32).
//!
//! The matrix stays as it is stored, and there is no second copy of it. [`COLUMNS`] outputs at a time
//! are spread into a panel of unsigned bytes, with a scale a block of inputs; then all rows of the other
//! factor, rounded to signed bytes with a scale a block, go through that panel while it is in the cache.
//! Every element is summed in one order, whatever the number of threads.
//!
//! On other processors [`Matrix::new`] gives nothing, and the numeric crate's own kernels are used.

use candle_core::quantized::GgmlDType;
use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape};
use half::f16;
use rayon::prelude::*;

use super::vectors::with_bytes;
use crate::model::store::Raw;

/// Outputs that are computed together: two vectors of f32.
const COLUMNS: usize = 32;

/// A matrix `[outputs, inputs]` in one of the types that are known here, on a processor that can.
pub struct Matrix {
    kind: GgmlDType,
    inputs: usize,
    outputs: usize,
    /// Rows as stored.
    bytes: Vec<u8>,
}

impl Matrix {
    /// The matrices one below the other; nothing where this processor, their type or their size is not
    /// served here.
    pub fn new(raws: &[Raw<'_>]) -> Option<Self> {
        let first = raws.first()?;
        let (kind, inputs) = (first.kind.0, *first.shape.get(1)?);
        let same = |raw: &Raw<'_>| raw.kind == first.kind && raw.shape.get(1) == Some(&inputs);
        let outputs = raws.iter().map(|raw| raw.shape[0]).sum::<usize>();
        let served = scale_block(kind).is_some()
            && raws.iter().all(same)
            && inputs.is_multiple_of(kind.block_size())
            && outputs.is_multiple_of(COLUMNS)
            && with_bytes()
            && vnni::is_here();
        served.then(|| Self {
            kind,
            inputs,
            outputs,
            bytes: raws
                .iter()
                .flat_map(|raw| raw.bytes.iter().copied())
                .collect(),
        })
    }

    fn block(&self) -> usize {
        scale_block(self.kind).unwrap_or(self.inputs)
    }

    /// What a quantized weight of zero is stored as, where there is such a number.
    fn zero(&self) -> i32 {
        match self.kind {
            GgmlDType::Q8_0 => 128,
            GgmlDType::Q6K => 32,
            _ => 0, // Q4_K has minima instead
        }
    }

    /// Spreads [`COLUMNS`] rows of the matrix from `first` on.
    fn unpack(&self, first: usize, panel: &mut Panel) {
        let stride = self.inputs / self.kind.block_size() * self.kind.type_size();
        for column in 0..COLUMNS {
            let row = &self.bytes[(first + column) * stride..][..stride];
            for (index, block) in row.chunks_exact(self.kind.type_size()).enumerate() {
                let at = index * self.kind.block_size();
                match self.kind {
                    GgmlDType::Q8_0 => panel.q8_0(column, at, block),
                    GgmlDType::Q6K => panel.q6_k(column, at, block),
                    _ => panel.q4_k(column, at, block),
                }
            }
        }
    }
}

/// Inputs that share a scale.
fn scale_block(kind: GgmlDType) -> Option<usize> {
    match kind {
        GgmlDType::Q8_0 | GgmlDType::Q4K => Some(32),
        GgmlDType::Q6K => Some(16),
        _ => None,
    }
}

/// Some outputs' weights: weight = scale * byte - minimum, but for the zero of [`Matrix::zero`].
struct Panel {
    block: usize,
    /// `[inputs / 4, 2]`, each the bytes of 16 outputs by 4 inputs
    weights: Vec<[u8; 64]>,
    /// `[inputs / block, 2]`, each of 16 outputs
    scales: Vec<[f32; 16]>,
    /// As the scales, or empty
    minima: Vec<[f32; 16]>,
}

impl Panel {
    fn new(matrix: &Matrix) -> Self {
        let (block, inputs) = (matrix.block(), matrix.inputs);
        let scales = vec![[0.0; 16]; inputs / block * 2];
        Self {
            block,
            weights: vec![[0; 64]; inputs / 4 * 2],
            minima: match matrix.kind {
                GgmlDType::Q4K => scales.clone(),
                _ => Vec::new(),
            },
            scales,
        }
    }

    /// Puts bytes of one output from input `at` on.
    fn put(&mut self, column: usize, at: usize, bytes: &[u8]) {
        let (vector, lane) = (column / 16, column % 16);
        for (group, four) in bytes.chunks_exact(4).enumerate() {
            let to = &mut self.weights[(at / 4 + group) * 2 + vector];
            to[lane * 4..lane * 4 + 4].copy_from_slice(four);
        }
    }

    fn put_scale(&mut self, column: usize, at: usize, scale: f32) {
        self.scales[at / self.block * 2 + column / 16][column % 16] = scale;
    }

    fn q8_0(&mut self, column: usize, at: usize, block: &[u8]) {
        let mut bytes = [0; 32];
        for (byte, stored) in bytes.iter_mut().zip(&block[2..]) {
            *byte = stored ^ 0x80; // from -128..128 to 0..256
        }
        self.put(column, at, &bytes);
        self.put_scale(column, at, half(block, 0));
    }

    /// 256 weights: low four bits, high two bits, sixteen scales, one scale of these.
    fn q6_k(&mut self, column: usize, at: usize, block: &[u8]) {
        let (low, rest) = block.split_at(128);
        let (high, rest) = rest.split_at(64);
        let whole = half(rest, 16);
        for quarter in 0..8 {
            // Eight runs of 32: four share their high bits' bytes, two their low bits'.
            let (part, shift) = (quarter / 4, quarter % 4);
            let low = &low[part * 64 + shift % 2 * 32..][..32];
            let high = &high[part * 32..][..32];
            let mut bytes = [0; 32];
            for (byte, (low, high)) in bytes.iter_mut().zip(low.iter().zip(high)) {
                *byte = (low >> (shift / 2 * 4) & 15) | (high >> (shift * 2) & 3) << 4;
            }
            let at = at + quarter * 32;
            self.put(column, at, &bytes);
            for part in 0..2 {
                let scale = rest[quarter * 2 + part] as i8;
                self.put_scale(column, at + part * 16, whole * f32::from(scale));
            }
        }
    }

    /// 256 weights of four bits: two scales of the scales and minima of eight runs, of six bits each.
    fn q4_k(&mut self, column: usize, at: usize, block: &[u8]) {
        let (whole, least) = (half(block, 0), half(block, 2));
        let (six, four) = (&block[4..16], &block[16..]);
        for run in 0..8 {
            let (scale, minimum) = if run < 4 {
                (six[run] & 63, six[run + 4] & 63)
            } else {
                let both = six[run + 4];
                (
                    both & 15 | six[run - 4] >> 6 << 4,
                    both >> 4 | six[run] >> 6 << 4,
                )
            };
            let mut bytes = [0; 32];
            for (byte, stored) in bytes.iter_mut().zip(&four[run / 2 * 32..]) {
                *byte = stored >> (run % 2 * 4) & 15;
            }
            let at = at + run * 32;
            self.put(column, at, &bytes);
            self.put_scale(column, at, whole * f32::from(scale));
            self.minima[at / 32 * 2 + column / 16][column % 16] = least * f32::from(minimum);
        }
    }
}

fn half(bytes: &[u8], at: usize) -> f32 {
    f16::from_le_bytes([bytes[at], bytes[at + 1]]).to_f32()
}

/// The other factor, in bytes.
struct Rows {
    /// `[rows, inputs / 4]`, four signed bytes each
    values: Vec<i32>,
    /// `[rows, inputs / block]`
    scales: Vec<f32>,
    /// What a block's sum starts from, so that the weights' zero adds nothing: `[rows, inputs / block]`
    starts: Vec<i32>,
    /// The sum of a block, for the minima: `[rows, inputs / block]`
    sums: Vec<f32>,
}

impl Rows {
    fn new(x: &[f32], block: usize, zero: i32) -> Self {
        let mut rows = Self {
            values: vec![0; x.len() / 4],
            scales: vec![0.0; x.len() / block],
            starts: vec![0; x.len() / block],
            sums: vec![0.0; x.len() / block],
        };
        const GRAIN: usize = 256;
        (x.par_chunks(GRAIN * block))
            .zip(rows.values.par_chunks_mut(GRAIN * block / 4))
            .zip(rows.scales.par_chunks_mut(GRAIN))
            .zip(rows.starts.par_chunks_mut(GRAIN))
            .zip(rows.sums.par_chunks_mut(GRAIN))
            .for_each(|((((x, values), scales), starts), sums)| {
                vnni::round(x, block, zero, values, scales, starts, sums);
            });
        rows
    }
}

/// One block to signed bytes: its scale and its bytes' sum.
#[inline(always)]
fn round(x: &[f32], values: &mut [i32]) -> (f32, i32) {
    /// 1.5 * 2^23: adding it to a small number rounds that to an integer, which the low bits then hold.
    const ROUND: f32 = 12_582_912.0;
    // Positive numbers are in the order of their bits, and what is no number is the largest.
    let top = x.iter().map(|x| x.to_bits() & 0x7fff_ffff).max();
    let top = f32::from_bits(top.unwrap_or(0));
    let (scale, inverse) = if top == 0.0 {
        (0.0, 0.0)
    } else {
        (top / 127.0, 127.0 / top)
    };
    let mut sum = 0;
    for (value, x) in values.iter_mut().zip(x.chunks_exact(4)) {
        let bytes = [x[0], x[1], x[2], x[3]].map(|x| (x * inverse + ROUND).to_bits() as i8);
        sum += bytes.iter().map(|&byte| i32::from(byte)).sum::<i32>();
        *value = i32::from_le_bytes(bytes.map(|byte| byte as u8));
    }
    (scale, sum)
}

impl CustomOp1 for Matrix {
    fn name(&self) -> &'static str {
        "packed-product"
    }

    /// x [rows, inputs] -> [rows, outputs]
    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (rows, inputs) = layout.shape().dims2()?;
        let Some((start, end)) = layout.contiguous_offsets() else {
            candle_core::bail!("a contiguous tensor is expected")
        };
        if inputs != self.inputs {
            candle_core::bail!("rows of {inputs} for a matrix of {} inputs", self.inputs)
        }
        let x = Rows::new(&x.as_slice::<f32>()?[start..end], self.block(), self.zero());
        let mut out = vec![0f32; rows * self.outputs];
        vnni::product(self, &x, &mut out);
        Ok((CpuStorage::F32(out), (rows, self.outputs).into()))
    }
}

#[cfg(target_arch = "x86_64")]
mod vnni;

#[cfg(not(target_arch = "x86_64"))]
mod vnni {
    //! Other processors have none of this; no [`Matrix`](crate::model::nn::packed::Matrix) is made on them.

    pub fn is_here() -> bool {
        false
    }

    pub fn round(
        _: &[f32],
        _: usize,
        _: i32,
        _: &mut [i32],
        _: &mut [f32],
        _: &mut [i32],
        _: &mut [f32],
    ) {
    }

    pub fn product(
        _: &crate::model::nn::packed::Matrix,
        _: &crate::model::nn::packed::Rows,
        _: &mut [f32],
    ) {
    }
}

#[cfg(test)]
mod tests {
    use candle_core::quantized::QTensor;
    use candle_core::{Device, Tensor};

    use super::super::{Linear, Product, stack};
    use super::*;
    use crate::base::seed::noise;
    use crate::model::store::Kind;

    const KINDS: [GgmlDType; 3] = [GgmlDType::Q8_0, GgmlDType::Q6K, GgmlDType::Q4K];

    fn matrix(kind: GgmlDType, outputs: usize, inputs: usize) -> (Matrix, Vec<f32>) {
        let values = noise(kind as u64, outputs * inputs);
        let tensor = Tensor::from_vec(values, (outputs, inputs), &Device::Cpu).expect("a tensor");
        let stored = QTensor::quantize(&tensor, kind).expect("quantized");
        let plain = (stored.dequantize(&Device::Cpu)).and_then(|t| t.flatten_all()?.to_vec1());
        let matrix = Matrix {
            kind,
            inputs,
            outputs,
            bytes: stored.data().expect("bytes").into_owned(),
        };
        (matrix, plain.expect("numbers"))
    }

    #[test]
    fn a_panel_holds_the_numeric_crate_s_weights() {
        for kind in KINDS {
            let (matrix, plain) = matrix(kind, 64, 512);
            let mut panel = Panel::new(&matrix);
            matrix.unpack(32, &mut panel);
            for column in 0..COLUMNS {
                for input in 0..512 {
                    let byte =
                        panel.weights[input / 4 * 2 + column / 16][column % 16 * 4 + input % 4];
                    let at = input / panel.block * 2 + column / 16;
                    let minimum = panel.minima.get(at).map_or(0.0, |m| m[column % 16]);
                    let scale = panel.scales[at][column % 16];
                    let weight = scale * (i32::from(byte) - matrix.zero()) as f32 - minimum;
                    let want = plain[(32 + column) * 512 + input];
                    assert!(
                        (weight - want).abs() < 1e-5,
                        "{kind:?} {column} {input}: {weight}, expected {want}"
                    );
                }
            }
        }
    }

    /// The same product in plain loops over the same bytes.
    #[allow(clippy::needless_range_loop)] // one index goes through several arrays
    fn plain(matrix: &Matrix, x: &Rows, rows: usize) -> Vec<f32> {
        let (block, mut panel) = (matrix.block(), Panel::new(matrix));
        let blocks = matrix.inputs / block;
        let mut out = vec![0.0; rows * matrix.outputs];
        for column in 0..matrix.outputs {
            let lane = column % COLUMNS;
            if lane == 0 {
                matrix.unpack(column, &mut panel);
            }
            for row in 0..rows {
                let mut total = 0.0;
                for b in 0..blocks {
                    let at = row * blocks + b;
                    let mut dot = x.starts[at];
                    for g in 0..block / 4 {
                        let bytes = x.values[at * block / 4 + g].to_le_bytes();
                        let weights = &panel.weights[(b * block / 4 + g) * 2 + lane / 16];
                        for k in 0..4 {
                            dot +=
                                i32::from(bytes[k] as i8) * i32::from(weights[lane % 16 * 4 + k]);
                        }
                    }
                    let scale = panel.scales[2 * b + lane / 16][lane % 16];
                    total += dot as f32 * scale * x.scales[at];
                    if let Some(minima) = panel.minima.get(2 * b + lane / 16) {
                        total -= minima[lane % 16] * x.sums[at];
                    }
                }
                out[row * matrix.outputs + column] = total;
            }
        }
        out
    }

    /// Whether this processor has what is tested; else that is told, also of tests that pass.
    fn can_pack() -> bool {
        if !(vnni::is_here() && with_bytes()) {
            let notice = b"SKIPPED: this processor has no AVX-512 VNNI: products in bytes were not looked at\n";
            std::io::Write::write_all(&mut std::io::stderr(), notice).expect("standard error");
        }
        vnni::is_here() && with_bytes()
    }

    #[test]
    fn the_vectors_give_what_plain_loops_give_and_both_are_near_the_product() {
        if !can_pack() {
            return;
        }
        for kind in KINDS {
            let (matrix, weights) = matrix(kind, 96, 768);
            for rows in [1, 2, 3, 4, 5, 6, 13] {
                let x = noise(9, rows * 768);
                let packed = Rows::new(&x, matrix.block(), matrix.zero());
                let mut got = vec![f32::NAN; rows * 96];
                vnni::product(&matrix, &packed, &mut got);
                let (mut error, mut square) = (0.0, 0.0);
                for (i, (got, same)) in got.iter().zip(plain(&matrix, &packed, rows)).enumerate() {
                    assert!(
                        (got - same).abs() < 1e-3,
                        "{kind:?}, {rows} rows: {got}, the plain loops give {same}"
                    );
                    let (row, column) =
                        (&x[i / 96 * 768..][..768], &weights[i % 96 * 768..][..768]);
                    let want: f32 = row.iter().zip(column).map(|(a, b)| a * b).sum();
                    error += (got - want).powi(2);
                    square += want.powi(2);
                }
                let error = (error / square).sqrt();
                assert!(error < 0.012, "{kind:?}, {rows} rows: off by {error}");
            }
        }
    }

    /// As networks use it: matrices one below the other, and rows of very different sizes, each of which must come out
    /// as it does with the same weights unpacked.
    #[test]
    fn a_layer_gives_in_bytes_what_it_gives_unpacked() {
        if !can_pack() {
            return;
        }
        for kind in KINDS {
            let matrices = [32, 96].map(|outputs| matrix(kind, outputs, 768).0);
            let layer = |unpack| {
                let raws = matrices.iter().map(|matrix| Raw {
                    kind: Kind(kind),
                    shape: vec![matrix.outputs, matrix.inputs],
                    bytes: (&matrix.bytes[..]).into(),
                });
                let product = stack(raws.collect(), &Device::Cpu, unpack).expect("a product");
                assert_eq!(matches!(product, Product::Packed(_)), !unpack, "{kind:?}");
                let bias = Tensor::from_vec(noise(3, 128), 128, &Device::Cpu).expect("a bias");
                Linear {
                    product,
                    bias: Some(bias),
                }
            };
            let (rows, mut x) = (13, noise(9, 13 * 768));
            for (row, values) in x.chunks_exact_mut(768).enumerate() {
                values
                    .iter_mut()
                    .for_each(|value| *value *= 10f32.powi(row as i32 - 3));
            }
            let x = Tensor::from_vec(x, (1, rows, 768), &Device::Cpu).expect("a tensor");
            let through = |layer: Linear| {
                let out = layer.forward(&x).expect("a product");
                assert_eq!(out.dims(), [1, rows, 128]);
                out.flatten_all()
                    .and_then(|out| out.to_vec1::<f32>())
                    .expect("numbers")
            };
            let (packed, plain) = (through(layer(false)), through(layer(true)));
            for (row, (got, want)) in packed.chunks(128).zip(plain.chunks(128)).enumerate() {
                let error: f32 = got.iter().zip(want).map(|(a, b)| (a - b).powi(2)).sum();
                let error = (error / want.iter().map(|b| b * b).sum::<f32>()).sqrt();
                assert!(error < 0.012, "{kind:?}, row {row}: off by {error}");
            }
        }
    }
}
