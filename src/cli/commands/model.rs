//! `gen3d model`: adding weights of others, and looking after them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use candle_core::Device;
use serde_json::json;

use super::cache::size;
use super::cage::confine;
use super::stop_on_ctrl_c;
use crate::base::progress::{Stage, Watch};
use crate::base::text::{plain, shown};
use crate::cli::flags::{Action, Model as Flags};
use crate::cli::job::{is_inside, weights};
use crate::model::store::import::Storage;
use crate::model::{Config, Model, embedded};
use crate::model_library::{Added, Library};
use crate::sandbox::Files;
use crate::terminal::out::{self, say};
use crate::terminal::progress::{Talk, Terminal};

/// Does what the flags say.
pub fn obey(flags: Flags) -> Result<u8> {
    let library = Library::of_user(flags.models_dir)
        .context("there is no home folder for models: name a folder with --models-dir")?;
    let (text, data) = match flags.action {
        Action::Add {
            path,
            name,
            quantize,
            quiet,
        } => {
            let added = add(&library, &path, name.as_deref(), quantize, quiet)?;
            let next = format!("gen3d photo.jpg --model {} -o out.glb", added.name);
            let text = format!("{}: added; use it with '{next}'\n", line(&added));
            (if quiet { String::new() } else { text }, about(&added))
        }
        Action::List => {
            let models = library.models();
            let lines: String = models.iter().map(|m| line(m) + "\n").collect();
            let none = format!("no model was added to {}\n", shown(library.folder()));
            let text = if models.is_empty() { none } else { lines };
            (text, models.iter().map(about).collect())
        }
        Action::Info { name } => info(&Weights::of(&library, &name)?)?,
        Action::Verify { name } => {
            let weights = Weights::of(&library, &name)?;
            verify(&weights).with_context(|| format!("{} is damaged", weights.name()))?
        }
        Action::Remove { name } => {
            let gone = library.remove(&name)?;
            (format!("{}: removed\n", line(&gone)), about(&gone))
        }
    };
    match flags.json {
        true => out::json(&data)?,
        false => say(&text)?,
    }
    Ok(0)
}

fn add(
    library: &Library,
    path: &Path,
    name: Option<&str>,
    storage: Option<Storage>,
    quiet: bool,
) -> Result<Added> {
    // Only a folder that is there can be allowed; whether it could be made is told when it is used.
    let _ = std::fs::create_dir_all(library.folder());
    confine(&Files {
        read: weights(path),
        write: vec![library.folder().into()],
    });
    let terminal = Arc::new(Terminal::new(if quiet {
        Talk::Quiet
    } else {
        Talk::Normal
    }));
    let cancel = stop_on_ctrl_c(&terminal)?;
    let sink = |event| terminal.hear(event);
    library.add(path, name, storage, &Watch::new(&sink, &cancel))
}

/// Weights at a path, or those inside the program.
struct Weights(Option<PathBuf>);

impl Weights {
    /// What a user means by a model; leaves the process its files.
    fn of(library: &Library, model: &Path) -> Result<Self> {
        let path = match is_inside(model) {
            true => None,
            false => Some(library.resolve(model)?),
        };
        confine(&Files {
            read: path.as_deref().map_or(Vec::new(), weights),
            ..Files::default()
        });
        Ok(Self(path))
    }

    fn open(&self) -> Result<Model> {
        match &self.0 {
            Some(path) => Model::open(path, &Device::Cpu),
            None => Model::from_bytes(embedded::weights(), &Device::Cpu),
        }
    }

    fn name(&self) -> String {
        match &self.0 {
            Some(path) => path.display().to_string(),
            None => "the model inside the program".into(),
        }
    }

    /// For scripts.
    fn path(&self) -> Option<Cow<'_, str>> {
        self.0.as_deref().map(Path::to_string_lossy)
    }
}

fn line(model: &Added) -> String {
    format!(
        "{}: {}, {}",
        plain(&model.name),
        size(model.bytes),
        shown(&model.path)
    )
}

/// An added model, for scripts.
pub(super) fn about(model: &Added) -> serde_json::Value {
    json!({"name": model.name, "path": model.path.to_string_lossy(), "bytes": model.bytes})
}

/// What a model is, for people and for scripts.
fn info(weights: &Weights) -> Result<(String, serde_json::Value)> {
    let model = weights.open()?;
    let (info, config) = (model.info(), model.config());
    let mut types: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for (_, entry) in model.store().entries() {
        let (numbers, bytes) = types.entry(format!("{:?}", entry.kind.0)).or_default();
        *numbers += entry.shape.iter().map(|&side| side as u64).product::<u64>();
        *bytes += entry.length;
    }
    let numbers: u64 = types.values().map(|(numbers, _)| numbers).sum();
    let stored: Vec<_> = (types.iter())
        .map(|(name, (_, bytes))| format!("{} as {name}", size(*bytes)))
        .collect();
    let mut text = format!(
        "{}\nname      {}\nmakes     {}\nsize      {:.1} million numbers: {}\nlicence   {}\norigin    {}\n",
        plain(&weights.name()),
        plain(&info.name),
        makes(config),
        numbers as f64 / 1e6,
        stored.join(", "),
        plain(or_unknown(&info.licence)),
        plain(or_unknown(&info.source)),
    );
    for origin in &info.origin {
        text += &format!(
            "made from {}\n          licence {}, SHA-256 {}\n",
            plain(&origin.file),
            plain(&origin.licence),
            plain(&origin.sha256)
        );
    }
    if !info.sha256.is_empty() {
        text += &format!("tensors   SHA-256 {}\n", plain(&info.sha256));
    }
    let data = json!({"path": weights.path(), "name": info.name, "numbers": numbers,
        "types": types.iter().map(|(name, (numbers, bytes))| json!({"type": name, "numbers": numbers, "bytes": bytes}))
            .collect::<Vec<_>>(),
        "licence": info.licence, "source": info.source, "origin": info.origin, "sha256": info.sha256,
        "config": config});
    Ok((text, data))
}

fn makes(config: &Config) -> String {
    let sampling = &config.sampling;
    let what = match &config.figurine {
        Some(figurine) => format!("figurines of {}", plain(&figurine.slots.join(", "))),
        None if config.transformer.enable_part_embedding => {
            format!("1 to {} parts of any object", config.most_parts())
        }
        None => "one mesh of any object".into(),
    };
    format!(
        "{what}; {} tokens a part, {} steps, guidance {}",
        sampling.tokens, sampling.steps, sampling.guidance
    )
}

/// Reads every tensor.
fn verify(weights: &Weights) -> Result<(String, serde_json::Value)> {
    let model = weights.open()?;
    let cancel = stop_on_ctrl_c(&Arc::new(Terminal::new(Talk::Quiet)))?;
    let sink = |_| ();
    Watch::new(&sink, &cancel).stage(Stage::Verify, 0, || model.verify())?;
    let hash = &model.info().sha256;
    let text = if hash.is_empty() {
        "it states no hash that could be checked; its tables are sound"
    } else {
        "whole, as it was written"
    };
    Ok((
        format!("{}: {text}\n", plain(&weights.name())),
        json!({"path": weights.path(), "sha256": hash, "verified": !hash.is_empty()}),
    ))
}

fn or_unknown(text: &str) -> &str {
    if text.is_empty() { "not stated" } else { text }
}
