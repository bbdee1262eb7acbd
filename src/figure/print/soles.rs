//! Soles: what a figurine stands on becomes flat and level, and it leans as far as it takes to stay on its feet.
//!
//! Below a foot's level, a little above its lowest point, it goes straight down to the ground. The ground is level with
//! the lowest foot; feet that end a little higher, as those of a photo do, reach it in the same way.

use std::collections::HashSet;
use std::sync::Arc;

use anyhow::Result;
use glam::{DVec2, DVec3, Vec2, Vec3};

use super::Fields;
use crate::base::numeric::fillet;
use crate::base::sets::Sets;
use crate::geometry::stance::{mass, section};
use crate::geometry::{Field, Figurine, Mesh, Part, Stance, extent};
use crate::slots::Slot;

/// Feet that end so far above the lowest stand on the ground as well, heights of the figurine.
const REACH: f32 = 0.06;
/// How far above its lowest point a foot becomes a prism, heights of the figurine: the first that makes it stand firmly.
const LEVELS: [f32; 4] = [0.01, 0.02, 0.03, 0.045];
/// What tips over at more degrees than this stands firmly: twice what `gen3d inspect` calls barely.
const FIRM: f64 = 10.0;
/// What a base stands on is looked for so far above its lowest point, heights of the figurine.
const THIN: f32 = 0.003;
/// How far it leans to the front or the back at most, as a slope; a photo from the front hardly shows it. In steps.
const LEAN: f32 = 0.12;
const STEPS: usize = 12;
/// What hangs lower than the feet by no more than this is cut off level with them, heights of the figurine.
const BELOW: f32 = 0.15;

/// How far a sole's edge is rounded, model units: half a millimetre of a figurine of 100 mm.
const EDGE: f32 = 0.01;

/// A vertex that looks down and is no higher above the ground is of a sole, model units.
const SOLE: f32 = 0.01;

/// Brings vertices of soles to the floor; those of several parts at one place stay at one.
pub(super) fn level(figurine: &mut Figurine, floor: f32) {
    let place = |p: Vec3| (p + 0.0).to_array().map(f32::to_bits);
    let all = || figurine.parts.iter().map(|part| &part.mesh);
    let vertices = all().flat_map(|mesh| mesh.positions.iter().zip(&mesh.normals));
    let soles: HashSet<[u32; 3]> = vertices
        .filter(|(p, normal)| p.y < floor || (p.y < floor + SOLE && normal.y < -0.7))
        .map(|(p, _)| place(*p))
        .collect();
    for p in figurine
        .parts
        .iter_mut()
        .flat_map(|part| &mut part.mesh.positions)
    {
        if soles.contains(&place(*p)) {
            p.y = floor;
        }
    }
}

/// The ground under a figurine, in the model frame.
pub(super) struct Ground {
    floor: f32,
    /// Towards the front, a unit up.
    lean: f32,
    feet: Vec<(String, Foot)>,
}

/// What is on the ground.
#[derive(Clone)]
struct Foot {
    /// Below this height it goes straight down.
    level: f32,
    /// Points (x, z) of its outline there.
    outline: Vec<Vec2>,
}

/// A foot before it is known at which height it is cut.
struct Found<'a> {
    part: &'a Part,
    lowest: f32,
    /// Its box from above, (x, z).
    low: Vec2,
    high: Vec2,
}

/// Whose feet count: those of the first of these groups that the figurine has.
fn bearing(seen: &Figurine) -> Vec<&Part> {
    let with = |is: &dyn Fn(Option<Slot>) -> bool| -> Vec<&Part> {
        let parts = seen.parts.iter();
        parts.filter(|part| is(Slot::of(&part.name))).collect()
    };
    let base = with(&|slot| slot == Some(Slot::Base));
    let body = with(&|slot| slot.is_none_or(|slot| !slot.follows()));
    [base, body, seen.parts.iter().collect()]
        .into_iter()
        .find(|group| !group.is_empty())
        .unwrap_or_default()
}

/// Turned as on a printer's plate: +Z up.
fn on_plate(p: Vec3) -> Vec3 {
    Vec3::new(p.x, -p.z, p.y)
}

fn corners(mesh: &Mesh) -> impl Iterator<Item = [Vec3; 3]> {
    (mesh.triangles.iter()).map(|t| t.map(|v| mesh.positions[v as usize]))
}

impl Ground {
    /// Looks for the feet of a figurine, and for how they make it stand best; `leans` is whether it may lean. Nothing
    /// where there is no part, or where it stands firmly on a base of its own.
    pub(super) fn of(seen: &Figurine, leans: bool) -> Option<Self> {
        let bearing = bearing(seen);
        let points = |part: &Part| part.mesh.positions.clone();
        let (low, high) = extent(seen.parts.iter().flat_map(points));
        let (bottom, _) = extent(bearing.iter().flat_map(|part| points(part)));
        let tall = high.y - low.y;
        let floor = match bottom.y - low.y > BELOW * tall {
            true => low.y,
            false => bottom.y,
        };
        if bearing.is_empty() || tall <= 0.0 {
            return None;
        }
        let reach = floor + REACH * tall;
        let found: Vec<Found> = (bearing.iter())
            .flat_map(|part| Found::all(part, reach))
            .collect();
        let all: Vec<[Vec3; 3]> = (seen.parts.iter())
            .flat_map(|part| corners(&part.mesh))
            .map(|t| t.map(on_plate))
            .collect();
        let middle = mass(&all).middle;
        let on_base = bearing.iter().all(|part| Slot::Base.is(&part.name));
        let lines = found.iter().flat_map(|foot| foot.cut(THIN * tall).lines);
        let stance = Stance::on(&lines.collect::<Vec<_>>(), middle, floor);
        if on_base && stance.tips_at_degrees > FIRM {
            return None;
        }
        let cuts = LEVELS.map(|level| {
            let cut = |foot: &Found| foot.cut(level * tall);
            found.iter().map(cut).collect::<Vec<Cut>>()
        });
        let (firm, level, lean) = best(&cuts, middle, floor, if leans { STEPS } else { 0 });
        let feet = found.iter().zip(&cuts[level]);
        let feet = feet.map(|(found, cut)| (found.part.name.clone(), cut.foot()));
        Some(Self {
            floor,
            // Leaning in vain is no use.
            lean: if firm > 0.0 { lean } else { 0.0 },
            feet: feet.collect(),
        })
    }

    /// The fields of a figurine that stands on it.
    pub(super) fn under<'a>(self, fields: Fields<'a>) -> Fields<'a> {
        let stood = |(name, field): (String, Box<dyn Field + 'a>)| {
            let feet = self.feet.iter().filter(|(part, _)| *part == name);
            let feet: Vec<Foot> = feet.map(|(_, foot)| foot.clone()).collect();
            let stood = Stood {
                field,
                floor: self.floor,
                lean: self.lean,
                feet: feet.into(),
            };
            (name, Box::new(stood) as Box<dyn Field>)
        };
        fields.into_iter().map(stood).collect()
    }

    /// Its height.
    pub(super) fn floor(&self) -> f32 {
        self.floor
    }

    /// How far it leans, degrees to the front.
    pub(super) fn degrees(&self) -> f32 {
        self.lean.atan().to_degrees()
    }
}

/// How to stand best: at how many degrees it tips over then, which of the levels that is, and how it leans, by `steps`
/// to either side. Of those that are firm, the first level at the least slope.
fn best(levels: &[Vec<Cut>], middle: DVec3, floor: f32, steps: usize) -> (f64, usize, f32) {
    let mut best = (f64::MIN, 0, 0.0);
    for k in 0..=2 * steps {
        let slope = LEAN * k.div_ceil(2) as f32 / STEPS as f32;
        let lean = if k % 2 == 0 { -slope } else { slope };
        let back = f64::from(lean) * (middle.z - f64::from(floor));
        let middle = middle - DVec3::Y * back; // the front of a plate is at -Y
        for (level, cuts) in levels.iter().enumerate() {
            let lines: Vec<[DVec2; 2]> = cuts.iter().flat_map(|cut| cut.lines.clone()).collect();
            let firm = Stance::on(&lines, middle, floor).tips_at_degrees;
            if best.0 < firm.min(FIRM) {
                best = (firm, level, lean);
            }
        }
    }
    best
}

/// A foot at a height.
struct Cut {
    level: f32,
    /// Its outline there, as on the plate.
    lines: Vec<[DVec2; 2]>,
}

impl Cut {
    fn foot(&self) -> Foot {
        let points = self.lines.iter().flatten();
        Foot {
            level: self.level,
            outline: points.map(|p| Vec2::new(p.x as f32, -p.y as f32)).collect(),
        }
    }
}

impl<'a> Found<'a> {
    /// What of a part comes down below `reach`: each piece of that is a foot.
    fn all(part: &'a Part, reach: f32) -> Vec<Self> {
        let mesh = &part.mesh;
        let below = |v: u32| mesh.positions[v as usize].y < reach;
        let mut sets = Sets::new(mesh.positions.len());
        for t in mesh
            .triangles
            .iter()
            .filter(|t| t.iter().all(|&v| below(v)))
        {
            sets.join(t[0] as usize, t[1] as usize);
            sets.join(t[0] as usize, t[2] as usize);
        }
        let mut feet: Vec<(usize, Self)> = Vec::new();
        for (v, p) in mesh
            .positions
            .iter()
            .enumerate()
            .filter(|(_, p)| p.y < reach)
        {
            let (set, at) = (sets.of(v), Vec2::new(p.x, p.z));
            let known = feet.iter().position(|foot| foot.0 == set);
            let place = known.unwrap_or_else(|| {
                let foot = Self {
                    part,
                    lowest: p.y,
                    low: at,
                    high: at,
                };
                feet.push((set, foot));
                feet.len() - 1
            });
            let foot = &mut feet[place].1;
            foot.lowest = foot.lowest.min(p.y);
            (foot.low, foot.high) = (foot.low.min(at), foot.high.max(at));
        }
        feet.into_iter().map(|foot| foot.1).collect()
    }

    /// The foot so far above its lowest point.
    fn cut(&self, above: f32) -> Cut {
        let level = self.lowest + above;
        let own = |t: &[Vec3; 3]| {
            let middle = (t[0] + t[1] + t[2]) / 3.0;
            let at = Vec2::new(middle.x, middle.z);
            at.cmpgt(self.low - above).all() && at.cmplt(self.high + above).all()
        };
        let near = corners(&self.part.mesh).filter(own);
        let near: Vec<[Vec3; 3]> = near.map(|t| t.map(on_plate)).collect();
        Cut {
            level,
            lines: section(&near, level),
        }
    }
}

/// A field above the ground, and what of it stands there.
pub(super) struct Stood<'a> {
    field: Box<dyn Field + 'a>,
    floor: f32,
    lean: f32,
    feet: Arc<[Foot]>,
}

impl<'a> Stood<'a> {
    /// What of a field is above a floor.
    pub(super) fn above(field: Box<dyn Field + 'a>, floor: f32) -> Self {
        Self {
            field,
            floor,
            lean: 0.0,
            feet: Arc::new([]),
        }
    }

    /// Where it was, before it stood.
    fn before(&self, p: Vec3) -> Vec3 {
        let mut was = p - Vec3::Z * (self.lean * (p.y - self.floor));
        if self.feet.iter().all(|foot| foot.level <= p.y) {
            return was;
        }
        let at = Vec2::new(was.x, was.z);
        let far = |foot: &&Foot| {
            let points = foot.outline.iter().map(|p| p.distance_squared(at));
            points.fold(f32::MAX, f32::min)
        };
        let nearest = (self.feet.iter()).min_by(|a, b| far(a).total_cmp(&far(b)));
        if let Some(foot) = nearest.filter(|foot| !foot.outline.is_empty()) {
            was.y = was.y.max(foot.level);
        }
        was
    }
}

impl Field for Stood<'_> {
    fn distance(&self, points: &[Vec3]) -> Result<Vec<f32>> {
        let were: Vec<Vec3> = points.iter().map(|&p| self.before(p)).collect();
        let mut distances = self.field.distance(&were)?;
        for (d, p) in distances.iter_mut().zip(points) {
            // Its edge is rounded: a field has no slope at a sharp one, and vertices there would hang below the sole.
            *d = -fillet(-*d, p.y - self.floor, EDGE);
        }
        Ok(distances)
    }

    fn colour(&self, points: &[Vec3]) -> Result<Vec<[f32; 3]>> {
        let were: Vec<Vec3> = points.iter().map(|&p| self.before(p)).collect();
        self.field.colour(&were)
    }

    fn bounds(&self) -> (Vec3, Vec3) {
        let (mut low, mut high) = self.field.bounds();
        let shift = |y: f32| self.lean * (y - self.floor);
        let (one, other) = (shift(low.y), shift(high.y));
        (low.z, high.z) = (low.z + one.min(other), high.z + one.max(other));
        low.y = match self.feet.is_empty() {
            true => low.y.max(self.floor).min(high.y),
            false => self.floor,
        };
        (low, high)
    }
}
