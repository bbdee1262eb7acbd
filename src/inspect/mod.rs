//! Would it print? Any mesh file, looked at as a slicer would.

mod bodies;
mod budget;
mod estimate;
mod gltf;
mod obj;
mod part;
mod ply;
mod read;
mod report;
mod solids;
mod stl;
mod threemf;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use glam::Vec3;
use serde::Serialize;

use crate::base::text::in_json;
use crate::export::{Frame, Unit};
pub use crate::geometry::Stance;
use crate::geometry::{Figurine, Part, extent};
pub use bodies::Body;
use budget::Budget;
pub use estimate::Estimate;
use part::{Budgets, Looked, penetrations};
pub use part::{PartFindings, Penetration};
use solids::Solid;

/// At most so many rays and points a part: enough for a per cent.
const SAMPLES: usize = 20_000;
/// What is not farther apart touches, and parts may be in each other by so much, millimetres: as fine as
/// any printer.
const TOUCH: f32 = 0.02;

/// How to look.
#[derive(Clone, Debug)]
pub struct Options {
    /// The height at which it would be printed, metres; as it is when absent.
    pub height: Option<f32>,
    /// The file's unit; what files of its kind are usually in when absent.
    pub unit: Option<Unit>,
    /// Walls below this do not print, millimetres.
    pub wall: f32,
}

/// What was found.
#[derive(Clone, Debug, Serialize)]
pub struct Inspection {
    #[serde(serialize_with = "in_json::one")]
    pub file: PathBuf,
    /// Whether nothing speaks against printing it.
    pub prints: bool,
    /// What does.
    pub faults: Vec<String>,
    /// What is worth knowing, but speaks against nothing.
    pub remarks: Vec<String>,
    /// Whether all was looked at; a remark says what was not.
    pub complete: bool,
    pub triangles: usize,
    /// Of the parts together.
    pub volume_mm3: f64,
    /// In solid PLA.
    pub weight_g: f64,
    pub size_mm: [f32; 3],
    /// What it takes to print it.
    pub estimate: Estimate,
    /// The share of the surface that hangs over more than 45 degrees, but for what stands on the plate.
    pub overhang_share: f64,
    pub parts: Vec<PartFindings>,
    /// Parts that are in each other, and how deep.
    pub penetrations: Vec<Penetration>,
    /// How many bodies there are that do not touch each other.
    pub body_count: usize,
    /// How many of them do not reach the plate.
    pub floating: usize,
    /// Whether every one of them stands on the plate by itself.
    pub stands: bool,
    /// The largest of them, at most 100.
    pub bodies: Vec<Body>,
}

/// Looks at a file.
///
/// # Errors
/// A file that cannot be read or is broken, with its path. One that would not print is no error.
pub fn inspect(path: &Path, options: &Options) -> Result<Inspection> {
    let of_file = || read::plain(&path.to_string_lossy());
    let read::Found {
        parts,
        frame,
        mut remarks,
    } = read::read(path).with_context(of_file)?;
    let solids = solids(parts, frame, options);
    let (low, high) = extent(solids.iter().flat_map(Solid::points));
    let triangles = solids.iter().map(|s| s.triangles.len()).sum();
    let budget = || Budget::of(triangles);
    let mut budgets = Budgets {
        crossings: budget(),
        walls: budget(),
        entering: budget(),
    };
    let all: Vec<&Solid> = solids.iter().collect();
    let bodies = bodies::bodies(&all, low.z);
    let volume = total(all.iter().map(|solid| solid.volume()));
    let estimate = Estimate::of(&all, volume);
    let looked: Vec<Looked> = (solids.into_iter())
        .map(|solid| Looked::new(solid, low.z, options.wall, &mut budgets))
        .collect();
    let penetrations = penetrations(&looked, &mut budgets.entering);
    let area = total(looked.iter().map(|l| l.area));
    let hanging = total((looked.iter()).map(|l| l.findings.overhang_share * l.area));
    let parts: Vec<PartFindings> = looked.into_iter().map(|l| l.findings).collect();
    let faults: Vec<String> = (parts.iter())
        .flat_map(|part| part.faults(options.wall))
        .chain(bodies.fault())
        .collect();
    remarks.extend(parts.iter().filter_map(PartFindings::remark));
    remarks.extend(bodies.remark());
    remarks.extend(about_size((high - low).max_element()));
    let unfinished = budgets.remarks();
    let complete = unfinished.is_empty() && bodies.complete;
    remarks.extend(unfinished);
    Ok(Inspection {
        file: path.into(),
        prints: faults.is_empty(),
        faults,
        remarks,
        complete,
        triangles,
        volume_mm3: total(parts.iter().map(|p| p.volume_mm3)),
        weight_g: total(parts.iter().map(|p| p.weight_g)),
        size_mm: (high - low).to_array(),
        estimate,
        overhang_share: hanging / area.max(f64::MIN_POSITIVE),
        parts,
        penetrations,
        body_count: bodies.count,
        floating: bodies.floating,
        stands: bodies.stand,
        bodies: bodies.largest,
    })
}

/// Whether a figurine hangs together and stands.
#[derive(Clone, Debug, Serialize)]
pub struct Standing {
    /// How many bodies there are that do not touch each other.
    pub body_count: usize,
    /// How many of them do not reach the plate.
    pub floating: usize,
    /// Whether every one of them stands on the plate by itself.
    pub stands: bool,
    /// How the largest stands; absent where it floats above the plate.
    pub stance: Option<Stance>,
}

/// Looks at a figurine that is to be printed with so many `millimetres` a unit of the model frame.
pub fn standing(figurine: &Figurine, millimetres: f32) -> Standing {
    let place = |p: &Vec3| Frame::METRES.upright(*p) * millimetres;
    let solid = |part: &Part| {
        let corners = part.mesh.triangles.iter();
        let corners = corners.map(|t| t.map(|v| place(&part.mesh.positions[v as usize])));
        Solid::weld(part.name.clone(), corners)
    };
    let solids: Vec<Solid> = figurine.parts.iter().map(solid).collect();
    let (low, _) = extent(solids.iter().flat_map(Solid::points));
    let found = bodies::bodies(&solids.iter().collect::<Vec<_>>(), low.z);
    Standing {
        body_count: found.count,
        floating: found.floating,
        stands: found.stand,
        stance: found
            .largest
            .into_iter()
            .next()
            .and_then(|body| body.stance),
    }
}

/// A sum whose zero has no sign: that of nothing has one in Rust.
fn total(numbers: impl Iterator<Item = f64>) -> f64 {
    numbers.fold(0.0, |sum, number| sum + number)
}

/// Sizes that nobody prints in: mostly a wrong unit.
fn about_size(millimetres: f32) -> Option<String> {
    let size = match millimetres {
        1000.0.. => format!("{:.1} m", millimetres / 1000.0),
        ..1.0 => format!("{:.4} mm", millimetres),
        _ => return None,
    };
    Some(format!(
        "it is {size} long; --units says what its numbers are, --height the size to look at it in"
    ))
}

/// The parts in millimetres, +Z up, at the height that is wanted.
fn solids(soups: Vec<read::Soup>, own: Frame, options: &Options) -> Vec<Solid> {
    let frame = Frame {
        unit: options.unit.unwrap_or(own.unit),
        ..own
    };
    let place = |p: Vec3| frame.upright(p) * frame.unit.millimetres();
    let points = || {
        soups
            .iter()
            .flat_map(|soup| soup.triangles.iter().flatten())
    };
    let heights = || points().map(|&p| place(p).z);
    let tall = heights().fold(f32::MIN, f32::max) - heights().fold(f32::MAX, f32::min);
    let scale = match options.height {
        Some(height) if tall > 0.0 => height * 1000.0 / tall,
        _ => 1.0,
    };
    let part = |soup: read::Soup| {
        let corners = soup
            .triangles
            .into_iter()
            .map(|t| t.map(|p| place(p) * scale));
        Solid::weld(soup.name, corners)
    };
    soups.into_iter().map(part).collect()
}
