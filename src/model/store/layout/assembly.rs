//! The tensors of the network that tells figures from words.

use super::List;
use crate::assembly::MOST;
use crate::model::config::{AssemblyConfig, TextEncoderConfig};

pub(super) fn add(list: &mut List, c: &AssemblyConfig, text: &TextEncoderConfig) {
    let p = |name: &str| format!("assembly.{name}");
    let (width, inner, kinds) = (c.width, c.inner, AssemblyConfig::KINDS);
    list.linear(&p("words"), text.word_size, width);
    list.linear(&p("gist.each"), text.word_size, c.gist());
    list.linear(&p("gist.weight"), c.gist(), c.heads);
    list.norm(&p("gist.norm"), c.gist());
    list.linear(&p("gist.all"), c.gist(), width);
    list.add(p("word_place"), &[c.length, width]);
    list.add(p("begin"), &[1, width]);
    list.add(p("place"), &[c.longest + 1, width]);
    for (name, count) in c.labels() {
        list.add(p(&format!("labels_seen.{name}")), &[count, width]);
        list.add(p(&format!("labels_told.{name}")), &[count, inner]);
        list.linear(&p(&format!("labels.{name}")), inner, count);
    }
    list.add(p("seen"), &[kinds * (MOST + 3), width]);
    list.linear(&p("at"), 3 * AssemblyConfig::SEEN, width);
    for i in 0..c.blocks {
        list.told_block(&p(&format!("blocks.{i}")), width, width * c.mlp_ratio);
    }
    list.norm(&p("last"), width);
    list.linear(&p("hint"), width, inner);
    let numbers = kinds * MOST;
    list.add(p("number_told"), &[numbers * AssemblyConfig::SEEN, inner]);
    list.add(p("number_place"), &[numbers, inner]);
    list.norm(&p("norm"), inner);
    list.linear(&p("up"), inner, 3 * inner);
    list.linear(&p("mixed"), 3 * inner, 3 * c.mixed);
    list.add(p("mean"), &[kinds, MOST]);
    list.add(p("scale"), &[kinds, MOST]);
}
