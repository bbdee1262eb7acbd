//! What a prompt leaves open.
//!
//! A model that is not told what colour something has believes a little in every one, and makes the mean of them: grey clay.
//! So where a person's clothes, or what is on the head, or what colour an animal or a robot has, are not spoken of, they are drawn
//! here, in words, by the seed.

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use crate::base::seed;
use crate::base::text::among;

/// Says that something is not there, or what these tables do not know.
const DENIED: &str = "without no not bald naked space";
/// Who has a colour rather than clothes, and what it is called with one: the first line that is about somebody counts.
const BODIES: &[(&str, &str)] = &[
    ("astronaut spaceman cosmonaut", "white with a visor"),
    ("robot android droid machine", "a METAL robot"),
    ("rabbit bunny hare", "a FUR rabbit"),
    ("cat kitten kitty", "a FUR cat with cat ears and a tail"),
    ("dog puppy", "a FUR dog"),
    ("bear", "a brown bear"),
    ("lion tiger", "an orange lion"),
    ("wolf", "a grey wolf"),
    ("elephant", "a grey elephant"),
    ("pig", "a pink pig"),
    ("horse pony donkey", "a brown horse"),
    ("bird owl", "a brown bird"),
    ("dragon", "a SCALES dragon with wings"),
    ("dinosaur lizard reptile", "a SCALES dinosaur"),
    ("monster creature blob alien", "a SCALES monster"),
    ("mushroom toadstool", "with a red mushroom cap"),
];
/// Who has clothes and hair.
const PEOPLE: &str = "person man woman boy girl guy kid child hero superhero lady gentleman wizard witch magician sorcerer mage \
    king queen prince princess chef cook baker knight soldier warrior guard viking archer hunter ranger pirate sailor farmer \
    teacher doctor nurse dancer worker elf dwarf gnome mother mom father dad sister brother grandmother grandma grandfather \
    grandpa ninja samurai cowboy clown firefighter fireman policeman policewoman police builder engineer scientist student \
    player athlete skater singer gardener waiter waitress pilot captain detective";
/// What is on a head.
const HEAD: &str = "hair haired hat cap helmet hood crown beanie bandana horns ears blonde blond brunette ginger pigtails \
    ponytail bun afro mohawk curly curls wig antenna tails";
/// What is worn, and where.
const CLOTHES: &str = "shirt top jacket coat tunic sweater clothes robe gown dress cloak armour armor trousers pants jeans \
    shorts skirt uniform vest hoodie suit legs torso body dressed wearing";
/// How hair is worn.
const STYLES: &str = "short long bob bun ponytail pigtails twin afro mohawk curly spiky quiff";
/// Colours, as people call them.
const HUES: &str = "red orange yellow green blue navy purple violet pink rose brown tan beige black dark grey gray silver white \
    gold golden teal turquoise cream ivory maroon olive lime mint salmon coral magenta lavender lilac indigo rust copper khaki \
    peach slate plum scarlet crimson azure blond blonde ginger auburn";

const WOMEN: &str =
    "woman girl lady nurse dancer elf mother mom sister waitress policewoman witch queen princess";
/// What is on whose head, and what who wears: the first line that is about somebody counts, the last is about everybody.
const ON_HEADS: &[(&str, &str)] = &[
    (
        "wizard witch magician sorcerer mage gnome",
        "with a BRIGHT wizard hat",
    ),
    (
        "knight soldier warrior guard viking samurai",
        "with a grey helmet",
    ),
    ("king queen prince princess", "with a gold crown"),
    ("chef cook baker", "with a white chef hat"),
    ("pirate", "with a black hat"),
    ("cowboy farmer gardener", "with a brown wide hat"),
    ("firefighter fireman", "with a red helmet"),
    ("builder engineer", "with a yellow helmet"),
    (
        "policeman policewoman police pilot captain",
        "with a dark blue cap",
    ),
    ("ninja", "with a black hood"),
    ("clown", "with an orange afro"),
    ("grandmother grandma", "with a grey bun"),
    ("grandfather grandpa", "with short white hair"),
    (WOMEN, "with long HAIR hair"),
    (PEOPLE, "with short HAIR hair"),
];
const WORN: &[(&str, &str)] = &[
    ("wizard magician sorcerer mage king", "in a BRIGHT robe"),
    ("witch queen princess lady", "in a BRIGHT dress"),
    ("knight", "in a grey top and dark grey trousers"),
    ("firefighter fireman", "in a red top and black trousers"),
    ("ninja", "in a black top and black trousers"),
    (
        "policeman policewoman police pilot",
        "in a blue top and dark blue trousers",
    ),
    (
        "doctor nurse scientist chef cook baker",
        "in a white coat and DARK trousers",
    ),
    (
        "hero superhero",
        "in a DARK top and DARK trousers with a BRIGHT cape",
    ),
    ("clown", "in a yellow top and red trousers"),
    (PEOPLE, "in a BRIGHT top and DARK trousers"),
];
/// What is held, and of what colour it is. What comes later goes to the left hand.
const HELD: &[(&str, &str)] = &[
    ("sword blade dagger axe hammer", "light grey"),
    ("spear staff wand", "brown"),
    ("gun pistol", "dark grey"),
    ("book ball flower flag", "BRIGHT"),
    ("mug cup", "white"),
    ("lantern", "yellow"),
    ("shield", "BRIGHT"),
];
/// What else can have a colour that is not its bearer's, beside what is held and what is on a head.
const OWN_COLOUR: &str = "base stand plinth pedestal platform cape cloak mantle backpack bag wings tail legs arms head eyes";
/// Says who holds what where.
const HANDS: &str = "left right both each two hands";
/// Of what colour that is.
const COLOURS: [(&str, &[&str]); 6] = [
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
    ("FUR", &["brown", "grey", "white", "black", "orange", "tan"]),
    (
        "METAL",
        &["blue", "teal", "light grey", "red", "orange", "white"],
    ),
    (
        "SCALES",
        &["green", "red", "purple", "blue", "teal", "orange"],
    ),
];

/// Phrases that go on a prompt in English for what it leaves open, the most needed first; none where it speaks of all that, or
/// of nobody that is known here. The same for the same words and seed.
pub fn open(text: &str, seed: u64) -> Vec<String> {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphabetic()).collect();
    let says = |list: &str| list.split(' ').any(|word| words.contains(&word));
    let usual = |lines: &[(&str, &str)]| {
        let line = lines.iter().find(|(who, _)| says(who));
        line.map(|line| line.1.to_owned())
    };
    if says(DENIED) {
        return Vec::new();
    }
    let held = held(&words).filter(|_| !says(HANDS));
    let body = usual(BODIES);
    let (first, second) = if body.is_some() {
        (body.filter(|_| !coloured(&words)), None)
    } else if says(PEOPLE) {
        let head = match says(HEAD) {
            true => styled(&words, says(WOMEN)).filter(|_| !says(STYLES)),
            false => usual(ON_HEADS),
        };
        (head, usual(WORN).filter(|_| !says(CLOTHES)))
    } else {
        (None, None)
    };
    // So that with one seed not everybody wears the same.
    let seed = seed::seed(seed, words.iter().flat_map(|word| word.bytes()));
    let mut random = ChaCha12Rng::seed_from_u64(seed);
    let drawn =
        COLOURS.map(|(of, colours)| (of, colours[random.next_u32() as usize % colours.len()]));
    let fill =
        |text: String| (drawn.iter()).fold(text, |text, (of, colour)| text.replace(of, colour));
    [held, first, second]
        .into_iter()
        .flatten()
        .map(fill)
        .collect()
}

/// Whether a word is a colour's.
fn hue(word: &str) -> bool {
    among(word, HUES)
}

/// Whether a colour is named that is not only of something held or worn.
fn coloured(words: &[&str]) -> bool {
    let own = |word: &str| {
        let lists = HELD.iter().map(|held| held.0).chain([HEAD, OWN_COLOUR]);
        lists.flat_map(|list| list.split(' ')).any(|of| of == word)
    };
    let next = words.iter().skip(1).chain([&""]);
    (words.iter().zip(next)).any(|(word, next)| hue(word) && !hue(next) && !own(next))
}

/// What is held, where nobody said its colour: the first thing in the right hand, which goes without saying.
fn held(words: &[&str]) -> Option<String> {
    let named = |of: &str| {
        let mut pairs = words.windows(2);
        let item = |pair: &[&str]| !hue(pair[0]) && of.split(' ').any(|item| item == pair[1]);
        pairs.find(|pair| item(pair)).map(|pair| pair[1].to_owned())
    };
    let mut held = HELD
        .iter()
        .filter_map(|(of, colour)| Some((named(of)?, colour)));
    let (first, colour) = held.next()?;
    Some(match held.next() {
        None => format!("with a {colour} {first}"),
        Some((second, other)) => format!(
            "with a {colour} {first} in the right hand and a {other} {second} in the left hand"
        ),
    })
}

/// Hair of which a colour is all that is told, in the style that is usual: of no style the model makes tufts.
fn styled(words: &[&str], woman: bool) -> Option<String> {
    let hair = words.windows(2).find(|pair| pair[1].starts_with("hair"))?;
    let style = if woman { "long" } else { "short" };
    hue(hair[0]).then(|| format!("with {style} {} hair", hair[0]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_left_open_is_filled_in() {
        let open = |text| open(text, 0).join(" ");
        let all = open("A pirate!");
        assert!(all.contains("hat") && all.contains("trousers"), "{all}");
        let clothes = open("a boy with short red hair");
        assert!(
            !clothes.contains("hair") && clothes.contains("top"),
            "{clothes}"
        );
        let style = open("a red-haired boy");
        assert!(style.starts_with("with short red hair in"), "{style}");
        let head = open("a girl in a green dress");
        assert!(head.contains("hair") && !head.contains(" in "), "{head}");
        assert_eq!(open("a bear"), "a brown bear");
        let armed = open("a bear with a shield and a sword");
        assert!(
            armed.starts_with("with a light grey sword in the right hand and a "),
            "{armed}"
        );
        let bear = open("a bear with an orange cap on a dark grey base");
        assert_eq!(bear, "a brown bear");
        let robot = open("a robot knight");
        assert!(robot.ends_with(" robot"), "a robot wears nothing: {robot}");
        for text in [
            "a girl with long hair in a green dress",
            "a brown bear",
            "a robot knight in gold",
            "a man without a hat",
            "an orange fox with a red ball",
            "a fox with a ball in the left hand",
            "a red base",
            "",
        ] {
            assert_eq!(open(text), "", "{text:?} leaves nothing open");
        }
    }

    #[test]
    fn another_seed_fills_in_something_else() {
        let drawn: std::collections::HashSet<_> = (0..9).map(|seed| open("a man", seed)).collect();
        assert!(drawn.len() > 4, "{drawn:?}");
        assert_eq!(open("a man", 3), open("A man.", 3));
    }
}
