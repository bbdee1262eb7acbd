//! A photo becomes a figurine: named, closed, coloured part meshes, made on this machine.
//!
//! ```
//! use gen3d::{ExportOptions, Options};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let photo = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/twintails_cut.png");
//! # let folder = tempfile::tempdir()?;
//! # let file = &folder.path().join("figure.glb");
//! # let rough = Options { steps: Some(1), resolution: Some(32), faces: 2000, ..Options::default() };
//! let options = Options { seed: 7, ..Options::default() };
//! # let options = rough;
//! let figurine = gen3d::generate(photo, &options)?;
//! gen3d::write(file, &figurine, &ExportOptions::default())?;
//! # assert!(figurine.parts.iter().any(|part| part.name == "head"));
//! # assert!(file.is_file());
//! # Ok(())
//! # }
//! ```
//!
//! Data goes down one way, and so do the imports: a folder uses only those above it in this list (a test holds it).
//!
//! | folder | what is in it |
//! |---|---|
//! | [`base`] | colour, resampling, seeds, files that appear whole, progress: for everybody |
//! | [`slots`] | the named parts of a figurine, and all that is known of each |
//! | [`geometry`] | meshes, fields (a signed distance and a colour at any point), and what can be asked of them |
//! | [`photo`] | an untrusted file becomes pixels, and pixels a cut-out, framed subject |
//! | [`model`] | weights, networks and sampling: from pixels to latents, and from latents to fields |
//! | [`surface`] | fields become closed meshes that touch and never overlap |
//! | [`figure`] | joints, proportions, and what a printer wants |
//! | [`texture`] | a picture around the figurine instead of colours at its vertices |
//! | [`registration`] | how a photo lies on a figure: it corrects its shape and gives its colours |
//! | [`render`] | pictures of the figurine |
//! | [`export`] | files: they write, and compute nothing |
//! | [`inspect`] | any mesh file, looked at as a slicer would |
//! | [`model_library`] | weights of others that a user added |
//! | [`cache`] | sealed results, kept for a day |
//! | [`sandbox`] | no network, no other program and no other files for this process |
//! | [`security`] | a page: what that and the rest promise, and what not |
//! | [`pipeline`] | the walk from a photo to a figurine, one line a stage; and all of a batch |
//! | [`terminal`] | what a person at a terminal sees |
//! | [`cli`] | flags, what they mean, and subcommands |
//!
//! The walk from `photo.jpg` to `figure.glb`:
//!
//! 1. [`photo::decode`] reads the file within bounds, and [`photo::cutout`] finds the subject;
//! 2. [`photo::framing`] puts it in the middle of a square, and [`model`] encodes that into condition tokens;
//! 3. [`model::sampling`] walks from noise to latents, and the decoder makes a field of each part;
//! 4. [`registration`] finds the photo's camera, and moves and bends the parts to where the photo shows them;
//! 5. [`figure`] changes proportions and adds plinth, pegs and walls, if that is wanted;
//! 6. [`surface`] extracts a closed mesh of each part, and simplifies it;
//! 7. [`registration`] colours the parts, in their vertices or, through [`texture`], in a picture;
//! 8. [`export`] writes the file, aside first and then by rename.
#![deny(unsafe_code)] // `model/nn/packed/vnni.rs` alone allows some, and says why it is sound

pub mod base;
pub mod cache;
#[doc(hidden)]
pub mod cli;
pub mod export;
pub mod figure;
mod generate;
pub mod geometry;
pub mod inspect;
pub mod model;
pub mod model_library;
pub mod photo;
pub mod pipeline;
pub mod registration;
pub mod render;
#[doc(hidden)]
pub mod sandbox;
pub mod security;
pub mod slots;
pub mod surface;
#[doc(hidden)]
pub mod terminal;
pub mod texture;

pub use export::{ExportOptions, write};
pub use generate::{Error, generate};
pub use geometry::Figurine;
pub use pipeline::Options;
