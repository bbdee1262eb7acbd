//! Part maps: a figure as a picture with more channels, in the frame of its photo.
//!
//! For each pixel and each slot the network tells whether the ray through the pixel meets the part, seen or hidden,
//! and if so where it enters and leaves it, and the colours there. A part is then the solid between its two sheets:
//! closed by construction, with the photo's own outline, and nothing that the photo shows is missing.
//!
//! Frame of the maps: the box of the subject, padded, is `[-1, 1]` to the right and up; depth is in the same unit
//! towards the camera, 0 at the middle of the figure. The camera is [`DISTANCE`] away; then the whole is turned so
//! that the figure faces +Z in the model frame.
//!
//! ```text
//! network -> PartMaps -> cover (each pixel has parts) -> visible (which of them is seen) -> layers (it lies where the
//! whole figure does, the others beneath it) -> Sheets a part (a Field) -> surfaces, as for any field
//! ```

use anyhow::Result;
use glam::{Quat, Vec2, Vec3};
use image::RgbaImage;

use crate::base::resample;
use crate::geometry::{Field, extent};
use crate::photo::framing::Framed;
use crate::slots::{Side, Slot};
use shown::Shown;

pub use agreement::Silhouette;
pub use look::Reader;
pub use outline::inflated;
pub use plane::Plane;
pub use views::{Further, fused};

mod agreement;
mod behind;
mod cover;
mod layers;
mod leaps;
mod look;
mod mirror;
mod outline;
mod paint;
mod plane;
mod relief;
mod sheets;
mod shown;
mod views;
mod visible;

/// How far the camera is taken to be from the middle of the figure, in halves of the frame: an angle of view of 16
/// degrees, a portrait lens and nearly the parallel rays of a drawing. On the development set, whose pictures have 25
/// degrees, it gives better figures than their own 4.5 (likeness won on 9 of 12 and lost on 2, F@.05 on 5 and 0).
pub const DISTANCE: f32 = 7.0;
/// The frame's side in parts of the framed picture's: both networks look at 128 pixels of 146.
pub const SPAN: f32 = 128.0 / 146.0;
/// Pieces of a part below this share of its volume are fragments of its border. Larger ones are something that the photo
/// shows, such as a thumb that is taken for a piece of the hat above it.
pub const FRAGMENT: f32 = 0.0002;
/// Pixels a side at which outlines and sheets are laid out. The photo's outline is kept to a fraction of one.
const FINE: usize = 256;

/// What a network tells of one part at each pixel of the maps, row by row from the top.
#[derive(Clone, Debug, PartialEq)]
pub struct PartMap {
    /// Which part it is.
    pub slot: Slot,
    /// Above 0 where the ray meets the part.
    pub occupancy: Plane,
    /// Depth halfway between the sheets, halves of the frame, greater towards the camera.
    pub middle: Plane,
    /// Half of the way between them, halves of the frame, above 0.
    pub half: Plane,
    /// Colours of the near sheet, sRGB, `0..=1`.
    pub near: [Plane; 3],
    /// The same of the far sheet.
    pub far: [Plane; 3],
}

/// All that a network tells of a photo.
#[derive(Clone, Debug, PartialEq)]
pub struct PartMaps {
    /// Two of them may have the same slot: the legs.
    pub parts: Vec<PartMap>,
    /// Of the figure as a whole: depth halfway between its sheets, halves of the frame.
    pub middle: Plane,
    /// Half of its thickness, halves of the frame, above 0.
    pub half: Plane,
    /// Colours of its far side, sRGB, `0..=1`.
    pub far: [Plane; 3],
    /// How far the face is turned to the picture's right, radians.
    pub yaw: f32,
    /// From how far above it is seen, radians.
    pub pitch: f32,
}

/// The subject of a photo in the frame of the maps.
pub struct View {
    /// Straight sRGB and alpha, the frame with nothing around it.
    picture: RgbaImage,
    /// How much of each of [`FINE`] squared pixels the subject covers.
    alpha: Plane,
    /// The first row of these that lies below the photo's border, where the subject goes on there.
    cut: Option<usize>,
}

impl View {
    /// From a square picture, transparent but for the subject, that is the frame itself.
    pub fn whole(picture: RgbaImage) -> Self {
        let small = resample::resize_area(&picture, FINE as u32, FINE as u32);
        let alpha = small.pixels().map(|p| f32::from(p.0[3]) / 255.0).collect();
        Self {
            picture,
            alpha: Plane::new(FINE, alpha),
            cut: None,
        }
    }

    /// From the subject as [`framing::frame`](crate::photo::framing::frame) frames it.
    pub fn new(framed: &Framed) -> Self {
        let side = framed.picture.width();
        let (picture, edge) = inner(&framed.picture);
        let inner = picture.width();
        let cut = ((framed.extent.high.y * side as f32 - edge as f32) / inner as f32) * FINE as f32;
        Self {
            cut: (cut > 1.0 && cut < FINE as f32).then_some(cut as usize),
            ..Self::whole(picture)
        }
    }

    /// Straight sRGB and alpha, the frame with nothing around it.
    pub fn picture(&self) -> &RgbaImage {
        &self.picture
    }

    /// Distance to the subject's outline, in pixels of [`FINE`], above 0 inside, as if it went on where the photo ends
    /// below it, so that a bust ends in a cut and not in a rounded edge; nothing where the photo has all of it.
    fn rim(&self) -> Option<Plane> {
        let last = self.cut? - 1;
        let row = |i: usize| (i / FINE).min(last) * FINE + i % FINE;
        let alpha = (0..FINE * FINE).map(|i| self.alpha.values()[row(i)]);
        Some(sheets::subject(&Plane::new(FINE, alpha.collect())))
    }

    /// The subject's colours at `side` pixels, sRGB, no ground's among them.
    fn colours(&self, side: usize) -> [Plane; 3] {
        colours(&self.picture, side)
    }

    /// The picture at `side` pixels, each the mean of what it covers.
    pub fn resized(&self, side: usize) -> RgbaImage {
        resample::resize_area(&self.picture, side as u32, side as u32)
    }
}

/// The part of a framed picture that the frame of the maps is, and how much is cut from each of its sides.
fn inner(framed: &RgbaImage) -> (RgbaImage, u32) {
    let side = framed.width();
    let edge = ((1.0 - SPAN) / 2.0 * side as f32).round() as u32;
    let inner = (side - 2 * edge).max(1);
    let picture = image::imageops::crop_imm(framed, edge, edge, inner, inner).to_image();
    (picture, edge)
}

/// Colours of a picture at `side` pixels, sRGB, those of a subject going on where it does not.
fn colours(picture: &RgbaImage, side: usize) -> [Plane; 3] {
    let mut picture = resample::resize_area(picture, side as u32, side as u32);
    plane::spread_colours(&mut picture);
    let colour = |k: usize| picture.pixels().map(move |p| f32::from(p.0[k]) / 255.0);
    [0, 1, 2].map(|k| Plane::new(side, colour(k).collect()))
}

/// From the frame of the maps to the model frame.
#[derive(Clone, Copy, Debug)]
struct Pose {
    /// From the camera's axes to the figure's.
    turn: Quat,
    scale: f32,
    shift: Vec3,
    /// How far the camera is from the middle of the figure, halves of the frame.
    away: f32,
}

impl Pose {
    fn new(yaw: f32, pitch: f32) -> Self {
        Self {
            turn: Quat::from_rotation_y(-yaw) * Quat::from_rotation_x(-pitch),
            scale: 1.0,
            shift: Vec3::ZERO,
            away: DISTANCE,
        }
    }

    /// A point of the frame: right, up, depth.
    fn place(&self, p: Vec3) -> Vec3 {
        let away = 1.0 - p.z / self.away;
        self.turn * Vec3::new(p.x * away, p.y * away, p.z) * self.scale + self.shift
    }

    fn frame(&self, p: Vec3) -> Vec3 {
        let p = self.turn.inverse() * ((p - self.shift) / self.scale);
        let away = 1.0 - p.z / self.away;
        Vec3::new(p.x / away, p.y / away, p.z)
    }

    /// Where the middle of the frame lies seen by the camera: right, up and towards it, model units.
    fn seen(&self) -> Vec3 {
        self.turn.inverse() * self.shift
    }

    /// How far a point lies outside of an outline in the frame, model units: below 0 inside.
    fn outside(&self, outline: &Plane, p: Vec3) -> f32 {
        -outline.at(spot(self.frame(p))) * 2.0 / outline.side() as f32 * self.scale
    }

    /// The same, so that these points of the frame fill the model's box: centred in height, upright on its axis.
    fn fitted(self, points: impl Iterator<Item = Vec3>) -> Self {
        let (low, high) = extent(points.map(|p| self.place(p)));
        let (middle, half) = ((low + high) / 2.0, (high - low) / 2.0);
        let scale = 0.95 / half.max_element().max(1e-3);
        Self {
            scale,
            shift: -middle * scale,
            ..self
        }
    }
}

/// The figure of a photo, in the model frame.
pub struct Solid {
    /// Names and fields of the parts that the photo shows, in the order of the slots.
    pub parts: Vec<(String, Box<dyn Field + Send>)>,
    /// What the photo's subject covers.
    pub silhouette: Silhouette,
    /// How the further views fit to it.
    pub further: Vec<Fit>,
}

/// How a further view fits to the first and to the figure that all views make.
pub struct Fit {
    /// From which side it was taken.
    pub side: Side,
    /// How alike it is to the first view, `0..=1`.
    pub alike: f32,
    /// What its subject covers.
    pub silhouette: Silhouette,
}

/// How fields are made of maps.
#[derive(Clone, Debug, Default)]
pub struct Making {
    /// Near sides have the relief that the photo's shading tells of.
    pub detail: bool,
    /// Parts that others will take the places of. What they cover in the photo, even where that is less
    /// than a pixel, has the colours that the network gives, and not theirs.
    pub leaving: Vec<Slot>,
}

/// The fields of all parts that the photo shows, in the order of the slots, in the model frame.
///
/// # Errors
/// The maps hold values that are not numbers, or no part is left.
pub fn fields(maps: &PartMaps, view: &View, making: &Making) -> Result<Solid> {
    let mut shown = Shown::new(maps, view, making)?;
    shown.stand(Pose::new(maps.yaw, maps.pitch));
    let part = |slot: &Slot| Some((slot.name().to_owned(), Box::new(shown.part(*slot)?) as _));
    Ok(Solid {
        parts: Slot::ALL.iter().filter_map(part).collect(),
        silhouette: Silhouette::new(view, shown.pose),
        further: Vec::new(),
    })
}

impl PartMaps {
    fn planes(&self) -> impl Iterator<Item = &Plane> {
        let parts = self.parts.iter().flat_map(|p| {
            [&p.occupancy, &p.middle, &p.half]
                .into_iter()
                .chain(&p.near)
                .chain(&p.far)
        });
        parts.chain([&self.middle, &self.half]).chain(&self.far)
    }
}

/// Where the middle of a pixel of a plane with `n` pixels a side lies in the frame: right and up.
fn middle(i: usize, n: usize) -> Vec2 {
    let at = |k: usize| (k as f32 + 0.5) / n as f32 * 2.0 - 1.0;
    Vec2::new(at(i % n), -at(i / n))
}

/// Where a point of the frame lies in a plane of the maps, in parts of its side, x to the right, y down.
fn spot(p: Vec3) -> Vec2 {
    Vec2::new(p.x + 1.0, 1.0 - p.y) / 2.0
}
