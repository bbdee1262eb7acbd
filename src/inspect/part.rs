//! One part by itself, and how deep it is in another.

use std::collections::HashSet;

use glam::Vec3;
use serde::Serialize;

use super::budget::Budget;
use super::estimate::PLA;
use super::solids::{Solid, bits};
use super::{SAMPLES, TOUCH, total};
use crate::geometry::bvh::{Tree, cross};
use crate::geometry::stance::PLATE;

/// One part of an [`Inspection`](super::Inspection).
#[derive(Clone, Debug, Serialize)]
pub struct PartFindings {
    pub name: String,
    pub triangles: usize,
    pub closed: bool,
    /// No edge or point joins several surfaces.
    pub manifold: bool,
    pub outward: bool,
    /// It is not manifold only where bodies that are sound themselves touch.
    pub touching: bool,
    /// Pairs of triangles that are one turned over: walls between bodies that touch.
    pub inner_walls: usize,
    /// Triangles that are there once more.
    pub repeated: usize,
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

/// Parts that are in each other.
#[derive(Clone, Debug, Serialize)]
pub struct Penetration {
    pub parts: [String; 2],
    pub depth_mm: f32,
}

/// What the questions about parts may cost.
pub(super) struct Budgets {
    pub crossings: Budget,
    pub walls: Budget,
    pub entering: Budget,
}

/// A part and what was found of it.
pub(super) struct Looked {
    pub solid: Solid,
    tree: Tree,
    /// Square millimetres.
    pub area: f64,
    pub findings: PartFindings,
}

/// A triangle's middle, its normal and its area.
type Face = (Vec3, Vec3, f64);

impl Looked {
    pub fn new(solid: Solid, floor: f32, least_wall: f32, budgets: &mut Budgets) -> Self {
        let tree = Tree::of((0..solid.triangles.len()).map(|t| solid.corners(t)));
        let topology = solid.topology();
        let volume_mm3 = solid.volume();
        let (low, high) = solid.extent();
        let faces: Vec<Face> = (0..solid.triangles.len())
            .map(|t| solid.corners(t))
            .map(|[a, b, c]| {
                let cross = (b - a).cross(c - a);
                let area = f64::from(cross.length()) / 2.0;
                ((a + b + c) / 3.0, cross.normalize_or_zero(), area)
            })
            .collect();
        let area = total(faces.iter().map(|f| f.2));
        let hangs = |f: &&Face| f.1.z < -0.708 && f.0.z > floor + PLATE;
        let hanging = total(faces.iter().filter(hangs).map(|f| f.2));
        let size = (high - low).max_element();
        let mut walls = (budgets.walls).lend(&tree, || walls(&faces, &tree, size));
        walls.sort_by(|a, b| a.0.total_cmp(&b.0));
        let measured = total(walls.iter().map(|w| w.1));
        let share = |area: f64| area / measured.max(f64::MIN_POSITIVE);
        let mut passed = 0.0;
        let wall = walls.iter().find(|w| {
            passed += w.1;
            share(passed) > 0.01
        });
        let thin = total(walls.iter().filter(|w| w.0 < least_wall).map(|w| w.1));
        let crossings = (budgets.crossings).lend(&tree, || self_intersections(&solid, &tree));
        let findings = PartFindings {
            name: solid.name.clone(),
            triangles: solid.triangles.len(),
            closed: topology.closed,
            manifold: topology.manifold,
            outward: topology.outward,
            touching: !topology.manifold && topology.even && topology.repeated == 0,
            inner_walls: topology.inner_walls,
            repeated: topology.repeated,
            self_intersections: crossings,
            volume_mm3,
            weight_g: volume_mm3 * PLA,
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
    fn within(&self, other: &Self, budget: &mut Budget) -> f32 {
        if !other.findings.closed {
            return 0.0; // it has no inside
        }
        budget.spend(self.solid.points.len() + other.solid.points.len());
        let (low, high) = other.solid.extent();
        let shared: HashSet<[u32; 3]> = other.solid.points.iter().map(bits).collect();
        let every = self.solid.points.len().div_ceil(SAMPLES).max(1);
        let points = self.solid.points.iter().step_by(every);
        let inside = points
            .filter(|p| p.cmpgt(low).all() && p.cmplt(high).all() && !shared.contains(&bits(p)));
        let limit = 5.0;
        let depth = |&p: &Vec3| match other.tree.holds(p) {
            true => other.tree.distance(p, limit),
            false => 0.0,
        };
        budget.lend(&other.tree, || inside.map(depth).fold(0.0, f32::max))
    }
}

/// The parts that are in each other.
pub(super) fn penetrations(looked: &[Looked], budget: &mut Budget) -> Vec<Penetration> {
    let extents: Vec<(Vec3, Vec3)> = looked.iter().map(|l| l.solid.extent()).collect();
    let mut order: Vec<usize> = (0..looked.len()).collect();
    order.sort_by(|&a, &b| extents[a].0.x.total_cmp(&extents[b].0.x));
    let mut pairs = Vec::new();
    for (place, &one) in order.iter().enumerate() {
        let (low, high) = extents[one];
        for &other in &order[place + 1..] {
            let (l, h) = extents[other];
            if l.x >= high.x || !budget.is_left() {
                break;
            }
            budget.spend(1);
            if l.cmplt(high).all() && low.cmplt(h).all() {
                pairs.push([one.min(other), one.max(other)]);
            }
        }
    }
    pairs.sort_unstable();
    let mut found = Vec::new();
    for pair in pairs {
        let [one, other] = pair.map(|i| &looked[i]);
        if !budget.is_left() {
            break;
        }
        let depth_mm = one.within(other, budget).max(other.within(one, budget));
        if depth_mm > TOUCH {
            let parts = [one, other].map(|l| l.findings.name.clone());
            found.push(Penetration { parts, depth_mm });
        }
    }
    found
}

/// How much material is behind a triangle, and its area, for many of them spread over all.
fn walls(faces: &[Face], tree: &Tree, size: f32) -> Vec<(f32, f64)> {
    let every = faces.len().div_ceil(SAMPLES).max(1);
    let behind = |&(middle, normal, area): &Face| {
        let start = middle - normal * (1e-5 * size);
        let hits = tree.hits(start, -normal).into_iter();
        let leaving = hits.filter(|hit| hit.leaving).map(|hit| hit.far);
        let wall = leaving.min_by(f32::total_cmp)?;
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
    pub(super) fn faults(&self, least_wall: f32) -> Vec<String> {
        let thin = format!(
            "thinner than {least_wall} mm on {:.0} % of its surface",
            100.0 * self.thin_share
        );
        let twice = format!(
            "partly there twice: {} of its triangles are repeated",
            self.repeated
        );
        let faults = [
            (!self.closed, "not closed"),
            (
                !self.manifold && !self.touching && self.repeated == 0,
                "not manifold: an edge or a point joins several surfaces",
            ),
            (self.repeated > 0, &twice),
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

    /// What is worth knowing besides.
    pub(super) fn remark(&self) -> Option<String> {
        let name = &self.name;
        match (self.touching, self.inner_walls) {
            (false, _) => None,
            (true, 0) => Some(format!(
                "{name} is of bodies that touch along edges or at points"
            )),
            (true, walls) => Some(format!(
                "{name} is of bodies that touch; {walls} triangles between them are there from both sides, \
                 which some programs drop"
            )),
        }
    }
}
