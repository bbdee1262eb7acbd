//! What happens during a run: its stages, its events, who hears them, and how it is stopped.
//!
//! The library only tells a [`Watch`]; who draws the events is not its business.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use anyhow::Result;
use serde::Serialize;

/// The error of a run that its caller broke off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cancelled;

impl fmt::Display for Cancelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("stopped")
    }
}

impl std::error::Error for Cancelled {}

/// The stages of a run, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Reading the weights file.
    Weights,
    /// Decoding the photo.
    Input,
    /// Finding the subject.
    Cutout,
    /// From pixels to condition tokens.
    Condition,
    /// Counting parts for a model that must be told.
    Count,
    /// The diffusion.
    Denoise,
    /// From latents to fields.
    Fields,
    /// From fields to coloured meshes, one a part.
    Surface,
    /// Size, plinth, and what else its printer wants.
    Fit,
    /// Finding the figurine in the photo.
    Look,
    /// Other proportions.
    Style,
    /// Fewer triangles.
    Simplify,
    /// The photo's colours.
    Colour,
    /// A picture around it.
    Texture,
    /// A skeleton, and another pose.
    Rig,
    /// Writing the file.
    Export,
    /// Drawing the picture.
    Preview,
    /// Drawing it from all around.
    Turntable,
    /// Reading weights for what they are.
    Verify,
    /// Adding weights.
    Import,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Stage::Weights => "loading the model",
            Stage::Input => "reading the photo",
            Stage::Cutout => "cutting out",
            Stage::Condition => "looking at it",
            Stage::Count => "counting parts",
            Stage::Denoise => "imagining",
            Stage::Fields => "shaping",
            Stage::Surface => "building the parts",
            Stage::Fit => "fitting for print",
            Stage::Look => "comparing with the photo",
            Stage::Style => "changing proportions",
            Stage::Simplify => "simplifying",
            Stage::Colour => "colouring",
            Stage::Texture => "painting the texture",
            Stage::Rig => "giving it bones",
            Stage::Export => "writing",
            Stage::Preview => "drawing",
            Stage::Turntable => "turning it around",
            Stage::Verify => "checking",
            Stage::Import => "adding",
        })
    }
}

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// A stage begins; `steps` is 0 where it cannot be counted.
    Begin { stage: Stage, steps: usize },
    /// So many of the stage's steps are done.
    Step { stage: Stage, done: usize },
    /// The stage is over, well or not.
    End { stage: Stage, took: Duration },
    /// One item follows, which goes through these stages, each with its time in some unit; one bar is for all of them.
    Run { stages: Vec<(Stage, f64)> },
    /// So many items follow; one bar is for all of them.
    Batch { count: usize },
    /// An item of the batch is done, well or not, or there was nothing to do for it.
    Next { skipped: bool },
    /// A remark that a person should see, such as a part that came to nothing.
    Note(String),
    /// Something that only the curious want to know.
    Detail(String),
}

/// Receives a run's events, keeps the time of each stage, and may stop the run.
pub struct Watch<'a> {
    sink: &'a (dyn Fn(Event) + Sync),
    cancel: &'a AtomicBool,
    seconds: Mutex<Vec<(Stage, f64)>>,
    /// Remarks, by the thread that made them: each works at one item.
    notes: Mutex<Vec<(ThreadId, String)>>,
}

static NEVER: AtomicBool = AtomicBool::new(false);

impl Watch<'static> {
    /// Hears nothing and never stops a run.
    pub const fn silent() -> Self {
        Self {
            sink: &|_| {},
            cancel: &NEVER,
            seconds: Mutex::new(Vec::new()),
            notes: Mutex::new(Vec::new()),
        }
    }
}

impl<'a> Watch<'a> {
    /// Events go to `sink`; the run ends with [`Cancelled`] soon after `cancel` becomes true.
    pub fn new(sink: &'a (dyn Fn(Event) + Sync), cancel: &'a AtomicBool) -> Self {
        Self {
            sink,
            cancel,
            seconds: Mutex::default(),
            notes: Mutex::default(),
        }
    }

    /// Tells the watcher.
    pub fn tell(&self, event: Event) {
        if let Event::Note(note) = &event {
            lock(&self.notes).push((thread::current().id(), note.clone()));
        }
        (self.sink)(event);
    }

    /// The remarks that this thread made since this was last asked.
    pub fn take_notes(&self) -> Vec<String> {
        let own = thread::current().id();
        let mut notes = lock(&self.notes);
        let (taken, left) = (notes.drain(..)).partition(|(thread, _)| *thread == own);
        *notes = left;
        let taken: Vec<(ThreadId, String)> = taken;
        taken.into_iter().map(|(_, note)| note).collect()
    }

    /// # Errors
    /// [`Cancelled`], once the run is to stop.
    pub fn check(&self) -> Result<()> {
        if self.cancel.load(Ordering::Relaxed) {
            return Err(Cancelled.into());
        }
        Ok(())
    }

    /// Does the work of one stage, between its begin and its end.
    ///
    /// # Errors
    /// Those of the work, and [`Cancelled`].
    pub fn stage<T>(
        &self,
        stage: Stage,
        steps: usize,
        work: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        self.check()?;
        self.tell(Event::Begin { stage, steps });
        let start = Instant::now();
        let result = work();
        let took = start.elapsed();
        lock(&self.seconds).push((stage, took.as_secs_f64()));
        self.tell(Event::End { stage, took });
        result
    }

    /// The seconds of each stage since this was last asked.
    pub fn take_seconds(&self) -> Vec<(Stage, f64)> {
        std::mem::take(&mut lock(&self.seconds))
    }

    /// One more of a stage's steps is done.
    ///
    /// # Errors
    /// [`Cancelled`], so that loops can pass it on.
    pub fn step(&self, stage: Stage, done: usize) -> Result<()> {
        self.tell(Event::Step { stage, done });
        self.check()
    }

    /// Tells of each step of a stage to what counts them itself, and breaks it off when cancelled.
    pub fn counting(&self, stage: Stage) -> impl FnMut(usize, usize) -> ControlFlow<()> {
        move |done, _| match self.step(stage, done) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    }
}

/// A panic elsewhere must not take the messages with it.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cancelled_run_stops_before_its_next_stage_and_at_its_next_step() {
        let cancel = AtomicBool::new(false);
        let sink = |_| ();
        let watch = Watch::new(&sink, &cancel);
        let stopped = watch.stage(Stage::Denoise, 3, || {
            watch.step(Stage::Denoise, 1)?;
            cancel.store(true, Ordering::Relaxed);
            watch.step(Stage::Denoise, 2)?;
            panic!("the step after the cancel must end the stage");
        });
        let stopped: Result<()> = stopped;
        assert!(stopped.is_err_and(|e| e.is::<Cancelled>()));
        assert!(watch.stage(Stage::Export, 0, || Ok(())).is_err());
        let stages: Vec<Stage> = watch.take_seconds().iter().map(|s| s.0).collect();
        assert_eq!(
            stages,
            [Stage::Denoise],
            "a stage that failed was still timed"
        );
    }
}
