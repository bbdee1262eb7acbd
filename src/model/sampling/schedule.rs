//! The [noise levels](crate::guide::networks#noise-levels) of a rectified flow.

use crate::model::config::SchedulerConfig;

/// The noise levels of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    /// From 1 down to 0, one more than there are steps.
    pub sigmas: Vec<f32>,
    /// The time that the transformer is told at each step: 1000 is noise.
    pub timesteps: Vec<f32>,
}

impl Schedule {
    /// Of so many steps.
    pub fn new(config: &SchedulerConfig, steps: usize) -> Self {
        let shifted = |i: usize| {
            let sigma = 1.0 - i as f64 / steps as f64;
            config.shift * sigma / (1.0 + (config.shift - 1.0) * sigma)
        };
        let mut sigmas: Vec<f32> = (0..steps).map(|i| shifted(i) as f32).collect();
        let timesteps = sigmas
            .iter()
            .map(|s| s * config.num_train_timesteps as f32)
            .collect();
        sigmas.push(0.0);
        Self { sigmas, timesteps }
    }
}
