//! `--preview look.html`: one page that shows a figurine from all sides, with all that it needs inside. It asks for
//! nothing: a browser is told to refuse whatever is not in it.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::gltf::Glb;
use super::scene::{Png, Scene, extent};
use super::{ExportOptions, Exporter, picture};
use crate::base::atomic_file;
use crate::figure::joints::{exploded_shifts, joints};
use crate::geometry::Figurine;

const FRAME: &str = include_str!("page/look.html");
const STYLE: &str = include_str!("page/look.css");
/// In the order in which they use each other.
const SCRIPTS: [&str; 5] = [
    include_str!("page/glb.js"),
    include_str!("page/camera.js"),
    include_str!("page/shaders.js"),
    include_str!("page/draw.js"),
    include_str!("page/controls.js"),
];

/// How a page shows its figurine at first.
#[derive(Clone, Debug)]
pub struct Begin {
    /// How far one walked to its left, and from how far above one looks, radians.
    pub angles: (f32, f32),
    /// Whether it is without paint.
    pub clay: bool,
}

/// Writes a page that shows `figurine`, as large as the options make it and at first as far apart.
///
/// # Errors
/// As [`write()`](super::write()), the format aside.
pub fn write_page(
    path: &Path,
    figurine: &Figurine,
    options: &ExportOptions,
    begin: &Begin,
) -> Result<()> {
    let page = page(figurine, options, begin)
        .with_context(|| format!("{} cannot be written", path.display()))?;
    atomic_file::write_all(&[(path.into(), page.into_bytes())], options.replace)
}

fn page(figurine: &Figurine, options: &ExportOptions, begin: &Begin) -> Result<String> {
    let whole = ExportOptions {
        explode: 0.0,
        rig: None, // the page moves nothing
        ..options.clone()
    };
    let mut scene = Scene::of(figurine, &whole)?;
    if let Some(texture) = &figurine.texture {
        scene.texture = Some(Arc::new(Png {
            bytes: picture(&texture.picture)?,
            name: OsString::new(),
        }));
    }
    let files = Glb.encode(&scene, OsStr::new("figurine"))?;
    let glb = files.first().context("a .glb is one file")?;
    let settings = json!({
        "view": [begin.angles.0, begin.angles.1],
        "clay": begin.clay,
        "explode": options.explode,
        "shifts": shifts(figurine, &scene),
    });
    let script = format!("'use strict';\n{}", SCRIPTS.concat());
    let policy = format!(
        "default-src 'none'; script-src {}; style-src {}; base-uri 'none'; form-action 'none'",
        source(&script),
        source(STYLE)
    );
    Ok(FRAME
        .replace("{{policy}}", &policy)
        .replace("{{style}}", STYLE)
        .replace("{{settings}}", &settings.to_string())
        .replace("{{script}}", &script)
        .replace("{{figurine}}", &STANDARD.encode(&glb.bytes)))
}

/// What a policy calls an inline script or style of this text.
fn source(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)))
}

/// By name, how far each part goes, in metres, when all are pushed apart by the figurine's height.
fn shifts(figurine: &Figurine, scene: &Scene) -> serde_json::Value {
    let (low, high) = extent(figurine.parts.iter().map(|part| &part.mesh)).unwrap_or_default();
    let (bottom, top) = scene.extent;
    let scale = (top.y - bottom.y) / (high.y - low.y).max(f32::MIN_POSITIVE);
    let shifts = exploded_shifts(figurine, &joints(figurine), 1.0);
    let named = scene.parts.iter().zip(shifts);
    named
        .map(|(part, shift)| (part.name.clone(), json!((shift * scale).to_array())))
        .collect::<serde_json::Map<_, _>>()
        .into()
}
