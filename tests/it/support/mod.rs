//! What tests share.

/// Says that a test, or a part of it, was left out, and why: on the real standard error, for what a test
/// that passes prints by `eprintln!` nobody sees.
macro_rules! skip {
    ($($why:tt)*) => {
        std::io::Write::write_all(
            &mut std::io::stderr(),
            format!("SKIPPED: {}\n", format_args!($($why)*)).as_bytes(),
        )
        .expect("standard error can be written to")
    };
}

pub mod browser;
pub mod folder;
pub mod foreign;
pub mod golden;
pub mod judges;
pub mod kept;
pub mod measure;
pub mod mutate;
pub mod pictures;
pub mod process;
pub mod program;
pub mod schema;
pub mod shapes;
pub mod tiny;
pub mod weights;

/// What comes of a task on so many threads.
pub fn on_threads<T: Send>(threads: usize, task: impl FnOnce() -> T + Send) -> T {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.expect("threads").install(task)
}
