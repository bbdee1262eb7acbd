//! From flags to a job that makes sense: which photos, which files, which options.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::cache;
use crate::cli::flags::{Besides, Make, Scale, Texture};
use crate::export::{self, ExportOptions, Format};
use crate::figure::print::{PrintOptions, Size};
use crate::model::embedded;
use crate::model_library::Library;
use crate::pipeline::job::{Item, Job, Pictures, Usage};
use crate::pipeline::{Options, Style, phrases};
use crate::slots::Side;
use items::Items;

pub use files::weights;
pub use typed::names_folder;

mod files;
mod found;
mod idle;
pub(super) mod inputs;
mod items;
mod lists;
mod moving;
pub(super) mod pattern;
mod pictures;
mod print;
mod together;
mod typed;

/// What the flags ask for. They are checked against each other, and folders are looked into; no picture is opened.
///
/// # Errors
/// [`Usage`] where the flags contradict each other; else what the file system says.
impl TryFrom<Make> for Job {
    type Error = anyhow::Error;

    fn try_from(mut flags: Make) -> Result<Self> {
        typed::settle(&mut flags)?;
        let print = print::options(&flags)?;
        let Items {
            items,
            unread,
            many,
            folder,
            format,
            out,
            mut notes,
        } = items::items(&flags)?;
        check_format(&flags, format)?;
        let filaments = print::filaments(&flags, format)?;
        let printed = print::as_a_whole(&flags, format);
        let orient = print::orient(&flags, printed)?;
        let (rig, pose) = moving::moving(&flags, format)?;
        let views = views(&flags.besides);
        together::check(&flags, &items)?;
        check_single(&flags, many, !views.is_empty())?;
        let texture = texture(&flags, format);
        let pictures = pictures(&flags, many, &items, &views, texture.is_some())?;
        // Words that are all there is are followed as a photo is.
        let alone = items.iter().all(|item| item.input.is_none());
        notes.extend(idle::notes(&flags, folder.is_some(), alone)?);
        Ok(Self {
            options: options(&flags, print, texture, alone),
            export: export(&flags),
            cache: cache(&flags),
            items,
            unread,
            out,
            skip: folder.is_some() && !flags.force,
            folder,
            notes,
            views,
            prompt: flags.besides.prompt,
            cutting: flags.cutting.options(),
            mask: flags.cutting.mask,
            save_mask: flags.cutting.save_mask,
            pictures,
            debug_dir: flags.debug_dir,
            filaments,
            printed,
            orient,
            // Walls are of one piece, whichever parts they go through.
            solid: flags.solid || flags.print.hollow.is_some(),
            rig,
            pose,
            split_legs: flags.moving.split_legs,
            model: (flags.model)
                .filter(|model| !is_inside(model))
                .map(|model| added(model, flags.models_dir))
                .transpose()?,
            device: flags.device,
        })
    }
}

/// Whether the format of all items has the frame and the texture that are asked for.
fn check_format(flags: &Make, format: Format) -> Result<()> {
    let ending = format.ending();
    (format.frame(flags.up, flags.units))
        .map_err(|e| Usage(format!("--up, --units: .{ending}: {e}")))?;
    if flags.quads.is_some() && flags.print.name.is_some() {
        bail!(Usage(
            "--quads: letters are made of triangles; leave out --name, or --quads".into()
        ));
    }
    if flags.quads.is_some() && !format.has_quads() {
        bail!(Usage(format!(
            "--quads: .{ending} holds triangles only; .obj and .ply hold faces with four sides"
        )));
    }
    if let Some(Texture::Side(_)) = flags.texture {
        let name = match &flags.output {
            Some(output) if Format::of(output).is_ok() => output.clone(),
            _ => format!("figurine.{ending}").into(),
        };
        (format.texture(&name)).map_err(|e| Usage(format!("--texture: {e}")))?;
    }
    Ok(())
}

/// Pixels a side of the picture of colours where nothing else is said: about those of a photo.
const USUAL_TEXTURE: u32 = 1024;

/// Pixels a side of the figurines' picture of colours, where these are not at the vertices: many programs show none
/// there.
fn texture(flags: &Make, format: Format) -> Option<u32> {
    match flags.texture {
        Some(Texture::Off) => None,
        Some(Texture::Side(side)) => Some(side),
        // Its charts would cut faces with four sides in two.
        None if flags.quads.is_some() => None,
        None => format.has_texture().then_some(USUAL_TEXTURE),
    }
}

/// Further views, by the side that they show.
fn views(besides: &Besides) -> Vec<(Side, PathBuf)> {
    let views = [
        (Side::Left, &besides.left),
        (Side::Right, &besides.right),
        (Side::Back, &besides.back),
    ];
    (views.into_iter())
        .filter_map(|(side, path)| Some((side, path.clone()?)))
        .collect()
}

/// Some flags are about one photo.
fn check_single(flags: &Make, many: bool, views: bool) -> Result<()> {
    let single = [
        ("--mask", flags.cutting.mask.is_some()),
        ("--save-mask", flags.cutting.save_mask.is_some()),
        ("--name", flags.print.name.is_some()),
        ("--turntable", flags.pictures.turntable.is_some()),
        ("--left, --right and --back", views),
    ];
    match single.into_iter().find(|(_, given)| many && *given) {
        Some((flag, _)) => bail!(Usage(format!(
            "{flag}: only with one photo, not with several"
        ))),
        None => Ok(()),
    }
}

/// The pictures of the figurine, none of which replaces a picture that is read or written anyway.
fn pictures(
    flags: &Make,
    many: bool,
    items: &[Item],
    views: &[(Side, PathBuf)],
    textured: bool,
) -> Result<Pictures> {
    let read: Vec<&PathBuf> = (items.iter().filter_map(|item| item.input.as_ref()))
        .chain(&flags.cutting.mask)
        .chain(views.iter().map(|(_, path)| path))
        .collect();
    let beside = |item: &Item| Format::of(&item.output).ok()?.texture(&item.output).ok()?;
    let textures: Vec<PathBuf> = (items.iter().filter(|_| textured))
        .filter_map(beside)
        .collect();
    Pictures::new(&flags.pictures, many, &read, &textures)
}

/// What shapes the figurines.
fn options(flags: &Make, print: PrintOptions, texture: Option<u32>, alone: bool) -> Options {
    let of_words = flags.besides.prompt_guidance.filter(|_| alone);
    Options {
        seed: flags.seed,
        steps: flags.steps.map(|n| n as usize),
        solver: flags.solver,
        guidance: of_words.or(flags.guidance).map(f64::from),
        prompt_guidance: flags.besides.prompt_guidance.map(f64::from),
        parts: flags.parts,
        tokens: flags.tokens.map(|n| n as usize),
        part_ids: flags.part_ids,
        resolution: flags.resolution.map(|n| n as usize),
        only: flags.only.clone(),
        faces: flags.faces,
        quads: flags.quads.map_or(0, |n| n as usize),
        colours: flags.colours,
        refine: flags.refine,
        detail: flags.detail,
        texture,
        style: match flags
            .besides
            .prompt
            .as_deref()
            .is_some_and(phrases::is_chibi)
        {
            true => Style::Chibi,
            false => flags.style,
        },
        heights: flags.besides.heights.clone().unwrap_or_default(),
        print,
    }
}

/// How the files are written; scale and filaments come with each figurine.
fn export(flags: &Make) -> ExportOptions {
    ExportOptions {
        // Of a scale like 28mm it is not known yet, and not used.
        height: match flags.print.scale.map(Scale::size) {
            Some(Size::Height(height)) => height,
            _ => flags.height,
        },
        explode: flags.print.explode,
        replace: !flags.no_clobber,
        split: flags.split,
        kit: flags.print.pegs,
        up: flags.up,
        unit: flags.units,
        author: flags.moving.author.clone(),
        quads: flags.quads.is_some(),
        ..ExportOptions::default()
    }
}

fn cache(flags: &Make) -> cache::Settings {
    cache::Settings {
        folder: cache_folder(flags.cache_dir.clone()),
        keep: flags.keep,
        size: flags.cache_size,
        on: !flags.no_cache,
    }
}

/// The folder for sealed results that the user named, by flag or by environment.
pub fn cache_folder(flag: Option<PathBuf>) -> Option<PathBuf> {
    let named = std::env::var_os("GEN3D_CACHE_DIR").filter(|name| !name.is_empty());
    flag.or(named.map(PathBuf::from))
}

/// Whether a model's name is that of the one in the program.
pub fn is_inside(model: &Path) -> bool {
    model == Path::new(embedded::NAME)
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

#[cfg(test)]
mod tests {
    use anyhow::Context;
    use clap::Parser;

    use super::*;

    fn job(line: &[&str]) -> Result<Job> {
        let words = std::iter::once("gen3d").chain(line.iter().copied());
        let flags = crate::cli::flags::Cli::try_parse_from(words)?.make;
        Job::try_from(flags.context("no flags")?)
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
