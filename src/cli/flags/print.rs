//! The flags of the main job for who prints, and collects.

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};

use super::{explosion, metres, wall};
use crate::figure::print::{Base, Outline, Size, filaments};

/// What the figurine stands on, and how large it is.
#[derive(Clone, Debug, Args)]
pub struct Print {
    /// Its size as miniatures are measured
    ///
    /// 28mm and 32mm are from the soles to the eyes, which are half way up the head (the part without hair and hats); 75mm is the
    /// height of the whole, as with --height 75mm.
    #[arg(long, value_enum, conflicts_with = "height")]
    pub scale: Option<Scale>,

    /// What it stands on, instead of the model's own base
    ///
    /// The feet are set into a plinth by a quarter of its height, which is about an eighth of its width.
    #[arg(long, value_enum)]
    pub base: Option<Base>,

    /// How wide the plinth is, between opposite sides at its bottom
    ///
    /// [default: 25mm at a scale of 28mm, 32mm at 32mm, else half the height; wider where the feet need it]
    #[arg(long, value_name = "SIZE", value_parser = metres)]
    pub base_diameter: Option<f32>,

    /// Letters on the front of its plinth, as "ANNA"
    ///
    /// A part of their own, name, raised, and as large as there is room; a plinth for them is a third higher. Without --base it
    /// is a disk. Latin letters with their accents, digits, punctuation and ♥; strokes are at least 0.45 mm wide, so that
    /// they print, and a name that is too long for that is refused.
    #[arg(long, value_name = "TEXT")]
    pub name: Option<String>,

    /// A peg and a socket between parts, to print them apart and put them together
    ///
    /// Between head and torso, arms and torso, items and hands, sized to the joint. The part that has the peg is the smaller one. It
    /// says where a joint is too thin.
    #[arg(long, conflicts_with = "solid")]
    pub pegs: bool,

    /// The gap between a peg and the wall of its socket, on every side
    #[arg(long, value_name = "SIZE", default_value = "0.2mm", value_parser = wall, requires = "pegs")]
    pub clearance: f32,

    /// Thicken walls that are thinner than this, as 0.8mm
    ///
    /// At the size that the figurine is printed in. What is thin only because another part covers or fills it may stay so.
    #[arg(long, value_name = "SIZE", value_parser = wall)]
    pub min_wall: Option<f32>,

    /// Hollow but for walls so thick, as 2mm, with holes below to drain it
    ///
    /// For resin. Walls are so thick at the size that the figurine is printed in; one or two holes are where it stands, where
    /// it is thick enough for them. A plinth stays solid, and so does what could not be drained: that is told. It is one mesh, as
    /// with --solid, and has no letters.
    #[arg(long, value_name = "SIZE", value_parser = wall)]
    pub hollow: Option<f32>,

    /// Laid on the plate so that the least has to be held up
    ///
    /// Of all ways in which it rests by itself, that with the fewest supports below what hangs over more than 45 degrees, and
    /// none at its face. It says how it lies, and what is to be held up still. Its size is as if it stood.
    #[arg(long)]
    pub orient: bool,

    /// Parts pushed apart by this share of the height, as 0.1, each in its size
    #[arg(long, value_name = "SHARE", default_value = "0", value_parser = explosion, conflicts_with = "solid",
          hide_default_value = true)]
    pub explode: f32,

    /// Painted for a printer with this many filaments, in a .3mf
    ///
    /// 2 to 15. PrusaSlicer, Bambu Studio and OrcaSlicer print each triangle with its filament, and ignore the file's other
    /// colours. The best few are found, the first is the one that covers most; it says which filament is which colour.
    /// --solid keeps the figurine in one piece where a slicer would part it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(2..=filaments::MOST as i64))]
    pub filaments: Option<u8>,
}

/// See [`Print::scale`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Scale {
    #[value(name = "28mm")]
    Mm28,
    #[value(name = "32mm")]
    Mm32,
    #[value(name = "75mm")]
    Mm75,
}

impl Scale {
    /// What it measures, metres.
    pub fn size(self) -> Size {
        match self {
            Self::Mm28 => Size::Eyes(0.028),
            Self::Mm32 => Size::Eyes(0.032),
            Self::Mm75 => Size::Height(0.075),
        }
    }
}

/// A word for what it stands on. `--base-diameter` is a flag of its own: every plinth is as wide as usual here.
impl ValueEnum for Base {
    fn value_variants<'a>() -> &'a [Self] {
        &[
            Self::Plinth(Outline::Disk, None),
            Self::Plinth(Outline::Square, None),
            Self::Plinth(Outline::Hex, None),
            Self::Nothing,
        ]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::Plinth(Outline::Disk, _) => PossibleValue::new("disk"),
            Self::Plinth(Outline::Square, _) => PossibleValue::new("square"),
            Self::Plinth(Outline::Hex, _) => PossibleValue::new("hex"),
            Self::Nothing => PossibleValue::new("none").help("It stands on its feet"),
        })
    }
}
