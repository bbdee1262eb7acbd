//! Words beside a photo: the photo is drawn anew where the parts lie that they are about, and then goes the way of any
//! photo. All else is the photo's, pixel by pixel.

use anyhow::{Context, Result};
use image::{Rgba, RgbaImage, imageops};

use super::{Options, Subject, drawn, part_maps};
use crate::base::progress::{Event, Stage, Watch};
use crate::maps::{self, View};
use crate::model::{Known, Model, Prompt};
use crate::photo::cutout::Cutout;
use crate::slots::{Named, Slot};

/// What is put on a head or beneath the feet needs room: with it, the photo's subject is so much of the picture.
const ROOM: f32 = 0.84;
/// The lower border of what a hat may cover, in parts of the head's height from above.
const BROW: f32 = 0.4;
/// How far a hat may go beyond the head at either side, in parts of its width.
const BRIM: f32 = 0.6;
/// What is held lies within this distance of the hand, in parts of the picture.
const ARM: f32 = 0.24;
/// How far a base may go beyond the feet at either side, and above them, in parts of the picture.
const STEP: (f32, f32) = (0.2, 0.03);
/// What is worn on the back reaches so far beyond the torso, in parts of the picture.
const SPREAD: f32 = 0.4;
/// A part's own pixels, and so many around them, are drawn anew.
const AROUND: usize = 2;

/// The parts that a photo's subject shows, pixel by pixel, row by row; none outside of it.
struct Labels {
    side: usize,
    slots: Vec<Option<Slot>>,
}

/// A box of pixels: left, right, top and bottom, these included.
#[derive(Clone, Copy)]
struct Bounds([f32; 4]);

impl Labels {
    /// What the network takes them for, with so many pixels a side.
    fn of(model: &Model, view: &View, side: usize) -> Result<Self> {
        let maps = maps::Reader::load(model)?.look(view)?;
        let (n, seen) = maps::labels(&maps, view)?;
        let at = |i: usize| (i * n) / side;
        let slots = (0..side * side).map(|i| seen[at(i / side) * n + at(i % side)]);
        Ok(Self {
            side,
            slots: slots.collect(),
        })
    }

    fn spot(&self, i: usize) -> (f32, f32) {
        ((i % self.side) as f32, (i / self.side) as f32)
    }

    fn bounds(&self, mine: impl Fn(Slot) -> bool) -> Option<Bounds> {
        let mine = |i: &usize| self.slots[*i].is_some_and(&mine);
        let all = (0..self.slots.len()).filter(mine).map(|i| self.spot(i));
        all.fold(None, |found: Option<Bounds>, (x, y)| {
            let Bounds([l, r, t, b]) = found.unwrap_or(Bounds([x, x, y, y]));
            Some(Bounds([l.min(x), r.max(x), t.min(y), b.max(y)]))
        })
    }

    /// The pixel of an arm that is farthest from the torso: its hand.
    fn hand(&self, arm: Slot) -> Option<(f32, f32)> {
        let Bounds([l, r, t, b]) = self.bounds(|slot| slot == Slot::Torso)?;
        let middle = ((l + r) / 2.0, t + (b - t) / 4.0);
        let away = |(x, y): (f32, f32)| (x - middle.0).hypot(y - middle.1);
        let mine = (0..self.slots.len()).filter(|&i| self.slots[i] == Some(arm));
        mine.map(|i| self.spot(i))
            .max_by(|&a, &b| away(a).total_cmp(&away(b)))
    }

    /// Whether a pixel may belong to the part as it will be.
    fn may(&self, slot: Slot) -> Box<dyn Fn(usize) -> bool + '_> {
        let n = self.side as f32;
        let figure = self.bounds(|_| true).unwrap_or(Bounds([0.0, n, 0.0, n]));
        let empty = |i: usize| self.slots[i].is_none();
        match slot {
            Slot::Hair => {
                let top = figure.0[2] + (figure.0[3] - figure.0[2]) / 4.0;
                let above = Bounds([figure.0[0], figure.0[1], figure.0[2], top]);
                let Bounds([l, r, t, b]) = self.bounds(|s| s == Slot::Head).unwrap_or(above);
                let (wide, brow) = (BRIM * (r - l), t + BROW * (b - t));
                Box::new(move |i| {
                    let (x, y) = self.spot(i);
                    let head = empty(i) || self.slots[i] == Some(Slot::Head);
                    y < brow && x > l - wide && x < r + wide && head
                })
            }
            Slot::ItemLeft | Slot::ItemRight => {
                let hand = slot.bearer().and_then(|arm| self.hand(arm));
                Box::new(move |i| {
                    let (x, y) = self.spot(i);
                    hand.is_some_and(|(u, v)| (x - u).hypot(y - v) < ARM * n) && empty(i)
                })
            }
            Slot::Base => {
                let Bounds([l, r, _, b]) = figure;
                Box::new(move |i| {
                    let (x, y) = self.spot(i);
                    y > b - STEP.1 * n && x > l - STEP.0 * n && x < r + STEP.0 * n
                })
            }
            Slot::Back => {
                let Bounds([l, r, t, b]) = self.bounds(|s| s == Slot::Torso).unwrap_or(figure);
                Box::new(move |i| {
                    let (x, y) = self.spot(i);
                    let near = x > l - SPREAD * n && x < r + SPREAD * n;
                    near && y > t - SPREAD / 2.0 * n && y < b + SPREAD * n && empty(i)
                })
            }
            _ => Box::new(|_| false),
        }
    }

    /// Where a picture is to be drawn anew: the parts as they are, with a border, and where they may be.
    fn hole(&self, named: &[Named]) -> Vec<bool> {
        let n = self.side;
        let mut hole = vec![false; n * n];
        for &Named { slot, gone } in named {
            let mine = |i: usize| self.slots[i] == Some(slot);
            for i in (0..n * n).filter(|&i| mine(i)) {
                let (x, y) = (i % n, i / n);
                for v in y.saturating_sub(AROUND)..(y + AROUND + 1).min(n) {
                    let row = v * n + x.saturating_sub(AROUND)..v * n + (x + AROUND + 1).min(n);
                    hole[row].fill(true);
                }
            }
            let may = self.may(slot);
            for (i, open) in hole.iter_mut().enumerate() {
                *open |= !gone && may(i);
            }
        }
        hole
    }
}

/// A photo's subject as words have it; None where they name none of its parts.
pub(super) fn subject(
    model: &Model,
    subject: &Subject,
    prompt: &Prompt,
    options: &Options,
    watch: &Watch<'_>,
) -> Result<Option<Subject>> {
    let named = &prompt.about;
    let Some(front) = subject
        .front
        .as_ref()
        .filter(|_| !named.is_empty() && !prompt.becomes)
    else {
        return Ok(None);
    };
    let config = (model.config().drawing.as_ref()).context("the weights draw nothing")?;
    let tight = part_maps::view(front, None)?;
    let labels = watch.stage(Stage::Look, 0, || Labels::of(model, &tight, config.side))?;
    let (picture, labels) = with_room(tight.picture(), labels, named);
    let view = View::whole(picture);
    let known = Known {
        front: view.resized(config.side),
        there: labels.hole(named).iter().map(|hole| !hole).collect(),
    };
    let names: Vec<&str> = named.iter().map(|named| named.slot.name()).collect();
    watch.tell(match known.there.contains(&false) {
        true => Event::Detail(format!("the words change {}", names.join(", "))),
        false => Event::Note("the words change nothing of what the photo shows".into()),
    });
    // Of what only goes, words say nothing that is to be drawn.
    let said = named.iter().any(|named| !named.gone).then_some(prompt);
    let drawing = drawn::draw(model, said, Some(&known), options, watch)?;
    let pixels = patched(view.picture(), &drawing.front, &known.there);
    let front = Cutout {
        pixels,
        ..front.clone()
    };
    Ok(Some(Subject {
        front: Some(front),
        prompt: None,
        redrawn: named.iter().map(|named| named.slot).collect(),
        ..subject.clone()
    }))
}

/// The picture within a larger one, where the parts that are named need room that it has not.
fn with_room(picture: &RgbaImage, labels: Labels, named: &[Named]) -> (RgbaImage, Labels) {
    let needs = |slot: Slot| {
        let there = labels.slots.contains(&Some(slot));
        named.iter().any(|n| n.slot == slot && !n.gone) && !there
    };
    let down = match (needs(Slot::Hair), needs(Slot::Base)) {
        (false, false) => return (picture.clone(), labels),
        (true, false) => 1.0,
        (false, true) => 0.0,
        (true, true) => 0.5,
    };
    let shifted = |side: usize| {
        let free = side as f32 * (1.0 - ROOM);
        (free / 2.0, free * down)
    };
    let large = (picture.width() as f32 / ROOM).round() as usize;
    let (x, y) = shifted(large);
    let mut out = RgbaImage::new(large as u32, large as u32);
    imageops::replace(&mut out, picture, x as i64, y as i64);
    let n = labels.side;
    let (x, y) = shifted(n);
    let from = |i: usize, shift: f32| ((i as f32 + 0.5 - shift) / ROOM).floor();
    let slots = (0..n * n).map(|i| {
        let (u, v) = (from(i % n, x), from(i / n, y));
        let inside = u >= 0.0 && v >= 0.0 && u < n as f32 && v < n as f32;
        inside
            .then(|| labels.slots[v as usize * n + u as usize])
            .flatten()
    });
    let slots = slots.collect();
    (out, Labels { side: n, slots })
}

/// A picture with a drawing in the place of what is not known of it, and between both a soft border.
fn patched(picture: &RgbaImage, drawing: &RgbaImage, known: &[bool]) -> RgbaImage {
    let (size, n) = (picture.width(), drawing.width());
    let drawn = drawn::enlarged(drawing, size);
    let open = |i: usize| if known[i] { 0 } else { 255 };
    let open = image::GrayImage::from_fn(n, n, |x, y| image::Luma([open((y * n + x) as usize)]));
    let weight = imageops::resize(&open, size, size, imageops::FilterType::Triangle);
    let lerp = |a: f32, b: f32, w: f32| a + (b - a) * w;
    RgbaImage::from_fn(size, size, |x, y| {
        let [photo, drawn] = [picture, &drawn].map(|of| of.get_pixel(x, y).0.map(f32::from));
        let w = f32::from(weight.get_pixel(x, y).0[0]) / 255.0;
        if w == 0.0 {
            return *picture.get_pixel(x, y);
        }
        let alpha = lerp(photo[3], drawn[3], w);
        let colour = |k: usize| {
            let both = lerp(photo[k] * photo[3], drawn[k] * drawn[3], w);
            (both / alpha.max(1.0)).round() as u8
        };
        Rgba([colour(0), colour(1), colour(2), alpha.round() as u8])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A head on a torso, with an arm at its left.
    fn labels() -> Labels {
        let side = 32;
        let slot = |i: usize| match (i % side, i / side) {
            (12..20, 2..12) => Some(Slot::Head),
            (10..22, 12..24) => Some(Slot::Torso),
            (4..10, 13..15) => Some(Slot::ArmRight),
            (12..20, 24..31) => Some(Slot::Legs),
            _ => None,
        };
        Labels {
            side,
            slots: (0..side * side).map(slot).collect(),
        }
    }

    fn hole(slot: Slot, gone: bool) -> Vec<bool> {
        labels().hole(&[Named { slot, gone }])
    }

    #[test]
    fn what_is_drawn_anew_is_where_the_named_part_is_or_may_be_and_no_other_part() {
        let (labels, at) = (labels(), |x: usize, y: usize| y * 32 + x);
        let hat = hole(Slot::Hair, false);
        assert!(hat[at(15, 0)] && hat[at(15, 3)], "on the head and its top");
        assert!(!hat[at(15, 10)] && !hat[at(15, 20)], "not the face");
        let item = hole(Slot::ItemRight, false);
        assert!(
            item[at(3, 17)] && !item[at(5, 14)],
            "at the hand, not the arm"
        );
        assert!(!item[at(28, 14)], "not at the other one");
        let shirt = hole(Slot::Torso, false);
        assert!(shirt[at(15, 18)] && !shirt[at(15, 5)]);
        assert!(hole(Slot::Torso, true) == shirt, "it goes, or is another");
        assert!(
            !hole(Slot::Hair, true).contains(&true),
            "there is none to go"
        );
        let base = hole(Slot::Base, false);
        assert!(base[at(15, 31)] && !base[at(15, 20)]);
        assert!(labels.hole(&[]).iter().all(|hole| !hole));
    }

    #[test]
    fn a_hat_has_room_above_and_a_base_below() {
        let picture = RgbaImage::from_pixel(64, 64, Rgba([9, 9, 9, 255]));
        let named = |slot| [Named { slot, gone: false }];
        let (hat, moved) = with_room(&picture, labels(), &named(Slot::Hair));
        assert_eq!(hat.dimensions(), (76, 76));
        assert_eq!(hat.get_pixel(38, 5).0[3], 0, "room above");
        assert_eq!(hat.get_pixel(38, 74).0[3], 255, "none below");
        assert!(moved.slots[5 * 32 + 15].is_none() && moved.slots[9 * 32 + 15] == Some(Slot::Head));
        let (base, _) = with_room(&picture, labels(), &named(Slot::Base));
        assert_eq!(base.get_pixel(38, 74).0[3], 0, "room below");
        let (same, _) = with_room(&picture, labels(), &named(Slot::Torso));
        assert_eq!(same, picture);
    }

    #[test]
    fn only_what_is_not_known_is_drawn() {
        let photo = RgbaImage::from_pixel(64, 64, Rgba([200, 0, 0, 255]));
        let drawing = RgbaImage::from_pixel(16, 16, Rgba([0, 0, 200, 255]));
        let known: Vec<bool> = (0..256).map(|i| i % 16 < 8).collect();
        let patched = patched(&photo, &drawing, &known);
        assert_eq!(patched.get_pixel(20, 30).0, [200, 0, 0, 255]);
        assert_eq!(patched.get_pixel(50, 30).0, [0, 0, 200, 255]);
    }
}
