//! What a manifest tells as a page for people, 80 columns wide.

use super::Inspection;
use super::edge::{behind, edge, instant, main};
use super::facts::{Kind, addressing, lengths, renditions};
use crate::media::manifest::{
    Live, Manifest, Period, Playlist, Rendition, Segments, Service, Set, Source,
};
use crate::report::format::{bitrate, count, decimal, many};
use crate::report::layout::{Column, grid, middle, paragraph};
use crate::units::{Bitrate, Span};

/// Of many like things, so many are shown.
const SHOWN: usize = 12;

/// The page, advice and notes at its end.
pub fn text(inspection: &Inspection) -> String {
    let manifest = &inspection.manifest;
    let mut page = headline(manifest);
    page += &documents(manifest);
    if let Some(live) = &manifest.live {
        page += &format!("\nLive\n{}", on_live(manifest, live, inspection.now));
    }
    page += &asked(manifest);
    if let Kind::Media(_, playlist) = Kind::of(manifest) {
        page += &format!("\nPlaylist\n{}", on_playlist(playlist));
    } else if let Some(playlist) = low_latency(manifest) {
        page += &format!("\nPlaylists, by the first\n{}", on_playlist(playlist));
    }
    for (number, period) in (1..).zip(manifest.periods.iter().take(SHOWN)) {
        page += &on_period(number, period, manifest.periods.len());
    }
    page += &more(manifest.periods.len(), "period", "\n");
    page += &plays(inspection);
    page += "\nAdvice\n";
    for advice in &inspection.advice {
        page += &paragraph("  - ", &advice.message);
    }
    if inspection.advice.is_empty() {
        page += "  nothing to mend\n";
    }
    let notes = inspection.notes();
    if !notes.is_empty() {
        page += "\nNotes\n";
        for note in notes.iter().take(SHOWN) {
            page += &paragraph("  - ", &note.to_string());
        }
        page += &more(notes.len(), "note", "  ");
    }
    page
}

/// `… and 7 periods more`, if there are any.
fn more(number: usize, thing: &str, before: &str) -> String {
    match number.saturating_sub(SHOWN) {
        0 => String::new(),
        rest => format!("{before}… and {} more\n", many(rest as u64, thing)),
    }
}

/// Seconds, to the millisecond.
fn secs(span: Span) -> String {
    format!("{} s", number(span.as_secs_f64()))
}

/// To the thousandth, with no digit more than it needs.
fn number(number: f64) -> String {
    let text = decimal(number, 3);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn headline(manifest: &Manifest) -> String {
    let what = match (Kind::of(manifest), manifest.live.is_some()) {
        (Kind::Dash, true) => "DASH, live (dynamic)",
        (Kind::Dash, false) => "DASH, on demand (static)",
        (Kind::Multivariant, true) => "HLS multivariant playlist, live",
        (Kind::Multivariant, false) if renditions(manifest).all(|r| r.playlist.is_none()) => {
            // It is its media playlists that tell whether it is live.
            "HLS multivariant playlist"
        }
        (Kind::Multivariant, false) => "HLS multivariant playlist, on demand",
        (Kind::Media(..), true) => "HLS media playlist, live",
        (Kind::Media(..), false) => "HLS media playlist, on demand",
    };
    let mut facts = vec![what.to_owned()];
    facts.extend(manifest.duration.map(secs));
    facts.push(many(manifest.periods.len() as u64, "period"));
    facts.extend(manifest.min_buffer.map(|span| format!("{} of buffer to begin", secs(span))));
    paragraph("", &facts.join(" · "))
}

/// What was read.
fn documents(manifest: &Manifest) -> String {
    let rows = manifest.documents.iter().take(SHOWN).map(|(resource, size)| {
        vec![middle(&resource.to_string(), 60), format!("{} B", count(size.get()))]
    });
    let columns = [Column::words("read"), Column::numbers("size")];
    let rows: Vec<_> = rows.collect();
    let text = if rows.is_empty() { String::new() } else { grid(&columns, &rows, 2) };
    format!("\n{text}{}", more(manifest.documents.len(), "document", "  "))
}

/// Facts, a line each: what it is, and how much.
fn facts(all: Vec<(&str, Option<String>)>) -> String {
    let line =
        |(name, value): (&str, Option<String>)| Some(paragraph(&format!("  {name:<20} "), &value?));
    all.into_iter().filter_map(line).collect()
}

fn on_live(manifest: &Manifest, live: &Live, now: i64) -> String {
    let every = |span: Span| match span.is_zero() {
        true => "before every segment".to_owned(),
        false => format!("every {}", secs(span)),
    };
    let mut text = facts(vec![
        ("available since", live.since.map(instant)),
        ("updated", live.update.map(every)),
        ("window", live.window.map(secs)),
        ("suggested delay", live.delay.map(secs)),
    ]);
    let early = manifest.periods.last().and_then(main).and_then(|(rendition, _)| rendition.early);
    let early = early.map(|early| match early {
        Span::MAX => "a segment may be asked for at any time before it is whole".to_owned(),
        early => format!("a segment may be asked for {} before it is whole", secs(early)),
    });
    text += &facts(vec![("early", early)]);
    for (scheme, value) in live.clocks.iter().take(SHOWN) {
        text += &facts(vec![("clock", Some(format!("{scheme} {value}")))]);
    }
    let edge = edge(manifest, now).map(|edge| {
        let mut said = format!("segment {}", edge.number);
        if edge.parts > 0 {
            said += &format!(" and {} of the next", many(edge.parts as u64, "part"));
        }
        if let Some(at) = edge.at {
            let (late, at) = (behind(now, at), instant(at));
            said += &match late {
                _ if late < 0.0 => format!(", ends {at}, {} s ahead of the clock", number(-late)),
                // It is no longer live.
                _ if late > 1e4 => format!(", ends {at}, {} s ago", count(late as u64)),
                _ => format!(", ends {at}, {} s ago", number(late)),
            };
        }
        if edge.computed {
            said += " (worked out from this machine's clock)";
        }
        said
    });
    text + &facts(vec![("live edge", Some(edge.unwrap_or_else(|| "not told".into())))])
}

/// What the service asks of players.
fn asked(manifest: &Manifest) -> String {
    let Service { latency, least_latency, most_latency, rates, steering, cmcd } = &manifest.service;
    let target = latency.or(*least_latency).or(*most_latency).map(|_| {
        let parts = [("aim at", latency), ("from", least_latency), ("to", most_latency)];
        let told = parts.iter().filter_map(|(word, span)| Some((word, (**span)?)));
        told.map(|(word, span)| format!("{word} {}", secs(span))).collect::<Vec<_>>().join(", ")
    });
    let rates = rates.map(|(least, most)| format!("{}× to {}×", number(least), number(most)));
    let steering = steering.as_ref().map(|(server, first)| match first {
        Some(first) => format!("{server} from {first} on"),
        None => server.clone(),
    });
    let keys = (!cmcd.is_empty()).then(|| cmcd.join(", "));
    let mut text = facts(vec![
        ("latency", target),
        ("playback rate", rates),
        ("steering", steering),
        ("CMCD keys", keys),
    ]);
    for location in manifest.locations.iter().take(SHOWN) {
        text += &facts(vec![("also at", Some(location.clone()))]);
    }
    if text.is_empty() { text } else { format!("\nAsked of players\n{text}") }
}

/// The first playlist that has parts.
fn low_latency(manifest: &Manifest) -> Option<&Playlist> {
    let lists = renditions(manifest).filter_map(|r| r.playlist.as_deref());
    lists.into_iter().find(|list| !list.parts.is_empty() || list.part_target.is_some())
}

fn on_playlist(playlist: &Playlist) -> String {
    let some = |number: usize| (number > 0).then(|| count(number as u64));
    let reload = playlist.can_block_reload.then(|| "may block until there is news".to_owned());
    let skip = playlist.can_skip_until.map(|span| format!("what is older than {}", secs(span)));
    let mut text = facts(vec![
        ("target duration", Some(secs(playlist.target))),
        ("media sequence", Some(playlist.media_sequence.to_string())),
        ("skipped", some(playlist.skipped as usize)),
        ("gaps", some(playlist.gaps.len())),
        ("discontinuities", some(playlist.discontinuities)),
        ("hold back", playlist.hold_back.map(secs)),
        ("parts", some(playlist.parts.len())),
        ("part target", playlist.part_target.map(secs)),
        ("part hold back", playlist.part_hold_back.map(secs)),
        ("reload", reload),
        ("updates may skip", skip),
    ]);
    for hint in playlist.hints.iter().take(SHOWN) {
        text += &facts(vec![("hint", Some(hint.to_string()))]);
    }
    text
}

fn on_period(number: usize, period: &Period, of: usize) -> String {
    let mut parts = vec![format!("Period {number} of {of}")];
    parts.extend(period.id.clone());
    parts.extend(period.start.map(|start| format!("from {}", secs(start))));
    parts.extend(period.duration.map(|duration| format!("lasts {}", secs(duration))));
    let sets = period.sets.iter().take(SHOWN).map(on_set).collect::<String>();
    format!("\n{}{sets}{}", paragraph("", &parts.join(" · ")), more(period.sets.len(), "set", "  "))
}

fn on_set(set: &Set) -> String {
    let mut parts = vec![set.carries.name().to_owned()];
    parts.extend([&set.id, &set.language, &set.role].into_iter().flatten().cloned());
    if !set.switches.is_empty() {
        parts.push(format!("switches to {}", set.switches.join(", ")));
    }
    let mut text = format!("\n{}{}", paragraph("  ", &parts.join(" · ")), ladder(set));
    // What is wrong with the first may be right with another, and copies are not looked into.
    let first = set.renditions.iter().find(|rendition| !rendition.copy);
    let Some(first) = first.or(set.renditions.first()) else { return text };
    let told = set.renditions.iter().find_map(|r| Some((r, r.segments.as_ref().ok()?)));
    match (told, &first.segments) {
        (Some((rendition, segments)), _) => text += &on_segments(rendition, segments),
        (None, Err(problem)) => {
            let how = first.addressing.map(|how| format!(" ({})", addressing(how)));
            let how = how.unwrap_or_default();
            text += &paragraph("    ", &format!("no segments{how}: {problem}"));
        }
        (None, Ok(_)) => {}
    }
    text
}

/// The rungs, cheapest first.
fn ladder(set: &Set) -> String {
    let mut rungs: Vec<&Rendition> = set.renditions.iter().collect();
    rungs.sort_by_key(|rendition| (rendition.advertised(), rendition.copy));
    let mut number = 0;
    let rows = rungs.iter().map(|rendition| {
        let rung = match rendition.copy {
            true => "copy".to_owned(),
            false => {
                number += 1;
                (number - 1).to_string()
            }
        };
        let text = |value: Option<String>| value.unwrap_or_default();
        vec![
            rung,
            text(rendition.advertised().map(bitrate)),
            text(peak(rendition).map(bitrate)),
            text(rendition.resolution.map(|resolution| resolution.to_string())),
            text(rendition.frame_rate.map(|rate| self::number(rate.as_f64()))),
            text(rendition.range.clone()),
            text(rendition.pathway.as_deref().map(|pathway| middle(pathway, 12))),
            rendition.codecs.clone(),
        ]
    });
    let rows: Vec<_> = rows.collect();
    let columns = [
        Column::numbers("rung"),
        Column::numbers("bitrate"),
        Column::numbers("peak"),
        Column::numbers("resolution"),
        Column::numbers("fps"),
        Column::words("range"),
        Column::words("pathway"),
        Column::words("codecs"),
    ];
    // A playlist on its own tells nothing of its one rung.
    let told = rows.iter().any(|row| row.iter().skip(1).any(|cell| !cell.is_empty()));
    if told { grid(&columns, &rows, 4) } else { String::new() }
}

/// The highest rate of a segment: as ranges have it, or as it is told beside an average.
fn peak(rendition: &Rendition) -> Option<Bitrate> {
    let measured = || Some(rendition.segments.as_ref().ok()?.peak(None)?.1);
    let told = rendition.average.and(rendition.bandwidth).map(Bitrate::from_bps);
    told.or_else(measured)
}

fn on_segments(rendition: &Rendition, segments: &Segments) -> String {
    let timeline = &segments.timeline;
    let said = match (lengths(segments), timeline.every) {
        (Some(lengths), _) if lengths.least == lengths.most => {
            let many = many(segments.count() as u64, "segment");
            format!("{many} of {}", secs(lengths.least))
        }
        (Some(lengths), _) => {
            let mean = lengths.total / segments.count().max(1) as u64;
            format!(
                "{} of {} to {} (mean {}, {} distinct)",
                many(segments.count() as u64, "segment"),
                secs(lengths.least),
                secs(lengths.most),
                secs(mean),
                lengths.distinct.len(),
            )
        }
        (None, Some(every)) => {
            let every = secs(timeline.span(every));
            format!("segments of {every}, numbered from {}", timeline.number)
        }
        (None, None) => "no segments yet".to_owned(),
    };
    let how = rendition.addressing.map(|how| format!(" · {}", addressing(how)));
    let mut text = paragraph("    ", &format!("{said}{}", how.unwrap_or_default()));
    if segments.count() > 0 && segments.source != Source::Untold {
        text += &paragraph("    first  ", &segments.resource(0).to_string());
    }
    for setup in segments.sections.iter().take(1).flat_map(|section| &section.setup) {
        text += &paragraph("    needs  ", &setup.to_string());
    }
    if segments.sections.len() > 1 {
        let changes = many(segments.sections.len() as u64 - 1, "time");
        text += &paragraph("    ", &format!("what it needs changes {changes}"));
    }
    text
}

/// What a player takes of it.
fn plays(inspection: &Inspection) -> String {
    let Ok(outline) = &inspection.outline else {
        return match &inspection.outline {
            Err(problem) if inspection.manifest.live.is_none() => {
                format!("\nA player takes\n{}", paragraph("  ", &format!("nothing: {problem}")))
            }
            _ => String::new(),
        };
    };
    let lines = outline.tracks.iter().map(|track| {
        let kind = track.kind.name();
        let length: Span = track.durations.iter().copied().sum();
        let rungs = many(track.ladder.count() as u64, "rung");
        let segments = many(track.durations.len() as u64, "segment");
        paragraph("  ", &format!("{kind}: {rungs}, {segments}, {}", secs(length)))
    });
    format!("\nA player takes\n{}", lines.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::manifest::testing::{good, rung};
    use crate::media::manifest::{Choice, Format};

    fn of(manifest: Manifest) -> String {
        let text = text(&Inspection::new(manifest, &Choice::default(), None, 1_700_000_000_000));
        let wide = text.lines().find(|line| line.chars().count() > 80);
        assert_eq!(wide, None, "{text}");
        text
    }

    #[test]
    fn a_page_says_what_there_is_to_play() {
        let page = of(good());
        let begins = "DASH, on demand (static) · 40 s · 1 period\n\n  read";
        assert!(page.starts_with(begins), "{page}");
        for line in [
            "  https://cdn.example/film/x.mpd  4,321 B\n",
            "\nPeriod 1 of 1 · from 0 s · lasts 40 s\n\n  video · main\n",
            "    rung     bitrate  resolution  fps  codecs\n",
            "       0  500 kbit/s     640x360   25  avc1.640028\n",
            "       2  1.7 Mbit/s    1280x720   25  avc1.640028\n",
            "    10 segments of 4 s · SegmentList\n",
            "    first  https://cdn.example/film/500/1.m4s\n",
            "    needs  https://cdn.example/film/init.mp4\n",
            "\n  audio · en · main\n",
            "\nA player takes\n  video: 3 rungs, 10 segments, 40 s\n  audio: 1 rung, 10 segments",
            "\nAdvice\n  nothing to mend\n",
        ] {
            assert!(page.contains(line), "{line:?} in\n{page}");
        }
        assert!(!page.contains("Live") && !page.contains("Notes"), "{page}");
    }

    #[test]
    fn a_live_page_says_where_live_is_and_what_is_asked_of_players() {
        let mut manifest = good();
        manifest.live = Some(Live {
            since: Some(1_699_999_950_000),
            update: Some(Span::from_secs(2)),
            window: Some(Span::from_secs(60)),
            delay: Some(Span::from_millis(3_500)),
            clocks: vec![("urn:mpeg:dash:utc:http-iso:2014".into(), "https://time".into())],
        });
        manifest.service.latency = Some(Span::from_secs(3));
        manifest.service.rates = Some((0.96, 1.04));
        manifest.service.cmcd = vec!["br".into(), "bl".into()];
        manifest.locations = vec!["https://other.example/x.mpd".into()];
        let page = of(manifest);
        for line in [
            "DASH, live (dynamic)",
            "\nLive\n  available since      2023-11-14T22:12:30Z\n",
            "  updated              every 2 s\n",
            "  suggested delay      3.5 s\n",
            "  live edge            segment 10, ends 2023-11-14T22:13:10Z, 10 s ago\n",
            "\nAsked of players\n  latency              aim at 3 s\n",
            "  playback rate        0.96× to 1.04×\n",
            "  CMCD keys            br, bl\n",
            "  also at              https://other.example/x.mpd\n",
        ] {
            assert!(page.contains(line), "{line:?} in\n{page}");
        }
    }

    #[test]
    fn however_much_there_is_it_fits_and_says_what_is_left_out() {
        let mut manifest = good();
        manifest.format = Format::Hls;
        let long = "x".repeat(300);
        let set = &mut manifest.periods[0].sets[0];
        set.language = Some(long.clone());
        set.renditions = (0..30)
            .map(|n| {
                let mut rung = rung(500 + 10 * n, 360);
                (rung.codecs, rung.pathway) = (long.clone(), Some(long.clone()));
                (rung.average, rung.copy) = (Some(400_000), n % 2 == 1);
                rung
            })
            .collect();
        manifest.periods = vec![manifest.periods[0].clone(); 15];
        let page = of(manifest);
        assert!(page.contains("\n… and 3 periods more\n"), "{page}");
        assert!(page.contains("copy"), "{page}");
    }
}
