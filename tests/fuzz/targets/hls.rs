//! Playlists, and those they name never panic, hang or eat memory.

#![no_main]

mod documents;

libfuzzer_sys::fuzz_target!(|data: &[u8]| documents::open("https://host/a/main.m3u8", data));
