//! From noise to latents, or to a drawing: the schedule, the solver, guidance, and edits by words.

pub mod denoise;
pub mod drawing;
pub(crate) mod edit;
pub mod schedule;
pub mod solver;
