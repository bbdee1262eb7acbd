//! The weights of others that a user added, each one GGUF in a folder.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::base::atomic_file;
use crate::base::progress::Watch;
use crate::model::embedded;
use crate::model::store::Store;
use crate::model::store::import::{self, Storage};

/// How the files end.
const ENDING: &str = "gguf";
/// Names that Windows keeps for devices, whatever their ending.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "com", "lpt"];

/// A folder of added models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Library(PathBuf);

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Added {
    pub name: String,
    pub path: PathBuf,
    pub bytes: u64,
}

impl Library {
    /// The one in this folder, there or not.
    pub fn at(folder: PathBuf) -> Self {
        Self(folder)
    }

    /// The user's: in the folder that is named, or that `GEN3D_MODELS_DIR` names, or in the system's
    /// place for data; nothing for a user without a home.
    pub fn of_user(named: Option<PathBuf>) -> Option<Self> {
        let environment = || {
            let named = std::env::var_os("GEN3D_MODELS_DIR").filter(|name| !name.is_empty());
            named.map(PathBuf::from)
        };
        let system = || {
            let folders = directories::ProjectDirs::from("", "", "gen3d")?;
            Some(folders.data_dir().join("models"))
        };
        named.or_else(environment).or_else(system).map(Self)
    }

    /// Where the models are.
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// All models, by name; none where the folder is missing. Other programs' weights are none.
    pub fn models(&self) -> Vec<Added> {
        let files = self.0.read_dir().into_iter().flatten().flatten();
        let added = |file: fs::DirEntry| {
            let (path, data) = (file.path(), file.metadata().ok()?);
            let named = data.is_file() && path.extension().is_some_and(|end| end == ENDING);
            (named && is_ours(&path)).then(|| Added {
                name: path
                    .file_stem()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into(),
                path,
                bytes: data.len(),
            })
        };
        let mut models: Vec<_> = files.filter_map(added).collect();
        models.sort_by(|a, b| a.name.cmp(&b.name));
        models
    }

    /// The model of a name.
    ///
    /// # Errors
    /// There is none; the message lists those that there are.
    pub fn find(&self, name: &str) -> Result<Added> {
        let models = self.models();
        if let Some(found) = models.iter().find(|model| model.name == name) {
            return Ok(found.clone());
        }
        let names: Vec<_> = models.iter().map(|model| &model.name[..]).collect();
        match &names[..] {
            [] => bail!(
                "there is no model \"{name}\", and none was added yet: 'gen3d model add PATH' adds one"
            ),
            names => bail!(
                "there is no model \"{name}\"; the added ones are {}",
                names.join(", ")
            ),
        }
    }

    /// What a user means by a model: the name of an added one, or the path of a file or a directory.
    ///
    /// # Errors
    /// It is neither.
    pub fn resolve(&self, model: &Path) -> Result<PathBuf> {
        // What is written like a path is one.
        let name = model.to_str().filter(|text| check(text).is_ok());
        let Some(name) = name.filter(|name| !name.ends_with(".gguf")) else {
            return Ok(model.into());
        };
        match self.find(name) {
            Ok(added) => Ok(added.path),
            Err(_) if model.exists() => Ok(model.into()),
            Err(error) => Err(error),
        }
    }

    /// Adds the model at `source`, a published directory or a GGUF of ours, under a name or under its
    /// own; gives what it has become.
    ///
    /// # Errors
    /// The name is taken or is none, or [`import`](import::import) refuses.
    pub fn add(
        &self,
        source: &Path,
        name: Option<&str>,
        storage: Option<Storage>,
        watch: &Watch<'_>,
    ) -> Result<Added> {
        let name = match name {
            Some(name) => name.to_owned(),
            None => own_name(source)?,
        };
        check(&name)?;
        ensure!(
            name != embedded::NAME,
            "\"{name}\" is the name of the model inside the program: choose another with --name"
        );
        let path = self.0.join(format!("{name}.{ENDING}"));
        ensure!(
            !path.exists() || is_ours(&path),
            "{} is there already, and gen3d did not make it: choose another name with --name",
            path.display()
        );
        ensure!(
            !path.exists(),
            "a model \"{name}\" is there already: choose another with --name, or remove it with \
             'gen3d model remove {name}'"
        );
        fs::create_dir_all(&self.0)
            .with_context(|| format!("{}: the folder cannot be made", self.0.display()))?;
        atomic_file::sweep(&self.0);
        import::import(source, &path, &name, storage, watch)?;
        self.find(&name)
    }

    /// Removes a model; gives what it was.
    ///
    /// # Errors
    /// There is none of that name, or the file system refuses.
    pub fn remove(&self, name: &str) -> Result<Added> {
        let model = self.find(name)?;
        fs::remove_file(&model.path)
            .with_context(|| format!("{} cannot be removed", model.path.display()))?;
        Ok(model)
    }
}

/// Whether a file's own words say that gen3d made it: in a folder that a user names there may be others.
fn is_ours(path: &Path) -> bool {
    Store::from_file(path)
        .is_ok_and(|store| store.metadata(import::ARCHITECTURE.0) == Some(import::ARCHITECTURE.1))
}

/// The name of a directory or a file, in small letters.
fn own_name(source: &Path) -> Result<String> {
    let real = source.canonicalize(); // `.` has a name, too
    let real = real.with_context(|| format!("cannot open {}", source.display()))?;
    let name = if real.is_dir() {
        real.file_name()
    } else {
        real.file_stem()
    };
    let name = name.map(OsString::from).unwrap_or_default();
    let name = name.to_string_lossy().to_lowercase().replace(' ', "-");
    check(&name).with_context(|| {
        format!(
            "{} gives no good name: choose one with --name",
            source.display()
        )
    })?;
    Ok(name)
}

/// A name is a file's name on every system, and never a path.
fn check(name: &str) -> Result<()> {
    let good = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    ensure!(
        (1..=64).contains(&name.len())
            && name.chars().all(good)
            && name.starts_with(|c: char| c.is_ascii_alphanumeric())
            && !name.ends_with('.'),
        "\"{name}\" is no name for a model: take up to 64 letters, digits, points, dashes and underscores, \
         a letter or a digit first"
    );
    let stem = name.split('.').next().unwrap_or_default().to_lowercase();
    let stem = stem.trim_end_matches(|c: char| c.is_ascii_digit());
    ensure!(
        !DEVICES.contains(&stem),
        "\"{name}\" is the name of a device on some systems: choose another"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_never_leaves_the_folder() {
        for name in ["partcrafter", "TripoSG-1.5", "a", "x_y"] {
            assert!(check(name).is_ok(), "{name} is a good name");
        }
        let long = "a".repeat(65);
        for name in [
            "", ".", "..", "../x", "a/b", "a\\b", ".hidden", "a.", "nul", "COM1.x", "ä", "a b",
            "-x", &long,
        ] {
            assert!(check(name).is_err(), "'{name}' is no name");
        }
    }

    #[test]
    fn a_name_is_found_before_a_path_and_a_path_is_left_alone() -> Result<()> {
        let folder = tempfile::tempdir()?;
        fs::copy("assets/figurine.gguf", folder.path().join("small.gguf"))?;
        fs::write(
            folder.path().join("alien.gguf"),
            "another program's weights",
        )?;
        let library = Library::at(folder.path().into());
        let resolve = |text: &str| library.resolve(text.as_ref());
        assert_eq!(resolve("small")?, folder.path().join("small.gguf"));
        for path in ["some/where", "other.gguf", "/tmp/x"] {
            assert_eq!(resolve(path)?, PathBuf::from(path), "a path as it is");
        }
        assert_eq!(resolve("src")?, PathBuf::from("src"), "a directory here");
        let error = format!("{:#}", resolve("large").expect_err("nobody added it"));
        assert!(error.contains("the added ones are small"), "{error}");
        Ok(())
    }
}
