//! A name on a plinth's front, in raised letters.
//!
//! Letters are finer than the grid that surfaces are taken from. So they are put on when the plinth's mesh is there: a piece of
//! its wall is cut out and made anew, with the letters' outlines as edges, and what lies within these is the border
//! between both parts. They share its triangles, as all parts do where they touch.

use std::collections::HashMap;

use anyhow::{Context, Result, anyhow, bail};
use glam::{Vec2, Vec3};

use super::hole::{Hole, NoHole};
use super::letters;
use super::outlines::{Inked, Ring, within};
use super::plinth::{COLOUR as OF_PLINTH, Wall};
use super::triangulation::{from_ring, inside, triangulated};
use crate::geometry::{Field, Figurine, Mesh, Part, extent_2d, normals};
use crate::slots::Slot;
use crate::surface::union::between_parts;

/// Brass, sRGB.
const COLOUR: [f32; 3] = [0.86, 0.70, 0.36];

/// How wide the pen is beside capitals of 100, and how wide it may become to be printed.
const PEN: f32 = 16.0;
const WIDEST: f32 = 22.0;
/// The thinnest stroke that a nozzle of 0.4 mm draws, and the least that letters stand out, metres: to their rounded edges that is as
/// thick.
const THINNEST: f32 = 0.45e-3;
const FLATTEST: f32 = 0.55e-3;
/// A letter's side from the wall on: how far it is within its outline, and how high above the wall, in pens.
const SIDE: [(f32, f32); 3] = [(0.0, 0.66), (0.07, 0.79), (0.2, 0.86)];
/// Between letters and the edge of what is made anew, pens.
const MARGIN: f32 = 0.4;
/// The longest line on a curved wall, of its radius.
const LONGEST: f32 = 0.06;

/// Letters that fit on the wall of a plinth.
pub struct Nameplate {
    wall: Wall,
    /// The outlines at each step of [`SIDE`], on the flat wall.
    rings: [Vec<Ring>; 3],
    /// How high these are.
    heights: [f32; 3],
    /// What is made anew: the lowest and the highest corner.
    area: (Vec2, Vec2),
    longest: f32,
    /// How wide strokes are.
    pen: f32,
}

/// The colour of letters, which have no other field: they are put on a mesh.
struct Brass;

impl Field for Brass {
    fn distance(&self, points: &[Vec3]) -> Result<Vec<f32>> {
        Ok(vec![f32::MAX; points.len()])
    }

    fn colour(&self, points: &[Vec3]) -> Result<Vec<[f32; 3]>> {
        Ok(vec![COLOUR; points.len()])
    }

    fn bounds(&self) -> (Vec3, Vec3) {
        (Vec3::ZERO, Vec3::ZERO)
    }
}

impl Nameplate {
    /// How high a plinth has to be for the smallest letters that print, metres.
    pub(super) fn least_height(name: &str) -> f32 {
        let (low, high) = extent_2d(letters::set(name).into_iter().flatten());
        1.02 * ((high.y - low.y) * THINNEST / WIDEST + THINNEST) / Wall::LETTERS
    }

    /// Letters as large as there is room, in the middle; `unit` is metres a unit of the model frame.
    ///
    /// # Errors
    /// They would be too small for a printer; then how many would not.
    pub(super) fn fit(name: &str, wall: Wall, unit: f32) -> Result<Self> {
        let (low, high) = wall.room();
        let room = high - low;
        let strokes = letters::set(name);
        let (first, last) = extent_2d(strokes.iter().flatten().copied());
        let thinnest = THINNEST / unit;
        let mut scale = (room / (last - first + PEN)).min_element();
        let pen = (PEN * scale).max(thinnest);
        if pen > PEN * scale {
            scale = ((room - pen) / (last - first).max(Vec2::ONE)).min_element();
        }
        if pen > WIDEST * scale {
            bail!(too_long(name, room, thinnest));
        }
        let middle = (low + high) / 2.0;
        let place = |p: &Vec2| middle + (*p - (first + last) / 2.0) * scale;
        let strokes: Vec<_> = (strokes.iter())
            .map(|stroke| stroke.iter().map(place).collect())
            .collect();
        let ink = Inked::new(&strokes, pen / 2.0);
        let longest = wall.curve().map_or(f32::MAX, |radius| LONGEST * radius);
        let higher = (FLATTEST / unit / (pen * SIDE[2].1)).max(1.0);
        let half = (last - first) * scale / 2.0 + (0.5 + MARGIN) * pen;
        Ok(Self {
            rings: SIDE.map(|(inset, _)| ink.rings(inset * pen, longest)),
            heights: SIDE.map(|(_, height)| height * pen * higher),
            area: (middle - half, middle + half),
            wall,
            longest,
            pen,
        })
    }

    /// Their size, for people; `unit` is metres a unit of the model frame.
    pub(super) fn describe(&self, unit: f32) -> String {
        let tall = (self.area.1.y - self.area.0.y - 2.0 * MARGIN * self.pen) * unit;
        format!(
            "the name's letters are up to {:.1} mm high, of strokes {:.1} mm wide, and stand out by {:.1} mm",
            1000.0 * tall,
            1000.0 * self.pen * unit,
            1000.0 * self.heights[2] * unit
        )
    }

    /// About how many triangles the letters and the wall around them have.
    pub(crate) fn triangles(&self) -> usize {
        let points = self.rings.iter().flatten().map(Vec::len).sum::<usize>();
        3 * points
    }

    /// What colours the letters.
    pub(crate) fn colours(&self) -> Box<dyn Field> {
        Box::new(Brass)
    }

    /// Puts the letters on the plinth of a figurine, as a part after it.
    ///
    /// # Errors
    /// There is no plinth, or another part is before it.
    pub fn put_on(&self, figurine: &mut Figurine) -> Result<()> {
        let place = figurine
            .parts
            .iter()
            .position(|part| Slot::Base.is(&part.name));
        let place = place.context("a name needs the plinth that it is on: the part base")?;
        let shared = between_parts(figurine).swap_remove(place);
        let base = &mut figurine.parts[place].mesh;
        let hole = self.cut(base, &shared)?;
        let sheet = Sheet::new(self, base, &hole.edge)?;
        let letters = sheet.letters(self)?;
        let wall = &sheet.places[hole.edge.len()..];
        hole.fill(base, wall, &sheet.triangles, OF_PLINTH);
        let name = Part {
            name: Slot::Name.name().into(),
            mesh: letters,
        };
        figurine.parts.insert(place + 1, name);
        Ok(())
    }

    /// The triangles of the plinth that are made anew.
    fn cut(&self, base: &Mesh, shared: &[bool]) -> Result<Hole> {
        let flat: Vec<Vec2> = base.positions.iter().map(|p| self.wall.flat(*p)).collect();
        let before = |t: &[u32; 3]| {
            let corners = t.map(|v| base.positions[v as usize]);
            let middle = self.wall.flat(corners.iter().sum::<Vec3>() / 3.0);
            let out = self.wall.place(middle, 1.0) - self.wall.place(middle, 0.0);
            let front = corners.iter().all(|p| self.wall.is_in_front(*p));
            front && normals::face(corners).dot(out) > 0.3
        };
        let touched = |t: &[u32; 3]| before(t) && overlaps(t.map(|v| flat[v as usize]), self.area);
        let gone = base.triangles.iter().map(touched).collect();
        Hole::around(base, gone, shared).map_err(|why| match why {
            NoHole::Shared => anyhow!(
                "something of the figurine is before its plinth, so there is no room for the name; give a larger \
                 --base-diameter, or a finer --resolution"
            ),
            NoHole::Torn => {
                anyhow!("the name does not find its place on the plinth; another --faces may help")
            }
        })
    }
}

/// What is told of a name that is too long.
fn too_long(name: &str, room: Vec2, thinnest: f32) -> String {
    let scale = thinnest / WIDEST;
    let fits = |count: usize| {
        let begin: String = name.chars().take(count).collect();
        let (low, high) = extent_2d(letters::set(&begin).into_iter().flatten());
        ((high - low) * scale + thinnest).cmple(room).all()
    };
    let all = name.chars().count();
    match (1..all).rev().find(|count| fits(*count)) {
        Some(most) => format!(
            "--name: its {all} letters do not fit on the plinth in strokes of 0.45 mm, the thinnest that print; about {most} \
             do, and more on a wider --base-diameter or at a larger --height"
        ),
        None => "--name: the plinth is too small for letters that print, with strokes of 0.45 mm; give a larger --height or a \
                 wider --base-diameter"
            .into(),
    }
}

/// Whether a triangle and a box overlap.
fn overlaps(t: [Vec2; 3], (low, high): (Vec2, Vec2)) -> bool {
    let corners = [
        low,
        Vec2::new(high.x, low.y),
        high,
        Vec2::new(low.x, high.y),
    ];
    let apart = |axis: Vec2| {
        let reach = |points: &[Vec2]| {
            let along = points.iter().map(|p| p.dot(axis));
            along.fold((f32::MAX, f32::MIN), |(a, b), v| (a.min(v), b.max(v)))
        };
        let (one, other) = (reach(&t), reach(&corners));
        one.1 < other.0 || other.1 < one.0
    };
    let sides = [0, 1, 2].map(|k| (t[(k + 1) % 3] - t[k]).perp());
    ![Vec2::X, Vec2::Y].into_iter().chain(sides).any(apart)
}

/// The piece of wall that is made anew.
struct Sheet {
    /// Of the hole's edge, of the outlines, and between them.
    places: Vec<Vec3>,
    triangles: Vec<[u32; 3]>,
    /// By triangle, whether a letter is on it.
    under: Vec<bool>,
    /// The letters' outlines, by point.
    rings: Vec<Vec<u32>>,
}

impl Sheet {
    fn new(plate: &Nameplate, base: &Mesh, edge: &[u32]) -> Result<Self> {
        let wall = &plate.wall;
        let mut places: Vec<Vec3> = edge.iter().map(|&v| base.positions[v as usize]).collect();
        let mut flat: Vec<Vec2> = places.iter().map(|p| wall.flat(*p)).collect();
        let outlines = &plate.rings[0];
        let mut lines = vec![(0..edge.len() as u32).collect::<Vec<u32>>()];
        let on = |p: &Vec2| wall.place(*p, 0.0);
        for ring in outlines {
            let first = flat.len() as u32;
            lines.push((first..first + ring.len() as u32).collect());
            flat.extend(ring);
            places.extend(ring.iter().map(on));
        }
        let between = plate.between();
        places.extend(between.iter().map(on));
        flat.extend(between);
        let triangles = triangulated(&flat, &lines)?;
        let wall = inside(&triangles, &lines[..1]);
        let triangles: Vec<[u32; 3]> = (triangles.into_iter().zip(wall))
            .filter_map(|(triangle, inside)| inside.then_some(triangle))
            .collect();
        let under = inside(&triangles, &lines[1..]);
        lines.remove(0);
        Ok(Self {
            places,
            triangles,
            under,
            rings: lines,
        })
    }

    /// The letters: the border to the wall turned over, sides and faces.
    fn letters(&self, plate: &Nameplate) -> Result<Mesh> {
        let mut number: HashMap<u32, u32> = HashMap::new();
        let mut mesh = Mesh::default();
        let mut bottom = |v: u32| {
            *number.entry(v).or_insert_with(|| {
                mesh.positions.push(self.places[v as usize]);
                mesh.positions.len() as u32 - 1
            })
        };
        let under = self
            .triangles
            .iter()
            .zip(&self.under)
            .filter(|(_, under)| **under);
        let mut triangles: Vec<[u32; 3]> = (under)
            .map(|(&[a, b, c], _)| [bottom(a), bottom(c), bottom(b)])
            .collect();
        let foot: Vec<Vec<u32>> = (self.rings.iter())
            .map(|ring| ring.iter().map(|v| bottom(*v)).collect())
            .collect();
        triangles.extend(plate.faces(&mut mesh.positions, &foot)?);
        mesh.triangles = triangles;
        mesh.colours = vec![COLOUR; mesh.positions.len()];
        normals::smooth(&mut mesh);
        Ok(mesh)
    }
}

impl Nameplate {
    /// Points of a curved wall between the outlines, so that it stays round.
    fn between(&self) -> Vec<Vec2> {
        if self.longest == f32::MAX {
            return Vec::new();
        }
        let (low, high) = self.area;
        let count = ((high - low) / self.longest).ceil().max(Vec2::ONE);
        let step = (high - low) / count;
        // A point on an outline would be a corner of the faces, and of no side.
        let clear = |p: Vec2| {
            (self.rings.iter().flatten()).all(|ring| from_ring(ring, p) > 0.2 * step.min_element())
        };
        let row = |j: i32| (0..=count.x as i32).map(move |i| (i, j));
        let all = (0..=count.y as i32).flat_map(row);
        all.map(|(i, j)| low + step * Vec2::new(i as f32, j as f32))
            .filter(|p| clear(*p))
            .collect()
    }

    /// What of the letters stands before the wall, on outlines whose `foot` is there; adds to the `places`.
    fn faces(&self, places: &mut Vec<Vec3>, foot: &[Vec<u32>]) -> Result<Vec<[u32; 3]>> {
        let first = places.len() as u32;
        let (mut flat, mut lines) = (Vec::new(), Vec::new());
        let mut add = |points: &[Vec2], height: f32| {
            let from = flat.len() as u32;
            places.extend(points.iter().map(|p| self.wall.place(*p, height)));
            flat.extend(points);
            (from..flat.len() as u32).collect::<Vec<u32>>()
        };
        for (rings, height) in self.rings.iter().zip(self.heights) {
            lines.extend(rings.iter().map(|ring| add(ring, height)));
        }
        let top = &self.rings[2];
        let between = self.between().into_iter().filter(|p| within(top, *p));
        add(&between.collect::<Vec<_>>(), self.heights[2]);
        let faces = triangulated(&flat, &lines)?;
        let letters = inside(&faces, &lines[..self.rings[0].len()]);
        let faces = faces.into_iter().zip(letters);
        let faces = faces.filter_map(|(face, inside)| inside.then_some(face));
        let mut out: Vec<[u32; 3]> = faces.map(|t| t.map(|v| first + v)).collect();
        for (foot, line) in foot.iter().zip(&lines) {
            for i in 0..foot.len() {
                let j = (i + 1) % foot.len();
                let (a, b) = (first + line[i], first + line[j]);
                out.extend([[foot[i], foot[j], b], [foot[i], b, a]]);
            }
        }
        Ok(out)
    }
}
