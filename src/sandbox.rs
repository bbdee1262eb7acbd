//! No network for this process, by the kernel's word and not only by the lack of code for it.
//!
//! On Linux a seccomp filter refuses to make sockets, on every thread and for every child, and it
//! cannot be taken off again; `io_uring`, which could make sockets past the filter, is refused with
//! it. Elsewhere nothing is done, and [`network`] says so.

use std::sync::OnceLock;

use anyhow::Result;
use serde::Serialize;

/// Whether this process could reach a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Network {
    /// The kernel refuses it every socket.
    Denied,
    /// Nothing but the lack of network code keeps it off.
    NotDenied,
}

static NETWORK: OnceLock<Network> = OnceLock::new();

/// Denies the network to all threads of this process for the rest of its life, and asks the system
/// never to write its memory, with the picture in it, to a core file. To be called before anything
/// is read.
///
/// # Errors
/// A Linux kernel that refuses the filter. The process can go on: it has no network code.
pub fn close() -> Result<Network> {
    let network = system::close()?;
    Ok(*NETWORK.get_or_init(|| network))
}

/// What [`close`] achieved.
pub fn network() -> Network {
    NETWORK.get().copied().unwrap_or(Network::NotDenied)
}

#[cfg(target_os = "linux")]
mod system {
    use std::collections::BTreeMap;

    use anyhow::{Context, Result};
    use seccompiler::{
        BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
        SeccompRule, TargetArch, apply_filter_all_threads,
    };

    use super::Network;

    /// Bit of a system call's number in the second table that x86-64 kernels may have.
    #[cfg(target_arch = "x86_64")]
    const X32: i64 = 0x4000_0000;

    pub fn close() -> Result<Network> {
        // Where this fails the program works as well, and the README promises nothing of it.
        let _ = nix::sys::prctl::set_dumpable(false);
        let program = filter().context("the network filter cannot be made")?;
        // Sets no_new_privs too, or a program with more rights could be started without the filter.
        apply_filter_all_threads(&program).context("the kernel takes no network filter")?;
        Ok(Network::Denied)
    }

    fn filter() -> Result<BpfProgram> {
        let mut rules = BTreeMap::from([
            (libc::SYS_socket, sockets()?),
            (libc::SYS_io_uring_setup, Vec::new()), // no condition: always
        ]);
        #[cfg(target_arch = "x86_64")]
        for (call, rule) in rules.clone() {
            rules.insert(call | X32, rule);
        }
        let filter = SeccompFilter::new(
            rules,
            SeccompAction::Allow,
            SeccompAction::Errno(libc::EPERM as u32),
            TargetArch::try_from(std::env::consts::ARCH)?,
        )?;
        Ok(filter.try_into()?)
    }

    /// The sockets that are refused: all, but for builds with CUDA, whose driver talks to its own
    /// services on this machine through those of the family `AF_UNIX`.
    fn sockets() -> Result<Vec<SeccompRule>> {
        if !cfg!(feature = "cuda") {
            return Ok(Vec::new());
        }
        let family = SeccompCondition::new(
            0,
            SeccompCmpArgLen::Dword,
            SeccompCmpOp::Ne,
            libc::AF_UNIX as u64,
        )?;
        Ok(vec![SeccompRule::new(vec![family])?])
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use super::Network;

    pub fn close() -> anyhow::Result<Network> {
        Ok(Network::NotDenied)
    }
}
