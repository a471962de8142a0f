//! What an origin holds: a presentation in both languages, made as it is asked for, or a folder of
//! files.
//!
//! The idea to hold: a name leads to an object of the presentation where there is one, so that the
//! model of the chain treats it as it treats the simulated player's.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use bytes::Bytes;

use super::body::Matter;
use crate::media::manifest::{INIT_SIZE, Names, Package};
use crate::media::{Object, Presentation, Rung, Segment, TrackId, dash, footage, hls};
use crate::units::{Pts, Span, Time};

/// What is served.
#[derive(Debug)]
pub struct Stock {
    /// What is watched.
    pub content: Arc<Presentation>,
    names: Names,
    /// Texts that do not change, by name.
    texts: BTreeMap<String, Bytes>,
    /// How long after the beginning of 1970 what is live began.
    began: Span,
    /// What versions of it are told apart by.
    version: String,
    /// Instead: files.
    folder: Option<PathBuf>,
}

/// Something that is held.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) what: What,
    /// As what the model of the chain knows it, if it does.
    pub(super) object: Option<Object>,
    pub(super) size: u64,
    pub(super) mime: &'static str,
    /// Whether it is the same whenever it is asked for.
    pub(super) lasts: bool,
    pub(super) tag: String,
}

#[derive(Clone, Debug)]
pub(super) enum What {
    Text(Bytes),
    Init(TrackId, Rung),
    Segment(Segment),
    File(PathBuf),
}

impl Stock {
    /// A presentation; if it is live, its event began so long after the beginning of 1970.
    pub fn new(content: Arc<Presentation>, began: Span, version: &str) -> Self {
        // Players have to be told what they would find in the media.
        let content = Arc::new(footage::dressed(&content));
        let names = Names::of(&content);
        let texts = match content.live {
            Some(_) => BTreeMap::new(),
            None => texts([dash::write(&content), hls::write(&content)]),
        };
        Self { content, names, texts, began, version: version.to_owned(), folder: None }
    }

    /// The files of a folder besides, which are found first.
    pub fn with_folder(self, folder: PathBuf) -> Self {
        Self { folder: Some(folder), ..self }
    }

    /// Where players begin: names of manifests, in the order in which one would name them.
    pub fn entries(&self) -> Vec<String> {
        match &self.folder {
            None => vec!["manifest.mpd".to_owned(), "master.m3u8".to_owned()],
            Some(folder) => manifests(folder),
        }
    }

    /// Whether anything is ever called so.
    pub(super) fn knows(&self, name: &str) -> bool {
        if let Some(folder) = &self.folder {
            return file(folder, name).is_some();
        }
        let known = self.names.object(name).is_some() || self.names.initialises(name).is_some();
        let entry = ["manifest.mpd", "master.m3u8"].contains(&name);
        known || entry || self.lists(name).is_some()
    }

    /// What is called so, if it is there when the world shows that time.
    pub(super) fn find(&self, name: &str, now: Time) -> Option<Item> {
        if let Some(folder) = &self.folder {
            return file(folder, name);
        }
        let object = self.names.object(name);
        let mime = mime(name);
        let item = |what, size, lasts| {
            let tag = format!("\"{}-{name}\"", self.version);
            Some(Item { what, object, size, mime, lasts, tag })
        };
        if let Some(text) = self.text(name, now) {
            let size = text.len() as u64;
            let mut item = item(What::Text(text), size, self.content.live.is_none())?;
            if let Some(live) = self.content.live.as_ref() {
                let clock = live.clock(now).since_start().as_nanos();
                item.tag = format!("\"{}-{name}-{clock}\"", self.version);
            }
            return Some(item);
        }
        if let Some((track, rung)) = self.names.initialises(name) {
            return item(What::Init(track, rung), INIT_SIZE.get(), true);
        }
        match object {
            Some(Object::Segment(segment)) => {
                let size = self.content.size(Object::Segment(segment)).get();
                item(What::Segment(segment), size, true)
            }
            Some(Object::Document(_)) | None => None,
        }
    }

    /// A manifest or playlist.
    fn text(&self, name: &str, now: Time) -> Option<Bytes> {
        let Some(live) = &self.content.live else { return self.texts.get(name).cloned() };
        let write = match name.rsplit_once('.') {
            Some((_, "mpd")) => dash::write_live,
            Some((_, "m3u8")) => hls::write_live,
            _ => return None,
        };
        let package = write(&self.content, live.clock(now), self.began);
        package.text(name).map(|text| Bytes::from(text.to_owned()))
    }

    /// The track that a playlist is of.
    pub(super) fn lists(&self, name: &str) -> Option<TrackId> {
        self.names.lists(name)
    }

    /// The bytes of something, from one on.
    ///
    /// # Errors
    /// Of reading a file.
    pub(super) fn matter(&self, item: &Item, from: u64) -> std::io::Result<Matter> {
        let mut matter = match &item.what {
            What::Text(text) => Matter::Bytes(text.clone()),
            What::Init(track, rung) => {
                footage::initialisation(&self.content, *track, *rung).bytes.into()
            }
            What::Segment(segment) => footage::segment(&self.content, *segment).bytes.into(),
            What::File(path) => Matter::File(File::open(path)?),
        };
        matter.skip(from)?;
        Ok(matter)
    }

    /// When what is live has so many chunks of a segment to give, if it ever has; at once, of what
    /// is not.
    pub(super) fn there(&self, segment: Segment, chunks: u32) -> Option<Time> {
        let Some(live) = &self.content.live else { return Some(Time::ZERO) };
        let there = live.there(&self.content, (segment.track, segment.index), chunks)?;
        Some(live.instant(there))
    }

    /// How long a chunk is of what is live and made in chunks.
    pub(super) fn chunk(&self) -> Span {
        self.content.live.as_ref().and_then(|live| live.chunk).unwrap_or_default()
    }

    /// How many chunks a segment is made in.
    pub(super) fn chunks(&self, segment: Segment) -> u32 {
        let length = self.content.track(segment.track).duration(segment.index);
        self.content.live.as_ref().map_or(1, |live| live.chunks(length))
    }

    /// How many chunks hold so many bytes of a segment.
    pub(super) fn chunks_to(&self, segment: Segment, end: u64) -> u32 {
        let Some(live) = &self.content.live else { return 1 };
        let length = self.content.track(segment.track).duration(segment.index);
        let size = self.content.size(Object::Segment(segment));
        let all = live.chunks(length);
        let holds = |&chunks: &u32| live.bytes(length, size, chunks).get() >= end;
        (1..=all).find(holds).unwrap_or(all)
    }

    /// Whether what is live cannot be asked for any more.
    pub(super) fn is_gone(&self, segment: Segment, now: Time) -> bool {
        let Some(live) = &self.content.live else { return false };
        let place = (segment.track, segment.index);
        let last = live.there(&self.content, place, self.chunks(segment));
        last.is_some_and(|last| {
            last.since_start().saturating_add(live.window) < live.clock(now).since_start()
        })
    }

    /// When playlists list a segment, or so many parts of it.
    pub(super) fn listed_at(&self, track: TrackId, index: u32, parts: Option<u32>) -> Option<Time> {
        let live = self.content.live.as_ref()?;
        if index >= self.content.track(track).count() {
            return None;
        }
        let whole: Pts = live.listed_at(track, index);
        let part = parts.and_then(|parts| live.there(&self.content, (track, index), parts));
        Some(live.instant(part.map_or(whole, |part| part.min(whole))))
    }
}

fn texts(packages: [Package; 2]) -> BTreeMap<String, Bytes> {
    let all = packages.into_iter().flat_map(|package| package.documents);
    all.map(|(name, text)| (name, Bytes::from(text))).collect()
}

/// A file below a folder; nothing that a name could lead out of it to.
fn file(folder: &Path, name: &str) -> Option<Item> {
    let relative = Path::new(name);
    if !relative.components().all(|part| matches!(part, Component::Normal(_))) {
        return None;
    }
    let path = folder.join(relative).canonicalize().ok()?;
    if !path.starts_with(folder) {
        return None;
    }
    let known = path.metadata().ok().filter(|known| known.is_file())?;
    let size = known.len();
    let changed = known.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    let changed = changed.map_or(0, |since| since.as_nanos());
    Some(Item {
        what: What::File(path),
        object: None,
        size,
        mime: mime(name),
        lasts: !is_manifest(name),
        tag: format!("\"{size:x}-{changed:x}\""),
    })
}

/// Whether it is a manifest or a playlist, by its name.
pub(super) fn is_manifest(name: &str) -> bool {
    name.ends_with(".mpd") || name.ends_with(".m3u8")
}

/// The manifests in a folder, by name.
fn manifests(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let names = files.map(|file| file.file_name().to_string_lossy().into_owned());
    let mut names: Vec<_> = names.filter(|name| is_manifest(name)).collect();
    names.sort();
    names
}

/// By the ending of a name.
fn mime(name: &str) -> &'static str {
    const TYPES: &[(&str, &str)] = &[
        ("mpd", "application/dash+xml"),
        ("m3u8", "application/vnd.apple.mpegurl"),
        ("m4s", "video/iso.segment"),
        ("mp4", "video/mp4"),
        ("m4v", "video/mp4"),
        ("cmfv", "video/mp4"),
        ("m4a", "audio/mp4"),
        ("cmfa", "audio/mp4"),
        ("ts", "video/mp2t"),
        ("aac", "audio/aac"),
        ("vtt", "text/vtt"),
        ("html", "text/html; charset=utf-8"),
        ("js", "text/javascript"),
        ("json", "application/json"),
    ];
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let known = TYPES.iter().find(|(known, _)| known.eq_ignore_ascii_case(ending));
    known.map_or("application/octet-stream", |(_, mime)| mime)
}
