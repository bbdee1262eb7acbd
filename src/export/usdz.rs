//! USDZ, for AR Quick Look and the rest of the USD world: one layer of text, and the texture beside it, in a package that
//! programs read where it lies. Metres, +Y up.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use anyhow::{Context, Result};
use glam::{Vec2, Vec3};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::scene::{Scene, ScenePart};
use super::{CREASE, Encoded, Exporter, names};
use crate::base::colour::linear;
use crate::figure::finish::Finish;
use crate::geometry::extent;
use crate::geometry::normals::creased;

/// `.usdz`: a transform and a mesh a part, where it is joined and under the part that it goes with, as in glTF.
pub struct Usdz;

/// The layer, which comes first in the package.
pub(super) const LAYER: &str = "figurine.usda";
/// What comes before the mark in it.
pub(super) const MADE_WITH: &str = "string madeWith = \"";
const TEXTURE: &str = "texture.png";
/// Programs map the package into memory: each file in it begins at a multiple of this, and none is compressed.
const ALIGNMENT: u16 = 64;
const CANNOT: &str = "the USDZ package cannot be made";

impl Exporter for Usdz {
    fn encode(&self, scene: &Scene, stem: &OsStr) -> Result<Vec<Encoded>> {
        let layer = layer(scene, stem)?;
        let mut files = vec![(LAYER, layer.as_bytes())];
        files.extend(scene.texture.iter().map(|png| (TEXTURE, &*png.bytes)));
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        // No time of day in the file: the same figurine gives the same bytes.
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .last_modified_time(DateTime::default())
            .with_alignment(ALIGNMENT);
        for (name, bytes) in files {
            zip.start_file(name, options).context(CANNOT)?;
            zip.write_all(bytes).context(CANNOT)?;
        }
        Ok(vec![Encoded {
            extension: "usdz",
            bytes: zip.finish().context(CANNOT)?.into_inner(),
        }])
    }
}

fn layer(scene: &Scene, stem: &OsStr) -> Result<String> {
    let mut out = String::from("#usda 1.0\n(\n");
    if let Some(mark) = &scene.made_with {
        writeln!(
            out,
            "    customLayerData = {{\n        {MADE_WITH}{mark}\"\n    }}"
        )?;
    }
    writeln!(
        out,
        r#"    defaultPrim = "figurine"
    doc = "gen3d {}"
    metersPerUnit = 1
    upAxis = "Y"
)

def Xform "figurine" (
    kind = "component"
)
{{
    def Scope "materials"
    {{"#,
        env!("CARGO_PKG_VERSION")
    )?;
    for part in &scene.parts {
        let name = identifier(&names::material(stem, &part.name));
        let finish = Finish::of(&part.name, &part.mesh);
        material(&mut out, &name, finish, scene.texture.is_some())?;
    }
    out += "    }\n";
    for (i, part) in scene.parts.iter().enumerate() {
        if part.parent.is_none() {
            node(&mut out, scene, i, stem, 1)?;
        }
    }
    out += "}\n";
    Ok(out)
}

/// A part at its joint, and those that go with it.
fn node(out: &mut String, scene: &Scene, number: usize, stem: &OsStr, depth: usize) -> Result<()> {
    let part = &scene.parts[number];
    let above = part
        .parent
        .map_or(Vec3::ZERO, |parent| scene.parts[parent].pivot);
    let (name, tab) = (identifier(&part.name), "    ".repeat(depth));
    let Vec3 { x, y, z } = part.pivot - above;
    writeln!(
        out,
        "\n{tab}def Xform \"{name}\"\n{tab}{{\n{tab}    double3 xformOp:translate = ({x}, {y}, {z})\n\
         {tab}    uniform token[] xformOpOrder = [\"xformOp:translate\"]"
    )?;
    let material = identifier(&names::material(stem, &part.name));
    mesh(
        out,
        part,
        &name,
        &material,
        scene.texture.is_some(),
        depth + 1,
    )?;
    for (i, other) in scene.parts.iter().enumerate() {
        if other.parent == Some(number) {
            node(out, scene, i, stem, depth + 1)?;
        }
    }
    writeln!(out, "{tab}}}")?;
    Ok(())
}

/// Corners share points, so that the part is closed, but not normals and places in the texture.
fn mesh(
    out: &mut String,
    part: &ScenePart,
    name: &str,
    material: &str,
    textured: bool,
    depth: usize,
) -> Result<()> {
    let tab = "    ".repeat(depth);
    let places: Vec<Vec3> = part
        .mesh
        .positions
        .iter()
        .map(|p| *p - part.pivot)
        .collect();
    let (low, high) = extent(places.iter().copied());
    let shown = creased(&part.mesh, CREASE);
    let triples = |points: &[Vec3]| points.iter().map(|p| p.to_array()).collect::<Vec<_>>();
    writeln!(
        out,
        "\n{tab}def Mesh \"{name}\" (\n{tab}    prepend apiSchemas = [\"MaterialBindingAPI\"]\n{tab})\n{tab}{{"
    )?;
    let mut line = |text: String| writeln!(out, "{tab}    {text}");
    line(format!(
        "float3[] extent = {}",
        tuples(&triples(&[low, high]))
    ))?;
    let counts = vec!["3"; part.mesh.triangles.len()].join(", ");
    line(format!("int[] faceVertexCounts = [{counts}]"))?;
    line(format!(
        "int[] faceVertexIndices = {}",
        numbers(&part.mesh.triangles)
    ))?;
    let bound = "rel material:binding = </figurine/materials/";
    line(format!("{bound}{material}>"))?;
    line(format!("point3f[] points = {}", tuples(&triples(&places))))?;
    let by_corner = "(\n        interpolation = \"faceVarying\"\n    )";
    line(format!(
        "normal3f[] primvars:normals = {} {by_corner}",
        tuples(&triples(&shown.normals))
    ))?;
    line(format!(
        "int[] primvars:normals:indices = {}",
        numbers(&shown.triangles)
    ))?;
    if textured {
        let (values, indices) = unique(&part.corners);
        line(format!(
            "texCoord2f[] primvars:st = {} {by_corner}",
            tuples(&values)
        ))?;
        line(format!("int[] primvars:st:indices = {}", numbers(&indices)))?;
    } else {
        let light = |c: &[f32; 3]| c.map(linear);
        let colours: Vec<[f32; 3]> = part.mesh.colours.iter().map(light).collect();
        line(format!(
            "color3f[] primvars:displayColor = {} (\n        interpolation = \"vertex\"\n    )",
            tuples(&colours)
        ))?;
    }
    line("uniform token subdivisionScheme = \"none\"".into())?;
    writeln!(out, "{tab}}}")?;
    Ok(())
}

/// A plain material: the colours of the texture or of the points as they are, neither metal nor gloss.
fn material(out: &mut String, name: &str, finish: Finish, textured: bool) -> Result<()> {
    let path = format!("/figurine/materials/{name}");
    let reader = |kind: &str, varname: &str| {
        format!(
            r#"
            def Shader "reader"
            {{
                uniform token info:id = "UsdPrimvarReader_{kind}"
                string inputs:varname = "{varname}"
                {kind} outputs:result
            }}
"#
        )
    };
    let (metallic, roughness) = (finish.metallic(), finish.roughness());
    let (source, shaders) = match textured {
        true => (
            format!("{path}/picture.outputs:rgb"),
            format!(
                r#"{}
            def Shader "picture"
            {{
                uniform token info:id = "UsdUVTexture"
                asset inputs:file = @{TEXTURE}@
                token inputs:sourceColorSpace = "sRGB"
                float2 inputs:st.connect = <{path}/reader.outputs:result>
                token inputs:wrapS = "clamp"
                token inputs:wrapT = "clamp"
                float3 outputs:rgb
            }}
"#,
                reader("float2", "st")
            ),
        ),
        false => (
            format!("{path}/reader.outputs:result"),
            reader("float3", "displayColor"),
        ),
    };
    write!(
        out,
        r#"
        def Material "{name}"
        {{
            token outputs:surface.connect = <{path}/surface.outputs:surface>

            def Shader "surface"
            {{
                uniform token info:id = "UsdPreviewSurface"
                color3f inputs:diffuseColor.connect = <{source}>
                float inputs:metallic = {metallic}
                float inputs:roughness = {roughness}
                token outputs:surface
            }}
{shaders}        }}
"#
    )?;
    Ok(())
}

/// A name as USD has them: letters without accents, digits and `_`, with no digit at first.
fn identifier(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let name: String = name.chars().map(plain).collect();
    match name.starts_with(|c: char| c.is_ascii_digit()) {
        true => format!("_{name}"),
        false => name,
    }
}

/// Each place in the texture once, from the left and from the bottom, and which of them each corner has.
fn unique(corners: &[[Vec2; 3]]) -> (Vec<[f32; 2]>, Vec<[u32; 3]>) {
    let mut known = std::collections::HashMap::new();
    let mut places = Vec::new();
    let mut number = |place: Vec2| {
        *known
            .entry(place.to_array().map(f32::to_bits))
            .or_insert_with(|| {
                places.push([place.x, 1.0 - place.y]);
                places.len() as u32 - 1
            })
    };
    let indices = corners.iter().map(|t| t.map(&mut number)).collect();
    (places, indices)
}

fn numbers(triangles: &[[u32; 3]]) -> String {
    let all: Vec<String> = triangles.iter().flatten().map(u32::to_string).collect();
    format!("[{}]", all.join(", "))
}

fn tuples<const N: usize>(values: &[[f32; N]]) -> String {
    let tuple = |v: &[f32; N]| format!("({})", v.map(|v| v.to_string()).join(", "));
    let all: Vec<String> = values.iter().map(tuple).collect();
    format!("[{}]", all.join(", "))
}
