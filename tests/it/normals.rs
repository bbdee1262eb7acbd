//! Where the surface is smooth, and where it has a crease.

use gen3d::export::{self, ExportOptions};
use gen3d::geometry::{Figurine, Mesh, Part};
use glam::Vec3;

/// A sphere of so many bands, and so many wedges.
fn ball(bands: u32, wedges: u32) -> Mesh {
    let mut mesh = Mesh::default();
    let at = |band: u32, wedge: u32| {
        let (down, around) = (
            std::f32::consts::PI * band as f32 / bands as f32,
            std::f32::consts::TAU * wedge as f32 / wedges as f32,
        );
        let flat = down.sin();
        Vec3::new(flat * around.sin(), down.cos(), flat * around.cos())
    };
    let index = |band: u32, wedge: u32| match band {
        0 => 0,
        _ if band == bands => 1 + (bands - 1) * wedges,
        _ => 1 + (band - 1) * wedges + wedge % wedges,
    };
    mesh.positions.push(at(0, 0));
    for band in 1..bands {
        mesh.positions
            .extend((0..wedges).map(|wedge| at(band, wedge)));
    }
    mesh.positions.push(at(bands, 0));
    for (band, wedge) in (0..bands).flat_map(|b| (0..wedges).map(move |w| (b, w))) {
        let [a, b] = [index(band, wedge), index(band, wedge + 1)];
        let [c, d] = [index(band + 1, wedge), index(band + 1, wedge + 1)];
        mesh.triangles.extend([[a, c, d], [a, d, b]]);
    }
    mesh.triangles
        .retain(|[a, b, c]| a != b && b != c && c != a);
    mesh.colours = vec![[0.5; 3]; mesh.positions.len()];
    mesh.normals = mesh.positions.clone();
    mesh
}

/// The points and the normals of a mesh as a `.glb` shows it.
fn shown(mesh: &Mesh) -> Vec<(Vec3, Vec3)> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("ball.glb");
    let part = Part {
        name: "head".into(),
        mesh: mesh.clone(),
    };
    let figurine = Figurine {
        parts: vec![part],
        ..Figurine::default()
    };
    export::write(&path, &figurine, &ExportOptions::default()).expect("it can be written");
    let (document, buffers, _) = gltf::import(&path).expect("a GLB");
    let mesh = document.meshes().next().expect("a mesh");
    let primitive = mesh.primitives().next().expect("a primitive");
    let reader = primitive.reader(|buffer| Some(&buffers[buffer.index()]));
    let points = reader.read_positions().expect("positions").map(Vec3::from);
    let normals = reader.read_normals().expect("normals").map(Vec3::from);
    points.zip(normals).collect()
}

#[test]
fn what_has_no_crease_stays_in_one_piece() {
    let mut mesh = ball(40, 80);
    let whole = mesh.positions.len();
    assert_eq!(shown(&mesh).len(), whole, "a ball");
    // One vertex that sticks out, as they do where parts meet: steep triangles, but no
    // crease around them.
    mesh.positions[777] *= 1.15;
    let points = shown(&mesh).len();
    assert!(
        points <= whole + 2,
        "of {whole} points of a ball with a thorn only the tip is split: {points}"
    );
}

#[test]
fn what_has_creases_is_split_along_them() {
    // A ball that is cut off flat: the cut's rim is one crease, all around.
    let mut mesh = ball(40, 80);
    let cut = mesh.positions[1 + 14 * 80].y;
    mesh.positions.iter_mut().for_each(|p| p.y = p.y.min(cut));
    let shown = shown(&mesh);
    assert_eq!(
        shown.len(),
        mesh.positions.len() + 80,
        "the rim is there twice"
    );
    let top = shown.iter().map(|(p, _)| p.y).fold(f32::MIN, f32::max);
    for (p, n) in shown.iter().filter(|(p, _)| p.y > top - 1e-5) {
        let (flat, side) = (n.y > 0.999, n.y < 0.6);
        assert!(flat || side, "at {p} it is neither flat nor round: {n}");
    }
}
