//! What the image encoder reads off a photo, cell by cell.

use glam::{Vec2, Vec3};

use crate::base::resample::bilinear;
use crate::slots::Slot;

/// How many cells a side several views give for one of a single view.
const FINER: usize = 2;

/// What each cell of a square grid on the photo shows.
pub struct Segmentation {
    /// Cells a side; cell `(x, y)` has the index `y * side + x`.
    pub side: usize,
    /// Where the first cell begins, and the width of all of them, in parts of the picture's side.
    pub start: f32,
    pub span: f32,
    /// The parts that a cell may show.
    pub names: Vec<String>,
    /// Of each cell, how likely it shows nothing or each of the parts: `1 + names` shares that sum to 1.
    pub shares: Vec<Vec<f32>>,
    /// Of each cell, where on the figure that is, in the model frame.
    pub places: Vec<Vec3>,
}

impl Segmentation {
    /// What several augmented views of one picture say together. Each comes with where the first one's corner lies in it
    /// and how long its side is, in parts of its own: as their cells lie between each other's, the mean has more.
    ///
    /// The places are the first one's. Of a photo unlike the training, views put a cell on either side of the
    /// figure, and a mean in the middle of it: then every profile is a front.
    pub fn mean(views: &[(Self, Vec2, f32)]) -> Option<Self> {
        let (first, ..) = views.first()?;
        let mut mean = Self {
            side: first.side * FINER,
            names: first.names.clone(),
            shares: Vec::new(),
            places: Vec::new(),
            ..*first
        };
        for i in 0..mean.side * mean.side {
            let at = mean.centre(i);
            let mut shares = vec![0.0; 1 + first.names.len()];
            for (cells, corner, span) in views {
                let at = cells.at(*corner + at * *span);
                for (k, share) in shares.iter_mut().enumerate() {
                    let here = bilinear(|c| cells.shares[c][k], cells.side, at);
                    *share += here / views.len() as f32;
                }
            }
            mean.shares.push(shares);
            let place = bilinear(|c| first.places[c], first.side, first.at(at));
            mean.places.push(place);
        }
        Some(mean)
    }

    /// The middle of a cell, in parts of the picture's side.
    pub(crate) fn centre(&self, index: usize) -> Vec2 {
        let cell = self.span / self.side as f32;
        let (x, y) = (index % self.side, index / self.side);
        Vec2::splat(self.start) + Vec2::new(x as f32 + 0.5, y as f32 + 0.5) * cell
    }

    /// A point of the picture, in parts of its side, in cells from the first one's corner.
    pub(crate) fn at(&self, point: Vec2) -> Vec2 {
        (point - self.start) / self.span * self.side as f32
    }

    /// Takes what was read as seen from the front for seen from behind: left is right, and everything
    /// lies on the other side.
    pub fn turn(&mut self) {
        for place in &mut self.places {
            *place *= Vec3::new(-1.0, 1.0, -1.0);
        }
        for part in 0..self.names.len() {
            let other = (Slot::of(&self.names[part]).and_then(Slot::twin))
                .and_then(|twin| self.names.iter().position(|name| twin.is(name)))
                .filter(|other| part < *other);
            if let Some(other) = other {
                for shares in &mut self.shares {
                    shares.swap(1 + part, 1 + other);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_are_laid_on_each_other_where_they_show_the_same() {
        // What a place of the picture shows is known; each look sees it elsewhere and larger or smaller.
        let share = |at: Vec2| 0.5 + 0.4 * (4.0 * at.x).sin() * (3.0 * at.y).cos();
        let look = |corner: Vec2, span: f32| {
            let (side, start, width) = (32, 0.05, 0.9);
            let cell = |i: usize| Vec2::new((i % side) as f32 + 0.5, (i / side) as f32 + 0.5);
            let at = |i: usize| (start + cell(i) / side as f32 * width - corner) / span;
            let cells = Segmentation {
                side,
                start,
                span: width,
                names: vec!["all".into()],
                shares: (0..side * side)
                    .map(|i| vec![1.0 - share(at(i)), share(at(i))])
                    .collect(),
                places: (0..side * side)
                    .map(|i| at(i).extend(share(at(i))))
                    .collect(),
            };
            (cells, corner, span)
        };
        let views = [
            look(Vec2::ZERO, 1.0),
            look(Vec2::new(0.05, 0.04), 0.96),
            look(Vec2::new(-0.05, 0.01), 1.04),
        ];
        let mean = Segmentation::mean(&views).expect("views");
        assert!(mean.side > views[0].0.side, "several views show more");
        for (i, shares) in mean.shares.iter().enumerate() {
            let (x, y) = (i % mean.side, i / mean.side);
            let at = Vec2::new(x as f32 + 0.5, y as f32 + 0.5) / mean.side as f32;
            let at = mean.start + at * mean.span;
            if (at - 0.5).abs().max_element() > 0.4 {
                continue; // a look that is moved does not see the rim
            }
            assert!(
                (shares[1] - share(at)).abs() < 0.01
                    && mean.places[i].distance(at.extend(share(at))) < 0.01,
                "at {at}: {shares:?} and {}, there is {}",
                mean.places[i],
                share(at)
            );
        }
    }
}
