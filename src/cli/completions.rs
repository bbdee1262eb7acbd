//! Scripts that complete the flags in shells.

use clap::Command;
use clap_complete::Shell;

/// The script for a shell.
pub fn script(shell: Shell, program: &mut Command) -> Vec<u8> {
    let mut text = Vec::new();
    clap_complete::generate(shell, program, "gen3d", &mut text);
    match shell {
        Shell::Fish => for_fish(&text, program),
        _ => text,
    }
}

/// What clap makes for fish takes the first word for a command, whatever it is, and completes no flag after a photo.
fn for_fish(text: &[u8], program: &Command) -> Vec<u8> {
    let names: Vec<&str> = program.get_subcommands().map(Command::get_name).collect();
    let any = "if set -q argv[1]\n";
    let command = format!("if contains -- \"$argv[1]\" {}\n", names.join(" "));
    (String::from_utf8_lossy(text).replace(any, &command)).into_bytes()
}
