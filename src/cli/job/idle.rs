//! Flags that have nothing to do in a run: who typed one expects something of it, and is told.

use anyhow::{Result, bail};

use crate::cli::flags::Make;
use crate::photo::cutout::CutoutMethod;
use crate::pipeline::job::Usage;
use crate::pipeline::{Colours, Refine};

/// Remarks about such flags. `into` is whether the figurines go into a folder, `alone` whether words are all there is.
///
/// # Errors
/// [`Usage`], where what was meant is surely not what would be done.
pub(super) fn notes(flags: &Make, into: bool, alone: bool) -> Result<Vec<String>> {
    if flags.shard.is_some() && !into {
        bail!(Usage(
            "--shard: one figurine has no shares; several photos, or a folder of them, and a folder after -o have"
                .into()
        ));
    }
    if flags.besides.prompt_guidance.is_some() && flags.besides.prompt.is_none() {
        bail!(Usage(
            "--prompt-guidance: there is no --prompt to follow".into()
        ));
    }
    let drawn = flags.pictures.preview.is_some() || flags.pictures.turntable.is_some();
    if flags.pictures.clay && !drawn {
        bail!(Usage(
            "--clay: there is neither a --preview nor a --turntable to show it".into()
        ));
    }
    let folders = flags.list.is_some() || flags.inputs.iter().any(|path| path.is_dir());
    let idle = [
        (
            flags.force && !into,
            "--force: has nothing to do: what is not for a folder of figurines is always made again",
        ),
        (
            flags.recursive && !folders,
            "--recursive: has nothing to do: no folder of photos is given",
        ),
        (
            flags.no_cache && flags.cache_dir.is_some(),
            "--cache-dir: has nothing to do beside --no-cache",
        ),
        (
            flags.model.is_none() && flags.models_dir.is_some(),
            "--models-dir: has nothing to do without --model",
        ),
        (
            alone && flags.debug_dir.is_some(),
            "--debug-dir: has nothing to do: without a photo nothing is cut out",
        ),
        (
            alone
                && (flags.cutting.subject != 1 || flags.cutting.cutout != CutoutMethod::default()),
            "--subject, --cutout: have nothing to do without a photo",
        ),
        (
            alone && (flags.colours != Colours::default() || flags.refine != Refine::default()),
            "--colours, --refine: have nothing to do without a photo",
        ),
    ];
    let found = idle.into_iter().filter(|(idle, _)| *idle);
    Ok(found.map(|(_, note)| note.to_owned()).collect())
}
