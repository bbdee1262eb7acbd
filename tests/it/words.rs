//! A photo gives the figure and words change it, with the weights in the program: what the words are not
//! about stays the photo's, and what they are about is what they say.

use gen3d::base::progress::Watch;
use gen3d::figure::print::Outline;
use gen3d::geometry::{Figurine, Part};
use gen3d::model::Model;
use gen3d::model::embedded;
use gen3d::model::nn::device::{self, DeviceChoice};
use gen3d::photo::cutout;
use gen3d::photo::cutout::Cutout;
use gen3d::photo::decode;
use gen3d::pipeline;
use gen3d::pipeline::{Colours, Options, Refine, SaidBase, Subject};
use gen3d::slots::Slot;
use glam::{Vec3, Vec3Swizzles};

use crate::support::measure::extent;

struct Sample {
    model: Model,
    cutout: Cutout,
    refine: Refine,
}

impl Sample {
    /// Its figure is made of part maps, and what words change is put onto it.
    fn new() -> Self {
        Self::refined(Refine::Fast)
    }

    /// With [`Refine::Best`] all is made of latents, and compared with the photo.
    fn refined(refine: Refine) -> Self {
        let device = device::choose(DeviceChoice::Cpu).expect("a processor");
        let model = Model::from_bytes(embedded::weights(), &device).expect("the weights");
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let picture = decode::open(&folder.join("examples/twintails_cut.png")).expect("the sample");
        let cutout =
            cutout::cut(picture, None, model.cutout_network()).expect("it is cut out already");
        Self {
            model,
            cutout,
            refine,
        }
    }

    /// What words alone make.
    fn told(&self, words: &str) -> Figurine {
        self.told_on(words, None)
    }

    /// The same on a base of an outline.
    fn told_on(&self, words: &str, base: Option<SaidBase>) -> Figurine {
        self.on(Subject::default(), words, base)
    }

    /// What words and a base's outline make of a subject.
    fn on(&self, subject: Subject, words: &str, base: Option<SaidBase>) -> Figurine {
        let subject = Subject {
            prompt: Some(self.model.read(words).expect("known words")),
            base,
            ..subject
        };
        let options = Options {
            resolution: Some(64),
            faces: 0,
            ..Options::default()
        };
        let made = pipeline::figurine(&self.model, &subject, &options, &Watch::silent());
        made.expect("a figurine").0
    }

    fn made(&self, prompt: Option<&str>, colours: Colours, strength: Option<f64>) -> Figurine {
        let subject = Subject {
            prompt: prompt.map(|text| self.model.read(text).expect("known words")),
            ..self.cutout.clone().into()
        };
        let options = Options {
            resolution: Some(64),
            faces: 0, // the same vertices wherever the shape is the same
            colours,
            prompt_guidance: strength,
            refine: self.refine,
            ..Options::default()
        };
        pipeline::figurine(&self.model, &subject, &options, &Watch::silent())
            .expect("a figurine")
            .0
    }
}

fn part<'a>(figurine: &'a Figurine, name: &str) -> &'a Part {
    let part = figurine.parts.iter().find(|part| part.name == name);
    part.unwrap_or_else(|| panic!("it has a {name}"))
}

fn mean(part: &Part) -> Vec3 {
    let sum: Vec3 = part.mesh.colours.iter().map(|&c| Vec3::from(c)).sum();
    sum / part.mesh.colours.len() as f32
}

#[test]
fn a_base_has_the_outline_that_words_give_it() {
    let sample = Sample::new();
    let corner = |outline| {
        let base = SaidBase {
            outline,
            alone: false,
        };
        corner(&sample.told_on("a brown dog on a green base", Some(base)))
    };
    let (disk, square) = (corner(Outline::Disk), corner(Outline::Square));
    assert!(
        disk < 1.05 && square > 1.25,
        "a round base reaches {disk} as far at its corners as at its sides, a square one {square}"
    );
}

#[test]
fn a_photo_s_own_base_takes_the_outline_that_words_give_it_and_keeps_its_colours() {
    let sample = Sample::new();
    let as_it_is = sample.made(None, Colours::Photo, None);
    for (outline, words, least, most) in [
        (Outline::Disk, "on a round base", 0.9, 1.05),
        (Outline::Square, "on a square base", 1.25, 1.45),
    ] {
        let base = SaidBase {
            outline,
            alone: true,
        };
        let made = sample.on(sample.cutout.clone().into(), words, Some(base));
        let reach = corner(&made);
        assert!(
            (least..most).contains(&reach),
            "{words}: its corners reach {reach}"
        );
        let [was, is] = [&as_it_is, &made].map(|figurine| mean(part(figurine, "base")));
        assert!(
            was.distance(is) < 0.15,
            "{words}: its colour {was} is now {is}"
        );
    }
}

/// How much farther a corner of a figurine's base is from its middle than a side: 1 for a disk, 1.41 for a square. All of
/// its legs have room on it.
fn corner(figurine: &Figurine) -> f32 {
    let (low, high) = extent(&part(figurine, "base").mesh.positions);
    let (middle, half) = ((low + high) / 2.0, (high - low) / 2.0);
    let out = |p: &Vec3| (*p - middle).xz().length() / half.x.max(half.z);
    let positions = &part(figurine, "base").mesh.positions;
    let reach = positions.iter().map(out).fold(0.0, f32::max);
    let inside = |p: &Vec3| (*p - middle).xz().abs().cmple(half.xz()).all();
    let legs = &part(figurine, "legs").mesh.positions;
    assert!(legs.iter().all(inside), "a foot has no room on its base");
    reach
}

#[test]
fn words_that_say_nothing_new_or_have_no_strength_change_nothing() {
    for refine in [Refine::Fast, Refine::Best] {
        nothing_changes(&Sample::refined(refine));
    }
}

fn nothing_changes(sample: &Sample) {
    let without = sample.made(None, Colours::Photo, None);
    for (words, strength) in [("a figure", None), ("give her a red cape", Some(0.0))] {
        let with = sample.made(Some(words), Colours::Photo, strength);
        assert_eq!(
            with.parts.len(),
            without.parts.len(),
            "{words}, {strength:?}"
        );
        for (with, without) in with.parts.iter().zip(&without.parts) {
            assert!(
                with.mesh.positions == without.mesh.positions
                    && with.mesh.colours == without.mesh.colours,
                "the {} is another with \"{words}\" at strength {strength:?}: words that are new to nothing, or \
                 not to be followed, must not cost the photo's colours and outline",
                without.name
            );
        }
    }
}

#[test]
fn what_words_change_is_as_they_say_and_the_rest_is_the_photos() {
    for refine in [Refine::Fast, Refine::Best] {
        only_a_cape_changes(&Sample::refined(refine));
    }
}

fn only_a_cape_changes(sample: &Sample) {
    let cape = Some("give her a red cape");
    let without = sample.made(None, Colours::Photo, None);
    let with = sample.made(cape, Colours::Photo, None);
    let plain = sample.made(cape, Colours::Model, None);
    let worn = mean(part(&with, "back"));
    assert!(
        without.parts.iter().all(|part| part.name != "back"),
        "the photo alone has a cape: then this test needs another"
    );
    assert!(
        worn.x > worn.y + 0.3 && worn.x > worn.z + 0.3,
        "the words ask for a red cape, its colour is {worn}"
    );
    assert!(
        worn.distance(mean(part(&plain, "back"))) < 0.02,
        "the photo shows no cape, so it must not paint it: {worn}"
    );
    let pupils = |figurine: &Figurine| {
        let dark = |c: &&[f32; 3]| Vec3::from(**c).distance(Vec3::splat(0.08)) < 0.2;
        let colours = &part(figurine, "head").mesh.colours;
        colours.iter().filter(dark).count() as f32 / colours.len() as f32
    };
    assert!(
        pupils(&with) > 0.005 && (pupils(&with) - pupils(&without)).abs() < 0.002,
        "a cape costs the face the photo's eyes: {} of it are dark, {} without the words",
        pupils(&with),
        pupils(&without)
    );
    for name in ["head", "legs", "base"] {
        let far = mean(part(&with, name)).distance(mean(part(&without, name)));
        assert!(
            far < 0.03,
            "the words are not about the {name}, yet its colours moved by {far}"
        );
    }
}

#[test]
fn what_is_held_is_held_also_where_no_hand_is_named() {
    for refine in [Refine::Fast, Refine::Best] {
        a_book_is_held(&Sample::refined(refine));
    }
}

fn a_book_is_held(sample: &Sample) {
    let without = sample.made(None, Colours::Photo, None);
    let with = sample.made(Some("holding a red book"), Colours::Photo, None);
    let (ball, book) = (part(&without, "item_right"), part(&with, "item_right"));
    let (green, red) = (mean(ball), mean(book));
    assert!(
        red.x > red.y + 0.2 && red.x > red.z + 0.2 && green.y > green.x,
        "the ball of the photo, {green}, was to become a red book, which is {red}"
    );
    let size = |part: &Part| {
        let (low, high) = extent(&part.mesh.positions);
        high - low
    };
    let flat = |part: &Part| size(part).min_element() / size(part).max_element();
    assert!(
        flat(book) < 0.8 * flat(ball),
        "a book is flatter than a ball: {} and {}",
        flat(book),
        flat(ball)
    );
    assert!(
        part(&without, "head").mesh.positions == part(&with, "head").mesh.positions,
        "the words are not about the head"
    );
}

#[test]
fn a_hat_sits_on_the_head_that_the_photo_shows() {
    for refine in [Refine::Fast, Refine::Best] {
        a_hat_sits(&Sample::refined(refine));
    }
}

fn a_hat_sits(sample: &Sample) {
    let without = sample.made(None, Colours::Photo, None);
    let with = sample.made(Some("with a purple top hat"), Colours::Photo, None);
    // Both are as tall: in that the head is smaller where a hat stands over it.
    let (low, high) = extent(&part(&with, "head").mesh.positions);
    let (brim, top) = extent(&part(&with, "hair").mesh.positions);
    assert!(
        top.y > high.y + 0.1 * (high.y - low.y),
        "a hat ends at {top}, the head at {high}: it is inside"
    );
    assert!(
        brim.x < low.x + 0.3 * (high.x - low.x) && top.x > high.x - 0.3 * (high.x - low.x),
        "a hat from {brim} to {top} is too narrow for a head from {low} to {high}"
    );
    let eyes = |figurine: &Figurine| mean(part(figurine, "head"));
    assert!(
        eyes(&with).distance(eyes(&without)) < 0.2,
        "the head beneath is no longer the photo's"
    );
}

#[test]
fn what_words_are_not_about_is_the_photos_but_where_the_new_lies_on_it() {
    let sample = Sample::new();
    let without = sample.made(None, Colours::Photo, None);
    for (words, changed) in [
        ("give her a red cape", "back"),
        ("with green trousers", "legs"),
        ("with blue hair", "hair"),
    ] {
        let with = sample.made(Some(words), Colours::Photo, None);
        let there =
            |figurine: &Figurine, name: &str| figurine.parts.iter().any(|part| part.name == name);
        for own in without.parts.iter().filter(|own| own.name != changed) {
            assert!(there(&with, &own.name), "{words}: the {} is gone", own.name);
            let off = part(&with, &own.name).mesh.positions.iter().filter(|p| {
                let near = |q: &Vec3| q.distance(**p) < 2.0 / 64.0;
                !own.mesh.positions.iter().any(near)
            });
            let off = off.count() as f32 / own.mesh.positions.len() as f32;
            let worn = Slot::of(changed).and_then(Slot::bearer);
            let most = match worn.is_some_and(|bearer| bearer.is(&own.name)) {
                true => 0.1, // it makes room for what it bears
                false => 0.03,
            };
            assert!(
                off < most,
                "{words}: {off} of the {} lies elsewhere",
                own.name
            );
        }
    }
}

#[test]
fn other_colours_leave_the_shape_that_the_photo_shows() {
    let sample = Sample::new();
    let without = sample.made(None, Colours::Photo, None);
    for (words, name, strongest) in [
        ("with green trousers", "legs", 1),
        ("with blue hair", "hair", 2),
    ] {
        let with = sample.made(Some(words), Colours::Photo, None);
        let (was, is) = (part(&without, name), part(&with, name));
        assert!(
            was.mesh.positions == is.mesh.positions,
            "{words}: the {name} got another shape"
        );
        let colour = mean(is);
        let others = [0, 1, 2].map(|k| if k == strongest { 0.0 } else { colour[k] });
        let most = others.into_iter().fold(0.0, f32::max);
        assert!(
            colour[strongest] > most + 0.1,
            "{words}: the {name} is {colour}"
        );
    }
}

#[test]
fn words_take_a_base_away() {
    for refine in [Refine::Fast, Refine::Best] {
        a_base_goes(&Sample::refined(refine));
    }
}

fn a_base_goes(sample: &Sample) {
    let with = sample.made(Some("without the base"), Colours::Photo, None);
    assert!(
        with.parts.iter().all(|part| part.name != "base"),
        "the base is still there"
    );
}

#[test]
fn somebody_else_has_other_parts_and_still_something_of_the_photo() {
    let sample = Sample::new();
    let words = "as a dinosaur";
    let (without, with) = (
        sample.made(None, Colours::Photo, None),
        sample.made(Some(words), Colours::Photo, None),
    );
    for name in ["head", "torso", "legs"] {
        assert!(
            part(&without, name).mesh.positions != part(&with, name).mesh.positions,
            "a dinosaur was asked for, and the {name} is still the photo's"
        );
    }
    let alone = sample.told(words);
    let apart = mean(part(&alone, "torso")).distance(mean(part(&with, "torso")));
    assert!(
        apart > 0.05,
        "the photo has no say in the colours of who takes its figure's place: {apart} apart from what words alone give"
    );
}

#[test]
fn a_head_that_no_photo_shows_has_a_face_in_front() {
    let sample = Sample::new();
    for words in ["a robot", "a bear", "a girl in a red dress"] {
        let figurine = sample.told(words);
        let mesh = &part(&figurine, "head").mesh;
        let middle = mesh.positions.iter().map(|p| p.z).sum::<f32>() / mesh.positions.len() as f32;
        let spread = |front: bool| {
            let half = mesh.positions.iter().zip(&mesh.colours);
            let half: Vec<Vec3> = (half.filter(|(p, _)| (p.z > middle) == front))
                .map(|(_, &c)| Vec3::from(c))
                .collect();
            let mean = half.iter().sum::<Vec3>() / half.len() as f32;
            half.iter().map(|c| c.distance(mean)).sum::<f32>() / half.len() as f32
        };
        let (front, back) = (spread(true), spread(false));
        assert!(
            front > 0.02 && front > 1.5 * back,
            "{words}: colours in front of the head differ by {front}, behind by {back}: it has no face"
        );
    }
}

#[test]
fn no_head_comes_through_its_helmet() {
    let sample = Sample::new();
    for who in ["a knight", "a viking", "a soldier"] {
        let figurine = sample.told(&format!("{who} with a grey helmet in a grey top"));
        let heights = |name: &str| {
            let part = figurine.parts.iter().find(|part| part.name == name);
            let part = part.unwrap_or_else(|| panic!("{who} has no {name}"));
            let heights = part.mesh.positions.iter().map(|p| p.y);
            heights.fold((f32::MAX, f32::MIN), |(low, high), y| {
                (low.min(y), high.max(y))
            })
        };
        let ((low, high), (_, top)) = (heights("hair"), heights("head"));
        let bare = (top - low) / (high - low);
        assert!(
            bare < 0.6,
            "{who}: the brow comes through at {bare:.2} of the helmet's height, which ends at its rim otherwise"
        );
    }
}
