//! What players say of themselves never panics, hangs or eats memory; and what was read, written
//! and read again is the same.

#![no_main]

use abrsim::cmcd::{read, write};
use abrsim::units::Bytes;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = read::body(data, Bytes::new(1 << 20));
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _ = read::record(text);
    let _ = read::decoded(text);
    let headers = text.lines().filter_map(|line| line.split_once(':'));
    let _ = read::headers(headers);
    if let Some(reading) = read::query(text)
        && let Some(query) = write::query(&reading.cmcd)
    {
        let again = read::query(&query).expect("what was written says something");
        assert_eq!(again.cmcd, reading.cmcd, "{query}");
    }
});
