//! Small functions of numbers.

/// Rises smoothly from 0 at 0 to 1 at 1, level at both; `t` within `0..=1`.
pub(crate) fn smoothstep(t: f32) -> f32 {
    t * t * (3.0 - 2.0 * t)
}

/// The lesser of two distances, with a fillet so wide where they meet.
pub fn fillet(one: f32, other: f32, wide: f32) -> f32 {
    let near = (wide - (one - other).abs()).max(0.0) / wide;
    one.min(other) - near * near * wide / 4.0
}
