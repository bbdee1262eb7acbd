//! The layers that all networks share, each written once for real and for quantized weights, for the
//! CPU and for a GPU.

pub(crate) mod between;
pub mod clock;
pub(crate) mod conv;
pub(crate) mod convolve;
pub(crate) mod dense;
pub mod device;
pub(crate) mod kernels;
pub(crate) mod packed;
pub(crate) mod pointwise;
pub(crate) mod vectors;
mod winograd;

use anyhow::{Context, Result, ensure};
use candle_core::quantized::{GgmlDType, QMatMul, QStorage, QTensor};
use candle_core::{D, DType, Device, Module, Tensor};
use half::{bf16, f16};

use super::store::{Raw, Store};
use clock::{Work, timed};
use dense::Dense;
use device::multiplies_quantized;

/// Elements of a score matrix that attention holds at once: 32 MB.
const SCORES: usize = 8 << 20;

/// What to do with block-quantized matrices on loading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Quantized {
    /// Unpack small networks, keep large ones as they are.
    #[default]
    Auto,
    /// Keep, where the device can multiply them: less memory, products in the quantized domain.
    Keep,
    /// Unpack to f32 on loading.
    Unpack,
}

/// The tensors below one prefix of a store, for one device.
#[derive(Clone)]
pub struct Weights<'a> {
    store: &'a Store,
    device: &'a Device,
    prefix: String,
    unpack: bool,
}

impl<'a> Weights<'a> {
    /// Bytes as stored below which `Auto` unpacks: memory is no concern, and products of small f32
    /// matrices lose nothing.
    const SMALL: u64 = 256 << 20;

    /// All tensors of `store`.
    pub fn new(store: &'a Store, device: &'a Device, quantized: Quantized) -> Self {
        let keep = match quantized {
            Quantized::Auto => store.stored_bytes() >= Self::SMALL,
            Quantized::Keep => true,
            Quantized::Unpack => false,
        };
        Self {
            store,
            device,
            prefix: String::new(),
            unpack: !(keep && multiplies_quantized(device)),
        }
    }

    /// The tensors whose names go on with `name` and a dot.
    pub fn at(&self, name: impl std::fmt::Display) -> Self {
        Self {
            prefix: format!("{}{name}.", self.prefix),
            ..self.clone()
        }
    }

    /// Where the tensors are put.
    pub fn device(&self) -> &'a Device {
        self.device
    }

    /// A tensor in f32; its shape must be `shape`.
    pub fn tensor(&self, name: &str, shape: &[usize]) -> Result<Tensor> {
        let name = format!("{}{name}", self.prefix);
        let tensor = real(self.raw(&name, shape)?, self.device);
        tensor.with_context(|| format!("tensor \"{name}\""))
    }

    /// The kernels of a convolution in f32, `[outputs, inputs, side, side]`. They are stored so, or as the rows of a
    /// matrix, which may be quantized.
    pub fn kernels(&self, name: &str, shape: [usize; 4]) -> Result<Tensor> {
        let rows = [shape[0], shape[1..].iter().product()];
        let full = format!("{}{name}", self.prefix);
        let stored: &[usize] = match self.store.raw(&full)?.shape.len() {
            2 => &rows,
            _ => &shape,
        };
        Ok(self.tensor(name, stored)?.reshape(&shape[..])?)
    }

    /// A tensor in f32 as plain numbers; its shape must be `shape`.
    pub fn numbers(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        Ok(self.tensor(name, shape)?.flatten_all()?.to_vec1()?)
    }

    /// x [.., inputs] -> x W^T + b [.., outputs], from `name.weight` and `name.bias`.
    pub fn linear(&self, name: &str, inputs: usize, outputs: usize) -> Result<Linear> {
        let bias = self.tensor(&format!("{name}.bias"), &[outputs])?;
        Ok(Linear {
            bias: Some(bias),
            ..self.projection(&[name], inputs, outputs)?
        })
    }

    /// A convolution over the patches of a three-channel picture, which do not overlap, as a product:
    /// [.., 3 patch patch] -> [.., outputs].
    pub fn patches(&self, name: &str, patch: usize, outputs: usize) -> Result<Linear> {
        let weight = self.tensor(&format!("{name}.weight"), &[outputs, 3, patch, patch])?;
        let bias = self.tensor(&format!("{name}.bias"), &[outputs])?;
        Ok(Linear {
            product: Product::real(weight.flatten_from(1)?)?,
            bias: Some(bias),
        })
    }

    /// x [.., inputs] -> x W^T, the outputs of several matrices side by side. Without bias.
    pub fn projection(&self, names: &[&str], inputs: usize, outputs: usize) -> Result<Linear> {
        let names: Vec<_> = names
            .iter()
            .map(|name| format!("{}{name}.weight", self.prefix))
            .collect();
        let raws = names
            .iter()
            .map(|name| self.raw(name, &[outputs, inputs]))
            .collect::<Result<Vec<_>>>()?;
        let product = stack(raws, self.device, self.unpack);
        let product = product.with_context(|| format!("tensor \"{}\"", names.join("\", \"")))?;
        Ok(Linear {
            product,
            bias: None,
        })
    }

    /// Layer norm from `name.weight` and `name.bias`.
    pub fn layer_norm(&self, name: &str, width: usize, eps: f64) -> Result<LayerNorm> {
        Ok(LayerNorm {
            weight: self.tensor(&format!("{name}.weight"), &[width])?,
            bias: self.tensor(&format!("{name}.bias"), &[width])?,
            eps: eps as f32,
        })
    }

    /// RMS norm from `name.weight`.
    pub fn rms_norm(&self, name: &str, width: usize, eps: f64) -> Result<RmsNorm> {
        Ok(RmsNorm {
            weight: self.tensor(&format!("{name}.weight"), &[width])?,
            eps: eps as f32,
        })
    }

    fn raw(&self, name: &str, shape: &[usize]) -> Result<Raw<'a>> {
        let raw = self.store.raw(name)?;
        ensure!(
            raw.shape == shape,
            "tensor \"{name}\" has the shape {:?}, the configuration asks for {shape:?}",
            raw.shape
        );
        Ok(raw)
    }
}

/// A stored tensor in f32. Weights that are not numbers are refused here, for they would only show as
/// an empty figure.
pub(super) fn real(raw: Raw<'_>, device: &Device) -> Result<Tensor> {
    let dtype = match raw.kind.0 {
        GgmlDType::F32 => DType::F32,
        GgmlDType::F16 => DType::F16,
        GgmlDType::BF16 => DType::BF16,
        _ => {
            let tensor = blocks(&[raw], &Device::Cpu)?.dequantize(&Device::Cpu)?;
            return finite(tensor)?.to_device(device).map_err(Into::into);
        }
    };
    let tensor = Tensor::from_raw_buffer(&raw.bytes, dtype, &raw.shape, &Device::Cpu)?;
    Ok(finite(tensor.to_dtype(DType::F32)?)?.to_device(device)?)
}

/// What is said of weights that are not numbers.
pub(super) const DAMAGED: &str = "it holds values that are not numbers: the file is damaged";

fn finite(tensor: Tensor) -> Result<Tensor> {
    let numbers: Vec<f32> = tensor.flatten_all()?.to_vec1()?;
    // To the end: a loop that may stop at any number takes one at a time.
    let all = numbers.iter().fold(true, |all, v| all & v.is_finite());
    ensure!(all, DAMAGED);
    Ok(tensor)
}

/// Quantized matrices of one type and width, one below the other.
fn blocks(raws: &[Raw<'_>], device: &Device) -> Result<QTensor> {
    let length = raws.iter().map(|raw| raw.bytes.len()).sum::<usize>();
    // Blocks hold 16-bit numbers, so that their bytes must be aligned, which a byte buffer's need not be.
    let mut aligned = vec![0u64; length.div_ceil(8)];
    let bytes = &mut bytemuck::cast_slice_mut::<_, u8>(&mut aligned)[..length];
    let mut rest = &mut *bytes;
    for raw in raws {
        let (head, tail) = rest.split_at_mut(raw.bytes.len());
        head.copy_from_slice(&raw.bytes);
        rest = tail;
    }
    let mut shape = raws[0].shape.clone();
    shape[0] = raws.iter().map(|raw| raw.shape[0]).sum();
    let storage = QStorage::from_data((&*bytes).into(), device, raws[0].kind.0)?;
    Ok(QTensor::new(storage, shape)?)
}

fn stack(raws: Vec<Raw<'_>>, device: &Device, unpack: bool) -> Result<Product> {
    let kind = raws[0].kind;
    if !unpack
        && device.is_cpu()
        && let Some(matrix) = packed::Matrix::new(&raws)
    {
        return Ok(Product::Packed(matrix));
    }
    if !unpack && !kind.is_plain() && raws.iter().all(|raw| raw.kind == kind) {
        return Ok(Product::Quantized(QMatMul::from_qtensor(blocks(
            &raws, device,
        )?)?));
    }
    if !unpack && device.is_cpu() && raws.iter().all(|raw| raw.kind == kind) {
        let inputs = raws[0].shape[1];
        let values = raws.iter().flat_map(|raw| raw.bytes.chunks_exact(2));
        let bits = values.map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
        match kind.0 {
            GgmlDType::F16 => {
                let numbers = bits.map(f16::from_bits).collect();
                return Ok(Product::Dense(Dense::half(inputs, numbers)?));
            }
            GgmlDType::BF16 => {
                let numbers = bits.map(bf16::from_bits).collect();
                return Ok(Product::Dense(Dense::brain(inputs, numbers)?));
            }
            _ => {}
        }
    }
    let parts = raws
        .into_iter()
        .map(|raw| real(raw, device))
        .collect::<Result<Vec<_>>>()?;
    Product::real(Tensor::cat(&parts, 0)?)
}

enum Product {
    /// On the CPU
    Dense(Dense),
    /// On a GPU: [inputs, outputs], a transposed view of the stored matrix
    Real(Tensor),
    /// Where the processor multiplies bytes in vectors
    Packed(packed::Matrix),
    Quantized(QMatMul),
}

impl Product {
    /// With a matrix `[outputs, inputs]` in f32.
    fn real(weight: Tensor) -> Result<Self> {
        Ok(if weight.device().is_cpu() {
            let numbers = weight.flatten_all()?.to_vec1()?;
            Self::Dense(Dense::new(weight.dim(1)?, &numbers))
        } else {
            Self::Real(weight.t()?)
        })
    }
}

/// x -> x W^T + b.
pub struct Linear {
    product: Product,
    bias: Option<Tensor>,
}

impl Linear {
    /// [.., inputs] -> [.., outputs]
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let out = self.product(x)?;
        match &self.bias {
            Some(bias) => add_bias(out, bias, false),
            None => Ok(out),
        }
    }

    /// As [`Linear::forward`], followed by the exact GELU.
    pub fn forward_gelu(&self, x: &Tensor) -> Result<Tensor> {
        let out = self.product(x)?;
        match &self.bias {
            Some(bias) => add_bias(out, bias, true),
            None => Ok(out.gelu_erf()?),
        }
    }

    /// The bias alone: what this layer makes of zeros.
    pub fn bias(&self) -> Option<&Tensor> {
        self.bias.as_ref()
    }

    /// The matrix, where it is on the CPU and not quantized.
    pub fn dense(&self) -> Option<&Dense> {
        match &self.product {
            Product::Dense(weight) => Some(weight),
            _ => None,
        }
    }

    fn product(&self, x: &Tensor) -> Result<Tensor> {
        let mut shape = x.dims().to_vec();
        let inputs = shape.pop().context("a tensor without dimensions")?;
        let flat = x.reshape(((), inputs))?; // [rows, inputs]
        let out = timed(Work::Products, || match &self.product {
            Product::Dense(weight) => flat.contiguous()?.apply_op1_no_bwd(weight),
            Product::Real(weight) => flat.matmul(weight),
            Product::Packed(weight) => flat.contiguous()?.apply_op1_no_bwd(weight),
            Product::Quantized(weight) => weight.forward(&flat.contiguous()?),
        })?;
        shape.push(out.dim(1)?);
        Ok(out.reshape(shape)?) // [.., outputs]
    }
}

/// `x` is consumed, as its memory is reused on the CPU.
fn add_bias(x: Tensor, bias: &Tensor, then_gelu: bool) -> Result<Tensor> {
    if x.device().is_cpu() {
        timed(Work::Biases, || {
            x.inplace_op2(bias, &kernels::Bias { gelu: then_gelu })
        })?;
        return Ok(x);
    }
    let x = x.broadcast_add(bias)?;
    Ok(if then_gelu { x.gelu_erf()? } else { x })
}

/// Layer norm over the last dimension, in f32.
pub struct LayerNorm {
    weight: Tensor,
    bias: Tensor,
    eps: f32,
}

impl LayerNorm {
    /// Scale and offset as plain numbers.
    pub fn numbers(&self) -> Result<(Vec<f32>, Vec<f32>)> {
        Ok((self.weight.to_vec1()?, self.bias.to_vec1()?))
    }

    /// [.., width] -> [.., width]
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let x = x.contiguous()?;
        if x.device().is_cpu() {
            let norm = kernels::LayerNorm { eps: self.eps };
            return Ok(timed(Work::Norms, || {
                x.apply_op3_no_bwd(&self.weight, &self.bias, &norm)
            })?);
        }
        Ok(candle_nn::ops::layer_norm(
            &x,
            &self.weight,
            &self.bias,
            self.eps,
        )?)
    }
}

/// RMS norm over the last dimension, in f32.
pub struct RmsNorm {
    weight: Tensor,
    eps: f32,
}

impl RmsNorm {
    /// [.., width] -> [.., width]
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let x = x.contiguous()?;
        if x.device().is_cpu() {
            let norm = kernels::RmsNorm { eps: self.eps };
            return Ok(timed(Work::Norms, || {
                x.apply_op2_no_bwd(&self.weight, &norm)
            })?);
        }
        Ok(candle_nn::ops::rms_norm(&x, &self.weight, self.eps)?)
    }
}

/// [batch, tokens, heads * width] -> [batch, heads, tokens, width]
pub fn split_heads(x: &Tensor, heads: usize) -> Result<Tensor> {
    let (batch, tokens, width) = x.dims3()?;
    Ok(x.reshape((batch, tokens, heads, width / heads))?
        .transpose(1, 2)?
        .contiguous()?)
}

/// [batch, heads, tokens, width] -> [batch, tokens, heads * width]
pub fn merge_heads(x: &Tensor) -> Result<Tensor> {
    Ok(x.transpose(1, 2)?.flatten_from(2)?)
}

/// Queries, keys and values side by side, [batch, tokens, 3 width] -> each [batch, heads, tokens, width / heads].
pub fn split_all(all: &Tensor, heads: usize) -> Result<[Tensor; 3]> {
    let width = all.dim(2)? / 3;
    let part = |i: usize| split_heads(&all.narrow(2, i * width, width)?.contiguous()?, heads);
    Ok([part(0)?, part(1)?, part(2)?])
}

/// Both halves of a dimension.
pub fn halves(x: &Tensor, dim: usize) -> Result<(Tensor, Tensor)> {
    let half = x.dim(dim)? / 2;
    Ok((x.narrow(dim, 0, half)?, x.narrow(dim, half, half)?))
}

/// x (1 + scale) + shift
pub fn scaled(x: &Tensor, scale: &Tensor, shift: &Tensor) -> Result<Tensor> {
    let x = x.broadcast_mul(&scale.affine(1.0, 1.0)?)?;
    Ok(x.broadcast_add(shift)?)
}

/// softmax(q k^T / sqrt(width)) v with q [batch, heads, queries, width], k and v
/// [batch, heads, keys, width] -> [batch, heads, queries, width].
///
/// The queries go in blocks, so that the scores of all of them are never held at once.
pub fn attention(q: &Tensor, k: &Tensor, v: &Tensor) -> Result<Tensor> {
    timed(Work::Attention, || attend(q, k, v))
}

fn attend(q: &Tensor, k: &Tensor, v: &Tensor) -> Result<Tensor> {
    let (batch, heads, queries, width) = q.dims4()?;
    let keys = k.dim(2)?;
    let scale = 1.0 / (width as f64).sqrt();
    let block = (SCORES / (batch * heads * keys).max(1)).clamp(16, queries.max(16));
    let k = k.t()?; // [batch, heads, width, keys]
    let mut out = Vec::with_capacity(queries.div_ceil(block));
    for start in (0..queries).step_by(block) {
        let q = q
            .narrow(2, start, block.min(queries - start))?
            .contiguous()?;
        let weights = softmax(&q.matmul(&k)?, scale)?; // [batch, heads, block, keys]
        out.push(weights.matmul(v)?);
    }
    Ok(if out.len() == 1 {
        out.remove(0)
    } else {
        Tensor::cat(&out, 2)?
    })
}

/// softmax(scale * x) over the last dimension.
fn softmax(x: &Tensor, scale: f64) -> Result<Tensor> {
    if x.device().is_cpu() {
        return Ok(x.apply_op1_no_bwd(&kernels::Softmax {
            scale: scale as f32,
        })?);
    }
    Ok(candle_nn::ops::softmax(&(x * scale)?, D::Minus1)?)
}
