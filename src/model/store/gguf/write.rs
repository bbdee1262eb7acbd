//! Writes a GGUF tensor by tensor, so that never more than one of them is in memory.

use std::collections::{BTreeMap, VecDeque};
use std::io::{Seek, SeekFrom, Write};

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};

use super::{DEFAULT_ALIGNMENT, KINDS, MAGIC};
use crate::model::store::Kind;

const VERSION: u32 = 3;
const STRING: u32 = 8;
/// Where the hash of the tensors stands, which is known only when they are written.
const HASH: &str = "gen3d.sha256";

/// A GGUF that is being written: its header is there, its tensors come one by one.
pub struct Writer<W> {
    out: W,
    hash: Sha256,
    hash_at: u64,
    left: VecDeque<(String, u64)>,
}

impl<W: Write + Seek> Writer<W> {
    /// Writes the header: the metadata, to which the tensors' SHA-256 will be added, and the table of
    /// all tensors, which must then be given in the order of their names.
    pub fn new(
        out: W,
        metadata: &[(&str, &str)],
        tensors: &BTreeMap<String, (Kind, Vec<usize>)>,
    ) -> Result<Self> {
        let mut head = Vec::new();
        head.extend(MAGIC);
        head.extend(VERSION.to_le_bytes());
        head.extend((tensors.len() as u64).to_le_bytes());
        head.extend((metadata.len() as u64 + 1).to_le_bytes());
        for (key, value) in metadata {
            value_of(&mut head, key, value);
        }
        let zeros = "0".repeat(64);
        value_of(&mut head, HASH, &zeros);
        let hash_at = (head.len() - zeros.len()) as u64;
        let mut offset = 0u64;
        let mut left = VecDeque::new();
        for (name, (kind, shape)) in tensors {
            let length = (kind.bytes(shape)).with_context(|| format!("tensor \"{name}\""))?;
            text(&mut head, name);
            head.extend(u32::try_from(shape.len())?.to_le_bytes());
            for &side in shape.iter().rev() {
                head.extend((side as u64).to_le_bytes()); // the fastest dimension first
            }
            head.extend(number(*kind)?.to_le_bytes());
            head.extend(offset.to_le_bytes());
            offset += length.next_multiple_of(DEFAULT_ALIGNMENT);
            left.push_back((name.clone(), length));
        }
        let mut writer = Self {
            out,
            hash: Sha256::new(),
            hash_at,
            left,
        };
        writer.aligned(&head)?;
        Ok(writer)
    }

    /// Writes the data of the next tensor.
    ///
    /// # Errors
    /// Another tensor is due, or one of another size; and what the file system says.
    pub fn tensor(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let next = self.left.pop_front();
        ensure!(
            next.as_ref()
                .is_some_and(|(due, length)| due == name && *length == bytes.len() as u64),
            "tensor \"{name}\" of {} bytes was given, {next:?} is due",
            bytes.len()
        );
        self.hash.update(name.as_bytes());
        self.hash.update(bytes);
        self.aligned(bytes)
    }

    /// Puts the hash in its place; gives what was written to, and the hash.
    ///
    /// # Errors
    /// A tensor is missing; and what the file system says.
    pub fn finish(mut self) -> Result<(W, String)> {
        ensure!(
            self.left.is_empty(),
            "tensor \"{}\" was not written",
            self.left[0].0
        );
        let hash = format!("{:x}", self.hash.finalize());
        self.out.seek(SeekFrom::Start(self.hash_at))?;
        self.out.write_all(hash.as_bytes())?;
        self.out.flush()?;
        Ok((self.out, hash))
    }

    fn aligned(&mut self, bytes: &[u8]) -> Result<()> {
        let alignment = DEFAULT_ALIGNMENT as usize;
        let padding = bytes.len().next_multiple_of(alignment) - bytes.len();
        self.out.write_all(bytes)?;
        self.out
            .write_all(&[0; DEFAULT_ALIGNMENT as usize][..padding])?;
        Ok(())
    }
}

fn text(to: &mut Vec<u8>, text: &str) {
    to.extend((text.len() as u64).to_le_bytes());
    to.extend(text.as_bytes());
}

fn value_of(to: &mut Vec<u8>, key: &str, value: &str) {
    text(to, key);
    to.extend(STRING.to_le_bytes());
    text(to, value);
}

fn number(kind: Kind) -> Result<u32> {
    let known = KINDS.iter().find(|(_, known)| *known == kind.0);
    let (number, _) = known.with_context(|| format!("{:?} cannot be written", kind.0))?;
    Ok(*number)
}
