//! Small functions of numbers.

/// Rises smoothly from 0 at 0 to 1 at 1, level at both; `t` within `0..=1`.
pub(crate) fn smoothstep(t: f32) -> f32 {
    t * t * (3.0 - 2.0 * t)
}
