//! Standard output and standard error: all that the program prints goes through here, so that no name and no
//! word of a file moves a terminal's cursor, and no line is lost unseen.

use std::io::{self, ErrorKind, Write};

use anyhow::{Context, Result};
use serde::Serialize;

use crate::base::text::{is_active, plain, plain_lines};

/// Lines for people, on standard output. What is not of the program in them should be
/// [`plain`] already, or it may look like further lines.
///
/// # Errors
/// It cannot be written. A reader that went away is no error.
pub fn say(text: &str) -> Result<()> {
    say_bytes(plain_lines(text).as_bytes())
}

/// One line of JSON on standard output. The characters that a terminal would obey are escaped in it.
///
/// # Errors
/// As [`say`].
pub fn json(value: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string(value).context("the result is none for JSON")?;
    let mut line = String::with_capacity(text.len() + 1);
    // They stand in strings alone, and none takes more than 16 bits.
    for c in text.chars() {
        match is_active(c) {
            true => line += &format!("\\u{:04x}", c as u32),
            false => line.push(c),
        }
    }
    line.push('\n');
    say_bytes(line.as_bytes())
}

/// Bytes as they are, on standard output: pictures for terminals, the manual page.
///
/// # Errors
/// As [`say`].
pub fn say_bytes(bytes: &[u8]) -> Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(error).context("standard output cannot be written to")
        }
        _ => Ok(()),
    }
}

/// What comes of printing many results: the first failure is told at once, for who can make room for the others, and
/// the work goes on.
#[derive(Default)]
pub struct Printing {
    pub failed: bool,
}

impl Printing {
    /// Takes what came of one.
    pub fn heed(&mut self, printed: Result<()>) {
        if let Err(error) = printed
            && !std::mem::replace(&mut self.failed, true)
        {
            tell(&format!("gen3d: {error:#}"));
        }
    }
}

/// A line on standard error. Where that cannot be written to there is nobody to tell.
pub fn tell(line: &str) {
    tell_lines(&plain(line));
}

/// Several, of which none holds what is not the program's own, or see [`say`].
pub fn tell_lines(text: &str) {
    let _ = writeln!(io::stderr(), "{}", plain_lines(text));
}
