//! The flags for pictures of the figurine.

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::builder::{EnumValueParser, PossibleValue, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, Args, Command, ValueEnum};

use super::values::{degrees, seconds};
use crate::render::Viewpoint;

/// The flags for pictures of the figurine.
#[derive(Debug, Args)]
pub struct Pictures {
    /// Also write a picture of it: .png, or .html to turn it
    ///
    /// A .html is one page that any browser shows, without a network: the figurine is in it, and turns as one drags it; parts
    /// can be hidden and pushed apart, and its shape be seen without paint, as a net and with its measures. Of several photos
    /// name a folder for the pictures, or FOLDER/{}.html for pages.
    #[arg(long, value_name = "FILE")]
    pub preview: Option<PathBuf>,

    /// From where the picture is taken, or how a page begins [default: three-quarter]
    ///
    /// Or in degrees: 40 is from so far around the figure to its left, 0 from the front; 40,25 is also from so far above.
    #[arg(long, value_name = "VIEW", value_parser = ViewParser, requires = "preview")]
    pub view: Option<Viewpoint>,

    /// Pictures and films show its shape in clay, without paint
    #[arg(long)]
    pub clay: bool,

    /// Also write it turning: .gif .webp or _%03d.png
    ///
    /// A .gif opens everywhere, in 256 colours; .webp keeps every pixel as it was drawn; turn_%03d.png
    /// is a file a picture, from turn_001.png on.
    #[arg(long, value_name = "FILE")]
    pub turntable: Option<PathBuf>,

    /// How many pictures one turn has
    #[arg(long, value_name = "N", default_value_t = 36, value_parser = clap::value_parser!(u16).range(2..=240),
        requires = "turntable")]
    pub frames: u16,

    /// How long one turn takes
    #[arg(long, value_name = "S", default_value_t = 3.0, value_parser = seconds,
        requires = "turntable")]
    pub seconds: f32,

    /// Pixels a side of those pictures
    #[arg(long, value_name = "N", default_value_t = 512, value_parser = clap::value_parser!(u32).range(32..=1024),
        requires = "turntable")]
    pub turntable_size: u32,

    /// Show no small picture in the terminal at the end
    ///
    /// One is shown of a single figurine, in a terminal that has colours, unless --quiet or --json is given.
    #[arg(long)]
    pub no_picture: bool,
}

/// A side by its name, or degrees.
#[derive(Clone)]
struct ViewParser;

impl TypedValueParser for ViewParser {
    type Value = Viewpoint;

    fn parse_ref(
        &self,
        command: &Command,
        arg: Option<&Arg>,
        value: &OsStr,
    ) -> Result<Viewpoint, clap::Error> {
        match value.to_str().and_then(degrees) {
            Some((around, above)) => Ok(Viewpoint::At(around, above)),
            None if value
                .to_string_lossy()
                .contains(|c: char| c.is_ascii_digit()) =>
            {
                let said = format!(
                    "invalid value '{}' for '--view <VIEW>': degrees are whole, up to 360 around the figure and up to 89 \
                     above or below it, as 40 or -90,25\n\nFor more information, try '--help'.\n",
                    value.display()
                );
                Err(clap::Error::raw(ErrorKind::ValueValidation, said).with_cmd(command))
            }
            None => EnumValueParser::new().parse_ref(command, arg, value),
        }
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let all = Viewpoint::value_variants().iter();
        Some(Box::new(all.filter_map(ValueEnum::to_possible_value)))
    }
}
