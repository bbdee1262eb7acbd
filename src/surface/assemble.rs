//! From one field a part to a figurine: no fragments, no overlaps, coloured.

use std::ops::Range;

use anyhow::Context;
use glam::Vec3;
use rayon::prelude::*;

use super::dual_contouring::{ExtractError, Net};
use super::partition::{self, Borders, Known, Owned};
use crate::geometry::{Field, Figurine, Mesh, Part, Peg, normals, one_a_point};

/// How [`assemble`] works.
#[derive(Clone, Debug)]
pub struct AssembleOptions {
    /// Cells across the model's box.
    pub resolution: usize,
    /// Give each point to one part, so that parts touch and never overlap.
    pub disjoint: bool,
    /// Pieces below this share of their part's volume are dropped, `0..1`.
    pub fragment_share: f32,
    /// Pegs in their sockets: neighbours are not joined across the gap between them.
    pub pegs: Vec<Peg>,
    /// Colour the vertices; or else they stay grey, for whoever has better colours than the fields'.
    pub colours: bool,
}

impl Default for AssembleOptions {
    fn default() -> Self {
        Self {
            resolution: 128, // the figurine model resolves no more, and the work grows with the square
            disjoint: true,
            fragment_share: 0.01,
            pegs: Vec::new(),
            colours: true,
        }
    }
}

/// Loose pieces and inner voids that were dropped from a part.
#[derive(Clone, Debug, PartialEq)]
pub struct Fragments {
    /// The part's name.
    pub part: String,
    /// How many pieces.
    pub pieces: usize,
    /// Their share of the part's volume, `0..1`.
    pub share: f32,
}

/// A figurine and what there is to say about how it came about.
#[derive(Clone, Debug, Default)]
pub struct Assembly {
    /// The parts that exist, in the order of their fields.
    pub figurine: Figurine,
    /// Names of the parts whose field has no surface worth the name, or none outside the other parts.
    pub empty: Vec<String>,
    /// What was dropped, by part.
    pub fragments: Vec<Fragments>,
}

/// Extracts, cleans and colours every part of `fields`, named and in order.
///
/// With [`AssembleOptions::disjoint`] a point inside several parts belongs to the last of them, but
/// just below the skin to the one that it is deepest in: `border` says why. Where parts touch they
/// have the same vertices and the same triangles, turned over.
///
/// # Errors
/// A field that fails, with the part's name. A part without surface is no error but listed in
/// [`Assembly::empty`].
pub fn assemble(
    fields: &[(String, &dyn Field)],
    options: &AssembleOptions,
) -> anyhow::Result<Assembly> {
    let mut out = Assembly::default();
    let known: Vec<Known> = fields.iter().map(|f| Known::new(f.1)).collect();
    let net = |i: usize| {
        let owned = owned(&known, i, options);
        (Net::of(&owned, options.resolution), !owned.later.is_empty())
    };
    let all: Vec<_> = (0..fields.len()).into_par_iter().map(net).collect();
    let (mut nets, mut made) = (Vec::new(), Vec::new());
    for (i, (net, hollowed)) in all.into_iter().enumerate() {
        let (name, _) = &fields[i];
        match net {
            Ok(net) => {
                nets.push(net);
                made.push((i, hollowed));
            }
            Err(ExtractError::NoSurface) => out.empty.push(name.clone()),
            Err(ExtractError::Field(e)) => {
                return Err(e.context(format!("the part `{name}` failed")));
            }
        }
    }
    let borders = if options.disjoint {
        partition::join(&mut nets, |p| options.pegs.iter().any(|peg| peg.parts(p)))
    } else {
        Borders::default()
    };
    let meshes = nets.into_iter().map(Net::mesh);
    let mut parts: Vec<(&Known, Mesh)> = made.iter().map(|&(i, _)| &known[i]).zip(meshes).collect();
    partition::settle(&mut parts, &borders, cell(options))
        .context("the parts cannot be fitted together")?;
    for ((_, mut mesh), (i, hollowed)) in parts.into_iter().zip(made) {
        let (name, _) = &fields[i];
        let (pieces, share) = drop_fragments(&mut mesh, options.fragment_share, hollowed);
        if mesh.triangles.is_empty() {
            out.empty.push(name.clone()); // nothing but voids and fragments
            continue;
        }
        if pieces > 0 {
            out.fragments.push(Fragments {
                part: name.clone(),
                pieces,
                share,
            });
        }
        out.figurine.parts.push(Part {
            name: name.clone(),
            mesh,
        });
    }
    if options.colours {
        paint_all(&mut out.figurine, fields)?;
    }
    Ok(out)
}

fn cell(options: &AssembleOptions) -> f32 {
    2.0 / options.resolution.max(2) as f32
}

/// What part `i` owns, beside those that it can touch.
fn owned<'a>(known: &'a [Known<'a>], i: usize, options: &AssembleOptions) -> Owned<'a> {
    let touching = |j: usize, to: Range<usize>| -> Vec<usize> {
        let touches = |&k: &usize| options.disjoint && known[j].touches(&known[k]);
        to.filter(touches).collect()
    };
    let fields = |numbers: Vec<usize>| numbers.into_iter().map(|k| &known[k]).collect();
    let later = touching(i, i + 1..known.len()).into_iter();
    Owned {
        own: &known[i],
        earlier: fields(touching(i, 0..i)),
        later: later
            .map(|j| (&known[j], fields(touching(j, 0..j))))
            .collect(),
        bevel: cell(options),
    }
}

/// Colours every part from its field, by name; a part without a field keeps its colours.
///
/// # Errors
/// Those of the fields, with the part's name.
pub(crate) fn paint_all(
    figurine: &mut Figurine,
    fields: &[(String, &dyn Field)],
) -> anyhow::Result<()> {
    let parts = figurine.parts.par_iter_mut();
    parts.try_for_each(
        |Part { name, mesh }| match fields.iter().find(|f| f.0 == *name) {
            Some((_, field)) => {
                paint(mesh, *field).with_context(|| format!("the part `{name}` cannot be coloured"))
            }
            None => Ok(()),
        },
    )
}

/// Colours every vertex of `mesh` from `field`.
///
/// # Errors
/// As those of `colours`.
pub fn paint(mesh: &mut Mesh, field: &dyn Field) -> anyhow::Result<()> {
    mesh.colours = colours(field, &mesh.positions)?;
    Ok(())
}

/// The field's colours at some points, `0..=1` whatever it says.
///
/// # Errors
/// Those of the field, and a field that does not give one colour a point.
pub(crate) fn colours(field: &dyn Field, points: &[Vec3]) -> anyhow::Result<Vec<[f32; 3]>> {
    if points.is_empty() {
        return Ok(Vec::new());
    }
    let colours = field.colour(points)?;
    one_a_point("colours", colours.len(), points.len())?;
    let sound = |c: [f32; 3]| {
        c.map(|v| {
            if v.is_finite() {
                v.clamp(0.0, 1.0)
            } else {
                0.5
            }
        })
    };
    Ok(colours.into_iter().map(sound).collect())
}

/// Drops the pieces below `least` of the volume, and inner voids (which hold resin and cannot be
/// seen) unless `hollowed` by another part. Returns how many went and their share of the volume.
pub(crate) fn drop_fragments(mesh: &mut Mesh, least: f32, hollowed: bool) -> (usize, f32) {
    let (piece, volumes) = volumes(mesh);
    let whole: f64 = volumes.iter().filter(|v| **v > 0.0).sum();
    let largest = volumes.iter().copied().fold(0.0, f64::max);
    let small = |v: f64| v.abs() < f64::from(least) * whole && v < largest;
    let drop: Vec<bool> = volumes
        .iter()
        .map(|&v| small(v) || (v < 0.0 && !hollowed))
        .collect();
    let gone = drop.iter().filter(|d| **d).count();
    if gone == 0 {
        return (0, 0.0);
    }
    let lost: f64 = volumes
        .iter()
        .zip(&drop)
        .filter(|(_, d)| **d)
        .map(|(v, _)| v.abs())
        .sum();
    mesh.triangles
        .retain(|t| !drop[piece[t[0] as usize] as usize]);
    let keep: Vec<bool> = piece.iter().map(|&p| !drop[p as usize]).collect();
    compact(mesh, &keep);
    normals::smooth(mesh);
    (gone, (lost / whole.max(f64::MIN_POSITIVE)) as f32)
}

/// The connected piece of each vertex, and what each of the pieces encloses: below 0 it is a void.
pub(crate) fn volumes(mesh: &Mesh) -> (Vec<u32>, Vec<f64>) {
    let piece = pieces(mesh);
    let count = piece.iter().max().map_or(0, |&m| m as usize + 1);
    let mut volumes = vec![0.0f64; count];
    for t in &mesh.triangles {
        let [a, b, c] = t.map(|v| mesh.positions[v as usize].as_dvec3());
        volumes[piece[t[0] as usize] as usize] += a.dot(b.cross(c)) / 6.0;
    }
    (piece, volumes)
}

/// The connected piece of each vertex, counted from 0.
fn pieces(mesh: &Mesh) -> Vec<u32> {
    let mut sets = mesh.connected();
    let (mut number, mut count) = (vec![0; mesh.positions.len()], 0);
    for v in 0..number.len() {
        let first = sets.of(v);
        if first == v {
            number[v] = count;
            count += 1;
        } else {
            number[v] = number[first];
        }
    }
    number
}

/// Removes the vertices that are not kept; no triangle may use them.
pub(crate) fn compact(mesh: &mut Mesh, keep: &[bool]) {
    let mut next = 0;
    let number: Vec<u32> = (keep.iter())
        .map(|&kept| {
            let n = next;
            next += u32::from(kept);
            n
        })
        .collect();
    let mut kept = keep.iter();
    mesh.positions.retain(|_| *kept.next().unwrap_or(&false));
    let mut kept = keep.iter();
    mesh.normals.retain(|_| *kept.next().unwrap_or(&false));
    let mut kept = keep.iter();
    mesh.colours.retain(|_| *kept.next().unwrap_or(&false));
    for t in &mut mesh.triangles {
        *t = t.map(|v| number[v as usize]);
    }
}
