//! Any bytes as a photo: an error or a picture, then an error or a cut-out; never a panic.
#![no_main]

use gen3d::photo::{cutout, decode};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(picture) = decode::decode(bytes) {
        // A cut-out's time grows with the picture; what is found, is found in a small one.
        if picture.len() < 1 << 20 {
            let _ = cutout::cut(picture, None, None);
        }
    }
});
