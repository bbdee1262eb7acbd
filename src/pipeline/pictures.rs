//! Pictures of a finished figurine.

use std::path::Path;

use anyhow::Result;
use image::RgbImage;

use crate::base::atomic_file::{self, writing};
use crate::base::progress::{Stage, Watch};
use crate::export::{self, Begin, ExportOptions};
use crate::figure::joints;
use crate::geometry::Figurine;
use crate::pipeline::job::{Pictures, Turntable, is_page};
use crate::render::{self, PreviewOptions, Viewpoint};

/// Writes the page that shows it from all sides, if one is wanted.
fn page(
    wanted: &Pictures,
    figurine: &Figurine,
    options: &ExportOptions,
    watch: &Watch<'_>,
) -> Result<()> {
    let Some(path) = wanted.preview.as_deref().filter(|path| is_page(path)) else {
        return Ok(());
    };
    watch.stage(Stage::Preview, 0, || {
        let _writing = writing();
        let begin = Begin {
            angles: wanted.view.angles(),
            clay: wanted.clay,
        };
        export::write_page(path, figurine, options, &begin)
    })
}

/// Draws and writes the pictures that are wanted of a figurine that is exported with these options, and gives the small
/// one for the terminal.
pub(super) fn write(
    wanted: &Pictures,
    figurine: &Figurine,
    options: &ExportOptions,
    watch: &Watch<'_>,
) -> Result<Option<RgbImage>> {
    let printed = options.filaments.as_ref();
    let printed = printed.map(|filaments| filaments.shown(figurine));
    let figurine = printed.as_ref().unwrap_or(figurine);
    page(wanted, figurine, options, watch)?;
    let exploded = (options.explode > 0.0).then(|| joints::exploded(figurine, options.explode));
    let (painted, replace) = (exploded.as_ref().unwrap_or(figurine), options.replace);
    let clay = wanted.clay.then(|| render::clay(painted));
    let figurine = clay.as_ref().unwrap_or(painted);
    if let Some(path) = wanted.preview.as_deref().filter(|path| !is_page(path)) {
        still(path, wanted.view, figurine, replace, watch)?;
    }
    if let Some(turntable) = &wanted.turntable {
        turn(turntable, figurine, replace, watch)?;
    }
    let thumbnail = |(width, height)| {
        let options = PreviewOptions {
            width,
            height,
            ..PreviewOptions::default()
        };
        watch.stage(Stage::Preview, 0, || Ok(render::render(figurine, &options)))
    };
    wanted.thumbnail.map(thumbnail).transpose()
}

fn still(
    path: &Path,
    view: Viewpoint,
    figurine: &Figurine,
    replace: bool,
    watch: &Watch<'_>,
) -> Result<()> {
    watch.stage(Stage::Preview, 0, || {
        let options = PreviewOptions {
            view,
            ..PreviewOptions::default()
        };
        let picture = render::render(figurine, &options);
        let _writing = writing();
        export::write_picture(path, &picture, replace)
    })
}

/// A film of one turn.
fn turn(
    turntable: &Turntable,
    figurine: &Figurine,
    replace: bool,
    watch: &Watch<'_>,
) -> Result<()> {
    let (stage, count) = (Stage::Turntable, turntable.frames);
    watch.stage(stage, count, || {
        let mut frames = Vec::with_capacity(count);
        render::turntable(figurine, count, turntable.side, |picture| {
            frames.push(picture);
            watch.step(stage, frames.len())
        })?;
        let encoded = export::animation(&turntable.path, &frames, turntable.seconds)?;
        let _writing = writing();
        atomic_file::write_all(&encoded, replace)
    })
}
