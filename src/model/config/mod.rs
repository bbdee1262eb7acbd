//! What a weights file says about its networks.
//!
//! One [`Config`] describes the published checkpoints and the figurine model alike. It is read from the
//! JSON string in a GGUF's metadata, or put together from the `config.json` files of a published
//! directory. A key that is absent takes the published default; a key that is not known is ignored, as
//! both formats carry notes that are of no use here.

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};

pub use assembly::AssemblyConfig;
pub use figurine::{
    ConditionConfig, CutoutConfig, FaceConfig, FigurineConfig, PainterConfig, PartMapsConfig,
    TextEncoderConfig,
};

mod assembly;
mod budget;
mod figurine;

/// The diffusion transformer (class `PartCrafterDiTModel`; without part embedding and global blocks it
/// is TripoSG's).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TransformerConfig {
    pub num_attention_heads: usize,
    pub width: usize,
    /// Channels of one latent token.
    pub in_channels: usize,
    pub num_layers: usize,
    /// Channels of a condition token.
    pub cross_attention_dim: usize,
    /// Rows of the part embedding.
    pub max_num_parts: usize,
    pub enable_part_embedding: bool,
    pub enable_local_cross_attn: bool,
    pub enable_global_cross_attn: bool,
    /// Blocks whose self-attention sees all parts at once; none when absent.
    pub global_attn_block_ids: Option<Vec<usize>>,
    /// Rows of a learned embedding added to the latent tokens of every part; absent in published models.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_embedding: Option<usize>,
}

impl Default for TransformerConfig {
    fn default() -> Self {
        Self {
            num_attention_heads: 16,
            width: 2048,
            in_channels: 64,
            num_layers: 21,
            cross_attention_dim: 1024,
            max_num_parts: 32,
            enable_part_embedding: true,
            enable_local_cross_attn: true,
            enable_global_cross_attn: true,
            global_attn_block_ids: None,
            token_embedding: None,
        }
    }
}

impl TransformerConfig {
    /// Whether block `index` attends over all parts at once.
    pub fn is_global(&self, index: usize) -> bool {
        self.global_attn_block_ids
            .as_ref()
            .is_some_and(|ids| ids.contains(&index))
    }
}

/// What the first output of the field decoder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// The negated output is a logit whose zero is the surface; which sign is inside is not known
    /// beforehand (see [the decoder](crate::guide::networks#the-decoder)).
    Logit,
    /// The output is a signed distance divided by the truncation, negative inside.
    SignedDistance,
}

/// The latent autoencoder, of which only the decoder is used (class `TripoSGVAEModel`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct VaeConfig {
    pub latent_channels: usize,
    pub num_attention_heads: usize,
    pub width_decoder: usize,
    /// Self-attention blocks; one cross-attention block for the query points follows.
    pub num_layers_decoder: usize,
    /// Neurons of that last block's feed-forward, which is most of what a point costs; absent: four
    /// times the width, as in all blocks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hidden_query: Option<usize>,
    pub embedding_type: String,
    /// Octaves of the point embedding.
    pub embed_frequency: usize,
    /// Whether the octaves are multiplied by pi.
    pub embed_include_pi: bool,
    /// 1 for the field alone, 4 for the field and an sRGB colour.
    pub out_channels: usize,
    /// Absent: a signed distance for a figurine, a logit otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<FieldKind>,
}

impl Default for VaeConfig {
    fn default() -> Self {
        Self {
            latent_channels: 64,
            num_attention_heads: 8,
            width_decoder: 1024,
            num_layers_decoder: 16,
            hidden_query: None,
            embedding_type: "frequency".into(),
            embed_frequency: 8,
            embed_include_pi: false,
            out_channels: 1,
            field: None,
        }
    }
}

impl VaeConfig {
    /// Neurons of the feed-forward in the block that is asked at points.
    pub fn hidden_query(&self) -> usize {
        self.hidden_query.unwrap_or(4 * self.width_decoder)
    }
}

/// The image encoder (class `Dinov2Model`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ImageEncoderConfig {
    pub hidden_size: usize,
    pub num_hidden_layers: usize,
    pub num_attention_heads: usize,
    pub mlp_ratio: usize,
    pub patch_size: usize,
    /// Side in pixels that the stored position table was made for.
    pub image_size: usize,
    pub layer_norm_eps: f64,
}

impl Default for ImageEncoderConfig {
    fn default() -> Self {
        Self {
            hidden_size: 1024,
            num_hidden_layers: 24,
            num_attention_heads: 16,
            mlp_ratio: 4,
            patch_size: 14,
            image_size: 518,
            layer_norm_eps: 1e-6,
        }
    }
}

/// How an RGB picture becomes the encoder's pixels (class `BitImageProcessor`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FeatureExtractorConfig {
    /// Length of the shorter side after resizing, in pixels.
    pub shortest_edge: usize,
    /// Side of the square cut from the middle, in pixels.
    pub crop: usize,
    pub mean: [f32; 3],
    pub std: [f32; 3],
}

impl Default for FeatureExtractorConfig {
    fn default() -> Self {
        Self {
            shortest_edge: 256,
            crop: 224,
            mean: [0.485, 0.456, 0.406],
            std: [0.229, 0.224, 0.225],
        }
    }
}

/// The noise schedule (class `RectifiedFlowScheduler`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SchedulerConfig {
    pub num_train_timesteps: usize,
    pub shift: f64,
    pub use_dynamic_shifting: bool,
}

impl Default for SchedulerConfig {
    fn default() -> Self {
        Self {
            num_train_timesteps: 1000,
            shift: 1.0,
            use_dynamic_shifting: false,
        }
    }
}

/// Which rows of the part embedding the conditional half of a guided batch uses (see
/// [guidance and part ids](crate::guide::networks#guidance-and-part-ids)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum PartIds {
    /// As the published program does it
    // Row r of the batch uses row r, so that the conditional half goes on where the other ends.
    #[default]
    Reference,
    /// As the training did it
    // Part p uses row p in both halves.
    PerObject,
}

/// How a velocity becomes a step (see `src/model/sampling/solver.rs`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Solver {
    /// Straight on, as the published programs do it
    #[default]
    Euler,
    /// Looks at the step before, too: of second order, and as fast
    Multistep,
}

/// Sampling defaults that belong to the weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SamplingConfig {
    /// Latent tokens a part, box token included.
    pub tokens: usize,
    pub steps: usize,
    pub solver: Solver,
    pub guidance: f64,
    /// How strongly a text is followed, alone or against a picture.
    pub prompt_guidance: f64,
    /// Scale of the noise that sampling starts from: 1 draws from what the model believes, 0 takes about its middle.
    pub temperature: f32,
    pub part_ids: PartIds,
    /// Parts that the weights were trained on, at most, where that is less than the embedding's rows allow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub most_parts: Option<usize>,
}

impl Default for SamplingConfig {
    fn default() -> Self {
        Self {
            tokens: 1024,
            steps: 50,
            solver: Solver::Euler,
            guidance: 7.0,
            prompt_guidance: 3.0,
            temperature: 1.0,
            part_ids: PartIds::Reference,
            most_parts: None,
        }
    }
}

/// Everything a weights file says about its networks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Config {
    pub transformer: TransformerConfig,
    pub vae: VaeConfig,
    pub image_encoder: ImageEncoderConfig,
    pub feature_extractor: FeatureExtractorConfig,
    pub scheduler: SchedulerConfig,
    pub sampling: SamplingConfig,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub figurine: Option<FigurineConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<ConditionConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_encoder: Option<TextEncoderConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cutout: Option<CutoutConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part_maps: Option<PartMapsConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assembly: Option<AssemblyConfig>,
}

impl Config {
    /// Parses the JSON string of a GGUF's metadata and checks that its numbers fit together.
    pub fn from_json(text: &str) -> Result<Self> {
        let config: Self =
            serde_json::from_str(text).context("the model's configuration is not understood")?;
        config.validate()?;
        Ok(config)
    }

    /// How many parts this model was trained to make, at most. A guided batch of the published models
    /// takes two rows of the part embedding a part, so that theirs is half of the rows.
    pub fn most_parts(&self) -> usize {
        match &self.figurine {
            Some(figurine) => figurine.slots.len(),
            None if self.transformer.enable_part_embedding => {
                let rows = self.transformer.max_num_parts;
                self.sampling.most_parts.unwrap_or(rows).min(rows / 2)
            }
            None => 1,
        }
    }

    /// What the decoder's first output is.
    pub fn field_kind(&self) -> FieldKind {
        let default = match self.figurine {
            Some(_) => FieldKind::SignedDistance,
            None => FieldKind::Logit,
        };
        self.vae.field.unwrap_or(default)
    }

    /// Checks that widths divide by heads, that no size is absurd, and that what is not supported is
    /// not asked for; so that the networks need not check again.
    pub fn validate(&self) -> Result<()> {
        self.check_vae()?;
        self.check_image()?;
        budget::check(self)?;
        self.check_transformer()?;
        ensure!(
            self.scheduler.shift.is_finite() && self.scheduler.shift > 0.0,
            "scheduler.shift must be a positive number, found {}",
            self.scheduler.shift
        );
        ensure!(
            !self.scheduler.use_dynamic_shifting,
            "scheduler.use_dynamic_shifting is not supported"
        );
        size(
            "scheduler.num_train_timesteps",
            self.scheduler.num_train_timesteps,
        )?;
        size("sampling.tokens", self.sampling.tokens)?;
        size("sampling.steps", self.sampling.steps)?;
        ensure!(
            self.sampling.guidance.is_finite() && self.sampling.prompt_guidance.is_finite(),
            "sampling.guidance and sampling.prompt_guidance must be finite"
        );
        ensure!(
            (0.0..=2.0).contains(&self.sampling.temperature),
            "sampling.temperature must be 0 to 2"
        );
        if let Some(figurine) = &self.figurine {
            figurine.check(self)?;
        }
        if let Some(condition) = &self.condition {
            ensure!(!condition.views.is_empty(), "condition.views is empty");
        }
        if let Some(text) = &self.text_encoder {
            text.check(self)?;
        }
        if let Some(cutout) = &self.cutout {
            cutout.check()?;
        }
        if let Some(maps) = &self.part_maps {
            maps.check(self)?;
        }
        if let Some(assembly) = &self.assembly {
            assembly.check(self)?;
        }
        Ok(())
    }

    fn check_transformer(&self) -> Result<()> {
        let t = &self.transformer;
        divides("transformer", t.width, t.num_attention_heads)?;
        ensure!(t.width.is_multiple_of(2), "transformer.width must be even");
        size("transformer.in_channels", t.in_channels)?;
        size("transformer.num_layers", t.num_layers)?;
        size("transformer.cross_attention_dim", t.cross_attention_dim)?;
        size("transformer.max_num_parts", t.max_num_parts)?;
        ensure!(
            t.cross_attention_dim == self.image_encoder.hidden_size,
            "transformer.cross_attention_dim is {} but image_encoder.hidden_size is {}",
            t.cross_attention_dim,
            self.image_encoder.hidden_size
        );
        if let Some(rows) = t.token_embedding {
            ensure!(
                rows == self.sampling.tokens,
                "transformer.token_embedding is {rows} but sampling.tokens is {}",
                self.sampling.tokens
            );
        }
        Ok(())
    }

    fn check_vae(&self) -> Result<()> {
        let v = &self.vae;
        divides("vae", v.width_decoder, v.num_attention_heads)?;
        size("vae.latent_channels", v.latent_channels)?;
        size("vae.num_layers_decoder", v.num_layers_decoder)?;
        if let Some(hidden) = v.hidden_query {
            size("vae.hidden_query", hidden)?;
        }
        ensure!(
            v.embedding_type == "frequency",
            "vae.embedding_type \"{}\" is not supported, only \"frequency\"",
            v.embedding_type
        );
        ensure!(
            v.embed_frequency <= 24,
            "vae.embed_frequency is {}, at most 24 make sense in f32",
            v.embed_frequency
        );
        ensure!(
            v.out_channels == 1 || v.out_channels == 4,
            "vae.out_channels must be 1 (field) or 4 (field and colour), found {}",
            v.out_channels
        );
        Ok(())
    }

    fn check_image(&self) -> Result<()> {
        let e = &self.image_encoder;
        divides("image_encoder", e.hidden_size, e.num_attention_heads)?;
        size("image_encoder.num_hidden_layers", e.num_hidden_layers)?;
        size("image_encoder.mlp_ratio", e.mlp_ratio)?;
        divides("image_encoder (pixels a patch)", e.image_size, e.patch_size)?;
        let f = &self.feature_extractor;
        size("feature_extractor.crop", f.crop)?;
        divides("feature_extractor (pixels a patch)", f.crop, e.patch_size)?;
        ensure!(
            f.crop <= f.shortest_edge && f.shortest_edge <= 4096,
            "feature_extractor: crop {} and shortest_edge {} do not fit",
            f.crop,
            f.shortest_edge
        );
        ensure!(
            f.std.iter().all(|s| s.is_finite() && *s > 0.0),
            "feature_extractor.std must be positive"
        );
        Ok(())
    }
}

/// A size that a network can have at all: 1 to 65536.
fn size(name: &str, value: usize) -> Result<()> {
    ensure!(
        (1..=65536).contains(&value),
        "{name} is {value}, expected 1 to 65536"
    );
    Ok(())
}

fn divides(name: &str, width: usize, by: usize) -> Result<()> {
    size(name, width)?;
    size(name, by)?;
    ensure!(
        width.is_multiple_of(by),
        "{name}: {width} is not a multiple of {by}"
    );
    Ok(())
}
