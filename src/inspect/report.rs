//! What was found, in words.

use std::fmt;

use super::bodies::{Bodies, Body};
use super::estimate::{Estimate, time};
use super::part::{Budgets, PartFindings};
use super::{Inspection, Penetration, Stance, Standing};
use crate::geometry::Supports;
use crate::geometry::stance::PLATE;

/// So many of a kind are told; a file may have any number of them.
const LINES: usize = 40;
/// What tips over at less, degrees, barely stands.
const BARELY: f64 = 5.0;

impl Bodies {
    /// What is wrong with them.
    pub(super) fn fault(&self) -> Option<String> {
        let Self {
            count,
            floating,
            highest,
            ..
        } = self;
        if !self.complete {
            return Some("it is too tangled to tell whether it hangs together".into());
        }
        match (floating, count) {
            (0, _) => None,
            (1, 2) => Some(format!(
                "it is 2 separate bodies, and one of them floats {highest:.1} mm above the plate"
            )),
            _ => Some(format!(
                "it is {count} separate bodies, and {floating} of them float above the plate, up to {highest:.1} mm"
            )),
        }
    }

    /// What is worth knowing of them.
    pub(super) fn remark(&self) -> Option<String> {
        let several = self.complete && self.count > 1 && self.floating == 0;
        several.then(|| format!("it is {} separate bodies, each on the plate", self.count))
    }
}

impl Standing {
    /// What of it is not as a printer wants it.
    pub(crate) fn notes(&self) -> Vec<String> {
        let bodies = (self.body_count > 1).then(|| {
            let Self {
                body_count,
                floating,
                ..
            } = self;
            format!("it is {body_count} separate bodies, of which {floating} float above the plate")
        });
        let alone = self.body_count == 1 && !self.stands;
        let falls = (self.stance.as_ref().filter(|_| alone)).map(|stance| {
            format!("printed as it is, it {stance}: --base disk, or a wider --base-diameter")
        });
        bodies.into_iter().chain(falls).collect()
    }
}

impl Budgets {
    /// What was not looked at in full.
    pub(super) fn remarks(&self) -> Vec<String> {
        let questions = [
            (&self.crossings, "its crossings were counted"),
            (&self.walls, "its walls were measured"),
            (&self.entering, "its parts were held against each other"),
        ];
        let open = questions
            .into_iter()
            .filter(|(budget, _)| !budget.is_left());
        open.map(|(_, what)| {
            format!("too many of its triangles lie on top of each other: {what} only in part")
        })
        .collect()
    }
}

/// A share in per cent; never below zero.
fn percent(share: f64) -> f64 {
    (100.0 * share).max(0.0)
}

/// A volume in cubic centimetres, of which nothing is nothing and not "-0.00".
fn cm3(mm3: f64) -> f64 {
    if mm3.abs() < 5.0 {
        mm3.abs() / 1000.0
    } else {
        mm3 / 1000.0
    }
}

impl fmt::Display for Stance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            contact_mm2,
            margin_mm,
            tips_at_degrees,
            ..
        } = self;
        let word = match (self.stands, *tips_at_degrees < BARELY) {
            (true, false) => "stands",
            (true, true) => "barely stands",
            (false, _) => "falls over",
        };
        write!(
            f,
            "{word}: {contact_mm2:.1} mm2 on the plate, the centre of mass "
        )?;
        match self.stands {
            true => write!(
                f,
                "{margin_mm:.1} mm within them, tips over at {tips_at_degrees:.0} degrees"
            ),
            false => write!(f, "{:.1} mm beside them; a base would hold it", -margin_mm),
        }
    }
}

impl fmt::Display for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.stance {
            Some(stance) => write!(f, "{stance}"),
            None if self.above_plate_mm > PLATE => {
                write!(f, "floats {:.1} mm above the plate", self.above_plate_mm)
            }
            None => write!(f, "holds no volume, so nobody knows how it stands"),
        }
    }
}

impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            pla_g,
            pla_minutes,
            resin_g,
            supports,
            supports_g,
            supports_minutes,
        } = self;
        let took = time(*pla_minutes);
        write!(
            f,
            "to print it takes about {pla_g:.1} g of PLA and {took}, or {resin_g:.1} g of resin; "
        )?;
        match supports {
            Some(Supports {
                area_mm2,
                volume_mm3,
                ..
            }) if *area_mm2 > 0.0 => write!(
                f,
                "supports: {supports_g:.1} g and {} more, for {:.1} cm2 and {:.2} cm3 of room below",
                time(*supports_minutes),
                area_mm2 / 100.0,
                volume_mm3 / 1000.0
            ),
            Some(_) => write!(f, "no supports"),
            None => write!(f, "nobody knows about supports"),
        }
    }
}

impl fmt::Display for PartFindings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let yes = |yes: bool, word: &'static str, no: &'static str| if yes { word } else { no };
        write!(
            f,
            "{:<12} {:>7} triangles, {}, {}, {}, {} crossings, {:.2} cm3, wall {} mm",
            self.name,
            self.triangles,
            yes(self.closed, "closed", "OPEN"),
            match (self.manifold, self.touching) {
                (true, _) => "manifold",
                (false, true) => "of bodies that touch",
                (false, false) => "NOT MANIFOLD",
            },
            yes(self.outward, "outward", "NOT OUTWARD"),
            self.self_intersections,
            cm3(self.volume_mm3),
            self.wall_mm.map_or("?".into(), |wall| format!("{wall:.2}")),
        )
    }
}

impl Inspection {
    fn bodies(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let ([body], 1) = (&self.bodies[..], self.body_count) {
            return writeln!(f, "  one body, it {body}");
        }
        writeln!(f, "  {} separate bodies:", self.body_count)?;
        some(f, &self.bodies, self.body_count, |f, body| {
            let parts: Vec<&str> = body.parts.iter().take(10).map(String::as_str).collect();
            let more = if body.parts.len() > 10 { " ..." } else { "" };
            let volume = cm3(body.volume_mm3);
            writeln!(
                f,
                "    of {}{more}: {} triangles, {volume:.2} cm3, {body}",
                parts.join(", "),
                body.triangles
            )
        })
    }
}

/// The first few, and how many there are besides.
fn some<T>(
    f: &mut fmt::Formatter<'_>,
    items: &[T],
    count: usize,
    mut tell: impl FnMut(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    for item in items.iter().take(LINES) {
        tell(f, item)?;
    }
    match count.saturating_sub(LINES) {
        0 => Ok(()),
        more => writeln!(f, "    and {more} more"),
    }
}

impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [x, y, z] = self.size_mm;
        writeln!(
            f,
            "{}: {} part{}, {} triangles, {x:.1} x {y:.1} x {z:.1} mm, {:.2} cm3, {:.1} g of PLA if solid, {:.0} % overhangs",
            super::read::plain(&self.file.to_string_lossy()),
            self.parts.len(),
            if self.parts.len() == 1 { "" } else { "s" },
            self.triangles,
            cm3(self.volume_mm3),
            self.weight_g.max(0.0),
            percent(self.overhang_share)
        )?;
        // What encloses nothing is not printed.
        if self.estimate.pla_g > 0.0 {
            writeln!(f, "  {}", self.estimate)?;
        }
        some(f, &self.parts, self.parts.len(), |f, part| {
            writeln!(f, "  {part}")
        })?;
        let pairs = &self.penetrations;
        some(
            f,
            pairs,
            pairs.len(),
            |f, Penetration { parts, depth_mm }| {
                let [one, other] = parts;
                writeln!(
                    f,
                    "  {one} and {other} are in each other by {depth_mm:.2} mm"
                )
            },
        )?;
        self.bodies(f)?;
        some(f, &self.remarks, self.remarks.len(), |f, remark| {
            writeln!(f, "  note: {remark}")
        })?;
        if self.prints {
            return write!(f, "nothing speaks against printing it");
        }
        let faults = &self.faults[..self.faults.len().min(LINES / 4)];
        write!(f, "it would not print: {}", faults.join("; "))?;
        match self.faults.len() - faults.len() {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}
