//! What a person at a terminal sees besides text.

pub mod image;
pub mod progress;
mod whole;
