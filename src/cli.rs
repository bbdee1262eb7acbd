//! The flags as they are typed. No file is touched here.

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

const EXAMPLES: &str = "\
Examples:
  gen3d photo.jpg -o figure.glb                      open it in Blender
  gen3d photo.jpg -o figure.glb --preview look.png   and a picture of it
  gen3d photo.jpg -o head.obj --only head,hair       only some parts";

const MORE: &str = "\
Commands:
  gen3d help               this text
  gen3d completions SHELL  a script that completes these options (bash, zsh, fish, elvish, powershell)
  gen3d man                the manual page

Exit codes:
  0    every figurine was written
  1    an input failed; the others of a batch were still made
  2    the command line makes no sense
  130  stopped by Ctrl-C; no partial file is left

Everything runs on this machine. Nothing is uploaded, and no copy of a picture is kept.";

/// Turn a photo into a figurine in separate, named, coloured parts.
///
/// The photo's subject is cut out, a diffusion model turns it into a figurine that stands on a base
/// and faces you, and each part (base, legs, torso, arm_left, arm_right, head, hair, item_left,
/// item_right, back) is written as a closed mesh with its own name and colours.
#[derive(Debug, Parser)]
#[command(
    name = "gen3d",
    version,
    disable_version_flag = true,
    disable_help_flag = true,
    disable_help_subcommand = true,
    arg_required_else_help = true,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    max_term_width = 100,
    next_help_heading = "Options",
    override_usage = "gen3d PHOTO -o FILE [OPTIONS]",
    help_template = "{about-with-newline}\n{usage-heading} {usage}\n\n{all-args}{after-help}",
    after_help = EXAMPLES,
    after_long_help = MORE
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub make: Option<Make>,
}

/// What can be done besides making figurines.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Explain every option
    #[command(hide = true, disable_help_flag = true)]
    Help,
    /// Print a script that completes gen3d's options in a shell
    #[command(hide = true, disable_help_flag = true)]
    Completions {
        /// The shell to print it for
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    #[command(hide = true, disable_help_flag = true)]
    Man,
}

/// The flags of the main job.
#[derive(Debug, Args)]
pub struct Make {
    /// The photo: JPEG, PNG, WebP, GIF, BMP or TIFF
    ///
    /// The subject should be seen whole and from the front. Of an animation the first frame is used.
    /// At most 100 megapixels and 64 MiB. Several photos, or a folder of them, give one figurine
    /// each in the folder that -o names.
    #[arg(
        value_name = "PHOTO",
        required = true,
        hide_short_help = true,
        help_heading = "Photo"
    )]
    pub inputs: Vec<PathBuf>,

    /// What to write: .glb .gltf .obj .3mf .stl or .ply
    ///
    /// The ending says the format; .3mf and .stl are for printing. A file of that name is replaced
    /// once the new one is complete. For several photos, this is a folder.
    #[arg(short, long, value_name = "FILE", required = true)]
    pub output: PathBuf,

    /// Also write a picture of the figurine
    #[arg(long, value_name = "FILE.png")]
    pub preview: Option<PathBuf>,

    /// From where the picture is taken
    #[arg(long, value_enum, default_value_t = View::ThreeQuarter, hide_short_help = true)]
    pub view: View,

    /// Its height, as 75mm, 10cm or 4in [default: 100mm]
    #[arg(long, value_name = "SIZE", default_value = "100mm", value_parser = metres, hide_default_value = true)]
    pub height: f32,

    /// Write only these parts, as head,hair
    #[arg(long, value_name = "PARTS", value_delimiter = ',', value_parser = slot_name)]
    pub only: Vec<String>,

    /// About how many triangles [default: 60000]
    ///
    /// For all parts together. The surface is simplified where it is flat; the shape stays. 0 keeps every triangle.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 60_000,
        hide_default_value = true
    )]
    pub faces: usize,

    /// Another number, another figurine [default: 0]
    ///
    /// The same seed gives the same file, byte for byte, on the same machine.
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub seed: u64,

    /// Where the subject is: a picture, white on black
    ///
    /// It has the photo's shape. Without it, a valid transparency of the photo is used, then a plain background is taken away,
    /// then the subject is guessed.
    #[arg(long, value_name = "FILE")]
    pub mask: Option<PathBuf>,

    /// How many denoising steps: more is slower and may be finer
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000), hide_short_help = true)]
    pub steps: Option<u32>,

    /// How strictly the photo is followed; 1 turns guidance off and halves the work
    #[arg(long, value_name = "X", value_parser = guidance, hide_short_help = true)]
    pub guidance: Option<f32>,

    /// The finest grid on which each part's surface is found
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(16..=1024), hide_short_help = true)]
    pub resolution: Option<u32>,

    /// Fail rather than replace a file that exists
    #[arg(long)]
    pub no_clobber: bool,

    /// Write here what was cut out of the photo
    #[arg(long, value_name = "DIR")]
    pub debug_dir: Option<PathBuf>,

    /// The format of the files in a folder of figurines
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "glb",
        hide_short_help = true
    )]
    pub format: String,

    /// Another model: a GGUF file [default: the one inside the program]
    #[arg(long, value_name = "FILE.gguf", hide_short_help = true)]
    pub model: Option<PathBuf>,

    /// Where to compute
    #[arg(long, value_enum, default_value_t = Device::Auto, hide_short_help = true)]
    pub device: Device,

    /// How many processor threads to use [default: all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024), hide_short_help = true)]
    pub threads: Option<u16>,

    /// Print one line of JSON about each result
    ///
    /// Its keys: input, output, parts (name and triangles), triangles, seconds (by stage), total
    /// seconds, peak_memory_bytes, seed, cutout (how the subject was found), model (name and
    /// sha256), or error.
    #[arg(long, hide_short_help = true)]
    pub json: bool,

    /// Say nothing but errors
    #[arg(short, long)]
    pub quiet: bool,

    /// Say more: each stage and its time
    #[arg(short, long, hide_short_help = true)]
    pub verbose: bool,

    /// This help; 'gen3d help' explains every option
    #[arg(short, long, action = ArgAction::HelpShort)]
    pub help: Option<bool>,

    /// Which version this is
    #[arg(short = 'V', long, action = ArgAction::Version, hide_short_help = true)]
    pub version: Option<bool>,
}

/// From where the preview is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum View {
    /// From the front, turned and a little from above
    ThreeQuarter,
    /// From the front
    Front,
    /// Its left side
    Side,
    /// From behind
    Back,
    /// All four, two by two
    Sheet,
}

/// Where to compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Device {
    /// The fastest that this build and this machine have
    Auto,
    /// The processor
    Cpu,
    /// An NVIDIA GPU, in a build with the feature `cuda`
    Cuda,
    /// An Apple GPU, in a build with the feature `metal`
    Metal,
}

/// A length with its unit, in metres.
fn metres(text: &str) -> Result<f32, String> {
    let units = [("mm", 0.001), ("cm", 0.01), ("in", 0.0254), ("m", 1.0)];
    let (number, scale) = units
        .iter()
        .find_map(|&(unit, scale)| Some((text.strip_suffix(unit)?, scale)))
        .ok_or("a size needs a unit: 75mm, 10cm, 0.1m or 4in")?;
    let number: f64 = (number.trim().parse()).map_err(|_| format!("'{number}' is not a number"))?;
    let metres = number * scale;
    // Beyond these the files' 32-bit numbers, and every printer, give up.
    if (0.001..=1000.0).contains(&metres) {
        Ok(metres as f32)
    } else {
        Err("a figurine's height is between 1mm and 1000m".into())
    }
}

fn guidance(text: &str) -> Result<f32, String> {
    match text.parse() {
        Ok(scale) if (0.0..=100.0).contains(&scale) => Ok(scale),
        _ => Err("guidance is a number from 0 to 100".into()),
    }
}

fn slot_name(text: &str) -> Result<String, String> {
    let name = text.trim();
    if name.is_empty() {
        return Err("a part's name is empty".into());
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_flags_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn lengths_need_a_unit_and_a_sane_value() {
        for (text, want) in [
            ("100mm", 0.1),
            ("7.5 cm", 0.075),
            ("0.1m", 0.1),
            ("4in", 0.1016),
        ] {
            assert_eq!(metres(text), Ok(want), "{text}");
        }
        for text in [
            "", "0", "0mm", "-3cm", "100", "mm", "NaNm", "infm", "1e9m", "12 feet",
        ] {
            assert!(metres(text).is_err(), "'{text}' is no height");
        }
    }
}
