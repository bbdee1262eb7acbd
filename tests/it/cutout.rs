//! The cut-out: the network's numbers are those of another program, and each picture that once went wrong is right.

use crate::support::{on_threads, weights};
use std::path::{Path, PathBuf};

use candle_core::Device;
use candle_core::quantized::GgmlDType;
use gen3d::model::config::{Config, CutoutConfig};
use gen3d::model::store::{Store, layout};
use gen3d::model::{Model, embedded};
use gen3d::photo::cutout::{Cutout, CutoutMethod, Method, Options, cut, cut_as};
use gen3d::photo::decode as photo;
use image::{GrayImage, RgbaImage};

pub fn shipped() -> Model {
    Model::from_bytes(embedded::weights(), &Device::Cpu).expect("what ships opens")
}

fn in_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The folder of shared files, if it is there; that it is not is said aloud.
pub fn shared(what: &str) -> Option<PathBuf> {
    let path = in_repository("../shared").join(what);
    if !path.exists() {
        skip!("there is no ../shared/{what}, so that this was not looked at");
    }
    path.exists().then_some(path)
}

fn cut_file(path: &Path) -> Cutout {
    let picture = photo::open(path).expect("a picture");
    cut(picture, None, shipped().cutout_network())
        .unwrap_or_else(|e| panic!("{}: {e:#}", path.display()))
}

/// Alphas at places in parts of the sides.
fn alpha(cutout: &Cutout, x: f64, y: f64) -> u8 {
    let (width, height) = cutout.pixels.dimensions();
    let at = |share: f64, length: u32| ((share * f64::from(length)) as u32).min(length - 1);
    cutout.pixels.get_pixel(at(x, width), at(y, height))[3]
}

fn assert_cut(cutout: &Cutout, what: &str, subject: &[(f64, f64)], behind: &[(f64, f64)]) {
    for &(x, y) in subject {
        let alpha = alpha(cutout, x, y);
        assert!(
            alpha > 230,
            "{what}: at {x}, {y} is the subject, but its alpha is {alpha}"
        );
    }
    for &(x, y) in behind {
        let alpha = alpha(cutout, x, y);
        assert!(
            alpha < 25,
            "{what}: at {x}, {y} is the background, but its alpha is {alpha}"
        );
    }
}

#[test]
fn the_network_gives_the_numbers_that_onnxruntime_gives() {
    // Written by `training/networks/u2net.py --golden`, of the weights that ship.
    let picture = image::open(in_repository("tests/data/u2net.png"))
        .expect("a picture")
        .to_rgba8();
    let want = image::open(in_repository("tests/data/u2net_share.png"))
        .expect("its map")
        .to_luma8();
    let model = shipped();
    let found = model
        .cutout_network()
        .expect("a network")
        .matte(&picture)
        .expect("a map");
    assert_eq!(found.dimensions(), want.dimensions());
    let off: Vec<u8> = (found.as_raw().iter().zip(want.as_raw()))
        .map(|(a, b)| a.abs_diff(*b))
        .collect();
    let mean = off.iter().map(|&x| f64::from(x)).sum::<f64>() / off.len() as f64;
    let worst = off.iter().max().copied().unwrap_or(0);
    assert!(
        mean < 0.05 && worst < 8,
        "shares of 255 are off by {mean:.3} in the mean, by {worst} at worst: more than weights of 16 bits cost"
    );
}

/// A network of the right shape with random weights.
fn random() -> Model {
    let file = weights::random(&with_cutout(), 1, GgmlDType::F32).expect("random weights");
    Model::from_bytes(file.leak(), &Device::Cpu).expect("random weights open")
}

fn with_cutout() -> String {
    let mut config = Config::from_json(weights::FIGURINE).expect("a valid configuration");
    config.cutout = Some(CutoutConfig {
        side: 64,
        width: 8,
        inner: 4,
    });
    serde_json::to_string(&config).expect("JSON")
}

fn noise(width: u32, height: u32) -> RgbaImage {
    RgbaImage::from_fn(width, height, |x, y| {
        let [r, g, b, _] = (x * 7919 + y * 104_729)
            .wrapping_mul(2_654_435_761)
            .rotate_left(x % 13)
            .to_le_bytes();
        [r, g, b, 255].into()
    })
}

#[test]
fn threads_do_not_change_the_cut_out() {
    let path = in_repository("examples/twintails.jpg");
    let model = shipped();
    let at = |threads| {
        let picture = photo::open(&path).expect("a picture");
        let options = Options {
            way: CutoutMethod::Network,
            ..Options::default()
        };
        let cut = || cut_as(picture, None, model.cutout_network(), &options).expect("a subject");
        on_threads(threads, cut).pixels
    };
    assert!(
        at(1) == at(3),
        "one and three threads must agree to the bit"
    );
}

#[test]
fn pictures_of_any_shape_are_looked_at() {
    let none = weights::random(weights::FIGURINE, 1, GgmlDType::F32).expect("random weights");
    let none = Model::from_bytes(none.leak(), &Device::Cpu).expect("random weights open");
    assert!(
        none.cutout_network().is_none(),
        "weights without a network must say so"
    );
    let model = random();
    let network = model
        .cutout_network()
        .expect("these weights have a network");
    for (width, height) in [(1, 1), (3, 200), (301, 77)] {
        let map = network.matte(&noise(width, height)).expect("a map");
        assert_eq!(map.dimensions(), (64, 64), "a square, whatever the picture");
    }
}

#[test]
fn a_network_that_is_not_there_or_makes_no_sense_is_refused() {
    let config = with_cutout();
    let parsed = Config::from_json(&config).expect("a valid configuration");
    let without = weights::random(weights::FIGURINE, 1, GgmlDType::F32).expect("random weights");
    let store = Store::from_bytes(without.leak()).expect("opens");
    let error = layout::check(&store, &parsed).expect_err("the network is missing");
    assert!(
        error.to_string().contains("cutout.down.0.enter.weight"),
        "{error}"
    );
    for (key, value) in [
        ("side", 33),
        ("side", 0),
        ("side", 4096),
        ("width", 0),
        ("inner", 0),
    ] {
        let mut json: serde_json::Value = serde_json::from_str(&config).expect("JSON");
        json["cutout"][key] = value.into();
        let error = Config::from_json(&json.to_string())
            .expect_err("nonsense")
            .to_string();
        assert!(
            error.contains("cutout."),
            "cutout.{key} = {value} must be named: {error}"
        );
    }
}

#[test]
fn garments_near_the_tone_of_the_ground_stay() {
    let Some(cases) = shared("cases") else { return };
    for name in ["ws_bust_215.png", "dk_bust_35.png", "blue_on_blue.jpg"] {
        let cutout = cut_file(&cases.join(name));
        let subject = [
            (0.5, 0.3),
            (0.4, 0.75),
            (0.5, 0.95),
            (0.65, 0.9),
            (0.2, 0.8),
            (0.8, 0.8),
        ];
        assert_cut(
            &cutout,
            name,
            &subject,
            &[(0.03, 0.05), (0.05, 0.9), (0.95, 0.9), (0.95, 0.5)],
        );
        let told = cutout
            .notes
            .iter()
            .any(|note| note.contains("beyond the lower border"));
        assert!(
            told,
            "{name}: that the photo ends at the waist must be told: {:?}",
            cutout.notes
        );
    }
}

#[test]
fn a_strip_of_floor_and_a_shadow_are_no_part_of_the_subject() {
    let cutout = cut_file(&in_repository("examples/cat_with_shield.jpg"));
    assert_cut(
        &cutout,
        "cat_with_shield.jpg",
        &[(0.5, 0.3), (0.5, 0.45), (0.68, 0.65), (0.5, 0.8)],
        &[
            (0.1, 0.1),
            (0.1, 0.95),
            (0.9, 0.95),
            (0.5, 0.97),
            (0.9, 0.2),
            (0.12, 0.75),
            // The shadow's rim under the base, and the gap between arm, skirt and shield.
            (0.289, 0.8375),
            (0.546, 0.544),
        ],
    );
    let cutout = cut_file(&in_repository("examples/twintails.jpg"));
    assert_cut(
        &cutout,
        "twintails.jpg",
        &[(0.5, 0.25), (0.5, 0.55), (0.34, 0.65), (0.5, 0.8)],
        &[
            (0.1, 0.1),
            (0.1, 0.95),
            (0.9, 0.95),
            (0.9, 0.3),
            // The shadow's rim under the base.
            (0.518, 0.882),
            (0.3625, 0.856),
            (0.67, 0.86),
        ],
    );
}

#[test]
fn of_three_people_one_is_made_and_the_others_are_told() {
    let Some(path) = shared("cases/three_white.png") else {
        return;
    };
    let model = shipped();
    let mut boxes = Vec::new();
    for subject in 0..3 {
        let picture = photo::open(&path).expect("a picture");
        let options = Options {
            subject,
            ..Options::default()
        };
        let cutout = cut_as(picture, None, model.cutout_network(), &options).expect("a subject");
        assert_eq!(cutout.subjects.len(), 3, "{:?}", cutout.subjects);
        let told = cutout.notes.iter().any(|note| note.contains("3 subjects"));
        assert!(
            told,
            "that there are three must be told: {:?}",
            cutout.notes
        );
        let seen = cutout
            .pixels
            .enumerate_pixels()
            .filter(|(.., p)| p[3] > 128);
        let (low, high) = seen.fold((u32::MAX, 0), |(l, h), (x, ..)| (l.min(x), h.max(x)));
        assert!(high - low < 250, "one of them, from {low} to {high}");
        let bounds = cutout.subjects[subject];
        assert!(
            low.abs_diff(bounds.left) < 5,
            "{bounds:?} is not from {low}"
        );
        boxes.push(bounds);
    }
    assert!(
        (500..530).contains(&boxes[0].left),
        "of equals the middle one: {boxes:?}"
    );
    let picture = photo::open(&path).expect("a picture");
    let options = Options {
        subject: 3,
        ..Options::default()
    };
    let error =
        cut_as(picture, None, model.cutout_network(), &options).expect_err("there are three");
    assert!(
        error.to_string().contains("there are 3 subjects"),
        "{error:#}"
    );
}

#[test]
fn a_halo_of_the_old_background_goes() {
    let Some(path) = shared("cases/halo_green.png") else {
        return;
    };
    let before = photo::open(&path).expect("a picture");
    let after = cut_file(&path);
    assert_eq!(after.method, Method::Alpha);
    let green = |picture: &RgbaImage| {
        let edge = picture
            .pixels()
            .filter(|p| (20..250).contains(&p[3]))
            .collect::<Vec<_>>();
        let green = edge
            .iter()
            .filter(|p| i16::from(p[1]) > 40 + i16::from(p[0].max(p[2])))
            .count();
        green as f64 / edge.len().max(1) as f64
    };
    let (before, after) = (green(&before), green(&after.pixels));
    assert!(
        before > 0.2 && after < 0.01,
        "green at the edge: {before:.3} became {after:.3}"
    );
}

#[test]
fn half_an_alpha_is_an_alpha() {
    let Some(path) = shared("cases/alpha_half.png") else {
        return;
    };
    let cutout = cut_file(&path);
    assert_eq!(cutout.method, Method::Alpha);
    let full = cutout.pixels.pixels().filter(|p| p[3] == 255).count();
    let clear = cutout.pixels.pixels().filter(|p| p[3] == 0).count();
    let all = cutout.pixels.pixels().len();
    assert!(
        full * 10 > all && clear * 4 > all,
        "{full} full and {clear} clear pixels of {all}"
    );
}

/// White lines of black words.
fn page_of_text() -> RgbaImage {
    RgbaImage::from_fn(600, 800, |x, y| {
        let ink = (40..560).contains(&x)
            && (40..760).contains(&y)
            && y % 18 < 9
            && (x * 7 + y / 18 * 31) % 11 < 5
            && x % 4 != 0
            && y % 3 != 0;
        if ink {
            [20, 20, 20, 255]
        } else {
            [250, 250, 250, 255]
        }
        .into()
    })
}

/// Sixty lines of small letters, of which some run into each other.
fn page_of_letters() -> RgbaImage {
    RgbaImage::from_fn(800, 1000, |x, y| {
        if x < 60 || y < 40 {
            return [255; 4].into();
        }
        let (column, row) = (x - 60, y - 40);
        let line = row / 15;
        let letter = column / 6 * 7 + line * 13;
        let ink = column < 360 + line % 30 * 6
            && line < 60
            && row % 15 < 8
            && letter % 6 != 0
            && column % 6 < 5
            && (column % 6 == letter % 4 || row % 15 % 4 == letter % 3);
        if ink {
            [0, 0, 0, 255]
        } else {
            [255, 255, 255, 255]
        }
        .into()
    })
}

#[test]
fn a_line_drawing_is_cut_out_with_what_it_encloses() {
    let Some(path) = shared("cases/outline_only.png") else {
        return;
    };
    let inside = [(0.5, 0.2), (0.5, 0.55), (0.44, 0.8), (0.56, 0.8)];
    let behind = [(0.05, 0.05), (0.95, 0.5), (0.05, 0.9)];
    assert_cut(&cut_file(&path), "outline_only.png", &inside, &behind);
}

#[test]
fn what_shows_no_subject_is_refused_or_told() {
    let model = shipped();
    let even = RgbaImage::from_pixel(300, 200, [90, 120, 40, 255].into());
    let mut pictures = vec![
        ("noise", noise(400, 300), "refused: no subject stands out"),
        ("one colour", even, "refused: no subject stands out"),
        (
            "16 x 16",
            noise(16, 16),
            "refused: the picture has 16 x 16 pixels, too few",
        ),
        (
            "20,000 x 20",
            noise(20_000, 20),
            "refused: the picture has 20000 x 20 pixels, too few",
        ),
        (
            "a page of text",
            page_of_text(),
            "refused: 2 things stand out",
        ),
        (
            "a page of letters",
            page_of_letters(),
            "refused: 2 things stand out",
        ),
    ];
    if let Some(path) = shared("data/backgrounds/hdri_forest_slope_03.jpg") {
        let picture = photo::open(&path).expect("a picture");
        pictures.push(("a landscape", picture, "refused: no subject stands out"));
    }
    let said = |picture| match cut(picture, None, model.cutout_network()) {
        Ok(cutout) => format!("told: {}", cutout.notes.join("; ")),
        Err(error) => format!("refused: {error:#}"),
    };
    let found: Vec<_> = (pictures.into_iter())
        .map(|(what, picture, wanted)| (what, said(picture), wanted))
        .collect();
    for (what, said, wanted) in &found {
        // How many things are counted is no matter.
        let plain = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "");
        let as_wanted = plain(said).starts_with(&plain(wanted));
        assert!(as_wanted, "{what}: {said}\n{found:#?}");
        assert!(
            said.contains("--mask") || said.contains("cut it"),
            "{what}: what to do? {said}"
        );
    }
}

#[test]
fn the_way_can_be_chosen() {
    let model = shipped();
    let path = in_repository("examples/twintails.jpg");
    let way = |way, network| {
        let picture = photo::open(&path).expect("a picture");
        let network = if network {
            model.cutout_network()
        } else {
            None
        };
        cut_as(
            picture,
            None,
            network,
            &Options {
                way,
                ..Options::default()
            },
        )
    };
    let off = way(CutoutMethod::Off, true).expect("all of it");
    assert!(off.method == Method::Off && off.pixels.pixels().all(|p| p[3] == 255));
    assert_eq!(
        way(CutoutMethod::Network, true).expect("a subject").method,
        Method::Network
    );
    let scene = way(CutoutMethod::Network, false).expect_err("there is no network");
    assert!(scene.to_string().contains("--mask"), "{scene:#}");
}

#[test]
fn a_mask_of_another_shape_is_refused() {
    let mask = GrayImage::from_pixel(30, 90, [255].into());
    let error = cut(noise(90, 60), Some(&mask), None).expect_err("another shape");
    assert!(error.to_string().contains("same shape"), "{error:#}");
}
