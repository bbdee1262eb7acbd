//! Names and words of others, for terminals, which would obey what is in them; and names as disks compare them.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde::{Serialize, Serializer};
use unicode_normalization_alignments::UnicodeNormalization;

/// A text in one line, in which nothing moves the cursor, changes a colour or turns what follows around: such
/// characters are written out, as `\u{1b}`.
pub fn plain(text: &str) -> Cow<'_, str> {
    written_out(text, is_active)
}

/// The same for a text of several lines, which it keeps.
pub fn plain_lines(text: &str) -> Cow<'_, str> {
    written_out(text, |c| c != '\n' && is_active(c))
}

/// A path in one line, see [`plain`]; what is no Unicode in it is shown as U+FFFD.
pub fn shown(path: &Path) -> String {
    plain(&path.to_string_lossy()).into_owned()
}

/// Whether a word is one of a list, with a space between two.
pub(crate) fn among(word: &str, list: &str) -> bool {
    list.split(' ').any(|one| one == word)
}

/// So many of something that is called so: `1 part`, `2 parts`.
pub fn count(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

/// Paths as strings of JSON: what is no Unicode in them becomes U+FFFD.
pub mod in_json {
    use super::{Path, PathBuf, Serialize, Serializer};

    /// One.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn one<S: Serializer>(path: &Path, to: S) -> Result<S::Ok, S::Error> {
        path.to_string_lossy().serialize(to)
    }

    /// One, or null.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn maybe<S: Serializer>(path: &Option<PathBuf>, to: S) -> Result<S::Ok, S::Error> {
        (path.as_ref().map(|path| path.to_string_lossy())).serialize(to)
    }

    /// A list.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn all<S: Serializer>(paths: &[PathBuf], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(paths.iter().map(|path| path.to_string_lossy()))
    }
}

/// Whether a terminal does something else with it than to show it.
pub fn is_active(c: char) -> bool {
    // The latter end lines, or turn what follows around.
    let turns =
        matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || turns
}

fn written_out(text: &str, active: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&active) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match active(c) {
            true => out.extend(c.escape_unicode()),
            false => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Two names that any usual disk takes for one (macOS, Windows, exFAT: whatever their case and their normal form)
/// have one such key.
pub fn name_key(name: &str) -> String {
    let upper = (name.nfd()).flat_map(|(c, _)| c.to_uppercase());
    // Through capitals, so that those with two small letters (as sigma) are one; and taken apart again.
    let lower: String = upper.flat_map(char::to_lowercase).collect();
    lower.nfd().map(|(c, _)| c).collect()
}

/// Bytes that a file's name has at most, on all usual disks.
pub const LONGEST_NAME: usize = 255;

/// The beginning of a name, at most so many bytes of it, and never a part of a character.
pub fn cut(name: &OsStr, most: usize) -> OsString {
    if name.len() <= most {
        return name.to_owned();
    }
    let text = name.to_string_lossy();
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].into()
}

/// A file's name where a format has a line for it and no way to quote: what would end the line, be taken for
/// an option or a folder, or is no Unicode, is written as `%0A`.
pub fn name_in_a_line(name: &OsStr) -> String {
    let mut out = String::new();
    for chunk in name.as_encoded_bytes().utf8_chunks() {
        for c in chunk.valid().chars() {
            let first = out.is_empty();
            let as_it_is =
                !is_active(c) && c != '\\' && !(first && (c.is_whitespace() || c == '-'));
            match as_it_is {
                true => out.push(c),
                false => percent(&mut out, c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        percent(&mut out, chunk.invalid());
    }
    out
}

fn percent(out: &mut String, bytes: &[u8]) {
    for byte in bytes {
        let written = write!(out, "%{byte:02X}");
        debug_assert!(written.is_ok(), "a string takes all");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_name_reaches_the_terminal_but_letters() {
        assert_eq!(plain("a b.png"), "a b.png");
        assert_eq!(
            plain("a\u{1b}[31m\nb\u{9b}\u{202e}"),
            "a\\u{1b}[31m\\u{a}b\\u{9b}\\u{202e}"
        );
        assert_eq!(plain_lines("a\n\tb\r"), "a\n\\u{9}b\\u{d}");
    }

    #[test]
    fn names_that_a_disk_takes_for_one_have_one_key() {
        for (one, other) in [
            ("Fig", "fig"),
            ("\u{e9}t\u{e9}", "E\u{301}te\u{301}"),
            ("stra\u{df}e", "STRASSE"),
            ("\u{3c3}\u{3c2}", "\u{3a3}\u{3a3}"),
        ] {
            assert_eq!(name_key(one), name_key(other), "{one} and {other}");
        }
        for (one, other) in [("fig", "fig-2"), ("a", "b"), ("e", "\u{e9}")] {
            assert_ne!(name_key(one), name_key(other), "{one} and {other}");
        }
    }

    #[test]
    fn a_name_in_a_line_ends_at_its_end() {
        let written = |name: &str| name_in_a_line(name.as_ref());
        assert_eq!(written("a b#1 100%.mtl"), "a b#1 100%.mtl");
        assert_eq!(written("-a\nb\\c"), "%2Da%0Ab%5Cc");
        assert_eq!(written(" a"), "%20a");
        #[cfg(unix)]
        {
            use std::os::unix::ffi::OsStrExt;
            let odd = std::ffi::OsStr::from_bytes(b"a\xffb");
            assert_eq!(name_in_a_line(odd), "a%FFb");
        }
    }
}
