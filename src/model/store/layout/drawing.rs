//! The tensors of the networks that draw.

use super::List;
use crate::model::config::{DrawingConfig, LayoutConfig, PortraitConfig, TextEncoderConfig};

pub(super) fn add(list: &mut List, c: &DrawingConfig, text: &TextEncoderConfig) {
    let p = |name: &str| format!("drawing.{name}");
    let [a, d] = c.widths;
    list.add(p("mean"), &[c.channels]);
    list.add(p("deviation"), &[c.channels]);
    list.told("drawing", d, c.length, text);
    list.kernels(&p("stem"), 1, c.told(), a);
    list.kernels(&p("down"), 3, a, d);
    list.kernels(&p("up"), 1, d, a);
    for (name, inputs) in [("in0", a), ("up0", 2 * a)] {
        list.normed_residual(&p(name), inputs, a);
        list.linear(&p(&format!("{name}.told")), d, 2 * a);
    }
    list.add(p("place"), &[1, (c.rows() / 2).pow(2), d]);
    for i in 0..c.blocks {
        list.told_block(&format!("drawing.blocks.{i}"), d, d * c.mlp_ratio);
    }
    list.norm(&p("last"), a);
    list.kernels(&p("latents"), 3, a, c.channels);
    if let Some(own) = &c.layouts {
        list.kernels(&p("layout"), 3, own.maps(), a);
        layouts(list, own, c.length, text);
    }
    if let Some(own) = &c.portrait {
        portrait(list, own, text);
    }
    decoder(list, c);
}

fn layouts(list: &mut List, c: &LayoutConfig, length: usize, text: &TextEncoderConfig) {
    let p = |name: &str| format!("drawing.layouts.{name}");
    let (d, n) = (c.width, LayoutConfig::NUMBERS);
    list.add(p("mean"), &[c.parts, n]);
    list.add(p("scale"), &[n]);
    list.told("drawing.layouts", d, length, text);
    list.linear(&p("stem"), n, d);
    list.add(p("place"), &[1, c.parts, d]);
    for i in 0..c.blocks {
        list.told_block(&p(&format!("blocks.{i}")), d, d * c.mlp_ratio);
    }
    list.norm(&p("last"), d);
    list.linear(&p("told"), d, n);
}

fn portrait(list: &mut List, c: &PortraitConfig, text: &TextEncoderConfig) {
    let p = |name: &str| format!("drawing.portrait.{name}");
    let width = c.width;
    for (name, inputs) in [
        ("time", DrawingConfig::TIMES),
        ("gist", text.word_size),
        ("look", c.look()),
        ("stem", c.code),
    ] {
        list.linear(&p(name), inputs, width);
    }
    for i in 0..c.blocks {
        list.norm(&p(&format!("norms.{i}")), width);
        list.linear(&p(&format!("ups.{i}")), 2 * width, 2 * width);
        list.linear(&p(&format!("downs.{i}")), 2 * width, width);
    }
    list.norm(&p("last"), width);
    list.linear(&p("out"), width, c.code);
    let p = |name: &str| format!("drawing.portrait.decoder.{name}");
    let [coarse, middle, fine] = c.decoder;
    list.linear(&p("first"), c.code, coarse * c.places().pow(2));
    list.kernels(&p("up"), 3, coarse, middle);
    list.kernels(&p("fine"), 3, middle, 4 * fine);
    list.kernels(&p("last"), 3, fine, 4 * PortraitConfig::DRAWN);
    for (name, width) in [("at0", coarse), ("at1", middle), ("at2", fine)] {
        list.normed_residual(&p(name), width, width);
    }
}

fn decoder(list: &mut List, c: &DrawingConfig) {
    let p = |name: &str| format!("drawing.decoder.{name}");
    let [coarse, middle, fine] = c.decoder;
    list.kernels(&p("first"), 3, c.channels, coarse);
    list.kernels(&p("up"), 3, coarse, middle);
    list.kernels(&p("fine"), 3, middle, 4 * fine);
    list.kernels(&p("last"), 3, fine, 4 * DrawingConfig::DRAWN);
    for (name, width) in [
        ("at0", coarse),
        ("at1", coarse),
        ("at2", middle),
        ("at3", middle),
        ("at4", fine),
    ] {
        list.normed_residual(&p(name), width, width);
    }
}
