//! A guess at the subject of any photo, from colours alone.
//!
//! At a small size: pixels that differ from the border on every path to it (the minimum barrier
//! distance: the smallest range of colours that a path to the border must cross) start as subject.
//! Then colour models of subject and background, each a mixture of a few colours, and the agreement
//! of like-coloured neighbours are applied in turns. It takes what stands out in the middle; people
//! before busy walls need the network.

use image::{RgbaImage, imageops};

use super::edge::{Label, soften};
use super::regions::Bitmap;
use crate::base::colour::{Lab, distance_squared, lab};
use crate::base::resample::shrink;

/// The longer side at which the guess is made.
const SIDE: u32 = 160;
/// Colours in each model.
const CLUSTERS: usize = 6;
/// Regions smaller than this share of the largest are no part of the subject.
const SPECK: f64 = 0.1;

/// The picture with a guessed background made transparent; wholly transparent where nothing differs
/// from the border.
pub fn cut(picture: &RgbaImage) -> RgbaImage {
    let small = shrink(picture.clone(), SIDE);
    let view = View::new(&small);
    let mut belief = view.start();
    for _ in 0..4 {
        belief = view.agree(&view.by_colour(&belief));
    }
    let subject = Bitmap::new(view.width, view.height, |at| belief[at] > 0.5)
        .without_specks(SPECK)
        .filled();
    cut_along(picture, &subject)
}

/// The reduced picture in Lab, row by row.
struct View {
    width: usize,
    height: usize,
    colours: Vec<Lab>,
    /// 0 at the left, top and right border, rising to 1 in the middle: where subjects are.
    middle: Vec<f32>,
}

impl View {
    fn new(small: &RgbaImage) -> Self {
        let (width, height) = (small.width() as usize, small.height() as usize);
        let middle = (0..width * height).map(|at| {
            let x = (at % width) as f32 / width as f32 - 0.5;
            let y = (at / width) as f32 / height as f32 - 0.55;
            (1.0 - (x / 0.5).powi(4)) * (1.0 - (y / 0.55).powi(4)).max(0.0)
        });
        Self {
            width,
            height,
            colours: small.pixels().map(|p| lab([p[0], p[1], p[2]])).collect(),
            middle: middle.collect(),
        }
    }

    /// The first belief, `0..=1` a pixel: the barrier to the border, where subjects usually are.
    fn start(&self) -> Vec<f32> {
        let barrier = self.barrier();
        let mut sorted = barrier.clone();
        sorted.sort_by(f32::total_cmp);
        let high = sorted[(sorted.len() - 1) * 98 / 100].max(1.0);
        (barrier.iter().zip(&self.middle))
            .map(|(b, middle)| (b / high).min(1.0) * middle)
            .collect()
    }

    /// The minimum barrier distance to the border, summed over the channels, by raster scans.
    fn barrier(&self) -> Vec<f32> {
        let mut total = vec![0.0; self.colours.len()];
        for channel in 0..3 {
            let value = |at: usize| self.colours[at][channel];
            // The lowest and highest value on the best path so far.
            let mut paths: Vec<(f32, f32)> = (0..total.len())
                .map(|at| {
                    let (x, y) = (at % self.width, at / self.width);
                    let border = x == 0 || y == 0 || x + 1 == self.width;
                    if border {
                        (value(at), value(at))
                    } else {
                        (f32::MIN, f32::MAX)
                    }
                })
                .collect();
            for scan in 0..4 {
                let forward = scan % 2 == 0;
                for i in 0..paths.len() {
                    let at = if forward { i } else { paths.len() - 1 - i };
                    for from in self.before(at, forward).into_iter().flatten() {
                        let (low, high) = paths[from];
                        let path = (low.min(value(at)), high.max(value(at)));
                        if path.1 - path.0 < paths[at].1 - paths[at].0 {
                            paths[at] = path;
                        }
                    }
                }
            }
            for (total, (low, high)) in total.iter_mut().zip(&paths) {
                *total += high - low;
            }
        }
        total
    }

    /// The two neighbours that a scan has already passed.
    fn before(&self, at: usize, forward: bool) -> [Option<usize>; 2] {
        let (x, y) = (at % self.width, at / self.width);
        if forward {
            [(x > 0).then(|| at - 1), (y > 0).then(|| at - self.width)]
        } else {
            [
                (x + 1 < self.width).then_some(at + 1),
                (y + 1 < self.height).then_some(at + self.width),
            ]
        }
    }

    /// The belief by colour models that the present belief gives, with the place as a prior.
    fn by_colour(&self, belief: &[f32]) -> Vec<f32> {
        let mut sorted = belief.to_vec();
        sorted.sort_by(f32::total_cmp);
        // At least a twentieth and at most six tenths of the picture start as subject.
        let share = |percent: usize| sorted[(sorted.len() - 1) * percent / 100];
        let threshold = 0.5f32.clamp(share(40), share(95).max(share(40)));
        let pick = |inside: bool| -> Vec<Lab> {
            (self.colours.iter().zip(belief))
                .filter(|(_, b)| (**b > threshold) == inside)
                .map(|(colour, _)| *colour)
                .collect()
        };
        let (Some(subject), Some(behind)) = (Mixture::fit(&pick(true)), Mixture::fit(&pick(false)))
        else {
            return belief.to_vec();
        };
        (self.colours.iter().zip(&self.middle))
            .map(|(&colour, middle)| {
                let by_place = 3.0 * (middle - 0.6);
                let odds =
                    (subject.log_density(colour) - behind.log_density(colour)).clamp(-3.0, 3.0);
                logistic(odds + by_place)
            })
            .collect()
    }

    /// Lets like-coloured neighbours agree: a few rounds of mean field.
    fn agree(&self, belief: &[f32]) -> Vec<f32> {
        let odds: Vec<f32> = belief
            .iter()
            .map(|b| (b / (1.0 - b)).ln().clamp(-6.0, 6.0))
            .collect();
        let mut belief = belief.to_vec();
        for _ in 0..12 {
            let pull = |at: usize| -> f32 {
                let neighbours = self
                    .before(at, true)
                    .into_iter()
                    .chain(self.before(at, false));
                neighbours
                    .flatten()
                    .map(|to| {
                        let alike =
                            (-distance_squared(self.colours[at], self.colours[to]) / 200.0).exp();
                        (0.3 + 1.5 * alike) * (2.0 * belief[to] - 1.0)
                    })
                    .sum()
            };
            belief = (0..belief.len())
                .map(|at| logistic(odds[at] + pull(at)))
                .collect();
        }
        belief
    }
}

fn logistic(odds: f32) -> f32 {
    (1.0 / (1.0 + (-odds).exp())).clamp(1e-4, 1.0 - 1e-4)
}

/// A mixture of round Gaussians in Lab.
struct Mixture {
    /// Weight, mean, variance a channel.
    clusters: Vec<(f32, Lab, f32)>,
}

impl Mixture {
    /// By k-means from spread-out first colours; nothing for no colours.
    fn fit(colours: &[Lab]) -> Option<Self> {
        let mut means = vec![*colours.first()?];
        while means.len() < CLUSTERS {
            let gap = |c: &Lab| {
                means
                    .iter()
                    .map(|m| distance_squared(*c, *m))
                    .fold(f32::MAX, f32::min)
            };
            let furthest = colours.iter().max_by(|p, q| gap(p).total_cmp(&gap(q)))?;
            means.push(*furthest);
        }
        let mut clusters = Vec::new();
        for _ in 0..8 {
            let mut sums = vec![(0f32, [0f32; 3], 0f32); means.len()];
            for &colour in colours {
                let (nearest, off) = (means.iter().map(|m| distance_squared(colour, *m)))
                    .enumerate()
                    .min_by(|p, q| p.1.total_cmp(&q.1))?;
                let (count, sum, spread) = &mut sums[nearest];
                *count += 1.0;
                *spread += off;
                for (sum, c) in sum.iter_mut().zip(colour) {
                    *sum += c;
                }
            }
            clusters = (sums.iter().filter(|(count, ..)| *count > 0.0))
                .map(|&(count, sum, spread)| {
                    // A floor on the variance: noise and compression blur every colour.
                    let variance = (spread / (3.0 * count)).max(9.0);
                    (
                        count / colours.len() as f32,
                        sum.map(|c| c / count),
                        variance,
                    )
                })
                .collect();
            means = clusters.iter().map(|&(_, mean, _)| mean).collect();
        }
        Some(Self { clusters })
    }

    fn log_density(&self, colour: Lab) -> f32 {
        let density: f32 = (self.clusters.iter())
            .map(|&(weight, mean, variance)| {
                let off = distance_squared(colour, mean);
                weight * variance.powf(-1.5) * (-0.5 * off / variance).exp()
            })
            .sum();
        (density + 1e-9).ln()
    }
}

/// Brings the small bitmap to the picture's size, with a soft edge where the colours say so.
fn cut_along(picture: &RgbaImage, subject: &Bitmap) -> RgbaImage {
    let mut small = image::GrayImage::new(subject.width as u32, subject.height as u32);
    for (pixel, &bit) in small.pixels_mut().zip(&subject.bits) {
        pixel[0] = if bit { 255 } else { 0 };
    }
    let (width, height) = picture.dimensions();
    let matte = imageops::resize(&small, width, height, imageops::FilterType::Triangle);
    let labels: Vec<Label> = (matte.pixels())
        .map(|p| match p[0] {
            0..=25 => Label::Background,
            230..=255 => Label::Subject,
            _ => Label::Unknown,
        })
        .collect();
    let scale = width.max(height) as usize / SIDE as usize;
    soften(picture, &labels, 2 * scale + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_before_a_patterned_wall_is_found() {
        let inside = |x: u32, y: u32| {
            let (x, y) = (x as f32 - 160.0, y as f32 - 130.0);
            x.hypot(y / 1.6) < 60.0
        };
        let picture = RgbaImage::from_fn(320, 240, |x, y| {
            let noise = ((x * 7919 + y * 104_729) % 23) as u8;
            let [r, g, b] = if inside(x, y) {
                [190 + noise, 60, 50 + noise]
            } else if (x / 20 + y / 20) % 2 == 0 {
                [60 + noise, 90 + noise, 60]
            } else {
                [110, 130 + noise, 120 + noise]
            };
            [r, g, b, 255].into()
        });
        let cut = cut(&picture);
        let (mut both, mut either) = (0, 0);
        for (x, y, pixel) in cut.enumerate_pixels() {
            let (found, truth) = (pixel[3] >= 128, inside(x, y));
            both += usize::from(found && truth);
            either += usize::from(found || truth);
        }
        let overlap = both as f64 / either as f64;
        assert!(
            overlap > 0.9,
            "the cut-out overlaps the figure by {overlap:.2} only"
        );
    }

    #[test]
    fn a_picture_of_one_colour_gives_no_panic() {
        for side in [1, 2, 9, 300] {
            let picture = RgbaImage::from_pixel(side, side, [255; 4].into());
            assert_eq!(cut(&picture).dimensions(), (side, side));
        }
    }
}
