//! 3MF, for the slicer: named, coloured parts. Millimetres, Z up.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io::{Cursor, Write as _};
use std::ops::Range;

use anyhow::{Context, Result};
use glam::Vec3;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::scene::{Scene, ScenePart};
use super::{Encoded, Exporter};
use crate::figure::print::filaments;

/// `.3mf`: one object, of which each part is a volume; where the parts are printed apart, an object of each.
///
/// Slicers print components wherever there is room on the bed, each standing on it. One mesh stays whole;
/// which of its triangles are which part is told as PrusaSlicer tells it, which Bambu Studio and OrcaSlicer
/// read as well where the application is said to write as that one does.
///
/// The colours are those of the standard, which slicers ignore. What they do read, where filaments are
/// wanted, is paint: `slic3rpe:mmu_segmentation` (PrusaSlicer) and `paint_color` (Bambu Studio, OrcaSlicer).
/// The second has no namespace, so lib3mf refuses it in its strict mode, as it does the files of those two.
pub struct ThreeMf;

impl Exporter for ThreeMf {
    fn encode(&self, scene: &Scene, _stem: &OsStr) -> Result<Vec<Encoded>> {
        let model = model(scene)?;
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        // No time of day in the file: the same figurine gives the same bytes.
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default());
        for (name, text) in [
            ("[Content_Types].xml", TYPES),
            ("_rels/.rels", RELATIONS),
            ("3D/3dmodel.model", &model),
            ("Metadata/Slic3r_PE_model.config", &volumes(scene)?),
        ] {
            zip.start_file(name, options)
                .context("the 3MF package cannot be made")?;
            zip.write_all(text.as_bytes())
                .context("the 3MF package cannot be made")?;
        }
        let bytes = zip
            .finish()
            .context("the 3MF package cannot be made")?
            .into_inner();
        Ok(vec![Encoded {
            extension: "3mf",
            bytes,
        }])
    }
}

const TYPES: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
 <Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
 <Default Extension="model" ContentType="application/vnd.ms-package.3dmanufacturing-3dmodel+xml"/>
 <Default Extension="config" ContentType="application/xml"/>
</Types>
"#;

const RELATIONS: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
 <Relationship Target="/3D/3dmodel.model" Id="model" Type="http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"/>
</Relationships>
"#;

/// The end of a painted model's start tag, and what PrusaSlicer writes into its own painted files. It reads
/// the paint without these; the version keeps one from misreading it that knows only another encoding.
const PAINTED: &str = r#" xmlns:slic3rpe="http://schemas.slic3r.org/3mf/2017/06">
 <metadata name="slic3rpe:Version3mf">1</metadata>
 <metadata name="slic3rpe:MmPaintingVersion">1</metadata>"#;

/// Names without a namespace are the standard's own.
const MARKED: &str = r#" xmlns:gen3d="urn:gen3d""#;

fn model(scene: &Scene) -> Result<String> {
    let (palette, colours) = palette(scene);
    let mut xml = String::from(concat!(
        r#"<?xml version="1.0" encoding="UTF-8"?>"#,
        "\n",
        r#"<model unit="millimeter" xml:lang="en-US" xmlns="http://schemas.microsoft.com/3dmanufacturing/core/2015/02" "#,
        r#"xmlns:m="http://schemas.microsoft.com/3dmanufacturing/material/2015/02""#,
    ));
    let painted = scene.parts.iter().any(|part| !part.paint.is_empty());
    if scene.made_with.is_some() {
        xml += MARKED;
    }
    xml += if painted { PAINTED } else { ">" };
    xml += concat!(
        "\n <metadata name=\"Application\">gen3d ",
        env!("CARGO_PKG_VERSION"),
        ", volumes as of PrusaSlicer</metadata>\n"
    );
    if let Some(mark) = &scene.made_with {
        writeln!(xml, " <metadata name=\"gen3d:MadeWith\">{mark}</metadata>")?;
    }
    xml += " <resources>\n  <m:colorgroup id=\"1\">\n";
    for [r, g, b] in palette {
        writeln!(xml, "   <m:color color=\"#{r:02X}{g:02X}{b:02X}\"/>")?;
    }
    xml += "  </m:colorgroup>\n";
    let objects = objects(scene);
    for object in &objects {
        mesh(&mut xml, scene, object, &colours)?;
    }
    xml += " </resources>\n <build>";
    for Object { id, .. } in objects {
        write!(xml, r#"<item objectid="{id}"/>"#)?;
    }
    xml += "</build>\n</model>\n";
    Ok(xml)
}

/// What a slicer moves as a whole.
struct Object<'a> {
    /// The colours are 1.
    id: usize,
    name: &'a str,
    parts: Range<usize>,
}

fn objects(scene: &Scene) -> Vec<Object<'_>> {
    let all = scene.parts.len();
    let alone = |i: usize| Object {
        id: 2 + i,
        name: &scene.parts[i].name,
        parts: i..i + 1,
    };
    match scene.apart {
        true => (0..all).map(alone).collect(),
        false => vec![Object {
            id: 2,
            name: "figurine",
            parts: 0..all,
        }],
    }
}

/// An object with the triangles of its parts, each of which has a colour.
fn mesh(xml: &mut String, scene: &Scene, object: &Object, colours: &[Vec<usize>]) -> Result<()> {
    let (Object { id, name, parts }, place) = (object, scene.plate()); // a plain name: nothing to escape
    let colours = &colours[parts.clone()];
    let parts = &scene.parts[parts.clone()];
    writeln!(
        xml,
        r#"  <object id="{id}" type="model" name="{name}" pid="1" pindex="{}"><mesh>"#,
        colours[0][0]
    )?;
    *xml += "   <vertices>\n";
    let positions = parts.iter().flat_map(|part| &part.mesh.positions);
    for p in positions.map(|p| place(*p)) {
        writeln!(
            xml,
            r#"    <vertex x="{:.5}" y="{:.5}" z="{:.5}"/>"#,
            p.x, p.y, p.z
        )?;
    }
    *xml += "   </vertices>\n   <triangles>\n";
    let mut first = 0;
    for (part, colours) in parts.iter().zip(colours) {
        for (t, (corners, colour)) in part.mesh.triangles.iter().zip(colours).enumerate() {
            let [a, b, c] = corners.map(|v| v + first);
            write!(
                xml,
                r#"    <triangle v1="{a}" v2="{b}" v3="{c}" pid="1" p1="{colour}""#
            )?;
            if let Some(&filament) = part.paint.get(t) {
                let code = filaments::code(filament);
                write!(
                    xml,
                    r#" slic3rpe:mmu_segmentation="{code}" paint_color="{code}""#
                )?;
            }
            *xml += "/>\n";
        }
        first += part.mesh.positions.len() as u32;
    }
    *xml += "   </triangles>\n  </mesh></object>\n";
    Ok(())
}

/// Which triangles of an object are which part.
fn volumes(scene: &Scene) -> Result<String> {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<config>\n");
    for Object { id, name, parts } in objects(scene) {
        writeln!(
            xml,
            " <object id=\"{id}\">\n  <metadata type=\"object\" key=\"name\" value=\"{name}\"/>"
        )?;
        let mut first = 0;
        for part in &scene.parts[parts] {
            let (name, next) = (&part.name, first + part.mesh.triangles.len());
            writeln!(
                xml,
                r#"  <volume firstid="{first}" lastid="{}">
   <metadata type="volume" key="name" value="{name}"/>
   <metadata type="volume" key="volume_type" value="ModelPart"/>
  </volume>"#,
                next - 1
            )?;
            first = next;
        }
        xml += " </object>\n";
    }
    xml += "</config>\n";
    Ok(xml)
}

/// Every triangle's mean colour, in 32 steps a channel, and their numbers by part.
fn palette(scene: &Scene) -> (Vec<[u8; 3]>, Vec<Vec<usize>>) {
    let (mut palette, mut known) = (Vec::new(), HashMap::new());
    let mut number = |part: &ScenePart, t: &[u32; 3]| {
        let sum: Vec3 = t
            .iter()
            .map(|&v| Vec3::from(part.mesh.colours[v as usize]))
            .sum();
        let colour = (sum / 3.0)
            .to_array()
            .map(|v| ((v.clamp(0.0, 1.0) * 31.0).round() / 31.0 * 255.0).round() as u8);
        *known.entry(colour).or_insert_with(|| {
            palette.push(colour);
            palette.len() - 1
        })
    };
    let colours = scene
        .parts
        .iter()
        .map(|part| {
            part.mesh
                .triangles
                .iter()
                .map(|t| number(part, t))
                .collect()
        })
        .collect();
    (palette, colours)
}
