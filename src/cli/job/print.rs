//! From flags to what the printer wants.

use anyhow::{Result, bail};

use crate::cli::flags::{self, Make, Scale};
use crate::export::Format;
use crate::figure::print::{Base, Outline, PrintOptions, Size, letters};
use crate::pipeline::job::Usage;
use crate::slots::Slot;

/// The thickest wall that can be asked for, in heights of the figurine.
const THICKEST: f32 = 0.2;

/// Thinner walls than this hold no resin in, millimetres.
const THINNEST: f32 = 0.5;

/// What the printer wants.
pub(super) fn options(flags: &Make) -> Result<PrintOptions> {
    let flags::Print {
        scale,
        pegs,
        clearance,
        min_wall,
        hollow,
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
    if let Some(wall) = hollow {
        check_hollow(wall, min_wall, tall)?;
    }
    let pegs = pegs.then_some(clearance / 1000.0);
    let plain = PrintOptions::default();
    Ok(PrintOptions {
        size,
        base,
        name,
        pegs,
        wall,
        hollow: hollow.map(|wall| wall / 1000.0),
        resolution: flags.resolution.map_or(plain.resolution, |n| n as usize),
    })
}

/// Whether walls that are `hollow`, millimetres, make sense in a figurine so `tall`, metres.
fn check_hollow(hollow: f32, least: Option<f32>, tall: f32) -> Result<()> {
    let most = tall * THICKEST * 1000.0;
    let problem = match least {
        Some(least) if hollow < least => {
            format!("walls of {hollow}mm are thinner than the --min-wall of {least}mm")
        }
        _ if hollow < THINNEST => format!("walls thinner than {THINNEST}mm do not hold"),
        _ if hollow > most => format!(
            "of a figurine {}mm high, walls thicker than {most:.1}mm would leave no hollow",
            (tall * 1e4).round() / 10.0
        ),
        _ => return Ok(()),
    };
    bail!(Usage(format!("--hollow: {problem}")))
}

/// Whether the figurine is laid as it is printed best. That, and walls, are of what is printed in one piece.
pub(super) fn orient(flags: &Make, printed: bool) -> Result<bool> {
    let wanted = [
        ("--hollow", flags.print.hollow.is_some()),
        ("--orient", flags.print.orient),
    ];
    let whole = [
        ("--only", !flags.only.is_empty()),
        ("--quads", flags.quads.is_some()),
        ("--name", flags.print.name.is_some()),
    ];
    let hollow = flags.print.hollow.is_some();
    if let Some((flag, _)) = whole.iter().find(|(_, given)| hollow && *given) {
        bail!(Usage(format!(
            "--hollow: goes with all of a figurine, and without letters: leave out {flag}"
        )));
    }
    if let Some((flag, _)) = wanted.iter().find(|(_, given)| *given && !printed) {
        bail!(Usage(format!(
            "{flag}: only of what is printed in one piece: a .3mf or .stl without --pegs, --split and --explode, or \
             anything with --solid"
        )));
    }
    Ok(flags.print.orient)
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
    let usual =
        (name.is_some() || flags.besides.together).then_some(Base::Plinth(Outline::Disk, None));
    let base = match flags.print.base.or(usual) {
        Some(Base::Plinth(outline, _)) => Some(Base::Plinth(outline, width)),
        other => other,
    };
    let problem = match base {
        Some(Base::Nothing) if name.is_some() => {
            "--name: letters are on a plinth, and --base none leaves none"
        }
        Some(Base::Nothing) if width.is_some() => {
            "--base-diameter: with --base none there is nothing to be so wide"
        }
        None if width.is_some() => {
            "--base-diameter: of which plinth? Say --base disk, square or hex, too"
        }
        _ if name.is_some() && !(kept(Slot::Name) && kept(Slot::Base)) => {
            "--name: the letters are on the plinth, and --only leaves them out: say --only base,name and what else is wanted"
        }
        _ => return Ok((base, name)),
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
