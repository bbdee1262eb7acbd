//! What a figurine is made from.

use crate::figure::print::Outline;
use crate::model::Prompt;
use crate::photo::cutout::Cutout;
use crate::slots::Side;

/// What a figurine is made from: a photo, words, or both.
#[derive(Clone, Debug, Default)]
pub struct Subject {
    /// Cut out of its photo from the front, or nearly.
    pub front: Option<Cutout>,
    /// Whether there is a photo; its cut-out need not be here where what was made of it is kept.
    pub photographed: bool,
    /// The same from other sides.
    pub views: Vec<(Side, Cutout)>,
    /// Others that stand on its right, as one sees them, on the same plinth.
    pub beside: Vec<Cutout>,
    /// What it is, or how it differs from the photo.
    pub prompt: Option<Prompt>,
    /// The base that the words describe by its outline.
    pub base: Option<SaidBase>,
}

/// A base of a certain outline, as words have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SaidBase {
    pub outline: Outline,
    /// Whether that is all that they say of it: then it keeps the colours that it has in the photo.
    pub alone: bool,
}

impl Subject {
    /// Whether words ask for somebody else than the photo shows: that one stands like its figure and has its
    /// colours, and is not to be compared with it.
    pub(super) fn becomes(&self) -> bool {
        self.of_photo() && self.prompt.as_ref().is_some_and(|prompt| prompt.becomes)
    }

    /// Whether the photo shows what is made, so that both can be compared.
    pub(super) fn shown(&self) -> bool {
        self.of_photo() && !self.becomes()
    }

    fn of_photo(&self) -> bool {
        self.front.is_some() || self.photographed
    }
}

impl From<Cutout> for Subject {
    fn from(front: Cutout) -> Self {
        Self {
            front: Some(front),
            ..Self::default()
        }
    }
}
