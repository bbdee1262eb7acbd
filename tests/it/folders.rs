//! Folders as people have them, and what is told of a batch of them.

use std::fs;
use std::process::Output;

use image::ImageFormat;

use crate::support::folder;
use crate::support::pictures;
use crate::support::program::Place;

const HEIC: &[u8] = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic";
const AVIF: &[u8] = b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf";

/// What these tests are not about.
const QUICK: [&str; 4] = ["--cutout", "plain", "--faces", "300"];

/// A folder of photos as it comes from phones, sticks and mail programs.
fn odd() -> Place {
    let place = Place::new();
    fs::create_dir_all(place.path("photos/.trash")).expect("a folder");
    let (png, jpeg) = (
        pictures::file(ImageFormat::Png),
        pictures::file(ImageFormat::Jpeg),
    );
    let (pnm, ico) = (pictures::file(ImageFormat::Pnm), small_icon());
    for (name, bytes) in [
        ("IMG_1.HEIC", HEIC),
        ("IMG_2.HEIC", HEIC),
        ("a.avif", AVIF),
        ("b.jfif", &jpeg),
        ("c.jpe", &jpeg),
        ("no_ending", &png),
        ("d.dat", &jpeg),
        ("e.ppm", &pnm),
        ("f.ico", &ico),
        ("wrong.jpg", &png),
        ("text.png", b"no picture"),
        ("notes.txt", b"BMW, and P2 is a product"),
        ("film.MOV", b"\0\0\0\x14ftypqt  "),
        ("._b.jfif", b"\0\x05\x16\x07"),
        (".hidden.png", &png),
        (".trash/old.png", &png),
        (".DS_Store", b"\0\0\0\x01Bud1"),
    ] {
        fs::write(place.path("photos").join(name), bytes).expect("a file");
    }
    place
}

fn small_icon() -> Vec<u8> {
    let icon = pictures::figure(96, 128, [255; 4]);
    pictures::encode(&icon.into(), ImageFormat::Ico)
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn lines(output: &Output) -> Vec<serde_json::Value> {
    (String::from_utf8_lossy(&output.stdout).lines())
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

#[test]
fn a_folder_is_looked_through_by_bytes_and_nothing_is_left_out_silently() {
    let place = odd();
    #[cfg(unix)]
    std::os::unix::fs::symlink("nowhere", place.path("photos/gone.png")).expect("a link");
    let line = ["photos", "-o", "made", "--recursive", "--json"];
    let output = place.make(&[&line[..], &QUICK].concat());
    let said = said(&output);
    let made = folder::names(&place.path("made"));
    assert_eq!(
        made,
        [
            "b.glb",
            "c.glb",
            "d.glb",
            "e.glb",
            "f.glb",
            "no_ending.glb",
            "wrong.glb"
        ],
        "{said}"
    );
    let lines = lines(&output);
    let of = |name: &str| {
        let path = format!("photos/{name}");
        let is =
            |line: &&serde_json::Value| line["input"] == path || line["error"]["input"] == path;
        lines
            .iter()
            .find(is)
            .unwrap_or_else(|| panic!("{name}: {lines:?}"))
    };
    for name in ["IMG_1.HEIC", "IMG_2.HEIC", "a.avif", "text.png"] {
        assert!(!of(name)["error"].is_null(), "{name} has its line");
    }
    if cfg!(unix) {
        assert!(
            !of("gone.png")["error"].is_null(),
            "a link that leads nowhere"
        );
    }
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said.contains("film.MOV, notes.txt"),
        "these are left out: {said}"
    );
    for hidden in ["._b", ".hidden", "old.png", ".DS_Store"] {
        assert!(!said.contains(hidden), "nobody means {hidden}: {said}");
    }
}

#[test]
fn what_to_do_about_heic_is_told_once_a_batch() {
    let place = odd();
    let output = place.make(&[&["photos", "-o", "made"], &QUICK[..]].concat());
    let said = said(&output);
    for (kind, names) in [("HEIC", "IMG_1.HEIC"), ("AVIF", "a.avif")] {
        let told = said.lines().filter(|line| {
            line.starts_with("gen3d: ") && line.contains(kind) && line.contains("export it as JPEG")
        });
        assert_eq!(told.count(), 1, "{kind}: {said}");
        assert!(said.contains(names), "{said}");
    }
    let summary = said.split("gen3d: of ").nth(1).expect("a summary");
    assert!(
        summary.contains("IMG_1.HEIC, photos/IMG_2.HEIC: is a"),
        "{summary}"
    );
}

#[test]
fn what_is_hidden_is_taken_where_it_is_named() {
    let place = odd();
    place.makes(&["photos/.hidden.png", "photos/.trash", "-o", "made"]);
    assert_eq!(
        folder::names(&place.path("made")),
        [".hidden.glb", "old.glb"]
    );
}

/// A folder of two photos and one that is none.
fn three() -> Place {
    let place = Place::new();
    fs::create_dir(place.path("photos")).expect("a folder");
    for name in ["a.png", "b.png"] {
        fs::write(
            place.path("photos").join(name),
            pictures::file(ImageFormat::Png),
        )
        .expect("a photo");
    }
    fs::write(place.path("photos/c.png"), "no picture").expect("a file");
    place
}

#[test]
fn a_batch_ends_with_what_became_of_it() {
    let place = three();
    let words = ["--prompt", "a xyzzy knight"];
    place.makes(&[&["photos/a.png", "-o", "made/"], &words[..]].concat());
    let line = [&["photos", "-o", "made"], &words[..]].concat();
    for more in [&[][..], &["--json"]] {
        let output = place.make(&[&line[..], more].concat());
        let said = said(&output);
        let summary = said.split("gen3d: of ").nth(1).expect("a summary");
        let made = if more.is_empty() {
            "1 made, 1 there"
        } else {
            "0 made, 2 there"
        };
        assert!(
            summary.starts_with(&format!("3 photos {made} already, 1 failed\n")),
            "{said}"
        );
        assert!(summary.contains("photos/c.png: is no picture"), "{said}");
        if more.is_empty() {
            assert!(
                summary.contains("photos/b.png: words that the model does not know: xyzzy"),
                "{said}"
            );
        }
    }
    let output = place.make(&[&line[..], &["--quiet"]].concat());
    assert!(!said(&output).contains("photos 0 made"), "quiet is quiet");
}

#[test]
fn the_previews_of_a_batch_go_into_a_folder() {
    let place = three();
    fs::create_dir(place.path("photos/in")).expect("a folder");
    fs::copy(place.path("photos/a.png"), place.path("photos/in/d.png")).expect("a photo");
    let line = [
        "photos",
        "-o",
        "made",
        "--recursive",
        "--preview",
        "photos/looks",
        "--view",
        "front",
    ];
    for _ in 0..2 {
        let output = place.make(&[&line[..], &["--force", "--json"]].concat());
        assert_eq!(
            lines(&output).len(),
            4,
            "looks are no photos: {}",
            said(&output)
        );
    }
    assert_eq!(
        folder::names(&place.path("photos/looks")),
        ["a.png", "b.png", "in"]
    );
    for look in ["a.png", "in/d.png"] {
        let look = image::open(place.path("photos/looks").join(look)).expect("a picture");
        assert!(look.width() > 100);
    }
    place.refuses(
        &["photos", "-o", "made", "--preview", "look.png"],
        2,
        &["look.png", "a folder"],
    );
}

#[test]
fn what_is_in_doubt_is_told_without_v_and_in_json() {
    let mut two = image::RgbaImage::from_pixel(400, 160, [255; 4].into());
    for x in [20, 260] {
        image::imageops::overlay(&mut two, &pictures::figure(120, 160, [255; 4]), x, 0);
    }
    let place = Place::new().with("two.png", pictures::encode(&two.into(), ImageFormat::Png));
    let line = [
        "two.png",
        "-o",
        "o.glb",
        "--prompt",
        "a xyzzy hat",
        "--json",
    ];
    let output = place.make(&line);
    let report = &lines(&output)[0];
    let notes = report["notes"].as_array().expect("notes");
    let has = |words: &str| {
        notes
            .iter()
            .any(|note| note.as_str().is_some_and(|note| note.contains(words)))
    };
    assert!(has("xyzzy") && has("subjects"), "{report}");
    assert_eq!(report["unknown_words"], serde_json::json!(["xyzzy"]));
    assert!(
        said(&output).contains("xyzzy") && said(&output).contains("subjects"),
        "without -v"
    );
    let plain = Place::new().with("one.png", pictures::file(ImageFormat::Png));
    let report = &lines(&plain.make(&["one.png", "-o", "o.glb", "--json"]))[0];
    let doubts = report["notes"].as_array().expect("notes").iter();
    let others = doubts.filter(|note| {
        note.as_str()
            .is_some_and(|note| !note.contains("came to nothing"))
    });
    assert_eq!(others.count(), 0, "nothing is in doubt: {report}");
    assert!(report["unknown_words"].is_null());
}

#[test]
fn a_flag_that_does_nothing_is_an_error_or_told() {
    let place = Place::new().with("photo.png", pictures::file(ImageFormat::Png));
    let line = |more: &[&'static str]| [&["photo.png", "-o", "a.glb"], more].concat();
    for (flags, words) in [
        (&["--format", "stl"][..], "say -o a.stl"),
        (&["--shard", "1/2"], "--shard"),
        (&["--view", "front"], "--preview"),
        (&["--null"], "--list"),
        (&["--prompt-guidance", "3"], "--prompt"),
    ] {
        place.refuses(&line(flags), 2, &[words]);
    }
    for (flags, words) in [
        (&["--force"][..], "--force: has nothing to do"),
        (&["--recursive"], "--recursive: has nothing to do"),
        (&["--cache-dir", "kept"], "--cache-dir: has nothing to do"),
    ] {
        let output = place.make(&line(flags));
        assert!(
            output.status.success() && said(&output).contains(words),
            "{flags:?}: {}",
            said(&output)
        );
    }
    for flags in [&["--format", "glb"][..], &["--format", ".GLB"]] {
        let output = place.make(&line(flags));
        assert!(
            output.status.success() && !said(&output).contains("--format"),
            "{}",
            said(&output)
        );
    }
    let words = [
        "a bear",
        "-o",
        "b.glb",
        "--debug-dir",
        "cut",
        "--subject",
        "2",
        "--refine",
        "off",
    ];
    let told = said(&place.make(&words));
    for flag in ["--debug-dir", "--subject", "--refine"] {
        assert!(told.contains(flag), "{told}");
    }
}

#[test]
fn a_part_that_is_not_there_is_told_beside_only() {
    let place = Place::new().with("photo.png", pictures::file(ImageFormat::Png));
    let line = |more: &[&str]| {
        let line = ["photo.png", "-o", "a.glb", "--json"];
        place.make(&[&line[..], &QUICK, more].concat())
    };
    // Of random weights some seed leaves out a part.
    for seed in ["0", "1", "2", "3", "4", "5", "6", "7"] {
        let report = &lines(&line(&["--seed", seed]))[0];
        let Some(absent) = report["failed_parts"][0].as_str() else {
            continue;
        };
        let there = report["parts"][0]["name"].as_str().expect("a part");
        let output = line(&["--seed", seed, "--only", &format!("{there},{absent}")]);
        let words = format!("this figurine has no {absent}");
        let report = &lines(&output)[0];
        assert!(
            said(&output).contains(&words) && report["notes"].to_string().contains(&words),
            "{}",
            said(&output)
        );
        return;
    }
    skip!("these weights make all parts, so none can be absent");
}
