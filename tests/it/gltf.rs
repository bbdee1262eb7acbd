//! Files are what other programs expect, and are written whole or not at all.

use std::fs;

use gen3d::export;
use gen3d::export::ExportOptions;
use gen3d::geometry::{Figurine, Mesh, Part};
use gen3d::surface::union;
use glam::Vec3;

use crate::support::folder;
use crate::support::judges;
use crate::support::measure::{extent, flaw};
use crate::support::shapes::KNIGHT;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder can be made")
}

#[test]
fn a_glb_reads_back() {
    let folder = folder();
    let path = folder.path().join("knight.glb");
    let options = ExportOptions {
        height: 0.075,
        ..ExportOptions::default()
    };
    let written = export::write(&path, &KNIGHT, &options).expect("a sound figurine can be written");
    assert_eq!(written, std::slice::from_ref(&path), "a GLB is one file");
    let (document, buffers, _) = gltf::import(&path).expect("the gltf crate must read it");

    let root = document
        .default_scene()
        .expect("a default scene")
        .nodes()
        .next()
        .expect("a root node");
    let (mut parts, mut open) = (Vec::new(), vec![(root, Vec3::ZERO)]);
    while let Some((node, place)) = open.pop() {
        for child in node.children() {
            let place = place + Vec3::from(child.transform().decomposed().0);
            open.push((child.clone(), place));
            parts.push((child, place));
        }
    }
    parts.sort_by_key(|(node, _)| node.index());
    let found: Vec<_> = parts
        .iter()
        .map(|(node, _)| node.name().unwrap_or_default().to_string())
        .collect();
    let wanted: Vec<_> = KNIGHT.parts.iter().map(|p| p.name.clone()).collect();
    assert_eq!(found, wanted, "one named node a part, in order");

    let (mut low, mut high, mut base) = (Vec3::MAX, Vec3::MIN, (Vec3::MAX, Vec3::MIN));
    for ((node, place), part) in parts.iter().zip(&KNIGHT.parts) {
        let primitive = node
            .mesh()
            .expect("a mesh")
            .primitives()
            .next()
            .expect("a primitive");
        let reader = primitive.reader(|b| Some(&buffers[b.index()]));
        let positions: Vec<Vec3> = reader
            .read_positions()
            .expect("positions")
            .map(|p| Vec3::from(p) + *place)
            .collect();
        let count = reader.read_indices().expect("indices").into_u32().count();
        assert_eq!(
            count,
            part.mesh.triangles.len() * 3,
            "{}: every triangle is there",
            part.name
        );
        let colours = reader.read_colors(0).expect("colours").into_rgba_f32();
        assert_eq!(
            colours.len(),
            positions.len(),
            "{}: a colour a vertex",
            part.name
        );
        for n in reader.read_normals().expect("normals") {
            assert!(
                (Vec3::from(n).length() - 1.0).abs() < 1e-3,
                "{}: a normal of {n:?}",
                part.name
            );
        }
        let material = primitive.material().pbr_metallic_roughness();
        assert_eq!(
            material.metallic_factor(),
            0.0,
            "{} is not metal",
            part.name
        );
        for p in positions {
            (low, high) = (low.min(p), high.max(p));
            if part.name == "base" {
                base = (base.0.min(p), base.1.max(p));
            }
        }
    }
    assert!(
        (high.y - low.y - 0.075).abs() < 1e-5,
        "it is {} m tall, not 0.075",
        high.y - low.y
    );
    assert!(
        low.y.abs() < 1e-6,
        "it stands at {}, not on the ground",
        low.y
    );
    let middle = (base.0 + base.1) / 2.0;
    assert!(
        middle.x.abs() < 1e-6 && middle.z.abs() < 1e-6,
        "the base's middle is {middle}, not the origin"
    );
}

#[test]
fn colours_are_linear_light() {
    let folder = folder();
    let path = folder.path().join("one.glb");
    let mut one = Figurine {
        parts: vec![KNIGHT.parts[0].clone()],
        ..Figurine::default()
    };
    one.parts[0].mesh.colours.fill([0.5, 0.25, 1.0]);
    export::write(&path, &one, &ExportOptions::default()).expect("one part can be written");
    let (document, buffers, _) = gltf::import(&path).expect("it reads back");
    let mesh = document.meshes().next().expect("a mesh");
    let primitive = mesh.primitives().next().expect("a primitive");
    let reader = primitive.reader(|b| Some(&buffers[b.index()]));
    let [r, g, b, a] = reader
        .read_colors(0)
        .expect("colours")
        .into_rgba_f32()
        .next()
        .expect("a vertex");
    let off = [r - 0.2140, g - 0.0509, b - 1.0, a - 1.0]
        .map(f32::abs)
        .into_iter()
        .fold(0.0, f32::max);
    assert!(off < 1e-3, "sRGB 0.5, 0.25, 1 became {r} {g} {b} {a}");
}

#[test]
fn an_obj_reads_back_closed() {
    let folder = folder();
    let path = folder.path().join("a knight.obj");
    let written =
        export::write(&path, &KNIGHT, &ExportOptions::default()).expect("an OBJ can be written");
    assert_eq!(
        folder::names(folder.path()),
        ["a knight.mtl", "a knight.obj"],
        "an OBJ is two files"
    );
    assert_eq!(written.len(), 2, "and both are reported");
    let (models, materials) =
        tobj::load_obj(&path, &tobj::LoadOptions::default()).expect("tobj must read it");
    assert_eq!(
        materials.expect("the material file is found").len(),
        KNIGHT.parts.len(),
        "a material a part"
    );
    assert_eq!(models.len(), KNIGHT.parts.len(), "an object a part");
    for (model, part) in models.iter().zip(&KNIGHT.parts) {
        assert_eq!(model.name, part.name, "objects are named");
        let three = |v: &[f32]| v.chunks(3).map(Vec3::from_slice).collect::<Vec<_>>();
        let mesh = Mesh {
            positions: three(&model.mesh.positions),
            normals: three(&model.mesh.positions),
            colours: model
                .mesh
                .vertex_color
                .chunks(3)
                .map(|c| [c[0], c[1], c[2]])
                .collect(),
            triangles: model
                .mesh
                .indices
                .chunks(3)
                .map(|t| [t[0], t[1], t[2]])
                .collect(),
        };
        assert_eq!(
            flaw(&mesh),
            None,
            "{} must still be closed, with a colour a vertex",
            part.name
        );
        let off = mesh.colours[0]
            .iter()
            .zip(part.mesh.colours[0])
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f32::max);
        assert!(
            off < 1e-3,
            "{}: the first vertex's colour is off by {off}",
            part.name
        );
    }
}

#[test]
fn the_khronos_validator_is_content() {
    let folder = folder();
    let files = ["knight.glb", "a knight.gltf"].map(|name| folder.path().join(name));
    for file in &files {
        export::write(file, &KNIGHT, &ExportOptions::default()).expect("both forms can be written");
    }
    assert_eq!(
        folder::names(folder.path()),
        ["a knight.bin", "a knight.gltf", "knight.glb"],
        "and leave nothing else"
    );
    judges::khronos(&files);
}

#[test]
fn parts_turn_where_they_are_joined() {
    let folder = folder();
    let path = folder.path().join("knight.glb");
    export::write(&path, &KNIGHT, &ExportOptions::default()).expect("it can be written");
    let (document, ..) = gltf::import(&path).expect("it reads back");
    let node = |name: &str| {
        let found = document.nodes().find(|node| node.name() == Some(name));
        found.unwrap_or_else(|| panic!("there is no {name}"))
    };
    for (above, below) in [
        ("torso", "head"),
        ("torso", "arm_left"),
        ("arm_left", "item_left"),
        ("head", "hair"),
        ("torso", "back"),
        ("figurine", "legs"),
        ("figurine", "torso"),
        ("figurine", "base"),
    ] {
        assert!(
            node(above)
                .children()
                .any(|child| child.name() == Some(below)),
            "{below} goes with {above}"
        );
    }
    let place = |names: &[&str]| -> Vec3 {
        let places = names
            .iter()
            .map(|name| node(name).transform().decomposed().0);
        places.map(Vec3::from).sum()
    };
    // The fixture's knight is 1.93 units high: its neck is at 0.15 or so, its shoulders are beside it.
    let neck = place(&["torso", "head"]);
    let shoulder = place(&["torso", "arm_left"]);
    let hand = place(&["torso", "arm_left", "item_left"]);
    assert!(
        neck.x.abs() < 0.002 && shoulder.x > 0.005 && hand.x > shoulder.x,
        "neck {neck}, shoulder {shoulder}, hand {hand}"
    );
    assert!(
        neck.y > shoulder.y && shoulder.y > hand.y && hand.y > 0.02,
        "neck {neck}, shoulder {shoulder}, hand {hand}"
    );
}

#[test]
fn nothing_is_left_when_writing_fails() {
    let folder = folder();
    let path = folder.path().join("kept.gltf");
    fs::write(&path, "before").expect("the test can write");
    let keep = ExportOptions {
        replace: false,
        ..ExportOptions::default()
    };
    let refused = export::write(&path, &KNIGHT, &keep).expect_err("it may not be replaced");
    assert!(
        format!("{refused:#}").contains("kept.gltf"),
        "the error names the file: {refused:#}"
    );
    for (height, why) in [
        (0.0, "0"),
        (-1.0, "below 0"),
        (f32::NAN, "not a number"),
        (f32::INFINITY, "endless"),
    ] {
        let options = ExportOptions {
            height,
            ..ExportOptions::default()
        };
        assert!(
            export::write(&path, &KNIGHT, &options).is_err(),
            "a height that is {why} is refused"
        );
    }
    assert!(
        export::write(&path, &Figurine::default(), &ExportOptions::default()).is_err(),
        "no parts, no file"
    );
    // A folder in the way of the side file: found only after the main file is ready.
    fs::create_dir(folder.path().join("kept.bin")).expect("the test can make a folder");
    assert!(
        export::write(&path, &KNIGHT, &ExportOptions::default()).is_err(),
        "the .bin cannot be written"
    );
    assert_eq!(
        folder::names(folder.path()),
        ["kept.bin", "kept.gltf"],
        "no temporary file may stay"
    );
    assert_eq!(
        fs::read_to_string(&path).expect("still there"),
        "before",
        "what was there is untouched"
    );

    let missing = folder.path().join("nowhere/out.glb");
    let error = export::write(&missing, &KNIGHT, &ExportOptions::default())
        .expect_err("its folder is missing");
    assert!(
        format!("{error:#}").contains("nowhere"),
        "the error names the folder: {error:#}"
    );
    let unknown = export::write(
        &folder.path().join("a.docx"),
        &KNIGHT,
        &ExportOptions::default(),
    );
    assert!(
        unknown.is_err_and(|e| format!("{e:#}").contains(".glb")),
        "an unknown extension lists the known ones"
    );
}

#[test]
fn a_file_that_is_there_is_replaced() {
    let folder = folder();
    let path = folder.path().join("out.glb");
    fs::write(&path, "before").expect("the test can write");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640))
            .expect("the test may set this");
    }
    export::write(&path, &KNIGHT, &ExportOptions::default()).expect("an existing file is replaced");
    let bytes = fs::read(&path).expect("the file is there");
    assert_eq!(&bytes[..4], b"glTF", "with the new content");
    #[cfg(unix)]
    {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let mode = fs::metadata(&path)
            .expect("the file is there")
            .permissions()
            .mode()
            & 0o777;
        assert_eq!(mode, 0o640, "its permissions stay");
        let fresh = folder.path().join("fresh.glb");
        export::write(&fresh, &KNIGHT, &ExportOptions::default()).expect("a new file is written");
        let mode = fs::metadata(&fresh)
            .expect("the file is there")
            .permissions()
            .mode()
            & 0o700;
        assert_eq!(mode, 0o600, "a new file is the owner's to read and write");
        let link = folder.path().join("link.glb");
        symlink(&path, &link).expect("the test can link");
        export::write(&link, &KNIGHT, &ExportOptions::default())
            .expect("a link is written through");
        assert!(link.is_symlink(), "and stays a link");
    }
    assert!(
        folder::names(folder.path())
            .iter()
            .all(|n| !n.contains("part")),
        "no temporary file may stay"
    );
}

#[test]
fn names_are_made_plain_and_unique() {
    let folder = folder();
    let path = folder.path().join("names.glb");
    let part = |name: &str| Part {
        name: name.into(),
        mesh: KNIGHT.parts[0].mesh.clone(),
    };
    let odd = Figurine {
        parts: ["Left Arm", "left.arm", "", "ärm"].map(part).into(),
        ..Figurine::default()
    };
    export::write(&path, &odd, &ExportOptions::default()).expect("any names can be written");
    let (document, ..) = gltf::import(&path).expect("it reads back");
    let found: Vec<_> = document
        .meshes()
        .map(|m| m.name().unwrap_or_default().to_string())
        .collect();
    assert_eq!(
        found,
        ["left_arm", "left_arm_2", "part", "_rm"],
        "a-z, 0-9, _ and - only, each once"
    );
}

#[test]
fn printers_get_millimetres_with_z_up() {
    let folder = folder();
    let path = folder.path().join("knight.stl");
    let options = ExportOptions {
        height: 0.05,
        ..ExportOptions::default()
    };
    export::write(&path, &KNIGHT, &options).expect("an STL can be written");
    let bytes = fs::read(&path).expect("it is there");
    let faces = union::unite(&KNIGHT).triangles();
    assert_eq!(
        bytes.len(),
        84 + 50 * faces,
        "header and 50 bytes for each triangle of the one skin"
    );
    let number = |at: usize| f32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
    let vector = |at| Vec3::new(number(at), number(at + 4), number(at + 8));
    let (mut points, mut volume) = (Vec::new(), 0.0);
    for t in 0..faces {
        let [a, b, c] = [1, 2, 3].map(|k| vector(84 + 50 * t + 12 * k));
        points.extend([a, b, c]);
        volume += a.dot(b.cross(c)) / 6.0;
    }
    let (low, high) = extent(&points);
    assert!(
        low.length() < 1e-3,
        "it starts at {low}, not in the plate's corner"
    );
    assert!(
        (high.z - 50.0).abs() < 1e-3,
        "it is {} mm tall, not 50",
        high.z
    );
    assert!(
        volume > 0.0,
        "the triangles must face outward after the turn"
    );
}

#[test]
fn a_3mf_colours_every_triangle() {
    let folder = folder();
    let path = folder.path().join("knight.3mf");
    export::write(&path, &KNIGHT, &ExportOptions::default()).expect("a 3MF can be written");
    let mut zip =
        zip::ZipArchive::new(fs::File::open(&path).expect("it is there")).expect("a 3MF is a ZIP");
    let mut model = String::new();
    let mut file = zip
        .by_name("3D/3dmodel.model")
        .expect("the model part has its usual name");
    std::io::Read::read_to_string(&mut file, &mut model).expect("the model is text");
    let count = |text: &str| model.matches(text).count();
    let faces = KNIGHT.triangles();
    assert_eq!(count("<triangle "), faces, "every triangle is there");
    assert_eq!(
        count("pid=\"1\" p1=\""),
        faces,
        "and every one has a colour, or slicers ignore all"
    );
    assert_eq!(
        (count("<object "), count("<component ")),
        (1, 0),
        "one mesh, which no slicer takes apart"
    );
    assert!(
        model.contains("unit=\"millimeter\"") && !model.contains("x=\"-"),
        "in the positive octant, in millimetres"
    );
    drop(file);
    let file = zip.by_name("Metadata/Slic3r_PE_model.config");
    let volumes = std::io::read_to_string(file.expect("the parts are told")).expect("text");
    for part in &KNIGHT.parts {
        let name = format!("key=\"name\" value=\"{}\"", part.name);
        assert!(volumes.contains(&name), "{} has its name", part.name);
    }
}

#[test]
fn a_ply_counts_right() {
    let folder = folder();
    let path = folder.path().join("knight.ply");
    export::write(&path, &KNIGHT, &ExportOptions::default()).expect("a PLY can be written");
    let bytes = fs::read(&path).expect("it is there");
    let end = bytes
        .windows(11)
        .position(|w| w == b"end_header\n")
        .expect("a header")
        + 11;
    let header = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let vertices: usize = KNIGHT.parts.iter().map(|p| p.mesh.positions.len()).sum();
    let faces = KNIGHT.triangles();
    assert!(
        header.contains(&format!("element vertex {vertices}\n")),
        "vertices are counted: {header}"
    );
    assert!(
        header.contains(&format!("element face {faces}\n")),
        "faces are counted: {header}"
    );
    assert_eq!(
        bytes.len() - end,
        vertices * 27 + faces * 13,
        "and as many bytes follow"
    );
    let number = |at: usize| f32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
    let heights = || (0..vertices).map(|i| number(end + 27 * i + 8));
    let (low, high) = heights().fold((f32::MAX, f32::MIN), |(l, h), z| (l.min(z), h.max(z)));
    assert!(
        low.abs() < 1e-6 && (high - 0.1).abs() < 1e-6,
        "it stands on the ground, Z up: {low} to {high}"
    );
    let last = u32::from_le_bytes(bytes[bytes.len() - 4..].try_into().expect("four bytes"));
    assert!((last as usize) < vertices, "the last index is a vertex");
}
