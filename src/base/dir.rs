//! A folder held open.
//!
//! What is opened, made or removed in it is found by its name in this folder, whatever happens to the path
//! meanwhile, and never through a link. Elsewhere than on Unix there are no such handles, and paths are
//! joined instead.

use std::fs::File;
use std::io;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::file;

pub use system::Dir;

impl Dir {
    /// The folder at a path; nothing where there is none. A link to a folder is followed.
    ///
    /// # Errors
    /// It is no folder, or the file system refuses.
    pub fn find(path: &Path) -> io::Result<Option<Self>> {
        match Self::open(path) {
            Ok(dir) => Ok(Some(dir)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Opens a file for reading, or for writing too, if it is a regular file of this user's own that has no
    /// other name; nothing where there is none.
    ///
    /// # Errors
    /// It is a link, a pipe or another special file, another user's, or has further names; or the file
    /// system refuses.
    pub fn file(&self, name: &str, write: bool) -> Result<Option<File>> {
        let opened = match self.open_file(name, write) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened.context("cannot be opened")?,
        };
        let data = opened.metadata().context("cannot be read")?;
        file::check(data.file_type())?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            ensure!(is_own(data.uid()), "belongs to another user");
            ensure!(
                data.nlink() == 1,
                "has other names: what is done to it would be done to another file"
            );
        }
        Ok(Some(opened))
    }
}

/// Whether this is the user that this process works for.
#[cfg(unix)]
pub fn is_own(user: u32) -> bool {
    user == rustix::process::geteuid().as_raw()
}

#[cfg(unix)]
mod system {
    use std::fs::File;
    use std::io;
    use std::os::fd::OwnedFd;
    use std::path::Path;

    use rustix::fs::{self as unix, AtFlags, Mode, OFlags};

    /// See [the module](super).
    #[derive(Debug)]
    pub struct Dir(OwnedFd);

    impl Dir {
        pub(super) fn open(path: &Path) -> io::Result<Self> {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
            Ok(Self(unix::open(path, flags, Mode::empty())?))
        }

        /// Whether it belongs to this user.
        pub fn is_own(&self) -> bool {
            unix::fstat(&self.0).is_ok_and(|data| super::is_own(data.st_uid))
        }

        /// Shuts everybody else out.
        ///
        /// # Errors
        /// What the file system says.
        pub fn make_private(&self) -> io::Result<()> {
            let mode = Mode::from_raw_mode(unix::fstat(&self.0)?.st_mode);
            if mode.intersects(Mode::RWXG | Mode::RWXO) {
                unix::fchmod(&self.0, Mode::RWXU)?;
            }
            Ok(())
        }

        /// The names of all that is in it; one that is no UTF-8 is changed, and finds nothing.
        ///
        /// # Errors
        /// What the file system says.
        pub fn names(&self) -> io::Result<Vec<String>> {
            let mut names = Vec::new();
            for entry in unix::Dir::read_from(&self.0)? {
                let name = entry?.file_name().to_string_lossy().into_owned();
                if name != "." && name != ".." {
                    names.push(name);
                }
            }
            Ok(names)
        }

        pub(super) fn open_file(&self, name: &str, write: bool) -> io::Result<File> {
            let way = if write { OFlags::RDWR } else { OFlags::RDONLY };
            // A pipe is not waited for, and a terminal does not become this process's.
            let careful = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
            match unix::openat(&self.0, name, way | careful, Mode::empty()) {
                Ok(file) => Ok(file.into()),
                // As the systems say that they would have to follow one.
                Err(rustix::io::Errno::LOOP | rustix::io::Errno::MLINK) => {
                    Err(io::Error::other("it is a link, which is not followed"))
                }
                Err(error) => Err(error.into()),
            }
        }

        /// A new file for its owner's eyes only.
        ///
        /// # Errors
        /// There is anything of that name, or the file system refuses.
        pub fn create(&self, name: &str) -> io::Result<File> {
            let new = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL;
            let flags = new | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            Ok(unix::openat(&self.0, name, flags, Mode::RUSR | Mode::WUSR)?.into())
        }

        /// Gives a file another name, which is taken from another one if need be.
        ///
        /// # Errors
        /// What the file system says.
        pub fn rename(&self, from: &str, to: &str) -> io::Result<()> {
            Ok(unix::renameat(&self.0, from, &self.0, to)?)
        }

        /// Gives a file another name that nobody has.
        ///
        /// # Errors
        /// Somebody has it ([`io::ErrorKind::AlreadyExists`]), or what the file system says.
        pub fn rename_new(&self, from: &str, to: &str) -> io::Result<()> {
            #[cfg(any(target_os = "linux", target_vendor = "apple"))]
            {
                use rustix::fs::RenameFlags;
                use rustix::io::Errno;
                let flags = RenameFlags::NOREPLACE;
                match unix::renameat_with(&self.0, from, &self.0, to, flags) {
                    Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {} // not on this file system
                    done => return Ok(done?),
                }
            }
            unix::linkat(&self.0, from, &self.0, to, AtFlags::empty())?;
            self.remove(from)
        }

        /// Removes a name that is no folder's.
        ///
        /// # Errors
        /// What the file system says.
        pub fn remove(&self, name: &str) -> io::Result<()> {
            Ok(unix::unlinkat(&self.0, name, AtFlags::empty())?)
        }

        /// Waits until the names are on the disk, where the file system can say so.
        pub fn sync(&self) {
            let _ = unix::fsync(&self.0);
        }
    }
}

#[cfg(not(unix))]
mod system {
    use std::fs::{self, File, OpenOptions};
    use std::io;
    use std::path::{Path, PathBuf};

    /// See [the module](super).
    #[derive(Debug)]
    pub struct Dir(PathBuf);

    impl Dir {
        pub(super) fn open(path: &Path) -> io::Result<Self> {
            fs::read_dir(path)?;
            Ok(Self(path.into()))
        }

        /// Whether it belongs to this user, as far as is known.
        pub fn is_own(&self) -> bool {
            true
        }

        /// Nothing, here: a user's folder for caches is theirs alone.
        ///
        /// # Errors
        /// None.
        pub fn make_private(&self) -> io::Result<()> {
            Ok(())
        }

        /// The names of all that is in it.
        ///
        /// # Errors
        /// What the file system says.
        pub fn names(&self) -> io::Result<Vec<String>> {
            let name = |file: io::Result<fs::DirEntry>| {
                Ok(file?.file_name().to_string_lossy().into_owned())
            };
            fs::read_dir(&self.0)?.map(name).collect()
        }

        pub(super) fn open_file(&self, name: &str, write: bool) -> io::Result<File> {
            let path = self.0.join(name);
            if fs::symlink_metadata(&path)?.is_symlink() {
                return Err(io::Error::other("it is a link, which is not followed"));
            }
            OpenOptions::new().read(true).write(write).open(path)
        }

        /// A new file.
        ///
        /// # Errors
        /// There is anything of that name, or the file system refuses.
        pub fn create(&self, name: &str) -> io::Result<File> {
            let mut options = OpenOptions::new();
            options.read(true).write(true).create_new(true);
            options.open(self.0.join(name))
        }

        /// Gives a file another name, which is taken from another one if need be.
        ///
        /// # Errors
        /// What the file system says.
        pub fn rename(&self, from: &str, to: &str) -> io::Result<()> {
            fs::rename(self.0.join(from), self.0.join(to))
        }

        /// Gives a file another name that nobody has.
        ///
        /// # Errors
        /// Somebody has it ([`io::ErrorKind::AlreadyExists`]), or what the file system says.
        pub fn rename_new(&self, from: &str, to: &str) -> io::Result<()> {
            fs::hard_link(self.0.join(from), self.0.join(to))?;
            self.remove(from)
        }

        /// Removes a name that is no folder's.
        ///
        /// # Errors
        /// What the file system says.
        pub fn remove(&self, name: &str) -> io::Result<()> {
            fs::remove_file(self.0.join(name))
        }

        /// Nothing, here.
        pub fn sync(&self) {}
    }
}
