//! The decoded field of one part, as the mesh module sees it.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use candle_core::{Device, Tensor};
use glam::Vec3;

use super::Latents;
use super::config::{Config, FieldKind, FigurineConfig};
use super::networks::decoder::{Memory, Query, Trunk};
use super::networks::face::{Face, Faces};
use super::nn::Weights;
use crate::geometry::{Aabb, Field, Placement};

/// Half the side of the published models' [box](crate::guide::networks#the-box).
const PUBLISHED_BOX: f32 = 1.005;
/// What encloses a part, in half-sizes of its box.
const MARGIN: f32 = 1.1;
/// What parts without colours of their own are shown in, sRGB: as far apart to the eye as sixteen can
/// be, the first few the farthest.
const PALETTE: [[u8; 3]; 16] = [
    [215, 95, 59],
    [35, 107, 239],
    [35, 239, 143],
    [59, 107, 107],
    [215, 35, 155],
    [227, 215, 47],
    [239, 191, 239],
    [215, 215, 167],
    [47, 119, 35],
    [35, 227, 227],
    [35, 167, 239],
    [143, 83, 95],
    [143, 119, 35],
    [155, 95, 179],
    [239, 35, 95],
    [239, 155, 35],
];

/// The field of one part.
pub struct PartField {
    query: Arc<Query>,
    memory: Memory,
    frame: Frame,
    /// Shown where the network gives no colour.
    plain: [u8; 3],
    /// Added to the network's colours, sRGB.
    tint: [f32; 3],
    /// On its front, if it has one.
    face: Option<Face>,
}

/// How the network's coordinates and values relate to the model frame's.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Frame {
    /// The network works in the model frame; its value times `sign` is positive outside.
    Published { sign: f32 },
    /// The network works in the part's own box; its value times `unit` is a length.
    Local { centre: Vec3, half: Vec3, unit: f32 },
}

impl Frame {
    /// What encloses the part, as the network has it.
    fn area(self) -> (Vec3, Vec3) {
        match self {
            Self::Published { .. } => (Vec3::splat(-PUBLISHED_BOX), Vec3::splat(PUBLISHED_BOX)),
            Self::Local { centre, half, .. } => (centre - half * MARGIN, centre + half * MARGIN),
        }
    }
}

/// The box of a figurine's part and whether the part exists.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PartBox {
    pub centre: Vec3,
    /// Half of each side.
    pub half: Vec3,
    pub present: bool,
    /// The mean of its colours, sRGB, where the token says it.
    pub colour: Option<[f32; 3]>,
}

/// The fields of all parts that exist, with their names; the trunk is loaded and dropped before the
/// query block is loaded.
pub fn decode(
    weights: &Weights<'_>,
    config: &Config,
    latents: &Latents,
) -> Result<Vec<(String, PartField)>> {
    let vae = weights.at("vae");
    let parts = match &config.figurine {
        Some(figurine) => figurine_parts(weights, config, figurine, latents)?,
        None => published_parts(config, latents, weights.device())?,
    };
    if parts.is_empty() {
        return Ok(Vec::new());
    }
    let tokens: Vec<_> = parts.iter().map(|part| &part.tokens).collect();
    let trunk = Trunk::load(&vae, &config.vae)?;
    // One part at a time: together they would only take more memory.
    let outputs = tokens
        .iter()
        .map(|z| trunk.forward(z, &mut |_, _| ()))
        .collect::<Result<Vec<_>>>()?;
    drop(trunk);
    let query = Arc::new(Query::load(&vae, &config.vae)?);
    let kind = config.field_kind();
    parts
        .into_iter()
        .zip(outputs)
        .zip(PALETTE.into_iter().cycle())
        .map(|((part, output), plain)| {
            let memory = query.memory(&output)?;
            let mut field = PartField::new(query.clone(), memory, part.area, kind, config, plain)
                .with_context(|| format!("in the part \"{}\"", part.name))?;
            field.face = part.face;
            Ok((part.name, field))
        })
        .collect()
}

/// One part before decoding.
struct Undecoded {
    name: String,
    /// `[1, VAE tokens, VAE channels]`
    tokens: Tensor,
    area: Option<PartBox>,
    face: Option<Face>,
}

fn published_parts(config: &Config, latents: &Latents, device: &Device) -> Result<Vec<Undecoded>> {
    check(config, latents)?;
    let part = |(index, values): (usize, &[f32])| {
        let shape = (1, latents.tokens, latents.channels);
        let tokens = Tensor::from_slice(values, shape, device)?;
        Ok(Undecoded {
            name: format!("part_{:02}", index + 1),
            tokens,
            area: None,
            face: None,
        })
    };
    latents
        .values
        .chunks_exact(latents.tokens * latents.channels)
        .enumerate()
        .map(part)
        .collect()
}

fn figurine_parts(
    weights: &Weights<'_>,
    config: &Config,
    figurine: &FigurineConfig,
    latents: &Latents,
) -> Result<Vec<Undecoded>> {
    check(config, latents)?;
    let channels = config.vae.latent_channels;
    let mean = weights.numbers("latent.mean", &[channels])?;
    let std = weights.numbers("latent.std", &[channels])?;
    let boxes = figurine
        .box_token
        .then(|| BoxScale::load(weights, figurine.main_colour))
        .transpose()?;
    let mut parts = Vec::new();
    for (name, values) in figurine.slots.iter().zip(
        latents
            .values
            .chunks_exact(latents.tokens * latents.channels),
    ) {
        let packed = latents.tokens - usize::from(figurine.box_token);
        let (packed, row) = values.split_at(packed * latents.channels);
        let area = match &boxes {
            Some(scale) => scale
                .read(row)
                .with_context(|| format!("in the part \"{name}\""))?,
            None => PartBox {
                centre: Vec3::ZERO,
                half: Vec3::ONE,
                present: true,
                colour: None,
            },
        };
        if !area.present {
            continue;
        }
        let plain = |(i, x): (usize, &f32)| x * std[i % channels] + mean[i % channels];
        let tokens: Vec<f32> = packed.iter().enumerate().map(plain).collect();
        let shape = (1, tokens.len() / channels, channels);
        let tokens = Tensor::from_vec(tokens, shape, weights.device())?;
        let used = FigurineConfig::used_numbers(latents.tokens, latents.channels);
        let face = match (&figurine.face, area.colour) {
            (Some(face), Some(main)) if face.slot == *name => {
                Some(Faces::load(weights, face, used)?.draw(&values[..used], main)?)
            }
            _ => None,
        };
        parts.push(Undecoded {
            name: name.clone(),
            tokens,
            area: Some(area),
            face,
        });
    }
    Ok(parts)
}

/// Latents can come from a cache: they need not fit this model.
fn check(config: &Config, latents: &Latents) -> Result<()> {
    let Latents {
        parts,
        tokens,
        channels,
        values,
    } = latents;
    let count = parts
        .checked_mul(*tokens)
        .and_then(|n| n.checked_mul(*channels));
    let fits = match &config.figurine {
        Some(figurine) => *parts == figurine.slots.len() && *tokens == config.sampling.tokens,
        None => {
            *parts > 0
                && *tokens > 0
                && config.vae.latent_channels == config.transformer.in_channels
        }
    };
    ensure!(
        fits && *channels == config.transformer.in_channels && count == Some(values.len()),
        "latents of {parts} parts, {tokens} tokens and {channels} channels ({} numbers) do not belong to this model",
        values.len()
    );
    Ok(())
}

/// How the numbers of a box token are normalised.
struct BoxScale {
    mean: Vec<f32>,
    std: Vec<f32>,
    /// Mean and deviation of the main colours, where there are any.
    colour: Option<(Vec<f32>, Vec<f32>)>,
}

impl BoxScale {
    fn load(weights: &Weights<'_>, coloured: bool) -> Result<Self> {
        let numbers = |name: &str, count| weights.numbers(name, &[count]);
        let colour =
            || Ok::<_, anyhow::Error>((numbers("colour.mean", 3)?, numbers("colour.std", 3)?));
        Ok(Self {
            mean: numbers("box.mean", 6)?,
            std: numbers("box.std", 6)?,
            colour: coloured.then(colour).transpose()?,
        })
    }

    /// Centre, logarithm of the half-sizes, presence, main colour.
    fn read(&self, row: &[f32]) -> Result<PartBox> {
        let value = |i: usize| row[i] * self.std[i] + self.mean[i];
        let centre = Vec3::new(value(0), value(1), value(2));
        let half = Vec3::new(value(3), value(4), value(5));
        ensure!(
            centre.is_finite() && half.is_finite(),
            "its box is not a number"
        );
        // The figure lives in [-1, 1]: a box beyond is noise, and would only cost time.
        let limit = Vec3::splat(1.5);
        Ok(PartBox {
            centre: centre.clamp(-limit, limit),
            half: half.clamp(Vec3::splat(-6.0), Vec3::splat(0.5)).exp(),
            present: row[6] > 0.0,
            colour: (self.colour.as_ref()).map(|(mean, std)| {
                let row = &row[FigurineConfig::COLOUR];
                std::array::from_fn(|k| (row[k] * std[k] + mean[k]).clamp(0.0, 1.0))
            }),
        })
    }
}

impl PartField {
    fn new(
        query: Arc<Query>,
        memory: Memory,
        area: Option<PartBox>,
        kind: FieldKind,
        config: &Config,
        plain: [u8; 3],
    ) -> Result<Self> {
        let frame = match (area, kind) {
            (Some(PartBox { centre, half, .. }), _) => {
                let truncation = config.figurine.as_ref().map_or(1.0, |f| f.truncation);
                Frame::Local {
                    centre,
                    half,
                    unit: truncation * half.element_sum() / 3.0,
                }
            }
            (None, FieldKind::SignedDistance) => Frame::Published { sign: 1.0 },
            (None, FieldKind::Logit) => Frame::Published {
                sign: outside_sign(&query, &memory)?,
            },
        };
        let mut field = Self {
            query,
            memory,
            frame,
            plain,
            tint: [0.0; 3],
            face: None,
        };
        if let Some(main) = area.and_then(|area| area.colour) {
            let made = field.main_colour()?;
            field.tint = std::array::from_fn(|k| main[k] - made[k]);
        }
        Ok(field)
    }

    /// About the main one of the network's colours on the surface, sRGB: the median, by channel, at the
    /// points of a coarse grid which lie nearest to it.
    ///
    /// The box token says of what colour a part is in three numbers, which are learned long before
    /// the latents have it right, above all from words: the latents then only vary it. The mean of red
    /// trousers and black boots would be neither.
    fn main_colour(&self) -> Result<[f32; 3]> {
        const SIDE: usize = 12;
        const NEAREST: usize = 160;
        let at = |i: usize| 2.0 * (i as f32 + 0.5) / SIDE as f32 - 1.0;
        let grid: Vec<Vec3> = (0..SIDE * SIDE * SIDE)
            .map(|i| Vec3::new(at(i % SIDE), at(i / SIDE % SIDE), at(i / (SIDE * SIDE))))
            .collect();
        let values = self.query.values(&grid, &self.memory)?;
        let mut rows: Vec<&[f32]> = values.chunks_exact(self.query.outputs()).collect();
        rows.sort_by(|a, b| a[0].abs().total_cmp(&b[0].abs()));
        rows.truncate(NEAREST);
        Ok(std::array::from_fn(|k| {
            let mut channel: Vec<f32> = rows.iter().map(|row| row[1 + k].clamp(0.0, 1.0)).collect();
            let middle = (channel.len() - 1) / 2;
            *channel.select_nth_unstable_by(middle, f32::total_cmp).1
        }))
    }

    /// The middle of the part's box.
    pub fn middle(&self) -> Vec3 {
        self.aabb().middle
    }

    /// The part's box; for a published model's part, which has none of its own, that from -1 to 1.
    pub fn aabb(&self) -> Aabb {
        match self.frame {
            Frame::Local {
                centre: middle,
                half,
                ..
            } => Aabb { middle, half },
            Frame::Published { .. } => Aabb {
                middle: Vec3::ZERO,
                half: Vec3::ONE,
            },
        }
    }

    /// The same part, made in a box that is moved and stretched so; a published model's parts have none and stay.
    pub fn placed(mut self, placement: &Placement) -> Self {
        if let Frame::Local { centre, half, unit } = &mut self.frame {
            let before = half.element_sum();
            *centre += placement.shift;
            *half *= placement.stretch;
            *unit *= half.element_sum() / before;
        }
        self
    }

    /// The same part without the face that the model drew on it.
    pub fn without_face(self) -> Self {
        Self { face: None, ..self }
    }

    /// Model frame to the network's.
    fn local(&self, point: Vec3) -> Vec3 {
        match self.frame {
            Frame::Published { .. } => point,
            Frame::Local { centre, half, .. } => (point - centre) / half,
        }
    }

    /// How far beyond its area a point lies, if it does; the network knows nothing there.
    fn beyond(&self, point: Vec3) -> Option<f32> {
        let (low, high) = self.frame.area();
        let outside = (low - point).max(point - high).max(Vec3::ZERO);
        let slack = 1e-5; // points on the border, but for rounding
        (outside.max_element() > slack).then(|| outside.length())
    }

    /// The network's outputs at points of the model frame, `[points, out_channels]` row-major.
    fn values(&self, points: &[Vec3]) -> Result<Vec<f32>> {
        let local: Vec<_> = points.iter().map(|&p| self.local(p)).collect();
        self.query.values(&local, &self.memory)
    }
}

impl Field for PartField {
    fn distance(&self, points: &[Vec3]) -> Result<Vec<f32>> {
        let near: Vec<Vec3> = (points.iter().copied())
            .filter(|&p| self.beyond(p).is_none())
            .collect();
        let scale = match self.frame {
            Frame::Published { sign } => sign,
            Frame::Local { unit, .. } => unit,
        };
        let values = self.values(&near)?;
        let mut values = values
            .chunks_exact(self.query.outputs())
            .map(|row| row[0] * scale);
        let distance = |&p: &Vec3| match self.beyond(p) {
            // The truncation, at least, for nothing is inside out there.
            Some(beyond) => Some(beyond + scale.abs()),
            None => values.next(),
        };
        points
            .iter()
            .map(distance)
            .collect::<Option<_>>()
            .context("a point was not decoded")
    }

    fn colour(&self, points: &[Vec3]) -> Result<Vec<[f32; 3]>> {
        let [red, green, blue] = self.tint;
        let colour = |(row, &point): (&[f32], &Vec3)| match *row {
            [_, r, g, b] => {
                let colour = Vec3::new(r + red, g + green, b + blue);
                let face = self.face.as_ref();
                let colour = face.map_or(colour, |face| face.over(self.local(point), colour));
                colour.clamp(Vec3::ZERO, Vec3::ONE).to_array()
            }
            _ => self.plain.map(|c| f32::from(c) / 255.0),
        };
        let values = self.values(points)?;
        let rows = values.chunks_exact(self.query.outputs());
        Ok(rows.zip(points).map(colour).collect())
    }

    fn bounds(&self) -> (Vec3, Vec3) {
        self.frame.area()
    }
}

/// Which sign of the published value is outside: that of the median over the box's faces, where no
/// object reaches (see [the decoder](crate::guide::networks#the-decoder)). The value is the network's own, not negated.
fn outside_sign(query: &Query, memory: &Memory) -> Result<f32> {
    const SIDE: usize = 7;
    let at = |i: usize| PUBLISHED_BOX * (2.0 * i as f32 / (SIDE - 1) as f32 - 1.0);
    let faces = (0..SIDE * SIDE).flat_map(|i| {
        let (a, b) = (at(i / SIDE), at(i % SIDE));
        [-PUBLISHED_BOX, PUBLISHED_BOX]
            .into_iter()
            .flat_map(move |c| [Vec3::new(a, b, c), Vec3::new(b, c, a), Vec3::new(c, a, b)])
    });
    let faces: Vec<_> = faces.collect();
    let mut values = query
        .forward(&faces, memory)?
        .narrow(1, 0, 1)?
        .flatten_all()?
        .to_vec1::<f32>()?;
    values.sort_by(f32::total_cmp);
    Ok(if values[values.len() / 2] < 0.0 {
        -1.0
    } else {
        1.0
    })
}

#[cfg(test)]
mod tests {
    use crate::base::colour::lab;
    use crate::model::fields::PALETTE;

    #[test]
    fn no_two_parts_look_alike() {
        for (i, one) in PALETTE.iter().enumerate() {
            for other in &PALETTE[..i] {
                let (a, b) = (lab(*one), lab(*other));
                let far = (0..3).map(|k| (a[k] - b[k]).powi(2)).sum::<f32>().sqrt();
                assert!(far > 35.0, "{one:?} and {other:?} are {far} apart in Lab");
            }
        }
    }
}
