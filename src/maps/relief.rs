//! Relief: what the photo's shading says of the near sheets, finer than the network's maps.
//!
//! A surface lies deeper where it is darker than what is around it: light from all sides reaches folds and corners
//! less ("dark is deep", Langer and Bülthoff 2000). Paint is dark, too. It mostly has another hue than what it is on,
//! so where the hue changes the lightness says little (Funt et al. 1992), and what is left is bounded: a stripe becomes
//! a shallow groove and no canyon.

use image::RgbaImage;

use super::FINE;
use super::plane::{Plane, spread_colours};
use crate::base::colour::lab;

/// The highest that anything is raised, or deep that it is carved, halves of the frame.
const DEEPEST: f32 = 0.016;
/// So much lighter or darker than what is around it, of 100 (CIE L*), is raised or carved by three quarters of that.
const CONTRAST: f32 = 14.0;
/// Where the hue is so far from what is around it, CIE a* and b*, lightness counts two thirds less.
const HUE: f32 = 16.0;
/// What is around: blocks of so many pixels of [`FINE`], 3 % of the frame.
const AROUND: usize = 8;
/// Distance from the subject's outline, in pixels of [`FINE`], over which relief begins: there the photo is half ground.
const RIM: f32 = 6.0;

/// How far each pixel of [`FINE`] is raised, halves of the frame. `rim`: distance to the outline, above 0 inside.
pub(super) fn relief(mut picture: RgbaImage, rim: &Plane) -> Plane {
    spread_colours(&mut picture);
    let colours: Vec<_> = picture
        .pixels()
        .map(|p| lab([p.0[0], p.0[1], p.0[2]]))
        .collect();
    let contrast = |k: usize| {
        let plane = Plane::new(FINE, colours.iter().map(|c| c[k]).collect());
        let around = plane.reduced(FINE / AROUND).smooth(FINE);
        plane
            .smooth(FINE)
            .zip(&around, |here, around| here - around)
    };
    let [light, a, b] = [0, 1, 2].map(contrast);
    let hue = a.zip(&b, |a, b| (a * a + b * b) / (HUE * HUE));
    let shading = light.zip(&hue, |light, hue| (light / CONTRAST).tanh() * (-hue).exp());
    let raised = shading.zip(rim, |shading, rim| {
        DEEPEST * shading * (rim / RIM).clamp(0.0, 1.0)
    });
    raised.smooth(FINE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgba;

    /// A grey disc with a bar across it, and the distances to its outline.
    fn disc(bar: [u8; 3]) -> (RgbaImage, Plane) {
        let middle = FINE as f32 / 2.0;
        let away = |x: u32, y: u32| (x as f32 - middle).hypot(y as f32 - middle);
        let picture = RgbaImage::from_fn(FINE as u32, FINE as u32, |x, y| {
            let [r, g, b] = if (124..132).contains(&y) {
                bar
            } else {
                [150; 3]
            };
            Rgba([r, g, b, if away(x, y) < 100.0 { 255 } else { 0 }])
        });
        let n = FINE as u32;
        let rim = (0..n * n).map(|i| 100.0 - away(i % n, i / n));
        (picture, Plane::new(FINE, rim.collect()))
    }

    fn middle(plane: &Plane) -> f32 {
        plane.values()[FINE / 2 * FINE + FINE / 2]
    }

    #[test]
    fn what_is_darker_than_its_surroundings_lies_deeper_and_never_deeper_than_the_bound() {
        let (picture, rim) = disc([90; 3]);
        let carved = relief(picture, &rim);
        assert!(
            middle(&carved) < -0.5 * DEEPEST,
            "a groove: {}",
            middle(&carved)
        );
        let worst = carved
            .values()
            .iter()
            .fold(0.0f32, |most, v| most.max(v.abs()));
        assert!(worst <= DEEPEST, "{worst} is beyond the bound");
        assert!(worst < 0.02, "a stripe becomes no canyon: {worst}");
        let fringe = carved.values()[FINE / 2 * FINE + FINE / 2 - 99];
        assert!(
            fringe.abs() < 0.6 * middle(&carved).abs(),
            "where the photo is half ground it says less: {fringe}"
        );
        let flat = carved.values()[60 * FINE + FINE / 2];
        assert!(flat.abs() < 1e-3, "an even surface stays even: {flat}");
    }

    #[test]
    fn paint_of_another_hue_is_hardly_carved() {
        let (shade, rim) = disc([90; 3]);
        let (paint, _) = disc([190, 40, 40]);
        let (shade, paint) = (relief(shade, &rim), relief(paint, &rim));
        assert!(
            middle(&paint).abs() < 0.2 * middle(&shade).abs(),
            "a red stripe is carved by {}, a shadow by {}",
            middle(&paint),
            middle(&shade)
        );
    }
}
