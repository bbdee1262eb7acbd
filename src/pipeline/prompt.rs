//! A prompt, read by a model that knows words.

use anyhow::Result;

use super::phrases;
use crate::base::progress::{Event, Watch};
use crate::model::{Model, Prompt};
use crate::photo::prompt;

/// Who is made where a prompt that stands alone asks for nothing but a style.
const ANYBODY: &str = "a person";

/// The words of a prompt; what was not understood is told. What one leaves open that stands alone, a seed fills in. None
/// where nothing is left of one that stands beside a photo, but a style.
pub(super) fn read(
    model: &Model,
    text: &str,
    seed: Option<u64>,
    watch: &Watch<'_>,
) -> Result<Option<Prompt>> {
    const NAMED: usize = 8;
    let said = phrases::without_style(text);
    let text = match (said.is_empty() && phrases::is_chibi(text), seed) {
        (false, _) => &*said,
        (true, Some(_)) => ANYBODY,
        (true, None) => return Ok(None),
    };
    let mut prompt = model.read(text)?;
    (prompt.unknown).retain(|word| !phrases::is_followed(word, text));
    if !prompt.unknown.is_empty() {
        let named: Vec<String> = (prompt.unknown.iter().take(NAMED))
            .map(|word| word.chars().take(24).collect())
            .collect();
        let more = prompt.unknown.len().saturating_sub(NAMED);
        let more = match more {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let note = format!(
            "words that the model does not know: {}{more}",
            named.join(", ")
        );
        watch.tell(Event::Note(note));
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
