//! Flags by the names that other programs have for them.

use clap::error::{ContextKind, ContextValue, ErrorKind};

/// What is typed, and the flag that does it here. What is only misspelt clap finds by itself.
const NAMES: [(&str, &str); 24] = [
    ("size", "--height"),
    ("input", "PHOTO"),
    ("image", "PHOTO"),
    ("photo", "PHOTO"),
    ("text", "--prompt"),
    ("words", "--prompt"),
    ("description", "--prompt"),
    ("outfile", "--output"),
    ("dest", "--output"),
    ("triangles", "--faces"),
    ("polygons", "--faces"),
    ("quality", "--faces"),
    ("color", "--colours"),
    ("colors", "--colours"),
    ("gpu", "--device"),
    ("cuda", "--device"),
    ("cpu", "--device"),
    ("jobs", "--threads"),
    ("silent", "--quiet"),
    ("debug", "--verbose"),
    ("gif", "--turntable"),
    ("video", "--turntable"),
    ("render", "--preview"),
    ("overwrite", "--force"),
];

/// Adds the flag that was most likely wanted to an error that names none.
pub fn suggest(mut error: clap::Error) -> clap::Error {
    if error.kind() == ErrorKind::UnknownArgument && error.get(ContextKind::SuggestedArg).is_none()
    {
        let typed = match error.get(ContextKind::InvalidArg) {
            Some(ContextValue::String(typed)) => typed.trim_start_matches('-').to_lowercase(),
            _ => return error,
        };
        if let Some((_, flag)) = NAMES.iter().find(|(name, _)| *name == typed) {
            let flag = ContextValue::String((*flag).to_owned());
            error.insert(ContextKind::SuggestedArg, flag);
        }
    }
    error
}
