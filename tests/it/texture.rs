//! A figurine in a texture: what is in the picture, where it lies, and in which files.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use gen3d::base::progress::Watch;
use gen3d::geometry::{Figurine, Spot};
use gen3d::model::Model;
use gen3d::model::nn::device::{self, DeviceChoice};
use gen3d::photo::cutout;
use gen3d::pipeline;
use gen3d::pipeline::Options;
use gen3d::texture;
use glam::{Vec2, Vec3};
use image::{DynamicImage, ImageFormat, RgbImage};

use crate::support::judges;
use crate::support::pictures;
use crate::support::program::{Place, model};
use crate::support::shapes::KNIGHT;

fn photo() -> Place {
    Place::new().with("photo.png", pictures::file(ImageFormat::Png))
}

/// A primitive of a GLB with a texture.
struct Piece {
    positions: Vec<Vec3>,
    places: Vec<Vec2>,
    triangles: Vec<[usize; 3]>,
}

/// All primitives of a GLB or glTF, and its one picture.
fn read(path: &Path) -> (Vec<Piece>, RgbImage) {
    let (document, buffers, images) = gltf::import(path).expect("the gltf crate must read it");
    assert_eq!(images.len(), 1, "one picture for all parts");
    let pixels = images[0].pixels.clone();
    let picture = RgbImage::from_raw(images[0].width, images[0].height, pixels);
    let piece = |primitive: gltf::Primitive| {
        let reader = primitive.reader(|buffer| Some(&buffers[buffer.index()]));
        assert!(
            reader.read_colors(0).is_none(),
            "viewers multiply vertex colours with the texture"
        );
        let texture = primitive.material().pbr_metallic_roughness();
        assert!(
            texture
                .base_color_texture()
                .is_some_and(|t| t.tex_coord() == 0),
            "its material shows the texture"
        );
        let indices: Vec<u32> = (reader.read_indices().expect("indices").into_u32()).collect();
        Piece {
            positions: reader
                .read_positions()
                .expect("positions")
                .map(Vec3::from)
                .collect(),
            places: (reader
                .read_tex_coords(0)
                .expect("a place a vertex")
                .into_f32())
            .map(Vec2::from)
            .collect(),
            triangles: (indices.chunks(3))
                .map(|t| [t[0] as usize, t[1] as usize, t[2] as usize])
                .collect(),
        }
    };
    let primitives = document
        .meshes()
        .flat_map(|mesh| mesh.primitives().map(piece).collect::<Vec<_>>());
    (primitives.collect(), picture.expect("it is RGB"))
}

/// How many points of a grid lie within two triangles or more, and how many in any.
fn doubly_covered(triangles: &[[Vec2; 3]], side: usize) -> (usize, usize) {
    let mut covered: HashMap<(usize, usize), usize> = HashMap::new();
    for t in triangles {
        let [a, b, c] = t.map(|p| p * side as f32);
        let area = (b - a).perp_dot(c - a);
        let (low, high) = (a.min(b).min(c), a.max(b).max(c));
        for y in low.y as usize..=high.y as usize {
            for x in low.x as usize..=high.x as usize {
                // Off the middle, so that no point lies on an edge of a round number.
                let p = Vec2::new(x as f32 + 0.4137, y as f32 + 0.5871);
                let v = (p - a).perp_dot(c - a) / area;
                let w = (b - a).perp_dot(p - a) / area;
                // A little within: neighbours share their edges, but for rounding, which is 2^-12 of the grid's step.
                let from = |share: f32, edge: Vec2| share * area.abs() / edge.length();
                let least = from(v, c - a)
                    .min(from(w, b - a))
                    .min(from(1.0 - v - w, c - b));
                if least > 4e-3 {
                    *covered.entry((x, y)).or_default() += 1;
                }
            }
        }
    }
    let doubly = covered.values().filter(|count| **count > 1).count();
    (doubly, covered.len())
}

#[test]
fn the_texture_is_in_the_glb_and_its_charts_do_not_overlap() {
    let place = photo();
    place.makes(&["photo.png", "-o", "out.glb", "--texture", "512"]);
    assert_eq!(place.names(), ["out.glb", "photo.png"], "one file");
    let (pieces, picture) = read(&place.path("out.glb"));
    assert_eq!(
        picture.dimensions(),
        (512, 512),
        "as large as was asked for"
    );
    let mut all = Vec::new();
    for piece in &pieces {
        assert_eq!(piece.places.len(), piece.positions.len());
        for p in &piece.places {
            let inside = p.min_element() >= 0.0 && p.max_element() <= 1.0;
            assert!(inside, "{p} is not in the picture");
        }
        all.extend(piece.triangles.iter().map(|t| t.map(|v| piece.places[v])));
    }
    let (doubly, covered) = doubly_covered(&all, 4096);
    assert_eq!(
        doubly, 0,
        "of {covered} points so many lie in two triangles"
    );
    let share = covered as f32 / (4096.0 * 4096.0);
    assert!(share > 0.3, "charts cover only {share} of the picture");
}

#[test]
fn a_face_has_twice_the_texels_of_a_chest_a_side() {
    let figurine = &*KNIGHT;
    let grey = |_: usize, spots: &[Spot]| Ok(vec![[0.5; 3]; spots.len()]);
    let texture = texture::make(figurine, 1024, grey).expect("a texture");
    // Texels a side for a unit of the model, where the part faces a way.
    let density = |name: &str, way: Vec3| {
        let part = figurine.parts.iter().position(|part| part.name == name);
        let part = part.unwrap_or_else(|| panic!("there is no {name}"));
        let mesh = &figurine.parts[part].mesh;
        let (mut there, mut flat) = (0.0, 0.0);
        for (t, places) in mesh.triangles.iter().zip(&texture.corners[part]) {
            let [a, b, c] = t.map(|v| mesh.positions[v as usize]);
            let across = (b - a).cross(c - a);
            if across.dot(way) > 0.95 * across.length() {
                there += across.length();
                flat += (places[1] - places[0])
                    .perp_dot(places[2] - places[0])
                    .abs();
            }
        }
        (flat / there).sqrt()
    };
    let chest = density("torso", Vec3::Z);
    for (name, way, wanted) in [
        ("head", Vec3::Z, 2.0),
        ("hair", Vec3::Y, 1.25),
        ("legs", Vec3::Z, 1.0),
    ] {
        let found = density(name, way) / chest;
        assert!(
            (found / wanted - 1.0).abs() < 0.05,
            "towards {way} the {name} has {found} times the texels of the chest a side, not {wanted}: people look at faces"
        );
    }
}

#[test]
fn one_seed_gives_one_texture_at_any_number_of_threads() {
    let place = photo();
    let [one, two] = ["1", "2"].map(|threads| {
        let line = [
            "photo.png",
            "-o",
            "out.glb",
            "--texture",
            "200",
            "--threads",
            threads,
        ];
        place.makes(&line);
        fs::read(place.path("out.glb")).expect("a file")
    });
    assert!(one == two, "1 and 2 threads give other bytes");
}

#[test]
fn the_khronos_validator_is_content_with_textures() {
    let place = photo();
    let lines: [&[&str]; 5] = [
        &["-o", "out.glb"],
        &["-o", "a name.gltf"],
        &["-o", "apart.gltf", "--split"],
        &["-o", "whole.glb", "--solid"],
        &[
            "-o",
            "stand.glb",
            "--base",
            "hex",
            "--pegs",
            "--explode",
            "0.2",
            "--colours",
            "model",
        ],
    ];
    for line in lines {
        place.makes(&[&["photo.png", "--texture", "128"], line].concat());
    }
    let written = place.names();
    for name in [
        "a name.bin",
        "a name.gltf",
        "a name.texture.png",
        "apart.texture.png",
    ] {
        assert!(
            written.contains(&name.into()),
            "{name} is missing: {written:?}"
        );
    }
    let files = written
        .iter()
        .filter(|name| name.ends_with(".glb") || name.ends_with(".gltf"));
    let files: Vec<_> = files.map(|name| place.path(name)).collect();
    assert!(files.len() > 5, "parts in files of their own: {written:?}");
    let pictures = written.iter().filter(|name| name.ends_with(".png")).count();
    assert_eq!(pictures, 3, "parts share one picture: {written:?}");
    judges::khronos(&files);
    let (_, beside) = read(&place.path("a name.gltf"));
    let (_, inside) = read(&place.path("out.glb"));
    assert!(beside == inside, "the same picture, wherever it is");
}

#[test]
fn an_obj_names_its_texture() {
    let place = photo();
    let line = [
        "photo.png",
        "-o",
        "out.obj",
        "--texture",
        "128",
        "--up",
        "z",
        "--units",
        "mm",
        "--json",
    ];
    let said: serde_json::Value = serde_json::from_str(&place.makes(&line)).expect("JSON");
    assert_eq!(
        said["files"].as_array().map(Vec::len),
        Some(3),
        "all that was written is told: {said}"
    );
    let names = ["out.mtl", "out.obj", "out.texture.png", "photo.png"];
    assert_eq!(place.names(), names);
    let options = tobj::LoadOptions::default();
    let (models, materials) =
        tobj::load_obj(place.path("out.obj"), &options).expect("tobj reads it");
    for material in materials.expect("the materials are found") {
        assert_eq!(material.diffuse_texture.as_deref(), Some("out.texture.png"));
        assert_eq!(
            material.diffuse,
            Some([1.0; 3]),
            "it would tint the texture"
        );
    }
    let picture = image::open(place.path("out.texture.png")).expect("a PNG");
    assert_eq!((picture.width(), picture.height()), (128, 128));
    for model in &models {
        let mesh = &model.mesh;
        assert!(
            mesh.vertex_color.is_empty(),
            "some programs would multiply them"
        );
        assert_eq!(
            mesh.texcoord_indices.len(),
            mesh.indices.len(),
            "{}",
            model.name
        );
        assert!(mesh.texcoords.iter().all(|v| (0.0..=1.0).contains(v)));
    }
}

/// A figurine of a photo as the program makes it.
fn made(texture: Option<u32>) -> Figurine {
    let device = device::choose(DeviceChoice::Cpu).expect("a processor");
    let model = Model::open(model(), &device).expect("the test's weights");
    let picture = pictures::figure(120, 160, [0; 4]);
    let cutout = cutout::cut(picture, None, None).expect("it is cut out already");
    let options = Options {
        steps: Some(2),
        resolution: Some(32),
        faces: 0,
        texture,
        ..Options::default()
    };
    pipeline::figurine(&model, &cutout.into(), &options, &Watch::silent())
        .expect("a figurine")
        .0
}

#[test]
fn texels_have_the_colours_of_the_vertices_there() {
    let figurine = made(Some(1024));
    let texture = figurine.texture.as_ref().expect("a texture");
    let (mut off, mut count) = (0.0, 0);
    for (part, places) in figurine.parts.iter().zip(&texture.corners) {
        for (t, places) in part.mesh.triangles.iter().zip(places) {
            for (&v, &place) in t.iter().zip(places) {
                let wanted = Vec3::from(part.mesh.colours[v as usize]);
                off += wanted.distance(texture.at(place).into());
                count += 1;
            }
        }
    }
    let off = off / count as f32;
    assert!(
        off < 0.02,
        "texels differ from {count} vertices by {off} in the mean"
    );
    let plain = made(None);
    assert!(plain.texture.is_none());
    assert!(
        plain.parts == figurine.parts,
        "a texture changes nothing about the shape, nor about the vertices' colours"
    );
}

#[test]
fn what_makes_no_sense_is_refused_and_leaves_nothing() {
    let place = photo();
    for name in ["out.stl", "out.3mf", "out.ply"] {
        let line = ["photo.png", "-o", name, "--texture", "512"];
        place.refuses(&line, 2, &["--texture", name, ".glb"]);
    }
    // A photo, or a picture that is asked for, must not be replaced by the texture.
    let place = place.with("fig.texture.png", pictures::file(ImageFormat::Png));
    let line = ["fig.texture.png", "-o", "fig.obj", "--texture", "64"];
    place.refuses(&line, 2, &["fig.texture.png", "replace"]);
    let line = [
        "photo.png",
        "-o",
        "x.gltf",
        "--texture",
        "64",
        "--preview",
        "x.texture.png",
    ];
    place.refuses(&line, 2, &["x.texture.png"]);
    // What is in the way of one file stops all of them.
    fs::create_dir(place.path("y.texture.png")).expect("the test can make a folder");
    place.refuses(
        &["photo.png", "-o", "y.gltf", "--texture", "64", "--quiet"], // no notes
        1,
        &["y.texture.png"],
    );
    let line = [
        "photo.png",
        "-o",
        "fig.gltf",
        "--texture",
        "64",
        "--no-clobber",
        "--quiet",
    ];
    place.refuses(&line, 1, &["fig.texture.png"]);
}

#[test]
fn the_smallest_texture_is_made_of_the_largest_figurine() {
    let place = photo();
    place.makes(&[
        "photo.png",
        "-o",
        "out.glb",
        "--texture",
        "64",
        "--faces",
        "0",
        "--preview",
        "look.png",
    ]);
    let (_, picture) = read(&place.path("out.glb"));
    assert_eq!(picture.dimensions(), (64, 64));
}

#[test]
fn a_kept_result_and_a_batch_get_textures_too() {
    let place = photo().with("other.png", pictures::file(ImageFormat::Png));
    place.reports(&["photo.png", "-o", "plain.glb"]);
    let said = place.reports(&["photo.png", "-o", "out.glb", "--texture", "64"]);
    assert_eq!(
        said[0]["cached"], true,
        "the shape is the same: {}",
        said[0]
    );
    read(&place.path("out.glb"));
    let line = [
        "photo.png",
        "other.png",
        "-o",
        "all",
        "--format",
        "obj",
        "--texture",
        "64",
    ];
    assert_eq!(place.reports(&line).len(), 2);
    for name in ["photo", "other"] {
        for ending in ["obj", "mtl", "texture.png"] {
            let path = place.path(&format!("all/{name}.{ending}"));
            assert!(path.is_file(), "{} is missing", path.display());
        }
    }
}

#[test]
fn words_alone_get_a_texture() {
    let place = Place::new();
    place.makes(&["--prompt", "a knight", "-o", "out.glb", "--texture", "64"]);
    let (_, picture) = read(&place.path("out.glb"));
    let grey = DynamicImage::from(picture).into_luma8();
    assert!(
        grey.pixels().any(|p| p.0[0] != grey.get_pixel(0, 0).0[0]),
        "it shows something"
    );
}

/// The program without the flags that spare it a texture.
fn usual(place: &Place, line: &[&str]) {
    let mut command = place.command();
    command.args(line).args([
        "--steps",
        "2",
        "--resolution",
        "32",
        "--no-cache",
        "--model",
    ]);
    let output = command.arg(model()).output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{line:?}: {said}");
}

#[test]
fn colours_are_in_a_picture_where_programs_show_one() {
    let place = photo();
    for name in ["out.glb", "out.gltf", "out.stl", "out.ply", "out.3mf"] {
        usual(&place, &["photo.png", "-o", name]);
    }
    let (_, picture) = read(&place.path("out.glb"));
    assert_eq!(picture.dimensions(), (1024, 1024));
    let pictures = place
        .names()
        .into_iter()
        .filter(|name| name.contains("texture"));
    assert_eq!(
        pictures.collect::<Vec<_>>(),
        ["out.texture.png"],
        "of out.gltf alone"
    );
    // The last of several counts, and off is as it was before there were textures.
    usual(
        &place,
        &[
            "photo.png",
            "-o",
            "off.glb",
            "--texture",
            "64",
            "--texture",
            "OFF",
        ],
    );
    let (document, buffers, images) = gltf::import(place.path("off.glb")).expect("a GLB");
    assert_eq!(images.len(), 0);
    let mut primitives = document
        .meshes()
        .flat_map(|mesh| mesh.primitives().collect::<Vec<_>>());
    let coloured = |primitive: gltf::Primitive| {
        let reader = primitive.reader(|buffer| Some(&buffers[buffer.index()]));
        reader.read_colors(0).is_some()
    };
    assert!(primitives.all(coloured), "the vertices carry the colours");
}

#[test]
fn textures_beside_figurines_are_no_photos_of_a_batch() {
    let place = Place::new();
    fs::create_dir(place.path("all")).expect("a folder");
    fs::write(place.path("all/a.png"), pictures::file(ImageFormat::Png)).expect("a photo");
    let line = ["all", "-o", "all", "--format", "obj", "--texture", "64"];
    for run in ["first", "second"] {
        assert_eq!(
            place.reports(&line).len(),
            1,
            "of one photo, in the {run} run"
        );
    }
}

#[test]
fn materials_are_called_after_their_file() {
    let place = photo();
    for name in ["my knight.glb", "my knight.obj"] {
        place.makes(&["photo.png", "-o", name]);
    }
    place.makes(&["photo.png", "-o", "apart.glb", "--split"]);
    let names = |file: &str| -> Vec<(String, String)> {
        let (document, ..) = gltf::import(place.path(file)).expect("a GLB");
        let named = document.nodes().filter_map(|node| {
            let material = node.mesh()?.primitives().next()?.material();
            Some((node.name()?.to_owned(), material.name()?.to_owned()))
        });
        named.collect()
    };
    let whole = names("my knight.glb");
    assert!(whole.len() > 1);
    for (part, material) in &whole {
        assert_eq!(
            *material,
            format!("my_knight_{part}"),
            "no two files have one of a name"
        );
    }
    let (part, _) = &whole[0];
    let apart = names(&format!("apart.{part}.glb"));
    assert_eq!(
        apart[0].1,
        format!("apart_{part}"),
        "its name is not there twice"
    );
    let (models, materials) =
        tobj::load_obj(place.path("my knight.obj"), &tobj::LoadOptions::default())
            .expect("tobj reads it");
    let materials = materials.expect("the materials are found");
    for model in models {
        let material = &materials[model.mesh.material_id.expect("each has one")];
        assert_eq!(material.name, format!("my_knight_{}", model.name));
    }
}
