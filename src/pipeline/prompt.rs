//! A prompt, read by a model that knows words.

use anyhow::Result;

use crate::base::progress::{Event, Watch};
use crate::model::{Model, Prompt};
use crate::photo::prompt;

/// The words of a prompt; what was not understood is told. What one leaves open that stands alone, a seed fills in.
pub(super) fn read(
    model: &Model,
    text: &str,
    seed: Option<u64>,
    watch: &Watch<'_>,
) -> Result<Prompt> {
    const NAMED: usize = 8;
    let prompt = model.read(text)?;
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
            return Ok(filled);
        }
    }
    Ok(prompt)
}
