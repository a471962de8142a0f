//! A viewer as a row of `sessions.csv`.
//!
//! The idea to hold: durations are exact decimals of seconds and counts are whole, so that whoever
//! adds them up finds the summary's own figures. Columns are only ever appended.

use std::fmt::Display;

use crate::metrics::glass::{Part, WEIGHTS};
use crate::metrics::qoe::{MODELS, Scores};
use crate::metrics::{Glass, QOE_MODELS, Session};
use crate::units::{Bitrate, Span};

/// The names of the columns that every scenario has.
pub(super) const COLUMNS: &[&str] = &[
    "run",
    "abr",
    "trace",
    "viewer",
    "seed",
    "zero_buffer",
    "started",
    "startup_s",
    "stalls",
    "stall_s",
    "play_s",
    "bitrate_kbps",
    "switches",
    "switches_up",
    "switches_down",
    "switch_kbps_mean",
    "oscillations",
    "bytes",
    "wasted_bytes",
    "switch_kbps_sum",
    "segments",
    "bitrate_kbps_sum",
    "ramp_s",
    "requests",
    "end",
    "offset_s",
];

/// Those that came after the models of quality of experience. `link` is the number of the first
/// viewer on it.
pub(super) const LATER: &[&str] = &[
    "network",
    "device",
    "link",
    "arrival_s",
    "paused_s",
    "seeks",
    "seek_s",
    "reported_stalls",
    "reported_s",
];

/// Those of what is live, empty of what is on demand; then the mean of each part of the latency,
/// and the scores of LoL.
pub(super) const LIVE: &[&str] = &[
    "latency_s_mean",
    "latency_s_p50",
    "latency_s_p95",
    "latency_s_p99",
    "paced_s",
    "speed_changes",
    "resyncs",
    "skipped_s",
    "late_s",
];

/// The header: the columns, one per linear model of quality of experience, and what came later; at
/// last one per model, empty of viewers who are not scored and of models that cannot.
pub(super) fn header() -> Vec<String> {
    let models = QOE_MODELS.iter().map(|model| format!("qoe_{}", model.name));
    let own = |names: &'static [&str]| names.iter().map(|&name| name.to_owned());
    let parts = Part::ALL.iter().map(|part| format!("{}_s", part.name().replace(' ', "_")));
    let scores = WEIGHTS.iter().map(|weights| format!("qoe_{}", weights.name));
    let live = own(LIVE).chain(parts).chain(scores);
    let all = MODELS.iter().map(|model| format!("score_{}", model.key));
    own(COLUMNS).chain(models).chain(own(LATER)).chain(live).chain(all).collect()
}

/// Whose row it is.
pub(super) struct Whose<'a> {
    pub(super) run: &'a str,
    pub(super) abr: &'a str,
    pub(super) trace: &'a str,
    pub(super) viewer: u64,
    pub(super) seed: u64,
    pub(super) offset: Span,
    pub(super) network: &'a str,
    pub(super) device: &'a str,
    pub(super) link: u64,
    pub(super) arrival: Span,
    /// The lowest bitrate of the ladder and the highest, in kbit/s.
    pub(super) bitrates: (f64, f64),
}

/// Appends a row to a block of CSV.
pub(super) fn write(
    block: &mut csv::Writer<Vec<u8>>,
    whose: &Whose<'_>,
    session: &Session,
    (glass, scores): (Option<&Glass>, Option<&Scores>),
) -> csv::Result<()> {
    let secs = |span: Option<Span>| span.map(|span| span.in_secs().to_string()).unwrap_or_default();
    let kbps =
        |rate: Option<Bitrate>| rate.map(|rate| rate.in_kbps().to_string()).unwrap_or_default();
    let mut field = |value: &dyn Display| block.write_field(value.to_string());
    for name in [whose.run, whose.abr, whose.trace] {
        field(&name)?;
    }
    field(&whose.viewer)?;
    field(&whose.seed)?;
    field(&u8::from(session.is_zero_buffer()))?;
    field(&u8::from(session.startup.is_some()))?;
    field(&secs(session.startup))?;
    field(&session.stalls)?;
    field(&secs(Some(session.stalled)))?;
    field(&secs(Some(session.played)))?;
    field(&kbps(session.bitrate()))?;
    field(&session.switches())?;
    field(&session.switches_up)?;
    field(&session.switches_down)?;
    field(&kbps(session.switch_mean()))?;
    field(&session.oscillations)?;
    field(&session.bytes.get())?;
    field(&session.wasted.get())?;
    field(&kbps(Some(session.switch_sum)))?;
    field(&session.segments)?;
    field(&kbps(Some(session.bitrate_sum)))?;
    field(&secs(session.ramp))?;
    field(&session.requests)?;
    field(&session.end.name())?;
    field(&secs(Some(whose.offset)))?;
    for model in QOE_MODELS {
        field(&format!("{:.6}", model.score(session)))?;
    }
    field(&whose.network)?;
    field(&whose.device)?;
    field(&whose.link)?;
    field(&secs(Some(whose.arrival)))?;
    field(&secs(Some(session.paused)))?;
    field(&session.seeks)?;
    field(&secs(Some(session.seek_wait)))?;
    field(&session.reported)?;
    field(&secs(Some(session.reported_time)))?;
    live(block, whose, session, glass)?;
    for (_, score) in scores.copied().unwrap_or_default().each() {
        block.write_field(score.map_or_else(String::new, |score| format!("{score:.6}")))?;
    }
    block.write_record(None::<&[u8]>)
}

/// The columns of what is live.
fn live(
    block: &mut csv::Writer<Vec<u8>>,
    whose: &Whose<'_>,
    session: &Session,
    glass: Option<&Glass>,
) -> csv::Result<()> {
    let mut field = |value: String| block.write_field(value);
    let Some(glass) = glass else {
        let all = LIVE.len() + Part::ALL.len() + WEIGHTS.len();
        return (0..all).try_for_each(|_| field(String::new()));
    };
    let secs = |span: Option<Span>| span.map(|span| span.in_secs().to_string()).unwrap_or_default();
    field(secs(glass.latency.mean()))?;
    for share in [0.5, 0.95, 0.99] {
        field(secs(glass.latency.quantile(share)))?;
    }
    field(secs(Some(glass.paced)))?;
    field(glass.speed_changes.to_string())?;
    field(glass.resyncs.to_string())?;
    field(secs(Some(glass.skipped)))?;
    field(secs(Some(glass.late)))?;
    let seen = glass.budget.segments > 0;
    for part in Part::ALL {
        field(secs(seen.then(|| glass.budget.mean(part))))?;
    }
    for weights in WEIGHTS {
        let score = weights.score(&session.into(), &glass.score, whose.bitrates);
        field(format!("{score:.6}"))?;
    }
    Ok(())
}
