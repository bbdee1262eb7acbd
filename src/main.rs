//! Parse, run, print what came of it, exit.

use std::io::{IsTerminal, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{CommandFactory, Parser};
use terminal_size::{Height, Width, terminal_size};

use gen3d::cli::{Cli, Command, Inspect, Make};
use gen3d::glance::Way;
use gen3d::inspect;
use gen3d::job::{Item, Job, Usage};
use gen3d::model::Cancelled;
use gen3d::progress::{Event, Talk, Terminal, Watch};
use gen3d::run::{self, Outcome};
use gen3d::sandbox::{self, Network};

mod added;
mod kept;

const FAILED: u8 = 1;
const USAGE: u8 = 2;
const INTERRUPTED: u8 = 130;

fn main() -> ExitCode {
    // Before anything is read, and before any thread is there.
    let closed = sandbox::close();
    let cli = Cli::parse();
    // A panic becomes one line below; its position helps who works on the program.
    if std::env::var_os("RUST_BACKTRACE").is_none() {
        std::panic::set_hook(Box::new(|_| {}));
    }
    let result = catch_unwind(AssertUnwindSafe(|| match (cli.command, cli.make) {
        (Some(command), _) => obey(command),
        (None, Some(flags)) => make(flags, &closed),
        (None, None) => obey(Command::Help).map(|_| USAGE),
    }));
    match result {
        Ok(Ok(code)) => code.into(),
        Ok(Err(error)) => {
            eprintln!("gen3d: {error:#}");
            exit_code(&error).into()
        }
        Err(panic) => {
            let text = (panic.downcast_ref::<String>().map(String::as_str))
                .or(panic.downcast_ref::<&str>().copied())
                .unwrap_or("no reason given");
            eprintln!("gen3d: this is a fault of the program, please report it: {text}");
            FAILED.into()
        }
    }
}

fn exit_code(error: &anyhow::Error) -> u8 {
    if error.is::<Cancelled>() {
        INTERRUPTED
    } else if error.is::<Usage>() {
        USAGE
    } else {
        FAILED
    }
}

/// What is not the making of figurines: what is kept, or help, completions and the manual page on
/// standard output.
fn obey(command: Command) -> Result<u8> {
    let mut program = Cli::command();
    let mut text = Vec::new();
    match command {
        Command::Cache {
            cache_dir, json, ..
        } => return kept::list(cache_dir, json),
        Command::Forget(flags) => return kept::forget(flags),
        Command::Inspect(flags) => return look_at(flags),
        Command::Model(flags) => return added::obey(flags),
        Command::Help => write!(text, "{}", program.render_long_help())?,
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut program, "gen3d", &mut text);
        }
        Command::Man => clap_mangen::Man::new(program).render(&mut text)?,
    }
    say(&text);
    Ok(0)
}

/// Whether somebody's file would print.
fn look_at(flags: Inspect) -> Result<u8> {
    let options = inspect::Options {
        height: flags.height,
        unit: flags.units.map(Into::into),
        wall: flags.min_wall,
    };
    let found = inspect::inspect(&flags.file, &options)?;
    let text = match flags.json {
        true => serde_json::to_string(&found).context("the findings cannot be written as JSON")?,
        false => found.to_string(),
    };
    say(format!("{text}\n").as_bytes());
    Ok(if found.prints { 0 } else { FAILED })
}

/// Writes to standard output; a reader that went away is no error.
fn say(text: &[u8]) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text).and_then(|()| out.flush());
}

fn make(flags: Make, closed: &Result<Network>) -> Result<u8> {
    let (json, quiet) = (flags.json, flags.quiet);
    let talk = match (quiet, flags.verbose) {
        (true, _) => Talk::Quiet,
        (false, true) => Talk::Verbose,
        (false, false) => Talk::Normal,
    };
    if let Some(threads) = flags.threads {
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads.into())
            .build_global()
            .context("the processor threads cannot be started")?;
    }
    let screen = (!json && !quiet && !flags.pictures.no_picture)
        .then(Screen::find)
        .flatten();
    let mut job = Job::new(flags)?;
    if job.folder.is_none() {
        job.pictures.glance = screen.as_ref().and_then(Screen::room);
    }
    let cancel = stop_on_ctrl_c()?;
    let terminal = Terminal::new(talk);
    let sink = |event| terminal.hear(event);
    sink(about_network(closed));
    let watch = Watch::new(&sink, &cancel);
    let mut code = 0;
    run::all(&job, &watch, |item, result| {
        if let Err(error) = result {
            code = code.max(exit_code(error));
        }
        terminal.aside(|| match result {
            _ if json => say(format!("{}\n", line(item, result)).as_bytes()),
            Ok(_) if quiet => {}
            Ok(Outcome::Made(report)) => {
                say(format!("{report}\n").as_bytes());
                if let (Some(screen), Some(picture)) = (&screen, &report.glance) {
                    say(&screen.way.show(picture, screen.lines));
                }
            }
            Ok(Outcome::Skipped) => {
                let output = item.output.display();
                say(format!("{output}: there already; --force makes it again\n").as_bytes());
            }
            Err(_) => {}
        });
        if let Err(error) = result {
            terminal.aside(|| eprintln!("gen3d: {error:#}"));
        }
    })?;
    Ok(code)
}

/// A terminal that a person looks at, and that can show pictures.
struct Screen {
    way: Way,
    columns: u16,
    lines: u16,
}

impl Screen {
    fn find() -> Option<Self> {
        let seen = std::io::stdout().is_terminal() && std::io::stderr().is_terminal();
        let way = Way::of(|name| std::env::var(name).ok()).filter(|_| seen)?;
        let (Width(columns), Height(lines)) = terminal_size()?;
        Some(Self {
            way,
            columns,
            lines,
        })
    }

    /// Pixels that a picture may have.
    fn room(&self) -> Option<(u32, u32)> {
        self.way.size(self.columns, self.lines)
    }
}

/// Whether the network is denied; a system that should deny it and does not is worth a remark.
fn about_network(closed: &Result<Network>) -> Event {
    match closed {
        Ok(Network::Denied) => Event::Detail("the system denies this process the network".into()),
        Ok(Network::NotDenied) => Event::Detail(
            "the system is not asked to deny this process the network; it has no code for one"
                .into(),
        ),
        Err(error) => Event::Note(format!(
            "the network is not denied to this process, which has no code for one: {error:#}"
        )),
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

/// The flag that Ctrl-C sets. What does not look at it in time is ended, but never while a file is
/// being put in its place.
fn stop_on_ctrl_c() -> Result<Arc<AtomicBool>> {
    let cancel = Arc::new(AtomicBool::new(false));
    let flag = cancel.clone();
    let handler = move || {
        flag.store(true, Ordering::Relaxed);
        std::thread::spawn(|| {
            std::thread::sleep(Duration::from_millis(700));
            let _no_file_is_half_written = run::writing();
            eprintln!("gen3d: stopped");
            std::process::exit(INTERRUPTED.into());
        });
    };
    ctrlc::set_handler(handler).context("Ctrl-C cannot be watched for")?;
    Ok(cancel)
}
