//! `gen3d PHOTO`: makes figurines, and says what came of each.

use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Error, Result, anyhow};
use terminal_size::{Height, Width, terminal_size};

use super::cage::{about_files, about_network};
use super::summary::Summary;
use super::{FAILED, exit_code, stop_on_ctrl_c};
use crate::base::progress::{Event, Watch};
use crate::base::text::shown;
use crate::cli::flags::Make;
use crate::cli::{json, limits};
use crate::photo::decode::NotRead;
use crate::pipeline::job::{Item, Job};
use crate::pipeline::{self, Outcome};
use crate::sandbox::{self, Network};
use crate::terminal::image::Protocol;
use crate::terminal::out::{self, Printing, say, say_bytes, tell, tell_lines};
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
    let terminal = Arc::new(Terminal::new(talk));
    let cancel = stop_on_ctrl_c(&terminal)?;
    let sink = |event| terminal.hear(event);
    sink(about_network(closed));
    sink(about_files(&confined));
    let notes = job.notes.iter().cloned();
    notes.for_each(|note| sink(Event::Note(note)));
    let watch = Watch::new(&sink, &cancel);
    let mut results = Results {
        as_json,
        quiet,
        piped: job.out.is_some(),
        batch: job.items.len() + job.unread.len() > 1,
        screen,
        code: 0,
        printing: Printing::default(),
        kinds: Vec::new(),
        summary: Summary::default(),
    };
    for (path, why) in &job.unread {
        results.summary.fail(&path.display().to_string(), why);
        results.failed(Some(path), &anyhow!("{why}"));
    }
    let done = pipeline::all(&job, &watch, |item, result| {
        terminal.suspended(|| results.came(item, result));
    });
    terminal.end();
    results.end();
    done?;
    Ok(results.code())
}

/// Tells what became of the items, and remembers it.
struct Results {
    as_json: bool,
    quiet: bool,
    /// Whether the figurine goes to standard output.
    piped: bool,
    batch: bool,
    screen: Option<Screen>,
    code: u8,
    printing: Printing,
    /// Kinds of pictures that are not read, of which it was told what to do.
    kinds: Vec<NotRead>,
    summary: Summary,
}

impl Results {
    fn came(&mut self, item: &Item, result: &Result<Outcome>) {
        self.summary.add(item, result);
        let printed = match result {
            Err(error) => return self.failed(item.input.as_deref(), error),
            Ok(outcome) if self.as_json => out::json(&line(item, outcome)),
            Ok(_) if self.quiet => Ok(()),
            Ok(Outcome::Made(report)) if self.piped => {
                tell(&report.to_string());
                Ok(())
            }
            Ok(outcome) => show(item, outcome, self.screen.as_ref()),
        };
        self.printing.heed(printed);
    }

    fn failed(&mut self, input: Option<&Path>, error: &Error) {
        self.code = self.code.max(exit_code(error));
        // What to do about a kind of picture is told once; the summary has all names.
        let kind = (error.chain()).find_map(|cause| cause.downcast_ref::<NotRead>());
        let again = kind.is_some_and(|kind| self.kinds.contains(kind));
        if self.quiet || !again {
            tell(&format!("gen3d: {error:#}"));
        }
        self.kinds.extend(kind);
        if self.as_json {
            self.printing.heed(out::json(&json::failure(error, input)));
        }
    }

    /// Nothing more comes.
    fn end(&self) {
        if self.batch && !self.quiet && !self.summary.is_empty() {
            tell_lines(&format!("gen3d: {}", self.summary));
        }
    }

    fn code(&self) -> u8 {
        let unseen = if self.printing.failed { FAILED } else { 0 };
        self.code.max(unseen)
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
