//! Walls that a printer can make: where a part is thinner than that, its field is raised around the
//! middle of the wall by what is lacking, half to either side. Where a neighbour takes the room, the
//! neighbour's field is lowered instead, as far as that leaves it a wall of its own.

use std::collections::HashMap;

use anyhow::Result;
use glam::{IVec3, Vec3};

use super::Fields;
use crate::base::numeric::smoothstep;
use crate::geometry::bvh::Tree;
use crate::geometry::{Field, Figurine, Mesh};

/// Nodes of a swelling within a least wall.
const NODES: f32 = 3.0;
/// In least walls: up to here around its middle a thin wall is raised in full, and from there less.
const FULL: f32 = 1.0;
const NONE: f32 = 1.75;

/// Beside a neighbour a wall counts where of the points this near, in least walls, such a share is at thin
/// walls too. At the rim of a wedge, where half are, a change would only fray the line that one sees.
const NEAR: f32 = 1.0;
const BROAD: f32 = 0.75;

/// Raises those fields whose parts, as `seen`, have walls thinner than `least`, in units of the model
/// frame, but the `kept` one, and lowers later ones that are in the way. Says which were raised, and
/// on how much of their points.
///
/// # Errors
/// Those of the fields.
pub(super) fn thicken<'a>(
    fields: Fields<'a>,
    seen: &Figurine,
    least: f32,
    kept: Option<&str>,
) -> Result<(Fields<'a>, Vec<String>)> {
    let solids: Vec<Option<Solid>> = (fields.iter())
        .map(|(name, _)| seen.parts.iter().find(|part| part.name == *name))
        .map(|part| part.map(|part| Solid::of(&part.mesh, least)))
        .collect();
    let mut changes: Vec<Change> = fields.iter().map(|_| Change::default()).collect();
    let mut remarks = Vec::new();
    for (i, (name, _)) in fields.iter().enumerate() {
        let Some(solid) = (solids[i].as_ref()).filter(|_| Some(&**name) != kept) else {
            continue;
        };
        let helped = help(&solid.walls(), i, &fields, &solids, &mut changes)?;
        let share = 100.0 * helped as f32 / solid.mesh.positions.len().max(1) as f32;
        if share >= 0.1 {
            remarks.push(format!(
                "{name}: walls thickened on {share:.1} % of its surface"
            ));
        }
    }
    let thick = |((name, field), change): ((_, Box<dyn Field + 'a>), Change)| {
        if change.raised.is_empty() && change.lowered.is_empty() {
            return (name, field);
        }
        let (raised, lowered) = (
            Swelling::of(&change.raised, least),
            Swelling::of(&change.lowered, least),
        );
        let thick = Thick {
            field,
            raised,
            lowered,
        };
        (name, Box::new(thick) as Box<dyn Field>)
    };
    Ok((
        fields.into_iter().zip(changes).map(thick).collect(),
        remarks,
    ))
}

/// Where a field is to change, and by how much.
#[derive(Default)]
struct Change {
    raised: Vec<(Vec3, f32)>,
    lowered: Vec<(Vec3, f32)>,
}

/// Notes what thin walls of the field `of` need: of this field, or of later ones that own the room.
/// Returns how many of the walls get something.
fn help(
    walls: &[Wall],
    of: usize,
    fields: &Fields<'_>,
    solids: &[Option<Solid<'_>>],
    changes: &mut [Change],
) -> Result<usize> {
    let field = &fields[of].1;
    let goals: Vec<Vec3> = walls.iter().map(Wall::goal).collect();
    // A field is to be raised by what it is where the surface has to go, and by no less than that is
    // far: at a rim its slope is no guide.
    let there = field.distance(&goals)?;
    let behind: Vec<Vec3> = walls.iter().map(Wall::opposite).collect();
    let behind = field.distance(&behind)?;
    let mut helped = vec![false; walls.len()];
    for (i, wall) in walls.iter().enumerate() {
        helped[i] = there[i] >= 0.0 && (wall.broad || behind[i] >= 0.0);
        if helped[i] {
            let lack = there[i].clamp(wall.lack, 2.0 * wall.lack);
            changes[of].raised.push((wall.middle(), lack));
        }
    }
    // Where it is below zero there already, the part ends because a later one owns the room.
    let taken: Vec<usize> = (0..walls.len())
        .filter(|&i| there[i] < 0.0 && walls[i].broad)
        .collect();
    let goals: Vec<Vec3> = taken.iter().map(|&i| goals[i]).collect();
    for (later, solid) in solids.iter().enumerate().skip(of + 1) {
        let Some(solid) = solid else { continue };
        for (&i, d) in taken.iter().zip(fields[later].1.distance(&goals)?) {
            let wall = &walls[i];
            let lack = (-d).min(2.0 * wall.lack);
            let lack = lack.min(solid.spare(wall.surface, wall.normal));
            if lack > 0.0 {
                changes[later].lowered.push((wall.surface, lack));
                helped[i] = true;
            }
        }
    }
    Ok(helped.into_iter().filter(|&helped| helped).count())
}

/// A wall that is too thin, from one of its sides.
struct Wall {
    surface: Vec3,
    normal: Vec3,
    thick: f32,
    /// How far out the surface has to go.
    lack: f32,
    /// Whether it is a sheet, and no rim of something thicker.
    broad: bool,
}

impl Wall {
    fn middle(&self) -> Vec3 {
        self.surface - self.normal * (self.thick / 2.0)
    }

    fn goal(&self) -> Vec3 {
        self.surface + self.normal * self.lack
    }

    /// Where the surface of the other side has to go.
    fn opposite(&self) -> Vec3 {
        self.surface - self.normal * (self.thick + self.lack)
    }
}

/// A part to look through, and the least wall that it should have.
struct Solid<'a> {
    mesh: &'a Mesh,
    tree: Tree,
    least: f32,
}

impl<'a> Solid<'a> {
    fn of(mesh: &'a Mesh, least: f32) -> Self {
        let corners = (mesh.triangles.iter()).map(|t| t.map(|v| mesh.positions[v as usize]));
        let tree = Tree::of(corners);
        Self { mesh, tree, least }
    }

    /// How thick the part is below a point of its surface.
    fn thickness(&self, surface: Vec3, inward: Vec3) -> Option<f32> {
        let start = surface + inward * (1e-4 * self.least);
        let leaving = self.tree.hits(start, inward).into_iter();
        let leaving = leaving.filter(|hit| hit.leaving).map(|hit| hit.far);
        leaving.min_by(f32::total_cmp)
    }

    /// By how much the part can be lowered there before it is too thin itself.
    fn spare(&self, surface: Vec3, inward: Vec3) -> f32 {
        let thick = self.thickness(surface, inward);
        thick.map_or(0.0, |thick| thick - self.least)
    }

    /// Its thin walls, one a point that is at one.
    fn walls(&self) -> Vec<Wall> {
        let cell = |p: Vec3| (p / (NEAR * self.least)).floor().as_ivec3();
        let (mut thin, mut all): (HashMap<IVec3, u32>, HashMap<IVec3, u32>) = Default::default();
        let mut walls = Vec::new();
        for (&surface, &normal) in self.mesh.positions.iter().zip(&self.mesh.normals) {
            *all.entry(cell(surface)).or_default() += 1;
            let thick = self.thickness(surface, -normal);
            if let Some(thick) = thick.filter(|&thick| thick < self.least) {
                *thin.entry(cell(surface)).or_default() += 1;
                walls.push(Wall {
                    surface,
                    normal,
                    thick,
                    lack: (self.least - thick) / 2.0,
                    broad: false,
                });
            }
        }
        for wall in &mut walls {
            let near = |counts: &HashMap<IVec3, u32>| around(cell(wall.surface), counts) as f32;
            wall.broad = near(&thin) >= BROAD * near(&all);
        }
        walls
    }
}

/// The sum of what is counted in a cell and in those around it.
fn around(cell: IVec3, counts: &HashMap<IVec3, u32>) -> u32 {
    let each = || -1..=1;
    let all = each().flat_map(|z| each().flat_map(move |y| each().map(move |x| (x, y, z))));
    let counted = |by: (i32, i32, i32)| counts.get(&(cell + IVec3::from(by)));
    all.filter_map(counted).sum()
}

/// By how much a field changes, on a sparse grid.
struct Swelling {
    /// The grid's step.
    step: f32,
    nodes: HashMap<IVec3, f32>,
    most: f32,
}

impl Swelling {
    /// Around each of the places as much as it says, and where several are near, the most of them.
    fn of(places: &[(Vec3, f32)], least: f32) -> Self {
        let mut swelling = Self {
            step: least / NODES,
            nodes: HashMap::new(),
            most: places.iter().map(|place| place.1).fold(0.0, f32::max),
        };
        // Places at one node of the grid are one: that which lacks the most.
        let mut worst: HashMap<IVec3, (Vec3, f32)> = HashMap::new();
        for &(at, lack) in places {
            let node = (at / swelling.step).round().as_ivec3();
            let known = worst.entry(node).or_insert((at, lack));
            if lack > known.1 {
                *known = (at, lack);
            }
        }
        for (node, (at, lack)) in worst {
            swelling.around(node, at, lack, least);
        }
        swelling
    }

    fn around(&mut self, node: IVec3, middle: Vec3, lack: f32, least: f32) {
        let reach = (NONE * least / self.step).ceil() as i32;
        let all = || -reach..=reach;
        for (z, y, x) in all().flat_map(|z| all().flat_map(move |y| all().map(move |x| (z, y, x))))
        {
            let at = node + IVec3::new(x, y, z);
            let away = (at.as_vec3() * self.step).distance(middle) / least;
            let share = ((NONE - away) / (NONE - FULL)).clamp(0.0, 1.0);
            let share = smoothstep(share);
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

/// A field that is raised at its thin walls, and lowered where it is in the way of others'.
struct Thick<'a> {
    field: Box<dyn Field + 'a>,
    raised: Swelling,
    lowered: Swelling,
}

impl Field for Thick<'_> {
    fn distance(&self, points: &[Vec3]) -> Result<Vec<f32>> {
        let mut distances = self.field.distance(points)?;
        let reach = 2.0 * self.raised.most.max(self.lowered.most);
        for (d, &p) in distances.iter_mut().zip(points) {
            if d.abs() < reach {
                *d += self.lowered.at(p) - self.raised.at(p);
            }
        }
        Ok(distances)
    }

    fn colour(&self, points: &[Vec3]) -> Result<Vec<[f32; 3]>> {
        self.field.colour(points)
    }

    fn bounds(&self) -> (Vec3, Vec3) {
        let (low, high) = self.field.bounds();
        (low - self.raised.most, high + self.raised.most)
    }
}
