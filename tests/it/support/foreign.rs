//! Files as other programs write them, and what `gen3d inspect` finds in them.

use std::path::{Path, PathBuf};

use gen3d::inspect::{Inspection, Options, inspect};

pub type Triangle = [[f32; 3]; 3];

pub const OPTIONS: Options = Options {
    height: None,
    unit: None,
    wall: 0.4,
};

/// The sides of a box seen from outside, by [`corners`].
pub const SIDES: [[usize; 4]; 6] = [
    [0, 2, 3, 1],
    [4, 5, 7, 6],
    [0, 1, 5, 4],
    [2, 6, 7, 3],
    [0, 4, 6, 2],
    [1, 3, 7, 5],
];

/// The corners of a box: bit 0 of a corner's number says whether it is at the high x, bit 1 y, bit 2 z.
pub fn corners(low: [f32; 3], high: [f32; 3]) -> [[f32; 3]; 8] {
    std::array::from_fn(|i| [0, 1, 2].map(|a| if i >> a & 1 == 1 { high[a] } else { low[a] }))
}

/// A box, its walls seen from outside.
pub fn cuboid(low: [f32; 3], high: [f32; 3]) -> Vec<Triangle> {
    let corners = corners(low, high);
    (SIDES.iter())
        .flat_map(|&[a, b, c, d]| [[a, b, c], [a, c, d]].map(|t| t.map(|i| corners[i])))
        .collect()
}

/// A binary STL of triangles.
pub fn stl(triangles: &[Triangle]) -> Vec<u8> {
    let mut bytes = vec![0; 80];
    bytes.extend((triangles.len() as u32).to_le_bytes());
    for t in triangles {
        bytes.extend([0; 12]);
        bytes.extend(t.iter().flatten().flat_map(|v| v.to_le_bytes()));
        bytes.extend([0; 2]);
    }
    bytes
}

/// A GLB of its two chunks.
pub fn glb(json: &str, binary: &[u8]) -> Vec<u8> {
    let mut json = json.as_bytes().to_vec();
    json.resize(json.len().next_multiple_of(4), b' ');
    let mut out = b"glTF\x02\0\0\0".to_vec();
    out.extend((20 + json.len() as u32 + 8 + binary.len() as u32).to_le_bytes());
    out.extend((json.len() as u32).to_le_bytes());
    out.extend(b"JSON");
    out.extend(json);
    out.extend((binary.len() as u32).to_le_bytes());
    out.extend(b"BIN\0");
    out.extend(binary);
    out
}

pub fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder can be made")
}

pub fn written(folder: &tempfile::TempDir, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).expect("a test's folder can be written to");
    path
}

pub fn look(path: &Path) -> Inspection {
    inspect(path, &OPTIONS).unwrap_or_else(|e| panic!("{}: {e:#}", path.display()))
}
