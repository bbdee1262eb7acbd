//! The program in scripts: what fails is told in JSON and by the exit code, a full disk behind standard output is no
//! success, and signals that a parent ignores stay ignored.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use image::ImageFormat;
use serde_json::Value;

use crate::support::process::heeding;
use crate::support::program::{Place, SMALL, model};
use crate::support::{pictures, schema};

fn photo() -> Place {
    Place::new().with("photo.png", pictures::file(ImageFormat::Png))
}

/// Runs a line with `--json`, which must fail with one line; gives it and the exit code.
fn failure(place: &Place, line: &[&str]) -> (Value, Option<i32>) {
    let output = place
        .command()
        .args(line)
        .arg("--json")
        .output()
        .expect("it starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(text.lines().count(), 1, "{line:?}: one line, not {text:?}");
    let printed: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(
        schema::faults(&schema::of_json(), &printed),
        [""; 0],
        "{line:?}"
    );
    let message = printed["error"]["message"].as_str().expect("a message");
    let said = String::from_utf8_lossy(&output.stderr);
    let first = message.lines().next().expect("it says something");
    assert!(said.contains(first), "people are told the same: {said}");
    (printed, output.status.code())
}

#[test]
fn what_fails_before_the_first_photo_is_a_line_of_json() {
    let place = photo();
    fs::create_dir(place.path("empty")).expect("a folder");
    fs::write(place.path("none.txt"), "\n\n").expect("a list");
    fs::write(place.path("x.obj"), "f 1 2 3\n").expect("a mesh");
    let make = ["photo.png", "-o", "out.glb"];
    let with = |flags: &[&'static str]| [&make[..], flags].concat();
    for (line, kind, code) in [
        (with(&["--device", "cuda"]), "run", 1),
        (with(&["--model", "nowhere"]), "run", 1),
        (with(&["--model", "none.gguf"]), "run", 1),
        (with(&["--seed", "x"]), "usage", 2),
        (with(&["--no-such-flag"]), "usage", 2),
        (with(&["--only", "tail"]), "usage", 2),
        (with(&["--mask", "none.png"]), "input", 1),
        (vec!["none.png", "-o", "out.glb"], "input", 1),
        (vec!["empty", "-o", "out"], "input", 1),
        (vec!["--list", "no.txt", "-o", "out"], "input", 1),
        (vec!["--list", "none.txt", "-o", "out"], "usage", 2),
        (vec!["--prompt", "", "-o", "out.glb"], "input", 1),
        (vec!["photo.png", "-o", "none/out.glb"], "output", 1),
        (vec!["photo.png", "-o", "out.xyz"], "usage", 2),
        (vec![], "usage", 2),
        (vec!["inspect", "none.obj"], "input", 1),
        (vec!["inspect", "x.obj"], "input", 1),
        (vec!["cutout", "none.png", "-o", "c.png"], "input", 1),
        (vec!["cutout", "photo.png", "-o", "none/c.png"], "output", 1),
        (vec!["cutout", "photo.png", "-o", "c.jpg"], "usage", 2),
        (vec!["model", "info", "nowhere"], "run", 1),
        (vec!["forget", "--older-than", "x"], "usage", 2),
    ] {
        let (printed, status) = failure(&place, &line);
        assert_eq!(printed["error"]["kind"], kind, "{line:?}: {printed}");
        assert_eq!(status, Some(code), "{line:?}");
    }
    let (printed, _) = failure(&place, &["empty", "-o", "out"]);
    assert_eq!(printed["error"]["input"], "empty");
}

#[test]
fn a_full_disk_behind_standard_output_is_a_failure() {
    let Ok(full) = File::options().write(true).open("/dev/full") else {
        skip!("this system has no /dev/full");
        return;
    };
    let place = photo();
    fs::write(
        place.path("solid.obj"),
        "v 0 0 0\nv 0.1 0 0\nv 0 0.1 0\nv 0 0 0.1\nf 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n",
    )
    .expect("a mesh");
    let make = [&SMALL[..], &[model().to_str().expect("a path")]].concat();
    let made = |output: &'static str| [&["photo.png", "-o", output], &make[..]].concat();
    for line in [
        made("a.glb"),
        [&made("b.glb")[..], &["--json"]].concat(),
        vec!["inspect", "solid.obj"],
        vec!["inspect", "solid.obj", "--json"],
        vec!["cutout", "photo.png", "-o", "c.png"],
        vec!["help"],
        vec!["--help"],
        vec!["--version"],
        vec!["man"],
        vec!["completions", "bash"],
        vec!["cache"],
        vec!["cache", "--json"],
        vec!["forget"],
        vec!["model", "list"],
    ] {
        let mut process = place.process();
        process
            .args(&line)
            .stdout(full.try_clone().expect("a handle"));
        let output = process.stderr(Stdio::piped()).output().expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{line:?}: {said}");
        assert!(
            said.contains("standard output cannot be written to"),
            "{line:?}: {said}"
        );
    }
    for name in ["a.glb", "b.glb", "c.png"] {
        assert!(place.path(name).is_file(), "{name} is made all the same");
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let place = photo();
    for line in [&["help"][..], &["man"], &["completions", "bash"]] {
        let mut child = place
            .process()
            .args(line)
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        drop(child.stdout.take());
        assert!(child.wait().expect("it ends").success(), "{line:?}");
    }
}

#[test]
fn a_program_that_started_it_is_told_how_far_it_is() {
    let place = photo();
    let told = |line: &[&str]| -> Vec<(f64, Value)> {
        let output = place.make(&[line, &["--progress", "--quiet", "--json"]].concat());
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let results = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(!results.contains("progress"), "not among the results");
        let lines = String::from_utf8_lossy(&output.stderr).into_owned();
        let read = |line: &str| -> Value { serde_json::from_str(line).expect("JSON alone") };
        (lines.lines().map(read))
            .map(|line| {
                let share = line["progress"].as_f64().expect("a share");
                (share, line["stage"].clone())
            })
            .collect()
    };
    let one = told(&["photo.png", "-o", "out.glb"]);
    let (shares, stages): (Vec<f64>, Vec<Value>) = one.iter().cloned().unzip();
    assert!(shares.is_sorted() && shares[0] == 0.0, "{one:?}");
    assert!(shares.last().is_some_and(|last| *last > 0.9), "{one:?}");
    for stage in ["denoise", "surface", "export"] {
        assert!(stages.contains(&stage.into()), "{stage}: {one:?}");
    }
    fs::create_dir(place.path("photos")).expect("a folder");
    for name in ["photos/a.png", "photos/b.png"] {
        fs::copy(place.path("photo.png"), place.path(name)).expect("a copy");
    }
    let batch = told(&["photos", "-o", "made"]);
    let shares: Vec<f64> = batch.iter().map(|(share, _)| *share).collect();
    assert_eq!(shares, [0.0, 0.5, 1.0], "the photos of a batch: {batch:?}");
}

/// Runs a job, started with `ignored` signals ignored, and sends it `signal` once it is at work.
fn signalled(place: &Place, ignored: &str, signal: &str) -> Option<i32> {
    let script = format!("trap '' {ignored}; exec \"$@\"");
    let mut process = heeding("sh");
    process
        .args(["-c", &script, "sh"])
        .arg(env!("CARGO_BIN_EXE_gen3d"))
        .args(SMALL)
        .arg(model());
    process
        .args(["photo.png", "-o", "out.glb", "-v", "--no-cache"])
        .current_dir(place.path(""))
        .env("GEN3D_CACHE_DIR", place.cache());
    let mut child = process
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("a shell");
    let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
    let ready = lines.any(|line| line.is_ok_and(|line| line.contains("reading the photo")));
    assert!(ready, "-v tells its stages");
    let kill = Command::new("kill")
        .args([signal, &child.id().to_string()])
        .status();
    assert!(kill.expect("kill is there").success());
    let rest = lines.count();
    let _ = rest;
    child.wait().expect("it ends").code()
}

#[test]
fn who_says_nohup_is_not_hung_up() {
    let place = photo();
    assert_eq!(signalled(&place, "HUP", "-HUP"), Some(0));
    assert!(place.path("out.glb").is_file());
}

#[test]
fn ctrl_c_does_not_end_what_a_script_started_in_the_background() {
    let place = photo();
    assert_eq!(signalled(&place, "INT", "-INT"), Some(0));
    assert!(place.path("out.glb").is_file());
}

#[test]
fn a_terminal_that_is_closed_or_a_polite_kill_stops_a_run() {
    for signal in ["-HUP", "-TERM", "-INT"] {
        let place = photo();
        assert_eq!(signalled(&place, "USR1", signal), Some(130), "{signal}");
        assert!(!place.path("out.glb").exists(), "{signal}");
    }
}

#[test]
fn being_stopped_is_a_line_of_json() {
    let place = photo();
    let mut process = place.heeding();
    process.args(["photo.png", "-o", "out.glb", "-v", "--json", "--no-cache"]);
    process
        .args(["--resolution", "512", "--model"])
        .arg(model());
    let mut child = (process
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn())
    .expect("it starts");
    let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
    assert!(lines.any(|line| line.is_ok_and(|line| line.contains("cutting out"))));
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.expect("kill is there").success());
    lines.for_each(drop);
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(130));
    let line: Value = serde_json::from_slice(&output.stdout).expect("one line of JSON");
    assert_eq!(line["error"]["kind"], "stopped");
    assert_eq!(schema::faults(&schema::of_json(), &line), [""; 0]);
}

#[test]
fn the_name_that_json_reports_is_one_that_model_takes() {
    let place = photo();
    let run = |model: &[&str]| {
        let line = [
            "photo.png",
            "-o",
            "out.glb",
            "--json",
            "--steps",
            "1",
            "--resolution",
            "32",
            "--refine",
            "off",
        ];
        let output = place
            .command()
            .args(line)
            .args(model)
            .output()
            .expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        let line: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        line["model"]["name"].as_str().expect("a name").to_owned()
    };
    let name = run(&[]);
    assert_eq!(run(&["--model", &name]), name);
    for action in ["info", "verify"] {
        let output = place
            .command()
            .args(["model", action, &name])
            .output()
            .expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{action}: {said}");
    }
    let output = place
        .command()
        .args(["model", "add"])
        .arg(model())
        .args(["--name", &name])
        .output();
    let output = output.expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && said.contains("inside the program"),
        "{said}"
    );
}
