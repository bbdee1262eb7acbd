//! Four-sided faces straight from the grid: about as many as asked for, closed, and told.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use crate::support::program::Place;

/// The faces of an .obj, by the numbers of their vertices.
fn faces(text: &str) -> Vec<Vec<usize>> {
    let lines = text.lines().filter_map(|line| line.strip_prefix("f "));
    let number = |word: &str| word.split('/').next()?.parse().ok();
    lines
        .map(|line| line.split(' ').filter_map(number).collect())
        .collect()
}

#[test]
fn about_so_many_faces_have_four_sides_and_close_the_figurine() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let photo = fs::read(samples.join("twintails_cut.png")).expect("a sample picture");
    let place = Place::new().with("photo.png", photo);
    for wanted in [3000, 9000] {
        let quads = wanted.to_string();
        let mut command = place.command();
        command.args([
            "photo.png",
            "-o",
            "out.obj",
            "--quads",
            &quads,
            "--json",
            "--no-cache",
        ]);
        let output = command.output().expect("it starts");
        let line = crate::support::program::printed(&output);
        let report: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        let found = faces(&fs::read_to_string(place.path("out.obj")).expect("it was written"));
        let four = found.iter().filter(|face| face.len() == 4).count();
        assert_eq!(
            report["quads"]["four_sided"], four,
            "what is told is what is there"
        );
        assert_eq!(report["quads"]["three_sided"], found.len() - four);
        let share = four as f32 / found.len() as f32;
        assert!(share > 0.93, "{:.1} % have four sides", 100.0 * share);
        let off = found.len() as f32 / wanted as f32;
        assert!(
            (0.85..1.15).contains(&off),
            "{} faces of {wanted}",
            found.len()
        );
        let mut sides: HashMap<(usize, usize), i32> = HashMap::new();
        for face in &found {
            for k in 0..face.len() {
                let (a, b) = (face[k], face[(k + 1) % face.len()]);
                *sides.entry((a.min(b), a.max(b))).or_default() += if a < b { 1 } else { -1 };
            }
        }
        assert!(
            sides.values().all(|sum| *sum == 0),
            "every side has a face on both hands"
        );
    }
}

#[test]
fn ply_holds_them_too_and_is_sound_to_inspect() {
    let photo = crate::support::pictures::file(image::ImageFormat::Png);
    let place = Place::new().with("photo.png", photo);
    let mut command = place.command();
    command.args([
        "photo.png",
        "-o",
        "out.ply",
        "--quads",
        "2000",
        "--no-cache",
        "--solid",
    ]);
    command.args(["--steps", "2", "--device", "cpu", "--model"]);
    let output = command
        .arg(crate::support::program::model())
        .output()
        .expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    crate::support::program::printed(&output);
    assert!(
        said.contains("faces have four sides"),
        "the share is told: {said}"
    );
    let mut inspect = place.command();
    let found = inspect
        .args(["inspect", "out.ply", "--json"])
        .output()
        .expect("it starts");
    let found: serde_json::Value = serde_json::from_slice(&found.stdout).expect("JSON");
    assert!(
        found["triangles"].as_u64().is_some_and(|n| n > 2000),
        "read as triangles: {found}"
    );
}

#[test]
fn other_formats_and_a_grid_of_ones_own_are_refused() {
    let photo = crate::support::pictures::file(image::ImageFormat::Png);
    let place = Place::new().with("photo.png", photo);
    let run = |words: &[&str]| {
        let output = place.command().arg("photo.png").args(words).output();
        let output = output.expect("it starts");
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    let (code, said) = run(&["-o", "out.glb", "--quads", "2000"]);
    assert!(code == Some(2) && said.contains(".obj and .ply"), "{said}");
    let (code, said) = run(&["-o", "out.obj", "--quads", "2000", "--resolution", "64"]);
    assert!(code == Some(2) && said.contains("--resolution"), "{said}");
    let (code, said) = run(&["-o", "out.obj", "--quads", "12"]);
    assert!(code == Some(2) && said.contains("100"), "{said}");
}
