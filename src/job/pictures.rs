//! Which pictures of the figurine are wanted.

use std::path::PathBuf;

use anyhow::{Result, bail};

use super::{Usage, has_ending, same_file};
use crate::cli::{self, View};
use crate::export::Animation;
use crate::mesh::preview;

/// Pictures of a figurine, besides its file; only with one item.
#[derive(Clone, Debug)]
pub struct Pictures {
    /// A PNG file.
    pub preview: Option<PathBuf>,
    /// From where it is taken.
    pub view: preview::View,
    pub turntable: Option<Turntable>,
    /// Width and height of a small picture to be shown at the end.
    pub glance: Option<(u32, u32)>,
}

/// A film of one turn.
#[derive(Clone, Debug)]
pub struct Turntable {
    pub path: PathBuf,
    /// All files that it takes.
    pub files: Vec<PathBuf>,
    pub frames: usize,
    /// How long the turn takes.
    pub seconds: f32,
    /// Pixels a side.
    pub side: u32,
}

/// A picture of a GIF that is shown more shortly is shown longer by most programs.
const SHORTEST: f32 = 0.02;

impl Pictures {
    /// Checks the flags against each other and against `read`, the pictures that the run reads, and
    /// `textures`, those that it writes anyway.
    ///
    /// # Errors
    /// [`Usage`].
    pub(super) fn new(
        flags: cli::Pictures,
        read: &[&PathBuf],
        textures: &[PathBuf],
    ) -> Result<Self> {
        if let Some(preview) = &flags.preview
            && !has_ending(preview, &["png"])
        {
            bail!(Usage(format!(
                "{}: the picture's name must end in .png",
                preview.display()
            )));
        }
        let pictures = Self {
            view: match flags.view {
                View::ThreeQuarter => preview::View::ThreeQuarter,
                View::Front => preview::View::Front,
                View::Side => preview::View::Side,
                View::Back => preview::View::Back,
                View::Sheet => preview::View::Sheet,
            },
            turntable: match &flags.turntable {
                Some(path) => Some(Turntable::new(path.clone(), &flags)?),
                None => None,
            },
            preview: flags.preview,
            glance: None,
        };
        if let Some(file) = pictures.files().find(|file| textures.contains(file)) {
            bail!(Usage(format!(
                "{}: the figurine's texture will have this name",
                file.display()
            )));
        }
        for file in pictures.files().chain(textures) {
            if read.iter().any(|input| same_file(input, file)) {
                bail!(Usage(format!(
                    "{}: this would replace a picture that is read",
                    file.display()
                )));
            }
        }
        Ok(pictures)
    }

    /// All files that are written.
    pub fn files(&self) -> impl Iterator<Item = &PathBuf> {
        let turned = self.turntable.iter().flat_map(|t| &t.files);
        self.preview.iter().chain(turned)
    }
}

impl Turntable {
    fn new(path: PathBuf, flags: &cli::Pictures) -> Result<Self> {
        let animation = Animation::of(&path).map_err(|e| Usage(format!("--turntable: {e}")))?;
        let frames = usize::from(flags.frames);
        if flags.seconds / (frames as f32) < SHORTEST {
            bail!(Usage(format!(
                "--frames {frames} in --seconds {} is faster than 50 pictures a second, which no viewer shows",
                flags.seconds
            )));
        }
        Ok(Self {
            files: animation.files(&path, frames),
            path,
            frames,
            seconds: flags.seconds,
            side: flags.turntable_size,
        })
    }
}
