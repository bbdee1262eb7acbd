//! Parts in other places and sizes.

use anyhow::Result;
use glam::Vec3;

use super::heights::Heights;
use crate::geometry::Field;

/// Where each part of a figure goes.
#[derive(Clone, Debug, Default)]
pub struct Moves(Vec<(String, Move)>);

impl Moves {
    pub(super) fn insert(&mut self, name: &str, to: Move) {
        self.0.push((name.to_owned(), to));
    }

    /// Where the part of that name goes; nothing if it stays.
    pub fn of(&self, name: &str) -> Option<&Move> {
        (self.0.iter()).find_map(|(part, to)| (part == name).then_some(to))
    }
}

/// Where a part goes: its heights change, then it is stretched along the axes about `from`, and that
/// comes to `to`.
#[derive(Clone, Debug)]
pub struct Move {
    pub(super) heights: Option<Heights>,
    pub(super) stretch: Vec3,
    pub(super) from: Vec3,
    pub(super) to: Vec3,
}

impl Move {
    /// Where a point of the part goes.
    pub fn fore(&self, p: Vec3) -> Vec3 {
        let y = self.heights.as_ref().map_or(p.y, |h| h.fore(p.y));
        self.to + (p.with_y(y) - self.from) * self.stretch
    }

    /// Where a point came from.
    pub fn back(&self, p: Vec3) -> Vec3 {
        let p = self.from + (p - self.to) / self.stretch;
        p.with_y(self.heights.as_ref().map_or(p.y, |h| h.back(p.y)))
    }

    /// Which way the surface faced, where it came from, that faces along `normal` at a point now.
    pub fn faced(&self, p: Vec3, normal: Vec3) -> Vec3 {
        let y = self.from.y + (p.y - self.to.y) / self.stretch.y;
        let slope = self.heights.as_ref().map_or(1.0, |h| h.slope(y));
        let faced = normal * self.stretch / Vec3::new(1.0, slope, 1.0);
        faced.normalize_or(normal)
    }

    /// The least that a length within a box is stretched by.
    fn least(&self, (low, high): (Vec3, Vec3)) -> f32 {
        let steepest = |h: &Heights| h.steepest(h.fore(low.y), h.fore(high.y));
        let upright = self.heights.as_ref().map_or(1.0, steepest).recip();
        (self.stretch * Vec3::new(1.0, upright, 1.0)).min_element()
    }
}

/// A part's field, moved; or left where it is.
pub struct Moved<F> {
    field: F,
    to: Option<Move>,
    /// Distances are scaled by this: none may be too long, for then a surface is missed.
    scale: f32,
}

impl<F: Field> Moved<F> {
    pub fn new(field: F, to: Option<Move>) -> Self {
        let scale = to.as_ref().map_or(1.0, |to| to.least(field.bounds()));
        Self { field, to, scale }
    }

    fn back(&self, points: &[Vec3]) -> Option<Vec<Vec3>> {
        let to = self.to.as_ref()?;
        Some(points.iter().map(|&p| to.back(p)).collect())
    }
}

impl<F: Field> Field for Moved<F> {
    fn distance(&self, points: &[Vec3]) -> Result<Vec<f32>> {
        let Some(points) = self.back(points) else {
            return self.field.distance(points);
        };
        let mut distances = self.field.distance(&points)?;
        distances.iter_mut().for_each(|d| *d *= self.scale);
        Ok(distances)
    }

    fn colour(&self, points: &[Vec3]) -> Result<Vec<[f32; 3]>> {
        match self.back(points) {
            Some(points) => self.field.colour(&points),
            None => self.field.colour(points),
        }
    }

    fn bounds(&self) -> (Vec3, Vec3) {
        let (low, high) = self.field.bounds();
        match &self.to {
            Some(to) => (to.fore(low), to.fore(high)), // no axis turns
            None => (low, high),
        }
    }
}
