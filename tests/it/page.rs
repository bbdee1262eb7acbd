//! `--preview look.html`: what is in the page, and what a browser makes of it.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gen3d::export::{Begin, ExportOptions, write_page};
use gen3d::geometry::{Figurine, Part};
use gen3d::render::{self, PreviewOptions, Viewpoint};
use image::{ImageFormat, RgbImage};
use tempfile::TempDir;

use crate::support::browser;
use crate::support::judges;
use crate::support::pictures;
use crate::support::program::Place;
use crate::support::shapes::{assembled, borrowed, figurine};

const SIZE: (u32, u32) = (384, 512);

/// A figurine of parts that no backdrop has the colours of, 100 mm high.
fn knight() -> Figurine {
    let fields = figurine();
    let mut knight = assembled(&borrowed(&fields), 48);
    let paint = |part: &mut Part| {
        let colour = match &*part.name {
            "base" => [0.1, 0.1, 0.8],
            "head" | "hair" => [0.8, 0.1, 0.1],
            _ => [0.1, 0.7, 0.1],
        };
        part.mesh.colours.fill(colour);
    };
    knight.parts.iter_mut().for_each(paint);
    knight
}

/// Its page, in a folder that goes away with what is first.
fn page_of(figurine: &Figurine, options: &ExportOptions) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("look.html");
    let begin = Begin {
        angles: Viewpoint::ThreeQuarter.angles(),
        clay: false,
    };
    write_page(&path, figurine, options, &begin).expect("it can be written");
    (folder, path)
}

/// Which of three paints a pixel has: red, green, blue, or none.
fn paint(pixel: &image::Rgb<u8>) -> Option<usize> {
    let most = (0..3).max_by_key(|&k| pixel[k]).expect("three channels");
    let others = (0..3).filter(|&k| k != most).map(|k| pixel[k]).max();
    (pixel[most] > others.unwrap_or(0).saturating_add(45)).then_some(most)
}

/// What a picture shows, so coarsely that the place and the smoothness of an edge are all one: of a grid over the box
/// around it each cell's paint; and how bright each paint is in the mean.
fn coarse(picture: &RgbImage) -> (Vec<Option<usize>>, [f32; 3]) {
    const CELLS: u32 = 24;
    let painted = || {
        picture
            .enumerate_pixels()
            .filter_map(|(x, y, p)| Some((x, y, p, paint(p)?)))
    };
    let ends = |of: &dyn Fn((u32, u32)) -> u32| {
        let all = || painted().map(|(x, y, ..)| of((x, y)));
        (
            all().min().expect("it shows something"),
            all().max().unwrap_or(0),
        )
    };
    let ((left, right), (top, bottom)) = (ends(&|p| p.0), ends(&|p| p.1));
    let cell = |i: u32| {
        let at = |low: u32, high: u32, i: u32| low + (high - low) * (2 * i + 1) / (2 * CELLS);
        paint(picture.get_pixel(at(left, right, i % CELLS), at(top, bottom, i / CELLS)))
    };
    let brightness = [0, 1, 2].map(|k| {
        let of = painted().filter(|(.., paint)| *paint == k);
        let (sum, count) = of.fold((0.0, 0.0), |(sum, n), (_, _, p, _)| {
            (sum + f32::from(p[k]), n + 1.0)
        });
        sum / f32::max(count, 1.0)
    });
    ((0..CELLS * CELLS).map(cell).collect(), brightness)
}

#[test]
fn a_page_shows_what_the_picture_shows() {
    if !browser::is_there("pages were not compared with pictures") {
        return;
    }
    let knight = knight();
    let (_folder, page) = page_of(&knight, &ExportOptions::default());
    let (width, height) = SIZE;
    let options = PreviewOptions {
        width,
        height,
        view: Viewpoint::ThreeQuarter,
    };
    let drawn = render::render(&knight, &options);
    let shown = browser::shot(&page, "bare", SIZE);
    let kept = judges::pictures().join("page.png");
    shown.save(kept).expect("the picture can be kept");
    let ((drawn, light), (shown, other)) = (coarse(&drawn), coarse(&shown));
    let alike = drawn.iter().zip(&shown).filter(|(a, b)| a == b).count();
    let share = alike as f32 / drawn.len() as f32;
    assert!(share > 0.93, "only {share} of the page is the picture");
    for k in 0..3 {
        let off = (light[k] - other[k]).abs();
        assert!(
            off < 30.0,
            "paint {k} is {} in the page and {} in the picture",
            other[k],
            light[k]
        );
    }
}

/// How many pixels of each paint there are, and how bright the picture's corner is.
fn counted(picture: &RgbImage) -> ([usize; 3], u8) {
    let count = |k| picture.pixels().filter(|p| paint(p) == Some(k)).count();
    ([0, 1, 2].map(count), picture.get_pixel(2, 2)[1])
}

#[test]
fn the_switches_of_a_page_change_what_is_seen() {
    if !browser::is_there("the switches of pages were not tried") {
        return;
    }
    let (_folder, page) = page_of(&knight(), &ExportOptions::default());
    let seen = |hash: &str| {
        counted(&browser::shot(
            &page,
            &format!("bare&dark=off&{hash}"),
            SIZE,
        ))
    };
    let ([red, green, blue], corner) = seen("");
    assert!(
        red > 500 && green > 500 && blue > 500 && corner > 100,
        "{red} {green} {blue} {corner}"
    );
    let (clay, _) = seen("clay");
    assert_eq!(clay, [0; 3], "clay has no paint");
    let (headless, _) = seen("hide=head,hair");
    assert!(
        headless[0] == 0 && headless[2] > blue / 2,
        "only the head is away: {headless:?}"
    );
    let (apart, _) = seen("explode=0.4");
    assert!(
        apart[0] < red * 4 / 5,
        "parts that are apart need a camera further away: {apart:?}"
    );
    let (_, night) = seen("dark=on");
    assert!(night < 60, "the dark page is dark: {night}");
    let (net, _) = seen("wireframe");
    assert!(
        net[1] < green * 9 / 10,
        "lines lie on the paint: {net:?} of {green}"
    );
    let (back, _) = seen("view=180,10");
    assert!(
        back != [red, green, blue] && back[2] > 500,
        "from behind: {back:?}"
    );
}

#[test]
fn a_page_tells_its_parts_and_measures() {
    if !browser::is_there("the words of pages were not read") {
        return;
    }
    let knight = knight();
    let options = ExportOptions {
        height: 0.075,
        explode: 0.3,
        ..ExportOptions::default()
    };
    let (_folder, page) = page_of(&knight, &options);
    let document = browser::document(&page, "dimensions&explode=0");
    assert!(document.contains("data-ready=\"yes\""), "it ran to its end");
    assert!(
        document.contains(" \u{d7} 75.0 \u{d7} ") && document.contains(">75.0 mm<"),
        "its height"
    );
    for part in &knight.parts {
        let shown = format!("> {}</label>", part.name.replace('_', " "));
        assert_eq!(
            document.matches(&shown).count(),
            1,
            "{} can be switched off",
            part.name
        );
    }
    let apart = browser::document(&page, "dimensions");
    assert!(
        !apart.contains(" \u{d7} 75.0 \u{d7} "),
        "--explode is how a page begins"
    );
}

/// The page with `script` in it, and without the policy that forbids that.
fn with_script(page: &Path, script: &str) -> PathBuf {
    let text = fs::read_to_string(page).expect("UTF-8");
    let (before, rest) = text.split_once("<meta http-equiv").expect("a policy");
    let (_, after) = rest.split_once('>').expect("its end");
    let path = page.with_file_name("open.html");
    let text =
        format!("{before}{after}").replace("</body>", &format!("<script>{script}</script></body>"));
    fs::write(&path, text).expect("it can be written");
    path
}

#[test]
fn a_hand_turns_it_and_a_key_takes_its_paint() {
    if !browser::is_there("nobody touched the page") {
        return;
    }
    let (_folder, page) = page_of(&knight(), &ExportOptions::default());
    let hand = "setTimeout(() => {
        const c = document.getElementById('picture');
        const e = (kind, x) => c.dispatchEvent(new PointerEvent(kind, {pointerId: 1, clientX: x, clientY: 200}));
        addEventListener('error', (event) => event.preventDefault());
        e('pointerdown', 100); e('pointermove', 300); e('pointerup', 300);
    }, 0)";
    let still = browser::shot(&page, "bare&dark=off", SIZE);
    let turned = browser::shot(&with_script(&page, hand), "bare&dark=off", SIZE);
    let off = still
        .pixels()
        .zip(turned.pixels())
        .filter(|(a, b)| paint(a) != paint(b));
    assert!(off.count() > 2000, "a drag turns the figurine");
    let key = "setTimeout(() => dispatchEvent(new KeyboardEvent('keydown', {key: 'c'})), 0)";
    let clay = browser::shot(&with_script(&page, key), "bare&dark=off", SIZE);
    assert_eq!(counted(&clay).0, [0; 3], "c is clay");
}

/// What is in a page between two texts.
fn between<'a>(text: &'a str, begin: &str, end: &str) -> &'a str {
    let rest = text.split_once(begin).map(|(_, rest)| rest);
    let found = rest.and_then(|rest| rest.split_once(end));
    found
        .unwrap_or_else(|| panic!("no {begin} .. {end} in the page"))
        .0
}

#[test]
fn a_page_has_all_inside_and_a_browser_refuses_the_rest() {
    let place = Place::new().with("photo.png", pictures::file(ImageFormat::Png));
    place.makes(&[
        "photo.png",
        "-o",
        "out.glb",
        "--texture",
        "128",
        "--preview",
        "look.html",
    ]);
    assert_eq!(
        place.names(),
        ["look.html", "out.glb", "photo.png"],
        "one file"
    );
    let page = fs::read_to_string(place.path("look.html")).expect("UTF-8");
    let figurine = between(&page, "type=\"model/gltf-binary\">", "<");
    let glb = STANDARD.decode(figurine).expect("Base64");
    let (inside, ..) = gltf::import_slice(&glb).expect("the gltf crate reads what is inside");
    let (beside, ..) = gltf::import(place.path("out.glb")).expect("and what is beside");
    let names = |file: &gltf::Document| -> Vec<String> {
        // What is beside has bones, too, which the page has no use for.
        file.nodes()
            .filter(|node| node.mesh().is_some())
            .filter_map(|node| Some(node.name()?.to_owned()))
            .collect()
    };
    assert_eq!(names(&inside), names(&beside));
    assert_eq!(inside.images().count(), 1, "with its texture");
    let own = page.replace(figurine, "");
    for foreign in [
        "http:",
        "https:",
        "//cdn",
        " src=",
        " href=",
        "url(",
        "import(",
        "fetch(",
        "XMLHttp",
        "WebSocket",
    ] {
        assert!(
            !own.contains(foreign),
            "the page asks for something: {foreign}"
        );
    }
    let policy = between(&own, "Content-Security-Policy\" content=\"", "\"");
    assert!(
        policy.starts_with("default-src 'none'; script-src 'sha256-"),
        "{policy}"
    );
    assert!(!policy.contains("unsafe"), "{policy}");
    assert!(
        own.find("Content-Security-Policy") < own.find("<style"),
        "the policy is there before what it is about"
    );
    if !browser::is_there("nobody tried the policy of a page") {
        return;
    }
    let path = place.path("other.html");
    let foreign = "<script>document.documentElement.dataset.foreign = 1</script></body>";
    fs::write(&path, page.replace("</body>", foreign)).expect("it can be written");
    let document = browser::document(&path, "");
    assert!(
        document.contains("data-ready=\"yes\""),
        "the page's own script runs"
    );
    assert!(!document.contains("data-foreign"), "and no other");
    fs::write(&path, page.replace("'use strict';", "'use strict'; ")).expect("it can be written");
    let document = browser::document(&path, "");
    assert!(!document.contains("data-ready"), "nor one that was changed");
}

#[test]
fn a_batch_has_a_page_of_each() {
    let place = Place::new();
    fs::create_dir(place.path("photos")).expect("a folder");
    for name in ["photos/a.png", "photos/b.png"] {
        fs::write(place.path(name), pictures::file(ImageFormat::Png)).expect("a photo");
    }
    place.makes(&[
        "photos",
        "-o",
        "made",
        "--preview",
        "looks/{}.html",
        "--view",
        "front",
    ]);
    place.makes(&[
        "photos",
        "-o",
        "made",
        "--force",
        "--preview",
        "looks/{}.png",
    ]);
    let mut looks: Vec<String> = place
        .contents()
        .into_keys()
        .filter(|name| name.starts_with("looks/"))
        .collect();
    looks.sort();
    assert_eq!(
        looks,
        ["looks/a.html", "looks/a.png", "looks/b.html", "looks/b.png"]
    );
    let page = fs::read_to_string(place.path("looks/a.html")).expect("UTF-8");
    assert!(
        between(&page, "\"view\":[", ",").starts_with("0.0"),
        "--view front is how it begins"
    );
    place.refuses(
        &["photos", "-o", "more", "--preview", "look.html"],
        2,
        &["looks/{}.html"],
    );
    let line = [
        "photos/a.png",
        "-o",
        "a.glb",
        "--preview",
        "a.html",
        "--view",
        "sheet",
    ];
    place.refuses(&line, 2, &["--view sheet", "one side"]);
}
