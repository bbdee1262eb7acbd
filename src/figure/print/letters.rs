//! Letters of nameplates: what a round pen draws. They are this project's own (`letters.txt`), and so are their spaces: any two
//! letters stand as near as the room between them looks like that between all others.

use std::collections::HashMap;
use std::sync::LazyLock;

use anyhow::{Result, ensure};
use glam::Vec2;
use unicode_normalization_alignments::UnicodeNormalization;

use crate::geometry::extent_2d;

/// How many letters a name has at most: no plinth has room for more.
pub const MOST: usize = 60;

/// The middle of a pen's way; capitals are 100 high.
pub(super) type Stroke = Vec<Vec2>;

const STROKES: &str = include_str!("letters.txt");
static LETTERS: LazyLock<HashMap<char, Vec<Stroke>>> =
    LazyLock::new(|| STROKES.lines().filter_map(line).collect());

/// Points of a quarter of an ellipse.
const QUARTER: usize = 12;
/// Between the middles of two strokes, the mean room between letters, and the least.
const ROOM: f32 = 38.0;
const LEAST_ROOM: f32 = 30.0;
/// What is farther than this from a letter's side is no more room.
const DEEP: f32 = 24.0;
const SPACE: f32 = 46.0;
/// Between a letter and its mark.
const ABOVE: f32 = 22.0;

/// A name as it is set: without spaces around it, and one between words.
///
/// # Errors
/// It is empty, too long, or has letters that are not known, which are named.
pub fn tidy(name: &str) -> Result<String> {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    ensure!(
        !name.is_empty(),
        "there is nothing in it: give letters, as --name \"ANNA\""
    );
    let count = name.chars().count();
    ensure!(
        count <= MOST,
        "{count} letters are more than any plinth holds; {MOST} are the most, and fewer are larger"
    );
    let mut lacking: Vec<String> = Vec::new();
    for letter in name.chars().filter(|c| *c != ' ') {
        let shown = format!("'{}'", letter.escape_debug());
        let known = std::iter::once(letter)
            .nfd()
            .all(|(c, _)| strokes(c).is_some());
        if !known && !lacking.contains(&shown) {
            lacking.push(shown);
        }
    }
    ensure!(
        lacking.is_empty(),
        "there is no {}; there are Latin letters with their accents, digits, punctuation and \u{2665}",
        lacking.join(", ")
    );
    Ok(name)
}

/// The strokes of a line of letters, from 0 to the right; what is not known is left out.
pub(super) fn set(name: &str) -> Vec<Stroke> {
    let mut line: Vec<Stroke> = Vec::new();
    let mut before: Option<(Letter, f32)> = None;
    let mut spaces = 0.0;
    for letter in composed(name) {
        let Some(letter) = letter else {
            spaces += SPACE;
            continue;
        };
        let at = match &before {
            Some((last, at)) => at + last.advance(&letter) + spaces,
            None => 0.0,
        };
        spaces = 0.0;
        let moved = |stroke: &Stroke| stroke.iter().map(|p| *p + Vec2::X * at).collect();
        line.extend(letter.strokes.iter().map(moved));
        before = Some((letter, at));
    }
    line
}

/// Letters with their marks; nothing for a space.
fn composed(name: &str) -> Vec<Option<Letter>> {
    let mut letters: Vec<Option<Letter>> = Vec::new();
    let mut decomposed = name.nfd().map(|(c, _)| c).peekable();
    while let Some(c) = decomposed.next() {
        if is_mark(c) {
            if let (Some(Some(letter)), Some(mark)) = (letters.last_mut(), strokes(c)) {
                letter.mark(c, mark);
            }
            continue;
        }
        // A mark takes the place of the dot.
        let c = match (c, decomposed.peek().is_some_and(|next| is_above(*next))) {
            ('i', true) => '\u{131}',
            ('j', true) => '\u{237}',
            (c, _) => c,
        };
        match strokes(c) {
            Some(strokes) => letters.push(Some(Letter {
                strokes: strokes.to_vec(),
            })),
            None => letters.push(None),
        }
    }
    letters
}

fn is_mark(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

fn is_above(c: char) -> bool {
    is_mark(c) && !matches!(c, '\u{326}'..='\u{328}')
}

fn strokes(c: char) -> Option<&'static [Stroke]> {
    let same = match c {
        '\u{201c}' | '\u{201d}' | '\u{201e}' => '"',
        '`' | '\u{b4}' => '\u{2019}',
        '\u{201a}' => ',',
        '\u{2212}' => '\u{2013}',
        c => c,
    };
    LETTERS.get(&same).map(Vec::as_slice)
}

/// A letter with its marks.
struct Letter {
    strokes: Vec<Stroke>,
}

impl Letter {
    fn points(&self) -> impl Iterator<Item = Vec2> + '_ {
        self.strokes.iter().flatten().copied()
    }

    /// Sets a mark on it, or hangs it from it.
    fn mark(&mut self, c: char, mark: &[Stroke]) {
        let (low, high) = extent_2d(self.points());
        let middle = (low.x + high.x) / 2.0;
        let lowest = self.points().filter(|p| p.y < low.y + 1.0);
        let right = lowest.map(|p| p.x).fold(low.x, f32::max);
        let at = match c {
            '\u{328}' => Vec2::new(right, low.y),
            c if is_above(c) => Vec2::new(middle, high.y + ABOVE),
            _ => Vec2::new(middle, low.y),
        };
        let moved = |stroke: &Stroke| stroke.iter().map(|p| *p + at).collect();
        self.strokes.extend(mark.iter().map(moved));
    }

    /// How far to the right of this one's 0 that of the next is.
    fn advance(&self, next: &Self) -> f32 {
        let (own, other) = (self.sides(), next.sides());
        // Only where both are: above a small letter is room for all.
        let rows = || {
            (own.iter().zip(&other))
                .filter_map(|(own, other)| Some(other.as_ref()?.0 - own.as_ref()?.1))
        };
        let (sum, count) = rows().fold((0.0, 0.0f32), |(sum, n), room| (sum + room, n + 1.0));
        let least = rows().fold(f32::MAX, f32::min);
        if count == 0.0 {
            let (right, left) = (extent_2d(self.points()).1.x, extent_2d(next.points()).0.x);
            return right - left + LEAST_ROOM;
        }
        (ROOM - sum / count).max(LEAST_ROOM - least)
    }

    /// By row, its left and its right side; nothing above and below it.
    fn sides(&self) -> Vec<Option<(f32, f32)>> {
        const ROW: f32 = 5.0;
        let (low, high) = extent_2d(self.points());
        let mut rows = vec![None::<(f32, f32)>; 40];
        let number = |y: f32| ((y + 50.0) / ROW).clamp(0.0, 39.0) as usize;
        for stroke in &self.strokes {
            let ends = stroke.windows(2).flat_map(|ends| {
                let steps = ends[0].distance(ends[1]).ceil().max(1.0) as usize;
                (0..=steps).map(move |i| ends[0].lerp(ends[1], i as f32 / steps as f32))
            });
            for p in ends.chain(stroke.iter().copied()) {
                // A pen is wide.
                for row in &mut rows[number(p.y - 8.0)..=number(p.y + 8.0)] {
                    let (left, right) = row.get_or_insert((p.x, p.x));
                    (*left, *right) = (left.min(p.x), right.max(p.x));
                }
            }
        }
        let within = number(low.y)..=number(high.y);
        let side = |(row, found): (usize, Option<(f32, f32)>)| {
            let (left, right) = found.unwrap_or((f32::MAX, f32::MIN));
            let seen = (left.min(low.x + DEEP), right.max(high.x - DEEP));
            within.contains(&row).then_some(seen)
        };
        rows.into_iter().enumerate().map(side).collect()
    }
}

/// A line of the file: a letter and its strokes.
fn line(text: &str) -> Option<(char, Vec<Stroke>)> {
    let (name, strokes) = text.split_once(' ')?;
    let mut one = name.chars();
    let letter = match (name.strip_prefix("U+"), one.next(), one.next()) {
        (Some(number), ..) => char::from_u32(u32::from_str_radix(number, 16).ok()?)?,
        (None, Some(letter), None) => letter,
        _ => return None,
    };
    let strokes = strokes.split('|').map(stroke).collect::<Option<_>>()?;
    Some((letter, strokes))
}

fn stroke(text: &str) -> Option<Stroke> {
    let mut points: Stroke = Vec::new();
    let mut corner = None;
    for word in text.split_whitespace() {
        let inner = word
            .strip_prefix('(')
            .and_then(|word| word.strip_suffix(')'));
        let (x, y) = inner.unwrap_or(word).split_once(',')?;
        let p = Vec2::new(x.parse().ok()?, y.parse().ok()?);
        match (inner, corner.take()) {
            (Some(_), _) => corner = Some(p),
            (None, None) => points.push(p),
            (None, Some(c)) => {
                let from = *points.last()?;
                let quarter = (1..=QUARTER).map(|i| {
                    let angle = std::f32::consts::FRAC_PI_2 * i as f32 / QUARTER as f32;
                    let (sin, cos) = angle.sin_cos();
                    // An ellipse with its middle where the corner's parallelogram ends.
                    let middle = from + p - c;
                    middle + (from - middle) * cos + (p - middle) * sin
                });
                points.extend(quarter);
            }
        }
    }
    (!points.is_empty()).then_some(points)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_letters_is_read() {
        let lost = STROKES
            .lines()
            .filter(|l| !l.is_empty() && line(l).is_none());
        let lost: Vec<&str> = lost.filter(|l| !l.starts_with("# ")).collect();
        assert_eq!(lost, Vec::<&str>::new(), "these lines are no letters");
        assert!(LETTERS.contains_key(&'#'), "a letter like all others");
        assert!(LETTERS.len() > 120, "there are {}", LETTERS.len());
    }

    #[test]
    fn the_languages_of_europe_can_be_written() {
        for name in [
            "ABCDEFGHIJKLMNOPQRSTUVWXYZ abcdefghijklmnopqrstuvwxyz",
            "0123456789 .,:;!?'\"-_()/+=*#%&@",
            "\u{c4}\u{d6}\u{dc}\u{e4}\u{f6}\u{fc}\u{df} \u{e0}\u{e9}\u{ee}\u{f5}\u{f1}\u{e7} \u{e5}\u{c6}\u{d8}",
            "\u{141}\u{f3}d\u{17a} \u{105}\u{119} \u{151}\u{171} \u{10d}\u{159}\u{16f} \u{11f}\u{15f}\u{131}\u{130} \u{219}\u{21b}",
        ] {
            assert!(tidy(name).is_ok(), "{name}: {:?}", tidy(name));
            let low = set(name)
                .into_iter()
                .flatten()
                .map(|p| p.x)
                .fold(f32::MAX, f32::min);
            assert!(low > -20.0, "{name} begins at its left");
        }
    }

    #[test]
    fn a_mark_takes_the_place_of_a_dot_and_may_be_typed_apart() {
        assert_eq!(
            set("\u{ef}"),
            set("i\u{308}"),
            "one letter, two ways to type it"
        );
        assert_eq!(set("\u{ef}").len(), 3, "a stem and two dots");
    }

    #[test]
    fn letters_stand_at_even_distances_and_never_touch() {
        let name = "AVATAR Wolfgang jTo";
        let strokes = set(name);
        let all = composed(name);
        let mut letters = Vec::new();
        let mut rest = strokes.as_slice();
        for letter in all.into_iter().flatten() {
            let (own, others) = rest.split_at(letter.strokes.len());
            letters.push(own.concat());
            rest = others;
        }
        for pair in letters.windows(2) {
            let near = |p: &Vec2| {
                pair[1]
                    .iter()
                    .map(|q| p.distance(*q))
                    .fold(f32::MAX, f32::min)
            };
            let least = pair[0].iter().map(near).fold(f32::MAX, f32::min);
            assert!(
                least > 22.0,
                "{least} units between two letters, and a pen is 16 to 22 wide"
            );
        }
    }
}
