//! The closed triangle meshes of primitives: rings of vertices between two poles.

use glam::{Mat3, Quat, Vec2, Vec3};

use super::{Kind, POINTS, Primitive, RINGS};
use crate::base::numeric::signed_power;
use crate::geometry::stance;

/// Rings and sides of solids, and rows of a sheet.
const LUMP: (usize, usize) = (14, 22);
const SIDES: usize = 18;
const ALONG: usize = 13;
const ROWS: usize = 9;

/// A figure is within 1 of the middle along each axis; what goes far beyond is pressed flat there.
const FARTHEST: f32 = 1.5;

/// Triangles, and where along the solid each vertex is, from 0 at its beginning to 1 at its end.
pub(super) struct Shape {
    pub(super) vertices: Vec<Vec3>,
    pub(super) along: Vec<f32>,
    pub(super) triangles: Vec<[u32; 3]>,
}

impl Shape {
    /// Of a primitive whose numbers are finite and as many as its kind has.
    pub(super) fn of(primitive: &Primitive) -> Self {
        let n = &primitive.numbers[..];
        let mut shape = match primitive.kind {
            Kind::Lump => lump(n),
            Kind::Tube => tube(n),
            Kind::Turned => turned(n),
            Kind::Hoop => hoop(n),
            Kind::Sheet => sheet(n),
        };
        let place = |v: Vec3| v.clamp(Vec3::splat(-FARTHEST), Vec3::splat(FARTHEST));
        shape.vertices.iter_mut().for_each(|v| *v = place(*v));
        if shape.volume() < 0.0 {
            shape.triangles.iter_mut().for_each(|t| t.swap(1, 2));
        }
        shape
    }

    /// The corners of each triangle.
    pub(super) fn corners(&self) -> Vec<[Vec3; 3]> {
        let of = |t: &[u32; 3]| t.map(|v| self.vertices[v as usize]);
        self.triangles.iter().map(of).collect()
    }

    /// Signed, model units.
    fn volume(&self) -> f64 {
        stance::mass(&self.corners()).volume
    }

    /// Rings of `columns` vertices each between two poles.
    fn rings(rings: Vec<Vec3>, columns: usize, poles: [Vec3; 2]) -> Self {
        let (rows, n) = (rings.len() / columns, rings.len() as u32);
        let mut triangles = Vec::with_capacity(2 * rings.len());
        let last = (n - columns as u32, n + 1);
        for i in 0..columns as u32 {
            let j = (i + 1) % columns as u32;
            triangles.push([i, j, n]);
            for row in 0..rows as u32 - 1 {
                let (a, b) = (row * columns as u32, (row + 1) * columns as u32);
                triangles.extend([[a + i, b + i, b + j], [a + i, b + j, a + j]]);
            }
            triangles.push([last.0 + j, last.0 + i, last.1]);
        }
        let of_row = |i: usize| (i / columns) as f32 / (rows - 1).max(1) as f32;
        let along = (0..rings.len()).map(of_row).chain([0.0, 1.0]).collect();
        let vertices = rings.into_iter().chain(poles).collect();
        Self {
            vertices,
            along,
            triangles,
        }
    }
}

fn at(n: &[f32], i: usize) -> Vec3 {
    Vec3::from_slice(&n[i..])
}

/// A rotation by a vector of radians.
fn rotation(v: Vec3) -> Mat3 {
    Mat3::from_quat(Quat::from_scaled_axis(v))
}

/// A radius by its logarithm, as large as the model's box at most.
fn radius(log: f32) -> f32 {
    log.clamp(-7.0, 0.7).exp()
}

/// A circle of `count` places, for `square` < 1 on the way to a square.
fn circle(count: usize, square: f32) -> impl Iterator<Item = Vec2> {
    (0..count).map(move |i| {
        let angle = (i as f32 + 0.5) / count as f32 * std::f32::consts::TAU;
        Vec2::new(
            signed_power(angle.cos(), square),
            signed_power(angle.sin(), square),
        )
    })
}

fn lump(n: &[f32]) -> Shape {
    let (rows, columns) = LUMP;
    let (turn, radii) = (
        rotation(at(n, 3)),
        Vec3::new(radius(n[6]), radius(n[7]), radius(n[8])),
    );
    let [side, above] = [n[9].clamp(0.05, 3.0), n[10].clamp(0.05, 3.0)];
    let narrow = n[11].clamp(-0.9, 0.9);
    let place = |unit: Vec3| {
        let wide = 1.0 - narrow * unit.y;
        at(n, 0) + turn * (unit * radii * Vec3::new(wide, 1.0, wide))
    };
    let mut rings = Vec::with_capacity(rows * columns);
    for row in 0..rows {
        let angle = (row as f32 + 0.7) / (rows as f32 + 0.4) * std::f32::consts::PI;
        let (wide, y) = (
            signed_power(angle.sin(), side),
            signed_power(-angle.cos(), side),
        );
        rings.extend(circle(columns, above).map(|o| place(Vec3::new(wide * o.x, y, wide * o.y))));
    }
    Shape::rings(rings, columns, [place(Vec3::NEG_Y), place(Vec3::Y)])
}

fn hoop(n: &[f32]) -> Shape {
    const AROUND: usize = 26;
    let (turn, wire) = (rotation(at(n, 3)), radius(n[8]));
    let (x, z, high) = (radius(n[6]), radius(n[7]), n[9].clamp(-3.0, 3.0).exp());
    let mut vertices = Vec::with_capacity(AROUND * SIDES);
    for i in 0..AROUND {
        let (sin, cos) = (i as f32 / AROUND as f32 * std::f32::consts::TAU).sin_cos();
        vertices.extend(circle(SIDES, 1.0).map(|o| {
            let local = Vec3::new(
                cos * (x + wire * o.x),
                wire * high * o.y,
                sin * (z + wire * o.x),
            );
            at(n, 0) + turn * local
        }));
    }
    let mut triangles = Vec::with_capacity(2 * AROUND * SIDES);
    let corner = |i: usize, j: usize| ((i % AROUND) * SIDES + j % SIDES) as u32;
    for i in 0..AROUND {
        for j in 0..SIDES {
            let [a, b, c, d] =
                [(i, j), (i + 1, j), (i, j + 1), (i + 1, j + 1)].map(|(i, j)| corner(i, j));
            triangles.extend([[a, b, d], [a, d, c]]);
        }
    }
    let along = (0..vertices.len()).map(|i| (i / SIDES) as f32 / (AROUND - 1) as f32);
    Shape {
        along: along.collect(),
        vertices,
        triangles,
    }
}

/// Smooth through all of `points`, at `count` places (Catmull and Rom).
fn spline<const N: usize>(points: &[[f32; N]], count: usize) -> Vec<[f32; N]> {
    let last = points.len() - 1;
    let place = |row: usize| {
        let t = row as f32 / (count - 1) as f32 * last as f32;
        let i = (t as usize).min(last - 1);
        let t = t - i as f32;
        let (t2, t3) = (t * t, t * t * t);
        let weights = [
            -t + 2.0 * t2 - t3,
            2.0 - 5.0 * t2 + 3.0 * t3,
            t + 4.0 * t2 - 3.0 * t3,
            t3 - t2,
        ];
        let mut sum = [0.0; N];
        for (k, weight) in weights.into_iter().enumerate() {
            let point = &points[(i + k).saturating_sub(1).min(last)];
            (sum.iter_mut().zip(point)).for_each(|(sum, x)| *sum += 0.5 * weight * x);
        }
        sum
    };
    (0..count).map(place).collect()
}

/// Where a tube's first radius points if it is not turned, and its direction.
fn across(first: Vec3, second: Vec3) -> (Vec3, Vec3) {
    let along = (second - first).normalize_or(Vec3::Y);
    let up = if along.y.abs() > 0.7 {
        Vec3::Z
    } else {
        Vec3::Y
    };
    (up.cross(along).normalize_or(Vec3::X), along)
}

fn tube(n: &[f32]) -> Shape {
    /// More rings at either end, where it is round.
    const CAP: usize = 3;
    let mut place = Vec3::ZERO;
    let points: Vec<[f32; 5]> = (0..POINTS)
        .map(|i| {
            place += at(n, 3 * i);
            let radii = &n[3 * POINTS + 2 * i..];
            [
                place.x,
                place.y,
                place.z,
                radius(radii[0]),
                radius(radii[1]),
            ]
        })
        .collect();
    let rest = &n[5 * POINTS..];
    let (angle, square) = (rest[0], rest[1].clamp(0.2, 2.0));
    let round = [rest[2].clamp(0.0, 1.5), rest[3].clamp(0.0, 1.5)];
    let rows = spline(&points, ALONG);
    let centre = |i: usize| Vec3::from_slice(&rows[i]);
    let (first, along) = across(Vec3::from_slice(&points[0]), Vec3::from_slice(&points[1]));
    let mut x = Quat::from_axis_angle(along, angle) * first;
    let mut rings = Vec::with_capacity((ALONG + 2 * CAP) * SIDES);
    let mut poles = [centre(0), centre(ALONG - 1)];
    for (i, row) in rows.iter().enumerate() {
        let along =
            (centre((i + 1).min(ALONG - 1)) - centre(i.saturating_sub(1))).normalize_or(along);
        x = (x - along * along.dot(x)).normalize_or(first);
        let y = along.cross(x);
        let [rx, ry] = [row[3].max(1e-4), row[4].max(1e-4)];
        let ring = |wide: f32, shift: f32| {
            let middle = centre(i) + along * shift;
            circle(SIDES, square)
                .map(move |o| middle + x * (rx * wide * o.x) + y * (ry * wide * o.y))
        };
        let end = match i {
            0 => Some((0, -1.0)),
            _ if i == ALONG - 1 => Some((1, 1.0)),
            _ => None,
        };
        let Some((end, way)) = end else {
            rings.extend(ring(1.0, 0.0));
            continue;
        };
        let reach = rx.min(ry) * round[end];
        poles[end] = centre(i) + along * (way * reach);
        let cap = |c: usize| {
            let angle = c as f32 / (CAP + 1) as f32 * std::f32::consts::FRAC_PI_2;
            ring(angle.cos(), way * reach * angle.sin())
        };
        match end {
            0 => (0..=CAP).rev().for_each(|c| rings.extend(cap(c))),
            _ => (0..=CAP).for_each(|c| rings.extend(cap(c))),
        }
    }
    Shape::rings(rings, SIDES, poles)
}

fn turned(n: &[f32]) -> Shape {
    let turn = rotation(at(n, 3));
    let first = 6 + 3 * (RINGS - 1);
    let mut place = at(n, 0);
    let rows: Vec<[f32; 7]> = (0..RINGS)
        .map(|i| {
            if i > 0 {
                place += at(n, 6 + 3 * (i - 1));
            }
            let of = &n[first + 4 * i..];
            [
                place.x,
                place.y,
                place.z,
                radius(of[0]),
                radius(of[1]),
                of[2],
                of[3],
            ]
        })
        .collect();
    let cornered = n[first + 4 * RINGS] > 0.5;
    let rows = if cornered { rows } else { spline(&rows, ALONG) };
    let mut rings = Vec::with_capacity(rows.len() * SIDES);
    for row in &rows {
        rings.extend(circle(SIDES, 1.0).map(|o| {
            let local = Vec3::new(
                row[3].max(1e-4) * o.x,
                row[5] * o.x + row[6] * o.y,
                row[4].max(1e-4) * o.y,
            );
            Vec3::from_slice(row) + turn * local
        }));
    }
    let poles = [&rows[0], &rows[rows.len() - 1]].map(|row| Vec3::from_slice(row));
    Shape::rings(rings, SIDES, poles)
}

fn sheet(n: &[f32]) -> Shape {
    let grid = |i: usize, j: usize| at(n, 0) + at(n, 3 + 3 * (3 * i + j));
    let weights = |row: usize| {
        let t = 2.0 * row as f32 / (ROWS - 1) as f32;
        [
            (t - 1.0) * (t - 2.0) / 2.0,
            t * (2.0 - t),
            t * (t - 1.0) / 2.0,
        ]
    };
    let place = |i: usize, j: usize| {
        let (a, b) = (weights(i), weights(j));
        let mut sum = Vec3::ZERO;
        for (k, a) in a.into_iter().enumerate() {
            for (l, b) in b.into_iter().enumerate() {
                sum += grid(k, l) * (a * b);
            }
        }
        sum
    };
    let half = radius(n[30]) / 2.0;
    let mut sides = [Vec::new(), Vec::new()];
    for i in 0..ROWS {
        for j in 0..ROWS {
            let step = |i: usize, by: isize| i.saturating_add_signed(by).min(ROWS - 1);
            let down = place(step(i, 1), j) - place(step(i, -1), j);
            let right = place(i, step(j, 1)) - place(i, step(j, -1));
            let rim = [i, j].iter().any(|&k| k == 0 || k == ROWS - 1);
            let out = down.cross(right).normalize_or(Vec3::Z) * half * if rim { 0.4 } else { 1.0 };
            sides[0].push(place(i, j) + out);
            sides[1].push(place(i, j) - out);
        }
    }
    let n = (ROWS * ROWS) as u32;
    let corner = |i: usize, j: usize| (i * ROWS + j) as u32;
    let mut triangles = Vec::new();
    for i in 0..ROWS - 1 {
        for j in 0..ROWS - 1 {
            let [a, b, c, d] =
                [(i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)].map(|(i, j)| corner(i, j));
            triangles.extend([[a, b, c], [a, c, d]]);
            triangles.extend([[a, c, b], [a, d, c]].map(|t| t.map(|v| v + n)));
        }
    }
    let end = ROWS - 1;
    let rim = (0..end).map(|j| corner(0, j));
    let rim = rim.chain((0..end).map(|i| corner(i, end)));
    let rim = rim.chain((1..=end).rev().map(|j| corner(end, j)));
    let rim: Vec<u32> = rim.chain((1..=end).rev().map(|i| corner(i, 0))).collect();
    for (k, &a) in rim.iter().enumerate() {
        let b = rim[(k + 1) % rim.len()];
        triangles.extend([[a, b, b + n], [a, b + n, a + n]]);
    }
    let vertices: Vec<Vec3> = sides.concat();
    Shape {
        along: vec![0.5; vertices.len()],
        vertices,
        triangles,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    /// Numbers of a useful size for every kind: a small solid off the middle.
    fn example(kind: Kind) -> Primitive {
        let mut numbers = vec![0.0; kind.numbers()];
        numbers[..3].copy_from_slice(&[0.3, 0.2, -0.1]);
        match kind {
            Kind::Lump => {
                numbers[3..12].copy_from_slice(&[0.2, 0.1, 0.3, -2.0, -1.5, -1.8, 1.0, 0.6, 0.2]);
            }
            Kind::Tube => {
                for i in 1..POINTS {
                    numbers[3 * i..3 * i + 3].copy_from_slice(&[0.1, 0.15, 0.05 * i as f32]);
                }
                numbers[3 * POINTS..5 * POINTS].fill(-2.5);
                numbers[5 * POINTS..5 * POINTS + 4].copy_from_slice(&[0.3, 1.0, 1.0, 0.5]);
            }
            Kind::Turned => {
                for i in 1..RINGS {
                    numbers[3 + 3 * i..6 + 3 * i].copy_from_slice(&[0.0, 0.08, 0.01]);
                }
                let first = 6 + 3 * (RINGS - 1);
                for i in 0..RINGS {
                    numbers[first + 4 * i..first + 4 * i + 3].copy_from_slice(&[-1.8, -2.0, 0.02]);
                }
            }
            Kind::Hoop => numbers[3..10].copy_from_slice(&[0.2, 0.0, 0.1, -1.2, -1.4, -3.0, 0.2]),
            Kind::Sheet => {
                for i in 0..9 {
                    let (x, y) = (i % 3, i / 3);
                    let bulge = 0.1 * f32::from(u8::from(i == 4));
                    let place = [0.2 * (x as f32 - 1.0), 0.2 * (y as f32 - 1.0), bulge];
                    numbers[3 + 3 * i..6 + 3 * i].copy_from_slice(&place);
                }
                numbers[30] = -3.5;
            }
        }
        Primitive {
            kind,
            part: 0,
            mirrored: false,
            numbers,
            colours: [[0.5; 3]; 2],
        }
    }

    #[test]
    fn every_kind_is_closed_and_faces_outward_and_its_mirror_image_as_large() {
        for kind in Kind::ALL {
            let primitive = example(kind);
            let [shape, other] = [&primitive, &primitive.mirror()].map(Shape::of);
            let mut edges: HashMap<(u32, u32), i32> = HashMap::new();
            for t in &shape.triangles {
                for (a, b) in [(t[0], t[1]), (t[1], t[2]), (t[2], t[0])] {
                    *edges.entry((a.min(b), a.max(b))).or_default() += if a < b { 1 } else { -1 };
                }
            }
            assert!(edges.values().all(|&n| n == 0), "{kind:?} has an open edge");
            assert!(
                shape.volume() > 1e-5,
                "{kind:?} has a volume of {}",
                shape.volume()
            );
            assert!((shape.volume() - other.volume()).abs() < 1e-4 * shape.volume());
            // The mirror image is one: its box is where the first one's would be.
            let [first, second] =
                [&shape, &other].map(|s| crate::geometry::extent(s.vertices.iter().copied()));
            let flipped = (
                first.0 * Vec3::new(0.0, 1.0, 1.0) - Vec3::X * first.1.x,
                first.1 * Vec3::new(0.0, 1.0, 1.0) - Vec3::X * first.0.x,
            );
            let off = (flipped.0 - second.0)
                .abs()
                .max_element()
                .max((flipped.1 - second.1).abs().max_element());
            assert!(off < 0.02, "{kind:?}: {flipped:?} {second:?}");
        }
    }
}
