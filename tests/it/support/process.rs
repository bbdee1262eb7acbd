//! Tests that need a process of their own: what they set holds for all threads, or for good.

use std::process::Command;

/// A command that runs one test of this program, by its full name, and shows what it prints.
pub fn again(test: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args([test, "--exact", "--include-ignored", "--nocapture"]);
    command
}
