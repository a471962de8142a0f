//! RobustMPC: MPC at the lowest throughput that its errors so far leave likely.
//!
//! As `mpc`, but the throughput is the harmonic mean `Ĉ` over `window` samples divided by one plus
//! the largest relative error `|Ĉ − C| / C` it made over as many (Yin, Jindal, Sekar, Sinopoli, "A
//! control-theoretic approach for dynamic adaptive video streaming over HTTP", SIGCOMM 2015, §5.2).
//! Of equally good plans it takes the dearest first step, as Pensieve's `mpc.py` does, which keeps
//! the last of them.

use super::Algorithm;
use super::mpc::{PARAMETERS, planner};

pub(super) const ALGORITHM: Algorithm = Algorithm {
    name: "robust-mpc",
    summary: "RobustMPC: plans ahead for bitrate, smoothness and stalls at a cautious throughput",
    source: "Yin, Jindal, Sekar, Sinopoli, A control-theoretic approach for dynamic adaptive \
             video streaming over HTTP, SIGCOMM 2015, sections 4 and 5.2",
    parameters: PARAMETERS,
    new: |settings, content| planner(settings, content, true),
};

#[cfg(test)]
mod tests {
    use super::super::Decision;
    use super::super::testing::{Question, fetched};
    use super::*;
    use crate::media::Rung;
    use crate::units::Bitrate;

    #[test]
    fn an_estimate_that_was_twice_too_high_is_halved() {
        let question = Question::of(&[1_000, 2_000, 4_000]);
        let mut abr = question.ask(&ALGORITHM);
        // 4 and 2 Mbit/s: the mean is 2,666.7 kbit/s and the first was 100 % above the second.
        abr.observe(&fetched(1_000_000, 2_000));
        abr.observe(&fetched(1_000_000, 4_000));
        assert_eq!(abr.estimate(), Some(Bitrate::from_bps(1_333_333)));
        // At that rate a segment takes 3, 6 or 12 s. From 8 s of buffer 0, 0, 1, 1, 1 stalls never:
        // 2·1 + 3·2 − 1 = 7. With one rung 1 more, at the beginning too, one comes a second late or
        // more, for 3; rung 2 comes 4 s late. At the mean, 1.5, 3 or 6 s, 1, 1, 2, 2, 2 is as good.
        assert_eq!(abr.choose(&question.context(8)), Decision::Fetch(Rung(0)));
        let plain = Algorithm::named("mpc").unwrap();
        let mut abr = question.ask(plain);
        abr.observe(&fetched(1_000_000, 2_000));
        abr.observe(&fetched(1_000_000, 4_000));
        assert_eq!(abr.choose(&question.context(8)), Decision::Fetch(Rung(1)));
    }
}
