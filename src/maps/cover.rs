//! Every pixel of the subject has a part, and no part has crumbs.

use super::plane::{Plane, distances, pieces};
use super::{PartMap, PartMaps};
use crate::slots::Slot;

/// A part is there if it has so many pixels of the maps.
const FEWEST: usize = 6;
/// A piece of a part is a crumb if it has less than this share of the largest.
const CRUMB: f32 = 0.05;
/// A pixel that no part claims goes to the likeliest, if its logit is above this; else to the nearest.
const LIKELY: f32 = -3.0;
/// Pixels of the maps are the subject's if it covers so much of them.
const COVERED: f32 = 0.4;

/// A part with all that is needed to make it a solid; planes as fine as the maps.
pub(super) struct Covered {
    pub(super) slot: Slot,
    /// Above 0 where the part is; smooth, so that its border lies between pixels.
    pub(super) occupancy: Plane,
    /// Known where the part is, and spread from there.
    pub(super) middle: Plane,
    pub(super) half: Plane,
    pub(super) near: [Plane; 3],
    pub(super) far: [Plane; 3],
}

impl Covered {
    pub(super) fn colours(&self) -> [Plane; 6] {
        let [a, b, c] = self.near.clone();
        let [d, e, f] = self.far.clone();
        [a, b, c, d, e, f]
    }
}

/// The parts that are there. What the subject covers and no part claims takes the depths of the whole figure.
pub(super) fn covered(maps: &PartMaps, alpha: &Plane) -> Vec<Covered> {
    let n = maps.middle.side();
    let mask: Vec<bool> = alpha
        .reduced(n)
        .values()
        .iter()
        .map(|&a| a > COVERED)
        .collect();
    let mut claims: Vec<Vec<bool>> = maps
        .parts
        .iter()
        .map(|part| claim(part, &mask, n))
        .collect();
    for (part, claims) in maps.parts.iter().zip(&mut claims) {
        if claims.iter().filter(|&&c| c).count() < FEWEST && part.slot != Slot::Torso {
            claims.fill(false);
        }
    }
    let own = claims.clone();
    assign(maps, &mask, &mut claims, n);
    let parts = maps.parts.iter().zip(claims.iter().zip(&own));
    parts
        .filter(|(_, (claims, _))| claims.iter().any(|&c| c))
        .map(|(part, (claims, own))| solid(maps, part, &mask, claims, own))
        .collect()
}

/// Where a part is, without crumbs.
fn claim(part: &PartMap, mask: &[bool], n: usize) -> Vec<bool> {
    let set: Vec<bool> = part
        .occupancy
        .values()
        .iter()
        .zip(mask)
        .map(|(&o, &m)| m && o > 0.0)
        .collect();
    let (of, sizes) = pieces(&set, n);
    let least = CRUMB * sizes.iter().copied().max().unwrap_or(0) as f32;
    (0..n * n)
        .map(|i| set[i] && sizes[of[i]] as f32 >= least)
        .collect()
}

/// Gives each pixel of the mask that no part claims to one.
fn assign(maps: &PartMaps, mask: &[bool], claims: &mut [Vec<bool>], n: usize) {
    let there: Vec<usize> = (0..claims.len())
        .filter(|&s| claims[s].iter().any(|&c| c))
        .collect();
    let free: Vec<usize> = (0..n * n)
        .filter(|&i| mask[i] && !claims.iter().any(|c| c[i]))
        .collect();
    if free.is_empty() {
        return;
    }
    if there.is_empty() {
        let torso = maps
            .parts
            .iter()
            .position(|part| part.slot == Slot::Torso)
            .unwrap_or(0);
        return free.iter().for_each(|&i| claims[torso][i] = true);
    }
    let away: Vec<Vec<f32>> = there
        .iter()
        .map(|&s| distances(|i| claims[s][i], n))
        .collect();
    for i in free {
        let logit = |k: usize| maps.parts[there[k]].occupancy.values()[i];
        let likeliest = (0..there.len())
            .max_by(|&a, &b| logit(a).total_cmp(&logit(b)))
            .unwrap_or(0);
        let nearest = (0..there.len())
            .min_by(|&a, &b| away[a][i].total_cmp(&away[b][i]))
            .unwrap_or(0);
        let to = if logit(likeliest) > LIKELY && away[likeliest][i] < 4.0 {
            likeliest
        } else {
            nearest
        };
        claims[there[to]][i] = true;
    }
}

/// The part where it is claimed; where it is not its `own`, as deep as the whole figure.
fn solid(maps: &PartMaps, part: &PartMap, mask: &[bool], claims: &[bool], own: &[bool]) -> Covered {
    let n = part.middle.side();
    let pick = |mine: &Plane, other: &Plane| {
        let value = |i: usize| {
            if own[i] {
                mine.values()[i]
            } else {
                other.values()[i]
            }
        };
        let mut plane = Plane::new(n, (0..n * n).map(value).collect());
        plane.spread(claims);
        plane
    };
    let occupancy = |i: usize| {
        let logit = part.occupancy.values()[i].clamp(-4.0, 4.0);
        if claims[i] {
            logit.max(0.5)
        } else {
            logit.min(-0.5)
        }
    };
    let mut occupancy = Plane::new(n, (0..n * n).map(occupancy).collect());
    occupancy.spread(mask); // beyond the subject's outline it goes on: the outline itself is the photo's
    let colour =
        |mine: &[Plane; 3], other: &[Plane; 3]| [0, 1, 2].map(|k| pick(&mine[k], &other[k]));
    Covered {
        slot: part.slot,
        occupancy,
        middle: pick(&part.middle, &maps.middle),
        half: pick(&part.half, &maps.half),
        near: colour(&part.near, &part.near),
        far: colour(&part.far, &maps.far),
    }
}
