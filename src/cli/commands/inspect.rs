//! `gen3d inspect`: whether somebody's file would print.

use anyhow::{Context, Result};

use super::cage::confine;
use super::{FAILED, say};
use crate::cli::flags::Inspect;
use crate::inspect;
use crate::sandbox::Files;

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
    let found = inspect::inspect(&flags.file, &options)?;
    let text = match flags.json {
        true => serde_json::to_string(&found).context("the findings cannot be written as JSON")?,
        false => found.to_string(),
    };
    say(format!("{text}\n").as_bytes());
    Ok(if found.prints { 0 } else { FAILED })
}
