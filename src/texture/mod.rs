//! One picture for all parts of a figurine: the surface is cut into charts, these are laid flat and
//! packed into a square, and each pixel of it (a texel) is a point of the surface that is coloured as
//! any other.
//!
//! A vertex's colour reaches as far as its triangles do; a texture is as fine as its pixels, however
//! few triangles there are.

use std::sync::Arc;

use anyhow::{Result, ensure};
use glam::{Vec2, Vec3};
use image::RgbaImage;

use crate::geometry::{Figurine, Mesh, Spot, Texture, extent_2d, one_a_point};
use charts::Chart;

mod charts;
mod fill;
mod pack;

/// The smallest and the largest texture that is made, pixels a side.
pub const SMALLEST: u32 = 64;
pub const LARGEST: u32 = 8192;

/// Whether so many pixels a side can be made.
///
/// # Errors
/// They cannot.
pub fn check(side: u32) -> Result<()> {
    ensure!(
        (SMALLEST..=LARGEST).contains(&side),
        "a texture has {SMALLEST} to {LARGEST} pixels a side, not {side}"
    );
    Ok(())
}

/// Points that are coloured together: few enough for any memory, enough for all processors.
const BLOCK: usize = 1 << 15;

/// Makes a texture of so many pixels a side, 64 to 8192. `colours` tells the sRGB colours of points of
/// the part of that place in the figurine.
///
/// # Errors
/// A side that is not possible, or too small for the figurine's charts, and those of `colours`.
pub fn make(
    figurine: &Figurine,
    side: u32,
    mut colours: impl FnMut(usize, &[Spot]) -> Result<Vec<[f32; 3]>>,
) -> Result<Texture> {
    check(side)?;
    let charts = charts::cut(figurine);
    let layout = pack::lay_out(&charts, side)?;
    let mut painting = Painting {
        picture: RgbaImage::new(side, side),
        texels: Vec::new(),
        spots: Vec::new(),
        beyond: BEYOND.min(layout.gutter),
    };
    let parts = figurine.parts.iter();
    let mut corners: Vec<Vec<[Vec2; 3]>> = parts
        .map(|part| vec![[Vec2::ZERO; 3]; part.mesh.triangles.len()])
        .collect();
    for (chart, origin) in charts.iter().zip(&layout.origins) {
        let place = |p: Vec2| *origin + p * layout.scale;
        let flat: Vec<[Vec2; 3]> = chart.corners.iter().map(|t| t.map(place)).collect();
        for (&t, flat) in chart.triangles.iter().zip(&flat) {
            corners[chart.part][t as usize] = flat.map(|p| p / side as f32);
        }
        painting.add(&figurine.parts[chart.part].mesh, chart, &flat);
        painting.colour(BLOCK, |spots| colours(chart.part, spots))?;
    }
    Ok(Texture {
        picture: Arc::new(fill::filled(painting.picture)),
        corners,
    })
}

/// A picture that is being painted.
struct Painting {
    /// Transparent where nothing is painted yet.
    picture: RgbaImage,
    /// Pixels that have no colour yet, and the points of the surface that they show.
    texels: Vec<(u32, u32)>,
    spots: Vec<Spot>,
    beyond: f32,
}

/// A chart is painted so many pixels beyond its outline, if its gutter is as wide, with the colours of
/// its outline: smooth filtering looks one pixel beyond.
const BEYOND: f32 = 1.5;

impl Painting {
    /// Finds the pixels that show a chart, whose triangles lie at `flat` in the picture.
    fn add(&mut self, mesh: &Mesh, chart: &Chart, flat: &[[Vec2; 3]]) {
        let side = self.picture.width();
        let all = || flat.iter().flatten().copied();
        let most = Vec2::splat(side as f32 - 1.0);
        let within = |low: Vec2, high: Vec2| {
            let low = (low - self.beyond - 0.5).ceil().clamp(Vec2::ZERO, most);
            let high = (high + self.beyond - 0.5).floor().clamp(Vec2::ZERO, most);
            (low.as_uvec2(), high.as_uvec2())
        };
        let (low, high) = extent_2d(all());
        let (low, high) = within(low, high);
        let (wide, tall) = (high.x + 1 - low.x, high.y + 1 - low.y);
        // Of each pixel the nearest triangle, how far that is, and where on it.
        let mut nearest = vec![(self.beyond, u32::MAX, Vec3::ZERO); (wide * tall) as usize];
        for (&triangle, corners) in chart.triangles.iter().zip(flat) {
            let [a, b, c] = *corners;
            let (first, last) = within(a.min(b).min(c), a.max(b).max(c));
            for y in first.y..=last.y {
                for x in first.x..=last.x {
                    let (far, weights) = closest(*corners, Vec2::new(x as f32, y as f32) + 0.5);
                    let here = &mut nearest[((y - low.y) * wide + x - low.x) as usize];
                    if far < here.0 {
                        *here = (far, triangle, weights);
                    }
                }
            }
        }
        for (i, (_, triangle, weights)) in nearest.into_iter().enumerate() {
            if triangle != u32::MAX {
                let i = i as u32;
                self.texels.push((low.x + i % wide, low.y + i / wide));
                self.spots.push(Spot::new(mesh, triangle, weights));
            }
        }
    }

    /// Colours what waits, some at a time.
    fn colour(
        &mut self,
        block: usize,
        mut colours: impl FnMut(&[Spot]) -> Result<Vec<[f32; 3]>>,
    ) -> Result<()> {
        for (texels, spots) in self.texels.chunks(block).zip(self.spots.chunks(block)) {
            let colours = colours(spots)?;
            one_a_point("colours", colours.len(), spots.len())?;
            for (&(x, y), colour) in texels.iter().zip(colours) {
                let [r, g, b] = colour.map(|v| (v.clamp(0.0, 1.0) * 255.0).round() as u8);
                self.picture.put_pixel(x, y, image::Rgba([r, g, b, 255]));
            }
        }
        self.texels.clear();
        self.spots.clear();
        Ok(())
    }
}

/// How far a point is from a triangle, and how near the triangle's nearest point is to its corners.
fn closest([a, b, c]: [Vec2; 3], p: Vec2) -> (f32, Vec3) {
    let area = (b - a).perp_dot(c - a);
    if area.abs() > 1e-12 {
        let v = (p - a).perp_dot(c - a) / area;
        let w = (b - a).perp_dot(p - a) / area;
        if v >= 0.0 && w >= 0.0 && v + w <= 1.0 {
            return (0.0, Vec3::new(1.0 - v - w, v, w));
        }
    }
    let edge = |from: Vec2, to: Vec2| {
        let way = to - from;
        let t = (p - from).dot(way) / way.length_squared().max(1e-20);
        let t = t.clamp(0.0, 1.0);
        (p.distance(from + way * t), t)
    };
    let mut best = (f32::MAX, Vec3::X);
    let corners = [(a, Vec3::X), (b, Vec3::Y), (c, Vec3::Z)];
    for k in 0..3 {
        let ((from, here), (to, there)) = (corners[k], corners[(k + 1) % 3]);
        let (far, t) = edge(from, to);
        if far < best.0 {
            best = (far, here.lerp(there, t));
        }
    }
    best
}
