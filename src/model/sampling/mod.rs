//! From noise to latents, to a drawing, or to primitives: the schedule, the solver, guidance, and edits by words.

pub mod assembly;
pub mod denoise;
pub mod drawing;
pub(crate) mod edit;
pub mod schedule;
pub mod solver;
