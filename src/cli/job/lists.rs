//! Lists of photos, as people's programs write them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::base::file;
use crate::base::handed;
use crate::pipeline::failure::Failure;

/// The most that a list has, in bytes.
const MOST_BYTES: u64 = 64 << 20;

/// The photos that a file, or standard input for `-`, names: one a line, or with `null` each up to a NUL.
///
/// # Errors
/// It cannot be read, or is no list. The message names it.
pub(super) fn read(path: &Path, null: bool) -> Result<Vec<PathBuf>> {
    let bytes = file::read(path, MOST_BYTES, "is over the limit of 64 MiB for a list")
        .and_then(|bytes| names(&bytes, null));
    let context = || {
        let name = match handed::number(path) {
            Some(0) => "standard input".into(),
            _ => path.display().to_string(),
        };
        format!("{name}: the list of photos cannot be read")
    };
    (bytes.with_context(context)).map_err(|error| Failure::of_input(path, error))
}

/// The names in a list. Of Windows' programs some put a mark before it, and some write UTF-16.
fn names(bytes: &[u8], null: bool) -> Result<Vec<PathBuf>> {
    let wide = match bytes {
        [0xFF, 0xFE, rest @ ..] => Some((rest, u16::from_le_bytes as fn([u8; 2]) -> u16)),
        [0xFE, 0xFF, rest @ ..] => Some((rest, u16::from_be_bytes as fn([u8; 2]) -> u16)),
        _ => None,
    };
    let narrow;
    let bytes = match wide {
        Some((rest, unit)) => {
            ensure!(
                rest.len() % 2 == 0,
                "is cut off: it is UTF-16 of an odd length"
            );
            let units: Vec<u16> = rest
                .chunks_exact(2)
                .map(|two| unit([two[0], two[1]]))
                .collect();
            narrow = String::from_utf16(&units).context("is no UTF-16, as its first bytes say")?;
            narrow.as_bytes()
        }
        None => bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes),
    };
    let end = if null { 0 } else { b'\n' };
    if !null && bytes.contains(&0) {
        bail!("has NULs in it, which no file's name has: say --null, if they end the names");
    }
    let plain = |name: &&[u8]| match null {
        true => !name.is_empty(),
        false => !name.trim_ascii().is_empty(),
    };
    let line = |name| match null {
        true => name,
        false => <[u8]>::strip_suffix(name, b"\r").unwrap_or(name),
    };
    (bytes.split(|&byte| byte == end).map(line).filter(plain))
        .map(|name| Ok(os_name(name)?.into()))
        .collect()
}

/// A name of any bytes, where the system has such names.
#[cfg(unix)]
fn os_name(bytes: &[u8]) -> Result<OsString> {
    use std::os::unix::ffi::OsStrExt;
    Ok(std::ffi::OsStr::from_bytes(bytes).to_owned())
}

#[cfg(not(unix))]
fn os_name(bytes: &[u8]) -> Result<OsString> {
    let name = std::str::from_utf8(bytes).context("is neither UTF-8 nor UTF-16")?;
    Ok(name.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_as_programs_write_them() -> Result<()> {
        let wanted = ["a b.png", "é.png"].map(PathBuf::from);
        let text = "a b.png\r\n\r\né.png\r\n";
        let wide = |order: fn(u16) -> [u8; 2]| -> Vec<u8> {
            let marked = format!("\u{feff}{text}");
            marked.encode_utf16().flat_map(order).collect()
        };
        let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
        for list in [
            marked,
            wide(u16::to_le_bytes),
            wide(u16::to_be_bytes),
            text.into(),
        ] {
            assert_eq!(names(&list, false)?, wanted, "{}", list.escape_ascii());
        }
        let list = "a b.png\0é.png\0".as_bytes();
        assert_eq!(names(list, true)?, wanted);
        assert_eq!(names(b"a\nb.png\0", true)?, [PathBuf::from("a\nb.png")]);
        let error = names(list, false)
            .expect_err("NULs are in no name")
            .to_string();
        assert!(error.contains("--null"), "{error}");
        assert!(names(b"\xff\xfea", false).is_err(), "half a letter");
        Ok(())
    }
}
