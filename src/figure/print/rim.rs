//! A plinth's wall, edges and bottom, made anew as exact rings: a grid's cells show on what is so plain, and its
//! rounded edges are finer than they are.

use std::f32::consts::{FRAC_PI_2, PI};

use glam::{Vec2, Vec3};

use super::hole::Hole;
use super::plinth::{COLOUR, HEX, Outline, Plinth, TAPER};
use super::triangulation::{inside, triangulated};
use crate::geometry::{Figurine, Mesh};
use crate::slots::Slot;
use crate::surface::union::between_parts;

/// The fewest and the most points around a disk, and for how many triangles of the whole figurine there is one; a corner
/// of what has any has a part of them.
const AROUND: (usize, usize) = (24, 96);
const TRIANGLES: usize = 250;
const CORNER: usize = 16;
/// Steps of a rounded edge.
const STEPS: usize = 3;
/// About how many triangles a point around has: two from ring to ring, one of the bottom, and one of the top.
const EACH: usize = 2 * (2 * STEPS + 1) + 2;
/// What is made anew reaches so far into the top, in radii of the edge's rounding: the most for which there is room; and
/// all that is below this share of the height, where no foot is set in.
const INWARD: [f32; 4] = [0.8, 0.4, 0.1, 0.0];
const BELOW: f32 = 0.6;

/// How many points around a plinth has, of a figurine of so many triangles; of all that there are where that is 0.
fn around(faces: usize) -> usize {
    let (fewest, most) = AROUND;
    let wanted = if faces > 0 { faces / TRIANGLES } else { most };
    wanted.clamp(fewest, most).next_multiple_of(2)
}

/// About how many triangles [`round`] makes, of a figurine of so many.
pub(super) fn triangles(faces: usize) -> usize {
    EACH * around(faces)
}

/// Makes all of a figurine's plinth anew but the middle of its top, where the figure stands, as fits to so many triangles
/// in all. What touches its wall or its edge keeps it as it is.
pub(super) fn round(plinth: &Plinth, figurine: &mut Figurine, faces: usize) {
    let place = (figurine.parts.iter()).position(|part| Slot::Base.is(&part.name));
    let Some(place) = place else {
        return;
    };
    let shared = between_parts(figurine).swap_remove(place);
    let mesh = &mut figurine.parts[place].mesh;
    for inward in INWARD {
        let beyond = |&v: &u32| is_beyond(plinth, inward, mesh.positions[v as usize]);
        let gone = mesh.triangles.iter().map(|t| t.iter().any(beyond));
        let Ok(hole) = Hole::around(mesh, gone.collect(), &shared) else {
            continue;
        };
        if let Some((places, triangles)) = rings(plinth, mesh, &hole.edge, around(faces)) {
            hole.fill(mesh, &places, &triangles, COLOUR);
            return;
        }
    }
}

/// Whether a point is not in the middle of the plinth's top, which ends so far `inward` of the rounded edge.
fn is_beyond(plinth: &Plinth, inward: f32, p: Vec3) -> bool {
    let round = plinth.rounding();
    let edge = -TAPER * (plinth.height - round) - inward * round;
    let mut p = p - plinth.bottom;
    p.x -= p.x.clamp(-plinth.spread, plinth.spread);
    p.y < BELOW * plinth.height || plinth.beyond(Vec2::new(p.x, p.z), plinth.radius - round) > edge
}

/// The rings' points, and the triangles from the edge of the hole, whose points come first, over the rim, the wall and
/// the bottom. Nothing where the hole reaches over the rim.
fn rings(
    plinth: &Plinth,
    mesh: &Mesh,
    edge: &[u32],
    points: usize,
) -> Option<(Vec<Vec3>, Vec<[u32; 3]>)> {
    let profile = profile(plinth);
    let around = outline(plinth, profile[0].0, points).len();
    let mut places = Vec::new();
    for &(beyond, y) in &profile {
        let ring = outline(plinth, beyond, points);
        places.extend(ring.iter().map(|p| plinth.bottom + Vec3::new(p.x, y, -p.y)));
    }
    let first = edge.len() as u32;
    let ring = |k: usize| -> Vec<u32> {
        let from = first + (k * around) as u32;
        (from..from + around as u32).collect()
    };
    // From above, to the right and away.
    let flat = |p: &Vec3| Vec2::new(p.x - plinth.bottom.x, plinth.bottom.z - p.z);
    let at = |v: &u32| flat(&mesh.positions[*v as usize]);
    let rim: Vec<Vec2> = (edge.iter().map(at))
        .chain(places[..around].iter().map(flat))
        .collect();
    let lines = [ring(0), (0..first).collect()];
    let between = triangulated(&rim, &[lines[1].clone(), lines[0].clone()]).ok()?;
    let kept = inside(&between, &lines);
    let mut triangles: Vec<[u32; 3]> = (between.into_iter().zip(kept))
        .filter_map(|(t, kept)| kept.then_some(t))
        .collect();
    for k in 1..profile.len() {
        let (above, below) = (ring(k - 1), ring(k));
        for i in 0..around {
            let j = (i + 1) % around;
            triangles.push([above[i], below[i], below[j]]);
            triangles.push([above[i], below[j], above[j]]);
        }
    }
    let (last, middle) = (ring(profile.len() - 1), first + places.len() as u32);
    places.push(plinth.bottom);
    let bottom = (0..around).map(|i| [last[i], middle, last[(i + 1) % around]]);
    triangles.extend(bottom);
    Some((places, triangles))
}

/// From the top's edge down to the bottom's: how far beyond the outline that the edges are rounded around, and how high.
fn profile(plinth: &Plinth) -> Vec<(f32, f32)> {
    let (round, slope) = (plinth.rounding(), TAPER.hypot(1.0));
    let at = |side: f32, y: f32| (side * slope - TAPER * (y - round), y);
    let angle = |step: usize| FRAC_PI_2 * step as f32 / STEPS as f32;
    let upper = (0..=STEPS).rev().map(|step| {
        let (sin, cos) = angle(step).sin_cos();
        at(round * cos, plinth.height - round + round * sin)
    });
    let lower = (0..=STEPS).map(|step| {
        let (sin, cos) = angle(step).sin_cos();
        at(round * cos, round - round * sin)
    });
    upper.chain(lower).collect()
}

/// A closed line around the plinth, counter-clockwise from above (x to the right, y away), so far beyond the outline that
/// its edges are rounded around. Corners are as round as the edges.
fn outline(plinth: &Plinth, beyond: f32, points: usize) -> Vec<Vec2> {
    let round = plinth.rounding();
    let apothem = plinth.radius - round + beyond;
    let (normals, half): (Vec<f32>, f32) = match plinth.outline {
        Outline::Disk => return disk(apothem, plinth.spread, points),
        Outline::Square => ((0..4).map(|k| k as f32 * FRAC_PI_2).collect(), 1.0),
        Outline::Hex => {
            let first = HEX[0].to_angle();
            (
                (0..6).map(|k| first + k as f32 * PI / 3.0).collect(),
                HEX[1].y / HEX[1].x,
            )
        }
    };
    let step = 2.0 * PI / normals.len() as f32;
    let corner = |normal: f32| {
        let out = Vec2::from_angle(normal);
        let inner = (out + half * out.perp()) * (apothem - round);
        let spread = Vec2::new(plinth.spread * inner.x.signum(), 0.0);
        let steps = (points / CORNER).max(2);
        (0..=steps).map(move |i| {
            let towards = normal + step * i as f32 / steps as f32;
            inner + spread + round * Vec2::from_angle(towards)
        })
    };
    normals.into_iter().flat_map(corner).collect()
}

/// A disk, drawn out to either side.
fn disk(radius: f32, spread: f32, points: usize) -> Vec<Vec2> {
    let half = points / 2;
    let last = if spread > 0.0 { half } else { half - 1 }; // or else both halves would have it
    let side = |k: usize| {
        let middle = Vec2::new(if k == 0 { spread } else { -spread }, 0.0);
        (0..=last).map(move |i| {
            let angle = (k as f32 - 0.5 + i as f32 / half as f32) * PI;
            middle + radius * Vec2::from_angle(angle)
        })
    };
    (0..2).flat_map(side).collect()
}
