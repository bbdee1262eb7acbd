//! The parts that a figurine has room for, and all that is known of each.
//!
//! Weights name their slots in strings, and so do files. What a name means is said here and nowhere else: a part
//! whose name is no [`Slot`] (a published model's `part_01`) is a part of which nothing is known.

/// A named place for a part. Left and right are the figure's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Slot {
    /// What it stands on.
    Base,
    Legs,
    Torso,
    ArmLeft,
    ArmRight,
    Head,
    /// Hair, or a hat: whatever is on the head.
    Hair,
    /// What the left hand holds.
    ItemLeft,
    ItemRight,
    /// What is worn on the back: a cape, wings, a tail.
    Back,
    /// Letters on a plinth, which no model makes.
    Name,
}

impl Slot {
    /// All slots, first those of the figurine model in its order: the later owns what several claim.
    pub const ALL: [Self; 11] = [
        Self::Base,
        Self::Legs,
        Self::Torso,
        Self::ArmLeft,
        Self::ArmRight,
        Self::Head,
        Self::Hair,
        Self::ItemLeft,
        Self::ItemRight,
        Self::Back,
        Self::Name,
    ];

    /// As it is called in weights and files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Legs => "legs",
            Self::Torso => "torso",
            Self::ArmLeft => "arm_left",
            Self::ArmRight => "arm_right",
            Self::Head => "head",
            Self::Hair => "hair",
            Self::ItemLeft => "item_left",
            Self::ItemRight => "item_right",
            Self::Back => "back",
            Self::Name => "name",
        }
    }

    /// The slot of that name, if it is one, also in a figure of several.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|slot| slot.is(name))
    }

    /// The slot of a name in part maps, and in figurines whose legs were halved: there legs have sides.
    pub fn of_map(name: &str) -> Option<Self> {
        match name {
            "leg_left" | "leg_right" => Some(Self::Legs),
            name => Self::of(name),
        }
    }

    /// Whether a part of that name is in this slot, also in a figure of several.
    pub fn is(self, name: &str) -> bool {
        self.name() == in_figure(name).1
    }

    /// What bears it: where that is, there it is put.
    pub fn bearer(self) -> Option<Self> {
        match self {
            Self::Base => Some(Self::Legs),
            Self::Hair => Some(Self::Head),
            Self::Back => Some(Self::Torso),
            Self::ItemLeft => Some(Self::ArmLeft),
            Self::ItemRight => Some(Self::ArmRight),
            Self::Name => Some(Self::Base),
            Self::Legs | Self::Torso | Self::ArmLeft | Self::ArmRight | Self::Head => None,
        }
    }

    /// What it hangs on: the first of these that the figure has.
    pub fn neighbours(self) -> &'static [Self] {
        match self {
            Self::Base => &[Self::Legs, Self::Torso],
            Self::Torso => &[Self::Legs, Self::Head],
            Self::Hair => &[Self::Head, Self::Torso],
            Self::ItemLeft => &[Self::ArmLeft, Self::Torso],
            Self::ItemRight => &[Self::ArmRight, Self::Torso],
            Self::Name => &[Self::Base],
            Self::Legs | Self::Head | Self::ArmLeft | Self::ArmRight | Self::Back => &[Self::Torso],
        }
    }

    /// Whether it goes along when its neighbour is moved: an arm goes with the torso, but legs stay on the ground.
    pub fn follows(self) -> bool {
        !matches!(self, Self::Base | Self::Legs | Self::Torso)
    }

    /// The same on the other side of the figure.
    pub fn twin(self) -> Option<Self> {
        match self {
            Self::ArmLeft => Some(Self::ArmRight),
            Self::ArmRight => Some(Self::ArmLeft),
            Self::ItemLeft => Some(Self::ItemRight),
            Self::ItemRight => Some(Self::ItemLeft),
            _ => None,
        }
    }

    /// Whether it is like its mirror image, or its twin's: what is held or worn on the back need not be.
    pub fn is_symmetric(self) -> bool {
        !(self.is_held() || matches!(self, Self::Back | Self::Name))
    }

    /// Whether a hand holds it.
    pub fn is_held(self) -> bool {
        matches!(self, Self::ItemLeft | Self::ItemRight)
    }

    /// Whether a photo may move and stretch it: what is held or worn on the back is too often half hidden, and a
    /// base stays flat.
    pub fn is_movable(self) -> bool {
        !(self.is_held() || matches!(self, Self::Base | Self::Back | Self::Name))
    }

    /// Whether patterns go round it: stripes, a belt.
    pub fn has_patterns(self) -> bool {
        matches!(
            self,
            Self::Torso | Self::Legs | Self::ArmLeft | Self::ArmRight | Self::Hair
        )
    }

    /// How much deeper a part is than the model makes it, which makes small what it is unsure of: no outline of
    /// a front corrects that. About the medians over 64 figures on which nothing was trained: of these, volume
    /// IoU won on 41 and lost on 21; 1.16 was no better (`training/NOTEBOOK.md`, "Drawing a figure").
    pub fn depth(self) -> f32 {
        match self {
            Self::Torso | Self::Legs | Self::ArmLeft | Self::ArmRight => 1.12,
            Self::Head | Self::Hair => 1.05,
            Self::Base | Self::ItemLeft | Self::ItemRight | Self::Back | Self::Name => 1.0,
        }
    }

    /// How much finer than others its texture is, seen from the front or from another side: people look at faces.
    pub fn texture_density(self, front: bool) -> f32 {
        match self {
            Self::Head if front => 2.0,
            Self::Head | Self::Hair => 1.25,
            _ => 1.0,
        }
    }
}

/// The name of a part in one of several figures, which are counted from 1.
pub fn of_figure(number: usize, part: &str) -> String {
    format!("{FIGURE}{number}_{part}")
}

/// Of several figures the number of that which a part is in, and the part's name there.
pub fn in_figure(name: &str) -> (Option<usize>, &str) {
    let numbered = || {
        let (number, part) = name.strip_prefix(FIGURE)?.split_once('_')?;
        Some((Some(number.parse().ok()?), part))
    };
    numbered().unwrap_or((None, name))
}

const FIGURE: &str = "figure";

/// A side of the figure that a photo shows. Left and right are the figure's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    Front,
    Left,
    Right,
    Back,
}

impl Side {
    /// As weights and reports call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Front => "front",
            Self::Left => "left",
            Self::Right => "right",
            Self::Back => "back",
        }
    }

    /// From where such a photo is taken: radians around the figure, 0 in front of it.
    pub fn yaw(self) -> f32 {
        let degrees: f32 = match self {
            Self::Front => 0.0,
            Self::Left => -90.0,
            Self::Right => 90.0,
            Self::Back => 180.0,
        };
        degrees.to_radians()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_slot_is_found_by_its_name_and_no_other_name_is_one() {
        for slot in Slot::ALL {
            assert_eq!(Slot::of(slot.name()), Some(slot));
        }
        assert_eq!(Slot::of("part_01"), None);
        let head = of_figure(12, "arm_left");
        assert_eq!(in_figure(&head), (Some(12), "arm_left"));
        assert_eq!(Slot::of(&head), Some(Slot::ArmLeft));
        assert_eq!(in_figure("figure_head"), (None, "figure_head"));
    }

    #[test]
    fn a_twin_is_its_twins_twin_and_nothing_hangs_on_itself() {
        for slot in Slot::ALL {
            assert!(slot.twin().is_none_or(|twin| twin.twin() == Some(slot)));
            assert!(!slot.neighbours().contains(&slot) && slot.bearer() != Some(slot));
        }
    }

    #[test]
    fn bodies_are_made_deeper_than_heads_and_nothing_deeper_than_was_tried() {
        for slot in Slot::ALL {
            let tried = 1.0..1.16; // at 1.16 figures were no better than at 1.12
            assert!(tried.contains(&slot.depth()), "{slot:?}: {}", slot.depth());
            let twin = slot.twin().unwrap_or(slot);
            assert_eq!(slot.depth(), twin.depth(), "{slot:?} and {twin:?}");
        }
        assert!(Slot::Torso.depth() > Slot::Head.depth());
        assert!(Slot::Head.depth() > Slot::ItemLeft.depth());
    }

    #[test]
    fn the_front_of_a_head_has_the_finest_texture() {
        for slot in Slot::ALL {
            let (front, side) = (slot.texture_density(true), slot.texture_density(false));
            let wanted = match slot {
                Slot::Head => (2.0, 1.25),
                Slot::Hair => (1.25, 1.25),
                _ => (1.0, 1.0),
            };
            assert_eq!((front, side), wanted, "{}", slot.name());
        }
    }
}
