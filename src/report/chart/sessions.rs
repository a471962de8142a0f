//! The sessions of a few viewers as numbers, for a page to draw any stretch of them as large as is
//! wanted.
//!
//! The idea to hold: all of them share a budget of bytes. Curves are thinned to what it pays for,
//! and of requests those are kept that led to stalls, then those that came first. Times are in
//! milliseconds since the time before them, so that they are short.

use serde_json::{Map, Value, json};

use super::behind;
use super::timeline::story;
use super::{colour, hex, point, seen};
use crate::cdn::{Found, Source};
use crate::media::{Kind, Object};
use crate::metrics::{Fate, Timeline, Transfer};
use crate::report::format::{clean, rung};
use crate::report::{Results, Run};
use crate::units::{Bitrate, Time};

/// All sessions together take no more than about so many bytes: the page of ten runs has to stay
/// below 3 MB, charts and tables included.
const BUDGET: usize = 1_600_000;

/// No more sessions are told, nor runs: each should have enough to zoom into.
const SESSIONS: usize = 60;
const RUNS: usize = 30;

/// What a request takes, and a corner of a curve, in bytes.
const REQUEST: usize = 30;
const CORNER: usize = 9;

/// Requests that ended so long before a stall, in milliseconds, may have led to it.
const BEFORE: u64 = 20_000;

/// How many numbers stand for a request.
const FIELDS: usize = 9;

/// What the page needs, if there is anybody to show.
pub(in crate::report) fn sessions(results: &Results) -> Option<Value> {
    let all = seen(results);
    let told = |run: &&&Run| run.timelines.iter().any(|(_, own)| own.end > Time::ZERO);
    let runs: Vec<&Run> = all.iter().filter(told).take(RUNS).copied().collect();
    let most = (SESSIONS / runs.len().max(1)).max(1);
    let mut viewers: Vec<u64> = Vec::new();
    for (viewer, _) in runs.iter().flat_map(|run| &run.timelines) {
        if viewers.len() < most && !viewers.contains(viewer) {
            viewers.push(*viewer);
        }
    }
    let share = BUDGET / (viewers.len() * runs.len()).max(1);
    let (fates, found) = (Fate::ALL.map(Fate::name), Found::ALL.map(Found::name));
    let each = |run: &&Run| {
        let own = |viewer: &u64| {
            let own =
                run.timelines.iter().find(|(other, own)| other == viewer && own.end > Time::ZERO);
            own.map(|(_, timeline)| session(timeline, share))
        };
        let ladder = run.rungs.iter();
        let ladder = ladder.map(|own| json!([rung(own), kbps(own.bitrate.as_kbps_f64())]));
        json!({
            "name": name(results, run),
            "colour": hex(colour(results, run)),
            "rungs": ladder.collect::<Vec<_>>(),
            "tracks": run.tracks.iter().map(|kind| kind.name()).collect::<Vec<_>>(),
            "main": run.tracks.iter().position(|kind| *kind == Kind::Video).unwrap_or(0),
            "stores": run.chain.as_ref().map(|(_, stores)| stores),
            "seen": viewers.iter().map(own).collect::<Vec<_>>(),
        })
    };
    (!runs.is_empty()).then(|| {
        json!({
            "viewers": viewers,
            "left": all.len() - runs.len(),
            "fields": FIELDS,
            "fates": fates,
            "found": found,
            "runs": runs.iter().map(each).collect::<Vec<_>>(),
        })
    })
}

/// A run by its algorithm and the point of the sweep: `bola, segment 2s`.
fn name(results: &Results, run: &Run) -> String {
    let point = point(results, run);
    let parts = [clean(&run.abr), point];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

/// One session in about so many bytes.
fn session(own: &Timeline, share: usize) -> Value {
    let corners = share / 8 / CORNER;
    let rates = |rates: &[(Time, Bitrate)]| {
        let rates = rates.iter().map(|(at, rate)| (millis(*at), kbps(rate.as_kbps_f64())));
        curve(rates.collect(), corners)
    };
    let held = own.buffer.iter().map(|(at, held)| (millis(*at), held.as_millis_f64() as i64));
    let displayed = own.shown.iter().map(|(at, rung)| (millis(*at), i64::from(rung.0)));
    let stalls =
        own.stalls.iter().map(|(from, to)| (millis(*from), (*to - *from).as_millis_f64() as i64));
    let mut all = Map::new();
    let mut put = |key: &str, value: Value| all.insert(key.to_owned(), value);
    put("story", story(own).into());
    put("end", millis(own.end).into());
    put("bandwidth", rates(&own.bandwidth));
    put("estimate", rates(&own.estimate));
    put("shown", curve(displayed.collect(), corners / 2));
    put("buffer", curve(held.collect(), corners));
    put("stalls", since(stalls.take(corners / 2)));
    if !own.behind.is_empty() {
        let path = behind::path(own).into_iter();
        let path = path.map(|(at, latency)| ((1e3 * at) as u64, (1e3 * latency) as i64));
        let target = own.behind.iter();
        let target = target.map(|b| (millis(b.at), b.target.as_millis_f64() as i64));
        put("behind", curve(path.collect(), corners));
        put("target", curve(target.collect(), corners / 4));
    }
    let kept = kept(own, share / 2 / REQUEST);
    put("left", (own.transfers.len() - kept.len()).into());
    put("requests", requests(&kept));
    all.into()
}

/// A curve of no more than about so many corners: the first, the last, the lowest and the highest
/// of each of as many stretches of equal length as that allows.
fn curve(corners: Vec<(u64, i64)>, most: usize) -> Value {
    let (Some(first), Some(last)) = (corners.first(), corners.last()) else { return json!([]) };
    if corners.len() <= most {
        return since(corners.iter().copied());
    }
    let length = (last.0 - first.0) / (most as u64 / 4).max(1) + 1;
    let mut thinned: Vec<(u64, i64)> = Vec::new();
    for stretch in corners.chunk_by(|a, b| (a.0 - first.0) / length == (b.0 - first.0) / length) {
        let lowest = (0..stretch.len()).min_by_key(|&i| stretch[i].1).unwrap_or(0);
        let highest = (0..stretch.len()).max_by_key(|&i| stretch[i].1).unwrap_or(0);
        let mut kept = [0, lowest, highest, stretch.len() - 1];
        kept.sort_unstable();
        thinned.extend(kept.map(|i| stretch[i]));
    }
    thinned.dedup();
    since(thinned.into_iter())
}

/// Times and values, one after the other, each time since the one before it.
fn since(corners: impl Iterator<Item = (u64, i64)>) -> Value {
    let mut before = 0;
    let each = |(at, value): (u64, i64)| {
        let since = at as i64 - before;
        before = at as i64;
        [since, value]
    };
    corners.flat_map(each).collect()
}

/// So many requests at most, in their order: first those that may have led to stalls, of these and
/// of the others the first.
fn kept(own: &Timeline, most: usize) -> Vec<&Transfer> {
    let led = |transfer: &&Transfer| {
        let (asked, end) = (millis(transfer.asked), millis(transfer.end.unwrap_or(own.end)));
        let next = own.stalls.partition_point(|(_, to)| millis(*to) < asked);
        own.stalls.get(next).is_some_and(|(from, _)| end + BEFORE >= millis(*from))
    };
    if own.transfers.len() <= most {
        return own.transfers.iter().collect();
    }
    let (led, others): (Vec<_>, Vec<_>) = own.transfers.iter().partition(led);
    let mut kept: Vec<_> = led.into_iter().chain(others).take(most).collect();
    kept.sort_by_key(|transfer| transfer.serial);
    kept
}

/// Requests, nine numbers for each: when it was asked for since the one before, how long until its
/// first byte and until its end, kilobytes, its track (or −1 of a document), its index, its rung,
/// how it ended, how it was found; of a transfer through caches, ten times that more for where.
fn requests(kept: &[&Transfer]) -> Value {
    let mut before = 0;
    let each = |transfer: &&Transfer| -> [i64; FIELDS] {
        let asked = millis(transfer.asked) as i64;
        let until = |at: Option<Time>| at.map_or(-1, |at| millis(at) as i64 - asked);
        let (track, index, rung) = match transfer.object {
            Object::Document(document) => (-1, i64::from(document.0), 0),
            Object::Segment(s) => (i64::from(s.track.0), i64::from(s.index), i64::from(s.rung.0)),
        };
        let since = asked - before;
        before = asked;
        let kilobytes = (transfer.bytes.get() + 500) / 1_000;
        [
            since,
            until(transfer.first_byte),
            until(transfer.end),
            kilobytes as i64,
            track,
            index,
            rung,
            transfer.fate as i64,
            transfer.told.map_or(-1, |told| 10 * place(told.source) + told.found as i64),
        ]
    };
    kept.iter().flat_map(each).collect()
}

/// A number for where an answer comes from: an edge, a shield, or a store of the origin.
fn place(source: Source) -> i64 {
    match source {
        Source::Edge => 0,
        Source::Shield => 1,
        Source::Origin(store) => 2 + i64::from(store),
    }
}

fn millis(at: Time) -> u64 {
    libm::round(at.since_start().as_millis_f64()) as u64
}

fn kbps(rate: f64) -> i64 {
    libm::round(rate) as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cdn::Told;
    use crate::media::{Rung, Segment, TrackId};
    use crate::report::testing::{live, results, run};
    use crate::units::{Bytes, Span};

    fn at(millis: u64) -> Time {
        Time::ZERO + Span::from_millis(millis)
    }

    fn transfer(serial: u32, from: u64, to: u64) -> Transfer {
        let segment = Segment { track: TrackId(0), index: serial, rung: Rung(2) };
        Transfer {
            serial,
            object: Object::Segment(segment),
            attempt: 0,
            asked: at(from),
            first_byte: Some(at(from + 50)),
            end: Some(at(to)),
            bytes: Bytes::new(512_400),
            fate: Fate::Delivered,
            told: None,
        }
    }

    #[test]
    fn a_session_is_its_curves_and_its_requests_in_milliseconds() {
        let mut watched = run("bola", 9, 9);
        let mut first = transfer(0, 100, 400);
        let source = Source::Origin(1);
        first.told = Some(Told { found: Found::Collapsed, source, wait: Span::ZERO, attempts: 1 });
        watched.timelines[0].1.transfers = vec![first, transfer(1, 500, 900)];
        let told = sessions(&results(vec![watched, run("mpc", 0, 0)])).unwrap();
        assert_eq!((&told["viewers"], &told["left"]), (&json!([17]), &json!(0)));
        let first = &told["runs"][0];
        assert_eq!(
            (&first["name"], &first["rungs"][0]),
            (&json!("bola"), &json!(["360p 1 Mbit/s", 1000]))
        );
        let own = &first["seen"][0];
        assert_eq!(own["bandwidth"], json!([0, 3000, 5000, 800]));
        assert_eq!(own["stalls"], json!([4800, 1200]));
        // Collapsed is the third way of finding it, the second store the fourth place.
        let first = [100, 50, 300, 512, 0, 0, 2, 1, 32];
        let second = [400, 50, 400, 512, 0, 1, 2, 1, -1];
        assert_eq!(own["requests"], json!([first, second].concat()));
        assert_eq!(own["behind"], Value::Null);
        let on_air = sessions(&results(vec![live(run("bola", 9, 9), 2_000)])).unwrap();
        assert_eq!(on_air["runs"][0]["seen"][0]["target"], json!([800, 2000, 5200, 2000]));
    }

    #[test]
    fn a_long_curve_keeps_its_ends_its_peaks_and_its_lows() {
        let mut long: Vec<(u64, i64)> = (0..10_000).map(|n| (n, 50 + n as i64 % 3)).collect();
        (long[4_321].1, long[8_765].1) = (900, -7);
        let thin = curve(long, 100);
        let thin: Vec<i64> = thin.as_array().unwrap().iter().map(|v| v.as_i64().unwrap()).collect();
        assert!(thin.len() <= 2 * 104, "{}", thin.len());
        let values: Vec<_> = thin.chunks(2).map(|corner| corner[1]).collect();
        assert!(values.contains(&900) && values.contains(&-7));
        assert_eq!(thin.iter().step_by(2).sum::<i64>(), 9_999);
    }

    #[test]
    fn of_too_many_requests_those_before_stalls_are_kept() {
        let mut own = Timeline::default();
        own.transfers = (0..100)
            .map(|n| transfer(n, 1_000 * u64::from(n), 1_000 * u64::from(n) + 900))
            .collect();
        own.stalls = vec![(at(90_000), at(92_000))];
        // Those that ended after 70 s and were asked for before 92 s are 70 to 92; then the first.
        let serials: Vec<_> = kept(&own, 30).iter().map(|transfer| transfer.serial).collect();
        assert_eq!(serials, (0..7).chain(70..93).collect::<Vec<_>>());
        assert_eq!(kept(&own, 100).len(), 100);
    }

    #[test]
    fn however_much_there_is_it_stays_within_its_budget() {
        let mut runs = Vec::new();
        for n in 0..10 {
            let mut run = run(&format!("abr {n}"), 9, 9);
            let timeline = &mut run.timelines[0].1;
            timeline.bandwidth =
                (0..90_000).map(|n| (at(100 * n), Bitrate::kbps(n * 7_919 % 100_000))).collect();
            timeline.buffer =
                (0..50_000).map(|n| (at(200 * n), Span::from_millis(n * 7_919 % 30_000))).collect();
            timeline.transfers = (0..9_000)
                .map(|n| transfer(n, 1_000 * u64::from(n), 1_000 * u64::from(n) + 950))
                .collect();
            timeline.stalls = (0..9_000).map(|n| (at(1_000 * n), at(1_000 * n + 500))).collect();
            timeline.end = at(10_000_000);
            let worst = timeline.clone();
            run.timelines.extend((20..24).map(|viewer| (viewer, worst.clone())));
            runs.push(run);
        }
        let size = sessions(&results(runs)).unwrap().to_string().len();
        assert!(size < BUDGET && size > BUDGET / 2, "{size}");
    }
}
