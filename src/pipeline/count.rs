//! How many parts a model of any object is to make, where its user leaves that to the picture.

use anyhow::Result;

use super::Subject;
use super::latents::condition;
use crate::base::progress::{Event, Stage, Watch};
use crate::model::{Config, DenoiseOptions, Model};

/// How many of its parts `counter`, a figurine model, sees in a subject.
///
/// Models of any object are told a number and divide whatever they see by it, so that they cannot be asked; and
/// how many colours a picture has says nothing of its parts.
///
/// # Errors
/// The counter cannot be run, or [`Cancelled`](crate::base::progress::Cancelled).
pub fn count(counter: &Model, subject: &Subject, watch: &Watch<'_>) -> Result<usize> {
    let options = DenoiseOptions::new(counter.config());
    watch.stage(Stage::Count, options.steps, || {
        let condition = condition(counter, subject)?;
        let latents = counter.denoise(&condition, &options, &mut watch.counting(Stage::Count))?;
        Ok(counter.fields(&latents)?.len())
    })
}

/// The number of parts that a model of this configuration is to make of a subject: what is [counted](count), as
/// far as it makes so many.
pub(super) fn parts(
    counter: &Model,
    config: &Config,
    subject: &Subject,
    watch: &Watch<'_>,
) -> Result<usize> {
    let most = config.most_parts();
    if most == 1 {
        return Ok(1);
    }
    let number = count(counter, subject, watch)?.clamp(1, most);
    watch.tell(Event::Note(format!(
        "it seems to have {number} parts; --parts says another number"
    )));
    Ok(number)
}
