//! Writing aside: a file appears under its name when it is whole, or not at all.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use tempfile::NamedTempFile;

/// How the names of unfinished files begin and end.
const PART: (&str, &str) = (".gen3d-", ".part");

/// Writes all `files` so that either every one is there, whole, or none is and what was there
/// before is untouched. The first is renamed last: who sees it can read the others.
///
/// # Errors
/// A path that is a folder or whose folder is missing, an existing file unless `replace`, and what
/// the file system says, with the path.
pub fn write_all(files: &[(PathBuf, Vec<u8>)], replace: bool) -> Result<()> {
    for (path, _) in files {
        check(path, replace)?;
    }
    let mut ready = Vec::new();
    for (path, bytes) in files {
        let target = real_path(path);
        let temporary = aside(&target, bytes)
            .with_context(|| format!("{} cannot be written", path.display()))?;
        ready.push((temporary, target));
    }
    let mut made: Vec<PathBuf> = Vec::new();
    while let Some((temporary, target)) = ready.pop() {
        let existed = target.exists();
        let done = if replace {
            temporary.persist(&target)
        } else {
            temporary.persist_noclobber(&target)
        };
        if let Err(e) = done {
            for path in made {
                let _ = fs::remove_file(path); // a side file of a file that did not come about
            }
            return Err(e.error).with_context(|| format!("{} cannot be written", target.display()));
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
    let folder = folder(path);
    if !folder.is_dir() {
        bail!(
            "{} cannot be written: the folder {} does not exist",
            path.display(),
            folder.display()
        );
    }
    Ok(())
}

/// Removes unfinished files whose writers were ended, from a folder that is about to be written to.
pub fn sweep(folder: &Path) {
    for file in folder.read_dir().into_iter().flatten().flatten() {
        let name = file.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(PART.0) && name.ends_with(PART.1) && is_abandoned(&file.path()) {
            let _ = fs::remove_file(file.path());
        }
    }
}

/// Nobody holds its lock, and it is not so young that somebody may be about to take it.
fn is_abandoned(path: &Path) -> bool {
    let Ok(file) = fs::File::open(path) else {
        return false;
    };
    let age = file.metadata().and_then(|data| data.modified());
    let old = age.is_ok_and(|then| then.elapsed().is_ok_and(|age| age > Duration::from_secs(1)));
    old && file.try_lock().is_ok()
}

/// Where a link leads, so that the file is replaced and not the link.
fn real_path(path: &Path) -> PathBuf {
    if path.is_symlink() {
        fs::canonicalize(path).unwrap_or_else(|_| path.into())
    } else {
        path.into()
    }
}

/// The folder that holds `path`.
pub fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(p) if !p.as_os_str().is_empty() => p,
        _ => Path::new("."),
    }
}

/// A whole temporary file beside `target`; it goes when it is dropped.
fn aside(target: &Path, bytes: &[u8]) -> Result<NamedTempFile> {
    let mut file = part(folder(target))?;
    file.write_all(bytes)?;
    if let Ok(old) = fs::metadata(target) {
        if !old.is_file() {
            return Err(anyhow!("it is not an ordinary file"));
        }
        file.as_file().set_permissions(old.permissions())?;
    }
    file.as_file().sync_all()?;
    Ok(file)
}

/// An empty unfinished file in a folder, which [`sweep`] leaves alone while it is open; it goes when it
/// is dropped.
///
/// # Errors
/// What the file system says.
pub fn part(folder: &Path) -> std::io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PART.0).suffix(PART.1);
    #[cfg(unix)]
    {
        // As any program's new file, the umask permitting; not the secret mode of temporary files.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let file = builder.tempfile_in(folder)?;
    // So that `sweep` knows that somebody is at it; a file system without locks has no sweeping.
    let _ = file.as_file().lock();
    Ok(file)
}

/// Held while files are put in their place, so that who ends the process can wait for that.
pub fn writing() -> MutexGuard<'static, ()> {
    static WRITING: Mutex<()> = Mutex::new(());
    WRITING.lock().unwrap_or_else(PoisonError::into_inner)
}
