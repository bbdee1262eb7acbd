//! Pictures made on the spot, good ones and bad ones.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgba, RgbaImage};

/// A figure of a body and a head, on a background.
pub fn figure(width: u32, height: u32, behind: [u8; 4]) -> RgbaImage {
    RgbaImage::from_fn(width, height, |x, y| {
        let (x, y) = (
            x as f32 / width as f32 - 0.5,
            y as f32 / height as f32 - 0.5,
        );
        if x.hypot(y + 0.25) < 0.12 {
            Rgba([230, 180, 150, 255])
        } else if (x / 0.18).hypot((y - 0.12) / 0.28) < 1.0 {
            Rgba([40, 70, 160, 255])
        } else {
            Rgba(behind)
        }
    })
}

/// A picture file of a figure on white.
pub fn file(format: ImageFormat) -> Vec<u8> {
    encode(
        &DynamicImage::from(figure(120, 160, [255; 4]))
            .into_rgb8()
            .into(),
        format,
    )
}

/// A picture as the bytes of a file.
pub fn encode(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture
        .write_to(&mut bytes, format)
        .expect("this format can be written");
    bytes.into_inner()
}

/// The first bytes of a PNG that claims a size: the header is right, the pixels are missing.
pub fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
    header.extend([8, 2, 0, 0, 0]); // 8 bits, RGB
    png_chunk(&mut bytes, b"IHDR", &header);
    png_chunk(&mut bytes, b"IDAT", &[0x78, 0x9c, 0x03, 0x00]);
    bytes
}

/// Puts a chunk behind the header of a PNG.
pub fn png_with_chunk(png: &[u8], kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let (header, rest) = png.split_at(8 + 25);
    let mut bytes = header.to_vec();
    png_chunk(&mut bytes, kind, data);
    bytes.extend(rest);
    bytes
}

fn png_chunk(bytes: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    bytes.extend((data.len() as u32).to_be_bytes());
    bytes.extend(kind);
    bytes.extend(data);
    let mut crc = !0u32;
    for &byte in kind.iter().chain(data) {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg());
        }
    }
    bytes.extend((!crc).to_be_bytes());
}

/// A TIFF of a dark block on white, of 8 or 16 bits a channel, packed: so large ones are small files.
pub fn packed_tiff(width: u32, height: u32, bits: u16, channels: u16) -> Vec<u8> {
    let pixel = usize::from(bits / 8 * channels);
    let alpha = usize::from(bits / 8) * usize::from(channels == 4);
    let row = |dark: bool| {
        let mut bytes = vec![255u8; width as usize * pixel];
        let block = width as usize / 3..width as usize * 2 / 3;
        for pixel in bytes
            .chunks_exact_mut(pixel)
            .take(block.end)
            .skip(block.start)
        {
            let colour = pixel.len() - alpha;
            pixel[..colour].fill(if dark { 40 } else { 255 });
        }
        packed(&bytes)
    };
    let (dark, white) = (row(true), row(false));
    let mut bytes = b"II*\0\0\0\0\0".to_vec();
    let mut strips: Vec<[u32; 2]> = Vec::new();
    for y in 0..height {
        let row = match (height / 5..height * 4 / 5).contains(&y) {
            true => &dark,
            false => &white,
        };
        strips.push([bytes.len() as u32, row.len() as u32]);
        bytes.extend(row);
    }
    bytes.resize(bytes.len().next_multiple_of(2), 0);
    let mut list = |numbers: &mut dyn Iterator<Item = u32>, size: usize| {
        let at = bytes.len() as u32;
        numbers.for_each(|number| bytes.extend(&number.to_le_bytes()[..size]));
        at
    };
    let depths = list(&mut (0..channels).map(|_| bits.into()), 2);
    let starts = list(&mut strips.iter().map(|strip| strip[0]), 4);
    let lengths = list(&mut strips.iter().map(|strip| strip[1]), 4);
    let directory = bytes.len() as u32;
    // Width, height, depths, PackBits, RGB, strips, channels, rows a strip, lengths, straight alpha.
    let tags: [(u16, u16, u32, u32); 10] = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, channels.into(), depths),
        (259, 3, 1, 32_773),
        (262, 3, 1, 2),
        (273, 4, height, starts),
        (277, 3, 1, channels.into()),
        (278, 4, 1, 1),
        (279, 4, height, lengths),
        (338, 3, 1, 2),
    ];
    let tags = &tags[..9 + usize::from(channels == 4)];
    bytes.extend((tags.len() as u16).to_le_bytes());
    for (tag, kind, count, value) in tags {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(kind.to_le_bytes());
        bytes.extend(count.to_le_bytes());
        bytes.extend(value.to_le_bytes());
    }
    bytes.extend([0; 4]);
    bytes[4..8].copy_from_slice(&directory.to_le_bytes());
    bytes
}

/// Runs of bytes as TIFF's PackBits has them, each of a single value.
fn packed(bytes: &[u8]) -> Vec<u8> {
    let runs = bytes
        .chunk_by(|a, b| a == b)
        .flat_map(|run| run.chunks(128));
    runs.flat_map(|run| [(257 - run.len()) as u8, run[0]])
        .collect()
}

/// A BMP header that claims a size, without pixels.
pub fn bmp_header(width: i32, height: i32) -> Vec<u8> {
    let mut bytes = b"BM".to_vec();
    bytes.extend(54u32.to_le_bytes());
    bytes.extend([0; 4]);
    bytes.extend(54u32.to_le_bytes());
    bytes.extend(40u32.to_le_bytes());
    bytes.extend(width.to_le_bytes());
    bytes.extend(height.to_le_bytes());
    bytes.extend([1, 0, 24, 0]);
    bytes.extend([0; 24]);
    bytes
}

/// A GIF that claims a size, for itself and for its first frame, of which the pixels are missing.
pub fn gif_header(width: u16, height: u16) -> Vec<u8> {
    let mut bytes = b"GIF89a".to_vec();
    bytes.extend(width.to_le_bytes());
    bytes.extend(height.to_le_bytes());
    bytes.extend([0x80, 0, 0, 0, 0, 0, 255, 255, 255, 0x2C, 0, 0, 0, 0]);
    bytes.extend(width.to_le_bytes());
    bytes.extend(height.to_le_bytes());
    bytes.extend([0, 2, 2, 0x4C, 1, 0, 0x3B]);
    bytes
}

/// An EXIF segment that says only how the camera was held (1 to 8), in a JPEG.
pub fn jpeg_with_orientation(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01".to_vec();
    exif.extend([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0]);
    exif.extend([0; 4]);
    let mut bytes = jpeg[..2].to_vec();
    bytes.extend([0xFF, 0xE1]);
    bytes.extend((exif.len() as u16 + 2).to_be_bytes());
    bytes.extend(exif);
    bytes.extend(&jpeg[2..]);
    bytes
}

/// A CMYK JPEG as printers' programs write them (inverted, with Adobe's marker), of flat 8 x 8
/// blocks in one cyan, magenta, yellow and black value each, 255 for no ink.
pub fn cmyk_jpeg(blocks_wide: u16, blocks: &[[u8; 4]]) -> Vec<u8> {
    let blocks_high = blocks.len() as u16 / blocks_wide;
    let mut bytes = vec![0xFF, 0xD8];
    let mut segment = |code: u8, data: &[u8]| {
        bytes.extend([0xFF, code]);
        bytes.extend((data.len() as u16 + 2).to_be_bytes());
        bytes.extend(data);
    };
    segment(0xEE, b"Adobe\0\x64\0\0\0\0\0");
    let mut steps = vec![8u8; 65]; // so that a step of the mean is a step of the level
    steps[0] = 0;
    segment(0xDB, &steps);
    let mut frame = vec![8];
    frame.extend((blocks_high * 8).to_be_bytes());
    frame.extend((blocks_wide * 8).to_be_bytes());
    frame.push(4);
    for component in 1..=4 {
        frame.extend([component, 0x11, 0]);
    }
    segment(0xC0, &frame);
    // Means: twelve sizes, four bits each. The rest of a block: only "end of block", one bit.
    let mut sizes = vec![0x00, 0, 0, 0, 12];
    sizes.extend([0; 12]);
    sizes.extend(0..12);
    segment(0xC4, &sizes);
    let mut ends = vec![0x10, 1];
    ends.extend([0; 15]);
    ends.push(0);
    segment(0xC4, &ends);
    segment(0xDA, &[4, 1, 0, 2, 0, 3, 0, 4, 0, 0, 63, 0]);
    let mut bits = Vec::new();
    let mut before = [0i32; 4];
    for block in blocks {
        for (before, &level) in before.iter_mut().zip(block) {
            let mean = i32::from(level) - 128;
            let step = mean - *before;
            *before = mean;
            let size = 32 - step.unsigned_abs().leading_zeros();
            let value = if step < 0 {
                step + (1 << size) - 1
            } else {
                step
            };
            bits.extend((0..4).rev().map(|i| size >> i & 1 == 1));
            bits.extend((0..size).rev().map(|i| value >> i & 1 == 1));
            bits.push(false);
        }
    }
    while bits.len() % 8 != 0 {
        bits.push(true);
    }
    for byte in bits.chunks(8) {
        let byte = byte
            .iter()
            .fold(0u8, |byte, &bit| byte << 1 | u8::from(bit));
        bytes.push(byte);
        if byte == 0xFF {
            bytes.push(0);
        }
    }
    bytes.extend([0xFF, 0xD9]);
    bytes
}
