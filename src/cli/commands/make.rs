//! `gen3d PHOTO`: makes figurines, and says what came of each.

use std::io::IsTerminal;

use anyhow::Result;
use terminal_size::{Height, Width, terminal_size};

use super::cage::{about_files, about_network};
use super::summary::Summary;
use super::{exit_code, say, stop_on_ctrl_c};
use crate::base::progress::{Event, Watch};
use crate::cli::flags::Make;
use crate::cli::limits;
use crate::photo::decode::NotRead;
use crate::pipeline::job::{Item, Job};
use crate::pipeline::{self, Outcome};
use crate::sandbox::{self, Network};
use crate::terminal::image::Protocol;
use crate::terminal::progress::{Talk, Terminal};

/// Makes all figurines that the flags ask for.
pub fn make(flags: Make, closed: &Result<Network>) -> Result<u8> {
    let (json, quiet) = (flags.json, flags.quiet);
    let talk = match (quiet, flags.verbose) {
        (true, _) => Talk::Quiet,
        (false, true) => Talk::Verbose,
        (false, false) => Talk::Normal,
    };
    let threads = limits::threads(flags.threads);
    limits::check_memory(threads)?;
    let screen = (!json && !quiet && !flags.pictures.no_picture)
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
    let notes = job.notes.iter().cloned();
    notes.for_each(|note| sink(Event::Note(note)));
    let watch = Watch::new(&sink, &cancel);
    let batch = job.items.len() > 1 && !quiet;
    let (mut code, mut summary, mut kinds) = (0, Summary::default(), Vec::new());
    let done = pipeline::all(&job, &watch, |item, result| {
        summary.add(item, result);
        if let Err(error) = result {
            code = code.max(exit_code(error));
        }
        terminal.suspended(|| match result {
            _ if json => say(format!("{}\n", line(item, result)).as_bytes()),
            Ok(_) if quiet => {}
            Ok(Outcome::Made(report)) if job.out.is_some() => eprintln!("{report}"),
            Ok(Outcome::Made(report)) => {
                say(format!("{report}\n").as_bytes());
                if let (Some(screen), Some(picture)) = (&screen, &report.thumbnail) {
                    say(&screen.protocol.show(picture, screen.lines));
                }
            }
            Ok(Outcome::Skipped) => {
                let output = item.output.display();
                say(format!("{output}: there already; --force makes it again\n").as_bytes());
            }
            Err(_) => {}
        });
        if let Err(error) = result {
            // What to do about a kind of picture is told once; the summary has all names.
            let kind = (error.chain()).find_map(|cause| cause.downcast_ref::<NotRead>());
            if !(batch && kind.is_some_and(|kind| kinds.contains(kind))) {
                terminal.suspended(|| eprintln!("gen3d: {error:#}"));
            }
            kinds.extend(kind);
        }
    });
    if batch {
        terminal.suspended(|| eprintln!("gen3d: {summary}"));
    }
    done.map(|()| code)
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
fn line(item: &Item, result: &Result<Outcome>) -> serde_json::Value {
    match result {
        Ok(Outcome::Made(report)) => serde_json::json!(report),
        Ok(Outcome::Skipped) => {
            serde_json::json!({"input": item.input, "output": item.output, "skipped": true})
        }
        Err(error) => serde_json::json!({"input": item.input, "error": format!("{error:#}")}),
    }
}
