//! The flags as they are typed. No file is touched here.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, Parser, Subcommand};

use crate::export::{Unit, Up};
use crate::model::nn::device::DeviceChoice;
use crate::model::{PartIds, Solver};
use crate::pipeline::{Colours, Detail, Parts, Refine, Style};
use values::{
    bytes, duration, explosion, guidance, metres, shard, slot_name, texture, wall, whole,
};

pub use besides::Besides;
pub use cutting::{CutOut, Cutting};
pub use inspect::Inspect;
pub use model::{Action, Model};
pub use pictures::Pictures;
pub use print::{Print, Scale};
pub use rig::{Rig, Switch};
pub use values::{Shard, Texture};

mod besides;
mod cutting;
mod groups;
mod inspect;
mod model;
mod pictures;
mod print;
mod read;
mod rig;
mod values;

const EXAMPLES: &str = "\
Examples:
  gen3d photo.jpg -o figure.glb --preview look.png   and a picture of it
  gen3d 'a bear on a base' -o bear.glb               of words alone
Commands: cutout, inspect, model, cache, forget, completions, man, help";

const MORE: &str = "\
Commands:
  gen3d cache              what is kept on this machine, and until when
  gen3d forget             keep nothing: --help says what else it can do
  gen3d cutout PHOTO       a photo's subject alone, as a .png of the photo's size: --help says more
  gen3d inspect FILE       whether a mesh file would print, anybody's
  gen3d model              add downloaded weights, and look after them: --help says how
  gen3d help               this text
  gen3d completions SHELL  a script that completes these options (bash, zsh, fish, elvish, powershell)
  gen3d man                the manual page

Exit codes:
  0    every figurine was written
  1    an input failed; the others of a batch were still made
  2    the command line makes no sense
  130  stopped by Ctrl-C; no partial file is left

Everything runs on this machine. Nothing is uploaded, and no copy of a picture is kept. Results are
kept for a day, sealed, so that another format takes seconds: only who has the photo can open them.
They are removed at the next start after that.";

/// Turn a photo into a figurine in separate, named, coloured parts.
///
/// The photo's subject is cut out, a network tells how deep each of its parts lies and what is behind
/// it, and each part that it shows (base, legs, torso, arm_left, arm_right, head, hair, item_left,
/// item_right, back) is written as a closed mesh with its own name and colours. Words alone go by a
/// diffusion model.
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
    override_usage = "gen3d PHOTO|WORDS [-o FILE] [OPTIONS]",
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
    /// Say what is kept on this machine: how much, how old, until when, where
    #[command(hide = true)]
    Cache {
        /// Where the sealed results are
        #[arg(long, value_name = "DIR")]
        cache_dir: Option<PathBuf>,

        /// This help
        #[arg(short, long, action = ArgAction::HelpShort)]
        help: Option<bool>,

        /// Print one line of JSON
        #[arg(long)]
        json: bool,
    },
    /// Remove what is kept: all of it, or the results of some photos
    #[command(hide = true)]
    Forget(Forget),
    /// Write a photo's subject alone, on transparency, as large as the photo is
    #[command(hide = true)]
    Cutout(CutOut),
    /// Say whether a mesh file would print, and stand; exits with 1 if it would not print
    #[command(hide = true)]
    Inspect(Inspect),
    /// Add weights of others, and look after them
    #[command(hide = true)]
    Model(Model),
}

/// The flags of `gen3d forget`.
#[derive(Debug, Args)]
pub struct Forget {
    /// Forget only what these photos, views or masks took part in
    #[arg(value_name = "PHOTO")]
    pub photos: Vec<PathBuf>,

    /// Forget only what this prompt took part in; may be given several times
    #[arg(long, value_name = "TEXT")]
    pub prompt: Vec<String>,

    /// Forget only what was made longer ago, as 2h, 30m or 7d
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub older_than: Option<Duration>,

    /// Remove added models, too
    #[arg(long, conflicts_with_all = ["photos", "prompt", "older_than"])]
    pub models: bool,

    /// Only say what would be removed
    #[arg(long)]
    pub dry_run: bool,

    /// Print one line of JSON
    #[arg(long)]
    pub json: bool,

    /// Where the sealed results are
    #[arg(long, value_name = "DIR")]
    pub cache_dir: Option<PathBuf>,

    /// This help
    #[arg(short, long, action = ArgAction::HelpShort)]
    pub help: Option<bool>,
}

/// The flags of the main job.
// With flags in groups clap no longer sees by itself whether any was given; one of these must be.
#[derive(Debug, Args)]
#[group(args = ["output", "inputs", "list", "prompt"])]
pub struct Make {
    /// The photo: JPEG, PNG, WebP, GIF, BMP or TIFF
    ///
    /// The subject should be seen whole and from the front. Of an animation the first frame is used.
    /// At most 100 megapixels and 64 MiB. Several photos, or a folder of them, give one figurine
    /// each in the folder that -o names; figurines that are there already are not made again, so
    /// that a batch that was stopped goes on where it was. - is standard input. What has a space in it and is no file
    /// is taken for words, as with --prompt.
    #[arg(
        value_name = "PHOTO",
        required_unless_present_any = ["list", "prompt"]
    )]
    pub inputs: Vec<PathBuf>,

    #[command(flatten)]
    pub besides: Besides,

    /// A .glb .gltf .vrm .obj .3mf .stl .ply or .usdz
    ///
    /// The ending says the format; .3mf and .stl are for printing, .vrm is for avatars. A file of that name is replaced
    /// once the new one is complete. For several photos, this is a folder; for one, it may be (DIR/). Without it photo.jpg
    /// becomes photo.glb where you are, unless that is a file that gen3d did not make. - is standard output, in --format glb,
    /// stl, ply, 3mf or usdz.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    #[command(flatten)]
    pub pictures: Pictures,

    /// Its height, as 75mm, 10cm or 4in [default: 100mm]
    #[arg(long, value_name = "SIZE", default_value = "100mm", value_parser = metres, hide_default_value = true)]
    pub height: f32,

    #[command(flatten)]
    pub print: Print,

    #[command(flatten)]
    pub moving: Rig,

    /// A file for each part, as figure.head.stl
    ///
    /// In any format but .vrm; all parts keep their places, so that they fit together again.
    #[arg(long)]
    pub split: bool,

    /// One closed mesh of the whole, without parts
    ///
    /// It hangs together and has flat soles, as what goes into a .3mf or an .stl has in any case: loose parts come to what bears
    /// them. -v says what was done for that.
    #[arg(long, conflicts_with = "split")]
    pub solid: bool,

    /// Which axis is up in .obj, .ply and .stl [default: y; z in .ply and .stl]
    ///
    /// glTF is always Y up, 3MF always Z up.
    #[arg(long, value_enum)]
    pub up: Option<Up>,

    /// The unit of the numbers in .obj, .ply and .stl [default: m, in .stl mm]
    ///
    /// glTF is always in metres, 3MF always in millimetres.
    #[arg(long, value_enum)]
    pub units: Option<Unit>,

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
        value_parser = whole::<usize>,
        hide_default_value = true
    )]
    pub faces: usize,

    /// About how many four-sided faces instead, in .obj and .ply
    ///
    /// For sculptors and subdivision: straight from the grid that gives about so many for all parts together, evenly spread, and
    /// closed as ever. It says what share of the faces has four sides. Colours are at the vertices, unless --texture is given.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(100..=2_000_000), conflicts_with_all = ["faces", "resolution"])]
    pub quads: Option<u32>,

    /// Whose colours the figurine has [default: photo]
    #[arg(long, value_enum, default_value_t, hide_default_value = true)]
    pub colours: Colours,

    /// Whether the photo corrects the shape: off, fast or best [default: fast]
    #[arg(long, value_enum, default_value_t, hide_default_value = true)]
    pub refine: Refine,

    /// Whether a photo's shading becomes relief: on or off [default: on]
    #[arg(long, value_enum, default_value_t, hide_default_value = true)]
    pub detail: Detail,

    /// Its proportions
    ///
    /// By default those of the photo. The model makes the same figurine for both; chibi then changes its proportions, the less the larger its head is
    /// already.
    #[arg(long, value_enum, default_value_t, hide_default_value = true)]
    pub style: Style,

    /// Its picture of colours: pixels a side, or off
    ///
    /// The picture lies around the figurine, and its colours are finer than those at the vertices. In .glb and .usdz (inside), .gltf and .obj (FILE.texture.png beside); 64 to 8192, and faces get the most of it. Usual are 1024, which is
    /// about as fine as a photo of that size; larger ones take longer. With off the vertices carry the colours, as they do in all
    /// other formats. Given twice, the last counts.
    #[arg(long, value_name = "N|off", value_parser = texture, overrides_with = "texture")]
    pub texture: Option<Texture>,

    /// Another number, another figurine of words [default: 0]
    ///
    /// The same seed gives the same file, byte for byte, on the same machine. One photo alone is made without chance, but
    /// with --refine best or off, or --colours model; then a seed says what it starts from, as for words.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = whole::<u64>, hide_default_value = true)]
    pub seed: u64,

    #[command(flatten)]
    pub cutting: Cutting,

    /// How many denoising steps: more is slower and may be finer
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub steps: Option<u32>,

    /// How a denoising step is made: multistep needs about half as many [default: multistep for figurines, euler for added models]
    #[arg(long, value_enum, value_name = "HOW")]
    pub solver: Option<Solver>,

    /// How strictly the photo is followed; 1 turns guidance off and halves the work
    #[arg(long, value_name = "X", value_parser = guidance)]
    pub guidance: Option<f32>,

    /// The finest grid on which each part's surface is found
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(16..=1024))]
    pub resolution: Option<u32>,

    /// Take pictures from the folders in a folder, too; their figurines lie in folders of the same names
    #[arg(long)]
    pub recursive: bool,

    /// Also the photos that this file names, one a line; - is standard input
    #[arg(long, value_name = "FILE")]
    pub list: Option<PathBuf>,

    /// The list's names end with a NUL, as those of find -print0
    #[arg(long, requires = "list")]
    pub null: bool,

    /// Only this share of a batch, as 2/8: the second of eight machines
    #[arg(long, value_name = "I/N", value_parser = shard)]
    pub shard: Option<Shard>,

    /// Make the figurines of a batch again that are there already
    ///
    /// Without it those are made again that are not whole, were made with other options or weights or by another version
    /// of gen3d, or are older than their photos.
    #[arg(long, conflicts_with = "no_clobber")]
    pub force: bool,

    /// Keep sealed results here [default: the system's folder for caches, or $GEN3D_CACHE_DIR]
    #[arg(long, value_name = "DIR")]
    pub cache_dir: Option<PathBuf>,

    /// How much may be kept; the oldest goes first
    #[arg(long, value_name = "SIZE", default_value = "2GB", value_parser = bytes)]
    pub cache_size: u64,

    /// How long results are kept, as 24h, 30m or 7d
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = duration)]
    pub keep: Duration,

    /// Keep nothing of this run, and use nothing of earlier ones
    #[arg(long)]
    pub no_cache: bool,

    /// Never replace a file that exists
    ///
    /// One figurine fails then. Of a batch what is there is kept, also where it would be made again, and that is told.
    #[arg(long)]
    pub no_clobber: bool,

    /// Write here what was cut out of the photo
    #[arg(long, value_name = "DIR")]
    pub debug_dir: Option<PathBuf>,

    /// The format of a figurine whose file -o does not name: glb, gltf, vrm, obj, 3mf, stl, ply or usdz [default: glb]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<String>,

    /// Another model: the name of an added one, or a GGUF file [default: the one inside the program]
    #[arg(long, value_name = "NAME|FILE.gguf")]
    pub model: Option<PathBuf>,

    /// How many parts an added model makes of the object, 1 to 16, or auto [default: 4]
    ///
    /// The model was made to be told, and has no way to count. auto: as many as the figurine model in this program sees in the
    /// picture, which means something for figures alone; look at the object and choose where you can. PartCrafter-Scene was
    /// trained on 8 at most; TripoSG makes one.
    #[arg(long, value_name = "N|auto", value_parser = model::parts)]
    pub parts: Option<Parts>,

    /// How many latent tokens an added model spends on a part: more is finer, slower and takes more
    /// memory [default: 1024]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=16_384))]
    pub tokens: Option<u32>,

    /// How an added model tells its parts apart [default: reference]
    #[arg(long, value_enum, value_name = "HOW")]
    pub part_ids: Option<PartIds>,

    /// Where added models are [default: the system's folder for data, or $GEN3D_MODELS_DIR]
    #[arg(long, value_name = "DIR")]
    pub models_dir: Option<PathBuf>,

    /// Where to compute
    #[arg(long, value_enum, default_value_t = DeviceChoice::Auto)]
    pub device: DeviceChoice,

    /// How many processor threads to use [default: all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,

    /// Print one line of JSON about each result
    ///
    /// Its keys: input, output, files (all that was written), parts (name and triangles), triangles, seconds (by stage), total
    /// seconds, peak_memory_bytes, seed, filaments (colour and share, with --filaments), cutout (how the subject was found),
    /// subjects (boxes of all that the photo shows, in pixels) and subject (which was made), notes (what is in doubt, for people),
    /// unknown_words (of the prompt), changed (parts that a prompt changed
    /// of what the photo shows), denoise_steps (0 for a result that was kept), cached,
    /// network (denied, by the system), file_access (confined, by the system), model (name and sha256); made_again (why, where a
    /// batch found one already). Of a figurine that was there: input, output, skipped, and kept (why it would be made again, but
    /// for --no-clobber). Of every failure, also before the first
    /// photo: error, with its kind (usage, input, output, run, stopped or fault), message and input. assets/json.schema.json
    /// describes all of them.
    #[arg(long)]
    pub json: bool,

    /// Tell programs how far it is: lines of JSON on standard error
    ///
    /// As {"progress":0.43,"stage":"denoise"}: the share of the time that is over, 0 to 1, and what is done now, as "seconds" of
    /// --json calls it. Of a batch it is the share of its photos, and no stage. What else is on standard error is for people.
    #[arg(long)]
    pub progress: bool,

    /// Say nothing but errors
    #[arg(short, long)]
    pub quiet: bool,

    /// Say more: each stage and its time
    #[arg(short, long)]
    pub verbose: bool,

    /// This help; 'gen3d help' explains every option
    #[arg(short, long, action = ArgAction::HelpShort)]
    pub help: Option<bool>,

    /// Which version this is
    #[arg(short = 'V', long, action = ArgAction::Version)]
    pub version: Option<bool>,
}
