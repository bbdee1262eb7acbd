//! Another pose: bones turn, and what follows them goes along.

use clap::ValueEnum;
use glam::{Affine3A, Quat, Vec3};

use super::{Influences, Rig};
use crate::geometry::{Figurine, Mesh, normals};

/// How a figurine holds itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Pose {
    /// As in the photo
    #[default]
    Photo,
    /// Arms half way down, straight, as riggers like it
    A,
    /// Arms straight out
    T,
}

/// Edges that get longer by this factor are pulled out of shape.
const PULLED: f32 = 1.5;
/// A part is pulled out of shape if more than this share of its surface is.
const TORN: f32 = 0.06;
/// A part is pulled out of shape, too, if its volume changes by more than this share of what it was.
const SWOLLEN: f32 = 0.15;

/// A figurine in another pose, with its skeleton.
#[derive(Clone, Debug)]
pub struct Posed {
    pub figurine: Figurine,
    pub rig: Rig,
    /// Names of the parts that are pulled out of shape by it.
    pub strained: Vec<String>,
}

impl Rig {
    /// The figurine, of which this is the rig, in a pose, which moves the arms alone: legs stand as they stand in the
    /// photo. Nothing where it has not both arms.
    pub fn posed(&self, figurine: &Figurine, pose: Pose) -> Option<Posed> {
        let mut turns = vec![None; self.bones.len()];
        let down = match pose {
            Pose::Photo => return Some(self.turned(figurine, &turns)),
            Pose::A => 45f32.to_radians(),
            Pose::T => 0.0,
        };
        for (side, out) in [("Left", 1.0), ("Right", -1.0)] {
            let to = Vec3::new(out * down.cos(), -down.sin(), 0.0);
            for name in ["UpperArm", "LowerArm", "Hand"] {
                let bone = self.bone(&format!("{side}{name}"))?;
                turns[bone] = Some(Quat::from_rotation_arc(self.along(bone), to));
            }
        }
        Some(self.turned(figurine, &turns))
    }

    /// A bone's direction.
    fn along(&self, bone: usize) -> Vec3 {
        (self.bones[bone].tip - self.bones[bone].place).normalize_or(Vec3::NEG_Y)
    }

    /// The figurine, of which this is the rig, with its bones turned: in the figure's axes, or with its parent where
    /// nothing is said.
    pub fn turned(&self, figurine: &Figurine, turns: &[Option<Quat>]) -> Posed {
        if turns.iter().all(Option::is_none) {
            return Posed {
                figurine: figurine.clone(),
                rig: self.clone(),
                strained: Vec::new(),
            };
        }
        let mut moves: Vec<(Quat, Affine3A)> = Vec::with_capacity(self.bones.len());
        for (bone, turn) in self.bones.iter().zip(turns) {
            let (above, place) = match bone.parent {
                Some(parent) => (
                    moves[parent].0,
                    moves[parent].1.transform_point3(bone.place),
                ),
                None => (Quat::IDENTITY, bone.place),
            };
            let turn = turn.unwrap_or(above);
            let to = Affine3A::from_rotation_translation(turn, place - turn * bone.place);
            moves.push((turn, to));
        }
        let moves: Vec<Affine3A> = moves.into_iter().map(|(_, to)| to).collect();
        let mut out = figurine.clone();
        for (part, skin) in out.parts.iter_mut().zip(&self.skins) {
            for (p, influences) in part.mesh.positions.iter_mut().zip(skin) {
                *p = influences.moved(&moves, *p);
            }
            normals::smooth(&mut part.mesh);
        }
        let mut rig = self.clone();
        for (bone, to) in rig.bones.iter_mut().zip(&moves) {
            (bone.place, bone.tip) = (
                to.transform_point3(bone.place),
                to.transform_point3(bone.tip),
            );
        }
        let pairs = figurine.parts.iter().zip(&out.parts);
        let strained = pairs
            .filter(|(before, after)| is_strained(&before.mesh, &after.mesh))
            .map(|(part, _)| part.name.clone())
            .collect();
        Posed {
            figurine: out,
            rig,
            strained,
        }
    }
}

impl Influences {
    /// Where a point goes that follows these bones.
    fn moved(&self, moves: &[Affine3A], p: Vec3) -> Vec3 {
        let pairs = self
            .bones
            .iter()
            .zip(self.shares)
            .filter(|(_, share)| *share > 0.0);
        pairs
            .map(|(&bone, share)| moves[bone as usize].transform_point3(p) * share)
            .sum()
    }
}

fn volume(mesh: &Mesh) -> f32 {
    let corners = |t: &[u32; 3]| t.map(|v| mesh.positions[v as usize]);
    mesh.triangles
        .iter()
        .map(corners)
        .map(|[a, b, c]| a.dot(b.cross(c)) / 6.0)
        .sum()
}

/// Whether a mesh is pulled out of shape.
fn is_strained(before: &Mesh, after: &Mesh) -> bool {
    let (mut all, mut pulled) = (0.0, 0.0);
    for t in &before.triangles {
        let ([a, b, c], moved) = (
            t.map(|v| before.positions[v as usize]),
            t.map(|v| after.positions[v as usize]),
        );
        let area = (b - a).cross(c - a).length();
        let longer =
            |i: usize, j: usize, length: f32| moved[i].distance(moved[j]) > PULLED * length;
        all += area;
        if longer(0, 1, a.distance(b)) || longer(1, 2, b.distance(c)) || longer(2, 0, c.distance(a))
        {
            pulled += area;
        }
    }
    let (was, is) = (volume(before), volume(after));
    pulled > TORN * all || (is - was).abs() > SWOLLEN * was
}
