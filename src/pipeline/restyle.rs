//! Other proportions than those that the model made.

use anyhow::Result;

use super::Options;
use super::surfaces::assembled;
use crate::base::progress::{Event, Stage, Watch};
use crate::figure::proportions::{Moved, Moves, chibi};
use crate::geometry::{Field, Figurine};
use crate::registration::{Changed, Painter, Photo};
use crate::surface::assemble::AssembleOptions;

/// Cells across the model's box: enough to see where parts are joined.
const ROUGH: usize = 64;

/// The figurine as it was, and where its parts go.
pub(super) struct Before {
    figurine: Figurine,
    moves: Moves,
}

/// Looks at the figurine and says where its parts have to go; nothing if they are to stay. `painted` is
/// whether photos are going to be laid on it, for which it has to be as fine as it will be.
pub(super) fn find<F: Field>(
    fields: &[(String, F)],
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
pub(super) fn moved<F: Field>(
    fields: Vec<(String, F)>,
    before: Option<&Before>,
) -> Vec<(String, Moved<F>)> {
    let moved = |(name, field): (String, F)| {
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
