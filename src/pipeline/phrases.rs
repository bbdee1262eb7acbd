//! Phrases of a prompt that the program follows itself, for they say exactly what is wanted: the style "chibi", and the
//! outline of a base, as in "on a round base".

use super::SaidBase;
use crate::base::text::among;
use crate::figure::print::Outline;

/// What a base is called.
const BASES: &str = "base stand plinth pedestal platform";
/// What its outlines are called.
const OUTLINES: [(Outline, &str); 3] = [
    (Outline::Disk, "round circular disc disk"),
    (Outline::Square, "square"),
    (Outline::Hex, "hexagonal hexagon hex"),
];
/// What stands before all that is said of it.
const ARTICLES: &str = "a an the on";
/// An outline is said at most so many words before its base: "a round, dark green base".
const BEFORE: usize = 4;

/// A word without what stands around it, in small letters.
fn bare(word: &str) -> String {
    word.trim_matches(|c: char| !c.is_alphanumeric())
        .to_lowercase()
}

/// What a prompt says of the figure's base, if it gives it an outline.
pub(super) fn base(text: &str) -> Option<SaidBase> {
    let words: Vec<String> = text.split_whitespace().map(bare).collect();
    let base = words.iter().position(|word| among(word, BASES))?;
    let before = &words[base.saturating_sub(BEFORE)..base];
    let outline = |word: &String| OUTLINES.iter().find(|(_, names)| among(word, names));
    let (outline, _) = before.iter().rev().find_map(outline)?;
    let said = before
        .iter()
        .rev()
        .take_while(|word| !among(word, ARTICLES));
    Some(SaidBase {
        outline: *outline,
        alone: said.count() == 1,
    })
}

/// Whether the program follows a word of a prompt itself: it does not matter whether the model knows it.
pub(super) fn is_followed(word: &str, text: &str) -> bool {
    let names = OUTLINES.iter().any(|(_, names)| among(word, names));
    names && base(text).is_some()
}

/// Whether a prompt asks for the style, whatever else it says.
pub fn is_chibi(text: &str) -> bool {
    text.split_whitespace().any(|word| bare(word) == "chibi")
}

/// A prompt without the words that ask for the style: "as a chibi knight" is "as a knight", and of "as a chibi" nothing
/// is left.
pub(super) fn without_style(text: &str) -> String {
    let mut left: Vec<&str> = Vec::new();
    let mut words = text.split_whitespace().peekable();
    while let Some(word) = words.next() {
        if bare(word) != "chibi" {
            left.push(word);
            continue;
        }
        let mut ends = word.ends_with(|c: char| !c.is_alphanumeric());
        let style = words.next_if(|next| !ends && bare(next) == "style");
        ends |= style.is_some() || words.peek().is_none_or(|next| bare(next) == "and");
        // "as a", "in the", "a" were said of nothing else.
        for list in [&["a", "an", "the"][..], &["as", "in", "like"]] {
            if ends && left.last().is_some_and(|last| list.contains(&&*bare(last))) {
                left.pop();
            }
        }
    }
    let is_join = |word: &str| word == "and" || bare(word).is_empty();
    while left.first().is_some_and(|word| is_join(word)) {
        left.remove(0);
    }
    left.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_has_the_outline_that_is_said_of_it() {
        let told = [
            ("on a round base", Some(Outline::Disk)),
            ("a dog on a square green stand", Some(Outline::Square)),
            ("on a Hexagonal, dark plinth.", Some(Outline::Hex)),
            ("on a base", None),
            ("a round robot that stands on a very flat green base", None),
            ("with a round shield", None),
        ];
        for (text, wanted) in told {
            assert_eq!(base(text).map(|base| base.outline), wanted, "{text}");
        }
        for (text, alone) in [("on a round base", true), ("on a round, green base", false)] {
            assert!(base(text).is_some_and(|base| base.alone == alone), "{text}");
        }
        assert!(is_followed("hexagonal", "on a hexagonal base"));
        assert!(
            !is_followed("hexagonal", "a hexagonal robot"),
            "the model has to know it"
        );
    }

    #[test]
    fn the_style_is_read_out_of_the_prompt_and_the_rest_stays() {
        let told = [
            ("as a chibi", ""),
            ("Chibi", ""),
            ("in chibi style", ""),
            ("chibi style, with a red hat", "with a red hat"),
            ("as a chibi knight", "as a knight"),
            ("a chibi knight with a sword", "a knight with a sword"),
            ("with a red hat, as a chibi", "with a red hat,"),
            ("as a chibi and with a red hat", "with a red hat"),
        ];
        for (text, left) in told {
            assert!(is_chibi(text), "{text}");
            assert_eq!(without_style(text), left, "{text}");
        }
        assert!(!is_chibi("with chibis"), "another word");
        assert_eq!(without_style("as a robot"), "as a robot");
    }
}
