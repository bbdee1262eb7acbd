//! The colours of figures of part maps: what the photo shows, and what it does not.

use gen3d::maps::{self, Making, PartMap, PartMaps, Plane, View};
use gen3d::photo::framing;
use gen3d::slots::Slot;
use glam::{Vec3, Vec3Swizzles};
use image::{Rgba, RgbaImage};

use super::part_maps::{DETAILED, SIDE, flat, slab, unclaimed, view};

#[test]
fn the_back_has_the_colours_of_the_rim_rather_than_the_network_s() {
    let maps = PartMaps {
        far: [flat(1.0), flat(0.0), flat(1.0)],
        ..unclaimed()
    };
    let fields = maps::fields(&maps, &view(), &DETAILED)
        .expect("fields")
        .parts;
    let field = &fields[0].1;
    let mut line = (0..200).map(|i| Vec3::new(0.0, -0.3, i as f32 / 100.0 - 1.0));
    let inside = |p: &Vec3| field.distance(&[*p]).expect("a distance")[0] < 0.0;
    let back = line.find(inside).expect("the lower disc is solid");
    let [red, green, blue] = field.colour(&[back]).expect("a colour")[0];
    assert!(
        red < 0.6 && green > 0.4 && blue < 0.6,
        "the network tells of magenta behind, the photo of green: {red} {green} {blue}"
    );
}

/// The colour of the hindmost point of a figure of one part, at a height of the model frame.
fn behind(maps: &PartMaps, view: &View, height: f32) -> [f32; 3] {
    let fields = maps::fields(maps, view, &DETAILED).expect("fields").parts;
    let field = &fields[0].1;
    let line = (0..200).map(|i| Vec3::new(0.0, height, i as f32 / 100.0 - 1.0));
    // In profile what is behind is on the left.
    let line = line.map(|p| if maps.yaw > 1.0 { p.zyx() } else { p });
    let mut line = line.map(|p| {
        if maps.yaw > 1.0 {
            p * Vec3::new(-1.0, 1.0, 1.0)
        } else {
            p
        }
    });
    let inside = |p: &Vec3| field.distance(&[*p]).expect("a distance")[0] < 0.0;
    let back = line.find(inside).expect("the figure is solid there");
    field.colour(&[back]).expect("a colour")[0]
}

/// A disc of a colour at each pixel.
fn disc(colour: impl Fn(u32, u32) -> [u8; 3]) -> View {
    let picture = RgbaImage::from_fn(240, 240, |x, y| {
        let inside = (x as f32 - 120.0).hypot(y as f32 - 120.0) < 110.0;
        let [r, g, b] = colour(x, y);
        Rgba([r, g, b, if inside { 255 } else { 0 }])
    });
    View::new(&framing::frame(&picture).expect("a subject"))
}

const RED: [u8; 3] = [200, 40, 40];

#[test]
fn a_profile_is_alike_on_both_sides() {
    let view = disc(|x, _| {
        if x.abs_diff(120) < 30 {
            [40, 180, 40]
        } else {
            RED
        }
    });
    let front = PartMaps {
        far: [flat(0.8), flat(0.16), flat(0.16)],
        ..slab(0.2)
    };
    let profile = PartMaps {
        yaw: std::f32::consts::FRAC_PI_2,
        ..front.clone()
    };
    let ([unseen, ..], [mirrored, ..]) = (behind(&front, &view, 0.0), behind(&profile, &view, 0.0));
    assert!(
        unseen > 0.6 && mirrored < 0.3,
        "the back of a front has the red of its rim, {unseen}; the other side of a profile is its mirror image and \
         green, its red {mirrored}"
    );
}

#[test]
fn what_is_fine_in_the_photo_goes_through_to_a_back_of_its_colours() {
    let maps = PartMaps {
        far: [flat(0.8), flat(0.16), flat(0.16)],
        ..slab(0.2)
    };
    let contrast = |dark: u8, rim: Option<[u8; 3]>| {
        let view = disc(|x, y| match rim {
            Some(rim) if x.abs_diff(120) > 40 => rim,
            _ => [90, if y % 12 < 4 { dark } else { 180 }, 90],
        });
        let green = (0..40).map(|i| behind(&maps, &view, i as f32 / 100.0 - 0.2)[1]);
        let (low, high) = green.fold((1.0f32, 0.0f32), |(low, high), g| (low.min(g), high.max(g)));
        high - low
    };
    let (alike, plain, other) = (
        contrast(120, None),
        contrast(180, None),
        contrast(120, Some(RED)),
    );
    assert!(
        alike > 0.12 && plain < 0.05,
        "stripes of the front go round: {alike}; where there are none nothing comes of it: {plain}"
    );
    assert!(
        other < alike / 2.0,
        "what is behind is red, so it is of something else: {other}, and {alike} where it is alike"
    );
}

#[test]
fn what_another_part_hides_has_not_the_photo_s_colours() {
    let part = |slot: Slot, middle: f32, occupancy: Plane| PartMap {
        slot,
        occupancy,
        middle: flat(middle),
        half: flat(0.08),
        near: [flat(1.0), flat(0.0), flat(1.0)],
        far: [flat(1.0), flat(0.0), flat(1.0)],
    };
    // The whole figure is a torso, and the lower half has legs behind it.
    let lower = (0..SIDE * SIDE).map(|i| if i / SIDE > SIDE / 2 { 4.0 } else { -9.0 });
    let lower = Plane::new(SIDE, lower.collect());
    let maps = PartMaps {
        parts: vec![
            part(Slot::Legs, -0.25, lower),
            part(Slot::Torso, 0.0, flat(4.0)),
        ],
        middle: flat(-0.125),
        half: flat(0.205),
        ..slab(0.08)
    };
    let fields = maps::fields(&maps, &view(), &Making::default())
        .expect("fields")
        .parts;
    let front = |slot: &str| {
        let field = &fields
            .iter()
            .find(|field| field.0 == slot)
            .expect("the part")
            .1;
        let mut line = (0..400).map(|i| Vec3::new(0.0, -0.4, 1.0 - i as f32 / 200.0));
        let first = line.find(|p| field.distance(&[*p]).expect("a distance")[0] < 0.0);
        field
            .colour(&[first.expect("it is there")])
            .expect("a colour")[0]
    };
    let ([.., shown], [.., hidden]) = (front("torso"), front("legs"));
    assert!(
        (shown - 90.0 / 255.0).abs() < 0.02,
        "the photo's blue is .35, the torso's {shown}"
    );
    assert!(
        hidden > 0.9,
        "the legs behind it are told to be all blue, and have {hidden}"
    );
}
