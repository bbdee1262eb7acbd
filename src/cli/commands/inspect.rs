//! `gen3d inspect`: whether somebody's file would print.

use anyhow::Result;

use super::FAILED;
use super::cage::confine;
use crate::cli::flags::Inspect;
use crate::inspect;
use crate::pipeline::failure::Failure;
use crate::sandbox::Files;
use crate::terminal::out::{self, say};

/// Whether somebody's file would print.
pub fn inspect(flags: Inspect) -> Result<u8> {
    let options = inspect::Options {
        height: flags.height,
        unit: flags.units,
        wall: flags.min_wall,
    };
    confine(&Files {
        read: vec![flags.file.clone()],
        ..Files::default()
    });
    let found = inspect::inspect(&flags.file, &options)
        .map_err(|error| Failure::of_input(&flags.file, error))?;
    match flags.json {
        true => out::json(&found)?,
        false => say(&format!("{found}\n"))?,
    }
    Ok(if found.prints { 0 } else { FAILED })
}
