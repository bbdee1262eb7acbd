//! Surfaces are closed, manifold, outward and where the field says, whatever the field is.

use std::sync::atomic::Ordering;

use gen3d::geometry::{Field, Figurine};
use gen3d::surface::assemble::{AssembleOptions, Assembly, assemble};
use gen3d::surface::dual_contouring::{ExtractError, extract};
use gen3d::surface::simplify;
use glam::Vec3;
use proptest::prelude::*;

use crate::support::measure::{area, flaw, volume, within};
use crate::support::on_threads;
use crate::support::shapes::{self, assembled, borrowed, figurine, shape};

/// A number of `seed` and a lattice point, in -1..1.
fn noise(seed: u64, p: [i32; 3]) -> f32 {
    let mut h = seed ^ 0x9e37_79b9_7f4a_7c15;
    for v in p {
        h = (h ^ v as u64).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        h ^= h >> 29;
    }
    (h >> 40) as f32 / (1u64 << 23) as f32 - 1.0
}

/// Independent values at the points of a lattice, so that every combination of signs comes up.
pub fn noisy(seed: u64, resolution: usize, half: f32, bias: f32) -> impl Field {
    let cell = 2.0 / resolution as f32;
    shape(half, move |p| {
        noise(seed, (p / cell).round().as_ivec3().to_array()) + bias
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn noise_gives_closed_manifolds(seed: u64, bias in -0.6f32..0.6, half in 0.2f32..0.7) {
        let mesh = extract(&noisy(seed, 20, half, bias), 20).expect("noise has a surface");
        let flaw = flaw(&mesh);
        prop_assert!(flaw.is_none(), "every sign pattern must give a closed manifold: {}", flaw.unwrap());
        prop_assert!(volume(&mesh) > 0.0, "the surface must face outward");
    }

    #[test]
    fn smooth_blobs_are_closed_and_right(
        seed: u64, radius in 0.1f32..0.6, bump in 0.0f32..0.15, resolution in 24usize..90,
    ) {
        let wave = |i| noise(seed, [i, 0, 0]) * 9.0;
        let (a, b, c) = (wave(0), wave(1), wave(2));
        let field = shape(0.9, move |p| {
            p.length() - radius - bump * ((a * p.x).sin() + (b * p.y).sin() + (c * p.z).cos())
        });
        match extract(&field, resolution) {
            Ok(mesh) => {
                let flaw = flaw(&mesh);
                prop_assert!(flaw.is_none(), "a smooth field gave an unsound mesh: {}", flaw.unwrap());
                prop_assert!(volume(&mesh) > 0.0, "the surface must face outward");
            }
            Err(ExtractError::NoSurface) => prop_assert!(radius < 0.4, "a blob of radius {radius} was lost"),
            Err(e) => prop_assert!(false, "an honest field failed: {e}"),
        }
    }

    #[test]
    fn thin_plates_are_found(thick in 0.017f32..0.03, at in -0.5f32..0.5, tilt in -0.7f32..0.7) {
        let normal = Vec3::new(tilt, 1.0, tilt * 0.5).normalize();
        let field = shape(0.8, move |p| {
            let across = (p.dot(normal) - at * 0.4).abs() - thick / 2.0;
            across.max((p - normal * p.dot(normal)).length() - 0.4)
        });
        let mesh = extract(&field, 128).expect("a plate of one to two cells must not be lost between samples");
        let flaw = flaw(&mesh);
        prop_assert!(flaw.is_none(), "a thin plate gave an unsound mesh: {}", flaw.unwrap());
        let truth = std::f32::consts::PI * 0.16 * thick;
        let share = volume(&mesh) / truth;
        prop_assert!((0.75..1.25).contains(&share), "a plate {thick} thick kept {share} of its volume");
    }
}

#[test]
fn a_checkerboard_is_closed() {
    for resolution in [8, 9] {
        let cell = 2.0 / resolution as f32;
        let field = shape(0.6, move |p| {
            if (p / cell).round().as_ivec3().element_sum() % 2 == 0 {
                -1.0
            } else {
                1.0
            }
        });
        let mesh = extract(&field, resolution).expect("half of all samples are inside");
        assert_eq!(flaw(&mesh), None, "the worst case for ambiguous faces");
    }
}

#[test]
fn a_torus_has_its_size() {
    let field = shape(1.0, |p| {
        Vec3::new((p.x * p.x + p.z * p.z).sqrt() - 0.6, p.y, 0.0).length() - 0.25
    });
    let mesh = extract(&field, 128).expect("a torus has a surface");
    assert_eq!(flaw(&mesh), None, "a torus is an easy field");
    let pi2 = std::f32::consts::PI.powi(2);
    let (v, a) = (2.0 * pi2 * 0.6 * 0.0625, 4.0 * pi2 * 0.15);
    assert!(
        (volume(&mesh) / v - 1.0).abs() < 2e-3,
        "volume {} is not {v}",
        volume(&mesh)
    );
    assert!(
        (area(&mesh) / a - 1.0).abs() < 3e-3,
        "area {} is not {a}",
        area(&mesh)
    );
    let edges = mesh.triangles.len() * 3 / 2;
    assert_eq!(
        mesh.positions.len() + mesh.triangles.len(),
        edges,
        "a torus has Euler number 0"
    );
}

#[test]
fn vertices_lie_on_the_surface() {
    let mesh = extract(&shape(1.0, |p| p.length() - 0.7), 64).expect("a sphere has a surface");
    let worst = mesh
        .positions
        .iter()
        .map(|p| (p.length() - 0.7).abs())
        .fold(0.0, f32::max);
    assert!(
        worst < 0.03 * 2.0 / 64.0,
        "a vertex is {worst} off a sphere"
    );
    let worst = (mesh.positions.iter().zip(&mesh.normals))
        .map(|(p, n)| p.normalize().dot(*n))
        .fold(1.0, f32::min);
    assert!(
        worst > 0.99,
        "a sphere's normal is off by {} degrees",
        worst.acos().to_degrees()
    );
}

#[test]
fn sharp_edges_are_sharp() {
    let turn = glam::Mat3::from_rotation_y(0.4) * glam::Mat3::from_rotation_x(0.3);
    let field = shape(1.0, move |p| {
        ((turn * p).abs() - Vec3::new(0.5, 0.3, 0.4)).max_element()
    });
    let mesh = extract(&field, 48).expect("a block has a surface");
    assert_eq!(flaw(&mesh), None, "a block is an easy field");
    assert!(
        (volume(&mesh) / 0.48 - 1.0).abs() < 2e-3,
        "a block keeps its edges: volume {} is not 0.48",
        volume(&mesh)
    );
}

#[test]
fn a_field_that_touches_its_box_is_closed_there() {
    for centre in [Vec3::ZERO, Vec3::new(0.3, 0.1, -0.25)] {
        let field = shape(0.5, move |p| p.distance(centre) - 0.6);
        let mesh = extract(&field, 64).expect("the ball fills most of its box");
        assert_eq!(
            flaw(&mesh),
            None,
            "the mesh must be closed where the box cuts the ball"
        );
        let beyond = mesh
            .positions
            .iter()
            .map(|p| p.abs().max_element())
            .fold(0.0, f32::max);
        assert!(
            (beyond - 0.5).abs() < 1e-3,
            "the cut lies at {beyond}, the box at 0.5"
        );
    }
    let full =
        extract(&shape(0.5, |_| -1.0), 64).expect("a field that is inside everywhere is its box");
    assert_eq!(flaw(&full), None, "the box itself must be closed");
    assert!(
        (volume(&full) - 1.0).abs() < 0.01,
        "the box's volume is {}",
        volume(&full)
    );
}

#[test]
fn what_has_no_surface_says_so() {
    let empty = extract(&shape(0.9, |_| 0.05), 256);
    assert!(
        matches!(empty, Err(ExtractError::NoSurface)),
        "an empty field is a case of its own: {empty:?}"
    );
    let field = shape(0.9, |_| 0.05);
    let _ = extract(&field, 256);
    let asked = field.asked.load(Ordering::Relaxed);
    assert!(
        asked < 50_000,
        "an empty part took {asked} points to dismiss"
    );
    let broken = extract(&shape(0.9, |p| p.length() - f32::NAN), 64);
    assert!(
        matches!(broken, Err(ExtractError::Field(_))),
        "not-a-number is the field's failure: {broken:?}"
    );
    let nowhere = extract(&shape(f32::INFINITY, |p| p.length() - 0.5), 64);
    assert!(
        matches!(nowhere, Err(ExtractError::Field(_))),
        "endless bounds are the field's failure: {nowhere:?}"
    );
}

#[test]
fn few_points_are_asked_for() {
    let dense = 256f64.powi(3);
    for (name, field) in figurine() {
        let (low, high) = field.bounds();
        let counted = shapes::Shape {
            distance: |p| field.distance(&[p]).map_or(f32::NAN, |d| d[0]),
            bounds: (low, high),
            asked: 0.into(),
        };
        let mesh = extract(&counted, 256).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(flaw(&mesh), None, "{name} must be sound");
        let asked = counted.asked.load(Ordering::Relaxed);
        let share = asked as f64 / dense;
        eprintln!(
            "{name}: {asked} points, {:.2} % of a dense grid, {} vertices",
            share * 100.0,
            mesh.positions.len()
        );
        assert!(share < 0.015, "{name} took {share} of a dense grid");
        // Two a vertex are its cell's own, one puts it where the field is zero, and sharp edges take more.
        let most = 5 * mesh.positions.len();
        assert!(
            asked < most,
            "{name} took {asked} points, not less than {most}: is the surface still followed on the last levels?"
        );
    }
}

#[test]
fn a_logit_field_of_any_slope_is_followed() {
    for slope in [0.2, 5.0, 300.0] {
        let field = shape(1.0, move |p| (slope * (p.length() - 0.5)).clamp(-9.0, 9.0));
        let mesh = extract(&field, 128).expect("a ball has a surface at any slope");
        assert_eq!(flaw(&mesh), None, "slope {slope}");
        let truth = 4.0 / 3.0 * std::f32::consts::PI * 0.125;
        assert!(
            (volume(&mesh) / truth - 1.0).abs() < 0.01,
            "slope {slope}: volume {}",
            volume(&mesh)
        );
        let asked = field.asked.load(Ordering::Relaxed);
        eprintln!("slope {slope}: {asked} points");
    }
}

pub fn knight(options: &AssembleOptions) -> Assembly {
    let fields = figurine();
    let fields = borrowed(&fields);
    assemble(&fields, options).expect("analytic fields cannot fail")
}

#[test]
fn a_point_belongs_to_one_part() {
    let options = AssembleOptions {
        resolution: 64,
        ..AssembleOptions::default()
    };
    let (apart, merged) = (
        knight(&options),
        knight(&AssembleOptions {
            disjoint: false,
            ..options
        }),
    );
    assert_eq!(
        apart.figurine.parts.len(),
        10,
        "every part of the fixture survives"
    );
    for part in &apart.figurine.parts {
        assert_eq!(
            flaw(&part.mesh),
            None,
            "{} must be closed after its neighbours took their share",
            part.name
        );
    }
    let doubly = |assembly: &Assembly| {
        let points = (0..600).map(|i| {
            Vec3::from_array([0, 1, 2].map(|a| noise(7, [i, a, 1]) * [0.55, 1.0, 0.4][a as usize]))
        });
        let count = |p| {
            assembly
                .figurine
                .parts
                .iter()
                .filter(|part| within(&part.mesh, p))
                .count()
        };
        points.filter(|&p| count(p) > 1).count()
    };
    assert!(
        doubly(&merged) > 5,
        "the fixture's parts do overlap, or this test shows nothing"
    );
    assert_eq!(doubly(&apart), 0, "no point may be inside two parts");
}

#[test]
fn parts_share_their_border_exactly() {
    let ball = |x: f32| shape(0.9, move |p| p.distance(Vec3::new(x, 0.0, 0.0)) - 0.4);
    let (left, right) = (ball(-0.2), ball(0.2));
    let fields: Vec<(String, &dyn Field)> = vec![("left".into(), &left), ("right".into(), &right)];
    let parts = assembled(&fields, 64).parts;
    let deep = |p: &&Vec3| p.distance(Vec3::new(-0.2, 0.0, 0.0)) < 0.3 && p.x > -0.25;
    let border: Vec<&Vec3> = parts[0].mesh.positions.iter().filter(deep).collect();
    assert!(
        border.len() > 50,
        "the left ball has a hollow where the right one enters"
    );
    for p in border {
        let nearest = parts[1]
            .mesh
            .positions
            .iter()
            .map(|q| q.distance(*p))
            .fold(f32::MAX, f32::min);
        assert!(
            nearest < 1e-5,
            "a gap of {nearest} at {p} in the border of two parts"
        );
    }
}

#[test]
fn crumbs_go_and_are_reported() {
    let field = shape(0.9, |p| {
        let crumb = p.distance(Vec3::new(0.7, 0.0, 0.0)) - 0.06;
        (p.length() - 0.5).max(0.1 - p.length()).min(crumb)
    });
    let fields: Vec<(String, &dyn Field)> = vec![("body".into(), &field)];
    let options = AssembleOptions {
        resolution: 64,
        ..AssembleOptions::default()
    };
    let assembly = assemble(&fields, &options).expect("balls cannot fail");
    assert_eq!(
        assembly.fragments.len(),
        1,
        "the crumb and the void are reported"
    );
    assert_eq!(
        (
            assembly.fragments[0].pieces,
            assembly.fragments[0].part.as_str()
        ),
        (2, "body"),
        "by part, as two pieces"
    );
    let mesh = &assembly.figurine.parts[0].mesh;
    assert_eq!(flaw(mesh), None, "what is left is closed");
    let truth = 4.0 / 3.0 * std::f32::consts::PI * 0.125;
    assert!(
        (volume(mesh) / truth - 1.0).abs() < 0.01,
        "one full ball is left, not {} of it",
        volume(mesh) / truth
    );
}

#[test]
fn empty_and_failing_parts_are_named() {
    let (empty, ball) = (shape(0.5, |_| 1.0), shape(0.5, |p| p.length() - 0.3));
    let fields: Vec<(String, &dyn Field)> = vec![("hair".into(), &empty), ("head".into(), &ball)];
    let options = AssembleOptions {
        resolution: 32,
        ..AssembleOptions::default()
    };
    let assembly = assemble(&fields, &options).expect("an absent part is no error");
    assert_eq!(assembly.empty, ["hair"], "it is reported by name");
    assert_eq!(
        assembly.figurine.parts.len(),
        1,
        "and no dummy stands in for it"
    );
    let broken = shape(0.5, |_| f32::NAN);
    let error = assemble(&[("head".into(), &broken as &dyn Field)], &options)
        .expect_err("not-a-number is an error");
    assert!(
        format!("{error:#}").contains("head"),
        "that says which part: {error:#}"
    );
}

#[test]
fn the_same_bytes_at_any_thread_count() {
    let make = |threads| {
        on_threads(threads, || {
            let mut knight = assembled(&borrowed(&figurine()), 48);
            simplify::to_budget(&mut knight, 4_000);
            knight
        })
    };
    assert!(
        make(1) == make(3),
        "the order of work may not show in the result"
    );
}

#[test]
fn a_preview_shows_the_figure() {
    use gen3d::render::{PreviewOptions, Viewpoint, render};
    let mut knight = assembled(&borrowed(&figurine()), 64);
    let draw = |f: &Figurine, view| {
        render(
            f,
            &PreviewOptions {
                width: 120,
                height: 160,
                view,
            },
        )
    };
    let studio = draw(&Figurine::default(), Viewpoint::Front);
    let picture = draw(&knight, Viewpoint::Front);
    assert_eq!(
        picture.dimensions(),
        (120, 160),
        "the picture has the size that was asked for"
    );
    let reddest = |p: &image::RgbImage| p.pixels().map(|p| i32::from(p[0]) - i32::from(p[1])).max();
    assert!(reddest(&picture) > Some(90), "the shield is red");
    assert!(reddest(&studio) < Some(20), "an empty studio is not");
    let darkness = |x: u32, y: u32| {
        i32::from(studio.get_pixel(x, y)[1]) - i32::from(picture.get_pixel(x, y)[1])
    };
    assert!(
        (20..120).step_by(10).any(|y| darkness(112, y + 30) > 8),
        "the figure casts a shadow to its side"
    );
    assert!(
        darkness(2, 2).abs() < 3,
        "and the backdrop's corner stays as it is"
    );
    // The shield is in the figure's left hand: right in the front view, left seen from behind.
    knight
        .parts
        .retain(|p| ["item_left", "base", "torso"].contains(&p.name.as_str()));
    let shield = |view| {
        let picture = draw(&knight, view);
        let red = |p: &image::Rgb<u8>| p[0] > 120 && i32::from(p[0]) - i32::from(p[1]) > 90;
        let columns = picture
            .enumerate_pixels()
            .filter(|(.., p)| red(p))
            .map(|(x, ..)| x as f32);
        columns.clone().sum::<f32>() / columns.count().max(1) as f32
    };
    assert!(
        shield(Viewpoint::Front) > 60.0,
        "from the front the shield is right of the middle"
    );
    assert!(
        shield(Viewpoint::Back) < 60.0,
        "from behind it is left of it"
    );
    let _ = draw(&knight, Viewpoint::Sheet);
    let odd = PreviewOptions {
        width: 0,
        height: 20,
        view: Viewpoint::Side,
    };
    assert_eq!(
        render(&knight, &odd).dimensions(),
        (16, 20),
        "a size out of range is the nearest in it"
    );
}

#[test]
fn colour_borders_get_vertices() {
    use gen3d::surface::refine::{DetailOptions, sharpen_colours};
    let fields = figurine();
    let (name, head) = fields
        .iter()
        .find(|(n, _)| n == "head")
        .expect("the fixture has a head");
    let made = assembled(&[(name.clone(), &**head)], 64);
    let mut mesh = made
        .parts
        .into_iter()
        .next()
        .expect("the head is there")
        .mesh;
    let blur = |mesh: &gen3d::geometry::Mesh| {
        let edges = mesh
            .triangles
            .iter()
            .map(|t| (t[0] as usize, t[1] as usize));
        let contrast = |(a, b): (usize, usize)| {
            let c = Vec3::from(mesh.colours[a]).distance(Vec3::from(mesh.colours[b]));
            if c > 0.3 {
                mesh.positions[a].distance(mesh.positions[b])
            } else {
                0.0
            }
        };
        edges.map(contrast).fold(0.0, f32::max)
    };
    let (before, faces) = (blur(&mesh), mesh.triangles.len());
    let detail = DetailOptions {
        shortest: 0.008,
        contrast: 0.1,
        budget: 3_000,
    };
    sharpen_colours(&mut mesh, &**head, &detail).expect("analytic fields cannot fail");
    assert_eq!(flaw(&mesh), None, "splitting edges must not open the mesh");
    assert!(mesh.triangles.len() <= faces + 3_000, "the budget is kept");
    assert!(
        blur(&mesh) < 0.6 * before,
        "a colour border is {} wide, was {before}",
        blur(&mesh)
    );
}
