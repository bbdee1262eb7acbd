//! The promises of the README's privacy section, one test each.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use image::{DynamicImage, ImageEncoder};

use crate::support::pictures;
use crate::support::program::{Place, SMALL, model};

const PIXELS: &str = "CANARYpixels7Qx2mVt9k";
const COMMENT: &str = "CANARYcomment4Wn8sKz";
const EXIF: &str = "CANARYexif5Jd3pRb6yH";
const PROFILE: &str = "CANARYprofile1Gc9wEu";
const NAME: &str = "CANARYname3Tf6aXo0Lq";
const FOLDER: &str = "CANARYfolder8Zi2kYv5";
const PROMPT: &str = "CANARYprompt5Nq7rWc2";
const CANARIES: [&str; 7] = [PIXELS, COMMENT, EXIF, PROFILE, NAME, FOLDER, PROMPT];

/// A photo with a canary in everything that it carries.
fn photo() -> Vec<u8> {
    let mut picture = DynamicImage::from(pictures::figure(120, 160, [255; 4])).into_rgb8();
    for (x, colour) in PIXELS.as_bytes().as_chunks().0.iter().enumerate() {
        picture.put_pixel(58 + x as u32, 80, image::Rgb(*colour));
    }
    let mut profile = moxcms::ColorProfile::new_srgb();
    profile.description = Some(moxcms::ProfileText::PlainString(PROFILE.into()));
    let mut png = Vec::new();
    let mut encoder = image::codecs::png::PngEncoder::new_with_quality(
        &mut png,
        image::codecs::png::CompressionType::Uncompressed,
        image::codecs::png::FilterType::NoFilter,
    );
    let profile = profile.encode().expect("a profile");
    encoder
        .set_icc_profile(profile)
        .expect("PNG takes profiles");
    let size = picture.dimensions();
    (encoder.write_image(&picture, size.0, size.1, image::ExtendedColorType::Rgb8)).expect("a PNG");
    let comment = format!("Comment\0{COMMENT}");
    let png = pictures::png_with_chunk(&png, b"tEXt", comment.as_bytes());
    // One entry: ImageDescription, text, behind the directory.
    let mut exif = b"II*\0\x08\0\0\0\x01\0\x0e\x01\x02\0".to_vec();
    exif.extend((EXIF.len() as u32).to_le_bytes());
    exif.extend(26u32.to_le_bytes());
    exif.extend([0; 4]);
    exif.extend(EXIF.as_bytes());
    pictures::png_with_chunk(&png, b"eXIf", &exif)
}

/// A canary in clear, and as other programs hide bytes: hexadecimal, base64 at each alignment, 16 bits.
fn disguises(canary: &str) -> Vec<Vec<u8>> {
    let bytes = canary.as_bytes();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let wide = bytes.iter().flat_map(|&byte| [byte, 0]).collect();
    let mut all = vec![bytes.to_vec(), hex.to_uppercase().into(), hex.into(), wide];
    for skipped in 0..3 {
        // Only whole groups of three: what comes before and after is not known.
        let whole = (bytes.len() - skipped) / 3 * 3;
        all.push(base64(&bytes[skipped..skipped + whole]));
    }
    all
}

fn base64(bytes: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |c: &[u8]| u32::from_be_bytes([0, c[0], c[1], c[2]]);
    let digits = |n: u32| [18, 12, 6, 0].map(|shift| DIGITS[(n >> shift) as usize & 63]);
    bytes
        .chunks_exact(3)
        .flat_map(|c| digits(group(c)))
        .collect()
}

fn contains(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|window| window == what)
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = folder.read_dir().into_iter().flatten().flatten();
    entries
        .flat_map(|entry| match entry.path() {
            path if path.is_dir() => files(&path),
            path => vec![path],
        })
        .collect()
}

/// The program with every folder that it may know of inside the place.
fn command(place: &Place, program: &str, before: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(before).arg(place.command().get_program());
    command.args(SMALL).arg(model()).current_dir(place.path(""));
    for (name, folder) in [
        ("HOME", "home"),
        ("TMPDIR", "tmp"),
        ("XDG_CACHE_HOME", "home/.cache"),
        ("XDG_DATA_HOME", "home/.local/share"),
        ("XDG_CONFIG_HOME", "home/.config"),
        ("XDG_STATE_HOME", "home/.local/state"),
    ] {
        fs::create_dir_all(place.path(folder)).expect("a folder");
        command.env(name, place.path(folder));
    }
    command.env_remove("GEN3D_CACHE_DIR");
    command
}

fn place() -> Place {
    let place = Place::new();
    for folder in [FOLDER, "out"] {
        fs::create_dir(place.path(folder)).expect("a folder");
    }
    fs::write(place.path(&input()), photo()).expect("a photo");
    place
}

fn input() -> String {
    format!("{FOLDER}/{NAME}.png")
}

#[test]
fn nothing_of_the_photo_is_in_any_file_but_the_photo() {
    let place = place();
    let bytes = photo();
    for canary in CANARIES.iter().take(3) {
        assert!(
            contains(&bytes, canary.as_bytes()),
            "{canary} must be in the photo"
        );
    }
    let decoded = image::load_from_memory(&bytes)
        .expect("a picture")
        .into_rgb8();
    assert!(
        contains(&decoded, PIXELS.as_bytes()),
        "the canary is made of pixels"
    );
    for format in ["glb", "gltf", "obj", "3mf", "stl", "ply"] {
        let out = format!("out/figure.{format}");
        let mut run = command(&place, "env", &[]);
        run.args([&input(), "-o", &out, "--preview", "out/look.png", "--json"]);
        let output = run.output().expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{format}: {said}");
    }
    let prompt = format!("a red knight {PROMPT}");
    for line in [&[][..], &[&input()]] {
        let mut run = command(&place, "env", &[]);
        run.args(line)
            .args(["--prompt", &prompt, "-o", "out/told.glb", "--json"]);
        let output = run.output().expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "with a prompt: {said}");
    }
    let all = files(&place.path(""));
    assert!(
        all.iter().any(|f| f.ends_with("CACHEDIR.TAG")) && all.len() > 9,
        "outputs and the cache are searched: {all:?}"
    );
    for file in all.iter().filter(|f| **f != place.path(&input())) {
        let name = file.display().to_string();
        let found = fs::read(file).expect("a file");
        for canary in CANARIES {
            for disguise in disguises(canary) {
                assert!(!contains(&found, &disguise), "{canary} is in {name}");
                assert!(
                    !contains(name.as_bytes(), &disguise),
                    "{canary} is in a name: {name}"
                );
            }
        }
    }
}

#[test]
fn the_search_finds_what_it_looks_for() {
    for (text, hidden) in [
        ("CANARY", "xxCANARYxx"),
        ("CANARY", "x43414e415259x"),
        ("CANARY", "xQ0FOQVJZx"),
        ("aCANARY", "YUNBTkFSWQ=="),
        ("abCANARY", "YWJDQU5BUlk="),
    ] {
        let found = disguises(text)
            .iter()
            .any(|d| contains(hidden.as_bytes(), d));
        assert!(found, "{text} is hidden in {hidden}");
    }
}

/// The paths in a line of strace's record. A name may be in an open folder, whose path `-y` puts before it.
#[cfg(target_os = "linux")]
fn paths(line: &str, root: &Path) -> Vec<PathBuf> {
    let pieces: Vec<&str> = line.split('"').collect();
    let quoted = pieces.windows(2).step_by(2);
    quoted
        .map(|pair| {
            let folder = pair[0]
                .rsplit_once('>')
                .and_then(|(rest, _)| rest.rsplit_once('<'));
            folder
                .map_or(root, |(_, folder)| Path::new(folder))
                .join(pair[1])
        })
        .collect()
}

#[cfg(target_os = "linux")]
#[test]
fn the_kernel_saw_no_network_and_no_file_written_elsewhere() {
    let place = place();
    let calls =
        "trace=%network,%file,seccomp,prctl,io_uring_setup,landlock_restrict_self,clone,clone3";
    let mut run = command(
        &place,
        "strace",
        &["-f", "-y", "-s", "4096", "-o", "calls", "-e", calls],
    );
    run.args([
        &input(),
        "-o",
        "out/figure.glb",
        "--preview",
        "out/look.png",
    ]);
    let output = match run.output() {
        Ok(output) if place.path("out/figure.glb").exists() => output,
        other => {
            skip!("strace is missing (.ci/judges installs it) or may not trace: {other:?}");
            return;
        }
    };
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let log = fs::read_to_string(place.path("calls")).expect("the kernel's record");
    let root = fs::canonicalize(place.path("")).expect("the place");
    let allowed = [
        root.join("out"),
        root.join("home/.cache/gen3d"),
        "/dev/null".into(),
    ];
    for line in log.lines() {
        let call = line.split_whitespace().nth(1).unwrap_or_default();
        let call = call.split('(').next().unwrap_or_default();
        assert!(
            ![
                "socket",
                "socketpair",
                "connect",
                "bind",
                "sendto",
                "sendmsg",
                "io_uring_setup"
            ]
            .contains(&call),
            "a call of the network: {line}"
        );
        let writes = ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TMPFILE"]
            .iter()
            .any(|f| line.contains(f))
            || ["creat", "mkdir", "rename", "link", "symlink", "mknod"]
                .iter()
                .any(|c| call.starts_with(c));
        if writes && !line.contains(" = -1 ") {
            for path in paths(line, &root) {
                assert!(
                    allowed.iter().any(|folder| path.starts_with(folder))
                        || path == root.join("home/.cache"),
                    "written elsewhere: {line}"
                );
            }
        }
    }
    let at = |what: &[&str]| {
        // O_PATH names a file for the kernel, and cannot read it.
        (log.lines())
            .position(|line| what.iter().all(|w| line.contains(w)) && !line.contains("O_PATH"))
    };
    let filter = at(&["seccomp(SECCOMP_SET_MODE_FILTER", "= 0"]).expect("a filter");
    let opened = at(&["open", NAME]).expect("the photo is opened");
    let thread = at(&["clone"]).expect("there are threads");
    match at(&["landlock_restrict_self(", "= 0"]) {
        Some(confined) => assert!(
            confined < opened && confined < thread,
            "other files must be denied before the photo is opened and before there are threads"
        ),
        None => {
            skip!("this kernel has no Landlock: that it is asked first is not seen")
        }
    }
    let started = |line: &&str| line.contains(" execve(") && !line.contains(" = -1 ");
    assert_eq!(
        log.lines().filter(started).count(),
        1,
        "no other program is started"
    );
    let cpuinfo = |line: &&str| line.contains("/proc/cpuinfo") && !line.contains(" = -1 ");
    let read = log.lines().filter(cpuinfo).count();
    assert!(
        read <= 1,
        "/proc/cpuinfo is read {read} times, and does not change"
    );
    assert!(
        filter < opened,
        "the network must be denied before the photo is opened"
    );
    assert!(
        at(&["prctl(PR_SET_DUMPABLE, SUID_DUMP_DISABLE", "= 0"]).is_some_and(|at| at < opened),
        "no core file may hold the picture"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn it_works_where_there_is_no_network_and_says_that_it_has_none() {
    let place = place();
    let mut run = command(&place, "unshare", &["-rn"]);
    run.args([&input(), "-o", "out/figure.glb", "--json"]);
    match run.output() {
        Ok(output) if !String::from_utf8_lossy(&output.stderr).contains("unshare:") => {
            assert!(
                output.status.success(),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
            let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
            assert_eq!(
                report["network"], "denied",
                "the kernel must hold it off, too"
            );
            assert!(
                report["file_access"].is_string(),
                "it says whether the kernel keeps it to its files: {report}"
            );
        }
        other => skip!("no network namespace can be made here: {other:?}"),
    }
}

/// The names of the functions that a 64-bit ELF program takes from the system's libraries.
fn imports(elf: &[u8]) -> Vec<String> {
    let number = |at: usize, bytes: usize| -> usize {
        let digits = elf[at..at + bytes].iter().rev();
        digits.fold(0, |n, &digit| n << 8 | usize::from(digit))
    };
    assert!(
        elf.starts_with(b"\x7fELF\x02\x01"),
        "64 bits, little-endian"
    );
    let (table, size, count) = (number(0x28, 8), number(0x3A, 2), number(0x3C, 2));
    let section = |index: usize| table + index * size;
    const DYNAMIC_SYMBOLS: usize = 11;
    let symbols = (0..count)
        .map(section)
        .find(|&at| number(at + 4, 4) == DYNAMIC_SYMBOLS);
    let Some(symbols) = symbols else {
        return Vec::new();
    };
    let names = number(section(number(symbols + 0x28, 4)) + 0x18, 8);
    let (start, length) = (number(symbols + 0x18, 8), number(symbols + 0x20, 8));
    (start..start + length)
        .step_by(24)
        .filter(|&symbol| number(symbol + 6, 2) == 0) // defined elsewhere
        .map(|symbol| {
            let name = elf[names + number(symbol, 4)..]
                .iter()
                .take_while(|&&byte| byte != 0);
            name.map(|&byte| char::from(byte)).collect()
        })
        .collect()
}

#[cfg(target_os = "linux")]
#[test]
fn the_program_imports_nothing_that_connects() {
    let program = fs::read(Place::new().command().get_program()).expect("the program");
    let imports = imports(&program);
    if imports.is_empty() {
        skip!("the program is linked statically and imports nothing");
        return;
    }
    assert!(
        ["write", "mmap64"]
            .iter()
            .all(|name| imports.contains(&(*name).to_owned())),
        "what every program imports is not found, so this test is blind: {imports:?}"
    );
    for name in [
        "socket",
        "connect",
        "bind",
        "listen",
        "accept",
        "accept4",
        "getaddrinfo",
        "gethostbyname",
        "sendto",
        "sendmmsg",
        "res_query",
    ] {
        assert!(
            !imports.contains(&name.to_owned()),
            "the program could call {name}"
        );
    }
}

#[test]
fn no_network_crate_is_in_the_tree() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |name: &str| fs::read_to_string(root.join(name)).expect("a file of the project");
    let (bans, lock) = (read(".ci/deny.toml"), read("Cargo.lock"));
    let banned: Vec<&str> = (bans.split("crate = \"").skip(1))
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert!(banned.len() > 20 && banned.contains(&"tokio"), "{banned:?}");
    assert!(
        lock.contains("name = \"candle-core\""),
        "the lock file is read"
    );
    for name in banned {
        let line = format!("name = \"{name}\"");
        assert!(
            !lock.lines().any(|l| l == line),
            "{name} is a crate for networks"
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_sceptical_user_can_run_the_proof() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/prove-privacy.sh");
    let place = Place::new();
    let output = Command::new("sh")
        .arg(script)
        .arg(place.command().get_program())
        .output()
        .expect("a shell");
    let told = String::from_utf8_lossy(&output.stdout);
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(77) || said.contains("PTRACE") {
        skip!("strace is missing (.ci/judges installs it) or may not trace: {said}");
        return;
    }
    assert!(output.status.success(), "the proof fails:\n{told}{said}");
    assert!(
        told.contains("Everything holds.") && told.matches("holds: ").count() >= 7, // one is of Landlock alone
        "{told}"
    );
}

#[test]
fn the_example_for_gnu_parallel_works() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/batch/parallel.sh");
    if Command::new("parallel").arg("--version").output().is_err() {
        skip!("GNU parallel is missing: .ci/judges installs it");
        return;
    }
    let place = place();
    let mut run = Command::new("sh");
    run.arg(script)
        .args([FOLDER, "made", "2", "--no-cache"])
        .args(SMALL)
        .arg(model());
    run.current_dir(place.path(""))
        .env("GEN3D", place.command().get_program());
    let output = run.output().expect("a shell");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(
        place.path("made").join(format!("{NAME}.glb")).is_file(),
        "{said}"
    );
}

/// The page on security names the test of each promise, as `tests/file.rs`: `name`, `name`.
#[test]
fn each_promise_names_a_test_that_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = include_str!("../../src/security.md");
    let promises = page
        .split("# What is promised")
        .nth(1)
        .and_then(|rest| rest.split("\n# ").next())
        .expect("the page has a chapter of promises");
    // In the page every second piece stands between backquotes.
    let quoted: Vec<&str> = promises.split('`').skip(1).step_by(2).collect();
    let mut file = String::new();
    let mut names = 0;
    for word in quoted {
        let word = word.trim();
        if word.starts_with("tests/") {
            file = fs::read_to_string(root.join(word)).expect("the file of a test");
        } else if word.contains('_') && word.len() > 16 {
            let there = file.contains(&format!("fn {word}("));
            assert!(there, "the page names the test {word}, which is not there");
            names += 1;
        }
    }
    assert!(names >= 6, "only {names} tests are named");
    let linked = include_str!("../../README.md").contains("(src/security.md)");
    assert!(linked, "README must lead to the page");
}
