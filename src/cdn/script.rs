//! Faults as they are scripted: this goes wrong with that request.
//!
//! The idea to hold: a request is known by what it is for, by its number among its viewer's, by how
//! often it failed before and by when it comes; nothing is drawn, so what happened once happens
//! again.

use super::{Ask, Fault};
use crate::media::{Object, Segment, TrackId};
use crate::units::{Bytes, Span, Time};

/// Something that goes wrong with the requests it is about. What is not said is any.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Script {
    /// What goes wrong.
    pub what: Mishap,
    /// Whether it is about documents, or about segments of this track.
    pub of: Option<Of>,
    /// The first and the last segment.
    pub segments: Option<(u32, u32)>,
    /// The rung of a segment.
    pub rung: Option<u8>,
    /// The number of the request among those of its viewer, from 0, where viewers ask the origin.
    pub request: Option<u32>,
    /// The viewer, where viewers ask the origin.
    pub viewer: Option<u64>,
    /// How often in a row it goes wrong; a request known by its number is only made once.
    pub times: u32,
    /// From when on, and until when.
    pub between: Option<(Time, Time)>,
}

/// What requests are for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Of {
    /// Manifests, playlists and initialisation segments.
    Documents,
    /// The segments of a track.
    Track(TrackId),
}

/// What can go wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Mishap {
    /// An answer of this status of HTTP.
    Status(u16),
    /// The connection is reset before the first byte.
    #[default]
    Reset,
    /// The body ends after so much of it, from 0 to 1.
    Truncated(f64),
    /// The first byte is so much later.
    Late(Span),
}

impl Script {
    /// Whether it is about a request that comes now.
    pub(super) fn is_about(&self, now: Time, ask: &Ask) -> bool {
        let segment = match ask.object {
            Object::Segment(segment) => Some(segment),
            Object::Document(_) => None,
        };
        let of = match (self.of, segment) {
            (None, _) | (Some(Of::Documents), None) => true,
            (Some(Of::Track(track)), Some(segment)) => segment.track == track,
            (Some(Of::Documents), Some(_)) | (Some(Of::Track(_)), None) => false,
        };
        let within = |index: u32, (first, last): (u32, u32)| (first..=last).contains(&index);
        let is = |wanted: &dyn Fn(Segment) -> bool| segment.is_some_and(wanted);
        of && self.segments.is_none_or(|range| is(&|segment| within(segment.index, range)))
            && self.rung.is_none_or(|rung| is(&|segment| segment.rung.0 == rung))
            && self.request.is_none_or(|request| ask.serial == request)
            && self.viewer.is_none_or(|viewer| ask.who == viewer)
            && (ask.attempt < self.times || self.request.is_some())
            && self.between.is_none_or(|(from, to)| (from..to).contains(&now))
    }
}

impl Mishap {
    /// What it does to an answer of that size: how much later it is, and how it fails.
    pub(super) fn does(self, size: Bytes) -> (Span, Option<Fault>) {
        match self {
            Self::Status(status) => (Span::ZERO, Some(Fault::Error(status))),
            Self::Reset => (Span::ZERO, Some(Fault::Reset)),
            Self::Truncated(part) => {
                (Span::ZERO, Some(Fault::Short(Bytes::new((size.as_f64() * part) as u64))))
            }
            Self::Late(span) => (span, None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::{DocumentId, Rung};

    fn ask(object: Object, attempt: u32) -> Ask {
        let (size, place) = (Bytes::new(1_000), 0.0);
        Ask { who: 3, title: 0, object, attempt, size, place, serial: 7 }
    }

    fn segment(index: u32, rung: u8) -> Object {
        Object::Segment(Segment { track: TrackId(0), index, rung: Rung(rung) })
    }

    #[test]
    fn a_script_is_about_what_it_names_and_nothing_else() {
        let script = Script {
            of: Some(Of::Track(TrackId(0))),
            segments: Some((4, 5)),
            rung: Some(1),
            times: 2,
            ..Script::default()
        };
        let about = |object, attempt| script.is_about(Time::ZERO, &ask(object, attempt));
        assert!(about(segment(4, 1), 0) && about(segment(5, 1), 1));
        assert!(!about(segment(5, 1), 2), "the third time it comes");
        assert!(!about(segment(6, 1), 0) && !about(segment(4, 0), 0));
        assert!(!about(Object::Document(DocumentId(0)), 0));
    }

    #[test]
    fn a_request_is_known_by_its_number_its_viewer_and_its_time() {
        let at = |secs| Time::ZERO + Span::from_secs(secs);
        let script = Script {
            request: Some(7),
            viewer: Some(3),
            times: 1,
            between: Some((at(10), at(20))),
            ..Script::default()
        };
        let about = |now, script: &Script| script.is_about(now, &ask(segment(0, 0), 0));
        assert!(about(at(10), &script) && !about(at(20), &script) && !about(at(9), &script));
        assert!(!about(at(10), &Script { request: Some(6), ..script.clone() }));
        assert!(!about(at(10), &Script { viewer: Some(2), ..script.clone() }));
    }

    #[test]
    fn what_is_cut_short_is_cut_where_it_is_said() {
        let (late, fault) = Mishap::Truncated(0.25).does(Bytes::new(1_000));
        assert_eq!((late, fault), (Span::ZERO, Some(Fault::Short(Bytes::new(250)))));
    }
}
