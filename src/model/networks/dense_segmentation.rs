//! What the image encoder makes of each cell of a photo: which part of the figurine it shows, and where
//! on the figurine that is. Training has the encoder learn this first (`training/train/encoders.py`).

use anyhow::Result;
use candle_core::{D, Tensor};
use glam::Vec3;

use crate::model::config::Config;
use crate::model::networks::image_encoder::patches;
use crate::model::nn::Weights;
use crate::photo::segmentation::Segmentation;

/// Reads the cells off the encoder's tokens `[1, 1 + patches, width]`; nothing for weights without the
/// head.
pub fn read(
    weights: &Weights<'_>,
    config: &Config,
    tokens: &Tensor,
) -> Result<Option<Segmentation>> {
    let Some(figurine) = config
        .figurine
        .as_ref()
        .filter(|f| f.segmentation_cells > 0)
    else {
        return Ok(None);
    };
    let (width, outputs) = (
        config.image_encoder.hidden_size,
        figurine.segmentation_outputs(),
    );
    let (names, fine) = (&figurine.slots, figurine.segmentation_cells);
    let (tokens, coarse) = patches(tokens)?;
    let values = weights
        .linear("seen", width, fine * fine * outputs)?
        .forward(&tokens)?
        .reshape((coarse * coarse * fine * fine, outputs))?;
    let shares =
        candle_nn::ops::softmax(&values.narrow(D::Minus1, 0, 1 + names.len())?, D::Minus1)?;
    let (shares, values) = (shares.to_vec2::<f32>()?, values.to_vec2::<f32>()?);
    let side = coarse * fine;
    // From the patch's place and the cell's in it to rows of cells.
    let from = |i: usize| {
        let (x, y) = (i % side, i / side);
        ((y / fine) * coarse + x / fine) * fine * fine + (y % fine) * fine + x % fine
    };
    let place = |i: usize| Vec3::from_slice(&values[from(i)][1 + names.len()..]);
    let shown = &config.feature_extractor;
    let (edge, crop) = (shown.shortest_edge as f32, shown.crop as f32);
    Ok(Some(Segmentation {
        side,
        start: (edge - crop) / 2.0 / edge,
        span: crop / edge,
        names: names.clone(),
        shares: (0..side * side).map(|i| shares[from(i)].clone()).collect(),
        places: (0..side * side).map(place).collect(),
    }))
}
