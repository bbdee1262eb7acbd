//! The flags of `gen3d model`, and of the main job what only added models know.

use std::path::PathBuf;

use clap::{ArgAction, Args, Subcommand};

use crate::model::store::import::Storage;
use crate::pipeline::Parts;

/// The flags of `gen3d model`.
#[derive(Debug, Args)]
pub struct Model {
    #[command(subcommand)]
    pub action: Action,

    /// Where added models are [default: the system's folder for data, or $GEN3D_MODELS_DIR]
    #[arg(long, value_name = "DIR", global = true)]
    pub models_dir: Option<PathBuf>,

    /// Print JSON, one line
    #[arg(long, global = true)]
    pub json: bool,

    /// This help
    #[arg(short, long, global = true, action = ArgAction::HelpShort)]
    pub help: Option<bool>,
}

/// What can be done with added models.
#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
pub enum Action {
    /// Add weights that you have downloaded: PartCrafter, PartCrafter-Scene or TripoSG
    #[command(disable_help_flag = true)]
    Add {
        /// The directory as published, or a .gguf that gen3d has made
        path: PathBuf,

        /// What to call it [default: the directory's name in small letters]
        #[arg(long)]
        name: Option<String>,

        /// How to store its large matrices: fewer bits take less memory and are less exact [default: q8_0]
        #[arg(long, value_enum, value_name = "TYPE")]
        quantize: Option<Storage>,

        /// Say nothing but errors
        #[arg(short, long)]
        quiet: bool,
    },
    /// Say which models there are
    #[command(disable_help_flag = true)]
    List,
    /// Say what a model is: its parts, size, licence and origin
    #[command(disable_help_flag = true)]
    Info {
        /// The name of an added model, or the path of any
        name: PathBuf,
    },
    /// Read all of a model and see whether it is as it was written
    #[command(disable_help_flag = true)]
    Verify {
        /// The name of an added model, or the path of any
        name: PathBuf,
    },
    /// Remove an added model
    #[command(disable_help_flag = true)]
    Remove {
        /// Its name
        name: String,
    },
}

/// A number of parts, for [`Make`](super::Make).
pub(super) fn parts(text: &str) -> Result<Parts, String> {
    match text.parse() {
        Ok(number @ 1..=16) => Ok(Parts::Number(number)),
        _ if text == "auto" => Ok(Parts::Auto),
        _ => Err("a number of parts is 1 to 16, or auto".into()),
    }
}
