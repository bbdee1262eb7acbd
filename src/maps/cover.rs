//! Every pixel of the subject has a part, and no part has fragments.

use rayon::prelude::*;

use super::layers::{Claimed, Layers};
use super::plane::{Plane, around, distances, pieces};
use super::visible::{REACH, coarser, from_before};
use super::{PartMap, PartMaps};
use crate::slots::Slot;

/// A part is there if it has so many pixels of the maps.
const FEWEST: usize = 6;
/// A piece of a part is a fragment if it has less than this share of the pixels of the part's largest piece.
const FRAGMENT: f32 = 0.05;
/// A piece that no part claims is given to one as a whole only if the part's mean logit there is above this.
const LIKELY: f32 = -3.0;
/// A piece that no part claims is given to one as a whole only if it has at most this share of the subject's pixels.
const SMALL: f32 = 0.05;
/// No logit says more: the border lies between pixels, and not at the doubtful one.
const SURE: f32 = 2.0;
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

/// The parts that are there, and which of them lie foremost and hindmost. What the subject covers and no part claims
/// takes the depths of the whole figure.
pub(super) fn covered(
    maps: &PartMaps,
    alpha: &Plane,
    photo: &[Plane; 3],
) -> (Vec<Covered>, Layers) {
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
    adopt(maps, &mask, &mut claims, n);
    assign(maps, &mask, &mut claims, n);
    let seen = from_before(maps, photo, &mask, &claims);
    let coarse = coarser(&seen, n);
    for (i, part) in coarse.iter().enumerate() {
        part.iter().for_each(|&part| claims[part][i] = true);
    }
    let parts: Vec<usize> = (0..claims.len())
        .filter(|&part| claims[part].contains(&true))
        .collect();
    let solid = |&part: &usize| {
        let (claims, own) = (&claims[part], &own[part]);
        let seen: Vec<bool> = coarse.iter().map(|&seen| seen == Some(part)).collect();
        let solid = solid(maps, &maps.parts[part], &mask, claims, own, &seen);
        (claims.clone(), solid)
    };
    let mut there: Vec<Claimed> = parts.par_iter().map(solid).collect();
    let seen = seen
        .iter()
        .map(|seen| parts.iter().position(|part| Some(*part) == *seen));
    let layers = Layers::fit(seen.collect(), maps, &mut there);
    let parts = there.into_par_iter().map(|(claims, mut part)| {
        part.middle.spread(&claims);
        part.half.spread(&claims);
        part
    });
    (parts.collect(), layers)
}

/// Whether a pixel of the mask is claimed by no part.
fn is_free(mask: &[bool], claims: &[Vec<bool>], i: usize) -> bool {
    mask[i] && !claims.iter().any(|c| c[i])
}

/// Where a part is, without fragments.
fn claim(part: &PartMap, mask: &[bool], n: usize) -> Vec<bool> {
    let set: Vec<bool> = part
        .occupancy
        .values()
        .iter()
        .zip(mask)
        .map(|(&o, &m)| m && o > 0.0)
        .collect();
    let (of, sizes) = pieces(&set, n);
    let least = FRAGMENT * sizes.iter().copied().max().unwrap_or(0) as f32;
    (0..n * n)
        .map(|i| set[i] && sizes[of[i]] as f32 >= least)
        .collect()
}

/// Gives each small piece of the mask that no part claims to one part as a whole: pixel by pixel a hand would be torn
/// between the parts around it. It touches the part, or is all of it.
fn adopt(maps: &PartMaps, mask: &[bool], claims: &mut [Vec<bool>], n: usize) {
    let free: Vec<bool> = (0..n * n).map(|i| is_free(mask, claims, i)).collect();
    let largest = SMALL * mask.iter().filter(|&&m| m).count() as f32;
    let (of, sizes) = pieces(&free, n);
    for (piece, &size) in sizes.iter().enumerate() {
        if size < FEWEST || size as f32 > largest {
            continue;
        }
        let pixels: Vec<usize> = (0..n * n).filter(|&i| free[i] && of[i] == piece).collect();
        let touches = |part: usize| {
            let mut beside = pixels.iter().flat_map(|&i| around(i, n));
            beside.any(|j| claims[part][j])
        };
        let logit = |part: usize| {
            let logits = pixels
                .iter()
                .map(|&i| maps.parts[part].occupancy.values()[i]);
            logits.sum::<f32>() / size as f32
        };
        let likeliest = (0..claims.len())
            .filter(|&part| touches(part) || !claims[part].contains(&true))
            .map(|part| (part, logit(part)))
            .max_by(|(_, a), (_, b)| a.total_cmp(b));
        if let Some((part, _)) = likeliest.filter(|(_, logit)| *logit > LIKELY) {
            pixels.iter().for_each(|&i| claims[part][i] = true);
        }
    }
}

/// Gives each pixel of the mask that no part claims to one: parts grow pixel by pixel, so that all of a part hangs
/// together, and where two meet the likelier one goes on. What touches nothing goes to the nearest.
fn assign(maps: &PartMaps, mask: &[bool], claims: &mut [Vec<bool>], n: usize) {
    let mut free: Vec<usize> = (0..n * n).filter(|&i| is_free(mask, claims, i)).collect();
    if !claims.iter().any(|c| c.contains(&true)) {
        let torso = maps.parts.iter().position(|part| part.slot == Slot::Torso);
        return free
            .iter()
            .for_each(|&i| claims[torso.unwrap_or(0)][i] = true);
    }
    loop {
        let grown: Vec<(usize, usize)> = free
            .iter()
            .filter_map(|&i| {
                let beside = |part: &usize| around(i, n).any(|j| claims[*part][j]);
                let logit = |part: &usize| maps.parts[*part].occupancy.values()[i];
                let parts = (0..claims.len()).filter(beside);
                Some((i, parts.max_by(|a, b| logit(a).total_cmp(&logit(b)))?))
            })
            .collect();
        if grown.is_empty() {
            break;
        }
        grown.iter().for_each(|&(i, part)| claims[part][i] = true);
        free.retain(|&i| is_free(mask, claims, i));
    }
    let away: Vec<Vec<f32>> = claims.iter().map(|c| distances(|i| c[i], n)).collect();
    for i in free {
        let nearest = (0..claims.len()).min_by(|&a, &b| away[a][i].total_cmp(&away[b][i]));
        claims[nearest.unwrap_or(0)][i] = true;
    }
}

/// The part where it is claimed; far from what is its `own`, as deep as the whole figure. Its depths are not spread yet.
fn solid(
    maps: &PartMaps,
    part: &PartMap,
    mask: &[bool],
    claims: &[bool],
    own: &[bool],
    seen: &[bool],
) -> Covered {
    let n = part.middle.side();
    let from_own = distances(|i| own[i], n);
    let pick = |mine: &Plane, other: &Plane| {
        let mut mine = mine.clone();
        mine.spread(own);
        let value = |i: usize| match from_own[i] <= REACH {
            true => mine.values()[i],
            false => other.values()[i],
        };
        Plane::new(n, (0..n * n).map(value).collect())
    };
    let (to_mine, to_others) = (
        distances(|i| claims[i], n),
        distances(|i| mask[i] && !claims[i], n),
    );
    let occupancy = |i: usize| {
        let logit = part.occupancy.values()[i].clamp(-SURE, SURE);
        match (mask[i], claims[i]) {
            (true, true) if seen[i] => SURE, // so that its border lies halfway to what is seen next to it
            (true, true) => logit.max(0.5),
            (true, false) => logit.min(-0.5),
            // Beyond the subject's outline the nearest part goes on: the outline itself is the photo's.
            (false, _) => (to_others[i] - to_mine[i]).clamp(-SURE, SURE),
        }
    };
    let occupancy = Plane::new(n, (0..n * n).map(occupancy).collect());
    let colour = |mine: &[Plane; 3], other: &[Plane; 3]| {
        [0, 1, 2].map(|k| {
            let mut plane = pick(&mine[k], &other[k]);
            plane.spread(claims);
            plane
        })
    };
    Covered {
        slot: part.slot,
        occupancy,
        middle: pick(&part.middle, &maps.middle),
        half: pick(&part.half, &maps.half),
        near: colour(&part.near, &part.near),
        far: colour(&part.far, &maps.far),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Maps of a torso on the left and of a hand on the right, which no part claims: some of its pixels look more like
    /// hair, most like an arm.
    fn waving() -> (PartMaps, Plane) {
        let n = 16;
        let plane = |f: &dyn Fn(usize, usize) -> f32| {
            Plane::new(n, (0..n * n).map(|i| f(i % n, i / n)).collect())
        };
        let flat = |value: f32| plane(&|_, _| value);
        let part = |slot, occupancy: Plane| PartMap {
            slot,
            occupancy,
            middle: flat(0.0),
            half: flat(0.2),
            near: [flat(0.5), flat(0.5), flat(0.5)],
            far: [flat(0.5), flat(0.5), flat(0.5)],
        };
        let torso = plane(&|x, _| if x < 9 { 4.0 } else { -8.0 });
        let hair = plane(&|x, y| if x >= 9 && y % 4 == 0 { -0.5 } else { -2.0 });
        let arm = plane(&|x, _| if x >= 9 { -1.0 } else { -6.0 });
        let hand = |x: usize, y: usize| (12..14).contains(&x) && (5..8).contains(&y);
        let alpha = plane(&|x, y| f32::from((x < 9 && y > 1) || hand(x, y)));
        let maps = PartMaps {
            parts: vec![
                part(Slot::Torso, torso),
                part(Slot::Hair, hair),
                part(Slot::ArmLeft, arm),
            ],
            middle: flat(0.1),
            half: flat(0.3),
            far: [flat(0.5), flat(0.5), flat(0.5)],
            yaw: 0.0,
            pitch: 0.0,
        };
        (maps, alpha)
    }

    /// A photo that says nothing.
    fn gray() -> [Plane; 3] {
        [0, 1, 2].map(|_| Plane::new(16, vec![0.5; 256]))
    }

    #[test]
    fn a_hand_that_no_part_claims_stays_in_one_piece() {
        let (maps, alpha) = waving();
        let (parts, _) = covered(&maps, &alpha, &gray());
        let slots: Vec<Slot> = parts.iter().map(|part| part.slot).collect();
        assert_eq!(slots, [Slot::Torso, Slot::ArmLeft]);
        let hand = |i: &usize| parts[1].occupancy.values()[*i] > 0.0;
        let inside = (0..256)
            .filter(hand)
            .filter(|i| (12..14).contains(&(i % 16)) && (5..8).contains(&(i / 16)));
        assert_eq!(inside.count(), 6, "all six pixels of the hand");
    }

    #[test]
    fn the_foremost_and_the_hindmost_sheet_are_those_of_the_whole_figure() {
        let (maps, alpha) = waving();
        for part in covered(&maps, &alpha, &gray()).0 {
            let (middle, half) = (
                part.middle.values()[6 * 16 + 5],
                part.half.values()[6 * 16 + 5],
            );
            assert!(
                (middle - 0.1).abs() < 1e-6 && (half - 0.3).abs() < 1e-6,
                "{middle} {half}"
            );
        }
    }

    #[test]
    fn depths_are_believed_where_the_subject_covers_half_of_a_pixel_and_not_at_its_fringe() {
        let (mut maps, mut alpha) = waving();
        maps.middle = Plane::new(16, (0..256).map(|i| (i / 16) as f32 / 16.0).collect());
        for x in 0..9 {
            alpha.values_mut()[x] = 0.3;
            alpha.values_mut()[16 + x] = 0.5;
        }
        let torso = &covered(&maps, &alpha, &gray()).0[0];
        let middle = |row: usize| torso.middle.values()[row * 16 + 5];
        assert!(
            (middle(1) - 1.0 / 16.0).abs() < 1e-6,
            "a row that is half covered is as deep as the network tells, not {}",
            middle(1)
        );
        assert!(
            middle(0) > 0.5 / 16.0,
            "what is mostly ground is as deep as what is beside it, not {}",
            middle(0)
        );
    }

    #[test]
    fn a_part_is_there_with_six_pixels_and_has_no_fragments() {
        let (mut maps, alpha) = waving();
        for x in 2..7 {
            maps.parts[1].occupancy.values_mut()[5 * 16 + x] = 4.0;
        }
        let has_hair = |maps: &PartMaps| {
            covered(maps, &alpha, &gray())
                .0
                .iter()
                .any(|p| p.slot == Slot::Hair)
        };
        assert!(!has_hair(&maps), "five pixels are noise");
        maps.parts[1].occupancy.values_mut()[5 * 16 + 7] = 4.0;
        assert!(has_hair(&maps), "six are hair");
        let there = |i: usize| match (i % 16, i / 16) {
            (1..9, 1..7) | (11..13, 1..4) | (5, 12) => 4.0, // 48 pixels, 6 and 1
            _ => -4.0,
        };
        maps.parts[1].occupancy = Plane::new(16, (0..256).map(there).collect());
        let claims = claim(&maps.parts[1], &[true; 256], 16);
        assert_eq!(claims.iter().filter(|&&c| c).count(), 48 + 6);
    }
}
