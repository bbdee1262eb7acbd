//! The networks, each with the shapes of its tensors beside its code.

pub mod assembler;
pub(crate) mod attention_block;
pub mod condition;
pub mod decoder;
pub(crate) mod dense_segmentation;
pub(crate) mod encoder_layer;
pub(crate) mod face;
pub mod image_encoder;
pub mod part_maps;
pub(crate) mod text;
pub mod transformer;
pub mod u2net;
