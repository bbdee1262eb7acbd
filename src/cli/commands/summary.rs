//! What a person wants to know at the end of a batch.

use std::fmt;

use anyhow::Result;

use crate::base::text::plain;
use crate::pipeline::Outcome;
use crate::pipeline::job::Item;

/// What became of the items of a batch.
#[derive(Default)]
pub struct Summary {
    made: usize,
    there: usize,
    failed: Groups,
    /// What is in doubt about those that were made.
    doubts: Groups,
}

/// Words, each with the names of the photos that they are about.
#[derive(Default)]
struct Groups(Vec<(String, Vec<String>)>);

impl Groups {
    /// So many names are told.
    const TOLD: usize = 5;

    /// Words that may begin with the name already.
    fn add(&mut self, name: &str, words: &str) {
        // Nothing of them makes further lines.
        let (name, words) = (&*plain(name), &*plain(words));
        let words = (words.strip_prefix(name)).map_or(words, |rest| rest.trim_start_matches(": "));
        match self.0.iter_mut().find(|(other, _)| other == words) {
            Some((_, names)) => names.push(name.to_owned()),
            None => self.0.push((words.to_owned(), vec![name.to_owned()])),
        }
    }

    fn count(&self) -> usize {
        self.0.iter().map(|(_, names)| names.len()).sum()
    }
}

impl fmt::Display for Groups {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (words, names) in &self.0 {
            let told = names.len().min(Self::TOLD);
            write!(f, "\n  {}", names[..told].join(", "))?;
            match names.len() - told {
                0 => write!(f, ": {words}")?,
                more => write!(f, " and {more} more: {words}")?,
            }
        }
        Ok(())
    }
}

impl Summary {
    /// One more item is done, well or not.
    pub fn add(&mut self, item: &Item, result: &Result<Outcome>) {
        let name = item.name();
        match result {
            Ok(Outcome::Made(report)) => {
                self.made += 1;
                for note in &report.notes {
                    self.doubts.add(&name, note);
                }
            }
            Ok(Outcome::Skipped) => self.there += 1,
            Err(error) => self.fail(&name, &format!("{error:#}")),
        }
    }

    /// Whether nothing was even tried.
    pub fn is_empty(&self) -> bool {
        self.made + self.there + self.failed.count() == 0
    }

    /// Something was not even begun.
    pub fn fail(&mut self, name: &str, why: &str) {
        self.failed.add(name, why);
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failed = self.failed.count();
        let all = self.made + self.there + failed;
        write!(
            f,
            "of {all} photos {} made, {} there already, {failed} failed",
            self.made, self.there
        )?;
        if failed > 0 {
            write!(f, "\nfailed:{}", self.failed)?;
        }
        if self.doubts.count() > 0 {
            write!(f, "\nto look at:{}", self.doubts)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use anyhow::anyhow;

    use super::*;

    #[test]
    fn one_line_a_reason_however_many_photos() {
        let mut summary = Summary::default();
        for number in 0..7 {
            let input = PathBuf::from(format!("{number}.heic"));
            let error = anyhow!("{}: is of a kind", input.display());
            let item = Item {
                input: Some(input),
                output: "x.glb".into(),
            };
            summary.add(&item, &Err(error));
            summary.add(&item, &Ok(Outcome::Skipped));
        }
        let text = summary.to_string();
        assert_eq!(
            text,
            "of 14 photos 0 made, 7 there already, 7 failed\nfailed:\n  \
             0.heic, 1.heic, 2.heic, 3.heic, 4.heic and 2 more: is of a kind"
        );
    }
}
