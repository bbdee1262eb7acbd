//! Pillow's resampling, to the bit: in 8 bits, with its rounding after each of the two passes.
//!
//! The published models were trained behind it, and the figurine model was trained behind this. Hence the integers.

use rayon::prelude::*;

/// Interleaved 8-bit samples.
pub(crate) struct Samples<'a> {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) channels: usize,
    pub(crate) data: &'a [u8],
}

#[derive(Clone, Copy)]
pub(crate) enum Filter {
    /// Catmull-Rom (a = -0.5), widened by the reduction.
    Bicubic,
    /// The mean of what a pixel covers.
    Area,
}

impl Filter {
    /// Half of its width, in pixels of the coarser picture.
    fn support(self) -> f64 {
        match self {
            Self::Bicubic => 2.0,
            Self::Area => 0.5,
        }
    }

    fn weight(self, x: f64) -> f64 {
        let x = x.abs();
        match self {
            Self::Bicubic if x < 1.0 => (1.5 * x - 2.5) * x * x + 1.0,
            Self::Bicubic if x < 2.0 => ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0,
            Self::Area if x <= 0.5 => 1.0,
            _ => 0.0,
        }
    }
}

/// Bits behind the point of a filter weight: the accumulator keeps 8 bits for the sample and 2 to spare.
const PRECISION: u32 = 32 - 8 - 2;

/// The source samples that one output sample is made of.
struct Taps {
    start: usize,
    weights: Vec<i32>,
}

/// The taps of each output sample in `window`, of `size` samples made from `source` ones.
fn taps(filter: Filter, source: usize, size: usize, window: std::ops::Range<usize>) -> Vec<Taps> {
    let scale = source as f64 / size as f64;
    let stretch = scale.max(1.0); // antialiasing: the filter grows with the reduction
    let support = filter.support() * stretch;
    let tap = |index: usize| {
        let centre = (index as f64 + 0.5) * scale;
        let start = (centre - support + 0.5).max(0.0) as usize;
        let end = ((centre + support + 0.5) as usize).min(source);
        let weight = |i: usize| filter.weight((i as f64 - centre + 0.5) / stretch);
        let total: f64 = (start..end).map(weight).sum();
        let fixed = |i| (weight(i) / total * f64::from(1 << PRECISION)).round() as i32;
        Taps {
            start,
            weights: (start..end).map(fixed).collect(),
        }
    };
    window.map(tap).collect()
}

/// A window of the resized picture, given for each axis as the full size and the range: columns first,
/// then rows, each rounded to 8 bits.
pub(crate) fn resize(
    source: &Samples<'_>,
    filter: Filter,
    (width, columns): (usize, std::ops::Range<usize>),
    (height, rows): (usize, std::ops::Range<usize>),
) -> Vec<u8> {
    let channels = source.channels;
    let across = taps(filter, source.width, width, columns);
    let down = taps(filter, source.height, height, rows);
    // Only these source rows are looked at, however long the picture is.
    let first = down.iter().map(|t| t.start).min().unwrap_or(0);
    let last = down
        .iter()
        .map(|t| t.start + t.weights.len())
        .max()
        .unwrap_or(0);
    let stride = across.len() * channels;
    let mut narrow = vec![0; (last - first) * stride];
    let wide = &source.data[first * source.width * channels..last * source.width * channels];
    let pairs = narrow.par_chunks_exact_mut(stride);
    let pairs = pairs.zip(wide.par_chunks_exact(source.width * channels));
    pairs.for_each(|(narrow, wide)| {
        for (out, tap) in narrow.chunks_exact_mut(channels).zip(&across) {
            for (c, out) in out.iter_mut().enumerate() {
                *out = accumulate(tap, |x| wide[x * channels + c]);
            }
        }
    });
    let mut out = vec![0; down.len() * stride];
    let rows = out.par_chunks_exact_mut(stride).zip(&down);
    rows.for_each(|(out, tap)| {
        for (x, out) in out.iter_mut().enumerate() {
            *out = accumulate(tap, |y| narrow[(y - first) * stride + x]);
        }
    });
    out
}

/// The weighted mean of the samples; weights of any filter here add up to less than 1.3 if all are taken as
/// positive, so that 32 bits hold the sum.
fn accumulate(tap: &Taps, sample: impl Fn(usize) -> u8) -> u8 {
    let half = 1 << (PRECISION - 1);
    let samples = (tap.weights.iter().enumerate())
        .map(|(i, &weight)| weight * i32::from(sample(tap.start + i)));
    let sum: i32 = half + samples.sum::<i32>();
    (sum >> PRECISION).clamp(0, 255) as u8
}
