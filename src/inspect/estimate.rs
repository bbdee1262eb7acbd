//! What it takes to print it, about: material, time and supports. How that was measured is told in `findings.md`.

use std::collections::HashMap;

use glam::Vec3;
use serde::Serialize;

use super::solids::{Solid, bits};
use super::total;
use crate::geometry::{Supports, extent};

/// Grams of a cubic millimetre, solid: PLA, and hard resin.
pub(super) const PLA: f64 = 1.24e-3;
const RESIN: f64 = 1.15e-3;
/// Of PLA: how much plastic a square millimetre of surface takes, and a cubic millimetre within it, in cubic millimetres.
const OF_SURFACE: f64 = 1.06;
const OF_VOLUME: f64 = 0.11;
/// Seconds a square millimetre of surface, a layer, and a cubic millimetre of support plastic.
const A_SURFACE: f64 = 0.53;
const A_LAYER: f64 = 2.6;
const A_SUPPORT: f64 = 0.37;
/// Millimetres a layer.
const LAYER: f64 = 0.2;
/// How much plastic a square millimetre of a support's sides takes, cubic millimetres.
const OF_SIDES: f64 = 0.55;

/// What it takes to print it, about. Of PLA with layers of 0.2 mm, two walls and an infill of 15 %, in PrusaSlicer's own settings.
#[derive(Clone, Debug, Serialize)]
pub struct Estimate {
    /// What becomes of it in PLA, without supports.
    pub pla_g: f64,
    /// How long that takes.
    pub pla_minutes: f64,
    /// Of hard resin, as solid or hollow as it is.
    pub resin_g: f64,
    /// What has to be held up; absent where that would take too long to find.
    pub supports: Option<Supports>,
    /// What the supports take in PLA, beside `pla_g`, grams.
    pub supports_g: f64,
    /// How long the supports take, beside `pla_minutes`, minutes.
    pub supports_minutes: f64,
}

impl Estimate {
    /// Of all parts of a file together, which enclose so much.
    pub(super) fn of(solids: &[&Solid], volume_mm3: f64) -> Self {
        let skin = skin(solids);
        let (low, high) = extent(skin.iter().flatten().copied());
        let area = |[a, b, c]: &[Vec3; 3]| f64::from((*b - *a).cross(*c - *a).length()) / 2.0;
        let area = total(skin.iter().map(area));
        let volume = volume_mm3.max(0.0);
        let supports = Supports::of(&skin, low.z);
        let plastic = OF_SIDES * supports.map_or(0.0, |supports| supports.sides_mm2);
        let layers = f64::from((high.z - low.z).max(0.0)) / LAYER;
        Self {
            pla_g: PLA * (OF_SURFACE * area + OF_VOLUME * volume).min(volume),
            pla_minutes: (A_SURFACE * area + A_LAYER * layers) / 60.0,
            resin_g: RESIN * volume,
            supports,
            supports_g: PLA * plastic,
            supports_minutes: A_SUPPORT * plastic / 60.0,
        }
    }
}

/// The triangles of which no other part has the same.
fn skin(solids: &[&Solid]) -> Vec<[Vec3; 3]> {
    let key = |corners: &[Vec3; 3]| {
        let mut key = corners.map(|p| bits(&p));
        key.sort_unstable();
        key
    };
    let of = |solid: &Solid| -> Vec<[Vec3; 3]> {
        (0..solid.triangles.len())
            .map(|t| solid.corners(t))
            .collect()
    };
    let all: Vec<[Vec3; 3]> = solids.iter().flat_map(|solid| of(solid)).collect();
    let mut count: HashMap<[[u32; 3]; 3], u32> = HashMap::new();
    all.iter()
        .for_each(|corners| *count.entry(key(corners)).or_default() += 1);
    (all.into_iter())
        .filter(|corners| count[&key(corners)] == 1)
        .collect()
}

/// A time for people.
pub(super) fn time(minutes: f64) -> String {
    let minutes = minutes.round() as u64;
    match minutes / 60 {
        0 => format!("{minutes} min"),
        hours => format!("{hours} h {} min", minutes % 60),
    }
}
