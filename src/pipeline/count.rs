//! How many parts a model of any object is to make, where its user leaves that to the picture.

use anyhow::{Context, Result};

use super::Subject;
use super::part_maps::view;
use crate::base::progress::{Event, Stage, Watch};
use crate::maps::{self, Making};
use crate::model::{Config, Model};

/// How many of its parts `counter`, a figurine model, sees in a subject's photo.
///
/// Models of any object are told a number and divide whatever they see by it, so that they cannot be asked; and
/// how many colours a picture has says nothing of its parts.
///
/// # Errors
/// There is no photo, the counter cannot be run, or [`Cancelled`](crate::base::progress::Cancelled).
pub fn count(counter: &Model, subject: &Subject, watch: &Watch<'_>) -> Result<usize> {
    let front = (subject.front.as_ref()).context("parts are counted in a photo: there is none")?;
    watch.stage(Stage::Count, 0, || {
        let view = view(front)?;
        let maps = maps::Reader::load(counter)?.look(&view)?;
        let solid = maps::fields(&maps, &view, &Making::default());
        let solid =
            solid.context("its parts cannot be counted: say with --parts how many there are")?;
        Ok(solid.parts.len())
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
