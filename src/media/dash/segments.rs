//! What tells where the segments of a Representation are: SegmentTemplate, SegmentList, SegmentBase
//! or nothing at all; and what of it is inherited from the levels above (ISO/IEC 23009-1, 5.3.9.1).
//!
//! The idea to hold: the nearest level that has any of the three decides which of them it is. What
//! that one does not say, those of the same kind further up do.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use dash_mpd::{
    AdaptationSet, Initialization, Representation, SegmentBase, SegmentList, SegmentTemplate,
    SegmentURL,
};

use super::set::{Reading, Within};
use super::template::Template;
use super::timeline::Told;
use super::xml::{Aside, NOTHING, Path};
use super::{Base, index};
use crate::media::manifest::{
    Addressing, ByteRange, Carries, Entries, ManifestError, Place, Resource, Section, Segments,
    Source, join,
};

/// A Representation and the levels above it.
pub(super) struct Levels<'a, 'b> {
    pub(super) within: &'b Within<'a>,
    pub(super) set: &'a AdaptationSet,
    pub(super) told: &'a Representation,
    pub(super) base: &'b Base,
    pub(super) path: Path,
    pub(super) carries: Carries,
}

/// How segments are told, where their index is, and the segments or why they cannot be told.
type Told3 = (Option<Addressing>, Option<Resource>, Result<Segments, ManifestError>);

/// Segment information of one kind, from the nearest level to the furthest.
enum Kind<'a> {
    Template(Vec<(&'a SegmentTemplate, &'a Aside)>),
    List(Vec<(&'a SegmentList, &'a Aside)>),
    Base(Vec<(&'a SegmentBase, &'a Aside)>),
    None,
}

impl<'a> Levels<'a, '_> {
    /// The segment information that holds, with what the parser lost of it.
    fn kind(&self, aside: &'a BTreeMap<Path, Aside>) -> Kind<'a> {
        let (period, set) = (self.within.period, self.set);
        let (p, s, _) = self.path;
        let paths = [self.path, (p, s, None), (p, None, None)];
        let aside = paths.map(|path| aside.get(&path).unwrap_or(&NOTHING));
        fn those<'a, T>(
            levels: [Option<&'a T>; 3],
            aside: [&'a Aside; 3],
        ) -> Vec<(&'a T, &'a Aside)> {
            levels.into_iter().zip(aside).filter_map(|(t, a)| Some((t?, a))).collect()
        }
        let templates = [&self.told.SegmentTemplate, &set.SegmentTemplate, &period.SegmentTemplate];
        let lists = [&self.told.SegmentList, &set.SegmentList, &period.SegmentList];
        let bases = [&self.told.SegmentBase, &set.SegmentBase, &period.SegmentBase];
        for level in 0..3 {
            if templates[level].is_some() {
                return Kind::Template(those(templates.map(Option::as_ref), aside));
            }
            if lists[level].is_some() {
                return Kind::List(those(lists.map(Option::as_ref), aside));
            }
            if bases[level].is_some() {
                return Kind::Base(those(bases.map(Option::as_ref), aside));
            }
        }
        Kind::None
    }

    /// `@availabilityTimeOffset` of the segment information, in seconds.
    pub(super) fn early(&self, aside: &'a BTreeMap<Path, Aside>) -> Option<f64> {
        match self.kind(aside) {
            Kind::Template(levels) => levels.iter().find_map(|(t, _)| t.availabilityTimeOffset),
            Kind::List(levels) => levels.iter().find_map(|(_, aside)| aside.early),
            Kind::Base(levels) => levels.iter().find_map(|(b, _)| b.availabilityTimeOffset),
            Kind::None => None,
        }
    }

    /// An Initialization as a resource.
    fn init(&self, init: &Initialization, place: &Place<'_>) -> Result<Resource, ManifestError> {
        let url = match &init.sourceURL {
            Some(source) => join(&self.base.url, source),
            None => self.base.url.clone(),
        };
        Ok(Resource { url, range: range(init.range.as_deref(), place)? })
    }
}

/// A range that an attribute holds.
fn range(text: Option<&str>, place: &Place<'_>) -> Result<Option<ByteRange>, ManifestError> {
    let right = "first-last, such as 860-1071, is expected";
    let parse =
        |text: &str| ByteRange::parse(text).ok_or_else(|| place.wrong("a range", text, right));
    text.map(parse).transpose()
}

impl<'a> Reading<'a, '_, '_> {
    /// The segments of a Representation.
    pub(super) fn segments(&mut self, levels: &Levels<'a, '_>, place: &Place<'_>) -> Told3 {
        match levels.kind(self.aside) {
            Kind::Template(told) => {
                let along = told.iter().any(|(t, _)| t.SegmentTimeline.is_some());
                let addressing =
                    if along { Addressing::TemplateTimeline } else { Addressing::Template };
                let segments = self.template(&told, levels, place);
                (Some(addressing), None, segments)
            }
            Kind::List(told) => {
                let along = told.iter().any(|(l, _)| l.SegmentTimeline.is_some());
                let addressing = if along { Addressing::ListTimeline } else { Addressing::List };
                (Some(addressing), None, self.list(&told, levels, place))
            }
            Kind::Base(told) => {
                let range = told.iter().find_map(|(b, _)| b.indexRange.as_deref());
                let range = match self::range(range, place) {
                    Ok(range) => range,
                    Err(error) => return (Some(Addressing::Base), None, Err(error)),
                };
                let index = Resource { url: levels.base.url.clone(), range };
                let segments = self.base(&told, &index, levels, place);
                (Some(Addressing::Base), Some(index), segments)
            }
            Kind::None if levels.told.BaseURL.is_empty() => {
                let right = "a SegmentTemplate, a SegmentList, a SegmentBase or a BaseURL tells it";
                (None, None, Err(place.missing("where its segments are", right)))
            }
            Kind::None => self.file(levels, place),
        }
    }

    fn template(
        &mut self,
        told: &[(&'a SegmentTemplate, &'a Aside)],
        levels: &Levels<'a, '_>,
        place: &Place<'_>,
    ) -> Result<Segments, ManifestError> {
        let text = |field: fn(&SegmentTemplate) -> &Option<String>| {
            told.iter().find_map(|(t, _)| field(t).as_deref())
        };
        let line = told.iter().find(|(t, _)| t.SegmentTimeline.is_some());
        let cuts = Told {
            scale: told.iter().find_map(|(t, _)| t.timescale).unwrap_or(1),
            number: number(told),
            last: told.iter().find_map(|(t, _)| t.endNumber),
            offset: offset(told),
            listed: None,
            length: levels.within.duration,
            line: line.map(|(_, aside)| aside.line.as_slice()),
            every: told.iter().find_map(|(t, _)| t.duration),
        };
        let timeline = self.timelines.of(cuts, place)?;
        let (id, bandwidth) = (levels.told.id.as_deref(), levels.told.bandwidth);
        let name = |text| Template::new(text, id, bandwidth).map_err(|p| place.problem(p));
        let template = text(|t| &t.media).map(|media| Ok((media, name(media)?))).transpose()?;
        if let Some((media, _)) = template.as_ref().filter(|(_, name)| !name.is_open())
            && timeline.cuts.len() > 1
        {
            let right = "$Number$ or $Time$ has to tell segments apart";
            return Err(place.wrong("@media", media, right));
        }
        let element = || told.iter().find_map(|(t, _)| t.Initialization.as_ref());
        let init = match text(|t| &t.initialization) {
            Some(text) => {
                let right = "$Number$ and $Time$ are of segments";
                let fixed = name(text)?.fixed();
                let init = fixed.ok_or_else(|| place.wrong("@initialization", text, right))?;
                Some(Resource::whole(join(&levels.base.url, &init)))
            }
            None => element().map(|init| levels.init(init, place)).transpose()?,
        };
        let base = Arc::from(levels.base.url.as_str());
        let source = match template {
            Some((_, template)) => Source::Template { base, template: Arc::new(template) },
            None => Source::Untold,
        };
        Ok(Segments { timeline, source, sections: section(init) })
    }

    fn list(
        &mut self,
        told: &[(&'a SegmentList, &'a Aside)],
        levels: &Levels<'a, '_>,
        place: &Place<'_>,
    ) -> Result<Segments, ManifestError> {
        if told.iter().any(|(list, _)| list.href.is_some()) {
            return Err(place.not_yet("a SegmentList of another document (@xlink:href)"));
        }
        let urls = told.iter().map(|(list, _)| list.segment_urls.as_slice());
        let urls = urls.into_iter().find(|urls| !urls.is_empty()).unwrap_or_default();
        let line = told.iter().find(|(list, _)| list.SegmentTimeline.is_some());
        let cuts = Told {
            scale: told.iter().find_map(|(list, _)| list.timescale).unwrap_or(1),
            number: number(told),
            last: None,
            listed: Some(urls.len()),
            offset: offset(told),
            length: levels.within.duration,
            line: line.map(|(_, aside)| aside.line.as_slice()),
            every: told.iter().find_map(|(list, _)| list.duration).map(|ticks| ticks as f64),
        };
        let timeline = self.timelines.of(cuts, place)?;
        let init = told.iter().find_map(|(list, _)| list.Initialization.as_ref());
        let init = init.map(|init| levels.init(init, place)).transpose()?;
        let entries = self.entries(&urls[..timeline.cuts.len()], place)?;
        let base = Arc::from(levels.base.url.as_str());
        let source = Source::Listed { base, entries, rates: Arc::from([]) };
        Ok(Segments { timeline, source, sections: section(init) })
    }

    /// The segments that are listed; the same for all that inherit them.
    fn entries(
        &mut self,
        urls: &'a [SegmentURL],
        place: &Place<'_>,
    ) -> Result<Entries, ManifestError> {
        if let Some((_, entries)) = self.lists.iter().rev().find(|(u, _)| std::ptr::eq(*u, urls)) {
            return Ok(entries.clone());
        }
        let entry = |url: &SegmentURL| {
            let media = url.media.as_deref().unwrap_or_default();
            Ok((media.into(), range(url.mediaRange.as_deref(), place)?))
        };
        let entries = urls.iter().map(entry).collect::<Result<Entries, ManifestError>>()?;
        self.lists.push((urls, entries.clone()));
        Ok(entries)
    }

    fn base(
        &mut self,
        told: &[(&'a SegmentBase, &'a Aside)],
        at: &Resource,
        levels: &Levels<'a, '_>,
        place: &Place<'_>,
    ) -> Result<Segments, ManifestError> {
        let key = (at.url.clone(), at.range);
        let index = match self.indexes.entry(key) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(index::read(&at.url, at.range, self.documents)?),
        };
        let scale = told.iter().find_map(|(base, _)| base.timescale).unwrap_or(1);
        if index.begin(offset(told), scale) {
            self.timelines.count(index.timeline.cuts.len(), place)?;
        }
        let init = told.iter().find_map(|(base, _)| base.Initialization.as_ref());
        let init = match init {
            Some(init) => levels.init(init, place)?,
            None => Resource { url: at.url.clone(), range: Some(index.before) },
        };
        let own = Resource { url: at.url.clone(), range: Some(index.own) };
        Ok(Segments {
            timeline: index.timeline.clone(),
            source: Source::Ranges {
                url: Arc::from(at.url.as_str()),
                ranges: index.ranges.clone(),
            },
            sections: Arc::from([Section { from: 0, setup: vec![init, own] }]),
        })
    }

    /// A Representation that is one file: media with an index, or subtitles without one.
    fn file(&mut self, levels: &Levels<'a, '_>, place: &Place<'_>) -> Told3 {
        let file = Resource::whole(levels.base.url.clone());
        if matches!(levels.carries, Carries::Video | Carries::Audio) {
            let segments = self.base(&[], &file, levels, place);
            return (Some(Addressing::File), Some(file), segments);
        }
        let cuts = Told {
            scale: 1_000,
            number: 1,
            last: None,
            listed: None,
            offset: 0,
            length: levels.within.duration,
            line: None,
            every: None,
        };
        let segments = self.timelines.of(cuts, place).map(|timeline| Segments {
            source: Source::Listed {
                base: Arc::from(levels.base.url.as_str()),
                entries: timeline.cuts.iter().map(|_| (Box::from(""), None)).collect(),
                rates: Arc::from([]),
            },
            timeline,
            sections: section(None),
        });
        (Some(Addressing::File), None, segments)
    }
}

fn number<T>(told: &[(&T, &Aside)]) -> u64 {
    told.iter().find_map(|(_, aside)| aside.number).unwrap_or(1)
}

fn offset<T>(told: &[(&T, &Aside)]) -> i64 {
    told.iter().find_map(|(_, aside)| aside.offset).unwrap_or(0)
}

/// What has to be held before any segment can be used.
fn section(init: Option<Resource>) -> Arc<[Section]> {
    Arc::from([Section { from: 0, setup: init.into_iter().collect() }])
}
