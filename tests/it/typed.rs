//! The first things that people type.

use std::fs;

use image::ImageFormat;

use crate::support::pictures;
use crate::support::program::Place;

fn photo() -> Place {
    Place::new().with("photo.png", pictures::file(ImageFormat::Png))
}

/// Whether a file is a figurine of the program's.
fn is_figurine(place: &Place, name: &str) -> bool {
    fs::read(place.path(name)).is_ok_and(|bytes| bytes.starts_with(b"glTF"))
}

#[test]
fn a_photo_alone_becomes_a_file_of_its_name_where_one_stands() {
    let place = photo();
    fs::create_dir(place.path("far")).expect("a folder");
    fs::rename(place.path("photo.png"), place.path("far/photo.png")).expect("a photo");
    place.makes(&["far/photo.png"]);
    assert_eq!(place.names(), ["far", "photo.glb"]);
    assert!(is_figurine(&place, "photo.glb"));
    place.makes(&["far/photo.png", "--seed", "1"]); // over what it made itself
    place.makes(&["far/photo.png", "--format", "stl"]);
    assert!(place.path("photo.stl").is_file());
}

#[test]
fn a_photo_alone_replaces_nothing_that_gen3d_did_not_make() {
    let place = photo();
    for (format, name) in [
        ("glb", "photo.glb"),
        ("stl", "photo.stl"),
        ("ply", "photo.ply"),
        ("3mf", "photo.3mf"),
        ("gltf", "photo.gltf"),
        ("gltf", "photo.bin"),
        ("obj", "photo.obj"),
        ("obj", "photo.mtl"),
    ] {
        for name in place.names().iter().filter(|name| *name != "photo.png") {
            fs::remove_file(place.path(name)).expect("it was made before");
        }
        fs::write(place.path(name), "somebody's work").expect("a file");
        let line = ["photo.png", "--format", format];
        place.refuses(&line, 2, &[name, "gen3d did not make it", "-o photo."]);
        fs::remove_file(place.path(name)).expect("it is still there");
        place.makes(&line);
        place.makes(&line); // and what it made itself it knows
    }
    fs::write(place.path("photo.head.glb"), "somebody's work").expect("a file");
    place.refuses(&["photo.png", "--split"], 2, &["photo.head.glb"]);
    fs::write(place.path("photo.glb"), "somebody's work").expect("a file");
    place.makes(&["photo.png", "-o", "photo.glb"]);
    assert!(is_figurine(&place, "photo.glb"), "who names it means it");
}

#[test]
fn words_without_a_flag_are_words() {
    let place = photo();
    let words = "a knight with a red shield";
    let bytes = |line: &[&str]| {
        place.makes(&[line, &["-o", "k.glb"]].concat());
        fs::read(place.path("k.glb")).expect("a figurine")
    };
    let plain = bytes(&[words]);
    assert!(plain == bytes(&["-p", words]) && plain == bytes(&["--prompt", words]));
    place.makes(&[words]);
    assert!(is_figurine(&place, "a-knight-with-a-red-shield.glb"));
    let said = place.makes(&["photo.png", "on a round base", "-o", "base.glb", "--json"]);
    assert!(said.contains("\"changed\""), "words beside a photo: {said}");
    fs::rename(place.path("photo.png"), place.path("a b")).expect("a photo");
    let said = place.makes(&["a b", "-o", "file.glb", "--json"]);
    assert!(
        said.contains("\"input\":\"a b\""),
        "a file is a file: {said}"
    );
}

#[test]
fn words_without_quotation_marks_are_told_how() {
    let place = photo();
    let words = ["a", "knight", "with", "a", "shield", "-o", "k.glb"];
    place.refuses(&words, 2, &["gen3d \"a knight with a shield\""]);
    let words = ["photo.png", "on", "a", "base", "-o", "k.glb"];
    place.refuses(&words, 2, &["gen3d photo.png \"on a base\""]);
    place.refuses(&["dragon", "-o", "d.glb"], 2, &["--prompt dragon"]);
    place.refuses(
        &["my photo.jpg", "-o", "d.glb"],
        1,
        &["my photo.jpg: cannot be opened"],
    );
    place.refuses(
        &["a bear", "a fox", "-o", "d.glb"],
        2,
        &["one pair of quotation marks"],
    );
}

#[test]
fn a_forgotten_o_is_told() {
    let place = photo().with("there.glb", "glTF");
    place.refuses(&["photo.png", "out.glb"], 2, &["say -o out.glb"]);
    place.refuses(&["photo.png", "there.glb"], 2, &["say -o there.glb"]);
    place.refuses(
        &["photo.png", "there.glb", "-o", "made"],
        2,
        &["gen3d inspect there.glb"],
    );
    place.refuses(&["inspekt", "there.glb"], 2, &["gen3d inspect"]);
    place.refuses(&["cahce"], 2, &["gen3d cache"]);
    place.refuses(&["photo.png", "photo.png"], 2, &["say -o figurines"]);
}

#[test]
fn one_photo_goes_into_a_folder_that_is_named_with_a_slash() {
    let place = photo();
    place.makes(&["photo.png", "-o", "folder/"]);
    place.makes(&["photo.png", "-o", "deep/er/", "--format", "stl"]);
    place.makes(&["a bear", "-o", "folder/"]);
    for file in ["folder/photo.glb", "deep/er/photo.stl", "folder/a-bear.glb"] {
        assert!(place.path(file).is_file(), "{file}");
    }
    let cutout = ["cutout", "photo.png", "-o", "cut/"];
    place.command().args(cutout).assert().success();
    assert!(place.path("cut/photo.png").is_file());
}

#[test]
fn formats_of_other_programs_are_told_what_serves_instead() {
    let place = photo();
    for (ending, words) in [
        ("fbx", ".glb, which Blender, Unity, Unreal and Godot import"),
        ("blend", ".glb, which Blender"),
        ("usdc", "write .usdz"),
        ("gif", "--turntable turn.gif"),
        ("mp4", "--turntable turn.gif"),
        ("png", "--preview look.png"),
        ("step", ".3mf or .stl"),
    ] {
        let name = format!("out.{ending}");
        place.refuses(&["photo.png", "-o", &name], 2, &[&name, words]);
    }
}

#[test]
fn the_nearest_flag_is_named() {
    let place = photo();
    for (typed, meant) in [
        ("--promt", "--prompt"),
        ("--ouput", "--output"),
        ("--colour", "--colours"),
        ("--no-clober", "--no-clobber"),
        ("--turn-table", "--turntable"),
        ("--out", "--output"),
        ("--size", "--height"),
        ("--format-of", "--format"),
        ("--texure", "--texture"),
    ] {
        place.refuses(&["photo.png", typed, "x"], 2, &[meant]);
    }
}

#[test]
fn several_photos_do_not_go_into_a_folder_that_looks_like_a_file() {
    let place = photo();
    for name in [
        "two.png", "two.mp4", "two.fbx", "two.glb", "two.pdf", "two.JPG",
    ] {
        let line = ["photo.png", "photo.png", "-o", name];
        place.refuses(&line, 2, &[name, "need a folder"]);
    }
    place.makes(&["photo.png", "photo.png", "-o", "trip.2024"]);
    place.makes(&["photo.png", "photo.png", "-o", "two.png/"]);
    assert!(place.path("two.png/photo-2.glb").is_file());
}

#[test]
fn a_long_name_is_cut_so_that_each_part_has_a_file() {
    let long = "é".repeat(122) + "x"; // 245 bytes
    let name = format!("{long}.png");
    assert_eq!(name.len(), 249);
    let place = Place::new().with(&name, pictures::file(ImageFormat::Png));
    for (line, folder) in [
        (vec![&*name, "--split"], ""),
        (vec![&*name, "--split", "-o", "made/"], "made"),
    ] {
        let output = place.make(&line);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        assert!(said.contains("is cut"), "it is said: {said}");
        let files = crate::support::folder::names(&place.path(folder));
        let parts: Vec<_> = files.iter().filter(|file| file.ends_with(".glb")).collect();
        assert!(!parts.is_empty(), "{files:?}");
        assert!(
            parts.iter().all(|part| part.starts_with("éééé")),
            "{files:?}"
        );
    }
    // A name that somebody chose is cut no earlier than it must be.
    let output = place.make(&[&name, "--split", "-o", &format!("{}.stl", "x".repeat(251))]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("is cut"), "{said}");
}
