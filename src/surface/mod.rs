//! From fields to closed, coloured part meshes that share their borders and do not overlap.

pub mod assemble;
pub mod dual_contouring;
pub(crate) mod partition;
pub mod refine;
pub mod simplify;
pub(crate) mod sparse_grid;
pub mod union;
