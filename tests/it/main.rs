//! All tests that look at gen3d from outside, in one program: linking it takes longer than most of them.

#[macro_use]
mod support;

mod architecture;
mod batch;
mod border;
mod cache;
mod cases;
mod cli;
mod figurine;
mod forget;
mod gltf;
mod golden;
mod hostile;
mod inspect;
mod look;
mod mesh;
mod miniature;
mod model;
mod photo;
mod print;
mod privacy;
mod prompt;
mod quantized;
mod readme;
#[cfg(target_os = "linux")]
mod sandbox;
mod segment;
mod style;
mod surface;
mod texture;
mod weights;
mod words;
