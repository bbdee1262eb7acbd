//! From flags to what the printer wants.

use anyhow::{Result, bail};

use crate::cli::flags::{self, Make, Scale};
use crate::export::Format;
use crate::figure::print::{Base, PrintOptions, Size};
use crate::pipeline::job::Usage;

/// The thickest wall that can be asked for, in heights of the figurine.
const THICKEST: f32 = 0.2;

/// What the printer wants.
pub(super) fn options(flags: &Make) -> Result<PrintOptions> {
    let flags::Print {
        scale,
        base,
        base_diameter,
        pegs,
        clearance,
        min_wall,
        ..
    } = flags.print;
    let size = scale.map_or(Size::Height(flags.height), Scale::size);
    let base = base.map(|base| base.of_width(base_diameter));
    if base == Some(Base::Nothing) && base_diameter.is_some() {
        bail!(Usage(
            "--base-diameter: with --base none there is nothing to be so wide".into()
        ));
    }
    if !(0.05..=1.0).contains(&clearance) {
        bail!(Usage(
            "--clearance: pegs hold with 0.05mm to 1mm around them".into()
        ));
    }
    let wall = min_wall
        .filter(|wall| *wall > 0.0)
        .map(|wall| wall / 1000.0);
    let tenths = |metres: f32| (metres * 1e4).round() / 10.0;
    let (Size::Height(tall) | Size::Eyes(tall)) = size;
    if wall.is_some_and(|wall| wall > tall * THICKEST) {
        bail!(Usage(format!(
            "--min-wall: of a figurine {}mm high, walls thicker than {}mm would leave no shape",
            tenths(tall),
            tenths(tall * THICKEST)
        )));
    }
    let pegs = pegs.then_some(clearance / 1000.0);
    let plain = PrintOptions::default();
    Ok(PrintOptions {
        size,
        base,
        pegs,
        wall,
        resolution: flags.resolution.map_or(plain.resolution, |n| n as usize),
    })
}

/// Whether the figurine goes to a printer as a whole.
pub(super) fn as_a_whole(flags: &Make, format: Format) -> bool {
    let apart = flags.split || flags.print.pegs || flags.print.explode > 0.0;
    flags.solid || (matches!(format, Format::ThreeMf | Format::Stl) && !apart)
}

/// How many filaments the figurines are painted in, which are all of one format.
pub(super) fn filaments(flags: &Make, format: Format) -> Result<Option<usize>> {
    let count = flags.print.filaments.map(usize::from);
    if count.is_some() && format != Format::ThreeMf {
        bail!(Usage(format!(
            "--filaments: .{}: only .3mf tells slicers which filament goes where",
            format.ending()
        )));
    }
    Ok(count)
}
