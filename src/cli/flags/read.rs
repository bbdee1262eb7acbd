//! From the words that were typed to the flags.

use clap::{Arg, Command, CommandFactory, FromArgMatches};

use super::{Cli, groups};

impl Cli {
    /// The command line of this process.
    ///
    /// # Errors
    /// What is wrong with it, or the help that it asks for.
    pub fn read() -> Result<Self, clap::Error> {
        let mut program = Self::program();
        let matches = program.try_get_matches_from_mut(std::env::args_os())?;
        Self::from_arg_matches(&matches).map_err(|error| error.format(&mut program))
    }

    /// All flags and subcommands, the flags under their headings. Those for numbers take one below nothing, to say themselves what is wrong with it:
    /// of something that begins with a minus it would be said that it is no flag.
    pub fn program() -> Command {
        const NUMBERS: [&str; 10] = [
            "I/N", "N", "N|auto", "N|off", "S", "SHARE", "SIZE", "TIME", "VIEW", "X",
        ];
        let signed = |arg: Arg| {
            let names = arg.get_value_names().unwrap_or_default();
            let number = names.iter().any(|name| NUMBERS.contains(&name.as_str()));
            arg.allow_hyphen_values(number)
        };
        let mut program = groups::grouped(Self::command()).mut_args(signed);
        let names = program
            .get_subcommands()
            .map(|sub| sub.get_name().to_owned());
        for name in names.collect::<Vec<_>>() {
            program = program.mut_subcommand(name, |sub| sub.mut_args(signed));
        }
        program
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flags_are_consistent() {
        Cli::program().debug_assert();
    }
}
