//! How long each stage of a run takes, beside the others: for a bar that is over all of them.

use super::job::Job;
use super::options::Style;
use crate::base::progress::Stage;

/// The stages of one item, in their order, each with its time in some unit. It is the model in the program on a
/// processor that was measured; of others the order holds.
pub(super) fn expected(job: &Job) -> Vec<(Stage, f64)> {
    let steps = job.options.steps.map_or(1.0, |steps| steps as f64 / 8.0);
    let photo = job.items.iter().any(|item| item.input.is_some());
    let words = if photo && job.prompt.is_some() {
        2.0
    } else {
        1.0
    };
    let texture = job
        .options
        .texture
        .map_or(0.0, |side| f64::from(side) / 700.0);
    let film = job.pictures.turntable.as_ref();
    let film = film.map_or(0.0, |film| film.frames as f64 * 0.1);
    let preview = job.pictures.preview.is_some() || job.pictures.thumbnail.is_some();
    let all = [
        (Stage::Weights, 0.3),
        (Stage::Input, if photo { 0.1 } else { 0.0 }),
        (Stage::Cutout, if photo { 0.7 } else { 0.0 }),
        (Stage::Condition, 0.6),
        (Stage::Denoise, 6.0 * steps * words),
        (Stage::Fields, 0.1),
        (Stage::Look, if photo { 1.5 } else { 0.1 }),
        (
            Stage::Style,
            if job.options.style == Style::Chibi {
                1.0
            } else {
                0.0
            },
        ),
        (Stage::Fit, 0.05),
        (Stage::Surface, 2.5),
        (
            Stage::Simplify,
            if job.options.faces > 0 { 1.0 } else { 0.0 },
        ),
        (Stage::Colour, 0.5),
        (Stage::Texture, texture),
        (Stage::Export, 0.2),
        (Stage::Preview, if preview { 0.3 } else { 0.0 }),
        (Stage::Turntable, film),
    ];
    all.into_iter().filter(|(_, time)| *time > 0.0).collect()
}
