//! From noise to latents: the schedule, the solver, guidance, and edits by words.

pub mod denoise;
pub(crate) mod edit;
pub mod schedule;
pub mod solver;
