//! Names as people's disks have them, and folders with anything in them: no photo is lost, and no name does
//! anything to a terminal.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Command, Output};

use image::ImageFormat;
use serde_json::Value;

use crate::support::program::{Place, SMALL, model};
use crate::support::{pictures, schema};

const QUICK: [&str; 4] = ["--faces", "300", "--refine", "off"];

/// A place with a folder of copies of one photo.
fn photos(names: &[&[u8]]) -> Place {
    let place = Place::new();
    for name in names {
        let path = place.path("photos").join(OsStr::from_bytes(name));
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        fs::write(path, pictures::file(ImageFormat::Png)).expect("a photo");
    }
    place
}

fn make(place: &Place, line: &[&str]) -> Output {
    place.make(&[line, &QUICK].concat())
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn lines(output: &Output) -> Vec<Value> {
    (String::from_utf8_lossy(&output.stdout).lines())
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

#[test]
fn a_folder_of_forty_odd_files_gives_forty_lines_that_the_schema_describes() {
    let place = Place::new().with("photo.png", pictures::file(ImageFormat::Png));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/odd_folder.sh");
    let made = Command::new("sh")
        .arg(script)
        .args([place.path("photo.png"), place.path("odd")])
        .status();
    assert!(made.expect("a shell").success(), "the folder is made");
    let output = make(&place, &["odd", "-o", "made", "--json"]);
    assert_eq!(
        output.status.code(),
        Some(1),
        "some failed: {}",
        said(&output)
    );
    assert!(
        !said(&output).contains("fault of the program"),
        "{}",
        said(&output)
    );
    let schema = schema::of_json();
    let lines = lines(&output);
    for line in &lines {
        assert_eq!(schema::faults(&schema, line), [""; 0], "{line}");
    }
    assert_eq!(lines.len(), 40, "a line a file");
    let made = lines
        .iter()
        .filter(|line| line["triangles"].is_u64())
        .count();
    let failed = lines.iter().filter(|line| line["error"]["kind"] == "input");
    assert_eq!((made, failed.count()), (28, 12));
    let files = fs::read_dir(place.path("made")).expect("a folder").count();
    assert_eq!(files, 28, "a figurine each");
    let again = make(&place, &["odd", "-o", "made", "--json"]);
    let skipped = |line: &&Value| line["skipped"] == true;
    let printed = self::lines(&again);
    assert_eq!(
        printed.iter().filter(skipped).count(),
        28,
        "each is known again"
    );
    for line in &printed {
        assert_eq!(schema::faults(&schema, line), [""; 0], "{line}");
    }
}

#[test]
fn a_name_that_is_no_text_is_told_and_its_files_find_each_other() {
    let place = photos(&[b"a\xff b.png", b"c.png"]);
    for (format, beside) in [
        ("gltf", &b"a\xff b.bin"[..]),
        ("obj", b"a%FF b.mtl"),
        ("glb", b""),
    ] {
        let output = make(
            &place,
            &["photos", "-o", "made", "--format", format, "--json"],
        );
        assert!(output.status.success(), "{}", said(&output));
        let lines = lines(&output);
        assert_eq!(lines[0]["input"], "photos/a\u{fffd} b.png");
        let made = place
            .path("made")
            .join(OsStr::from_bytes(b"a\xff b").with_extension(format));
        assert!(made.is_file(), "{format}");
        let beside = place.path("made").join(OsStr::from_bytes(beside));
        assert!(beside.exists(), "{format}");
        let text = fs::read(&made).expect("it is made");
        let holds = |what: &[u8]| text.windows(what.len()).any(|window| window == what);
        match format {
            "gltf" => assert!(holds(b"\"a%FF%20b.bin\""), "the URI is that of the bytes"),
            "obj" => {
                let (_, materials) = tobj::load_obj(&made, &tobj::GPU_LOAD_OPTIONS).expect("OBJ");
                assert!(!materials.expect("its materials").is_empty());
            }
            _ => {}
        }
    }
    let output = make(
        &place,
        &["photos", "-o", "apart", "--split", "--debug-dir", "cut"],
    );
    assert!(output.status.success(), "{}", said(&output));
    let again = make(&place, &["photos", "-o", "apart", "--split", "--json"]);
    assert!(
        lines(&again).iter().all(|line| line["skipped"] == true),
        "parts are known again"
    );
    let cut = place
        .path("cut")
        .join(OsStr::from_bytes(b"a\xff b-cutout.png"));
    assert!(cut.is_file(), "its cut-out has its name");
}

trait Ending {
    fn with_extension(&self, ending: &str) -> std::ffi::OsString;
}

impl Ending for OsStr {
    fn with_extension(&self, ending: &str) -> std::ffi::OsString {
        let mut name = self.to_owned();
        name.push(format!(".{ending}"));
        name
    }
}

#[test]
fn names_with_spaces_and_line_feeds_have_their_materials_and_textures() {
    let place = photos(&[b"my photo #1.png", b"two\nlines.png", b" -x\\y.png"]);
    let line = ["photos", "-o", "made", "--format", "obj", "--texture", "64"];
    let output = make(&place, &line);
    assert!(output.status.success(), "{}", said(&output));
    for stem in ["my photo #1", "two\nlines", " -x\\y"] {
        let path = place.path("made").join(format!("{stem}.obj"));
        let (_, materials) = tobj::load_obj(&path, &tobj::GPU_LOAD_OPTIONS).expect("OBJ");
        let materials = materials.unwrap_or_else(|e| panic!("the materials of {stem:?}: {e}"));
        let texture = materials[0].diffuse_texture.as_ref().expect("a texture");
        assert!(
            place.path("made").join(texture).is_file(),
            "{texture:?} of {stem:?}"
        );
    }
}

#[test]
fn escape_codes_in_a_name_are_written_out_on_every_way_to_the_terminal() {
    let odd = "e\u{1b}[31m\u{9b}2J\n\u{202e}x";
    let place = photos(&[format!("{odd}.png").as_bytes()]);
    let photo = format!("photos/{odd}.png");
    fs::write(place.path("broken.png"), "no picture").expect("a file");
    fs::create_dir(place.path(odd)).expect("a folder");
    fs::write(place.path("x.obj"), "f 1 2 3\n").expect("a file");
    fs::copy(place.path("x.obj"), place.path(&format!("{odd}.obj"))).expect("a file");
    fs::copy(place.path("broken.png"), place.path(&format!("{odd}.png"))).expect("a file");
    let (figure, own, mesh) = (
        format!("{odd}.glb"),
        format!("{odd}.png"),
        format!("{odd}.obj"),
    );
    let flag = format!("--{odd}");
    for line in [
        &["photos", "-o", odd][..],
        &["photos", "-o", odd],
        &[&photo, "-o", &figure, "-v"],
        &[&own, "-o", "out.glb"],
        &["photo.png", "-o", &format!("{odd}.xyz")],
        &[&photo, "-o", &format!("{odd}/none/a.glb")],
        &[&flag],
    ] {
        quiet(&make(&place, line), line);
    }
    let plain = |line: &[&str]| place.command().args(line).output().expect("it starts");
    for line in [
        &["inspect", &mesh][..],
        &["inspect", &mesh, "--json"],
        &["cutout", &photo, "-o", "c.png"],
        &["cutout", &own, "-o", "c.png"],
        &["forget", &photo],
        &["cache", "--cache-dir", odd],
        &["cache", "--cache-dir", odd, "--json"],
        &["model", "list", "--models-dir", odd],
        &["model", "info", &mesh],
        &[odd, "-o", "x.glb", "--json"],
        &[&flag, "--json"],
    ] {
        quiet(&plain(line), line);
    }
}

/// Nothing that a terminal would obey is in what was printed.
fn quiet(output: &Output, line: &[&str]) {
    for bytes in [&output.stdout, &output.stderr] {
        let text = String::from_utf8_lossy(bytes);
        let obeyed = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
        assert!(!text.contains(obeyed), "{line:?} printed {text:?}");
        // What was typed as a flag is shown as it was typed, line by line.
        let begins = text.lines().any(|line| line.starts_with("\\u{202e}"));
        let flag = line[0].starts_with('-');
        assert!(
            flag || !begins,
            "{line:?}: a name makes no line of its own: {text}"
        );
    }
}

#[test]
fn photos_whose_names_differ_in_case_become_two_figurines_on_every_disk() {
    let place = photos(&[
        b"Fig.png",
        b"fig.png",
        "caf\u{e9}.png".as_bytes(),
        "CAFE\u{301}.png".as_bytes(),
        b"a/x.png",
        b"A/X.png",
    ]);
    let output = make(&place, &["photos", "-o", "made", "--recursive", "--json"]);
    assert!(output.status.success(), "{}", said(&output));
    let names: Vec<String> = (lines(&output).iter())
        .map(|line| line["output"].as_str().expect("a name").to_owned())
        .collect();
    let mut keys: Vec<String> = names
        .iter()
        .map(|name| gen3d::base::text::name_key(name))
        .collect();
    keys.sort();
    keys.dedup();
    assert_eq!(
        keys.len(),
        6,
        "no two are one where case or accents do not count: {names:?}"
    );
    assert!(
        names.contains(&"made/Fig.glb".into()) && names.contains(&"made/fig-2.glb".into()),
        "{names:?}"
    );
}

#[test]
fn a_number_that_a_photo_has_already_is_not_given_to_another() {
    let place = photos(&[b"a.png", b"a-2.png"]);
    fs::copy(place.path("photos/a.png"), place.path("photos/a.jpg")).expect("a photo");
    let line = [
        "photos/a.png",
        "photos/a.jpg",
        "photos/a-2.png",
        "-o",
        "made",
        "--json",
    ];
    let output = make(&place, &line);
    assert!(output.status.success(), "{}", said(&output));
    let files = fs::read_dir(place.path("made")).expect("a folder").count();
    assert_eq!(files, 3, "{:?}", lines(&output));
}

#[test]
fn cut_outs_of_one_name_in_two_folders_are_both_kept() {
    let place = photos(&[b"a.png", b"x/a.png"]);
    let line = ["photos", "-o", "made", "--recursive", "--debug-dir", "cut"];
    let output = make(&place, &line);
    assert!(output.status.success(), "{}", said(&output));
    for name in ["cut/a-cutout.png", "cut/x/a-cutout.png"] {
        assert!(place.path(name).is_file(), "{name}");
    }
}

#[test]
fn a_folder_that_cannot_be_read_does_not_end_a_batch_before_it_begins() {
    let place = photos(&[b"a.png", b"z/b.png"]);
    // Not even the superuser can read a folder whose path is longer than paths may be.
    // It is made from the inside: each step's own path is short.
    let (inner, outer) = (place.path("inner"), place.path("outer"));
    fs::create_dir(&inner).expect("a folder");
    for _ in 0..30 {
        fs::create_dir(&outer).expect("a folder");
        fs::rename(&inner, outer.join("0".repeat(200))).expect("a folder");
        fs::rename(&outer, &inner).expect("a folder");
    }
    fs::rename(&inner, place.path("photos/deep")).expect("a folder");
    let output = make(&place, &["photos", "-o", "made", "--recursive", "--json"]);
    assert_eq!(
        output.status.code(),
        Some(1),
        "one folder was not looked into"
    );
    assert!(
        said(&output).contains("the folder cannot be read"),
        "{}",
        said(&output)
    );
    let lines = lines(&output);
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert_eq!(lines[0]["error"]["kind"], "input");
    assert!(
        lines[0]["error"]["input"]
            .as_str()
            .is_some_and(|path| path.starts_with("photos/deep/000"))
    );
    assert!(place.path("made/a.glb").is_file() && place.path("made/z/b.glb").is_file());
}

#[test]
fn an_empty_folder_beside_a_full_one_is_told_and_the_rest_is_made() {
    let place = photos(&[b"a.png"]);
    fs::create_dir(place.path("empty")).expect("a folder");
    let output = make(&place, &["empty", "photos", "-o", "made", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let lines = lines(&output);
    assert_eq!(lines[0]["error"]["input"], "empty");
    assert!(place.path("made/a.glb").is_file());
    let mut command = place.command();
    command.args(["cutout", "empty", "photos", "-o", "cut", "--json"]);
    let output = command.output().expect("it starts");
    assert_eq!(output.status.code(), Some(1));
    assert!(place.path("cut/a.png").is_file(), "{}", said(&output));
}

#[test]
fn a_model_in_a_folder_that_is_no_text_is_listed() {
    let place = Place::new();
    let folder = place.path("").join(OsStr::from_bytes(b"m\xff"));
    fs::create_dir(&folder).expect("a folder");
    fs::copy(model(), folder.join("small.gguf")).expect("a model");
    let run = |line: &[&str]| {
        let mut command = place.command();
        command
            .args(line)
            .arg("--models-dir")
            .arg(&folder)
            .arg("--json");
        let output = command.output().expect("it starts");
        assert!(
            !said(&output).contains("fault of the program"),
            "{}",
            said(&output)
        );
        lines(&output)
    };
    run(&["model", "list"]);
    let photo = pictures::file(ImageFormat::Png);
    fs::write(place.path("a.png"), photo).expect("a photo");
    let by_path = place
        .command()
        .args(&SMALL[..SMALL.len() - 1])
        .arg("--model")
        .arg(folder.join("small.gguf"))
        .args(["a.png", "-o", "a.glb", "--json"])
        .output()
        .expect("it starts");
    assert!(by_path.status.success(), "{}", said(&by_path));
    let cache = OsStr::from_bytes(b"c\xff");
    let cached = place
        .command()
        .args(["cache", "--json", "--cache-dir"])
        .arg(cache)
        .output();
    assert_eq!(lines(&cached.expect("it starts"))[0]["folder"], "c\u{fffd}");
}
