//! The scenario that players are put in to be characterized.
//!
//! The idea to hold: it is a scenario like any other, so a player is the same as everywhere, and
//! every key can be set on top. Its content is made to a ladder, with segments of constant size,
//! and as long as the longest link, which is a day: that of a manifest would be over too soon.

use std::fmt::Write;
use std::path::Path;

use super::judge::needs;
use super::plan::{Probe, plan};
use crate::media::Ladder;
use crate::media::manifest::{Choice, Manifest};
use crate::media::{Kind, Representation};
use crate::scenario::{Override, Scenario, ScenarioError};
use crate::units::{Bitrate, Span};

/// What is watched, and how far away it is.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The rungs: the name of a ladder, or a list of them as a scenario has it.
    ladder: String,
    /// The sound, if there is any.
    audio: Option<Bitrate>,
    /// How long a segment lasts.
    pub segment: Span,
    /// The round trip.
    pub rtt: Span,
}

/// No player holds more media than this ahead: hls.js may hold 10 minutes.
const AHEAD: Span = Span::from_secs(900);

/// What is live is taken to go on for so long, of which only the ladder is looked at.
const LIVE: Span = Span::from_secs(60);

impl Subject {
    /// With a ladder of that name, and no sound.
    pub fn named(ladder: &str, segment: Span, rtt: Span) -> Self {
        Self { ladder: format!("{ladder:?}"), audio: None, segment, rtt }
    }

    /// With the ladder, the sound and the length of segments of a manifest.
    ///
    /// # Errors
    /// Where there is nothing in it to play.
    pub fn of_manifest(manifest: &Manifest, rtt: Span) -> Result<Self, ScenarioError> {
        let live = manifest.unrolled(None, LIVE).map_err(ScenarioError::new)?;
        let manifest = live.as_ref().map_or(manifest, |live| &live.manifest);
        let outline = manifest.outline(&Choice::default()).map_err(ScenarioError::new)?;
        let main = &outline.tracks[0];
        let beside = outline.tracks[1..].iter().find(|track| track.kind == Kind::Audio);
        let mut durations = main.durations.clone();
        durations.sort_unstable();
        let segment = durations[durations.len() / 2];
        let audio = beside.map(|track| track.ladder.bitrates()[0]);
        Ok(Self { ladder: written(&main.ladder), audio, segment, rtt })
    }

    /// The scenario of these players, with an empty link.
    ///
    /// # Errors
    /// Whatever is wrong with what was asked for.
    pub fn scenario(
        &self,
        players: &[String],
        overrides: &[Override],
    ) -> Result<Scenario, ScenarioError> {
        let short = self.lasting(players, overrides, AHEAD)?;
        let longest = probes(&short)?.iter().map(|probe| probe.trace.length()).max();
        self.lasting(players, overrides, longest.unwrap_or_default() + AHEAD)
    }

    fn lasting(
        &self,
        players: &[String],
        overrides: &[Override],
        duration: Span,
    ) -> Result<Scenario, ScenarioError> {
        let Self { ladder, audio, segment, rtt } = self;
        let audio = audio.map(|rate| format!("audio = \"{}bps\"\n", rate.as_bps()));
        let text = format!(
            "title = \"How do players choose?\"\nviewers = 1\nabr = {players:?}\n\
             [content]\nladder = {ladder}\n{}segment = \"{}s\"\nduration = \"{}s\"\n\
             [network]\nbandwidth = \"1Mbps\"\nrtt = \"{}ms\"\n",
            audio.unwrap_or_default(),
            segment.in_secs(),
            duration.in_secs(),
            rtt.in_millis(),
        );
        Scenario::parse("characterize", "the command line", &text, Path::new(""), overrides)
    }
}

/// The links that the players of a scenario are put on.
pub(super) fn probes(scenario: &Scenario) -> Result<Vec<Probe>, ScenarioError> {
    let setup = &scenario.points[0].setup;
    let needs = needs(&setup.content);
    let wrong = |what: &str, help: &str| Err(ScenarioError::new(what).help(help));
    if needs.len() < 2 {
        return wrong("a ladder of one rung leaves nothing to choose", "name one of several");
    }
    if setup.preset.is_some() || setup.on_air.is_some() {
        return wrong(
            "neither presets nor what is live can be characterized",
            "leave player.preset and [live] out",
        );
    }
    Ok(plan(&needs))
}

/// A ladder as a scenario has it.
fn written(ladder: &Ladder) -> String {
    let rung = |rung: &Representation| {
        let mut text = format!("{{ bitrate = \"{}bps\"", rung.bitrate.as_bps());
        if let Some(size) = rung.resolution {
            let _ = write!(text, ", resolution = \"{size}\"");
        }
        if !rung.codecs.is_empty() {
            let _ = write!(text, ", codecs = {:?}", rung.codecs);
        }
        if let Some(rate) = rung.frame_rate {
            let _ = write!(text, ", frame_rate = \"{rate}\"");
        }
        text + " }"
    };
    let all = ladder.rungs().map(|place| rung(ladder.representation(place)));
    format!("[{}]", all.collect::<Vec<_>>().join(", "))
}
