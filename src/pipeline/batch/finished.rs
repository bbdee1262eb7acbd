//! What is told of a figurine once it is written.

use std::path::PathBuf;
use std::sync::Arc;

use image::RgbImage;

use super::Runner;
use crate::cache::Kept;
use crate::export::Filaments;
use crate::figure::print::Orientation;
use crate::inspect::Standing;
use crate::model::nn::device;
use crate::pipeline::figurine::Shaped;
use crate::pipeline::job::Item;
use crate::pipeline::report::peak_memory;
use crate::pipeline::resume::Again;
use crate::pipeline::{ModelReport, PartReport, Quads, Report, Subject};
use crate::sandbox;

/// A figurine that is written, and what is to be told of it.
pub(super) struct Finished {
    pub(super) subject: Subject,
    pub(super) kept: Option<Kept>,
    /// Whether what was kept is of an earlier run.
    pub(super) cached: bool,
    pub(super) again: Option<Again>,
    pub(super) shaped: Shaped,
    pub(super) standing: Option<Standing>,
    pub(super) orientation: Option<Orientation>,
    pub(super) filaments: Option<Arc<Filaments>>,
    pub(super) quads: Option<Quads>,
    pub(super) files: Vec<PathBuf>,
    pub(super) thumbnail: Option<RgbImage>,
    pub(super) notes: Vec<String>,
}

impl Runner<'_, '_> {
    /// What is told of a finished figurine.
    pub(super) fn report(&self, item: &Item, finished: Finished) -> Report {
        let Finished {
            subject,
            kept,
            cached,
            shaped,
            mut notes,
            ..
        } = finished;
        let parts = PartReport::all(&shaped.figurine);
        let seconds = self.watch.take_seconds();
        notes.extend(self.watch.take_notes());
        let mut agreements = shaped.agreements.into_iter();
        let unknown = self.prompt.as_ref().map(|prompt| prompt.unknown.clone());
        Report {
            input: item.input.clone(),
            beside: item.beside.clone(),
            output: item.output.clone(),
            files: finished.files,
            made_again: finished.again,
            triangles: parts.iter().map(|part| part.triangles).sum(),
            parts,
            quads: finished.quads,
            failed_parts: shaped.failed,
            denoise_steps: match cached || kept.is_none() {
                true => 0,
                false => self.steps(&subject, shaped.changed.as_deref()),
            },
            changed: shaped.changed,
            agreement: agreements.next().map(|(_, photo)| photo),
            view_agreement: agreements.collect(),
            standing: finished.standing,
            orientation: finished.orientation,
            notes,
            unknown_words: unknown.unwrap_or_default(),
            filaments: (finished.filaments).map(|found| found.colours.clone()),
            cutout: match &kept {
                Some(kept) => kept.cutout,
                None => subject.front.as_ref().map(|cutout| cutout.method),
            },
            subjects: subject.front.map_or_else(Vec::new, |front| front.subjects),
            subject: self.job.cutting.subject + 1,
            cached,
            total_seconds: seconds.iter().map(|(_, seconds)| seconds).sum(),
            seconds,
            peak_memory_bytes: peak_memory(),
            seed: self.job.options.seed,
            device: device::name(self.model.device()),
            network: sandbox::network(),
            file_access: sandbox::file_access(),
            model: ModelReport::of(&self.model),
            thumbnail: finished.thumbnail,
        }
    }
}
