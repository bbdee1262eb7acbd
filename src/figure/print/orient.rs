//! How a figurine lies best on the plate: of all ways in which it rests by itself, the one that has the least to be held
//! up, and least of all its face.

use glam::{DVec2, Quat, Vec3};
use rayon::prelude::*;
use serde::Serialize;

use crate::geometry::stance::{beside, hull, mass};
use crate::geometry::supports::{STEEP, held};
use crate::geometry::{Figurine, Part, Stance, Supports, extent};
use crate::slots::Slot;
use crate::surface::union::between_parts;

/// So many directions, evenly around, are put down at first, and each rolls on until it rests.
const STARTS: usize = 300;
/// It has rolled to rest by then.
const ROLLS: usize = 60;
/// What is as near to the plate touches it, shares of the size.
const TOUCHES: f32 = 1e-4;
/// Ways to lie that differ by less count as one: the cosine of 3 degrees.
const ALIKE: f32 = 0.9986;
/// What tips over at less does not rest, degrees: as `gen3d inspect` says of what barely stands.
const FIRM: f64 = 5.0;
/// So many of the ways to lie, those whose upper bound of the cost is least, are looked at in full, on so many plumb lines.
const FINALISTS: usize = 10;
const LINES: usize = 100;
/// What a scar costs, in edges of the cube that has the figurine's volume, beside the room that supports fill; and one in
/// the face. What stands on the plate is as smooth as the plate.
const SCAR: f64 = 0.05;
const SCAR_IN_THE_FACE: f64 = 1.0;
/// What of the head looks as much to the front is its face: within 60 degrees.
const FACES_FRONT: f32 = 0.5;

/// How a figurine lies on the plate, and what that is good for.
#[derive(Clone, Debug, Serialize)]
pub struct Orientation {
    /// On what it lies: `feet`, `head`, `back`, `front`, `left side` or `right side`, whichever is nearest.
    pub lies_on: &'static str,
    /// How far it was turned.
    pub turned_degrees: f32,
    /// What has to be held up still.
    pub supports: Supports,
    /// How much of its face supports touch, square millimetres.
    pub face_mm2: f64,
    /// What would have to be held up as the figurine stood before.
    pub upright: Supports,
    #[serde(skip)]
    turn: Quat,
}

/// One way to lie.
struct Resting {
    turn: Quat,
    supports: Supports,
    face: f64,
    firm: bool,
    cost: f64,
}

/// What is looked at: the skin of a figurine.
struct Skin {
    /// Millimetres, +Y up.
    triangles: Vec<[Vec3; 3]>,
    /// Whether it is of the face.
    face: Vec<bool>,
    middle: Vec3,
    /// The edge of a cube of the same volume.
    edge: f64,
}

impl Orientation {
    /// The best for a figurine with so many `millimetres` a unit of the model frame, that is to be printed in one piece.
    pub fn best(figurine: &Figurine, millimetres: f32) -> Self {
        let skin = Skin::of(figurine, millimetres);
        let upright = skin.resting(Vec3::NEG_Y, LINES);
        let mut ways: Vec<(f64, Vec3)> = skin
            .rests()
            .into_iter()
            .map(|down| (skin.highest_cost(down), down))
            .collect();
        ways.sort_by(|a, b| a.0.total_cmp(&b.0));
        ways.truncate(FINALISTS);
        let ways: Vec<Resting> = ways
            .par_iter()
            .map(|way| skin.resting(way.1, LINES))
            .collect();
        let ways = ways.iter().filter(|way| way.firm);
        let better = |best: &Resting, way: &Resting| !best.firm || way.cost < best.cost;
        let best = ways.fold(
            &upright,
            |best, way| if better(best, way) { way } else { best },
        );
        let down = best.turn.inverse() * Vec3::NEG_Y;
        Self {
            lies_on: side(down),
            turned_degrees: best.turn.to_axis_angle().1.to_degrees(),
            supports: best.supports,
            face_mm2: best.face,
            upright: upright.supports,
            turn: best.turn,
        }
    }

    /// Turns a figurine so.
    pub fn apply(&self, figurine: &mut Figurine) {
        for Part { mesh, .. } in &mut figurine.parts {
            mesh.positions.iter_mut().for_each(|p| *p = self.turn * *p);
            mesh.normals.iter_mut().for_each(|n| *n = self.turn * *n);
        }
    }

    /// What was chosen, for people.
    pub fn describe(&self) -> String {
        let described = |supports: Supports| {
            let (area, room) = (supports.area_mm2 / 100.0, supports.volume_mm3 / 1000.0);
            format!("{area:.1} cm2 and {room:.1} cm3 of room below")
        };
        let now = described(self.supports);
        if self.turned_degrees < 1.0 {
            return format!("oriented: it stays as it stands; supports hold {now}");
        }
        format!(
            "oriented: it lies on its {}; supports hold {now}, instead of {}",
            self.lies_on,
            described(self.upright)
        )
    }
}

/// On what lies what has this way down.
fn side(down: Vec3) -> &'static str {
    let sides = [
        ("feet", Vec3::NEG_Y),
        ("head", Vec3::Y),
        ("back", Vec3::NEG_Z),
        ("front", Vec3::Z),
        ("left side", Vec3::X),
        ("right side", Vec3::NEG_X),
    ];
    let nearest = sides
        .into_iter()
        .max_by(|a, b| a.1.dot(down).total_cmp(&b.1.dot(down)));
    nearest.map_or("feet", |side| side.0)
}

impl Skin {
    fn of(figurine: &Figurine, millimetres: f32) -> Self {
        let (mut triangles, mut face) = (Vec::new(), Vec::new());
        for (part, hidden) in figurine.parts.iter().zip(between_parts(figurine)) {
            let head = Slot::Head.is(&part.name);
            let shown = part
                .mesh
                .triangles
                .iter()
                .zip(hidden)
                .filter(|(_, hidden)| !hidden);
            for (t, _) in shown {
                let corners = t.map(|v| part.mesh.positions[v as usize] * millimetres);
                let [a, b, c] = corners;
                let normal = (b - a).cross(c - a).normalize_or_zero();
                triangles.push(corners);
                face.push(head && normal.z > FACES_FRONT);
            }
        }
        let mass = mass(&triangles);
        Self {
            middle: mass.middle.as_vec3(),
            edge: mass.volume.abs().cbrt(),
            triangles,
            face,
        }
    }

    /// All ways in which it rests by itself, as what is down, and as it stands before all.
    fn rests(&self) -> Vec<Vec3> {
        let mut points: Vec<Vec3> = self.triangles.iter().flatten().copied().collect();
        points.sort_by(|a, b| {
            a.x.total_cmp(&b.x)
                .then(a.y.total_cmp(&b.y))
                .then(a.z.total_cmp(&b.z))
        });
        points.dedup();
        let starts: Vec<Vec3> = std::iter::once(Vec3::NEG_Y).chain(around(STARTS)).collect();
        let extremes = extremes(&points, &starts);
        let rests: Vec<Option<Vec3>> = (starts.par_iter())
            .map(|&down| rest(&extremes, self.middle, down))
            .collect();
        let mut ways: Vec<Vec3> = Vec::new();
        for down in rests.into_iter().flatten() {
            if ways.iter().all(|way| way.dot(down) < ALIKE) {
                ways.push(down);
            }
        }
        ways
    }

    /// What a way to lie costs at most: as if nothing of it stood in the way of its supports.
    fn highest_cost(&self, down: Vec3) -> f64 {
        let lowest = self
            .triangles
            .iter()
            .flatten()
            .map(|p| p.dot(down))
            .fold(f32::MIN, f32::max);
        let mut cost = 0.0;
        for (&[a, b, c], &face) in self.triangles.iter().zip(&self.face) {
            let across = (b - a).cross(c - a);
            let length = across.length();
            if across.dot(down) < -STEEP * length {
                continue;
            }
            let height = lowest - (a + b + c).dot(down) / 3.0;
            let area = f64::from(length) / 2.0;
            cost += f64::from(across.dot(down) / 2.0 * height) + self.scar(area, face);
        }
        cost
    }

    fn scar(&self, area: f64, face: bool) -> f64 {
        area * self.edge * if face { SCAR + SCAR_IN_THE_FACE } else { SCAR }
    }

    /// What there is to know of a way to lie.
    fn resting(&self, down: Vec3, lines: usize) -> Resting {
        let turn = Quat::from_rotation_arc(down.normalize(), Vec3::NEG_Y);
        let plate = |p: Vec3| {
            let p = turn * p;
            Vec3::new(p.x, -p.z, p.y)
        };
        let triangles: Vec<[Vec3; 3]> = self.triangles.iter().map(|t| t.map(plate)).collect();
        let floor = extent(triangles.iter().flatten().copied()).0.z;
        let (mut face, mut scars) = (0.0, 0.0);
        let supports = held(&triangles, floor, lines, |triangle, area| {
            let front = self.face[triangle];
            face += if front { area } else { 0.0 };
            scars += self.scar(area, front);
        });
        let supports = supports.unwrap_or_default();
        let stance = Stance::of(&triangles, &mass(&triangles), floor);
        Resting {
            turn,
            supports,
            face,
            firm: stance.tips_at_degrees >= FIRM,
            cost: supports.volume_mm3 + scars - self.scar(stance.contact_mm2, false),
        }
    }
}

/// Directions evenly around a ball (Fibonacci's spiral).
fn around(count: usize) -> impl Iterator<Item = Vec3> {
    let golden = std::f32::consts::PI * (3.0 - 5f32.sqrt());
    (0..count).map(move |i| {
        let y = 1.0 - 2.0 * (i as f32 + 0.5) / count as f32;
        let (sin, cos) = (golden * i as f32).sin_cos();
        Vec3::new(cos, 0.0, sin) * (1.0 - y * y).sqrt() + Vec3::Y * y
    })
}

/// Those of some points that can touch a plate: the outermost, and who is hardly less far out, in many directions.
fn extremes(points: &[Vec3], starts: &[Vec3]) -> Vec<Vec3> {
    let (low, high) = extent(points.iter().copied());
    let near = 0.02 * (high - low).length();
    let mut out = vec![false; points.len()];
    let found: Vec<Vec<usize>> = (starts.par_iter())
        .map(|way| {
            let far = points.iter().map(|p| p.dot(*way)).fold(f32::MIN, f32::max);
            (0..points.len())
                .filter(|&i| points[i].dot(*way) > far - near)
                .collect()
        })
        .collect();
    found.iter().flatten().for_each(|&i| out[i] = true);
    let outer = points.iter().zip(out).filter(|(_, out)| *out);
    outer.map(|(p, _)| *p).collect()
}

/// Where a body rolls to that is put down with a side down, as the side that is down then: over the edge, or the point, of
/// what touches the plate that its centre of mass is beyond.
fn rest(points: &[Vec3], middle: Vec3, mut down: Vec3) -> Option<Vec3> {
    let (low, high) = extent(points.iter().copied());
    let touches = TOUCHES * (high - low).length();
    for _ in 0..ROLLS {
        let lowest = points.iter().map(|p| p.dot(down)).fold(f32::MIN, f32::max);
        let (u, v) = down.any_orthonormal_pair();
        let flat = |p: Vec3| DVec2::new(p.dot(u).into(), p.dot(v).into());
        let on = points.iter().filter(|p| p.dot(down) > lowest - touches);
        let above = flat(middle);
        let Some(off) = beside(above, &hull(on.map(|p| flat(*p)).collect())) else {
            return Some(down);
        };
        let over = off.normalize_or_zero().as_vec2();
        let way = u * over.x + v * over.y;
        let edge = (above - off).as_vec2().dot(over);
        let next = points.iter().filter_map(|p| {
            let (lift, beyond) = (lowest - p.dot(down), p.dot(way) - edge);
            (beyond > touches).then(|| lift.max(0.0).atan2(beyond))
        });
        let angle = next.fold(f32::MAX, f32::min);
        if angle > 3.0 || way == Vec3::ZERO {
            return None; // nothing is there to roll on
        }
        down = (down * angle.cos() + way * angle.sin()).normalize();
    }
    None
}
