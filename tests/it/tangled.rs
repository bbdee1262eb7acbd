//! A look at a small file costs seconds, however it is made, and its texts cannot command a terminal.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use crate::support::foreign::{glb, stl};

/// What a look may take here: the machine may be busy, and this program is not optimised in full.
const LONGEST: Duration = Duration::from_secs(60);

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    fn with(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).expect("a test's folder can be written to");
        path
    }
}

fn look(path: &Path) -> Output {
    let start = Instant::now();
    let output = Command::new(env!("CARGO_BIN_EXE_gen3d"))
        .arg("inspect")
        .arg(path)
        .output()
        .expect("the program can be started");
    let took = start.elapsed();
    assert!(took < LONGEST, "{} took {took:?}", path.display());
    output
}

fn said(output: &Output) -> String {
    let all = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8(all).expect("text")
}

#[test]
fn twenty_thousand_needles_through_one_place() {
    let needle = |i: u32| {
        let turn = i as f32 * 2.399_963;
        let rise = i as f32 / 10_000.0 - 1.0;
        let flat = (1.0 - rise * rise).max(0.0).sqrt();
        let [x, y, z] = [flat * turn.cos(), flat * turn.sin(), rise].map(|v| 50.0 * v);
        [[x, y, z], [-x, -y, -z], [-x + 0.1, -y + 0.1, -z + 0.1]]
    };
    let needles: Vec<_> = (0..20_000).map(needle).collect();
    let place = Place::new();
    let output = look(&place.with("needles.stl", stl(&needles)));
    let said = said(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("only in part"),
        "it must say that it stopped: {said}"
    );
}

#[test]
fn a_fan_of_fifty_thousand_triangles() {
    let rim = |i: usize| {
        let turn = std::f32::consts::TAU * (i % 50_000) as f32 / 50_000.0;
        [50.0 * turn.cos(), 50.0 * turn.sin(), 0.0]
    };
    let fan: Vec<_> = (0..50_000)
        .map(|i| [[0.0, 0.0, 20.0], rim(i), rim(i + 1)])
        .collect();
    let place = Place::new();
    let said = said(&look(&place.with("fan.stl", stl(&fan))));
    assert!(said.contains("50000 triangles, OPEN, manifold"), "{said}");
}

#[test]
fn a_mesh_that_twenty_thousand_nodes_show() {
    let nodes: Vec<String> = (0..20_000).map(|_| r#"{"mesh":0}"#.into()).collect();
    let numbers: Vec<String> = (0..20_000).map(|i| i.to_string()).collect();
    let points = 500_000;
    let json = format!(
        r#"{{"asset":{{"version":"2.0"}},"scene":0,"scenes":[{{"nodes":[{}]}}],"nodes":[{}],
        "buffers":[{{"byteLength":{length}}}],"bufferViews":[{{"buffer":0,"byteLength":{length}}}],
        "accessors":[{{"bufferView":0,"componentType":5126,"count":{points},"type":"VEC3"}},
        {{"bufferView":0,"componentType":5125,"count":3,"type":"SCALAR"}}],
        "meshes":[{{"primitives":[{{"attributes":{{"POSITION":0}},"indices":1}}]}}]}}"#,
        numbers.join(","),
        nodes.join(","),
        length = points * 12,
    );
    let mut binary = vec![0; points * 12];
    for (at, value) in [
        (4, 1u32),
        (8, 2),
        (16, 1.0f32.to_bits()),
        (32, 1.0f32.to_bits()),
    ] {
        binary[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }
    let place = Place::new();
    let said = said(&look(&place.with("nodes.glb", glb(&json, &binary))));
    assert!(said.contains("20000 parts"), "{said}");
}

#[test]
fn fifteen_megabytes_of_empty_nodes_are_refused() {
    let json = format!(
        r#"{{"asset":{{"version":"2.0"}},"nodes":[{}{{}}]}}"#,
        "{},".repeat(5_000_000)
    );
    let place = Place::new();
    let output = look(&place.with("nodes.glb", glb(&json, &[])));
    let said = said(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("more than 500000 objects"), "{said}");
}

#[test]
fn thousands_of_parts_all_over_each_other() {
    let mut text = String::new();
    for i in 0..5_000 {
        let shift = i as f32 * 1e-5;
        text += &format!("o part{i}\nv {shift} 0 0\nv 0.05 0 0\nv 0 0.05 0\nv 0 0 0.05\n");
        text += "f -4 -2 -3\nf -4 -3 -1\nf -4 -1 -2\nf -3 -2 -1\n";
    }
    let place = Place::new();
    let said = said(&look(&place.with("parts.obj", text)));
    assert!(
        said.contains("5000 parts") && said.lines().count() < 200,
        "{said}"
    );
}

#[test]
fn names_in_a_file_do_not_reach_the_terminal_as_commands() {
    let place = Place::new();
    let evil = "o a\u{1b}]0;PWN\u{7}\u{9b}2J\u{202e}b\nv 0 0 0\nv 0.1 0 0\nv 0 0.1 0\nf 1 2 3\n";
    let json = r#"{"asset":{"version":"2.0"},"nodes":[{"name":"\u001b]0;PWN\u0007","mesh":7}],"scenes":[{"nodes":[0]}]}"#;
    let mut files = vec![
        place.with("name.obj", evil),
        place.with("line.obj", "v \u{1b}]0;PWN\u{7}\n"),
        place.with("name.glb", glb(json, &[])),
        place.with("text.gltf", "{\"\u{1b}]0;PWN\u{7}"),
        place.with(
            "head.ply",
            "ply\nformat \u{1b}]0;PWN\u{7}\nproperty \u{1b}]0\n",
        ),
    ];
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/cases");
    for name in ["esc.glb", "esc.obj"] {
        match cases.join(name) {
            path if path.is_file() => files.push(path),
            path => skip!("{} is missing", path.display()),
        }
    }
    for path in files {
        for json in [false, true] {
            let mut program = Command::new(env!("CARGO_BIN_EXE_gen3d"));
            program
                .arg("inspect")
                .arg(&path)
                .args(json.then_some("--json"));
            let said = said(&program.output().expect("the program can be started"));
            let control = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
            assert!(
                !said.is_empty() && !said.contains(control),
                "{}: {said:?}",
                path.display()
            );
        }
    }
}
