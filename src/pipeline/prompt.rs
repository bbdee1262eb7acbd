//! A prompt, read by a model that knows words.

use anyhow::Result;

use super::phrases;
use crate::base::progress::{Event, Watch};
use crate::base::text::among;
use crate::model::{Model, Prompt};
use crate::photo::prompt;

/// Who is made where a prompt that stands alone asks for nothing but a style.
const ANYBODY: &str = "a person";

/// Words between others, which are no loss.
const PLAIN: &str =
    "that which who is are his her its their of to at by an some this very from for";

/// Words as they are told: not too many, and none too long.
fn listed(words: &[String]) -> String {
    const NAMED: usize = 8;
    let named = words.iter().take(NAMED);
    let named: Vec<String> = named.map(|word| word.chars().take(24).collect()).collect();
    match words.len().saturating_sub(NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

/// The words of a prompt; what was not understood is told. What one leaves open that stands alone, a seed fills in. None
/// where nothing is left of one that stands beside a photo, but a style.
pub(super) fn read(
    model: &Model,
    text: &str,
    seed: Option<u64>,
    watch: &Watch<'_>,
) -> Result<Option<Prompt>> {
    let said = phrases::without_style(text);
    let text = match (said.is_empty() && phrases::is_chibi(text), seed) {
        (false, _) => &*said,
        (true, Some(_)) => ANYBODY,
        (true, None) => return Ok(None),
    };
    let mut prompt = model.read(text)?;
    (prompt.unknown).retain(|word| !phrases::is_followed(word, text));
    if !prompt.unknown.is_empty() {
        let words = listed(&prompt.unknown);
        watch.tell(Event::Note(format!(
            "words that the model does not know: {words}"
        )));
    }
    let guessed = prompt.untaught.iter();
    let guessed: Vec<String> = guessed.filter(|w| !among(w, PLAIN)).cloned().collect();
    if !guessed.is_empty() {
        watch.tell(Event::Note(format!(
            "words that the model was not taught, and guesses by others of like meaning: {}; it understands plain English",
            listed(&guessed)
        )));
    }
    if prompt.unread > 0 {
        let note = format!(
            "the last {} words of the prompt were not read",
            prompt.unread
        );
        watch.tell(Event::Note(note));
    }
    let open = seed.map_or_else(Vec::new, |seed| prompt::open(text, seed));
    // As much of it as there is room for.
    for count in (1..=open.len()).rev() {
        let open = open[..count].join(" ");
        let filled = model.read(&format!("{text} {open}"))?;
        if filled.unread == 0 {
            let detail = format!("the prompt leaves it open, so it is taken to go on: {open}");
            watch.tell(Event::Detail(detail));
            return Ok(Some(filled));
        }
    }
    Ok(Some(prompt))
}
