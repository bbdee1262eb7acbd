//! Writes a weights file of random numbers in the layout of the figurine model, for work on everything
//! behind the networks before there are trained ones.
//!
//!     cargo run --release --example random_weights -- random.gguf [SEED] [f32|f16|q8_0|q6_k|q4_k]

use anyhow::{Context, Result, bail};
use candle_core::quantized::GgmlDType;

#[allow(dead_code)] // tests use the rest
#[path = "../tests/it/support/weights.rs"]
mod weights;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments
        .next()
        .context("usage: random_weights FILE [SEED] [TYPE]")?;
    let seed = arguments
        .next()
        .map_or(Ok(0), |seed| seed.parse())
        .context("the seed is no number")?;
    let kind = match arguments.next().as_deref() {
        None | Some("q8_0") => GgmlDType::Q8_0,
        Some("f32") => GgmlDType::F32,
        Some("f16") => GgmlDType::F16,
        Some("q6_k") => GgmlDType::Q6K,
        Some("q4_k") => GgmlDType::Q4K,
        Some(other) => bail!("unknown type {other}"),
    };
    let file = weights::random(weights::FIGURINE, seed, kind)?;
    std::fs::write(&path, &file).with_context(|| format!("cannot write {path}"))?;
    eprintln!("{path}: {:.1} MB", file.len() as f64 / 1e6);
    Ok(())
}
