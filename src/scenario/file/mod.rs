//! A scenario as it is written: TOML tables, whose unknown keys are refused.
//!
//! The idea to hold: what stands here is what `abrsim schema` prints, defaults and comments
//! included. What the keys mean together is `setup.rs`'s business.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor, value::SeqAccessDeserializer};
use toml::Spanned;

pub(super) use super::quantity::Duration;
pub use super::quantity::Rate;
use super::quantity::{Pixels, Text};
use crate::media::FrameRate;
use crate::net::Path;
use crate::units::{Bitrate, Span};

mod audience;
mod chain;
mod live;
mod network;
mod scores;
mod viewers;

pub use audience::{Arrivals, Audience, Device, Drawn, Habit, Memory, Patience, Seeks, Step};
pub use chain::{
    Cache, Catalogue, Cdn, Costs, Coupling, Fault, Incident, Latency, Origin, Policy, Pop,
    Requested, Start, Symptom, Tier, Word,
};
pub use live::{Event, EventKind, Live};
pub use network::{End, Http, Model, Network, Networks, Offset, Sharing};
pub use scores::{Amendment, P1203};
pub use viewers::Viewers;

/// A scenario file.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "abrsim scenario")]
pub struct File {
    /// The question it asks: the title of the report.
    pub title: String,
    /// How many viewers each run simulates; or "until zbr ±0.5%": as many as it takes for the 95 %
    /// interval of every zero-buffer rate to reach no further to either side.
    #[serde(default = "File::viewers")]
    #[schemars(with = "Viewers")]
    pub viewers: Spanned<Viewers>,
    /// What every random draw is derived from.
    #[serde(default)]
    pub seed: u64,
    /// When a viewer who is still there leaves, from the last arrival on; unless said, ten times
    /// the content and ten minutes.
    pub time_limit: Option<Duration>,
    /// The algorithms compared, by name or by the name of an `[algorithm.…]` table: one, or a list.
    #[schemars(with = "OneOrMany<String>")]
    pub abr: Spanned<OneOrMany<Spanned<String>>>,
    /// What the viewers watch.
    #[schemars(with = "Content")]
    pub content: Spanned<Content>,
    /// That it is live; unless said, it is on demand.
    #[schemars(with = "Option<Live>")]
    pub live: Option<Spanned<Live>>,
    /// How their players behave, the algorithm apart.
    #[serde(default)]
    pub player: Player,
    /// The last mile: a table `[network]`, or several `[[network]]`, each a class of viewers.
    #[schemars(with = "Networks")]
    pub network: Spanned<Networks>,
    /// What they watch on: several `[[device]]`, each a class of viewers; unless said, anything.
    #[serde(default)]
    pub device: Vec<Device>,
    /// How the viewers behave.
    #[serde(default)]
    pub audience: Audience,
    /// Where the bytes come from.
    #[serde(default)]
    pub origin: Origin,
    /// The caches in front of it; unless said, there are none, and it is asked by viewers.
    #[schemars(with = "Option<Cdn>")]
    pub cdn: Option<Spanned<Cdn>>,
    /// What else there is to watch.
    #[serde(default)]
    pub catalogue: Catalogue,
    /// What delivering costs; unless said, nothing is said of it.
    pub costs: Option<Costs>,
    /// Parameters of algorithms (`abrsim abr show NAME` lists them). A table of another name is a
    /// further algorithm, made of the one that its key `use` names, for `abr` to name.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, BTreeMap<String, Setting>>")]
    pub algorithm: BTreeMap<Spanned<String>, BTreeMap<Spanned<String>, Spanned<Setting>>>,
    /// What is kept of the results.
    #[serde(default)]
    pub output: Output,
    /// Keys to vary, each with the list of its values: `"content.segment" = ["2s", "6s"]`. The
    /// runs are their product.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    pub sweep: (),
}

impl File {
    fn viewers() -> Spanned<Viewers> {
        nowhere(Viewers::Count(1_000))
    }
}

/// A default: it stands nowhere in the file.
fn nowhere<T>(value: T) -> Spanned<T> {
    Spanned::new(0..0, value)
}

/// What the viewers watch: content made to a ladder, read from a manifest, or of sizes that are
/// known.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub struct Content {
    /// The manifest its origin serves.
    #[schemars(with = "Option<Format>")]
    pub format: Option<Spanned<Format>>,
    /// The rungs: the name of a known ladder, or a list of `{ bitrate, resolution, codecs,
    /// frame_rate, vmaf, ssim }`.
    #[schemars(with = "Option<OneOrMany<LadderRung>>")]
    pub ladder: Option<Spanned<OneOrMany<LadderRung>>>,
    /// The bitrate of an audio track, or a list of them; unless said, there is none.
    #[schemars(with = "Option<OneOrMany<Rate>>")]
    pub audio: Option<Spanned<OneOrMany<Rate>>>,
    /// How long a segment lasts; unless said, 4s.
    #[schemars(with = "Option<Duration>")]
    pub segment: Option<Spanned<Duration>>,
    /// How long it all lasts; unless said, 10m.
    #[schemars(with = "Option<Duration>")]
    pub duration: Option<Spanned<Duration>>,
    /// The deviation of segment sizes over their mean: 0 is constant, 0.2 usual. Unless said, sizes
    /// are constant, but where a manifest tells a rung's peak they reach it.
    #[schemars(with = "Option<f64>", range(min = 0.0, max = 1.0))]
    pub variability: Option<Spanned<Share>>,
    /// Instead of a ladder: a DASH or HLS manifest, as a file or a URL. Its sizes are made to its
    /// bitrates, unless byte ranges or `sizes` tell them.
    #[schemars(with = "Option<String>")]
    pub manifest: Option<Spanned<String>>,
    /// Sizes that are known. Instead of a ladder: a JSON file in Sabre's form or in ours, or a
    /// folder of Pensieve's `video_size_0` and so on, of which `ladder` (unless said, envivio) and
    /// `segment` tell the rest. With a manifest: the table that `abrsim manifest measure` wrote.
    #[schemars(with = "Option<String>")]
    pub sizes: Option<Spanned<String>>,
    /// Of a manifest, the language of the sound, such as `en`.
    #[schemars(with = "Option<String>")]
    pub language: Option<Spanned<String>>,
}

impl Content {
    /// How long a segment lasts unless said.
    pub(super) const SEGMENT: Span = Span::from_secs(4);

    /// How long it all lasts unless said.
    pub(super) const DURATION: Span = Span::from_secs(600);
}

/// A kind of manifest.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// An MPD.
    #[default]
    Dash,
    /// A multivariant playlist and media playlists.
    Hls,
    /// None: players know everything beforehand, as those of Sabre and Pensieve do.
    None,
}

/// One rung of a ladder written out.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub struct LadderRung {
    /// The bitrate it is advertised at, and its segments have on average.
    pub bitrate: Rate,
    /// The size of its picture.
    pub resolution: Option<Pixels>,
    /// Its codecs, as RFC 6381 writes them.
    #[serde(default)]
    pub codecs: String,
    /// Pictures per second: a number, or a fraction such as `"30000/1001"`.
    pub frame_rate: Option<Frames>,
    /// The VMAF of its pictures on average, from 0 to 100.
    #[schemars(with = "Option<f64>", range(min = 0.0, max = 100.0))]
    pub vmaf: Option<Percent>,
    /// The SSIM of its pictures on average, from 0 to 1.
    #[schemars(with = "Option<f64>", range(min = 0.0, max = 1.0))]
    pub ssim: Option<Share>,
}

/// Pictures per second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frames(pub FrameRate);

impl<'de> Deserialize<'de> for Frames {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = from.deserialize_any(Text)?;
        let wrong = || format!("{text:?} is no frame rate: write 25, 29.97 or \"30000/1001\"");
        FrameRate::parse(&text).map(Self).ok_or_else(|| Error::custom(wrong()))
    }
}

impl JsonSchema for Frames {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Frames".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let fraction = r"^[0-9]+(/[0-9]+|\.[0-9]+)?$";
        json_schema!({
            "anyOf": [
                { "type": "number", "exclusiveMinimum": 0 },
                { "type": "string", "pattern": fraction }
            ]
        })
    }
}

/// How players behave, the algorithm apart.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
pub struct Player {
    /// Another simulator to do as, with its own link and clock, and its mistakes. It plays the main
    /// track from its beginning to its end, at its own speed: of the scenario only the content, the
    /// traces and `rtt` of networks, `buffer`, `max_height` and what follows here are then heeded,
    /// not what viewers do or what origins take.
    #[schemars(with = "Option<Preset>")]
    pub preset: Option<Spanned<Preset>>,
    /// Of the preset "sabre": which of its mistakes are made; all, if nothing is said.
    #[schemars(with = "Option<Vec<Quirk>>")]
    pub quirks: Option<Spanned<Vec<Quirk>>>,
    /// Of the preset "sabre": which buffered segments are fetched again on a higher rung.
    #[schemars(with = "Option<Replace>")]
    pub replace: Option<Spanned<Replace>>,
    /// Of the preset "sabre": whether transfers may be abandoned.
    #[schemars(with = "Option<bool>")]
    pub abandon: Option<Spanned<bool>>,
    /// Media needed before playback starts.
    #[schemars(with = "Duration")]
    pub startup: Spanned<Duration>,
    /// Media needed before it resumes after a stall.
    #[schemars(with = "Duration")]
    pub resume: Spanned<Duration>,
    /// The most media a player wants to hold: a segment is asked for when it fits.
    #[schemars(with = "Duration")]
    pub buffer: Spanned<Duration>,
    /// The wait after a failed transfer; each further failure in a row doubles it.
    pub retry: Duration,
    /// The longest such wait.
    pub retry_longest: Duration,
    /// How many failures in a row make a player give up.
    #[schemars(with = "u32", range(min = 1, max = 1_000))]
    pub attempts: Attempts,
    /// The highest picture it plays, in pixels, as the size of a screen has it; the lowest of a
    /// ladder stays in any case.
    pub max_height: Option<u32>,
}

impl Default for Player {
    fn default() -> Self {
        let secs = |secs| Duration(Span::from_secs(secs));
        Self {
            preset: None,
            quirks: None,
            replace: None,
            abandon: None,
            startup: nowhere(secs(2)),
            resume: nowhere(secs(2)),
            buffer: nowhere(secs(30)),
            retry: secs(1),
            retry_longest: secs(8),
            attempts: Attempts(6),
            max_height: None,
        }
    }
}

/// Another simulator.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// Spiteri's, of MMSys 2018: buffer 25 s.
    Sabre,
    /// The environment Pensieve was tested in: buffer 60 s.
    Pensieve,
}

/// Mistakes of Sabre that its published numbers depend on.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum Quirk {
    /// The rung that a transfer was abandoned for is forgotten.
    ForgetsAbandonment,
    /// An error of rounding at the very end counts as a rebuffering event.
    PhantomEvents,
}

/// Which buffered segments are fetched again.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum Replace {
    /// None.
    None,
    /// The first that is below what would be fetched now.
    Left,
    /// The last.
    Right,
}

/// Numbers of a range, and what is said of others.
macro_rules! bounded {
    ($($(#[$doc:meta])* $name:ident($inner:ty) in $range:expr, $wrong:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct $name(pub $inner);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let number = <$inner>::deserialize(from)?;
                match ($range).contains(&number) {
                    true => Ok(Self(number)),
                    false => Err(Error::custom(format!($wrong, number))),
                }
            }
        }
    )*};
}

bounded! {
    /// A share, from 0 to 1.
    #[derive(Default)]
    Share(f64) in 0.0..=1.0, "{} is not a share: write 0 to 1";
    /// A number from 0 to 100.
    Percent(f64) in 0.0..=100.0, "{} is out of range: write 0 to 100";
    /// How many, against others: zero or more.
    Weight(f64) in 0.0..=1e9, "a weight of {}: write 0 or more, as 40";
    /// The deviation of a logarithm, from 0 to 3.
    #[derive(Default)]
    Sigma(f64) in 0.0..=3.0, "{} is out of range: write 0 to 3";
    /// A share of packets lost.
    Loss(f64) in 0.0..=Path::MOST_LOSS, "a loss of {}: write 0 to 0.5, as 0.005";
    /// What a rate is multiplied by: more than nothing.
    Scale(f64) in f64::MIN_POSITIVE..=1e6, "a scale of {}: write more than 0, and at most 1000000";
    /// How many viewers share a link.
    Players(i64) in 1..=100_000, "{} players on a link: 1 to 100000 are possible";
    /// How many traces are generated.
    Traces(i64) in 1..=100_000, "{} traces: 1 to 100000 can be generated";
    /// How many packets are in a window.
    Packets(i64) in 1..=1_000, "{} packets: 1 to 1000 are possible";
    /// How many points of presence there are.
    Pops(i64) in 1..=10_000, "{} points of presence: 1 to 10000 are possible";
    /// How often a cache tries.
    Tries(i64) in 1..=100, "{} attempts: write 1 to 100";
    /// What something costs.
    #[derive(Default)]
    Price(f64) in 0.0..=1e9, "a price of {}: write 0 or more";
    /// How many titles there are.
    Titles(i64) in 1..=100_000_000, "{} titles: 1 to 100000000 are possible";
    /// The exponent of Zipf's law.
    Exponent(f64) in 0.0..=5.0, "an exponent of {}: write 0 to 5, as 0.8";
    /// How many servers, or places in a queue.
    Servers(i64) in 1..=10_000_000, "{} of them: 1 to 10000000 are possible";
    /// How often something is done in a second.
    PerSecond(f64) in 1e-3..=1e9, "{} a second: write 0.001 to 1000000000";
    /// The shape of a Weibull distribution.
    Shape(f64) in 0.1..=10.0, "a shape of {}: write 0.1 to 10; below 1 the tail is long";
    /// How often something is tried.
    Attempts(i64) in 1..=1_000, "{} attempts: write 1 to 1000";
}

/// What is kept of the results.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
pub struct Output {
    /// Whether to write a row per viewer to `sessions.csv`.
    pub sessions: bool,
    /// Whether to write a row per request to `requests.csv`: some hundreds of bytes each.
    pub requests: bool,
    /// Of how many of the viewers who stalled it is found out why, in each run: they watch again
    /// with parts of their way ideal. 0 of none.
    #[schemars(range(max = 100_000))]
    pub causes: u32,
    /// Of how many viewers of each run, the first, every model of quality of experience tells a
    /// score. 0 of none.
    pub scored: u32,
    /// What ITU-T P.1203, which is one of them, is told of how viewers watch.
    pub p1203: P1203,
}

impl Default for Output {
    fn default() -> Self {
        let p1203 = P1203::default();
        Self { sessions: true, requests: false, causes: 24, scored: 1_000, p1203 }
    }
}

/// The value of an algorithm's parameter.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq)]
#[serde(untagged, expecting = "expected a number, a string, true or false")]
pub enum Setting {
    /// Yes or no.
    Flag(bool),
    /// A whole number.
    Count(i64),
    /// A number.
    Number(f64),
    /// A quantity with its unit, or the name of an algorithm.
    Text(String),
    /// Settings of a player whose names have dots: `streaming.buffer.bufferTimeDefault = 12`.
    Table(BTreeMap<String, Self>),
}

/// One thing, written as a string, or a list.
#[derive(Clone, Debug, PartialEq)]
pub enum OneOrMany<T> {
    /// The string.
    One(String),
    /// The list.
    Many(Vec<T>),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Either<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Either<T> {
            type Value = OneOrMany<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or a list")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<OneOrMany<T>, E> {
                Ok(OneOrMany::One(text.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<OneOrMany<T>, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(OneOrMany::Many)
            }
        }

        from.deserialize_any(Either(PhantomData))
    }
}

impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("{}OrList", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [{ "type": "string" }, { "type": "array", "items": one }] })
    }
}

/// The bitrates of an audio track.
pub(super) fn bitrates(audio: &OneOrMany<Rate>) -> Result<Vec<Bitrate>, String> {
    match audio {
        OneOrMany::One(text) => Ok(vec![text.parse::<Rate>()?.0]),
        OneOrMany::Many(rates) => Ok(rates.iter().map(|rate| rate.0).collect()),
    }
}
