//! The outline corrected: a smooth bend of the whole figure across the picture plane, after which it
//! covers what the photo's subject covers.
//!
//! The parts lie where the photo shows them once they are moved and stretched, but their shapes are
//! the model's. What is left between the two pictures is registered as "demons" do (Thirion 1998):
//! each pixel pushes what lies there along the gradient of the picture of the figure, these forces are
//! smoothed, and from coarse to fine they add up to a displacement. It runs across the picture only;
//! of depth the photo says nothing.

use std::sync::Arc;

use anyhow::Result;
use glam::{BVec3, Vec2, Vec3};
use rayon::prelude::*;

use super::camera::PhotoCamera;
use super::fit::PartBuffer;
use super::photo_layers::{self, PhotoLayers};
use crate::base::resample::bilinear;
use crate::geometry::{Field, extent_2d};

/// Pixels a side of the displacement, and of the pictures that it is found on.
const SIDE: usize = photo_layers::SIDE / SHRINK;
const SHRINK: usize = 4;
/// The pictures' blur, pixels, coarse to fine, and the rounds of forces at each.
const BLURS: [f32; 3] = [4.0, 2.0, 1.0];
const ROUNDS: usize = 25;
/// The blur of the forces and of their sum, pixels: what is bent stays smooth. What these are hardly matters
/// (`training/NOTEBOOK.md`, "Reading a photo").
const FORCE_BLUR: f32 = 1.5;
const SUM_BLUR: f32 = 1.0;
/// How much the part that a pixel shows counts beside whether it shows any: of the parts' borders the
/// encoder is less sure than the cut-out of the outline.
const LABELS: f32 = 0.25;
/// No point is moved farther, in parts of the picture's side; how far hardly matters (`training/NOTEBOOK.md`, "Reading a
/// photo").
const FARTHEST: f32 = 0.1;

/// A displacement across the picture that a camera takes: of no point more than a tenth of the picture's side.
#[derive(Clone, Debug)]
pub struct Displacement {
    camera: PhotoCamera,
    /// From each pixel of the photo to where the unbent figure is seen that belongs there, in parts of
    /// the picture's side.
    back: Vec<Vec2>,
}

impl Displacement {
    /// What takes the figure that `view` shows to the outline in the photo, and as far as `trust` says,
    /// `0..=1`, its parts to where that shows them. The part that is `still` is not bent, so that no other is
    /// to cover what the photo shows of it.
    pub(super) fn find(
        camera: &PhotoCamera,
        view: &PartBuffer,
        layers: &PhotoLayers,
        trust: f32,
        still: Option<usize>,
    ) -> Self {
        let parts = layers.shares.len();
        let in_photo = |i: usize| layers.tells(i, photo_layers::SIDE);
        let shown = |i: usize| (view.part(i)).filter(|part| Some(*part) != still && in_photo(i));
        let figure: Vec<Vec<f32>> = channels(parts, |part, i| match (shown(i), part) {
            (Some(shown), Some(part)) => f32::from(u8::from(shown == part)),
            (shown, _) => f32::from(u8::from(shown.is_some())),
        });
        let photo: Vec<Vec<f32>> = channels(parts, |part, i| {
            let share = |part: usize| layers.shares[part][i];
            layers.alpha[i]
                * match part {
                    Some(part) if Some(part) == still => 0.0,
                    Some(part) => share(part),
                    None => 1.0 - still.map_or(0.0, share),
                }
        });
        let mut back = vec![Vec2::ZERO; SIDE * SIDE];
        for blur in BLURS {
            let pairs: Vec<Pair> = (figure.iter().zip(&photo).enumerate())
                .filter(|(_, pair)| {
                    [pair.0, pair.1]
                        .iter()
                        .any(|shown| shown.iter().any(|&s| s > 0.0))
                })
                .map(|(k, (figure, photo))| Pair {
                    figure: blurred(figure, blur),
                    photo: blurred(photo, blur),
                    weight: if k == 0 { 1.0 } else { LABELS * trust },
                })
                .collect();
            for _ in 0..ROUNDS {
                let force = blurred(&forces(&pairs, &back), FORCE_BLUR);
                back.iter_mut()
                    .zip(force)
                    .for_each(|(b, force)| *b += force);
                back = blurred(&back, SUM_BLUR);
            }
        }
        for b in &mut back {
            *b = (*b / SIDE as f32).clamp_length_max(FARTHEST);
        }
        Self {
            camera: *camera,
            back,
        }
    }

    /// Where the unbent figure has what the bent one has at `p`; both in model units.
    pub fn back(&self, p: Vec3) -> Vec3 {
        let at = self.camera.project(p);
        p + self
            .camera
            .step(bilinear(|k| self.back[k], SIDE, at * SIDE as f32))
    }

    /// A box that encloses what the bend makes of all that lies in a box; of both the lowest and the highest corner,
    /// model units.
    pub fn around(&self, (low, high): (Vec3, Vec3)) -> (Vec3, Vec3) {
        let corner =
            |k: usize| Vec3::select(BVec3::new(k & 1 > 0, k & 2 > 0, k & 4 > 0), low, high);
        let seen = (0..8).map(|k| self.camera.project(corner(k)));
        let (first, last) = extent_2d(seen);
        // What came into the box's picture or left it came from or went to no farther than this.
        let pixel = |at: Vec2| (at * SIDE as f32).clamp(Vec2::ZERO, Vec2::splat(SIDE as f32 - 1.0));
        let (first, last) = (
            pixel(first - FARTHEST).as_uvec2(),
            pixel(last + FARTHEST).as_uvec2(),
        );
        let mut most = Vec2::ZERO;
        for y in first.y..=last.y {
            for x in first.x..=last.x {
                most = most.max(self.back[y as usize * SIDE + x as usize].abs());
            }
        }
        let [across, down, _] = self.camera.axes();
        let reach = across.abs() * most.x + down.abs() * most.y;
        let reach = reach * self.camera.step(Vec2::X).length();
        (low - reach, high + reach)
    }
}

/// A part's field, in model units, bent along with the figure. Distances are those of the unbent field, near enough at the
/// surface.
pub struct Displaced<F> {
    field: F,
    /// In the order in which they are done.
    displacements: Vec<Arc<Displacement>>,
    bounds: (Vec3, Vec3),
}

impl<F: Field> Displaced<F> {
    /// The field as it is, in model units.
    pub fn new(field: F) -> Self {
        Self {
            bounds: field.bounds(),
            displacements: Vec::new(),
            field,
        }
    }

    /// Displaced once more, after all before; its bounds, in model units, grow as the displacement may move them.
    pub fn then(mut self, displacement: Arc<Displacement>) -> Self {
        self.bounds = displacement.around(self.bounds);
        self.displacements.push(displacement);
        self
    }

    /// What is bent.
    pub fn inner(&self) -> &F {
        &self.field
    }

    /// Where the field, unbent, has what it has at these points.
    fn undisplaced(&self, points: &[Vec3]) -> Vec<Vec3> {
        let undisplaced = |p, displacement: &Arc<Displacement>| displacement.back(p);
        (points.iter())
            .map(|&p| self.displacements.iter().rev().fold(p, undisplaced))
            .collect()
    }
}

impl<F: Field> Field for Displaced<F> {
    fn distance(&self, points: &[Vec3]) -> Result<Vec<f32>> {
        self.field.distance(&self.undisplaced(points))
    }

    fn colour(&self, points: &[Vec3]) -> Result<Vec<[f32; 3]>> {
        self.field.colour(&self.undisplaced(points))
    }

    fn bounds(&self) -> (Vec3, Vec3) {
        self.bounds
    }
}

/// One thing that both pictures show, or not.
struct Pair {
    figure: Vec<f32>,
    photo: Vec<f32>,
    weight: f32,
}

/// At each pixel the step, pixels, that brings what the figure shows there nearest to what the photo does.
fn forces(pairs: &[Pair], back: &[Vec2]) -> Vec<Vec2> {
    let place = |i: usize| Vec2::new((i % SIDE) as f32 + 0.5, (i / SIDE) as f32 + 0.5);
    let moved = |pair: &Pair| -> Vec<f32> {
        let moved =
            |(i, back): (usize, &Vec2)| bilinear(|k| pair.figure[k], SIDE, place(i) + *back);
        back.iter().enumerate().map(moved).collect()
    };
    let all: Vec<(&Pair, Vec<f32>)> = (pairs.par_iter()).map(|pair| (pair, moved(pair))).collect();
    let step = |i: usize| {
        let (x, y, last) = (i % SIDE, i / SIDE, SIDE - 1);
        let (before, after) = (usize::from(x > 0), usize::from(x < last));
        let (above, below) = (SIDE * usize::from(y > 0), SIDE * usize::from(y < last));
        let (mut force, mut norm) = (Vec2::ZERO, 1e-4);
        for (pair, shown) in &all {
            let slope = Vec2::new(
                shown[i + after] - shown[i - before],
                shown[i + below] - shown[i - above],
            ) / 2.0;
            let missing = pair.photo[i] - shown[i];
            force += slope * (missing * pair.weight);
            norm += (slope.length_squared() + missing * missing) * pair.weight;
        }
        (force / norm).clamp_length_max(1.0)
    };
    let pixels = (0..SIDE * SIDE).into_par_iter().with_min_len(8 * SIDE);
    pixels.map(step).collect()
}

/// The means over `SHRINK x SHRINK` pixels of what `value` says of each pixel: first of anything, then of
/// each part.
fn channels(parts: usize, value: impl Fn(Option<usize>, usize) -> f32) -> Vec<Vec<f32>> {
    let share = 1.0 / (SHRINK * SHRINK) as f32;
    (std::iter::once(None).chain((0..parts).map(Some)))
        .map(|part| {
            let mut small = vec![0.0; SIDE * SIDE];
            for i in 0..photo_layers::SIDE * photo_layers::SIDE {
                let (x, y) = (i % photo_layers::SIDE, i / photo_layers::SIDE);
                small[y / SHRINK * SIDE + x / SHRINK] += share * value(part, i);
            }
            small
        })
        .collect()
}

/// Gaussian blur of `sigma` pixels, along rows and then along columns; beyond the edge is what is at it.
fn blurred<T>(values: &[T], sigma: f32) -> Vec<T>
where
    T: Copy + Default + std::ops::Add<Output = T> + std::ops::Mul<f32, Output = T>,
{
    let reach = (2.5 * sigma).ceil() as usize;
    let mut taps: Vec<f32> = (0..=2 * reach)
        .map(|k| (-0.5 * ((k as f32 - reach as f32) / sigma).powi(2)).exp())
        .collect();
    let total: f32 = taps.iter().sum();
    taps.iter_mut().for_each(|tap| *tap /= total);
    let pass = |from: &[T], along: usize| -> Vec<T> {
        let mut out = vec![T::default(); from.len()];
        let mut line = vec![T::default(); SIDE + 2 * reach]; // with what is at its ends before and after it
        for start in (0..SIDE).map(|n| n * (SIDE / along)) {
            for (k, value) in line.iter_mut().enumerate() {
                *value = from[start + k.saturating_sub(reach).min(SIDE - 1) * along];
            }
            for (i, around) in line.windows(taps.len()).enumerate() {
                let sum = |sum, (&value, &tap)| sum + value * tap;
                out[start + i * along] = around.iter().zip(&taps).fold(T::default(), sum);
            }
        }
        out
    };
    pass(&pass(values, 1), SIDE)
}
