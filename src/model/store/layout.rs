//! Every tensor that a configuration asks for, by name and shape.
//!
//! It is checked on opening, so that an incomplete or foreign file is refused at once and by name, and
//! not after a minute in the middle of a run.

use anyhow::{Result, bail};

use super::Store;
use crate::model::config::{
    Config, CutoutConfig, FigurineConfig, ImageEncoderConfig, PainterConfig, PartMapsConfig,
    TextEncoderConfig, TransformerConfig, VaeConfig,
};

mod assembly;

/// A tensor's name and shape.
pub type Tensor = (String, Vec<usize>);

/// How many faults of a file are listed.
const LISTED: usize = 5;

/// Fails if a tensor is missing or has another shape; says which.
pub fn check(store: &Store, config: &Config) -> Result<()> {
    let mut faults = Vec::new();
    for (name, shape) in tensors(config) {
        match store.entry(&name) {
            None => faults.push(format!("\"{name}\" {shape:?} is missing")),
            Some(entry) if entry.shape != shape => faults.push(format!(
                "\"{name}\" has the shape {:?}, the configuration asks for {shape:?}",
                entry.shape
            )),
            Some(_) => {}
        }
    }
    if faults.is_empty() {
        return Ok(());
    }
    let more = faults.len().saturating_sub(LISTED);
    faults.truncate(LISTED);
    let more = if more > 0 {
        format!("; and {more} more")
    } else {
        String::new()
    };
    bail!(
        "the weights do not fit their configuration: {}{more}",
        faults.join("; ")
    )
}

/// All tensors of a model, in the order of the data's way.
pub fn tensors(config: &Config) -> Vec<Tensor> {
    let mut list = List {
        tensors: Vec::new(),
    };
    image_encoder(&mut list, "image_encoder", &config.image_encoder);
    transformer(&mut list, &config.transformer);
    vae(&mut list, &config.vae);
    if let Some(condition) = &config.condition {
        let (views, width) = (
            condition.views.len(),
            config.transformer.cross_attention_dim,
        );
        list.add("condition.view_embedding.weight", &[views, width]);
        list.add("condition.null_view.weight", &[views, width]);
        list.add("condition.null_text.weight", &[1, width]);
    }
    if let Some(text) = &config.text_encoder {
        text_encoder(&mut list, text);
    }
    if let Some(figurine) = &config.figurine {
        for name in ["latent.mean", "latent.std"] {
            list.add(name, &[config.vae.latent_channels]);
        }
        if figurine.box_token {
            list.add("box.mean", &[6]);
            list.add("box.std", &[6]);
        }
        if figurine.main_colour {
            list.add("colour.mean", &[3]);
            list.add("colour.std", &[3]);
        }
        if let Some(face) = &figurine.face {
            list.add("face.mean", &[face.pixels()]);
            list.add("face.basis", &[face.weights, face.pixels()]);
            let seen = FigurineConfig::used_numbers(
                config.sampling.tokens,
                config.transformer.in_channels,
            );
            list.linear("face.proj_in", face.inputs(seen), face.width);
            for i in 0..face.blocks {
                list.norm(&format!("face.blocks.{i}.norm"), face.width);
                list.linear(&format!("face.blocks.{i}.up"), face.width, face.width);
                list.linear(&format!("face.blocks.{i}.down"), face.width, face.width);
            }
            list.norm("face.norm_out", face.width);
            list.linear("face.proj_out", face.width, face.weights);
            painter(&mut list, &face.painter);
        }
        if figurine.segmentation_cells > 0 {
            let outputs = figurine.segmentation_cells.pow(2) * figurine.segmentation_outputs();
            list.linear("seen", config.image_encoder.hidden_size, outputs);
        }
    }
    if let Some(cutout) = &config.cutout {
        cut_out(&mut list, cutout);
    }
    if let Some(maps) = &config.part_maps {
        part_maps(&mut list, maps, &config.image_encoder);
    }
    if let (Some(c), Some(text)) = (&config.assembly, &config.text_encoder) {
        assembly::add(&mut list, c, text);
    }
    list.tensors
}

struct List {
    tensors: Vec<Tensor>,
}

impl List {
    fn add(&mut self, name: impl Into<String>, shape: &[usize]) {
        self.tensors.push((name.into(), shape.to_vec()));
    }

    fn linear(&mut self, name: &str, inputs: usize, outputs: usize) {
        self.add(format!("{name}.weight"), &[outputs, inputs]);
        self.add(format!("{name}.bias"), &[outputs]);
    }

    fn norm(&mut self, name: &str, width: usize) {
        self.add(format!("{name}.weight"), &[width]);
        self.add(format!("{name}.bias"), &[width]);
    }

    fn conv(&mut self, name: &str, kernel: usize, inputs: usize, outputs: usize) {
        self.add(format!("{name}.weight"), &[outputs, inputs, kernel, kernel]);
        self.add(format!("{name}.bias"), &[outputs]);
    }

    /// A convolution whose kernels are stored as rows of a matrix, which may be quantized.
    fn kernels(&mut self, name: &str, kernel: usize, inputs: usize, outputs: usize) {
        self.linear(name, inputs * kernel * kernel, outputs);
    }

    fn residual(&mut self, name: &str, width: usize) {
        self.kernels(&format!("{name}.first.conv"), 3, width, width);
        self.kernels(&format!("{name}.conv"), 3, width, width);
    }

    /// A transformer block whose norms are told something.
    fn told_block(&mut self, name: &str, width: usize, inner: usize) {
        self.block(name, width, inner);
        self.linear(&format!("{name}.told"), width, 4 * width);
    }

    /// A transformer block that is told nothing beside its tokens.
    fn block(&mut self, name: &str, width: usize, inner: usize) {
        let p = |member: &str| format!("{name}.{member}");
        self.norm(&p("norm1"), width);
        self.linear(&p("qkv"), width, 3 * width);
        self.linear(&p("out"), width, width);
        self.norm(&p("norm2"), width);
        self.linear(&p("up"), width, inner);
        self.linear(&p("down"), inner, width);
    }

    /// An attention layer of our transformers: only its output has a bias.
    fn attention(&mut self, name: &str, width: usize, other: usize) {
        self.add(format!("{name}.to_q.weight"), &[width, width]);
        self.add(format!("{name}.to_k.weight"), &[width, other]);
        self.add(format!("{name}.to_v.weight"), &[width, other]);
        self.linear(&format!("{name}.to_out.0"), width, width);
    }

    /// A layer of an encoder.
    fn encoder_layer(&mut self, p: &str, d: usize, mlp_ratio: usize) {
        self.norm(&format!("{p}.norm1"), d);
        for member in ["query", "key", "value"] {
            self.linear(&format!("{p}.attention.attention.{member}"), d, d);
        }
        self.linear(&format!("{p}.attention.output.dense"), d, d);
        self.add(format!("{p}.layer_scale1.lambda1"), &[d]);
        self.norm(&format!("{p}.norm2"), d);
        self.linear(&format!("{p}.mlp.fc1"), d, d * mlp_ratio);
        self.linear(&format!("{p}.mlp.fc2"), d * mlp_ratio, d);
        self.add(format!("{p}.layer_scale2.lambda1"), &[d]);
    }

    fn feed_forward(&mut self, block: &str, width: usize, hidden: usize) {
        self.norm(&format!("{block}.norm3"), width);
        self.linear(&format!("{block}.ff.net.0.proj"), width, hidden);
        self.linear(&format!("{block}.ff.net.2"), hidden, width);
    }
}

fn image_encoder(list: &mut List, name: &str, c: &ImageEncoderConfig) {
    let (d, side) = (c.hidden_size, c.image_size / c.patch_size);
    let p = format!("{name}.embeddings");
    list.add(format!("{p}.cls_token"), &[1, 1, d]);
    list.add(format!("{p}.position_embeddings"), &[1, 1 + side * side, d]);
    list.add(
        format!("{p}.patch_embeddings.projection.weight"),
        &[d, 3, c.patch_size, c.patch_size],
    );
    list.add(format!("{p}.patch_embeddings.projection.bias"), &[d]);
    for i in 0..c.num_hidden_layers {
        list.encoder_layer(&format!("{name}.encoder.layer.{i}"), d, c.mlp_ratio);
    }
    list.norm(&format!("{name}.layernorm"), d);
}

fn text_encoder(list: &mut List, c: &TextEncoderConfig) {
    let d = c.hidden_size;
    list.add("text_encoder.words.weight", &[c.words, c.word_size]);
    list.linear("text_encoder.proj", c.word_size, d);
    list.add("text_encoder.position_embeddings", &[c.length, d]);
    if c.slots > 0 {
        list.add("text_encoder.slot_tokens", &[c.slots, d]);
    }
    for i in 0..c.num_hidden_layers {
        list.encoder_layer(&format!("text_encoder.encoder.layer.{i}"), d, c.mlp_ratio);
    }
    list.norm("text_encoder.layernorm", d);
}

fn transformer(list: &mut List, c: &TransformerConfig) {
    let (d, head) = (c.width, c.width / c.num_attention_heads);
    list.linear("transformer.time_proj.linear_1", d, 4 * d);
    list.linear("transformer.time_proj.linear_2", 4 * d, d);
    if c.enable_part_embedding {
        list.add("transformer.part_embedding.weight", &[c.max_num_parts, d]);
    }
    if let Some(rows) = c.token_embedding {
        list.add("transformer.token_embedding.weight", &[rows, d]);
    }
    list.linear("transformer.proj_in", c.in_channels, d);
    for i in 0..c.num_layers {
        let p = format!("transformer.blocks.{i}");
        if i > c.num_layers / 2 {
            list.linear(&format!("{p}.skip_linear"), 2 * d, d);
            list.norm(&format!("{p}.skip_norm"), d);
        }
        for (number, other) in [(1, d), (2, c.cross_attention_dim)] {
            list.norm(&format!("{p}.norm{number}"), d);
            list.attention(&format!("{p}.attn{number}"), d, other);
            list.add(format!("{p}.attn{number}.norm_q.weight"), &[head]);
            list.add(format!("{p}.attn{number}.norm_k.weight"), &[head]);
        }
        list.feed_forward(&p, d, 4 * d);
    }
    list.norm("transformer.norm_out", d);
    list.linear("transformer.proj_out", d, c.in_channels);
}

fn vae(list: &mut List, c: &VaeConfig) {
    let d = c.width_decoder;
    list.linear("vae.post_quant", c.latent_channels, d);
    for i in 0..c.num_layers_decoder {
        let p = format!("vae.decoder.blocks.{i}");
        list.norm(&format!("{p}.norm1"), d);
        list.attention(&format!("{p}.attn1"), d, d);
        list.feed_forward(&p, d, 4 * d);
    }
    let p = format!("vae.decoder.blocks.{}", c.num_layers_decoder);
    list.norm(&format!("{p}.norm2"), d);
    list.norm(&format!("{p}.attn2.norm_cross"), d);
    list.attention(&format!("{p}.attn2"), d, d);
    list.feed_forward(&p, d, c.hidden_query());
    list.linear("vae.decoder.proj_query", 3 + 6 * c.embed_frequency, d);
    list.norm("vae.decoder.norm_out", d);
    list.linear("vae.decoder.proj_out", d, c.out_channels);
}

fn painter(list: &mut List, c: &PainterConfig) {
    list.conv("face.painter.first", 3, PainterConfig::INPUTS, c.width);
    for i in 0..c.blocks {
        for layer in ["up", "down"] {
            list.conv(
                &format!("face.painter.blocks.{i}.{layer}"),
                3,
                c.width,
                c.width,
            );
        }
    }
    list.conv("face.painter.last", 3, c.width, c.outputs());
}

fn cut_out(list: &mut List, c: &CutoutConfig) {
    let mut conv = |name: String, inputs: usize, outputs: usize| {
        list.conv(&format!("cutout.{name}"), 3, inputs, outputs);
    };
    let (width, inner, levels) = (c.width, c.inner, CutoutConfig::DEPTHS.len());
    for (way, levels) in [("down", levels), ("up", levels - 1)] {
        for (i, &depth) in CutoutConfig::DEPTHS.iter().enumerate().take(levels) {
            let inputs = match (way, i) {
                ("down", 0) => 3,
                ("down", _) => width,
                _ => 2 * width,
            };
            conv(format!("{way}.{i}.enter"), inputs, width);
            for j in 0..depth {
                let (first, last) = if j == 0 {
                    (width, width)
                } else {
                    (inner, inner)
                };
                conv(format!("{way}.{i}.down.{j}"), first, inner);
                conv(format!("{way}.{i}.up.{j}"), 2 * inner, last);
            }
            conv(format!("{way}.{i}.bottom"), inner, inner);
        }
    }
    for i in 0..levels {
        conv(format!("maps.{i}"), width, 1);
    }
    list.conv("cutout.sum", 1, levels, 1);
}

fn part_maps(list: &mut List, c: &PartMapsConfig, encoder: &ImageEncoderConfig) {
    let p = |name: &str| format!("part_maps.{name}");
    let (outputs, width, [a, b, d, e]) = (c.segmentation_outputs(), encoder.hidden_size, c.widths);
    image_encoder(list, "part_maps.image_encoder", encoder);
    list.linear(&p("seen"), width, c.cells * c.cells * outputs);
    list.kernels(&p("stem.conv"), 3, 5, a);
    list.kernels(&p("full.0.conv"), 3, a, a);
    list.kernels(&p("full.1.conv"), 3, a, a);
    let levels = [
        ("down1", a + outputs, b),
        ("down2", b, d),
        ("down3", d, e),
        ("up2", e + d, d),
        ("up1", d + b, b),
        ("up0", b + a, b),
    ];
    for (name, inputs, outputs) in levels {
        list.kernels(&p(&format!("{name}.0.conv")), 3, inputs, outputs);
        list.residual(&p(&format!("{name}.1")), outputs);
    }
    list.residual(&p("middle"), e);
    list.linear(&p("tokens"), width, e);
    list.linear(&p("token"), width, e);
    for i in 0..c.blocks {
        let block = |name: &str| format!("part_maps.blocks.{i}.{name}");
        list.add(block("position"), &[1, c.places(), e]);
        list.norm(&block("norm1"), e);
        list.linear(&block("qkv"), e, 3 * e);
        list.linear(&block("out"), e, e);
        list.norm(&block("norm2"), e);
        list.linear(&block("up"), e, 2 * e);
        list.linear(&block("down"), 2 * e, e);
    }
    list.kernels(&p("maps"), 1, b, c.channels());
    list.linear(&p("camera.0"), e + width, 128);
    list.linear(&p("camera.1"), 128, 3);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_configuration_asks_for_the_published_tensors() {
        let config = Config::default();
        let tensors = tensors(&config);
        let of = |prefix: &str| -> (usize, usize) {
            let mine = tensors.iter().filter(|(name, _)| name.starts_with(prefix));
            (
                mine.clone().count(),
                mine.map(|(_, shape)| shape.iter().product::<usize>()).sum(),
            )
        };
        // As architecture.md says under "Checkpoints"; mask_token [1, 1024] is not used.
        assert_eq!(of("transformer."), (555, 1_439_621_696));
        assert_eq!(of("vae."), (231, 214_208_513));
        assert_eq!(of("image_encoder."), (438, 304_368_640 - 1024));
    }

    #[test]
    fn only_the_block_that_is_asked_at_points_is_narrower() {
        let mut config = Config::default();
        config.vae.hidden_query = Some(192);
        let last = format!("vae.decoder.blocks.{}.", config.vae.num_layers_decoder);
        for (name, shape) in tensors(&config) {
            if name.starts_with("vae.") && name.ends_with(".ff.net.2.weight") {
                let hidden = if name.starts_with(&last) { 192 } else { 4096 };
                assert_eq!(shape, [1024, hidden], "{name}");
            }
        }
        config.vae.hidden_query = Some(0);
        assert!(config.validate().is_err(), "a block without neurons");
    }
}
