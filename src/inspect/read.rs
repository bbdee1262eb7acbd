//! Mesh files of others, which may hold anything: STL and OBJ here, GLB in `glb`.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use glam::Vec3;

use super::glb;
use crate::base::file;
use crate::export::Frame;

/// More would not fit into memory, several times over, on most machines.
const MOST_BYTES: u64 = 1 << 30;
/// Triangles; each takes about 300 bytes while it is looked at.
const MOST_TRIANGLES: usize = 8_000_000;

/// A named heap of triangles, in the file's own frame.
pub struct Soup {
    pub name: String,
    pub triangles: Vec<[Vec3; 3]>,
}

/// What reads a kind of file.
type Parse = fn(&[u8]) -> Result<Vec<Soup>>;

/// The parts of a file, and the frame that files of its kind are in.
///
/// # Errors
/// A file that cannot be read, is of another kind, broken, or too large; never a panic.
pub fn read(path: &Path) -> Result<(Vec<Soup>, Frame)> {
    let ending = path.extension().unwrap_or_default();
    let (parse, frame): (Parse, _) = match ending.to_ascii_lowercase().to_str() {
        Some("glb") => (glb::parse, Frame::METRES),
        Some("obj") => (obj, Frame::METRES),
        Some("stl") => (stl, Frame::PRINT),
        _ => bail!("its name must end in .glb, .obj or .stl"),
    };
    let bytes = file::read(path, MOST_BYTES, "it is larger than 1 GiB")?;
    let mut parts = parse(&bytes)?;
    parts.retain(|part| !part.triangles.is_empty());
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
    Ok((parts, frame))
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

fn stl(bytes: &[u8]) -> Result<Vec<Soup>> {
    let count = bytes.get(80..84).and_then(|b| b.try_into().ok());
    let count = count.map_or(0, u32::from_le_bytes) as usize;
    // Binary files may begin with `solid`, too: only the length tells.
    let binary = bytes.len() >= 84 && bytes.len() - 84 == count.saturating_mul(50);
    let text = bytes.trim_ascii_start().starts_with(b"solid");
    let triangles = if binary {
        check_count(count)?;
        let corners = |t: &[u8]| [12, 24, 36].map(|at| vector(&t[at..]));
        bytes[84..].chunks_exact(50).map(corners).collect()
    } else if text {
        text_stl(bytes)?
    } else {
        bail!(
            "it is no STL: {} bytes do not hold the {count} triangles that it names",
            bytes.len()
        );
    };
    let name = "solid".into();
    Ok(vec![Soup { name, triangles }])
}

fn text_stl(bytes: &[u8]) -> Result<Vec<[Vec3; 3]>> {
    let text = String::from_utf8_lossy(bytes);
    let mut corners = Vec::new();
    for (i, line) in text.lines().enumerate() {
        if let Some(rest) = line.trim_start().strip_prefix("vertex") {
            corners.push(three(rest).with_context(|| format!("line {}: no point", i + 1))?);
        }
    }
    ensure!(corners.len() % 3 == 0, "its last triangle is cut off");
    Ok(corners
        .chunks_exact(3)
        .map(|c| [c[0], c[1], c[2]])
        .collect())
}

/// The first three numbers of a line.
fn three(text: &str) -> Option<Vec3> {
    let mut numbers = text.split_whitespace().map(|word| word.parse::<f32>());
    let mut next = || numbers.next()?.ok();
    Some(Vec3::new(next()?, next()?, next()?))
}

fn obj(bytes: &[u8]) -> Result<Vec<Soup>> {
    let text = String::from_utf8_lossy(bytes);
    let mut points: Vec<Vec3> = Vec::new();
    let mut parts: Vec<Soup> = Vec::new();
    let mut count = 0;
    for (i, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let broken = || format!("line {} is broken: {:.60}", i + 1, line);
        match word {
            "v" => points.push(three(rest).with_context(broken)?),
            "o" | "g" => parts.push(Soup {
                name: rest.trim().to_owned(),
                triangles: Vec::new(),
            }),
            "f" => {
                let corner = |word: &str| -> Option<Vec3> {
                    let number: i64 = word.split('/').next()?.parse().ok()?;
                    let behind = i64::try_from(points.len()).ok()?;
                    let at = if number < 0 {
                        behind + number
                    } else {
                        number - 1
                    };
                    points.get(usize::try_from(at).ok()?).copied()
                };
                let corners: Option<Vec<Vec3>> = rest.split_whitespace().map(corner).collect();
                let corners = corners.filter(|c| c.len() >= 3).with_context(broken)?;
                count += corners.len() - 2;
                check_count(count)?;
                if parts.is_empty() {
                    parts.push(Soup {
                        name: "object".into(),
                        triangles: Vec::new(),
                    });
                }
                let fan = corners.windows(2).skip(1).map(|c| [corners[0], c[0], c[1]]);
                parts
                    .last_mut()
                    .into_iter()
                    .for_each(|part| part.triangles.extend(fan.clone()));
            }
            _ => {}
        }
    }
    Ok(parts)
}
