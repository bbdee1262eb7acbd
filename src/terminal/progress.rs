//! A run's events, drawn on standard error: bars, remarks, times.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::out::tell;
use crate::base::progress::{Event, lock};

/// How much a terminal is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Talk {
    /// Nothing.
    Quiet,
    /// Bars where standard error is a terminal, and remarks.
    Normal,
    /// Each stage and its time, too.
    Verbose,
}

/// Draws events on standard error.
pub struct Terminal {
    talk: Talk,
    /// Of the stage, or of the batch.
    bar: Mutex<Option<ProgressBar>>,
    batch: AtomicBool,
}

impl Terminal {
    /// A terminal that has heard nothing yet.
    pub fn new(talk: Talk) -> Self {
        Self {
            talk,
            bar: Mutex::default(),
            batch: AtomicBool::new(false),
        }
    }

    /// Draws an event.
    pub fn hear(&self, event: Event) {
        let mut bar = lock(&self.bar);
        let batch = self.batch.load(Ordering::Relaxed);
        match event {
            Event::Batch { count } if self.talk > Talk::Quiet => {
                self.batch.store(true, Ordering::Relaxed);
                *bar = Some(new_bar(String::new(), count));
            }
            Event::Next { skipped } => {
                if let Some(bar) = &*bar {
                    // What was there already tells nothing of how long the rest takes.
                    if skipped {
                        bar.set_length(bar.length().unwrap_or_default().saturating_sub(1));
                    } else {
                        bar.inc(1);
                    }
                }
            }
            Event::Begin { stage, .. } if batch => {
                if let Some(bar) = &*bar {
                    bar.set_message(stage.to_string());
                }
            }
            Event::Begin { stage, steps } if self.talk > Talk::Quiet => {
                *bar = Some(new_bar(stage.to_string(), steps));
            }
            Event::Step { done, .. } if !batch => {
                if let Some(bar) = &*bar {
                    bar.set_position(done as u64);
                }
            }
            Event::End { stage, took } => {
                if !batch && let Some(bar) = bar.take() {
                    bar.finish_and_clear();
                }
                if self.talk == Talk::Verbose {
                    above(&bar, &format!("{stage:<20}{:>8.2} s", took.as_secs_f64()));
                }
            }
            Event::Note(note) if self.talk > Talk::Quiet => above(&bar, &note),
            Event::Detail(detail) if self.talk == Talk::Verbose => above(&bar, &detail),
            Event::Begin { .. } | Event::Step { .. } | Event::Batch { .. } => {}
            Event::Note(_) | Event::Detail(_) => {}
        }
    }

    /// Writes with `print` what a bar must not overwrite.
    pub fn suspended(&self, print: impl FnOnce()) {
        match &*lock(&self.bar) {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }
}

/// Writes a line above the bar, which would otherwise overwrite it.
fn above(bar: &Option<ProgressBar>, line: &str) {
    match bar {
        Some(bar) => bar.suspend(|| tell(line)),
        None => tell(line),
    }
}

/// A bar with the time left, or a spinner for what cannot be counted; hidden without a terminal.
fn new_bar(message: String, steps: usize) -> ProgressBar {
    let (bar, template) = if steps > 0 {
        (
            ProgressBar::new(steps as u64),
            "{msg:<20} {bar:30} {pos}/{len}, {eta} left",
        )
    } else {
        (ProgressBar::new_spinner(), "{msg:<20} {spinner} {elapsed}")
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.set_message(message);
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}
