//! `--style chibi`: the proportions of a toy, on parts that stay whole, stay together and keep their colours.

use gen3d::base::progress::Watch;
use gen3d::export;
use gen3d::export::ExportOptions;
use gen3d::figure::proportions::{Moved, chibi};
use gen3d::geometry::{Field, Figurine, Mesh};
use gen3d::inspect;
use gen3d::model::Model;
use gen3d::model::nn::device::{self, DeviceChoice};
use gen3d::photo::{cutout, decode};
use gen3d::pipeline;
use gen3d::pipeline::{Options, Refine, Style};
use glam::Vec3;

use crate::support::measure::{extent, flaw, heights, part, shared, sound, volume, within};
use crate::support::pictures;
use crate::support::program;
use crate::support::shapes::{assembled, figurine, shape};

fn made(fields: &[(String, impl Field)]) -> Figurine {
    let fields: Vec<(String, &dyn Field)> = (fields.iter())
        .map(|(name, field)| (name.clone(), field as &dyn Field))
        .collect();
    assembled(&fields, 64)
}

fn restyled<F: Field>(fields: Vec<(String, F)>, figurine: &Figurine) -> Vec<(String, Moved<F>)> {
    let moves = chibi(figurine);
    let moved = |(name, field): (String, F)| {
        let to = moves.as_ref().and_then(|moves| moves.of(&name));
        let field = Moved::new(field, to.cloned());
        (name, field)
    };
    fields.into_iter().map(moved).collect()
}

/// What a part has of the height of all but base and items.
fn share(figurine: &Figurine, name: &str) -> f32 {
    let body = ["legs", "torso", "head", "hair"].map(|name| {
        let found = figurine.parts.iter().find(|part| part.name == name);
        found.map_or((f32::MAX, f32::MIN), |part| heights(&part.mesh))
    });
    let (low, high) = (body.iter()).fold((f32::MAX, f32::MIN), |all, one| {
        (all.0.min(one.0), all.1.max(one.1))
    });
    let own = heights(part(figurine, name));
    (own.1 - own.0) / (high - low)
}

/// The sides of the box around a part's points, each moved.
fn sides(mesh: &Mesh, moved: impl Fn(Vec3) -> Vec3) -> Vec3 {
    let (low, high) = extent(&mesh.positions.iter().map(|&p| moved(p)).collect::<Vec<_>>());
    high - low
}

#[test]
fn a_knight_becomes_a_toy_and_stays_whole() {
    let before = made(&figurine());
    let moves = chibi(&before).expect("a knight is no toy");
    let after = made(&restyled(figurine(), &before));
    let (head, legs) = (share(&before, "head"), share(&before, "legs"));
    assert!(
        share(&after, "head") > 1.25 * head && share(&after, "legs") < 0.9 * legs,
        "a toy is a big head on short legs: the head had {head:.2} of the height and has {:.2}, the legs \
         {legs:.2} and {:.2}",
        share(&after, "head"),
        share(&after, "legs")
    );
    for part in &after.parts {
        assert_eq!(flaw(&part.mesh), None, "{} must print", part.name);
        assert!(volume(&part.mesh) > 0.0, "{} is inside out", part.name);
    }
    for i in 0..400u32 {
        let number = |k: u32| (((i * 3 + k + 1) * 2_654_435) % 10_007) as f32 / 10_007.0;
        let p = Vec3::new(number(0), number(1), number(2)) * 1.6 - 0.8;
        let owners = after.parts.iter().filter(|part| within(&part.mesh, p));
        assert!(
            owners.count() < 2,
            "{p} is in two parts: they would not fit"
        );
    }
    assert_eq!(
        heights(part(&before, "base")),
        heights(part(&after, "base")),
        "the ground stays where it is"
    );
    for (item, arm) in [("item_left", "arm_left"), ("item_right", "arm_right")] {
        let to = moves.of(item).expect("it follows its hand");
        let scale = sides(part(&before, item), |p| to.fore(p)) / sides(part(&before, item), |p| p);
        assert!(
            scale.max_element() < 1.001 * scale.min_element() && scale.max_element() < 1.0,
            "a sword stays straight and a shield round: {item} is stretched by {scale}"
        );
        assert!(
            shared(part(&after, item), part(&after, arm)) > 0,
            "the hand has lost its {item}"
        );
    }
    for (one, other) in [("head", "torso"), ("arm_left", "torso"), ("legs", "torso")] {
        assert!(
            shared(part(&after, one), part(&after, other)) > 0,
            "{one} and {other} have come apart"
        );
    }
}

#[test]
fn a_toy_keeps_its_proportions() {
    let before = made(&figurine());
    let once = restyled(figurine(), &before);
    let toy = made(&once);
    let twice = made(&restyled(once, &toy));
    let kept = |name: &str| share(&toy, name) / share(&before, name);
    assert!(
        kept("legs") < 1.2 * kept("torso"),
        "a toy's legs are short: they keep {:.2} of their share of the height, the torso {:.2}",
        kept("legs"),
        kept("torso")
    );
    for name in ["head", "legs"] {
        let (one, two) = (share(&toy, name), share(&twice, name));
        assert!(
            (two / one - 1.0).abs() < 0.2,
            "who is a toy already is nearly left alone: the {name} had {one:.2} of the height and has {two:.2}"
        );
    }
    // A round creature: all head, on two feet.
    let ball = |centre: Vec3, radius: f32| shape(0.9, move |p: Vec3| p.distance(centre) - radius);
    let feet = |p: Vec3| p.with_x(p.x.abs()).distance(Vec3::new(0.2, -0.6, 0.0)) - 0.15;
    let head: Box<dyn Field> = Box::new(ball(Vec3::ZERO, 0.55));
    let legs: Box<dyn Field> = Box::new(shape(0.9, feet));
    let round = made(&[("legs".into(), legs), ("head".into(), head)]);
    assert!(
        chibi(&round).is_none(),
        "a creature that is all head must stay as it is"
    );
}

#[test]
fn normals_are_taken_back_with_their_points() {
    let before = made(&figurine());
    let moves = chibi(&before).expect("a knight is no toy");
    let mut seen = 0;
    for part in &before.parts {
        let Some(to) = moves.of(&part.name) else {
            continue;
        };
        for t in part.mesh.triangles.iter().step_by(7) {
            let old = t.map(|v| part.mesh.positions[v as usize]);
            let new = old.map(|p| to.fore(p));
            let normal = |[a, b, c]: [Vec3; 3]| (b - a).cross(c - a).normalize_or_zero();
            let middle = |[a, b, c]: [Vec3; 3]| (a + b + c) / 3.0;
            let found = to.faced(middle(new), normal(new));
            assert!(
                found.dot(normal(old)) > 0.98 || normal(old) == Vec3::ZERO,
                "the photo would colour what faces away from it: a side of {} faced {} and not {found}",
                part.name,
                normal(old)
            );
            assert!(
                to.back(middle(new)).distance(middle(old)) < 0.01,
                "colours would slip on {}",
                part.name
            );
            seen += 1;
        }
    }
    assert!(seen > 1000, "only {seen} triangles were looked at");
}

/// The weights in the program on the README's picture, with these proportions.
fn sample(style: Style) -> Figurine {
    let device = device::choose(DeviceChoice::Cpu).expect("a processor");
    let model = Model::from_bytes(gen3d::model::embedded::weights(), &device).expect("the weights");
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/twintails_cut.png");
    let picture = decode::open(&path).expect("the sample");
    let subject =
        cutout::cut(picture, None, model.cutout_network()).expect("it is cut out already");
    let options = Options {
        resolution: Some(64),
        faces: 8000,
        style,
        refine: Refine::Off, // or else the faithful one goes by part maps, and the toy does not
        ..Options::default()
    };
    let made = pipeline::figurine(&model, &subject.into(), &options, &Watch::silent());
    made.expect("a figurine").0
}

/// How far a colour may have slipped, model units: less than an eye is wide.
const NEAR: f32 = 0.06;

#[test]
fn the_sample_gets_a_larger_head_and_its_face_stays_on_it() {
    let (faithful, toy) = (sample(Style::Faithful), sample(Style::Chibi));
    let (head, legs) = (share(&faithful, "head"), share(&faithful, "legs"));
    assert!(
        share(&toy, "head") > 1.02 * head && share(&toy, "legs") < 0.98 * legs,
        "even what is half a toy becomes more of one: the head had {head:.3} of the height and has {:.3}, the \
         legs {legs:.3} and {:.3}",
        share(&toy, "head"),
        share(&toy, "legs")
    );
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("toy.glb");
    export::write(&path, &toy, &ExportOptions::default()).expect("it can be written");
    let options = inspect::Options {
        height: None,
        unit: None,
        wall: 0.4,
    };
    let found = inspect::inspect(&path, &options).expect("it can be read");
    sound(&found, "the sample as a toy");
    let moves = chibi(&faithful).expect("the sample can be more of a toy");
    for name in ["head", "hair", "torso"] {
        let (old, new) = (part(&faithful, name), part(&toy, name));
        let to = moves.of(name).expect("it moves");
        // Triangles lie otherwise: the colour has to be somewhere near.
        let off = |(p, colour): (&Vec3, &[f32; 3])| {
            let was = to.back(*p);
            let mut there = old.positions.iter().zip(&old.colours);
            !there.any(|(q, c)| {
                q.distance(was) < NEAR && Vec3::from(*c).distance(Vec3::from(*colour)) < 0.25
            })
        };
        let points = || new.positions.iter().zip(&new.colours);
        let others = points().filter(|&point| off(point)).count() as f32 / points().count() as f32;
        eprintln!("{name}: {others:.3} differ");
        assert!(
            others < 0.03,
            "the photo shows the figure as it was: {others:.3} of the {name} has another colour than there"
        );
    }
    assert!(toy == sample(Style::Chibi), "a seed gives one figurine");
}

#[test]
fn faithful_is_what_one_gets_without_asking() {
    let place = program::Place::new().with("photo.png", pictures::file(image::ImageFormat::Png));
    let bytes = |name: &str, more: &[&str]| {
        place.makes(&[&["photo.png", "-o", name], more].concat());
        std::fs::read(place.path(name)).expect("it was written")
    };
    assert!(
        bytes("plain.stl", &[]) == bytes("faithful.stl", &["--style", "faithful"]),
        "--style faithful must change nothing"
    );
    place.refuses(
        &["photo.png", "-o", "x.glb", "--style", "anime"],
        2,
        &["faithful", "chibi"],
    );
}
