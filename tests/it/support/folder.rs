//! What a folder holds.

use std::collections::BTreeMap;
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

/// All files, in folders within it too, by their path from there.
pub fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    for name in names(folder) {
        let path = folder.join(&name);
        if path.is_dir() {
            let inside = contents(&path).into_iter();
            all.extend(inside.map(|(inner, bytes)| (format!("{name}/{inner}"), bytes)));
        } else {
            all.insert(
                name,
                std::fs::read(path).expect("a test's file can be read"),
            );
        }
    }
    all
}
