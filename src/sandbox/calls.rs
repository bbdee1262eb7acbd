//! System calls that the kernel refuses this process (seccomp), on every thread.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use libc::c_long;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, apply_filter_all_threads,
};

/// What is refused, and when; never an empty list of rules but for "always".
type Rules = BTreeMap<c_long, Vec<SeccompRule>>;

/// Refused whatever they are asked: nothing that this program does takes one of them.
const ALWAYS: &[c_long] = &[
    // sockets past the refused ones
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    // other programs
    libc::SYS_execve,
    libc::SYS_execveat,
    // other processes: their memory and what they have open
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_pidfd_send_signal,
    libc::SYS_kcmp,
    // other views of the file system, and files past their names
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_setns,
    libc::SYS_unshare,
    libc::SYS_open_by_handle_at,
    // what Landlock does not know: cutting a file off before Linux 6.2, and who may read one
    libc::SYS_truncate,
    libc::SYS_fchmodat,
    FCHMODAT2,
    libc::SYS_fchownat,
    libc::SYS_setxattr,
    libc::SYS_lsetxattr,
    libc::SYS_fsetxattr,
    libc::SYS_removexattr,
    libc::SYS_lremovexattr,
    libc::SYS_fremovexattr,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_chmod,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_chown,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_lchown,
    // doors into the kernel, and its keys
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_kexec_file_load,
    // it makes all that is readable executable
    libc::SYS_personality,
];

/// The same number on every architecture; too young for a name.
const FCHMODAT2: c_long = 452;

/// Bit of a system call's number in the second table that x86-64 kernels may have.
#[cfg(target_arch = "x86_64")]
const X32: c_long = 0x4000_0000;
/// Calls that have numbers of their own in that table, `execve` and `ptrace` among them.
#[cfg(target_arch = "x86_64")]
const X32_ALONE: std::ops::RangeInclusive<c_long> = 512..=547;

/// What CUDA's driver needs, and who does without it does not get: memory for the code that it makes,
/// and sockets of the family `AF_UNIX`, through which it talks to its own services on this machine.
const DRIVER: bool = cfg!(feature = "cuda");

/// Takes all of the above away, for good.
pub fn refuse() -> Result<()> {
    let mut rules: Rules = ALWAYS.iter().map(|&call| (call, Vec::new())).collect();
    let sockets = match DRIVER {
        true => vec![rule(0, SeccompCmpOp::Ne, libc::AF_UNIX as u64)?],
        false => Vec::new(),
    };
    rules.insert(libc::SYS_socket, sockets.clone());
    rules.insert(libc::SYS_socketpair, sockets);
    // Keys typed into the terminal, which the shell behind it would obey.
    let typing: [u64; 2] = [libc::TIOCSTI as _, libc::TIOCLINUX as _]; // an int with some libraries
    let typing = typing.map(|request| rule(1, SeccompCmpOp::Eq, request));
    let typing = typing.into_iter().collect::<Result<_>>()?;
    rules.insert(libc::SYS_ioctl, typing);
    if !DRIVER {
        let both = (libc::PROT_WRITE | libc::PROT_EXEC) as u64;
        rules.insert(libc::SYS_mmap, vec![has(2, both)?]);
        let code = vec![has(2, libc::PROT_EXEC as u64)?];
        rules.insert(libc::SYS_mprotect, code.clone());
        rules.insert(libc::SYS_pkey_mprotect, code);
        rules.insert(libc::SYS_shmat, vec![has(2, libc::SHM_EXEC as u64)?]);
        rules.insert(libc::SYS_memfd_create, Vec::new());
    }
    #[cfg(target_arch = "x86_64")]
    {
        for (call, rule) in rules.clone() {
            rules.insert(call | X32, rule);
        }
        rules.extend(X32_ALONE.map(|call| (call | X32, Vec::new())));
    }
    // Sets no_new_privs too, or a program with more rights could be started without the filter.
    apply(rules)
}

/// Once the libraries are loaded no further file becomes code.
pub fn refuse_new_code() -> Result<()> {
    match DRIVER {
        true => Ok(()), // it loads more of itself
        false => apply(Rules::from([(
            libc::SYS_mmap,
            vec![has(2, libc::PROT_EXEC as u64)?],
        )])),
    }
}

fn apply(rules: Rules) -> Result<()> {
    let filter = || -> Result<BpfProgram> {
        let filter = SeccompFilter::new(
            rules,
            SeccompAction::Allow,
            SeccompAction::Errno(libc::EPERM as u32),
            TargetArch::try_from(std::env::consts::ARCH)?,
        )?;
        Ok(filter.try_into()?)
    };
    let program = filter().context("the filter of system calls cannot be made")?;
    apply_filter_all_threads(&program).context("the kernel takes no filter of system calls")
}

/// Refused where this argument compares so.
fn rule(argument: u8, compare: SeccompCmpOp, with: u64) -> Result<SeccompRule> {
    let condition = SeccompCondition::new(argument, SeccompCmpArgLen::Dword, compare, with)?;
    Ok(SeccompRule::new(vec![condition])?)
}

/// Refused where this argument has all of these bits.
fn has(argument: u8, bits: u64) -> Result<SeccompRule> {
    rule(argument, SeccompCmpOp::MaskedEq(bits), bits)
}
