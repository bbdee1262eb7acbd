//! The choice of the device that computes.

use std::panic::{self, AssertUnwindSafe};

use anyhow::{Context, Result, anyhow, bail};
use candle_core::quantized::{GgmlDType, QMatMul, QStorage, QTensor};
use candle_core::{Device, Module, Tensor};

use crate::base::seed::noise;

/// Where to compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum DeviceChoice {
    /// The fastest that this build and this machine have
    Auto,
    /// The processor
    Cpu,
    /// An NVIDIA GPU, in a build with the feature `cuda`
    Cuda,
    /// An Apple GPU, in a build with the feature `metal`
    Metal,
}

/// The device that is asked for. [`DeviceChoice::Auto`] takes a GPU when this build supports one and it answers, else
/// the CPU.
///
/// # Errors
/// The one that is asked for cannot be had; the message says why.
pub fn choose(choice: DeviceChoice) -> Result<Device> {
    match choice {
        DeviceChoice::Cpu => Ok(Device::Cpu),
        DeviceChoice::Cuda => cuda(),
        DeviceChoice::Metal => metal(),
        DeviceChoice::Auto => Ok(cuda().or_else(|_| metal()).unwrap_or(Device::Cpu)),
    }
}

/// What a user calls this device.
pub fn name(device: &Device) -> &'static str {
    match device {
        Device::Cpu => "cpu",
        Device::Cuda(_) => "cuda",
        Device::Metal(_) => "metal",
    }
}

fn cuda() -> Result<Device> {
    if !cfg!(feature = "cuda") {
        bail!(
            "this build of gen3d has no CUDA support: build it with --features cuda, or use --device cpu"
        );
    }
    without_panic(|| Device::new_cuda(0)).context(
        "no CUDA device can be used: check the driver with nvidia-smi, or use --device cpu",
    )
}

fn metal() -> Result<Device> {
    if !cfg!(feature = "metal") {
        bail!(
            "this build of gen3d has no Metal support: build it with --features metal, or use --device cpu"
        );
    }
    without_panic(|| Device::new_metal(0)).context("no Metal device can be used: try --device cpu")
}

/// Runs `open` with the panic of a missing library, the driver's or another of CUDA's, turned into an error
/// that says which. The hook is silenced meanwhile, for the message would reach the user as a crash.
fn without_panic(open: impl FnOnce() -> candle_core::Result<Device>) -> Result<Device> {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let result = panic::catch_unwind(AssertUnwindSafe(open));
    panic::set_hook(hook);
    match result {
        Ok(device) => Ok(device?),
        Err(panic) => {
            let said = panic.downcast_ref::<String>().map_or("", String::as_str);
            let said = said.split(" - ").next().unwrap_or_default(); // then follow forty names that were tried
            Err(anyhow!("a library could not be loaded: {said}"))
        }
    }
}

/// Whether this device multiplies quantized matrices. CUDA's kernels for that are machine code for the cards
/// they were compiled for; on another card they do not run and nothing says so, and whatever the memory held
/// would be taken for the product. So it is tried.
pub(crate) fn multiplies_quantized(device: &Device) -> bool {
    /// Several times what rounding to 8 bits costs.
    const MOST: f32 = 0.05;
    // A few rows go through other kernels than many.
    let right = |rows| error_of_product(device, rows).is_ok_and(|error| error < MOST);
    device.is_cpu() || [1, 64].into_iter().all(right)
}

/// The relative error of a small product with a quantized matrix.
fn error_of_product(device: &Device, rows: usize) -> candle_core::Result<f32> {
    const INPUTS: usize = 512;
    const OUTPUTS: usize = 128;
    let random = |seed, rows| {
        let values = noise(seed, rows * INPUTS);
        Tensor::from_vec(values, (rows, INPUTS), &Device::Cpu)
    };
    let x = random(1, rows)?;
    let matrix = QTensor::quantize(&random(2, OUTPUTS)?, GgmlDType::Q8_0)?;
    let want = x.matmul(&matrix.dequantize(&Device::Cpu)?.t()?)?;
    let there = QStorage::from_data(matrix.data()?, device, GgmlDType::Q8_0)?;
    let there = QMatMul::from_qtensor(QTensor::new(there, (OUTPUTS, INPUTS))?)?;
    let got = there.forward(&x.to_device(device)?)?;
    let error = (got.to_device(&Device::Cpu)? - &want)?;
    let square = |t: &Tensor| t.sqr()?.sum_all()?.to_scalar::<f32>();
    Ok((square(&error)? / square(&want)?).sqrt())
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use crate::model::nn::device::{DeviceChoice, choose, error_of_product, without_panic};

    #[test]
    fn a_device_that_cannot_be_had_is_an_error_and_auto_always_finds_one() {
        assert!(choose(DeviceChoice::Cpu).is_ok() && choose(DeviceChoice::Auto).is_ok());
        let what_to_do = match cfg!(feature = "cuda") {
            true => "nvidia-smi",
            false => "--features cuda",
        };
        if let Err(error) = choose(DeviceChoice::Cuda) {
            let error = error.to_string();
            assert!(error.contains(what_to_do), "say what to do: {error}");
        }
    }

    #[test]
    fn a_missing_library_is_an_error_that_names_it() {
        let name = "cublas";
        let error = without_panic(|| panic!("cannot load \"{name}\" - tried a, b and c"));
        let error = error.expect_err("it panicked").to_string();
        assert!(error.ends_with("cannot load \"cublas\""), "{error}");
    }

    #[test]
    fn the_product_that_is_tried_comes_out() {
        for rows in [1, 64] {
            let error = error_of_product(&Device::Cpu, rows).expect("the processor can");
            assert!(error < 0.02, "{rows} rows: {error}");
        }
    }
}
