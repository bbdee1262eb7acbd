//! Every stage of the engine against the numbers of the PyTorch reference, on a tiny random checkpoint.
//!
//! Tolerances are absolute. Two implementations of the same networks differ by rounding alone, and each of the mistakes
//! that are easily made (another epsilon, the approximate GELU, another order of heads) shifts the transformer's output
//! by 1e-5 at the least.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use candle_core::{Device, Tensor};
use gen3d::base::progress::Watch;
use gen3d::model::config::PartIds;
use gen3d::model::networks::decoder::{Query, Trunk};
use gen3d::model::networks::image_encoder::ImageEncoder;
use gen3d::model::networks::transformer::Rows;
use gen3d::model::sampling::denoise::{part_ids, velocity};
use gen3d::model::sampling::schedule::Schedule;
use gen3d::model::store::import;
use gen3d::model::store::import::Storage;
use gen3d::model::{Condition, DenoiseOptions, Model, Solver};
use gen3d::photo::framing;
use gen3d::surface::dual_contouring::extract;
use glam::Vec3;

use crate::support::golden::{Golden, points, transformer, values};
use crate::support::tiny::tiny;
use crate::support::{measure, shapes};

fn model() -> Model {
    Model::open(&tiny(), &Device::Cpu).expect("the tiny checkpoint opens")
}

/// Checks the checkpoint as published, and as it is when it was added in f32: one set of numbers.
fn both(check: impl Fn(&Golden, &Model)) {
    let golden = Golden::load();
    check(&golden, &model());
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tiny.gguf");
    let watch = Watch::silent();
    import::import(&tiny(), &path, "tiny", Some(Storage::F32), &watch).expect("it is added");
    let added = Model::open(&path, &Device::Cpu).expect("what was added opens");
    check(&golden, &added);
}

fn picture(name: &str) -> image::DynamicImage {
    image::open(tiny().join(name)).expect("a picture of the fixtures")
}

#[test]
fn a_picture_becomes_the_reference_s_pixels() {
    let (golden, model) = (Golden::load(), model());
    let prepared = framing::prepare(&picture("input_rgba.png").to_rgba8()).expect("prepared");
    assert!(
        gen3d::photo::cutout::largest_alpha(&picture("input_rgba.png").to_rgba8()).is_some(),
        "its alpha is a cut-out"
    );
    let bytes: Vec<f32> = prepared.as_raw().iter().map(|&b| b.into()).collect();
    golden.check_values("prep.rgba.prepared_u8", &bytes, 0.0);
    golden.check(
        "prep.rgba.pixel_values",
        &model.pixels(&prepared).expect("pixels"),
        1e-6,
    );
    let photo = picture("input_rgb.png").to_rgb8();
    golden.check(
        "prep.rgb.pixel_values",
        &model.pixels(&photo).expect("pixels"),
        1e-6,
    );
}

#[test]
fn the_image_encoder_gives_the_reference_s_tokens() {
    both(check_image_encoder);
}

fn check_image_encoder(golden: &Golden, model: &Model) {
    let encoder = ImageEncoder::load(
        &model.weights().at("image_encoder"),
        &model.config().image_encoder,
        224,
    );
    let encoder = encoder.expect("image encoder");
    golden.check("dino.pos_embed_16x16", encoder.positions(), 2e-6);
    let mut probe = |name: &str, x: &Tensor| match name {
        "embeddings" | "layer0" => golden.check(&format!("dino.{name}"), x, 1e-5),
        _ => {}
    };
    let tokens = encoder
        .forward(&golden.get("prep.rgba.pixel_values"), &mut probe)
        .expect("tokens");
    golden.check("dino.last_hidden_state", &tokens, 1e-5);
    let same = model
        .encode(&[("front", golden.get("prep.rgba.pixel_values"))], None)
        .expect("encoded");
    assert_eq!(
        values(&same.base),
        values(&tokens),
        "a published model's condition is the picture's tokens alone"
    );
}

#[test]
fn the_transformer_gives_the_reference_s_velocity_and_what_is_inside() {
    both(check_transformer);
}

fn check_transformer(golden: &Golden, model: &Model) {
    let transformer = transformer(model);
    let cache = transformer
        .condition(&golden.get("dino.last_hidden_state"))
        .expect("cache");
    for parts in [2, 3] {
        let name = |what: &str| format!("dit.p{parts}.{what}");
        let latents = golden.get(&name("latents"));
        let t = golden.values(&name("timestep"))[0];
        let run = |rows: Rows, probe: &mut dyn FnMut(&str, &Tensor)| {
            let ids = part_ids(parts, rows, PartIds::Reference);
            transformer
                .forward(&latents, t, &cache, rows, &ids, probe)
                .expect("velocity")
        };
        golden.check(
            &name("cond_only.out"),
            &run(Rows::Conditional, &mut |_, _| ()),
            5e-6,
        );
        let mut seen = BTreeMap::new();
        let both = run(Rows::Both, &mut |name, x| {
            drop(seen.insert(name.to_owned(), x.clone()))
        });
        golden.check(&name("cfg.out"), &both, 5e-6);
        if parts == 2 {
            let expected = golden
                .tensors
                .keys()
                .filter_map(|key| key.strip_prefix("dit.p2.cfg."));
            let inside: Vec<_> = expected
                .filter(|name| !matches!(*name, "out" | "guided"))
                .collect();
            assert_eq!(
                inside.len(),
                12,
                "temb, block0.in, 5 blocks, 4 attentions, norm_out: {inside:?}"
            );
            for what in inside {
                golden.check(&format!("dit.p2.cfg.{what}"), &seen[what], 2e-5);
            }
        }
        for (what, choice) in [
            ("cfg.guided", PartIds::Reference),
            ("fixed_ids.guided", PartIds::PerObject),
        ] {
            let guided =
                velocity(&transformer, &latents, t, &cache, None, 7.0, choice).expect("velocity");
            golden.check(&name(what), &guided, 3e-5);
        }
    }
}

#[test]
fn the_schedule_is_the_reference_s() {
    let golden = Golden::load();
    let mut config = model().config().scheduler.clone();
    for (name, steps, shift) in [
        ("5", 5, 1.0),
        ("10", 10, 1.0),
        ("50", 50, 1.0),
        ("10.shift3", 10, 3.0),
    ] {
        config.shift = shift;
        let schedule = Schedule::new(&config, steps);
        golden.check_values(
            &format!("sched.{name}.timesteps"),
            &schedule.timesteps,
            1e-4,
        );
        golden.check_values(&format!("sched.{name}.sigmas"), &schedule.sigmas, 1e-7);
    }
}

#[test]
fn a_whole_trajectory_from_given_noise_ends_where_the_reference_s_does() {
    both(check_trajectory);
}

fn check_trajectory(golden: &Golden, model: &Model) {
    let condition = golden.get("dino.last_hidden_state");
    let transformer = transformer(model);
    let cache = transformer.condition(&condition).expect("cache");
    let schedule = Schedule::new(&model.config().scheduler, 5);
    let mut latents = golden.get("traj.init_noise");
    for step in 0..5 {
        let t = schedule.timesteps[step];
        let v = velocity(
            &transformer,
            &latents,
            t,
            &cache,
            None,
            7.0,
            PartIds::Reference,
        )
        .expect("velocity");
        golden.check(&format!("traj.step{step}.velocity"), &v, 2e-4);
        let length = f64::from(schedule.sigmas[step] - schedule.sigmas[step + 1]);
        latents = (latents + (v * length).expect("scaled")).expect("one step");
        golden.check(&format!("traj.step{step}.latents_after"), &latents, 1e-4);
    }
    let options = DenoiseOptions {
        steps: 5,
        guidance: 7.0,
        parts: 3,
        tokens: 16,
        part_ids: PartIds::Reference,
        noise: Some(golden.values("traj.init_noise")),
        ..DenoiseOptions::new(model.config())
    };
    let mut steps = Vec::new();
    let mut progress = |done, all| {
        steps.push((done, all));
        ControlFlow::Continue(())
    };
    let condition = Condition {
        base: condition,
        with_words: None,
    };
    let result = model
        .denoise(&condition, &options, &mut progress)
        .expect("sampled");
    golden.check_values("traj.final_latents", &result.values, 1e-4);
    assert_eq!(
        steps,
        [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)],
        "one report a step"
    );
}

#[test]
fn a_multistep_walk_is_nearer_to_many_steps_than_eulers() {
    let (golden, model) = (Golden::load(), model());
    let condition = Condition {
        base: golden.get("dino.last_hidden_state"),
        with_words: None,
    };
    let walk = |solver, steps| {
        let options = DenoiseOptions {
            solver,
            steps,
            parts: 3,
            tokens: 16,
            noise: Some(golden.values("traj.init_noise")),
            ..DenoiseOptions::new(model.config())
        };
        let mut go_on = |_, _| ControlFlow::Continue(());
        let walked = model.denoise(&condition, &options, &mut go_on);
        walked.expect("sampled").values
    };
    let exact = walk(Solver::Euler, 100);
    let error = |solver, steps| -> f32 {
        let found = walk(solver, steps);
        let squares = found.iter().zip(&exact).map(|(a, b)| (a - b).powi(2));
        squares.sum()
    };
    let (multistep, euler) = (error(Solver::Multistep, 10), error(Solver::Euler, 10));
    assert!(multistep < 0.5 * euler, "{multistep}, Euler's {euler}");
}

/// All points of a lattice, x slowest.
fn lattice(axis: &[f32]) -> Vec<Vec3> {
    let plane = |x: f32| {
        axis.iter()
            .flat_map(move |&y| axis.iter().map(move |&z| Vec3::new(x, y, z)))
    };
    axis.iter().flat_map(|&x| plane(x)).collect()
}

/// The cells of the dense grid that are evaluated anew on the fine one (src/model/architecture.md, "The box"): those not
/// saturated in f32, and what is within two cells of them.
fn refined(dense: &[f32]) -> impl Fn(usize, usize, usize) -> bool {
    let open = |x: usize, y: usize, z: usize| {
        let inner = |i: usize| (1..15).contains(&i);
        let l = dense[(x * 16 + y) * 16 + z];
        inner(x) && inner(y) && inner(z) && (2.0 / (1.0 + (-l).exp()) - 1.0).abs() < 1.0
    };
    let near = |i: usize| i.saturating_sub(2)..(i + 3).min(16);
    let mut mask = vec![false; 16 * 16 * 16];
    for (i, cell) in mask.iter_mut().enumerate() {
        let (x, y, z) = (i / 256, i / 16 % 16, i % 16);
        *cell = near(x).any(|x| near(y).any(|y| near(z).any(|z| open(x, y, z))));
    }
    move |x, y, z| mask[(x * 16 + y) * 16 + z]
}

#[test]
fn the_decoder_gives_the_reference_s_logits_and_grids() {
    both(check_decoder);
}

fn check_decoder(golden: &Golden, model: &Model) {
    let (weights, config) = (model.weights().at("vae"), &model.config().vae);
    let trunk = Trunk::load(&weights, config).expect("trunk");
    let query = Query::load(&weights, config).expect("query");
    let latents = golden.get("traj.final_latents");
    let mut probe = |name: &str, x: &Tensor| {
        assert_eq!(name, "post_quant");
        golden.check(
            "vae.part0.post_quant",
            &x.narrow(0, 0, 1).expect("part 0"),
            1e-5,
        );
    };
    let kv = trunk.forward(&latents, &mut probe).expect("trunk");
    golden.check("vae.kv", &kv, 1e-5);
    let asked = points(&golden.get("vae.points"));
    golden.check(
        "vae.point_embedding",
        &query.embed(&asked).expect("embedding"),
        1e-6,
    );

    let memory = |part: usize| {
        query
            .memory(&kv.narrow(0, part, 1).expect("part"))
            .expect("memory")
    };
    // The published sign: a logit is the negated output.
    let layers: Vec<f32> = (0..3)
        .flat_map(|part| values(&query.forward(&asked, &memory(part)).expect("field")))
        .map(|v| -v)
        .collect();
    golden.check_values("vae.logits", &layers, 5e-5);
    // As the program asks, all layers in one.
    let logits = |points: &[Vec3], part: usize| -> Vec<f32> {
        let out = query.values(points, &memory(part)).expect("field");
        out.into_iter().map(|v| -v).collect()
    };
    let all: Vec<f32> = (0..3).flat_map(|part| logits(&asked, part)).collect();
    golden.check_values("vae.logits", &all, 5e-5);

    let coarse: Vec<f32> = (0..16)
        .map(|i| (-1.005 + 2.01 * i as f64 / 15.0) as f32)
        .collect();
    golden.check_values("dense_axis16", &coarse, 1e-6);
    let fine: Vec<f32> = (0..FINE).map(|i| fine(i as f32)).collect();
    for part in 0..3 {
        golden.check_values(
            &format!("grid.part{part}.dense16"),
            &logits(&lattice(&coarse), part),
            2e-4,
        );
        let uniform = logits(&lattice(&fine), part);
        golden.check_values(&format!("grid.part{part}.uniform32"), &uniform, 2e-4);
        let dense = golden.values(&format!("grid.part{part}.dense16"));
        let is_new = refined(&dense);
        let mixed: Vec<f32> = (0..32 * 32 * 32)
            .map(|i| {
                let (x, y, z) = (i / 2048, i / 64 % 16, i % 32 / 2);
                if is_new(x, y, z) {
                    uniform[i]
                } else {
                    dense[(x * 16 + y) * 16 + z]
                }
            })
            .collect();
        golden.check_values(&format!("grid.part{part}.refined32"), &mixed, 2e-4);
        if part == 0 {
            check_vertices(&points(&golden.get("mesh.part0.vertices")), &mixed);
        }
    }
}

/// Marching cubes puts its vertices where the grid changes sign along an edge, and nowhere else.
fn check_vertices(golden: &[Vec3], grid: &[f32]) {
    let crossings = crossings(grid);
    assert_eq!(
        crossings.len(),
        golden.len(),
        "the reference's mesh has a vertex for every change of sign"
    );
    let far = |p: &Vec3| {
        let nearest = crossings.iter().map(|q| p.distance_squared(*q));
        nearest.fold(f32::INFINITY, f32::min).sqrt()
    };
    let farthest = golden.iter().map(far).fold(0.0, f32::max);
    assert!(
        farthest < 1e-4,
        "a vertex of the reference's mesh lies {farthest} from any change of sign"
    );
}

/// Side of the fine grid, and where its points lie.
const FINE: usize = 32;

fn fine(i: f32) -> f32 {
    (i - 16.0) * 1.005 / 16.0
}

/// Where a grid of `FINE` points a side changes its sign along an edge.
fn crossings(grid: &[f32]) -> Vec<Vec3> {
    let at = |p: [usize; 3]| grid[(p[0] * FINE + p[1]) * FINE + p[2]];
    let mut out = Vec::new();
    for i in 0..grid.len() {
        let low = [i / FINE / FINE, i / FINE % FINE, i % FINE];
        for axis in (0..3).filter(|&axis| low[axis] + 1 < FINE) {
            let mut high = low;
            high[axis] += 1;
            let (a, b) = (at(low), at(high));
            if (a > 0.0) != (b > 0.0) {
                let mut place = low.map(|i| i as f32);
                place[axis] += a / (a - b);
                out.push(Vec3::from_array(place.map(fine)));
            }
        }
    }
    out
}

#[test]
fn the_reference_s_torus_is_closed_and_as_large_as_the_reference_makes_it() {
    let grid = Golden::load().values("mc.torus32"); // positive inside
    let between = |p: Vec3| {
        let local = (p * 16.0 / 1.005 + 16.0).clamp(Vec3::ZERO, Vec3::splat(30.999));
        let (low, part) = (local.floor().as_uvec3(), local.fract());
        let corner = |i: usize| {
            let bits = [i & 1, i >> 1 & 1, i >> 2];
            let [x, y, z] = std::array::from_fn(|a| low[a] as usize + bits[a]);
            let weight = |a: usize| if bits[a] == 1 { part[a] } else { 1.0 - part[a] };
            -grid[(x * FINE + y) * FINE + z] * weight(0) * weight(1) * weight(2)
        };
        (0..8).map(corner).sum()
    };
    let mesh = extract(&shapes::shape(0.95, between), 64).expect("a torus");
    assert_eq!(measure::flaw(&mesh), None, "the torus is closed");
    let rings = mesh.positions.len() as i64 - mesh.triangles.len() as i64 / 2;
    assert_eq!(rings, 0, "a torus has one hole: Euler's number is 0");
    // The reference's marching cubes: golden.json, mc_torus.
    let (area, volume) = (measure::area(&mesh), measure::volume(&mesh));
    assert!(
        (area / 5.899_62 - 1.0).abs() < 0.01,
        "its area is {area}, the reference's 5.8996"
    );
    assert!(
        (volume / 0.730_587 - 1.0).abs() < 0.01,
        "its volume is {volume}, the reference's 0.73059, and it faces outward"
    );
}
