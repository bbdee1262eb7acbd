//! Weights files that are damaged, foreign or made to do harm: each gives an error that says what is
//! wrong, never a panic.

use std::fs;
use std::path::Path;

use candle_core::quantized::GgmlDType;
use candle_core::quantized::QTensor;
use candle_core::{Device, Tensor};
use gen3d::model::Model;
use gen3d::model::config::Config;

use crate::support::weights;

fn good() -> Vec<u8> {
    weights::random(weights::FIGURINE, 1, GgmlDType::Q8_0).expect("random weights")
}

fn open(bytes: &[u8]) -> Result<Model, String> {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("model.gguf");
    fs::write(&path, bytes).expect("written");
    Model::open(&path, &Device::Cpu).map_err(|error| format!("{error:#}"))
}

fn refusal(bytes: &[u8]) -> String {
    match open(bytes) {
        Ok(_) => panic!("a bad file was taken"),
        Err(error) => error,
    }
}

/// Where `text` starts in the file.
fn find(bytes: &[u8], text: &str) -> usize {
    bytes
        .windows(text.len())
        .position(|window| window == text.as_bytes())
        .expect("text is in the file")
}

#[test]
fn a_good_file_opens_and_its_hash_holds() {
    let model = open(&good()).expect("a good file");
    assert_eq!(model.info().licence, "CC0-1.0");
    model.verify().expect("the hash fits");
    assert_eq!(
        model.config().figurine.as_ref().map(|f| f.slots.len()),
        Some(10)
    );
}

#[test]
fn truncated_files_are_refused_wherever_they_end() {
    let file = good();
    let header = find(&file, "vae.post_quant.weight");
    for length in (0..header)
        .step_by(97)
        .chain([file.len() / 2, file.len() - 1])
    {
        let error = refusal(&file[..length]);
        assert!(
            error.contains("truncated") || error.contains("GGUF"),
            "{length} bytes: {error}"
        );
    }
}

#[test]
fn a_flipped_bit_in_the_data_is_found_by_the_hash() {
    let mut file = good();
    let last = file.len() - 1000;
    file[last] ^= 1;
    let error = refusal(&file);
    assert!(
        error.contains("SHA-256") && error.contains("damaged"),
        "{error}"
    );
}

#[test]
fn headers_that_lie_are_refused_without_allocating_what_they_claim() {
    let file = good();
    let name = find(&file, "box.mean");
    let (counts, length, dims) = (8, name - 8, name + 8 + 4);
    let with = |at: usize, value: &[u8]| {
        let mut file = file.clone();
        file[at..at + value.len()].copy_from_slice(value);
        refusal(&file)
    };
    let huge = u64::MAX.to_le_bytes();
    let big = (1u64 << 62).to_le_bytes();
    let error = with(counts, &huge);
    assert!(
        error.contains("tensor table"),
        "the number of tensors: {error}"
    );
    let error = with(counts + 8, &huge);
    assert!(error.contains("metadata"), "the number of values: {error}");
    assert!(
        with(length, &huge).contains("truncated"),
        "the length of a name"
    );
    assert!(with(dims, &big).contains("overflow"), "a side of a tensor");
    assert!(
        with(dims + 8, &99u32.to_le_bytes()).contains("element type 99"),
        "an unknown type"
    );
    assert!(
        with(dims + 12, &big).contains("truncated"),
        "an offset far outside"
    );
    assert!(
        with(dims + 12, &1u64.to_le_bytes()).contains("aligned"),
        "an odd offset"
    );
    assert!(
        with(0, b"PK\x03\x04").contains("not a GGUF file"),
        "another kind of file"
    );
    assert!(
        with(4, &9u32.to_le_bytes()).contains("version 9"),
        "a version of the future"
    );
}

#[test]
fn two_tensors_in_one_place_are_refused() {
    let mut file = good();
    let (first, second) = (find(&file, "box.mean"), find(&file, "box.std"));
    let offset = |name: usize, length: usize| name + length + 4 + 8 + 4;
    let (from, to) = (offset(first, 8), offset(second, 7));
    let place = file[from..from + 8].to_vec();
    file[to..to + 8].copy_from_slice(&place);
    let error = refusal(&file);
    assert!(
        error.contains("overlap") && error.contains("box.std"),
        "{error}"
    );
}

#[test]
fn another_program_s_model_and_an_incomplete_one_are_refused_by_name() {
    let tensor = Tensor::zeros((2, 2), candle_core::DType::F32, &Device::Cpu).expect("zeros");
    let tensor = QTensor::quantize(&tensor, GgmlDType::F32).expect("stored");
    let file = weights::gguf(
        weights::FIGURINE,
        vec![("token_embd.weight".into(), tensor)],
    )
    .expect("a file");
    let error = refusal(&file);
    assert!(
        error.contains("cls_token") && error.contains("is missing") && error.contains("more"),
        "{error}"
    );
    let mut foreign = good();
    let at = find(&foreign, "gen3d");
    foreign[at..at + 5].copy_from_slice(b"llama");
    assert!(
        refusal(&foreign).contains("another program"),
        "{}",
        refusal(&foreign)
    );
}

#[test]
fn weights_that_are_not_numbers_are_refused_on_loading() {
    let file = weights::random(weights::FIGURINE, 1, GgmlDType::F32).expect("random weights");
    let model = Model::from_bytes(file.leak(), &Device::Cpu).expect("opens");
    let mut tensors = Vec::new();
    for (name, shape) in gen3d::model::store::layout::tensors(model.config()) {
        let mut tensor = model.weights().tensor(&name, &shape).expect("tensor");
        if name == "image_encoder.encoder.layer.2.mlp.fc1.weight" {
            tensor = (tensor * f64::NAN).expect("not numbers");
        }
        tensors.push((
            name,
            QTensor::quantize(&tensor, GgmlDType::F32).expect("stored"),
        ));
    }
    let model = open(&weights::gguf(weights::FIGURINE, tensors).expect("a file"))
        .expect("opens: only loading tells");
    let pixels = model.pixels(&image::RgbImage::new(9, 9)).expect("pixels");
    let error = format!(
        "{:#}",
        model
            .encode(&[("front", pixels)], None)
            .expect_err("not numbers")
    );
    assert!(
        error.contains("not numbers") && error.contains("layer.2.mlp.fc1"),
        "{error}"
    );
}

#[test]
fn configurations_that_make_no_sense_are_refused() {
    let base: serde_json::Value = serde_json::from_str(weights::FIGURINE).expect("json");
    let cases = [
        ("/transformer/num_attention_heads", "0"),
        ("/transformer/width", "18446744073709551615"),
        ("/transformer/num_attention_heads", "3"),
        ("/vae/embedding_type", "\"learned\""),
        ("/vae/out_channels", "3"),
        ("/vae/embed_frequency", "64"),
        ("/figurine/pack", "3"),
        ("/figurine/truncation", "-1"),
        ("/figurine/slots", "[]"),
        ("/figurine/main_colour", "false"),
        ("/figurine/face/slot", "\"nose\""),
        ("/figurine/face/weights", "0"),
        ("/figurine/face/weights", "18446744073709551615"),
        ("/figurine/face/steps", "0"),
        ("/figurine/face/blocks", "65"),
        ("/figurine/face/width", "0"),
        ("/figurine/face/side", "0"),
        ("/figurine/face/side", "7"),
        ("/figurine/face/side", "18446744073709551615"),
        ("/figurine/face/painter/finer", "0"),
        ("/figurine/face/painter/width", "1025"),
        ("/figurine/face/painter/blocks", "65"),
        ("/scheduler/shift", "0"),
        ("/feature_extractor/crop", "129"),
        ("/image_encoder/patch_size", "0"),
        ("/image_encoder/hidden_size", "512"),
        ("/sampling/tokens", "8"),
        ("/condition/views", "[]"),
    ];
    for (path, value) in cases {
        let mut config = base.clone();
        *config.pointer_mut(path).expect(path) = serde_json::from_str(value).expect("json");
        assert!(
            Config::from_json(&config.to_string()).is_err(),
            "{path} = {value} was taken"
        );
    }
    assert!(
        Config::from_json("{}").is_ok(),
        "all published defaults fit together"
    );
    assert!(Config::from_json("[").is_err() && Config::from_json("").is_err());
}

#[test]
fn a_published_directory_that_is_incomplete_or_damaged_says_which_file() {
    let tiny = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tiny");
    let with = |file: &str, change: &dyn Fn(Vec<u8>) -> Option<Vec<u8>>| -> String {
        let directory = tempfile::tempdir().expect("a directory");
        copy(&tiny, directory.path());
        let path = directory.path().join(file);
        match change(fs::read(&path).expect("a file of the fixtures")) {
            Some(bytes) => fs::write(&path, bytes).expect("written"),
            None => fs::remove_file(&path).expect("removed"),
        }
        match Model::open(directory.path(), &Device::Cpu) {
            Ok(_) => panic!("{file}: taken"),
            Err(error) => format!("{error:#}"),
        }
    };
    let weights = "vae/diffusion_pytorch_model.safetensors";
    for file in [
        weights,
        "transformer/config.json",
        "image_encoder_dinov2/model.safetensors",
    ] {
        let name = file.rsplit('/').next().expect("a name");
        assert!(with(file, &|_| None).contains(name), "a missing {file}");
        assert!(
            with(file, &|bytes| Some(bytes[..bytes.len() / 2].to_vec())).contains(name),
            "half of {file}"
        );
        assert!(
            with(file, &|_| Some(Vec::new())).contains(name),
            "an empty {file}"
        );
    }
    let lie = |mut bytes: Vec<u8>| {
        bytes[..8].copy_from_slice(&u64::MAX.to_le_bytes());
        Some(bytes)
    };
    assert!(
        with(weights, &lie).contains("does not fit"),
        "a header longer than the file"
    );
    let narrow = |bytes: Vec<u8>| {
        String::from_utf8(bytes)
            .ok()
            .map(|t| t.replace("\"width\": 64", "\"width\": 128").into_bytes())
    };
    let error = with("transformer/config.json", &narrow);
    assert!(
        error.contains("transformer.time_proj.linear_1.weight") && error.contains("[512, 128]"),
        "{error}"
    );
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("the fixtures") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir(&target).expect("a directory");
            copy(&entry.path(), &target);
        } else if !entry.file_name().to_string_lossy().starts_with("golden") {
            fs::copy(entry.path(), &target).expect("copied");
        }
    }
}

#[test]
fn the_weights_that_come_with_the_program_are_whole() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/figurine.gguf");
    let model = Model::open(&path, &Device::Cpu).expect("the weights in assets open");
    assert!(
        !model.info().sha256.is_empty(),
        "they must state their hash"
    );
    assert!(
        !model.info().licence.is_empty() && !model.info().source.is_empty(),
        "and licence and origin"
    );
    for (name, shape) in gen3d::model::store::layout::tensors(model.config()) {
        model
            .weights()
            .tensor(&name, &shape)
            .expect("every tensor loads and holds numbers");
    }
}
