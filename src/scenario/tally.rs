//! What slices and chunks of viewers amount to.
//!
//! The idea to hold: they are taken in in their order, so what is a sum of fractions is the same
//! sum on any number of threads; and what is written down of a chunk is, read again, what it was.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::file::{self, Price};
use super::mishap::Mishaps;
use super::preset::Printed;
use crate::cdn;
use crate::metrics::Viewed;
use crate::metrics::qoe::{Scoreboard, Scores};
use crate::metrics::{Causes, Glass, Outcomes, Panel, Session, Stalling, Summary, Timeline};
use crate::units::{Bytes, Span};

/// Of so many who stalled longest is shown how it went.
pub(super) const WORST: usize = 4;

/// What chunks amount to.
#[derive(Clone, Deserialize, Serialize)]
pub(super) struct Tally {
    pub(super) whole: Summary,
    /// By class of networks, where there are several.
    pub(super) networks: Vec<Summary>,
    /// By class of devices, where there are several.
    pub(super) devices: Vec<Summary>,
    /// The first viewers who stalled, as many as are looked into, or the first.
    pub(super) stalled: Vec<u64>,
    /// Who stalled longest, the worst first, of those whom there is a way to see.
    pub(super) worst: Vec<(Span, u64)>,
    /// Who was spared stalls.
    pub(super) outcomes: Outcomes,
    /// What the first of them had.
    pub(super) panel: Panel,
    /// What models of quality of experience say of the first of them.
    pub(super) scores: Scoreboard,
    /// Who they are, and where: the sum of a number that each person in their place has.
    pub(super) people: u64,
    /// Sums of what the preset prints.
    pub(super) printed: Printed,
    /// What caches and the origin did, where there are caches.
    pub(super) chain: Option<cdn::Tally>,
    /// When they stood still.
    pub(super) stalling: Stalling,
    /// Why some of those who stalled did.
    pub(super) causes: Causes,
    /// What the first viewers did, where all who ask the same caches would have to be simulated
    /// again to see it.
    pub(super) timelines: BTreeMap<u64, Timeline>,
    /// Who could not be simulated.
    pub(super) mishaps: Mishaps,
}

/// Somebody's session, and the classes they are of.
pub(super) struct Member {
    pub(super) viewer: u64,
    pub(super) session: Session,
    /// Media time displayed on each rung of the whole ladder.
    pub(super) on_rung: Vec<Span>,
    /// How far behind it was, of what is live.
    pub(super) glass: Option<Glass>,
    /// What models of quality of experience say, if they are one of those they are asked of.
    pub(super) scores: Option<Scores>,
    pub(super) network: usize,
    pub(super) device: usize,
}

impl file::Costs {
    /// What an hour costs that a viewer watches, if anybody watches.
    pub(super) fn per_viewer_hour(&self, tally: &Tally) -> Option<f64> {
        let total = &tally.whole.total;
        let chain = tally.chain.as_ref().filter(|chain| !chain.direct);
        let of = |bytes: Bytes, gb: Price, requests: u64, million: Price| {
            bytes.as_f64() / 1e9 * gb.0 + requests as f64 / 1e6 * million.0
        };
        // Without caches viewers ask the origin.
        let (edge, shield, origin) = match chain {
            Some(chain) => {
                let (edge, shield, origin) = (&chain.edge, &chain.shield, &chain.origin);
                (
                    (total.bytes, edge.requests()),
                    (shield.bytes, shield.requests()),
                    (origin.bytes, origin.requests),
                )
            }
            None => ((Bytes::ZERO, 0), (Bytes::ZERO, 0), (total.bytes, total.requests)),
        };
        let cost = of(edge.0, self.edge_gb, edge.1, self.edge_requests)
            + of(shield.0, self.shield_gb, shield.1, self.shield_requests)
            + of(origin.0, self.origin_gb, origin.1, self.origin_requests);
        let hours = tally.whole.hours_watched();
        (hours > 0.0).then(|| cost / hours)
    }
}

impl Tally {
    /// Adds what a chain did.
    pub(super) fn deliver(&mut self, chain: Option<&cdn::Tally>) {
        if let Some(chain) = chain {
            self.chain.get_or_insert_default().merge(chain);
        }
    }

    /// Adds what a preset prints of one session, or the sums of several.
    pub(super) fn print(&mut self, printed: Printed) {
        if self.printed.is_empty() {
            self.printed = printed;
            return;
        }
        for ((_, sum), (_, value)) in self.printed.iter_mut().zip(printed) {
            *sum += value;
        }
    }

    /// Takes in a viewer's session.
    pub(super) fn add(&mut self, member: &Member) {
        let Member { viewer, ref session, ref on_rung, ref glass, network, device, .. } = *member;
        let classes = [self.networks.get_mut(network), self.devices.get_mut(device)];
        for summary in classes.into_iter().flatten().chain([&mut self.whole]) {
            summary.add(session, on_rung);
            if let Some(glass) = glass {
                summary.live.get_or_insert_default().add(glass);
            }
        }
        if session.stalls > 0 {
            self.stalled.push(viewer);
        }
        if let Some(scores) = &member.scores {
            self.scores.add(scores);
        }
    }

    /// Takes in what a viewer had, for runs to be compared by, and who they are; of those who were
    /// drawn together, the first is told.
    pub(super) fn enrol(&mut self, member: &Member, person: u64, first: bool) {
        let Member { ref session, ref glass, network, device, .. } = *member;
        let among_the_first = |most: usize| member.viewer < most as u64;
        if among_the_first(Outcomes::MOST) {
            self.outcomes.push(session.is_zero_buffer(), network, first);
        }
        if among_the_first(Panel::MOST) {
            let (network, device) = (network as u16, device as u16);
            let viewed = Viewed::new(session, glass.as_ref());
            self.panel.push(Viewed { first, network, device, ..viewed });
        }
        self.people = self.people.wrapping_add(person);
    }

    /// Remembers somebody who can be seen for how long they stalled.
    pub(super) fn suffer(&mut self, member: &Member) {
        if member.session.stalls > 0 {
            self.worst.push((member.session.stalled, member.viewer));
        }
    }

    /// Tells every summary of those of its viewers who are among these.
    pub(super) fn shared(&mut self, members: &[Member], tell: impl Fn(&mut Summary, &[Session])) {
        if members.len() < 2 {
            return;
        }
        let of = |is: &dyn Fn(&Member) -> bool| -> Vec<Session> {
            members.iter().filter(|member| is(member)).map(|member| member.session).collect()
        };
        tell(&mut self.whole, &of(&|_| true));
        for (class, summary) in self.networks.iter_mut().enumerate() {
            tell(summary, &of(&|member| member.network == class));
        }
        for (class, summary) in self.devices.iter_mut().enumerate() {
            tell(summary, &of(&|member| member.device == class));
        }
    }

    /// Takes in what came of later viewers; of those who stalled remembers so many.
    pub(super) fn merge(&mut self, later: &Self, most: usize) {
        self.whole.merge(&later.whole);
        self.print(later.printed.clone());
        self.deliver(later.chain.as_ref());
        let classes = self.networks.iter_mut().chain(&mut self.devices);
        for (own, other) in classes.zip(later.networks.iter().chain(&later.devices)) {
            own.merge(other);
        }
        self.stalled.extend(&later.stalled);
        self.causes.merge(&later.causes);
        self.scores.merge(&later.scores);
        self.stalling.merge(&later.stalling);
        self.timelines.extend(later.timelines.iter().map(|(&viewer, t)| (viewer, t.clone())));
        self.worst.extend(&later.worst);
        self.worst.sort_unstable_by_key(|&(stalled, viewer)| (Reverse(stalled), viewer));
        // The first who stalled is shown as well, and may be one of them.
        self.worst.truncate(WORST + 1);
        self.stalled.sort_unstable();
        self.stalled.truncate(most.max(1));
        self.outcomes.append(&later.outcomes);
        self.panel.append(&later.panel);
        self.people = self.people.wrapping_add(later.people);
        self.mishaps.merge(&later.mishaps);
    }
}
