//! How a figurine stands: where its soles are, its eyes, and how far its feet reach.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use glam::{Vec2, Vec3};

use crate::geometry::{Field, Mesh, extent, extent_2d};
use crate::slots::{Slot, in_figure};
use crate::surface::assemble::{AssembleOptions, drop_fragments};
use crate::surface::dual_contouring::extract_part;

/// Cells across the model's box: vertices lie on the surface at any number.
const CELLS: usize = 56;
/// Where in the box of the part `head` the eyes are: half way up, as on people.
const EYES: f32 = 0.5;

/// All heights and places in the model frame; the base does not count.
pub(super) struct Footing {
    /// The lowest point of the legs; without legs, of all.
    pub soles: f32,
    pub eyes: f32,
    /// Whether there is a head, so that the eyes are known.
    pub head: bool,
    /// The lowest and the highest corner of all.
    pub low: Vec3,
    pub high: Vec3,
    /// The middle (x, z) of what touches the ground; of several figures how far it is from there to the middles of the
    /// first and of the last; and how far what touches the ground reaches from that line.
    pub middle: Vec2,
    pub spread: f32,
    pub reach: f32,
}

impl Footing {
    /// Looks at all parts but the base, roughly.
    ///
    /// # Errors
    /// Those of the fields, and a figurine without parts.
    pub fn of<F: Field>(fields: &[(String, F)]) -> Result<Self> {
        let mut meshes = Vec::new();
        for (name, field) in fields.iter().filter(|(name, _)| !Slot::Base.is(name)) {
            // One of several is small.
            let cells = in_figure(name).0.map_or(CELLS, |_| 3 * CELLS);
            if let Some(mut mesh) = extract_part(name, field, cells)? {
                drop_fragments(&mut mesh, AssembleOptions::default().fragment_share, false);
                meshes.push((&**name, mesh));
            }
        }
        ensure!(
            !meshes.is_empty(),
            "no part of the figurine came out, so nothing stands: try another --seed"
        );
        let part = |slot: Slot| meshes.iter().find(|(name, _)| slot.is(name));
        let points = |mesh: &Mesh| mesh.positions.clone();
        let all = extent(meshes.iter().flat_map(|(_, mesh)| points(mesh)));
        let legs = meshes.iter().filter(|(name, _)| Slot::Legs.is(name));
        let soles = legs
            .map(|(_, legs)| extent(points(legs)).0.y)
            .reduce(f32::min);
        let soles = soles.unwrap_or(all.0.y);
        let head = part(Slot::Head).map(|(_, head)| extent(points(head)));
        let eyes = match head {
            Some((low, high)) => low.y + EYES * (high.y - low.y),
            None => soles + 0.9 * (all.1.y - soles),
        };
        let ground = soles + 0.03 * (all.1.y - soles);
        let mut touching: BTreeMap<Option<usize>, Vec<Vec2>> = BTreeMap::new();
        for (name, mesh) in &meshes {
            let low = mesh.positions.iter().filter(|p| p.y < ground);
            let figure = touching.entry(in_figure(name).0).or_default();
            figure.extend(low.map(|p| Vec2::new(p.x, p.z)));
        }
        touching.retain(|_, points| !points.is_empty());
        let middles = touching.values().map(|points| {
            let (low, high) = extent_2d(points.iter().copied());
            (low + high) / 2.0
        });
        let (left, right) = extent_2d(middles);
        let (middle, spread) = ((left + right) / 2.0, (right.x - left.x) / 2.0);
        let away = |p: &Vec2| {
            let p = *p - middle;
            (p - Vec2::X * p.x.clamp(-spread, spread)).length()
        };
        let reach = touching.values().flatten().map(away);
        Ok(Self {
            soles,
            eyes,
            head: head.is_some(),
            low: all.0,
            high: all.1,
            middle,
            spread,
            reach: reach.fold(0.0, f32::max),
        })
    }
}
