//! Binary glTF: its meshes where its nodes put them.

use anyhow::{Context, Result, bail, ensure};
use glam::{Mat4, Quat, Vec3};
use gltf_json::accessor::{ComponentType, Type};
use gltf_json::mesh::{Mode, Semantic};
use gltf_json::validation::Checked::Valid;
use gltf_json::{Accessor, Index, Node, Root};

use super::read::{Soup, check_count, vector};

/// Nodes within nodes.
const DEEPEST: usize = 64;

pub(super) fn parse(bytes: &[u8]) -> Result<Vec<Soup>> {
    let (text, binary) = chunks(bytes)?;
    let root = Root::from_slice(text).context("its glTF text is broken")?;
    let mut file = File {
        root: &root,
        binary,
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
fn chunks(bytes: &[u8]) -> Result<(&[u8], &[u8])> {
    let number = |at: usize| {
        let four = bytes.get(at..at + 4).and_then(|b| b.try_into().ok());
        four.map(u32::from_le_bytes)
    };
    ensure!(
        bytes.starts_with(b"glTF") && number(4) == Some(2),
        "it is no GLB of version 2"
    );
    let (mut at, mut text, mut binary) = (12, None, &[][..]);
    while let (Some(length), Some(kind)) = (number(at), number(at + 4)) {
        let end = (at + 8).checked_add(length as usize);
        let content = end.and_then(|end| bytes.get(at + 8..end));
        let content = content.context("the file is cut off")?;
        match &kind.to_le_bytes() {
            b"JSON" if text.is_none() => text = Some(content),
            b"BIN\0" => binary = content,
            _ => {}
        }
        at += 8 + content.len();
    }
    Ok((text.context("the file has no glTF text")?, binary))
}

struct File<'a> {
    root: &'a Root,
    binary: &'a [u8],
    parts: Vec<Soup>,
    /// Triangles so far.
    count: usize,
    /// Nodes so far: one may be named again and again.
    visits: usize,
}

impl File<'_> {
    fn node(&mut self, index: Index<Node>, above: Mat4, depth: usize) -> Result<()> {
        self.visits += 1;
        ensure!(
            depth < DEEPEST && self.visits < 100_000,
            "its nodes are too many, or lie within each other"
        );
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
        let mesh = self.root.meshes.get(index).context("a mesh is missing")?;
        let mut triangles = Vec::new();
        for primitive in &mesh.primitives {
            if primitive.mode != Valid(Mode::Triangles) {
                continue; // lines and points have no inside
            }
            let positions = primitive.attributes.get(&Valid(Semantic::Positions));
            let points = self.points(*positions.context("a mesh has no positions")?)?;
            let corners = match primitive.indices {
                Some(indices) => self.indices(indices)?,
                None => (0..points.len()).collect(),
            };
            self.count += corners.len() / 3;
            check_count(self.count)?;
            for t in corners.chunks_exact(3) {
                let corner = |i: usize| points.get(i).map(|&p| place.transform_point3(p));
                let all = [corner(t[0]), corner(t[1]), corner(t[2])];
                let [Some(a), Some(b), Some(c)] = all else {
                    bail!("a triangle has a corner that is missing");
                };
                triangles.push(if place.determinant() < 0.0 {
                    [c, b, a]
                } else {
                    [a, b, c]
                });
            }
        }
        let name = name.to_owned();
        self.parts.push(Soup { name, triangles });
        Ok(())
    }

    fn points(&self, index: Index<Accessor>) -> Result<Vec<Vec3>> {
        let (rows, kind, shape) = self.rows(index)?;
        ensure!(
            kind == ComponentType::F32 && shape == Type::Vec3,
            "its positions are of a kind that is not known here (quantized?)"
        );
        Ok(rows.map(vector).collect())
    }

    fn indices(&self, index: Index<Accessor>) -> Result<Vec<usize>> {
        let (rows, kind, shape) = self.rows(index)?;
        ensure!(shape == Type::Scalar, "its indices are no numbers");
        let number = |row: &[u8]| match (kind, row) {
            (ComponentType::U8, &[a, ..]) => Some(usize::from(a)),
            (ComponentType::U16, &[a, b, ..]) => Some(usize::from(u16::from_le_bytes([a, b]))),
            (ComponentType::U32, &[a, b, c, d, ..]) => {
                usize::try_from(u32::from_le_bytes([a, b, c, d])).ok()
            }
            _ => None,
        };
        let numbers: Option<Vec<usize>> = rows.map(number).collect();
        numbers.context("its indices are of an unknown kind")
    }

    /// The elements of an accessor, each with what follows it, all checked to be there.
    fn rows(
        &self,
        index: Index<Accessor>,
    ) -> Result<(impl Iterator<Item = &[u8]>, ComponentType, Type)> {
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
        let buffer = self.root.buffers.get(view.buffer.value());
        ensure!(
            view.buffer.value() == 0 && buffer.is_some_and(|b| b.uri.is_none()),
            "its points lie in another file"
        );
        let size = kind.0.size() * shape.multiplicity();
        let stride = view.byte_stride.map_or(size, |stride| stride.0);
        let start = |at: Option<gltf_json::validation::USize64>| at.map_or(0, |at| at.0);
        let first = start(view.byte_offset).checked_add(start(accessor.byte_offset));
        let (first, count) = (first.context("an offset is too large")?, accessor.count.0);
        let last = count.saturating_sub(1).checked_mul(stride as u64);
        let end = last.and_then(|last| last.checked_add(first)?.checked_add(size as u64));
        ensure!(
            stride >= size && end.is_some_and(|end| count == 0 || end <= self.binary.len() as u64),
            "an accessor goes beyond the end of the file"
        );
        let binary = self.binary;
        let rows = (0..count as usize).map(move |i| &binary[first as usize + i * stride..]);
        Ok((rows, kind.0, shape))
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
