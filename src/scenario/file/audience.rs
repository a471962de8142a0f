//! The viewers as a scenario writes them: what they watch on, when they come, and what they do.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor, value::MapAccessDeserializer};
use toml::Spanned;

use super::{Duration, Share, Sigma, Weight};

/// A class of devices.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub struct Device {
    /// What reports call it.
    #[schemars(with = "String")]
    pub name: Spanned<String>,
    /// How many viewers have it, against the weights of the others.
    #[schemars(with = "f64", range(min = 0.0))]
    pub weight: Spanned<Weight>,
    /// The highest picture it plays, in pixels; the lowest of a ladder stays in any case. Unless
    /// said, any.
    pub max_height: Option<u32>,
}

/// How the viewers behave. Unless said, all press play at once, and watch to the end whatever
/// happens.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
pub struct Audience {
    /// When they press play: all at once, unless said.
    #[schemars(with = "Option<Arrivals>")]
    pub arrivals: Option<Spanned<Arrivals>>,
    /// How much of the content they mean to watch; all of it, unless said.
    #[schemars(with = "Option<Drawn>")]
    pub watch: Option<Spanned<Drawn>>,
    /// How long they put up with waiting.
    pub patience: Patience,
    /// How often they pause.
    #[schemars(with = "Option<Habit>")]
    pub pause: Option<Spanned<Habit>>,
    /// How often they seek, and where to.
    #[schemars(with = "Option<Seeks>")]
    pub seek: Option<Spanned<Seeks>>,
    /// How fast they play, and how many do: `[[1.0, 9], [1.5, 1]]`.
    #[schemars(with = "Option<Vec<(f64, f64)>>")]
    pub speed: Option<Spanned<Vec<(f64, Weight)>>>,
    /// The throughput their players remember from an earlier session.
    pub memory: Option<Memory>,
}

/// When viewers press play.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub struct Arrivals {
    /// Evenly over this long: so many arrivals of a Poisson process.
    #[schemars(with = "Option<Duration>")]
    pub over: Option<Spanned<Duration>>,
    /// A crowd: from each moment to the next, how many come there against the others, rising or
    /// falling in a straight line: `[["0s", 0], ["2m", 10], ["20m", 1]]`.
    #[schemars(with = "Option<Vec<(Duration, f64)>>")]
    pub curve: Option<Spanned<Vec<(Duration, Weight)>>>,
}

/// How long viewers wait before they leave; for ever, unless said.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
pub struct Patience {
    /// For the first frame.
    #[schemars(with = "Option<Drawn>")]
    pub startup: Option<Spanned<Drawn>>,
    /// In a stall, or after a seek.
    #[schemars(with = "Option<Drawn>")]
    pub stall: Option<Spanned<Drawn>>,
}

/// Something done again and again.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub struct Habit {
    /// After how much played media it is done again: in the mean, of a Poisson process.
    pub every: Duration,
    /// How long each takes.
    #[serde(rename = "for")]
    pub lasting: Drawn,
}

/// Seeks: as a habit, or at places.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub struct Seeks {
    /// After how much played media a viewer seeks again: in the mean, of a Poisson process. To
    /// anywhere in the content.
    pub every: Option<Duration>,
    /// Everybody's seeks, in order: `[{ at = "60s", to = "120s" }]`.
    #[serde(default)]
    pub steps: Vec<Step>,
}

/// A seek of everybody's.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub struct Step {
    /// When so much has been played.
    pub at: Duration,
    /// To that place in the content.
    pub to: Duration,
}

/// The throughput that players remember: the mean bandwidth of the viewer's own link, shared evenly
/// with whoever is on it, as it may have been another day.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub struct Memory {
    /// The share of viewers whose player remembers one.
    #[serde(default = "Memory::share")]
    #[schemars(with = "f64", range(min = 0.0, max = 1.0))]
    pub share: Share,
    /// The deviation of the logarithm of what is remembered from that of the mean: 0 is exact, and
    /// at 0.5 two of three are within a factor of 1.65.
    #[serde(default)]
    #[schemars(with = "f64", range(min = 0.0, max = 3.0))]
    pub sigma: Sigma,
}

impl Memory {
    fn share() -> Share {
        Share(1.0)
    }
}

/// A length of time that is the same for everybody, or each viewer's own.
#[derive(Clone, Debug)]
pub enum Drawn {
    /// `"20m"`.
    Same(Duration),
    /// `{ mean = "20m" }`: exponential, as where leaving is as likely in any minute.
    Mean(Duration),
    /// `{ median = "20m", sigma = 1.0 }`: log-normal.
    Median(Duration, Sigma),
    /// `{ histogram = [["1m", 30], ["10m", 50], ["1h", 20]] }`: 30 up to a minute, 50 from there to
    /// ten, 20 from there to an hour, and each anywhere in between.
    Histogram(Vec<(Duration, Weight)>),
}

/// A distribution as it is written.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a table")]
struct Distribution {
    /// Exponential.
    mean: Option<Duration>,
    /// Log-normal, with `sigma`.
    median: Option<Duration>,
    /// The deviation of the logarithm; unless said, 1.
    #[schemars(with = "Option<f64>", range(min = 0.0, max = 3.0))]
    sigma: Option<Sigma>,
    /// Up to each length, how many against the others.
    #[schemars(with = "Option<Vec<(Duration, f64)>>")]
    histogram: Option<Vec<(Duration, Weight)>>,
}

const WAYS: &str = "write \"20m\", { mean = \"20m\" }, { median = \"20m\", sigma = 1.0 } or \
                    { histogram = [[\"1m\", 30], [\"1h\", 70]] }";

impl<'de> Deserialize<'de> for Drawn {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Drawn;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a length of time in quotes, or a distribution of them")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Drawn, E> {
                text.parse().map(Drawn::Same).map_err(E::custom)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Drawn, A::Error> {
                let written = Distribution::deserialize(MapAccessDeserializer::new(map))?;
                let Distribution { mean, median, sigma, histogram } = written;
                match (mean, median, sigma, histogram) {
                    (Some(mean), None, None, None) => Ok(Drawn::Mean(mean)),
                    (None, Some(median), sigma, None) => {
                        Ok(Drawn::Median(median, sigma.unwrap_or(Sigma(1.0))))
                    }
                    (None, None, None, Some(histogram)) => Ok(Drawn::Histogram(histogram)),
                    _ => Err(Error::custom(format!("not one distribution: {WAYS}"))),
                }
            }
        }

        from.deserialize_any(Either)
    }
}

impl JsonSchema for Drawn {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Drawn".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (same, drawn) =
            (generator.subschema_for::<Duration>(), generator.subschema_for::<Distribution>());
        json_schema!({ "anyOf": [same, drawn] })
    }
}
