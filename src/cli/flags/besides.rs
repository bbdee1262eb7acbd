//! What a figurine is made from besides one photo.

use std::path::PathBuf;

use clap::Args;

use super::values::{guidance, heights};
use crate::pipeline::Heights;

/// Further views, and words.
#[derive(Debug, Args)]
pub struct Besides {
    /// The same subject from its own left side
    ///
    /// As the photo, it is cut out. The views are best taken from the same height; none is required.
    #[arg(long, value_name = "PHOTO", requires = "inputs")]
    pub left: Option<PathBuf>,

    /// The same subject from its own right side
    #[arg(long, value_name = "PHOTO", requires = "inputs")]
    pub right: Option<PathBuf>,

    /// The same subject from behind
    #[arg(long, value_name = "PHOTO", requires = "inputs")]
    pub back: Option<PathBuf>,

    /// One figurine of all photos: they stand side by side on one plinth
    ///
    /// As one sees them from the front, the first on the left. It takes two photos or more, each with one figure to be seen;
    /// names of parts begin with the number of their figure, as figure2_head. Without --base the plinth is a long disk.
    #[arg(long, requires = "inputs")]
    pub together: bool,

    /// How tall they are, one number a photo, as 180,165,40; or photo, as photographed
    ///
    /// As they are to each other: in centimetres, or as shares. With photo each is as tall as the share of its photo's
    /// height that it fills, which is right for photos taken from as far away. --height is that of the whole, from the
    /// plinth's bottom to the top of the tallest. [default: all are as tall]
    #[arg(long, value_name = "H,H", value_parser = heights, requires = "together")]
    pub heights: Option<Heights>,

    /// What it is, in words: "a bear on a base"
    ///
    /// In plain English; who it is, what it wears and in which colours, what it holds and in which hand, and what it
    /// stands on is understood best. Without a photo it is all that the figurine is made from. With one, it changes what
    /// the photo shows: the parts that it is about have the model's shape and colours, all others the photo's, as without
    /// it; -v tells which. The first 32 words are read; those that the model does not know are told.
    #[arg(short, long, value_name = "TEXT")]
    pub prompt: Option<String>,

    /// How strictly the prompt is followed [default: 3 beside a photo, else that of --guidance]
    #[arg(long, value_name = "X", value_parser = guidance)]
    pub prompt_guidance: Option<f32>,
}
