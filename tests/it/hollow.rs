//! `--hollow` leaves walls as thick as was asked for, and resin runs out of what they enclose.

use std::f32::consts::PI;

use gen3d::figure::print::{PrintOptions, Size, prepare};
use gen3d::geometry::Field;
use gen3d::surface::union;
use glam::Vec3;

use crate::print::{numbers, prusa};
use crate::support::foreign::look;
use crate::support::judges;
use crate::support::measure::{flaw, part, volume};
use crate::support::program::{Place, printed};
use crate::support::shapes::{assembled, borrowed, figurine, shape};

#[test]
fn walls_are_as_thick_as_was_asked_for() {
    // A ball that stands: 100 mm high, and so 60 mm a unit.
    let standing = |p: Vec3| (p.length() - 0.9).max(-0.767 - p.y);
    let mut ball = shape(0.0, standing);
    ball.bounds = (Vec3::splat(-0.95), Vec3::splat(0.95));
    let fields = vec![("torso".to_owned(), Box::new(ball) as Box<dyn Field>)];
    let options = PrintOptions {
        size: Size::Height(0.1),
        ..PrintOptions::default()
    };
    let ready = prepare(&fields, &options).expect("an analytic field cannot fail");
    let solid = assembled(&borrowed(&ready.fields), 96);
    let made = ready.hollow(&solid, options.size, 0.003);
    let (body, said, cells) = made.expect("it is thick");
    assert!(
        said.len() == 1 && said[0].contains("2 holes of 3.0 mm or more"),
        "{said:?}"
    );
    let hollow = assembled(
        &[("figurine".to_owned(), &body as &dyn Field)],
        cells.max(96),
    );
    let mesh = &hollow.parts[0].mesh;
    assert_eq!(flaw(mesh), None, "it stays closed");
    // The inner ball, less a cap; holes take some of the floor.
    let cap = |radius: f32, from: f32| PI * (radius - from).powi(2) * (2.0 * radius + from) / 3.0;
    let inner = 4.0 / 3.0 * PI * 0.85f32.powi(3) - cap(0.85, 0.717);
    let taken = volume(&solid.parts[0].mesh) - volume(mesh);
    assert!(
        (taken / inner - 1.0).abs() < 0.02,
        "{taken} of {inner} is taken out"
    );
}

#[test]
fn its_pieces_are_the_parts_and_together_closed() {
    let fields = figurine();
    let options = PrintOptions {
        size: Size::Height(0.15),
        ..PrintOptions::default()
    };
    let ready = prepare(&fields, &options).expect("analytic fields cannot fail");
    let solid = assembled(&borrowed(&ready.fields), 96);
    let made = ready.hollow(&solid, options.size, 0.002);
    let (body, _, cells) = made.expect("it is thick");
    let hollow = assembled(&[("figurine".to_owned(), &body as &dyn Field)], cells);
    let pieces = body
        .pieces(&hollow.parts[0].mesh)
        .expect("analytic fields cannot fail");
    for name in ["base", "legs", "torso", "head"] {
        assert!(
            !part(&pieces, name).triangles.is_empty(),
            "some of its surface is of {name}"
        );
    }
    let whole = union::unite(&pieces);
    assert_eq!(flaw(&whole.parts[0].mesh), None, "the whole is closed");
    let before = volume(&union::unite(&solid).parts[0].mesh);
    let after = volume(&whole.parts[0].mesh);
    assert!(after < 0.75 * before, "{after} of {before} is left");
}

#[test]
fn what_is_hollow_prints_and_drains() {
    let place = Place::new().with_sample();
    let make = |output: &str, more: &[&str]| {
        let line = [&["photo.png", "-o", output], more].concat();
        let run = place.command().args(line).output().expect("it starts");
        printed(&run);
        (
            look(&place.path(output)),
            String::from_utf8_lossy(&run.stderr).into_owned(),
        )
    };
    let (solid, _) = make("solid.stl", &[]);
    for (output, more) in [
        ("x.stl", &[][..]),
        ("x.3mf", &[]),
        ("y.3mf", &["--solid"]),
        ("x.ply", &["--solid"]),
    ] {
        let (found, said) = make(output, &[&["--hollow", "2mm"], more].concat());
        assert!(said.contains("hollow: walls of 2.0 mm"), "{output}: {said}");
        assert!(found.prints && found.stands, "{output}: {found}");
        assert_eq!(found.body_count, 1, "{output}: {found}");
        for part in &found.parts {
            assert!(
                part.closed && part.manifold && part.outward,
                "{output}: {found}"
            );
        }
        let wall = found.parts[0].wall_mm.expect("it has walls");
        assert!(wall > 1.0, "{output}: {found}");
        let left = found.volume_mm3 / solid.volume_mm3;
        assert!(left < 0.8, "{output}: {left} of it is left");
    }
    judges::printable(&["x.stl", "x.3mf", "y.3mf"].map(|name| place.path(name)));
    let Some(said) = prusa(&["--info"], &place.path("x.stl")) else {
        return;
    };
    // What nothing drains would be a shell of its own.
    assert_eq!(numbers(&said, "number_of_parts"), [1.0], "{said}");
}

#[test]
fn walls_thicker_than_it_can_bear_are_refused() {
    let place = Place::new().with_sample();
    let line = [
        "photo.png",
        "-o",
        "x.stl",
        "--height",
        "40mm",
        "--hollow",
        "8mm",
    ];
    let run = place.command().args(line).output().expect("it starts");
    let said = String::from_utf8_lossy(&run.stderr);
    assert_eq!(run.status.code(), Some(1), "{said}");
    assert!(
        said.contains("thickest") && said.contains("--height"),
        "{said}"
    );
    assert_eq!(place.names(), ["photo.png"], "nothing is written");
}
