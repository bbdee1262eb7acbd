//! A subject alone, as a picture or as a mask.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use image::{DynamicImage, GrayImage, ImageFormat};
use rayon::prelude::*;

use super::failure::Writes;
use crate::base::atomic_file::{self, writing};
use crate::model::Model;
use crate::photo::cutout::{self, Cutout};
use crate::photo::decode;

/// What to cut out, and where to write it.
#[derive(Clone, Debug)]
pub struct Alone {
    pub photo: PathBuf,
    /// The .png, as large as the photo.
    pub output: PathBuf,
    /// Where the subject is.
    pub mask: Option<PathBuf>,
    /// Where a mask of what was found goes.
    pub save_mask: Option<PathBuf>,
    pub options: cutout::Options,
    /// Whether files that are there are replaced.
    pub replace: bool,
}

impl Alone {
    /// Cuts it out and writes it.
    ///
    /// # Errors
    /// The photo cannot be read or shows no subject, or a file cannot be written.
    pub fn make(&self, model: &Model) -> Result<Cutout> {
        for path in std::iter::once(&self.output).chain(&self.save_mask) {
            atomic_file::check(path, self.replace).written()?;
        }
        let mask = self.mask.as_deref().map(decode::open_mask).transpose()?;
        let picture = decode::open_whole(&self.photo)?;
        let mut cutout = cutout::cut_as(
            picture,
            mask.as_ref(),
            model.cutout_network(),
            &self.options,
        )
        .with_context(|| self.photo.display().to_string())?;
        // Who hands the file on hands on nothing of what stood behind; and it is half as large.
        let (pixels, _) = cutout.pixels.as_chunks_mut::<4>();
        pixels.par_iter_mut().for_each(|pixel| {
            if pixel[3] == 0 {
                *pixel = [0; 4];
            }
        });
        let mut files = vec![(self.output.clone(), subject(&cutout)?)];
        if let Some(path) = &self.save_mask {
            files.push((path.clone(), mask_of(&cutout)?));
        }
        let _writing = writing();
        atomic_file::write_all(&files, self.replace).written()?;
        Ok(cutout)
    }
}

/// Writes where the subject is, white on black, as a mask that can be read again.
pub(super) fn write_mask(path: &Path, cutout: &Cutout, replace: bool) -> Result<()> {
    let bytes = mask_of(cutout)?;
    let _writing = writing();
    atomic_file::write_all(&[(path.to_owned(), bytes)], replace)
}

/// The subject on transparency as the bytes of a PNG.
pub(super) fn subject(cutout: &Cutout) -> Result<Vec<u8>> {
    let mut bytes = Cursor::new(Vec::new());
    (cutout.pixels.write_to(&mut bytes, ImageFormat::Png))
        .context("it cannot be encoded as PNG")?;
    Ok(bytes.into_inner())
}

fn mask_of(cutout: &Cutout) -> Result<Vec<u8>> {
    let (width, height) = cutout.pixels.dimensions();
    let mask = GrayImage::from_fn(width, height, |x, y| {
        [cutout.pixels.get_pixel(x, y)[3]].into()
    });
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(mask)
        .write_to(&mut bytes, ImageFormat::Png)
        .context("it cannot be encoded as PNG")?;
    Ok(bytes.into_inner())
}
