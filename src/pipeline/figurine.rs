//! The pipeline, one line a stage.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use anyhow::{Context, Result, ensure};
use glam::Vec3;
use rayon::prelude::*;

use crate::base::progress::{Event, Stage, Watch};
use crate::figure::print;
use crate::geometry::{Field, Figurine, Part, Spot};
use crate::model::{Condition, DenoiseOptions, Imagined, Model, Prompt, embedded};
use crate::photo::cutout::Cutout;
use crate::photo::framing;
use crate::pipeline::options::Options;
use crate::pipeline::register::{self, Likeness};
use crate::pipeline::{count, edit, restyle};
use crate::registration::{Coat, Painted, Painter};
use crate::slots::{Side, Slot};
use crate::surface::assemble::{self, AssembleOptions, Assembly};
use crate::surface::refine;
use crate::texture;

/// What a figurine is made from: a photo, words, or both.
#[derive(Clone, Debug, Default)]
pub struct Subject {
    /// Cut out of its photo from the front, or nearly.
    pub front: Option<Cutout>,
    /// Whether there is a photo; its cut-out need not be here where what was made of it is kept.
    pub photographed: bool,
    /// The same from other sides.
    pub views: Vec<(Side, Cutout)>,
    /// What it is, or how it differs from the photo.
    pub prompt: Option<Prompt>,
}

impl Subject {
    /// Whether words ask for somebody else than the photo shows: that one stands like its figure and has its
    /// colours, and is not to be compared with it.
    pub(super) fn becomes(&self) -> bool {
        self.of_photo() && self.prompt.as_ref().is_some_and(|prompt| prompt.becomes)
    }

    /// Whether the photo shows what is made, so that both can be compared.
    fn shown(&self) -> bool {
        self.of_photo() && !self.becomes()
    }

    fn of_photo(&self) -> bool {
        self.front.is_some() || self.photographed
    }
}

impl From<Cutout> for Subject {
    fn from(front: Cutout) -> Self {
        Self {
            front: Some(front),
            ..Self::default()
        }
    }
}

/// A subject becomes a figurine in the model frame, with the names of parts that came to nothing.
///
/// # Errors
/// The model cannot be run, none of the wanted parts is there, or [`Cancelled`](crate::base::progress::Cancelled).
pub fn figurine(
    model: &Model,
    subject: &Subject,
    options: &Options,
    watch: &Watch<'_>,
) -> Result<(Figurine, Vec<String>)> {
    let mut sampling = options.sampling(model);
    if options.counts(model)? {
        let counter = Model::from_bytes(embedded::weights(), model.device())?;
        sampling.parts = count::parts(&counter, model.config(), subject, watch)?;
    }
    let imagined = imagine(model, subject, &sampling, watch)?;
    let made = shape(model, &imagined, subject, options, watch)?;
    Ok((made.figurine, made.failed))
}

/// The diffusion: from a subject to latents.
pub(super) fn imagine(
    model: &Model,
    subject: &Subject,
    sampling: &DenoiseOptions,
    watch: &Watch<'_>,
) -> Result<Imagined> {
    let condition = watch.stage(Stage::Condition, 0, || condition(model, subject))?;
    let runs = 1 + usize::from(condition.wish.is_some());
    watch.stage(Stage::Denoise, runs * sampling.steps, || {
        let mut step = |done, _| match watch.step(Stage::Denoise, done) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        };
        model.imagine(&condition, sampling, &mut step)
    })
}

/// What [`shape`] makes.
pub(super) struct Shaped {
    pub(super) figurine: Figurine,
    /// Names of the parts that came to nothing.
    pub(super) failed: Vec<String>,
    /// Names of the parts that words changed, where they stood beside a photo.
    pub(super) changed: Option<Vec<String>>,
    /// Metres a unit of the model frame, where more than the height says it.
    pub(super) scale: Option<f32>,
}

/// From latents to meshes, in the colours of `subject` if that is wanted.
pub(super) fn shape(
    model: &Model,
    imagined: &Imagined,
    subject: &Subject,
    options: &Options,
    watch: &Watch<'_>,
) -> Result<Shaped> {
    let fields = watch.stage(Stage::Fields, 0, || edit::before(model, imagined))?;
    let (photos, fields, changed) = watch.stage(Stage::Look, 0, || {
        let (likeness, fields) = if options.compares(model) && subject.shown() {
            register::find(model, subject, fields, options)?
        } else if subject.shown() {
            (Likeness::default(), register::unbent(fields))
        } else {
            let loose = |(name, field): (String, _)| {
                let field = edit::loosen(&name, field);
                (name, field)
            };
            let fields = fields.into_iter().map(loose).collect();
            (Likeness::default(), register::unbent(fields))
        };
        let (fields, changed) = edit::apply(model, imagined, fields, &likeness)?;
        Ok((likeness.photos, fields, changed))
    })?;
    edit::tell(model, imagined, &changed, watch);
    let before = match options.restyles(model)? {
        true => restyle::find(&fields, !photos.is_empty(), options, watch)?,
        false => None,
    };
    let fields = restyle::moved(fields, before.as_ref());
    let ready = watch.stage(Stage::Fit, 0, || print::prepare(&fields, &options.print))?;
    (ready.notes.into_iter()).for_each(|note| watch.tell(Event::Note(note)));
    (ready.details.into_iter()).for_each(|detail| watch.tell(Event::Detail(detail)));
    let fields = ready.fields;
    // The slots of a figurine say who covers whom; other parts are the model's as they are.
    let disjoint = model.config().figurine.is_some() || ready.plinth;
    let assemble = AssembleOptions {
        disjoint,
        pegs: ready.pegs,
        colours: options.faces == 0, // or else what simplifies them colours them
        resolution: options
            .resolution
            .unwrap_or(AssembleOptions::default().resolution),
        ..AssembleOptions::default()
    };
    let (mut figurine, failed) = surfaces(&fields, &assemble, watch)?;
    // The photo does not show a plinth, which is the first part.
    let shown = |name: &str| !(ready.plinth && Slot::Base.is(name));
    let plinth = figurine.parts.iter().position(|part| !shown(&part.name));
    let plinth = plinth.map(|at| figurine.parts.remove(at));
    // The photo shows the figure with the proportions that it had.
    let painter = match &before {
        Some(before) => before.painter(photos, &changed),
        None => Painter::new(photos, &figurine, &changed),
    };
    figurine.parts.splice(0..0, plinth);
    if let Some(painter) = &painter {
        let ((yaw, pitch), agreement) = (painter.angles(), 100.0 * painter.agreement());
        let angles = format!(
            "the photo shows it turned by {yaw:.0} and from {pitch:.0} degrees above; {agreement:.0} % agree"
        );
        watch.tell(Event::Detail(angles));
    }
    let shown = |name: &str| shown(name) && changed.names.iter().all(|changed| changed != name);
    let painter = |name: &str| painter.as_ref().filter(|_| shown(name));
    keep_only(&mut figurine, &options.only)?;
    if options.faces > 0 {
        let simplify = || simplify(&mut figurine, &fields, painter, options.faces);
        watch.stage(Stage::Simplify, 0, simplify)?;
    }
    let coats = watch.stage(Stage::Colour, 0, || coat(&mut figurine, &fields, painter))?;
    if let Some(side) = options.texture {
        let colours = |part: usize, spots: &[Spot]| {
            watch.check()?;
            coats[part].colours(&figurine.parts[part].mesh, spots)
        };
        let wrap = || texture::make(&figurine, side, colours);
        figurine.texture = Some(watch.stage(Stage::Texture, 0, wrap)?);
    }
    let changed = match subject.becomes() {
        true => Some(
            figurine
                .parts
                .iter()
                .map(|part| part.name.clone())
                .collect(),
        ),
        false => imagined.change.as_ref().map(|_| changed.names),
    };
    Ok(Shaped {
        figurine,
        failed,
        changed,
        scale: ready.scale,
    })
}

/// About so many triangles, more of them where the colours of field and photo change.
fn simplify<'a>(
    figurine: &mut Figurine,
    fields: &print::Fields<'_>,
    painter: impl Fn(&str) -> Option<&'a Painter>,
    faces: usize,
) -> Result<()> {
    let painted: Vec<(String, Painted<'_>)> = (fields.iter())
        .map(|(name, field)| (name.clone(), Painted::new(name, field, painter(name))))
        .collect();
    let fields: Vec<(String, &dyn Field)> = (painted.iter())
        .map(|(name, field)| (name.clone(), field as &dyn Field))
        .collect();
    refine::finish(figurine, &fields, faces)
}

/// Colours the vertices of all parts, and gives what colours the points between them.
fn coat<'a>(
    figurine: &mut Figurine,
    fields: &'a print::Fields<'_>,
    painter: impl Fn(&str) -> Option<&'a Painter> + Sync,
) -> Result<Vec<Coat<'a>>> {
    let coat = |Part { name, mesh }: &mut Part| {
        let field = fields.iter().find(|field| field.0 == *name);
        let (_, field) = field.with_context(|| format!("the part `{name}` has no field"))?;
        match painter(name) {
            Some(painter) => painter.paint(name, mesh, field),
            None => Ok(Coat::plain(field)),
        }
    };
    figurine.parts.par_iter_mut().map(coat).collect()
}

/// What the transformer looks at: all views, the words, or the words against the views.
pub(super) fn condition(model: &Model, subject: &Subject) -> Result<Condition> {
    let front = subject.front.iter().map(|cutout| (Side::Front, cutout));
    let others = subject.views.iter().map(|(side, cutout)| (*side, cutout));
    let mut views = Vec::new();
    for (side, cutout) in front.chain(others) {
        views.push((
            side.name(),
            model.looks(&framing::prepare(&cutout.pixels)?)?,
        ));
    }
    model.encode(&views, subject.prompt.as_ref())
}

/// Closed, coloured meshes of all parts, and the names of those whose field has no surface.
fn surfaces(
    fields: &print::Fields<'_>,
    options: &AssembleOptions,
    watch: &Watch<'_>,
) -> Result<(Figurine, Vec<String>)> {
    let assembly = assembled(Stage::Surface, fields, options, watch)?;
    for crumbs in &assembly.crumbs {
        watch.tell(Event::Detail(format!(
            "{}: dropped {} loose pieces or voids, {:.2} % of its volume",
            crumbs.part,
            crumbs.pieces,
            100.0 * crumbs.share
        )));
    }
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

/// The parts of fields, made in a stage of the run.
pub(super) fn assembled<F: Field>(
    stage: Stage,
    fields: &[(String, F)],
    options: &AssembleOptions,
    watch: &Watch<'_>,
) -> Result<Assembly> {
    let begun = AtomicUsize::new(0);
    watch.stage(stage, fields.len(), || {
        let watched: Vec<(String, Watched<'_, '_>)> = (fields.iter())
            .map(|(name, field)| (name.clone(), Watched::new(stage, field, &begun, watch)))
            .collect();
        let fields: Vec<(String, &dyn Field)> = (watched.iter())
            .map(|(name, field)| (name.clone(), field as &dyn Field))
            .collect();
        assemble::assemble(&fields, options)
    })
}

/// A field that stops its user once the run is to stop, and tells when it is first asked.
struct Watched<'a, 'w> {
    stage: Stage,
    field: &'a dyn Field,
    asked: AtomicBool,
    /// How many parts were asked so far: neighbours are asked together, so all but one are done.
    begun: &'a AtomicUsize,
    watch: &'a Watch<'w>,
}

impl<'a, 'w> Watched<'a, 'w> {
    fn new(
        stage: Stage,
        field: &'a dyn Field,
        begun: &'a AtomicUsize,
        watch: &'a Watch<'w>,
    ) -> Self {
        Self {
            stage,
            field,
            asked: AtomicBool::new(false),
            begun,
            watch,
        }
    }
}

impl Field for Watched<'_, '_> {
    fn distance(&self, points: &[Vec3]) -> Result<Vec<f32>> {
        self.watch.check()?;
        if !self.asked.swap(true, Ordering::Relaxed) {
            let before = self.begun.fetch_add(1, Ordering::Relaxed);
            self.watch.step(self.stage, before)?;
        }
        self.field.distance(points)
    }

    fn colour(&self, points: &[Vec3]) -> Result<Vec<[f32; 3]>> {
        self.watch.check()?;
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
