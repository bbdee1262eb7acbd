//! Going on where a batch was: what is there already, whether it is what is asked for, and by what it is known.

use std::fmt;
use std::path::Path;

use anyhow::Result;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::batch::Runner;
use super::job::{Item, Job};
use crate::base::progress::Event;
use crate::cache;
use crate::export::{self, There};
use crate::model::DenoiseOptions;
use crate::pipeline::Options;

/// Why a figurine is made again that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Again {
    /// Its files are cut off or empty, or not all are there.
    Incomplete,
    /// It was made with other options or weights, or by another version of this program.
    OtherOptions,
    /// The photo, a view or the mask was changed since.
    NewerPhoto,
}

impl fmt::Display for Again {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Incomplete => "what was there was not whole",
            Self::OtherOptions => {
                "what was there was made with other options or by another version"
            }
            Self::NewerPhoto => "the photo is newer than what was there",
        })
    }
}

/// What is to be done about an item.
pub(super) enum Todo {
    Nothing,
    Make(Option<Again>),
    /// It would be made again for this reason, but may not be replaced.
    Keep(Again),
}

impl Runner<'_, '_> {
    /// Whether an item has to be made, and why if something is there.
    pub(super) fn todo(&self, item: &Item) -> Todo {
        match self.look(item) {
            Todo::Make(Some(again)) if !self.job.export.replace => Todo::Keep(again),
            todo => todo,
        }
    }

    /// The same, as if all may be replaced.
    fn look(&self, item: &Item) -> Todo {
        let job = self.job;
        if !job.skip {
            return Todo::Make(None);
        }
        let textured = job.options.texture.is_some();
        match export::there(&item.output, &self.made_with, job.export.split, textured) {
            There::Nothing => Todo::Make(None),
            There::Incomplete => Todo::Make(Some(Again::Incomplete)),
            There::Other => Todo::Make(Some(Again::OtherOptions)),
            There::Same(made) => {
                let changed = |path: &Path| path.metadata().and_then(|data| data.modified()).ok();
                let views = job.views.iter().map(|(_, path)| path);
                let photos = item.input.iter().chain(&item.beside);
                let newest = (photos.chain(&job.mask).chain(views))
                    .filter_map(|path| changed(path))
                    .max();
                match newest > made {
                    true => Todo::Make(Some(Again::NewerPhoto)),
                    false => Todo::Nothing,
                }
            }
            There::Foreign => {
                self.watch.tell(Event::Note(format!(
                    "{}: left as it is, for gen3d did not make it; --force replaces it",
                    item.output.display()
                )));
                Todo::Nothing
            }
        }
    }
}

/// A hash of all that shapes a job's figurines but their photos: this program's version, the options, the weights (by their
/// [identity](crate::model::Model::identity)), the words. Whoever runs a newer program over an old folder expects what
/// it would make, and a folder of one make; who does not has `--no-clobber`. The hash goes into
/// the figurines' files, so words go into it through Argon2id, as what is kept does: who guesses them pays for each
/// guess. Words that are all that there is are left out.
///
/// # Errors
/// There is no memory for the words.
pub(super) fn made_with(job: &Job, weights: &str, sampling: &DenoiseOptions) -> Result<String> {
    let alone = job.items.iter().all(|item| item.input.is_none());
    let sides: Vec<&str> = job.views.iter().map(|(side, _)| side.name()).collect();
    // What was not said is as if the usual had been said.
    let options = Options {
        seed: 0,
        steps: None,
        solver: None,
        guidance: None,
        prompt_guidance: None,
        tokens: None,
        part_ids: None,
        ..job.options.clone()
    };
    let export = &job.export;
    let files = (
        export.height,
        export.explode,
        export.split,
        export.kit,
        export.up,
        export.unit,
    );
    let parts = [
        format!("{sampling:?}{options:?}{files:?}"),
        format!("{:?}{:?}{:?}", job.solid, job.orient, job.filaments),
        format!(
            "{:?}{:?}{:?}{:?}",
            job.rig, job.pose, job.split_legs, export.author
        ),
        format!("{:?}{:?}", job.cutting, job.mask.is_some()),
        format!("{sides:?}{alone}{:?}", job.prompt.is_some()),
        String::from(if job.printed { "printed" } else { "" }),
    ];
    let mut bytes = hash(env!("CARGO_PKG_VERSION"), weights, &parts.concat());
    if let Some(words) = job.prompt.as_ref().filter(|_| !alone) {
        let salt = bytes;
        cache::slowly(words.as_bytes(), &salt, &mut bytes)?;
    }
    Ok(bytes[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

/// That of a version of this program, some weights and options.
fn hash(version: &str, weights: &str, options: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    for text in ["gen3d made with 2", version, weights, options] {
        hash.update(text);
        hash.update("\0");
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_version_made_is_known_as_of_other_making() {
        let old = hash("0.1.0", "weights", "options");
        assert_ne!(old, hash("0.2.0", "weights", "options"), "a newer one");
        assert_ne!(old, hash("0.1.0", "better", "options"), "other weights");
        assert_ne!(old, hash("0.1.0", "weights", "others"), "other options");
        assert_eq!(old, hash("0.1.0", "weights", "options"), "the same");
    }
}
