//! Meshes, fields, and what can be asked of them wherever they come from.
//!
//! Model frame everywhere but in [`export`](crate::export): right-handed, +Y up, the figure faces +Z, lengths in
//! units of the model's box `[-1, 1]^3`. Colours are sRGB in `0..=1`. The files alone know metres and linear light.

pub(crate) mod bvh;
pub(crate) mod columns;
mod field;
mod mesh;
pub(crate) mod normals;
pub(crate) mod peg;
pub(crate) mod rasterizer;
pub(crate) mod stance;
pub(crate) mod supports;

pub(crate) use field::one_a_point;
pub use field::{Aabb, Field, Placement};
pub use mesh::{Figurine, Mesh, Part, Spot, Texture};
pub(crate) use mesh::{box_around, extent, extent_2d};
pub use peg::Peg;
pub use stance::Stance;
pub use supports::Supports;
