//! The photo, taken apart: for each part a picture in which only its colours occur.

use glam::{Vec2, Vec3};
use image::RgbaImage;
use rayon::prelude::*;

use super::{PhotoView, twin};
use crate::base::numeric::most_around;
use crate::base::pull_push::{Coarse, pull_push};
use crate::base::resample::{bilinear, resize_area};
use crate::photo::framing::Extent;
use crate::photo::segmentation::Segmentation;

/// Pixels a side of what is said of each part.
pub(super) const SIDE: usize = 320;
/// Pixels a side of the colours, at least: as fine as vertices lie where colours meet.
pub(super) const FINE: usize = 2 * SIDE;
/// Pixels that the edge of the cut-out is taken back by: there the background shines through. A choice that nothing has
/// measured.
const EDGE: usize = 2;
/// Pixels, of `SIDE * SIDE`, that surely show a part, without which its colours are not known. A choice that nothing has
/// measured.
const KNOWN: f32 = 8.0;
/// A pixel begins to show a part surely above this share of it, `0..=1`, and does so in full where it has this much more:
/// one that may as well show the next part lends its colour to neither. A choice that nothing has measured.
const DOUBTFUL: f32 = 0.5;
const FROM_DOUBTFUL_TO_SURE: f32 = 0.25;
/// How far what a cell says reaches, in cells, and how unlike colours may be, sRGB `0..=1`, for it to hold; how much it
/// holds for any colour, beside 1 for its own. Choices that nothing has measured.
const REACH: f32 = 0.9;
const UNLIKE: f32 = 0.12;
const ANY_COLOUR: f32 = 0.02;

/// Of each part, where the photo shows it, and its colours.
pub(super) struct PhotoLayers {
    /// How much of a pixel the subject covers, `0..=1`; `SIDE * SIDE`, like everything here.
    pub(super) alpha: Vec<f32>,
    /// Of each part, how likely a pixel shows it, given that it shows the subject; where that is as likely
    /// the part on the other side, either.
    pub(super) shares: Vec<Vec<f32>>,
    /// Beyond this nothing is known.
    pub(super) extent: Extent,
    /// The photo as it is, `fine * fine` pixels; in bytes, as there are many.
    photo: Vec<[u8; 3]>,
    fine: usize,
    /// Of each part what it takes from the photo; `None` where no pixel surely shows it.
    parts: Vec<Option<PhotoLayer>>,
    /// The same of whatever is there.
    whole: PhotoLayer,
}

/// What is taken from the photo, and from where; `SIDE * SIDE`.
struct PhotoLayer {
    /// How surely a pixel shows it, `0..=1`.
    sure: Vec<f32>,
    /// Its colours, and those of the nearest pixels that show it where one does not.
    around: Vec<Vec3>,
}

impl PhotoLayer {
    fn of(sure: Vec<f32>, pixels: &[Vec3]) -> Self {
        let known = pixels.iter().copied().zip(sure.iter().copied());
        Self {
            around: filled(known.collect(), SIDE),
            sure,
        }
    }
}

impl PhotoLayers {
    /// With colours of so many pixels a side.
    pub(super) fn of(view: &PhotoView, fine: usize) -> Self {
        let picture = resize_area(&view.picture, SIDE as u32, SIDE as u32);
        let pixels: Vec<Vec3> = bytes(&picture).into_iter().map(colour).collect();
        let alpha = picture.pixels().map(|p| f32::from(p.0[3]) / 255.0);
        let alpha: Vec<f32> = alpha.collect();
        let shares = either(shares(&view.cells, &pixels, &alpha), &view.cells.names);
        let inner = most_around(&alpha, SIDE, EDGE, 1.0, f32::min);
        let own = |share: &Vec<f32>| -> Option<PhotoLayer> {
            let sure: Vec<f32> = (share.iter().zip(&inner))
                .map(|(share, inner)| {
                    inner * ((share - DOUBTFUL) / FROM_DOUBTFUL_TO_SURE).clamp(0.0, 1.0)
                })
                .collect();
            (sure.iter().sum::<f32>() > KNOWN).then(|| PhotoLayer::of(sure, &pixels))
        };
        Self {
            parts: shares.par_iter().map(own).collect(),
            whole: PhotoLayer::of(inner, &pixels),
            photo: bytes(&resize_area(&view.picture, fine as u32, fine as u32)),
            fine,
            alpha,
            shares,
            extent: view.extent,
        }
    }

    /// Whether any pixel surely shows a part.
    pub(super) fn knows(&self, part: usize) -> bool {
        self.parts[part].is_some()
    }

    /// Whether the photo tells what is in a pixel, of `side * side`.
    pub(super) fn tells(&self, pixel: usize, side: usize) -> bool {
        let at = Vec2::new((pixel % side) as f32, (pixel / side) as f32) + 0.5;
        self.extent.holds(at / side as f32)
    }

    /// The colour at a point of the picture, smooth between pixels: that of a part, or, if it has none, of
    /// whatever is there.
    pub(super) fn colour(&self, part: Option<usize>, at: Vec2) -> Vec3 {
        let part = part.and_then(|part| self.parts[part].as_ref());
        let PhotoLayer { sure, around } = part.unwrap_or(&self.whole);
        let sure = bilinear(|k| sure[k], SIDE, at * SIDE as f32);
        let around = bilinear(|k| around[k], SIDE, at * SIDE as f32);
        let photo = |k: usize| colour(self.photo[k]);
        around.lerp(bilinear(photo, self.fine, at * self.fine as f32), sure)
    }
}

fn colour(pixel: [u8; 3]) -> Vec3 {
    Vec3::from(pixel.map(f32::from)) / 255.0
}

fn bytes(picture: &RgbaImage) -> Vec<[u8; 3]> {
    let colour = |&image::Rgba([r, g, b, _]): &image::Rgba<u8>| [r, g, b];
    picture.pixels().map(colour).collect()
}

/// How likely each pixel shows each part: what the cells around it say, those of its own colour most,
/// so that a border between two parts runs where the colour changes (joint bilateral upsampling,
/// Kopf et al. 2007).
fn shares(cells: &Segmentation, pixels: &[Vec3], alpha: &[f32]) -> Vec<Vec<f32>> {
    let side = cells.side as isize;
    let means = cell_means(cells, pixels, alpha);
    let parts = cells.names.len();
    let mut all = vec![0.0f32; pixels.len() * parts]; // pixel by pixel
    let work = (all.par_chunks_exact_mut(parts)).enumerate();
    work.filter(|(i, _)| alpha[*i] > 0.0).for_each(|(i, sums)| {
        let (pixel, at) = (pixels[i], in_cells(cells, i));
        sums.fill(1e-6);
        let (cx, cy) = (at.x.floor() as isize, at.y.floor() as isize);
        for (dx, dy) in (-2..=2).flat_map(|dy| (-2..=2).map(move |dx| (dx, dy))) {
            let (x, y) = ((cx + dx).clamp(0, side - 1), (cy + dy).clamp(0, side - 1));
            let cell = (y * side + x) as usize;
            let far = at - Vec2::new(x as f32 + 0.5, y as f32 + 0.5);
            let unlike = pixel.distance_squared(means[cell]) / (2.0 * UNLIKE * UNLIKE);
            let near = (-far.length_squared() / (2.0 * REACH * REACH)).exp();
            let weight = near * ((-unlike).exp() + ANY_COLOUR);
            for (sum, share) in sums.iter_mut().zip(&cells.shares[cell][1..]) {
                *sum += weight * share;
            }
        }
        let total: f32 = sums.iter().sum();
        sums.iter_mut().for_each(|share| *share /= total);
    });
    let of_part = |part: usize| all.iter().skip(part).step_by(parts).copied().collect();
    (0..parts).map(of_part).collect()
}

/// Which of two arms a profile shows is hard to tell: a pixel that may show one or the other shows either, and their
/// colours are alike.
fn either(shares: Vec<Vec<f32>>, names: &[String]) -> Vec<Vec<f32>> {
    let pooled = |part: usize| match twin(names, part) {
        Some(other) => (shares[part].iter().zip(&shares[other]))
            .map(|(share, other)| share + other.min(*share))
            .collect(),
        None => shares[part].clone(),
    };
    (0..shares.len()).map(pooled).collect()
}

/// A pixel's middle, in cells from the first one's corner.
fn in_cells(cells: &Segmentation, pixel: usize) -> Vec2 {
    let (x, y) = ((pixel % SIDE) as f32 + 0.5, (pixel / SIDE) as f32 + 0.5);
    cells.at(Vec2::new(x, y) / SIDE as f32)
}

/// The mean colour of the subject in each cell.
fn cell_means(cells: &Segmentation, pixels: &[Vec3], alpha: &[f32]) -> Vec<Vec3> {
    let mut sums = vec![(Vec3::ZERO, 1e-6); cells.side * cells.side];
    let last = cells.side as f32 - 1.0;
    for (i, (&pixel, &alpha)) in pixels.iter().zip(alpha).enumerate() {
        let at = in_cells(cells, i)
            .floor()
            .clamp(Vec2::ZERO, Vec2::splat(last));
        let (sum, weight) = &mut sums[at.y as usize * cells.side + at.x as usize];
        *sum += pixel * alpha;
        *weight += alpha;
    }
    sums.into_iter().map(|(sum, weight)| sum / weight).collect()
}

/// Colours of a square where some are known, each with a weight in `0..=1`: what is missing comes from what is
/// known around it.
fn filled(mut known: Vec<(Vec3, f32)>, side: usize) -> Vec<Vec3> {
    let pull = |all: &mut dyn Iterator<Item = &(Vec3, f32)>| {
        let (mut sum, mut total) = (Vec3::ZERO, 0.0f32);
        for (colour, weight) in all {
            sum += *colour * *weight;
            total += weight;
        }
        (sum / total.max(1e-9), total.min(1.0))
    };
    let push = |own: &mut (Vec3, f32), [x, y]: [usize; 2], coarse: &Coarse<'_, (Vec3, f32)>| {
        let at = Vec2::new(x as f32 + 0.5, y as f32 + 0.5) / 2.0;
        own.0 = bilinear(|k| coarse.pixels[k].0, coarse.size[0], at).lerp(own.0, own.1);
    };
    pull_push(&mut known, [side, side], &pull, &push);
    known.into_iter().map(|(colour, _)| colour).collect()
}

#[cfg(test)]
mod tests {
    use image::Rgba;

    use super::*;

    #[test]
    fn what_may_be_either_arm_colours_both_and_a_part_that_nobody_sees_has_no_colours() {
        let side = 8;
        let view = PhotoView {
            picture: RgbaImage::from_fn(64, 64, |x, _| match x < 32 {
                true => Rgba([200, 0, 0, 255]),
                false => Rgba([0, 0, 200, 255]),
            }),
            cells: Segmentation {
                side,
                start: 0.0,
                span: 1.0,
                names: ["torso", "arm_left", "arm_right", "head"]
                    .map(String::from)
                    .into(),
                // Red is the torso, or hardly the head; blue one arm or the other.
                shares: (0..side * side)
                    .map(|i| match i % side < side / 2 {
                        true => vec![0.0, 0.7, 0.0, 0.0, 0.3],
                        false => vec![0.0, 0.0, 0.48, 0.52, 0.0],
                    })
                    .collect(),
                places: vec![Vec3::ZERO; side * side],
            },
            extent: Extent::default(),
        };
        let layers = PhotoLayers::of(&view, FINE);
        assert_eq!(
            [0, 1, 2, 3].map(|part| layers.knows(part)),
            [true, true, true, false],
            "whose colours are known"
        );
        // Where the photo shows one, and, less exactly, elsewhere.
        for (arm, at, most) in [
            (1, 0.75, 0.05),
            (2, 0.75, 0.05),
            (1, 0.2, 0.3),
            (2, 0.2, 0.3),
        ] {
            let colour = layers.colour(Some(arm), Vec2::new(at, 0.5));
            let far = colour.distance(Vec3::new(0.0, 0.0, 200.0 / 255.0));
            assert!(
                far < most,
                "part {arm} at {at} is {colour}, and no arm's blue"
            );
        }
    }
}
