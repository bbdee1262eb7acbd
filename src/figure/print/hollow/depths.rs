//! How deep each place of a grid lies in a body, and the ways from there to the outside. Millimetres, +Z up.

use std::collections::{HashMap, HashSet, VecDeque};

use glam::{IVec3, Vec2, Vec3};

use super::{Room, neighbours};
use crate::geometry::bvh::nearest;
use crate::geometry::columns::Columns;
use crate::geometry::extent;

/// Places along the longest side; more where the wall is thin.
const PLACES: f32 = 110.0;
/// At most so many in all.
const MOST: f32 = 4e6;
/// A wall is so many steps thick at least, so that between two places the depth is what both say.
const STEPS: f32 = 2.0;
/// A room has this many places at least.
const LEAST: usize = 20;
/// So far above where it ends a hole need not have material all around, steps: edges are round.
const EDGE: i32 = 2;

/// Depths on a grid.
pub(super) struct Depths {
    first: Vec3,
    step: f32,
    count: IVec3,
    /// Of what may be hollow; 0 outside.
    depth: Vec<f32>,
    /// Whether a place is in the body, with what is to stay solid.
    within: Vec<bool>,
    floor: f32,
    top: f32,
}

/// A hole straight down.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shaft {
    pub(super) from: Vec3,
    pub(super) to: Vec3,
    /// The lower its upper end and the more in the middle, the better.
    pub(super) cost: f32,
}

impl Depths {
    /// Below the skin `outer`, of what may be hollow and is all or a part of what has the skin `whole`.
    pub(super) fn of(outer: &[[Vec3; 3]], whole: &[[Vec3; 3]], wall: f32) -> Self {
        let (low, high) = extent(whole.iter().flatten().copied());
        let size = (high - low).max(Vec3::splat(1e-3));
        let step = (size.max_element() / PLACES).min(wall / STEPS);
        let step = step.max((size.element_product() / MOST).cbrt());
        let count = (size / step).ceil().as_ivec3() + 2;
        let first = low - step / 2.0;
        let mut depths = Self {
            first,
            step,
            count,
            depth: Vec::new(),
            within: Vec::new(),
            floor: low.z,
            top: high.z,
        };
        depths.within = depths.inside(whole);
        let hollow = depths.inside(outer);
        depths.measure(outer, &hollow);
        depths
    }

    fn number(&self, at: IVec3) -> Option<usize> {
        let there = at.cmpge(IVec3::ZERO).all() && at.cmplt(self.count).all();
        there.then(|| ((at.z * self.count.y + at.y) * self.count.x + at.x) as usize)
    }

    fn cell(&self, number: usize) -> IVec3 {
        let (number, count) = (number as i32, self.count);
        let row = number / count.x;
        IVec3::new(number % count.x, row % count.y, row / count.y)
    }

    /// Where a place is.
    pub(super) fn place(&self, number: usize) -> Vec3 {
        self.first + self.cell(number).as_vec3() * self.step
    }

    /// Which places are within closed bodies.
    fn inside(&self, skin: &[[Vec3; 3]]) -> Vec<bool> {
        let mut inside = vec![false; self.count.as_vec3().element_product() as usize];
        let corner = self.first.truncate() - self.step / 2.0;
        let count = Vec2::new(self.count.x as f32, self.count.y as f32);
        let Some(columns) = Columns::on(skin, corner, self.step, count) else {
            return inside;
        };
        for (i, line) in columns.lines().enumerate() {
            let (x, y) = (i as i32 % self.count.x, i as i32 / self.count.x);
            let (mut crossings, mut within) = (line.iter().peekable(), 0);
            for z in (0..self.count.z).rev() {
                let height = self.first.z + z as f32 * self.step;
                while let Some(crossing) = crossings.next_if(|crossing| crossing.height > height) {
                    within += if crossing.up { 1 } else { -1 };
                }
                if let Some(number) = self.number(IVec3::new(x, y, z)) {
                    inside[number] = within > 0;
                }
            }
        }
        inside
    }

    /// Finds the depth of all places inside: near the skin from its triangles, and further in by what the neighbours have
    /// found to be the nearest.
    fn measure(&mut self, skin: &[[Vec3; 3]], inside: &[bool]) {
        let mut depth = vec![f32::MAX; inside.len()];
        let mut near = vec![u32::MAX; inside.len()];
        for (t, corners) in skin.iter().enumerate() {
            let (low, high) = extent(*corners);
            let low = ((low - self.first) / self.step).floor().as_ivec3();
            let high = ((high - self.first) / self.step).ceil().as_ivec3();
            for z in low.z..=high.z {
                for y in low.y..=high.y {
                    for x in low.x..=high.x {
                        let number = self.number(IVec3::new(x, y, z));
                        let Some(number) = number.filter(|&number| inside[number]) else {
                            continue;
                        };
                        let p = self.place(number);
                        let far = p.distance(nearest(p, *corners));
                        if far < depth[number] {
                            (depth[number], near[number]) = (far, t as u32);
                        }
                    }
                }
            }
        }
        let mut queue: VecDeque<usize> = (0..near.len()).filter(|&i| near[i] != u32::MAX).collect();
        while let Some(number) = queue.pop_front() {
            let (cell, corners) = (self.cell(number), skin[near[number] as usize]);
            for other in neighbours().filter_map(|by| self.number(cell + by)) {
                if !inside[other] || near[other] == near[number] {
                    continue;
                }
                let p = self.place(other);
                let far = p.distance(nearest(p, corners));
                if far < depth[other] - 1e-4 * self.step {
                    (depth[other], near[other]) = (far, near[number]);
                    queue.push_back(other);
                }
            }
        }
        let known = |depth: f32| if depth < f32::MAX { depth } else { 0.0 };
        self.depth = depth.into_iter().map(known).collect();
    }

    /// The depth at any point, even between places.
    pub(super) fn at(&self, p: Vec3) -> f32 {
        let p = (p - self.first) / self.step;
        let (low, part) = (p.floor().as_ivec3(), p - p.floor());
        let corner = |i: i32| {
            let high = IVec3::new(i & 1, i >> 1 & 1, i >> 2 & 1);
            let weight = Vec3::ONE - (high.as_vec3() - part).abs();
            let depth = self
                .number(low + high)
                .map_or(0.0, |number| self.depth[number]);
            depth * weight.x * weight.y * weight.z
        };
        (0..8).map(corner).sum()
    }

    /// The greatest.
    pub(super) fn most(&self) -> f32 {
        self.depth.iter().copied().fold(0.0, f32::max)
    }

    /// From the plate to the top.
    pub(super) fn tall(&self) -> f32 {
        self.top - self.floor
    }

    /// Cubic millimetres of so many places.
    pub(super) fn volume(&self, places: usize) -> f32 {
        places as f32 * self.step.powi(3)
    }

    /// What lies deeper than the wall, in pieces that hang together.
    pub(super) fn rooms(&self, wall: f32) -> Vec<Room> {
        let mut open: Vec<bool> = self.depth.iter().map(|&depth| depth > wall).collect();
        let mut rooms = Vec::new();
        for start in 0..open.len() {
            if !std::mem::take(&mut open[start]) {
                continue;
            }
            let (mut room, mut walked) = (vec![start], 0);
            while walked < room.len() {
                let cell = self.cell(room[walked]);
                walked += 1;
                for axis in [IVec3::X, IVec3::Y, IVec3::Z] {
                    for next in [cell + axis, cell - axis] {
                        let next = self.number(next).filter(|&next| open[next]);
                        if let Some(next) = next {
                            open[next] = false;
                            room.push(next);
                        }
                    }
                }
            }
            match room.len() {
                ..LEAST => {}
                _ => rooms.push(room),
            }
        }
        rooms
    }

    /// Makes a room as shallow as what is around it.
    pub(super) fn fill(&mut self, room: &Room, wall: f32) {
        room.iter().for_each(|&at| self.depth[at] = 0.99 * wall);
    }

    /// Holes that can be bored from a room straight down to the outside, with material so far around; `below` is whether
    /// they have to end on the plate.
    pub(super) fn shafts(&self, room: &Room, radius: f32, around: f32, below: bool) -> Vec<Shaft> {
        let mut lowest: HashMap<(i32, i32), i32> = HashMap::new();
        for cell in room.iter().map(|&at| self.cell(at)) {
            let z = lowest.entry((cell.x, cell.y)).or_insert(cell.z);
            *z = cell.z.min(*z);
        }
        let shaft = |((x, y), z): ((i32, i32), i32)| {
            let start = IVec3::new(x, y, z);
            let end = self.way_down(start, around, below)?;
            let middle =
                (start + IVec3::Z * (radius / self.step).ceil() as i32).min(self.count - 1);
            let depth = self.depth[self.number(middle)?];
            let height = |z: i32| self.first + IVec3::new(x, y, z).as_vec3() * self.step;
            Some(Shaft {
                from: height(z + 1),
                to: height(end) - Vec3::Z * (self.step + radius),
                cost: height(z).z - depth,
            })
        };
        let mut columns: Vec<_> = lowest.into_iter().collect();
        columns.sort_unstable();
        columns.into_iter().filter_map(shaft).collect()
    }

    /// The lowest place below `start` before the outside.
    fn way_down(&self, start: IVec3, around: f32, below: bool) -> Option<i32> {
        let within = |at: IVec3| self.number(at).is_some_and(|number| self.within[number]);
        let end = (0..start.z).rev().find(|&z| !within(start.with_z(z)));
        let end = end.map_or(0, |z| z + 1);
        let on_plate = self.first.z + (end as f32 - 1.5) * self.step < self.floor;
        let ring: Vec<IVec3> = (0..8)
            .map(|k| (k as f32 * std::f32::consts::TAU / 8.0).sin_cos())
            .map(|(sin, cos)| Vec3::new(cos, sin, 0.0) * (around / self.step))
            .map(|by| by.round().as_ivec3())
            .collect();
        let held = |z: i32| ring.iter().all(|by| within(start.with_z(z) + *by));
        let closed = (end + EDGE..start.z).all(held);
        (closed && (on_plate || !below)).then_some(end)
    }

    /// The shortest way from a room to places elsewhere, over places that are as deep as that.
    pub(super) fn path(
        &self,
        room: &Room,
        there: &HashSet<usize>,
        depth: f32,
    ) -> Option<Vec<usize>> {
        let mut before: HashMap<usize, usize> = room.iter().map(|&at| (at, at)).collect();
        let mut queue: VecDeque<usize> = room.iter().copied().collect();
        while let Some(at) = queue.pop_front() {
            if there.contains(&at) {
                let mut path = vec![at];
                let mut last = at;
                while before[&last] != last {
                    last = before[&last];
                    path.push(last);
                }
                return Some(path);
            }
            let cell = self.cell(at);
            for next in neighbours().filter_map(|by| self.number(cell + by)) {
                if self.depth[next] >= depth && !before.contains_key(&next) {
                    before.insert(next, at);
                    queue.push_back(next);
                }
            }
        }
        None
    }
}
