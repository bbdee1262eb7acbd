//! `.vrm`: a `.glb` that says which bones are a person's, and who may do what with it.
//!
//! VRM 1.0. The rights are the least that it knows of: gen3d cannot know whose likeness it is, so they are the
//! author's to widen.

use std::ffi::OsStr;

use anyhow::{Context, Result, ensure};
use gltf_json::extensions;
use serde_json::{Map, Value, json};

use super::gltf::{document, one_file};
use super::scene::Scene;
use super::{Encoded, Exporter};
use crate::figure::rig;

/// `.vrm`: everything in one file.
pub struct Vrm;

const EXTENSION: &str = "VRMC_vrm";
/// What it is when nobody says who made it.
const NOBODY: &str = "unknown";

impl Exporter for Vrm {
    fn encode(&self, scene: &Scene, stem: &OsStr) -> Result<Vec<Encoded>> {
        let lacks = rig::lacks(&scene.bones);
        ensure!(
            lacks.is_empty(),
            "a .vrm is of a figure with a head, two arms and two legs of its own, and this one has no {}; \
             write .glb",
            lacks.join(", ")
        );
        let (mut root, binary) = document(scene, stem, None)?;
        let mut bones = Map::new();
        for (human, bone) in rig::human(&scene.bones) {
            let name = &scene.bones[bone].name;
            let node = root
                .nodes
                .iter()
                .position(|node| node.name.as_ref() == Some(name));
            let node = node.with_context(|| format!("the bone {name} has no node"))?;
            bones.insert(human, json!({ "node": node }));
        }
        let person = json!({
            "specVersion": "1.0",
            "meta": meta(&stem.to_string_lossy(), scene.author.as_deref()),
            "humanoid": { "humanBones": bones },
        });
        root.extensions_used.push(EXTENSION.into());
        root.extensions = Some(extensions::Root {
            others: Map::from_iter([(EXTENSION.to_owned(), person)]),
        });
        Ok(vec![Encoded {
            extension: "vrm",
            bytes: one_file(&root, binary)?,
        }])
    }
}

/// What it is called, whose it is, and who may do what with it.
fn meta(name: &str, author: Option<&str>) -> Value {
    json!({
        "name": name,
        "version": "1",
        "authors": [author.unwrap_or(NOBODY)],
        "licenseUrl": "https://vrm.dev/licenses/1.0/",
        "avatarPermission": "onlyAuthor",
        "allowExcessivelyViolentUsage": false,
        "allowExcessivelySexualUsage": false,
        "commercialUsage": "personalNonProfit",
        "allowPoliticalOrReligiousUsage": false,
        "allowAntisocialOrHateUsage": false,
        "creditNotation": "required",
        "allowRedistribution": false,
        "modification": "prohibited",
    })
}
