//! A segment that is sent as it is made: the chunks of one transfer.
//!
//! The idea to hold: a chunk is sent once it is there and the one before has come, so the link sees
//! bursts. In a body that goes on (chunked encoding) the next follows at once; parts are asked for
//! one by one, and each has to be asked for first.

use crate::media::{Live, Presentation, Segment, TrackId};
use crate::units::{Bytes, Span, Time};

/// The chunks of one transfer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Feed {
    track: TrackId,
    index: u32,
    length: Span,
    /// How many there are, and how many have come.
    chunks: u32,
    come: u32,
    /// Their bytes in all, how many of these are sent, and how many have come.
    whole: Bytes,
    sent: Bytes,
    had: Bytes,
    /// How much later they are where the answer comes from than where they are made; none leaves
    /// there before the first, nor after the last.
    lag: Span,
    between: (Time, Time),
    /// How long a part takes to be asked for, and how long each is on its way.
    up: Option<Span>,
    back: Span,
    /// How long there was nothing to come, since the last chunk had, and when this one began.
    idle: Span,
    ended: Option<Time>,
    began: Option<Time>,
}

impl Feed {
    /// Of a segment of that length, where it is made in more than one.
    pub(super) fn new(live: &Live, length: Span, segment: Segment, parts: bool) -> Option<Self> {
        let Segment { track, index, .. } = segment;
        let chunks = live.chunks(length);
        let nothing = Bytes::ZERO;
        (chunks > 1).then_some(Self {
            track,
            index,
            length,
            chunks,
            come: 0,
            whole: nothing,
            sent: nothing,
            had: nothing,
            lag: Span::ZERO,
            between: (Time::ZERO, Time::ZERO),
            up: parts.then_some(Span::ZERO),
            back: Span::ZERO,
            idle: Span::ZERO,
            ended: None,
            began: None,
        })
    }

    /// It is answered, with so many of so many bytes, between those times; returns the bytes of its
    /// first chunk.
    pub(super) fn answered(
        &mut self,
        (live, content): (&Live, &Presentation),
        (whole, sent): (Bytes, Bytes),
        between: (Time, Time),
        (up, back): (Span, Span),
    ) -> Bytes {
        (self.whole, self.sent, self.between, self.back) = (whole, sent, between, back);
        self.up = self.up.map(|_| up);
        let made = live.there(content, (self.track, self.index), self.chunks);
        let made = made.map_or(between.1, |clock| live.instant(clock));
        self.lag = between.1.since_start().saturating_sub(made.since_start());
        live.bytes(self.length, self.whole, 1).min(sent)
    }

    /// Whether there is a chunk after the one of so many bytes that has come now.
    pub(super) fn goes_on(&self, bytes: Bytes) -> bool {
        self.come + 1 < self.chunks && self.had + bytes < self.sent
    }

    /// A chunk of so many bytes has come; returns how many have.
    pub(super) fn came(&mut self, bytes: Bytes) -> u32 {
        self.come += 1;
        self.had += bytes;
        self.come
    }

    /// When the next can begin to come, and its bytes.
    pub(super) fn next(
        &mut self,
        (live, content): (&Live, &Presentation),
        now: Time,
    ) -> (Time, Bytes) {
        let chunks = self.come + 1;
        let made = live.there(content, (self.track, self.index), chunks);
        let made = made.map_or(self.between.1, |clock| live.instant(clock));
        let leaves = made.saturating_add(self.lag).clamp(self.between.0, self.between.1);
        let asked = self.up.map_or(Time::ZERO, |up| now.saturating_add(up));
        self.ended = Some(now);
        let bytes = live.bytes(self.length, self.whole, chunks).min(self.sent) - self.had;
        (leaves.max(asked).saturating_add(self.back), bytes)
    }

    /// The first byte of a chunk comes.
    pub(super) fn begins(&mut self, now: Time) {
        self.idle += self.ended.take().map_or(Span::ZERO, |ended| now - ended);
        self.began = Some(now);
    }

    /// Bytes that came before the chunk that comes, how long nothing did, and when this one began.
    pub(super) fn facts(&self) -> (Bytes, Span, Option<Time>) {
        (self.had, self.idle, self.began)
    }
}
