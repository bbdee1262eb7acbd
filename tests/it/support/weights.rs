//! Weights files made on the spot, for tests and examples.

use std::io::Cursor;

use anyhow::{Context, Result};
use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use gen3d::base::seed;
use gen3d::model::config::Config;
use gen3d::model::store::layout;
use sha2::{Digest, Sha256};

/// A figurine's configuration at the sizes of the model that comes with the program.
pub const FIGURINE: &str = r#"{
  "transformer": {"num_attention_heads":4,"width":256,"in_channels":32,"num_layers":9,"cross_attention_dim":256,
    "max_num_parts":10,"enable_part_embedding":true,"enable_local_cross_attn":true,
    "enable_global_cross_attn":true,"global_attn_block_ids":[0,2,4,6,8],"token_embedding":9},
  "vae": {"latent_channels":16,"num_attention_heads":4,"width_decoder":128,"num_layers_decoder":4,
    "embedding_type":"frequency","embed_frequency":6,"embed_include_pi":false,"out_channels":4,
    "field":"signed_distance"},
  "image_encoder": {"hidden_size":256,"num_hidden_layers":4,"num_attention_heads":4,"mlp_ratio":4,
    "patch_size":16,"image_size":128,"layer_norm_eps":1e-6},
  "feature_extractor": {"shortest_edge":146,"crop":128,"mean":[0.485,0.456,0.406],"std":[0.229,0.224,0.225]},
  "scheduler": {"num_train_timesteps":1000,"shift":1.0},
  "sampling": {"tokens":9,"steps":20,"guidance":2.0,"part_ids":"per_object"},
  "figurine": {"slots":["base","legs","torso","arm_left","arm_right","head","hair","item_left","item_right","back"],
    "pack":2,"truncation":0.1,"box_token":true,"main_colour":true,
    "face":{"slot":"head","weights":12,"side":8,"width":32,"blocks":2,"steps":4,"painter":{"finer":2,"width":8,"blocks":1}}},
  "condition": {"views":["front","left","right","back"]},
  "text_encoder": {"words":12,"word_size":96,"length":32,"hidden_size":256,"num_hidden_layers":2,"num_attention_heads":4,"mlp_ratio":4,"layer_norm_eps":1e-6}
}"#;

/// The words that [`FIGURINE`] has vectors of.
pub const WORDS: &str = "a\nknight\nwizard\nwith\nred\nblue\nrobe\nsword\nhat\nthe\ncape\nin";

/// One GGUF with a hash that fits.
pub fn gguf(config: &str, mut tensors: Vec<(String, QTensor)>) -> Result<Vec<u8>> {
    tensors.sort_by(|a, b| a.0.cmp(&b.0));
    let mut hash = Sha256::new();
    for (name, tensor) in &tensors {
        hash.update(name.as_bytes());
        hash.update(tensor.data()?);
    }
    let hash: String = hash
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let text = |text: &str| Value::String(text.to_owned());
    let metadata = [
        ("general.architecture", text("gen3d")),
        ("general.name", text("random")),
        ("general.license", text("CC0-1.0")),
        (
            "general.source",
            text("random numbers for tests: they mean nothing"),
        ),
        ("gen3d.config", text(config)),
        ("gen3d.words", text(WORDS)),
        ("gen3d.sha256", text(&hash)),
    ];
    let metadata: Vec<_> = metadata.iter().map(|(key, value)| (*key, value)).collect();
    let tensors: Vec<_> = tensors
        .iter()
        .map(|(name, tensor)| (name.as_str(), tensor))
        .collect();
    let mut file = Cursor::new(Vec::new());
    gguf_file::write(&mut file, &metadata, &tensors)?;
    Ok(file.into_inner())
}

/// Random weights for a configuration: seeded, and scaled so that every stage gives lively numbers.
/// Matrices whose rows are whole blocks are stored as `kind`, all else in f32.
pub fn random(config: &str, seed: u64, kind: GgmlDType) -> Result<Vec<u8>> {
    random_but(config, seed, kind, |_, _| ())
}

/// The same, with tensors that `change` sets: it gets each one's name and values.
pub fn random_but(
    config: &str,
    seed: u64,
    kind: GgmlDType,
    mut change: impl FnMut(&str, &mut [f32]),
) -> Result<Vec<u8>> {
    let parsed = Config::from_json(config)?;
    let mut tensors = Vec::new();
    for (index, (name, shape)) in layout::tensors(&parsed).into_iter().enumerate() {
        let noise = seed::noise(seed << 16 | index as u64, shape.iter().product());
        let mut values = shaped(&name, &shape, noise);
        change(&name, &mut values);
        let tensor = Tensor::from_vec(values, shape, &Device::Cpu)?;
        tensors.push((name.clone(), store(&name, &tensor, kind)?));
    }
    gguf(config, tensors)
}

/// Turns standard normal noise into a tensor of a role that its name tells.
pub fn shaped(name: &str, shape: &[usize], noise: Vec<f32>) -> Vec<f32> {
    let is = |end: &str| name.ends_with(end);
    let inputs: usize = shape[1..].iter().product();
    let (mean, spread) = match name {
        "latent.std" => (1.0, 0.0),
        "latent.mean" => (0.0, 0.0),
        "colour.mean" => (0.5, 0.0),
        "colour.std" => (0.2, 0.0),
        "face.mean" | "face.basis" => (0.0, 0.1),
        // parts of a third of the figure's size, here and there in the middle
        "box.std" => return vec![0.3, 0.3, 0.3, 0.2, 0.2, 0.2],
        "box.mean" => return vec![0.0, 0.0, 0.0, -1.1, -1.1, -1.1],
        // the distance leans outwards, the colours to the middle of their range
        "vae.decoder.proj_out.bias" => return [0.5, 0.5, 0.5, 0.5][..shape[0]].to_vec(),
        "vae.decoder.proj_out.weight" => (0.0, 0.5 / (inputs as f32).sqrt()),
        _ if is("lambda1") => (0.5, 0.1),
        _ if name.contains("norm") && is(".weight") => (1.0, 0.1),
        _ if is(".bias") => (0.0, 0.1),
        _ if name.contains("embedding") || name.contains("null") || name.contains("token") => {
            (0.0, 0.5)
        }
        _ => (0.0, 1.0 / (inputs as f32).sqrt()),
    };
    noise.into_iter().map(|x| mean + spread * x).collect()
}

fn store(name: &str, tensor: &Tensor, kind: GgmlDType) -> Result<QTensor> {
    let fits = tensor.rank() == 2
        && name.ends_with(".weight")
        && !name.contains("embedding")
        && !name.starts_with("condition.")
        && tensor.dim(1)?.is_multiple_of(kind.block_size());
    let kind = if fits { kind } else { GgmlDType::F32 };
    QTensor::quantize(tensor, kind).with_context(|| format!("cannot store {name} as {kind:?}"))
}
