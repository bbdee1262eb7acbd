//! `gen3d cutout`: photos become pictures of their subjects alone, as large as the photos are.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, anyhow, ensure};

use super::FAILED;
use crate::base::text::shown;
use crate::cli::flags::CutOut;
use crate::cli::job::inputs::{self, Placed, Unread};
use crate::cli::job::{names_folder, pattern};
use crate::cli::json;
use crate::model::nn::device;
use crate::model::{Model, embedded};
use crate::pipeline::Alone;
use crate::pipeline::job::{Item, Usage};
use crate::terminal::out::{self, Printing, say, tell};

/// Cuts out all photos; the exit code is that of a batch.
pub fn obey(flags: &CutOut) -> Result<u8> {
    let (work, unread) = work(flags)?;
    let model = Model::from_bytes(embedded::weights(), &device::choose("auto")?)?;
    let (mut code, mut printing) = (0, Printing::default());
    for (path, why) in unread {
        code = FAILED;
        tell(&format!("gen3d: {why}"));
        if flags.json {
            printing.heed(out::json(&json::failure(&anyhow!("{why}"), Some(&path))));
        }
    }
    for (photo, output) in work {
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
        let result = alone.make(&model);
        let seconds = begun.elapsed().as_secs_f64();
        if flags.json {
            let line = match &result {
                Ok(cutout) => serde_json::json!({
                    "input": photo.to_string_lossy(), "output": output.to_string_lossy(), "cutout": cutout.method, "subjects": cutout.subjects,
                    "subject": flags.cutting.subject, "notes": cutout.notes, "seconds": seconds,
                }),
                Err(error) => json::failure(error, Some(photo)),
            };
            printing.heed(out::json(&line));
        }
        match result {
            Ok(cutout) if !flags.quiet => {
                for note in cutout.notes {
                    tell(&format!("gen3d: {}: {note}", photo.display()));
                }
                if !flags.json {
                    let line = format!("{}: {seconds:.1} s\n", shown(output));
                    printing.heed(say(&line));
                }
            }
            Ok(_) => {}
            Err(error) => {
                code = FAILED;
                tell(&format!("gen3d: {error:#}"));
            }
        }
    }
    Ok(if printing.failed { FAILED } else { code })
}

/// Each photo, and the file that is made of it; and folders that could not be looked into.
fn work(flags: &CutOut) -> Result<(Vec<(PathBuf, PathBuf)>, Unread)> {
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
        return Ok((vec![(photo.clone(), output.clone())], Vec::new()));
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
    let pair = |Item { input, output }| Some((input?, output));
    Ok((items.into_iter().filter_map(pair).collect(), unread))
}
