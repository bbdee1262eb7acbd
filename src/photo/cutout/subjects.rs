//! Which of the things that stand out is the subject, and what else is to be said of them.

use serde::{Deserialize, Serialize};

use super::regions::Bitmap;

/// A thing of at least this share of the largest one's pixels is a subject, not a piece of one.
const SUBJECT: f64 = 0.3;
/// A smaller one this near to a subject, in parts of the picture's longer side, is a piece of it, unless it
/// is a [`FRAGMENT`].
const NEAR: f64 = 0.04;
/// A smaller one of less than this share of the subject's pixels is nothing.
const FRAGMENT: f64 = 0.002;
/// Of more things than this, none is the subject: they are words, or a pattern.
pub const MANY: usize = 12;
/// Two that stand above one another are one, if the gap is no more than this share of their height.
const GAP: f64 = 0.1;
/// A subject of which so much of a side of its box touches the picture's border goes on beyond it.
const TOUCH: f64 = 0.15;
/// Of subjects that are almost as large as the largest, the one in the middle is the first.
const AS_LARGE: f64 = 0.85;

/// A box in pixels of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    pub left: u32,
    pub top: u32,
    pub width: u32,
    pub height: u32,
}

/// A subject in a bitmap.
pub struct Subject {
    pixels: Vec<usize>,
    /// Left, top, right and bottom, the last two exclusive.
    area: [usize; 4],
    /// Of how many pieces it is.
    pub pieces: usize,
    /// Sides of the picture beyond which it goes on.
    pub ends: Vec<&'static str>,
}

/// The subjects in a bitmap, the first of them first: the largest, or of those that are about as large the one in the
/// middle. What is neither a subject nor a piece of one is in none.
pub fn find(map: &Bitmap) -> Vec<Subject> {
    let mut regions: Vec<Subject> = map
        .regions()
        .into_iter()
        .map(|r| Subject::new(r, map))
        .collect();
    regions.sort_by_key(|region| std::cmp::Reverse(region.pixels.len()));
    let Some(largest) = regions.first().map(|region| region.pixels.len() as f64) else {
        return Vec::new();
    };
    let (mut subjects, pieces): (Vec<Subject>, Vec<Subject>) =
        (regions.into_iter()).partition(|r| r.pixels.len() as f64 >= SUBJECT * largest);
    if subjects.len() <= MANY {
        join_stacked(&mut subjects);
    }
    let longer = map.width.max(map.height) as f64;
    for piece in pieces {
        let nearest = subjects
            .iter_mut()
            .min_by_key(|subject| subject.distance(&piece));
        let Some(subject) = nearest else { continue };
        let near = (subject.distance(&piece) as f64) < NEAR * longer;
        if near && piece.pixels.len() as f64 >= FRAGMENT * subject.pixels.len() as f64 {
            subject.take(piece);
        }
    }
    let most = subjects.iter().map(|s| s.pixels.len()).max().unwrap_or(0) as f64;
    let middle = |subject: &Subject| {
        let off = |low: usize, high: usize, length: usize| (low + high).abs_diff(length);
        let [left, top, right, bottom] = subject.area;
        off(left, right, map.width) + off(top, bottom, map.height)
    };
    subjects.sort_by_key(|s| {
        let smaller = (s.pixels.len() as f64) < AS_LARGE * most;
        let size = if smaller {
            usize::MAX - s.pixels.len()
        } else {
            0
        };
        (size, middle(s))
    });
    for subject in &mut subjects {
        subject.ends = subject.ends_in(map);
    }
    subjects
}

/// Joins what is one behind a belt or a rail.
fn join_stacked(subjects: &mut Vec<Subject>) {
    let pair = |all: &[Subject]| {
        let pairs = (0..all.len()).flat_map(|i| (i + 1..all.len()).map(move |j| (i, j)));
        pairs.into_iter().find(|&(i, j)| all[i].stacked(&all[j]))
    };
    while let Some((i, j)) = pair(subjects) {
        let other = subjects.remove(j);
        subjects[i].take(other);
    }
}

impl Subject {
    fn new(pixels: Vec<usize>, map: &Bitmap) -> Self {
        let mut area = [usize::MAX, usize::MAX, 0, 0];
        for at in &pixels {
            let (x, y) = (at % map.width, at / map.width);
            area = [
                area[0].min(x),
                area[1].min(y),
                area[2].max(x + 1),
                area[3].max(y + 1),
            ];
        }
        Self {
            pixels,
            area,
            pieces: 1,
            ends: Vec::new(),
        }
    }

    fn take(&mut self, other: Self) {
        self.pixels.extend(other.pixels);
        self.pieces += other.pieces;
        let (a, b) = (self.area, other.area);
        self.area = [
            a[0].min(b[0]),
            a[1].min(b[1]),
            a[2].max(b[2]),
            a[3].max(b[3]),
        ];
    }

    /// The gap between both boxes, across and down.
    fn gaps(&self, other: &Self) -> (usize, usize) {
        let gap = |low: usize, high: usize| {
            let from = self.area[low].max(other.area[low]);
            from.saturating_sub(self.area[high].min(other.area[high]))
        };
        (gap(0, 2), gap(1, 3))
    }

    fn distance(&self, other: &Self) -> usize {
        let (across, down) = self.gaps(other);
        across.max(down)
    }

    fn stacked(&self, other: &Self) -> bool {
        let (a, b) = (self.area, other.area);
        let shared = a[2].min(b[2]).saturating_sub(a[0].max(b[0]));
        let narrower = (a[2] - a[0]).min(b[2] - b[0]);
        let height = a[3].max(b[3]) - a[1].min(b[1]);
        let (_, gap) = self.gaps(other);
        2 * shared >= narrower && gap as f64 <= GAP * height as f64
    }

    fn ends_in(&self, map: &Bitmap) -> Vec<&'static str> {
        let [left, top, right, bottom] = self.area;
        let (width, height) = ((right - left) as f64, (bottom - top) as f64);
        let count = |test: &dyn Fn(usize, usize) -> bool| {
            let on = |&&at: &&usize| test(at % map.width, at / map.width);
            self.pixels.iter().filter(on).count() as f64
        };
        let sides = [
            ("left", count(&|x, _| x == 0), height),
            ("upper", count(&|_, y| y == 0), width),
            ("right", count(&|x, _| x + 1 == map.width), height),
            ("lower", count(&|_, y| y + 1 == map.height), width),
        ];
        let cut = |(name, count, length): (&'static str, f64, f64)| {
            (count > TOUCH * length).then_some(name)
        };
        sides.into_iter().filter_map(cut).collect()
    }

    /// Where it is in a picture of which the bitmap is a reduced one.
    pub fn bounds(&self, map: &Bitmap, (width, height): (u32, u32)) -> Bounds {
        let scale =
            |at: usize, from: usize, to: u32| (at as u64 * u64::from(to) / from as u64) as u32;
        let [left, top, right, bottom] = self.area;
        let (left, top) = (
            scale(left, map.width, width),
            scale(top, map.height, height),
        );
        Bounds {
            left,
            top,
            width: scale(right, map.width, width) - left,
            height: scale(bottom, map.height, height) - top,
        }
    }

    /// Its pixels.
    pub fn bitmap(&self, map: &Bitmap) -> Bitmap {
        let mut out = Bitmap::new(map.width, map.height, |_| false);
        out.set(&self.pixels);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rectangles as left, top, width, height in a bitmap of 200 x 100.
    fn map(rectangles: &[[usize; 4]]) -> Bitmap {
        Bitmap::new(200, 100, |at| {
            let (x, y) = (at % 200, at / 200);
            let inside = |[left, top, width, height]: &[usize; 4]| {
                (*left..left + width).contains(&x) && (*top..top + height).contains(&y)
            };
            rectangles.iter().any(inside)
        })
    }

    fn lefts(rectangles: &[[usize; 4]]) -> Vec<u32> {
        let map = map(rectangles);
        let bounds = |s: &Subject| s.bounds(&map, (200, 100)).left;
        find(&map).iter().map(bounds).collect()
    }

    #[test]
    fn the_largest_comes_first_and_of_equals_the_one_in_the_middle() {
        let (small, large) = ([10, 20, 20, 30], [120, 10, 40, 80]);
        assert_eq!(lefts(&[small, large]), [120], "a small one is none");
        let two = [[10, 10, 30, 60], [120, 10, 40, 80]];
        assert_eq!(lefts(&two), [120, 10]);
        let three = [[10, 10, 30, 60], [85, 10, 29, 60], [150, 10, 30, 60]];
        assert_eq!(
            lefts(&three),
            [85, 150, 10],
            "the middle, then by their place"
        );
    }

    #[test]
    fn a_head_that_a_collar_parts_from_its_body_is_the_same_subject() {
        let found = lefts(&[[80, 5, 30, 30], [70, 40, 50, 50]]);
        assert_eq!(found, [70], "what stands above one another is one");
    }

    #[test]
    fn a_subject_goes_on_where_much_of_it_touches_the_border() {
        let ends = |rectangle| find(&map(&[rectangle]))[0].ends.clone();
        assert!(ends([50, 20, 40, 60]).is_empty());
        assert_eq!(ends([50, 20, 40, 80]), ["lower"]);
        assert_eq!(ends([0, 20, 40, 60]), ["left"]);
        let on = |width| {
            find(&map(&[[50, 20, 40, 60], [60, 80, width, 20]]))[0]
                .ends
                .clone()
        };
        assert_eq!(on(10), ["lower"], "a quarter of its width goes on");
        assert!(on(4).is_empty(), "a tenth is a toe");
    }

    #[test]
    fn lines_of_words_are_many_things_or_one_of_many_pieces() {
        let words: Vec<[usize; 4]> = (0..32)
            .map(|i| [20 + i % 4 * 40, i / 4 * 12, 36, 10])
            .collect();
        assert_eq!(
            find(&map(&words)).len(),
            32,
            "no word belongs to that above it"
        );
        let picture = [[20, 0, 160, 40]];
        let letters = (0..60).map(|i| [20 + i % 20 * 8, 42 + i / 20 * 4, 6, 3]);
        let all: Vec<_> = picture.into_iter().chain(letters).collect();
        assert_eq!(find(&map(&all))[0].pieces, 61, "what is told counts them");
    }

    #[test]
    fn nothing_has_no_subject() {
        assert!(find(&map(&[])).is_empty());
    }

    #[test]
    fn a_larger_one_comes_before_one_in_the_middle() {
        assert_eq!(lefts(&[[10, 10, 40, 80], [85, 20, 30, 60]]), [10, 85]);
    }

    #[test]
    fn what_is_near_a_subject_and_no_fragment_is_a_piece_of_it() {
        let body = [60, 20, 50, 70];
        let pixels = |beside: [usize; 4]| find(&map(&[body, beside]))[0].pixels.len();
        assert_eq!(pixels([114, 40, 8, 8]), 3500 + 64, "a ball at its hand");
        assert_eq!(pixels([130, 40, 8, 8]), 3500, "a ball on the ground");
        assert_eq!(pixels([114, 40, 2, 2]), 3500, "dust");
    }
}
