//! A batch that goes on: what is there already is known by what it was made with, and made again where it is not
//! whole, not of these options, or older than its photo.

use std::fs;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::time::{Duration, SystemTime};

use image::ImageFormat;
use serde_json::Value;

use crate::support::pictures;
use crate::support::program::Place;
use crate::support::schema;

const FORMATS: [&str; 6] = ["glb", "gltf", "obj", "3mf", "stl", "ply"];

fn photos() -> Place {
    let place = Place::new();
    fs::create_dir(place.path("photos")).expect("a folder");
    let photo = place.path("photos/a.png");
    fs::write(&photo, pictures::file(ImageFormat::Png)).expect("a photo");
    age(&photo, 7200);
    place
}

/// A file was last changed so many seconds ago.
fn age(path: &Path, seconds: u64) {
    let file = fs::File::options()
        .write(true)
        .open(path)
        .expect("it is there");
    let then = SystemTime::now() - Duration::from_secs(seconds);
    file.set_modified(then).expect("a time");
}

/// The line of JSON of the one photo.
fn run(place: &Place, flags: &[&str]) -> Value {
    let line = [
        "photos", "-o", "made", "--faces", "300", "--refine", "off", "--json",
    ];
    let output = place.make_kept(&[&line, flags].concat());
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = String::from_utf8_lossy(&output.stderr);
    serde_json::from_str(text.trim()).unwrap_or_else(|e| panic!("{e}: {text} {said}"))
}

/// It was made, and for this reason.
fn is_made(line: &Value, why: &str) {
    assert!(
        line["triangles"].is_u64(),
        "{why}: it is made again: {line}"
    );
    assert_eq!(line["made_again"], why, "{line}");
}

fn is_skipped(line: &Value, why: &str) {
    assert_eq!(line["skipped"], true, "{why}: {line}");
}

#[test]
fn half_a_figurine_or_none_of_it_is_made_again_in_every_format() {
    for format in FORMATS {
        let place = photos();
        let made = place.path("made").join(format!("a.{format}"));
        let flags = ["--format", format];
        let first = run(&place, &flags);
        assert!(
            first["triangles"].is_u64() && first["made_again"].is_null(),
            "{first}"
        );
        is_skipped(&run(&place, &flags), "nothing changed");
        let whole = fs::read(&made).expect("it is made");
        for share in [0, whole.len() / 2, whole.len() - 1] {
            fs::write(&made, &whole[..share]).expect("a file");
            is_made(&run(&place, &flags), "incomplete");
            assert!(fs::read(&made).expect("it is made") == whole, "{format}");
        }
        is_skipped(&run(&place, &flags), "it is whole again");
    }
}

#[test]
fn a_lost_buffer_material_or_texture_is_made_again() {
    let place = photos();
    for (flags, beside) in [
        (
            &["--format", "gltf", "--texture", "64"][..],
            &["a.bin", "a.texture.png"][..],
        ),
        (
            &["--format", "obj", "--texture", "64"],
            &["a.mtl", "a.texture.png"],
        ),
    ] {
        run(&place, flags);
        is_skipped(&run(&place, flags), "nothing changed");
        for name in beside {
            let path = place.path("made").join(name);
            let whole = fs::read(&path).expect("it is made");
            fs::remove_file(&path).expect("it is there");
            is_made(&run(&place, flags), "incomplete");
            assert!(fs::read(&path).expect("it is made") == whole, "{name}");
            fs::write(&path, &whole[..whole.len() / 2]).expect("a file");
            is_made(&run(&place, flags), "incomplete");
        }
    }
}

#[test]
fn a_lost_or_a_half_part_is_made_again() {
    let place = photos();
    for format in ["glb", "obj"] {
        let flags = ["--format", format, "--split"];
        let files = run(&place, &flags)["files"]
            .as_array()
            .expect("files")
            .clone();
        is_skipped(&run(&place, &flags), "nothing changed");
        let part = place.path(files[0].as_str().expect("a name"));
        fs::remove_file(&part).expect("it is there");
        is_made(&run(&place, &flags), "incomplete");
        let whole = fs::read(&part).expect("it is made");
        fs::write(&part, &whole[..whole.len() / 2]).expect("a file");
        is_made(&run(&place, &flags), "incomplete");
        is_skipped(&run(&place, &flags), "all parts are there");
        // The same in one file is another figurine.
        assert!(run(&place, &flags[..2])["triangles"].is_u64());
    }
}

#[test]
fn a_figurine_of_other_options_is_made_again() {
    let place = photos();
    run(&place, &[]);
    for flags in [
        &["--seed", "1"][..],
        &["--height", "75mm"],
        &["--faces", "200"],
        &["--only", "head"],
        &["--solid"],
        &["--prompt", "a bear"],
        &["--prompt", "a hat"],
        &["--cutout", "plain"],
        &["--steps", "3"],
    ] {
        // A later --faces or --steps would be given twice.
        let line = [
            "photos",
            "-o",
            "made",
            "--json",
            "--resolution",
            "32",
            "--refine",
            "off",
            "--model",
        ];
        let model = crate::support::program::model().display().to_string();
        let again = |expect: &str| {
            let line = [&line[..], &[&model], flags].concat();
            let output = place.command().args(&line).output().expect("it starts");
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            let said = String::from_utf8_lossy(&output.stderr);
            let line: Value =
                serde_json::from_str(text.trim()).unwrap_or_else(|e| panic!("{e}: {said}"));
            match expect {
                "made" => is_made(&line, "other_options"),
                _ => is_skipped(&line, &format!("{flags:?} twice")),
            }
        };
        again("made");
        again("skipped");
    }
}

#[test]
fn a_photo_newer_than_its_figurine_is_made_again() {
    let place = photos();
    run(&place, &[]);
    age(&place.path("made/a.glb"), 3600);
    is_skipped(&run(&place, &[]), "the photo is older");
    age(&place.path("photos/a.png"), 1800);
    is_made(&run(&place, &[]), "newer_photo");
    is_skipped(&run(&place, &[]), "it is the newer one now");
    assert!(
        run(&place, &["--force"])["made_again"].is_null(),
        "who forces it knows why"
    );
}

#[test]
fn a_file_that_gen3d_did_not_make_is_left_and_told() {
    let place = photos();
    fs::create_dir(place.path("made")).expect("a folder");
    for format in FORMATS {
        let path = place.path("made").join(format!("a.{format}"));
        fs::write(&path, "somebody's own work").expect("a file");
        let line = ["photos", "-o", "made", "--format", format];
        let output = place.make(&line);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() && said.contains("gen3d did not make it"),
            "{format}: {said}"
        );
        assert_eq!(
            fs::read(&path).expect("it is there"),
            b"somebody's own work"
        );
    }
}

#[test]
fn no_clobber_keeps_what_would_be_made_again_and_tells_why() {
    let place = photos();
    let made = place.path("made/a.glb");
    run(&place, &[]);
    age(&made, 3600);
    let whole = fs::read(&made).expect("it is made");
    let half = whole[..whole.len() / 2].to_vec();
    for (there, photo_age, seed, why) in [
        (&whole, 7200, "1", "other_options"),
        (&whole, 1800, "0", "newer_photo"),
        (&half, 7200, "0", "incomplete"),
    ] {
        fs::write(&made, there).expect("a file");
        age(&made, 3600);
        age(&place.path("photos/a.png"), photo_age);
        let flags = ["--no-clobber", "--seed", seed];
        let line = run(&place, &flags);
        is_skipped(&line, why);
        assert_eq!(line["kept"], why, "{line}");
        assert_eq!(schema::faults(&schema::of_json(), &line), [""; 0]);
        assert!(fs::read(&made).expect("it is there") == *there, "{why}");
    }
    let line = run(&place, &["--no-clobber"]);
    assert_eq!(line["kept"], "incomplete", "{line}");
    // What is not there yet is made, and people are told of both.
    fs::copy(place.path("photos/a.png"), place.path("photos/b.png")).expect("a photo");
    let line = [
        "photos",
        "-o",
        "made",
        "--faces",
        "300",
        "--refine",
        "off",
        "--no-clobber",
    ];
    let output = place.make(&line);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "nothing failed: {said}");
    let summary = said.split("gen3d: of ").nth(1).expect("a summary");
    assert!(
        summary.starts_with("2 photos 1 made, 0 there already, 1 kept, 0 failed\n")
            && summary.contains("photos/a.png: what was there was not whole"),
        "{summary}"
    );
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(
        told.contains("made/a.glb: kept, though what was there was not whole"),
        "{told}"
    );
    assert!(fs::read(&made).expect("it is there") == half);
}

#[test]
fn why_it_was_made_again_is_told() {
    let place = photos();
    run(&place, &[]);
    let said = |flags: &[&str]| {
        place.makes(
            &[
                &["photos", "-o", "made", "--refine", "off", "--faces", "300"],
                flags,
            ]
            .concat(),
        )
    };
    fs::write(place.path("made/a.glb"), "").expect("a file");
    assert!(said(&[]).contains("made again: what was there was not whole"));
    assert!(
        said(&["--seed", "2"]).contains("made again: what was there was made with other options")
    );
    age(&place.path("made/a.glb"), 9000);
    assert!(said(&["--seed", "2"]).contains("made again: the photo is newer"));
}

/// The mark of a figurine, wherever its format keeps it.
fn mark(path: &Path) -> String {
    let mut bytes = fs::read(path).expect("it is made");
    if path.extension().is_some_and(|ending| ending == "3mf") {
        let mut package =
            zip::ZipArchive::new(fs::File::open(path).expect("a file")).expect("a 3MF");
        bytes.clear();
        let mut model = package.by_name("3D/3dmodel.model").expect("a model");
        model.read_to_end(&mut bytes).expect("a model");
    }
    let text = String::from_utf8_lossy(&bytes);
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_hexdigit).count();
    let marks: Vec<&str> = (text.match_indices(|c: char| c.is_ascii_hexdigit()))
        .map(|(at, _)| &text[at..])
        .filter(|rest| digits(rest) == 32)
        .map(|rest| &rest[..32])
        .collect();
    assert_eq!(marks.len(), 1, "one mark in {}: {marks:?}", path.display());
    marks[0].to_owned()
}

#[test]
fn the_mark_tells_of_the_options_and_of_no_photo() {
    let place = photos();
    let mut other = pictures::figure(60, 80, [255; 4]);
    other.put_pixel(30, 40, [9, 0, 99, 255].into());
    let other = pictures::encode(&other.into(), ImageFormat::Png);
    fs::write(place.path("photos/another name.png"), other).expect("a photo");
    for format in FORMATS {
        place.makes(&[
            "photos", "-o", "made", "--format", format, "--faces", "300", "--refine", "off",
        ]);
        let [one, other] = ["a", "another name"]
            .map(|name| mark(&place.path("made").join(format!("{name}.{format}"))));
        assert_eq!(one, other, "of all photos one, in {format}");
    }
}

#[test]
fn a_batch_in_shares_and_threads_knows_its_figurines() {
    let place = photos();
    run(&place, &["--threads", "1", "--shard", "1/1"]);
    is_skipped(
        &run(&place, &["--no-cache", "--threads", "2"]),
        "how it was computed is no option of it",
    );
    let mut file = fs::File::open(place.path("made/a.glb")).expect("it is made");
    file.seek(SeekFrom::Start(20)).expect("it is longer");
    let mut text = vec![0; 4000];
    let count = file.read(&mut text).expect("it can be read");
    let text = String::from_utf8_lossy(&text[..count]).into_owned();
    assert!(!text.contains("photos"), "no path is in it: {text}");
}
