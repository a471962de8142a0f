//! Chains small enough to work out with a pencil.

use std::sync::Arc;

use super::*;
use crate::media::{Kind, Ladder, Presentation, Representation, Track};
use crate::seed::{Purpose, Seed};
use crate::units::{Bitrate, Bytes, Span, Time};

const fn ms(ms: u64) -> Span {
    Span::from_millis(ms)
}

fn at(ms: u64) -> Time {
    Time::ZERO + Span::from_millis(ms)
}

/// A cache as those of the field are, with room for everything.
fn cache() -> Hop {
    Hop { room: Bytes::MAX, collapse: Some(Span::MAX), ..Hop::default() }
}

/// Segments of one megabyte, on one rung.
fn plan(segments: usize, edges: Vec<Hop>, origin: Origin) -> Plan {
    let ladder = Ladder::new(vec![Representation::new(Bitrate::kbps(2_000))]).unwrap();
    let sizes = vec![Bytes::new(1_000_000); segments];
    let track = Track::new(Kind::Video, ladder, &vec![ms(4_000); segments], sizes).unwrap();
    let content = Presentation::new(vec![track]);
    let edges = edges.into_iter().zip(0..).map(|(hop, number)| Edge { number, hop });
    Plan {
        catalogue: Arc::new(Catalogue::new(&content, 1, &[content.clone().into()]).unwrap()),
        edges: edges.collect(),
        shield: None,
        origin,
        queue: None,
        direct: false,
        tells: 0,
        step: Span::from_secs(10),
    }
}

fn slow(latency: u64) -> Origin {
    Origin { store: ms(latency).into(), ..Origin::default() }
}

/// When, which edge and which object.
type Asked = (u64, usize, u32);

/// Lets requests come; returns when each was answered and how, in milliseconds.
fn answers(chain: &mut Chain, asks: &[Asked]) -> Vec<(u64, Reply)> {
    let mut answered = vec![None; asks.len()];
    let mut asks: Vec<_> = asks.iter().zip(0..).collect();
    asks.sort();
    let mut asks = asks.into_iter().peekable();
    loop {
        let (ask, due) = (asks.peek().map(|((ms, ..), _)| at(*ms)), chain.deadline());
        match (ask, due) {
            (Some(now), due) if due.is_none_or(|due| now < due) => {
                let ((_, edge, key), slot) = asks.next().unwrap();
                let caller = Caller { slot, serial: 0, viewer: slot.into(), attempt: 0 };
                if let Some(reply) = chain.ask(now, *edge, Key(*key), caller) {
                    answered[slot as usize] = Some((now, reply));
                }
            }
            (_, Some(now)) => {
                if let Some((caller, reply)) = chain.poll(now) {
                    let slot = &mut answered[caller.slot as usize];
                    assert!(slot.is_none(), "answered twice");
                    *slot = Some((now, reply));
                }
            }
            (_, None) => break,
        }
    }
    let whole = |time: Time| time.since_start().as_millis();
    answered.into_iter().map(|a| a.expect("an answer")).map(|(at, r)| (whole(at), r)).collect()
}

fn times(chain: &mut Chain, asks: &[Asked]) -> Vec<u64> {
    let answers = answers(chain, asks);
    assert!(answers.iter().all(|(_, reply)| reply.fault.is_none()), "{answers:?}");
    answers.into_iter().map(|(at, _)| at).collect()
}

#[test]
fn simultaneous_requests_for_one_object_cost_one_fetch_with_collapsing_and_n_without() {
    let asks: Vec<Asked> = (0..50).map(|n| (n, 0, 3)).collect();
    for (collapse, fetches) in [(Some(Span::MAX), 1), (None, 50)] {
        let hop = Hop { collapse, rtt: ms(20), ..cache() };
        let mut chain = Chain::new(plan(5, vec![hop], slow(100)).into());
        let times = times(&mut chain, &asks);
        assert_eq!(chain.tally().origin.requests, fetches);
        assert_eq!(chain.tally().origin.bytes, Bytes::new(1_000_000 * fetches));
        // 10 ms there, 100 ms at the origin, 10 ms back: the first has it at 120 ms, and with it
        // whoever waits.
        let own = |n: u64| if collapse.is_some() { 120 } else { 120 + n };
        assert_eq!(times, (0..50).map(own).collect::<Vec<_>>());
        let found = chain.tally().edge.found;
        let right = if collapse.is_some() { [0, 0, 49, 1, 0] } else { [0, 0, 0, 50, 0] };
        assert_eq!(found, right);
    }
}

#[test]
fn a_hit_costs_nothing_and_comes_no_faster_than_its_bytes() {
    // 1 MB over 4 Mbps takes 2 s, after 100 ms.
    let store = Store { latency: ms(100).into(), bandwidth: Some(Bitrate::kbps(4_000)) };
    let origin = Origin { store, ..Origin::default() };
    let mut chain = Chain::new(plan(1, vec![cache()], origin).into());
    let answers = answers(&mut chain, &[(0, 0, 0), (1_000, 0, 0), (3_000, 0, 0)]);
    let seen: Vec<_> =
        answers.iter().map(|(at, r)| (*at, r.last.since_start().as_millis())).collect();
    assert_eq!(seen, [(100, 2_100), (1_000, 2_100), (3_000, 3_000)]);
    assert_eq!(chain.tally().edge.found, [2, 0, 0, 1, 0]);
}

#[test]
fn who_waits_too_long_for_others_is_fetched_for_alone() {
    let hop = Hop { collapse: Some(ms(50)), ..cache() };
    let mut chain = Chain::new(plan(1, vec![hop], slow(100)).into());
    // The second joins at 10 and leaves at 60, and has it at 160; the third joins at 70.
    assert_eq!(times(&mut chain, &[(0, 0, 0), (10, 0, 0), (70, 0, 0)]), [100, 160, 100]);
    assert_eq!(chain.tally().origin.requests, 2);
}

#[test]
fn edges_behind_a_shield_cost_the_origin_one_fetch() {
    let edge = |rtt| Hop { rtt: ms(rtt), ..cache() };
    let mut plan = plan(1, vec![edge(20), edge(40)], slow(100));
    plan.shield = Some(Hop { rtt: ms(60), ..cache() });
    let mut chain = Chain::new(plan.into());
    // To the shield 10 ms; from there 30 there, 100 and 30 back: it has it at 170, the edge at 180.
    // The other edge's request is at the shield at 20 and waits with it; back takes it 20. At 500
    // the shield holds it, but edges do too.
    assert_eq!(times(&mut chain, &[(0, 0, 0), (0, 1, 0), (500, 1, 0)]), [180, 190, 500]);
    let tally = chain.tally();
    assert_eq!(tally.origin.requests, 1);
    assert_eq!(tally.shield.found, [0, 0, 1, 1, 0]);
    assert_eq!(tally.edge.found, [1, 0, 0, 2, 0]);
    // Bytes are conserved at each hop.
    assert_eq!(tally.origin.bytes, tally.shield.fetched);
    assert_eq!(tally.shield.bytes, tally.edge.fetched);
}

#[test]
fn a_timeout_is_tried_again_and_then_an_error() {
    let hop = Hop { timeout: ms(80), attempts: 3, backoff: ms(5), ..cache() };
    let mut chain = Chain::new(plan(1, vec![hop], slow(100)).into());
    let answers = answers(&mut chain, &[(0, 0, 0)]);
    // 80, 5, 80, 5, 80.
    assert_eq!(answers[0].0, 250);
    assert_eq!(answers[0].1.fault, Some(Fault::GATEWAY));
    let edge = &chain.tally().edge;
    assert_eq!((edge.failures, edge.timeouts, edge.faults), (3, 3, 1));
    assert_eq!(chain.tally().origin.requests, 3);
}

/// An origin that is down from the second second to the fifth.
fn down() -> Origin {
    let what = Trouble { down: true, ..Trouble::default() };
    let incidents = [Incident { from: at(1_000), to: at(5_000), what }];
    Origin { incidents: incidents.into(), ..slow(100) }
}

#[test]
fn errors_are_remembered_as_long_as_asked_for() {
    let hop = Hop { negative: ms(500), ..cache() };
    let mut chain = Chain::new(plan(1, vec![hop], down()).into());
    let asks = [(4_000, 0, 0), (4_499, 0, 0), (4_500, 0, 0), (4_999, 0, 0), (5_000, 0, 0)];
    let answers = answers(&mut chain, &asks);
    // The second failure is known until 5,000, when the origin is up again as well.
    assert!(answers[..4].iter().all(|(_, reply)| reply.fault.is_some()));
    assert!(answers[4].1.fault.is_none());
    assert_eq!(chain.tally().edge.found, [0, 0, 0, 3, 2]);
    assert_eq!(chain.tally().origin.requests, 3);
}

#[test]
fn what_is_stale_is_given_while_it_is_fetched_and_where_that_fails() {
    let hop = Hop { ttl: ms(500), stale_while_revalidate: ms(200), ..cache() };
    let hop = Hop { stale_if_error: ms(2_000), ..hop };
    let mut chain = Chain::new(plan(1, vec![hop], down()).into());
    let asks = [
        (0, 0, 0),     // a miss: there at 100, fresh until 600
        (650, 0, 0),   // stale, fetched anew meanwhile: fresh from 750 to 1,250
        (1_200, 0, 0), // a hit
        (1_900, 0, 0), // beyond being stale: fetched, which fails: given all the same
        (4_000, 0, 0), // beyond that, too
        (5_000, 0, 0), // fetched
    ];
    let answers = answers(&mut chain, &asks);
    let seen: Vec<_> = answers.iter().map(|(at, r)| (*at, r.fault.is_none())).collect();
    let right = [(100, true), (650, true), (1_200, true), (1_900, true), (4_000, false)];
    assert_eq!(seen[..5], right);
    assert_eq!(seen[5], (5_100, true));
    assert_eq!(chain.tally().edge.found, [1, 2, 0, 3, 0]);
    // What is held is only asked about: bodies came once.
    assert_eq!(chain.tally().edge.fetched, Bytes::new(1_000_000));
}

#[test]
fn nothing_is_kept_without_a_time_to_live() {
    let hop = Hop { ttl: Span::ZERO, ..cache() };
    let mut chain = Chain::new(plan(1, vec![hop], slow(100)).into());
    // Who comes meanwhile shares the answer, who comes later does not.
    assert_eq!(times(&mut chain, &[(0, 0, 0), (99, 0, 0), (101, 0, 0)]), [100, 100, 201]);
}

#[test]
fn a_warm_cache_holds_the_most_popular_and_new_connections_take_round_trips() {
    let hop = Hop { room: Bytes::new(2_500_000), start: Start::Warm, ..cache() };
    let hop = Hop { rtt: ms(20), connect: 2, ..hop };
    let mut chain = Chain::new(plan(4, vec![hop], slow(100)).into());
    // Two fit. A miss takes two round trips to connect, one to ask, and the origin's time; it
    // drives out the second, as the first has just been used.
    let asks = [(0, 0, 1), (1, 0, 0), (10, 0, 2), (500, 0, 0), (600, 0, 1)];
    assert_eq!(times(&mut chain, &asks), [0, 1, 170, 500, 760]);
}

#[test]
fn an_origin_with_one_server_serves_one_after_the_other_and_sheds() {
    let mut plan = plan(5, vec![cache()], slow(100));
    plan.queue = Some(Queue { servers: 1, service: None, room: 2 });
    let mut chain = Chain::new(plan.into());
    let answers =
        answers(&mut chain, &[(0, 0, 0), (10, 0, 1), (20, 0, 2), (30, 0, 3), (150, 0, 4)]);
    let seen: Vec<_> = answers.iter().map(|(at, r)| (*at, r.fault.is_some())).collect();
    assert_eq!(seen, [(100, false), (200, false), (300, false), (30, true), (400, false)]);
    assert_eq!(chain.tally().origin.shed, 1);
    assert_eq!(chain.tally().origin.queued, ms(90 + 180 + 150));
}

#[test]
fn whatever_happens_every_request_is_answered_once_and_bytes_are_conserved() {
    for seed in 0..300 {
        let mut draw = Seed(seed).stream(Purpose::Choice, &[]);
        let mut up_to = |most: u64| draw.below(most + 1);
        let mut hop = || Hop {
            room: Bytes::new(up_to(6) * 1_000_000),
            policy: if up_to(1) == 0 { Policy::Lru } else { Policy::TinyLfu },
            start: if up_to(1) == 0 { Start::Cold } else { Start::Warm },
            collapse: [None, Some(ms(up_to(200))), Some(Span::MAX)][up_to(2) as usize],
            ttl: ms(up_to(3) * up_to(1_000)),
            ttl_documents: Span::ZERO,
            refreshed: None,
            stale_while_revalidate: ms(up_to(1) * up_to(500)),
            stale_if_error: ms(up_to(1) * up_to(500)),
            negative: ms(up_to(1) * up_to(300)),
            rtt: ms(up_to(50)),
            connect: up_to(2) as u32,
            timeout: if up_to(1) == 0 { Span::MAX } else { ms(100 + up_to(300)) },
            attempts: 1 + up_to(2) as u8,
            backoff: ms(up_to(30)),
            sampled: None,
        };
        let edges = vec![hop(), hop()];
        let shield = Some(hop());
        let faults = Faults { errors: 0.1, resets: 0.1, truncated: 0.1 };
        let latency = Latency::LogNormal { median: ms(50), sigma: 1.0 };
        let store = Store { latency, bandwidth: Some(Bitrate::kbps(100_000)) };
        let origin = Origin { store, faults, seed: Seed(seed), ..Origin::default() };
        let queue = Queue { servers: 1 + up_to(3) as u32, service: None, room: up_to(3) as u32 };
        let mut plan = plan(12, edges, origin);
        plan.shield = shield.filter(|_| up_to(1) == 0);
        plan.queue = (up_to(1) == 0).then_some(queue);
        let asks: Vec<Asked> = (0..400)
            .map(|_| (up_to(5_000), up_to(1) as usize, (up_to(11) * up_to(11) / 11) as u32))
            .collect();
        let mut chain = Chain::new(plan.into());
        let answers = answers(&mut chain, &asks);
        let tally = chain.tally();
        assert_eq!(tally.edge.requests(), 400);
        let failed = answers.iter().filter(|(_, reply)| reply.fault.is_some()).count() as u64;
        assert_eq!(tally.edge.faults, failed);
        for (&(asked, ..), (answered, reply)) in asks.iter().zip(&answers) {
            assert!(*answered >= asked && reply.last >= at(*answered));
        }
        // Nothing is made on the way; what came too late was sent all the same.
        let (edge, shield) = (tally.edge, tally.shield);
        match shield.requests() {
            0 => assert!(edge.fetched <= tally.origin.bytes),
            _ => {
                assert!(edge.fetched <= shield.bytes);
                assert!(shield.fetched <= tally.origin.bytes);
            }
        }
        let steps = |of: fn(&Step) -> u64| tally.steps.iter().map(of).sum::<u64>();
        assert_eq!(steps(|step| step.requests), 400);
        assert_eq!(steps(|step| step.origin_bytes.get()), tally.origin.bytes.get());
        let mut twice = tally.clone();
        twice.merge(tally);
        assert_eq!(twice.edge.requests(), 800);
    }
}
