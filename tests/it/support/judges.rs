//! Other people's programs, which `.ci/judges` installs, asked about files that gen3d wrote. Where one is
//! missing that is told, and nobody looks at the files.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Where `.ci/judges` puts them: beside the folder that cargo gives to tests.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("judges")
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(name)
}

/// Runs a judge, which must find no fault; gives what it printed.
fn passes(judge: &mut Command) -> String {
    let run = judge.output().expect("it was there a moment ago");
    let said = [run.stdout, run.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    eprint!("{said}");
    assert!(
        run.status.success(),
        "a judge from outside found fault: {said}"
    );
    said
}

/// Shows `.glb` and `.gltf` files to the Khronos validator, which may find no error and no warning.
pub fn khronos(files: &[PathBuf]) {
    let module = folder().join("node_modules/gltf-validator");
    if !module.is_dir() || Command::new("node").arg("--version").output().is_err() {
        return skip!(
            "no node, or no gltf-validator: .ci/judges installs them; glTF files were not validated"
        );
    }
    let mut node = Command::new("node");
    let said = passes(node.arg(script("validate.cjs")).arg(folder()).args(files));
    let content = said.matches(": 0 errors, 0 warnings").count();
    assert_eq!(content, files.len(), "all files were looked at: {said}");
}

/// Shows `.3mf` files to lib3mf in its strict mode, and others to trimesh: each mesh must be watertight.
pub fn printable(files: &[PathBuf]) {
    let python = folder().join("python/bin/python");
    let libraries = Command::new(&python)
        .args(["-c", "import lib3mf, trimesh"])
        .output();
    if !libraries.is_ok_and(|run| run.status.success()) {
        return skip!(
            "no trimesh, or no lib3mf: .ci/judges installs them; files for printers were not looked at"
        );
    }
    passes(Command::new(python).arg(script("print.py")).args(files));
}
