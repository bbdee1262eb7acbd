//! The flags of the main job for who moves the figurine.

use clap::{Args, ValueEnum};

use super::values::author;
use crate::figure::rig::Pose;

/// How the figurine can be moved.
#[derive(Clone, Debug, Args)]
pub struct Rig {
    /// Whether a .glb or .gltf has a skeleton [default: on]
    ///
    /// Its bones are called as those of Unity, Godot and VRM, all parts follow them, and where parts are grown together nothing
    /// tears. off: a node a part instead, each below the one that it goes with. Parts in files of their own, pushed apart, left
    /// out, with pegs or as one mesh have none.
    #[arg(long, value_enum)]
    pub rig: Option<Switch>,

    /// How it holds itself [default: photo, in a .vrm t]
    ///
    /// a and t straighten the arms, of figures that have two of them; legs stand as they stand. Arms that lie against the body
    /// in the photo come off as well as they can: look at it, as with --preview. In any format.
    #[arg(long, value_enum)]
    pub pose: Option<Pose>,

    /// Two parts, leg_left and leg_right, instead of legs
    ///
    /// Each is closed. Legs that no clean cut parts stay in one piece, and that is told.
    #[arg(long)]
    pub split_legs: bool,

    /// Who made it, as a .vrm tells
    ///
    /// Nobody else may use, change or hand on a .vrm by what is said in it: its author may say more there.
    #[arg(long, value_name = "NAME", value_parser = author)]
    pub author: Option<String>,
}

/// See [`Rig::rig`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    Off,
    On,
}
