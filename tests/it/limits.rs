//! What a hostile file or a tight shell may take: memory that is promised, and an error where that is not enough.

use crate::support::mutate;
use crate::support::pictures;
use crate::support::weights;
use std::path::Path;
use std::process::{Command, Output};

use crate::support::program::{Place, SMALL, model, printed};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{DType, Device, Tensor};
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{DynamicImage, ImageEncoder, ImageFormat, RgbaImage};

/// Bytes that a run may hold at most, whatever it is given.
const PROMISED: u64 = 700_000_000;

fn peak(report: &serde_json::Value) -> u64 {
    report["peak_memory_bytes"].as_u64().unwrap_or_default() // 0 where the system does not tell
}

#[test]
fn no_picture_takes_more_memory_than_is_promised() {
    // As large as any that is taken: 100 megapixels in four channels.
    let small = pictures::figure(100, 100, [255; 4]);
    let large = RgbaImage::from_fn(10_000, 10_000, |x, y| *small.get_pixel(x / 100, y / 100));
    let place = Place::new().with(
        "large.png",
        pictures::encode(&large.into(), ImageFormat::Png),
    );
    let report = &place.reports(&["large.png", "-o", "out.glb", "--no-cache"])[0];
    let taken = peak(report);
    assert!(taken < PROMISED, "{taken} bytes for 100 megapixels");
}

/// Of each kind the largest that is taken, or nearly: what its decoder holds beside the result counts.
fn largest() -> Vec<(&'static str, Vec<u8>)> {
    let small = DynamicImage::from(pictures::figure(100, 100, [255; 4]));
    let scaled = |width: u32, height: u32| {
        small.resize_exact(width, height, image::imageops::FilterType::Nearest)
    };
    let encode = |picture: DynamicImage, format| pictures::encode(&picture, format);
    let mut jpeg = Vec::new();
    let mut encoder = JpegEncoder::new(&mut jpeg);
    let profile = moxcms::ColorProfile::new_display_p3().encode();
    encoder
        .set_icc_profile(profile.expect("a profile"))
        .expect("JPEG takes profiles");
    let large = scaled(10_000, 10_000).into_rgb8();
    large.write_with_encoder(encoder).expect("a JPEG");
    drop(large);
    vec![
        ("profile.jpg", jpeg),
        (
            "deep.png",
            encode(scaled(7_700, 7_700).into_rgba16().into(), ImageFormat::Png),
        ),
        ("a.webp", encode(scaled(10_000, 5_900), ImageFormat::WebP)),
        ("rgb.tif", pictures::packed_tiff(8_190, 8_190, 8, 3)),
        ("deep.tif", pictures::packed_tiff(4_900, 4_900, 16, 4)),
    ]
}

#[test]
fn the_largest_of_every_kind_take_no_more_memory_than_is_promised() {
    for (name, bytes) in largest() {
        let place = Place::new().with(name, bytes);
        let report = &place.reports(&[name, "-o", "out.glb", "--no-cache"])[0];
        let taken = peak(report);
        assert!(taken < PROMISED, "{name}: {taken} bytes");
        // Cutting out keeps the size. What is too large for that is refused, with a word.
        let output = place
            .command()
            .args(["cutout", name, "-o", "cut.png", "--json"])
            .output()
            .expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr);
        let line = serde_json::from_slice(&output.stdout).expect("JSON");
        match output.status.code() {
            Some(0) => assert!(peak(&line) < PROMISED, "{name}, cut out: {line}"),
            _ => assert!(said.contains("save it smaller"), "{name}: {said}"),
        }
        eprintln!("{name}: {taken} bytes, cut out {}", peak(&line));
    }
}

#[test]
fn a_large_picture_that_is_half_transparent_takes_no_more_memory_than_is_promised() {
    // All of it an edge: the worst that can be asked of who frees colours from what was behind them.
    let half = RgbaImage::from_fn(10_000, 10_000, |x, y| {
        match x.abs_diff(5000).max(y.abs_diff(5000)) {
            4500.. => [0, 0, 0, 0].into(),
            1500.. => [90, 200, 30, 128].into(),
            _ => [90, 60, 30, 255].into(),
        }
    });
    let half = pictures::encode(&half.into(), ImageFormat::Png);
    let place = Place::new().with("half.png", half);
    let mut command = place.command();
    command.args(["cutout", "half.png", "-o", "cut.png", "--json"]);
    let output = command.output().expect("it starts");
    let line: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(peak(&line) < PROMISED, "{line}");
}

#[test]
fn what_would_take_more_memory_is_refused() {
    let mut deep = pictures::png_header(10_000, 10_000);
    // 16 bits a channel; and the header's checksum, which covers that.
    deep[24] = 16;
    let deep = mutate::with_checksums(deep);
    let place = Place::new()
        .with("deep.png", deep)
        .with("long.png", pictures::png_header(1, 90_000_000));
    place.refuses(
        &["deep.png", "-o", "out.glb"],
        1,
        &["deep.png", "600 MB to decode"],
    );
    place.refuses(
        &["long.png", "-o", "out.glb"],
        1,
        &["long.png", "no side may be over"],
    );
}

#[test]
fn a_huge_profile_is_ignored_and_told() {
    let picture = DynamicImage::from(pictures::figure(120, 160, [255; 4])).into_rgb8();
    let mut bytes = Vec::new();
    let mut encoder = PngEncoder::new(&mut bytes);
    encoder
        .set_icc_profile(vec![0; 5 << 20])
        .expect("PNG takes profiles");
    picture.write_with_encoder(encoder).expect("a PNG");
    let place = Place::new().with("profile.png", bytes);
    let output = place.make(&["profile.png", "-o", "out.glb"]);
    printed(&output);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("profile.png") && said.contains("colour profile"),
        "that the colours may be off must be told: {said}"
    );
}

#[test]
fn a_profile_that_unpacks_to_900_megabytes_is_never_unpacked() {
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/cases/png_iccbomb_900M.png");
    let Ok(bytes) = std::fs::read(&case) else {
        skip!("{} is not there", case.display());
        return;
    };
    // The profile alone, for the picture that carries it shows nothing.
    let name = b"iCCP";
    let at = bytes.windows(4).position(|window| window == name);
    let at = at.expect("the case has a profile");
    let length = bytes[at - 4..at]
        .iter()
        .fold(0, |n, &byte| n << 8 | usize::from(byte));
    let profile = &bytes[at + 4..at + 4 + length];
    let bomb = pictures::png_with_chunk(&pictures::file(ImageFormat::Png), name, profile);
    let place = Place::new().with("bomb.png", bomb);
    let report = &place.reports(&["bomb.png", "-o", "out.glb", "--no-cache"])[0];
    let taken = peak(report);
    assert!(taken < PROMISED, "{taken} bytes");
}

#[test]
fn weights_that_ask_for_too_much_are_refused() {
    let tensor = Tensor::zeros((1, 32), DType::F32, &Device::Cpu).expect("a tensor");
    let refused = |from: &str, to: &str, words: &[&str]| {
        let config = weights::FIGURINE.replace(from, to);
        assert_ne!(config, weights::FIGURINE, "{from} is in the configuration");
        let tensor = QTensor::quantize(&tensor, GgmlDType::F32).expect("a tensor");
        let bytes = weights::gguf(&config, vec![("latent.mean".into(), tensor)]).expect("a file");
        let place = Place::new().with("greedy.gguf", bytes);
        let mut command = place.command();
        let output = command
            .args(["model", "info", "greedy.gguf"])
            .output()
            .expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        for word in words {
            assert!(said.contains(word), "it must say '{word}': {said}");
        }
    };
    let activations = "more activations than a file may ask for";
    refused(
        "\"shortest_edge\":146,\"crop\":128",
        "\"shortest_edge\":4096,\"crop\":4096",
        &["greedy.gguf", "feature_extractor.crop", activations],
    );
    refused(
        "\"tokens\":9,",
        "\"tokens\":4096,",
        &["greedy.gguf", "sampling.tokens", activations],
    );
}

/// The program with limits of a shell.
fn limited(place: &Place, limit: &str, line: &[&str]) -> Output {
    let mut command = Command::new("sh");
    command
        .args(["-c", &format!("ulimit {limit}; exec \"$0\" \"$@\"")])
        .arg(place.command().get_program())
        .args(SMALL)
        .arg(model())
        .args(line)
        .current_dir(place.path(""))
        .env("GEN3D_CACHE_DIR", place.cache())
        .env("GEN3D_MODELS_DIR", place.models());
    command.output().expect("a shell")
}

fn photo() -> Place {
    Place::new().with("photo.png", pictures::file(ImageFormat::Png))
}

#[cfg(unix)]
#[test]
fn a_limit_on_file_sizes_is_an_error_and_leaves_nothing() {
    let place = photo();
    let before = place.names();
    let output = limited(&place, "-f 8", &["photo.png", "-o", "out.glb"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{}: {said}", output.status);
    assert!(
        said.contains("out.glb cannot be written") && said.contains("too large"),
        "what could not be written must be told: {said}"
    );
    assert_eq!(place.names(), before, "nothing may be left");
}

#[cfg(target_os = "linux")]
#[test]
fn a_limit_on_memory_is_an_error() {
    let place = photo();
    let output = limited(&place, "-v 150000", &["photo.png", "-o", "out.glb"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{}: {said}", output.status);
    assert!(
        said.contains("ulimit -v"),
        "what to raise must be told: {said}"
    );
    // A little more is enough to begin, and somewhere not enough to go on.
    for kilobytes in (250..=700).step_by(50).map(|megabytes| 1000 * megabytes) {
        let before = place.names();
        let limit = format!("-v {kilobytes}");
        let line = ["photo.png", "-o", "out.glb", "--threads", "2", "--no-cache"];
        let output = limited(&place, &limit, &line);
        let said = String::from_utf8_lossy(&output.stderr);
        match output.status.code() {
            Some(0) => std::fs::remove_file(place.path("out.glb")).expect("a figurine"),
            Some(1) => assert!(!said.trim().is_empty(), "an error must be told"),
            _ => panic!("ulimit {limit} ends in {}: {said}", output.status),
        }
        assert_eq!(place.names(), before, "ulimit {limit} may leave nothing");
    }
}
