//! The rate rule that cannot be wrong about the rate: it is told what the link will carry.
//!
//! It fetches the highest rung whose next segment, at its exact size, has come before the media at
//! hand has been played. Comparing other rules with it tells how much of what they lose is lost by
//! not knowing the future, and how much by looking a single segment ahead.
//!
//! What it is told is what the *link* carries. On a link that others share, or while another track
//! is fetched too, it expects more than its share. Whoever is told nothing fetches the cheapest
//! rung.

use super::{Abr, Algorithm, Context, Decision, Future, copies_of};
use crate::media::Rung;
use crate::units::{Sliver, Work};

pub(super) const ALGORITHM: Algorithm = Algorithm {
    name: "rate-oracle",
    summary: "knows the link's future: the highest rung that comes before the buffer runs dry",
    source: "abrsim's own, as a yardstick: rate adaptation with the prediction taken out",
    parameters: &[],
    new: |_, _| copies_of(RateOracle { future: None }),
};

#[derive(Clone)]
struct RateOracle {
    future: Option<Future>,
}

impl Abr for RateOracle {
    fn choose(&mut self, cx: &Context<'_>) -> Decision {
        let Some(future) = &mut self.future else { return Decision::Fetch(Rung(0)) };
        let dry = cx.now.saturating_add(cx.speed.takes(cx.buffer, Sliver::default()));
        let begins = cx.now.saturating_add(future.wait(cx.now));
        let before = future.bandwidth.done_by(begins);
        let sizes = cx.track.sizes(cx.segment);
        let in_time = sizes.iter().rposition(|&size| {
            let comes = future.bandwidth.reaches(before + Work::from(size));
            comes.is_some_and(|comes| comes.max(begins) <= dry)
        });
        Decision::Fetch(Rung(in_time.unwrap_or(0) as u8))
    }

    fn foresee(&mut self, future: &Future) {
        self.future = Some(future.clone());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::testing::Question;
    use super::*;
    use crate::trace::{Bandwidth, End, Trace, Tread};
    use crate::units::{Bitrate, Span, Speed};

    /// Questions are put after 100 s: the link then carries 4 Mbit/s for 6 s, and nothing for 10.
    fn future() -> Future {
        let tread = |(secs, kbps)| Tread {
            span: Span::from_secs(secs),
            rate: Bitrate::kbps(kbps),
            rtt: None,
        };
        let treads = [(106, 4_000), (10, 0), (1, 4_000)].map(tread);
        let trace = Trace::new(treads, End::Hold).unwrap();
        Future {
            bandwidth: Bandwidth::new(Arc::new(trace), Span::ZERO),
            rtt: Span::ZERO,
            server: Span::ZERO,
            startup: Span::ZERO,
            resume: Span::ZERO,
        }
    }

    #[test]
    fn it_fetches_what_comes_in_time() {
        // Segments of 4 s: 4, 8, 16 and 32 Mbit, which come after 1, 2, 4 and, once the link is
        // back, 18 s.
        let question = Question::of(&[1_000, 2_000, 4_000, 8_000]);
        let mut abr = question.ask(&ALGORITHM);
        assert_eq!(abr.choose(&question.context(30)), Decision::Fetch(Rung(0)), "told nothing");
        abr.foresee(&future());
        let chosen = [0, 1, 2, 3, 4, 17, 18].map(|buffer| abr.choose(&question.context(buffer)));
        assert_eq!(chosen, [0, 0, 1, 1, 2, 2, 3].map(|rung| Decision::Fetch(Rung(rung))));
        // At twice the speed 4 s of media last 2 s.
        let cx = Context { speed: Speed::from_per_mille(2_000).unwrap(), ..question.context(4) };
        assert_eq!(abr.choose(&cx), Decision::Fetch(Rung(1)));
    }

    #[test]
    fn it_knows_how_long_the_first_byte_takes() {
        let question = Question::of(&[1_000, 2_000, 4_000]);
        let mut abr = question.ask(&ALGORITHM);
        let half = Span::from_millis(500);
        abr.foresee(&Future { rtt: half, server: half, ..future() });
        // 1 s later everything: of 4 s of buffer, 3 s are left to fetch in.
        assert_eq!(abr.choose(&question.context(4)), Decision::Fetch(Rung(1)));
        assert_eq!(abr.choose(&question.context(5)), Decision::Fetch(Rung(2)));
    }
}
