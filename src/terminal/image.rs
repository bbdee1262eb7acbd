//! A small picture in a terminal that can show one.
//!
//! What a terminal can do is read from the environment alone: a question to the terminal could wait for
//! an answer for ever.

use std::io::Write;

use image::RgbImage;

use crate::base::palette::Palette;
use crate::export;

/// How a terminal shows pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Kitty's graphics protocol: PNG in pieces.
    Kitty,
    /// DEC's sixels: 256 colours, six rows at a time.
    Sixel,
    /// Two pixels a character, in 24-bit colour.
    Blocks,
    /// The same in the 256 colours of old.
    FewColours,
}

/// Lines that a picture takes at most, and lines that are left to the text around it.
const LINES: u16 = 26;
const TEXT: u16 = 4;

impl Protocol {
    /// What the terminal behind these environment variables can do; nothing for one that shows no
    /// colours, or should not.
    pub fn of(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let get = |name| variable(name).unwrap_or_default();
        let set = |name| !get(name).is_empty();
        let (term, program) = (get("TERM"), get("TERM_PROGRAM"));
        if term == "dumb" || set("NO_COLOR") {
            return None;
        }
        let begins = |names: &[&str]| names.iter().any(|name| term.starts_with(name));
        // These keep the variables of the terminal around them, but not its pictures.
        let inside = set("TMUX") || set("STY") || begins(&["screen", "tmux"]);
        let konsole = get("KONSOLE_VERSION").parse().unwrap_or(0);
        if !inside {
            let kitty = set("KITTY_WINDOW_ID") || begins(&["xterm-kitty", "xterm-ghostty"]);
            if kitty || konsole >= 220_400 {
                return Some(Self::Kitty);
            }
            if begins(&["foot", "contour", "mlterm"])
                || ["WezTerm", "iTerm.app"].contains(&&*program)
            {
                return Some(Self::Sixel);
            }
        }
        let full = ["truecolor", "24bit"].contains(&&*get("COLORTERM"))
            || set("WT_SESSION")
            || set("VTE_VERSION")
            || term.ends_with("-direct");
        match full {
            true => Some(Self::Blocks),
            false => term.contains("256color").then_some(Self::FewColours),
        }
    }

    /// Width and height, in pixels, of a picture for a terminal of so many columns and lines; nothing where
    /// there is no room.
    pub fn size(self, columns: u16, lines: u16) -> Option<(u32, u32)> {
        let lines = u32::from(lines.saturating_sub(TEXT).min(LINES));
        let (width, height) = match self {
            Self::Kitty | Self::Sixel => (360, 480),
            // Three wide for four high; a character is one wide and two high.
            Self::Blocks | Self::FewColours => (lines * 3 / 2, lines * 2),
        };
        (lines >= 8 && u32::from(columns) > lines * 3 / 2).then_some((width, height))
    }

    /// What the terminal has to be sent to show `picture`, within `lines` lines of its own.
    pub fn show(self, picture: &RgbImage, lines: u16) -> Vec<u8> {
        let lines = lines.saturating_sub(TEXT).min(LINES);
        match self {
            Self::Kitty => kitty(picture, lines),
            Self::Sixel => sixel(picture),
            Self::Blocks => blocks(picture, |[r, g, b]| format!("2;{r};{g};{b}")),
            Self::FewColours => blocks(picture, |colour| format!("5;{}", of_cube(colour))),
        }
    }
}

/// PNG in base 64, in pieces of at most 4096 letters, with no answer asked for.
fn kitty(picture: &RgbImage, lines: u16) -> Vec<u8> {
    let Ok(png) = export::picture(picture) else {
        return Vec::new(); // a picture less, and nothing else
    };
    let text = base64(&png);
    let pieces: Vec<&[u8]> = text.chunks(4096).collect();
    let mut out = Vec::new();
    for (i, piece) in pieces.iter().enumerate() {
        out.extend(b"\x1b_G");
        if i == 0 {
            out.extend(format!("a=T,f=100,q=2,r={lines},").bytes());
        }
        out.extend(format!("m={};", u8::from(i + 1 < pieces.len())).bytes());
        out.extend(*piece);
        out.extend(b"\x1b\\");
    }
    out.push(b'\n');
    out
}

fn base64(bytes: &[u8]) -> Vec<u8> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |three: &[u8]| {
        let whole = (0..3).fold(0, |sum, k| {
            sum << 8 | usize::from(*three.get(k).unwrap_or(&0))
        });
        let letter = |k: usize| LETTERS[whole >> (18 - 6 * k) & 63];
        std::array::from_fn::<u8, 4, _>(|k| if k <= three.len() { letter(k) } else { b'=' })
    };
    bytes.chunks(3).flat_map(group).collect()
}

/// Bands of six rows, each drawn once in every colour that it has.
fn sixel(picture: &RgbImage) -> Vec<u8> {
    let mut palette = Palette::of(std::slice::from_ref(picture), 255);
    let indices = palette.dither(picture);
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let mut out = format!("\x1bP0;1;0q\"1;1;{width};{height}").into_bytes();
    for (i, colour) in palette.colours.iter().enumerate() {
        let [r, g, b] = colour.map(|v| (u32::from(v) * 100 + 127) / 255);
        out.extend(format!("#{i};2;{r};{g};{b}").bytes());
    }
    for band in indices.chunks(width * 6) {
        let mut used = [false; 256];
        band.iter().for_each(|&i| used[usize::from(i)] = true);
        for colour in (0..=255u8).filter(|&c| used[usize::from(c)]) {
            let dots = |x: usize| {
                let rows = band.iter().skip(x).step_by(width).enumerate();
                63 + rows.fold(0u8, |sum, (y, &i)| sum | u8::from(i == colour) << y)
            };
            out.extend(format!("#{colour}").bytes());
            let row: Vec<u8> = (0..width).map(dots).collect();
            for run in row.chunk_by(|a, b| a == b) {
                match run.len() {
                    0..4 => out.extend(run),
                    count => out.extend(format!("!{count}{}", run[0] as char).bytes()),
                }
            }
            out.push(b'$');
        }
        out.push(b'-');
    }
    out.extend(b"\x1b\\\n");
    out
}

/// The upper pixel is the character's colour, the lower one the colour behind it.
fn blocks(picture: &RgbImage, code: impl Fn([u8; 3]) -> String) -> Vec<u8> {
    let mut out = Vec::new();
    for y in (0..picture.height() / 2 * 2).step_by(2) {
        for x in 0..picture.width() {
            let [upper, lower] = [y, y + 1].map(|y| code(picture.get_pixel(x, y).0));
            let _ = write!(out, "\x1b[38;{upper};48;{lower}m\u{2580}"); // memory does not refuse
        }
        out.extend(b"\x1b[0m\n");
    }
    out
}

/// The nearest of the 216 colours with six steps a channel, or of the 24 greys.
fn of_cube(colour: [u8; 3]) -> u8 {
    let step = |v: u8| match v {
        0..48 => 0u8,
        48..115 => 1,
        _ => (v - 35) / 40,
    };
    let of_step = |s: u8| if s == 0 { 0 } else { 55 + 40 * s };
    let [r, g, b] = colour.map(step);
    let mean = colour.iter().map(|&v| u32::from(v)).sum::<u32>() / 3;
    let grey = (mean.saturating_sub(3) / 10).min(23) as u8;
    let far = |other: [u8; 3]| -> u32 {
        (0..3)
            .map(|k| u32::from(colour[k].abs_diff(other[k])).pow(2))
            .sum()
    };
    match far([r, g, b].map(of_step)) <= far([8 + 10 * grey; 3]) {
        true => 16 + 36 * r + 6 * g + b,
        false => 232 + grey,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(set: &[(&str, &str)]) -> Option<Protocol> {
        Protocol::of(|name| {
            let found = set.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| value.to_string())
        })
    }

    #[test]
    fn the_environment_says_what_a_terminal_can_do() {
        let of = |term| ("TERM", term);
        assert_eq!(way(&[of("xterm-kitty")]), Some(Protocol::Kitty));
        assert_eq!(way(&[of("foot")]), Some(Protocol::Sixel));
        let wezterm = ("TERM_PROGRAM", "WezTerm");
        assert_eq!(way(&[of("xterm-256color"), wezterm]), Some(Protocol::Sixel));
        let colours = ("COLORTERM", "truecolor");
        assert_eq!(
            way(&[of("xterm-256color"), colours]),
            Some(Protocol::Blocks)
        );
        assert_eq!(way(&[of("xterm-256color")]), Some(Protocol::FewColours));
        assert_eq!(way(&[of("vt100")]), None);
        assert_eq!(way(&[]), None);
        assert_eq!(way(&[of("dumb"), colours]), None);
        assert_eq!(way(&[of("xterm-kitty"), ("NO_COLOR", "1")]), None);
        let within = [of("tmux-256color"), ("KITTY_WINDOW_ID", "1"), colours];
        assert_eq!(
            way(&within),
            Some(Protocol::Blocks),
            "tmux hands no pictures on"
        );
    }

    fn test_picture() -> RgbImage {
        RgbImage::from_fn(40, 52, |x, y| match (x / 20, y / 26) {
            (0, 0) => [250, 20, 20].into(),
            (1, 0) => [20, 230, 20].into(),
            (0, _) => [20, 20, 220].into(),
            _ => [128, 128, 128].into(),
        })
    }

    #[test]
    fn kitty_gets_a_whole_png_in_pieces() {
        // What hardly compresses, to need several pieces.
        let picture = RgbImage::from_fn(90, 60, |x, y| {
            let v = x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503_917);
            [v as u8, (v >> 8) as u8, (v >> 16) as u8].into()
        });
        let sent = String::from_utf8(Protocol::Kitty.show(&picture, 24)).expect("letters");
        let pieces: Vec<&str> = sent
            .split("\x1b\\")
            .filter(|p| p.starts_with("\x1b_G"))
            .collect();
        assert!(pieces.len() > 1);
        let (mut text, mut more) = (String::new(), true);
        for piece in pieces {
            let (keys, data) = piece.split_once(';').expect("keys and data");
            assert!(more && data.len() <= 4096, "{keys}");
            more = keys.ends_with("m=1");
            text.push_str(data);
        }
        assert!(!more, "the last piece says that it is the last");
        let value = |c: u8| match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            _ => 63,
        };
        let bits = (text.trim_end_matches('=').bytes()).flat_map(|c| {
            let v = value(c);
            (0..6).rev().map(move |k| v >> k & 1)
        });
        let bits: Vec<u8> = bits.collect();
        let bytes: Vec<u8> = (bits.chunks_exact(8))
            .map(|byte| byte.iter().fold(0, |sum, bit| sum << 1 | bit))
            .collect();
        let read = image::load_from_memory(&bytes).expect("the PNG arrives whole");
        assert_eq!(read.into_rgb8(), picture);
    }

    #[test]
    fn sixels_draw_the_picture() {
        let picture = test_picture();
        let sent = String::from_utf8(Protocol::Sixel.show(&picture, 24)).expect("letters");
        let body = sent
            .trim_end()
            .strip_prefix("\x1bP0;1;0q\"1;1;40;52")
            .expect("a header");
        let body = body.strip_suffix("\x1b\\").expect("an end");
        let (mut colours, mut seen) = (vec![[0u8; 3]; 256], vec![[0u8; 3]; 40 * 54]);
        let (mut at, mut band, mut colour, mut rest) = (0, 0, 0, body);
        let number = |text: &mut &str| -> usize {
            let end = text
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(text.len());
            let (digits, after) = text.split_at(end);
            *text = after;
            digits.parse().expect("a number")
        };
        while let Some(c) = rest.chars().next() {
            let mut count = 1;
            if c != '!' {
                rest = &rest[1..];
            }
            match c {
                '#' => {
                    colour = number(&mut rest);
                    if let Some(mut after) = rest.strip_prefix(";2;") {
                        for channel in &mut colours[colour] {
                            *channel = (number(&mut after) * 255 / 100) as u8;
                            after = after.strip_prefix(';').unwrap_or(after);
                        }
                        rest = after;
                    }
                    continue;
                }
                '$' => at = 0,
                '-' => (at, band) = (0, band + 1),
                _ => {
                    let mut dots = c;
                    if c == '!' {
                        rest = &rest[1..];
                        count = number(&mut rest);
                        dots = rest.chars().next().expect("what is repeated");
                        rest = &rest[1..];
                    }
                    let dots = dots as u32 - 63;
                    for x in at..at + count {
                        for y in (0..6).filter(|y| dots >> y & 1 == 1) {
                            seen[(band * 6 + y) * 40 + x] = colours[colour];
                        }
                    }
                    at += count;
                }
            }
        }
        for (x, y, p) in picture.enumerate_pixels() {
            let got = seen[y as usize * 40 + x as usize];
            let off = (0..3).map(|k| got[k].abs_diff(p[k])).max();
            assert!(off < Some(40), "{x},{y} is {got:?} and should be {:?}", p.0);
        }
    }

    #[test]
    fn blocks_show_two_pixels_a_character() {
        let sent = String::from_utf8(Protocol::Blocks.show(&test_picture(), 40)).expect("UTF-8");
        let lines: Vec<&str> = sent.lines().collect();
        assert_eq!(lines.len(), 26);
        assert!(
            lines
                .iter()
                .all(|l| l.matches('\u{2580}').count() == 40 && l.ends_with("\x1b[0m"))
        );
        assert!(lines[0].starts_with("\x1b[38;2;250;20;20;48;2;250;20;20m"));
        assert_eq!(
            [of_cube([255; 3]), of_cube([0; 3]), of_cube([255, 0, 0])],
            [231, 16, 196]
        );
        assert_eq!(of_cube([118; 3]), 243);
    }

    #[test]
    fn a_picture_fits_its_terminal() {
        assert_eq!(Protocol::Blocks.size(80, 24), Some((30, 40)));
        assert_eq!(Protocol::Blocks.size(200, 100), Some((39, 52)));
        assert_eq!(Protocol::Blocks.size(20, 24), None, "too narrow");
        assert_eq!(Protocol::Kitty.size(80, 9), None, "too low");
    }
}
