//! What tests share.

pub mod folder;
pub mod golden;
pub mod khronos;
pub mod pictures;
pub mod process;
pub mod program;
pub mod shapes;
pub mod tiny;
pub mod weights;
