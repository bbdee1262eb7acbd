//! What artists' programs make of our files: each must show the same parts, by name, of the same size, in the same
//! place and colour, upright. They say so by scripts in `tests/`; pictures of theirs are kept in `target/pictures`.

use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

use crate::support::judges::{self, passes, script};
use crate::support::measure::{area, extent};
use crate::support::shapes;
use gen3d::export::{self, ExportOptions, Up};
use gen3d::geometry::Figurine;
use gen3d::texture;
use glam::Vec3;
use image::RgbImage;

/// One for each part of the knight, sRGB; all differ in hue, so that light and shadow do not matter.
const COLOURS: [[u8; 3]; 10] = [
    [60, 180, 75],
    [0, 80, 200],
    [225, 200, 25],
    [245, 130, 48],
    [70, 220, 220],
    [250, 170, 230],
    [230, 25, 25],
    [145, 30, 180],
    [100, 140, 10],
    [255, 120, 120],
];

fn shares(colour: [u8; 3]) -> [f32; 3] {
    colour.map(|v| f32::from(v) / 255.0)
}

/// The knight with a colour a part, at its vertices.
static PLAIN: LazyLock<Figurine> = LazyLock::new(|| {
    let mut knight = shapes::KNIGHT.clone();
    assert_eq!(knight.parts.len(), COLOURS.len(), "a colour a part");
    for (part, colour) in knight.parts.iter_mut().zip(COLOURS) {
        part.mesh.colours.fill(shares(colour));
    }
    knight
});

/// The same in a texture.
static TEXTURED: LazyLock<Figurine> = LazyLock::new(|| {
    let colour = |part: usize, spots: &[_]| Ok(vec![shares(COLOURS[part]); spots.len()]);
    let texture = texture::make(&PLAIN, 1024, colour).expect("a texture");
    Figurine {
        texture: Some(texture),
        ..PLAIN.clone()
    }
});

/// Files of the knight in a folder of their own: textured ones, or `plain.*` with colours at the vertices.
struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    fn write(&self, name: &str) -> PathBuf {
        let path = self.0.path().join(name);
        let plain = name.starts_with("plain") || name.ends_with(".ply");
        let figurine: &Figurine = if plain { &PLAIN } else { &TEXTURED };
        export::write(&path, figurine, &ExportOptions::default()).expect("it can be written");
        path
    }
}

/// A mesh as a program shows it: metres, +Y up; sRGB, 0 to 255.
struct Shown {
    name: String,
    low: Vec3,
    high: Vec3,
    colour: Vec3,
}

impl Shown {
    /// A line `NAME x y z x y z r g b`.
    fn read(line: &str, up: Up) -> Self {
        let (name, numbers) = line.split_once(' ').expect("a name and numbers");
        let numbers: Vec<f32> = (numbers.split(' '))
            .map(|word| word.parse().expect("a number"))
            .collect();
        let [low, high, colour] = [0, 3, 6].map(|at| Vec3::from_slice(&numbers[at..at + 3]));
        let upright = |p: Vec3| match up {
            Up::Y => p,
            Up::Z => Vec3::new(p.x, p.z, -p.y),
        };
        let (low, high) = (upright(low), upright(high));
        Self {
            name: name.to_owned(),
            low: low.min(high),
            high: low.max(high),
            colour,
        }
    }
}

/// What each part has to look like in a file of 100 mm; `all` of them in one mesh, if so wanted.
fn expected(all: bool) -> Vec<Shown> {
    let (low, high) = extent(PLAIN.parts.iter().flat_map(|part| &part.mesh.positions));
    let scale = 0.1 / (high.y - low.y);
    let base = PLAIN.parts.iter().filter(|part| part.name == "base");
    let (left, right) = extent(base.flat_map(|part| &part.mesh.positions));
    let middle = (left + right) / 2.0;
    let origin = Vec3::new(middle.x, low.y, middle.z);
    let shown = |name: &str, (low, high): (Vec3, Vec3), colour| Shown {
        name: name.to_owned(),
        low: (low - origin) * scale,
        high: (high - origin) * scale,
        colour,
    };
    let colours = COLOURS.map(|colour| Vec3::from(colour.map(f32::from)));
    if all {
        let areas: Vec<f32> = PLAIN.parts.iter().map(|part| area(&part.mesh)).collect();
        let mean = colours
            .iter()
            .zip(&areas)
            .map(|(c, a)| *c * *a)
            .sum::<Vec3>();
        return vec![shown("all", (low, high), mean / areas.iter().sum::<f32>())];
    }
    let parts = PLAIN.parts.iter().zip(colours);
    parts
        .map(|(part, colour)| shown(&part.name, extent(&part.mesh.positions), colour))
        .collect()
}

/// A program that has this axis up printed lines `FILE: ` and what [`Shown::read`] reads: it shows what was written.
fn shows(said: &str, file: &str, up: Up) {
    let prefix = format!("{file}: ");
    let lines = said.lines().filter_map(|line| line.strip_prefix(&prefix));
    let seen: Vec<Shown> = lines.map(|line| Shown::read(line, up)).collect();
    let all = file.ends_with(".ply");
    let wanted = expected(all);
    assert_eq!(seen.len(), wanted.len(), "{file}: a mesh a part: {said}");
    for want in wanted {
        let named = |seen: &&Shown| all || seen.name == want.name;
        let found: Vec<&Shown> = seen.iter().filter(named).collect();
        let [found] = found[..] else {
            panic!("{file}: {} is not there once: {said}", want.name);
        };
        for (is, should) in [(found.low, want.low), (found.high, want.high)] {
            let off = (is - should).length();
            assert!(
                off < 2e-5,
                "{file}: {}: {is} is not {should}: {said}",
                want.name
            );
        }
        let off = (found.colour - want.colour).abs().max_element();
        assert!(
            off < 2.0,
            "{file}: {} has the colour {}, not {}: {said}",
            want.name,
            found.colour,
            want.colour
        );
    }
}

#[test]
fn assimp_shows_a_node_a_part_and_the_size() {
    let files = Files::new();
    for (name, above) in [("knight.obj", "knight.obj"), ("knight.glb", "figurine")] {
        let path = files.write(name);
        let Ok(run) = Command::new("assimp").arg("info").arg(&path).output() else {
            return skip!("no assimp (.ci/judges installs it); OBJ and GLB were not opened in it");
        };
        let said = String::from_utf8_lossy(&run.stdout);
        let (_, nodes) = (said.split_once("Node hierarchy:")).expect("assimp lists nodes");
        let names = nodes.lines().filter_map(|line| {
            let line = line.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
            line.split(' ').next().filter(|name| !name.is_empty())
        });
        let mut names: Vec<&str> = names.collect();
        let mut wanted: Vec<&str> = PLAIN.parts.iter().map(|part| &*part.name).collect();
        wanted.push(above);
        names.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(names, wanted, "{name}: a node a part below one: {said}");
        let [all] = &expected(true)[..] else {
            panic!("all in one");
        };
        for (word, want) in [("Minimum point", all.low), ("Maximum point", all.high)] {
            let line = said.lines().find(|line| line.starts_with(word));
            let (_, numbers) = line.and_then(|l| l.split_once('(')).expect("a point");
            let numbers = numbers.trim_end_matches(')').split_whitespace();
            let numbers: Vec<f32> = numbers.map(|n| n.parse().expect("a number")).collect();
            let off = (Vec3::from_slice(&numbers) - want).length();
            assert!(off < 2e-5, "{name}: {word} is not {want}: {said}");
        }
    }
}

#[test]
fn figures_stand_upright_in_blender_with_their_names_and_colours() {
    let Some(python) = judges::blender("figures were not looked at there") else {
        return;
    };
    let files = Files::new();
    let names = ["knight.ply", "knight.obj", "plain.obj", "knight.glb"];
    let mut run = Command::new(python);
    run.arg(script("blender.py"))
        .args(names.map(|name| files.write(name)));
    let said = passes(run.env("PYTHONWARNINGS", "ignore"));
    for name in names {
        shows(&said, name, Up::Z);
    }
}

#[test]
fn three_js_shows_the_parts_with_their_names_and_colours() {
    let Some(modules) = judges::node("three", "files were not opened in three.js") else {
        return;
    };
    let files = Files::new();
    let (glb, obj, ply) = ("knight.glb", "plain.obj", "knight.ply");
    let mut node = Command::new("node");
    node.arg(script("three.mjs")).arg(modules);
    let said = passes(node.args([glb, obj, ply].map(|name| files.write(name))));
    shows(&said, glb, Up::Y);
    shows(&said, obj, Up::Y);
    shows(&said, ply, Up::Z); // a file of numbers: three.js shows them as they are
}

/// Godot has no way to import and be done with it: its editor is closed once the scene is there.
const GODOT: &str = "\
godot3 --audio-driver Dummy --editor >/dev/null 2>&1 &
for second in $(seq 120); do ls .import/knight.glb-*.md5 >/dev/null 2>&1 && break; sleep 1; done
kill $! && wait $!
exec timeout 120 godot3 --audio-driver Dummy -s \"$1\" 2>&1";

#[test]
fn godot_shows_the_parts_with_their_names_and_colours() {
    let Some(mut run) = judges::display("godot3", "GLB was not opened in Godot") else {
        return;
    };
    let files = Files::new();
    files.write("knight.glb");
    let project = files.0.path();
    std::fs::write(project.join("project.godot"), "config_version=4\n").expect("a file");
    let run = run.args(["sh", "-c", GODOT, "sh"]).arg(script("godot.gd"));
    let home = |name: &str| project.join(name);
    let said = passes(
        run.current_dir(project)
            .env("XDG_CONFIG_HOME", home(".config"))
            .env("XDG_DATA_HOME", home(".data"))
            .env("XDG_CACHE_HOME", home(".cache")),
    );
    shows(&said, "knight.glb", Up::Y);
    let picture = project.join("knight.glb.png");
    std::fs::copy(picture, judges::pictures().join("godot.png")).expect("Godot drew a picture");
}

/// The part whose hue a pixel has.
fn part_of(pixel: [u8; 3]) -> &'static str {
    let hue = |colour: [u8; 3]| Vec3::from(colour.map(f32::from)).normalize_or_zero();
    let near = |colour: &[u8; 3]| hue(*colour).dot(hue(pixel));
    let parts = PLAIN.parts.iter().zip(&COLOURS);
    let nearest = parts.max_by(|(_, one), (_, other)| near(one).total_cmp(&near(other)));
    &nearest.expect("there are parts").0.name
}

/// Of all pixels that are not the background's: their lowest and highest column and row.
fn silhouette(picture: &RgbImage) -> [u32; 4] {
    let ground = picture.get_pixel(0, 0);
    let drawn = picture.enumerate_pixels().filter(|(_, _, p)| *p != ground);
    drawn.fold([u32::MAX, 0, u32::MAX, 0], |[l, r, t, b], (x, y, _)| {
        [l.min(x), r.max(x), t.min(y), b.max(y)]
    })
}

#[test]
fn f3d_draws_figures_upright_and_in_their_colours() {
    let files = Files::new();
    let [all] = &expected(true)[..] else {
        panic!("all in one");
    };
    let size = all.high - all.low;
    for (name, up) in [
        ("knight.glb", "+Y"),
        ("knight.obj", "+Y"),
        ("knight.ply", "+Z"),
        ("knight.stl", "+Z"),
    ] {
        let Some(mut run) = judges::display("f3d", "files were not opened in f3d") else {
            return;
        };
        let picture = judges::pictures().join(format!("f3d.{name}.png"));
        run.args(["timeout", "120", "f3d", "--resolution=600,800"])
            .arg(format!("--up={up}"))
            .arg(format!("--output={}", picture.display()));
        passes(run.arg(files.write(name)));
        let picture = image::open(picture).expect("f3d drew a picture").to_rgb8();
        let [left, right, top, bottom] = silhouette(&picture);
        let (wide, tall) = ((right - left) as f32, (bottom - top) as f32);
        let off = wide / tall / (size.x / size.y);
        assert!(
            tall > 300.0 && (0.8..1.25).contains(&off),
            "{name}: seen from the front it is {wide} x {tall} pixels, for {size}"
        );
        if name == "knight.glb" || name == "knight.obj" {
            let middle = left + (right - left) / 2;
            let column: Vec<&str> = [bottom - (bottom - top) / 50, top + (bottom - top) / 6]
                .map(|y| part_of(picture.get_pixel(middle, y).0))
                .to_vec();
            assert_eq!(column, ["base", "hair"], "{name}: from below to above");
        }
    }
}
