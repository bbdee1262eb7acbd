//! Pegs, so that parts that are printed apart go together again: a cylinder is added to one part, and
//! the same, wider by the clearance, is taken from the other.

use std::collections::HashSet;

use anyhow::{Result, anyhow};
use glam::Vec3;

use super::Fields;
use crate::geometry::{Field, Figurine, Peg, normals};
use crate::slots::Slot;
use crate::surface::simplify::points;

/// What has pegs: the part that gets it, and the one that gets the socket. The former is always the
/// later of the two, so that what it adds is its own.
const JOINTS: [(Slot, Slot); 5] = [
    (Slot::Head, Slot::Torso),
    (Slot::ArmLeft, Slot::Torso),
    (Slot::ArmRight, Slot::Torso),
    (Slot::ItemLeft, Slot::ArmLeft),
    (Slot::ItemRight, Slot::ArmRight),
];
/// The thinnest peg that holds, and the thickest that is of use, as radii in metres.
const LEAST: f32 = 0.0006;
const MOST: f32 = 0.003;
/// So much remains around a socket, metres.
const WALL: f32 = 0.0006;

/// Pegs found, the fields that have them, and the joints that are too thin for one.
pub(super) struct Pegged<'a> {
    pub fields: Fields<'a>,
    pub pegs: Vec<Peg>,
    pub notes: Vec<String>,
}

/// Puts pegs between those parts of `fields` that are printed apart. `seen` is what comes of the fields,
/// `unit` metres a unit of theirs, `clearance` metres.
///
/// # Errors
/// Those of the fields.
pub(super) fn add<'a>(
    fields: Fields<'a>,
    seen: &Figurine,
    unit: f32,
    clearance: f32,
) -> Result<Pegged<'a>> {
    let numbers = points(seen);
    let (mut pegs, mut notes, mut tried) = (Vec::new(), Vec::new(), 0);
    for (name, other) in JOINTS.map(|(part, on)| (part.name(), on.name())) {
        let index = |name: &str| seen.parts.iter().position(|part| part.name == name);
        let (Some(part), Some(on)) = (index(name), index(other)) else {
            continue;
        };
        tried += 1;
        let border = Border::of(seen, &numbers, part, on);
        let found = match border {
            Some(border) => border.peg(&fields, name, other, unit, clearance)?,
            None => None,
        };
        match found {
            Some(peg) => pegs.push((name, other, peg)),
            None => notes.push(format!(
                "there is no peg between {name} and {other}: their joint is too thin for one at this size"
            )),
        }
    }
    if tried == 0 {
        notes
            .push("there are no pegs: the figurine has no head, arm or item that comes off".into());
    }
    let mut joined = Fields::new();
    for (name, field) in fields {
        let adds = pegs.iter().filter(|peg| peg.0 == name).map(|peg| peg.2);
        let loses = pegs.iter().filter(|peg| peg.1 == name).map(|peg| peg.2);
        let (adds, loses): (Vec<Peg>, Vec<Peg>) = (adds.collect(), loses.collect());
        if !(adds.is_empty() && loses.is_empty()) {
            joined.push((
                name,
                Box::new(Joined { field, adds, loses }) as Box<dyn Field>,
            ));
        } else {
            joined.push((name, field));
        }
    }
    Ok(Pegged {
        fields: joined,
        pegs: pegs.into_iter().map(|peg| peg.2).collect(),
        notes,
    })
}

/// What two parts share.
struct Border {
    middle: Vec3,
    /// Out of the part that gets the peg.
    way: Vec3,
    /// As large as the border is across the way.
    radius: f32,
}

impl Border {
    fn of(seen: &Figurine, numbers: &[Vec<u32>], part: usize, on: usize) -> Option<Self> {
        let turned = |t: [u32; 3]| {
            let least = (0..3).min_by_key(|&k| t[k]).unwrap_or(0);
            [0, 1, 2].map(|k| t[(least + k) % 3])
        };
        let there: HashSet<[u32; 3]> = (seen.parts[on].mesh.triangles.iter())
            .map(|t| turned(t.map(|v| numbers[on][v as usize])))
            .collect();
        let mesh = &seen.parts[part].mesh;
        let (mut across, mut sum, mut all) = (Vec3::ZERO, Vec3::ZERO, 0.0);
        for t in &mesh.triangles {
            let [a, b, c] = t.map(|v| numbers[part][v as usize]);
            if there.contains(&turned([c, b, a])) {
                let corners = t.map(|v| mesh.positions[v as usize]);
                let [a, b, c] = corners;
                let area = (b - a).cross(c - a).length() / 2.0;
                across += normals::face(corners) * area;
                sum += (a + b + c) / 3.0 * area;
                all += area;
            }
        }
        (all > 0.0).then(|| Self {
            middle: sum / all,
            way: across.normalize_or_zero(),
            radius: (across.length() / std::f32::consts::PI).sqrt(),
        })
    }

    /// The thickest peg that both parts have room for.
    fn peg(
        &self,
        fields: &Fields<'_>,
        name: &str,
        other: &str,
        unit: f32,
        clearance: f32,
    ) -> Result<Option<Peg>> {
        let Some(start) = self.start(fields, name)? else {
            return Ok(None);
        };
        let mut radius = (0.5 * self.radius).min(MOST / unit);
        while radius >= LEAST / unit {
            for long in [2.5, 1.8, 1.3] {
                let peg = Peg {
                    start,
                    way: self.way,
                    radius,
                    length: long * radius,
                    root: radius,
                    clearance: clearance / unit,
                };
                if fits(&peg, fields, name, other, WALL / unit)? {
                    return Ok(Some(peg));
                }
            }
            radius *= 0.85;
        }
        Ok(None)
    }

    /// Where the way through the border's middle leaves the part.
    fn start(&self, fields: &Fields<'_>, name: &str) -> Result<Option<Vec3>> {
        const STEPS: i32 = 40;
        let reach = 2.0 * self.radius;
        let at = |i: i32| self.middle + self.way * (reach * i as f32 / STEPS as f32);
        let points: Vec<Vec3> = (-STEPS..=STEPS).map(at).collect();
        let inside: Vec<bool> = within(field(fields, name)?, &points)?;
        let leaves = (1..points.len()).filter(|&i| inside[i - 1] && !inside[i]);
        // The nearest to the border's middle.
        let best = leaves.min_by_key(|&i| (i as i32 - STEPS).abs());
        Ok(best.map(|i| (points[i - 1] + points[i]) / 2.0))
    }
}

fn field<'f>(fields: &'f Fields<'_>, name: &str) -> Result<&'f dyn Field> {
    let found = fields.iter().find(|field| field.0 == name);
    Ok(&*found
        .ok_or_else(|| anyhow!("there is no field `{name}`"))?
        .1)
}

/// Which points are inside a field, that is also inside its bounds.
fn within(field: &dyn Field, points: &[Vec3]) -> Result<Vec<bool>> {
    let (low, high) = field.bounds();
    let near = |p: &Vec3| p.cmpgt(low).all() && p.cmplt(high).all();
    let asked: Vec<Vec3> = points.iter().copied().filter(near).collect();
    let mut found = field.distance(&asked)?.into_iter();
    let inside = |p: &Vec3| near(p) && found.next().is_some_and(|d| d < 0.0);
    Ok(points.iter().map(inside).collect())
}

/// Whether the peg has room: its root in its own part, its socket in the other, and nothing of a third.
fn fits(peg: &Peg, fields: &Fields<'_>, name: &str, other: &str, wall: f32) -> Result<bool> {
    let points: Vec<Vec3> = peg.hull(wall).collect();
    let own = within(field(fields, name)?, &points)?;
    let there = within(field(fields, other)?, &points)?;
    let rooted = (points.iter().zip(&own))
        .filter(|(p, _)| (**p - peg.start).dot(peg.way) < -0.5 * peg.root)
        .all(|(_, own)| *own);
    if !rooted || own.iter().zip(&there).any(|(own, there)| !own && !there) {
        return Ok(false);
    }
    // What comes before the other gives way to it.
    let before = fields.iter().position(|field| field.0 == other);
    let others = fields.iter().skip(before.unwrap_or(0));
    for (_, field) in others.filter(|f| f.0 != name && f.0 != other) {
        if within(&**field, &points)?.contains(&true) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A field with pegs, and sockets for others'.
struct Joined<'a> {
    field: Box<dyn Field + 'a>,
    adds: Vec<Peg>,
    loses: Vec<Peg>,
}

impl Field for Joined<'_> {
    fn distance(&self, points: &[Vec3]) -> Result<Vec<f32>> {
        let mut distances = self.field.distance(points)?;
        for (d, &p) in distances.iter_mut().zip(points) {
            for peg in &self.adds {
                *d = d.min(peg.distance(p));
            }
            for peg in &self.loses {
                *d = d.max(-peg.socket(p));
            }
        }
        Ok(distances)
    }

    fn colour(&self, points: &[Vec3]) -> Result<Vec<[f32; 3]>> {
        let (low, high) = self.field.bounds();
        let known: Vec<Vec3> = points.iter().map(|p| p.clamp(low, high)).collect();
        self.field.colour(&known)
    }

    fn bounds(&self) -> (Vec3, Vec3) {
        let bounds = self.adds.iter().map(Peg::bounds);
        bounds.fold(self.field.bounds(), |(low, high), (l, h)| {
            (low.min(l), high.max(h))
        })
    }
}
