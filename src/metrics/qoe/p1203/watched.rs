//! What a viewer of ours watched, as P.1203 has it.
//!
//! The idea to hold: bitrates of pictures are those of the segments as they are, not as they are
//! advertised, and are averaged over what is of one rung; those of sound are the advertised ones.

use super::{AudioSegment, Codec, Device, Evaluation, Input, Options, Outcome, VideoSegment};
use crate::media::{FrameRate, Kind, Ladder, Object, Presentation, Representation, Resolution};
use crate::media::{Segment, TrackId};
use crate::metrics::qoe::viewing::{Stall, Viewing, Watched};
use crate::units::{Bitrate, Span};

/// Pictures a second where that is not told: what the Recommendation takes nothing off for.
pub const RATE: FrameRate = FrameRate { frames: 24, seconds: 1 };

/// No more are scored.
const MOST_FRAMES: f64 = 120.0;

/// The highest picture that is scored, in pixels.
const MOST_HEIGHT: u32 = 2_160;

/// How sessions are taken to be watched.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// On what.
    pub device: Device,
    /// The size of its screen.
    pub screen: Resolution,
    /// What of P.1203 is chosen.
    pub options: Options,
}

impl Default for Settings {
    /// On a full-HD screen that is not held in the hand.
    fn default() -> Self {
        let screen = Resolution { width: 1_920, height: 1_080 };
        Self { device: Device::Pc, screen, options: Options::default() }
    }
}

/// What P.1203 asks of a presentation, rung by rung.
#[derive(Clone, Debug)]
pub struct Sources {
    settings: Settings,
    video: TrackId,
    pictures: Vec<(Resolution, FrameRate)>,
    /// The sound, if it has a track.
    audio: Option<TrackId>,
    sounds: Vec<(Codec, Bitrate)>,
}

/// What a session is put together in. Kept from one to the next, it need not allocate.
#[derive(Clone, Debug, Default)]
pub struct Room {
    evaluation: Evaluation,
    audio: Vec<AudioSegment>,
    video: Vec<VideoSegment>,
    stalls: Vec<Stall>,
}

impl Sources {
    /// Of a presentation, if P.1203 knows how to score it: every rung of its pictures has to tell
    /// its resolution, of 2,160 lines at most, and be coded in H.264, and all of its sound in
    /// MPEG-1 layer II, AC-3, AAC-LC or HE-AAC. Where no codec is told, H.264 and AAC-LC are
    /// assumed; where no frame rate is, 24 a second; where there is no track of sound, that it is
    /// perfect, as the Recommendation's own software does.
    pub fn new(content: &Presentation, settings: &Settings) -> Option<Self> {
        let video = content.main();
        let track = content.track(video);
        if track.kind != Kind::Video {
            return None;
        }
        let audio = Self::audio(content);
        let sounds = match audio {
            Some(audio) => each(&content.track(audio).ladder, sound_of)?,
            None => Vec::new(),
        };
        let pictures = each(&track.ladder, picture_of)?;
        Some(Self { settings: settings.clone(), video, pictures, audio, sounds })
    }

    /// Scores a viewing.
    pub(in crate::metrics::qoe) fn evaluate(
        &self,
        content: &Presentation,
        viewing: &Viewing,
        room: &mut Room,
    ) -> Option<Outcome> {
        let Room { evaluation, audio, video, stalls } = room;
        video.clear();
        video.extend(viewing.segments().iter().map(|watched| self.pictures(content, watched)));
        audio.clear();
        if self.audio.is_some() {
            audio.extend(viewing.sound().iter().map(|watched| {
                let (codec, bitrate) = self.sounds[watched.rung.0 as usize];
                AudioSegment { codec, duration: watched.shown, bitrate }
            }));
        }
        stalls.clear();
        stalls.push(Stall { at: Span::ZERO, length: viewing.startup().unwrap_or_default() });
        stalls.extend(viewing.stalls());
        let Settings { device, screen, ref options } = self.settings;
        let input = Input { device, screen, audio, video, stalls };
        evaluation.evaluate(&input, options)
    }

    fn pictures(&self, content: &Presentation, watched: &Watched) -> VideoSegment {
        let &Watched { index, rung, shown } = watched;
        let (resolution, rate) = self.pictures[rung.0 as usize];
        let size = content.size(Object::Segment(Segment { track: self.video, index, rung }));
        let bitrate = size / content.track(self.video).duration(index);
        let representation = Some(rung.0.into());
        VideoSegment { duration: shown, bitrate, resolution, rate, representation }
    }

    /// The track of sound that goes with the pictures: the first there is.
    pub(in crate::metrics::qoe) fn audio(content: &Presentation) -> Option<TrackId> {
        let main = content.main();
        let sound = content.tracks.iter().position(|track| track.kind == Kind::Audio);
        sound.map(|place| TrackId(place as u8)).filter(|&audio| audio != main)
    }
}

fn each<T>(ladder: &Ladder, of: impl Fn(&Representation) -> Option<T>) -> Option<Vec<T>> {
    ladder.rungs().map(|rung| of(ladder.representation(rung))).collect()
}

fn picture_of(of: &Representation) -> Option<(Resolution, FrameRate)> {
    let mut codecs = of.codecs.split(',').map(str::trim);
    let known = of.codecs.is_empty() || codecs.any(|codec| family(codec).starts_with("avc"));
    let resolution = of.resolution.filter(|size| size.width > 0 && size.height > 0)?;
    let rate = of.frame_rate.unwrap_or(RATE);
    let within = resolution.height <= MOST_HEIGHT && rate.as_f64() <= MOST_FRAMES;
    (known && within).then_some((resolution, rate))
}

fn sound_of(of: &Representation) -> Option<(Codec, Bitrate)> {
    let codec = match of.codecs.trim().to_ascii_lowercase().as_str() {
        "" | "mp4a.40.2" => Codec::AacLc,
        "mp4a.40.5" | "mp4a.40.29" => Codec::HeAac,
        "mp4a.40.33" => Codec::Mp2,
        "ac-3" => Codec::Ac3,
        _ => return None,
    };
    Some((codec, of.bitrate))
}

fn family(codec: &str) -> &str {
    codec.split('.').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::{Rung, Track};
    use crate::metrics::qoe::testing::{SEGMENT, events, full, watch};
    use crate::player::Event;
    use crate::units::Bytes;

    fn with(change: impl Fn(&mut Representation)) -> Presentation {
        let full = full();
        let ladder = &full.tracks[0].ladder;
        let mut rungs: Vec<_> = ladder.rungs().map(|r| ladder.representation(r).clone()).collect();
        change(&mut rungs[1]);
        let sizes = vec![Bytes::new(1); 3];
        let ladder = Ladder::new(rungs).unwrap();
        Presentation::new(vec![Track::new(Kind::Video, ladder, &[SEGMENT], sizes).unwrap()])
    }

    fn is_scored(content: &Presentation) -> bool {
        Sources::new(content, &Settings::default()).is_some()
    }

    fn sound(codecs: &str, kbps: u64) -> Track {
        let rung = Representation::new(Bitrate::kbps(kbps));
        let ladder = Ladder::new(vec![Representation { codecs: codecs.to_owned(), ..rung }]);
        let sizes = vec![Bytes::new(48_000); 8];
        Track::new(Kind::Audio, ladder.unwrap(), &[SEGMENT; 8], sizes).unwrap()
    }

    #[test]
    fn what_the_recommendation_does_not_know_is_not_scored() {
        assert!(is_scored(&with(|_| {})));
        assert!(is_scored(&with(|rung| rung.codecs.clear())), "taken for H.264");
        assert!(is_scored(&with(|rung| rung.codecs = "mp4a.40.2, avc3.4d401f".to_owned())));
        assert!(!is_scored(&with(|rung| rung.codecs = "hvc1.1.6.L93".to_owned())));
        assert!(!is_scored(&with(|rung| rung.resolution = None)));
        let size = |height| Some(Resolution { width: 3_840, height });
        assert!(is_scored(&with(|rung| rung.resolution = size(2_160))));
        assert!(!is_scored(&with(|rung| rung.resolution = size(2_161))));
        let rate = Some(FrameRate { frames: 1_000_000, seconds: 1 });
        assert!(!is_scored(&with(|rung| rung.frame_rate = rate)));
        for (codecs, known) in [("mp4a.40.5", true), ("", true), ("AC-3", true), ("opus", false)] {
            let mut content = full();
            content.tracks.push(sound(codecs, 96));
            assert_eq!(is_scored(&content), known, "{codecs}");
        }
        assert!(!is_scored(&Presentation::new(vec![sound("mp4a.40.2", 96)])), "no picture");
    }

    #[test]
    fn a_viewing_is_scored_as_the_session_it_was() {
        let content = full();
        let (_, viewing) = watch(&content, &[0, 0, 2, 1], (1_000, &[0, 2_000]));
        let sources = Sources::new(&content, &Settings::default()).unwrap();
        let ours = sources.evaluate(&content, &viewing, &mut Room::default());
        let picture = |kbps, width, height, representation| VideoSegment {
            duration: SEGMENT,
            bitrate: Bitrate::kbps(kbps),
            resolution: Resolution { width, height },
            rate: RATE,
            representation: Some(representation),
        };
        let low = picture(1_000, 640, 360, 0);
        let video = [low, low, picture(4_000, 1_920, 1_080, 2), picture(2_000, 1_280, 720, 1)];
        let stall = |at, length| Stall { at: Span::from_secs(at), length: Span::from_secs(length) };
        let (device, screen) = (Device::Pc, Resolution { width: 1_920, height: 1_080 });
        let stalls = [stall(0, 1), stall(8, 2)];
        let input = Input { device, screen, audio: &[], video: &video, stalls: &stalls };
        let same = Evaluation::default().evaluate(&input, &Options::default());
        assert_eq!(ours.map(|ours| ours.seconds), Some(16));
        assert_eq!(ours, same);
    }

    #[test]
    fn bad_sound_takes_off() {
        let score = |content: &Presentation| {
            let mut viewing = Viewing::new(content, Default::default());
            for (at, event) in events(&[2, 2], (0, &[])) {
                viewing.record(content, at, &event);
                if let Event::Shown(shown) = event {
                    let sound = Segment { track: TrackId(1), rung: Rung(0), ..shown };
                    viewing.record(content, at, &Event::Shown(sound));
                }
            }
            let sources = Sources::new(content, &Settings::default()).unwrap();
            sources.evaluate(content, &viewing, &mut Room::default()).unwrap().o35
        };
        let mut noisy = full();
        noisy.tracks.push(sound("mp4a.40.2", 8));
        assert!(score(&noisy) < score(&full()) - 0.2, "{} {}", score(&noisy), score(&full()));
    }
}
