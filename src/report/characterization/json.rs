//! How players choose, for programs: every fact under a stable key.
//!
//! The idea to hold: rates are in kbit/s and lengths of time in seconds, as keys say; rungs are
//! numbered from 0, the cheapest; what is not known is null.

use serde_json::{Value, json};

use super::Characterization;
use crate::characterize::{
    Boundary, Character, Delay, Jump, Outage, Pass, Pattern, Startup, Threshold, Wave,
};
use crate::media::Rung;
use crate::metrics::Session;
use crate::units::{Bitrate, Span};

/// All of it.
pub fn json(of: &Characterization) -> Value {
    json!({
        "abrsim": env!("CARGO_PKG_VERSION"),
        "met": of.met,
        "notes": of.notes,
        "players": of.players.iter().map(player).collect::<Vec<_>>(),
    })
}

fn kbps(rate: Bitrate) -> f64 {
    rate.as_kbps_f64()
}

fn secs(span: Span) -> f64 {
    span.as_secs_f64()
}

fn all<T>(of: &[T], each: impl Fn(&T) -> Value) -> Value {
    of.iter().map(each).collect()
}

fn player(of: &Character) -> Value {
    let rungs = of.rungs.iter().zip(&of.needs).map(|(rung, needs)| {
        json!({
            "kbps": kbps(rung.bitrate),
            "needs_kbps": kbps(*needs),
            "height": rung.resolution.map(|size| size.height),
        })
    });
    json!({
        "name": of.name,
        "real": of.real,
        "segment_s": secs(of.segment),
        "watched_s": secs(of.watched),
        "rungs": rungs.collect::<Vec<_>>(),
        "boundaries": all(&of.boundaries, |one| boundary(one, &of.needs)),
        "swinging": of.restless.map(|restless| json!({
            "steps": restless.steps,
            "of_them_swinging": restless.swinging,
            "most_switches_per_minute": restless.worst,
        })),
        "startups": all(&of.startups, startup),
        "jumps": all(&of.jumps, jump),
        "outages": all(&of.outages, outage),
        "waves": all(&of.waves, wave),
        "response": all(&of.passes, pass),
        "patterns": all(&of.patterns, pattern),
    })
}

fn boundary(of: &Boundary, needs: &[Bitrate]) -> Value {
    json!({
        "to_rung": of.above.0,
        "up": threshold(of.up),
        "down": threshold(of.down),
        "spends": of.spends(needs),
        "holds": of.holds(needs),
        "gap": of.gap(),
        "below_again_up_to_kbps": of.relapses.map(kbps),
        "above_again_down_to_kbps": of.returns.map(kbps),
        "rise": of.rise.map(delay),
        "drop": of.drop.map(delay),
    })
}

fn threshold(of: Threshold) -> Value {
    let (state, before, after) = match of {
        Threshold::Unasked => return Value::Null,
        Threshold::Before(rate) => ("before the stairs", None, Some(rate)),
        Threshold::Between(before, after) => ("between", Some(before), Some(after)),
        Threshold::Beyond(rate) => ("beyond the stairs", Some(rate), None),
    };
    json!({
        "state": state,
        "not_at_kbps": before.map(kbps),
        "at_kbps": after.map(kbps),
        "middle_kbps": of.middle().map(kbps),
        "doubt": of.doubt(),
    })
}

fn delay(of: Delay) -> Value {
    json!({
        "asked_s": secs(of.after),
        "segments_between": of.segments,
        "shown_s": of.shown.map(secs),
    })
}

fn rung(of: Rung) -> u8 {
    of.0
}

fn startup(of: &Startup) -> Value {
    json!({
        "kbps": kbps(of.rate),
        "first_rung": rung(of.first),
        "first_frame_s": of.frame.map(secs),
        "settled_rung": of.settled.map(rung),
        "settled_rung_asked_s": of.reached.map(|(after, _)| secs(after)),
        "segments_before": of.reached.map(|(_, segments)| segments),
        "stalled_s": secs(of.stalled),
    })
}

fn jump(of: &Jump) -> Value {
    json!({
        "from_kbps": kbps(of.from),
        "to_kbps": kbps(of.to),
        "rung_before": rung(of.before),
        "settled_rung": rung(of.settled),
        "first": of.delay.map(delay),
        "settled_s": of.done.map(secs),
        "overshoot_rungs": of.overshoot,
        "stalled_s": secs(of.stalled),
    })
}

fn outage(of: &Outage) -> Value {
    json!({
        "lasted_s": secs(of.lasted),
        "kbps": kbps(of.rate),
        "rung_before": rung(of.before),
        "held_s": secs(of.held),
        "stalled_s": secs(of.stalled),
        "abandoned": of.abandoned,
        "lowest_rung": of.lowest.map(rung),
        "back_after_s": of.back.map(secs),
    })
}

fn wave(of: &Wave) -> Value {
    json!({
        "low_kbps": kbps(of.low),
        "high_kbps": kbps(of.high),
        "half_s": secs(of.half),
        "lasted_s": secs(of.lasted),
        "switches": of.switches,
        "switches_per_minute": of.per_minute(),
        "stalled_s": secs(of.stalled),
    })
}

fn pass(of: &Pass) -> Value {
    let steps = of
        .steps
        .iter()
        .map(|(rate, asked)| json!({ "kbps": kbps(*rate), "asked_kbps_mean": kbps(*asked) }));
    json!({
        "rising": of.rising,
        "tread_s": secs(of.tread),
        "step": of.step(),
        "steps": steps.collect::<Vec<_>>(),
    })
}

fn pattern(of: &Pattern) -> Value {
    json!({
        "name": of.name,
        "lowest_rung": rung(of.rungs.0),
        "highest_rung": rung(of.rungs.1),
        "sessions": all(&of.sessions, session),
    })
}

fn session(of: &Session) -> Value {
    json!({
        "startup_s": of.startup.map(secs),
        "stalls": of.stalls,
        "stalled_s": secs(of.stalled),
        "switches": of.switches(),
        "kbps_mean": of.bitrate().map(kbps),
    })
}
