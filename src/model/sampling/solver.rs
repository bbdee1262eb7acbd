//! How the velocity at one noise level takes the latents to the next.

use anyhow::Result;
use candle_core::Tensor;

use crate::model::config::Solver;

/// A walk from noise to latents that asks the network once a step.
pub struct Walk {
    solver: Solver,
    /// The velocity of the step before, and how long that was.
    before: Option<(Tensor, f32)>,
}

impl Walk {
    /// One that has not begun.
    pub fn new(solver: Solver) -> Self {
        Self {
            solver,
            before: None,
        }
    }

    /// From latents `x` and their velocity `v`, both of one shape, to those a `length` of sigma nearer to the data.
    pub fn step(&mut self, x: &Tensor, v: Tensor, length: f32) -> Result<Tensor> {
        let mean = match (self.solver, &self.before) {
            // Adams and Bashforth: on a line through the two velocities, the one in the middle of this step.
            (Solver::Multistep, Some((before, its_length))) => {
                let ahead = f64::from(length / its_length / 2.0);
                (&v + ((&v - before)? * ahead)?)?
            }
            _ => v.clone(),
        };
        if self.solver == Solver::Multistep {
            self.before = Some((v, length));
        }
        Ok((x + (mean * f64::from(length))?)?)
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    /// Where a walk ends that begins at 1 and whose velocity is the place itself, scaled: at e.
    fn end(solver: Solver, steps: usize) -> Result<f32> {
        let mut x = Tensor::new(1f32, &Device::Cpu)?;
        let mut walk = Walk::new(solver);
        for _ in 0..steps {
            x = walk.step(&x, x.clone(), 1.0 / steps as f32)?;
        }
        Ok(x.to_scalar()?)
    }

    #[test]
    fn twice_the_steps_leave_half_of_eulers_error_and_a_quarter_of_multisteps() -> Result<()> {
        let error = |solver, steps| -> Result<f32> {
            Ok((end(solver, steps)? - std::f32::consts::E).abs())
        };
        for (solver, left) in [(Solver::Euler, 0.5), (Solver::Multistep, 0.25)] {
            let gain = error(solver, 80)? / error(solver, 40)?;
            assert!((gain - left).abs() < 0.02, "{solver:?}: {gain}");
        }
        assert!(error(Solver::Multistep, 20)? < 0.1 * error(Solver::Euler, 20)?);
        Ok(())
    }

    #[test]
    fn steps_of_unequal_lengths_are_walked_in_second_order_too() -> Result<()> {
        // A shifted schedule has them: x' = 2s from 0 to 1, which a line through two velocities meets exactly.
        let mut walk = Walk::new(Solver::Multistep);
        let mut x = Tensor::new(0f32, &Device::Cpu)?;
        let places = [0.0, 0.1, 0.3, 0.6, 1.0f32];
        for pair in places.windows(2) {
            let v = Tensor::new(2.0 * pair[0], &Device::Cpu)?;
            x = walk.step(&x, v, pair[1] - pair[0])?;
        }
        // All but the first step, Euler's, which takes 0 for 0.01.
        assert!((x.to_scalar::<f32>()? - 0.99).abs() < 1e-6);
        Ok(())
    }
}
