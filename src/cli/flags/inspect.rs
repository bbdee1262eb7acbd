//! The flags of `gen3d inspect`.

use std::path::PathBuf;

use clap::{ArgAction, Args};

use super::{metres, wall};
use crate::export::Unit;

/// The flags of `gen3d inspect`.
#[derive(Debug, Args)]
pub struct Inspect {
    /// The file to look at
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// The height at which it would be printed, as 75mm [default: as it is]
    #[arg(long, value_name = "SIZE", value_parser = metres)]
    pub height: Option<f32>,

    /// The file's unit [default: m; mm in .stl and .3mf]
    #[arg(long, value_enum)]
    pub units: Option<Unit>,

    /// Walls thinner than this do not print
    #[arg(long, value_name = "SIZE", default_value = "0.4mm", value_parser = wall)]
    pub min_wall: f32,

    /// Print one line of JSON
    #[arg(long)]
    pub json: bool,

    /// This help
    #[arg(short, long, action = ArgAction::HelpShort)]
    pub help: Option<bool>,
}
