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
#![doc = include_str!("architecture.md")]
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
pub mod maps;
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

pub use export::ExportOptions;
pub use generate::{Error, generate, write};
pub use geometry::Figurine;
pub use pipeline::Options;
