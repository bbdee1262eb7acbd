//! What is kept between runs: found again by who has the photo, noise to everyone else, gone when told.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use gen3d::cache::{Cache, Kept, Recipe, Secret, Settings};
use gen3d::model::{Latents, PartIds, Solver};
use gen3d::photo::cutout::Method;
use image::ImageFormat;

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

fn recipe() -> Recipe {
    Recipe {
        version: "1",
        model: "weights".into(),
        device: "cpu",
        seed: 0,
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

/// The one entry in a folder.
fn entry(folder: &Path) -> std::path::PathBuf {
    let files = folder.read_dir().expect("the cache").flatten();
    let mut entries = files.filter(|file| file.file_name().len() == 32);
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
    for line in [&other[..], &["photo.png", "-o", "c.glb"]] {
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
    let bytes = |name| fs::read(place.path(name)).expect("a figurine");
    assert!(
        bytes("a.glb") == bytes("c.glb"),
        "a kept result gives the same file, byte for byte"
    );
    assert_eq!(place.entries().len(), 1);
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
    let expires = fs::metadata(&path)
        .and_then(|d| d.modified())
        .expect("a time");
    let rewrite = |bytes: &[u8]| {
        fs::write(&path, bytes).expect("a test's file");
        let file = fs::File::options().write(true).open(&path);
        file.and_then(|f| f.set_modified(expires)).expect("a time");
    };
    let whole = fs::read(&path).expect("the entry");
    for bit in 0..whole.len() * 8 {
        let mut bytes = whole.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        rewrite(&bytes);
        let got = cache.get(&secret, &recipe());
        assert_eq!(got, None, "bit {bit} of {} was flipped", whole.len() * 8);
    }
    for length in 0..whole.len() {
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
    let files: Vec<_> = (folder.path().read_dir().expect("the cache").flatten())
        .filter(|file| file.file_name().len() == 32)
        .map(|file| {
            let name = file.file_name().into_string().expect("hexadecimal");
            (name, fs::read(file.path()).expect("an entry"))
        })
        .collect();
    assert_eq!(files.len(), 4);
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
    let wrong = cache.secret(b"a third photo");
    assert!(
        files
            .iter()
            .all(|(_, bytes)| wrong.open(&recipe(), bytes).is_none()),
        "another photo opens an entry"
    );
}

#[test]
fn a_copy_of_the_folder_opens_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let cache = open(folder.path());
    let secret = cache.secret(b"photo");
    cache.put(&secret, &recipe(), &kept(9)).expect("it is kept");
    let born = fs::metadata(folder.path().join("salt")).and_then(|data| data.created());
    if let Err(error) = born {
        skip!("this file system does not say when a file was made: {error}");
        return;
    }
    let copy = tempfile::tempdir().expect("a folder");
    for file in folder.path().read_dir().expect("the cache").flatten() {
        let to = copy.path().join(file.file_name());
        fs::copy(file.path(), &to).expect("a copy");
        let expires = file.metadata().and_then(|d| d.modified()).expect("a time");
        let to = fs::File::options().write(true).open(&to);
        to.and_then(|f| f.set_modified(expires)).expect("a time");
    }
    let copied = open(copy.path());
    let secret = copied.secret(b"photo");
    assert_eq!(
        copied.get(&secret, &recipe()),
        None,
        "a copy of the salt must not be the salt: backups outlive 'forget'"
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
fn what_has_expired_goes_at_every_start() {
    let place = photo();
    let expire = || {
        let file = fs::File::options()
            .write(true)
            .open(place.cache().join(&place.entries()[0]));
        let now = SystemTime::now();
        file.and_then(|f| f.set_modified(now)).expect("a time");
    };
    place.reports(&["photo.png", "-o", "a.glb"]);
    expire();
    place.make(&["missing.png", "-o", "a.glb"]); // with --no-cache
    assert!(
        place.entries().is_empty(),
        "a run that keeps nothing sweeps"
    );
    place.reports(&["photo.png", "-o", "a.glb"]);
    expire();
    place.command().arg("cache").assert().success();
    assert!(place.entries().is_empty(), "'gen3d cache' sweeps");
    place.reports(&["photo.png", "-o", "a.glb"]);
    expire();
    let report = &place.reports(&["photo.png", "-o", "a.glb"])[0];
    assert_eq!(report["cached"], false, "what has expired is not used");
    let data = fs::metadata(entry(place.cache())).expect("the entry");
    let left = (data.modified().expect("a time"))
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
        size: 2500,
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
    fs::write(place.cache().join(entry), "rubbish").expect("a file");
    fs::write(place.cache().join("0123456789abcdef0123456789abcdef"), "").expect("a file");
    fs::create_dir(place.cache().join("fedcba9876543210fedcba9876543210")).expect("a folder");
    let report = &place.reports(&["photo.png", "-o", "a.glb"])[0];
    assert_eq!(report["cached"], false, "a damaged entry is a miss");
    for salt in ["", "short", &"long".repeat(99), &"\0".repeat(32)] {
        fs::write(place.cache().join("salt"), salt).expect("a file");
        let report = &place.reports(&["photo.png", "-o", "a.glb"])[0];
        assert_eq!(report["cached"], false, "another salt, another key");
        let report = &place.reports(&["photo.png", "-o", "a.glb"])[0];
        assert_eq!(report["cached"], true, "the damaged salt was replaced");
    }
}
