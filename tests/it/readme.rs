//! Every command that the README shows is run as it stands there, with the weights in the program: a
//! reader's first minute must not fail.

use std::fs;
use std::path::Path;

use crate::support::program::Place;
use crate::support::tiny;

const README: &str = include_str!("../../README.md");

/// The commands for `gen3d` of the README: its blocks of shell lines, and the one that cargo runs.
fn commands() -> Vec<Vec<String>> {
    let line = |line: &str| -> Option<Vec<String>> {
        let line = line.split('#').next()?.trim();
        let words = line
            .strip_prefix("cargo run --release -- ")
            .or_else(|| line.strip_prefix("gen3d "))?;
        // What stands between quotation marks is one word.
        let mut all = Vec::new();
        for (place, piece) in words.split('"').enumerate() {
            match place % 2 {
                0 => all.extend(piece.split_whitespace().map(str::to_owned)),
                _ => all.push(piece.to_owned()),
            }
        }
        Some(all)
    };
    let shown = README
        .split("```sh\n")
        .skip(1)
        .filter_map(|block| block.split("```").next())
        .flat_map(str::lines);
    let indented = README.lines().filter(|line| line.starts_with("    "));
    shown.chain(indented).filter_map(line).collect()
}

#[test]
fn every_command_of_the_readme_works() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let sample = |name: &str| fs::read(samples.join(name)).expect("a sample picture");
    let mask = image::load_from_memory(&sample("twintails_cut.png"))
        .expect("a sample picture")
        .to_rgba8();
    let mask = image::GrayImage::from_fn(mask.width(), mask.height(), |x, y| {
        image::Luma([mask.get_pixel(x, y)[3]])
    });
    let place = Place::new()
        .with("photo.jpg", sample("twintails.jpg"))
        .with("back.jpg", sample("twintails.jpg"));
    mask.save(place.path("mask.png"))
        .expect("a test's folder can be written to");
    for folder in ["photos", "examples"] {
        fs::create_dir(place.path(folder)).expect("a test's folder can be written to");
        fs::copy(
            samples.join("twintails_cut.png"),
            place.path(folder).join("twintails_cut.png"),
        )
        .expect("a sample picture");
    }
    // What a reader has downloaded is the same in small.
    tiny::copy(&place.path("PartCrafter"));
    let commands = commands();
    assert!(
        commands.len() >= 6,
        "the README should show how to use the program: {commands:?}"
    );
    for words in commands {
        let output = place
            .command()
            .args(&words)
            .output()
            .expect("the program can be started");
        assert!(
            output.status.success(),
            "the README promises that this works: gen3d {}\n{}",
            words.join(" "),
            String::from_utf8_lossy(&output.stderr)
        );
        let Some(at) = words.iter().position(|w| w == "-o") else {
            continue; // it makes no figurine
        };
        assert!(
            place.path(&words[at + 1]).exists(),
            "gen3d {} wrote nothing",
            words.join(" ")
        );
    }
}

#[test]
fn ci_runs_the_test_command_of_the_readme() {
    let ci = include_str!("../../.ci/run");
    assert!(
        README.lines().any(|line| line.trim() == "cargo test"),
        "the README names one command that runs all tests"
    );
    assert!(
        ci.lines().any(|line| line.trim().starts_with("cargo test")),
        "CI must call what the README tells people to call"
    );
}
