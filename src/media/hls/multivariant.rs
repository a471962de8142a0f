//! Multivariant playlists: variants, renditions and who steers between hosts, as they are told.
//!
//! The idea to hold: `m3u8-rs` drops a whole tag for one attribute it does not like, and gives a
//! URL to whatever variant came last, be it one of key frames. So it is given only attributes that
//! are used, well-formed, and each variant with its URL right after it; it has to find as many as
//! there were. Content steering, which it does not know, goes to `quick-m3u8`.

use m3u8_rs::{AlternativeMedia, VariantStream};
use quick_m3u8::config::ParsingOptions;
use quick_m3u8::tag::KnownTag;
use quick_m3u8::tag::hls::Tag;
use quick_m3u8::{HlsLine, Reader};

use super::define::Variables;
use super::lines::{Attributes, address, lines, start, tag, whole};
use super::media::parsed;
use crate::media::manifest::{ManifestError, Place, Problem, join, note};

/// The most variants and renditions that are looked at.
const MAX_ENTRIES: usize = 5_000;

/// What is used of a variant.
const VARIANT: &[&str] = &[
    "BANDWIDTH",
    "AVERAGE-BANDWIDTH",
    "RESOLUTION",
    "FRAME-RATE",
    "CODECS",
    "AUDIO",
    "VIDEO-RANGE",
    "PATHWAY-ID",
    "STABLE-VARIANT-ID",
    "SCORE",
    "NAME",
    "URI",
];

/// What is used of a rendition.
const RENDITION: &[&str] = &[
    "TYPE",
    "GROUP-ID",
    "NAME",
    "URI",
    "LANGUAGE",
    "DEFAULT",
    "AUTOSELECT",
    "CHARACTERISTICS",
    "PATHWAY-ID",
    "STABLE-RENDITION-ID",
];

/// What a multivariant playlist tells, with the lines it stands on.
pub(super) struct Main {
    /// Variants, and those of key frames.
    pub(super) variants: Vec<(usize, VariantStream)>,
    /// Sound and subtitles.
    pub(super) renditions: Vec<(usize, AlternativeMedia)>,
    /// The server that steers, and the pathway to begin with.
    pub(super) steering: Option<(String, Option<String>)>,
    pub(super) variables: Variables,
    pub(super) notes: Vec<ManifestError>,
}

/// A playlist while it is read, line by line.
#[derive(Default)]
struct Walk {
    variables: Variables,
    notes: Vec<ManifestError>,
    tidy: String,
    /// The variant whose URL has not come yet, and its line.
    open: Option<(usize, String)>,
    /// The lines of what the parser has to find.
    variants: Vec<usize>,
    renditions: Vec<usize>,
    steering: Option<(String, Option<String>)>,
}

impl Main {
    /// Reads a playlist.
    pub(super) fn read(url: &str, text: &str) -> Result<Self, ManifestError> {
        let place = Place::of(url);
        let mut walk = Walk { tidy: "#EXTM3U\n".to_owned(), ..Walk::default() };
        for (number, line) in lines(text) {
            walk.line(number, line, url, &place.line(number))?;
            let found = walk.variants.len() + walk.renditions.len();
            if found > MAX_ENTRIES {
                return Err(place.too_many("variants and renditions", found, MAX_ENTRIES));
            }
        }
        if let Some((line, _)) = walk.open {
            let what = "a variant has its URL".to_owned();
            return Err(place.line(line).problem(Problem::Truncated(what)));
        }
        let found = parsed(m3u8_rs::parse_master_playlist_res(walk.tidy.as_bytes()), &place)?;
        let counts = (found.variants.len(), found.alternatives.len());
        let told = (walk.variants.len(), walk.renditions.len());
        if counts != told {
            let why = format!("{counts:?} of {told:?} variants and renditions were understood");
            return Err(place.problem(Problem::Syntax(why)));
        }
        Ok(Self {
            variants: walk.variants.into_iter().zip(found.variants).collect(),
            renditions: walk.renditions.into_iter().zip(found.alternatives).collect(),
            steering: walk.steering,
            variables: walk.variables,
            notes: walk.notes,
        })
    }
}

impl Walk {
    fn line(
        &mut self,
        number: usize,
        line: &str,
        url: &str,
        place: &Place<'_>,
    ) -> Result<(), ManifestError> {
        let (name, value) = tag(line);
        match name {
            _ if !line.starts_with('#') => self.url(line, place),
            "#EXT-X-DEFINE" => {
                self.notes.extend(self.variables.define(value, url, None, place)?);
                Ok(())
            }
            "#EXT-X-STREAM-INF" => {
                let mut list = Attributes::read(value, &mut self.variables, place)?;
                self.mend(&mut list, place)?;
                list.put("URI", None);
                match self.open.replace((number, list.tidy(VARIANT))) {
                    None => Ok(()),
                    Some(_) => Err(place.missing("a URL", "#EXT-X-STREAM-INF needs one after it")),
                }
            }
            "#EXT-X-I-FRAME-STREAM-INF" => {
                let mut list = Attributes::read(value, &mut self.variables, place)?;
                if list.get("URI").is_none() {
                    let missing = place.missing("URI", "an #EXT-X-I-FRAME-STREAM-INF needs it");
                    note(&mut self.notes, missing);
                    return Ok(());
                }
                // Nobody has to do without the rest for it.
                if let Err(problem) = self.mend(&mut list, place) {
                    note(&mut self.notes, problem);
                    return Ok(());
                }
                self.tidy += &format!("#EXT-X-I-FRAME-STREAM-INF:{}\n", list.tidy(VARIANT));
                self.variants.push(number);
                Ok(())
            }
            "#EXT-X-MEDIA" => self.rendition(number, value, place),
            "#EXT-X-CONTENT-STEERING" => {
                let list = Attributes::read(value, &mut self.variables, place)?;
                let list = list.tidy(&["SERVER-URI", "PATHWAY-ID"]);
                match steering(&format!("{name}:{list}"), url) {
                    Some(steering) => self.steering = Some(steering),
                    None => {
                        let missing = place.missing("SERVER-URI", "content steering needs it");
                        note(&mut self.notes, missing);
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// A variant is complete.
    fn url(&mut self, line: &str, place: &Place<'_>) -> Result<(), ManifestError> {
        let Some((number, list)) = self.open.take() else {
            let right = "an #EXT-X-STREAM-INF has to stand before a URL";
            return Err(place.wrong("a line", start(line), right));
        };
        let url = self.variables.fill(line, place)?;
        self.tidy += &format!("#EXT-X-STREAM-INF:{list}\n{}\n", address(&url, place)?);
        self.variants.push(number);
        Ok(())
    }

    fn rendition(
        &mut self,
        number: usize,
        value: &str,
        place: &Place<'_>,
    ) -> Result<(), ManifestError> {
        let mut list = Attributes::read(value, &mut self.variables, place)?;
        if !matches!(list.get("TYPE"), Some("AUDIO" | "SUBTITLES")) {
            return Ok(());
        }
        let Some(group) = list.get("GROUP-ID").map(str::to_owned) else {
            note(&mut self.notes, place.missing("GROUP-ID", "a rendition needs it"));
            return Ok(());
        };
        if let Some(uri) = list.get("URI") {
            address(uri, place)?;
        }
        if list.get("NAME").is_none() {
            list.put("NAME", Some(group));
        }
        for name in ["DEFAULT", "AUTOSELECT"] {
            let yes = list.get(name) == Some("YES");
            list.put(name, yes.then(|| "YES".to_owned()));
        }
        self.tidy += &format!("#EXT-X-MEDIA:{}\n", list.tidy(RENDITION));
        self.renditions.push(number);
        Ok(())
    }

    /// Writes numbers as the parser wants them. Without its rate a variant is none; what else is no
    /// number is left out.
    fn mend(&mut self, list: &mut Attributes<'_>, place: &Place<'_>) -> Result<(), ManifestError> {
        let Some(told) = list.get("BANDWIDTH") else {
            return Err(place.missing("BANDWIDTH", "a variant needs it"));
        };
        let Some(rate) = rounded(told) else {
            let right = "bits per second are expected";
            return Err(place.wrong("BANDWIDTH", start(told), right));
        };
        list.put("BANDWIDTH", Some(rate));
        for name in ["AVERAGE-BANDWIDTH", "RESOLUTION", "FRAME-RATE"] {
            let Some(told) = list.get(name) else { continue };
            let value = match name {
                "RESOLUTION" => resolution(told),
                "FRAME-RATE" => rate_of(told),
                _ => rounded(told),
            };
            if value.is_none() {
                let wrong = place.wrong(name, start(told), "a number is expected; it is left out");
                note(&mut self.notes, wrong);
            }
            list.put(name, value);
        }
        Ok(())
    }
}

/// A rate in whole bits per second. Some packagers write decimals.
fn rounded(text: &str) -> Option<String> {
    let (bits, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = fraction.bytes().all(|c| c.is_ascii_digit());
    whole(bits).filter(|_| digits).map(|bits| bits.to_string())
}

fn resolution(text: &str) -> Option<String> {
    let (width, height) = text.split_once(['x', 'X'])?;
    let side = |text| u32::try_from(whole(text)?).ok();
    Some(format!("{}x{}", side(width)?, side(height)?))
}

fn rate_of(text: &str) -> Option<String> {
    let rate: f64 = text.trim().parse().ok()?;
    (rate.is_finite() && rate > 0.0).then(|| rate.to_string())
}

/// Who steers, and where to begin.
fn steering(line: &str, base: &str) -> Option<(String, Option<String>)> {
    match Reader::from_str(line, ParsingOptions::default()).read_line() {
        Ok(Some(HlsLine::KnownTag(KnownTag::Hls(Tag::ContentSteering(told))))) => {
            let pathway = told.pathway_id().map(str::to_owned);
            Some((join(base, told.server_uri()), pathway))
        }
        _ => None,
    }
}
