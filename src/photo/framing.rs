//! The subject in the middle of a square, as the networks see it, and how much of it the photo shows: portraits end
//! at the waist.

use anyhow::{Result, ensure};
use glam::{BVec2, Vec2};
use image::{Rgb, RgbImage, RgbaImage};

use crate::base::pillow::{Filter, Samples, resize};

/// Longer side beyond which a picture is reduced first, in pixels.
const LONGEST: u32 = 2000;
/// Border around the subject, in parts of its longer side.
const PADDING: f32 = 0.1;

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
    if (w, h) == image.dimensions() {
        return [BVec2::FALSE; 2]; // cropped to the subject: it ends there itself
    }
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
pub fn visible_box(image: &RgbaImage) -> Result<(u32, u32, u32, u32)> {
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

/// The part of a square picture of which the photo tells anything: beyond it the subject goes on where the
/// photo ends, and that nothing is seen there says nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extent {
    /// In parts of the square's side, x to the right, y down.
    pub low: Vec2,
    pub high: Vec2,
}

impl Default for Extent {
    /// All of the square, and what lies around it: the whole subject is seen.
    fn default() -> Self {
        Self {
            low: Vec2::MIN,
            high: Vec2::MAX,
        }
    }
}

impl Extent {
    /// Whether the photo tells anything of a point.
    pub fn holds(&self, at: Vec2) -> bool {
        at.cmpge(self.low).all() && at.cmple(self.high).all()
    }
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
    fn a_picture_cropped_to_its_subject_shows_all_of_it() {
        let toy = RgbaImage::from_pixel(40, 60, Rgba([9, 9, 9, 255]));
        let framed = frame(&toy).expect("a subject");
        assert_eq!(framed.extent, Extent::default(), "its base is no waist");
    }

    #[test]
    fn a_picture_that_shows_nothing_is_refused() {
        assert!(prepare(&RgbaImage::new(5, 5)).is_err(), "and that is said");
    }
}
