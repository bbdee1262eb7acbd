//! What a run is to do: which photos, which files, which options.

use std::fmt;
use std::path::{Path, PathBuf};

use super::Options;
use crate::cache;
use crate::export::{self, ExportOptions, Format};
use crate::figure::rig::Pose;
use crate::model::nn::device::DeviceChoice;
use crate::photo::cutout;
use crate::render::Viewpoint;

/// What the names of pages end in.
pub const PAGES: [&str; 2] = ["html", "htm"];

/// The command line makes no sense, whatever the files hold.
#[derive(Debug)]
pub struct Usage(pub String);

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

/// All that a run needs to know.
#[derive(Clone, Debug)]
pub struct Job {
    /// One figurine each, in this order.
    pub items: Vec<Item>,
    /// Folders that were named, or found in those, and that could not be looked into, each with why.
    pub unread: Vec<(PathBuf, String)>,
    /// The folder of the figurines, to be made if it is not there; absent for a single file.
    pub folder: Option<PathBuf>,
    /// The format in which the one figurine goes to standard output, instead of to a file.
    pub out: Option<Format>,
    /// What is to be told about the job itself.
    pub notes: Vec<String>,
    /// Further views by the side that they show; only with one item.
    pub views: Vec<(crate::slots::Side, PathBuf)>,
    /// What the figurines are, or how they differ from their photos.
    pub prompt: Option<String>,
    /// Where the subject is; only with one item.
    pub mask: Option<PathBuf>,
    /// How it is found without that, and which of several.
    pub cutting: cutout::Options,
    /// Where a mask is written of what was found; only with one item.
    pub save_mask: Option<PathBuf>,
    /// Pictures of the figurine; only with one item.
    pub pictures: Pictures,
    /// Where cut-outs are written for checking.
    pub debug_dir: Option<PathBuf>,
    /// How figurines are written.
    pub export: ExportOptions,
    /// In how many filaments a 3MF is painted, if it is.
    pub filaments: Option<usize>,
    /// One mesh of the whole instead of parts.
    pub solid: bool,
    /// Whether it goes to a printer as a whole: then it becomes one body that stands.
    pub printed: bool,
    /// Whether it lies as it is printed best, instead of standing.
    pub orient: bool,
    /// Whether files have a skeleton.
    pub rig: bool,
    /// Whether legs become two parts.
    pub split_legs: bool,
    /// How figurines hold themselves.
    pub pose: Pose,
    /// Whether an item whose figurine is there already is passed over.
    pub skip: bool,
    /// What is kept of this run, and used of earlier ones.
    pub cache: cache::Settings,
    /// What shapes the figurine.
    pub options: Options,
    /// A GGUF file, or a published directory, instead of the weights in the binary.
    pub model: Option<PathBuf>,
    /// `auto`, `cpu`, `cuda` or `metal`.
    pub device: DeviceChoice,
}

/// What a figurine is made from, and its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The photo, from the front; absent where the job's prompt is all there is.
    pub input: Option<PathBuf>,
    /// Photos of others, who stand on the same plinth.
    pub beside: Vec<PathBuf>,
    pub output: PathBuf,
}

impl Item {
    /// What an error about this item begins with.
    pub fn name(&self) -> String {
        match &self.input {
            Some(path) if self.beside.is_empty() => path.display().to_string(),
            Some(path) => format!("{} and {} more", path.display(), self.beside.len()),
            None => "the prompt".into(),
        }
    }
}

/// Pictures of a figurine, besides its file; but for those in a folder only with one item.
#[derive(Clone, Debug)]
pub struct Pictures {
    /// A PNG file, or a page (see [`is_page`]).
    pub preview: Option<PathBuf>,
    /// A folder, with such a file for each item.
    pub folder: Option<PathBuf>,
    /// What the names of those in the folder end in: `png` or `html`.
    pub ending: &'static str,
    /// From where it is taken.
    pub view: Viewpoint,
    /// Whether pictures show it without paint.
    pub clay: bool,
    pub turntable: Option<Turntable>,
    /// Width and height of a small picture to be shown at the end.
    pub thumbnail: Option<(u32, u32)>,
}

/// Whether a preview of this name is a page that shows the figurine from all sides, rather than a picture.
pub fn is_page(path: &Path) -> bool {
    PAGES.contains(&&*export::ending(path))
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

impl Pictures {
    /// Those of one item. In a folder of previews each has the name of its figurine, in a folder of the same name as
    /// that is in below `figurines`.
    pub fn of(&self, item: &Item, figurines: Option<&Path>) -> Self {
        let Some(folder) = &self.folder else {
            return self.clone();
        };
        let below = figurines.and_then(|root| item.output.strip_prefix(root).ok());
        let name = below.unwrap_or(&item.output).with_extension(self.ending);
        Self {
            preview: Some(folder.join(name)),
            ..self.clone()
        }
    }

    /// All files that are written.
    pub fn files(&self) -> impl Iterator<Item = &PathBuf> {
        let turned = self.turntable.iter().flat_map(|t| &t.files);
        self.preview.iter().chain(turned)
    }
}
