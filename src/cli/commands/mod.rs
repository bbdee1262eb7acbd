//! The subcommands.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::Result;

use super::tell_json;
use crate::base::progress::Cancelled;
use crate::cli::json;
use crate::pipeline::failure::Kind;
use crate::terminal::out::tell;
use crate::terminal::progress::Terminal;
use crate::terminal::stop;

pub mod cache;
mod cage;
pub mod cutout;
pub mod inspect;
pub mod make;
pub mod model;
mod outcomes;
mod summary;

/// The exit status of a run that failed.
pub const FAILED: u8 = 1;
/// The exit status of a command line that makes no sense.
pub const USAGE: u8 = 2;
const INTERRUPTED: u8 = 130;

/// The exit status that says what kind of error it was.
pub fn exit_code(error: &anyhow::Error) -> u8 {
    match Kind::of(error) {
        Some(Kind::Stopped) => INTERRUPTED,
        Some(Kind::Usage) => USAGE,
        _ => FAILED,
    }
}

/// The flag that Ctrl-C sets. What does not look at it in time is ended, and no bar is left in the terminal.
fn stop_on_ctrl_c(terminal: &Arc<Terminal>) -> Result<Arc<AtomicBool>> {
    let terminal = terminal.clone();
    stop::flag(move || {
        terminal.close(|| {
            tell(&format!("gen3d: {Cancelled}"));
            tell_json(|| json::of(Kind::Stopped, &Cancelled.to_string(), None));
            std::process::exit(INTERRUPTED.into())
        });
    })
}
