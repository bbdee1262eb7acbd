//! PLY: text or binary, of any elements, of which points and faces are read.

use anyhow::{Context, Result, bail, ensure};
use glam::Vec3;

use super::read::{Soup, check_count, plain};

/// How a number is stored.
#[derive(Clone, Copy)]
enum Kind {
    I8,
    U8,
    I16,
    U16,
    I32,
    U32,
    F32,
    F64,
}

impl Kind {
    fn of(word: &str) -> Result<Self> {
        Ok(match word {
            "char" | "int8" => Self::I8,
            "uchar" | "uint8" => Self::U8,
            "short" | "int16" => Self::I16,
            "ushort" | "uint16" => Self::U16,
            "int" | "int32" => Self::I32,
            "uint" | "uint32" => Self::U32,
            "float" | "float32" => Self::F32,
            "double" | "float64" => Self::F64,
            _ => bail!("its header has an unknown kind of number: {}", plain(word)),
        })
    }
}

/// What each row of an element has.
struct Property {
    name: String,
    /// The kind of its count, if it is a list.
    list: Option<Kind>,
    kind: Kind,
}

struct Element {
    name: String,
    count: u64,
    properties: Vec<Property>,
}

/// The numbers behind the header.
enum Numbers<'a> {
    Text(std::str::SplitAsciiWhitespace<'a>),
    Little(&'a [u8]),
    Big(&'a [u8]),
}

impl Numbers<'_> {
    fn next(&mut self, kind: Kind) -> Option<f64> {
        macro_rules! read {
            ($bytes:expr, $from:ident, $kind:ty) => {{
                let (first, rest) = $bytes.split_first_chunk()?;
                *$bytes = rest;
                <$kind>::$from(*first) as f64
            }};
        }
        macro_rules! read_any {
            ($bytes:expr, $from:ident) => {
                match kind {
                    Kind::I8 => read!($bytes, $from, i8),
                    Kind::U8 => read!($bytes, $from, u8),
                    Kind::I16 => read!($bytes, $from, i16),
                    Kind::U16 => read!($bytes, $from, u16),
                    Kind::I32 => read!($bytes, $from, i32),
                    Kind::U32 => read!($bytes, $from, u32),
                    Kind::F32 => read!($bytes, $from, f32),
                    Kind::F64 => read!($bytes, $from, f64),
                }
            };
        }
        match self {
            Self::Text(words) => words.next()?.parse().ok(),
            Self::Little(bytes) => Some(read_any!(bytes, from_le_bytes)),
            Self::Big(bytes) => Some(read_any!(bytes, from_be_bytes)),
        }
    }
}

pub(super) fn parse(bytes: &[u8]) -> Result<Vec<Soup>> {
    let (elements, mut numbers) = header(bytes)?;
    let mut points: Vec<Vec3> = Vec::new();
    let mut triangles = Vec::new();
    for element in &elements {
        if element.properties.is_empty() {
            continue; // it takes no room, however many there are
        }
        let axis = |name: &str| element.properties.iter().position(|p| p.name == name);
        let axes = [axis("x"), axis("y"), axis("z")];
        let corners = axis("vertex_indices").or(axis("vertex_index"));
        for row in 0..element.count {
            let cut = || {
                format!(
                    "it is cut off, or broken, at {} {row}",
                    plain(&element.name)
                )
            };
            let mut point = Vec3::NAN;
            for (number, property) in element.properties.iter().enumerate() {
                let Some(count) = property.list else {
                    let value = numbers.next(property.kind).with_context(cut)?;
                    if let Some(axis) = axes.iter().position(|axis| *axis == Some(number)) {
                        point[axis] = value as f32;
                    }
                    continue;
                };
                let count = numbers.next(count).with_context(cut)? as u64;
                let mut face: Vec<usize> = Vec::new();
                for _ in 0..count {
                    face.push(numbers.next(property.kind).with_context(cut)? as usize);
                }
                if element.name == "face" && Some(number) == corners {
                    check_count(triangles.len() + face.len())?;
                    for pair in face.windows(2).skip(1) {
                        let corner = |i: usize| points.get(i).copied();
                        let corners = [corner(face[0]), corner(pair[0]), corner(pair[1])];
                        let [Some(a), Some(b), Some(c)] = corners else {
                            bail!("face {row} has a corner that is missing");
                        };
                        triangles.push([a, b, c]);
                    }
                }
            }
            if element.name == "vertex" {
                points.push(point);
            }
        }
    }
    let name = "mesh".into();
    Ok(vec![Soup { name, triangles }])
}

fn header(bytes: &[u8]) -> Result<(Vec<Element>, Numbers<'_>)> {
    let mut elements: Vec<Element> = Vec::new();
    let mut format = None;
    let mut rest = bytes;
    for number in 1.. {
        let end = rest.iter().position(|&b| b == b'\n');
        let end = end.context("it is no PLY: its header has no end")?;
        let line = String::from_utf8_lossy(&rest[..end]);
        rest = &rest[end + 1..];
        let words: Vec<&str> = line.split_whitespace().collect();
        let broken = || {
            format!(
                "line {number} of its header is broken: {}",
                plain(line.trim())
            )
        };
        match words[..] {
            ["ply"] if number == 1 => {}
            _ if number == 1 => bail!("it is no PLY: it does not begin with `ply`"),
            ["format", kind, ..] => format = Some(kind.to_owned()),
            ["comment" | "obj_info", ..] | [] => {}
            ["element", name, count] => elements.push(Element {
                name: name.to_owned(),
                count: count.parse().with_context(broken)?,
                properties: Vec::new(),
            }),
            ["property", ref list @ .., kind, name] => {
                let property = Property {
                    name: name.to_owned(),
                    list: match list {
                        [] => None,
                        ["list", count] => Some(Kind::of(count)?),
                        _ => bail!(broken()),
                    },
                    kind: Kind::of(kind)?,
                };
                let element = elements.last_mut().with_context(broken)?;
                element.properties.push(property);
            }
            ["end_header"] => break,
            _ => bail!(broken()),
        }
    }
    let numbers = match format.as_deref() {
        Some("ascii") => {
            let text = std::str::from_utf8(rest).context("its numbers are no text")?;
            Numbers::Text(text.split_ascii_whitespace())
        }
        Some("binary_little_endian") => Numbers::Little(rest),
        Some("binary_big_endian") => Numbers::Big(rest),
        _ => bail!("it does not say how its numbers are stored"),
    };
    ensure!(
        elements.iter().any(|element| element.name == "face"),
        "it is a cloud of points: there is no face in it"
    );
    Ok((elements, numbers))
}
