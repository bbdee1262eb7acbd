//! Which files a job reads and writes: all that the kernel need leave it.

use std::fs::DirBuilder;
use std::path::{Path, PathBuf};

use crate::base::atomic_file;
use crate::pipeline::job::{Item, Job};
use crate::sandbox::Files;

/// How deep the folders of a published model lie in each other, at most.
const DEPTH: usize = 3;

impl Job {
    /// The files that this job needs. Folders that it is to make are made, as only what is there can be
    /// allowed; who cannot make one is told when it is used.
    pub fn files(&self) -> Files {
        let photos = |item: &Item| {
            item.input
                .iter()
                .chain(&item.beside)
                .cloned()
                .collect::<Vec<_>>()
        };
        let inputs = self.items.iter().flat_map(photos);
        let views = self.views.iter().map(|(_, path)| path.clone());
        let model = self.model.iter().flat_map(|path| weights(path));
        let read = inputs.chain(views).chain(self.mask.clone()).chain(model);
        let folders = || {
            (self.folder.iter())
                .chain(&self.debug_dir)
                .chain(&self.pictures.folder)
        };
        folders().for_each(|path| make(path, false));
        let cache = self.cache.folder();
        if let Some(path) = cache
            .as_ref()
            .filter(|_| self.cache.on && !self.cache.keep.is_zero())
        {
            make(path, true);
        }
        let files = self.items.iter().filter(|_| self.out.is_none());
        let made = files.map(|item| &item.output);
        let beside = made
            .chain(self.pictures.files())
            .chain(&self.save_mask)
            .flat_map(|file| around(file));
        let mut write: Vec<PathBuf> = beside.chain(folders().cloned()).chain(cache).collect();
        write.sort();
        write.dedup();
        Files {
            read: read.collect(),
            write,
        }
    }
}

/// The files behind a model's path: itself, or those in a directory, wherever their links lead.
pub fn weights(path: &Path) -> Vec<PathBuf> {
    let mut found = vec![path.to_path_buf()];
    let mut from = 0;
    for _ in 0..DEPTH {
        let folders = found[from..].iter().map(|path| path.read_dir());
        let inside: Vec<PathBuf> = (folders.flatten().flatten().flatten())
            .map(|entry| entry.path())
            .collect();
        from = found.len();
        found.extend(inside);
    }
    found
}

/// The folder of a file, and that of the file that it links to, there or not.
fn around(file: &Path) -> Vec<PathBuf> {
    let folder = atomic_file::folder(file);
    let linked = || Some(folder.join(file.read_link().ok()?));
    let real = file.canonicalize().ok().or_else(linked);
    let real = real.as_deref().map(atomic_file::folder);
    let folders = [Some(folder), real];
    folders
        .into_iter()
        .flatten()
        .map(Path::to_path_buf)
        .collect()
}

fn make(folder: &Path, private: bool) {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    if private {
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    }
    let _ = (builder.create(folder), private);
}
