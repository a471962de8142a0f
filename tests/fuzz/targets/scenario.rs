//! Scenario files never panic, hang or eat memory: they are read, or refused in words.

#![no_main]

use std::path::Path;

use abrsim::scenario::Scenario;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    // What lies in this folder are the seeds: no trace, and no manifest.
    if let Err(error) = Scenario::parse("fuzz", "fuzz.toml", text, Path::new("corpus"), &[]) {
        assert!(!error.to_string().is_empty());
    }
});
