//! From a subject to a figurine, one line a stage, and from a job to its files.

mod batch;
mod count;
mod edit;
mod figurine;
pub mod job;
mod options;
mod pictures;
mod register;
mod report;
mod restyle;

pub use batch::{Outcome, all, writing};
pub use count::count;
pub use figurine::{Subject, figurine};
pub use options::{Colours, Options, Parts, Refine, Style};
pub use report::{ModelReport, PartReport, Report};
