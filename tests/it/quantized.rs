//! What quantization costs, measured on the tiny checkpoint against the same weights in f32.

use candle_core::Device;
use candle_core::quantized::GgmlDType;
use gen3d::base::progress::Watch;
use gen3d::model::networks::decoder::{Query, Trunk};
use gen3d::model::sampling::denoise::velocity;
use gen3d::model::store::import;
use gen3d::model::store::import::Storage;
use gen3d::model::{Model, PartIds, Quantized};

use crate::support::golden::{Golden, difference, points, transformer, values};
use crate::support::tiny::tiny;

/// The guided velocity of two parts, and the logits of the first, through a model's weights.
fn through(golden: &Golden, model: &Model) -> (Vec<f32>, Vec<f32>) {
    let transformer = transformer(model);
    let cache = transformer
        .condition(&golden.get("dino.last_hidden_state"))
        .expect("cache");
    let (latents, t) = (
        golden.get("dit.p2.latents"),
        golden.values("dit.p2.timestep")[0],
    );
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
    let (weights, config) = (model.weights().at("vae"), &model.config().vae);
    let part = golden
        .get("traj.final_latents")
        .narrow(0, 0, 1)
        .expect("part 0");
    let kv = Trunk::load(&weights, config)
        .expect("trunk")
        .forward(&part, &mut |_, _| ())
        .expect("trunk");
    let query = Query::load(&weights, config).expect("query");
    let asked = points(&golden.get("vae.points"));
    let out = query
        .forward(&asked, &query.memory(&kv).expect("memory"))
        .expect("field");
    (values(&v), values(&out))
}

#[test]
fn a_quantized_model_is_close_to_its_original() {
    let golden = Golden::load();
    let published = Model::open(&tiny(), &Device::Cpu).expect("the tiny checkpoint opens");
    let (v, field) = through(&golden, &published);
    // Bounds are about twice what was measured, relative to the root mean square; the tiny random model
    // is a harsh one, as guidance of 7 multiplies the error, and 64 channels average little of it away.
    // Rows of the k-types are 256 long, which only two kinds of its matrices are; the others take 8 bits.
    for (storage, kind, most, bounds) in [
        (Storage::F32, GgmlDType::F32, 0, (0.0, 0.0)),
        (Storage::F16, GgmlDType::F16, 0, (0.0, 0.0)),
        (Storage::Q8_0, GgmlDType::Q8_0, 60, (0.1, 0.1)),
        (Storage::Q6K, GgmlDType::Q6K, 4, (0.15, 0.15)),
        (Storage::Q4K, GgmlDType::Q4K, 4, (0.4, 0.15)),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("tiny.gguf");
        import::import(&tiny(), &path, "tiny", Some(storage), &Watch::silent()).expect("added");
        for mode in [Quantized::Unpack, Quantized::Keep] {
            let model = Model::open(&path, &Device::Cpu)
                .expect("opens")
                .with_quantized(mode);
            let changed = model.store().entries().filter(|(_, e)| e.kind.0 == kind);
            let changed = changed.count();
            assert!(
                changed > most,
                "{kind:?}: only {changed} matrices are stored so, the test shows nothing"
            );
            let (got_v, got_field) = through(&golden, &model);
            let error = |got: &[f32], want: &[f32]| {
                let zeros = vec![0.0; want.len()];
                difference(got, want).1 / difference(want, &zeros).1
            };
            let errors = (error(&got_v, &v), error(&got_field, &field));
            eprintln!(
                "{kind:?} {mode:?}: velocity {:.5}, field {:.5}, {changed} matrices",
                errors.0, errors.1
            );
            assert!(
                errors.0 <= bounds.0 && errors.1 <= bounds.1,
                "{kind:?} {mode:?}: relative errors of velocity and field {errors:?}, allowed are {bounds:?}"
            );
        }
    }
}
