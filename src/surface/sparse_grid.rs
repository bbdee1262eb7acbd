//! Coarse-to-fine sampling of a field, near its surface only.
//!
//! All parts of a figurine are sampled on one grid, whose points are the multiples of the cell
//! size, so that two parts that share a border see it at the same points. A part starts on the
//! finest coarser grid that a small number of points covers; then only the octants that the surface
//! can pass are halved, which a bound on the field's slope decides: a surface point is at least
//! as far from every corner as the corner's distance says. At every level the surface is also
//! followed across the border of what was sampled, so that it is never cut off there. So the last two
//! levels need not look around a surface that was seen: what they can miss there is a fragment four cells
//! wide.

use anyhow::anyhow;
use glam::{IVec3, Vec3};

use super::dual_contouring::ExtractError;
use crate::geometry::{Field, one_a_point};

/// Points of the first, dense level. About 20 cells an axis for a cubic part: no wider than where
/// a network's distance is truncated, a tenth of the part's half size.
const START_POINTS: usize = 8_000;
/// Cells up to so many times the finest are found by following the surface that was seen.
const FOLLOWED: i32 = 2;
/// Distances are believed only this far: networks overstate them now and then.
const TRUST: f32 = 0.95;
/// Bounds beyond this are a mistake of the field's, not a figurine.
const FARTHEST: f32 = 8.0;

const BLOCK: u32 = 8;
const BLOCK_LEN: usize = (BLOCK * BLOCK * BLOCK) as usize;

/// A point or a cell (by its lowest corner) of one level.
pub(crate) type Index = [u32; 3];

/// Corner `i` of a cell is offset by the bits of `i`: x, y, z from the lowest.
pub(crate) fn corner(cell: Index, i: usize) -> Index {
    [0, 1, 2].map(|a| cell[a] + (i >> a & 1) as u32)
}

/// Values on a three-dimensional grid of which few are set: blocks of 8^3, made when touched.
pub(crate) struct Sparse<T> {
    blocks: [u32; 3],
    table: Vec<u32>,
    values: Vec<T>,
    empty: T,
}

impl<T: Copy> Sparse<T> {
    pub(crate) fn new(size: [u32; 3], empty: T) -> Self {
        let blocks = size.map(|n| n.div_ceil(BLOCK));
        let len = blocks.iter().map(|&n| n as usize).product();
        Self {
            blocks,
            table: vec![u32::MAX; len],
            values: Vec::new(),
            empty,
        }
    }

    fn locate(&self, p: Index) -> (usize, usize) {
        let [x, y, z] = p.map(|v| (v / BLOCK) as usize);
        let [bx, by] = [self.blocks[0] as usize, self.blocks[1] as usize];
        let [u, v, w] = p.map(|v| (v % BLOCK) as usize);
        let side = BLOCK as usize;
        ((z * by + y) * bx + x, (w * side + v) * side + u)
    }

    pub(crate) fn get(&self, p: Index) -> T {
        let (block, inner) = self.locate(p);
        match self.table[block] {
            u32::MAX => self.empty,
            at => self.values[at as usize * BLOCK_LEN + inner],
        }
    }

    pub(crate) fn slot(&mut self, p: Index) -> &mut T {
        let (block, inner) = self.locate(p);
        if self.table[block] == u32::MAX {
            self.table[block] = (self.values.len() / BLOCK_LEN) as u32;
            self.values
                .resize(self.values.len() + BLOCK_LEN, self.empty);
        }
        &mut self.values[self.table[block] as usize * BLOCK_LEN + inner]
    }
}

/// A field cut off at its own bounds, so that its surface is closed there.
#[derive(Clone, Copy)]
pub(crate) struct Clipped<'a> {
    field: &'a dyn Field,
    min: Vec3,
    max: Vec3,
}

impl<'a> Clipped<'a> {
    fn new(field: &'a dyn Field) -> Result<Self, ExtractError> {
        let (min, max) = field.bounds();
        let sound = min.is_finite() && max.is_finite() && min.cmple(max).all();
        if !sound || min.abs().max(max.abs()).max_element() > FARTHEST {
            return Err(ExtractError::Field(anyhow!(
                "its bounds {min} to {max} make no sense"
            )));
        }
        Ok(Self { field, min, max })
    }

    /// Signed distance to the field cut off at the box; one call of the field for all points.
    pub(crate) fn distance(&self, points: &[Vec3]) -> Result<Vec<f32>, ExtractError> {
        let mut values: Vec<f32> = points.iter().map(|&p| self.to_box(p)).collect();
        let within: Vec<usize> = (0..points.len()).filter(|&i| values[i] < 0.0).collect();
        if within.is_empty() {
            return Ok(values);
        }
        let asked: Vec<Vec3> = within.iter().map(|&i| points[i]).collect();
        let found = self.field.distance(&asked).map_err(ExtractError::Field)?;
        one_a_point("distances", found.len(), asked.len()).map_err(ExtractError::Field)?;
        if let Some(i) = found.iter().position(|d| !d.is_finite()) {
            return Err(ExtractError::Field(anyhow!(
                "its distance at {} is {}",
                asked[i],
                found[i]
            )));
        }
        for (&i, d) in within.iter().zip(found) {
            values[i] = values[i].max(d);
        }
        Ok(values)
    }

    /// Signed distance to the box; never negative zero, so that its border is outside.
    fn to_box(self, p: Vec3) -> f32 {
        let beyond = (self.min - p).max(p - self.max);
        beyond.max(Vec3::ZERO).length() + beyond.max_element().min(0.0)
    }
}

/// One level: the samples taken and the cells whose eight corners are all known.
pub(crate) struct Level<'a> {
    pub(crate) field: Clipped<'a>,
    /// Length of a cell, model units.
    pub(crate) cell: f32,
    /// The grid's index of point `[0, 0, 0]`.
    origin: IVec3,
    /// Points an axis.
    pub(crate) size: [u32; 3],
    /// Signed distance by point; NaN where it was not asked for.
    pub(crate) samples: Sparse<f32>,
    /// The cells known, each once.
    pub(crate) cells: Vec<Index>,
    member: Sparse<bool>,
}

impl<'a> Level<'a> {
    /// The finest level of `field`: `resolution` cells across the model's box of edge 2.
    pub(crate) fn finest(field: &'a dyn Field, resolution: usize) -> Result<Self, ExtractError> {
        let clipped = Clipped::new(field)?;
        let fine = 2.0 / resolution.clamp(2, 2048) as f32;
        let mut stride = 1;
        let mut level = loop {
            let level = Level::empty(&clipped, fine, stride);
            if level.size.iter().map(|&n| n as usize).product::<usize>() <= START_POINTS {
                break level;
            }
            stride *= 2;
        };
        let [nx, ny, nz] = level.size.map(|n| n - 1);
        let all = (0..nz).flat_map(|z| (0..ny).flat_map(move |y| (0..nx).map(move |x| [x, y, z])));
        level.add(all.collect())?;
        while stride > 1 {
            stride /= 2;
            level = level.halved(stride <= FOLLOWED)?;
        }
        Ok(level)
    }

    fn empty(field: &Clipped<'a>, fine: f32, stride: i32) -> Self {
        // One point beyond the box on every side: the field is positive there, and the surface closed.
        let cell = fine * stride as f32;
        let low = (field.min / cell).floor().as_ivec3() - IVec3::ONE;
        let high = (field.max / cell).ceil().as_ivec3() + IVec3::ONE;
        Self::new(
            *field,
            cell,
            low,
            (high - low + IVec3::ONE).as_uvec3().to_array(),
        )
    }

    fn new(field: Clipped<'a>, cell: f32, origin: IVec3, size: [u32; 3]) -> Self {
        let (samples, member) = (Sparse::new(size, f32::NAN), Sparse::new(size, false));
        Self {
            field,
            cell,
            origin,
            size,
            samples,
            cells: Vec::new(),
            member,
        }
    }

    /// A point's place on the grid that all parts share.
    pub(crate) fn shared(&self, p: Index) -> IVec3 {
        self.origin + glam::UVec3::from_array(p).as_ivec3()
    }

    /// Where a point lies, in the model frame.
    pub(crate) fn position(&self, p: Index) -> Vec3 {
        self.shared(p).as_vec3() * self.cell
    }

    /// The eight corners' distances.
    pub(crate) fn corners(&self, cell: Index) -> [f32; 8] {
        std::array::from_fn(|i| self.samples.get(corner(cell, i)))
    }

    /// What the field itself, not its box, says at the corners: beyond the box nothing.
    fn own(&self, cell: Index) -> [Option<f32>; 8] {
        std::array::from_fn(|i| {
            let p = corner(cell, i);
            (self.field.to_box(self.position(p)) < 0.0).then(|| self.samples.get(p))
        })
    }

    /// Adds cells and samples their corners; then follows the surface into cells not yet there.
    fn add(&mut self, mut wanted: Vec<Index>) -> Result<(), ExtractError> {
        while !wanted.is_empty() {
            wanted.retain(|&c| !std::mem::replace(self.member.slot(c), true));
            let mut asked = Vec::new();
            for i in wanted
                .iter()
                .flat_map(|&c| (0..8).map(move |i| corner(c, i)))
            {
                let sample = self.samples.slot(i);
                if sample.is_nan() {
                    *sample = f32::INFINITY; // asked for
                    asked.push(i);
                }
            }
            let points: Vec<Vec3> = asked.iter().map(|&i| self.position(i)).collect();
            for (&i, d) in asked.iter().zip(self.field.distance(&points)?) {
                *self.samples.slot(i) = d;
            }
            let next = wanted.iter().flat_map(|&c| self.beyond(c)).collect();
            self.cells.append(&mut wanted);
            wanted = next;
        }
        Ok(())
    }

    /// The neighbours that the surface leaves `cell` for and that are not sampled yet.
    fn beyond(&self, cell: Index) -> Vec<Index> {
        let corners = self.corners(cell);
        if !mixed(corners) {
            return Vec::new();
        }
        let mut out = Vec::new();
        for (axis, high) in (0..3).flat_map(|a| [(a, false), (a, true)]) {
            let inside = (0..8)
                .filter(|i| (i >> axis & 1 == 1) == high && corners[*i] < 0.0)
                .count();
            if (1..4).contains(&inside) {
                // In range: the outermost points are positive, so no surface crosses the last face.
                let mut next = cell;
                next[axis] = if high { cell[axis] + 1 } else { cell[axis] - 1 };
                if !self.member.get(next) {
                    out.push(next);
                }
            }
        }
        out
    }

    /// The cells that the surface passes, and their neighbours.
    fn around(&self) -> Sparse<bool> {
        let mut near = Sparse::new(self.size, false);
        for &cell in &self.cells {
            if mixed(self.corners(cell)) {
                // In range: the outermost points are positive, so no surface crosses the outermost cells.
                for i in 0..27 {
                    *near.slot([0, 1, 2].map(|a| cell[a] + i / 3u32.pow(a as u32) % 3 - 1)) = true;
                }
            }
        }
        near
    }

    /// The level of half the cell size, sampled where the surface can be; if it is to be followed, where it
    /// likely is, or where nothing else is near that would lead there.
    fn halved(self, follow: bool) -> Result<Self, ExtractError> {
        let size = self.size.map(|n| 2 * n - 1);
        let mut fine = Self::new(self.field, self.cell / 2.0, self.origin * 2, size);
        let wanted = Suspicion::of(&self).wanted(&self, follow.then(|| self.around()));
        for &cell in &self.cells {
            for p in (0..8).map(|i| corner(cell, i)) {
                *fine.samples.slot(p.map(|v| 2 * v)) = self.samples.get(p);
            }
        }
        fine.add(wanted)?;
        Ok(fine)
    }
}

/// Whether the surface passes: some corners inside, some not.
pub(crate) fn mixed(corners: [f32; 8]) -> bool {
    let inside = corners.iter().filter(|&&d| d < 0.0).count();
    (1..8).contains(&inside)
}

/// Decides which octants the surface can pass.
struct Suspicion {
    /// Distances are divided by this: the field's slope, at least 1.
    slope: f32,
    /// Beyond these (outside, inside) a distance is truncated and says nothing.
    truncated: (f32, f32),
}

impl Suspicion {
    fn of(level: &Level) -> Self {
        let (mut steep, mut positive, mut negative) = (Vec::new(), Vec::new(), Vec::new());
        let mut steepest_off = 0.0f32;
        for &cell in &level.cells {
            let own = level.own(cell);
            let rise = rise(own);
            if mixed(level.corners(cell)) {
                steep.push(rise);
            } else {
                steepest_off = steepest_off.max(rise);
            }
            match own[0] {
                Some(d) if d < 0.0 => negative.push(-d),
                Some(d) => positive.push(d),
                None => {}
            }
        }
        let rise = if steep.is_empty() {
            steepest_off
        } else {
            quantile(&mut steep, 0.9)
        };
        let slope = (rise / level.cell).max(1.0);
        let truncated = (
            0.9 * quantile(&mut positive, 0.95),
            0.9 * quantile(&mut negative, 0.95),
        );
        Self { slope, truncated }
    }

    /// The cells of the next level to sample, in the order of this level's cells. Where the surface was seen, and
    /// will be `followed` from there, its likely way is enough, and nothing around it is searched.
    fn wanted(&self, level: &Level, followed: Option<Sparse<bool>>) -> Vec<Index> {
        let far = probe_distances();
        let mut out = Vec::new();
        for &cell in &level.cells {
            let own = level.own(cell);
            let mixed = mixed(level.corners(cell));
            let reached = || followed.as_ref().is_some_and(|near| near.get(cell));
            if !mixed && (reached() || self.says_nothing(own)) {
                continue;
            }
            if mixed && followed.is_some() {
                out.extend(octants(cell, likely(level.corners(cell))));
                continue;
            }
            let slope = if mixed {
                self.slope.max(rise(own) / level.cell)
            } else {
                self.slope
            };
            let passed = passed(own.map(|d| d.unwrap_or(0.0) / slope / level.cell), &far);
            out.extend(octants(cell, passed));
        }
        out
    }

    /// All corners truncated, on the same side.
    fn says_nothing(&self, own: [Option<f32>; 8]) -> bool {
        let all = |truncated: &dyn Fn(f32) -> bool| own.iter().flatten().all(|&d| truncated(d));
        all(&|d| d > self.truncated.0) || all(&|d| d < -self.truncated.1)
    }
}

/// The largest difference along an edge.
fn rise(own: [Option<f32>; 8]) -> f32 {
    let edges = (0..8).flat_map(|i| [1, 2, 4].map(|bit| (own[i], own[i ^ bit])));
    edges.fold(0.0, |most, edge| {
        if let (Some(a), Some(b)) = edge {
            most.max((a - b).abs())
        } else {
            most
        }
    })
}

/// The cells of half the size that a cell's bits name.
fn octants(cell: Index, bits: u8) -> impl Iterator<Item = Index> {
    let named = (0..8).filter(move |i| bits >> i & 1 == 1);
    named.map(move |i| corner(cell.map(|v| 2 * v), i))
}

/// One bit an octant: the surface passes it if distances between the corners are what these let expect.
fn likely(corners: [f32; 8]) -> u8 {
    // At the corners and halfway between them.
    let expected: [f32; 27] = std::array::from_fn(|p| {
        let place = [p % 3, p / 3 % 3, p / 9];
        let beside = |i: &usize| (0..3).all(|a| place[a] == 1 || place[a] / 2 == i >> a & 1);
        let (sum, count) = (0..8)
            .filter(beside)
            .fold((0.0, 0.0), |(sum, n), i| (sum + corners[i], n + 1.0));
        sum / count
    });
    let passes = |octant: &usize| {
        mixed(std::array::from_fn(|i| {
            let [x, y, z] = [0, 1, 2].map(|a| (octant >> a & 1) + (i >> a & 1));
            expected[x + 3 * y + 9 * z]
        }))
    };
    (0..8)
        .filter(passes)
        .fold(0, |bits, octant| bits | 1 << octant)
}

/// One bit an octant: some probe in it is as far from every corner as a surface point must be.
/// `corners` are distances in cells.
fn passed(corners: [f32; 8], far: &[[f32; 8]; 125]) -> u8 {
    let least = corners.map(|d| d.abs() * TRUST - 0.05);
    if least.iter().any(|&d| d > 1.75) || least.iter().all(|&d| d > 0.87) {
        return 0;
    }
    let near = |probe: &[f32; 8]| probe.iter().zip(least).all(|(&far, least)| far >= least);
    let passed = far
        .iter()
        .zip(PROBE_OCTANTS)
        .filter(|(probe, _)| near(probe));
    passed.fold(0, |bits, (_, octants)| bits | octants)
}

/// The octants that each of a cell's 5^3 probes touches, one bit each.
const PROBE_OCTANTS: [u8; 125] = {
    let mut out = [0; 125];
    let mut i = 0;
    while i < 125 {
        let p = [i % 5, i / 5 % 5, i / 25];
        let mut octant = 0;
        while octant < 8 {
            let (mut axis, mut touches) = (0, true);
            while axis < 3 {
                let high = octant >> axis & 1 == 1;
                touches &= if high { p[axis] >= 2 } else { p[axis] <= 2 };
                axis += 1;
            }
            if touches {
                out[i] |= 1 << octant;
            }
            octant += 1;
        }
        i += 1;
    }
    out
};

/// Distance from each of a unit cell's 5^3 probes to each of its corners.
fn probe_distances() -> [[f32; 8]; 125] {
    std::array::from_fn(|i| {
        let probe = Vec3::new((i % 5) as f32, (i / 5 % 5) as f32, (i / 25) as f32) / 4.0;
        std::array::from_fn(|c| {
            let at = Vec3::new((c & 1) as f32, (c >> 1 & 1) as f32, (c >> 2 & 1) as f32);
            probe.distance(at)
        })
    })
}

/// The `share` quantile, 0 of nothing.
fn quantile(values: &mut [f32], share: f32) -> f32 {
    if values.is_empty() {
        return 0.0;
    }
    let k = ((values.len() - 1) as f32 * share) as usize;
    *values.select_nth_unstable_by(k, f32::total_cmp).1
}
