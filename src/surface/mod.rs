//! From fields to closed, coloured part meshes that share their borders and do not overlap.

pub mod assemble;
mod cell;
pub mod dual_contouring;
mod partition;
pub mod refine;
pub(crate) mod shells;
pub mod simplify;
mod sparse_grid;
pub mod union;
