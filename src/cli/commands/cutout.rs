//! `gen3d cutout`: photos become pictures of their subjects alone, as large as the photos are.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use super::{FAILED, say};
use crate::cli::flags::CutOut;
use crate::cli::job::{inputs, names_folder, pattern};
use crate::model::nn::device;
use crate::model::{Model, embedded};
use crate::pipeline::Alone;
use crate::pipeline::job::{Item, Usage};

/// Cuts out all photos; the exit code is that of a batch.
pub fn obey(flags: &CutOut) -> Result<u8> {
    let work = work(flags)?;
    let model = Model::from_bytes(embedded::weights(), &device::choose("auto")?)?;
    let mut code = 0;
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
                    "input": photo, "output": output, "cutout": cutout.method, "subjects": cutout.subjects,
                    "subject": flags.cutting.subject, "notes": cutout.notes, "seconds": seconds,
                }),
                Err(error) => serde_json::json!({"input": photo, "error": format!("{error:#}")}),
            };
            say(format!("{line}\n").as_bytes());
        }
        match result {
            Ok(cutout) if !flags.quiet => {
                for note in cutout.notes {
                    eprintln!("gen3d: {}: {note}", photo.display());
                }
                if !flags.json {
                    say(format!("{}: {seconds:.1} s\n", output.display()).as_bytes());
                }
            }
            Ok(_) => {}
            Err(error) => {
                code = FAILED;
                eprintln!("gen3d: {error:#}");
            }
        }
    }
    Ok(code)
}

/// Each photo, and the file that is made of it.
fn work(flags: &CutOut) -> Result<Vec<(PathBuf, PathBuf)>> {
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
        return Ok(vec![(photo.clone(), output.clone())]);
    }
    ensure!(
        cutting.mask.is_none() && cutting.save_mask.is_none(),
        Usage("--mask and --save-mask: only with one photo, not with several".into())
    );
    let mut notes = Vec::new();
    let items = inputs::into_files(&photos, output, "png", &mut notes)?;
    if !flags.quiet {
        notes.iter().for_each(|note| eprintln!("gen3d: {note}"));
    }
    std::fs::create_dir_all(output)
        .with_context(|| format!("{}: the folder cannot be made", output.display()))?;
    let pair = |Item { input, output }| Some((input?, output));
    Ok(items.into_iter().filter_map(pair).collect())
}
