//! Every command that the README shows is run as it stands there, with the weights in the program: a
//! reader's first minute must not fail. So is every command of the page on weights of others.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::support::program::{self, Place};
use crate::support::tiny;

const README: &str = include_str!("../../README.md");

const OTHERS: &str = include_str!("../../src/model_library.md");

/// The commands for `gen3d` of a page: those in its blocks of code, and those that are indented.
fn commands(page: &str) -> Vec<Vec<String>> {
    let line = |line: &str| -> Option<Vec<String>> {
        let line = line.split('#').next()?.trim();
        Some(program::words(line.strip_prefix("gen3d ")?))
    };
    // Every second piece is a block, after a word that says in which language.
    let shown = (page.split("```").skip(1).step_by(2)).flat_map(str::lines);
    let indented = page.lines().filter(|line| line.starts_with("    "));
    shown.chain(indented).filter_map(line).collect()
}

/// By heading, the options of `gen3d help`: they stand at the beginning of their lines, or after a short one.
fn options_of_the_help() -> BTreeMap<String, BTreeSet<String>> {
    let output = Place::new()
        .command()
        .arg("help")
        .output()
        .expect("it starts");
    let help = String::from_utf8(output.stdout).expect("UTF-8");
    let (mut found, mut heading) = (BTreeMap::new(), String::new());
    for line in help.lines() {
        let text = line.trim_start();
        if text.is_empty() {
            continue;
        }
        if text.len() == line.len() {
            heading = text.strip_suffix(':').unwrap_or_default().to_owned();
        } else if line.len() - text.len() <= 6 && text.starts_with('-') {
            let flags: &mut BTreeSet<String> = found.entry(heading.clone()).or_default();
            flags.extend(long_flags(text).take(1));
        }
    }
    found
}

/// Every word of the kind `--turntable-size`.
fn long_flags(text: &str) -> impl Iterator<Item = String> {
    (text.split(|c: char| !c.is_ascii_lowercase() && c != '-'))
        .filter(|word| word.starts_with("--") && word.len() > 2)
        .map(str::to_owned)
}

#[test]
fn the_table_of_options_is_the_one_of_the_help() {
    let table = README
        .split("| options | |")
        .nth(1)
        .and_then(|rest| rest.split("\n\n").next())
        .expect("the README has a table of options");
    let told: BTreeMap<String, BTreeSet<String>> = table
        .lines()
        .skip(2) // what is left of the heads, and the line below them
        .filter_map(|row| row.trim_matches('|').split_once('|'))
        .map(|(heading, flags)| (heading.trim().to_owned(), long_flags(flags).collect()))
        .collect();
    assert!(told.len() >= 8, "a row a heading: {table}");
    assert_eq!(
        told,
        options_of_the_help(),
        "the README (left) has a row for each heading of 'gen3d help' (right), with the same options"
    );
}

#[test]
fn the_readme_is_a_shop_window() {
    assert!(
        README.lines().count() <= 150,
        "it leads to pages that say more"
    );
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let links = README.split("](").skip(1);
    for link in links.filter_map(|rest| rest.split([')', '#']).next()) {
        assert!(root.join(link).exists(), "it leads to {link}");
    }
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
    let commands: Vec<_> = [README, OTHERS].into_iter().flat_map(commands).collect();
    assert!(
        commands.len() >= 20,
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
        let said = String::from_utf8_lossy(&output.stdout);
        if let Some(shown) = README
            .lines()
            .find_map(|line| line.strip_prefix("    twintails.glb"))
        {
            let (shown, said) = (before_seconds(shown), said.strip_prefix("twintails.glb"));
            if let Some(said) = said {
                assert_eq!(before_seconds(said), shown, "the README shows what is said");
            }
        }
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

/// What a line says but for how long it took.
fn before_seconds(line: &str) -> &str {
    line.rsplit_once(',').map_or(line, |(before, _)| before)
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
