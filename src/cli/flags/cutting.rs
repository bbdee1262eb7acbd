//! The flags that say where the subject of a photo is, and those of `gen3d cutout`.

use std::path::PathBuf;

use clap::{ArgAction, Args};

use crate::photo::cutout::{CutoutMethod, Options};

/// Where the subject is.
#[derive(Debug, Args)]
pub struct Cutting {
    /// Where the subject is: a picture, white on black
    ///
    /// It has the photo's shape. Without it, a valid transparency of the photo is used, then a plain background is taken away,
    /// then a network finds the subject.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["cutout", "subject"])]
    pub mask: Option<PathBuf>,

    /// How the subject is found [default: auto]
    #[arg(long, value_enum, default_value_t, hide_default_value = true)]
    pub cutout: CutoutMethod,

    /// Which of several subjects is made [default: 1]
    ///
    /// The first is the largest, or of those that are about as large the one in the middle. With --json their boxes are told, in
    /// this order.
    #[arg(long, value_name = "N", default_value_t = 1, hide_default_value = true, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub subject: u32,

    /// Write where the subject is to this .png, white on black, as --mask reads it
    #[arg(long, value_name = "FILE.png")]
    pub save_mask: Option<PathBuf>,
}

impl Cutting {
    /// What is to be cut out, and how.
    pub fn options(&self) -> Options {
        Options {
            way: self.cutout,
            subject: self.subject as usize - 1,
        }
    }
}

/// The flags of `gen3d cutout`.
#[derive(Debug, Args)]
pub struct CutOut {
    /// The photos, or folders of them
    #[arg(value_name = "PHOTO", required = true)]
    pub photos: Vec<PathBuf>,

    /// The .png to write; for several photos, or a folder of them, a folder
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,

    #[command(flatten)]
    pub cutting: Cutting,

    /// Never replace a file that exists: one fails then, and of several it is kept
    #[arg(long)]
    pub no_clobber: bool,

    /// Print one line of JSON about each photo
    #[arg(long)]
    pub json: bool,

    /// Say nothing but errors
    #[arg(short, long)]
    pub quiet: bool,

    /// This help
    #[arg(short, long, action = ArgAction::HelpShort)]
    pub help: Option<bool>,
}
