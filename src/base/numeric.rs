//! Small functions of numbers.

/// Rises smoothly from 0 at 0 to 1 at 1, level at both; `t` within `0..=1`.
pub(crate) fn smoothstep(t: f32) -> f32 {
    t * t * (3.0 - 2.0 * t)
}

/// A power of a number's size, with its sign.
pub(crate) fn signed_power(x: f32, power: f32) -> f32 {
    x.abs().powf(power).copysign(x)
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

/// Of a square of values `side` wide, the most of those within `reach` of each, along rows and then along columns: what
/// `more` gives of two is more than either. `least` is less than all of them.
pub(crate) fn most_around(
    values: &[f32],
    side: usize,
    reach: usize,
    least: f32,
    more: impl Fn(f32, f32) -> f32 + Copy,
) -> Vec<f32> {
    let pass = |from: &[f32], step: usize, place: fn(usize, usize) -> usize| -> Vec<f32> {
        let most = |i: usize| {
            let at = place(i, side);
            let (before, after) = (at.min(reach), reach.min(side - 1 - at));
            (i - before * step..=i + after * step)
                .step_by(step)
                .map(|k| from[k])
                .fold(least, more)
        };
        (0..from.len()).map(most).collect()
    };
    let rows = pass(values, 1, |i, side| i % side);
    pass(&rows, side, |i, side| i / side)
}

/// The lesser of two distances, with a fillet so wide where they meet.
pub fn fillet(one: f32, other: f32, wide: f32) -> f32 {
    let near = (wide - (one - other).abs()).max(0.0) / wide;
    one.min(other) - near * near * wide / 4.0
}
