//! What artists' programs make of our files: assimp, and Blender as a module of Python.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use crate::support::shapes::figurine;
use gen3d::export::{self, ExportOptions};
use gen3d::geometry::{Field, Figurine};
use gen3d::surface::assemble::{AssembleOptions, assemble};

static KNIGHT: LazyLock<Figurine> = LazyLock::new(|| {
    let fields = figurine();
    let fields: Vec<(String, &dyn Field)> = fields.iter().map(|(n, f)| (n.clone(), &**f)).collect();
    let options = AssembleOptions {
        resolution: 48,
        ..AssembleOptions::default()
    };
    let made = assemble(&fields, &options).expect("analytic fields cannot fail");
    made.figurine
});

fn write(folder: &tempfile::TempDir, name: &str) -> PathBuf {
    let path = folder.path().join(name);
    export::write(&path, &KNIGHT, &ExportOptions::default()).expect("it can be written");
    path
}

#[test]
fn assimp_shows_a_node_a_part_of_an_obj() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = write(&folder, "knight.obj");
    let Ok(run) = Command::new("assimp").arg("info").arg(&path).output() else {
        eprintln!("SKIPPED: assimp is missing; the OBJ was not opened in it");
        return;
    };
    let said = String::from_utf8_lossy(&run.stdout);
    let (_, nodes) = said
        .split_once("Node hierarchy:")
        .expect("assimp lists nodes");
    let name = |line: &str| {
        line.trim_start_matches(|c: char| !c.is_ascii_alphanumeric())
            .to_owned()
    };
    let nodes: Vec<String> = nodes
        .lines()
        .skip(2)
        .map(name)
        .filter(|name| !name.is_empty())
        .collect();
    assert_eq!(nodes.len(), KNIGHT.parts.len(), "one node a part: {said}");
    for part in &KNIGHT.parts {
        let is = |node: &&String| node.split(' ').next() == Some(&*part.name);
        assert_eq!(nodes.iter().filter(is).count(), 1, "{}: {said}", part.name);
    }
}

/// A Python that has Blender in it: the one that `GEN3D_BLENDER_PYTHON` names, or the system's.
fn blender() -> Option<PathBuf> {
    let named = std::env::var_os("GEN3D_BLENDER_PYTHON");
    let python = named.map_or(PathBuf::from("python3"), PathBuf::from);
    let run = Command::new(&python).args(["-c", "import bpy"]).output();
    run.is_ok_and(|out| out.status.success()).then_some(python)
}

#[test]
fn figures_stand_upright_in_blender_with_their_names() {
    let Some(python) = blender() else {
        eprintln!(
            "SKIPPED: no Blender; `pip install bpy` and name that Python in GEN3D_BLENDER_PYTHON to look there"
        );
        return;
    };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let files = ["knight.ply", "knight.obj", "knight.glb"].map(|name| write(&folder, name));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/blender.py");
    let mut run = Command::new(python);
    run.arg(script).args(&files).env("PYTHONWARNINGS", "ignore");
    let run = run.output().expect("it was run before");
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(
        run.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&run.stderr)
    );
    for name in ["knight.ply", "knight.obj", "knight.glb"] {
        let lines = said
            .lines()
            .filter_map(|line| line.strip_prefix(&format!("{name}: ")));
        let lines: Vec<&str> = lines.collect();
        let numbers = |line: &str| -> Vec<f64> {
            let words = line.split(' ').skip(1);
            words.map(|word| word.parse().expect("a number")).collect()
        };
        let heights = || lines.iter().map(|line| numbers(line));
        let low = heights().map(|n| n[0]).fold(f64::MAX, f64::min);
        let high = heights().map(|n| n[1]).fold(f64::MIN, f64::max);
        assert!(
            low.abs() < 1e-4 && (high - 0.1).abs() < 1e-4,
            "{name} stands: {said}"
        );
        if name != "knight.ply" {
            assert_eq!(
                lines.len(),
                KNIGHT.parts.len(),
                "{name}: an object a part: {said}"
            );
            for part in &KNIGHT.parts {
                let is = |line: &&&str| line.split(' ').next() == Some(&*part.name);
                assert_eq!(
                    lines.iter().filter(is).count(),
                    1,
                    "{name}: {}: {said}",
                    part.name
                );
            }
        }
    }
}
