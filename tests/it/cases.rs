//! The command line, a file a case: what is typed, and then with which status it ends, what it prints and
//! which files it leaves, in the form that [`transcript`] has. `SNAPSHOTS=overwrite cargo test --test it cases`
//! writes what is printed now; lines of a new case need only be typed.
//!
//! These kinds of messages have no case:
//! - What needs a whole figurine takes too long: that the skeleton of a `.vrm` lacks a limb, that a pose finds no two
//!   arms, and that a figurine is too thin to be hollow. `figure::rig` and `figure::print` test these.
//! - What needs a terminal: a figurine that would be written to it, and standard input that nobody leads anywhere.
//! - What depends on the machine: how much memory and how many threads it has, a home folder, a full disk, a folder that
//!   cannot be made. `limits.rs`, `folders.rs` and `sandbox.rs` have some of these.
//! - What no file of a few kilobytes does: a picture or a list of more than 64 MiB, weights without a hash.
//! - What no flag leads to: weights without a cut-out network take the one in the program.
//! - Faults of the program and of its decoders, which no input is known for.
//!
//! In a case `[..]` stands for any letters, and a line `...` for any lines.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use image::{GrayImage, ImageFormat, RgbaImage};
use rayon::prelude::*;
use snapbox::{Assert, Data};

use crate::support::pictures;
use crate::support::program::{self, Place};

#[cfg(target_os = "linux")] // elsewhere the system has other words for what it refuses
#[test]
fn every_case_is_as_its_file_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let cases = fs::read_dir(folder).expect("the cases are there").flatten();
    let cases: Vec<PathBuf> = cases.map(|case| case.path()).collect();
    assert!(cases.len() > 200, "only {} cases were found", cases.len());
    let files = files();
    let check = |case: &PathBuf| {
        let wanted = Data::read_from(case, None);
        let found = transcript(&wanted.to_string(), &files);
        let assert = Assert::new().action_env("SNAPSHOTS");
        let name = case.file_name().map(|name| name.display());
        let name = name.as_ref().map(|name| name as &dyn std::fmt::Display);
        (assert.try_eq(name, Data::text(found), wanted).err()).map(|error| error.to_string())
    };
    let wrong: Vec<String> = cases.par_iter().filter_map(check).collect();
    assert!(
        wrong.is_empty(),
        "{} cases differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// Runs the lines of a case that begin with `$ gen3d`, one after the other in one folder. For each it
/// gives the line itself, `? STATUS`, each line of standard output after `1|`, each of standard error
/// after `2|`, and each file that is new after `+`, changed after `~`, or gone after `-`. The folders of
/// sealed results and of added models are CACHE and MODELS.
fn transcript(case: &str, files: &BTreeMap<&'static str, Vec<u8>>) -> String {
    let mut place = Place::new();
    for (name, bytes) in files.iter().filter(|(name, _)| case.contains(*name)) {
        place = place.with(name, bytes);
    }
    for name in ["folder", "folder.glb", "folder.png"] {
        fs::create_dir(place.path(name)).expect("the test can make a folder");
    }
    let mut told = String::new();
    for line in case.lines().filter(|line| line.starts_with("$ gen3d")) {
        let before = place.contents();
        let mut command = place.command();
        command.env("COLUMNS", "100");
        let output = command.args(&program::words(line)[2..]).output();
        tell(
            &mut told,
            line,
            &output.expect("the program can be started"),
        );
        tell_files(&mut told, &before, &place.contents());
    }
    let name =
        |told: String, path: &Path, name: &str| told.replace(&path.display().to_string(), name);
    name(name(told, place.cache(), "CACHE"), place.models(), "MODELS")
}

fn tell(told: &mut String, line: &str, output: &Output) {
    let status = output.status.code().expect("it ends by itself");
    writeln!(told, "{line}\n? {status}").expect("memory");
    for (number, bytes) in [(1, &output.stdout), (2, &output.stderr)] {
        for line in String::from_utf8_lossy(bytes).lines() {
            writeln!(told, "{}", format!("{number}| {line}").trim_end()).expect("memory");
        }
    }
}

fn tell_files(
    told: &mut String,
    before: &BTreeMap<String, Vec<u8>>,
    after: &BTreeMap<String, Vec<u8>>,
) {
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    let there = after
        .iter()
        .filter(|(name, bytes)| before.get(*name) != Some(bytes));
    let there = there.map(|(name, _)| (if before.contains_key(name) { '~' } else { '+' }, name));
    for (mark, name) in gone.map(|name| ('-', name)).chain(there) {
        writeln!(told, "{mark} {name}").expect("memory");
    }
}

/// The files that cases may name: a case has those that it names, and three empty folders.
fn files() -> BTreeMap<&'static str, Vec<u8>> {
    let png = |picture: image::DynamicImage| pictures::encode(&picture, ImageFormat::Png);
    let even = |colour: [u8; 4]| png(RgbaImage::from_pixel(40, 30, colour.into()).into());
    let mask =
        |width, height, level| png(GrayImage::from_pixel(width, height, [level].into()).into());
    let photo = pictures::file(ImageFormat::Png);
    let cut = photo[..photo.len() / 2].to_vec();
    let mut damaged = photo.clone();
    damaged[photo.len() / 2] ^= 0xFF;
    let text = |text: &str| text.as_bytes().to_vec();
    BTreeMap::from([
        ("black.png", mask(120, 160, 0)),
        ("blank.png", even([255; 4])),
        ("broken.obj", text("f 1 2 3\n")),
        ("clear.png", even([200, 10, 10, 0])),
        ("cut.png", cut),
        ("damaged.png", damaged),
        ("deep.gif", pictures::gif_header(9000, 9000)),
        ("dots.png", dots()),
        ("empty.png", Vec::new()),
        ("half.txt", b"\xff\xfea".to_vec()),
        ("huge.png", pictures::png_header(100_000, 100_000)),
        ("list.txt", text("photo.png\n\n")),
        ("long.png", pictures::png_header(70_000, 10)),
        ("noise.png", noise()),
        ("nothing.txt", text("\n \n")),
        ("nulls.txt", text("photo.png\0other.png\0")),
        (
            "open.obj",
            text("v 0 0 0\nv 0.1 0 0\nv 0 0.1 0\nv 0 0 0.1\nf 1 3 2\nf 1 2 4\nf 1 4 3\n"),
        ),
        ("other.png", png(pictures::figure(90, 120, [255; 4]).into())),
        ("photo.heic", text("\0\0\0\x18ftypheic\0\0\0\0mif1heic")),
        ("photo.png", photo),
        (
            "small.gguf",
            fs::read(program::model()).expect("the test's weights"),
        ),
        (
            "solid.obj",
            text("v 0 0 0\nv 0.1 0 0\nv 0 0.1 0\nv 0 0 0.1\nf 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n"),
        ),
        (
            "strip.png",
            png(RgbaImage::from_pixel(1900, 24, [90, 90, 90, 255].into()).into()),
        ),
        ("surrogate.txt", b"\xff\xfe\0\xd8".to_vec()),
        ("text.gguf", text("these are no weights")),
        ("text.png", text("no picture")),
        ("there.glb", text("what was there before")),
        ("there.png", Vec::new()),
        ("tiny.png", png(pictures::figure(16, 16, [255; 4]).into())),
        ("wide.png", mask(320, 160, 255)),
    ])
}

/// Twenty dots on white, none of them more than the others.
fn dots() -> Vec<u8> {
    let dot = |x: u32, y: u32| (x % 30).abs_diff(15) < 6 && (y % 30).abs_diff(15) < 6;
    let picture = RgbaImage::from_fn(150, 120, |x, y| match dot(x, y) {
        true => [40, 70, 160, 255].into(),
        false => [255; 4].into(),
    });
    pictures::encode(&picture.into(), ImageFormat::Png)
}

/// A background that is not plain, and nothing before it.
fn noise() -> Vec<u8> {
    let picture = RgbaImage::from_fn(80, 60, |x, y| {
        let level = ((x * 7919 + y * 104_729).wrapping_mul(2_654_435_761) >> 24) as u8;
        [level, level, level, 255].into()
    });
    pictures::encode(&picture.into(), ImageFormat::Png)
}
