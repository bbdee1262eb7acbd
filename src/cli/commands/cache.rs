//! `gen3d cache` and `gen3d forget`: what is kept, and being rid of it.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};

use super::FAILED;
use crate::base::text::{count, plain, shown};
use crate::cache::{self, Entry, Folder, Forgotten};
use crate::cli::flags::Forget;
use crate::cli::job::{cache_folder, pattern};
use crate::model_library::Library;
use crate::terminal::out::{self, say, tell, tell_lines};

/// The folder of sealed results, swept.
fn folder(named: Option<PathBuf>) -> Result<Folder> {
    let path = cache_folder(named)
        .or_else(cache::default_folder)
        .context("there is no home folder, so there is no cache but one that --cache-dir names")?;
    let folder = Folder::at(path);
    folder.sweep();
    Ok(folder)
}

/// What has expired in the user's folder goes, whatever this process was started for.
pub fn sweep() {
    let _ = folder(None); // without a home there is nothing to sweep
}

/// Says what is kept.
pub fn list(named: Option<PathBuf>, json: bool) -> Result<u8> {
    let folder = folder(named)?;
    let context = || format!("{}: the cache cannot be read", folder.path().display());
    let entries = folder.contents().with_context(context)?.entries;
    let models = Library::of_user(None).map_or(Vec::new(), |library| library.models());
    let now = SystemTime::now();
    let age = |e: &Entry| now.duration_since(e.made).unwrap_or_default();
    let left = |e: &Entry| e.head.expires.duration_since(now).unwrap_or_default();
    let bytes: u64 = entries.iter().map(|entry| entry.bytes).sum();
    if json {
        let results: Vec<_> = (entries.iter())
            .map(|entry| {
                serde_json::json!({"bytes": entry.bytes, "age_seconds": age(entry).as_secs(),
                    "expires_in_seconds": left(entry).as_secs()})
            })
            .collect();
        let models: Vec<_> = (models.iter()).map(super::model::about).collect();
        let all = serde_json::json!({"folder": folder.path().to_string_lossy(), "count": results.len(), "bytes": bytes,
            "results": results, "models": models});
        out::json(&all)?;
        return Ok(0);
    }
    let mut text = format!(
        "{}: {}, {}\n",
        shown(folder.path()),
        count(entries.len(), "sealed result"),
        size(bytes)
    );
    // By age, so that the last is the youngest.
    if let (Some(oldest), Some(youngest)) = (entries.first(), entries.last()) {
        let last = entries.iter().map(left).max().unwrap_or_default();
        text += &format!(
            "made {} to {} ago; the last expires in {}\n",
            time(age(oldest)),
            time(age(youngest)),
            time(last)
        );
    }
    let bytes = models.iter().map(|model| model.bytes).sum();
    text += &format!("added models: {}, {}\n", models.len(), size(bytes));
    say(&text)?;
    Ok(0)
}

/// Forgets, and says what is gone and what remains.
pub fn forget(flags: Forget) -> Result<u8> {
    let folder = folder(flags.cache_dir)?;
    let what = cache::Forget {
        photos: pattern::expand(&flags.photos)?,
        prompts: flags.prompt,
        older_than: flags.older_than,
        models: (flags.models).then(|| Library::of_user(None)).flatten(),
        dry_run: flags.dry_run,
    };
    let done = cache::forget(&folder, &what);
    if flags.json {
        out::json(&done)?;
    } else {
        say(&summary(&done, folder.path()))?;
    }
    if !done.remains.is_empty() {
        let lines: String = (done.remains.iter())
            .map(|line| format!("\n  {}", plain(line)))
            .collect();
        tell_lines(&format!("gen3d: this remains:{lines}"));
    }
    if !done.unknown.is_empty() {
        let unknown = done.unknown.join(", ");
        tell(&format!(
            "gen3d: nothing is kept that was made of {unknown}"
        ));
    }
    Ok(if done.is_clean() { 0 } else { FAILED })
}

fn summary(done: &Forgotten, folder: &Path) -> String {
    let removed = if done.dry_run {
        "would remove"
    } else {
        "removed"
    };
    let mut text = format!(
        "{}: {removed} {}, {}\n",
        shown(folder),
        count(done.results + done.unfinished, "result"),
        size(done.bytes)
    );
    if done.salt {
        text += if done.dry_run {
            "the salt would be destroyed first\n"
        } else {
            "the salt was destroyed first: what may linger of them on the disk is noise\n"
        };
    }
    if done.models > 0 {
        text += &format!("{removed} {}\n", count(done.models, "added model"));
    }
    if done.foreign > 0 {
        text += &format!(
            "left alone: {} that gen3d did not make\n",
            count(done.foreign, "file")
        );
    }
    text
}

pub fn size(bytes: u64) -> String {
    match bytes {
        0..1000 => format!("{bytes} bytes"),
        1000..1_000_000 => format!("{:.1} KB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

fn time(span: Duration) -> String {
    match span.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min", seconds / 60),
        seconds @ 7200..172_800 => format!("{} h", seconds / 3600),
        seconds => format!("{} days", seconds / 86_400),
    }
}
