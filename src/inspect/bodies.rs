//! What hangs together: the bodies that fall apart when the file is printed.

use std::collections::HashMap;

use glam::Vec3;
use serde::Serialize;

use super::budget::Budget;
use super::solids::{Solid, bits};
use super::{Stance, TOUCH};
use crate::base::sets::Sets;
use crate::geometry::bvh::{Tree, gap};
use crate::geometry::stance::{PLATE, mass};

/// So many bodies are told of one by one, the largest.
const TOLD: usize = 100;

/// What hangs together.
#[derive(Clone, Debug, Serialize)]
pub struct Body {
    /// The parts that it is of, or is a piece of.
    pub parts: Vec<String>,
    pub triangles: usize,
    pub volume_mm3: f64,
    /// How far its lowest point is above that of the whole file.
    pub above_plate_mm: f32,
    /// How it stands on the plate; absent where it floats above it, or has no volume.
    pub stance: Option<Stance>,
}

/// All bodies of a file.
pub(super) struct Bodies {
    pub count: usize,
    /// How many do not reach the plate.
    pub floating: usize,
    /// How far the highest of those is above it.
    pub highest: f32,
    /// Whether every one of them stands.
    pub stand: bool,
    /// The largest, at most [`TOLD`].
    pub largest: Vec<Body>,
    /// Whether all that may touch was looked at.
    pub complete: bool,
}

/// Which shell each triangle is of, part after part: what hangs together by its points.
struct Shells {
    of: Vec<u32>,
    sets: Sets,
    /// How many shells there are, and how many bodies they make.
    shells: usize,
    count: usize,
}

impl Shells {
    /// By points at one place, in a part and among parts.
    fn of(solids: &[&Solid]) -> Self {
        let total = solids.iter().map(|s| s.points.len()).sum();
        let mut points = Sets::new(total);
        let mut places: HashMap<[u32; 3], usize> = HashMap::new();
        let mut first = 0;
        for solid in solids {
            for t in &solid.triangles {
                let [a, b, c] = t.map(|v| first + v as usize);
                points.join(a, b);
                points.join(a, c);
            }
            if solids.len() > 1 {
                for (i, p) in solid.points.iter().enumerate() {
                    let own = first + i;
                    let there = *places.entry(bits(p)).or_insert(own);
                    points.join(there, own);
                }
            }
            first += solid.points.len();
        }
        let mut numbers: HashMap<usize, u32> = HashMap::new();
        let (mut of, mut first) = (Vec::new(), 0);
        for solid in solids {
            for t in &solid.triangles {
                let next = numbers.len() as u32;
                let set = points.of(first + t[0] as usize);
                of.push(*numbers.entry(set).or_insert(next));
            }
            first += solid.points.len();
        }
        let count = numbers.len();
        let sets = Sets::new(count);
        Self {
            of,
            sets,
            shells: count,
            count,
        }
    }

    fn join(&mut self, one: u32, other: u32) {
        self.count -= usize::from(self.sets.join(one as usize, other as usize));
    }

    fn body(&mut self, triangle: usize) -> usize {
        self.sets.of(self.of[triangle] as usize)
    }

    /// Joins the shells that touch, or pass through each other.
    fn touch(&mut self, tree: &Tree, corners: &dyn Fn(usize) -> [Vec3; 3]) {
        let largest = self.largest();
        for number in 0..self.of.len() {
            if self.count == 1 {
                return;
            }
            if self.of[number] == largest {
                continue; // the others find it
            }
            let own = corners(number);
            let low = own[0].min(own[1]).min(own[2]) - TOUCH;
            let high = own[0].max(own[1]).max(own[2]) + TOUCH;
            tree.near(low, high, |other, there| {
                if self.body(number) != self.body(other) && gap(own, there) <= TOUCH {
                    self.join(self.of[number], self.of[other]);
                }
            });
        }
    }

    /// Joins what lies in another's material without touching its skin. What lies in a hollow does not.
    fn hold(&mut self, tree: &Tree, corners: &dyn Fn(usize) -> [Vec3; 3]) {
        let mut seen = vec![false; self.shells];
        for number in 0..self.of.len() {
            let shell = self.of[number];
            if self.count == 1 || std::mem::replace(&mut seen[shell as usize], true) {
                continue;
            }
            let mut around = Vec::new();
            for along in [
                [0.531_7, 0.291_3, 0.795_5],
                [-0.713_9, 0.437_1, 0.547_3],
                [0.213_7, -0.891_1, -0.400_9],
            ] {
                let mut depth: HashMap<u32, i64> = HashMap::new();
                for hit in tree.hits(corners(number)[0], Vec3::from(along).normalize()) {
                    let other = self.of[hit.triangle];
                    if self.body(hit.triangle) != self.sets.of(shell as usize) {
                        *depth.entry(other).or_default() += if hit.leaving { 1 } else { -1 };
                    }
                }
                depth.retain(|_, depth| *depth != 0);
                if depth.values().sum::<i64>() > 0 {
                    around.push(depth);
                }
            }
            // A ray through an edge may be counted twice: two of three must say so.
            if let [first, _, ..] = &around[..] {
                first.keys().for_each(|&other| self.join(shell, other));
            }
        }
    }

    /// The one of most triangles.
    fn largest(&self) -> u32 {
        let mut counts = vec![0u32; self.shells];
        self.of
            .iter()
            .for_each(|&shell| counts[shell as usize] += 1);
        (0..counts.len()).max_by_key(|&i| counts[i]).unwrap_or(0) as u32
    }
}

/// What hangs together in all parts.
pub(super) fn bodies(solids: &[&Solid], floor: f32) -> Bodies {
    let mut shells = Shells::of(solids);
    // By number over all parts, as the shells count.
    let starts: Vec<usize> = (solids.iter())
        .scan(0, |next, solid| {
            let first = *next;
            *next += solid.triangles.len();
            Some(first)
        })
        .collect();
    let part = |number: usize| starts.partition_point(|&first| first <= number) - 1;
    let corners = |number: usize| {
        let part = part(number);
        solids[part].corners(number - starts[part])
    };
    let mut budget = Budget::of(shells.of.len());
    if shells.count > 1 {
        let tree = Tree::of((0..shells.of.len()).map(corners));
        budget.lend(&tree, || {
            shells.touch(&tree, &corners);
            shells.hold(&tree, &corners);
        });
    }
    let mut found: HashMap<usize, (Vec<usize>, f32)> = HashMap::new();
    for number in 0..shells.of.len() {
        let body = found.entry(shells.body(number));
        let (triangles, low) = body.or_insert((Vec::new(), f32::MAX));
        triangles.push(number);
        *low = corners(number).iter().fold(*low, |low, p| low.min(p.z));
    }
    let body = |(triangles, low): (Vec<usize>, f32)| {
        let corners: Vec<[Vec3; 3]> = triangles.iter().map(|&number| corners(number)).collect();
        let mut parts: Vec<usize> = triangles.iter().map(|&number| part(number)).collect();
        parts.dedup();
        let above_plate_mm = low - floor;
        let mass = mass(&corners);
        let reaches = above_plate_mm <= PLATE && mass.volume > 0.0;
        Body {
            parts: parts.iter().map(|&i| solids[i].name.clone()).collect(),
            triangles: corners.len(),
            volume_mm3: mass.volume,
            above_plate_mm,
            stance: reaches.then(|| Stance::of(&corners, &mass, floor)),
        }
    };
    let count = found.len();
    let heights = || found.values().map(|body| body.1 - floor);
    let floating = heights().filter(|&height| height > PLATE).count();
    let highest = heights().fold(0.0, f32::max);
    let mut order: Vec<(Vec<usize>, f32)> = found.into_values().collect();
    order.sort_by_key(|body| (std::cmp::Reverse(body.0.len()), body.0[0]));
    let mut largest = Vec::new();
    let mut stand = true;
    for (i, one) in order.into_iter().enumerate() {
        let one = body(one);
        stand &= one.stance.as_ref().is_some_and(|stance| stance.stands);
        if i < TOLD {
            largest.push(one);
        }
    }
    Bodies {
        count,
        floating,
        highest,
        stand,
        largest,
        complete: budget.is_left(),
    }
}
