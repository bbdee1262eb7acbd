//! Other people's files, and links and pipes where files are expected: nothing of theirs is deleted, changed
//! or waited for.
#![cfg(unix)]

use crate::support::pictures;
use crate::support::program;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, lchown, symlink};
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use crate::support::program::Place;
use image::ImageFormat;

/// Somebody else, if the tests run as the superuser.
const STRANGER: u32 = 12_345;

fn photo() -> Place {
    Place::new().with("photo.png", pictures::file(ImageFormat::Png))
}

/// Runs the program as it is, ended if it hangs.
fn run(place: &Place, words: &[&str]) -> Output {
    let mut command = place.command();
    command.timeout(Duration::from_secs(120)).args(words);
    command.output().expect("it starts")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn pipe(path: &Path) {
    let made = Command::new("mkfifo").arg(path).status();
    assert!(made.expect("mkfifo").success(), "a pipe can be made");
}

/// Gives a file or a link to somebody else; false where only the superuser may.
fn give_away(path: &Path) -> bool {
    let given = lchown(path, Some(STRANGER), Some(STRANGER));
    if let Err(error) = &given {
        skip!("another user's files can only be made by the superuser: {error}");
    }
    given.is_ok()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it is there").mode() & 0o777
}

#[test]
fn what_gen3d_did_not_write_is_never_deleted() {
    const CARGO: &str = "Signature: 8a477f597d28d172789f06886806bc55\n\
        # This file is a cache directory tag created by cargo.\n";
    let place = photo();
    let names = [
        "d41d8cd98f00b204e9800998ecf8427e",
        "gen3d-d41d8cd98f00b204e9800998ecf8427e",
        "gen3d-salt",
        "salt",
        ".gen3d-x.part",
        ".gen3d-0123456789abcdef.part",
        ".sealed-x.part",
        "gen3d sealed v3",
    ];
    let ours = place.path("ours");
    let named = |folder: &str| ["--cache-dir".to_owned(), folder.to_owned()];
    let keep = ["photo.png", "-o", "a.glb", "--cache-dir", "ours"];
    assert!(
        place.make_kept(&keep).status.success(),
        "a cache of gen3d's"
    );
    fs::create_dir(place.path("plain")).expect("a folder");
    fs::create_dir(place.path("target")).expect("a folder");
    fs::write(place.path("target/CACHEDIR.TAG"), CARGO).expect("a file");
    fs::remove_file(ours.join("gen3d-salt")).expect("its salt");
    for folder in ["plain", "target", "ours"] {
        let folder = place.path(folder);
        for name in names {
            fs::write(folder.join(name), "precious").expect("a file");
            // Two hours old: what is being written is left alone for a while anyway.
            let old = std::time::SystemTime::now() - Duration::from_secs(7200);
            let file = fs::File::options().write(true).open(folder.join(name));
            file.and_then(|file| file.set_modified(old))
                .expect("a time");
        }
    }
    for folder in ["plain", "target", "ours"] {
        let flag = named(folder);
        let flag = [&*flag[0], &*flag[1]];
        for words in [
            &["cache"][..],
            &["forget", "--dry-run"],
            &["forget"],
            &["forget", "--older-than", "1s"],
        ] {
            run(&place, &[words, &flag].concat());
        }
        for words in [
            &["photo.png", "-o", "a.glb"][..],
            &["photo.png", "-o", "a.glb", "--no-cache"],
        ] {
            let output = place.make_kept(&[words, &flag, &["--cache-size", "1KB"]].concat());
            assert!(output.status.success(), "{}", said(&output));
        }
        for name in names {
            let text = fs::read_to_string(place.path(folder).join(name));
            assert_eq!(
                text.ok().as_deref(),
                Some("precious"),
                "{folder}/{name} is not gen3d's to delete or change"
            );
        }
    }
    let tag = fs::read_to_string(place.path("target/CACHEDIR.TAG")).expect("cargo's tag");
    assert_eq!(tag, CARGO, "another program's cache is not taken over");
    assert!(!place.path("plain/CACHEDIR.TAG").exists(), "nor any folder");
}

#[test]
fn forget_changes_nothing_through_a_link() {
    let place = photo();
    let cache = place.path("c");
    let keep = ["photo.png", "-o", "a.glb", "--cache-dir", "c"];
    for (name, hard) in [
        ("gen3d-salt", false),
        ("gen3d-salt", true),
        ("salt", false),
        ("salt", true),
    ] {
        let _ = fs::remove_dir_all(&cache);
        assert!(place.make_kept(&keep).status.success(), "a cache");
        // Even a file that begins as a salt does.
        let key = place.path("key");
        let _ = fs::remove_file(&key);
        match fs::rename(cache.join(name), &key) {
            Ok(()) => {}
            Err(_) => {
                fs::write(&key, "-----BEGIN OPENSSH PRIVATE KEY----- and so on").expect("a key")
            }
        }
        let before = fs::read(&key).expect("the key");
        match hard {
            true => fs::hard_link(&key, cache.join(name)).expect("a link"),
            false => symlink(&key, cache.join(name)).expect("a link"),
        }
        let output = run(&place, &["forget", "--cache-dir", "c"]);
        assert_eq!(
            fs::read(&key).expect("the key"),
            before,
            "forget wrote through {name}, a hard link: {hard}"
        );
        if name == "gen3d-salt" {
            let said = said(&output);
            assert_eq!(
                output.status.code(),
                Some(1),
                "what remains is told: {said}"
            );
            let why = if hard { "other names" } else { "a link" };
            assert!(said.contains("gen3d-salt") && said.contains(why), "{said}");
        }
    }
    // An entry that is a link is no entry, and a run writes nothing through one either.
    let _ = fs::remove_dir_all(&cache);
    assert!(place.make_kept(&keep).status.success(), "a cache");
    let entries = cache.read_dir().expect("the cache").flatten();
    let mut entries = entries.filter(|file| file.file_name().len() > 30);
    let entry = entries.next().expect("an entry").path();
    fs::rename(&entry, place.path("moved")).expect("moved");
    symlink(place.path("moved"), &entry).expect("a link");
    let before = fs::read(place.path("moved")).expect("it");
    let output = place.make_kept(&[&keep[..], &["--json"]].concat());
    assert!(
        String::from_utf8_lossy(&output.stdout).contains("\"cached\":false"),
        "{}",
        said(&output)
    );
    run(&place, &["forget", "--cache-dir", "c"]);
    assert_eq!(fs::read(place.path("moved")).expect("it"), before);
}

#[test]
fn another_users_folder_is_no_cache() {
    let place = photo();
    let keep = ["photo.png", "-o", "a.glb", "--cache-dir", "c"];
    assert!(place.make_kept(&keep).status.success(), "a cache");
    if !give_away(&place.path("c")) {
        return;
    }
    let names = || {
        let files = fs::read_dir(place.path("c")).expect("the cache").flatten();
        files.count()
    };
    let before = names();
    let output = run(&place, &["forget", "--cache-dir", "c"]);
    assert!(
        output.status.code() == Some(1) && said(&output).contains("another user"),
        "{}",
        said(&output)
    );
    let output = place.make_kept(&keep);
    assert!(
        output.status.success() && said(&output).contains("another user"),
        "{}",
        said(&output)
    );
    assert_eq!(names(), before, "all is as it was");
}

#[test]
fn an_output_follows_no_link_of_a_stranger_in_a_folder_for_everybody() {
    let place = photo();
    let folder = place.path("tmp");
    fs::create_dir(&folder).expect("a folder");
    fs::create_dir(place.path("home")).expect("a folder");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o1777)).expect("a mode");
    let precious = place.path("home/precious.glb");
    let mut theirs = true;
    for (link, target) in [
        ("link.glb", "home/precious.glb"),
        ("link.png", "home/precious.png"),
        ("dangling.glb", "home/new.glb"),
        ("folder", "home"),
    ] {
        symlink(place.path(target), folder.join(link)).expect("a link");
        theirs &= give_away(&folder.join(link));
    }
    fs::write(&precious, "precious").expect("a file");
    fs::write(place.path("home/precious.png"), "precious").expect("a file");
    for line in [
        &["photo.png", "-o", "tmp/link.glb"][..],
        &["photo.png", "-o", "tmp/dangling.glb"],
        &["photo.png", "-o", "tmp/folder/precious.glb"],
        &["photo.png", "-o", "a.glb", "--preview", "tmp/link.png"],
    ]
    .into_iter()
    .filter(|_| theirs)
    {
        let output = place.make(line);
        assert!(
            output.status.code() == Some(1) && said(&output).contains("another user's link"),
            "{line:?}: {}",
            said(&output)
        );
        for name in ["precious.glb", "precious.png"] {
            let text = fs::read_to_string(place.path("home").join(name));
            assert_eq!(text.ok().as_deref(), Some("precious"), "{line:?}: {name}");
        }
        assert!(!place.path("home/new.glb").exists(), "{line:?}");
    }
    // One's own are followed, and a link stays one, where it leads to nothing too.
    symlink(&precious, folder.join("own.glb")).expect("a link");
    symlink("../home/fresh.glb", folder.join("fresh.glb")).expect("a link");
    for (link, target) in [("own.glb", "precious.glb"), ("fresh.glb", "fresh.glb")] {
        let output = format!("tmp/{link}");
        place.makes(&["photo.png", "-o", &output]);
        assert!(folder.join(link).is_symlink(), "{link} is still a link");
        let bytes = fs::read(place.path("home").join(target)).expect("the figurine");
        assert!(bytes.starts_with(b"glTF"), "{link} leads to {target}");
    }
    symlink("b", place.path("a")).expect("a link");
    symlink("a", place.path("b")).expect("a link");
    let output = place.make(&["photo.png", "-o", "a/x.glb"]);
    assert!(said(&output).contains("circle"), "{}", said(&output));
}

#[test]
fn pipes_are_refused_wherever_a_file_is_read() {
    let place = photo();
    for name in ["p.gguf", "p.stl", "p.png", "p.txt"] {
        pipe(&place.path(name));
    }
    for words in [
        &["p.png", "-o", "a.glb"][..],
        &["photo.png", "-o", "a.glb", "--mask", "p.png"],
        &["photo.png", "-o", "a.glb", "--back", "p.png"],
        &["--list", "p.txt", "-o", "out"],
        &["photo.png", "-o", "a.glb", "--model", "p.gguf"],
        &["model", "info", "p.gguf"],
        &["model", "verify", "p.gguf"],
        &["model", "add", "p.gguf"],
        &["inspect", "p.stl"],
        &["forget", "p.png"],
        &["photo.png", "-o", "a.glb", "--model", "/dev/zero"],
        &["inspect", "p.stl", "--json"],
    ] {
        let output = run(&place, words);
        let said = said(&output);
        assert_eq!(output.status.code(), Some(1), "{words:?}: {said}");
        assert!(
            said.contains("not a regular file")
                && said.contains("is a pipe") != words.contains(&"/dev/zero"),
            "{words:?}: {said}"
        );
    }
    let output = place.make(&["photo.png", "-o", "p.stl"]);
    assert!(output.status.code() == Some(1), "a pipe is not replaced");
}

#[test]
fn pipes_in_folders_that_gen3d_looks_into_stop_nothing() {
    let place = photo();
    for name in [".gen3d-x.part", ".gen3d-abcdef.part"] {
        pipe(&place.path(name));
        give_away(&place.path(name));
    }
    pipe(&place.models().join("pipe.gguf"));
    place.makes(&["photo.png", "-o", "a.glb"]);
    assert!(
        place.path(".gen3d-x.part").exists(),
        "what is no file of one's own is left alone"
    );
    for name in [
        "gen3d-salt",
        "salt",
        "CACHEDIR.TAG",
        "gen3d-0123456789abcdef0123456789abcdef",
    ] {
        for tagged in [true, false] {
            let folder = format!("{name}-{tagged}");
            if tagged {
                let output = place.make_kept(&["photo.png", "-o", "a.glb", "--cache-dir", &folder]);
                assert!(output.status.success(), "{}", said(&output));
            } else {
                fs::create_dir(place.path(&folder)).expect("a folder");
            }
            let pipe_there = place.path(&folder).join(name);
            let _ = fs::remove_file(&pipe_there);
            pipe(&pipe_there);
            for words in [&["cache"][..], &["forget"]] {
                let output = run(&place, &[words, &["--cache-dir", &folder]].concat());
                assert!(
                    output.status.code().is_some(),
                    "{words:?} waits for {folder}/{name}"
                );
            }
            let output = place.make_kept(&["photo.png", "-o", "a.glb", "--cache-dir", &folder]);
            assert!(output.status.success(), "{}", said(&output));
            assert!(pipe_there.exists(), "{folder}/{name} is not gen3d's");
        }
    }
    let output = run(&place, &["model", "list"]);
    assert!(output.status.success(), "{}", said(&output));
}

#[test]
fn who_may_read_an_output_is_as_before_or_as_the_umask_says() {
    let place = photo();
    for (umask, usual) in [("022", 0o644), ("077", 0o600), ("000", 0o666)] {
        for name in ["old.glb", "cut/old-cutout.png"] {
            let _ = fs::create_dir(place.path("cut"));
            fs::write(place.path(name), "before").expect("a file");
            let old = fs::Permissions::from_mode(if name == "old.glb" { 0o600 } else { 0o640 });
            fs::set_permissions(place.path(name), old).expect("a mode");
        }
        for output in ["old.glb", "new.glb"] {
            let script = format!("umask {umask} && exec \"$0\" \"$@\"");
            let program = place.command().get_program().to_owned();
            let made = Command::new("sh")
                .args(["-c", &script])
                .arg(program)
                .args(program::SMALL)
                .arg(program::model())
                .args([
                    "photo.png",
                    "--no-cache",
                    "--debug-dir",
                    "cut",
                    "-o",
                    output,
                ])
                .current_dir(place.path(""))
                .output()
                .expect("a shell");
            assert!(made.status.success(), "{}", said(&made));
        }
        assert_eq!(
            mode(&place.path("old.glb")),
            0o600,
            "umask {umask}: as before"
        );
        assert_eq!(mode(&place.path("new.glb")), usual, "umask {umask}");
        assert_eq!(mode(&place.path("cut/old-cutout.png")), 0o640, "as before");
        assert_eq!(
            mode(&place.path("cut/new-cutout.png")),
            0o600,
            "umask {umask}: a new cut-out is the photo's pixels, and its owner's alone"
        );
        fs::remove_file(place.path("new.glb")).expect("it");
        fs::remove_file(place.path("cut/new-cutout.png")).expect("it");
    }
}

#[test]
fn forget_models_removes_only_what_gen3d_added() {
    let place = Place::new();
    let path = |name: &str| place.models().join(name);
    fs::copy(program::model(), path("ours.gguf")).expect("a model");
    let small = fs::read(program::model()).expect("a model");
    let at = |what: &[u8]| small.windows(what.len()).position(|w| w == what);
    let at = at(b"general.architecture").expect("its metadata") + "general.architecture".len() + 12;
    let mut alien = small.clone();
    assert_eq!(&alien[at..at + 5], b"gen3d", "the test knows the format");
    alien[at..at + 5].copy_from_slice(b"llama");
    fs::write(path("alien.gguf"), alien).expect("a file");
    fs::write(path("text.gguf"), "a novel").expect("a file");
    fs::copy(program::model(), place.path("elsewhere.gguf")).expect("a model");
    symlink(place.path("elsewhere.gguf"), path("link.gguf")).expect("a link");
    let output = run(&place, &["forget", "--models", "--json"]);
    assert!(output.status.success(), "{}", said(&output));
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(told["models"], 1, "{told}");
    assert!(!path("ours.gguf").exists(), "it was added");
    for name in ["alien.gguf", "text.gguf", "link.gguf"] {
        assert!(path(name).symlink_metadata().is_ok(), "{name} was not");
    }
    assert!(
        place.path("elsewhere.gguf").exists(),
        "nor what a link leads to"
    );
}
