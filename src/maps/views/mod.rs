//! Further views: one figure of the solids that each of them shows.
//!
//! Each view has its own solid, whose outline is exact and whose depths are guessed. All are put into the model frame,
//! as large as the first and turned by where they were taken from. Then
//!
//! - cameras move until the outlines agree ([`cameras`]),
//! - what each view shows is moved along its rays until it is as deep at each height, part by part, as those across show
//!   it ([`rows`]), and lies where the outlines of all others leave room ([`hull`]),
//! - the front is the first view's and the back is the back view's: the far sheet of the one is the near sheet of the
//!   other,
//! - nothing lies outside of the outline of any view, unless the first shows what others leave no room for ([`held`]),
//! - an animal is one smooth [`volume`] of all of them,
//! - and each point has the colours of the views that see it ([`lens`]).

use std::sync::Arc;

use anyhow::{Result, ensure};
use glam::Vec3;
use rayon::prelude::*;

use super::plane::Plane;
use super::shown::Shown;
use super::{Fit, Making, PartMaps, Pose, Silhouette, Solid, View};
use crate::geometry::{Field, extent};
use crate::slots::{Side, Slot};
use held::Held;
use hull::Room;
use lens::Lens;
use part::Part;
use rows::{Rows, Warp};
use volume::{Seen, Shape, Volume};

mod cameras;
mod held;
mod hull;
mod lens;
mod pair;
mod part;
mod rows;
mod volume;

/// A further view, and what the network tells of it.
pub struct Further {
    /// From which side it was taken.
    pub side: Side,
    /// What the network tells of it.
    pub maps: PartMaps,
    /// Its subject, in the frame of these maps.
    pub view: View,
}

/// How far the figure may lie outside of a further view's outline, model units: no two views are quite of the same pose.
/// More where outlines agree less, by so many times as their rays pass outside of one another, up to so much: views that
/// contradict each other must not tear the figure.
const LOOSE: f32 = 0.008;
const LOOSER: f32 = 3.0;
const LOOSEST: f32 = 0.06;
/// The same where subjects go on beyond a picture, and outlines cannot agree.
const CUT: f32 = 0.02;
/// Distances are exact up to here, model units.
const AWAY: f32 = 0.05;
/// Half of the box that the figure fills, model units.
const FULL: f32 = 0.95;

/// How far off the network's yaw may be, degrees, before outlines must be half as unlike to make up for it.
const SURE: f32 = 20.0;
/// The pitch of sides and backs in parts of what the network says: it takes them for seen from higher above than they are
/// (7 to 16 degrees for animals' sides and 4 to 12 for people's on the development set, where it is 5).
const LOWER: f32 = 0.6;
/// A view that is turned more than this is not from the front, degrees.
const MOST: f32 = 75.0;

/// The front tells what a figure looks like unless it covers less than this share of what the sides cover.
const MORE: f32 = 0.8;

/// How often parts are moved to where there is room: each time they stay as smooth as they are, and so short of it.
const PASSES: usize = 2;

/// A view's solid in the model frame, moved to be as deep as the sides show it.
struct Placed {
    side: Side,
    shown: Shown,
}

/// What all parts have in common.
struct All {
    /// The first of them from the front.
    views: Vec<Placed>,
    lenses: Vec<Lens>,
    outlines: Outlines,
    /// Of animals: what all views show, smooth where they meet.
    volume: Option<Volume>,
    /// Whether the sides show more of the figure than the front, as of most animals.
    sideways: bool,
}

/// The parts that all views show together, in the model frame.
///
/// # Errors
/// Maps hold values that are not numbers, or no part is left.
pub fn fused(front: (&PartMaps, &View), further: &[Further], making: &Making) -> Result<Solid> {
    let (maps, view) = front;
    let shown = |f: &Further| Ok((f.side, Shown::new(&f.maps, &f.view, making)?, f.maps.pitch));
    let (first, others) = rayon::join(
        || Shown::new(maps, view, making),
        || further.par_iter().map(shown).collect::<Result<_>>(),
    );
    let (mut first, mut others): (Shown, Vec<(Side, Shown, f32)>) = (first?, others?);
    first.stand(Pose::new(maps.yaw, maps.pitch));
    level(&mut others);
    align(&mut others, &first);
    if let Some(yaw) = turned(&first, &others, maps.yaw) {
        first.stand(Pose::new(yaw, maps.pitch));
        align(&mut others, &first);
    }
    fill_box(&mut first, &others);
    align(&mut others, &first);
    let whole = view.cut.is_none() && further.iter().all(|f| f.view.cut.is_none());
    let off = whole.then(|| agree(&mut first, &mut others));
    let fit = |(further, (side, shown, _)): (&Further, &(Side, Shown, f32))| Fit {
        side: *side,
        alike: alike(&first, shown),
        silhouette: Silhouette::new(&further.view, shown.pose),
    };
    let fits = further.iter().zip(&others).map(fit).collect();
    let others = others.into_iter().map(|(side, shown, _)| (side, shown));
    let (views, sideways) = placed(
        std::iter::once((Side::Front, first))
            .chain(others)
            .collect(),
        whole,
    );
    let lenses = views
        .iter()
        .map(|view| view.lens(&views, sideways))
        .collect();
    let loose = off.map_or(CUT, |off| (LOOSE + LOOSER * off).min(LOOSEST));
    let shown: Vec<&Shown> = views.iter().map(|view| &view.shown).collect();
    // What an animal is like its sides tell.
    let held = (!sideways).then(|| Held::of(&shown, loose)).flatten();
    let outlines = Outlines { loose, held };
    let volume = sideways.then(|| volume(&views, &outlines));
    let all = Arc::new(All {
        lenses,
        views,
        outlines,
        volume,
        sideways,
    });
    let part = |slot: &Slot| {
        let part = Part::new(*slot, &all)?;
        Some((slot.name().to_owned(), Box::new(part) as _))
    };
    let parts: Vec<(String, Box<dyn Field + Send>)> = Slot::ALL.iter().filter_map(part).collect();
    ensure!(
        !parts.is_empty(),
        "the views have nothing in common: give --left, --right and --back of one subject in one pose"
    );
    Ok(Solid {
        parts,
        silhouette: Silhouette::new(view, all.views[0].shown.pose),
        further: fits,
    })
}

/// How far the figure may lie outside of the outlines.
struct Outlines {
    /// Of further views, model units.
    loose: f32,
    /// What the first view shows and others leave no room for.
    held: Option<Held>,
}

impl Outlines {
    /// How far a point lies outside of where the figure may be, model units: below 0 inside.
    fn outside(&self, views: &[Placed], p: Vec3) -> f32 {
        let mut most = f32::MIN;
        for view in views {
            // What is far outside already is not asked for more.
            if most > AWAY {
                break;
            }
            let outside = view.outside(p);
            let held = || self.held.as_ref().map_or(0.0, |held| held.loose(p));
            let loose = match view.side {
                Side::Front => 0.0,
                _ if outside > self.loose => self.loose.max(held()),
                _ => self.loose,
            };
            most = most.max(outside - loose);
        }
        most
    }
}

/// What all views show of an animal: what its sides show, and beneath it front and back.
fn volume(views: &[Placed], outlines: &Outlines) -> Volume {
    let shapes = |sides: bool| -> Vec<Shape> {
        let shape = |slot| Some(Shape::new(slot, pair::pair(views, sides, slot)?));
        Slot::ALL.into_iter().filter_map(shape).collect()
    };
    let seen: Vec<Seen> = views
        .iter()
        .map(|view| Seen {
            outline: &view.shown.outline,
            pose: view.shown.pose,
        })
        .collect();
    Volume::of(&shapes(true), &shapes(false), &seen, |p| {
        outlines.outside(views, p)
    })
}

/// Further views are taken from one height, as far above the figure as the network says in the mean, or less.
fn level(others: &mut [(Side, Shown, f32)]) {
    let mean = others.iter().map(|(.., pitch)| pitch).sum::<f32>() / others.len().max(1) as f32;
    for (.., pitch) in others {
        *pitch = LOWER * mean;
    }
}

/// Puts each view into the model frame: as high as the first, and its middles where the first has them.
fn align(others: &mut [(Side, Shown, f32)], first: &Shown) {
    let height = |shown: &Shown| {
        let (low, high) = extent(shown.outermost().map(|(_, p)| shown.pose.place(p)));
        (low.y, high.y)
    };
    let [across, deep] = [Vec3::X, Vec3::Z].map(|axis| whole(first, axis));
    let (low, high) = height(first);
    for (side, shown, pitch) in others {
        shown.put(Pose::new(side.yaw(), *pitch));
        let (from, till) = height(shown);
        let scale = (high - low) / (till - from).max(1e-3);
        let up = (low + high - (from + till) * scale) / 2.0;
        let pose = Pose {
            scale,
            shift: Vec3::Y * up,
            ..shown.pose
        };
        shown.put(pose);
        let x = across.beyond(&whole(shown, Vec3::X));
        let z = deep.beyond(&whole(shown, Vec3::Z));
        let shift = pose.shift + Vec3::new(x, 0.0, z);
        shown.put(Pose { shift, ..pose });
    }
}

/// How far the first view is turned, radians, where others show how wide and how deep the figure is: so that it is seen
/// as wide at each height as it is, which is not far from `guess`, what the network says.
fn turned(first: &Shown, others: &[(Side, Shown, f32)], guess: f32) -> Option<f32> {
    let rows = |which: fn(Side) -> bool, axis: Vec3| {
        let (_, shown, _) = others.iter().find(|(side, ..)| which(*side))?;
        Some(whole(shown, axis))
    };
    let (deep, wide) = (
        rows(is_side, Vec3::Z)?,
        rows(|side| side == Side::Back, Vec3::X)?,
    );
    let seen = whole(first, first.pose.turn * Vec3::X);
    // Who calls a view the front knows better than a network that takes it for the back.
    let guess = if guess.abs() < MOST.to_radians() {
        guess
    } else {
        0.0
    };
    let unlikely = |degrees: &f32| {
        let angle = degrees.to_radians();
        let off = (angle - guess) / SURE.to_radians();
        seen.unlike(angle, &wide, &deep) * (1.0 + off * off)
    };
    let tried = (0..=60).map(|step| (step as f32 - 30.0) * 2.0);
    let best = tried.min_by(|a, b| unlikely(a).total_cmp(&unlikely(b)))?;
    Some(best.to_radians())
}

/// How alike two views are, `0..=1`: of the heights at which either shows a part, the share at which both do.
fn alike(one: &Shown, other: &Shown) -> f32 {
    let (mine, others) = (Rows::of(one, Vec3::Y), Rows::of(other, Vec3::Y));
    let shared =
        Slot::ALL.map(|slot| of_slot(one, &mine, slot).shared(&of_slot(other, &others, slot)));
    let sum = |k: usize| shared.iter().map(|s| s[k] as f32).sum::<f32>();
    sum(0) / sum(1).max(1.0)
}

/// Makes the first view's solid so small, and puts it there, that the figure has room in the box as the sides show it.
fn fill_box(first: &mut Shown, others: &[(Side, Shown, f32)]) {
    let sides = others.iter().filter(|(side, ..)| is_side(*side));
    let reaches = sides.filter_map(|(_, shown, _)| whole(shown, Vec3::Z).reach());
    let Some((low, high)) = reaches.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))) else {
        return;
    };
    let smaller = (FULL / ((high - low) / 2.0).max(1e-3)).min(1.0);
    let shift = first.pose.shift - Vec3::Z * (low + high) / 2.0;
    first.put(Pose {
        scale: first.pose.scale * smaller,
        shift: shift * smaller,
        ..first.pose
    });
}

/// Moves the cameras so that the outlines agree. Returns how far their rays still pass outside of one another, model
/// units.
fn agree(first: &mut Shown, others: &mut [(Side, Shown, f32)]) -> f32 {
    let mut views: Vec<&mut Shown> = std::iter::once(first)
        .chain(others.iter_mut().map(|(_, shown, _)| shown))
        .collect();
    let mut poses: Vec<Pose> = views.iter().map(|shown| shown.pose).collect();
    let outlines: Vec<&Plane> = views.iter().map(|shown| &shown.outline).collect();
    let off = cameras::adjust(&outlines, &mut poses);
    for (shown, pose) in views.iter_mut().zip(poses) {
        shown.put(pose);
    }
    off
}

fn is_side(side: Side) -> bool {
    matches!(side, Side::Left | Side::Right)
}

/// From where to where all of a view's solid reaches along an axis.
fn whole(shown: &Shown, axis: Vec3) -> Rows {
    Rows::union(&Rows::of(shown, axis))
}

/// From where to where views show that the figure reaches along an axis: all of it, and what is of each slot.
struct Reach {
    whole: Rows,
    slots: Vec<Rows>,
}

impl Reach {
    /// The mean of several views, each with the rows of its parts.
    fn of(views: &[(&Shown, Vec<Rows>)]) -> Self {
        let mean = |of: &dyn Fn(&Shown, &[Rows]) -> Rows| {
            let all: Vec<Rows> = views.iter().map(|(shown, rows)| of(shown, rows)).collect();
            Rows::mean(&all.iter().collect::<Vec<_>>())
        };
        let slot = |slot: Slot| mean(&|shown, rows| of_slot(shown, rows, slot));
        Self {
            whole: mean(&|_, rows| Rows::union(rows)),
            slots: Slot::ALL.map(slot).to_vec(),
        }
    }
}

/// From where to where all parts of a slot reach, of the rows of each part.
fn of_slot(shown: &Shown, rows: &[Rows], slot: Slot) -> Rows {
    let mine = rows.iter().zip(shown.slots()).filter(|(_, of)| *of == slot);
    Rows::union(mine.map(|(rows, _)| rows))
}

/// How what each view shows of each part is moved to be as deep as those across show it; and whether the sides show more
/// than the front.
fn warps(views: &[(Side, Shown)]) -> (Vec<Vec<Warp>>, bool) {
    let reach = |which: fn(Side) -> bool, axis: Vec3| {
        let those = views.iter().filter(|(side, _)| which(*side));
        Reach::of(
            &those
                .map(|(_, shown)| (shown, Rows::of(shown, axis)))
                .collect::<Vec<_>>(),
        )
    };
    let deep = reach(is_side, Vec3::Z);
    // From behind it is seen how wide it is; the first view may be turned.
    let wide = match views.iter().any(|(side, _)| *side == Side::Back) {
        true => reach(|side| side == Side::Back, Vec3::X),
        false => reach(|side| side == Side::Front, Vec3::X),
    };
    let of_view = |(side, shown): &(Side, Shown)| {
        let (axis, reach) = match is_side(*side) {
            true => (Vec3::X, &wide),
            false => (Vec3::Z, &deep),
        };
        let rows = Rows::of(shown, axis);
        let all = Rows::union(&rows);
        let warp = |(of_part, slot): (&Rows, Slot)| {
            let mine = of_slot(shown, &rows, slot);
            // Views may differ in what they take for which part: then it has its share of the whole.
            let share = mine.fitted(&all, &reach.whole);
            let seen = reach.slots[slot as usize].or(&share);
            Warp::new(shown.pose, axis, of_part, &of_part.fitted(&mine, &seen))
        };
        rows.iter().zip(shown.slots()).map(warp).collect()
    };
    let sideways = wide.whole.area() < MORE * deep.whole.area();
    (views.iter().map(of_view).collect(), sideways)
}

/// The views, each as deep as those across show it, and where the outlines of all others leave room, if these tell.
fn placed(views: Vec<(Side, Shown)>, outlines_tell: bool) -> (Vec<Placed>, bool) {
    let (warps, sideways) = warps(&views);
    let outlines: Vec<&Plane> = views.iter().map(|(_, shown)| &shown.outline).collect();
    let poses: Vec<Pose> = views.iter().map(|(_, shown)| shown.pose).collect();
    let room = |view: usize| outlines_tell.then(|| Room::of(view, &outlines, &poses));
    let rooms: Vec<Option<Room>> = (0..views.len()).map(room).collect();
    let moved = |(i, (side, mut shown)): (usize, (Side, Shown))| {
        shown.reshape(|part, sheets| {
            sheets.reshape(|at, depth| warps[i][part].depth(at, depth));
            for _ in 0..PASSES {
                if let Some(room) = &rooms[i] {
                    sheets.shift(&room.moves(sheets));
                }
            }
        });
        Placed { side, shown }
    };
    let all = views.into_par_iter().enumerate();
    (all.map(moved).collect(), sideways)
}

impl Placed {
    /// The view's picture over what all views show together.
    fn lens(&self, all: &[Placed], sideways: bool) -> Lens {
        let others = all.iter().filter(|placed| is_side(placed.side) == sideways);
        let points = others.flat_map(|placed| {
            let pose = placed.shown.pose;
            placed.shown.outermost().map(move |(_, p)| pose.place(p))
        });
        let paint = self.shown.paint().clone();
        Lens::new(
            self.shown.pose,
            paint,
            points,
            !sideways || is_side(self.side),
        )
    }

    /// How far a point lies outside of the view's outline, model units.
    fn outside(&self, p: Vec3) -> f32 {
        self.shown.pose.outside(&self.shown.outline, p)
    }
}
