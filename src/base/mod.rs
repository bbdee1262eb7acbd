//! What every folder may use: colour, resampling, seeds, files, progress. Nothing here knows a figurine.

pub mod atomic_file;
pub mod colour;
pub mod dir;
pub mod file;
pub mod handed;
pub(crate) mod numeric;
pub(crate) mod palette;
pub(crate) mod pillow;
pub mod progress;
pub(crate) mod resample;
pub mod seed;
pub mod text;
