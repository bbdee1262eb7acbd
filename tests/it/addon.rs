//! The add-on of `examples/blender`, in Blender as a module of Python, and in one with a window.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::judges::{self, passes, script};
use crate::support::program::Place;

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples")
        .join(name)
}

/// Runs a script of the add-on, to whose command line its usual words come; what it writes is in `folder`.
fn uses(blender: &mut Command, place: &Place, folder: &Path) {
    let said = passes(
        blender
            .arg(sample("blender/gen3d.py"))
            .arg(env!("CARGO_BIN_EXE_gen3d"))
            .arg(sample("twintails_cut.png"))
            .arg(folder)
            .env("BLENDER_USER_RESOURCES", place.path("blender"))
            .env("GEN3D_CACHE_DIR", place.cache())
            .env("GEN3D_MODELS_DIR", place.models()),
    );
    // Blender hides what goes wrong in scripts from its exit code.
    assert!(said.contains("the add-on works"), "to its end: {said}");
}

#[test]
fn the_add_on_makes_figurines_and_tells_what_fails_and_is_stopped() {
    let Some(python) = judges::blender("the add-on was not used") else {
        return;
    };
    let place = Place::new();
    let folder = place.path("made");
    fs::create_dir(&folder).expect("a folder");
    uses(
        Command::new(python).arg(script("addon.py")),
        &place,
        &folder,
    );
}

#[test]
fn the_add_on_works_in_a_window() {
    let Some(mut run) = judges::display("blender", "the add-on was not seen in a window") else {
        return;
    };
    let place = Place::new();
    let folder = place.path("made");
    fs::create_dir(&folder).expect("a folder");
    run.args(["timeout", "300", "blender", "--factory-startup"])
        .args(["--enable-event-simulate", "--window-geometry"])
        .args(["0", "0", "1280", "800", "--python"])
        .arg(script("addon_window.py"))
        .arg("--");
    uses(&mut run, &place, &folder);
    for name in ["made", "running", "failed"] {
        let kept = judges::pictures().join(format!("blender.{name}.png"));
        fs::copy(folder.join(format!("{name}.png")), kept).expect("a picture of the window");
    }
}
