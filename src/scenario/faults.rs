//! The faults that a scenario scripts, made ready for its origin.

use toml::Spanned;

use super::file::{self, Requested, Symptom, Word};
use super::source::{ScenarioError, Source};
use crate::cdn::{Mishap, Of, Script};
use crate::media::{Kind, Presentation, TrackId};
use crate::units::{Span, Time};

/// How late what is late is, unless said.
const LATE: Span = Span::from_secs(5);

/// What goes wrong with some requests.
pub(super) fn script(
    source: &Source,
    written: &Spanned<file::Fault>,
    content: &Presentation,
) -> Result<Script, ScenarioError> {
    let fault = written.get_ref();
    let between = (fault.at.is_some() || fault.lasting.is_some()).then(|| {
        let from = Time::ZERO + fault.at.map_or(Span::ZERO, |at| at.0);
        (from, fault.lasting.map_or(Time::MAX, |lasting| from + lasting.0))
    });
    Ok(Script {
        what: mishap(source, fault)?,
        of: fault.of.map(|of| about(source, written, of, content)).transpose()?,
        segments: segments(source, fault)?,
        rung: fault.rung,
        request: fault.request,
        viewer: fault.viewer,
        times: fault.times,
        between,
    })
}

fn mishap(source: &Source, fault: &file::Fault) -> Result<Mishap, ScenarioError> {
    let part = fault.part.as_ref().map_or(0.5, |part| part.0);
    Ok(match *fault.what.get_ref() {
        Symptom::Status(status @ 400..=599) => Mishap::Status(status),
        Symptom::Status(status) => {
            let message = format!("{status} is no error of HTTP");
            let error = source.error(fault.what.span(), message);
            return Err(error.help("those are from 400 to 599"));
        }
        Symptom::Word(Word::Reset) => Mishap::Reset,
        Symptom::Word(Word::Truncated) => Mishap::Truncated(part),
        Symptom::Word(Word::Late) => Mishap::Late(fault.delay.map_or(LATE, |delay| delay.0)),
    })
}

fn about(
    source: &Source,
    written: &Spanned<file::Fault>,
    of: Requested,
    content: &Presentation,
) -> Result<Of, ScenarioError> {
    let kind = match of {
        Requested::Documents => return Ok(Of::Documents),
        Requested::Video => Kind::Video,
        Requested::Audio => Kind::Audio,
    };
    let mut all = (0..).map(TrackId).zip(&content.tracks);
    match all.find(|(_, track)| track.kind == kind) {
        Some((id, _)) => Ok(Of::Track(id)),
        None => {
            let message = format!("there is no {} for it to go wrong with", kind.name());
            let error = source.error(written.span(), message);
            Err(error.help("leave `of` out, or give the content such a track"))
        }
    }
}

fn segments(source: &Source, fault: &file::Fault) -> Result<Option<(u32, u32)>, ScenarioError> {
    match (&fault.segment, &fault.segments) {
        (None, None) => Ok(None),
        (Some(one), None) => Ok(Some((*one, *one))),
        (None, Some(some)) if some.get_ref().0 <= some.get_ref().1 => Ok(Some(*some.get_ref())),
        (None, Some(some)) => {
            let error = source.error(some.span(), "the last segment is before the first");
            Err(error.help("write segments = [5, 8], say"))
        }
        (Some(_), Some(some)) => {
            let error = source.error(some.span(), "`segment` and `segments` both say which");
            Err(error.help("leave one of the two out"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::scenario;
    use super::*;

    fn scripts(text: &str) -> Vec<Script> {
        let made = scenario(&format!("[network]\nbandwidth = \"1Mbps\"\n{text}")).unwrap();
        made.points[0].setup.origin.scripts.to_vec()
    }

    #[test]
    fn a_fault_is_read_as_it_is_written() {
        let made = scripts(
            "[[origin.fault]]\nwhat = 404\nof = \"video\"\nsegment = 5\nrung = 2\ntimes = 3\n\
             [[origin.fault]]\nwhat = \"late\"\ndelay = \"2s\"\nat = \"10s\"\nfor = \"5s\"\n\
             [[origin.fault]]\nwhat = \"truncated\"\npart = 0.1\nsegments = [2, 4]\n",
        );
        let at = |secs| Time::ZERO + Span::from_secs(secs);
        assert_eq!(made[0].what, Mishap::Status(404));
        assert_eq!((made[0].of, made[0].segments), (Some(Of::Track(TrackId(0))), Some((5, 5))));
        assert_eq!((made[0].rung, made[0].times), (Some(2), 3));
        assert_eq!(made[1].what, Mishap::Late(Span::from_secs(2)));
        assert_eq!((made[1].between, made[1].times), (Some((at(10), at(15))), 1));
        assert_eq!((made[2].what, made[2].segments), (Mishap::Truncated(0.1), Some((2, 4))));
    }

    #[test]
    fn what_is_wrong_with_a_fault_is_said() {
        let wrong = |text: &str| {
            let text = format!("[network]\nbandwidth = \"1Mbps\"\n{text}");
            scenario(&text).err().unwrap().to_string()
        };
        let fault = |rest: &str| wrong(&format!("[[origin.fault]]\n{rest}\n"));
        assert!(fault("what = 200").contains("200 is no error of HTTP"));
        assert!(
            fault("what = \"slow\"").contains("a status as 404"),
            "{}",
            fault("what = \"slow\"")
        );
        assert!(fault("what = 404\nof = \"audio\"").contains("no audio"));
        assert!(fault("what = 404\nsegments = [3, 2]").contains("before the first"));
    }
}
