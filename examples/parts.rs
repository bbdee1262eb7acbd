//! How well `--parts auto` counts: for each picture of a folder with a GLB of the same name, whose nodes with a mesh
//! are its true parts, how many are counted; then the mean error beside that of always saying the same number.
//!
//!     cargo run --release --example parts -- FOLDER

use std::path::Path;

use anyhow::{Context, Result, ensure};
use candle_core::Device;
use gen3d::base::progress::Watch;
use gen3d::model::Model;
use gen3d::model::embedded;
use gen3d::photo::{cutout, decode};
use gen3d::pipeline;
use gen3d::pipeline::Subject;

fn main() -> Result<()> {
    let folder = std::env::args().nth(1).context("usage: parts FOLDER")?;
    let counter = Model::from_bytes(embedded::weights(), &Device::Cpu)?;
    let mut pairs = Vec::new();
    for entry in Path::new(&folder).read_dir()? {
        let truth = entry?.path();
        let picture = truth.with_extension("png");
        if truth.extension().is_none_or(|end| end != "glb") || !picture.exists() {
            continue;
        }
        let picture = decode::decode(&decode::read(&picture)?)?;
        let subject = Subject::from(cutout::cut(picture, None, counter.cutout_network())?);
        let counted = pipeline::count(&counter, &subject, &Watch::silent())?;
        pairs.push((counted, nodes(&truth)?));
    }
    ensure!(!pairs.is_empty(), "{folder}: no GLB with its picture");
    let mean = |error: &dyn Fn(&(usize, usize)) -> usize| {
        pairs.iter().map(error).sum::<usize>() as f64 / pairs.len() as f64
    };
    let right = pairs
        .iter()
        .filter(|(counted, truth)| counted == truth)
        .count();
    println!("{} pictures, {right} counted right", pairs.len());
    println!(
        "mean error of counting     {:.2}",
        mean(&|(counted, truth)| counted.abs_diff(*truth))
    );
    for number in 1..=10 {
        println!(
            "mean error of saying {number:>2}    {:.2}",
            mean(&|(_, truth)| truth.abs_diff(number))
        );
    }
    Ok(())
}

/// Nodes with a mesh.
fn nodes(path: &Path) -> Result<usize> {
    let file = gltf::Gltf::open(path).with_context(|| path.display().to_string())?;
    Ok(file.nodes().filter(|node| node.mesh().is_some()).count())
}
