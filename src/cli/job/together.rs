//! `--together`: several photos, one figurine.

use anyhow::{Result, bail};

use crate::cli::flags::Make;
use crate::figure::print::Base;
use crate::pipeline::job::{Item, Usage};
use crate::pipeline::{Colours, Heights, Refine, Style};

/// What does not go with several figures on one plinth.
pub(super) fn check(flags: &Make, items: &[Item]) -> Result<()> {
    let besides = &flags.besides;
    if !besides.together {
        return Ok(());
    }
    let others = items.iter().map(|item| item.beside.len()).sum::<usize>();
    if others == 0 {
        bail!(Usage(
            "--together: sets several figures on one plinth, and here is one photo; name the others, too".into()
        ));
    }
    if let Some(Heights::Given(heights)) = &besides.heights
        && heights.len() != others + 1
    {
        bail!(Usage(format!(
            "--heights: there are {} photos and {} heights",
            others + 1,
            heights.len()
        )));
    }
    let views = besides.left.is_some() || besides.right.is_some() || besides.back.is_some();
    let looked = "figures side by side are each made in one look at one photo";
    let against = [
        ("--left, --right and --back", views, looked),
        ("--prompt", besides.prompt.is_some(), looked),
        ("--refine", flags.refine != Refine::default(), looked),
        ("--style", flags.style != Style::default(), looked),
        ("--colours", flags.colours != Colours::default(), looked),
        (
            "--mask and --save-mask",
            flags.cutting.mask.is_some() || flags.cutting.save_mask.is_some(),
            "it would be that of one photo; cut the others out beforehand, with gen3d cutout",
        ),
        (
            "--pose and --split-legs",
            flags.moving.pose.is_some() || flags.moving.split_legs,
            "they are for one figure",
        ),
        (
            "--base none",
            flags.print.base == Some(Base::Nothing),
            "the plinth is what holds them together",
        ),
        (
            "--shard",
            flags.shard.is_some(),
            "one figurine has no shares",
        ),
    ];
    match against.into_iter().find(|(_, given, _)| *given) {
        Some((flag, _, why)) => bail!(Usage(format!("{flag}: not with --together: {why}"))),
        None => Ok(()),
    }
}
