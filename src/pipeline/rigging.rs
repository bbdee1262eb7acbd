//! A finished figurine gets a skeleton, and another pose or two legs where that is wanted.

use std::sync::Arc;

use anyhow::{Context, Result};

use super::job::Job;
use crate::base::progress::{Event, Stage, Watch};
use crate::figure::rig::{Pose, Rig, halve_legs};
use crate::geometry::Figurine;

/// Poses a figurine and halves its legs as the job wants it; gives its skeleton if that is to be written.
///
/// # Errors
/// It has not the two arms that another pose moves.
pub(super) fn apply(
    job: &Job,
    figurine: &mut Figurine,
    watch: &Watch<'_>,
) -> Result<Option<Arc<Rig>>> {
    let needed = job.rig || job.pose != Pose::Photo;
    if !needed && !job.split_legs {
        return Ok(None);
    }
    watch.stage(Stage::Rig, 0, || {
        let mut rig = needed.then(|| Rig::of(figurine));
        if let Some(rig) = rig.as_mut().filter(|_| job.pose != Pose::Photo) {
            pose(rig, job.pose, figurine, watch)?;
        }
        if job.split_legs
            && let Err(why) = halve_legs(figurine, rig.as_mut())
        {
            watch.tell(Event::Note(format!("the legs stay in one piece: {why:#}")));
        }
        Ok(rig.filter(|_| job.rig).map(Arc::new))
    })
}

fn pose(rig: &mut Rig, pose: Pose, figurine: &mut Figurine, watch: &Watch<'_>) -> Result<()> {
    let posed = rig.posed(figurine, pose).context(
        "its pose cannot be changed: only figures do that of which two arms are seen, as parts of their own; leave out \
         --pose, and for an avatar (.vrm), which has a T-pose, write a .glb",
    )?;
    if !posed.strained.is_empty() {
        watch.tell(Event::Note(format!(
            "its new pose pulls {} out of shape: what lies against the body, or is grown together with it, does not come \
             off well; look at a --preview",
            posed.strained.join(", ")
        )));
    }
    (*figurine, *rig) = (posed.figurine, posed.rig);
    Ok(())
}
