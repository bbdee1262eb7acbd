//! A photo becomes a figurine: named, closed, coloured part meshes, made on this machine.
//!
//! Data flows one way:
//!
//! ```text
//! arguments -> job -> input -> condition -> denoise -> field -> surface -> parts -> colour -> export
//! ```
//!
//! - [`input`] turns an untrusted file into pixels, and pixels into a cut-out subject;
//! - [`model`] holds the networks, from image tokens to a signed distance and a colour;
//! - [`mesh`] turns that field into closed triangle meshes, one a part, and draws them;
//! - [`export`] writes them, aside first and then by rename;
//! - [`glance`] shows them in a terminal;
//! - [`inspect`] looks at any mesh file as a slicer would;
//! - [`cache`] keeps sealed results for a day, and forgets them;
//! - [`library`] holds the weights of others that a user added;
//! - [`sandbox`] denies this process the network.
#![deny(unsafe_code)] // `model/packed/vnni.rs` alone allows some, and says why it is sound

pub mod cache;
pub mod cli;
pub mod export;
pub mod glance;
pub mod input;
pub mod inspect;
pub mod job;
pub mod library;
pub mod mesh;
pub mod model;
mod palette;
pub mod progress;
pub mod run;
pub mod sandbox;
pub mod weights;
