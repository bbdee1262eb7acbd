//! A result to keep.

use gen3d::cache::Recipe;
use gen3d::model::{PartIds, Solver};

/// What decides a result of the first seed.
pub fn recipe() -> Recipe {
    Recipe {
        version: "1",
        model: "weights".into(),
        device: "cpu",
        seed: 0,
        steps: 2,
        guidance: 2.0,
        parts: Some(1),
        tokens: 2,
        part_ids: PartIds::Reference,
        solver: Solver::Euler,
        mask: None,
        views: Vec::new(),
        prompt: None,
        prompt_guidance: 3.0,
    }
}
