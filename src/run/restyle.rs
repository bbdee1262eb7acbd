//! Other proportions than those that the model made.

use anyhow::Result;

use super::{Options, assembled};
use crate::mesh::Figurine;
use crate::mesh::parts::AssembleOptions;
use crate::mesh::photo::{Changed, Painter, Photo};
use crate::mesh::style::{Moved, Moves, chibi};
use crate::model::PartField;
use crate::progress::{Event, Stage, Watch};

/// Lattice cells across the model's box: enough to see where parts are joined.
const ROUGH: usize = 64;

/// The figurine as it was, and where its parts go.
pub(super) struct Before {
    figurine: Figurine,
    moves: Moves,
}

/// Looks at the figurine and says where its parts have to go; nothing if they are to stay. `painted` is
/// whether photos are going to be laid on it, for which it has to be as fine as it will be.
pub(super) fn find(
    fields: &[(String, PartField)],
    painted: bool,
    options: &Options,
    watch: &Watch<'_>,
) -> Result<Option<Before>> {
    let usual = AssembleOptions::default();
    let finest = options.resolution.unwrap_or(usual.resolution);
    let assemble = AssembleOptions {
        resolution: if painted { finest } else { ROUGH },
        colours: false,
        ..usual
    };
    let figurine = assembled(Stage::Style, fields, &assemble, watch)?.figurine;
    let Some(moves) = chibi(&figurine) else {
        let note = "--style chibi: there is no head, or it is as large as a toy's already, so nothing changes";
        watch.tell(Event::Note(note.into()));
        return Ok(None);
    };
    Ok(Some(Before { figurine, moves }))
}

/// The fields where their parts go.
pub(super) fn moved(
    fields: Vec<(String, PartField)>,
    before: Option<&Before>,
) -> Vec<(String, Moved<PartField>)> {
    let moved = |(name, field): (String, PartField)| {
        let to = before.and_then(|before| before.moves.of(&name));
        let field = Moved::new(field, to.cloned());
        (name, field)
    };
    fields.into_iter().map(moved).collect()
}

impl Before {
    /// Lays photos, which show the figurine as it was, on what has become of it.
    pub(super) fn painter(&self, photos: Vec<Photo>, changed: &Changed) -> Option<Painter> {
        let painter = Painter::new(photos, &self.figurine, changed)?;
        Some(painter.moved(&self.moves))
    }
}
