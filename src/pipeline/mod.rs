//! From a subject to a figurine, one line a stage, and from a job to its files.

mod alone;
mod assembled;
mod batch;
mod colour_grid;
mod colours;
mod count;
pub mod failure;
mod figurine;
pub mod job;
mod latents;
mod material;
mod options;
mod part_maps;
pub mod phrases;
mod pictures;
mod plate;
mod prompt;
mod register;
mod report;
mod restyle;
mod resume;
mod rigging;
mod stages;
mod subject;
mod surfaces;
mod word_changes;
mod worded;

pub use alone::Alone;
pub use batch::{Outcome, all};
pub use count::count;
pub use figurine::figurine;
pub use options::{Colours, Detail, Heights, Options, Parts, Refine, Style};
pub use report::{ModelReport, PartReport, Quads, Report, peak_memory, watch_memory};
pub use resume::Again;
pub use subject::{SaidBase, Subject};
