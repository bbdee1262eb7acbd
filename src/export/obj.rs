//! Wavefront OBJ: one object and group a part, colours after the positions, a mean-colour material.

use std::fmt::Write;

use anyhow::Result;
use glam::Vec3;

use super::{
    Encoded, Exporter,
    scene::{Frame, Scene, ScenePart, linear, srgb},
};
use crate::mesh::normals::creased;

/// `.obj`, with an `.mtl` beside it.
pub struct Obj;

impl Exporter for Obj {
    fn encode(&self, scene: &Scene, stem: &str) -> Result<Vec<Encoded>> {
        let mut obj = format!("# gen3d {}: {}\n", env!("CARGO_PKG_VERSION"), scene.frame);
        let mut mtl = String::from("# mean colour of each part; the vertices carry the colours\n");
        writeln!(obj, "mtllib {stem}.mtl")?;
        let (mut vertices, mut normals) = (1, 1); // the format counts from 1, over all parts
        for part in &scene.parts {
            let [r, g, b] = mean_colour(part);
            writeln!(
                mtl,
                "\nnewmtl {}\nKd {r:.4} {g:.4} {b:.4}\nKs 0 0 0\nillum 1",
                part.name
            )?;
            write_part(&mut obj, part, scene.frame, &mut vertices, &mut normals)?;
        }
        let obj = Encoded {
            extension: "obj",
            bytes: obj.into_bytes(),
        };
        Ok(vec![
            obj,
            Encoded {
                extension: "mtl",
                bytes: mtl.into_bytes(),
            },
        ])
    }
}

fn write_part(
    obj: &mut String,
    part: &ScenePart,
    frame: Frame,
    vertices: &mut u32,
    normals: &mut u32,
) -> Result<()> {
    // Corners share vertices, so that the part is closed, but not normals, so that creases show.
    let shown = creased(&part.mesh, 50.0);
    writeln!(obj, "\no {0}\ng {0}\nusemtl {0}", part.name)?;
    for (p, [r, g, b]) in part.mesh.positions.iter().zip(&part.mesh.colours) {
        let p = frame.place(*p);
        writeln!(obj, "v {} {} {} {r:.4} {g:.4} {b:.4}", p.x, p.y, p.z)?;
    }
    for n in &shown.normals {
        let n = frame.turn(*n);
        writeln!(obj, "vn {:.4} {:.4} {:.4}", n.x, n.y, n.z)?;
    }
    for (t, n) in part.mesh.triangles.iter().zip(&shown.triangles) {
        let [a, b, c] = [0, 1, 2].map(|k| format!("{}//{}", t[k] + *vertices, n[k] + *normals));
        writeln!(obj, "f {a} {b} {c}")?;
    }
    *vertices += part.mesh.positions.len() as u32;
    *normals += shown.normals.len() as u32;
    Ok(())
}

/// The mean by light, as sRGB.
fn mean_colour(part: &ScenePart) -> [f32; 3] {
    let colours = &part.mesh.colours;
    let sum: Vec3 = colours.iter().map(|c| Vec3::from(c.map(linear))).sum();
    (sum / colours.len().max(1) as f32).to_array().map(srgb)
}
