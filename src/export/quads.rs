//! Four-sided faces, where two triangles that follow each other are the halves of one, as those of dual contouring are.

use glam::Vec3;

use crate::geometry::{Figurine, Mesh, normals};

/// A face by its corners, counter-clockwise: of which triangle, and which of its three.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Face {
    Triangle([(usize, usize); 3]),
    Quad([(usize, usize); 4]),
}

impl Face {
    pub(super) fn corners(&self) -> &[(usize, usize)] {
        match self {
            Self::Triangle(corners) => corners,
            Self::Quad(corners) => corners,
        }
    }
}

/// The faces of a mesh, four-sided ones if that is wanted. Two halves stay triangles where the face would be folded, and
/// where `alike` says that what they are drawn with differs at a corner, `(triangle, corner)`, that both have.
pub(super) fn faces(
    mesh: &Mesh,
    wanted: bool,
    alike: impl Fn((usize, usize), (usize, usize)) -> bool,
) -> Vec<Face> {
    let mut out = Vec::with_capacity(mesh.triangles.len());
    let mut t = 0;
    while t < mesh.triangles.len() {
        let quad = wanted.then(|| quad(mesh, t, &alike)).flatten();
        t += 1 + usize::from(quad.is_some());
        out.push(quad.map_or(Face::Triangle([0, 1, 2].map(|k| (t - 1, k))), Face::Quad));
    }
    out
}

/// A triangle and the next as one face.
fn quad(
    mesh: &Mesh,
    t: usize,
    alike: impl Fn((usize, usize), (usize, usize)) -> bool,
) -> Option<[(usize, usize); 4]> {
    let (one, other) = (mesh.triangles[t], *mesh.triangles.get(t + 1)?);
    let sides = (0..9).map(|i| (i / 3, i % 3));
    let (k, j) = sides
        .into_iter()
        .find(|&(k, j)| one[k] == other[(j + 1) % 3] && one[(k + 1) % 3] == other[j])?;
    let (begin, end) = ((t, (k + 1) % 3), (t, k));
    let same = alike(begin, (t + 1, j)) && alike(end, (t + 1, (j + 1) % 3));
    let corners = [begin, (t, (k + 2) % 3), end, (t + 1, (j + 2) % 3)];
    let points = corners.map(|(t, k)| mesh.positions[mesh.triangles[t][k] as usize]);
    (same && is_convex(points)).then_some(corners)
}

fn is_convex(points: [Vec3; 4]) -> bool {
    let corner = |k: usize| normals::face([points[k], points[(k + 1) % 4], points[(k + 3) % 4]]);
    let all = [0, 1, 2, 3].map(corner);
    let up = all.iter().sum::<Vec3>();
    all.iter().all(|normal| normal.dot(up) > 0.0)
}

/// How many faces of a figurine have four sides, and how many three, where four-sided ones are wanted.
pub fn count_quads(figurine: &Figurine) -> (usize, usize) {
    let faces = (figurine.parts.iter()).flat_map(|part| faces(&part.mesh, true, |_, _| true));
    faces.fold((0, 0), |(four, three), face| match face {
        Face::Quad(_) => (four + 1, three),
        Face::Triangle(_) => (four, three + 1),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mesh(last: Vec3) -> Mesh {
        Mesh {
            positions: vec![Vec3::ZERO, Vec3::X, Vec3::new(1.0, 1.0, 0.0), last],
            triangles: vec![[0, 1, 2], [0, 2, 3]],
            ..Mesh::default()
        }
    }

    #[test]
    fn halves_become_one_face_if_that_is_not_folded() {
        let square = mesh(Vec3::Y);
        let found = faces(&square, true, |_, _| true);
        let numbers: Vec<u32> = (found[0].corners().iter())
            .map(|&(t, k)| square.triangles[t][k])
            .collect();
        assert_eq!((found.len(), numbers), (1, vec![0, 1, 2, 3]), "all around");
        assert_eq!(faces(&square, false, |_, _| true).len(), 2, "not asked for");
        assert_eq!(
            faces(&square, true, |_, _| false).len(),
            2,
            "drawn differently"
        );
        let mut dented = mesh(Vec3::Y);
        dented.positions[2] = Vec3::new(0.4, 0.4, 0.0);
        assert_eq!(
            faces(&dented, true, |_, _| true).len(),
            2,
            "a dent is no face"
        );
    }
}
