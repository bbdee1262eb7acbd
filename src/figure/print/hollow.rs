//! Hollow figurines, for who prints in resin: a second skin inside of the first, as far from it as the wall is thick, and holes
//! below through which what is not hard yet runs out.
//!
//! How deep a point lies is measured to the figurine's mesh, on a grid: fields know it near their surfaces only. What cannot
//! be drained stays solid. Millimetres, +Z up.

mod depths;

use std::collections::VecDeque;

use anyhow::{Result, ensure};
use glam::{IVec3, Vec3};

use super::Fields;
use crate::base::numeric::fillet;
use crate::geometry::bvh::Tree;
use crate::geometry::{Field, Figurine, Mesh, Part, box_around};
use crate::slots::Slot;
use crate::surface::assemble::compact;
use crate::surface::union::unite;
use depths::Depths;

/// Radii of holes, millimetres, the best first.
const HOLES: [f32; 3] = [1.5, 1.0, 0.75];
/// So much stays around a hole, millimetres.
const AROUND: f32 = 0.6;
/// A second hole, which lets the air in, is so many of its radii away from the first at least.
const APART: f32 = 6.0;
/// A second hole lies above the first by at most this share of the figurine's height.
const LEVEL: f32 = 0.08;
/// Hollows with less than this share of all are not worth a way out, and are not told.
const SMALL: f32 = 0.01;

/// Where parts only just touch they are one in this width, model units: half a cell of the usual grid.
const SEAM: f32 = 0.008;

/// What is taken out of a figurine.
pub(super) struct Hollow {
    depths: Depths,
    wall: f32,
    holes: Vec<Rod>,
    /// Ways from one hollow to the next.
    ways: Vec<Rod>,
    /// Whether the holes are where it stands.
    below: bool,
    /// Cubic millimetres.
    volume: f32,
    /// Hollows that stay filled: the part, and how large.
    filled: Vec<(String, f32)>,
    /// Millimetres a unit of the model frame.
    scale: f32,
}

/// What is nearer to a line than its radius.
#[derive(Clone, Copy, Debug)]
struct Rod {
    from: Vec3,
    to: Vec3,
    radius: f32,
}

impl Rod {
    fn distance(&self, p: Vec3) -> f32 {
        let along = self.to - self.from;
        let t = (p - self.from).dot(along) / along.length_squared().max(f32::MIN_POSITIVE);
        p.distance(self.from + along * t.clamp(0.0, 1.0)) - self.radius
    }
}

/// Places of the grid that hang together.
type Room = Vec<usize>;

/// Turned as on a printer's plate.
fn on_plate(p: Vec3) -> Vec3 {
    Vec3::new(p.x, -p.z, p.y)
}

/// The outer skin of some parts: what they enclose between them is as good as full.
fn skin<'a>(parts: impl Iterator<Item = &'a Part>, scale: f32) -> Vec<[Vec3; 3]> {
    let some = Figurine {
        parts: parts.cloned().collect(),
        texture: None,
    };
    let corners = |mesh: &Mesh| -> Vec<[Vec3; 3]> {
        let corner = |v: u32| on_plate(mesh.positions[v as usize]) * scale;
        mesh.triangles.iter().map(|t| t.map(corner)).collect()
    };
    let whole = unite(&some).parts;
    whole.iter().flat_map(|part| corners(&part.mesh)).collect()
}

impl Hollow {
    /// Of a figurine with walls so thick and so many metres a `unit`; the `solid` part stays as it is.
    ///
    /// # Errors
    /// It is nowhere thick enough.
    pub(super) fn of(seen: &Figurine, solid: Option<Slot>, wall: f32, unit: f32) -> Result<Self> {
        let (wall, scale) = (1000.0 * wall, 1000.0 * unit);
        let kept = |part: &&Part| solid.is_none_or(|slot| !slot.is(&part.name));
        let outer = skin(seen.parts.iter().filter(kept), scale);
        let depths = match solid {
            Some(_) => Depths::of(&outer, &skin(seen.parts.iter(), scale), wall),
            None => Depths::of(&outer, &outer, wall),
        };
        let thickest = 2.0 * depths.most();
        let mut rooms = depths.rooms(wall);
        ensure!(
            !rooms.is_empty(),
            "with walls of {wall:.1} mm nothing of it is hollow: where it is thickest, it is {thickest:.1} mm thick. Give a \
             thinner --hollow, or a greater --height"
        );
        rooms.sort_by_key(|room| std::cmp::Reverse(room.len()));
        let whole: usize = rooms.iter().map(Vec::len).sum();
        let mut hollow = Self {
            depths,
            wall,
            holes: Vec::new(),
            ways: Vec::new(),
            below: true,
            volume: 0.0,
            filled: Vec::new(),
            scale,
        };
        let (rooms, specks): (Vec<Room>, Vec<Room>) =
            (rooms.into_iter()).partition(|room| room.len() as f32 > SMALL * whole as f32);
        specks
            .iter()
            .for_each(|room| hollow.depths.fill(room, wall));
        let closed = hollow.drain(rooms);
        ensure!(
            hollow.volume > 0.0,
            "with walls of {wall:.1} mm it is hollow, but nowhere is room for a hole that drains it: give a thinner --hollow, or \
             a greater --height"
        );
        for room in closed {
            hollow.depths.fill(&room, wall);
            let part = part_at(seen, hollow.depths.place(room[0]) / scale);
            hollow.filled.push((part, hollow.depths.volume(room.len())));
        }
        Ok(hollow)
    }

    /// Gives all rooms that can have one a way out; those that cannot are handed back.
    fn drain(&mut self, rooms: Vec<Room>) -> Vec<Room> {
        let mut open: Vec<Room> = Vec::new();
        let mut closed = VecDeque::from(rooms);
        for _ in 0..closed.len() {
            let Some(room) = closed.pop_front() else {
                break;
            };
            match self.holes_of(&room, true) {
                [] => closed.push_back(room),
                _ => open.push(room),
            }
        }
        if open.is_empty()
            && let Some(room) = closed.pop_front()
        {
            self.below = false;
            match self.holes_of(&room, false) {
                [] => closed.push_front(room),
                _ => open.push(room),
            }
        }
        // What is reached may lead on to others.
        let mut tries = closed.len() * closed.len();
        while let Some(room) = closed.pop_front().filter(|_| tries > 0) {
            tries -= 1;
            match self.way_out(&room, &open) {
                Some(way) => {
                    self.ways.extend(way);
                    open.push(room);
                }
                None => closed.push_back(room),
            }
        }
        self.volume = self.depths.volume(open.iter().map(Vec::len).sum());
        closed.into()
    }

    /// Bores one or two holes from a room straight down, as wide as there is room for, and gives them; `below` is whether
    /// they have to end where the figurine stands.
    fn holes_of(&mut self, room: &Room, below: bool) -> &[Rod] {
        let before = self.holes.len();
        for radius in HOLES {
            let mut found = self.depths.shafts(room, radius, radius + AROUND, below);
            found.sort_by(|a, b| a.cost.total_cmp(&b.cost));
            let Some(first) = found.first().copied() else {
                continue;
            };
            let tall = self.depths.tall();
            let second = found.iter().find(|shaft| {
                shaft.from.truncate().distance(first.from.truncate()) > APART * radius
                    && shaft.from.z < first.from.z + LEVEL * tall
            });
            let rod = |shaft: &depths::Shaft| Rod {
                from: shaft.from,
                to: shaft.to,
                radius,
            };
            self.holes
                .extend(std::iter::once(&first).chain(second).map(rod));
            break;
        }
        &self.holes[before..]
    }

    /// The shortest way from a room to one of the `open` ones, where there is material enough around it.
    fn way_out(&self, room: &Room, open: &[Room]) -> Option<Vec<Rod>> {
        let there: std::collections::HashSet<usize> = open.iter().flatten().copied().collect();
        HOLES.into_iter().find_map(|radius| {
            let path = self.depths.path(room, &there, radius + AROUND)?;
            let points: Vec<Vec3> = path.iter().map(|&at| self.depths.place(at)).collect();
            let rod = |ends: &[Vec3]| Rod {
                from: ends[0],
                to: ends[1],
                radius,
            };
            Some(points.windows(2).map(rod).collect())
        })
    }

    /// What was done.
    pub(super) fn describe(&self) -> Vec<String> {
        let wide = self.holes.iter().map(|hole| 2.0 * hole.radius);
        let least = wide.fold(f32::MAX, f32::min);
        let holes = match self.holes.len() {
            1 => format!("a hole of {least:.1} mm drains it"),
            more => format!("{more} holes of {least:.1} mm or more drain it"),
        };
        let place = match self.below {
            true => "where it stands",
            false => "at its underside, for what it stands on is too thin for one",
        };
        let hollow = format!(
            "hollow: walls of {:.1} mm, {:.1} cm3 less; {holes}, {place}",
            self.wall,
            self.volume / 1000.0
        );
        let filled = self.filled.iter().map(|(part, volume)| {
            format!(
                "hollow: {:.2} cm3 within {part} stay solid, for nothing would run out of them",
                volume / 1000.0
            )
        });
        std::iter::once(hollow).chain(filled).collect()
    }

    /// Signed distance to what is taken out, at a point of the model frame.
    fn distance(&self, p: Vec3) -> f32 {
        let p = on_plate(p) * self.scale;
        let room = self.wall - self.depths.at(p);
        let rods = self
            .holes
            .iter()
            .chain(&self.ways)
            .map(|rod| rod.distance(p));
        rods.fold(room, f32::min) / self.scale
    }
}

/// The part that a point is in, on the plate.
fn part_at(seen: &Figurine, p: Vec3) -> String {
    let p = Vec3::new(p.x, p.z, -p.y);
    let holds = |part: &&Part| {
        let corners = part.mesh.triangles.iter();
        let corners = corners.map(|t| t.map(|v| part.mesh.positions[v as usize]));
        Tree::of(corners).holds(p)
    };
    let part = seen.parts.iter().find(holds);
    part.map_or_else(|| "it".into(), |part| part.name.clone())
}

/// All parts as one body, without what is taken out of it.
pub struct Body<'a> {
    fields: &'a Fields<'a>,
    hollow: Hollow,
}

impl<'a> Body<'a> {
    pub(super) fn new(fields: &'a Fields<'a>, hollow: Hollow) -> Self {
        Self { fields, hollow }
    }

    /// Signed distances to a part.
    fn to(field: &dyn Field, points: &[Vec3]) -> Result<Vec<f32>> {
        let (low, high) = field.bounds();
        let beyond = |p: Vec3| (low - p).max(p - high).max_element();
        let mut out: Vec<f32> = points.iter().map(|p| beyond(*p)).collect();
        let near: Vec<usize> = (0..points.len()).filter(|&i| out[i] < 0.0).collect();
        let asked: Vec<Vec3> = near.iter().map(|&i| points[i]).collect();
        let found = field.distance(&asked)?;
        near.into_iter().zip(found).for_each(|(i, d)| out[i] = d);
        Ok(out)
    }

    /// At each point how far in it is, and in which part.
    fn parts(&self, points: &[Vec3]) -> Result<Vec<(f32, usize)>> {
        let mut best = vec![(f32::MAX, 0); points.len()];
        for (i, (_, field)) in self.fields.iter().enumerate() {
            for (best, d) in best.iter_mut().zip(Self::to(field, points)?) {
                let part = if d < best.0 { i } else { best.1 };
                *best = (fillet(best.0, d, SEAM), part);
            }
        }
        Ok(best)
    }

    /// The pieces of its surface by the part that they are of. They are not closed, but all together are, and share the
    /// points where they meet.
    ///
    /// # Errors
    /// Those of the fields.
    pub fn pieces(&self, mesh: &Mesh) -> Result<Figurine> {
        let middle =
            |t: &[u32; 3]| t.iter().map(|&v| mesh.positions[v as usize]).sum::<Vec3>() / 3.0;
        let middles: Vec<Vec3> = mesh.triangles.iter().map(middle).collect();
        let of = self.parts(&middles)?;
        let piece = |(i, (name, _)): (usize, &(String, Box<dyn Field + 'a>))| {
            let own = mesh.triangles.iter().zip(&of).filter(|(_, of)| of.1 == i);
            let mut piece = mesh.clone();
            piece.triangles = own.map(|(t, _)| *t).collect();
            let mut used = vec![false; mesh.positions.len()];
            (piece.triangles.iter().flatten()).for_each(|&v| used[v as usize] = true);
            compact(&mut piece, &used);
            Part {
                name: name.clone(),
                mesh: piece,
            }
        };
        let mut parts: Vec<Part> = self.fields.iter().enumerate().map(piece).collect();
        parts.retain(|part| !part.mesh.triangles.is_empty());
        Ok(Figurine {
            parts,
            texture: None,
        })
    }
}

impl Field for Body<'_> {
    fn distance(&self, points: &[Vec3]) -> Result<Vec<f32>> {
        let found = self.parts(points)?.into_iter().zip(points);
        Ok(found
            .map(|((d, _), p)| d.max(-self.hollow.distance(*p)))
            .collect())
    }

    fn colour(&self, points: &[Vec3]) -> Result<Vec<[f32; 3]>> {
        Ok(vec![[0.5; 3]; points.len()]) // its pieces have colours
    }

    fn bounds(&self) -> (Vec3, Vec3) {
        box_around(self.fields.iter().map(|(_, field)| field.bounds()))
    }
}

/// The neighbours of a place of a grid, by face, edge and corner.
fn neighbours() -> impl Iterator<Item = IVec3> {
    let each = || -1..=1;
    let all = each()
        .flat_map(move |z| each().flat_map(move |y| each().map(move |x| IVec3::new(x, y, z))));
    all.filter(|step| *step != IVec3::ZERO)
}
