//! What the viewers of a scenario watch: made to a ladder, read from a manifest, or of known sizes.
//!
//! The idea to hold: whatever it comes from, players find it as an origin would serve it: what is
//! made or known is written as a manifest, and read again. Exactly one of `manifest`, `ladder` and
//! `sizes` says what there is; the other keys say more about that one, and none of them is passed
//! over in silence.

use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;

use super::devices;
use super::file::{self, LadderRung, OneOrMany};
use super::quantity::{Duration, Rate};
use super::setup::known;
use super::source::{ScenarioError, Source};
use super::traces::{Library, Trouble};
use crate::fetch::is_url;
use crate::media::manifest::{
    self, Choice, Fetched, Manifest, Outline, Resource, Sizes, TrackOutline, Unrolled,
};
use crate::media::sizes::SizeTable;
use crate::media::synth::{Modelled, Recipe};
use crate::media::{
    Ladder, Presentation, Quality, Representation, Score, Track, dash, hls, ladders, movie,
};
use crate::seed::Seed;
use crate::units::{Bitrate, Bytes, Span};

/// Content, and what there is to say about it.
pub(super) struct Made {
    pub(super) presentation: Presentation,
    pub(super) notes: Vec<String>,
    /// What its manifest tells of it, live.
    pub(super) live: Option<Unrolled>,
    /// What of its manifest is played, if it has one.
    pub(super) outline: Option<Outline>,
}

/// The presentation as a player finds it; if it is live, with what there is before anybody comes.
pub(super) fn made(
    source: &Source,
    library: &mut Library,
    written: &Spanned<file::Content>,
    max_height: Option<u32>,
    live: Option<&Spanned<file::Live>>,
    seed: Seed,
) -> Result<Made, ScenarioError> {
    let keys = Keys { source, span: written.span(), content: written.get_ref(), live };
    let mut made = match (&keys.content.manifest, &keys.content.sizes, &keys.content.ladder) {
        (Some(manifest), ..) => keys.of_manifest(library, manifest, seed)?,
        (None, Some(sizes), _) => keys.of_sizes(library, sizes)?,
        (None, None, Some(ladder)) => keys.of_ladder(ladder, seed)?,
        (None, None, None) => {
            let message =
                "content has neither a ladder nor a manifest nor sizes: one of them is needed";
            let error = source.error(written.span(), message);
            return Err(error.help("write ladder = \"five-rung\", say"));
        }
    };
    if let Some(most) = max_height {
        made.presentation = devices::within(&made.presentation, most);
    }
    Ok(made)
}

/// The keys of a scenario's content, and where they stand.
struct Keys<'a> {
    source: &'a Source,
    span: Range<usize>,
    content: &'a file::Content,
    live: Option<&'a Spanned<file::Live>>,
}

/// The name Pensieve's files of sizes begin with.
const PENSIEVE: &str = "video_size_";

impl Keys<'_> {
    /// Content read from a manifest, with sizes from its ranges, from a table, or modelled.
    fn of_manifest(
        &self,
        library: &mut Library,
        written: &Spanned<String>,
        seed: Seed,
    ) -> Result<Made, ScenarioError> {
        let refused: &[&str] = match self.live {
            None => &["format", "ladder", "audio", "segment", "duration"],
            Some(_) => &["format", "ladder", "audio", "segment"],
        };
        self.without(
            refused,
            |key| format!("content has both a manifest and `{key}`: the manifest says it"),
            "leave one of the two out",
        )?;
        let wrong = |error: String| self.source.error(written.span(), error);
        let entry = match is_url(written.get_ref()) {
            true => written.get_ref().clone(),
            false => {
                let found = library.find_one(written.get_ref());
                found.map_err(|(error, help)| wrong(error).help(help))?.display().to_string()
            }
        };
        let table = match &self.content.sizes {
            None => None,
            Some(sizes) => Some(self.table(library, sizes)?.read_from(&entry)),
        };
        let language = self.content.language.as_ref().map(|l| l.get_ref().clone());
        let mut fetch =
            |resource: &Resource| -> Result<Fetched, String> { library.fetch(resource) };
        let manifest =
            manifest::read(&entry, &mut fetch).map_err(|error| wrong(error.to_string()))?;
        let live = self.unrolled(written, &manifest)?;
        let manifest = live.as_ref().map_or(&manifest, |live| &live.manifest);
        let outline = manifest.outline(&Choice { language });
        let outline = outline.map_err(|error| wrong(error.to_string()))?;
        let variability = self.content.variability.as_ref().map(|share| share.get_ref().0);
        let model = Modelled { variability, seed };
        let mut known = Known { table, model, missing: 0 };
        let presentation = outline.resolve(&mut known).map_err(|error| wrong(error.to_string()))?;
        let mut notes: Vec<String> = outline.notes.iter().map(ToString::to_string).collect();
        if known.missing > 0 {
            notes.push(format!(
                "{entry}: {} of what it names are not in the table of sizes; those sizes are \
                 modelled",
                known.missing
            ));
        }
        Ok(Made { presentation, notes, live, outline: Some(outline) })
    }

    /// What is live of a manifest, from the instant that `[live]` says.
    fn unrolled(
        &self,
        written: &Spanned<String>,
        manifest: &Manifest,
    ) -> Result<Option<Unrolled>, ScenarioError> {
        let Some(live) = self.live else {
            return match manifest.live {
                None => Ok(None),
                Some(_) => {
                    let error = self.source.error(written.span(), "this manifest is live");
                    Err(error.help("add [live], and what it says is heeded"))
                }
            };
        };
        let at = match &live.get_ref().at {
            None => None,
            Some(at) => Some(instant(at.get_ref()).ok_or_else(|| {
                let message = format!("{:?} is no instant", at.get_ref());
                self.source.error(at.span(), message).help("write 2026-06-11T18:00:00Z, say")
            })?),
        };
        let more = lasting(&self.content.duration, file::Content::DURATION);
        let blamed = live.get_ref().at.as_ref().map_or(written.span(), Spanned::span);
        let unrolled = manifest.unrolled(at, more);
        let unrolled = unrolled.map_err(|error| self.source.error(blamed.clone(), error))?;
        match (&live.get_ref().at, &unrolled) {
            (Some(_), None) => {
                let error = self.source.error(blamed, "this manifest is on demand, at any time");
                Err(error.help("leave `at` out; [live].elapsed says how much has been captured"))
            }
            _ => Ok(unrolled),
        }
    }

    /// A table of measured sizes.
    fn table(
        &self,
        library: &mut Library,
        written: &Spanned<String>,
    ) -> Result<SizeTable, ScenarioError> {
        let (path, text) = self.text(library, written)?;
        if is_movie(&text) {
            let message = format!("{path} is a movie of its own, and no table of a manifest's");
            let error = self.source.error(written.span(), message);
            return Err(error.help("leave the manifest out, or name what `manifest measure` wrote"));
        }
        SizeTable::from_csv(&text)
            .map_err(|error| self.source.error(written.span(), format!("{path}, {error}")))
    }

    /// Content of which every size is known.
    fn of_sizes(
        &self,
        library: &mut Library,
        written: &Spanned<String>,
    ) -> Result<Made, ScenarioError> {
        let folder = library.find_folder(written.get_ref(), PENSIEVE);
        let refused: &[&str] = match folder {
            Some(_) => &["audio", "duration", "variability", "language"],
            None => &["ladder", "audio", "segment", "duration", "variability", "language"],
        };
        self.without(
            refused,
            |key| format!("content has both sizes and `{key}`: the sizes say it"),
            "leave one of the two out",
        )?;
        let wrong = |error: String| self.source.error(written.span(), error);
        let track = match folder {
            Some((folder, paths)) => {
                let wrong = |error: String| wrong(format!("{}: {error}", folder.display()));
                self.pensieve(library, &paths, &wrong)?
            }
            None => {
                let (path, text) = self.text(library, written)?;
                if !is_movie(&text) && SizeTable::from_csv(&text).is_ok() {
                    let message = format!("{path} has the sizes of a manifest, which is not named");
                    return Err(wrong(message).help("add the manifest it was measured of"));
                }
                movie::read(&text).map_err(|error| wrong(format!("{path}, {error}")))?
            }
        };
        let presentation = self.served(Presentation::new(vec![track]))?;
        Ok(Made { presentation, notes: Vec::new(), live: None, outline: None })
    }

    /// The movie that a folder of Pensieve's holds; `wrong` tells what is wrong with it.
    fn pensieve(
        &self,
        library: &mut Library,
        paths: &[PathBuf],
        wrong: &dyn Fn(String) -> ScenarioError,
    ) -> Result<Track, ScenarioError> {
        if paths.is_empty() {
            return Err(wrong(format!("it has no files {PENSIEVE}0 and so on")));
        }
        if paths.len() > manifest::MAX_RUNGS {
            let limit = manifest::MAX_RUNGS;
            return Err(wrong(format!("{} rungs are above the limit of {limit}", paths.len())));
        }
        let ladder = match &self.content.ladder {
            Some(written) => ladder(self.source, written)?,
            None => ladders::named("envivio").expect("it is one of the ladders there are"),
        };
        let mut files = Vec::with_capacity(paths.len());
        for path in paths {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let text = library.text(path);
            let text = text.map_err(|error| wrong(format!("{name}: {error}")))?;
            files.push((name, text));
        }
        let segment = lasting(&self.content.segment, file::Content::SEGMENT);
        movie::pensieve(&files, &ladder, segment).map_err(|error| wrong(error.to_string()))
    }

    /// Content made to a ladder.
    fn of_ladder(
        &self,
        written: &Spanned<OneOrMany<LadderRung>>,
        seed: Seed,
    ) -> Result<Made, ScenarioError> {
        let of_manifests = |key: &str| format!("`{key}` is of a manifest, and content has none");
        self.without(&["language"], of_manifests, "leave it out, or name a manifest")?;
        let content = self.content;
        let audio =
            content.audio.as_ref().map(|written| audio(self.source, written)).transpose()?;
        let lead = self.live.map_or(Span::ZERO, |live| live.get_ref().elapsed.get_ref().0);
        let recipe = Recipe {
            ladder: ladder(self.source, written)?,
            audio,
            segment: lasting(&content.segment, file::Content::SEGMENT),
            duration: lasting(&content.duration, file::Content::DURATION) + lead,
            variability: content.variability.as_ref().map_or(0.0, |share| share.get_ref().0),
        };
        let lasting = content.segment.as_ref().or(content.duration.as_ref()).map(Spanned::span);
        let blamed = lasting.unwrap_or(self.span.clone());
        let made = recipe.make(seed).map_err(|error| self.source.error(blamed, error))?;
        let presentation = self.served(made)?;
        Ok(Made { presentation, notes: Vec::new(), live: None, outline: None })
    }

    /// A presentation as a player reads it from its origin's manifest.
    fn served(&self, made: Presentation) -> Result<Presentation, ScenarioError> {
        let package =
            match self.content.format.as_ref().map_or(file::Format::Dash, |f| *f.get_ref()) {
                file::Format::Dash => dash::write(&made),
                file::Format::Hls => hls::write(&made),
                file::Format::None => return Ok(made),
            };
        let opened = package.open();
        let mut read = opened.map_err(|error| self.source.error(self.span.clone(), error))?;
        // Which a manifest cannot say.
        let tracks = read.tracks.into_iter();
        read.tracks = tracks
            .map(|track| match made.tracks.iter().find(|made| made.kind == track.kind) {
                Some(made) => track.with_qualities_of(made),
                None => track,
            })
            .collect();
        Ok(read)
    }

    /// A file of sizes: its path, and its text.
    fn text(
        &self,
        library: &mut Library,
        written: &Spanned<String>,
    ) -> Result<(String, String), ScenarioError> {
        let wrong = |(error, help): Trouble| self.source.error(written.span(), error).help(help);
        let path = library.find_one(written.get_ref()).map_err(wrong)?;
        let shown = path.display().to_string();
        let text = library.text(Path::new(&path));
        let text = text.map_err(|error| {
            self.source.error(written.span(), format!("cannot read {shown}: {error}"))
        })?;
        Ok((shown, text))
    }

    /// Refuses keys that would say again, or otherwise, what is said already.
    fn without(
        &self,
        keys: &[&str],
        message: impl Fn(&str) -> String,
        help: &str,
    ) -> Result<(), ScenarioError> {
        let content = self.content;
        let written = [
            ("format", content.format.as_ref().map(Spanned::span)),
            ("ladder", content.ladder.as_ref().map(Spanned::span)),
            ("audio", content.audio.as_ref().map(Spanned::span)),
            ("segment", content.segment.as_ref().map(Spanned::span)),
            ("duration", content.duration.as_ref().map(Spanned::span)),
            ("variability", content.variability.as_ref().map(Spanned::span)),
            ("language", content.language.as_ref().map(Spanned::span)),
        ];
        let mut refused = written.into_iter().filter(|(key, _)| keys.contains(key));
        match refused.find_map(|(key, span)| Some((key, span?))) {
            Some((key, span)) => Err(self.source.error(span, message(key)).help(help)),
            None => Ok(()),
        }
    }
}

/// An instant as ISO 8601 has it, in milliseconds since 1970.
pub(crate) fn instant(text: &str) -> Option<i64> {
    let at = chrono::DateTime::parse_from_rfc3339(text.trim()).ok()?;
    Some(at.timestamp_millis())
}

/// Whether a file of sizes is JSON rather than a table.
fn is_movie(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').trim_start().starts_with(['{', '['])
}

fn lasting(written: &Option<Spanned<Duration>>, usual: Span) -> Span {
    written.as_ref().map_or(usual, |written| written.get_ref().0)
}

/// Sizes of a manifest: measured, so far as they were, and modelled besides.
struct Known {
    table: Option<SizeTable>,
    model: Modelled,
    /// How many a table should have had.
    missing: u64,
}

impl Sizes for Known {
    fn of(&mut self, resource: &Resource) -> Option<Bytes> {
        let table = self.table.as_ref()?;
        let size = table.get(resource);
        self.missing += u64::from(size.is_none());
        size
    }

    fn document(&mut self, resource: &Resource) -> Option<Bytes> {
        self.of(resource).or_else(|| self.model.document(resource))
    }

    fn modelled(&mut self, key: usize, track: &TrackOutline) -> Option<Vec<Bytes>> {
        self.model.modelled(key, track)
    }
}

fn ladder(
    source: &Source,
    written: &Spanned<OneOrMany<LadderRung>>,
) -> Result<Ladder, ScenarioError> {
    match written.get_ref() {
        OneOrMany::One(name) => ladders::named(name).ok_or_else(|| {
            let error = source.error(written.span(), format!("there is no ladder {name:?}"));
            error.help(known("ladder", name, ladders::names()))
        }),
        OneOrMany::Many(rungs) => {
            let rung = |rung: &LadderRung| Representation {
                bitrate: rung.bitrate.0,
                resolution: rung.resolution.map(|pixels| pixels.0),
                codecs: rung.codecs.clone(),
                frame_rate: rung.frame_rate.map(|rate| rate.0),
                quality: Quality {
                    vmaf: rung.vmaf.and_then(|percent| Score::new(percent.0)),
                    ssim: rung.ssim.and_then(|share| Score::new(share.0)),
                },
            };
            possible(rungs.iter().map(|rung| rung.bitrate.0))
                .map_err(|error| source.error(written.span(), error))?;
            Ladder::new(rungs.iter().map(rung).collect()).ok_or_else(|| {
                let message = format!("a ladder has from 1 to 256 rungs, not {}", rungs.len());
                source.error(written.span(), message)
            })
        }
    }
}

fn audio(source: &Source, written: &Spanned<OneOrMany<Rate>>) -> Result<Ladder, ScenarioError> {
    let rung =
        |bitrate| Representation { codecs: "mp4a.40.2".to_owned(), ..Representation::new(bitrate) };
    let rungs = file::bitrates(written.get_ref()).and_then(|rungs| {
        possible(rungs.iter().copied())?;
        let count = rungs.len();
        Ladder::new(rungs.into_iter().map(rung).collect()).ok_or_else(|| {
            format!("audio has from 1 to 256 rungs, not {count}; none: leave it out")
        })
    });
    rungs.map_err(|error| source.error(written.span(), error))
}

/// Refuses bitrates that no manifest could say.
fn possible(mut bitrates: impl Iterator<Item = Bitrate>) -> Result<(), String> {
    let range = Bitrate::from_bps(1)..=manifest::MAX_BITRATE;
    match bitrates.find(|bitrate| !range.contains(bitrate)) {
        Some(bitrate) => Err(format!(
            "a rung of {bitrate}: from {} to {} are possible; is the unit right?",
            range.start(),
            range.end()
        )),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use crate::media::{Rung, Score, TrackId};
    use crate::scenario::testing::told;
    use crate::scenario::{Override, Scenario};
    use crate::units::{Bitrate, Bytes, Span};

    /// A scenario of that content in a folder of these files.
    fn load(content: &str, files: &[(&str, &str)], sets: &[&str]) -> Result<Scenario, String> {
        let folder = TempDir::new().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let text = format!(
            "title = \"t\"\nabr = \"bola\"\n[network]\nbandwidth = \"3Mbps\"\n[content]\n{content}"
        );
        let sets: Vec<Override> = sets.iter().map(|set| set.parse().unwrap()).collect();
        let parsed = Scenario::parse("t", "t.toml", &text, folder.path(), &sets);
        parsed.map_err(|error| told(&error))
    }

    fn said(content: &str, files: &[(&str, &str)]) -> String {
        load(content, files, &[]).err().unwrap_or_else(|| "nothing".into())
    }

    const FILM: (&str, &str) = (
        "film.json",
        r#"{"segment_s": 4, "bitrates_kbps": [300, 900], "resolutions": ["640x360", "1280x720"],
        "bytes": [[100, 101], [300, 301]], "vmaf": [[50, 51], [80, 81]]}"#,
    );

    #[test]
    fn known_sizes_are_played_as_they_are() {
        let content = "sizes = \"film.json\"\nformat = \"none\"";
        let scenario = load(content, &[FILM], &[]).unwrap();
        let content = &scenario.points[0].setup.content;
        let track = content.track(TrackId(0));
        assert_eq!(track.sizes(1), [Bytes::new(101), Bytes::new(301)]);
        assert_eq!(track.quality(1, Rung(1)).vmaf, Score::new(81.0));
        assert!(content.opening.is_empty(), "there is no manifest to ask for");
        assert_eq!(scenario.inputs.keys().collect::<Vec<_>>(), ["film.json"]);
        assert!(scenario.notes.is_empty());
    }

    #[test]
    fn a_screen_plays_no_picture_higher_than_itself() {
        let content = "sizes = \"film.json\"\nformat = \"none\"";
        let scenario = load(content, &[FILM], &["player.max_height=480"]).unwrap();
        let track = scenario.points[0].setup.content.track(TrackId(0));
        assert_eq!(track.ladder.bitrates(), [Bitrate::kbps(300)]);
        assert_eq!(
            (track.sizes(1), track.quality(1, Rung(0)).vmaf),
            (&[Bytes::new(101)][..], Score::new(51.0))
        );
    }

    #[test]
    fn a_folder_of_pensieve_takes_its_ladder_from_the_scenario() {
        let files = [("p/video_size_0", "10\n11\n"), ("p/video_size_1", "30\n31\n"), ("p/a", "x")];
        let ladder = "ladder = [{ bitrate = \"300kbps\" }, { bitrate = \"900kbps\" }]";
        let content = format!("format = \"none\"\nsizes = \"p\"\nsegment = \"2s\"\n{ladder}");
        let scenario = load(&content, &files, &[]).unwrap();
        let track = scenario.points[0].setup.content.track(TrackId(0));
        assert_eq!(
            (track.sizes(0), track.duration(0)),
            (&[10, 30].map(Bytes::new)[..], Span::from_secs(2))
        );
        assert_eq!(
            scenario.inputs.keys().collect::<Vec<_>>(),
            ["p/video_size_0", "p/video_size_1"]
        );
        // The ladder of Pensieve's own film has six rungs.
        assert!(said("sizes = \"p\"", &files).contains("has rungs, 6, are expected"));
        assert!(said("sizes = \"p\"", &files[2..]).contains("it has no files video_size_0"));
    }

    #[test]
    fn a_rung_tells_its_frames_and_its_quality() {
        let rung = "bitrate = \"1Mbps\", frame_rate = 29.97, vmaf = 80.5, ssim = 0.98";
        let content = format!("format = \"none\"\nladder = [{{ {rung} }}]");
        let scenario = load(&content, &[], &[]).unwrap();
        let track = scenario.points[0].setup.content.track(TrackId(0));
        let told = track.ladder.representation(Rung(0));
        assert_eq!(told.frame_rate.unwrap().to_string(), "30000/1001");
        assert_eq!((told.quality.vmaf, told.quality.ssim), (Score::new(80.5), Score::new(0.98)));
        for (key, error) in [
            ("frame_rate = \"fast\"", "\"fast\" is no frame rate: write 25"),
            ("frame_rate = 0", "is no frame rate"),
            ("vmaf = 101", "101 is out of range: write 0 to 100"),
            ("ssim = 1.5", "1.5 is not a share: write 0 to 1"),
        ] {
            let text = said(&format!("ladder = [{{ bitrate = \"1Mbps\", {key} }}]"), &[]);
            assert!(text.contains(error), "{key}: {text}");
        }
    }

    const MANIFEST: &str = "<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"static\" \
        mediaPresentationDuration=\"PT60S\"><Period><AdaptationSet mimeType=\"video/mp4\">\
        <SegmentTemplate media=\"$RepresentationID$-$Number$.m4s\" duration=\"4\"/>\
        <Representation id=\"v\" bandwidth=\"800000\"/></AdaptationSet>\
        <AdaptationSet mimeType=\"audio/mp4\" lang=\"en\"><SegmentTemplate media=\"e-$Number$\" \
        duration=\"4\"/><Representation id=\"e\" bandwidth=\"64000\"/></AdaptationSet>\
        <AdaptationSet mimeType=\"audio/mp4\" lang=\"de\"><SegmentTemplate media=\"d-$Number$\" \
        duration=\"4\"/><Representation id=\"d\" bandwidth=\"96000\"/></AdaptationSet>\
        </Period></MPD>";

    #[test]
    fn a_manifest_has_measured_sizes_and_modelled_ones_where_none_were() {
        let table = "# sizes of https://a.example/m.mpd\nurl,range,bytes\nv-1.m4s,,7\n";
        let files = [("m.mpd", MANIFEST), ("t.csv", table)];
        let content = "manifest = \"m.mpd\"\nsizes = \"t.csv\"\nlanguage = \"de\"";
        let scenario = load(content, &files, &[]).unwrap();
        let content = &scenario.points[0].setup.content;
        let video = content.track(TrackId(0));
        // 800 kbps for 4 s are 400 kB.
        assert_eq!(
            (video.size(0, Rung(0)), video.size(1, Rung(0)).get()),
            (Bytes::new(7), 400_000)
        );
        assert_eq!(content.track(TrackId(1)).ladder.bitrates(), [Bitrate::kbps(96)], "German");
        // Of 15 segments of each, one was measured.
        let [note] = &scenario.notes[..] else { panic!("{:?}", scenario.notes) };
        assert!(note.contains("m.mpd: 29 of what it names are not in the table"), "{note}");
        assert_eq!(scenario.inputs.keys().collect::<Vec<_>>(), ["m.mpd", "t.csv"]);
    }

    #[test]
    fn what_a_manifest_cannot_say_is_known_all_the_same() {
        let scenario = load("sizes = \"film.json\"", &[FILM], &[]).unwrap();
        let content = &scenario.points[0].setup.content;
        let track = content.track(TrackId(0));
        assert_eq!(track.quality(0, Rung(1)).vmaf, Score::new(80.0));
        assert_eq!(track.sizes(1), [Bytes::new(101), Bytes::new(301)]);
        assert_eq!(content.opening.len(), 1, "its manifest is asked for");
        let rung = "ladder = [{ bitrate = \"1Mbps\", frame_rate = \"30000/1001\", vmaf = 80 }]";
        let scenario = load(rung, &[], &[]).unwrap();
        let track = scenario.points[0].setup.content.track(TrackId(0));
        let told = track.ladder.representation(Rung(0));
        assert_eq!(
            (told.quality.vmaf, told.frame_rate.unwrap().frames),
            (Score::new(80.0), 30_000)
        );
        assert_eq!(track.quality(3, Rung(0)).vmaf, Score::new(80.0));
    }

    #[test]
    fn one_key_says_what_there_is_and_no_other_is_passed_over() {
        let table = ("t.csv", "url,range,bytes\n1.m4s,,5\n");
        let broken = ("b.json", "{\"bitrates_kbps\": [1],\n\"bytes\": [[0]]}");
        for (content, told) in [
            ("format = \"dash\"", "neither a ladder nor a manifest nor sizes"),
            ("manifest = \"m.mpd\"\nladder = \"envivio\"", "both a manifest and `ladder`"),
            ("manifest = \"m.mpd\"\nformat = \"hls\"", "both a manifest and `format`"),
            ("manifest = \"film.json\"\nsizes = \"film.json\"", "is a movie of its own"),
            ("manifest = \"none.mpd\"", "no file matches \"none.mpd\""),
            ("sizes = \"film.json\"\nsegment = \"2s\"", "both sizes and `segment`"),
            ("sizes = \"film.json\"\nladder = \"envivio\"", "both sizes and `ladder`"),
            ("sizes = \"film.json\"\nvariability = 0.1", "both sizes and `variability`"),
            ("sizes = \"film.jso\"", "did you mean \"film.json\"?"),
            ("sizes = \"t.csv\"", "has the sizes of a manifest, which is not named"),
            ("sizes = \"b.json\"", "b.json, bytes[0][0]: it is `0`; the bytes of a segment"),
            ("ladder = \"envivio\"\nlanguage = \"en\"", "`language` is of a manifest"),
            ("ladder = \"envivo\"", "did you mean \"envivio\"?"),
        ] {
            let text = said(content, &[FILM, table, broken]);
            assert!(text.contains(told), "{content}: {text}");
        }
    }
}
