//! What is held can be fetched again, and what a player's events call a stall can be something else
//! than what its viewer sees.

mod common;

use abrsim::abr::{Abr, Algorithm, Context, Decision, copies_of};
use abrsim::media::{Object, Rung, Segment, TrackId};
use abrsim::player::{Config, Event, Reports};
use abrsim::units::{Bytes, Span};
use common::{World, at, constant, millis, requests, secs, steps, video, when};

/// Fetches rung 0; once, when it is asked about the fifth segment, it wants the third and all
/// after it on rung 1.
#[derive(Clone)]
struct Regrets {
    decision: Decision,
    now: bool,
}

impl Abr for Regrets {
    fn choose(&mut self, cx: &Context<'_>) -> Decision {
        if cx.segment == 4 && !self.now {
            assert_eq!((cx.first_held, cx.held.len()), (1, 3), "the first is on display");
            self.now = true;
            return self.decision;
        }
        Decision::Fetch(Rung(self.now.into()))
    }
}

fn regrets(decision: Decision) -> Regrets {
    Regrets { decision, now: false }
}

static REFETCHES: Algorithm = Algorithm {
    name: "refetches",
    summary: "",
    source: "",
    parameters: &[],
    new: |_, _| copies_of(regrets(Decision::Refetch(2))),
};

static DISCARDS: Algorithm = Algorithm {
    name: "discards",
    summary: "",
    source: "",
    parameters: &[],
    new: |_, _| copies_of(regrets(Decision::Discard(2))),
};

fn segment(index: u32, rung: u8) -> Object {
    Object::Segment(Segment { track: TrackId(0), index, rung: Rung(rung) })
}

#[test]
fn what_is_fetched_again_is_shown_and_what_it_replaced_is_waste() {
    for algorithm in [&REFETCHES, &DISCARDS] {
        // 4,000 kbit at 4,000 kbit/s: a segment of rung 0 a second, of rung 1 in two.
        let content = video(&[1_000, 2_000], 10);
        let world = World { algorithm, content, trace: constant(4_000), ..World::default() };
        let (sessions, log) = world.run();
        let expected = [
            (at(3_000), segment(3, 0)),
            (at(4_000), segment(2, 1)),
            (at(6_000), segment(3, 1)),
            (at(8_000), segment(4, 1)),
        ];
        assert_eq!(requests(&log)[3..7], expected);
        // Playback begins at 1 s; the third segment is shown 8 s later.
        let shown = |e: &Event| matches!(e, Event::Shown(s) if s.index == 2 && s.rung == Rung(1));
        assert_eq!(when(&log, shown), [at(9_000)]);
        assert_eq!((sessions[0].wasted, sessions[0].stalls), (Bytes::new(1_000_000), 0));
    }
}

#[test]
fn until_the_new_is_there_the_old_is_played_unless_it_was_dropped() {
    // The link dies as the third segment is asked for again.
    let stalled = |algorithm| {
        let (content, trace) = (video(&[1_000, 2_000], 10), steps(&[(4_000, 4_000), (1, 0)]));
        let (_, log) =
            World { algorithm, content, trace, limit: secs(60), ..World::default() }.run();
        when(&log, |e| *e == Event::Stalled)
    };
    // From 1 s on: four segments, or two.
    assert_eq!(stalled(&REFETCHES), [at(17_000)]);
    assert_eq!(stalled(&DISCARDS), [at(9_000)]);
}

fn reported(kbps: u64, link: u64, reports: Reports) -> (u32, Vec<Span>) {
    let config = Config { reports, ..World::default().config };
    let world =
        World { content: video(&[kbps], 5), trace: constant(link), config, ..World::default() };
    let (sessions, log) = world.run();
    let spans = log.iter().filter_map(|(_, _, event)| match event {
        Event::Reported(span) => Some(*span),
        _ => None,
    });
    let spans: Vec<_> = spans.collect();
    assert_eq!(sessions[0].reported as usize, spans.len());
    assert_eq!(sessions[0].reported_time, spans.iter().copied().sum());
    (sessions[0].stalls, spans)
}

#[test]
fn a_buffer_that_is_nearly_empty_can_be_reported_as_a_stall() {
    let below = Reports { below: millis(300), ..Reports::default() };
    // A segment of 4 s comes every 3.8 s: when the second comes 0.2 s are left, so that the level
    // was below 0.3 s for 0.1 s. Then there are 0.4 s left, and more.
    assert_eq!(reported(950, 1_000, below), (0, vec![millis(100)]));
    assert_eq!(reported(950, 1_000, Reports::default()), (0, vec![]));
    // Every 5 s: each stall of 1 s is reported 0.3 s early.
    assert_eq!(reported(1_000, 800, below), (4, vec![millis(1_300); 4]));
}

#[test]
fn a_short_stall_can_go_unreported() {
    let after = Reports { after: millis(1_250), ..Reports::default() };
    assert_eq!(reported(1_000, 800, after), (4, vec![]));
    // Every 8 s: 4 s each.
    assert_eq!(reported(1_000, 500, after), (4, vec![secs(4); 4]));
}
