//! Every reader of foreign bytes, on bent copies of a small kept corpus (tests/data/corpus): an error or a
//! result, in bounded time, never a panic.
//!
//! Each runs for two seconds, or for as many as `GEN3D_FUZZ_SECONDS` says; `GEN3D_FUZZ_SEED` says where the
//! bending begins. What a reader fails on is kept, and its path told.

use crate::support::kept::recipe;
use crate::support::pictures;
use crate::support::weights;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::support::mutate::{Mutator, with_checksums};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use clap::Parser;
use gen3d::cache::{self, Cache, Kept};
use gen3d::inspect;
use gen3d::model::{Latents, Model};
use gen3d::photo::{cutout, decode, prompt};
use image::codecs::{jpeg::JpegEncoder, png::PngEncoder};
use image::{DynamicImage, ImageEncoder, ImageFormat};

/// No input may take longer. The corpus is small, and machines are shared.
const PATIENCE: Duration = Duration::from_secs(20);

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn corpus(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/corpus")
        .join(name)
}

/// The kept files of a kind, in the order of their names.
fn seeds(name: &str) -> Vec<Vec<u8>> {
    let folder = corpus(name)
        .read_dir()
        .expect("the corpus is in the repository");
    let mut paths: Vec<PathBuf> = folder.flatten().map(|file| file.path()).collect();
    paths.sort();
    let seeds: Vec<Vec<u8>> = (paths.iter())
        .map(|path| fs::read(path).expect("a seed"))
        .collect();
    assert!(!seeds.is_empty(), "there are no seeds of {name}");
    seeds
}

/// Feeds a reader the seeds as they are, which must do `good`, and then bent ones until the time is up.
fn fuzz(name: &str, seeds: &[Vec<u8>], reach: usize, mut read: impl FnMut(&[u8]) -> bool) {
    for (index, seed) in seeds.iter().enumerate() {
        assert!(read(seed), "{name}: seed {index} is good, and must be read");
    }
    let time = Duration::from_secs(number("GEN3D_FUZZ_SECONDS").unwrap_or(2));
    let seed = number("GEN3D_FUZZ_SEED").unwrap_or(1);
    let mut mutator = Mutator::new(seed);
    let (begun, mut tries, mut good) = (Instant::now(), 0u64, 0u64);
    while begun.elapsed() < time {
        let mut bytes = mutator.bend(seeds, reach);
        if mutator.below(2) == 0 && bytes.starts_with(b"\x89PNG") {
            bytes = with_checksums(bytes);
        }
        let start = Instant::now();
        let result = catch_unwind(AssertUnwindSafe(|| read(&bytes)));
        let slow = start.elapsed() > PATIENCE;
        if result.is_err() || slow {
            let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{name}-{tries}"));
            fs::write(&path, &bytes).expect("the input can be kept");
            let what = if slow { "takes too long" } else { "panics" };
            panic!(
                "{name}: try {tries} of seed {seed} {what}: {}",
                path.display()
            );
        }
        tries += 1;
        good += u64::from(result.unwrap_or(false));
    }
    println!("{name}: {tries} bent inputs of seed {seed}, {good} of them read");
    assert!(tries > 0, "{name}: nothing was tried");
}

#[test]
fn photos() {
    fuzz("photo", &seeds("photo"), usize::MAX, |bytes| {
        let picture = decode::decode(bytes);
        // A cut-out's time grows with the picture; what is found, is found in a small one.
        if let Ok(picture) = &picture
            && picture.len() < 1 << 14
        {
            let _ = cutout::cut(picture.clone(), None, None);
        }
        picture.is_ok()
    });
}

/// Colour profiles and EXIF, which stand before the pixels: only the front is bent.
#[test]
fn metadata_of_photos() {
    fuzz("metadata", &seeds("metadata"), 700, |bytes| {
        decode::decode(bytes).is_ok()
    });
}

#[test]
fn weights_in_one_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bent.gguf");
    let small = weights::FIGURINE
        .replace("\"width\":256", "\"width\":64")
        .replace("\"num_layers\":9", "\"num_layers\":1");
    let whole = weights::random(&small, 1, GgmlDType::Q8_0).expect("weights can be made");
    let mut read = |bytes: &[u8]| {
        fs::write(&path, bytes).expect("room for a file");
        Model::open(&path, &Device::Cpu)
            .and_then(|model| model.verify())
            .is_ok()
    };
    fuzz("gguf-whole", &[whole], 30_000, &mut read);
    // Headers alone: their one tensor is not enough of a model.
    fuzz("gguf", &seeds("gguf"), usize::MAX, |bytes| {
        read(bytes);
        true
    });
}

/// The header of a safetensors file, or a configuration in JSON, in a published directory.
#[test]
fn weights_in_a_directory() {
    let tiny = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tiny");
    let folder = tempfile::tempdir().expect("a folder");
    let mut files = Vec::new();
    for name in [
        "transformer/config.json",
        "transformer/diffusion_pytorch_model.safetensors",
        "vae/config.json",
        "vae/diffusion_pytorch_model.safetensors",
        "image_encoder_dinov2/config.json",
        "image_encoder_dinov2/model.safetensors",
        "feature_extractor_dinov2/preprocessor_config.json",
        "scheduler/scheduler_config.json",
    ] {
        let (from, to) = (tiny.join(name), folder.path().join(name));
        fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
        fs::copy(&from, &to).expect("a copy");
        files.push((to, fs::read(from).expect("a file of the tiny model")));
    }
    for (path, good) in &files {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // A file a reader: the time is for all of them.
        fuzz(
            &format!("published-{name}"),
            std::slice::from_ref(good),
            60_000,
            |bytes| {
                fs::write(path, bytes).expect("room for a file");
                Model::open(folder.path(), &Device::Cpu).is_ok()
            },
        );
        fs::write(path, good).expect("room for a file");
    }
}

fn meshes(ending: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(format!("bent.{ending}"));
    let options = inspect::Options {
        height: None,
        unit: None,
        wall: 0.0004,
    };
    fuzz(ending, &seeds(ending), usize::MAX, |bytes| {
        fs::write(&path, bytes).expect("room for a file");
        inspect::inspect(&path, &options).is_ok()
    });
}

#[test]
fn glb() {
    meshes("glb");
}

#[test]
fn obj() {
    meshes("obj");
}

#[test]
fn stl() {
    meshes("stl");
}

#[test]
fn prompts() {
    let words =
        weights::random(weights::FIGURINE, 1, GgmlDType::Q8_0).expect("weights can be made");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("words.gguf");
    fs::write(&path, words).expect("room for a file");
    let model = Model::open(&path, &Device::Cpu).expect("a model");
    fuzz("prompt", &seeds("prompt"), usize::MAX, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let open = prompt::open(&text, 1);
        assert!(
            open.len() < 100,
            "what a prompt leaves open is no more than a figure has"
        );
        model.read(&text).is_ok()
    });
}

#[test]
fn lists() {
    let folder = tempfile::tempdir().expect("a folder");
    let (list, out) = (folder.path().join("list.txt"), folder.path().join("out"));
    fs::create_dir(&out).expect("a folder");
    let (list, out) = (list.display().to_string(), out.display().to_string());
    fuzz("list", &seeds("list"), usize::MAX, |bytes| {
        fs::write(&list, bytes).expect("room for a file");
        let line = ["gen3d", "--list", &list, "-o", &out];
        let flags = gen3d::cli::flags::Cli::try_parse_from(line).expect("a good line");
        let job = gen3d::pipeline::job::Job::try_from(flags.make.expect("the main job"));
        for item in job.iter().flat_map(|job| &job.items) {
            let inside = item.output.starts_with(&out);
            assert!(
                inside,
                "{} would be written elsewhere",
                item.output.display()
            );
        }
        job.is_ok()
    });
}

#[test]
fn sealed_entries() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = cache::Settings {
        folder: Some(folder.path().into()),
        keep: Duration::from_secs(3600),
        size: 1 << 30,
        on: true,
    };
    let cache = Cache::open(&settings).expect("a cache").expect("it is on");
    let files = || -> Vec<PathBuf> {
        let files = folder.path().read_dir().expect("the cache").flatten();
        files.map(|file| file.path()).collect()
    };
    let before = files();
    let (secret, recipe, kept) = (cache.secret(b"photo"), recipe(), kept());
    cache.put(&secret, &recipe, &kept).expect("it is kept");
    let entry = files()
        .into_iter()
        .find(|file| !before.contains(file))
        .expect("an entry");
    let whole = fs::read(&entry).expect("an entry");
    let expires = fs::metadata(&entry)
        .and_then(|data| data.modified())
        .expect("a time");
    fuzz(
        "sealed",
        std::slice::from_ref(&whole),
        usize::MAX,
        |bytes| {
            fs::write(&entry, bytes).expect("room for a file");
            let file = fs::File::options()
                .write(true)
                .open(&entry)
                .expect("an entry");
            file.set_modified(expires).expect("its time can be set");
            let got = cache.get(&secret, &recipe);
            assert_eq!(
                got.is_some(),
                bytes == whole,
                "an entry opens whole, or not at all"
            );
            got == Some(kept.clone())
        },
    );
}

fn kept() -> Kept {
    Kept {
        imagined: Latents {
            parts: 1,
            tokens: 2,
            channels: 1,
            values: vec![1.0, 2.0],
        }
        .into(),
        cutout: None,
    }
}

/// How the corpus was made: run it by name with `--ignored` where a reader learned something new.
#[test]
#[ignore = "it writes into the repository"]
fn the_corpus_is_made_again() {
    let put = |kind: &str, name: &str, bytes: &[u8]| {
        fs::create_dir_all(corpus(kind)).expect("a folder");
        fs::write(corpus(kind).join(name), bytes).expect("a seed");
    };
    let picture = DynamicImage::from(pictures::figure(16, 24, [255; 4]));
    for (format, ending) in [
        (ImageFormat::Jpeg, "jpg"),
        (ImageFormat::Png, "png"),
        (ImageFormat::WebP, "webp"),
        (ImageFormat::Gif, "gif"),
        (ImageFormat::Bmp, "bmp"),
        (ImageFormat::Tiff, "tiff"),
    ] {
        let plain = DynamicImage::from(picture.to_rgb8());
        put(
            "photo",
            &format!("plain.{ending}"),
            &pictures::encode(&plain, format),
        );
    }
    for (name, kind) in [
        ("gray16.png", DynamicImage::from(picture.to_luma16())),
        ("deep.tiff", picture.to_rgba16().into()),
        ("alpha.webp", picture.to_rgba8().into()),
    ] {
        let format = ImageFormat::from_path(name).expect("a format");
        put("photo", name, &pictures::encode(&kind, format));
    }
    let blocks = [[40, 70, 160, 255]; 4];
    put("photo", "cmyk.jpg", &pictures::cmyk_jpeg(2, &blocks));

    let profile = moxcms::ColorProfile::new_display_p3()
        .encode()
        .expect("a profile");
    for (name, format) in [
        ("profile.png", ImageFormat::Png),
        ("profile.jpg", ImageFormat::Jpeg),
    ] {
        let bytes = with_profile(&picture.to_rgb8(), format, profile.clone());
        put("metadata", name, &bytes);
    }
    let jpeg = pictures::encode(&picture.to_rgb8().into(), ImageFormat::Jpeg);
    put(
        "metadata",
        "turned.jpg",
        &pictures::jpeg_with_orientation(&jpeg, 6),
    );

    let tensor = Tensor::zeros((1, 32), candle_core::DType::F32, &Device::Cpu).expect("a tensor");
    for (name, kind) in [
        ("plain.gguf", GgmlDType::F32),
        ("blocks.gguf", GgmlDType::Q8_0),
    ] {
        let tensor = QTensor::quantize(&tensor, kind).expect("a tensor");
        let bytes = weights::gguf(weights::FIGURINE, vec![("latent.mean".into(), tensor)]);
        put("gguf", name, &bytes.expect("a file"));
    }

    let obj = "o tip\nv 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 3 2\nf 1 2 4\nf 2 3 4\nf 1 4 3\n";
    put("obj", "tip.obj", obj.as_bytes());
    put(
        "obj",
        "slashes.obj",
        obj.replace("f 1 3 2", "vn 0 0 1\nf 1//1 3//1 2//1\nf -1 -2 -3")
            .as_bytes(),
    );
    let corners = [[0., 0., 0.], [1., 0., 0.], [0., 1., 0.], [0., 0., 1.0f32]];
    let faces = [[0, 2, 1], [0, 1, 3], [1, 2, 3], [0, 3, 2u32]];
    let (mut binary, mut text) = (vec![0; 80], "solid tip\n".to_owned());
    binary.extend(4u32.to_le_bytes());
    for face in faces {
        binary.extend([0; 12]);
        text += "facet normal 0 0 0\nouter loop\n";
        for [x, y, z] in face.map(|corner| corners[corner as usize]) {
            binary.extend(
                [x, y, z]
                    .iter()
                    .flat_map(|number: &f32| number.to_le_bytes()),
            );
            text += &format!("vertex {x} {y} {z}\n");
        }
        binary.extend([0; 2]);
        text += "endloop\nendfacet\n";
    }
    put("stl", "binary.stl", &binary);
    put("stl", "text.stl", (text + "endsolid\n").as_bytes());
    put("glb", "tip.glb", &glb_of(&corners, &faces));

    for (name, text) in [
        (
            "knight",
            "a red knight with a blue cape, holding a sword in the left hand",
        ),
        (
            "odd",
            "A wizard — in a purple hat!!  on 2 round bases, without (any) robe\u{0}\u{202E}",
        ),
    ] {
        put("prompt", name, text.as_bytes());
    }
    put("list", "plain", b"a.png\nfolder/b.jpg\n\n../c.png\n");
    put(
        "list",
        "odd",
        "\u{FEFF}a b.png\r\n/d.png\n./a.png\na.jpeg\n".as_bytes(),
    );
}

fn with_profile(picture: &image::RgbImage, format: ImageFormat, profile: Vec<u8>) -> Vec<u8> {
    let mut bytes = Vec::new();
    match format {
        ImageFormat::Png => {
            let mut encoder = PngEncoder::new(&mut bytes);
            encoder
                .set_icc_profile(profile)
                .expect("PNG takes profiles");
            picture.write_with_encoder(encoder).expect("a PNG");
        }
        _ => {
            let mut encoder = JpegEncoder::new(&mut bytes);
            encoder
                .set_icc_profile(profile)
                .expect("JPEG takes profiles");
            picture.write_with_encoder(encoder).expect("a JPEG");
        }
    }
    bytes
}

/// A GLB of one mesh with indices of 32 bits.
fn glb_of(corners: &[[f32; 3]], faces: &[[u32; 3]]) -> Vec<u8> {
    let points = corners
        .as_flattened()
        .iter()
        .flat_map(|number| number.to_le_bytes());
    let indices = faces
        .as_flattened()
        .iter()
        .flat_map(|index| index.to_le_bytes());
    let data: Vec<u8> = points.chain(indices).collect();
    let (points, indices) = (12 * corners.len(), 12 * faces.len());
    let mut json = serde_json::json!({
        "asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0, "name": "tip", "translation": [0, 1, 0]}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}],
        "buffers": [{"byteLength": data.len()}],
        "bufferViews": [{"buffer": 0, "byteLength": points},
            {"buffer": 0, "byteOffset": points, "byteLength": indices}],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": corners.len(), "type": "VEC3",
                "min": [0, 0, 0], "max": [1, 1, 1]},
            {"bufferView": 1, "componentType": 5125, "count": 3 * faces.len(), "type": "SCALAR"}],
    })
    .to_string();
    json.extend(std::iter::repeat_n(
        ' ',
        json.len().next_multiple_of(4) - json.len(),
    ));
    let chunk =
        |kind: &[u8; 4], body: &[u8]| [&(body.len() as u32).to_le_bytes()[..], kind, body].concat();
    let chunks = [chunk(b"JSON", json.as_bytes()), chunk(b"BIN\0", &data)].concat();
    let length = 12 + chunks.len() as u32;
    [
        b"glTF",
        &2u32.to_le_bytes()[..],
        &length.to_le_bytes(),
        &chunks,
    ]
    .concat()
}
