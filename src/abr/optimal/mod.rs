//! The offline optimum: what a player could have done that knew its link to the end.
//!
//! Before the first segment it plans them all, by dynamic programming over the link's trace and the
//! exact sizes (`plan.rs`, with how far off that can be), and then fetches what it planned. The
//! objective is QoE-linear, `Σ q − λ Σ |Δq| − μ (startup + stalls)` in Mbit/s and seconds (Yin et
//! al., SIGCOMM 2015, eq. 5, whose weights these are), or "no stall": no wait that can be avoided,
//! then the highest bitrate, then the fewest switches.
//!
//! It is the ceiling of a comparison as far as it knows its world, which is a fluid link of the
//! viewer's own and one track that matters: over TCP, on a shared link, or with the viewer seeking,
//! others may do better. Further tracks are fetched on their lowest rung.

mod plan;

use std::sync::Arc;

use super::{Abr, Algorithm, Choice, Context, Decision, Future, copies_of};
use crate::media::{Rung, TrackId};
use crate::units::Span;

pub use plan::{Objective, Plan, Setup, Start, bound, plan};

pub(super) const ALGORITHM: Algorithm = Algorithm {
    name: "optimal",
    summary: "the offline optimum: knows the link to its end and plans every segment before",
    source: "Yin, Jindal, Sekar, Sinopoli, A control-theoretic approach, SIGCOMM 2015, eq. 5 (the \
             objective); dynamic programming over time of arrival, abrsim's own",
    parameters: Parameters::LIST,
    new: |settings, content| {
        let parameters = Parameters::from_settings(settings);
        let main = content.main();
        let setup = Arc::new(Setup::of(content, main));
        copies_of(Optimal { parameters, main, setup, future: None, plan: None })
    },
};

const OBJECTIVES: &[&str] = &["qoe-lin", "no-stall"];

parameters! {
    /// what is best: QoE-linear; or no wait, then the highest bitrate, then the fewest switches
    objective: Choice = Choice::first(OBJECTIVES),
        Choice::first(OBJECTIVES) => Choice::last(OBJECTIVES);
    /// of qoe-lin: the price of each Mbit/s switched, in Mbit/s of a segment
    switching: f64 = 1.0, 0.0 => 1_000.0;
    /// of qoe-lin: the price of a second of startup or stall, in Mbit/s of a segment
    waiting: f64 = 3.0, 0.0 => 10_000.0;
    /// how finely times of arrival are told apart; planning 200 segments takes about a second at
    /// this, and as many times longer as it is finer
    resolution: Span = Span::from_millis(500), Span::from_millis(1) => Span::from_secs(10);
}

#[derive(Clone)]
struct Optimal {
    parameters: Parameters,
    main: TrackId,
    setup: Arc<Setup>,
    future: Option<Future>,
    plan: Option<Vec<Rung>>,
}

impl Optimal {
    fn objective(&self) -> Objective {
        let Parameters { objective, switching, waiting, .. } = self.parameters;
        match objective.name() {
            "qoe-lin" => Objective { switching, switches: 0.0, waiting },
            // Each is worth more than all that comes after it: a second more than any bitrate of
            // any number of segments, and a switch less than the least difference of two bitrates.
            _ => Objective { switching: 0.0, switches: 1e-6, waiting: 1e6 },
        }
    }
}

impl Abr for Optimal {
    fn choose(&mut self, cx: &Context<'_>) -> Decision {
        if cx.id != self.main {
            return Decision::Fetch(Rung(0));
        }
        if self.plan.is_none()
            && let Some(future) = &self.future
        {
            let start = Start { now: cx.now, target: cx.target, speed: cx.speed };
            let step = self.parameters.resolution;
            self.plan =
                Some(plan(cx.track, &self.setup, future, start, self.objective(), step).rungs);
        }
        let planned = self.plan.as_ref().and_then(|plan| plan.get(cx.segment as usize));
        Decision::Fetch(planned.copied().unwrap_or_default())
    }

    fn foresee(&mut self, future: &Future) {
        self.future = Some(future.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Question;
    use super::*;
    use crate::trace::{Bandwidth, Trace};
    use crate::units::Bitrate;

    #[test]
    fn on_a_steady_link_it_begins_low_only_as_long_as_that_pays() {
        // Segments of 4 s; 4 Mbit/s carry 4 Mbit/s exactly. The first at 1, 2 or 4 Mbit/s makes the
        // viewer wait for 1, 2 or 4 s, at 3 a second: 1 − 3, 2 − 6 and 4 − 12. A switch from 1 to 4
        // costs 3. With 4 all along, 50·4 − 12 = 188; with 1 first and 4 after, 1 + 49·4 − 3 − 3 =
        // 191, if the second comes in time: after 4 s, which the first lasts.
        let question = Question { segment: 0, ..Question::of(&[1_000, 2_000, 4_000]) };
        let trace = Trace::constant(Bitrate::kbps(4_000)).unwrap();
        let future = Future {
            bandwidth: Bandwidth::new(Arc::new(trace), Span::ZERO),
            rtt: Span::ZERO,
            server: Span::ZERO,
            startup: Span::ZERO,
            resume: Span::ZERO,
        };
        let mut abr = question.ask(&ALGORITHM);
        assert_eq!(abr.choose(&question.context(0)), Decision::Fetch(Rung(0)), "told nothing");
        abr.foresee(&future);
        let chosen: Vec<_> = (0..50)
            .map(|segment| abr.choose(&Context { segment, ..question.context(0) }))
            .collect();
        assert_eq!(chosen[0], Decision::Fetch(Rung(0)));
        assert!(chosen[1..].iter().all(|choice| *choice == Decision::Fetch(Rung(2))));
    }
}
