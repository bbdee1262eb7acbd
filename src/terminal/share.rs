//! How far a run is, told to the program that started it: lines of JSON on standard error.

use std::sync::Mutex;

use serde_json::json;

use super::out::tell;
use super::whole::Whole;
use crate::base::progress::{Event, Stage, lock};

/// Tells how far a run is, each time that a hundredth more is done or another stage begins.
#[derive(Default)]
pub struct Share(Mutex<State>);

#[derive(Default)]
struct State {
    about: About,
    stage: Option<Stage>,
    /// Hundredths, and the stage, that were printed last.
    last: Option<(u32, Option<Stage>)>,
}

#[derive(Default)]
enum About {
    #[default]
    Nothing,
    Run(Whole),
    Batch {
        done: usize,
        count: usize,
    },
}

impl Share {
    /// Takes in an event, and tells what it changes.
    pub fn hear(&self, event: &Event) {
        // Until it is told, nobody else tells an earlier share.
        let mut state = lock(&self.0);
        if let Some(line) = state.hear(event) {
            tell(&line);
        }
    }
}

impl State {
    /// A line, where there is something new to tell.
    fn hear(&mut self, event: &Event) -> Option<String> {
        match (event, &mut self.about) {
            (Event::Run { stages }, about) => *about = About::Run(Whole::new(stages.clone())),
            (&Event::Batch { count }, about) => *about = About::Batch { done: 0, count },
            (&Event::Begin { stage, steps }, About::Run(whole)) => {
                whole.begin(stage, steps);
                self.stage = Some(stage);
            }
            (&Event::Step { stage, done }, About::Run(whole)) => whole.step(stage, done),
            (Event::End { stage, .. }, About::Run(whole)) => whole.end(*stage),
            (Event::Next { .. }, About::Batch { done, .. }) => *done += 1,
            _ => return None,
        }
        let share = match &self.about {
            About::Nothing => return None,
            About::Run(whole) => whole.share(),
            About::Batch { done, count } => *done as f64 / (*count).max(1) as f64,
        };
        let now = ((share * 100.0) as u32, self.stage);
        let new = self.last.replace(now) != Some(now);
        new.then(|| json!({"progress": f64::from(now.0) / 100.0, "stage": now.1}).to_string())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn lines(events: &[Event]) -> Vec<String> {
        let mut state = State::default();
        events.iter().filter_map(|e| state.hear(e)).collect()
    }

    #[test]
    fn a_hundredth_or_a_stage_is_told_once() {
        let stages = vec![(Stage::Denoise, 3.0), (Stage::Export, 1.0)];
        let step = |done| Event::Step {
            stage: Stage::Denoise,
            done,
        };
        let mut events = vec![
            Event::Note("for people".into()),
            Event::Run { stages },
            Event::Begin {
                stage: Stage::Denoise,
                steps: 3000,
            },
        ];
        events.extend((1..=3000).map(step));
        events.push(Event::End {
            stage: Stage::Denoise,
            took: Duration::ZERO,
        });
        let printed = lines(&events);
        assert_eq!(printed[0], r#"{"progress":0.0,"stage":null}"#);
        assert_eq!(printed[1], r#"{"progress":0.0,"stage":"denoise"}"#);
        assert_eq!(printed[76], r#"{"progress":0.75,"stage":"denoise"}"#);
        assert_eq!(
            printed.len(),
            77,
            "3000 steps are 75 hundredths: {printed:?}"
        );
    }

    #[test]
    fn of_a_batch_the_share_of_its_photos_is_told() {
        let next = || Event::Next { skipped: false };
        let begin = Event::Begin {
            stage: Stage::Denoise,
            steps: 8,
        };
        let printed = lines(&[Event::Batch { count: 4 }, begin, next(), next()]);
        let line = |share: &str| format!(r#"{{"progress":{share},"stage":null}}"#);
        assert_eq!(printed, [line("0.0"), line("0.25"), line("0.5")]);
    }
}
