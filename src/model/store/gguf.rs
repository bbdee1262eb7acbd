//! The header of a GGUF file, read with suspicion.
//!
//! A weights file comes from anywhere, so that every length is held against what is left of the file
//! before anything is allocated, every sum is checked, and tensors may neither overlap nor leave the
//! file. Only what this program uses is kept: string values, the alignment, and the tensor table.
//! [`Writer`] is the other direction.

use std::collections::BTreeMap;
use std::io::Read;

use anyhow::{Context, Result, bail, ensure};
use candle_core::quantized::GgmlDType;

use super::{Entry, Kind};

pub use write::Writer;

mod write;

const MAGIC: &[u8; 4] = b"GGUF";
const DEFAULT_ALIGNMENT: u64 = 32;
const MAX_DIMENSIONS: u32 = 4;
/// Arrays of arrays are legal; nobody nests them deeper than this.
const MAX_DEPTH: usize = 8;

/// What a GGUF says before its data.
pub struct Header {
    /// The metadata whose values are strings.
    pub strings: BTreeMap<String, String>,
    /// Each tensor with its place in the file.
    pub tensors: BTreeMap<String, Entry>,
}

/// Reads the header of a GGUF of `length` bytes.
pub fn read_header(reader: impl Read, length: u64) -> Result<Header> {
    let mut cursor = Cursor {
        reader,
        position: 0,
        length,
    };
    let magic: [u8; 4] = cursor.array().context("not a GGUF file")?;
    ensure!(
        &magic == MAGIC,
        "not a GGUF file: it starts with {magic:02x?}"
    );
    let version = cursor.u32()?;
    ensure!(
        (2..=3).contains(&version),
        "GGUF version {version} is not supported, only 2 and 3"
    );
    let (tensor_count, value_count) = (cursor.u64()?, cursor.u64()?);

    let mut strings = BTreeMap::new();
    let mut alignment = DEFAULT_ALIGNMENT;
    for _ in 0..value_count {
        let key = cursor.string().context("in the metadata")?;
        let value = cursor
            .value(0)
            .with_context(|| format!("in the metadata, at \"{key}\""))?;
        match value {
            Value::Text(text) => drop(strings.insert(key, text)),
            Value::Number(number) if key == "general.alignment" => alignment = number,
            _ => {}
        }
    }
    ensure!(
        alignment.is_power_of_two() && alignment <= 1 << 20,
        "general.alignment is {alignment}, expected a power of two"
    );

    let mut tensors = BTreeMap::new();
    for index in 0..tensor_count {
        let (name, entry) = cursor
            .tensor()
            .with_context(|| format!("in the tensor table, entry {index}"))?;
        ensure!(
            !tensors.contains_key(&name),
            "tensor \"{name}\" is listed twice"
        );
        tensors.insert(name, entry);
    }
    let data = cursor.position.div_ceil(alignment) * alignment;
    for (name, entry) in &mut tensors {
        place(entry, data, alignment, length).with_context(|| format!("tensor \"{name}\""))?;
    }
    forbid_overlap(&tensors)?;
    Ok(Header { strings, tensors })
}

/// Turns an offset from the start of the data into one from the start of the file.
fn place(entry: &mut Entry, data: u64, alignment: u64, length: u64) -> Result<()> {
    ensure!(
        entry.offset.is_multiple_of(alignment),
        "offset {} is not aligned to {alignment}",
        entry.offset
    );
    let start = data
        .checked_add(entry.offset)
        .context("its offset overflows")?;
    let end = start
        .checked_add(entry.length)
        .context("its size overflows")?;
    ensure!(
        end <= length,
        "it ends at byte {end} of a file of {length} bytes: the file is truncated or damaged"
    );
    entry.offset = start;
    Ok(())
}

fn forbid_overlap(tensors: &BTreeMap<String, Entry>) -> Result<()> {
    let mut order: Vec<_> = tensors.iter().collect();
    order.sort_by_key(|(_, entry)| entry.offset);
    for pair in order.windows(2) {
        let ((before, a), (after, b)) = (pair[0], pair[1]);
        ensure!(
            a.offset + a.length <= b.offset,
            "tensors \"{before}\" and \"{after}\" overlap"
        );
    }
    Ok(())
}

enum Value {
    Text(String),
    Number(u64),
    Other,
}

struct Cursor<R> {
    reader: R,
    position: u64,
    length: u64,
}

impl<R: Read> Cursor<R> {
    /// Accounts for `count` more bytes, or fails if the file has fewer.
    fn claim(&mut self, count: u64) -> Result<()> {
        let left = self.length - self.position;
        ensure!(
            count <= left,
            "{count} bytes expected at byte {}, {left} left: the file is truncated or damaged",
            self.position
        );
        self.position += count;
        Ok(())
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        self.claim(N as u64)?;
        let mut bytes = [0; N];
        self.reader.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn u32(&mut self) -> Result<u32> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn u64(&mut self) -> Result<u64> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    fn string(&mut self) -> Result<String> {
        let count = self.u64()?;
        self.claim(count)?;
        let mut bytes = vec![0; usize::try_from(count)?];
        self.reader.read_exact(&mut bytes)?;
        String::from_utf8(bytes).context("a text is not UTF-8")
    }

    fn value(&mut self, depth: usize) -> Result<Value> {
        let kind = self.u32()?;
        self.value_of(kind, depth)
    }

    fn value_of(&mut self, kind: u32, depth: usize) -> Result<Value> {
        ensure!(depth < MAX_DEPTH, "arrays nested deeper than {MAX_DEPTH}");
        Ok(match kind {
            0 => Value::Number(self.array::<1>()?[0].into()),
            2 => Value::Number(u16::from_le_bytes(self.array()?).into()),
            4 => Value::Number(self.u32()?.into()),
            10 => Value::Number(self.u64()?),
            1 | 7 => self.array::<1>().map(|_| Value::Other)?,
            3 => self.array::<2>().map(|_| Value::Other)?,
            5 | 6 => self.array::<4>().map(|_| Value::Other)?,
            11 | 12 => self.array::<8>().map(|_| Value::Other)?,
            8 => Value::Text(self.string()?),
            9 => {
                let (kind, count) = (self.u32()?, self.u64()?);
                for _ in 0..count {
                    self.value_of(kind, depth + 1)?;
                }
                Value::Other
            }
            kind => bail!("unknown value type {kind}"),
        })
    }

    /// One row of the tensor table; its offset is still relative to the data.
    fn tensor(&mut self) -> Result<(String, Entry)> {
        let name = self.string()?;
        let rank = self.u32()?;
        ensure!(
            (1..=MAX_DIMENSIONS).contains(&rank),
            "tensor \"{name}\" has {rank} dimensions"
        );
        let mut shape = (0..rank)
            .map(|_| Ok(usize::try_from(self.u64()?)?))
            .collect::<Result<Vec<_>>>()?;
        shape.reverse(); // the file stores the fastest dimension first
        let kind = kind(self.u32()?).with_context(|| format!("tensor \"{name}\""))?;
        let offset = self.u64()?;
        let length = kind
            .bytes(&shape)
            .with_context(|| format!("tensor \"{name}\" with shape {shape:?}"))?;
        Ok((
            name,
            Entry {
                file: 0,
                kind,
                shape,
                offset,
                length,
            },
        ))
    }
}

/// The element types that are known, each with its number in a file.
const KINDS: [(u32, GgmlDType); 13] = [
    (0, GgmlDType::F32),
    (1, GgmlDType::F16),
    (2, GgmlDType::Q4_0),
    (3, GgmlDType::Q4_1),
    (6, GgmlDType::Q5_0),
    (7, GgmlDType::Q5_1),
    (8, GgmlDType::Q8_0),
    (10, GgmlDType::Q2K),
    (11, GgmlDType::Q3K),
    (12, GgmlDType::Q4K),
    (13, GgmlDType::Q5K),
    (14, GgmlDType::Q6K),
    (30, GgmlDType::BF16),
];

/// The element type behind its number in the file.
fn kind(number: u32) -> Result<Kind> {
    let known = KINDS.iter().find(|(known, _)| *known == number);
    let (_, kind) = known.with_context(|| format!("element type {number} is not supported"))?;
    Ok(Kind(*kind))
}
