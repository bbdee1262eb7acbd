//! Writes a checkpoint of random numbers in the published layout: the same keys, shapes and element
//! types, so that everything can be tried at full size without a download. What it makes means nothing.
//!
//!     cargo run --release --example random_checkpoint -- DIRECTORY [full|slice|small] [SEED]
//!
//! `full` is PartCrafter's size (4.0 GB), `slice` as wide but with 5 of the transformer's 21 blocks and 2 layers
//! of everything else, `small` one whose rows are long enough for every quantization.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use gen3d::base::seed;
use gen3d::model::config::{Config, ImageEncoderConfig, TransformerConfig, VaeConfig};
use gen3d::model::store::layout;
use half::f16;
use serde_json::{Map, Value, json};

#[allow(dead_code)] // tests use the rest
#[path = "../tests/it/support/weights.rs"]
mod weights;

/// Prefix in our names, file, and number of keys at full size.
const COMPONENTS: [(&str, &str, usize); 3] = [
    (
        "transformer.",
        "transformer/diffusion_pytorch_model.safetensors",
        555,
    ),
    ("vae.", "vae/diffusion_pytorch_model.safetensors", 356),
    (
        "image_encoder.",
        "image_encoder_dinov2/model.safetensors",
        439,
    ),
];

/// The half of the autoencoder that is published and not used: its width and its blocks after the first.
const ENCODER: (usize, usize) = (512, 8);

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: random_checkpoint DIRECTORY [full|slice|small] [SEED]";
    let directory = arguments.next().context(usage)?;
    let size = arguments.next().unwrap_or("full".into());
    let seed: u64 = arguments.next().map_or(Ok(0), |seed| seed.parse())?;
    let config = match &size[..] {
        "full" => full(),
        "slice" => slice(),
        "small" => small(),
        _ => bail!(usage),
    };
    config.validate()?;
    let directory = Path::new(&directory);
    ensure!(
        !directory.exists(),
        "{} is there already",
        directory.display()
    );
    write_configs(directory, &config)?;
    let mut tensors = layout::tensors(&config);
    tensors.extend(unused(&config));
    for (prefix, file, keys) in COMPONENTS {
        let mine: Vec<_> = tensors.iter().filter(|t| t.0.starts_with(prefix)).collect();
        ensure!(
            size != "full" || mine.len() == keys,
            "{file}: {} keys, {keys} are published",
            mine.len()
        );
        write_weights(&directory.join(file), prefix, &mine, seed)?;
    }
    Ok(())
}

fn full() -> Config {
    let mut config = Config::default();
    config.transformer.global_attn_block_ids = Some((0..21).step_by(2).collect());
    config
}

fn slice() -> Config {
    let mut config = full();
    config.transformer.num_layers = 5;
    config.transformer.global_attn_block_ids = Some(vec![0, 2, 4]);
    config.image_encoder.num_hidden_layers = 2;
    config.vae.num_layers_decoder = 2;
    config
}

fn small() -> Config {
    Config {
        transformer: TransformerConfig {
            num_attention_heads: 4,
            width: 512,
            in_channels: 16,
            num_layers: 7,
            cross_attention_dim: 256,
            global_attn_block_ids: Some(vec![0, 2, 4, 6]),
            ..TransformerConfig::default()
        },
        vae: VaeConfig {
            latent_channels: 16,
            num_attention_heads: 4,
            width_decoder: 256,
            num_layers_decoder: 4,
            ..VaeConfig::default()
        },
        image_encoder: ImageEncoderConfig {
            hidden_size: 256,
            num_hidden_layers: 4,
            num_attention_heads: 4,
            ..ImageEncoderConfig::default()
        },
        ..Config::default()
    }
}

fn write_configs(directory: &Path, config: &Config) -> Result<()> {
    let extractor = &config.feature_extractor;
    let files = [
        (
            "model_index.json",
            json!({"_class_name": "PartCrafterPipeline"}),
        ),
        ("transformer/config.json", json!(config.transformer)),
        ("vae/config.json", json!(config.vae)),
        (
            "image_encoder_dinov2/config.json",
            json!(config.image_encoder),
        ),
        ("scheduler/scheduler_config.json", json!(config.scheduler)),
        (
            "feature_extractor_dinov2/preprocessor_config.json",
            json!({"size": {"shortest_edge": extractor.shortest_edge},
                "crop_size": {"height": extractor.crop, "width": extractor.crop},
                "image_mean": extractor.mean, "image_std": extractor.std}),
        ),
    ];
    for (name, value) in files {
        let path = directory.join(name);
        fs::create_dir_all(path.parent().context("a folder")?)?;
        fs::write(path, serde_json::to_vec_pretty(&value)?)?;
    }
    Ok(())
}

/// What is published beside what the engine asks for.
fn unused(config: &Config) -> Vec<layout::Tensor> {
    let ((d, blocks), vae) = (ENCODER, &config.vae);
    let mut list: Vec<layout::Tensor> = Vec::new();
    let hidden = config.image_encoder.hidden_size;
    list.push((
        "image_encoder.embeddings.mask_token".into(),
        vec![1, hidden],
    ));
    let mut both = |name: String, shape: Vec<usize>| {
        list.push((format!("vae.{name}.bias"), vec![shape[0]]));
        list.push((format!("vae.{name}.weight"), shape));
    };
    both("quant".into(), vec![2 * vae.latent_channels, d]);
    both(
        "encoder.proj_in".into(),
        vec![d, 6 + 6 * vae.embed_frequency],
    );
    both("encoder.norm_out".into(), vec![d]);
    let mut plain = Vec::new();
    for i in 0..=blocks {
        let block = format!("encoder.blocks.{i}");
        let attention = if i == 0 { "attn2" } else { "attn1" };
        both(
            format!("{block}.norm{}", if i == 0 { 2 } else { 1 }),
            vec![d],
        );
        if i == 0 {
            both(format!("{block}.attn2.norm_cross"), vec![d]);
        }
        for member in ["q", "k", "v"] {
            let name = format!("vae.{block}.{attention}.to_{member}.weight");
            plain.push((name, vec![d, d]));
        }
        both(format!("{block}.{attention}.to_out.0"), vec![d, d]);
        both(format!("{block}.norm3"), vec![d]);
        both(format!("{block}.ff.net.0.proj"), vec![4 * d, d]);
        both(format!("{block}.ff.net.2"), vec![d, 4 * d]);
    }
    list.extend(plain);
    list
}

/// One safetensors file in f16, a tensor at a time.
fn write_weights(path: &Path, prefix: &str, tensors: &[&layout::Tensor], seed: u64) -> Result<()> {
    let mut header = Map::new();
    let mut offset = 0;
    for (name, shape) in tensors {
        let end = offset + 2 * shape.iter().product::<usize>();
        let entry = json!({"dtype": "F16", "shape": shape, "data_offsets": [offset, end]});
        header.insert(name.replacen(prefix, "", 1), entry);
        offset = end;
    }
    let mut header = Value::Object(header).to_string();
    header += &" ".repeat(header.len().next_multiple_of(8) - header.len());
    let mut file = BufWriter::new(File::create(path)?);
    file.write_all(&(header.len() as u64).to_le_bytes())?;
    file.write_all(header.as_bytes())?;
    for (index, (name, shape)) in tensors.iter().enumerate() {
        let noise = seed::noise(seed << 16 | index as u64, shape.iter().product());
        let values = weights::shaped(name, shape, noise);
        let bytes: Vec<u8> = (values.into_iter())
            .flat_map(|x| f16::from_f32(x).to_le_bytes())
            .collect();
        file.write_all(&bytes)?;
    }
    file.flush()?;
    eprintln!(
        "{}: {} tensors, {offset} bytes",
        path.display(),
        tensors.len()
    );
    Ok(())
}
