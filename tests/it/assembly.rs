//! Words alone, told as primitives by weights that hold a network for it. Random ones show that words, seeds and colours
//! arrive; its numbers are PyTorch's (`src/model/networks/assembler.rs`).

use std::collections::HashSet;
use std::ops::ControlFlow;

use candle_core::Device;
use candle_core::quantized::GgmlDType;
use gen3d::Figurine;
use gen3d::assembly::{Kind, MOST, Primitive};
use gen3d::base::progress::{Cancelled, Watch};
use gen3d::model::Model;
use gen3d::model::config::{AssemblyConfig, Config};
use gen3d::model::sampling::assembly::TellOptions;
use gen3d::pipeline::{Options, Refine, Subject, figurine};

use crate::support::{on_threads, weights};

const SLOTS: [&str; 3] = ["torso", "head", "arm_left"];

/// A configuration with a small network that tells figures.
fn config() -> Config {
    let mut config = Config::from_json(weights::FIGURINE).expect("a valid configuration");
    config.assembly = Some(AssemblyConfig {
        slots: SLOTS.map(str::to_owned).to_vec(),
        width: 16,
        blocks: 1,
        heads: 4,
        mlp_ratio: 2,
        inner: 16,
        mixed: 2,
        colours: 4,
        length: 24,
        longest: 12,
        temperature: 0.6,
        guidance: 1.5,
    });
    config
}

fn model(change: impl FnMut(&str, &mut [f32])) -> Model {
    let config = serde_json::to_string(&config()).expect("JSON");
    let file = weights::random_but(&config, 1, GgmlDType::F32, change).expect("random weights");
    Model::from_bytes(file.leak(), &Device::Cpu).expect("random weights open")
}

/// Weights that tell lumps of a useful size about the middle, after one colour, and go on as long as they may.
fn lumps(name: &str, values: &mut [f32]) {
    match name {
        "assembly.labels.kind.weight" => values.fill(0.0),
        "assembly.labels.kind.bias" => {
            values.fill(-50.0);
            values[0] = 0.0;
            values[Kind::ALL.len()] = -20.0; // a colour, where there has to be one
        }
        "assembly.scale" => values.fill(0.02),
        "assembly.mean" => {
            values.fill(0.0);
            let sizes = [-1.0, -1.2, -1.1, 1.0, 1.0]; // logarithms of radii, and exponents
            values[6..11].copy_from_slice(&sizes);
            let colour = Kind::ALL.len() * MOST;
            values[colour..colour + 3].copy_from_slice(&[0.9, 0.2, 0.1]);
        }
        _ => {}
    }
}

fn options(seed: u64) -> TellOptions {
    TellOptions {
        seed,
        temperature: 0.6,
        guidance: 1.5,
    }
}

fn told(model: &Model, text: &str, seed: u64) -> Vec<Primitive> {
    let prompt = model.read(text).expect("words that it knows");
    let options = options(seed);
    let told = model.assemble(&prompt, &options, &mut |_, _| ControlFlow::Continue(()));
    told.expect("a figure")
}

#[test]
fn words_their_order_and_the_seed_make_the_figure_and_threads_do_not() {
    let model = model(lumps);
    let red = told(&model, "a red knight in a blue robe", 1);
    for (text, seed) in [
        ("a blue knight in a red robe", 1),
        ("a red knight in a blue hat", 1),
        ("a red knight in a blue robe", 2),
    ] {
        let other = told(&model, text, seed);
        assert!(red != other, "{text}, seed {seed}: nothing changed");
    }
    let at = |threads| on_threads(threads, || told(&model, "a red knight in a blue robe", 1));
    assert!(
        at(1) == red && at(3) == red,
        "one seed gives one figure on any machine"
    );
}

#[test]
fn a_figure_of_words_has_the_parts_and_colours_that_are_told() {
    let model = model(lumps);
    let made = |refine| {
        let subject = Subject {
            prompt: Some(model.read("a knight").expect("known words")),
            ..Subject::default()
        };
        let options = Options {
            refine,
            ..Options::default()
        };
        figurine(&model, &subject, &options, &Watch::silent())
    };
    let (figurine, failed) = made(Refine::Fast).expect("a figurine");
    assert_eq!(failed, [""; 0], "no part came to nothing");
    let seed = Options::default().seed;
    let parts = told(&model, "a knight", seed).into_iter();
    let names = parts.flat_map(|of| match (SLOTS[of.part], of.mirrored) {
        ("arm_left", true) => vec!["arm_left", "arm_right"],
        (name, _) => vec![name],
    });
    let names: HashSet<&str> = names.collect();
    let there: HashSet<&str> = (figurine.parts.iter())
        .map(|part| part.name.as_str())
        .collect();
    assert!(
        there.is_subset(&names) && there.len() > 1,
        "told {names:?}, made {there:?}"
    );
    let all_red = |figurine: &Figurine| {
        let mut colours = figurine.parts.iter().flat_map(|part| &part.mesh.colours);
        colours.all(|c| c[0] > 3.0 * c[1])
    };
    assert!(all_red(&figurine), "all of it has the one colour");
    // Latents of random weights have no surface, or another one.
    let latents = made(Refine::Off);
    assert!(
        latents.is_err() || latents.is_ok_and(|(figurine, _)| !all_red(&figurine)),
        "--refine off asks for latents"
    );
}

#[test]
fn a_figure_that_is_stopped_ends_soon() {
    let model = model(lumps);
    let prompt = model.read("a knight").expect("known words");
    let options = options(1);
    let mut steps = 0;
    let stopped = model.assemble(&prompt, &options, &mut |_, _| {
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
fn words_of_which_nothing_comes_are_told() {
    let model = model(|name, values| {
        if name == "assembly.labels.kind.bias" {
            values.fill(-50.0);
            values[Kind::ALL.len() + 1] = 50.0; // the end
        }
    });
    let prompt = model.read("a knight").expect("known words");
    let options = options(1);
    let error = model.assemble(&prompt, &options, &mut |_, _| ControlFlow::Continue(()));
    let error = error.expect_err("there is no figure").to_string();
    assert!(error.contains("--seed"), "{error}");
}

#[test]
fn a_network_of_figures_that_makes_no_sense_is_refused() {
    for (key, value) in [
        ("width", 0),
        ("heads", 3),
        ("blocks", 65),
        ("mlp_ratio", 0),
        ("inner", 0),
        ("mixed", 0),
        ("colours", 0),
        ("length", 33),
        ("longest", 0),
        ("temperature", 0),
        ("guidance", -1),
    ] {
        let mut json = serde_json::to_value(config()).expect("JSON");
        json["assembly"][key] = value.into();
        let error = Config::from_json(&json.to_string()).expect_err("nonsense");
        assert!(
            error.to_string().contains("assembly"),
            "{key} {value}: {error}"
        );
    }
}
