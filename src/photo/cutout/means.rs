//! Means over squares of pixels, and places between pixels.

/// The mean of the square of `2 radius + 1` pixels around each, or of what of it is in the picture.
pub fn box_mean(values: &[f32], width: usize, height: usize, radius: usize) -> Vec<f32> {
    let covered = |i: usize, length: usize| (i + radius + 1).min(length) - i.saturating_sub(radius);
    let mut out = sums(values, width, height, radius);
    for (y, line) in out.chunks_exact_mut(width).enumerate() {
        let rows = covered(y, height);
        for (x, value) in line.iter_mut().enumerate() {
            *value /= (rows * covered(x, width)) as f32;
        }
    }
    out
}

/// The sum of the square of `2 radius + 1` pixels around each.
pub fn sums(values: &[f32], width: usize, height: usize, radius: usize) -> Vec<f32> {
    let mut out = vec![0.0; values.len()];
    // Of the rows around, by column. In f64: the differences of these sums are small.
    let mut columns = vec![0f64; width];
    let row = |y: usize| &values[y * width..][..width];
    let add = |columns: &mut [f64], y: usize, sign: f64| {
        for (column, &value) in columns.iter_mut().zip(row(y)) {
            *column += sign * f64::from(value);
        }
    };
    for y in 0..radius.min(height) {
        add(&mut columns, y, 1.0);
    }
    for (y, out) in out.chunks_exact_mut(width).enumerate() {
        if y + radius < height {
            add(&mut columns, y + radius, 1.0);
        }
        let mut sum: f64 = columns.iter().take(radius).sum();
        for (x, out) in out.iter_mut().enumerate() {
            sum += columns.get(x + radius).copied().unwrap_or(0.0);
            *out = sum as f32;
            if x >= radius {
                sum -= columns[x - radius];
            }
        }
        if y >= radius {
            add(&mut columns, y - radius, -1.0);
        }
    }
    out
}

/// The two of some samples that a place lies between.
pub struct Taps {
    first: usize,
    second: usize,
    /// How far from the first to the second.
    share: f32,
}

impl Taps {
    /// Of each of `to` samples, between `from` others over the same length.
    pub fn between(to: usize, from: usize) -> Vec<Self> {
        let place = |i: usize| {
            let x = (i as f64 + 0.5) * from as f64 / to as f64 - 0.5;
            let x = x.clamp(0.0, (from - 1) as f64);
            let first = x as usize;
            Self {
                first,
                second: (first + 1).min(from - 1),
                share: (x - first as f64) as f32,
            }
        };
        (0..to).map(place).collect()
    }

    /// The four pixels around a place in this row and that column, of a picture of this width.
    pub fn corners(&self, column: &Self, width: usize) -> [usize; 4] {
        let (upper, lower) = (self.first * width, self.second * width);
        [
            upper + column.first,
            upper + column.second,
            lower + column.first,
            lower + column.second,
        ]
    }

    /// How much each of these counts.
    pub fn weights(&self, column: &Self) -> [f32; 4] {
        let (down, right) = (self.share, column.share);
        [
            (1.0 - down) * (1.0 - right),
            (1.0 - down) * right,
            down * (1.0 - right),
            down * right,
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_those_of_plain_loops() {
        let (width, height) = (7, 5);
        let values: Vec<f32> = (0..width * height).map(|i| (i * i % 11) as f32).collect();
        for radius in [1, 2, 9] {
            let means = box_mean(&values, width, height, radius);
            for (at, mean) in means.into_iter().enumerate() {
                let (x, y) = (at % width, at / width);
                let near = |i: usize, j: usize| i.abs_diff(j) <= radius;
                let all: Vec<f32> = (0..width * height)
                    .filter(|to| near(to % width, x) && near(to / width, y))
                    .map(|to| values[to])
                    .collect();
                let want = all.iter().sum::<f32>() / all.len() as f32;
                assert!((mean - want).abs() < 1e-4, "{x}, {y}, radius {radius}");
            }
        }
    }
}
