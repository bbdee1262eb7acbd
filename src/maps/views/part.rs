//! A part as all views show it together.

use std::sync::Arc;

use anyhow::Result;
use glam::Vec3;
use rayon::prelude::*;

use super::pair::{Pair, pair};
use super::{AWAY, All};
use crate::base::colour::best_seen;
use crate::geometry::Field;
use crate::slots::Slot;

/// For the normal, the field is asked so far away, model units.
const STEP: f32 = 0.01;
/// What is seen so well has no other colours mixed in.
const SEEN: f32 = 0.99;

/// A part as all views show it.
pub(super) struct Part {
    slot: Slot,
    /// What front and back show, or the sides.
    pair: Pair,
    bounds: (Vec3, Vec3),
    all: Arc<All>,
}

impl Part {
    /// Nothing where no view shows it.
    pub(super) fn new(slot: Slot, all: &Arc<All>) -> Option<Self> {
        let of = |sides| pair(&all.views, sides, slot);
        let pair = of(all.sideways).or_else(|| of(!all.sideways))?;
        let bounds = match &all.volume {
            Some(volume) => {
                volume.slots().find(|of| *of == slot)?;
                volume.bounds(slot)
            }
            None => pair.bounds(),
        };
        Some(Self {
            slot,
            bounds,
            pair,
            all: all.clone(),
        })
    }

    /// Signed distance to what views show, below 0 inside.
    fn shown(&self, p: Vec3) -> f32 {
        match &self.all.volume {
            Some(volume) => volume.part(self.slot, p),
            None => self.pair.distance(p),
        }
    }

    /// Signed distance, below 0 inside.
    fn at(&self, p: Vec3) -> f32 {
        let beyond = (self.bounds.0 - p).max(p - self.bounds.1).max_element();
        if beyond > AWAY {
            return beyond;
        }
        let distance = self.shown(p);
        if distance > AWAY {
            return distance;
        }
        distance.max(self.all.outlines.outside(&self.all.views, p))
    }

    /// Signed distance to the surface, whichever part it is of.
    fn whole(&self, p: Vec3) -> f32 {
        match &self.all.volume {
            Some(volume) => volume.distance(p),
            None => self.pair.distance(p),
        }
    }

    /// By four points around it.
    fn normal(&self, p: Vec3) -> Vec3 {
        let corners = [
            (1.0, 1.0, 1.0),
            (1.0, -1.0, -1.0),
            (-1.0, 1.0, -1.0),
            (-1.0, -1.0, 1.0),
        ];
        let slope = corners.map(|corner| {
            let corner = Vec3::from(corner);
            corner * self.whole(p + corner * STEP)
        });
        slope.into_iter().sum::<Vec3>().normalize_or_zero()
    }

    fn colour_at(&self, p: Vec3) -> [f32; 3] {
        let normal = self.normal(p);
        let (seen, best) = best_seen(self.all.lenses.iter().map(|lens| lens.seen(p, normal)));
        let colour = match best > SEEN {
            true => seen,
            false => self.pair.first.network_colour(p).lerp(seen, best),
        };
        colour.to_array()
    }
}

impl Field for Part {
    fn distance(&self, points: &[Vec3]) -> Result<Vec<f32>> {
        Ok(points.iter().map(|&p| self.at(p)).collect())
    }

    fn colour(&self, points: &[Vec3]) -> Result<Vec<[f32; 3]>> {
        Ok(points.par_iter().map(|&p| self.colour_at(p)).collect())
    }

    fn bounds(&self) -> (Vec3, Vec3) {
        self.bounds
    }
}
