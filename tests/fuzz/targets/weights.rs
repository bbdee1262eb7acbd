//! Any bytes as a weights file: an error or a model; never a panic, nor memory beyond the file's size.
#![no_main]

use std::io::Write;

use gen3d::model::Model;
use gen3d::model::nn::device;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(bytes).expect("room for a temporary file");
    let cpu = device::choose("cpu").expect("the processor is always there");
    let _ = Model::open(file.path(), &cpu).and_then(|model| model.verify());
});
