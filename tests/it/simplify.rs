//! Fewer triangles: the same shape, closed, in even triangles, whatever the budget.

use gen3d::geometry::{Figurine, Mesh, Part};
use gen3d::surface::assemble::AssembleOptions;
use gen3d::surface::dual_contouring::extract;
use gen3d::surface::simplify;
use glam::Vec3;
use proptest::prelude::*;

use crate::mesh::{knight, noisy};
use crate::support::measure::{flaw, volume};
use crate::support::shapes::{assembled, borrowed, figurine, shape};

/// One part of so many triangles.
fn simplified(mesh: Mesh, faces: usize) -> Mesh {
    let name = "part".into();
    let mut figurine = Figurine {
        parts: vec![Part { name, mesh }],
        ..Figurine::default()
    };
    simplify::to_budget(&mut figurine, faces);
    figurine.parts.remove(0).mesh
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn simplified_noise_stays_closed(seed: u64, bias in -0.5f32..0.5, share in 0.05f32..0.9) {
        let mesh = extract(&noisy(seed, 16, 0.6, bias), 16).expect("noise has a surface");
        let faces = (mesh.triangles.len() as f32 * share) as usize;
        let mut figurine = Figurine { parts: vec![Part { name: "noise".into(), mesh }], ..Figurine::default() };
        simplify::to_budget(&mut figurine, faces);
        let flaw = flaw(&figurine.parts[0].mesh);
        prop_assert!(flaw.is_none(), "collapsing edges must not open a mesh: {}", flaw.unwrap());
    }
}

#[test]
fn simplified_shapes_keep_their_shape() {
    let mut knight = assembled(&borrowed(&figurine()), 128);
    let before: Vec<f32> = knight.parts.iter().map(|p| volume(&p.mesh)).collect();
    assert!(
        knight.triangles() > 40_000,
        "there is something to take away"
    );
    simplify::to_budget(&mut knight, 10_000);
    assert!(
        (9_990..=10_010).contains(&knight.triangles()),
        "the budget is kept: {}",
        knight.triangles()
    );
    for (part, before) in knight.parts.iter().zip(before) {
        assert_eq!(flaw(&part.mesh), None, "{} must stay closed", part.name);
        let share = volume(&part.mesh) / before;
        assert!(
            (0.98..1.02).contains(&share),
            "{} kept {share} of its volume",
            part.name
        );
    }
}

#[test]
fn a_small_part_stays_round_whatever_the_budget() {
    let options = AssembleOptions {
        resolution: 48,
        ..AssembleOptions::default()
    };
    let mut figurine = knight(&options).figurine;
    simplify::to_budget(&mut figurine, 100);
    for part in &figurine.parts {
        let faces = part.mesh.triangles.len();
        assert!(faces >= 60, "{} has {faces} triangles left", part.name);
    }
}

#[test]
fn what_is_simplified_has_the_colours_that_it_will_have() {
    let fields = figurine();
    let fields = borrowed(&fields);
    let finished = |colours: bool| {
        let options = AssembleOptions {
            resolution: 64,
            colours,
            ..AssembleOptions::default()
        };
        let mut figurine = knight(&options).figurine;
        gen3d::surface::refine::finish(&mut figurine, &fields, 6_000)
            .expect("analytic fields cannot fail");
        figurine.parts.into_iter().map(|part| part.mesh)
    };
    for (grey, coloured) in finished(false).zip(finished(true)) {
        assert!(
            grey.positions == coloured.positions && grey.colours == coloured.colours,
            "a figurine that came uncoloured has other vertices: its eyes were simplified away as if they were skin"
        );
    }
}

#[test]
fn flat_sides_keep_even_triangles() {
    let cube = shape(0.8, |p: Vec3| (p.abs() - 0.5).max_element());
    let mesh = simplified(extract(&cube, 48).expect("a cube has a surface"), 600);
    let edges = mesh
        .triangles
        .iter()
        .flat_map(|&[a, b, c]| [(a, b), (b, c), (c, a)]);
    let lengths =
        edges.map(|(a, b)| mesh.positions[a as usize].distance(mesh.positions[b as usize]));
    let longest = lengths.fold(0.0, f32::max);
    assert!(
        longest < 0.45,
        "nothing is lost by larger ones, and yet {longest:.2} of a side is too long to shade or bend"
    );
}
