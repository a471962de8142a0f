//! A scenario as it is meant: traces read, players configured, algorithms made.
//!
//! The idea to hold: everything that can be wrong with a scenario is found here, before the first
//! viewer, and points at the words that are wrong. What passes runs.

use std::sync::Arc;

use toml::Spanned;

use super::audience::{self, Audience};
use super::content::{self, Made};
use super::delivery::{self, Delivery, MOST_TOGETHER};
use super::devices::{self, Device};
use super::file::{self, File, OneOrMany, Setting, Viewers};
use super::live::{self, OnAir};
use super::mix::Mix;
use super::networks::{self, NetworkClass};
use super::preset::Preset;
use super::quantity::nearest;
use super::scoring::Scoring;
use super::settings::settings;
use super::source::{ScenarioError, Source};
use super::traces::Library;
use crate::abr::models::Model;
use crate::abr::pace::Protocol;
use crate::abr::{ALGORITHMS, Algorithm, Announced, Factory, Settings};
use crate::cdn;
use crate::media::Presentation;
use crate::media::manifest::{Format, Outline, Unrolled};
use crate::player::{Config, Growth, Reports, Retry};
use crate::seed::Seed;
use crate::units::{Skew, Span, Speed, Time};

/// Everything the viewers of one point of a sweep have in common.
pub struct Setup {
    /// What they watch, as the players of the largest screens read it.
    pub content: Arc<Presentation>,
    /// What is played of its manifest, if it has one of its own.
    pub outline: Option<Arc<Outline>>,
    /// What is live of it, if it is.
    pub on_air: Option<OnAir>,
    /// How their players behave.
    pub config: Config,
    /// The simulator whose player they have instead, if any.
    pub preset: Option<Preset>,
    /// What networks they are on.
    pub networks: Mix<NetworkClass>,
    /// What they watch on.
    pub devices: Mix<Device>,
    /// When they come, and what they do.
    pub audience: Audience,
    /// Where the bytes come from.
    pub origin: cdn::Origin,
    /// The caches in front of that, if there are any.
    pub delivery: Option<Delivery>,
    /// The blocks of viewers in each group of those who ask the same caches.
    pub(super) groups: Vec<Vec<u64>>,
    /// When whoever is still there leaves.
    pub limit: Time,
    /// How many there are.
    pub viewers: u64,
    /// How far the 95 % interval of the zero-buffer rate may reach to either side, if there are to
    /// be as many viewers as that takes.
    pub until: Option<f64>,
    /// What every draw is derived from.
    pub seed: Seed,
    /// Of how many who stall is found out why.
    pub causes: usize,
    /// Who is scored by models of quality of experience, and how.
    pub(super) scoring: Scoring,
    /// What delivering costs, if that is said.
    pub costs: Option<file::Costs>,
    /// Whether each is written down.
    pub rows: bool,
    /// Whether each of their requests is.
    pub requests: bool,
    /// Who chooses for them, in turn.
    pub contenders: Vec<Contender>,
    /// What of the content was left out or made up, and why.
    pub notes: Vec<String>,
}

/// An algorithm in a comparison.
pub struct Contender {
    /// What the scenario calls it.
    pub label: String,
    /// What it is called on the list of algorithms.
    pub algorithm: &'static str,
    /// Whether it is the optimum of QoE, of which reports make a ceiling.
    pub optimum: bool,
    /// Makes it for one more player, by class of devices.
    pub factories: Vec<Factory>,
    /// How its player behaves, if it brings its own.
    pub config: Option<Config>,
    /// What its player learns of new segments by, of what is live.
    pub protocol: Option<Protocol>,
}

/// The most viewers a run may have.
pub(super) const MOST_VIEWERS: u64 = 1_000_000_000;

/// Why some viewers cannot be as many as it takes.
pub(super) const COUPLED: &str = "viewers of one chain, or of what is live, affect each other: how \
    many they are is a part of the question";

impl Setup {
    /// Makes ready what a scenario describes.
    pub(super) fn new(
        source: &Source,
        library: &mut Library,
        file: &File,
    ) -> Result<Self, ScenarioError> {
        let (viewers, until) = match *file.viewers.get_ref() {
            Viewers::Count(viewers) => (viewers, None),
            Viewers::Until(reach) => (1, Some(reach)),
        };
        if !(1..=MOST_VIEWERS).contains(&viewers) {
            let message = format!("{viewers} viewers: from 1 to {MOST_VIEWERS} are possible");
            return Err(source.error(file.viewers.span(), message));
        }
        let seed = Seed(file.seed);
        let Watched { content, outline, on_air, mut notes } = watched(source, library, file, seed)?;
        let length = content.end().since_start();
        let limit = match file.time_limit {
            Some(limit) => limit.0,
            None => length * 10 + Span::from_secs(600),
        };
        let audience = audience::made(source, &file.audience, length)?;
        attends(source, file, &audience, &content)?;
        let limit = limit + audience.last_arrival();
        let devices = devices::made(source, &file.device, &content)?;
        let networks = networks::made(source, library, &file.network, seed)?;
        let contenders = contenders(source, library, file, &devices, &mut notes)?;
        let titles = file.catalogue.titles.get_ref().0 as u32;
        let end = audience.last_arrival() + length;
        let origin =
            delivery::origin(source, library, &file.origin, &content, (titles, end), seed)?;
        let shown: Vec<_> = devices.classes().iter().map(|d| d.content.clone()).collect();
        let delivery = delivery::made(source, file, &origin, &content, &shown)?;
        if delivery.is_some() && viewers > MOST_TOGETHER {
            let message = format!("{viewers} viewers of one chain: at most {MOST_TOGETHER}");
            return Err(source.error(file.viewers.span(), message));
        }
        if until.is_some() && on_air.is_some() {
            return Err(source.error(file.viewers.span(), COUPLED).help("write a number"));
        }
        agree(source, file, delivery.is_some())?;
        notes.extend(unheeded(&file.player, &contenders));
        let setup = Self {
            config: config(source, &file.player, &content)?,
            outline,
            on_air,
            preset: Preset::made(source, &file.player, &content, &networks, limit)?,
            networks,
            origin,
            delivery,
            groups: Vec::new(),
            limit: Time::ZERO + limit,
            viewers,
            until,
            seed,
            causes: file.output.causes as usize,
            scoring: Scoring::made(source, library, &file.output, &content, &devices)?,
            costs: file.costs,
            rows: file.output.sessions,
            requests: file.output.requests,
            contenders,
            devices,
            audience,
            content,
            notes,
        };
        Ok(Self { groups: setup.grouped(), ..setup })
    }

    /// The blocks of viewers of each group.
    fn grouped(&self) -> Vec<Vec<u64>> {
        let Some(delivery) = &self.delivery else { return Vec::new() };
        let mut groups = vec![Vec::new(); delivery.groups()];
        for block in 0..self.blocks() {
            groups[delivery.group_of(delivery.pop_of(self.seed, block)).0].push(block);
        }
        groups
    }
}

impl Setup {
    /// How many lanes a player has: one for each track, and one for the manifest of what is live.
    pub(super) fn lanes(&self) -> usize {
        self.content.tracks.len() + usize::from(self.on_air.is_some())
    }

    /// The names of the origin's tiers, then of the rest of it.
    pub(super) fn stores(&self) -> Vec<String> {
        let tiers = self.origin.tiers.iter().map(|tier| tier.name.clone());
        tiers.chain(["origin".to_owned()]).collect()
    }
}

fn config(
    source: &Source,
    player: &file::Player,
    content: &Presentation,
) -> Result<Config, ScenarioError> {
    let target = player.buffer.get_ref().0;
    for (name, threshold) in [("startup", &player.startup), ("resume", &player.resume)] {
        let needed = threshold.get_ref().0;
        if needed > target {
            let span = if threshold.span().is_empty() { &player.buffer } else { threshold }.span();
            let message = format!("{name} at {needed} is beyond the buffer of {target}");
            return Err(source.error(span, message).help("let the buffer be the larger"));
        }
    }
    let durations = content.tracks.iter().flat_map(|t| (0..t.count()).map(|i| t.duration(i)));
    let longest = durations.max().unwrap_or_default();
    if longest > target {
        let message = format!("a buffer of {target} cannot hold a segment of {longest}");
        let error = source.error(player.buffer.span(), message);
        return Err(error.help("let the buffer hold two segments at least"));
    }
    let retry = Retry {
        first: player.retry.0,
        longest: player.retry_longest.0,
        attempts: player.attempts.0 as u32,
        growth: Growth::Doubling,
        same: false,
    };
    let (startup, resume) = (player.startup.get_ref().0, player.resume.get_ref().0);
    let (reports, clock) = (Reports::default(), Skew::default());
    Ok(Config { startup, resume, target, retry, speed: Speed::NORMAL, reports, clock })
}

/// What is watched, what is live of it, and what there is to say.
struct Watched {
    content: Arc<Presentation>,
    outline: Option<Arc<Outline>>,
    on_air: Option<OnAir>,
    notes: Vec<String>,
}

/// What is watched, and what there is to say of it.
fn watched(
    source: &Source,
    library: &mut Library,
    file: &File,
    seed: Seed,
) -> Result<Watched, ScenarioError> {
    let (written, most) = (&file.content, file.player.max_height);
    let made = content::made(source, library, written, most, file.live.as_ref(), seed)?;
    let Made { presentation, notes, live: told, outline } = made;
    let outline = outline.map(Arc::new);
    let Some(live) = &file.live else {
        return Ok(Watched { content: Arc::new(presentation), outline, on_air: None, notes });
    };
    let format = match &told {
        Some(Unrolled { manifest, .. }) if manifest.format == Format::Hls => file::Format::Hls,
        Some(_) => file::Format::Dash,
        None => written.get_ref().format.as_ref().map(|f| *f.get_ref()).unwrap_or_default(),
    };
    let content = (presentation, format, told);
    let (content, on_air) = live::made(source, library, live, content, seed)?;
    Ok(Watched { content: Arc::new(content), outline, on_air: Some(on_air), notes })
}

/// That what a scenario asks for goes together.
fn agree(source: &Source, file: &File, chain: bool) -> Result<(), ScenarioError> {
    let cold = |cache: &file::Cache| cache.start == file::Start::Cold;
    let all_cold = |cdn: &file::Cdn| cold(&cdn.edge) && cdn.shield.as_ref().is_none_or(cold);
    let (wrong, message, help) = match (&file.live, &file.player.preset, &file.cdn) {
        (Some(_), Some(preset), _) => {
            let message = "the simulator of the preset knows nothing that is live";
            (preset.span(), message, "leave the preset or [live] out")
        }
        (None, Some(preset), _) if chain => {
            let message = "the simulator of the preset knows no caches, queues or catalogues";
            (preset.span(), message, "leave the preset out, or these")
        }
        (Some(_), None, Some(cdn)) if !all_cold(cdn.get_ref()) => {
            let message = "caches hold nothing yet of what has not been captured";
            (cdn.span(), message, "leave `start` out")
        }
        _ => return Ok(()),
    };
    Err(source.error(wrong, message).help(help))
}

/// That the viewers of what is live can be that.
fn attends(
    source: &Source,
    file: &File,
    audience: &Audience,
    content: &Presentation,
) -> Result<(), ScenarioError> {
    let (Some(live), written) = (&content.live, &file.audience) else { return Ok(()) };
    let ends = content.end().since_start().saturating_sub(live.elapsed);
    let comes = audience.last_arrival();
    if let Some(arrivals) = written.arrivals.as_ref().filter(|_| comes >= ends) {
        let message = format!("viewers come until {comes}, and the event is over after {ends}");
        let error = source.error(arrivals.span(), message);
        return Err(error.help("let them come earlier, or content.duration be longer"));
    }
    match &written.speed {
        None => Ok(()),
        Some(speed) => {
            let error = source.error(speed.span(), "nobody plays live at a speed of their own");
            Err(error.help("leave it out: players set it to keep their distance"))
        }
    }
}

/// The algorithms that tables make, by label.
type Labelled<'a> = Vec<(&'a str, &'static Algorithm, Settings)>;

/// What the tables of algorithms make.
fn made<'a>(
    source: &Source,
    library: &mut Library,
    file: &'a File,
    notes: &mut Vec<String>,
) -> Result<Labelled<'a>, ScenarioError> {
    let names = || ALGORITHMS.iter().map(|a| a.name);
    let mut made = Vec::new();
    for (label, table) in &file.algorithm {
        let chosen = table.iter().find(|(key, _)| key.get_ref() == "use");
        let (span, name) = match chosen.map(|(_, value)| (value.span(), value.get_ref())) {
            Some((span, Setting::Text(name))) => (span, name.as_str()),
            Some((span, _)) => {
                return Err(source.error(span, "`use` names an algorithm, in quotes"));
            }
            None => (label.span(), label.get_ref().as_str()),
        };
        let Some(algorithm) = Algorithm::named(name) else {
            let error = unknown(source, span, name, names());
            return Err(match chosen {
                Some(_) => error,
                None => error.help(format!(
                    "a table of a name of your own says what it is made of: use = {:?}, say",
                    nearest(name, names()).unwrap_or("bola")
                )),
            });
        };
        if name != label.get_ref() && Algorithm::named(label.get_ref()).is_some() {
            let message =
                format!("[algorithm.{}] would make it another algorithm", label.get_ref());
            return Err(source.error(span, message).help("give the table a name of your own"));
        }
        let settings = settings(source, library, algorithm, table, notes)?;
        made.push((label.get_ref().as_str(), algorithm, settings));
    }
    Ok(made)
}

fn contenders(
    source: &Source,
    library: &mut Library,
    file: &File,
    devices: &Mix<Device>,
    notes: &mut Vec<String>,
) -> Result<Vec<Contender>, ScenarioError> {
    let names = || ALGORITHMS.iter().map(|a| a.name);
    let made = made(source, library, file, notes)?;
    let labels = || names().chain(file.algorithm.keys().map(|label| label.get_ref().as_str()));
    let mut contenders: Vec<Contender> = Vec::new();
    let wanted = match file.abr.get_ref() {
        OneOrMany::One(label) => vec![Spanned::new(file.abr.span(), label.clone())],
        OneOrMany::Many(labels) => labels.clone(),
    };
    for wanted in &wanted {
        let label = wanted.get_ref().as_str();
        let plain = || Algorithm::named(label).map(|a| (label, a, Settings::default()));
        let found = made.iter().find(|(made, ..)| *made == label).cloned().or_else(plain);
        let Some((_, algorithm, settings)) = found else {
            return Err(unknown(source, wanted.span(), label, labels()));
        };
        if contenders.iter().any(|c| c.label == label) {
            let message = format!("{label:?} is compared with itself");
            let help = "a second one with other parameters needs a table [algorithm.NAME]";
            return Err(source.error(wanted.span(), message).help(help));
        }
        let made = devices.classes().iter().map(|device| {
            (algorithm.new)(&settings, &device.content).map_err(|unfit| match devices.classes() {
                [_] => unfit.to_string(),
                _ => format!("{unfit}, on the device {:?}", device.name),
            })
        });
        let factories = made.collect::<Result<Vec<Factory>, _>>();
        let factories = factories.map_err(|unfit| source.error(wanted.span(), unfit))?;
        let optimum = is_optimum(file, algorithm, &settings);
        let config = Model::named(algorithm.name).map(|model| (model.config)(&settings));
        if config.is_some()
            && let Some(preset) = &file.player.preset
        {
            let message = format!("{} brings its own player, and so does a preset", algorithm.name);
            let error = source.error(preset.span(), message);
            return Err(error.help("leave the preset out, or compare algorithms under it"));
        }
        let protocol = |announced: &Announced| factories[0]().go_live(announced).protocol();
        let protocol = Announced::of(&devices[0].content).as_ref().map(protocol);
        contenders.push(Contender {
            label: label.to_owned(),
            algorithm: algorithm.name,
            optimum,
            factories,
            config,
            protocol,
        });
    }
    match contenders.is_empty() {
        true => Err(source.error(file.abr.span(), "abr is empty: name an algorithm")),
        false => Ok(contenders),
    }
}

/// A note where a scenario says how players behave, and some behave in their own way.
fn unheeded(player: &file::Player, contenders: &[Contender]) -> Option<String> {
    let said = [
        ("buffer", player.buffer.span()),
        ("startup", player.startup.span()),
        ("resume", player.resume.span()),
    ];
    let said: Vec<_> =
        said.iter().filter(|(_, span)| !span.is_empty()).map(|(key, _)| *key).collect();
    let own = contenders.iter().filter(|contender| contender.config.is_some());
    let own: Vec<_> = own.map(|contender| contender.label.as_str()).collect();
    (!said.is_empty() && !own.is_empty()).then(|| {
        let (own, keys) = (own.join(", "), said.join(", "));
        let are = if said.len() == 1 { "is" } else { "are" };
        format!("{own}: the player is modelled whole, so {keys} under [player] {are} not heeded")
    })
}

/// Whether this is the optimum of QoE as reports score it, in a world that it knows.
fn is_optimum(file: &File, algorithm: &Algorithm, settings: &Settings) -> bool {
    let mut weights = algorithm.parameters.iter().filter(|p| p.name != "resolution");
    let plain = weights.all(|p| settings.value(p) == p.default);
    algorithm.name == "optimal" && plain && file.player.preset.is_none()
}

fn unknown<'a>(
    source: &Source,
    span: std::ops::Range<usize>,
    name: &str,
    names: impl Iterator<Item = &'a str> + Clone,
) -> ScenarioError {
    let error = source.error(span, format!("there is no algorithm {name:?}"));
    error.help(known("algorithm", name, names))
}

/// What would have been right: the nearest name, and all of them.
pub(crate) fn known<'a>(
    what: &str,
    name: &str,
    names: impl Iterator<Item = &'a str> + Clone,
) -> String {
    let all = names.clone().collect::<Vec<_>>().join(", ");
    match nearest(name, names) {
        Some(near) => format!("did you mean {near:?}? known: {all}"),
        None => format!("the {what}s known: {all}"),
    }
}
