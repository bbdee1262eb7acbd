//! Tests that need a process of their own: what they set holds for all threads, or for good.

use std::process::Command;

/// A command that runs one test of this program, by its full name, and shows what it prints.
pub fn again(test: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args([test, "--exact", "--include-ignored", "--nocapture"]);
    command
}

/// A program that heeds Ctrl-C, a closed terminal and a polite kill, also where who started the tests ignores them, as
/// `nohup` and scripts do: what is ignored is inherited, and gen3d keeps to it.
pub fn heeding(program: &str) -> Command {
    if !cfg!(target_os = "linux") {
        return Command::new(program);
    }
    let mut command = Command::new("env");
    command.args(["--default-signal=HUP,INT,TERM", program]);
    command
}
