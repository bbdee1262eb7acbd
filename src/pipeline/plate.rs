//! A finished figurine on a printer's plate: how it lies there, and whether it stands.

use super::figurine::Shaped;
use super::job::Job;
use crate::base::progress::{Event, Stage, Watch};
use crate::figure::print::Orientation;
use crate::geometry::extent;
use crate::inspect::{self, Standing};

/// Metres a unit of the model frame, as it will be printed while it stands.
fn scale(job: &Job, shaped: &Shaped) -> f32 {
    let points = shaped.figurine.parts.iter();
    let points = points.flat_map(|part| part.mesh.positions.iter().copied());
    let (low, high) = extent(points);
    (shaped.scale).unwrap_or(job.export.height / (high.y - low.y))
}

/// Lays it as it is printed best, if that is wanted, in the size that it has while it stands.
///
/// # Errors
/// The run was stopped.
pub(super) fn lay(
    job: &Job,
    shaped: &mut Shaped,
    watch: &Watch<'_>,
) -> anyhow::Result<Option<Orientation>> {
    if !job.orient {
        return Ok(None);
    }
    watch.stage(Stage::Fit, 0, || {
        let scale = scale(job, shaped);
        shaped.scale = Some(scale);
        let best = Orientation::best(&shaped.figurine, 1000.0 * scale);
        best.apply(&mut shaped.figurine);
        watch.tell(Event::Note(best.describe()));
        Ok(Some(best))
    })
}

/// Whether it hangs together and stands, as it will be printed; and tells of what does not.
pub(super) fn standing(job: &Job, shaped: &Shaped, watch: &Watch<'_>) -> Standing {
    let found = inspect::standing(&shaped.figurine, 1000.0 * scale(job, shaped));
    (found.notes().into_iter()).for_each(|note| watch.tell(Event::Note(note)));
    found
}
