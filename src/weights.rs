//! The weights inside the binary: the one place that names the file.

/// The figurine model's GGUF, or nothing in a build without it.
pub fn embedded() -> Option<&'static [u8]> {
    None // include_bytes!("../assets/figurine.gguf")
}
