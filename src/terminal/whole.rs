//! How far a run of several stages is.

use crate::base::progress::Stage;

/// The stages of a run, of which each takes its share of the time.
pub(super) struct Whole {
    stages: Vec<(Stage, f64)>,
    /// The one that is at work, or comes next.
    at: usize,
    /// Time of the stages that are over, and of those that did not come.
    done: f64,
    skipped: f64,
    /// How many steps the stage at work has, and how many are done.
    steps: (usize, usize),
}

impl Whole {
    pub(super) fn new(stages: Vec<(Stage, f64)>) -> Self {
        Self {
            stages,
            at: 0,
            done: 0.0,
            skipped: 0.0,
            steps: (0, 0),
        }
    }

    /// A stage begins. Those before it that did not come do not count.
    pub(super) fn begin(&mut self, stage: Stage, steps: usize) {
        let ahead = self.stages[self.at..].iter();
        if let Some(passed) = ahead.clone().position(|(other, _)| *other == stage) {
            self.skipped += ahead.take(passed).map(|(_, time)| time).sum::<f64>();
            self.at += passed;
            self.steps = (steps, 0);
        }
    }

    /// So many of the stage's steps are done. Of threads side by side an earlier count may come later.
    pub(super) fn step(&mut self, stage: Stage, done: usize) {
        if self.is_at(stage) {
            self.steps.1 = self.steps.1.max(done).min(self.steps.0);
        }
    }

    /// A stage is over.
    pub(super) fn end(&mut self, stage: Stage) {
        if self.is_at(stage) {
            self.done += self.stages[self.at].1;
            self.at += 1;
            self.steps = (0, 0);
        }
    }

    /// The share of the whole that is done.
    pub(super) fn share(&self) -> f64 {
        let all: f64 = self.stages.iter().map(|(_, time)| time).sum();
        let now = self.stages.get(self.at).map_or(0.0, |(_, time)| *time);
        let part = match self.steps {
            (0, _) => 0.0,
            (steps, done) => now * done as f64 / steps as f64,
        };
        ((self.done + part) / (all - self.skipped).max(f64::MIN_POSITIVE)).clamp(0.0, 1.0)
    }

    fn is_at(&self, stage: Stage) -> bool {
        (self.stages.get(self.at)).is_some_and(|(other, _)| *other == stage)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_share_grows_over_all_stages() {
        let mut whole = Whole::new(vec![
            (Stage::Input, 1.0),
            (Stage::Denoise, 2.0),
            (Stage::Surface, 4.0),
            (Stage::Export, 1.0),
        ]);
        let mut shares = vec![whole.share()];
        let mut work = |stage, steps| {
            whole.begin(stage, steps);
            shares.push(whole.share());
            for done in (1..=steps).chain((0..steps).rev()) {
                whole.step(stage, done); // threads count in any order
                shares.push(whole.share());
            }
            whole.end(stage);
            shares.push(whole.share());
        };
        work(Stage::Input, 0);
        work(Stage::Weights, 2); // nobody expected it
        work(Stage::Surface, 4); // and what was imagined is kept from before
        work(Stage::Surface, 4); // once more
        work(Stage::Export, 0);
        assert!(shares.is_sorted(), "it never goes back: {shares:?}");
        assert_eq!((shares[0], shares.last()), (0.0, Some(&1.0)));
        assert!(
            shares.contains(&(3.0 / 6.0)),
            "half of the parts: {shares:?}"
        );
    }
}
