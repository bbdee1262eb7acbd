//! The directory layout of the published [checkpoints](crate::guide::networks#checkpoints).

use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::base::file;
use crate::model::config::{
    Config, FeatureExtractorConfig, ImageEncoderConfig, SamplingConfig, SchedulerConfig,
    TransformerConfig, VaeConfig,
};

/// Each component's prefix in our names, and its file.
pub const WEIGHTS: [(&str, &str); 3] = [
    (
        "transformer.",
        "transformer/diffusion_pytorch_model.safetensors",
    ),
    ("vae.", "vae/diffusion_pytorch_model.safetensors"),
    ("image_encoder.", "image_encoder_dinov2/model.safetensors"),
];

/// No configuration is longer; a file that is was not meant.
const MAX_JSON: u64 = 1 << 20;
/// Parts that PartCrafter-Scene makes, at most (see [part ids](crate::guide::networks#guidance-and-part-ids)).
const SCENE_PARTS: usize = 8;

/// Of a component's weights, by its prefix in our names.
pub fn licence(component: &str) -> &'static str {
    match component {
        "image_encoder." => "Apache-2.0",
        _ => "MIT",
    }
}

/// Whose architecture this is, and where it is published.
pub fn work(config: &Config) -> &'static str {
    match config.transformer.enable_part_embedding {
        true => "PartCrafter (github.com/wgsxm/PartCrafter)",
        false => "TripoSG (github.com/VAST-AI-Research/TripoSG)",
    }
}

/// Whether a tensor belongs to what is published but not used: the half of the autoencoder that makes
/// latents, and a token of the encoder's training.
pub fn is_left_out(name: &str) -> bool {
    name.starts_with("vae.encoder.")
        || name.starts_with("vae.quant.")
        || name == "image_encoder.embeddings.mask_token"
}

/// Reads the `config.json` files of a published directory.
pub fn read_config(directory: &Path) -> Result<Config> {
    let mut transformer: TransformerConfig = json(&directory.join("transformer/config.json"))?;
    let keys: TransformerKeys = json(&directory.join("transformer/config.json"))?;
    if !keys.is_part_model() {
        // TripoSG: the same network without what PartCrafter added.
        transformer.enable_part_embedding = false;
    }
    let vae: VaeConfig = json(&directory.join("vae/config.json"))?;
    let image_encoder: ImageEncoderConfig =
        json(&directory.join("image_encoder_dinov2/config.json"))?;
    let extractor: Extractor =
        json(&directory.join("feature_extractor_dinov2/preprocessor_config.json"))?;
    let scheduler: SchedulerConfig = json(&directory.join("scheduler/scheduler_config.json"))?;
    let config = Config {
        transformer,
        vae,
        image_encoder,
        feature_extractor: extractor.into(),
        scheduler,
        sampling: SamplingConfig {
            most_parts: is_of_scenes(directory).then_some(SCENE_PARTS),
            ..SamplingConfig::default()
        },
        figurine: None,
        condition: None,
        text_encoder: None,
        cutout: None,
        part_maps: None,
        assembly: None,
    };
    config
        .validate()
        .with_context(|| format!("in the configuration of {}", directory.display()))?;
    Ok(config)
}

/// Whether a directory is PartCrafter-Scene's. Its name alone tells: the files of both say the same.
fn is_of_scenes(directory: &Path) -> bool {
    let real = directory.canonicalize(); // `.` has a name, too
    let name = real
        .ok()
        .and_then(|path| Some(path.file_name()?.to_string_lossy().to_lowercase()));
    name.is_some_and(|name| name.contains("scene"))
}

fn json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = file::read(path, MAX_JSON, "is too long for a configuration file");
    let text = text.with_context(|| {
        format!(
            "cannot read {}: is this a complete download of the model?",
            path.display()
        )
    })?;
    serde_json::from_slice(&text).with_context(|| format!("{} is not understood", path.display()))
}

/// The keys whose presence tells PartCrafter from TripoSG.
#[derive(Deserialize)]
struct TransformerKeys {
    max_num_parts: Option<usize>,
    enable_part_embedding: Option<bool>,
}

impl TransformerKeys {
    fn is_part_model(&self) -> bool {
        self.max_num_parts.is_some() || self.enable_part_embedding.is_some()
    }
}

/// `preprocessor_config.json` of a `BitImageProcessor`.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Extractor {
    size: Option<Size>,
    crop_size: Option<Crop>,
    image_mean: Option<[f32; 3]>,
    image_std: Option<[f32; 3]>,
}

#[derive(Deserialize)]
struct Size {
    shortest_edge: usize,
}

#[derive(Deserialize)]
struct Crop {
    height: usize,
}

impl From<Extractor> for FeatureExtractorConfig {
    fn from(e: Extractor) -> Self {
        let default = Self::default();
        Self {
            shortest_edge: e.size.map_or(default.shortest_edge, |s| s.shortest_edge),
            crop: e.crop_size.map_or(default.crop, |c| c.height),
            mean: e.image_mean.unwrap_or(default.mean),
            std: e.image_std.unwrap_or(default.std),
        }
    }
}
