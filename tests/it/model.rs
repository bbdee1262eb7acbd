//! `gen3d model`: weights of others are added whole or not at all, and then make meshes by name.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use candle_core::Device;
use gen3d::model::Model;
use serde_json::{Value, json};

use crate::support::pictures;
use crate::support::program::{self, Place};
use crate::support::tiny::{self, Safetensors, TRANSFORMER, tiny};

/// A user with a folder for models, and a copy of the tiny checkpoint to add or to damage.
struct User {
    place: Place,
}

impl User {
    fn new() -> Self {
        let place = Place::new().with("photo.png", pictures::file(image::ImageFormat::Png));
        tiny::copy(&place.path("Tiny"));
        Self { place }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.place.path("Tiny").join(name)
    }

    fn models(&self) -> PathBuf {
        self.place.models().to_owned()
    }

    fn run(&self, line: &[&str]) -> Output {
        let mut command = self.place.command();
        command.args(line).output().expect("it starts")
    }

    fn says(&self, line: &[&str]) -> String {
        program::printed(&self.run(line))
    }

    fn json(&self, line: &[&str]) -> Value {
        let text = self.says(&[line, &["--json"]].concat());
        serde_json::from_str(&text).expect("JSON")
    }

    /// Runs what must fail with this code, clearly, and leave nothing in the folder of models.
    fn refuses(&self, line: &[&str], code: i32, words: &[&str]) {
        let before = names(&self.models());
        let output = self.run(line);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{line:?}: {said}");
        for word in words {
            assert!(said.contains(word), "{line:?} must say '{word}': {said}");
        }
        assert!(!said.contains("fault of the program"), "{line:?}: {said}");
        if code == 1 {
            let lines = said.trim().lines().count();
            assert_eq!(lines, 1, "{line:?}: one clear paragraph, please: {said}");
        }
        let after = names(&self.models());
        assert_eq!(after, before, "{line:?} must leave no file behind");
    }
}

fn names(folder: &Path) -> Vec<String> {
    let files = folder.read_dir().into_iter().flatten().flatten();
    let names = files.map(|file| file.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

#[test]
fn a_model_is_added_listed_explained_checked_and_removed() {
    let user = User::new();
    assert!(user.says(&["model", "list"]).contains("no model was added"));
    let said = user.says(&["model", "add", "Tiny"]);
    assert!(
        said.contains("tiny: ") && said.contains("--model tiny"),
        "its name and what to do with it: {said}"
    );
    assert_eq!(names(&user.models()), ["tiny.gguf"], "one file, whole");
    let list = user.json(&["model", "list"]);
    assert_eq!(list[0]["name"], "tiny");
    assert_eq!(list.as_array().map(Vec::len), Some(1), "{list}");
    let kept = user.json(&["cache"]);
    assert_eq!(
        kept["models"][0]["name"], "tiny",
        "'gen3d cache' tells of it"
    );

    let info = user.json(&["model", "info", "tiny"]);
    assert_eq!(info["config"]["transformer"]["width"], 64);
    assert!(info["licence"].as_str().is_some_and(|l| l.contains("MIT")));
    assert_eq!(info["origin"].as_array().map(Vec::len), Some(3), "{info}");
    assert_eq!(info["origin"][2]["licence"], "Apache-2.0", "DINOv2's");
    let types: Vec<_> = (info["types"].as_array().expect("types").iter())
        .map(|t| t["type"].as_str().expect("a name"))
        .collect();
    assert_eq!(types, ["F16", "F32", "Q8_0"], "8 bits are the default");
    let text = user.says(&["model", "info", "tiny"]);
    for word in ["MIT", "Apache-2.0", "PartCrafter", "SHA-256", "16 parts"] {
        assert!(text.contains(word), "info must tell {word}: {text}");
    }

    assert!(user.says(&["model", "verify", "tiny"]).contains("whole"));
    let path = user.models().join("tiny.gguf");
    let mut bytes = fs::read(&path).expect("the model");
    let near_the_end = bytes.len() - 1000;
    bytes[near_the_end] ^= 4;
    fs::write(&path, bytes).expect("damaged");
    user.refuses(
        &["model", "verify", "tiny"],
        1,
        &["tiny.gguf", "damaged", "SHA-256"],
    );

    user.says(&["model", "remove", "tiny"]);
    assert!(names(&user.models()).is_empty(), "it is gone");
    user.refuses(&["model", "remove", "tiny"], 1, &["no model \"tiny\""]);
    user.refuses(&["model", "info", "tiny"], 1, &["gen3d model add"]);
}

#[test]
fn the_origin_is_the_published_files_hash() {
    use sha2::{Digest, Sha256};
    let user = User::new();
    user.says(&["model", "add", "Tiny", "--quiet"]);
    let info = user.json(&["model", "info", "tiny"]);
    let origin = &info["origin"][0];
    assert_eq!(origin["file"], TRANSFORMER);
    let bytes = fs::read(user.file(TRANSFORMER)).expect("a file");
    let hash = format!("{:x}", Sha256::digest(bytes));
    assert_eq!(
        origin["sha256"],
        json!(hash),
        "as the place of publication shows it"
    );
}

#[test]
fn names_are_the_user_s_choice_and_nothing_is_replaced() {
    let user = User::new();
    user.says(&["model", "add", "Tiny", "--name", "one"]);
    user.refuses(
        &["model", "add", "Tiny", "--name", "one"],
        1,
        &["there already", "--name"],
    );
    for name in ["../x", ".x", "a/b", ""] {
        user.refuses(&["model", "add", "Tiny", "--name", name], 1, &["no name"]);
    }
    user.says(&["model", "add", "Tiny", "--name", "two", "--quantize", "f32"]);
    assert_eq!(names(&user.models()), ["one.gguf", "two.gguf"]);
    let elsewhere = user.place.path("elsewhere");
    let elsewhere = elsewhere.to_str().expect("UTF-8");
    user.says(&["model", "add", "Tiny", "--models-dir", elsewhere]);
    assert_eq!(names(Path::new(elsewhere)), ["tiny.gguf"]);
    user.says(&["forget", "--models"]);
    assert!(
        names(&user.models()).is_empty(),
        "'forget --models' removes all"
    );
}

#[test]
fn every_type_holds_the_same_model_and_fewer_bits_are_less_exact() {
    let user = User::new();
    let original = Model::open(&tiny(), &Device::Cpu).expect("the checkpoint");
    let mut worst = Vec::new();
    for kind in ["f32", "f16", "q8_0", "q6_k", "q4_k"] {
        user.says(&["model", "add", "Tiny", "--name", kind, "--quantize", kind]);
        let path = user.models().join(kind).with_extension("gguf");
        let added = Model::open(&path, &Device::Cpu).expect("it opens");
        let mut largest = 0f32;
        for (name, shape) in gen3d::model::store::layout::tensors(original.config()) {
            let values = |m: &Model| m.weights().numbers(&name, &shape).expect("numbers");
            let pairs = values(&original).into_iter().zip(values(&added));
            let error = pairs.fold(0f32, |worst, (a, b)| worst.max((a - b).abs()));
            largest = largest.max(error);
            if shape.len() == 1 {
                assert_eq!(error, 0.0, "{kind}: {name} is a vector and stays exact");
            }
        }
        worst.push(largest);
    }
    assert_eq!(
        worst[..2],
        [0.0, 0.0],
        "the published f16 numbers are all there, heads in order"
    );
    assert!(
        0.0 < worst[2] && worst[2] < worst[3] && worst[3] < worst[4],
        "q8_0, q6_k, q4_k: {worst:?}"
    );
}

#[test]
fn a_gguf_made_so_is_accepted_and_keeps_its_numbers() {
    let user = User::new();
    user.says(&["model", "add", "Tiny", "--name", "first"]);
    let first = user.models().join("first.gguf");
    let path = first.to_str().expect("UTF-8");
    user.says(&["model", "add", path, "--name", "second"]);
    let info = |name: &str| user.json(&["model", "info", name]);
    let (one, two) = (info("first"), info("second"));
    assert_eq!(one["sha256"], two["sha256"], "the same tensors");
    assert_eq!(one["origin"], two["origin"], "of the same origin");
    assert_eq!(two["name"], "second");
    user.refuses(
        &[
            "model",
            "add",
            path,
            "--name",
            "third",
            "--quantize",
            "q4_k",
        ],
        1,
        &["as it is"],
    );
    let mut bytes = fs::read(&first).expect("the model");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(user.place.path("bad.gguf"), &bytes).expect("written");
    user.refuses(&["model", "add", "bad.gguf"], 1, &["bad.gguf", "damaged"]);
    fs::write(user.place.path("half.gguf"), &bytes[..middle]).expect("written");
    user.refuses(
        &["model", "add", "half.gguf"],
        1,
        &["half.gguf", "truncated"],
    );
}

#[test]
fn a_directory_that_lacks_a_component_is_refused_by_name() {
    for gone in [
        TRANSFORMER,
        "transformer/config.json",
        "vae/diffusion_pytorch_model.safetensors",
        "image_encoder_dinov2/model.safetensors",
        "scheduler/scheduler_config.json",
        "feature_extractor_dinov2/preprocessor_config.json",
    ] {
        let user = User::new();
        fs::remove_file(user.file(gone)).expect("it was there");
        user.refuses(&["model", "add", "Tiny"], 1, &[gone]);
    }
    let user = User::new();
    user.refuses(&["model", "add", "nowhere"], 1, &["nowhere"]);
    user.refuses(&["model", "add", "photo.png"], 1, &["photo.png", "GGUF"]);
}

#[test]
fn damaged_and_hostile_directories_are_refused_with_the_reason() {
    let spoilt = |spoil: &dyn Fn(&mut Safetensors), words: &[&str]| {
        let user = User::new();
        let path = user.file(TRANSFORMER);
        let mut file = Safetensors::read(&path);
        spoil(&mut file);
        file.write(&path);
        user.refuses(&["model", "add", "Tiny"], 1, words);
    };
    let (query, key) = ("blocks.1.attn1.to_q.weight", "blocks.1.attn1.to_k.weight");
    spoilt(
        &|f| f.tensor(key)[..2].copy_from_slice(&[0, 0x7e]), // not a number, in f16
        &["blocks.1.attn1.to_", "not numbers"],
    );
    spoilt(
        &|f| f.tensor("blocks.2.norm1.bias")[..2].copy_from_slice(&[0, 0x7c]), // infinity
        &["blocks.2.norm1.bias", "not numbers"],
    );
    spoilt(
        &|f| f.header[query]["data_offsets"] = f.header[key]["data_offsets"].clone(),
        &["damaged", "offset"],
    );
    spoilt(
        &|f| f.header[query]["data_offsets"] = json!([0, u64::MAX / 2]),
        &["damaged"],
    );
    spoilt(
        &|f| f.header[query]["shape"] = json!([1u64 << 40, 1u64 << 40]),
        &[TRANSFORMER, "damaged", "overflow"],
    );
    spoilt(
        &|f| f.header[query]["shape"] = json!([32, 128]),
        &[query, "[32, 128]", "[64, 64]"],
    );
    spoilt(
        &|f| f.header[query]["dtype"] = json!("I16"),
        &[query, "I16"],
    );
    spoilt(&|f| f.remove(query), &[query, "missing"]);
    spoilt(&|f| f.data.truncate(1000), &["truncated"]);
    let user = User::new();
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 2879243392\n";
    fs::write(user.file(TRANSFORMER), pointer).expect("written");
    user.refuses(&["model", "add", "Tiny"], 1, &[TRANSFORMER, "git lfs pull"]);
    fs::write(user.file(TRANSFORMER), [0xff; 64]).expect("written");
    user.refuses(&["model", "add", "Tiny"], 1, &[TRANSFORMER, "does not fit"]);
}

#[test]
fn tensors_of_another_architecture_are_told_of() {
    let user = User::new();
    let mut file = Safetensors::read(&user.file(TRANSFORMER));
    let (start, end) = (file.data.len(), file.data.len() + 4);
    file.data.extend([0; 4]);
    file.header["adapter.weight"] =
        json!({"dtype": "F16", "shape": [1, 2], "data_offsets": [start, end]});
    file.write(&user.file(TRANSFORMER));
    let output = user.run(&["model", "add", "Tiny"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && said.contains("adapter.weight"),
        "{said}"
    );
}

/// The names and mean colours of the parts in a GLB.
fn parts(path: &Path) -> Vec<(String, [f32; 3])> {
    let (document, buffers, _) = gltf::import(path).expect("a GLB");
    let part = |node: gltf::Node<'_>| {
        let primitive = node.mesh()?.primitives().next()?;
        let colours = primitive.reader(|buffer| Some(&buffers[buffer.index()]));
        let colours: Vec<[f32; 3]> = colours.read_colors(0)?.into_rgb_f32().collect();
        let mean = |i: usize| colours.iter().map(|c| c[i]).sum::<f32>() / colours.len() as f32;
        Some((node.name()?.to_owned(), [mean(0), mean(1), mean(2)]))
    };
    document.nodes().filter_map(part).collect()
}

const SMALL: [&str; 12] = [
    "--texture",
    "off",
    "--tokens",
    "16",
    "--steps",
    "3",
    "--resolution",
    "24",
    "--device",
    "cpu",
    "--faces",
    "3000",
];

#[test]
fn an_added_model_makes_as_many_parts_as_it_is_told_each_in_its_colour() {
    let user = User::new();
    user.says(&["model", "add", "Tiny"]);
    let make = |more: &[&str]| {
        let line = ["photo.png", "-o", "out.glb", "--model", "tiny", "--json"];
        let line = [&line[..], &SMALL, more].concat();
        let report: Value = serde_json::from_str(&user.says(&line)).expect("JSON");
        assert_eq!(report["model"]["name"], "tiny");
        (parts(&user.place.path("out.glb")), report)
    };
    let (three, _) = make(&["--parts", "3"]);
    let names: Vec<_> = three.iter().map(|(name, _)| &name[..]).collect();
    assert_eq!(names, ["part_01", "part_02", "part_03"]);
    for (i, (name, one)) in three.iter().enumerate() {
        for (other, two) in &three[..i] {
            let far = (0..3).map(|k| (one[k] - two[k]).powi(2)).sum::<f32>();
            assert!(far > 0.02, "{name} and {other} look alike: {one:?} {two:?}");
        }
    }
    let (five, report) = make(&["--parts", "5"]);
    assert_eq!(
        report["cached"], false,
        "another number of parts is another result"
    );
    assert!(five.len() > 3, "five parts, or nearly: {}", five.len());
    let (_, report) = make(&["--parts", "5", "--height", "7cm"]);
    assert_eq!(report["cached"], true, "another height is the same result");
    let (_, report) = make(&["--parts", "5", "--part-ids", "per-object"]);
    assert_eq!(report["cached"], false, "other part ids are another result");
    let (_, report) = make(&["--parts", "5", "--solver", "multistep"]);
    assert_eq!(report["cached"], false, "another solver is another result");
}

#[test]
fn parts_are_counted_in_the_picture_where_that_is_asked_for() {
    let user = User::new();
    user.says(&["model", "add", "Tiny"]);
    let line = ["photo.png", "-o", "out.glb", "--model", "tiny", "--parts"];
    let make = |number: &str, more: &[&str]| {
        let output = user.run(&[&line[..], &[number], &SMALL, more].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        let mut figurine = fs::read(user.place.path("out.glb")).expect("a figurine");
        // Whether the number was counted is told by its mark, and by nothing else.
        let mark = b"\"made_with\":\"";
        let at = figurine.windows(mark.len()).position(|part| part == mark);
        let at = at.expect("its mark") + mark.len();
        figurine[at..at + 32].fill(b'0');
        (said, figurine)
    };
    let (said, auto) = make("auto", &[]);
    let told = said
        .split("it seems to have ")
        .nth(1)
        .expect("the number is told");
    let number = told.split(' ').next().expect("a number");
    assert!((1..=10).contains(&number.parse().unwrap_or(0)), "{said}");
    let (_, asked) = make(number, &[]);
    assert!(auto == asked, "the same as of {number} parts");
    let (said, kept) = make("auto", &["-v"]);
    assert!(
        kept == auto && !said.contains("imagining") && !said.contains("counting"),
        "kept: {said}"
    );
}

#[test]
fn what_a_model_cannot_do_is_a_usage_error_before_any_work() {
    let user = User::new();
    user.says(&["model", "add", "Tiny"]);
    let refuses = |more: &[&str], words: &[&str]| {
        let line = [&["photo.png", "-o", "out.glb"][..], &SMALL, more].concat();
        user.refuses(&line, 2, words);
    };
    refuses(&["--model", "tiny", "--parts", "17"], &["1 to 16"]);
    refuses(&["--model", "tiny", "--parts", "0"], &["1 to 16"]);
    refuses(
        &["--model", "tiny", "--parts", "many"],
        &["1 to 16, or auto"],
    );
    refuses(
        &["--model", "tiny", "--style", "chibi"],
        &["--style chibi", "have no names"],
    );
    refuses(&["--parts", "auto"], &["always makes 10 parts"]);
    refuses(&["--parts", "3"], &["always makes 10 parts"]);
    let line = ["photo.png", "-o", "out.glb", "--model", "tinny"];
    user.refuses(&line, 1, &["no model \"tinny\"", "tiny"]);
}

#[test]
fn scenes_have_eight_parts_at_most() {
    let user = User::new();
    tiny::copy(&user.place.path("PartCrafter-Scene"));
    user.says(&["model", "add", "PartCrafter-Scene"]);
    let text = user.says(&["model", "info", "partcrafter-scene"]);
    assert!(text.contains("1 to 8 parts"), "{text}");
    let line = [
        "photo.png",
        "-o",
        "out.glb",
        "--model",
        "partcrafter-scene",
        "--parts",
        "9",
    ];
    for ids in ["reference", "per-object"] {
        let line = [&line[..], &["--part-ids", ids]].concat();
        user.refuses(&line, 2, &["9 parts", "at most 8"]);
    }
}

#[test]
fn triposg_is_one_part_without_an_embedding() {
    let user = User::new();
    // TripoSG's configuration lacks what PartCrafter added; its weights lack the embedding.
    let path = user.file("transformer/config.json");
    let mut config: Value = serde_json::from_slice(&fs::read(&path).expect("read")).expect("JSON");
    let keys = config.as_object_mut().expect("an object");
    keys.retain(|key, _| {
        !key.contains("part") && !key.contains("global") && !key.contains("local")
    });
    fs::write(&path, config.to_string()).expect("written");
    let mut weights = Safetensors::read(&user.file(TRANSFORMER));
    weights.remove("part_embedding.weight");
    weights.write(&user.file(TRANSFORMER));
    user.says(&["model", "add", "Tiny", "--name", "triposg"]);
    let text = user.says(&["model", "info", "triposg"]);
    assert!(
        text.contains("one mesh") && text.contains("TripoSG"),
        "{text}"
    );
    let line = ["photo.png", "-o", "out.glb", "--model", "triposg"];
    user.says(&[&line[..], &SMALL].concat());
    let names: Vec<_> = parts(&user.place.path("out.glb"));
    assert_eq!(names.len(), 1);
    assert_eq!(names[0].0, "part_01");
    let auto = user.says(&[&line[..], &SMALL, &["--parts", "auto", "--no-cache", "-v"]].concat());
    assert!(
        !auto.contains("counting"),
        "there is nothing to count: {auto}"
    );
    user.refuses(
        &[&line[..], &SMALL, &["--parts", "2"]].concat(),
        2,
        &["at most 1"],
    );
}
