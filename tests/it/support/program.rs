//! The real program, in a folder of its own, with weights.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::OnceLock;
use std::time::Duration;

use assert_cmd::Command;
use candle_core::quantized::GgmlDType;
use tempfile::TempDir;

use super::process::heeding;
use super::{folder, weights};

/// A folder with a test's files; it goes away with the test.
pub struct Place {
    folder: TempDir,
    /// The program's cache, apart: nobody's own is to be touched, and a test may count its files.
    cache: TempDir,
    /// And its added models.
    models: TempDir,
}

/// Random weights of a small figurine model, which make blobs: the program's own are for tests of
/// what it makes, and take longer.
pub fn model() -> &'static Path {
    static MODEL: OnceLock<PathBuf> = OnceLock::new();
    MODEL.get_or_init(|| {
        let small = weights::FIGURINE
            .replace("\"num_layers\":9", "\"num_layers\":3")
            .replace("[0,2,4,6,8]", "[0,2]")
            .replace("\"num_layers_decoder\":4", "\"num_layers_decoder\":1")
            .replace("\"num_hidden_layers\":4", "\"num_hidden_layers\":1");
        let bytes = weights::random(&small, 1, GgmlDType::Q8_0).expect("weights can be made");
        // Written aside and renamed: another process of this program may read it just now.
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let aside = tempfile::NamedTempFile::new_in(folder).expect("a file beside it");
        std::fs::write(aside.path(), bytes).expect("the temporary folder can be written to");
        let path = folder.join("small.gguf");
        aside.persist(&path).expect("it can be renamed");
        path
    })
}

/// Flags for little work; the weights' path comes after the last.
pub const SMALL: [&str; 9] = [
    "--texture",
    "off",
    "--steps",
    "2",
    "--resolution",
    "24",
    "--device",
    "cpu",
    "--model",
];

/// The words of a command line; what stands between quotation marks is one.
pub fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (place, piece) in line.split('"').enumerate() {
        match place % 2 {
            0 => words.extend(piece.split_whitespace().map(str::to_owned)),
            _ => words.push(piece.to_owned()),
        }
    }
    words
}

/// What a run printed, which must have succeeded.
pub fn printed(output: &Output) -> String {
    assert!(
        output.status.success(),
        "the run must work: {} {}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

impl Place {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
            cache: tempfile::tempdir().expect("a temporary folder"),
            models: tempfile::tempdir().expect("a temporary folder"),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The folder of sealed results.
    pub fn cache(&self) -> &Path {
        self.cache.path()
    }

    /// The folder of added models.
    pub fn models(&self) -> &Path {
        self.models.path()
    }

    /// Puts a file there.
    pub fn with(self, name: &str, bytes: impl AsRef<[u8]>) -> Self {
        std::fs::write(self.path(name), bytes).expect("a test's folder can be written to");
        self
    }

    /// Puts the sample of a figure that is cut out already there, as `photo.png`.
    pub fn with_sample(self) -> Self {
        let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/twintails_cut.png");
        self.with("photo.png", std::fs::read(sample).expect("an example"))
    }

    /// All names in the folder, sorted; for what must not be left there.
    pub fn names(&self) -> Vec<String> {
        folder::names(self.folder.path())
    }

    /// All files in the folder and in those within it, by their path from there.
    pub fn contents(&self) -> BTreeMap<String, Vec<u8>> {
        folder::contents(self.folder.path())
    }

    /// The program in this folder, ended if it hangs.
    pub fn command(&self) -> Command {
        let mut command = Command::from_std(self.process());
        command.timeout(Duration::from_secs(300));
        command
    }

    /// The same as a bare process: to be killed, or run beside others, or before a terminal.
    pub fn process(&self) -> std::process::Command {
        self.placed(std::process::Command::new(env!("CARGO_BIN_EXE_gen3d")))
    }

    /// The same, which a signal stops whoever started the tests.
    pub fn heeding(&self) -> std::process::Command {
        self.placed(heeding(env!("CARGO_BIN_EXE_gen3d")))
    }

    fn placed(&self, mut process: std::process::Command) -> std::process::Command {
        process
            .current_dir(self.folder.path())
            .env("GEN3D_CACHE_DIR", self.cache.path())
            .env("GEN3D_MODELS_DIR", self.models.path());
        process
    }

    /// Runs the program with the test's model, and presses Ctrl-C once `-v` tells `when`; gives the code
    /// that it ends with.
    #[cfg(unix)]
    pub fn interrupted(&self, line: &[&str], when: &str) -> Option<i32> {
        use std::io::{BufRead, BufReader};
        let mut process = self.heeding();
        process.arg("-v").args(line).arg("--model").arg(model());
        let mut child = (process.stderr(std::process::Stdio::piped()).spawn())
            .expect("the program can be started");
        let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let ready = lines.any(|line| line.is_ok_and(|line| line.contains(when)));
        assert!(ready, "-v must tell '{when}'");
        let signal = std::process::Command::new("kill")
            .args(["-INT", &child.id().to_string()])
            .status();
        assert!(signal.expect("kill is there").success());
        child.wait().expect("the program ends").code()
    }

    /// Runs the program with words of a command line, `--model` and few steps added. Nothing is kept:
    /// each run must do its own work.
    pub fn make(&self, line: &[&str]) -> Output {
        self.make_kept(&[line, &["--no-cache"]].concat())
    }

    /// The same, with the cache.
    pub fn make_kept(&self, line: &[&str]) -> Output {
        let mut command = self.command();
        command.args(SMALL).arg(model()).args(line);
        command.output().expect("the program can be started")
    }

    /// The same, which must succeed; gives its lines of JSON.
    pub fn reports(&self, line: &[&str]) -> Vec<serde_json::Value> {
        let lines = printed(&self.make_kept(&[line, &["--json"]].concat()));
        (lines.lines())
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect()
    }

    /// Names in the cache's folder that are entries.
    pub fn entries(&self) -> Vec<String> {
        let files = self.cache.path().read_dir().into_iter().flatten().flatten();
        let mut names: Vec<String> = files
            .map(|file| file.file_name().to_string_lossy().into_owned())
            .filter(|name| name.starts_with("gen3d-") && name.len() == 38)
            .collect();
        names.sort();
        names
    }

    /// Runs the program, which must refuse with this exit code and all these words in one clear
    /// paragraph, and leave no file that was not there.
    pub fn refuses(&self, line: &[&str], code: i32, words: &[&str]) {
        let before = self.names();
        let output = self.make(line);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            output.status.code(),
            Some(code),
            "{line:?} must end with {code}, not {}: {said}",
            output.status
        );
        for word in words {
            assert!(said.contains(word), "{line:?} must say '{word}': {said}");
        }
        assert!(
            !said.contains("fault of the program") && !said.contains("panicked"),
            "{line:?} is bad input, not a fault of the program: {said}"
        );
        if code == 1 {
            assert_eq!(
                said.trim().lines().count(),
                1,
                "one clear paragraph, please: {said}"
            );
        }
        assert_eq!(self.names(), before, "{line:?} must leave nothing behind");
    }

    /// Runs the program, which must succeed; gives what it printed.
    pub fn makes(&self, line: &[&str]) -> String {
        let output = self.make(line);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{line:?} must work: {} {said}",
            output.status
        );
        String::from_utf8(output.stdout).expect("what is printed is UTF-8")
    }
}
