//! Pictures of a figurine: one view, a sheet of views, or all around it.

mod camera;
mod studio;
mod turntable;

pub use studio::{PreviewOptions, Viewpoint, clay, render};
pub use turntable::turntable;
