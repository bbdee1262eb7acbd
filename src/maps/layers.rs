//! Several parts on one ray: what is seen lies where the whole figure does, and what is hidden beneath it.

use super::cover::Covered;
use super::plane::{Plane, around, blurred, distances};
use super::sheets::Sheets;
use super::visible::{Labels, coarser, from_behind, side};
use super::{FINE, PartMaps};

/// Where a part is seen it is moved to the whole figure's depths. What is hidden of it moves along, as far away as this,
/// pixels of the maps.
const BLUR: f32 = 2.5;
/// The weight of pixels next to another part: there the whole figure's depths, which know no parts, go over from the one
/// part to the other.
const EDGE: f32 = 0.1;
/// The weight nearby that is believed by half.
const DOUBT: f32 = 2.0;
/// So far beyond where a part is seen it lies level with the whole figure, or there would be a groove; pixels of the maps.
const NEXT: f32 = 1.5;
/// The same where its own depth is within [`LEVEL`] of the whole figure's, pixels of the maps.
const BEYOND: f32 = 2.0;
/// A part is level with the whole figure if its depth differs by less, halves of the frame.
const LEVEL: f32 = 0.1;
/// The least half thickness of a part, halves of the frame.
const THIN: f32 = 0.01;
/// What is hidden lies so far beneath what hides it, across the sheet, halves of the frame, or both would come through one
/// another.
const BENEATH: f32 = 0.025;
/// A later part owns what both fill: it sinks deeper, or it would leave a skin of the earlier one that is too thin.
const WELL_BENEATH: f32 = 0.075;
/// A part sinks by no more than this share of half of its thickness, or nothing would be left of joints.
const OF_HALF: f32 = 0.4;
/// From the border to so deep within another part, `0..=1`, a part sinks beneath it.
const SINK: f32 = 0.5;

/// A part, and where it is claimed.
pub(super) type Claimed = (Vec<bool>, Covered);

/// For each pixel the part that is seen from before, and the one that is from behind.
pub(super) struct Layers {
    front: Labels,
    back: Labels,
}

impl Layers {
    /// Fits the parts' sheets to those of the whole figure: its depths are learned from all models, those of parts only
    /// from figures whose parts are known. `front`: the part that the photo shows.
    pub(super) fn fit(front: Labels, maps: &PartMaps, parts: &mut [Claimed]) -> Self {
        let (near, far) = maps.middle.sheets(&maps.half);
        let claims: Vec<Vec<bool>> = parts.iter().map(|(claims, _)| claims.clone()).collect();
        let hind = parts
            .iter()
            .map(|(_, part)| part.middle.sheets(&part.half).1);
        let back = from_behind(&hind.collect::<Vec<_>>(), &claims);
        let coarse = Self {
            front: coarser(&front, near.side()),
            back: back.clone(),
        };
        for (k, (claims, part)) in parts.iter_mut().enumerate() {
            coarse.moved(k, claims, part, (&near, &far));
            let own = part.middle.sheets(&part.half);
            let near = level(&own.0, &near, &coarse.front, k);
            let far = level(&own.1, &far, &coarse.back, k);
            part.middle = near.zip(&far, |near, far| (near + far) / 2.0);
            part.half = near.zip(&far, |near, far| ((near - far) / 2.0).max(THIN));
        }
        Self { front, back }
    }

    /// Moves a part's sheets along the rays by what is off where it is seen, evenly from pixel to pixel.
    fn moved(&self, k: usize, claims: &[bool], part: &mut Covered, (near, far): (&Plane, &Plane)) {
        let (own_near, own_far) = part.middle.sheets(&part.half);
        let (by_near, sure_near) = off(&self.front, k, &near.zip(&own_near, |w, p| w - p));
        let (by_far, sure_far) = off(&self.back, k, &far.zip(&own_far, |w, p| w - p));
        for i in (0..claims.len()).filter(|&i| claims[i]) {
            let (a, b) = (sure_near[i], sure_far[i]);
            // A sheet that is hidden goes where the other one does, or stays.
            let both = (a * by_near[i] + b * by_far[i]) / (a + b).max(1e-6);
            let blend = |by: f32, sure: f32| both + (by - both) * sure / (sure + DOUBT);
            let (near, far) = (
                own_near.values()[i] + blend(by_near[i], a),
                own_far.values()[i] + blend(by_far[i], b),
            );
            part.middle.values_mut()[i] = (near + far) / 2.0;
            part.half.values_mut()[i] = ((near - far) / 2.0).max(THIN);
        }
    }

    /// Sinks what is hidden beneath what hides it, from before and from behind.
    pub(super) fn tuck(&self, sheets: &mut [Sheets]) {
        let side = side(&self.back); // that of the maps
        let near = bounds(shares(&self.front, sheets.len(), side), sheets, 1.0);
        let far = bounds(shares(&self.back, sheets.len(), side), sheets, -1.0);
        for (sheets, (near, far)) in sheets.iter_mut().zip(near.iter().zip(&far)) {
            sheets.keep_within(near, far);
        }
    }
}

/// How far each part may come out `toward` the camera, 1, or away from it, -1: not so far as what hides it there.
fn bounds(shares: Vec<Plane>, sheets: &[Sheets], toward: f32) -> Vec<Plane> {
    let most = |i: usize| {
        let parts = (0..sheets.len()).filter(|&k| at(&shares[k], i) > 0.0);
        parts.max_by(|&a, &b| at(&shares[a], i).total_cmp(&at(&shares[b], i)))
    };
    let owners: Vec<Option<usize>> = (0..FINE * FINE).map(most).collect();
    let bound = |k: usize, i: usize| match owners[i] {
        Some(of) if of != k => {
            let (depth, half, stretch) = sheets[of].skin(toward, i);
            let within = ((at(&shares[of], i) - at(&shares[k], i)) / SINK).min(1.0);
            let beneath = if k > of { WELL_BENEATH } else { BENEATH };
            depth - toward * within * stretch * beneath.min(OF_HALF * half)
        }
        _ => toward * f32::MAX,
    };
    (0..sheets.len())
        .map(|k| Plane::new(FINE, (0..FINE * FINE).map(|i| bound(k, i)).collect()))
        .collect()
}

fn at(plane: &Plane, i: usize) -> f32 {
    plane.values()[i]
}

/// How much of what is around each of [`FINE`] squared pixels, within about a pixel of the maps, is of each part, `0..=1`:
/// what is sharper than the grid that surfaces are taken from gives borders teeth.
fn shares(layer: &Labels, parts: usize, maps: usize) -> Vec<Plane> {
    let share = |k: usize| {
        let set = layer.iter().map(|&of| f32::from(of == Some(k)));
        let set = Plane::new(side(layer), set.collect());
        set.reduced(maps).smooth(FINE)
    };
    (0..parts).map(share).collect()
}

/// A sheet that is the whole figure's where the part is seen, and a little beyond.
fn level(own: &Plane, whole: &Plane, layer: &Labels, k: usize) -> Plane {
    let n = own.side();
    let away = distances(|i| layer[i] == Some(k), n);
    let depth = |i: usize| {
        let (own, whole) = (at(own, i), at(whole, i));
        let is_level = away[i] <= BEYOND && (own - whole).abs() < LEVEL;
        match away[i] < NEXT || is_level {
            true => whole,
            false => own,
        }
    };
    Plane::new(n, (0..n * n).map(depth).collect())
}

/// What part `k` is to be moved by at each pixel, by what is off where it is seen, and the weight that this has.
fn off(layer: &Labels, k: usize, off: &Plane) -> (Vec<f32>, Vec<f32>) {
    let n = off.side();
    let weight = |i: usize| match layer[i] {
        Some(of) if of == k => {
            let edge = around(i, n).any(|j| layer[j].is_some_and(|of| of != k));
            if edge { EDGE } else { 1.0 }
        }
        _ => 0.0,
    };
    let weights: Vec<f32> = (0..n * n).map(weight).collect();
    let sums: Vec<f32> = weights
        .iter()
        .zip(off.values())
        .map(|(w, off)| w * off)
        .collect();
    let (sums, weights) = (blurred(&sums, n, BLUR), blurred(&weights, n, BLUR));
    let by = sums
        .iter()
        .zip(&weights)
        .map(|(sum, weight)| sum / weight.max(1e-6));
    (by.collect(), weights)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slots::Slot;

    const N: usize = 64;

    fn plane(side: usize, f: impl Fn(usize, usize) -> f32) -> Plane {
        Plane::new(
            side,
            (0..side * side).map(|i| f(i % side, i / side)).collect(),
        )
    }

    /// A head under a helmet that the network takes for a little larger than the helmet here and there.
    fn helmet() -> (PartMaps, Vec<Claimed>) {
        let half = plane(N, |x, y| {
            let d = (x as f32 - 31.5).hypot(y as f32 - 31.5) / 24.0;
            0.6 * (1.0 - d * d).max(0.0).sqrt()
        });
        let claims: Vec<bool> = half.values().iter().map(|&h| h > 0.0).collect();
        let uneven = plane(N, |x, y| 0.03 * ((x / 3 + y / 3) % 2) as f32 - 0.015);
        let part = |slot, half: Plane| {
            let gray = || [0.5; 3].map(|v| plane(N, |_, _| v));
            let covered = Covered {
                slot,
                occupancy: plane(N, |x, y| f32::from(claims[y * N + x]) * 4.0 - 2.0),
                middle: plane(N, |_, _| 0.0),
                half,
                near: gray(),
                far: gray(),
            };
            (claims.clone(), covered)
        };
        let parts = vec![
            part(Slot::Head, half.zip(&uneven, |h, by| (h + by).max(0.0))),
            part(Slot::Hair, half.clone()),
        ];
        let maps = PartMaps {
            parts: Vec::new(),
            middle: plane(N, |_, _| 0.0),
            half,
            far: [0.5; 3].map(|v| plane(N, |_, _| v)),
            yaw: 0.0,
            pitch: 0.0,
        };
        (maps, parts)
    }

    #[test]
    fn what_is_hidden_does_not_come_through() {
        let (maps, mut parts) = helmet();
        let seen: Labels = (parts[0].0.iter())
            .map(|&there| there.then_some(1))
            .collect();
        let layers = Layers::fit(seen, &maps, &mut parts);
        let outline = plane(FINE, |x, y| {
            96.0 - (x as f32 - 127.5).hypot(y as f32 - 127.5)
        });
        let mut sheets: Vec<Sheets> = (parts.iter())
            .map(|(_, part)| Sheets::new(part, &outline, &outline))
            .collect();
        layers.tuck(&mut sheets);
        let [head, hair] = &sheets[..] else {
            panic!("two parts")
        };
        for i in (0..FINE * FINE).filter(|&i| at(&outline, i) > 6.0) {
            let ((depth, half, _), (under, ..)) = (hair.skin(1.0, i), head.skin(1.0, i));
            let beneath = depth - under;
            assert!(
                beneath > 0.9 * BENEATH.min(OF_HALF * half),
                "at pixel {i} the head is {beneath} beneath the helmet"
            );
        }
    }

    #[test]
    fn what_is_seen_is_where_the_whole_figure_is() {
        let (mut maps, mut parts) = helmet();
        maps.middle = maps.middle.map(|_| 0.2);
        let half = |x: usize| x < N / 2;
        let seen: Labels = (0..N * N)
            .map(|i| parts[0].0[i].then_some(usize::from(half(i % N))))
            .collect();
        Layers::fit(seen, &maps, &mut parts);
        for (i, there) in parts[0].0.iter().enumerate() {
            let part = &parts[usize::from(half(i % N))].1;
            let (near, whole) = (
                at(&part.middle, i) + at(&part.half, i),
                at(&maps.middle, i) + at(&maps.half, i),
            );
            let thin = at(&maps.half, i) < THIN;
            assert!(
                !there || thin || (near - whole).abs() < 1e-5,
                "at pixel {i} it is at {near}, the whole at {whole}"
            );
        }
    }
}
