//! Named tensors on disk or in the binary, read one at a time.
//!
//! A store is one GGUF, or the three safetensors files of a published directory. Opening it reads and
//! checks the headers only; the tensors are read when a network is loaded, so that a network that is
//! not in use takes no memory.
//!
//! The published attention layers hold their projections interleaved by head (see
//! [the transformer](crate::guide::networks#the-transformer)): the rows of `[to_q; to_k; to_v]` read as `[heads, 3, head width]`. A GGUF of ours holds them in the
//! ordinary order. The store puts them in order while it reads, so that nothing behind it need know.

pub(crate) mod gguf;
pub mod import;
pub mod layout;
pub(crate) mod published;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anyhow::{Context, Result, bail, ensure};
use candle_core::quantized::GgmlDType;
use safetensors::tensor::{Dtype, Metadata};
use sha2::{Digest, Sha256};

use crate::base::file;

/// How the small file begins that Git keeps in place of a large one.
const POINTER: &[u8] = b"version ";

/// The element type of a stored tensor, plain or block-quantized.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind(pub GgmlDType);

impl Kind {
    /// Bytes of a tensor of this shape; fails if a row is not a whole number of blocks or the size
    /// overflows.
    pub fn bytes(self, shape: &[usize]) -> Result<u64> {
        let block = self.0.block_size();
        let row = *shape.last().context("a tensor without dimensions")?;
        ensure!(
            row.is_multiple_of(block),
            "a row of {row} is not a multiple of {:?}'s block of {block}",
            self.0
        );
        let count = shape
            .iter()
            .try_fold(1usize, |count, &side| count.checked_mul(side))
            .context("its number of elements overflows")?;
        let bytes = (count / block)
            .checked_mul(self.0.type_size())
            .context("its size overflows")?;
        Ok(bytes as u64)
    }

    /// Whether elements are stored one by one and not in blocks.
    pub fn is_plain(self) -> bool {
        self.0.block_size() == 1
    }
}

/// Where a tensor lies.
#[derive(Clone, Debug)]
pub struct Entry {
    pub(super) file: usize,
    pub kind: Kind,
    pub shape: Vec<usize>,
    /// Bytes from the start of the file.
    pub offset: u64,
    /// Bytes of data.
    pub length: u64,
}

/// A tensor as stored, heads in the ordinary order.
pub struct Raw<'a> {
    pub kind: Kind,
    pub shape: Vec<usize>,
    pub bytes: Cow<'a, [u8]>,
}

enum Source {
    Bytes(&'static [u8]),
    File { path: PathBuf, file: Mutex<File> },
}

impl Source {
    fn open(path: &Path) -> Result<(Self, u64)> {
        let file = file::open(path).with_context(|| path.display().to_string())?;
        let about = file
            .metadata()
            .with_context(|| format!("cannot read {}", path.display()))?;
        Ok((
            Self::File {
                path: path.into(),
                file: Mutex::new(file),
            },
            about.len(),
        ))
    }

    fn read(&self, offset: u64, length: u64) -> Result<Cow<'static, [u8]>> {
        let (start, count) = (usize::try_from(offset)?, usize::try_from(length)?);
        match self {
            Self::Bytes(bytes) => {
                let end = start
                    .checked_add(count)
                    .context("a tensor's size overflows")?;
                let part = bytes
                    .get(start..end)
                    .context("a tensor lies outside the weights")?;
                Ok(Cow::Borrowed(part))
            }
            Self::File { path, file } => {
                // A poisoned lock means that a read panicked; the file itself is still good.
                let mut file = file.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                let mut part = vec![0; count];
                file.seek(SeekFrom::Start(offset))
                    .and_then(|_| file.read_exact(&mut part))
                    .with_context(|| format!("cannot read {count} bytes of {}", path.display()))?;
                Ok(Cow::Owned(part))
            }
        }
    }
}

/// Named tensors of one model.
pub struct Store {
    sources: Vec<Source>,
    entries: BTreeMap<String, Entry>,
    metadata: BTreeMap<String, String>,
    /// Heads by component prefix where projections are interleaved; empty for a GGUF.
    interleaved: Vec<(&'static str, usize)>,
}

impl Store {
    /// A GGUF that is compiled into the binary.
    pub fn from_bytes(bytes: &'static [u8]) -> Result<Self> {
        let header = gguf::read_header(bytes, bytes.len() as u64)?;
        Ok(Self::gguf(Source::Bytes(bytes), header))
    }

    /// A GGUF file.
    pub fn from_file(path: &Path) -> Result<Self> {
        let (source, length) = Source::open(path)?;
        let header = match &source {
            Source::File { file, .. } => {
                let file = file.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                gguf::read_header(BufReader::new(&*file), length)
            }
            Source::Bytes(bytes) => gguf::read_header(*bytes, length),
        };
        let header =
            header.with_context(|| format!("{} cannot be used as weights", path.display()))?;
        Ok(Self::gguf(source, header))
    }

    fn gguf(source: Source, header: gguf::Header) -> Self {
        Self {
            sources: vec![source],
            entries: header.tensors,
            metadata: header.strings,
            interleaved: Vec::new(),
        }
    }

    /// A directory in the published layout: its tensors under the names that a GGUF gives them.
    /// `heads` are those of the transformer and of the decoder.
    pub fn from_directory(directory: &Path, heads: (usize, usize)) -> Result<Self> {
        let mut store = Self {
            sources: Vec::new(),
            entries: BTreeMap::new(),
            metadata: BTreeMap::new(),
            interleaved: vec![("transformer.", heads.0), ("vae.", heads.1)],
        };
        for (prefix, file) in published::WEIGHTS {
            let path = directory.join(file);
            store
                .add_safetensors(prefix, &path)
                .with_context(|| format!("{} cannot be used as weights", path.display()))?;
        }
        Ok(store)
    }

    fn add_safetensors(&mut self, prefix: &str, path: &Path) -> Result<()> {
        let (source, length) = Source::open(path)?;
        ensure!(length >= 8, "the file has only {length} bytes");
        let head = source.read(0, 8)?;
        ensure!(
            head.as_ref() != POINTER,
            "it is a Git LFS pointer to the weights, not the weights: fetch them with 'git lfs pull'"
        );
        let head = u64::from_le_bytes(head.as_ref().try_into().context("eight bytes")?);
        // The format's own limit; it also keeps a lying length from allocating.
        ensure!(
            head <= 100_000_000 && head <= length - 8,
            "its header of {head} bytes does not fit: the file is truncated or damaged"
        );
        let bytes = source.read(0, 8 + head)?;
        let table: Metadata =
            serde_json::from_slice(&bytes[8..]).context("its header is damaged")?;
        for (name, info) in table.tensors() {
            let (start, end) = info.data_offsets;
            ensure!(
                start <= end && end as u64 <= length - 8 - head,
                "tensor \"{name}\" ends outside the file: it is truncated or damaged"
            );
            let kind = match info.dtype {
                Dtype::F32 => Kind(GgmlDType::F32),
                Dtype::F16 => Kind(GgmlDType::F16),
                Dtype::BF16 => Kind(GgmlDType::BF16),
                other => bail!(
                    "tensor \"{name}\" has the element type {other:?}, expected F16, BF16 or F32"
                ),
            };
            let entry = Entry {
                file: self.sources.len(),
                kind,
                shape: info.shape.clone(),
                offset: 8 + head + start as u64,
                length: (end - start) as u64,
            };
            ensure!(
                kind.bytes(&entry.shape)
                    .is_ok_and(|bytes| bytes == entry.length),
                "tensor \"{name}\" of shape {:?} does not take {} bytes: the header is damaged",
                entry.shape,
                entry.length
            );
            self.entries.insert(format!("{prefix}{name}"), entry);
        }
        self.sources.push(source);
        Ok(())
    }

    /// A string of the metadata.
    pub fn metadata(&self, key: &str) -> Option<&str> {
        self.metadata.get(key).map(String::as_str)
    }

    /// The tensors in name order.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.entries
            .iter()
            .map(|(name, entry)| (name.as_str(), entry))
    }

    /// Where the tensor of this name lies, if there is one.
    pub fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.get(name)
    }

    /// Reads a tensor as stored, heads in the ordinary order.
    pub fn raw(&self, name: &str) -> Result<Raw<'_>> {
        let entry = self.require(name)?;
        let bytes = match self.interleaving(name) {
            Some(split) => Cow::Owned(self.gather(&split)?),
            None => self.sources[entry.file].read(entry.offset, entry.length)?,
        };
        Ok(Raw {
            kind: entry.kind,
            shape: entry.shape.clone(),
            bytes,
        })
    }

    fn require(&self, name: &str) -> Result<&Entry> {
        self.entries
            .get(name)
            .with_context(|| format!("the weights have no tensor \"{name}\""))
    }

    /// How a projection's rows are spread, if they are.
    fn interleaving(&self, name: &str) -> Option<Interleaved> {
        let (_, heads) = *self
            .interleaved
            .iter()
            .find(|(prefix, _)| name.starts_with(prefix))?;
        let stem = name.strip_suffix(".weight")?;
        let (layer, own) = stem.rsplit_once(".to_")?;
        let members: &[&str] = if layer.ends_with(".attn1") {
            &["q", "k", "v"]
        } else if layer.ends_with(".attn2") {
            &["k", "v"]
        } else {
            return None;
        };
        let index = members.iter().position(|&member| member == own)?;
        let members = members
            .iter()
            .map(|m| format!("{layer}.to_{m}.weight"))
            .collect();
        Some(Interleaved {
            members,
            index,
            heads,
        })
    }

    /// Collects the rows of one projection from all the tensors that they are spread over.
    fn gather(&self, split: &Interleaved) -> Result<Vec<u8>> {
        let members = split
            .members
            .iter()
            .map(|m| self.require(m))
            .collect::<Result<Vec<_>>>()?;
        let first = members[0];
        let rows = first.shape[0];
        for (name, member) in split.members.iter().zip(&members) {
            ensure!(
                member.shape == first.shape && member.kind == first.kind && member.shape.len() == 2,
                "tensor \"{name}\" differs in shape or type from its neighbours"
            );
        }
        ensure!(
            rows > 0 && rows.is_multiple_of(split.heads),
            "\"{}\": {rows} rows for {} heads",
            split.members[0],
            split.heads
        );
        let (head, row_bytes) = (rows / split.heads, first.length / rows as u64);
        let mut bytes = Vec::with_capacity(usize::try_from(first.length)?);
        for j in 0..split.heads {
            let start = (j * members.len() + split.index) * head; // row in the stacked [members * rows]
            let member = members[start / rows];
            let offset = member.offset + (start % rows) as u64 * row_bytes;
            bytes.extend_from_slice(
                &self.sources[member.file].read(offset, head as u64 * row_bytes)?,
            );
        }
        Ok(bytes)
    }

    /// Lower hex SHA-256 over each tensor's name and stored bytes, in name order.
    pub fn sha256(&self) -> Result<String> {
        let mut hash = Sha256::new();
        for name in self.entries.keys() {
            hash.update(name.as_bytes());
            hash.update(&self.raw(name)?.bytes);
        }
        Ok(hash
            .finalize()
            .iter()
            .fold(String::new(), |mut text, byte| {
                let _ = write!(text, "{byte:02x}"); // writing to a String cannot fail
                text
            }))
    }

    /// Bytes of all tensors as stored.
    pub fn stored_bytes(&self) -> u64 {
        self.entries.values().map(|entry| entry.length).sum()
    }
}

/// One projection among those whose rows are interleaved by head.
struct Interleaved {
    members: Vec<String>,
    index: usize,
    heads: usize,
}
