//! What results say, against the sessions they are of.
//!
//! The idea to hold: every session is measured once more by whoever looks on, counted up by hand,
//! and looked for in the rows; none of that is the run's own arithmetic.

use std::collections::BTreeMap;

use crate::metrics::{End, Session};
use crate::scenario::{ClassOf, Results, Run};
use crate::units::Span;

/// Sessions by run and viewer.
pub(super) type Sessions = BTreeMap<(String, u64), Session>;

/// That results and rows are of these sessions.
pub(super) fn agree(results: &Results, rows: &[u8], sessions: &Sessions) {
    assert!(!results.partial, "nobody stopped it");
    for run in &results.runs {
        let own = sessions.iter().filter(|((name, _), _)| *name == run.name);
        whole(run, &own.map(|(_, session)| *session).collect::<Vec<_>>());
        for of in ClassOf::ALL {
            classes(run, of);
        }
    }
    rows_agree(results, rows, sessions);
}

/// That a run's sums are those of its sessions.
fn whole(run: &Run, sessions: &[Session]) {
    let (summary, total) = (&run.summary, &run.summary.total);
    let count = |is: &dyn Fn(&Session) -> bool| {
        sessions.iter().filter(|session| is(session)).count() as u64
    };
    assert_eq!(summary.viewers, sessions.len() as u64, "viewers");
    let clean = |s: &Session| s.startup.is_some() && s.stalls == 0 && s.end.is_complete();
    assert_eq!(summary.zero_buffer, count(&clean), "viewers without a stall");
    assert_eq!(summary.started, count(&|s| s.startup.is_some()), "who started");
    for end in End::ALL {
        assert_eq!(summary.ended(end), count(&|s| s.end == end), "{end:?}");
    }
    let sum = |of: &dyn Fn(&Session) -> u64| sessions.iter().map(of).sum::<u64>();
    assert_eq!(total.stalls, sum(&|s| s.stalls.into()), "stalls");
    assert_eq!(total.requests, sum(&|s| s.requests.into()), "requests");
    assert_eq!(total.segments, sum(&|s| s.segments.into()), "segments");
    assert_eq!(total.seeks, sum(&|s| s.seeks.into()), "seeks");
    let switches = sum(&|s| s.switches().into());
    assert_eq!(total.switches_up + total.switches_down, switches, "switches");
    assert_eq!(total.bytes.get(), sum(&|s| s.bytes.get()), "bytes");
    assert_eq!(total.wasted.get(), sum(&|s| s.wasted.get()), "wasted bytes");
    let time = |of: &dyn Fn(&Session) -> Span| sessions.iter().map(of).sum::<Span>().into();
    assert_eq!(total.played, time(&|s| s.played), "time played");
    assert_eq!(total.stalled, time(&|s| s.stalled), "time stalled");
    assert_eq!(total.paused, time(&|s| s.paused), "time paused");
    assert_eq!(total.shown_media, time(&|s| s.shown_media), "media shown");
    let on_rungs = summary.on_rung.iter().copied().sum::<crate::metrics::TotalTime>();
    assert_eq!(on_rungs, total.shown_media, "media on all rungs");
}

/// That classes are all of a run's viewers.
fn classes(run: &Run, of: ClassOf) {
    let mut classes = run.classes_of(of).peekable();
    if classes.peek().is_none() {
        return;
    }
    let (mut viewers, mut bytes) = (0, 0);
    for class in classes {
        viewers += class.summary.viewers;
        bytes += class.summary.total.bytes.get();
    }
    assert_eq!(viewers, run.summary.viewers, "viewers of all classes of {}", of.name());
    assert_eq!(bytes, run.summary.total.bytes.get(), "bytes of all classes of {}", of.name());
}

/// That there is a row for each session, and that it is of that.
fn rows_agree(results: &Results, rows: &[u8], sessions: &Sessions) {
    let mut reader = csv::Reader::from_reader(rows);
    let header = reader.headers().expect("rows have a header").clone();
    let column = |name: &str| {
        header.iter().position(|known| known == name).unwrap_or_else(|| panic!("no column {name}"))
    };
    let names = ["run", "viewer", "zero_buffer", "stalls", "stall_s", "play_s", "bytes", "end"];
    let columns = names.map(column);
    let mut seen = 0;
    for row in reader.records() {
        let row = row.expect("a row as long as the header");
        let [run, viewer, clean, stalls, stalled, played, bytes, end] =
            columns.map(|column| row[column].to_owned());
        let viewer = viewer.parse().expect("viewers have numbers");
        let session = sessions.get(&(run, viewer));
        let session = session.unwrap_or_else(|| panic!("a row of a viewer {viewer} of no run"));
        assert_eq!(clean, u8::from(session.is_zero_buffer()).to_string());
        assert_eq!(stalls, session.stalls.to_string());
        assert_eq!(stalled, session.stalled.in_secs().to_string());
        assert_eq!(played, session.played.in_secs().to_string());
        assert_eq!(bytes, session.bytes.get().to_string());
        assert_eq!(end, session.end.name());
        seen += 1;
    }
    let all = seen == sessions.len();
    let none = seen == 0 && results.scenario.contains("sessions = false");
    assert!(all || none, "{seen} rows of {} sessions", sessions.len());
}
