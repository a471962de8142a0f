//! Viewers whose sessions go as those of another simulator do, its mistakes included.
//!
//! The idea to hold: a preset takes the place of the player, its link and its clock, and of nothing
//! else: the viewers, their traces and offsets, the algorithms and the reports are the same.

use std::borrow::Cow;

use super::cast::Line;
use super::file;
use super::mix::Mix;
use super::networks::NetworkClass;
use super::source::{ScenarioError, Source};
use crate::abr::Abr;
use crate::media::Presentation;
use crate::net::Model;
use crate::player::Event;
use crate::units::{Span, Time};
use crate::world::stepped::sabre::Quirks;
use crate::world::stepped::{pensieve, sabre};

/// A simulator to do as, with the traces as it has them, by class of networks.
pub enum Preset {
    /// Sabre.
    Sabre(sabre::Options, Vec<Vec<sabre::Periods>>),
    /// Pensieve's environment.
    Pensieve(pensieve::Options, Vec<Vec<pensieve::Rows>>),
}

/// What a simulator prints of a session.
pub(super) type Printed = Vec<(Cow<'static, str>, f64)>;

impl Preset {
    /// The one a scenario names, if it names one.
    pub(super) fn made(
        source: &Source,
        player: &file::Player,
        content: &Presentation,
        networks: &Mix<NetworkClass>,
        limit: Span,
    ) -> Result<Option<Self>, ScenarioError> {
        let preset = player.preset.as_ref();
        if preset.is_none_or(|preset| *preset.get_ref() != file::Preset::Sabre) {
            let what = [
                player.quirks.as_ref().map(|key| ("quirks", key.span())),
                player.replace.as_ref().map(|key| ("replace", key.span())),
                player.abandon.as_ref().map(|key| ("abandon", key.span())),
            ];
            if let Some((key, span)) = what.into_iter().flatten().next() {
                let error = source.error(span, format!("player.{key} is Sabre's alone"));
                return Err(error.help("set preset = \"sabre\" beside it, or leave it out"));
            }
        }
        let Some(preset) = preset else { return Ok(None) };
        let classes = networks.classes();
        let wrong = |message: &str, help: &str| {
            let error = source.error(preset.span(), message);
            Err(error.help(help.to_owned()))
        };
        let track = content.track(content.main());
        let durations = (0..track.count().saturating_sub(1)).map(|index| track.duration(index));
        if durations.into_iter().any(|duration| duration != track.duration(0)) {
            return wrong(
                "under a preset all segments last as long as the first",
                "let content have segments of one length, or leave the preset out",
            );
        }
        if classes.iter().any(|class| class.players > 1) {
            return wrong(
                "under a preset nobody shares a link",
                "let networks have players = 1, or leave the preset out",
            );
        }
        if classes.iter().any(|class| class.path.model != Model::Fluid) {
            return wrong(
                "a preset has its own model of the network",
                "let networks have model = \"fluid\", or leave the preset out",
            );
        }
        let buffer = (!player.buffer.span().is_empty()).then(|| player.buffer.get_ref().0);
        Ok(Some(match preset.get_ref() {
            file::Preset::Sabre => {
                let periods = |class: &NetworkClass| {
                    let of = |named| sabre::Periods::of(named, class.path.rtt);
                    class.traces.iter().map(|named| of(&named.trace)).collect()
                };
                let links = classes.iter().map(periods).collect();
                Self::Sabre(of_sabre(player, buffer, limit), links)
            }
            file::Preset::Pensieve => {
                let mut options = pensieve::Options { limit, ..pensieve::Options::default() };
                options.target = buffer.unwrap_or(options.target);
                let rows = |class: &NetworkClass| {
                    class.traces.iter().map(|named| pensieve::Rows::of(&named.trace)).collect()
                };
                Self::Pensieve(options, classes.iter().map(rows).collect())
            }
        }))
    }

    /// What the table of what it prints is headed.
    pub(super) fn title(&self) -> &'static str {
        match self {
            Self::Sabre(..) => "as Sabre prints it",
            Self::Pensieve(..) => "as Pensieve's tests count it",
        }
    }

    /// Runs the session of the viewer of a link, who presses play at `arrival`.
    pub(super) fn play(
        &self,
        content: &Presentation,
        line: &Line,
        arrival: Time,
        abr: &mut dyn Abr,
        mut log: impl FnMut(Time, &Event),
    ) -> Printed {
        let log = |at: Time, event: &Event| log(arrival + at.since_start(), event);
        let offset = line.offset;
        match self {
            Self::Sabre(options, links) => {
                let limit = options.limit.saturating_sub(arrival.since_start());
                let options = sabre::Options { offset, limit, ..*options };
                let link = &links[line.network][line.trace];
                named(sabre::run(content, link, &options, abr, log).rows())
            }
            Self::Pensieve(options, links) => {
                let limit = options.limit.saturating_sub(arrival.since_start());
                let options = pensieve::Options { offset, limit, ..*options };
                let link = &links[line.network][line.trace];
                named(pensieve::run(content, link, &options, abr, log).rows())
            }
        }
    }
}

fn named(rows: impl IntoIterator<Item = (&'static str, f64)>) -> Printed {
    rows.into_iter().map(|(name, value)| (Cow::Borrowed(name), value)).collect()
}

fn of_sabre(player: &file::Player, buffer: Option<Span>, limit: Span) -> sabre::Options {
    let mut options = sabre::Options { limit, ..sabre::Options::default() };
    options.target = buffer.unwrap_or(options.target);
    if let Some(abandon) = &player.abandon {
        options.abandon = *abandon.get_ref();
    }
    if let Some(replace) = &player.replace {
        options.replace = match replace.get_ref() {
            file::Replace::None => sabre::Replace::None,
            file::Replace::Left => sabre::Replace::Left,
            file::Replace::Right => sabre::Replace::Right,
        };
    }
    if let Some(quirks) = &player.quirks {
        let made = |quirk| quirks.get_ref().contains(&quirk);
        options.quirks = Quirks {
            forgets_abandonment: made(file::Quirk::ForgetsAbandonment),
            phantom_events: made(file::Quirk::PhantomEvents),
        };
    }
    options
}
