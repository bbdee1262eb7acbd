//! What words call the parts, and so which of them a text is about.

use super::Slot;
use crate::base::text::among;

/// What words call the parts, and what is worn there or held.
const NAMES: [(Slot, &str); 7] = [
    (
        Slot::Hair,
        "hair haired hat cap helmet crown hood beanie beret turban fez tiara horns ears antlers halo wig headband \
         bandana pigtails ponytail bun afro mohawk curls sombrero bonnet bowler antenna flowers feathers",
    ),
    (
        Slot::Head,
        "head face beard glasses mask moustache mustache eyes nose goggles visor",
    ),
    (
        Slot::Back,
        "cape wings backpack rucksack cloak mantle tail quiver",
    ),
    (
        Slot::Torso,
        "shirt jacket coat tunic robe gown dress sweater armour armor suit vest blouse hoodie top torso body uniform \
         apron jumper t-shirt",
    ),
    (
        Slot::Legs,
        "trousers pants skirt jeans shorts leggings boots shoes socks legs sandals sneakers",
    ),
    (Slot::Base, "base stand plinth pedestal platform"),
    (
        Slot::ItemRight,
        "sword shield staff lantern book wand cup mug flower guitar axe hammer umbrella ball bow spear gun knife torch \
         dagger broom bag bottle flag trumpet scythe trident club mace balloon candle camera phone",
    ),
];
/// What stands before something that is to go.
const WITHOUT: &str = "without no remove minus";
/// What stands before something in a hand.
const HOLDING: &str = "holding holds carrying carries";
/// What ends what a word before it was about.
const JOINTS: &str = "and with but in on";

/// A part that words are about, and whether it is to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    pub slot: Slot,
    pub gone: bool,
}

/// The parts that a text names, each once, in its order.
pub fn named(text: &str) -> Vec<Named> {
    let lower = text.to_lowercase();
    let left = lower.contains("left hand") || lower.contains("in the left");
    let (mut out, mut gone, mut held) = (Vec::<Named>::new(), false, false);
    for piece in lower.split_inclusive([' ', ',', ';']) {
        let word = piece.trim_matches(|c: char| !c.is_alphanumeric());
        if among(word, JOINTS) {
            (gone, held) = (false, false);
        }
        gone |= among(word, WITHOUT);
        held |= among(word, HOLDING);
        let slot = NAMES.iter().find(|(_, names)| among(word, names));
        let slot = match slot {
            _ if among(word, HOLDING) => Some(Slot::ItemRight),
            // A crown that is held is no hat.
            Some(_) if held => Some(Slot::ItemRight),
            other => other.map(|(slot, _)| *slot),
        };
        let slot = slot.map(|slot| match slot {
            Slot::ItemRight if left => Slot::ItemLeft,
            other => other,
        });
        if let Some(slot) = slot
            && !out.iter().any(|named| named.slot == slot)
        {
            out.push(Named { slot, gone });
        }
        if piece.ends_with([',', ';']) {
            (gone, held) = (false, false);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_name_parts_and_say_which_are_to_go() {
        let told: [(&str, &[(Slot, bool)]); 8] = [
            ("with a red hat", &[(Slot::Hair, false)]),
            ("On a green base.", &[(Slot::Base, false)]),
            ("without the sword", &[(Slot::ItemRight, true)]),
            (
                "holding a lantern in the left hand",
                &[(Slot::ItemLeft, false)],
            ),
            ("holding a crown", &[(Slot::ItemRight, false)]),
            (
                "no beard, with a blue shirt and wings",
                &[
                    (Slot::Head, true),
                    (Slot::Torso, false),
                    (Slot::Back, false),
                ],
            ),
            (
                "without a hat and with black boots",
                &[(Slot::Hair, true), (Slot::Legs, false)],
            ),
            ("a happy knight", &[]),
        ];
        for (text, wanted) in told {
            let found: Vec<_> = named(text).iter().map(|n| (n.slot, n.gone)).collect();
            assert_eq!(found, wanted, "{text}");
        }
    }
}
