//! Printers get what they can print: other people's programs open the files and find no fault.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use gen3d::export;
use gen3d::export::{ExportOptions, Filaments, Unit, Up};
use gen3d::figure::print::drop_specks;
use gen3d::geometry::{Figurine, Mesh, Part};
use gen3d::inspect;
use gen3d::surface::union;
use glam::Vec3;

use crate::support::foreign::{SIDES, corners};
use crate::support::judges;
use crate::support::measure::{flaw, volume};
use crate::support::program::{Place, printed};
use crate::support::shapes::KNIGHT;

fn write(path: &Path, figurine: &Figurine, options: &ExportOptions) -> Vec<PathBuf> {
    export::write(path, figurine, options).expect("a sound figurine can be written")
}

#[test]
fn every_part_is_watertight_to_others() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let split = ExportOptions {
        split: true,
        ..ExportOptions::default()
    };
    let mut files = write(&folder.path().join("knight.stl"), &KNIGHT, &split);
    assert_eq!(files.len(), KNIGHT.parts.len(), "a file a part: {files:?}");
    assert!(
        files[0].ends_with("knight.base.stl"),
        "named after it: {files:?}"
    );
    let there = export::parts_there(&folder.path().join("knight.stl"));
    assert_eq!(there.len(), files.len(), "they are found again: {there:?}");
    files.extend(write(
        &folder.path().join("knight.glb"),
        &KNIGHT,
        &ExportOptions::default(),
    ));
    let ply = write(
        &folder.path().join("knight.ply"),
        &union::unite(&KNIGHT),
        &ExportOptions::default(),
    );
    files.extend(ply);
    judges::printable(&files);
}

#[test]
fn lib3mf_is_content_in_its_strict_mode() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let whole = write(
        &folder.path().join("knight.3mf"),
        &KNIGHT,
        &ExportOptions::default(),
    );
    let solid = write(
        &folder.path().join("solid.3mf"),
        &union::unite(&KNIGHT),
        &ExportOptions::default(),
    );
    // Bambu Studio's own attribute of a painted one has no namespace: see `tests/print.py`.
    let painted = write(
        &folder.path().join("painted.3mf"),
        &KNIGHT,
        &painted(&KNIGHT, 4),
    );
    judges::printable(&[whole, solid, painted].concat());
}

/// With its triangles painted in so many filaments.
fn painted(figurine: &Figurine, filaments: usize) -> ExportOptions {
    ExportOptions {
        height: 0.06,
        filaments: Some(Arc::new(Filaments::of(figurine, filaments))),
        ..ExportOptions::default()
    }
}

/// The slicer's G-code of a file, and what it said; none where it is missing.
fn slice(path: &Path, more: &[&str]) -> Option<(String, String)> {
    let name = path.file_name()?.to_string_lossy();
    let gcode = path.with_extension("gcode");
    let run = Command::new("prusa-slicer")
        .args(["--export-gcode", "--layer-height", "0.3", "--output"])
        .arg(&gcode)
        .args(more)
        .arg(path)
        .env("HOME", path.parent()?)
        .output();
    let Ok(run) = run else {
        skip!("prusa-slicer is missing: .ci/judges installs it; {name} was not sliced");
        return None;
    };
    let said = String::from_utf8_lossy(&run.stdout) + String::from_utf8_lossy(&run.stderr);
    eprintln!("{name}: {said}");
    assert!(run.status.success(), "{name} cannot be sliced: {said}");
    let made = std::fs::read_to_string(&gcode).expect("the G-code is there");
    Some((made, said.into_owned()))
}

#[test]
fn a_slicer_makes_gcode_without_repairs() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let options = ExportOptions {
        height: 0.06,
        ..ExportOptions::default()
    };
    // The blade is thinner than what comes out of a nozzle, at this height.
    let mut knight = KNIGHT.clone();
    knight.parts.retain(|part| part.name != "item_right");
    let solid = union::unite(&knight);
    let files = [
        ("parts.3mf", &knight),
        ("solid.3mf", &solid),
        ("parts.stl", &knight),
    ];
    for (name, figurine) in files {
        let path = folder.path().join(name);
        write(&path, figurine, &options);
        let Some((made, said)) = slice(&path, &[]) else {
            return;
        };
        for word in ["repair", "manifold", "open edges", "empty layer"] {
            assert!(
                !said.to_lowercase().contains(word),
                "{name} needs attention: {said}"
            );
        }
        let count = made.matches(";LAYER_CHANGE").count();
        assert!(count >= 190, "{name} has {count} layers of 0.3 mm");
    }
}

/// What the slicer says of a file; none where it is missing.
pub fn prusa(words: &[&str], path: &Path) -> Option<String> {
    let mut program = Command::new("prusa-slicer");
    let run = program.args(words).arg(path).env("HOME", path.parent()?);
    let Ok(run) = run.output() else {
        skip!("prusa-slicer is missing; nobody opened {}", path.display());
        return None;
    };
    let said = String::from_utf8_lossy(&run.stdout) + String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{said}");
    Some(said.into_owned())
}

/// What the slicer said of each object by that name.
pub fn numbers(said: &str, name: &str) -> Vec<f32> {
    let lines = said.lines().filter_map(|line| line.split_once(" ="));
    let values = lines.filter(|(word, _)| *word == name);
    values
        .map(|(_, value)| value.trim().parse().expect("a number"))
        .collect()
}

/// A text of a ZIP package.
pub fn packed(path: &Path, name: &str) -> String {
    let file = std::fs::File::open(path).expect("it was written");
    let mut package = zip::ZipArchive::new(file).expect("a ZIP package");
    let text = package.by_name(name).expect("the text is in it");
    std::io::read_to_string(text).expect("text")
}

#[test]
fn a_figure_opened_in_a_slicer_is_one_object_with_its_parts_in_place() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("knight.3mf");
    let options = ExportOptions {
        height: 0.075,
        ..ExportOptions::default()
    };
    write(&path, &KNIGHT, &options);
    let Some(said) = prusa(&["--info"], &path) else {
        return;
    };
    let number = |name: &str| numbers(&said, name);
    let size = number("size_z");
    assert_eq!(size.len(), 1, "one object: {said}");
    assert!((size[0] - 75.0).abs() < 0.01, "of 75 mm: {said}");
    assert!(number("min_z")[0].abs() < 0.01, "on the bed: {said}");
    assert!(said.contains("manifold = yes"), "{said}");
    // What it would save says what it understood.
    let saved = folder.path().join("saved.3mf");
    let words = ["--export-3mf", "--output", &saved.to_string_lossy()];
    prusa(&words, &path).expect("it was there before");
    let volumes = packed(&saved, "Metadata/Slic3r_PE_model.config");
    assert_eq!(volumes.matches("<object ").count(), 1, "{volumes}");
    assert_eq!(
        volumes.matches("<volume ").count(),
        KNIGHT.parts.len(),
        "{volumes}"
    );
    for part in &KNIGHT.parts {
        let name = format!(r#"key="name" value="{}""#, part.name);
        assert!(
            volumes.contains(&name),
            "{} is a volume: {volumes}",
            part.name
        );
    }
    assert_eq!(
        volumes.matches(r#"value="ModelPart""#).count(),
        KNIGHT.parts.len()
    );
    assert!(
        !volumes.contains(r#"edges_fixed="1"#),
        "nothing was repaired: {volumes}"
    );
}

#[test]
fn an_stl_opened_in_a_slicer_keeps_every_triangle() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("knight.stl");
    let mut knight = KNIGHT.clone();
    drop_specks(&mut knight);
    write(&path, &knight, &ExportOptions::default());
    let bytes = std::fs::read(&path).expect("it was written");
    let count = u32::from_le_bytes(bytes[80..84].try_into().expect("four bytes"));
    let options = inspect::Options {
        height: None,
        unit: None,
        wall: 0.4,
    };
    let found = inspect::inspect(&path, &options).expect("it can be read");
    let part = &found.parts[0];
    assert_eq!(part.triangles, count as usize, "{found}");
    assert!(
        part.manifold && !part.touching,
        "no wall is doubled: {found}"
    );
    assert_eq!((part.inner_walls, part.repeated), (0, 0), "{found}");
    judges::printable(std::slice::from_ref(&path));
    let Some(said) = prusa(&["--info"], &path) else {
        return;
    };
    assert_eq!(numbers(&said, "number_of_facets"), [count as f32], "{said}");
    assert_eq!(numbers(&said, "number_of_parts"), [1.0], "one body: {said}");
    assert!(said.contains("manifold = yes"), "{said}");
}

#[test]
fn a_kit_opened_in_a_slicer_is_an_object_a_part() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("kit.3mf");
    let options = ExportOptions {
        kit: true,
        ..ExportOptions::default()
    };
    write(&path, &KNIGHT, &options);
    judges::printable(std::slice::from_ref(&path));
    let Some(said) = prusa(&["--info"], &path) else {
        return;
    };
    assert_eq!(said.matches("size_z").count(), KNIGHT.parts.len(), "{said}");
}

#[test]
fn a_slicer_prints_each_filament_that_is_painted() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let solid = union::unite(&KNIGHT);
    let plain = ExportOptions {
        height: 0.06,
        ..ExportOptions::default()
    };
    let files = [
        ("parts.3mf", &*KNIGHT, painted(&KNIGHT, 4), 4),
        ("solid.3mf", &solid, painted(&solid, 4), 4),
        ("three.3mf", &solid, painted(&solid, 3), 3),
        ("plain.3mf", &solid, plain, 1),
    ];
    for (name, figurine, options, tools) in files {
        let path = folder.path().join(name);
        write(&path, figurine, &options);
        // A printer with four of them.
        let Some((made, _)) = slice(&path, &["--nozzle-diameter", "0.4,0.4,0.4,0.4"]) else {
            return;
        };
        // The tools that something comes out of; a printer starts with the first, and need not say so.
        let (mut tool, mut used) = ("T0", BTreeSet::new());
        for line in made.lines() {
            match line.split_whitespace().next() {
                Some(word @ ("T0" | "T1" | "T2" | "T3")) => tool = word,
                Some("G1") if line.contains(" X") && line.contains(" E") => {
                    used.insert(tool);
                }
                _ => {}
            }
        }
        let all = ["T0", "T1", "T2", "T3"];
        assert!(used.iter().eq(&all[..tools]), "{name} is made by {used:?}");
    }
}

#[test]
fn paint_is_all_that_a_painted_file_has_more() {
    let model = |options: &ExportOptions| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("knight.3mf");
        write(&path, &KNIGHT, options);
        packed(&path, "3D/3dmodel.model")
    };
    let four = painted(&KNIGHT, 4);
    let plain = ExportOptions {
        filaments: None,
        ..four.clone()
    };
    let (plain, painted) = (model(&plain), model(&four));
    assert_eq!(painted, model(&four), "always the same");
    assert!(!plain.contains("slic3rpe") && !plain.contains("paint"));
    let mut rest = painted
        .replace(
            r#" xmlns:slic3rpe="http://schemas.slic3r.org/3mf/2017/06""#,
            "",
        )
        .replace(" <metadata name=\"slic3rpe:Version3mf\">1</metadata>\n", "")
        .replace(
            " <metadata name=\"slic3rpe:MmPaintingVersion\">1</metadata>\n",
            "",
        );
    for code in ["4", "8", "0C", "1C"] {
        let paint = format!(r#" slic3rpe:mmu_segmentation="{code}" paint_color="{code}""#);
        assert!(rest.contains(&paint), "no triangle has {code}");
        rest = rest.replace(&paint, "");
    }
    assert!(rest == plain, "nothing else may change");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("solid.3mf");
    let other = export::write(&path, &union::unite(&KNIGHT), &four);
    assert!(other.is_err(), "paint of another figurine is refused");
}

#[test]
fn the_whole_is_one_closed_skin() {
    let parts: f32 = KNIGHT.parts.iter().map(|p| volume(&p.mesh)).sum();
    let whole = union::unite(&KNIGHT);
    let mesh = &whole.parts[0].mesh;
    assert_eq!(flaw(mesh), None, "the whole must be closed");
    let share = volume(mesh) / parts;
    assert!(
        (share - 1.0).abs() < 1e-4,
        "the whole holds what its parts hold, not {share} of it"
    );
    let triangles = KNIGHT.triangles();
    assert!(
        mesh.triangles.len() < triangles,
        "the borders inside it are gone"
    );
    assert!(
        union::unite(&Figurine::default()).parts.is_empty(),
        "nothing is nothing"
    );
}

#[test]
fn a_crumb_that_touches_at_a_corner_is_dropped_and_a_small_part_is_not() {
    let cube = |name: &str, low: f32, size: f32| {
        let triangles = SIDES.iter().flat_map(|[a, b, c, d]| [[a, b, c], [a, c, d]]);
        let mesh = Mesh {
            positions: corners([low; 3], [low + size; 3]).map(Vec3::from).to_vec(),
            normals: vec![Vec3::Z; 8],
            colours: vec![[0.5; 3]; 8],
            triangles: triangles.map(|t| t.map(|&v| v as u32)).collect(),
        };
        let name = name.into();
        Part { name, mesh }
    };
    for (small, triangles) in [(0.005, 12), (0.05, 24)] {
        let figurine = Figurine {
            parts: vec![cube("torso", 0.0, 1.0), cube("head", 1.0, small)],
            texture: None,
        };
        let whole = union::unite(&figurine);
        assert_eq!(
            whole.triangles(),
            triangles,
            "with a cube of {small} at its corner"
        );
    }
}

#[test]
fn axes_and_units_are_as_asked() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let options = ExportOptions {
        up: Some(Up::Z),
        unit: Some(Unit::Centimetre),
        ..ExportOptions::default()
    };
    let path = folder.path().join("knight.obj");
    write(&path, &KNIGHT, &options);
    let (models, _) = tobj::load_obj(&path, &tobj::LoadOptions::default()).expect("tobj reads it");
    let heights = || {
        models
            .iter()
            .flat_map(|m| m.mesh.positions.chunks(3))
            .map(|p| p[2])
    };
    let (low, high) = (
        heights().fold(f32::MAX, f32::min),
        heights().fold(0.0, f32::max),
    );
    assert!(
        low.abs() < 1e-4 && (high - 10.0).abs() < 1e-3,
        "10 cm up: {low} to {high}"
    );
    for name in ["knight.glb", "knight.3mf"] {
        let refused = export::write(&folder.path().join(name), &KNIGHT, &options);
        assert!(refused.is_err(), "{name} has one frame");
        assert!(
            !folder.path().join(name).exists(),
            "and nothing is written in another"
        );
    }
}

#[test]
fn a_preview_of_few_filaments_shows_their_colours_alone() {
    let found = Filaments::of(&KNIGHT, 4);
    let shown = found.shown(&KNIGHT);
    let texture = shown.texture.as_ref().expect("its colours");
    let corners = texture.corners.iter().flatten().flatten();
    let bytes = |colour: [f32; 3]| colour.map(|v| (v * 255.0).round() as u8);
    let seen: BTreeSet<[u8; 3]> = corners.map(|place| bytes(texture.at(*place))).collect();
    let wanted: BTreeSet<[u8; 3]> = found.colours.iter().map(|f| f.colour).collect();
    assert_eq!(seen, wanted, "each triangle has the colour of its filament");

    let photo = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/twintails_cut.png");
    let place = Place::new().with("photo.png", std::fs::read(photo).expect("an example"));
    let hues = |preview: &str, more: &[&str]| {
        let line = [&["photo.png", "-o", "x.3mf", "--preview", preview], more].concat();
        printed(&place.command().args(line).output().expect("it starts"));
        let picture = image::open(place.path(preview))
            .expect("a picture")
            .to_rgb8();
        // Light changes how bright a colour is, and hardly which one.
        let hue = |p: &image::Rgb<u8>| {
            let [r, g, b] = p.0.map(i32::from);
            let most = r.max(g).max(b);
            let strong = most - r.min(g).min(b) > 60;
            strong.then(|| [r, g, b].map(|v| 12 * v / most))
        };
        let hues: BTreeSet<[i32; 3]> = picture.pixels().filter_map(hue).collect();
        hues.len()
    };
    let (all, two) = (hues("all.png", &[]), hues("two.png", &["--filaments", "2"]));
    assert!(
        2 * two < all,
        "{two} hues of two filaments, {all} of all colours"
    );
}
