//! The pipeline, one line a stage; a photo that fails does not stop a batch.

use std::fmt;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result, bail, ensure};
use candle_core::Tensor;
use glam::Vec3;
use image::RgbaImage;
use serde::Serialize;

use crate::export::{self, ExportOptions, aside};
use crate::input::cutout::{self, Cutout, Method};
use crate::input::photo;
use crate::job::{Item, Job, Usage};
use crate::mesh::parts::{self, AssembleOptions};
use crate::mesh::preview::{self, PreviewOptions};
use crate::mesh::{Field, Figurine, detail};
use crate::model::{Cancelled, DenoiseOptions, Latents, Model, PartField, device, preprocess};
use crate::progress::{Event, Stage, Watch};
use crate::sandbox::{self, Network};
use crate::weights;

/// What shapes a figurine besides the photo and the weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// The noise that the diffusion starts from.
    pub seed: u64,
    /// Denoising steps; the weights' own number when absent.
    pub steps: Option<usize>,
    /// Guidance scale; the weights' own when absent.
    pub guidance: Option<f64>,
    /// Lattice cells across the model's box; a good number when absent.
    pub resolution: Option<usize>,
    /// Slots to keep; all when empty.
    pub only: Vec<String>,
    /// About how many triangles in all; 0 keeps every one.
    pub faces: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 0,
            steps: None,
            guidance: None,
            resolution: None,
            only: Vec::new(),
            faces: 60_000,
        }
    }
}

/// What became of one photo.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub input: PathBuf,
    pub output: PathBuf,
    pub parts: Vec<PartReport>,
    pub triangles: usize,
    /// Names of parts that were meant to be there but came to nothing.
    pub failed_parts: Vec<String>,
    /// How the subject was found.
    pub cutout: Method,
    /// Seconds by stage; the weights are loaded in the first of a batch.
    #[serde(serialize_with = "as_map")]
    pub seconds: Vec<(Stage, f64)>,
    pub total_seconds: f64,
    /// The most memory that the process ever held, where the system tells.
    pub peak_memory_bytes: Option<u64>,
    pub seed: u64,
    /// `cpu`, `cuda` or `metal`.
    pub device: &'static str,
    /// Whether the system denied this process the network.
    pub network: Network,
    pub model: ModelReport,
}

/// One part of a [`Report`].
#[derive(Clone, Debug, Serialize)]
pub struct PartReport {
    pub name: String,
    pub triangles: usize,
}

/// The weights of a [`Report`].
#[derive(Clone, Debug, Serialize)]
pub struct ModelReport {
    pub name: String,
    pub sha256: String,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.parts.iter().map(|p| p.name.as_str()).collect();
        write!(
            f,
            "{}: {} parts ({}), {} triangles, {:.1} s",
            self.output.display(),
            names.len(),
            names.join(", "),
            self.triangles,
            self.total_seconds
        )
    }
}

fn as_map<S: serde::Serializer>(seconds: &[(Stage, f64)], to: S) -> Result<S::Ok, S::Error> {
    to.collect_map(seconds.iter().map(|(stage, seconds)| (stage, seconds)))
}

/// Does a whole job: loads the weights once, then makes one figurine an item and hands each result
/// to `done` as it comes.
///
/// # Errors
/// The weights cannot be used, a folder cannot be made, a part's name is unknown ([`Usage`]), or the
/// run was stopped ([`Cancelled`]). What goes wrong with one item goes to `done` instead.
pub fn all(
    job: &Job,
    watch: &Watch<'_>,
    mut done: impl FnMut(&Item, &Result<Report>),
) -> Result<()> {
    for folder in job.folder.iter().chain(&job.debug_dir) {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("{}: the folder cannot be made", folder.display()))?;
    }
    let model = watch.stage(Stage::Weights, 0, || load(job))?;
    check_names(&job.options.only, &model)?;
    for item in &job.items {
        let result = one(item, job, &model, watch);
        if result.as_ref().is_err_and(|e| e.is::<Cancelled>()) {
            bail!(Cancelled);
        }
        done(item, &result);
    }
    Ok(())
}

/// The weights that the job names, or those in the binary.
fn load(job: &Job) -> Result<Model> {
    let device = device::choose(job.device)?;
    match &job.model {
        Some(path) => Model::open(path, &device),
        None => Model::from_bytes(weights::embedded(), &device),
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

/// One photo, from its file to the figurine's.
fn one(item: &Item, job: &Job, model: &Model, watch: &Watch<'_>) -> Result<Report> {
    for path in std::iter::once(&item.output).chain(&job.preview) {
        check_output(path, job.replace)?;
    }
    let of_input = || item.input.display().to_string();
    let picture = watch.stage(Stage::Input, 0, || photo::open(&item.input))?;
    let mask = job.mask.as_deref().map(photo::open_mask).transpose()?;
    let cutout = watch
        .stage(Stage::Cutout, 0, || {
            cutout::cut(picture, mask.as_ref(), model.segmenter())
        })
        .with_context(of_input)?;
    if let Some(folder) = &job.debug_dir {
        write_cutout(folder, item, &cutout)?;
    }
    let (figurine, failed_parts) =
        figurine(model, &cutout, &job.options, watch).with_context(of_input)?;
    watch.stage(Stage::Export, 0, || {
        let _writing = writing();
        let options = ExportOptions {
            height: job.height,
            replace: job.replace,
        };
        export::write(&item.output, &figurine, &options)
    })?;
    if let Some(path) = &job.preview {
        watch.stage(Stage::Preview, 0, || {
            let options = PreviewOptions {
                view: job.view,
                ..PreviewOptions::default()
            };
            let picture = preview::render(&figurine, &options);
            let _writing = writing();
            export::write_picture(path, &picture, job.replace)
        })?;
    }
    Ok(report(
        item,
        job,
        model,
        watch,
        &figurine,
        failed_parts,
        cutout.method,
    ))
}

/// A subject becomes a figurine in the model frame, with the names of parts that came to nothing.
///
/// # Errors
/// The model cannot be run, none of the wanted parts is there, or [`Cancelled`].
pub fn figurine(
    model: &Model,
    subject: &Cutout,
    options: &Options,
    watch: &Watch<'_>,
) -> Result<(Figurine, Vec<String>)> {
    let condition = watch.stage(Stage::Condition, 0, || condition(model, &subject.pixels))?;
    let latents = denoise(model, &condition, options, watch)?;
    let fields = watch.stage(Stage::Fields, 0, || model.fields(&latents))?;
    let (mut figurine, failed) = surfaces(&fields, options, watch)?;
    keep_only(&mut figurine, &options.only)?;
    if options.faces > 0 {
        let fields: Vec<(String, &dyn Field)> = (fields.iter())
            .map(|(name, field)| (name.clone(), field as &dyn Field))
            .collect();
        watch.stage(Stage::Simplify, 0, || {
            detail::finish(&mut figurine, &fields, options.faces)
        })?;
    }
    Ok((figurine, failed))
}

/// The condition sequence `[1, tokens, channels]` of one view from the front.
fn condition(model: &Model, subject: &RgbaImage) -> Result<Tensor> {
    let prepared = preprocess::prepare(subject)?;
    let pixels = model.pixels(&prepared)?;
    model.encode(&[("front", pixels)])
}

fn denoise(
    model: &Model,
    condition: &Tensor,
    options: &Options,
    watch: &Watch<'_>,
) -> Result<Latents> {
    let mut denoise = DenoiseOptions::new(model.config());
    denoise.seed = options.seed;
    denoise.steps = options.steps.unwrap_or(denoise.steps);
    denoise.guidance = options.guidance.unwrap_or(denoise.guidance);
    watch.stage(Stage::Denoise, denoise.steps, || {
        let mut step = |done, _| match watch.step(Stage::Denoise, done) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        };
        model.denoise(condition, &denoise, &mut step)
    })
}

/// Closed, coloured meshes of all parts, and the names of those whose field has no surface.
fn surfaces(
    fields: &[(String, PartField)],
    options: &Options,
    watch: &Watch<'_>,
) -> Result<(Figurine, Vec<String>)> {
    let mut assemble = AssembleOptions::default();
    assemble.resolution = options.resolution.unwrap_or(assemble.resolution);
    let count = fields.len();
    let assembly = watch.stage(Stage::Surface, count, || {
        let watched: Vec<(String, Watched<'_, '_>)> = (fields.iter().enumerate())
            .map(|(part, (name, field))| (name.clone(), Watched { field, part, watch }))
            .collect();
        let fields: Vec<(String, &dyn Field)> = (watched.iter())
            .map(|(name, field)| (name.clone(), field as &dyn Field))
            .collect();
        parts::assemble(&fields, &assemble)
    })?;
    for name in &assembly.empty {
        let note = format!("the part {name} came to nothing; another --seed may bring it");
        watch.tell(Event::Note(note));
    }
    ensure!(
        !assembly.figurine.parts.is_empty(),
        "no part of the figurine came out: try another --seed, or check the cut-out with --debug-dir"
    );
    Ok((assembly.figurine, assembly.empty))
}

/// A field that stops its user once the run is to stop.
struct Watched<'a, 'w> {
    field: &'a PartField,
    /// The part's place in the order.
    part: usize,
    watch: &'a Watch<'w>,
}

impl Field for Watched<'_, '_> {
    fn distance(&self, points: &[Vec3]) -> Result<Vec<f32>> {
        self.watch.check()?;
        self.field.distance(points)
    }

    fn colour(&self, points: &[Vec3]) -> Result<Vec<[f32; 3]>> {
        // Colours are the last that is asked of a part.
        self.watch.step(Stage::Surface, self.part + 1)?;
        self.field.colour(points)
    }

    fn bounds(&self) -> (Vec3, Vec3) {
        self.field.bounds()
    }
}

fn keep_only(figurine: &mut Figurine, only: &[String]) -> Result<()> {
    if only.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = figurine.parts.iter().map(|p| p.name.clone()).collect();
    figurine.parts.retain(|part| only.contains(&part.name));
    ensure!(
        !figurine.parts.is_empty(),
        "this figurine has no {}; it has {}",
        only.join(", "),
        names.join(", ")
    );
    Ok(())
}

fn report(
    item: &Item,
    job: &Job,
    model: &Model,
    watch: &Watch<'_>,
    figurine: &Figurine,
    failed_parts: Vec<String>,
    cutout: Method,
) -> Report {
    let parts: Vec<PartReport> = (figurine.parts.iter())
        .map(|part| PartReport {
            name: part.name.clone(),
            triangles: part.mesh.triangles.len(),
        })
        .collect();
    let seconds = watch.take_seconds();
    Report {
        input: item.input.clone(),
        output: item.output.clone(),
        triangles: parts.iter().map(|p| p.triangles).sum(),
        parts,
        failed_parts,
        cutout,
        total_seconds: seconds.iter().map(|(_, seconds)| seconds).sum(),
        seconds,
        peak_memory_bytes: peak_memory(),
        seed: job.options.seed,
        device: device::name(model.device()),
        network: sandbox::network(),
        model: ModelReport {
            name: model.info().name.clone(),
            sha256: model.info().sha256.clone(),
        },
    }
}

/// The resident set's high-water mark; Linux alone tells it in a file.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// Held while files are put in their place, so that who ends the process can wait for that.
pub fn writing() -> MutexGuard<'static, ()> {
    static WRITING: Mutex<()> = Mutex::new(());
    WRITING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Refuses a place that cannot be written to before any work is done for it.
fn check_output(path: &Path, replace: bool) -> Result<()> {
    aside::check(path, replace)?;
    // Only trying tells whether a folder can be written to.
    let probe = tempfile::tempfile_in(aside::folder(path));
    probe.map(drop).with_context(|| {
        let folder = aside::folder(path).display();
        format!(
            "{} cannot be written: the folder {folder} refuses",
            path.display()
        )
    })
}

/// Writes what was cut out, for a person to check.
fn write_cutout(folder: &Path, item: &Item, cutout: &Cutout) -> Result<()> {
    let name = item
        .output
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy();
    let path = folder.join(format!("{name}-cutout.png"));
    let mut bytes = std::io::Cursor::new(Vec::new());
    (cutout.pixels.write_to(&mut bytes, image::ImageFormat::Png))
        .with_context(|| format!("{} cannot be encoded as PNG", path.display()))?;
    let _writing = writing();
    aside::write_all(&[(path, bytes.into_inner())], true)
}
