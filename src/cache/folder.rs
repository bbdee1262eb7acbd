//! The cache's folder: its salt, its entries, and which of its files are ours.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, anyhow, ensure};
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

const SALT: &str = "salt";
const SALT_BYTES: usize = 32;
const TAG: &str = "CACHEDIR.TAG";
/// The first line is what backup programs look for (bford.info/cachedir): a copy of the salt elsewhere
/// would outlive `forget`.
const TAG_TEXT: &str = "Signature: 8a477f597d28d172789f06886806bc55\n\
    # This folder is a cache of gen3d: sealed results that expire. 'gen3d forget' empties it.\n";
const PART: (&str, &str) = (".sealed-", ".part");
/// A file being written is never this old: who wrote it was ended.
const ABANDONED: Duration = Duration::from_secs(3600);

/// Local randomness without which no entry can be named or opened.
#[derive(Clone, PartialEq, Eq)]
pub struct Salt(Zeroizing<Vec<u8>>);

impl Salt {
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// A sealed result on disk.
#[derive(Clone, Debug)]
pub struct Entry {
    pub path: PathBuf,
    /// 32 hexadecimal digits.
    pub name: String,
    pub bytes: u64,
    pub made: SystemTime,
    /// Kept as the file's time of modification: a name or a content would have to say it in clear.
    pub expires: SystemTime,
}

/// What lies in the folder.
#[derive(Debug, Default)]
pub struct Contents {
    /// The oldest first.
    pub entries: Vec<Entry>,
    /// Entries that were never finished.
    pub parts: Vec<PathBuf>,
    /// Number of files that are not ours.
    pub foreign: usize,
}

/// A folder that holds sealed results.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// The folder as it is, there or not.
    pub fn at(path: PathBuf) -> Self {
        Self(path)
    }

    /// Makes the folder where it is missing, for its owner's eyes only.
    ///
    /// # Errors
    /// It holds other things, or the file system refuses.
    pub fn create(path: PathBuf) -> Result<Self> {
        let folder = Self(path);
        let path = &folder.0;
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(path)?;
        let tag = path.join(TAG);
        if !tag.is_file() {
            ensure!(
                folder.contents()?.foreign == 0,
                "it holds files that are not gen3d's: name a folder for the cache alone"
            );
            folder.write(TAG, TAG_TEXT.as_bytes(), None)?;
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            if fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
                File::open(path)?.set_permissions(fs::Permissions::from_mode(0o700))?;
            }
        }
        Ok(folder)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The salt, made where there is none.
    ///
    /// # Errors
    /// It cannot be read or written.
    pub fn salt(&self) -> Result<Salt> {
        if let Some(salt) = self.existing_salt() {
            return Ok(salt);
        }
        let path = self.0.join(SALT);
        if path.exists() {
            fs::remove_file(&path)?; // damaged, or destroyed by who was ended before the removal
        }
        let mut bytes = Zeroizing::new([0; SALT_BYTES]);
        getrandom::fill(&mut *bytes).map_err(|e| anyhow!("no random numbers: {e}"))?;
        let part = self.part(&*bytes)?;
        // Of several processes the first one's salt is everybody's.
        match part.persist_noclobber(path) {
            Ok(_) => {}
            Err(e) if e.error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(e.error.into()),
        }
        self.existing_salt().context("the salt cannot be read")
    }

    /// The salt, if there is a whole one.
    pub fn existing_salt(&self) -> Option<Salt> {
        let file = File::open(self.0.join(SALT)).ok()?;
        let mut bytes = Zeroizing::new(Vec::with_capacity(SALT_BYTES + 16));
        (&file)
            .take(SALT_BYTES as u64 + 1)
            .read_to_end(&mut bytes)
            .ok()?;
        if bytes.len() != SALT_BYTES || bytes.iter().all(|&byte| byte == 0) {
            return None;
        }
        // When the file was born, where the file system tells, is a part of the salt: a copy has its own
        // birth, so that a backup of the folder, once it was forgotten, is as dead as the folder.
        let born = file.metadata().and_then(|data| data.created()).ok();
        let born = born.and_then(|born| born.duration_since(SystemTime::UNIX_EPOCH).ok());
        bytes.extend(born.map_or(0, |born| born.as_nanos()).to_le_bytes());
        Some(Salt(bytes))
    }

    /// Overwrites the salt with zeros, waits until they are on the disk, and removes the file. Gives
    /// false where there was none.
    ///
    /// # Errors
    /// What of it the file system refuses; where it could be overwritten, it is destroyed all the same.
    pub fn destroy_salt(&self) -> Result<bool> {
        let path = self.0.join(SALT);
        let mut file = match OpenOptions::new().write(true).open(&path) {
            Ok(file) => file,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(false),
            Err(e) => return Err(e).with_context(|| path.display().to_string()),
        };
        let zeros = [0; SALT_BYTES];
        (file.write_all(&zeros))
            .and_then(|()| file.sync_all())
            .and_then(|()| fs::remove_file(&path))
            .with_context(|| path.display().to_string())?;
        Ok(true)
    }

    /// Everything in the folder; nothing where there is none.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn contents(&self) -> Result<Contents> {
        let mut contents = Contents::default();
        let files = match self.0.read_dir() {
            Ok(files) => files,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(contents),
            Err(e) => return Err(e.into()),
        };
        for file in files {
            let file = file?;
            let name = file.file_name().to_string_lossy().into_owned();
            let Ok(data) = file.metadata() else {
                continue; // another process removed it a moment ago
            };
            if data.is_file() && is_entry(&name) {
                contents.entries.push(Entry {
                    path: file.path(),
                    name,
                    bytes: data.len(),
                    made: made(&data),
                    expires: data.modified()?,
                });
            } else if name.starts_with(PART.0) && name.ends_with(PART.1) {
                contents.parts.push(file.path());
            } else if name != SALT && name != TAG {
                contents.foreign += 1;
            }
        }
        contents.entries.sort_by_key(|entry| entry.made);
        Ok(contents)
    }

    /// Removes what has expired and what nobody finishes. What cannot be removed stays for the next time.
    pub fn sweep(&self) {
        let now = SystemTime::now();
        let Ok(contents) = self.contents() else {
            return;
        };
        for entry in contents.entries.iter().filter(|e| e.expires <= now) {
            let _ = fs::remove_file(&entry.path);
        }
        for part in contents.parts {
            let age = fs::metadata(&part).and_then(|data| data.modified());
            if age.is_ok_and(|then| now.duration_since(then).is_ok_and(|age| age > ABANDONED)) {
                let _ = fs::remove_file(part);
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
            let _ = fs::remove_file(&entry.path); // or another process did
            total -= entry.bytes;
        }
        Ok(total)
    }

    /// A file of this name appears, whole, with this time of modification.
    ///
    /// # Errors
    /// What the file system says.
    pub fn write(&self, name: &str, bytes: &[u8], modified: Option<SystemTime>) -> Result<()> {
        let part = self.part(bytes)?;
        if let Some(time) = modified {
            part.as_file().set_modified(time)?;
        }
        part.persist(self.0.join(name))?;
        Ok(())
    }

    /// A temporary file beside its place, for its owner's eyes only.
    fn part(&self, bytes: &[u8]) -> Result<NamedTempFile> {
        let mut part = tempfile::Builder::new()
            .prefix(PART.0)
            .suffix(PART.1)
            .tempfile_in(&self.0)?;
        part.write_all(bytes)?;
        Ok(part)
    }

    /// Removes the folder and its tag, if nothing else is in it.
    pub fn remove_if_empty(&self) {
        let empty = |contents: Contents| {
            contents.entries.is_empty() && contents.parts.is_empty() && contents.foreign == 0
        };
        if self.contents().is_ok_and(empty) {
            let _ = fs::remove_file(self.0.join(TAG));
            let _ = fs::remove_dir(&self.0); // unless a new salt came meanwhile
        }
    }
}

fn is_entry(name: &str) -> bool {
    name.len() == 32 && name.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// When an entry appeared; its time of modification says when it expires.
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
