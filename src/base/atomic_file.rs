//! Writing aside: a file appears under its name when it is whole, or not at all.
//!
//! Until then only its owner may read it. It then has the mode of the file that it replaces, or that of any
//! program's new file.

use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail, ensure};
use tempfile::{Builder, NamedTempFile};

pub use links::real_path;

use super::dir::Dir;

mod links;

/// How the names of unfinished files begin and end.
const PART: (&str, &str) = (".gen3d-", ".part");

/// Writes all `files` so that either every one is there, whole, or none is and what was there
/// before is untouched. The first is renamed last: who sees it can read the others.
///
/// # Errors
/// A path that is a folder or whose folder is missing, an existing file unless `replace`, and what
/// the file system says, with the path.
pub fn write_all(files: &[(PathBuf, Vec<u8>)], replace: bool) -> Result<()> {
    write_each(files, replace, usual_mode)
}

/// Writes one file in the same way, in the place of any other. A new one is for its owner's eyes only.
///
/// # Errors
/// As [`write_all`].
pub fn write_private(path: PathBuf, bytes: Vec<u8>) -> Result<()> {
    write_each(&[(path, bytes)], true, |_| Ok(None))
}

/// `mode` gives that of a new file in a folder, if it is not to be its owner's alone.
fn write_each(
    files: &[(PathBuf, Vec<u8>)],
    replace: bool,
    mode: impl Fn(&Path) -> io::Result<Option<Permissions>>,
) -> Result<()> {
    for (path, _) in files {
        check(path, replace)?;
    }
    let mut ready = Vec::new();
    for (path, bytes) in files {
        let target = real_path(path)?;
        let temporary = temporary(&target, bytes, &mode)
            .with_context(|| format!("{} cannot be written", path.display()))?;
        ready.push((temporary, target));
    }
    let mut made: Vec<PathBuf> = Vec::new();
    while let Some((temporary, target)) = ready.pop() {
        let existed = target.exists();
        if let Err(error) = place(temporary, &target, replace) {
            for path in made {
                let _ = fs::remove_file(path); // a side file of a file that did not come about
            }
            return Err(error).with_context(|| format!("{} cannot be written", target.display()));
        }
        if !existed {
            made.push(target);
        }
    }
    Ok(())
}

/// What can be known before any work is done.
///
/// # Errors
/// As `write_all`.
pub fn check(path: &Path, replace: bool) -> Result<()> {
    if path.file_name().is_none() || path.is_dir() {
        bail!("{} is a folder; name a file to write", path.display());
    }
    if !replace && path.symlink_metadata().is_ok() {
        bail!(
            "{} is there already and may not be replaced",
            path.display()
        );
    }
    let real = real_path(path)?;
    let folder = folder(&real);
    if !folder.is_dir() {
        bail!(
            "{} cannot be written: the folder {} does not exist",
            path.display(),
            folder.display()
        );
    }
    Ok(())
}

/// Removes this user's unfinished files whose writers were ended, from a folder that is about to be written to.
pub fn sweep(folder: &Path) {
    let Ok(Some(dir)) = Dir::find(folder) else {
        return;
    };
    for name in dir.names().unwrap_or_default() {
        if name.starts_with(PART.0) && name.ends_with(PART.1) && is_abandoned(&dir, &name) {
            let _ = dir.remove(&name);
        }
    }
}

/// Nobody holds its lock, and it is not so young that somebody may be about to take it.
fn is_abandoned(dir: &Dir, name: &str) -> bool {
    let Ok(Some(file)) = dir.file(name, false) else {
        return false;
    };
    let age = file.metadata().and_then(|data| data.modified());
    // One of a time to come was written before the clock was set back.
    let apart = |then: SystemTime| then.elapsed().unwrap_or_else(|error| error.duration());
    let old = age.is_ok_and(|then| apart(then) > Duration::from_secs(1));
    old && file.try_lock().is_ok()
}

/// The folder that holds `path`.
pub fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(p) if !p.as_os_str().is_empty() => p,
        _ => Path::new("."),
    }
}

/// A whole temporary file beside `target`, of its final mode; it goes when it is dropped.
fn temporary(
    target: &Path,
    bytes: &[u8],
    mode: impl Fn(&Path) -> io::Result<Option<Permissions>>,
) -> Result<NamedTempFile> {
    let mut file = part(folder(target))?;
    file.write_all(bytes)?;
    let mode = match fs::symlink_metadata(target) {
        Ok(old) => {
            ensure!(old.is_file(), "it is not an ordinary file");
            Some(old.permissions())
        }
        Err(_) => mode(folder(target))?,
    };
    settle(&file, mode)?;
    Ok(file)
}

/// A file that was written to a [`part`] appears under its name, as any program's new file.
///
/// # Errors
/// An existing file unless `replace`, and what the file system says.
pub fn finish(part: NamedTempFile, target: &Path, replace: bool) -> io::Result<()> {
    settle(&part, usual_mode(folder(target))?)?;
    place(part, target, replace)
}

/// All of a file is on the disk, and who may read it may do so.
fn settle(file: &NamedTempFile, mode: Option<Permissions>) -> io::Result<()> {
    if let Some(mode) = mode {
        file.as_file().set_permissions(mode)?;
    }
    file.as_file().sync_all()
}

fn place(part: NamedTempFile, target: &Path, replace: bool) -> io::Result<()> {
    match replace {
        true => part.persist(target)?,
        false => part.persist_noclobber(target)?,
    };
    Ok(())
}

/// The mode of any program's new file in a folder, the umask permitting: that of one that is made and
/// goes again.
fn usual_mode(folder: &Path) -> io::Result<Option<Permissions>> {
    let mut builder = Builder::new();
    builder.prefix(PART.0).suffix(PART.1);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(Permissions::from_mode(0o666));
    }
    let probe = builder.tempfile_in(folder)?;
    Ok(Some(probe.as_file().metadata()?.permissions()))
}

/// An empty unfinished file in a folder, for its owner's eyes only, which [`sweep`] leaves alone while it is
/// open; it goes when it is dropped.
///
/// # Errors
/// What the file system says.
pub fn part(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    let file = (builder.prefix(PART.0).suffix(PART.1)).tempfile_in(folder)?;
    // So that `sweep` knows that somebody is at it; a file system without locks has no sweeping.
    let _ = file.as_file().lock();
    Ok(file)
}

/// Held while files are put in their place, so that who ends the process can wait for that.
pub fn writing() -> MutexGuard<'static, ()> {
    static WRITING: Mutex<()> = Mutex::new(());
    WRITING.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn only_the_owner_may_read_a_file_until_it_is_whole() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let mut part = part(folder.path())?;
        part.write_all(b"half")?;
        let mode = |path: &Path| fs::metadata(path).map(|data| data.permissions().mode() & 0o777);
        assert_eq!(mode(part.path())?, 0o600, "while it is written");
        let target = folder.path().join("whole");
        finish(part, &target, false)?;
        let other = folder.path().join("other");
        fs::write(&other, "as any program writes it")?;
        assert_eq!(mode(&target)?, mode(&other)?, "when it is whole");
        Ok(())
    }
}
