//! A bounded, upright, sRGB decode of a picture file.
//!
//! What the file says about itself is believed last: the format comes from the first bytes and not
//! from the name, sizes are checked before a buffer of that size is made, and a broken colour
//! profile or EXIF block is ignored, as it must not cost anyone their picture.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail, ensure};
use image::error::{ImageError, LimitErrorKind};
use image::metadata::Orientation;
use image::{DynamicImage, GrayImage, ImageDecoder, ImageReader, Limits, RgbaImage};
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};
use zeroize::Zeroizing;

use crate::base::file;
use crate::base::resample::shrink;
use crate::photo::framing::alpha_is_valid;

/// The largest file that is read, in bytes.
pub const MAX_BYTES: u64 = 64 << 20;
/// The largest picture that is decoded, in pixels.
pub const MAX_PIXELS: u64 = 100_000_000;
/// Pictures are reduced to this longer side: more detail never reaches the networks (SPEC section 1).
pub const LONGER_SIDE: u32 = 2000;

/// What a decoder may allocate: 100 megapixels of 16-bit RGBA, and some room.
const MAX_ALLOC: u64 = 1 << 30;

/// Reads a picture file: upright, sRGB, straight alpha, its longer side at most [`LONGER_SIDE`].
///
/// # Errors
/// The file cannot be read, is not a regular file, is over [`MAX_BYTES`] or [`MAX_PIXELS`], is no
/// JPEG, PNG, WebP, GIF, BMP or TIFF, or is damaged. The message names the path.
pub fn open(path: &Path) -> Result<RgbaImage> {
    decode(&read(path)?).with_context(|| path.display().to_string())
}

/// Reads a mask file: white is the subject. A picture with a valid alpha channel gives that instead.
///
/// # Errors
/// As [`open`].
pub fn open_mask(path: &Path) -> Result<GrayImage> {
    open(path).map(mask)
}

/// The mask that a picture means.
pub fn mask(picture: RgbaImage) -> GrayImage {
    if alpha_is_valid(&picture) {
        GrayImage::from_fn(picture.width(), picture.height(), |x, y| {
            [picture.get_pixel(x, y)[3]].into()
        })
    } else {
        DynamicImage::from(picture).into_luma8()
    }
}

/// The whole file, if it is a file and not over the limit. It is overwritten in memory when it is dropped.
///
/// # Errors
/// It cannot be read, is not a regular file, or is over [`MAX_BYTES`]. The message names the path.
pub fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>> {
    const TOO_LONG: &str = "is over the limit of 64 MiB for a picture file: save it smaller";
    const { assert!(MAX_BYTES == 64 << 20) };
    let bytes = file::read(path, MAX_BYTES, TOO_LONG);
    Ok(Zeroizing::new(
        bytes.with_context(|| path.display().to_string())?,
    ))
}

/// Decodes a picture file's bytes; see [`open`].
///
/// # Errors
/// The bytes are no picture of a known format, too large when decoded, or damaged.
pub fn decode(bytes: &[u8]) -> Result<RgbaImage> {
    ensure!(!bytes.is_empty(), "is empty (0 bytes)");
    // The decoders are other people's code on an attacker's bytes; a panic in one is a damaged file.
    let decoded = catch_unwind(AssertUnwindSafe(|| decode_any(bytes)));
    decoded.unwrap_or_else(|_| bail!("is damaged: the decoder gave up on it"))
}

fn decode_any(bytes: &[u8]) -> Result<RgbaImage> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
    let Some(format) = reader.format() else {
        bail!("{}", unknown_format(bytes));
    };
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MAX_ALLOC);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(explain)?;
    let (width, height) = decoder.dimensions();
    ensure!(
        u64::from(width) * u64::from(height) <= MAX_PIXELS,
        "is {width} x {height} pixels, over the limit of {} megapixels: save it smaller",
        MAX_PIXELS / 1_000_000
    );
    if format == image::ImageFormat::Jpeg {
        // The decoder fills what is missing with gray, which would become a gray figurine.
        ensure!(jpeg_is_complete(bytes), TRUNCATED);
    }
    let profile = decoder.icc_profile().ok().flatten();
    let turn = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let picture = DynamicImage::from_decoder(decoder).map_err(explain)?;
    let gray = !picture.color().has_color();
    let mut picture = DynamicImage::from(shrink(picture.into_rgba8(), LONGER_SIDE));
    picture.apply_orientation(turn);
    let picture = picture.into_rgba8();
    Ok(profile
        .and_then(|icc| to_srgb(&picture, &icc, gray))
        .unwrap_or(picture))
}

const TRUNCATED: &str = "is cut off: its end is missing, so copy or download it again";

/// The decoder's complaint in words that tell what to do.
fn explain(error: ImageError) -> anyhow::Error {
    match error {
        ImageError::Limits(limit)
            if matches!(
                limit.kind(),
                LimitErrorKind::DimensionError | LimitErrorKind::InsufficientMemory
            ) =>
        {
            anyhow!(
                "is over the limit of {} megapixels: save it smaller",
                MAX_PIXELS / 1_000_000
            )
        }
        ImageError::IoError(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
            anyhow!(TRUNCATED)
        }
        other => anyhow!("is damaged, or not what it says it is: {other}"),
    }
}

/// What to tell of bytes that no decoder knows.
fn unknown_format(bytes: &[u8]) -> &'static str {
    match bytes.get(4..12) {
        Some(b"ftypheic" | b"ftypheix" | b"ftypmif1" | b"ftypmsf1") => {
            "is a HEIC picture, which is not read: export it as JPEG or PNG"
        }
        Some(b"ftypavif" | b"ftypavis") => {
            "is an AVIF picture, which is not read: export it as JPEG or PNG"
        }
        _ => "is no picture that is known here (JPEG, PNG, WebP, GIF, BMP or TIFF)",
    }
}

/// Walks a JPEG's segments to its end-of-image marker.
fn jpeg_is_complete(bytes: &[u8]) -> bool {
    let mut at = 2; // after the start-of-image marker
    while let Some(&[marker, code]) = bytes.get(at..).and_then(|rest| rest.first_chunk()) {
        at += match (marker, code) {
            (0xFF, 0xD9) => return true,
            // Entropy-coded bytes, stuffing, fill bytes and restart markers lie between segments.
            (0xFF, 0xFF) | (0x00..=0xFE, _) => 1,
            (0xFF, 0x00 | 0x01 | 0xD0..=0xD7) => 2,
            _ => match bytes.get(at + 2..at + 4) {
                Some(&[high, low]) => 2 + usize::from(u16::from_be_bytes([high, low])),
                _ => return false,
            },
        };
    }
    false
}

/// The picture in sRGB, or nothing where the profile is unreadable or of another kind of colour.
fn to_srgb(picture: &RgbaImage, icc: &[u8], gray: bool) -> Option<RgbaImage> {
    let profile = ColorProfile::new_from_slice(icc).ok()?;
    let srgb = ColorProfile::new_srgb();
    let options = TransformOptions::default();
    let mut out = RgbaImage::new(picture.width(), picture.height());
    match (profile.color_space, gray) {
        (DataColorSpace::Rgb, _) => profile
            .create_transform_8bit(Layout::Rgba, &srgb, Layout::Rgba, options)
            .ok()?
            .transform(picture, &mut out)
            .ok()?,
        (DataColorSpace::Gray, true) => {
            let levels: Vec<u8> = picture.pixels().flat_map(|p| [p[0], p[3]]).collect();
            profile
                .create_transform_8bit(Layout::GrayAlpha, &srgb, Layout::Rgba, options)
                .ok()?
                .transform(&levels, &mut out)
                .ok()?;
        }
        // Such as the CMYK profile of a picture that the decoder already turned into RGB.
        _ => return None,
    }
    Some(out)
}
