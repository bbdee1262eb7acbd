//! PLY: binary, one mesh with normals and colours, for scanners' and point cloud tools.

use std::ffi::OsStr;

use anyhow::{Context, Result};

use super::mark::MADE_WITH;
use super::quads::{self, Face};
use super::scene::Scene;
use super::{Encoded, Exporter};

/// `.ply`: all parts in one; the format has no names.
pub struct Ply;

impl Exporter for Ply {
    fn encode(&self, scene: &Scene, _stem: &OsStr) -> Result<Vec<Encoded>> {
        let meshes = || scene.parts.iter().map(|p| &p.mesh);
        let vertices: usize = meshes().map(|m| m.positions.len()).sum();
        let faces: Vec<Vec<Face>> = meshes()
            .map(|mesh| quads::faces(mesh, scene.quads, |_, _| true))
            .collect();
        let corners = |face: &Face| face.corners().len();
        let bytes_of_faces: usize = faces
            .iter()
            .flatten()
            .map(|face| 1 + 4 * corners(face))
            .sum();
        i32::try_from(vertices).context("a .ply holds at most 2 billion vertices")?;
        let bytes = vertices * (6 * 4 + 3) + bytes_of_faces;
        let mark = (scene.made_with.as_ref())
            .map(|mark| format!("comment {MADE_WITH}{mark}; {bytes} bytes follow the header\n"));
        let mut out = format!(
            "ply\nformat binary_little_endian 1.0\ncomment gen3d {}: {}\n{}element vertex {vertices}\n{}{}\
             element face {}\nproperty list uchar int vertex_indices\nend_header\n",
            env!("CARGO_PKG_VERSION"),
            scene.frame,
            mark.unwrap_or_default(),
            ["x", "y", "z", "nx", "ny", "nz"].map(|n| format!("property float {n}\n")).concat(),
            ["red", "green", "blue"].map(|n| format!("property uchar {n}\n")).concat(),
            faces.iter().flatten().count(),
        )
        .into_bytes();
        for mesh in meshes() {
            for ((p, n), c) in mesh.positions.iter().zip(&mesh.normals).zip(&mesh.colours) {
                out.extend(
                    [scene.frame.place(*p), scene.frame.turn(*n)]
                        .into_iter()
                        .flat_map(|v| v.to_array())
                        .flat_map(f32::to_le_bytes),
                );
                out.extend(c.map(|v| (v.clamp(0.0, 1.0) * 255.0).round() as u8));
            }
        }
        let mut first = 0;
        for (mesh, faces) in meshes().zip(&faces) {
            for face in faces {
                out.push(corners(face) as u8);
                let numbers = face
                    .corners()
                    .iter()
                    .map(|&(t, k)| mesh.triangles[t][k] + first);
                out.extend(numbers.flat_map(u32::to_le_bytes));
            }
            first += mesh.positions.len() as u32;
        }
        Ok(vec![Encoded {
            extension: "ply",
            bytes: out,
        }])
    }
}
