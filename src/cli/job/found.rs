//! Which files of a folder are photos: by their bytes, for names end as they like.

use std::io::Read;
use std::path::Path;

use crate::base::file;
use crate::base::text::shown;
use crate::export;
use crate::photo::kind::{self, Kind};

/// What to do with an entry of a folder.
pub(super) enum Take {
    /// It is a photo, or its name says so: who cannot read it tells why.
    Photo,
    /// Something else.
    Not,
    /// A link to a folder, which is not followed.
    Folder,
}

/// Looks at what is no folder itself.
pub(super) fn take(path: &Path) -> Take {
    let ending = export::ending(path);
    let named = kind::ENDINGS.contains(&&*ending);
    if path.is_dir() {
        return Take::Folder;
    }
    let special = path.metadata().is_ok_and(|data| !data.is_file());
    let photo = match head(path) {
        _ if special || export::is_texture(path) => false,
        Some(head) => named || Kind::of(&head, &ending) != Kind::Other,
        None => named,
    };
    if photo { Take::Photo } else { Take::Not }
}

/// A file's first bytes, if it can be read.
fn head(path: &Path) -> Option<Vec<u8>> {
    let mut head = Vec::new();
    let file = file::open(path).ok()?;
    file.take(kind::HEAD).read_to_end(&mut head).ok()?;
    Some(head)
}

/// What of folders was not taken.
#[derive(Default)]
pub(super) struct Left {
    names: Vec<String>,
    count: usize,
}

impl Left {
    /// So many are told by name.
    const TOLD: usize = 4;

    pub(super) fn add(&mut self, path: &Path) {
        self.count += 1;
        if self.names.len() < Self::TOLD {
            let name = path.file_name().unwrap_or_default();
            self.names.push(shown(Path::new(name)));
        }
    }

    /// One line about all of them, if there are any.
    pub(super) fn note(&self) -> Option<String> {
        let more = match self.count - self.names.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let names = self.names.join(", ");
        match self.count {
            0 => None,
            1 => Some(format!("left out, for it is no picture: {names}")),
            count => Some(format!(
                "{count} files are left out, for they are no pictures: {names}{more}"
            )),
        }
    }
}
