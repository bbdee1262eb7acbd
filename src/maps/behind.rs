//! The colours of the side that no photo shows: what is seen at the rim of a part goes round it.
//!
//! A belt goes on behind, and so do sleeves, boots and stripes. What is in the middle of the front, a face, a beard, a
//! buckle, does not: row by row, the back has the colours of the left and of the right rim of what is seen of the part,
//! and those between them. The network's own guess of the back is blurred and spotted: it chooses among the colours that
//! the photo shows of the part, and has a small say. Of heads it has all of it, for their rim is ears and cheeks.
//!
//! What is fine in the photo, folds, scales and straps, goes through to the back where the colours around it are those of
//! the back; but not on heads, for their front is a face.

use glam::Vec3;

use super::FINE;
use super::paint::Paint;
use super::plane::{Plane, spread};
use super::sheets::Sheets;
use crate::base::numeric::smoothstep;
use crate::slots::Slot;

/// A part is the foremost one where it is no deeper than this, halves of the frame: no deeper than relief, and what others
/// hide is.
const FOREMOST: f32 = 0.018;
/// The rim is this share of what is seen of a row, on either side.
const RIM: f32 = 0.25;
/// Pixels of [`FINE`] next to the outline that are left out: they are half ground, and the darkest.
const EDGE: usize = 2;
/// Rows are blurred over about so many pixels of [`FINE`], or the back would be striped.
const BLUR: usize = 8;
/// How much the rim says, and not the network: nothing of heads.
const SURE: f32 = 0.8;
/// Colours of the photo this far from the one that the network tells, sRGB `0..=1`, count half of what it itself would.
const CHOSEN: f32 = 0.12;
/// For that choice every so many pixels of [`FINE`], along both axes, are looked at.
const APART: usize = 12;
/// Colours of the front and of the back this far apart, sRGB `0..=1`, are of two materials.
const ALIKE: f32 = 0.25;

/// The far colours of a part: `told` are the network's.
pub(super) fn behind(slot: Slot, paint: &Paint, sheets: &Sheets, told: &[Plane; 3]) -> [Plane; 3] {
    let near = sheets.front();
    let told = chosen(paint, &near, told);
    if slot == Slot::Head {
        return told;
    }
    let Some(rim) = rim(paint, &near) else {
        return told;
    };
    let rim = rim.map(|plane| plane.reduced(FINE / BLUR).smooth(told[0].side()));
    let far = [0, 1, 2].map(|k| rim[k].zip(&told[k], |rim, told| told + SURE * (rim - told)));
    detailed(paint, &near, far)
}

/// What is seen at the rim of a part, whose `near` sheet this is, taken round it row by row; nothing where the photo does
/// not show it.
fn rim(paint: &Paint, near: &Plane) -> Option<[Plane; 3]> {
    let mut colours = vec![Vec3::ZERO; FINE * FINE];
    let mut known = vec![false; FINE * FINE];
    for y in 0..FINE {
        let row = y * FINE..(y + 1) * FINE;
        for (from, to) in runs(&near.values()[row]) {
            let seen = (from..to).filter(|x| is_seen(paint, near, y * FINE + x));
            let seen: Vec<usize> = seen.collect();
            let Some((left, right)) = rims(&seen, |x| paint.photo_at(x, y)) else {
                continue;
            };
            for x in from..to {
                let t = (x - from) as f32 / (to - from) as f32;
                colours[y * FINE + x] = left.lerp(right, t);
                known[y * FINE + x] = true;
            }
        }
    }
    known.contains(&true).then(|| {
        spread(&mut colours, FINE, &known);
        [0, 1, 2].map(|k| Plane::new(FINE, colours.iter().map(|c| c[k]).collect()))
    })
}

/// Whether the photo shows a part, whose `near` sheet this is, at a pixel of [`FINE`].
fn is_seen(paint: &Paint, near: &Plane, i: usize) -> bool {
    near.values()[i] > paint.front.values()[i] - FOREMOST
}

/// The colours that the photo shows of the part, whose `near` sheet this is: at each pixel their mean, and those that are
/// near to what the network tells count most.
fn chosen(paint: &Paint, near: &Plane, told: &[Plane; 3]) -> [Plane; 3] {
    let side = told[0].side();
    let rows = (0..FINE).step_by(APART);
    let places = rows.flat_map(|y| (0..FINE).step_by(APART).map(move |x| (x, y)));
    let seen = places.filter(|(x, y)| is_seen(paint, near, y * FINE + x));
    let shown: Vec<Vec3> = seen.map(|(x, y)| paint.photo_at(x, y)).collect();
    if shown.is_empty() {
        return told.clone();
    }
    let half = (side / 2).max(1);
    let coarse = told.each_ref().map(|plane| plane.reduced(half));
    let choice = |i: usize| {
        let wanted = Vec3::from([0, 1, 2].map(|k| coarse[k].values()[i]));
        let weight = |colour: Vec3| {
            let off = wanted.distance_squared(colour) / (CHOSEN * CHOSEN);
            1.0 / (1.0 + off * off)
        };
        let (sum, all) = shown.iter().fold((Vec3::ZERO, 0.0), |(sum, all), &colour| {
            (sum + colour * weight(colour), all + weight(colour))
        });
        (sum / all).to_array()
    };
    let colours: Vec<[f32; 3]> = (0..coarse[0].values().len()).map(choice).collect();
    [0, 1, 2].map(|k| Plane::new(half, colours.iter().map(|c| c[k]).collect()).smooth(side))
}

/// Far colours with what is fine in the photo where it shows the part, whose `near` sheet this is.
fn detailed(paint: &Paint, near: &Plane, far: [Plane; 3]) -> [Plane; 3] {
    let seen = (0..FINE * FINE).map(|i| f32::from(is_seen(paint, near, i)));
    let seen = Plane::new(FINE, seen.collect());
    let soft = |plane: &Plane| plane.reduced(FINE / BLUR).smooth(FINE);
    let weight = soft(&seen);
    let photo = &paint.fine;
    let around = photo.each_ref().map(|photo| {
        let sum = soft(&photo.zip(&seen, |colour, seen| colour * seen));
        sum.zip(&weight, |sum, weight| sum / weight.max(1e-3))
    });
    let far = far.map(|plane| plane.smooth(FINE));
    let at = |planes: &[Plane; 3], i: usize| Vec3::from([0, 1, 2].map(|k| planes[k].values()[i]));
    let share = |i: usize| {
        let apart = at(&around, i).distance(at(&far, i)) / ALIKE;
        seen.values()[i] * (1.0 - smoothstep(apart.min(1.0)))
    };
    let share = Plane::new(FINE, (0..FINE * FINE).map(share).collect());
    [0, 1, 2].map(|k| {
        let fine = photo[k].zip(&around[k], |photo, around| photo - around);
        let fine = fine.zip(&share, |fine, share| fine * share);
        far[k].zip(&fine, |far, fine| far + fine)
    })
}

/// From where to where a part covers a row.
fn runs(row: &[f32]) -> Vec<(usize, usize)> {
    let covered = |x: usize| x < row.len() && row[x] > f32::MIN;
    let starts = (0..row.len()).filter(|&x| covered(x) && (x == 0 || !covered(x - 1)));
    starts
        .map(|from| {
            let to = (from..).find(|&x| !covered(x)).unwrap_or(row.len());
            (from, to)
        })
        .collect()
}

/// The mean colours at the left and at the right end of what is seen of a row; none if nothing is.
fn rims(seen: &[usize], colour: impl Fn(usize) -> Vec3) -> Option<(Vec3, Vec3)> {
    let edge = if seen.len() > 4 * EDGE { EDGE } else { 0 };
    let seen = &seen[edge..seen.len() - edge];
    if seen.is_empty() {
        return None;
    }
    let wide = ((seen.len() as f32 * RIM) as usize).max(1);
    let mean = |some: &[usize]| {
        let sum: Vec3 = some.iter().map(|&x| colour(x)).sum();
        sum / some.len() as f32
    };
    Some((mean(&seen[..wide]), mean(&seen[seen.len() - wide..])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_at_the_rim_goes_round_and_what_is_in_the_middle_does_not() {
        let colour = |x: usize| match x {
            0..12 => Vec3::X,
            12..28 => Vec3::Y, // a beard
            _ => Vec3::Z,
        };
        let seen: Vec<usize> = (0..40).collect();
        let (left, right) = rims(&seen, colour).expect("all of it is seen");
        assert_eq!((left, right), (Vec3::X, Vec3::Z));
        assert!(rims(&[], colour).is_none(), "nothing of it is seen");
        let trimmed = |x: usize| if x < 6 { Vec3::X } else { Vec3::Y };
        let (left, _) = rims(&seen, trimmed).expect("all of it is seen");
        assert!(
            (0.4..0.5).contains(&left.x),
            "a quarter of the row counts, but for what is half ground: {left}"
        );
    }

    #[test]
    fn a_part_may_cover_a_row_in_pieces() {
        let row = [f32::MIN, 0.1, 0.2, f32::MIN, 0.3];
        assert_eq!(runs(&row), [(1, 3), (4, 5)]);
    }
}
