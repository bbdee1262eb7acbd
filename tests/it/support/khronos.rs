//! The Khronos validator, as the registry of npm has it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// The validator's folder, installed on first use; none where node or the registry is missing.
fn validator() -> Option<PathBuf> {
    static MAKING: Mutex<()> = Mutex::new(());
    let _alone = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("gltf-validator");
    if folder.join("node_modules/gltf-validator").is_dir() {
        return Some(folder);
    }
    fs::create_dir_all(&folder).ok()?;
    let npm = Command::new("npm")
        .args([
            "install",
            "--no-audit",
            "--no-fund",
            "--no-save",
            "gltf-validator@2.0.0-dev.3.10",
            "--prefix",
        ])
        .arg(&folder)
        .output();
    npm.is_ok_and(|out| out.status.success()).then_some(folder)
}

/// Has the files looked at, where no error and no warning may be found, or says loudly that nobody did.
pub fn check(files: &[PathBuf]) {
    let Some(validator) = validator() else {
        eprintln!(
            "SKIPPED: node, npm or the gltf-validator package is missing; the files were not validated"
        );
        return;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/validate.cjs");
    let run = Command::new("node")
        .arg(script)
        .arg(validator)
        .args(files)
        .output()
        .expect("npm is there, so is node");
    let said = String::from_utf8_lossy(&run.stdout) + String::from_utf8_lossy(&run.stderr);
    eprint!("{said}");
    assert!(run.status.success(), "the validator found fault: {said}");
    assert_eq!(
        said.matches(": 0 errors, 0 warnings").count(),
        files.len(),
        "all files were looked at: {said}"
    );
}
