//! Quantities as people write them: `"4s"`, `"80ms"`, `"2.5Mbps"`.
//!
//! The idea to hold: a number and a unit, always both, so that nobody wonders whether 30 is seconds
//! or milliseconds.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error};

use crate::media::Resolution;
use crate::units::{Bitrate, Bytes, Span};

/// A kind of quantity: its units, by their size in the smallest.
struct Kind {
    what: &'static str,
    example: &'static str,
    /// The unit most likely meant where none is written.
    usual: &'static str,
    units: &'static [(&'static str, f64)],
}

const TIME: Kind = Kind {
    what: "a length of time",
    example: "4s",
    usual: "s",
    units: &[("ns", 1.0), ("us", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3_600e9)],
};

const RATE: Kind = Kind {
    what: "a bandwidth",
    example: "2.5Mbps",
    usual: "kbps",
    units: &[("bps", 1.0), ("kbps", 1e3), ("Mbps", 1e6), ("Gbps", 1e9)],
};

const SIZE: Kind = Kind {
    what: "a size",
    example: "500GB",
    usual: "GB",
    units: &[("B", 1.0), ("kB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12), ("PB", 1e15)],
};

/// The largest quantity, in its smallest unit: 31 years, or an exabit per second.
const LARGEST: f64 = 1e18;

impl Kind {
    fn parse(&self, text: &str) -> Result<u64, String> {
        let Self { what, example, usual, units } = self;
        let names = || units.iter().map(|(name, _)| *name);
        let known = names().collect::<Vec<_>>().join(", ");
        let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = (&text[..split], text[split..].trim());
        let Ok(number) = number.parse::<f64>() else {
            return Err(format!("{text:?} is not {what}: write a number and a unit, {example:?}"));
        };
        if unit.is_empty() {
            let guess = format!("{number}{usual}");
            return Err(format!("{text:?} lacks its unit ({known}): write {guess:?}, say"));
        }
        let Some((_, size)) = units.iter().find(|(name, _)| *name == unit) else {
            let near = nearest(unit, names()).unwrap_or(usual);
            let guess = format!("{number}{near}");
            return Err(format!(
                "{unit:?} is no unit for {what} ({known}); did you mean {guess:?}?"
            ));
        };
        match number * size {
            value if value <= LARGEST => Ok(libm::round(value) as u64),
            _ => Err(format!("{text:?} is more than any simulation needs; is the unit right?")),
        }
    }
}

/// A length of time as a scenario writes it.
pub(crate) fn parse_span(text: &str) -> Result<Span, String> {
    TIME.parse(text).map(Span::from_nanos)
}

/// A rate as a scenario writes it.
pub(crate) fn parse_rate(text: &str) -> Result<Bitrate, String> {
    RATE.parse(text).map(Bitrate::from_bps)
}

fn parse_size(text: &str) -> Result<Bytes, String> {
    match text {
        "unlimited" => Ok(Bytes::MAX),
        _ => SIZE.parse(text).map(Bytes::new),
    }
}

fn parse_resolution(text: &str) -> Result<Resolution, String> {
    let parts = text.split_once('x').map(|(w, h)| (w.parse::<u32>(), h.parse::<u32>()));
    match parts {
        Some((Ok(width @ 1..=65_536), Ok(height @ 1..=65_536))) => Ok(Resolution { width, height }),
        _ => Err(format!("{text:?} is not a resolution: write width x height, \"1280x720\"")),
    }
}

/// The one of `known` that `word` was most likely meant to be, if it is like any.
pub(crate) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let like = |name: &str| {
        let (word, name) = (word.to_lowercase(), name.to_lowercase());
        let prefix = name.starts_with(&word) || word.starts_with(&name);
        let distance = strsim::normalized_damerau_levenshtein(&word, &name);
        if prefix { distance.max(0.6) } else { distance }
    };
    known
        .map(|name| (like(name), name))
        .filter(|(like, _)| *like >= 0.5)
        .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(a.1)))
        .map(|(_, name)| name)
}

macro_rules! written {
    ($($(#[$doc:meta])* $name:ident($inner:ty), $parse:ident, $pattern:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct $name(pub $inner);

        impl std::str::FromStr for $name {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                $parse(text).map(Self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = from.deserialize_any(Text)?;
                $parse(&text).map(Self).map_err(Error::custom)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": $pattern })
            }
        }
    )*};
}

written! {
    /// A length of time: a number and one of ns, us, ms, s, m, h.
    Duration(Span), parse_span, r"^[0-9.]+ *(ns|us|ms|s|m|h)$";
    /// A bandwidth or bitrate: a number and one of bps, kbps, Mbps, Gbps.
    Rate(Bitrate), parse_rate, r"^[0-9.]+ *(bps|kbps|Mbps|Gbps)$";
    /// A size: a number and one of B, kB, MB, GB, TB, PB; or "unlimited".
    Size(Bytes), parse_size, r"^([0-9.]+ *(B|kB|MB|GB|TB|PB)|unlimited)$";
    /// A resolution: width x height in pixels.
    Pixels(Resolution), parse_resolution, r"^[0-9]+x[0-9]+$";
}

impl Default for Duration {
    /// None at all.
    fn default() -> Self {
        Self(Span::ZERO)
    }
}

/// A string, or a bare number as the string that lacks its unit.
pub(super) struct Text;

impl serde::de::Visitor<'_> for Text {
    type Value = String;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a number and a unit in quotes")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<String, E> {
        Ok(number.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_a_number_and_a_unit() {
        assert_eq!(parse_span("80ms"), Ok(Span::from_millis(80)));
        assert_eq!(parse_span("1.5 h"), Ok(Span::from_secs(5_400)));
        assert_eq!(parse_rate("2.5Mbps"), Ok(Bitrate::kbps(2_500)));
        assert_eq!(parse_rate("600 kbps"), Ok(Bitrate::kbps(600)));
    }

    #[test]
    fn what_is_no_quantity_is_told_what_would_be() {
        for (text, told) in [
            ("3 Mbit", "did you mean \"3Mbps\"?"),
            ("3", "lacks its unit"),
            ("fast", "is not a bandwidth"),
            ("-3Mbps", "is not a bandwidth"),
            ("1.2.3Mbps", "is not a bandwidth"),
            ("999999999999Gbps", "is the unit right?"),
        ] {
            let error = parse_rate(text).unwrap_err();
            assert!(error.contains(told), "{text}: {error}");
        }
        assert!(parse_span("4 sec").unwrap_err().contains("did you mean \"4s\"?"));
        assert!(parse_span("4").unwrap_err().contains("write \"4s\""));
    }

    #[test]
    fn the_nearest_name_is_near() {
        let names = || ["throughput", "bba-0", "bola", "mpc"].into_iter();
        assert_eq!(nearest("bolla", names()), Some("bola"));
        assert_eq!(nearest("thruput", names()), Some("throughput"));
        assert_eq!(nearest("pensieve", names()), None);
    }
}
