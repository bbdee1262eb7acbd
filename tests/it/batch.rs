//! Many photos in one run: resumed, shared out, killed, side by side.

use std::fs;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use image::ImageFormat;

use crate::support::pictures;
use crate::support::program::{self, Place, SMALL, model};

/// A place with a folder of so many photos, no two the same.
fn photos(count: u8) -> Place {
    let place = Place::new();
    fs::create_dir(place.path("photos")).expect("a folder");
    for number in 0..count {
        let mut picture = pictures::figure(60, 80, [255; 4]);
        picture.put_pixel(30, 40, [number, 0, 99, 255].into());
        let bytes = pictures::encode(&picture.into(), ImageFormat::Png);
        fs::write(place.path(&format!("photos/{number:03}.png")), bytes).expect("a photo");
    }
    place
}

const QUICK: [&str; 6] = ["photos", "-o", "made", "--faces", "0", "--quiet"];

/// The program as a bare process, to be killed or run beside others.
fn process(place: &Place, line: &[&str]) -> Command {
    let mut command = place.process();
    command.args(SMALL).arg(model()).args(line);
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

/// Every figurine in a folder is a whole GLB; gives how many there are.
fn whole(place: &Place, folder: &str) -> usize {
    let mut count = 0;
    for file in place
        .path(folder)
        .read_dir()
        .into_iter()
        .flatten()
        .flatten()
    {
        let path = file.path();
        if path.extension().is_some_and(|e| e == "glb") {
            gltf::import(&path)
                .unwrap_or_else(|e| panic!("{} is half a file: {e}", path.display()));
            count += 1;
        }
    }
    count
}

#[test]
fn a_batch_goes_on_where_it_was_and_a_failure_does_not_stop_it() {
    let place = photos(3);
    fs::write(place.path("photos/001.png"), "no picture").expect("a file");
    let lines = |flags: &[&str]| -> Vec<serde_json::Value> {
        let output = place.make(&[&["photos", "-o", "made", "--json"], flags].concat());
        assert_eq!(output.status.code(), Some(1), "one of three failed");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.lines()
            .map(|l| serde_json::from_str(l).expect("JSON"))
            .collect()
    };
    let first = lines(&[]);
    assert_eq!(first.len(), 3, "a line an input");
    assert!(
        first[1]["error"]["message"]
            .as_str()
            .is_some_and(|e| e.contains("001.png"))
    );
    assert!(first[0]["triangles"].is_u64() && first[2]["triangles"].is_u64());
    fs::remove_file(place.path("made/002.glb")).expect("it was made");
    let second = lines(&[]);
    assert_eq!(
        second[0]["skipped"], true,
        "what is there is not made again"
    );
    assert!(second[1]["error"].is_object() && second[2]["triangles"].is_u64());
    let third = lines(&["--force"]);
    assert!(third[0]["triangles"].is_u64() && third[2]["triangles"].is_u64());
}

#[test]
fn lists_and_shares_make_a_batch_between_them() {
    let place = photos(5);
    for share in ["1/2", "2/2"] {
        let mut command = place.command();
        command.args(SMALL).arg(model());
        let output = command
            .args([
                "--list",
                "-",
                "-o",
                "made",
                "--shard",
                share,
                "--json",
                "--no-cache",
            ])
            .write_stdin("photos/000.png\nphotos/001.png\n\nphotos/002.png\n")
            .output()
            .expect("it starts");
        let lines = program::printed(&output).lines().count();
        assert_eq!(lines, if share == "1/2" { 2 } else { 1 }, "share {share}");
    }
    assert_eq!(whole(&place, "made"), 3);
}

#[test]
fn a_tree_keeps_its_shape() {
    let place = photos(1);
    fs::create_dir_all(place.path("photos/a/b")).expect("folders");
    fs::copy(
        place.path("photos/000.png"),
        place.path("photos/a/b/000.png"),
    )
    .expect("a photo");
    place.makes(&["photos", "-o", "made", "--recursive", "--format", "stl"]);
    assert!(place.path("made/000.stl").is_file() && place.path("made/a/b/000.stl").is_file());
}

#[test]
fn memory_does_not_grow_with_the_batch() {
    let place = photos(25);
    let reports = place.reports(&QUICK[..5]);
    let peak = |at: usize| reports[at]["peak_memory_bytes"].as_u64();
    let (Some(early), Some(late)) = (peak(9), peak(24)) else {
        skip!("this system does not say how much memory a process held");
        return;
    };
    assert!(
        late < early + (4 << 20),
        "15 more photos took {} more bytes",
        late - early
    );
}

#[test]
fn sixteen_processes_share_a_cache() {
    let place = photos(2);
    let children: Vec<_> = (0..16)
        .map(|n| {
            let folder = format!("made{n}");
            let line = [&QUICK[..2], &[&folder], &QUICK[3..], &["--threads", "1"]].concat();
            process(&place, &line).spawn().expect("it starts")
        })
        .collect();
    for (n, child) in children.into_iter().enumerate() {
        let output = child.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() && said.is_empty(),
            "process {n}: {said}"
        );
        assert_eq!(whole(&place, &format!("made{n}")), 2);
        let bytes = |n: usize| fs::read(place.path(&format!("made{n}/001.glb"))).expect("made");
        assert!(
            bytes(n) == bytes(0),
            "all must make the same of the same photo"
        );
    }
    assert_eq!(place.entries().len(), 2, "one entry a photo");
    let reports = place.reports(&["photos", "-o", "again"]);
    assert!(
        reports.iter().all(|r| r["cached"] == true),
        "which all can use"
    );
}

/// Set `GEN3D_KILLS` for more or fewer than 40.
#[cfg(unix)]
#[test]
fn killed_at_any_moment_nothing_is_half_done() {
    let kills = std::env::var("GEN3D_KILLS").ok();
    let kills: u32 = kills.and_then(|n| n.parse().ok()).unwrap_or(40);
    let place = photos(3);
    // How long a run is left alone at most, however fast this machine is: less after one that came to its end.
    let mut most = Duration::from_millis(700);
    let (mut random, mut killed) = (1u64, 0);
    while killed < kills {
        let mut child = process(&place, &QUICK).spawn().expect("it starts");
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(99_991);
        let share = (random >> 33) as f32 / (1u64 << 31) as f32;
        std::thread::sleep(most.mul_f32(share));
        child.kill().expect("it is killed, or over");
        // Not by itself: it was killed at its work.
        let at_work = child.wait().expect("it ends").code().is_none();
        killed += u32::from(at_work);
        most = most.mul_f32(if at_work { 1.05 } else { 0.8 });
        // A batch that came to its end starts anew; now and then all that was kept goes too.
        if whole(&place, "made") == 3 {
            fs::remove_dir_all(place.path("made")).expect("a folder");
            if killed % 3 == 0 {
                place.command().arg("forget").assert().success();
            }
        }
    }
    // So that the last one's unfinished file is no longer taken for one that is being written.
    std::thread::sleep(Duration::from_millis(1500));
    let output = process(&place, &QUICK).output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && said.is_empty(),
        "the batch resumes: {said}"
    );
    assert_eq!(whole(&place, "made"), 3);
    let names = place.path("made").read_dir().expect("a folder").flatten();
    let left: Vec<_> = names
        .filter(|f| f.path().extension().is_none_or(|e| e != "glb"))
        .collect();
    assert!(
        left.is_empty(),
        "unfinished files stay behind for ever: {left:?}"
    );
    let reports = place.reports(&[&["photos", "-o", "again"], &QUICK[3..5]].concat());
    assert!(
        reports.iter().all(|r| r["cached"] == true),
        "the cache is sound"
    );
    let again = |name: &str| fs::read(place.path(&format!("{name}/002.glb"))).expect("made");
    assert!(
        again("made") == again("again"),
        "and gives what was made without it"
    );
}

/// Runs the program where `mount` made what it is to meet; nothing, after saying so, where that cannot be.
fn mounted(place: &Place, mount: &str, flags: &[&str]) -> Option<Output> {
    let script = format!("{mount} || exit 99; exec \"$@\"");
    let mut command = Command::new("unshare");
    command.args(["-rm", "sh", "-c", &script, "sh"]);
    command
        .arg(place.command().get_program())
        .args(SMALL)
        .arg(model())
        .args(flags);
    command
        .current_dir(place.path(""))
        .env("GEN3D_CACHE_DIR", place.cache());
    let output = command.output().ok();
    let said = output
        .as_ref()
        .map(|o| String::from_utf8_lossy(&o.stderr).into_owned());
    if said
        .as_ref()
        .is_none_or(|s| s.contains("unshare:") || s.contains("mount:"))
    {
        skip!("no file system can be mounted here: {said:?}");
        return None;
    }
    output
}

#[test]
fn a_full_disk_costs_the_cache_and_leaves_no_half_file() {
    let place = photos(1);
    fs::create_dir(place.path("full")).expect("a folder");
    let mount =
        "mount -t tmpfs -o size=16k tmpfs full && { head -c 99999 /dev/zero > full/x; true; }";
    let run = |flags: &[&str]| mounted(&place, mount, &[&["photos/000.png"], flags].concat());
    let Some(output) = run(&["-o", "a.glb", "--cache-dir", "full/cache"]) else {
        return;
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "the cache's disk is full, not the output's: {said}"
    );
    assert!(place.path("a.glb").is_file());
    let output = run(&["-o", "full/b.glb"]).expect("it could be mounted before");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.code() == Some(1) && said.contains("full/b.glb"),
        "a full disk is an error that names the file: {said}"
    );
}

#[test]
fn a_read_only_cache_is_used_and_not_written() {
    let place = photos(2);
    let line = |photo| [photo, "-o", "a.glb", "--json", "--faces", "0"];
    place.reports(&line("photos/000.png")[..3]);
    let mount = "mount --bind \"$GEN3D_CACHE_DIR\" \"$GEN3D_CACHE_DIR\" && mount -o remount,bind,ro \"$GEN3D_CACHE_DIR\"";
    for (photo, cached) in [("photos/000.png", true), ("photos/001.png", false)] {
        let Some(output) = mounted(&place, mount, &line(photo)) else {
            return;
        };
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(report["cached"], cached, "{photo}");
    }
    assert_eq!(place.entries().len(), 1);
}
