//! `gen3d inspect` tells what falls apart, what floats and what falls over.

use std::path::{Path, PathBuf};

use gen3d::inspect::Inspection;

use crate::support::foreign::{self, Triangle, cuboid, folder, stl, written};

/// A ball of many flat sides.
fn ball(middle: [f32; 3], radius: f32) -> Vec<Triangle> {
    let (around, up) = (24, 12);
    let point = |i: usize, j: usize| {
        let turn = std::f32::consts::TAU * (i % around) as f32 / around as f32;
        let tilt = std::f32::consts::PI * j as f32 / up as f32;
        let ring = if j.is_multiple_of(up) {
            0.0
        } else {
            tilt.sin()
        };
        let unit = [ring * turn.cos(), ring * turn.sin(), -tilt.cos()];
        [0, 1, 2].map(|a| middle[a] + radius * unit[a])
    };
    let mut triangles = Vec::new();
    for i in 0..around {
        for j in 0..up {
            let [a, b] = [point(i, j), point(i + 1, j)];
            let [c, d] = [point(i, j + 1), point(i + 1, j + 1)];
            triangles.extend([[a, b, d], [a, d, c]]);
        }
    }
    triangles.retain(|[a, b, c]| a != b && b != c && c != a);
    triangles
}

fn inward(mut triangles: Vec<Triangle>) -> Vec<Triangle> {
    triangles.iter_mut().for_each(|t| t.reverse());
    triangles
}

fn look(triangles: &[Triangle]) -> Inspection {
    let folder = folder();
    foreign::look(&written(&folder, "model.stl", stl(triangles)))
}

fn case(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/cases")
        .join(name);
    if path.is_file() {
        return Some(path);
    }
    skip!("{} is missing", path.display());
    None
}

#[test]
fn a_ball_that_floats_above_a_cube_would_not_print() {
    let own = look(&[cuboid([0.0; 3], [10.0; 3]), ball([5.0, 5.0, 45.0], 5.0)].concat());
    for found in [
        Some(own),
        case("floating.stl").map(|path| foreign::look(&path)),
    ]
    .into_iter()
    .flatten()
    {
        assert_eq!((found.body_count, found.floating), (2, 1), "{found}");
        assert!(!found.prints && !found.stands, "{found}");
        let said = found.to_string();
        for words in ["2 separate bodies", "floats 40.0 mm above the plate"] {
            assert!(said.contains(words), "it must say '{words}': {said}");
        }
    }
}

#[test]
fn two_cubes_side_by_side_are_two_bodies_that_print() {
    let found = look(
        &[
            cuboid([0.0; 3], [10.0; 3]),
            cuboid([20.0, 0.0, 0.0], [30.0, 10.0, 10.0]),
        ]
        .concat(),
    );
    assert_eq!((found.body_count, found.floating), (2, 0), "{found}");
    assert!(found.prints && found.stands, "{found}");
    assert!(
        found
            .to_string()
            .contains("2 separate bodies, each on the plate"),
        "{found}"
    );
}

#[test]
fn what_touches_is_one_body() {
    let cube = cuboid([0.0; 3], [10.0; 3]);
    for (name, other) in [
        (
            "a smaller cube on it",
            cuboid([3.0, 3.0, 10.0], [7.0, 7.0, 14.0]),
        ),
        (
            "a cube with the same wall",
            cuboid([10.0, 0.0, 0.0], [20.0, 10.0, 10.0]),
        ),
        (
            "a cube with the same edge",
            cuboid([10.0, 10.0, 0.0], [20.0, 20.0, 10.0]),
        ),
        ("a cube with the same point", cuboid([10.0; 3], [20.0; 3])),
        (
            "a beam through it",
            cuboid([-5.0, 4.0, 4.0], [15.0, 6.0, 6.0]),
        ),
        ("a ball in it", ball([5.0, 5.0, 5.0], 3.0)),
        ("a hollow in it", inward(ball([5.0, 5.0, 5.0], 3.0))),
        (
            "a cube at the width of a hair",
            cuboid([10.01, 0.0, 2.0], [20.0, 10.0, 10.0]),
        ),
    ] {
        let found = look(&[cube.clone(), other].concat());
        assert_eq!(
            (found.body_count, found.floating),
            (1, 0),
            "{name}: {found}"
        );
        let about = |fault: &&String| fault.contains("manifold") || fault.contains("bodies");
        let wrong = found.faults.iter().find(about);
        assert_eq!(wrong, None, "{name}: {found}");
    }
}

#[test]
fn what_lies_loose_in_a_hollow_floats() {
    let hollow = [
        cuboid([0.0; 3], [10.0; 3]),
        inward(ball([5.0, 5.0, 5.0], 3.0)),
    ]
    .concat();
    assert_eq!(look(&hollow).body_count, 1);
    let found = look(&[hollow, ball([5.0, 5.0, 5.0], 1.0)].concat());
    assert_eq!((found.body_count, found.floating), (2, 1), "{found}");
}

#[test]
fn a_wall_from_both_sides_is_no_fault_and_a_mesh_twice_is_one() {
    let cube = cuboid([0.0; 3], [10.0; 3]);
    let neighbour = cuboid([10.0, 0.0, 0.0], [20.0, 10.0, 10.0]);
    let mut found = look(&[cube.clone(), neighbour].concat());
    assert!(found.prints, "two cubes side by side print: {found}");
    let part = found.parts.remove(0);
    assert!(part.touching && !part.manifold, "{part:?}");
    assert!(part.inner_walls > 0, "they have a wall in common: {part:?}");
    let found = look(&[cube.clone(), cube].concat());
    assert!(!found.prints, "{found}");
    assert_eq!(found.parts[0].repeated, 12, "{found}");
}

#[test]
fn a_cube_stands_and_a_leaning_tower_falls() {
    let found = look(&cuboid([0.0; 3], [10.0; 3]));
    let stance = found.bodies[0].stance.as_ref().expect("it is on the plate");
    let near = |a: f64, b: f64| (a - b).abs() < 0.05;
    assert!(near(stance.contact_mm2, 100.0), "{stance:?}");
    assert!(near(stance.margin_mm, 5.0), "{stance:?}");
    assert!(near(stance.tips_at_degrees, 45.0), "{stance:?}");
    assert!(
        found.stands && found.to_string().contains("stands: 100.0 mm2"),
        "{found}"
    );

    let mut tower = cuboid([0.0; 3], [10.0, 10.0, 100.0]);
    for p in tower.iter_mut().flatten() {
        p[0] += p[2] * 0.3;
    }
    let found = look(&tower);
    let stance = found.bodies[0].stance.as_ref().expect("it is on the plate");
    assert!(
        near(stance.margin_mm, -10.0),
        "15 mm too far, over 5 mm: {stance:?}"
    );
    assert!(
        !found.stands && found.to_string().contains("falls over"),
        "{found}"
    );
    assert!(found.prints, "it prints all the same: {found}");

    let found = look(&ball([0.0; 3], 10.0));
    let stance = found.bodies[0].stance.as_ref().expect("it is on the plate");
    assert!(
        stance.contact_mm2 < 10.0 && stance.tips_at_degrees < 15.0,
        "a ball touches the plate at a point: {stance:?}"
    );
}

#[test]
fn json_has_all_of_it() {
    let found = look(&[cuboid([0.0; 3], [10.0; 3]), ball([5.0, 5.0, 35.0], 5.0)].concat());
    let json = serde_json::to_value(&found).expect("JSON");
    assert_eq!(json["body_count"], 2);
    assert_eq!(json["floating"], 1);
    assert_eq!(json["stands"], false);
    assert_eq!(json["complete"], true);
    let bodies = json["bodies"].as_array().expect("a list");
    let cube = bodies
        .iter()
        .find(|body| body["triangles"] == 12)
        .expect("a cube");
    let contact = cube["stance"]["contact_mm2"].as_f64().expect("a number");
    assert!((contact - 100.0).abs() < 0.1, "{json}");
    assert!(cube["stance"]["margin_mm"].is_f64(), "{json}");
    let ball = bodies
        .iter()
        .find(|body| body["triangles"] != 12)
        .expect("a ball");
    assert_eq!(ball["stance"], serde_json::Value::Null);
    let above = ball["above_plate_mm"].as_f64().expect("a number");
    assert!((above - 30.0).abs() < 0.1, "{json}");
}

#[test]
fn nothing_is_minus_nothing_and_a_house_is_remarked_on() {
    let open = vec![[[0.0; 3], [10.0, 0.0, 0.0], [0.0, 10.0, 0.0]]];
    for found in [look(&open), look(&cuboid([0.0; 3], [10.0; 3]))] {
        let json = serde_json::to_string(&found).expect("JSON");
        let said = format!("{found}{json}");
        let minus = ["-0 ", "-0.0 ", "-0.00 ", "-0.0,"];
        assert!(!minus.iter().any(|zero| said.contains(zero)), "{said}");
        assert!(!said.contains(" m long"), "{said}");
    }
    let found = look(&cuboid([0.0; 3], [10.0, 10.0, 40_000.0]));
    assert!(
        found.to_string().contains("40.0 m long; --units"),
        "{found}"
    );
    let found = look(&cuboid([0.0; 3], [0.04; 3]));
    assert!(
        found.to_string().contains("0.0400 mm long; --units"),
        "{found}"
    );
}
