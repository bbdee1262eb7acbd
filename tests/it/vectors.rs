//! The same bytes with the vectors of every processor, and on one machine whatever the threads; what is told of it in
//! src/security.md.
#![cfg(target_arch = "x86_64")]

use std::path::Path;

use image::ImageFormat;

use crate::support::pictures;
use crate::support::program::{Place, SMALL, model};

/// The figurine that a run makes with these vectors at most; nothing for those that there are.
fn figurine(place: &Place, vectors: Option<&str>, line: &[&str]) -> Vec<u8> {
    let mut command = place.command();
    command.args(line).args(["-o", "out.glb", "--no-cache"]);
    match vectors {
        Some(vectors) => command.env("GEN3D_VECTORS", vectors),
        None => command.env_remove("GEN3D_VECTORS"),
    };
    let output = command.output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{vectors:?}: {said}");
    std::fs::read(place.path("out.glb")).expect("a figurine")
}

/// Whether this processor has vectors of 256 bits, without which no others are the same; else that is told.
fn has_avx2() -> bool {
    let has = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
    if !has {
        skip!("this processor has no AVX2: there is one kind of kernels, and nothing to compare");
    } else if !is_x86_feature_detected!("avx512f") {
        skip!("this processor has no AVX-512: its kernels were not compared");
    }
    has
}

#[test]
fn the_same_photo_gives_the_same_bytes_with_avx2_and_with_avx512() {
    if !has_avx2() {
        return;
    }
    // A photo for the network that cuts out, the shipped weights, the part maps; and one for diffusion and its decoder.
    let photo = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/twintails.jpg");
    let photo = photo.to_str().expect("a path").to_owned();
    let weights = model().display().to_string();
    let place = Place::new().with("photo.png", pictures::file(ImageFormat::Png));
    let small = [&["photo.png"], &SMALL[..], &[&weights]].concat();
    for line in [&[&*photo, "--cutout", "network"][..], &small] {
        let all = figurine(&place, None, line);
        for vectors in ["avx512", "avx2"] {
            let narrow = figurine(&place, Some(vectors), line);
            assert!(narrow == all, "{vectors} gives other bytes: {line:?}");
        }
    }
}

#[test]
fn without_avx2_the_bytes_are_the_same_whatever_the_threads() {
    let weights = model().display().to_string();
    let place = Place::new().with("photo.png", pictures::file(ImageFormat::Png));
    let with = |threads| {
        let line = [
            &["photo.png", "--threads", threads],
            &SMALL[..],
            &[&weights],
        ]
        .concat();
        figurine(&place, Some("none"), &line)
    };
    assert!(with("1") == with("2"), "threads must not matter");
}
