//! The program: its flags, what they mean, and its subcommands.

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use anyhow::Result;
use clap::{CommandFactory, Parser};

use crate::base::handed;
use crate::sandbox;
use commands::{FAILED, USAGE, exit_code, say};
use flags::{Cli, Command};

mod commands;
pub mod flags;
pub mod job;
mod limits;

/// Parse, run, print what came of it, exit.
pub fn main() -> ExitCode {
    // Before anything is read, and before any thread is there. What a shell's `<(...)` gives is named, and kept.
    sandbox::drop_inherited(&handed::take(std::env::args_os().skip(1)));
    let closed = sandbox::close();
    limits::heed();
    commands::cache::sweep();
    let cli = Cli::parse();
    // A panic becomes one line below; its position helps who works on the program.
    if std::env::var_os("RUST_BACKTRACE").is_none() {
        std::panic::set_hook(Box::new(|_| {}));
    }
    let result = catch_unwind(AssertUnwindSafe(|| match (cli.command, cli.make) {
        (Some(command), _) => obey(command),
        (None, Some(flags)) => commands::make::make(flags, &closed),
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

/// What is not the making of figurines: what is kept, or help, completions and the manual page on
/// standard output.
fn obey(command: Command) -> Result<u8> {
    let mut program = Cli::command();
    let mut text = Vec::new();
    match command {
        Command::Cache {
            cache_dir, json, ..
        } => return commands::cache::list(cache_dir, json),
        Command::Forget(flags) => return commands::cache::forget(flags),
        Command::Cutout(flags) => return commands::cutout::obey(&flags),
        Command::Inspect(flags) => return commands::inspect::inspect(flags),
        Command::Model(flags) => return commands::model::obey(flags),
        Command::Help => write!(text, "{}", program.render_long_help())?,
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut program, "gen3d", &mut text);
        }
        Command::Man => clap_mangen::Man::new(program).render(&mut text)?,
    }
    say(&text);
    Ok(0)
}
