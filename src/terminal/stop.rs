//! Being stopped from outside: by Ctrl-C, by a polite `kill`, by a terminal that is closed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::base::atomic_file::writing;

/// How long a run has to end by itself.
const GRACE: Duration = Duration::from_millis(700);

/// What ends the process.
type End = Arc<dyn Fn() + Send + Sync>;

/// The flag that is set when the run is to stop. What does not look at it in time is ended by `end`, but never
/// while a file is being put in its place. To be called once.
///
/// Signals that were ignored when the program was started stay ignored: who says `nohup`, or starts it from a
/// script in the background, wants it to go on. Of Ctrl-C that is known on every Unix, as `ctrlc` asks for what was
/// there before it and puts it back. Of a polite `kill` and a closed terminal only Linux tells, in /proc, for no safe
/// code can ask; elsewhere a closed terminal is left to the system, which respects what was asked of it, and an ignored
/// polite `kill` is heeded all the same.
///
/// # Errors
/// The system lets no one watch for them.
pub fn flag(end: impl Fn() + Send + Sync + 'static) -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    system::watch(&stop, Arc::new(end)).context("Ctrl-C cannot be watched for")?;
    Ok(stop)
}

/// To be called before the process is confined: remembers which signals it was started to ignore.
pub fn heed() {
    system::heed();
}

fn end_soon(end: &End) {
    thread::sleep(GRACE);
    let _no_file_is_half_written = writing();
    end();
}

#[cfg(unix)]
mod system {
    use super::*;
    use signal_hook::consts::{SIGHUP, SIGTERM};
    use signal_hook::flag::register;
    use std::sync::LazyLock;

    /// How often the flag is looked at.
    const OFTEN: Duration = Duration::from_millis(50);

    /// The signals that were ignored, the first in the lowest bit, where the system tells.
    static IGNORED: LazyLock<Option<u64>> = LazyLock::new(ignored);

    pub fn heed() {
        LazyLock::force(&IGNORED);
    }

    pub fn watch(stop: &Arc<AtomicBool>, end: End) -> Result<()> {
        let pressed = stop.clone();
        match ctrlc::try_set_handler(move || pressed.store(true, Ordering::Relaxed)) {
            // It was ignored, and is again.
            Ok(()) | Err(ctrlc::Error::MultipleHandlers) => {}
            Err(error) => return Err(error.into()),
        }
        for signal in [SIGTERM, SIGHUP] {
            let left = match *IGNORED {
                Some(ignored) => ignored >> (signal - 1) & 1 == 1,
                // Who cannot know leaves a terminal that is closed to the system, which respects it.
                None => signal == SIGHUP,
            };
            if !left {
                register(signal, stop.clone())?;
            }
        }
        let stop = stop.clone();
        thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                thread::sleep(OFTEN);
            }
            end_soon(&end);
        });
        Ok(())
    }

    fn ignored() -> Option<u64> {
        let status = std::fs::read_to_string("/proc/self/status").ok()?;
        let mask = (status.lines()).find_map(|line| line.strip_prefix("SigIgn:"))?;
        u64::from_str_radix(mask.trim(), 16).ok()
    }
}

#[cfg(not(unix))]
mod system {
    use super::*;

    pub fn heed() {}

    pub fn watch(stop: &Arc<AtomicBool>, end: End) -> Result<()> {
        let stop = stop.clone();
        ctrlc::set_handler(move || {
            stop.store(true, Ordering::Relaxed);
            let end = end.clone();
            thread::spawn(move || end_soon(&end));
        })?;
        Ok(())
    }
}
