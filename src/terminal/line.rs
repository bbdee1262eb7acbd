//! The line of a terminal that a bar is drawn on.
//!
//! A bar that is drawn in the usual way fills its line with spaces, so the cursor waits at the end of it, and what the
//! terminal itself writes there, as `^C`, comes to stand on the next line: who then takes the bar away takes away that
//! line instead. Here the cursor waits behind the bar's last word, and both go together.

use std::io::{self, IsTerminal};

use indicatif::ProgressDrawTarget;

/// Where bars are drawn: on standard error, if that is a terminal.
pub fn target() -> ProgressDrawTarget {
    #[cfg(unix)]
    if io::stderr().is_terminal() {
        return ProgressDrawTarget::term_like_with_hz(Box::<unix::Line>::default(), HERTZ);
    }
    ProgressDrawTarget::stderr_with_hz(HERTZ)
}

/// Takes away what the terminal wrote on the line of the cursor by itself.
pub fn clear() {
    #[cfg(unix)]
    if io::stderr().is_terminal() {
        let _ = io::Write::write_all(&mut io::stderr(), unix::CLEAR.as_bytes());
    }
}

/// A bar is drawn so many times a second, at most.
const HERTZ: u8 = 20;

#[cfg(unix)]
mod unix {
    use std::fmt::Write as _;
    use std::io::{self, Write as _};
    use std::sync::Mutex;

    use indicatif::TermLike;
    use terminal_size::{Height, Width, terminal_size_of};

    use crate::base::progress::lock;

    /// To the beginning of the line, and nothing is left on it.
    pub const CLEAR: &str = "\r\x1b[2K";

    /// Standard error as a terminal; what is drawn is written at once.
    #[derive(Debug, Default)]
    pub struct Line {
        drawn: Mutex<String>,
    }

    impl Line {
        fn put(&self, text: &str) -> io::Result<()> {
            lock(&self.drawn).push_str(text);
            Ok(())
        }

        /// Moves the cursor; `way` is the letter of the escape code.
        fn go(&self, count: usize, way: char) -> io::Result<()> {
            if count > 0 {
                let _ = write!(lock(&self.drawn), "\x1b[{count}{way}");
            }
            Ok(())
        }
    }

    /// Columns and lines of the terminal; the usual ones where it does not tell.
    fn size() -> (u16, u16) {
        match terminal_size_of(io::stderr()) {
            Some((Width(columns), Height(lines))) => (columns, lines),
            None => (80, 24),
        }
    }

    impl TermLike for Line {
        fn width(&self) -> u16 {
            size().0
        }

        fn height(&self) -> u16 {
            size().1
        }

        fn move_cursor_up(&self, n: usize) -> io::Result<()> {
            self.go(n, 'A')
        }

        fn move_cursor_down(&self, n: usize) -> io::Result<()> {
            self.go(n, 'B')
        }

        fn move_cursor_right(&self, n: usize) -> io::Result<()> {
            self.go(n, 'C')
        }

        fn move_cursor_left(&self, n: usize) -> io::Result<()> {
            self.go(n, 'D')
        }

        fn write_line(&self, text: &str) -> io::Result<()> {
            self.put(text)?;
            self.put("\n")
        }

        fn write_str(&self, text: &str) -> io::Result<()> {
            // What the rest of the line is filled with.
            match text.bytes().all(|byte| byte == b' ') {
                true => Ok(()),
                false => self.put(text),
            }
        }

        fn clear_line(&self) -> io::Result<()> {
            self.put(CLEAR)
        }

        fn flush(&self) -> io::Result<()> {
            let drawn = std::mem::take(&mut *lock(&self.drawn));
            io::stderr().write_all(drawn.as_bytes())
        }
    }
}
