//! A plain background where a colour is in doubt: what it says and what the network says, joined.
//!
//! A white shirt before a white wall is the background's by its colour, a strip of floor is not. Both are the other way
//! round, and the network knows. But it sees little of thin things and of gaps, whose colours are beyond doubt.

use anyhow::Result;
use image::{GrayImage, RgbaImage, imageops};

use super::CutoutNetwork;
use super::background::{MAX_TOLERANCE, Plain, STABLE};
use super::regions::Bitmap;

/// How much the network's map may be off, in parts of the longer side.
const BLUR: usize = 60;
/// Colours further than this from the background's (CIE76) are nowhere taken for it.
const CLEAR: f32 = 20.0;
/// How much is made of differences to the background in a further look at the picture.
const CONTRAST: f32 = 5.0;
/// Of the pixels with colours in doubt, more than this share makes that look worth its time.
const FAINT: f64 = 0.01;
/// A pixel in the background's colours is seen through a gap if the network gives it less than this share, `0..=1`.
const THROUGH: f32 = 0.9;
/// A pixel that may be a shadow is one if the network gives it less than this share, `0..=1`.
const SHADOW: f32 = 0.4;
/// A region that the network alone takes for the subject's must have this share.
const SURE: f32 = 0.8;

/// Whether the network is to be asked: so much of the border's or the subject's colours may belong to the other, or of
/// what is taken for the subject may be a shadow, or the background seen through a gap.
pub fn is_in(picture: &RgbaImage, plain: &Plain) -> bool {
    let subject = || (0..plain.off.len()).filter(|&at| plain.subject.bits[at]);
    let dubious = |&at: &usize| plain.off[at] <= plain.noise || shadow(picture, plain, at);
    plain.doubt || subject().filter(dubious).count() as f64 > STABLE * subject().count() as f64
}

/// The subject's pixels in a picture with a plain background.
pub fn settle(picture: &RgbaImage, plain: &Plain, network: &dyn CutoutNetwork) -> Result<Bitmap> {
    let share = look(picture, plain, network)?;
    let (width, height) = (plain.subject.width, plain.subject.height);
    let found = Bitmap::new(width, height, |at| share[at] >= 0.5);
    let blur = (width.max(height) / BLUR).max(2);
    let mut out = plain.subject.clone();
    for (at, (bit, &share)) in out.bits.iter_mut().zip(&share).enumerate() {
        *bit &= !behind(picture, plain, at, share);
    }
    let by_colour_alone = pair(&out, &found.dilated(blur), |a, b| a && !b);
    for region in by_colour_alone.regions() {
        let border = region.iter().any(|&at| plain.subject.on_border(at));
        if border || !stands_out(picture, plain, &region) {
            region.iter().for_each(|&at| out.bits[at] = false);
        }
    }
    let by_network_alone = pair(&found.eroded(blur), &plain.subject, |a, b| a && !b);
    for region in by_network_alone.regions() {
        let mean = |value: &dyn Fn(usize) -> f32| {
            region.iter().map(|&at| value(at)).sum::<f32>() / region.len() as f32
        };
        let border = region.iter().any(|&at| plain.subject.on_border(at));
        let tinted = mean(&|at| plain.off[at]) > 0.4 * plain.noise;
        if (border || tinted) && mean(&|at| share[at]) > SURE {
            out.set(&region);
        }
    }
    // The rim that was left out of these regions.
    let grown = pair(&out.dilated(blur), &found, |a, b| a && b);
    let rim = pair(&grown, &plain.subject, |a, b| a && !b);
    let added = pair(&out, &plain.subject, |a, b| a && !b).dilated(blur);
    Ok(pair(&out, &pair(&rim, &added, |a, b| a && b), |a, b| {
        a || b
    }))
}

fn pair(a: &Bitmap, b: &Bitmap, rule: impl Fn(bool, bool) -> bool) -> Bitmap {
    Bitmap::new(a.width, a.height, |at| rule(a.bits[at], b.bits[at]))
}

/// The network's share of each pixel; where colours near the background's go on below the picture, of two looks the
/// larger.
fn look(picture: &RgbaImage, plain: &Plain, network: &dyn CutoutNetwork) -> Result<Vec<f32>> {
    let mut share = stretched(&network.matte(picture)?, picture);
    let in_doubt = |off: f32| (plain.noise / 3.0..2.0 * MAX_TOLERANCE).contains(&off);
    let faint = plain.off.iter().filter(|&&off| in_doubt(off)).count() as f64;
    if plain.doubt && faint > FAINT * share.len() as f64 {
        let again = stretched(&network.matte(&enlarged(picture, plain))?, picture);
        let (width, height) = picture.dimensions();
        let more = Bitmap::new(width as usize, height as usize, |at| {
            again[at] >= 0.5 && plain.off[at] < 2.0 * MAX_TOLERANCE
        });
        // A shadow ends in the picture, and a floor at its sides; a garment that the first look does not see goes on
        // below it.
        for region in more.regions() {
            let sides = region
                .iter()
                .filter(|&&at| at % more.width == 0 || (at + 1) % more.width == 0);
            let below = region
                .iter()
                .filter(|&&at| at / more.width + 1 == more.height);
            if below.count() > sides.count() {
                region
                    .iter()
                    .for_each(|&at| share[at] = share[at].max(again[at]));
            }
        }
    }
    Ok(share)
}

/// The network's map at the picture's size, 0..1.
pub fn stretched(map: &GrayImage, picture: &RgbaImage) -> Vec<f32> {
    let (width, height) = picture.dimensions();
    let map = imageops::resize(map, width, height, imageops::FilterType::Triangle);
    let shares = map.as_raw().iter();
    shares.map(|&share| f32::from(share) / 255.0).collect()
}

/// The picture before gray, with its differences to the background enlarged.
fn enlarged(picture: &RgbaImage, plain: &Plain) -> RgbaImage {
    let mut out = picture.clone();
    for (pixel, &ground) in out.pixels_mut().zip(&plain.ground) {
        let ground = crate::base::colour::rgb(ground);
        for c in 0..3 {
            let more = CONTRAST * (f32::from(pixel[c]) - f32::from(ground[c]));
            pixel[c] = (128.0 + more).clamp(0.0, 255.0) as u8;
        }
    }
    out
}

/// Whether a pixel shows what is behind: the background through a gap, where the network is not sure of the subject, or,
/// where it takes it for the background, what might be a shadow.
fn behind(picture: &RgbaImage, plain: &Plain, at: usize, share: f32) -> bool {
    let off = plain.off[at];
    let gap = off <= plain.noise && share < THROUGH;
    gap || share < SHADOW && (off <= CLEAR || shadow(picture, plain, at))
}

/// Whether most of a region is neither near the background's colour nor a shadow on it.
fn stands_out(picture: &RgbaImage, plain: &Plain, region: &[usize]) -> bool {
    let clear = |&&at: &&usize| plain.off[at] > CLEAR && !shadow(picture, plain, at);
    2 * region.iter().filter(clear).count() > region.len()
}

/// Whether a pixel has the background's colour in less light.
fn shadow(picture: &RgbaImage, plain: &Plain, at: usize) -> bool {
    let pixel = picture.as_raw()[4 * at..].first_chunk::<3>();
    let Some(pixel) = pixel.map(|p| p.map(|c| f32::from(c).max(1.0))) else {
        return false;
    };
    let ground = crate::base::colour::rgb(plain.ground[at]).map(|c| f32::from(c).max(1.0));
    let light = (0..3).map(|c| pixel[c] / ground[c]).sum::<f32>() / 3.0;
    (0.25..1.0).contains(&light)
        && (0..3).all(|c| (pixel[c] - light * ground[c]).abs() < 8.0 + 0.04 * ground[c])
}
