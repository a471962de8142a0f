//! Traces of any format never panic, hang or eat memory, and what is read can be followed.

#![no_main]

use std::sync::Arc;

use abrsim::trace::read::{FORMATS, read};
use abrsim::trace::{Bandwidth, End};
use abrsim::units::{Span, Time};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    // The first byte says which format it is taken for, if for any.
    let Some((&first, rest)) = data.split_first() else { return };
    let format = FORMATS.get(usize::from(first)).map(|facts| facts.format);
    let end = if first % 2 == 0 { End::Repeat } else { End::Hold };
    let Ok(reading) = read(rest, format, end) else { return };
    for part in reading.parts {
        let trace = Arc::new(part.trace);
        let mut link = Bandwidth::new(trace.clone(), Span::ZERO);
        let done = link.done_by(Time::ZERO + trace.length());
        let reached = link.reaches(done).expect("what was done was done by then");
        assert!(reached <= Time::ZERO + trace.length());
    }
});
