//! The library in one call.

use std::path::Path;

use crate::base::progress::Watch;
use crate::geometry::Figurine;
use crate::model::nn::device;
use crate::model::{Model, embedded};
use crate::photo::{cutout, decode};
use crate::pipeline::{self, Options};

/// Why there is no figurine, and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file is no picture that can be read.
    #[error("the photo cannot be read: {0:#}")]
    Photo(anyhow::Error),
    /// Nobody is seen in it.
    #[error(
        "no subject was found in the photo: {0:#}; cut it out (a PNG with transparency) and try again"
    )]
    Subject(anyhow::Error),
    /// The options contradict each other, or these weights cannot follow them.
    #[error("these options cannot be followed: {0:#}")]
    Options(anyhow::Error),
    /// The weights in the program cannot be used.
    #[error("the model cannot be used: {0:#}")]
    Model(anyhow::Error),
    /// A stage failed, or no part came out.
    #[error("no figurine came of it: {0:#}")]
    Figurine(anyhow::Error),
}

/// Makes a figurine of the subject of a photo (JPEG, PNG, WebP, GIF, BMP or TIFF), with the weights in the program and
/// on its processor. The same photo and options give the same figurine.
///
/// For a prompt, further views, progress, or other weights see [`pipeline::figurine`].
///
/// # Errors
/// As [`Error`] says, each with what to do.
pub fn generate(photo: impl AsRef<Path>, options: &Options) -> Result<Figurine, Error> {
    let picture = decode::open(photo.as_ref()).map_err(Error::Photo)?;
    let device = device::choose("cpu").map_err(Error::Model)?;
    let model = Model::from_bytes(embedded::weights(), &device).map_err(Error::Model)?;
    options.check(&model).map_err(Error::Options)?;
    let cutout = cutout::cut(picture, None, model.segmenter()).map_err(Error::Subject)?;
    let watch = Watch::silent();
    let made = pipeline::figurine(&model, &cutout.into(), options, &watch);
    let (figurine, _) = made.map_err(Error::Figurine)?;
    Ok(figurine)
}
