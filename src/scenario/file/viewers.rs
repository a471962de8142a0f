//! How many viewers: a number, or as many as it takes.

use std::borrow::Cow;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// How many viewers each run simulates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Viewers {
    /// So many.
    Count(u64),
    /// As many as it takes for the 95 % interval of the zero-buffer rate to reach no further than
    /// this share to either side, in every run: `"until zbr ±0.5%"`.
    Until(f64),
}

/// What is written, where it is no number.
const EXAMPLE: &str = "until zbr ±0.5%";

impl FromStr for Viewers {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            let takes = format!("{EXAMPLE:?} for as many as it takes");
            format!("{text:?} is no number of viewers: write 1000, or {takes}")
        };
        let words: Vec<_> = text.split_whitespace().collect();
        let [until, zbr, rest @ ..] = &words[..] else { return Err(wrong()) };
        let reach = rest.concat();
        let reach = reach.strip_prefix('±').or_else(|| reach.strip_prefix("+-"));
        let reach = reach.and_then(|reach| reach.strip_suffix('%')).and_then(|r| r.parse().ok());
        match (*until, *zbr, reach) {
            ("until", "zbr", Some(percent @ 0.01..=25.0)) => Ok(Self::Until(percent / 100.0)),
            ("until", "zbr", Some(percent)) => {
                Err(format!("±{percent}% cannot be asked for: from ±0.01% to ±25% can"))
            }
            _ => Err(wrong()),
        }
    }
}

impl<'de> Deserialize<'de> for Viewers {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Written)
    }
}

struct Written;

impl Visitor<'_> for Written {
    type Value = Viewers;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a number of viewers, or {EXAMPLE:?}")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Viewers, E> {
        // Below one is told from above by whoever knows the most there can be.
        Ok(Viewers::Count(u64::try_from(number).unwrap_or(0)))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Viewers, E> {
        Ok(Viewers::Count(number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Viewers, E> {
        text.parse().map_err(Error::custom)
    }
}

impl JsonSchema for Viewers {
    fn schema_name() -> Cow<'static, str> {
        "Viewers".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "oneOf": [
            { "type": "integer", "minimum": 1, "maximum": 1_000_000_000_u64 },
            { "type": "string", "pattern": r"^until +zbr +(±|\+-) *[0-9.]+ *%$" },
        ] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_as_it_takes_is_a_reach() {
        for text in ["until zbr ±0.5%", "until zbr +-0.5 %", "until  zbr ± 0.5%"] {
            assert_eq!(text.parse(), Ok(Viewers::Until(0.005)), "{text}");
        }
        for text in ["many", "until zbr", "until zbr 0.5%", "until stalls ±1%", "until zbr ±x%"] {
            let error = text.parse::<Viewers>().unwrap_err();
            assert!(error.contains("until zbr ±0.5%"), "{text}: {error}");
        }
        assert!("until zbr ±0%".parse::<Viewers>().unwrap_err().contains("from ±0.01%"));
    }
}
