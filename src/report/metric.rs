//! What is measured: every metric's name, unit, definition, and how it is written.
//!
//! The idea to hold: the page's table, its definitions and `summary.json` read this one list, so
//! none of them can forget a metric or explain it differently.

use super::format::{count, decimal, interval, percent};
use crate::distribution::Distribution;
use crate::metrics::{QOE_MODELS, Summary};

/// One metric, in one or several figures.
pub(super) struct Metric {
    /// Its key in `summary.json`.
    pub(super) key: &'static str,
    /// What reports call it.
    pub(super) name: &'static str,
    /// What it means, in sentences.
    pub(super) definition: &'static str,
    /// What is said of it.
    pub(super) figures: &'static [Figure],
}

/// One figure of a metric: `mean, s`, and how it is written.
pub(super) struct Figure {
    /// What it is, with its unit.
    pub(super) name: &'static str,
    /// The figure of a run.
    pub(super) show: fn(&Summary) -> String,
}

macro_rules! figures {
    ($($name:literal: $show:expr),* $(,)?) => {
        &[$(Figure { name: $name, show: $show }),*]
    };
}

/// Every metric, in the order reports give them.
pub(super) const METRICS: &[Metric] = &[
    Metric {
        key: "zbr",
        name: "Zero-buffer rate",
        definition: "The share of viewers who pressed play and watched all they meant to without \
            a single stall. Startup is not a stall. A viewer whose playback never starts counts \
            against it. The interval is Wilson's, at 95 %: what the rate of very many such viewers \
            can be believed to be. Viewers on one link share its luck and count as fewer, by how \
            much more links differ than chance would have it (the design effect of Rao and Scott, \
            1992).",
        figures: figures! {
            "rate, %": |s| percent(s.zbr(), 1),
            "95 % interval": |s| interval(s.zbr_interval()),
        },
    },
    Metric {
        key: "viewers",
        name: "Viewers",
        definition: "A viewer is one person pressing play once. A start failure is one whose \
            playback never began; a player gives up when an object it needs cannot be had.",
        figures: figures! {
            "pressed play": |s| count(s.viewers),
            "never stalled": |s| count(s.zero_buffer),
            "start failures": |s| count(s.viewers - s.started),
            "gave up": |s| count(s.gave_up),
        },
    },
    Metric {
        key: "ends",
        name: "How it ended",
        definition: "Every session ends in one way. Whoever did not watch all they meant to counts \
            against the zero-buffer rate, whether it stalled or not.",
        // One for each way: reports add them.
        figures: &[],
    },
    Metric {
        key: "hours_watched",
        name: "Time watched",
        definition: "How long media was playing, of all viewers together, in their own time: at \
            twice the speed an hour of media is half an hour watched. Neither startup nor stalls \
            nor pauses are watched.",
        figures: figures! {
            "hours": |s| decimal(s.hours_watched(), 1),
            "mean per viewer, min": |s| {
                of(s.viewers, || decimal(60.0 * s.hours_watched() / s.viewers as f64, 2))
            },
            "paused, h": |s| decimal(s.total.paused.as_secs_f64() / 3_600.0, 1),
        },
    },
    Metric {
        key: "stall_ratio",
        name: "Stalls",
        definition: "A stall is playback standing still for want of media after it had started. \
            The stall ratio is time stalled over time played and stalled, of all viewers together; \
            stalls per hour are per hour played and stalled. The quantiles are of the time each \
            viewer who stalled spent stalled.",
        figures: figures! {
            "ratio, %": |s| of(s.started, || percent(s.stall_ratio(), 2)),
            "per hour": |s| of(s.started, || decimal(s.stalls_per_hour(), 2)),
            "median per viewer who stalled, s": |s| seconds(&s.stall_time, 0.5),
            "95th percentile, s": |s| seconds(&s.stall_time, 0.95),
        },
    },
    Metric {
        key: "reported",
        name: "Stalls, as the player reports them",
        definition: "What monitoring that listens to the player's own events would count. dash.js \
            says BUFFER_EMPTY at 0.3 s of buffer, before the picture stands; hls.js says nothing \
            of a stall shorter than 1.25 s; Shaka, Media3 and the plain algorithms report what \
            the viewer sees.",
        figures: figures! {
            "zero-buffer rate by them, %": |s| percent(s.zbr_reported(), 1),
            "reported": |s| count(s.total.reported),
            "stalls seen": |s| count(s.total.stalls),
            "time reported, s": |s| decimal(s.total.reported_time.as_secs_f64(), 1),
            "time seen, s": |s| decimal(s.total.stalled.as_secs_f64(), 1),
        },
    },
    Metric {
        key: "startup_s",
        name: "Startup",
        definition: "From pressing play to the first frame, of those who saw one.",
        figures: figures! {
            "mean, s": |s| of(s.started, || decimal(s.startup_mean(), 2)),
            "median, s": |s| seconds(&s.startup, 0.5),
            "95th percentile, s": |s| seconds(&s.startup, 0.95),
            "99th percentile, s": |s| seconds(&s.startup, 0.99),
        },
    },
    Metric {
        key: "bitrate_kbps",
        name: "Bitrate",
        definition: "Of what was displayed, not of what was fetched. The mean is over all media \
            displayed; the quantiles are of the viewers' own means, so the 5th percentile is what \
            the worst-off twentieth of viewers stays below.",
        figures: figures! {
            "mean, kbit/s": |s| of(s.bitrate.count(), || rounded(s.mean_bitrate().as_kbps_f64())),
            "5th percentile, kbit/s": |s| whole(&s.bitrate, 0.05),
            "median, kbit/s": |s| whole(&s.bitrate, 0.5),
        },
    },
    Metric {
        key: "fairness",
        name: "Fairness",
        definition: "Of links that several viewers share: Jain's index of their mean bitrates x, \
            (Σx)² / (n Σx²), where who never played got 0. It is 1 if all get the same and 1/n if \
            one of n gets everything (Jain, Chiu and Hawe, 1984).",
        figures: figures! {
            "mean over links": |s| index(s.fairness.mean()),
            "lowest": |s| index(s.fairness.lowest()),
            "shared links": |s| of(s.fairness.links(), || count(s.fairness.links())),
        },
    },
    Metric {
        key: "switches",
        name: "Switching",
        definition: "A switch is a segment displayed from another rung than the one before. Its \
            size is the difference of the rungs' bitrates. An oscillation is a switch undone by \
            the next one within 20 s of media.",
        figures: figures! {
            "per minute of play": |s| of(s.started, || decimal(s.switches_per_minute(), 2)),
            "up": |s| count(s.total.switches_up),
            "down": |s| count(s.total.switches_down),
            "oscillations": |s| count(s.total.oscillations),
            "mean size, kbit/s": |s| of(s.switches(), || rounded(s.switch_kbps_mean())),
        },
    },
    Metric {
        key: "ramp_s",
        name: "Ramp",
        definition: "From pressing play to the first frame of the highest rung that the mean \
            bandwidth of the viewer's link, shared evenly, sustains, of those who reached it.",
        figures: figures! {
            "mean, s": |s| of(s.total.ramped, || decimal(s.ramp_mean(), 1)),
            "viewers who reached it, %": |s| percent(share(s.total.ramped, s.viewers), 1),
        },
    },
    Metric {
        key: "rung_shares",
        name: "Time on rungs",
        definition: "The share of all media time displayed from each rung.",
        // One for each rung: reports that know the ladder add them.
        figures: &[],
    },
    Metric {
        key: "bytes",
        name: "Traffic",
        definition: "Everything received. Wasted are bytes of media that was abandoned, failed or \
            never displayed.",
        figures: figures! {
            "received, GB": |s| decimal(s.total.bytes.as_f64() / 1e9, 2),
            "wasted, GB": |s| decimal(s.total.wasted.as_f64() / 1e9, 2),
            "wasted, %": |s| percent(s.waste_ratio(), 2),
            "requests": |s| count(s.total.requests),
        },
    },
    Metric {
        key: "qoe",
        name: "Quality of experience",
        definition: "Published linear scores, side by side and never blended, of all viewers \
            together, per segment displayed. A higher score is better; scores of different models, \
            ladders or segment lengths cannot be compared. The optimum, where the scenario has it, \
            is what a player that knew its link to the end could have had.",
        figures: figures! {
            "Yin, per segment": |s| of(s.total.segments, || decimal(yin(s), 3)),
            "Pensieve, per segment": |s| of(s.total.segments, || decimal(qoe(s, "pensieve"), 3)),
        },
    },
    Metric {
        key: "seek_s",
        name: "Seeking",
        definition: "A seek is a viewer going to another place once playback has started. Waiting \
            for playback to go on there is seek latency, not a stall; there is none where the \
            place is buffered. The mean is over all seeks; the percentile is of the longest wait \
            of each viewer who sought.",
        figures: figures! {
            "seeks": |s| count(s.total.seeks),
            "mean wait, s": |s| of(s.total.seeks, || decimal(s.seek_wait_mean(), 2)),
            "95th percentile, s": |s| seconds(&s.seek_wait, 0.95),
        },
    },
];

/// How a figure of the list is written.
pub(super) fn figure(key: &str, name: &str) -> fn(&Summary) -> String {
    let metric = METRICS.iter().find(|metric| metric.key == key);
    let figure = metric.and_then(|metric| metric.figures.iter().find(|figure| figure.name == name));
    figure.expect("the figures named here are in the list").show
}

/// The score of the model of Yin et al., per segment displayed.
pub(super) fn yin(summary: &Summary) -> f64 {
    qoe(summary, "yin")
}

fn qoe(summary: &Summary, name: &str) -> f64 {
    let model = QOE_MODELS.iter().find(|model| model.name == name);
    summary.qoe_per_segment(model.expect("the models named here are in the list"))
}

/// The formula of the models, in words that the page and `summary.json` print.
pub(super) const QOE_FORMULA: &str = "Σ bitrate − λ Σ |Δ bitrate| − μ Σ stalled − μₛ startup, \
    with bitrates in Mbit/s and times in seconds, over the segments displayed";

/// A share of nothing is nothing.
pub(super) fn share(part: u64, whole: u64) -> f64 {
    if whole > 0 { part as f64 / whole as f64 } else { 0.0 }
}

/// A figure of so many values; a dash of none.
pub(super) fn of(values: u64, show: impl Fn() -> String) -> String {
    if values > 0 { show() } else { "–".into() }
}

/// A quantile of milliseconds, in seconds.
fn seconds(millis: &Distribution, q: f64) -> String {
    of(millis.count(), || decimal(millis.quantile(q) as f64 / 1e3, 2))
}

fn index(of: Option<f64>) -> String {
    of.map_or_else(|| "–".into(), |index| decimal(index, 3))
}

fn rounded(number: f64) -> String {
    count(libm::round(number) as u64)
}

fn whole(values: &Distribution, q: f64) -> String {
    of(values.count(), || count(values.quantile(q)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::run;

    #[test]
    fn every_metric_of_nobody_can_be_written() {
        let nobody = run("bola", 0, 0).summary;
        for metric in METRICS {
            for figure in metric.figures {
                let shown = (figure.show)(&nobody);
                assert!(!shown.is_empty() && !shown.contains("NaN"), "{}: {shown}", metric.key);
            }
        }
    }
}
