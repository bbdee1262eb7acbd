//! What `--json` prints: one line a result, one a failure; `assets/json.schema.json` describes both.

use std::path::Path;

use anyhow::Error;
use serde_json::{Value, json};

use crate::pipeline::failure::{Failure, Kind};

/// Whether the command line asks for JSON: known before it is understood, or where it never is.
pub fn wanted() -> bool {
    let mut words = std::env::args_os().skip(1).take_while(|word| word != "--");
    words.any(|word| word == "--json")
}

/// There was nothing to do about this input: its output is there.
pub fn skipped(input: Option<&Path>, output: &Path) -> Value {
    let input = input.map(Path::to_string_lossy);
    json!({"input": input, "output": output.to_string_lossy(), "skipped": true})
}

/// A failure: of this input, if it is of one. What says nothing else is of the run, or of its input.
pub fn failure(error: &Error, input: Option<&Path>) -> Value {
    let usual = input.map_or(Kind::Run, |_| Kind::Input);
    let kind = Kind::of(error).unwrap_or(usual);
    let named = Failure::find(error).and_then(|failure| failure.input.as_deref());
    of(kind, &format!("{error:#}"), input.or(named))
}

/// A failure of this kind.
pub fn of(kind: Kind, message: &str, input: Option<&Path>) -> Value {
    let input = input.map(Path::to_string_lossy);
    json!({"error": {"kind": kind, "message": message, "input": input}})
}
