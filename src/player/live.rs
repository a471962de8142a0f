//! The live edge: what a player knows of it, what it may ask for, and how it keeps its distance.
//!
//! The idea to hold: two clocks run, the capture's and the player's, and what a player knows is
//! where its manifest or its own clock says the edge is ([`Edge::latency`]). At normal speed that
//! stays as it is, so nothing has to be looked at but when something happens, or while it plays
//! faster or slower.

use std::sync::Arc;

use super::lane::UnderWay;
use super::playback::{Phase, Turn};
use super::{Event, Host, Input, Player, Receipt, Request, RequestId};
use crate::abr::pace::{Act, Announced, Moment, Protocol, Reload, Rescue};
use crate::abr::{Abr, Pace};
use crate::media::live::Manifests;
use crate::media::{Live, Object, Presentation, Segment, Track, TrackId};
use crate::units::{Bytes, Pts, Skew, Span, Time};

/// What a player of a live presentation has besides.
pub(super) struct Edge {
    pub(super) live: Arc<Live>,
    pub(super) pace: Box<dyn Pace>,
    protocol: Protocol,
    /// What the player's clock shows beside the true time.
    skew: Skew,
    /// What the capture's clock showed when the newest manifest was made.
    told: Pts,
    /// Whether it has joined.
    pub(super) joined: bool,
    /// The manifest being asked for again, and when that is due.
    pub(super) reload: Option<UnderWay>,
    pub(super) reload_at: Option<Time>,
    /// How often it was asked for again.
    reloads: u32,
    /// When it looked at its distance last, and when it looks again.
    looked: Time,
    pub(super) look_at: Option<Time>,
    /// Whether it looks when the buffer has grown.
    minds_buffer: bool,
    /// When the last stall ended.
    calm: Option<Time>,
    /// Segments that cannot be had, of a track each: they are passed over once all before them has
    /// been played.
    holes: Vec<(TrackId, u32)>,
}

/// When a segment may be asked for.
pub(super) enum Ready {
    Now,
    At(Time),
    /// When the manifest lists it, or playback has passed over what cannot be had.
    Later,
}

impl Edge {
    /// Of a presentation, if it is live.
    pub(super) fn new(content: &Presentation, abr: &mut dyn Abr, skew: Skew) -> Option<Self> {
        let live = content.live.clone()?;
        let pace = abr.go_live(&Announced::of(content)?);
        Some(Self {
            protocol: pace.protocol(),
            live,
            pace,
            skew,
            told: Pts::ZERO,
            joined: false,
            reload: None,
            reload_at: None,
            reloads: 0,
            looked: Time::ZERO,
            look_at: None,
            minds_buffer: true,
            calm: None,
            holes: Vec::new(),
        })
    }

    /// Whether what there is is known by the clock alone.
    fn by_clock(&self) -> bool {
        self.protocol == Protocol::Dash && self.live.refresh.is_none()
    }

    /// Whether parts are asked for before they are there.
    fn by_parts(&self) -> bool {
        self.protocol == Protocol::Hls && self.live.chunk.is_some()
    }

    /// What the capture's clock showed when the newest manifest was made; where there are none, it
    /// knows at once.
    fn told(&self, now: Time) -> Pts {
        match self.live.manifests {
            Manifests::None => self.live.clock(now),
            Manifests::Mpd(_) | Manifests::Playlists => self.told,
        }
    }

    /// How old what it knows of the edge is.
    fn age(&self, now: Time) -> Span {
        match self.protocol {
            Protocol::Dash => Span::ZERO,
            Protocol::Hls => self.live.clock(now) - self.told(now).min(self.live.clock(now)),
        }
    }

    /// How far behind the edge a place is, as the player knows it.
    pub(super) fn latency(&self, content: &Presentation, now: Time, place: Pts) -> Span {
        let (live, since) = (&self.live, Pts::since_start);
        match self.protocol {
            Protocol::Dash => {
                let clock = self.skew.shows(live.clock(now).since_start());
                let edge = clock.saturating_sub(live.announced_after());
                edge.saturating_sub(since(live.captured(place)))
            }
            Protocol::Hls => {
                let listed = since(live.listed_to(content, self.told(now)));
                let edge = listed.saturating_add(self.age(now));
                edge.saturating_sub(since(place))
            }
        }
    }

    /// Where it joins.
    fn place(&self, content: &Presentation, now: Time) -> Pts {
        let behind = Span::from_secs_f64(self.pace.join(self.age(now).as_secs_f64()));
        self.behind(content, now, behind)
    }

    /// So far behind the edge, as far as there is anything.
    fn behind(&self, content: &Presentation, now: Time, behind: Span) -> Pts {
        let live = &self.live;
        let at = |edge: Span| Pts::ZERO + edge.saturating_sub(behind);
        let place = match self.protocol {
            Protocol::Dash => {
                let clock = self.skew.shows(live.clock(now).since_start());
                live.place(at(clock.saturating_sub(live.announced_after())))
            }
            Protocol::Hls => {
                let listed = live.listed_to(content, self.told(now)).since_start();
                at(listed.saturating_add(self.age(now)))
            }
        };
        place.max(self.window(now)).min(content.end())
    }

    /// The first place that can still be asked for.
    fn window(&self, now: Time) -> Pts {
        let clock = self.live.clock(now).since_start();
        self.live.place(Pts::ZERO + clock.saturating_sub(self.live.window))
    }

    /// The places a viewer may go to.
    pub(super) fn reaches(&self, content: &Presentation, now: Time) -> (Pts, Pts) {
        let place = self.place(content, now);
        (self.window(now).min(place), place)
    }

    /// Whether the segment of a place can no longer be asked for.
    fn has_lost(&self, content: &Presentation, now: Time, place: Pts) -> bool {
        // What is nearer than the window is long is within it, gaps or none.
        let clock = self.live.clock(now).since_start();
        if clock.saturating_sub(place.since_start()) <= self.live.window {
            return false;
        }
        let window = self.window(now);
        let main = content.track(content.main());
        place < window && main.start((main.holding(place) + 1).min(main.count())) <= window
    }

    /// When a segment may be asked for.
    pub(super) fn ready(
        &mut self,
        content: &Presentation,
        now: Time,
        (track, index): (TrackId, u32),
    ) -> Ready {
        if !self.joined || self.holes.iter().any(|(of, _)| *of == track) {
            return Ready::Later;
        }
        if self.by_clock() {
            let there = self.live.announced(content, (track, index)).since_start();
            let at = self.live.instant(Pts::ZERO + self.skew.when(there));
            if at <= now {
                return Ready::Now;
            }
            let poll = self.pace.poll();
            let looks = match poll {
                Span::ZERO => at,
                _ => now + poll * (at - now).as_nanos().div_ceil(poll.as_nanos()),
            };
            return Ready::At(looks);
        }
        if self.live.making(track, index).missing {
            // What lists segments does not list it. If nothing is left to play, it is passed over
            // at once.
            self.holes.push((track, index));
            return Ready::At(now);
        }
        let told = self.told(now);
        let begun = || self.live.there(content, (track, index), 1).is_some_and(|t| t <= told);
        match self.live.manifests {
            _ if index < self.live.listed(track, told) => Ready::Now,
            // A hint of its first part is there with the last of the segment before.
            _ if self.by_parts() => Ready::Now,
            _ if self.live.chunk.is_some() && begun() => Ready::Now,
            Manifests::None => Ready::At(self.live.instant(self.live.listed_at(track, index))),
            Manifests::Mpd(_) | Manifests::Playlists => Ready::Later,
        }
    }

    /// A segment cannot be had, and the player goes on without it.
    pub(super) fn passes_over(&mut self, track: TrackId, index: u32) {
        self.holes.push((track, index));
    }

    /// What could not be had is behind, or of no interest any more.
    pub(super) fn forget_holes(&mut self) {
        self.holes.clear();
    }

    /// Where to go on once what was before a hole has been played, if there is one, and from when
    /// on there is something.
    fn after_hole(&self, content: &Presentation, now: Time) -> Option<(Pts, Time)> {
        let after = |&(id, hole): &(TrackId, u32)| {
            let track = content.track(id);
            // Who goes by a clock does not know that the next is missing too.
            let there = |&index: &u32| self.by_clock() || !self.live.making(id, index).missing;
            let next = (hole + 1..track.count()).find(there);
            let Some(next) = next else { return (content.end(), now) };
            let from = match self.by_clock() {
                true => self.skew.when(self.live.announced(content, (id, next)).since_start()),
                false => self.live.listed_at(id, next).since_start(),
            };
            (track.start(next), self.live.instant(Pts::ZERO + from))
        };
        let (places, times): (Vec<_>, Vec<_>) = self.holes.iter().map(after).unzip();
        Some((places.into_iter().max()?, times.into_iter().max()?))
    }
}

impl Player {
    /// Joins where live is, once it is known what there is.
    pub(super) fn join(&mut self) {
        let now = self.playback.at;
        let Some(edge) = &mut self.edge else { return };
        if edge.joined || self.playback.phase != Phase::Starting {
            return;
        }
        edge.joined = true;
        if edge.live.manifests != Manifests::None && !edge.by_clock() {
            self.schedule_reload(0.0, true);
        }
        let Some(edge) = &self.edge else { return };
        let place = edge.place(&self.playback.content, now);
        self.playback.seek(place);
    }

    /// A manifest made when the capture's clock showed that has come.
    pub(super) fn told(&mut self, made: Time) {
        if let Some(edge) = &mut self.edge {
            edge.told = edge.told.max(edge.live.clock(made));
        }
    }

    /// Keeps the distance from live: called after every input.
    pub(super) fn keep_pace(&mut self, host: &mut dyn Host) {
        let (now, phase) = (self.playback.at, self.playback.phase);
        let Some(edge) = &mut self.edge else { return };
        if !edge.joined || phase == Phase::Over {
            return;
        }
        match self.playback.took_turn() {
            Some(Turn::Stood) => edge.pace.stalled(),
            Some(Turn::Resumed) => edge.calm = Some(now),
            Some(Turn::Began) | None => {}
        }
        let waits = matches!(phase, Phase::Starting | Phase::Stalled | Phase::Seeking);
        let gone = matches!(phase, Phase::Paused { .. });
        let mut holes = edge.holes.iter().map(|(track, _)| usize::from(track.0));
        let ends = waits && holes.any(|track| self.playback.waits_for(track));
        let over = ends.then(|| edge.after_hole(&self.playback.content, now)).flatten();
        if let Some((to, from)) = over {
            match from <= now {
                true => self.resync(to, host),
                false => self.lanes.iter_mut().for_each(|lane| lane.hold = Some(from)),
            }
        } else if !gone && edge.has_lost(&self.playback.content, now, self.playback.playhead()) {
            let to = match edge.pace.rescue() {
                Rescue::Window => {
                    let latest = edge.behind(&self.playback.content, now, Span::ZERO);
                    (edge.window(now) + SAFE).min(latest)
                }
                Rescue::Edge => edge.place(&self.playback.content, now),
            };
            self.resync(to, host);
        } else if phase == Phase::Playing {
            self.look(host);
        }
        self.tell_latency(host);
    }

    /// Looks at the distance, if that may come to anything.
    fn look(&mut self, host: &mut dyn Host) {
        let (now, playback) = (self.playback.at, &self.playback);
        let Some(edge) = &mut self.edge else { return };
        let every = edge.pace.every();
        let due = edge.look_at.is_some_and(|at| at <= now);
        let grown = edge.minds_buffer && edge.looked + every <= now;
        if !due && !grown && !playback.turned {
            return;
        }
        let latency = edge.latency(&playback.content, now, playback.playhead());
        let mut moment = Moment {
            now: now.since_start().as_secs_f64(),
            latency: latency.as_secs_f64(),
            buffer: playback.buffered().as_secs_f64(),
            speed: playback.config.speed,
            age: edge.age(now).as_secs_f64(),
            calm: edge.calm.map_or(f64::INFINITY, |calm| (now - calm).as_secs_f64()),
        };
        let act = edge.pace.look(&moment);
        if let Act::Play(speed) = act {
            moment.speed = speed;
        }
        let next = edge.pace.next_look(&moment);
        // Looks are on a grid.
        let after = next.after.map(|after| {
            let nanos = Span::from_secs_f64(after.min(FAR)).as_nanos();
            every * nanos.div_ceil(every.as_nanos()).max(1)
        });
        (edge.looked, edge.minds_buffer) = (now, next.minds_buffer);
        edge.look_at = after.map(|after| now + after);
        match act {
            Act::Keep => {}
            Act::Play(speed) => {
                self.playback.change(speed);
                // What was to wait for the buffer was to wait at another speed.
                for lane in &mut self.lanes {
                    lane.ask_again();
                }
            }
            Act::Seek => {
                let to = edge.place(&playback.content, now);
                if to > playback.playhead() {
                    self.resync(to, host);
                }
            }
        }
    }

    /// The viewer has chosen how far behind to be.
    pub(super) fn moved(&mut self) {
        let (now, playback) = (self.playback.at, &self.playback);
        if let Some(edge) = &mut self.edge {
            let latency = edge.latency(&playback.content, now, playback.playhead());
            edge.pace.moved(latency.as_secs_f64());
            edge.forget_holes();
        }
    }

    /// Says how far behind playback is, if that does not go on as it did.
    fn tell_latency(&mut self, host: &mut dyn Host) {
        // Of what is paused, or waited for after a seek, it is said when it goes on.
        let displays = matches!(self.playback.phase, Phase::Playing | Phase::Stalled);
        if !displays || !std::mem::take(&mut self.playback.turned) {
            return;
        }
        let (now, place, speed) =
            (self.playback.at, self.playback.playhead(), self.playback.config.speed);
        let Some(edge) = &mut self.edge else { return };
        // What was meant as latency of the edge is as much more glass to glass as is before it.
        let before = match edge.protocol {
            Protocol::Dash => edge.live.announced_after(),
            Protocol::Hls => edge.live.ready(),
        };
        let target = Span::from_secs_f64(edge.pace.target()).saturating_add(before);
        let latency = edge.live.latency(now, place);
        host.tell(now, &Event::Behind { latency, target, speed });
    }

    /// Goes to another place because it has to.
    fn resync(&mut self, to: Pts, host: &mut dyn Host) {
        let (now, from) = (self.playback.at, self.playback.playhead());
        let buffered = self.playback.seek(to);
        for lane in &mut self.lanes {
            let dropped = if buffered { lane.ask_again() } else { lane.begin_afresh() };
            dropped.into_iter().for_each(|request| host.cancel(now, request));
        }
        let skipped = to.since_start().saturating_sub(from.since_start());
        host.tell(now, &Event::Resynced { to, skipped, buffered });
        if let Some(edge) = &mut self.edge {
            edge.look_at = Some(now + edge.pace.every());
            edge.forget_holes();
        }
        if !buffered && self.playback.phase == Phase::Playing {
            self.playback.stall(host);
        }
        self.playback.turned = true;
        self.playback.settle(host);
    }

    /// Asks for the manifest again, if it is time to.
    pub(super) fn refresh(&mut self, host: &mut dyn Host) {
        let now = self.playback.at;
        let Some(edge) = &mut self.edge else { return };
        let due = edge.reload_at.is_some_and(|at| at <= now);
        if !due || edge.reload.is_some() || self.playback.phase == Phase::Over {
            return;
        }
        let rung = self.playback.main_rung();
        edge.reload_at = None;
        let content = &self.playback.content;
        let Some(document) = edge.live.manifest(content, rung) else { return };
        let object = Object::Document(document);
        let id = RequestId { lane: self.lanes.len() as u8, serial: self.serial };
        self.serial += 1;
        edge.reloads += 1;
        let (size, again) = (content.size(object), edge.reloads);
        let request = Request { id, object, size, attempt: 0, again, watch: None };
        edge.reload = Some(UnderWay { request, requested: now });
        host.fetch(now, request, self.abr.estimate());
    }

    /// Who will have played everything by now asks for no manifest any more. That is said before
    /// the end is.
    pub(super) fn play_out(&mut self, now: Time, input: Input, host: &mut dyn Host) {
        let over = self.playback.ends_by(now, matches!(input, Input::Wake));
        let edge = self.edge.as_mut().filter(|_| over);
        if let Some(asked) = edge.and_then(|edge| edge.reload.take()) {
            host.cancel(now, asked.request);
        }
    }

    /// The manifest is there again, or it failed.
    pub(super) fn on_reload(
        &mut self,
        (id, receipt): (RequestId, Receipt),
        came: bool,
        host: &mut dyn Host,
    ) {
        let now = self.playback.at;
        let Some(edge) = &mut self.edge else { return };
        let Some(asked) = edge.reload.take_if(|asked| asked.request.id == id) else { return };
        let event = if came { Event::Delivered } else { Event::Failed };
        host.tell(now, &event(asked.request, receipt));
        let before = edge.live.listed_to(&self.playback.content, edge.told);
        if came {
            edge.told = edge.told.max(edge.live.clock(receipt.made));
        }
        let updated = edge.live.listed_to(&self.playback.content, edge.told) > before;
        let took = (now - asked.requested).as_secs_f64();
        for lane in &mut self.lanes {
            lane.ask_again();
        }
        self.schedule_reload(took, updated);
    }

    fn schedule_reload(&mut self, took: f64, updated: bool) {
        let (now, content) = (self.playback.at, &self.playback.content);
        let place = self.playback.playhead();
        let Some(edge) = &mut self.edge else { return };
        let main = content.track(content.main());
        let listed = edge.live.listed(content.main(), edge.told);
        let last = listed.checked_sub(1).map_or(Span::ZERO, |last| main.duration(last));
        let whole = |(id, track): (usize, &Track)| {
            edge.live.listed(TrackId(id as u8), edge.told) == track.count()
        };
        if content.tracks.iter().enumerate().all(whole) {
            // The event is over, and the manifest says so.
            edge.reload_at = None;
            return;
        }
        let edge_at = edge.live.listed_to(content, edge.told).since_start();
        let behind = edge_at.saturating_sub(place.since_start()).as_secs_f64();
        let told = Reload { took, updated, last: last.as_secs_f64(), behind };
        let wait = edge.pace.reload(&told).map(|wait| Span::from_secs_f64(wait).max(LEAST_RELOAD));
        edge.reload_at = wait.map(|wait| now.saturating_add(wait));
    }

    /// Whether a segment is sent as it is made. Then it is never given up: the rest of what is held
    /// has to come from where that did.
    pub(super) fn comes_in_chunks(&self, segment: Segment) -> bool {
        let length = || self.playback.content.track(segment.track).duration(segment.index);
        self.edge.as_ref().is_some_and(|edge| edge.live.chunks(length()) > 1)
    }

    /// A chunk of a segment has come, and so many of it in all.
    pub(super) fn on_chunk(
        &mut self,
        (id, receipt): (RequestId, Receipt),
        chunks: u32,
        host: &mut dyn Host,
    ) {
        let now = self.playback.at;
        let Some(under_way) = self.lanes[id.lane as usize].find(id).copied() else { return };
        let Object::Segment(segment) = under_way.request.object else { return };
        let Some(edge) = &self.edge else { return };
        let length = self.playback.content.track(segment.track).duration(segment.index);
        let media = edge.live.media(length, chunks);
        self.measure(segment.track, &under_way, receipt);
        let upto = self.playback.append_part(segment, media);
        host.tell(now, &Event::Arrived(segment, upto, receipt));
    }

    /// Tells the algorithm of a chunk, where there are any.
    pub(super) fn measure(&mut self, track: TrackId, under_way: &UnderWay, receipt: Receipt) {
        let Some(began) = receipt.chunk else { return };
        let lane = &mut self.lanes[usize::from(track.0)];
        let bytes = receipt.received.saturating_sub(lane.come);
        let asked = lane.asked.unwrap_or(under_way.requested);
        (lane.come, lane.asked) = (receipt.received, Some(self.playback.at));
        if bytes > Bytes::ZERO {
            let chunk = crate::abr::Chunk { asked, began, ended: self.playback.at, bytes };
            self.abr.chunk(track, &chunk);
        }
    }
}

/// A day: nobody looks later.
const FAR: f64 = 86_400.0;

/// So far within the window a player goes that has fallen out of it: while it waits for what is
/// there the window goes on (Shaka's `streaming.safeSeekOffset`).
const SAFE: Span = Span::from_secs(5);

/// A manifest is asked for again no sooner.
const LEAST_RELOAD: Span = Span::from_millis(10);
