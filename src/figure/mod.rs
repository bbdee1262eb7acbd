//! What is known of a figure of named parts: its joints, its skeleton, its proportions, what it is made of, and what a
//! printer wants of it.

pub mod finish;
pub(crate) mod joints;
pub mod print;
pub mod proportions;
pub mod rig;
