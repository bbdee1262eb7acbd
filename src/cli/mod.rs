//! The program: its flags, what they mean, and its subcommands.

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use anyhow::Result;

use crate::base::handed;
use crate::base::text::is_active;
use crate::pipeline::failure::Kind;
use crate::sandbox;
use crate::terminal::out::{say, say_bytes, tell, tell_lines};
use crate::terminal::{line, out, stop};
use commands::{FAILED, USAGE, exit_code};
use flags::{Cli, Command};

mod commands;
mod completions;
pub mod flags;
pub mod job;
mod json;
mod limits;
mod nearest;

/// Parse, run, print what came of it, exit.
pub fn main() -> ExitCode {
    // Before anything is read, and before any thread is there. What a shell's `<(...)` gives is named, and kept.
    sandbox::drop_inherited(&handed::take(std::env::args_os().skip(1)));
    let closed = sandbox::close();
    limits::heed();
    stop::heed();
    commands::cache::sweep();
    let cli = match Cli::read() {
        Ok(cli) => cli,
        Err(error) => return refused(&nearest::suggest(error)).into(),
    };
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
            if Kind::of(&error) == Some(Kind::Stopped) {
                line::clear(); // of the terminal's ^C
            }
            tell(&format!("gen3d: {error:#}"));
            let code = tell_json(|| json::failure(&error, None));
            exit_code(&error).max(code).into()
        }
        Err(panic) => {
            let text = (panic.downcast_ref::<String>().map(String::as_str))
                .or(panic.downcast_ref::<&str>().copied())
                .unwrap_or("no reason given");
            let text = format!("this is a fault of the program, please report it: {text}");
            tell(&format!("gen3d: {text}"));
            tell_json(|| json::of(Kind::Fault, &text, None));
            FAILED.into()
        }
    }
}

/// Prints a line, if JSON is wanted; gives the exit code of that.
fn tell_json(line: impl FnOnce() -> serde_json::Value) -> u8 {
    if !json::wanted() {
        return 0;
    }
    match out::json(&line()) {
        Ok(()) => 0,
        Err(error) => {
            tell(&format!("gen3d: {error:#}"));
            FAILED
        }
    }
}

/// Prints what is wrong with a command line, or the help that it asks for; gives the exit code.
fn refused(error: &clap::Error) -> u8 {
    let code = error.exit_code().try_into().unwrap_or(USAGE);
    if !error.use_stderr() {
        let printed = error.print().and_then(|()| std::io::stdout().flush());
        return match printed {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                tell(&format!(
                    "gen3d: standard output cannot be written to: {error}"
                ));
                FAILED
            }
            _ => code,
        };
    }
    let text = error.render().to_string();
    if text.contains(|c| c != '\n' && is_active(c)) {
        tell_lines(text.trim_end()); // what was typed, without the colours of the rest
    } else {
        let _ = error.print();
    }
    let text = text.trim().trim_start_matches("error: ");
    code.max(tell_json(|| json::of(Kind::Usage, text, None)))
}

/// What is not the making of figurines: what is kept, or help, completions and the manual page on
/// standard output.
fn obey(command: Command) -> Result<u8> {
    let mut program = Cli::program();
    let mut text = Vec::new();
    match command {
        Command::Cache {
            cache_dir, json, ..
        } => return commands::cache::list(cache_dir, json),
        Command::Forget(flags) => return commands::cache::forget(flags),
        Command::Cutout(flags) => return commands::cutout::obey(&flags),
        Command::Inspect(flags) => return commands::inspect::inspect(flags),
        Command::Model(flags) => return commands::model::obey(flags),
        Command::Help => {
            say(&program.render_long_help().to_string())?;
            return Ok(0);
        }
        Command::Completions { shell } => {
            text = completions::script(shell, &mut program);
        }
        Command::Man => clap_mangen::Man::new(program).render(&mut text)?,
    }
    say_bytes(&text)?;
    Ok(0)
}
