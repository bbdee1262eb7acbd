//! What a person at a terminal sees, and how a run is stopped from there.

pub mod image;
pub mod line;
pub mod out;
pub mod progress;
pub mod share;
pub mod stop;
mod whole;
