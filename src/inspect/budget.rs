//! What a look at a file may cost: a small one may be so tangled that it would take hours.

use crate::geometry::bvh::Tree;

/// Boxes and triangles that may be looked at for one of the questions; a second or two.
const LEAST: u64 = 20_000_000;
/// More for each triangle: a sound one needs a tenth.
const EACH: u64 = 400;

/// What is left for one of the questions.
pub(super) struct Budget(u64);

impl Budget {
    /// For a file of so many triangles.
    pub fn of(triangles: usize) -> Self {
        Self(LEAST + EACH * triangles as u64)
    }

    /// Lets a tree spend of it.
    pub fn lend<T>(&mut self, tree: &Tree, look: impl FnOnce() -> T) -> T {
        tree.allow(self.0);
        let found = look();
        self.0 = tree.left();
        found
    }

    pub fn spend(&mut self, steps: usize) {
        self.0 = self.0.saturating_sub(steps as u64);
    }

    /// Whether it was enough.
    pub fn is_left(&self) -> bool {
        self.0 > 0
    }
}
