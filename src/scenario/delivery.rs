//! What is behind the last mile of a scenario: the origin, caches, and the catalogue.
//!
//! The idea to hold: viewers who ask the same caches affect each other, so they are simulated
//! together: those of a point of presence, or of all of them where these share a shield or an
//! origin with a queue.

use std::sync::Arc;

use toml::Spanned;

use super::faults;
use super::file::{self, Coupling, File, Viewers};
use super::live::OnAir;
use super::mix::Mix;
use super::setup::{COUPLED, known};
use super::source::{ScenarioError, Source};
use super::traces::Library;
use crate::cdn::{
    Catalogue, Edge, Faults, Holds, Hop, Incident, Latency, Origin, PRESETS, Plan, Policy, Queue,
    Stage, Start, Store, Tail, Tier, Trouble,
};
use crate::media::Presentation;
use crate::seed::{Purpose, Seed};
use crate::units::{Bytes, Span, Time};

/// Caches, and what is the same for all of them.
pub struct Delivery {
    /// The points of presence, with the shares of viewers they have.
    pub pops: Mix<(String, Hop)>,
    /// How many CDNs have each.
    cdns: usize,
    shield: Option<Hop>,
    queue: Option<Queue>,
    catalogue: Arc<Catalogue>,
    /// The share of viewers who watch each title or a more popular one.
    titles: Vec<f64>,
    /// Whether all points of presence affect each other.
    together: bool,
    /// Whether there are no caches.
    direct: bool,
}

/// The most objects of all caches that are simulated together: each takes about 60 bytes.
const MOST_OBJECTS: u64 = 20_000_000;

/// The most viewers who are simulated together.
pub(super) const MOST_TOGETHER: u64 = 2_000_000;

/// How long requests are counted together.
pub const STEP: Span = Span::from_secs(10);

/// The most points of presence.
const MOST_POPS: usize = 10_000;

/// The most requests of viewers who have no caches, each of which is remembered: about 200 bytes.
const MOST_REQUESTS: u64 = 50_000_000;

/// The most tiers of an origin.
const MOST_TIERS: usize = 100;

/// The largest file of latencies.
const MOST_LATENCIES: u64 = 16 << 20;

/// Makes ready the chain of a scenario, if it has more of one than an origin that knows no load.
pub(super) fn made(
    source: &Source,
    file: &File,
    origin: &Origin,
    content: &Presentation,
    devices: &[Arc<Presentation>],
) -> Result<Option<Delivery>, ScenarioError> {
    let queue = queue(source, &file.origin)?;
    let titles = file.catalogue.titles.get_ref().0 as u32;
    if file.cdn.is_none() && queue.is_none() && titles == 1 && origin.tiers.is_empty() {
        return Ok(None);
    }
    let catalogue = Catalogue::new(content, titles, devices).ok_or_else(|| {
        let message = format!("{titles} titles have more objects than can be told apart");
        source.error(file.catalogue.titles.span(), message).help("let there be fewer of them")
    })?;
    let segments: u64 = content.tracks.iter().map(|track| u64::from(track.count())).sum();
    let Viewers::Count(viewers) = *file.viewers.get_ref() else {
        return Err(source.error(file.viewers.span(), COUPLED).help("write a number"));
    };
    let requests = viewers.saturating_mul(segments);
    if file.cdn.is_none() && requests > MOST_REQUESTS {
        let message = format!("{requests} requests of an origin: at most {MOST_REQUESTS}");
        return Err(source.error(file.viewers.span(), message).help("let there be fewer viewers"));
    }
    let (pops, cdns, shield, together) = match &file.cdn {
        None => (Mix::one(("origin".to_owned(), Hop::default())), 1, None, true),
        Some(cdn) => {
            let cdn = cdn.get_ref();
            let largest = catalogue.largest();
            let shield = cdn.shield.as_ref().map(|shield| hop(source, shield, largest, None));
            let together = coupling(source, cdn, queue.as_ref())?;
            (pops(source, cdn, largest)?, cdns(source, cdn)?, shield.transpose()?, together)
        }
    };
    let pops_together = if together { pops.classes().len() } else { 1 };
    let caches = pops_together * cdns + usize::from(shield.is_some());
    let objects = u64::from(catalogue.count()) * caches as u64;
    if objects > MOST_OBJECTS {
        let message = format!("{objects} objects in caches: at most {MOST_OBJECTS} are possible");
        let error = source.error(file.catalogue.titles.span(), message);
        return Err(error.help("fewer titles or points of presence, or longer segments"));
    }
    let weights = (1..=titles).map(|n| libm::pow(f64::from(n), -file.catalogue.zipf.0));
    let mut upto: Vec<f64> = Vec::with_capacity(titles as usize);
    for weight in weights {
        upto.push(upto.last().copied().unwrap_or(0.0) + weight);
    }
    let total = upto.last().copied().unwrap_or(1.0);
    upto.iter_mut().for_each(|upto| *upto /= total);
    Ok(Some(Delivery {
        pops,
        cdns,
        shield,
        queue,
        catalogue: Arc::new(catalogue),
        titles: upto,
        together,
        direct: file.cdn.is_none(),
    }))
}

/// Whether all points of presence affect each other.
fn coupling(
    source: &Source,
    cdn: &file::Cdn,
    queue: Option<&Queue>,
) -> Result<bool, ScenarioError> {
    if let Some(hits) = &cdn.edge.hits {
        let error =
            source.error(hits.span(), "an edge is always simulated: only a shield has hits");
        return Err(error.help("write them under [cdn.shield], or leave them out"));
    }
    let hits = cdn.shield.as_ref().and_then(|shield| shield.hits.as_ref());
    let coupling = cdn.coupling.as_ref();
    let span = coupling.map_or(0..0, Spanned::span);
    match (coupling.map_or(Coupling::Exact, |c| *c.get_ref()), hits) {
        (Coupling::Exact, None) => Ok(cdn.shield.is_some() || queue.is_some()),
        (Coupling::Exact, Some(hits)) => {
            let error = source.error(hits.span(), "hits are given for what is simulated");
            Err(error.help("leave them out, or say coupling = \"sampled\" under [cdn]"))
        }
        (Coupling::Sampled, Some(_)) if queue.is_none() => Ok(false),
        (Coupling::Sampled, Some(_)) => {
            let error = source.error(span, "a queue at the origin is everybody's");
            Err(error.help("leave `servers` and `rate` out, or couple exactly"))
        }
        (Coupling::Sampled, None) => {
            let error = source.error(span, "nothing says what the shield holds");
            Err(error.help("give [cdn.shield] hits = 0.9, say"))
        }
    }
}

fn cdns(source: &Source, cdn: &file::Cdn) -> Result<usize, ScenarioError> {
    match &cdn.cdns {
        None => Ok(1),
        Some(written) => match *written.get_ref() {
            cdns @ 1..=2 => Ok(cdns as usize),
            other => Err(source.error(written.span(), format!("{other} CDNs: write 1 or 2"))),
        },
    }
}

fn pops(
    source: &Source,
    cdn: &file::Cdn,
    largest: Bytes,
) -> Result<Mix<(String, Hop)>, ScenarioError> {
    let edge = |rtt| hop(source, &cdn.edge, largest, rtt);
    match (&cdn.pops, cdn.pop.as_slice()) {
        (Some(pops), [_, ..]) => {
            let error = source.error(pops.span(), "`pops` and [[cdn.pop]] both say how many");
            Err(error.help("leave one of them out"))
        }
        (pops, []) => {
            let count = pops.as_ref().map_or(1, |pops| pops.get_ref().0);
            let all = (1..=count).map(|n| Ok((1.0, (format!("pop-{n}"), edge(None)?))));
            let all = all.collect::<Result<_, ScenarioError>>()?;
            Mix::new(all).map_err(|flaw| source.error(0..0, format!("cdn.pops: {flaw}")))
        }
        (None, named) => {
            if let Some(pop) = named.get(MOST_POPS) {
                let message = format!("more than {MOST_POPS} points of presence");
                return Err(source.error(pop.name.span(), message));
            }
            let mut all: Vec<(f64, (String, Hop))> = Vec::with_capacity(named.len());
            for file::Pop { name, weight, rtt } in named {
                if all.iter().any(|(_, (known, _))| known == name.get_ref()) {
                    let message = format!("there are two of {:?}", name.get_ref());
                    let error = source.error(name.span(), message);
                    return Err(error.help("give each a name of its own"));
                }
                let hop = edge(rtt.map(|rtt| rtt.0))?;
                all.push((weight.get_ref().0, (name.get_ref().clone(), hop)));
            }
            let span = named[0].weight.span();
            Mix::new(all).map_err(|flaw| source.error(span, format!("cdn.pop: {flaw}")))
        }
    }
}

/// A cache as it behaves, with this round trip if one is said.
fn hop(
    source: &Source,
    cache: &file::Cache,
    largest: Bytes,
    rtt: Option<Span>,
) -> Result<Hop, ScenarioError> {
    let room = cache.size.get_ref().0;
    if room < largest {
        let message = format!("a cache of {room} cannot hold the largest segment, {largest}");
        let error = source.error(cache.size.span(), message);
        return Err(error.help("let it hold some, or say ttl = \"0s\" where it is to keep nothing"));
    }
    let patience = cache.collapse_timeout.map_or(Span::MAX, |patience| patience.0);
    let ttl = cache.ttl.map_or(Span::MAX, |ttl| ttl.0);
    Ok(Hop {
        room: if cache.start == file::Start::Filled { Bytes::MAX } else { room },
        policy: match cache.policy {
            file::Policy::Lru => Policy::Lru,
            file::Policy::TinyLfu => Policy::TinyLfu,
        },
        start: match cache.start {
            file::Start::Cold => Start::Cold,
            file::Start::Warm | file::Start::Filled => Start::Warm,
        },
        collapse: cache.collapse.then_some(patience),
        ttl,
        ttl_documents: cache.ttl_documents.map_or(ttl, |ttl| ttl.0),
        refreshed: None,
        stale_while_revalidate: cache.stale_while_revalidate.0,
        stale_if_error: cache.stale_if_error.0,
        negative: cache.negative.0,
        rtt: rtt.unwrap_or(cache.rtt.0),
        connect: if cache.reuse { 0 } else { 2 },
        timeout: cache.timeout.map_or(Span::MAX, |timeout| timeout.0),
        attempts: cache.attempts.0 as u8,
        backoff: cache.backoff.0,
        sampled: cache.hits.as_ref().map(|hits| hits.get_ref().0),
    })
}

/// What an origin can do at once, if that is not everything.
fn queue(source: &Source, origin: &file::Origin) -> Result<Option<Queue>, ScenarioError> {
    let room = origin.queue.as_ref().map_or(u32::MAX, |room| room.get_ref().0 as u32);
    match (&origin.servers, &origin.rate) {
        (None, None) => match &origin.queue {
            None => Ok(None),
            Some(room) => {
                let error = source.error(room.span(), "a queue, and nobody has to wait");
                Err(error.help("say how many are served at once: servers = 64, say"))
            }
        },
        (Some(servers), None) => {
            Ok(Some(Queue { servers: servers.get_ref().0 as u32, service: None, room }))
        }
        (None, Some(rate)) => {
            let service = Some(Span::from_secs_f64(1.0 / rate.get_ref().0));
            Ok(Some(Queue { servers: 1, service, room }))
        }
        (Some(_), Some(rate)) => {
            let error = source.error(rate.span(), "`servers` and `rate` both say how many");
            Err(error.help("leave one of them out"))
        }
    }
}

/// The origin of a scenario.
pub(super) fn origin(
    source: &Source,
    library: &mut Library,
    written: &file::Origin,
    content: &Presentation,
    (titles, end): (u32, Span),
    seed: Seed,
) -> Result<Origin, ScenarioError> {
    let file::Origin { preset, latency, bandwidth, errors, resets, truncated, .. } = written;
    let faults = Faults { errors: errors.0, resets: resets.0, truncated: truncated.0 };
    if faults.errors + faults.resets + faults.truncated > 1.0 {
        let span = written.latency.as_ref().map_or(0..0, Spanned::span);
        let error = source.error(span, "origin: errors, resets and truncated are more than all");
        return Err(error.help("they are shares of all requests"));
    }
    if let Some(tier) = written.tier.get(MOST_TIERS) {
        let error = source.error(tier.name.span(), format!("more than {MOST_TIERS} tiers"));
        return Err(error.help("let those that are alike be one"));
    }
    let mut tiers = Vec::with_capacity(written.tier.len());
    for tier in &written.tier {
        let name = tier.name.get_ref().as_str();
        let taken = ["edge", "shield", "origin"].contains(&name)
            || tiers.iter().any(|other: &Tier| other.name == name);
        if taken {
            let error =
                source.error(tier.name.span(), format!("{name:?} is what another is called"));
            return Err(error.help("give each tier a name of its own"));
        }
        let store = store(source, library, &tier.preset, &tier.latency, &tier.bandwidth)?;
        let holds = holds(source, tier, content, titles)?;
        tiers.push(Tier { name: tier.name.get_ref().clone(), holds, store });
    }
    let mut incidents = Vec::with_capacity(written.incident.len());
    for incident in &written.incident {
        incidents.push(trouble(source, library, incident, end)?);
    }
    incidents.sort_by_key(|incident| incident.from);
    let scripts = written.fault.iter().map(|fault| faults::script(source, fault, content));
    let scripts = scripts.collect::<Result<Vec<_>, _>>()?.into();
    let store = store(source, library, preset, latency, bandwidth)?;
    let (tiers, incidents) = (tiers.into(), incidents.into());
    Ok(Origin { store, tiers, faults, incidents, scripts, seed, making: None })
}

fn store(
    source: &Source,
    library: &mut Library,
    preset: &Option<Spanned<String>>,
    latency: &Option<Spanned<file::Latency>>,
    bandwidth: &Option<Spanned<file::Rate>>,
) -> Result<Store, ScenarioError> {
    let mut store = Store::default();
    if let Some(name) = preset {
        let Some(preset) = PRESETS.iter().find(|preset| preset.name == name.get_ref()) else {
            let error =
                source.error(name.span(), format!("there is no store {:?}", name.get_ref()));
            let names = PRESETS.iter().map(|preset| preset.name);
            return Err(error.help(known("store", name.get_ref(), names)));
        };
        store = preset.store();
    }
    if let Some(written) = latency {
        store.latency = self::latency(source, library, written)?;
    }
    match bandwidth {
        Some(written) if written.get_ref().0.as_bps() == 0 => {
            let error = source.error(written.span(), "over 0 bps nothing ever comes");
            return Err(error.help("leave it out where there is no limit"));
        }
        Some(written) => store.bandwidth = Some(written.get_ref().0),
        None => {}
    }
    Ok(store)
}

pub(super) fn latency(
    source: &Source,
    library: &mut Library,
    written: &Spanned<file::Latency>,
) -> Result<Latency, ScenarioError> {
    Ok(match written.get_ref() {
        file::Latency::Same(latency) => Latency::Same(latency.0),
        file::Latency::Quantiles(p50, p99, None) => {
            Latency::Quantiles(p50.0, Tail::through(p50.0, p99.0))
        }
        file::Latency::Quantiles(p50, p99, Some(p999)) => {
            Latency::Quantiles(p50.0, Tail { p99: p99.0, p999: p999.0 })
        }
        file::Latency::LogNormal(median, sigma) => {
            Latency::LogNormal { median: median.0, sigma: sigma.0 }
        }
        file::Latency::Weibull(median, shape) => {
            let scale = median.0.scaled(libm::pow(std::f64::consts::LN_2, -1.0 / shape.0));
            Latency::Weibull { scale, shape: shape.0 }
        }
        file::Latency::File(path) => {
            let text = library
                .contents(path, MOST_LATENCIES)
                .map_err(|(message, help)| source.error(written.span(), message).help(help))?;
            let mut all = Vec::new();
            for (text, line) in text.lines().map(str::trim).zip(1..) {
                if text.is_empty() || text.starts_with('#') {
                    continue;
                }
                match text.parse::<f64>() {
                    Ok(ms) if (0.0..1e9).contains(&ms) => all.push(Span::from_millis_f64(ms)),
                    Ok(_) | Err(_) => {
                        let message = format!("{path}, line {line}: {text:?} is no latency");
                        let error = source.error(written.span(), message);
                        return Err(error.help("write a number of milliseconds a line"));
                    }
                }
            }
            if all.is_empty() {
                return Err(source.error(written.span(), format!("{path} holds no latencies")));
            }
            all.sort();
            Latency::Measured(all.into())
        }
    })
}

/// What a tier holds.
fn holds(
    source: &Source,
    tier: &file::Tier,
    content: &Presentation,
    titles: u32,
) -> Result<Holds, ScenarioError> {
    let file::Tier { name, popular, capacity, documents, .. } = tier;
    match (popular, capacity, documents) {
        (Some(part), None, false) => Ok(Holds::Popular(part.0)),
        (None, Some(capacity), false) => {
            let segments = content.tracks.iter().flat_map(|t| (0..t.count()).map(|i| t.sizes(i)));
            let title = segments.flatten().chain(&content.documents).copied().sum::<Bytes>();
            let whole = title.as_f64() * f64::from(titles);
            Ok(Holds::Popular((capacity.0.as_f64() / whole.max(1.0)).min(1.0)))
        }
        (None, None, true) => Ok(Holds::Documents),
        _ => {
            let error = source.error(name.span(), "what this tier holds is not said, or twice");
            Err(error.help("say one of popular = 0.1, capacity = \"2TB\" and documents = true"))
        }
    }
}

/// What happens to an origin, if that is before everything has ended.
fn trouble(
    source: &Source,
    library: &mut Library,
    written: &Spanned<file::Incident>,
    end: Span,
) -> Result<Incident, ScenarioError> {
    let file::Incident { at, lasting, latency, errors, down } = written.get_ref();
    if at.0 >= end {
        let message = format!("an incident at {}, and who watches all has by {end}", at.0);
        return Err(source.error(written.span(), message).help("let it begin before that"));
    }
    if latency.is_none() && errors.is_none() && !down {
        let error = source.error(written.span(), "an incident of which nothing is said");
        return Err(error.help("say latency = \"5s\", errors = 0.2 or down = true"));
    }
    let latency = latency.as_ref().map(|written| self::latency(source, library, written));
    let what = Trouble { latency: latency.transpose()?, errors: errors.map(|e| e.0), down: *down };
    let from = Time::ZERO + at.0;
    Ok(Incident { from, to: from + lasting.0, what })
}

impl Delivery {
    /// How many groups of viewers affect nobody in another.
    pub(super) fn groups(&self) -> usize {
        if self.together { 1 } else { self.pops.classes().len() }
    }

    /// The group of a point of presence, and the place of its edges in it.
    pub(super) fn group_of(&self, pop: usize) -> (usize, [u16; 2]) {
        let (group, first, pops) = match self.together {
            true => (0, pop, self.pops.classes().len()),
            false => (pop, 0, 1),
        };
        (group, [first as u16, (first + (self.cdns - 1) * pops) as u16])
    }

    /// The point of presence of a block of viewers.
    pub(super) fn pop_of(&self, seed: Seed, block: u64) -> usize {
        match self.pops.classes() {
            [_] => 0,
            _ => self.pops.pick(seed.unit(Purpose::Pop, &[block])),
        }
    }

    /// Which title a viewer watches.
    pub(super) fn title_of(&self, seed: Seed, viewer: u64) -> u32 {
        let unit = seed.unit(Purpose::Title, &[viewer]);
        let title = self.titles.partition_point(|&upto| upto <= unit);
        title.min(self.titles.len() - 1) as u32
    }

    /// The chain of a group, in front of that origin, with what of documents is made anew all the
    /// time.
    pub(super) fn plan(
        &self,
        group: usize,
        tells: u64,
        origin: Origin,
        live: Option<&OnAir>,
    ) -> Arc<Plan> {
        let hop =
            |hop: &Hop| Hop { refreshed: live.map(|live| live.refreshed.clone()), ..hop.clone() };
        let pops = self.pops.classes().iter().zip(0..);
        let own: Vec<_> = pops.filter(|&(_, pop)| self.group_of(pop).0 == group).collect();
        let all = self.pops.classes().len() as u64;
        let edges = (0..self.cdns as u64).flat_map(|cdn| {
            own.iter()
                .map(move |((_, of), pop)| Edge { number: *pop as u64 + cdn * all, hop: hop(of) })
        });
        Arc::new(Plan {
            catalogue: self.catalogue.clone(),
            edges: edges.collect(),
            shield: self.shield.as_ref().map(hop),
            origin,
            queue: self.queue,
            direct: self.direct,
            tells,
            step: STEP,
        })
    }

    /// Whether there is something of a stage that could be ideal.
    pub(super) fn has(&self, stage: Stage) -> bool {
        let takes_time = |hop: &Hop| !hop.rtt.is_zero();
        match stage {
            Stage::Edge => self.pops.classes().iter().any(|(_, hop)| takes_time(hop)),
            Stage::Shield => self.shield.as_ref().is_some_and(takes_time),
            Stage::Queue => self.queue.is_some(),
            Stage::LastMile | Stage::Origin | Stage::Errors | Stage::Choice => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{said, scenario};
    use super::*;

    const LINK: &str = "network.bandwidth = \"5Mbps\"\n";

    fn are_said(wrongs: &[(&str, &str)]) {
        for (lines, wrong) in wrongs {
            let found = said(&format!("{LINK}{lines}\n"));
            assert!(found.contains(wrong), "{lines}: {found}");
        }
    }

    #[test]
    fn what_is_wrong_with_an_origin_is_said_with_what_would_be_right() {
        are_said(&[
            (
                "origin.latency = { p50 = \"1s\", p99 = \"20ms\" }",
                "p99 at 0.02s is below p50 at 1s",
            ),
            ("origin.latency = { p50 = \"0s\", p99 = \"1s\" }", "p50 is zero: what is rarer could"),
            ("origin.latency = { p99 = \"1s\" }", "not one distribution: write \"20ms\", {"),
            ("origin.latency = { median = \"1s\", shape = 0.0 }", "a shape of 0: write 0.1 to 10"),
            ("origin.latency = { file = \"none.txt\" }", "none.txt"),
            (
                "origin.preset = \"object\"",
                "there is no store \"object\" | did you mean \"object-st",
            ),
            ("origin.bandwidth = \"0bps\"", "over 0 bps nothing ever comes | leave it out"),
            ("origin.errors = 0.6\norigin.resets = 0.5", "are more than all | they are shares"),
            (
                "origin.queue = 3",
                "a queue, and nobody has to wait | say how many are served at once",
            ),
            (
                "origin.servers = 3\norigin.rate = 5",
                "`servers` and `rate` both say how many | leave",
            ),
            ("origin.servers = 0", "0 of them: 1 to 10000000 are possible"),
            ("origin.rate = 0", "0 a second: write 0.001 to"),
            (
                "origin.tier = [{ name = \"a\" }]",
                "what this tier holds is not said, or twice | say",
            ),
            (
                "origin.tier = [{ name = \"edge\", popular = 0.5 }]",
                "\"edge\" is what another is called | give each tier a name of its own",
            ),
            (
                "origin.incident = [{ at = \"2m\", for = \"1s\", down = true }]",
                "an incident at 120s, and who watches all has by 60s | let it begin before that",
            ),
            (
                "origin.incident = [{ at = \"2s\", for = \"1s\" }]",
                "an incident of which nothing is said | say latency",
            ),
        ]);
    }

    #[test]
    fn what_is_wrong_with_caches_is_said_with_what_would_be_right() {
        are_said(&[
            ("cdn.edge.size = \"1kB\"", "cannot hold the largest segment"),
            (
                "cdn.edge.size = \"5\"",
                "\"5\" lacks its unit (B, kB, MB, GB, TB, PB): write \"5GB\", say",
            ),
            ("cdn.pops = 0", "0 points of presence: 1 to 10000 are possible"),
            ("cdn.pops = 2\ncdn.pop = [{ name = \"a\", weight = 1 }]", "both say how many | leave"),
            (
                "cdn.pop = [{ name = \"a\", weight = 1 }, { name = \"a\", weight = 1 }]",
                "there are two of \"a\" | give each a name of its own",
            ),
            ("cdn.pop = [{ name = \"a\", weight = 0 }]", "every weight is 0"),
            ("cdn.cdns = 3", "3 CDNs: write 1 or 2"),
            (
                "cdn.coupling = \"sampled\"",
                "nothing says what the shield holds | give [cdn.shield]",
            ),
            ("cdn.edge.hits = 0.5", "an edge is always simulated: only a shield has hits | write"),
            ("cdn.shield.hits = 0.5", "hits are given for what is simulated | leave them out"),
            (
                "cdn.shield.hits = 0.5\ncdn.coupling = \"sampled\"\norigin.servers = 2",
                "a queue at the origin is everybody's | leave `servers` and `rate` out",
            ),
            (
                "catalogue.titles = 1000000",
                "objects in caches: at most 20000000 are possible | fewer",
            ),
            (
                "player.preset = \"sabre\"\ncatalogue.titles = 2",
                "the simulator of the preset knows no caches, queues or catalogues | leave the",
            ),
            ("cdn.edge.attempts = 101", "101 attempts: write 1 to 100"),
            ("catalogue.titles = 0", "0 titles: 1 to 100000000 are possible"),
            ("costs.edge_gb = -1.0", "a price of -1: write 0 or more"),
            (
                "player.preset = \"sabre\"\ncdn.pops = 1",
                "the simulator of the preset knows no caches",
            ),
        ]);
    }

    #[test]
    fn points_of_presence_and_titles_have_their_shares() {
        let lines = "cdn.pop = [{ name = \"a\", weight = 1 }, { name = \"b\", weight = 3 }]\n\
                     catalogue.titles = 3\ncatalogue.zipf = 1.0\n";
        let made = scenario(&format!("{LINK}{lines}")).unwrap();
        let setup = &made.points[0].setup;
        let delivery = setup.delivery.as_ref().unwrap();
        assert_eq!(delivery.groups(), 2);
        let count = |is: &dyn Fn(u64) -> bool| (0..10_000).filter(|&n| is(n)).count();
        // √(10,000·0.75·0.25) = 43, of which four are allowed.
        let second = count(&|block| delivery.pop_of(setup.seed, block) == 1);
        assert!(second.abs_diff(7_500) < 173, "{second}");
        // Of 1 + 1/2 + 1/3 the first has 54.5 %, the last 18.2 %.
        let of = |title| count(&|viewer| delivery.title_of(setup.seed, viewer) == title);
        assert!(of(0).abs_diff(5_455) < 200 && of(2).abs_diff(1_818) < 155, "{} {}", of(0), of(2));
    }

    #[test]
    fn those_who_share_a_shield_or_a_queue_are_simulated_together() {
        let groups = |lines: &str| {
            let made = scenario(&format!("{LINK}cdn.pops = 4\n{lines}\n")).unwrap();
            made.points[0].setup.delivery.as_ref().unwrap().groups()
        };
        assert_eq!(groups(""), 4);
        assert_eq!(groups("cdn.shield = {}"), 1);
        assert_eq!(groups("origin.servers = 5"), 1);
        assert_eq!(groups("cdn.shield.hits = 0.9\ncdn.coupling = \"sampled\""), 4);
    }

    #[test]
    fn a_file_of_latencies_is_drawn_from() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("latencies.txt");
        std::fs::write(&path, "# ms\n30\n10\n\n20.5\n").unwrap();
        let name = path.display();
        let made = scenario(&format!("{LINK}origin.latency = {{ file = \"{name}\" }}\n")).unwrap();
        let latency = &made.points[0].setup.origin.store.latency;
        let right = [10.0, 20.5, 30.0].map(Span::from_millis_f64);
        assert_eq!(*latency, Latency::Measured(right.into()));
        std::fs::write(&path, "10\n20 ms\n").unwrap();
        let found = said(&format!("{LINK}origin.latency = {{ file = \"{name}\" }}\n"));
        assert!(found.contains("line 2: \"20 ms\" is no latency | write a number"), "{found}");
    }
}
