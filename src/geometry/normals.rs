//! Vertex normals, and the creases where one vertex needs several.

use foldhash::HashMap;
use glam::Vec3;

use super::Mesh;
use crate::base::sets::Sets;

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

/// Pieces of less than this share of the surface make no crease: they are slivers where parts meet.
const SLIVER: f32 = 0.002;

/// `mesh` with a vertex split along its creases: edges at which triangles meet at more than `degrees`, so that those of
/// a plinth or a blade look sharp. Where a crease ends nothing is split. For display and export only: by its indices
/// the result is no longer closed where it has creases.
pub fn creased(mesh: &Mesh, degrees: f32) -> Mesh {
    let faces = Faces::of(mesh);
    let smooth = faces.smooth_edges(degrees.to_radians().cos());
    // Corners of one vertex are one as far as smooth edges lead from one to the next.
    let mut corners = Sets::new(3 * mesh.triangles.len());
    for (edge, beside) in faces.beside.iter().enumerate() {
        if let Some(beside) = beside.filter(|_| smooth[edge]) {
            corners.join(edge, next(beside));
            corners.join(next(edge), beside);
        }
    }
    let mut out = Mesh {
        triangles: mesh.triangles.clone(),
        ..Mesh::default()
    };
    let mut corners_of = vec![Vec::new(); mesh.positions.len()];
    for (corner, &v) in mesh.triangles.iter().flatten().enumerate() {
        corners_of[v as usize].push(corner);
    }
    let mut place = vec![u32::MAX; 3 * mesh.triangles.len()];
    for (v, of_vertex) in corners_of.into_iter().enumerate() {
        for corner in of_vertex {
            let (t, k) = (corner / 3, corner % 3);
            let set = corners.of(corner);
            if place[set] == u32::MAX {
                place[set] = out.positions.len() as u32;
                out.positions.push(mesh.positions[v]);
                out.normals.push(Vec3::ZERO);
                out.colours.push(mesh.colours[v]);
            }
            out.normals[place[set] as usize] += weighted(points(mesh, t), k);
            out.triangles[t][k] = place[set];
        }
    }
    for normal in &mut out.normals {
        *normal = normal.normalize_or(Vec3::Y);
    }
    out
}

/// Edges are numbered by their triangle and the corner that they begin at.
struct Faces {
    normals: Vec<Vec3>,
    areas: Vec<f32>,
    /// Of each edge, the same one as the neighbour runs it.
    beside: Vec<Option<usize>>,
}

/// The edge, or the corner, after this one in its triangle.
fn next(edge: usize) -> usize {
    edge - edge % 3 + (edge + 1) % 3
}

impl Faces {
    fn of(mesh: &Mesh) -> Self {
        let all = 0..mesh.triangles.len();
        let ends = |&[a, b, c]: &[u32; 3]| [(a, b), (b, c), (c, a)];
        let runs: HashMap<(u32, u32), usize> = (mesh.triangles.iter().flat_map(ends))
            .enumerate()
            .map(|(edge, run)| (run, edge))
            .collect();
        let beside = |(a, b): (u32, u32)| runs.get(&(b, a)).copied();
        let across = |[a, b, c]: [Vec3; 3]| (b - a).cross(c - a).length();
        Self {
            normals: all.clone().map(|t| face(points(mesh, t))).collect(),
            areas: all.map(|t| across(points(mesh, t)) / 2.0).collect(),
            beside: (mesh.triangles.iter().flat_map(ends)).map(beside).collect(),
        }
    }

    /// Of each edge, whether the surface is smooth there: its triangles meet at less than the angle of this cosine, or one
    /// of them is of a [sliver](SLIVER), which goes with the largest piece beside it.
    fn smooth_edges(&self, limit: f32) -> Vec<bool> {
        let flat = |edge: usize| {
            let beside = self.beside[edge];
            beside
                .is_some_and(|beside| self.normals[edge / 3].dot(self.normals[beside / 3]) >= limit)
        };
        let mut smooth: Vec<bool> = (0..self.beside.len()).map(flat).collect();
        // Slivers beside slivers alone become larger ones first.
        for _ in 0..3 {
            self.give_slivers_away(&mut smooth);
        }
        smooth
    }

    fn give_slivers_away(&self, smooth: &mut [bool]) {
        let piece = self.pieces(smooth);
        let mut area = vec![0.0; piece.len()];
        for (&piece, own) in piece.iter().zip(&self.areas) {
            area[piece] += own;
        }
        let small = SLIVER * self.areas.iter().sum::<f32>();
        let between = |edge: usize| Some((piece[edge / 3], piece[self.beside[edge]? / 3]));
        let edges = 0..self.beside.len();
        let mut largest: HashMap<usize, usize> = HashMap::default();
        for (sliver, other) in edges.clone().filter_map(between) {
            if sliver != other && area[sliver] < small {
                let best = largest.entry(sliver).or_insert(other);
                if area[other] > area[*best] {
                    *best = other;
                }
            }
        }
        for edge in edges {
            if let Some((one, other)) = between(edge) {
                smooth[edge] |=
                    largest.get(&one) == Some(&other) || largest.get(&other) == Some(&one);
            }
        }
    }

    /// Of each triangle the piece that it is in, which ends where the surface is not smooth.
    fn pieces(&self, smooth: &[bool]) -> Vec<usize> {
        let mut pieces = Sets::new(self.areas.len());
        for (edge, beside) in self.beside.iter().enumerate() {
            if let Some(beside) = beside.filter(|_| smooth[edge]) {
                pieces.join(edge / 3, beside / 3);
            }
        }
        (0..self.areas.len()).map(|t| pieces.of(t)).collect()
    }
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
