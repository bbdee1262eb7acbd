//! What is kept between runs: found again by who has the photo, noise to everyone else, gone when told.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use gen3d::cache::{Cache, Head, Kept, Recipe, Secret, Settings};
use gen3d::model::Latents;
use gen3d::photo::cutout::Method;
use image::ImageFormat;

use crate::support::kept::recipe;
use crate::support::pictures;
use crate::support::program::{self, Place};
use crate::support::weights;

fn photo() -> Place {
    Place::new().with("photo.png", pictures::file(ImageFormat::Png))
}

/// Another photo for each number.
fn numbered(number: u8) -> Vec<u8> {
    let mut picture = pictures::figure(120, 160, [255; 4]);
    picture.put_pixel(60, 80, [number, 0, 99, 255].into());
    pictures::encode(&picture.into(), ImageFormat::Png)
}

fn settings(folder: &Path) -> Settings {
    Settings {
        folder: Some(folder.to_owned()),
        keep: Duration::from_secs(3600),
        size: 1 << 30,
        on: true,
    }
}

fn open(folder: &Path) -> Cache {
    let cache = Cache::open(&settings(folder)).expect("a cache");
    cache.expect("the cache is on")
}

fn kept(count: usize) -> Kept {
    Kept {
        imagined: Latents {
            parts: 1,
            tokens: count,
            channels: 1,
            values: (0..count).map(|i| i as f32).collect(),
        }
        .into(),
        cutout: Some(Method::Alpha),
    }
}

fn is_entry(file: &fs::DirEntry) -> bool {
    let name = file.file_name().into_string().unwrap_or_default();
    name.starts_with("gen3d-") && name.len() == 38
}

/// The one entry in a folder.
fn entry(folder: &Path) -> std::path::PathBuf {
    let files = folder.read_dir().expect("the cache").flatten();
    let mut entries = files.filter(is_entry);
    let entry = entries.next().expect("an entry").path();
    assert!(entries.next().is_none(), "one entry only");
    entry
}

#[test]
fn the_same_photo_in_another_format_takes_no_diffusion() {
    let place = photo();
    let first = &place.reports(&["photo.png", "-o", "a.glb"])[0];
    assert_eq!(
        (&first["cached"], &first["denoise_steps"]),
        (&false.into(), &2.into())
    );
    let other = [
        "photo.png",
        "-o",
        "b.3mf",
        "--height",
        "50mm",
        "--faces",
        "900",
        "--preview",
        "b.png",
    ];
    let bytes = |name| fs::read(place.path(name)).expect("a figurine");
    let fresh = bytes("a.glb");
    for line in [&other[..], &["photo.png", "-o", "a.glb"]] {
        let report = &place.reports(line)[0];
        assert_eq!(
            (&report["cached"], &report["denoise_steps"]),
            (&true.into(), &0.into()),
            "a second run must use what the first one found: {report}"
        );
        for stage in ["cutout", "condition", "denoise"] {
            assert!(report["seconds"][stage].is_null(), "{stage} ran: {report}");
        }
        assert_eq!(report["cutout"], first["cutout"]);
    }
    assert!(
        bytes("a.glb") == fresh,
        "a kept result gives the same file, byte for byte"
    );
    assert_eq!(place.entries().len(), 1);
}

/// Reading part maps off a photo keeps nothing; it must not take what a run that asked for latents has kept, either.
#[test]
fn what_was_made_another_way_changes_nothing_that_comes_after() {
    let place = Place::new().with_sample();
    let make = |more: &[&str]| {
        let line = ["photo.png", "-o", "a.glb", "--texture", "off", "--json"];
        let mut run = place.command();
        run.args([&line[..], &["--resolution", "48"], more].concat());
        let report = program::printed(&run.output().expect("it starts"));
        let report: serde_json::Value = serde_json::from_str(&report).expect("a report");
        (
            report["cached"].clone(),
            fs::read(place.path("a.glb")).expect("a figurine"),
        )
    };
    let (_, fresh) = make(&[]);
    make(&["--refine", "best", "--steps", "2"]);
    make(&["--refine", "best"]);
    assert!(!place.entries().is_empty(), "latents are kept");
    let (cached, again) = make(&[]);
    assert_eq!(cached, false, "latents are not what was asked for");
    assert!(
        again == fresh,
        "the same command gives the same file, whatever was run before"
    );
}

#[test]
fn what_shapes_a_figurine_is_never_mixed_up() {
    let mask = image::GrayImage::from_pixel(120, 160, [255].into());
    let place = photo()
        .with("other.png", numbered(1))
        .with("mask.png", pictures::encode(&mask.into(), ImageFormat::Png));
    place.reports(&["photo.png", "-o", "a.glb"]);
    for (n, flags) in [
        &["photo.png", "--seed", "1"][..],
        &["photo.png", "--guidance", "3"],
        &["photo.png", "--mask", "mask.png"],
        &["other.png"],
    ]
    .into_iter()
    .enumerate()
    {
        let report = &place.reports(&[flags, &["-o", "b.glb"]].concat())[0];
        assert_eq!(report["cached"], false, "{flags:?} must be made anew");
        assert_eq!(place.entries().len(), n + 2, "and kept on its own");
    }
    let report = &place.reports(&["photo.png", "-o", "c.glb", "--no-cache"])[0];
    assert_eq!(report["cached"], false, "--no-cache uses nothing");
    assert_eq!(place.entries().len(), 5, "--no-cache keeps nothing");
    place.reports(&["photo.png", "-o", "c.glb", "--seed", "7", "--keep", "0s"]);
    assert_eq!(place.entries().len(), 5, "kept for no time is not kept");
}

#[test]
fn the_same_tensors_with_another_configuration_are_another_model() {
    let folder = tempfile::tempdir().expect("a folder");
    let identity = |name: &str, config: &str| {
        let path = folder.path().join(name);
        let bytes = weights::random(config, 1, candle_core::quantized::GgmlDType::Q8_0);
        fs::write(&path, bytes.expect("weights")).expect("a file");
        let model = gen3d::model::Model::open(&path, &candle_core::Device::Cpu).expect("a model");
        (
            model.info().sha256.clone(),
            model.identity().expect("an identity"),
        )
    };
    let cooler = weights::FIGURINE.replace("\"steps\":20", "\"steps\":20,\"temperature\":0.5");
    let (a, b) = (identity("a", weights::FIGURINE), identity("b", &cooler));
    assert_eq!(a.0, b.0, "the hash of the tensors is the same");
    assert_ne!(a.1, b.1, "what they make is not");
}

#[test]
fn a_flipped_bit_is_a_miss() {
    let folder = tempfile::tempdir().expect("a folder");
    let cache = open(folder.path());
    let secret = cache.secret(b"photo");
    cache.put(&secret, &recipe(), &kept(2)).expect("it is kept");
    assert_eq!(cache.get(&secret, &recipe()), Some(kept(2)));
    let path = entry(folder.path());
    let rewrite = |bytes: &[u8]| fs::write(&path, bytes).expect("a test's file");
    let whole = fs::read(&path).expect("the entry");
    // All of what is in clear, of the nonce and of the end; of the sealed zeros between them some.
    let few = |at: usize| at < 256 || at + 32 > whole.len() || at.is_multiple_of(61);
    for bit in (0..whole.len() * 8).filter(|bit| few(bit / 8)) {
        let mut bytes = whole.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        rewrite(&bytes);
        let got = cache.get(&secret, &recipe());
        assert_eq!(got, None, "bit {bit} of {} was flipped", whole.len() * 8);
    }
    for length in (0..whole.len()).filter(|&length| few(length)) {
        rewrite(&whole[..length]);
        assert_eq!(cache.get(&secret, &recipe()), None, "cut to {length} bytes");
    }
    rewrite(&whole);
    assert_eq!(
        cache.get(&secret, &recipe()),
        Some(kept(2)),
        "the test itself must not be what breaks entries"
    );
}

#[test]
fn without_the_photo_all_is_noise() {
    let folder = tempfile::tempdir().expect("a folder");
    let cache = open(folder.path());
    // All zeros: any pattern that is left would be of the sealing.
    let mut plain = kept(100_000);
    plain.imagined.latents.values.fill(0.0);
    let photos: [&[u8]; 3] = [b"one photo", b"one photo!", b"another"];
    let secrets = photos.map(|photo| cache.secret(photo));
    for secret in &secrets {
        cache.put(secret, &recipe(), &plain).expect("it is kept");
    }
    let other = Recipe {
        seed: 1,
        ..recipe()
    };
    cache.put(&secrets[0], &other, &plain).expect("it is kept");
    let files: Vec<(String, Vec<u8>)> = (folder.path().read_dir().expect("the cache").flatten())
        .filter(is_entry)
        .map(|file| {
            let name = file.file_name().into_string().expect("hexadecimal");
            (
                name["gen3d-".len()..].to_owned(),
                fs::read(file.path()).expect("an entry"),
            )
        })
        .collect();
    assert_eq!(files.len(), 4);
    let wrong = cache.secret(b"a third photo");
    assert!(
        files
            .iter()
            .all(|(_, bytes)| wrong.open(&recipe(), bytes).is_none()),
        "another photo opens an entry"
    );
    // Who made it and until when it is kept is said in clear; what follows must be noise.
    let clear = Head::MAGIC.len() + 8;
    let files: Vec<_> = (files.into_iter())
        .map(|(name, bytes)| (name, bytes[clear..].to_vec()))
        .collect();
    for (name, bytes) in &files {
        let mut counts = [0f64; 256];
        bytes
            .iter()
            .for_each(|&byte| counts[usize::from(byte)] += 1.0);
        let even = bytes.len() as f64 / 256.0;
        let chi: f64 = counts.iter().map(|n| (n - even).powi(2) / even).sum();
        // 255 degrees of freedom: mean 255, standard deviation 22.6; noise fails once in 10^9.
        assert!((120.0..400.0).contains(&chi), "{name} is no noise: {chi}");
        for (other, theirs) in files.iter().filter(|(other, _)| other != name) {
            let common = |a: &[u8], b: &[u8]| (a.iter().zip(b)).filter(|(a, b)| a == b).count();
            assert!(
                common(name.as_bytes(), other.as_bytes()) < 16 && bytes[..8] != theirs[..8],
                "entries can be linked: {name} and {other}"
            );
            let alike = common(bytes, theirs) as f64 / bytes.len() as f64;
            assert!(
                (0.003..0.005).contains(&alike),
                "{alike} of the bytes are alike, not 1/256"
            );
        }
    }
}

#[test]
fn a_whole_copy_restores_what_it_holds_and_one_without_the_salt_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let cache = open(folder.path());
    let secret = cache.secret(b"photo");
    cache.put(&secret, &recipe(), &kept(9)).expect("it is kept");
    let copy = |salted: bool| {
        let copy = tempfile::tempdir().expect("a folder");
        for file in folder.path().read_dir().expect("the cache").flatten() {
            if salted || file.file_name() != "gen3d-salt" {
                fs::copy(file.path(), copy.path().join(file.file_name())).expect("a copy");
            }
        }
        let copied = open(copy.path());
        copied.get(&copied.secret(b"photo"), &recipe())
    };
    assert_eq!(
        copy(true),
        Some(kept(9)),
        "nothing but the bytes of the salt counts, no time of a file that a copy can keep or set"
    );
    assert_eq!(
        copy(false),
        None,
        "without the salt the photo opens nothing"
    );
}

#[test]
fn an_entry_says_nothing_of_what_it_was_made_of_by_its_size() {
    let folder = tempfile::tempdir().expect("a folder");
    let cache = open(folder.path());
    let latents = |count: usize| Latents {
        parts: 1,
        tokens: count,
        channels: 1,
        values: vec![0.5; count],
    };
    let size = |name: &[u8], kept: &Kept, marks: usize| {
        let more: Vec<_> = (0..marks).map(|n| cache.secret(&[n as u8])).collect();
        let secret = more
            .iter()
            .fold(cache.secret(name), |s, more| s.beside(more));
        cache.put(&secret, &recipe(), kept).expect("it is kept");
        let name = secret.name(&recipe()).expect("a name");
        fs::metadata(folder.path().join(name))
            .expect("the entry")
            .len()
    };
    for count in [1, 9, 1440, 100_000] {
        let plain = |cutout| Kept {
            imagined: latents(count).into(),
            cutout,
        };
        let mut changed = plain(Some(Method::Alpha));
        changed.imagined.change = Some(gen3d::model::Change {
            before: latents(count),
            effects: vec![0.123_456_78; 16],
        });
        let words = size(b"words", &plain(None), 0);
        let photo = size(b"photo", &plain(Some(Method::Alpha)), 0);
        let all = size(b"all", &changed, 5);
        assert_eq!(words, photo, "words alone and a photo, {count} numbers");
        assert_eq!(words, all, "and both with views, {count} numbers");
    }
}

#[test]
fn nobody_prolongs_what_expires() {
    let folder = tempfile::tempdir().expect("a folder");
    let short = Settings {
        keep: Duration::from_millis(400),
        ..settings(folder.path())
    };
    let cache = Cache::open(&short).expect("a cache").expect("it is on");
    let secret = cache.secret(b"photo");
    cache.put(&secret, &recipe(), &kept(2)).expect("it is kept");
    let path = entry(folder.path());
    // As a backup program or a touch would leave it.
    let later = SystemTime::now() + Duration::from_secs(3600);
    let file = fs::File::options()
        .write(true)
        .open(&path)
        .expect("the entry");
    file.set_modified(later).expect("a time");
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(
        cache.get(&secret, &recipe()),
        None,
        "another time of the file"
    );
    let mut bytes = fs::read(&path).expect("the entry");
    let expires = later
        .duration_since(SystemTime::UNIX_EPOCH)
        .expect("a time");
    let expires = expires.as_millis() as u64;
    bytes[Head::MAGIC.len()..][..8].copy_from_slice(&expires.to_le_bytes());
    let said = Head::read(&bytes).expect("a head").expires;
    assert!(said > SystemTime::now(), "the entry says another time now");
    fs::write(&path, bytes).expect("the entry");
    assert_eq!(
        cache.get(&secret, &recipe()),
        None,
        "another time in the entry"
    );
}

#[test]
fn words_are_slow_to_guess() {
    let folder = tempfile::tempdir().expect("a folder");
    let cache = open(folder.path());
    let begun = std::time::Instant::now();
    let guesses = 3;
    for n in 0..guesses {
        (cache.secret_of_prompt(&format!("a red knight {n}"))).expect("a secret");
    }
    let each = begun.elapsed() / guesses;
    eprintln!("a guess at a prompt takes {each:?} here");
    assert!(
        each > Duration::from_millis(20),
        "{each:?} a guess is too little: who has the folder could try whole dictionaries"
    );
}

#[test]
fn the_folder_is_its_owners_alone_and_left_out_of_backups() {
    let place = Place::new().with("photo.png", pictures::file(ImageFormat::Png));
    place.reports(&["photo.png", "-o", "a.glb"]);
    let tag = fs::read_to_string(place.cache().join("CACHEDIR.TAG")).expect("the tag");
    assert!(
        tag.starts_with("Signature: 8a477f597d28d172789f06886806bc55"),
        "backup programs know a cache by this line: {tag}"
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| {
            fs::metadata(path)
                .expect("it is there")
                .permissions()
                .mode()
                & 0o777
        };
        assert_eq!(mode(place.cache()), 0o700, "the folder");
        for file in place.cache().read_dir().expect("the cache").flatten() {
            assert_eq!(mode(&file.path()), 0o600, "{}", file.path().display());
        }
    }
}

#[test]
fn what_has_expired_goes_at_the_next_start_of_anything() {
    let place = photo();
    let starts: [&[&str]; 6] = [
        &["cache"],
        &["inspect", "missing.glb"],
        &["model", "list"],
        &["completions", "bash"],
        &["--version"],
        &["missing.png", "-o", "a.glb", "--no-cache"],
    ];
    for start in starts {
        place.reports(&["photo.png", "-o", "a.glb", "--keep", "1s"]);
        assert_eq!(place.entries().len(), 1, "before {start:?}");
        std::thread::sleep(Duration::from_millis(1100));
        let mut command = place.command();
        command.args(start).output().expect("it starts");
        assert!(
            place.entries().is_empty(),
            "{start:?} leaves what has expired"
        );
    }
    place.reports(&["photo.png", "-o", "a.glb", "--keep", "1s"]);
    std::thread::sleep(Duration::from_millis(1100));
    let report = &place.reports(&["photo.png", "-o", "a.glb"])[0];
    assert_eq!(report["cached"], false, "what has expired is not used");
    let bytes = fs::read(entry(place.cache())).expect("the entry");
    let left = (Head::read(&bytes).expect("a head").expires)
        .duration_since(SystemTime::now())
        .expect("an entry expires in the future");
    assert!(
        left > Duration::from_secs(23 * 3600) && left <= Duration::from_secs(24 * 3600),
        "within 24 hours, unless told otherwise: {left:?}"
    );
}

#[test]
fn the_oldest_makes_room() {
    let folder = tempfile::tempdir().expect("a folder");
    let cache = open(folder.path());
    let secrets: Vec<Secret> = (0..4).map(|n| cache.secret(&[n])).collect();
    for secret in &secrets {
        cache
            .put(secret, &recipe(), &kept(250))
            .expect("it is kept");
        std::thread::sleep(Duration::from_millis(20)); // so that their ages differ
    }
    let limit = Settings {
        size: 9000, // two, of 4288 bytes each
        ..settings(folder.path())
    };
    let there = |cache: &Cache| -> Vec<bool> {
        let found = secrets.iter().map(|s| cache.get(s, &recipe()).is_some());
        found.collect()
    };
    let cache = Cache::open(&limit).expect("a cache").expect("it is on");
    assert_eq!(there(&cache), [false, false, true, true], "at the start");
    let new = cache.secret(b"new");
    cache.put(&new, &recipe(), &kept(250)).expect("it is kept");
    assert_eq!(
        there(&cache),
        [false, false, false, true],
        "and at every entry"
    );
    assert!(cache.get(&new, &recipe()).is_some());
    cache
        .put(&secrets[0], &recipe(), &kept(9999))
        .expect("no error");
    assert!(
        cache.get(&new, &recipe()).is_some(),
        "what is over the limit alone is not kept"
    );
}

#[test]
fn a_cache_that_cannot_be_used_costs_no_figurine() {
    let place = photo()
        .with("not-a-folder", "a file")
        .with("diary.txt", "not for a cache");
    std::fs::create_dir(place.path("full")).expect("a folder");
    fs::write(place.path("full/diary.txt"), "dear diary").expect("a file");
    let mut bad = vec![("not-a-folder", "cannot be used"), ("full", "not gen3d's")];
    if cfg!(target_os = "linux") {
        bad.push(("/proc/none", "cannot be used"));
    }
    for (folder, why) in bad {
        let output = place.make_kept(&["photo.png", "-o", "a.glb", "--cache-dir", folder]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() && said.contains(why) && said.contains(folder),
            "{folder}: {} {said}",
            output.status
        );
        fs::remove_file(place.path("a.glb")).expect("the figurine");
    }
    assert_eq!(
        fs::read_dir(place.path("full")).expect("a folder").count(),
        1
    );
    if cfg!(target_os = "linux") {
        let mut homeless = place.command();
        homeless
            .env_remove("GEN3D_CACHE_DIR")
            .env_remove("XDG_CACHE_HOME");
        homeless
            .env("HOME", "/proc/none")
            .args(program::SMALL)
            .arg(program::model());
        homeless
            .args(["photo.png", "-o", "a.glb"])
            .assert()
            .success();
    }
    // Foreign and damaged files in the cache, and a damaged salt.
    place.reports(&["photo.png", "-o", "a.glb"]);
    let entry = &place.entries()[0];
    let path = place.cache().join(entry);
    let whole = fs::read(&path).expect("the entry");
    fs::write(&path, &whole[..whole.len() / 2]).expect("a file");
    for name in [
        "0123456789abcdef0123456789abcdef",
        "gen3d-0123456789abcdef0123456789abcdef",
    ] {
        fs::write(place.cache().join(name), "").expect("a file");
        fs::create_dir(place.cache().join(name.replace('0', "f"))).expect("a folder");
    }
    let report = &place.reports(&["photo.png", "-o", "a.glb"])[0];
    assert_eq!(report["cached"], false, "a damaged entry is a miss");
    let report = &place.reports(&["photo.png", "-o", "a.glb"])[0];
    assert_eq!(report["cached"], true, "and was replaced");
    let salt = place.cache().join("gen3d-salt");
    let whole = fs::read(&salt).expect("the salt");
    let begin = &whole[..whole.len() - 32];
    for damaged in [begin, &whole[..30], &[begin, &[0; 32]].concat()] {
        fs::write(&salt, damaged).expect("a file");
        let report = &place.reports(&["photo.png", "-o", "a.glb"])[0];
        assert_eq!(report["cached"], false, "another salt, another key");
        let report = &place.reports(&["photo.png", "-o", "a.glb"])[0];
        assert_eq!(report["cached"], true, "the damaged salt was replaced");
    }
    // What gen3d did not write is not replaced, and costs no figurine either.
    fs::write(&salt, "the only copy of a novel").expect("a file");
    let output = place.make_kept(&["photo.png", "-o", "a.glb"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && said.contains("gen3d-salt in it is not gen3d's"),
        "{said}"
    );
    assert_eq!(
        fs::read_to_string(&salt).expect("the novel"),
        "the only copy of a novel"
    );
}
