//! What a figurine is made from besides one photo.

use std::path::PathBuf;

use clap::Args;

use super::values::guidance;

/// Further views, and words.
#[derive(Debug, Args)]
pub struct Besides {
    /// The same subject from its own left side
    ///
    /// As the photo, it is cut out. The views are best taken from the same height; none is required.
    #[arg(
        long,
        value_name = "PHOTO",
        requires = "inputs",
        hide_short_help = true
    )]
    pub left: Option<PathBuf>,

    /// The same subject from its own right side
    #[arg(
        long,
        value_name = "PHOTO",
        requires = "inputs",
        hide_short_help = true
    )]
    pub right: Option<PathBuf>,

    /// The same subject from behind
    #[arg(
        long,
        value_name = "PHOTO",
        requires = "inputs",
        hide_short_help = true
    )]
    pub back: Option<PathBuf>,

    /// What it is, in words: "a bear on a base"
    ///
    /// In plain English; who it is, what it wears and in which colours, what it holds and in which hand, and what it
    /// stands on is understood best. Without a photo it is all that the figurine is made from. With one, it changes what
    /// the photo shows: the parts that it is about have the model's shape and colours, all others the photo's, as without
    /// it; -v tells which. The first 32 words are read; those that the model does not know are told.
    #[arg(short, long, value_name = "TEXT")]
    pub prompt: Option<String>,

    /// How strictly the prompt is followed [default: 3 beside a photo, else that of --guidance]
    #[arg(long, value_name = "X", value_parser = guidance, hide_short_help = true)]
    pub prompt_guidance: Option<f32>,
}
