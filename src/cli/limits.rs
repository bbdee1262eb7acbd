//! Limits that the shell set (`ulimit`): who runs into one is told, not ended by a signal.

use std::thread::available_parallelism;

use anyhow::{Context, Result};

use super::commands::FAILED;

/// Makes writing past the largest file (`ulimit -f`) an error as any other, and the end for want of memory
/// (`ulimit -v`), of which one line tells, an ordinary failure.
pub fn heed() {
    #[cfg(unix)]
    {
        use std::sync::Arc;
        use std::sync::atomic::AtomicBool;

        use signal_hook::consts::{SIGABRT, SIGXFSZ};
        use signal_hook::flag::{register, register_conditional_shutdown};

        // Where one cannot be handled it ends the program as before.
        let _ = register(SIGXFSZ, Arc::new(AtomicBool::new(false)));
        let always = Arc::new(AtomicBool::new(true));
        let _ = register_conditional_shutdown(SIGABRT, FAILED.into(), always);
    }
}

/// Bytes of address space that the smallest run takes, the threads' stacks aside.
#[cfg(target_os = "linux")]
const LEAST: u64 = 256 << 20;

/// That there is room for a run at all.
///
/// # Errors
/// The limit on memory, and what it should be at least.
pub fn check_memory(threads: usize) -> Result<()> {
    #[cfg(target_os = "linux")]
    {
        use nix::sys::resource::{Resource, getrlimit};

        const STACK: u64 = 8 << 20;
        let least = LEAST + STACK * threads as u64;
        let (limit, _) = getrlimit(Resource::RLIMIT_AS).context("the limits cannot be read")?;
        anyhow::ensure!(
            limit >= least,
            "the limit on memory (ulimit -v) is {} MiB, and a run takes at least {}: raise it",
            limit >> 20,
            least >> 20
        );
    }
    let _ = threads;
    Ok(())
}

/// How many threads share the work: as many as were asked for, or as the system gives this process.
pub fn threads(asked: Option<u16>) -> usize {
    let variable = || std::env::var("RAYON_NUM_THREADS").ok()?.parse().ok();
    let given = || available_parallelism().map_or(1, usize::from);
    let named = || variable().filter(|&count: &usize| count > 0);
    asked.map(usize::from).or_else(named).unwrap_or_else(given)
}

/// Starts them.
///
/// # Errors
/// The system refuses so many.
pub fn start_threads(count: usize) -> Result<()> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(count)
        .build_global()
        .with_context(|| {
            format!("{count} threads cannot be started: choose fewer with --threads, or raise the limits (ulimit -u, -v)")
        })
}
