//! What is to be made, and where it goes: a file, a folder, or standard output.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::inputs::{self, Unread};
use super::typed;
use crate::base::handed;
use crate::cli::flags::Make;
use crate::export::Format;
use crate::pipeline::job::{Item, Usage};

/// What is to be made.
pub(super) struct Items {
    pub(super) items: Vec<Item>,
    pub(super) unread: Unread,
    /// Whether several photos may be meant.
    pub(super) many: bool,
    /// The output, where that is a folder.
    pub(super) folder: Option<PathBuf>,
    /// Of all of them.
    pub(super) format: Format,
    /// The same, where the figurine goes to standard output.
    pub(super) out: Option<Format>,
    /// What is to be told about them.
    pub(super) notes: Vec<String>,
}

/// What the flags say is to be made.
pub(super) fn items(flags: &Make) -> Result<Items> {
    let photos = !flags.inputs.is_empty() || flags.list.is_some();
    if !photos && flags.besides.prompt.is_none() {
        bail!(Usage("neither a photo nor a prompt was given".into()));
    }
    if !photos && (flags.cutting.mask.is_some() || flags.cutting.save_mask.is_some()) {
        bail!(Usage("--mask and --save-mask go with a photo".into()));
    }
    if flags.besides.together {
        return together(flags);
    }
    let many = match &flags.inputs[..] {
        [only] if flags.list.is_none() => only.is_dir(),
        _ => photos,
    };
    let named = named_format(flags)?;
    let format = named.unwrap_or(Format::Glb);
    let mut notes = Vec::new();
    let output = typed::output(flags, format, &mut notes)?;
    if flags.output.is_some() && handed::is_output(&output) {
        let items = vec![single(flags, output)];
        check_out(flags, many, format)?;
        return Ok(Items {
            items,
            unread: Unread::new(),
            many,
            folder: None,
            format,
            out: Some(format),
            notes,
        });
    }
    let into = many || output.is_dir() || typed::names_folder(&output);
    let mut unread = Unread::new();
    let (items, format) = match (into, &flags.besides.prompt) {
        (true, Some(prompt)) if !photos => {
            let name = typed::of_words(prompt);
            let name = inputs::file_name(&name, 1, format.ending(), flags.split);
            let output = output.join(name);
            (vec![single(flags, output)], format)
        }
        (true, _) => {
            let placed = inputs::into_folder(flags, &output, format)?;
            unread = placed.unread;
            notes.extend(placed.notes);
            (placed.items, format)
        }
        (false, _) => {
            let format = format_of(&output, named)?;
            (vec![single(flags, output.clone())], format)
        }
    };
    Ok(Items {
        items,
        unread,
        many,
        folder: into.then_some(output),
        format,
        out: None,
        notes,
    })
}

/// The one figurine of the first photo, or of words.
fn single(flags: &Make, output: PathBuf) -> Item {
    Item {
        input: flags.inputs.first().cloned(),
        beside: Vec::new(),
        output,
    }
}

/// One figurine of all photos.
fn together(flags: &Make) -> Result<Items> {
    let mut photos = inputs::photos(flags)?.into_iter();
    let named = named_format(flags)?;
    let format = named.unwrap_or(Format::Glb);
    let Some(output) = flags.output.clone() else {
        bail!(Usage(
            "--together: say where the one figurine goes, as -o family.glb".into()
        ));
    };
    let out = handed::is_output(&output);
    let format = match out {
        true => {
            check_out(flags, false, format)?;
            format
        }
        false => format_of(&output, named)?,
    };
    let item = Item {
        input: photos.next(),
        beside: photos.collect(),
        output,
    };
    Ok(Items {
        items: vec![item],
        unread: Unread::new(),
        many: false,
        folder: None,
        format,
        out: out.then_some(format),
        notes: Vec::new(),
    })
}

/// The format that a file's name says, and `--format` no other.
fn format_of(output: &Path, named: Option<Format>) -> Result<Format> {
    let format = Format::of(output).map_err(|e| Usage(e.to_string()))?;
    match named.filter(|named| *named != format) {
        Some(named) => bail!(Usage(format!(
            "--format {}: {} says another format already: say -o {}",
            named.ending(),
            output.display(),
            output.with_extension(named.ending()).display()
        ))),
        None => Ok(format),
    }
}

/// What `--format` names.
fn named_format(flags: &Make) -> Result<Option<Format>> {
    let named = |name: &String| {
        let dotless = name.trim_start_matches('.');
        Format::of(Path::new(&format!("x.{dotless}"))).map_err(|_| {
            Usage(format!(
                "{name}: the format is one of glb, gltf, vrm, obj, 3mf, stl, ply and usdz"
            ))
        })
    };
    Ok(flags.format.as_ref().map(named).transpose()?)
}

/// Whether a figurine can go to standard output, and nothing else does.
fn check_out(flags: &Make, many: bool, format: Format) -> Result<()> {
    let several = matches!(format, Format::Gltf | Format::Obj) || flags.split;
    let reason = if many {
        "one figurine fits there, and these may be several: name a folder"
    } else if several {
        "several files do not fit there: --format glb, vrm, stl, ply, 3mf or usdz, without --split, is one"
    } else if flags.json {
        "the line of --json goes there: name a file"
    } else if std::io::stdout().is_terminal() {
        "standard output is a terminal, which shows no figurine: lead it to a file or a pipe, or name a file"
    } else {
        return Ok(());
    };
    bail!(Usage(format!("-o -: {reason}")))
}
