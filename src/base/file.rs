//! How every file is opened that is only read.
//!
//! A pipe keeps who opens it waiting for as long as somebody likes, and a device may do anything: so only
//! regular files are opened, and none is ever waited for.

use std::fs::{self, File, OpenOptions};
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use super::handed;

/// Opens a regular file for reading.
///
/// # Errors
/// It is not there, may not be read, or is a folder, a pipe, a device or a socket. The message does not
/// name the path.
pub fn open(path: &Path) -> Result<File> {
    let data = fs::metadata(path).context("cannot be opened")?;
    check(data.file_type())?;
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        // What the name means may change between the two calls.
        options.custom_flags((OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed());
    }
    let file = options.open(path).context("cannot be opened")?;
    check(file.metadata().context("cannot be read")?.file_type())?;
    Ok(file)
}

/// All bytes of a regular file, or of what this process was handed open, of which there are at most `limit`.
///
/// # Errors
/// As [`open`] and [`handed::reader`], or it is longer than `limit`, which `too_long` says.
pub fn read(path: &Path, limit: u64, too_long: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut file: Box<dyn Read> = match handed::reader(path) {
        Some(handed) => handed?,
        None => {
            let file = open(path)?;
            let said = file.metadata().map_or(0, |data| data.len()).min(limit);
            bytes.reserve_exact(usize::try_from(said)?.saturating_add(1));
            Box::new(file)
        }
    };
    // The limit holds for what is read, not for what the file system said a moment ago.
    let mut all = file.as_mut().take(limit.saturating_add(1));
    all.read_to_end(&mut bytes).context("cannot be read")?;
    ensure!(bytes.len() as u64 <= limit, "{too_long}");
    Ok(bytes)
}

/// Refuses what is no regular file.
///
/// # Errors
/// It says what it is.
pub fn check(kind: fs::FileType) -> Result<()> {
    if kind.is_file() {
        return Ok(());
    }
    ensure!(!kind.is_dir(), "is a folder, where a file is wanted");
    bail!(
        "is {}, not a regular file: copy what it gives to a file first",
        special(kind)
    )
}

#[cfg(unix)]
fn special(kind: fs::FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    match kind {
        kind if kind.is_fifo() => "a pipe",
        kind if kind.is_socket() => "a socket",
        kind if kind.is_symlink() => "a link",
        _ => "a device",
    }
}

#[cfg(not(unix))]
fn special(kind: fs::FileType) -> &'static str {
    if kind.is_symlink() {
        "a link"
    } else {
        "a device"
    }
}
