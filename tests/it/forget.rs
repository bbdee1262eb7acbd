//! `gen3d cache` says what is kept, `gen3d forget` ends it.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use gen3d::cache;
use gen3d::cache::{Cache, Folder, Forget, Kept, Recipe, Settings};
use gen3d::model::Latents;
use gen3d::photo::cutout::Method;

use crate::support::kept::recipe;
use crate::support::pictures;
use crate::support::program::{self, Place};

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

fn with(seed: u64) -> Recipe {
    Recipe { seed, ..recipe() }
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
    (cache.put(&cache.secret(&photo), &with(seed), &kept)).expect("it is kept");
}

fn is_kept(place: &Place, photo: &str, seed: u64) -> bool {
    let cache = open(place);
    let photo = fs::read(place.path(photo)).expect("a photo");
    cache.get(&cache.secret(&photo), &with(seed)).is_some()
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

/// Copies all files.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for file in from.read_dir().expect("a folder").flatten() {
        fs::copy(file.path(), to.join(file.file_name())).expect("a copy");
    }
}

#[test]
fn forget_leaves_nothing_that_the_entries_of_a_backup_could_revive() {
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
    let new_salt = fs::read(place.cache().join("gen3d-salt")).expect("a salt");
    copy(backup.path(), place.cache());
    fs::write(place.cache().join("gen3d-salt"), new_salt).expect("a salt");
    assert!(!is_kept(&place, "one.jpg", 0), "the salt is gone");
    assert!(
        is_kept(&place, "two.jpg", 9),
        "the test must not be what breaks it"
    );
}

#[test]
fn one_photo_can_be_forgotten_alone() {
    let place = place();
    keep(&place, "one.jpg", 0);
    keep(&place, "one.jpg", 1);
    keep(&place, "two.jpg", 0);
    let (told, said) = forget(&place, &["missing.jpg", "one.jpg"], 1);
    assert_eq!(told["results"], 2, "both results of the photo: {told}");
    assert_eq!(told["unknown"], serde_json::json!([]), "it was known");
    assert!(
        said.contains("missing.jpg") && said.contains("No such file"),
        "what could not be read is told: {said}"
    );
    assert!(!is_kept(&place, "one.jpg", 0) && !is_kept(&place, "one.jpg", 1));
    assert!(is_kept(&place, "two.jpg", 0), "another photo's stays");
}

#[test]
fn all_that_took_part_in_a_result_is_known_and_what_did_not_is_told() {
    let picture = |number: u8| {
        let mut picture = pictures::figure(120, 160, [255; 4]);
        picture.put_pixel(60, 80, [number, 0, 99, 255].into());
        pictures::encode(&picture.into(), image::ImageFormat::Png)
    };
    let mask = image::GrayImage::from_pixel(120, 160, [255].into());
    let place = Place::new()
        .with("front.png", picture(0))
        .with("left.png", picture(1))
        .with("back.png", picture(2))
        .with("other.png", picture(3))
        .with(
            "mask.png",
            pictures::encode(&mask.into(), image::ImageFormat::Png),
        );
    let words = "a red knight";
    let line = [
        "front.png",
        "--left",
        "left.png",
        "--back",
        "back.png",
        "--mask",
        "mask.png",
        "--prompt",
        words,
        "-o",
        "a.glb",
    ];
    for what in [
        &["front.png"][..],
        &["left.png"],
        &["back.png"],
        &["mask.png"],
        &["--prompt", words],
    ] {
        place.reports(&line);
        place.reports(&["other.png", "-o", "b.glb"]);
        let (told, said) = forget(&place, &["--prompt", "a wizard"], 1);
        assert_eq!(told["results"], 0, "{told}");
        assert!(said.contains("a wizard"), "{said}");
        let (told, _) = forget(&place, &[what, &["--dry-run"]].concat(), 0);
        assert_eq!(told["results"], 1, "{what:?} took part: {told}");
        let (told, _) = forget(&place, what, 0);
        assert_eq!(told["results"], 1, "{what:?} took part: {told}");
        assert_eq!(place.entries().len(), 1, "the other photo's stays");
        let (told, said) = forget(&place, what, 1);
        assert_eq!(told["results"], 0, "{what:?} is forgotten already");
        assert!(
            said.contains("nothing is kept that was made of")
                && said.contains(what[what.len() - 1]),
            "{said}"
        );
    }
    place.reports(&["--prompt", words, "-o", "c.glb"]);
    let (told, _) = forget(&place, &["--prompt", words, "front.png"], 1);
    assert_eq!(told["results"], 1, "of words alone: {told}");
    assert_eq!(told["unknown"], serde_json::json!(["front.png"]), "{told}");
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
    cache.put(&secret, &recipe(), &kept).expect("no error");
    assert!(place.entries().is_empty(), "it came after 'forget'");
    drop(open(&place)); // a third process makes a new salt
    cache.put(&secret, &recipe(), &kept).expect("no error");
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
fn without_its_tag_a_folder_is_left_alone_and_foreign_files_always_are() {
    let place = place();
    assert_eq!(
        forget(&place, &[], 0).0["results"],
        0,
        "nothing to forget is no error"
    );
    keep(&place, "one.jpg", 0);
    let path = |name: &str| place.cache().join(name);
    fs::remove_file(path("gen3d-salt")).expect("it is there");
    let entry = fs::read(path(&place.entries()[0])).expect("an entry");
    fs::write(path(".gen3d-0123456789abcdef.part"), &entry[..200]).expect("a file");
    let foreign = [
        "diary.txt",
        ".gen3d-x.part",
        "gen3d-0123456789abcdef0123456789abcdef",
    ];
    for name in foreign {
        fs::write(path(name), "x").expect("a file");
    }
    fs::rename(path("CACHEDIR.TAG"), place.path("tag")).expect("it is there");
    let (told, said) = forget(&place, &[], 1);
    assert_eq!(
        (&told["results"], &told["unfinished"]),
        (&0.into(), &0.into())
    );
    assert!(said.contains("no CACHEDIR.TAG of gen3d's"), "{said}");
    fs::rename(place.path("tag"), path("CACHEDIR.TAG")).expect("it is there");
    let (told, _) = forget(&place, &[], 0);
    assert_eq!(
        (&told["results"], &told["unfinished"], &told["foreign"]),
        (&1.into(), &1.into(), &3.into())
    );
    for name in foreign {
        assert!(
            path(name).exists(),
            "what gen3d did not make is not its to remove: {name}"
        );
    }
}

#[test]
fn the_listing_tells_all_and_models_stay_unless_told() {
    let place = place();
    let models = place.models();
    fs::copy(program::model(), models.join("big.gguf")).expect("a file");
    fs::write(models.join("other.gguf"), "another program's").expect("a file");
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
    for name in ["notes.txt", "other.gguf"] {
        assert!(models.join(name).exists(), "and nothing else: {name}");
    }
}
