//! The networks: from pixels to a signed distance and a colour.
//!
//! [`Model`] is the face of this module, one call a stage. Each stage loads its network, uses it and
//! drops it, so that the peak memory is that of the largest, not of the sum.
//!
//! ```no_run
//! # fn main() -> anyhow::Result<()> {
//! use gen3d::model::nn::device::{self, DeviceChoice};
//! use gen3d::model::{DenoiseOptions, Model};
//! use std::ops::ControlFlow;
//!
//! let model = Model::open("figurine.gguf".as_ref(), &device::choose(DeviceChoice::Auto)?)?;
//! let pixels = model.pixels(&image::RgbImage::new(512, 512))?;
//! let condition = model.encode(&[("front", pixels)], None)?;
//! let options = DenoiseOptions::new(model.config());
//! let latents = model.denoise(&condition, &options, &mut |_, _| ControlFlow::Continue(()))?;
//! for (name, _field) in model.fields(&latents)? {
//!     println!("{name}");
//! }
//! # Ok(())
//! # }
//! ```

use std::ops::ControlFlow;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use candle_core::{Device, Tensor};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::model::networks::{condition, dense_segmentation};
use crate::model::sampling::denoise;
use crate::model::store::{layout, published};
use crate::photo::cutout::CutoutNetwork;
use crate::photo::segmentation::Segmentation;
use config::TextEncoderConfig;
use networks::image_encoder::ImageEncoder;
use networks::part_maps::PartMapsNetwork;
use networks::text::{TextEncoder, Vocabulary};
use networks::transformer::Transformer;
use nn::Weights;
use store::Store;

pub use config::{Config, PartIds, Solver};
pub use fields::PartField;
pub use networks::condition::Condition;
pub use networks::text::Prompt;
pub use nn::Quantized;
pub use sampling::edit::Change;

pub mod config;
pub mod embedded;
mod fields;
pub mod networks;
pub mod nn;
pub(crate) mod preprocess;
pub mod sampling;
pub mod store;

/// Sees tensors inside a network by name, for tests and tools. `&mut |_, _| ()` looks away.
pub type Probe<'a> = &'a mut dyn FnMut(&str, &Tensor);

/// Where a weights file comes from and what may be done with it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Info {
    pub name: String,
    pub licence: String,
    /// Origin of the weights, in words.
    pub source: String,
    /// Lower hex SHA-256 over the tensors, as the file states it; empty when it states none.
    pub sha256: String,
    /// The published files that the weights were made from, if they were.
    pub origin: Vec<Origin>,
}

/// One published file that weights were made from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    /// Its path in the published directory.
    pub file: String,
    pub licence: String,
    /// Lower hex, over the whole file: what the place of publication shows for it.
    pub sha256: String,
}

/// Weights on disk or in the binary, and the configuration of their networks.
pub struct Model {
    store: Store,
    config: Config,
    info: Info,
    device: Device,
    quantized: Quantized,
}

/// Called after every step with the number of steps done and of all; breaking off ends the run with
/// [`Cancelled`](crate::base::progress::Cancelled).
pub type Progress<'a> = &'a mut dyn FnMut(usize, usize) -> ControlFlow<()>;

/// How to sample. [`DenoiseOptions::new`] takes what the weights recommend.
#[derive(Clone, Debug, PartialEq)]
pub struct DenoiseOptions {
    pub seed: u64,
    /// At least 1; the network is asked once in each.
    pub steps: usize,
    pub solver: Solver,
    /// Scale of classifier-free guidance; 1 or less leaves the unconditional half out.
    pub guidance: f64,
    /// How strongly a text changes what pictures show, see [`Condition::with_words`].
    pub prompt_guidance: f64,
    /// Scale of the seed's noise, 0 to 2. Below 1 the result is nearer to the middle of what the model believes: of
    /// an uncertain model that is the better figure, at the price of variety between seeds.
    pub temperature: f32,
    /// Number of parts; a figurine model always makes all of its slots.
    pub parts: usize,
    /// Latent tokens a part.
    pub tokens: usize,
    pub part_ids: PartIds,
    /// Start from these values, `[parts, tokens, channels]` row-major, as they are, instead of the seed's noise.
    pub noise: Option<Vec<f32>>,
}

impl DenoiseOptions {
    /// The sampling defaults of the weights, seed 0.
    pub fn new(config: &Config) -> Self {
        let sampling = &config.sampling;
        let parts = match &config.figurine {
            Some(figurine) => figurine.slots.len(),
            None if config.transformer.enable_part_embedding => 4,
            None => 1,
        };
        Self {
            seed: 0,
            steps: sampling.steps,
            solver: sampling.solver,
            guidance: sampling.guidance,
            prompt_guidance: sampling.prompt_guidance,
            temperature: sampling.temperature,
            parts,
            tokens: sampling.tokens,
            part_ids: sampling.part_ids,
            noise: None,
        }
    }
}

/// What the transformer leaves behind: plain numbers, small enough to keep in a cache.
#[derive(Clone, Debug, PartialEq)]
pub struct Latents {
    pub parts: usize,
    /// Tokens a part.
    pub tokens: usize,
    pub channels: usize,
    /// `[parts, tokens, channels]` row-major.
    pub values: Vec<f32>,
}

/// What the diffusion makes.
#[derive(Clone, Debug, PartialEq)]
pub struct Imagined {
    /// Where words change what pictures show, only the parts that they are about are of use, beside all others of
    /// `change.before`.
    pub latents: Latents,
    /// What words changed, where they stand beside pictures.
    pub change: Option<Change>,
}

impl From<Latents> for Imagined {
    fn from(latents: Latents) -> Self {
        Self {
            latents,
            change: None,
        }
    }
}

/// Bytes below which a file's hash is checked on opening; beyond, it would be waited for.
const CHECKED: u64 = 256 << 20;

impl Model {
    /// Opens weights that are compiled into the binary: one GGUF.
    pub fn from_bytes(bytes: &'static [u8], device: &Device) -> Result<Self> {
        Self::gguf(Store::from_bytes(bytes)?, device)
            .context("the weights in this program are damaged")
    }

    /// Opens a GGUF file, or a directory in the published layout.
    pub fn open(path: &Path, device: &Device) -> Result<Self> {
        if path.is_dir() {
            return Self::published(path, device);
        }
        let model = Self::gguf(Store::from_file(path)?, device)
            .with_context(|| format!("{} cannot be used as weights", path.display()))?;
        if model.store.stored_bytes() <= CHECKED {
            model
                .verify()
                .with_context(|| format!("{} is damaged: get it anew", path.display()))?;
        }
        Ok(model)
    }

    fn gguf(store: Store, device: &Device) -> Result<Self> {
        let text = |key: &str| store.metadata(key).unwrap_or_default().to_owned();
        let architecture = text("general.architecture");
        ensure!(
            architecture == "gen3d",
            "its architecture is \"{architecture}\", not \"gen3d\": it is another program's model"
        );
        let config = store
            .metadata("gen3d.config")
            .context("its metadata lacks gen3d.config")?;
        let config = Config::from_json(config)?;
        let info = Info {
            name: text("general.name"),
            licence: text("general.license"),
            source: text("general.source"),
            sha256: text("gen3d.sha256"),
            origin: match store.metadata("gen3d.origin") {
                Some(origin) => {
                    serde_json::from_str(origin).context("its gen3d.origin is not understood")?
                }
                None => Vec::new(),
            },
        };
        Self::checked(store, config, info, device)
    }

    fn published(directory: &Path, device: &Device) -> Result<Self> {
        let config = published::read_config(directory)?;
        let heads = (
            config.transformer.num_attention_heads,
            config.vae.num_attention_heads,
        );
        let store = Store::from_directory(directory, heads)?;
        let name = directory
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        let info = Info {
            name: name.unwrap_or_default(),
            ..Info::default()
        };
        Self::checked(store, config, info, device)
            .with_context(|| format!("in {}", directory.display()))
    }

    /// A model whose tensors are those that its configuration asks for.
    fn checked(store: Store, config: Config, info: Info, device: &Device) -> Result<Self> {
        layout::check(&store, &config)?;
        Ok(Self {
            store,
            config,
            info,
            device: device.clone(),
            quantized: Quantized::Auto,
        })
    }

    /// Chooses what becomes of quantized matrices on loading.
    pub fn with_quantized(self, quantized: Quantized) -> Self {
        Self { quantized, ..self }
    }

    /// The configuration of the networks.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Name, licence, origin and hash of the weights.
    pub fn info(&self) -> &Info {
        &self.info
    }

    /// The device that this model computes on.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The tensors of this model, for tests and tools that load one network of it.
    pub fn weights(&self) -> Weights<'_> {
        Weights::new(&self.store, &self.device, self.quantized)
    }

    /// The tensors as stored, for tools that convert them.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Recomputes the SHA-256 of the tensors and compares it with the one the file states, if any.
    pub fn verify(&self) -> Result<()> {
        if self.info.sha256.is_empty() {
            return Ok(());
        }
        let found = self.store.sha256()?;
        ensure!(
            found == self.info.sha256,
            "its tensors have the SHA-256 {found}, but it states {}",
            self.info.sha256
        );
        Ok(())
    }

    /// What these weights are, in all that decides what they make: lower hex SHA-256 over the
    /// configuration and the tensors' hash, the one that the file states or else a computed one.
    ///
    /// # Errors
    /// The weights cannot be read.
    pub fn identity(&self) -> Result<String> {
        let tensors = match &self.info.sha256[..] {
            "" => self.store.sha256()?,
            stated => stated.to_owned(),
        };
        let mut hash = Sha256::new();
        hash.update(serde_json::to_vec(&self.config)?);
        hash.update(tensors);
        Ok(format!("{:x}", hash.finalize()))
    }

    /// The encoder's pixels of a picture: `[1, 3, crop, crop]`, normalised (see
    /// [the picture](crate::guide::networks#the-picture)). Cut the subject out and centre it first, see [`prepare`](crate::photo::framing::prepare).
    pub fn pixels(&self, image: &image::RgbImage) -> Result<Tensor> {
        preprocess::pixels(image, &self.config.feature_extractor, &self.device)
    }

    /// The pixels of several views of one picture, each moved by a little, for a figurine model: `[views, 3, crop,
    /// crop]`. Of a published model, those of [`Model::pixels`].
    pub fn augmented_pixels(&self, image: &image::RgbImage) -> Result<Tensor> {
        if self.config.figurine.is_none() {
            return self.pixels(image);
        }
        let pixels = preprocess::augmented(image).map(|view| self.pixels(&view.picture));
        Ok(Tensor::cat(&pixels.collect::<Result<Vec<_>>>()?, 0)?)
    }

    /// The condition of a run, from named views, each with the pixels that [`Model::pixels`] or
    /// [`Model::augmented_pixels`] gives (all alike), and a text that [`Model::read`] has read. Published models take one
    /// view, whatever its name, and no text.
    pub fn encode(&self, views: &[(&str, Tensor)], text: Option<&Prompt>) -> Result<Condition> {
        let mut tokens = Vec::with_capacity(views.len());
        if !views.is_empty() {
            let encoder = self.image_encoder()?;
            for (name, pixels) in views {
                let augmented = (0..pixels.dim(0)?)
                    .map(|view| encoder.forward(&pixels.narrow(0, view, 1)?, &mut |_, _| ()))
                    .collect::<Result<Vec<_>>>()?;
                tokens.push((*name, Tensor::cat(&augmented, 0)?));
            }
        }
        let words = text.map(|prompt| self.text_encoder()?.forward(prompt));
        let words = words.transpose()?;
        let sequence =
            |views, words| condition::sequence(&self.weights(), &self.config, views, words);
        match words {
            Some(words) if !tokens.is_empty() && text.is_none_or(|text| !text.becomes) => {
                Ok(Condition {
                    base: sequence(&tokens, None)?,
                    with_words: Some(sequence(&tokens, Some(words))?),
                })
            }
            words => Ok(Condition {
                base: sequence(&tokens, words)?,
                with_words: None,
            }),
        }
    }

    /// The words of a text.
    ///
    /// # Errors
    /// These weights take no text, or know none of its words.
    pub fn read(&self, text: &str) -> Result<Prompt> {
        let config = self.text_config()?;
        let words = (self.store.metadata("gen3d.words")).context(
            "the weights have a text encoder but no words: their metadata lacks gen3d.words",
        )?;
        let listed = words.lines().count();
        ensure!(
            listed == config.words,
            "the weights list {listed} words and have vectors of {}",
            config.words
        );
        let taught = self.store.metadata("gen3d.taught");
        Vocabulary::new(words, config.length)
            .taught(taught)
            .read(text)
    }

    fn text_config(&self) -> Result<&TextEncoderConfig> {
        (self.config.text_encoder.as_ref()).context("this model takes a picture, not words")
    }

    fn text_encoder(&self) -> Result<TextEncoder> {
        TextEncoder::load(&self.weights().at("text_encoder"), self.text_config()?)
    }

    /// What each cell of a square picture shows of the figurine, in the mean of several augmented views; nothing from
    /// weights that cannot tell.
    pub fn segmentation(&self, picture: &image::RgbImage) -> Result<Option<Segmentation>> {
        if self
            .config
            .figurine
            .as_ref()
            .is_none_or(|f| f.segmentation_cells == 0)
        {
            return Ok(None); // an encoder of a gigabyte is not loaded for nothing
        }
        let (encoder, mut views) = (self.image_encoder()?, Vec::new());
        for view in preprocess::augmented(picture) {
            let tokens = encoder.forward(&self.pixels(&view.picture)?, &mut |_, _| ())?;
            let cells = dense_segmentation::read(&self.weights(), &self.config, &tokens)?;
            views.extend(cells.map(|cells| (cells, view.corner, view.span)));
        }
        Ok(Segmentation::mean(&views))
    }

    /// The network of part maps, see [`crate::maps`].
    ///
    /// # Errors
    /// These weights hold none.
    pub(crate) fn part_maps_network(&self) -> Result<PartMapsNetwork> {
        let config = &self.config;
        let maps =
            (config.part_maps.as_ref()).context("the weights hold no network of part maps")?;
        let shown = &config.feature_extractor;
        PartMapsNetwork::load(
            &self.weights(),
            maps,
            &config.image_encoder,
            shown.mean,
            shown.std,
        )
    }

    fn image_encoder(&self) -> Result<ImageEncoder> {
        let (weights, side) = (self.weights(), self.config.feature_extractor.crop);
        ImageEncoder::load(
            &weights.at("image_encoder"),
            &self.config.image_encoder,
            side,
        )
    }

    /// Samples the latents of all parts. Ends with [`Cancelled`](crate::base::progress::Cancelled) when `progress` breaks off.
    pub fn denoise(
        &self,
        condition: &Condition,
        options: &DenoiseOptions,
        progress: Progress<'_>,
    ) -> Result<Latents> {
        Ok(self.imagine(condition, options, progress)?.latents)
    }

    /// The same, and what words changed of the pictures' figure, if there are both.
    pub fn imagine(
        &self,
        condition: &Condition,
        options: &DenoiseOptions,
        progress: Progress<'_>,
    ) -> Result<Imagined> {
        let transformer =
            Transformer::load(&self.weights().at("transformer"), &self.config.transformer)?;
        denoise::sample(
            &transformer,
            &self.config,
            condition,
            options,
            &self.device,
            progress,
        )
    }

    /// The network that cuts subjects out of photos, where the weights hold one.
    pub fn cutout_network(&self) -> Option<&dyn CutoutNetwork> {
        self.config.cutout.is_some().then_some(self)
    }

    /// The name and the field of each part that is present, in the order of the slots.
    pub fn fields(&self, latents: &Latents) -> Result<Vec<(String, PartField)>> {
        fields::decode(&self.weights(), &self.config, latents)
    }
}
