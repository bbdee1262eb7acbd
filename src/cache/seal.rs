//! Who has the photo can open what was made of it; for everyone else it is noise.
//!
//! Everything is derived (HKDF-SHA-256) from a local salt, the photo's bytes (or a prompt's, where there is no photo) and the recipe: an entry's
//! name, its key, and the marks by which `forget photo.jpg` knows it, one for each picture and prompt that took
//! part. None of them is stored but as the pseudo-random bytes that they are, and without the salt the photo
//! itself opens nothing.
//!
//! A photo cannot be guessed; a few words can. What is derived from words goes through Argon2id first, so that
//! each guess takes 64 MiB and a good part of a second, even of who has the salt.
//!
//! An entry is its [`Head`], a nonce, and what is sealed. When it expires is in the head, in clear, and sealed
//! with the rest: nobody prolongs it unseen.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use anyhow::{Result, anyhow, ensure};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use serde::Serialize;
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

use super::folder::{Salt, entry_name};
use crate::model::{PartIds, Solver};

const MARK: usize = 16;
/// Places for marks: a photo, three views, a mask and a prompt take six. The others hold noise, so that their
/// number says nothing.
const MARKS: usize = 8;
const NONCE: usize = 24;
/// What Argon2id takes for the words of a prompt: RFC 9106's second choice, on one thread.
const WORDS: (u32, u32) = (64 << 10, 3); // KiB, passes

/// Part of every derivation: entries of another layout, or made in another way, have other names, and are never
/// found.
const VERSION: &str = "gen3d cache 3";

/// What an entry begins with, in clear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// To the millisecond.
    pub expires: SystemTime,
    marks: [[u8; MARK]; MARKS],
}

impl Head {
    /// How every entry begins, and nothing else.
    pub const MAGIC: &[u8; 16] = b"gen3d sealed v3\n";
    /// Bytes that it takes.
    pub const BYTES: usize = Self::MAGIC.len() + size_of::<u64>() + MARKS * MARK;

    /// The head of what may be an entry; nothing where it is none.
    pub fn read(entry: &[u8]) -> Option<Self> {
        let rest = entry.strip_prefix(Self::MAGIC)?;
        let (expires, rest) = rest.split_first_chunk()?;
        let expires = Duration::from_millis(u64::from_le_bytes(*expires));
        let (marks, _) = rest.as_chunks().0.split_first_chunk()?;
        Some(Self {
            expires: SystemTime::UNIX_EPOCH.checked_add(expires)?,
            marks: *marks,
        })
    }

    fn write(&self) -> Result<Vec<u8>> {
        let expires = self.expires.duration_since(SystemTime::UNIX_EPOCH)?;
        let expires = u64::try_from(expires.as_millis())?;
        Ok([
            &Self::MAGIC[..],
            &expires.to_le_bytes(),
            self.marks.as_flattened(),
        ]
        .concat())
    }
}

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
#[derive(Clone)]
pub struct Secret {
    /// The pseudo-random key of everything that is derived.
    key: Zeroizing<[u8; 32]>,
    /// Those of what takes part besides.
    besides: Vec<Zeroizing<[u8; 32]>>,
}

impl Secret {
    /// From the bytes of the photo's file, or of another picture's.
    pub fn new(salt: &Salt, photo: &[u8]) -> Self {
        let (mut extracted, _) = Hkdf::<Sha256>::extract(Some(salt.bytes()), photo);
        let mut key = Zeroizing::new([0; 32]);
        key.copy_from_slice(&extracted);
        extracted.as_mut_slice().zeroize();
        Self {
            key,
            besides: Vec::new(),
        }
    }

    /// From the words of a prompt, slowly.
    ///
    /// # Errors
    /// A prompt of more than 4 GB, or there is no memory for it.
    pub fn of_prompt(salt: &Salt, prompt: &str) -> Result<Self> {
        let begin = b"prompt\0\0"; // no picture's file begins so
        let mut bytes = Zeroizing::new([0; 8 + 32]);
        let (before, slow) = bytes.split_at_mut(begin.len());
        before.copy_from_slice(begin);
        slowly(prompt.as_bytes(), salt.bytes(), slow)?;
        Ok(Self::new(salt, &*bytes))
    }

    /// What takes part in the result besides: who forgets it forgets the result, too.
    pub fn beside(mut self, other: &Self) -> Self {
        self.besides.push(other.key.clone());
        self
    }

    /// The file name of the entry.
    pub fn name(&self, recipe: &Recipe) -> Result<String> {
        let mut bytes = [0; 16];
        self.derive("name", &recipe_bytes(recipe)?, &mut bytes)?;
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(entry_name(&digits))
    }

    /// Whether this photo or prompt took part in the entry of this name that begins with `head`.
    pub fn made(&self, name: &str, head: &Head) -> bool {
        mark(&self.key, name).is_ok_and(|mark| head.marks.contains(&mark))
    }

    /// Seals an entry: its head, a random nonce, and what only the key tells from noise.
    ///
    /// # Errors
    /// The system gives no random numbers, it expires at no time, or more takes part than there are marks.
    pub fn seal(&self, recipe: &Recipe, expires: SystemTime, plain: &[u8]) -> Result<Vec<u8>> {
        let head = Head {
            expires,
            marks: self.marks(&self.name(recipe)?)?,
        };
        let head = head.write()?;
        let mut nonce = [0; NONCE];
        random(&mut nonce)?;
        let payload = Payload {
            msg: plain,
            aad: &head,
        };
        let sealed = (self.cipher(recipe)?)
            .encrypt(XNonce::from_slice(&nonce), payload)
            .map_err(|_| anyhow!("the result cannot be sealed"))?;
        Ok([&head[..], &nonce, &sealed].concat())
    }

    /// What was sealed; nothing if a single bit is another, or the photo, the recipe or the salt.
    pub fn open(&self, recipe: &Recipe, entry: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (head, rest) = entry.split_at_checked(Head::BYTES)?;
        let (nonce, sealed) = rest.split_at_checked(NONCE)?;
        let payload = Payload {
            msg: sealed,
            aad: head,
        };
        let cipher = self.cipher(recipe).ok()?;
        let plain = cipher.decrypt(XNonce::from_slice(nonce), payload).ok()?;
        Some(Zeroizing::new(plain))
    }

    fn cipher(&self, recipe: &Recipe) -> Result<XChaCha20Poly1305> {
        let mut key = Zeroizing::new([0; 32]);
        self.derive("key", &recipe_bytes(recipe)?, &mut *key)?;
        Ok(XChaCha20Poly1305::new((&*key).into()))
    }

    /// Of all that takes part, each once, and noise.
    fn marks(&self, name: &str) -> Result<[[u8; MARK]; MARKS]> {
        let mut marks = [[0; MARK]; MARKS];
        random(marks.as_flattened_mut())?;
        let all: BTreeSet<_> = (std::iter::once(&self.key).chain(&self.besides))
            .map(|key| mark(key, name))
            .collect::<Result<_>>()?;
        ensure!(all.len() <= MARKS, "more takes part than can be marked");
        for (place, mark) in marks.iter_mut().zip(all) {
            *place = mark;
        }
        Ok(marks)
    }

    fn derive(&self, purpose: &str, of: &[u8], into: &mut [u8]) -> Result<()> {
        derive(&self.key, purpose, of, into)
    }
}

/// What is derived from words, at a price that who guesses them pays for each guess.
///
/// # Errors
/// Words of more than 4 GB, or there is no memory for it.
pub fn slowly(words: &[u8], salt: &[u8], into: &mut [u8]) -> Result<()> {
    let (memory, passes) = WORDS;
    Params::new(memory, passes, 1, None)
        .and_then(|params| {
            let mut blocks = Zeroizing::new(vec![Block::new(); params.block_count()]);
            Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into_with_memory(
                words,
                salt,
                into,
                &mut blocks,
            )
        })
        .map_err(|e| anyhow!("no key can be derived from the prompt: {e}"))
}

/// Derived from the name too, so that the marks of one photo's entries differ.
fn mark(key: &[u8; 32], name: &str) -> Result<[u8; MARK]> {
    let mut mark = [0; MARK];
    derive(key, "mark", name.as_bytes(), &mut mark)?;
    Ok(mark)
}

fn derive(key: &[u8; 32], purpose: &str, of: &[u8], into: &mut [u8]) -> Result<()> {
    let info = [VERSION.as_bytes(), b"\0", purpose.as_bytes(), b"\0", of];
    let derived = Hkdf::<Sha256>::from_prk(key).map(|hkdf| hkdf.expand_multi_info(&info, into));
    match derived {
        Ok(Ok(())) => Ok(()),
        _ => Err(anyhow!("a key cannot be derived")),
    }
}

/// With the prompt and the pictures' hashes in it.
fn recipe_bytes(recipe: &Recipe) -> Result<Zeroizing<Vec<u8>>> {
    Ok(Zeroizing::new(serde_json::to_vec(recipe)?))
}

fn random(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes).map_err(|e| anyhow!("no random numbers: {e}"))
}

#[cfg(test)]
pub(super) mod tests {
    use zeroize::ZeroizeOnDrop;

    use super::*;
    use crate::cache::Folder;

    pub(in crate::cache) fn recipe() -> Recipe {
        Recipe {
            version: "0",
            model: String::new(),
            device: "cpu",
            seed: 0,
            steps: 1,
            solver: Solver::Euler,
            guidance: 1.0,
            parts: None,
            tokens: 1,
            part_ids: PartIds::Reference,
            mask: None,
            views: Vec::new(),
            prompt: None,
            prompt_guidance: 1.0,
        }
    }

    fn secret() -> Result<(tempfile::TempDir, Secret)> {
        let place = tempfile::tempdir()?;
        let folder = Folder::create(place.path().join("cache"))?;
        let salt = folder.salt()?;
        let secret = Secret::new(&salt, b"a photo").beside(&Secret::new(&salt, b"a mask"));
        Ok((place, secret))
    }

    /// What this process has in its memory at an address, as somebody sees it who reads it from outside.
    #[cfg(target_os = "linux")]
    fn memory(at: usize) -> Result<[u8; 32]> {
        let mut bytes = [0; 32];
        let memory = std::fs::File::open("/proc/self/mem")?;
        std::os::unix::fs::FileExt::read_exact_at(&memory, &mut bytes, at as u64)?;
        Ok(bytes)
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_secret_that_is_dropped_leaves_none_of_its_keys_behind() -> Result<()> {
        let (_place, secret) = secret()?;
        let (key, beside) = (*secret.key, *secret.besides[0]);
        let mut secret = Box::new(Some(secret)); // whose place stays when it goes
        let at = |secret: &Option<Secret>| {
            let secret = secret.as_ref().expect("a secret");
            (
                secret.key.as_ptr() as usize,
                secret.besides[0].as_ptr() as usize,
            )
        };
        let (at_key, at_beside) = at(&secret);
        assert_eq!(memory(at_key)?, key, "this is where the key lies");
        assert_eq!(memory(at_beside)?, beside, "and that of the mask");
        *secret = None;
        assert_eq!(memory(at_key)?, [0; 32], "the key is overwritten");
        // That memory is free, and its first bytes may be in use again.
        if let Ok(freed) = memory(at_beside) {
            assert_ne!(
                freed[16..],
                beside[16..],
                "what took part besides is overwritten"
            );
        }
        Ok(())
    }

    /// What is derived for a moment lies in types that overwrite it: this does not compile where one does not.
    #[test]
    fn keys_and_what_they_open_are_overwritten_where_they_are_dropped() -> Result<()> {
        fn overwritten<T: ZeroizeOnDrop>(_: &T) {}
        let (_place, secret) = secret()?;
        let recipe = recipe();
        overwritten(&secret.key);
        overwritten(&secret.besides[0]);
        overwritten(&secret.cipher(&recipe)?);
        overwritten(&recipe_bytes(&recipe)?);
        let entry = secret.seal(&recipe, SystemTime::now(), b"a result")?;
        let plain = secret.open(&recipe, &entry).expect("what was sealed");
        overwritten(&plain);
        assert_eq!(**plain, *b"a result");
        Ok(())
    }
}
