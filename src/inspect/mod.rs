//! Would it print? Any GLB, OBJ or STL, looked at as a slicer would.

mod glb;
mod read;
mod solids;

use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use glam::Vec3;
use serde::Serialize;

use crate::export::{Frame, Unit};
use crate::geometry::bvh::{Tree, cross};
use crate::geometry::extent;
use solids::Solid;

/// Grams of a cubic millimetre of PLA, solid.
const DENSITY: f64 = 1.24e-3;
/// At most so many rays and points a part: enough for a per cent.
const SAMPLES: usize = 20_000;
/// Parts may be in each other by so much, millimetres: as fine as any printer.
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
    pub file: PathBuf,
    /// Whether nothing speaks against printing it.
    pub prints: bool,
    /// What does.
    pub faults: Vec<String>,
    pub triangles: usize,
    /// Of the parts together.
    pub volume_mm3: f64,
    /// In solid PLA.
    pub weight_g: f64,
    pub size_mm: [f32; 3],
    /// The share of the surface that hangs over more than 45 degrees, but for what stands on the plate.
    pub overhang_share: f64,
    pub parts: Vec<PartFindings>,
    /// Parts that are in each other, and how deep.
    pub penetrations: Vec<Penetration>,
}

/// One part of an [`Inspection`].
#[derive(Clone, Debug, Serialize)]
pub struct PartFindings {
    pub name: String,
    pub triangles: usize,
    pub closed: bool,
    pub manifold: bool,
    pub outward: bool,
    /// Pairs of triangles that pass through each other.
    pub self_intersections: usize,
    pub volume_mm3: f64,
    pub weight_g: f64,
    /// All but a hundredth of the surface has more than this behind it.
    pub wall_mm: Option<f32>,
    /// The share of the surface behind which there is less than the least wall.
    pub thin_share: f64,
    pub overhang_share: f64,
    pub size_mm: [f32; 3],
}

/// See [`Inspection::penetrations`].
#[derive(Clone, Debug, Serialize)]
pub struct Penetration {
    pub parts: [String; 2],
    pub depth_mm: f32,
}

/// Looks at a file.
///
/// # Errors
/// A file that cannot be read or is broken, with its path. One that would not print is no error.
pub fn inspect(path: &Path, options: &Options) -> Result<Inspection> {
    let of_file = || path.display().to_string();
    let (soups, frame) = read::read(path).with_context(of_file)?;
    let solids = solids(soups, frame, options);
    let floor = solids
        .iter()
        .map(|s| s.extent().0.z)
        .fold(f32::MAX, f32::min);
    let looked: Vec<Looked> = (solids.into_iter())
        .map(|solid| Looked::new(solid, floor, options.wall))
        .collect();
    let mut penetrations = Vec::new();
    for (i, one) in looked.iter().enumerate() {
        for other in &looked[i + 1..] {
            let depth_mm = one.within(other).max(other.within(one));
            if depth_mm > TOUCH {
                let parts = [one, other].map(|l| l.findings.name.clone());
                penetrations.push(Penetration { parts, depth_mm });
            }
        }
    }
    let (low, high) = extent(looked.iter().flat_map(|l| l.solid.points()));
    let area: f64 = looked.iter().map(|l| l.area).sum();
    let hanging: f64 = looked
        .iter()
        .map(|l| l.findings.overhang_share * l.area)
        .sum();
    let parts: Vec<PartFindings> = looked.into_iter().map(|l| l.findings).collect();
    let faults: Vec<String> = parts
        .iter()
        .flat_map(|part| part.faults(options.wall))
        .collect();
    Ok(Inspection {
        file: path.into(),
        prints: faults.is_empty(),
        faults,
        triangles: parts.iter().map(|p| p.triangles).sum(),
        volume_mm3: parts.iter().map(|p| p.volume_mm3).sum(),
        weight_g: parts.iter().map(|p| p.weight_g).sum(),
        size_mm: (high - low).to_array(),
        overhang_share: hanging / area.max(f64::MIN_POSITIVE),
        parts,
        penetrations,
    })
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

/// A part and what was found of it.
struct Looked {
    solid: Solid,
    tree: Tree,
    /// Square millimetres.
    area: f64,
    findings: PartFindings,
}

impl Looked {
    fn new(solid: Solid, floor: f32, least_wall: f32) -> Self {
        let tree = Tree::of((0..solid.triangles.len()).map(|t| solid.corners(t)));
        let topology = solid.topology();
        let volume_mm3 = solid.volume();
        let (low, high) = solid.extent();
        let faces: Vec<(Vec3, Vec3, f64)> = (0..solid.triangles.len())
            .map(|t| solid.corners(t))
            .map(|[a, b, c]| {
                let cross = (b - a).cross(c - a);
                let area = f64::from(cross.length()) / 2.0;
                ((a + b + c) / 3.0, cross.normalize_or_zero(), area)
            })
            .collect();
        let area: f64 = faces.iter().map(|f| f.2).sum();
        let hangs = |f: &&(Vec3, Vec3, f64)| f.1.z < -0.708 && f.0.z > floor + 0.1;
        let hanging: f64 = faces.iter().filter(hangs).map(|f| f.2).sum();
        let mut walls = walls(&faces, &tree, (high - low).max_element());
        walls.sort_by(|a, b| a.0.total_cmp(&b.0));
        let measured: f64 = walls.iter().map(|w| w.1).sum();
        let share = |area: f64| area / measured.max(f64::MIN_POSITIVE);
        let mut passed = 0.0;
        let wall = walls.iter().find(|w| {
            passed += w.1;
            share(passed) > 0.01
        });
        let thin: f64 = walls.iter().filter(|w| w.0 < least_wall).map(|w| w.1).sum();
        let findings = PartFindings {
            name: solid.name.clone(),
            triangles: solid.triangles.len(),
            closed: topology.closed,
            manifold: topology.manifold,
            outward: topology.outward,
            self_intersections: self_intersections(&solid, &tree),
            volume_mm3,
            weight_g: volume_mm3 * DENSITY,
            wall_mm: wall.map(|w| w.0),
            thin_share: share(thin),
            overhang_share: hanging / area.max(f64::MIN_POSITIVE),
            size_mm: (high - low).max(Vec3::ZERO).to_array(),
        };
        Self {
            solid,
            tree,
            area,
            findings,
        }
    }

    /// How deep the points of this part are in another at most.
    fn within(&self, other: &Self) -> f32 {
        if !other.findings.closed {
            return 0.0; // it has no inside
        }
        let (low, high) = other.solid.extent();
        let shared: HashSet<[u32; 3]> = other.solid.points.iter().map(bits).collect();
        let every = self.solid.points.len().div_ceil(SAMPLES).max(1);
        let points = self.solid.points.iter().step_by(every);
        let inside = points
            .filter(|p| p.cmpgt(low).all() && p.cmplt(high).all() && !shared.contains(&bits(p)))
            .filter(|&&p| other.tree.holds(p));
        let limit = 5.0;
        inside
            .map(|&p| other.tree.distance(p, limit))
            .fold(0.0, f32::max)
    }
}

fn bits(p: &Vec3) -> [u32; 3] {
    (*p + 0.0).to_array().map(f32::to_bits)
}

/// How much material is behind a triangle, and its area, for many of them spread over all.
fn walls(faces: &[(Vec3, Vec3, f64)], tree: &Tree, size: f32) -> Vec<(f32, f64)> {
    let every = faces.len().div_ceil(SAMPLES).max(1);
    let behind = |&(middle, normal, area): &(Vec3, Vec3, f64)| {
        let start = middle - normal * (1e-5 * size);
        let leaving = tree.hits(start, -normal).into_iter().filter(|h| h.1);
        let wall = leaving.map(|h| h.0).min_by(f32::total_cmp)?;
        (area > 0.0).then_some((wall, area))
    };
    faces.iter().step_by(every).filter_map(behind).collect()
}

fn self_intersections(solid: &Solid, tree: &Tree) -> usize {
    let mut count = 0;
    for (number, own) in solid.triangles.iter().enumerate() {
        let corners = solid.corners(number);
        let low = corners[0].min(corners[1]).min(corners[2]);
        let high = corners[0].max(corners[1]).max(corners[2]);
        tree.near(low, high, |other, there| {
            let apart = || !solid.triangles[other].iter().any(|v| own.contains(v));
            count += usize::from(other > number && apart() && cross(corners, there));
        });
    }
    count
}

impl PartFindings {
    /// Why it would not print.
    fn faults(&self, least_wall: f32) -> Vec<String> {
        let thin = format!(
            "thinner than {least_wall} mm on {:.0} % of its surface",
            100.0 * self.thin_share
        );
        let faults = [
            (!self.closed, "not closed"),
            (
                !self.manifold,
                "not manifold: an edge or a point joins several surfaces",
            ),
            (
                self.closed && !self.outward,
                "turned inside out, in whole or in part",
            ),
            (self.thin_share > 0.05, &thin),
        ];
        let name = &self.name;
        let there = faults.into_iter().filter(|f| f.0);
        there.map(|f| format!("{name} is {}", f.1)).collect()
    }
}

impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [x, y, z] = self.size_mm;
        writeln!(
            f,
            "{}: {} parts, {} triangles, {x:.1} x {y:.1} x {z:.1} mm, {:.2} cm3, {:.1} g of PLA, {:.0} % overhangs",
            self.file.display(),
            self.parts.len(),
            self.triangles,
            self.volume_mm3 / 1000.0,
            self.weight_g,
            100.0 * self.overhang_share
        )?;
        for part in &self.parts {
            let yes = |yes: bool, word: &'static str, no: &'static str| if yes { word } else { no };
            writeln!(
                f,
                "  {:<12} {:>7} triangles, {}, {}, {}, {} crossings, {:.2} cm3, wall {} mm",
                part.name,
                part.triangles,
                yes(part.closed, "closed", "OPEN"),
                yes(part.manifold, "manifold", "NOT MANIFOLD"),
                yes(part.outward, "outward", "NOT OUTWARD"),
                part.self_intersections,
                part.volume_mm3 / 1000.0,
                part.wall_mm.map_or("?".into(), |wall| format!("{wall:.2}")),
            )?;
        }
        for Penetration { parts, depth_mm } in &self.penetrations {
            writeln!(
                f,
                "  {} and {} are in each other by {depth_mm:.2} mm",
                parts[0], parts[1]
            )?;
        }
        if self.prints {
            return write!(f, "nothing speaks against printing it");
        }
        write!(f, "it would not print: {}", self.faults.join("; "))
    }
}
