//! The networks: from pixels to a signed distance and a colour.
//!
//! [`Model`] is the face of this module, one call a stage. Each stage loads its network, uses it and
//! drops it, so that the peak memory is that of the largest, not of the sum.
//!
//! ```no_run
//! # fn main() -> anyhow::Result<()> {
//! use gen3d::model::{DenoiseOptions, Model, device};
//! use std::ops::ControlFlow;
//!
//! let model = Model::open("figurine.gguf".as_ref(), &device::choose("auto")?)?;
//! let pixels = model.pixels(&image::RgbImage::new(512, 512))?;
//! let condition = model.encode(&[("front", pixels)])?;
//! let options = DenoiseOptions::new(model.config());
//! let latents = model.denoise(&condition, &options, &mut |_, _| ControlFlow::Continue(()))?;
//! for (name, _field) in model.fields(&latents)? {
//!     println!("{name}");
//! }
//! # Ok(())
//! # }
//! ```

use std::fmt;
use std::ops::ControlFlow;
use std::path::Path;

use anyhow::{Result, bail};
use candle_core::{Device, Tensor};
use glam::Vec3;

use crate::mesh::Field;
pub use config::{Config, PartIds};

pub mod config;
pub mod device;

/// Where a weights file comes from and what may be done with it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Info {
    pub name: String,
    pub licence: String,
    /// Origin of the weights, in words.
    pub source: String,
    /// Lower hex SHA-256 over the tensors, as the file states it; empty when it states none.
    pub sha256: String,
}

/// Weights on disk or in the binary, and the configuration of their networks.
pub struct Model {
    config: Config,
    info: Info,
    device: Device,
}

/// Called after every step with the number of steps done and of all; breaking off ends the run with
/// [`Cancelled`].
pub type Progress<'a> = &'a mut dyn FnMut(usize, usize) -> ControlFlow<()>;

/// The error of a run that its caller broke off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cancelled;

impl fmt::Display for Cancelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cancelled")
    }
}

impl std::error::Error for Cancelled {}

/// How to sample. [`DenoiseOptions::new`] takes what the weights recommend.
#[derive(Clone, Debug, PartialEq)]
pub struct DenoiseOptions {
    pub seed: u64,
    /// Euler steps, at least 1.
    pub steps: usize,
    /// Scale of classifier-free guidance; 1 or less leaves the unconditional half out.
    pub guidance: f64,
    /// Number of parts; a figurine model always makes all of its slots.
    pub parts: usize,
    /// Latent tokens a part.
    pub tokens: usize,
    pub part_ids: PartIds,
    /// Start from these values, `[parts, tokens, channels]` row-major, instead of the seed's noise.
    pub noise: Option<Vec<f32>>,
}

impl DenoiseOptions {
    /// The sampling defaults of the weights, seed 0.
    pub fn new(config: &Config) -> Self {
        let sampling = &config.sampling;
        let parts = match &config.figurine {
            Some(figurine) => figurine.slots.len(),
            None if config.transformer.enable_part_embedding => 4,
            None => 1,
        };
        Self {
            seed: 0,
            steps: sampling.steps,
            guidance: sampling.guidance,
            parts,
            tokens: sampling.tokens,
            part_ids: sampling.part_ids,
            noise: None,
        }
    }
}

/// What the transformer leaves behind: plain numbers, small enough to keep in a cache.
#[derive(Clone, Debug, PartialEq)]
pub struct Latents {
    pub parts: usize,
    /// Tokens a part.
    pub tokens: usize,
    pub channels: usize,
    /// `[parts, tokens, channels]` row-major.
    pub values: Vec<f32>,
}

impl Model {
    /// Opens weights that are compiled into the binary: one GGUF.
    pub fn from_bytes(_bytes: &'static [u8], _device: &Device) -> Result<Self> {
        bail!("not written yet")
    }

    /// Opens a GGUF file, or a directory in the published layout.
    pub fn open(_path: &Path, _device: &Device) -> Result<Self> {
        bail!("not written yet")
    }

    /// The configuration of the networks.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Name, licence, origin and hash of the weights.
    pub fn info(&self) -> &Info {
        &self.info
    }

    /// The device that this model computes on.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Recomputes the SHA-256 of the tensors and compares it with the one the file states.
    pub fn verify(&self) -> Result<()> {
        bail!("not written yet")
    }

    /// The encoder's pixels of a picture: `[1, 3, crop, crop]`, normalised (SPEC section 1, feature
    /// extractor). Cut the subject out and centre it first, see `preprocess::prepare`.
    pub fn pixels(&self, _image: &image::RgbImage) -> Result<Tensor> {
        bail!("not written yet")
    }

    /// The condition sequence `[1, tokens, channels]` of one or several named views, each with the
    /// pixels that [`Model::pixels`] gives. Published models take one view, whatever its name.
    pub fn encode(&self, _views: &[(&str, Tensor)]) -> Result<Tensor> {
        bail!("not written yet")
    }

    /// Samples the latents of all parts. Ends with [`Cancelled`] when `progress` breaks off.
    pub fn denoise(
        &self,
        _condition: &Tensor,
        _options: &DenoiseOptions,
        _progress: Progress<'_>,
    ) -> Result<Latents> {
        bail!("not written yet")
    }

    /// The name and the field of each part that is present, in the order of the slots.
    pub fn fields(&self, _latents: &Latents) -> Result<Vec<(String, PartField)>> {
        bail!("not written yet")
    }
}

/// The decoded field of one part.
pub struct PartField {}

impl Field for PartField {
    fn distance(&self, _points: &[Vec3]) -> Result<Vec<f32>> {
        bail!("not written yet")
    }

    fn colour(&self, _points: &[Vec3]) -> Result<Vec<[f32; 3]>> {
        bail!("not written yet")
    }

    fn bounds(&self) -> (Vec3, Vec3) {
        (Vec3::NEG_ONE, Vec3::ONE)
    }
}
