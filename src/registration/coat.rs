//! Colours of points: what the photos show of them, and what is to be thought of the rest.

use glam::Vec3;
use rayon::prelude::*;

use super::{Painter, RegisteredPhoto, index, spread, twin, wrap};
use crate::base::colour::best_seen;
use crate::geometry::{Field, Mesh, Spot};
use crate::slots::Slot;
use crate::surface::assemble::{colours, paint};

/// What the other side of the figure says of a point counts so much, where what the photo shows counts
/// 1. A choice that nothing has measured.
const MIRRORED: f32 = 0.4;
/// The other side is asked only where what the photos show of a point counts no more than this, `0..=1`. A choice that
/// nothing has measured.
const HARDLY_SEEN: f32 = 0.05;
/// How much what lies half way to its neighbours counts for a vertex, beside the vertex itself: more than half, or the
/// rim between two colours has teeth (`training/NOTEBOOK.md`, "The colours of what a photo shows").
const AROUND: f32 = 0.6;
/// How much less than the rim of what a photo shows its middle counts for what no photo shows: with both alike, an
/// astronaut's helmet was the brown between suit and visor behind (`training/NOTEBOOK.md`, as above).
const MIDDLE: f32 = 0.95;

impl Painter {
    /// Colours a part: the photos where they show it, elsewhere the colours of `field`, moved as far as
    /// they moved their neighbours, and over these the patterns that go round. `name` is the part's, `mesh` has its final
    /// vertices (model units) and normals (unit length), and gets the colours, sRGB `0..=1`. What is given back colours
    /// the points between the vertices alike.
    ///
    /// # Errors
    /// Those of the field.
    pub fn paint<'a>(
        &'a self,
        name: &str,
        mesh: &mut Mesh,
        field: &'a dyn Field,
    ) -> anyhow::Result<Coat<'a>> {
        paint(mesh, field)?;
        let Some(part) = index(&self.names, name) else {
            return Ok(Coat::plain(field));
        };
        let seen = around(mesh, |p, n| self.seen(part, p, n));
        let shifts = spread::shifts(mesh, &seen, &self.rim(part, mesh));
        let through = around(mesh, |p, n| self.through(part, p, n));
        let moved = mesh.colours.iter().zip(&shifts);
        let expected: Vec<Vec3> = moved.map(|(&c, shift)| Vec3::from(c) + *shift).collect();
        let wraps = wrap::weights(mesh, &expected, &through);
        for (i, colour) in mesh.colours.iter_mut().enumerate() {
            let through = (through[i].0, wraps[i]);
            *colour = spread::blended(*colour, shifts[i], [through, seen[i]]);
        }
        Ok(Coat {
            field,
            painter: Some((self, part)),
            shifts,
            wraps,
        })
    }

    /// How much each vertex has to say of what no photo shows, `0..=1`: most at the rim of what the first photo shows, for
    /// the unseen side is rather like that than like the middle, where a face, a visor or a picture may be.
    fn rim(&self, part: usize, mesh: &Mesh) -> Vec<f32> {
        let towards = self.photos[0].registration.camera.towards();
        let say = |(&p, &n): (&Vec3, &Vec3)| {
            let facing = self.faced(part, p, n).dot(towards);
            1.0 - MIDDLE * facing.clamp(0.0, 1.0)
        };
        mesh.positions.iter().zip(&mesh.normals).map(say).collect()
    }

    /// What the photos show at a point of a part, and how much that counts, `0..=1`.
    fn seen(&self, part: usize, p: Vec3, normal: Vec3) -> (Vec3, f32) {
        let normal = self.faced(part, p, normal);
        let p = self.unmoved(part, p);
        let here = self.mixed(|look| look.seen(part, p, normal));
        if here.1 > HARDLY_SEEN {
            return here;
        }
        let Some(twin) = self.mirrored(part) else {
            return (Vec3::ZERO, 0.0);
        };
        let flip = Vec3::new(-1.0, 1.0, 1.0);
        let (p, normal) = (p * flip, normal * flip);
        let (colour, weight) = self.mixed(|look| {
            // The figure is only about symmetric: what is not near its surface says nothing.
            let (colour, weight) = look.seen(twin, p, normal);
            (colour, weight * look.touches(p))
        });
        (colour, MIRRORED * weight)
    }

    /// The part on the other side: an arm's is the other arm, a head's the head; held things have none.
    fn mirrored(&self, part: usize) -> Option<usize> {
        let mirrored = Slot::of(&self.names[part]).is_none_or(Slot::is_symmetric);
        mirrored.then(|| twin(&self.names, part).unwrap_or(part))
    }

    /// What all photos show of a point, as [`best_seen`] mixes it.
    fn mixed(&self, seen: impl Fn(&RegisteredPhoto) -> (Vec3, f32)) -> (Vec3, f32) {
        best_seen(self.photos.iter().map(seen))
    }
}

/// By vertex, what is known in it and half way to its neighbours in the mean, and how much that counts in it, `0..=1`:
/// a rim between two colours that passes between vertices is soft then, where it would have teeth.
fn around(mesh: &Mesh, known: impl Fn(Vec3, Vec3) -> (Vec3, f32) + Sync) -> Vec<(Vec3, f32)> {
    let own: Vec<(Vec3, f32)> = (mesh.positions.par_iter().zip(&mesh.normals))
        .map(|(&p, &n)| known(p, n))
        .collect();
    // Of a closed mesh each edge is walked once either way.
    let edges: Vec<[usize; 2]> = (mesh.triangles.iter())
        .flat_map(|&[a, b, c]| [[a, b], [b, c], [c, a]])
        .filter(|[from, to]| from < to)
        .map(|edge| edge.map(|v| v as usize))
        .collect();
    let halfway: Vec<(Vec3, f32)> = (edges.par_iter())
        .map(|&[a, b]| {
            let p = (mesh.positions[a] + mesh.positions[b]) / 2.0;
            let n = (mesh.normals[a] + mesh.normals[b]).normalize_or_zero();
            known(p, n)
        })
        .collect();
    let mut near = vec![(Vec3::ZERO, 0.0f32); own.len()];
    for (ends, (colour, weight)) in edges.iter().zip(halfway) {
        for &end in ends {
            near[end].0 += colour * weight;
            near[end].1 += weight;
        }
    }
    let mean = |(own, near): (&(Vec3, f32), (Vec3, f32))| match near.1 > 0.0 {
        true => (own.0.lerp(near.0 / near.1, AROUND), own.1),
        false => *own,
    };
    own.iter().zip(near).map(mean).collect()
}

/// The colours of a painted part at any point of its surface.
pub struct Coat<'a> {
    field: &'a dyn Field,
    painter: Option<(&'a Painter, usize)>,
    /// By vertex, how far the photos moved the colours of the field.
    shifts: Vec<Vec3>,
    /// By vertex, how much what is seen through the part counts.
    wraps: Vec<f32>,
}

impl<'a> Coat<'a> {
    /// The colours of the field, as they are.
    pub fn plain(field: &'a dyn Field) -> Self {
        Self {
            field,
            painter: None,
            shifts: Vec::new(),
            wraps: Vec::new(),
        }
    }

    /// The sRGB colours, `0..=1`, one a spot, of points of `mesh`, which is the one that was painted: at a vertex that
    /// vertex's own.
    ///
    /// # Errors
    /// Those of the field.
    pub fn colours(&self, mesh: &Mesh, spots: &[Spot]) -> anyhow::Result<Vec<[f32; 3]>> {
        let nothing = (Vec3::ZERO, 0.0);
        let seen: Vec<(Vec3, f32)> = (spots.par_iter())
            .map(|spot| match self.painter {
                Some((painter, part)) => painter.seen(part, spot.position, spot.normal),
                None => nothing,
            })
            .collect();
        // Where a photo says all, the field is not asked: that is most of the work.
        let open = |(_, seen): &(&Spot, &(Vec3, f32))| seen.1 < 1.0;
        let asked: Vec<Vec3> = (spots.iter().zip(&seen).filter(open))
            .map(|(spot, _)| spot.position)
            .collect();
        let mut own = colours(self.field, &asked)?.into_iter();
        let colour = |(spot, seen): (&Spot, &(Vec3, f32))| match open(&(spot, seen)) {
            true => self.unseen(mesh, spot, own.next().unwrap_or_default(), *seen),
            false => seen.0.clamp(Vec3::ZERO, Vec3::ONE).to_array(),
        };
        Ok(spots.iter().zip(&seen).map(colour).collect())
    }

    /// The colour of a spot of which the photos do not say all, given that of the field and what they say.
    fn unseen(&self, mesh: &Mesh, spot: &Spot, own: [f32; 3], seen: (Vec3, f32)) -> [f32; 3] {
        let Some((painter, part)) = self.painter else {
            return own;
        };
        let (colour, known) = painter.through(part, spot.position, spot.normal);
        let through = (colour, known * spot.mix(mesh, &self.wraps));
        spread::blended(own, spot.mix(mesh, &self.shifts), [through, seen])
    }
}

/// A part's field with the photo's colours, sRGB `0..=1`, where that shows it.
pub struct PhotoPainted<'a> {
    field: &'a dyn Field,
    painter: Option<(&'a Painter, usize)>,
}

impl<'a> PhotoPainted<'a> {
    /// Without a painter, or for a part that it does not know, the field as it is.
    pub fn new(name: &str, field: &'a dyn Field, painter: Option<&'a Painter>) -> Self {
        let painter = painter.and_then(|p| Some((p, index(&p.names, name)?)));
        Self { field, painter }
    }
}

impl Field for PhotoPainted<'_> {
    fn distance(&self, points: &[Vec3]) -> anyhow::Result<Vec<f32>> {
        self.field.distance(points)
    }

    fn colour(&self, points: &[Vec3]) -> anyhow::Result<Vec<[f32; 3]>> {
        let shown: Vec<Option<Vec3>> = match self.painter {
            Some((painter, part)) => (points.iter())
                .map(|&p| {
                    let p = painter.unmoved(part, p);
                    let look = painter.photos.iter().find(|look| look.shows(part, p) > 0.0);
                    look.map(|look| look.colour(part, p))
                })
                .collect(),
            None => vec![None; points.len()],
        };
        // Only what no photo shows is asked for: that is most of the work.
        let hidden = (points.iter().zip(&shown)).filter(|(_, shown)| shown.is_none());
        let asked: Vec<Vec3> = hidden.map(|(&p, _)| p).collect();
        let mut own = colours(self.field, &asked)?.into_iter();
        let colour = |shown: Option<Vec3>| match shown {
            Some(colour) => colour.to_array(),
            None => own.next().unwrap_or_default(),
        };
        Ok(shown.into_iter().map(colour).collect())
    }

    fn bounds(&self) -> (Vec3, Vec3) {
        self.field.bounds()
    }
}
