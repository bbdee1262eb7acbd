//! `--orient` lays a figurine where the least of it is held up, and not on its face; and what is told of that is what a slicer
//! finds.

use gen3d::figure::print::Orientation;
use gen3d::geometry::Figurine;
use serde_json::Value;

use crate::look::block;
use crate::print::{numbers, prusa};
use crate::support::foreign::look;
use crate::support::measure::heights;
use crate::support::program::{Place, printed};
use crate::support::schema;
use crate::support::shapes::KNIGHT;

fn figurine(parts: &[(&str, [f32; 3], [f32; 3])]) -> Figurine {
    let part = |&(name, low, high): &(&str, [f32; 3], [f32; 3])| {
        block(name, low.into(), high.into(), [0.5; 3])
    };
    Figurine {
        parts: parts.iter().map(part).collect(),
        texture: None,
    }
}

#[test]
fn a_table_lies_on_its_top() {
    let mut table = figurine(&[
        ("legs", [-0.05, -0.5, -0.05], [0.05, 0.4, 0.05]),
        ("torso", [-0.4, 0.4, -0.4], [0.4, 0.5, 0.4]),
    ]);
    let best = Orientation::best(&table, 50.0);
    assert_eq!(best.lies_on, "head", "{best:?}");
    assert!(
        best.supports.volume_mm3 < 1.0 && best.upright.volume_mm3 > 50_000.0,
        "{best:?}"
    );
    best.apply(&mut table);
    let lowest = heights(&table.parts[1].mesh).0;
    let down = table.parts[1]
        .mesh
        .positions
        .iter()
        .filter(|p| (p.y - lowest).abs() < 1e-5);
    assert_eq!(down.count(), 4, "its top is flat on the plate");
}

#[test]
fn a_face_is_not_laid_down_nor_held_up() {
    // A slab that is best printed lying: on its back as well as on its front, but for what a head is there for.
    let body = figurine(&[
        ("head", [-0.3, -0.9, -0.1], [0.3, 0.9, 0.1]),
        ("hair", [-0.05, 0.5, 0.1], [0.05, 0.6, 0.2]),
        ("back", [-0.05, 0.5, -0.2], [0.05, 0.6, -0.1]),
    ]);
    let best = Orientation::best(&body, 50.0);
    assert_ne!(best.lies_on, "front", "{best:?}");
    assert!(best.face_mm2 < 1.0, "{best:?}");
}

#[test]
fn the_knight_takes_less_support_and_always_lies_alike() {
    let best = Orientation::best(&KNIGHT, 52.0);
    assert!(
        best.supports.volume_mm3 <= best.upright.volume_mm3,
        "{best:?}"
    );
    assert!(
        best.face_mm2 < 40.0,
        "hardly anything in its face: {best:?}"
    );
    let again = Orientation::best(&KNIGHT, 52.0);
    assert_eq!(format!("{best:?}"), format!("{again:?}"));
}

#[test]
fn what_is_told_of_how_it_lies_is_what_is_in_the_file() {
    let place = Place::new().with_sample();
    let make = |output: &str, more: &[&str]| {
        let line = [
            &["photo.png", "-o", output, "--json", "--faces", "20000"],
            more,
        ]
        .concat();
        let run = place.command().args(line).output().expect("it starts");
        let line: Value = serde_json::from_str(&printed(&run)).expect("JSON");
        assert_eq!(schema::faults(&schema::of_json(), &line), [""; 0]);
        line
    };
    let number = |value: &Value| value.as_f64().expect("a number");
    let plain = make("plain.stl", &[]);
    assert_eq!(plain["orientation"], Value::Null);
    let standing = look(&place.path("plain.stl"))
        .estimate
        .supports
        .expect("few triangles");
    for (output, more) in [("x.stl", &[][..]), ("x.3mf", &[]), ("x.ply", &["--solid"])] {
        let told = make(output, &[&["--orient"], more].concat())["orientation"].clone();
        let found = look(&place.path(output));
        assert!(found.stands && found.prints, "{output}: {found}");
        let supports = found.estimate.supports.expect("few triangles");
        let now = number(&told["supports"]["volume_mm3"]);
        assert!(
            (supports.volume_mm3 - now).abs() < 0.05 * now + 100.0,
            "{told}: {found}"
        );
        let upright = number(&told["upright"]["volume_mm3"]);
        assert!(
            (standing.volume_mm3 - upright).abs() < 0.05 * upright + 100.0,
            "{told}: {standing:?}"
        );
        assert!(now < upright, "{told}");
        assert!(
            number(&told["face_mm2"]) < 30.0,
            "its face stays clean: {told}"
        );
        // In the size that it has while it stands: 100 mm tall, be it aslant.
        let longest = found.size_mm.into_iter().fold(0.0, f32::max);
        assert!((85.0..125.0).contains(&longest), "{found}");
    }
    let Some(said) = prusa(&["--info"], &place.path("x.3mf")) else {
        return;
    };
    assert_eq!(numbers(&said, "size_z").len(), 1, "one object: {said}");
    assert!(
        numbers(&said, "min_z")[0].abs() < 0.01,
        "on the bed: {said}"
    );
}

#[test]
fn what_it_takes_to_print_is_about_what_a_slicer_says() {
    let place = Place::new().with_sample();
    let line = [
        "photo.png",
        "-o",
        "x.stl",
        "--faces",
        "20000",
        "--height",
        "70mm",
    ];
    printed(&place.command().args(line).output().expect("it starts"));
    let estimate = look(&place.path("x.stl")).estimate;
    let slice = |more: &[&str]| {
        let gcode = place.path("x.gcode");
        let name = gcode.to_string_lossy();
        let usual = [
            "--export-gcode",
            "--layer-height",
            "0.2",
            "--perimeters",
            "2",
            "--fill-density",
            "15%",
            "--filament-density",
            "1.24",
            "--output",
        ];
        let words = [&usual[..], &[&*name], more].concat();
        prusa(&words, &place.path("x.stl"))?;
        let made = std::fs::read_to_string(&gcode).expect("it was sliced");
        let value = |name: &str| {
            let mut lines = made.lines();
            let line = lines.find_map(|line| line.strip_prefix(name));
            line.expect("it is in every file")
                .trim_start_matches(" = ")
                .to_owned()
        };
        let time = value("; estimated printing time (normal mode)");
        let minutes = time.split(' ').map(|word| {
            let (number, unit) = word.split_at(word.len() - 1);
            let unit = match unit {
                "d" => 1440.0,
                "h" => 60.0,
                "m" => 1.0,
                _ => 1.0 / 60.0,
            };
            number.parse::<f64>().expect("a number") * unit
        });
        let grams: f64 = value("; filament used [g]").parse().expect("a number");
        Some((grams, minutes.sum::<f64>()))
    };
    let Some((grams, minutes)) = slice(&[]) else {
        return;
    };
    let (with, longer) =
        slice(&["--support-material", "--support-material-threshold", "45"]).expect("it is there");
    let share = |told: f64, found: f64| told / found;
    let told = [
        ("grams", estimate.pla_g, grams, 0.8..1.2),
        ("minutes", estimate.pla_minutes, minutes, 0.7..1.35),
        (
            "grams with supports",
            estimate.pla_g + estimate.supports_g,
            with,
            0.7..1.35,
        ),
        (
            "minutes with supports",
            estimate.pla_minutes + estimate.supports_minutes,
            longer,
            0.7..1.35,
        ),
    ];
    for (what, told, found, range) in told {
        eprintln!("{what}: {told:.1} told, {found:.1} found");
        assert!(
            range.contains(&share(told, found)),
            "{what}: {told:.1} told, {found:.1} found"
        );
    }
}
