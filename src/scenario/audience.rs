//! What the viewers of a scenario do: when they press play, how much they watch, how long they
//! wait.
//!
//! The idea to hold: each habit of each viewer is a stream of draws of its own, so that a viewer
//! who pauses more does not seek otherwise, and everybody is the same person under every algorithm.

use std::sync::Arc;

use toml::Spanned;

use super::file::{self, Habit, Memory, Seeks};
use super::mix::Mix;
use super::source::{ScenarioError, Source};
use crate::person::{Act, Deed, Plan};
use crate::seed::{Purpose, Seed, Stream};
use crate::units::{Bitrate, Pts, Span, Speed};

/// What is the same for all viewers of a point: the distributions they are drawn from.
#[derive(Debug, Default)]
pub struct Audience {
    arrivals: Option<Curve>,
    watch: Option<Drawn>,
    startup_patience: Option<Drawn>,
    stall_patience: Option<Drawn>,
    pause: Option<(Span, Drawn)>,
    seek: Option<Span>,
    steps: Vec<Act>,
    speed: Option<Mix<Speed>>,
    memory: Option<Memory>,
}

/// The most acts of a habit planned for a viewer.
const MOST_ACTS: usize = 10_000;

/// The shortest mean between two acts of a habit.
const SHORTEST_HABIT: Span = Span::from_secs(1);

/// Makes ready what a scenario says of its audience.
pub(super) fn made(
    source: &Source,
    written: &file::Audience,
    content: Span,
) -> Result<Audience, ScenarioError> {
    let file::Audience { arrivals, watch, patience, pause, seek, speed, memory } = written;
    let drawn = |written: &Option<Spanned<file::Drawn>>| {
        let made = |written: &Spanned<file::Drawn>| Drawn::new(source, written);
        written.as_ref().map(made).transpose()
    };
    Ok(Audience {
        arrivals: arrivals.as_ref().map(|arrivals| Curve::new(source, arrivals)).transpose()?,
        watch: drawn(watch)?,
        startup_patience: drawn(&patience.startup)?,
        stall_patience: drawn(&patience.stall)?,
        pause: pause.as_ref().map(|pause| habit(source, pause)).transpose()?,
        seek: seek.as_ref().map(|seek| often(source, seek)).transpose()?.flatten(),
        steps: seek
            .as_ref()
            .map(|seek| steps(source, seek, content))
            .transpose()?
            .unwrap_or_default(),
        speed: speed.as_ref().map(|speed| speeds(source, speed)).transpose()?,
        memory: *memory,
    })
}

fn habit(source: &Source, written: &Spanned<Habit>) -> Result<(Span, Drawn), ScenarioError> {
    let Habit { every, lasting } = written.get_ref();
    if every.0 < SHORTEST_HABIT {
        let message = format!("a pause every {}: at least {SHORTEST_HABIT} apart", every.0);
        return Err(source.error(written.span(), message));
    }
    Ok((every.0, Drawn::new(source, &Spanned::new(written.span(), lasting.clone()))?))
}

fn often(source: &Source, written: &Spanned<Seeks>) -> Result<Option<Span>, ScenarioError> {
    let Seeks { every, steps } = written.get_ref();
    let wrong = |message: String| Err(source.error(written.span(), message));
    match every {
        Some(every) if every.0 < SHORTEST_HABIT => {
            wrong(format!("a seek every {}: at least {SHORTEST_HABIT} apart", every.0))
        }
        None if steps.is_empty() => wrong("seek has neither `every` nor `steps`".to_owned()),
        every => Ok(every.map(|every| every.0)),
    }
}

/// Everybody's seeks, which are in order and within the content.
fn steps(
    source: &Source,
    written: &Spanned<Seeks>,
    content: Span,
) -> Result<Vec<Act>, ScenarioError> {
    let steps = &written.get_ref().steps;
    let wrong = |message: String| Err(source.error(written.span(), message));
    if let Some(pair) = steps.windows(2).find(|pair| pair[1].at.0 <= pair[0].at.0) {
        let (before, at) = (pair[0].at.0, pair[1].at.0);
        return wrong(format!("a seek at {at} does not come after the one at {before}"));
    }
    match steps.iter().find(|step| step.to.0 >= content) {
        Some(step) => wrong(format!("a seek to {}, and the content ends at {content}", step.to.0)),
        None => Ok(steps
            .iter()
            .map(|step| Act { after: step.at.0, deed: Deed::Seek(Pts::ZERO + step.to.0) })
            .collect()),
    }
}

fn speeds(
    source: &Source,
    written: &Spanned<Vec<(f64, file::Weight)>>,
) -> Result<Mix<Speed>, ScenarioError> {
    let mut mix = Vec::with_capacity(written.get_ref().len());
    for (speed, weight) in written.get_ref() {
        let per_mille = libm::round(speed * 1e3);
        let Some(exact) = Speed::from_per_mille(per_mille as u16) else {
            let (least, most) = (Speed::SLOWEST, Speed::FASTEST);
            let message = format!("a speed of {speed}: from {least} to {most} are possible");
            return Err(source.error(written.span(), message));
        };
        mix.push((weight.0, exact));
    }
    Mix::new(mix).map_err(|flaw| source.error(written.span(), format!("speed: {flaw}")))
}

impl Audience {
    /// When a viewer presses play.
    pub(super) fn arrival(&self, seed: Seed, viewer: u64) -> Span {
        let at = |curve: &Curve| curve.at(seed.unit(Purpose::Arrival, &[viewer]));
        self.arrivals.as_ref().map_or(Span::ZERO, at)
    }

    /// The latest that anybody presses play.
    pub(super) fn last_arrival(&self) -> Span {
        self.arrivals.as_ref().map_or(Span::ZERO, |curve| curve.at(1.0))
    }

    /// How fast a viewer plays.
    pub(super) fn speed(&self, seed: Seed, viewer: u64) -> Speed {
        let pick = |mix: &Mix<Speed>| mix[mix.pick(seed.unit(Purpose::Speed, &[viewer]))];
        self.speed.as_ref().map_or(Speed::NORMAL, pick)
    }

    /// What a viewer means to do with content that ends there.
    pub(super) fn plan(&self, seed: Seed, viewer: u64, end: Pts) -> Plan {
        let stream = |purpose| seed.stream(purpose, &[viewer]);
        let draw = |drawn: &Option<Drawn>, purpose| {
            drawn.as_ref().map(|drawn| drawn.draw(&mut stream(purpose)))
        };
        Plan {
            watch: draw(&self.watch, Purpose::Watch),
            startup_patience: draw(&self.startup_patience, Purpose::StartupPatience),
            stall_patience: draw(&self.stall_patience, Purpose::StallPatience),
            acts: self.acts(&stream, end),
        }
    }

    /// What a viewer does on the way, in order.
    fn acts(&self, stream: &dyn Fn(Purpose) -> Stream, end: Pts) -> Arc<[Act]> {
        let mut acts: Vec<Act> = self.steps.clone();
        if let Some((every, lasting)) = &self.pause {
            let deed = |draw: &mut Stream| Deed::Pause(lasting.draw(draw));
            habitual(&mut acts, *every, end, &mut stream(Purpose::Pause), deed);
        }
        if let Some(every) = self.seek {
            let deed =
                |draw: &mut Stream| Deed::Seek(Pts::ZERO + end.since_start().scaled(draw.unit()));
            habitual(&mut acts, every, end, &mut stream(Purpose::Seek), deed);
        }
        acts.sort_by_key(|act| act.after);
        acts.into()
    }

    /// The throughput that a viewer's player remembers, on a link of that mean bandwidth.
    pub(super) fn memory(&self, seed: Seed, viewer: u64, mean: Bitrate) -> Option<Bitrate> {
        let Memory { share, sigma } = self.memory?;
        let mut draw = seed.stream(Purpose::Memory, &[viewer]);
        (draw.unit() < share.0).then(|| mean.scaled(libm::exp(sigma.0 * draw.normal())))
    }
}

/// Adds the acts of a habit: a Poisson process over the media watched, as long as the content.
fn habitual(
    acts: &mut Vec<Act>,
    every: Span,
    end: Pts,
    draw: &mut Stream,
    mut deed: impl FnMut(&mut Stream) -> Deed,
) {
    let most = acts.len() + MOST_ACTS;
    let mut after = every.scaled(exponential(draw));
    while after < end.since_start() && acts.len() < most {
        acts.push(Act { after, deed: deed(draw) });
        let next = every.scaled(exponential(draw));
        after = Span::from_nanos(after.as_nanos().saturating_add(next.as_nanos()));
    }
}

/// A length of time, drawn anew for each viewer.
#[derive(Debug)]
enum Drawn {
    Same(Span),
    /// Exponential, with that mean.
    Mean(Span),
    /// Log-normal: its median, and the deviation of its logarithm.
    Median(Span, f64),
    /// Anywhere between two lengths.
    Histogram(Mix<(Span, Span)>),
}

impl Drawn {
    fn new(source: &Source, written: &Spanned<file::Drawn>) -> Result<Self, ScenarioError> {
        let wrong = |message: String| source.error(written.span(), message);
        match written.get_ref() {
            file::Drawn::Same(span) => Ok(Self::Same(span.0)),
            file::Drawn::Mean(mean) => Ok(Self::Mean(mean.0)),
            file::Drawn::Median(median, sigma) => Ok(Self::Median(median.0, sigma.0)),
            file::Drawn::Histogram(bins) => {
                let mut from = Span::ZERO;
                let mut mix = Vec::with_capacity(bins.len());
                for (to, weight) in bins {
                    if to.0 <= from {
                        let message = format!("a bin up to {} does not end after {from}", to.0);
                        return Err(wrong(message));
                    }
                    mix.push((weight.0, (from, to.0)));
                    from = to.0;
                }
                Mix::new(mix).map(Self::Histogram).map_err(|flaw| wrong(flaw.to_string()))
            }
        }
    }

    fn draw(&self, draw: &mut Stream) -> Span {
        match self {
            Self::Same(span) => *span,
            Self::Mean(mean) => mean.scaled(exponential(draw)),
            Self::Median(median, sigma) => median.scaled(libm::exp(sigma * draw.normal())),
            Self::Histogram(mix) => {
                let (bin, within) = mix.within(draw.unit());
                let (from, to) = mix[bin];
                from + (to - from).scaled(within)
            }
        }
    }
}

/// Exponential with mean 1, by inversion.
fn exponential(draw: &mut Stream) -> f64 {
    -libm::log(1.0 - draw.unit())
}

/// When people come: a density of straight lines, inverted.
#[derive(Debug)]
struct Curve {
    /// From when to when, and the density at both ends.
    pieces: Mix<(Span, Span, f64, f64)>,
}

impl Curve {
    fn new(source: &Source, written: &Spanned<file::Arrivals>) -> Result<Self, ScenarioError> {
        let evenly = |over: Span| Mix::one((Span::ZERO, over, 1.0, 1.0));
        match (&written.get_ref().over, &written.get_ref().curve) {
            (Some(over), None) => Ok(Self { pieces: evenly(over.get_ref().0) }),
            (None, Some(curve)) => Self::through(source, curve),
            (None, None) => {
                let message = "arrivals have neither `over` nor `curve`";
                let error = source.error(written.span(), message);
                Err(error.help("write arrivals = { over = \"10m\" }, say"))
            }
            (Some(_), Some(curve)) => {
                let message = "arrivals have both `over` and `curve`: one of them is needed";
                Err(source.error(curve.span(), message))
            }
        }
    }

    fn through(
        source: &Source,
        written: &Spanned<Vec<(super::quantity::Duration, file::Weight)>>,
    ) -> Result<Self, ScenarioError> {
        let mut pieces = Vec::new();
        for pair in written.get_ref().windows(2) {
            let ((from, low), (to, high)) = (pair[0], pair[1]);
            if to.0 <= from.0 {
                let message = format!("the curve goes back from {} to {}", from.0, to.0);
                return Err(source.error(written.span(), message));
            }
            let area = (low.0 + high.0) / 2.0 * (to.0 - from.0).as_secs_f64();
            pieces.push((area, (from.0, to.0, low.0, high.0)));
        }
        let pieces = Mix::new(pieces).map_err(|flaw| {
            let error = source.error(written.span(), format!("the curve of arrivals: {flaw}"));
            error.help("write [[\"0s\", 0], [\"2m\", 10], [\"20m\", 1]], say")
        })?;
        Ok(Self { pieces })
    }

    /// By when that share has come.
    fn at(&self, share: f64) -> Span {
        let (piece, within) = self.pieces.within(share);
        let (from, to, low, high) = self.pieces[piece];
        // The share x of the piece's time by which `within` of its area lies: a straight line from
        // low to high has area low·x + (high − low)·x²/2, which is to be within·(low + high)/2.
        let part = within * (low + high);
        let root = libm::sqrt(low * low + (high - low) * part);
        let x = if root + low > 0.0 { part / (low + root) } else { within };
        from + (to - from).scaled(x.clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{said, scenario};
    use super::*;

    const NETWORK: &str = "network.bandwidth = \"5Mbps\"\n";

    fn audience(lines: &str) -> Audience {
        let mut scenario = scenario(&format!("{NETWORK}[audience]\n{lines}")).unwrap();
        scenario.points.remove(0).setup.audience
    }

    fn wrong(lines: &str) -> String {
        said(&format!("{NETWORK}[audience]\n{lines}"))
    }

    fn plans(audience: &Audience) -> Vec<Plan> {
        let end = Pts::ZERO + Span::from_secs(600);
        (0..10_000).map(|viewer| audience.plan(Seed(0), viewer, end)).collect()
    }

    /// Seconds, in order.
    fn sorted(spans: impl Iterator<Item = Span>) -> Vec<f64> {
        let mut secs: Vec<_> = spans.map(Span::as_secs_f64).collect();
        secs.sort_by(f64::total_cmp);
        secs
    }

    fn watched(lines: &str) -> Vec<f64> {
        sorted(plans(&audience(lines)).into_iter().map(|plan| plan.watch.unwrap()))
    }

    #[test]
    fn unless_said_everybody_comes_at_once_and_watches_everything() {
        let audience = audience("");
        assert!(plans(&audience).iter().all(|plan| *plan == Plan::default()));
        assert_eq!(audience.last_arrival(), Span::ZERO);
        assert_eq!(audience.memory(Seed(0), 1, Bitrate::kbps(1)), None);
    }

    #[test]
    fn lengths_are_drawn_as_their_distribution_says() {
        // Of an exponential of mean 100 s, the median is 100·ln 2 = 69.3 s; the deviation of the
        // mean of 10,000 is 1 s, and four of those are allowed.
        let spans = watched("watch = { mean = \"100s\" }");
        let mean = spans.iter().sum::<f64>() / 1e4;
        assert!((mean - 100.0).abs() < 4.0 && (spans[5_000] - 69.3).abs() < 4.0, "{mean}");
        // Of a log-normal, two thirds lie within a factor of e^sigma of the median.
        let spans = watched("watch = { median = \"100s\", sigma = 0.5 }");
        let within = spans.iter().filter(|&&s| s > 60.65 && s < 164.87).count();
        assert!((spans[5_000] - 100.0).abs() < 4.0 && within.abs_diff(6_827) < 190, "{within}");
        // 30 % up to a minute, nobody from there to ten, the rest up to an hour: the median is
        // two sevenths of the way from 600 to 3,600 s: 1,457.
        let spans = watched("watch = { histogram = [[\"1m\", 3], [\"10m\", 0], [\"1h\", 7]] }");
        assert!(!spans.iter().any(|s| (60.0..=600.0).contains(s)));
        assert!((spans[5_000] - 1_457.0).abs() < 90.0, "{}", spans[5_000]);
    }

    #[test]
    fn a_crowd_comes_along_its_curve() {
        // Rising for 100 s and falling for 100 s: half have come at the top, an eighth at 50 s.
        let curve = "arrivals = { curve = [[\"0s\", 0], [\"100s\", 5], [\"200s\", 0]] }";
        let audience = audience(curve);
        let came = sorted((0..10_000).map(|viewer| audience.arrival(Seed(0), viewer)));
        assert!((came[5_000] - 100.0).abs() < 3.0, "{}", came[5_000]);
        assert!((came[1_250] - 50.0).abs() < 3.0, "{}", came[1_250]);
        assert_eq!(audience.last_arrival(), Span::from_secs(200));
        let audience = self::audience("arrivals = { over = \"10m\" }");
        let came = sorted((0..10_000).map(|viewer| audience.arrival(Seed(0), viewer)));
        assert!((came[2_500] - 150.0).abs() < 11.0, "{}", came[2_500]);
    }

    #[test]
    fn habits_are_poisson_processes_and_steps_are_everybodys() {
        let seeks = "seek = { every = \"100s\", steps = [{ at = \"10s\", to = \"50s\" }] }";
        let plans = plans(&audience(seeks));
        let step =
            Act { after: Span::from_secs(10), deed: Deed::Seek(Pts::ZERO + Span::from_secs(50)) };
        assert!(plans.iter().all(|plan| plan.acts.contains(&step)));
        assert!(plans.iter().all(|plan| plan.acts.is_sorted_by_key(|act| act.after)));
        // Six in 600 s in the mean, and the step; of 10,000 viewers the deviation is 245.
        let all = plans.iter().map(|plan| plan.acts.len()).sum::<usize>();
        assert!(all.abs_diff(70_000) < 980, "{all}");
    }

    #[test]
    fn half_of_the_players_remember_what_their_link_had() {
        let audience = audience("memory = { share = 0.5, sigma = 0.5 }");
        let mean = Bitrate::kbps(4_000);
        let remembered = (0..10_000).filter_map(|v| audience.memory(Seed(0), v, mean));
        let mut kbps: Vec<_> = remembered.map(Bitrate::as_kbps_f64).collect();
        kbps.sort_by(f64::total_cmp);
        assert!(kbps.len().abs_diff(5_000) < 200, "{}", kbps.len());
        assert!((kbps[kbps.len() / 2] - 4_000.0).abs() < 150.0);
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (lines, right) in [
            ("watch = 20", "expected a length of time in quotes, or a distribution of them"),
            ("watch = { mean = \"1m\", median = \"2m\" }", "not one distribution"),
            ("watch = { histogram = [[\"2m\", 1], [\"1m\", 1]] }", "a bin up to 60s does not end"),
            ("watch = { histogram = [] }", "there is nothing to choose from"),
            ("watch = { median = \"1m\", sigma = -1 }", "-1 is out of range: write 0 to 3"),
            ("arrivals = {}", "arrivals have neither `over` nor `curve`"),
            ("arrivals = { curve = [[\"1m\", 1], [\"0s\", 1]] }", "the curve goes back"),
            ("arrivals = { curve = [[\"0s\", 1]] }", "the curve of arrivals: there is nothing"),
            ("speed = [[9, 1]]", "a speed of 9: from 0.25x to 4x are possible"),
            ("speed = [[-1, 1]]", "a speed of -1"),
            ("pause = { every = \"1ms\", for = \"1s\" }", "a pause every 0.001s: at least 1s"),
            ("seek = {}", "seek has neither `every` nor `steps`"),
            (
                "seek = { steps = [{ at = \"1s\", to = \"1h\" }] }",
                "a seek to 3600s, and the content",
            ),
            ("patience = { startup = \"-1s\" }", "\"-1s\" is not a length of time"),
            ("patient = 1", "unknown field `patient`"),
        ] {
            let wrong = wrong(lines);
            assert!(wrong.contains(right), "{lines}: {wrong}");
        }
    }
}
