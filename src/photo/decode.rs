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
use image::{DynamicImage, GrayImage, ImageDecoder, ImageFormat, ImageReader, RgbaImage};
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};
use zeroize::Zeroizing;

use crate::base::file;
use crate::base::resample::shrink;
use crate::photo::cutout::largest_alpha;
use crate::photo::kind;

mod budget;

/// The largest file that is read, in bytes.
pub const MAX_BYTES: u64 = 64 << 20;
/// The largest picture that is decoded, in pixels.
pub const MAX_PIXELS: u64 = 100_000_000;
/// The longest side of a picture that is decoded: what a JPEG can have.
const LONGEST_SIDE: u32 = 65_535;
/// Pictures are reduced to this longer side: more detail never reaches the networks, and the
/// published program does the same.
pub const LONGER_SIDE: u32 = 2000;

/// Reads a picture file: upright, sRGB, straight alpha, its longer side at most [`LONGER_SIDE`].
///
/// # Errors
/// The file cannot be read, is not a regular file, is over [`MAX_BYTES`] or [`MAX_PIXELS`], is of no
/// kind that is [read](kind::READ), or is damaged. The message names the path.
pub fn open(path: &Path) -> Result<RgbaImage> {
    decode(&read(path)?).with_context(|| path.display().to_string())
}

/// The same at the size that it has.
///
/// # Errors
/// As [`open`].
pub fn open_whole(path: &Path) -> Result<RgbaImage> {
    decode_to(&read(path)?, u32::MAX, &mut |_| {}).with_context(|| path.display().to_string())
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
    if largest_alpha(&picture).is_some() {
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
    decode_to(bytes, LONGER_SIDE, &mut |_| {})
}

/// The same; what of the file is not obeyed is told, in words that go on from its name.
///
/// # Errors
/// As [`decode`].
pub fn decode_telling(bytes: &[u8], tell: &mut dyn FnMut(&str)) -> Result<RgbaImage> {
    decode_to(bytes, LONGER_SIDE, tell)
}

/// The same with its longer side at most `limit`.
fn decode_to(bytes: &[u8], limit: u32, tell: &mut dyn FnMut(&str)) -> Result<RgbaImage> {
    ensure!(!bytes.is_empty(), "is empty (0 bytes)");
    // The decoders are other people's code on an attacker's bytes; a panic in one is a damaged file.
    let decoded = catch_unwind(AssertUnwindSafe(|| decode_any(bytes, limit, tell)));
    decoded.unwrap_or_else(|_| bail!("is damaged: the decoder gave up on it"))
}

fn decode_any(bytes: &[u8], limit: u32, tell: &mut dyn FnMut(&str)) -> Result<RgbaImage> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
    let known = reader.format().filter(ImageFormat::reading_enabled);
    let Some(format) = known else {
        return Err(unknown_format(bytes));
    };
    reader.limits(budget::limits(budget::WORKSPACE));
    let mut decoder = reader.into_decoder().map_err(explain)?;
    let (width, height) = decoder.dimensions();
    ensure!(
        u64::from(width) * u64::from(height) <= MAX_PIXELS,
        "is {width} x {height} pixels, over the limit of {} megapixels: save it smaller",
        MAX_PIXELS / 1_000_000
    );
    ensure!(
        width.max(height) <= LONGEST_SIDE,
        "is {width} x {height} pixels, and no side may be over {LONGEST_SIDE}"
    );
    let needed = budget::check(format, &decoder, bytes)?;
    if format == ImageFormat::Jpeg {
        // The decoder fills what is missing with gray, which would become a gray figurine.
        ensure!(jpeg_is_complete(bytes), TRUNCATED);
    }
    let profile = profile(format, &mut decoder, bytes, tell);
    let turn = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    if width.max(height) <= limit {
        budget::check_whole(&decoder, bytes, turn)?;
    }
    let limits = budget::limits(needed + budget::WORKSPACE);
    decoder.set_limits(limits).map_err(explain)?;
    let picture = DynamicImage::from_decoder(decoder).map_err(explain)?;
    let gray = !picture.color().has_color();
    let mut picture = DynamicImage::from(shrink(picture, limit));
    picture.apply_orientation(turn);
    let mut picture = picture.into_rgba8();
    if let Some(icc) = profile {
        to_srgb(&mut picture, &icc, gray);
    }
    Ok(picture)
}

const IGNORED: &str =
    "its colour profile is damaged or over 4 MiB, and is not obeyed: its colours may be off";

/// The colour profile, if there is one that can be read and is not too large.
fn profile(
    format: ImageFormat,
    decoder: &mut impl ImageDecoder,
    bytes: &[u8],
    tell: &mut dyn FnMut(&str),
) -> Option<Vec<u8>> {
    // A TIFF's decoder makes 32 bytes of one of a tag: what it may make of the profile is limited first.
    let limits = budget::limits(decoder.total_bytes() + budget::MAX_PROFILE as u64);
    let found = match decoder.set_limits(limits) {
        Ok(()) => decoder.icc_profile().ok().flatten(),
        Err(_) => None,
    };
    let refused = found.is_some() || budget::has_profile(format, bytes);
    let whole = found.filter(|profile| profile.len() <= budget::MAX_PROFILE);
    if whole.is_none() && refused {
        tell(IGNORED);
    }
    whole
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
            anyhow!("takes more memory to decode than a picture may: save it smaller")
        }
        ImageError::IoError(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
            anyhow!(TRUNCATED)
        }
        other => anyhow!("is damaged, or not what it says it is: {other}"),
    }
}

/// What to tell of bytes that no decoder knows.
fn unknown_format(bytes: &[u8]) -> anyhow::Error {
    match kind::not_read(bytes.get(..kind::HEAD as usize).unwrap_or(bytes)) {
        Some(kind) => NotRead(kind).into(),
        None => anyhow!("is no picture that is known here ({})", kind::READ),
    }
}

/// A picture of a kind that is not read, by the name of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is a picture of a kind that is not read ({0}): export it as JPEG or PNG")]
pub struct NotRead(pub &'static str);

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

/// Makes a picture sRGB. It stays as it is, and nothing comes back, where the profile is unreadable or of another kind of
/// colour. Some pixels at a time, so that a large picture is never there twice.
fn to_srgb(picture: &mut RgbaImage, icc: &[u8], gray: bool) -> Option<()> {
    const PIXELS: usize = 1 << 16;
    let profile = ColorProfile::new_from_slice(icc).ok()?;
    let srgb = ColorProfile::new_srgb();
    let options = TransformOptions::default();
    let from = match (profile.color_space, gray) {
        (DataColorSpace::Rgb, _) => Layout::Rgba,
        (DataColorSpace::Gray, true) => Layout::GrayAlpha,
        // Such as the CMYK profile of a picture that the decoder already turned into RGB.
        _ => return None,
    };
    let transform = (profile.create_transform_8bit(from, &srgb, Layout::Rgba, options)).ok()?;
    for piece in picture.chunks_mut(4 * PIXELS) {
        let read = match from {
            Layout::GrayAlpha => piece.chunks_exact(4).flat_map(|p| [p[0], p[3]]).collect(),
            _ => piece.to_vec(),
        };
        transform.transform(&read, piece).ok()?;
    }
    Some(())
}
