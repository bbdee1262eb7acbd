//! How a figurine stands: where its soles are, its eyes, and how far its feet reach.

use anyhow::{Result, ensure};
use glam::{Vec2, Vec3};

use crate::geometry::{Field, Mesh, extent, extent_2d};
use crate::slots::Slot;
use crate::surface::assemble::{AssembleOptions, drop_fragments};
use crate::surface::dual_contouring::extract_part;

/// Cells across the model's box: vertices lie on the surface at any number.
const CELLS: usize = 56;
/// Where in the box of the part `head` the eyes are: half way up, as on people.
const EYES: f32 = 0.5;

/// All heights and places in the model frame; the base does not count.
pub(super) struct Stance {
    /// The lowest point of the legs; without legs, of all.
    pub soles: f32,
    pub eyes: f32,
    /// Whether there is a head, so that the eyes are known.
    pub head: bool,
    /// The highest corner of all.
    pub high: Vec3,
    /// The middle (x, z) of what touches the ground, and how far that reaches from there.
    pub middle: Vec2,
    pub reach: f32,
}

impl Stance {
    /// Looks at all parts but the base, roughly.
    ///
    /// # Errors
    /// Those of the fields, and a figurine without parts.
    pub fn of<F: Field>(fields: &[(String, F)]) -> Result<Self> {
        let mut meshes = Vec::new();
        for (name, field) in fields.iter().filter(|(name, _)| !Slot::Base.is(name)) {
            if let Some(mut mesh) = extract_part(name, field, CELLS)? {
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
        let soles = part(Slot::Legs).map_or(all.0.y, |(_, legs)| extent(points(legs)).0.y);
        let head = part(Slot::Head).map(|(_, head)| extent(points(head)));
        let eyes = match head {
            Some((low, high)) => low.y + EYES * (high.y - low.y),
            None => soles + 0.9 * (all.1.y - soles),
        };
        let ground = soles + 0.03 * (all.1.y - soles);
        let points = meshes.iter().flat_map(|(_, mesh)| &mesh.positions);
        let touching: Vec<Vec2> = (points.filter(|p| p.y < ground))
            .map(|p| Vec2::new(p.x, p.z))
            .collect();
        let (low, high) = extent_2d(touching.iter().copied());
        let middle = (low + high) / 2.0;
        let reach = touching.iter().map(|p| p.distance(middle));
        Ok(Self {
            soles,
            eyes,
            head: head.is_some(),
            high: all.1,
            middle,
            reach: reach.fold(0.0, f32::max),
        })
    }
}
