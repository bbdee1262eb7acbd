//! All tests that look at gen3d from outside, in one program: linking it takes longer than most of them.

#[macro_use]
mod support;

mod addon;
mod architecture;
mod assembly;
mod batch;
mod bodies;
mod border;
mod cache;
mod cases;
mod cli;
mod composites;
mod cutout;
mod cutout_command;
mod figurine;
mod folders;
mod forget;
mod fuzz;
mod gltf;
mod golden;
mod holds;
mod hollow;
mod hostile;
#[cfg(unix)]
mod hostile_files;
mod inspect;
#[cfg(unix)]
mod limits;
mod look;
mod mesh;
mod miniature;
mod model;
mod nameplate;
mod normals;
#[cfg(target_os = "linux")] // elsewhere names are folded, or must be Unicode
mod odd;
mod others;
mod page;
mod part_colours;
mod part_maps;
mod pegs;
mod photo;
mod pipes;
mod plate;
mod print;
mod privacy;
mod programs;
mod prompt;
mod quads;
mod quantized;
mod readme;
mod resume;
mod rig;
#[cfg(unix)]
mod scripting;
mod shells;
mod simplify;
mod style;
mod surface;
mod tangled;
mod texture;
mod together;
mod typed;
mod usdz;
mod vectors;
mod views;
mod weights;
mod words;
