//! What a part seems to be made of, guessed from the colours that the photo gave it: how rough it is, and how much of
//! it is metal, for programs that light a figurine.
//!
//! A guess, and a careful one: a photo's shadows and its lights are in the colours already, so that no number here is
//! far from that of a plain part, and what is wrong does not show much. Which part was taken for what is told in the
//! report.

use serde::Serialize;

use crate::base::colour::{Lab, lab};
use crate::geometry::Mesh;
use crate::slots::Slot;

/// What a part seems to be made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// Grey, with dark and bright close to each other: armour, a blade, a machine.
    Metal,
    /// The hues of people, on what people have bare.
    Skin,
    /// Hair, and what is worn on the head.
    Hair,
    /// All else that a figure wears.
    Cloth,
    /// Nothing tells.
    Plain,
}

impl Finish {
    /// Of a part of that name, by the colours of its vertices.
    pub fn of(name: &str, mesh: &Mesh) -> Self {
        let worn = match Slot::of_map(name) {
            Some(Slot::Hair) => return Self::Hair,
            None | Some(Slot::Base | Slot::Name) => return Self::Plain,
            Some(Slot::ItemLeft | Slot::ItemRight) => Self::Plain,
            Some(Slot::Head) => Self::Skin,
            Some(Slot::Legs | Slot::Torso | Slot::ArmLeft | Slot::ArmRight | Slot::Back) => {
                Self::Cloth
            }
        };
        let tones = Tones::of(mesh);
        match () {
            () if tones.is_metal() => Self::Metal,
            () if worn == Self::Plain => Self::Plain,
            () if tones.skin > MOST => Self::Skin,
            () if worn == Self::Skin => Self::Plain, // a head of another colour: a helmet, an animal
            () => worn,
        }
    }

    /// How rough, `0..=1`, as glTF and USD have it.
    pub fn roughness(self) -> f32 {
        match self {
            Self::Metal => 0.45,
            Self::Skin => 0.6,
            Self::Hair => 0.7,
            Self::Cloth => 0.9,
            Self::Plain => 0.8,
        }
    }

    /// How much of it is metal, `0..=1`: never all, for metal is black where there is nothing for it to mirror.
    pub fn metallic(self) -> f32 {
        match self {
            Self::Metal => 0.4,
            _ => 0.0,
        }
    }
}

/// More than this share of a part's surface says what it is.
const MOST: f32 = 0.6;
/// Less colourful than this, in Lab, is grey.
const GREY: f32 = 12.0;
/// Metal is grey over this share of it, so bright in its middle, and its brightest and darkest twentieths and quarters
/// are so far apart, in L.
const METAL_GREY: f32 = 0.65;
const METAL_MIDDLE: std::ops::RangeInclusive<f32> = 38.0..=70.0;
const METAL_SPREAD: f32 = 50.0;
const METAL_QUARTERS: f32 = 22.0;
/// Skin of all tones: hue in degrees, colourfulness, and the least brightness.
const SKIN_HUE: std::ops::RangeInclusive<f32> = 25.0..=80.0;
const SKIN_CHROMA: std::ops::RangeInclusive<f32> = 12.0..=48.0;
const SKIN_LEAST: f32 = 35.0;

/// What the colours of a part's surface have in common.
struct Tones {
    /// Shares of the surface that are grey, and of the hues of skin.
    grey: f32,
    skin: f32,
    /// The brightness that a twentieth, a quarter, half, three quarters and all but a twentieth of it are below.
    steps: [f32; 5],
}

impl Tones {
    fn of(mesh: &Mesh) -> Self {
        let mut seen = weighed(mesh);
        let all = seen
            .iter()
            .map(|(_, area)| area)
            .sum::<f32>()
            .max(f32::MIN_POSITIVE);
        let share = |of: &dyn Fn(&Lab) -> bool| {
            let found = seen.iter().filter(|(colour, _)| of(colour));
            found.map(|(_, area)| area).sum::<f32>() / all
        };
        let (grey, skin) = (share(&|colour| chroma(colour) < GREY), share(&is_skin));
        seen.sort_by(|(a, _), (b, _)| a[0].total_cmp(&b[0]));
        let steps = [0.05, 0.25, 0.5, 0.75, 0.95].map(|below| {
            let mut sum = 0.0;
            let at = seen.iter().find(|(_, area)| {
                sum += area;
                sum >= below * all
            });
            at.or(seen.last()).map_or(0.0, |(colour, _)| colour[0])
        });
        Self { grey, skin, steps }
    }

    fn is_metal(&self) -> bool {
        let [dark, quarter, middle, three, bright] = self.steps;
        self.grey > METAL_GREY
            && METAL_MIDDLE.contains(&middle)
            && bright - dark > METAL_SPREAD
            && three - quarter > METAL_QUARTERS
    }
}

/// The colour of each triangle, and its area.
fn weighed(mesh: &Mesh) -> Vec<(Lab, f32)> {
    let of = |t: &[u32; 3]| {
        let [a, b, c] = t.map(|v| mesh.positions[v as usize]);
        let corners = t.map(|v| glam::Vec3::from(mesh.colours[v as usize]));
        let mean = corners.iter().sum::<glam::Vec3>() / 3.0;
        let pixel = mean
            .to_array()
            .map(|c| (c.clamp(0.0, 1.0) * 255.0).round() as u8);
        (lab(pixel), (b - a).cross(c - a).length() / 2.0)
    };
    mesh.triangles.iter().map(of).collect()
}

fn chroma(&[_, a, b]: &Lab) -> f32 {
    a.hypot(b)
}

fn is_skin(colour: &Lab) -> bool {
    let hue = colour[2].atan2(colour[1]).to_degrees();
    SKIN_HUE.contains(&hue) && SKIN_CHROMA.contains(&chroma(colour)) && colour[0] > SKIN_LEAST
}

#[cfg(test)]
mod tests {
    use glam::Vec3;

    use super::*;

    /// Triangles alike in size, of these colours in equal shares.
    fn painted(colours: &[[u8; 3]]) -> Mesh {
        let mut mesh = Mesh::default();
        for colour in colours {
            let first = mesh.positions.len() as u32;
            mesh.positions.extend([Vec3::ZERO, Vec3::X, Vec3::Y]);
            mesh.colours
                .extend([colour.map(|c| f32::from(c) / 255.0); 3]);
            mesh.triangles.push([first, first + 1, first + 2]);
        }
        mesh
    }

    #[test]
    fn a_part_s_colours_and_name_tell_what_it_may_be_of() {
        let steel = [[30; 3], [70; 3], [120; 3], [150; 3], [180; 3], [235; 3]];
        let face = [
            [224, 172, 138],
            [198, 141, 106],
            [240, 200, 170],
            [60, 40, 30],
        ];
        let jeans = [[40, 50, 90], [50, 60, 105], [60, 72, 120]];
        let shirt = [[200; 3], [215; 3], [225; 3]];
        for (name, colours, wanted) in [
            ("item_right", &steel[..], Finish::Metal),
            ("torso", &steel, Finish::Metal),
            ("figure2_torso", &steel, Finish::Metal),
            ("hair", &steel, Finish::Hair),
            ("base", &steel, Finish::Plain),
            ("head", &face, Finish::Skin),
            ("arm_left", &face, Finish::Skin),
            ("item_left", &face, Finish::Plain),
            ("head", &jeans, Finish::Plain),
            ("leg_left", &jeans, Finish::Cloth),
            ("torso", &shirt, Finish::Cloth),
            ("part_01", &face, Finish::Plain),
        ] {
            assert_eq!(
                Finish::of(name, &painted(colours)),
                wanted,
                "{name} of {colours:?}"
            );
        }
    }

    #[test]
    fn a_part_without_colours_is_what_its_name_says() {
        assert_eq!(Finish::of("torso", &painted(&[])), Finish::Cloth);
    }
}
