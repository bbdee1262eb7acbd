//! From flags to a skeleton and a pose.

use anyhow::{Result, bail};

use crate::cli::flags::{Make, Switch};
use crate::export::Format;
use crate::figure::rig::Pose;
use crate::pipeline::job::Usage;

/// Whether files of this format get a skeleton, and how figurines hold themselves.
pub(super) fn moving(flags: &Make, format: Format) -> Result<(bool, Pose)> {
    let (wanted, vrm) = (flags.moving.rig, format == Format::Vrm);
    let alone = [
        ("--solid", flags.solid),
        ("--split", flags.split),
        ("--only", !flags.only.is_empty()),
        ("--explode", flags.print.explode > 0.0),
        ("--pegs", flags.print.pegs),
        ("--together", flags.besides.together),
    ];
    let alone = (alone.into_iter().find(|(_, given)| *given)).map(|(flag, _)| flag);
    if flags.moving.author.is_some() && !vrm {
        bail!(Usage("--author: only a .vrm tells who made it".into()));
    }
    if vrm && wanted == Some(Switch::Off) {
        bail!(Usage("--rig off: a .vrm is there for its skeleton".into()));
    }
    if wanted == Some(Switch::On) && !format.has_skeleton() {
        bail!(Usage(format!(
            "--rig on: .{} has no skeletons; .glb, .gltf and .vrm have",
            format.ending()
        )));
    }
    if let Some(flag) = alone.filter(|_| vrm || wanted == Some(Switch::On)) {
        bail!(Usage(format!(
            "{flag}: only a whole figure of parts that are grown together has a skeleton"
        )));
    }
    let pose = flags
        .moving
        .pose
        .unwrap_or(if vrm { Pose::T } else { Pose::Photo });
    if vrm && pose != Pose::T {
        bail!(Usage(
            "--pose: the figure of a .vrm stands in a T-pose".into()
        ));
    }
    if pose != Pose::Photo && !flags.only.is_empty() {
        bail!(Usage(
            "--pose: only a whole figure takes another pose; leave out --only".into()
        ));
    }
    let usual = format.has_skeleton() && alone.is_none();
    Ok((wanted.map_or(usual, |wanted| wanted == Switch::On), pose))
}
