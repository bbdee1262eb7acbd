//! Real shells and a real terminal: what completes, and what is seen.
#![cfg(unix)]

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use image::ImageFormat;

use crate::support::pictures;
use crate::support::program::{self, Place, model};

/// A shell, or nothing, which is told.
fn shell(name: &str) -> Option<Command> {
    match Command::new(name).arg("--version").output() {
        Ok(output) if output.status.success() => Some(Command::new(name)),
        _ => {
            skip!("no {name}: .ci/judges installs it; its completions were not loaded");
            None
        }
    }
}

/// A folder with the completions for a shell, and the program on the path.
fn completions(shell: &str, name: &str) -> Place {
    let place = Place::new();
    let script = place.command().args(["completions", shell]).output();
    let script = program::printed(&script.expect("the program can be started"));
    place.with(name, script).with("photo.png", "")
}

/// What a shell prints that runs this script in that folder.
fn run(mut shell: Command, place: &Place, flags: &[&str], script: &str) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_gen3d"))
        .parent()
        .expect("a folder");
    let path = std::env::var("PATH").unwrap_or_default();
    let output = (shell.args(flags).arg(script))
        .current_dir(place.path(""))
        .env("PATH", format!("{}:{path}", program.display()))
        .env("HOME", place.path(""))
        .output()
        .expect("the shell can be started");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && said.is_empty(),
        "{script}: {said}"
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn bash_completes_flags_and_their_values() {
    let Some(bash) = shell("bash") else { return };
    let place = completions("bash", "gen3d.bash");
    // What bash does when somebody presses the tabulator key after these words.
    let script = r#"
        . ./gen3d.bash || exit 1
        complete -p gen3d > /dev/null || exit 1
        press() {
            COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
            _gen3d gen3d "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
            echo "$*: ${COMPREPLY[*]}"
        }
        press gen3d --prev
        press gen3d photo.png --style ""
        press gen3d ins
        press gen3d inspect --un
        press gen3d model ver
    "#;
    let said = run(bash, &place, &["--norc", "-c"], script);
    for line in [
        "gen3d --prev: --preview",
        "gen3d photo.png --style : faithful chibi",
        "gen3d ins: inspect",
        "gen3d inspect --un: --units",
        "gen3d model ver: verify",
    ] {
        assert!(said.lines().any(|said| said == line), "'{line}': {said}");
    }
}

#[test]
fn fish_completes_flags_and_their_values() {
    let Some(fish) = shell("fish") else { return };
    let place = completions("fish", "gen3d.fish");
    let script = "source gen3d.fish; for line in 'gen3d --prev' 'gen3d photo.png --style ' 'gen3d ins' 'gen3d inspect --un'; \
                  echo \"$line: \"(complete -C $line | string replace -r '\\t.*' '' | string join ' '); end";
    let said = run(fish, &place, &["--no-config", "-c"], script);
    for (line, word) in [
        ("gen3d --prev: ", "--preview"),
        ("gen3d photo.png --style : ", "chibi"),
        ("gen3d ins: ", "inspect"),
        ("gen3d inspect --un: ", "--units"),
    ] {
        let found = said.lines().find_map(|said| said.strip_prefix(line));
        let found = found.unwrap_or_else(|| panic!("'{line}': {said}"));
        assert!(
            found.split(' ').any(|found| found == word),
            "'{line}': {said}"
        );
    }
}

/// tmux with a server of its own, which ends with it.
struct Tmux {
    socket: String,
    place: Place,
}

impl Tmux {
    /// A terminal of 100 columns and 30 lines that runs `program` in that folder; nothing, which is told, where there is
    /// no tmux.
    fn start(place: Place, program: &[&str]) -> Option<Self> {
        if Command::new("tmux").arg("-V").output().is_err() {
            skip!("no tmux: .ci/judges installs it; nothing was looked at in a real terminal");
            return None;
        }
        let socket = place.path("tmux").display().to_string();
        let tmux = Self { socket, place };
        let folder = tmux.place.path("").display().to_string();
        let cache = format!("GEN3D_CACHE_DIR={}", tmux.place.cache().display());
        let start = [
            "-f",
            "/dev/null",
            "new-session",
            "-d",
            "-x",
            "100",
            "-y",
            "30",
        ];
        let set = [
            "-c",
            &*folder,
            "-e",
            &*cache,
            "-e",
            "PS1=$ ",
            "-e",
            "NO_COLOR=",
        ];
        tmux.ask(&[&start[..], &set, program].concat());
        Some(tmux)
    }

    fn ask(&self, words: &[&str]) -> String {
        let mut command = Command::new("tmux");
        command
            .env("TERM", "xterm-256color")
            .env("LC_ALL", "C.UTF-8");
        let output = command
            .arg("-u")
            .arg("-S")
            .arg(&self.socket)
            .args(words)
            .output();
        let output = output.expect("tmux was there a moment ago");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "tmux {words:?}: {said}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn keys(&self, keys: &[&str]) {
        self.ask(&[&["send-keys"], keys].concat());
    }

    /// What is seen, colours as escape codes where they are wanted.
    fn seen(&self, colours: bool) -> String {
        let flags: &[&str] = if colours { &["-e"] } else { &[] };
        self.ask(&[&["capture-pane", "-p"], flags].concat())
    }

    /// Waits until something is seen, and gives all of it.
    fn until(&self, mut wanted: impl FnMut(&str) -> bool) -> String {
        let begun = Instant::now();
        loop {
            let seen = self.seen(false);
            if wanted(&seen) {
                return seen;
            }
            assert!(
                begun.elapsed() < Duration::from_secs(120),
                "it never comes: {seen}"
            );
            std::thread::sleep(Duration::from_millis(30));
        }
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        let _ = Command::new("tmux")
            .args(["-S", &self.socket, "kill-server"])
            .output();
    }
}

#[test]
fn zsh_completes_flags_where_somebody_presses_the_tabulator_key() {
    if shell("zsh").is_none() {
        return;
    }
    let place = completions("zsh", "_gen3d");
    let program = Path::new(env!("CARGO_BIN_EXE_gen3d"))
        .parent()
        .expect("a folder");
    let Some(tmux) = Tmux::start(place, &["zsh", "-f", "-i"]) else {
        return;
    };
    let line = format!(
        "PATH={}:$PATH PS1='$ '; fpath=($PWD $fpath); autoload -Uz compinit; compinit -u -d dump; clear; echo ready",
        program.display()
    );
    tmux.keys(&[&line, "Enter"]);
    tmux.until(|seen| seen.lines().any(|line| line == "ready"));
    for (typed, completed) in [
        ("gen3d --previ", "gen3d --preview"),
        (
            "gen3d photo.png --style chi",
            "gen3d photo.png --style chibi",
        ),
        ("gen3d ins", "gen3d inspect"),
    ] {
        tmux.keys(&["-l", typed]);
        tmux.keys(&["Tab"]);
        tmux.until(|seen| seen.contains(completed));
        tmux.keys(&["C-u"]);
        tmux.keys(&["clear; echo cleared", "Enter"]);
        tmux.until(|seen| !seen.contains("gen3d"));
    }
}

/// A terminal with a plain shell, a photo, and a line for it that makes a figurine.
fn terminal(more: &str) -> Option<(Tmux, String)> {
    let place = Place::new().with("photo.png", pictures::file(ImageFormat::Png));
    let tmux = Tmux::start(place, &["sh"])?;
    let line = format!(
        "{} photo.png -o out.glb --no-cache --device cpu --model {} {more}; echo status=$?",
        env!("CARGO_BIN_EXE_gen3d"),
        model().display()
    );
    Some((tmux, line))
}

#[test]
fn one_bar_is_seen_over_the_whole_run_and_then_the_picture() {
    let Some((tmux, line)) = terminal("--steps 200 --resolution 48") else {
        return;
    };
    tmux.keys(&["clear; ", &line, "Enter"]);
    let percent = |seen: &str| -> Option<u32> {
        let line = seen.lines().find(|line| line.contains(" %"))?;
        line.split(" %")
            .next()?
            .split(' ')
            .next_back()?
            .parse()
            .ok()
    };
    let mut shares: Vec<u32> = Vec::new();
    let seen = tmux.until(|seen| {
        assert!(
            !seen.contains(" 0 s left") && !seen.contains("0s left"),
            "{seen}"
        );
        let bars = seen.lines().filter(|line| line.contains(" %"));
        assert!(bars.count() <= 1, "one bar: {seen}");
        shares.extend(percent(seen));
        seen.contains("status=0")
    });
    shares.dedup();
    assert!(
        shares.len() > 3 && shares.is_sorted(),
        "it grows and never goes back: {shares:?}"
    );
    assert!(
        seen.contains("triangles") && !seen.contains(" %"),
        "the bar is gone: {seen}"
    );
    assert!(seen.contains('\u{2580}'), "a small picture: {seen}");
    assert!(tmux.seen(true).contains("\x1b[38;5;"), "in colours");
}

#[test]
fn no_color_is_heeded_in_a_real_terminal() {
    let Some((tmux, line)) = terminal("--steps 2 --resolution 32") else {
        return;
    };
    tmux.keys(&["clear; NO_COLOR=1 ", &line, "Enter"]);
    let seen = tmux.until(|seen| seen.contains("status=0"));
    assert!(
        seen.contains("triangles") && !seen.contains('\u{2580}'),
        "{seen}"
    );
    let coloured = tmux.seen(true);
    assert!(
        !coloured.contains("\x1b[3") && !coloured.contains("\x1b[4"),
        "{coloured}"
    );
}

#[test]
fn ctrl_c_in_a_real_terminal_leaves_no_file_and_a_prompt() {
    let Some((tmux, line)) = terminal("--steps 1000 --resolution 32") else {
        return;
    };
    tmux.keys(&["clear; ", &line, "Enter"]);
    tmux.until(|seen| seen.contains("imagining"));
    tmux.keys(&["C-c"]);
    let seen = tmux.until(|seen| seen.contains("status=130"));
    assert!(
        seen.lines().any(|line| line == "gen3d: stopped"),
        "it stands alone: {seen}"
    );
    assert!(
        !seen.contains(" %") && !seen.contains("imagining"),
        "nothing is left of the bar: {seen}"
    );
    let left = tmux.place.names();
    assert_eq!(left, ["photo.png", "tmux"], "no file is left");
    tmux.keys(&["echo it goes on", "Enter"]);
    tmux.until(|seen| seen.lines().any(|line| line == "it goes on"));
}
