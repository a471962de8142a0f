//! An origin that thinks for a time, now and then for far longer, and fails a share of requests.
//!
//! The idea to hold: whether a request fails, and how long it takes, depends on who asks, for what
//! and how often they did before, never on when or in what order they come, so every algorithm
//! meets the same failures and the same tail. Only a scripted incident knows the time.

use std::sync::Arc;

use super::{Latency, Script};
use crate::media::{Live, Object, Presentation, Segment};
use crate::seed::{Purpose, Seed};
use crate::units::{Bitrate, Bytes, Span, Time, Work};

/// Where every object is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Origin {
    /// How objects are stored that no tier holds.
    pub store: Store,
    /// Faster or slower stores in front of it; an object is in the first that holds it.
    pub tiers: Arc<[Tier]>,
    /// The share of requests that fail, from 0 to 1.
    pub faults: Faults,
    /// What happens to it, in the order of their beginnings.
    pub incidents: Arc<[Incident]>,
    /// What goes wrong with this request or that; the first that is about one counts.
    pub scripts: Arc<[Script]>,
    /// What failures and latencies are drawn from.
    pub seed: Seed,
    /// Where what it holds is still being made: when each part of it is there.
    pub making: Option<Making>,
}

/// What an origin holds that is still being made.
#[derive(Clone, Debug, PartialEq)]
pub struct Making {
    /// What it is, which is live.
    pub content: Arc<Presentation>,
    /// When each part of it is there.
    pub live: Arc<Live>,
    /// Whether who asks too early waits, as for a part of HLS, or is told that there is nothing.
    pub waits: bool,
}

/// How fast stored objects are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Store {
    /// From a request's arrival to its first byte leaving.
    pub latency: Latency,
    /// What one connection carries; as much as it likes, if nothing is said.
    pub bandwidth: Option<Bitrate>,
}

impl From<Span> for Store {
    fn from(latency: Span) -> Self {
        Self { latency: latency.into(), bandwidth: None }
    }
}

/// A store that holds a part of everything.
#[derive(Clone, Debug, PartialEq)]
pub struct Tier {
    /// What reports call it.
    pub name: String,
    /// What it holds.
    pub holds: Holds,
    /// How fast it is.
    pub store: Store,
}

/// What a tier holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Holds {
    /// The most popular part of the catalogue: so much of it, from 0 to 1.
    Popular(f64),
    /// Manifests, playlists and initialisation segments.
    Documents,
}

/// Shares of requests, each from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Faults {
    /// Answered by an error.
    pub errors: f64,
    /// Of which the connection is reset before the first byte.
    pub resets: f64,
    /// Of which the body ends early.
    pub truncated: f64,
}

/// A time during which an origin is not itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Incident {
    /// From when on,
    pub from: Time,
    /// and until when.
    pub to: Time,
    /// What becomes of requests that come in that time.
    pub what: Trouble,
}

/// What an incident does; what it does not say is as always.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trouble {
    /// How long every tier thinks.
    pub latency: Option<Latency>,
    /// What share fails.
    pub errors: Option<f64>,
    /// Whether connections are refused.
    pub down: bool,
}

/// A request, as an origin knows it.
#[derive(Clone, Copy, Debug)]
pub struct Ask {
    /// Who asks: a viewer, or a cache.
    pub who: u64,
    /// Which title of the catalogue the object is of; 0 is the most popular.
    pub title: u32,
    /// What is asked for.
    pub object: Object,
    /// How often they asked for it before.
    pub attempt: u32,
    /// How large the answer is.
    pub size: Bytes,
    /// How popular it is, from 0 for the most to 1.
    pub place: f64,
    /// Its number among the requests of a viewer; of a cache, whose are not numbered, the highest.
    pub serial: u32,
}

/// What an origin does with a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Served {
    /// How long it thinks.
    pub latency: Span,
    /// How long it sends.
    pub transfer: Span,
    /// What goes wrong.
    pub fault: Option<Fault>,
    /// Whether it was down: nobody even waits.
    pub down: bool,
    /// How long it would have thought and sent if nothing had gone wrong.
    pub unharmed: (Span, Span),
}

/// What can go wrong with a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fault {
    /// No byte of it comes, but an answer that says so, of this status of HTTP.
    Error(u16),
    /// Nothing comes: the connection is refused, or reset.
    Reset,
    /// It ends after so many.
    Short(Bytes),
}

impl Fault {
    /// Whoever is asked has too much to do: 503.
    pub const BUSY: Self = Self::Error(503);

    /// What a cache says that could not have it from behind: 502.
    pub const GATEWAY: Self = Self::Error(502);

    /// Whether no byte of what was asked for comes.
    pub fn is_nothing(self) -> bool {
        match self {
            Self::Error(_) | Self::Reset => true,
            Self::Short(_) => false,
        }
    }
}

/// What incidents do together.
#[derive(Default)]
struct Otherwise<'a> {
    latency: Option<&'a Latency>,
    errors: Option<f64>,
    down: bool,
}

impl Origin {
    /// How long it thinks about every request, if it does the same with all of them, and sends at
    /// once.
    pub fn steady(&self) -> Option<Span> {
        let Self { store, tiers, faults, incidents, scripts, making, .. } = self;
        let nothing = tiers.is_empty() && incidents.is_empty() && scripts.is_empty();
        match store {
            Store { latency: Latency::Same(latency), bandwidth: None } => {
                let always = nothing && making.is_none() && *faults == Faults::default();
                always.then_some(*latency)
            }
            Store { .. } => None,
        }
    }

    /// What becomes of a request that comes now.
    pub fn serve(&self, now: Time, ask: &Ask) -> Served {
        let keys = keys(ask);
        let trouble = self.trouble(now);
        let store = self.tier(ask).map_or(&self.store, |tier| &self.tiers[tier].store);
        let latency = trouble.latency.unwrap_or(&store.latency).draw(self.seed, &keys);
        let sends = |sent: Bytes| {
            store.bandwidth.map_or(Span::ZERO, |bandwidth| Work::from(sent) / bandwidth)
        };
        let usual = (latency, sends(ask.size));
        let (unharmed, there) = self.made(now, ask.object, usual);
        let latency = unharmed.0;
        if trouble.down {
            let fault = Some(Fault::Reset);
            let (latency, transfer) = (Span::ZERO, Span::ZERO);
            return Served { latency, transfer, fault, down: true, unharmed };
        }
        let (late, scripted) = match self.scripts.iter().find(|script| script.is_about(now, ask)) {
            Some(script) => script.what.does(ask.size),
            None => (Span::ZERO, None),
        };
        let latency = latency.saturating_add(late);
        let errors = trouble.errors.unwrap_or(self.faults.errors);
        if !there {
            let (fault, transfer) = (Some(Fault::Error(404)), Span::ZERO);
            return Served { latency: usual.0, transfer, fault, down: false, unharmed };
        }
        let drawn = || self.fault(Faults { errors, ..self.faults }, ask.size, &keys);
        let fault = scripted.or_else(drawn);
        let transfer = match fault {
            None => unharmed.1,
            Some(Fault::Error(_) | Fault::Reset) => Span::ZERO,
            Some(Fault::Short(part)) => sends(part).max(unharmed.1.saturating_sub(usual.1)),
        };
        Served { latency, transfer, fault, down: false, unharmed }
    }

    /// How long an answer takes to begin, and to be sent, that would usually take so long, where
    /// what is asked for is still being made; and whether it is there at all.
    fn made(&self, now: Time, object: Object, usual: (Span, Span)) -> ((Span, Span), bool) {
        let (Some(making), Object::Segment(segment)) = (&self.making, object) else {
            return (usual, true);
        };
        let Making { content, live, waits } = making;
        let at = (segment.track, segment.index);
        let chunks = live.chunks(content.track(segment.track).duration(segment.index));
        let there = |chunks| live.there(content, at, chunks);
        let (Some(first), Some(last)) = (there(1), there(chunks)) else { return (usual, false) };
        let gone = last.since_start().saturating_add(live.window);
        let (clock, first) = (live.clock(now).since_start(), live.instant(first));
        if gone < clock || (now < first && !waits) {
            return (usual, false);
        }
        let latency = (first.max(now) - now).saturating_add(usual.0);
        let whole = live.instant(last).max(now).saturating_add(usual.0);
        let rest = whole.since_start().saturating_sub(now.saturating_add(latency).since_start());
        ((latency, rest.max(usual.1)), true)
    }

    /// Whether all of an object has been made by then. Before that no cache can have it.
    pub fn has_made(&self, now: Time, object: Object) -> bool {
        let (Some(Making { content, live, .. }), Object::Segment(segment)) = (&self.making, object)
        else {
            return true;
        };
        let at = (segment.track, segment.index);
        let chunks = live.chunks(content.track(segment.track).duration(segment.index));
        live.there(content, at, chunks).is_some_and(|last| live.instant(last) <= now)
    }

    /// What is otherwise than always: of incidents at the same time what the last says, and down if
    /// one of them is.
    #[inline]
    fn trouble(&self, now: Time) -> Otherwise<'_> {
        let mut otherwise = Otherwise::default();
        for incident in self.incidents.iter().filter(|i| (i.from..i.to).contains(&now)) {
            let Trouble { latency, errors, down } = &incident.what;
            otherwise.latency = latency.as_ref().or(otherwise.latency);
            otherwise.errors = errors.or(otherwise.errors);
            otherwise.down |= down;
        }
        otherwise
    }

    /// Which of the tiers holds what is asked for, if one does.
    pub fn tier(&self, ask: &Ask) -> Option<usize> {
        self.tiers.iter().position(|tier| match tier.holds {
            Holds::Popular(part) => ask.place < part,
            Holds::Documents => matches!(ask.object, Object::Document(_)),
        })
    }

    fn fault(&self, faults: Faults, size: Bytes, keys: &[u64]) -> Option<Fault> {
        let Faults { errors, resets, truncated } = faults;
        if errors + resets + truncated <= 0.0 {
            return None;
        }
        let draw = self.seed.unit(Purpose::Failure, keys);
        if draw < errors + resets {
            return Some(if draw < errors { Fault::BUSY } else { Fault::Reset });
        }
        // Where in its share the draw is says where the body ends.
        let part = (draw - errors - resets) / truncated;
        (part < 1.0).then(|| Fault::Short(Bytes::new((size.as_f64() * part) as u64)))
    }
}

/// What names a request, whoever is asked.
fn keys(ask: &Ask) -> [u64; 7] {
    let [kind, a, b, c] = match ask.object {
        Object::Document(id) => [0, id.0.into(), 0, 0],
        Object::Segment(Segment { track, index, rung }) => {
            [1, track.0.into(), index.into(), rung.0.into()]
        }
    };
    [ask.who, kind, a, b, c, ask.attempt.into(), ask.title.into()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::{DocumentId, Rung, TrackId};

    const ASK: Ask = Ask {
        who: 0,
        title: 0,
        object: Object::Document(DocumentId(0)),
        attempt: 0,
        size: Bytes::new(1_000_000),
        place: 0.0,
        serial: 0,
    };

    fn served(origin: &Origin, who: u64) -> Served {
        origin.serve(Time::ZERO, &Ask { who, ..ASK })
    }

    #[test]
    fn the_shares_of_faults_are_those_asked_for() {
        let faults = Faults { errors: 0.1, resets: 0.05, truncated: 0.2 };
        let origin = Origin { faults, ..Origin::default() };
        let (mut nothing, mut short, mut sent) = (0_u64, 0_u64, 0.0);
        for who in 0..10_000 {
            match served(&origin, who).fault {
                None => {}
                Some(Fault::Error(_) | Fault::Reset) => nothing += 1,
                Some(Fault::Short(part)) => {
                    short += 1;
                    sent += part.as_f64();
                }
            }
        }
        // The deviations are √(10,000·0.15·0.85) = 36 and √(10,000·0.2·0.8) = 40; four are allowed.
        assert!(nothing.abs_diff(1_500) < 144, "{nothing}");
        assert!(short.abs_diff(2_000) < 160, "{short}");
        // Bodies end anywhere: half of them on average, with a deviation of 1/√12/√2000 = 0.65 %.
        assert!((sent / short as f64 / 1e6 - 0.5).abs() < 0.026, "{sent}");
    }

    #[test]
    fn an_object_is_in_the_first_tier_that_holds_it() {
        let store = |ms| Store::from(Span::from_millis(ms));
        let tier = |holds, ms| Tier { name: String::new(), holds, store: store(ms) };
        let tiers = [tier(Holds::Documents, 1), tier(Holds::Popular(0.1), 2)];
        let origin = Origin { store: store(3), tiers: tiers.into(), ..Origin::default() };
        let segment = Segment { track: TrackId(0), index: 0, rung: Rung(0) };
        let segment = Object::Segment(segment);
        let latency = |object, place| {
            let ask = Ask { object, place, ..ASK };
            origin.serve(Time::ZERO, &ask).latency.as_millis()
        };
        assert_eq!(latency(ASK.object, 0.9), 1);
        assert_eq!(latency(segment, 0.05), 2);
        assert_eq!(latency(segment, 0.1), 3);
    }

    #[test]
    fn an_incident_lasts_from_its_beginning_until_just_before_its_end() {
        let at = |secs| Time::ZERO + Span::from_secs(secs);
        let slow = Trouble { latency: Some(Span::from_secs(5).into()), ..Trouble::default() };
        let down = Trouble { down: true, ..Trouble::default() };
        let incidents = [
            Incident { from: at(10), to: at(20), what: slow },
            Incident { from: at(30), to: at(40), what: down.clone() },
            Incident { from: at(12), to: at(14), what: down },
        ];
        let origin = Origin { incidents: incidents.into(), ..Origin::default() };
        let latency = |secs| origin.serve(at(secs), &ASK).latency.as_millis();
        assert_eq!([9, 10, 19, 20].map(latency), [0, 5_000, 5_000, 0]);
        let fails = |secs| origin.serve(at(secs), &ASK).fault.is_some();
        assert_eq!([29, 30, 39, 40].map(fails), [false, true, true, false]);
        // Two at the same time are both there.
        assert_eq!([11, 12, 13, 14].map(fails), [false, true, true, false]);
    }

    #[test]
    fn a_body_takes_as_long_as_its_connection_needs() {
        // 8 Mbit over 4 Mbps.
        let store = Store { latency: Latency::default(), bandwidth: Some(Bitrate::kbps(4_000)) };
        let origin = Origin { store, ..Origin::default() };
        assert_eq!(served(&origin, 0).transfer, Span::from_secs(2));
    }
}
