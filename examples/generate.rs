//! A photo becomes a figurine, by the library: `cargo run --release --example generate -- photo.jpg out.glb`.

use std::error::Error;

use gen3d::{ExportOptions, Options};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(photo), Some(output)) = (arguments.next(), arguments.next()) else {
        return Err("usage: generate PHOTO OUT.glb".into());
    };
    let options = Options {
        faces: 20_000,
        ..Options::default()
    };
    let figurine = gen3d::generate(photo, &options)?;
    for part in &figurine.parts {
        println!("{}: {} triangles", part.name, part.mesh.triangles.len());
    }
    gen3d::write(output, &figurine, &ExportOptions::default())?;
    Ok(())
}
