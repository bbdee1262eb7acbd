//! A figurine in as many colours as a printer has filaments, and how slicers are told which triangle has which.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use glam::Vec2;
use image::{Rgb, RgbImage};
use serde::{Serialize, Serializer};

use crate::base::colour::{Lab, distance_squared, lab, linear, rgb, srgb};
use crate::geometry::{Figurine, Mesh, Texture};
use crate::surface::union;

/// The most that all slicers read: PrusaSlicer before 2.9.6 knows no 16th.
pub const MOST: usize = 15;

/// Edge of the cubes of Lab whose colours count as one while the best few are looked for: below twice
/// what is just noticeable, far finer than filaments are.
const CELL: f32 = 4.0;
/// A picture of all colours has so many in a row, each so many pixels wide.
const ROW: usize = 4;
const CELL_OF_PICTURE: usize = 8;
/// It settles in about twenty.
const ROUNDS: usize = 100;

/// The best few colours for a figurine, and where they go.
#[derive(Clone, Debug, PartialEq)]
pub struct Filaments {
    /// The one that covers most comes first.
    pub colours: Vec<Filament>,
    /// By part and triangle, which of them.
    pub(crate) paint: Vec<Vec<u8>>,
}

/// One colour of [`Filaments`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Filament {
    /// sRGB.
    #[serde(serialize_with = "hex")]
    pub colour: [u8; 3],
    /// How much of what one sees it covers, `0..=1`.
    pub share: f32,
}

impl fmt::Display for Filament {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (colour, share) = (name(self.colour), 100.0 * self.share);
        match share < 1.0 {
            true => write!(f, "{colour} {share:.1} %"),
            false => write!(f, "{colour} {share:.0} %"),
        }
    }
}

impl fmt::Display for Filaments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, filament) in self.colours.iter().enumerate() {
            let comma = if i > 0 { ", " } else { "" };
            write!(f, "{comma}{} {filament}", i + 1)?;
        }
        Ok(())
    }
}

impl Filaments {
    /// At most `count` colours, from 1 to 15 ([`MOST`]); fewer where the figurine has no more. The same
    /// figurine always gets the same.
    pub fn of(figurine: &Figurine, count: usize) -> Self {
        let meshes = || figurine.parts.iter().map(|part| &part.mesh);
        let colours: Vec<Vec<[u8; 3]>> = meshes().map(colours).collect();
        let areas: Vec<Vec<f64>> = (meshes().zip(union::between_parts(figurine)))
            .map(|(mesh, hidden)| areas(mesh, &hidden))
            .collect();
        let mut seen = BTreeMap::new();
        for (colour, area) in colours.iter().flatten().zip(areas.iter().flatten()) {
            if *area > 0.0 {
                *seen.entry(*colour).or_insert(0.0) += area;
            }
        }
        let palette = palette(&seen, count.clamp(1, MOST));
        let centres: Vec<Lab> = palette.iter().map(|colour| lab(*colour)).collect();
        let mut known = BTreeMap::new();
        let mut number = |colour: &[u8; 3]| -> u8 {
            let nearest = || nearest(lab(*colour), &centres) as u8;
            *known.entry(*colour).or_insert_with(nearest)
        };
        let paint = (colours.iter())
            .map(|part| part.iter().map(&mut number).collect())
            .collect();
        Self::ordered(&palette, paint, &areas)
    }

    /// This very figurine as it is printed with them: each triangle in the one colour that it gets.
    pub fn shown(&self, figurine: &Figurine) -> Figurine {
        let place = |k: usize| (k % ROW, k / ROW);
        let colour = |k: usize| {
            self.colours
                .get(k)
                .map_or([0; 3], |filament| filament.colour)
        };
        let side = (ROW * CELL_OF_PICTURE) as u32;
        let picture = RgbImage::from_fn(side, side, |x, y| {
            let (x, y) = (x as usize / CELL_OF_PICTURE, y as usize / CELL_OF_PICTURE);
            Rgb(colour(y * ROW + x))
        });
        let corners = |&k: &u8| {
            let (x, y) = place(usize::from(k));
            [(Vec2::new(x as f32, y as f32) + 0.5) / ROW as f32; 3]
        };
        let corners = |part: &Vec<u8>| part.iter().map(corners).collect();
        Figurine {
            parts: figurine.parts.clone(),
            texture: Some(Texture {
                picture: Arc::new(picture),
                corners: self.paint.iter().map(corners).collect(),
            }),
        }
    }

    /// With the largest first, and without those that no triangle has.
    fn ordered(palette: &[[u8; 3]], mut paint: Vec<Vec<u8>>, areas: &[Vec<f64>]) -> Self {
        let mut covered = vec![0.0; palette.len()];
        let mut used = vec![false; palette.len()];
        for (&k, area) in paint.iter().flatten().zip(areas.iter().flatten()) {
            covered[usize::from(k)] += area;
            used[usize::from(k)] = true;
        }
        let mut order: Vec<usize> = (0..palette.len()).filter(|&k| used[k]).collect();
        order.sort_by(|&a, &b| covered[b].total_cmp(&covered[a]));
        let whole: f64 = covered.iter().sum::<f64>().max(f64::MIN_POSITIVE);
        let mut places = vec![0; palette.len()];
        for (place, &k) in order.iter().enumerate() {
            places[k] = place as u8;
        }
        for k in paint.iter_mut().flatten() {
            *k = places[usize::from(*k)];
        }
        let filament = |k: usize| Filament {
            colour: palette[k],
            share: (covered[k] / whole) as f32,
        };
        Self {
            colours: order.into_iter().map(filament).collect(),
            paint,
        }
    }
}

/// What slicers read of a triangle that is all of one filament, counted from 0: a tree of split
/// triangles that is a single leaf. Its nibbles are written last first. The lowest two bits of the first
/// are 0 (not split), the others the filament from 1, or 3 if the next nibble has the rest.
pub(crate) fn code(filament: u8) -> String {
    match filament {
        0 | 1 => format!("{:X}", (filament + 1) << 2),
        more => format!("{:X}C", more - 2),
    }
}

/// Every triangle's colour: that of the light which its corners give together.
fn colours(mesh: &Mesh) -> Vec<[u8; 3]> {
    let channel = |t: &[u32; 3], k: usize| {
        let light = |&v: &u32| linear(mesh.colours[v as usize][k].clamp(0.0, 1.0));
        let mean = t.iter().map(light).sum::<f32>() / 3.0;
        (srgb(mean) * 255.0).round() as u8
    };
    let colour = |t| std::array::from_fn(|k| channel(t, k));
    mesh.triangles.iter().map(colour).collect()
}

/// Every triangle's area; none where another part covers it.
fn areas(mesh: &Mesh, hidden: &[bool]) -> Vec<f64> {
    let area = |(t, &hidden): (&[u32; 3], &bool)| {
        let [a, b, c] = t.map(|v| mesh.positions[v as usize]);
        match hidden {
            true => 0.0,
            false => f64::from((b - a).cross(c - a).length()) / 2.0,
        }
    };
    mesh.triangles.iter().zip(hidden).map(area).collect()
}

/// A colour, and how much there is of it.
struct Spot {
    at: Lab,
    area: f64,
}

/// The colours that together are nearest to those seen: k-means in Lab.
fn palette(seen: &BTreeMap<[u8; 3], f64>, count: usize) -> Vec<[u8; 3]> {
    if seen.len() <= count {
        return seen.keys().copied().collect();
    }
    let spots = spots(seen);
    let mut centres = starts(&spots, count);
    for _ in 0..ROUNDS {
        let moved = means(&spots, &centres);
        let settled = moved == centres;
        centres = moved;
        if settled {
            break;
        }
    }
    centres.into_iter().map(rgb).collect()
}

/// The colours seen, those of a cube as one.
fn spots(seen: &BTreeMap<[u8; 3], f64>) -> Vec<Spot> {
    let mut cells: BTreeMap<[i32; 3], (f64, [f64; 3])> = BTreeMap::new();
    for (colour, area) in seen {
        let at = lab(*colour);
        let (sum, middle) = (cells.entry(at.map(|v| (v / CELL).floor() as i32))).or_default();
        *sum += area;
        (0..3).for_each(|k| middle[k] += area * f64::from(at[k]));
    }
    let spot = |(area, middle): (f64, [f64; 3])| Spot {
        at: middle.map(|v| (v / area) as f32),
        area,
    };
    cells.into_values().map(spot).collect()
}

/// One after the other, the colour that takes most off the distances that are left. The farthest one
/// instead would be a speck that nobody misses.
fn starts(spots: &[Spot], count: usize) -> Vec<Lab> {
    let mut centres: Vec<Lab> = Vec::new();
    let mut left = vec![f32::from(u16::MAX); spots.len()]; // more than any two colours are apart
    while centres.len() < count.min(spots.len()) {
        let gain = |centre: Lab| -> f64 {
            let saved = |(spot, left): (&Spot, &f32)| {
                spot.area * f64::from((left - distance_squared(spot.at, centre)).max(0.0))
            };
            spots.iter().zip(&left).map(saved).sum()
        };
        let gains: Vec<f64> = spots.iter().map(|spot| gain(spot.at)).collect();
        let best = (0..spots.len()).reduce(|a, b| if gains[b] > gains[a] { b } else { a });
        let Some(best) = best.map(|best| spots[best].at) else {
            break;
        };
        for (spot, left) in spots.iter().zip(&mut left) {
            *left = left.min(distance_squared(spot.at, best));
        }
        centres.push(best);
    }
    centres
}

/// Where the means of what is nearest to each are.
fn means(spots: &[Spot], centres: &[Lab]) -> Vec<Lab> {
    let mut sums = vec![(0.0, [0.0; 3]); centres.len()];
    for spot in spots {
        let (area, sum) = &mut sums[nearest(spot.at, centres)];
        *area += spot.area;
        (0..3).for_each(|k| sum[k] += spot.area * f64::from(spot.at[k]));
    }
    (sums.into_iter().zip(centres))
        .map(|((area, sum), centre)| match area > 0.0 {
            true => sum.map(|v: f64| (v / area) as f32),
            false => *centre,
        })
        .collect()
}

/// Which centre is nearest, the first of equals.
fn nearest(at: Lab, centres: &[Lab]) -> usize {
    let distance = |k: usize| distance_squared(at, centres[k]);
    (0..centres.len())
        .reduce(|a, b| if distance(b) < distance(a) { b } else { a })
        .unwrap_or(0)
}

fn name([r, g, b]: [u8; 3]) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

fn hex<S: Serializer>(colour: &[u8; 3], to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&name(*colour))
}

#[cfg(test)]
mod tests {
    use glam::Vec3;

    use super::*;
    use crate::geometry::Part;

    /// A triangle a colour, each larger than the one before.
    fn fan(colours: &[[u8; 3]]) -> Figurine {
        let mut mesh = Mesh::default();
        for (i, colour) in colours.iter().enumerate() {
            let first = mesh.positions.len() as u32;
            let size = 1.0 + i as f32;
            let at = Vec3::Z * size;
            mesh.positions
                .extend([at, at + Vec3::X * size, at + Vec3::Y]);
            mesh.normals.extend([Vec3::Z; 3]);
            mesh.colours
                .extend([colour.map(|v| f32::from(v) / 255.0); 3]);
            mesh.triangles.push([first, first + 1, first + 2]);
        }
        let part = Part {
            name: "fan".into(),
            mesh,
        };
        Figurine {
            parts: vec![part],
            texture: None,
        }
    }

    #[test]
    fn codes_are_those_of_the_slicers() {
        let known = [
            "4", "8", "0C", "1C", "2C", "3C", "4C", "5C", "6C", "7C", "8C", "9C", "AC", "BC", "CC",
        ];
        let ours: Vec<String> = (0..MOST as u8).map(code).collect();
        assert_eq!(ours, known);
    }

    #[test]
    fn as_many_colours_as_filaments_come_back_exactly() {
        let all: Vec<[u8; 3]> = (0..MOST as u8)
            .map(|i| [i * 17, 250 - i * 9, i * 13 % 90])
            .collect();
        for count in 1..=MOST {
            let found = Filaments::of(&fan(&all[..count]), count);
            let colours: Vec<[u8; 3]> = found.colours.iter().map(|f| f.colour).collect();
            let largest_first: Vec<[u8; 3]> = all[..count].iter().rev().copied().collect();
            assert_eq!(colours, largest_first);
            let order: Vec<u8> = (0..count as u8).rev().collect();
            assert_eq!(found.paint, [order]);
        }
        let found = Filaments::of(&fan(&all[..3]), 9);
        assert_eq!(found.colours.len(), 3, "no more than there are");
    }

    #[test]
    fn shades_become_the_colours_that_they_are_shades_of() {
        let shade = |[r, g, b]: [u8; 3], i: u8| [r + i % 5, g + i % 3, b + i % 7];
        let main = [[200, 30, 30], [20, 120, 40], [230, 220, 200]];
        let all: Vec<[u8; 3]> = (0..90)
            .map(|i| shade(main[usize::from(i) % 3], i))
            .collect();
        let found = Filaments::of(&fan(&all), 3);
        assert_eq!(found, Filaments::of(&fan(&all), 3), "always the same");
        for (i, colour) in all.iter().enumerate() {
            let got = found.colours[usize::from(found.paint[0][i])].colour;
            let off = distance_squared(lab(got), lab(*colour)).sqrt();
            assert!(off < 5.0, "{colour:?} became {got:?}");
        }
        let shares: f32 = found.colours.iter().map(|f| f.share).sum();
        assert!((shares - 1.0).abs() < 1e-5, "they cover it: {found}");
        let text = serde_json::to_string(&found.colours[0]).expect("JSON");
        assert!(text.contains(&name(found.colours[0].colour)), "{text}");
    }

    #[test]
    fn the_corners_light_is_mixed() {
        let mut figurine = fan(&[[255; 3]]);
        figurine.parts[0].mesh.colours[0] = [0.0; 3];
        figurine.parts[0].mesh.colours[1] = [0.0; 3];
        let found = Filaments::of(&figurine, 2);
        assert_eq!(found.to_string(), "1 #9c9c9c 100 %", "a third of the light");
    }
}
