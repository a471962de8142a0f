//! The sentences.
//!
//! The idea to hold: each says what was asked and what came of it, in figures that a table has too,
//! and what short stairs cannot tell.

use super::figures::{mbps, rung, seconds};
use crate::characterize::{Character, Wave};
use crate::report::format::{decimal, list, many};
use crate::units::Bitrate;

/// With fewer segments to a step than this, a player has not settled when the next one comes.
const SETTLED: f64 = 20.0;

/// A player's name, and whether it is a real one.
pub(super) fn name(player: &Character) -> String {
    match player.real {
        true => format!("{} (real)", player.name),
        false => player.name.clone(),
    }
}

/// What the columns of all players are.
pub(super) fn side_by_side(players: &[Character]) -> String {
    let waves = match players.iter().any(|player| !player.waves.is_empty()) {
        true => ", and waves: switches a minute where bandwidth goes to and fro",
        false => "",
    };
    format!(
        "The median over rungs{waves}. Too far: the most rungs beyond where it settles after a \
         jump. Stall: in the outage."
    )
}

/// What the figures of rungs are, in short.
pub(super) const LEGEND: &str = "up at, back: where the rung is gone up to and left as bandwidth \
    changes slowly. spends, holds: what it needs over that bandwidth. gap: between the two. rise, \
    drop: after a jump, seconds until the first request that heeds it (and how many did not); \
    seen: until it is displayed.";

/// What is said once of all.
pub(super) const DEFINITIONS: &[(&str, &str)] = &[
    ("needs", "the bitrate of a rung, and that of the sound beside it"),
    (
        "up at, back",
        "where another rung is first asked for while bandwidth rises or falls step by step, in \
         Mbit/s: the geometric mean of the steps before and after. ≤ and ≥: it was so when the \
         stairs began, or not yet when they ended",
    ),
    (
        "spends, holds",
        "what the rung needs over the bandwidth at which it is gone up to, and left: the implied \
         safety factors. Above 1 the player lives on its buffer",
    ),
    (
        "gap",
        "how much more bandwidth it takes to get to a rung than to stay there (hysteresis). Below \
         zero the player goes up to what it cannot hold, and swings in between",
    ),
    (
        "rise, drop",
        "from the instant at which bandwidth changes to the first request that heeds it; in \
         brackets, how many requests in between did not; and when viewers see it, which is later \
         by what the player holds",
    ),
    ("settles on", "the rung asked for most often in the second half of the time"),
    (
        "too far",
        "how many rungs it asked for beyond all that it still asked for in the second half of the \
         time (overshoot)",
    ),
];

/// How fine the stairs are, which all players have met.
pub(super) fn stairs(players: &[Character]) -> Option<String> {
    let (player, pass) = players.iter().find_map(|one| Some((one, one.passes.first()?)))?;
    let (step, segments) = (pass.step()?, segments(player)?);
    let mut text = format!(
        "Stairs of {} % every {} s. Bandwidth in Mbit/s.",
        decimal(100.0 * step, if step < 0.1 { 1 } else { 0 }),
        seconds(pass.tread),
    );
    if segments < SETTLED {
        text += &format!(
            " A step lasts {} segments: a player that takes longer to notice seems to go up \
             later and to hold longer than it would with time, so gaps are too wide by some.",
            decimal(segments, 0)
        );
    }
    Some(text)
}

/// How many segments a step of its stairs lasts.
fn segments(player: &Character) -> Option<f64> {
    let pass = player.passes.first()?;
    Some(pass.tread.as_secs_f64() / player.segment.as_secs_f64())
}

/// Whether it can make up its mind.
pub(super) fn swings(player: &Character) -> Option<String> {
    let unsure = player.boundaries.iter().filter(|one| one.relapses.or(one.returns).is_some());
    let unsure: Vec<_> = unsure.map(|one| rung(player, one.above)).collect();
    let again = format!(
        "It changed its mind more than once about {}, of which the first time is told.",
        list(&unsure)
    );
    let even = player.restless.filter(|_| segments(player).is_some_and(|some| some >= SETTLED));
    let even = even.map(|restless| {
        let (swinging, steps) = (restless.swinging, many(restless.steps as u64, "step"));
        match swinging {
            0 => format!("It settles on each of {steps}."),
            some => format!(
                "It swings on {some} of {steps}, up to {} switches a minute while bandwidth \
                 stands still.",
                decimal(restless.worst, 1)
            ),
        }
    });
    let said: Vec<_> = even.into_iter().chain((!unsure.is_empty()).then_some(again)).collect();
    (!said.is_empty()).then(|| said.join(" "))
}

/// On which rung it begins.
pub(super) fn startup(player: &Character) -> Option<String> {
    let mut firsts: Vec<_> = player.startups.iter().map(|startup| startup.first).collect();
    firsts.sort_unstable();
    firsts.dedup();
    let begins = match firsts[..] {
        [] => return None,
        [one] => format!("It begins at {}", rung(player, one)),
        [low, .., high] => format!("It begins at {} to {}", rung(player, low), rung(player, high)),
    };
    let on = match &player.startups[..] {
        [one] => format!("on a link of {} Mbit/s", mbps(one.rate)),
        all => format!("on {} of an even bandwidth", many(all.len() as u64, "link")),
    };
    let latest = player.startups.iter().filter_map(|startup| Some(startup.reached?.0)).max();
    let then = latest.map(|latest| {
        let most = if player.startups.len() > 1 { " at most" } else { "" };
        format!(", and asks for where it settles after {} s{most}", seconds(latest))
    });
    Some(format!("{begins} {on}{}.", then.unwrap_or_default()))
}

/// How far it goes.
pub(super) fn jumps(player: &Character) -> Option<String> {
    let most = player.jumps.iter().map(|jump| jump.overshoot).max()?;
    let furthest = player.jumps.iter().find(|jump| jump.overshoot == most)?;
    let far = match (most, furthest.rises()) {
        (0, _) => "No jump takes it further than where it settles".to_owned(),
        (rungs, rises) => format!(
            "A jump takes it up to {} {} where it settles (from {} to {} Mbit/s)",
            many(u64::from(rungs), "rung"),
            if rises { "above" } else { "below" },
            mbps(furthest.from),
            mbps(furthest.to)
        ),
    };
    let stalled: Vec<_> = player.jumps.iter().filter(|jump| !jump.stalled.is_zero()).collect();
    let stalls = match stalled[..] {
        [] => "; none stalls it".to_owned(),
        _ => format!(
            "; it stalls on {} of {}, for {} s in all",
            stalled.len(),
            many(player.jumps.len() as u64, "jump"),
            seconds(stalled.iter().map(|jump| jump.stalled).sum())
        ),
    };
    Some(format!("{far}{stalls}."))
}

/// What an outage does to it.
pub(super) fn outage(player: &Character) -> Option<String> {
    let outage = player.outages.first()?;
    let stalled = match outage.stalled.is_zero() {
        true => "it does not stall".to_owned(),
        false => format!("it stalls for {} s", seconds(outage.stalled)),
    };
    let lowest = match outage.lowest.filter(|&lowest| lowest < outage.before) {
        Some(lowest) => format!("goes down to {}", rung(player, lowest)),
        None => "stays on its rung".to_owned(),
    };
    let given_up = match outage.abandoned as u64 {
        0 => String::new(),
        some => format!(", gives up {}", many(some, "transfer")),
    };
    let back = match outage.back {
        Some(back) => {
            format!(
                "asks for {} again {} s after its end",
                rung(player, outage.before),
                seconds(back)
            )
        }
        None => format!("does not ask for {} again", rung(player, outage.before)),
    };
    Some(format!(
        "{} s without a byte, on a link of {} Mbit/s, at {} with {} s of media held: {stalled}\
         {given_up}, {lowest} and {back}.",
        seconds(outage.lasted),
        mbps(outage.rate),
        rung(player, outage.before),
        seconds(outage.held),
    ))
}

/// How often waves make it change its mind.
pub(super) fn waves(player: &Character) -> Option<String> {
    let first = player.waves.first()?;
    let all = player.waves.iter().map(Wave::per_minute);
    let (least, most) =
        all.fold((f64::MAX, 0.0_f64), |(least, most), one| (least.min(one), most.max(one)));
    let rate = |rate: Bitrate, needs: Bitrate| decimal(rate.as_f64() / needs.as_f64(), 1);
    let needs = player.needs.get(1)?;
    let times = match player.waves.len() + 1 == player.needs.len() {
        true => format!(
            "from {} to {} times what a rung needs",
            rate(first.low, *needs),
            rate(first.high, *needs)
        ),
        false => format!("from {} to {} Mbit/s, say", mbps(first.low), mbps(first.high)),
    };
    Some(format!(
        "Where bandwidth goes to and fro every {} s, {times}, it switches {} times a minute.",
        seconds(first.half),
        match decimal(least, 1) == decimal(most, 1) {
            true => decimal(most, 1),
            false => format!("{} to {}", decimal(least, 1), decimal(most, 1)),
        }
    ))
}

/// Where the patterns are from.
pub(super) fn patterns(player: &Character) -> Option<String> {
    (!player.patterns.is_empty()).then(|| {
        "The seven modes of the characterization tests of infinite-streaming, in bandwidth of \
         their own. Mean: of the bitrate displayed, in Mbit/s."
            .to_owned()
    })
}
