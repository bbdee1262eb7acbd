//! Pictures one after another: an animated GIF or WebP, or a numbered file each.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use gif::{DisposalMethod, Encoder, Frame, Repeat};
use image::codecs::webp::WebPEncoder;
use image::{ExtendedColorType, RgbImage};

use super::picture;
use crate::base::palette::Palette;

/// How an animation is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Animation {
    /// `.gif`: 256 colours for all of it
    Gif,
    /// `.webp`: every pixel as it was drawn
    WebP,
    /// `_%03d.png`: a file a picture, counted from 1
    Pictures,
}

impl Animation {
    /// What `path`'s name means.
    ///
    /// # Errors
    /// A name that means none of these.
    pub fn of(path: &Path) -> Result<Self> {
        match &*super::ending(path) {
            "gif" => Ok(Self::Gif),
            "webp" => Ok(Self::WebP),
            "png" if numbered(path, 1).is_some() => Ok(Self::Pictures),
            "png" => bail!(
                "{}: pictures need a place for their numbers, as turn_%03d.png",
                path.display()
            ),
            _ => bail!(
                "{}: an animation's name must end in .gif, .webp or _%03d.png",
                path.display()
            ),
        }
    }

    /// The files that it takes.
    pub fn files(&self, path: &Path, frames: usize) -> Vec<PathBuf> {
        match self {
            Self::Gif | Self::WebP => vec![path.into()],
            Self::Pictures => (1..=frames).filter_map(|i| numbered(path, i)).collect(),
        }
    }
}

/// The path with `number` in place of its `%d` or `%03d`; nothing where it has not exactly one.
fn numbered(path: &Path, number: usize) -> Option<PathBuf> {
    let (before, after) = path.file_name()?.to_str()?.split_once('%')?;
    let (digits, after) = after.split_once('d')?;
    let width = match digits {
        "" => 0,
        _ => digits.strip_prefix('0')?.parse::<usize>().ok()?,
    };
    let fits = width <= 9 && !after.contains('%');
    fits.then(|| path.with_file_name(format!("{before}{number:0width$}{after}")))
}

/// The files of an animation, in the format that `path` means: pictures of one size, which last
/// `seconds` together and then begin again.
///
/// # Errors
/// Another name; no pictures, or of several sizes; what the format cannot hold.
pub fn animation(
    path: &Path,
    frames: &[RgbImage],
    seconds: f32,
) -> Result<Vec<(PathBuf, Vec<u8>)>> {
    let size = frames.first().map(RgbImage::dimensions);
    ensure!(
        size.is_some() && frames.iter().all(|f| Some(f.dimensions()) == size),
        "an animation is made of pictures of one size"
    );
    let animation = Animation::of(path)?;
    let encoded = match animation {
        Animation::Gif => gif(frames, seconds).map(|file| vec![file]),
        Animation::WebP => webp(frames, seconds).map(|file| vec![file]),
        Animation::Pictures => frames.iter().map(picture).collect(),
    };
    let encoded = encoded.with_context(|| format!("{} cannot be encoded", path.display()))?;
    let names = animation.files(path, frames.len());
    Ok(names.into_iter().zip(encoded).collect())
}

/// How long each picture is shown, in whole units of which there are `rate` in a second; together it is
/// the whole time, to the unit.
fn durations(frames: usize, seconds: f32, rate: f64) -> impl Iterator<Item = u32> {
    let until =
        move |i: usize| (f64::from(seconds) * rate * i as f64 / frames as f64).round() as u32;
    (0..frames).map(move |i| until(i + 1) - until(i))
}

/// One palette for all pictures; of each only the pixels that change.
fn gif(frames: &[RgbImage], seconds: f32) -> Result<Vec<u8>> {
    const SAME: u8 = 255; // the index that leaves a pixel as it was
    let mut palette = Palette::of(frames, usize::from(SAME));
    let (width, height) = frames[0].dimensions();
    let (width, height) = (u16::try_from(width)?, u16::try_from(height)?);
    let mut colours = palette.colours.concat();
    colours.extend([0; 3]);
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, width, height, &colours)?;
    encoder.set_repeat(Repeat::Infinite)?;
    let mut before: Option<Vec<u8>> = None;
    for (picture, delay) in frames.iter().zip(durations(frames.len(), seconds, 100.0)) {
        let now = palette.dither(picture);
        let buffer: Vec<u8> = match &before {
            Some(before) => (now.iter().zip(before))
                .map(|(now, before)| if now == before { SAME } else { *now })
                .collect(),
            None => now.clone(),
        };
        encoder.write_frame(&Frame {
            delay: delay.try_into().unwrap_or(u16::MAX),
            dispose: DisposalMethod::Keep,
            transparent: before.is_some().then_some(SAME),
            width,
            height,
            buffer: buffer.into(),
            ..Frame::default()
        })?;
        before = Some(now);
    }
    drop(encoder);
    Ok(file)
}

/// The container of animated WebP around lossless still pictures.
fn webp(frames: &[RgbImage], seconds: f32) -> Result<Vec<u8>> {
    let (width, height) = frames[0].dimensions();
    let three = |n: u32| n.to_le_bytes().into_iter().take(3);
    let extent = || three(width - 1).chain(three(height - 1));
    let mut body = b"WEBP".to_vec();
    let animated = [2, 0, 0, 0];
    chunk(&mut body, b"VP8X", animated.into_iter().chain(extent()))?;
    let (background, forever) = ([255; 4], [0; 2]);
    chunk(&mut body, b"ANIM", background.into_iter().chain(forever))?;
    for (picture, time) in frames.iter().zip(durations(frames.len(), seconds, 1000.0)) {
        let mut still = Vec::new();
        let encoder = WebPEncoder::new_lossless(&mut still);
        encoder.encode(picture, width, height, ExtendedColorType::Rgb8)?;
        const HEADER: usize = 12; // RIFF, its length, WEBP
        let corner = [0; 6];
        let opaque = 2; // the picture takes the place of the one before
        let head = corner.into_iter().chain(extent()).chain(three(time));
        let pixels = still.into_iter().skip(HEADER);
        chunk(&mut body, b"ANMF", head.chain([opaque]).chain(pixels))?;
    }
    let mut file = Vec::with_capacity(body.len() + 8);
    chunk(&mut file, b"RIFF", body)?;
    Ok(file)
}

/// A chunk of a RIFF file: name, length, content, and a byte to make it even.
fn chunk(to: &mut Vec<u8>, name: &[u8; 4], content: impl IntoIterator<Item = u8>) -> Result<()> {
    to.extend(name);
    let start = to.len() + 4;
    to.extend([0; 4]);
    to.extend(content);
    let length = u32::try_from(to.len() - start).context("it is larger than 4 GiB")?;
    to[start - 4..start].copy_from_slice(&length.to_le_bytes());
    if length % 2 == 1 {
        to.push(0);
    }
    Ok(())
}
