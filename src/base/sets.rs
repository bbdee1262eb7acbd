//! Sets that are joined: which things hang together.

/// Numbers from 0 in sets, each alone at first. A set is called by the least number in it.
pub struct Sets(Vec<u32>);

impl Sets {
    /// So many numbers, fewer than 2^32.
    pub fn new(count: usize) -> Self {
        Self((0..count as u32).collect())
    }

    /// The set that a number is in.
    pub fn of(&mut self, at: usize) -> usize {
        let mut at = at as u32;
        while self.0[at as usize] != at {
            let above = self.0[self.0[at as usize] as usize];
            self.0[at as usize] = above;
            at = above;
        }
        at as usize
    }

    /// Makes one of the sets of two numbers; gives whether they were two.
    pub fn join(&mut self, one: usize, other: usize) -> bool {
        let (one, other) = (self.of(one), self.of(other));
        self.0[one.max(other)] = one.min(other) as u32;
        one != other
    }
}
