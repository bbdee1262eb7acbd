//! Untrusted files become pixels, and pixels become a cut-out subject.
//!
//! ```text
//! file -> photo (bounded decode, upright, sRGB) -> cutout (the subject, the rest transparent)
//! ```
//!
//! Nothing of a file but its pixels goes further than this module: EXIF, colour profiles, comments
//! and thumbnails end here.

pub mod cutout;
pub mod decode;
pub mod framing;
pub mod kind;
pub mod prompt;
pub mod segmentation;
