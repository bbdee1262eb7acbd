//! Numbers that follow from a seed alone, the same on every machine.

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};

/// Standard normal noise of a seed, from one generator on the host: every device starts from the same.
pub fn noise(seed: u64, count: usize) -> Vec<f32> {
    let mut generator = ChaCha12Rng::seed_from_u64(seed);
    StandardNormal
        .sample_iter(&mut generator)
        .take(count)
        .collect()
}

/// A seed that follows from another one and from bytes (FNV-1a).
pub fn seed(first: u64, bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(first, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
