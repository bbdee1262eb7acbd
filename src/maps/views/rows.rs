//! How deep a figure is at each height, and how one that is guessed to be so deep becomes one that is seen to be.

use glam::{Vec2, Vec3};

use super::super::Pose;
use super::super::shown::Shown;

/// Heights that are told apart, from -1 to 1 of the model frame: as fine as the maps.
const ROWS: usize = 64;
/// Over how many of them what is seen is smoothed, standard deviation.
const SMOOTH: f32 = 1.0;
/// Nothing is stretched or pressed together by more than this.
const MOST: f32 = 3.0;
/// What is thinner than this is only moved, model units.
const THIN: f32 = 0.02;

/// From where to where a solid reaches along an axis, at each height where it is.
#[derive(Clone, PartialEq)]
pub(super) struct Rows(Vec<Option<(f32, f32)>>);

fn row(y: f32) -> f32 {
    (y + 1.0) / 2.0 * ROWS as f32 - 0.5
}

impl Rows {
    fn none() -> Self {
        Self(vec![None; ROWS])
    }

    fn add(&mut self, y: f32, z: f32) {
        let place = row(y).round().clamp(0.0, (ROWS - 1) as f32) as usize;
        let (low, high) = self.0[place].unwrap_or((z, z));
        self.0[place] = Some((low.min(z), high.max(z)));
    }

    /// Of each part of a view's solid along an axis.
    pub(super) fn of(shown: &Shown, axis: Vec3) -> Vec<Self> {
        let mut each = vec![Self::none(); shown.slots().len()];
        for (part, p) in shown.outermost() {
            let p = shown.pose.place(p);
            each[part].add(p.y, p.dot(axis));
        }
        each
    }

    /// From where to where several things reach together.
    pub(super) fn union<'a>(all: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut union = Self::none();
        for rows in all {
            for (mine, other) in union.0.iter_mut().zip(&rows.0) {
                *mine = match (*mine, *other) {
                    (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
                    (a, b) => a.or(b),
                };
            }
        }
        union
    }

    /// The area that it covers seen across the axis, model units.
    pub(super) fn area(&self) -> f32 {
        let lengths = self.0.iter().flatten().map(|(low, high)| high - low);
        lengths.sum::<f32>() * 2.0 / ROWS as f32
    }

    /// `self`, or `other` where that is known and `self` is not, or has less than half of its length.
    pub(super) fn or(&self, other: &Self) -> Self {
        let length = |(from, till): (f32, f32)| till - from;
        let choose = |(mine, other): (&Option<_>, &Option<_>)| match (*mine, *other) {
            (Some(a), Some(b)) if length(a) < length(b) / 2.0 => Some(b),
            (a, b) => a.or(b),
        };
        Self(self.0.iter().zip(&other.0).map(choose).collect())
    }

    /// Where a part that reaches as `self` among others that reach together as `all` is to be, if together they are to
    /// reach as `seen`. Where they are pressed together, they move rather than get thin.
    pub(super) fn fitted(&self, all: &Self, seen: &Self) -> Self {
        let rows = self.0.iter().zip(all.0.iter().zip(&seen.0));
        let fit = |(own, (all, seen)): (&Option<_>, (&Option<_>, &Option<_>))| {
            let ((from, till), (low, high), (begins, ends)): ((f32, f32), (f32, f32), (f32, f32)) =
                ((*own)?, (*all)?, (*seen)?);
            let (length, room) = (till - from, ends - begins);
            let stretch = room / (high - low).max(1e-4);
            if stretch >= 1.0 {
                let begins = begins + (from - low) * stretch;
                return Some((begins, begins + length * stretch));
            }
            let length = length.min(room);
            let free = high - low - length;
            let share = if free > 1e-4 {
                (from - low) / free
            } else {
                0.5
            };
            let begins = begins + share.clamp(0.0, 1.0) * (room - length);
            Some((begins, begins + length))
        };
        Self(rows.map(fit).collect())
    }

    /// What several views say of the same, in the mean.
    pub(super) fn mean(all: &[&Self]) -> Self {
        let at = |i: usize| {
            let known: Vec<(f32, f32)> = all.iter().filter_map(|rows| rows.0[i]).collect();
            let sum = known.iter().fold((0.0, 0.0), |s, k| (s.0 + k.0, s.1 + k.1));
            let count = known.len() as f32;
            (count > 0.0).then(|| (sum.0 / count, sum.1 / count))
        };
        Self((0..ROWS).map(at).collect())
    }

    /// By how much the middles of `self` lie beyond those of `other` in the mean over the heights where both are.
    pub(super) fn beyond(&self, other: &Self) -> f32 {
        let both = self
            .0
            .iter()
            .zip(&other.0)
            .filter_map(|(a, b)| Some(((*a)?, (*b)?)));
        let (sum, count) = both.fold((0.0, 0.0), |(sum, count), (a, b)| {
            let weight = (b.1 - b.0).max(THIN);
            (sum + weight * (a.0 + a.1 - b.0 - b.1) / 2.0, count + weight)
        });
        sum / f32::max(count, f32::MIN_POSITIVE)
    }

    /// How far the ends of what is seen at an angle are from `self`, in the mean, where what has such `sections` reaches
    /// along X as `wide` says and along Z as `deep` says; not counting that all of it is moved to a side.
    pub(super) fn unlike(&self, angle: f32, wide: &Self, deep: &Self) -> f32 {
        let (sin, cos) = angle.sin_cos();
        let known = self.0.iter().zip(wide.0.iter().zip(&deep.0));
        let ends: Vec<[f32; 2]> = known
            .filter_map(|(seen, (wide, deep))| {
                let (seen, wide, deep) = ((*seen)?, (*wide)?, (*deep)?);
                let middle = |(low, high): (f32, f32)| (low + high) / 2.0;
                let half = |(low, high): (f32, f32)| (high - low) / 2.0;
                let reach = sections((half(wide), half(deep)), (sin, cos));
                let centre = middle(wide) * cos + middle(deep) * sin;
                Some([centre - reach - seen.0, centre + reach - seen.1])
            })
            .collect();
        let count = (2 * ends.len()).max(1) as f32;
        let moved = ends.iter().flatten().sum::<f32>() / count;
        ends.iter()
            .flatten()
            .map(|end| (end - moved).abs())
            .sum::<f32>()
            / count
    }

    /// At how many heights both are, and at how many either is.
    pub(super) fn shared(&self, other: &Self) -> [usize; 2] {
        let pairs = || self.0.iter().zip(&other.0);
        let both = pairs().filter(|(a, b)| a.is_some() && b.is_some());
        let either = pairs().filter(|(a, b)| a.is_some() || b.is_some());
        [both.count(), either.count()]
    }

    /// From where to where it reaches at all.
    pub(super) fn reach(&self) -> Option<(f32, f32)> {
        let known = self.0.iter().flatten().copied();
        known.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }
}

/// Half of what is seen, at an angle of which these are the sine and the cosine, of a section that is half so wide and
/// half so deep: an oval, as of people, or if it is deeper than wide, as of animals, a capsule.
fn sections((wide, deep): (f32, f32), (sin, cos): (f32, f32)) -> f32 {
    match deep > wide {
        true => (deep - wide) * sin.abs() + wide,
        false => (wide * cos).hypot(deep * sin),
    }
}

/// Moves what a view shows along its rays, so that the figure is as deep as other views show it: the view's own outline
/// stays as it is.
#[derive(Clone)]
pub(super) struct Warp {
    pose: Pose,
    /// Unit length: along which the other views show how deep it is, in the model frame.
    axis: Vec3,
    /// By height, where the solid begins and ends along the axis, before and after; empty for no warp.
    rows: Vec<[f32; 4]>,
}

impl Warp {
    /// Of what a view shows in `pose`: it reaches along the axis as `from` says, and is to reach as `to` says.
    pub(super) fn new(pose: Pose, axis: Vec3, from: &Rows, to: &Rows) -> Self {
        let both = |i: usize| from.0[i].zip(to.0[i]);
        let known: Vec<usize> = (0..ROWS).filter(|&i| both(i).is_some()).collect();
        let nearest = |i: usize| {
            let near = known.iter().min_by_key(|k| k.abs_diff(i)).copied();
            let (from, to) = both(near.unwrap_or(i)).unwrap_or_default();
            [from.0, from.1, to.0, to.1]
        };
        let rows: Vec<[f32; 4]> = match known.is_empty() {
            true => Vec::new(),
            false => (0..ROWS).map(nearest).collect(),
        };
        Self {
            pose,
            axis,
            rows: smoothed(&rows).into_iter().map(bounded).collect(),
        }
    }

    fn at(&self, y: f32) -> Option<[f32; 4]> {
        let place = row(y).clamp(0.0, (ROWS - 1) as f32);
        let (below, t) = (place.floor() as usize, place.fract());
        let above = (below + 1).min(ROWS - 1);
        let (a, b) = (self.rows.get(below)?, self.rows.get(above)?);
        Some([0, 1, 2, 3].map(|k| a[k] + (b[k] - a[k]) * t))
    }

    /// The depth that one at a place of the view's frame becomes.
    pub(super) fn depth(&self, at: Vec2, depth: f32) -> f32 {
        let p = self.pose.place(at.extend(depth));
        self.pose.frame(self.after(p)).z
    }

    /// Where a point goes.
    fn after(&self, p: Vec3) -> Vec3 {
        let Some([from, till, begins, ends]) = self.at(p.y) else {
            return p;
        };
        let stretch = (ends - begins) / (till - from);
        self.along(p, begins + (p.dot(self.axis) - from) * stretch)
    }

    /// The point of the view's ray through `p` that lies at `to` along the axis.
    fn along(&self, p: Vec3, to: f32) -> Vec3 {
        let ray = (self.pose.turn * Vec3::Z).dot(self.axis);
        // Seen from the side the ray hardly gets on along the axis.
        let facing = ray.abs().max(0.5).copysign(ray);
        let mut q = self.pose.frame(p);
        q.z += (to - p.dot(self.axis)) / facing / self.pose.scale;
        self.pose.place(q)
    }
}

/// Never pressed together or stretched by more than [`MOST`]; what is thin is moved only.
fn bounded([from, till, begins, ends]: [f32; 4]) -> [f32; 4] {
    let (before, after) = (till - from, ends - begins);
    let half = match before < THIN {
        true => before.max(1e-3) / 2.0,
        false => after.clamp(before / MOST, before * MOST) / 2.0,
    };
    let (middle, was) = ((begins + ends) / 2.0, (from + till) / 2.0);
    let before = before.max(1e-3) / 2.0;
    [was - before, was + before, middle - half, middle + half]
}

fn smoothed(rows: &[[f32; 4]]) -> Vec<[f32; 4]> {
    let reach = (3.0 * SMOOTH) as isize;
    let smooth = |i: usize| {
        let (mut sum, mut weights) = ([0.0; 4], 0.0);
        for step in -reach..=reach {
            let at = (i as isize + step).clamp(0, rows.len() as isize - 1) as usize;
            let weight = (-0.5 * (step as f32 / SMOOTH).powi(2)).exp();
            (0..4).for_each(|k| sum[k] += weight * rows[at][k]);
            weights += weight;
        }
        sum.map(|s| s / weights)
    };
    (0..rows.len()).map(smooth).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_section_is_seen_as_a_capsule_and_a_wide_one_as_an_oval() {
        for (degrees, long, wide) in [(0.0f32, 0.2, 0.5), (30.0, 0.5, 0.444), (90.0, 0.8, 0.2)] {
            let turned = degrees.to_radians().sin_cos();
            let seen = [(0.2, 0.8), (0.5, 0.2)].map(|halves| sections(halves, turned));
            assert!(
                (seen[0] - long).abs() < 1e-3 && (seen[1] - wide).abs() < 1e-3,
                "at {degrees} degrees: {seen:?}"
            );
        }
    }
}
