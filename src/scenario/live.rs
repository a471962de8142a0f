//! A scenario's content, live.
//!
//! The idea to hold: what happens on the way from the lens to the origin is drawn here, segment by
//! segment, before anybody watches; so it is the same for every viewer and every algorithm.

use std::sync::Arc;

use toml::Spanned;

use super::delivery;
use super::file::{self, EventKind, Format};
use super::source::{ScenarioError, Source};
use super::traces::Library;
use crate::cdn::Latency;
use crate::media::live::{Made, Manifests};
use crate::media::manifest::Unrolled;
use crate::media::{DocumentId, Live, Presentation, Section, Track};
use crate::seed::{Purpose, Seed};
use crate::units::{Bytes, Pts, Skew, Span, Speed};

/// The shortest chunk: a frame at 240 a second, nearly.
const SHORTEST_CHUNK: Span = Span::from_millis(4);

/// The most chunks of a segment.
const MOST_CHUNKS: u64 = 10_000;

/// A manifest that lists one segment and nothing else.
const LEAST_MANIFEST: Bytes = Bytes::new(400);

/// What is live of a point besides its content.
#[derive(Clone, Debug)]
pub struct OnAir {
    /// By how much players' clocks may be wrong.
    clock: Span,
    /// What players ask for again, and how long caches keep it.
    pub(super) refreshed: (Arc<[DocumentId]>, Span),
}

impl OnAir {
    /// By how much the clock of a viewer's player is wrong.
    pub(super) fn skew(&self, seed: Seed, viewer: u64) -> Skew {
        if self.clock.is_zero() {
            return Skew::default();
        }
        let draw = 2.0 * seed.unit(Purpose::Clock, &[viewer]) - 1.0;
        Skew::new(self.clock.scaled(draw.abs()), draw > 0.0)
    }
}

/// Makes content live, as a scenario says.
pub(super) fn made(
    source: &Source,
    library: &mut Library,
    written: &Spanned<file::Live>,
    (mut content, format, told): (Presentation, Format, Option<Unrolled>),
    seed: Seed,
) -> Result<(Presentation, OnAir), ScenarioError> {
    let main = content.track(content.main());
    let longest = (0..main.count()).map(|index| main.duration(index)).max().unwrap_or_default();
    let told_at = told.is_some();
    let file = &heeded(written.get_ref(), told, longest);
    let mut live = Live::default();
    (live.elapsed, live.chunk) = (file.elapsed.get_ref().0, chunk(source, file, longest)?);
    (live.encode, live.package, live.margin) = (file.encode.0, file.package.0, file.margin.0);
    live.window = window(source, file, longest)?;
    live.refresh = file.refresh.map(|refresh| refresh.0);
    (live.target, live.rates) = (target(source, file, longest)?, rates(source, file)?);
    live.manifests = match format {
        Format::None => Manifests::None,
        Format::Dash => content.opening.first().map_or(Manifests::None, |id| Manifests::Mpd(*id)),
        Format::Hls => Manifests::Playlists,
    };
    if let (Some(at), false) = (&file.at, told_at) {
        let error = source.error(at.span(), "this content has no clock");
        return Err(error.help("leave `at` out; `elapsed` says how long it has been on"));
    }
    let end = content.end().since_start();
    if live.elapsed >= end {
        let message = format!("it has been on for {} and ends after {end}", live.elapsed);
        let error = source.error(file.elapsed.span(), message);
        return Err(error.help("let it have been on for less, or last longer"));
    }
    let write = delivery::latency(source, library, &file.write)?;
    let mut told = written_in(&content, &write, seed);
    for event in &file.event {
        happens(source, event, &live, (&mut content, &mut told))?;
    }
    if live.manifests == Manifests::Playlists {
        shorten(&mut content, live.window);
        // What there is, a player learns from the playlist that it asks for first.
        let first = &content.track(content.main()).sections()[0];
        let playlist = first.setup.first().and_then(|needed| needed.first());
        content.opening.extend(playlist.copied());
    }
    let refreshed = refreshed(&content, live.manifests);
    let ttl = file.ttl.map_or(live.chunk.unwrap_or(longest) / 2, |ttl| ttl.0);
    content.live = Some(Arc::new(live.made(&content, &told)));
    Ok((content, OnAir { clock: file.clock.0, refreshed: (refreshed.into(), ttl) }))
}

/// What is said of it, with what its manifest tells where nothing is.
fn heeded(written: &file::Live, told: Option<Unrolled>, longest: Span) -> file::Live {
    let mut file = written.clone();
    let Some(told) = told else { return file };
    let untold = |span: Span| Spanned::new(0..0, file::Duration(span));
    file.elapsed = untold(told.elapsed);
    if file.window.span().is_empty() {
        file.window = untold(told.window);
    }
    file.chunk = file.chunk.or(told.chunk.map(untold));
    // Less than a chunk or a segment nobody can be behind; players have a way of their own then.
    let least = file.chunk.as_ref().map_or(longest, |chunk| chunk.get_ref().0);
    file.target = file.target.or(told.delay.filter(|delay| *delay >= least).map(untold));
    let per_mille = |rate: u16| f64::from(rate) / 1e3;
    let rates = told.rates.map(|(least, most)| (per_mille(least), per_mille(most)));
    file.rates = file.rates.or(rates.map(|rates| Spanned::new(0..0, rates)));
    file.refresh = file.refresh.or(told.refresh.map(file::Duration));
    file
}

fn chunk(source: &Source, file: &file::Live, longest: Span) -> Result<Option<Span>, ScenarioError> {
    let Some(written) = &file.chunk else { return Ok(None) };
    let chunk = written.get_ref().0;
    let wrong = |message: String, help: &str| Err(source.error(written.span(), message).help(help));
    if chunk < SHORTEST_CHUNK || chunk * MOST_CHUNKS < longest {
        let message = format!("chunks of {chunk} of segments of {longest}");
        return wrong(message, "a chunk holds a frame or more: 33ms, 200ms or 500ms are usual");
    }
    if chunk > longest {
        let message = format!("a chunk of {chunk} is longer than a segment of {longest}");
        return wrong(message, "leave it out where segments are sent whole");
    }
    Ok(Some(chunk))
}

fn window(source: &Source, file: &file::Live, longest: Span) -> Result<Span, ScenarioError> {
    let window = file.window.get_ref().0;
    let target = file.target.as_ref().map_or(Span::ZERO, |target| target.get_ref().0);
    let ready = file.encode.0 + file.package.0 + file.margin.0;
    if window < longest * 3 + ready {
        let message = format!("a window of {window} holds no three segments of {longest}");
        let error = source.error(file.window.span(), message);
        let help = "one is played, one is fetched and one is made; what is encoded, packaged and \
                    allowed for goes off it";
        return Err(error.help(help));
    }
    if file.clock.0 >= window / 2 {
        let message = format!("a clock that is {} wrong, in a window of {window}", file.clock.0);
        let error = source.error(file.window.span(), message);
        return Err(error.help("players would ask for nothing that is there"));
    }
    if window <= target {
        let span = if file.window.span().is_empty() { file.target.as_ref() } else { None };
        let span = span.map_or(file.window.span(), Spanned::span);
        let message = format!("{target} behind live is not within a window of {window}");
        return Err(source.error(span, message).help("let the window reach further back"));
    }
    Ok(window)
}

fn target(
    source: &Source,
    file: &file::Live,
    longest: Span,
) -> Result<Option<Span>, ScenarioError> {
    let Some(written) = &file.target else { return Ok(None) };
    let target = written.get_ref().0;
    let (least, what) = match &file.chunk {
        Some(chunk) => (chunk.get_ref().0, "a chunk"),
        None => (longest, "a segment"),
    };
    if target < least {
        let message = format!("{target} behind live: {what} of {least} is not there before");
        let error = source.error(written.span(), message);
        return Err(error.help("aim further back, or send shorter chunks: chunk = \"200ms\", say"));
    }
    Ok(Some(target))
}

fn rates(source: &Source, file: &file::Live) -> Result<Option<(u16, u16)>, ScenarioError> {
    let Some(written) = &file.rates else { return Ok(None) };
    let (least, most) = *written.get_ref();
    let per_mille = |rate: f64| libm::round(1e3 * rate) as u16;
    let possible = |rate: f64| Speed::from_per_mille(per_mille(rate)).is_some();
    if least > 1.0 || most < 1.0 || !possible(least) || !possible(most) {
        let message = format!("speeds from {least} to {most}: 1 is not between them, or not both");
        let error = source.error(written.span(), message);
        return Err(error.help("write [0.95, 1.05], say; from 0.25 to 4 are possible"));
    }
    Ok(Some((per_mille(least), per_mille(most))))
}

/// How long writing each segment takes.
fn written_in(content: &Presentation, write: &Latency, seed: Seed) -> Vec<Vec<Made>> {
    let seed = seed.derived(Purpose::Write, &[]);
    let of = |(id, track): (u64, &Track)| {
        let draw = |index: u32| write.draw(seed, &[id, index.into()]);
        (0..track.count()).map(|index| Made { write: draw(index), ..Made::default() }).collect()
    };
    (0..).zip(&content.tracks).map(of).collect()
}

/// Makes an event happen.
fn happens(
    source: &Source,
    written: &Spanned<file::Event>,
    live: &Live,
    (content, told): (&mut Presentation, &mut [Vec<Made>]),
) -> Result<(), ScenarioError> {
    let event = written.get_ref();
    let from = Pts::ZERO + live.elapsed.saturating_add(event.at.0);
    let wrong = |message: &str, help: &str| {
        Err(source.error(written.span(), message.to_owned()).help(help.to_owned()))
    };
    let main = content.track(content.main());
    if from > main.start(main.count() - 1) {
        return wrong("this happens after the end of the content", "let it happen earlier");
    }
    if event.lasting.is_some_and(|lasting| lasting.0.is_zero()) {
        return wrong("this happens for no time", "leave `for` out, or let it last");
    }
    if (event.kind == EventKind::Late) != event.by.is_some() {
        let help = "write by = \"3s\" of what is late, and of nothing else";
        return wrong("how late segments are is said of `late`, and of it alone", help);
    }
    let gap = match (event.kind, event.lasting) {
        (EventKind::Restart, None) => {
            return wrong("how long nothing is captured is not said", "write for = \"3s\", say");
        }
        (EventKind::Restart, Some(gap)) => gap.0,
        _ => Span::ZERO,
    };
    let main = content.main();
    for (id, making) in told.iter_mut().enumerate() {
        let track = &content.tracks[id];
        let first = (0..track.count()).find(|&index| track.start(index) >= from);
        let Some(first) = first else { continue };
        let until =
            track.start(first) + event.lasting.map_or(track.duration(first), |lasting| lasting.0);
        let within = (first..track.count()).take_while(|&index| track.start(index) < until);
        match event.kind {
            EventKind::Restart => making[first as usize].gap += gap,
            EventKind::Late => within.for_each(|index| {
                making[index as usize].late += event.by.map_or(Span::ZERO, |by| by.0);
            }),
            EventKind::Missing => within.for_each(|index| making[index as usize].missing = true),
            EventKind::Break => {}
        }
    }
    if event.kind == EventKind::Break {
        if content.track(main).sections().iter().all(|s| s.setup.iter().all(Vec::is_empty)) {
            let help = "let content.format be \"dash\" or \"hls\"";
            return wrong("a break needs initialisation segments, and there are none", help);
        }
        let lasting = event.lasting.map(|lasting| lasting.0);
        for id in 0..content.tracks.len() {
            cut(content, id, from, lasting);
        }
    }
    Ok(())
}

/// Begins another period of a track at the first segment from a place on, and goes on with another
/// after it.
fn cut(content: &mut Presentation, id: usize, from: Pts, lasting: Option<Span>) {
    let track = content.tracks[id].clone();
    let first_from = |place: Pts| (0..track.count()).find(|&index| track.start(index) >= place);
    let Some(first) = first_from(from) else { return };
    let until = track.start(first) + lasting.unwrap_or(track.duration(first));
    let mut sections = track.sections().to_vec();
    for at in [Some(first), first_from(until)].into_iter().flatten() {
        let place = sections.partition_point(|section| section.from <= at);
        let mut setup = sections[place - 1].setup.clone();
        for needed in &mut setup {
            // The initialisation segment is what a player asks for last.
            if let Some(last) = needed.last_mut() {
                content.documents.push(content.documents[last.0 as usize]);
                *last = DocumentId(content.documents.len() as u32 - 1);
            }
        }
        let section = Section { from: at, setup };
        match sections[place - 1].from == at {
            true => sections[place - 1] = section,
            false => sections.insert(place, section),
        }
    }
    content.tracks[id] = track.with_sections(sections);
}

/// Playlists list no more than a window.
fn shorten(content: &mut Presentation, window: Span) {
    let share = window.as_secs_f64() / content.end().since_start().as_secs_f64();
    for id in playlists(content) {
        let whole = &mut content.documents[id.0 as usize];
        *whole = LEAST_MANIFEST.max(Bytes::new((whole.as_f64() * share.min(1.0)) as u64));
    }
}

fn refreshed(content: &Presentation, manifests: Manifests) -> Vec<DocumentId> {
    match manifests {
        Manifests::None => Vec::new(),
        Manifests::Mpd(id) => vec![id],
        Manifests::Playlists => playlists(content),
    }
}

/// The playlists of media: the first thing that a rung needs.
fn playlists(content: &Presentation) -> Vec<DocumentId> {
    let sections = content.tracks.iter().flat_map(Track::sections);
    let first = sections.flat_map(|section| &section.setup).filter_map(|needed| needed.first());
    let mut all: Vec<_> = first.copied().collect();
    all.sort_unstable();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::super::testing::{said, scenario};
    use super::*;
    use crate::units::Time;

    const LINK: &str = "network.bandwidth = \"5Mbps\"\n";

    fn live(lines: &str) -> Arc<Presentation> {
        let mut scenario = scenario(&format!("{LINK}[live]\n{lines}")).unwrap();
        scenario.points.remove(0).setup.content
    }

    #[test]
    fn what_is_watched_live_begins_after_what_was_before() {
        let content = live("elapsed = \"30s\"\nchunk = \"500ms\"\nencode = \"1s\"");
        let live = content.live.as_ref().unwrap();
        assert_eq!(content.end(), Pts::ZERO + Span::from_secs(90));
        assert_eq!(live.clock(Time::ZERO), Pts::ZERO + Span::from_secs(30));
        assert!(matches!(live.manifests, Manifests::Mpd(_)));
        // Segments of 4 s: from 32 s on the first that is not whole at 36 s.
        assert_eq!(live.chunks(Span::from_secs(4)), 8);
        let there = live.there(&content, (content.main(), 8), 1);
        assert_eq!(there, Some(Pts::ZERO + Span::from_millis(33_500)));
    }

    #[test]
    fn events_happen_to_the_segments_from_then_on() {
        let content = live(
            "elapsed = \"20s\"\nwindow = \"20s\"\nevent = [\
             { kind = \"late\", at = \"5s\", by = \"3s\", for = \"8s\" }, \
             { kind = \"missing\", at = \"20s\" }, \
             { kind = \"restart\", at = \"30s\", for = \"7s\" }, \
             { kind = \"break\", at = \"40s\", for = \"8s\" }]",
        );
        let live = content.live.as_ref().unwrap();
        let of = |index| live.making(content.main(), index);
        // From 25 s on is the segment at 28 s, and the one after it.
        let late = [6, 7, 8, 9].map(|index| of(index).late);
        let three = Span::from_secs(3);
        assert_eq!(late, [Span::ZERO, three, three, Span::ZERO]);
        assert_eq!([9, 10, 11].map(|index| of(index).missing), [false, true, false]);
        assert_eq!(of(13).gap, Span::from_secs(7));
        let sections = content.track(content.main()).sections();
        let from: Vec<_> = sections.iter().map(|section| section.from).collect();
        assert_eq!(from, [0, 15, 17], "at 60 and at 68 s");
        assert!(sections[0].setup != sections[1].setup && sections[1].setup != sections[2].setup);
    }

    #[test]
    fn writing_is_drawn_for_each_segment_and_the_same_each_time() {
        let write = "write = { p50 = \"20ms\", p99 = \"500ms\" }";
        let (one, two) = (live(write), live(write));
        let of = |content: &Presentation, index| {
            content.live.as_ref().unwrap().making(content.main(), index).write
        };
        assert!((0..15).all(|index| of(&one, index) == of(&two, index)));
        assert!((1..15).any(|index| of(&one, index) != of(&one, 0)));
    }

    #[test]
    fn clocks_are_wrong_evenly_and_by_no_more_than_said() {
        let on_air = OnAir { clock: Span::from_secs(2), refreshed: (Arc::new([]), Span::ZERO) };
        let wrong: Vec<_> = (0..10_000).map(|v| on_air.skew(Seed(0), v).as_secs_f64()).collect();
        assert!(wrong.iter().all(|by| by.abs() <= 2.0));
        // Of an even draw from −2 to 2 the deviation of the mean of 10,000 is 1.155/100.
        let mean = wrong.iter().sum::<f64>() / 1e4;
        let fast = wrong.iter().filter(|by| **by > 0.0).count();
        assert!(mean.abs() < 0.047 && fast.abs_diff(5_000) < 200, "{mean} {fast}");
    }

    #[test]
    fn what_cannot_be_is_said_with_what_would_be_right() {
        for (lines, wrong) in [
            ("chunk = \"9s\"", "a chunk of 9s is longer than a segment of 4s"),
            ("chunk = \"1ms\"", "a chunk holds a frame or more"),
            ("chunk = \"500ms\"\ntarget = \"200ms\"", "a chunk of 0.5s is not there before"),
            ("target = \"2s\"", "a segment of 4s is not there before"),
            ("window = \"11s\"", "holds no three segments of 4s"),
            ("clock = \"70s\"", "a clock that is 70s wrong"),
            ("event = [{ kind = \"missing\", at = \"5s\", for = \"0s\" }]", "for no time"),
            ("at = \"2026-01-01T00:00:00Z\"", "this content has no clock"),
            ("\n[audience]\nspeed = [[1.5, 1]]", "nobody plays live at a speed of their own"),
            ("\n[audience]\narrivals = { over = \"2m\" }", "the event is over after 60s"),
            ("target = \"200s\"", "200s behind live is not within a window of 120s"),
            ("rates = [1.1, 1.2]", "1 is not between them"),
            ("rates = [0.5, 9]", "from 0.25 to 4 are possible"),
            ("event = [{ kind = \"late\", at = \"5s\" }]", "how late segments are"),
            ("event = [{ kind = \"missing\", at = \"5s\", by = \"1s\" }]", "of it alone"),
            ("event = [{ kind = \"restart\", at = \"5s\" }]", "how long nothing is captured"),
            ("event = [{ kind = \"late\", at = \"9h\", by = \"1s\" }]", "after the end"),
            ("event = [{ kind = \"fire\", at = \"5s\" }]", "fire"),
            ("\n[player]\npreset = \"sabre\"", "knows nothing that is live"),
            ("\n[cdn.edge]\nstart = \"warm\"", "what has not been captured"),
        ] {
            let found = said(&format!("{LINK}[live]\n{lines}"));
            assert!(found.contains(wrong), "{lines}: {found}");
        }
        let never = "[live]\nevent = [{ kind = \"break\", at = \"5s\" }]";
        let found = said(&format!("content.format = \"none\"\n{LINK}{never}"));
        assert!(found.contains("a break needs initialisation segments"), "{found}");
    }

    #[test]
    fn a_manifest_that_may_be_asked_for_at_once_is_asked_for_as_players_do() {
        // `@minimumUpdatePeriod` of nothing: dash.js waits a second, Media3 five.
        let content = live("refresh = \"0s\"");
        assert_eq!(content.live.as_ref().unwrap().refresh, Some(Span::ZERO));
    }
}
