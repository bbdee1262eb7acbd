//! Charts side by side in a square, as large as there is room for.

use anyhow::{Context, Result};
use glam::Vec2;

use super::charts::Chart;

/// Where charts lie.
pub(super) struct Layout {
    /// Pixels for a unit of the charts.
    pub(super) scale: f32,
    /// Free pixels around each chart.
    pub(super) gutter: f32,
    /// By chart, where its corner is, pixels.
    pub(super) origins: Vec<Vec2>,
}

/// Columns that are told apart, at most: finer packing would take long and gain little.
const COLUMNS: u32 = 1024;
/// Free pixels around each chart: the first that leave the charts this share of the scale that they
/// would have without any gaps, as small textures have no room to give, and the last anyway.
const GUTTERS: [f32; 3] = [2.0, 1.0, 0.5];
const SHARE: f32 = 0.5;

/// Finds the largest scale at which all charts fit, to about one per cent.
///
/// # Errors
/// There are more charts than there is room for.
pub(super) fn lay_out(charts: &[Chart], side: u32) -> Result<Layout> {
    let area: f32 = charts.iter().map(Chart::area).sum();
    let most = side as f32 / area.max(1e-12).sqrt();
    let last = GUTTERS.len() - 1;
    let layouts = GUTTERS.iter().enumerate().filter_map(|(i, &gutter)| {
        let least = if i == last { 1e-3 } else { SHARE };
        largest(charts, side, gutter, most, least * most)
    });
    layouts.into_iter().next().with_context(|| {
        let charts = charts.len();
        format!("a texture of {side} pixels a side has no room for {charts} charts; ask for a larger one")
    })
}

/// The largest scale below `most` at which the charts fit, if that is above `least`.
fn largest(charts: &[Chart], side: u32, gutter: f32, most: f32, least: f32) -> Option<Layout> {
    let cell = side.div_ceil(COLUMNS);
    let fitted = |scale: f32| {
        let skylines = charts
            .iter()
            .map(|chart| Skyline::of(chart, scale, gutter, cell));
        let origins = drop_in(&skylines.collect::<Vec<_>>(), side / cell)?;
        let place = |(x, y): (u32, u32)| Vec2::new(x as f32, y as f32) * cell as f32 + gutter;
        Some(Layout {
            scale,
            gutter,
            origins: origins.into_iter().map(place).collect(),
        })
    };
    let mut scales = std::iter::successors(Some(0.9 * most), |scale| Some(0.9 * scale))
        .take_while(|scale| *scale > least);
    let mut best = scales.find_map(fitted)?;
    let (mut low, mut high) = (best.scale, best.scale / 0.9);
    for _ in 0..4 {
        let middle = (low + high) / 2.0;
        match fitted(middle) {
            Some(layout) => (low, best) = (middle, layout),
            None => high = middle,
        }
    }
    Some(best)
}

/// What a chart takes of each column of cells: from the first of the pair up to, not with, the second.
struct Skyline {
    columns: Vec<(u32, u32)>,
    tall: u32,
}

impl Skyline {
    /// With a gutter of so many pixels all around, in cells of so many.
    fn of(chart: &Chart, scale: f32, gutter: f32, cell: u32) -> Self {
        let cells = |v: f32| (v * scale + gutter) / cell as f32;
        let around = gutter / cell as f32;
        let first = |v: f32| (cells(v) - around).floor().max(0.0) as u32;
        let last = |v: f32| (cells(v) + around).ceil() as u32;
        let mut columns = vec![(u32::MAX, 0); last(chart.size.x) as usize];
        for &[a, b, c] in &chart.corners {
            let (low, high) = (a.min(b).min(c), a.max(b).max(c));
            for column in &mut columns[first(low.x) as usize..last(high.x) as usize] {
                column.0 = column.0.min(first(low.y));
                column.1 = column.1.max(last(high.y));
            }
        }
        let tall = columns.iter().map(|column| column.1).max().unwrap_or(0);
        Self { columns, tall }
    }
}

/// Drops the charts into the square one by one, the tallest first, each where it comes to lie lowest
/// (the horizon of Lévy et al. 2002). Gives the corner of each, or nothing where they do not fit.
fn drop_in(skylines: &[Skyline], side: u32) -> Option<Vec<(u32, u32)>> {
    let mut order: Vec<usize> = (0..skylines.len()).collect();
    order.sort_by_key(|&i| (std::cmp::Reverse(skylines[i].tall), i));
    let mut horizon = vec![0; side as usize];
    let mut origins = vec![(0, 0); skylines.len()];
    for i in order {
        let Skyline { columns, tall } = &skylines[i];
        let places = (0..=(side as usize).checked_sub(columns.len())?).map(|x| {
            let under = horizon[x..].iter().zip(columns);
            let y = under
                .map(|(h, (first, _))| u32::saturating_sub(*h, *first))
                .max();
            (y.unwrap_or(0), x)
        });
        let (y, x) = places.min()?;
        if y + tall > side {
            return None;
        }
        for (h, (_, last)) in horizon[x..].iter_mut().zip(columns) {
            *h = (*h).max(y + last);
        }
        origins[i] = (x as u32, y);
    }
    Some(origins)
}
