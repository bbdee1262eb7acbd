//! What ships, on figures before scenes, whole and from near.

use std::path::Path;

use gen3d::photo::cutout::{Method, cut};
use image::imageops::FilterType;
use image::{RgbaImage, imageops};

use crate::cutout::{shared, shipped};

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
fn what_ships_finds_subjects_before_scenes() {
    let Some(data) = shared("data") else { return };
    let model = shipped();
    let figures = [
        "mushroom_1",
        "orangeguy_1",
        "rabbit_2",
        "tiger_1",
        "typical_humanoid_dwarf",
    ];
    let scenes = ["forest_slope_03", "st_fagans_interior_05"];
    let mut found = Vec::new();
    for figure in figures {
        for scene in scenes {
            let figure = data.join(format!("photos/trellis1__{figure}.png"));
            let scene = data.join(format!("backgrounds/hdri_{scene}.jpg"));
            let (picture, matte) = composite(&figure, &scene);
            let cutout = cut(picture, None, model.cutout_network()).expect("a subject");
            assert_eq!(cutout.method, Method::Network, "a scene is no even ground");
            found.push(iou(&cutout.pixels, &matte));
        }
    }
    let mean = found.iter().sum::<f64>() / found.len() as f64;
    let worst = found.iter().copied().fold(1.0, f64::min);
    assert!(
        mean > 0.95 && worst > 0.8,
        "the weights that ship have forgotten how to cut out: a mean IoU of {mean:.3}, {found:.2?}"
    );
}

/// A figure so near that its lower half is beyond the border of a picture of 480 pixels, and its matte.
fn close_up(figure: &Path, scene: &Path) -> (RgbaImage, RgbaImage) {
    const SIDE: u32 = 480;
    let open = |path: &Path| image::open(path).expect("a shared picture").to_rgba8();
    let figure = open(figure);
    let opaque = || figure.enumerate_pixels().filter(|(_, _, p)| p[3] > 20);
    let (left, right) = (opaque().map(|p| p.0).min(), opaque().map(|p| p.0).max());
    let (top, bottom) = (opaque().map(|p| p.1).min(), opaque().map(|p| p.1).max());
    let [left, right, top, bottom] = [left, right, top, bottom].map(|at| at.expect("a figure"));
    let (width, height) = (right - left + 1, bottom - top + 1);
    let larger = |length: u32| length * SIDE * 22 / 10 / width.max(height);
    let figure = imageops::crop_imm(&figure, left, top, width, height).to_image();
    let figure = imageops::resize(&figure, larger(width), larger(height), FilterType::Triangle);
    let mut picture = imageops::resize(&open(scene), SIDE, SIDE, FilterType::Triangle);
    let mut matte = RgbaImage::new(SIDE, SIDE);
    let x = (i64::from(SIDE) - i64::from(figure.width())) / 2;
    imageops::overlay(&mut picture, &figure, x, 30);
    imageops::overlay(&mut matte, &figure, x, 30);
    (picture, matte)
}

#[test]
fn what_one_look_does_not_find_in_a_close_up_two_find() {
    let Some(data) = shared("data") else { return };
    let model = shipped();
    for figure in ["mushroom_1", "mushroom_2", "mushroom_3"] {
        let figure = data.join(format!("photos/trellis1__{figure}.png"));
        let scene = data.join("backgrounds/hdri_forest_slope_03.jpg");
        let (picture, matte) = close_up(&figure, &scene);
        let cutout = cut(picture, None, model.cutout_network());
        let found = cutout.map_or(0.0, |cutout| iou(&cutout.pixels, &matte));
        assert!(
            found > 0.88,
            "{figure:?}: of a close-up too little is found, IoU {found:.3}"
        );
    }
}

#[test]
fn what_ships_finds_figures_that_fill_the_picture() {
    let Some(data) = shared("data") else { return };
    let model = shipped();
    let mut found = Vec::new();
    for figure in [
        "orangeguy_1",
        "rabbit_2",
        "tiger_1",
        "typical_humanoid_dwarf",
    ] {
        let figure = data.join(format!("photos/trellis1__{figure}.png"));
        let scene = data.join("backgrounds/hdri_forest_slope_03.jpg");
        let (picture, matte) = composite(&figure, &scene);
        // Half of it, as in a photo that was taken from near.
        let [picture, matte] =
            [picture, matte].map(|whole| imageops::crop_imm(&whole, 77, 20, 230, 230).to_image());
        let cutout = cut(picture, None, model.cutout_network()).expect("a subject");
        found.push(iou(&cutout.pixels, &matte));
    }
    let mean = found.iter().sum::<f64>() / found.len() as f64;
    assert!(
        mean > 0.9,
        "of figures seen from near too little is found: a mean IoU of {mean:.3}, {found:.2?}"
    );
}
