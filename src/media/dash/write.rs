//! An MPD written from a presentation.
//!
//! The idea to hold: of the ways to tell where segments are, the shortest that says it all is
//! taken: `@duration` where segments are equal, else a `SegmentTimeline`. What is live and may be
//! asked for again lists what there is; what may not numbers what will be, and players go by its
//! clock.

use std::ops::Range;

use quick_xml::escape::escape;

use crate::media::codecs::plain;
use crate::media::manifest::{Listing, Package, Written, sizes, written};
use crate::media::{Live, Presentation, Representation, Resolution};
use crate::units::{NANOS, Pts, Span};

/// The documents and sizes of a presentation's first video and first audio track, as of something
/// on demand.
///
/// There is one Period and, by track, one AdaptationSet whose segments all rungs share; a rung's
/// bitrate is its `@bandwidth`.
pub fn write(presentation: &Presentation) -> Package {
    package(presentation, None)
}

/// The same of a presentation that is live, when the capture's clock shows that.
///
/// The MPD is dynamic. The event began so long after the beginning of 1970, and
/// `@availabilityStartTime` is as much later as segments take to be there; a Period begins where
/// the encoder stood still or players need another initialisation segment. The direct `UTCTiming`
/// is the capture's clock. What is not live is written as on demand.
pub fn write_live(presentation: &Presentation, clock: Pts, began: Span) -> Package {
    package(presentation, Listing::new(presentation, clock, began).as_ref())
}

fn package(presentation: &Presentation, listing: Option<&Listing<'_>>) -> Package {
    let longest = written(presentation).flat_map(|w| w.durations().max()).max();
    let mut mpd = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
                   <MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" \
                   profiles=\"urn:mpeg:dash:profile:isoff-live:2011\" "
        .to_owned();
    match listing {
        None => {
            let end = presentation.end().since_start().in_secs();
            mpd += &format!("type=\"static\" mediaPresentationDuration=\"PT{end}S\"");
        }
        Some(listing) => write_clock(&mut mpd, listing),
    }
    mpd += &format!(" minBufferTime=\"PT{}S\">\n", longest.unwrap_or_default().in_secs());
    if let Some(listing) = listing {
        write_service(&mut mpd, listing.live);
    }
    let breaks = listing.map_or(vec![Pts::ZERO], Listing::breaks);
    // Where the last Period of something live ends is told once it is known.
    let known = listing.filter(|listing| listing.live.refresh.is_none() || listing.ended());
    let end = known.map(|_| presentation.end());
    let mut periods = String::new();
    for (id, &from) in breaks.iter().enumerate() {
        let to = breaks.get(id + 1).copied().or(end);
        write_period(&mut periods, presentation, listing, &Stretch { id, from, to });
    }
    if let Some(listing) = listing.filter(|_| periods.is_empty()) {
        // What will be comes in the Period that has begun.
        let start = |&from: &Pts| listing.live.captured(from);
        let begun = breaks.iter().map(start).take_while(|&start| start <= listing.clock);
        let (id, start) = begun.enumerate().last().unwrap_or_default();
        let start = start.since_start().in_secs();
        periods = format!("  <Period id=\"{id}\" start=\"PT{start}S\"/>\n");
    }
    mpd += &periods;
    if let Some(listing) = listing {
        mpd += &format!(
            "  <UTCTiming schemeIdUri=\"urn:mpeg:dash:utc:direct:2014\" value=\"{}\"/>\n",
            listing.date(listing.clock)
        );
    }
    mpd += "</MPD>\n";
    let entry = "manifest.mpd".to_owned();
    Package { documents: vec![(entry.clone(), mpd)], entry, sizes: sizes(presentation) }
}

/// What of the MPD's attributes is about time, where it is live.
fn write_clock(mpd: &mut String, listing: &Listing<'_>) {
    let Listing { content, live, clock, .. } = listing;
    *mpd += &format!(
        "type=\"dynamic\" availabilityStartTime=\"{}\" publishTime=\"{}\"",
        listing.date(Pts::ZERO + live.announced_after()),
        listing.date(*clock)
    );
    let mut told = |name: &str, span: Span| *mpd += &format!(" {name}=\"PT{}S\"", span.in_secs());
    match live.refresh.filter(|_| !listing.ended()) {
        Some(refresh) => told("minimumUpdatePeriod", refresh),
        None => told("mediaPresentationDuration", live.captured(content.end()).since_start()),
    }
    if live.window != Span::MAX {
        told("timeShiftBufferDepth", live.window);
    }
    if let Some(target) = live.target {
        told("suggestedPresentationDelay", target);
    }
}

/// What players are asked to do about latency.
fn write_service(mpd: &mut String, live: &Live) {
    let latency = live.target.filter(|_| live.chunk.is_some());
    if latency.is_none() && live.rates.is_none() {
        return;
    }
    *mpd += "  <ServiceDescription id=\"0\">\n";
    if let Some(target) = latency {
        *mpd += &format!("    <Latency target=\"{}\"/>\n", target.as_nanos() / 1_000_000);
    }
    if let Some((least, most)) = live.rates {
        let rate = |thousandths: u16| Span::from_millis(u64::from(thousandths));
        let (min, max) = (rate(least), rate(most));
        *mpd +=
            &format!("    <PlaybackRate min=\"{}\" max=\"{}\"/>\n", min.in_secs(), max.in_secs());
    }
    *mpd += "  </ServiceDescription>\n";
}

/// A Period: from a place to the next.
struct Stretch {
    id: usize,
    from: Pts,
    to: Option<Pts>,
}

impl Stretch {
    /// Which segments of a track begin in it.
    fn segments(&self, of: &Written<'_>) -> Range<u32> {
        let end = self.to.map_or(of.track.count(), |to| of.track.first_from(to));
        of.track.first_from(self.from)..end
    }
}

/// What a template tells of: some segments of a Period.
struct Told {
    segments: Range<u32>,
    from: Pts,
    to: Pts,
    chunk: Option<Span>,
    /// Whether each is listed, come what may.
    lists: bool,
}

fn write_period(
    mpd: &mut String,
    presentation: &Presentation,
    listing: Option<&Listing<'_>>,
    stretch: &Stretch,
) {
    let lists = listing.filter(|listing| listing.live.refresh.is_some());
    let mut sets = String::new();
    for (id, written) in written(presentation).enumerate() {
        let mut segments = stretch.segments(&written);
        if let Some(listing) = lists {
            let listed = listing.segments(&written);
            // One whose first chunk is there is listed too: `@availabilityTimeOffset` says so.
            let under_way = u32::from(listing.chunks(&written, listed.end) > 0);
            let last = segments.end.min(listed.end + under_way);
            segments = segments.start.max(listed.start)..last;
        }
        let (from, to) = (stretch.from, stretch.to.unwrap_or(presentation.end()));
        let chunk = listing.and_then(|listing| listing.live.chunk);
        let told = Told { segments, from, to, chunk, lists: lists.is_some() };
        if !told.segments.is_empty() {
            write_set(&mut sets, id, &written, &told);
        }
    }
    if sets.is_empty() {
        return;
    }
    let start = listing.map_or(stretch.from, |listing| listing.live.captured(stretch.from));
    let id = stretch.id;
    *mpd += &format!("  <Period id=\"{id}\" start=\"PT{}S\"", start.since_start().in_secs());
    if let Some(to) = stretch.to {
        *mpd += &format!(" duration=\"PT{}S\"", (to - stretch.from).in_secs());
    }
    *mpd += &format!(">\n{sets}  </Period>\n");
}

fn write_set(mpd: &mut String, id: usize, written: &Written<'_>, told: &Told) {
    let kind = written.track.kind.name();
    *mpd += &format!(
        "    <AdaptationSet id=\"{id}\" contentType=\"{kind}\" mimeType=\"{kind}/mp4\" \
         segmentAlignment=\"true\" startWithSAP=\"1\">\n"
    );
    write_template(mpd, written, told);
    for (rung, Representation { bitrate, resolution, codecs, frame_rate, .. }) in written.rungs() {
        let (id, bps) = (written.stream(rung), bitrate.as_bps());
        *mpd += &format!("      <Representation id=\"{id}\" bandwidth=\"{bps}\"");
        if let Some(Resolution { width, height }) = resolution {
            *mpd += &format!(" width=\"{width}\" height=\"{height}\"");
        }
        if let Some(rate) = frame_rate {
            *mpd += &format!(" frameRate=\"{rate}\"");
        }
        if plain(codecs) {
            *mpd += &format!(" codecs=\"{}\"", escape(codecs));
        }
        *mpd += "/>\n";
    }
    *mpd += "    </AdaptationSet>\n";
}

fn write_template(mpd: &mut String, Written { track, .. }: &Written<'_>, told: &Told) {
    let &Told { ref segments, from, to, chunk, lists } = told;
    let durations: Vec<Span> = segments.clone().map(|index| track.duration(index)).collect();
    let starts = track.start(segments.start);
    let millis = Span::from_millis(1).as_nanos();
    let places = [from.since_start(), starts.since_start()];
    let whole = |span: &Span| span.as_nanos().is_multiple_of(millis);
    let (scale, tick) = match durations.iter().chain(&places).all(whole) {
        true => (1_000, millis),
        false => (NANOS, 1),
    };
    let number = segments.start + 1;
    *mpd += &format!("      <SegmentTemplate timescale=\"{scale}\" startNumber=\"{number}\"");
    if from > Pts::ZERO {
        let offset = from.since_start().as_nanos() / tick;
        *mpd += &format!(" presentationTimeOffset=\"{offset}\"");
    }
    let (first, last) = (durations[0], durations[durations.len() - 1]);
    if let Some(chunk) = chunk {
        // None is told before its first chunk is there; the last may be short.
        let least = durations[..durations.len() - 1].iter().min().unwrap_or(&first);
        let early = least.saturating_sub(chunk).in_secs();
        *mpd += &format!(" availabilityTimeOffset=\"{early}\" availabilityTimeComplete=\"false\"");
    }
    // Without a timeline a reader infers the last segment from where the Period ends.
    let equal = durations[..durations.len() - 1].iter().all(|&d| d == first) && last <= first;
    let fills = starts == from && track.start(segments.end) == to;
    let template = " initialization=\"init-stream$RepresentationID$.m4s\" \
                    media=\"chunk-stream$RepresentationID$-$Number%05d$.m4s\"";
    if equal && fills && !lists {
        *mpd += &format!(" duration=\"{}\"{template}/>\n", first.as_nanos() / tick);
        return;
    }
    *mpd += &format!("{template}>\n        <SegmentTimeline>\n");
    let mut place = (starts > Pts::ZERO).then_some(starts);
    for run in durations.chunk_by(|a, b| a == b) {
        *mpd += "          <S";
        if let Some(place) = place.take() {
            *mpd += &format!(" t=\"{}\"", place.since_start().as_nanos() / tick);
        }
        *mpd += &format!(" d=\"{}\"", run[0].as_nanos() / tick);
        match run.len() - 1 {
            0 => *mpd += "/>\n",
            repeats => *mpd += &format!(" r=\"{repeats}\"/>\n"),
        }
    }
    *mpd += "        </SegmentTimeline>\n      </SegmentTemplate>\n";
}
