//! glTF 2.0: one named node and mesh a part under a root node; `.glb`, or `.gltf` with a `.bin`.
//!
//! Without a skeleton a node lies at its part's joint, the mesh around it, and under the node of the part that it goes
//! with: to turn an arm is to turn its node. With one all parts' nodes lie at the scene's top, as those of skinned meshes
//! have to, and what is turned are the bones below the root node.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsStr;

use anyhow::{Context, Result, ensure};
use glam::{Vec2, Vec3};
use gltf_json::accessor::{ComponentType, GenericComponentType, IndexComponentType, Type};
use gltf_json::buffer::{Target, View};
use gltf_json::image::MimeType;
use gltf_json::material::{PbrMetallicRoughness, StrengthFactor};
use gltf_json::mesh::{Mode, Primitive, Semantic};
use gltf_json::texture::{Info, MagFilter, MinFilter, Sampler, WrappingMode};
use gltf_json::validation::Checked::Valid;
use gltf_json::validation::USize64;
use gltf_json::{
    Accessor, Asset, Buffer, Image, Index, Material, Mesh, Node, Root, Scene as GltfScene, Texture,
};
use serde_json::json;
use serde_json::value::RawValue;

mod skin;

use super::scene::{Png, Scene, ScenePart};
use super::{CREASE, Encoded, Exporter, names};
use crate::base::colour::linear;
use crate::figure::finish::Finish;
use crate::geometry::extent;
use crate::geometry::normals::creased;
use crate::slots::in_figure;
use skin::Skeleton;

/// `.glb`: everything in one file.
pub struct Glb;

/// `.gltf`: the text, and a `.bin` beside it.
pub struct Gltf;

impl Exporter for Glb {
    fn encode(&self, scene: &Scene, stem: &OsStr) -> Result<Vec<Encoded>> {
        let (root, binary) = document(scene, stem, None)?;
        Ok(vec![Encoded {
            extension: "glb",
            bytes: one_file(&root, binary)?,
        }])
    }
}

/// The bytes of a `.glb`.
pub(super) fn one_file(root: &Root, mut binary: Vec<u8>) -> Result<Vec<u8>> {
    let mut json = root.to_vec().context("the glTF text cannot be made")?;
    json.resize(json.len().next_multiple_of(4), b' ');
    binary.resize(binary.len().next_multiple_of(4), 0);
    let length = 12 + 8 + json.len() + 8 + binary.len();
    let length =
        u32::try_from(length).context("a .glb holds at most 4 GiB; ask for fewer faces")?;
    let mut out = Vec::with_capacity(length as usize);
    out.extend(b"glTF");
    out.extend(2u32.to_le_bytes());
    out.extend(length.to_le_bytes());
    for (kind, chunk) in [(b"JSON", json), (b"BIN\0", binary)] {
        out.extend((chunk.len() as u32).to_le_bytes());
        out.extend(kind);
        out.extend(chunk);
    }
    Ok(out)
}

impl Exporter for Gltf {
    fn encode(&self, scene: &Scene, stem: &OsStr) -> Result<Vec<Encoded>> {
        let (root, binary) = document(scene, stem, Some(uri(stem) + ".bin"))?;
        let json = root
            .to_string_pretty()
            .context("the glTF text cannot be made")?
            .into_bytes();
        let json = Encoded {
            extension: "gltf",
            bytes: json,
        };
        Ok(vec![
            json,
            Encoded {
                extension: "bin",
                bytes: binary,
            },
        ])
    }
}

/// The document and its one buffer, which lies at `uri` or, without one, in the same file.
pub(super) fn document(
    scene: &Scene,
    stem: &OsStr,
    uri: Option<String>,
) -> Result<(Root, Vec<u8>)> {
    let mut file = Document::default();
    if let Some(png) = &scene.texture {
        file.texture(png);
    }
    let skeleton = file.skeleton(&scene.bones);
    let mut nodes = Vec::new();
    for part in &scene.parts {
        let material = names::material(stem, &part.name);
        nodes.push(file.part(part, material, skeleton.as_ref())?);
    }
    let (below, mut top) = match &skeleton {
        Some(skeleton) => (vec![skeleton.root], nodes),
        None => (file.tree(&scene.parts, &nodes), Vec::new()),
    };
    let Document { mut root, binary } = file;
    root.push(Buffer {
        byte_length: USize64::from(binary.len()),
        uri,
        name: None,
        extensions: None,
        extras: Default::default(),
    });
    let figurine = root.push(Node {
        children: Some(below),
        name: Some("figurine".into()),
        ..Node::default()
    });
    top.insert(0, figurine);
    let place = root.push(GltfScene {
        nodes: top,
        name: None,
        extensions: None,
        extras: Default::default(),
    });
    root.scene = Some(place);
    root.asset = Asset {
        generator: Some(concat!("gen3d ", env!("CARGO_PKG_VERSION")).into()),
        extras: (scene.made_with.as_ref())
            .map(|mark| RawValue::from_string(json!({"made_with": mark}).to_string()))
            .transpose()?,
        ..Asset::default()
    };
    Ok((root, binary))
}

#[derive(Default)]
struct Document {
    root: Root,
    binary: Vec<u8>,
}

impl Document {
    /// Puts the node of each part under that of the part that it goes with; gives those that go with none.
    fn tree(&mut self, parts: &[ScenePart], nodes: &[Index<Node>]) -> Vec<Index<Node>> {
        let mut free = Vec::new();
        // Each of several figures has a node of its own.
        let mut figures: BTreeMap<usize, Vec<Index<Node>>> = BTreeMap::new();
        for (part, &node) in parts.iter().zip(nodes) {
            let Some(parent) = part.parent else {
                match in_figure(&part.name).0 {
                    Some(number) => figures.entry(number).or_default().push(node),
                    None => free.push(node),
                }
                continue;
            };
            let above = &mut self.root.nodes[nodes[parent].value()];
            above.children.get_or_insert_default().push(node);
            let place = part.pivot - parts[parent].pivot;
            self.root.nodes[node.value()].translation = Some(place.to_array());
        }
        for (number, parts) in figures {
            free.push(self.root.push(Node {
                children: Some(parts),
                name: Some(format!("figure{number}")),
                ..Node::default()
            }));
        }
        free
    }

    /// A node with the mesh and material of one part: at its joint, or moved by a skeleton.
    fn part(
        &mut self,
        part: &ScenePart,
        material: String,
        skeleton: Option<&Skeleton>,
    ) -> Result<Index<Node>> {
        let mut mesh = creased(&part.mesh, CREASE);
        let textured = !self.root.textures.is_empty();
        let places = match textured {
            true => unwrapped(&mut mesh, &part.corners),
            false => Vec::new(),
        };
        if skeleton.is_none() {
            mesh.positions.iter_mut().for_each(|p| *p -= part.pivot);
        }
        let count = mesh.positions.len();
        ensure!(
            count < u32::MAX as usize,
            "the part `{}` has too many vertices for glTF",
            part.name
        );
        let (positions, normals) = self.surface(&mesh);
        let (semantic, colours) = match textured {
            // Together with the texture, the vertices' colours would be multiplied with it.
            true => (Semantic::TexCoords(0), self.places(&places)),
            false => (Semantic::Colors(0), self.colours(&mesh)),
        };

        let mut attributes = BTreeMap::from([
            (Valid(Semantic::Positions), positions),
            (Valid(Semantic::Normals), normals),
            (Valid(semantic), colours),
        ]);
        if skeleton.is_some() {
            attributes.extend(self.influences(part, &mesh));
        }
        let primitive = Primitive {
            attributes,
            indices: Some(self.indices(&mesh.triangles, count)),
            material: Some(self.material(material, Finish::of(&part.name, &part.mesh))),
            mode: Valid(Mode::Triangles),
            targets: None,
            extensions: None,
            extras: Default::default(),
        };
        let mesh = self.root.push(Mesh {
            primitives: vec![primitive],
            weights: None,
            name: Some(part.name.clone()),
            extensions: None,
            extras: Default::default(),
        });
        Ok(self.root.push(Node {
            mesh: Some(mesh),
            name: Some(part.name.clone()),
            translation: skeleton.is_none().then(|| part.pivot.to_array()),
            skin: skeleton.map(|skeleton| skeleton.skin),
            ..Node::default()
        }))
    }

    /// Positions and normals.
    fn surface(&mut self, mesh: &crate::geometry::Mesh) -> (Index<Accessor>, Index<Accessor>) {
        let mut vectors = |v: &[Vec3]| {
            let bytes = v.iter().flat_map(|p| p.to_array());
            let bytes: Vec<u8> = bytes.flat_map(f32::to_le_bytes).collect();
            self.accessor(&bytes, v.len(), ComponentType::F32, Type::Vec3)
        };
        let (positions, normals) = (vectors(&mesh.positions), vectors(&mesh.normals));
        let (low, high) = extent(mesh.positions.iter().copied());
        self.root.accessors[positions.value()].min = Some(low.to_array().to_vec().into());
        self.root.accessors[positions.value()].max = Some(high.to_array().to_vec().into());
        (positions, normals)
    }

    fn colours(&mut self, mesh: &crate::geometry::Mesh) -> Index<Accessor> {
        // Linear light in 16 bits: 8 would band in the shadows. The fourth keeps rows at 4 bytes.
        let colours = mesh
            .colours
            .iter()
            .flat_map(|&[r, g, b]| [linear(r), linear(g), linear(b), 1.0]);
        let colours: Vec<u8> = colours
            .flat_map(|v| ((v.clamp(0.0, 1.0) * 65535.0).round() as u16).to_le_bytes())
            .collect();
        let colours = self.accessor(&colours, mesh.colours.len(), ComponentType::U16, Type::Vec4);
        self.root.accessors[colours.value()].normalized = true;
        colours
    }

    /// Where vertices lie in the texture.
    fn places(&mut self, places: &[Vec2]) -> Index<Accessor> {
        let bytes = places.iter().flat_map(|p| p.to_array());
        let bytes: Vec<u8> = bytes.flat_map(f32::to_le_bytes).collect();
        self.accessor(&bytes, places.len(), ComponentType::F32, Type::Vec2)
    }

    /// The texture of all materials: in the buffer, or in a file beside it.
    fn texture(&mut self, png: &Png) {
        let inside = png.name.is_empty();
        let source = Image {
            buffer_view: inside.then(|| self.view(&png.bytes, None)),
            mime_type: inside.then(|| MimeType("image/png".into())),
            name: Some("texture".into()),
            uri: (!inside).then(|| uri(&png.name)),
            extensions: None,
            extras: Default::default(),
        };
        let source = self.root.push(source);
        let sampler = self.root.push(Sampler {
            mag_filter: Some(Valid(MagFilter::Linear)),
            min_filter: Some(Valid(MinFilter::LinearMipmapLinear)),
            wrap_s: Valid(WrappingMode::ClampToEdge),
            wrap_t: Valid(WrappingMode::ClampToEdge),
            ..Sampler::default()
        });
        self.root.push(Texture {
            name: None,
            sampler: Some(sampler),
            source,
            extensions: None,
            extras: Default::default(),
        });
    }

    fn indices(&mut self, triangles: &[[u32; 3]], vertices: usize) -> Index<Accessor> {
        let all = triangles.iter().flatten();
        // 65535 itself means "restart" to graphics cards.
        let (bytes, kind): (Vec<u8>, _) = if vertices < 65_535 {
            (
                all.flat_map(|&v| (v as u16).to_le_bytes()).collect(),
                ComponentType::U16,
            )
        } else {
            (
                all.flat_map(|&v| v.to_le_bytes()).collect(),
                ComponentType::U32,
            )
        };
        let index = self.accessor(&bytes, triangles.len() * 3, kind, Type::Scalar);
        let accessor = &mut self.root.accessors[index.value()];
        accessor.component_type = Valid(GenericComponentType(IndexComponentType(kind).0));
        if let Some(view) = accessor.buffer_view {
            self.root.buffer_views[view.value()].target = Some(Valid(Target::ElementArrayBuffer));
        }
        index
    }

    /// The colours of the texture or of the vertices as they are, as rough and as much of metal as the part seems to be.
    fn material(&mut self, name: String, finish: Finish) -> Index<Material> {
        let texture = (!self.root.textures.is_empty()).then(|| Info {
            index: Index::new(0),
            tex_coord: 0,
            extensions: None,
            extras: Default::default(),
        });
        self.root.push(Material {
            name: Some(name),
            pbr_metallic_roughness: PbrMetallicRoughness {
                base_color_texture: texture,
                metallic_factor: StrengthFactor(finish.metallic()),
                roughness_factor: StrengthFactor(finish.roughness()),
                ..PbrMetallicRoughness::default()
            },
            ..Material::default()
        })
    }

    /// Appends `bytes` to the buffer, as `count` elements in a view of their own.
    fn accessor(
        &mut self,
        bytes: &[u8],
        count: usize,
        kind: ComponentType,
        shape: Type,
    ) -> Index<Accessor> {
        let view = self.view(bytes, Some(Target::ArrayBuffer));
        self.accessor_in(view, count, kind, shape)
    }

    /// All of a view.
    fn accessor_in(
        &mut self,
        view: Index<View>,
        count: usize,
        kind: ComponentType,
        shape: Type,
    ) -> Index<Accessor> {
        self.root.push(Accessor {
            buffer_view: Some(view),
            byte_offset: None,
            count: USize64::from(count),
            component_type: Valid(GenericComponentType(kind)),
            type_: Valid(shape),
            min: None,
            max: None,
            name: None,
            normalized: false,
            sparse: None,
            extensions: None,
            extras: Default::default(),
        })
    }

    /// Appends `bytes` to the buffer.
    fn view(&mut self, bytes: &[u8], target: Option<Target>) -> Index<View> {
        self.binary.resize(self.binary.len().next_multiple_of(4), 0);
        let view = self.root.push(View {
            buffer: Index::new(0),
            byte_length: USize64::from(bytes.len()),
            byte_offset: Some(USize64::from(self.binary.len())),
            byte_stride: None,
            target: target.map(Valid),
            name: None,
            extensions: None,
            extras: Default::default(),
        });
        self.binary.extend_from_slice(bytes);
        view
    }
}

/// Splits the vertices whose triangles lie apart in the texture, and gives each vertex's place there.
fn unwrapped(mesh: &mut crate::geometry::Mesh, corners: &[[Vec2; 3]]) -> Vec<Vec2> {
    let mut places: Vec<Option<Vec2>> = vec![None; mesh.positions.len()];
    let mut others: HashMap<(u32, [u32; 2]), u32> = HashMap::new();
    for (triangle, corners) in mesh.triangles.iter_mut().zip(corners) {
        for (vertex, &place) in triangle.iter_mut().zip(corners) {
            let first = *vertex as usize;
            if *places[first].get_or_insert(place) == place {
                continue;
            }
            let key = (*vertex, place.to_array().map(f32::to_bits));
            *vertex = *others.entry(key).or_insert_with(|| {
                mesh.positions.push(mesh.positions[first]);
                mesh.normals.push(mesh.normals[first]);
                mesh.colours.push(mesh.colours[first]);
                places.push(Some(place));
                places.len() as u32 - 1
            });
        }
    }
    places.into_iter().map(Option::unwrap_or_default).collect()
}

/// A file name as a relative URI: what is not unreserved is escaped, byte by byte.
fn uri(name: &OsStr) -> String {
    let escape = |&b: &u8| match b {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
            (b as char).to_string()
        }
        _ => format!("%{b:02X}"),
    };
    name.as_encoded_bytes().iter().map(escape).collect()
}
