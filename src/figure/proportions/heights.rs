//! Heights that change smoothly: there is no seam where short legs meet a torso.

/// A height, where it came from, and how fast that changes there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Knot {
    pub(super) to: f32,
    pub(super) from: f32,
    /// Of `from` against `to`.
    pub(super) slope: f32,
}

impl Knot {
    /// A height at which nothing changes.
    pub(super) fn still(y: f32) -> Self {
        Self {
            to: y,
            from: y,
            slope: 1.0,
        }
    }

    /// How far it is to the next knot, and how much of that lies above and below a height between them, `0..=1`.
    fn between(&self, next: &Self, to: f32) -> (f32, f32, f32) {
        let wide = next.to - self.to;
        let t = (to - self.to) / wide;
        (wide, 1.0 - t, t)
    }
}

/// From new heights to old ones through some knots, upwards: cubics between them, straight on beyond. As
/// long as no slope is more than three times as steep as the line to the next knot, the order of heights
/// stays (Fritsch and Carlson 1980).
#[derive(Clone, Debug)]
pub(super) struct Heights(pub(super) Vec<Knot>);

impl Heights {
    /// Where a height came from.
    pub(super) fn back(&self, to: f32) -> f32 {
        match self.around(|knot| knot.to <= to) {
            Ok((a, b)) => {
                let (wide, s, t) = a.between(&b, to);
                s * s * ((1.0 + 2.0 * t) * a.from + t * wide * a.slope)
                    + t * t * ((1.0 + 2.0 * s) * b.from - s * wide * b.slope)
            }
            Err(knot) => knot.from + (to - knot.to) * knot.slope,
        }
    }

    /// How fast that changes.
    pub(super) fn slope(&self, to: f32) -> f32 {
        match self.around(|knot| knot.to <= to) {
            Ok((a, b)) => {
                let (wide, s, t) = a.between(&b, to);
                6.0 * s * t * (b.from - a.from) / wide
                    + s * (s - 2.0 * t) * a.slope
                    + t * (t - 2.0 * s) * b.slope
            }
            Err(knot) => knot.slope,
        }
    }

    /// Where a height goes.
    pub(super) fn fore(&self, from: f32) -> f32 {
        match self.around(|knot| knot.from <= from) {
            Ok((a, b)) => {
                let (mut low, mut high) = (a.to, b.to);
                for _ in 0..30 {
                    let middle = (low + high) / 2.0;
                    match self.back(middle) < from {
                        true => low = middle,
                        false => high = middle,
                    }
                }
                (low + high) / 2.0
            }
            Err(knot) => knot.to + (from - knot.from) / knot.slope,
        }
    }

    /// About the steepest slope between two new heights.
    pub(super) fn steepest(&self, low: f32, high: f32) -> f32 {
        let at = |i: u8| low + (high - low) * f32::from(i) / 32.0;
        (0..=32).map(|i| self.slope(at(i))).fold(0.0, f32::max)
    }

    /// The last knot that is `below` and the one after it; where there are not both, the one that there is.
    fn around(&self, below: impl Fn(&Knot) -> bool) -> Result<(Knot, Knot), Knot> {
        let knots = &self.0;
        match knots.iter().take_while(|knot| below(knot)).count() {
            0 => Err(knots[0]),
            n if n == knots.len() => Err(knots[n - 1]),
            n => Ok((knots[n - 1], knots[n])),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heights_keep_their_order_and_find_their_way_back() {
        let knot = |to, from, slope| Knot { to, from, slope };
        let heights = Heights(vec![
            Knot::still(-1.0),
            knot(-0.7, -0.4, 1.8),
            knot(-0.2, 0.5, 1.5),
        ]);
        let mut last = f32::MIN;
        for i in -200..200 {
            let from = i as f32 / 100.0;
            let to = heights.fore(from);
            assert!(
                to > last,
                "{from} goes to {to}, not above {last}: a part would be folded"
            );
            assert!(
                (heights.back(to) - from).abs() < 1e-5,
                "{from} goes to {to} and comes from {}: colours would slip",
                heights.back(to)
            );
            let step = (heights.back(to + 1e-2) - heights.back(to - 1e-2)) / 2e-2;
            assert!(
                (heights.slope(to) - step).abs() < 0.1,
                "at {to} the slope is {step}, not {}: normals would be wrong",
                heights.slope(to)
            );
            last = to;
        }
    }
}
