//! An almost uniform background, such as a studio's paper or a renderer's colour, taken away.
//!
//! The background's colour may change slowly over the picture (light falls off), so it is a quadratic
//! of the position, fitted to the border and then to all that was found. What is connected to the
//! border and no further from the fit than the background's own noise is background; white clothes
//! before a white wall stay, as the border does not reach them.

use image::RgbaImage;
use rayon::prelude::*;

use super::regions::Bitmap;
use crate::base::colour::{Lab, distance_squared, lab};

/// A fit is refused above this noise (CIE76, standard deviation): then it is not uniform.
const MAX_NOISE: f32 = 3.0;
/// A pixel this far off (CIE76) may still be background where the background has no noise at all.
const TOLERANCE: f32 = 3.0;
/// At most this far off, whatever the noise.
pub const MAX_TOLERANCE: f32 = 9.0;
/// Regions smaller than this share of the largest one are dust or lettering.
const SPECK: f64 = 0.02;
/// Of the pixels of the border, this share must be background for it to be beyond doubt.
const BORDER: f64 = 0.995;
/// Beyond doubt, how near a colour must be to the background's moves no more than this share of the subject.
pub const STABLE: f64 = 0.02;

/// A picture's plain background, and what stands before it.
pub struct Plain {
    /// What the background's colour does not reach from the border.
    pub subject: Bitmap,
    /// How far each pixel is from the background's colour (CIE76), and that colour.
    pub off: Vec<f32>,
    pub ground: Vec<Lab>,
    /// Below this a colour is the background's own, noise included.
    pub noise: f32,
    /// Whether a colour that touches the border may be the subject's, or one of the subject the background's.
    pub doubt: bool,
}

/// The near-uniform background of a picture, or nothing where it is not of that kind.
pub fn find(picture: &RgbaImage) -> Option<Plain> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    if width < 8 || height < 8 {
        return None; // no room for a border and a subject
    }
    let (pixels, _) = picture.as_raw().as_chunks::<4>();
    let colours: Vec<Lab> = (pixels.par_iter())
        .map(|&[r, g, b, _]| lab([r, g, b]))
        .collect();
    let scene = Scene {
        width,
        height,
        colours,
    };
    let border = Bitmap::new(width, height, |_| false);
    let border: Vec<usize> = (0..scene.colours.len())
        .filter(|&at| border.on_border(at))
        .collect();
    let first = scene.fit_border(&border)?;
    let found = scene.near(&scene.offs(&first), first.tolerance());
    // Once more, to all that was found: the border alone knows little of the middle.
    let samples: Vec<usize> = (0..scene.colours.len())
        .filter(|&at| found.bits[at])
        .collect();
    let backdrop = scene.fit(&thin_out(samples)).unwrap_or(first);
    let off = scene.offs(&backdrop);
    let background = scene.near(&off, backdrop.tolerance());
    let subject = background.inverted().without_specks(SPECK);
    let (near, far) = (
        scene.near(&off, backdrop.tolerance() / 1.5),
        scene.near(&off, MAX_TOLERANCE),
    );
    let count = |bits: &[bool]| bits.iter().filter(|&&bit| bit).count() as f64;
    let moved = count(&far.bits) - count(&near.bits);
    let touched = border.iter().filter(|&&at| near.bits[at]).count() as f64;
    let doubt = touched < BORDER * border.len() as f64 || moved > STABLE * count(&subject.bits);
    let ground = (0..scene.colours.len()).into_par_iter();
    let ground = ground.map(|at| backdrop.colour(scene.basis(at))).collect();
    Some(Plain {
        subject,
        off,
        ground,
        noise: backdrop.tolerance(),
        doubt,
    })
}

/// The picture's Lab colours, row by row.
struct Scene {
    width: usize,
    height: usize,
    colours: Vec<Lab>,
}

/// A background: a quadratic of the position a channel, and the noise around it.
struct Backdrop {
    /// By basis function of [`basis`], then by channel.
    coefficients: [Lab; 6],
    /// Standard deviation of the colour difference to the fit (CIE76).
    noise: f32,
}

/// 1, x, y, x^2, xy, y^2 of a position in `-1..=1`.
fn basis(x: f32, y: f32) -> [f32; 6] {
    [1.0, x, y, x * x, x * y, y * y]
}

impl Backdrop {
    /// How far off a pixel of this background may be.
    fn tolerance(&self) -> f32 {
        (4.0 * self.noise).clamp(TOLERANCE, MAX_TOLERANCE)
    }

    fn colour(&self, basis: [f32; 6]) -> Lab {
        std::array::from_fn(|c| (0..6).map(|k| basis[k] * self.coefficients[k][c]).sum())
    }
}

impl Scene {
    fn basis(&self, at: usize) -> [f32; 6] {
        let (x, y) = ((at % self.width) as f32, (at / self.width) as f32);
        basis(
            2.0 * x / (self.width - 1) as f32 - 1.0,
            2.0 * y / (self.height - 1) as f32 - 1.0,
        )
    }

    fn off(&self, backdrop: &Backdrop, at: usize) -> f32 {
        distance_squared(self.colours[at], backdrop.colour(self.basis(at))).sqrt()
    }

    /// Fits the border, tolerating a subject that touches it, if it is near-uniform at all.
    fn fit_border(&self, border: &[usize]) -> Option<Backdrop> {
        let mode = self.commonest(border);
        let mut close: Vec<usize> = border
            .iter()
            .copied()
            .filter(|&at| distance_squared(self.colours[at], mode) < 20f32.powi(2))
            .collect();
        let mut backdrop = self.fit(&close)?;
        for tolerance in [3.0 * MAX_TOLERANCE, MAX_TOLERANCE, MAX_TOLERANCE] {
            close = border
                .iter()
                .copied()
                .filter(|&at| self.off(&backdrop, at) <= tolerance)
                .collect();
            backdrop = self.fit(&close)?;
        }
        let share = |side: &dyn Fn(usize, usize) -> bool| {
            let of_side = |list: &[usize]| {
                let on = |&&at: &&usize| side(at % self.width, at / self.width);
                list.iter().filter(on).count() as f64
            };
            of_side(&close) / of_side(border)
        };
        // Figures often stand on the lower border, seldom touch the sides and hardly ever the top.
        let uniform = share(&|_, y| y == 0) >= 0.9
            && share(&|x, _| x == 0) >= 0.75
            && share(&|x, _| x + 1 == self.width) >= 0.75;
        (uniform && backdrop.noise <= MAX_NOISE).then_some(backdrop)
    }

    /// The mean of the fullest cell of a coarse colour grid.
    fn commonest(&self, at: &[usize]) -> Lab {
        let mut cells = std::collections::BTreeMap::<[i32; 3], (u32, Lab)>::new();
        for &at in at {
            let colour = self.colours[at];
            let (count, sum) = cells
                .entry(colour.map(|c| (c / 8.0).round() as i32))
                .or_default();
            *count += 1;
            for (sum, c) in sum.iter_mut().zip(colour) {
                *sum += c;
            }
        }
        let fullest = cells.values().max_by_key(|(count, _)| *count);
        fullest.map_or([0.0; 3], |&(count, sum)| sum.map(|c| c / count as f32))
    }

    /// Least squares over the given pixels; nothing where they do not determine a quadratic.
    fn fit(&self, samples: &[usize]) -> Option<Backdrop> {
        if samples.len() < 32 {
            return None;
        }
        let mut normal = [[0f64; 6]; 6];
        let mut right = [[0f64; 3]; 6];
        for &at in samples {
            let basis = self.basis(at).map(f64::from);
            let colour = self.colours[at].map(f64::from);
            for ((normal, right), from) in normal.iter_mut().zip(&mut right).zip(basis) {
                for (sum, with) in normal.iter_mut().zip(basis) {
                    *sum += from * with;
                }
                for (sum, with) in right.iter_mut().zip(colour) {
                    *sum += from * with;
                }
            }
        }
        for (i, row) in normal.iter_mut().enumerate() {
            row[i] += 1e-3 * samples.len() as f64 * if i == 0 { 1e-6 } else { 1.0 };
        }
        let coefficients = solve(normal, right)?.map(|row| row.map(|c| c as f32));
        let mut backdrop = Backdrop {
            coefficients,
            noise: 0.0,
        };
        let sum: f32 = samples
            .iter()
            .map(|&at| self.off(&backdrop, at).powi(2))
            .sum();
        backdrop.noise = (sum / samples.len() as f32).sqrt();
        Some(backdrop)
    }

    /// How far each pixel is from the backdrop's colour (CIE76).
    fn offs(&self, backdrop: &Backdrop) -> Vec<f32> {
        let pixels = (0..self.colours.len()).into_par_iter();
        pixels.map(|at| self.off(backdrop, at)).collect()
    }

    /// What is connected to the border and no further than this from the backdrop's colour.
    fn near(&self, off: &[f32], tolerance: f32) -> Bitmap {
        Bitmap::new(self.width, self.height, |at| off[at] <= tolerance).connected_to_border()
    }
}

/// At most 20,000 of the pixels, evenly: a fit needs no more.
fn thin_out(samples: Vec<usize>) -> Vec<usize> {
    let step = samples.len().div_ceil(20_000).max(1);
    samples.into_iter().step_by(step).collect()
}

/// Solves a small symmetric system by Gaussian elimination with pivots.
fn solve(mut a: [[f64; 6]; 6], mut b: [[f64; 3]; 6]) -> Option<[[f64; 3]; 6]> {
    for column in 0..6 {
        let pivot =
            (column..6).max_by(|&i, &j| a[i][column].abs().total_cmp(&a[j][column].abs()))?;
        if a[pivot][column].abs() < 1e-9 {
            return None;
        }
        a.swap(column, pivot);
        b.swap(column, pivot);
        let (from, from_right) = (a[column], b[column]);
        for row in (0..6).filter(|&row| row != column) {
            let factor = a[row][column] / from[column];
            for k in 0..6 {
                a[row][k] -= factor * from[k];
            }
            for c in 0..3 {
                b[row][c] -= factor * from_right[c];
            }
        }
    }
    Some(std::array::from_fn(|i| b[i].map(|value| value / a[i][i])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::photo::cutout;

    /// The picture without its background, if that is plain.
    fn cut(picture: &RgbaImage) -> Option<RgbaImage> {
        find(picture)?;
        Some(cutout::cut(picture.clone(), None, None).ok()?.pixels)
    }

    /// A disk of one colour before a background by a rule; the truth comes with it.
    fn disk(colour: [u8; 3], behind: impl Fn(f32, f32) -> [f32; 3]) -> (RgbaImage, Vec<f32>) {
        let (width, height) = (160, 120);
        let mut truth = Vec::new();
        let picture = RgbaImage::from_fn(width, height, |x, y| {
            let (x, y) = (x as f32, y as f32);
            let distance = (x - 80.0).hypot(y - 65.0) - 35.0;
            let alpha = (0.5 - distance).clamp(0.0, 1.0);
            truth.push(alpha);
            let behind = behind(x, y);
            let [r, g, b] = std::array::from_fn(|i| {
                (alpha * f32::from(colour[i]) + (1.0 - alpha) * behind[i]).round() as u8
            });
            [r, g, b, 255].into()
        });
        (picture, truth)
    }

    fn worst(cut: &RgbaImage, truth: &[f32]) -> f32 {
        let errors = cut.pixels().zip(truth);
        errors
            .map(|(p, t)| (f32::from(p[3]) / 255.0 - t).abs())
            .fold(0.0, f32::max)
    }

    #[test]
    fn a_uniform_background_is_cut_with_a_soft_edge() {
        for behind in [[255.0; 3], [0.0; 3], [30.0, 200.0, 60.0]] {
            let (picture, truth) = disk([200, 40, 120], |_, _| behind);
            let cut = cut(&picture).expect("one colour is a uniform background");
            let worst = worst(&cut, &truth);
            assert!(worst < 0.1, "alpha is off by {worst} before {behind:?}");
        }
    }

    #[test]
    fn a_background_that_darkens_to_its_corners_is_still_uniform() {
        let (picture, truth) = disk([60, 40, 160], |x, y| {
            let fall = ((x - 80.0).powi(2) + (y - 60.0).powi(2)) / 250.0;
            [220.0 - fall, 215.0 - fall, 205.0 - fall]
        });
        let cut = cut(&picture).expect("slow light fall-off is not a pattern");
        let worst = worst(&cut, &truth);
        assert!(worst < 0.15, "alpha is off by {worst}");
    }

    #[test]
    fn white_inside_the_subject_stays() {
        let (mut picture, _) = disk([200, 40, 120], |_, _| [255.0; 3]);
        for (x, y) in [(80, 65), (81, 65), (80, 66), (81, 66)] {
            picture.put_pixel(x, y, [255, 255, 255, 255].into());
        }
        let cut = cut(&picture).expect("uniform");
        assert_eq!(
            cut.get_pixel(80, 65).0,
            [255; 4],
            "an eye's white is no background"
        );
    }

    #[test]
    fn a_patterned_background_is_refused() {
        let (picture, _) = disk([200, 40, 120], |x, y| {
            [if (x / 9.0) as i32 % 2 == (y / 9.0) as i32 % 2 {
                40.0
            } else {
                190.0
            }; 3]
        });
        assert!(cut(&picture).is_none(), "a chequered wall is not uniform");
    }
}
