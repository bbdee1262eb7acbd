//! Mesh files of others, which may hold anything.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use glam::Vec3;

use super::{gltf, obj, ply, stl, threemf};
use crate::base::{file, text};
use crate::export::{Format, Frame};

/// More would not fit into memory, several times over, on most machines.
pub(super) const MOST_BYTES: u64 = 1 << 30;
/// Triangles; each takes about 400 bytes while it is looked at.
const MOST_TRIANGLES: usize = 8_000_000;
/// Characters of a name that are shown.
const MOST_SHOWN: usize = 200;

/// A named heap of triangles, in the file's own frame.
pub struct Soup {
    pub name: String,
    pub triangles: Vec<[Vec3; 3]>,
}

/// What a file holds.
pub struct Found {
    pub parts: Vec<Soup>,
    /// That files of its kind are in.
    pub frame: Frame,
    /// What is odd about the file itself.
    pub remarks: Vec<String>,
}

/// The parts of a file.
///
/// # Errors
/// A file that cannot be read, is of another kind, broken, or too large; never a panic.
pub fn read(path: &Path) -> Result<Found> {
    let format = Format::of(path)
        .ok()
        .filter(|format| *format != Format::Usdz);
    let format =
        format.context("its name must end in .glb, .gltf, .vrm, .obj, .3mf, .stl or .ply")?;
    let mut remarks = Vec::new();
    let bytes = bytes(path)?;
    let mut parts = match format {
        Format::Glb | Format::Gltf | Format::Vrm => gltf::parse(&bytes, path)?,
        Format::Obj => obj::parse(&bytes)?,
        Format::ThreeMf => threemf::parse(&bytes)?,
        Format::Stl => stl::parse(&bytes, &mut remarks)?,
        Format::Ply => ply::parse(&bytes)?,
        Format::Usdz => Vec::new(),
    };
    parts.retain(|part| !part.triangles.is_empty());
    for part in &mut parts {
        part.name = plain(&part.name);
    }
    let count: usize = parts.iter().map(|part| part.triangles.len()).sum();
    ensure!(count > 0, "there is no triangle in it");
    check_count(count)?;
    let numbers = || {
        parts
            .iter()
            .flat_map(|part| part.triangles.iter().flatten())
    };
    // Beyond this, squares of lengths are no numbers any more.
    ensure!(
        numbers().all(|p| p.is_finite() && p.abs().max_element() < 1e9),
        "a point in it is not a number, or endlessly far away"
    );
    Ok(Found {
        parts,
        frame: format.frame(None, None)?,
        remarks,
    })
}

/// All of an ordinary file that is not too large.
pub(super) fn bytes(path: &Path) -> Result<Vec<u8>> {
    file::read(path, MOST_BYTES, "it is larger than 1 GiB")
}

/// Refuses more triangles than can be looked at.
pub(super) fn check_count(triangles: usize) -> Result<()> {
    ensure!(
        triangles <= MOST_TRIANGLES,
        "it has more than {MOST_TRIANGLES} triangles"
    );
    Ok(())
}

/// Three little-endian numbers.
pub(super) fn vector(bytes: &[u8]) -> Vec3 {
    let number = |i: usize| {
        let four = bytes.get(4 * i..4 * i + 4).and_then(|b| b.try_into().ok());
        four.map_or(f32::NAN, f32::from_le_bytes)
    };
    Vec3::new(number(0), number(1), number(2))
}

/// The first three numbers of a line.
pub(super) fn three(text: &str) -> Option<Vec3> {
    let mut numbers = text.split_whitespace().map(|word| word.parse::<f32>());
    let mut next = || numbers.next()?.ok();
    Some(Vec3::new(next()?, next()?, next()?))
}

/// A text of a file for a terminal, see [`text::plain`]: the start of a long one.
pub(super) fn plain(text: &str) -> String {
    let start: String = text.chars().take(MOST_SHOWN).collect();
    let more = text.chars().nth(MOST_SHOWN).map_or("", |_| "...");
    format!("{}{more}", text::plain(&start))
}
