//! The bones of torso and neck, or of what has none.

use glam::Vec3;

use super::limb::Line;
use super::weights::{Cut, Weights, banded};
use crate::geometry::{Mesh, extent};

/// Where on the way from the hips to the neck the spine begins, the chest, and what of it is neck.
const SPINE: f32 = 0.2;
const CHEST: f32 = 0.5;
const NECK: f32 = 0.94;
/// Over what of that way one bone takes over from the other, on either side.
const SOFT: f32 = 0.12;

/// A row of bones and the way along it.
pub(super) struct Trunk {
    /// Where each bone begins, and where the last ends.
    pub places: Vec<Vec3>,
    /// Along this, from `places[0]`.
    axis: Vec3,
    cuts: Vec<Cut>,
}

impl Trunk {
    /// Of a torso that goes from the hips to the neck: hips, spine, chest and neck.
    pub(super) fn of_torso(torso: &Mesh, hips: Vec3, neck: Vec3, axis: Vec3) -> Self {
        let way = |p: Vec3| (p - hips).dot(axis);
        let length = way(neck);
        let below = lowest(torso, axis, hips);
        let along: Vec<f32> = torso.positions.iter().map(|&p| way(p) - below).collect();
        let span = along.iter().copied().fold(0.0, f32::max);
        let line = Line::of(torso, &along, span, |_| true);
        let at = |share: f32| {
            let on = line
                .at(share * length - below)
                .unwrap_or(hips.lerp(neck, share));
            // The middle line of a torso with a bent back may leave the way, but not go back on it.
            on + axis * (share * length - way(on))
        };
        Self {
            places: vec![
                hips,
                at(SPINE),
                at(CHEST),
                hips.lerp(neck, NECK).lerp(at(NECK), 0.5),
                neck,
            ],
            axis,
            cuts: cuts(&[SPINE, CHEST, NECK], length),
        }
    }

    /// Three bones of the same length, from the bottom to the top of some meshes.
    pub(super) fn of_body<'a>(meshes: impl Iterator<Item = &'a Mesh>) -> Self {
        let (low, high) = extent(meshes.flat_map(|mesh| mesh.positions.iter().copied()));
        let (middle, tall) = ((low + high) / 2.0, high.y - low.y);
        let place = |i: usize| middle.with_y(low.y + tall * i as f32 / 3.0);
        Self {
            places: (0..4).map(place).collect(),
            axis: Vec3::Y,
            cuts: cuts(&[1.0 / 3.0, 2.0 / 3.0], tall),
        }
    }

    /// What each vertex of a mesh follows, of these bones.
    pub(super) fn weights(&self, mesh: &Mesh, bones: &[usize]) -> Vec<Weights> {
        let way = |p: &Vec3| (*p - self.places[0]).dot(self.axis);
        let weights = |p| banded(bones, &self.cuts, way(p));
        mesh.positions.iter().map(weights).collect()
    }
}

/// At these shares of a way.
fn cuts(shares: &[f32], length: f32) -> Vec<Cut> {
    let cut = |share| Cut {
        way: share * length,
        half: SOFT * length,
    };
    shares.iter().copied().map(cut).collect()
}

/// How far the first point of a mesh along `axis` lies from `from`, on that way.
fn lowest(mesh: &Mesh, axis: Vec3, from: Vec3) -> f32 {
    let ways = mesh.positions.iter().map(|&p| (p - from).dot(axis));
    ways.fold(f32::MAX, f32::min)
}
