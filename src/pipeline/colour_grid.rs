//! The colours of a part's surface, at any point around it.

use anyhow::Result;
use glam::Vec3;

use crate::geometry::{Aabb, Field, extent};

/// Points a side of the grid.
const SIDE: usize = 24;

/// Points of a grid over a part's box, [`SIDE`] along each axis, x fastest.
pub(super) fn grid((low, high): (Vec3, Vec3)) -> Vec<Vec3> {
    let cell = |i: usize| (i as f32 + 0.5) / SIDE as f32;
    (0..SIDE.pow(3))
        .map(|i| Vec3::new(cell(i % SIDE), cell(i / SIDE % SIDE), cell(i / SIDE / SIDE)))
        .map(|share| low + (high - low) * share)
        .collect()
}

/// The places in a part's [`grid`] of the cells just below its surface, and their colours. Its network tells nothing of
/// colours farther away.
fn skin(part: &impl Field) -> Result<(Vec<usize>, Vec<Vec3>)> {
    let grid = grid(part.bounds());
    let inside: Vec<bool> = part.distance(&grid)?.iter().map(|d| *d < 0.0).collect();
    let below = |&i: &usize| inside[i] && beside(i).any(|k| !inside[k]);
    let places: Vec<usize> = (0..grid.len()).filter(below).collect();
    let points: Vec<Vec3> = places.iter().map(|&i| grid[i]).collect();
    let colours = part.colour(&points)?.into_iter().map(Vec3::from);
    Ok((places, colours.collect()))
}

/// The box that a part fills, to a cell of its [`grid`]; none where it fills no cell.
pub(super) fn filled(part: &impl Field) -> Result<Option<Aabb>> {
    let (low, high) = part.bounds();
    let grid = grid((low, high));
    let inside = (grid.iter().zip(part.distance(&grid)?)).filter(|(_, d)| *d < 0.0);
    let (first, last) = extent(inside.map(|(p, _)| *p));
    let half_cell = (high - low) / (2 * SIDE) as f32;
    Ok(first
        .cmple(last)
        .all()
        .then(|| (first - half_cell, last + half_cell).into()))
}

/// The mean colour of a part's surface, sRGB.
pub(super) fn mean_colour(part: &impl Field) -> Result<Vec3> {
    let (_, colours) = skin(part)?;
    Ok(colours.iter().sum::<Vec3>() / colours.len().max(1) as f32)
}

/// Colours in a part's box: below its surface the part's own, elsewhere those of what is near of that.
pub(super) struct ColourGrid {
    low: Vec3,
    /// Cells a model unit, along each axis.
    fine: Vec3,
    colours: Vec<Vec3>,
}

impl ColourGrid {
    pub(super) fn of(part: &impl Field) -> Result<Self> {
        let (low, high) = part.bounds();
        let (places, colours) = skin(part)?;
        let mut known = vec![None; SIDE.pow(3)];
        for (place, colour) in places.into_iter().zip(colours) {
            known[place] = Some(colour);
        }
        Ok(Self {
            low,
            fine: SIDE as f32 / (high - low),
            colours: spread(known),
        })
    }

    /// Between the eight cells around a point.
    pub(super) fn at(&self, p: Vec3) -> Vec3 {
        let at =
            ((p - self.low) * self.fine - 0.5).clamp(Vec3::ZERO, Vec3::splat(SIDE as f32 - 1.001));
        let (first, share) = (at.floor(), at.fract());
        let corner = |k: usize| {
            let step = Vec3::new((k & 1) as f32, (k >> 1 & 1) as f32, (k >> 2) as f32);
            let weight = (1.0 - step - share).abs();
            let [x, y, z] = (first + step).to_array().map(|v| v as usize);
            self.colours[(z * SIDE + y) * SIDE + x] * weight.element_product()
        };
        (0..8).map(corner).sum()
    }
}

/// The cells beside one.
fn beside(i: usize) -> impl Iterator<Item = usize> {
    (0..3).flat_map(move |axis| {
        let step = SIDE.pow(axis);
        let at = i / step % SIDE;
        let lower = (at > 0).then(|| i - step);
        let upper = (at + 1 < SIDE).then(|| i + step);
        lower.into_iter().chain(upper)
    })
}

/// Every cell that is not known becomes the mean of its neighbours that are, from the known ones outwards.
fn spread(mut known: Vec<Option<Vec3>>) -> Vec<Vec3> {
    if known.iter().all(Option::is_none) {
        return vec![Vec3::splat(0.5); known.len()];
    }
    while known.contains(&None) {
        let before = known.clone();
        for (i, cell) in known
            .iter_mut()
            .enumerate()
            .filter(|(_, cell)| cell.is_none())
        {
            let colours: Vec<Vec3> = beside(i).filter_map(|k| before[k]).collect();
            if !colours.is_empty() {
                *cell = Some(colours.iter().sum::<Vec3>() / colours.len() as f32);
            }
        }
    }
    known.into_iter().flatten().collect()
}
