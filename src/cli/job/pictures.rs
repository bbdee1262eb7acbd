//! Which pictures of the figurine are wanted.

use std::path::PathBuf;

use anyhow::{Result, bail};

use super::{has_ending, names_folder, same_file};
use crate::cli::flags;
use crate::export::{self, Animation};
use crate::pipeline::job::{PAGES, Pictures, Turntable, Usage, is_page};
use crate::render::Viewpoint;

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
        let (preview, folder, ending) = previews(flags, many)?;
        let view = flags.view.unwrap_or_default();
        let page = ending == PAGES[0] || preview.as_deref().is_some_and(is_page);
        if page && view == Viewpoint::Sheet {
            bail!(Usage(
                "--view sheet: a page shows one side at a time, and turns; give another view, or a .png".into()
            ));
        }
        let pictures = Self {
            view,
            clay: flags.clay,
            folder,
            ending,
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

/// In a batch the name of each figurine, in a preview's name.
const EACH: &str = "{}";

/// The preview of one figurine, or the folder of many, and what names in that end in.
fn previews(
    flags: &flags::Pictures,
    many: bool,
) -> Result<(Option<PathBuf>, Option<PathBuf>, &'static str)> {
    let usual = "png";
    let Some(path) = &flags.preview else {
        return Ok((None, None, usual));
    };
    let shown = path.display();
    if !many {
        if !has_ending(path, &["png"]) && !is_page(path) {
            bail!(Usage(format!(
                "{shown}: the picture's name must end in .png, or in .html for a page that shows it from all sides"
            )));
        }
        return Ok((Some(path.clone()), None, usual));
    }
    if path.is_dir() || names_folder(path) || !export::is_file_name(path) {
        return Ok((None, Some(path.clone()), usual));
    }
    let each = path.file_stem().is_some_and(|stem| stem == EACH);
    let folder = path
        .parent()
        .filter(|folder| each && !folder.as_os_str().is_empty());
    match folder {
        Some(folder) if has_ending(path, &[usual]) => Ok((None, Some(folder.into()), usual)),
        Some(folder) if is_page(path) => Ok((None, Some(folder.into()), PAGES[0])),
        _ => bail!(Usage(format!(
            "{shown}: of several photos each has a picture of its own: name a folder for them, or looks/{EACH}.html for \
             pages that show them from all sides"
        ))),
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
