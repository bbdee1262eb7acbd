//! Vertex normals, and the creases where one vertex needs several.

use glam::Vec3;

use super::Mesh;

/// Sets every vertex normal to the angle-weighted mean of its triangles' normals.
pub fn smooth(mesh: &mut Mesh) {
    mesh.normals = vec![Vec3::ZERO; mesh.positions.len()];
    for &triangle in &mesh.triangles {
        let corners = triangle.map(|v| mesh.positions[v as usize]);
        for (k, v) in triangle.into_iter().enumerate() {
            mesh.normals[v as usize] += weighted(corners, k);
        }
    }
    for normal in &mut mesh.normals {
        *normal = normal.normalize_or(Vec3::Y);
    }
}

/// `mesh` with a vertex split wherever its triangles meet at more than `degrees`, so that edges of
/// a plinth or a blade look sharp. For display and export only: by its indices the result is no
/// longer closed.
pub fn creased(mesh: &Mesh, degrees: f32) -> Mesh {
    let limit = degrees.to_radians().cos();
    let faces: Vec<Vec3> = mesh
        .triangles
        .iter()
        .map(|&t| face(t.map(|v| mesh.positions[v as usize])))
        .collect();
    let mut corners_of = vec![Vec::new(); mesh.positions.len()];
    for (t, triangle) in mesh.triangles.iter().enumerate() {
        for (k, &v) in triangle.iter().enumerate() {
            corners_of[v as usize].push((t, k));
        }
    }
    let mut out = Mesh {
        triangles: mesh.triangles.clone(),
        ..Mesh::default()
    };
    for (v, corners) in corners_of.iter().enumerate() {
        let mut groups: Vec<(Vec3, u32)> = Vec::new();
        for &(t, k) in corners {
            // Each corner averages the triangles that it does not meet at a crease; corners that
            // come to the same mean share a vertex.
            let alike = corners
                .iter()
                .filter(|(other, _)| faces[*other].dot(faces[t]) >= limit);
            let sum: Vec3 = alike
                .map(|&(other, j)| weighted(points(mesh, other), j))
                .sum();
            let normal = sum.normalize_or(faces[t]);
            let found = groups
                .iter()
                .find(|(n, _)| n.dot(normal) > 0.9995)
                .map(|g| g.1);
            let index = found.unwrap_or_else(|| {
                out.positions.push(mesh.positions[v]);
                out.normals.push(normal);
                out.colours.push(mesh.colours[v]);
                let index = (out.positions.len() - 1) as u32;
                groups.push((normal, index));
                index
            });
            out.triangles[t][k] = index;
        }
    }
    out
}

fn points(mesh: &Mesh, triangle: usize) -> [Vec3; 3] {
    mesh.triangles[triangle].map(|v| mesh.positions[v as usize])
}

/// The unit normal of a triangle; zero where it has no area.
pub(crate) fn face([a, b, c]: [Vec3; 3]) -> Vec3 {
    (b - a).cross(c - a).normalize_or_zero()
}

/// The triangle's normal, as long as its angle at corner `k`.
fn weighted(corners: [Vec3; 3], k: usize) -> Vec3 {
    let [here, next, last] = [0, 1, 2].map(|i| corners[(k + i) % 3]);
    let angle = (next - here).angle_between(last - here);
    if angle.is_finite() {
        face(corners) * angle
    } else {
        Vec3::ZERO
    }
}
