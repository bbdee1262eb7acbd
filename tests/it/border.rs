//! Parts fit: a point belongs to one of them, neighbours share their border, and it is a smooth line.

use std::collections::{HashMap, HashSet};

use gen3d::geometry::{Field, Figurine, Mesh};
use gen3d::surface::refine;
use glam::Vec3;
use proptest::prelude::*;

use crate::support::measure::{flaw, within};
use crate::support::shapes::{assembled, borrowed, figurine, shape};

const RESOLUTION: usize = 56;
const CELL: f32 = 2.0 / RESOLUTION as f32;

type Fields = Vec<(String, Box<dyn Field>)>;

fn fit(fields: &Fields) -> Figurine {
    assembled(&borrowed(fields), RESOLUTION)
}

fn reduced(mut figurine: Figurine, fields: &Fields, faces: usize) -> Figurine {
    let fields = borrowed(fields);
    refine::finish(&mut figurine, &fields, faces).expect("analytic fields cannot fail");
    figurine
}

fn place(p: Vec3) -> [u32; 3] {
    (p + 0.0).to_array().map(f32::to_bits)
}

/// A triangle by the places of its corners, from the least on; turned over if `back`.
fn corners(mesh: &Mesh, t: [u32; 3], back: bool) -> [[u32; 3]; 3] {
    let [a, b, c] = t.map(|v| place(mesh.positions[v as usize]));
    let [a, b, c] = if back { [c, b, a] } else { [a, b, c] };
    [[a, b, c], [b, c, a], [c, a, b]]
        .into_iter()
        .min()
        .expect("three")
}

/// The triangles that two parts have, one of them turned over.
fn borders(figurine: &Figurine) -> usize {
    let mut seen = HashSet::new();
    let mut count = 0;
    for part in &figurine.parts {
        for t in &part.mesh.triangles {
            count += usize::from(seen.contains(&corners(&part.mesh, *t, true)));
        }
        seen.extend(
            part.mesh
                .triangles
                .iter()
                .map(|t| corners(&part.mesh, *t, false)),
        );
    }
    count
}

/// The shares of random points that are in several parts, and in none although they are deeper than
/// `slack` in some field.
fn doubly_and_nowhere(figurine: &Figurine, fields: &Fields, slack: f32) -> (f32, f32) {
    let (mut inside, mut doubly, mut nowhere) = (0, 0, 0);
    for i in 0..1500u32 {
        let number = |k: u32| {
            let h = (i * 3 + k + 1).wrapping_mul(0x9e37_79b9);
            ((h ^ h >> 15).wrapping_mul(0x85eb_ca6b) >> 8) as f32 / (1u32 << 24) as f32
        };
        let p = Vec3::new(number(0), number(1), number(2)) * 1.6 - 0.8;
        let depth = fields
            .iter()
            .map(|f| f.1.distance(&[p]).expect("analytic")[0]);
        let deep = depth.fold(f32::MAX, f32::min) < -slack;
        let parts = figurine.parts.iter();
        let owners = parts.filter(|part| within(&part.mesh, p)).count();
        inside += usize::from(owners > 0);
        doubly += usize::from(owners > 1);
        nowhere += usize::from(owners == 0 && deep);
    }
    // Of a tiny figure few points are inside, and one of them is no share worth telling.
    let share = |n: usize| n as f32 / inside.max(500) as f32;
    (share(doubly), share(nowhere))
}

/// A head, and hair whose surface leaves it at a flat angle: two balls.
fn head() -> (Fields, [(Vec3, f32); 2]) {
    let balls = [
        (Vec3::new(0.01, -0.02, 0.0), 0.5),
        (Vec3::new(0.0, 0.045, -0.03), 0.49),
    ];
    let ball = |(centre, radius): (Vec3, f32)| {
        Box::new(shape(0.9, move |p| p.distance(centre) - radius)) as Box<dyn Field>
    };
    let fields = vec![
        ("head".into(), ball(balls[0])),
        ("hair".into(), ball(balls[1])),
    ];
    (fields, balls)
}

#[test]
fn a_hairline_has_no_teeth() {
    let (fields, balls) = head();
    for made in [fit(&fields), reduced(fit(&fields), &fields, 4_000)] {
        let [head, hair] = &made.parts[..] else {
            panic!("both parts are there");
        };
        let of_hair: HashSet<_> = hair.mesh.positions.iter().map(|p| place(*p)).collect();
        let shared = |v: u32| of_hair.contains(&place(head.mesh.positions[v as usize]));
        // The line is where the head's triangles that only it has begin.
        let mut line = HashSet::new();
        for t in &head.mesh.triangles {
            if !t.iter().all(|&v| shared(v)) {
                line.extend(t.iter().copied().filter(|&v| shared(v)));
            }
        }
        assert!(line.len() > 20, "the hairline has {} points", line.len());
        let offs = line.iter().filter_map(|&v| {
            let p = head.mesh.positions[v as usize];
            let [a, b] = balls.map(|(centre, radius)| p.distance(centre) - radius);
            let [n, m] = balls.map(|(centre, _)| (p - centre).normalize());
            // Along the skin, where the surfaces' flat angle magnifies every distance. Deeper ones
            // belong to two sheets in a cell, which are not joined, and are not seen.
            (a.max(b) > -0.3 * CELL).then(|| (a - b).abs() / n.cross(m).length())
        });
        let mut offs: Vec<f32> = offs.collect();
        offs.sort_by(f32::total_cmp);
        let share = offs.len() as f32 / line.len() as f32;
        assert!(
            share > 0.5,
            "{share} of the hairline's points are on the skin"
        );
        let at = |share: f32| offs[((offs.len() - 1) as f32 * share) as usize] / CELL;
        assert!(
            at(0.5) < 0.05 && at(0.95) < 0.4,
            "a hairline with teeth: half are {:.3} cells off, a twentieth {:.3}, one {:.3}",
            at(0.5),
            at(0.95),
            at(1.0)
        );
    }
}

/// How far off the surface of either of two balls their border lies, in cells, at the most where it is half a
/// cell to two below the other's; the balls cross at an angle in degrees.
fn sinks(degrees: f32) -> f32 {
    const RADIUS: f32 = 0.5;
    let apart = RADIUS * (2.0 - 2.0 * degrees.to_radians().cos()).sqrt();
    let ball = |y: f32| Box::new(shape(0.9, move |p| p.distance(y * Vec3::Y) - RADIUS));
    let (first, second) = (-0.4 * apart, 0.6 * apart);
    let fields: Fields = vec![("head".into(), ball(first)), ("hair".into(), ball(second))];
    let made = fit(&fields);
    let of_second: HashSet<_> = (made.parts[1].mesh.positions.iter())
        .map(|p| place(*p))
        .collect();
    let depth = |p: Vec3, y: f32| (RADIUS - p.distance(y * Vec3::Y)) / CELL;
    let border = made.parts[0].mesh.positions.iter();
    let border = border.filter(|p| of_second.contains(&place(**p)));
    let both = border.map(|p| (depth(*p, first), depth(*p, second)));
    let near = both.filter(|(a, b)| (0.5..2.0).contains(&a.max(*b)));
    let depths: Vec<f32> = near.map(|(a, b)| a.min(b).abs()).collect();
    assert!(
        depths.len() > 20,
        "{} points of the border are near the skin",
        depths.len()
    );
    depths.into_iter().fold(0.0, f32::max)
}

#[test]
fn a_border_stands_upright_only_where_it_would_be_thin() {
    for (degrees, least, most) in [(80.0, 0.0, 0.1), (75.0, 0.0, 0.1), (30.0, 0.5, 1.5)] {
        let found = sinks(degrees);
        eprintln!("at {degrees} degrees {found}");
        assert!(
            (least..most).contains(&found),
            "surfaces that cross at {degrees} degrees: the border is {found} cells off both, not {least} to {most}"
        );
    }
}

#[test]
fn the_knight_fits() {
    let fields = figurine();
    let whole = fit(&fields);
    let small = reduced(whole.clone(), &fields, 12_000);
    for (made, doubles) in [(&whole, 0.0), (&small, 0.002)] {
        for part in &made.parts {
            assert_eq!(flaw(&part.mesh), None, "{} must be closed", part.name);
        }
        assert!(
            borders(made) > 200,
            "neighbours share triangles: {}",
            borders(made)
        );
        let (doubly, nowhere) = doubly_and_nowhere(made, &fields, CELL);
        assert!(doubly <= doubles, "{doubly} of the figure is in two parts");
        assert_eq!(nowhere, 0.0, "no gap may be between parts");
    }
    let count = small.triangles();
    assert!(
        (9_000..=12_000).contains(&count),
        "the budget is kept: {count}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn random_neighbours_fit(
        balls in prop::collection::vec(
            (prop::array::uniform3(-0.3f32..0.3), 0.12f32..0.4, 0.3f32..1.0, 0usize..3), 2..5,
        ),
        share in 0.15f32..0.9,
    ) {
        let ball = |(centre, radius, flat, axis): ([f32; 3], f32, f32, usize)| {
            let (centre, mut scale) = (Vec3::from(centre), Vec3::ONE);
            scale[axis] = flat.max(0.1 / radius).min(1.0);
            Box::new(shape(0.85, move |p| {
                // Near enough a distance for an ellipsoid.
                let q = (p - centre) / scale;
                let slope = (q / scale).length().max(1e-6);
                (q.length() - radius) * q.length() / slope
            })) as Box<dyn Field>
        };
        let fields: Fields =
            balls.into_iter().enumerate().map(|(i, b)| (format!("part_{i}"), ball(b))).collect();
        let whole = fit(&fields);
        let faces = whole.triangles();
        let small = reduced(whole.clone(), &fields, (faces as f32 * share) as usize);
        prop_assert!(!whole.parts.is_empty(), "something is there");
        for (made, doubles) in [(&whole, 0.002), (&small, 0.004)] {
            for part in &made.parts {
                let flaw = flaw(&part.mesh);
                prop_assert!(flaw.is_none(), "{} is unsound: {}", part.name, flaw.unwrap());
            }
            let (doubly, nowhere) = doubly_and_nowhere(made, &fields, 1.5 * CELL);
            prop_assert!(doubly <= doubles, "{doubly} of it is in two parts");
            prop_assert!(nowhere <= 0.002, "{nowhere} of it is in no part");
        }
        // What two parts shared before, they share after: points go together.
        let users = |made: &Figurine| {
            let mut users: HashMap<[u32; 3], usize> = HashMap::new();
            for p in made.parts.iter().flat_map(|part| &part.mesh.positions) {
                *users.entry(place(*p)).or_default() += 1;
            }
            users.values().filter(|n| **n > 1).count()
        };
        if borders(&whole) > 50 {
            prop_assert!(users(&small) > 0 && borders(&small) > 0, "the border came apart");
        }
    }
}
