//! `gen3d PHOTO`: makes figurines, and says what came of each.

use std::io::IsTerminal;
use std::path::Path;

use anyhow::{Error, Result, anyhow};
use terminal_size::{Height, Width, terminal_size};

use super::cage::{about_files, about_network};
use super::{FAILED, exit_code, stop_on_ctrl_c};
use crate::base::progress::Watch;
use crate::base::text::shown;
use crate::cli::flags::Make;
use crate::cli::{json, limits};
use crate::pipeline::job::{Item, Job};
use crate::pipeline::{self, Outcome};
use crate::sandbox::{self, Network};
use crate::terminal::image::Protocol;
use crate::terminal::out::{self, Printing, say, say_bytes, tell};
use crate::terminal::progress::{Talk, Terminal};

/// Makes all figurines that the flags ask for.
pub fn make(flags: Make, closed: &Result<Network>) -> Result<u8> {
    let (as_json, quiet) = (flags.json, flags.quiet);
    let talk = match (quiet, flags.verbose) {
        (true, _) => Talk::Quiet,
        (false, true) => Talk::Verbose,
        (false, false) => Talk::Normal,
    };
    let threads = limits::threads(flags.threads);
    limits::check_memory(threads)?;
    let screen = (!as_json && !quiet && !flags.pictures.no_picture)
        .then(Screen::find)
        .flatten();
    let mut job = Job::try_from(flags)?;
    if job.folder.is_none() {
        job.pictures.thumbnail = screen.as_ref().and_then(Screen::room);
    }
    pipeline::watch_memory();
    let confined = sandbox::confine(&job.files());
    // What may be read is settled: from here on there are threads, and foreign bytes.
    limits::start_threads(threads)?;
    let cancel = stop_on_ctrl_c()?;
    let terminal = Terminal::new(talk);
    let sink = |event| terminal.hear(event);
    sink(about_network(closed));
    sink(about_files(&confined));
    let watch = Watch::new(&sink, &cancel);
    let mut code = 0;
    let mut printing = Printing::default();
    let mut failed = |input: Option<&Path>, error: &Error| {
        code = code.max(exit_code(error));
        tell(&format!("gen3d: {error:#}"));
        match as_json {
            true => out::json(&json::failure(error, input)),
            false => Ok(()),
        }
    };
    for (path, why) in &job.unread {
        printing.heed(failed(Some(path), &anyhow!("{why}")));
    }
    pipeline::all(&job, &watch, |item, result| {
        terminal.suspended(|| {
            printing.heed(match result {
                Err(error) => failed(item.input.as_deref(), error),
                Ok(outcome) if as_json => out::json(&line(item, outcome)),
                Ok(_) if quiet => Ok(()),
                Ok(outcome) => show(item, outcome, screen.as_ref()),
            });
        });
    })?;
    Ok(code.max(if printing.failed { FAILED } else { 0 }))
}

/// Tells a person what became of an item.
fn show(item: &Item, outcome: &Outcome, screen: Option<&Screen>) -> Result<()> {
    match outcome {
        Outcome::Made(report) => {
            say(&format!("{report}\n"))?;
            match (screen, &report.thumbnail) {
                (Some(screen), Some(picture)) => {
                    say_bytes(&screen.protocol.show(picture, screen.lines))
                }
                _ => Ok(()),
            }
        }
        Outcome::Skipped => {
            let output = shown(&item.output);
            say(&format!(
                "{output}: there already; --force makes it again\n"
            ))
        }
    }
}

/// A terminal that a person looks at, and that can show pictures.
struct Screen {
    protocol: Protocol,
    columns: u16,
    lines: u16,
}

impl Screen {
    fn find() -> Option<Self> {
        let seen = std::io::stdout().is_terminal() && std::io::stderr().is_terminal();
        let protocol = Protocol::of(|name| std::env::var(name).ok()).filter(|_| seen)?;
        let (Width(columns), Height(lines)) = terminal_size()?;
        Some(Self {
            protocol,
            columns,
            lines,
        })
    }

    /// Pixels that a picture may have.
    fn room(&self) -> Option<(u32, u32)> {
        self.protocol.size(self.columns, self.lines)
    }
}

/// One result as one line of JSON.
fn line(item: &Item, outcome: &Outcome) -> serde_json::Value {
    match outcome {
        Outcome::Made(report) => serde_json::json!(report),
        Outcome::Skipped => serde_json::json!({
            "input": item.input.as_deref().map(Path::to_string_lossy),
            "output": item.output.to_string_lossy(),
            "skipped": true,
        }),
    }
}
