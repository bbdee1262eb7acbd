//! From parts to bones.

use std::collections::HashSet;

use glam::Vec3;

use super::Bone;
use super::limb::{Leg, arm, hanging_chain, legs};
use super::strays;
use super::trunk::Trunk;
use super::weights::{Cut, Seam, Weights, add, all, banded, hand_over};
use crate::figure::joints::{Joint, joints};
use crate::geometry::{Figurine, Mesh, extent};
use crate::slots::Slot;

/// Where nothing tells how high hips are: at this share of the way from the ground to the neck.
const HIPS: f32 = 0.4;
/// How far above the crotch a leg turns, in heights of the crotch.
const ABOVE_CROTCH: f32 = 0.12;
/// A torso is one if the way from the hips to the neck is so much of the figure's size.
const LEAST_TORSO: f32 = 0.05;
/// Over what of the shortest bone beside it a joint is felt at most, on either side.
const SOFT: f32 = 0.45;
/// What is held is in a hand if this share of its border is.
const HELD: f32 = 0.2;
/// Bones of what is worn on the back.
const BACK: usize = 3;

/// The bones, what each part's vertices follow by themselves, and where parts are grown together.
pub(super) struct Skeleton {
    pub bones: Vec<Bone>,
    pub own: Vec<Vec<Weights>>,
    pub seams: Vec<Seam>,
}

pub(super) fn of(figurine: &Figurine, points: &[Vec<u32>]) -> Skeleton {
    let mut builder = Builder::new(figurine, points);
    match builder
        .find(Slot::Torso)
        .and_then(|torso| builder.frame(torso))
    {
        Some(frame) => builder.figure(&frame),
        None => builder.body(),
    }
    let Builder {
        bones,
        mut own,
        mut seams,
        joints,
        ..
    } = builder;
    let strays = strays::settle(figurine, points, &joints, &mut own);
    seams
        .iter_mut()
        .for_each(|seam| seam.leave_out(points, &strays));
    Skeleton { bones, own, seams }
}

/// What bones are measured from.
struct Frame {
    torso: usize,
    legs: Option<(usize, Vec<Leg>, f32)>,
    hips: Vec3,
    neck: Vec3,
    /// From the hips to the neck: up, or in an animal ahead.
    axis: Vec3,
}

impl Frame {
    fn is_animal(&self) -> bool {
        self.legs
            .as_ref()
            .is_some_and(|(_, legs, _)| legs.len() > 2)
    }
}

struct Builder<'a> {
    figurine: &'a Figurine,
    points: &'a [Vec<u32>],
    joints: Vec<Joint>,
    bones: Vec<Bone>,
    own: Vec<Vec<Weights>>,
    seams: Vec<Seam>,
}

impl<'a> Builder<'a> {
    /// With the root alone, which everything follows.
    fn new(figurine: &'a Figurine, points: &'a [Vec<u32>]) -> Self {
        let meshes = figurine.parts.iter();
        let (low, high) = extent(meshes.flat_map(|part| part.mesh.positions.iter().copied()));
        let place = ((low + high) / 2.0).with_y(low.y);
        let root = Bone {
            name: "Root".into(),
            parent: None,
            place,
            tip: place + Vec3::Y * 0.1 * (high.y - low.y),
        };
        let own = figurine
            .parts
            .iter()
            .map(|part| vec![all(0); part.mesh.positions.len()]);
        Self {
            figurine,
            points,
            joints: joints(figurine),
            bones: vec![root],
            own: own.collect(),
            seams: Vec::new(),
        }
    }

    fn find(&self, slot: Slot) -> Option<usize> {
        self.figurine
            .parts
            .iter()
            .position(|part| slot.is(&part.name))
    }

    fn mesh(&self, part: usize) -> &'a Mesh {
        &self.figurine.parts[part].mesh
    }

    /// A row of bones, each the child of the one before, through these places; gives their numbers.
    fn row(&mut self, names: &[String], parent: usize, places: &[Vec3]) -> Vec<usize> {
        let mut above = parent;
        let ends = places.windows(2).zip(names);
        let row = ends.map(|(ends, name)| {
            self.bones.push(Bone {
                name: name.clone(),
                parent: Some(above),
                place: ends[0],
                tip: ends[1],
            });
            above = self.bones.len() - 1;
            above
        });
        row.collect()
    }

    /// Three bones for all but the base, and letters on it.
    fn body(&mut self) {
        let is_body = |part: &&crate::geometry::Part| {
            !matches!(Slot::of(&part.name), Some(Slot::Base | Slot::Name))
        };
        let trunk = Trunk::of_body(
            self.figurine
                .parts
                .iter()
                .filter(is_body)
                .map(|part| &part.mesh),
        );
        if !trunk.places.iter().all(|p| p.is_finite()) {
            return; // a base alone
        }
        let bones = self.row(
            &["Body1", "Body2", "Body3"].map(String::from),
            0,
            &trunk.places,
        );
        for (part, own) in self.figurine.parts.iter().zip(&mut self.own) {
            if is_body(&part) {
                *own = trunk.weights(&part.mesh, &bones);
            }
        }
    }

    /// What bones of a figure with a torso are measured from; nothing where the torso has no height.
    fn frame(&self, torso: usize) -> Option<Frame> {
        let (low, high) = extent(self.mesh(torso).positions.iter().copied());
        let on_torso = |slot| {
            let part = self.find(slot)?;
            Some((part, self.joints[part].place))
        };
        let neck =
            on_torso(Slot::Head).map_or(((low + high) / 2.0).with_y(high.y), |(_, place)| place);
        let arms = [Slot::ArmLeft, Slot::ArmRight]
            .into_iter()
            .all(|slot| self.find(slot).is_some());
        let waist =
            on_torso(Slot::Legs).map_or(((low + high) / 2.0).with_y(low.y), |(_, place)| place);
        let ground = on_torso(Slot::Legs).map_or(low.y, |(part, _)| {
            extent(self.mesh(part).positions.iter().copied()).0.y
        });
        let hip = |crotch: Option<f32>| match crotch {
            Some(crotch) => waist
                .y
                .min(crotch + ABOVE_CROTCH * (crotch - ground))
                .max(crotch),
            None => waist.y.max(ground + HIPS * (neck.y - ground)),
        };
        let legs = on_torso(Slot::Legs).map(|(part, _)| {
            let (legs, thick) = legs(self.mesh(part), !arms, hip);
            (part, legs, thick)
        });
        let tops = || {
            legs.iter()
                .flat_map(|(_, legs, _)| legs)
                .map(|leg| leg.places[0])
        };
        let mean = |points: &[Vec3]| points.iter().sum::<Vec3>() / points.len().max(1) as f32;
        let mut along: Vec<Vec3> = tops().collect();
        along.sort_by(|p, q| p.z.total_cmp(&q.z));
        let mut frame = match along.len() {
            0..=2 => {
                let height = if along.is_empty() {
                    hip(None)
                } else {
                    mean(&along).y
                };
                let hips = ((low + high) / 2.0).with_y(height);
                Frame {
                    torso,
                    legs,
                    hips: hips.with_x(waist.x).with_z(waist.z),
                    neck,
                    axis: Vec3::Y,
                }
            }
            _ => {
                let hips = mean(&along[..along.len() - 2]).with_y((low.y + high.y) / 2.0);
                Frame {
                    torso,
                    legs,
                    hips,
                    neck,
                    axis: Vec3::Z,
                }
            }
        };
        if frame.is_animal() {
            let level = frame.hips.y;
            frame.neck = frame
                .neck
                .with_z(frame.neck.z.max(mean(&along[along.len() - 2..]).z));
            frame.hips = frame.hips.with_y(level);
        }
        let size = (high - low).max_element();
        ((frame.neck - frame.hips).dot(frame.axis) > LEAST_TORSO * size).then_some(frame)
    }

    /// The bones of a figure with a torso.
    fn figure(&mut self, frame: &Frame) {
        let trunk = Trunk::of_torso(self.mesh(frame.torso), frame.hips, frame.neck, frame.axis);
        let names = ["Hips", "Spine", "Chest", "Neck"].map(String::from);
        let bones = self.row(&names, 0, &trunk.places);
        self.own[frame.torso] = trunk.weights(self.mesh(frame.torso), &bones);
        let (hips, chest, neck) = (bones[0], bones[2], bones[3]);
        let head = self.find(Slot::Head).map(|head| {
            let (low, high) = extent(self.mesh(head).positions.iter().copied());
            let top = ((low + high) / 2.0).with_y(high.y);
            self.row(&["Head".into()], neck, &[frame.neck, top])[0]
        });
        self.legs(frame, hips, chest);
        // Those that others hang on come before them.
        let order = [
            Slot::Head,
            Slot::Hair,
            Slot::ArmLeft,
            Slot::ArmRight,
            Slot::ItemLeft,
            Slot::ItemRight,
            Slot::Back,
        ];
        for slot in order {
            let Some(part) = self.find(slot) else {
                continue;
            };
            match slot {
                Slot::Head | Slot::Hair => {
                    self.own[part].fill(all(head.unwrap_or(neck)));
                    self.sew(part, None);
                }
                Slot::ArmLeft => self.arm(part, "Left", chest),
                Slot::ArmRight => self.arm(part, "Right", chest),
                Slot::ItemLeft => self.item(part, "LeftItem", chest),
                Slot::ItemRight => self.item(part, "RightItem", chest),
                _ if frame.is_animal() => self.back(part, "Tail", hips),
                _ => self.back(part, "Back", chest),
            }
        }
        for (part, own) in self.figurine.parts.iter().zip(&mut self.own) {
            if Slot::of(&part.name).is_none() {
                own.fill(all(hips)); // nobody knows what it is, but it goes with the figure
            }
        }
    }

    /// Sews a part to the one that it hangs on: where all of their border is, or at some vertices alone.
    fn sew(&mut self, part: usize, root: Option<&[u32]>) {
        if let Some(on) = self.joints[part].on {
            let root = root.map(|root| root.iter().copied().collect::<HashSet<u32>>());
            self.seams
                .push(Seam::between(part, on, self.points, root.as_ref()));
        }
    }

    /// What a part shares with the one that it hangs on, and where that is.
    fn border(&self, part: usize) -> (Vec<u32>, Vec3) {
        let joint = self.joints[part];
        let seam = joint
            .on
            .map(|on| Seam::between(part, on, self.points, None).of_child);
        (seam.unwrap_or_default(), joint.place)
    }

    fn arm(&mut self, part: usize, side: &str, chest: usize) {
        let (border, near) = self.border(part);
        let limb = arm(self.mesh(part), &border, near);
        let names = ["UpperArm", "LowerArm", "Hand"].map(|name| format!("{side}{name}"));
        let bones = self.row(&names, chest, &limb.places);
        let cuts = soft(&limb.cuts, limb.thick);
        let weights = limb.along.iter().map(|&way| banded(&bones, &cuts, way));
        self.own[part] = weights.collect();
        self.sew(part, Some(&limb.root));
    }

    /// What is held goes with the outermost bone of the arm that much of its border follows.
    fn item(&mut self, part: usize, name: &str, chest: usize) {
        let mut follows = Weights::new();
        if let Some(on) = self.joints[part].on {
            let seam = Seam::between(part, on, self.points, None);
            let border = seam.of_parent.iter().map(|&v| &self.own[on][v as usize]);
            border.for_each(|weights| add(&mut follows, weights, 1.0));
            if seam.of_parent.is_empty() {
                let near = nearest(self.mesh(on), self.joints[part].place);
                follows = self.own[on][near].clone();
            }
        }
        // A grip may reach from the hand over the wrist: of a limb's bones the last comes last.
        let sum: f32 = follows.iter().map(|(_, share)| share).sum();
        let much = follows.iter().filter(|(_, share)| *share > HELD * sum);
        let bone = much.map(|&(bone, _)| bone as usize).max();
        let bone = bone.unwrap_or(chest);
        let place = self.joints[part].place;
        let (low, high) = extent(self.mesh(part).positions.iter().copied());
        let bone = self.row(&[name.into()], bone, &[place, (low + high) / 2.0])[0];
        self.own[part].fill(all(bone));
        self.sew(part, None);
    }

    fn back(&mut self, part: usize, name: &str, on: usize) {
        let (border, near) = self.border(part);
        let limb = hanging_chain(self.mesh(part), &border, near, BACK);
        let names: Vec<String> = (1..=BACK).map(|i| format!("{name}{i}")).collect();
        let bones = self.row(&names, on, &limb.places);
        let cuts = soft(&limb.cuts, f32::INFINITY);
        let weights = limb.along.iter().map(|&way| banded(&bones, &cuts, way));
        self.own[part] = weights.collect();
        self.sew(part, Some(&limb.root));
    }

    fn legs(&mut self, frame: &Frame, hips: usize, chest: usize) {
        let Some((part, legs, thick)) = &frame.legs else {
            return;
        };
        let mut rows = Vec::new();
        for (leg, name) in legs.iter().zip(leg_names(legs)) {
            let on = if name.ends_with("Front") { chest } else { hips };
            let mut places = leg.places.to_vec();
            places.splice(3..3, leg.toes.iter().map(|toes| toes.ball));
            let names =
                ["UpperLeg", "LowerLeg", "Foot", "Toes"].map(|bone| format!("{name}{bone}"));
            let mut row = self.row(&names, on, &places);
            let toes = (leg.toes.as_ref()).zip(row.split_off(3).pop());
            row.reverse();
            row.push(on);
            rows.push((row, soft(&leg.cuts, *thick), toes));
        }
        let least = |v: usize| {
            legs.iter()
                .map(|leg| leg.up[v])
                .fold(f32::INFINITY, f32::min)
        };
        let mesh = self.mesh(*part);
        let weights = |v: usize| {
            let (mut sum, mut mixed) = (0.0, Weights::new());
            for (leg, (row, cuts, toes)) in legs.iter().zip(&rows) {
                let share = (1.0 - (leg.up[v] - least(v)) / thick).max(0.0);
                if share > 0.0 {
                    let mut follows = banded(row, cuts, leg.up[v]);
                    if let Some((toes, bone)) = toes {
                        let bent = toes.share(mesh.positions[v]);
                        hand_over(&mut follows, row[0], *bone, bent);
                    }
                    add(&mut mixed, &follows, share);
                    sum += share;
                }
            }
            mixed.iter_mut().for_each(|(_, weight)| *weight /= sum);
            if sum > 0.0 { mixed } else { all(hips) } // a loose piece
        };
        self.own[*part] = (0..self.own[*part].len()).map(weights).collect();
        self.sew(*part, None);
    }
}

/// Which leg each is, by where it is.
fn leg_names(legs: &[Leg]) -> Vec<String> {
    let mut from_the_left: Vec<usize> = (0..legs.len()).collect();
    let foot = |k: usize| legs[k].places[2];
    from_the_left.sort_by(|&a, &b| foot(b).x.total_cmp(&foot(a).x));
    let mut names = vec![String::new(); legs.len()];
    if legs.len() <= 2 {
        for (&k, side) in from_the_left.iter().zip(["Left", "Right"]) {
            names[k] = side.into();
        }
        return names;
    }
    let mut ahead: Vec<usize> = (0..legs.len()).collect();
    ahead.sort_by(|&a, &b| foot(b).z.total_cmp(&foot(a).z));
    let (front, hind) = ahead.split_at(2);
    for (pair, which) in [(front, "Front"), (hind, "Hind")] {
        let mut pair: Vec<usize> = pair.into();
        pair.sort_by(|&a, &b| foot(b).x.total_cmp(&foot(a).x));
        for (&k, side) in pair.iter().zip(["Left", "Right"]) {
            names[k] = format!("{side}{which}");
        }
    }
    names
}

/// Joints as soft as the limb is thick, but no softer than the bones beside them allow.
fn soft(cuts: &[f32], thick: f32) -> Vec<Cut> {
    let cut = |i: usize| {
        let way = cuts[i];
        let before = way - i.checked_sub(1).map_or(0.0, |i| cuts[i]);
        let after = cuts.get(i + 1).map_or(f32::INFINITY, |next| next - way);
        Cut {
            way,
            half: thick.min(SOFT * before.min(after)),
        }
    };
    (0..cuts.len()).map(cut).collect()
}

fn nearest(mesh: &Mesh, to: Vec3) -> usize {
    let far = |v: &usize| mesh.positions[*v].distance_squared(to);
    let all = 0..mesh.positions.len();
    all.min_by(|v, w| far(v).total_cmp(&far(w))).unwrap_or(0)
}
