//! STL, for the slicer: triangles and nothing else. Millimetres, Z up, unless somebody wants it otherwise.

use std::ffi::OsStr;

use anyhow::{Context, Result};

use super::scene::Scene;
use super::{Encoded, Exporter};

/// `.stl`: binary; the format has neither names nor colours.
pub struct Stl;

impl Exporter for Stl {
    fn encode(&self, scene: &Scene, _stem: &OsStr) -> Result<Vec<Encoded>> {
        let place = scene.plate();
        let count: usize = scene.parts.iter().map(|p| p.mesh.triangles.len()).sum();
        let count = u32::try_from(count).context("an .stl holds at most 4 billion triangles")?;
        let mut out = vec![b' '; 80];
        let mark = scene.made_with.as_ref().map(|mark| format!("; {mark}"));
        let mut title = format!("gen3d, {}{}", scene.frame, mark.unwrap_or_default());
        title.truncate(out.len());
        out[..title.len()].copy_from_slice(title.as_bytes());
        out.extend(count.to_le_bytes());
        for part in &scene.parts {
            for t in &part.mesh.triangles {
                let [a, b, c] = t.map(|v| place(part.mesh.positions[v as usize]));
                let normal = (b - a).cross(c - a).normalize_or_zero();
                let numbers = [normal, a, b, c].into_iter().flat_map(|v| v.to_array());
                out.extend(numbers.flat_map(f32::to_le_bytes));
                out.extend([0, 0]);
            }
        }
        Ok(vec![Encoded {
            extension: "stl",
            bytes: out,
        }])
    }
}
