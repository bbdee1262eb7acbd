//! The figurine's colours: those of the photos where they show a part, else those of its field.

use anyhow::{Context, Result};
use rayon::prelude::*;

use crate::figure::print;
use crate::geometry::{Field, Figurine, Part};
use crate::registration::{Coat, Painter, PhotoPainted};
use crate::surface::refine;

/// Photos that are laid on a figurine, and the parts of which they say nothing.
pub(super) struct PhotoColours {
    pub(super) painter: Option<Painter>,
    /// By name: what words changed, and a plinth.
    pub(super) unseen: Vec<String>,
}

impl PhotoColours {
    /// What paints a part, if photos show it.
    fn of(&self, name: &str) -> Option<&Painter> {
        let seen = self.unseen.iter().all(|unseen| unseen != name);
        self.painter.as_ref().filter(|_| seen)
    }

    /// About so many triangles, more of them where the colours of field and photo change.
    pub(super) fn simplify(
        &self,
        figurine: &mut Figurine,
        fields: &print::Fields<'_>,
        faces: usize,
    ) -> Result<()> {
        let painted: Vec<(String, PhotoPainted<'_>)> = (fields.iter())
            .map(|(name, field)| (name.clone(), PhotoPainted::new(name, field, self.of(name))))
            .collect();
        let fields: Vec<(String, &dyn Field)> = (painted.iter())
            .map(|(name, field)| (name.clone(), field as &dyn Field))
            .collect();
        refine::finish(figurine, &fields, faces)
    }

    /// Colours the vertices of all parts, and gives what colours the points between them.
    pub(super) fn coat<'a>(
        &'a self,
        figurine: &mut Figurine,
        fields: &'a print::Fields<'_>,
    ) -> Result<Vec<Coat<'a>>> {
        let coat = |Part { name, mesh }: &mut Part| {
            let field = fields.iter().find(|field| field.0 == *name);
            let (_, field) = field.with_context(|| format!("the part `{name}` has no field"))?;
            match self.of(name) {
                Some(painter) => painter.paint(name, mesh, field),
                None => Ok(Coat::plain(field)),
            }
        };
        figurine.parts.par_iter_mut().map(coat).collect()
    }
}
