//! From a picture to the encoder's pixels (SPEC section 1).
//!
//! The published models were trained behind Pillow's resampling, in 8 bits and with its rounding after
//! each of the two passes; the figurine model was trained behind this. Hence the integers.

use anyhow::{Result, ensure};
use candle_core::{Device, Tensor};
use glam::{BVec2, Vec2};
use image::{Rgb, RgbImage, RgbaImage};
use rayon::prelude::*;

use super::config::FeatureExtractorConfig;
use crate::mesh::photo::Extent;

/// Longer side beyond which a picture is reduced first, in pixels.
const LONGEST: u32 = 2000;
/// Border around the subject, in parts of its longer side.
const PADDING: f32 = 0.1;

/// Whether an alpha channel is a cut-out and not an accident: both clearly transparent and clearly
/// opaque pixels make at least a hundredth of the picture.
pub fn alpha_is_valid(image: &RgbaImage) -> bool {
    let count = |test: fn(u8) -> bool| image.pixels().filter(|p| test(p.0[3])).count();
    let enough = |n: usize| n > 0 && n * 100 >= image.pixels().len();
    // the first and the last of 20 equal bins over 0..256
    enough(count(|alpha| alpha <= 12)) && enough(count(|alpha| alpha >= 244))
}

/// Crops to the subject, whose matte is the alpha channel, and puts it on white in the middle of a
/// square.
pub fn prepare(image: &RgbaImage) -> Result<RgbImage> {
    Ok(on_white(&frame(image)?.picture))
}

/// A subject in the middle of a square, the rest transparent.
pub struct Framed {
    pub picture: RgbaImage,
    /// How much of it the photo told of.
    pub extent: Extent,
}

/// Crops to the subject and pads it to a square with a border of a tenth, transparent.
pub fn frame(image: &RgbaImage) -> Result<Framed> {
    let reduced = reduce(image);
    let image = reduced.as_ref().unwrap_or(image);
    let (x, y, w, h) = visible_box(image)?;
    let (long, short) = (w.max(h), w.min(h));
    let wide = (long as f32 * PADDING) as u32;
    let narrow = wide + (long - short) / 2;
    let (px, py) = if w > h {
        (wide, narrow)
    } else {
        (narrow, wide)
    };
    let mut out = RgbaImage::new(w + 2 * px, h + 2 * py);
    let subject = image::imageops::crop_imm(image, x, y, w, h);
    image::imageops::replace(&mut out, &*subject, px.into(), py.into());
    let side = Vec2::new(out.width() as f32, out.height() as f32);
    let corner = Vec2::new(px as f32, py as f32) / side;
    let [low, high] = ends(image, (x, y, w, h));
    let extent = Extent {
        low: Vec2::select(low, corner, Vec2::MIN),
        high: Vec2::select(high, 1.0 - corner, Vec2::MAX),
    };
    Ok(Framed {
        picture: out,
        extent,
    })
}

/// A subject of which so much of a side of its box touches the picture's border goes on beyond it.
const TOUCH: f32 = 0.15;

/// Whether a subject in this box goes on beyond the picture's left and upper border, and its right and lower one.
fn ends(image: &RgbaImage, (x, y, w, h): (u32, u32, u32, u32)) -> [BVec2; 2] {
    let opaque = |x: u32, y: u32| image.get_pixel(x, y).0[3] >= 128;
    let much = |count: usize, of: u32| count as f32 > TOUCH * of as f32;
    let column = |at: u32| much((y..y + h).filter(|&y| opaque(at, y)).count(), h);
    let row = |at: u32| much((x..x + w).filter(|&x| opaque(x, at)).count(), w);
    let (right, below) = (x + w - 1, y + h - 1);
    [
        BVec2::new(x == 0 && column(x), y == 0 && row(y)),
        BVec2::new(
            right + 1 == image.width() && column(right),
            below + 1 == image.height() && row(below),
        ),
    ]
}

/// The picture over white.
pub fn on_white(image: &RgbaImage) -> RgbImage {
    RgbImage::from_fn(image.width(), image.height(), |x, y| {
        let [r, g, b, a] = image.get_pixel(x, y).0;
        let alpha = a as f32 / 255.0;
        let over = |c: u8| ((c as f32 / 255.0 * alpha + (1.0 - alpha)) * 255.0) as u8;
        Rgb([over(r), over(g), over(b)])
    })
}

/// How further looks at a picture differ from the first: how far it lies to the right and down, in parts of its
/// side, and how much it is enlarged. No more than the training moves its pictures.
const LOOKS: [(f32, f32, f32); 4] = [
    (0.03, 0.02, 0.96),
    (-0.03, -0.02, 1.04),
    (0.02, -0.03, 1.04),
    (-0.02, 0.03, 0.96),
];

/// A square picture, looked at a little differently.
pub struct Look {
    pub picture: RgbImage,
    /// Where the corner of the square lies in it, and how long its side is, in parts of the side of this.
    pub corner: Vec2,
    pub span: f32,
}

/// A square picture on white, first as it is and then moved by a little: what a small encoder sees depends on
/// where the borders of its patches fall.
pub fn looks(image: &RgbImage) -> impl Iterator<Item = Look> + '_ {
    let moved = |(right, down, zoom): (f32, f32, f32)| {
        let side = (image.width() as f32 / zoom).round();
        let border = (side - image.width() as f32) / 2.0;
        let corner = (border + Vec2::new(right, down) * side).round();
        let mut picture = RgbImage::from_pixel(side as u32, side as u32, Rgb([255; 3]));
        image::imageops::replace(&mut picture, image, corner.x as i64, corner.y as i64);
        Look {
            picture,
            corner: corner / side,
            span: image.width() as f32 / side,
        }
    };
    let plain = (0.0, 0.0, 1.0);
    std::iter::once(plain).chain(LOOKS).map(moved)
}

/// The picture with its longer side at the limit, if it is beyond.
fn reduce(image: &RgbaImage) -> Option<RgbaImage> {
    let (w, h) = image.dimensions();
    if w.max(h) <= LONGEST {
        return None;
    }
    let scale = LONGEST as f64 / w.max(h) as f64;
    let side = |n: u32| ((n as f64 * scale) as usize).max(1);
    let (nw, nh) = (side(w), side(h));
    let source = Samples {
        width: w as usize,
        height: h as usize,
        channels: 4,
        data: image.as_raw(),
    };
    let data = resize(&source, Filter::Area, (nw, 0..nw), (nh, 0..nh));
    RgbaImage::from_raw(nw as u32, nh as u32, data)
}

/// Left, top, width and height of what is not fully transparent.
fn visible_box(image: &RgbaImage) -> Result<(u32, u32, u32, u32)> {
    let (mut left, mut top, mut right, mut bottom) = (u32::MAX, u32::MAX, 0, 0);
    for (x, y, pixel) in image.enumerate_pixels() {
        if pixel.0[3] > 0 {
            (left, top) = (left.min(x), top.min(y));
            (right, bottom) = (right.max(x), bottom.max(y));
        }
    }
    ensure!(
        left <= right,
        "the picture shows nothing: every pixel is transparent"
    );
    Ok((left, top, right - left + 1, bottom - top + 1))
}

/// Resizes the shorter side, cuts the square in the middle and normalises: `[1, 3, crop, crop]`.
pub fn pixels(
    image: &RgbImage,
    config: &FeatureExtractorConfig,
    device: &Device,
) -> Result<Tensor> {
    let (w, h) = (image.width() as usize, image.height() as usize);
    ensure!(w > 0 && h > 0, "the picture has no pixels");
    let (edge, crop) = (config.shortest_edge, config.crop);
    let scaled = |side: usize| edge * side / w.min(h); // edge for the shorter side
    let middle = |side: usize| {
        let start = (side - crop) / 2;
        (side, start..start + crop)
    };
    let source = Samples {
        width: w,
        height: h,
        channels: 3,
        data: image.as_raw(),
    };
    let data = resize(
        &source,
        Filter::Bicubic,
        middle(scaled(w)),
        middle(scaled(h)),
    );
    let mut planes = vec![0f32; 3 * crop * crop];
    for (index, pixel) in data.chunks_exact(3).enumerate() {
        for (c, &value) in pixel.iter().enumerate() {
            let value = value as f32 / 255.0;
            planes[c * crop * crop + index] = (value - config.mean[c]) / config.std[c];
        }
    }
    Ok(Tensor::from_vec(planes, (1, 3, crop, crop), device)?)
}

/// Interleaved 8-bit samples.
struct Samples<'a> {
    width: usize,
    height: usize,
    channels: usize,
    data: &'a [u8],
}

#[derive(Clone, Copy)]
enum Filter {
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
fn resize(
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

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgba;

    #[test]
    fn a_picture_that_is_reduced_keeps_its_flat_colour_and_its_proportions() {
        let image = RgbaImage::from_pixel(4001, 1000, Rgba([10, 200, 77, 255]));
        let small = reduce(&image).expect("4001 pixels are beyond the limit");
        assert_eq!(
            small.dimensions(),
            (2000, 499),
            "truncated like the published code"
        );
        assert!(
            small.pixels().all(|p| p.0 == [10, 200, 77, 255]),
            "weights must add up to one"
        );
    }

    #[test]
    fn each_look_says_where_it_has_the_picture() {
        let mut image = RgbImage::from_pixel(200, 200, Rgb([255; 3]));
        image.put_pixel(150, 40, Rgb([255, 0, 0]));
        let seen: Vec<Look> = looks(&image).collect();
        assert_eq!(seen[0].picture, image, "first as it is");
        for look in &seen {
            let at = look.corner + Vec2::new(150.0, 40.0) / 200.0 * look.span;
            let at = (at * look.picture.width() as f32).round();
            assert_eq!(
                look.picture.get_pixel(at.x as u32, at.y as u32).0,
                [255, 0, 0],
                "moved to {} and enlarged by {}",
                look.corner,
                look.span
            );
        }
    }

    #[test]
    fn a_subject_goes_on_where_much_of_it_touches_the_pictures_border() {
        let mut image = RgbaImage::new(100, 120);
        let mut fill = |x: std::ops::Range<u32>, y: std::ops::Range<u32>| {
            for (x, y) in y.flat_map(|y| x.clone().map(move |x| (x, y))) {
                image.put_pixel(x, y, Rgba([9, 9, 9, 255]));
            }
            frame(&image).expect("a subject").extent
        };
        assert_eq!(
            fill(30..70, 20..110),
            Extent::default(),
            "it is seen as a whole"
        );
        assert_eq!(
            fill(45..50, 110..120),
            Extent::default(),
            "a foot on the border is no cut"
        );
        let waist = fill(30..70, 110..120);
        assert!(
            waist.holds(Vec2::new(-9.0, 0.5)) && waist.holds(Vec2::new(0.5, -9.0)),
            "only below it goes on: {waist:?}"
        );
        let border = 110.0 / 120.0;
        assert!(
            waist.holds(Vec2::new(0.5, border - 0.01))
                && !waist.holds(Vec2::new(0.5, border + 0.01)),
            "the border of a tenth of the height is not known: {waist:?}"
        );
        let arm = fill(70..100, 40..90);
        assert!(
            arm.high.x < 1.0 && arm.low.x < 0.0,
            "an arm leaves it to the right: {arm:?}"
        );
    }

    #[test]
    fn extreme_pictures_give_pixels_and_do_not_take_memory_for_what_is_cropped() {
        let config = FeatureExtractorConfig::default();
        for (w, h) in [(1, 1), (1, 60_000), (60_000, 1), (3, 2)] {
            let image = RgbImage::from_pixel(w, h, Rgb([255, 0, 0]));
            let pixels = pixels(&image, &config, &Device::Cpu).expect("any picture is resized");
            assert_eq!(pixels.dims(), [1, 3, 224, 224], "{w}x{h}");
        }
    }

    #[test]
    fn only_an_alpha_channel_with_both_ends_is_a_cut_out() {
        let mut image = RgbaImage::from_pixel(10, 10, Rgba([0, 0, 0, 255]));
        assert!(!alpha_is_valid(&image), "opaque everywhere: a photo");
        image.put_pixel(0, 0, Rgba([0, 0, 0, 0]));
        assert!(alpha_is_valid(&image), "one pixel in a hundred is enough");
        assert!(
            !alpha_is_valid(&RgbaImage::new(0, 0)),
            "no pixels, no cut-out"
        );
        assert!(
            prepare(&RgbaImage::new(5, 5)).is_err(),
            "nothing visible must be said"
        );
    }
}
