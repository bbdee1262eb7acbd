//! A name on the plinth: letters that are a part as all others, closed, apart from what they stand on, and as wide as a printer
//! can draw them.

use std::path::Path;

use gen3d::figure::print::{Base, Outline, PrintOptions, Size, letters, prepare};
use gen3d::geometry::{Figurine, Mesh};
use gen3d::inspect::{Options, inspect};
use gen3d::surface::assemble::{AssembleOptions, assemble};
use gen3d::surface::{refine, union};
use glam::Vec3;

use crate::print::packed;
use crate::support::judges;
use crate::support::measure::{area, flaw, part, shared, volume};
use crate::support::program::{Place, printed};
use crate::support::shapes::{borrowed, figurine};

/// The knight on a plinth of 50 mm with a name, and millimetres a unit.
fn named(name: &str, outline: Outline, faces: usize) -> (Figurine, f32) {
    let options = PrintOptions {
        size: Size::Height(0.1),
        base: Some(Base::Plinth(outline, Some(0.05))),
        name: Some(letters::tidy(name).expect("it can be set")),
        ..PrintOptions::default()
    };
    let fields = figurine();
    let mut ready = prepare(&fields, &options).expect("the knight stands");
    let plate = ready.nameplate.take().expect("a name was asked for");
    let fields = borrowed(&ready.fields);
    let options = AssembleOptions {
        resolution: 80,
        ..AssembleOptions::default()
    };
    let mut made = assemble(&fields, &options)
        .expect("analytic fields cannot fail")
        .figurine;
    if faces > 0 {
        refine::finish(&mut made, &fields, faces).expect("analytic fields cannot fail");
    }
    plate
        .put_on(&mut made)
        .expect("there is room on the plinth");
    (made, 1000.0 * ready.scale.expect("a plinth has a size"))
}

fn reach(mesh: &Mesh) -> (Vec3, Vec3) {
    let points = || mesh.positions.iter().copied();
    let both = points().reduce(Vec3::min).zip(points().reduce(Vec3::max));
    both.expect("it has points")
}

/// Points between the outlines keep a round wall round; one that fell on an outline left its letter open.
#[test]
fn upright_strokes_are_closed_wherever_they_stand() {
    for letters in 1..=12 {
        let name: String = "LIHT".chars().cycle().take(letters).collect();
        let (made, _) = named(&name, Outline::Disk, 900);
        for part in &made.parts {
            assert_eq!(flaw(&part.mesh), None, "{name}: {}", part.name);
        }
    }
}

#[test]
fn letters_are_a_part_that_fits_every_plinth() {
    for outline in [Outline::Disk, Outline::Square, Outline::Hex] {
        // As it comes off the grid, with few triangles, and with very few.
        for faces in [0, 12_000, 900] {
            let (made, unit) = named("ANNA", outline, faces);
            let what = format!("{outline:?}, {faces} faces");
            for part in &made.parts {
                assert_eq!(flaw(&part.mesh), None, "{what}: {}", part.name);
            }
            let (base, name) = (part(&made, "base"), part(&made, "name"));
            let footprint = shared(base, name);
            assert!(
                footprint > 30,
                "{what}: only {footprint} triangles are on the plinth"
            );
            assert!(volume(name) > 0.0, "{what}: they face outward");
            let ((low, high), (bottom, top)) = (reach(name), reach(base));
            assert!(
                low.y > bottom.y && high.y < top.y,
                "{what}: they are on its wall"
            );
            assert!(high.z > top.z, "{what}: they stand out");
            let tall = (high.y - low.y) * unit;
            assert!(
                (2.5..6.0).contains(&tall),
                "{what}: they are {tall} mm high"
            );
            let middle = (high.x + low.x) / 2.0 - (top.x + bottom.x) / 2.0;
            assert!(middle.abs() * unit < 1.0, "{what}: they are in the middle");
            let whole = union::unite(&made);
            assert_eq!(
                flaw(&whole.parts[0].mesh),
                None,
                "{what}: one closed mesh of the whole"
            );
        }
    }
}

#[test]
fn no_stroke_is_thinner_than_a_printer_draws() {
    // A long name is set small, and its strokes are as bold as is needed.
    let (made, unit) = named("Maximilian Brand", Outline::Hex, 12_000);
    let name = part(&made, "name");
    let front = name.triangles.iter().filter(|t| {
        let [a, b, c] = t.map(|v| name.positions[v as usize]);
        (b - a).cross(c - a).normalize_or_zero().z < -0.3
    });
    // What lies on the wall is as wide as the strokes are: twice its area by its outline.
    let bottom = Mesh {
        triangles: front.copied().collect(),
        ..name.clone()
    };
    let sides: std::collections::HashSet<(u32, u32)> = (bottom.triangles.iter())
        .flat_map(|&[a, b, c]| [(a, b), (b, c), (c, a)])
        .collect();
    let edge: f32 = (sides.iter().filter(|(a, b)| !sides.contains(&(*b, *a))))
        .map(|&(a, b)| name.positions[a as usize].distance(name.positions[b as usize]))
        .sum();
    let wide = 2.0 * area(&bottom) / edge * unit;
    // Round ends and crossings take a tenth of that; with the pen of short names it would be 0.31.
    assert!(wide > 0.38, "strokes are {wide} mm wide, and 0.45 mm print");
}

#[test]
fn a_name_that_cannot_be_set_is_refused_with_what_to_do() {
    let photo = crate::support::pictures::file(image::ImageFormat::Png);
    let place = Place::new().with("photo.png", photo);
    let long = "x".repeat(500);
    let refused = |words: &[&str], code: i32, said: &[&str]| {
        let line = [&["photo.png", "-o", "out.glb"], words].concat();
        place.refuses(&line, code, said);
    };
    refused(&["--name", " "], 2, &["--name", "nothing in it"]);
    refused(&["--name", &long], 2, &["--name", "500 letters", "60"]);
    refused(
        &["--name", "A\u{2603}B\u{416}"],
        2,
        &["no '\u{2603}', '\u{416}'", "Latin"],
    );
    refused(&["--name", "ANNA", "--base", "none"], 2, &["--base none"]);
    refused(
        &["--name", "ANNA", "--only", "head"],
        2,
        &["--only base,name"],
    );
    let plinth = |name, height, wide| {
        let hex = ["--base", "hex", "--base-diameter", wide, "--height", height];
        [&["--name", name], &hex[..]].concat()
    };
    let long = plinth("Maximilian of Brandenburg", "60mm", "30mm");
    refused(
        &long,
        1,
        &["25 letters", "0.45 mm", "about", "--base-diameter"],
    );
    refused(&plinth("A", "20mm", "4mm"), 1, &["too small", "--height"]);
}

#[test]
fn a_named_figurine_is_valid_to_others_and_prints() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let sample = std::fs::read(samples.join("twintails_cut.png")).expect("a sample picture");
    let place = Place::new().with("photo.png", sample);
    let options = Options {
        height: None,
        unit: None,
        wall: 0.4,
    };
    // As large as is usual, and as small as miniatures are.
    for (file, size) in [("out.glb", "--height=100mm"), ("out.3mf", "--scale=28mm")] {
        let mut command = place.command();
        command.args([
            "photo.png",
            "-o",
            file,
            "--name",
            "Zo\u{eb} & \u{c5}ke",
            size,
        ]);
        command.args(["--faces", "12000", "--texture", "off", "--no-cache"]);
        printed(&command.output().expect("it starts"));
        let found = inspect(&place.path(file), &options).expect("it can be read");
        let name = found.parts.iter().find(|part| part.name == "name");
        let name = name.expect("a part of its own");
        let own = |fault: &&String| fault.starts_with("name ");
        let faults: Vec<&String> = found.faults.iter().filter(own).collect();
        assert!(faults.is_empty(), "{file}: {faults:?}");
        assert!(
            name.size_mm[1] > 1.5 || name.size_mm[2] > 1.5,
            "{file}: {name:?}"
        );
    }
    judges::khronos(&[place.path("out.glb")]);
    judges::printable(&[place.path("out.3mf")]);

    let text = |name: &str| packed(&place.path("out.3mf"), name);
    let (model, volumes) = (
        text("3D/3dmodel.model"),
        text("Metadata/Slic3r_PE_model.config"),
    );
    let value = |line: &str, key: &str| -> String {
        let begin = line.split_once(&format!("{key}=\"")).map(|(_, rest)| rest);
        let value = begin.and_then(|rest| rest.split('"').next());
        value
            .unwrap_or_else(|| panic!("no {key}: {line}"))
            .to_owned()
    };
    let colours: Vec<String> = (model.lines().filter(|line| line.contains("<m:color ")))
        .map(|line| value(line, "color"))
        .collect();
    let painted: Vec<&String> = (model.lines().filter(|line| line.contains("<triangle ")))
        .map(|line| &colours[value(line, "p1").parse::<usize>().expect("a number")])
        .collect();
    let letters = volumes
        .split("<volume ")
        .find(|of| of.contains("value=\"name\""));
    let letters = letters.expect("a volume of the letters");
    let id = |key: &str| value(letters, key).parse::<usize>().expect("a number");
    let (first, last) = (id("firstid"), id("lastid"));
    let brass = painted[first];
    for (triangle, colour) in painted.iter().enumerate() {
        let is_letter = (first..=last).contains(&triangle);
        assert_eq!(
            *colour == brass,
            is_letter,
            "triangle {triangle} is {colour}, letters {brass}"
        );
    }
}
