//! `gen3d inspect` reads the files of other programs: of every kind that it writes itself.

use gen3d::export::Unit;
use gen3d::inspect::{Inspection, Options, inspect};

use crate::support::foreign::{OPTIONS, folder, look, written};

#[test]
fn an_stl_with_something_after_its_triangles_is_read_and_told() {
    let folder = folder();
    let mut stl = vec![0; 80];
    stl.extend(1u32.to_le_bytes());
    for number in [
        0.0f32, 0.0, 1.0, 0.0, 0.0, 0.0, 10.0, 0.0, 0.0, 0.0, 10.0, 0.0,
    ] {
        stl.extend(number.to_le_bytes());
    }
    stl.extend([0; 2]);
    stl.extend(b"COLOR=red");
    let found = look(&written(&folder, "trailing.stl", stl));
    assert_eq!(found.triangles, 1);
    let said = found.to_string();
    assert!(said.contains("9 bytes follow its last triangle"), "{said}");
}

/// A pyramid's points, and its faces from outside.
const PYRAMID: ([[f32; 3]; 4], [[u32; 3]; 4]) = (
    [
        [0.0; 3],
        [20.0, 0.0, 0.0],
        [0.0, 20.0, 0.0],
        [0.0, 0.0, 20.0],
    ],
    [[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]],
);

fn is_pyramid(found: &Inspection, name: &str) {
    assert!(found.prints, "{name}: {found}");
    assert_eq!(found.triangles, 4, "{name}: {found}");
    let off = (found.volume_mm3 - 4000.0 / 3.0).abs();
    assert!(off < 1.0, "{name}: {} mm3: {found}", found.volume_mm3);
}

#[test]
fn ply_files_of_scanners_are_read_as_text_and_binary_of_both_orders() {
    let folder = folder();
    let header = |format: &str| {
        format!(
            "ply\nformat {format} 1.0\ncomment by others\nelement vertex 4\nproperty double x\nproperty float y\n\
             property float z\nproperty uchar red\nelement camera 1\nproperty list uchar float lens\n\
             element face 4\nproperty uchar flags\nproperty list uchar int vertex_indices\nend_header\n"
        )
    };
    let (points, faces) = PYRAMID;
    let mut text = header("ascii");
    let mut little = header("binary_little_endian").into_bytes();
    let mut big = header("binary_big_endian").into_bytes();
    for [x, y, z] in points {
        text += &format!("{x} {y} {z} 200\n");
        little.extend(f64::from(x).to_le_bytes());
        big.extend(f64::from(x).to_be_bytes());
        little.extend([y, z].iter().flat_map(|v| v.to_le_bytes()).chain([200]));
        big.extend([y, z].iter().flat_map(|v| v.to_be_bytes()).chain([200]));
    }
    text += "2 1.5 2.5\n";
    little.extend([1, 0, 0, 0, 0]);
    big.extend([1, 0, 0, 0, 0]);
    for face in faces {
        text += &format!("7 3 {} {} {}\n", face[0], face[1], face[2]);
        little.extend(
            [7, 3]
                .into_iter()
                .chain(face.iter().flat_map(|v| v.to_le_bytes())),
        );
        big.extend(
            [7, 3]
                .into_iter()
                .chain(face.iter().flat_map(|v| v.to_be_bytes())),
        );
    }
    let millimetres = Options {
        unit: Some(Unit::Millimetre),
        ..OPTIONS
    };
    for (name, bytes) in [
        ("text.ply", text.into_bytes()),
        ("little.ply", little),
        ("big.ply", big),
    ] {
        let cut = bytes[..bytes.len() - 3].to_vec();
        let found = inspect(&written(&folder, name, bytes), &millimetres);
        is_pyramid(&found.unwrap_or_else(|e| panic!("{name}: {e:#}")), name);
        let error = inspect(&written(&folder, name, cut), &millimetres).expect_err("cut off");
        assert!(format!("{error:#}").contains("face 3"), "{name}: {error:#}");
    }
}

/// A glTF's text of the pyramid, in metres.
fn gltf(uri: &str) -> String {
    format!(
        r#"{{"asset":{{"version":"2.0"}},"scene":0,"scenes":[{{"nodes":[0]}}],
        "nodes":[{{"mesh":0,"name":"pyramid","scale":[0.001,0.001,0.001]}}],"buffers":[{{"uri":"{uri}","byteLength":96}}],
        "bufferViews":[{{"buffer":0,"byteLength":48}},{{"buffer":0,"byteOffset":48,"byteLength":48}}],
        "accessors":[{{"bufferView":0,"componentType":5126,"count":4,"type":"VEC3"}},
        {{"bufferView":1,"componentType":5125,"count":12,"type":"SCALAR"}}],
        "meshes":[{{"primitives":[{{"attributes":{{"POSITION":0}},"indices":1}}]}}]}}"#
    )
}

#[test]
fn a_gltf_is_read_with_its_buffers_and_with_no_other_file() {
    let folder = folder();
    let (points, faces) = PYRAMID;
    let mut buffer: Vec<u8> = points
        .iter()
        .flatten()
        .flat_map(|v| v.to_le_bytes())
        .collect();
    buffer.extend(faces.iter().flatten().flat_map(|v| v.to_le_bytes()));
    let embedded = "AAAAAAAAAAAAAAAAAACgQQAAAAAAAAAAAAAAAAAAoEEAAAAAAAAAAAAAAAAAAKBB\
                    AAAAAAIAAAABAAAAAAAAAAEAAAADAAAAAAAAAAMAAAACAAAAAQAAAAIAAAADAAAA";
    let embedded = format!("data:application/octet-stream;base64,{embedded}");
    std::fs::create_dir(folder.path().join("deep er")).expect("a folder can be made");
    written(&folder, "deep er/a b.bin", &buffer);
    for uri in ["deep%20er/a%20b.bin", "./deep er/a b.bin", &embedded] {
        is_pyramid(&look(&written(&folder, "model.gltf", gltf(uri))), uri);
    }
    let outside = folder.path().join("deep er/a b.bin");
    for (uri, word) in [
        ("/etc/passwd", "not in its folder"),
        ("../a.bin", "not in its folder"),
        ("deep%20er/%2e%2e/%2E%2e/a.bin", "not in its folder"),
        ("http://example.org/a.bin", "not in its folder"),
        (&*outside.to_string_lossy(), "not in its folder"),
        ("missing.bin", "missing.bin"),
        ("data:text/plain,hello", "base64"),
    ] {
        let path = written(&folder, "model.gltf", gltf(uri));
        let error = inspect(&path, &OPTIONS).expect_err("it is not to be read");
        assert!(format!("{error:#}").contains(word), "{uri}: {error:#}");
    }
}

/// A 3MF of these texts.
fn package(files: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in files {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(*name, options).expect("it is in memory");
        std::io::Write::write_all(&mut zip, text.as_bytes()).expect("it is in memory");
    }
    zip.finish().expect("it is in memory").into_inner()
}

#[test]
fn a_3mf_of_other_programs_is_read_with_components_files_and_units() {
    let (points, faces) = PYRAMID;
    let vertices: Vec<String> = (points.iter())
        .map(|[x, y, z]| {
            format!(
                r#"<vertex x="{}" y="{}" z="{}"/>"#,
                x / 10.0,
                y / 10.0,
                z / 10.0
            )
        })
        .collect();
    let triangles: Vec<String> = (faces.iter())
        .map(|[a, b, c]| format!(r#"<triangle v1="{a}" v2="{b}" v3="{c}"/>"#))
        .collect();
    let mesh = format!(
        "<mesh><vertices>{}</vertices><triangles>{}</triangles></mesh>",
        vertices.concat(),
        triangles.concat()
    );
    let model = |objects: &str, build: &str| {
        format!(
            r#"<model unit="centimeter"><resources>{objects}</resources><build>{build}</build></model>"#
        )
    };
    // As Bambu Studio writes: the mesh in a file of its own, moved up and down again.
    let root = model(
        r#"<object id="8" name="a &amp; b"><components><component p:path="/3D/Objects/o.model" objectid="1"
           transform="1 0 0 0 1 0 0 0 1 0 0 5"/></components></object>"#,
        r#"<item objectid="8" transform="1 0 0 0 1 0 0 0 1 3 3 -5"/>"#,
    );
    let deep = model(
        &format!(r#"<object id="1" name="pyramid">{mesh}</object>"#),
        "",
    );
    let apart = package(&[("3D/3dmodel.model", &root), ("3D/Objects/o.model", &deep)]);
    let one = model(
        &format!(r#"<object id="1">{mesh}</object>"#),
        r#"<item objectid="1"/>"#,
    );
    let rels = r#"<Relationships><Relationship Target="/x/y.model" Type="http://x/3dmodel"/></Relationships>"#;
    let elsewhere = package(&[("_rels/.rels", rels), ("x/y.model", &one)]);
    let folder = folder();
    for (name, bytes) in [("apart.3mf", apart), ("elsewhere.3mf", elsewhere)] {
        is_pyramid(&look(&written(&folder, name, bytes)), name);
    }
    let circle = model(
        r#"<object id="1"><components><component objectid="1"/></components></object>"#,
        r#"<item objectid="1"/>"#,
    );
    let corner = one.replace(r#"v3="3""#, r#"v3="9""#);
    let unit = one.replace("centimeter", "parsec");
    for (name, text, word) in [
        ("circle.3mf", &*circle, "within each other"),
        ("corner.3mf", &corner, "corner that is missing"),
        ("unit.3mf", &unit, "parsec"),
        (
            "cut.3mf",
            one.split_once("v3").expect("a triangle").0,
            "broken",
        ),
        ("empty.3mf", "<model/>", "no triangle"),
    ] {
        let path = written(&folder, name, package(&[("3D/3dmodel.model", text)]));
        let error = inspect(&path, &OPTIONS).expect_err("it is broken");
        assert!(format!("{error:#}").contains(word), "{name}: {error:#}");
    }
    let error = inspect(&written(&folder, "no.3mf", "PK"), &OPTIONS).expect_err("no package");
    assert!(
        format!("{error:#}").contains("not a ZIP package"),
        "{error:#}"
    );
}
