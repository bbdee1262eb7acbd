//! STL: binary or text.

use anyhow::{Context, Result, bail, ensure};
use glam::Vec3;

use super::read::{Soup, check_count, three, vector};

pub(super) fn parse(bytes: &[u8], remarks: &mut Vec<String>) -> Result<Vec<Soup>> {
    let count = bytes.get(80..84).and_then(|b| b.try_into().ok());
    let count = count.map_or(0, u32::from_le_bytes) as usize;
    let text = bytes.trim_ascii_start().starts_with(b"solid");
    // Binary files may begin with `solid`, too: only the length tells. In a text, the count would be that
    // of gigabytes.
    let there = bytes.get(84..).filter(|_| count > 0 || !text);
    let binary = there.and_then(|there| there.split_at_checked(count.saturating_mul(50)));
    let triangles = if let Some((binary, rest)) = binary {
        check_count(count)?;
        if !rest.is_empty() {
            let rest = rest.len();
            remarks.push(format!(
                "{rest} bytes follow its last triangle; nothing was made of them"
            ));
        }
        let corners = |t: &[u8]| [12, 24, 36].map(|at| vector(&t[at..]));
        binary.chunks_exact(50).map(corners).collect()
    } else if text {
        lines(bytes)?
    } else {
        bail!(
            "it is no STL: {} bytes do not hold the {count} triangles that it names",
            bytes.len()
        );
    };
    let name = "solid".into();
    Ok(vec![Soup { name, triangles }])
}

fn lines(bytes: &[u8]) -> Result<Vec<[Vec3; 3]>> {
    let text = String::from_utf8_lossy(bytes);
    let mut corners = Vec::new();
    for (i, line) in text.lines().enumerate() {
        if let Some(rest) = line.trim_start().strip_prefix("vertex") {
            corners.push(three(rest).with_context(|| format!("line {}: no point", i + 1))?);
        }
    }
    ensure!(corners.len() % 3 == 0, "its last triangle is cut off");
    check_count(corners.len() / 3)?;
    Ok(corners
        .chunks_exact(3)
        .map(|c| [c[0], c[1], c[2]])
        .collect())
}
