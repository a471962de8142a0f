//! MPEG-DASH (ISO/IEC 23009-1): an MPD read, and written from a presentation.
//!
//! The idea to hold: an MPD does not list segments, it tells how to work them out, and says each
//! thing once, at the level above all it holds for. Reading carries down what is inherited, and
//! what goes wrong with one Representation is kept with it and harms no other.
//!
//! ```text
//!   xml.rs        a text before its parser sees it
//!   vocabulary.rs what of it is read
//!   set.rs        AdaptationSets and Representations
//!   segments.rs   what tells where segments are, and what of it is inherited
//!   timeline.rs   where segments are cut
//!   template.rs   what they are called
//!   index.rs      indexes within the media
//!   write.rs      the way back
//! ```

mod index;
mod segments;
mod set;
mod template;
#[cfg(test)]
mod tests;
mod timeline;
mod vocabulary;
mod write;
mod xml;

use std::time::Duration;

use dash_mpd::{BaseURL, MPD};

pub use template::Template;
pub use write::{write, write_live};

use super::manifest::{
    Documents, Format, Live, Manifest, ManifestError, Period, Place, Problem, Service, join, note,
};
use crate::units::Span;

/// All that an MPD, and the indexes it names, tell.
pub(super) fn read(
    url: &str,
    text: &str,
    documents: &mut Documents<'_>,
) -> Result<Manifest, ManifestError> {
    let place = Place::of(url);
    let tidy = xml::tidy(text, &place)?;
    let mpd = dash_mpd::parse(&tidy.text);
    let mpd = mpd.map_err(|error| place.problem(Problem::Syntax(error.to_string())))?;
    let mut manifest = Manifest::new(Format::Dash);
    manifest.live = match mpd.mpdtype.as_deref().map(str::trim) {
        None | Some("static") => None,
        Some("dynamic") => Some(live(&mpd)),
        Some(other) => {
            return Err(place.wrong("MPD@type", other, "static or dynamic is expected"));
        }
    };
    manifest.duration = mpd.mediaPresentationDuration.map(span);
    manifest.min_buffer = mpd.minBufferTime.map(span);
    manifest.service = service(&mpd, url, tidy.steering.as_deref());
    manifest.locations = mpd.locations.iter().map(|l| join(url, l.url.trim())).collect();
    if mpd.periods.is_empty() {
        return Err(place.missing("a Period", "an MPD needs at least one"));
    }
    let mut reading = set::Reading {
        aside: &tidy.aside,
        documents,
        timelines: Default::default(),
        indexes: Default::default(),
        lists: Vec::new(),
        notes: tidy.notes,
    };
    let base = Base::default().within(url, &mpd.base_url);
    for (index, (period, (start, duration))) in mpd.periods.iter().zip(places(&mpd)).enumerate() {
        let place = place.element("Period", index);
        let mut told = Period { id: period.id.clone(), start, duration, sets: Vec::new() };
        if period.href.is_some() && period.adaptations.is_empty() {
            let what = "a Period of another document (@xlink:href)";
            note(&mut reading.notes, place.problem(Problem::LeftOut(what.into())));
        } else {
            let base = base.within(url, &period.BaseURL);
            let within = set::Within { period, index, duration, base };
            told.sets = reading.sets(&within, &place);
        }
        manifest.periods.push(told);
    }
    manifest.notes = reading.notes;
    Ok(manifest)
}

/// How a dynamic MPD changes.
fn live(mpd: &MPD) -> Live {
    Live {
        since: mpd.availabilityStartTime.map(|since| since.timestamp_millis()),
        update: mpd.minimumUpdatePeriod.map(span),
        window: mpd.timeShiftBufferDepth.map(span),
        delay: mpd.suggestedPresentationDelay.map(span),
        clocks: mpd
            .UTCTiming
            .iter()
            .map(|clock| (clock.schemeIdUri.clone(), clock.value.clone().unwrap_or_default()))
            .collect(),
    }
}

/// What the service asks of players.
fn service(mpd: &MPD, url: &str, steering: Option<&str>) -> Service {
    let within = mpd.periods.iter().flat_map(|period| &period.service_description);
    let all = || mpd.ServiceDescription.iter().chain(within.clone());
    let latency = all().flat_map(|d| &d.Latency).next();
    let millis = |told: Option<f64>| told.map(|millis| Span::from_secs_f64(millis / 1e3));
    let rates = all().flat_map(|d| &d.PlaybackRate).next();
    let first = all().flat_map(|d| &d.ContentSteering).next();
    let first = first.and_then(|steering| steering.defaultServiceLocation.clone());
    let cmcd = all().flat_map(|d| &d.ClientDataReporting).flat_map(|r| &r.CMCDParameters).next();
    Service {
        latency: latency.and_then(|l| millis(l.target)),
        least_latency: latency.and_then(|l| millis(l.min)),
        most_latency: latency.and_then(|l| millis(l.max)),
        rates: rates
            .map(|rates| (rates.min.unwrap_or(1.0), rates.max.unwrap_or(1.0)))
            .filter(|(least, most)| least.is_finite() && most.is_finite()),
        steering: steering.map(|server| (join(url, server), first)),
        cmcd: cmcd
            .map(|parameters| parameters.keys.split_whitespace().map(str::to_owned).collect())
            .unwrap_or_default(),
    }
}

/// Where each Period begins, as it says or where the one before ends, and how long it lasts: as it
/// says, but not beyond where the next begins or it all ends (ISO/IEC 23009-1, 5.3.2.1).
fn places(mpd: &MPD) -> Vec<(Option<Span>, Option<Span>)> {
    let mut clock = Some(Duration::ZERO).filter(|_| mpd.mpdtype.as_deref() != Some("dynamic"));
    let mut places = Vec::with_capacity(mpd.periods.len());
    for (index, period) in mpd.periods.iter().enumerate() {
        let start = period.start.or(clock);
        let next = match mpd.periods.get(index + 1) {
            Some(next) => next.start,
            None => mpd.mediaPresentationDuration,
        };
        let until = next.zip(start).and_then(|(next, start)| next.checked_sub(start));
        let until = until.filter(|until| !until.is_zero());
        let length = match (period.duration, until) {
            (Some(told), Some(until)) => Some(told.min(until)),
            (told, until) => told.or(until),
        };
        clock = start.zip(length).and_then(|(start, length)| start.checked_add(length));
        places.push((start.map(span), length.map(span)));
    }
    places
}

/// A length of time as it is kept; what is beyond all reason is the longest there is.
fn span(duration: Duration) -> Span {
    Span::from_nanos(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX))
}

/// What URLs are relative to, and what holds for all that is there.
#[derive(Clone, Debug, Default)]
struct Base {
    url: String,
    /// The host it is on.
    location: Option<String>,
    /// How long before a segment is whole it may be asked for, in seconds.
    early: Option<f64>,
}

impl Base {
    /// The base within an element. Of several, which are alternatives, the one of the highest
    /// priority is used, which is the lowest number (ETSI TS 103 285, 10.8.2.1); else the first.
    fn within(&self, document: &str, told: &[BaseURL]) -> Self {
        let outer = if self.url.is_empty() { document } else { &self.url };
        match told.iter().min_by_key(|base| base.priority.unwrap_or(1)) {
            Some(base) => Self {
                url: join(outer, base.base.trim()),
                location: base.serviceLocation.clone().or_else(|| self.location.clone()),
                early: base.availability_time_offset.or(self.early),
            },
            None => Self { url: outer.to_owned(), ..self.clone() },
        }
    }
}
