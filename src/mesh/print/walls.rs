//! Walls that a printer can make: where a part is thinner than that, its field is raised around the
//! middle of the wall by what is lacking, half to either side.

use std::collections::HashMap;

use anyhow::Result;
use glam::{IVec3, Vec3};

use super::Fields;
use crate::mesh::{Field, Figurine, Mesh, tree::Tree};

/// Nodes of a raise within a least wall.
const NODES: f32 = 3.0;
/// In least walls: up to here around its middle a thin wall is raised in full, and from there less.
const FULL: f32 = 1.0;
const NONE: f32 = 1.75;

/// Raises those fields whose parts, as `seen`, have walls thinner than `least`, in units of the model
/// frame, but the `kept` one. Says which, and on how much of their points.
///
/// # Errors
/// Those of the fields.
pub(super) fn thicken<'a>(
    fields: Fields<'a>,
    seen: &Figurine,
    least: f32,
    kept: Option<&str>,
) -> Result<(Fields<'a>, Vec<String>)> {
    let (mut out, mut told) = (Fields::new(), Vec::new());
    for (name, field) in fields {
        let part = seen.parts.iter().find(|part| part.name == name);
        let raise = match part.filter(|_| Some(&*name) != kept) {
            Some(part) => Raise::of(&part.mesh, &*field, least)?,
            None => None,
        };
        let Some((raise, share)) = raise else {
            out.push((name, field));
            continue;
        };
        let share = 100.0 * share;
        told.push(format!(
            "{name}: walls thickened on {share:.0} % of its surface"
        ));
        out.push((name, Box::new(Thick { field, raise })));
    }
    Ok((out, told))
}

/// A thin wall.
struct Wall {
    middle: Vec3,
    /// Where its surface has to go, and how far that is.
    goal: Vec3,
    lack: f32,
}

/// The walls of a mesh below `least`, one a point that is at one.
fn thin(mesh: &Mesh, least: f32) -> Vec<Wall> {
    let corners = (mesh.triangles.iter()).map(|t| t.map(|v| mesh.positions[v as usize]));
    let tree = Tree::of(corners);
    let wall = |(&p, &normal): (&Vec3, &Vec3)| {
        let start = p - normal * (1e-4 * least);
        let leaving = tree.hits(start, -normal).into_iter().filter(|hit| hit.1);
        let wall = leaving.map(|hit| hit.0).min_by(f32::total_cmp)?;
        let lack = (least - wall) / 2.0;
        (lack > 0.0).then(|| Wall {
            middle: p - normal * (wall / 2.0),
            goal: p + normal * lack,
            lack,
        })
    };
    let points = mesh.positions.iter().zip(&mesh.normals);
    points.filter_map(wall).collect()
}

/// By how much a field is raised, on a sparse grid.
struct Raise {
    /// The grid's step.
    step: f32,
    nodes: HashMap<IVec3, f32>,
    most: f32,
}

impl Raise {
    /// What the thin walls of a mesh lack, and their share of its points; nothing if there are none.
    fn of(mesh: &Mesh, field: &dyn Field, least: f32) -> Result<Option<(Self, f32)>> {
        let walls = thin(mesh, least);
        // A field is to be raised by what it is where the surface has to go, and by no less than that is
        // far: at a rim its slope is no guide. Below zero it ends for another reason: there a neighbour
        // begins.
        let goals: Vec<Vec3> = walls.iter().map(|wall| wall.goal).collect();
        let there = field.distance(&goals)?;
        let mut raise = Self {
            step: least / NODES,
            nodes: HashMap::new(),
            most: 0.0,
        };
        // Walls at one node of the grid are one: that which lacks the most.
        let mut raised = 0;
        let mut worst: HashMap<IVec3, (Vec3, f32)> = HashMap::new();
        for (wall, d) in walls.iter().zip(there) {
            if d < 0.0 {
                continue;
            }
            raised += 1;
            let lack = d.clamp(wall.lack, 2.0 * wall.lack);
            let known = worst
                .entry(raise.node(wall.middle))
                .or_insert((wall.middle, lack));
            if lack > known.1 {
                *known = (wall.middle, lack);
            }
        }
        for &(middle, lack) in worst.values() {
            raise.around(middle, lack, least);
        }
        let share = raised as f32 / mesh.positions.len().max(1) as f32;
        Ok((raised > 0).then_some((raise, share)))
    }

    fn node(&self, p: Vec3) -> IVec3 {
        (p / self.step).round().as_ivec3()
    }

    /// Raises by `lack` around the middle of a wall.
    fn around(&mut self, middle: Vec3, lack: f32, least: f32) {
        self.most = self.most.max(lack);
        let reach = (NONE * least / self.step).ceil() as i32;
        let node = self.node(middle);
        let all = || -reach..=reach;
        for (z, y, x) in all().flat_map(|z| all().flat_map(move |y| all().map(move |x| (z, y, x))))
        {
            let at = node + IVec3::new(x, y, z);
            let away = (at.as_vec3() * self.step).distance(middle) / least;
            let share = ((NONE - away) / (NONE - FULL)).clamp(0.0, 1.0);
            let share = share * share * (3.0 - 2.0 * share);
            if share > 0.0 {
                let known = self.nodes.entry(at).or_insert(0.0);
                *known = known.max(lack * share);
            }
        }
    }

    /// Between the nodes, linear along each axis.
    fn at(&self, p: Vec3) -> f32 {
        let p = p / self.step;
        let (low, part) = (p.floor().as_ivec3(), p - p.floor());
        let corner = |i: i32| {
            let high = IVec3::new(i & 1, i >> 1 & 1, i >> 2 & 1);
            let weight = Vec3::ONE - (high.as_vec3() - part).abs();
            let value = self.nodes.get(&(low + high)).copied().unwrap_or(0.0);
            value * weight.x * weight.y * weight.z
        };
        (0..8).map(corner).sum()
    }
}

/// A field whose thin walls are raised.
struct Thick<'a> {
    field: Box<dyn Field + 'a>,
    raise: Raise,
}

impl Field for Thick<'_> {
    fn distance(&self, points: &[Vec3]) -> Result<Vec<f32>> {
        let mut distances = self.field.distance(points)?;
        for (d, &p) in distances.iter_mut().zip(points) {
            if d.abs() < 2.0 * self.raise.most {
                *d -= self.raise.at(p);
            }
        }
        Ok(distances)
    }

    fn colour(&self, points: &[Vec3]) -> Result<Vec<[f32; 3]>> {
        self.field.colour(points)
    }

    fn bounds(&self) -> (Vec3, Vec3) {
        let (low, high) = self.field.bounds();
        (low - self.raise.most, high + self.raise.most)
    }
}
