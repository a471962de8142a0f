//! The classes of networks of a scenario, with every trace at hand.
//!
//! The idea to hold: whatever says what bandwidth there is (files, a rate, a generator, a profile)
//! becomes a list of traces, which is then cut, scaled and relieved of cross traffic, in that
//! order.

use std::sync::Arc;

use toml::Spanned;

use super::file::{self, End, Network, Networks, Offset, OneOrMany};
use super::mix::Mix;
use super::setup::known;
use super::source::{ScenarioError, Source};
use super::traces::{Library, NamedTrace};
use crate::net::{Http, Model, Path, Sharing, Tcp};
use crate::seed::Seed;
use crate::trace::generate::{Class, STEP, generate};
use crate::trace::profile::{PROFILES, Profile};
use crate::trace::{self, Flaw, MAX_STEPS, Trace};
use crate::units::Span;

/// A class of networks.
pub struct NetworkClass {
    /// What reports call it.
    pub name: String,
    /// What its links may follow.
    pub traces: Arc<[NamedTrace]>,
    /// Where in its trace each begins; drawn if nothing.
    pub offset: Option<Span>,
    /// What else is on the way.
    pub path: Path,
    /// The most that a viewer's own round trip has on top.
    pub spread: Span,
    /// How many viewers share each link.
    pub players: u64,
}

/// How long a full queue delays under TCP, unless said. An assumption: what stands in front of home
/// lines and radio cells is from tens of milliseconds to seconds.
const QUEUE: Span = Span::from_millis(200);

/// How many traces of a class are generated unless said, and how long each lasts.
const GENERATED: u64 = 100;
const LENGTH: Span = Span::from_secs(600);

/// Makes ready the networks of a scenario.
pub(super) fn made(
    source: &Source,
    library: &mut Library,
    written: &Spanned<Networks>,
    seed: Seed,
) -> Result<Mix<NetworkClass>, ScenarioError> {
    let entries = match written.get_ref() {
        Networks::One(network) => {
            let entry = Entry { source, span: written.span(), network, seed };
            return Ok(Mix::one(entry.class(library)?));
        }
        Networks::Mix(entries) => entries,
    };
    let mut classes: Vec<(f64, NetworkClass)> = Vec::with_capacity(entries.len());
    for entry in entries {
        let (span, network) = (entry.span(), entry.get_ref());
        let several = entries.len() > 1;
        let lacks = |key: &str, example: &str| {
            let message = format!("one of several networks has no {key}");
            source.error(span.clone(), message).help(format!("write {example}, say"))
        };
        if several && network.name.is_none() {
            return Err(lacks("name", "name = \"wifi\""));
        }
        let weight = match &network.weight {
            Some(weight) => weight.get_ref().0,
            None if several => return Err(lacks("weight", "weight = 40")),
            None => 1.0,
        };
        let class = Entry { source, span, network, seed }.class(library)?;
        if class.name.contains('.') {
            let span = network.name.as_ref().map_or(entry.span(), Spanned::span);
            let error = source.error(span, format!("{:?} has a dot in it", class.name));
            return Err(error.help("a dot is what keys are set through: network.NAME.rtt"));
        }
        if classes.iter().any(|(_, known)| known.name == class.name) {
            let span = network.name.as_ref().map_or(entry.span(), Spanned::span);
            let message = format!("there are two networks named {:?}", class.name);
            return Err(source.error(span, message).help("give each a name of its own"));
        }
        classes.push((weight, class));
    }
    Mix::new(classes).map_err(|flaw| source.error(written.span(), format!("network: {flaw}")))
}

/// One table of the file.
struct Entry<'a> {
    source: &'a Source,
    span: std::ops::Range<usize>,
    network: &'a Network,
    seed: Seed,
}

impl Entry<'_> {
    fn class(&self, library: &mut Library) -> Result<NetworkClass, ScenarioError> {
        let network = self.network;
        let name = network.name.as_ref().map_or("network", |name| name.get_ref());
        Ok(NetworkClass {
            name: name.to_owned(),
            traces: self.shaped(self.traces(library)?, library)?.into(),
            offset: match network.offset {
                Offset::Random => None,
                Offset::At(span) => Some(span),
            },
            path: self.path(),
            spread: network.rtt_spread.0,
            players: network.players.map_or(1, |players| players.0 as u64),
        })
    }

    /// What else is on the way.
    fn path(&self) -> Path {
        let network = self.network;
        let profile = network.generate.as_ref().and_then(|name| Profile::named(name.get_ref()));
        let loss = network.loss.map_or(profile.map_or(0.0, Profile::loss), |loss| loss.0);
        let usual = Tcp::default().initial_window;
        let initial_window = network.initial_window.map_or(usual, |packets| packets.0 as u32);
        let http = match network.http {
            file::Http::One => Http::One,
            file::Http::Two => Http::Two,
            file::Http::Three => Http::Three,
        };
        let (zero_rtt, idle_restart) = (network.zero_rtt, network.idle_restart);
        Path {
            rtt: network.rtt.0,
            jitter: network.jitter.0,
            queue: match (network.queue, network.model) {
                (Some(queue), _) => queue.0,
                (None, file::Model::Tcp) => QUEUE,
                (None, file::Model::Fluid) => Span::ZERO,
            },
            loss,
            model: match network.model {
                file::Model::Fluid => Model::Fluid,
                file::Model::Tcp => {
                    Model::Tcp(Tcp { http, zero_rtt, idle_restart, initial_window })
                }
            },
            sharing: match network.sharing {
                file::Sharing::MaxMin => Sharing::MaxMin,
                file::Sharing::RttBiased => Sharing::RttBiased,
            },
        }
    }

    /// The traces as they are before anything is done to them.
    fn traces(&self, library: &mut Library) -> Result<Vec<NamedTrace>, ScenarioError> {
        let Network { trace, bandwidth, generate, .. } = self.network;
        match (trace, bandwidth, generate) {
            (Some(written), None, None) => self.files(library, written),
            (None, Some(rate), None) => {
                let trace = Trace::constant(rate.get_ref().0);
                let trace = trace.map_err(|flaw| self.source.error(rate.span(), flaw))?;
                let name = rate.get_ref().0.to_string().replace(' ', "");
                Ok(vec![NamedTrace { name, trace: Arc::new(trace) }])
            }
            (None, None, Some(name)) => self.generated(name),
            (None, None, None) => {
                let message = "network has neither a trace nor a bandwidth nor `generate`: one \
                               of them is needed";
                let error = self.source.error(self.span.clone(), message);
                Err(error.help("write trace = \"traces/*.csv\", say"))
            }
            _ => {
                let spans =
                    [bandwidth.as_ref().map(Spanned::span), generate.as_ref().map(Spanned::span)];
                let span = spans.into_iter().flatten().next().unwrap_or(self.span.clone());
                let message = "network has more than one of trace, bandwidth and generate: one of \
                               them is needed";
                Err(self.source.error(span, message))
            }
        }
    }

    fn files(
        &self,
        library: &mut Library,
        written: &Spanned<OneOrMany<Spanned<String>>>,
    ) -> Result<Vec<NamedTrace>, ScenarioError> {
        let patterns = match written.get_ref() {
            OneOrMany::One(pattern) => vec![Spanned::new(written.span(), pattern.clone())],
            OneOrMany::Many(patterns) => patterns.clone(),
        };
        let mut all = Vec::new();
        for pattern in patterns {
            let read = library.traces(pattern.get_ref(), self.network.format, self.network.end);
            all.extend(read.map_err(|(message, help)| {
                self.source.error(pattern.span(), message).help(help)
            })?);
        }
        match all.is_empty() {
            true => Err(self.source.error(written.span(), "the list of traces is empty")),
            false => Ok(all),
        }
    }

    /// Of a generator's class, or a profile.
    fn generated(&self, written: &Spanned<String>) -> Result<Vec<NamedTrace>, ScenarioError> {
        let name = written.get_ref().as_str();
        if let Some(profile) = Profile::named(name) {
            let trace = profile.trace().with_end(self.network.end.meant());
            return Ok(vec![NamedTrace { name: name.to_owned(), trace: Arc::new(trace) }]);
        }
        let Some(class) = Class::named(name) else {
            let names = Class::ALL.iter().map(|class| class.name());
            let names = names.chain(PROFILES.iter().map(|profile| profile.name));
            let message = format!("there is no class or profile of networks {name:?}");
            let error = self.source.error(written.span(), message);
            return Err(error.help(known("network", name, names)));
        };
        let count = self.network.count.map_or(GENERATED, |count| count.0 as u64);
        let length = self.network.length.as_ref().map_or(LENGTH, |length| length.get_ref().0);
        let blamed = self.network.length.as_ref().map_or(written.span(), Spanned::span);
        let steps = count.saturating_mul(length.as_nanos() / STEP.as_nanos());
        if steps > MAX_STEPS as u64 {
            let message = format!(
                "{count} traces of {length} have {steps} steps: {MAX_STEPS} are possible in all"
            );
            return Err(self.source.error(blamed, message).help("generate fewer, or shorter ones"));
        }
        let one = |index: u64| {
            let trace = generate(class, self.seed, index, length, self.network.end.meant());
            let trace = trace.map_err(|error| self.source.error(blamed.clone(), error))?;
            Ok(NamedTrace { name: format!("{name}-{index}"), trace: Arc::new(trace) })
        };
        (0..count).map(one).collect()
    }

    /// The traces cut, scaled, and without what others take.
    fn shaped(
        &self,
        mut traces: Vec<NamedTrace>,
        library: &mut Library,
    ) -> Result<Vec<NamedTrace>, ScenarioError> {
        let Network { clip, scale, cross, .. } = self.network;
        if let Some(clip) = clip {
            let [from, to] = clip.get_ref().map(|at| at.0);
            self.each(&mut traces, clip.span(), |trace| trace.clip(from, to))?;
        }
        if let Some(scale) = scale {
            let factor = scale.get_ref().0;
            self.each(&mut traces, scale.span(), |trace| trace.scaled(factor))?;
        }
        if let Some(cross) = cross {
            let found = library.traces(cross.get_ref(), None, End::Repeat);
            let found = found
                .map_err(|(message, help)| self.source.error(cross.span(), message).help(help))?;
            let [other] = found.as_slice() else {
                let message = format!("cross traffic is one trace, not {}", found.len());
                return Err(self.source.error(cross.span(), message));
            };
            self.each(&mut traces, cross.span(), |trace| {
                // Whole laps of the link's own trace, so that it can begin again where it ends.
                let laps = other.trace.length().as_nanos().div_ceil(trace.length().as_nanos());
                let left = trace.less(&other.trace, trace.length() * laps)?;
                Ok(left.with_end(trace.end()))
            })?;
        }
        Ok(traces)
    }

    fn each(
        &self,
        traces: &mut [NamedTrace],
        blamed: std::ops::Range<usize>,
        change: impl Fn(&Trace) -> Result<Trace, Flaw>,
    ) -> Result<(), ScenarioError> {
        for named in traces {
            let changed = change(&named.trace).map_err(|flaw| {
                self.source.error(blamed.clone(), format!("{}: {flaw}", named.name))
            })?;
            named.trace = Arc::new(changed);
        }
        Ok(())
    }
}

impl file::End {
    /// As a trace has it.
    pub(super) fn meant(self) -> trace::End {
        match self {
            Self::Repeat => trace::End::Repeat,
            Self::Hold => trace::End::Hold,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{said, scenario};
    use crate::units::Bitrate;

    const HOME: &str = "bandwidth = \"8Mbps\"";

    #[test]
    fn one_of_several_networks_has_a_name_and_a_weight() {
        let two = |first: &str| {
            said(&format!(
                "[[network]]\n{first}\n{HOME}\n[[network]]\nname = \"b\"\nweight = 1\n{HOME}"
            ))
        };
        assert_eq!(
            two("weight = 1"),
            "one of several networks has no name | write name = \"wifi\", say"
        );
        assert_eq!(
            two("name = \"a\""),
            "one of several networks has no weight | write weight = 40, say"
        );
        assert!(two("name = \"b\"\nweight = 2").starts_with("there are two networks named \"b\""));
        assert_eq!(two("name = \"a\"\nweight = -1"), "a weight of -1: write 0 or more, as 40 | ");
        assert!(two("name = \"a\"\nweight = nan").starts_with("a weight of NaN"));
        assert_eq!(two("name = \"a\"\nweight = 3"), "nothing");
    }

    #[test]
    fn somebody_has_to_have_a_network() {
        let nobody = format!("[[network]]\nname = \"a\"\nweight = 0\n{HOME}");
        assert_eq!(said(&nobody), "network: every weight is 0: nobody has any of them | ");
        assert!(said("network = []").contains("network: there is nothing to choose from"));
        assert!(said("network = 5").contains("a table [network], or several [[network]]"));
    }

    #[test]
    fn what_bandwidth_there_is_is_said_once() {
        let wrong = said("[network]\nrtt = \"1ms\"");
        assert!(wrong.starts_with("network has neither a trace nor a bandwidth nor `generate`"));
        let wrong = said("[network]\nbandwidth = \"1Mbps\"\ngenerate = \"lte\"");
        assert!(wrong.starts_with("network has more than one of trace, bandwidth and generate"));
        let wrong = said("[network]\ngenerate = \"home-wify\"");
        assert!(wrong.contains("did you mean \"home-wifi\"?"), "{wrong}");
        let wrong = said("[network]\ngenerate = \"lte\"\ncount = 1000\nlength = \"2h\"");
        assert!(wrong.starts_with("1000 traces of 7200s have 7200000 steps"), "{wrong}");
    }

    #[test]
    fn a_trace_is_scaled_and_shared_with_others() {
        // Of 8 Mbit/s a quarter is 2; of two viewers on a link, each may have 1.
        let made = scenario(&format!("[network]\n{HOME}\nscale = 0.25\nplayers = 2")).unwrap();
        let class = &made.points[0].setup.networks[0];
        assert_eq!(class.traces[0].trace.mean(), Bitrate::kbps(2_000));
        assert_eq!(class.players, 2);
        for (key, right) in [
            ("scale = 0", "a scale of 0: write more than 0, and at most 1000000 | "),
            ("scale = -1", "a scale of -1: write more than 0, and at most 1000000 | "),
            ("players = 0", "0 players on a link: 1 to 100000 are possible | "),
            ("cross = \"nowhere.csv\"", "no file matches \"nowhere.csv\""),
        ] {
            let wrong = said(&format!("[network]\n{HOME}\n{key}"));
            assert!(wrong.starts_with(right), "{key}: {wrong}");
        }
    }
}
