//! From flags to a job that makes sense: which photos, which files, which options.

use std::collections::HashSet;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::base::file;
use crate::cache;
use crate::cli::flags::{self, Device, Make};
use crate::export::{self, ExportOptions, Format, Unit, Up};
use crate::figure::print::Size;
use crate::model::{PartIds, Solver};
use crate::model_library::Library;
use crate::pipeline::job::{Item, Job, Pictures, Usage};
use crate::pipeline::{Colours, Options, Refine, Style};
use crate::slots::Side;

mod pictures;
mod print;

/// Endings of the picture files that are taken from a folder.
const PICTURES: [&str; 8] = ["jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff"];

impl Job {
    /// Checks the flags against each other and looks into folders; opens no picture.
    ///
    /// # Errors
    /// [`Usage`] where the flags contradict each other; else what the file system says.
    pub fn new(flags: Make) -> Result<Self> {
        let print = print::options(&flags)?;
        let height = match print.size {
            Size::Height(height) => height,
            Size::Eyes(_) => flags.height, // the figurine's scale says it
        };
        let photos = !flags.inputs.is_empty() || flags.list.is_some();
        if !photos && flags.besides.prompt.is_none() {
            bail!(Usage("neither a photo nor a prompt was given".into()));
        }
        let many = match &flags.inputs[..] {
            [only] if flags.list.is_none() => only.is_dir(),
            _ => photos,
        };
        let into = photos && (many || flags.output.is_dir());
        let items = if into {
            into_folder(&flags)?
        } else {
            Format::of(&flags.output).map_err(|e| Usage(e.to_string()))?;
            vec![Item {
                input: flags.inputs.first().cloned(),
                output: flags.output.clone(),
            }]
        };
        let up = flags.up.map(|up| match up {
            flags::Up::Y => Up::Y,
            flags::Up::Z => Up::Z,
        });
        let unit = flags.units.map(Unit::from);
        if let Some(item) = items.first() {
            let format = Format::of(&item.output)?;
            format.frame(up, unit).map_err(|e| {
                let ending = item.output.extension().unwrap_or_default();
                Usage(format!("--up, --units: .{}: {e}", ending.to_string_lossy()))
            })?;
        }
        if flags.texture.is_some()
            && let Some(item) = items.first()
        {
            Format::of(&item.output)?
                .texture(&item.output)
                .map_err(|e| Usage(format!("--texture: {e}")))?;
        }
        let filaments = print::filaments(&flags, &items)?;
        let views = [
            (Side::Left, flags.besides.left),
            (Side::Right, flags.besides.right),
            (Side::Back, flags.besides.back),
        ];
        let views: Vec<_> = (views.into_iter())
            .filter_map(|(side, path)| Some((side, path?)))
            .collect();
        let single = [
            ("--mask", flags.mask.is_some()),
            ("--preview", flags.pictures.preview.is_some()),
            ("--turntable", flags.pictures.turntable.is_some()),
            ("--left, --right and --back", !views.is_empty()),
        ];
        if !photos && flags.mask.is_some() {
            bail!(Usage("--mask goes with a photo".into()));
        }
        for (flag, given) in single {
            if many && given {
                bail!(Usage(format!(
                    "{flag}: only with one photo, not with several"
                )));
            }
        }
        let read: Vec<&PathBuf> = (items.iter().filter_map(|item| item.input.as_ref()))
            .chain(&flags.mask)
            .chain(views.iter().map(|(_, path)| path))
            .collect();
        let beside = |item: &Item| Format::of(&item.output).ok()?.texture(&item.output).ok()?;
        let textures: Vec<PathBuf> = (items.iter().filter(|_| flags.texture.is_some()))
            .filter_map(beside)
            .collect();
        let pictures = Pictures::new(flags.pictures, &read, &textures)?;
        // Words that are all there is are followed as a photo is.
        let alone = items.iter().all(|item| item.input.is_none());
        let told = flags.besides.prompt_guidance.filter(|_| alone);
        let guidance = told.or(flags.guidance);
        Ok(Self {
            items,
            folder: into.then_some(flags.output),
            views,
            mask: flags.mask,
            pictures,
            debug_dir: flags.debug_dir,
            export: ExportOptions {
                height,
                explode: flags.print.explode,
                replace: !flags.no_clobber,
                split: flags.split,
                up,
                unit,
                ..ExportOptions::default() // scale and paint come with each figurine
            },
            filaments,
            solid: flags.solid,
            skip: into && !flags.force,
            cache: cache::Settings {
                folder: cache_folder(flags.cache_dir),
                keep: flags.keep,
                size: flags.cache_size,
                on: !flags.no_cache,
            },
            options: Options {
                seed: flags.seed,
                steps: flags.steps.map(|n| n as usize),
                solver: flags.solver.map(|choice| match choice {
                    flags::Solver::Euler => Solver::Euler,
                    flags::Solver::Multistep => Solver::Multistep,
                }),
                guidance: guidance.map(f64::from),
                prompt_guidance: flags.besides.prompt_guidance.map(f64::from),
                parts: flags.parts,
                tokens: flags.tokens.map(|n| n as usize),
                part_ids: flags.part_ids.map(|choice| match choice {
                    flags::PartIds::Reference => PartIds::Reference,
                    flags::PartIds::PerObject => PartIds::PerObject,
                }),
                resolution: flags.resolution.map(|n| n as usize),
                only: flags.only,
                faces: flags.faces,
                colours: match flags.colours {
                    flags::Colours::Photo => Colours::Photo,
                    flags::Colours::Model => Colours::Model,
                },
                refine: match flags.refine {
                    flags::Refine::Off => Refine::Off,
                    flags::Refine::Fast => Refine::Fast,
                    flags::Refine::Best => Refine::Best,
                },
                texture: flags.texture,
                style: match flags.style {
                    flags::Style::Faithful => Style::Faithful,
                    flags::Style::Chibi => Style::Chibi,
                },
                print,
            },
            prompt: flags.besides.prompt,
            model: flags
                .model
                .map(|model| added(model, flags.models_dir))
                .transpose()?,
            device: match flags.device {
                Device::Auto => "auto",
                Device::Cpu => "cpu",
                Device::Cuda => "cuda",
                Device::Metal => "metal",
            },
        })
    }
}

/// The folder for sealed results that the user named, by flag or by environment.
pub fn cache_folder(flag: Option<PathBuf>) -> Option<PathBuf> {
    let named = std::env::var_os("GEN3D_CACHE_DIR").filter(|name| !name.is_empty());
    flag.or(named.map(PathBuf::from))
}

/// The file behind a model's name, or what is a path already.
fn added(model: PathBuf, models_dir: Option<PathBuf>) -> Result<PathBuf> {
    match Library::of_user(models_dir) {
        Some(library) => library.resolve(&model),
        None => Ok(model), // there is no home, so there are no names
    }
}

fn same_file(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false, // one of them does not exist
    }
}

fn has_ending(path: &Path, endings: &[&str]) -> bool {
    endings.contains(&&*export::ending(path))
}

/// One item a picture, in the folder that the output names.
fn into_folder(flags: &Make) -> Result<Vec<Item>> {
    let folder = &flags.output;
    if !folder.is_dir() && Format::of(folder).is_ok() {
        bail!(Usage(format!(
            "{}: several photos, or a folder of them, need a folder after -o, not one file's name",
            folder.display()
        )));
    }
    Format::of(Path::new(&format!("x.{}", flags.format))).map_err(|_| {
        Usage(format!(
            "{}: the format is one of glb, gltf, obj, 3mf, stl and ply",
            flags.format
        ))
    })?;
    let mut taken = HashSet::new();
    let mut items = Vec::new();
    for Found { path, below } in photos(flags)? {
        let name = path.file_stem().unwrap_or_default().to_owned();
        // Two photos of one name, from two folders or of two formats, must not share a file.
        let number = (1..)
            .find(|n| taken.insert((below.clone(), name.clone(), *n)))
            .unwrap_or(1);
        let mut file = name;
        if number > 1 {
            file.push(format!("-{number}"));
        }
        file.push(format!(".{}", flags.format));
        items.push(Item {
            input: Some(path),
            output: folder.join(below).join(file),
        });
    }
    // After the names are given: every machine must give the same ones.
    if let Some(shard) = flags.shard {
        let mine = |(place, item)| (place % shard.count == shard.index).then_some(item);
        items = items.into_iter().enumerate().filter_map(mine).collect();
    }
    Ok(items)
}

/// A photo, and the folder that it lay in below the one that was given.
struct Found {
    path: PathBuf,
    below: PathBuf,
}

/// The inputs and those of the list, each folder replaced by the pictures in it, in the order of their
/// names.
fn photos(flags: &Make) -> Result<Vec<Found>> {
    let listed = flags.list.as_deref().map(read_list).transpose()?;
    let mut found = Vec::new();
    for path in flags
        .inputs
        .iter()
        .cloned()
        .chain(listed.unwrap_or_default())
    {
        let below = PathBuf::new();
        if !path.is_dir() {
            found.push(Found { path, below });
            continue;
        }
        let before = found.len();
        pictures(&path, below, flags, &mut found)?;
        ensure!(
            found.len() > before,
            "{}: there is no picture in this folder (JPEG, PNG, WebP, GIF, BMP or TIFF)",
            path.display()
        );
    }
    ensure!(!found.is_empty(), Usage("the list names no photo".into()));
    Ok(found)
}

/// The lines of a file, or of standard input for `-`.
fn read_list(path: &Path) -> Result<Vec<PathBuf>> {
    let mut text = String::new();
    let read = if path == Path::new("-") {
        std::io::stdin()
            .read_to_string(&mut text)
            .map_err(Into::into)
    } else {
        // A pipe would be waited for; who has one says `--list -`.
        file::open(path).and_then(|mut file| Ok(file.read_to_string(&mut text)?))
    };
    read.with_context(|| format!("{}: the list of photos cannot be read", path.display()))?;
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    Ok(lines.map(PathBuf::from).collect())
}

/// The pictures of one folder, and of those in it if that is wanted.
fn pictures(folder: &Path, below: PathBuf, flags: &Make, found: &mut Vec<Found>) -> Result<()> {
    let context = || format!("{}: the folder cannot be read", folder.display());
    let mut inside = Vec::new();
    for entry in folder.read_dir().with_context(context)? {
        inside.push(entry.with_context(context)?);
    }
    inside.sort_by_key(std::fs::DirEntry::file_name);
    for entry in inside {
        let path = entry.path();
        // A link to a folder may lead in a circle; and what was made is not to be made again.
        let folder = entry.file_type().with_context(context)?.is_dir();
        let ours = || {
            [Some(&flags.output), flags.debug_dir.as_ref()]
                .into_iter()
                .flatten()
        };
        if folder && flags.recursive && !ours().any(|made| same_file(&path, made)) {
            pictures(&path, below.join(entry.file_name()), flags, found)?;
        } else if has_ending(&path, &PICTURES) && path.is_file() {
            let below = below.clone();
            found.push(Found { path, below });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn job(line: &[&str]) -> Result<Job> {
        let words = std::iter::once("gen3d").chain(line.iter().copied());
        let flags = crate::cli::flags::Cli::try_parse_from(words)?.make;
        Job::new(flags.context("no flags")?)
    }

    #[test]
    fn contradicting_flags_are_a_usage_error() {
        let usage = |line: &[&str]| {
            let error = job(line).expect_err("these flags make no sense");
            assert!(
                error.is::<Usage>(),
                "{line:?} gave another error: {error:#}"
            );
        };
        usage(&["a.png", "-o", "out.xyz"]);
        usage(&["a.png", "-o", "out"]);
        usage(&["a.png", "b.png", "-o", "out.glb"]);
        usage(&["a.png", "-o", "out.glb", "--preview", "look.jpg"]);
        usage(&["a.png", "b.png", "-o", "out", "--mask", "m.png"]);
        usage(&["a.png", "b.png", "-o", "out", "--format", "doc"]);
    }

    #[test]
    fn photos_of_one_name_do_not_share_a_file() -> Result<()> {
        let job = job(&[
            "x/a.png", "y/a.png", "a.jpg", "b.jpg", "-o", "out", "--format", "obj",
        ])?;
        let names: Vec<_> = job
            .items
            .iter()
            .map(|i| i.output.display().to_string())
            .collect();
        assert_eq!(
            names,
            ["out/a.obj", "out/a-2.obj", "out/a-3.obj", "out/b.obj"]
        );
        Ok(())
    }

    #[test]
    fn a_tree_keeps_its_folders_and_leaves_out_what_was_made() -> Result<()> {
        let tree = tempfile::tempdir()?;
        for folder in ["photos/x/y", "photos/made/x"] {
            std::fs::create_dir_all(tree.path().join(folder))?;
        }
        for name in ["a.png", "x/a.png", "x/a.jpg", "x/y/b.png", "made/look.png"] {
            std::fs::write(tree.path().join("photos").join(name), "")?;
        }
        let photos = tree.path().join("photos");
        let made = photos.join("made");
        let (photos, made) = (photos.display().to_string(), made.display().to_string());
        let outputs = |more: &[&str]| -> Result<Vec<String>> {
            let line = [&[&photos, "-o", &made, "--recursive"], more].concat();
            let items = job(&line)?.items.into_iter();
            Ok(items
                .map(|i| i.output.display().to_string().replace(&made, ""))
                .collect())
        };
        let all = outputs(&[])?;
        assert_eq!(all, ["/a.glb", "/x/a.glb", "/x/a-2.glb", "/x/y/b.glb"]);
        let mut shares = Vec::new();
        for share in ["1/3", "2/3", "3/3"] {
            shares.extend(outputs(&["--shard", share])?);
        }
        shares.sort();
        let mut sorted = all;
        sorted.sort();
        assert_eq!(
            shares, sorted,
            "all shares together are the batch, no photo twice"
        );
        Ok(())
    }

    #[test]
    fn a_list_names_photos() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let list = folder.path().join("list.txt");
        std::fs::write(&list, "b.png\n\n  \na b.png\n")?;
        let list = list.display().to_string();
        let job = job(&["--list", &list, "-o", "out"])?;
        let inputs: Vec<_> = job.items.iter().map(Item::name).collect();
        assert_eq!(
            inputs,
            ["b.png", "a b.png"],
            "as written, in order, without empty lines"
        );
        Ok(())
    }

    #[test]
    fn a_folder_gives_its_pictures_in_order() -> Result<()> {
        let folder = tempfile::tempdir()?;
        for name in ["b.JPG", "a.png", "notes.txt", "c.webp"] {
            std::fs::write(folder.path().join(name), "")?;
        }
        let path = folder.path().display().to_string();
        let job = job(&[&path, "-o", "out"])?;
        let names: Vec<_> = job
            .items
            .iter()
            .filter_map(|i| i.input.as_ref()?.file_name())
            .collect();
        assert_eq!(names, ["a.png", "b.JPG", "c.webp"]);
        Ok(())
    }
}
