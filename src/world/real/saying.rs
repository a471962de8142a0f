//! What a player says of itself with its requests: CMCD, version 1 (CTA-5004).
//!
//! The idea to hold: everything said follows from what the player is and what has happened to it.

use crate::cmcd::{Cmcd, Format, ObjectType, StreamType};
use crate::media::{Kind, Object, Presentation, Segment};
use crate::player::{Event, Player, Request};
use crate::units::Bitrate;

/// What a player says, and what it has to remember for that.
#[derive(Clone, Debug)]
pub struct Saying {
    session: String,
    content: String,
    format: Format,
    starved: bool,
    waiting: bool,
}

impl Saying {
    /// Of a session of that name, of content of that name.
    pub fn new(session: String, content: String, hls: bool) -> Self {
        let format = if hls { Format::Hls } else { Format::Dash };
        Self { session, content, format, starved: false, waiting: true }
    }

    pub(super) fn observe(&mut self, event: &Event) {
        match event {
            Event::Started | Event::Resumed | Event::Landed => {
                self.waiting = false;
            }
            Event::Stalled => (self.starved, self.waiting) = (true, true),
            Event::Sought { buffered: false, .. } => self.waiting = true,
            _ => {}
        }
    }

    /// What is said with a request.
    pub(super) fn with(
        &mut self,
        request: &Request,
        content: &Presentation,
        player: &Player,
        estimate: Option<Bitrate>,
    ) -> Cmcd {
        let live = content.live.is_some();
        let mut cmcd = Cmcd {
            sid: Some(self.session.clone()),
            cid: Some(self.content.clone()),
            sf: Some(self.format),
            st: Some(if live { StreamType::Live } else { StreamType::OnDemand }),
            mtp: estimate,
            su: Some(self.waiting),
            ..Cmcd::default()
        };
        match request.object {
            Object::Document(_) => cmcd.ot = Some(ObjectType::Manifest),
            Object::Segment(Segment { track, index, rung }) => {
                let own = content.track(track);
                cmcd.br = Some(own.ladder.bitrate(rung));
                cmcd.tb = Some(own.ladder.bitrate(own.ladder.top()));
                cmcd.d = Some(own.duration(index));
                let buffer = player.buffer(track);
                (cmcd.bl, cmcd.dl) = (Some(buffer), Some(buffer));
                cmcd.ot = Some(match own.kind {
                    Kind::Video => ObjectType::Video,
                    Kind::Audio => ObjectType::Audio,
                });
                // Said once of every stall.
                cmcd.bs = std::mem::take(&mut self.starved).then_some(true);
            }
        }
        cmcd
    }
}
