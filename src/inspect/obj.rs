//! OBJ: its objects and groups.

use anyhow::{Context, Result};
use glam::Vec3;

use super::read::{Soup, check_count, plain, three};

pub(super) fn parse(bytes: &[u8]) -> Result<Vec<Soup>> {
    let text = String::from_utf8_lossy(bytes);
    let mut points: Vec<Vec3> = Vec::new();
    let mut parts: Vec<Soup> = Vec::new();
    let mut count = 0;
    for (i, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let broken = || {
            let start: String = line.chars().take(60).collect();
            format!("line {} is broken: {}", i + 1, plain(&start))
        };
        match word {
            "v" => points.push(three(rest).with_context(broken)?),
            "o" | "g" => start(&mut parts, rest.trim()),
            "f" => {
                let corners: Option<Vec<Vec3>> = rest
                    .split_whitespace()
                    .map(|word| corner(word, &points))
                    .collect();
                let corners = corners.filter(|c| c.len() >= 3).with_context(broken)?;
                count += corners.len() - 2;
                check_count(count)?;
                if parts.is_empty() {
                    start(&mut parts, "object");
                }
                let fan = corners.windows(2).skip(1).map(|c| [corners[0], c[0], c[1]]);
                if let Some(part) = parts.last_mut() {
                    part.triangles.extend(fan);
                }
            }
            _ => {}
        }
    }
    Ok(parts)
}

/// Begins a part; one that has no triangle is none, as an object that is a group as well.
fn start(parts: &mut Vec<Soup>, name: &str) {
    if parts.last().is_some_and(|part| part.triangles.is_empty()) {
        parts.pop();
    }
    parts.push(Soup {
        name: name.to_owned(),
        triangles: Vec::new(),
    });
}

/// The point of a face's corner; those behind zero count from the last.
fn corner(word: &str, points: &[Vec3]) -> Option<Vec3> {
    let number: i64 = word.split('/').next()?.parse().ok()?;
    let behind = i64::try_from(points.len()).ok()?;
    let at = if number < 0 {
        behind.checked_add(number)?
    } else {
        number - 1
    };
    points.get(usize::try_from(at).ok()?).copied()
}
