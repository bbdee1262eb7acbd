//! Which pictures of the figurine are wanted.

use std::path::PathBuf;

use anyhow::{Result, bail};

use super::{has_ending, names_folder, same_file};
use crate::cli::flags;
use crate::export::{self, Animation};
use crate::pipeline::job::{Pictures, Turntable, Usage};

/// A picture of a GIF that is shown more shortly is shown longer by most programs.
const SHORTEST: f32 = 0.02;

impl Pictures {
    /// Checks the flags against each other and against `read`, the pictures that the run reads, and
    /// `textures`, those that it writes anyway. Of `many` photos the previews go into a folder.
    ///
    /// # Errors
    /// [`Usage`].
    pub(super) fn new(
        flags: &flags::Pictures,
        many: bool,
        read: &[&PathBuf],
        textures: &[PathBuf],
    ) -> Result<Self> {
        let (mut preview, mut folder) = (flags.preview.clone(), None);
        if let Some(path) = &flags.preview {
            let shown = path.display();
            let is_folder = path.is_dir() || names_folder(path);
            if many && (is_folder || !export::is_file_name(path)) {
                folder = preview.take();
            } else if many {
                bail!(Usage(format!(
                    "{shown}: of several photos each has a picture of its own: name a folder for them"
                )));
            } else if !has_ending(path, &["png"]) {
                bail!(Usage(format!(
                    "{shown}: the picture's name must end in .png"
                )));
            }
        }
        let pictures = Self {
            view: flags.view.unwrap_or_default(),
            folder,
            turntable: match &flags.turntable {
                Some(path) => Some(Turntable::new(path.clone(), flags)?),
                None => None,
            },
            preview,
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
