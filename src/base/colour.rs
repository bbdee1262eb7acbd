//! Colour: the one sRGB curve, and CIE Lab (D65), in which distances that look alike to people are alike in numbers.

use std::sync::LazyLock;

use glam::Vec3;

/// L in `0..=100`, a and b about `-128..=128`.
pub type Lab = [f32; 3];

static LINEAR: LazyLock<[f32; 256]> =
    LazyLock::new(|| std::array::from_fn(|i| linear(i as f32 / 255.0)));

/// Converts one sRGB pixel.
pub fn lab([r, g, b]: [u8; 3]) -> Lab {
    let [r, g, b] = [r, g, b].map(|c| LINEAR[usize::from(c)]);
    let x = (0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047;
    let y = 0.2126729 * r + 0.7151522 * g + 0.0721750 * b;
    let z = (0.0193339 * r + 0.119_192 * g + 0.9503041 * b) / 1.08883;
    let [x, y, z] = [x, y, z].map(|t: f32| {
        if t > 216.0 / 24389.0 {
            t.cbrt()
        } else {
            (24389.0 / 27.0 * t + 16.0) / 116.0
        }
    });
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

/// The sRGB pixel that is nearest; what no screen can show is cut off.
pub fn rgb([l, a, b]: Lab) -> [u8; 3] {
    let y = (l + 16.0) / 116.0;
    let [x, y, z] = [y + a / 500.0, y, y - b / 200.0].map(|t: f32| {
        let cube = t.powi(3);
        if cube > 216.0 / 24389.0 {
            cube
        } else {
            (116.0 * t - 16.0) * 27.0 / 24389.0
        }
    });
    let (x, z) = (x * 0.95047, z * 1.08883);
    let light = [
        3.2404542 * x - 1.5371385 * y - 0.4985314 * z,
        -0.969_266 * x + 1.8760108 * y + 0.041_556 * z,
        0.0556434 * x - 0.2040259 * y + 1.0572252 * z,
    ];
    light.map(|c| (srgb(c.clamp(0.0, 1.0)) * 255.0).round() as u8)
}

/// The squared colour difference (CIE76) of two colours; 2.3 squared is just noticeable.
pub fn distance_squared(p: Lab, q: Lab) -> f32 {
    (0..3).map(|i| (p[i] - q[i]).powi(2)).sum()
}

/// One sRGB channel, `0..=1`, as linear light.
pub(crate) fn linear(srgb: f32) -> f32 {
    if srgb <= 0.04045 {
        srgb / 12.92
    } else {
        ((srgb + 0.055) / 1.055).powf(2.4)
    }
}

/// One channel of linear light, `0..=1`, as sRGB.
pub(crate) fn srgb(linear: f32) -> f32 {
    if linear <= 0.003_130_8 {
        linear * 12.92
    } else {
        1.055 * linear.powf(1.0 / 2.4) - 0.055
    }
}

/// The mean of what several views show of a point, each a colour and how well it is seen, `0..=1`: who sees it best has
/// most of the say; and what the best counts. A further view has none where the first one sees well, for no two lie on
/// each other to the pixel.
pub(crate) fn best_seen(seen: impl IntoIterator<Item = (Vec3, f32)>) -> (Vec3, f32) {
    let (mut sum, mut weights, mut best, mut left) = (Vec3::ZERO, 0.0, 0f32, 1.0);
    for (place, (colour, weight)) in seen.into_iter().enumerate() {
        let weight = weight * left;
        if place == 0 {
            left = 1.0 - weight;
        }
        let say = weight.powi(4);
        sum += colour * say;
        weights += say;
        best = best.max(weight);
    }
    (sum / f32::max(weights, f32::MIN_POSITIVE), best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_colours_have_their_known_lab_values() {
        let near = |rgb, want: Lab| {
            let got = lab(rgb);
            assert!(
                distance_squared(got, want) < 0.05,
                "{rgb:?} is {got:?} in Lab, expected {want:?}"
            );
        };
        near([255, 255, 255], [100.0, 0.0, 0.0]);
        near([0, 0, 0], [0.0, 0.0, 0.0]);
        near([255, 0, 0], [53.24, 80.09, 67.20]);
        near([0, 0, 255], [32.30, 79.19, -107.86]);
    }
    #[test]
    fn there_and_back_is_the_same_pixel() {
        let steps = || (0..=255).step_by(15);
        for (r, g) in steps().flat_map(|r| steps().map(move |g| (r, g))) {
            for b in steps() {
                assert_eq!(rgb(lab([r, g, b])), [r, g, b]);
            }
        }
        assert_eq!(rgb([120.0, 0.0, 0.0]), [255; 3], "brighter than white");
    }
}
