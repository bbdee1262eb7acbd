//! The cache's folder: its salt, its entries, and which of its files are ours.
//!
//! A folder is ours by its tag, and a file in it by its name *and* by how it begins, which nobody else
//! writes. Nothing is removed or changed without all three.

use std::fs::{self, DirBuilder, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, anyhow, bail, ensure};
use zeroize::Zeroizing;

use super::seal::Head;
use crate::base::dir::Dir;

const SALT: &str = "gen3d-salt";
const SALT_MAGIC: &[u8; 16] = b"gen3d salt v3\n\0\0";
const SALT_BYTES: usize = 32;
const TAG: &str = "CACHEDIR.TAG";
/// The first line is what backup programs look for (bford.info/cachedir): who has a copy of all has what is
/// in it. The second tells this cache from those of other programs.
const TAG_TEXT: &str = "Signature: 8a477f597d28d172789f06886806bc55\n\
    # This folder is a cache of gen3d: sealed results that expire. 'gen3d forget' empties it.\n";
/// How an entry's name begins; 32 hexadecimal digits follow.
const ENTRY: &str = "gen3d-";
const PART: (&str, &str) = (".gen3d-", ".part");
/// A file being written is never this old: who wrote it was ended.
const ABANDONED: Duration = Duration::from_secs(3600);

/// Local randomness without which no entry can be named or opened.
#[derive(Clone, PartialEq, Eq)]
pub struct Salt(Zeroizing<[u8; SALT_BYTES]>);

impl Salt {
    pub fn bytes(&self) -> &[u8] {
        &*self.0
    }
}

/// A sealed result on disk.
#[derive(Clone, Debug)]
pub struct Entry {
    /// `gen3d-` and a name of 32 hexadecimal digits.
    pub name: String,
    pub bytes: u64,
    pub made: SystemTime,
    pub head: Head,
}

impl Entry {
    /// It has expired; or it is of a time to come, so that the clock was set back, and nobody knows how long it
    /// would still be kept.
    fn is_over(&self, now: SystemTime) -> bool {
        self.head.expires <= now || (self.made > now && is_far(self.made, now))
    }
}

/// Whether two times are further apart than anything takes that is still at work.
fn is_far(one: SystemTime, other: SystemTime) -> bool {
    let between = one
        .duration_since(other)
        .unwrap_or_else(|error| error.duration());
    between > ABANDONED
}

/// What lies in the folder.
#[derive(Debug, Default)]
pub struct Contents {
    /// Whether it is tagged as ours: nothing in another one is to be touched.
    pub tagged: bool,
    pub salted: bool,
    /// The oldest first.
    pub entries: Vec<Entry>,
    /// Names of entries that were never finished, and their sizes.
    pub parts: Vec<(String, u64)>,
    /// Number of files that are not ours.
    pub foreign: usize,
}

/// A folder that holds sealed results.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

/// The file name of an entry.
pub fn entry_name(digits: &str) -> String {
    format!("{ENTRY}{digits}")
}

impl Folder {
    /// The folder as it is, there or not.
    pub fn at(path: PathBuf) -> Self {
        Self(path)
    }

    /// Makes the folder where it is missing, for its owner's eyes only.
    ///
    /// # Errors
    /// It holds other things, is another program's cache or another user's, or the file system refuses.
    pub fn create(path: PathBuf) -> Result<Self> {
        let folder = Self(path);
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&folder.0)?;
        let dir = folder.dir()?.context("it is gone")?;
        if !is_tagged(&dir) {
            ensure!(
                folder.contents()?.foreign == 0,
                "it holds files that are not gen3d's: name a folder for the cache alone"
            );
            put(&dir, TAG, TAG_TEXT.as_bytes())?;
        }
        dir.make_private()?;
        Ok(folder)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The folder, if there is one and it is this user's.
    fn dir(&self) -> Result<Option<Dir>> {
        let dir = Dir::find(&self.0)?;
        ensure!(
            dir.as_ref().is_none_or(Dir::is_own),
            "it belongs to another user"
        );
        Ok(dir)
    }

    /// The same, if it is tagged, too.
    fn ours(&self) -> Result<Option<Dir>> {
        Ok(self.dir()?.filter(is_tagged))
    }

    /// The salt, made where there is none.
    ///
    /// # Errors
    /// It cannot be read or written, or something else is in its place.
    pub fn salt(&self) -> Result<Salt> {
        let dir = self.ours()?.context("it is gone")?;
        match salt_in(&dir)? {
            Found::Whole(salt) => return Ok(salt),
            // Destroyed by who was ended before the removal.
            Found::Broken => dir.remove(SALT)?,
            Found::Nothing => {}
        }
        let mut bytes = Zeroizing::new([0; SALT_MAGIC.len() + SALT_BYTES]);
        let (magic, random) = bytes.split_at_mut(SALT_MAGIC.len());
        magic.copy_from_slice(SALT_MAGIC);
        getrandom::fill(random).map_err(|e| anyhow!("no random numbers: {e}"))?;
        // Of several processes the first one's salt is everybody's.
        let part = part(&dir, &*bytes)?;
        if let Err(error) = dir.rename_new(&part, SALT) {
            let _ = dir.remove(&part);
            ensure!(error.kind() == std::io::ErrorKind::AlreadyExists, error);
        }
        match salt_in(&dir)? {
            Found::Whole(salt) => Ok(salt),
            _ => bail!("the salt cannot be read"),
        }
    }

    /// The salt, if there is a whole one.
    pub fn existing_salt(&self) -> Option<Salt> {
        match salt_in(&self.ours().ok()??).ok()? {
            Found::Whole(salt) => Some(salt),
            _ => None,
        }
    }

    /// Overwrites the salt with zeros, waits until they are on the disk, and removes the file. Gives
    /// false where there was none.
    ///
    /// # Errors
    /// What is there in its place, or what the file system refuses; where it could be overwritten, it is
    /// destroyed all the same.
    pub fn destroy_salt(&self) -> Result<bool> {
        let path = || self.0.join(SALT).display().to_string();
        let Some(dir) = self.ours().with_context(path)? else {
            return Ok(false);
        };
        let Some(mut file) = dir.file(SALT, true).with_context(path)? else {
            return Ok(false);
        };
        ensure!(
            begins_with(&mut file, SALT_MAGIC),
            "{} is not gen3d's",
            path()
        );
        (file.seek(SeekFrom::Start(SALT_MAGIC.len() as u64)))
            .and_then(|_| file.write_all(&[0; SALT_BYTES]))
            .and_then(|()| file.sync_all())
            .and_then(|()| dir.remove(SALT))
            .with_context(path)?;
        dir.sync();
        Ok(true)
    }

    /// Everything in the folder; nothing where there is none.
    ///
    /// # Errors
    /// The folder cannot be read, or is another user's.
    pub fn contents(&self) -> Result<Contents> {
        let mut contents = Contents::default();
        let Some(dir) = self.dir()? else {
            return Ok(contents);
        };
        contents.tagged = is_tagged(&dir);
        for name in dir.names()? {
            let Some(mut file) = (match dir.file(&name, false) {
                Ok(None) => continue, // another process removed it a moment ago
                found => found.ok().flatten(),
            }) else {
                contents.foreign += 1;
                continue;
            };
            let data = file.metadata()?;
            let mut begin = Vec::new();
            (&mut file)
                .take(Head::BYTES as u64)
                .read_to_end(&mut begin)?;
            let head = Head::read(&begin);
            let part = name.starts_with(PART.0) && name.ends_with(PART.1);
            if let Some(head) = head.filter(|_| is_entry(&name)) {
                contents.entries.push(Entry {
                    name,
                    bytes: data.len(),
                    made: made(&data),
                    head,
                });
            } else if part && is_part(&begin) {
                contents.parts.push((name, data.len()));
            } else if part && begin.is_empty() {
                // Somebody is about to write it.
            } else if name == SALT && begin.starts_with(SALT_MAGIC) {
                contents.salted = true;
            } else if name != TAG || !contents.tagged {
                contents.foreign += 1;
            }
        }
        contents.entries.sort_by_key(|entry| entry.made);
        Ok(contents)
    }

    /// Removes what has expired and what nobody finishes. What cannot be removed stays for the next time.
    pub fn sweep(&self) {
        self.sweep_at(SystemTime::now());
    }

    fn sweep_at(&self, now: SystemTime) {
        let (Ok(Some(dir)), Ok(contents)) = (self.ours(), self.contents()) else {
            return;
        };
        for entry in contents.entries.iter().filter(|e| e.is_over(now)) {
            let _ = dir.remove(&entry.name);
        }
        for (part, _) in contents.parts {
            let age = || {
                dir.file(&part, false)
                    .ok()??
                    .metadata()
                    .ok()?
                    .modified()
                    .ok()
            };
            if age().is_some_and(|then| is_far(then, now)) {
                let _ = dir.remove(&part);
            }
        }
    }

    /// Removes the oldest entries until the others take at most `limit` bytes; gives how many.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn shrink(&self, limit: u64) -> Result<u64> {
        let contents = self.contents()?;
        let mut total: u64 = contents.entries.iter().map(|entry| entry.bytes).sum();
        for entry in contents.entries {
            if total <= limit {
                break;
            }
            let _ = self.remove(&entry.name); // or another process did
            total -= entry.bytes;
        }
        Ok(total)
    }

    /// Removes a file that [`Self::contents`] told of, if the folder is tagged as ours.
    ///
    /// # Errors
    /// It is not, or what the file system says.
    pub fn remove(&self, name: &str) -> std::io::Result<()> {
        match self.ours() {
            Ok(Some(dir)) => dir.remove(name),
            Ok(None) => Err(std::io::ErrorKind::NotFound.into()),
            Err(error) => Err(std::io::Error::other(error)),
        }
    }

    /// The bytes of an entry, at most so many of them; nothing where there is none.
    pub fn read(&self, name: &str, limit: u64) -> Option<Vec<u8>> {
        let file = self.dir().ok()??.file(name, false).ok()??;
        if file.metadata().ok()?.len() > limit {
            return None;
        }
        let mut bytes = Vec::new();
        file.take(limit).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }

    /// An entry appears, whole, in the place of an earlier one.
    ///
    /// # Errors
    /// The folder is not ours any more, something that is no entry has this name, or what the file system
    /// says.
    pub fn write(&self, name: &str, entry: &[u8]) -> Result<()> {
        let dir = self.ours()?.context("it is not gen3d's any more")?;
        if let Some(mut before) = dir.file(name, false).with_context(|| name.to_owned())? {
            ensure!(
                begins_with(&mut before, Head::MAGIC),
                "{name} is not gen3d's"
            );
        }
        put(&dir, name, entry)
    }

    /// Removes the folder and its tag, if nothing else is in it.
    pub fn remove_if_empty(&self) {
        let empty = |contents: Contents| {
            contents.tagged
                && !contents.salted
                && contents.entries.is_empty()
                && contents.parts.is_empty()
                && contents.foreign == 0
        };
        if self.contents().is_ok_and(empty) {
            let _ = self.remove(TAG);
            let _ = fs::remove_dir(&self.0); // unless a new salt came meanwhile
        }
    }
}

/// What there is of a salt.
enum Found {
    Whole(Salt),
    /// Ours, but no salt any more.
    Broken,
    Nothing,
}

fn salt_in(dir: &Dir) -> Result<Found> {
    let Some(file) = dir.file(SALT, false).with_context(|| SALT.to_owned())? else {
        return Ok(Found::Nothing);
    };
    let mut bytes = Zeroizing::new(Vec::with_capacity(SALT_MAGIC.len() + SALT_BYTES + 1));
    (file.take(bytes.capacity() as u64)).read_to_end(&mut bytes)?;
    let random = bytes.strip_prefix(SALT_MAGIC);
    let random = random.with_context(|| format!("{SALT} in it is not gen3d's"))?;
    Ok(match random.try_into() {
        Ok(random) if random != [0; SALT_BYTES] => Found::Whole(Salt(Zeroizing::new(random))),
        _ => Found::Broken,
    })
}

fn is_tagged(dir: &Dir) -> bool {
    let file = dir.file(TAG, false).ok().flatten();
    file.is_some_and(|mut file| begins_with(&mut file, TAG_TEXT.as_bytes()))
}

fn begins_with(file: &mut File, text: &[u8]) -> bool {
    let mut begin = Vec::new();
    let read = file.take(text.len() as u64).read_to_end(&mut begin);
    read.is_ok() && begin == text
}

fn is_entry(name: &str) -> bool {
    let digits = name.strip_prefix(ENTRY).unwrap_or_default();
    digits.len() == 32 && (digits.bytes()).all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether any of our files begins so.
fn is_part(begin: &[u8]) -> bool {
    let begins: [&[u8]; 3] = [Head::MAGIC, SALT_MAGIC, TAG_TEXT.as_bytes()];
    begins.iter().any(|ours| begin.starts_with(ours))
}

/// A file of this name appears, whole.
fn put(dir: &Dir, name: &str, bytes: &[u8]) -> Result<()> {
    let part = part(dir, bytes)?;
    dir.rename(&part, name).inspect_err(|_| {
        let _ = dir.remove(&part);
    })?;
    Ok(())
}

/// A whole file, on the disk, for its owner's eyes only; gives its name, which is to become another.
fn part(dir: &Dir, bytes: &[u8]) -> Result<String> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(|e| anyhow!("no random numbers: {e}"))?;
    let name = format!("{}{:016x}{}", PART.0, u64::from_le_bytes(random), PART.1);
    let mut file = dir.create(&name)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    written.inspect_err(|_| {
        let _ = dir.remove(&name);
    })?;
    Ok(name)
}

/// When an entry appeared.
fn made(data: &fs::Metadata) -> SystemTime {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        // The rename that made it appear was the last change.
        let seconds = u64::try_from(data.ctime()).unwrap_or_default();
        let nanos = u32::try_from(data.ctime_nsec()).unwrap_or_default();
        SystemTime::UNIX_EPOCH + Duration::new(seconds, nanos)
    }
    #[cfg(not(unix))]
    data.created().unwrap_or(SystemTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::super::seal::tests::recipe;
    use super::*;
    use crate::cache::Secret;

    #[test]
    fn a_clock_that_was_set_back_keeps_nothing_for_years() -> Result<()> {
        let place = tempfile::tempdir()?;
        let folder = Folder::create(place.path().join("cache"))?;
        let secret = Secret::new(&folder.salt()?, b"a photo");
        let day = Duration::from_secs(86_400);
        let now = SystemTime::now();
        let entry = secret.seal(&recipe(), now + day, b"a result")?;
        folder.write(&secret.name(&recipe())?, &entry)?;
        let count = || folder.contents().map(|contents| contents.entries.len());
        folder.sweep_at(now - Duration::from_secs(60));
        assert_eq!(count()?, 1, "clocks of two machines differ by a little");
        folder.sweep_at(now - 3650 * day);
        assert_eq!(
            count()?,
            0,
            "it would have been kept for ten years and a day"
        );
        Ok(())
    }

    /// Who still has the file open, as a disk has its blocks, finds no salt in it.
    #[test]
    fn a_salt_is_overwritten_before_it_is_removed() -> Result<()> {
        let place = tempfile::tempdir()?;
        let folder = Folder::create(place.path().join("cache"))?;
        let salt = folder.salt()?;
        let mut file = File::open(folder.path().join(SALT))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        assert!(bytes.ends_with(salt.bytes()), "this is where it lies");
        assert!(folder.destroy_salt()?);
        bytes.clear();
        file.seek(SeekFrom::Start(0))?;
        file.read_to_end(&mut bytes)?;
        assert_eq!(bytes, [&SALT_MAGIC[..], &[0; SALT_BYTES]].concat());
        Ok(())
    }
}
