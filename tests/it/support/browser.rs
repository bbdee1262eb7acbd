//! A browser without a screen and without a network, which looks at a page and is closed again.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use image::RgbImage;

/// The browser that `GEN3D_BROWSER` names, or one of these; and what a command without a network begins with.
static BROWSER: LazyLock<Option<(PathBuf, Vec<&'static str>)>> = LazyLock::new(|| {
    let named = std::env::var_os("GEN3D_BROWSER").map(PathBuf::from);
    let usual = ["chromium", "chromium-browser", "google-chrome"].map(PathBuf::from);
    let starts = |program: &PathBuf| Command::new(program).arg("--version").output().is_ok();
    let browser = named.into_iter().chain(usual).find(starts)?;
    let alone = ["unshare", "-r", "-n"];
    let works = Command::new(alone[0])
        .args(&alone[1..])
        .arg("true")
        .output();
    let works = works.is_ok_and(|run| run.status.success());
    Some((browser, if works { alone.to_vec() } else { Vec::new() }))
});

/// Whether there is one; else it is said that `what` was left out.
pub fn is_there(what: &str) -> bool {
    if BROWSER.is_none() {
        skip!("no Chromium (.ci/judges installs it): {what}");
    }
    BROWSER.is_some()
}

/// Shows a page, at what its address says after `#`; no name leads anywhere, and where the system can, there is no
/// network at all.
fn show(page: &Path, hash: &str, size: (u32, u32), more: &[String]) -> Output {
    let (browser, alone) = BROWSER.as_ref().expect("a browser, see is_there");
    let profile = tempfile::tempdir().expect("a temporary folder");
    let mut words = alone.iter();
    let mut command = match words.next() {
        Some(first) => Command::new(first),
        None => Command::new(browser),
    };
    command.args(words);
    if !alone.is_empty() {
        command.arg(browser);
    }
    command
        .args([
            "--headless",
            "--no-sandbox",
            "--hide-scrollbars",
            "--force-device-scale-factor=1",
        ])
        .args([
            "--use-angle=swiftshader",
            "--enable-unsafe-swiftshader",
            "--ignore-gpu-blocklist",
        ])
        .args([
            "--host-resolver-rules=MAP * ~NOTFOUND",
            "--enable-logging=stderr",
        ])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("--window-size={},{}", size.0, size.1))
        .args(more)
        .arg(format!("file://{}#{hash}", page.display()));
    command.output().expect("it was there a moment ago")
}

/// What a browser of this size draws.
pub fn shot(page: &Path, hash: &str, size: (u32, u32)) -> RgbImage {
    let file = page.with_extension("shot.png");
    let _ = std::fs::remove_file(&file);
    let output = show(
        page,
        hash,
        size,
        &[format!("--screenshot={}", file.display())],
    );
    let said = String::from_utf8_lossy(&output.stderr);
    let picture = image::open(&file);
    picture
        .unwrap_or_else(|e| panic!("no picture of the page: {e}: {said}"))
        .into_rgb8()
}

/// What the page has become once it was shown.
pub fn document(page: &Path, hash: &str) -> String {
    // A picture is decoded beside the script, however long that takes: a busy machine may need another try.
    let mut found = String::new();
    for budget in [5_000, 20_000, 60_000] {
        let more = [
            "--dump-dom".into(),
            format!("--virtual-time-budget={budget}"),
        ];
        let output = show(page, hash, (1000, 800), &more);
        found = String::from_utf8_lossy(&output.stdout).into_owned();
        if found.contains("data-ready") {
            break;
        }
    }
    found
}
