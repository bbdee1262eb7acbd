//! Which options `gen3d --help` shows, and under which headings `gen3d help` has all others.

use clap::{Arg, Command};

/// What an artist asks for: these are in `gen3d --help`, and come first in `gen3d help`.
const FIRST: [&str; 13] = [
    "prompt",
    "output",
    "preview",
    "turntable",
    "height",
    "split",
    "only",
    "faces",
    "style",
    "texture",
    "seed",
    "mask",
    "help",
];

/// All others, by heading.
const GROUPS: [(&str, &[&str]); 11] = [
    (
        "The photo",
        &[
            "inputs",
            "left",
            "right",
            "back",
            "cutout",
            "subject",
            "save_mask",
            "debug_dir",
            "together",
            "heights",
        ],
    ),
    (
        "Shape and colours",
        &["prompt_guidance", "colours", "refine", "detail"],
    ),
    (
        "Printing",
        &[
            "scale",
            "base",
            "base_diameter",
            "name",
            "pegs",
            "clearance",
            "min_wall",
            "hollow",
            "orient",
            "explode",
            "filaments",
        ],
    ),
    ("Moving it", &["rig", "pose", "split_legs", "author"]),
    ("Files", &["solid", "quads", "up", "units", "no_clobber"]),
    (
        "Pictures of it",
        &[
            "view",
            "clay",
            "frames",
            "seconds",
            "turntable_size",
            "no_picture",
        ],
    ),
    (
        "Batches",
        &["recursive", "list", "null", "format", "shard", "force"],
    ),
    (
        "What is kept",
        &["no_cache", "keep", "cache_size", "cache_dir"],
    ),
    (
        "Quality and speed",
        &[
            "steps",
            "solver",
            "guidance",
            "resolution",
            "device",
            "threads",
        ],
    ),
    (
        "Other weights",
        &["model", "parts", "tokens", "part_ids", "models_dir"],
    ),
    (
        "What it says",
        &["json", "progress", "quiet", "verbose", "version"],
    ),
];

/// The program with its options in groups.
pub fn grouped(program: Command) -> Command {
    program.mut_args(|arg| {
        let heading = (GROUPS.iter()).find(|(_, ids)| ids.contains(&arg.get_id().as_str()));
        match heading {
            Some((heading, _)) => arg.help_heading(*heading).hide_short_help(true),
            None => first(arg),
        }
    })
}

/// An option of the short help: of no heading, so that it comes before all that have one.
fn first(arg: Arg) -> Arg {
    let known = FIRST.contains(&arg.get_id().as_str());
    arg.help_heading(None::<&str>).hide_short_help(!known)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::flags::Cli;

    #[test]
    fn every_option_is_in_one_group() {
        let program = Cli::command();
        let mut known: Vec<&str> = program
            .get_arguments()
            .map(|a| a.get_id().as_str())
            .collect();
        let mut grouped: Vec<&str> = FIRST.to_vec();
        grouped.extend(GROUPS.iter().flat_map(|(_, ids)| ids.iter()));
        known.sort_unstable();
        grouped.sort_unstable();
        assert_eq!(
            known, grouped,
            "the options that there are, and those of FIRST and GROUPS, each once"
        );
    }
}
