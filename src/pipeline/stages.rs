//! How long each stage of a run takes, beside the others: for a bar that is over all of them.

use super::job::Job;
use super::options::Style;
use crate::base::progress::Stage;

/// The stages of one item, in their order, each with the seconds that it takes on two cores (README, "Speed"). Added
/// models are larger than the one in the program, and what takes most of their time is denoising.
pub(super) fn expected(job: &Job) -> Vec<(Stage, f64)> {
    let when = |wanted: bool, seconds: f64| if wanted { seconds } else { 0.0 };
    let photo = job.items.iter().any(|item| item.input.is_some());
    let (steps, step) = match job.model {
        None => (8, 0.06),
        Some(_) => (50, 2.0),
    };
    let steps = job.options.steps.unwrap_or(steps) as f64;
    let words = if photo && job.prompt.is_some() {
        2.0
    } else {
        1.0
    };
    let side = job
        .options
        .texture
        .map_or(0.0, |side| f64::from(side) / 1024.0);
    let film = job.pictures.turntable.as_ref();
    let preview = job.pictures.preview.is_some() || job.pictures.thumbnail.is_some();
    let all = [
        (Stage::Weights, 0.2),
        (Stage::Input, when(photo, 0.05)),
        (Stage::Cutout, when(photo, 0.2)),
        (Stage::Condition, 0.15),
        (Stage::Denoise, step * steps * words),
        (Stage::Fields, 0.03),
        (Stage::Look, if photo { 0.5 } else { 0.03 }),
        (Stage::Style, when(job.options.style == Style::Chibi, 0.4)),
        (Stage::Fit, 0.02),
        (Stage::Surface, 0.8),
        (Stage::Simplify, when(job.options.faces > 0, 0.3)),
        (Stage::Colour, 0.2),
        (Stage::Texture, 1.5 * side * side),
        (Stage::Rig, when(job.rig, 0.1)),
        (Stage::Export, 0.1),
        (Stage::Preview, when(preview, 0.5)),
        (
            Stage::Turntable,
            film.map_or(0.0, |film| 0.1 * film.frames as f64),
        ),
    ];
    all.into_iter()
        .filter(|(_, seconds)| *seconds > 0.0)
        .collect()
}
