//! All parts as one closed mesh: what neighbours share goes, the skin that one sees stays.

use std::collections::{HashMap, HashSet};

use glam::{Vec2, Vec3};

use super::assemble::{compact, volumes};
use super::simplify::points;
use crate::geometry::{Figurine, Mesh, Part, Texture, normals};

/// How far two sheets that touch along a line are drawn apart, model units: a slicer's welding would
/// join them again if they were at one place, and no printer shows it.
const GAP: f32 = 2e-4;
/// A piece of less than this share of the largest one's volume is a crumb: of a figure 100 mm high a tenth of a cubic
/// millimetre, which is less than a printer's nozzle lays down at once.
const CRUMB: f64 = 1e-6;

/// One part, `figurine`, with the skin and the colours of all parts. Nothing for no parts.
///
/// Where parts are disjoint and share their borders, as those of [`assemble`](super::assemble::assemble)
/// do, also simplified, it is closed and manifold.
pub fn unite(figurine: &Figurine) -> Figurine {
    let (mut mesh, mut faces) = split_fans(skin(figurine));
    split_seams(&mut mesh, &mut faces);
    drop_voids_and_crumbs(&mut mesh, &mut faces);
    normals::smooth(&mut mesh);
    let texture = figurine.texture.as_ref().map(|texture| Texture {
        picture: texture.picture.clone(),
        corners: vec![faces.iter().map(|face| face.corners).collect()],
    });
    let part = |mesh| Part {
        name: "figurine".into(),
        mesh,
    };
    let parts = (!mesh.triangles.is_empty()).then(|| part(mesh));
    Figurine {
        parts: parts.into_iter().collect(),
        texture,
    }
}

/// The triangles that only one part has. Its vertices are those of the parts: each part keeps its
/// own colour at a border, so there may be several at a place; `points` numbers the places.
struct Skin {
    mesh: Mesh,
    /// By vertex.
    points: Vec<u32>,
    /// By triangle.
    faces: Vec<Known>,
}

/// What there is to know of a triangle of the skin.
#[derive(Clone, Copy)]
struct Known {
    /// Which part it is of.
    part: usize,
    /// Where its corners lie in the texture, if there is one.
    corners: [Vec2; 3],
}

fn skin(figurine: &Figurine) -> Skin {
    let mut skin = Skin {
        mesh: Mesh::default(),
        points: points(figurine).concat(),
        faces: Vec::new(),
    };
    let hidden = between_parts(figurine);
    for (i, part) in figurine.parts.iter().enumerate() {
        let first = skin.mesh.positions.len() as u32;
        skin.mesh.positions.extend(&part.mesh.positions);
        skin.mesh.colours.extend(&part.mesh.colours);
        for (t, corners) in part.mesh.triangles.iter().enumerate() {
            if !hidden[i][t] {
                skin.mesh.triangles.push(corners.map(|v| v + first));
                let texture = figurine.texture.as_ref();
                skin.faces.push(Known {
                    part: i,
                    corners: texture.map_or([Vec2::ZERO; 3], |texture| texture.corners[i][t]),
                });
            }
        }
    }
    skin
}

/// By part and triangle, whether it is the border to another part, which has the same, turned over.
pub(crate) fn between_parts(figurine: &Figurine) -> Vec<Vec<bool>> {
    let is_border = |part: Vec<Option<Face>>| part.iter().map(Option::is_some).collect();
    across(figurine).into_iter().map(is_border).collect()
}

/// A triangle of a figurine: its part, and its number there.
pub(crate) type Face = (usize, usize);

/// By part and triangle, the triangle of another part that is the same, turned over.
pub(crate) fn across(figurine: &Figurine) -> Vec<Vec<Option<Face>>> {
    let points = points(figurine);
    let turned = |t: [u32; 3]| {
        let least = (0..3).min_by_key(|&k| t[k]).unwrap_or(0);
        [0, 1, 2].map(|k| t[(least + k) % 3])
    };
    let place = |part: usize, t: &[u32; 3]| t.map(|v| points[part][v as usize]);
    let parts = || figurine.parts.iter().map(|p| &p.mesh.triangles).enumerate();
    let all: HashMap<[u32; 3], Face> = parts()
        .flat_map(|(i, triangles)| triangles.iter().enumerate().map(move |(n, t)| ((i, n), t)))
        .map(|(face, t)| (turned(place(face.0, t)), face))
        .collect();
    let other = |i: usize, t: &[u32; 3]| {
        let [a, b, c] = place(i, t);
        all.get(&turned([c, b, a])).copied()
    };
    parts()
        .map(|(i, triangles)| triangles.iter().map(|t| other(i, t)).collect())
        .collect()
}

/// Makes one vertex of those at a place, or one for each fan of triangles where several meet there.
/// Gives the mesh and what is known of each triangle.
fn split_fans(skin: Skin) -> (Mesh, Vec<Known>) {
    let Skin {
        mesh,
        points,
        faces,
    } = skin;
    let place = |v: u32| points[v as usize];
    let mut at: HashMap<u32, Vec<(usize, usize)>> = HashMap::new();
    let mut sides: HashMap<(u32, u32), Vec<(usize, usize)>> = HashMap::new();
    for (t, corners) in mesh.triangles.iter().enumerate() {
        for k in 0..3 {
            let (here, next) = (place(corners[k]), place(corners[(k + 1) % 3]));
            at.entry(here).or_default().push((t, k));
            sides.entry((here, next)).or_default().push((t, k));
        }
    }
    // Across each edge: the one triangle there, or of several the one of the same part, by its vertices.
    let across = |t: usize, k: usize| -> Option<usize> {
        let corners = mesh.triangles[t];
        let (here, next) = (corners[k], corners[(k + 1) % 3]);
        let there = sides.get(&(place(next), place(here)))?;
        let own = there.iter().find(|(other, j)| {
            let other = mesh.triangles[*other];
            other[*j] == next && other[(j + 1) % 3] == here
        });
        let alone = sides[&(place(here), place(next))].len() == 1 && there.len() == 1;
        let found = if alone { there.first() } else { own };
        found.map(|side| side.0)
    };
    let mut out = Mesh {
        triangles: mesh.triangles.clone(),
        ..Mesh::default()
    };
    let mut places: Vec<u32> = at.keys().copied().collect();
    places.sort_unstable();
    for point in places {
        let fans = fans_of(at.remove(&point).unwrap_or_default(), &across);
        let many = fans.len() > 1;
        for fan in fans {
            let index = out.positions.len() as u32;
            let (mut normal, mut colour) = (Vec3::ZERO, Vec3::ZERO);
            for &(t, k) in &fan {
                let corners = mesh.triangles[t];
                normal += normals::face(corners.map(|v| mesh.positions[v as usize]));
                colour += Vec3::from(mesh.colours[corners[k] as usize]);
                out.triangles[t][k] = index;
            }
            let (t, k) = fan[0];
            let position = mesh.positions[mesh.triangles[t][k] as usize];
            let inward = if many {
                normal.normalize_or_zero() * GAP
            } else {
                Vec3::ZERO
            };
            out.positions.push(position - inward);
            out.colours.push((colour / fan.len() as f32).to_array());
        }
    }
    (out, faces)
}

/// The corners at one place, each a triangle and which of its three it is, by the fan that they are in: `across` gives the
/// triangle behind the side that begins at a corner.
fn fans_of(
    mut left: Vec<(usize, usize)>,
    across: &impl Fn(usize, usize) -> Option<usize>,
) -> Vec<Vec<(usize, usize)>> {
    let mut fans = Vec::new();
    while let Some(start) = left.pop() {
        let mut fan = vec![start];
        let mut walked = 0;
        while walked < fan.len() {
            let (t, k) = fan[walked];
            walked += 1;
            for other in [across(t, k), across(t, (k + 2) % 3)].into_iter().flatten() {
                if let Some(i) = left.iter().position(|l| l.0 == other) {
                    fan.push(left.swap_remove(i));
                }
            }
        }
        fans.push(fan);
    }
    fans
}

/// Drops the skin of voids between parts: they hold resin, nobody sees them, and slicers count them as bodies. And
/// crumbs, which touched the rest at one point before the sheets were drawn apart there.
fn drop_voids_and_crumbs(mesh: &mut Mesh, faces: &mut Vec<Known>) {
    let (piece, volumes) = volumes(mesh);
    let least = CRUMB * volumes.iter().copied().fold(0.0, f64::max);
    let keep: Vec<bool> = (piece.iter())
        .map(|&p| volumes[p as usize] >= least)
        .collect();
    let there: Vec<bool> = (mesh.triangles.iter())
        .map(|t| keep[t[0] as usize])
        .collect();
    let mut kept = there.iter();
    mesh.triangles.retain(|_| *kept.next().unwrap_or(&true));
    let mut kept = there.iter();
    faces.retain(|_| *kept.next().unwrap_or(&true));
    compact(mesh, &keep);
}

/// Parts two sheets that touch along an edge whose ends are one fan each: the edge of one sheet gets a
/// vertex of its own in its middle.
fn split_seams(mesh: &mut Mesh, faces: &mut Vec<Known>) {
    for _ in 0..8 {
        let mut sides: HashMap<(u32, u32), Vec<usize>> = HashMap::new();
        for (t, &[a, b, c]) in mesh.triangles.iter().enumerate() {
            for side in [(a, b), (b, c), (c, a)] {
                sides.entry(side).or_default().push(t);
            }
        }
        let mut seams: Vec<(u32, u32)> = (sides.iter())
            .filter_map(|(&side, there)| (there.len() > 1 && side.0 < side.1).then_some(side))
            .collect();
        seams.sort_unstable();
        let mut touched = HashSet::new();
        for (u, v) in seams {
            let back = sides.get(&(v, u)).map_or(&[][..], Vec::as_slice);
            let pair = sides[&(u, v)].iter().find_map(|&t| {
                let other = back
                    .iter()
                    .find(|&&other| faces[other].part == faces[t].part)?;
                Some([t, *other])
            });
            let Some(pair) = pair.filter(|pair| pair.iter().all(|t| !touched.contains(t))) else {
                continue;
            };
            touched.extend(pair);
            let [a, b] = [u, v].map(|v| mesh.positions[v as usize]);
            let corners = pair.map(|t| mesh.triangles[t].map(|v| mesh.positions[v as usize]));
            let inward = corners
                .map(normals::face)
                .iter()
                .sum::<Vec3>()
                .normalize_or_zero();
            let middle = mesh.positions.len() as u32;
            mesh.positions.push((a + b) / 2.0 - inward * GAP);
            let [c, d] = [u, v].map(|v| Vec3::from(mesh.colours[v as usize]));
            mesh.colours.push(((c + d) / 2.0).to_array());
            for t in pair {
                let old = mesh.triangles[t];
                let first = old.map(|w| if w == u { middle } else { w });
                let second = old.map(|w| if w == v { middle } else { w });
                mesh.triangles[t] = first;
                mesh.triangles.push(second);
                let (face, mut half) = (faces[t], faces[t]);
                let at = |end: u32| old.iter().position(|w| *w == end).unwrap_or(0);
                let between = (face.corners[at(u)] + face.corners[at(v)]) / 2.0;
                faces[t].corners[at(u)] = between;
                half.corners[at(v)] = between;
                faces.push(half);
            }
        }
        if touched.is_empty() {
            break;
        }
    }
}
