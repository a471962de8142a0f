//! The links that players are put on.
//!
//! The idea to hold: every rate is a multiple of what some rung needs, so all players of one ladder
//! meet the same links, and no link depends on what a player did before. Simulated time costs
//! little, so simulated players have all the time they need to settle; real ones have minutes.

use crate::trace::profile::{PROFILES, Profile};
use crate::trace::{End, Trace, Tread};
use crate::units::{Bitrate, Span};

/// One session's link.
#[derive(Clone, Debug)]
pub(super) struct Probe {
    /// What it carries, and holds at the end.
    pub(super) trace: Trace,
    /// The published pattern it is, or is a part of.
    pub(super) profile: Option<&'static Profile>,
}

/// Stairs rise by this factor a step, from what the cheapest rung needs to so many times what the
/// dearest does; one step lasts so long, the first twice that.
const STEP: f64 = 1.025;
const ABOVE: f64 = 2.0;
const TREAD: Span = Span::from_secs(300);

/// Jumps are between so many times what a rung needs and so many times what one above it does. The
/// former holds it, whichever player's: what the latter needs is at most 0.7 of bandwidth, which is
/// what the most careful of those that people use spends.
const HOLDS: f64 = 1.1;
const REACHES: f64 = 1.6;
/// How long a link stays on either side.
const HOLD: Span = Span::from_secs(600);

/// A session begins on a link of so many times what a rung needs, and is watched for so long.
const STARTUP: f64 = 1.5;
const STARTING: Span = Span::from_secs(180);

/// Waves go from less than a rung needs to more than enough, each for so long, so many times, after
/// a while on the lower side.
const TROUGH: f64 = 0.9;
const CREST: f64 = 1.5;
const HALF: Span = Span::from_secs(10);
const WAVES: usize = 15;
const BEFORE_WAVES: Span = Span::from_secs(60);

/// An outage comes after so long on a link that reaches the dearest rung, lasts so long, and is
/// followed by so much of that link.
const BEFORE_OUTAGE: Span = Span::from_secs(120);
const OUTAGE: Span = Span::from_secs(10);
const AFTER_OUTAGE: Span = Span::from_secs(180);

/// What a name of a pattern begins with, and which is of several sessions: a player is started anew
/// at each of its steps.
const PATTERNS: &str = "characterize-";
const ANEW: &str = "characterize-startup-caps";

/// All links for players of a ladder whose rungs need that much.
pub(super) fn plan(needs: &[Bitrate]) -> Vec<Probe> {
    let dearest = needs[needs.len() - 1];
    let reaches = dearest.scaled(REACHES);
    let mut probes = vec![probe(stairs(needs, (STEP, ABOVE), TREAD))];
    probes.extend(needs.iter().map(|rung| probe(vec![tread(STARTING, rung.scaled(STARTUP))])));
    for two in needs.windows(2) {
        let (low, high) = (two[0].scaled(HOLDS), two[1].scaled(REACHES));
        probes.push(probe(vec![tread(HOLD, low), tread(HOLD, high), tread(HOLD, low)]));
    }
    // From the dearest down to each further than the next, and back.
    let drops = needs[..needs.len() - 2].iter().rev();
    let drops = drops.flat_map(|rung| [tread(HOLD, reaches), tread(HOLD, rung.scaled(HOLDS))]);
    probes.extend((needs.len() > 2).then(|| probe(drops.collect())));
    probes.extend(needs[1..].iter().map(|&rung| probe(waves(rung))));
    let quiet = Tread { span: OUTAGE, rate: Bitrate::ZERO, rtt: None };
    let around = |span| tread(span, reaches);
    probes.push(probe(vec![around(BEFORE_OUTAGE), quiet, around(AFTER_OUTAGE)]));
    probes.extend(patterns());
    probes
}

/// One link that asks in minutes what can be asked in minutes, for real players of a ladder whose
/// rungs need that much. It begins and ends with what the cheapest rung needs and the dearest.
pub fn short(needs: &[Bitrate]) -> Trace {
    const STEP: f64 = 1.16;
    const TREAD: Span = Span::from_secs(8);
    const HOLD: Span = Span::from_secs(20);
    let reaches = tread(HOLD, needs[needs.len() - 1].scaled(REACHES));
    let mut treads = stairs(needs, (STEP, REACHES), TREAD);
    treads.extend([reaches, tread(HOLD, needs[0].scaled(HOLDS)), reaches]);
    treads.extend([Tread { span: OUTAGE, rate: Bitrate::ZERO, rtt: None }, reaches]);
    held(treads)
}

/// Steps up, by a factor until bandwidth is so many times what the dearest rung needs, and down
/// again.
fn stairs(needs: &[Bitrate], (step, above): (f64, f64), span: Span) -> Vec<Tread> {
    let top = needs[needs.len() - 1].scaled(above);
    let mut rates = vec![needs[0]];
    while let Some(&last) = rates.last().filter(|&&last| last < top) {
        rates.push(last.scaled(step));
    }
    let first = tread(span * 2, needs[0]);
    let rise = rates[1..].iter().map(|&rate| tread(span, rate));
    let fall = rates.iter().rev().skip(1).map(|&rate| tread(span, rate));
    [first].into_iter().chain(rise).chain(fall).collect()
}

/// To and fro around what a rung needs.
fn waves(needs: Bitrate) -> Vec<Tread> {
    let (low, high) = (needs.scaled(TROUGH), needs.scaled(CREST));
    let mut treads = vec![tread(BEFORE_WAVES, low)];
    for _ in 0..WAVES {
        treads.extend([tread(HALF, high), tread(HALF, low)]);
    }
    treads
}

/// The patterns of which the profiles are.
fn patterns() -> impl Iterator<Item = Probe> {
    let named = PROFILES.iter().copied().filter(|profile| profile.name.starts_with(PATTERNS));
    named.flat_map(|profile| {
        let treads: Vec<_> = profile.trace().treads().collect();
        let sessions = match profile.name {
            ANEW => treads.into_iter().map(|tread| vec![tread]).collect(),
            _ => vec![treads],
        };
        let probe = move |treads| Probe { trace: held(treads), profile: Some(profile) };
        sessions.into_iter().map(probe)
    })
}

/// To the nearest kbit/s, which is how traces are written.
fn tread(span: Span, rate: Bitrate) -> Tread {
    let kbps = libm::round(rate.as_kbps_f64()) as u64;
    Tread { span, rate: Bitrate::kbps(kbps.max(1)), rtt: None }
}

fn probe(treads: Vec<Tread>) -> Probe {
    Probe { trace: held(treads), profile: None }
}

fn held(treads: Vec<Tread>) -> Trace {
    Trace::new(treads, End::Hold).expect("some rung needs something, and no more than links carry")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::characterize::script::{Question, questions, steps};
    use crate::trace::Bandwidth;
    use crate::units::Time;
    use std::sync::Arc;

    fn needs() -> Vec<Bitrate> {
        [400, 900, 2_000].map(Bitrate::kbps).to_vec()
    }

    /// What a link asks.
    fn asked(trace: &Trace) -> Vec<Question> {
        let mut bandwidth = Bandwidth::new(Arc::new(trace.clone()), Span::ZERO);
        let (mut at, mut rates) = (Time::ZERO, Vec::new());
        loop {
            rates.push((at, bandwidth.rate(at)));
            match bandwidth.next_step(at) {
                Some(next) => at = next,
                None => break,
            }
        }
        let end = Time::ZERO + trace.length();
        questions(&steps(&rates, end), needs()[0])
    }

    #[test]
    fn every_link_asks_what_it_is_meant_to() {
        let plan = plan(&needs());
        let own: Vec<_> = plan.iter().filter(|probe| probe.profile.is_none()).collect();
        let of = |n: usize| asked(&own[n].trace);
        // ln(2 · 2,000 / 400) / ln 1.025 = 93.25: 94 steps up, and as many down.
        let (up, down) = (0..95, 94..189);
        let stairs = [
            Question::Stairs { rising: true, steps: up },
            Question::Stairs { rising: false, steps: down },
        ];
        assert_eq!(of(0), stairs);
        // Three beginnings, two boundaries, a drop, two waves, an outage.
        assert!((1..4).all(|n| of(n).is_empty()));
        assert!((4..6).all(|n| of(n) == [Question::Jump(1), Question::Jump(2)]));
        assert_eq!(of(6), [Question::Jump(1)]);
        assert!((7..9).all(|n| of(n) == [Question::Wave(0..31)]));
        assert_eq!(of(9), [Question::Outage(1)]);
        assert_eq!(own.len(), 10);
        // Six patterns, and one of five sessions.
        assert_eq!(plan.len() - own.len(), 6 + 5);
    }

    #[test]
    fn two_rungs_leave_one_boundary_and_no_further_drop() {
        let plan = plan(&needs()[..2]);
        let own = plan.iter().filter(|probe| probe.profile.is_none());
        // The stairs, two beginnings, a boundary, a wave, an outage.
        assert_eq!(own.count(), 6);
    }

    #[test]
    fn the_example_is_the_short_one() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/traces/characterize.csv");
        let text = std::fs::read_to_string(path).unwrap();
        let mut written = Vec::new();
        crate::trace::csv::write(&short(&needs()), &mut written).unwrap();
        // The last step, which is held, is written by its beginning alone.
        assert_eq!(text, String::from_utf8(written).unwrap());
    }

    #[test]
    fn the_short_one_asks_for_stairs_jumps_and_an_outage_in_six_minutes() {
        let trace = short(&needs());
        assert!(trace.length() <= Span::from_secs(360), "{}", trace.length());
        let asked = asked(&trace);
        // ln(1.6 · 2,000 / 400) / ln 1.16 = 14.01: 15 steps.
        let stairs = [
            Question::Stairs { rising: true, steps: 0..16 },
            Question::Stairs { rising: false, steps: 15..31 },
        ];
        assert_eq!(asked[..2], stairs);
        assert_eq!(asked[2..5], [31, 32, 33].map(Question::Jump));
        assert_eq!(asked[5..], [Question::Outage(34)]);
    }
}
