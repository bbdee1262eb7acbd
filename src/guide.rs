//! Pages on what is behind the two calls, and on the program around them.

/// How the networks work, that go from pixels to fields.
pub mod networks {
    #![doc = include_str!("model/architecture.md")]
}

/// The files that are written, and how they are laid out.
pub mod files {
    #![doc = include_str!("export/formats.md")]
}

/// What `gen3d inspect` says of a mesh file.
pub mod findings {
    #![doc = include_str!("inspect/findings.md")]
}

/// How a folder of photos becomes a folder of figurines.
pub mod batches {
    #![doc = include_str!("pipeline/batches.md")]
}

/// What everything takes, in seconds and in bytes.
pub mod speed {
    #![doc = include_str!("pipeline/speed.md")]
}

/// PartCrafter and TripoSG.
pub mod added_weights {
    #![doc = include_str!("model_library.md")]
}

/// CUDA and Metal.
pub mod gpu {
    #![doc = include_str!("model/nn/gpu.md")]
}

/// What is promised against somebody who tries, and what is not.
pub mod security {
    #![doc = include_str!("security.md")]
}
