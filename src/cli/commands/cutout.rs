//! `gen3d cutout`: photos become pictures of their subjects alone, as large as the photos are.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use super::outcomes::Outcomes;
use crate::base::text::shown;
use crate::cli::flags::CutOut;
use crate::cli::job::inputs::{self, Placed, Unread};
use crate::cli::job::{names_folder, pattern};
use crate::cli::json;
use crate::model::nn::device::{self, DeviceChoice};
use crate::model::{Model, embedded};
use crate::pipeline::job::{Item, Usage};
use crate::pipeline::{self, Alone};
use crate::terminal::out::{self, say, tell};

/// Cuts out all photos; the exit code is that of a batch.
pub fn obey(flags: &CutOut) -> Result<u8> {
    let Work {
        photos,
        into,
        unread,
    } = work(flags)?;
    pipeline::watch_memory();
    let model = Model::from_bytes(embedded::weights(), &device::choose(DeviceChoice::Auto)?)?;
    let mut outcomes = Outcomes::new(flags.json, flags.quiet, photos.len() + unread.len());
    outcomes.unread(&unread);
    for (photo, output) in photos {
        let there = into && flags.no_clobber && output.symlink_metadata().is_ok();
        match there {
            true => leave(flags, &photo, &output, &mut outcomes),
            false => cut(flags, photo, output, &model, &mut outcomes),
        }
    }
    outcomes.end();
    Ok(outcomes.code())
}

/// Of several photos one whose picture is there, and may not be replaced.
fn leave(flags: &CutOut, photo: &Path, output: &Path, outcomes: &mut Outcomes) {
    outcomes.summary.there();
    if flags.json {
        outcomes.printed(out::json(&json::skipped(Some(photo), output)));
    } else if !flags.quiet {
        outcomes.printed(say(&format!("{}: there already\n", shown(output))));
    }
}

/// One photo, and what is told of it.
fn cut(flags: &CutOut, photo: PathBuf, output: PathBuf, model: &Model, outcomes: &mut Outcomes) {
    let begun = Instant::now();
    let alone = Alone {
        photo,
        output,
        mask: flags.cutting.mask.clone(),
        save_mask: flags.cutting.save_mask.clone(),
        options: flags.cutting.options(),
        replace: !flags.no_clobber,
    };
    let (photo, output) = (&alone.photo, &alone.output);
    let name = photo.display().to_string();
    let cutout = match alone.make(model) {
        Ok(cutout) => cutout,
        Err(error) => return outcomes.failed(&name, Some(photo), &error),
    };
    let seconds = begun.elapsed().as_secs_f64();
    outcomes.summary.made(&name, &cutout.notes);
    if !flags.quiet {
        for note in &cutout.notes {
            tell(&format!("gen3d: {name}: {note}"));
        }
    }
    if flags.json {
        outcomes.printed(out::json(&serde_json::json!({
            "input": photo.to_string_lossy(), "output": output.to_string_lossy(), "cutout": cutout.method,
            "subjects": cutout.subjects, "subject": flags.cutting.subject, "notes": cutout.notes, "seconds": seconds,
            "peak_memory_bytes": pipeline::peak_memory(),
        })));
    } else if !flags.quiet {
        outcomes.printed(say(&format!("{}: {seconds:.1} s\n", shown(output))));
    }
}

/// What is to be cut out.
struct Work {
    /// Each photo, and the file that is made of it.
    photos: Vec<(PathBuf, PathBuf)>,
    /// Whether these lie in a folder that was named instead of them.
    into: bool,
    unread: Unread,
}

/// What the flags say is to be cut out.
fn work(flags: &CutOut) -> Result<Work> {
    let is_png = |path: &Path| {
        path.extension()
            .is_some_and(|e| e.eq_ignore_ascii_case("png"))
    };
    let (output, cutting) = (&flags.output, &flags.cutting);
    let photos = pattern::expand(&flags.photos)?;
    if let [photo] = &photos[..]
        && !(photo.is_dir() || output.is_dir() || names_folder(output))
    {
        ensure!(
            is_png(output),
            Usage(format!(
                "{}: what is cut out is written as .png",
                output.display()
            ))
        );
        return Ok(Work {
            photos: vec![(photo.clone(), output.clone())],
            into: false,
            unread: Unread::new(),
        });
    }
    ensure!(
        cutting.mask.is_none() && cutting.save_mask.is_none(),
        Usage("--mask and --save-mask: only with one photo, not with several".into())
    );
    let Placed {
        items,
        unread,
        notes,
    } = inputs::into_files(&photos, output, "png")?;
    if !flags.quiet {
        notes
            .iter()
            .for_each(|note| tell(&format!("gen3d: {note}")));
    }
    std::fs::create_dir_all(output)
        .with_context(|| format!("{}: the folder cannot be made", output.display()))?;
    let pair = |Item { input, output, .. }| Some((input?, output));
    Ok(Work {
        photos: items.into_iter().filter_map(pair).collect(),
        into: true,
        unread,
    })
}
