//! Words and further views, through the real program. What the weights make of them is measured
//! elsewhere (`training/evaluate/prompts.py`, `tests/it/words.rs`); here random ones show that every word and view arrives.

use std::fs;

use image::ImageFormat;

use crate::support::pictures;
use crate::support::program::{Place, printed};

fn photos() -> Place {
    let mirrored = image::imageops::flip_vertical(&pictures::figure(90, 120, [255; 4]));
    Place::new()
        .with("photo.png", pictures::file(ImageFormat::Png))
        .with(
            "back.png",
            pictures::encode(&mirrored.into(), ImageFormat::Png),
        )
}

/// The bytes of the figurine that a command line makes.
fn made(place: &Place, line: &[&str]) -> Vec<u8> {
    place.makes(&[line, &["-o", "out.glb", "--colours", "model"]].concat());
    fs::read(place.path("out.glb")).expect("a figurine")
}

#[test]
fn words_alone_make_a_figurine_and_other_words_another() {
    let place = photos();
    let red = made(&place, &["--prompt", "a knight in a red robe"]);
    assert!(
        red == made(&place, &["--prompt", "A KNIGHT, in a red robe!"]),
        "capitals and commas change nothing, and one seed gives one figurine"
    );
    for other in ["a knight in a blue robe", "a red knight in a robe"] {
        assert!(
            red != made(&place, &["--prompt", other]),
            "\"{other}\" says something else: words and their order must reach the model"
        );
    }
    let strict = [
        "--prompt",
        "a knight in a red robe",
        "--prompt-guidance",
        "3",
    ];
    assert!(
        red != made(&place, &strict),
        "--prompt-guidance does nothing"
    );
}

#[test]
fn what_words_alone_leave_open_is_filled_in_and_told() {
    let place = photos();
    let said = |line: &[&str]| {
        let output = place.make(&[line, &["-v", "-o", "out.glb"]].concat());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let open = said(&["--prompt", "a knight"]);
    assert!(
        open.contains("taken to go on: with a grey helmet in a grey top"),
        "-v tells what is filled in: {open}"
    );
    for told in [
        &["--prompt", "a knight with a helmet in a robe"][..],
        &["photo.png", "--prompt", "a knight"],
    ] {
        let said = said(told);
        assert!(
            !said.contains("taken to go on"),
            "{told:?} leaves nothing open: {said}"
        );
    }
}

#[test]
fn the_style_may_be_said_in_words() {
    let place = photos();
    let style = ["--style", "chibi"];
    let same = [
        (
            &["photo.png", "--prompt", "as a chibi"][..],
            &["photo.png"][..],
        ),
        (
            &["photo.png", "--prompt", "as a chibi, with a red robe"],
            &["photo.png", "--prompt", "with a red robe"],
        ),
        (&["--prompt", "a chibi knight"], &["--prompt", "a knight"]),
        (&["--prompt", "chibi"], &["--prompt", "a person"]),
    ];
    // Files tell of the prompt that they were made with: what they hold is compared.
    let held = |line: &[&str]| {
        made(&place, line);
        let (_, buffers, _) = gltf::import(place.path("out.glb")).expect("a figurine");
        buffers[0].0.clone()
    };
    for (said, meant) in same {
        assert!(
            held(said) == held(&[meant, &style].concat()),
            "{said:?} is another figurine than {meant:?} with --style chibi"
        );
    }
}

#[test]
fn every_further_view_counts() {
    let place = photos();
    let mut seen = vec![made(&place, &["photo.png"])];
    for flag in ["--left", "--right", "--back"] {
        let figurine = made(&place, &["photo.png", flag, "back.png"]);
        assert!(
            !seen.contains(&figurine),
            "{flag} changes nothing, or not by its name"
        );
        seen.push(figurine);
    }
    place.makes(&[
        "photo.png",
        "--back",
        "back.png",
        "-o",
        "cut.glb",
        "--debug-dir",
        "cut",
    ]);
    for name in ["cut-cutout.png", "cut-back-cutout.png"] {
        assert!(
            place.path("cut").join(name).is_file(),
            "--debug-dir shows {name}"
        );
    }
}

#[test]
fn what_is_not_understood_is_told() {
    let place = Place::new();
    let output = place.make(&[
        "--prompt",
        "a knight with a Zweihänder, 騎士",
        "-o",
        "a.glb",
    ]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("does not know: zweihänder, 騎士"),
        "unknown words are named, not silently left out: {said}"
    );
    printed(&output);
    let long = "red ".repeat(2500);
    let output = place.make(&["--prompt", &long, "-o", "b.glb"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("last 2468 words"),
        "a long text is cut, and that is said: {said}"
    );
    printed(&output);
    let controls = place.make(&["--prompt", "a\u{7}red\u{1b}[31mknight\n", "-o", "c.glb"]);
    let said = String::from_utf8_lossy(&controls.stderr);
    assert!(
        !said.contains('\u{1b}'),
        "no control character reaches the terminal: {said:?}"
    );
    printed(&controls);
    for nothing in ["", " ", "1 2 3", "!!!", "рыцарь"] {
        place.refuses(
            &["--prompt", nothing, "-o", "d.glb"],
            1,
            &["no word that the model knows"],
        );
    }
}

#[test]
fn what_words_took_part_in_is_kept_sealed_and_can_be_forgotten() {
    let place = photos();
    let run = |line: &[&str]| {
        let reports = place.reports(&[line, &["-o", "out.obj"]].concat());
        reports[0]["denoise_steps"].as_u64().expect("a number")
    };
    let (red, blue) = (["--prompt", "a red knight"], ["--prompt", "a blue knight"]);
    assert!(run(&red) > 0 && run(&blue) > 0 && run(&["photo.png"]) > 0);
    assert_eq!(run(&red), 0, "the second run takes no step");
    let both = ["photo.png", "--prompt", "a red knight"];
    assert!(run(&both) > 0, "with a photo it is another result");
    let first = fs::read(place.path("out.obj")).expect("a figurine");
    assert_eq!(run(&both), 0, "kept, too");
    assert!(
        first == fs::read(place.path("out.obj")).expect("a figurine"),
        "what the words changed must be kept with the rest, or the second figurine is another"
    );
    assert!(
        run(&["photo.png", "--back", "back.png"]) > 0,
        "with a view, too"
    );
    assert_eq!(place.entries().len(), 5);
    let mut forget = place.command();
    let output = forget.args(["forget", "--prompt", "a red knight"]).output();
    printed(&output.expect("it starts"));
    assert_eq!(
        place.entries().len(),
        3,
        "all that these words took part in is gone, alone and beside a photo"
    );
    assert_eq!(run(&blue), 0, "the others are still there");
    assert!(run(&red) > 0, "and what is forgotten is made again");
}
