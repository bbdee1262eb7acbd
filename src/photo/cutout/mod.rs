//! The subject, cut out of its picture.
//!
//! Four ways, the surest first: a mask that the user gave, a valid alpha channel, an (almost) uniform
//! background, and then a guess: by a network where the weights hold one, else by what the colours
//! at the border say.

mod background;
mod edge;
mod guided;
mod regions;
mod statistics;

use anyhow::{Result, bail, ensure};
use image::{GrayImage, RgbaImage, imageops};

use crate::photo::framing::alpha_is_valid;

/// How a subject was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// By the mask file that the user gave.
    Mask,
    /// By the picture's own alpha channel.
    Alpha,
    /// By flooding an almost uniform background from the border.
    Background,
    /// By the segmentation network in the weights file.
    Network,
    /// By comparing colours with those at the border: a guess, worth a look.
    Statistics,
}

/// A subject on transparency.
#[derive(Clone, Debug)]
pub struct Cutout {
    /// Straight alpha; as large as the picture that it was cut from.
    pub pixels: RgbaImage,
    /// How the alpha was found.
    pub method: Method,
}

/// A network that tells subject from background.
pub trait Segmenter {
    /// The subject's share of each pixel, 255 for all of it; of the size of `picture`. It may be coarse:
    /// its edges are drawn to those of the picture.
    ///
    /// # Errors
    /// The network cannot be run.
    fn matte(&self, picture: &RgbaImage) -> Result<GrayImage>;
}

/// Cuts the subject out of an upright sRGB picture, by the first method that applies.
///
/// # Errors
/// There is no subject: the picture is wholly transparent, of one colour, or the mask is empty or of
/// another shape than the picture.
pub fn cut(
    picture: RgbaImage,
    mask: Option<&GrayImage>,
    network: Option<&dyn Segmenter>,
) -> Result<Cutout> {
    ensure!(
        picture.pixels().any(|p| p[3] > 0),
        "the picture is wholly transparent: there is nothing to make a figurine of"
    );
    if let Some(mask) = mask {
        let matte = fit_mask(mask, &picture)?;
        return finish(with_alpha(picture, &matte), Method::Mask);
    }
    if alpha_is_valid(&picture) {
        return finish(picture, Method::Alpha);
    }
    let picture = opaque(picture);
    if let Some(cutout) = background::cut(&picture) {
        return finish(cutout, Method::Background);
    }
    match network {
        Some(network) => {
            let matte = network.matte(&picture)?;
            finish(guided::cut(&picture, &matte), Method::Network)
        }
        None => finish(statistics::cut(&picture), Method::Statistics),
    }
}

/// Refuses a cut-out that holds nothing worth a figurine.
fn finish(pixels: RgbaImage, method: Method) -> Result<Cutout> {
    let opaque = pixels.pixels().filter(|p| p[3] >= 128).count();
    // A subject of fewer pixels than a small icon tells nothing.
    if opaque < 64 {
        bail!(match method {
            Method::Mask => "the mask leaves nothing of the picture: white must mark the subject",
            Method::Alpha => "almost all of the picture is transparent: nothing is left to model",
            _ =>
                "no subject stands out from the background (is the picture of one colour?): use \
                 another picture, or say where the subject is with --mask FILE",
        });
    }
    Ok(Cutout { pixels, method })
}

/// The mask at the picture's size; of the same shape it must be.
fn fit_mask(mask: &GrayImage, picture: &RgbaImage) -> Result<GrayImage> {
    let ((mask_w, mask_h), (w, h)) = (mask.dimensions(), picture.dimensions());
    if (mask_w, mask_h) == (w, h) {
        return Ok(mask.clone());
    }
    let (mask_ratio, ratio) = (
        f64::from(mask_w) / f64::from(mask_h),
        f64::from(w) / f64::from(h),
    );
    ensure!(
        (mask_ratio / ratio - 1.0).abs() < 0.02,
        "the mask is {mask_w} x {mask_h} and the picture {w} x {h} pixels: they must have the same shape"
    );
    Ok(imageops::resize(mask, w, h, imageops::FilterType::Triangle))
}

fn with_alpha(mut picture: RgbaImage, matte: &GrayImage) -> RgbaImage {
    for (pixel, alpha) in picture.pixels_mut().zip(matte.pixels()) {
        pixel[3] = alpha[0];
    }
    picture
}

/// Drops an alpha channel that does not tell subject from background (SPEC section 1, step 2): a
/// slightly transparent pixel shows white, the colour of everything behind a subject here.
fn opaque(mut picture: RgbaImage) -> RgbaImage {
    for pixel in picture.pixels_mut() {
        let alpha = u32::from(pixel[3]);
        for channel in 0..3 {
            let over_white = u32::from(pixel[channel]) * alpha + 255 * (255 - alpha);
            pixel[channel] = ((over_white + 127) / 255) as u8;
        }
        pixel[3] = 255;
    }
    picture
}
