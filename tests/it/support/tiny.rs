//! The tiny checkpoint in the published layout, and copies of it that are damaged.

use std::fs;
use std::path::{Path, PathBuf};

/// The file of the transformer's weights.
pub const TRANSFORMER: &str = "transformer/diffusion_pytorch_model.safetensors";

/// The checkpoint, with the golden numbers beside it.
pub fn tiny() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tiny")
}

/// Copies the checkpoint without the golden numbers.
pub fn copy(to: &Path) {
    copy_folder(&tiny(), to);
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory");
    for entry in fs::read_dir(from).expect("the fixtures").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else if !entry.file_name().to_string_lossy().starts_with("golden") {
            fs::copy(entry.path(), &target).expect("copied");
        }
    }
}

/// A safetensors file in its two pieces.
pub struct Safetensors {
    pub header: serde_json::Value,
    pub data: Vec<u8>,
}

impl Safetensors {
    pub fn read(path: &Path) -> Self {
        let bytes = fs::read(path).expect("a file of the fixtures");
        let (length, rest) = bytes.split_first_chunk::<8>().expect("eight bytes");
        let (header, data) = rest.split_at(u64::from_le_bytes(*length) as usize);
        Self {
            header: serde_json::from_slice(header).expect("a header"),
            data: data.to_vec(),
        }
    }

    pub fn write(&self, path: &Path) {
        let header = self.header.to_string();
        let length = (header.len() as u64).to_le_bytes();
        let bytes = [&length[..], header.as_bytes(), &self.data].concat();
        fs::write(path, bytes).expect("written");
    }

    /// Takes a tensor away; those behind it close the gap.
    pub fn remove(&mut self, name: &str) {
        let header = self.header.as_object_mut().expect("an object");
        let gone = header.remove(name).expect(name);
        let offset = |entry: &serde_json::Value, i: usize| {
            entry["data_offsets"][i].as_u64().expect("a number") as usize
        };
        let (start, end) = (offset(&gone, 0), offset(&gone, 1));
        for entry in header.values_mut() {
            if entry["data_offsets"][0].is_u64() && offset(entry, 0) >= end {
                let moved = [0, 1].map(|i| offset(entry, i) - (end - start));
                entry["data_offsets"] = serde_json::json!(moved);
            }
        }
        self.data.drain(start..end);
    }

    /// The bytes of one tensor.
    pub fn tensor(&mut self, name: &str) -> &mut [u8] {
        let offset = |i: usize| self.header[name]["data_offsets"][i].as_u64().expect(name) as usize;
        let range = offset(0)..offset(1);
        &mut self.data[range]
    }
}
