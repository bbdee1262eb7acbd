//! Photos, lists and figurines through pipes, and lists as programs write them.
#![cfg(unix)]

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::process::{Command, Output};

use image::ImageFormat;

use crate::support::pictures;
use crate::support::program::{Place, SMALL, model};

fn photo() -> Place {
    Place::new().with("photo.png", pictures::file(ImageFormat::Png))
}

/// What a shell does with a line, in which `gen3d` is the program with the test's model.
fn shell(place: &Place, shell: &str, line: &str) -> Output {
    let program = format!(
        "{} {} {} --no-cache",
        env!("CARGO_BIN_EXE_gen3d"),
        SMALL.join(" "),
        model().display()
    );
    let mut command = Command::new(shell);
    command
        .args(["-c", &line.replace("gen3d ", &format!("{program} "))])
        .env("GEN3D", env!("CARGO_BIN_EXE_gen3d"))
        .current_dir(place.path(""))
        .env("GEN3D_CACHE_DIR", place.cache());
    command.output().expect("the shell can be started")
}

fn works(place: &Place, line: &str) -> Output {
    let output = shell(place, "bash", line);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{line}: {} {said}", output.status);
    output
}

#[test]
fn a_photo_comes_through_a_pipe() {
    let place = photo();
    works(&place, "gen3d photo.png -o file.glb");
    for (name, line) in [
        ("a.glb", "cat photo.png | gen3d - -o a.glb"),
        ("b.glb", "gen3d - -o b.glb < photo.png"),
        ("c.glb", "cat photo.png | gen3d /dev/stdin -o c.glb"),
        ("d.glb", "gen3d /dev/stdin -o d.glb < photo.png"),
        ("e.glb", "gen3d <(cat photo.png) -o e.glb"),
        ("f.glb", "gen3d <(sleep 1; cat photo.png) -o f.glb"),
        ("g.glb", "cat photo.png | gen3d /proc/self/fd/0 -o g.glb"),
        ("made/stdin.glb", "cat photo.png | gen3d - -o made/"),
        (
            "made/photo.glb",
            "cat photo.png | gen3d photo.png - -o made",
        ),
    ] {
        works(&place, line);
        // Materials have the file's name, so all but the text is compared.
        let shape = |name: &str| {
            let mut bytes = fs::read(place.path(name)).expect(name);
            let text = u32::from_le_bytes([bytes[12], bytes[13], bytes[14], bytes[15]]);
            bytes.split_off(20 + text as usize)
        };
        assert!(
            shape(name) == shape("file.glb"),
            "{line} makes what the file makes"
        );
    }
    let line = "cat photo.png | gen3d - -o mask.glb --mask <(cat photo.png) --json";
    let said = works(&place, line);
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(said.contains("\"mask\""), "a mask as well: {said}");
    works(&place, "cat photo.png | \"$GEN3D\" cutout - -o cut.png");
    assert!(place.path("cut.png").is_file());
}

#[test]
fn a_pipe_that_gives_no_photo_is_told() {
    let place = photo();
    for (line, words) in [
        ("gen3d - -o a.glb < /dev/null", "-: is empty (0 bytes)"),
        ("echo text | gen3d - -o a.glb", "-: is no picture"),
        ("cat photo.png | gen3d -", "say -o FILE, or -o -"),
        ("cat photo.png | gen3d - --mask - -o a.glb", "only once"),
        ("gen3d /dev/fd/9 -o a.glb", "/dev/fd/9: is not open"),
        (
            "head -c 99999999 /dev/zero | gen3d - -o a.glb",
            "over the limit of 64 MiB",
        ),
    ] {
        let output = shell(&place, "bash", line);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            !output.status.success() && said.contains(words),
            "{line}: {said}"
        );
        assert!(!said.contains("fault of the program"), "{line}: {said}");
    }
    assert_eq!(place.names(), ["photo.png"]);
}

#[test]
fn a_figurine_goes_through_a_pipe() {
    let place = photo();
    for (format, begin) in [
        ("glb", &b"glTF"[..]),
        ("stl", b"gen3d, "),
        ("ply", b"ply\n"),
        ("3mf", b"PK\x03\x04"),
    ] {
        works(&place, &format!("gen3d photo.png -o figurine.{format}"));
        let output = works(
            &place,
            &format!("cat photo.png | gen3d - -o - --format {format} | cat"),
        );
        let file = fs::read(place.path(&format!("figurine.{format}"))).expect("a figurine");
        assert!(output.stdout.starts_with(begin), "{format}");
        assert!(
            output.stdout == file,
            "{format}: the same as in a file, and nothing else"
        );
    }
    works(
        &place,
        "gen3d photo.png -o - > a.glb && cmp a.glb figurine.glb",
    );
    works(
        &place,
        "gen3d photo.png -o /dev/stdout > b.glb && cmp b.glb figurine.glb",
    );
    works(&place, "gen3d 'a bear' -o - > bear.glb && test -s bear.glb");
    for (line, words) in [
        ("gen3d photo.png -o - --format obj", "several files"),
        ("gen3d photo.png -o - --format gltf", "several files"),
        ("gen3d photo.png -o - --split", "several files"),
        ("gen3d photo.png -o - --json", "--json"),
        ("gen3d photo.png photo.png -o -", "one figurine"),
        ("gen3d photo.png -o - > /dev/full", "standard output"),
    ] {
        let output = shell(&place, "bash", line);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            !output.status.success() && said.contains(words),
            "{line}: {said}"
        );
        let json = line.ends_with("--json"); // a failure is a line of JSON
        assert!(output.stdout.is_empty() || json, "{line}");
    }
}

#[test]
fn lists_are_read_as_other_programs_write_them() {
    let place = photo();
    let name = "größe 1.png";
    fs::copy(place.path("photo.png"), place.path(name)).expect("a photo");
    let text = format!("photo.png\r\n{name}\r\n");
    let marked = format!("\u{feff}{text}");
    let wide =
        |order: fn(u16) -> [u8; 2]| -> Vec<u8> { marked.encode_utf16().flat_map(order).collect() };
    for (list, bytes, flags) in [
        ("bom.txt", marked.clone().into_bytes(), ""),
        ("little.txt", wide(u16::to_le_bytes), ""),
        ("big.txt", wide(u16::to_be_bytes), ""),
        (
            "null.txt",
            format!("photo.png\0{name}\0").into_bytes(),
            "--null",
        ),
    ] {
        fs::write(place.path(list), bytes).expect("a list");
        works(
            &place,
            &format!("gen3d --list {list} -o made-{list}.d/ {flags}"),
        );
        let made = place.path(&format!("made-{list}.d"));
        let names = crate::support::folder::names(&made);
        assert_eq!(names, ["größe 1.glb", "photo.glb"], "{list}");
    }
    works(
        &place,
        "find . -name '*.png' -print0 | gen3d --list - --null -o found",
    );
    works(&place, "gen3d --list <(ls *.png) -o substituted");
    for folder in ["found", "substituted"] {
        assert!(place.path(folder).join("größe 1.glb").is_file(), "{folder}");
    }
    let output = shell(&place, "bash", "gen3d --list null.txt -o no");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("say --null"), "{said}");
}

#[test]
fn a_list_names_files_that_are_no_utf8() {
    let place = photo();
    let name = OsStr::from_bytes(b"gr\xf6\xdfe.png");
    if fs::copy(place.path("photo.png"), place.path("").join(name)).is_err() {
        return skip!("this file system has no such names");
    }
    works(&place, "ls *.png | gen3d --list - -o made");
    let made = place
        .path("made")
        .join(OsStr::from_bytes(b"gr\xf6\xdfe.glb"));
    assert!(
        made.is_file(),
        "{:?}",
        crate::support::folder::names(&place.path("made"))
    );
}

#[test]
fn a_pattern_that_no_shell_replaced_means_its_files() {
    let place = photo();
    fs::copy(place.path("photo.png"), place.path("other.png")).expect("a photo");
    fs::create_dir_all(place.path("in/a")).expect("a folder");
    fs::copy(place.path("photo.png"), place.path("in/a/deep.png")).expect("a photo");
    place.makes(&["*.png", "-o", "all"]);
    place.makes(&["in/*/d??p.png", "-o", "deep.stl"]);
    let all = crate::support::folder::names(&place.path("all"));
    assert_eq!(all, ["other.glb", "photo.glb"]);
    assert!(place.path("deep.stl").is_file(), "one file is one photo");
    place.refuses(
        &["*.jpeg", "-o", "none"],
        1,
        &["*.jpeg: there is no file of such a name"],
    );
    let cutout = ["cutout", "*.png", "-o", "cut"];
    place.command().args(cutout).assert().success();
    assert!(place.path("cut/other.png").is_file());
}
