//! Which part a point belongs to, and the borders that neighbours share.
//!
//! A point inside several parts belongs to the last of them: the model's slots go from the body to
//! what it wears and holds, so that a cape or a sword stays whole and the thick body beneath it
//! gives way. But where two surfaces cross at a flat angle, the body would end in a wedge thinner
//! than any grid, and its rim in teeth. So just below the skin the border turns: there the later
//! part owns a point only if it is deeper in it than in the earlier ones, which makes the border
//! stand on the skin. What one sees is the same line, where both distances are zero.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use foldhash::fast::FixedState;
use glam::{IVec3, Vec3};

use super::cell::{gradient, unit_corner};
use super::dual_contouring::Net;
use crate::base::numeric::smoothstep;
use crate::geometry::{Field, Mesh, normals, one_a_point};

/// The cosine of the angle, about 70 degrees, at which two surfaces cross steeply, and how much more it is at about 40
/// degrees and less, where they cross flat: there the line where they meet is ragged, for every error of a distance
/// moves it far, and it is smoothed along the skin. The angles are a choice that nothing has measured.
const STEEP: f32 = 0.34;
const FROM_STEEP_TO_FLAT: f32 = 0.43;
/// Distances a part remembers before it begins anew: about 40 MB.
const MOST_KNOWN: usize = 1 << 20;

/// A field that remembers its distances: neighbours on one grid ask for the same points. No lock is held
/// while the field is asked: neighbours may do so at once, and what two ask for is the same.
pub(crate) struct Known<'a> {
    field: &'a dyn Field,
    /// By the bits of a point.
    distances: Mutex<HashMap<[u32; 3], f32, FixedState>>,
    /// By cell: how flat its surface crosses those of the earlier parts, 0 to 1.
    flatness: Mutex<HashMap<IVec3, f32>>,
}

impl<'a> Known<'a> {
    pub(crate) fn new(field: &'a dyn Field) -> Self {
        Self {
            field,
            distances: Mutex::default(),
            flatness: Mutex::default(),
        }
    }

    /// Whether the bounds of two parts overlap.
    pub(crate) fn touches(&self, other: &Self) -> bool {
        let ((low, high), (other_low, other_high)) = (self.field.bounds(), other.field.bounds());
        low.cmple(other_high).all() && other_low.cmple(high).all()
    }

    /// Signed distance to the bounds.
    fn to_box(&self, p: Vec3) -> f32 {
        let (low, high) = self.field.bounds();
        (low - p).max(p - high).max_element()
    }

    fn distance(&self, points: &[Vec3]) -> anyhow::Result<Vec<f32>> {
        let key = |p: Vec3| (p + 0.0).to_array().map(f32::to_bits);
        let mut out: Vec<f32> = {
            let mut known = lock(&self.distances);
            if known.len() > MOST_KNOWN {
                known.clear();
            }
            let distance = |&p: &Vec3| known.get(&key(p)).copied().unwrap_or(f32::NAN);
            points.iter().map(distance).collect()
        };
        let new: Vec<usize> = (0..points.len()).filter(|&i| out[i].is_nan()).collect();
        if !new.is_empty() {
            let asked: Vec<Vec3> = new.iter().map(|&i| points[i]).collect();
            let found = self.field.distance(&asked)?;
            one_a_point("distances", found.len(), new.len())?;
            lock(&self.distances).extend(asked.into_iter().map(key).zip(found.iter().copied()));
            new.into_iter().zip(found).for_each(|(i, d)| out[i] = d);
        }
        Ok(out)
    }

    /// How flat this part's surface crosses those of the parts `before` it in cells of a size: 0 where
    /// it does so at [`STEEP`] angles, of which neither side is thin, 1 at flat ones.
    fn flatness(
        &self,
        cells: &[IVec3],
        before: &[&Known<'_>],
        size: f32,
    ) -> anyhow::Result<Vec<f32>> {
        let mut new: Vec<IVec3> = cells.to_vec();
        {
            let known = lock(&self.flatness);
            new.retain(|cell| !known.contains_key(cell));
        }
        new.sort_unstable_by_key(|cell| cell.to_array());
        new.dedup();
        let points: Vec<Vec3> = (new.iter())
            .flat_map(|cell| (0..8).map(|i| cell.as_vec3() + unit_corner(i)))
            .map(|corner| corner * size) // the grid's: most are known
            .collect();
        let (body, part) = (union(before, &points)?, self.within(&points)?);
        let (body, _) = body.as_chunks();
        let (part, _) = part.as_chunks();
        let slope = |corners: &[f32; 8]| gradient(corners, Vec3::splat(0.5));
        let slopes = body.iter().zip(part);
        let mut known = lock(&self.flatness);
        for (cell, (body, part)) in new.into_iter().zip(slopes) {
            let (body, part) = (slope(body), slope(part));
            let alike = body.dot(part) / (body.length() * part.length()).max(1e-12);
            let flat = ((alike - STEEP) / FROM_STEEP_TO_FLAT).clamp(0.0, 1.0);
            known.insert(cell, smoothstep(flat));
        }
        let found = cells.iter().map(|cell| known.get(cell).copied());
        Ok(found.map(|flat| flat.unwrap_or(0.0)).collect())
    }

    /// Distances where the field's bounds reach, and beyond them something positive.
    fn within(&self, points: &[Vec3]) -> anyhow::Result<Vec<f32>> {
        let mut out: Vec<f32> = points.iter().map(|&p| self.to_box(p)).collect();
        let inside: Vec<usize> = (0..points.len()).filter(|&i| out[i] < 0.0).collect();
        let asked: Vec<Vec3> = inside.iter().map(|&i| points[i]).collect();
        for (&i, d) in inside.iter().zip(self.distance(&asked)?) {
            out[i] = out[i].max(d);
        }
        Ok(out)
    }
}

/// The content, whatever became of others that held the lock.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What one part owns of the figurine.
pub(crate) struct Owned<'a> {
    /// The part itself.
    pub(crate) own: &'a Known<'a>,
    /// Those before it whose bounds overlap its own, in order.
    pub(crate) earlier: Vec<&'a Known<'a>>,
    /// Those after it, in order; each with all that come before it, this part among them.
    pub(crate) later: Vec<(&'a Known<'a>, Vec<&'a Known<'a>>)>,
    /// How far below the skin the border stands upright, model units.
    pub(crate) bevel: f32,
}

impl Owned<'_> {
    /// How much deeper than on its surface a point must be in `part` to be owned by it rather than
    /// by the `before`, at points where it is `depths` deep in it; model units, 0 or more.
    fn yields(
        &self,
        part: &Known<'_>,
        depths: &[f32],
        before: &[&Known<'_>],
        points: &[Vec3],
    ) -> anyhow::Result<Vec<f32>> {
        let mut out = vec![0.0; points.len()];
        let t = self.bevel;
        // Elsewhere it changes on no side of which surface the point is.
        let near: Vec<usize> = (0..points.len())
            .filter(|&i| (-1.5 * t..t).contains(&depths[i]))
            .collect();
        let at: Vec<Vec3> = near.iter().map(|&i| points[i]).collect();
        let body = union(before, &at)?;
        let rises = near.into_iter().zip(body).map(|(i, d)| (i, hump(d / t)));
        let rises: Vec<(usize, f32)> = rises
            .filter(|&(i, rise)| rise > 0.0 && depths[i] + rise * t > -0.8 * t)
            .collect();
        let cells: Vec<IVec3> = (rises.iter())
            .map(|&(i, _)| (points[i] / t + 1e-3).floor().as_ivec3()) // the grid's own are rounded
            .collect();
        for ((i, rise), flat) in rises.into_iter().zip(part.flatness(&cells, before, t)?) {
            out[i] = t * rise * flat;
        }
        Ok(out)
    }
}

/// What the border rises by, in bevels, at a depth in bevels: as steep as the depth to one, then
/// gently back to nothing at three.
fn hump(depth: f32) -> f32 {
    (-depth).min((depth + 3.0) / 2.0).max(0.0)
}

/// The least distance to any of `fields`; positive where none of them has bounds.
fn union(fields: &[&Known<'_>], points: &[Vec3]) -> anyhow::Result<Vec<f32>> {
    let mut least = vec![f32::INFINITY; points.len()];
    for field in fields {
        for (least, d) in least.iter_mut().zip(field.within(points)?) {
            *least = least.min(d);
        }
    }
    Ok(least)
}

impl Field for Owned<'_> {
    fn distance(&self, points: &[Vec3]) -> anyhow::Result<Vec<f32>> {
        let mut distances = self.own.distance(points)?;
        if !self.earlier.is_empty() {
            let rises = self.yields(self.own, &distances, &self.earlier, points)?;
            for (d, rise) in distances.iter_mut().zip(rises) {
                *d += rise;
            }
        }
        let (low, high) = self.bounds();
        // Farther out another part cannot change on which side of the surface a point is.
        let skin = 0.02 * (high - low).max_element();
        for (part, before) in &self.later {
            let near = |&i: &usize| distances[i] < skin && part.to_box(points[i]) < 0.0;
            let shared: Vec<usize> = (0..points.len()).filter(near).collect();
            if shared.is_empty() {
                continue;
            }
            let asked: Vec<Vec3> = shared.iter().map(|&i| points[i]).collect();
            let depths = part.within(&asked)?;
            let rises = self.yields(part, &depths, before, &asked)?;
            for (&i, (d, rise)) in shared.iter().zip(depths.iter().zip(rises)) {
                distances[i] = distances[i].max(-d - rise);
            }
        }
        Ok(distances)
    }

    fn colour(&self, points: &[Vec3]) -> anyhow::Result<Vec<[f32; 3]>> {
        self.own.field.colour(points)
    }

    fn bounds(&self) -> (Vec3, Vec3) {
        self.own.field.bounds()
    }
}

/// A vertex that several parts have: the parts, in order, and its number in each.
type Shared = Vec<(usize, u32)>;

/// What parts share.
#[derive(Default)]
pub(crate) struct Borders {
    /// Where a border meets the skin.
    rims: Vec<Shared>,
    /// All else, below the skin.
    inner: Vec<Shared>,
}

/// Moves the vertices of neighbours that lie on a common border to the same places, so that the
/// parts fit without a gap.
///
/// Two parts share a border where an edge of the grid goes from one into the other. In each cell
/// the vertices around such an edge are one; so the whole border is, and the line where it ends. Vertices
/// that are `parted` stay where they are: a gap is narrower than a cell.
pub(crate) fn join(nets: &mut [Net], parted: impl Fn(Vec3) -> bool) -> Borders {
    let mut cells: HashMap<IVec3, Vec<(usize, usize)>> = HashMap::new();
    for (part, net) in nets.iter().enumerate() {
        for (cell, &place) in net.places.iter().enumerate() {
            cells.entry(place).or_default().push((part, cell));
        }
    }
    let mut shared: Vec<_> = cells.into_values().filter(|s| s.len() > 1).collect();
    shared.sort_unstable();
    let mut borders = Borders::default();
    for sharers in shared {
        for (group, rim) in groups(nets, &sharers) {
            // Two sheets of one part stay two.
            if group.len() < 2 || group.windows(2).any(|pair| pair[0].0 == pair[1].0) {
                continue;
            }
            let places = || {
                group
                    .iter()
                    .map(|&(part, v)| nets[part].positions[v as usize])
            };
            if places().any(&parted) {
                continue;
            }
            let middle = places().sum::<Vec3>() / group.len() as f32;
            for &(part, v) in &group {
                nets[part].positions[v as usize] = middle;
            }
            if rim {
                borders.rims.push(group);
            } else {
                borders.inner.push(group);
            }
        }
    }
    borders
}

/// The vertices of one cell that are one, and whether the skin passes there.
fn groups(nets: &[Net], sharers: &[(usize, usize)]) -> Vec<(Shared, bool)> {
    let mut groups: Vec<(Shared, bool)> = Vec::new();
    for edge in 0..12 {
        let around = (sharers.iter())
            .filter_map(|&(part, cell)| Some((part, nets[part].vertex(cell, edge)?)));
        let mut group: Shared = around.collect();
        let mut rim = group.len() == 1;
        groups.retain(|(other, other_rim)| {
            let joined = other.iter().any(|v| group.contains(v));
            if joined {
                group.extend(other);
                rim |= other_rim;
            }
            !joined
        });
        group.sort_unstable();
        group.dedup();
        groups.push((group, rim));
    }
    groups
}

/// Moves the rims of borders to where both distances are zero, as far as no triangle turns over. A
/// vertex in its cell cannot always be there: where the line cuts a corner, it would be a tooth or a
/// pit. `parts` are the meshes with their fields.
pub(crate) fn settle(
    parts: &mut [(&Known<'_>, Mesh)],
    borders: &Borders,
    cell: f32,
) -> anyhow::Result<()> {
    // A corner of three parts stays where it is.
    let rims = || borders.rims.iter().filter(|rim| rim.len() == 2);
    let mut fans: Vec<HashMap<u32, Vec<u32>>> = vec![HashMap::new(); parts.len()];
    for &(part, v) in rims().flatten() {
        fans[part].insert(v, Vec::new());
    }
    let mut shared: Vec<HashSet<u32>> = vec![HashSet::new(); parts.len()];
    for &(part, v) in borders.rims.iter().chain(&borders.inner).flatten() {
        shared[part].insert(v);
    }
    for ((_, mesh), fans) in parts.iter().zip(&mut fans) {
        for (t, corners) in mesh.triangles.iter().enumerate() {
            for v in corners {
                if let Some(fan) = fans.get_mut(v) {
                    fan.push(t as u32);
                }
            }
        }
    }
    let rims: Vec<&Shared> = rims().collect();
    let goals = goals(parts, &rims, cell)?;
    // Twice: what stands in the way may go.
    for (rim, goal) in rims.iter().zip(&goals).chain(rims.iter().zip(&goals)) {
        let (part, v) = rim[0];
        let start = parts[part].1.positions[v as usize];
        let worst = |to: Vec3| {
            let upright = |(&(part, v), skin): (&(usize, u32), &Vec3)| {
                let fan = fans[part][&v].iter();
                let mesh = &parts[part].1;
                let each = fan.map(|&t| {
                    let corners = mesh.triangles[t as usize];
                    let old = corners.map(|w| mesh.positions[w as usize]);
                    let new = [0, 1, 2].map(|k| if corners[k] == v { to } else { old[k] });
                    let hidden = corners.iter().all(|w| shared[part].contains(w));
                    let right = if hidden { normals::face(old) } else { *skin };
                    normals::face(new).dot(right)
                });
                each.fold(1.0, f32::min)
            };
            rim.iter().zip(&goal.skins).map(upright).fold(1.0, f32::min)
        };
        let least = worst(start).min(0.2);
        let places = [1.0, 0.75, 0.5, 0.25].map(|share| start.lerp(goal.place, share));
        if let Some(place) = places.into_iter().find(|&place| worst(place) >= least) {
            for &(part, v) in *rim {
                parts[part].1.positions[v as usize] = place;
            }
        }
    }
    parts.iter_mut().for_each(|(_, mesh)| normals::smooth(mesh));
    Ok(())
}

/// Where a rim's vertex should be.
struct Goal {
    place: Vec3,
    /// The normals of both parts' skins there.
    skins: [Vec3; 2],
}

/// Where both parts' distances are zero, a cell from each rim's place at most.
fn goals(parts: &[(&Known<'_>, Mesh)], rims: &[&Shared], cell: f32) -> anyhow::Result<Vec<Goal>> {
    const STEP: f32 = 0.25; // of a finite difference, cells
    let mut asked: Vec<Vec<Vec3>> = vec![Vec::new(); parts.len()];
    for &(part, v) in rims.iter().copied().flatten() {
        let p = parts[part].1.positions[v as usize];
        let around = [Vec3::ZERO, Vec3::X, Vec3::Y, Vec3::Z].map(|a| p + a * (STEP * cell));
        asked[part].extend(around);
    }
    let mut found = Vec::new();
    for ((known, _), asked) in parts.iter().zip(&asked) {
        found.push(known.field.distance(asked)?.into_iter());
    }
    let mut plane = |part: usize| {
        let mut next = || found[part].next().unwrap_or_default();
        let [d, x, y, z] = [next(), next(), next(), next()];
        let slope = (Vec3::new(x, y, z) - d) / (STEP * cell);
        let steep = slope.length().max(1e-6);
        (slope / steep, d / steep)
    };
    let goal = |rim: &&Shared| {
        let (part, v) = rim[0];
        let ((n, d), (m, e)) = (plane(part), plane(rim[1].0));
        // The least step onto both planes: onto the skin first, then along it.
        let across = m - n * n.dot(m);
        let sine = across.length_squared();
        let along = if sine > 0.01 {
            across * ((d * n.dot(m) - e) / sine)
        } else {
            Vec3::ZERO
        };
        let step = (along - n * d).clamp_length_max(cell);
        Goal {
            place: parts[part].1.positions[v as usize] + step,
            skins: [n, m],
        }
    };
    Ok(rims.iter().map(goal).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Half of space, below a plane through the middle with this normal.
    struct Half(Vec3);

    impl Field for Half {
        fn distance(&self, points: &[Vec3]) -> anyhow::Result<Vec<f32>> {
            Ok(points.iter().map(|p| p.dot(self.0)).collect())
        }

        fn colour(&self, points: &[Vec3]) -> anyhow::Result<Vec<[f32; 3]>> {
            Ok(vec![[0.5; 3]; points.len()])
        }

        fn bounds(&self) -> (Vec3, Vec3) {
            (Vec3::NEG_ONE, Vec3::ONE)
        }
    }

    #[test]
    fn surfaces_that_cross_at_70_degrees_and_more_are_steep_and_at_40_and_less_flat()
    -> anyhow::Result<()> {
        let body = Half(Vec3::Y);
        let flatness = |degrees: f32| -> anyhow::Result<f32> {
            let angle = degrees.to_radians();
            let part = Half(Vec3::new(angle.sin(), angle.cos(), 0.0));
            let (body, part) = (Known::new(&body), Known::new(&part));
            Ok(part.flatness(&[IVec3::ZERO], &[&body], 0.05)?[0])
        };
        for degrees in [71.0, 80.0, 90.0, 120.0] {
            assert_eq!(flatness(degrees)?, 0.0, "{degrees} degrees");
        }
        for degrees in [0.0, 20.0, 39.0] {
            assert!(flatness(degrees)? > 0.999, "{degrees} degrees");
        }
        let between = flatness(55.0)?;
        assert!((0.4..0.7).contains(&between), "55 degrees are {between}");
        Ok(())
    }
}
