//! `gen3d cache` says what is kept, `gen3d forget` ends it.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use gen3d::cache;
use gen3d::cache::{Cache, Folder, Forget, Kept, Recipe, Settings};
use gen3d::model::{Latents, PartIds, Solver};
use gen3d::photo::cutout::Method;

use crate::support::program::Place;

/// A place with some files that pass for photos: `forget` reads bytes, not pictures.
fn place() -> Place {
    Place::new()
        .with("one.jpg", "the bytes of one photo")
        .with("two.jpg", "the bytes of another")
}

fn open(place: &Place) -> Cache {
    let settings = Settings {
        folder: Some(place.cache().to_owned()),
        keep: Duration::from_secs(3600),
        size: 1 << 30,
        on: true,
    };
    let cache = Cache::open(&settings).expect("a cache");
    cache.expect("it is on")
}

fn recipe(seed: u64) -> Recipe {
    Recipe {
        version: "1",
        model: "weights".into(),
        device: "cpu",
        seed,
        steps: 2,
        guidance: 2.0,
        parts: Some(1),
        tokens: 2,
        part_ids: PartIds::Reference,
        solver: Solver::Euler,
        mask: None,
        views: Vec::new(),
        prompt: None,
        prompt_guidance: 3.0,
    }
}

/// Keeps a result of a photo, as a run would.
fn keep(place: &Place, photo: &str, seed: u64) {
    let cache = open(place);
    let photo = fs::read(place.path(photo)).expect("a photo");
    let kept = Kept {
        imagined: Latents {
            parts: 1,
            tokens: 2,
            channels: 2,
            values: vec![0.5; 4],
        }
        .into(),
        cutout: Some(Method::Alpha),
    };
    (cache.put(&cache.secret(&photo), &recipe(seed), &kept)).expect("it is kept");
}

fn is_kept(place: &Place, photo: &str, seed: u64) -> bool {
    let cache = open(place);
    let photo = fs::read(place.path(photo)).expect("a photo");
    cache.get(&cache.secret(&photo), &recipe(seed)).is_some()
}

/// Runs `gen3d forget`, which must end with this code; gives its line of JSON and its errors.
fn forget(place: &Place, flags: &[&str], code: i32) -> (serde_json::Value, String) {
    let mut command = place.command();
    let output = command.args(["forget", "--json"]).args(flags).output();
    let output = output.expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "forget {flags:?}: {said}");
    let json = serde_json::from_slice(&output.stdout).expect("JSON");
    (json, said)
}

/// Copies all files, with their times.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for file in from.read_dir().expect("a folder").flatten() {
        let target = to.join(file.file_name());
        fs::copy(file.path(), &target).expect("a copy");
        let time = file.metadata().and_then(|d| d.modified()).expect("a time");
        let target = fs::File::options().write(true).open(&target);
        target.and_then(|f| f.set_modified(time)).expect("a time");
    }
}

#[test]
fn forget_leaves_nothing_that_a_backup_could_revive() {
    let place = place();
    keep(&place, "one.jpg", 0);
    keep(&place, "two.jpg", 0);
    let backup = tempfile::tempdir().expect("a folder");
    copy(place.cache(), backup.path());
    let (told, _) = forget(&place, &["--dry-run"], 0);
    assert_eq!((&told["results"], &told["salt"]), (&2.into(), &true.into()));
    assert!(
        is_kept(&place, "one.jpg", 0) && is_kept(&place, "two.jpg", 0),
        "a dry run removes nothing"
    );
    let (told, _) = forget(&place, &[], 0);
    assert_eq!((&told["results"], &told["salt"]), (&2.into(), &true.into()));
    assert!(
        !place.cache().exists(),
        "nothing is left, not even an empty folder"
    );
    // The entries come back, the salt is a new one.
    keep(&place, "two.jpg", 9);
    let new_salt = fs::read(place.cache().join("salt")).expect("a salt");
    copy(backup.path(), place.cache());
    fs::write(place.cache().join("salt"), new_salt).expect("a salt");
    assert!(!is_kept(&place, "one.jpg", 0), "the salt is gone");
    assert!(
        is_kept(&place, "two.jpg", 9),
        "the test must not be what breaks it"
    );
    // All comes back, the salt with it.
    forget(&place, &[], 0);
    copy(backup.path(), place.cache());
    let born = fs::metadata(place.cache().join("salt")).and_then(|data| data.created());
    match born {
        Ok(_) => assert!(
            !is_kept(&place, "one.jpg", 0),
            "a copy of the salt is another salt"
        ),
        Err(e) => skip!("this file system does not say when a file was made: {e}"),
    }
}

#[test]
fn one_photo_can_be_forgotten_alone() {
    let place = place();
    keep(&place, "one.jpg", 0);
    keep(&place, "one.jpg", 1);
    keep(&place, "two.jpg", 0);
    let (told, said) = forget(&place, &["missing.jpg", "one.jpg"], 1);
    assert_eq!(told["results"], 2, "both results of the photo: {told}");
    assert!(
        said.contains("missing.jpg") && said.contains("No such file"),
        "what could not be read is told: {said}"
    );
    assert!(!is_kept(&place, "one.jpg", 0) && !is_kept(&place, "one.jpg", 1));
    assert!(is_kept(&place, "two.jpg", 0), "another photo's stays");
}

#[test]
fn only_the_old_can_be_forgotten() {
    let place = place();
    keep(&place, "one.jpg", 0);
    std::thread::sleep(Duration::from_millis(1100));
    keep(&place, "two.jpg", 0);
    assert_eq!(forget(&place, &["--older-than", "2h"], 0).0["results"], 0);
    let (told, _) = forget(&place, &["--older-than", "1s"], 0);
    assert_eq!(told["salt"], false, "the younger one needs the salt");
    assert!(!is_kept(&place, "one.jpg", 0), "the older one is gone");
    // The second may have grown old meanwhile, on a slow machine.
    keep(&place, "two.jpg", 1);
    assert!(is_kept(&place, "two.jpg", 1), "the salt is as it was");
}

#[test]
fn a_process_that_still_runs_stores_nothing_under_the_old_salt() {
    let place = place();
    let cache = open(&place);
    let secret = cache.secret(b"photo");
    let done = cache::forget(&Folder::at(place.cache().to_owned()), &Forget::default());
    assert!(done.salt && done.remains.is_empty(), "{done:?}");
    let kept = Kept {
        imagined: Latents {
            parts: 0,
            tokens: 0,
            channels: 0,
            values: Vec::new(),
        }
        .into(),
        cutout: Some(Method::Alpha),
    };
    cache.put(&secret, &recipe(0), &kept).expect("no error");
    assert!(place.entries().is_empty(), "it came after 'forget'");
    drop(open(&place)); // a third process makes a new salt
    cache.put(&secret, &recipe(0), &kept).expect("no error");
    assert!(place.entries().is_empty(), "nobody could ever open it");
}

#[test]
fn what_cannot_be_removed_is_told() {
    let place = place();
    keep(&place, "one.jpg", 0);
    // A file system that is read-only, so that it holds for the superuser too.
    let script =
        "mount --bind \"$1\" \"$1\" && mount -o remount,bind,ro \"$1\" && exec \"$2\" forget";
    let program = place.command().get_program().to_owned();
    let output = Command::new("unshare")
        .args(["-rm", "sh", "-c", script, "sh"])
        .arg(place.cache())
        .arg(program)
        .env("GEN3D_CACHE_DIR", place.cache())
        .output();
    let Ok(output) = output else {
        skip!("there is no unshare here");
        return;
    };
    let said = String::from_utf8_lossy(&output.stderr);
    if said.contains("unshare:") || said.contains("mount:") {
        skip!("no read-only file system can be made here: {said}");
        return;
    }
    assert_eq!(
        output.status.code(),
        Some(1),
        "it must not claim success: {said}"
    );
    assert!(
        said.contains("remains") && said.contains("salt") && said.contains(&place.entries()[0]),
        "it says what remains: {said}"
    );
}

#[test]
fn a_half_deleted_folder_is_forgotten_and_foreign_files_are_not() {
    let place = place();
    assert_eq!(
        forget(&place, &[], 0).0["results"],
        0,
        "nothing to forget is no error"
    );
    keep(&place, "one.jpg", 0);
    for name in ["salt", "CACHEDIR.TAG"] {
        fs::remove_file(place.cache().join(name)).expect("it is there");
    }
    for name in ["diary.txt", ".sealed-x7.part"] {
        fs::write(place.cache().join(name), "x").expect("a file");
    }
    let (told, _) = forget(&place, &[], 0);
    assert_eq!(
        (&told["results"], &told["unfinished"], &told["foreign"]),
        (&1.into(), &1.into(), &1.into())
    );
    let left: Vec<_> = place
        .cache()
        .read_dir()
        .expect("the folder")
        .flatten()
        .collect();
    assert!(
        left.len() == 1 && left[0].file_name() == "diary.txt",
        "what gen3d did not make is not its to remove: {left:?}"
    );
}

#[test]
fn the_listing_tells_all_and_models_stay_unless_told() {
    let place = place();
    let models = place.models();
    fs::write(models.join("big.gguf"), "weights").expect("a file");
    fs::write(models.join("notes.txt"), "mine").expect("a file");
    keep(&place, "one.jpg", 0);
    keep(&place, "two.jpg", 0);
    let run = |words: &[&str]| {
        let mut command = place.command();
        let output = command.args(words).output();
        let output = output.expect("it starts");
        assert!(output.status.success(), "{words:?}");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let list: serde_json::Value = serde_json::from_str(&run(&["cache", "--json"])).expect("JSON");
    assert_eq!(list["count"], 2);
    assert_eq!(list["folder"], place.cache().display().to_string());
    let results = list["results"].as_array().expect("results");
    let bytes: u64 = results.iter().filter_map(|r| r["bytes"].as_u64()).sum();
    assert!(bytes > 0 && list["bytes"] == bytes, "bytes add up: {list}");
    for result in results {
        let left = result["expires_in_seconds"].as_u64().expect("a number");
        assert!(
            result["age_seconds"].is_u64() && (1..=3600).contains(&left),
            "{result}"
        );
    }
    assert!(
        run(&["cache"]).contains("2 sealed results"),
        "for people, too"
    );
    assert_eq!(list["models"].as_array().map(Vec::len), Some(1), "{list}");
    assert_eq!(list["models"][0]["name"], "big");
    assert!(run(&["cache"]).contains("added models: 1"), "for people");
    run(&["forget"]);
    assert!(
        models.join("big.gguf").exists(),
        "weights are nobody's picture"
    );
    run(&["forget", "--models", "--dry-run"]);
    assert!(models.join("big.gguf").exists(), "only told");
    run(&["forget", "--models"]);
    assert!(!models.join("big.gguf").exists(), "--models removes them");
    assert!(models.join("notes.txt").exists(), "and nothing else");
}
