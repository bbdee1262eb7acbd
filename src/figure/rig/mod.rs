//! A skeleton, and which bones each vertex follows: by construction, for the parts and their joints are known.
//!
//! A figure of torso, head, arms and two legs gets the bones of a person; one without arms that stands on three or four
//! legs those of an animal; any other with a torso the bones of what it has; and what has none a chain of three. Limbs are
//! measured by how far a vertex lies along their surface from where they are joined: the middles of the rings at one
//! way are their middle line, and where that bends is the elbow. Every vertex follows the bones of its part, and near
//! the seam with the part that it hangs on also that part's; at the seam itself both have the same weights, so that
//! nothing tears. Where parts only lie against each other, as a hand on a hip, they come apart, and each is closed.
//!
//! Names are those of Unity's, Godot's and VRM's humanoids (`LeftUpperArm`, VRM's `leftUpperArm`); left and right are
//! the figure's own.

use glam::Vec3;

use crate::geometry::Figurine;
use crate::surface::simplify::points;

pub use halves::halve_legs;
pub use pose::{Pose, Posed};

mod halves;
mod limb;
mod net;
mod pose;
mod skeleton;
mod strays;
mod trunk;
mod weights;

/// The bones that whoever moves people by program counts on, as VRM 1.0 does.
const HUMAN: [&str; 15] = [
    "Hips",
    "Spine",
    "Head",
    "LeftUpperArm",
    "LeftLowerArm",
    "LeftHand",
    "RightUpperArm",
    "RightLowerArm",
    "RightHand",
    "LeftUpperLeg",
    "LeftLowerLeg",
    "LeftFoot",
    "RightUpperLeg",
    "RightLowerLeg",
    "RightFoot",
];
/// Those that VRM knows besides, of those that there are here.
const HUMAN_TOO: [&str; 4] = ["Chest", "Neck", "LeftToes", "RightToes"];

/// A skeleton and what follows it, of one very figurine.
#[derive(Clone, Debug, PartialEq)]
pub struct Rig {
    /// Parents come before their children; the first is the root, on the ground.
    pub bones: Vec<Bone>,
    /// By part and vertex.
    pub skins: Vec<Vec<Influences>>,
}

/// A bone, in the model frame; it turns about its place, and its axes are the figure's.
#[derive(Clone, Debug, PartialEq)]
pub struct Bone {
    pub name: String,
    /// By its place among the bones.
    pub parent: Option<usize>,
    pub place: Vec3,
    /// Where it ends.
    pub tip: Vec3,
}

/// What a vertex follows: bones by their places, and shares that sum to 1; those of share 0 do not count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Influences {
    pub bones: [u8; 4],
    pub shares: [f32; 4],
}

impl Rig {
    /// Of a whole figurine whose parts share their borders.
    pub fn of(figurine: &Figurine) -> Self {
        let points = points(figurine);
        let skeleton = skeleton::of(figurine, &points);
        let skins = weights::sewn(figurine, &points, skeleton.own, &skeleton.seams);
        Self {
            bones: skeleton.bones,
            skins,
        }
    }

    /// The bone of that name, by its place.
    pub fn bone(&self, name: &str) -> Option<usize> {
        self.bones.iter().position(|bone| bone.name == name)
    }
}

/// The bones that a skeleton lacks to be a person's; none where it is one.
pub fn lacks(bones: &[Bone]) -> Vec<&'static str> {
    let lacks = |name: &&str| bones.iter().all(|bone| bone.name != *name);
    HUMAN.into_iter().filter(lacks).collect()
}

/// The bones of a person that a skeleton has, by the names that VRM gives them.
pub fn human(bones: &[Bone]) -> impl Iterator<Item = (String, usize)> + '_ {
    let known = HUMAN.into_iter().chain(HUMAN_TOO);
    known.filter_map(|name| {
        let small = name[..1].to_ascii_lowercase() + &name[1..];
        let bone = bones.iter().position(|bone| bone.name == name)?;
        Some((small, bone))
    })
}
