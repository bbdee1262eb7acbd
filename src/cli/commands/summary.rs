//! What a person wants to know at the end of a batch.

use std::fmt;

use crate::base::text::plain;

/// What became of the items of a batch.
#[derive(Default)]
pub struct Summary {
    made: usize,
    there: usize,
    /// Those that would have been made again, were it allowed, and why.
    kept: Groups,
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
            let count = names.len().min(Self::TOLD);
            write!(f, "\n  {}", names[..count].join(", "))?;
            match names.len() - count {
                0 => write!(f, ": {words}")?,
                more => write!(f, " and {more} more: {words}")?,
            }
        }
        Ok(())
    }
}

impl Summary {
    /// One more is made, with these remarks.
    pub fn made(&mut self, name: &str, notes: &[String]) {
        self.made += 1;
        for note in notes {
            self.doubts.add(name, note);
        }
    }

    /// One more was there already.
    pub fn there(&mut self) {
        self.there += 1;
    }

    /// One more was there, and would have been made again, were it allowed.
    pub fn kept(&mut self, name: &str, why: &str) {
        self.kept.add(name, why);
    }

    /// Whether nothing was even tried.
    pub fn is_empty(&self) -> bool {
        self.made + self.there + self.kept.count() + self.failed.count() == 0
    }

    /// One more failed, or was not even begun.
    pub fn fail(&mut self, name: &str, why: &str) {
        self.failed.add(name, why);
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kept, failed) = (self.kept.count(), self.failed.count());
        let all = self.made + self.there + kept + failed;
        write!(
            f,
            "of {all} photos {} made, {} there already, ",
            self.made, self.there
        )?;
        if kept > 0 {
            write!(f, "{kept} kept, ")?;
        }
        write!(f, "{failed} failed")?;
        if failed > 0 {
            write!(f, "\nfailed:{}", self.failed)?;
        }
        if kept > 0 {
            write!(f, "\nkept, as --no-clobber wants it:{}", self.kept)?;
        }
        if self.doubts.count() > 0 {
            write!(f, "\nto look at:{}", self.doubts)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_a_reason_however_many_photos() {
        let mut summary = Summary::default();
        for number in 0..7 {
            let name = format!("{number}.heic");
            summary.fail(&name, &format!("{name}: is of a kind"));
            summary.there();
        }
        let text = summary.to_string();
        assert_eq!(
            text,
            "of 14 photos 0 made, 7 there already, 7 failed\nfailed:\n  \
             0.heic, 1.heic, 2.heic, 3.heic, 4.heic and 2 more: is of a kind"
        );
    }
}
