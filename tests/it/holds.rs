//! What goes to a printer is one body that stands: loose parts come to what bears them, soles are flat and level.

use std::path::Path;

use gen3d::figure::print::{self, PrintOptions, Size, drop_specks, prepare};
use gen3d::geometry::{Field, Figurine, Part};
use gen3d::inspect::{self, Standing};
use gen3d::surface::union;
use glam::Vec3;

use crate::support::measure::{extent, flaw, heights, part, volume};
use crate::support::pictures;
use crate::support::program::{Place, printed};
use crate::support::schema;
use crate::support::shapes::{assembled, borrowed, figurine, shape};

type Fields = Vec<(String, Box<dyn Field>)>;

/// Millimetres a unit of the model frame, of a figurine of some 100 mm.
const SCALE: f32 = 52.0;

/// A field that was moved.
struct Elsewhere(Box<dyn Field>, Vec3);

impl Field for Elsewhere {
    fn distance(&self, points: &[Vec3]) -> anyhow::Result<Vec<f32>> {
        let were: Vec<Vec3> = points.iter().map(|&p| p - self.1).collect();
        self.0.distance(&were)
    }
    fn colour(&self, points: &[Vec3]) -> anyhow::Result<Vec<[f32; 3]>> {
        let were: Vec<Vec3> = points.iter().map(|&p| p - self.1).collect();
        self.0.colour(&were)
    }
    fn bounds(&self) -> (Vec3, Vec3) {
        let (low, high) = self.0.bounds();
        (low + self.1, high + self.1)
    }
}

/// The knight with some parts elsewhere.
fn knight(moved: &[(&str, Vec3)]) -> Fields {
    let place = |(name, field): (String, Box<dyn Field>)| {
        let by = moved.iter().filter(|(part, _)| *part == name);
        let by: Vec3 = by.map(|(_, by)| *by).sum();
        (name, Box::new(Elsewhere(field, by)) as Box<dyn Field>)
    };
    figurine().into_iter().map(place).collect()
}

fn without(fields: Fields, parts: &[&str]) -> Fields {
    let kept = |(name, _): &(String, Box<dyn Field>)| !parts.contains(&name.as_str());
    fields.into_iter().filter(kept).collect()
}

fn ball(middle: Vec3, radius: f32) -> Box<dyn Field> {
    let mut ball = shape(0.0, move |p| p.distance(middle) - radius);
    ball.bounds = (middle - radius - 0.02, middle + radius + 0.02);
    Box::new(ball)
}

/// Both, as one part.
struct Both(Box<dyn Field>, Box<dyn Field>);

impl Field for Both {
    fn distance(&self, points: &[Vec3]) -> anyhow::Result<Vec<f32>> {
        let other = self.1.distance(points)?.into_iter();
        let both = self.0.distance(points)?.into_iter().zip(other);
        Ok(both.map(|(one, other)| one.min(other)).collect())
    }
    fn colour(&self, points: &[Vec3]) -> anyhow::Result<Vec<[f32; 3]>> {
        self.0.colour(points)
    }
    fn bounds(&self) -> (Vec3, Vec3) {
        let ((low, high), (l, h)) = (self.0.bounds(), self.1.bounds());
        (low.min(l), high.max(h))
    }
}

/// The knight's fields with another beside one of them.
fn beside(name: &str, other: Box<dyn Field>) -> Fields {
    let mut other = Some(other);
    let add = |(part, field): (String, Box<dyn Field>)| match other.take_if(|_| part == name) {
        Some(other) => (part, Box::new(Both(field, other)) as Box<dyn Field>),
        None => (part, field),
    };
    figurine().into_iter().map(add).collect()
}

fn standing(figurine: &Figurine) -> Standing {
    inspect::standing(figurine, SCALE)
}

/// As it was, as it is when tied together, and what was said of that.
fn tied(fields: &Fields) -> (Figurine, Figurine, Vec<String>) {
    let options = PrintOptions {
        size: Size::Height(0.1),
        ..PrintOptions::default()
    };
    let mut ready = prepare(fields, &options).expect("analytic fields cannot fail");
    let before = assembled(&borrowed(&ready.fields), 96);
    let remarks = ready.tie(&before, options.size);
    let mut after = assembled(&borrowed(&ready.fields), 96);
    drop_specks(&mut after);
    for Part { name, mesh } in &after.parts {
        assert_eq!(flaw(mesh), None, "{name} must stay closed");
    }
    (before, after, remarks)
}

#[test]
fn what_hangs_together_stays_as_it_is() {
    let (mut before, after, remarks) = tied(&figurine());
    assert_eq!(remarks, [""; 0], "nothing has to be done");
    drop_specks(&mut before);
    assert!(before == after, "nothing is done to it, but for specks");
    assert_eq!(standing(&after).body_count, 1);
}

/// How many bodies it is; the knight has a speck, as it is.
fn bodies(figurine: &Figurine) -> usize {
    let mut figurine = figurine.clone();
    drop_specks(&mut figurine);
    standing(&figurine).body_count
}

#[test]
fn a_shield_that_hovers_comes_to_its_hand() {
    let away = Vec3::new(0.06, 0.0, 0.14);
    let (before, after, remarks) = tied(&knight(&[("item_left", away)]));
    assert_eq!(bodies(&before), 2, "it hovers at first");
    assert_eq!(standing(&after).body_count, 1, "{remarks:?}");
    let [said] = &remarks[..] else {
        panic!("one thing was done: {remarks:?}");
    };
    assert!(
        said.contains("item_left") && said.contains("to arm_left"),
        "{said}"
    );
    let (was, is) = (part(&before, "item_left"), part(&after, "item_left"));
    let change = volume(is) / volume(was);
    assert!((change - 1.0).abs() < 0.1, "it keeps its shape: {change}");
    let (arm, own) = (part(&before, "arm_left"), part(&after, "arm_left"));
    assert!(
        (volume(own) / volume(arm) - 1.0).abs() < 0.1,
        "the arm stays"
    );
}

#[test]
fn an_item_follows_the_arm_that_was_loose_itself() {
    let away = Vec3::new(-0.12, 0.0, 0.0);
    let (before, after, remarks) =
        tied(&knight(&[("arm_right", away), ("item_right", 3.0 * away)]));
    assert_eq!(bodies(&before), 3, "both hover");
    assert_eq!(standing(&after).body_count, 1, "{remarks:?}");
    assert_eq!(remarks.len(), 2, "{remarks:?}");
    assert!(
        remarks[0].contains("arm_right") && remarks[0].contains("to torso"),
        "{remarks:?}"
    );
    assert!(
        remarks[1].contains("item_right") && remarks[1].contains("to arm_right"),
        "{remarks:?}"
    );
}

#[test]
fn a_body_that_hovers_above_its_legs_stands_on_a_strut_as_thick_as_they_allow() {
    let up = Vec3::new(0.0, 0.3, 0.0);
    let upper =
        ["torso", "arm_left", "arm_right", "item_left", "item_right"].map(|name| (name, up));
    let (before, after, remarks) = tied(&without(knight(&upper), &["head", "hair", "back"]));
    assert_eq!(bodies(&before), 2, "it hovers");
    assert_eq!(standing(&after).body_count, 1, "{remarks:?}");
    assert_eq!(
        heights(part(&before, "torso")).1,
        heights(part(&after, "torso")).1,
        "the body stays where it is"
    );
    let thick = remarks.iter().any(|remark| remark.contains("strut"));
    assert!(thick, "{remarks:?}");
}

#[test]
fn a_piece_is_tied_and_a_speck_is_dropped() {
    let piece = ball(Vec3::new(0.62, 0.3, 0.0), 0.09);
    let (before, after, remarks) = tied(&beside("torso", piece));
    assert_eq!(
        (bodies(&before), standing(&after).body_count),
        (2, 1),
        "{remarks:?}"
    );
    assert!(remarks[0].contains("strut"), "{remarks:?}");
    let grown = volume(part(&after, "torso")) - volume(part(&before, "torso"));
    assert!(grown > 0.0, "there is a strut now");

    // A crumb of a part would go anyway: this is one of its own, as of a button that the photo shows.
    let mut fields = without(figurine(), &["back"]);
    fields.push(("back".into(), ball(Vec3::new(0.5, 0.6, -0.3), 0.022)));
    let (before, after, remarks) = tied(&fields);
    assert!(standing(&before).body_count > 1, "it hovers");
    assert_eq!(standing(&after).body_count, 1, "{remarks:?}");
    assert_eq!(remarks, [""; 0], "a speck needs no strut");
    assert!(
        after.parts.iter().all(|part| part.name != "back"),
        "it is gone"
    );
}

#[test]
fn what_parts_enclose_between_them_is_filled() {
    // Two cups, one upside down on the other.
    let cup = |side: f32| {
        let shell = move |p: Vec3| {
            (p.length() - 0.5)
                .max(0.3 - p.length())
                .max(side * (p.y - 0.01))
        };
        let mut cup = shape(0.0, shell);
        cup.bounds = (Vec3::splat(-0.55), Vec3::splat(0.55));
        Box::new(cup) as Box<dyn Field>
    };
    let cups = vec![
        ("legs".to_owned(), cup(1.0)),
        ("torso".to_owned(), cup(-1.0)),
    ];
    let whole = union::unite(&assembled(&borrowed(&cups), 64));
    let mesh = &whole.parts[0].mesh;
    assert_eq!(flaw(mesh), None, "it is closed");
    let share = volume(mesh) / (4.0 / 3.0 * std::f32::consts::PI * 0.125);
    assert!(
        (share - 1.0).abs() < 0.02,
        "it is a ball, not {share} of one"
    );
}

/// How the fields stand as they are, and stood up.
fn stood(fields: &Fields, leans: bool) -> (Standing, Figurine, Standing) {
    let made = |fields: &print::Fields<'_>| {
        let mut figurine = assembled(&borrowed(fields), 96);
        drop_specks(&mut figurine);
        figurine
    };
    let mut ready = prepare(fields, &PrintOptions::default()).expect("analytic fields cannot fail");
    let before = standing(&made(&ready.fields));
    ready.stand_up(leans).expect("analytic fields cannot fail");
    let mut after = made(&ready.fields);
    ready.level(&mut after);
    for Part { name, mesh } in &after.parts {
        assert_eq!(flaw(mesh), None, "{name} must stay closed");
    }
    let found = standing(&after);
    (before, after, found)
}

fn contact(standing: &Standing) -> f64 {
    standing
        .stance
        .as_ref()
        .map_or(0.0, |stance| stance.contact_mm2)
}

/// Points of a mesh that lie on the ground, left and right of the middle.
fn on_the_ground(mesh: &gen3d::geometry::Mesh) -> (usize, usize) {
    let floor = heights(mesh).0;
    let down = || mesh.positions.iter().filter(move |p| p.y < floor + 1e-4);
    (
        down().filter(|p| p.x > 0.0).count(),
        down().filter(|p| p.x < 0.0).count(),
    )
}

#[test]
fn round_soles_become_flat_and_level() {
    let fields = without(figurine(), &["base", "back"]);
    let (before, after, found) = stood(&fields, false);
    assert!(
        contact(&found) > 3.0 * contact(&before) && contact(&found) > 50.0,
        "{:?}, then {:?}",
        before.stance,
        found.stance
    );
    assert!(found.stands, "{:?}", found.stance);
    let (left, right) = on_the_ground(part(&after, "legs"));
    assert!(left > 10 && right > 10, "both feet: {left}, {right}");
}

#[test]
fn a_foot_that_ends_higher_reaches_the_ground() {
    // Two legs, of which one is 3 mm shorter, under a body.
    let leg = |x: f32, low: f32| {
        let mut leg = shape(0.0, move |p| {
            let along = (p.y.clamp(low + 0.12, 0.0) - p.y).abs();
            Vec3::new(p.x - x, along, p.z).length() - 0.12
        });
        leg.bounds = (
            Vec3::new(x - 0.15, low - 0.05, -0.15),
            Vec3::new(x + 0.15, 0.15, 0.15),
        );
        Box::new(leg) as Box<dyn Field>
    };
    let legs = Box::new(Both(leg(-0.2, -0.8), leg(0.2, -0.74))) as Box<dyn Field>;
    let fields = vec![
        ("legs".to_owned(), legs),
        ("torso".to_owned(), ball(Vec3::new(0.0, 0.25, 0.0), 0.4)),
    ];
    let (before, after, found) = stood(&fields, false);
    assert!(
        !before.stands && found.stands,
        "{:?}, then {:?}",
        before.stance,
        found.stance
    );
    let (left, right) = on_the_ground(part(&after, "legs"));
    assert!(left > 10 && right > 10, "both feet: {left}, {right}");
}

#[test]
fn who_would_fall_on_the_nose_leans_back() {
    let low = ball(Vec3::new(0.0, -0.6, 0.0), 0.2);
    let high = ball(Vec3::new(0.0, -0.1, 0.18), 0.4);
    let fields = vec![("legs".to_owned(), low), ("torso".to_owned(), high)];
    let (_, _, upright) = stood(&fields, false);
    let (_, _, leaning) = stood(&fields, true);
    assert!(!upright.stands, "{:?}", upright.stance);
    assert!(leaning.stands, "{:?}", leaning.stance);
}

#[test]
fn a_figure_on_its_own_base_stands_on_that() {
    let (before, _, found) = stood(&figurine(), true);
    assert!(before.stands && found.stands, "{before:?}, then {found:?}");
    assert!(
        contact(&found) >= 0.95 * contact(&before),
        "{before:?}, then {found:?}"
    );
}

#[test]
fn what_goes_to_a_printer_is_one_body_and_that_is_told() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/twintails_cut.png");
    let place = Place::new().with("photo.png", std::fs::read(path).expect("an example"));
    let make = |output: &str, more: &[&str]| {
        let line = [
            &["photo.png", "-o", output, "--json", "--faces", "9000"],
            more,
        ]
        .concat();
        let run = place.command().args(line).output().expect("it starts");
        let line: serde_json::Value = serde_json::from_str(&printed(&run)).expect("JSON");
        assert_eq!(schema::faults(&schema::of_json(), &line), [""; 0]);
        line
    };
    for (output, more) in [("x.stl", &[][..]), ("x.3mf", &[]), ("x.ply", &["--solid"])] {
        let line = make(output, more);
        assert_eq!(line["standing"]["body_count"], 1, "{output}: {line}");
        assert_eq!(line["standing"]["stands"], true, "{output}: {line}");
        let options = inspect::Options {
            height: None,
            unit: None,
            wall: 0.4,
        };
        let found = inspect::inspect(&place.path(output), &options).expect("it can be read");
        assert_eq!(
            (found.body_count, found.floating),
            (1, 0),
            "{output}: {found}"
        );
        assert!(found.stands, "{output}: {found}");
        assert_eq!(
            found
                .parts
                .iter()
                .map(|part| part.inner_walls + part.repeated)
                .sum::<usize>(),
            0
        );
    }
    assert_eq!(make("x.glb", &[])["standing"], serde_json::Value::Null);
}

#[test]
fn what_falls_over_is_told_and_a_base_is_offered_that_holds_it() {
    // A head on a stick that leans out from under it.
    let top = image::RgbaImage::from_fn(400, 500, |x, y| {
        let (x, y) = (x as f32, y as f32);
        let stick = (y - 470.0) * -0.93 + 56.0;
        image::Rgba(match () {
            () if (x - 250.0).hypot(y - 170.0) < 130.0 => [200, 60, 50, 255],
            () if (280.0..472.0).contains(&y) && (x - stick).abs() < 14.0 => [90, 70, 50, 255],
            () => [0; 4],
        })
    });
    let file = pictures::encode(&top.into(), image::ImageFormat::Png);
    let place = Place::new().with("top.png", file);
    let make = |more: &[&str]| {
        let line = [
            &[
                "top.png",
                "-o",
                "top.stl",
                "--json",
                "--no-cache",
                "--force",
            ],
            more,
        ]
        .concat();
        let run = place.command().args(line).output().expect("it starts");
        let said: serde_json::Value = serde_json::from_str(&printed(&run)).expect("JSON");
        (
            said["standing"]["stands"].clone(),
            said["notes"].to_string(),
        )
    };
    let (stands, notes) = make(&[]);
    assert!(
        stands == false && notes.contains("it falls over") && notes.contains("--base disk"),
        "{notes}"
    );
    let (stands, notes) = make(&["--base", "disk", "--base-diameter", "160mm"]);
    assert!(stands == true && !notes.contains("falls over"), "{notes}");
    // The plinth that it stands on has the wall of `print::rim`, and not a grid's: its bottom is one exact ring.
    let whole = stl_points(&place.path("top.stl"));
    let floor: Vec<Vec3> = whole.into_iter().filter(|p| p.z.abs() < 1e-3).collect();
    let (low, high) = extent(&floor);
    let (middle, radius) = ((low + high) / 2.0, (high.x - low.x) / 2.0);
    let on_ring = |p: &&Vec3| (p.distance(middle) - radius).abs() < 0.02;
    let ring = floor.iter().filter(on_ring).count();
    let centre = floor.iter().filter(|p| p.distance(middle) < 0.02).count();
    assert!(
        ring > 90 && ring + centre == floor.len(),
        "{ring} and {centre} of {}",
        floor.len()
    );
}

/// The corners of an STL's triangles, millimetres, +Z up.
fn stl_points(path: &Path) -> Vec<Vec3> {
    let bytes = std::fs::read(path).expect("it was written");
    let number = |at: &[u8]| f32::from_le_bytes(at.try_into().expect("four bytes"));
    let triangles = bytes[84..]
        .chunks_exact(50)
        .flat_map(|t| t[12..48].chunks_exact(12));
    let corner = |at: &[u8]| Vec3::new(number(&at[..4]), number(&at[4..8]), number(&at[8..]));
    triangles.map(corner).collect()
}
