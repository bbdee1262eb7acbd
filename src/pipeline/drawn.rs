//! What words tell of is drawn, from the front and from behind, and the drawing goes the way of a photo.
//! Beside a photo they are drawn into it (`redrawn`).

use anyhow::{Context, Result};
use image::imageops::{self, FilterType};
use image::{Rgba, Rgba32FImage, RgbaImage};

use super::{Options, Subject, part_maps, redrawn};
use crate::base::progress::{Stage, Watch};
use crate::model::config::DrawingConfig;
use crate::model::{DrawOptions, Drawing, Known, Model, Prompt};
use crate::photo::cutout::{self, regions::Bitmap};

/// A drawing is enlarged so many times before it is looked at, so that its outline is smooth.
const LARGER: u32 = 4;
/// A piece of less than this share of the largest one is a speck.
const SPECK: f64 = 0.04;
/// What covers less of a pixel than the first is nothing, and more than the second all: a drawing's edges are soft.
const EDGE: (f32, f32) = (0.35, 0.65);

/// What words tell of as a subject that can be looked at: drawn, or drawn into the photo. None where the words name no part
/// of the photo, or the weights draw nothing.
pub(super) fn subject(
    model: &Model,
    subject: &Subject,
    options: &Options,
    watch: &Watch<'_>,
) -> Result<Option<Subject>> {
    let (Some(prompt), Some(config)) = (&subject.prompt, &model.config().drawing) else {
        return Ok(None);
    };
    let further = !subject.views.is_empty() || !subject.beside.is_empty();
    if further || !part_maps::wanted(model, options) {
        return Ok(None);
    }
    if subject.photographed {
        return redrawn::subject(model, subject, prompt, options, watch);
    }
    let drawing = draw(model, Some(prompt), None, options, watch)?;
    let Drawing { front, behind } = drawing;
    let side = LARGER * config.side as u32;
    let enlarged = |picture| bordered(&enlarged(picture, side));
    let mut front = cutout::cut(without_specks(enlarged(&front)), None, None)
        .context("nothing came of the words: take others, or another --seed")?;
    front.notes.clear(); // they are about photos
    let mut behind = enlarged(&behind);
    for (pixel, front) in behind.pixels_mut().zip(front.pixels.pixels()) {
        pixel.0[3] = front.0[3]; // without what was left out as no part of the subject
    }
    Ok(Some(Subject {
        front: Some(front),
        behind: Some(behind),
        prompt: None,
        ..subject.clone()
    }))
}

/// How the options want it to be drawn.
fn wanted(config: &DrawingConfig, options: &Options) -> DrawOptions {
    let usual = DrawOptions::new(config);
    DrawOptions {
        seed: options.seed,
        steps: options.steps.unwrap_or(usual.steps),
        guidance: options.guidance.unwrap_or(usual.guidance),
    }
}

/// The steps that a drawing takes.
pub(super) fn steps(model: &Model, options: &Options) -> usize {
    let config = model.config().drawing.as_ref();
    config.map_or(0, |config| wanted(config, options).steps)
}

/// One drawing, as the options have it.
pub(super) fn draw(
    model: &Model,
    prompt: Option<&Prompt>,
    known: Option<&Known>,
    options: &Options,
    watch: &Watch<'_>,
) -> Result<Drawing> {
    let config = (model.config().drawing.as_ref()).context("the weights draw nothing")?;
    let wanted = wanted(config, options);
    watch.stage(Stage::Denoise, wanted.steps, || {
        let mut step = watch.counting(Stage::Denoise);
        model.draw(prompt, known, &wanted, &mut step)
    })
}

/// The picture with so many pixels a side, more than it has, with clear edges.
pub(super) fn enlarged(picture: &RgbaImage, side: u32) -> RgbaImage {
    let (width, height) = picture.dimensions();
    // Times alpha, so that what is transparent has no colour to give.
    let covered = Rgba32FImage::from_fn(width, height, |x, y| {
        let [r, g, b, a] = picture.get_pixel(x, y).0.map(|v| f32::from(v) / 255.0);
        Rgba([r * a, g * a, b * a, a])
    });
    let large = imageops::resize(&covered, side, side, FilterType::CatmullRom);
    RgbaImage::from_fn(side, side, |x, y| {
        let [r, g, b, a] = large.get_pixel(x, y).0;
        let sure = (a - EDGE.0) / (EDGE.1 - EDGE.0);
        let byte = |v: f32| (255.0 * v.clamp(0.0, 1.0)).round() as u8;
        let colour = |v: f32| byte(v / a.max(0.05));
        Rgba([colour(r), colour(g), colour(b), byte(sure)])
    })
}

/// The picture without small pieces that lie apart: nobody said that there is something.
fn without_specks(mut picture: RgbaImage) -> RgbaImage {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let alpha: Vec<u8> = picture.pixels().map(|p| p.0[3]).collect();
    let there = Bitmap::new(width, height, |i| alpha[i] >= 128);
    let kept = there.without_specks(SPECK).dilated(LARGER as usize);
    for (pixel, _) in picture
        .pixels_mut()
        .zip(&kept.bits)
        .filter(|(_, kept)| !**kept)
    {
        pixel.0[3] = 0;
    }
    picture
}

/// A picture with a transparent border: what fills a drawing ends there, as no photo's subject does.
fn bordered(picture: &RgbaImage) -> RgbaImage {
    let (width, height) = picture.dimensions();
    let mut out = RgbaImage::new(width + 2 * LARGER, height + 2 * LARGER);
    imageops::replace(&mut out, picture, LARGER.into(), LARGER.into());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specks_go_and_what_is_held_stays() {
        let picture = RgbaImage::from_fn(64, 64, |x, y| {
            let figure = (8..40).contains(&x) && y > 4;
            let held = (48..56).contains(&x) && (20..34).contains(&y);
            let speck = (50..53).contains(&x) && (50..53).contains(&y);
            Rgba([9, 9, 9, if figure || held || speck { 255 } else { 0 }])
        });
        let clean = without_specks(picture);
        let alpha = |x, y| clean.get_pixel(x, y).0[3];
        assert_eq!((alpha(20, 30), alpha(50, 30), alpha(51, 51)), (255, 255, 0));
    }

    #[test]
    fn an_enlarged_drawing_has_its_own_colours_up_to_a_clear_edge() {
        let picture = RgbaImage::from_fn(16, 16, |x, _| match x {
            0..8 => Rgba([200, 40, 40, 255]),
            _ => Rgba([0, 255, 0, 0]), // transparent, of another colour
        });
        let large = bordered(&enlarged(&picture, 64));
        assert_eq!(
            large.dimensions(),
            (72, 72),
            "four times as large, and a border"
        );
        let row: Vec<[u8; 4]> = (0..72).map(|x| large.get_pixel(x, 30).0).collect();
        let solid = |some: &[[u8; 4]]| some.iter().all(|p| p[3] == 255);
        let clear = |some: &[[u8; 4]]| some.iter().all(|p| p[3] == 0);
        assert!(
            clear(&row[..4]) && solid(&row[4..35]) && clear(&row[37..]),
            "{row:?}"
        );
        let seen = row.iter().filter(|p| p[3] > 0);
        for pixel in seen {
            assert!(
                pixel[0] > 190 && pixel[1] < 50,
                "a colour from outside: {pixel:?}"
            );
        }
    }
}
