//! The photo's own colours on the parts that it shows, and those of further views on theirs.
//!
//! The model knows roughly what colour a part has; the photo knows exactly, where it shows it. The
//! image encoder says of each cell of the photo which part it shows and where on the figure that is
//! ([`PhotoView`]). From these follow the camera, a layer of the photo for each part in which only that
//! part's colours occur, and a small shift and stretch that lays the layer on the part. What the photo
//! does not show is taken from the other side of the figure, from in front of it where a pattern goes
//! round, or from the model's own colours, moved as far as the photo moved those beside them.
//!
//! Where the parts hardly lie where the photo shows them, as with most creatures that the model has never
//! met, their names say little: such a figure is bent to the outline alone and wears the photo as it is.

use glam::Vec3;
use image::RgbaImage;

use crate::base::numeric::smoothstep;
use crate::figure::proportions::{Move, Moves};
use crate::geometry::{Figurine, Mesh, Part, Placement};
use crate::slots::{Side, Slot};
use camera::PhotoCamera;
use fit::PartWarp;
use photo_layers::PhotoLayers;
use shade::Shade;

pub use crate::photo::framing::Extent;
pub use crate::photo::segmentation::Segmentation;
pub use coat::{Coat, PhotoPainted};
pub use displacement::{Displaced, Displacement};

mod camera;
mod coat;
mod displacement;
mod fit;
mod photo_layers;
mod shade;
mod spread;
mod wrap;

/// A photo of the figure, and what it shows where. Everything lies in the same frame, a square.
pub struct PhotoView {
    /// Square, sRGB, straight alpha, with the subject framed as the encoder saw it and the rest transparent.
    pub picture: RgbaImage,
    /// Which part, and which place of the model's box, each cell of the picture shows.
    pub cells: Segmentation,
    /// The rectangle that the photo itself covers: beyond it nothing is known.
    pub extent: Extent,
}

/// Pixels a side of a photo's colours, at most: pictures hardly have more to say of a figure.
const FINEST: usize = 2048;
/// A photo's colours may be finer than the texture is by this ratio, in pixels a side: a face has more than its share of
/// the texture. A choice that nothing has measured.
const FINER: [usize; 2] = [5, 4];
/// How far a point may lie behind the surface that the camera sees, model units, and still be seen. A choice that nothing
/// has measured.
const BEHIND: f32 = 0.03;
/// The same where another part is what the camera sees there, in shares of [`BEHIND`]. A choice that nothing has measured.
const BEHIND_ANOTHER: f32 = 0.3;
/// How near to the surface that the camera sees a point has to lie to be on it, before or behind, in shares of
/// [`BEHIND`]. A choice that nothing has measured.
const ON_THE_SURFACE: f32 = 2.0;
/// A surface is seen well enough to take colours from where the cosine of the angle between its normal and the way to the
/// camera is at the first of these, and in full where it is this much more. A choice that nothing has measured.
const GRAZING: f32 = 0.05;
const FROM_GRAZING_TO_FULL: f32 = 0.35;

/// A view is refused if the network takes it for one that is turned by more than this from the side that it was given
/// for, degrees.
const ASTRAY: f32 = 75.0;

/// A photo, ready to be compared with figurines.
pub struct Photo {
    layers: PhotoLayers,
    /// A first guess.
    camera: PhotoCamera,
    /// Whether its parts were read as those of another side.
    misread: bool,
    names: Vec<String>,
}

impl Photo {
    /// Prepares a photo for colours at vertices. `None` where fewer than a dozen of its cells show a part, too few to
    /// find its camera.
    pub fn new(view: &PhotoView) -> Option<Self> {
        Self::fine(view, 0)
    }

    /// The same for a texture of so many pixels a side; the photo keeps as many pixels as either has.
    pub fn fine(view: &PhotoView, texture: u32) -> Option<Self> {
        let mut shares = view.cells.shares.iter().flatten();
        if !shares.all(|share| share.is_finite()) {
            return None; // damaged weights have many ways to fail; no colour is to come of it
        }
        let most = (texture as usize * FINER[0] / FINER[1]).clamp(photo_layers::FINE, FINEST);
        let fine = (view.picture.width() as usize).clamp(photo_layers::FINE, most);
        Some(Self {
            camera: PhotoCamera::fit(&view.cells)?,
            layers: PhotoLayers::of(view, fine),
            misread: false,
            names: view.cells.names.clone(),
        })
    }

    /// Whether the first guess of the camera is within 75 degrees of that side.
    pub fn is_from(&self, side: Side) -> bool {
        (self.camera.yaw - side.yaw()).cos() > ASTRAY.to_radians().cos()
    }

    /// The same with its first guess turned to that side, for who knows from where the photo was taken. Its parts then
    /// count as misread: where they lie is believed, which colours are whose is not.
    pub fn said_from(self, side: Side) -> Self {
        Self {
            camera: self.camera.turned(side.yaw() - self.camera.yaw, 0.0),
            misread: true,
            ..self
        }
    }

    /// Finds the camera that shows these parts, each with its name, most like the photo, and how they
    /// then lie on the photo's.
    fn lay(&self, parts: &[(&str, &Mesh)]) -> Registration {
        let known: Vec<(usize, &Mesh)> = (parts.iter())
            .filter_map(|(name, mesh)| Some((index(&self.names, name)?, *mesh)))
            .collect();
        let (agreement, camera) = fit::refine(self.camera, &self.layers, &known);
        let view = fit::PartBuffer::of(&camera, &known, photo_layers::SIDE);
        let warps = fit::warps(&view, &self.layers, self.names.len());
        Registration {
            agreement,
            alike: agreement > ALIKE && !self.misread,
            camera,
            view,
            warps,
        }
    }

    /// How each of these parts has to be moved (model units, at most 0.25) and stretched (1 / 1.15 to 1.4) to lie where
    /// the photo shows it; `None` for those that it does not show. `middles` are those of their boxes, model units.
    pub fn corrections(&self, parts: &[(&str, &Mesh)], middles: &[Vec3]) -> Vec<Option<Placement>> {
        let Registration {
            agreement,
            camera,
            view,
            warps,
            ..
        } = self.lay(parts);
        let trust = trust(agreement);
        let found = |((name, mesh), &middle): (&(&str, &Mesh), &Vec3)| {
            let part = index(&self.names, name)?;
            let alone = fit::PartBuffer::of(&camera, &[(part, *mesh)], photo_layers::SIDE);
            // Of a part that others hide the photo shows neither the middle nor the size.
            let open = view.area(part) as f32 / alone.area(part).max(1) as f32;
            let trusted = warps[part].found
                && open > LEAST_OPEN
                && Slot::of(name).is_none_or(Slot::is_movable);
            trusted.then(|| correction(&camera, &warps[part], middle))
        };
        let mut found: Vec<_> = parts.iter().zip(middles).map(found).collect();
        // What all parts have in common is the camera's fault.
        let count = found.iter().flatten().count().max(1) as f32;
        let common = found.iter().flatten().map(|c| c.shift).sum::<Vec3>() / count;
        for correction in found.iter_mut().flatten() {
            let shift = correction.shift - common;
            let share = 1.0 - SHIFT_NOISE / shift.length().max(SHIFT_NOISE);
            correction.shift = (shift * share).clamp_length_max(MOST_SHIFT) * trust;
            correction.stretch = correction.stretch.powf(trust);
        }
        found
    }

    /// How a figure of these parts, each with its name and its mesh in model units, has to be bent to cover what the photo
    /// shows; a base stays as it is.
    pub fn displacement(&self, parts: &[(&str, &Mesh)]) -> Displacement {
        let registration = self.lay(parts);
        let base =
            index(&self.names, Slot::Base.name()).filter(|&base| registration.view.area(base) > 0);
        Displacement::find(
            &registration.camera,
            &registration.view,
            &self.layers,
            trust(registration.agreement),
            base,
        )
    }

    /// Lays the photo on the parts of a figurine, the one that it shows: of `shown`, those that are no longer
    /// so hide what is behind them, and have nothing of the photo.
    fn registered(
        self,
        parts: &[(&str, &Mesh)],
        shown: &[(&str, &Mesh)],
        changed: &Changed,
    ) -> RegisteredPhoto {
        let mut registration = self.lay(shown);
        let mut tells: Vec<bool> = (registration.warps.iter())
            .map(|warp| warp.trusted || !registration.alike)
            .collect();
        if !changed.names.is_empty() {
            let known: Vec<(usize, &Mesh)> = (parts.iter())
                .filter_map(|(name, mesh)| Some((index(&self.names, name)?, *mesh)))
                .collect();
            registration.view =
                fit::PartBuffer::of(&registration.camera, &known, photo_layers::SIDE);
        }
        for part in changed
            .names
            .iter()
            .filter_map(|name| index(&self.names, name))
        {
            tells[part] = false;
        }
        let mut look = RegisteredPhoto {
            registration,
            layers: self.layers,
            tells,
            shade: Shade::of(&[]),
        };
        look.shade = look.light(parts, &self.names);
        look
    }
}

/// Parts of a figurine, laid on the photo.
struct Registration {
    /// The share of photo and figurine together where both show the same part, `0..=1`.
    agreement: f32,
    /// Whether that is enough for a part to take its colours only from pixels that show it.
    alike: bool,
    camera: PhotoCamera,
    view: fit::PartBuffer,
    /// By the place of the part among the names.
    warps: Vec<PartWarp>,
}

/// Share of a part's pixels that no other part may hide, for a correction. A choice that nothing has measured.
const LEAST_OPEN: f32 = 0.7;

/// No correction moves a part farther, model units, or stretches it more than this: larger ones, taken twice, made the
/// front look better and the parts worse (`training/NOTEBOOK.md`, "Reading a photo"). Shrinking has a limit of its own,
/// for smaller parts leave gaps. The numbers themselves are a choice that nothing has measured.
const MOST_SHIFT: f32 = 0.25;
const MOST_STRETCH: f32 = 1.4;
const MOST_SHRINKING: f32 = 1.15;
/// At this agreement of photo and figurine and below no part is corrected; at the second one and above every part is
/// corrected in full, and takes its colours only from pixels that show it. A choice that nothing has measured.
const UNLIKE: f32 = 0.4;
const ALIKE: f32 = 0.55;
/// Corrections smaller than this are noise, and larger ones are taken less by as much: a shift in model units, a stretch
/// as the logarithm of its factor. A choice that nothing has measured.
const SHIFT_NOISE: f32 = 0.03;
const STRETCH_NOISE: f32 = 0.1;

/// How much of a correction is applied, `0..=1`, given the agreement of photo and figurine: a photo that the figurine
/// hardly looks like would move its parts to wrong places.
fn trust(agreement: f32) -> f32 {
    ((agreement - UNLIKE) / (ALIKE - UNLIKE)).clamp(0.0, 1.0)
}

/// What the warp does to the picture of a part, done to the part; of the depth, which the photo
/// does not show, only the stretch is guessed, from the other two.
fn correction(camera: &PhotoCamera, warp: &PartWarp, middle: Vec3) -> Placement {
    let at = camera.project(middle);
    let shift = camera.step(warp.map.transform_point2(at) - at);
    let (x, y) = (
        warp.map.matrix2.x_axis.x.ln(),
        warp.map.matrix2.y_axis.y.ln(),
    );
    let [across, down, towards] = camera.axes();
    let along = |k: usize| {
        let depth = (x + y) / 2.0;
        let log = across[k].powi(2) * x + down[k].powi(2) * y + towards[k].powi(2) * depth;
        let log = log - log.clamp(-STRETCH_NOISE, STRETCH_NOISE);
        log.exp().clamp(1.0 / MOST_SHRINKING, MOST_STRETCH)
    };
    Placement {
        shift,
        stretch: Vec3::new(along(0), along(1), along(2)),
    }
}

/// The parts that words changed, which the photo therefore does not show.
#[derive(Default)]
pub struct Changed {
    /// Their names; empty where no words were given, or where they changed nothing.
    pub names: Vec<String>,
    /// The parts as they were without the words: about what the photo shows there. Model units.
    pub before: Vec<Part>,
}

/// Colours figurines from photos.
pub struct Painter {
    /// The photo, and further views.
    photos: Vec<RegisteredPhoto>,
    names: Vec<String>,
    /// By the place of the part among the names, where a part went that the photos show in another place.
    moves: Vec<Option<Move>>,
}

/// A photo, laid on the parts of a figurine.
struct RegisteredPhoto {
    registration: Registration,
    layers: PhotoLayers,
    /// By the place of the part among the names, whether the photo says anything of it.
    tells: Vec<bool>,
    shade: Shade,
}

impl Painter {
    /// Lays photos of one figure on a figurine (model units), the one from the front first. `None` without a photo.
    pub fn new(photos: Vec<Photo>, figurine: &Figurine, changed: &Changed) -> Option<Self> {
        let names = photos.first()?.names.clone();
        fn named(part: &Part) -> (&str, &Mesh) {
            (&part.name, &part.mesh)
        }
        let parts: Vec<_> = figurine.parts.iter().map(named).collect();
        let still = |part: &&Part| !changed.names.contains(&part.name);
        let shown: Vec<_> = (figurine.parts.iter().filter(still))
            .chain(&changed.before)
            .map(named)
            .collect();
        let look = |photo: Photo| photo.registered(&parts, &shown, changed);
        let photos = photos.into_iter().map(look).collect();
        let moves = vec![None; names.len()];
        Some(Self {
            photos,
            names,
            moves,
        })
    }

    /// Colours the parts of that figurine once they are moved; `moves` are in model units.
    pub fn moved(mut self, moves: &Moves) -> Self {
        self.moves = (self.names.iter())
            .map(|name| moves.of(name).cloned())
            .collect();
        self
    }

    /// Where a point of a part is on what the photos show.
    fn unmoved(&self, part: usize, p: Vec3) -> Vec3 {
        self.moves[part].as_ref().map_or(p, |to| to.back(p))
    }

    /// Which way the surface of a part, that faces along `normal` at a point now, faces on what the photos show.
    fn faced(&self, part: usize, p: Vec3, normal: Vec3) -> Vec3 {
        self.moves[part]
            .as_ref()
            .map_or(normal, |to| to.faced(p, normal))
    }

    /// Of the first photo: from where the photo was taken, degrees: how far the figure's face is turned to the picture's
    /// right, and how far the camera looks down on it.
    pub fn angles(&self) -> (f32, f32) {
        let camera = &self.photos[0].registration.camera;
        (camera.yaw.to_degrees(), camera.pitch.to_degrees())
    }

    /// Of the first photo: the share of it and the figurine together where both show the same part, `0..=1`.
    pub fn agreement(&self) -> f32 {
        self.photos[0].registration.agreement
    }
}

/// Points of each part that tell how the photo was lit. A choice that nothing has measured.
const LIT: usize = 600;
/// A point tells it only where what the photo shows of it counts more than this, `0..=1`. A choice that nothing has
/// measured.
const LIT_SEEN: f32 = 0.3;
/// Brightness of the three channels of sRGB (Rec. 601).
const LUMA: Vec3 = Vec3::new(0.299, 0.587, 0.114);

impl RegisteredPhoto {
    fn light(&self, parts: &[(&str, &Mesh)], names: &[String]) -> Shade {
        let samples = |(name, mesh): &(&str, &Mesh)| {
            let part = index(names, name)?;
            let every = mesh.positions.len().div_ceil(LIT).max(1);
            let points = mesh.positions.iter().zip(&mesh.normals).step_by(every);
            let seen = points.filter(|(p, n)| self.facing(**n) * self.shows(part, **p) > LIT_SEEN);
            Some(
                seen.map(|(&p, &n)| (n, self.colour(part, p).dot(LUMA)))
                    .collect(),
            )
        };
        Shade::of(&parts.iter().filter_map(samples).collect::<Vec<_>>())
    }

    /// What the photo shows at a point of a part, without the light that fell on it, and how much that
    /// counts, `0..=1`.
    fn seen(&self, part: usize, p: Vec3, normal: Vec3) -> (Vec3, f32) {
        let weight = self.facing(normal) * self.shows(part, p);
        match weight > 0.0 {
            true => (self.colour(part, p) * self.shade.gain(normal), weight),
            false => (Vec3::ZERO, 0.0),
        }
    }

    fn facing(&self, normal: Vec3) -> f32 {
        let cosine = normal.dot(self.registration.camera.towards());
        smoothstep(((cosine - GRAZING) / FROM_GRAZING_TO_FULL).clamp(0.0, 1.0))
    }

    /// Whether nothing hides a point of the part.
    fn shows(&self, part: usize, p: Vec3) -> f32 {
        let at = self.registration.camera.project(p);
        if !self.layers.extent.holds(at) {
            return 0.0;
        }
        let hidden = match self.registration.view.at(at) {
            Some((depth, front)) if front != part => {
                depth > self.registration.camera.depth(p) + BEHIND_ANOTHER * BEHIND
            }
            Some((depth, _)) => depth > self.registration.camera.depth(p) + BEHIND,
            None => false,
        };
        f32::from(u8::from(self.tells[part] && !hidden))
    }

    /// Whether a point lies on the surface that the camera sees.
    fn touches(&self, p: Vec3) -> f32 {
        let near = (self
            .registration
            .view
            .at(self.registration.camera.project(p)))
        .is_some_and(|(depth, _)| {
            (depth - self.registration.camera.depth(p)).abs() < ON_THE_SURFACE * BEHIND
        });
        f32::from(u8::from(near))
    }

    fn colour(&self, part: usize, p: Vec3) -> Vec3 {
        let at = self.registration.camera.project(p);
        if !self.registration.alike {
            return self.layers.colour(None, at);
        }
        let at = self.registration.warps[part].map.transform_point2(at);
        self.layers.colour(Some(part), at)
    }
}

fn index(names: &[String], name: &str) -> Option<usize> {
    names.iter().position(|known| known == name)
}

/// The part of the same slot on the other side of the figure: of an arm the other arm.
fn twin(names: &[String], part: usize) -> Option<usize> {
    index(names, Slot::of(&names[part])?.twin()?.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_photo_that_the_figurine_hardly_looks_like_moves_nothing() {
        assert_eq!(trust(0.4), 0.0);
        assert_eq!(trust(0.55), 1.0);
        assert!((trust(0.475) - 0.5).abs() < 1e-5);
    }
}
