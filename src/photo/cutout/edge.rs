//! The soft edge between a subject and what is behind it.

use image::RgbaImage;

/// What is known of a pixel before its alpha is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    Background,
    Subject,
    /// Near the edge: perhaps a mixture.
    Unknown,
}

/// Sums of colours, by channel, and how many were summed.
type Sums = [u32; 4];

/// A difference of colours, in 8-bit steps, that is too small to tell a mixture by.
const FAINT: f32 = 24.0;

/// Cuts a picture along its labels. The alpha of an unknown pixel is where its colour lies between
/// the mean of the background and the mean of the subject within `radius` pixels of it; its colour
/// becomes the subject's, so that no fringe of the old background stays.
///
/// `labels` has one entry a pixel, row by row.
pub fn soften(picture: &RgbaImage, labels: &[Label], radius: usize) -> RgbaImage {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let row = |y: usize| &labels[y * width..(y + 1) * width];
    let mut out = picture.clone();
    // The sums over the rows y-radius..=y+radius, for each column.
    let mut columns = vec![[Sums::default(); 2]; width];
    for y in 0..height + radius {
        if y < height {
            slide(&mut columns, picture, y, row(y), |sum, value| *sum += value);
        }
        if y > 2 * radius {
            let left = y - 2 * radius - 1;
            slide(&mut columns, picture, left, row(left), |sum, value| {
                *sum -= value;
            });
        }
        if y >= radius {
            cut_row(&mut out, y - radius, row(y - radius), &columns, radius);
        }
    }
    out
}

/// Adds a row to the columns' sums, or takes it away.
fn slide(
    columns: &mut [[Sums; 2]],
    picture: &RgbaImage,
    y: usize,
    labels: &[Label],
    change: fn(&mut u32, u32),
) {
    for (x, (column, label)) in columns.iter_mut().zip(labels).enumerate() {
        let side = match label {
            Label::Background => 0,
            Label::Subject => 1,
            Label::Unknown => continue,
        };
        let [r, g, b, _] = picture.get_pixel(x as u32, y as u32).0.map(u32::from);
        for (sum, value) in column[side].iter_mut().zip([r, g, b, 1]) {
            change(sum, value);
        }
    }
}

fn cut_row(out: &mut RgbaImage, y: usize, labels: &[Label], columns: &[[Sums; 2]], radius: usize) {
    for (x, label) in labels.iter().enumerate() {
        let pixel = out.get_pixel_mut(x as u32, y as u32);
        match label {
            Label::Background => pixel[3] = 0,
            Label::Subject => pixel[3] = 255,
            Label::Unknown => {
                let window =
                    &columns[x.saturating_sub(radius)..(x + radius + 1).min(columns.len())];
                let [behind, subject] = [0, 1].map(|side| mean(window, side));
                let [r, g, b, _] = pixel.0.map(f32::from);
                let (colour, alpha) = unmix([r, g, b], behind, subject);
                let [r, g, b] = colour.map(|c| c.round() as u8);
                pixel.0 = [r, g, b, (alpha * 255.0).round() as u8];
            }
        }
    }
}

fn mean(window: &[[Sums; 2]], side: usize) -> Option<[f32; 3]> {
    let mut total = [0u64; 4];
    for column in window {
        for (total, &value) in total.iter_mut().zip(&column[side]) {
            *total += u64::from(value);
        }
    }
    let [r, g, b, count] = total;
    (count > 0).then(|| [r, g, b].map(|sum| sum as f32 / count as f32))
}

/// The subject's colour and share in a pixel that may be a mixture.
fn unmix(pixel: [f32; 3], behind: Option<[f32; 3]>, subject: Option<[f32; 3]>) -> ([f32; 3], f32) {
    let difference =
        |p: [f32; 3], q: [f32; 3]| -> [f32; 3] { std::array::from_fn(|i| p[i] - q[i]) };
    let dot = |p: [f32; 3], q: [f32; 3]| -> f32 { (0..3).map(|i| p[i] * q[i]).sum() };
    let Some(behind) = behind else {
        return (pixel, 1.0); // the background is far: this is inside
    };
    let away = difference(pixel, behind);
    let Some(subject) = subject else {
        // Something thin, such as a hair or a sword's edge, with no solid inside to compare with.
        return (pixel, (dot(away, away).sqrt() / (2.0 * FAINT)).min(1.0));
    };
    let span = difference(subject, behind);
    let length = dot(span, span);
    if length < FAINT * FAINT {
        return (pixel, 1.0);
    }
    let alpha = (dot(away, span) / length).clamp(0.0, 1.0);
    // What is left of the pixel without the background; too noisy where little is left.
    let own = std::array::from_fn(|i| {
        let unmixed = (pixel[i] - (1.0 - alpha) * behind[i]) / alpha.max(0.01);
        let trust = alpha * alpha;
        (trust * unmixed + (1.0 - trust) * subject[i]).clamp(0.0, 255.0)
    });
    (own, alpha)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mixed_edge_is_unmixed() {
        // Red on blue; the middle column is a third red.
        let colours = [
            [0, 0, 255],
            [0, 0, 255],
            [85, 0, 170],
            [255, 0, 0],
            [255, 0, 0],
        ];
        let picture = RgbaImage::from_fn(5, 3, |x, _| {
            let [r, g, b] = colours[x as usize];
            [r, g, b, 255].into()
        });
        let labels: Vec<Label> = [0, 0, 2, 1, 1]
            .repeat(3)
            .into_iter()
            .map(|i| [Label::Background, Label::Subject, Label::Unknown][i])
            .collect();
        let cut = soften(&picture, &labels, 2);
        for y in 0..3 {
            let alphas: Vec<u8> = (0..5).map(|x| cut.get_pixel(x, y)[3]).collect();
            assert_eq!(alphas, [0, 0, 85, 255, 255], "row {y}");
            let [r, g, b, _] = cut.get_pixel(2, y).0;
            assert!(
                r > 250 && g == 0 && b < 5,
                "blue must not fringe the red: {r} {g} {b}"
            );
        }
    }
}
