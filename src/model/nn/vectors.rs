//! Which of the processor's vectors the kernels use: the widest that there are.
//!
//! With AVX2 and with AVX-512 all kernels of this crate give the same bits: each element is summed in one order, every
//! product is added in one step, and sums over a row go in sixteen lanes whatever the vectors are. A processor without
//! AVX2 adds in two steps, and rounds otherwise. Only the bytes of [`packed`](super::packed), which large models alone are
//! multiplied in, ask for AVX-512 VNNI; elsewhere such models' activations are not rounded to bytes.

use std::sync::LazyLock;

use pulp::Arch;

/// The variable by which tests choose narrower vectors than there are: `avx512` (without VNNI), `avx2` or `none`.
const CHOICE: &str = "GEN3D_VECTORS";

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Most {
    None,
    Avx2,
    Avx512,
    All,
}

static MOST: LazyLock<Most> = LazyLock::new(|| match std::env::var(CHOICE).as_deref() {
    Ok("none") => Most::None,
    Ok("avx2") => Most::Avx2,
    Ok("avx512") => Most::Avx512,
    _ => Most::All,
});

/// What the kernels are compiled for that are to be run.
pub fn widest() -> Arch {
    match *MOST {
        Most::None => Arch::Scalar,
        Most::Avx2 => avx2(),
        Most::Avx512 | Most::All => Arch::new(),
    }
}

/// Whether bytes may be multiplied, where the processor can.
pub fn with_bytes() -> bool {
    *MOST == Most::All
}

#[cfg(target_arch = "x86_64")]
fn avx2() -> Arch {
    pulp::x86::V3::try_new().map_or(Arch::Scalar, Arch::V3)
}

#[cfg(not(target_arch = "x86_64"))]
fn avx2() -> Arch {
    Arch::new()
}
