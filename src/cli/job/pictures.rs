//! Which pictures of the figurine are wanted.

use std::path::PathBuf;

use anyhow::{Result, bail};

use super::{has_ending, same_file};
use crate::cli::flags;
use crate::export::Animation;
use crate::pipeline::job::{Pictures, Turntable, Usage};

/// A picture of a GIF that is shown more shortly is shown longer by most programs.
const SHORTEST: f32 = 0.02;

impl Pictures {
    /// Checks the flags against each other and against `read`, the pictures that the run reads, and
    /// `textures`, those that it writes anyway.
    ///
    /// # Errors
    /// [`Usage`].
    pub(super) fn new(
        flags: &flags::Pictures,
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
            view: flags.view,
            turntable: match &flags.turntable {
                Some(path) => Some(Turntable::new(path.clone(), flags)?),
                None => None,
            },
            preview: flags.preview.clone(),
            thumbnail: None,
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
}

impl Turntable {
    fn new(path: PathBuf, flags: &flags::Pictures) -> Result<Self> {
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
