//! Where the time of the networks goes: a few running totals for the whole process.
//!
//! On the CPU only: a GPU works on after its calls have returned.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// What a layer's time is spent on.
#[derive(Clone, Copy)]
pub(crate) enum Work {
    Products,
    Attention,
    Norms,
    Biases,
}

const NAMES: [&str; 4] = ["products", "attention", "norms", "biases and GELU"];

/// Nanoseconds, in the order of [`NAMES`].
static SPENT: [AtomicU64; 4] = [const { AtomicU64::new(0) }; 4];

/// Does `f` and adds the time that it took.
pub(crate) fn timed<T>(work: Work, f: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = f();
    let spent = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
    SPENT[work as usize].fetch_add(spent, Ordering::Relaxed);
    result
}

/// Seconds that all layers together have spent so far, by kind of work; the rest of a network's time went
/// into sums, copies and loading.
pub fn spent() -> [(&'static str, f64); 4] {
    std::array::from_fn(|i| (NAMES[i], SPENT[i].load(Ordering::Relaxed) as f64 * 1e-9))
}
