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
//! let options = Options { faces: 20_000, ..Options::default() };
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

// What a user of the library needs: two calls, what they take, what they give and what can go wrong.
// All of it is named here, and nothing else is promised to stay as it is.
pub use export::{ExportOptions, Filament, Filaments, Unit, Up};
pub use figure::print::{Base, Outline, PrintOptions, Size};
pub use figure::rig::{Bone, Influences, Pose, Posed, Rig};
pub use generate::{Error, generate, write};
pub use geometry::{Figurine, Mesh, Part, Texture};
pub use model::{PartIds, Solver};
pub use pipeline::{Colours, Detail, Options, Parts, Refine, Style};

mod generate;
pub mod guide;

// The rooms of the house. They are `pub` for the program, the tests and the examples, and no part of the library:
// they are not in its documentation, unless it is made with `cargo doc --features internals`.
#[cfg_attr(not(feature = "internals"), doc(hidden))]
pub mod assembly;
#[cfg_attr(not(feature = "internals"), doc(hidden))]
pub mod base;
#[cfg_attr(not(feature = "internals"), doc(hidden))]
pub mod cache;
#[cfg_attr(not(feature = "internals"), doc(hidden))]
pub mod cli;
#[cfg_attr(not(feature = "internals"), doc(hidden))]
pub mod export;
#[cfg_attr(not(feature = "internals"), doc(hidden))]
pub mod figure;
#[cfg_attr(not(feature = "internals"), doc(hidden))]
pub mod geometry;
#[cfg_attr(not(feature = "internals"), doc(hidden))]
pub mod inspect;
#[cfg_attr(not(feature = "internals"), doc(hidden))]
pub mod maps;
#[cfg_attr(not(feature = "internals"), doc(hidden))]
pub mod model;
#[cfg_attr(not(feature = "internals"), doc(hidden))]
pub mod model_library;
#[cfg_attr(not(feature = "internals"), doc(hidden))]
pub mod photo;
#[cfg_attr(not(feature = "internals"), doc(hidden))]
pub mod pipeline;
#[cfg_attr(not(feature = "internals"), doc(hidden))]
pub mod registration;
#[cfg_attr(not(feature = "internals"), doc(hidden))]
pub mod render;
#[cfg_attr(not(feature = "internals"), doc(hidden))]
pub mod sandbox;
#[cfg_attr(not(feature = "internals"), doc(hidden))]
pub mod slots;
#[cfg_attr(not(feature = "internals"), doc(hidden))]
pub mod surface;
#[cfg_attr(not(feature = "internals"), doc(hidden))]
pub mod terminal;
#[cfg_attr(not(feature = "internals"), doc(hidden))]
pub mod texture;
