//! The network's look at a photo.

use anyhow::{Context, Result};
use candle_core::Tensor;

use super::{PartMap, PartMaps, Plane, View, inflated};
use crate::model::Model;
use crate::model::config::PartMapsConfig;
use crate::model::networks::part_maps::PartMapsNetwork;
use crate::slots::Slot;

/// The least half thickness that an inflated outline is taken for, as in training.
const THIN: f32 = 0.02;

/// A model's network, ready to look at photos.
pub struct Reader<'a> {
    model: &'a Model,
    network: PartMapsNetwork,
    config: &'a PartMapsConfig,
}

impl<'a> Reader<'a> {
    /// # Errors
    /// The weights hold no such network, or are damaged.
    pub fn load(model: &'a Model) -> Result<Self> {
        let config = model.config().part_maps.as_ref();
        Ok(Self {
            model,
            network: model.part_maps_network()?,
            config: config.context("the weights hold no network of part maps")?,
        })
    }

    /// What the network tells of a view: the mean of what it tells of the picture and of its mirror image.
    ///
    /// # Errors
    /// The network cannot be run.
    pub fn look(&self, view: &View) -> Result<PartMaps> {
        let Self {
            model,
            network,
            config,
        } = self;
        let small = view.resized(config.side);
        let n = config.side;
        let alpha = Plane::new(
            n,
            small.pixels().map(|p| f32::from(p.0[3]) / 255.0).collect(),
        );
        let balloon = inflated(&alpha);
        let channel = |k: usize| small.pixels().map(move |p| f32::from(p.0[k]) / 255.0);
        let rgba: Vec<f32> = (0..4).flat_map(channel).collect();
        let mut outputs = Vec::new();
        for mirror in [false, true] {
            let (rgba, balloon) = match mirror {
                false => (rgba.clone(), balloon.values().to_vec()),
                true => (mirrored(&rgba, n), mirrored(balloon.values(), n)),
            };
            let rgba = Tensor::from_vec(rgba, (1, 4, n, n), model.device())?;
            let balloon = Tensor::from_vec(balloon, (1, 1, n, n), model.device())?;
            let output = network.forward(&rgba, &balloon, &mut |_, _| ())?;
            outputs.push((output.maps.flatten_all()?.to_vec1::<f32>()?, output.camera));
        }
        let [(straight, camera), (other, turned)] =
            <[_; 2]>::try_from(outputs).ok().context("two outputs")?;
        let raw = mean(config, straight, &other);
        let yaw = (camera[0] - turned[0]).atan2(camera[1] + turned[1]);
        Ok(read(
            config,
            &raw,
            &balloon.reduced(n / 2),
            yaw,
            (camera[2] + turned[2]) / 4.0,
        ))
    }
}

/// Rows turned around.
fn mirrored(values: &[f32], side: usize) -> Vec<f32> {
    values
        .chunks_exact(side)
        .flat_map(|row| row.iter().rev().copied())
        .collect()
}

/// The mean of the channels of a picture and of its mirror image, whose left is the other's right.
fn mean(config: &PartMapsConfig, mut straight: Vec<f32>, other: &[f32]) -> Vec<f32> {
    let (side, parts) = (config.side / 2, config.slots.len());
    let twin = |slot: usize| {
        let name = &config.slots[slot];
        let name = if name.ends_with("left") {
            name.replace("left", "right")
        } else {
            name.replace("right", "left")
        };
        config.slots.iter().position(|s| *s == name).unwrap_or(slot)
    };
    let area = side * side;
    for (channel, values) in straight.chunks_exact_mut(area).enumerate() {
        let from = match channel / parts {
            group if group < PartMapsConfig::OF_PART => group * parts + twin(channel % parts),
            _ => channel,
        };
        let other = mirrored(&other[from * area..(from + 1) * area], side);
        values
            .iter_mut()
            .zip(other)
            .for_each(|(v, o)| *v = (*v + o) / 2.0);
    }
    straight
}

/// Takes channels `[channels, side, side]` apart.
fn read(config: &PartMapsConfig, raw: &[f32], balloon: &Plane, yaw: f32, pitch: f32) -> PartMaps {
    let (side, parts) = (config.side / 2, config.slots.len());
    let area = side * side;
    let plane =
        |channel: usize| Plane::new(side, raw[channel * area..(channel + 1) * area].to_vec());
    let half = |channel: usize| {
        plane(channel).zip(balloon, |value, base| {
            softplus(value + unsoftplus(base.max(THIN)))
        })
    };
    let colour = |channel: usize| plane(channel).map(|v| 1.0 / (1.0 + (-v).exp()));
    let part = |(i, name): (usize, &String)| {
        let slot = Slot::of_map(name)?;
        Some(PartMap {
            slot,
            occupancy: plane(i),
            middle: plane(parts + i),
            half: half(2 * parts + i),
            near: [3, 4, 5].map(|group| colour(group * parts + i)),
            far: [6, 7, 8].map(|group| colour(group * parts + i)),
        })
    };
    let whole = PartMapsConfig::OF_PART * parts;
    PartMaps {
        parts: config.slots.iter().enumerate().filter_map(part).collect(),
        middle: plane(whole),
        half: half(whole + 1),
        far: [2, 3, 4].map(|k| colour(whole + k)),
        yaw,
        pitch,
    }
}

fn softplus(x: f32) -> f32 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// The inverse of softplus, for numbers above 0.
fn unsoftplus(x: f32) -> f32 {
    x + (-(-x).exp_m1()).ln()
}
