#![doc = include_str!("security.md")]
