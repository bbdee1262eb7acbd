//! What is told of a figurine.

use std::fmt;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::LazyLock;

use image::RgbImage;
use serde::Serialize;

use super::resume::Again;
use crate::base::progress::Stage;
use crate::base::text::{count, in_json, shown};
use crate::export::Filament;
use crate::figure::finish::Finish;
use crate::figure::print::Orientation;
use crate::geometry::{Figurine, Part};
use crate::inspect::Standing;
use crate::model::Model;
use crate::photo::cutout::{Bounds, Method};
use crate::sandbox::{FileAccess, Network};
use crate::slots::Side;

/// What became of one item.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The photo; absent for words alone.
    #[serde(serialize_with = "in_json::maybe")]
    pub input: Option<PathBuf>,
    /// Those of others on the same plinth.
    #[serde(serialize_with = "in_json::all", skip_serializing_if = "Vec::is_empty")]
    pub beside: Vec<PathBuf>,
    #[serde(serialize_with = "in_json::one")]
    pub output: PathBuf,
    /// All that was written: with `--split` a file a part, and what belongs to a file.
    #[serde(serialize_with = "in_json::all")]
    pub files: Vec<PathBuf>,
    /// Why it was made again, where a batch found one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub made_again: Option<Again>,
    pub parts: Vec<PartReport>,
    pub triangles: usize,
    /// How many faces have four sides, and how many three, where four-sided ones were wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quads: Option<Quads>,
    /// Names of parts that were meant to be there but came to nothing.
    pub failed_parts: Vec<String>,
    /// Names of the parts that the prompt changed, where one stood beside a photo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed: Option<Vec<String>>,
    /// What figurine and photo cover both, of what either covers, `0..=1`, where the figurine was made to fill the
    /// photo's outline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agreement: Option<f32>,
    /// The same of each further view, by the side that it shows.
    #[serde(serialize_with = "by_side", skip_serializing_if = "Vec::is_empty")]
    pub view_agreement: Vec<(Side, f32)>,
    /// Whether it hangs together and stands, where it is for a printer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standing: Option<Standing>,
    /// How it lies on the plate, where the best way was wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub orientation: Option<Orientation>,
    /// What its triangles are painted in, the first filament first, where that was wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filaments: Option<Vec<Filament>>,
    /// What a person should know of it: several subjects, words that were not understood, parts that came to nothing.
    pub notes: Vec<String>,
    /// Words of the prompt that the model does not know.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown_words: Vec<String>,
    /// How the subject was found in its photo.
    pub cutout: Option<Method>,
    /// All subjects of the photo, the first of them first; the one that was made is `subject`, counted from 1. Empty where
    /// the photo was not looked at again.
    pub subjects: Vec<Bounds>,
    pub subject: usize,
    /// Steps of diffusion: none where an earlier run's result was kept.
    pub denoise_steps: usize,
    /// Whether that was so.
    pub cached: bool,
    /// Seconds by stage; the weights are loaded in the first of a batch.
    #[serde(serialize_with = "as_map")]
    pub seconds: Vec<(Stage, f64)>,
    pub total_seconds: f64,
    /// The most memory that the process ever held, where the system tells.
    pub peak_memory_bytes: Option<u64>,
    pub seed: u64,
    /// `cpu`, `cuda` or `metal`.
    pub device: &'static str,
    /// Whether the system denied this process the network.
    pub network: Network,
    /// Whether the system leaves it no files but those of its run.
    pub file_access: FileAccess,
    pub model: ModelReport,
    /// A small picture of the figurine, where the job wanted one to show.
    #[serde(skip)]
    pub thumbnail: Option<RgbImage>,
}

/// One part of a [`Report`].
#[derive(Clone, Debug, Serialize)]
pub struct PartReport {
    pub name: String,
    pub triangles: usize,
    /// What its colours look to be made of; files have their roughness and metal by it.
    pub finish: Finish,
}

/// Faces of a [`Report`].
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Quads {
    pub four_sided: usize,
    pub three_sided: usize,
}

impl fmt::Display for Quads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.four_sided + self.three_sided;
        let share = 100.0 * self.four_sided as f32 / all.max(1) as f32;
        write!(
            f,
            "{} of {all} faces have four sides: {share:.1} %",
            self.four_sided
        )
    }
}

/// The weights of a [`Report`].
#[derive(Clone, Debug, Serialize)]
pub struct ModelReport {
    pub name: String,
    pub sha256: String,
}

impl PartReport {
    /// Of all parts of a figurine.
    pub(super) fn all(figurine: &Figurine) -> Vec<Self> {
        let report = |part: &Part| Self {
            name: part.name.clone(),
            triangles: part.mesh.triangles.len(),
            finish: Finish::of(&part.name, &part.mesh),
        };
        figurine.parts.iter().map(report).collect()
    }
}

impl ModelReport {
    pub(super) fn of(model: &Model) -> Self {
        let info = model.info();
        Self {
            name: info.name.clone(),
            sha256: info.sha256.clone(),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.parts.iter().map(|p| p.name.as_str()).collect();
        let file = shown(self.files.first().unwrap_or(&self.output));
        match self.files.len() - usize::from(!self.files.is_empty()) {
            // A file a part: the first is not all.
            more if more > 0 && !self.files.contains(&self.output) => {
                write!(f, "{file} and {}: ", count(more, "more file"))?;
            }
            _ => write!(f, "{file}: ")?,
        }
        write!(
            f,
            "{} ({}), {} triangles, {:.1} s",
            count(names.len(), "part"),
            names.join(", "),
            self.triangles,
            self.total_seconds
        )?;
        match self.made_again {
            Some(why) => write!(f, "; made again: {why}"),
            None => Ok(()),
        }
    }
}

fn as_map<S: serde::Serializer>(seconds: &[(Stage, f64)], to: S) -> Result<S::Ok, S::Error> {
    to.collect_map(seconds.iter().map(|(stage, seconds)| (stage, seconds)))
}

fn by_side<S: serde::Serializer>(views: &[(Side, f32)], to: S) -> Result<S::Ok, S::Error> {
    to.collect_map(views.iter().map(|(side, value)| (side.name(), value)))
}

/// Where Linux tells the resident set's high-water mark; kept open, as a confined process opens it no more.
static STATUS: LazyLock<Option<File>> = LazyLock::new(|| File::open("/proc/self/status").ok());

/// To be called before the process is confined, for [`Report::peak_memory_bytes`].
pub fn watch_memory() {
    LazyLock::force(&STATUS);
}

/// The most memory that the process ever held, bytes, where the system tells.
pub fn peak_memory() -> Option<u64> {
    let mut file = STATUS.as_ref()?;
    let mut status = String::new();
    file.seek(SeekFrom::Start(0)).ok()?;
    file.read_to_string(&mut status).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}
