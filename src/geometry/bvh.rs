//! Triangles by where they are: rays and boxes find the few that they meet.

use std::sync::atomic::{AtomicU64, Ordering};

use glam::Vec3;

/// Triangles in a leaf.
const LEAF: usize = 4;

/// A binary tree of boxes around triangles.
pub struct Tree {
    nodes: Vec<Node>,
    /// The triangles in the order of the leaves, with their numbers.
    triangles: Vec<(usize, [Vec3; 3])>,
    /// Boxes and triangles that may still be looked at: see [`allow`](Tree::allow).
    left: AtomicU64,
}

/// Where a ray meets a triangle.
#[derive(Clone, Copy, Debug)]
pub struct Hit {
    pub far: f32,
    /// Whether it leaves the solid there.
    pub leaving: bool,
    pub triangle: usize,
}

/// What of a surface is closest to a point.
#[derive(Clone, Copy, Debug)]
pub struct Closest {
    pub far: f32,
    /// The triangle's number, its corners, and where on it.
    pub triangle: usize,
    pub corners: [Vec3; 3],
    pub on: Vec3,
}

struct Node {
    low: Vec3,
    high: Vec3,
    /// A leaf's triangles are `first..first + count`; else the children are the next node and `first`.
    first: usize,
    count: usize,
}

impl Node {
    /// How far a point is from the box; 0 inside.
    fn apart(&self, point: Vec3) -> f32 {
        let beyond = (self.low - point).max(point - self.high);
        beyond.max(Vec3::ZERO).length()
    }
}

/// Boxes that are still to be looked at. Halves are equal, so that a tree of any size is less deep than this.
struct Open<T>([T; 64], usize);

impl<T: Copy> Open<T> {
    fn of(first: T) -> Self {
        Self([first; 64], 1)
    }

    fn push(&mut self, next: T) {
        self.0[self.1] = next;
        self.1 += 1;
    }

    fn pop(&mut self) -> Option<T> {
        self.1 = self.1.checked_sub(1)?;
        Some(self.0[self.1])
    }
}

impl Tree {
    pub fn of(triangles: impl Iterator<Item = [Vec3; 3]>) -> Self {
        let mut tree = Self {
            nodes: Vec::new(),
            triangles: triangles.enumerate().collect(),
            left: AtomicU64::new(u64::MAX),
        };
        tree.grow(0, tree.triangles.len());
        tree
    }

    fn grow(&mut self, from: usize, to: usize) {
        let all = &mut self.triangles[from..to];
        let points = || all.iter().flat_map(|t| t.1);
        let (low, high) = super::extent(points());
        let node = self.nodes.len();
        let (first, count) = (from, to - from);
        self.nodes.push(Node {
            low,
            high,
            first,
            count,
        });
        if count <= LEAF {
            return;
        }
        let size = high - low;
        let axis = (0..3).fold(0, |best, a| if size[a] > size[best] { a } else { best });
        let middle = count / 2;
        let key = |t: &(usize, [Vec3; 3])| t.1[0][axis] + t.1[1][axis] + t.1[2][axis];
        all.select_nth_unstable_by(middle, |a, b| key(a).total_cmp(&key(b)));
        self.nodes[node].count = 0;
        self.grow(from, from + middle);
        self.nodes[node].first = self.nodes.len();
        self.grow(from + middle, to);
    }

    /// From now on at most so many boxes and triangles are looked at; after that, nothing is found.
    /// Without it there is no limit.
    pub fn allow(&self, steps: u64) {
        self.left.store(steps, Ordering::Relaxed);
    }

    /// What is left of what [`allow`](Tree::allow) allowed: with nothing left, something was not looked at.
    pub fn left(&self) -> u64 {
        self.left.load(Ordering::Relaxed)
    }

    /// Calls `visit` with every triangle in a leaf whose box, and all around it, `wanted` says yes to.
    fn walk(&self, wanted: impl Fn(Vec3, Vec3) -> bool, mut visit: impl FnMut(usize, [Vec3; 3])) {
        let before = self.left.load(Ordering::Relaxed);
        let mut left = before;
        let mut open = Open::of(0);
        while let Some(at) = open.pop().filter(|_| left > 0) {
            let node = &self.nodes[at];
            left = left.saturating_sub(1 + node.count as u64);
            if self.triangles.is_empty() || !wanted(node.low, node.high) {
                continue;
            }
            if node.count == 0 {
                [at + 1, node.first]
                    .into_iter()
                    .for_each(|next| open.push(next));
                continue;
            }
            let leaf = &self.triangles[node.first..node.first + node.count];
            leaf.iter()
                .for_each(|&(number, corners)| visit(number, corners));
        }
        self.spend(before - left);
    }

    /// The triangles whose boxes meet the box.
    pub fn near(&self, low: Vec3, high: Vec3, visit: impl FnMut(usize, [Vec3; 3])) {
        let meets = |l: Vec3, h: Vec3| l.cmple(high).all() && low.cmple(h).all();
        self.walk(meets, visit);
    }

    /// All that a ray meets.
    pub fn hits(&self, from: Vec3, along: Vec3) -> Vec<Hit> {
        let inverse = along.recip();
        let meets = |low: Vec3, high: Vec3| {
            let (a, b) = ((low - from) * inverse, (high - from) * inverse);
            let enter = a.min(b).max_element().max(0.0);
            enter <= a.max(b).min_element() * 1.000_001
        };
        let mut found = Vec::new();
        self.walk(meets, |triangle, corners| {
            if let Some(far) = hit(from, along, corners) {
                let [a, b, c] = corners;
                found.push(Hit {
                    far,
                    leaving: (b - a).cross(c - a).dot(along) > 0.0,
                    triangle,
                });
            }
        });
        found
    }

    /// Whether a point is inside the closed solid that the triangles are.
    pub fn holds(&self, point: Vec3) -> bool {
        // Odd directions, so that they meet no edge of what people and grids make; and a third where
        // two differ, as a ray through an edge may be counted twice.
        let odd = |along: [f32; 3]| {
            let along = Vec3::from(along).normalize();
            self.hits(point, along).len() % 2 == 1
        };
        let (one, other) = (
            odd([0.531_7, 0.291_3, 0.795_5]),
            odd([-0.713_9, 0.437_1, 0.547_3]),
        );
        if one == other {
            return one;
        }
        odd([0.213_7, -0.891_1, -0.400_9])
    }

    /// The box around all triangles.
    pub fn bounds(&self) -> (Vec3, Vec3) {
        (self.nodes[0].low, self.nodes[0].high)
    }

    /// How far a point is from that box; 0 inside.
    pub fn apart(&self, point: Vec3) -> f32 {
        self.nodes[0].apart(point)
    }

    /// The distance from a point to the surface, if it is less than `limit`.
    pub fn distance(&self, point: Vec3, limit: f32) -> f32 {
        self.closest(point, limit).map_or(limit, |found| found.far)
    }

    /// What of the surface is closest to a point, if it is nearer than `limit`.
    pub fn closest(&self, point: Vec3, limit: f32) -> Option<Closest> {
        let (mut least, mut found, mut spent) = (limit, None, 0);
        let budget = self.left();
        let mut open = Open::of((0, self.apart(point)));
        while let Some((at, far)) = open.pop().filter(|_| spent < budget) {
            let node = &self.nodes[at];
            spent += 1 + node.count as u64;
            if far >= least || self.triangles.is_empty() {
                continue;
            }
            if node.count == 0 {
                let [a, b] = [at + 1, node.first].map(|i| (i, self.nodes[i].apart(point)));
                let nearer_last = if a.1 < b.1 { [b, a] } else { [a, b] };
                nearer_last.into_iter().for_each(|next| open.push(next));
                continue;
            }
            for &(triangle, corners) in &self.triangles[node.first..node.first + node.count] {
                let on = nearest(point, corners);
                let far = point.distance(on);
                if far < least {
                    least = far;
                    found = Some(Closest {
                        far,
                        triangle,
                        corners,
                        on,
                    });
                }
            }
        }
        self.spend(spent);
        found
    }

    /// Takes so much from what is allowed.
    fn spend(&self, steps: u64) {
        if self.left() == u64::MAX {
            return; // there is no limit
        }
        let spend = |now: u64| Some(now.saturating_sub(steps));
        let (order, failed) = (Ordering::Relaxed, Ordering::Relaxed);
        let _ = self.left.fetch_update(order, failed, spend);
    }
}

/// How far along a ray a triangle is (Möller and Trumbore).
fn hit(from: Vec3, along: Vec3, [a, b, c]: [Vec3; 3]) -> Option<f32> {
    let (u, v) = (b - a, c - a);
    let p = along.cross(v);
    let det = u.dot(p);
    if det == 0.0 {
        return None;
    }
    let t = from - a;
    let x = t.dot(p) / det;
    let q = t.cross(u);
    let y = along.dot(q) / det;
    let far = v.dot(q) / det;
    (x >= 0.0 && y >= 0.0 && x + y <= 1.0 && far > 0.0).then_some(far)
}

/// The point of a triangle that is nearest to `p` (Ericson, Real-Time Collision Detection, 5.1.5).
pub fn nearest(p: Vec3, [a, b, c]: [Vec3; 3]) -> Vec3 {
    let on_edge = |a: Vec3, b: Vec3| {
        let along = b - a;
        let t = (p - a).dot(along) / along.length_squared().max(f32::MIN_POSITIVE);
        a + along * t.clamp(0.0, 1.0)
    };
    let normal = (b - a).cross(c - a);
    let inside = |a: Vec3, b: Vec3| (b - a).cross(p - a).dot(normal) >= 0.0;
    if inside(a, b) && inside(b, c) && inside(c, a) && normal.length_squared() > 0.0 {
        return p - normal * ((p - a).dot(normal) / normal.length_squared());
    }
    let edges = [on_edge(a, b), on_edge(b, c), on_edge(c, a)];
    let nearer = |x: Vec3, y: Vec3| if p.distance(y) < p.distance(x) { y } else { x };
    nearer(nearer(edges[0], edges[1]), edges[2])
}

/// How far two triangles are from each other; 0 where they meet.
pub fn gap(one: [Vec3; 3], other: [Vec3; 3]) -> f32 {
    if cross(one, other) {
        return 0.0;
    }
    let corners = (one.iter().map(|&p| p.distance(nearest(p, other))))
        .chain(other.iter().map(|&p| p.distance(nearest(p, one))));
    let edge = |t: [Vec3; 3], k: usize| [t[k], t[(k + 1) % 3]];
    let edges = (0..9).map(|i| between(edge(one, i / 3), edge(other, i % 3)));
    corners.chain(edges).fold(f32::MAX, f32::min)
}

/// How far two lines between points are from each other (Ericson, 5.1.9).
fn between([a, b]: [Vec3; 2], [c, d]: [Vec3; 2]) -> f32 {
    let (along, other, apart) = (b - a, d - c, a - c);
    let (length, width) = (along.length_squared(), other.length_squared());
    let (slope, reach, lift) = (along.dot(other), other.dot(apart), along.dot(apart));
    let divide = |a: f32, b: f32| if b > 0.0 { a / b } else { 0.0 };
    let skew = length * width - slope * slope;
    let s = divide(slope * reach - lift * width, skew).clamp(0.0, 1.0);
    let t = divide(slope * s + reach, width).clamp(0.0, 1.0);
    let s = divide(slope * t - lift, length).clamp(0.0, 1.0);
    (a + along * s).distance(c + other * t)
}

/// Whether two triangles that have no corner in common pass through each other. Touching does not count.
pub fn cross(one: [Vec3; 3], other: [Vec3; 3]) -> bool {
    let pierces = |edges: [Vec3; 3], face: [Vec3; 3]| {
        (0..3).any(|k| {
            let (from, to) = (edges[k], edges[(k + 1) % 3]);
            let along = to - from;
            let (a, b) = (face[1] - face[0], face[2] - face[0]);
            let normal = a.cross(b).normalize_or_zero();
            let (d, e) = (normal.dot(from - face[0]), normal.dot(to - face[0]));
            let slack = 1e-5 * along.length();
            let through = (d > slack && e < -slack) || (d < -slack && e > slack);
            through && hit(from, along, face).is_some_and(|far| far < 1.0)
        })
    };
    pierces(one, other) || pierces(other, one)
}
