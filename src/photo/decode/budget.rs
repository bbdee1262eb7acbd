//! How much memory a picture may take: known, and refused, before it is decoded.

use anyhow::{Result, ensure};
use image::metadata::Orientation;
use image::{ColorType, ImageDecoder, ImageFormat, Limits};

/// The largest colour profile that is obeyed, in bytes. Those of cameras and scanners have some
/// kilobytes, those of printers one or two million.
pub const MAX_PROFILE: usize = 4 << 20;

/// What decoding may take, the file's own bytes included: 100 megapixels of RGBA, or of a camera's JPEG.
const MAX_MEMORY: u64 = 480_000_000;

/// What a decoder may take besides, for rows, tables and metadata.
pub const WORKSPACE: u64 = 32 << 20;

/// Refuses what would take more memory than a picture may; gives how much it takes.
pub fn check(format: ImageFormat, decoder: &dyn ImageDecoder, bytes: &[u8]) -> Result<u64> {
    let needed = memory(format, decoder, bytes);
    refuse(decoder, needed)?;
    Ok(needed)
}

/// The same of a picture that keeps its size: what it was decoded to stays until it is RGBA, unless that can be made of
/// it where it lies, and one that lies on its side is there twice while it is turned.
pub fn check_whole(decoder: &dyn ImageDecoder, bytes: &[u8], turn: Orientation) -> Result<()> {
    let (width, height) = decoder.dimensions();
    let rgba = 4 * u64::from(width) * u64::from(height);
    let decoded = match decoder.color_type() {
        ColorType::L8 | ColorType::La8 | ColorType::Rgb8 | ColorType::Rgba8 => 0,
        _ => decoder.total_bytes(),
    };
    let turned = match turn {
        Orientation::NoTransforms
        | Orientation::Rotate180
        | Orientation::FlipHorizontal
        | Orientation::FlipVertical => 0,
        _ => rgba,
    };
    refuse(decoder, rgba + decoded.max(turned) + bytes.len() as u64)
}

fn refuse(decoder: &dyn ImageDecoder, needed: u64) -> Result<()> {
    let (width, height) = decoder.dimensions();
    ensure!(
        needed <= MAX_MEMORY,
        "is {width} x {height} pixels, which take {} MB to decode, over the limit of {}: save it smaller",
        needed / 1_000_000,
        MAX_MEMORY / 1_000_000
    );
    Ok(())
}

/// Bytes that decoding takes at most, by what each decoder is known to hold beside its result.
fn memory(format: ImageFormat, decoder: &dyn ImageDecoder, bytes: &[u8]) -> u64 {
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    let (result, file) = (decoder.total_bytes(), bytes.len() as u64);
    let beside = match format {
        // The decoder has a copy of the file, and holds all coefficients where it cannot go line by line.
        ImageFormat::Jpeg if in_one_pass(bytes) => file,
        ImageFormat::Jpeg => file + 2 * u64::from(decoder.color_type().channel_count()) * pixels,
        // The planes, or the picture in four channels.
        ImageFormat::WebP => 4 * pixels,
        // One frame, as numbers and as colours.
        ImageFormat::Gif => 5 * pixels,
        // The result as the file has it, which may have four channels for three.
        ImageFormat::Tiff => result + result / 3,
        _ => 0,
    };
    result.saturating_add(beside).saturating_add(file)
}

/// Limits for a decoder that may take so many bytes.
pub fn limits(bytes: u64) -> Limits {
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(bytes);
    limits
}

/// Whether a JPEG has all of its channels in one sequential scan, as cameras write it.
fn in_one_pass(bytes: &[u8]) -> bool {
    const SCAN: u8 = 0xDA;
    let mut at = 2; // after the start-of-image marker
    let mut channels = None;
    while let Some(&[0xFF, code, high, low]) = bytes.get(at..).and_then(|rest| rest.first_chunk()) {
        let body = bytes.get(at + 4..).unwrap_or_default();
        match code {
            0xFF => {
                at += 1; // a fill byte
                continue;
            }
            0xC0 | 0xC1 => channels = body.get(5),
            SCAN => return channels.is_some() && body.first() == channels,
            _ => {}
        }
        at += 2 + usize::from(u16::from_be_bytes([high, low]));
    }
    false
}

/// Whether a file has a colour profile; for formats whose decoder does not tell a profile that it refuses
/// from none.
pub fn has_profile(format: ImageFormat, bytes: &[u8]) -> bool {
    match format {
        ImageFormat::Png => png_has(bytes, b"iCCP"),
        ImageFormat::Tiff => tiff_has(bytes, 34_675).unwrap_or(false),
        _ => false,
    }
}

fn png_has(bytes: &[u8], wanted: &[u8; 4]) -> bool {
    let mut at = 8; // after the signature
    while let Some(head) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let [a, b, c, d, kind @ ..] = head;
        if kind == wanted {
            return true;
        }
        // Length, kind and checksum are 12 bytes.
        at = at.saturating_add(12 + u32::from_be_bytes([*a, *b, *c, *d]) as usize);
    }
    false
}

/// Whether the first directory of a TIFF has a tag.
fn tiff_has(bytes: &[u8], wanted: u16) -> Option<bool> {
    let small = bytes.starts_with(b"II");
    let two = |at: usize| {
        let pair = *bytes.get(at..)?.first_chunk()?;
        Some(if small {
            u16::from_le_bytes(pair)
        } else {
            u16::from_be_bytes(pair)
        })
    };
    let start = *bytes.get(4..)?.first_chunk()?;
    let start = if small {
        u32::from_le_bytes(start)
    } else {
        u32::from_be_bytes(start)
    } as usize;
    let tags = usize::from(two(start)?);
    Some((0..tags).any(|tag| two(start + 2 + 12 * tag) == Some(wanted)))
}
