//! Manifests made by hand, for the tests of whatever reads them.

use std::sync::Arc;

use crate::media::Resolution;
use crate::media::manifest::*;
use crate::units::{Bitrate, Span};

/// Segments of so many milliseconds, called by their numbers.
pub(crate) fn segments(millis: &[u64], name: impl Fn(usize) -> String) -> Segments {
    let mut time = 0;
    let cut = |(number, &duration): (u64, &u64)| {
        time += duration as i64;
        Cut { time: time - duration as i64, duration, number }
    };
    let cuts = (1..).zip(millis).map(cut).collect();
    let timeline = Timeline { scale: 1_000, offset: 0, cuts, every: None, number: 1 };
    let entries = (1..=millis.len()).map(|number| (name(number).into(), None));
    let (base, rates) = ("https://cdn.example/film/".into(), Vec::new().into());
    let source = Source::Listed { base, entries: entries.collect(), rates };
    let setup = vec![Resource::whole("https://cdn.example/film/init.mp4")];
    let sections = vec![Section { from: 0, setup }].into();
    Segments { timeline: Arc::new(timeline), source, sections }
}

/// A rung of so many kbit/s and lines, with ten segments of four seconds.
pub(crate) fn rung(kbps: u64, lines: u32) -> Rendition {
    let resolution = Some(Resolution { width: lines * 16 / 9, height: lines });
    Rendition {
        id: Some(format!("v{kbps}")),
        bandwidth: Some(kbps * 1_000),
        average: None,
        bitrate: Some(Bitrate::kbps(kbps)),
        resolution: resolution.filter(|_| lines > 0),
        frame_rate: crate::media::FrameRate::parse("25"),
        codecs: if lines > 0 { "avc1.640028" } else { "mp4a.40.2" }.into(),
        range: None,
        pathway: None,
        copy: false,
        early: None,
        playlist: None,
        addressing: Some(Addressing::List),
        index: None,
        segments: Ok(segments(&[4_000; 10], |number| format!("{kbps}/{number}.m4s"))),
    }
}

pub(crate) fn set(carries: Carries, renditions: Vec<Rendition>) -> Set {
    let language = (carries == Carries::Audio).then(|| "en".to_owned());
    let (id, role) = (None, Some("main".to_owned()));
    Set { carries, id, language, role, priority: 1, switches: Vec::new(), renditions }
}

/// Nothing is wrong with it: 500, 900 and 1,700 kbit/s, with sound of 96.
pub(crate) fn good() -> Manifest {
    let video = vec![rung(500, 360), rung(900, 480), rung(1_700, 720)];
    let sets = vec![set(Carries::Video, video), set(Carries::Audio, vec![rung(96, 0)])];
    let mut manifest = Manifest::new(Format::Dash);
    let entry = Resource::whole("https://cdn.example/film/x.mpd");
    manifest.documents = vec![(entry, Bytes::new(4_321))];
    manifest.duration = Some(Span::from_secs(40));
    let (start, duration) = (Some(Span::ZERO), manifest.duration);
    manifest.periods = vec![Period { id: None, start, duration, sets }];
    manifest
}
