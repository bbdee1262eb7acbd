//! Fewer triangles, same shape: quadric edge collapse that keeps meshes closed and borders shared.
//!
//! The cheapest edge of all parts goes first, so that one budget is spent where the shape needs it.
//! An edge's cost is the quadric error (Garland and Heckbert: squared distance to the planes of the
//! triangles merged so far, by area), more where its ends differ in colour. An edge is left alone
//! if its collapse would pinch the surface, turn a triangle over or leave a needle.
//!
//! Vertices of several parts at one place are one point. An edge goes in all parts that have it, or
//! in none, so that parts that fit go on fitting.

use std::collections::{HashMap, VecDeque};

use glam::{DVec3, Vec3};
use smallvec::SmallVec;

use super::assemble::compact;
use crate::geometry::extent;
use crate::geometry::{Figurine, Mesh, normals};

/// A part keeps at least so many triangles (or what it has).
const LEAST_FACES: usize = 64;
/// A colour difference of 1 weighs as much as a displacement by the root of this, model units: an
/// eye's outline keeps all its vertices while a cheek gives up most.
const COLOUR_WEIGHT: f64 = 2e-3;
/// Keeps triangles even where the surface is flat and all errors are 0.
const EVENNESS: f64 = 5e-5;
/// Least height of a new triangle over its longest edge.
const NEEDLE: f32 = 0.08;
/// What a border counts in each of its two parts, beside the skin that one sees.
const HIDDEN: f64 = 0.2;

/// Reduces all parts together to about `faces` triangles, shared out so that the error is even.
/// More come out only where closedness, or a part's least of 64 triangles, forbids to go on.
/// Colours are interpolated; [`paint`](super::assemble::paint) makes them crisp again.
pub fn to_budget(figurine: &mut Figurine, faces: usize) {
    let mut left = figurine.triangles();
    if left <= faces {
        return;
    }
    let mut whole = Whole::of(figurine);
    let mut queue = Queue::default();
    for (part, state) in whole.parts.iter().enumerate() {
        for (u, v) in state.all_edges() {
            queue.push(whole.candidate(part, u, v));
        }
    }
    while left > faces {
        let Some(best) = queue.pop() else {
            break;
        };
        let gone = whole.collapse(&best);
        if gone > 0 {
            left -= gone;
            for &(part, u) in &whole.places[best.u as usize] {
                for v in whole.parts[part].ring(u) {
                    queue.push(whole.candidate(part, u, v));
                }
            }
        }
    }
    for (part, state) in figurine.parts.iter_mut().zip(whole.parts) {
        part.mesh = state.finish();
    }
}

/// An edge between two points that may go.
struct Candidate {
    cost: f32,
    u: u32,
    v: u32,
    /// The versions of both ends added: any later change outdates the candidate.
    version: u32,
}

/// The candidates of all parts, cheapest first, in eighths of a power of two: what comes from one
/// bucket costs almost the same, and a heap of a million entries would take most of the time.
/// First in, first out within a bucket, for one order and even triangles.
struct Queue {
    buckets: Vec<VecDeque<Candidate>>,
    /// No bucket below this has anything.
    lowest: usize,
}

impl Default for Queue {
    fn default() -> Self {
        let buckets = std::iter::repeat_with(VecDeque::new)
            .take(Self::COUNT)
            .collect();
        Self {
            buckets,
            lowest: Self::COUNT,
        }
    }
}

impl Queue {
    /// Sign, exponent and three bits of the mantissa.
    const COUNT: usize = 1 << 12;

    fn push(&mut self, edge: Candidate) {
        // Positive floats sort as their bits do.
        let bucket = (edge.cost.max(0.0).to_bits() >> 20) as usize;
        self.lowest = self.lowest.min(bucket);
        self.buckets[bucket].push_back(edge);
    }

    fn pop(&mut self) -> Option<Candidate> {
        while let Some(bucket) = self.buckets.get_mut(self.lowest) {
            match bucket.pop_front() {
                Some(found) => return Some(found),
                None => self.lowest += 1,
            }
        }
        None
    }
}

/// A sum of squared distances to planes: `x'Ax + 2b'x + c`, A symmetric.
#[derive(Clone, Copy, Default)]
struct Quadric {
    a: [f64; 6], // xx, xy, xz, yy, yz, zz
    b: DVec3,
    c: f64,
}

impl Quadric {
    fn plane(normal: DVec3, point: DVec3, weight: f64) -> Self {
        let (n, d) = (normal, -normal.dot(point));
        let a = [
            n.x * n.x,
            n.x * n.y,
            n.x * n.z,
            n.y * n.y,
            n.y * n.z,
            n.z * n.z,
        ];
        Self {
            a: a.map(|v| v * weight),
            b: n * d * weight,
            c: d * d * weight,
        }
    }

    fn plus(&self, other: &Self) -> Self {
        let a = std::array::from_fn(|i| self.a[i] + other.a[i]);
        Self {
            a,
            b: self.b + other.b,
            c: self.c + other.c,
        }
    }

    fn at(&self, p: DVec3) -> f64 {
        (p.dot(self.times(p)) + 2.0 * self.b.dot(p) + self.c).max(0.0)
    }

    fn times(&self, p: DVec3) -> DVec3 {
        let [xx, xy, xz, yy, yz, zz] = self.a;
        DVec3::new(
            xx * p.x + xy * p.y + xz * p.z,
            xy * p.x + yy * p.y + yz * p.z,
            xz * p.x + yz * p.y + zz * p.z,
        )
    }

    /// The point of least error, unless the planes hardly say where it is.
    fn least(&self) -> Option<DVec3> {
        let [xx, xy, xz, yy, yz, zz] = self.a;
        let (r0, r1, r2) = (
            DVec3::new(xx, xy, xz),
            DVec3::new(xy, yy, yz),
            DVec3::new(xz, yz, zz),
        );
        let det = r0.dot(r1.cross(r2));
        let size = (xx + yy + zz) / 3.0;
        if det <= 1e-4 * size * size * size {
            return None;
        }
        Some((r1.cross(r2) * -self.b.x + r2.cross(r0) * -self.b.y + r0.cross(r1) * -self.b.z) / det)
    }
}

/// The parts that have a point, and its number there: seldom more than two.
type Places = SmallVec<[(usize, u32); 2]>;

/// All parts while their edges go, by their points.
struct Whole {
    parts: Vec<State>,
    /// By point; nothing for one that is gone.
    places: Vec<Places>,
    quadrics: Vec<Quadric>,
    versions: Vec<u32>,
}

impl Whole {
    fn of(figurine: &Figurine) -> Self {
        let meshes = || figurine.parts.iter().map(|p| &p.mesh).enumerate();
        let mut whole = Self {
            parts: Vec::new(),
            places: Vec::new(),
            quadrics: Vec::new(),
            versions: Vec::new(),
        };
        let points = points(figurine);
        for (part, mesh) in meshes() {
            for (v, &point) in points[part].iter().enumerate() {
                if point as usize == whole.places.len() {
                    whole.places.push(Places::new());
                }
                whole.places[point as usize].push((part, v as u32));
            }
            whole.parts.push(State::of(mesh, points[part].clone()));
        }
        whole.quadrics = vec![Quadric::default(); whole.places.len()];
        whole.versions = vec![0; whole.places.len()];
        for (part, mesh) in meshes() {
            for t in &mesh.triangles {
                whole.add_plane(part, *t);
            }
        }
        whole
    }

    /// Adds a triangle's plane to its points.
    fn add_plane(&mut self, part: usize, t: [u32; 3]) {
        let state = &self.parts[part];
        let [a, b, c] = t.map(|v| state.mesh.positions[v as usize].as_dvec3());
        let points = t.map(|v| state.points[v as usize] as usize);
        // Three points in two parts: but for a thin part's corner, a triangle of their border.
        let both = |&&(other, _): &&(usize, u32)| {
            let has = |p: usize| self.places[p].iter().any(|place| place.0 == other);
            other != part && has(points[1]) && has(points[2])
        };
        let hidden = self.places[points[0]].iter().any(|place| both(&place));
        let weight = if hidden { HIDDEN } else { 1.0 };
        let cross = (b - a).cross(c - a);
        let (normal, area) = (cross.normalize_or_zero(), cross.length() / 6.0);
        let plane = Quadric::plane(normal, (a + b + c) / 3.0, weight * area);
        for p in points {
            self.quadrics[p] = self.quadrics[p].plus(&plane);
        }
    }

    /// The edge of `part` between its vertices `u` and `v`.
    fn candidate(&self, part: usize, u: u32, v: u32) -> Candidate {
        let state = &self.parts[part];
        let (a, b) = (u as usize, v as usize);
        let (x, y) = (state.mesh.positions[a], state.mesh.positions[b]);
        let tint =
            Vec3::from(state.mesh.colours[a]).distance_squared(Vec3::from(state.mesh.colours[b]));
        let (u, v) = (state.points[a], state.points[b]);
        let (u, v) = (u.min(v), u.max(v));
        let quadric = self.quadrics[u as usize].plus(&self.quadrics[v as usize]);
        let long = f64::from(x.distance_squared(y));
        let cost = quadric.at(target(&quadric, x, y))
            + long * (COLOUR_WEIGHT * f64::from(tint) + EVENNESS * long);
        Candidate {
            cost: cost as f32,
            u,
            v,
            version: self.versions[u as usize].wrapping_add(self.versions[v as usize]),
        }
    }

    fn position(&self, point: usize) -> Vec3 {
        let (part, v) = self.places[point][0];
        self.parts[part].mesh.positions[v as usize]
    }

    /// Merges the ends of an edge if all parts stay closed and no triangle suffers. Gives how many
    /// triangles went.
    fn collapse(&mut self, edge: &Candidate) -> usize {
        let (a, b) = (edge.u as usize, edge.v as usize);
        let current = || edge.version == self.versions[a].wrapping_add(self.versions[b]);
        if self.places[a].is_empty() || self.places[b].is_empty() || !current() {
            return 0;
        }
        let quadric = self.quadrics[a].plus(&self.quadrics[b]);
        let target = target(&quadric, self.position(a), self.position(b)).as_vec3();
        let (first, second) = (self.places[a].clone(), self.places[b].clone());
        let end = |places: &[(usize, u32)], part| {
            let found = places.iter().find(|place| place.0 == part);
            found.map(|place| place.1)
        };
        let sound = |(part, u, v): (usize, u32, Option<u32>)| {
            let state = &self.parts[part];
            state.sound_after(u, v, target)
                && v.is_none_or(|v| state.faces > LEAST_FACES && state.closed_after(u, v))
        };
        let forth = first.iter().map(|&(part, u)| (part, u, end(&second, part)));
        let back = second.iter().map(|&(part, v)| (part, v, end(&first, part)));
        if !forth.chain(back).all(sound) {
            return 0;
        }
        let mut gone = 0;
        for &(part, u) in &first {
            match end(&second, part) {
                Some(v) => {
                    self.parts[part].collapse(u, v, target);
                    gone += 2;
                }
                None => self.parts[part].mesh.positions[u as usize] = target,
            }
        }
        for &(part, v) in &second {
            if end(&first, part).is_none() {
                let state = &mut self.parts[part];
                state.mesh.positions[v as usize] = target;
                state.points[v as usize] = edge.u;
                self.places[a].push((part, v));
            }
        }
        self.places[b].clear();
        self.quadrics[a] = quadric;
        // Greater than what any candidate of either end carries.
        self.versions[a] = self.versions[a]
            .wrapping_add(self.versions[b])
            .wrapping_add(1);
        gone
    }
}

/// A number for every vertex of every part, the same for vertices at one place.
pub(crate) fn points(figurine: &Figurine) -> Vec<Vec<u32>> {
    let mut numbers = HashMap::new();
    let mut number = |p: &Vec3| {
        let next = numbers.len() as u32;
        *numbers
            .entry((*p + 0.0).to_array().map(f32::to_bits)) // one zero
            .or_insert(next)
    };
    let parts = figurine.parts.iter();
    parts
        .map(|part| part.mesh.positions.iter().map(&mut number).collect())
        .collect()
}

/// Where the two ends of an edge would become one.
fn target(quadric: &Quadric, p: Vec3, q: Vec3) -> DVec3 {
    let (p, q) = (p.as_dvec3(), q.as_dvec3());
    let middle = (p + q) / 2.0;
    match quadric.least() {
        Some(best) if best.distance_squared(middle) <= p.distance_squared(q) => best,
        _ => {
            let better = |x: DVec3, y: DVec3| if quadric.at(y) < quadric.at(x) { y } else { x };
            better(better(middle, p), q)
        }
    }
}

/// A part's mesh while its edges go.
struct State {
    mesh: Mesh,
    /// The point that each vertex is.
    points: Vec<u32>,
    /// The triangles at each vertex; nothing for a vertex that is gone.
    fans: Vec<SmallVec<[u32; 8]>>,
    /// Triangles left.
    faces: usize,
    /// Two vertices may not come closer: welding tools would join them.
    least_edge: f32,
}

impl State {
    fn of(mesh: &Mesh, points: Vec<u32>) -> Self {
        let mut fans = vec![SmallVec::new(); mesh.positions.len()];
        for (i, t) in mesh.triangles.iter().enumerate() {
            t.iter().for_each(|&v| fans[v as usize].push(i as u32));
        }
        let (low, high) = extent(mesh.positions.iter().copied());
        Self {
            mesh: mesh.clone(),
            points,
            fans,
            faces: mesh.triangles.len(),
            least_edge: 5e-5 * (high - low).max_element(),
        }
    }

    fn all_edges(&self) -> impl Iterator<Item = (u32, u32)> {
        let edges = |t: &[u32; 3]| [(t[0], t[1]), (t[1], t[2]), (t[2], t[0])];
        // Closed: the edge's other triangle has it as (v, u).
        let all = self.mesh.triangles.iter().flat_map(edges);
        all.filter(|(u, v)| u < v)
    }

    /// The neighbours of a vertex: each is the next corner of exactly one triangle of a closed fan.
    fn ring(&self, u: u32) -> impl Iterator<Item = u32> {
        let fan = self.fans[u as usize].iter();
        fan.map(move |&t| next_of(self.mesh.triangles[t as usize], u))
    }

    /// Merges `v` into `u`, at `target`.
    fn collapse(&mut self, u: u32, v: u32, target: Vec3) {
        let (a, b) = (u as usize, v as usize);
        let (p, q) = (self.mesh.positions[a], self.mesh.positions[b]);
        let along = ((target - p).dot(q - p) / (q - p).length_squared().max(1e-30)).clamp(0.0, 1.0);
        let colour = Vec3::from(self.mesh.colours[a]).lerp(Vec3::from(self.mesh.colours[b]), along);
        self.mesh.positions[a] = target;
        self.mesh.colours[a] = colour.to_array();
        for t in std::mem::take(&mut self.fans[b]) {
            let triangle = self.mesh.triangles[t as usize];
            if triangle.contains(&u) {
                for w in triangle.into_iter().filter(|&w| w != v) {
                    self.fans[w as usize].retain(|other| *other != t);
                }
                self.mesh.triangles[t as usize] = [u32::MAX; 3];
            } else {
                self.mesh.triangles[t as usize] = triangle.map(|w| if w == v { u } else { w });
                self.fans[a].push(t);
            }
        }
        self.faces -= 2;
    }

    /// The link condition: the ends are neighbours and share exactly the two neighbours across their
    /// triangles, and neither of these is left with two triangles.
    fn closed_after(&self, u: u32, v: u32) -> bool {
        let (mut shared, mut neighbours) = (0, false);
        for w in self.ring(u) {
            neighbours |= w == v;
            if w != v && self.ring(v).any(|x| x == w) {
                shared += 1;
                if self.fans[w as usize].len() <= 3 {
                    return false;
                }
            }
        }
        shared == 2 && neighbours
    }

    /// Whether the triangles at `moved` that stay keep their side and a decent shape.
    fn sound_after(&self, moved: u32, other: Option<u32>, target: Vec3) -> bool {
        self.fans[moved as usize]
            .iter()
            .map(|&t| self.mesh.triangles[t as usize])
            .all(|t| {
                if other.is_some_and(|other| t.contains(&other)) {
                    return true;
                }
                let old = t.map(|w| self.mesh.positions[w as usize]);
                let k = t.iter().position(|&w| w == moved).unwrap_or(0);
                let (b, c) = (old[(k + 1) % 3], old[(k + 2) % 3]);
                let (before, after) = (
                    (b - old[k]).cross(c - old[k]),
                    (b - target).cross(c - target),
                );
                let longest = (b - target)
                    .length_squared()
                    .max((c - target).length_squared())
                    .max((c - b).length_squared());
                let shortest = (b - target)
                    .length_squared()
                    .min((c - target).length_squared());
                before.dot(after) > 0.3 * before.length() * after.length()
                    && after.length() > NEEDLE * longest
                    && shortest > self.least_edge * self.least_edge
            })
    }

    fn finish(self) -> Mesh {
        let mut mesh = self.mesh;
        mesh.triangles.retain(|t| t[0] != u32::MAX);
        let keep: Vec<bool> = self.fans.iter().map(|fan| !fan.is_empty()).collect();
        compact(&mut mesh, &keep);
        normals::smooth(&mut mesh);
        mesh
    }
}

/// The corner after `u`.
fn next_of(triangle: [u32; 3], u: u32) -> u32 {
    let k = triangle.iter().position(|&w| w == u).unwrap_or(0);
    triangle[(k + 1) % 3]
}
