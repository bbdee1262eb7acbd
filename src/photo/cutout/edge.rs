//! From a rough share of the subject in each pixel of a reduced picture to a soft edge in the full one.
//!
//! Near the edge two guesses are weighed. One takes the share as a locally linear function of the picture's colours
//! ([`Linear`]). The other says where a pixel lies between the colours of subject and background around it; it counts
//! the more, the further apart these are for how much they vary. Pixels that are mixed then lose the background's part
//! of their colour, so that no fringe of it stays.

use image::RgbaImage;
use rayon::prelude::*;

use super::guided::Linear;
use super::means::{Taps, sums};
use super::regions::Bitmap;

/// Variance of a colour (0..1) around the means that are compared, at least: grain, and what shading does.
const GRAIN: f32 = 4e-4;
/// How many deviations apart two colours are where both guesses count the same.
const AS_LIKELY: f32 = 8.0;
/// How far the colours beside an edge are looked for at first, in pixels of the reduced picture.
const NEAR: usize = 5;
/// Colours of fewer pixels than this are no mean.
const FEW: f32 = 6.0;

/// Where the subject is, roughly.
pub struct Rough {
    /// The reduced picture.
    pub small: RgbaImage,
    /// The subject's share of each of its pixels, 0..1.
    pub share: Vec<f32>,
    /// How many of these pixels the edge may be off.
    pub radius: usize,
}

/// Makes transparent what is behind the subject.
pub fn cut(picture: &mut RgbaImage, rough: &Rough) {
    let map = Map::new(rough);
    let columns = Taps::between(picture.width() as usize, map.width);
    let rows = Taps::between(picture.height() as usize, map.height);
    let stride = 4 * picture.width() as usize;
    (picture.par_chunks_exact_mut(stride))
        .zip(&rows)
        .for_each(|(line, row)| {
            for (pixel, column) in line.chunks_exact_mut(4).zip(&columns) {
                map.cut(pixel, row, column);
            }
        });
}

#[derive(Clone, Copy, PartialEq)]
enum Label {
    Background,
    Subject,
    Unknown,
}

/// Two colours 0..1, and how much they vary.
#[derive(Clone, Copy, Default)]
struct Beside {
    behind: [f32; 3],
    subject: [f32; 3],
    variance: f32,
    /// 1 where both colours are known, else 0.
    known: f32,
}

/// What is known at each pixel of the reduced picture.
struct Map {
    width: usize,
    height: usize,
    labels: Vec<Label>,
    linear: Linear,
    beside: Vec<Beside>,
}

impl Map {
    fn new(rough: &Rough) -> Self {
        let small = &rough.small;
        let (width, height) = (small.width() as usize, small.height() as usize);
        let linear = Linear::fit(small, &rough.share, rough.radius);
        let shares: Vec<f32> = (small.pixels().enumerate())
            .map(|(at, pixel)| linear.share(at, pixel.0))
            .collect();
        let inside = Bitmap::new(width, height, |at| shares[at] > 0.95).eroded(1);
        let outside = Bitmap::new(width, height, |at| shares[at] < 0.05).eroded(1);
        let labels = (inside.bits.iter().zip(&outside.bits))
            .map(|pair| match pair {
                (true, _) => Label::Subject,
                (_, true) => Label::Background,
                _ => Label::Unknown,
            })
            .collect();
        let [subject, behind] = [&inside, &outside].map(|side| {
            let near = Side::find(small, side, NEAR);
            let far = Side::find(small, side, 2 * rough.radius + NEAR);
            (near.into_iter().zip(far))
                .map(|(near, far)| if near.count > FEW { near } else { far })
                .collect::<Vec<_>>()
        });
        let beside = (subject.into_iter().zip(behind))
            .map(|(subject, behind)| Beside {
                behind: behind.mean,
                subject: subject.mean,
                variance: subject.variance + behind.variance + GRAIN,
                known: if subject.count.min(behind.count) > 0.5 {
                    1.0
                } else {
                    0.0
                },
            })
            .collect();
        Self {
            width,
            height,
            labels,
            linear,
            beside,
        }
    }

    fn cut(&self, pixel: &mut [u8], row: &Taps, column: &Taps) {
        let corners = row.corners(column, self.width);
        let labels = corners.map(|at| self.labels[at]);
        let all = |label| labels.iter().all(|&other| other == label);
        if all(Label::Subject) || all(Label::Background) {
            pixel[3] = if labels[0] == Label::Subject { 255 } else { 0 };
            return;
        }
        let weights = row.weights(column);
        let colour = [pixel[0], pixel[1], pixel[2]].map(|c| f32::from(c) / 255.0);
        let guess = self.linear.share_between(&corners, &weights, colour);
        let (own, alpha) = self.beside(&corners, &weights).unmix(colour, guess);
        for (to, from) in pixel.iter_mut().zip([own[0], own[1], own[2], alpha]) {
            *to = (from * 255.0).round() as u8;
        }
    }

    /// The colours at a place between four pixels, from those that know them.
    fn beside(&self, corners: &[usize; 4], weights: &[f32; 4]) -> Beside {
        let mut sum = Beside::default();
        for (&at, &weight) in corners.iter().zip(weights) {
            let one = &self.beside[at];
            let weight = weight * one.known;
            for c in 0..3 {
                sum.behind[c] += weight * one.behind[c];
                sum.subject[c] += weight * one.subject[c];
            }
            sum.variance += weight * one.variance;
            sum.known += weight;
        }
        if sum.known > 0.0 {
            sum.behind = sum.behind.map(|c| c / sum.known);
            sum.subject = sum.subject.map(|c| c / sum.known);
            sum.variance /= sum.known;
        }
        sum
    }
}

/// One side's colours around a pixel.
struct Side {
    mean: [f32; 3],
    /// Summed over the channels.
    variance: f32,
    /// How many pixels they are of.
    count: f32,
}

impl Side {
    fn find(small: &RgbaImage, side: &Bitmap, radius: usize) -> Vec<Self> {
        let (width, height) = (side.width, side.height);
        let plane = |value: &(dyn Fn(&image::Rgba<u8>) -> f32 + Sync)| {
            let values = small.pixels().zip(&side.bits);
            let values = values.map(|(p, &bit)| if bit { value(p) } else { 0.0 });
            sums(&values.collect::<Vec<_>>(), width, height, radius)
        };
        let channel = |p: &image::Rgba<u8>, c: usize| f32::from(p[c]) / 255.0;
        let [count, square, red, green, blue] = [0, 1, 2, 3, 4]
            .into_par_iter()
            .map(|i| match i {
                0 => plane(&|_| 1.0),
                1 => plane(&|p| (0..3).map(|c| channel(p, c).powi(2)).sum()),
                c => plane(&move |p| channel(p, c - 2)),
            })
            .collect::<Vec<_>>()
            .try_into()
            .unwrap_or_default();
        let colour: [Vec<f32>; 3] = [red, green, blue];
        (0..count.len())
            .into_par_iter()
            .map(|at| {
                let all = count[at].max(1e-6);
                let mean = colour.each_ref().map(|c| c[at] / all);
                let spread = square[at] / all - mean.iter().map(|c| c * c).sum::<f32>();
                Self {
                    mean,
                    variance: spread.max(0.0),
                    count: count[at],
                }
            })
            .collect()
    }
}

impl Beside {
    /// The subject's own colour and share in a pixel of this colour, of which another guess at the share is given.
    fn unmix(&self, colour: [f32; 3], guess: f32) -> ([f32; 3], f32) {
        if self.known == 0.0 {
            return (colour, guess);
        }
        let span: [f32; 3] = std::array::from_fn(|c| self.subject[c] - self.behind[c]);
        let away: [f32; 3] = std::array::from_fn(|c| colour[c] - self.behind[c]);
        let dot = |a: [f32; 3], b: [f32; 3]| (0..3).map(|c| a[c] * b[c]).sum::<f32>();
        let length = dot(span, span);
        let between = (dot(away, span) / length.max(1e-6)).clamp(0.0, 1.0);
        let weight = length / (length + AS_LIKELY * AS_LIKELY * self.variance);
        let alpha = between * weight + guess * (1.0 - weight);
        // What is left of the pixel without the background; too noisy where little is left.
        let own = std::array::from_fn(|c| {
            let unmixed = (colour[c] - (1.0 - alpha) * self.behind[c]) / alpha.max(0.01);
            let trust = alpha * alpha;
            (trust * unmixed + (1.0 - trust) * self.subject[c]).clamp(0.0, 1.0)
        });
        (own, alpha)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mixed_edge_is_unmixed() {
        // A red right half before blue; the column between is a third red.
        let picture = RgbaImage::from_fn(60, 60, |x, _| match x {
            0..30 => [0, 0, 255, 255].into(),
            30 => [85, 0, 170, 255].into(),
            _ => [255, 0, 0, 255].into(),
        });
        let rough = Rough {
            small: picture.clone(),
            share: (0..3600)
                .map(|at| f32::from(u8::from(at % 60 > 30)))
                .collect(),
            radius: 2,
        };
        let mut cut_out = picture;
        cut(&mut cut_out, &rough);
        for y in 0..60 {
            let [r, g, b, a] = cut_out.get_pixel(30, y).0;
            assert!((70..=100).contains(&a), "row {y}: a third is red, not {a}");
            assert!(
                r > 240 && g < 9 && b < 15,
                "blue must not fringe the red: {r} {g} {b}"
            );
            assert_eq!(cut_out.get_pixel(10, y)[3], 0, "row {y}: behind");
            assert_eq!(cut_out.get_pixel(50, y)[3], 255, "row {y}: the subject");
        }
    }
}
