//! `abrsim trace from-log`: the bandwidth that a real player met.

use std::path::{Path, PathBuf};

use crate::cli::{Failure, print};
use crate::fetch::text_at_most;
use crate::player::Event;
use crate::scenario::real::log::{self, Log};
use crate::scenario::{ScenarioError, known};
use crate::trace::{End, Trace, Tread, csv};
use crate::units::{Bitrate, Bytes, Span, Time};

/// Make a trace of what a real player received.
///
/// `abrsim play --save` writes such a log. While bytes come, the bandwidth is what comes; while
/// none do, it is taken to be what it was. So it is at most what the path had where the player left
/// it idle, or the server was slow.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// A log that `abrsim play --save` wrote.
    log: PathBuf,
    /// Which session, where there are several: VIEWER.ALGORITHM, as in 17.bola.
    #[arg(long, value_name = "NAME")]
    part: Option<String>,
    /// Where to; unless said, it is printed.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// The largest log that is read.
pub(in crate::cli) const MAX_LOG: u64 = 1 << 30;

pub(in crate::cli) fn run(args: &Args) -> Result<(), Failure> {
    let logs = read(&args.log)?;
    let name = |log: &Log| format!("{}.{}", log.viewer, log.abr);
    let names: Vec<_> = logs.iter().map(name).collect();
    let place = match &args.part {
        Some(part) => names.iter().position(|name| name == part),
        None if logs.len() == 1 => Some(0),
        None => None,
    };
    let Some(place) = place else {
        let wanted = args.part.as_deref().unwrap_or_default();
        let error = match args.part {
            Some(_) => ScenarioError::new(format!("there is no session {wanted:?} in it")),
            None => ScenarioError::new(format!("there are {} sessions in it", logs.len())),
        };
        let some = names.iter().take(20).map(String::as_str);
        return Err(error
            .help(format!("name one with --part; {}", known("session", wanted, some)))
            .into());
    };
    let trace = trace(&logs[place])
        .map_err(|why| ScenarioError::new(format!("{}: {why}", args.log.display())))?;
    let mut text = Vec::new();
    csv::write(&trace, &mut text).map_err(|error| Failure::Output(error.to_string()))?;
    let text = String::from_utf8_lossy(&text);
    match &args.out {
        Some(path) => std::fs::write(path, &*text).map_err(|error| Failure::writing(path, &error)),
        None => print(&text),
    }
}

/// The sessions of a log.
pub(in crate::cli) fn read(path: &Path) -> Result<Vec<Log>, ScenarioError> {
    let shown = path.display();
    let text = text_at_most(path, MAX_LOG)
        .map_err(|why| ScenarioError::new(format!("cannot read the log {shown}: {why}")))?;
    log::read(&text)
        .map_err(|(line, why)| ScenarioError::new(format!("{shown}, line {line}: {why}")))
}

/// What came, over the time in which it did.
fn trace(log: &Log) -> Result<Trace, String> {
    let mut came: Vec<(Time, Time, Bytes)> = Vec::new();
    for (at, event) in &log.events {
        let (Event::Delivered(_, receipt)
        | Event::Abandoned(_, receipt)
        | Event::Failed(_, receipt)) = event
        else {
            continue;
        };
        if let Some(first) = receipt.first_byte.filter(|first| first < at) {
            came.push((first, *at, receipt.received));
        }
    }
    let began = log.events.first().map_or(Time::ZERO, |(at, _)| *at);
    let mut cuts: Vec<Time> = came.iter().flat_map(|&(from, to, _)| [from, to]).collect();
    cuts.push(began);
    cuts.sort_unstable();
    cuts.dedup();
    let rate = |from: Time, to: Time| {
        let under_way = came.iter().filter(|&&(first, last, _)| first <= from && to <= last);
        // Each as if it came evenly.
        let bps = under_way
            .map(|&(first, last, bytes)| bytes.as_bits_f64() / (last - first).as_secs_f64());
        bps.sum::<f64>()
    };
    let mut treads: Vec<Tread> = Vec::new();
    // Before anything came, it is what came first.
    let mut last = cuts.windows(2).map(|cut| rate(cut[0], cut[1])).find(|bps| *bps > 0.0);
    for cut in cuts.windows(2) {
        let bps = rate(cut[0], cut[1]);
        last = if bps > 0.0 { Some(bps) } else { last };
        let (rate, span) = (Bitrate::from_bps_f64(last.unwrap_or_default()), cut[1] - cut[0]);
        match treads.last_mut() {
            Some(before) if before.rate == rate => before.span += span,
            Some(_) | None => treads.push(Tread { span, rate, rtt: None }),
        }
    }
    let whole = treads.iter().map(|tread| tread.span).sum::<Span>();
    if whole.is_zero() {
        return Err("nothing came".to_owned());
    }
    Trace::new(treads, End::Hold).map_err(|flaw| flaw.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::{DocumentId, Object};
    use crate::player::{Receipt, Request, RequestId};

    #[test]
    fn two_that_come_at_once_add_up_and_idle_time_is_as_before() {
        let at = |secs| Time::ZERO + Span::from_secs(secs);
        let size = Bytes::new(1_000_000);
        let (id, object) = (RequestId { lane: 0, serial: 0 }, Object::Document(DocumentId(0)));
        let request = Request { id, object, size, attempt: 0, again: 0, watch: None };
        let come =
            |from, to| (at(to), Event::Delivered(request, Receipt::of(Some(at(from)), size)));
        // A megabyte from 1 to 3 s, another from 2 to 3 s: 4 Mbit/s, then 12; idle until 5 s; then
        // one in 2 s. Before the first it is 4 as well.
        let began = (at(0), Event::Requested(request, None));
        let events = vec![began, come(1, 3), come(2, 3), come(5, 7)];
        let log = Log { abr: "bola".to_owned(), viewer: 0, events };
        let trace = trace(&log).unwrap();
        let steps: Vec<_> =
            trace.treads().map(|t| (t.span.as_secs_f64(), t.rate.as_kbps_f64())).collect();
        assert_eq!(steps, [(2.0, 4_000.0), (3.0, 12_000.0), (2.0, 4_000.0)]);
    }

    #[test]
    fn a_log_in_which_nothing_came_makes_no_trace() {
        let log = Log { abr: "bola".to_owned(), viewer: 0, events: Vec::new() };
        assert!(trace(&log).is_err());
    }
}
