//! A skeleton's nodes, the skin of all parts, and which bones each vertex follows.

use glam::{Mat4, Vec3};
use gltf_json::accessor::{ComponentType, Type};
use gltf_json::mesh::Semantic;
use gltf_json::validation::Checked::{self, Valid};
use gltf_json::{Accessor, Index, Node, Skin};

use super::Document;
use crate::export::scene::ScenePart;
use crate::figure::rig::{Bone, Influences};
use crate::geometry::Mesh;

/// What the parts' nodes want of it.
pub(super) struct Skeleton {
    pub root: Index<Node>,
    pub skin: Index<Skin>,
}

impl Document {
    /// A node a bone, each below its parent; nothing for no bones.
    pub(super) fn skeleton(&mut self, bones: &[Bone]) -> Option<Skeleton> {
        let mut nodes: Vec<Index<Node>> = Vec::with_capacity(bones.len());
        for bone in bones {
            let above = bone.parent.map(|parent| bones[parent].place);
            let node = self.root.push(Node {
                name: Some(bone.name.clone()),
                translation: Some((bone.place - above.unwrap_or(Vec3::ZERO)).to_array()),
                ..Node::default()
            });
            if let Some(parent) = bone.parent {
                let above = &mut self.root.nodes[nodes[parent].value()];
                above.children.get_or_insert_default().push(node);
            }
            nodes.push(node);
        }
        let root = *nodes.first()?;
        // Bones have the figure's axes, so that going back to where they begin undoes them.
        let back = bones.iter().map(|bone| Mat4::from_translation(-bone.place));
        let back = back.flat_map(|back| back.to_cols_array());
        let back: Vec<u8> = back.flat_map(f32::to_le_bytes).collect();
        let view = self.view(&back, None);
        let back = self.accessor_in(view, bones.len(), ComponentType::F32, Type::Mat4);
        let skin = self.root.push(Skin {
            joints: nodes,
            inverse_bind_matrices: Some(back),
            skeleton: Some(root),
            name: Some("skeleton".into()),
            extensions: None,
            extras: Default::default(),
        });
        Some(Skeleton { root, skin })
    }

    /// The bones of the vertices of `mesh`, which is that of `part` with some vertices split.
    pub(super) fn influences(
        &mut self,
        part: &ScenePart,
        mesh: &Mesh,
    ) -> [(Checked<Semantic>, Index<Accessor>); 2] {
        let mut of_vertex = vec![0; mesh.positions.len()];
        let triangles = mesh.triangles.iter().zip(&part.mesh.triangles);
        for (&split, &whole) in triangles.flat_map(|(split, whole)| split.iter().zip(whole)) {
            of_vertex[split as usize] = whole as usize;
        }
        let (mut bones, mut shares) = (Vec::new(), Vec::new());
        for v in of_vertex {
            let (b, s) = in_bytes(&part.skin[v]);
            bones.extend(b);
            shares.extend(s);
        }
        let count = mesh.positions.len();
        let bones = self.accessor(&bones, count, ComponentType::U8, Type::Vec4);
        let shares = self.accessor(&shares, count, ComponentType::U8, Type::Vec4);
        self.root.accessors[shares.value()].normalized = true;
        [
            (Valid(Semantic::Joints(0)), bones),
            (Valid(Semantic::Weights(0)), shares),
        ]
    }
}

/// Bones, and shares that sum to 255; a bone without a share is 0, as validators want it.
fn in_bytes(influences: &Influences) -> ([u8; 4], [u8; 4]) {
    let exact = influences.shares.map(|share| share * 255.0);
    let mut shares = exact.map(|share| share as u8);
    // What is cut off goes to those that lost the most.
    let left = 255 - shares.iter().map(|&share| u32::from(share)).sum::<u32>();
    let mut order = [0, 1, 2, 3];
    let lost = |k: usize| exact[k] - exact[k].floor();
    order.sort_by(|&a, &b| lost(b).total_cmp(&lost(a)));
    for k in order.into_iter().cycle().take(left as usize) {
        shares[k] += 1;
    }
    let mut bones = influences.bones;
    for (bone, share) in bones.iter_mut().zip(shares) {
        *bone = if share == 0 { 0 } else { *bone };
    }
    (bones, shares)
}
