//! Other proportions for a finished figure: a big head on a short body, as toys have.
//!
//! The figure is made as it is seen; a style moves the fields of its parts afterwards, before there is
//! any surface. So parts come out as closed and as disjoint as without, and what the photo says of a
//! point is found by taking it back to where it was.
//!
//! The head grows, with all that is on it, and body, legs and arms get shorter, until the head is about half of the
//! figure. What is held shrinks a little, as a whole; the ground stays. A head that is as large already changes
//! nothing. Faces keep their features; nothing here knows anatomy, so a long neck becomes a thick one. It takes half as
//! long again as building the parts does. Words ask for the model's own toy instead (`--prompt "as a chibi
//! figurine"`): its proportions are learned from pairs, but it has plain colours and a face of its own.

use glam::Vec3;

use super::joints::{Joint, joints};
use crate::geometry::{Figurine, extent};
use crate::slots::Slot;
use heights::{Heights, Knot};

pub use moves::{Move, Moved, Moves};

mod heights;
mod moves;

/// The share of a toy's size that is head. What has it is left alone: so toys stay as they are, and
/// round creatures, which are all head.
const AIM: f32 = 0.56;
/// Head and body grow apart by this at most: a head on no body is no figure.
const MOST: f32 = 3.0;
/// How that is shared out, as powers of it. Legs lose more than the torso, as on small children; all
/// lose less of their width, so that they look plump and feet still carry; what is held stays of use.
const HEAD: f32 = 0.5;
const TORSO: f32 = -0.45;
const LEGS: f32 = -0.65;
const WIDTH: f32 = -0.12;
const ARM: f32 = -0.3;
const HELD: f32 = -0.2;
/// How far a head sinks between the shoulders, in what it grew by: toys have no neck.
const SINK: f32 = 0.2;

/// Where the parts of a figurine go to give it the proportions of a toy; nothing where it has no head,
/// or has them already.
pub fn chibi(figurine: &Figurine) -> Option<Moves> {
    let figure = Figure::of(figurine)?;
    let head_to_body = |share: f32| share / (1.0 - share).max(0.01);
    let change = (head_to_body(AIM) / head_to_body(figure.share)).min(MOST);
    if change <= 1.0 {
        return None;
    }
    let body = figure.body(change);
    let head = figure.head(&body, change);
    let mut moves = Moves::default();
    for (i, part) in figurine.parts.iter().enumerate() {
        let to = match Slot::of(&part.name) {
            Some(Slot::Legs | Slot::Torso | Slot::Back) => body.clone(),
            Some(Slot::Head | Slot::Hair) => head.clone(),
            Some(Slot::ArmLeft | Slot::ArmRight) => figure.arm(i, &body, change),
            Some(Slot::ItemLeft | Slot::ItemRight) => {
                let on = figure.joints[i].on.map(|on| &*figurine.parts[on].name);
                let hand = on.and_then(|name| moves.of(name)).unwrap_or(&body);
                figure.held(i, hand, change)
            }
            Some(Slot::Base | Slot::Name) | None => continue, // the ground stays, and what stands on it comes down
        };
        moves.insert(&part.name, to);
    }
    Some(moves)
}

/// What is measured of a figure as it was made.
struct Figure {
    joints: Vec<Joint>,
    /// The lowest and the highest corner of each part.
    boxes: Vec<(Vec3, Vec3)>,
    /// The height of its soles, and of the joint of legs and torso, where there is one between soles and
    /// neck.
    ground: f32,
    hip: Option<f32>,
    neck: Vec3,
    /// The head's height.
    skull: f32,
    /// What of the figure's size is head.
    share: f32,
}

impl Figure {
    /// Measures it; nothing where there is no head above the ground.
    fn of(figurine: &Figurine) -> Option<Self> {
        let parts = &figurine.parts;
        let joints = joints(figurine);
        let boxes: Vec<_> = (parts.iter())
            .map(|part| extent(part.mesh.positions.iter().copied()))
            .collect();
        let find = |slot: Slot| parts.iter().position(|part| slot.is(&part.name));
        let (head, legs) = (find(Slot::Head)?, find(Slot::Legs));
        let (low, high) = boxes[head];
        let neck = match joints[head].on {
            Some(_) => joints[head].place,
            None => joints[head].place.with_y(low.y),
        };
        let body = [Slot::Legs, Slot::Torso, Slot::Head, Slot::Hair]
            .into_iter()
            .filter_map(find);
        let whole = extent(body.flat_map(|i| [boxes[i].0, boxes[i].1]));
        let ground = legs.map_or(whole.0.y, |legs| boxes[legs].0.y);
        let hip = legs.filter(|&legs| joints[legs].on.is_some());
        let hip = hip.map(|legs| joints[legs].place.y);
        let share = |y: f32| (y - ground) / (neck.y - ground);
        // Four legs carry a figure that is longer than high.
        let size = (whole.1.y - ground).max(whole.1.z - whole.0.z);
        let skull = high.y - low.y;
        let top = find(Slot::Hair).map_or(high.y, |hair| boxes[hair].1.y.max(high.y));
        (neck.y - ground > 0.05 * size).then(|| Self {
            hip: hip.filter(|&hip| (0.1..0.9).contains(&share(hip))),
            // Ears and hats count, but by half: a head under a tall hat is small.
            share: (skull + top - neck.y) / (2.0 * size),
            joints,
            boxes,
            ground,
            neck,
            skull,
        })
    }

    /// All but head and arms: narrower, up to the hip as short as legs and above as a torso, with nothing
    /// changed at the soles, so that shoes stay high.
    fn body(&self, change: f32) -> Move {
        let (torso, legs) = (change.powf(TORSO), change.powf(LEGS));
        let both = (torso * legs).sqrt();
        let mut knots = vec![Knot::still(self.ground)];
        let mut rise = |from: f32, by: f32, slope: f32| {
            let below = knots[knots.len() - 1];
            let to = below.to + (from - below.from) * by;
            knots.push(Knot { to, from, slope });
        };
        match self.hip {
            Some(hip) => {
                rise(hip, legs, 1.0 / both);
                rise(self.neck.y, torso, 1.0 / torso);
            }
            None => rise(self.neck.y, both, 1.0 / torso),
        }
        let wide = change.powf(WIDTH);
        Move {
            heights: Some(Heights(knots)),
            stretch: Vec3::new(wide, 1.0, wide),
            from: level(self.neck),
            to: level(self.neck),
        }
    }

    /// The head, with all that is on it: larger in all directions, but what hangs below the neck reaches
    /// no deeper under the ground than it did.
    fn head(&self, body: &Move, change: f32) -> Move {
        let larger = change.powf(HEAD);
        let to = body.fore(self.neck);
        let sink = SINK * (larger - 1.0) * self.skull;
        let neck = Knot {
            to: to.y - sink.min(0.3 * (to.y - self.ground)),
            from: self.neck.y,
            slope: 1.0 / larger,
        };
        Move {
            heights: Some(Heights(vec![Knot::still(self.ground), neck])),
            stretch: Vec3::new(larger, 1.0, larger),
            from: level(self.neck),
            to: level(to),
        }
    }

    /// An arm: as high as the body beside it, so that a hand on the hip stays there, and shorter from its
    /// shoulder outwards.
    fn arm(&self, part: usize, body: &Move, change: f32) -> Move {
        let shoulder = self.joints[part].place;
        let (low, high) = self.boxes[part];
        let way = ((low + high) / 2.0 - shoulder).normalize_or_zero();
        let stretch = |way: f32| change.powf(WIDTH + (ARM - WIDTH) * way * way);
        Move {
            stretch: Vec3::new(stretch(way.x), 1.0, stretch(way.z)),
            from: level(shoulder),
            to: level(body.fore(shoulder)),
            ..body.clone()
        }
    }

    /// What is held: all of it smaller alike, so that a sword stays straight, and so small that a staff
    /// that stood on the ground stands there still; it goes where the hand goes.
    fn held(&self, part: usize, hand: &Move, change: f32) -> Move {
        let place = self.joints[part].place;
        let to = hand.fore(place);
        let low = self.boxes[part].0.y;
        let hangs = (place.y - low).max(f32::MIN_POSITIVE);
        let fits = ((to.y - low.min(self.ground)) / hangs).max(0.3);
        Move {
            heights: None,
            stretch: Vec3::splat(change.powf(HELD).min(fits)),
            from: place,
            to,
        }
    }
}

/// Where a point is seen from above.
fn level(p: Vec3) -> Vec3 {
    p.with_y(0.0)
}
