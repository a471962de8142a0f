//! The name of a format of trace files, as a scenario writes it.
//!
//! The idea to hold: there is one list of formats, [`FORMATS`], and what is read, refused and
//! described here is that list.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error};

use crate::trace::read::{FORMATS, Facts, Format};

/// A format of trace files.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TraceFormat(pub Format);

impl std::str::FromStr for TraceFormat {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Format::named(name).map(Self).ok_or_else(|| {
            let names = FORMATS.iter().map(|facts| facts.name);
            let known = super::known("format", name, names);
            format!("there is no trace format {name:?}: {known}")
        })
    }
}

impl<'de> Deserialize<'de> for TraceFormat {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

impl JsonSchema for TraceFormat {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "TraceFormat".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let one = |facts: &Facts| {
            let (name, about) = (facts.name, facts.about);
            serde_json::json!({ "const": name, "description": about })
        };
        let all: Vec<_> = FORMATS.iter().map(one).collect();
        json_schema!({ "description": "A format of trace files.", "oneOf": all })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_name_is_told_the_nearest() {
        assert_eq!("oboe".parse(), Ok(TraceFormat(Format::Oboe)));
        let said = "hdspa".parse::<TraceFormat>().unwrap_err();
        assert!(said.contains("did you mean \"hsdpa\"? known: csv, sabre, "), "{said}");
    }
}
