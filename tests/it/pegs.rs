//! Pegs fit as it is promised: a slicer is shown all parts in place, and what it would draw of a peg and of its socket is as far
//! apart as `--clearance` says.

use std::path::{Path, PathBuf};

use glam::Vec2;

use crate::print::prusa;
use crate::support::program::{Place, printed};

/// A line that the printer closes around a slice, where its middle goes.
struct Loop {
    height: f32,
    /// How wide it is.
    wide: f32,
    points: Vec<Vec2>,
}

/// The outermost lines of all slices.
fn loops(gcode: &str) -> Vec<Loop> {
    let (mut found, mut height, mut wide, mut outer) = (Vec::new(), 0.0, 0.45, false);
    let (mut at, mut points) = (Vec2::ZERO, Vec::new());
    let number = |text: &str| text.trim().parse::<f32>().ok();
    for line in gcode.lines() {
        if let Some(kind) = line.strip_prefix(";TYPE:") {
            outer = kind.contains("External") || kind.contains("Overhang");
        } else if let Some(text) = line.strip_prefix(";WIDTH:") {
            wide = number(text).unwrap_or(wide);
        } else if let Some(text) = line.strip_prefix(";Z:") {
            height = number(text).unwrap_or(height);
        } else if line.starts_with("G1 ") {
            let value = |axis: char| {
                let mut words = line.split_whitespace();
                words.find_map(|word| number(word.strip_prefix(axis)?))
            };
            if value('X').is_none() && value('Y').is_none() {
                continue;
            }
            let next = Vec2::new(value('X').unwrap_or(at.x), value('Y').unwrap_or(at.y));
            if outer && value('E').is_some_and(|plastic| plastic > 0.0) {
                if points.is_empty() {
                    points.push(at);
                }
                points.push(next);
            } else if !points.is_empty() {
                found.push(Loop {
                    height,
                    wide,
                    points: std::mem::take(&mut points),
                });
            }
            at = next;
        }
    }
    found
}

impl Loop {
    fn bounds(&self) -> (Vec2, Vec2) {
        let all = || self.points.iter().copied();
        (
            all().fold(Vec2::MAX, Vec2::min),
            all().fold(Vec2::MIN, Vec2::max),
        )
    }

    /// How far a point is from it.
    fn far(&self, p: Vec2) -> f32 {
        let next = self.points.iter().cycle().skip(1);
        let sides = self.points.iter().zip(next);
        let far = sides.map(|(a, b)| {
            let along = *b - *a;
            let t = (p - *a).dot(along) / along.length_squared().max(1e-9);
            p.distance(*a + along * t.clamp(0.0, 1.0))
        });
        far.fold(f32::MAX, f32::min)
    }

    /// The gap all around this loop to another around it, from the edge of the one line to that of the other, the least
    /// first; none where they are not as a peg of this size is in its socket.
    fn gap(&self, around: &Self, size: std::ops::Range<f32>) -> Option<Vec<f32>> {
        let ((low, high), (l, h)) = (self.bounds(), around.bounds());
        let within = l.cmplt(low).all() && high.cmplt(h).all();
        let round = (high - low).max_element() < 1.15 * (high - low).min_element();
        let sized = size.contains(&(high - low).min_element());
        if self.height != around.height || !(within && round && sized) {
            return None;
        }
        let lines = (self.wide + around.wide) / 2.0;
        let mut gaps: Vec<f32> = (self.points.iter())
            .map(|p| around.far(*p) - lines)
            .collect();
        gaps.sort_by(f32::total_cmp);
        gaps.last().is_some_and(|most| *most < 1.2).then_some(gaps)
    }
}

/// All parts of a folder in one file, each where it is.
fn together(files: &[PathBuf], whole: &Path) {
    let (mut count, mut triangles) = (0, Vec::new());
    for file in files {
        let bytes = std::fs::read(file).expect("it was written");
        count += u32::from_le_bytes(bytes[80..84].try_into().expect("four bytes"));
        triangles.extend_from_slice(&bytes[84..]);
    }
    let bytes = [&[b' '; 80][..], &count.to_le_bytes(), &triangles].concat();
    std::fs::write(whole, bytes).expect("a test's folder can be written to");
}

#[test]
fn between_peg_and_socket_is_the_clearance_that_was_asked_for() {
    for clearance in [0.2, 0.4f32] {
        let place = Place::new().with_sample();
        let clear = format!("{clearance}mm");
        let line = [
            "photo.png",
            "-o",
            "p.stl",
            "--split",
            "--height",
            "120mm",
            "--pegs",
            "--clearance",
            &clear,
        ];
        printed(&place.command().args(line).output().expect("it starts"));
        let names = place
            .names()
            .into_iter()
            .filter(|name| name.ends_with(".stl"));
        let files: Vec<PathBuf> = names.map(|name| place.path(&name)).collect();
        together(&files, &place.path("all.stl"));
        let gcode = place.path("all.gcode");
        let words = [
            "--export-gcode",
            "--layer-height",
            "0.2",
            "--output",
            &gcode.to_string_lossy(),
        ];
        if prusa(&words, &place.path("all.stl")).is_none() {
            return;
        }
        let loops = loops(&std::fs::read_to_string(&gcode).expect("it was sliced"));
        // The head's peg points down, and is some 6 mm thick where it begins and 5 mm where it ends.
        let gaps: Vec<Vec<f32>> = (loops.iter())
            .flat_map(|one| loops.iter().filter_map(|other| one.gap(other, 4.0..6.2)))
            .collect();
        assert!(
            gaps.len() > 10,
            "only {} slices show a peg in its socket",
            gaps.len()
        );
        // The peg leans: one slice or two cut its mouth aslant, and show it where it is grown to its part.
        let (aslant, clear): (Vec<_>, Vec<_>) = gaps.iter().partition(|gaps| gaps[0] < 0.0);
        assert!(
            aslant.len() < 3,
            "{} slices show a peg that touches its socket",
            aslant.len()
        );
        let middle = |gaps: &&Vec<f32>| gaps[gaps.len() / 2];
        let mouth = clear.iter().map(middle).fold(f32::MAX, f32::min);
        let least = clear.iter().map(|gaps| gaps[0]).fold(f32::MAX, f32::min);
        eprintln!(
            "{clearance} mm asked for: {mouth:.3} mm at the mouth, {least:.3} mm at least, {} slices",
            gaps.len()
        );
        assert!(
            (mouth - clearance).abs() < 0.05,
            "{mouth} mm at the mouth of a socket, not {clearance}"
        );
        assert!(
            least > 0.4 * clearance,
            "{least} mm at one place, of {clearance}"
        );
    }
}
