//! What a configuration may ask of the machine. Its sizes come from anybody's file, and the work of
//! attention grows with the square of a sequence: a file of kilobytes could ask for hours and gigabytes.

use anyhow::{Result, ensure};

use super::Config;

/// Tokens that attend to each other, at most; published models have 257 of a picture and 4096 of
/// four parts.
const MAX_SEQUENCE: usize = 16_384;
/// Latent tokens a part, at most, that a file asks for by itself; published models have 1024 and 2048.
/// Who wants more says `--tokens`.
const MAX_TOKENS: usize = 4095;
/// Parts that are made where neither the file nor the user says how many.
const PARTS: usize = 4;
/// The widest layer's numbers of all tokens, at most, in bytes of f32.
const MAX_BYTES: usize = 1 << 30;

/// Checks that no sequence is longer, and no layer's output larger, than a model can mean.
pub(super) fn check(config: &Config) -> Result<()> {
    let (encoder, picture) = (&config.image_encoder, &config.feature_extractor);
    let patches = (picture.crop / encoder.patch_size).saturating_pow(2) + 1;
    let hidden = encoder.hidden_size.saturating_mul(encoder.mlp_ratio);
    allow(
        "feature_extractor.crop: a picture",
        patches,
        hidden.max(encoder.hidden_size),
    )?;

    let (t, tokens) = (&config.transformer, config.sampling.tokens);
    ensure!(
        tokens <= MAX_TOKENS,
        "sampling.tokens is {tokens}, more activations than a file may ask for: at most {MAX_TOKENS}"
    );
    let parts = match &config.figurine {
        Some(figurine) => figurine.slots.len(),
        None => PARTS.min(config.most_parts()),
    };
    let sequence = parts.saturating_mul(tokens);
    // Both halves of a guided batch, four times as wide inside.
    allow(
        "sampling.tokens: all parts",
        sequence,
        t.width.saturating_mul(2 * 4),
    )?;

    let decoder = &config.vae;
    let wide = decoder.width_decoder.saturating_mul(4);
    allow(
        "sampling.tokens: a part",
        tokens,
        wide.max(decoder.hidden_query()),
    )?;

    if let Some(text) = &config.text_encoder {
        let sequence = text.length.saturating_add(text.slots);
        let hidden = text.hidden_size.saturating_mul(text.mlp_ratio);
        allow(
            "text_encoder.length: a text",
            sequence,
            hidden.max(text.word_size),
        )?;
    }
    Ok(())
}

fn allow(what: &str, sequence: usize, width: usize) -> Result<()> {
    ensure!(
        sequence <= MAX_SEQUENCE,
        "{what} would be {sequence} tokens, more activations than a file may ask for: at most {MAX_SEQUENCE}"
    );
    let bytes = sequence
        .saturating_mul(width)
        .saturating_mul(size_of::<f32>());
    ensure!(
        bytes <= MAX_BYTES,
        "{what} of {sequence} tokens would take {} MB a layer, more activations than a file may ask for: at \
         most {}",
        bytes / 1_000_000,
        MAX_BYTES / 1_000_000
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(change: impl Fn(&mut Config)) -> String {
        let mut config = Config::default();
        change(&mut config);
        let error = config.validate().expect_err("it asks for too much");
        format!("{error:#}")
    }

    #[test]
    fn sizes_of_published_models_are_allowed() {
        for (parts, tokens) in [(true, 1024), (false, 2048)] {
            let mut config = Config::default();
            config.transformer.enable_part_embedding = parts;
            config.sampling.tokens = tokens;
            config.validate().expect("a published model");
        }
    }

    #[test]
    fn sequences_that_nobody_means_are_refused() {
        for (error, words) in [
            (refused(|c| c.sampling.tokens = 4096), "sampling.tokens"),
            (refused(|c| c.sampling.tokens = 65_536), "sampling.tokens"),
            (
                refused(|c| {
                    (c.feature_extractor.crop, c.feature_extractor.shortest_edge) = (4088, 4096)
                }),
                "feature_extractor.crop",
            ),
            (
                refused(|c| c.image_encoder.mlp_ratio = 65_536),
                "MB a layer",
            ),
        ] {
            let said = error.contains(words) && error.contains("more activations");
            assert!(said, "the message must say what asks for too much: {error}");
        }
    }
}
