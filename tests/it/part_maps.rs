//! Part maps: the network against PyTorch's numbers, and what any maps must become.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use candle_core::{Device, Tensor};
use gen3d::geometry::{Field, Figurine, Mesh};
use gen3d::maps::{self, Making, PartMap, PartMaps, Plane, View};
use gen3d::model::config::{ImageEncoderConfig, PartMapsConfig};
use gen3d::model::networks::part_maps::PartMapsNetwork;
use gen3d::model::nn::{Quantized, Weights};
use gen3d::model::store::Store;
use gen3d::model::{Model, embedded};
use gen3d::photo::framing;
use gen3d::slots::Slot;
use gen3d::surface::assemble::{AssembleOptions, assemble};
use glam::Vec3;
use image::{Rgba, RgbaImage};
use proptest::prelude::*;

use crate::support::measure::part;

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/part_maps")
}

#[test]
fn every_stage_of_the_network_gives_pytorch_s_numbers() {
    let store = Store::from_file(&data().join("weights.gguf")).expect("the tiny weights open");
    let config: serde_json::Value = store
        .metadata("gen3d.config")
        .map(|text| serde_json::from_str(text).expect("a configuration"))
        .expect("its metadata");
    let maps: PartMapsConfig = serde_json::from_value(config["part_maps"].clone()).expect("sizes");
    let encoder: ImageEncoderConfig =
        serde_json::from_value(config["image_encoder"].clone()).expect("sizes");
    let weights = Weights::new(&store, &Device::Cpu, Quantized::Auto);
    let (mean, std) = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);
    let network = PartMapsNetwork::load(&weights, &maps, &encoder, mean, std).expect("it loads");
    let golden = candle_core::safetensors::load(data().join("golden.safetensors"), &Device::Cpu)
        .expect("the golden numbers are readable");
    let mut seen: HashMap<String, Tensor> = HashMap::new();
    let told = network
        .forward(&golden["rgba"], &golden["inflated"], &mut |name, tensor| {
            seen.insert(name.to_owned(), tensor.clone());
        })
        .expect("it runs");
    for name in ["tokens", "full", "down", "middle", "maps"] {
        let off = furthest(&seen[name], &golden[name]);
        assert!(off < 2e-5, "{name} is off by {off}");
    }
    let camera: Vec<f32> = golden["camera"].to_vec1().expect("three numbers");
    for (found, wanted) in told.camera.iter().zip(camera) {
        assert!(
            (found - wanted).abs() < 2e-5,
            "camera: {found} and not {wanted}"
        );
    }
}

#[test]
fn an_outline_is_inflated_as_in_training() {
    let golden = candle_core::safetensors::load(data().join("golden.safetensors"), &Device::Cpu)
        .expect("the golden numbers are readable");
    let numbers = |t: &Tensor| {
        t.flatten_all()
            .and_then(|t| t.to_vec1::<f32>())
            .expect("numbers")
    };
    let rgba = numbers(&golden["rgba"]);
    let alpha = Plane::new(64, rgba[3 * 64 * 64..].to_vec());
    let found = maps::inflated(&alpha);
    for (found, wanted) in found.values().iter().zip(numbers(&golden["inflated"])) {
        assert!(
            (found - wanted).abs() < 1e-4,
            "{found} and not {wanted}: the network learned from the other"
        );
    }
}

fn furthest(a: &Tensor, b: &Tensor) -> f32 {
    let numbers = |t: &Tensor| {
        t.flatten_all()
            .and_then(|t| t.to_vec1::<f32>())
            .expect("numbers")
    };
    let (a, b) = (numbers(a), numbers(b));
    assert_eq!(a.len(), b.len(), "as many numbers");
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max)
}

pub(super) const DETAILED: Making = Making {
    detail: true,
    leaving: Vec::new(),
};

/// Pixels a side of the maps that are made up here.
pub(super) const SIDE: usize = 32;

/// A subject of two discs, the upper smaller, in its frame.
pub(super) fn view() -> View {
    let picture = RgbaImage::from_fn(160, 240, |x, y| {
        let disc = |cx: f32, cy: f32, r: f32| (x as f32 - cx).hypot(y as f32 - cy) < r;
        let inside = disc(80.0, 160.0, 66.0) || disc(80.0, 60.0, 44.0);
        Rgba([x as u8, y as u8, 90, if inside { 255 } else { 0 }])
    });
    View::new(&framing::frame(&picture).expect("a subject"))
}

/// A wave over the frame, from -1 to 1.
fn wave(a: f32, b: f32, phase: f32) -> Plane {
    let value =
        |i: usize| (a * (i % SIDE) as f32 / 5.0 + b * (i / SIDE) as f32 / 5.0 + phase).sin();
    Plane::new(SIDE, (0..SIDE * SIDE).map(value).collect())
}

fn scaled(plane: Plane, low: f32, high: f32) -> Plane {
    let values = plane
        .values()
        .iter()
        .map(|v| low + (high - low) * (v + 1.0) / 2.0);
    Plane::new(SIDE, values.collect())
}

fn maps(waves: &[(f32, f32, f32)]) -> PartMaps {
    let plane = |i: usize| {
        let (a, b, phase) = waves[i % waves.len()];
        wave(a, b, phase + i as f32)
    };
    let colour = |i: usize| [0, 1, 2].map(|k| scaled(plane(i + k), 0.0, 1.0));
    let part = |(i, slot): (usize, Slot)| PartMap {
        slot,
        occupancy: scaled(plane(i), -2.0, 2.0),
        middle: scaled(plane(i + 1), -0.3, 0.3),
        half: scaled(plane(i + 2), 0.05, 0.4),
        near: colour(i + 3),
        far: colour(i + 4),
    };
    let slots = [
        Slot::Legs,
        Slot::Legs,
        Slot::Torso,
        Slot::Head,
        Slot::ItemLeft,
    ];
    PartMaps {
        parts: slots.into_iter().enumerate().map(part).collect(),
        middle: scaled(plane(7), -0.2, 0.2),
        half: scaled(plane(8), 0.1, 0.4),
        far: colour(9),
        yaw: waves[0].2,
        pitch: 0.1,
    }
}

/// Maps of which no part claims anything, so that all is one, turned by nothing.
pub(super) fn unclaimed() -> PartMaps {
    let mut maps = maps(&[(0.0, 0.0, 0.0)]);
    for part in &mut maps.parts {
        part.occupancy = flat(-9.0);
    }
    maps.pitch = 0.0;
    maps
}

/// The same, of one depth and of one half thickness.
pub(super) fn slab(half: f32) -> PartMaps {
    PartMaps {
        middle: flat(0.0),
        half: flat(half),
        ..unclaimed()
    }
}

pub(super) fn flat(value: f32) -> Plane {
    Plane::new(SIDE, vec![value; SIDE * SIDE])
}

/// Edges that do not go once each way.
fn open_edges(mesh: &Mesh) -> usize {
    let mut edges: HashMap<(u32, u32), i32> = HashMap::new();
    for [a, b, c] in &mesh.triangles {
        for (from, to) in [(a, b), (b, c), (c, a)] {
            *edges.entry((*from.min(to), *from.max(to))).or_default() +=
                if from < to { 1 } else { -1 };
        }
    }
    edges.values().filter(|&&count| count != 0).count()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn any_maps_become_closed_parts_with_the_photo_s_outline(
        waves in prop::collection::vec((-1.5f32..1.5, -1.5f32..1.5, -0.8f32..0.8), 3..6),
    ) {
        let (maps, view) = (maps(&waves), view());
        let solid = maps::fields(&maps, &view, &DETAILED).expect("fields");
        let named: Vec<(String, &dyn Field)> = solid.parts.iter().map(|(name, field)| (name.clone(), &**field as &dyn Field)).collect();
        let options = AssembleOptions { resolution: 48, ..AssembleOptions::default() };
        let made = assemble(&named, &options).expect("meshes");
        prop_assert!(!made.figurine.parts.is_empty(), "the subject covers a third of the picture");
        for part in &made.figurine.parts {
            prop_assert_eq!(open_edges(&part.mesh), 0, "the part {} is open", &part.name);
            prop_assert!(part.mesh.positions.iter().all(|p| p.is_finite()));
        }
    }
}

#[test]
fn nothing_that_the_photo_shows_is_missing_and_nothing_else_is_there() {
    let fields = maps::fields(&unclaimed(), &view(), &DETAILED)
        .expect("fields")
        .parts;
    assert_eq!(
        fields.len(),
        1,
        "one part, made of the whole figure's depths"
    );
    let (low, high) = fields[0].1.bounds();
    let (width, height) = (high.x - low.x, high.y - low.y);
    let wanted = 132.0 / 214.0; // the two discs, 16 to 226 pixels high
    assert!(
        (width / height - wanted).abs() < 0.05,
        "{width} by {height}: not the photo's outline"
    );
    let inside = |p: Vec3| fields[0].1.distance(&[p]).expect("a distance")[0] < 0.0;
    let depth = (0..200)
        .filter(|i| inside(Vec3::new(0.0, -0.3, *i as f32 / 100.0 - 1.0)))
        .count();
    assert!(depth > 5, "the lower disc is solid");
    assert!(
        !inside(Vec3::new(0.85, 0.6, 0.0)),
        "beside the upper disc there is nothing"
    );
}

#[test]
fn a_figure_is_a_seventh_thicker_than_the_network_tells() {
    let fields = maps::fields(&slab(0.2), &view(), &Making::default())
        .expect("fields")
        .parts;
    let (low, high) = fields[0].1.bounds();
    let inside = |z: &f32| {
        let p = Vec3::new(0.0, -0.3, *z);
        fields[0].1.distance(&[p]).expect("a distance")[0] < 0.0
    };
    let steps = (0..2000).map(|i| i as f32 / 1000.0 - 1.0).filter(inside);
    let thick = steps.count() as f32 / 1000.0 / (high.y - low.y);
    let wanted = 2.0 * 0.2 * 1.15 / (2.0 / 1.052); // the subject fills its frame but for a padding
    assert!(
        (thick / wanted - 1.0).abs() < 0.05,
        "{thick} of the height, not {wanted}"
    );
}

#[test]
fn what_is_told_to_be_flat_is_a_solid_all_the_same() {
    let fields = maps::fields(&slab(0.0), &view(), &Making::default())
        .expect("fields")
        .parts;
    let inside = |z: &f32| {
        let p = Vec3::new(0.0, -0.3, *z);
        fields[0].1.distance(&[p]).expect("a distance")[0] < 0.0
    };
    let steps = (0..2000).map(|i| i as f32 / 1000.0 - 1.0).filter(inside);
    assert!(steps.count() > 15, "nothing of no thickness can be printed");
}

#[test]
fn a_strand_thinner_than_the_grid_s_cells_is_there() {
    let picture = RgbaImage::from_fn(512, 512, |x, y| {
        let body = (x as f32 - 180.0).hypot(y as f32 - 256.0) < 120.0;
        let off = y as f32 - 256.0 - (x as f32 - 300.0) * 0.37;
        let strand = (290..460).contains(&x) && off.abs() < 1.1;
        Rgba([120, 90, 60, if body || strand { 255 } else { 0 }])
    });
    let view = View::new(&framing::frame(&picture).expect("a subject"));
    let (figurine, _) = made(&slab(0.2), &view, false);
    let x = |p: &Vec3| p.x;
    let points = figurine.parts[0].mesh.positions.iter();
    let end = points.map(x).fold(f32::MIN, f32::max);
    assert!(
        end > 0.9,
        "it ends at {end} of 0.95: where the body does, or before its own end"
    );
}

#[test]
fn maps_that_are_not_numbers_are_refused() {
    let mut maps = maps(&[(1.0, 0.5, 0.0)]);
    maps.middle = flat(f32::NAN);
    let error = maps::fields(&maps, &view(), &DETAILED)
        .err()
        .expect("an error")
        .to_string();
    assert!(error.contains("not numbers"), "{error}");
}

/// A photo with its own alpha, looked at by the weights that ship.
fn shown(photo: &str) -> Option<(PartMaps, View)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/data/photos")
        .join(photo);
    if !path.exists() {
        skip!(
            "there is no {}, so that its figurine was not looked at",
            path.display()
        );
        return None;
    }
    let photo = image::open(&path).expect("a picture").to_rgba8();
    let view = View::new(&framing::frame(&photo).expect("a subject"));
    let model =
        Model::from_bytes(embedded::weights(), &Device::Cpu).expect("the weights that ship");
    let maps = maps::Reader::load(&model)
        .expect("network")
        .look(&view)
        .expect("maps");
    Some((maps, view))
}

fn made(maps: &PartMaps, view: &View, detail: bool) -> (Figurine, maps::Silhouette) {
    let solid = maps::fields(
        maps,
        view,
        &Making {
            detail,
            ..Making::default()
        },
    )
    .expect("fields");
    let named = solid.parts.iter();
    let options = AssembleOptions {
        fragment_share: maps::FRAGMENT,
        ..AssembleOptions::default()
    };
    let parts: Vec<(String, &dyn Field)> = named
        .map(|(name, field)| (name.clone(), &**field as &dyn Field))
        .collect();
    (
        assemble(&parts, &options).expect("meshes").figurine,
        solid.silhouette,
    )
}

#[test]
fn a_figurine_has_the_outline_of_its_photo() {
    let photos = [
        "mushroom_1",
        "mushroom_2",
        "orangeguy_1",
        "popmart_1",
        "rabbit_2",
        "tiger_2",
        "typical_creature_dragon",
        "typical_creature_elephant",
        "typical_humanoid_dwarf",
        "typical_humanoid_goblin",
    ];
    let mut off = Vec::new();
    for photo in photos {
        let Some((maps, view)) = shown(&format!("trellis1__{photo}.png")) else {
            return;
        };
        let (figurine, outline) = made(&maps, &view, true);
        let (furthest, agreement) = (outline.furthest(&figurine), outline.agreement(&figurine));
        if agreement < 0.97 || furthest > 2.0 {
            off.push(format!("{photo}: {furthest} pixels of 128, {agreement}"));
        }
    }
    assert!(
        off.is_empty(),
        "outlines are farther off than 2 pixels, or agree by less than 0.97: {off:#?}"
    );
}

#[test]
fn a_beard_and_a_belt_can_be_seen_without_paint() {
    let Some((maps, view)) = shown("trellis1__typical_humanoid_dwarf.png") else {
        return;
    };
    let rough = |detail| {
        let (figurine, _) = made(&maps, &view, detail);
        roughness(part(&figurine, "torso"))
    };
    let (plain, detailed) = (rough(false), rough(true));
    assert!(
        detailed > 1.3 * plain,
        "the relief of the dwarf's torso is gone: neighbouring triangles turn by {detailed} with it, by {plain} without"
    );
}

/// How far the triangles at an edge are turned from one another in the mean, radians, of those that face the front.
fn roughness(mesh: &Mesh) -> f32 {
    let normal = |t: &[u32; 3]| {
        let [a, b, c] = t.map(|i| mesh.positions[i as usize]);
        (b - a).cross(c - a).normalize_or_zero()
    };
    let mut sides: HashMap<(u32, u32), Vec3> = HashMap::new();
    let mut turns = Vec::new();
    for t in mesh.triangles.iter().filter(|t| normal(t).z > 0.3) {
        for (a, b) in [(t[0], t[1]), (t[1], t[2]), (t[2], t[0])] {
            if let Some(other) = sides.insert((a.min(b), a.max(b)), normal(t)) {
                turns.push(other.angle_between(normal(t)));
            }
        }
    }
    turns.iter().sum::<f32>() / turns.len() as f32
}
