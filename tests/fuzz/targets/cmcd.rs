//! What players say of themselves never panics, hangs or eats memory; and what was written and
//! read is written again as it was.

#![no_main]

use abrsim::cmcd;
use abrsim::units::Bytes;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = cmcd::body(data, Bytes::new(1 << 20));
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _ = cmcd::record(text);
    let _ = cmcd::decoded(text);
    let _ = cmcd::from_headers(text.lines().filter_map(|line| line.split_once(':')));
    if let Some(reading) = cmcd::from_query(text)
        && let Some(query) = cmcd::to_query(&reading.cmcd)
    {
        // Not all that is understood is said in a query, and numbers are rounded: but once.
        let again = cmcd::from_query(&query).expect("what was written says something");
        assert_eq!(cmcd::to_query(&again.cmcd), Some(query));
    }
});
