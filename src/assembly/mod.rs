//! Figures made of primitives: closed solids of a few numbers each, one after another, as the network of words tells them
//! ([`crate::model::networks::assembler`]). Each part of the figure is what its primitives fill together.
//!
//! The idea is that of Ye et al. 2025, "PrimitiveAnything: human-crafted 3D primitive assembly generation with
//! auto-regressive transformer"; the kinds of solids are those of `training/data/creatures/shapes.py`.

mod growing;
mod shapes;
mod solid;

use anyhow::{Result, ensure};

use crate::slots::Slot;
pub use growing::Growing;
pub use solid::Assembled;

/// Places of a tube, and rings of what is turned on a lathe.
pub const POINTS: usize = 4;
pub const RINGS: usize = 6;
/// Numbers of a primitive, at most.
pub const MOST: usize = Kind::Turned.numbers();

/// What a primitive is. Places are model units, sizes halves, rotations vectors of radians.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A superellipsoid: centre, rotation, logarithms of the radii, two exponents, and how much it narrows upwards.
    Lump,
    /// A path: its first place, steps to the [`POINTS`] - 1 others, logarithms of two radii at each, how far these are
    /// turned about the path, how square it is, and how round its two ends are.
    Tube,
    /// Stacked rings: the first centre, rotation, steps to the [`RINGS`] - 1 other centres; at each the logarithms of two
    /// radii and how far these lean upwards; and whether it has corners.
    Turned,
    /// A ring about its own y: centre, rotation, logarithms of its two radii, of its wire's, and of that one's height over
    /// its width.
    Hoop,
    /// A thin sheet: its middle, 3 x 3 places beside it, and the logarithm of its thickness.
    Sheet,
}

impl Kind {
    /// In the order of the weights; after these come a colour and the end.
    pub const ALL: [Self; 5] = [
        Self::Lump,
        Self::Tube,
        Self::Turned,
        Self::Hoop,
        Self::Sheet,
    ];

    /// How many numbers tell of one; the last says where between its beginning, 0, and its end, 1, its colours change.
    pub const fn numbers(self) -> usize {
        1 + match self {
            Self::Lump => 12,
            Self::Tube => 3 * POINTS + 2 * POINTS + 4,
            Self::Turned => 6 + 3 * (RINGS - 1) + 4 * RINGS + 1,
            Self::Hoop => 10,
            Self::Sheet => 31,
        }
    }
}

/// One solid of a figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Primitive {
    pub kind: Kind,
    /// Place of its part among those that the weights name.
    pub part: usize,
    /// Whether its mirror image is there, too, as the same part of the other side.
    pub mirrored: bool,
    /// [`Kind::numbers`] of them.
    pub numbers: Vec<f32>,
    /// At its beginning and at its end, sRGB, `0..=1`.
    pub colours: [[f32; 3]; 2],
}

impl Primitive {
    /// Its mirror image, left for right; the part stays.
    fn mirror(&self) -> Self {
        let mut numbers = self.numbers.clone();
        let flip = |of: &mut [f32]| of.iter_mut().step_by(3).for_each(|x| *x = -*x);
        match self.kind {
            Kind::Tube => {
                flip(&mut numbers[..3 * POINTS]);
                numbers[5 * POINTS] *= -1.0; // turned the other way
            }
            Kind::Sheet => flip(&mut numbers[..30]),
            Kind::Lump | Kind::Hoop | Kind::Turned => {
                numbers[0] *= -1.0;
                numbers[4] *= -1.0; // a rotation seen in a mirror
                numbers[5] *= -1.0;
            }
        }
        if self.kind == Kind::Turned {
            let rings = 6 + 3 * (RINGS - 1);
            flip(&mut numbers[6..rings]);
            let leans = numbers[rings..rings + 4 * RINGS].iter_mut().skip(2);
            leans.step_by(4).for_each(|lean| *lean = -*lean);
        }
        Self {
            numbers,
            ..self.clone()
        }
    }
}

/// The parts that primitives make, in the order of [`Slot::ALL`], each with what it is made of. `names` are those of the
/// weights, of which each leg may have its own.
///
/// # Errors
/// A primitive is not one: it has other numbers than its kind, or some that are not finite.
pub fn parts(primitives: &[Primitive], names: &[String]) -> Result<Vec<(String, Assembled)>> {
    let mut solids: Vec<(Slot, Vec<Primitive>)> = Slot::ALL.map(|slot| (slot, Vec::new())).into();
    for primitive in primitives {
        let mut numbers = (primitive.numbers.iter()).chain(primitive.colours.as_flattened());
        ensure!(
            primitive.numbers.len() == primitive.kind.numbers() && numbers.all(|x| x.is_finite()),
            "a primitive of the figure has numbers that make no sense"
        );
        let Some(slot) = names
            .get(primitive.part)
            .and_then(|name| Slot::of_map(name))
        else {
            continue;
        };
        let mut put = |slot: Slot, primitive: Primitive| {
            let part = solids.iter_mut().find(|(there, _)| *there == slot);
            if let Some((_, part)) = part {
                part.push(primitive);
            }
        };
        put(slot, primitive.clone());
        if primitive.mirrored {
            put(slot.twin().unwrap_or(slot), primitive.mirror());
        }
    }
    let there = solids.into_iter().filter(|(_, of)| !of.is_empty());
    let part = |(slot, of): (Slot, Vec<Primitive>)| (slot.name().to_owned(), Assembled::new(&of));
    Ok(there.map(part).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Field;

    #[test]
    fn no_kind_has_more_numbers_than_the_most() {
        assert!(Kind::ALL.iter().all(|kind| kind.numbers() <= MOST));
    }

    #[test]
    fn a_mirrored_primitive_is_in_the_part_of_the_other_side_and_both_legs_are_one_part()
    -> Result<()> {
        let names = ["arm_left", "leg_left", "head"].map(str::to_owned);
        let ball = |part, mirrored| {
            let mut numbers = vec![0.4, 0.0, 0.0, 0.0, 0.0, 0.0];
            numbers.extend([-2.0, -2.0, -2.0, 1.0, 1.0, 0.0, 0.5]);
            Primitive {
                kind: Kind::Lump,
                part,
                mirrored,
                numbers,
                colours: [[0.5; 3]; 2],
            }
        };
        let made = parts(&[ball(2, true), ball(1, true), ball(0, true)], &names)?;
        let told: Vec<&str> = made.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(told, ["legs", "arm_left", "arm_right", "head"]);
        let middle = |i: usize| {
            let (low, high) = made[i].1.bounds();
            (low + high).x / 2.0
        };
        assert!(
            middle(0).abs() < 1e-3 && middle(3).abs() < 1e-3,
            "both halves"
        );
        assert!(middle(1) > 0.3 && middle(2) < -0.3, "left is +x");
        let mut odd = ball(0, false);
        odd.numbers[0] = 1e30;
        let far = parts(&[odd.clone()], &names)?[0].1.bounds();
        assert!(far.1.max_element() < 2.0, "pressed flat: {far:?}");
        odd.numbers[4] = f32::NAN;
        assert!(parts(&[odd], &names).is_err(), "numbers that are none");
        Ok(())
    }
}
