//! Several figures on one plinth, as tall beside each other as is asked for.

use std::path::Path;

use gen3d::figure::print::{Base, Outline, PrintOptions, Size, group, prepare};
use gen3d::geometry::Figurine;
use gen3d::surface::assemble::{AssembleOptions, assemble};
use gen3d::surface::refine;

use crate::support::judges;
use crate::support::measure::{flaw, heights, part, shared};
use crate::support::pictures;
use crate::support::program::Place;
use crate::support::shapes::{borrowed, figurine};

fn group_of(tall: &[f32]) -> Figurine {
    let figures = tall.iter().map(|_| figurine()).collect();
    let group = group::arrange(figures, tall).expect("they stand");
    let options = PrintOptions {
        size: Size::Height(0.1),
        base: Some(Base::Plinth(Outline::Disk, None)),
        ..PrintOptions::default()
    };
    let ready = prepare(&group.fields, &options).expect("they stand");
    let fields = borrowed(&ready.fields);
    let options = AssembleOptions {
        resolution: (64.0 * group.finer) as usize,
        ..AssembleOptions::default()
    };
    let mut made = assemble(&fields, &options)
        .expect("analytic fields cannot fail")
        .figurine;
    refine::finish(&mut made, &fields, 20_000).expect("analytic fields cannot fail");
    made
}

#[test]
fn heights_are_as_asked_for_and_all_stand_on_one_plinth() {
    let made = group_of(&[180.0, 90.0, 135.0]);
    for part in &made.parts {
        assert_eq!(flaw(&part.mesh), None, "{}", part.name);
    }
    let base = part(&made, "base");
    assert_eq!(
        made.parts
            .iter()
            .filter(|part| part.name.contains("base"))
            .count(),
        1,
        "one plinth, and no base of anybody's own"
    );
    let mut tall = Vec::new();
    let mut right = f32::MIN;
    for number in 1..=3 {
        let own = format!("figure{number}_");
        let parts = || made.parts.iter().filter(|part| part.name.starts_with(&own));
        let points = || parts().flat_map(|part| &part.mesh.positions);
        let (low, high) = points().fold((f32::MAX, f32::MIN), |(a, b), p| (a.min(p.x), b.max(p.x)));
        assert!(
            low > right,
            "figure {number} stands to the right of the one before"
        );
        right = high;
        let legs = part(&made, &format!("{own}legs"));
        assert!(
            shared(base, legs) > 5,
            "figure {number} is set into the plinth"
        );
        tall.push(points().map(|p| p.y).fold(f32::MIN, f32::max) - heights(legs).0);
    }
    for (number, (found, wanted)) in tall.iter().zip([1.0, 0.5, 0.75]).enumerate() {
        let share = found / tall[0];
        assert!(
            (share - wanted).abs() < 0.02,
            "figure {} is {share} of the first",
            number + 1
        );
    }
}

#[test]
fn a_family_of_photos_becomes_one_file() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let sample = |name: &str| std::fs::read(samples.join(name)).expect("a sample picture");
    let place = Place::new()
        .with("a.png", sample("twintails_cut.png"))
        .with("b.jpg", sample("cat_with_shield.jpg"));
    let line = [
        "a.png",
        "b.jpg",
        "--together",
        "--heights",
        "160,80",
        "--name",
        "Family",
        "--faces",
        "12000",
        "--no-cache",
        "--texture",
        "off",
    ];
    for file in ["family.glb", "family.3mf"] {
        let mut command = place.command();
        let output = command
            .args(line)
            .args(["-o", file])
            .output()
            .expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
    }
    judges::khronos(&[place.path("family.glb")]);
    judges::printable(&[place.path("family.3mf")]);
    let bytes = std::fs::read(place.path("family.glb")).expect("it was written");
    let (document, ..) = gltf::import_slice(bytes).expect("glTF");
    let names: Vec<&str> = document.nodes().filter_map(|node| node.name()).collect();
    for name in [
        "base",
        "name",
        "figure1",
        "figure2",
        "figure1_head",
        "figure2_head",
    ] {
        assert!(names.contains(&name), "there is a node {name}: {names:?}");
    }
    let [first, second] = tall(&place.path("family.glb"));
    assert!(
        (second / first - 0.5).abs() < 0.03,
        "80 beside 160, not {second} m beside {first} m"
    );
}

/// How far each of two figures of a GLB reaches up from its lowest point, metres.
fn tall(path: &Path) -> [f32; 2] {
    let (document, buffers, _) = gltf::import(path).expect("it reads back");
    let mut spans = [(f32::MAX, f32::MIN); 2];
    let mut open: Vec<(gltf::Node<'_>, f32)> = (document.scenes().flat_map(|scene| scene.nodes()))
        .map(|node| (node, 0.0))
        .collect();
    while let Some((node, above)) = open.pop() {
        let lies = above + node.transform().decomposed().0[1];
        open.extend(node.children().map(|child| (child, lies)));
        let (Some(mesh), Some(name)) = (node.mesh(), node.name()) else {
            continue;
        };
        let figure = ["figure1_", "figure2_"]
            .iter()
            .position(|of| name.starts_with(of));
        for (primitive, figure) in mesh.primitives().zip(figure) {
            let reader = primitive.reader(|buffer| Some(&buffers[buffer.index()]));
            for [_, y, _] in reader.read_positions().expect("positions") {
                let (low, high) = spans[figure];
                spans[figure] = (low.min(lies + y), high.max(lies + y));
            }
        }
    }
    spans.map(|(low, high)| high - low)
}

#[test]
fn figures_are_as_tall_beside_each_other_as_their_photos_show_them() {
    let sample = image::load_from_memory(include_bytes!("../../examples/twintails_cut.png"));
    let sample = sample.expect("a sample picture").into_rgba8();
    let (width, height) = sample.dimensions();
    let mut farther = image::RgbaImage::new(2 * width, 2 * height);
    image::imageops::overlay(
        &mut farther,
        &sample,
        i64::from(width / 2),
        i64::from(height / 2),
    );
    let farther = pictures::encode(&farther.into(), image::ImageFormat::Png);
    let place = (Place::new())
        .with(
            "near.png",
            include_bytes!("../../examples/twintails_cut.png"),
        )
        .with("far.png", farther);
    let line = [
        "near.png",
        "far.png",
        "--together",
        "--heights",
        "photo",
        "-o",
        "both.glb",
    ];
    let rough = [
        "--faces",
        "8000",
        "--no-cache",
        "--texture",
        "off",
        "--rig",
        "off",
    ];
    let output = (place.command().args(line).args(rough).output()).expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let [near, far] = tall(&place.path("both.glb"));
    assert!(
        (far / near - 0.5).abs() < 0.03,
        "the second fills half as much of its photo's height, and is {far} m beside {near} m"
    );
}

#[test]
fn what_does_not_go_together_is_refused() {
    let photo = pictures::file(image::ImageFormat::Png);
    let place = Place::new().with("a.png", &photo).with("b.png", &photo);
    let refused = |words: &[&str], said: &[&str]| {
        place.refuses(&[&["-o", "out.glb", "--together"], words].concat(), 2, said);
    };
    refused(&["a.png"], &["here is one photo"]);
    refused(
        &["a.png", "b.png", "--heights", "1,2,3"],
        &["2 photos and 3 heights"],
    );
    refused(&["a.png", "b.png", "--heights", "1,0"], &["above 0"]);
    refused(&["a.png", "b.png", "--base", "none"], &["--base none"]);
    refused(
        &["a.png", "b.png", "--style", "chibi"],
        &["--style: not with --together"],
    );
    refused(
        &["a.png", "b.png", "--prompt", "a dog"],
        &["--prompt: not with --together"],
    );
    // The test's small weights read no maps off photos.
    refused(&["a.png", "b.png"], &["by the weights in the program"]);
}
