//! An algorithm of somebody else's, made with nothing but what this crate makes public; its code is
//! the one the README shows.
#![allow(missing_docs)]

mod common;

use std::sync::Arc;

use abrsim::media::Kind;
use abrsim::metrics::Meter;
use abrsim::net::Path;
use abrsim::network::Viewer;
use abrsim::person::Plan;
use abrsim::trace::{Bandwidth, Trace};
use abrsim::units::{Span, Time};
use abrsim::world::solo::Solo;

// As in the README, from here
use abrsim::abr::{Abr, Context, Decision, Transfer};
use abrsim::media::Rung;
use abrsim::units::Bitrate;

/// The rung below what the last transfer would have sustained.
struct Cautious {
    last: Bitrate,
}

impl Abr for Cautious {
    fn choose(&mut self, cx: &Context<'_>) -> Decision {
        let sustained = cx.track.ladder.within(self.last);
        Decision::Fetch(Rung(sustained.0.saturating_sub(1)))
    }

    fn observe(&mut self, transfer: &Transfer) {
        self.last = transfer.throughput().unwrap_or(self.last);
    }
}
// to here

#[test]
fn the_readme_shows_this_code() {
    let own = include_str!("outside.rs");
    let (_, code) = own.split_once("// As in the README, from here\n").unwrap();
    let (code, _) = code.split_once("// to here\n").unwrap();
    let readme = include_str!("../README.md");
    assert!(readme.contains(&format!("```rust\n{code}```\n")), "the README shows other code");
}

#[test]
fn it_watches_a_video_below_what_the_link_sustains() {
    // A steady link of 3 Mbit/s sustains 2 of 1, 2 and 4; one below is 1. The first segment is on
    // the lowest rung, as nothing is known.
    let track = common::track(Kind::Video, &[1_000, 2_000, 4_000], Span::from_secs(4), 10);
    let content = Arc::new(abrsim::media::Presentation::new(vec![track]));
    let trace = Arc::new(Trace::constant(Bitrate::kbps(3_000)).unwrap());
    let world = common::World::default();
    let solo = Solo {
        content: content.clone(),
        abr: Box::new(Cautious { last: Bitrate::ZERO }),
        config: world.config,
        bandwidth: Bandwidth::new(trace.clone(), Span::ZERO),
        origin: world.origin.clone(),
        path: Path::default(),
        seed: world.seed,
        viewer: Viewer::default(),
        plan: Plan::default(),
        arrival: Time::ZERO,
    };
    let mut meter = Meter::new(&content, trace.mean());
    let limit = Time::ZERO + Span::from_secs(1_000);
    solo.run(limit, |at, event| meter.record(&content, at, event));
    let (session, _) = meter.finish();
    assert_eq!((session.segments, session.stalls), (10, 0));
    assert_eq!(session.bitrate_sum, Bitrate::kbps(10_000));
}
