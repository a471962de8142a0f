//! What viewers do with a player besides watching: they seek, pause and play on.
//!
//! The idea to hold: there is no back-buffer. A seek ahead, into what every track has, only moves
//! the playhead; any other begins afresh at the place sought, and what was fetched before is lost.

use super::playback::Phase;
use super::{Event, Host, Player};
use crate::units::Pts;

impl Player {
    /// The viewer goes to another place, or to the end if that is beyond it; of what is live,
    /// within the window.
    pub(super) fn seek(&mut self, to: Pts, host: &mut dyn Host) {
        let mut to = to.min(self.playback.content.end());
        if let Some(edge) = self.edge.as_ref().filter(|edge| edge.joined) {
            let (first, last) = edge.reaches(&self.playback.content, self.playback.at);
            to = to.clamp(first, last);
        }
        let phase = self.playback.phase;
        if phase == Phase::Over {
            return;
        }
        let buffered = self.playback.seek(to);
        self.moved();
        // What the presentation is made of has to be known wherever one goes.
        let knows = self.opened == self.playback.content.opening.len();
        for lane in self.lanes.iter_mut().filter(|_| knows) {
            let dropped = if buffered { lane.ask_again() } else { lane.begin_afresh() };
            dropped.into_iter().for_each(|request| host.cancel(self.playback.at, request));
        }
        self.tell(host, Event::Sought { to, buffered });
        self.playback.phase = match phase {
            Phase::Playing if buffered => {
                self.tell(host, Event::Landed);
                Phase::Playing
            }
            Phase::Playing | Phase::Stalled | Phase::Seeking => Phase::Seeking,
            Phase::Paused { .. } => Phase::Paused { sought: true },
            Phase::Opening | Phase::Starting | Phase::Over => phase,
        };
    }

    pub(super) fn pause(&mut self, host: &mut dyn Host) {
        if self.playback.phase == Phase::Playing {
            self.playback.phase = Phase::Paused { sought: false };
            self.tell(host, Event::Paused);
        }
    }

    pub(super) fn unpause(&mut self, host: &mut dyn Host) {
        if let Phase::Paused { sought } = self.playback.phase {
            self.playback.phase = if sought { Phase::Seeking } else { Phase::Playing };
            self.moved();
            self.tell(host, Event::Unpaused);
        }
    }

    fn tell(&mut self, host: &mut dyn Host, event: Event) {
        self.playback.turned = true;
        host.tell(self.playback.at, &event);
    }
}
