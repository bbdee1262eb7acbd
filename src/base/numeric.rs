//! Small functions of numbers.

/// Rises smoothly from 0 at 0 to 1 at 1, level at both; `t` within `0..=1`.
pub(crate) fn smoothstep(t: f32) -> f32 {
    t * t * (3.0 - 2.0 * t)
}

/// Intersection over union: of all things, each said to be in the one and in the other set or not, what is in both, of what
/// is in either: 1 for the same sets, 0 where nothing is in either.
pub(crate) fn overlap(things: impl Iterator<Item = (bool, bool)>) -> f32 {
    let (mut both, mut either) = (0usize, 0usize);
    for (one, other) in things {
        both += usize::from(one && other);
        either += usize::from(one || other);
    }
    both as f32 / either.max(1) as f32
}

/// The lesser of two distances, with a fillet so wide where they meet.
pub fn fillet(one: f32, other: f32, wide: f32) -> f32 {
    let near = (wide - (one - other).abs()).max(0.0) / wide;
    one.min(other) - near * near * wide / 4.0
}
