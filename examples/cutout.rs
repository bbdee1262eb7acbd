//! Cuts the subject out of pictures, as the program does: `cutout WEIGHTS.gguf OUT_DIR PICTURE...`
//! Writes OUT_DIR/NAME.png with transparency and says which method was used.

use std::path::Path;

use anyhow::{Context, Result};
use gen3d::model::Model;
use gen3d::model::nn::device::{self, DeviceChoice};
use gen3d::photo::{cutout, decode};

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let usage = "usage: cutout WEIGHTS.gguf OUT_DIR PICTURE...";
    let (weights, folder) = (args.next().context(usage)?, args.next().context(usage)?);
    let model = Model::open(weights.as_ref(), &device::choose(DeviceChoice::Auto)?)?;
    std::fs::create_dir_all(&folder)?;
    for path in args {
        let path = Path::new(&path);
        let picture = decode::open(path)?;
        match cutout::cut(picture, None, model.cutout_network()) {
            Ok(cutout) => {
                let name = path.file_stem().context("a picture's name")?;
                let out = Path::new(&folder).join(name).with_extension("png");
                cutout.pixels.save(&out)?;
                println!("{} {:?}", path.display(), cutout.method);
            }
            Err(error) => println!("{} {error:#}", path.display()),
        }
    }
    Ok(())
}
