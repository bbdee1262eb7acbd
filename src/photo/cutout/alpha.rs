//! A picture that comes cut out already: its alpha channel, and colours that the old background left at the edge.

use std::ops::Range;

use image::RgbaImage;

use super::means::sums;

/// Shares of the largest alpha that are clear, and those that are full: the first and the last of 20 bins.
const CLEAR: f32 = 0.05;
const FULL: f32 = 0.95;
/// The faintest picture that is taken for one, as its largest alpha.
const FAINT: u8 = 26;
/// A colour at the edge that is so far (0..255) from what is inside has something else in it.
const FOREIGN: f32 = 24.0;
/// Pixels no more opaque than this show what was behind.
const FAINT_EDGE: f32 = 0.15;
/// How far colours are looked for that are the subject's own, in pixels: at first, and then.
const REACH: [usize; 2] = [3, 32];
/// More half transparent pixels than this are no edge: as many as the largest picture has that a figurine is made of.
const MOST: usize = 4 << 20;

/// The largest alpha of a picture whose alpha channel is a cut-out and not an accident: a hundredth of it is clear, and a
/// hundredth as opaque as any. Nothing for others.
pub fn largest(picture: &RgbaImage) -> Option<u8> {
    if picture.pixels().all(|p| p[3] == 255) {
        return None; // as most photos are, told without counting
    }
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

/// Frees the colours of half transparent pixels from those of a background that they were cut from, where the faintest
/// of them all show one colour that is not the subject's.
pub fn free(picture: &mut RgbaImage) {
    let edge = edges(picture);
    let faint = || edge.iter().filter(|pixel| pixel.alpha <= FAINT_EDGE);
    let count = faint().count() as f32;
    if count < 1.0 {
        return;
    }
    let behind: [f32; 3] =
        std::array::from_fn(|c| faint().map(|pixel| pixel.colour[c]).sum::<f32>() / count);
    let spread = faint()
        .map(|pixel| difference(pixel.colour, behind).powi(2))
        .sum::<f32>()
        / count;
    let foreign = faint()
        .filter(|pixel| difference(pixel.colour, pixel.inside) > FOREIGN)
        .count();
    if spread > FOREIGN * FOREIGN || 2.0 * (foreign as f32) < count {
        return; // they have the subject's own colours
    }
    for pixel in &edge {
        let own = pixel.without(behind);
        for (to, from) in picture.iter_mut().skip(4 * pixel.at).zip(own) {
            *to = from.round() as u8;
        }
    }
}

/// The whole edge, looked for in some rows at a time; nothing where so much is half transparent that it is none.
fn edges(picture: &RgbaImage) -> Vec<Edge> {
    let mut all = Vec::new();
    for rows in bands(picture) {
        all.extend(edge(picture, rows));
        if all.len() > MOST {
            return Vec::new();
        }
    }
    all
}

/// All rows of a picture, in bands.
fn bands(picture: &RgbaImage) -> impl Iterator<Item = Range<usize>> + use<> {
    const PIXELS: usize = 1 << 20;
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let rows = (PIXELS / width.max(1)).max(2 * REACH[1]);
    (0..height)
        .step_by(rows)
        .map(move |first| first..height.min(first + rows))
}

/// A half transparent pixel.
struct Edge {
    at: usize,
    /// 0..1
    alpha: f32,
    /// 0..255, as is the mean of what is opaque around it.
    colour: [f32; 3],
    inside: [f32; 3],
}

impl Edge {
    /// Its colour without the share of this one behind it.
    fn without(&self, behind: [f32; 3]) -> [f32; 3] {
        let span: [f32; 3] = std::array::from_fn(|c| self.inside[c] - behind[c]);
        let length = span.iter().map(|x| x * x).sum::<f32>();
        if length < FOREIGN * FOREIGN {
            return self.colour;
        }
        let along = (0..3)
            .map(|c| (self.colour[c] - behind[c]) * span[c])
            .sum::<f32>();
        let share = (along / length).clamp(0.0, 1.0);
        let trust = share * share; // too noisy where little is left
        std::array::from_fn(|c| {
            let own = (self.colour[c] - (1.0 - share) * behind[c]) / share.max(0.01);
            trust * own.clamp(0.0, 255.0) + (1.0 - trust) * self.inside[c]
        })
    }
}

fn difference(a: [f32; 3], b: [f32; 3]) -> f32 {
    (0..3).map(|c| (a[c] - b[c]).powi(2)).sum::<f32>().sqrt()
}

/// The half transparent pixels of some rows that have opaque ones around them.
fn edge(picture: &RgbaImage, rows: Range<usize>) -> Vec<Edge> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let pixels = |rows: &Range<usize>| {
        picture.as_raw()[4 * width * rows.start..4 * width * rows.end]
            .as_chunks::<4>()
            .0
    };
    let mixed = |pixel: &[u8; 4]| (1..250).contains(&pixel[3]);
    let at: Vec<usize> = (pixels(&rows).iter().enumerate())
        .filter_map(|(at, pixel)| mixed(pixel).then_some(rows.start * width + at))
        .collect();
    if at.is_empty() {
        return Vec::new();
    }
    // Of each of them the sums over the opaque pixels around it: red, green, blue and their number, near and far.
    let near = rows.start.saturating_sub(REACH[1])..height.min(rows.end + REACH[1]);
    let around = |value: &dyn Fn(&[u8; 4]) -> f32| {
        let values = pixels(&near)
            .iter()
            .map(|p| if p[3] >= 250 { value(p) } else { 0.0 });
        let values: Vec<f32> = values.collect();
        REACH.map(|radius| {
            let all = sums(&values, width, near.len(), radius);
            let at = at.iter().map(|&at| all[at - near.start * width]);
            at.collect::<Vec<f32>>()
        })
    };
    let count = around(&|_| 1.0);
    let colours = [0, 1, 2].map(|c| around(&move |p: &[u8; 4]| f32::from(p[c])));
    let of = |(i, &at): (usize, &usize)| {
        let reach = (0..REACH.len()).find(|&reach| count[reach][i] > 0.5)?;
        let pixel = picture.as_raw()[4 * at..].first_chunk::<4>()?;
        Some(Edge {
            at,
            alpha: f32::from(pixel[3]) / 255.0,
            colour: [0, 1, 2].map(|c| f32::from(pixel[c])),
            inside: [0, 1, 2].map(|c: usize| colours[c][reach][i] / count[reach][i]),
        })
    };
    at.iter().enumerate().filter_map(of).collect()
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
    fn an_edge_is_the_same_in_bands_of_rows() {
        let picture = disk(Some([0.0, 255.0, 0.0]));
        let solved = |edge: Vec<Edge>| -> Vec<(usize, [f32; 3])> {
            edge.iter().map(|pixel| (pixel.at, pixel.inside)).collect()
        };
        let whole = solved(edge(&picture, 0..80));
        assert!(whole.len() > 500, "it is soft");
        for rows in [1, 7, 33] {
            let bands = (0..80)
                .step_by(rows)
                .map(|first| first..80.min(first + rows));
            let bands: Vec<_> = bands
                .flat_map(|rows| solved(edge(&picture, rows)))
                .collect();
            assert_eq!(bands, whole, "{rows} rows at a time");
        }
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
