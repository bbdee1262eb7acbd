//! The library in two calls.

use std::path::{Path, PathBuf};

use crate::base::progress::Watch;
use crate::export::{self, ExportOptions};
use crate::geometry::Figurine;
use crate::model::nn::device;
use crate::model::{Model, embedded};
use crate::photo::{cutout, decode};
use crate::pipeline::{self, Options};

/// Why there is no figurine or no file, and what to do.
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
    /// The file's ending is none that is known, the options do not fit it, or the system refuses it.
    #[error("no file was written: {0:#}")]
    Write(anyhow::Error),
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

/// Writes a figurine in the format that the path ends in (`.glb`, `.gltf`, `.obj`, `.3mf`, `.stl` or `.ply`), and gives
/// every file that was written: aside first, and renamed when all are whole.
///
/// # Errors
/// [`Error::Write`], with the path; then nothing is left behind, and what was there is as it was.
pub fn write(
    path: impl AsRef<Path>,
    figurine: &Figurine,
    options: &ExportOptions,
) -> Result<Vec<PathBuf>, Error> {
    export::write(path.as_ref(), figurine, options).map_err(Error::Write)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_user_can_tell_a_bad_photo_from_a_bad_file_name() {
        let missing = generate("no such photo.jpg", &Options::default());
        assert!(matches!(missing, Err(Error::Photo(_))), "{missing:?}");
        let nothing = Figurine::default();
        let written = write("figure.doc", &nothing, &ExportOptions::default());
        assert!(matches!(written, Err(Error::Write(_))), "{written:?}");
    }
}
