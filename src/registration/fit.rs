//! Laying the photo on the figurine: the camera made better, and a warp for each part.

use glam::{Affine2, DAffine2, DMat2, DVec2, Vec2, Vec3};
use rayon::prelude::*;

use super::camera::PhotoCamera;
use super::photo_layers::{self, PhotoLayers};
use crate::geometry::rasterizer::fill;
use crate::geometry::{Mesh, extent_2d};

/// What the camera sees of the figurine: the depth and the part of the nearest surface in each pixel.
pub(super) struct PartBuffer {
    side: usize,
    pixels: Vec<Option<(f32, usize)>>,
}

impl PartBuffer {
    /// Draws the parts, each with its place among the names, `side` pixels wide.
    pub(super) fn of(camera: &PhotoCamera, parts: &[(usize, &Mesh)], side: usize) -> Self {
        let mut view = Self {
            side,
            pixels: vec![None; side * side],
        };
        for (part, mesh) in parts {
            let points: Vec<Vec3> = (mesh.positions.iter())
                .map(|&p| (camera.project(p) * side as f32).extend(camera.depth(p)))
                .collect();
            for t in &mesh.triangles {
                let corners = t.map(|v| points[v as usize]);
                fill(corners, side, 0, side, |at, depth| {
                    view.plot(at, depth, *part)
                });
            }
        }
        view
    }

    /// Pixels in which a part is seen.
    pub(super) fn area(&self, part: usize) -> usize {
        let shown = |p: &&Option<(f32, usize)>| matches!(p, Some((_, shown)) if *shown == part);
        self.pixels.iter().filter(shown).count()
    }

    /// The part that is seen in a pixel.
    pub(super) fn part(&self, pixel: usize) -> Option<usize> {
        self.pixels[pixel].map(|(_, part)| part)
    }

    fn plot(&mut self, at: usize, depth: f32, part: usize) {
        if self.pixels[at].is_none_or(|(nearest, _)| depth > nearest) {
            self.pixels[at] = Some((depth, part));
        }
    }

    /// Depth and part of what is seen at a point of the picture.
    pub(super) fn at(&self, at: Vec2) -> Option<(f32, usize)> {
        self.pixels[pixel(at, self.side)?]
    }
}

/// The pixel that a point, in parts of the picture's side, lies in.
fn pixel(at: Vec2, side: usize) -> Option<usize> {
    let at = at * side as f32;
    let inside = at.min_element() >= 0.0 && at.max_element() < side as f32;
    inside.then(|| at.y as usize * side + at.x as usize) // cut off, which is the floor
}

/// Points of the figurine that the search for the camera looks at, and the pixels a side it draws. A choice for speed:
/// other numbers were not measured.
const POINTS: usize = 12_000;
const COARSE: usize = 64;
/// A figure that the first guess of a camera sees so much farther than the photo shows goes on there, in
/// parts of the picture's side. A choice that nothing has measured.
const BEYOND: f32 = 0.05;
/// What a camera that is turned from the first guess by a radian has to gain in agreement (`0..=1`): measured on
/// pictures of known angle, where the guess alone is off by 7 degrees (median) and the best agreement alone by 9
/// (`training/NOTEBOOK.md`, "Reading a photo").
const DOUBT: f32 = 0.65;

/// Turns of ten degrees (radians) that are tried to each side of the first guess of a camera, which is off by 7 degrees
/// in the median and by 15 at most for four photos in five (`training/NOTEBOOK.md`, "Reading a photo").
const TURN: f32 = 0.175;
const TURNS: i8 = 4;
/// The search around the best of them: ever smaller shares of an angle (radians), of a scale, and of a shift (parts of
/// the picture's side). Choices that nothing has measured.
const SHARES: [f32; 3] = [0.5, 0.25, 0.12];
const ANGLE: f32 = 0.17;
const SCALE: f32 = 0.08;
const SHIFT: f32 = 0.04;

/// The camera from which the figurine looks most like the photo, searched around `first` by ever
/// smaller steps: as much as can be of each part where the photo shows that part. Before it the share of
/// both together where they agree, `0..=1`.
pub(super) fn refine(
    first: PhotoCamera,
    layers: &PhotoLayers,
    parts: &[(usize, &Mesh)],
) -> (f32, PhotoCamera) {
    let count: usize = parts.iter().map(|(_, mesh)| mesh.positions.len()).sum();
    let every = count.div_ceil(POINTS).max(1);
    let points: Vec<(usize, Vec3)> = (parts.iter())
        .flat_map(|&(part, mesh)| mesh.positions.iter().map(move |&p| (part, p)))
        .step_by(every)
        .collect();
    let score = |camera: &PhotoCamera| {
        let (yaw, pitch) = (camera.yaw - first.yaw, camera.pitch - first.pitch);
        agreement(camera, layers, &points) - DOUBT * (yaw * yaw + pitch * pitch)
    };
    let mut best = (score(&first), first);
    // Every turn gets its own best place before turns are compared.
    let turns = (-TURNS..=TURNS).into_par_iter().map(|turn| {
        let turned = first.turned(TURN * f32::from(turn), 0.0);
        let mut here = (score(&turned), turned);
        here = better(here, framed(&turned, layers, &points), &score);
        for step in [1.0, 0.5] {
            here = placed(here, step, &score);
        }
        here.1
    });
    for here in turns.collect::<Vec<PhotoCamera>>() {
        best = better(best, here, &score);
    }
    for step in SHARES {
        for sign in [1.0, -1.0, 1.0, -1.0] {
            best = better(best, best.1.turned(sign * ANGLE * step, 0.0), &score);
            best = better(best, best.1.turned(0.0, sign * ANGLE * step), &score);
        }
        best = placed(best, step, &score);
    }
    (agreement(&best.1, layers, &points), best.1)
}

/// The camera's picture moved and scaled, as far as that makes it better.
fn placed(
    mut best: (f32, PhotoCamera),
    step: f32,
    score: &impl Fn(&PhotoCamera) -> f32,
) -> (f32, PhotoCamera) {
    for sign in [1.0, -1.0, 1.0, -1.0] {
        // About the picture's middle.
        let scale = 1.0 + sign * SCALE * step;
        let centred = best.1.moved(scale, Vec2::splat((1.0 - scale) / 2.0));
        best = better(best, centred, score);
        best = better(
            best,
            best.1.moved(1.0, Vec2::X * (sign * SHIFT * step)),
            score,
        );
        best = better(
            best,
            best.1.moved(1.0, Vec2::Y * (sign * SHIFT * step)),
            score,
        );
    }
    best
}

fn better(
    best: (f32, PhotoCamera),
    camera: PhotoCamera,
    score: &impl Fn(&PhotoCamera) -> f32,
) -> (f32, PhotoCamera) {
    let found = score(&camera);
    if found > best.0 {
        (found, camera)
    } else {
        best
    }
}

/// The share of photo and figurine together in which both show the same part.
fn agreement(camera: &PhotoCamera, layers: &PhotoLayers, points: &[(usize, Vec3)]) -> f32 {
    let mut view = PartBuffer {
        side: COARSE,
        pixels: vec![None; COARSE * COARSE],
    };
    for &(part, p) in points {
        if let Some(at) = pixel(camera.project(p), COARSE) {
            view.plot(at, camera.depth(p), part);
        }
    }
    let (mut both, mut either) = (0.0, 1e-6);
    let fine = photo_layers::SIDE / COARSE;
    let in_photo = |(i, _): &(usize, &Option<_>)| layers.tells(*i, COARSE);
    for (i, shown) in view.pixels.iter().enumerate().filter(in_photo) {
        let (x, y) = (i % COARSE, i / COARSE);
        let at = (y * fine + fine / 2) * photo_layers::SIDE + x * fine + fine / 2;
        let alpha = layers.alpha[at];
        either += if shown.is_some() { 1.0 } else { alpha };
        if let Some((_, part)) = shown {
            both += alpha * layers.shares[*part][at];
        }
    }
    both / either
}

/// The camera whose picture of the points is as high as the photo's subject and in the same place; the
/// same camera where the figure goes on beyond the photo.
fn framed(camera: &PhotoCamera, layers: &PhotoLayers, points: &[(usize, Vec3)]) -> PhotoCamera {
    let side = photo_layers::SIDE;
    let place = |i: usize| Vec2::new((i % side) as f32, (i / side) as f32) / side as f32;
    let subject = (0..side * side)
        .filter(|&i| layers.alpha[i] > 0.5)
        .map(place);
    let (low, high) = extent_2d(subject);
    let (own_low, own_high) = extent_2d(points.iter().map(|(_, p)| camera.project(*p)));
    let beyond = (layers.extent.low - own_low).max(own_high - layers.extent.high);
    if beyond.max_element() > BEYOND {
        return *camera;
    }
    let scale = (high.y - low.y) / (own_high.y - own_low.y).max(1e-6);
    if !scale.is_finite() || scale <= 0.0 {
        return *camera;
    }
    camera.moved(
        scale,
        (low + high) / 2.0 - (own_low + own_high) / 2.0 * scale,
    )
}

/// From where the camera sees a point of a part to where the photo shows it.
#[derive(Clone, Copy, Debug)]
pub(super) struct PartWarp {
    pub(super) map: Affine2,
    /// Whether the photo shows the part at all, and its colours.
    pub(super) trusted: bool,
    /// Whether the map was found, and is not just that nothing moves.
    pub(super) found: bool,
}

/// Pixels of [`photo_layers::SIDE`] squared that a region needs to say something. A choice that nothing has measured.
const REGION: f64 = 40.0;
/// The factor by which a part's picture may be stretched or shrunk at most. A choice that nothing has measured.
const STRETCH: f64 = 1.7;
/// A pixel of the photo begins to count for a part's region above this share of the part, `0..=1`, and counts in full
/// where it has this much more. A choice that nothing has measured.
const LITTLE: f32 = 0.25;
const FROM_LITTLE_TO_FULL: f32 = 0.5;

/// Lays each part's region in the view on its region in the photo: same middle, same spread. Of all
/// maps that do so it is the one that moves points least (optimal transport between two Gaussians).
pub(super) fn warps(view: &PartBuffer, layers: &PhotoLayers, parts: usize) -> Vec<PartWarp> {
    let side = view.side;
    let warp = |part: usize| {
        let shown = |i: usize| view.part(i) == Some(part) && layers.tells(i, side);
        let ours = Region::of(side, |i| if shown(i) { 1.0 } else { 0.0 });
        let photo = Region::of(side, |i| {
            let share = layers.shares[part][i];
            f64::from(layers.alpha[i] * ((share - LITTLE) / FROM_LITTLE_TO_FULL).clamp(0.0, 1.0))
        });
        let map = match (&ours, &photo) {
            (Some(ours), Some(photo)) => ours.onto(photo),
            _ => DAffine2::IDENTITY,
        };
        PartWarp {
            map: map.as_affine2(),
            trusted: photo.is_some() && layers.knows(part),
            found: photo.is_some() && ours.is_some(),
        }
    };
    (0..parts).map(warp).collect()
}

/// Where a part is seen, as a Gaussian.
struct Region {
    mean: DVec2,
    spread: DMat2,
}

impl Region {
    /// Of the pixels with these weights; nothing where there are too few.
    fn of(side: usize, weight: impl Fn(usize) -> f64) -> Option<Self> {
        let place = |i: usize| DVec2::new((i % side) as f64 + 0.5, (i / side) as f64 + 0.5);
        let (mut total, mut first, mut second) = (0.0, DVec2::ZERO, DMat2::ZERO);
        for i in 0..side * side {
            let w = weight(i);
            if w > 0.0 {
                let p = place(i);
                total += w;
                first += p * w;
                second += DMat2::from_cols(p * p.x, p * p.y) * w;
            }
        }
        if total < REGION {
            return None;
        }
        let mean = first / total;
        let spread = second * (1.0 / total) - DMat2::from_cols(mean * mean.x, mean * mean.y);
        let unit = 1.0 / side as f64;
        let least = DMat2::from_diagonal(DVec2::ONE); // a pixel is not a point
        Some(Self {
            mean: mean * unit,
            spread: (spread + least) * (unit * unit),
        })
    }

    /// The map `p -> other.mean + A (p - self.mean)` with the symmetric
    /// `A = S^-1/2 (S^1/2 S' S^1/2)^1/2 S^-1/2`.
    fn onto(&self, other: &Self) -> DAffine2 {
        let root = square_root(self.spread);
        let back = root.inverse();
        let turn = back * square_root(root * other.spread * root) * back;
        let turn = bounded(turn);
        DAffine2::from_mat2_translation(turn, other.mean - turn * self.mean)
    }
}

/// Of a symmetric positive matrix.
fn square_root(m: DMat2) -> DMat2 {
    let area = m.determinant().max(0.0).sqrt();
    let trace = m.x_axis.x + m.y_axis.y;
    (m + DMat2::from_diagonal(DVec2::splat(area))) * (1.0 / (trace + 2.0 * area).sqrt().max(1e-12))
}

/// A symmetric matrix with its stretches brought within [`STRETCH`].
fn bounded(m: DMat2) -> DMat2 {
    let (a, b, c) = (m.x_axis.x, m.x_axis.y, m.y_axis.y);
    let (middle, half) = ((a + c) / 2.0, ((a - c) / 2.0).hypot(b));
    let within = |v: f64| v.clamp(1.0 / STRETCH, STRETCH);
    let axis = DVec2::from_angle(0.5 * (2.0 * b).atan2(a - c));
    let (long, short) = (within(middle + half), within(middle - half));
    let along = DMat2::from_cols(axis * axis.x, axis * axis.y);
    along * long + (DMat2::IDENTITY - along) * short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_lies_on_its_moved_and_stretched_self() {
        let blob = |cx: f64, cy: f64, sx: f64, sy: f64| {
            Region::of(64, move |i| {
                let (x, y) = ((i % 64) as f64 + 0.5 - cx, (i / 64) as f64 + 0.5 - cy);
                if (x / sx).powi(2) + (y / sy).powi(2) < 1.0 {
                    1.0
                } else {
                    0.0
                }
            })
            .expect("large enough")
        };
        let map = blob(20.0, 30.0, 10.0, 8.0).onto(&blob(40.0, 28.0, 10.0, 12.0));
        let corner = map.transform_point2(DVec2::new(20.0, 38.0) / 64.0) * 64.0;
        let far = corner.distance(DVec2::new(40.0, 40.0));
        assert!(
            far < 0.4,
            "the lowest point of one lies {far} pixels off that of the other"
        );
    }
}
