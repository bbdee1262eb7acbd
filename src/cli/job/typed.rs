//! What is meant by what people type first: words without a flag, a pattern that no shell replaced, no `-o`.

use std::ffi::{OsStr, OsString};
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use anyhow::{Result, bail, ensure};

use super::inputs;
use super::pattern;
use crate::base::{handed, text};
use crate::cli::flags::{Cli, Make};
use crate::export::{self, Format};
use crate::photo::kind;
use crate::pipeline::job::Usage;

/// Bytes that a name made of words has at most.
const LONGEST_OF_WORDS: usize = 60;
/// Further endings of files that no words have.
const FILES: [&str; 4] = ["txt", "pdf", "svg", "csv"];

/// Words among the photos become the prompt, and patterns the files that they mean.
///
/// # Errors
/// [`Usage`]: words that nothing tells from the names of files, or a figurine's name among the photos.
pub(super) fn settle(flags: &mut Make) -> Result<()> {
    check_output_flag(flags)?;
    check_quotes(flags)?;
    if flags.besides.prompt.is_none() {
        let words = |path: &&PathBuf| is_words(path);
        let found: Vec<String> = (flags.inputs.iter().filter(words))
            .map(|path| path.to_string_lossy().into_owned())
            .collect();
        ensure!(
            found.len() <= 1,
            Usage(format!(
                "'{}' and '{}': all words go into one pair of quotation marks, and a photo that is missing here may be \
                 somewhere else",
                found[0], found[1]
            ))
        );
        flags.besides.prompt = found.into_iter().next();
        if flags.besides.prompt.is_some() {
            flags.inputs.retain(|path| !is_words(path));
        }
    }
    flags.inputs = pattern::expand(&flags.inputs)?;
    check_handed(flags)
}

/// Whether an argument is no file, and reads as words.
fn is_words(path: &Path) -> bool {
    let Some(text) = path.to_str() else {
        return false;
    };
    let ending = export::ending(path);
    let file = kind::ENDINGS.contains(&&*ending) || FILES.contains(&&*ending);
    text.trim().contains(char::is_whitespace)
        && !text.contains(['/', '\\'])
        && !file
        && Format::of(path).is_err()
        && path.symlink_metadata().is_err()
}

/// `gen3d photo.jpg out.glb`.
fn check_output_flag(flags: &Make) -> Result<()> {
    let Some((last, before)) = flags.inputs.split_last() else {
        return Ok(());
    };
    if let [first, ..] = before
        && flags.output.is_none()
    {
        check_command(first)?;
    }
    let name = last.display();
    match Format::of(last) {
        Err(_) => Ok(()),
        Ok(_) if flags.output.is_none() && (!before.is_empty() || !last.is_file()) => bail!(Usage(
            format!("{name}: is that the file to write? Then say -o {name}")
        )),
        Ok(_) => bail!(Usage(format!(
            "{name}: is the name of a figurine, not of a photo; 'gen3d inspect {name}' looks at one"
        ))),
    }
}

/// `gen3d inspekt figure.stl`.
fn check_command(word: &Path) -> Result<()> {
    let Some(text) = word.to_str().filter(|_| word.symlink_metadata().is_err()) else {
        return Ok(());
    };
    let program = Cli::program();
    let near = (program.get_subcommands()).find(|command| is_near(command.get_name(), text));
    match near {
        Some(command) => bail!(Usage(format!(
            "{text}: there is no such photo and no such command; was 'gen3d {}' meant?",
            command.get_name()
        ))),
        None => Ok(()),
    }
}

/// `gen3d a knight with a shield`, without quotation marks, and `gen3d dragon`.
fn check_quotes(flags: &Make) -> Result<()> {
    let plain = |path: &&PathBuf| {
        let text = path.to_str().unwrap_or(".");
        text.chars().all(|c| c.is_alphabetic() || "'-,".contains(c))
            && text.contains(char::is_alphabetic)
            && path.symlink_metadata().is_err()
    };
    let (words, files): (Vec<&PathBuf>, _) = flags.inputs.iter().partition(plain);
    // Of a batch some may be missing.
    let single = |output: &PathBuf| Format::of(output).is_ok();
    let batch = !files.is_empty() && !flags.output.as_ref().is_some_and(single);
    match &words[..] {
        [] => return Ok(()),
        _ if batch => return Ok(()),
        [word] if files.is_empty() => {
            if flags.output.is_none() {
                check_command(word)?;
            }
            let word = word.display();
            bail!(Usage(format!(
                "{word}: there is no such photo or folder; if that is what is to be made, say --prompt {word}"
            )));
        }
        [_] => return Ok(()),
        _ => {}
    }
    let shown = |paths: &[&PathBuf]| {
        let names = paths.iter().map(|path| path.to_string_lossy());
        names.collect::<Vec<_>>().join(" ")
    };
    let (files, words) = (shown(&files), shown(&words));
    let space = if files.is_empty() { "" } else { " " };
    bail!(Usage(format!(
        "there are no photos of these names; words go between quotation marks: gen3d {files}{space}\"{words}\""
    )))
}

/// What is handed open can be read once, and a pipe has no name.
fn check_handed(flags: &Make) -> Result<()> {
    let besides = &flags.besides;
    let read = (flags
        .inputs
        .iter()
        .chain(&flags.list)
        .chain(&flags.cutting.mask))
    .chain(
        besides
            .left
            .iter()
            .chain(&besides.right)
            .chain(&besides.back),
    );
    let mut seen = Vec::new();
    for path in read {
        let Some(number) = handed::number(path) else {
            continue;
        };
        ensure!(
            !seen.contains(&number),
            Usage(format!(
                "{}: what comes from there can be read only once",
                path.display()
            ))
        );
        seen.push(number);
    }
    Ok(())
}

/// Where the figurines go: as named, or beside nobody's file under the name of the photo or of the words.
///
/// # Errors
/// [`Usage`]: nothing gives a name, or a file is in the way that gen3d did not make.
pub(super) fn output(flags: &Make, format: Format, notes: &mut Vec<String>) -> Result<PathBuf> {
    if let Some(output) = &flags.output {
        return Ok(output.clone());
    }
    let stem = match &flags.inputs[..] {
        [] if flags.list.is_none() => of_words(flags.besides.prompt.as_deref().unwrap_or_default()),
        [photo] if flags.list.is_none() && !photo.is_dir() => {
            ensure!(
                handed::number(photo).is_none(),
                Usage(format!(
                    "{}: what comes through a pipe has no name: say -o FILE, or -o - for standard output",
                    photo.display()
                ))
            );
            photo.file_stem().unwrap_or_default().to_owned()
        }
        _ => bail!(Usage(
            "several photos, or a folder of them, need a folder for their figurines: say -o figurines".into()
        )),
    };
    let path = PathBuf::from(inputs::file_name(&stem, 1, format.ending(), flags.split));
    notes.extend(inputs::note_of_cut(&stem, &path));
    match export::in_the_way(&path, flags.split) {
        Some(other) => bail!(Usage(format!(
            "{}: is there already, and gen3d did not make it: say -o {} to replace it, or -o with another name",
            other.display(),
            path.display()
        ))),
        None => Ok(path),
    }
}

/// A name that files can have, of words.
pub(super) fn of_words(words: &str) -> OsString {
    let plain = |c: char| if c.is_alphanumeric() { c } else { ' ' };
    let words: String = words.to_lowercase().chars().map(plain).collect();
    let name = words.split_whitespace().collect::<Vec<_>>().join("-");
    match name.is_empty() {
        true => "figurine".into(),
        false => text::cut(OsStr::new(&name), LONGEST_OF_WORDS),
    }
}

/// Whether a path is written as that of a folder, there or not.
pub fn names_folder(path: &Path) -> bool {
    let last = path.as_os_str().as_encoded_bytes().last();
    last.is_some_and(|&last| last == b'/' || last == MAIN_SEPARATOR as u8)
}

/// Whether one word is most likely the other, misspelt.
fn is_near(one: &str, other: &str) -> bool {
    2 * distance(one, other) < one.len().max(other.len()).min(6)
}

/// How many letters one word has to be changed by to be the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut before = row[0];
        row[0] = i + 1;
        for (j, &b) in other.iter().enumerate() {
            let changed = before + usize::from(a != b);
            before = row[j + 1];
            row[j + 1] = changed.min(before + 1).min(row[j] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_from_names_of_files() {
        for words in [
            "a knight with a red shield",
            "a bear, on a base",
            "un château fort",
        ] {
            assert!(is_words(Path::new(words)), "{words}");
        }
        for file in [
            "my photo.jpg",
            "some/where a",
            "C:\\My Pictures\\a",
            "my cat.heic",
            "knight",
            "a b.glb",
        ] {
            assert!(!is_words(Path::new(file)), "{file}");
        }
    }

    #[test]
    fn words_make_a_name() {
        assert_eq!(
            of_words("A knight, with a red shield!"),
            "a-knight-with-a-red-shield"
        );
        assert_eq!(of_words("../../etc"), "etc");
        assert_eq!(of_words("?!"), "figurine");
        assert!(of_words(&"é".repeat(99)).len() <= LONGEST_OF_WORDS);
    }

    #[test]
    fn near_words_are_near() {
        assert_eq!(distance("man", ""), 3);
        for (one, other) in [("inspect", "inspekt"), ("cache", "cahce"), ("man", "mann")] {
            assert!(is_near(one, other), "{one} {other}");
        }
        for (one, other) in [("man", "a"), ("man", "cat"), ("inspect", "insect man")] {
            assert!(!is_near(one, other), "{one} {other}");
        }
    }
}
