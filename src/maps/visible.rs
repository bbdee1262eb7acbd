//! Which part is seen at each pixel, from before and from behind.
//!
//! The network tells of each part alone, seen or hidden, so where two of them meet it is unsure of both. The photo's
//! colours say more: where an arm and a ball meet, what is blue is the ball. What is foremost, of the colour that the
//! network expects, and like its neighbours, is what is seen: the least energy of a field of labels, found by iterated
//! conditional modes (Besag 1986).

use super::plane::{Plane, around, distances, pieces};
use super::{PartMap, PartMaps};

/// For each pixel, row by row, the part that is seen there; none outside of the subject.
pub(super) type Labels = Vec<Option<usize>>;

/// A part may be seen so far beyond where it is claimed, in pixels of the maps.
pub(super) const REACH: f32 = 2.0;
/// A colour that is so far from the one expected, sRGB `0..=1`, speaks against a part by one.
const COLOUR: f32 = 0.17;
/// The most that a colour says against a part.
const MOST_COLOUR: f32 = 6.0;
/// A part that lies so far behind the foremost one, halves of the frame, is unlikely to be seen: it counts as one.
const DEPTH: f32 = 0.06;
/// The most that depth says against a part.
const MOST_DEPTH: f32 = 2.5;
/// What each neighbour of another part says against a part.
const BORDER: f32 = 0.7;
/// The most that the network's doubt, a logit, says against a part where it is not claimed.
const MOST_DOUBT: f32 = 4.0;
/// How often all labels are chosen anew: after so many rounds hardly one changes.
const ROUNDS: usize = 4;
/// A piece of a part of fewer pixels is an error, and becomes what is around it.
const FEW: usize = 12;
/// So is a piece of less than this share of the part's largest.
const SHARE: f32 = 0.12;

/// The part that the photo shows at each of its pixels, by its place among the maps' parts. `photo`: sRGB, so many times
/// as fine as the maps; mask and claims are as fine as the maps.
pub(super) fn from_before(
    maps: &PartMaps,
    photo: &[Plane; 3],
    mask: &[bool],
    claims: &[Vec<bool>],
) -> Labels {
    let grid = Grid {
        maps: maps.middle.side(),
        labels: photo[0].side(),
    };
    let near = maps
        .parts
        .iter()
        .map(|part| part.middle.sheets(&part.half).0);
    let near: Vec<Plane> = near.collect();
    let cost = |part: usize| match claims[part].contains(&true) {
        true => colours_and_doubts(grid, photo, mask, &claims[part], &maps.parts[part]),
        false => vec![f32::INFINITY; grid.labels * grid.labels],
    };
    grid.labels((0..claims.len()).map(cost).collect(), &near, claims)
}

/// The part that is hindmost at each pixel of the maps; `far`: the parts' far sheets.
pub(super) fn from_behind(far: &[Plane], claims: &[Vec<bool>]) -> Labels {
    let n = far.first().map_or(0, Plane::side);
    let grid = Grid { maps: n, labels: n };
    let cost = |claims: &Vec<bool>| {
        let cost = claims
            .iter()
            .map(|&there| if there { 0.0 } else { f32::INFINITY });
        cost.collect()
    };
    let toward: Vec<Plane> = far.iter().map(|far| far.map(|d| -d)).collect();
    grid.labels(claims.iter().map(cost).collect(), &toward, claims)
}

/// Pixels a side.
pub(super) fn side(labels: &Labels) -> usize {
    labels.len().isqrt()
}

/// The same labels with fewer pixels, of which theirs are a multiple: that of most of those that become one.
pub(super) fn coarser(labels: &Labels, to: usize) -> Labels {
    let n = side(labels);
    let k = n / to;
    let most = |i: usize| {
        let (x, y) = (i % to * k, i / to * k);
        let all = (0..k * k).map(|j| labels[(y + j / k) * n + x + j % k]);
        let count = |of: &Option<usize>| all.clone().filter(|other| other == of).count();
        all.clone()
            .max_by_key(|of| (of.is_some(), count(of)))
            .flatten()
    };
    (0..to * to).map(most).collect()
}

/// Pixels a side of the maps, and of the labels.
#[derive(Clone, Copy)]
struct Grid {
    maps: usize,
    labels: usize,
}

impl Grid {
    /// The pixel of the maps in which one of the labels lies.
    fn of_maps(self, i: usize) -> usize {
        let (x, y) = (i % self.labels, i / self.labels);
        y * self.maps / self.labels * self.maps + x * self.maps / self.labels
    }

    /// A plane of the maps that is known in some places, as fine as the labels.
    fn fine(self, plane: &Plane, known: &[bool]) -> Plane {
        let mut plane = plane.clone();
        plane.spread(known);
        match self.maps == self.labels {
            true => plane,
            false => plane.smooth(self.labels),
        }
    }

    /// Labels of the least energy, without fragments: `costs` and what being beneath the uppermost of the `sheets` adds.
    fn labels(self, mut costs: Vec<Vec<f32>>, sheets: &[Plane], claims: &[Vec<bool>]) -> Labels {
        let (n, parts) = (self.labels, claims.len());
        let sheets = sheets
            .iter()
            .zip(claims)
            .map(|(sheet, claims)| self.fine(sheet, claims));
        let sheets: Vec<Plane> = sheets.collect();
        for i in 0..n * n {
            let here = (0..parts).filter(|&part| claims[part][self.of_maps(i)]);
            let top = here
                .map(|part| sheets[part].values()[i])
                .fold(f32::MIN, f32::max);
            for (costs, sheet) in costs.iter_mut().zip(&sheets) {
                costs[i] += ((top - sheet.values()[i]) / DEPTH).clamp(0.0, MOST_DEPTH);
            }
        }
        let best = |i: usize, more: &dyn Fn(usize) -> f32| {
            let cost = |part: &usize| costs[*part][i] + more(*part);
            let parts = (0..parts).filter(|&part| costs[part][i].is_finite());
            parts.min_by(|a, b| cost(a).total_cmp(&cost(b)))
        };
        let mut labels: Labels = (0..n * n).map(|i| best(i, &|_| 0.0)).collect();
        for _ in 0..ROUNDS {
            for i in 0..n * n {
                let others = |part: usize| {
                    let beside = around(i, n).filter_map(|j| labels[j]);
                    BORDER * beside.filter(|&other| other != part).count() as f32
                };
                labels[i] = best(i, &others);
            }
        }
        sweep(&mut labels, parts, FEW * (n / self.maps).pow(2));
        labels
    }
}

/// What speaks against a part being seen at each pixel; infinite where it cannot be.
fn colours_and_doubts(
    grid: Grid,
    photo: &[Plane; 3],
    mask: &[bool],
    claims: &[bool],
    part: &PartMap,
) -> Vec<f32> {
    let n = grid.maps;
    let away = distances(|i| claims[i], n);
    // At its border the network expects a mixture.
    let inner = |i: usize| claims[i] && around(i, n).all(|j| claims[j] || !mask[j]);
    let inner: Vec<bool> = (0..n * n).map(inner).collect();
    let known = if inner.contains(&true) {
        &inner
    } else {
        claims
    };
    let colours = [0, 1, 2].map(|c| grid.fine(&part.near[c], known));
    let cost = |i: usize| {
        let at = grid.of_maps(i);
        if !mask[at] || away[at] > REACH {
            return f32::INFINITY;
        }
        let doubt = match claims[at] {
            true => 0.0,
            false => (-part.occupancy.values()[at]).clamp(0.0, MOST_DOUBT),
        };
        let off = (0..3).map(|c| (colours[c].values()[i] - photo[c].values()[i]).powi(2));
        doubt + (off.sum::<f32>() / (COLOUR * COLOUR)).min(MOST_COLOUR)
    };
    (0..grid.labels * grid.labels).map(cost).collect()
}

/// Gives fragments of a part, which have less than `few` pixels, to the part that most of their neighbours are of.
fn sweep(labels: &mut Labels, parts: usize, few: usize) {
    let n = side(labels);
    for part in 0..parts {
        let set: Vec<bool> = labels.iter().map(|&of| of == Some(part)).collect();
        let (of, sizes) = pieces(&set, n);
        let largest = sizes.iter().copied().max().unwrap_or(0);
        for (piece, &size) in sizes.iter().enumerate() {
            if size == largest || (size >= few && size as f32 >= SHARE * largest as f32) {
                continue;
            }
            let pixels: Vec<usize> = (0..n * n).filter(|&i| of[i] == piece).collect();
            let mut votes = vec![0; parts];
            let beside = pixels.iter().flat_map(|&i| around(i, n));
            let others = beside.filter_map(|j| labels[j].filter(|&other| other != part));
            others.for_each(|other| votes[other] += 1);
            let most = (0..parts).max_by_key(|&other| (votes[other], parts - other));
            if let Some(most) = most.filter(|&most| votes[most] > 0) {
                pixels.iter().for_each(|&i| labels[i] = Some(most));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slots::Slot;

    const N: usize = 16;

    fn flat(value: f32) -> Plane {
        Plane::new(N, vec![value; N * N])
    }

    /// A blue ball, and an arm that the network takes for a little nearer; both are claimed everywhere.
    fn maps() -> PartMaps {
        let part = |slot, near: f32, colour: [f32; 3]| PartMap {
            slot,
            occupancy: flat(3.0),
            middle: flat(near - 0.1),
            half: flat(0.1),
            near: colour.map(flat),
            far: colour.map(flat),
        };
        PartMaps {
            parts: vec![
                part(Slot::ArmRight, 0.25, [0.8, 0.6, 0.5]),
                part(Slot::ItemRight, 0.2, [0.1, 0.2, 0.7]),
            ],
            middle: flat(0.1),
            half: flat(0.1),
            far: [0.5; 3].map(flat),
            yaw: 0.0,
            pitch: 0.0,
        }
    }

    #[test]
    fn what_has_the_photo_s_colour_is_seen() {
        let all = vec![true; N * N];
        let left = |i: usize| i % N < 8;
        let colours = [[0.8, 0.6, 0.5], [0.1, 0.2, 0.7]];
        let photo = [0, 1, 2].map(|c| {
            let colour = |i: usize| colours[usize::from(left(i))][c];
            Plane::new(N, (0..N * N).map(colour).collect())
        });
        let labels = from_before(&maps(), &photo, &all, &[all.clone(), all.clone()]);
        for (i, label) in labels.iter().enumerate() {
            assert_eq!(
                *label,
                Some(usize::from(left(i))),
                "at pixel {i} of {N} a row"
            );
        }
        let gray = [0.5; 3].map(flat);
        let labels = from_before(&maps(), &gray, &all, &[all.clone(), all.clone()]);
        assert!(
            labels.iter().all(|&label| label == Some(0)),
            "where colours say nothing, the nearer one is seen"
        );
    }

    #[test]
    fn fragments_go_to_what_is_around_them() {
        let mut labels: Labels = (0..N * N).map(|i| Some(usize::from(i % N < 8))).collect();
        let clean = labels.clone();
        labels[5 * N + 3] = Some(0);
        labels[5 * N + 4] = Some(0);
        sweep(&mut labels, 2, FEW);
        assert_eq!(labels, clean, "two pixels of an arm in a ball are no arm");
    }
}
