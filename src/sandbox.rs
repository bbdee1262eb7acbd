//! What this process may do, by the kernel's word and not only by the lack of code for it.
//!
//! Decoders of pictures and weights are other people's code on an attacker's bytes. Should one of
//! them be taken over, it is to find a process that can do nothing but its work. On Linux that takes
//! three steps, of which none can be taken back:
//!
//! 1. [`drop_inherited`] closes what the program was started with beside its three standard streams.
//! 2. [`close`] refuses system calls with seccomp: sockets, other programs, other processes, doors into
//!    the kernel, and memory that is writable and code at once.
//! 3. [`confine`] leaves, with Landlock, only the files that this run needs, and lets no new code in.
//!
//! Elsewhere nothing is done, and [`network`] and [`file_access`] say so.

use std::path::PathBuf;
use std::sync::OnceLock;

use anyhow::Result;
use serde::Serialize;

#[cfg(target_os = "linux")]
mod calls;
#[cfg(target_os = "linux")]
mod files;

/// Whether this process could reach a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Network {
    /// The kernel refuses it every socket.
    Denied,
    /// Nothing but the lack of network code keeps it off.
    NotDenied,
}

/// Which files this process could open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FileAccess {
    /// Those that its run needs, and the kernel refuses all others.
    Confined,
    /// The same, by an older kernel that does not know every kind of access.
    PartlyConfined,
    /// All that its user can open.
    NotConfined,
}

/// The files and folders that a run needs; a folder stands for all that is below it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    /// To be read.
    pub read: Vec<PathBuf>,
    /// Folders in which files are made, replaced and removed.
    pub write: Vec<PathBuf>,
}

static NETWORK: OnceLock<Network> = OnceLock::new();
static FILES: OnceLock<FileAccess> = OnceLock::new();

/// Closes all descriptors but the three standard streams and those to be kept: what a careless parent left open is
/// not for this program. To be called first of all, before anything else is opened.
pub fn drop_inherited(keep: &[i32]) {
    system::drop_inherited(keep);
}

/// Denies the network, other programs and other processes to all threads of this process for the rest
/// of its life, and asks the system never to write its memory, with the picture in it, to a core file.
/// To be called before anything is read.
///
/// # Errors
/// A Linux kernel that refuses the filter. The process can go on: it has no network code.
pub fn close() -> Result<Network> {
    let network = system::close()?;
    Ok(*NETWORK.get_or_init(|| network))
}

/// Leaves this thread, and those that it starts, no files but these, for the rest of its life. What is
/// open stays open. To be called before any other thread is there and before a foreign file is read.
///
/// # Errors
/// There are other threads, which would not be confined, or a Linux kernel refuses what it should know.
pub fn confine(files: &Files) -> Result<FileAccess> {
    let access = system::confine(files)?;
    Ok(*FILES.get_or_init(|| access))
}

/// What [`close`] achieved.
pub fn network() -> Network {
    NETWORK.get().copied().unwrap_or(Network::NotDenied)
}

/// What [`confine`] achieved.
pub fn file_access() -> FileAccess {
    FILES.get().copied().unwrap_or(FileAccess::NotConfined)
}

#[cfg(target_os = "linux")]
mod system {
    use anyhow::{Context, Result, ensure};

    use super::{FileAccess, Files, Network, calls, files};

    /// Without `/proc` descriptors are tried one by one, up to here.
    const DESCRIPTORS: i32 = 4096;

    pub fn drop_inherited(keep: &[i32]) {
        let named = |entry: std::io::Result<std::fs::DirEntry>| {
            entry.ok()?.file_name().to_str()?.parse().ok()
        };
        // All are listed before the first is closed: the list itself is read through one of them.
        let open: Vec<i32> = match std::fs::read_dir("/proc/self/fd") {
            Ok(list) => list.filter_map(named).collect(),
            Err(_) => (0..DESCRIPTORS).collect(),
        };
        let inherited = |descriptor: &i32| *descriptor > 2 && !keep.contains(descriptor);
        for descriptor in open.into_iter().filter(inherited) {
            let _ = nix::unistd::close(descriptor); // that of the list is closed already
        }
    }

    pub fn close() -> Result<Network> {
        // Where this fails the program works as well, and the README promises nothing of it.
        let _ = nix::sys::prctl::set_dumpable(false);
        calls::refuse()?;
        Ok(Network::Denied)
    }

    pub fn confine(wanted: &Files) -> Result<FileAccess> {
        ensure!(
            threads() == 1,
            "other threads run already, and would stay free"
        );
        let access = files::confine(wanted).context("the files cannot be confined")?;
        calls::refuse_new_code()?;
        Ok(access)
    }

    fn threads() -> usize {
        std::fs::read_dir("/proc/self/task").map_or(1, Iterator::count)
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use super::{FileAccess, Files, Network};

    pub fn drop_inherited(_: &[i32]) {}

    pub fn close() -> anyhow::Result<Network> {
        Ok(Network::NotDenied)
    }

    pub fn confine(_: &Files) -> anyhow::Result<FileAccess> {
        Ok(FileAccess::NotConfined)
    }
}
