//! What a file is by its first bytes, whatever its name says.

use image::ImageFormat;

/// What a picture can be to be read.
pub const READ: &str = "JPEG, PNG, WebP, GIF, BMP, TIFF, PNM or ICO";

/// Endings of pictures, also of those that are not read, in small letters.
pub const ENDINGS: [&str; 34] = [
    "jpg", "jpeg", "jpe", "jfif", "png", "webp", "gif", "bmp", "tif", "tiff", "pnm", "pbm", "pgm",
    "ppm", "ico", "heic", "heif", "hif", "avif", "jxl", "jp2", "psd", "dng", "nef", "cr2", "cr3",
    "arw", "orf", "rw2", "raf", "pef", "srw", "dib", "apng",
];
/// Of these, the endings of what cameras write as it comes, most of them TIFF by their first bytes.
const RAW: [&str; 10] = [
    "dng", "nef", "cr2", "cr3", "arw", "orf", "rw2", "raf", "pef", "srw",
];
/// So many bytes are enough to tell.
pub const HEAD: u64 = 64;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A picture that is read.
    Picture,
    /// One that is not, by the name of its kind.
    NotRead(&'static str),
    /// Something else.
    Other,
}

impl Kind {
    /// Of a file's first bytes and its name's ending, in small letters.
    pub fn of(head: &[u8], ending: &str) -> Self {
        if RAW.contains(&ending) {
            return Self::NotRead("camera raw");
        }
        if let Some(kind) = not_read(head) {
            return Self::NotRead(kind);
        }
        match image::guess_format(head) {
            Ok(format) if format.reading_enabled() && is_really(format, head) => Self::Picture,
            _ => Self::Other,
        }
    }
}

/// The kind of a picture that no decoder here knows.
pub(super) fn not_read(head: &[u8]) -> Option<&'static str> {
    let brand = head.get(8..12).filter(|_| head.get(4..8) == Some(b"ftyp"));
    match brand {
        Some(b"avif" | b"avis") => return Some("AVIF"),
        Some(b"mif1" | b"msf1") if head.windows(4).any(|at| at == b"avif") => return Some("AVIF"),
        Some(b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"mif1" | b"msf1") => {
            return Some("HEIC");
        }
        Some(b"crx ") => return Some("camera raw"),
        _ => {}
    }
    let begins: [(&[u8], &str); 6] = [
        (b"\xff\x0a", "JPEG XL"),
        (b"\0\0\0\x0cJXL ", "JPEG XL"),
        (b"\0\0\0\x0cjP  ", "JPEG 2000"),
        (b"8BPS", "Photoshop"),
        (b"gimp xcf", "GIMP"),
        (b"FUJIFILMCCD-RAW", "camera raw"),
    ];
    let found = begins.iter().find(|(magic, _)| head.starts_with(magic));
    found.map(|(_, kind)| *kind)
}

/// Two letters are little: a text may begin so as well.
fn is_really(format: ImageFormat, head: &[u8]) -> bool {
    match format {
        ImageFormat::Bmp => matches!(
            head.get(14..18),
            Some([12 | 16 | 40 | 52 | 56 | 64 | 108 | 124, 0, 0, 0])
        ),
        ImageFormat::Pnm => {
            let next = head.get(2..).unwrap_or_default();
            let number = next.iter().find(|b| !b.is_ascii_whitespace());
            next.first().is_some_and(u8::is_ascii_whitespace)
                && number.is_some_and(|&b| b.is_ascii_digit() || b == b'#')
        }
        ImageFormat::Ico => matches!(head.get(4..6), Some([1..=64, 0])),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_say_more_than_names() {
        let of = |head: &[u8]| Kind::of(head, "txt");
        assert_eq!(of(b"\xff\xd8\xff\xe0\0\x10JFIF"), Kind::Picture);
        assert_eq!(of(b"P6\n40 30\n255\n"), Kind::Picture);
        assert_eq!(of(b"\0\0\x01\0\x01\0\x20\x20"), Kind::Picture);
        assert_eq!(of(b"\0\0\0\x18ftypheic"), Kind::NotRead("HEIC"));
        assert_eq!(
            of(b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif"),
            Kind::NotRead("AVIF")
        );
        for text in [
            &b"BMW and others"[..],
            b"P2 is a product",
            b"P3",
            b"",
            b"photos",
        ] {
            assert_eq!(of(text), Kind::Other, "{}", text.escape_ascii());
        }
        assert_eq!(Kind::of(b"II*\0", "tif"), Kind::Picture);
        assert_eq!(Kind::of(b"II*\0", "nef"), Kind::NotRead("camera raw"));
    }
}
