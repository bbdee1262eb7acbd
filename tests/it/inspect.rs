//! `gen3d inspect` finds what is wrong with a file, and is not brought down by one.

use gen3d::export;
use gen3d::export::ExportOptions;
use gen3d::inspect::{Options, inspect};

use crate::support::foreign::{OPTIONS, SIDES, corners, folder, glb, look, written};
use crate::support::shapes::KNIGHT;

/// A box as an OBJ's object, its first point numbered `first`; turned inside out if `inward`.
fn cuboid(name: &str, low: [f32; 3], high: [f32; 3], first: usize, inward: bool) -> String {
    let mut text = format!("o {name}\n");
    for [x, y, z] in corners(low, high) {
        text += &format!("v {x} {y} {z}\n");
    }
    for face in SIDES {
        let mut face = face.map(|v| (v + first).to_string());
        if inward {
            face.reverse();
        }
        text += &format!("f {}\n", face.join(" "));
    }
    text
}

#[test]
fn a_box_is_measured() {
    let folder = folder();
    let path = written(
        &folder,
        "box.obj",
        cuboid("box", [0.0; 3], [0.01, 0.03, 0.02], 1, false),
    );
    let found = look(&path);
    assert!(found.prints, "a box prints: {found}");
    // Y up in the file, Z up on the plate.
    for (got, want) in found.size_mm.iter().zip([10.0, 20.0, 30.0]) {
        assert!(
            (got - want).abs() < 1e-3,
            "{:?} is not 10 x 20 x 30 mm",
            found.size_mm
        );
    }
    assert!(
        (found.volume_mm3 - 6000.0).abs() < 0.1,
        "6 cm3, not {}",
        found.volume_mm3
    );
    assert!(
        (found.weight_g - 7.44).abs() < 0.01,
        "7.44 g of PLA, not {}",
        found.weight_g
    );
    let part = &found.parts[0];
    assert_eq!(
        (part.name.as_str(), part.triangles, part.self_intersections),
        ("box", 12, 0)
    );
    let wall = part.wall_mm.expect("a box has walls");
    assert!(
        (wall - 10.0).abs() < 0.1,
        "its thinnest is 10 mm, not {wall}"
    );
    assert!(
        found.overhang_share < 1e-6,
        "it stands on its only overhang"
    );
    let small = Options {
        height: Some(0.001),
        ..OPTIONS
    };
    let small = inspect(&path, &small).expect("the same file");
    assert!(!small.prints, "at 1 mm its wall is a third of one: {small}");
}

#[test]
fn what_would_not_print_is_told() {
    let folder = folder();
    let whole = cuboid("box", [0.0; 3], [0.01; 3], 1, false);
    let open = whole.rsplit_once("f ").expect("it has faces").0;
    let inward = cuboid("box", [0.0; 3], [0.01; 3], 1, true);
    let fin = whole.clone() + "v 0.02 0.02 0.02\nf 1 2 9\n";
    for (name, text, word) in [
        ("open.obj", open, "not closed"),
        ("inward.obj", &inward, "inside out"),
        ("fin.obj", &fin, "not manifold"),
    ] {
        let found = look(&written(&folder, name, text));
        assert!(
            !found.prints && found.faults.join("; ").contains(word),
            "{name}: {found}"
        );
    }
}

#[test]
fn parts_in_each_other_and_in_themselves_are_measured() {
    let folder = folder();
    let two = cuboid("one", [0.0; 3], [0.01; 3], 1, false)
        + &cuboid(
            "other",
            [0.009, 0.002, 0.002],
            [0.02, 0.008, 0.008],
            9,
            false,
        );
    let found = look(&written(&folder, "two.obj", two));
    assert_eq!(found.penetrations.len(), 1, "one pair: {found}");
    let depth = found.penetrations[0].depth_mm;
    assert!((depth - 1.0).abs() < 0.01, "1 mm deep, not {depth}");
    let touching = cuboid("one", [0.0; 3], [0.01; 3], 1, false)
        + &cuboid("other", [0.01, 0.0, 0.0], [0.02, 0.01, 0.01], 9, false);
    let found = look(&written(&folder, "touching.obj", touching));
    assert!(
        found.penetrations.is_empty(),
        "touching is not entering: {found}"
    );
    // Two boxes as one part pass through each other.
    let one = cuboid("one", [0.0; 3], [0.01; 3], 1, false)
        + &cuboid("", [0.005, 0.002, 0.002], [0.02, 0.008, 0.008], 9, false).replace("o \n", "");
    let found = look(&written(&folder, "one.obj", one));
    assert!(
        found.parts[0].self_intersections >= 8,
        "they cross: {found}"
    );
}

#[test]
fn our_own_figurine_prints_in_every_format() {
    let mut knight = KNIGHT.clone();
    // At so few cells its blade is a leaf.
    knight.parts.retain(|part| part.name != "item_right");
    let folder = folder();
    let mut volumes = Vec::new();
    let names = [
        "knight.glb",
        "knight.gltf",
        "knight.obj",
        "knight.3mf",
        "knight.stl",
        "knight.ply",
    ];
    for name in names {
        let path = folder.path().join(name);
        export::write(&path, &knight, &ExportOptions::default()).expect("it can be written");
        let found = look(&path);
        assert!(found.prints && found.complete, "{name}: {found}");
        assert_eq!(found.body_count, 1, "{name}: it hangs together: {found}");
        if !["knight.stl", "knight.ply"].contains(&name) {
            // In a GLB what is held comes after its arm.
            let mut names: Vec<_> = found.parts.iter().map(|p| p.name.clone()).collect();
            let mut want: Vec<_> = knight.parts.iter().map(|p| p.name.clone()).collect();
            names.sort();
            want.sort();
            assert_eq!(names, want, "{name}: parts keep their names");
            let deepest = found
                .penetrations
                .iter()
                .map(|p| p.depth_mm)
                .fold(0.0, f32::max);
            assert!(
                deepest < 0.4,
                "of 100 mm, parts may be {deepest} mm in each other"
            );
        }
        assert!(
            (found.size_mm[2] - 100.0).abs() < 0.01,
            "100 mm tall: {:?}",
            found.size_mm
        );
        volumes.push(found.volume_mm3);
    }
    let worst = volumes
        .iter()
        .map(|v| (v / volumes[0] - 1.0).abs())
        .fold(0.0, f64::max);
    assert!(worst < 1e-3, "one figurine has one volume: {volumes:?}");
}

#[test]
fn hostile_files_are_refused_in_words() {
    let folder = folder();
    let circle = r#"{"asset":{"version":"2.0"},"scenes":[{"nodes":[0]}],"nodes":[{"children":[1]},{"children":[0]}]}"#;
    let mesh = |count: &str| {
        format!(
            r#"{{"asset":{{"version":"2.0"}},"buffers":[{{"byteLength":36}}],"bufferViews":[{{"buffer":0,"byteLength":36}}],
            "accessors":[{{"bufferView":0,"componentType":5126,"count":{count},"type":"VEC3"}}],
            "meshes":[{{"primitives":[{{"attributes":{{"POSITION":0}}}}]}}]}}"#
        )
    };
    let mut stl = vec![0; 84 + 50];
    stl[80] = 2;
    let cut = glb(&mesh("3"), &[0; 36]);
    let cases: [(&str, Vec<u8>, &str); 12] = [
        (
            "a.xyz",
            b"".to_vec(),
            ".glb, .gltf, .vrm, .obj, .3mf, .stl or .ply",
        ),
        ("empty.stl", b"".to_vec(), "no STL"),
        ("short.stl", stl, "no STL"),
        ("text.stl", b"solid x\nvertex 1 2\n".to_vec(), "line 2"),
        ("cut.stl", b"solid x\nvertex 1 2 3\n".to_vec(), "cut off"),
        ("nothing.obj", b"# nothing\n".to_vec(), "no triangle"),
        (
            "beyond.obj",
            b"v 0 0 0\nv 1 0 0\nf 1 2 3\n".to_vec(),
            "line 3",
        ),
        (
            "nan.obj",
            b"v nan 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n".to_vec(),
            "not a number",
        ),
        ("no.glb", b"glTF".to_vec(), "no GLB"),
        ("circle.glb", glb(circle, &[]), "nodes"),
        (
            "huge.glb",
            glb(&mesh("18446744073709551615"), &[0; 36]),
            "beyond the end",
        ),
        ("cut.glb", cut[..cut.len() - 9].to_vec(), "cut off"),
    ];
    for (name, bytes, word) in cases {
        let path = written(&folder, name, bytes);
        let error = inspect(&path, &OPTIONS).expect_err("it is broken");
        let said = format!("{error:#}");
        assert!(
            said.contains(name) && said.contains(word),
            "{name} must say '{word}': {said}"
        );
    }
    let missing =
        inspect(&folder.path().join("missing.stl"), &OPTIONS).expect_err("it is not there");
    assert!(
        format!("{missing:#}").contains("missing.stl"),
        "{missing:#}"
    );
}
