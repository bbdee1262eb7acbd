//! A picture that comes cut out already: its alpha channel, and colours that the old background left at the edge.

use image::RgbaImage;

/// Shares of the largest alpha that are clear, and those that are full: the first and the last of 20 bins.
const CLEAR: f32 = 0.05;
const FULL: f32 = 0.95;
/// The faintest picture that is taken for one, as its largest alpha.
const FAINT: u8 = 26;
/// A colour at the edge that is so far (0..255) from what is inside has something else in it.
const FOREIGN: f32 = 24.0;
/// How far inside, and how far out, in pixels, colours are compared.
const REACH: i64 = 8;
/// How much of these differences one background must explain.
const EXPLAINED: f32 = 0.7;

/// The largest alpha of a picture whose alpha channel is a cut-out and not an accident: a hundredth of it is clear, and a
/// hundredth as opaque as any. Nothing for others.
pub fn largest(picture: &RgbaImage) -> Option<u8> {
    let largest = picture.pixels().map(|p| p[3]).max()?;
    let (clear, full) = (CLEAR * f32::from(largest), FULL * f32::from(largest));
    let count = |test: &dyn Fn(f32) -> bool| {
        picture.pixels().filter(|p| test(f32::from(p[3]))).count() * 100
    };
    let enough = |count: usize| count > 0 && count >= picture.pixels().len();
    let valid = largest >= FAINT && enough(count(&|a| a <= clear)) && enough(count(&|a| a >= full));
    valid.then_some(largest)
}

/// Makes what is most opaque wholly so, and all else in proportion.
pub fn raise(picture: &mut RgbaImage, largest: u8) {
    for pixel in picture.pixels_mut().filter(|_| largest < 255) {
        let alpha = u32::from(pixel[3]) * 255 / u32::from(largest.max(1));
        pixel[3] = alpha.min(255) as u8;
    }
}

/// Frees the colours of half transparent pixels from those of a background that they were cut from, where one colour
/// behind all of them explains how they differ from what is inside.
pub fn free(picture: &mut RgbaImage) {
    let edge = edge(picture);
    // Each mixed pixel is inside + (1 - alpha) (behind - inside), if one colour is behind all.
    let (mut sum, mut weight) = ([0f32; 3], 0f32);
    for &(_, alpha, colour, inside) in &edge {
        let share = 1.0 - alpha;
        for c in 0..3 {
            sum[c] += share * (colour[c] - alpha * inside[c]);
        }
        weight += share * share;
    }
    if weight < 1.0 {
        return;
    }
    let behind = sum.map(|c| (c / weight).clamp(0.0, 255.0));
    let (mut all, mut left, mut foreign) = (0f32, 0f32, 0usize);
    for &(_, alpha, colour, inside) in &edge {
        let off = (0..3).map(|c| (colour[c] - inside[c]).powi(2)).sum::<f32>();
        let mixed = |c: usize| alpha * inside[c] + (1.0 - alpha) * behind[c];
        all += off;
        left += (0..3).map(|c| (colour[c] - mixed(c)).powi(2)).sum::<f32>();
        foreign += usize::from(off > FOREIGN * FOREIGN);
    }
    if 4 * foreign < edge.len() || left > (1.0 - EXPLAINED) * all {
        return; // they have the subject's own colours
    }
    for (at, alpha, colour, inside) in edge {
        let (x, y) = (at as u32 % picture.width(), at as u32 / picture.width());
        let pixel = picture.get_pixel_mut(x, y);
        let trust = alpha * alpha;
        for c in 0..3 {
            let own = (colour[c] - (1.0 - alpha) * behind[c]) / alpha.max(0.01);
            pixel[c] = (trust * own.clamp(0.0, 255.0) + (1.0 - trust) * inside[c]).round() as u8;
        }
    }
}

/// Of each half transparent pixel its index, its alpha 0..1, its colour and the mean of what is opaque around it, where
/// there is any.
type Edge = Vec<(usize, f32, [f32; 3], [f32; 3])>;

fn edge(picture: &RgbaImage) -> Edge {
    let (width, height) = (i64::from(picture.width()), i64::from(picture.height()));
    let mut edge = Vec::new();
    for (at, pixel) in picture.pixels().enumerate() {
        if matches!(pixel[3], 0 | 250..) {
            continue;
        }
        let (x, y) = (at as i64 % width, at as i64 / width);
        // The nearest ring with opaque pixels on it.
        let inside = (1..=REACH).find_map(|ring| {
            let (mut sum, mut count) = ([0f32; 3], 0f32);
            for (dx, dy) in ring_of(ring) {
                let (x, y) = (x + dx, y + dy);
                if x < 0 || y < 0 || x >= width || y >= height {
                    continue;
                }
                let other = picture.get_pixel(x as u32, y as u32);
                if other[3] >= 250 {
                    for c in 0..3 {
                        sum[c] += f32::from(other[c]);
                    }
                    count += 1.0;
                }
            }
            (count > 0.0).then(|| sum.map(|c| c / count))
        });
        if let Some(inside) = inside {
            let colour = [pixel[0], pixel[1], pixel[2]].map(f32::from);
            edge.push((at, f32::from(pixel[3]) / 255.0, colour, inside));
        }
    }
    edge
}

/// The steps to the pixels of a square ring.
fn ring_of(ring: i64) -> impl Iterator<Item = (i64, i64)> {
    let side = move |i: i64| [(i, -ring), (i, ring), (-ring, i), (ring, i)];
    (-ring..=ring).flat_map(side)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk of one colour, six pixels soft, whose edge is mixed with another or not.
    fn disk(behind: Option<[f32; 3]>) -> RgbaImage {
        let colour = [200.0, 60.0, 40.0];
        RgbaImage::from_fn(80, 80, |x, y| {
            let distance = (x as f32 - 40.0).hypot(y as f32 - 40.0) - 25.0;
            let alpha = (0.5 - distance / 6.0).clamp(0.0, 1.0);
            let behind = behind.unwrap_or(colour);
            let mixed = |c: usize| alpha * colour[c] + (1.0 - alpha) * behind[c];
            let [r, g, b] = std::array::from_fn(|c| mixed(c).round() as u8);
            [r, g, b, (alpha * 255.0) as u8].into()
        })
    }

    #[test]
    fn a_halo_goes_and_an_edge_without_one_stays() {
        for behind in [[0.0, 255.0, 0.0], [255.0; 3], [0.0; 3]] {
            let mut picture = disk(Some(behind));
            free(&mut picture);
            for pixel in picture.pixels().filter(|p| p[3] > 8) {
                let [r, g, b, alpha] = pixel.0.map(i32::from);
                let off = (r - 200).abs().max((g - 60).abs()).max((b - 40).abs());
                assert!(
                    off < 12,
                    "{behind:?} shows in {:?} at alpha {alpha}",
                    pixel.0
                );
            }
        }
        let clean = disk(None);
        let mut freed = clean.clone();
        free(&mut freed);
        assert_eq!(freed, clean, "nothing is to be freed");
    }

    #[test]
    fn only_an_alpha_channel_with_both_ends_is_a_cut_out() {
        let mut image = RgbaImage::from_pixel(10, 10, [0, 0, 0, 255].into());
        assert_eq!(largest(&image), None, "opaque everywhere: a photo");
        image.put_pixel(0, 0, [0, 0, 0, 0].into());
        assert_eq!(
            largest(&image),
            Some(255),
            "one pixel in a hundred is enough"
        );
        assert_eq!(
            largest(&RgbaImage::new(0, 0)),
            None,
            "no pixels, no cut-out"
        );
    }

    #[test]
    fn alpha_counts_in_parts_of_its_largest() {
        let mut picture = disk(None);
        for pixel in picture.pixels_mut() {
            pixel[3] /= 2;
        }
        assert_eq!(largest(&picture), Some(127), "half of it is a cut-out too");
        raise(&mut picture, 127);
        assert_eq!(picture.get_pixel(40, 40)[3], 255);
        assert_eq!(picture.get_pixel(0, 0)[3], 0);
        let even = RgbaImage::from_pixel(20, 20, [9, 9, 9, 127].into());
        assert_eq!(largest(&even), None, "the same everywhere says nothing");
    }
}
