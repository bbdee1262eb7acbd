//! What a printer has to hold up: surfaces that hang over, and the room between them and what is below.

use glam::Vec3;
use serde::Serialize;

use super::columns::Columns;

/// What hangs over by more than 45 degrees is held up: the height of such a surface's normal.
pub(crate) const STEEP: f32 = -0.708;
/// What hangs no higher above what is below is not, millimetres: a usual layer.
const LAYER: f32 = 0.2;
/// Plumb lines along the longer side: every half millimetre of a usual figurine.
const LINES: usize = 200;

/// What it takes to hold up what hangs over more than 45 degrees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Supports {
    /// Of the surface that is held, and shows it.
    pub area_mm2: f64,
    /// The room below it, down to the plate or to what else is there.
    pub volume_mm3: f64,
    /// The sides of that room: slicers build a wall there, and hardly anything within.
    pub sides_mm2: f64,
}

impl Supports {
    /// Of what stands on a plate at `floor`; millimetres, +Z up. Nothing where that would take too long to find.
    pub(crate) fn of(triangles: &[[Vec3; 3]], floor: f32) -> Option<Self> {
        held(triangles, floor, LINES, |_, _| {})
    }
}

/// A piece of a plumb line that is held up, from below to above.
type Post = (f32, f32);

/// Finds what is to be held up, as so many plumb lines meet it, and tells of each piece the number of its triangle and its
/// area. Walls between bodies that touch hold each other.
pub(crate) fn held(
    triangles: &[[Vec3; 3]],
    floor: f32,
    lines: usize,
    mut each: impl FnMut(usize, f64),
) -> Option<Supports> {
    let slope = |[a, b, c]: &[Vec3; 3]| (*b - *a).cross(*c - *a).normalize_or_zero().z;
    let columns = Columns::of(triangles, lines)?;
    let step = f64::from(columns.step);
    let mut posts: Vec<Vec<Post>> = Vec::new();
    let mut all = Supports::default();
    for line in columns.lines() {
        let (mut within, mut own) = (0, Vec::new());
        for (i, crossing) in line.iter().enumerate() {
            if crossing.up {
                within += 1;
                continue;
            }
            within = (within - 1).max(0);
            let slope = slope(&triangles[crossing.triangle as usize]);
            if within > 0 || slope > STEEP {
                continue;
            }
            let below = line[i + 1..].iter().find(|next| next.up);
            let below = below.map_or(floor, |below| below.height);
            let gap = crossing.height - below;
            if gap > LAYER {
                let area = step * step / f64::from(-slope);
                each(crossing.triangle as usize, area);
                all.area_mm2 += area;
                all.volume_mm3 += step * step * f64::from(gap);
                own.push((below, crossing.height));
            }
        }
        posts.push(own);
    }
    all.sides_mm2 = step * sides(&posts, columns.across);
    Some(all)
}

/// How much of all posts, in rows of so many, stands beside nothing; millimetres, on every side.
fn sides(posts: &[Vec<Post>], across: usize) -> f64 {
    let long = |posts: &[Post]| posts.iter().map(|post| post.1 - post.0).sum::<f32>();
    let common = |one: &[Post], other: &[Post]| {
        let pair = |a: &Post, b: &Post| (a.1.min(b.1) - a.0.max(b.0)).max(0.0);
        one.iter()
            .map(|a| other.iter().map(|b| pair(a, b)).sum::<f32>())
            .sum::<f32>()
    };
    let mut open = 0.0;
    for (i, own) in posts.iter().enumerate().filter(|(_, own)| !own.is_empty()) {
        let right = (i % across + 1 < across).then_some(i + 1);
        let left = (i % across > 0).then(|| i - 1);
        let beside = [right, left, i.checked_add(across), i.checked_sub(across)];
        for other in beside {
            let there = other.and_then(|other| posts.get(other));
            let common = there.map_or(0.0, |there| common(own, there));
            open += f64::from(long(own) - common);
        }
    }
    open
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A box between two corners, facing outward.
    fn block(low: [f32; 3], high: [f32; 3]) -> Vec<[Vec3; 3]> {
        let corner = |i: usize| {
            let pick = |axis: usize| [low, high][i >> axis & 1][axis];
            Vec3::new(pick(0), pick(1), pick(2))
        };
        [
            [0, 2, 3, 1],
            [4, 5, 7, 6],
            [0, 1, 5, 4],
            [2, 6, 7, 3],
            [0, 4, 6, 2],
            [1, 3, 7, 5],
        ]
        .iter()
        .flat_map(|[a, b, c, d]| [[*a, *b, *c], [*a, *c, *d]])
        .map(|t| t.map(corner))
        .collect()
    }

    #[test]
    fn a_table_is_held_where_nothing_is_below_it() {
        let leg = block([0.0, 0.0, 0.0], [10.0, 10.0, 20.0]);
        let table = [leg.clone(), block([0.0, 0.0, 20.0], [40.0, 10.0, 22.0])].concat();
        let found = Supports::of(&table, 0.0).expect("a few triangles");
        assert!((found.area_mm2 - 300.0).abs() < 3.0, "{found:?}");
        assert!((found.volume_mm3 - 6000.0).abs() < 60.0, "{found:?}");
        assert!((found.sides_mm2 - 1600.0).abs() < 30.0, "{found:?}");
        // A stool below it holds some of it.
        let stool = [table, block([20.0, 0.0, 0.0], [30.0, 10.0, 15.0])].concat();
        let found = Supports::of(&stool, 0.0).expect("a few triangles");
        assert!((found.volume_mm3 - 4500.0).abs() < 60.0, "{found:?}");
        assert_eq!(Supports::of(&leg, 0.0), Some(Supports::default()));
    }
}
