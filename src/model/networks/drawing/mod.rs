//! The networks that draw a figure told in words, what is seen of it from the front and from behind: one that tells where
//! its parts are (`training/maps/arrange.py`), a denoiser over latents, a U-Net of two levels in whose middle places and
//! words attend to one another (`training/maps/denoiser.py`), the decoder that makes pixels of them
//! (`training/maps/autoencoder.py`), and what draws heads again, larger (`training/maps/portrait.py`).

mod decoder;
mod denoiser;
pub mod layout;
pub mod portrait;
mod residual;
mod told;

pub use decoder::Decoder;
pub use denoiser::Denoiser;
pub use told::Words;

#[cfg(test)]
mod tests {
    use std::path::Path;

    use anyhow::{Context, Result};
    use candle_core::{Device, Tensor};

    use super::layout::Arranger;
    use super::portrait::Portrait;
    use super::*;
    use crate::model::config::DrawingConfig;
    use crate::model::networks::text::Vocabulary;
    use crate::model::nn::{Quantized, Weights};
    use crate::model::store::Store;

    #[test]
    fn the_networks_give_pytorch_s_numbers_with_words_and_without() -> Result<()> {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/drawing");
        let store = Store::from_file(&data.join("weights.gguf"))?;
        let config = store.metadata("gen3d.config").context("its sizes")?;
        let mut config: serde_json::Value = serde_json::from_str(config)?;
        let config: DrawingConfig = serde_json::from_value(config["drawing"].take())?;
        let weights = Weights::new(&store, &Device::Cpu, Quantized::Auto);
        let table = weights.tensor("text_encoder.words.weight", &[9, 32])?;
        let network = Denoiser::load(&weights, &config, &table)?;
        let golden = candle_core::safetensors::load(data.join("golden.safetensors"), &Device::Cpu)?;
        let vocabulary =
            Vocabulary::new("a\nred\nball\non\nthe\nbase\nof\nup\ntree", config.length);
        let words = network.words(&vocabulary.read("ball a")?)?;
        let layouts = config.layouts.as_ref().context("its layouts")?;
        let arranger = Arranger::load(&weights, &config, layouts, &table)?;
        let numbers: Vec<f32> = golden["arranged"].flatten_all()?.to_vec1()?;
        let maps = layout::maps(&arranger.layout(&numbers), config.rows());
        let maps = Tensor::from_vec(maps, golden["maps"].shape(), &Device::Cpu)?;
        let forward = |maps: Option<&Tensor>, words| {
            network.forward(&golden["state"], 0.3, &golden["known"], maps, words)
        };
        let arranged = |words| arranger.forward(&golden["arranged"], 0.3, words);
        let own = arranger.words(&vocabulary.read("ball a")?)?;
        let heads = config.portrait.as_ref().context("its portraits")?;
        let portrait = Portrait::load(&weights, &config, heads, &table)?;
        let told = portrait.told(&vocabulary.read("ball a")?, &golden["look"])?;
        let code = portrait.forward(&golden["code"], 0.3, &told)?;
        for (told, name) in [
            (maps.clone(), "maps"),
            (forward(Some(&maps), words.as_ref())?, "told_2"),
            (forward(None, None)?, "told_0"),
            (arranged(own.as_ref())?, "arranged_2"),
            (arranged(None)?, "arranged_0"),
            (code, "code_2"),
            (portrait.decode(&golden["code"])?, "head"),
        ] {
            let off = (told - &golden[name])?.abs()?.flatten_all()?.max(0)?;
            let off: f32 = off.to_scalar()?;
            assert!(off < 5e-5, "{name} is off by {off}");
        }
        let pixels = Decoder::load(&weights, &config)?.forward(&golden["state"])?;
        let off = (pixels - &golden["pixels"])?.abs()?.flatten_all()?.max(0)?;
        let off: f32 = off.to_scalar()?;
        assert!(off < 5e-5, "the pixels are off by {off}");
        Ok(())
    }
}
