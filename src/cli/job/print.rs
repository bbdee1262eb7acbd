//! From flags to what the printer wants.

use anyhow::{Result, bail};

use crate::cli::flags::{self, Make, Scale};
use crate::export::Format;
use crate::figure::print::{Base, PrintOptions, Size, letters};
use crate::pipeline::job::Usage;
use crate::slots::Slot;

/// The thickest wall that can be asked for, in heights of the figurine.
const THICKEST: f32 = 0.2;

/// What the printer wants.
pub(super) fn options(flags: &Make) -> Result<PrintOptions> {
    let flags::Print {
        scale,
        pegs,
        clearance,
        min_wall,
        ..
    } = flags.print;
    let size = scale.map_or(Size::Height(flags.height), Scale::size);
    let (base, name) = plinth(flags)?;
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
        name,
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

/// What it stands on, and the letters on that.
fn plinth(flags: &Make) -> Result<(Option<Base>, Option<String>)> {
    let width = flags.print.base_diameter;
    let name = (flags.print.name.as_ref())
        .map(|name| letters::tidy(name).map_err(|e| Usage(format!("--name: {e}"))))
        .transpose()?;
    let kept = |slot: Slot| flags.only.is_empty() || flags.only.iter().any(|part| slot.is(part));
    let usual = (name.is_some() || flags.besides.together).then_some(flags::Base::Disk);
    let base = flags.print.base.or(usual);
    let problem = match base {
        Some(flags::Base::None) if name.is_some() => {
            "--name: letters are on a plinth, and --base none leaves none"
        }
        Some(flags::Base::None) if width.is_some() => {
            "--base-diameter: with --base none there is nothing to be so wide"
        }
        None if width.is_some() => {
            "--base-diameter: of which plinth? Say --base disk, square or hex, too"
        }
        _ if name.is_some() && !(kept(Slot::Name) && kept(Slot::Base)) => {
            "--name: the letters are on the plinth, and --only leaves them out: say --only base,name and what else is wanted"
        }
        _ => return Ok((base.map(|base| base.of_width(width)), name)),
    };
    bail!(Usage(problem.into()))
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
