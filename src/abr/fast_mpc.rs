//! FastMPC, as Pensieve's evaluation runs it.
//!
//! The FastMPC of Yin and others (SIGCOMM 2015) looks up the plans of MPC in a table, since a
//! browser cannot solve for them. What the field has measured under its name since is
//! `rl_server/mpc_server.py` of Pensieve (Mao, Netravali, Alizadeh, "Neural adaptive video
//! streaming with Pensieve", SIGCOMM 2017), and that solves: as `mpc` does, with these differences.
//! - A second of stall costs 4.3 Mbit/s (`REBUF_PENALTY`), the top bitrate of its ladder.
//! - Throughput is measured from the request on, the wait for the first byte included.
//! - Of equally good plans it takes the cheapest first step: it keeps the first of them.
//!
//! The server as published has the rewards of its HD quality switched on; these are of its linear
//! quality, a comment away there. Its plan takes any buffer for possible; ours ends at the target.

use super::mpc::{Goal, Habits, Planner, Tie};
use super::{Algorithm, copies_of};

pub(super) const ALGORITHM: Algorithm = Algorithm {
    name: "fast-mpc",
    summary: "MPC as Pensieve's evaluation has it: the wait for a reply counts, stalls cost more",
    source: "Mao, Netravali, Alizadeh, Neural adaptive video streaming with Pensieve, SIGCOMM \
             2017 (rl_server/mpc_server.py), after Yin et al., SIGCOMM 2015",
    parameters: Parameters::LIST,
    new: |settings, content| {
        let Parameters { horizon, window, switching, stalling } =
            Parameters::from_settings(settings);
        let goal = Goal { horizon, switching, stalling, tie: Tie::First };
        let habits = Habits { goal, window, cautious: false, waiting: true };
        copies_of(Planner::new(habits, content))
    },
};

parameters! {
    /// how many segments the plan looks ahead
    horizon: u32 = 5, 1 => 8;
    /// how many of the latest samples the throughput is taken over
    window: u32 = 5, 1 => 20;
    /// Mbit/s of bitrate given up to avoid a switch of one Mbit/s (λ)
    switching: f64 = 1.0, 0.0 => 1_000.0;
    /// Mbit/s of bitrate given up to avoid one second of stall (μ)
    stalling: f64 = 4.3, 0.0 => 1_000_000.0;
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Question, fetched};
    use super::super::{Decision, Transfer};
    use super::*;
    use crate::media::Rung;
    use crate::units::{Bitrate, Span};

    #[test]
    fn waiting_for_the_first_byte_is_held_against_the_link() {
        let question = Question { last: Some(Rung(0)), ..Question::of(&[1_000, 2_000, 4_000]) };
        let mut abr = question.ask(&ALGORITHM);
        assert_eq!(abr.choose(&question.context(20)), Decision::Fetch(Rung(0)), "nothing known");
        // 1 MB in 2 s, of which 1 s passed before the first byte.
        let done = fetched(1_000_000, 2_000);
        let first_byte = Some(done.requested + Span::from_secs(1));
        abr.observe(&Transfer { first_byte, ..done });
        assert_eq!(abr.estimate(), Some(Bitrate::kbps(4_000)));
        // Five segments of rung 2 take 4 s each and never stall from 20 s: 5·4 − 3 = 17.
        assert_eq!(abr.choose(&question.context(20)), Decision::Fetch(Rung(2)));
    }
}
