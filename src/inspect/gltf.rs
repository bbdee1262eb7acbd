//! glTF, in one file or with its buffers beside it: its meshes where its nodes put them.

use std::borrow::Cow;
use std::path::{Component, Path};

use anyhow::{Context, Result, bail, ensure};
use base64::Engine;
use glam::{Mat4, Quat, Vec3};
use gltf_json::accessor::{ComponentType, Type};
use gltf_json::mesh::{Mode, Primitive, Semantic};
use gltf_json::validation::Checked::Valid;
use gltf_json::validation::USize64;
use gltf_json::{Accessor, Buffer, Index, Node, Root};

use super::read::{MOST_BYTES, Soup, bytes, check_count, plain, vector};

/// Nodes within nodes.
const DEEPEST: usize = 64;
/// Nodes and pieces of meshes, each time that they are shown: one may be shown again and again.
const MOST_VISITS: usize = 100_000;
/// Objects and other values of the text: an empty node takes a hundred times its two letters.
const MOST_OBJECTS: usize = 500_000;
const MOST_VALUES: usize = 8_000_000;

pub(super) fn parse(bytes: &[u8], path: &Path) -> Result<Vec<Soup>> {
    let (text, binary) =
        match bytes.starts_with(b"glTF") || path.extension() == Some("glb".as_ref()) {
            true => chunks(bytes)?,
            false => (bytes, None),
        };
    let count = |is: fn(&u8) -> bool| text.iter().filter(|b| is(b)).count();
    ensure!(
        count(|b| *b == b'{') <= MOST_OBJECTS && count(|b| b",[".contains(b)) <= MOST_VALUES,
        "its glTF text is of more than {MOST_OBJECTS} objects, or {MOST_VALUES} values"
    );
    let root = Root::from_slice(text).map_err(|e| anyhow::anyhow!("{}", plain(&e.to_string())));
    let root = root.context("its glTF text is broken")?;
    let buffers = buffers(&root, binary, path.parent().unwrap_or(Path::new("")))?;
    let mut file = File {
        root: &root,
        buffers,
        parts: Vec::new(),
        count: 0,
        visits: 0,
    };
    let scene = root.scene.map_or(0, |scene| scene.value());
    match root.scenes.get(scene) {
        Some(scene) => {
            for &node in &scene.nodes {
                file.node(node, Mat4::IDENTITY, 0)?;
            }
        }
        None => {
            for mesh in 0..root.meshes.len() {
                file.mesh(mesh, "mesh", Mat4::IDENTITY)?;
            }
        }
    }
    Ok(file.parts)
}

/// The JSON chunk and the binary one.
fn chunks(bytes: &[u8]) -> Result<(&[u8], Option<&[u8]>)> {
    let number = |at: usize| {
        let four = bytes.get(at..at + 4).and_then(|b| b.try_into().ok());
        four.map(u32::from_le_bytes)
    };
    ensure!(
        bytes.starts_with(b"glTF") && number(4) == Some(2),
        "it is no GLB of version 2"
    );
    let (mut at, mut text, mut binary) = (12, None, None);
    while let (Some(length), Some(kind)) = (number(at), number(at + 4)) {
        let end = (at + 8).checked_add(length as usize);
        let content = end.and_then(|end| bytes.get(at + 8..end));
        let content = content.context("the file is cut off")?;
        match &kind.to_le_bytes() {
            b"JSON" if text.is_none() => text = Some(content),
            b"BIN\0" if binary.is_none() => binary = Some(content),
            _ => {}
        }
        at += 8 + content.len();
    }
    Ok((text.context("the file has no glTF text")?, binary))
}

/// What the buffers hold: the file's own binary chunk, a text in the JSON, or a file beside it.
fn buffers<'a>(root: &Root, own: Option<&'a [u8]>, folder: &Path) -> Result<Vec<Cow<'a, [u8]>>> {
    let mut all = Vec::new();
    let mut total = 0;
    for (i, Buffer { uri, .. }) in root.buffers.iter().enumerate() {
        let buffer: Cow<[u8]> = match uri {
            None if i == 0 => Cow::Borrowed(own.unwrap_or_default()),
            None => bail!("a buffer in it is nowhere"),
            Some(uri) => match uri.strip_prefix("data:") {
                Some(data) => Cow::Owned(embedded(data)?),
                None => Cow::Owned(beside(uri, folder)?),
            },
        };
        total += buffer.len() as u64;
        ensure!(total <= MOST_BYTES, "its buffers are larger than 1 GiB");
        all.push(buffer);
    }
    Ok(all)
}

/// What follows `data:` in a URI.
fn embedded(data: &str) -> Result<Vec<u8>> {
    let data = data
        .split_once(";base64,")
        .context("a buffer is not in base64")?;
    let decoder = base64::engine::general_purpose::STANDARD;
    decoder
        .decode(data.1)
        .context("a buffer's base64 is broken")
}

/// A file in the same folder, or below it: a file of others must not have any other read.
fn beside(uri: &str, folder: &Path) -> Result<Vec<u8>> {
    let name = percent_encoding::percent_decode_str(uri).decode_utf8();
    let name = name.context("the name of a buffer's file is no text")?;
    let inside = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    ensure!(
        Path::new(&*name).components().all(inside) && !name.contains("://"),
        "its buffer {} is not in its folder",
        plain(&name)
    );
    bytes(&folder.join(&*name)).with_context(|| format!("its buffer {}", plain(&name)))
}

struct File<'a> {
    root: &'a Root,
    buffers: Vec<Cow<'a, [u8]>>,
    parts: Vec<Soup>,
    /// Triangles so far.
    count: usize,
    /// See [`MOST_VISITS`].
    visits: usize,
}

impl File<'_> {
    fn visit(&mut self) -> Result<()> {
        self.visits += 1;
        ensure!(
            self.visits < MOST_VISITS,
            "its nodes show more than {MOST_VISITS} things"
        );
        Ok(())
    }

    fn node(&mut self, index: Index<Node>, above: Mat4, depth: usize) -> Result<()> {
        self.visit()?;
        ensure!(depth < DEEPEST, "its nodes lie within each other");
        let nodes = &self.root.nodes;
        let node = nodes.get(index.value()).context("a node is missing")?;
        let place = above * placing(node);
        if let Some(mesh) = node.mesh {
            self.mesh(mesh.value(), node.name.as_deref().unwrap_or("mesh"), place)?;
        }
        for &child in node.children.iter().flatten() {
            self.node(child, place, depth + 1)?;
        }
        Ok(())
    }

    fn mesh(&mut self, index: usize, name: &str, place: Mat4) -> Result<()> {
        let root = self.root;
        let mesh = root.meshes.get(index).context("a mesh is missing")?;
        let mut triangles = Vec::new();
        for primitive in &mesh.primitives {
            self.visit()?;
            self.primitive(primitive, place, &mut triangles)?;
        }
        let name = name.to_owned();
        self.parts.push(Soup { name, triangles });
        Ok(())
    }

    /// Nothing is read but the points that are needed: many may share one accessor.
    fn primitive(
        &mut self,
        primitive: &Primitive,
        place: Mat4,
        out: &mut Vec<[Vec3; 3]>,
    ) -> Result<()> {
        let (step, next): (usize, fn(usize) -> [usize; 3]) = match primitive.mode {
            Valid(Mode::Triangles) => (3, |i| [3 * i, 3 * i + 1, 3 * i + 2]),
            Valid(Mode::TriangleStrip) => (1, |i| [i, i + 1 + i % 2, i + 2 - i % 2]),
            Valid(Mode::TriangleFan) => (1, |i| [0, i + 1, i + 2]),
            _ => return Ok(()), // lines and points have no inside
        };
        let positions = primitive.attributes.get(&Valid(Semantic::Positions));
        let points = self.rows(*positions.context("a mesh has no positions")?)?;
        ensure!(
            points.kind == ComponentType::F32 && points.shape == Type::Vec3,
            "its positions are of a kind that is not known here (quantized?)"
        );
        let indices = primitive.indices.map(|i| self.rows(i)).transpose()?;
        let length = indices.as_ref().map_or(points.count, |rows| rows.count);
        let count = match step {
            3 => length / 3,
            _ => length.saturating_sub(2),
        };
        let total = self.count.saturating_add(count);
        check_count(total)?;
        let turned = place.determinant() < 0.0;
        for i in 0..count {
            let mut triangle = [Vec3::ZERO; 3];
            for (corner, at) in triangle.iter_mut().zip(next(i)) {
                let index = match &indices {
                    Some(rows) => rows.number(at)?,
                    None => at,
                };
                let point = points
                    .get(index)
                    .context("a triangle has a corner that is missing")?;
                *corner = place.transform_point3(vector(point));
            }
            if turned {
                triangle.reverse();
            }
            out.push(triangle);
        }
        self.count = total;
        Ok(())
    }

    /// The elements of an accessor, all checked to be there.
    fn rows(&self, index: Index<Accessor>) -> Result<Rows<'_>> {
        let accessor = self.root.accessors.get(index.value());
        let accessor = accessor.context("an accessor is missing")?;
        let (Valid(kind), Valid(shape)) = (accessor.component_type, accessor.type_) else {
            bail!("an accessor is of an unknown kind");
        };
        ensure!(
            accessor.sparse.is_none(),
            "sparse accessors are not known here"
        );
        let view = accessor
            .buffer_view
            .context("an accessor has no view; compressed meshes are not known here")?;
        let view = self.root.buffer_views.get(view.value());
        let view = view.context("a view is missing")?;
        let buffer = self.buffers.get(view.buffer.value());
        let bytes: &[u8] = buffer.context("a buffer is missing")?;
        let size = kind.0.size() * shape.multiplicity();
        let stride = view.byte_stride.map_or(size, |stride| stride.0);
        let start = |at: Option<USize64>| at.map_or(0, |at| at.0);
        let first = start(view.byte_offset).checked_add(start(accessor.byte_offset));
        let (first, count) = (first.context("an offset is too large")?, accessor.count.0);
        let last = count.saturating_sub(1).checked_mul(stride as u64);
        let end = last.and_then(|last| last.checked_add(first)?.checked_add(size as u64));
        ensure!(
            stride >= size && end.is_some_and(|end| count == 0 || end <= bytes.len() as u64),
            "an accessor goes beyond the end of the file"
        );
        Ok(Rows {
            bytes: bytes.get(first as usize..).unwrap_or_default(),
            stride,
            size,
            count: count as usize,
            kind: kind.0,
            shape,
        })
    }
}

/// See [`File::rows`].
struct Rows<'a> {
    bytes: &'a [u8],
    stride: usize,
    size: usize,
    count: usize,
    kind: ComponentType,
    shape: Type,
}

impl Rows<'_> {
    fn get(&self, at: usize) -> Option<&[u8]> {
        (at < self.count).then(|| &self.bytes[at * self.stride..at * self.stride + self.size])
    }

    /// An index.
    fn number(&self, at: usize) -> Result<usize> {
        let number = match (self.kind, self.shape, self.get(at)) {
            (ComponentType::U8, Type::Scalar, Some(&[a])) => Some(u32::from(a)),
            (ComponentType::U16, Type::Scalar, Some(&[a, b])) => {
                Some(u32::from(u16::from_le_bytes([a, b])))
            }
            (ComponentType::U32, Type::Scalar, Some(&[a, b, c, d])) => {
                Some(u32::from_le_bytes([a, b, c, d]))
            }
            _ => None,
        };
        Ok(number.context("its indices are of an unknown kind")? as usize)
    }
}

fn placing(node: &Node) -> Mat4 {
    if let Some(matrix) = node.matrix {
        return Mat4::from_cols_array(&matrix);
    }
    Mat4::from_scale_rotation_translation(
        node.scale.map_or(Vec3::ONE, Vec3::from),
        node.rotation
            .map_or(Quat::IDENTITY, |turn| Quat::from_array(turn.0)),
        node.translation.map_or(Vec3::ZERO, Vec3::from),
    )
}
