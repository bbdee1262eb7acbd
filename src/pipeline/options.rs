//! What shapes a figurine besides its subject and the weights.

use anyhow::{Result, bail, ensure};
use clap::ValueEnum;

use crate::figure::print::PrintOptions;
use crate::model::sampling::denoise;
use crate::model::{DenoiseOptions, Model, PartIds, Solver};
use crate::surface::assemble::AssembleOptions;
use crate::texture;

/// What shapes a figurine besides its subject and the weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// The noise that the diffusion starts from. One photo alone is made without, but with other [`Refine`], [`Style`] or
    /// [`Colours`] than the default ones.
    pub seed: u64,
    /// Denoising steps; the weights' own number when absent.
    pub steps: Option<usize>,
    /// How a step is made; the weights' own way when absent.
    pub solver: Option<Solver>,
    /// Guidance scale; the weights' own when absent.
    pub guidance: Option<f64>,
    /// How strictly a prompt is followed that stands beside a photo; the weights' own when absent. Words
    /// alone go by `guidance`.
    pub prompt_guidance: Option<f64>,
    /// How many parts; the weights' own number when absent. A figurine model leaves no choice of it.
    pub parts: Option<Parts>,
    /// Latent tokens a part, likewise.
    pub tokens: Option<usize>,
    /// Which part embeddings, likewise.
    pub part_ids: Option<PartIds>,
    /// Cells of the finest grid across the model's box, `16..=1024`; a good number when absent.
    pub resolution: Option<usize>,
    /// Whether the photo's shading becomes relief.
    pub detail: Detail,
    /// Names of parts to keep, as `head`; all when empty.
    pub only: Vec<String>,
    /// About how many triangles in all; 0 keeps every one.
    pub faces: usize,
    /// About how many four-sided faces in all, straight from the grid, instead; none when 0.
    pub quads: usize,
    /// Where the colours come from.
    pub colours: Colours,
    /// Whether the photo corrects the shape, where it gives the colours.
    pub refine: Refine,
    /// Pixels a side of a picture that is wrapped around the figurine, `64..=8192`; none when absent.
    pub texture: Option<u32>,
    /// Its proportions.
    pub style: Style,
    /// How tall several figures on one plinth are, as they are to each other.
    pub heights: Heights,
    /// What it stands on, and what else its printer wants.
    pub print: PrintOptions,
}

/// How many parts are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parts {
    /// So many, `1..=16`.
    Number(usize),
    /// As many as the figurine model in the program sees in the subject.
    Auto,
}

/// How tall several figures are beside each other.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Heights {
    /// All alike
    #[default]
    Alike,
    /// As their photos show them: by the share of its photo's height that each fills
    Photographed,
    /// As these numbers are to each other, one a figure
    Given(Vec<f32>),
}

/// Where a figurine's colours come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Colours {
    /// Those of the photo on all that it shows but what a prompt changed, and the rest to match
    #[default]
    Photo,
    /// The model's plain ones, and its shape
    Model,
}

/// Whether the photo corrects the shape that the model proposes. What is made fast of photos is made of part maps, and
/// follows them without correction, but for what words change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Refine {
    /// The shape is the model's alone
    Off,
    /// Parts go to where the photo shows them, and the figure is bent to its outline, or twice to those of several views
    #[default]
    Fast,
    /// It is bent three times, which brings it nearer still and takes longer
    Best,
}

/// Whether a figurine from a photo alone has the relief that the photo's shading tells of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Detail {
    /// Its parts are as smooth as the network tells of them
    Off,
    /// What is darker than its surroundings lies a little deeper: folds, beards, faces, belts
    #[default]
    On,
}

/// What proportions the figurine has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Style {
    /// Those of the photo or the words
    #[default]
    Faithful,
    /// Those of a toy: the figurine is made as ever, and then its head grows and its body shrinks
    Chibi,
}

impl Options {
    /// Whether the meshes of the grid are simplified.
    pub(super) fn simplifies(&self) -> bool {
        self.faces > 0 && self.quads == 0
    }

    /// Whether the figurine is compared with its photo: that takes weights that can tell what it shows.
    pub(super) fn compares(&self, model: &Model) -> bool {
        let figurine = model.config().figurine.as_ref();
        self.colours == Colours::Photo && figurine.is_some_and(|f| f.segmentation_cells > 0)
    }

    /// Whether the parts are to be counted in the picture.
    ///
    /// # Errors
    /// The weights leave no choice of their number.
    pub(super) fn counts(&self, model: &Model) -> Result<bool> {
        let auto = self.parts == Some(Parts::Auto);
        if auto && let Some(figurine) = &model.config().figurine {
            bail!(
                "--parts auto: this model always makes {} parts, and leaves out what it does not see",
                figurine.slots.len()
            );
        }
        Ok(auto)
    }

    /// Whether the proportions are changed.
    ///
    /// # Errors
    /// The weights do not tell a head from legs.
    pub(super) fn restyles(&self, model: &Model) -> Result<bool> {
        ensure!(
            self.style == Style::Faithful || model.config().figurine.is_some(),
            "--style chibi: this model's parts have no names, so nobody knows which is the head; the figurine model \
             inside the program can do it"
        );
        Ok(self.style == Style::Chibi)
    }

    /// Whether these weights can follow the options.
    ///
    /// # Errors
    /// What they cannot follow.
    pub(crate) fn check(&self, model: &Model) -> Result<()> {
        let resolution = self
            .resolution
            .unwrap_or(AssembleOptions::default().resolution);
        ensure!(
            (16..=1024).contains(&resolution),
            "a resolution of {resolution} is not within 16..=1024"
        );
        self.texture.map_or(Ok(()), texture::check)?;
        denoise::check(model.config(), &self.sampling(model))?;
        self.restyles(model)?;
        self.counts(model).map(|_| ())
    }

    /// How to sample with these weights.
    pub(super) fn sampling(&self, model: &Model) -> DenoiseOptions {
        let mut sampling = DenoiseOptions::new(model.config());
        sampling.seed = self.seed;
        sampling.steps = self.steps.unwrap_or(sampling.steps);
        sampling.solver = self.solver.unwrap_or(sampling.solver);
        sampling.guidance = self.guidance.unwrap_or(sampling.guidance);
        if let Some(Parts::Number(number)) = self.parts {
            sampling.parts = number; // what is counted in a picture is known later
        }
        sampling.prompt_guidance = self.prompt_guidance.unwrap_or(sampling.prompt_guidance);
        sampling.tokens = self.tokens.unwrap_or(sampling.tokens);
        sampling.part_ids = self.part_ids.unwrap_or(sampling.part_ids);
        sampling
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 0,
            steps: None,
            solver: None,
            guidance: None,
            prompt_guidance: None,
            parts: None,
            tokens: None,
            part_ids: None,
            resolution: None,
            only: Vec::new(),
            faces: 60_000,
            quads: 0,
            colours: Colours::Photo,
            refine: Refine::Fast,
            detail: Detail::On,
            texture: None,
            style: Style::Faithful,
            heights: Heights::Alike,
            print: PrintOptions::default(),
        }
    }
}
