//! What every folder may use: colour, resampling, seeds, files, progress. Nothing here knows a figurine.

pub(crate) mod atomic_file;
pub(crate) mod colour;
pub(crate) mod dir;
pub(crate) mod file;
pub(crate) mod handed;
pub(crate) mod numeric;
pub(crate) mod palette;
pub(crate) mod pillow;
pub mod progress;
pub(crate) mod pull_push;
pub(crate) mod resample;
pub mod seed;
pub(crate) mod sets;
pub mod text;
