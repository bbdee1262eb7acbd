//! What is told of a figurine.

use std::fmt;
use std::path::PathBuf;

use image::RgbImage;
use serde::Serialize;

use crate::base::progress::Stage;
use crate::export::Filament;
use crate::geometry::{Figurine, Part};
use crate::model::Model;
use crate::photo::cutout::{Bounds, Method};
use crate::sandbox::Network;

/// What became of one item.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The photo; absent for words alone.
    pub input: Option<PathBuf>,
    pub output: PathBuf,
    /// All that was written: with `--split` a file a part, and what belongs to a file.
    pub files: Vec<PathBuf>,
    pub parts: Vec<PartReport>,
    pub triangles: usize,
    /// Names of parts that were meant to be there but came to nothing.
    pub failed_parts: Vec<String>,
    /// Names of the parts that the prompt changed, where one stood beside a photo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed: Option<Vec<String>>,
    /// What its triangles are painted in, the first filament first, where that was wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filaments: Option<Vec<Filament>>,
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
        write!(
            f,
            "{}: {} parts ({}), {} triangles, {:.1} s",
            self.files.first().unwrap_or(&self.output).display(),
            names.len(),
            names.join(", "),
            self.triangles,
            self.total_seconds
        )
    }
}

fn as_map<S: serde::Serializer>(seconds: &[(Stage, f64)], to: S) -> Result<S::Ok, S::Error> {
    to.collect_map(seconds.iter().map(|(stage, seconds)| (stage, seconds)))
}

/// The resident set's high-water mark; Linux alone tells it in a file.
pub(super) fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}
