//! What is known of a figure of named parts: its joints, its skeleton, its proportions, and what a printer wants of it.

pub(crate) mod joints;
pub mod print;
pub mod proportions;
pub mod rig;
