//! The subcommands.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::base::atomic_file::writing;
use crate::base::progress::Cancelled;
use crate::pipeline::job::Usage;

pub mod cache;
mod cage;
pub mod cutout;
pub mod inspect;
pub mod make;
pub mod model;
mod summary;

/// The exit status of a run that failed.
pub const FAILED: u8 = 1;
/// The exit status of a command line that makes no sense.
pub const USAGE: u8 = 2;
const INTERRUPTED: u8 = 130;

/// The exit status that says what kind of error it was.
pub fn exit_code(error: &anyhow::Error) -> u8 {
    if error.is::<Cancelled>() {
        INTERRUPTED
    } else if error.is::<Usage>() {
        USAGE
    } else {
        FAILED
    }
}

/// Writes to standard output; a reader that went away is no error.
pub fn say(text: &[u8]) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text).and_then(|()| out.flush());
}

/// The flag that Ctrl-C sets. What does not look at it in time is ended, but never while a file is
/// being put in its place.
fn stop_on_ctrl_c() -> Result<Arc<AtomicBool>> {
    let cancel = Arc::new(AtomicBool::new(false));
    let flag = cancel.clone();
    let handler = move || {
        flag.store(true, Ordering::Relaxed);
        std::thread::spawn(|| {
            std::thread::sleep(Duration::from_millis(700));
            let _no_file_is_half_written = writing();
            eprintln!("gen3d: stopped");
            std::process::exit(INTERRUPTED.into());
        });
    };
    ctrlc::set_handler(handler).context("Ctrl-C cannot be watched for")?;
    Ok(cancel)
}
