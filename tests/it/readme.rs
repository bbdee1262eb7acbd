//! Every command that the README shows is run as it stands there, with the weights in the program: a
//! reader's first minute must not fail.

use std::fs;
use std::path::Path;

use crate::support::program::{self, Place};
use crate::support::tiny;

const README: &str = include_str!("../../README.md");

/// The commands for `gen3d` of the README: its blocks of shell lines, and the one that cargo runs.
fn commands() -> Vec<Vec<String>> {
    let line = |line: &str| -> Option<Vec<String>> {
        let line = line.split('#').next()?.trim();
        let words = line
            .strip_prefix("cargo run --release -- ")
            .or_else(|| line.strip_prefix("gen3d "))?;
        Some(program::words(words))
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

/// Runs `.ci/run` with a cargo that only notes how it is called, and fails when called so; nothing is
/// installed. Gives the calls, and whether all was well.
#[cfg(unix)]
fn ci(fails_at: &str) -> (Vec<String>, std::process::Output) {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let note = r#"echo "cargo $*" >> "$CALLS"; [ "cargo $*" != "$FAILS_AT" ]"#;
    for (program, does) in [
        ("cargo", note),
        ("apt-get", "false"),
        ("npm", "false"),
        ("python3", "false"),
    ] {
        let path = place.path(program);
        fs::write(&path, format!("#!/bin/sh\n{does}\n")).expect("a script");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it may run");
    }
    let search = std::env::var("PATH").expect("a path of programs");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/run");
    let output = std::process::Command::new(script)
        .env("PATH", format!("{}:{search}", place.path("").display()))
        .env("CARGO_TARGET_DIR", place.path("target"))
        .env("CALLS", place.path("calls"))
        .env("FAILS_AT", fails_at)
        .output()
        .expect("the script of CI can be started");
    let calls = fs::read_to_string(place.path("calls")).expect("cargo was called");
    (calls.lines().map(str::to_owned).collect(), output)
}

#[cfg(unix)]
#[test]
fn ci_runs_the_test_command_of_the_readme_and_fails_where_it_fails() {
    let commands = README
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default().trim());
    let tests: Vec<&str> = commands
        .filter(|line| line.starts_with("cargo test"))
        .collect();
    let [command] = tests[..] else {
        panic!("the README names one command that runs all tests, not {tests:?}");
    };
    let (calls, output) = ci("");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "all was well: {said}");
    assert!(
        calls.iter().any(|call| call == command),
        "CI must call what the README tells people to call, {command}; it called {calls:#?}"
    );
    assert!(
        said.contains(" s  tests"),
        "it tells how long the tests took: {said}"
    );
    let (_, output) = ci(command);
    assert!(
        !output.status.success(),
        "tests failed, and CI must not say that all is well"
    );
}
