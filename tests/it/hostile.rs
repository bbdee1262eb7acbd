//! Bad input through the real program: a clear message or a sensible result, never a panic, a hang or
//! a partial file.

use image::{DynamicImage, ImageFormat, RgbaImage};

use crate::support::pictures;
use crate::support::program::{Place, model};

const FORMATS: [ImageFormat; 6] = [
    ImageFormat::Jpeg,
    ImageFormat::Png,
    ImageFormat::WebP,
    ImageFormat::Gif,
    ImageFormat::Bmp,
    ImageFormat::Tiff,
];

/// The colour in the middle of what was cut out of `photo`, which must work.
fn middle(photo: &str, bytes: &[u8]) -> [u8; 4] {
    let place = Place::new().with(photo, bytes);
    place.makes(&[photo, "-o", "out.glb", "--debug-dir", "debug"]);
    assert!(place.path("out.glb").is_file(), "{photo} gave no file");
    let cutout = image::open(place.path("debug/out-cutout.png")).expect("the cut-out is a picture");
    let (x, y) = (cutout.width() / 2, cutout.height() * 6 / 10);
    cutout.into_rgba8().get_pixel(x, y).0
}

fn is_blue(colour: [u8; 4]) -> bool {
    let near = |a: u8, b: u8| a.abs_diff(b) < 30;
    near(colour[0], 40) && near(colour[1], 70) && near(colour[2], 160) && colour[3] == 255
}

#[test]
fn every_format_works_under_any_name() {
    for format in FORMATS {
        let colour = middle("photo.jpg", &pictures::file(format));
        assert!(
            is_blue(colour),
            "{format:?}: the body is blue, not {colour:?}"
        );
    }
}

#[test]
fn a_file_that_is_cut_off_is_refused() {
    for format in FORMATS {
        let mut bytes = pictures::file(format);
        bytes.truncate(bytes.len() * 2 / 3);
        Place::new()
            .with("photo", bytes)
            .refuses(&["photo", "-o", "out.glb"], 1, &["photo: is"]);
    }
}

#[test]
fn what_is_no_picture_is_refused() {
    let refused = |name: &str, bytes: &[u8], words: &[&str]| {
        Place::new()
            .with(name, bytes)
            .refuses(&[name, "-o", "out.glb"], 1, words);
    };
    refused("empty.png", b"", &["empty.png", "is empty"]);
    refused(
        "notes.jpg",
        b"Dear diary, today",
        &["notes.jpg", "is no picture"],
    );
    let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic";
    refused("phone.heic", heic, &["HEIC", "export it as JPEG"]);
}

#[test]
fn pictures_that_claim_to_be_huge_are_refused_before_memory_is_spent() {
    let place = Place::new()
        .with("huge.png", pictures::png_header(100_000, 100_000))
        .with("huge.bmp", pictures::bmp_header(60_000, 60_000))
        .with("huge.gif", pictures::gif_header(65_535, 65_535));
    for (name, word) in [
        ("huge.png", "100 megapixels"),
        ("huge.bmp", "100 megapixels"),
        ("huge.gif", "is"), // its decoder may see first that the pixels are missing
    ] {
        place.refuses(&[name, "-o", "out.glb"], 1, &[name, word]);
    }
    let place = Place::new();
    let file = std::fs::File::create(place.path("large.png")).expect("a file");
    file.set_len(65 << 20).expect("a hole as large as 65 MiB");
    place.refuses(&["large.png", "-o", "out.glb"], 1, &["64 MiB"]);
}

#[test]
fn depth_gray_palette_and_print_colours_work() {
    let picture = DynamicImage::from(pictures::figure(120, 160, [255; 4]));
    let deep = pictures::encode(&DynamicImage::from(picture.to_rgb16()), ImageFormat::Png);
    assert!(is_blue(middle("deep.png", &deep)), "16 bits a channel");
    let gray = pictures::encode(&DynamicImage::from(picture.to_luma8()), ImageFormat::Png);
    let [r, g, b, a] = middle("gray.png", &gray);
    assert!(
        r == g && g == b && a == 255 && r < 100,
        "gray: {r} {g} {b} {a}"
    );
    // Blue ink (cyan and magenta) on paper.
    let blocks: Vec<[u8; 4]> = (0..16 * 16)
        .map(|at| match (at % 16, at / 16) {
            (5..=10, 4..=13) => [40, 70, 160, 255],
            _ => [255; 4],
        })
        .collect();
    let print = pictures::cmyk_jpeg(16, &blocks);
    assert!(is_blue(middle("print.jpg", &print)), "CMYK");
}

#[test]
fn of_an_animation_the_first_frame_is_used() {
    let frames = [[255; 4], [0, 0, 0, 255]].map(|behind| {
        let mut picture = pictures::figure(120, 160, behind);
        if behind[0] == 0 {
            picture = RgbaImage::from_pixel(120, 160, behind.into());
        }
        image::Frame::new(picture)
    });
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::gif::GifEncoder::new(&mut bytes);
    encoder.encode_frames(frames).expect("an animation");
    drop(encoder);
    assert!(
        is_blue(middle("dance.gif", &bytes)),
        "the second frame is all black"
    );
}

#[test]
fn pictures_without_a_subject_are_refused() {
    let refused = |picture: RgbaImage, words: &[&str]| {
        Place::new()
            .with(
                "photo.png",
                pictures::encode(&picture.into(), ImageFormat::Png),
            )
            .refuses(&["photo.png", "-o", "out.glb"], 1, words);
    };
    let plain = |colour: [u8; 4]| RgbaImage::from_pixel(90, 70, colour.into());
    refused(plain([255; 4]), &["photo.png", "no subject", "--mask"]);
    refused(plain([0, 0, 0, 255]), &["photo.png", "no subject"]);
    refused(
        plain([200, 10, 10, 0]),
        &["photo.png", "wholly transparent"],
    );
    refused(
        RgbaImage::from_pixel(1, 1, [9, 9, 9, 255].into()),
        &["photo.png", "1 x 1 pixels", "too few", "--mask"],
    );
    refused(
        RgbaImage::from_pixel(2000, 1, [9, 9, 9, 255].into()),
        &["2000 x 1 pixels", "too few"],
    );
}

#[test]
fn damaged_metadata_costs_nobody_their_picture() {
    let png = pictures::file(ImageFormat::Png);
    let with_profile = |profile: &[u8]| {
        // A name, a compression method, and one stored (not compressed) deflate block.
        let mut data = b"profile\0\0\x78\x01\x01".to_vec();
        let length = profile.len() as u16;
        data.extend(length.to_le_bytes());
        data.extend((!length).to_le_bytes());
        data.extend(profile);
        let (mut a, mut b) = (1u32, 0u32);
        for &byte in profile {
            a = (a + u32::from(byte)) % 65521;
            b = (b + a) % 65521;
        }
        data.extend((b << 16 | a).to_be_bytes());
        pictures::png_with_chunk(&png, b"iCCP", &data)
    };
    for profile in [vec![0; 8], vec![0xFF; 300], b"acsp".repeat(80)] {
        assert!(
            is_blue(middle("profile.png", &with_profile(&profile))),
            "broken profile"
        );
    }
    let jpeg = pictures::file(ImageFormat::Jpeg);
    for orientation in [0, 9, 255] {
        let bytes = pictures::jpeg_with_orientation(&jpeg, orientation);
        assert!(is_blue(middle("turned.jpg", &bytes)), "no such orientation");
    }
}

#[test]
fn damaged_weights_are_refused() {
    let good = std::fs::read(model()).expect("the test's weights");
    let place = Place::new()
        .with("photo.png", pictures::file(ImageFormat::Png))
        .with("empty.gguf", "")
        .with("text.gguf", "these are no weights")
        .with("cut.gguf", &good[..good.len() / 2])
        .with("head.gguf", &good[..40]);
    let refused = |name: &str| {
        let mut command = place.command();
        command.args(["photo.png", "-o", "out.glb", "--model", name]);
        let output = command.output().expect("the program can be started");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{name}: {said}");
        assert!(
            said.contains(name),
            "the message names the file {name}: {said}"
        );
        assert!(!said.contains("fault of the program"), "{name}: {said}");
        assert!(!place.path("out.glb").exists(), "{name} gave a file");
    };
    for name in [
        "empty.gguf",
        "text.gguf",
        "cut.gguf",
        "head.gguf",
        "missing.gguf",
    ] {
        refused(name);
    }
    // Every early byte once: counts, types, lengths and the configuration live there.
    for at in (0..400).step_by(7).chain([4, 8, 9, 15, 16, 23]) {
        let mut bytes = good.clone();
        bytes[at] ^= 0xFF;
        let place = Place::new()
            .with("photo.png", pictures::file(ImageFormat::Png))
            .with("bent.gguf", bytes);
        let mut command = place.command();
        command.args([
            "photo.png",
            "-o",
            "out.glb",
            "--steps",
            "1",
            "--resolution",
            "16",
        ]);
        let output = command
            .args(["--model", "bent.gguf"])
            .output()
            .expect("the program can be started");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            matches!(output.status.code(), Some(0 | 1)) && !said.contains("fault of the program"),
            "byte {at} of the weights bent: {} {said}",
            output.status
        );
    }
}

#[test]
fn a_photo_is_turned_upright() {
    // Left half red, right half green, and told to have been taken on its side.
    let wide = image::RgbImage::from_fn(64, 32, |x, _| {
        image::Rgb(if x < 32 { [220, 30, 30] } else { [30, 200, 30] })
    });
    let jpeg = pictures::encode(&wide.into(), ImageFormat::Jpeg);
    for (orientation, red_at) in [(1, (8, 16)), (3, (56, 16)), (6, (16, 8)), (8, (16, 56))] {
        let bytes = pictures::jpeg_with_orientation(&jpeg, orientation);
        let picture = gen3d::photo::decode::decode(&bytes).expect("a picture");
        let [r, g, ..] = picture.get_pixel(red_at.0, red_at.1).0;
        assert!(
            r > 180 && g < 80,
            "orientation {orientation}: red is not at {red_at:?}"
        );
    }
}

#[test]
fn a_colour_profile_is_obeyed() {
    let colour = [200u8, 100, 50];
    let picture = image::RgbImage::from_pixel(40, 40, image::Rgb(colour));
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::png::PngEncoder::new(&mut bytes);
    let profile = moxcms::ColorProfile::new_display_p3()
        .encode()
        .expect("a profile");
    image::ImageEncoder::set_icc_profile(&mut encoder, profile).expect("PNG takes profiles");
    picture.write_with_encoder(encoder).expect("a PNG");
    // Display P3 has sRGB's curve and other primaries.
    let linear = colour.map(|c| {
        let c = f64::from(c) / 255.0;
        if c <= 0.04045 {
            c / 12.92
        } else {
            ((c + 0.055) / 1.055).powf(2.4)
        }
    });
    let to_srgb = [
        [1.224_940, -0.224_940, 0.0],
        [-0.042_057, 1.042_057, 0.0],
        [-0.019_638, -0.078_636, 1.098_274],
    ];
    let want = to_srgb.map(|row| {
        let c: f64 = row.iter().zip(linear).map(|(a, b)| a * b).sum();
        let c = c.clamp(0.0, 1.0);
        255.0
            * if c <= 0.003_130_8 {
                12.92 * c
            } else {
                1.055 * c.powf(1.0 / 2.4) - 0.055
            }
    });
    let picture = gen3d::photo::decode::decode(&bytes).expect("a picture");
    let got = picture.get_pixel(20, 20).0;
    for (got, want) in got.iter().zip(want) {
        assert!(
            (f64::from(*got) - want).abs() < 2.0,
            "{got:?}, expected {want:?}"
        );
    }
}

/// Flips, cuts and repeats bytes of good pictures; a poor fuzzer, but one that always runs.
#[test]
fn bent_pictures_never_panic() {
    let mut state = 1u64;
    let mut random = move |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    for format in FORMATS {
        let good = pictures::encode(
            &DynamicImage::from(pictures::figure(24, 32, [255; 4]))
                .into_rgb8()
                .into(),
            format,
        );
        for _ in 0..200 {
            let mut bytes = good.clone();
            for _ in 0..=random(4) {
                let at = random(bytes.len());
                match random(4) {
                    0 => bytes[at] = random(256) as u8,
                    1 => bytes[at] ^= 1 << random(8),
                    2 => bytes.truncate(at.max(1)),
                    _ => {
                        let piece = bytes[at..(at + 9).min(bytes.len())].to_vec();
                        bytes.splice(at..at, piece);
                    }
                }
            }
            // What it gives is of no interest, only that it comes back and keeps the limits.
            if let Ok(picture) = gen3d::photo::decode::decode(&bytes) {
                assert!(picture.width().max(picture.height()) <= gen3d::photo::decode::LONGER_SIDE);
                if picture.len() < 1 << 22 {
                    let _ = gen3d::photo::cutout::cut(picture, None, None);
                }
            }
        }
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_the_run_and_leaves_nothing() {
    let place = Place::new().with("photo.png", pictures::file(ImageFormat::Png));
    let before = place.names();
    // Once the cut-out is done, a thousand steps lie ahead.
    let line = ["photo.png", "-o", "out.glb", "--steps", "1000"];
    let code = place.interrupted(&line, "looking at it");
    assert_eq!(code, Some(130), "stopped, not done and not failed");
    assert_eq!(
        place.names(),
        before,
        "a stopped run must leave nothing behind"
    );
}
