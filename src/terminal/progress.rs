//! A run's events, drawn on standard error: bars, remarks, times.

use std::fmt;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressState, ProgressStyle};

use super::line;
use super::out::tell;
use super::whole::Whole;
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
    drawn: Mutex<Drawn>,
}

/// The bar, and what it is about.
#[derive(Default)]
struct Drawn {
    bar: Option<ProgressBar>,
    about: About,
}

#[derive(Default)]
enum About {
    /// The stage.
    #[default]
    Stage,
    /// All stages of one item.
    Whole(Whole),
    /// All items.
    Batch,
}

/// So fine is the bar over all stages.
const PARTS: u64 = 1000;

impl Terminal {
    /// A terminal that has heard nothing yet.
    pub fn new(talk: Talk) -> Self {
        Self {
            talk,
            drawn: Mutex::default(),
        }
    }

    /// Draws an event.
    pub fn hear(&self, event: Event) {
        let mut drawn = lock(&self.drawn);
        let Drawn { bar, about } = &mut *drawn;
        match (event, about) {
            (Event::Run { stages }, about) if self.talk > Talk::Quiet => {
                *about = About::Whole(Whole::new(stages));
                *bar = Some(new_bar(String::new(), Some((PARTS, SHARE))));
            }
            (Event::Batch { count }, about) if self.talk > Talk::Quiet => {
                *about = About::Batch;
                *bar = Some(new_bar(String::new(), Some((count as u64, COUNT))));
            }
            (Event::Next { .. }, About::Whole(_)) => finish(bar),
            (Event::Next { skipped }, _) => {
                if let Some(bar) = bar {
                    // What was there already tells nothing of how long the rest takes.
                    if skipped {
                        bar.set_length(bar.length().unwrap_or_default().saturating_sub(1));
                    } else {
                        bar.inc(1);
                    }
                }
            }
            (Event::Begin { stage, steps }, About::Stage) if self.talk > Talk::Quiet => {
                let counted = (steps > 0).then_some((steps as u64, COUNT));
                *bar = Some(new_bar(stage.to_string(), counted));
            }
            (Event::Begin { stage, steps }, about) => {
                if let Some(bar) = bar {
                    bar.set_message(stage.to_string());
                }
                if let About::Whole(whole) = about {
                    whole.begin(stage, steps);
                    show(bar, whole);
                }
            }
            (Event::Step { stage, done }, About::Whole(whole)) => {
                whole.step(stage, done);
                show(bar, whole);
            }
            (Event::Step { done, .. }, About::Stage) => {
                if let Some(bar) = bar {
                    bar.set_position(done as u64);
                }
            }
            (Event::End { stage, took }, about) => {
                match about {
                    About::Stage => finish(bar),
                    About::Whole(whole) => {
                        whole.end(stage);
                        show(bar, whole);
                    }
                    About::Batch => {}
                }
                if self.talk == Talk::Verbose {
                    above(bar, &format!("{stage:<20}{:>8.2} s", took.as_secs_f64()));
                }
            }
            (Event::Note(note), _) if self.talk > Talk::Quiet => above(bar, &note),
            (Event::Detail(detail), _) if self.talk == Talk::Verbose => above(bar, &detail),
            (Event::Run { .. } | Event::Batch { .. } | Event::Step { .. }, _) => {}
            (Event::Note(_) | Event::Detail(_), _) => {}
        }
    }

    /// Takes away the bar of a run that is over, however it ended.
    pub fn end(&self) {
        finish(&mut lock(&self.drawn).bar);
    }

    /// The same where the process is about to end: nothing is drawn while `last` has the last word. Who writes to
    /// something that takes nothing more is not waited for.
    pub fn close(&self, last: impl FnOnce()) {
        let mut drawn = self.drawn.try_lock();
        for _ in 0..10 {
            if drawn.is_ok() {
                break;
            }
            thread::sleep(Duration::from_millis(10));
            drawn = self.drawn.try_lock();
        }
        if let Ok(drawn) = &mut drawn {
            finish(&mut drawn.bar);
        }
        line::clear();
        last();
    }

    /// Writes with `print` what a bar must not overwrite.
    pub fn suspended(&self, print: impl FnOnce()) {
        match &lock(&self.drawn).bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }
}

fn show(bar: &Option<ProgressBar>, whole: &Whole) {
    if let Some(bar) = bar {
        bar.set_position((whole.share() * PARTS as f64) as u64);
    }
}

fn finish(bar: &mut Option<ProgressBar>) {
    if let Some(bar) = bar.take() {
        bar.finish_and_clear();
    }
}

/// Writes a line above the bar, which would otherwise overwrite it.
fn above(bar: &Option<ProgressBar>, line: &str) {
    match bar {
        Some(bar) => bar.suspend(|| tell(line)),
        None => tell(line),
    }
}

const COUNT: &str = "{msg:<24} {bar:24} {pos}/{len}{left}";
const SHARE: &str = "{msg:<24} {bar:24} {percent:>3} %{left}";

/// A bar with the time left, or a spinner for what cannot be counted; hidden without a terminal.
fn new_bar(message: String, counted: Option<(u64, &str)>) -> ProgressBar {
    let (bar, template) = match counted {
        Some((length, template)) => (ProgressBar::new(length), template),
        None => (ProgressBar::new_spinner(), "{msg:<24} {spinner} {elapsed}"),
    };
    bar.set_draw_target(line::target());
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.with_key("left", left));
    }
    bar.set_message(message);
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// The time left, once enough is done to say so.
fn left(state: &ProgressState, to: &mut dyn fmt::Write) {
    let (done, all) = (state.pos() as f64, state.len().unwrap_or_default() as f64);
    let passed = state.elapsed().as_secs_f64();
    if passed >= 1.0 && done > 0.02 * all && done < all {
        let left = (passed * (all - done) / done).ceil() as u64;
        let _ = match left {
            0..60 => write!(to, ", {left} s left"),
            60..3600 => write!(to, ", {} min left", left.div_ceil(60)),
            _ => write!(to, ", {} h left", left.div_ceil(3600)),
        };
    }
}
