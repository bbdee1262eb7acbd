//! Who has the photo can open what was made of it; for everyone else it is noise.
//!
//! Everything is derived (HKDF-SHA-256) from a local salt, the photo's bytes (or a prompt's, where there is no photo) and the recipe: an entry's
//! name, its key, and the mark by which `forget photo.jpg` knows it. None of them is stored but as the
//! pseudo-random bytes that they are, and without the salt the photo itself opens nothing.

use anyhow::{Result, anyhow};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use serde::Serialize;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::folder::Salt;
use crate::model::{PartIds, Solver};

const MARK: usize = 16;
const NONCE: usize = 24;

/// Part of every derivation: entries of another layout, or made in another way, have other names, and are never
/// found.
const VERSION: &str = "gen3d cache 2";

/// All that decides the latents besides the photo's bytes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Recipe {
    /// Of the program: another version may compute otherwise.
    pub version: &'static str,
    /// The weights and their configuration, see [`Model::identity`](crate::model::Model::identity).
    pub model: String,
    /// `cpu`, `cuda` or `metal`, whose sums differ in their last digits.
    pub device: &'static str,
    pub seed: u64,
    pub steps: usize,
    pub solver: Solver,
    pub guidance: f64,
    /// Absent where they were counted in the photo.
    pub parts: Option<usize>,
    /// Latent tokens a part.
    pub tokens: usize,
    pub part_ids: PartIds,
    /// What says what the subject is: the SHA-256 of a mask file, or how it is to be found, if that was chosen.
    pub mask: Option<String>,
    /// Names and SHA-256 of the further views.
    pub views: Vec<(&'static str, String)>,
    pub prompt: Option<String>,
    pub prompt_guidance: f64,
}

/// What one photo's bytes, with the local salt, can open.
pub struct Secret(Hkdf<Sha256>);

impl Secret {
    /// From the bytes of the photo's file.
    pub fn new(salt: &Salt, photo: &[u8]) -> Self {
        Self(Hkdf::new(Some(salt.bytes()), photo))
    }

    /// From the words of a prompt without a photo.
    pub fn of_prompt(salt: &Salt, prompt: &str) -> Self {
        let bytes = [b"prompt\0", prompt.as_bytes()].concat(); // no picture's file begins so
        Self(Hkdf::new(Some(salt.bytes()), &bytes))
    }

    /// The file name of the entry: 32 hexadecimal digits.
    pub fn name(&self, recipe: &Recipe) -> Result<String> {
        let mut bytes = [0; 16];
        self.derive("name", &serde_json::to_vec(recipe)?, &mut bytes)?;
        Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Whether an entry of this name that begins with `head` was made of this photo.
    pub fn made(&self, name: &str, head: &[u8]) -> bool {
        self.mark(name).is_ok_and(|mark| head.starts_with(&mark))
    }

    /// Seals an entry: its mark, a random nonce, and what only the key tells from noise.
    ///
    /// # Errors
    /// The system gives no random numbers.
    pub fn seal(&self, recipe: &Recipe, plain: &[u8]) -> Result<Vec<u8>> {
        let mark = self.mark(&self.name(recipe)?)?;
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|e| anyhow!("no random numbers: {e}"))?;
        let payload = Payload {
            msg: plain,
            aad: &mark,
        };
        let sealed = (self.cipher(recipe)?)
            .encrypt(XNonce::from_slice(&nonce), payload)
            .map_err(|_| anyhow!("the result cannot be sealed"))?;
        Ok([&mark[..], &nonce, &sealed].concat())
    }

    /// What was sealed; nothing if a single bit is another, or the photo, the recipe or the salt.
    pub fn open(&self, recipe: &Recipe, entry: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (mark, rest) = entry.split_at_checked(MARK)?;
        let (nonce, sealed) = rest.split_at_checked(NONCE)?;
        let payload = Payload {
            msg: sealed,
            aad: mark,
        };
        let cipher = self.cipher(recipe).ok()?;
        let plain = cipher.decrypt(XNonce::from_slice(nonce), payload).ok()?;
        Some(Zeroizing::new(plain))
    }

    fn cipher(&self, recipe: &Recipe) -> Result<XChaCha20Poly1305> {
        let mut key = Zeroizing::new([0; 32]);
        self.derive("key", &serde_json::to_vec(recipe)?, &mut *key)?;
        Ok(XChaCha20Poly1305::new((&*key).into()))
    }

    /// Derived from the name too, so that the marks of one photo's entries differ.
    fn mark(&self, name: &str) -> Result<[u8; MARK]> {
        let mut mark = [0; MARK];
        self.derive("mark", name.as_bytes(), &mut mark)?;
        Ok(mark)
    }

    fn derive(&self, purpose: &str, of: &[u8], into: &mut [u8]) -> Result<()> {
        let info = [VERSION.as_bytes(), b"\0", purpose.as_bytes(), b"\0", of];
        (self.0.expand_multi_info(&info, into)).map_err(|_| anyhow!("a key cannot be derived"))
    }
}
