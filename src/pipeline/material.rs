//! What an item is made from, read and decoded; and an earlier result of it, where one was kept.

use std::path::Path;

use anyhow::{Context, Result};
use image::{GrayImage, RgbaImage};
use sha2::{Digest, Sha256};

use super::batch::{Outcome, Runner};
use super::failure::Writes;
use super::job::Item;
use super::part_maps;
use super::resume::{Again, Todo};
use crate::base::atomic_file;
use crate::base::progress::Event;
use crate::cache::{Kept, Recipe, Secret};
use crate::export;
use crate::photo::decode;
use crate::slots::Side;

/// What was read of an item, before anything is made of it.
#[derive(Default)]
pub(super) struct Material {
    /// The photo, decoded, and its mask; absent where there is none or an earlier result is all that is needed.
    pub(super) picture: Option<(RgbaImage, Option<GrayImage>)>,
    /// Those of others on the same plinth, decoded.
    pub(super) beside: Vec<RgbaImage>,
    /// The further views, decoded, likewise.
    pub(super) views: Vec<(Side, RgbaImage)>,
    pub(super) kept: Option<Kept>,
    /// Why it is made again, if it was there.
    pub(super) again: Option<Again>,
    /// Opens and seals this item's results, where the cache is used.
    pub(super) seal: Option<(Secret, Recipe)>,
    /// What was remarked while it was read.
    pub(super) notes: Vec<String>,
}

/// What is to be done about an item.
pub(super) enum Ready {
    /// To make it.
    Make(Box<Material>),
    /// Nothing: this came of it.
    Leave(Outcome),
}

impl Runner<'_, '_> {
    /// Reads an item's photo, decodes it if that is needed, and looks for an earlier result, unless the figurine
    /// is there already.
    pub(super) fn prepare(&self, item: &Item) -> Result<Ready> {
        let again = match self.todo(item) {
            Todo::Nothing => return Ok(Ready::Leave(Outcome::Skipped)),
            Todo::Keep(why) => return Ok(Ready::Leave(Outcome::Kept(why))),
            Todo::Make(again) => again,
        };
        self.check_outputs(item).written()?;
        self.watch.take_notes(); // those of an item that failed
        let material = self.read(item)?;
        let notes = self.watch.take_notes();
        Ok(Ready::Make(Box::new(Material {
            again,
            notes,
            ..material
        })))
    }

    /// Makes an item's folder, and refuses it if a file of it cannot be written.
    fn check_outputs(&self, item: &Item) -> Result<()> {
        let export = &self.job.export;
        if self.job.folder.is_some() {
            let folder = atomic_file::folder(&item.output);
            std::fs::create_dir_all(folder)
                .with_context(|| format!("{}: the folder cannot be made", folder.display()))?;
        }
        let parts = match export.split {
            true => export::parts_there(&item.output),
            false => Vec::new(),
        };
        let pictures = self.job.pictures.of(item, self.job.folder.as_deref());
        if let Some(picture) = pictures
            .preview
            .iter()
            .find(|_| self.job.pictures.folder.is_some())
        {
            let folder = atomic_file::folder(picture);
            std::fs::create_dir_all(folder)
                .with_context(|| format!("{}: the folder cannot be made", folder.display()))?;
        }
        let main = std::iter::once(&item.output).filter(|_| self.job.out.is_none());
        for path in main.chain(&parts).chain(pictures.files()) {
            check_output(path, export.replace)?;
        }
        Ok(())
    }

    /// What an item is made from, and an earlier result of it.
    fn read(&self, item: &Item) -> Result<Material> {
        let cache = self.cache.as_ref();
        let Some(input) = &item.input else {
            let seal = (self.words.clone()).map(|words| (words, self.recipe.clone()));
            return Ok(Material {
                kept: self.kept(seal.as_ref()),
                seal,
                ..Material::default()
            });
        };
        let bytes = decode::read(input)?;
        let mask = self.job.mask.as_deref().map(decode::read).transpose()?;
        let views = (self.job.views.iter())
            .map(|(side, path)| Ok((*side, path, decode::read(path)?)))
            .collect::<Result<Vec<_>>>()?;
        // Of what is read off photos nothing is kept: it would be what another way made of them.
        let read_off = self.prompt.is_none() && part_maps::wanted(&self.model, &self.job.options);
        let seal = cache.filter(|_| !read_off && item.beside.is_empty());
        let seal = seal.map(|cache| {
            let hash = |bytes: &[u8]| format!("{:x}", Sha256::digest(bytes));
            let recipe = Recipe {
                mask: (mask.as_ref().map(|bytes| hash(bytes)))
                    .or_else(|| self.job.cutting.chosen()),
                views: (views.iter())
                    .map(|(side, _, bytes)| (side.name(), hash(bytes)))
                    .collect(),
                ..self.recipe.clone()
            };
            let pictures = mask.iter().chain(views.iter().map(|(_, _, bytes)| bytes));
            let others = pictures.map(|bytes| cache.secret(bytes));
            let secret = (others.chain(self.words.clone()))
                .fold(cache.secret(&bytes), |secret, other| secret.beside(&other));
            (secret, recipe)
        });
        let kept = self.kept(seal.as_ref());
        let unasked = self.job.debug_dir.is_none() && self.job.save_mask.is_none();
        let unneeded = unasked && !self.job.options.compares(&self.model);
        let mut material = Material {
            kept,
            seal,
            ..Material::default()
        };
        if material.kept.is_some() && unneeded {
            return Ok(material);
        }
        let decode = |bytes: &[u8], path: &Path| {
            let mut tell = |note: &str| {
                let note = format!("{}: {note}", path.display());
                self.watch.tell(Event::Note(note));
            };
            decode::decode_telling(bytes, &mut tell).with_context(|| path.display().to_string())
        };
        let mask = match (&self.job.mask, mask) {
            (Some(path), Some(bytes)) => Some(decode::mask(decode(&bytes, path)?)),
            _ => None,
        };
        material.picture = Some((decode(&bytes, input)?, mask));
        for path in &item.beside {
            material.beside.push(decode(&decode::read(path)?, path)?);
        }
        for (side, path, bytes) in views {
            material.views.push((side, decode(&bytes, path)?));
        }
        Ok(material)
    }

    fn kept(&self, seal: Option<&(Secret, Recipe)>) -> Option<Kept> {
        let (secret, recipe) = seal?;
        self.cache.as_ref()?.get(secret, recipe)
    }
}

/// Refuses a place that cannot be written to before any work is done for it.
fn check_output(path: &Path, replace: bool) -> Result<()> {
    atomic_file::check(path, replace)?;
    // Only trying tells whether a folder can be written to.
    let real = atomic_file::real_path(path)?;
    let probe = tempfile::tempfile_in(atomic_file::folder(&real));
    probe.map(drop).with_context(|| {
        let folder = atomic_file::folder(path).display();
        format!(
            "{} cannot be written: the folder {folder} refuses",
            path.display()
        )
    })
}
