//! A plain background where a colour is in doubt: what it says and what the network says, joined.
//!
//! A white shirt before a white wall is the background's by its colour, a strip of floor is not. Both are the other way
//! round, and the network knows. But it sees little of thin things and of gaps, whose colours are beyond doubt.

use anyhow::Result;
use image::{RgbaImage, imageops};

use super::Segmenter;
use super::background::{MAX_TOLERANCE, Plain};
use super::regions::Bitmap;

/// How much the network's map may be off, in parts of the longer side.
const BLUR: usize = 60;
/// Colours further than this from the background's (CIE76) are nowhere taken for it.
const CLEAR: f32 = 20.0;
/// How much is made of differences to the background in a further look at the picture.
const CONTRAST: f32 = 5.0;
/// Of the pixels with colours in doubt, more than this share makes that look worth its time.
const FAINT: f64 = 0.01;
/// A region that the network alone takes for the subject's must have this share.
const SURE: f32 = 0.8;

/// The subject's pixels in a picture with a plain background.
pub fn settle(picture: &RgbaImage, plain: &Plain, network: &dyn Segmenter) -> Result<Bitmap> {
    let share = look(picture, plain, network)?;
    let (width, height) = (plain.subject.width, plain.subject.height);
    let found = Bitmap::new(width, height, |at| share[at] >= 0.5);
    let blur = (width.max(height) / BLUR).max(2);
    let mut out = plain.subject.clone();
    let by_colour_alone = pair(&plain.subject, &found.dilated(blur), |a, b| a && !b);
    for region in by_colour_alone.regions() {
        let border = region.iter().any(|&at| plain.subject.on_border(at));
        if border || !stands_out(picture, plain, &region) {
            region.iter().for_each(|&at| out.bits[at] = false);
        }
    }
    // What of shadows lies so close to the subject that the network does not part them.
    for (at, (bit, &share)) in out.bits.iter_mut().zip(&share).enumerate() {
        let rim = *bit && share < 0.4;
        *bit &= !(rim && shadow(picture, plain, at));
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

/// The network's share of each pixel; where colours are near the background's, of two looks the larger.
fn look(picture: &RgbaImage, plain: &Plain, network: &dyn Segmenter) -> Result<Vec<f32>> {
    let mut share = stretched(network, picture)?;
    let in_doubt = |off: f32| (plain.noise / 3.0..2.0 * MAX_TOLERANCE).contains(&off);
    let faint = plain.off.iter().filter(|&&off| in_doubt(off)).count() as f64;
    if faint > FAINT * share.len() as f64 {
        let again = stretched(network, &enlarged(picture, plain))?;
        for ((share, again), &off) in share.iter_mut().zip(again).zip(&plain.off) {
            if off < 2.0 * MAX_TOLERANCE {
                *share = share.max(again);
            }
        }
    }
    Ok(share)
}

/// The network's map at the picture's size, 0..1.
pub fn stretched(network: &dyn Segmenter, picture: &RgbaImage) -> Result<Vec<f32>> {
    let (width, height) = picture.dimensions();
    let map = network.matte(picture)?;
    let map = imageops::resize(&map, width, height, imageops::FilterType::Triangle);
    Ok(map
        .as_raw()
        .iter()
        .map(|&share| f32::from(share) / 255.0)
        .collect())
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
