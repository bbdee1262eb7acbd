//! USDZ opens where USD is known: Pixar's own library, as PyPI has it, and the package is as Apple's programs read it.

use std::fs;
use std::io::Read;

use gen3d::export::{self, ExportOptions};
use gen3d::geometry::Figurine;

use crate::support::judges;
use crate::support::program::Place;
use crate::support::shapes::{KNIGHT, textured};

#[test]
fn a_package_begins_with_its_layer_and_every_file_lies_at_a_multiple_of_64() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("knight.usdz");
    export::write(&path, &textured(&KNIGHT), &ExportOptions::default()).expect("it is written");
    let bytes = fs::read(&path).expect("it was written");
    let mut package = zip::ZipArchive::new(std::io::Cursor::new(&bytes)).expect("a package");
    let names: Vec<String> = package
        .file_names()
        .map(|name| name.expect("Unicode").into_owned())
        .collect();
    assert_eq!(
        names,
        ["figurine.usda", "texture.png"],
        "the layer is first"
    );
    for i in 0..package.len() {
        let mut file = package.by_index(i).expect("it is there");
        assert_eq!(file.compression(), zip::CompressionMethod::Stored);
        assert_eq!(
            file.data_start().expect("known") % 64,
            0,
            "{} is mapped",
            file.name().expect("Unicode")
        );
        let mut content = Vec::new();
        file.read_to_end(&mut content).expect("it is whole");
    }
}

#[test]
fn pixars_library_opens_it_and_its_checker_is_content() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, figurine: &Figurine| {
        let path = folder.path().join(name);
        let options = ExportOptions {
            height: 0.075,
            made_with: Some("0123".into()),
            ..ExportOptions::default()
        };
        export::write(&path, figurine, &options).expect("it is written");
        path
    };
    let files = [
        write("knight.usdz", &textured(&KNIGHT)),
        write("2 - \u{e9}t\u{e9}.usdz", &KNIGHT),
    ];
    judges::usd(&files, 75.0, KNIGHT.parts.len());
}

#[test]
fn the_program_writes_it_and_knows_it_again() {
    let photo = crate::support::pictures::file(image::ImageFormat::Png);
    let place = Place::new().with("photo.png", photo);
    fs::create_dir(place.path("made")).expect("a test's folder can be written to");
    let line = [
        "photo.png",
        "-o",
        "made/",
        "--format",
        "usdz",
        "--faces",
        "2000",
    ];
    place.makes(&line);
    let first = fs::read(place.path("made/photo.usdz")).expect("it was written");
    let again = place.makes(&line);
    assert!(
        again.contains("there already"),
        "a batch goes on where it was: {again}"
    );
    place.makes(&[&line[..], &["--force"]].concat());
    let second = fs::read(place.path("made/photo.usdz")).expect("it was written");
    assert!(first == second, "the same bytes each time");
    fs::write(place.path("made/photo.usdz"), &first[..first.len() / 2]).expect("written");
    let made = place.makes(&line);
    assert!(
        made.contains("not whole"),
        "half a package is made again: {made}"
    );
}
