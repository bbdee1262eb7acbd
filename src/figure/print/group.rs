//! Several figures side by side, as one.

use anyhow::{Context, Result, ensure};
use glam::Vec3;

use super::Fields;
use super::footing::Footing;
use crate::geometry::Field;
use crate::slots::{Slot, of_figure};

/// Room between two figures, of the height of the tallest.
const GAP: f32 = 0.07;
/// How much of the model's box they fill, with room for their plinth.
const FILLED: f32 = 1.9;
const ROUND: f32 = 0.3;

/// Figures in one frame.
pub struct Group<'a> {
    pub fields: Fields<'a>,
    /// So many times finer a grid has to be to show each as well as alone.
    pub finer: f32,
}

/// Sets figures beside each other, as one sees them from the front the first on the left: all on one ground, without bases of
/// their own, and in height as `heights` are to each other, or alike where there are none. Names of parts begin with the
/// number of their figure.
///
/// # Errors
/// Those of the fields, a figure without parts, and a height that is not positive or missing.
pub fn arrange<'a>(figures: Vec<Fields<'a>>, heights: &[f32]) -> Result<Group<'a>> {
    ensure!(
        heights.is_empty() || heights.len() == figures.len(),
        "there are {} figures and {} heights",
        figures.len(),
        heights.len()
    );
    ensure!(
        heights
            .iter()
            .all(|height| height.is_finite() && *height > 0.0),
        "heights are above 0"
    );
    let tallest = heights.iter().copied().fold(0.0, f32::max);
    let mut footings = Vec::new();
    for (i, fields) in figures.iter().enumerate() {
        let footing = Footing::of(fields).with_context(|| format!("figure {}", i + 1))?;
        let height = heights.get(i).map_or(1.0, |height| height / tallest);
        let scale = height / (footing.high.y - footing.soles).max(f32::MIN_POSITIVE);
        footings.push((footing, scale));
    }
    let widths = footings
        .iter()
        .map(|(footing, scale)| (footing.high.x - footing.low.x) * scale);
    let wide = widths.sum::<f32>() + GAP * (footings.len() - 1) as f32;
    let whole = FILLED / (wide + ROUND).max(1.0 + ROUND);
    let (mut left, mut fields, mut largest) = (-wide / 2.0, Fields::new(), 0.0f32);
    for (number, (parts, (footing, scale))) in (1..).zip(figures.into_iter().zip(footings)) {
        let corner = Vec3::new(footing.low.x, footing.soles, footing.middle.y);
        let shift = (Vec3::new(left, -0.5, 0.0) - corner * scale) * whole;
        let moved = |field| Moved {
            field,
            scale: whole * scale,
            shift,
        };
        left += (footing.high.x - footing.low.x) * scale + GAP;
        largest = largest.max(whole * scale);
        let own = parts.into_iter().filter(|(name, _)| !Slot::Base.is(name));
        fields.extend(own.map(|(name, field)| {
            (
                of_figure(number, &name),
                Box::new(moved(field)) as Box<dyn Field + 'a>,
            )
        }));
    }
    Ok(Group {
        fields,
        finer: 1.0 / largest,
    })
}

/// A field in another size, somewhere else.
struct Moved<'a> {
    field: Box<dyn Field + 'a>,
    scale: f32,
    shift: Vec3,
}

impl Moved<'_> {
    fn own(&self, points: &[Vec3]) -> Vec<Vec3> {
        points
            .iter()
            .map(|p| (*p - self.shift) / self.scale)
            .collect()
    }
}

impl Field for Moved<'_> {
    fn distance(&self, points: &[Vec3]) -> Result<Vec<f32>> {
        let mut distances = self.field.distance(&self.own(points))?;
        distances.iter_mut().for_each(|d| *d *= self.scale);
        Ok(distances)
    }

    fn colour(&self, points: &[Vec3]) -> Result<Vec<[f32; 3]>> {
        self.field.colour(&self.own(points))
    }

    fn bounds(&self) -> (Vec3, Vec3) {
        let (low, high) = self.field.bounds();
        (
            low * self.scale + self.shift,
            high * self.scale + self.shift,
        )
    }
}
