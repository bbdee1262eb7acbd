//! The command as people and scripts use it.

use image::ImageFormat;

use crate::support::pictures;
use crate::support::program::{self, Place};

fn photo() -> Place {
    Place::new().with("photo.png", pictures::file(ImageFormat::Png))
}

fn printed(line: &[&str]) -> String {
    let output = Place::new()
        .command()
        .args(line)
        .output()
        .expect("it starts");
    assert!(output.status.success(), "{line:?}: {}", output.status);
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn the_short_help_fits_a_screen_and_the_long_one_has_the_commands() {
    let short = printed(&["--help"]);
    assert!(
        short.lines().count() <= 23,
        "a screen has 24 lines:\n{short}"
    );
    for line in short.lines() {
        assert!(line.chars().count() <= 80, "wider than a screen: {line}");
    }
    let long = printed(&["help"]);
    for text in [
        "gen3d cache",
        "gen3d forget",
        "gen3d model",
        "completions",
        "man",
        "Exit codes",
    ] {
        assert!(long.contains(text), "'gen3d help' must explain {text}");
    }
}

#[test]
fn completions_and_the_manual_page_are_printed() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = printed(&["completions", shell]);
        assert!(
            script.contains("preview"),
            "{shell} must complete --preview:\n{script}"
        );
    }
    let page = printed(&["man"]);
    assert!(
        page.starts_with(".ie") && page.contains("preview"),
        "no manual page:\n{page}"
    );
    assert!(printed(&["--version"]).starts_with("gen3d "));
}

#[test]
fn one_line_of_json_tells_all() {
    let place = photo();
    let line = place.makes(&["photo.png", "-o", "out.glb", "--json", "--seed", "3"]);
    assert_eq!(line.lines().count(), 1, "one result, one line: {line}");
    let report: serde_json::Value = serde_json::from_str(&line).expect("JSON");
    assert_eq!(report["seed"], 3);
    assert_eq!(report["cutout"], "background");
    assert_eq!(report["device"], "cpu");
    assert_eq!(report["model"]["sha256"].as_str().map(str::len), Some(64));
    let parts = report["parts"].as_array().expect("parts");
    let sum: u64 = parts.iter().filter_map(|p| p["triangles"].as_u64()).sum();
    assert!(
        sum > 0 && report["triangles"] == sum,
        "triangles of the parts sum up: {line}"
    );
    for stage in [
        "weights",
        "input",
        "cutout",
        "condition",
        "denoise",
        "surface",
        "export",
    ] {
        assert!(
            report["seconds"][stage].is_f64(),
            "no seconds for {stage}: {line}"
        );
    }
    if cfg!(target_os = "linux") {
        let peak = report["peak_memory_bytes"].as_u64();
        assert!(
            peak.is_some_and(|bytes| bytes > 1 << 20),
            "peak memory: {peak:?}"
        );
    }
}

#[test]
fn the_file_holds_the_parts_that_were_reported() {
    let place = photo();
    let line = place.makes(&["photo.png", "-o", "out.glb", "--json", "--height", "50mm"]);
    let report: serde_json::Value = serde_json::from_str(&line).expect("JSON");
    let told: Vec<&str> = (report["parts"].as_array().expect("parts").iter())
        .filter_map(|part| part["name"].as_str())
        .collect();
    let (document, buffers, _) =
        gltf::import(place.path("out.glb")).expect("a GLB that can be read");
    let nodes: Vec<&str> = (document.nodes())
        .filter(|node| node.mesh().is_some())
        .filter_map(|node| node.name())
        .collect();
    assert_eq!(nodes, told, "a named node a part");
    let mut heights = (f32::MAX, f32::MIN);
    // A part's points lie around its node, which lies in that of the part that it goes with.
    let scene = document.default_scene().expect("a scene");
    let mut open: Vec<_> = scene.nodes().map(|node| (node, 0.0)).collect();
    while let Some((node, above)) = open.pop() {
        let height = above + node.transform().decomposed().0[1];
        open.extend(node.children().map(|child| (child, height)));
        for primitive in node.mesh().iter().flat_map(|mesh| mesh.primitives()) {
            let reader = primitive.reader(|buffer| Some(&buffers[buffer.index()]));
            for [_, y, _] in reader.read_positions().expect("positions") {
                heights = (heights.0.min(y + height), heights.1.max(y + height));
            }
        }
    }
    assert!(
        heights.0.abs() < 1e-4 && (heights.1 - 0.05).abs() < 1e-4,
        "50 mm tall, standing on the origin's plane, not {heights:?}"
    );
}

#[test]
fn the_same_seed_gives_the_same_bytes_at_any_number_of_threads() {
    let place = photo();
    let bytes = |flags: &[&str]| {
        place.makes(&[&["photo.png", "-o", "out.glb"], flags].concat());
        std::fs::read(place.path("out.glb")).expect("the figurine")
    };
    let one = bytes(&["--threads", "1"]);
    assert!(one == bytes(&["--threads", "2"]), "threads must not matter");
    assert!(
        one != bytes(&["--seed", "1"]),
        "another seed, another figurine"
    );
}

#[test]
fn a_file_is_replaced_unless_no_clobber_says_otherwise() {
    let place = photo().with("out.glb", "old");
    place.refuses(
        &["photo.png", "-o", "out.glb", "--no-clobber"],
        1,
        &["out.glb", "may not be replaced"],
    );
    assert_eq!(
        std::fs::read(place.path("out.glb")).expect("the old file"),
        b"old"
    );
    place.makes(&["photo.png", "-o", "out.glb"]);
    let new = std::fs::read(place.path("out.glb")).expect("the new file");
    assert!(new.starts_with(b"glTF"), "the old file must be replaced");
    assert_eq!(
        place.names(),
        ["out.glb", "photo.png"],
        "nothing else is left"
    );
}

#[test]
fn only_keeps_the_parts_asked_for() {
    let place = photo();
    let all = place.makes(&["photo.png", "-o", "all.glb", "--json"]);
    let all: serde_json::Value = serde_json::from_str(&all).expect("JSON");
    let first = all["parts"][0]["name"].as_str().expect("a part").to_owned();
    let some = place.makes(&["photo.png", "-o", "some.glb", "--json", "--only", &first]);
    let some: serde_json::Value = serde_json::from_str(&some).expect("JSON");
    assert_eq!(some["parts"].as_array().map(Vec::len), Some(1));
    assert_eq!(some["parts"][0]["name"], first.as_str());
}

#[test]
fn every_format_and_the_preview_are_written() {
    let place = photo();
    place.makes(&["photo.png", "-o", "out.gltf", "--preview", "look.png"]);
    place.makes(&["photo.png", "-o", "out.obj", "--quiet"]);
    let names = place.names();
    for name in ["out.gltf", "out.bin", "out.obj", "out.mtl", "look.png"] {
        assert!(
            names.contains(&name.to_owned()),
            "{name} is missing: {names:?}"
        );
    }
    let look = image::open(place.path("look.png"))
        .expect("a picture")
        .into_rgb8();
    let first = look.get_pixel(0, 0);
    assert!(
        look.pixels().any(|p| p != first),
        "the preview shows nothing"
    );
}

#[test]
fn a_bad_photo_does_not_stop_a_batch() {
    let place = Place::new();
    std::fs::create_dir(place.path("photos")).expect("a folder");
    for (name, bytes) in [
        ("a.png", pictures::file(ImageFormat::Png)),
        ("b.png", b"no picture".to_vec()),
        ("c.jpg", pictures::file(ImageFormat::Jpeg)),
    ] {
        std::fs::write(place.path("photos").join(name), bytes).expect("a photo");
    }
    let output = place.make(&["photos", "-o", "made", "--json"]);
    assert_eq!(output.status.code(), Some(1), "one of three failed");
    let lines: Vec<serde_json::Value> = (String::from_utf8_lossy(&output.stdout).lines())
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(lines.len(), 3, "one line a photo");
    assert!(
        lines[1]["error"]["message"]
            .as_str()
            .is_some_and(|e| e.contains("b.png"))
    );
    assert!(place.path("made/a.glb").is_file() && place.path("made/c.glb").is_file());
    assert!(!place.path("made/b.glb").exists());
}

#[test]
fn quiet_is_quiet() {
    let output = photo().make(&["photo.png", "-o", "out.glb", "--quiet"]);
    assert!(output.status.success());
    assert!(
        output.stdout.is_empty() && output.stderr.is_empty(),
        "{output:?}"
    );
}

#[test]
fn a_mask_decides_what_the_subject_is() {
    let mask = image::GrayImage::from_fn(120, 160, |_, y| [if y < 75 { 255 } else { 0 }].into());
    let place = photo().with("mask.png", pictures::encode(&mask.into(), ImageFormat::Png));
    let line = [
        "photo.png",
        "-o",
        "o.glb",
        "--mask",
        "mask.png",
        "--debug-dir",
        "d",
        "--json",
    ];
    let report: serde_json::Value = serde_json::from_str(&place.makes(&line)).expect("JSON");
    assert_eq!(report["cutout"], "mask");
    let cutout = image::open(place.path("d/o-cutout.png"))
        .expect("a cut-out")
        .into_rgba8();
    assert_eq!(
        (cutout.get_pixel(60, 40)[3], cutout.get_pixel(60, 100)[3]),
        (255, 0)
    );
}

#[test]
fn an_example_picture_becomes_a_figurine_by_the_weights_inside() {
    let examples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut pictures: Vec<_> = (examples.read_dir().expect("the examples"))
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "png" || e == "jpg"))
        .collect();
    pictures.sort();
    let picture = pictures.first().expect("an example picture");
    let place = Place::new();
    let output = (place.command())
        .arg(picture)
        .args(["-o", "out.glb", "--preview", "look.png", "--json"])
        .output()
        .expect("it starts");
    let report: serde_json::Value = serde_json::from_str(&program::printed(&output)).expect("JSON");
    let names: Vec<&str> = (report["parts"].as_array().expect("parts").iter())
        .filter_map(|part| part["name"].as_str())
        .collect();
    for name in ["base", "legs", "torso", "head"] {
        assert!(
            names.contains(&name),
            "a figure has a {name}; this one has {names:?}"
        );
    }
    assert!(place.path("look.png").is_file());
    let plain = (place.command())
        .arg(picture)
        .args([
            "-o",
            "plain.glb",
            "--detail",
            "off",
            "--steps",
            "9",
            "--seed",
            "5",
        ])
        .output()
        .expect("it starts");
    let told = String::from_utf8_lossy(&plain.stderr).into_owned();
    assert!(plain.status.success(), "{told}");
    assert!(
        told.contains("--seed, --steps: nothing to do"),
        "one photo alone takes no steps and no chance, which must be told: {told}"
    );
    let bytes = |name: &str| std::fs::read(place.path(name)).expect("a figurine");
    assert_ne!(
        bytes("out.glb"),
        bytes("plain.glb"),
        "--detail off leaves the relief away"
    );
}

#[test]
fn split_says_how_many_files_there_are() {
    for format in ["stl", "obj"] {
        let place = photo();
        let output = format!("out.{format}");
        let texture = if format == "stl" { "off" } else { "64" };
        let said = place.makes(&["photo.png", "-o", &output, "--split", "--texture", texture]);
        let names = place.names();
        let made = || names.iter().filter(|name| name.starts_with("out."));
        let parts = made().filter(|name| name.ends_with(&output[3..])).count();
        let words = format!(" and {} more files: {parts} parts", made().count() - 1);
        assert!(parts > 1, "a file a part: {names:?}");
        assert!(said.contains(&words), "{names:?} are told as {said}");
    }
}

#[test]
fn inspect_exits_with_what_it_found() {
    let tetrahedron =
        "v 0 0 0\nv 0.1 0 0\nv 0 0.1 0\nv 0 0 0.1\nf 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n";
    let open = tetrahedron.replace("f 2 3 4\n", "");
    let place = Place::new()
        .with("whole.obj", tetrahedron)
        .with("open.obj", open)
        .with("broken.obj", "f 1 2 3");
    let run = |line: &[&str]| {
        let run = place.command().arg("inspect").args(line).output();
        run.expect("the program can be started")
    };
    for (name, code) in [("whole.obj", 0), ("open.obj", 1), ("broken.obj", 1)] {
        let output = run(&[name]);
        assert_eq!(output.status.code(), Some(code), "{name}: {output:?}");
    }
    let json = program::printed(&run(&["whole.obj", "--json"]));
    let found: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(found["prints"], true, "{json}");
    assert_eq!(found["parts"][0]["closed"], true, "{json}");
    assert_eq!(
        run(&[]).status.code(),
        Some(2),
        "without a file there is nothing to look at"
    );
}

#[test]
fn a_plinth_and_a_scale_are_made() {
    let place = photo();
    place.makes(&[
        "photo.png",
        "-o",
        "out.glb",
        "--base",
        "hex",
        "--scale",
        "28mm",
        "--json",
    ]);
    let look = (place.command())
        .args(["inspect", "out.glb", "--json"])
        .output()
        .expect("it starts");
    let found: serde_json::Value = serde_json::from_slice(&look.stdout).expect("JSON");
    let parts = found["parts"].as_array().expect("parts");
    assert_eq!(parts[0]["name"], "base", "it has a plinth: {found}");
    for part in parts {
        let good = part["closed"] == true && part["manifold"] == true;
        assert!(good, "closed, whatever the weights: {part}");
    }
}

#[test]
fn filaments_are_painted_and_told() {
    let place = photo();
    let line = ["photo.png", "-o", "out.3mf", "--filaments", "3"];
    let output = place.make(&[&line[..], &["--json"]].concat());
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let filaments = report["filaments"].as_array().expect("filaments");
    assert!((1..=3).contains(&filaments.len()), "{report}");
    let told = String::from_utf8_lossy(&output.stderr);
    for (i, filament) in filaments.iter().enumerate() {
        let colour = filament["colour"].as_str().expect("a colour");
        let words = format!("{} {colour} ", i + 1);
        assert!(told.contains(&words), "'{words}' is to be told: {told}");
    }
    let bytes = std::fs::read(place.path("out.3mf")).expect("the figurine");
    place.makes(&line);
    let again = std::fs::read(place.path("out.3mf")).expect("the figurine");
    assert!(bytes == again, "the same flags, the same file");
    let none = place.makes(&["photo.png", "-o", "plain.3mf", "--json"]);
    assert!(!none.contains("filaments"), "{none}");
    place.refuses(
        &["photo.png", "-o", "no.glb", "--filaments", "3"],
        2,
        &["--filaments", ".3mf"],
    );
    for count in ["1", "16", "x"] {
        let line = ["photo.png", "-o", "no.3mf", "--filaments", count];
        place.refuses(&line, 2, &["--filaments"]);
    }
}
