//! The figurine on a turntable: it turns, the camera and the lamps stay.

use crate::geometry::{Figurine, extent, extent_2d};
use crate::slots::Slot;
use std::f32::consts::TAU;

use anyhow::Result;
use glam::{Quat, Vec2, Vec3};
use image::RgbImage;

use super::camera::Camera;
use super::studio::{SAMPLES, Studio, Viewpoint, lamps};

/// Draws `figurine` in `frames` equal steps of one whole turn, squares of `side` pixels, and hands each
/// picture to `each` as it is done. The first shows it as [`Viewpoint::ThreeQuarter`] does; its left side comes
/// into sight next. The axis is the middle of the base, or of all where there is none.
///
/// # Errors
/// Those of `each`, which end the drawing.
pub fn turntable(
    figurine: &Figurine,
    frames: usize,
    side: u32,
    mut each: impl FnMut(RgbImage) -> Result<()>,
) -> Result<()> {
    let mut studio = Studio::of(figurine);
    let (start, pitch) = Viewpoint::ThreeQuarter.angles();
    let axis = axis(figurine).unwrap_or(studio.middle);
    let target = Vec3::new(axis.x, studio.middle.y, axis.z);
    let radius = studio.radius;
    let camera = |i: usize| {
        let yaw = start + TAU * i as f32 / frames as f32;
        Camera::new(target, radius, (yaw, pitch), side, side)
    };
    let cameras: Vec<Camera> = (0..frames).map(camera).collect();
    // One frame that holds the figure however it is turned, and its axis in the middle.
    let mut frame = camera(0);
    let corners = || studio.triangles.iter().flat_map(|t| t.corners);
    let seen = (cameras.iter()).flat_map(|c| corners().map(|p| c.project(p).truncate()));
    let mirrored = |p: Vec2| [p, Vec2::new((side * SAMPLES as u32) as f32 - p.x, p.y)];
    frame.frame(extent_2d(seen.flat_map(mirrored)));
    for (i, camera) in cameras.into_iter().enumerate() {
        // As the figure is drawn where it is, the lamps go around it with the camera. The sky looks
        // the same from everywhere.
        let turn = Quat::from_rotation_y(TAU * i as f32 / frames as f32);
        for (lamp, first) in studio.lamps.iter_mut().zip(lamps()) {
            if lamp.shiny {
                lamp.direction = turn * first.direction;
            }
        }
        studio.cast_shadows(|lamp| lamp.shiny);
        each(studio.shot(&camera.framed_like(&frame), side, side))?;
    }
    Ok(())
}

/// The middle of the base's box.
fn axis(figurine: &Figurine) -> Option<Vec3> {
    let base = figurine
        .parts
        .iter()
        .find(|part| Slot::Base.is(&part.name))?;
    let points = base.mesh.positions.iter();
    let (low, high) = extent(points.copied());
    low.cmple(high).all().then(|| (low + high) / 2.0)
}
