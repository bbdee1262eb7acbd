//! Fewer triangles, same shape: quadric edge collapse that keeps meshes closed.
//!
//! The cheapest edge of all parts goes first, so that one budget is spent where the shape needs it.
//! An edge's cost is the quadric error (Garland and Heckbert: squared distance to the planes of the
//! triangles merged so far, by area), more where its ends differ in colour. An edge is left alone
//! if its collapse would pinch the surface, turn a triangle over or leave a needle.

use std::collections::VecDeque;

use glam::{DVec3, Vec3};

use super::{Figurine, Mesh, normals, parts::compact};

/// A part keeps at least so many triangles (or what it has).
const LEAST_FACES: usize = 64;
/// A colour difference of 1 weighs as much as a displacement by the root of this, model units: an
/// eye's outline keeps all its vertices while a cheek gives up most.
const COLOUR_WEIGHT: f64 = 2e-3;
/// Keeps triangles even where the surface is flat and all errors are 0.
const EVENNESS: f64 = 5e-5;
/// Least height of a new triangle over its longest edge.
const NEEDLE: f32 = 0.08;

/// Reduces all parts together to about `faces` triangles, shared out so that the error is even.
/// More come out only where closedness, or a part's least of 64 triangles, forbids to go on.
/// Colours are interpolated; [`parts::paint`](super::parts::paint) makes them crisp again.
pub fn to_budget(figurine: &mut Figurine, faces: usize) {
    let mut total: usize = figurine.parts.iter().map(|p| p.mesh.triangles.len()).sum();
    if total <= faces {
        return;
    }
    let mut states: Vec<State> = figurine.parts.iter().map(|p| State::of(&p.mesh)).collect();
    let mut queue = Queue::default();
    for (part, state) in states.iter().enumerate() {
        state.all_edges().for_each(|edge| queue.push(part, edge));
    }
    while total > faces {
        let Some((part, best)) = queue.pop() else {
            break;
        };
        let state = &mut states[part];
        if state.faces > LEAST_FACES && state.current(&best) && state.collapse(&best) {
            total -= 2;
            state
                .edges_of(best.u)
                .for_each(|edge| queue.push(part, edge));
        }
    }
    for (part, state) in figurine.parts.iter_mut().zip(states) {
        part.mesh = state.finish();
    }
}

/// An edge that may go.
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
    buckets: Vec<VecDeque<(usize, Candidate)>>,
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

    fn push(&mut self, part: usize, edge: Candidate) {
        // Positive floats sort as their bits do.
        let bucket = (edge.cost.max(0.0).to_bits() >> 20) as usize;
        self.lowest = self.lowest.min(bucket);
        self.buckets[bucket].push_back((part, edge));
    }

    fn pop(&mut self) -> Option<(usize, Candidate)> {
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

/// A mesh while its edges go.
struct State {
    mesh: Mesh,
    quadrics: Vec<Quadric>,
    /// The triangles at each vertex; nothing for a vertex that is gone.
    fans: Vec<Vec<u32>>,
    versions: Vec<u32>,
    /// Triangles left.
    faces: usize,
    /// Two vertices may not come closer: welding tools would join them.
    least_edge: f32,
}

impl State {
    fn of(mesh: &Mesh) -> Self {
        let n = mesh.positions.len();
        let mut state = Self {
            mesh: mesh.clone(),
            quadrics: vec![Quadric::default(); n],
            fans: vec![Vec::new(); n],
            versions: vec![0; n],
            faces: mesh.triangles.len(),
            least_edge: 0.0,
        };
        let low = mesh.positions.iter().copied().fold(Vec3::MAX, Vec3::min);
        let high = mesh.positions.iter().copied().fold(Vec3::MIN, Vec3::max);
        state.least_edge = 5e-5 * (high - low).max_element();
        for (i, t) in mesh.triangles.iter().enumerate() {
            let [a, b, c] = t.map(|v| mesh.positions[v as usize].as_dvec3());
            let cross = (b - a).cross(c - a);
            let plane = Quadric::plane(
                cross.normalize_or_zero(),
                (a + b + c) / 3.0,
                cross.length() / 6.0,
            );
            for v in t.map(|v| v as usize) {
                state.quadrics[v] = state.quadrics[v].plus(&plane);
                state.fans[v].push(i as u32);
            }
        }
        state
    }

    fn all_edges(&self) -> impl Iterator<Item = Candidate> {
        let edges = |t: &[u32; 3]| [(t[0], t[1]), (t[1], t[2]), (t[2], t[0])];
        // Closed: the edge's other triangle has it as (v, u).
        let once = self
            .mesh
            .triangles
            .iter()
            .flat_map(edges)
            .filter(|(u, v)| u < v);
        once.map(|(u, v)| self.candidate(u, v))
    }

    fn edges_of(&self, u: u32) -> impl Iterator<Item = Candidate> {
        // Each neighbour is the next corner of exactly one triangle of a closed fan.
        let fan = self.fans[u as usize].iter();
        let next = fan.map(move |&t| next_of(self.mesh.triangles[t as usize], u));
        next.map(move |v| self.candidate(u, v))
    }

    fn candidate(&self, u: u32, v: u32) -> Candidate {
        let (u, v) = (u.min(v), u.max(v));
        let p = self.target(u, v);
        let (a, b) = (u as usize, v as usize);
        let quadric = self.quadrics[a].plus(&self.quadrics[b]);
        let long = f64::from(self.mesh.positions[a].distance_squared(self.mesh.positions[b]));
        let tint =
            Vec3::from(self.mesh.colours[a]).distance_squared(Vec3::from(self.mesh.colours[b]));
        let cost = quadric.at(p) + long * (COLOUR_WEIGHT * f64::from(tint) + EVENNESS * long);
        let version = self.versions[a].wrapping_add(self.versions[b]);
        Candidate {
            cost: cost as f32,
            u,
            v,
            version,
        }
    }

    /// Where the two ends of an edge would become one.
    fn target(&self, u: u32, v: u32) -> DVec3 {
        let (a, b) = (u as usize, v as usize);
        let (p, q) = (
            self.mesh.positions[a].as_dvec3(),
            self.mesh.positions[b].as_dvec3(),
        );
        let quadric = self.quadrics[a].plus(&self.quadrics[b]);
        let middle = (p + q) / 2.0;
        match quadric.least() {
            Some(best) if best.distance_squared(middle) <= p.distance_squared(q) => best,
            _ => {
                let better = |x: DVec3, y: DVec3| if quadric.at(y) < quadric.at(x) { y } else { x };
                better(better(middle, p), q)
            }
        }
    }

    fn current(&self, edge: &Candidate) -> bool {
        let (u, v) = (edge.u as usize, edge.v as usize);
        let alive = !self.fans[u].is_empty() && !self.fans[v].is_empty();
        alive && edge.version == self.versions[u].wrapping_add(self.versions[v])
    }

    /// Merges `v` into `u` if the mesh stays closed and no triangle suffers.
    fn collapse(&mut self, edge: &Candidate) -> bool {
        let (u, v) = (edge.u, edge.v);
        let target = self.target(u, v).as_vec3();
        if !self.closed_after(u, v)
            || !self.sound_after(u, v, target)
            || !self.sound_after(v, u, target)
        {
            return false;
        }
        let (a, b) = (u as usize, v as usize);
        let (p, q) = (self.mesh.positions[a], self.mesh.positions[b]);
        let along = ((target - p).dot(q - p) / (q - p).length_squared().max(1e-30)).clamp(0.0, 1.0);
        let colour = Vec3::from(self.mesh.colours[a]).lerp(Vec3::from(self.mesh.colours[b]), along);
        self.mesh.positions[a] = target;
        self.mesh.colours[a] = colour.to_array();
        self.quadrics[a] = self.quadrics[a].plus(&self.quadrics[b]);
        // Greater than what any candidate of either end carries.
        self.versions[a] = self.versions[a]
            .wrapping_add(self.versions[b])
            .wrapping_add(1);
        for t in std::mem::take(&mut self.fans[b]) {
            let triangle = self.mesh.triangles[t as usize];
            if triangle.contains(&u) {
                for w in triangle.into_iter().filter(|&w| w != v) {
                    self.fans[w as usize].retain(|&other| other != t);
                }
                self.mesh.triangles[t as usize] = [u32::MAX; 3];
            } else {
                self.mesh.triangles[t as usize] = triangle.map(|w| if w == v { u } else { w });
                self.fans[a].push(t);
            }
        }
        self.faces -= 2;
        true
    }

    /// The link condition: the ends share exactly the two neighbours across their triangles, and
    /// neither of these is left with two triangles.
    fn closed_after(&self, u: u32, v: u32) -> bool {
        let ring = |w: u32| {
            self.fans[w as usize]
                .iter()
                .map(move |&t| next_of(self.mesh.triangles[t as usize], w))
        };
        let mut shared = 0;
        for w in ring(u).filter(|&w| w != v) {
            if ring(v).any(|x| x == w) {
                shared += 1;
                if self.fans[w as usize].len() <= 3 {
                    return false;
                }
            }
        }
        shared == 2
    }

    /// Whether the triangles at `moved` that stay keep their side and a decent shape.
    fn sound_after(&self, moved: u32, other: u32, target: Vec3) -> bool {
        self.fans[moved as usize]
            .iter()
            .map(|&t| self.mesh.triangles[t as usize])
            .all(|t| {
                if t.contains(&other) {
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
