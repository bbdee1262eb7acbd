//! All items of a job: weights loaded once, the next photo read while one figurine is made.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};

use anyhow::{Context, Result, bail};
use image::{GrayImage, RgbaImage};

use super::failure::{Failure, Writes};
use super::figurine::{Shaped, of_latents, shape};
use super::latents::imagine;
use super::material::{Material, Ready};
use super::resume::Again;
use super::{
    Options, Quads, Report, Subject, alone, count, phrases, pictures, plate, prompt, resume,
    rigging, stages,
};
use crate::base::atomic_file::{self, writing};
use crate::base::progress::{Cancelled, Event, Stage, Watch};
use crate::base::text;
use crate::cache::{Cache, Kept, Recipe, Secret};
use crate::export::{self, ExportOptions, Filaments, Rig};
use crate::figure::print::Orientation;
use crate::geometry::Figurine;
use crate::model::nn::device;
use crate::model::sampling::denoise;
use crate::model::{DenoiseOptions, Imagined, Model, Prompt, embedded};
use crate::photo::cutout::{self, Cutout};
use crate::pipeline::job::{Item, Job, Usage};
use crate::slots::{Side, Slot};
use crate::surface::union;
use finished::Finished;

mod finished;

/// What became of an item that did not fail.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// A figurine.
    Made(Box<Report>),
    /// It was there already.
    Skipped,
    /// It was there, is to be made again for this reason, and may not be replaced.
    Kept(Again),
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
    let folders = (job.folder.iter())
        .chain(&job.debug_dir)
        .chain(&job.pictures.folder);
    for folder in folders {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("{}: the folder cannot be made", folder.display()))
            .written()?;
    }
    let folders: BTreeSet<&Path> = (job.items.iter())
        .map(|item| atomic_file::folder(&item.output))
        .collect();
    folders.into_iter().for_each(atomic_file::sweep);
    let stages = stages::expected(job);
    if job.items.len() == 1 {
        watch.tell(Event::Run { stages });
    }
    let model = watch.stage(Stage::Weights, 0, || load(job))?;
    check_names(&job.options, &model)?;
    let runner = Runner::new(job, model, watch)?;
    if job.items.len() > 1 {
        watch.tell(Event::Batch {
            count: job.items.len(),
        });
    }
    std::thread::scope(|scope| {
        // Room for none: one photo is ready, never two, however many there are.
        let (ready, next) = mpsc::sync_channel(0);
        let reader = &runner;
        scope.spawn(move || {
            for item in &reader.job.items {
                if ready.send(reader.prepare(item)).is_err() {
                    break; // nobody makes figurines any more
                }
            }
        });
        for item in &job.items {
            let result = runner.make(item, || next.recv()?);
            if result.as_ref().is_err_and(|e| e.is::<Cancelled>()) {
                bail!(Cancelled);
            }
            if !matches!(result, Ok(Outcome::Made(_))) {
                watch.take_seconds(); // none of the next one's
            }
            let skipped = matches!(result, Ok(Outcome::Skipped | Outcome::Kept(_)));
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
fn check_names(options: &Options, model: &Model) -> Result<()> {
    let Some(figurine) = &model.config().figurine else {
        return Ok(());
    };
    let set = |name: &String| options.print.name.is_some() && Slot::Name.is(name);
    let known = |name: &&String| figurine.slots.contains(name) || set(name);
    match options.only.iter().find(|name| !known(name)) {
        Some(name) => bail!(Usage(format!(
            "--only: there is no part '{name}'; the parts are {}",
            figurine.slots.join(", ")
        ))),
        None => Ok(()),
    }
}

/// What all items of a job share.
pub(super) struct Runner<'a, 'w> {
    pub(super) job: &'a Job,
    pub(super) model: Model,
    /// The model in the binary, which cuts out and counts for an added one.
    cutter: Option<Model>,
    pub(super) cache: Option<Cache>,
    pub(super) prompt: Option<Prompt>,
    /// What was remarked about the prompt, and so of every item.
    notes: Vec<String>,
    /// What opens or marks the results of the prompt's words, where there is a cache for them.
    pub(super) words: Option<Secret>,
    /// Of every item but for the mask.
    pub(super) recipe: Recipe,
    /// By what its figurines are known again.
    pub(super) made_with: String,
    sampling: DenoiseOptions,
    pub(super) watch: &'a Watch<'w>,
}

impl<'a, 'w> Runner<'a, 'w> {
    fn new(job: &'a Job, model: Model, watch: &'a Watch<'w>) -> Result<Self> {
        // A cache that cannot be used costs time, not figurines.
        let cache = Cache::open(&job.cache).unwrap_or_else(|error| {
            watch.tell(Event::Note(format!(
                "{error:#}; nothing is kept of this run"
            )));
            None
        });
        let sampling = job.options.sampling(&model);
        (job.options.check(&model)).map_err(|e| Usage(format!("{e:#}")))?;
        let counts = job.options.counts(&model)?;
        let recipe = Recipe {
            version: env!("CARGO_PKG_VERSION"),
            model: model.identity()?,
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
        watch.take_notes();
        let prompt = (job.prompt.as_ref()).map(|text| prompt::read(&model, text, seed, watch));
        let prompt = prompt.transpose().map_err(Failure::of_words)?.flatten();
        let notes = watch.take_notes();
        let words = match (&cache, &job.prompt) {
            (Some(cache), Some(text)) => Some(cache.secret_of_prompt(text)?),
            _ => None,
        };
        let made_with = resume::made_with(job, &recipe.model, &sampling)?;
        let itself = model.config().figurine.is_some() && model.cutout_network().is_some();
        let cutter = match itself {
            true => None,
            false => Some(Model::from_bytes(embedded::weights(), model.device())?),
        };
        Ok(Self {
            job,
            model,
            cutter,
            cache,
            prompt,
            notes,
            words,
            recipe,
            made_with,
            sampling,
            watch,
        })
    }

    /// One item, from its photo's file to the figurine's.
    fn make(&self, item: &Item, read: impl FnOnce() -> Result<Ready>) -> Result<Outcome> {
        let (job, watch) = (self.job, self.watch);
        let mut material = match watch.stage(Stage::Input, 0, read)? {
            Ready::Make(material) => *material,
            Ready::Leave(outcome) => return Ok(outcome),
        };
        watch.take_notes(); // those of an item that failed
        let mut notes = self.notes.clone();
        notes.append(&mut material.notes);
        let (kept, seal, again) = (material.kept.take(), material.seal.take(), material.again);
        let cached = kept.is_some();
        let subject = self.subject(item, material)?;
        let kept = match kept {
            Some(kept) => Some(kept),
            // All else takes no longer than opening what was kept of it: nothing is.
            None if !of_latents(&self.model, &subject, &job.options) => None,
            None if !subject.beside.is_empty() => bail!(Usage(
                "--together: figures side by side are read off one photo each, by the weights in the program".into()
            )),
            None => Some((self.imagine(&subject, seal.as_ref())).with_context(|| item.name())?),
        };
        let imagined = kept.as_ref().map(|kept| &kept.imagined);
        let shaped = self.shaped(imagined, &subject);
        let (shaped, rig, orientation) = shaped.with_context(|| item.name())?;
        let standing = (job.printed).then(|| plate::standing(job, &shaped, watch));
        let filaments = self.filaments(&shaped.figurine);
        let quads = self.quads(&shaped.figurine);
        let export = ExportOptions {
            scale: shaped.scale,
            filaments: filaments.clone(),
            made_with: Some(self.made_with.clone()),
            rig,
            ..job.export.clone()
        };
        let files = self.write(item, &shaped.figurine, &export)?;
        let wanted = job.pictures.of(item, job.folder.as_deref());
        let thumbnail = pictures::write(&wanted, &shaped.figurine, &export, watch).written()?;
        let finished = Finished {
            subject,
            kept,
            cached,
            again,
            shaped,
            standing,
            orientation,
            filaments,
            quads,
            files,
            thumbnail,
            notes,
        };
        Ok(Outcome::Made(Box::new(self.report(item, finished))))
    }

    /// A figurine in its pose, in one piece if that is wanted, its skeleton, and how it lies.
    fn shaped(
        &self,
        imagined: Option<&Imagined>,
        subject: &Subject,
    ) -> Result<(Shaped, Option<Arc<Rig>>, Option<Orientation>)> {
        let (job, watch) = (self.job, self.watch);
        let (model, options) = (&self.model, &job.options);
        let mut shaped = shape(model, imagined, subject, options, job.printed, watch)?;
        let rig = rigging::apply(job, &mut shaped.figurine, watch)?;
        let orientation = plate::lay(job, &mut shaped, watch)?;
        if job.solid {
            shaped.figurine = union::unite(&shaped.figurine);
        }
        Ok((shaped, rig, orientation))
    }

    /// Writes a figurine to its files, or to standard output.
    fn write(
        &self,
        item: &Item,
        figurine: &Figurine,
        export: &ExportOptions,
    ) -> Result<Vec<PathBuf>> {
        let (watch, output) = (self.watch, &item.output);
        let files = watch.stage(Stage::Export, 0, || match self.job.out {
            Some(format) => export::write_out(format, figurine, export)
                .map(|()| vec![output.clone()])
                .written(),
            None => {
                let _writing = writing();
                export::write(output, figurine, export).written()
            }
        })?;
        if let Some(first) = files
            .first()
            .filter(|file| !export::is_named_after(file, output))
        {
            watch.tell(Event::Note(format!(
                "{}: with the part's the name would be too long, and is cut",
                first.display()
            )));
        }
        Ok(files)
    }

    /// The subject of an item, cut out of its photos.
    fn subject(&self, item: &Item, material: Material) -> Result<Subject> {
        let mut subject = Subject {
            photographed: item.input.is_some(),
            prompt: self.prompt.clone(),
            base: self.job.prompt.as_deref().and_then(phrases::base),
            ..Subject::default()
        };
        if let Some((picture, mask)) = material.picture {
            subject.front = Some(self.cut(item, Side::Front, picture, mask.as_ref())?);
        }
        for (photo, picture) in item.beside.iter().zip(material.beside) {
            let other = Item {
                input: Some(photo.clone()),
                beside: Vec::new(),
                output: photo.clone(),
            };
            subject
                .beside
                .push(self.cut(&other, Side::Front, picture, None)?);
        }
        for (side, picture) in material.views {
            let cutout = self.cut(item, side, picture, None)?;
            subject.views.push((side, cutout));
        }
        Ok(subject)
    }

    /// Steps of diffusion: twice as many where words changed what photos show.
    fn steps(&self, subject: &Subject, changed: Option<&[String]>) -> usize {
        let again = !subject.becomes() && changed.is_some_and(|changed| !changed.is_empty());
        self.sampling.steps * (1 + usize::from(again))
    }

    /// What it is painted in, if that is wanted. Who prints has to know which is which.
    fn filaments(&self, figurine: &Figurine) -> Option<Arc<Filaments>> {
        let found = Filaments::of(figurine, self.job.filaments?);
        let note = format!("filaments: {found}");
        self.watch.tell(Event::Note(note));
        Some(Arc::new(found))
    }

    /// How many of its faces have four sides, if these are wanted.
    fn quads(&self, figurine: &Figurine) -> Option<Quads> {
        let (four_sided, three_sided) =
            (self.job.export.quads).then(|| export::count_quads(figurine))?;
        let quads = Quads {
            four_sided,
            three_sided,
        };
        self.watch.tell(Event::Note(format!("quads: {quads}")));
        Some(quads)
    }

    /// The subject of an item's photo from one side.
    fn cut(
        &self,
        item: &Item,
        side: Side,
        picture: RgbaImage,
        mask: Option<&GrayImage>,
    ) -> Result<Cutout> {
        let borrowed = self.cutter.as_ref().and_then(Model::cutout_network);
        let cutout_network = self.model.cutout_network().or(borrowed);
        let options = match side {
            Side::Front => self.job.cutting,
            _ => cutout::Options {
                subject: 0,
                ..self.job.cutting
            },
        };
        let cut = || cutout::cut_as(picture, mask, cutout_network, &options);
        let name = || match side {
            Side::Front => item.name(),
            side => format!("the view from {} of {}", side.name(), item.name()),
        };
        let cutout = self.watch.stage(Stage::Cutout, 0, cut).with_context(name)?;
        for note in &cutout.notes {
            let note = format!("{}: {note}", name());
            self.watch.tell(Event::Note(note));
        }
        if side == Side::Front
            && let Some(path) = &self.job.save_mask
        {
            alone::write_mask(path, &cutout, self.job.export.replace).written()?;
        }
        if let Some(folder) = &self.job.debug_dir {
            let folder = self.beside(item, folder);
            write_cutout(&folder, item, side, &cutout).written()?;
        }
        Ok(cutout)
    }

    /// Where something of an item lies in another folder: as its figurine lies in that of the job.
    fn beside(&self, item: &Item, folder: &Path) -> PathBuf {
        let made = self.job.folder.as_deref();
        let below = made.and_then(|made| item.output.parent()?.strip_prefix(made).ok());
        folder.join(below.unwrap_or(Path::new("")))
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
}

/// Writes what was cut out, for a person to check.
fn write_cutout(folder: &Path, item: &Item, side: Side, cutout: &Cutout) -> Result<()> {
    let name = item.output.file_stem().unwrap_or_default();
    let most = text::LONGEST_NAME - "-right-cutout.png".len();
    let mut name = text::cut(name, most);
    let view = match side {
        Side::Front => String::new(),
        side => format!("-{}", side.name()),
    };
    name.push(format!("{view}-cutout.png"));
    let path = folder.join(name);
    let bytes = alone::subject(cutout)?;
    std::fs::create_dir_all(folder)?;
    let _writing = writing();
    // It is the photo's pixels, for who made it alone.
    atomic_file::write_private(path, bytes)
}
