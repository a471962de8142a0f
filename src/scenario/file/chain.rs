//! The delivery chain as a scenario writes it: the origin, caches, the catalogue, and costs.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor, value::MapAccessDeserializer};
use toml::Spanned;

use super::super::quantity::Size;
use super::{
    Duration, Exponent, PerSecond, Pops, Price, Rate, Servers, Shape, Share, Sigma, Titles, Tries,
    Weight,
};
use crate::units::{Bytes, Span};

/// Where the bytes come from. Requests fail by chance: keyed by who asks, for what and how often
/// they did before, so that every algorithm meets the same.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
pub struct Origin {
    /// A kind of store whose latency and bandwidth are known: memory, object-store or disk.
    #[schemars(with = "Option<String>")]
    pub preset: Option<Spanned<String>>,
    /// From a request's arrival to its first byte leaving; unless said or preset, none.
    #[schemars(with = "Option<Latency>")]
    pub latency: Option<Spanned<Latency>>,
    /// What one connection carries; unless said or preset, as much as it likes.
    #[schemars(with = "Option<Rate>")]
    pub bandwidth: Option<Spanned<Rate>>,
    /// The share of requests answered by an error.
    #[schemars(with = "f64", range(min = 0.0, max = 1.0))]
    pub errors: Share,
    /// The share whose connection is reset before the first byte.
    #[schemars(with = "f64", range(min = 0.0, max = 1.0))]
    pub resets: Share,
    /// The share whose body ends early, anywhere.
    #[schemars(with = "f64", range(min = 0.0, max = 1.0))]
    pub truncated: Share,
    /// How many requests are served at once; others wait, first come, first served. Each keeps its
    /// server from its latency's beginning to its last byte. Unless said, all are.
    #[schemars(with = "Option<u32>", range(min = 1))]
    pub servers: Option<Spanned<Servers>>,
    /// Instead: how many requests a second are let in, one after the other.
    #[schemars(with = "Option<f64>")]
    pub rate: Option<Spanned<PerSecond>>,
    /// How many may wait; who comes then is refused. Unless said, any number.
    #[schemars(with = "Option<u32>", range(min = 1))]
    pub queue: Option<Spanned<Servers>>,
    /// Stores in front of it that hold a part of the catalogue, `[[origin.tier]]`; an object is in
    /// the first that holds it.
    pub tier: Vec<Tier>,
    /// What happens to it, `[[origin.incident]]`.
    #[schemars(with = "Vec<Incident>")]
    pub incident: Vec<Spanned<Incident>>,
    /// What goes wrong with this request or that, `[[origin.fault]]`; the first that is about a
    /// request counts.
    #[schemars(with = "Vec<Fault>")]
    pub fault: Vec<Spanned<Fault>>,
}

/// Something that goes wrong with the requests it is about, always in the same way. What is not
/// said is any.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub struct Fault {
    /// A status of HTTP, as 404 or 503, or `"reset"`: no answer at all; `"truncated"`: the body
    /// ends early; `"late"`: the first byte is late.
    #[schemars(with = "Symptom")]
    pub what: Spanned<Symptom>,
    /// What it is about: documents (manifests, playlists and initialisation segments), video or
    /// audio.
    pub of: Option<Requested>,
    /// The segment, from 0.
    pub segment: Option<u32>,
    /// Instead: the first and the last of several, as `[5, 8]`.
    #[schemars(with = "Option<(u32, u32)>")]
    pub segments: Option<Spanned<(u32, u32)>>,
    /// The rung, from 0 for the cheapest.
    pub rung: Option<u8>,
    /// The number of the request among those of its viewer, from 0. Only where viewers ask the
    /// origin.
    pub request: Option<u32>,
    /// The viewer, from 0. Only where viewers ask the origin.
    pub viewer: Option<u64>,
    /// How often in a row it goes wrong before it goes well; unless said, once.
    #[serde(default = "once")]
    pub times: u32,
    /// From when on, unless said from the beginning.
    pub at: Option<Duration>,
    /// For how long; unless said, for ever.
    #[serde(rename = "for")]
    pub lasting: Option<Duration>,
    /// Of what is truncated, how much comes, from 0 to 1; unless said, half of it.
    #[schemars(with = "Option<f64>", range(min = 0.0, max = 1.0))]
    pub part: Option<Share>,
    /// Of what is late, by how much; unless said, 5 s.
    pub delay: Option<Duration>,
}

fn once() -> u32 {
    1
}

/// How it shows that something has gone wrong.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "a status as 404, or \"reset\", \"truncated\" or \"late\"")]
pub enum Symptom {
    /// An answer of this status.
    Status(u16),
    /// In a word.
    Word(Word),
}

/// The same in a word.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Word {
    /// The connection is reset before the first byte.
    Reset,
    /// The body ends early.
    Truncated,
    /// The first byte is late.
    Late,
}

/// What requests are for.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Requested {
    /// Manifests, playlists and initialisation segments.
    Documents,
    /// Segments of pictures.
    Video,
    /// Segments of sound.
    Audio,
}

/// A store that holds a part of the catalogue: `popular`, `capacity` or `documents` says which.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub struct Tier {
    /// What reports call it.
    #[schemars(with = "String")]
    pub name: Spanned<String>,
    /// The most popular part of the catalogue: so much of it, from 0 to 1.
    #[schemars(with = "Option<f64>", range(min = 0.0, max = 1.0))]
    pub popular: Option<Share>,
    /// The same by size: as much of it as fits.
    pub capacity: Option<Size>,
    /// Manifests, playlists and initialisation segments.
    #[serde(default)]
    pub documents: bool,
    /// As of the origin.
    #[schemars(with = "Option<String>")]
    pub preset: Option<Spanned<String>>,
    /// As of the origin.
    #[schemars(with = "Option<Latency>")]
    pub latency: Option<Spanned<Latency>>,
    /// As of the origin.
    #[schemars(with = "Option<Rate>")]
    pub bandwidth: Option<Spanned<Rate>>,
}

/// A time during which the origin is not itself. What is not said is as always.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub struct Incident {
    /// When it begins, from the first moment a viewer can press play.
    pub at: Duration,
    /// How long it lasts.
    #[serde(rename = "for")]
    pub lasting: Duration,
    /// How long every tier thinks.
    #[schemars(with = "Option<Latency>")]
    pub latency: Option<Spanned<Latency>>,
    /// The share of requests answered by an error.
    #[schemars(with = "Option<f64>", range(min = 0.0, max = 1.0))]
    pub errors: Option<Share>,
    /// Whether all are refused.
    #[serde(default)]
    pub down: bool,
}

/// How long something thinks: the same for every request, or drawn for each.
#[derive(Clone, Debug, PartialEq)]
pub enum Latency {
    /// `"20ms"`.
    Same(Duration),
    /// `{ p50 = "12ms", p99 = "180ms", p999 = "900ms" }`. Between them its logarithm is a straight
    /// line over that of how rare a request is; the faster half takes from a half of `p50` to all
    /// of it, and none takes longer than `p999`, which is on the same line unless said.
    Quantiles(Duration, Duration, Option<Duration>),
    /// `{ median = "12ms", sigma = 0.8 }`: log-normal.
    LogNormal(Duration, Sigma),
    /// `{ median = "12ms", shape = 0.6 }`: Weibull.
    Weibull(Duration, Shape),
    /// `{ file = "latencies.txt" }`: as measured, a number of milliseconds a line.
    File(String),
}

/// A distribution of latencies as it is written.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a table")]
struct Distribution {
    /// What half of the requests take longer than.
    p50: Option<Duration>,
    /// What one in a hundred does.
    p99: Option<Duration>,
    /// What one in a thousand does, and none takes longer.
    p999: Option<Duration>,
    /// What half of the requests take longer than, with `sigma` or `shape`.
    median: Option<Duration>,
    /// Log-normal: the deviation of the logarithm.
    #[schemars(with = "Option<f64>", range(min = 0.0, max = 3.0))]
    sigma: Option<Sigma>,
    /// Weibull: below 1 the tail is longer than an exponential one.
    #[schemars(with = "Option<f64>", range(min = 0.1, max = 10.0))]
    shape: Option<Shape>,
    /// A file of a number of milliseconds a line.
    file: Option<String>,
}

const WAYS: &str = "write \"20ms\", { p50 = \"12ms\", p99 = \"180ms\", p999 = \"900ms\" }, \
                    { median = \"12ms\", sigma = 0.8 }, { median = \"12ms\", shape = 0.6 } or \
                    { file = \"latencies.txt\" }";

impl Distribution {
    fn meant(self) -> Result<Latency, String> {
        let Self { p50, p99, p999, median, sigma, shape, file } = self;
        match (p50, p99, p999, median, sigma, shape, file) {
            (Some(p50), None, None, None, None, None, None) => Ok(Latency::Same(p50)),
            (Some(p50), Some(p99), p999, None, None, None, None) => {
                let named = [("p50", Some(p50)), ("p99", Some(p99)), ("p999", p999)];
                let mut last = ("zero", Span::from_nanos(1));
                for (name, quantile) in named {
                    let Some(Duration(quantile)) = quantile else { continue };
                    if quantile < last.1 {
                        let (before, what) = last;
                        return Err(match before {
                            "zero" => format!("{name} is zero: what is rarer could not be longer"),
                            _ => format!("{name} at {quantile} is below {before} at {what}"),
                        });
                    }
                    last = (name, quantile);
                }
                Ok(Latency::Quantiles(p50, p99, p999))
            }
            (None, None, None, Some(median), Some(sigma), None, None) => {
                Ok(Latency::LogNormal(median, sigma))
            }
            (None, None, None, Some(median), None, Some(shape), None) => {
                Ok(Latency::Weibull(median, shape))
            }
            (None, None, None, None, None, None, Some(file)) => Ok(Latency::File(file)),
            _ => Err(format!("not one distribution: {WAYS}")),
        }
    }
}

impl<'de> Deserialize<'de> for Latency {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Latency;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a length of time in quotes, or a distribution of them")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Latency, E> {
                text.parse().map(Latency::Same).map_err(E::custom)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Latency, A::Error> {
                let written = Distribution::deserialize(MapAccessDeserializer::new(map))?;
                written.meant().map_err(Error::custom)
            }
        }

        from.deserialize_any(Either)
    }
}

impl JsonSchema for Latency {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Latency".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (same, drawn) =
            (generator.subschema_for::<Duration>(), generator.subschema_for::<Distribution>());
        json_schema!({ "anyOf": [same, drawn] })
    }
}

/// The caches in front of the origin.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
pub struct Cdn {
    /// How many points of presence there are, each with the same share of the viewers. Unless said,
    /// one.
    #[schemars(with = "Option<u32>", range(min = 1, max = 10_000))]
    pub pops: Option<Spanned<Pops>>,
    /// Instead: each by name, `[[cdn.pop]]`.
    pub pop: Vec<Pop>,
    /// How many CDNs there are, with the same points of presence and the same origin: 1 or 2. Of
    /// two a player asks the other after each failure.
    #[schemars(with = "Option<u32>", range(min = 1, max = 2))]
    pub cdns: Option<Spanned<u32>>,
    /// How the cache of a point of presence behaves.
    pub edge: Cache,
    /// A cache between these and the origin; unless said, there is none.
    pub shield: Option<Cache>,
    /// Whether points of presence that share a shield or an origin with a queue affect each other.
    #[schemars(with = "Coupling")]
    pub coupling: Option<Spanned<Coupling>>,
}

/// A point of presence.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub struct Pop {
    /// What it is called.
    #[schemars(with = "String")]
    pub name: Spanned<String>,
    /// How many viewers it has, against the weights of the others.
    #[schemars(with = "f64", range(min = 0.0))]
    pub weight: Spanned<Weight>,
    /// The round trip to what is behind it; unless said, that of `[cdn.edge]`.
    pub rtt: Option<Duration>,
}

/// Whether points of presence affect each other.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Coupling {
    /// They do: all are simulated together.
    #[default]
    Exact,
    /// They do not: each has a shield of its own, which holds a share of what it is asked for, as
    /// `hits` of `[cdn.shield]` says.
    Sampled,
}

/// How a cache behaves.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
pub struct Cache {
    /// How many bytes it holds.
    #[schemars(with = "Size")]
    pub size: Spanned<Size>,
    /// Who has to go when there is no room.
    pub policy: Policy,
    /// What it holds at the beginning.
    pub start: Start,
    /// Whether who asks for what is being fetched waits for that.
    pub collapse: bool,
    /// How long they wait before it is fetched for them alone; unless said, as long as it takes.
    pub collapse_timeout: Option<Duration>,
    /// How long segments stay fresh; unless said, for ever. With zero nothing is kept, and only who
    /// asks meanwhile shares what is fetched.
    pub ttl: Option<Duration>,
    /// How long manifests, playlists and initialisation segments do; unless said, as long.
    pub ttl_documents: Option<Duration>,
    /// How long after that they are still given while they are fetched anew.
    pub stale_while_revalidate: Duration,
    /// How long after that they are given where fetching them fails.
    pub stale_if_error: Duration,
    /// How long an error is given to whoever asks.
    pub negative: Duration,
    /// The round trip to what is behind it.
    pub rtt: Duration,
    /// Whether connections to that are kept; if not, each request needs two round trips more, for
    /// TCP and TLS 1.3.
    pub reuse: bool,
    /// How long it waits for a first byte; unless said, for ever.
    pub timeout: Option<Duration>,
    /// How often it tries.
    #[schemars(with = "u32", range(min = 1, max = 100))]
    pub attempts: Tries,
    /// How long it waits before it tries again.
    pub backoff: Duration,
    /// Of a shield with `coupling = "sampled"`: the share of requests it holds the answer to.
    #[schemars(with = "Option<f64>", range(min = 0.0, max = 1.0))]
    pub hits: Option<Spanned<Share>>,
}

impl Default for Cache {
    fn default() -> Self {
        let size = Spanned::new(0..0, Size(Bytes::MAX));
        let none = Duration(Span::ZERO);
        Self {
            size,
            policy: Policy::Lru,
            start: Start::Cold,
            collapse: true,
            collapse_timeout: None,
            ttl: None,
            ttl_documents: None,
            stale_while_revalidate: none,
            stale_if_error: none,
            negative: none,
            rtt: none,
            reuse: true,
            timeout: None,
            attempts: Tries(2),
            backoff: none,
            hits: None,
        }
    }
}

/// Who has to go when there is no room.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Policy {
    /// What was used longest ago.
    #[default]
    Lru,
    /// The same, but not for something asked for no more often: TinyLFU's admission.
    TinyLfu,
}

/// What a cache holds at the beginning.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Start {
    /// Nothing.
    #[default]
    Cold,
    /// The most popular part of the catalogue, as much as it has room for.
    Warm,
    /// Everything, however much that is.
    Filled,
}

/// What else there is to watch: titles of the same content, of which each viewer has one.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
pub struct Catalogue {
    /// How many titles there are.
    #[schemars(with = "u32", range(min = 1))]
    pub titles: Spanned<Titles>,
    /// How popular they are: the n-th is watched in proportion to 1/n to this power (Zipf's law).
    #[schemars(with = "f64", range(min = 0.0, max = 5.0))]
    pub zipf: Exponent,
}

impl Default for Catalogue {
    fn default() -> Self {
        Self { titles: Spanned::new(0..0, Titles(1)), zipf: Exponent(0.8) }
    }
}

/// What delivering costs, in a currency of your own: per gigabyte sent, and per million requests.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
pub struct Costs {
    /// A gigabyte from an edge to viewers.
    #[schemars(with = "f64", range(min = 0.0))]
    pub edge_gb: Price,
    /// A million requests of viewers.
    #[schemars(with = "f64", range(min = 0.0))]
    pub edge_requests: Price,
    /// A gigabyte from the shield to edges.
    #[schemars(with = "f64", range(min = 0.0))]
    pub shield_gb: Price,
    /// A million requests of edges to the shield.
    #[schemars(with = "f64", range(min = 0.0))]
    pub shield_requests: Price,
    /// A gigabyte from the origin.
    #[schemars(with = "f64", range(min = 0.0))]
    pub origin_gb: Price,
    /// A million requests to the origin.
    #[schemars(with = "f64", range(min = 0.0))]
    pub origin_requests: Price,
}
