//! The files that the kernel leaves this process (Landlock).

use std::path::{Path, PathBuf};

use anyhow::Result;
use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, Ruleset, RulesetAttr, RulesetCreatedAttr,
    RulesetStatus, Scope, make_bitflags, path_beneath_rules,
};

use super::{FileAccess, Files};

/// All that is asked for: files, TCP, and signals and abstract sockets of other processes (Linux 6.12).
/// An older kernel does what it knows of this.
const ASKED: ABI = ABI::V6;

/// What every run reads besides its own files: which processors are the fast ones.
const SYSTEM: [&str; 1] = ["/sys/devices/system/cpu"];

/// What CUDA's driver is given besides: its libraries, its devices, and what the system tells of them.
const DRIVER: [&str; 8] = [
    "/usr", "/lib", "/lib64", "/opt", "/etc", "/proc", "/sys", "/dev",
];

/// Leaves this thread and its children these files alone.
pub fn confine(files: &Files) -> Result<FileAccess> {
    let read = make_bitflags!(AccessFs::{ReadFile | ReadDir});
    let write =
        make_bitflags!(AccessFs::{WriteFile | Truncate | MakeReg | MakeDir | RemoveFile}) | read;
    let mut allowed: Vec<(PathBuf, BitFlags<AccessFs>)> = Vec::new();
    allowed.extend(SYSTEM.map(|path| (path.into(), read)));
    if cfg!(feature = "cuda") {
        allowed.extend(DRIVER.map(|path| (path.into(), read)));
        let libraries = std::env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
        allowed.extend(std::env::split_paths(&libraries).map(|path| (path, read)));
        let talk = make_bitflags!(AccessFs::{WriteFile | IoctlDev});
        allowed.push(("/dev".into(), read | talk));
    }
    allowed.extend(files.read.iter().map(|path| (path.clone(), read)));
    allowed.extend(files.write.iter().map(|path| (path.clone(), write)));
    restrict(&allowed)
}

fn restrict(allowed: &[(PathBuf, BitFlags<AccessFs>)]) -> Result<FileAccess> {
    let mut rules = Ruleset::default()
        .handle_access(AccessFs::from_all(ASKED))?
        .handle_access(AccessNet::from_all(ASKED))?
        .scope(Scope::from_all(ASKED))?
        .create()?;
    for (path, access) in allowed {
        // A path that is not there, or on which the kernel takes no rule, is one file less to be opened.
        for rule in path_beneath_rules([path as &Path], *access).flatten() {
            let _ = (&mut rules).add_rule(rule);
        }
    }
    Ok(match rules.restrict_self()?.ruleset {
        RulesetStatus::FullyEnforced => FileAccess::Confined,
        RulesetStatus::PartiallyEnforced => FileAccess::PartlyConfined,
        RulesetStatus::NotEnforced => FileAccess::NotConfined,
    })
}
