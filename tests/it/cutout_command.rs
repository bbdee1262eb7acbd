//! `gen3d cutout`, as people type it.

use std::path::{Path, PathBuf};

use assert_cmd::Command;

use crate::support::schema;

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples")
        .join(name)
}

fn cutout(folder: &Path, words: &[&Path]) -> std::process::Output {
    let mut command = Command::cargo_bin("gen3d").expect("the program");
    command.current_dir(folder).arg("cutout").args(words);
    command.output().expect("it runs")
}

#[test]
fn a_photo_becomes_its_subject_alone_and_its_mask_is_read_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let words: Vec<PathBuf> = [
        example("twintails.jpg"),
        "-o".into(),
        "cut.png".into(),
        "--save-mask".into(),
        "mask.png".into(),
        "--json".into(),
    ]
    .into();
    let words: Vec<&Path> = words.iter().map(PathBuf::as_path).collect();
    let output = cutout(folder.path(), &words);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a line of JSON");
    assert_eq!(told["subjects"].as_array().map(Vec::len), Some(1), "{told}");
    let cut = image::open(folder.path().join("cut.png"))
        .expect("a picture")
        .into_rgba8();
    assert_eq!(cut.dimensions(), (720, 720), "as large as the photo");
    assert_eq!(
        (cut.get_pixel(5, 5)[3], cut.get_pixel(360, 400)[3]),
        (0, 255)
    );

    let behind = cut.pixels().filter(|pixel| pixel[3] == 0);
    assert!(
        behind.clone().count() > 1000 && behind.clone().all(|pixel| pixel.0 == [0; 4]),
        "nothing of what stood behind is in the file"
    );

    let photo = example("twintails.jpg");
    let again = [
        &photo,
        Path::new("-o"),
        Path::new("again.png"),
        Path::new("--mask"),
        Path::new("mask.png"),
    ];
    assert!(
        cutout(folder.path(), &again).status.success(),
        "its own mask fits"
    );
    let again = image::open(folder.path().join("again.png"))
        .expect("a picture")
        .into_rgba8();
    let alike = cut.pixels().zip(again.pixels()).all(|(a, b)| a[3] == b[3]);
    assert!(alike, "the mask says the same again");
}

#[test]
fn a_folder_of_photos_becomes_a_folder_of_subjects_and_one_that_fails_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("in")).expect("a folder");
    for name in ["cat_with_shield.jpg", "twintails.jpg"] {
        std::fs::copy(example(name), folder.path().join("in").join(name)).expect("a photo");
    }
    let plain = image::RgbaImage::from_pixel(90, 90, [9, 99, 9, 255].into());
    plain
        .save(folder.path().join("in/plain.png"))
        .expect("a picture");
    let output = cutout(
        folder.path(),
        &[Path::new("in"), Path::new("-o"), Path::new("out")],
    );
    assert_eq!(output.status.code(), Some(1), "one of them shows nothing");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("plain.png") && said.contains("no subject"),
        "{said}"
    );
    for (name, there) in [
        ("cat_with_shield", true),
        ("twintails", true),
        ("plain", false),
    ] {
        assert_eq!(
            folder.path().join(format!("out/{name}.png")).is_file(),
            there,
            "{name}"
        );
    }
}

#[test]
fn what_to_do_about_heic_is_told_once_a_folder_and_all_names_at_the_end() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("in")).expect("a folder");
    for name in ["IMG_1.HEIC", "IMG_2.HEIC", "IMG_3.HEIC"] {
        let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic";
        std::fs::write(folder.path().join("in").join(name), heic).expect("a photo");
    }
    let words = ["in", "-o", "out", "--json"].map(Path::new);
    let output = cutout(folder.path(), &words);
    assert_eq!(output.status.code(), Some(1), "none is read");
    let said = String::from_utf8_lossy(&output.stderr);
    let told = said.lines().filter(|line| {
        line.starts_with("gen3d: ") && line.contains("HEIC") && line.contains("export it as JPEG")
    });
    assert_eq!(told.count(), 1, "{said}");
    let summary = said.split("gen3d: of ").nth(1).expect("a summary");
    assert!(
        summary.starts_with("3 photos 0 made, 0 there already, 3 failed")
            && summary.contains("in/IMG_1.HEIC, in/IMG_2.HEIC, in/IMG_3.HEIC: is a"),
        "{summary}"
    );
    let lines = String::from_utf8_lossy(&output.stdout);
    assert_eq!(lines.lines().count(), 3, "a line of JSON each: {lines}");
}

#[test]
fn no_clobber_keeps_the_pictures_of_a_folder_that_are_there() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["in", "out"] {
        std::fs::create_dir(folder.path().join(name)).expect("a folder");
    }
    let photo = folder.path().join("in/twintails.jpg");
    std::fs::copy(example("twintails.jpg"), photo).expect("a photo");
    let there = folder.path().join("out/twintails.png");
    std::fs::write(&there, "mine").expect("a file");
    let words = ["in", "-o", "out", "--no-clobber", "--json"].map(Path::new);
    let output = cutout(folder.path(), &words);
    assert_eq!(output.status.code(), Some(0), "nothing failed");
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a line of JSON");
    assert_eq!(told["skipped"], true, "{told}");
    assert_eq!(schema::faults(&schema::of_json(), &told), [""; 0]);
    assert_eq!(std::fs::read(&there).expect("it is there"), b"mine");
    let words = [
        "in/twintails.jpg",
        "-o",
        "out/twintails.png",
        "--no-clobber",
    ]
    .map(Path::new);
    let output = cutout(folder.path(), &words);
    assert_eq!(output.status.code(), Some(1), "one that was named fails");
    assert_eq!(std::fs::read(&there).expect("it is there"), b"mine");
}

#[test]
fn what_makes_no_sense_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let photo = example("twintails.jpg");
    for words in [
        [&photo, Path::new("-o"), Path::new("cut.jpg")],
        [Path::new("."), Path::new("-o"), Path::new("cut.png")],
    ] {
        let output = cutout(folder.path(), &words);
        assert_eq!(output.status.code(), Some(2), "{words:?}");
    }
    let left = folder.path().read_dir().expect("the folder").count();
    assert_eq!(left, 0, "nothing is written");
}
