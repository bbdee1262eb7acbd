//! Sealed results, so that another format, height or resolution of the same photo costs no second
//! diffusion; and how to be rid of them.
//!
//! An entry holds the finished latents of one run, never a pixel, a path or a name, and is sealed under a
//! key that only the photo gives (see [`Secret`]). Everything here may fail without harm: what cannot be
//! found, opened or stored is made again. Many processes may share one folder: entries appear by rename
//! and are whole, and two processes that make the same one make the same.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use crate::model::{Change, Imagined, Latents};
use crate::photo::cutout::Method;

pub use folder::{Entry, Folder, Salt};
pub use forget::{Forget, Forgotten, forget};
pub use seal::{Head, Recipe, Secret, slowly};

mod folder;
mod forget;
mod seal;

/// No entry is larger: 16 parts of 2048 tokens take 16 MiB.
const MAX_ENTRY: u64 = 256 << 20;
/// Bytes for what goes before the numbers of the latents; a pull a part is a few hundred.
const HEAD_ROOM: usize = 1024;

/// What the user wants kept, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The folder that was named; else that of [`default_folder`].
    pub folder: Option<PathBuf>,
    /// How long an entry is kept; none is written when this is zero.
    pub keep: Duration,
    /// Bytes of all entries, beyond which the oldest go.
    pub size: u64,
    /// Whether results are stored and looked for. Expired ones are removed in any case.
    pub on: bool,
}

/// Of a finished run, what others of the same photo start from.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    pub imagined: Imagined,
    /// Absent where there was no photo.
    pub cutout: Option<Method>,
}

impl Drop for Kept {
    fn drop(&mut self) {
        let Imagined { latents, change } = &mut self.imagined;
        latents.values.zeroize();
        (change.iter_mut()).for_each(|change| change.before.values.zeroize());
    }
}

/// The sealed results of earlier runs.
pub struct Cache {
    folder: Folder,
    salt: Salt,
    keep: Duration,
    size: u64,
    /// Bytes of all entries, as far as this process knows.
    total: AtomicU64,
}

/// The folder of this user's cache, where the system has one.
pub fn default_folder() -> Option<PathBuf> {
    let folders = directories::ProjectDirs::from("", "", "gen3d")?;
    Some(folders.cache_dir().to_owned())
}

impl Settings {
    /// The cache's folder, there or not; nothing for a user without a home.
    pub fn folder(&self) -> Option<PathBuf> {
        self.folder.clone().or_else(default_folder)
    }
}

impl Cache {
    /// Removes what has expired, and opens the cache if it is wanted.
    ///
    /// # Errors
    /// The folder cannot be used.
    pub fn open(settings: &Settings) -> Result<Option<Self>> {
        let Some(path) = settings.folder() else {
            ensure!(
                !settings.on,
                "there is no home folder for the cache: name one with --cache-dir, or say --no-cache"
            );
            return Ok(None);
        };
        Folder::at(path.clone()).sweep();
        if !settings.on || settings.keep.is_zero() {
            return Ok(None);
        }
        Self::in_folder(path.clone(), settings)
            .with_context(|| format!("the cache in {} cannot be used", path.display()))
            .map(Some)
    }

    fn in_folder(path: PathBuf, settings: &Settings) -> Result<Self> {
        let folder = Folder::create(path)?;
        let salt = folder.salt()?;
        let total = folder.shrink(settings.size)?;
        Ok(Self {
            folder,
            salt,
            keep: settings.keep,
            size: settings.size,
            total: total.into(),
        })
    }

    /// What opens the entries of a photo, from the bytes of its file.
    pub fn secret(&self, photo: &[u8]) -> Secret {
        Secret::new(&self.salt, photo)
    }

    /// What opens the entries of a prompt without a photo; it takes a good part of a second.
    ///
    /// # Errors
    /// As [`Secret::of_prompt`].
    pub fn secret_of_prompt(&self, prompt: &str) -> Result<Secret> {
        Secret::of_prompt(&self.salt, prompt)
    }

    /// The result of an earlier run; nothing if there is none, or a damaged or an expired one.
    pub fn get(&self, secret: &Secret, recipe: &Recipe) -> Option<Kept> {
        let entry = (self.folder).read(&secret.name(recipe).ok()?, MAX_ENTRY)?;
        let plain = secret.open(recipe, &entry)?;
        // When it expires was sealed with it.
        if Head::read(&entry)?.expires <= SystemTime::now() {
            return None;
        }
        unpack(&plain)
    }

    /// Stores a result, unless the cache was forgotten since it was opened.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn put(&self, secret: &Secret, recipe: &Recipe, kept: &Kept) -> Result<()> {
        let expires = SystemTime::now().checked_add(self.keep);
        let expires = expires.context("it would never expire")?;
        let entry = secret.seal(recipe, expires, &pack(kept)?)?;
        let bytes = entry.len() as u64;
        // Under a salt that is gone nobody could open it again.
        if self.folder.existing_salt().as_ref() != Some(&self.salt) || bytes > self.size {
            return Ok(());
        }
        (self.folder.write(&secret.name(recipe)?, &entry))
            .with_context(|| format!("{}: a result is not kept", self.folder.path().display()))?;
        if self.total.fetch_add(bytes, Ordering::Relaxed) + bytes > self.size {
            let total = self.folder.shrink(self.size)?;
            self.total.store(total, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// What goes before the numbers of the latents.
#[derive(Serialize, Deserialize)]
struct Shape {
    parts: usize,
    tokens: usize,
    channels: usize,
    cutout: Option<Method>,
    /// The effects of words; the numbers of the latents without them then follow the others.
    #[serde(rename = "pulls")] // as entries of earlier versions call it
    effects: Option<Vec<f32>>,
}

/// The head's length, the head, and the latents' numbers in order, all little-endian; then zeros, so that all
/// results of one size of latents have one size, whatever they were made of.
fn pack(kept: &Kept) -> Result<Zeroizing<Vec<u8>>> {
    let Imagined { latents, change } = &kept.imagined;
    let head = serde_json::to_vec(&Shape {
        parts: latents.parts,
        tokens: latents.tokens,
        channels: latents.channels,
        cutout: kept.cutout,
        effects: change.as_ref().map(|change| change.effects.clone()),
    })?;
    // Room for the latents without the words, whether there are words or not.
    let whole = HEAD_ROOM + 2 * size_of_val(&*latents.values);
    let mut bytes = Zeroizing::new(Vec::with_capacity(whole.next_power_of_two()));
    bytes.extend(u32::try_from(head.len())?.to_le_bytes());
    bytes.extend(head);
    let before = change.iter().flat_map(|change| &change.before.values);
    let values = latents.values.iter().chain(before);
    bytes.extend(values.flat_map(|value| value.to_le_bytes()));
    let padded = bytes.len().max(whole).next_power_of_two();
    bytes.resize(padded, 0);
    Ok(bytes)
}

fn unpack(bytes: &[u8]) -> Option<Kept> {
    let (length, rest) = bytes.split_first_chunk()?;
    let (head, numbers) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    let head: Shape = serde_json::from_slice(head).ok()?;
    let numbers = numbers.as_chunks().0;
    let count = head.parts * head.tokens * head.channels;
    let latents = |numbers: &[[u8; 4]]| Latents {
        parts: head.parts,
        tokens: head.tokens,
        channels: head.channels,
        values: numbers.iter().map(|&b| f32::from_le_bytes(b)).collect(),
    };
    let (now, rest) = numbers.split_at_checked(count)?;
    let change = match head.effects {
        Some(effects) => Some(Change {
            before: latents(rest.get(..count)?),
            effects,
        }),
        None => None,
    };
    Some(Kept {
        imagined: Imagined {
            latents: latents(now),
            change,
        },
        cutout: head.cutout,
    })
}
