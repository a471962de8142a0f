//! A viewer as a row of `sessions.csv`.
//!
//! The idea to hold: durations are exact decimals of seconds and counts are whole, so that whoever
//! adds them up finds the summary's own figures. Columns are only ever appended.

use std::fmt::{self, Display, Write as _};
use std::io;

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
    let mut row = Row { block, text: String::new() };
    let secs = |span: Span| span.in_secs();
    for name in [whose.run, whose.abr, whose.trace] {
        row.field(name)?;
    }
    row.field(whose.viewer)?;
    row.field(whose.seed)?;
    row.field(u8::from(session.is_zero_buffer()))?;
    row.field(u8::from(session.startup.is_some()))?;
    row.option(session.startup.map(secs))?;
    row.field(session.stalls)?;
    row.field(secs(session.stalled))?;
    row.field(secs(session.played))?;
    row.option(session.bitrate().map(Bitrate::in_kbps))?;
    row.field(session.switches())?;
    row.field(session.switches_up)?;
    row.field(session.switches_down)?;
    row.option(session.switch_mean().map(Bitrate::in_kbps))?;
    row.field(session.oscillations)?;
    row.field(session.bytes.get())?;
    row.field(session.wasted.get())?;
    row.field(session.switch_sum.in_kbps())?;
    row.field(session.segments)?;
    row.field(session.bitrate_sum.in_kbps())?;
    row.option(session.ramp.map(secs))?;
    row.field(session.requests)?;
    row.field(session.end.name())?;
    row.field(secs(whose.offset))?;
    for model in QOE_MODELS {
        row.field(Millionths(model.score(session)))?;
    }
    row.field(whose.network)?;
    row.field(whose.device)?;
    row.field(whose.link)?;
    row.field(secs(whose.arrival))?;
    row.field(secs(session.paused))?;
    row.field(session.seeks)?;
    row.field(secs(session.seek_wait))?;
    row.field(session.reported)?;
    row.field(secs(session.reported_time))?;
    live(&mut row, whose, session, glass)?;
    for (_, score) in scores.copied().unwrap_or_default().each() {
        row.option(score.map(Millionths))?;
    }
    row.block.write_record(None::<&[u8]>)
}

/// A row as it is written. The text of a field is made in the same place as that of the last.
struct Row<'a> {
    block: &'a mut csv::Writer<Vec<u8>>,
    text: String,
}

impl Row<'_> {
    fn field(&mut self, value: impl Display) -> csv::Result<()> {
        self.option(Some(value))
    }

    /// A field that is empty if there is nothing to say.
    fn option(&mut self, value: Option<impl Display>) -> csv::Result<()> {
        self.text.clear();
        if let Some(value) = value {
            // Only a value can refuse to be written to a string, and none does.
            write!(self.text, "{value}").map_err(io::Error::other)?;
        }
        self.block.write_field(&self.text)
    }
}

/// A score, to the millionth.
struct Millionths(f64);

impl Display for Millionths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.6}", self.0)
    }
}

/// The columns of what is live.
fn live(
    row: &mut Row<'_>,
    whose: &Whose<'_>,
    session: &Session,
    glass: Option<&Glass>,
) -> csv::Result<()> {
    let Some(glass) = glass else {
        let all = LIVE.len() + Part::ALL.len() + WEIGHTS.len();
        return (0..all).try_for_each(|_| row.option(None::<&str>));
    };
    let secs = |span: Span| span.in_secs();
    row.option(glass.latency.mean().map(secs))?;
    for share in [0.5, 0.95, 0.99] {
        row.option(glass.latency.quantile(share).map(secs))?;
    }
    row.field(secs(glass.paced))?;
    row.field(glass.speed_changes)?;
    row.field(glass.resyncs)?;
    row.field(secs(glass.skipped))?;
    row.field(secs(glass.late))?;
    let seen = glass.budget.segments > 0;
    for part in Part::ALL {
        row.option(seen.then(|| secs(glass.budget.mean(part))))?;
    }
    for weights in WEIGHTS {
        let score = weights.score(&session.into(), &glass.score, whose.bitrates);
        row.field(Millionths(score))?;
    }
    Ok(())
}
