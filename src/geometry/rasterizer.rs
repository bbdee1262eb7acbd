//! Triangles to samples.

use glam::{Mat3, Vec2, Vec3};

/// A triangle with what its surface shows.
pub(crate) struct Triangle {
    pub(crate) corners: [Vec3; 3],
    pub(crate) normals: [Vec3; 3],
    /// Linear RGB.
    pub(crate) colours: [Vec3; 3],
    /// Where it lies in the texture, which is then shown instead.
    pub(crate) places: Option<[Vec2; 3]>,
}

impl Triangle {
    /// Point, unit normal, and linear colour or place in the texture, where the ray from `eye` meets the
    /// triangle's plane.
    pub(crate) fn at(&self, eye: Vec3, ray: Vec3) -> (Vec3, Vec3, TrianglePoint) {
        let [a, b, c] = self.corners;
        let cross = (b - a).cross(c - a);
        let along = ray.dot(cross);
        let t = if along.abs() > 1e-12 {
            (a - eye).dot(cross) / along
        } else {
            (a - eye).dot(ray)
        };
        let point = eye + ray * t;
        let area = cross.length_squared().max(1e-30);
        let v = (point - a).cross(c - a).dot(cross) / area;
        let w = (b - a).cross(point - a).dot(cross) / area;
        // Within the triangle, also for a sample that only touches it.
        let (v, w) = (v.clamp(0.0, 1.0), w.clamp(0.0, 1.0));
        let mix = |x: [Vec3; 3]| x[0] * (1.0 - v - w) + x[1] * v + x[2] * w;
        let normal = mix(self.normals).normalize_or(cross.normalize_or_zero());
        let shown = match self.places {
            Some([a, b, c]) => TrianglePoint::Place(a * (1.0 - v - w) + b * v + c * w),
            None => TrianglePoint::Colour(mix(self.colours).max(Vec3::ZERO)),
        };
        (point, normal, shown)
    }
}

/// What a point of a triangle shows.
pub(crate) enum TrianglePoint {
    /// Linear RGB.
    Colour(Vec3),
    /// What the texture has there.
    Place(Vec2),
}

/// Calls `plot(index, depth)` for every sample centre within the projected triangle, in the rows
/// `first .. first + rows` of a picture `width` wide; the index counts from row `first`.
pub(crate) fn fill(
    [a, b, c]: [Vec3; 3],
    width: usize,
    first: usize,
    rows: usize,
    mut plot: impl FnMut(usize, f32),
) {
    let (low, high) = (a.min(b).min(c), a.max(b).max(c));
    let top = (low.y - 0.5).ceil().max(first as f32) as usize;
    let bottom = (high.y - 0.5).floor().min((first + rows) as f32 - 1.0);
    let area = (b - a).truncate().perp_dot((c - a).truncate());
    if bottom < top as f32 || area == 0.0 {
        return;
    }
    let left = (low.x - 0.5).ceil().max(0.0) as usize;
    let right = (high.x - 0.5).floor().min(width as f32 - 1.0);
    if right < left as f32 {
        return;
    }
    for y in top..=bottom as usize {
        for x in left..=right as usize {
            let p = Vec2::new(x as f32 + 0.5, y as f32 + 0.5);
            let v = (p - a.truncate()).perp_dot((c - a).truncate()) / area;
            let w = (b - a).truncate().perp_dot(p - a.truncate()) / area;
            if v >= 0.0 && w >= 0.0 && v + w <= 1.0 {
                plot(
                    (y - first) * width + x,
                    a.z + (b.z - a.z) * v + (c.z - a.z) * w,
                );
            }
        }
    }
}

/// What a far lamp sees: the depth of the nearest surface on a square grid around the figure.
#[derive(Default)]
pub(crate) struct DepthMap {
    size: usize,
    depths: Vec<f32>,
    /// World to map: x and y in texels after `offset`, z towards the lamp's far side.
    turn: Mat3,
    middle: Vec3,
    /// Texels for a unit of length.
    scale: f32,
}

impl DepthMap {
    pub(crate) fn of(
        triangles: &[Triangle],
        towards: Vec3,
        middle: Vec3,
        radius: f32,
        size: usize,
    ) -> Self {
        let (x, y) = towards.any_orthonormal_pair();
        let turn = Mat3::from_cols(x, y, -towards).transpose();
        let scale = (size as f32 - 4.0) / (2.0 * radius);
        let mut map = Self {
            size,
            depths: vec![f32::INFINITY; size * size],
            turn,
            middle,
            scale,
        };
        for t in triangles {
            // Of a closed surface the far sides cast the shadow, and no near side shades itself.
            let [a, b, c] = t.corners;
            if (b - a).cross(c - a).dot(towards) > 0.0 {
                continue;
            }
            let corners = t.corners.map(|p| map.project(p));
            let depths = &mut map.depths;
            fill(corners, size, 0, size, |at, depth| {
                depths[at] = depths[at].min(depth)
            });
        }
        map
    }

    fn project(&self, p: Vec3) -> Vec3 {
        let v = self.turn * (p - self.middle) * self.scale;
        Vec3::new(
            v.x + self.size as f32 / 2.0,
            v.y + self.size as f32 / 2.0,
            v.z,
        )
    }

    /// The share of light that reaches `p`, `0..=1`, smooth across texels.
    pub(crate) fn open(&self, p: Vec3) -> f32 {
        let v = self.project(p);
        let (x, y) = (v.x - 0.5, v.y - 0.5);
        let most = self.size as f32 - 1.0;
        if !(x >= 0.0 && y >= 0.0 && x < most && y < most) {
            return 1.0;
        }
        let (i, j) = (x as usize, y as usize);
        let (fx, fy) = (x - i as f32, y - j as f32);
        // A surface within a texel is the point's own.
        let lit = |k: usize| {
            if v.z <= self.depths[k] + 1.0 {
                1.0
            } else {
                0.0
            }
        };
        let at = j * self.size + i;
        let upper = lit(at) * (1.0 - fx) + lit(at + 1) * fx;
        let lower = lit(at + self.size) * (1.0 - fx) + lit(at + self.size + 1) * fx;
        upper * (1.0 - fy) + lower * fy
    }
}
