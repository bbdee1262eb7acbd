//! From fields to meshes, as a stage of a run that tells how far it is and can be stopped.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use anyhow::{Context, Result, ensure};
use glam::Vec3;

use crate::base::progress::{Event, Stage, Watch};
use crate::base::text::count;
use crate::figure::print::{self, Prepared, Size};
use crate::geometry::{Field, Figurine};
use crate::surface::assemble::{self, AssembleOptions, Assembly};
use crate::surface::simplify;

/// Closed, coloured meshes of all parts, and the names of those whose field has no surface. `chance` is whether another
/// seed gives other fields.
pub(super) fn surfaces(
    fields: &print::Fields<'_>,
    options: &AssembleOptions,
    chance: bool,
    watch: &Watch<'_>,
) -> Result<(Figurine, Vec<String>)> {
    let assembly = assembled(Stage::Surface, fields, options, watch)?;
    for fragments in &assembly.fragments {
        watch.tell(Event::Detail(format!(
            "{}: dropped {} loose pieces or voids, {:.2} % of its volume",
            fragments.part,
            fragments.pieces,
            100.0 * fragments.share
        )));
    }
    for name in &assembly.empty {
        let advice = if chance {
            "; another --seed may bring it"
        } else {
            ""
        };
        watch.tell(Event::Note(format!(
            "the part {name} came to nothing{advice}"
        )));
    }
    ensure!(
        !assembly.figurine.parts.is_empty(),
        "no part of the figurine came out: check the cut-out with --debug-dir, or try another --seed"
    );
    Ok((assembly.figurine, assembly.empty))
}

/// Parts are tied together so many times at most: what was moved may still touch too little.
const ROUNDS: usize = 3;

/// The same, of parts that hang together: what does not is tied to the rest, in its field. Where nothing has to be done,
/// they are the very same.
pub(super) fn whole(
    ready: &mut Prepared<'_>,
    size: Size,
    options: &AssembleOptions,
    chance: bool,
    watch: &Watch<'_>,
) -> Result<(Figurine, Vec<String>)> {
    let (mut figurine, mut failed) = surfaces(&ready.fields, options, chance, watch)?;
    for _ in 0..ROUNDS {
        let remarks = ready.tie(&figurine, size);
        if remarks.is_empty() {
            break;
        }
        (remarks.into_iter()).for_each(|remark| watch.tell(Event::Detail(remark)));
        (figurine, failed) = surfaces(&ready.fields, options, chance, watch)?;
    }
    let specks = print::drop_specks(&mut figurine);
    if specks > 0 {
        let specks = count(specks, "speck");
        watch.tell(Event::Detail(format!(
            "dropped {specks} that touched nothing"
        )));
    }
    Ok((figurine, failed))
}

/// It was one body before it was hollow: what now is by itself and has less than this share of its volume is a lump in its hollow.
const LUMP: f32 = 0.02;

/// A figurine hollow but for walls so thick, metres, as pieces of one closed surface with about so many triangles, or all
/// that come out where that is 0.
pub(super) fn hollow(
    ready: &Prepared<'_>,
    solid: &Figurine,
    (size, wall): (Size, f32),
    options: &AssembleOptions,
    faces: usize,
    watch: &Watch<'_>,
) -> Result<Figurine> {
    ensure!(
        options.disjoint,
        "--hollow: only parts that touch and never overlap can be hollow, as those of the weights in the program"
    );
    let hollow = || ready.hollow(solid, size, wall);
    let (body, remarks, cells) = watch.stage(Stage::Fit, 0, hollow)?;
    (remarks.into_iter()).for_each(|remark| watch.tell(Event::Note(remark)));
    let options = AssembleOptions {
        resolution: options.resolution.max(cells),
        fragment_share: LUMP.max(options.fragment_share),
        colours: false,
        ..options.clone()
    };
    let fields = [("figurine".to_owned(), &body)];
    let mut made = assembled(Stage::Surface, &fields, &options, watch)?.figurine;
    if faces > 0 {
        let simplify = || {
            simplify::to_budget(&mut made, faces);
            Ok(())
        };
        watch.stage(Stage::Simplify, 0, simplify)?;
    }
    let whole = made.parts.first().context("nothing of it is left")?;
    body.pieces(&whole.mesh)
}

/// The coarsest and the finest grid for four-sided faces.
const GRIDS: (f32, f32) = (16.0, 1024.0);

/// The grid, in cells across the model's box, that gives about so many four-sided faces.
pub(super) fn grid_of_quads(
    fields: &print::Fields<'_>,
    options: &AssembleOptions,
    quads: usize,
    watch: &Watch<'_>,
) -> Result<usize> {
    let mut cells = 48.0f32;
    for _ in 0..3 {
        let options = AssembleOptions {
            resolution: cells as usize,
            colours: false,
            ..options.clone()
        };
        let made = assembled(Stage::Surface, fields, &options, watch)?;
        // Two triangles a face, and a face for each cell of the surface.
        let found = (made.figurine.triangles() / 2).max(1) as f32;
        let better = (cells * (quads as f32 / found).sqrt())
            .clamp(GRIDS.0, GRIDS.1)
            .round();
        if better == cells {
            break;
        }
        cells = better;
    }
    Ok(cells as usize)
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
