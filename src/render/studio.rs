//! A picture of a figurine, drawn in software: a small photo studio.
//!
//! The light is a dome of a few hundred directions: a soft key from the upper left, a cool sky, a
//! rim from behind. Each direction has a shadow map of the whole figure, so soft shadows, the dark
//! of a fold and the contact shadow on the ground are one and the same sum. Pictures are drawn
//! larger and averaged; nothing is random.

use std::f32::consts::{PI, TAU};

use clap::ValueEnum;
use glam::{Mat3, Vec2, Vec3};
use image::{Rgb, RgbImage};
use rayon::prelude::*;

use crate::base::colour::{linear, srgb};
use crate::base::numeric::smoothstep;
use crate::base::resample::between;
use crate::geometry::normals::creased;
use crate::geometry::rasterizer::{DepthMap, Triangle, TrianglePoint, fill};
use crate::geometry::{Figurine, Mesh, Texture, extent, extent_2d};
use crate::render::camera::Camera;

/// From where the figurine is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Viewpoint {
    /// From the front, turned and a little from above
    #[default]
    ThreeQuarter,
    /// From the front
    Front,
    /// Its left side
    Side,
    /// From behind
    Back,
    /// All four, two by two
    Sheet,
    /// From so far around the figure to its left, and from so far above, degrees; -89 to 89 above.
    #[value(skip)]
    At(i16, i16),
}

impl Viewpoint {
    /// How far the camera walks around the figure to its left, and from how far above it looks, radians.
    pub fn angles(self) -> (f32, f32) {
        match self {
            Viewpoint::ThreeQuarter | Viewpoint::Sheet => (-0.09 * TAU, 0.21),
            Viewpoint::Front => (0.0, 0.10),
            Viewpoint::Side => (TAU / 4.0, 0.10),
            Viewpoint::Back => (TAU / 2.0, 0.10),
            Viewpoint::At(around, above) => {
                let above = f32::from(above.clamp(-89, 89));
                (f32::from(around).to_radians(), above.to_radians())
            }
        }
    }
}

/// The colour of clay, sRGB.
const CLAY: [f32; 3] = [0.71, 0.69, 0.665];

/// A figurine without its paint, to judge its shape by.
pub fn clay(figurine: &Figurine) -> Figurine {
    let mut out = figurine.clone();
    out.texture = None;
    for part in &mut out.parts {
        part.mesh.colours.fill(CLAY);
    }
    out
}

/// How [`render`] draws.
#[derive(Clone, Debug)]
pub struct PreviewOptions {
    /// Pixels, 16 to 8192; others are taken as the nearest of these.
    pub width: u32,
    /// Pixels, 16 to 8192.
    pub height: u32,
    pub view: Viewpoint,
}

impl Default for PreviewOptions {
    fn default() -> Self {
        Self {
            width: 768,
            height: 1024,
            view: Viewpoint::ThreeQuarter,
        }
    }
}

/// Pixels are averaged over so many squared.
pub(super) const SAMPLES: usize = 3;

/// Draws `figurine` with soft light and a ground shadow; without parts, the empty studio.
pub fn render(figurine: &Figurine, options: &PreviewOptions) -> RgbImage {
    let (width, height) = (
        options.width.clamp(16, 8192),
        options.height.clamp(16, 8192),
    );
    let studio = Studio::of(figurine);
    if options.view != Viewpoint::Sheet {
        return studio.picture(options.view, width, height);
    }
    let mut sheet = RgbImage::new(width, height);
    let views = [
        Viewpoint::ThreeQuarter,
        Viewpoint::Front,
        Viewpoint::Side,
        Viewpoint::Back,
    ];
    let tile = |i: usize| {
        let (column, row) = (i as u32 % 2, i as u32 / 2);
        let (left, top) = (column * (width / 2), row * (height / 2));
        let w = if column == 0 { width / 2 } else { width - left };
        let h = if row == 0 { height / 2 } else { height - top };
        (left, top, w, h)
    };
    let mut tiles = Vec::new();
    for (i, view) in views.into_iter().enumerate() {
        let (.., w, h) = tile(i);
        tiles.push(studio.camera(view, w, h));
    }
    // One scale for all: who compares them must see the same figure.
    let scale = (tiles.iter())
        .map(|(camera, seen)| camera.room(*seen))
        .fold(f32::INFINITY, f32::min);
    for (i, (mut camera, seen)) in tiles.into_iter().enumerate() {
        let (left, top, w, h) = tile(i);
        camera.place(seen, scale);
        let shot = studio.shot(&camera, w, h);
        image::imageops::replace(&mut sheet, &shot, i64::from(left), i64::from(top));
    }
    sheet
}

/// Everything that does not depend on the camera.
pub(super) struct Studio {
    pub(super) triangles: Vec<Triangle>,
    texture: Option<Texture>,
    pub(super) lamps: Vec<Lamp>,
    /// Middle of the figure, and the radius of a sphere around it.
    pub(super) middle: Vec3,
    pub(super) radius: f32,
    ground: f32,
    floor: Floor,
}

/// The share of light that reaches the ground around the figure, on a square grid.
#[derive(Default)]
struct Floor(Vec<Vec3>);

// The studio's light, linear RGB where it is a colour. It is the photographers' usual one: a large warm lamp from the
// front left, a cool one from behind on the right that draws the outline, a bright sky around, and what a grey floor
// throws back. The numbers are a matter of taste, and nothing else depends on them.
const KEY: Cluster = Cluster {
    towards: Vec3::new(-0.55, 0.85, 0.75),
    spread: 0.26,
    colour: Vec3::new(1.0, 0.94, 0.85),
    power: 0.98,
};
const BACK_LIGHT: Cluster = Cluster {
    towards: Vec3::new(0.75, 0.55, -0.80),
    spread: 0.20,
    colour: Vec3::new(0.85, 0.93, 1.0),
    power: 0.30,
};
/// Lamps that make one of these soft, and those of the sky.
const SOFT: usize = 20;
const SKY: usize = 56;
const SKY_POWER: f32 = 1.05;
const HORIZON: Vec3 = Vec3::new(0.95, 0.97, 1.0);
const ZENITH: Vec3 = Vec3::new(0.80, 0.90, 1.08);
const FROM_THE_FLOOR: Vec3 = Vec3::new(0.16, 0.15, 0.14);
/// Highlights as of satin varnish: how strong, how sharp, and how much brighter an outline is.
const GLOSS: f32 = 0.16;
const SHARPNESS: i32 = 48;
const OUTLINE: f32 = 0.06;
/// The backdrop's colour at the top and at the bottom of the picture.
const TOP: Vec3 = Vec3::new(0.36, 0.41, 0.47);
const BOTTOM: Vec3 = Vec3::new(0.80, 0.79, 0.77);

/// Lamps side by side, as a soft box is.
struct Cluster {
    towards: Vec3,
    /// Its radius as it is seen from one unit away.
    spread: f32,
    colour: Vec3,
    power: f32,
}

/// Half the side of the ground that has shadows, in radii of the figure.
const FLOOR: f32 = 3.0;
/// Grid points a side.
const FLOOR_POINTS: usize = 256;

impl Floor {
    fn of(studio: &Studio) -> Self {
        let open: Vec3 = studio
            .lamps
            .iter()
            .map(|l| l.power * l.direction.y.max(0.0))
            .sum();
        let cell = 2.0 * FLOOR * studio.radius / (FLOOR_POINTS - 1) as f32;
        let light = |i: usize| {
            let (x, z) = ((i % FLOOR_POINTS) as f32, (i / FLOOR_POINTS) as f32);
            let offset =
                Vec3::new(x, 0.0, z) * cell - Vec3::new(1.0, 0.0, 1.0) * (FLOOR * studio.radius);
            let point = Vec3::new(
                studio.middle.x,
                // Under what stands there, so that no light gets in between.
                studio.ground - 0.015 * studio.radius,
                studio.middle.z,
            ) + offset;
            let lamps = studio.lamps.iter().filter(|l| l.direction.y > 0.0);
            lamps
                .map(|l| l.power * (l.direction.y * l.shadow.open(point)))
                .sum::<Vec3>()
                / open
        };
        Self(
            (0..FLOOR_POINTS * FLOOR_POINTS)
                .into_par_iter()
                .map(light)
                .collect(),
        )
    }

    /// Smooth between grid points; `point` lies within [`FLOOR`] radii.
    fn at(&self, point: Vec3, studio: &Studio) -> Vec3 {
        let at = (point - studio.middle) / (FLOOR * studio.radius);
        let last = (FLOOR_POINTS - 2) as f32; // the outermost cells are dark anyway
        let scaled = |v: f32| ((v + 1.0) / 2.0 * (FLOOR_POINTS - 1) as f32).min(last);
        let at = Vec2::new(scaled(at.x), scaled(at.z));
        between(|i| self.0[i], [FLOOR_POINTS; 2], at)
    }
}

/// A direction that light comes from.
pub(super) struct Lamp {
    /// Towards the lamp.
    pub(super) direction: Vec3,
    /// Linear RGB.
    power: Vec3,
    /// Of these lamps a highlight is seen.
    pub(super) shiny: bool,
    shadow: DepthMap,
}

impl Studio {
    pub(super) fn of(figurine: &Figurine) -> Self {
        let mut triangles = Vec::new();
        for (i, part) in figurine.parts.iter().enumerate() {
            let places = figurine
                .texture
                .as_ref()
                .map(|texture| &*texture.corners[i]);
            gather(&creased(&part.mesh, 50.0), places, &mut triangles);
        }
        let points = || triangles.iter().flat_map(|t| t.corners);
        let (low, high) = extent(points());
        let (low, high) = if triangles.is_empty() {
            (-Vec3::ONE, Vec3::ONE)
        } else {
            (low, high)
        };
        let middle = (low + high) / 2.0;
        let radius = points().map(|p| p.distance(middle)).fold(1e-3, f32::max);
        let mut studio = Self {
            triangles,
            texture: figurine.texture.clone(),
            lamps: lamps(),
            middle,
            radius,
            ground: low.y,
            floor: Floor::default(),
        };
        studio.cast_shadows(|_| true);
        studio
    }

    /// Draws the shadows of some of the lamps, and the ground's.
    pub(super) fn cast_shadows(&mut self, which: impl Fn(&Lamp) -> bool + Sync) {
        let (triangles, middle, radius) = (&self.triangles, self.middle, self.radius);
        (self.lamps.par_iter_mut().filter(|lamp| which(lamp))).for_each(|lamp| {
            let size = if lamp.shiny { 384 } else { 192 };
            lamp.shadow = DepthMap::of(triangles, lamp.direction, middle, radius, size);
        });
        self.floor = Floor::of(self);
    }

    /// What stands in the middle, as large as the picture allows.
    fn picture(&self, view: Viewpoint, width: u32, height: u32) -> RgbImage {
        let (mut camera, seen) = self.camera(view, width, height);
        camera.frame(seen);
        self.shot(&camera, width, height)
    }

    /// A camera that is not framed yet, and the corners between which it sees the figure.
    fn camera(&self, view: Viewpoint, width: u32, height: u32) -> (Camera, (Vec2, Vec2)) {
        let camera = Camera::new(self.middle, self.radius, view.angles(), width, height);
        let corners = self.triangles.iter().flat_map(|t| t.corners);
        let seen = extent_2d(corners.map(|p| camera.project(p).truncate()));
        (camera, seen)
    }

    /// What a camera sees.
    pub(super) fn shot(&self, camera: &Camera, width: u32, height: u32) -> RgbImage {
        let (w, h) = (width as usize * SAMPLES, height as usize * SAMPLES);
        let mut seen = vec![(f32::INFINITY, u32::MAX); w * h];
        let projected: Vec<[Vec3; 3]> = self
            .triangles
            .iter()
            .map(|t| t.corners.map(|p| camera.project(p)))
            .collect();
        // Bands of rows are independent, and inside each the order of the triangles is kept.
        let band = SAMPLES * 32;
        seen.par_chunks_mut(w * band)
            .enumerate()
            .for_each(|(i, rows)| {
                for (t, corners) in projected.iter().enumerate() {
                    fill(*corners, w, i * band, rows.len() / w, |at, depth| {
                        if depth < rows[at].0 {
                            rows[at] = (depth, t as u32);
                        }
                    });
                }
            });
        let mut picture = RgbImage::new(width, height);
        picture
            .par_chunks_mut(width as usize * 3)
            .enumerate()
            .for_each(|(y, row)| {
                for x in 0..width as usize {
                    let colour = self.pixel(camera, &seen, w, x, y);
                    row[x * 3..][..3].copy_from_slice(&colour.0);
                }
            });
        picture
    }

    /// The mean of a pixel's samples as eyes see it: of light, dark outlines before a bright backdrop would have teeth. Light is computed once for samples of the same surface.
    fn pixel(&self, camera: &Camera, seen: &[(f32, u32)], w: usize, x: usize, y: usize) -> Rgb<u8> {
        let mut sum = Vec3::ZERO;
        let mut lit: Option<(Vec3, Vec3, (Vec3, Vec3))> = None;
        let mut backdrop = None;
        for k in 0..SAMPLES * SAMPLES {
            let (sx, sy) = (x * SAMPLES + k % SAMPLES, y * SAMPLES + k / SAMPLES);
            let ray = camera.ray(sx as f32 + 0.5, sy as f32 + 0.5);
            let (_, index) = seen[sy * w + sx];
            let Some(triangle) = self.triangles.get(index as usize) else {
                sum += *backdrop.get_or_insert_with(|| {
                    let across = x as f32 / camera.size.x * 2.0 - 1.0;
                    root(self.backdrop(camera, ray, across, y as f32 / camera.size.y))
                });
                continue;
            };
            let (point, normal, shown) = triangle.at(camera.eye, ray);
            let colour = match (shown, &self.texture) {
                (TrianglePoint::Place(place), Some(texture)) => {
                    texture.at(place).map(linear).into()
                }
                (TrianglePoint::Colour(colour), _) => colour,
                (TrianglePoint::Place(_), None) => Vec3::ONE,
            };
            let near = |(p, n, _): &(Vec3, Vec3, _)| {
                p.distance(point) < 0.012 * self.radius && n.dot(normal) > 0.97
            };
            if !lit.as_ref().is_some_and(near) {
                lit = Some((point, normal, self.light(point, normal, -ray)));
            }
            let (diffuse, gloss) = lit.map_or((Vec3::ONE, Vec3::ZERO), |l| l.2);
            sum += root(tone(colour * diffuse + gloss));
        }
        let mean = (sum / (SAMPLES * SAMPLES) as f32).to_array();
        Rgb(mean.map(|v| (srgb((v * v).clamp(0.0, 1.0)) * 255.0).round() as u8))
    }

    /// Diffuse light and highlight that reach a point of the figure.
    fn light(&self, point: Vec3, normal: Vec3, to_eye: Vec3) -> (Vec3, Vec3) {
        // What the ground throws back.
        let mut diffuse = FROM_THE_FLOOR * (0.6 - 0.4 * normal.y);
        let mut gloss = Vec3::ZERO;
        let raised = point + normal * (0.012 * self.radius);
        for lamp in &self.lamps {
            let facing = normal.dot(lamp.direction);
            if facing <= 0.0 {
                continue;
            }
            let open = lamp.shadow.open(raised);
            diffuse += lamp.power * (facing * open);
            if lamp.shiny {
                let half = (lamp.direction + to_eye).normalize_or_zero();
                gloss += lamp.power * (normal.dot(half).max(0.0).powi(SHARPNESS) * open * GLOSS);
            }
        }
        let rim = (1.0 - normal.dot(to_eye).clamp(0.0, 1.0)).powi(4) * OUTLINE;
        (diffuse, gloss + Vec3::splat(rim) * diffuse)
    }

    /// The studio behind the figure: a bright backdrop that runs into a floor, with the shadow.
    fn backdrop(&self, camera: &Camera, ray: Vec3, across: f32, down: f32) -> Vec3 {
        let glow = (-(across * across * 0.9 + (down - 0.45) * (down - 0.45) * 2.5)).exp();
        let plain = TOP.lerp(BOTTOM, smooth(down)) * (0.80 + 0.28 * glow);
        if ray.y >= -1e-4 {
            return plain;
        }
        if camera.eye.y <= self.ground {
            return plain; // the ground is seen from below
        }
        let point = camera.eye + ray * ((self.ground - camera.eye.y) / ray.y);
        let away =
            Vec2::new(point.x - self.middle.x, point.z - self.middle.z).length() / self.radius;
        if away > FLOOR {
            return plain;
        }
        let fade = smooth((FLOOR - away) / 1.5);
        plain * Vec3::ONE.lerp(self.floor.at(point, self), fade * 0.92)
    }
}

fn gather(mesh: &Mesh, places: Option<&[[Vec2; 3]]>, triangles: &mut Vec<Triangle>) {
    for (i, t) in mesh.triangles.iter().enumerate() {
        triangles.push(Triangle {
            corners: t.map(|v| mesh.positions[v as usize]),
            normals: t.map(|v| mesh.normals[v as usize]),
            colours: t.map(|v| Vec3::from(mesh.colours[v as usize].map(linear))),
            places: places.map(|places| places[i]),
        });
    }
}

/// The dome: even directions for the sky, and clusters for the key light and the rim.
pub(super) fn lamps() -> Vec<Lamp> {
    let lamp = |direction: Vec3, power: Vec3, shiny| Lamp {
        direction,
        power,
        shiny,
        shadow: DepthMap::default(),
    };
    let mut out = Vec::new();
    for i in 0..SKY {
        let y = (i as f32 + 0.5) / SKY as f32;
        let around = i as f32 * PI * (3.0 - 5f32.sqrt());
        let flat = (1.0 - y * y).sqrt();
        let colour = HORIZON.lerp(ZENITH, y);
        out.push(lamp(
            Vec3::new(flat * around.cos(), y, flat * around.sin()),
            colour * (SKY_POWER / SKY as f32),
            false,
        ));
    }
    for cluster in [KEY, BACK_LIGHT] {
        let (axis, basis) = (cluster.towards.normalize(), basis(cluster.towards));
        let power = cluster.colour * cluster.power;
        for i in 0..SOFT {
            let away = cluster.spread * ((i as f32 + 0.5) / SOFT as f32).sqrt();
            let around = i as f32 * PI * (3.0 - 5f32.sqrt());
            let direction =
                axis + basis.x_axis * (away * around.cos()) + basis.y_axis * (away * around.sin());
            out.push(lamp(direction.normalize(), power / SOFT as f32, true));
        }
    }
    out
}

/// Two directions across `towards`, and itself.
fn basis(towards: Vec3) -> Mat3 {
    let z = towards.normalize();
    let (x, y) = z.any_orthonormal_pair();
    Mat3::from_cols(x, y, z)
}

/// Light as a picture shows it: linear at first, then ever slower towards white.
fn tone(light: Vec3) -> Vec3 {
    let knee = 0.7;
    light.map(|v| {
        if v < knee {
            v
        } else {
            knee + (1.0 - knee) * (1.0 - (-(v - knee) / (1.0 - knee)).exp())
        }
    })
}

/// About how bright light looks.
fn root(light: Vec3) -> Vec3 {
    light.max(Vec3::ZERO).map(f32::sqrt)
}

fn smooth(t: f32) -> f32 {
    smoothstep(t.clamp(0.0, 1.0))
}
