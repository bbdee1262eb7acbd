//! A photo becomes a figurine, by the library: `cargo run --release --example generate -- photo.jpg out.glb`.

use std::path::Path;

use anyhow::{Context, Result};
use gen3d::export::{self, ExportOptions};
use gen3d::input::{cutout, photo};
use gen3d::model::{Model, device};
use gen3d::progress::Watch;
use gen3d::run::{self, Options};

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (input, output) = arguments
        .next()
        .zip(arguments.next())
        .context("usage: generate PHOTO OUT.glb [MODEL.gguf]")?;
    let device = device::choose("auto")?;
    let model = match arguments.next() {
        Some(path) => Model::open(Path::new(&path), &device)?,
        None => Model::from_bytes(gen3d::weights::embedded(), &device)?,
    };
    let picture = photo::open(Path::new(&input))?;
    let subject = cutout::cut(picture, None, model.segmenter())?;
    let options = Options {
        seed: 7,
        ..Options::default()
    };
    let (figurine, _) = run::figurine(&model, &subject.into(), &options, &Watch::silent())?;
    for part in &figurine.parts {
        println!("{}: {} triangles", part.name, part.mesh.triangles.len());
    }
    export::write(Path::new(&output), &figurine, &ExportOptions::default())?;
    Ok(())
}
