//! Where an output is in the end: links are followed as a careful kernel follows them.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, ensure};

/// As many as Linux follows.
const MOST_LINKS: usize = 40;

/// The path without links, so that the file is replaced and not a link to it. What it names need not be there.
///
/// In a folder that everybody may write to, as `/tmp`, a link of somebody else's is refused, wherever in the path
/// it is: it would lead to a file that they may not write themselves. Linux refuses the same to who opens a
/// file (`fs.protected_symlinks`), but here nothing is opened, and not every system is told to.
///
/// # Errors
/// Such a link, too many of them, or what the file system says.
pub fn real_path(path: &Path) -> Result<PathBuf> {
    resolve(path).with_context(|| format!("{} cannot be written", path.display()))
}

fn resolve(path: &Path) -> Result<PathBuf> {
    let mut ahead: VecDeque<OsString> = parts(path).collect();
    let mut real = PathBuf::new();
    let mut links = 0;
    while let Some(part) = ahead.pop_front() {
        let folder = real.clone();
        // What comes before `..` is no link any more.
        real = match part == ".." && real.file_name().is_some() {
            true => folder.parent().unwrap_or(Path::new("")).into(),
            false => folder.join(&part),
        };
        let data = match fs::symlink_metadata(&real) {
            Ok(data) => data,
            Err(error) if is_missing(&error) => continue,
            Err(error) => return Err(error.into()),
        };
        if !data.is_symlink() {
            continue;
        }
        links += 1;
        ensure!(links <= MOST_LINKS, "its links lead in a circle");
        check(&folder, &real, &data)?;
        // An absolute one starts again; `join` sees to that.
        let target = fs::read_link(&real)?;
        real = folder;
        parts(&target).rev().for_each(|part| ahead.push_front(part));
    }
    Ok(real)
}

fn is_missing(error: &io::Error) -> bool {
    use io::ErrorKind::{NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory)
}

fn parts(path: &Path) -> impl DoubleEndedIterator<Item = OsString> {
    (path.components())
        .filter(|part| !matches!(part, Component::CurDir))
        .map(|part| part.as_os_str().to_owned())
}

/// Refuses a link of somebody else's in a folder in which everybody may put links.
#[cfg(unix)]
fn check(folder: &Path, link: &Path, data: &Metadata) -> Result<()> {
    use crate::base::dir::is_own;
    use std::os::unix::fs::MetadataExt;
    const STICKY_AND_WRITABLE: u32 = 0o1002;
    let here = Path::new(".");
    let folder = match folder.as_os_str().is_empty() {
        true => here,
        false => folder,
    };
    let around = fs::metadata(folder)?;
    let open = around.mode() & STICKY_AND_WRITABLE == STICKY_AND_WRITABLE;
    ensure!(
        !open || is_own(data.uid()) || data.uid() == around.uid(),
        "{} is another user's link in a folder that everybody may write to: name the file that it leads to, if \
         that is meant",
        link.display()
    );
    Ok(())
}

/// There are no such folders.
#[cfg(not(unix))]
fn check(_: &Path, _: &Path, _: &Metadata) -> Result<()> {
    Ok(())
}
