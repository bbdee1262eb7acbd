//! The cut-out network: the same numbers as the PyTorch text that trains it, at any number of threads,
//! and a matte for any picture.

use std::path::Path;

use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use gen3d::model::Model;
use gen3d::model::config::{Config, CutoutConfig};
use gen3d::model::networks::cutout::SegmentNetwork;
use gen3d::model::nn::{Quantized, Weights};
use gen3d::model::store::Store;
use gen3d::model::store::layout;
use gen3d::photo::cutout::{Method, cut};
use image::RgbaImage;
use image::imageops::{self, FilterType};
use safetensors::SafeTensors;

use crate::support::weights;

/// Written by `training/cutout.py --fixture`: random weights, a picture and its logits.
const FIXTURE: &[u8] = include_bytes!("../data/segment.safetensors");

fn fixture() -> (CutoutConfig, Vec<(String, Tensor)>) {
    let (_, header) = SafeTensors::read_metadata(FIXTURE).expect("the fixture's header");
    let config = &header.metadata().as_ref().expect("a configuration")["cutout"];
    let tensors = candle_core::safetensors::load_buffer(FIXTURE, &Device::Cpu).expect("tensors");
    (
        serde_json::from_str(config).expect("the fixture's configuration"),
        tensors.into_iter().collect(),
    )
}

/// A weights file with the fixture's network alone, stored as `kind` where it has several dimensions.
fn store(tensors: &[(String, Tensor)], kind: GgmlDType) -> Store {
    let stored = (tensors
        .iter()
        .filter(|(name, _)| name.starts_with("cutout.")))
    .map(|(name, tensor)| {
        let kind = if tensor.rank() > 1 {
            kind
        } else {
            GgmlDType::F32
        };
        let stored = QTensor::quantize(tensor, kind).expect("plain types hold any shape");
        (name.clone(), stored)
    })
    .collect();
    let file = weights::gguf("{}", stored).expect("a weights file");
    Store::from_bytes(file.leak()).expect("a weights file that opens")
}

fn logits(store: &Store, config: &CutoutConfig, pixels: &Tensor) -> Vec<f32> {
    let all = Weights::new(store, &Device::Cpu, Quantized::Auto);
    let network = SegmentNetwork::load(&all.at("cutout"), config).expect("the network loads");
    let logits = network.forward(pixels).expect("logits");
    assert_eq!(
        logits.dims(),
        [1, 1, config.side, config.side],
        "a logit for each pixel"
    );
    logits
        .flatten_all()
        .and_then(|x| x.to_vec1())
        .expect("numbers")
}

#[test]
fn the_network_gives_the_numbers_of_the_one_that_was_trained() {
    let (config, tensors) = fixture();
    let named = |name: &str| {
        &tensors
            .iter()
            .find(|(n, _)| n == name)
            .expect("in the fixture")
            .1
    };
    let expected: Vec<f32> = named("logits")
        .flatten_all()
        .and_then(|x| x.to_vec1())
        .expect("numbers");
    for (kind, tolerance) in [(GgmlDType::F32, 2e-5), (GgmlDType::F16, 2e-2)] {
        let found = logits(&store(&tensors, kind), &config, named("pixels"));
        let off = (found.iter().zip(&expected))
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f32::max);
        assert!(
            off < tolerance,
            "{kind:?} weights: logits are off by up to {off}"
        );
    }
}

#[test]
fn threads_do_not_change_the_numbers() {
    let (config, tensors) = fixture();
    let store = store(&tensors, GgmlDType::F32);
    let pixels = Tensor::rand(0f32, 1f32, (1, 3, config.side, config.side), &Device::Cpu)
        .expect("random pixels");
    let at = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .expect("threads");
        pool.install(|| logits(&store, &config, &pixels))
    };
    assert_eq!(at(1), at(2), "one and two threads must agree to the bit");
}

/// The figurine's configuration with a cut-out network beside it.
fn with_cutout() -> String {
    let mut config = Config::from_json(weights::FIGURINE).expect("a valid configuration");
    config.cutout = Some(fixture().0);
    serde_json::to_string(&config).expect("JSON")
}

fn open(config: &str) -> Model {
    let file = weights::random(config, 1, GgmlDType::F32).expect("random weights");
    Model::from_bytes(file.leak(), &Device::Cpu).expect("random weights open")
}

#[test]
fn pictures_of_any_shape_get_a_matte_of_their_size() {
    assert!(
        open(weights::FIGURINE).segmenter().is_none(),
        "weights without a cut-out network must say so"
    );
    let model = open(&with_cutout());
    let network = model.segmenter().expect("these weights have a network");
    for (width, height) in [(1, 1), (3, 200), (301, 77)] {
        let picture = RgbaImage::from_fn(width, height, |x, y| {
            [x as u8, (x * y) as u8, y as u8, 255].into()
        });
        let matte = network.matte(&picture).expect("a matte");
        assert_eq!(matte.dimensions(), (width, height));
    }
}

#[test]
fn the_network_alone_says_what_the_subject_is_where_there_is_no_even_background() {
    // Noise, whose head says the same everywhere.
    let picture = RgbaImage::from_fn(120, 90, |x, y| {
        let [r, g, b, _] = (x * 7919 + y * 104_729)
            .wrapping_mul(2_654_435_761)
            .to_le_bytes();
        [r, g, b, 255].into()
    });
    let cut_by = |logit: f32| {
        let sure = |name: &str, values: &mut [f32]| match name {
            "cutout.head.weight" => values.fill(0.0),
            "cutout.head.bias" => values.fill(logit),
            _ => {}
        };
        let file = weights::random_but(&with_cutout(), 1, GgmlDType::F32, sure);
        let file = file.expect("random weights").leak();
        let model = Model::from_bytes(file, &Device::Cpu).expect("random weights open");
        cut(picture.clone(), None, model.segmenter())
    };
    let all = cut_by(9.0).expect("all of it is the subject");
    assert_eq!(all.method, Method::Network);
    assert!(
        all.pixels.pixels().all(|p| p[3] > 250),
        "a network that is sure of every pixel leaves none out"
    );
    let error = cut_by(-9.0).expect_err("nothing of it is the subject");
    assert!(error.to_string().contains("no subject"), "{error:#}");
}

#[test]
fn a_network_that_is_not_there_or_makes_no_sense_is_refused() {
    let config = with_cutout();
    let parsed = Config::from_json(&config).expect("a valid configuration");
    let names = layout::tensors(&parsed);
    assert!(
        names.iter().any(|(name, _)| name == "cutout.head.weight"),
        "the layout must ask for the network's tensors"
    );
    let without = weights::random(weights::FIGURINE, 1, GgmlDType::F32).expect("random weights");
    let store = Store::from_bytes(without.leak()).expect("opens");
    let error = layout::check(&store, &parsed).expect_err("the network is missing");
    assert!(
        error.to_string().contains("cutout.down.0.weight"),
        "{error}"
    );
    for (key, value) in [
        ("side", serde_json::json!(33)),
        ("side", serde_json::json!(0)),
        ("widths", serde_json::json!([])),
        ("widths", serde_json::json!([8, 0, 16])),
        ("depths", serde_json::json!([1])),
        ("depths", serde_json::json!([1, 1, 1_000_000_000])),
    ] {
        let mut json: serde_json::Value = serde_json::from_str(&config).expect("JSON");
        json["cutout"][key] = value.clone();
        let error = Config::from_json(&json.to_string())
            .expect_err("nonsense")
            .to_string();
        assert!(
            error.contains("cutout."),
            "cutout.{key} = {value} must be named: {error}"
        );
    }
}

/// How much of two mattes' union is in both.
fn iou(a: &RgbaImage, b: &RgbaImage) -> f64 {
    let inside = |image: &RgbaImage| image.pixels().map(|p| p[3] >= 128).collect::<Vec<_>>();
    let (mut both, mut either) = (0, 0);
    for (a, b) in inside(a).into_iter().zip(inside(b)) {
        both += usize::from(a && b);
        either += usize::from(a || b);
    }
    both as f64 / either.max(1) as f64
}

/// A figure in the middle of a scene, and its matte.
fn composite(figure: &Path, scene: &Path) -> (RgbaImage, RgbaImage) {
    const SIDE: u32 = 384;
    let open = |path: &Path| image::open(path).expect("a shared picture").to_rgba8();
    let mut picture = imageops::resize(&open(scene), SIDE, SIDE, FilterType::Triangle);
    let figure = imageops::resize(&open(figure), SIDE, SIDE, FilterType::Triangle);
    imageops::overlay(&mut picture, &figure, 0, 0);
    (picture, figure)
}

#[test]
fn what_ships_finds_subjects_that_it_has_not_seen_before_scenes_that_it_has_not_seen() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    if !shared.is_dir() {
        skip!("there is no ../shared/data with photos; what ships was not looked at");
        return;
    }
    let model =
        Model::from_bytes(gen3d::model::embedded::weights(), &Device::Cpu).expect("it opens");
    let figures = [
        "mushroom_1",
        "orangeguy_1",
        "rabbit_2",
        "tiger_1",
        "typical_humanoid_dwarf",
    ];
    // Those that training/composites.py keeps from the training.
    let scenes = ["forest_slope_03", "st_fagans_interior_05"];
    let mut found = Vec::new();
    for figure in figures {
        for scene in scenes {
            let figure = shared.join(format!("photos/trellis1__{figure}.png"));
            let scene = shared.join(format!("backgrounds/hdri_{scene}.jpg"));
            let (picture, matte) = composite(&figure, &scene);
            let cutout = cut(picture, None, model.segmenter()).expect("a subject");
            assert_eq!(cutout.method, Method::Network, "a scene is no even ground");
            found.push(iou(&cutout.pixels, &matte));
        }
    }
    let mean = found.iter().sum::<f64>() / found.len() as f64;
    assert!(
        mean > 0.8,
        "the weights that ship have forgotten how to cut out: a mean IoU of {mean:.3}, {found:.2?}"
    );
}
