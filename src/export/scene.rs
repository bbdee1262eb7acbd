//! A figurine as files show it: metres, standing on the origin, with names that every tool takes.

use anyhow::{Result, bail};
use glam::Vec3;

use crate::mesh::{Figurine, Mesh};

/// What the formats write.
pub struct Scene {
    /// In the figurine's order; names are unique.
    pub parts: Vec<ScenePart>,
}

/// A part in the file's frame: metres, +Y up, facing +Z.
pub struct ScenePart {
    /// Of `a-z`, `0-9`, `_` and `-`.
    pub name: String,
    /// Closed by its indices; the colours are sRGB.
    pub mesh: Mesh,
}

impl Scene {
    /// Scales `figurine` to `height` metres and puts the middle of its base's bottom (without a
    /// base: of its own) on the origin.
    ///
    /// # Errors
    /// No parts, a part without triangles, and a height that is not a positive number.
    pub fn of(figurine: &Figurine, height: f32) -> Result<Self> {
        if !(height.is_finite() && height > 0.0) {
            bail!("a height of {height} m cannot be made; it must be above 0");
        }
        if let Some(part) = figurine.parts.iter().find(|p| p.mesh.triangles.is_empty()) {
            bail!("the part `{}` has no triangles", part.name);
        }
        let Some((low, high)) = extent(figurine.parts.iter().map(|p| &p.mesh)) else {
            bail!("the figurine has no parts, so there is nothing to write");
        };
        let tall = high.y - low.y;
        if !(tall.is_finite() && tall > 0.0) {
            bail!("the figurine is flat, so it has no height to scale");
        }
        let base = figurine
            .parts
            .iter()
            .filter(|p| p.name == "base")
            .map(|p| &p.mesh);
        let (left, right) = extent(base).unwrap_or((low, high));
        let middle = (left + right) / 2.0;
        let (origin, scale) = (Vec3::new(middle.x, low.y, middle.z), height / tall);
        let mut parts: Vec<ScenePart> = Vec::new();
        for part in &figurine.parts {
            let mut mesh = part.mesh.clone();
            mesh.positions
                .iter_mut()
                .for_each(|p| *p = (*p - origin) * scale);
            let name = unique(plain_name(&part.name), &parts);
            parts.push(ScenePart { name, mesh });
        }
        Ok(Self { parts })
    }
}

/// The lowest and highest corner of all vertices.
pub(super) fn extent<'a>(meshes: impl Iterator<Item = &'a Mesh>) -> Option<(Vec3, Vec3)> {
    let points = meshes.flat_map(|m| m.positions.iter().copied());
    points.fold(None, |found: Option<(Vec3, Vec3)>, p| match found {
        Some((low, high)) => Some((low.min(p), high.max(p))),
        None => Some((p, p)),
    })
}

fn plain_name(name: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || c == '-' {
            c.to_ascii_lowercase()
        } else {
            '_'
        }
    };
    let name: String = name.chars().map(plain).collect();
    if name.is_empty() { "part".into() } else { name }
}

fn unique(name: String, taken: &[ScenePart]) -> String {
    let free = |n: &String| taken.iter().all(|p| p.name != *n);
    let numbered = (2..).map(|i| format!("{name}_{i}"));
    std::iter::once(name.clone())
        .chain(numbered)
        .find(free)
        .unwrap_or(name)
}

/// One sRGB channel, `0..=1`, as linear light.
pub(crate) fn linear(srgb: f32) -> f32 {
    if srgb <= 0.04045 {
        srgb / 12.92
    } else {
        ((srgb + 0.055) / 1.055).powf(2.4)
    }
}

/// One channel of linear light, `0..=1`, as sRGB.
pub(crate) fn srgb(linear: f32) -> f32 {
    if linear <= 0.003_130_8 {
        linear * 12.92
    } else {
        1.055 * linear.powf(1.0 / 2.4) - 0.055
    }
}
