//! Wavefront OBJ: one object and group a part, colours after the positions and a mean-colour material,
//! or a texture.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ffi::OsStr;
use std::fmt::Write;

use anyhow::Result;
use glam::Vec3;

use super::mark::MADE_WITH;
use super::scene::{Scene, ScenePart};
use super::{CREASE, Encoded, Exporter, names, quads};
use crate::base::colour::{linear, srgb};
use crate::figure::finish::Finish;
use crate::geometry::normals::creased;

/// `.obj`, with an `.mtl` beside it.
pub struct Obj;

impl Exporter for Obj {
    fn encode(&self, scene: &Scene, stem: &OsStr) -> Result<Vec<Encoded>> {
        let mut obj = format!("# gen3d {}: {}\n", env!("CARGO_PKG_VERSION"), scene.frame);
        let mut mtl = String::from(match scene.texture {
            Some(_) => "# one texture for all parts\n",
            None => "# mean colour of each part; the vertices carry the colours\n",
        });
        // The names of what is beside it are made for a line.
        writeln!(obj, "mtllib {}.mtl", stem.display())?;
        let mut counted = Counted::default();
        for part in &scene.parts {
            let [r, g, b] = match scene.texture {
                Some(_) => [1.0; 3], // it is multiplied with the texture
                None => mean_colour(part),
            };
            let material = names::material(stem, &part.name);
            let finish = Finish::of(&part.name, &part.mesh);
            writeln!(
                mtl,
                "\nnewmtl {material}\nKd {r:.4} {g:.4} {b:.4}\nKs 0 0 0\nPr {}\nPm {}\nillum 1",
                finish.roughness(),
                finish.metallic()
            )?;
            if let Some(texture) = &scene.texture {
                writeln!(mtl, "map_Kd {}", texture.name.display())?;
            }
            write_part(&mut obj, part, &material, scene, &mut counted)?;
        }
        // Last, so that who finds it knows that all is there.
        if let Some(mark) = &scene.made_with {
            writeln!(obj, "\n# {MADE_WITH}{mark}")?;
            writeln!(mtl, "\n# {MADE_WITH}{mark}")?;
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

/// How many lines of each kind there are: the format counts over all parts.
#[derive(Default)]
struct Counted {
    vertices: u32,
    places: u32,
    normals: u32,
}

fn write_part(
    obj: &mut String,
    part: &ScenePart,
    material: &str,
    scene: &Scene,
    counted: &mut Counted,
) -> Result<()> {
    let frame = scene.frame;
    // Corners share vertices, so that the part is closed, but not normals, so that creases show.
    let shown = creased(&part.mesh, CREASE);
    // No group besides: some programs make an object of that, too.
    writeln!(obj, "\no {}\nusemtl {material}", part.name)?;
    for (p, [r, g, b]) in part.mesh.positions.iter().zip(&part.mesh.colours) {
        let p = frame.place(*p);
        match scene.texture {
            // Some programs would multiply the texture with them.
            Some(_) => writeln!(obj, "v {} {} {}", p.x, p.y, p.z)?,
            None => writeln!(obj, "v {} {} {} {r:.4} {g:.4} {b:.4}", p.x, p.y, p.z)?,
        }
    }
    let mut places = HashMap::new();
    for place in part
        .corners
        .iter()
        .flatten()
        .filter(|_| scene.texture.is_some())
    {
        let next = counted.places + places.len() as u32 + 1;
        if let Entry::Vacant(free) = places.entry(place.to_array().map(f32::to_bits)) {
            writeln!(obj, "vt {} {}", place.x, 1.0 - place.y)?; // from the bottom
            free.insert(next);
        }
    }
    for n in &shown.normals {
        let n = frame.turn(*n);
        writeln!(obj, "vn {:.4} {:.4} {:.4}", n.x, n.y, n.z)?;
    }
    let place = |t: usize, k: usize| {
        let place = part.corners.get(t)?[k].to_array().map(f32::to_bits);
        places.get(&place).copied()
    };
    let alike = |(t, k): (usize, usize), (u, j): (usize, usize)| place(t, k) == place(u, j);
    for face in quads::faces(&part.mesh, scene.quads, alike) {
        *obj += "f";
        for &(t, k) in face.corners() {
            let v = counted.vertices + part.mesh.triangles[t][k] + 1;
            let n = counted.normals + shown.triangles[t][k] + 1;
            let place = place(t, k).as_ref().map(u32::to_string).unwrap_or_default();
            write!(obj, " {v}/{place}/{n}")?;
        }
        *obj += "\n";
    }
    counted.vertices += part.mesh.positions.len() as u32;
    counted.places += places.len() as u32;
    counted.normals += shown.normals.len() as u32;
    Ok(())
}

/// The mean by light, as sRGB.
fn mean_colour(part: &ScenePart) -> [f32; 3] {
    let colours = &part.mesh.colours;
    let sum: Vec3 = colours.iter().map(|c| Vec3::from(c.map(linear))).sum();
    (sum / colours.len().max(1) as f32).to_array().map(srgb)
}
