//! The photo's colours on the parts, and the parts where the photo shows them: on figures of balls, whose
//! photo and cells are drawn here from a camera that is known.

use std::f32::consts::{FRAC_PI_2, PI};

use glam::{Quat, Vec2, Vec3};
use image::{Rgba, RgbaImage};

use gen3d::base::progress::Watch;
use gen3d::figure::proportions::{Moved, chibi};
use gen3d::geometry::{Field, Figurine, Mesh};
use gen3d::model::nn::device::{self, DeviceChoice};
use gen3d::model::{Model, embedded};
use gen3d::photo::framing::Extent;
use gen3d::photo::segmentation::Segmentation;
use gen3d::photo::{cutout, decode};
use gen3d::pipeline::{self, Colours, Options, Refine};
use gen3d::registration::{Changed, Painter, Photo, PhotoView};
use gen3d::slots::Side;

use crate::support::shapes::assembled;

/// A ball of one colour.
#[derive(Clone, Copy)]
struct Ball {
    centre: Vec3,
    radius: f32,
    colour: [f32; 3],
}

impl Field for Ball {
    fn distance(&self, points: &[Vec3]) -> anyhow::Result<Vec<f32>> {
        Ok(points
            .iter()
            .map(|p| p.distance(self.centre) - self.radius)
            .collect())
    }

    fn colour(&self, points: &[Vec3]) -> anyhow::Result<Vec<[f32; 3]>> {
        Ok(vec![self.colour; points.len()])
    }

    fn bounds(&self) -> (Vec3, Vec3) {
        (
            self.centre - 1.05 * self.radius,
            self.centre + 1.05 * self.radius,
        )
    }
}

const NAMES: [&str; 3] = ["torso", "head", "item_right"];
const RED: [f32; 3] = [0.8, 0.1, 0.1];
const SKIN: [f32; 3] = [0.9, 0.7, 0.5];
const BLUE: [f32; 3] = [0.1, 0.2, 0.8];
const GREY: [f32; 3] = [0.5; 3];
/// Parts of the picture's side for a unit of the model.
const SCALE: f32 = 0.45;

fn balls(colours: [[f32; 3]; 3]) -> [Ball; 3] {
    let ball = |x, y, radius, colour| Ball {
        centre: Vec3::new(x, y, 0.0),
        radius,
        colour,
    };
    [
        ball(0.0, -0.3, 0.45, colours[0]),
        ball(0.0, 0.45, 0.35, colours[1]),
        ball(-0.65, -0.2, 0.18, colours[2]),
    ]
}

/// The ball and the point on it that a ray through a point of the picture meets first.
fn hit(balls: &[Ball], turn: Quat, x: f32, y: f32) -> Option<(usize, Vec3)> {
    let (right, up, towards) = (turn * Vec3::X, turn * Vec3::Y, turn * Vec3::Z);
    let start = right * ((x - 0.5) / SCALE) - up * ((y - 0.5) / SCALE);
    let meets = |(i, ball): (usize, &Ball)| {
        let along = (ball.centre - start).dot(towards);
        let aside = (start + towards * along).distance_squared(ball.centre);
        let half = ball.radius * ball.radius - aside;
        (half > 0.0).then(|| (i, start + towards * (along + half.sqrt())))
    };
    (balls.iter().enumerate().filter_map(meets))
        .max_by(|a, b| a.1.dot(towards).total_cmp(&b.1.dot(towards)))
}

/// The photo of some balls from a camera turned by `yaw`, and what its cells show. What is transparent
/// is green: no green may come through.
fn sight(balls: &[Ball], yaw: f32) -> PhotoView {
    painted(balls, yaw, |ball, _| balls[ball].colour)
}

/// The same, each point of each ball in a colour of its own.
fn painted(balls: &[Ball], yaw: f32, colour: impl Fn(usize, Vec3) -> [f32; 3]) -> PhotoView {
    let turn = Quat::from_rotation_y(-yaw);
    let side = 240;
    let picture = RgbaImage::from_fn(side, side, |x, y| {
        let at = |v: u32| (v as f32 + 0.5) / side as f32;
        match hit(balls, turn, at(x), at(y)) {
            Some((i, p)) => {
                let [r, g, b] = colour(i, p).map(|c| (c * 255.0) as u8);
                Rgba([r, g, b, 255])
            }
            None => Rgba([0, 255, 0, 0]),
        }
    });
    let (side, start, span) = (32, 9.0 / 146.0 / 2.0, 137.0 / 146.0);
    let mut cells = Segmentation {
        side,
        start,
        span,
        names: NAMES.map(String::from).to_vec(),
        shares: Vec::new(),
        places: Vec::new(),
    };
    for i in 0..side * side {
        let at = |v: usize| start + (v as f32 + 0.5) / side as f32 * span;
        let hit = hit(balls, turn, at(i % side), at(i / side));
        let shown = hit.map_or(0, |(part, _)| 1 + part);
        cells.shares.push(
            (0..4)
                .map(|k| if k == shown { 0.94 } else { 0.02 })
                .collect(),
        );
        cells.places.push(hit.map_or(Vec3::ZERO, |h| h.1));
    }
    PhotoView {
        picture,
        cells,
        extent: Extent::default(),
    }
}

/// The parts, as a photo is compared with them.
fn named(figurine: &Figurine) -> Vec<(&str, &Mesh)> {
    (figurine.parts.iter())
        .map(|part| (&*part.name, &part.mesh))
        .collect()
}

fn figurine(balls: &[impl Field]) -> Figurine {
    let fields: Vec<(String, &dyn Field)> = (NAMES.iter().zip(balls))
        .map(|(name, ball)| (name.to_string(), ball as &dyn Field))
        .collect();
    assembled(&fields, 48)
}

/// The share of a mesh's vertices that have another colour, `0..=1`.
fn others(mesh: &Mesh, colour: [f32; 3]) -> f32 {
    let other = |c: &&[f32; 3]| Vec3::from(**c).distance(colour.into()) > 0.12;
    mesh.colours.iter().filter(other).count() as f32 / mesh.colours.len() as f32
}

#[test]
fn the_photo_colours_what_it_shows_and_the_rest_to_match() {
    for yaw in [0.0f32, 0.5, -0.5] {
        let shown = balls([RED, SKIN, BLUE]);
        let photo = Photo::new(&sight(&shown, yaw)).expect("a photo of three balls");
        let plain = balls([GREY; 3]);
        let mut figurine = figurine(&plain);
        let painter = Painter::new(vec![photo], &figurine, &Changed::default()).expect("a painter");
        let (found, pitch) = painter.angles();
        let off = (found - yaw.to_degrees()).abs();
        assert!(
            off < 8.0 && pitch.abs() < 8.0,
            "turned by {yaw}: found {found}, {pitch}"
        );
        for (part, field) in figurine.parts.iter_mut().zip(&plain) {
            painter
                .paint(&part.name, &mut part.mesh, field)
                .expect("colours");
        }
        for (part, colour) in figurine.parts.iter().zip([RED, SKIN, BLUE]) {
            let others = others(&part.mesh, colour);
            assert!(
                others < 0.04, // a border between two parts is known to a pixel or two
                "turned by {yaw}, {others} of {} has not the photo's colour, seen or not",
                part.name
            );
        }
    }
}

#[test]
fn a_further_view_colours_what_only_it_shows() {
    let (front, behind) = (balls([RED, SKIN, BLUE]), balls([BLUE, RED, SKIN]));
    let photo = Photo::new(&sight(&front, 0.1)).expect("a photo of three balls");
    let back = Photo::new(&sight(&behind, PI)).expect("a view of three balls");
    assert!(photo.is_from(Side::Front) && !photo.is_from(Side::Back));
    assert!(back.is_from(Side::Back) && !back.is_from(Side::Left) && !back.is_from(Side::Right));
    let left = Photo::new(&sight(&front, -FRAC_PI_2)).expect("a view of three balls");
    assert!(
        left.is_from(Side::Left),
        "the camera stands at the figure's own left"
    );
    let mut misread = sight(&behind, PI);
    misread.cells.turn();
    let front_like = Photo::new(&misread).expect("a view of three balls");
    assert!(
        front_like.is_from(Side::Front),
        "a back read as a front, and the other way round"
    );
    let corrected = front_like.said_from(Side::Back);
    assert!(corrected.is_from(Side::Back), "who calls it a back knows");
    for back in [back, corrected] {
        let photo = Photo::new(&sight(&front, 0.1)).expect("a photo of three balls");
        let plain = balls([GREY; 3]);
        let mut figurine = figurine(&plain);
        let painter =
            Painter::new(vec![photo, back], &figurine, &Changed::default()).expect("a painter");
        let torso = &mut figurine.parts[0];
        (painter.paint(&torso.name, &mut torso.mesh, &plain[0])).expect("colours");
        for (side, colour) in [(1.0, RED), (-1.0, BLUE)] {
            let (right, all) = shown(&torso.mesh, side * Vec3::Z, colour);
            assert!(
                all > 0 && right * 20 > all * 19,
                "towards {side} z, {right} of {all} points have the colour of the view that shows them"
            );
        }
    }
}

#[test]
fn a_belt_goes_round_and_a_picture_on_the_chest_does_not() {
    const DARK: [f32; 3] = [0.45, 0.1, 0.1];
    let belt = |half: f32| move |p: Vec3| (p.y + 0.3).abs() < half;
    let picture = |p: Vec3| p.x.abs().max((p.y + 0.3).abs()) < 0.25;
    let shown = balls([RED, SKIN, BLUE]);
    // The share of the back of the torso, as far as it lies behind the core of a pattern, that has the pattern's colour.
    let behind = |pattern: &dyn Fn(Vec3) -> bool, core: &dyn Fn(Vec3) -> bool, colour: [f32; 3]| {
        let photo = painted(&shown, 0.0, |ball, p| match ball == 0 && pattern(p) {
            true => colour,
            false => shown[ball].colour,
        });
        let photo = Photo::new(&photo).expect("a photo of three balls");
        let plain = balls([GREY; 3]);
        let mut figurine = figurine(&plain);
        let painter = Painter::new(vec![photo], &figurine, &Changed::default()).expect("a painter");
        let torso = &mut figurine.parts[0];
        (painter.paint(&torso.name, &mut torso.mesh, &plain[0])).expect("colours");
        let mesh = &torso.mesh;
        let back = (mesh.positions.iter().zip(&mesh.colours))
            .filter(|(p, _)| p.z < -0.2 && core(**p))
            .map(|(_, found)| Vec3::from(*found));
        let near = |c: Vec3| c.distance(colour.into()) < c.distance(RED.into());
        let (count, like) = back.fold((0, 0), |(n, k), c| (n + 1, k + usize::from(near(c))));
        assert!(count > 20, "only {count} vertices are there");
        like as f32 / count as f32
    };
    let belt = behind(&belt(0.06), &belt(0.03), DARK);
    assert!(belt > 0.8, "only {belt} of the belt goes on behind");
    let picture = behind(&picture, &picture, BLUE);
    assert!(
        picture < 0.05,
        "{picture} of the picture is on the back, too"
    );
}

/// Of the vertices that face a way, how many have a colour, and how many there are.
fn shown(mesh: &Mesh, way: Vec3, colour: [f32; 3]) -> (usize, usize) {
    let points = mesh.normals.iter().zip(&mesh.colours);
    let facing = points.filter(|(normal, _)| normal.dot(way) > 0.6);
    facing.fold((0, 0), |(right, all), (_, found)| {
        let near = Vec3::from(*found).distance(colour.into()) < 0.15;
        (right + usize::from(near), all + 1)
    })
}

#[test]
fn a_figure_unlike_the_photo_is_bent_to_the_outline_and_wears_the_photo_as_it_is() {
    let mut wider = balls([RED, SKIN, BLUE]);
    wider[0].radius = 0.57;
    let photo = || {
        let mut sight = sight(&wider, 0.0);
        // To the encoder the whole subject is a hat, of which the model made none.
        sight.cells.names.push("hat".into());
        for shares in &mut sight.cells.shares {
            *shares = vec![shares[0], 0.0, 0.0, 0.0, 1.0 - shares[0]];
        }
        Photo::new(&sight).expect("a photo of three balls")
    };
    let plain = balls([GREY; 3]);
    let mut figurine = figurine(&plain);
    let parts = named(&figurine);
    let edge = plain[0].centre + 0.5 * Vec3::X;
    let moved = photo().displacement(&parts).back(edge) - edge;
    assert!(
        moved.x < -0.02,
        "the outline is certain where the parts are not: {edge} has to come from nearer the middle, not from {moved}"
    );
    let painter = Painter::new(vec![photo()], &figurine, &Changed::default()).expect("a painter");
    assert!(painter.agreement() < 0.4, "or this proves nothing");
    for (part, (field, colour)) in figurine.parts.iter_mut().zip(plain.iter().zip([RED, SKIN])) {
        (painter.paint(&part.name, &mut part.mesh, field)).expect("colours");
        let (right, all) = shown(&part.mesh, Vec3::Z, colour);
        assert!(
            all > 0 && right * 10 > all * 9,
            "{right} of {all} points at the front of the {} have what the photo shows there, whatever it is",
            part.name
        );
    }
}

#[test]
fn what_the_photo_shows_on_a_head_stays_there_when_the_head_grows() {
    let shown = balls([RED, SKIN, BLUE]);
    let brow = shown[1].centre.y;
    let cap = |ball: usize, p: Vec3| match (ball, p.y > brow) {
        (1, true) => BLUE,
        _ => shown[ball].colour,
    };
    let photo = Photo::new(&painted(&shown, 0.0, cap)).expect("a photo of three balls");
    let plain = balls([GREY; 3]);
    let before = figurine(&plain);
    let moves = chibi(&before).expect("three balls are no toy");
    let moved: Vec<_> = (NAMES.iter().zip(plain))
        .map(|(name, ball)| Moved::new(ball, moves.of(name).cloned()))
        .collect();
    let mut after = figurine(&moved);
    let painter = Painter::new(vec![photo], &before, &Changed::default()).expect("a painter");
    let painter = painter.moved(&moves);
    let head = &mut after.parts[1];
    (painter.paint(&head.name, &mut head.mesh, &moved[1])).expect("colours");
    let to = moves.of("head").expect("it grows");
    assert!(
        to.fore(shown[1].centre).distance(shown[1].centre) > 0.08,
        "a head that hardly moves proves nothing"
    );
    let (mut all, mut wrong) = (0, 0);
    let points = head.mesh.positions.iter().zip(&head.mesh.normals);
    for ((p, normal), found) in points.zip(&head.mesh.colours) {
        let was = to.back(*p);
        if normal.z > 0.4 && (was.y - brow).abs() > 0.03 {
            let wanted = cap(1, was);
            all += 1;
            wrong += usize::from(Vec3::from(*found).distance(wanted.into()) > 0.2);
        }
    }
    assert!(
        all > 100 && wrong * 30 < all,
        "the photo shows the figure as it was: {wrong} of {all} points of the grown head have a colour from \
         elsewhere on it"
    );
}

#[test]
fn a_part_that_lies_elsewhere_in_the_photo_is_moved_there() {
    let shown = balls([RED, SKIN, BLUE]);
    let mut wrong = shown;
    wrong[1].centre.y += 0.15;
    wrong[1].radius *= 0.75;
    let photo = Photo::new(&sight(&shown, 0.3)).expect("a photo of three balls");
    let figurine = figurine(&wrong);
    let parts = named(&figurine);
    let middles = wrong.map(|ball| ball.centre);
    let found = photo.corrections(&parts, &middles);
    let (torso, head) = (found[0].unwrap_or_default(), found[1].unwrap_or_default());
    assert!(
        head.shift.y - torso.shift.y < -0.03 && head.stretch.min_element() > 1.05,
        "the head is too high and too small, yet it is corrected by {head:?}, the torso by {torso:?}"
    );
    assert_eq!(
        found[2], None,
        "a held thing is left where the model put it"
    );
}

#[test]
fn the_figure_is_bent_to_the_outline_in_the_photo_and_no_farther() {
    let figure = balls([RED, SKIN, BLUE]);
    let figurine = figurine(&figure);
    let parts = named(&figurine);
    let yaw = 0.3;
    let (right, towards) = (
        Quat::from_rotation_y(-yaw) * Vec3::X,
        Quat::from_rotation_y(-yaw) * Vec3::Z,
    );
    let bend = |shown: &[Ball]| {
        let photo = Photo::new(&sight(shown, yaw)).expect("a photo of three balls");
        photo.displacement(&parts)
    };
    let mut wider = figure;
    wider[0].radius = 0.57;
    let (same, other) = (bend(&figure), bend(&wider));
    let torso = figure[0];
    for (at, depth) in [(0.5, 0.0), (0.5, 0.2), (0.4, 0.0)] {
        let p = torso.centre + right * at + towards * depth;
        let (still, moved) = (same.back(p) - p, other.back(p) - p);
        assert!(
            still.length() < 0.03,
            "the photo shows the very figure, yet {p} moves by {still}"
        );
        assert!(
            moved.dot(right) < -0.02 && moved.dot(towards).abs() < 1e-3,
            "the photo's torso is wider: what is at {p} has to come from nearer its middle, across the picture, not from {moved}"
        );
    }
    let low_high = (torso.centre - torso.radius, torso.centre + torso.radius);
    let (low, high) = other.around(low_high);
    let edge = torso.centre + right * 0.5;
    assert!(
        other.back(edge).distance(torso.centre) < 0.49
            && edge.cmpgt(low).all()
            && edge.cmplt(high).all(),
        "what lies at {edge} now is of the torso, and within its bounds {low} {high}"
    );
}

#[test]
fn where_a_photo_ends_the_figure_goes_on() {
    // All below the middle of the torso is cut off, as in a portrait.
    let end = 0.6;
    let portrait = |extent: Extent| {
        let mut sight = sight(&balls([RED, SKIN, BLUE]), 0.0);
        let side = sight.picture.height();
        for (_, y, pixel) in sight.picture.enumerate_pixels_mut() {
            if y as f32 > end * side as f32 {
                pixel.0[3] = 0;
            }
        }
        let first = (end - sight.cells.start) / sight.cells.span * sight.cells.side as f32;
        let below = first.ceil() as usize * sight.cells.side;
        sight.cells.shares[below..].fill(vec![1.0, 0.0, 0.0, 0.0]);
        sight.extent = extent;
        Photo::new(&sight).expect("a photo of three balls")
    };
    let plain = balls([GREY; 3]);
    let mut figurine = figurine(&plain);
    let parts = named(&figurine);
    let middles = plain.each_ref().map(|ball| ball.centre);
    let squashed = |photo: &Photo| {
        let lowest = plain[0].centre - plain[0].radius * Vec3::Y;
        let bent = photo.displacement(&parts).back(lowest) - lowest;
        let torso = photo.corrections(&parts, &middles)[0].unwrap_or_default();
        bent.length() + torso.shift.length() + torso.stretch.distance(Vec3::ONE)
    };
    let ends = Extent {
        high: Vec2::new(f32::MAX, end),
        ..Extent::default()
    };
    let (known, unknown) = (
        squashed(&portrait(ends)),
        squashed(&portrait(Extent::default())),
    );
    assert!(
        known < 0.03 && unknown > 0.1,
        "a torso that the photo cuts is changed by {known}, one that ends there by {unknown}"
    );
    let painter =
        Painter::new(vec![portrait(ends)], &figurine, &Changed::default()).expect("a painter");
    let agreement = painter.agreement();
    assert!(
        agreement > 0.8,
        "what the photo does not tell of is no disagreement, yet they agree to {agreement} only"
    );
    for (part, (field, colour)) in figurine.parts.iter_mut().zip(plain.iter().zip([RED, SKIN])) {
        (painter.paint(&part.name, &mut part.mesh, field)).expect("colours");
        let others = others(&part.mesh, colour);
        assert!(
            others < 0.04,
            "what goes on beyond the photo has the colours of what is seen of it: {others} of the {} has not",
            part.name
        );
    }
}

#[test]
fn a_photo_that_shows_no_figure_colours_nothing() {
    let nothing = sight(&[], 0.0);
    assert!(Photo::new(&nothing).is_none(), "no cell shows a part");
}

/// The weights in the program on the README's picture: pink hair, a lavender shirt, a face.
#[test]
fn the_sample_keeps_its_colours() {
    let device = device::choose(DeviceChoice::Cpu).expect("a processor");
    let model = Model::from_bytes(embedded::weights(), &device).expect("the weights");
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/twintails_cut.png");
    let picture = decode::open(&path).expect("the sample");
    let subject =
        cutout::cut(picture, None, model.cutout_network()).expect("it is cut out already");
    let made = |colours, refine| {
        let options = Options {
            resolution: Some(64),
            faces: 20_000, // of fewer it is chance whether a vertex lies on a pupil
            colours,
            refine,
            ..Options::default()
        };
        pipeline::figurine(&model, &subject.clone().into(), &options, &Watch::silent())
            .expect("a figurine")
            .0
    };
    // Of its surface: vertices are many where colours meet.
    let share = |figurine: &Figurine, name: &str, colour: [f32; 3]| {
        let part = figurine.parts.iter().find(|p| p.name == name);
        let mesh = &part.unwrap_or_else(|| panic!("it has a {name}")).mesh;
        let near = |v: &&u32| Vec3::from(mesh.colours[**v as usize]).distance(colour.into()) < 0.2;
        let areas = mesh.triangles.iter().map(|t| {
            let [a, b, c] = t.map(|v| mesh.positions[v as usize]);
            let area = (b - a).cross(c - a).length();
            (area, area * t.iter().filter(near).count() as f32 / 3.0)
        });
        let (all, of_it) = areas.fold((0.0, 0.0), |(a, b), (c, d)| (a + c, b + d));
        of_it / all
    };
    let own = made(Colours::Photo, Refine::Fast);
    let plain = made(Colours::Model, Refine::Fast);
    let (hair, shirt, pupils) = ([0.85, 0.37, 0.6], [0.6, 0.6, 0.75], [0.08; 3]);
    for (name, wanted, least) in [
        ("hair", hair, 0.4),
        ("torso", shirt, 0.4),
        ("head", pupils, 0.005),
    ] {
        let found = share(&own, name, wanted);
        assert!(
            found > least,
            "of the {name} only {found} has the photo's {wanted:?}"
        );
    }
    let unbent = made(Colours::Photo, Refine::Off);
    // Triangles lie by colours, too: boxes are compared.
    let reach = |figurine: &Figurine| {
        let points = figurine.parts.iter().flat_map(|p| &p.mesh.positions);
        points.fold(Vec3::ZERO, |most, p| most.max(p.abs()))
    };
    let found = share(&unbent, "hair", hair);
    assert!(
        found > 0.5 && reach(&unbent).distance(reach(&plain)) < 0.01,
        "without refinement the shape is the model's, and the photo's colours are on it all the same: {found}"
    );
    let best = made(Colours::Photo, Refine::Best);
    let found = share(&best, "hair", hair);
    assert!(
        found > 0.5,
        "bent three times it is no less the photo's: {found}"
    );
    let (seen, thought) = (share(&own, "head", pupils), share(&plain, "head", pupils));
    assert!(
        seen > 1.5 * thought,
        "the photo's large pupils and not those that the model draws: {seen} and {thought}"
    );
}
