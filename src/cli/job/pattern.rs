//! `*.png`, where no shell made files of it: those of Windows leave that to programs.

use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, ensure};

/// Files for each path that is none and has `*` or `?` in it; the others as they are.
///
/// # Errors
/// No file has such a name, or a folder cannot be read.
pub fn expand(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for path in paths {
        if !is_pattern(path) || path.symlink_metadata().is_ok() {
            all.push(path.clone());
            continue;
        }
        let found = files(path)?;
        ensure!(
            !found.is_empty(),
            "{}: there is no file of such a name",
            path.display()
        );
        all.extend(found);
    }
    Ok(all)
}

fn is_pattern(path: &Path) -> bool {
    path.to_str().is_some_and(|text| text.contains(['*', '?']))
}

/// All that have the pattern's name, in the order of their names.
fn files(pattern: &Path) -> Result<Vec<PathBuf>> {
    let mut found = vec![PathBuf::new()];
    for part in pattern.components() {
        let wanted = match part {
            Component::Normal(name) if is_pattern(Path::new(name)) => name.to_string_lossy(),
            other => {
                found.iter_mut().for_each(|path| path.push(other));
                continue;
            }
        };
        let mut next = Vec::new();
        for folder in &found {
            next.extend(inside(folder, &wanted)?);
        }
        found = next;
    }
    found.retain(|path| path.symlink_metadata().is_ok());
    Ok(found)
}

/// What of a folder has a name of the pattern.
fn inside(folder: &Path, wanted: &str) -> Result<Vec<PathBuf>> {
    let place = match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => folder,
    };
    if !place.is_dir() {
        return Ok(Vec::new());
    }
    let context = || format!("{}: the folder cannot be read", place.display());
    let mut names = Vec::new();
    for entry in place.read_dir().with_context(context)? {
        names.push(entry.with_context(context)?.file_name());
    }
    names.sort();
    let wanted: Vec<char> = wanted.chars().collect();
    // As in shells: what is hidden wants its dot.
    let shown = |name: &str| !name.starts_with('.') || wanted.first() == Some(&'.');
    let fits = |name: &str| shown(name) && matches(&wanted, &name.chars().collect::<Vec<_>>());
    Ok((names.into_iter())
        .filter(|name| fits(&name.to_string_lossy()))
        .map(|name| folder.join(name))
        .collect())
}

/// Whether a name is one of a pattern: `*` is any number of characters, `?` is one. On Windows large letters and
/// small ones are the same.
fn matches(pattern: &[char], name: &[char]) -> bool {
    let same = |a: char, b: char| a == b || cfg!(windows) && a.to_lowercase().eq(b.to_lowercase());
    let (mut p, mut n) = (0, 0);
    // Where the last star is, and how far it reaches: no more than that is ever taken back.
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(&c) if c == '?' || same(c, name[n]) => (p, n) = (p + 1, n + 1),
            _ => {
                let Some((at, reach)) = star else {
                    return false;
                };
                star = Some((at, reach + 1));
                (p, n) = (at + 1, reach + 1);
            }
        }
    }
    pattern[p..].iter().all(|&c| c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_as_in_shells() {
        let fits = |pattern: &str, name: &str| {
            let of = |text: &str| text.chars().collect::<Vec<_>>();
            matches(&of(pattern), &of(name))
        };
        for (pattern, name) in [
            ("*.png", "a.png"),
            ("*", ""),
            ("a?c*", "abc"),
            ("*a*b", "xaybab"),
            ("?é?", "éé\u{1f600}"),
        ] {
            assert!(fits(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [("*.png", "a.jpg"), ("?", ""), ("a*b", "abc"), ("", "a")] {
            assert!(!fits(pattern, name), "{pattern} {name}");
        }
        let long = "a".repeat(200);
        assert!(!fits(
            &"a*".repeat(100),
            &format!("{long}b")[1..].replace('a', "c")
        ));
    }
}
