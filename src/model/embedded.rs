//! The weights inside the binary: the one place that names the file.

/// What they are called.
pub const NAME: &str = "figurine";

/// The figurine model's GGUF (`assets/MODEL.md` says what it is).
pub fn weights() -> &'static [u8] {
    include_bytes!("../../assets/figurine.gguf")
}
