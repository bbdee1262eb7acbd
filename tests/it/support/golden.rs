//! The reference's numbers for the tiny checkpoint.

use std::collections::HashMap;

use candle_core::{DType, Device, Tensor};
use gen3d::model::Model;
use gen3d::model::networks::transformer::Transformer;
use glam::Vec3;

use super::tiny::tiny;

/// The golden tensors, and a note of which have been looked at.
pub struct Golden {
    pub tensors: HashMap<String, Tensor>,
}

impl Golden {
    pub fn load() -> Self {
        let path = tiny().join("golden.safetensors");
        // Skips the I32 faces, a type that the numeric crate does not read everywhere.
        let tensors = candle_core::safetensors::load(path, &Device::Cpu)
            .expect("the golden numbers are readable");
        Self { tensors }
    }

    pub fn get(&self, name: &str) -> Tensor {
        self.tensors
            .get(name)
            .unwrap_or_else(|| panic!("no golden tensor {name}"))
            .clone()
    }

    pub fn values(&self, name: &str) -> Vec<f32> {
        values(&self.get(name))
    }

    /// Fails if `got` differs from the golden tensor by more than `tolerance` anywhere.
    pub fn check(&self, name: &str, got: &Tensor, tolerance: f32) {
        self.check_values(name, &values(got), tolerance);
    }

    pub fn check_values(&self, name: &str, got: &[f32], tolerance: f32) {
        let want = self.values(name);
        assert_eq!(got.len(), want.len(), "{name}: another number of values");
        let (worst, _) = difference(got, &want);
        eprintln!("{name:32} differs by {worst:.2e} of {tolerance:.0e} allowed");
        assert!(
            worst <= tolerance,
            "{name} differs from the reference by {worst:e}, allowed are {tolerance:e}"
        );
    }
}

pub fn values(tensor: &Tensor) -> Vec<f32> {
    let flat = tensor
        .to_dtype(DType::F32)
        .and_then(|t| t.flatten_all()?.to_vec1::<f32>());
    flat.expect("a tensor of numbers")
}

/// The largest and the root-mean-square difference.
pub fn difference(got: &[f32], want: &[f32]) -> (f32, f32) {
    let mut worst = 0f32;
    let mut squares = 0f64;
    for (a, b) in got.iter().zip(want) {
        let d = (a - b).abs();
        worst = if d.is_nan() {
            f32::INFINITY
        } else {
            worst.max(d)
        };
        squares += f64::from(d * d);
    }
    (worst, (squares / want.len().max(1) as f64).sqrt() as f32)
}

pub fn transformer(model: &Model) -> Transformer {
    Transformer::load(
        &model.weights().at("transformer"),
        &model.config().transformer,
    )
    .expect("transformer")
}

/// The rows of a `[points, 3]` tensor.
pub fn points(tensor: &Tensor) -> Vec<Vec3> {
    values(tensor)
        .chunks_exact(3)
        .map(Vec3::from_slice)
        .collect()
}
