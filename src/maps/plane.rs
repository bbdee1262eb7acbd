//! Numbers on a square grid of pixels.

use std::ops::{Add, Div};

use glam::{Vec2, Vec3};
use image::{Rgba, RgbaImage};

use crate::base::numeric::most_around;
use crate::base::resample::Between;

/// The photo's pixels are the subject's alone where their alpha is at least this.
const SOLID: u8 = 235;

/// One number a pixel of a square, row by row from the top.
#[derive(Clone, Debug, PartialEq)]
pub struct Plane {
    side: usize,
    values: Vec<f32>,
}

impl Plane {
    /// `values` are `side` rows of `side`.
    pub fn new(side: usize, values: Vec<f32>) -> Self {
        assert_eq!(values.len(), side * side, "a plane is a square");
        Self { side, values }
    }

    /// Pixels a side.
    pub fn side(&self) -> usize {
        self.side
    }

    /// Its numbers, row by row from the top: `[side * side]`.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    pub(super) fn values_mut(&mut self) -> &mut [f32] {
        &mut self.values
    }

    /// Whether all of them are numbers.
    pub fn is_finite(&self) -> bool {
        self.values.iter().all(|v| v.is_finite())
    }

    pub(super) fn map(&self, f: impl Fn(f32) -> f32) -> Self {
        Self {
            side: self.side,
            values: self.values.iter().map(|&v| f(v)).collect(),
        }
    }

    pub(super) fn zip(&self, other: &Self, f: impl Fn(f32, f32) -> f32) -> Self {
        let pairs = self.values.iter().zip(&other.values);
        Self {
            side: self.side,
            values: pairs.map(|(&a, &b)| f(a, b)).collect(),
        }
    }

    /// The near and the far sheet around this middle, `half` of the thickness away.
    pub(super) fn sheets(&self, half: &Self) -> (Self, Self) {
        (self.zip(half, |m, h| m + h), self.zip(half, |m, h| m - h))
    }

    /// The value at a place, in parts of the side, between pixels in straight lines.
    pub(super) fn at(&self, at: Vec2) -> f32 {
        self.between(&self.cell(at))
    }

    /// Between which pixels a place lies, in parts of the side: the same of all planes of one size.
    pub(super) fn cell(&self, at: Vec2) -> Between {
        Between::new([self.side; 2], at * self.side as f32 - 0.5)
    }

    /// The value there.
    pub(super) fn between(&self, cell: &Between) -> f32 {
        cell.of(|i| self.values[i])
    }

    /// The same surface at another number of pixels, smooth in its slope too: a cubic B-spline, which rounds off what
    /// is finer than a pixel.
    pub(super) fn smooth(&self, side: usize) -> Self {
        let rows = spline(&self.values, self.side, side);
        // [rows of the old side][new columns] -> [new rows][new columns]
        let n = self.side;
        let taps = taps(n, side);
        let mut values = vec![0.0; side * side];
        for (y, out) in values.chunks_exact_mut(side).enumerate() {
            for &(from, weight) in &taps[y] {
                let row = &rows[from * side..(from + 1) * side];
                out.iter_mut()
                    .zip(row)
                    .for_each(|(out, v)| *out += weight * v);
            }
        }
        Self { side, values }
    }

    /// The largest value within `reach` pixels of each, to the sides, up and down.
    pub(super) fn widest(&self, reach: usize) -> Self {
        let values = most_around(&self.values, self.side, reach, f32::MIN, f32::max);
        Self::new(self.side, values)
    }

    /// The mean over blocks of pixels.
    pub(super) fn reduced(&self, side: usize) -> Self {
        let k = self.side / side;
        let mean = |i: usize| {
            let (x, y) = (i % side * k, i / side * k);
            let sum: f32 = (0..k * k)
                .map(|j| self.values[(y + j / k) * self.side + x + j % k])
                .sum();
            sum / (k * k) as f32
        };
        Self {
            side,
            values: (0..side * side).map(mean).collect(),
        }
    }

    /// How steep it is at each pixel: the length of the slope, in units a frame's half.
    pub(super) fn slope(&self) -> Self {
        let n = self.side;
        let step = 2.0 / n as f32;
        let slope = |i: usize| {
            let (x, y) = (i % n, i / n);
            let (left, right) = (x.saturating_sub(1), (x + 1).min(n - 1));
            let (above, below) = (y.saturating_sub(1), (y + 1).min(n - 1));
            let dx = (self.values[y * n + right] - self.values[y * n + left])
                / ((right - left) as f32 * step);
            let dy = (self.values[below * n + x] - self.values[above * n + x])
                / ((below - above) as f32 * step);
            (dx * dx + dy * dy).sqrt()
        };
        Self {
            side: n,
            values: (0..n * n).map(slope).collect(),
        }
    }

    /// Gives `value` to the pixels whose middles lie in a triangle of pixel coordinates.
    pub(super) fn fill(&mut self, [a, b, c]: [Vec2; 3], value: f32) {
        let area = (b - a).perp_dot(c - a);
        if area.abs() < 1e-9 {
            return;
        }
        let last = self.side as f32 - 1.0;
        let low = (a.min(b).min(c) - 0.5)
            .ceil()
            .clamp(Vec2::ZERO, Vec2::splat(last));
        let high = (a.max(b).max(c) - 0.5)
            .floor()
            .clamp(Vec2::ZERO, Vec2::splat(last));
        for y in low.y as usize..=high.y as usize {
            for x in low.x as usize..=high.x as usize {
                let p = Vec2::new(x as f32, y as f32) + 0.5;
                let (u, v) = (
                    (p - a).perp_dot(c - a) / area,
                    (b - a).perp_dot(p - a) / area,
                );
                if u >= 0.0 && v >= 0.0 && u + v <= 1.0 {
                    self.values[y * self.side + x] = value;
                }
            }
        }
    }

    /// Where `known` is not, the mean of what lies next to it, ring by ring outwards.
    pub(super) fn spread(&mut self, known: &[bool]) {
        spread(&mut self.values, self.side, known);
    }
}

/// The same of values on a square of `n` pixels a side.
pub(super) fn spread<T>(values: &mut [T], n: usize, known: &[bool])
where
    T: Copy + Default + Add<Output = T> + Div<f32, Output = T>,
{
    let mut known = known.to_vec();
    let mut found = known.clone();
    let mut edge: Vec<usize> = (0..n * n)
        .filter(|&i| !known[i] && around(i, n).any(|j| known[j]))
        .collect();
    edge.iter().for_each(|&i| found[i] = true);
    while !edge.is_empty() {
        let mean = |&i: &usize| {
            let near = around(i, n).filter(|&j| known[j]);
            let (sum, count) = near.fold((T::default(), 0.0), |(s, c), j| (s + values[j], c + 1.0));
            sum / count
        };
        let means: Vec<T> = edge.iter().map(mean).collect();
        let mut next = Vec::new();
        for (&i, mean) in edge.iter().zip(means) {
            (values[i], known[i]) = (mean, true);
            next.extend(around(i, n).filter(|&j| !found[j]));
        }
        next.retain(|&j| !std::mem::replace(&mut found[j], true));
        edge = next;
    }
}

/// The colour at a place, in parts of the side, of planes of one size.
pub(super) fn colour_at(planes: &[Plane; 3], at: Vec2) -> Vec3 {
    let colour = |i: usize| Vec3::from([0, 1, 2].map(|k| planes[k].values[i]));
    planes[0].cell(at).of(colour)
}

/// Gives the pixels around the subject the colours of its nearest solid ones, so that no ground shows at its edge.
pub(super) fn spread_colours(picture: &mut RgbaImage) {
    let n = picture.width() as usize;
    let known: Vec<bool> = picture.pixels().map(|p| p.0[3] >= SOLID).collect();
    if !known.contains(&true) {
        return;
    }
    let colour = |p: &Rgba<u8>| Vec3::from([0, 1, 2].map(|k| f32::from(p.0[k])));
    let mut colours: Vec<Vec3> = picture.pixels().map(colour).collect();
    spread(&mut colours, n, &known);
    for (pixel, colour) in picture.pixels_mut().zip(colours) {
        let [r, g, b] = colour.to_array().map(|v| v.round() as u8);
        pixel.0 = [r, g, b, 255];
    }
}

/// The up to eight pixels around one.
pub(super) fn around(i: usize, n: usize) -> impl Iterator<Item = usize> {
    let (x, y) = (i % n, i / n);
    let (mut all, mut count) = ([0; 8], 0);
    for v in y.saturating_sub(1)..=(y + 1).min(n - 1) {
        for u in x.saturating_sub(1)..=(x + 1).min(n - 1) {
            if (u, v) != (x, y) {
                all[count] = v * n + u;
                count += 1;
            }
        }
    }
    all.into_iter().take(count)
}

/// Sums around each of `n` squared pixels, weighted by a bell of `sigma` pixels that is 1 at its middle.
pub(super) fn blurred(values: &[f32], n: usize, sigma: f32) -> Vec<f32> {
    let reach = (3.0 * sigma).ceil() as isize;
    let bell: Vec<f32> = (-reach..=reach)
        .map(|d| (-((d * d) as f32) / (2.0 * sigma * sigma)).exp())
        .collect();
    let along = |values: &[f32], step: usize, at: fn(usize, usize) -> usize| -> Vec<f32> {
        let sum = |i: usize| {
            let here = at(i, n) as isize;
            let taps = bell.iter().zip(-reach..=reach);
            let taps = taps.filter(|(_, d)| (0..n as isize).contains(&(here + d)));
            taps.map(|(w, d)| w * values[(i as isize + d * step as isize) as usize])
                .sum()
        };
        (0..n * n).map(sum).collect()
    };
    let across = along(values, 1, |i, n| i % n);
    along(&across, n, |i, n| i / n)
}

/// Each row of `values` at `to` instead of `from` columns.
fn spline(values: &[f32], from: usize, to: usize) -> Vec<f32> {
    let taps = taps(from, to);
    let mut out = Vec::with_capacity(values.len() / from * to);
    for row in values.chunks_exact(from) {
        out.extend(
            taps.iter()
                .map(|taps| taps.iter().map(|&(i, w)| w * row[i]).sum::<f32>()),
        );
    }
    out
}

/// The four samples, and their weights, of a cubic B-spline at each of `to` places over `from` samples.
fn taps(from: usize, to: usize) -> Vec<[(usize, f32); 4]> {
    let tap = |i: usize| {
        let x = (i as f32 + 0.5) * from as f32 / to as f32 - 0.5;
        let (base, t) = (x.floor(), x - x.floor());
        let at = |offset: f32| (base + offset).clamp(0.0, (from - 1) as f32) as usize;
        let (s, t2, t3) = (1.0 - t, t * t, t * t * t);
        [
            (at(-1.0), s * s * s / 6.0),
            (at(0.0), (3.0 * t3 - 6.0 * t2 + 4.0) / 6.0),
            (at(1.0), (-3.0 * t3 + 3.0 * t2 + 3.0 * t + 1.0) / 6.0),
            (at(2.0), t3 / 6.0),
        ]
    };
    (0..to).map(tap).collect()
}

/// Distance of each pixel to the nearest that is set, in pixels, by the lower envelope of parabolas
/// (Felzenszwalb and Huttenlocher 2012); as far as the side is long twice where none is.
pub(super) fn distances(set: impl Fn(usize) -> bool, n: usize) -> Vec<f32> {
    let far = (4 * n * n) as f32;
    let mut squares: Vec<f32> = (0..n * n).map(|i| if set(i) { 0.0 } else { far }).collect();
    let mut line = vec![0.0; n];
    for x in 0..n {
        (0..n).for_each(|y| line[y] = squares[y * n + x]);
        let found = envelope(&line);
        (0..n).for_each(|y| squares[y * n + x] = found[y]);
    }
    for row in squares.chunks_exact_mut(n) {
        let found = envelope(row);
        row.copy_from_slice(&found);
    }
    squares.into_iter().map(f32::sqrt).collect()
}

/// The least of f(q) + (p - q)^2 over all q, for each p.
fn envelope(f: &[f32]) -> Vec<f32> {
    let meets = |q: usize, v: usize| {
        let (q2, v2) = ((q * q) as f32, (v * v) as f32);
        ((f[q] + q2) - (f[v] + v2)) / (2.0 * (q as f32 - v as f32))
    };
    let (mut places, mut starts) = (vec![0], vec![f32::NEG_INFINITY]);
    for q in 1..f.len() {
        let mut s = meets(q, places[places.len() - 1]);
        while s <= starts[starts.len() - 1] {
            places.pop();
            starts.pop();
            s = meets(q, places[places.len() - 1]);
        }
        places.push(q);
        starts.push(s);
    }
    let mut k = 0;
    let value = |p: usize| {
        while k + 1 < starts.len() && starts[k + 1] < p as f32 {
            k += 1;
        }
        let d = p as f32 - places[k] as f32;
        f[places[k]] + d * d
    };
    (0..f.len()).map(value).collect()
}

/// Signed distance to the border of what is set, halfway between pixels, above 0 inside; in pixels.
pub(super) fn signed(set: &[bool], n: usize) -> Plane {
    let (inside, outside) = (distances(|i| !set[i], n), distances(|i| set[i], n));
    let signed = (0..n * n).map(|i| {
        if set[i] {
            inside[i] - 0.5
        } else {
            0.5 - outside[i]
        }
    });
    Plane::new(n, signed.collect())
}

/// The piece that each set pixel belongs to, corners touching, and the size of each piece.
pub(super) fn pieces(set: &[bool], n: usize) -> (Vec<usize>, Vec<usize>) {
    let (mut of, mut sizes) = (vec![usize::MAX; n * n], Vec::new());
    for seed in 0..n * n {
        if !set[seed] || of[seed] != usize::MAX {
            continue;
        }
        let (piece, mut todo) = (sizes.len(), vec![seed]);
        of[seed] = piece;
        let mut size = 0;
        while let Some(i) = todo.pop() {
            size += 1;
            for j in around(i, n).filter(|&j| set[j]) {
                if of[j] == usize::MAX {
                    of[j] = piece;
                    todo.push(j);
                }
            }
        }
        sizes.push(size);
    }
    (of, sizes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_geometry() {
        let d = distances(|i| i == 3 * 9 + 2, 9);
        for (i, &d) in d.iter().enumerate() {
            let (x, y) = ((i % 9) as f32 - 2.0, (i / 9) as f32 - 3.0);
            assert!((d - x.hypot(y)).abs() < 1e-4, "{d} at {x}, {y}");
        }
    }

    #[test]
    fn a_slope_stays_what_it_is_at_other_sizes() {
        let plane = Plane::new(16, (0..256).map(|i| (i % 16) as f32).collect());
        let fine = plane.smooth(64);
        for x in 8..56 {
            let wanted = (x as f32 + 0.5) / 4.0 - 0.5;
            assert!(
                (fine.values[20 * 64 + x] - wanted).abs() < 1e-3,
                "a straight line is not bent"
            );
        }
        let slope = fine.slope();
        assert!(
            (slope.values[20 * 64 + 30] - 8.0).abs() < 1e-2,
            "16 over two halves of a frame: {}",
            slope.values[20 * 64 + 30]
        );
    }

    #[test]
    fn what_is_not_known_is_like_what_is_next_to_it() {
        let mut plane = Plane::new(4, vec![5.0; 16]);
        plane.values[3] = 99.0;
        let known: Vec<bool> = (0..16).map(|i| i % 4 < 2).collect();
        plane.spread(&known);
        assert!(plane.values.iter().all(|&v| v == 5.0));
    }

    #[test]
    fn pieces_touch_at_corners() {
        let set: Vec<bool> = [1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]
            .map(|v| v == 1)
            .to_vec();
        let mut sizes = pieces(&[&set[..]].concat(), 4).1;
        sizes.sort_unstable();
        assert_eq!(sizes, [1, 2]);
    }
}
