//! What plumb lines through bodies meet: where they enter one, and where they leave it.

use glam::{Vec2, Vec3};

use super::extent;
use super::rasterizer::fill;

/// So many samples may be looked at; a file may have any number of triangles that are all as large as the whole.
const MOST: f32 = (1u32 << 28) as f32;

/// A surface on a plumb line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Crossing {
    pub(crate) height: f32,
    pub(crate) triangle: u32,
    /// Whether the surface faces up, as where one comes from above into a body.
    pub(crate) up: bool,
}

/// Plumb lines on a square grid; +Z is up.
pub(crate) struct Columns {
    /// How many are in a row, and how far they are apart.
    pub(crate) across: usize,
    pub(crate) step: f32,
    /// Row by row, each from the top down.
    lines: Vec<Vec<Crossing>>,
}

impl Columns {
    /// So many along the longer side of the triangles. Nothing where that would take too long.
    pub(crate) fn of(triangles: &[[Vec3; 3]], along: usize) -> Option<Self> {
        let (low, high) = extent(triangles.iter().flatten().copied());
        let (low, size) = (low.truncate(), (high - low).truncate());
        let step = (size.max_element() / along as f32).max(f32::MIN_POSITIVE);
        (size.is_finite() && size.max_element() > 0.0)
            .then(|| Self::on(triangles, low, step, (size / step).ceil().max(Vec2::ONE)))
            .flatten()
    }

    /// Those of a grid whose first cell has its corner at `low`.
    pub(crate) fn on(triangles: &[[Vec3; 3]], low: Vec2, step: f32, count: Vec2) -> Option<Self> {
        let place = |p: Vec3| ((p.truncate() - low) / step).extend(p.z);
        let count = [count.x as usize, count.y as usize];
        let mut lines: Vec<Vec<Crossing>> = vec![Vec::new(); count[0] * count[1]];
        let mut left = MOST;
        for (number, t) in triangles.iter().enumerate() {
            let corners = t.map(place);
            let (l, h) = extent(corners);
            let size = (h - l).truncate() + 1.0;
            left -= size.x * size.y;
            if left < 0.0 {
                return None;
            }
            let up = (t[1] - t[0]).cross(t[2] - t[0]).z > 0.0;
            fill(corners, count[0], 0, count[1], |at, height| {
                lines[at].push(Crossing {
                    height,
                    triangle: number as u32,
                    up,
                });
            });
        }
        for line in &mut lines {
            line.sort_by(|a, b| b.height.total_cmp(&a.height).then(a.up.cmp(&b.up)));
            // A line through an edge meets both triangles.
            line.dedup_by(|b, a| a.up == b.up && (a.height - b.height).abs() < 1e-4 * step);
        }
        Some(Self {
            across: count[0],
            step,
            lines,
        })
    }

    /// Each line, from the top down.
    pub(crate) fn lines(&self) -> impl Iterator<Item = &[Crossing]> {
        self.lines.iter().map(Vec::as_slice)
    }
}
