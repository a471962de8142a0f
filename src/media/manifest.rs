//! What manifests tell, in whichever language: tracks, rungs, durations and addresses; everything
//! but sizes.
//!
//! The idea to hold: writing and reading meet only in text. An origin holds a [`Package`]; a player
//! reads an [`Outline`] from the text of its documents and from nothing else; sizes, which no
//! manifest tells, join by URL in [`Outline::resolve`].

use std::collections::BTreeMap;
use std::fmt;

use super::{DocumentId, Flaw, Kind, Ladder, Presentation, Representation, Rung, Track, dash, hls};
use crate::units::{Bitrate, Bytes, Span};

/// The largest manifest or playlist that is read.
pub const MAX_DOCUMENT: Bytes = Bytes::new(16 << 20);

/// The most segments a track may have.
pub const MAX_SEGMENTS: usize = 1_000_000;

/// The most rungs a track may have: as many as a [`Rung`] can number.
pub const MAX_RUNGS: usize = 256;

/// The most memory the addresses of all segments may take, in bytes. A template of a hundred bytes
/// can name a million segments on each of many rungs.
pub const MAX_ADDRESSES: usize = 256 << 20;

/// The longest track: a year.
pub const MAX_LENGTH: Span = Span::from_secs(365 * 86_400);

/// The highest bitrate a rung may claim.
pub const MAX_BITRATE: Bitrate = Bitrate::kbps(1_000_000_000);

/// What an initialisation segment written here weighs. Common packagers write 600 to 1,000 bytes.
pub const INIT_SIZE: Bytes = Bytes::new(800);

/// The two languages of manifests.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Format {
    /// MPEG-DASH, ISO/IEC 23009-1: one MPD.
    Dash,
    /// HTTP Live Streaming, RFC 8216: a multivariant playlist, and a media playlist per rung.
    Hls,
}

/// All that the manifests of a presentation tell.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Outline {
    /// The language they are in.
    pub format: Format,
    /// Every document read, by URL, in the order asked; the first is the one that names the rest.
    pub documents: Vec<(String, Bytes)>,
    /// The tracks: video, if there is any, then audio. Where manifests offer several of a kind
    /// (languages, codecs) this is the first.
    pub tracks: Vec<TrackOutline>,
}

/// All that manifests tell of one track.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TrackOutline {
    /// What it carries.
    pub kind: Kind,
    /// The rungs to choose from.
    pub ladder: Ladder,
    /// How long each segment lasts, on every rung.
    pub durations: Vec<Span>,
    /// Where to ask, by rung.
    pub addresses: Vec<Addresses>,
}

/// Where to ask for what belongs to one rung, as absolute as the URL of the manifest was.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Addresses {
    /// Its media playlist, in HLS.
    pub playlist: Option<String>,
    /// Its initialisation segment, if it has one apart.
    pub init: Option<String>,
    /// Its segments.
    pub segments: Vec<String>,
}

/// One rung as it stands in its manifest, before it is known to match the others of its track.
pub(super) struct RungOutline {
    pub(super) representation: Representation,
    pub(super) addresses: Addresses,
    pub(super) durations: Vec<Span>,
    /// How finely its manifest tells time.
    pub(super) tick: Span,
}

impl TrackOutline {
    /// Puts rungs in order, and sees that their segments are cut at the same places.
    pub(super) fn new(
        kind: Kind,
        mut rungs: Vec<RungOutline>,
        place: &Place<'_>,
    ) -> Result<Self, ManifestError> {
        rungs.sort_by_key(|r| r.representation.bitrate);
        // The rung that tells time most finely speaks for all.
        let Some(finest) = rungs.iter().min_by_key(|r| r.tick) else {
            return Err(place.missing("a rung", "a track needs at least one"));
        };
        let durations = finest.durations.clone();
        for rung in &rungs {
            rung.matches(finest).map_err(|p| place.problem(p))?;
        }
        if let Some(empty) = durations.iter().position(|d| d.is_zero()) {
            return Err(place.problem(Problem::Flaw(Flaw::EmptySegment(empty))));
        }
        let count = rungs.len();
        let (representations, addresses) =
            rungs.into_iter().map(|r| (r.representation, r.addresses)).unzip();
        let Some(ladder) = Ladder::new(representations) else {
            return Err(place.too_many("rungs", count, MAX_RUNGS));
        };
        Ok(Self { kind, ladder, durations, addresses })
    }
}

impl RungOutline {
    /// Whether its segments last as long as another's, as far as either can tell.
    fn matches(&self, other: &Self) -> Result<(), Problem> {
        let (one, two) = (self.representation.bitrate, other.representation.bitrate);
        let (a, b) = (self.durations.len(), other.durations.len());
        if a != b {
            return Err(Problem::UnevenCount { one, two, a, b });
        }
        let slack = self.tick.max(other.tick) + Span::from_nanos(1);
        let differ =
            |(a, b): (&Span, &Span)| a.as_nanos().abs_diff(b.as_nanos()) > slack.as_nanos();
        match self.durations.iter().zip(&other.durations).position(differ) {
            None => Ok(()),
            Some(index) => Err(Problem::Uneven {
                one,
                two,
                index,
                a: self.durations[index],
                b: other.durations[index],
            }),
        }
    }
}

impl Outline {
    /// Adds sizes, which manifests do not tell, and so makes a presentation to play.
    pub fn resolve(
        self,
        mut size_of: impl FnMut(&str) -> Option<Bytes>,
    ) -> Result<Presentation, ManifestError> {
        let entry = self.documents.first().map(|(url, _)| url.clone()).unwrap_or_default();
        let place = Place::of(&entry);
        let mut size =
            |url: &str| size_of(url).ok_or_else(|| place.problem(Problem::UnknownUrl(url.into())));
        let mut shelf = Shelf::default();
        for (url, size) in self.documents {
            shelf.put(url, size);
        }
        let mut tracks = Vec::with_capacity(self.tracks.len());
        for TrackOutline { kind, ladder, durations, addresses } in self.tracks {
            let mut sizes = Vec::with_capacity(durations.len() * addresses.len());
            for index in 0..durations.len() {
                for rung in &addresses {
                    sizes.push(size(&rung.segments[index])?);
                }
            }
            let mut setup = Vec::with_capacity(addresses.len());
            for Addresses { playlist, init, .. } in addresses {
                let playlist = playlist.and_then(|url| shelf.find(&url));
                let init = match init {
                    None => None,
                    Some(url) => match shelf.find(&url) {
                        Some(id) => Some(id),
                        None => Some(shelf.put(url.clone(), size(&url)?)),
                    },
                };
                setup.push(playlist.into_iter().chain(init).collect());
            }
            let track = Track::new(kind, ladder, &durations, sizes);
            tracks.push(track.map_err(|flaw| place.problem(flaw.into()))?.with_setup(setup));
        }
        Ok(Presentation { tracks, documents: shelf.sizes, opening: vec![DocumentId(0)] })
    }
}

/// Documents as they get their numbers: what two rungs share has one.
#[derive(Default)]
struct Shelf {
    ids: BTreeMap<String, DocumentId>,
    sizes: Vec<Bytes>,
}

impl Shelf {
    fn find(&self, url: &str) -> Option<DocumentId> {
        self.ids.get(url).copied()
    }

    fn put(&mut self, url: String, size: Bytes) -> DocumentId {
        let id = DocumentId(self.sizes.len() as u32);
        self.sizes.push(size);
        self.ids.insert(url, id);
        id
    }
}

/// What an origin holds of a presentation: texts to serve, and sizes of what is served besides.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Package {
    /// The URL a player is given.
    pub entry: String,
    /// Manifests and playlists, as URL and text.
    pub documents: Vec<(String, String)>,
    /// Sizes of media and initialisation segments, by URL.
    pub sizes: BTreeMap<String, Bytes>,
}

impl Package {
    /// The text of a document.
    pub fn text(&self, url: &str) -> Option<&str> {
        self.documents.iter().find(|(u, _)| u == url).map(|(_, text)| text.as_str())
    }

    /// The size of anything held.
    pub fn size(&self, url: &str) -> Option<Bytes> {
        let document = || self.text(url).map(|text| Bytes::new(text.len() as u64));
        self.sizes.get(url).copied().or_else(document)
    }

    /// The presentation as a player finds it: documents read, sizes looked up.
    pub fn open(&self) -> Result<Presentation, ManifestError> {
        let mut fetch = |url: &str| match self.text(url) {
            Some(text) => Ok(text.to_owned()),
            None => Err(ManifestError::unavailable(url, "the origin does not hold it")),
        };
        read(&self.entry, &mut fetch)?.resolve(|url| self.size(url))
    }
}

/// A track as it is written: with the name that its directories begin with.
pub(super) struct Written<'a> {
    pub(super) track: &'a Track,
    letter: char,
}

/// What is written of a presentation: its first video track and its first audio track, which is
/// also what is read of a manifest that offers several.
pub(super) fn written(presentation: &Presentation) -> impl Iterator<Item = Written<'_>> {
    [(Kind::Video, 'v'), (Kind::Audio, 'a')].into_iter().filter_map(|(kind, letter)| {
        let track = presentation.tracks.iter().find(|t| t.kind == kind)?;
        Some(Written { track, letter })
    })
}

impl Written<'_> {
    /// The name of a rung, and of the directory its segments are in.
    pub(super) fn name(&self, rung: Rung) -> String {
        format!("{}{}", self.letter, rung.0)
    }

    /// Every rung.
    pub(super) fn rungs(&self) -> impl Iterator<Item = (Rung, &Representation)> {
        self.track.ladder.rungs().map(|r| (r, self.track.ladder.representation(r)))
    }

    /// How long each segment lasts.
    pub(super) fn durations(&self) -> impl Iterator<Item = Span> + '_ {
        (0..self.track.count()).map(|i| self.track.duration(i))
    }
}

/// Sizes by URL, of segments called `v0/init.mp4`, `v0/1.m4s`, `v0/2.m4s` and so on.
pub(super) fn sizes(presentation: &Presentation) -> BTreeMap<String, Bytes> {
    let mut sizes = BTreeMap::new();
    for written in written(presentation) {
        for rung in written.track.ladder.rungs() {
            let name = written.name(rung);
            sizes.insert(format!("{name}/init.mp4"), INIT_SIZE);
            for index in 0..written.track.count() {
                let url = format!("{name}/{}.m4s", index + 1);
                sizes.insert(url, written.track.size(index, rung));
            }
        }
    }
    sizes
}

/// Reads a presentation from its manifest, and from whatever documents that names.
///
/// `fetch` is asked for the text of each document once. URLs may be paths of files: references are
/// resolved in the same way.
pub fn read(
    entry: &str,
    fetch: &mut dyn FnMut(&str) -> Result<String, ManifestError>,
) -> Result<Outline, ManifestError> {
    let mut documents = Documents { fetch, read: Vec::new() };
    let text = documents.ask(entry)?;
    let (format, tracks) = match text.trim_start() {
        xml if xml.starts_with('<') => (Format::Dash, dash::read(entry, &text)?),
        list if list.starts_with("#EXTM3U") => {
            (Format::Hls, hls::read(entry, &text, &mut documents)?)
        }
        other => {
            let begins = other.chars().take(20).collect();
            return Err(Place::of(entry).problem(Problem::NotAManifest(begins)));
        }
    };
    Ok(Outline { format, documents: documents.read, tracks })
}

/// Documents as they are asked for.
pub(super) struct Documents<'a> {
    fetch: &'a mut dyn FnMut(&str) -> Result<String, ManifestError>,
    read: Vec<(String, Bytes)>,
}

impl Documents<'_> {
    /// The text of a document, without the byte order mark some editors put before it.
    pub(super) fn ask(&mut self, url: &str) -> Result<String, ManifestError> {
        let mut text = (self.fetch)(url)?;
        let size = Bytes::new(text.len() as u64);
        self.read.push((url.to_owned(), size));
        if size > MAX_DOCUMENT {
            return Err(Place::of(url).problem(Problem::TooLarge(size)));
        }
        if text.starts_with('\u{feff}') {
            text.drain(..'\u{feff}'.len_utf8());
        }
        match text.trim().is_empty() {
            true => Err(Place::of(url).problem(Problem::Empty)),
            false => Ok(text),
        }
    }
}

/// Room for the addresses of segments, which shrinks as they are kept.
pub(super) struct Room(usize);

impl Room {
    pub(super) fn new() -> Self {
        Self(MAX_ADDRESSES)
    }

    /// Keeps an address, if there is room.
    pub(super) fn keep(&mut self, url: String) -> Result<String, Problem> {
        match self.0.checked_sub(url.len() + size_of::<String>()) {
            None => Err(Problem::NoRoom),
            Some(left) => {
                self.0 = left;
                Ok(url)
            }
        }
    }
}

/// A reference as it is meant where it stands (RFC 3986, section 5), for URLs and paths of files
/// alike. The fragment, which is never sent, is cut off.
pub fn join(base: &str, reference: &str) -> String {
    let reference = reference.split_once('#').map_or(reference, |(before, _)| before);
    let base = base.split_once(['?', '#']).map_or(base, |(before, _)| before);
    // What stands before the path: `https://host`, or nothing for a file.
    let (scheme, host) = match base.split_once("://") {
        None => ("", ""),
        Some((scheme, rest)) => {
            let end = scheme.len() + 3 + rest.find('/').unwrap_or(rest.len());
            (&base[..scheme.len() + 1], &base[..end])
        }
    };
    let path = &base[host.len()..];
    let directory = path.rfind('/').map_or("", |slash| &path[..=slash]);
    match reference {
        "" => base.to_owned(),
        absolute if has_scheme(absolute) => absolute.to_owned(),
        _ if reference.starts_with("//") => format!("{scheme}{reference}"),
        _ if reference.starts_with('/') => format!("{host}{}", without_dots(reference)),
        _ if reference.starts_with('?') => format!("{base}{reference}"),
        _ if directory.is_empty() && !host.is_empty() => format!("{host}/{reference}"),
        _ => format!("{host}{}", without_dots(&format!("{directory}{reference}"))),
    }
}

/// Whether it begins with a scheme: two letters at least, or it is the drive of a file.
fn has_scheme(reference: &str) -> bool {
    let scheme = reference.split_once(':').map_or("", |(before, _)| before);
    scheme.len() >= 2
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
}

/// A path without `.` and `..`, as far as they can be taken out; its query is left alone.
fn without_dots(path: &str) -> String {
    let (path, query) = path.split_at(path.find('?').unwrap_or(path.len()));
    let mut kept: Vec<&str> = Vec::new();
    let last = path.rsplit('/').next();
    for part in path.split('/') {
        match (part, kept.last()) {
            (".", _) | ("..", Some(&"")) => (),
            ("..", Some(&before)) if before != ".." => drop(kept.pop()),
            _ => kept.push(part),
        }
    }
    // What ends in dots is a directory, and says so.
    if matches!(last, Some("." | "..")) {
        kept.push("");
    }
    kept.join("/") + query
}

/// Why a manifest cannot be played from.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{document}{within}: {problem}")]
pub struct ManifestError {
    /// The URL or path of the document.
    pub document: String,
    /// Where in it: a line or an element after a comma, or nothing.
    pub within: String,
    /// What is wrong.
    pub problem: Problem,
}

impl ManifestError {
    /// The document cannot be had; `why` is the network's or the disk's own word.
    pub fn unavailable(document: &str, why: impl fmt::Display) -> Self {
        Place::of(document).problem(Problem::Unavailable(why.to_string()))
    }
}

/// What can be wrong with a manifest.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// It cannot be had.
    #[error("it cannot be fetched: {0}")]
    Unavailable(String),
    /// It is longer than [`MAX_DOCUMENT`].
    #[error("it holds {0}, above the limit of {MAX_DOCUMENT}")]
    TooLarge(Bytes),
    /// There is nothing in it.
    #[error("it is empty; a DASH manifest or an HLS playlist is expected")]
    Empty,
    /// It is something else, such as an error page.
    #[error(
        "it begins with `{0}`; a DASH manifest has <MPD> for its root, and an HLS playlist begins \
         with #EXTM3U"
    )]
    NotAManifest(String),
    /// Its end is missing.
    #[error("it ends before {0}; was it cut short?")]
    Truncated(String),
    /// Its language is broken; the parser's own words.
    #[error("it cannot be read: {0}")]
    Syntax(String),
    /// Something has to be there.
    #[error("{what} is missing; {right}")]
    Missing {
        /// What is.
        what: String,
        /// What would be right.
        right: String,
    },
    /// Something has a value it cannot have.
    #[error("{what} is `{found}`; {right}")]
    Wrong {
        /// What has it.
        what: String,
        /// The value.
        found: String,
        /// What would be right.
        right: String,
    },
    /// It is right, and cannot be read all the same.
    #[error("not supported yet: {0}")]
    NotYet(String),
    /// There is more of something than memory should be spent on.
    #[error("{found} {what} are above the limit of {limit}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many.
        found: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// The addresses of all segments take more than [`MAX_ADDRESSES`].
    #[error("the URLs of its segments take more than the limit of {MAX_ADDRESSES} bytes")]
    NoRoom,
    /// Rungs of one track differ in how many segments they have.
    #[error(
        "the rung of {one} has {a} segments and that of {two} has {b}; rungs of a track must be \
         cut alike"
    )]
    UnevenCount {
        /// A rung.
        one: Bitrate,
        /// Another.
        two: Bitrate,
        /// How many the one has.
        a: usize,
        /// How many the other has.
        b: usize,
    },
    /// Rungs of one track differ in how long a segment is.
    #[error(
        "segment {index} lasts {a} on the rung of {one} and {b} on that of {two}; rungs of a track \
         must be cut alike"
    )]
    Uneven {
        /// A rung.
        one: Bitrate,
        /// Another.
        two: Bitrate,
        /// The first segment that differs, from 0.
        index: usize,
        /// Its duration on the one.
        a: Span,
        /// Its duration on the other.
        b: Span,
    },
    /// No size is known of something the manifest names.
    #[error("it names {0}, which the origin does not hold")]
    UnknownUrl(String),
    /// What it tells makes no track.
    #[error(transparent)]
    Flaw(#[from] Flaw),
}

/// A place in a document, kept at hand to say where a problem is.
#[derive(Clone)]
pub(super) struct Place<'a> {
    document: &'a str,
    within: String,
}

impl<'a> Place<'a> {
    pub(super) fn of(document: &'a str) -> Self {
        Self { document, within: String::new() }
    }

    /// A line of the same document, counted from 1.
    pub(super) fn line(&self, line: usize) -> Self {
        Self { within: format!(", line {line}"), ..*self }
    }

    /// An element within this one, counted from 0.
    pub(super) fn element(&self, name: &str, index: usize) -> Self {
        let dot = if self.within.is_empty() { ", " } else { "." };
        Self { within: format!("{}{dot}{name}[{index}]", self.within), ..*self }
    }

    pub(super) fn problem(&self, problem: Problem) -> ManifestError {
        ManifestError { document: self.document.into(), within: self.within.clone(), problem }
    }

    pub(super) fn missing(&self, what: &str, right: &str) -> ManifestError {
        self.problem(Problem::Missing { what: what.into(), right: right.into() })
    }

    pub(super) fn wrong(&self, what: &str, found: impl ToString, right: &str) -> ManifestError {
        let found = found.to_string();
        self.problem(Problem::Wrong { what: what.into(), found, right: right.into() })
    }

    pub(super) fn not_yet(&self, what: impl Into<String>) -> ManifestError {
        self.problem(Problem::NotYet(what.into()))
    }

    pub(super) fn too_many(&self, what: &'static str, found: usize, limit: usize) -> ManifestError {
        self.problem(Problem::TooMany { what, found, limit })
    }

    /// A bitrate that a rung can have.
    pub(super) fn bitrate(&self, what: &str, bps: u64) -> Result<Bitrate, ManifestError> {
        match Bitrate::from_bps(bps) {
            rate if !rate.is_zero() && rate <= MAX_BITRATE => Ok(rate),
            _ => Err(self.wrong(what, bps, &format!("from 1 to {MAX_BITRATE} is expected"))),
        }
    }
}

/// Whether a rung's codecs can stand in a manifest as they are.
pub(super) fn plain(codecs: &str) -> bool {
    !codecs.is_empty() && codecs.chars().all(|c| c.is_ascii_graphic() && c != '"')
}

/// Whether a codec, as RFC 6381 writes it, is one of sound.
pub(super) fn is_sound(codec: &str) -> bool {
    let family = codec.trim().split('.').next().unwrap_or_default().to_ascii_lowercase();
    let families =
        ["mp4a", "ac-3", "ac-4", "ec-3", "opus", "flac", "vorbis", "alac", "mha1", "mhm1"];
    families.contains(&family.as_str()) || family.starts_with("dts")
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::media::{Resolution, TrackId};
    use proptest::prelude::*;

    /// The text of a real manifest, where the collection of them is at hand.
    pub(in crate::media) fn reference(name: &str) -> Option<String> {
        let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/reference");
        let folder = std::env::var("ABRSIM_REFERENCE").unwrap_or_else(|_| beside.into());
        match std::fs::read_to_string(format!("{folder}/manifests/{name}")) {
            Ok(text) => Some(text),
            Err(_) => {
                println!("skipped: {name} is not at hand");
                None
            }
        }
    }

    /// Durations of every pattern a writer tells apart: equal but for a shorter last, in whole
    /// milliseconds, and in anything.
    fn durations() -> impl Strategy<Value = Vec<Span>> {
        let equal = (1..20_000_u64, 0..30_usize, 1..20_000_u64).prop_map(|(each, count, last)| {
            let mut all = vec![each; count];
            all.push(last.min(each));
            all.into_iter().map(Span::from_millis).collect()
        });
        let millis = prop::collection::vec((1..20_000_u64).prop_map(Span::from_millis), 1..30);
        let nanos = prop::collection::vec((1..1u64 << 34).prop_map(Span::from_nanos), 1..30);
        prop_oneof![equal, millis, nanos]
    }

    fn representation(kind: Kind) -> impl Strategy<Value = Representation> {
        let codecs = match kind {
            Kind::Video => ["", "avc1.640028", "hvc1.1.6.L93.B0"],
            Kind::Audio => ["", "mp4a.40.2", "ec-3"],
        };
        let picture = match kind {
            Kind::Video => prop::option::of((1..8_000_u32, 1..8_000_u32)).boxed(),
            Kind::Audio => Just(None).boxed(),
        };
        (1..100_000_000_u64, picture, prop::sample::select(codecs.to_vec())).prop_map(
            |(bps, picture, codecs)| Representation {
                bitrate: Bitrate::from_bps(bps),
                resolution: picture.map(|(width, height)| Resolution { width, height }),
                codecs: codecs.into(),
            },
        )
    }

    fn track(kind: Kind) -> impl Strategy<Value = Track> {
        let ladder = prop::collection::vec(representation(kind), 1..5);
        (ladder, durations()).prop_flat_map(move |(rungs, durations)| {
            let sizes = prop::collection::vec(0..50_000_000_u64, rungs.len() * durations.len());
            sizes.prop_map(move |sizes| {
                let sizes = sizes.into_iter().map(Bytes::new).collect();
                let ladder = Ladder::new(rungs.clone()).unwrap();
                Track::new(kind, ladder, &durations, sizes).unwrap()
            })
        })
    }

    fn presentation() -> impl Strategy<Value = Presentation> {
        let (video, audio) = (track(Kind::Video), track(Kind::Audio));
        prop_oneof![
            (video, track(Kind::Audio)).prop_map(|(v, a)| Presentation::new(vec![v, a])),
            track(Kind::Video).prop_map(|v| Presentation::new(vec![v])),
            audio.prop_map(|a| Presentation::new(vec![a])),
        ]
    }

    /// A track without what its manifest says it needs first.
    fn bare(track: &Track) -> Track {
        track.clone().with_setup(vec![Vec::new(); track.ladder.count()])
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn what_is_written_is_what_is_read(made in presentation()) {
            for package in [dash::write(&made), hls::write(&made)] {
                let read = package.open().unwrap();
                let tracks: Vec<_> = read.tracks.iter().map(bare).collect();
                prop_assert_eq!(&tracks, &made.tracks, "{}", &package.documents[0].1);
            }
        }

        /// Bytes changed, lines lost and pieces doubled give errors or tracks, and nothing else.
        #[test]
        fn damaged_manifests_never_panic(
            made in presentation(),
            damage in prop::collection::vec(any::<(prop::sample::Index, u8, u8)>(), 1..8),
        ) {
            for package in [dash::write(&made), hls::write(&made)] {
                let mut fetch = |url: &str| match package.text(url) {
                    Some(text) => Ok(damaged(text, &damage)),
                    None => Err(ManifestError::unavailable(url, "404")),
                };
                if let Ok(outline) = read(&package.entry, &mut fetch) {
                    let _ = outline.resolve(|url| package.size(url)).map_err(|e| e.to_string());
                }
            }
        }
    }

    fn damaged(text: &str, damage: &[(prop::sample::Index, u8, u8)]) -> String {
        const MARKS: &[u8] = b"0123456789,.=\"\n<>/#$%-+&;:PTY";
        let mut bytes = text.as_bytes().to_vec();
        for &(index, how, value) in damage {
            let at = index.index(bytes.len() + 1);
            let value = usize::from(value);
            let end = (at + value).min(bytes.len());
            match how % 16 {
                0 => bytes.truncate(at),
                1..4 => drop(bytes.drain(at..end)),
                4..7 => bytes.extend_from_within(at..end),
                7..12 => bytes.insert(at, MARKS[value % MARKS.len()]),
                12..15 => drop(bytes.splice(at..at, *b"999999999999999")),
                _ => bytes.insert(at, value as u8),
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn small() -> Presentation {
        let rung = |kbps| Representation {
            bitrate: Bitrate::kbps(kbps),
            resolution: None,
            codecs: String::new(),
        };
        let ladder = Ladder::new(vec![rung(500), rung(900)]).unwrap();
        let sizes = vec![Bytes::new(1_000); 6];
        let track = Track::new(Kind::Video, ladder, &[Span::from_secs(2); 3], sizes).unwrap();
        Presentation::new(vec![track])
    }

    #[test]
    fn a_player_opens_the_manifest_and_sets_a_rung_up() {
        let dash = dash::write(&small());
        let read = dash.open().unwrap();
        let mpd = Bytes::new(dash.documents[0].1.len() as u64);
        assert_eq!(read.documents, [mpd, INIT_SIZE, INIT_SIZE]);
        assert_eq!(read.opening, [DocumentId(0)]);
        assert_eq!(read.track(TrackId(0)).setup(Rung(1)), [DocumentId(2)], "its init segment");
        let hls = hls::write(&small());
        let read = hls.open().unwrap();
        let size = |n: usize| Bytes::new(hls.documents[n].1.len() as u64);
        assert_eq!(read.documents, [size(0), size(1), size(2), INIT_SIZE, INIT_SIZE]);
        assert_eq!(read.opening, [DocumentId(0)]);
        let setup = read.track(TrackId(0)).setup(Rung(1));
        assert_eq!(setup, [DocumentId(2), DocumentId(4)], "its playlist, then its init segment");
    }

    #[test]
    fn what_the_origin_does_not_hold_is_named() {
        let package = dash::write(&small());
        let outline = || read(&package.entry, &mut |url| Ok(package.text(url).unwrap().into()));
        let said =
            outline().unwrap().resolve(|url| package.size(url).filter(|_| url != "v1/2.m4s"));
        let said = said.unwrap_err().to_string();
        assert_eq!(said, "main.mpd: it names v1/2.m4s, which the origin does not hold");
    }

    #[test]
    fn what_is_no_manifest_is_refused() {
        let said = |text: &str| {
            let text = text.to_owned();
            read("u", &mut |_| Ok(text.clone())).unwrap_err().to_string()
        };
        assert!(said("").starts_with("u: it is empty"));
        assert!(said(" \n\u{feff}").starts_with("u: it begins with"));
        assert!(said("Not Found").starts_with("u: it begins with `Not Found`"));
        assert!(
            said("<!DOCTYPE html><html></html>").starts_with("u, line 1: it begins with `<html>")
        );
        let large = "#".repeat(MAX_DOCUMENT.get() as usize + 1);
        assert!(said(&large).contains("above the limit of 16777216 B"));
        let gone = read("u", &mut |url| Err(ManifestError::unavailable(url, "404")));
        assert_eq!(gone.unwrap_err().to_string(), "u: it cannot be fetched: 404");
    }

    #[test]
    fn references_resolve_as_rfc_3986_has_it() {
        let base = "http://a/b/c/d;p?q";
        for (reference, target) in [
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y/../x", "http://a/b/c/g?y/../x"),
            ("g#s", "http://a/b/c/g"),
            (".", "http://a/b/c/"),
            ("..", "http://a/b/"),
            ("../g", "http://a/b/g"),
            ("../../../g", "http://a/g"),
            ("https://x/y", "https://x/y"),
        ] {
            assert_eq!(join(base, reference), target, "{reference}");
        }
        assert_eq!(join("https://a", "g"), "https://a/g");
        assert_eq!(join("films/x.mpd", "../v/1.m4s"), "v/1.m4s");
        assert_eq!(join("x.mpd", "../1.m4s"), "../1.m4s");
        assert_eq!(join("/films/x.mpd", "1.m4s"), "/films/1.m4s");
        assert_eq!(join("x.mpd", "1.m4s"), "1.m4s");
    }
}
