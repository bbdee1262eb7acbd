//! Words alone, drawn from the front and from behind by weights that hold a network for it. Random ones show that words,
//! seeds and both sides arrive; its numbers are PyTorch's (`src/model/networks/drawing.rs`).

use std::collections::HashMap;
use std::ops::ControlFlow;

use candle_core::Device;
use candle_core::quantized::GgmlDType;
use gen3d::base::progress::{Cancelled, Watch};
use gen3d::model::config::{Config, DrawingConfig, LayoutConfig, PartMapsConfig, PortraitConfig};
use gen3d::model::{DrawOptions, Drawing, Model};
use gen3d::photo::cutout;
use gen3d::pipeline::{Options, Subject, figurine};

use crate::support::{on_threads, weights};

const SLOTS: [&str; 11] = [
    "base",
    "leg_left",
    "leg_right",
    "torso",
    "arm_left",
    "arm_right",
    "head",
    "hair",
    "item_left",
    "item_right",
    "back",
];

/// A configuration with small networks of part maps and of drawings.
fn config() -> Config {
    let mut config = Config::from_json(weights::FIGURINE).expect("a valid configuration");
    config.part_maps = Some(PartMapsConfig {
        slots: SLOTS.map(str::to_owned).to_vec(),
        side: 128,
        widths: [8, 8, 16, 16],
        blocks: 1,
        heads: 4,
        cells: 4,
        cell_parts: 10,
    });
    config.drawing = Some(DrawingConfig {
        side: 64,
        scale: 8,
        channels: 4,
        widths: [8, 16],
        decoder: [16, 8, 8],
        blocks: 1,
        heads: 4,
        mlp_ratio: 2,
        length: 24,
        steps: 3,
        guidance: 2.0,
        temperature: 0.8,
        layouts: Some(LayoutConfig {
            parts: 11,
            width: 16,
            blocks: 1,
            heads: 4,
            mlp_ratio: 2,
            steps: 3,
            guidance: 1.5,
            temperature: 0.6,
        }),
        portrait: Some(PortraitConfig {
            part: 6,
            side: 16,
            rows: 2,
            code: 8,
            width: 16,
            blocks: 1,
            decoder: [8, 8, 8],
            steps: 3,
            temperature: 0.8,
        }),
    });
    config
}

fn model(change: impl FnMut(&str, &mut [f32])) -> Model {
    let config = serde_json::to_string(&config()).expect("JSON");
    let file = weights::random_but(&config, 1, GgmlDType::F32, change).expect("random weights");
    Model::from_bytes(file.leak(), &Device::Cpu).expect("random weights open")
}

fn drawn(model: &Model, text: &str, seed: u64) -> Drawing {
    let config = model.config().drawing.as_ref().expect("it draws");
    let options = DrawOptions {
        seed,
        ..DrawOptions::new(config)
    };
    let prompt = model.read(text).expect("words that it knows");
    let drawing = model.draw(Some(&prompt), None, &options, &mut |_, _| {
        ControlFlow::Continue(())
    });
    drawing.expect("a drawing")
}

#[test]
fn words_their_order_and_the_seed_make_the_drawing_and_threads_do_not() {
    let model = model(|_, _| ());
    let red = drawn(&model, "a red knight in a blue robe", 1);
    for (text, seed) in [
        ("a blue knight in a red robe", 1),
        ("a red knight in a blue hat", 1),
        ("a red knight in a blue robe", 2),
    ] {
        assert!(
            red != drawn(&model, text, seed),
            "{text}, seed {seed}: nothing changed"
        );
    }
    let at = |threads| on_threads(threads, || drawn(&model, "a red knight in a blue robe", 1));
    assert!(
        at(1) == red && at(3) == red,
        "one seed gives one drawing on any machine"
    );
}

#[test]
fn a_layout_is_told_from_words_and_makes_the_drawing_another() {
    let (text, plain) = ("a red knight in a blue robe", model(|_, _| ()));
    let drawing = drawn(&plain, text, 1);
    for (tensor, value) in [
        ("drawing.layout.weight", 0.0), // the denoiser does not look at it
        ("drawing.layouts.told.bias", -50.0), // there is no part
    ] {
        let other = model(|name, values| {
            if name == tensor {
                values.fill(value);
            }
        });
        assert!(
            drawing != drawn(&other, text, 1),
            "{tensor}: the drawing is the same without a layout"
        );
    }
}

#[test]
fn the_head_of_a_drawing_is_drawn_again() {
    let text = "a red knight in a blue robe";
    // There is a head in the middle, and of what is drawn again all covers what was there.
    let made = |covers: f32| {
        let model = model(|name, values| match name {
            "drawing.layouts.told.weight" | "drawing.portrait.decoder.last.weight" => {
                values.fill(0.0);
            }
            "drawing.layouts.told.bias" => {
                values.fill(0.0);
                values[0] = 50.0; // each part is there
            }
            "drawing.decoder.last.weight" => values.fill(0.0),
            "drawing.decoder.last.bias" => values.fill(0.9),
            "drawing.portrait.decoder.last.bias" => {
                values.fill(-1.0);
                values[..4].fill(1.0); // red
                values[12..].fill(covers);
            }
            "drawing.layouts.mean" => {
                values.fill(0.0);
                for part in values.chunks_exact_mut(9) {
                    part[3..5].fill(-2.0); // logarithms of its deviations
                }
            }
            _ => {}
        });
        drawn(&model, text, 1)
    };
    let (with, without) = (made(1.0), made(0.0));
    assert_eq!(with.behind, without.behind, "what is behind stays");
    let at = |drawing: &Drawing, x: u32| drawing.front.get_pixel(x, 32).0;
    assert_eq!(at(&with, 32)[..3], [255, 0, 0], "the head is the new one");
    assert_eq!(at(&without, 32), at(&without, 2), "it is not there");
    assert_eq!(at(&with, 2), at(&without, 2), "all else stays");
}

/// Weights that draw what is opaque, red before and blue behind, whatever the noise, and take all for a torso that is
/// seen from the front.
fn red_balloon(name: &str, values: &mut [f32]) {
    match name {
        "drawing.decoder.last.weight" | "part_maps.maps.weight" | "part_maps.camera.1.weight" => {
            values.fill(0.0);
        }
        "part_maps.camera.1.bias" => values.copy_from_slice(&[0.0, 1.0, 0.0]),
        "part_maps.maps.bias" => {
            values.fill(0.0);
            values[..SLOTS.len()].fill(-5.0);
            values[SLOTS
                .iter()
                .position(|slot| *slot == "torso")
                .expect("a slot")] = 5.0;
        }
        "drawing.decoder.last.bias" => {
            for (channel, values) in values.chunks_exact_mut(4).enumerate() {
                let full = [0, 1, 6].contains(&channel); // alpha, red before, blue behind
                values.fill(if full { 1.0 } else { -1.0 });
            }
        }
        _ => {}
    }
}

#[test]
fn a_figure_has_the_drawing_s_front_and_back() {
    // Whatever the noise, all that is drawn is opaque, red before and blue behind; and it is a balloon, seen from the front.
    let model = model(red_balloon);
    let subject = Subject {
        prompt: Some(model.read("a knight").expect("known words")),
        ..Subject::default()
    };
    let watch = Watch::silent();
    let (figurine, _) =
        figurine(&model, &subject, &Options::default(), &watch).expect("a figurine");
    // The outermost vertices of each column before and behind; parts within meet others.
    let mut columns: HashMap<(i32, i32), [(f32, bool); 2]> = HashMap::new();
    for mesh in figurine.parts.iter().map(|part| &part.mesh) {
        for (at, colour) in mesh.positions.iter().zip(&mesh.colours) {
            let column = ((at.x * 20.0).floor() as i32, (at.y * 20.0).floor() as i32);
            let blue = colour[2] > colour[0];
            let [front, back] =
                (columns.entry(column)).or_insert([(f32::MIN, blue), (f32::MAX, blue)]);
            if at.z > front.0 {
                *front = (at.z, blue);
            }
            if at.z < back.0 {
                *back = (at.z, blue);
            }
        }
    }
    let right = (columns.values())
        .filter(|[front, back]| !front.1 && back.1)
        .count();
    assert!(
        columns.len() > 300 && right * 10 > columns.len() * 9,
        "it is red before and blue behind: so in {right} of {} columns",
        columns.len()
    );
}

#[test]
fn words_are_drawn_into_a_photo_where_they_name_a_part() {
    let model = model(red_balloon);
    let photo = image::RgbaImage::from_fn(96, 96, |x, y| {
        let inside = (x as f32 - 48.0).hypot(y as f32 - 48.0) < 40.0;
        image::Rgba([90, 160, 90, if inside { 255 } else { 0 }])
    });
    let cutout = cutout::cut(photo, None, None).expect("a subject");
    let made = |text: &str| {
        let subject = Subject {
            prompt: Some(model.read(text).expect("known words")),
            photographed: true,
            ..Subject::from(cutout.clone())
        };
        let made = figurine(&model, &subject, &Options::default(), &Watch::silent());
        let parts = made.expect("a figurine").0.parts;
        let front = parts.iter().flat_map(|part| {
            let vertices = part.mesh.positions.iter().zip(&part.mesh.colours);
            vertices
                .filter(|(at, _)| at.z > 0.3)
                .map(|(_, colour)| *colour)
        });
        let front: Vec<_> = front.collect();
        let red = front.iter().filter(|c| c[0] > 2.0 * c[1]).count();
        red as f32 / front.len() as f32
    };
    // All of it is a torso: it is drawn anew, and red.
    assert!(made("in a blue shirt") > 0.9, "the drawing's colours");
    assert!(
        made("with green trousers") < 0.1,
        "it has no legs: the photo's colours"
    );
}

#[test]
fn a_drawing_that_is_stopped_ends_soon() {
    let model = model(|_, _| ());
    let options = DrawOptions::new(model.config().drawing.as_ref().expect("it draws"));
    let prompt = model.read("a knight").expect("known words");
    let mut steps = 0;
    let stopped = model.draw(Some(&prompt), None, &options, &mut |_, _| {
        steps += 1;
        ControlFlow::Break(())
    });
    let error = stopped.expect_err("it was stopped");
    assert!(
        error.is::<Cancelled>() && steps == 1,
        "{error}, {steps} steps"
    );
}

#[test]
fn networks_of_drawings_that_make_no_sense_are_refused() {
    for (networks, key, value) in [
        ("drawing", "side", 33),
        ("drawing", "side", 1024),
        ("drawing", "scale", 4),
        ("drawing", "channels", 0),
        ("drawing", "heads", 3),
        ("drawing", "blocks", 65),
        ("drawing", "mlp_ratio", 0),
        ("drawing", "length", 33),
        ("drawing", "steps", 0),
        ("drawing.layouts", "parts", 0),
        ("drawing.layouts", "width", 0),
        ("drawing.layouts", "heads", 3),
        ("drawing.layouts", "blocks", 65),
        ("drawing.layouts", "mlp_ratio", 0),
        ("drawing.layouts", "steps", 0),
        ("drawing.portrait", "part", 11),
        ("drawing.portrait", "side", 20),
        ("drawing.portrait", "side", 0),
        ("drawing.portrait", "rows", 3),
        ("drawing.portrait", "code", 0),
        ("drawing.portrait", "width", 0),
        ("drawing.portrait", "blocks", 65),
        ("drawing.portrait", "steps", 0),
    ] {
        let mut json = serde_json::to_value(config()).expect("JSON");
        let within = format!("/{}", networks.replace('.', "/"));
        json.pointer_mut(&within).expect("its sizes")[key] = value.into();
        let error = Config::from_json(&json.to_string()).expect_err("nonsense");
        assert!(
            error.to_string().contains(networks),
            "{networks}: {key} {value}: {error}"
        );
    }
    let (mut deaf, mut blind) = (config(), config());
    (deaf.text_encoder, deaf.condition) = (None, None); // it knows no words
    if let Some(drawing) = &mut blind.drawing {
        drawing.layouts = None; // it knows not where the head is
    }
    for (config, named) in [(deaf, "text_encoder"), (blind, "drawing.portrait")] {
        let json = serde_json::to_string(&config).expect("JSON");
        let error = Config::from_json(&json).expect_err(named);
        assert!(error.to_string().contains(named), "{error}");
    }
}
