//! Connections simple enough to follow with a pencil. On a link of 11.68 Mbit/s a packet of 1,460
//! bytes takes 1 ms; the round trip is 100 ms unless a test says otherwise.

use std::sync::Arc;

use abrsim::cdn::Origin;
use abrsim::media::{DocumentId, Object};
use abrsim::net::{Http, Link, Model, Path, Sharing, Tcp};
use abrsim::network::{Network, Viewer};
use abrsim::player::{Input, Request, RequestId};
use abrsim::seed::Seed;
use abrsim::trace::{Bandwidth, End, Trace, Tread};
use abrsim::units::{Bitrate, Bytes, Span, Time};

const PACKET: u64 = 1_460;

/// Viewers on one link, and a clock.
struct Wire {
    network: Network,
    now: Time,
    serial: u32,
    /// Steps that the network took.
    steps: u32,
}

/// What is done, by whom on which lane, when, and with which first byte.
type Done = (usize, u8, Time, Time);

impl Wire {
    fn new(kbps: u64, path: Path, viewers: Vec<Viewer>) -> Self {
        Self::along(Trace::constant(Bitrate::kbps(kbps)).unwrap(), path, viewers)
    }

    fn along(trace: Trace, path: Path, viewers: Vec<Viewer>) -> Self {
        let trace = Arc::new(trace);
        let links = vec![(Link::new(Bandwidth::new(trace, Span::ZERO)), path)];
        let network = Network::new(Origin::default(), Seed(7), links, viewers, 2);
        Self { network, now: Time::ZERO, serial: 0, steps: 0 }
    }

    fn ask(&mut self, who: usize, lane: u8, size: u64) -> RequestId {
        let id = RequestId { lane, serial: self.serial };
        self.serial += 1;
        let (object, size) = (Object::Document(DocumentId(0)), Bytes::new(size));
        self.network.fetch(
            self.now,
            who,
            Request { id, object, size, attempt: 0, again: 0, watch: None },
        );
        id
    }

    /// Lets time pass until a transfer is done.
    fn next(&mut self) -> Done {
        loop {
            self.now = self.network.deadline().expect("a transfer under way");
            self.steps += 1;
            assert!(self.steps < 1_000_000, "no end");
            if let Some((who, Input::Done(id, receipt))) = self.network.poll(self.now) {
                return (who, id.lane, receipt.first_byte.unwrap(), self.now);
            }
        }
    }

    /// How long a transfer of so many bytes takes from now on.
    fn takes(&mut self, size: u64) -> Span {
        let began = self.now;
        self.ask(0, 0, size);
        self.next().3 - began
    }

    fn wait(&mut self, ms: u64) -> &mut Self {
        let until = self.now + millis(ms);
        while let Some(at) = self.network.deadline().filter(|at| *at <= until) {
            self.network.poll(at);
        }
        self.now = until;
        self
    }
}

fn millis(ms: u64) -> Span {
    Span::from_millis(ms)
}

fn at(ms: u64) -> Time {
    Time::ZERO + millis(ms)
}

fn over(tcp: Tcp) -> Path {
    Path { rtt: millis(100), model: Model::Tcp(tcp), ..Path::default() }
}

fn http(http: Http) -> Tcp {
    Tcp { http, ..Tcp::default() }
}

/// One viewer with a packet a millisecond.
fn alone(path: Path) -> Wire {
    Wire::new(11_680, path, vec![Viewer::default()])
}

#[test]
fn a_new_connection_sends_10_20_and_40_packets_a_round_trip_apart() {
    // TCP, TLS and the request take three round trips. The first acknowledgement of each round is
    // a packet and a round trip later: rounds begin at 300, 401 and 502 ms, and the 40 packets of
    // the third take 40 ms.
    assert_eq!(alone(over(Tcp::default())).takes(70 * PACKET), millis(542));
    // 100 kB at 10 Mbit/s: 14.6, 29.2 and 56.2 kB; a packet takes 1.168 ms, the last 56.2 kB
    // 44.96 ms: 300 + 2 × 101.168 + 44.96.
    let mut wire = Wire::new(10_000, over(Tcp::default()), vec![Viewer::default()]);
    assert_eq!(wire.takes(100_000), Span::from_nanos(547_296_000));
}

#[test]
fn setting_up_takes_as_many_round_trips_as_the_protocols_have_it() {
    let first_byte = |http, zero_rtt| {
        let mut wire = alone(over(Tcp { http, zero_rtt, ..Tcp::default() }));
        wire.ask(0, 0, PACKET);
        wire.next().2
    };
    // TCP, TLS 1.3, request; QUIC, request; and one less each where the request goes along.
    assert_eq!(first_byte(Http::One, false), at(300));
    assert_eq!(first_byte(Http::Two, false), at(300));
    assert_eq!(first_byte(Http::Three, false), at(200));
    assert_eq!(first_byte(Http::One, true), at(200));
    assert_eq!(first_byte(Http::Two, true), at(200));
    assert_eq!(first_byte(Http::Three, true), at(100));
}

#[test]
fn a_warm_connection_goes_on_with_the_window_it_has() {
    // After 10, 20 and 40 packets the window is 80: 80 packets are one round.
    let mut wire = alone(over(Tcp::default()));
    wire.takes(70 * PACKET);
    assert_eq!(wire.takes(80 * PACKET), millis(100 + 80));
}

#[test]
fn an_idle_connection_starts_again() {
    let warm = |tcp| {
        let mut wire = alone(over(tcp));
        wire.takes(70 * PACKET);
        wire
    };
    // The window is 80 packets and the timeout 300 ms. In 10 s it is long back at 10: as new, but
    // set up.
    assert_eq!(warm(Tcp::default()).wait(10_000).takes(70 * PACKET), millis(342));
    // After 400 ms, and 100 ms until the answer can leave, one timeout is over and another under
    // way: 40 packets, and 30 more a round trip and a packet later.
    let (first, second) = (100, 101);
    assert_eq!(warm(Tcp::default()).wait(400).takes(70 * PACKET), millis(first + second + 30));
    // 200 ms and 100 are the timeout, which is not over yet.
    assert_eq!(warm(Tcp::default()).wait(200).takes(70 * PACKET), millis(170));
    // And whoever does not restart does not forget.
    let patient = Tcp { idle_restart: false, ..Tcp::default() };
    assert_eq!(warm(patient).wait(10_000).takes(70 * PACKET), millis(170));
}

#[test]
fn two_lanes_have_two_windows_under_http_1_and_one_under_http_2() {
    let both = |http: Http| {
        let mut wire = alone(over(Tcp { http, ..Tcp::default() }));
        wire.ask(0, 0, 10 * PACKET);
        wire.ask(0, 1, 10 * PACKET);
        [wire.next(), wire.next()]
    };
    // Two connections send 10 packets each, over one link: 20 ms.
    assert_eq!(both(Http::One), [(0, 0, at(300), at(320)), (0, 1, at(300), at(320))]);
    // One sends 10, five of each; the other ten come a round trip and a packet later.
    assert_eq!(both(Http::Two), [(0, 0, at(300), at(411)), (0, 1, at(300), at(411))]);
}

#[test]
fn streams_share_a_window_and_whoever_is_done_first_leaves_the_rest_of_it() {
    // Of 10 packets the short transfer has 2 and the long 8 by 310 ms: the first 4 are shared.
    let mut wire = alone(over(Tcp::default()));
    wire.ask(0, 0, 2 * PACKET);
    wire.ask(0, 1, 8 * PACKET);
    assert_eq!([wire.next(), wire.next()], [(0, 0, at(300), at(304)), (0, 1, at(300), at(310))]);
}

#[test]
fn to_cancel_closes_a_connection_of_http_1_and_no_other() {
    let again = |http: Http| {
        let mut wire = alone(over(Tcp { http, ..Tcp::default() }));
        let id = wire.ask(0, 0, 100 * PACKET);
        wire.wait(305);
        let receipt = wire.network.cancel(wire.now, 0, id);
        let five = Bytes::new(5 * PACKET);
        assert_eq!((receipt.first_byte, receipt.received), (Some(at(300)), five));
        wire.takes(5 * PACKET)
    };
    assert_eq!(again(Http::One), millis(300 + 5));
    assert_eq!(again(Http::Two), millis(100 + 5));
}

#[test]
fn what_is_lost_comes_a_round_trip_later() {
    let path = Path { loss: 0.01, ..over(Tcp::default()) };
    let viewers = |count| (0..count).map(|number| Viewer { number, ..Viewer::default() }).collect();
    let mut wire = Wire::new(11_680, path, viewers(10_000));
    let mut late = 0;
    for who in 0..10_000 {
        let began = wire.now;
        wire.ask(who, 0, 10 * PACKET);
        let took = wire.next().3 - began;
        // The k-th of 10 packets is lost: it is asked for when the next is there, and comes with
        // the rest of the ten already there. Of two that are lost, the later decides; and one of a
        // hundred is lost again.
        match took {
            _ if took == millis(310) => {}
            _ => {
                assert!(took >= millis(401), "{took}");
                late += 1;
            }
        }
    }
    // 1 − 0.99¹⁰ = 9.56 % of 10,000, with a deviation of 29; four of those are allowed.
    assert!(956_i32.abs_diff(late) < 118, "{late}");
}

#[test]
fn random_loss_limits_the_rate_as_the_square_root_law_has_it() {
    // With a loss of 1 % CUBIC is as Reno in this range, for which Mathis, Semke, Mahdavi and Ott
    // (1997) give √(3 / 2p) = 12.2 packets a round trip. Their losses are evenly spaced: to a
    // tenth.
    let path = Path { loss: 0.01, ..over(Tcp::default()) };
    let mut wire = Wire::new(1_000_000, path, vec![Viewer::default()]);
    let rounds = wire.takes(100_000 * PACKET).as_secs_f64() / 0.1;
    let window = 100_000.0 / rounds;
    assert!((11.0..13.4).contains(&window), "{window}");
}

#[test]
fn a_long_transfer_fills_the_link() {
    // 30 MB at 11.68 Mbit/s take 20.55 s; what slow start wastes is less than four round trips.
    let mut wire = alone(Path { queue: millis(100), ..over(Tcp::default()) });
    let took = wire.takes(30_000_000).as_secs_f64();
    let full = 30_000_000.0 / 1_460_000.0;
    assert!((full + 0.5..full + 0.9).contains(&took), "{took} against {full}");
}

#[test]
fn an_outage_costs_its_length_and_little_more() {
    // 3 s of the link, 5 s of nothing, and the link for ever: 6,000 packets, 6 s of which it
    // works, are there 11 s and three round trips after they were asked for; two more are for
    // the slow start, and one for what the outage did to the window.
    let tread =
        |(secs, kbps)| Tread { span: Span::from_secs(secs), rate: Bitrate::kbps(kbps), rtt: None };
    let trace = Trace::new([(3, 11_680), (5, 0), (60, 11_680)].map(tread), End::Hold).unwrap();
    let path = Path { queue: millis(200), ..over(Tcp::default()) };
    let took = Wire::along(trace, path, vec![Viewer::default()]).takes(6_000 * PACKET);
    assert!(millis(11_300) < took && took <= millis(11_600), "{took}");
}

#[test]
fn a_request_waits_behind_what_others_have_in_the_queue() {
    let first_byte = |queue: Span, model: Model| {
        let path = Path { queue, model, ..over(Tcp::default()) };
        let viewers = [0, 1].map(|number| Viewer { number, ..Viewer::default() });
        let mut wire = Wire::new(11_680, path, viewers.to_vec());
        wire.ask(0, 0, 10_000_000);
        wire.wait(3_000);
        wire.ask(1, 0, 0);
        wire.next().2 - at(3_000)
    };
    // A fluid flow fills the queue as it fills the link.
    assert_eq!(first_byte(millis(200), Model::Fluid), millis(100 + 200));
    // One over TCP has in it what of its window the path does not hold; three round trips, and
    // that once, for setting up and asking.
    let tcp = Model::Tcp(Tcp::default());
    let waits = first_byte(millis(200), tcp);
    assert!(millis(310) < waits && waits <= millis(300 + 3 * 200), "{waits}");
    // Where there is none, nobody waits.
    assert_eq!(first_byte(Span::ZERO, tcp), millis(300));
    assert_eq!(first_byte(Span::ZERO, Model::Fluid), millis(100));
}

#[test]
fn jitter_comes_on_top_of_a_requests_round_trip() {
    let path = Path { jitter: millis(50), rtt: millis(100), ..Path::default() };
    let mut wire = alone(path);
    let waits: Vec<_> = (0..1_000)
        .map(|_| {
            let began = wire.now;
            wire.ask(0, 0, PACKET);
            wire.next().2 - began
        })
        .collect();
    assert!(waits.iter().all(|&wait| millis(100) <= wait && wait <= millis(150)));
    // Even from 0 to 50 ms: 25 in the mean, with a deviation of 14.4 / √1000 = 0.46; four of those.
    let mean = waits.iter().map(|wait| wait.as_secs_f64()).sum::<f64>();
    assert!((mean - 125.0).abs() < 1.9, "{mean} ms");
}

#[test]
fn who_is_nearer_has_more_of_a_link_shared_by_round_trips() {
    // Round trips of 100 and 300 ms, and bytes from 300 ms on: until then the near one is alone,
    // and has 200 packets of 500. Then it has three parts of four: its other 300 take 400 ms.
    let path = Path { rtt: millis(100), sharing: Sharing::RttBiased, ..Path::default() };
    let near = Viewer::default();
    let far = Viewer { number: 1, further: millis(200), ..near };
    let mut wire = Wire::new(11_680, path, vec![near, far]);
    wire.ask(0, 0, 500 * PACKET);
    wire.ask(1, 0, 500 * PACKET);
    let (who, _, _, done) = wire.next();
    assert_eq!(who, 0);
    // Weights are whole numbers: 100 and 33.
    assert!(done > at(690) && done < at(700), "{done}");
}

#[test]
fn a_round_trip_of_nothing_and_one_of_an_hour_mean_what_they_say() {
    // Without one, only the link takes time, and a nanosecond more for a burst that ends in the
    // middle of one.
    let none = Path { rtt: Span::ZERO, ..over(http(Http::Two)) };
    let took = alone(none).takes(1_000 * PACKET);
    assert!(took >= millis(1_000) && took < millis(1_000) + Span::from_nanos(100), "{took}");
    // Three hours to the first byte, and two more for 20 and 40 packets, each a packet late.
    let hour = Path { rtt: Span::from_secs(3_600), ..over(http(Http::Two)) };
    assert_eq!(alone(hour).takes(70 * PACKET), Span::from_secs(5 * 3_600) + millis(42));
    // Half of all packets lost is the most there is; it takes long, and ends.
    for rtt in [Span::ZERO, millis(100)] {
        let lossy = Path { rtt, loss: 1.0, ..over(http(Http::One)) };
        let took = alone(lossy).takes(100 * PACKET);
        assert!(took >= millis(100), "{took}");
    }
}

#[test]
fn a_segment_is_few_steps() {
    // 1 MB at 5 Mbit/s and 50 ms, the first on its connection and the tenth.
    let path = Path { rtt: millis(50), queue: millis(200), ..over(Tcp::default()) };
    let mut wire = Wire::new(5_000, path, vec![Viewer::default()]);
    wire.takes(1_000_000);
    let first = wire.steps;
    for _ in 0..8 {
        wire.wait(1_000).takes(1_000_000);
    }
    let before = wire.steps;
    wire.takes(1_000_000);
    println!("{first} steps for the first segment, {} for the tenth", wire.steps - before);
    assert!(first <= 16 && wire.steps - before <= 16, "{first} and {}", wire.steps - before);
}
