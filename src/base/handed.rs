//! What a process is handed open: its standard input, and what a shell's `<(...)` leads to.
//!
//! It is read where it is open already. Its name leads nowhere once the process has closed what it inherited, or
//! may open no more files.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{IsTerminal, Read};
use std::path::Path;
use std::sync::Mutex;

use anyhow::{Context, Result, bail};

use super::progress::lock;

/// What [`take`] opened, by the number in its name.
static TAKEN: Mutex<Vec<(u32, File)>> = Mutex::new(Vec::new());

/// The number of the open file that a path means: `-` is standard input.
pub fn number(path: &Path) -> Option<u32> {
    let text = path.to_str()?;
    if matches!(text, "-" | "/dev/stdin") {
        return Some(0);
    }
    let number = ["/dev/fd/", "/proc/self/fd/"]
        .iter()
        .find_map(|folder| text.strip_prefix(folder));
    number?.parse().ok().filter(|_| cfg!(unix))
}

/// Whether a path means standard output.
pub fn is_output(path: &Path) -> bool {
    path == Path::new("/dev/stdout") || number(path) == Some(1) || path == Path::new("-")
}

/// Opens what these arguments name of what the process inherited, so that it can be read when all else that was
/// inherited is closed; gives the descriptors that must stay open for that.
pub fn take(arguments: impl Iterator<Item = OsString>) -> Vec<i32> {
    let mut taken = lock(&TAKEN);
    let mut kept = Vec::new();
    for argument in arguments {
        let Some(number) = number(value(&argument)).filter(|&number| number > 2) else {
            continue;
        };
        if let Some(file) = system::open(number) {
            kept.extend(system::descriptor(&file));
            taken.push((number, file));
        }
    }
    kept
}

/// What follows `=` in a flag, or the argument itself.
fn value(argument: &OsStr) -> &Path {
    let value = argument.to_str().and_then(|text| text.split_once('='));
    Path::new(value.map_or(argument, |(_, value)| OsStr::new(value)))
}

/// What a path of this kind gives, from where nobody has read it yet; nothing for the path of a file.
///
/// # Errors
/// A terminal, which would be waited for, or something that is not open.
pub fn reader(path: &Path) -> Option<Result<Box<dyn Read>>> {
    Some(open(number(path)?))
}

fn open(number: u32) -> Result<Box<dyn Read>> {
    if number == 0 {
        let input = std::io::stdin();
        if input.is_terminal() {
            bail!(
                "standard input is a terminal: lead a file or a pipe there, as in 'cat photo.jpg | gen3d -'"
            );
        }
        return Ok(Box::new(input.lock()));
    }
    let taken = lock(&TAKEN);
    let file = taken.iter().find(|(taken, _)| *taken == number);
    let (_, file) = file.context("is not open in this process")?;
    let file = file.try_clone().context("cannot be read")?;
    Ok(Box::new(file))
}

#[cfg(unix)]
mod system {
    use std::fs::{File, OpenOptions};
    use std::os::fd::AsRawFd;
    use std::os::unix::fs::OpenOptionsExt;

    use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

    /// Opens a descriptor once more. A pipe whose writer is done already is not waited for, and its bytes are there.
    pub fn open(number: u32) -> Option<File> {
        let careful = OFlags::NONBLOCK | OFlags::NOCTTY;
        let mut options = OpenOptions::new();
        options
            .read(true)
            .custom_flags(careful.bits().cast_signed());
        let file = options.open(format!("/dev/fd/{number}")).ok()?;
        // From here on it is: who reads wants all of it.
        let flags = fcntl_getfl(&file).ok()?;
        fcntl_setfl(&file, flags - OFlags::NONBLOCK).ok()?;
        Some(file)
    }

    pub fn descriptor(file: &File) -> Option<i32> {
        Some(file.as_raw_fd())
    }
}

#[cfg(not(unix))]
mod system {
    use std::fs::File;

    pub fn open(_: u32) -> Option<File> {
        None
    }

    pub fn descriptor(_: &File) -> Option<i32> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_handed_open_is_told_from_files() {
        assert_eq!(number(Path::new("-")), Some(0));
        assert_eq!(number(Path::new("/dev/stdin")), Some(0));
        for file in ["./-", "-.png", "stdin", "/dev/fd", "/dev/fd/x", "dev/fd/3"] {
            assert_eq!(number(Path::new(file)), None, "{file}");
        }
        if cfg!(unix) {
            assert_eq!(number(Path::new("/dev/fd/63")), Some(63));
            assert_eq!(number(value(OsStr::new("--list=/dev/fd/63"))), Some(63));
        }
    }
}
