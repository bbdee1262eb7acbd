//! What the program shows of a figurine: films of it, and a small picture in a terminal.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use gen3d::export::animation;
use gen3d::geometry::{Figurine, Mesh, Part};
use gen3d::render::{self, PreviewOptions, Viewpoint};
use glam::Vec3;
use image::codecs::{gif::GifDecoder, webp::WebPDecoder};
use image::{AnimationDecoder, Frame, ImageFormat, RgbImage};

use crate::support::foreign::{SIDES, corners};
use crate::support::pictures;
use crate::support::program::{self, Place};

fn photo() -> Place {
    Place::new().with("photo.png", pictures::file(ImageFormat::Png))
}

/// A closed box of one colour.
pub fn block(name: &str, low: Vec3, high: Vec3, colour: [f32; 3]) -> Part {
    let positions = corners(low.into(), high.into()).map(Vec3::from).to_vec();
    let sides = SIDES.map(|side| side.map(|i| i as u32)).into_iter();
    let triangles = sides.flat_map(|[a, b, c, d]| [[a, b, c], [a, c, d]]);
    let middle = (low + high) / 2.0;
    Part {
        name: name.into(),
        mesh: Mesh {
            normals: (positions.iter())
                .map(|p| (*p - middle).normalize())
                .collect(),
            colours: vec![colour; 8],
            triangles: triangles.collect(),
            positions,
        },
    }
}

/// A grey post with a red sign on its left side.
fn signpost() -> Figurine {
    let grey = [0.6; 3];
    Figurine {
        parts: vec![
            block(
                "base",
                Vec3::new(-0.5, -1.0, -0.5),
                Vec3::new(0.5, -0.9, 0.5),
                grey,
            ),
            block(
                "torso",
                Vec3::new(-0.1, -0.9, -0.1),
                Vec3::new(0.1, 0.9, 0.1),
                grey,
            ),
            block(
                "item_left",
                Vec3::new(0.1, 0.3, -0.05),
                Vec3::new(0.7, 0.8, 0.05),
                [0.9, 0.1, 0.1],
            ),
        ],
        ..Figurine::default()
    }
}

fn turn(frames: usize, side: u32) -> Vec<RgbImage> {
    let mut film = Vec::new();
    let done = render::turntable(&signpost(), frames, side, |picture| {
        film.push(picture);
        Ok(())
    });
    done.expect("nothing fails here");
    film
}

fn is_red(p: &image::Rgb<u8>) -> bool {
    i32::from(p[0]) - i32::from(p[1]) > 60
}

/// The middle of all red pixels, from the picture's left.
fn sign(picture: &RgbImage) -> f32 {
    let columns = picture
        .enumerate_pixels()
        .filter(|(.., p)| is_red(p))
        .map(|(x, ..)| x as f32);
    columns.clone().sum::<f32>() / columns.count().max(1) as f32
}

#[test]
fn a_turntable_turns_once_before_a_still_camera() {
    let side = 96;
    let film = turn(8, side);
    assert_eq!(film.len(), 8);
    assert!(film.iter().all(|p| p.dimensions() == (side, side)));
    let signs: Vec<f32> = film.iter().map(sign).collect();
    let middle = side as f32 / 2.0;
    assert!(
        signs[0] > middle + 8.0,
        "the left sign is on the right of the first picture: {signs:?}"
    );
    assert!(
        signs[4] < middle - 8.0,
        "and on the left after half a turn: {signs:?}"
    );
    for (i, pair) in signs.windows(2).enumerate() {
        assert!(
            (pair[0] - pair[1]).abs() < 36.0,
            "it jumps after picture {i}: {signs:?}"
        );
    }
    // The figure never leaves the picture, and what is behind it neither turns nor flickers.
    for picture in &film {
        for k in 0..side {
            for (x, y) in [(k, 1), (1, k), (side - 2, k)] {
                let (here, first) = (picture.get_pixel(x, y), film[0].get_pixel(x, y));
                let off = (0..3).map(|c| here[c].abs_diff(first[c])).max();
                assert!(off <= Some(3), "the backdrop changes at {x},{y} by {off:?}");
            }
        }
    }
}

fn frames(path: &Path) -> Vec<Frame> {
    let file = BufReader::new(File::open(path).expect("it was written"));
    let frames = match path.extension().and_then(|e| e.to_str()) {
        Some("gif") => GifDecoder::new(file).expect("a GIF").into_frames(),
        _ => WebPDecoder::new(file).expect("a WebP").into_frames(),
    };
    frames.collect_frames().expect("whole pictures")
}

fn milliseconds(frames: &[Frame]) -> u32 {
    let time = |f: &Frame| {
        let (top, bottom) = f.delay().numer_denom_ms();
        top / bottom
    };
    frames.iter().map(time).sum()
}

#[test]
fn films_come_back_as_they_were_drawn() {
    let film = turn(7, 64);
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["turn.gif", "turn.webp"] {
        let path = folder.path().join(name);
        let files = animation(&path, &film, 1.5).expect("it can be encoded");
        assert_eq!(files.len(), 1);
        std::fs::write(&path, &files[0].1).expect("it can be written");
        let read = frames(&path);
        assert_eq!(read.len(), film.len(), "{name}");
        assert_eq!(
            milliseconds(&read),
            1500,
            "{name} lasts as long as was asked for"
        );
        for (i, (read, drawn)) in read.iter().zip(&film).enumerate() {
            let pairs = read.buffer().pixels().zip(drawn.pixels());
            let off = pairs.map(|(r, d)| (0..3).map(|k| r[k].abs_diff(d[k])).max().unwrap_or(0));
            let off: Vec<u8> = off.collect();
            let mean = off.iter().map(|&v| f64::from(v)).sum::<f64>() / off.len() as f64;
            match name {
                "turn.webp" => assert!(mean == 0.0, "WebP picture {i} lost something: {mean}"),
                _ => assert!(mean < 6.0, "GIF picture {i} is off by {mean} of 255"),
            }
        }
    }
}

#[test]
fn a_film_is_written_whole_or_not_at_all() {
    let place = photo();
    let small = [
        "--frames",
        "3",
        "--turntable-size",
        "32",
        "--seconds",
        "0.5s",
    ];
    let line = |name, more: &[&'static str]| -> Vec<&str> {
        let line = ["photo.png", "-o", "out.glb", "--turntable", name];
        [&line[..], &small, more].concat()
    };
    for name in ["turn.gif", "turn.webp", "turn_%02d.png"] {
        place.makes(&line(name, &[]));
    }
    assert_eq!(
        place.names(),
        [
            "out.glb",
            "photo.png",
            "turn.gif",
            "turn.webp",
            "turn_01.png",
            "turn_02.png",
            "turn_03.png"
        ],
        "every file that was named, and no other"
    );
    assert_eq!(frames(&place.path("turn.gif")).len(), 3);
    let third = image::open(place.path("turn_03.png")).expect("a picture");
    assert_eq!((third.width(), third.height()), (32, 32));
    // One of several is in the way: nothing at all is done.
    std::fs::remove_file(place.path("turn_01.png")).expect("it was there");
    std::fs::remove_file(place.path("out.glb")).expect("it was there");
    let line = line("turn_%02d.png", &["--no-clobber"]);
    place.refuses(&line, 1, &["turn_02.png", "may not be replaced"]);
}

#[cfg(unix)]
#[test]
fn ctrl_c_while_it_turns_leaves_no_film() {
    let place = photo();
    let small = [
        "photo.png",
        "-o",
        "out.glb",
        "--steps",
        "2",
        "--resolution",
        "32",
    ];
    let film = [
        "--turntable",
        "turn_%03d.png",
        "--frames",
        "240",
        "--seconds",
        "9",
        "--turntable-size",
        "1024",
    ];
    let code = place.interrupted(&[&small[..], &film].concat(), "writing");
    assert_eq!(code, Some(130), "stopped, not done and not failed");
    assert_eq!(
        place.names(),
        ["out.glb", "photo.png"],
        "the figurine was done, the film was not: no file of it may be left"
    );
}

/// Columns and lines of a terminal.
#[cfg(unix)]
const SCREEN: (u16, u16) = (80, 24);

/// Starts a program before a terminal; gives the other end of that.
#[cfg(unix)]
fn before_terminal(mut command: std::process::Command) -> (std::process::Child, File) {
    use nix::pty::{Winsize, openpty};
    let size = Winsize {
        ws_row: SCREEN.1,
        ws_col: SCREEN.0,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    let pty = openpty(Some(&size), None).expect("the system has pseudo terminals");
    let end = |what| File::from(pty.slave.try_clone().expect(what));
    command
        .stdin(end("its input"))
        .stdout(end("its output"))
        .stderr(end("its remarks"));
    let child = command.spawn().expect("the program can be started");
    (child, File::from(pty.master))
}

/// The program before a terminal; gives its exit code and what was shown.
#[cfg(unix)]
fn in_terminal(place: &Place, line: &[&str], more: &[(&str, &str)]) -> (Option<i32>, String) {
    use std::io::Read;
    let mut command = place.process();
    command
        .env_clear()
        .env("GEN3D_CACHE_DIR", place.cache())
        .envs(more.iter().copied())
        .args(["photo.png", "-o", "out.glb", "--no-cache"])
        .args(line)
        .args(program::SMALL)
        .arg(program::model());
    let (mut child, mut terminal) = before_terminal(command);
    let mut shown = Vec::new();
    // Where the last who could write is gone, Linux says so by an error.
    let _ = terminal.read_to_end(&mut shown);
    let status = child.wait().expect("the program ends");
    (status.code(), String::from_utf8_lossy(&shown).into_owned())
}

/// What is seen at the end on the terminal of a run in which somebody presses Ctrl-C once this is shown.
#[cfg(unix)]
fn seen_after_ctrl_c(line: &[&str], when: &str) -> String {
    use std::io::{Read, Write};
    let place = photo();
    let mut command = place.heeding();
    (command.env("TERM", "xterm").arg("--model")).arg(program::model());
    command.args(["photo.png", "-o", "out.glb", "--no-cache"]);
    command.args(["--device", "cpu"]).args(line);
    let (mut child, mut terminal) = before_terminal(command);
    let (mut shown, mut buffer) = (Vec::new(), [0; 4096]);
    let mut pressed = false;
    while let Ok(count @ 1..) = terminal.read(&mut buffer) {
        shown.extend(&buffer[..count]);
        if !pressed && String::from_utf8_lossy(&shown).contains(when) {
            pressed = true;
            // The terminal shows it. It would send the signal to who runs in it, had they asked it to.
            terminal.write_all(b"\x03").expect("a key is pressed");
            let signal = std::process::Command::new("kill")
                .args(["-INT", &child.id().to_string()])
                .status();
            assert!(signal.expect("kill is there").success());
        }
    }
    let shown_text = String::from_utf8_lossy(&shown);
    assert!(
        pressed && shown_text.contains("^C"),
        "'{when}' is shown, and that Ctrl-C was pressed: {shown_text}"
    );
    let status = child.wait().expect("the program ends");
    assert_eq!(status.code(), Some(130), "{shown_text}");
    let mut screen = vt100::Parser::new(SCREEN.1, SCREEN.0, 0);
    screen.process(&shown);
    screen.screen().contents()
}

#[cfg(unix)]
#[test]
fn after_ctrl_c_nothing_of_the_bar_is_left_and_stopped_stands_alone() {
    for (line, when) in [
        // It ends by itself, and the last that it does is too slow for that.
        (&["--steps", "1000", "--resolution", "32"][..], "imagining"),
        (&["--steps", "1", "--resolution", "1024"], "building"),
    ] {
        let seen = seen_after_ctrl_c(line, when);
        let last = seen.trim_end().lines().next_back();
        assert_eq!(last, Some("gen3d: stopped"), "{seen}");
        for left in ["^C", " %", when, "left"] {
            assert!(!seen.contains(left), "'{left}' is left: {seen}");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_terminal_shows_a_small_picture() {
    let place = photo();
    let colours = [("TERM", "xterm-256color"), ("COLORTERM", "truecolor")];
    let (code, shown) = in_terminal(&place, &[], &colours);
    assert_eq!(code, Some(0), "{shown}");
    let picture: Vec<&str> = shown.lines().filter(|l| l.contains('\u{2580}')).collect();
    assert_eq!(picture.len(), 20, "half blocks fit the screen: {shown}");
    assert!(picture.iter().all(|l| l.matches('\u{2580}').count() == 30));
    let (report, first) = (shown.find("triangles"), shown.find('\u{2580}'));
    assert!(report < first, "the picture comes after the report");
    let (_, shown) = in_terminal(&place, &[], &[("TERM", "xterm-kitty")]);
    assert!(shown.contains("\x1b_Ga=T,f=100,q=2"), "Kitty: {shown}");
    let (_, shown) = in_terminal(&place, &[], &[("TERM", "foot")]);
    assert!(shown.contains("\x1bP0;1;0q"), "sixels: {shown}");
}

#[cfg(unix)]
#[test]
fn no_picture_where_none_is_wanted() {
    let place = photo();
    let colours = [("TERM", "xterm-256color"), ("COLORTERM", "truecolor")];
    let has_picture = |shown: &str| {
        ["\u{2580}", "\x1b_G", "\x1bP"]
            .iter()
            .any(|m| shown.contains(m))
    };
    for flag in ["--no-picture", "--quiet", "--json"] {
        let (code, shown) = in_terminal(&place, &[flag], &colours);
        assert_eq!(code, Some(0), "{flag}: {shown}");
        assert!(!has_picture(&shown), "{flag} shows none: {shown}");
    }
    let (_, shown) = in_terminal(&place, &[], &[("TERM", "dumb")]);
    assert!(!has_picture(&shown), "a dumb terminal: {shown}");
    // Into a pipe, whatever the environment says.
    let output = (place.command())
        .envs(colours)
        .args(["photo.png", "-o", "out.glb"])
        .args(program::SMALL)
        .arg(program::model())
        .output()
        .expect("the program can be started");
    assert!(!has_picture(&program::printed(&output)), "nor into a pipe");
}

#[test]
fn a_sheet_has_one_scale() {
    // A plank is much wider from the front than from the side, and as high.
    let plank = block(
        "torso",
        Vec3::new(-1.0, -0.4, -0.1),
        Vec3::new(1.0, 0.4, 0.1),
        [0.9, 0.1, 0.1],
    );
    let figurine = Figurine {
        parts: vec![plank],
        ..Figurine::default()
    };
    let options = PreviewOptions {
        width: 400,
        height: 400,
        view: Viewpoint::Sheet,
    };
    let sheet = render::render(&figurine, &options);
    let height = |column: u32, row: u32| {
        let tile = image::imageops::crop_imm(&sheet, column * 200, row * 200, 200, 200).to_image();
        let rows = tile
            .enumerate_pixels()
            .filter(|(.., p)| is_red(p))
            .map(|(_, y, _)| y);
        rows.clone().max().expect("it is there") - rows.min().unwrap_or(0)
    };
    // Front, side and back are seen from one height; the ends of the plank are a little nearer from the side.
    let [front, side, back] = [height(1, 0), height(0, 1), height(1, 1)];
    assert!(front.abs_diff(back) <= 1, "front {front}, back {back}");
    assert!(
        side.abs_diff(front) <= front / 2,
        "front {front}, side {side}: not one scale"
    );
}

#[test]
fn a_view_is_told_in_degrees_too() {
    let shot = |view| {
        let options = PreviewOptions {
            width: 96,
            height: 128,
            view,
        };
        render::render(&signpost(), &options)
    };
    let (front, left) = (
        sign(&shot(Viewpoint::At(0, 6))),
        sign(&shot(Viewpoint::At(180, 6))),
    );
    assert!(
        front > 52.0 && left < 44.0,
        "the left sign: {front}, and from behind {left}"
    );
    shot(Viewpoint::At(20, -60)); // from below there is no ground
    let place = photo();
    for view in ["-40", "0,89", "200,-10"] {
        place.makes(&[
            "photo.png",
            "-o",
            "out.glb",
            "--preview",
            "look.png",
            "--view",
            view,
        ]);
    }
    let line = |view| {
        [
            "photo.png",
            "-o",
            "new.glb",
            "--preview",
            "new.png",
            "--view",
            view,
        ]
    };
    for view in ["0,90", "400", "1,2,3"] {
        place.refuses(&line(view), 2, &["--view", "up to 360"]);
    }
    place.refuses(&line("left"), 2, &["--view", "three-quarter"]);
}

#[test]
fn clay_has_the_shape_and_no_paint() {
    let bare = render::clay(&signpost());
    let options = PreviewOptions {
        width: 96,
        height: 128,
        ..PreviewOptions::default()
    };
    let (painted, clay) = (
        render::render(&signpost(), &options),
        render::render(&bare, &options),
    );
    assert!(painted.pixels().any(is_red) && !clay.pixels().any(is_red));
    assert!(
        clay != render::render(&Figurine::default(), &options),
        "its shape is there"
    );
    let place = photo();
    let line = ["photo.png", "-o", "out.glb", "--preview"];
    for (name, more) in [("paint.png", &[][..]), ("clay.png", &["--clay"])] {
        place.makes(&[&line[..], &[name], more].concat());
    }
    let read = |name| {
        image::open(place.path(name))
            .expect("a picture")
            .into_rgb8()
    };
    let (paint, clay) = (read("paint.png"), read("clay.png"));
    let colour = |picture: &RgbImage| {
        let spread = |p: &image::Rgb<u8>| {
            let [r, g, b] = p.0.map(i64::from);
            r.max(g).max(b) - r.min(g).min(b)
        };
        picture.pixels().map(spread).sum::<i64>()
    };
    assert!(colour(&clay) < colour(&paint), "less colour");
    place.refuses(
        &["photo.png", "-o", "new.glb", "--clay"],
        2,
        &["--clay", "--preview"],
    );
}

#[test]
fn a_dark_outline_before_a_bright_backdrop_has_no_teeth() {
    let mut bar = block(
        "base",
        Vec3::new(-0.9, -0.2, -0.1),
        Vec3::new(0.9, 0.2, 0.1),
        [0.03; 3],
    );
    for p in &mut bar.mesh.positions {
        p.y += 0.13 * p.x;
    }
    let figurine = Figurine {
        parts: vec![bar],
        texture: None,
    };
    let options = PreviewOptions {
        width: 300,
        height: 300,
        view: Viewpoint::At(0, 0),
    };
    let picture = render::render(&figurine, &options);
    let bright = |x: u32, y: u32| f32::from(picture.get_pixel(x, y)[1]);
    // Where the upper edge crosses a column, how dark the pixel between both sides is.
    let shares: Vec<f32> = (80..220)
        .filter_map(|x| {
            let edge = (20..150).find(|&y| bright(x, y) < bright(x, y - 3) - 20.0)?;
            let (above, below) = (bright(x, edge - 3), bright(x, edge + 3));
            let share = (above - bright(x, edge)) / (above - below);
            (0.02..0.98).contains(&share).then_some(share)
        })
        .collect();
    let mean = shares.iter().sum::<f32>() / shares.len() as f32;
    assert!(
        shares.len() > 60,
        "only {} pixels lie on the edge",
        shares.len()
    );
    assert!(
        (0.42..0.62).contains(&mean),
        "halfway covered is halfway dark, not {mean}"
    );
}
