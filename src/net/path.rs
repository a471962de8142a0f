//! What lies between a viewer and the servers besides the link's rate: its delays, its losses, and
//! the protocol that fills it.
//!
//! The idea to hold: a path is a handful of numbers that belong to a link. A link that carries a
//! path of nothing but a round trip under [`Model::Fluid`] is the plain fluid model.

use crate::units::Span;

/// The properties of a link that its trace of bandwidth does not state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Path {
    /// The round trip of an idle path, where the trace states none. Zero is allowed, and then
    /// whatever takes a round trip takes no time; so is an hour.
    pub rtt: Span,
    /// What a request's round trip may have on top: each has its own, drawn evenly from zero to
    /// this.
    pub jitter: Span,
    /// How long the last packet of a full queue waits at the bottleneck. While a flow fills the
    /// link, the first byte of another request waits behind what stands in the queue; and under
    /// [`Model::Tcp`] a window that would overfill it loses packets. Zero: flows are queued apart
    /// (as `fq_codel` does, RFC 8290), nobody waits behind another and nothing overflows.
    pub queue: Span,
    /// The share of packets lost at random, from 0 to [`Path::MOST_LOSS`]; more is taken as that.
    /// Only [`Model::Tcp`] has packets to lose.
    pub loss: f64,
    /// How bytes get through.
    pub model: Model,
    /// How flows share the link.
    pub sharing: Sharing,
}

impl Path {
    /// The highest share of packets that is lost: with more, next to nothing would ever arrive.
    pub const MOST_LOSS: f64 = 0.5;
}

impl Default for Path {
    /// 80 ms, fluid, and nothing else.
    fn default() -> Self {
        Self {
            rtt: Span::from_millis(80),
            jitter: Span::ZERO,
            queue: Span::ZERO,
            loss: 0.0,
            model: Model::Fluid,
            sharing: Sharing::MaxMin,
        }
    }
}

/// How bytes get through.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Model {
    /// After the round trip of its request a transfer has its whole share of the link at once.
    #[default]
    Fluid,
    /// Over connections that are set up, start slowly and lose packets.
    Tcp(Tcp),
}

/// How connections behave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tcp {
    /// How requests are laid on connections.
    pub http: Http,
    /// Whether the first request leaves with the first flight of TLS or QUIC (RFC 8446 §2.3, RFC
    /// 9001 §4.6), a round trip earlier.
    pub zero_rtt: bool,
    /// Whether a window shrinks again while its connection is idle (RFC 2861; in Linux
    /// `tcp_slow_start_after_idle`, which is on by default).
    pub idle_restart: bool,
    /// Packets in the first window: 10 by RFC 6928. At least one.
    pub initial_window: u32,
}

impl Default for Tcp {
    /// HTTP/2 as servers have it: no 0-RTT, idle restart, 10 packets.
    fn default() -> Self {
        Self { http: Http::Two, zero_rtt: false, idle_restart: true, initial_window: 10 }
    }
}

/// How requests are laid on connections, and what it takes to set one up.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Http {
    /// HTTP/1.1: one transfer at a time on a connection, so each lane of a player has its own.
    /// Browsers open up to six to a host, more than players have lanes. To cancel a transfer is to
    /// close its connection.
    One,
    /// HTTP/2: a viewer's transfers share one connection and its window.
    #[default]
    Two,
    /// HTTP/3: as HTTP/2, over QUIC, which is set up in one round trip.
    Three,
}

impl Tcp {
    /// Round trips before the first request can leave: one for TCP and one for TLS 1.3, or one for
    /// QUIC, which does both at once (RFC 9000 §7); 0-RTT data saves one.
    pub fn handshakes(self) -> u64 {
        let full = match self.http {
            Http::One | Http::Two => 2,
            Http::Three => 1,
        };
        full - u64::from(self.zero_rtt)
    }
}

/// How flows share a link.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Sharing {
    /// Evenly.
    #[default]
    MaxMin,
    /// In inverse proportion to their round trips, as the windows of loss-based TCP do behind one
    /// queue (Lakshman and Madhow, "The performance of TCP/IP for networks with high
    /// bandwidth-delay products and random loss", 1997).
    RttBiased,
}

impl Sharing {
    /// The weight of a flow with this round trip: ten seconds' worth of round trips, from 1 to
    /// 10,000 (a millisecond and less).
    pub fn weight(self, rtt: Span) -> u32 {
        match self {
            Self::MaxMin => 1,
            Self::RttBiased => {
                let trips = Span::from_secs(10).as_nanos() / rtt.as_nanos().max(1);
                trips.clamp(1, 10_000) as u32
            }
        }
    }
}
