//! The library in two calls.

use std::path::{Path, PathBuf};

use crate::base::progress::Watch;
use crate::export::{self, ExportOptions};
use crate::geometry::Figurine;
use crate::model::nn::device::{self, DeviceChoice};
use crate::model::{Model, embedded};
use crate::photo::kind::READ;
use crate::photo::{cutout, decode};
use crate::pipeline::{self, Options};

/// Why there is no figurine or no file. What it says ends in what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file is missing, or no picture that can be read.
    #[error("the photo cannot be read: {0}; give a {READ} that a picture viewer opens")]
    Photo(String),
    /// Nobody is seen in it.
    #[error(
        "no subject was found in the photo: {0}; cut it out (a PNG with transparency) and try again"
    )]
    Subject(String),
    /// The options contradict each other, or these weights cannot follow them.
    #[error("these options cannot be followed: {0}; leave them as in `Options::default()`")]
    Options(String),
    /// The weights in the program cannot be used.
    #[error("the weights in the program cannot be used: {0}; build it anew")]
    Model(String),
    /// A stage failed, or no part came out.
    #[error("no figurine came of it: {0}; give a photo that shows all of the subject")]
    Figurine(String),
    /// The file's ending is none that is known, the options do not fit it, or the system refuses it.
    #[error("no file was written: {0}; choose another path, ending or options")]
    Write(String),
}

/// An error of the inner modules in one of these.
fn because(kind: impl Fn(String) -> Error) -> impl Fn(anyhow::Error) -> Error {
    move |error| kind(format!("{error:#}"))
}

/// Makes a figurine of the subject of a photo (JPEG, PNG, WebP, GIF, BMP, TIFF, PNM or ICO), with the weights in the
/// crate and on the processor. The same photo and options give the same figurine. Prompts, further views and weights of
/// others are the program's.
///
/// # Errors
/// As [`Error`] says, each with what to do.
pub fn generate(photo: impl AsRef<Path>, options: &Options) -> Result<Figurine, Error> {
    let picture = decode::open(photo.as_ref()).map_err(because(Error::Photo))?;
    let device = device::choose(DeviceChoice::Cpu).map_err(because(Error::Model))?;
    let model = Model::from_bytes(embedded::weights(), &device).map_err(because(Error::Model))?;
    options.check(&model).map_err(because(Error::Options))?;
    let cutout =
        cutout::cut(picture, None, model.cutout_network()).map_err(because(Error::Subject))?;
    let watch = Watch::silent();
    let made = pipeline::figurine(&model, &cutout.into(), options, &watch);
    let (figurine, _) = made.map_err(because(Error::Figurine))?;
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
    export::write(path.as_ref(), figurine, options).map_err(because(Error::Write))
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

    #[test]
    fn options_that_make_no_sense_are_refused_before_anything_is_made() {
        let photo = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/twintails_cut.png");
        let usual = Options::default;
        for options in [
            Options {
                resolution: Some(0),
                ..usual()
            },
            Options {
                texture: Some(1 << 20),
                ..usual()
            },
            Options {
                steps: Some(0),
                ..usual()
            },
            Options {
                parts: Some(pipeline::Parts::Number(99)),
                ..usual()
            },
        ] {
            let made = generate(photo, &options);
            assert!(
                matches!(made, Err(Error::Options(_))),
                "{options:?}: {made:?}"
            );
        }
    }

    #[test]
    fn an_error_says_what_was_wrong_with_what_and_what_to_do() {
        let error = generate("no such photo.jpg", &Options::default());
        let said = error.expect_err("there is no such photo").to_string();
        assert!(
            said.contains("no such photo.jpg") && said.contains("give a JPEG"),
            "{said}"
        );
        let all = [
            Error::Subject,
            Error::Options,
            Error::Model,
            Error::Figurine,
            Error::Write,
        ];
        for error in all.map(|kind| kind("WHY".to_owned()).to_string()) {
            let (_, todo) = error
                .split_once("WHY; ")
                .expect("the reason, and what to do");
            assert!(todo.len() > 10, "{error}");
        }
    }
}
