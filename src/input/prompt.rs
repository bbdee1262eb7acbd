//! What a prompt leaves open.
//!
//! A model that is not told what somebody wears believes a little in every colour, and makes the mean of them: grey clay. So
//! where a person's clothes, or what is on the head, are not spoken of, they are drawn here, in words, by the seed.

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use crate::model::denoise;

/// Who has clothes and hair.
const PEOPLE: &str = "person man woman boy girl guy kid child hero lady gentleman wizard witch magician sorcerer mage king \
    queen prince princess chef cook baker knight soldier warrior guard viking archer hunter ranger pirate sailor farmer \
    teacher doctor nurse dancer worker elf dwarf";
/// What is somebody else, or says that something is not there.
const OTHERS: &str = "robot android dinosaur dragon bear cat dog animal monster creature astronaut suit without no not bald \
    naked";
/// What is on a head.
const HEAD: &str = "hair haired hat cap helmet hood crown beanie bandana horns ears blonde blond brunette ginger pigtails \
    ponytail bun afro mohawk curly curls wig antenna tails";
/// What is worn, and where.
const CLOTHES: &str = "shirt top jacket coat tunic sweater clothes robe gown dress cloak armour armor trousers pants jeans \
    shorts skirt uniform vest hoodie legs torso body dressed wearing";

/// What is on whose head, and what who wears: the first line that is about somebody counts, the last is about everybody.
const ON_HEADS: &[(&str, &str)] = &[
    (
        "wizard witch magician sorcerer mage",
        "with a BRIGHT wizard hat",
    ),
    ("knight soldier warrior guard viking", "with a grey helmet"),
    ("king queen prince princess", "with a gold crown"),
    ("chef cook baker", "with a white chef hat"),
    ("pirate", "with a black hat"),
    ("woman girl lady nurse dancer elf", "with long HAIR hair"),
    (PEOPLE, "with short HAIR hair"),
];
const WORN: &[(&str, &str)] = &[
    ("wizard magician sorcerer mage king", "in a BRIGHT robe"),
    ("witch queen princess lady", "in a BRIGHT dress"),
    ("knight", "in a grey top and dark grey trousers"),
    (PEOPLE, "in a BRIGHT top and DARK trousers"),
];
/// Of what colour that is.
const COLOURS: [(&str, &[&str]); 3] = [
    (
        "BRIGHT",
        &[
            "red", "blue", "green", "purple", "orange", "teal", "yellow", "pink",
        ],
    ),
    (
        "DARK",
        &["brown", "black", "dark blue", "dark green", "dark grey"],
    ),
    (
        "HAIR",
        &["brown", "black", "dark brown", "orange", "yellow"],
    ),
];

/// Words that go on a prompt in English for what it leaves open of a person; nothing where it speaks of all that, or of
/// somebody else. The same for the same words and seed.
pub fn open(text: &str, seed: u64) -> Option<String> {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphabetic()).collect();
    let says = |list: &str| list.split(' ').any(|word| words.contains(&word));
    if !says(PEOPLE) || says(OTHERS) {
        return None;
    }
    let usual =
        |lines: &[(&str, &'static str)]| lines.iter().find(|(who, _)| says(who)).map(|line| line.1);
    let head = usual(ON_HEADS).filter(|_| !says(HEAD));
    let worn = usual(WORN).filter(|_| !says(CLOTHES));
    let open: Vec<&str> = head.into_iter().chain(worn).collect();
    // So that with one seed not everybody wears the same.
    let told = denoise::seed(seed, words.iter().flat_map(|word| word.bytes()));
    let mut random = ChaCha12Rng::seed_from_u64(told);
    let filled = COLOURS.iter().fold(open.join(" "), |text, (of, colours)| {
        text.replace(of, colours[random.next_u32() as usize % colours.len()])
    });
    (!filled.is_empty()).then_some(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_left_open_of_a_person_is_filled_in() {
        let open = |text| open(text, 0);
        let all = open("A pirate!").expect("all of a pirate is open");
        assert!(all.contains("hat") && all.contains("trousers"), "{all}");
        let clothes = open("a boy with red hair").expect("no clothes are named");
        assert!(
            !clothes.contains("hair") && clothes.contains("top"),
            "{clothes}"
        );
        let head = open("a girl in a green dress").expect("no hair is named");
        assert!(head.contains("hair") && !head.contains(" in "), "{head}");
        for told in [
            "a girl with long hair in a green dress",
            "a bear",
            "a robot knight",
            "a man without a hat",
            "a red base",
            "",
        ] {
            assert_eq!(open(told), None, "{told:?} leaves nothing open");
        }
    }

    #[test]
    fn another_seed_fills_in_something_else() {
        let drawn: std::collections::HashSet<_> = (0..9).map(|seed| open("a man", seed)).collect();
        assert!(drawn.len() > 4, "{drawn:?}");
        assert_eq!(open("a man", 3), open("A man.", 3));
    }
}
