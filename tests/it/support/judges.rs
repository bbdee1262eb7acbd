//! Other people's programs, which `.ci/judges` installs, asked about files that gen3d wrote. Where one is
//! missing that is told, and nobody looks at the files.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Where `.ci/judges` puts them: beside the folder that cargo gives to tests.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("judges")
}

/// A script of `tests/`.
pub fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(name)
}

/// Runs a judge, which must find no fault; gives what it printed.
pub fn passes(judge: &mut Command) -> String {
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

/// Where pictures that programs draw of our files are kept, for people.
pub fn pictures() -> PathBuf {
    let pictures = folder().with_file_name("pictures");
    std::fs::create_dir_all(&pictures).expect("cargo's folder can be written to");
    pictures
}

/// The folder of node's modules, if this one is there; else it is said that `what` was left out.
pub fn node(module: &str, what: &str) -> Option<PathBuf> {
    let there = folder().join("node_modules").join(module).is_dir()
        && Command::new("node").arg("--version").output().is_ok();
    if !there {
        skip!("no node, or no {module}: .ci/judges installs them; {what}");
    }
    there.then(folder)
}

/// A Python that has Blender in it, if there is one: what `GEN3D_BLENDER_PYTHON` names, or what `.ci/judges` installs.
pub fn blender(what: &str) -> Option<PathBuf> {
    let named = std::env::var_os("GEN3D_BLENDER_PYTHON").map(PathBuf::from);
    let python = named.unwrap_or_else(|| folder().join("blender/bin/python"));
    let mut run = Command::new(&python);
    run.args(["-c", "import bpy; print('is there', flush=True)"]);
    // Blender as a module may crash at the end, when all is done.
    let there = (run.output()).is_ok_and(|run| run.stdout.starts_with(b"is there"));
    if !there {
        skip!(
            "no Blender: .ci/judges installs PyPI's bpy where it fits, GEN3D_BLENDER_PYTHON names another; {what}"
        );
    }
    there.then_some(python)
}

/// Begins a command line that has a screen, if that and the program are there.
pub fn display(program: &str, what: &str) -> Option<Command> {
    let there = Command::new(program).arg("--version").output().is_ok();
    let screen = Command::new("xvfb-run").args(["-a", "true"]).output();
    let there = there && screen.is_ok_and(|run| run.status.success());
    if !there {
        skip!("no {program}, or no xvfb-run: .ci/judges installs them; {what}");
    }
    there.then(|| {
        let mut command = Command::new("xvfb-run");
        command.args(["-a", "-s", "-screen 0 1280x800x24"]);
        command
    })
}

/// Shows `.glb` and `.gltf` files to the Khronos validator, which may find no error and no warning.
pub fn khronos(files: &[PathBuf]) {
    let Some(modules) = node("gltf-validator", "glTF files were not validated") else {
        return;
    };
    let mut node = Command::new("node");
    let said = passes(node.arg(script("validate.cjs")).arg(modules).args(files));
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

/// Shows `.usdz` files to Pixar's own library and its checker, which may find no fault: each figurine is so many millimetres
/// high, +Y up, and has so many parts.
pub fn usd(files: &[PathBuf], height: f32, parts: usize) {
    let python = folder().join("python/bin/python");
    let library = Command::new(&python).args(["-c", "import pxr"]).output();
    if !library.is_ok_and(|run| run.status.success()) {
        return skip!("no usd-core: .ci/judges installs it; .usdz files were not opened");
    }
    let mut judge = Command::new(python);
    judge
        .arg(script("usd.py"))
        .args([height.to_string(), parts.to_string()]);
    let said = passes(judge.args(files));
    assert_eq!(
        said.matches(": no fault").count(),
        files.len(),
        "all were looked at: {said}"
    );
}
