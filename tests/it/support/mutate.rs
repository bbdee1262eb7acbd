//! Bent copies of good files: seeded, so that what was found is found again.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// Numbers at which readers of files stumble.
const EDGES: [u64; 10] = [
    0,
    1,
    0x7F,
    0xFF,
    0x7FFF,
    0xFFFF,
    0x7FFF_FFFF,
    0xFFFF_FFFF,
    0x7FFF_FFFF_FFFF_FFFF,
    u64::MAX,
];

/// Bends files, always in the same ways for a seed.
pub struct Mutator(ChaCha8Rng);

impl Mutator {
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// A number below this one, or 0.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0.next_u64() as usize % limit.max(1)
    }

    /// A copy of one of the files, bent in a few places among its first `reach` bytes, now and then with
    /// a piece of another.
    pub fn bend(&mut self, files: &[Vec<u8>], reach: usize) -> Vec<u8> {
        let mut bytes = files[self.below(files.len())].clone();
        for _ in 0..=self.below(4) {
            self.bend_once(&mut bytes, files, reach);
        }
        bytes
    }

    fn bend_once(&mut self, bytes: &mut Vec<u8>, files: &[Vec<u8>], reach: usize) {
        let at = self.below(bytes.len().min(reach));
        let end = (at + 1 + self.below(40)).min(bytes.len());
        if bytes.is_empty() {
            bytes.push(self.below(256) as u8);
            return;
        }
        match self.below(9) {
            0 => bytes[at] = self.below(256) as u8,
            1 => bytes[at] ^= 1 << self.below(8),
            2 => bytes.truncate(at),
            3 => drop(bytes.drain(at..end)),
            4 => {
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            5 => {
                let other = &files[self.below(files.len())];
                let from = self.below(other.len());
                let to = (from + self.below(200)).min(other.len());
                bytes.splice(at..at, other[from..to].iter().copied());
            }
            6 => {
                // A number written as text, as JSON, OBJ and ASCII STL have it.
                let digits = [
                    "-1",
                    "0",
                    "1e999",
                    "NaN",
                    "4294967295",
                    "18446744073709551616",
                ];
                let digits = digits[self.below(digits.len())];
                bytes.splice(at..end.min(at + 2), digits.bytes());
            }
            _ => self.put_number(bytes, at),
        }
    }

    /// An edge, of 1 to 8 bytes, either end first.
    fn put_number(&mut self, bytes: &mut [u8], at: usize) {
        let number = EDGES[self.below(EDGES.len())];
        let width = (1 << self.below(4)).min(bytes.len() - at);
        let mut digits = number.to_le_bytes()[..width].to_vec();
        if self.below(2) == 0 {
            digits.reverse();
        }
        bytes[at..at + width].copy_from_slice(&digits);
    }
}

/// The same PNG with checksums that fit, so that more than the first of them is looked at.
pub fn with_checksums(mut png: Vec<u8>) -> Vec<u8> {
    let mut at = 8; // after the signature
    while let Some(head) = png.get(at..at + 4) {
        let length = head.iter().fold(0, |n, &byte| n << 8 | usize::from(byte));
        let Some(end) = at
            .checked_add(8 + length)
            .filter(|end| end + 4 <= png.len())
        else {
            break;
        };
        let sum = crc(&png[at + 4..end]);
        png[end..end + 4].copy_from_slice(&sum.to_be_bytes());
        at = end + 4;
    }
    png
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, &byte| {
        (0..8).fold(sum ^ u32::from(byte), |sum, _| {
            let odd = sum & 1 == 1;
            sum >> 1 ^ if odd { 0xEDB8_8320 } else { 0 }
        })
    })
}
