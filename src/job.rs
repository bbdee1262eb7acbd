//! From flags to a job that makes sense: which photos, which files, which options.

use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::cli::{Device, Make, View};
use crate::export::Format;
use crate::mesh::preview;
use crate::run::Options;

/// The command line makes no sense, whatever the files hold.
#[derive(Debug)]
pub struct Usage(pub String);

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

/// Endings of the picture files that are taken from a folder.
const PICTURES: [&str; 8] = ["jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff"];

/// All that a run needs to know.
#[derive(Clone, Debug)]
pub struct Job {
    /// One figurine each, in this order.
    pub items: Vec<Item>,
    /// The folder of the figurines, to be made if it is not there; absent for a single file.
    pub folder: Option<PathBuf>,
    /// Where the subject is; only with one item.
    pub mask: Option<PathBuf>,
    /// A picture of the figurine; only with one item.
    pub preview: Option<PathBuf>,
    /// From where that picture is taken.
    pub view: preview::View,
    /// Where cut-outs are written for checking.
    pub debug_dir: Option<PathBuf>,
    /// Height of the figurine, metres.
    pub height: f32,
    /// Whether files that exist are replaced.
    pub replace: bool,
    /// What shapes the figurine.
    pub options: Options,
    /// A GGUF file instead of the weights in the binary.
    pub model: Option<PathBuf>,
    /// `auto`, `cpu`, `cuda` or `metal`.
    pub device: &'static str,
}

/// One photo and the figurine's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub input: PathBuf,
    pub output: PathBuf,
}

impl Job {
    /// Checks the flags against each other and looks into folders; opens no picture.
    ///
    /// # Errors
    /// [`Usage`] where the flags contradict each other; else what the file system says.
    pub fn new(flags: Make) -> Result<Self> {
        let Some(first) = flags.inputs.first() else {
            bail!(Usage("no photo was given".into()));
        };
        let many = flags.inputs.len() > 1 || first.is_dir();
        let into = many || flags.output.is_dir();
        let items = if into {
            into_folder(&flags)?
        } else {
            Format::of(&flags.output).map_err(|e| Usage(e.to_string()))?;
            vec![Item {
                input: first.clone(),
                output: flags.output.clone(),
            }]
        };
        for (flag, given) in [("--mask", &flags.mask), ("--preview", &flags.preview)] {
            if many && given.is_some() {
                bail!(Usage(format!(
                    "{flag} goes with one photo, not with several"
                )));
            }
        }
        if let Some(preview) = &flags.preview
            && !has_ending(preview, &["png"])
        {
            bail!(Usage(format!(
                "{}: the picture's name must end in .png",
                preview.display()
            )));
        }
        let inputs = items.iter().map(|item| &item.input).chain(&flags.mask);
        for (input, preview) in
            inputs.flat_map(|input| flags.preview.iter().map(move |p| (input, p)))
        {
            if same_file(input, preview) {
                bail!(Usage(format!(
                    "{}: --preview would replace a picture that is read",
                    preview.display()
                )));
            }
        }
        Ok(Self {
            items,
            folder: into.then_some(flags.output),
            mask: flags.mask,
            preview: flags.preview,
            view: match flags.view {
                View::ThreeQuarter => preview::View::ThreeQuarter,
                View::Front => preview::View::Front,
                View::Side => preview::View::Side,
                View::Back => preview::View::Back,
                View::Sheet => preview::View::Sheet,
            },
            debug_dir: flags.debug_dir,
            height: flags.height,
            replace: !flags.no_clobber,
            options: Options {
                seed: flags.seed,
                steps: flags.steps.map(|n| n as usize),
                guidance: flags.guidance.map(f64::from),
                resolution: flags.resolution.map(|n| n as usize),
                only: flags.only,
                faces: flags.faces,
            },
            model: flags.model,
            device: match flags.device {
                Device::Auto => "auto",
                Device::Cpu => "cpu",
                Device::Cuda => "cuda",
                Device::Metal => "metal",
            },
        })
    }
}

fn same_file(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false, // one of them does not exist
    }
}

fn has_ending(path: &Path, endings: &[&str]) -> bool {
    path.extension()
        .and_then(|e| e.to_str())
        .is_some_and(|e| endings.iter().any(|known| e.eq_ignore_ascii_case(known)))
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
    for input in pictures(&flags.inputs)? {
        let name = input.file_stem().unwrap_or_default().to_owned();
        // Two photos of one name, from two folders or of two formats, must not share a file.
        let number = (1..)
            .find(|n| taken.insert((name.clone(), *n)))
            .unwrap_or(1);
        let mut file = name;
        if number > 1 {
            file.push(format!("-{number}"));
        }
        file.push(format!(".{}", flags.format));
        items.push(Item {
            input,
            output: folder.join(file),
        });
    }
    Ok(items)
}

/// The inputs, each folder replaced by the pictures in it, in the order of their names.
fn pictures(inputs: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for input in inputs {
        if !input.is_dir() {
            found.push(input.clone());
            continue;
        }
        let context = || format!("{}: the folder cannot be read", input.display());
        let mut inside = Vec::new();
        for entry in input.read_dir().with_context(context)? {
            let path = entry.with_context(context)?.path();
            if has_ending(&path, &PICTURES) && path.is_file() {
                inside.push(path);
            }
        }
        ensure!(
            !inside.is_empty(),
            "{}: there is no picture in this folder (JPEG, PNG, WebP, GIF, BMP or TIFF)",
            input.display()
        );
        inside.sort();
        found.append(&mut inside);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn job(line: &[&str]) -> Result<Job> {
        let words = std::iter::once("gen3d").chain(line.iter().copied());
        let flags = crate::cli::Cli::try_parse_from(words)?.make;
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
            .filter_map(|i| i.input.file_name())
            .collect();
        assert_eq!(names, ["a.png", "b.JPG", "c.webp"]);
        Ok(())
    }
}
