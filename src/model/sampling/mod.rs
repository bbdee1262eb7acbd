//! From noise to latents, or from words to primitives: the schedule, the solver, guidance, and edits by words.

pub mod assembly;
pub mod denoise;
pub(crate) mod edit;
pub mod schedule;
pub mod solver;
