//! As many viewers as it takes.
//!
//! The idea to hold: viewers are the same people however many come after them, so a few are
//! simulated to see how wide the intervals are, then as many as that says, until the widest is
//! narrow enough. All runs have as many, so that they can be compared viewer by viewer.

use std::io;
use std::sync::atomic::Ordering;

use super::run::{Control, run};
use super::setup::MOST_VIEWERS;
use super::{Results, Scenario};

/// So many begin.
const FIRST: u64 = 1_000;

/// What is asked for in addition to what the last interval says it takes: rates are not quite what
/// fewer viewers made of them.
const SPARE: f64 = 1.05;

impl Scenario {
    /// So many viewers that no run's zero-buffer rate is less certain than the scenario asks for,
    /// if it does. Those of a run that is stopped are as many as until then.
    ///
    /// # Errors
    /// None but those of [`run`], which has no rows to write here.
    pub fn settle(&mut self, control: &Control) -> io::Result<()> {
        let Some(reach) = self.points.iter().find_map(|point| point.setup.until) else {
            return Ok(());
        };
        let mut viewers = FIRST;
        loop {
            self.points.iter_mut().for_each(|point| point.setup.viewers = viewers);
            if control.stop.load(Ordering::Relaxed) {
                return Ok(());
            }
            let pilot = run(self, control, io::sink())?;
            control.done.store(0, Ordering::Relaxed);
            if pilot.partial {
                return Ok(());
            }
            match more(viewers, widest(&pilot), reach) {
                Some(next) if viewers < MOST_VIEWERS => viewers = next,
                Some(_) | None => return Ok(()),
            }
        }
    }
}

/// How far the widest interval reaches to a side.
fn widest(results: &Results) -> f64 {
    let reach = |run: &super::Run| {
        let interval = run.summary.zbr_interval();
        0.5 * (interval.high - interval.low)
    };
    results.runs.iter().map(reach).fold(0.0, f64::max)
}

/// How many it takes where so many reach so far; nothing if that is near enough.
fn more(viewers: u64, reached: f64, reach: f64) -> Option<u64> {
    if reached <= reach {
        return None;
    }
    let times = (reached / reach) * (reached / reach) * SPARE;
    // To two digits, and a tenth more at least.
    let next = (viewers as f64 * times.clamp(1.1, 100.0)) as u64;
    let mut unit = 1;
    while next / unit >= 100 {
        unit *= 10;
    }
    Some((next.div_ceil(unit) * unit).min(MOST_VIEWERS))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::testing::{scenario, told};
    use super::*;

    #[test]
    fn a_quarter_of_the_width_takes_sixteen_times_as_many() {
        assert_eq!(more(1_000, 0.02, 0.02), None);
        assert_eq!(more(1_000, 0.02, 0.005), Some(17_000), "16,800 to two digits");
        assert_eq!(more(1_000, 0.020_01, 0.02), Some(1_100));
        assert_eq!(more(900_000_000, 0.02, 0.005), Some(MOST_VIEWERS));
    }

    #[test]
    fn it_ends_with_an_interval_as_narrow_as_was_asked_for() {
        let lines =
            "[network]\ngenerate = \"3g\"\n[sweep]\n\"player.buffer\" = [\"8s\", \"20s\"]\n";
        let mut made = scenario(lines).unwrap();
        for point in &mut made.points {
            point.setup.until = Some(0.015);
        }
        made.settle(&Control::default()).unwrap();
        let viewers = made.points[0].setup.viewers;
        assert!((1_000..6_000).contains(&viewers) && made.points[1].setup.viewers == viewers);
        let results = run(&made, &Control::default(), io::sink()).unwrap();
        assert!(widest(&results) <= 0.015, "{}", widest(&results));
    }

    #[test]
    fn viewers_who_load_a_cache_cannot_be_added_to() {
        let text = "title = \"t\"\nabr = \"bola\"\nviewers = \"until zbr ±1%\"\n\
                    content.ladder = \"five-rung\"\ncontent.duration = \"1m\"\n\
                    network.bandwidth = \"1Mbps\"\n[cdn]\n";
        let made = Scenario::parse("t", "t.toml", text, Path::new(""), &[]);
        let error = told(&made.err().expect("they cannot"));
        assert!(error.contains("a part of the question | write a number"), "{error}");
    }
}
