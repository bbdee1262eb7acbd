//! All items of a job: weights loaded once, the next photo read while one figurine is made.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};

use anyhow::{Context, Result, bail};
use image::{GrayImage, RgbaImage};
use sha2::{Digest, Sha256};

use super::figurine::{Shaped, imagine, shape};
use super::report::peak_memory;
use super::{ModelReport, PartReport, Report, Subject, count, pictures};
use crate::base::atomic_file;
use crate::base::progress::{Cancelled, Event, Stage, Watch};
use crate::cache::{Cache, Kept, Recipe, Secret};
use crate::export::{self, ExportOptions, Filaments};
use crate::figure::joints;
use crate::geometry::Figurine;
use crate::model::nn::device;
use crate::model::sampling::denoise;
use crate::model::{DenoiseOptions, Model, Prompt, embedded};
use crate::photo::cutout::{self, Cutout, Method};
use crate::photo::{decode, prompt};
use crate::pipeline::job::{Item, Job, Usage};
use crate::sandbox;
use crate::slots::Side;
use crate::surface::union;

/// What became of an item that did not fail.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// A figurine.
    Made(Box<Report>),
    /// It was there already.
    Skipped,
}

/// Does a whole job: loads the weights once, then makes one figurine an item and hands each result
/// to `done` as it comes. While one is made, the next photo is read.
///
/// # Errors
/// The weights cannot be used, a folder cannot be made, a part's name is unknown ([`Usage`]), or the
/// run was stopped ([`Cancelled`]). What goes wrong with one item goes to `done` instead.
pub fn all(
    job: &Job,
    watch: &Watch<'_>,
    mut done: impl FnMut(&Item, &Result<Outcome>),
) -> Result<()> {
    for folder in job.folder.iter().chain(&job.debug_dir) {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("{}: the folder cannot be made", folder.display()))?;
    }
    let folders: BTreeSet<&Path> = (job.items.iter())
        .map(|item| atomic_file::folder(&item.output))
        .collect();
    folders.into_iter().for_each(atomic_file::sweep);
    let model = watch.stage(Stage::Weights, 0, || load(job))?;
    check_names(&job.options.only, &model)?;
    let shop = Shop::new(job, model, watch)?;
    if job.items.len() > 1 {
        watch.tell(Event::Batch {
            count: job.items.len(),
        });
    }
    std::thread::scope(|scope| {
        // Room for none: one photo is ready, never two, however many there are.
        let (ready, next) = mpsc::sync_channel(0);
        let reader = &shop;
        scope.spawn(move || {
            for item in &reader.job.items {
                if ready.send(reader.prepare(item)).is_err() {
                    break; // nobody makes figurines any more
                }
            }
        });
        for item in &job.items {
            let result = shop.make(item, || next.recv()?);
            if result.as_ref().is_err_and(|e| e.is::<Cancelled>()) {
                bail!(Cancelled);
            }
            if !matches!(result, Ok(Outcome::Made(_))) {
                watch.take_seconds(); // none of the next one's
            }
            let skipped = matches!(result, Ok(Outcome::Skipped));
            watch.tell(Event::Next { skipped });
            done(item, &result);
        }
        Ok(())
    })
}

/// The weights that the job names, or those in the binary.
fn load(job: &Job) -> Result<Model> {
    let device = device::choose(job.device)?;
    match &job.model {
        Some(path) => Model::open(path, &device),
        None => Model::from_bytes(embedded::weights(), &device),
    }
}

/// Only a figurine model's parts have names that can be known beforehand.
fn check_names(only: &[String], model: &Model) -> Result<()> {
    let Some(figurine) = &model.config().figurine else {
        return Ok(());
    };
    match only.iter().find(|name| !figurine.slots.contains(name)) {
        Some(name) => bail!(Usage(format!(
            "--only: there is no part '{name}'; the parts are {}",
            figurine.slots.join(", ")
        ))),
        None => Ok(()),
    }
}

/// The words of a prompt; what was not understood is told. What one leaves open that stands alone, a seed fills in.
fn read_prompt(model: &Model, text: &str, seed: Option<u64>, watch: &Watch<'_>) -> Result<Prompt> {
    const NAMED: usize = 8;
    let prompt = model.read(text)?;
    if !prompt.unknown.is_empty() {
        let named: Vec<String> = (prompt.unknown.iter().take(NAMED))
            .map(|word| word.chars().take(24).collect())
            .collect();
        let more = prompt.unknown.len().saturating_sub(NAMED);
        let more = match more {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let note = format!(
            "words that the model does not know: {}{more}",
            named.join(", ")
        );
        watch.tell(Event::Note(note));
    }
    if prompt.unread > 0 {
        let note = format!(
            "the last {} words of the prompt were not read",
            prompt.unread
        );
        watch.tell(Event::Note(note));
    }
    let open = seed.map_or_else(Vec::new, |seed| prompt::open(text, seed));
    // As much of it as there is room for.
    for count in (1..=open.len()).rev() {
        let open = open[..count].join(" ");
        let filled = model.read(&format!("{text} {open}"))?;
        if filled.unread == 0 {
            let told = format!("the prompt leaves it open, so it is taken to go on: {open}");
            watch.tell(Event::Detail(told));
            return Ok(filled);
        }
    }
    Ok(prompt)
}

/// What all items of a job share.
struct Shop<'a, 'w> {
    job: &'a Job,
    model: Model,
    /// The model in the binary, which cuts out and counts for an added one of any objects.
    cutter: Option<Model>,
    cache: Option<Cache>,
    prompt: Option<Prompt>,
    /// Of every item but for the mask.
    recipe: Recipe,
    sampling: DenoiseOptions,
    watch: &'a Watch<'w>,
}

/// What was read of an item, before anything is made of it.
#[derive(Default)]
struct Material {
    /// The photo, decoded, and its mask; absent where there is none or an earlier result is all that is needed.
    picture: Option<(RgbaImage, Option<GrayImage>)>,
    /// The further views, decoded, likewise.
    views: Vec<(Side, RgbaImage)>,
    kept: Option<Kept>,
    /// Opens and seals this item's results, where the cache is used.
    seal: Option<(Secret, Recipe)>,
}

impl<'a, 'w> Shop<'a, 'w> {
    fn new(job: &'a Job, model: Model, watch: &'a Watch<'w>) -> Result<Self> {
        // A cache that cannot be used costs time, not figurines.
        let cache = Cache::open(&job.cache).unwrap_or_else(|error| {
            watch.tell(Event::Note(format!(
                "{error:#}; nothing is kept of this run"
            )));
            None
        });
        let sampling = job.options.sampling(&model);
        denoise::check(model.config(), &sampling).map_err(|e| Usage(format!("{e:#}")))?;
        (job.options.restyles(&model)).map_err(|e| Usage(format!("{e:#}")))?;
        let counts = (job.options.counts(&model)).map_err(|e| Usage(format!("{e:#}")))?;
        let recipe = Recipe {
            version: env!("CARGO_PKG_VERSION"),
            model: match &cache {
                Some(_) => model.identity()?,
                None => String::new(),
            },
            device: device::name(model.device()),
            seed: sampling.seed,
            steps: sampling.steps,
            solver: sampling.solver,
            guidance: sampling.guidance,
            prompt_guidance: sampling.prompt_guidance,
            parts: (!counts).then_some(sampling.parts),
            tokens: sampling.tokens,
            part_ids: sampling.part_ids,
            mask: None,
            views: Vec::new(),
            prompt: job.prompt.clone(),
        };
        let alone = job.items.iter().all(|item| item.input.is_none());
        let seed = alone.then_some(sampling.seed);
        let prompt = (job.prompt.as_ref()).map(|text| read_prompt(&model, text, seed, watch));
        let prompt = prompt.transpose()?;
        let cutter = match model.config().figurine {
            Some(_) => None,
            None => Some(Model::from_bytes(embedded::weights(), model.device())?),
        };
        Ok(Self {
            job,
            model,
            cutter,
            cache,
            prompt,
            recipe,
            sampling,
            watch,
        })
    }

    /// Reads an item's photo, decodes it if that is needed, and looks for an earlier result; gives
    /// nothing where the figurine is there already.
    fn prepare(&self, item: &Item) -> Result<Option<Material>> {
        let export = &self.job.export;
        let there = match export.split {
            true => export::parts_there(&item.output),
            false => Vec::from_iter(item.output.is_file().then(|| item.output.clone())),
        };
        if self.job.skip && !there.is_empty() {
            return Ok(None);
        }
        if self.job.folder.is_some() {
            let folder = atomic_file::folder(&item.output);
            std::fs::create_dir_all(folder)
                .with_context(|| format!("{}: the folder cannot be made", folder.display()))?;
        }
        let parts = there.iter().filter(|_| export.split);
        for path in std::iter::once(&item.output).chain(parts) {
            check_output(path, export.replace)?;
        }
        for path in self.job.pictures.files() {
            check_output(path, export.replace)?;
        }
        self.read(item).map(Some)
    }

    /// What an item is made from, and an earlier result of it.
    fn read(&self, item: &Item) -> Result<Material> {
        let cache = self.cache.as_ref();
        let Some(input) = &item.input else {
            let prompt = self.job.prompt.as_deref().unwrap_or_default();
            let seal = cache.map(|cache| (cache.secret_of_prompt(prompt), self.recipe.clone()));
            return Ok(Material {
                kept: self.kept(seal.as_ref()),
                seal,
                ..Material::default()
            });
        };
        let bytes = decode::read(input)?;
        let mask = self.job.mask.as_deref().map(decode::read).transpose()?;
        let views = (self.job.views.iter())
            .map(|(side, path)| Ok((*side, path, decode::read(path)?)))
            .collect::<Result<Vec<_>>>()?;
        let seal = cache.map(|cache| {
            let hash = |bytes: &[u8]| format!("{:x}", Sha256::digest(bytes));
            let recipe = Recipe {
                mask: mask.as_deref().map(hash),
                views: (views.iter())
                    .map(|(side, _, bytes)| (side.name(), hash(bytes)))
                    .collect(),
                ..self.recipe.clone()
            };
            (cache.secret(&bytes), recipe)
        });
        let kept = self.kept(seal.as_ref());
        let unneeded = self.job.debug_dir.is_none() && !self.job.options.compares(&self.model);
        let mut material = Material {
            kept,
            seal,
            ..Material::default()
        };
        if material.kept.is_some() && unneeded {
            return Ok(material);
        }
        let decode = |bytes: &[u8], path: &Path| {
            decode::decode(bytes).with_context(|| path.display().to_string())
        };
        let mask = match (&self.job.mask, mask) {
            (Some(path), Some(bytes)) => Some(decode::mask(decode(&bytes, path)?)),
            _ => None,
        };
        material.picture = Some((decode(&bytes, input)?, mask));
        for (side, path, bytes) in views {
            material.views.push((side, decode(&bytes, path)?));
        }
        Ok(material)
    }

    fn kept(&self, seal: Option<&(Secret, Recipe)>) -> Option<Kept> {
        let (secret, recipe) = seal?;
        self.cache.as_ref()?.get(secret, recipe)
    }

    /// One item, from its photo's file to the figurine's.
    fn make(
        &self,
        item: &Item,
        read: impl FnOnce() -> Result<Option<Material>>,
    ) -> Result<Outcome> {
        let (job, model, watch) = (self.job, &self.model, self.watch);
        let of_input = || item.name();
        let Some(material) = watch.stage(Stage::Input, 0, read)? else {
            return Ok(Outcome::Skipped);
        };
        let cached = material.kept.is_some();
        let mut subject = Subject {
            photographed: item.input.is_some(),
            prompt: self.prompt.clone(),
            ..Subject::default()
        };
        if let Some((picture, mask)) = material.picture {
            subject.front = Some(self.cut(item, "", picture, mask.as_ref())?);
        }
        for (side, picture) in material.views {
            subject
                .views
                .push((side, self.cut(item, side.name(), picture, None)?));
        }
        let kept = match material.kept {
            Some(kept) => kept,
            None => (self.imagine(&subject, material.seal.as_ref())).with_context(of_input)?,
        };
        let Shaped {
            figurine,
            failed: failed_parts,
            changed,
            scale,
        } = shape(model, &kept.imagined, &subject, &job.options, watch).with_context(of_input)?;
        let figurine = match job.solid {
            true => union::unite(&figurine),
            false => figurine,
        };
        let filaments = self.filaments(&figurine);
        let export = ExportOptions {
            scale,
            filaments: filaments.clone(),
            ..job.export.clone()
        };
        let files = watch.stage(Stage::Export, 0, || {
            let _writing = writing();
            export::write(&item.output, &figurine, &export)
        })?;
        let figurine = match job.export.explode > 0.0 {
            true => joints::exploded(&figurine, job.export.explode),
            false => figurine,
        };
        let glance = pictures::write(&job.pictures, &figurine, job.export.replace, watch)?;
        let report = self.report(item, files, &figurine, failed_parts, kept.cutout, cached);
        let again =
            !subject.becomes() && changed.as_ref().is_some_and(|changed| !changed.is_empty());
        let report = Report {
            denoise_steps: report.denoise_steps * (1 + usize::from(again)),
            changed,
            glance,
            filaments: filaments.map(|found| found.colours.clone()),
            ..report
        };
        Ok(Outcome::Made(Box::new(report)))
    }

    /// What it is painted in, if that is wanted. Who prints has to know which is which.
    fn filaments(&self, figurine: &Figurine) -> Option<Arc<Filaments>> {
        let found = Filaments::of(figurine, self.job.filaments?);
        let note = format!("filaments: {found}");
        self.watch.tell(Event::Note(note));
        Some(Arc::new(found))
    }

    /// The subject of an item's photo, or of its view of that name.
    fn cut(
        &self,
        item: &Item,
        view: &str,
        picture: RgbaImage,
        mask: Option<&GrayImage>,
    ) -> Result<Cutout> {
        let borrowed = self.cutter.as_ref().and_then(Model::segmenter);
        let segmenter = self.model.segmenter().or(borrowed);
        let cut = || cutout::cut(picture, mask, segmenter);
        let cutout = (self.watch.stage(Stage::Cutout, 0, cut)).with_context(|| match view {
            "" => item.name(),
            view => format!("the view from {view} of {}", item.name()),
        })?;
        if let Some(folder) = &self.job.debug_dir {
            write_cutout(folder, item, view, &cutout)?;
        }
        Ok(cutout)
    }

    /// The diffusion, and its result put away for the next run.
    fn imagine(&self, subject: &Subject, seal: Option<&(Secret, Recipe)>) -> Result<Kept> {
        let mut sampling = self.sampling.clone();
        if let (None, Some(cutter)) = (self.recipe.parts, &self.cutter) {
            sampling.parts = count::parts(cutter, self.model.config(), subject, self.watch)?;
            denoise::check(self.model.config(), &sampling)?;
        }
        let kept = Kept {
            imagined: imagine(&self.model, subject, &sampling, self.watch)?,
            cutout: subject.front.as_ref().map(|cutout| cutout.method),
        };
        if let Some((cache, (secret, recipe))) = self.cache.as_ref().zip(seal) {
            let _writing = writing();
            // A full disk costs the next run time, and this one nothing.
            if let Err(error) = cache.put(secret, recipe, &kept) {
                self.watch.tell(Event::Detail(format!("{error:#}")));
            }
        }
        Ok(kept)
    }

    fn report(
        &self,
        item: &Item,
        files: Vec<PathBuf>,
        figurine: &Figurine,
        failed_parts: Vec<String>,
        cutout: Option<Method>,
        cached: bool,
    ) -> Report {
        let parts: Vec<PartReport> = (figurine.parts.iter())
            .map(|part| PartReport {
                name: part.name.clone(),
                triangles: part.mesh.triangles.len(),
            })
            .collect();
        let seconds = self.watch.take_seconds();
        Report {
            input: item.input.clone(),
            output: item.output.clone(),
            files,
            triangles: parts.iter().map(|p| p.triangles).sum(),
            parts,
            failed_parts,
            changed: None,
            filaments: None,
            cutout,
            denoise_steps: if cached { 0 } else { self.sampling.steps },
            cached,
            total_seconds: seconds.iter().map(|(_, seconds)| seconds).sum(),
            seconds,
            peak_memory_bytes: peak_memory(),
            seed: self.job.options.seed,
            device: device::name(self.model.device()),
            network: sandbox::network(),
            model: ModelReport {
                name: self.model.info().name.clone(),
                sha256: self.model.info().sha256.clone(),
            },
            glance: None,
        }
    }
}

/// Held while files are put in their place, so that who ends the process can wait for that.
pub fn writing() -> MutexGuard<'static, ()> {
    static WRITING: Mutex<()> = Mutex::new(());
    WRITING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Refuses a place that cannot be written to before any work is done for it.
fn check_output(path: &Path, replace: bool) -> Result<()> {
    atomic_file::check(path, replace)?;
    // Only trying tells whether a folder can be written to.
    let probe = tempfile::tempfile_in(atomic_file::folder(path));
    probe.map(drop).with_context(|| {
        let folder = atomic_file::folder(path).display();
        format!(
            "{} cannot be written: the folder {folder} refuses",
            path.display()
        )
    })
}

/// Writes what was cut out, for a person to check.
fn write_cutout(folder: &Path, item: &Item, view: &str, cutout: &Cutout) -> Result<()> {
    let name = item
        .output
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy();
    let dash = if view.is_empty() { "" } else { "-" };
    let path = folder.join(format!("{name}{dash}{view}-cutout.png"));
    let mut bytes = std::io::Cursor::new(Vec::new());
    (cutout.pixels.write_to(&mut bytes, image::ImageFormat::Png))
        .with_context(|| format!("{} cannot be encoded as PNG", path.display()))?;
    let _writing = writing();
    atomic_file::write_all(&[(path, bytes.into_inner())], true)
}
