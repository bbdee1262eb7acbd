//! Values as people type them: lengths, times, sizes, shares.

use std::str::FromStr;
use std::time::Duration;

use crate::pipeline::Heights;
use crate::texture;

/// A number before one of these units, in capitals or not, and how much the unit is.
fn of_unit<'a, T: Copy>(text: &'a str, units: &[(&str, T)]) -> Option<(&'a str, T)> {
    let text = text.trim();
    units.iter().find_map(|&(unit, scale)| {
        let (number, end) = text.split_at_checked(text.len().checked_sub(unit.len())?)?;
        end.eq_ignore_ascii_case(unit)
            .then(|| (number.trim(), scale))
    })
}

/// A length with its unit, in metres.
fn length(text: &str) -> Result<f64, String> {
    let units = [("mm", 0.001), ("cm", 0.01), ("in", 0.0254), ("m", 1.0)];
    let (number, scale) =
        of_unit(text, &units).ok_or("a size needs a unit: 75mm, 10cm, 0.1m or 4in")?;
    let number: f64 = (number.parse()).map_err(|_| format!("'{number}' is not a number"))?;
    Ok(number * scale)
}

/// A figurine's height, in metres.
pub(super) fn metres(text: &str) -> Result<f32, String> {
    let metres = length(text)?;
    // Beyond these the files' 32-bit numbers, and every printer, give up.
    if (0.001..=1000.0).contains(&metres) {
        Ok(metres as f32)
    } else {
        Err("a figurine's height is between 1mm and 1000m".into())
    }
}

/// How tall several are beside each other.
pub(super) fn heights(text: &str) -> Result<Heights, String> {
    if text.trim() == "photo" {
        return Ok(Heights::Photographed);
    }
    let tall = |text: &str| match text.trim().parse() {
        Ok(height) if (1e-3..=1e6).contains(&height) => Ok(height),
        _ => Err("heights beside each other are numbers above 0, as 180,165,40, or photo".into()),
    };
    text.split(',')
        .map(tall)
        .collect::<Result<_, _>>()
        .map(Heights::Given)
}

/// A wall's thickness, in millimetres.
pub(super) fn wall(text: &str) -> Result<f32, String> {
    let millimetres = length(text)? * 1000.0;
    if (0.0..=100.0).contains(&millimetres) {
        Ok(millimetres as f32)
    } else {
        Err("a wall is between 0mm and 100mm".into())
    }
}

/// A share of a batch: the inputs whose place in the order is `index` modulo `count`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// From 0.
    pub index: usize,
    pub count: usize,
}

/// `I/N`, from `1/N` to `N/N`.
pub(super) fn shard(text: &str) -> Result<Shard, String> {
    let (one, count) = text.split_once('/').ok_or("a share is I/N, as 2/8")?;
    let number = |text: &str| text.parse::<usize>();
    let (Ok(one), Ok(count)) = (number(one), number(count)) else {
        return Err("a share is two numbers, I/N, as 2/8".into());
    };
    if count == 0 {
        return Err("there is no share of nothing: a share is I/N, as 2/8".into());
    }
    if (1..=count).contains(&one) {
        let index = one - 1;
        Ok(Shard { index, count })
    } else {
        Err(format!("shares go from 1/{count} to {count}/{count}"))
    }
}

/// A number with one of these units.
fn with_unit(text: &str, units: &[(&str, u64)], example: &str) -> Result<u64, String> {
    let (number, scale) =
        of_unit(text, units).ok_or(format!("a number needs a unit here: {example}"))?;
    let number: u64 = (number.parse()).map_err(|_| format!("'{number}' is not a whole number"))?;
    (number.checked_mul(scale)).ok_or_else(|| format!("{text} is more than can be counted"))
}

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let units = [("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)];
    let seconds = with_unit(text, &units, "24h, 30m or 7d")?;
    // Beyond this, times overflow somewhere; and nobody means it.
    if seconds <= 100 * 365 * 86_400 {
        Ok(Duration::from_secs(seconds))
    } else {
        Err("a hundred years at most".into())
    }
}

/// How long something on a screen takes.
pub(super) fn seconds(text: &str) -> Result<f32, String> {
    let (number, ()) = of_unit(text, &[("s", ())]).unwrap_or((text.trim(), ()));
    match number.parse() {
        Ok(seconds) if (0.1..=600.0).contains(&seconds) => Ok(seconds),
        _ => Err("seconds are a number from 0.1 to 600".into()),
    }
}

pub(super) fn bytes(text: &str) -> Result<u64, String> {
    let units = [
        ("KB", 1000),
        ("MB", 1_000_000),
        ("GB", 1_000_000_000),
        ("TB", 1_000_000_000_000),
        ("B", 1),
    ];
    with_unit(text, &units, "2GB or 500MB")
}

/// A whole number, as large as the type holds.
pub(super) fn whole<T: FromStr>(text: &str) -> Result<T, String> {
    let number = text.trim().parse();
    number.map_err(|_| "a whole number from 0 on is needed, and not too large a one".into())
}

pub(super) fn explosion(text: &str) -> Result<f32, String> {
    match text.parse() {
        Ok(share) if (0.0..=2.0).contains(&share) => Ok(share),
        _ => Err("parts are pushed apart by 0 to 2 heights".into()),
    }
}

/// How far around the figure to its left and from how far above, as 40 or -90,25. Without the second it is a little.
pub(super) fn degrees(text: &str) -> Option<(i16, i16)> {
    let (around, above) = text.split_once(',').unwrap_or((text, "6"));
    let number = |text: &str, most: i16| {
        let number: i16 = text.trim().parse().ok()?;
        (-most..=most).contains(&number).then_some(number)
    };
    Some((number(around, 360)?, number(above, 89)?))
}

/// How the colours of a figurine are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Texture {
    /// At its vertices.
    Off,
    /// In a picture of so many pixels a side.
    Side(u32),
}

pub(super) fn texture(text: &str) -> Result<Texture, String> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("off") {
        return Ok(Texture::Off);
    }
    match text.parse() {
        Ok(side) if (texture::SMALLEST..=texture::LARGEST).contains(&side) => {
            Ok(Texture::Side(side))
        }
        _ => Err(format!(
            "it is {} to {} pixels a side, or off",
            texture::SMALLEST,
            texture::LARGEST
        )),
    }
}

pub(super) fn guidance(text: &str) -> Result<f32, String> {
    match text.parse() {
        Ok(scale) if (0.0..=100.0).contains(&scale) => Ok(scale),
        _ => Err("guidance is a number from 0 to 100".into()),
    }
}

pub(super) fn author(text: &str) -> Result<String, String> {
    let name = text.trim();
    match name.chars().count() {
        0 => Err("an author's name is empty".into()),
        1..=200 => Ok(name.to_owned()),
        _ => Err("an author's name has 200 letters at most".into()),
    }
}

pub(super) fn slot_name(text: &str) -> Result<String, String> {
    let name = text.trim();
    if name.is_empty() {
        return Err("a part's name is empty".into());
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_sizes_and_shares_are_read_or_refused() {
        assert_eq!(duration("24h"), Ok(Duration::from_secs(86_400)));
        assert_eq!(duration("0s"), Ok(Duration::ZERO));
        assert_eq!(bytes("2GB"), Ok(2_000_000_000));
        assert_eq!(bytes("12B"), Ok(12));
        assert_eq!(bytes("2 gb"), Ok(2_000_000_000));
        assert_eq!(duration("24H"), Ok(Duration::from_secs(86_400)));
        assert_eq!(seconds("3S"), Ok(3.0));
        assert_eq!(shard("8/8"), Ok(Shard { index: 7, count: 8 }));
        for text in [
            "",
            "24",
            "h",
            "-1h",
            "1.5h",
            "99999999d",
            "99999999999999999999d",
        ] {
            assert!(duration(text).is_err(), "'{text}' is no time");
        }
        for text in ["", "2", "GB", "-1GB", "99999999999999TB"] {
            assert!(bytes(text).is_err(), "'{text}' is no size");
        }
        for text in ["", "1", "0/3", "4/3", "1/0", "a/b", "1/2/3"] {
            assert!(shard(text).is_err(), "'{text}' is no share");
        }
    }

    #[test]
    fn a_view_is_one_or_two_angles() {
        assert_eq!(degrees("40"), Some((40, 6)));
        assert_eq!(degrees("-90, 25"), Some((-90, 25)));
        for text in ["", "front", "1,2,3", "400", "0,90", "1.5"] {
            assert_eq!(degrees(text), None, "'{text}'");
        }
    }

    #[test]
    fn lengths_need_a_unit_and_a_sane_value() {
        for (text, want) in [
            ("100mm", 0.1),
            ("7.5 cm", 0.075),
            ("0.1m", 0.1),
            ("4in", 0.1016),
            ("75MM", 0.075),
            (" 75 Mm ", 0.075),
            ("0.1M", 0.1),
        ] {
            assert_eq!(metres(text), Ok(want), "{text}");
        }
        for text in [
            "", "0", "0mm", "-3cm", "\u{e9}mm", "\u{e9}", "100", "mm", "NaNm", "infm", "1e9m",
            "12 feet",
        ] {
            assert!(metres(text).is_err(), "'{text}' is no height");
        }
    }
}
