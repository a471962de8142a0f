//! The last mile as a scenario writes it: one class of networks, or a mix of them.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use toml::Spanned;

use super::super::trace_format::TraceFormat;
use super::{Duration, Loss, OneOrMany, Packets, Players, Rate, Scale, Text, Traces, Weight};
use crate::units::Span;

/// The classes of networks that viewers are on.
#[derive(Clone, Debug)]
pub enum Networks {
    /// `[network]`: everybody's.
    One(Box<Network>),
    /// `[[network]]`, each with its weight.
    Mix(Vec<Spanned<Network>>),
}

impl<'de> Deserialize<'de> for Networks {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Networks;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a table [network], or several [[network]]")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Networks, A::Error> {
                let network = Network::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Networks::One(Box::new(network)))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Networks, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(Networks::Mix)
            }
        }

        from.deserialize_any(Either)
    }
}

impl JsonSchema for Networks {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Networks".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<Network>();
        json_schema!({ "anyOf": [one, { "type": "array", "items": one }] })
    }
}

/// A class of networks: what bandwidth its links have, and how many viewers share each.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub struct Network {
    /// What reports call it: needed where there are several.
    #[schemars(with = "Option<String>")]
    pub name: Option<Spanned<String>>,
    /// How many viewers have it, against the weights of the others: 40, 35 and 25 are shares of
    /// 40 %, 35 % and 25 %, and so are 0.4, 0.35 and 0.25. Needed where there are several.
    #[schemars(with = "Option<f64>", range(min = 0.0))]
    pub weight: Option<Spanned<Weight>>,
    /// Trace files: a file, a folder or a glob, or a list of those. Each link draws one.
    #[schemars(with = "Option<OneOrMany<String>>")]
    pub trace: Option<Spanned<OneOrMany<Spanned<String>>>>,
    /// Instead of traces: the same bandwidth for everybody, for ever.
    #[schemars(with = "Option<Rate>")]
    pub bandwidth: Option<Spanned<Rate>>,
    /// Instead of traces: what `abrsim trace generate --list` names: a class, of which each link
    /// draws one of `count` traces that last `length`; or a profile, which is one trace.
    #[schemars(with = "Option<String>")]
    pub generate: Option<Spanned<String>>,
    /// How many traces of a class are generated; unless said, 100.
    #[schemars(with = "Option<u32>", range(min = 1, max = 100_000))]
    pub count: Option<Traces>,
    /// How long each lasts; unless said, 10m.
    #[schemars(with = "Option<Duration>")]
    pub length: Option<Spanned<Duration>>,
    /// The format of the trace files; unless said, told from their contents.
    pub format: Option<TraceFormat>,
    /// Only this part of each trace: `["30s", "5m"]`.
    #[schemars(with = "Option<[Duration; 2]>")]
    pub clip: Option<Spanned<[Duration; 2]>>,
    /// Every bandwidth times this; unless said, 1.
    #[schemars(with = "Option<f64>", range(min = 0.0))]
    pub scale: Option<Spanned<Scale>>,
    /// What follows a trace's end.
    #[serde(default)]
    pub end: End,
    /// Where in its trace a link begins: `"random"`, or so far into it.
    #[serde(default)]
    pub offset: Offset,
    /// Traffic of others on each link: a trace file whose bandwidth is not there for the viewers.
    #[schemars(with = "Option<String>")]
    pub cross: Option<Spanned<String>>,
    /// How many viewers share each link; unless said, 1: everybody has their own.
    /// Among several classes, a class is drawn for as many viewers at once as the fullest link has:
    /// of few such draws, the classes have their shares only roughly.
    #[schemars(with = "Option<u64>", range(min = 1, max = 100_000))]
    pub players: Option<Players>,
    /// How they share it.
    #[serde(default)]
    pub sharing: Sharing,
    /// From a request to its first byte, the origin's own time apart, where the trace states none.
    #[serde(default = "Network::rtt")]
    pub rtt: Duration,
    /// How much more each viewer's own round trip is: drawn evenly from nothing to this.
    #[serde(default)]
    pub rtt_spread: Duration,
    /// How much more each request's round trip is: drawn evenly from nothing to this.
    #[serde(default)]
    pub jitter: Duration,
    /// How long the last packet of a full queue waits at the bottleneck; unless said, 200ms under
    /// `model = "tcp"`, and nothing under `"fluid"`.
    pub queue: Option<Duration>,
    /// The share of packets lost at random, from 0 to 0.5; unless said, a profile's own, or none.
    /// Only `model = "tcp"` has packets to lose.
    #[schemars(with = "Option<f64>", range(min = 0.0, max = 0.5))]
    pub loss: Option<Loss>,
    /// How bytes get through.
    #[serde(default)]
    pub model: Model,
    /// Under `model = "tcp"`: the version of HTTP, whose connections these are. Unless said, 2.
    #[serde(default)]
    pub http: Http,
    /// Under `model = "tcp"`: whether the first request goes with the first flight of TLS or QUIC.
    #[serde(default)]
    pub zero_rtt: bool,
    /// Under `model = "tcp"`: whether a connection that was idle starts slowly again.
    #[serde(default = "Network::idle_restart")]
    pub idle_restart: bool,
    /// Under `model = "tcp"`: packets in the first window; unless said, 10.
    #[schemars(with = "Option<u32>", range(min = 1, max = 1_000))]
    pub initial_window: Option<Packets>,
}

/// How bytes get through.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Model {
    /// After the round trip of its request a transfer has its whole share of the link at once.
    #[default]
    Fluid,
    /// Over connections that are set up, start slowly and lose packets.
    Tcp,
}

/// A version of HTTP.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq)]
pub enum Http {
    /// HTTP/1.1: a connection for each track.
    #[serde(rename = "1.1")]
    One,
    /// HTTP/2: one connection.
    #[default]
    #[serde(rename = "2")]
    Two,
    /// HTTP/3: one connection over QUIC.
    #[serde(rename = "3")]
    Three,
}

/// How viewers share a link.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum Sharing {
    /// Evenly.
    #[default]
    MaxMin,
    /// The nearer ones get more: in inverse proportion to their round trips.
    RttBiased,
}

impl Network {
    fn rtt() -> Duration {
        Duration(Span::from_millis(80))
    }

    fn idle_restart() -> bool {
        true
    }
}
/// What follows a trace's end.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum End {
    /// Its beginning.
    #[default]
    Repeat,
    /// Its last bandwidth, for ever.
    Hold,
}

/// Where in its trace a viewer begins.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Offset {
    /// Anywhere, drawn from the seed.
    #[default]
    Random,
    /// So far into it.
    At(Span),
}

impl<'de> Deserialize<'de> for Offset {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match from.deserialize_any(Text)?.as_str() {
            "random" => Ok(Self::Random),
            text => match text.parse::<Duration>() {
                Ok(Duration(span)) => Ok(Self::At(span)),
                Err(error) => Err(Error::custom(format!("{error}, or \"random\""))),
            },
        }
    }
}

impl JsonSchema for Offset {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Offset".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let span = generator.subschema_for::<Duration>();
        json_schema!({ "anyOf": [{ "const": "random" }, span] })
    }
}
