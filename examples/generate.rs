//! A photo becomes a figurine, by the library: `cargo run --release --example generate -- photo.jpg out.glb`.

use std::path::Path;

use anyhow::{Context, Result};
use gen3d::base::progress::Watch;
use gen3d::export;
use gen3d::export::ExportOptions;
use gen3d::model::Model;
use gen3d::model::nn::device;
use gen3d::photo::{cutout, decode};
use gen3d::pipeline;
use gen3d::pipeline::Options;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (input, output) = arguments
        .next()
        .zip(arguments.next())
        .context("usage: generate PHOTO OUT.glb [MODEL.gguf]")?;
    let device = device::choose("auto")?;
    let model = match arguments.next() {
        Some(path) => Model::open(Path::new(&path), &device)?,
        None => Model::from_bytes(gen3d::model::embedded::weights(), &device)?,
    };
    let picture = decode::open(Path::new(&input))?;
    let subject = cutout::cut(picture, None, model.segmenter())?;
    let options = Options {
        seed: 7,
        ..Options::default()
    };
    let (figurine, _) = pipeline::figurine(&model, &subject.into(), &options, &Watch::silent())?;
    for part in &figurine.parts {
        println!("{}: {} triangles", part.name, part.mesh.triangles.len());
    }
    export::write(Path::new(&output), &figurine, &ExportOptions::default())?;
    Ok(())
}
