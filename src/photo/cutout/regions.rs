//! Connected regions of a bitmap, for floods, specks and holes.

/// A bitmap, row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct Bitmap {
    pub width: usize,
    pub height: usize,
    pub bits: Vec<bool>,
}

impl Bitmap {
    /// A bitmap by a rule of the pixel's index, `y * width + x`.
    pub fn new(width: usize, height: usize, rule: impl Fn(usize) -> bool) -> Self {
        let bits = (0..width * height).map(rule).collect();
        Self {
            width,
            height,
            bits,
        }
    }

    /// Whether a pixel lies on the outermost row or column.
    pub fn on_border(&self, at: usize) -> bool {
        let (x, y) = (at % self.width, at / self.width);
        x == 0 || y == 0 || x + 1 == self.width || y + 1 == self.height
    }

    /// The set pixels that are 4-connected to a set pixel on the border.
    pub fn connected_to_border(&self) -> Self {
        let mut reached = Self::new(self.width, self.height, |_| false);
        for at in 0..self.bits.len() {
            if self.on_border(at) && self.bits[at] && !reached.bits[at] {
                self.flood(at, &mut reached.bits);
            }
        }
        reached
    }

    /// The 4-connected regions of set pixels, by their pixels' indices.
    pub fn regions(&self) -> Vec<Vec<usize>> {
        let mut seen = vec![false; self.bits.len()];
        let mut regions = Vec::new();
        for at in 0..self.bits.len() {
            if self.bits[at] && !seen[at] {
                regions.push(self.flood(at, &mut seen));
            }
        }
        regions
    }

    /// Without the 4-connected regions that are smaller than `share` of the largest one.
    pub fn without_specks(&self, share: f64) -> Self {
        let regions = self.regions();
        let largest = regions.iter().map(Vec::len).max().unwrap_or(0) as f64;
        let mut kept = Self::new(self.width, self.height, |_| false);
        for region in regions.iter().filter(|r| r.len() as f64 >= largest * share) {
            kept.set(region);
        }
        kept
    }

    /// Sets the pixels of these indices.
    pub fn set(&mut self, pixels: &[usize]) {
        for &at in pixels {
            self.bits[at] = true;
        }
    }

    /// Only what has set pixels all around it, `radius` in each direction; beyond the border they count as set.
    pub fn eroded(&self, radius: usize) -> Self {
        self.inverted().dilated(radius).inverted()
    }

    /// What has a set pixel within the square of `radius` around it.
    pub fn dilated(&self, radius: usize) -> Self {
        let (width, height) = (self.width, self.height);
        let across = spread(&self.bits, width, height, (1, width), radius);
        let bits = spread(&across, height, width, (width, 1), radius);
        Self {
            width,
            height,
            bits,
        }
    }

    /// Unset becomes set.
    pub fn inverted(&self) -> Self {
        Self::new(self.width, self.height, |at| !self.bits[at])
    }

    /// Marks the set pixels that are 4-connected to `start` and gives them.
    fn flood(&self, start: usize, seen: &mut [bool]) -> Vec<usize> {
        seen[start] = true;
        let mut region = vec![start];
        let mut next = 0;
        while let Some(&at) = region.get(next) {
            next += 1;
            let (x, y) = (at % self.width, at / self.width);
            let neighbours = [
                (x > 0).then(|| at - 1),
                (x + 1 < self.width).then_some(at + 1),
                (y > 0).then(|| at - self.width),
                (y + 1 < self.height).then_some(at + self.width),
            ];
            for to in neighbours.into_iter().flatten() {
                if self.bits[to] && !seen[to] {
                    seen[to] = true;
                    region.push(to);
                }
            }
        }
        region
    }
}

/// Sets what lies at most `radius` pixels before or behind a set one, in `lines` of `length` pixels each; `strides` are
/// those of a pixel and of a line.
fn spread(
    bits: &[bool],
    length: usize,
    lines: usize,
    strides: (usize, usize),
    radius: usize,
) -> Vec<bool> {
    let mut out = vec![false; bits.len()];
    for line in 0..lines {
        let at = |i: usize| line * strides.1 + i * strides.0;
        let mut reach = 0; // one more than the last pixel to be set
        for i in (0..length).filter(|&i| bits[at(i)]) {
            let first = i.saturating_sub(radius).max(reach);
            reach = (i + radius + 1).min(length);
            (first..reach).for_each(|i| out[at(i)] = true);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bitmap(rows: &[&str]) -> Bitmap {
        let bytes = rows.concat().into_bytes();
        Bitmap::new(rows[0].len(), rows.len(), |at| bytes[at] == b'#')
    }

    #[test]
    fn specks_are_dropped() {
        let both = bitmap(&["......", ".###..", ".###..", ".###.#", "......"]);
        let one = bitmap(&["......", ".###..", ".###..", ".###..", "......"]);
        assert_eq!(both.without_specks(0.2), one, "the single pixel is a speck");
        assert_eq!(both.without_specks(0.0), both);
    }

    #[test]
    fn growing_and_shrinking_go_in_both_directions() {
        let dot = bitmap(&[".....", ".....", "..#..", ".....", "....."]);
        let square = bitmap(&[".....", ".###.", ".###.", ".###.", "....."]);
        assert_eq!(dot.dilated(1), square);
        assert_eq!(square.eroded(1), dot);
        let all = bitmap(&["##", "##"]);
        assert_eq!(all.eroded(1), all, "the border is no hole");
    }

    #[test]
    fn only_what_touches_the_border_is_reached() {
        let two = bitmap(&["#....", "#.##.", "..##.", "....."]);
        let left = bitmap(&["#....", "#....", ".....", "....."]);
        assert_eq!(two.connected_to_border(), left);
    }
}
