//! What a folder holds.

use std::path::Path;

/// The names of all entries, hidden ones too, sorted: nothing must be left beside an output.
pub fn names(folder: &Path) -> Vec<String> {
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        let entry = entry.expect("an entry can be read");
        entry.file_name().to_string_lossy().into_owned()
    };
    let entries = folder.read_dir().expect("the test's folder is there");
    let mut names: Vec<String> = entries.map(name).collect();
    names.sort();
    names
}
