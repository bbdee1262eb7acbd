//! `gen3d PHOTO`: makes figurines, and says what came of each.

use std::io::IsTerminal;
use std::sync::Arc;

use anyhow::Result;
use terminal_size::{Height, Width, terminal_size};

use super::cage::{about_files, about_network};
use super::outcomes::Outcomes;
use super::stop_on_ctrl_c;
use crate::base::progress::{Event, Watch};
use crate::base::text::shown;
use crate::cli::flags::Make;
use crate::cli::{json, limits};
use crate::pipeline::job::{Item, Job};
use crate::pipeline::{self, Outcome};
use crate::sandbox::{self, Network};
use crate::terminal::image::Protocol;
use crate::terminal::out::{self, say, say_bytes, tell};
use crate::terminal::progress::{Talk, Terminal};
use crate::terminal::share::Share;

/// Makes all figurines that the flags ask for.
pub fn make(flags: Make, closed: &Result<Network>) -> Result<u8> {
    let (as_json, quiet, tells_share) = (flags.json, flags.quiet, flags.progress);
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
    let terminal = Arc::new(Terminal::new(talk));
    let cancel = stop_on_ctrl_c(&terminal)?;
    let share = tells_share.then(Share::default);
    let sink = |event| {
        if let Some(share) = &share {
            share.hear(&event);
        }
        terminal.hear(event);
    };
    sink(about_network(closed));
    sink(about_files(&confined));
    let notes = job.notes.iter().cloned();
    notes.for_each(|note| sink(Event::Note(note)));
    let watch = Watch::new(&sink, &cancel);
    let mut results = Results {
        as_json,
        quiet,
        piped: job.out.is_some(),
        screen,
        outcomes: Outcomes::new(as_json, quiet, job.items.len() + job.unread.len()),
    };
    results.outcomes.unread(&job.unread);
    let done = pipeline::all(&job, &watch, |item, result| {
        terminal.suspended(|| results.came(item, result));
    });
    terminal.end();
    results.outcomes.end();
    done?;
    Ok(results.outcomes.code())
}

/// Tells what became of the figurines.
struct Results {
    as_json: bool,
    quiet: bool,
    /// Whether the figurine goes to standard output.
    piped: bool,
    screen: Option<Screen>,
    outcomes: Outcomes,
}

impl Results {
    fn came(&mut self, item: &Item, result: &Result<Outcome>) {
        let (name, summary) = (item.name(), &mut self.outcomes.summary);
        match result {
            Ok(Outcome::Made(report)) => summary.made(&name, &report.notes),
            Ok(Outcome::Skipped) => summary.there(),
            Ok(Outcome::Kept(why)) => summary.kept(&name, &why.to_string()),
            Err(_) => {}
        }
        let printed = match result {
            Err(error) => {
                return (self.outcomes).failed(&name, item.input.as_deref(), error);
            }
            Ok(outcome) if self.as_json => out::json(&line(item, outcome)),
            Ok(_) if self.quiet => Ok(()),
            Ok(Outcome::Made(report)) if self.piped => {
                tell(&report.to_string());
                Ok(())
            }
            Ok(outcome) => show(item, outcome, self.screen.as_ref()),
        };
        self.outcomes.printed(printed);
    }
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
        Outcome::Kept(why) => {
            let output = shown(&item.output);
            say(&format!(
                "{output}: kept, though {why}; without --no-clobber it is made again\n"
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
        Outcome::Skipped => json::skipped(item.input.as_deref(), &item.output),
        Outcome::Kept(why) => {
            let mut line = json::skipped(item.input.as_deref(), &item.output);
            line["kept"] = serde_json::json!(why);
            line
        }
    }
}
