//! Pictures in few colours, for GIF and for terminals.

use std::collections::HashMap;

use color_quant::NeuQuant;
use image::{Rgb, RgbImage};

/// Colours that stand for all of some pictures.
pub(crate) struct Palette {
    /// sRGB.
    pub(crate) colours: Vec<[u8; 3]>,
    /// What stands for colours that were met before.
    mixes: HashMap<[u8; 3], [u8; SQUARE]>,
}

/// Pixels that the choice of colours looks at.
const LOOKED_AT: usize = 400_000;
/// The order in which the pixels of a 4 by 4 square take the brighter of their colours (Bayer 1973).
const ORDER: [[u8; 4]; 4] = [[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]];
/// Pixels in that square.
const SQUARE: usize = 16;

impl Palette {
    /// The best `count` colours for these pictures together, at most 256.
    pub(crate) fn of(pictures: &[RgbImage], count: usize) -> Self {
        let pixels = || pictures.iter().flat_map(|p| p.pixels());
        let all: usize = (pictures.iter()).map(|p| p.pixels().len()).sum();
        // A step that has no factor in common with widths, so that no column is missed.
        let step = (all / LOOKED_AT).max(1) | 1;
        let sample: Vec<u8> = pixels()
            .step_by(step)
            .flat_map(|p| [p[0], p[1], p[2], 255])
            .collect();
        let found = NeuQuant::new(1, count.clamp(2, 256), &sample).color_map_rgb();
        Self {
            colours: found.chunks_exact(3).map(|c| [c[0], c[1], c[2]]).collect(),
            mixes: HashMap::new(),
        }
    }

    /// The index of each pixel's colour. Colours between those of the palette become a pattern that
    /// stands still where the picture does (Yliluoma's ordered dithering): no noise runs through a film.
    pub(crate) fn dither(&mut self, picture: &RgbImage) -> Vec<u8> {
        let mut index = |x: u32, y: u32, colour: [u8; 3]| {
            let mix = match self.mixes.get(&colour) {
                Some(mix) => *mix,
                None => self.mix(colour),
            };
            mix[usize::from(ORDER[y as usize % 4][x as usize % 4])]
        };
        // Half the steps of each channel: nobody sees it, and few mixes have to be found.
        let even = |p: &Rgb<u8>| p.0.map(|v| v | 1);
        (picture.enumerate_pixels())
            .map(|(x, y, p)| index(x, y, even(p)))
            .collect()
    }

    /// Colours of the palette, from dark to bright, whose mean is near to `colour`.
    fn mix(&mut self, colour: [u8; 3]) -> [u8; SQUARE] {
        let wanted = colour.map(f32::from);
        let (mut owed, mut mix) = ([0.0; 3], [0u8; SQUARE]);
        for place in &mut mix {
            let aim: [f32; 3] = std::array::from_fn(|k| wanted[k] + owed[k]);
            *place = self.nearest(aim, wanted);
            let got = self.colours[usize::from(*place)].map(f32::from);
            owed = std::array::from_fn(|k| owed[k] + wanted[k] - got[k]);
        }
        mix.sort_by_key(|&i| brightness(self.colours[usize::from(i)]));
        self.mixes.insert(colour, mix);
        mix
    }

    /// The colour that is nearest to `aim` and not far from `wanted`, so that no speck stands out.
    fn nearest(&self, aim: [f32; 3], wanted: [f32; 3]) -> u8 {
        // Eyes see green best and blue least.
        let distance = |known: &[u8; 3]| -> f32 {
            let off = |k: usize, from: [f32; 3]| (f32::from(known[k]) - from[k]).powi(2);
            let weigh = |k: usize| (off(k, aim) + 0.3 * off(k, wanted)) * [3.0, 4.0, 2.0][k];
            (0..3).map(weigh).sum()
        };
        let near = (self.colours.iter().enumerate())
            .min_by(|a, b| distance(a.1).total_cmp(&distance(b.1)));
        near.map_or(0, |(i, _)| i as u8)
    }
}

fn brightness([r, g, b]: [u8; 3]) -> u32 {
    u32::from(r) * 299 + u32::from(g) * 587 + u32::from(b) * 114
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gradient_keeps_its_colours_in_few() {
        let gradient = |x: u32, y: u32| Rgb([x as u8 * 2, 90 + y as u8 / 2, 200 - x as u8]);
        let picture = RgbImage::from_fn(96, 64, gradient);
        let mut palette = Palette::of(std::slice::from_ref(&picture), 32);
        assert_eq!(palette.colours.len(), 32);
        let indices = palette.dither(&picture);
        // From a step away the pattern looks like the picture: over squares, the means agree.
        for (cx, cy) in (0..12).flat_map(|x| (0..8).map(move |y| (x, y))) {
            let mean = |of: &dyn Fn(u32, u32) -> [u8; 3]| -> [f32; 3] {
                let pixels = (0..64).map(|i| of(cx * 8 + i % 8, cy * 8 + i / 8));
                let sums = pixels.fold([0.0; 3], |s: [f32; 3], p| {
                    std::array::from_fn(|k| s[k] + f32::from(p[k]))
                });
                sums.map(|v| v / 64.0)
            };
            let shown =
                mean(&|x, y| palette.colours[usize::from(indices[y as usize * 96 + x as usize])]);
            let wanted = mean(&|x, y| picture.get_pixel(x, y).0);
            for k in 0..3 {
                assert!(
                    (shown[k] - wanted[k]).abs() < 12.0,
                    "square {cx},{cy} looks like {shown:?} and not like {wanted:?}"
                );
            }
        }
    }
}
