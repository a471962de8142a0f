//! Worlds of other simulators: a session goes on by one transfer after the other, in
//! floating-point milliseconds.
//!
//! The idea to hold: what such a simulator prints depends on the last bit of its arithmetic, which
//! a player that counts nanoseconds cannot have. So its clock, link and buffer are its own,
//! operation for operation; the algorithms are those of [`abr`](crate::abr), and the events those
//! of any player, so that whatever measures a session measures these.

mod judge;
mod ledger;
pub mod pensieve;
pub mod sabre;

use crate::media::{Object, Segment, Track};
use crate::player::{Event, Receipt, Request, RequestId};
use crate::units::{Bytes, Span, Time};

/// Is told what happens, at so many milliseconds.
type Log<'a> = dyn FnMut(f64, &Event) + 'a;

/// The link sustains another rung from now on.
#[derive(Clone, Copy, Debug)]
struct Change {
    at: f64,
    rung: usize,
    before: usize,
}

fn instant(millis: f64) -> Time {
    Time::ZERO + Span::from_millis_f64(millis)
}

/// What is asked for to have a segment.
fn request(track: &Track, segment: Segment, serial: u32) -> Request {
    let id = RequestId { lane: segment.track.0, serial };
    let size = track.size(segment.index, segment.rung);
    Request { id, object: Object::Segment(segment), size, attempt: 0, again: 0, watch: None }
}

/// The viewer left before all of it had come. How much had is not known: steps are whole.
fn left_behind(request: Request) -> Event {
    Event::Abandoned(request, Receipt::default())
}

fn receipt(began: f64, first_bit: f64, received: Bytes) -> Receipt {
    Receipt::of(Some(instant(began + first_bit)), received)
}
