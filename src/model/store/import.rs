//! From a published checkpoint to one GGUF: checked, heads in order, quantized, a tensor at a time.
//!
//! Not everything is quantized. What stays exact is a thousandth of the numbers and does more than its
//! share: norms, biases and layer scales set the range of everything behind them; embeddings are added
//! once and seen by all layers; the first and last layers of each network are where values enter and
//! leave it, of 64 channels or fewer. See [`Storage::kind`].

use std::collections::BTreeMap;
use std::io::{BufWriter, Read};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use candle_core::Device;
use candle_core::quantized::{GgmlDType, QTensor};
use clap::ValueEnum;
use sha2::{Digest, Sha256};

use super::gguf::Writer;
use super::{Kind, Raw, layout, published};
use crate::base::progress::{Event, Stage, Watch};
use crate::base::{atomic_file, file};
use crate::model::nn::real;
use crate::model::{Info, Model, Origin};

/// How the large matrices are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Storage {
    /// 8.5 bits a weight
    #[default]
    #[value(name = "q8_0")]
    Q8_0,
    /// 6.6 bits a weight
    #[value(name = "q6_k")]
    Q6K,
    /// 4.5 bits a weight
    #[value(name = "q4_k")]
    Q4K,
    /// 16 bits a weight, as PartCrafter is published
    #[value(name = "f16")]
    F16,
    /// 32 bits a weight, as TripoSG is published
    #[value(name = "f32")]
    F32,
}

/// The words in its metadata by which a GGUF is known as ours.
pub const ARCHITECTURE: (&str, &str) = ("general.architecture", "gen3d");

/// The layers by which values enter and leave a network, of few channels.
const ENDS: [&str; 6] = [
    "transformer.proj_in.weight",
    "transformer.proj_out.weight",
    "transformer.part_embedding.weight",
    "vae.post_quant.weight",
    "vae.decoder.proj_query.weight",
    "vae.decoder.proj_out.weight",
];

impl Storage {
    /// The element type of one tensor.
    ///
    /// Vectors (norms, biases, layer scales) are kept in f32; embeddings, the patch projection and the
    /// layers by which values enter and leave a network in f16, as published. The time's two layers, which see one token and speak to all, are
    /// never below 8 bits; nor is a matrix whose rows are not whole blocks of the wanted type.
    pub fn kind(self, name: &str, shape: &[usize]) -> Kind {
        let wanted = match self {
            Self::F32 => return Kind(GgmlDType::F32),
            Self::F16 => GgmlDType::F16,
            Self::Q8_0 => GgmlDType::Q8_0,
            Self::Q6K => GgmlDType::Q6K,
            Self::Q4K => GgmlDType::Q4K,
        };
        let row = match shape {
            [_] => return Kind(GgmlDType::F32),
            &[_, row] if !ENDS.contains(&name) => row,
            _ => return Kind(GgmlDType::F16),
        };
        let finest: &[GgmlDType] = match wanted {
            GgmlDType::F16 => &[],
            _ if name.starts_with("transformer.time_proj.") => &[GgmlDType::Q8_0],
            _ => &[wanted, GgmlDType::Q8_0],
        };
        let fits = |kind: &&GgmlDType| row.is_multiple_of(kind.block_size());
        Kind(*finest.iter().find(fits).unwrap_or(&GgmlDType::F16))
    }
}

/// Writes the model at `source`, a published directory or a GGUF of ours, to `target` under a name;
/// nothing is there until it is whole. A GGUF keeps its element types.
///
/// # Errors
/// What is missing or wrong in the source, by name; what the file system says; and
/// [`Cancelled`](crate::base::progress::Cancelled).
pub fn import(
    source: &Path,
    target: &Path,
    name: &str,
    storage: Option<Storage>,
    watch: &Watch<'_>,
) -> Result<()> {
    let model = Model::open(source, &Device::Cpu)?;
    let published = source.is_dir();
    ensure!(
        published || storage.is_none(),
        "{} is a GGUF, which is added as it is: its numbers cannot be quantized anew without loss; \
         leave --quantize out, or add the directory that it was made from",
        source.display()
    );
    let info = if published {
        about_published(&model, source, watch)?
    } else {
        watch.stage(Stage::Verify, 0, || model.verify())?;
        ensure!(
            !model.info().sha256.is_empty(),
            "{} states no hash of its tensors: gen3d did not make it",
            source.display()
        );
        model.info().clone()
    };
    let storage = storage.unwrap_or_default();
    let plan: BTreeMap<String, (Kind, Vec<usize>)> = layout::tensors(model.config())
        .into_iter()
        .map(|(name, shape)| {
            let kind = match model.store().entry(&name) {
                Some(entry) if !published => entry.kind,
                _ => storage.kind(&name, &shape),
            };
            (name, (kind, shape))
        })
        .collect();
    let (config, origin) = (
        serde_json::to_string(model.config())?,
        serde_json::to_string(&info.origin)?,
    );
    let metadata = [
        ARCHITECTURE,
        ("general.name", name),
        ("general.license", &info.licence),
        ("general.source", &info.source),
        ("gen3d.origin", &origin),
        ("gen3d.config", &config),
    ];
    let write = || -> Result<()> {
        let part = atomic_file::part(atomic_file::folder(target))?;
        let mut writer = Writer::new(BufWriter::new(part.as_file()), &metadata, &plan)?;
        for (done, (name, (kind, shape))) in plan.iter().enumerate() {
            let context = || format!("tensor \"{name}\" of {}", source.display());
            let raw = model.store().raw(name).with_context(context)?;
            ensure!(&raw.shape == shape, "{}: its shape changed", context());
            writer.tensor(name, &converted(raw, *kind).with_context(context)?)?;
            watch.step(Stage::Import, done + 1)?;
        }
        writer.finish()?;
        atomic_file::finish(part, target, false)?;
        Ok(())
    };
    watch.stage(Stage::Import, plan.len(), || {
        write().with_context(|| format!("{} cannot be made", target.display()))
    })
}

/// A tensor's data in another element type, or in its own; refused where it holds what is no number.
fn converted(raw: Raw<'_>, kind: Kind) -> Result<Vec<u8>> {
    if raw.kind == kind {
        let bytes = raw.bytes.to_vec();
        real(raw, &Device::Cpu)?;
        return Ok(bytes);
    }
    let tensor = QTensor::quantize(&real(raw, &Device::Cpu)?, kind.0)?;
    let bytes = tensor.data()?.into_owned();
    let shape = tensor.shape().dims().to_vec();
    let stored = Raw {
        kind,
        shape,
        bytes: bytes.as_slice().into(),
    };
    real(stored, &Device::Cpu)
        .with_context(|| format!("it does not fit into {:?}; try --quantize f32", kind.0))?;
    Ok(bytes)
}

/// Whose a published directory is, and its files by their hashes; tells of tensors that nobody asks for.
fn about_published(model: &Model, directory: &Path, watch: &Watch<'_>) -> Result<Info> {
    let asked: BTreeMap<_, _> = layout::tensors(model.config()).into_iter().collect();
    let strange: Vec<_> = (model.store().entries())
        .map(|(name, _)| name)
        .filter(|name| !asked.contains_key(*name) && !published::is_left_out(name))
        .collect();
    if let Some(first) = strange.first() {
        let more = strange.len() - 1;
        watch.tell(Event::Note(format!(
            "\"{first}\" and {more} more tensors are not of this architecture and are left out; \
             if this is another model, it will not work"
        )));
    }
    let work = published::work(model.config());
    let mut origin = Vec::new();
    watch.stage(Stage::Verify, published::WEIGHTS.len(), || {
        for (done, (component, file)) in published::WEIGHTS.into_iter().enumerate() {
            let sha256 = sha256_of(&directory.join(file), watch)?;
            origin.push(Origin {
                file: file.into(),
                licence: published::licence(component).into(),
                sha256,
            });
            watch.step(Stage::Verify, done + 1)?;
        }
        Ok(())
    })?;
    Ok(Info {
        name: String::new(),
        licence: "MIT, and Apache-2.0 for the image encoder (DINOv2)".into(),
        source: format!("{work}, as its authors publish it"),
        sha256: String::new(),
        origin,
    })
}

fn sha256_of(path: &Path, watch: &Watch<'_>) -> Result<String> {
    let context = || format!("cannot read {}", path.display());
    let mut file = file::open(path).with_context(context)?;
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 1 << 20]);
    loop {
        match file.read(&mut buffer).with_context(context)? {
            0 => break,
            count => hash.update(&buffer[..count]),
        }
        watch.check()?;
    }
    Ok(format!("{:x}", hash.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Config;

    #[test]
    fn nearly_all_numbers_of_a_published_model_are_quantized_and_the_delicate_ones_are_not() {
        let tensors = layout::tensors(&Config::default());
        for (storage, kind, least) in [
            (Storage::Q8_0, GgmlDType::Q8_0, 0.998),
            (Storage::Q6K, GgmlDType::Q6K, 0.98),
            (Storage::Q4K, GgmlDType::Q4K, 0.98),
            (Storage::F16, GgmlDType::F16, 0.999),
        ] {
            let (mut all, mut mine) = (0, 0);
            for (name, shape) in &tensors {
                let count: usize = shape.iter().product();
                let stored = storage.kind(name, shape);
                all += count;
                mine += if stored.0 == kind { count } else { 0 };
                assert!(
                    shape.len() > 1 || stored.0 == GgmlDType::F32,
                    "{name} is a vector and stays exact, not {stored:?}"
                );
                let delicate = name.contains("embedding") || ENDS.contains(&name.as_str());
                assert!(
                    shape.len() == 1 || !delicate || stored.0 == GgmlDType::F16,
                    "{name} stays in f16, not {stored:?}"
                );
            }
            let share = mine as f64 / all as f64;
            assert!(share > least, "{storage:?}: only {share} of the numbers");
        }
    }
}
