//! What can be said of a shape on the command line.
//!
//! The idea to hold: each shape takes some of the same few options. One that is missing and one
//! that means nothing to the shape are both told with what the shape does take.

use crate::scenario::{ScenarioError, parse_rate, parse_span};
use crate::trace::shape::Shape;
use crate::units::{Bitrate, Span};

/// The shapes: what each takes, and what it is.
pub(super) const SHAPES: [(&str, &str, &str); 7] = [
    ("constant", "--rate", "the same rate throughout"),
    ("steps", "--from --to --steps", "so many even steps, as long each"),
    ("ramp", "--from --to", "an even change, second by second"),
    ("pyramid", "--from --to --steps", "steps there and back, the farthest once"),
    ("spike", "--rate --peak --at --for", "one rate, another for a while, and the first again"),
    ("square", "--high --low --period [--duty]", "two rates by turns, the higher first"),
    ("outage", "--rate --at --for", "one rate, nothing for a while, and the first again"),
];

/// The options of shapes, all of which may be left out as far as the command line can tell.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Of shapes")]
pub(super) struct Parameters {
    /// The rate of a constant, and that about a spike or an outage.
    #[arg(long, value_parser = parse_rate)]
    rate: Option<Bitrate>,
    /// The first rate of steps, a ramp or a pyramid.
    #[arg(long, value_name = "RATE", value_parser = parse_rate)]
    from: Option<Bitrate>,
    /// The last rate of steps and a ramp, and the farthest of a pyramid.
    #[arg(long, value_name = "RATE", value_parser = parse_rate)]
    to: Option<Bitrate>,
    /// How many rates there are from the first to the last or farthest.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    steps: Option<u64>,
    /// The rate of a spike.
    #[arg(long, value_name = "RATE", value_parser = parse_rate)]
    peak: Option<Bitrate>,
    /// When a spike or an outage begins.
    #[arg(long, value_name = "TIME", value_parser = parse_span)]
    at: Option<Span>,
    /// How long a spike or an outage lasts.
    #[arg(long = "for", value_name = "TIME", value_parser = parse_span)]
    lasts: Option<Span>,
    /// The first rate of a square wave.
    #[arg(long, value_name = "RATE", value_parser = parse_rate)]
    high: Option<Bitrate>,
    /// Its second rate.
    #[arg(long, value_name = "RATE", value_parser = parse_rate)]
    low: Option<Bitrate>,
    /// How long both last together.
    #[arg(long, value_name = "TIME", value_parser = parse_span)]
    period: Option<Span>,
    /// The share of a period that the first has, as in 30%. [default: 50%]
    #[arg(long, value_name = "PERCENT", value_parser = parse_share)]
    duty: Option<f64>,
    /// The round trip throughout, of any shape.
    #[arg(long, value_name = "TIME", value_parser = parse_span)]
    pub(super) rtt: Option<Span>,
}

/// A share written in percent.
fn parse_share(text: &str) -> Result<f64, String> {
    let percent = text.strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
    match percent {
        Some(percent) if (0.0..=100.0).contains(&percent) => Ok(percent / 100.0),
        _ => Err(format!("{text:?} is not a share: write a number from 0 to 100 and %, \"50%\"")),
    }
}

impl Parameters {
    /// What was said, by the names of the options.
    fn said(&self) -> impl Iterator<Item = &'static str> {
        let Self { rate, from, to, steps, peak, at, lasts, high, low, period, duty, rtt } = self;
        [
            ("--rate", rate.is_some()),
            ("--from", from.is_some()),
            ("--to", to.is_some()),
            ("--steps", steps.is_some()),
            ("--peak", peak.is_some()),
            ("--at", at.is_some()),
            ("--for", lasts.is_some()),
            ("--high", high.is_some()),
            ("--low", low.is_some()),
            ("--period", period.is_some()),
            ("--duty", duty.is_some()),
            ("--rtt", rtt.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, said)| said.then_some(name))
    }

    /// That nothing was said of a shape where there is none.
    pub(super) fn none_for(&self, name: &str, kind: &str) -> Result<(), ScenarioError> {
        match self.said().next() {
            None => Ok(()),
            Some(option) => {
                let error = ScenarioError::new(format!("{option} is for shapes; {name} is {kind}"));
                Err(error.help("leave it out, or see --list for the shapes"))
            }
        }
    }
}

/// The shape of that name, and what it is in words.
pub(super) fn shape(name: &str, said: &Parameters) -> Result<(Shape, String), ScenarioError> {
    let usage = SHAPES.iter().find(|shape| shape.0 == name).map_or("", |shape| shape.1);
    let takes =
        |option: &str| option == "--rtt" || usage.split([' ', '[', ']']).any(|u| u == option);
    let help = format!("it takes {usage} and, like all shapes, [--duration] [--rtt]");
    if let Some(option) = said.said().find(|option| !takes(option)) {
        let error = ScenarioError::new(format!("{option} means nothing to {name}"));
        return Err(error.help(help));
    }
    let lacks =
        |option: &str| ScenarioError::new(format!("{name} lacks {option}")).help(help.clone());
    let rate = || said.rate.ok_or_else(|| lacks("--rate"));
    let from = || said.from.ok_or_else(|| lacks("--from"));
    let to = || said.to.ok_or_else(|| lacks("--to"));
    let steps = || said.steps.ok_or_else(|| lacks("--steps"));
    let peak = || said.peak.ok_or_else(|| lacks("--peak"));
    let at = || said.at.ok_or_else(|| lacks("--at"));
    let lasts = || said.lasts.ok_or_else(|| lacks("--for"));
    let high = || said.high.ok_or_else(|| lacks("--high"));
    let low = || said.low.ok_or_else(|| lacks("--low"));
    let period = || said.period.ok_or_else(|| lacks("--period"));
    let shape = match name {
        "constant" => Shape::Constant { rate: rate()? },
        "steps" => Shape::Steps { from: from()?, to: to()?, count: steps()? },
        "ramp" => Shape::Ramp { from: from()?, to: to()? },
        "pyramid" => Shape::Pyramid { from: from()?, to: to()?, count: steps()? },
        "spike" => Shape::Spike { rate: rate()?, peak: peak()?, at: at()?, lasts: lasts()? },
        "square" => {
            let duty = said.duty.unwrap_or(0.5);
            Shape::Square { high: high()?, low: low()?, period: period()?, duty }
        }
        _ => Shape::Outage { rate: rate()?, at: at()?, lasts: lasts()? },
    };
    Ok((shape, words(&shape)))
}

/// A shape in words, with its quantities.
fn words(shape: &Shape) -> String {
    match shape {
        Shape::Constant { rate } => format!("constant, {rate}"),
        Shape::Steps { from, to, count } => format!("steps from {from} to {to}, {count} of them"),
        Shape::Ramp { from, to } => format!("ramp from {from} to {to}"),
        Shape::Pyramid { from, to, count } => {
            format!("pyramid from {from} to {to} and back, {count} rates")
        }
        Shape::Spike { rate, peak, at, lasts } => {
            format!("spike from {rate} to {peak} at {at} for {lasts}")
        }
        Shape::Square { high, low, period, duty } => {
            let percent = libm::round(duty * 1e6) / 1e4;
            format!("square of {high} and {low}, a period of {period}, {percent} % of it high")
        }
        Shape::Outage { rate, at, lasts } => format!("outage of {rate} at {at} for {lasts}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_is_listed() {
        assert_eq!(SHAPES.map(|(name, ..)| name), Shape::NAMES);
    }

    #[test]
    fn a_share_is_written_in_percent() {
        assert_eq!(parse_share("30%"), Ok(0.3));
        assert_eq!(parse_share("12.5 %"), Ok(0.125));
        for wrong in ["0.3", "101%", "-1%", "NaN%", "%", ""] {
            assert!(parse_share(wrong).unwrap_err().contains("from 0 to 100"), "{wrong}");
        }
    }
}
