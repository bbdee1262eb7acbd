//! One body: what of a figurine touches nothing is moved to what bears it, or held by a strut.
//!
//! The largest body is the figurine. The others come to it one by one, the nearest first, so that an item finds its hand
//! where the arm has gone. What is too small to be missed is dropped.

use anyhow::Result;
use glam::{Vec2, Vec3};

use super::Fields;
use crate::base::numeric::fillet;
use crate::geometry::bvh::{Tree, nearest};
use crate::geometry::{Field, Figurine, extent};
use crate::slots::Slot;
use crate::surface::assemble::compact;
use crate::surface::shells::{Bodies, Shell, volume};

/// Less of a common wall holds nothing, square units of the model frame: some 1.5 mm² of a figurine of 100 mm.
const CONTACT: f32 = 6e-4;
/// A body with less than this share of the figurine's volume is a speck.
const SPECK: f64 = 5e-4;
/// At most so many bodies are tied at a time.
const MOST: usize = 12;
/// A part is moved at most so far, model units; a strut bridges more.
const FARTHEST: f32 = 0.2;
/// How far what is tied goes into what holds it, model units: a millimetre of a figurine of 100 mm.
const SINK: f32 = 0.02;
/// The thinnest strut that holds, and the thickest that looks like one, as radii in model units; and what a printer can
/// make of any size, metres.
const THIN: f32 = 0.02;
const THICK: f32 = 0.12;
const PRINTS: f32 = 0.0006;
/// How much of the area that faces the gap a strut's radius takes.
const FILL: f32 = 0.7;
/// Another part than the one that it hangs on is taken for so much farther.
const STRANGER: f32 = 3.0;

/// Ties the bodies of `fields`, as `seen`, together; `unit` is metres a unit of theirs. Says what was done.
pub(super) fn tie<'a>(fields: Fields<'a>, seen: &Figurine, unit: f32) -> (Fields<'a>, Vec<String>) {
    let bodies = Bodies::of(seen, CONTACT).0;
    let whole: f64 = bodies.iter().map(|body| volume(body)).sum();
    let large = |body: &&Vec<Shell>| volume(body) >= SPECK * whole;
    let mut bodies = bodies.iter().filter(large).take(MOST);
    let main = bodies.next().map_or(&[][..], Vec::as_slice);
    let mut held: Vec<Triangle> = Triangle::all(main, seen);
    let mut loose: Vec<Loose> = bodies.map(|body| Loose::new(body, seen)).collect();
    let (mut bonds, mut remarks) = (Vec::new(), Vec::new());
    while !loose.is_empty() {
        let tree = Tree::of(held.iter().map(|triangle| triangle.corners));
        let gaps = loose.iter().enumerate();
        let gaps = gaps.filter_map(|(i, body)| Some((i, body.gap(&tree, &held)?)));
        let Some((next, gap)) = gaps.min_by(|a, b| a.1.cost.total_cmp(&b.1.cost)) else {
            break;
        };
        let body = loose.swap_remove(next);
        let bond = body.bond(&gap, &tree, &held, unit);
        remarks.push(bond.describe(&gap, &body, &held, seen, unit));
        held.extend(body.triangles.iter().map(|triangle| bond.moved(triangle)));
        bonds.push(bond);
    }
    (apply(fields, &bonds, seen), remarks)
}

/// Drops what is too small to be missed, and does not hang together with the rest; and says how many bodies that were.
pub fn drop_specks(figurine: &mut Figurine) -> usize {
    let bodies = Bodies::of(figurine, CONTACT).0;
    let whole: f64 = bodies.iter().map(|body| volume(body)).sum();
    let specks: Vec<&Vec<Shell>> = (bodies.iter().skip(1))
        .filter(|body| volume(body) < SPECK * whole)
        .collect();
    let count = figurine.parts.iter().map(|part| part.mesh.triangles.len());
    let mut keep: Vec<Vec<bool>> = count.map(|count| vec![true; count]).collect();
    for shell in specks.iter().copied().flatten() {
        (shell.triangles.iter()).for_each(|&t| keep[shell.part][t as usize] = false);
    }
    for (part, keep) in figurine.parts.iter_mut().zip(&keep) {
        if keep.iter().all(|&keep| keep) {
            continue;
        }
        let mut kept = keep.iter();
        let mesh = &mut part.mesh;
        mesh.triangles.retain(|_| *kept.next().unwrap_or(&true));
        let mut used = vec![false; mesh.positions.len()];
        (mesh.triangles.iter().flatten()).for_each(|&v| used[v as usize] = true);
        compact(mesh, &used);
    }
    (figurine.parts).retain(|part| !part.mesh.triangles.is_empty());
    specks.len()
}

/// A triangle, and the part that it is of.
struct Triangle {
    part: usize,
    corners: [Vec3; 3],
    /// What its part is to others.
    slot: Option<Slot>,
}

impl Triangle {
    fn all(body: &[Shell], seen: &Figurine) -> Vec<Self> {
        let of = |shell: &Shell| {
            let part = &seen.parts[shell.part];
            let (number, slot) = (shell.part, Slot::of(&part.name));
            let triangle = |&t: &u32| Self {
                part: number,
                corners: (part.mesh.triangles[t as usize]).map(|v| part.mesh.positions[v as usize]),
                slot,
            };
            shell.triangles.iter().map(triangle).collect::<Vec<_>>()
        };
        body.iter().flat_map(of).collect()
    }

    fn middle(&self) -> Vec3 {
        self.corners.iter().sum::<Vec3>() / 3.0
    }

    fn area(&self) -> f32 {
        let [a, b, c] = self.corners;
        (b - a).cross(c - a).length() / 2.0
    }
}

/// A body that touches nothing.
struct Loose {
    triangles: Vec<Triangle>,
    /// The parts that go where it goes; none where it is but a piece of one, or stands by itself.
    goes: Vec<usize>,
}

/// The nearest way from a loose body to what is held.
struct Gap {
    /// Its length, and more to what does not bear it.
    cost: f32,
    from: Vec3,
    to: Vec3,
    /// Numbers of the loose triangle and of the one that it comes to.
    own: usize,
    other: usize,
}

impl Gap {
    fn length(&self) -> f32 {
        self.from.distance(self.to)
    }
}

/// A piece of a loose body's surface, and what of the held one is nearest to it.
struct Facing {
    from: Vec3,
    to: Vec3,
    area: f32,
}

impl Loose {
    fn new(body: &[Shell], seen: &Figurine) -> Self {
        let mut parts: Vec<usize> = body.iter().map(|shell| shell.part).collect();
        parts.sort_unstable();
        parts.dedup();
        let here = |part: usize| -> usize {
            let own = body.iter().filter(|shell| shell.part == part);
            own.map(|shell| shell.triangles.len()).sum()
        };
        let goes = parts.iter().all(|&part| {
            let follows = Slot::of(&seen.parts[part].name).is_some_and(Slot::follows);
            follows && here(part) == seen.parts[part].mesh.triangles.len()
        });
        Self {
            triangles: Triangle::all(body, seen),
            goes: if goes { parts } else { Vec::new() },
        }
    }

    /// The nearest way to what is held, if there is one; what it hangs on is preferred.
    fn gap(&self, tree: &Tree, held: &[Triangle]) -> Option<Gap> {
        let mut best: Option<Gap> = None;
        for (own, triangle) in self.triangles.iter().enumerate() {
            let from = triangle.middle();
            let neighbours = triangle.slot.map_or(&[][..], Slot::neighbours);
            let reach = Vec3::splat(best.as_ref().map_or(f32::MAX, |best| best.cost));
            tree.near(from - reach, from + reach, |other, corners| {
                let to = nearest(from, corners);
                let known = (held[other].slot).is_some_and(|slot| neighbours.contains(&slot));
                let same = held[other].part == triangle.part;
                let cost = from.distance(to) * if known || same { 1.0 } else { STRANGER };
                if best.as_ref().is_none_or(|best| cost < best.cost) {
                    best = Some(Gap {
                        cost,
                        from,
                        to,
                        own,
                        other,
                    });
                }
            });
        }
        best
    }

    /// What of it faces a part that is held, no farther away than that.
    fn facing(&self, tree: &Tree, held: &[Triangle], part: usize, limit: f32) -> Vec<Facing> {
        let facing = |triangle: &Triangle| {
            let (at, reach) = (triangle.middle(), Vec3::splat(limit));
            let mut there: Option<Vec3> = None;
            tree.near(at - reach, at + reach, |other, corners| {
                let point = nearest(at, corners);
                let nearer = there.is_none_or(|there| point.distance(at) < there.distance(at));
                if nearer && held[other].part == part {
                    there = Some(point);
                }
            });
            let to = there.filter(|there| there.distance(at) <= limit)?;
            Some(Facing {
                from: at,
                to,
                area: triangle.area(),
            })
        };
        self.triangles.iter().filter_map(facing).collect()
    }

    /// How it is tied across a gap.
    fn bond(&self, gap: &Gap, tree: &Tree, held: &[Triangle], unit: f32) -> Bond {
        let length = gap.length();
        let points = self.triangles.iter().map(Triangle::middle);
        let middle = points.sum::<Vec3>() / self.triangles.len().max(1) as f32;
        let way = match length > 1e-4 {
            true => (gap.to - gap.from) / length,
            false => (gap.to - middle).normalize_or(Vec3::NEG_Y),
        };
        if !self.goes.is_empty() && length <= FARTHEST {
            return Bond::Moved(self.goes.clone(), way * (length + SINK));
        }
        // What of both faces the gap: the strut goes through its middle, and is as thick at each end as that is wide.
        let facing = self.facing(tree, held, held[gap.other].part, 1.5 * length + SINK);
        let area: f32 = facing.iter().map(|pair| pair.area).sum();
        let mean = |end: fn(&Facing) -> Vec3| {
            let sum: Vec3 = facing.iter().map(|pair| end(pair) * pair.area).sum();
            sum / area
        };
        let (from, to) = match area > 0.0 {
            true => (mean(|pair| pair.from), mean(|pair| pair.to)),
            false => (gap.from, gap.to),
        };
        let way = (to - from).normalize_or(way);
        // The radius of a disk whose points are as far from its middle.
        let spread =
            |pair: &Facing| (pair.to - to).reject_from_normalized(way).length_squared() * pair.area;
        let there =
            (2.0 * facing.iter().map(spread).sum::<f32>() / area.max(f32::MIN_POSITIVE)).sqrt();
        let least = THIN.max(PRINTS / unit);
        let here = (FILL * (area / std::f32::consts::PI).sqrt()).clamp(least, THICK.max(least));
        let strut = Strut {
            from: from - way * SINK,
            to: to + way * SINK,
            radii: [here, (FILL * there).clamp(least, here)],
        };
        Bond::Strut(self.triangles[gap.own].part, strut)
    }
}

/// What holds a body that was loose.
enum Bond {
    /// These parts are moved.
    Moved(Vec<usize>, Vec3),
    /// This part has a strut.
    Strut(usize, Strut),
}

impl Bond {
    fn moved(&self, triangle: &Triangle) -> Triangle {
        let by = match self {
            Self::Moved(_, by) => *by,
            Self::Strut(..) => Vec3::ZERO,
        };
        Triangle {
            corners: triangle.corners.map(|p| p + by),
            ..*triangle
        }
    }

    fn describe(
        &self,
        gap: &Gap,
        body: &Loose,
        held: &[Triangle],
        seen: &Figurine,
        unit: f32,
    ) -> String {
        let millimetres = |length: f32| 1000.0 * unit * length;
        let name = |part: usize| &seen.parts[part].name;
        let (own, other) = (body.triangles[gap.own].part, held[gap.other].part);
        let (own, other) = (name(own), name(other));
        match self {
            Self::Moved(_, by) => {
                let far = millimetres(by.length());
                format!("{own} touched nothing: moved by {far:.1} mm, to {other}")
            }
            Self::Strut(_, strut) => format!(
                "a piece of {own} touched nothing: a strut {:.1} mm thick holds it to {other}, over {:.1} mm",
                millimetres(2.0 * strut.radii[0]),
                millimetres(gap.length())
            ),
        }
    }
}

/// A rod with flat ends, as thick at each as it says.
#[derive(Clone, Copy, Debug)]
struct Strut {
    from: Vec3,
    to: Vec3,
    radii: [f32; 2],
}

impl Strut {
    fn distance(&self, p: Vec3) -> f32 {
        let (half, middle) = ((self.to - self.from) / 2.0, (self.from + self.to) / 2.0);
        let way = half.normalize_or(Vec3::Y);
        let along = (p - middle).dot(way);
        let across = (p - middle - way * along).length();
        let share = (0.5 + along / (2.0 * half.length()).max(f32::MIN_POSITIVE)).clamp(0.0, 1.0);
        let radius = self.radii[0] + (self.radii[1] - self.radii[0]) * share;
        let out = Vec2::new(across - radius, along.abs() - half.length());
        out.max(Vec2::ZERO).length() + out.max_element().min(0.0)
    }

    fn bounds(&self) -> (Vec3, Vec3) {
        let (low, high) = extent([self.from, self.to]);
        let most = self.radii[0].max(self.radii[1]) + SINK;
        (low - most, high + most)
    }
}

/// The fields with their bonds.
fn apply<'a>(fields: Fields<'a>, bonds: &[Bond], seen: &Figurine) -> Fields<'a> {
    let tied = |(name, field): (String, Box<dyn Field + 'a>)| {
        let own = |part: usize| seen.parts[part].name == name;
        let (mut shift, mut struts) = (Vec3::ZERO, Vec::new());
        for bond in bonds {
            match bond {
                Bond::Moved(parts, by) if parts.iter().any(|&part| own(part)) => shift += *by,
                Bond::Strut(part, strut) if own(*part) => struts.push(*strut),
                _ => {}
            }
        }
        if shift == Vec3::ZERO && struts.is_empty() {
            return (name, field);
        }
        let tied = Tied {
            field,
            shift,
            struts,
        };
        (name, Box::new(tied) as Box<dyn Field>)
    };
    fields.into_iter().map(tied).collect()
}

/// A field that was moved, and has struts.
struct Tied<'a> {
    field: Box<dyn Field + 'a>,
    shift: Vec3,
    struts: Vec<Strut>,
}

impl Field for Tied<'_> {
    fn distance(&self, points: &[Vec3]) -> Result<Vec<f32>> {
        let were: Vec<Vec3> = points.iter().map(|&p| p - self.shift).collect();
        let mut distances = self.field.distance(&were)?;
        for (d, &p) in distances.iter_mut().zip(points) {
            for strut in &self.struts {
                *d = fillet(*d, strut.distance(p), SINK);
            }
        }
        Ok(distances)
    }

    fn colour(&self, points: &[Vec3]) -> Result<Vec<[f32; 3]>> {
        // A strut has the colour of where it begins.
        let own = |&p: &Vec3| {
            let beyond = |strut: &&Strut| strut.distance(p) < THIN / 4.0;
            let (low, high) = self.field.bounds();
            match self.struts.iter().find(beyond) {
                Some(strut) => strut.from - self.shift,
                None => (p - self.shift).clamp(low, high),
            }
        };
        let were: Vec<Vec3> = points.iter().map(own).collect();
        self.field.colour(&were)
    }

    fn bounds(&self) -> (Vec3, Vec3) {
        let (low, high) = self.field.bounds();
        let struts = self.struts.iter().map(Strut::bounds);
        struts.fold(
            (low + self.shift, high + self.shift),
            |(low, high), (l, h)| (low.min(l), high.max(h)),
        )
    }
}
